"""Authorities by benchmarks: the cells, the figures of each authority, and the averages of a group. Pure.

A judgement of an authority comes as a list of numbers, one for each benchmark: the id of a level, or below zero the
gap that stands in its place. Everything is reckoned in whole numbers, so that thousands of authorities cost
milliseconds; only what is shown becomes a decimal, and it is what ``benchmarks.scoring`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any, NamedTuple

from benchmarks.catalogue import SchemeText
from benchmarks.vocabulary import Standing
from benchmarks.weighing import Weights


class Absence(Enum):
    """Why there is no level. Six different things, and none of them is zero.

    The first three are of one benchmark, the others of everything that an authority has in a cycle.
    """

    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    UNANSWERED = "unanswered"
    NOT_YET = "not_yet"
    WITHDRAWN = "withdrawn"
    NO_RECORD = "no_record"


GAPS: Mapping[int, Absence] = {-1: Absence.NOT_APPLICABLE, -2: Absence.UNKNOWN, -3: Absence.UNANSWERED}
"""What stands in the place of a level."""


class Row(NamedTuple):
    """What is read of one authority: its record in the cycle (None for none), and one judgement by benchmark.

    No ``values`` at all means that nothing counts yet, or no longer if the record is ``withdrawn``. ``stated`` is what
    the source of an earlier record says of itself: how many are met or exceeded, and of how many. It is in no figure.
    """

    authority: int
    name: str
    region: str
    type: str
    record: int | None = None
    withdrawn: bool = False
    values: Sequence[int] = ()
    stated: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One benchmark of one authority. ``place`` is that of the level on the scale, 1 the lowest; 0 for a gap."""

    label: str = ""
    standing: Standing | None = None
    place: int = 0
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Outcomes that have a level: how many, how many of them meet the duty or exceed it, and their points."""

    counted: int = 0
    met: int = 0
    points: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.counted + other.counted, self.met + other.met, self.points + other.points)

    def __sub__(self, other: Tally) -> Tally:
        return Tally(self.counted - other.counted, self.met - other.met, self.points - other.points)

    @property
    def mean(self) -> Decimal | None:
        """Points for each, two decimals, halves up; None of nothing."""
        return _quotient(self.points, self.counted, "0.01")

    @property
    def percent(self) -> Decimal | None:
        """How many of a hundred meet the duty or exceed it, one decimal, halves up; None of nothing."""
        return _quotient(100 * self.met, self.counted, "0.1")


NOTHING = Tally()


@dataclass(frozen=True, slots=True)
class Figure:
    """What outcomes come to, of one authority or of many together.

    ``weighted`` is the sum of points by weight, and ``weight`` that of weights, both in the smallest part of a weight.
    """

    counted: int = 0
    met: int = 0
    weighted: int = 0
    weight: int = 0

    @property
    def score(self) -> Decimal | None:
        """The weighted mean of points, two decimals, halves up; None where nothing weighs."""
        return _quotient(self.weighted, self.weight, "0.01")

    @property
    def percent(self) -> Decimal | None:
        """Share met or exceeded, per cent with one decimal, halves up; None where nothing has a level."""
        return _quotient(100 * self.met, self.counted, "0.1")


@dataclass(frozen=True, slots=True)
class Line:
    """One authority in the heatmap. ``absence`` stands in place of all cells, or is None."""

    row: Row
    cells: tuple[Cell, ...]
    figure: Figure
    absence: Absence | None = None


class Scale:
    """A scheme and its weights, made ready to reckon with."""

    def __init__(self, scheme: SchemeText, weights: Weights) -> None:
        self.numbers = tuple(sorted(scheme.benchmarks))
        self.levels = len(scheme.levels)
        self.lowest, self.highest = scheme.levels[0].points, scheme.levels[-1].points
        parts = {number: weights.of(number) for number in self.numbers}
        unit = 10 ** max((-min(int(one.as_tuple().exponent), 0) for one in parts.values()), default=0)
        self.weights = {number: int(one * unit) for number, one in parts.items()}
        self._cells = {
            level.id: Cell(level.label, level.standing, place) for place, level in enumerate(scheme.levels, start=1)
        } | {code: Cell(absence=absence) for code, absence in GAPS.items()}
        self._worth = {level.id: (int(level.standing != Standing.BELOW), level.points) for level in scheme.levels}

    def tally(self, value: int, count: int = 1) -> Tally:
        """So many outcomes of one value."""
        if value not in self._worth:
            return NOTHING
        met, points = self._worth[value]
        return Tally(count, met * count, points * count)

    def figure(self, values: Sequence[int]) -> Figure:
        """What one authority's outcomes come to."""
        counted = met = weighted = weight = 0
        worth = self._worth
        for number, value in zip(self.numbers, self._in_order(values), strict=False):
            if value in worth:
                one_met, points = worth[value]
                mine = self.weights[number]
                counted += 1
                met += one_met
                weighted += mine * points
                weight += mine
        return Figure(counted, met, weighted, weight)

    def pooled(self, tallies: Mapping[int, Tally]) -> Figure:
        """What outcomes of many authorities come to, all together, from those of each benchmark."""
        return Figure(
            sum(one.counted for one in tallies.values()),
            sum(one.met for one in tallies.values()),
            sum(self.weights[number] * one.points for number, one in tallies.items()),
            sum(self.weights[number] * one.counted for number, one in tallies.items()),
        )

    def counts(self, rows: Iterable[Sequence[int]]) -> dict[int, dict[int, int]]:
        """By benchmark, how many authorities have which value."""
        counts: dict[int, dict[int, int]] = {number: {} for number in self.numbers}
        for values in rows:
            for number, value in zip(self.numbers, self._in_order(values), strict=False):
                here = counts[number]
                here[value] = here.get(value, 0) + 1
        return counts

    def tallies(self, counts: Mapping[int, Mapping[int, int]]) -> dict[int, Tally]:
        """By benchmark, what the outcomes of many authorities come to."""
        return {
            number: sum((self.tally(value, count) for value, count in here.items()), NOTHING)
            for number, here in counts.items()
        }

    def cells(self, values: Sequence[int]) -> tuple[Cell, ...]:
        """A cell for each benchmark. What the record does not say is not answered."""
        unanswered = self._cells[-3]
        found = [self._cells.get(value, unanswered) for value in self._in_order(values)]
        return (*found, *[unanswered] * (len(self.numbers) - len(found)))

    def cell_of(self, values: Sequence[int], number: int) -> Cell | None:
        """The cell of one benchmark; None where the authority has none at all."""
        return self._cells.get(values[number - 1]) if 0 < number <= len(values) else None

    def fifth(self, tally: Tally) -> int:
        """In which fifth of the way from the lowest level to the highest the mean of points lies, 1 to 5."""
        way = max(self.highest - self.lowest, 1)
        return min(5 * (tally.points - self.lowest * tally.counted) // (way * tally.counted) + 1, 5)

    def line(self, row: Row) -> Line:
        """One authority with its cells and its figures."""
        absence = absence_of(row)
        if absence is not None:
            return Line(row, (), Figure(), absence)
        return Line(row, self.cells(row.values), self.figure(row.values))

    def _in_order(self, values: Sequence[int]) -> Sequence[int]:
        """The values of the benchmarks that the scheme has, in the order of ``numbers``."""
        if len(values) == len(self.numbers) == self.numbers[-1]:
            return values
        return [values[number - 1] for number in self.numbers if number <= len(values)]


def absence_of(row: Row) -> Absence | None:
    """Why the authority has nothing to show in this cycle; None where it has."""
    if row.record is None:
        return Absence.NO_RECORD
    if row.withdrawn:
        return Absence.WITHDRAWN
    return None if row.values else Absence.NOT_YET


NAME, REGION, TYPE, MET, SCORE = "name", "region", "type", "met", "score"
"""Columns by which a heatmap is sorted, beside the benchmarks, which are called by their number."""


def sort_keys(numbers: Iterable[int]) -> frozenset[str]:
    """Every name of a column."""
    return frozenset({NAME, REGION, TYPE, MET, SCORE, *map(str, numbers)})


def sort(rows: Iterable[Row], scale: Scale, column: str = NAME, *, backwards: bool = False) -> list[Row]:
    """The rows in the order of a column, and by name within it. What has no value there stands last, either way."""
    named = sorted(rows, key=lambda row: (row.name.casefold(), row.authority))
    key = _sort_key(scale, column)
    with_key = [(key(row), row) for row in named]
    there = [one for one in with_key if one[0] is not None]
    there.sort(key=lambda one: one[0], reverse=backwards)
    return [row for _key, row in there] + [row for found, row in with_key if found is None]


def _sort_key(scale: Scale, column: str) -> Callable[[Row], Any]:
    def figure(row: Row) -> tuple[int, int, int, int] | None:
        found = scale.figure(row.values) if absence_of(row) is None else Figure()
        return (found.met, found.counted, found.weighted, found.weight) if found.counted else None

    def met(row: Row) -> float | None:
        found = figure(row)
        # Equal shares give equal floats: a division of whole numbers is rounded from its true value.
        return found[0] / found[1] if found else None

    def score(row: Row) -> float | None:
        found = figure(row)
        return found[2] / found[3] if found and found[3] else None

    def place(row: Row) -> int | None:
        cell = scale.cell_of(row.values, int(column)) if absence_of(row) is None else None
        return cell.place if cell and cell.place else None

    plain: dict[str, Callable[[Row], Any]] = {
        NAME: lambda row: row.name.casefold(),
        REGION: lambda row: row.region.casefold(),
        TYPE: lambda row: row.type.casefold(),
        MET: met,
        SCORE: score,
    }
    return plain.get(column, place)


def narrow(
    rows: Iterable[Row], scale: Scale, *, name: str = "", found: str = "", number: int | None = None
) -> list[Row]:
    """The rows that are looked for.

    Args:
        name: part of an authority's name, whatever the case.
        found: a standing or an absence, by its value ("" for any).
        number: the benchmark where it is to be found; None for any benchmark.
    """
    sought = name.casefold()
    kept = [row for row in rows if sought in row.name.casefold()]
    return [row for row in kept if _has(row, scale, found, number)] if found else kept


def _has(row: Row, scale: Scale, found: str, number: int | None) -> bool:
    absence = absence_of(row)
    if absence is not None:
        return absence.value == found
    numbers = scale.numbers if number is None else (number,)
    cells = (scale.cell_of(row.values, one) for one in numbers)
    return any(
        found == (cell.absence.value if cell.absence else cell.standing.value if cell.standing else "")
        for cell in cells
        if cell
    )


def _quotient(above: int, below: int, step: str) -> Decimal | None:
    if not below:
        return None
    return (Decimal(above) / Decimal(below)).quantize(Decimal(step), ROUND_HALF_UP)
