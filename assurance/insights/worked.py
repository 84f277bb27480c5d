"""Worked examples for the page of the method. Pure.

The outcomes are invented, and reckoned by the functions that reckon everywhere, so that the page cannot say one thing
while the service does another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from assurance.insights.calibration import Shift, shift
from assurance.insights.disclosure import hide
from assurance.insights.heatmap import Tally
from benchmarks.scoring import (
    Gap,
    ScaleLevel,
    Scored,
    Share,
    WeightedScore,
    common,
    crosswalk,
    met_or_exceeded,
    only,
    weighted_score,
)
from benchmarks.vocabulary import Standing

NOT_MET = ScaleLevel("not_met", 0, Standing.BELOW)
MET = ScaleLevel("met", 1, Standing.MEETS)
EXCEEDING = ScaleLevel("exceeding", 2, Standing.EXCEEDS)
ONE_TO_FIVE = tuple(
    ScaleLevel(str(points), points, standing)
    for points, standing in enumerate(
        (Standing.BELOW, Standing.BELOW, Standing.MEETS, Standing.EXCEEDS, Standing.EXCEEDS), start=1
    )
)

Result = ScaleLevel | Gap

ASSESSMENT: tuple[Result, ...] = (EXCEEDING, MET, MET, NOT_MET, Gap.NOT_APPLICABLE, MET, EXCEEDING, Gap.UNKNOWN)
"""Benchmarks 1 to 8 of one authority."""
WEIGHTS = (*[Decimal("1.5")] * 4, *[Decimal(1)] * 4)
MUCH: tuple[Result, ...] = (MET, MET, MET, NOT_MET)
LITTLE: tuple[Result, ...] = (EXCEEDING, EXCEEDING, Gap.UNKNOWN, Gap.UNKNOWN)
"""Two authorities, of which one has more outcomes than the other."""
REGIONS = {"North": Tally(12, 9, 13), "East": Tally(9, 6, 8), "South": Tally(6, 4, 5), "West": Tally(4, 3, 4)}
"""The outcomes of authorities of one type on one benchmark in four regions, one of each authority."""
FIRST_YEAR = "3423531432"
SECOND_YEAR = "3433x32332"
"""Scores of benchmarks 1 to 10 in two years; Channel, the fifth, is not applicable in the second."""
MERGED = {6: Standing.EXCEEDS, 8: Standing.BELOW}
"""Standings of two benchmarks that are read as one."""


@dataclass(frozen=True)
class Line:
    """A benchmark of the example with its weight, and its points times that; both None where it has no level."""

    number: int
    result: Result
    weight: Decimal | None
    points: int | None
    product: Decimal | None

    @property
    def code(self) -> str:
        """Of the level, or of the gap."""
        return self.result.code if isinstance(self.result, ScaleLevel) else self.result.value


@dataclass(frozen=True)
class Worked:
    """The examples. ``shown`` are the regions whose average may be shown to whoever reads no single authority."""

    lines: tuple[Line, ...]
    share: Share
    score: WeightedScore
    products: Decimal
    pooled: WeightedScore
    apart: tuple[WeightedScore, ...]
    regions: tuple[tuple[str, int, bool], ...]
    moves: Shift
    first: Share
    second: Share
    first_alike: Share
    second_alike: Share
    merged: Standing | Gap


@cache
def worked() -> Worked:
    """The examples with their results."""
    results = _scored(ASSESSMENT, WEIGHTS)
    lines = tuple(_line(one) for one in results)
    much, little = _scored(MUCH), _scored(LITTLE)
    hidden = hide(REGIONS).groups
    first, second = _years(FIRST_YEAR), _years(SECOND_YEAR)
    both = common(first, second)
    pairs = zip(first, second, strict=True)
    return Worked(
        lines=lines,
        share=met_or_exceeded(results),
        score=weighted_score(results),
        products=sum((line.product for line in lines if line.product is not None), Decimal(0)),
        pooled=weighted_score([*much, *little]),
        apart=(weighted_score(much), weighted_score(little)),
        regions=tuple((region, one.counted, region not in hidden) for region, one in REGIONS.items()),
        moves=shift((_points(then), _points(now), 1) for then, now in pairs),
        first=met_or_exceeded(first),
        second=met_or_exceeded(second),
        first_alike=met_or_exceeded(only(first, both)),
        second_alike=met_or_exceeded(only(second, both)),
        merged=crosswalk(MERGED, [(6, 7), (8, 7)])[7],
    )


def _scored(results: Sequence[Result], weights: Sequence[Decimal] = ()) -> list[Scored]:
    every = weights or [Decimal(1)] * len(results)
    return [Scored(number, *pair) for number, pair in enumerate(zip(results, every, strict=True), start=1)]


def _line(one: Scored) -> Line:
    if isinstance(one.result, Gap):
        return Line(one.number, one.result, None, None, None)
    return Line(one.number, one.result, one.weight, one.result.points, one.weight * one.result.points)


def _years(scores: str) -> list[Scored]:
    return _scored([Gap.NOT_APPLICABLE if one == "x" else ONE_TO_FIVE[int(one) - 1] for one in scores])


def _points(one: Scored) -> int | None:
    return None if isinstance(one.result, Gap) else one.result.points
