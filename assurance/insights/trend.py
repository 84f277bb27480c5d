"""One authority over all its years: each year in its own scheme, with what is missing left as a gap. Pure.

Years are one line only within a scheme. Between two schemes there is a break, and what the older one says of the
newer one's benchmarks is an estimate by standing alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from assurance.insights.comparison import Compared, Count, Crosswalks, Pair, Scale, Side, Why, compare
from benchmarks.scoring import Gap, Scored, Share, WeightedScore, crosswalk, met_or_exceeded, weighted_score
from benchmarks.vocabulary import Standing

YEAR = re.compile(r"(\d{4})/(\d{2})")
"""A financial year, such as 2024/25."""
NEW_YEAR = (4, 1)
"""Month and day on which a financial year begins."""


def year_on(day: date) -> str:
    """The financial year that a day is in."""
    first = day.year if (day.month, day.day) >= NEW_YEAR else day.year - 1
    return f"{first}/{(first + 1) % 100:02}"


def years_through(years: Iterable[str]) -> list[str]:
    """The years in order, with those that are missing between the first and the last of them.

    Names that are no financial years, such as those of a trial, are kept and nothing is put between them.
    """
    given = set(years)
    firsts = [int(found[1]) for one in given if (found := YEAR.fullmatch(one))]
    between = range(min(firsts), max(firsts) + 1) if firsts else ()
    return sorted(given | {f"{first}/{(first + 1) % 100:02}" for first in between})


@dataclass(frozen=True)
class Record:
    """What is recorded of one cycle. ``codes`` are empty, and ``missing`` says why, where nothing counts of it yet."""

    key: int
    year: str
    cycle: str
    scale: Scale
    codes: tuple[int, ...]
    missing: Why | None = None


@dataclass(frozen=True)
class Point:
    """One line of the table: a record with its figures, or a year that has none.

    ``results`` are all benchmarks; the figures are of those that count. ``unlike`` are left out of the figures though
    they have a level. ``change`` is against the record before it, whatever its scheme; None for the first.
    """

    year: str
    record: Record | None
    results: tuple[Scored, ...] = ()
    share: Share | None = None
    score: WeightedScore | None = None
    unlike: tuple[int, ...] = ()
    change: Compared | None = None

    @property
    def has_figures(self) -> bool:
        """Whether anything counts of the year."""
        return self.share is not None and self.share.denominator > 0


@dataclass(frozen=True)
class Section:
    """The years on one scheme, those without a record between them too. ``estimates`` are of the older sections.

    An estimate is the record with the standing of each benchmark of this section's scheme, or the gap there.
    """

    scale: Scale
    points: tuple[Point, ...]
    estimates: tuple[tuple[Record, dict[int, Standing | Gap]], ...] = ()


@dataclass(frozen=True)
class Trend:
    """All years in order, and the same by scheme. ``points`` has every year once, in order."""

    points: tuple[Point, ...]
    sections: tuple[Section, ...]

    @property
    def breaks(self) -> tuple[int, ...]:
        """The places in ``points`` before which the scheme changes, of the years that count."""
        found, last = [], None
        for place, point in enumerate(self.points):
            if point.record is not None and point.record.missing is None:
                if last is not None and last.scale.form != point.record.scale.form:
                    found.append(place)
                last = point.record
        return tuple(found)


def trend(records: Iterable[Record], count: Count, crosswalks: Crosswalks, also: Collection[str] = ()) -> Trend:
    """The records over the years.

    Args:
        also: years in which there was a cycle, and of which nothing need be recorded.
    """
    found = sorted(records, key=lambda one: (one.year, one.cycle, one.key))
    if not found:
        return Trend((), ())
    years = years_through({one.year for one in found} | {year for year in also if year > found[0].year})
    points: list[Point] = []
    before: Record | None = None
    for year in years:
        here = [one for one in found if one.year == year]
        if not here:
            points.append(Point(year, None))
        for one in here:
            points.append(_point(one, found, count, before, crosswalks))
            before = one if one.missing is None else before
    return Trend(tuple(points), _sections(points, crosswalks))


def _point(one: Record, every: Sequence[Record], count: Count, before: Record | None, ways: Crosswalks) -> Point:
    if one.missing is not None:
        return Point(one.year, one)
    results = tuple(one.scale.results(one.codes))
    levelled = one.scale.numbers_of(one.scale.levelled(one.codes))
    counted = levelled & _counted(one, every, count)
    left = [result for result in results if result.number in counted or isinstance(result.result, Gap)]
    change = None
    if before is not None:
        now, then = (Side(it.key, it.scale, it.codes) for it in (one, before))
        change = compare(Pair(0, now, then), count, ways)
    return Point(
        one.year, one, results, met_or_exceeded(left), weighted_score(left), tuple(sorted(levelled - counted)), change
    )


def _counted(one: Record, every: Sequence[Record], count: Count) -> frozenset[int]:
    """The numbers that count: with ``COMMON``, those with a level in every year on the same scheme."""
    if count is Count.SCORED:
        return one.scale.numbers_of(one.scale.scored)
    everything = frozenset(one.scale.numbers)
    if count is Count.ALL:
        return everything
    alike = [it for it in every if it.missing is None and it.scale.form == one.scale.form]
    return everything.intersection(*(it.scale.numbers_of(it.scale.levelled(it.codes)) for it in alike))


def _sections(points: Sequence[Point], crosswalks: Crosswalks) -> tuple[Section, ...]:
    """The years by scheme, each scheme once and where it is first used."""
    scales: list[Scale] = []
    places: dict[object, list[Point]] = {}
    current: object = None
    waiting: list[Point] = []
    for point in points:
        if point.record is None:
            # A year without a record stands with the scheme that was in use before it.
            (places[current] if current is not None else waiting).append(point)
            continue
        current = point.record.scale.form
        if current not in places:
            places[current] = waiting
            waiting = []
            scales.append(point.record.scale)
        places[current].append(point)
    return tuple(
        Section(scale, tuple(places[scale.form]), tuple(_estimates(scale, points, crosswalks))) for scale in scales
    )


def _estimates(
    scale: Scale, points: Sequence[Point], crosswalks: Crosswalks
) -> Iterable[tuple[Record, dict[int, Standing | Gap]]]:
    for point in points:
        one = point.record
        if one is None or one.missing is not None or one.scale.form == scale.form:
            continue
        if pairs := tuple(crosswalks.get((one.scale.code, scale.code), ())):
            read = crosswalk(one.scale.standings_of(one.codes), pairs)
            yield one, {number: read.get(number, Gap.UNKNOWN) for number in scale.numbers}
