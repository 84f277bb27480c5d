"""The pictures of a comparison and of a trend, drawn from figures that are in words already. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assurance.insights.drawing import Box, Dot, Drawing, Shape, Stroke, Words

WIDTH = 720.0
LETTER = 7.4
"""How wide a letter is at the size of a label, on the average: for what has to fit."""


@dataclass(frozen=True)
class Bar:
    """A bar of a pair. ``part`` is how much of the whole length it has; None for no figure, which ``text`` says."""

    part: float | None
    text: str


@dataclass(frozen=True)
class BarPair:
    """The two bars of one authority, then above now."""

    name: str
    then: Bar
    now: Bar


BAR_LEFT, BAR_ROOM, BAR_HEIGHT, PAIR_HEIGHT, HEAD = 240.0, 320.0, 14.0, 46.0, 34.0


def bar_pairs(pairs: Sequence[BarPair], *, title: str, text: str, then: str, now: str) -> Drawing:
    """Two bars for each authority with the figures printed at their ends.

    Args:
        then: what the paler bars are, with a line around them.
        now: what the darker ones are.
    """
    shapes: list[Shape] = [
        Box(BAR_LEFT, 6, 14, BAR_HEIGHT, "before"),
        Words(BAR_LEFT + 20, 18, then),
        Box(BAR_LEFT + 240, 6, 14, BAR_HEIGHT, "bar"),
        Words(BAR_LEFT + 260, 18, now),
    ]
    for place, pair in enumerate(pairs):
        top = HEAD + place * PAIR_HEIGHT
        shapes.append(Words(BAR_LEFT - 10, top + BAR_HEIGHT + 6, shortened(pair.name, BAR_LEFT - 10), "end"))
        for offset, bar, looks in ((0.0, pair.then, "before"), (BAR_HEIGHT + 2, pair.now, "bar")):
            length = max(0.0, min(1.0, bar.part)) * BAR_ROOM if bar.part is not None else 0.0
            if bar.part is not None:
                shapes.append(Box(BAR_LEFT, top + offset, max(length, 1.0), BAR_HEIGHT, looks))
            shapes.append(Words(BAR_LEFT + length + 6, top + offset + 12, bar.text, looks="small"))
    height = HEAD + len(pairs) * PAIR_HEIGHT
    shapes.append(Stroke(((BAR_LEFT, HEAD - 6), (BAR_LEFT, height)), "axis"))
    return Drawing(WIDTH, height, title, text, tuple(shapes))


def shortened(text: str, room: float) -> str:
    """The text if it fits into so many pixels, or its beginning with an ellipsis."""
    most = max(1, int(room / LETTER))
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


@dataclass(frozen=True)
class Mark:
    """One year of a line. ``part`` is how high it stands, from 0 to 1; None is a gap, and ``text`` says why.

    A gap stands at no height: it is an empty field within dashes over the whole scale, with the words in it.

    ``breaks`` is what is written at a dashed line before the year ("" for none), where the line is interrupted.
    """

    label: str
    part: float | None
    text: str
    breaks: str = ""
    note: str = ""


LEFT, RIGHT, TOP, LOW, BREAK = 60.0, 30.0, 30.0, 64.0, 34.0
"""Room at the sides, above and below a line, and above it for the words of each break."""


def line(marks: Sequence[Mark], *, title: str, text: str, axis: Sequence[tuple[float, str]], tall: float) -> Drawing:
    """A line over the years with its values printed, interrupted where there is a gap or a break.

    Args:
        axis: the lines across, each with what stands at its left.
        tall: how high the picture is.
    """
    floor = tall - LOW
    # The words of each break stand lower than those of the one before it, so that none covers another.
    room = floor - TOP - BREAK * sum(bool(mark.breaks) for mark in marks)
    labels: list[_Break] = []
    step = (WIDTH - LEFT - RIGHT) / max(len(marks), 1)
    shapes: list[Shape] = []
    for part, label in axis:
        height = floor - part * room
        shapes += [
            Stroke(((LEFT, height), (WIDTH - RIGHT, height)), "grid" if part else "axis"),
            Words(LEFT - 8, height + 5, label, "end", "small"),
        ]
    run: list[tuple[float, float]] = []
    dots: list[Shape] = []
    for place, mark in enumerate(marks):
        middle = LEFT + (place + 0.5) * step
        if mark.breaks:
            labels.append(_break(LEFT + place * step, mark.breaks, BREAK * len(labels)))
        if mark.part is None or mark.breaks:
            shapes += _run(run)
            run = []
        shapes.append(Words(middle, floor + 20, shortened(mark.label, step * 1.1), "middle", "small"))
        if mark.note:
            shapes.append(Words(middle, floor + 36, shortened(mark.note, step * 1.1), "middle", "small"))
        if mark.part is None:
            wide = step * 0.85
            shapes.append(Box(middle - wide / 2, floor - room, wide, room, "gap"))
            shapes += _wrapped(mark.text, middle, floor - room / 2, wide)
            continue
        height = floor - max(0.0, min(1.0, mark.part)) * room
        run.append((middle, height))
        dots += [Dot(middle, height, "dot"), Words(middle, height - 12, mark.text, "middle", "heading")]
    shapes += _run(run)
    shapes += [shape for one in labels for shape in _broken(one, labels, floor)]
    return Drawing(WIDTH, tall, title, text, (*shapes, *dots))


def _run(points: Sequence[tuple[float, float]]) -> list[Shape]:
    return [Stroke(tuple(points), "line")] if len(points) > 1 else []


@dataclass(frozen=True)
class _Break:
    """A dashed line at ``x`` from ``top`` down, with its words in ``lines`` on one side of it."""

    x: float
    top: float
    lines: tuple[str, ...]
    before: bool

    @property
    def across(self) -> tuple[float, float]:
        """From where to where its words go."""
        wide = max(map(len, self.lines)) * LETTER + 6
        return (self.x - wide, self.x) if self.before else (self.x, self.x + wide)


def _break(x: float, words: str, top: float) -> _Break:
    """After the line if the words fit there in two lines: the lines of later breaks begin below them."""
    after = WIDTH - RIGHT - x - 6
    before = len(wrapped(words, after)) > 2 and x > WIDTH / 2
    room = max(x - LEFT - 6 if before else after, 150.0)
    lines = wrapped(words, room)
    shown = [*lines[:1], shortened(" ".join(lines[1:]), room)] if len(lines) > 1 else lines
    return _Break(x, top, tuple(shown), before)


def _broken(one: _Break, every: Sequence[_Break], floor: float) -> list[Shape]:
    """The dashed line, interrupted where the words of another break stand, and its own words."""
    anchor, at = ("end", one.x - 6) if one.before else ("start", one.x + 6)
    shapes: list[Shape] = []
    begin = one.top + 4
    for other in every:
        if other is not one and other.top >= one.top and other.across[0] < one.x < other.across[1]:
            shapes.append(Stroke(((one.x, begin), (one.x, other.top + 2)), "break"))
            begin = other.top + BREAK
    shapes.append(Stroke(((one.x, begin), (one.x, floor + 8)), "break"))
    words = [Words(at, one.top + 14 + 15 * row, text, anchor, "small") for row, text in enumerate(one.lines)]
    return [*shapes, *words]


def _wrapped(text: str, x: float, middle: float, room: float) -> list[Shape]:
    """Words of several lines, as much above the height ``middle`` as below it."""
    lines = wrapped(text, room)
    top = middle + 4 - 7 * (len(lines) - 1)
    return [Words(x, top + 14 * row, one, "middle", "small") for row, one in enumerate(lines)]


def wrapped(text: str, room: float) -> list[str]:
    """The words of a text in lines that fit into so many pixels; a longer word stands alone."""
    most = max(4, int(room / (LETTER * 0.9)))
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= most:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@dataclass(frozen=True)
class Cell:
    """A field of the strip: a standing or "gap", a letter for it, and what it says in full."""

    looks: str
    text: str
    title: str


@dataclass(frozen=True)
class StripRow:
    """One year of the strip; estimates are said to be so in ``label`` and have a ring of dashes."""

    label: str
    cells: tuple[Cell, ...]
    estimate: bool


STRIP_LEFT, STRIP_CELL = 200.0, 30.0


def strip(rows: Sequence[StripRow], columns: Sequence[str], *, title: str, text: str, key: str) -> Drawing:
    """Standings by benchmark and year as fields with a letter. Estimates are smaller fields within dashes."""
    step = min(56.0, (WIDTH - STRIP_LEFT - 10) / max(len(columns), 1))
    shapes: list[Shape] = [
        Words(STRIP_LEFT + (place + 0.5) * step, 20, label, "middle", "heading") for place, label in enumerate(columns)
    ]
    for index, row in enumerate(rows):
        top = 32 + index * (STRIP_CELL + 6)
        shapes.append(Words(STRIP_LEFT - 10, top + 20, shortened(row.label, STRIP_LEFT - 10), "end"))
        for place, cell in enumerate(row.cells):
            x, inset = STRIP_LEFT + place * step, 4.0 if row.estimate else 0.0
            if row.estimate:
                shapes.append(Box(x + 2, top, step - 4, STRIP_CELL, "gap"))
            shapes.append(
                Box(x + 2 + inset, top + inset, step - 4 - 2 * inset, STRIP_CELL - 2 * inset, cell.looks, cell.title)
            )
            light = "light" if cell.looks == "exceeds" else "label"
            shapes.append(Words(x + step / 2, top + 20, cell.text, "middle", light))
    height = 32 + len(rows) * (STRIP_CELL + 6)
    lines = wrapped(key, WIDTH - 20)
    shapes += [Words(10, height + 18 + 16 * row, one, looks="small") for row, one in enumerate(lines)]
    return Drawing(WIDTH, height + 12 + 16 * len(lines), title, text, tuple(shapes))


def stacked(drawings: Sequence[Drawing], *, title: str, text: str) -> Drawing:
    """Several drawings under each other as one, each with its title above it."""
    shapes: list[Shape] = []
    top = 0.0
    for one in drawings:
        shapes.append(Words(10, top + 20, shortened(one.title, WIDTH - 20), looks="heading"))
        shapes += [_moved(shape, top + 32) for shape in one.shapes]
        top += 32 + one.height + 16
    return Drawing(WIDTH, top, title, text, tuple(shapes))


def _moved(shape: Shape, down: float) -> Shape:
    if isinstance(shape, Stroke):
        return replace(shape, points=tuple((x, y + down) for x, y in shape.points))
    return replace(shape, y=shape.y + down)
