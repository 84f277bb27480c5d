"""What other weights would change, for somebody who may count outcomes and not read them. Pure.

Averages are of all outcomes of a group together, within one type of authority. What is shown is decided by these:

* by size alone: a region with fewer than ``FEWEST`` authorities of a type is hidden, and never alone, so that a type
  less its other regions gives nobody away. Size does not change from day to day as agreement does.
* by agreement: a region, and a type as a whole, is shown once everything in it is agreed, so that what is shown on two
  days differs by a whole group or not at all.

And weights can be chosen so that an average is that of one benchmark: it is hidden where that would be of few outcomes,
or says what each of them is.

How many scores and places move is counted over all that is shown, and numbers below ``FEWEST`` are hidden, with as many
more as it takes that they do not follow from the rest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assurance.insights.calibration import FEWEST
from benchmarks.scoring import ScaleLevel, Scored, weighted_score
from benchmarks.weighing import Weights

FAR = 3
"""Places: a move of more than these is worth a word."""

Group = tuple[str, str]
"""Type of authority and region."""
Levels = tuple[tuple[int, ScaleLevel], ...]
"""The level of each benchmark that has one, by number. What has none is not there, and counts for nothing."""


@dataclass(frozen=True)
class Size:
    """How many authorities a group has, the withdrawn left out, and of how many everything is agreed."""

    authorities: int
    agreed: int

    @property
    def is_agreed(self) -> bool:
        """Whether nothing in it can still be agreed."""
        return self.authorities == self.agreed


@dataclass(frozen=True)
class Averages:
    """The pooled average of a group with the old weights and with the new. None where nothing has an outcome."""

    label: str
    authorities: int
    before: Decimal | None
    after: Decimal | None
    is_hidden: bool = False


@dataclass(frozen=True)
class OfType:
    """One type of authority: its regions, and all of it."""

    type: str
    regions: tuple[Averages, ...]
    whole: Averages


@dataclass(frozen=True)
class Reweighed:
    """What would change: of ``counted`` authorities how many scores rise, fall and stay, and how many places move.

    A number that is None is hidden. Places are within a type of authority; ``far`` ones move by more than ``FAR``.
    """

    types: tuple[OfType, ...]
    counted: int
    higher: int | None
    lower: int | None
    same: int | None
    far: int | None
    near: int | None

    @property
    def shows_nothing(self) -> bool:
        """Whether everything is hidden."""
        return not self.counted


def reweigh(
    sizes: Mapping[Group, Size],
    outcomes: Iterable[tuple[Group, Levels]],
    before: Weights,
    after: Weights,
    *,
    scale: Collection[int],
) -> Reweighed:
    """What a cycle's figures would be with other weights.

    Args:
        sizes: of every group of the cycle.
        outcomes: of every authority that has everything agreed, whatever may be shown of it.
        scale: the points of its levels.
    """
    shown, whole = shown_groups(sizes), whole_types(sizes)
    scores: dict[str, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    pooled: dict[Group, Counter[tuple[int, ScaleLevel]]] = defaultdict(Counter)
    known: dict[Levels, tuple[Decimal | None, Decimal | None]] = {}
    for group, levels in outcomes:
        if group not in shown and group[0] not in whole:
            continue
        pooled[group].update(levels)
        if levels not in known:
            known[levels] = _pooled(Counter(levels), before), _pooled(Counter(levels), after)
        then, now = known[levels]
        if then is not None and now is not None:
            scores[group[0]].append((then, now))
    pairs = [pair for of_type in scores.values() for pair in of_type]
    moves = Counter((now > then) - (now < then) for then, now in pairs)
    higher, lower, same = not_small([moves[1], moves[-1], moves[0]])
    moved = sum(_moved_far(of_type) for of_type in scores.values())
    far, near = not_small([moved, len(pairs) - moved])
    weights, ends = (before, after), (min(scale), max(scale))
    types = []
    for kind in sorted({kind for kind, _region in sizes}):
        groups = [group for group in sorted(sizes) if group[0] == kind]
        regions = tuple(
            _averages((group[1], sizes[group].authorities), pooled[group], weights, ends, hide=group not in shown)
            for group in groups
        )
        # A region that is hidden for what its outcomes are does not follow from the whole either.
        tells = any(line.is_hidden for line, group in zip(regions, groups, strict=True) if group in shown)
        of_all = sum((pooled[group] for group in groups), Counter[tuple[int, ScaleLevel]]())
        authorities = sum(sizes[group].authorities for group in groups)
        whole_line = _averages(("", authorities), of_all, weights, ends, hide=kind not in whole or tells)
        types.append(OfType(kind, regions, whole_line))
    return Reweighed(tuple(types), len(pairs), higher, lower, same, far, near)


def shown_groups(sizes: Mapping[Group, Size]) -> frozenset[Group]:
    """The groups whose averages may be shown."""
    found: set[Group] = set()
    for kind in {kind for kind, _region in sizes}:
        by_size = sorted(
            (group for group in sizes if group[0] == kind), key=lambda group: (sizes[group].authorities, group)
        )
        hidden = [group for group in by_size if sizes[group].authorities < FEWEST]
        for group in by_size[len(hidden) :]:
            if not hidden or (len(hidden) > 1 and sum(sizes[one].authorities for one in hidden) >= FEWEST):
                break
            hidden.append(group)
        found |= {group for group in by_size if group not in hidden and sizes[group].is_agreed}
    return frozenset(found)


def whole_types(sizes: Mapping[Group, Size]) -> frozenset[str]:
    """The types of authority whose average over all regions may be shown."""
    return frozenset(
        kind
        for kind in {kind for kind, _region in sizes}
        if all(size.is_agreed for group, size in sizes.items() if group[0] == kind)
        and sum(size.authorities for group, size in sizes.items() if group[0] == kind) >= FEWEST
    )


def not_small(counts: Sequence[int]) -> tuple[int | None, ...]:
    """Counts that add up to a number that is known, without the small ones (zero too) and what would give them away."""
    by_size = sorted(range(len(counts)), key=lambda place: (counts[place], place))
    hidden = [place for place in by_size if counts[place] < FEWEST]
    for place in by_size[len(hidden) :]:
        if not hidden or (len(hidden) > 1 and sum(counts[one] for one in hidden) >= FEWEST):
            break
        hidden.append(place)
    return tuple(None if place in hidden else count for place, count in enumerate(counts))


def places(scores: Collection[Decimal]) -> dict[Decimal, int]:
    """The place of each score from the highest, which is 1; equal scores share a place."""
    found: dict[Decimal, int] = {}
    for place, score in enumerate(sorted(scores, reverse=True), start=1):
        found.setdefault(score, place)
    return found


def _moved_far(pairs: Sequence[tuple[Decimal, Decimal]]) -> int:
    before, after = places([then for then, _now in pairs]), places([now for _then, now in pairs])
    return sum(abs(before[then] - after[now]) > FAR for then, now in pairs)


def _averages(
    group: tuple[str, int],
    counts: Counter[tuple[int, ScaleLevel]],
    weights: tuple[Weights, Weights],
    ends: Collection[int],
    *,
    hide: bool,
) -> Averages:
    """The averages of a group (what it is called, its authorities), unless they would say what single outcomes are.

    With nearly all the weight on one benchmark, the average is that benchmark's: so each has outcomes enough. And an
    average at an end of the scale says it of every outcome.
    """
    before, after = (_pooled(counts, one) for one in weights)
    sizes: Counter[int] = Counter()
    for (number, _level), count in counts.items():
        sizes[number] += count
    if hide or before in ends or after in ends or any(size < FEWEST for size in sizes.values()):
        return Averages(*group, None, None, is_hidden=True)
    return Averages(*group, before, after)


def _pooled(counts: Mapping[tuple[int, ScaleLevel], int], weights: Weights) -> Decimal | None:
    """The weighted score of outcomes that each occur so often: the same as of all of them one by one."""
    return weighted_score(
        Scored(number, level, weights.of(number) * count) for (number, level), count in counts.items()
    ).score
