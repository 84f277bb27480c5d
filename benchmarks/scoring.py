"""What follows from ticks, levels and weights. Pure: plain values in, plain values out, nothing looked up.

Nothing here ever counts a missing outcome as zero. A benchmark without a level (not applicable, unknown, not yet
answered) leaves the numerator and the denominator both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

from benchmarks.vocabulary import Standing


@dataclass(frozen=True)
class ScaleLevel:
    """A level as scoring sees it. ``builds_on`` is the code of the level whose criteria are needed as well."""

    code: str
    points: int
    standing: Standing
    builds_on: str | None = None


@dataclass(frozen=True)
class Suggestion:
    """What the ticks suggest.

    ``level`` is None when the lowest level above "below" is not reached and no sign of it is ticked: the ticks then
    say nothing. ``missing`` gives, for the next level up, the criteria not yet ticked. ``warnings`` are ticked
    negative signs that speak against the suggestion.
    """

    level: str | None
    missing: tuple[int, ...]
    warnings: tuple[int, ...]


def suggest_outcome(
    scale: Sequence[ScaleLevel], criteria: Mapping[str, Sequence[int]], ticked: Collection[int]
) -> Suggestion:
    """The level that ticked criteria suggest on a checklist scale.

    All criteria of Met give Met; all of Met and all of Exceeding give Exceeding; any ticked sign of Not met warns,
    and without all of Met it gives Not met. Source: the eight-benchmark criteria of 2024/25.

    Args:
        scale: levels from the lowest.
        criteria: criterion ids by level code.
        ticked: ids of the criteria that are met.
    """
    reached: str | None = None
    missing: tuple[int, ...] = ()
    complete: set[str] = set()
    for level in scale:
        if level.standing == Standing.BELOW:
            continue
        absent = tuple(one for one in criteria.get(level.code, ()) if one not in ticked)
        below_is_complete = level.builds_on is None or level.builds_on in complete
        if criteria.get(level.code) and not absent and below_is_complete:
            reached = level.code
            complete.add(level.code)
        elif not missing:
            missing = absent
    signs = tuple(
        one
        for level in scale
        if level.standing == Standing.BELOW
        for one in criteria.get(level.code, ())
        if one in ticked
    )
    if reached is None and signs:
        reached = next(level.code for level in scale if level.standing == Standing.BELOW)
        signs = ()
    return Suggestion(reached, missing, signs)


class Gap(Enum):
    """Why a benchmark has no level. Three different things, and none of them is zero."""

    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Scored:
    """One benchmark's result for a figure: its level, or the gap that stands in its place."""

    number: int
    result: ScaleLevel | Gap
    weight: Decimal = Decimal(1)


@dataclass(frozen=True)
class Share:
    """Benchmarks met or exceeded out of those with a level, and what was left out and why."""

    numerator: int
    denominator: int
    excluded: tuple[tuple[int, Gap], ...]

    @property
    def percent(self) -> Decimal | None:
        """Per cent with one decimal, halves up; None when nothing has a level."""
        if not self.denominator:
            return None
        return (Decimal(100 * self.numerator) / self.denominator).quantize(Decimal("0.1"), ROUND_HALF_UP)


def met_or_exceeded(results: Iterable[Scored]) -> Share:
    """Share of benchmarks at or above the duty, among those that have a level."""
    met = total = 0
    excluded = []
    for scored in results:
        if isinstance(scored.result, Gap):
            excluded.append((scored.number, scored.result))
        else:
            total += 1
            met += scored.result.standing != Standing.BELOW
    return Share(met, total, tuple(sorted(excluded, key=lambda pair: pair[0])))


@dataclass(frozen=True)
class WeightedScore:
    """Weighted mean of points, the weight behind it, and what was left out. None when nothing has a level."""

    score: Decimal | None
    weight: Decimal
    benchmarks: int
    excluded: tuple[tuple[int, Gap], ...]


def weighted_score(results: Iterable[Scored]) -> WeightedScore:
    """Mean of the points of every benchmark with a level, by weight; two decimals, halves up.

    The weights are this product's own: none is published.
    """
    total = weight = Decimal(0)
    count = 0
    excluded = []
    for scored in results:
        if isinstance(scored.result, Gap):
            excluded.append((scored.number, scored.result))
        else:
            total += scored.weight * scored.result.points
            weight += scored.weight
            count += 1
    score = (total / weight).quantize(Decimal("0.01"), ROUND_HALF_UP) if weight else None
    return WeightedScore(score, weight, count, tuple(sorted(excluded, key=lambda pair: pair[0])))


def common(*results: Iterable[Scored]) -> frozenset[int]:
    """The benchmarks that have a level in every one of several assessments on one scheme: like with like."""
    levelled = [frozenset(one.number for one in each if not isinstance(one.result, Gap)) for each in results]
    return frozenset.intersection(*levelled) if levelled else frozenset()


def only(results: Iterable[Scored], numbers: Collection[int]) -> list[Scored]:
    """The results of these benchmarks, in their order."""
    return [one for one in results if one.number in numbers]


def crosswalk(standings: Mapping[int, Standing | Gap], pairs: Iterable[tuple[int, int]]) -> dict[int, Standing | Gap]:
    """Standings of one scheme read in another: an estimate by standing only, never a number.

    Where several benchmarks flow into one, the lowest standing wins; a gap in any of them leaves the result
    unknown, unless every one of them is the same gap.

    Args:
        standings: by benchmark number of the older scheme.
        pairs: (older number, newer number).
    """
    sources: dict[int, list[Standing | Gap]] = {}
    for old, new in pairs:
        sources.setdefault(new, []).append(standings.get(old, Gap.UNKNOWN))
    result: dict[int, Standing | Gap] = {}
    for new, found in sources.items():
        known = [one for one in found if isinstance(one, Standing)]
        if len(known) == len(found):
            result[new] = min(known, key=lambda standing: standing.rank)
        else:
            result[new] = found[0] if len(set(found)) == 1 else Gap.UNKNOWN
    return result
