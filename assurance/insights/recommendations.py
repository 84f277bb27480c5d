"""What became of recommendations: which are open, how old they are, and the picture of that. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from assurance.insights.drawing import Box, Drawing, Shape, Stroke, Words
from assurance.vocabulary import FollowUpProgress

NOT_ANSWERED = "not_answered"
"""A later year has an assessment, and neither side has said anything there."""
NOT_ASKED = "not_asked"
"""No later year has an assessment yet, so nobody could say anything."""

CLOSED = frozenset({FollowUpProgress.DONE, FollowUpProgress.NO_LONGER_RELEVANT})
"""Words after which a recommendation is not open. Everything else leaves it open, and so does saying nothing."""
PROGRESSES: tuple[str, ...] = (*FollowUpProgress.values, NOT_ANSWERED, NOT_ASKED)
OPEN: tuple[str, ...] = tuple(one for one in PROGRESSES if one not in CLOSED)

AGEING_AFTER = 2
"""From how many years on an open recommendation is ageing."""

_YEAR = re.compile(r"[12]\d{3}(?!\d)")
Key = TypeVar("Key")


def number_of(year: str) -> int | None:
    """The year that a year's name begins with, such as 2024 of "2024/25"; None where it begins with none."""
    found = _YEAR.match(year)
    return int(found[0]) if found else None


def age(year: str, newest: str) -> int | None:
    """How many years lie between two years by their names; None where one of them is no number."""
    first, last = number_of(year), number_of(newest)
    return None if first is None or last is None else max(last - first, 0)


def is_open(progress: str) -> bool:
    """Whether a recommendation of which this was said last is open."""
    return progress not in CLOSED


def is_ageing(progress: str, years: int | None) -> bool:
    """Whether it is open and has been for long. One whose age is not known is not."""
    return is_open(progress) and years is not None and years >= AGEING_AFTER


@dataclass(frozen=True)
class Cell:
    """So many recommendations of one cycle of which all that a table counts is the same.

    ``place`` is what the table is by: a region, or a benchmark of a scheme. ``late`` is that the day has passed.
    """

    cycle: int
    place: str
    progress: str
    unowned: bool
    late: bool
    count: int


@dataclass(frozen=True)
class Tally:
    """How many recommendations there are: ``open``, ``done`` and ``ended`` make the ``total``.

    ``ageing`` and ``overdue`` are of the open ones, ``unowned`` is of all.
    """

    total: int = 0
    open: int = 0
    done: int = 0
    ended: int = 0
    ageing: int = 0
    overdue: int = 0
    unowned: int = 0


def tally(cells: Iterable[Cell], ages: Mapping[int, int | None]) -> Tally:
    """The cells counted together.

    Args:
        ages: how old what was recommended in each cycle is, in years.
    """
    counts: dict[str, int] = defaultdict(int)
    for cell in cells:
        counts["total"] += cell.count
        if is_open(cell.progress):
            counts["open"] += cell.count
            counts["overdue"] += cell.count * cell.late
            counts["ageing"] += cell.count * is_ageing(cell.progress, ages[cell.cycle])
        else:
            counts["done" if cell.progress == FollowUpProgress.DONE else "ended"] += cell.count
        counts["unowned"] += cell.count * cell.unowned
    return Tally(**counts)


def tallies(cells: Iterable[Cell], ages: Mapping[int, int | None], by: Callable[[Cell], Key]) -> dict[Key, Tally]:
    """One tally for each group of cells, by what ``by`` says of a cell; in no particular order."""
    groups: dict[Key, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[by(cell)].append(cell)
    return {key: tally(group, ages) for key, group in groups.items()}


# --- The picture -----------------------------------------------------------------------------------------

WIDE, RIGHT = 320.0, 260.0
LETTER = 7.6
"""How wide a letter of a label is at most, on average."""
ROW, BAR, TOP = 36.0, 22.0, 34.0


@dataclass(frozen=True)
class Bar:
    """One line of the picture: what it is of, its numbers, and the same in words."""

    label: str
    tally: Tally
    words: str


def drawing(bars: Sequence[Bar], *, title: str, text: str, legend: Sequence[str]) -> Drawing:
    """Open, done and no longer relevant as bars of one scale, each with its numbers in words beside it.

    Args:
        legend: what the three parts are called, in that order.
    """
    most = max((bar.tally.total for bar in bars), default=0) or 1
    left = 20 + LETTER * max((len(bar.label) for bar in bars), default=0)
    shapes: list[Shape] = []
    for place, (looks, name) in enumerate(zip(("bar", "before", "gap"), legend, strict=True)):
        x = left + place * 170
        shapes += [Box(x, 6, 14, 14, looks), Words(x + 20, 18, name, looks="small")]
    for number, bar in enumerate(bars):
        y = TOP + number * ROW
        shapes.append(Words(left - 10, y + 16, bar.label, anchor="end"))
        x = left
        for looks, count in (("bar", bar.tally.open), ("before", bar.tally.done), ("gap", bar.tally.ended)):
            if count:
                length = count / most * WIDE
                shapes.append(Box(x, y, length, BAR, looks, title=f"{bar.label}: {bar.words}"))
                x += length
        shapes.append(Words(x + 8, y + 16, bar.words, looks="small"))
    bottom = TOP + len(bars) * ROW
    shapes.append(Stroke(((left, TOP - 6), (left, bottom - ROW + BAR + 6)), "axis"))
    return Drawing(left + WIDE + RIGHT, bottom, title, text, tuple(shapes))
