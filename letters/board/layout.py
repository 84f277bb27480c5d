"""What a pack says, put on slides: which text stands on which, so that none runs over its edge.

Both files are drawn from this, so that a slide and a page of the PDF hold the same. Lengths are in points, of which
an inch has 72.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from letters.board.content import BoardContent, Outcomes, Passage, Section, Spread, Tone
from letters.board.measure import height, wrap

WIDTH, HEIGHT = 960.0, 540.0
"""Of a slide: 16 to 9, as wide as PowerPoint's."""
MARGIN = 50.0
ROOM = WIDTH - 2 * MARGIN
TITLE_TOP, TITLE_ROOM = 28.0, 78.0
BODY_TOP = 112.0
BODY_ROOM = 384.0
FOOT_TOP = 506.0
TITLE, TEXT, SMALL, CELL, FOOT = 32, 20, 18, 18, 12
"""Sizes of type. Nothing that is read from a distance is smaller than 18 points; the foot repeats what is known."""
SMALLER_TITLES = (28, 24, 20)
"""For a title that would take more than two lines."""
BULLET = 22.0
"""How far the text of a list stands in."""
CELL_SIDE, CELL_TOP = 7.0, 3.5
"""From the edge of a cell to its text."""
MOST_BARS = 10
"""On one slide."""

_BOLD = re.compile(r"\*\*(?=\S)([^*]*[^\s*])\*\*")
_BULLET = re.compile(r"- +(?=\S)")


@dataclass(frozen=True)
class Paragraph:
    """One paragraph; its text holds line ends only where they were typed. ``after`` is the space below it."""

    text: str
    size: int = TEXT
    bold: bool = False
    bullet: bool = False
    after: float = 8.0

    @property
    def room(self) -> float:
        """How wide its lines can be."""
        return ROOM - (BULLET if self.bullet else 0)

    def lines(self) -> list[str]:
        """As they will break."""
        return wrap(self.text, self.size, self.room, bold=self.bold)

    def height(self) -> float:
        """With the space below it."""
        return height(len(self.lines()), self.size) + self.after


@dataclass(frozen=True)
class Grid:
    """A table: the first row is its heading, the first column names the row. A break is drawn before a column.

    ``tones`` shades the cells of each row after the first, None leaving one plain; nothing is said by shade alone.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    description: str
    break_before: int | None = None
    numeric: bool = False
    size: int = CELL
    tones: tuple[tuple[Tone | None, ...], ...] = ()

    def row_height(self, row: Sequence[str], *, bold: bool = False) -> float:
        """As high as its highest cell."""
        lines = max(
            len(wrap(text, self.size, room - 2 * CELL_SIDE, bold=bold or not column))
            for column, (text, room) in enumerate(zip(row, self.widths, strict=True))
        )
        return height(lines, self.size) + 2 * CELL_TOP

    def shaded(self) -> list[tuple[tuple[str, ...], tuple[Tone | None, ...]]]:
        """Each row with the tone of each of its cells, the first cell's being None."""
        plain: tuple[Tone | None, ...] = (None,) * len(self.widths)
        return [(row, (None, *self.tones[place]) if self.tones else plain) for place, row in enumerate(self.rows)]

    def heights(self) -> list[float]:
        """Of each row, the heading first."""
        return [self.row_height(self.header, bold=True), *map(self.row_height, self.rows)]


@dataclass(frozen=True)
class Bars:
    """A chart of bars for each category: stacked, or one below the other. A value of None leaves no bar.

    ``number_format`` is how its numbers are written, in the words of spreadsheets; ``most`` where its axis ends, None
    for where the longest bar does.
    """

    categories: tuple[str, ...]
    series: tuple[tuple[str, Tone, tuple[float | None, ...]], ...]
    description: str
    is_stacked: bool = True
    number_format: str = "0"
    most: float | None = None


@dataclass(frozen=True)
class Slide:
    """A title, paragraphs, and below them a table or a chart."""

    title: str
    paragraphs: tuple[Paragraph, ...] = ()
    grid: Grid | None = None
    bars: Bars | None = None
    is_cover: bool = False

    @property
    def title_size(self) -> int:
        """The largest in which the title takes two lines at most."""
        fitting = (one for one in (TITLE, *SMALLER_TITLES) if len(wrap(self.title, one, ROOM, bold=True)) <= 2)
        return next(fitting, SMALLER_TITLES[-1])

    @property
    def text_height(self) -> float:
        """Of the paragraphs."""
        return sum(one.height() for one in self.paragraphs)


@dataclass(frozen=True)
class Deck:
    """Slides, with what stands on each of them and what the file says of itself. ``owner`` is whose it is."""

    slides: tuple[Slide, ...]
    title: str
    owner: str
    language: str
    date: date
    marking: str
    foot: str
    page: str


def whole(content: BoardContent) -> Deck:
    """A board pack as it is drawn."""
    return Deck(
        slides=deck(content),
        title=content.title,
        owner=content.authority,
        language=content.language,
        date=content.date,
        marking=content.marking,
        foot=content.foot,
        page=content.page,
    )


def deck(content: BoardContent) -> tuple[Slide, ...]:
    """The whole pack as slides."""
    return tuple(_slides(content))


def _slides(content: BoardContent) -> Iterator[Slide]:
    cover = [Paragraph(content.authority, 28, bold=True, after=16), *(Paragraph(line, TEXT) for line in content.cover)]
    yield Slide(content.title, tuple(cover), is_cover=True)
    before = (content.duty, content.summary)
    after = (content.strengths, content.recommendations, content.follow_ups)
    for section in before:
        yield from titled(content.continued, section.heading, texts(section)) if section else ()
    yield from titled(content.continued, content.outcomes.heading, _outcomes(content.outcomes))
    for section in after:
        yield from titled(content.continued, section.heading, texts(section)) if section else ()
    yield from _spread(content, content.region)
    yield from titled(content.continued, content.questions.heading, texts(content.questions))


def titled(continued: str, title: str, slides: Sequence[Slide]) -> Iterator[Slide]:
    """No two slides have one title, so that they can be told apart in a list of them."""
    for part, slide in enumerate(slides, start=1):
        named = title if part == 1 else continued.format(title=title, part=part, parts=len(slides))
        yield replace(slide, title=named)


# Text


def texts(section: Section) -> list[Slide]:
    """Passages are kept whole where a slide can hold them."""
    blocks = [[Paragraph(line, SMALL)] for line in section.lede]
    blocks += [[Paragraph(point, bullet=True)] for point in section.points]
    blocks += [_passage(one) for one in section.passages]
    pages: list[list[Paragraph]] = [[]]
    left = BODY_ROOM
    for block in blocks:
        if (tall := sum(one.height() for one in block)) <= left:
            pages[-1] += block
            left -= tall
            continue
        if tall > BODY_ROOM and left > BODY_ROOM / 2:
            # Longer than a slide can be: begun where there is room, rather than after a slide that is almost empty.
            fill = left
        else:
            pages.append([])
            fill = BODY_ROOM
        *full, last = _filled(block, fill)
        pages[-1] += full[0] if full else last
        pages += [*full[1:], last] if full else []
        left = (BODY_ROOM if full else fill) - sum(one.height() for one in last)
    return [Slide("", tuple(page)) for page in pages]


def _passage(passage: Passage) -> list[Paragraph]:
    """A passage as paragraphs: a blank line parts them, "- " begins an entry of a list, as in a letter."""
    found = [Paragraph(passage.heading, bold=True, after=3)] if passage.heading else []
    found += [Paragraph(text, bullet=is_entry, after=4 if is_entry else 6) for is_entry, text in _plain(passage.text)]
    found += [Paragraph(fact, SMALL, after=3) for fact in passage.facts]
    return [*found[:-1], replace(found[-1], after=16)] if found else []


def _plain(text: str) -> Iterator[tuple[bool, str]]:
    """Paragraphs and entries of lists, without the marks of bold type."""
    lines: list[str] = []
    for line in [*(raw.strip() for raw in _BOLD.sub(r"\1", text).split("\n")), ""]:
        entry = _BULLET.match(line)
        if lines and (entry or not line):
            yield False, "\n".join(lines)
            lines = []
        if entry:
            yield True, line[entry.end() :]
        elif line:
            lines.append(line)


def _filled(block: Sequence[Paragraph], first: float) -> list[list[Paragraph]]:
    """A block on as many slides as it takes, of which the first has only so much room. A heading is not left alone."""
    pages: list[list[Paragraph]] = [[]]
    left = first
    for place, paragraph in enumerate(block):
        needed = paragraph.height()
        if paragraph.bold and place + 1 < len(block):
            needed += height(2, block[place + 1].size)
        if needed <= left:
            pages[-1].append(paragraph)
            left -= paragraph.height()
            continue
        lines = paragraph.lines()
        while lines:
            fits = int((left - paragraph.after) // height(1, paragraph.size))
            if fits < min(2, len(lines)) or (paragraph.bold and len(lines) > fits):
                pages.append([])
                left = BODY_ROOM
                fits = int((left - paragraph.after) // height(1, paragraph.size))
            taken, lines = lines[:fits], lines[fits:]
            # Where the text was longer than a line, its lines are joined again: they break there by themselves.
            pages[-1].append(replace(paragraph, text=_joined(paragraph, taken)))
            left -= pages[-1][-1].height()
    return pages


def _joined(paragraph: Paragraph, lines: Sequence[str]) -> str:
    """Lines as one text again: with a line end where one was typed."""
    if "\n" not in paragraph.text:
        return " ".join(lines)
    return "\n".join(lines)


# Tables and charts


def _outcomes(outcomes: Outcomes) -> list[Slide]:
    lede = tuple(
        Paragraph(line, SMALL if place else TEXT, bold=not place, after=4) for place, line in enumerate(outcomes.lede)
    )
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]
    if outcomes.compares:
        widths = (0.47 * ROOM, 0.16 * ROOM, 0.20 * ROOM, 0.17 * ROOM)
        rows = tuple((row.title, row.now, row.before, row.change) for row in outcomes.rows)
    else:
        widths = (0.65 * ROOM, 0.35 * ROOM)
        rows = tuple((row.title, row.now) for row in outcomes.rows)
    grid = Grid(tuple(outcomes.columns), rows, widths, outcomes.heading, break_before=2 if outcomes.is_broken else None)
    return gridded(lede, grid)


def gridded(lede: tuple[Paragraph, ...], grid: Grid) -> list[Slide]:
    """A table on as many slides as it takes, its heading row on each; what leads in stands on the first."""
    header, *heights = grid.heights()
    slides: list[Slide] = []
    start = 0
    left = BODY_ROOM - sum(one.height() for one in lede) - header
    if left < heights[0]:
        slides, lede, left = [Slide("", lede)], (), BODY_ROOM - header
    for place, tall in enumerate(heights):
        if tall > left:
            slides.append(Slide("", lede, _part(grid, start, place)))
            start, lede, left = place, (), BODY_ROOM - header
        left -= tall
    return [*slides, Slide("", lede, _part(grid, start, len(heights)))]


def _part(grid: Grid, start: int, end: int) -> Grid:
    """Some of the rows of a table."""
    return replace(grid, rows=grid.rows[start:end], tones=grid.tones[start:end])


def _spread(content: BoardContent, spread: Spread) -> Iterator[Slide]:
    """The chart, and the same numbers as a table on the slides after it."""
    lede = tuple(Paragraph(line, SMALL) for line in spread.lede)
    if not spread.rows:
        yield Slide(spread.heading, tuple(replace(one, size=TEXT) for one in lede))
        return
    charts = []
    for start in range(0, len(spread.rows), MOST_BARS):
        rows = spread.rows[start : start + MOST_BARS]
        series = tuple(
            (name, tone, tuple(row.counts[column] for row in rows))
            for column, (name, tone) in enumerate(zip(spread.columns, spread.tones, strict=True))
        )
        charts.append(
            Slide("", () if start else lede, bars=Bars(tuple(row.title for row in rows), series, spread.description))
        )
    yield from titled(content.continued, spread.heading, charts)
    first = 0.46 if len(spread.columns) <= 3 else 0.36
    share = (1 - first) / len(spread.columns)
    grid = Grid(
        (spread.row_label, *spread.columns),
        tuple(
            (row.title, *(spread.hidden if count is None else str(count) for count in row.counts))
            for row in spread.rows
        ),
        (first * ROOM, *[share * ROOM] * len(spread.columns)),
        spread.figures_heading,
        numeric=True,
    )
    yield from titled(content.continued, spread.figures_heading, gridded((), grid))
