"""One judgement of many authorities against another: a year against an earlier one, or self against agreed. Pure.

By level where both are on one scheme. Where the schemes differ, by standing through the crosswalk, which is an
estimate and never becomes a number: there is no weighted score across schemes. What has no level on one of the two
sides is not compared and says why; it is no fall, and it is never zero.

A row of codes is read as the database keeps it: at place ``number - 1`` the id of a level, or why there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from functools import cached_property
from math import lcm
from typing import NamedTuple

from benchmarks.catalogue import SchemeText
from benchmarks.scoring import Gap, ScaleLevel, Scored, crosswalk
from benchmarks.vocabulary import Standing
from benchmarks.weighing import Weights

NO_NUMBER = 0
GAPS: Mapping[int, Gap] = {-1: Gap.NOT_APPLICABLE, -2: Gap.UNKNOWN, -3: Gap.UNANSWERED}
"""What stands for each gap in a row of codes; ``NO_NUMBER`` is a number that the scheme does not have."""


class Move(Enum):
    """How something stands now against then."""

    UP = "up"
    LEVEL = "level"
    DOWN = "down"


UP, LEVEL, DOWN = Move


class Why(Enum):
    """Why two sides, or two outcomes, are not compared."""

    NO_RECORD_NOW = "no_record_now"
    NO_RECORD_THEN = "no_record_then"
    NOT_COUNTED_NOW = "not_counted_now"
    NOT_COUNTED_THEN = "not_counted_then"
    WITHDRAWN_NOW = "withdrawn_now"
    WITHDRAWN_THEN = "withdrawn_then"
    SUCCESSOR = "successor"
    OTHER_SCHEME = "other_scheme"
    NO_CROSSWALK = "no_crosswalk"
    GAP_NOW = "gap_now"
    GAP_THEN = "gap_then"
    GAPS_BOTH = "gaps_both"
    NOTHING_LEFT = "nothing_left"


class Count(Enum):
    """Which benchmarks a figure counts, of those that have a level.

    ``COMMON``: those with a level on both sides. ``SCORED``: those that the scheme scores, so that a benchmark that is
    assured elsewhere is left out even where it was given a level once.
    """

    ALL = "all"
    COMMON = "common"
    SCORED = "scored"


class Scale:
    """A scheme with the weights that count for it, made ready for many rows of codes."""

    def __init__(self, scheme: SchemeText, weights: Weights) -> None:
        self.scheme, self.weights = scheme, weights
        self.code = scheme.code
        self.numbers = tuple(sorted(scheme.benchmarks))
        self.points = {one.id: one.points for one in scheme.levels}
        self.standings = {one.id: one.standing for one in scheme.levels}
        self.met = frozenset(one.id for one in scheme.levels if one.standing != Standing.BELOW)
        self.most_points = max((one.points for one in scheme.levels), default=0)
        self.scored = self.bits_of(number for number, one in scheme.benchmarks.items() if one.scored)
        # Whole numbers add up much quicker than decimals, and exactly.
        exact = {number: weights.of(number).as_integer_ratio() for number in self.numbers}
        common = lcm(*(bottom for _top, bottom in exact.values()))
        weights_of = {number: top * common // bottom for number, (top, bottom) in exact.items()}
        self.places = range(1, max(self.numbers, default=0) + 1)
        self.bits = [1 << number for number in self.places]
        # By place in a row of codes: what each level adds there (whether it is met, its points by weight, its weight).
        self.parts = [
            {
                level: (level in self.met, heavy * points, heavy)
                for level, points in self.points.items()
                if (heavy := weights_of.get(number)) is not None
            }
            for number in self.places
        ]

    @cached_property
    def form(self) -> tuple[object, ...]:
        """What makes outcomes on two versions of a scheme the same kind of outcome."""
        levels = tuple((one.code, one.points, one.standing) for one in self.scheme.levels)
        return self.code, self.numbers, levels

    def gap(self, codes: Sequence[int], number: int) -> Gap:
        """Why the benchmark has no level in the row."""
        return GAPS.get(codes[number - 1], Gap.UNKNOWN) if number <= len(codes) else Gap.UNKNOWN

    def levelled(self, codes: Sequence[int]) -> int:
        """The numbers that have a level in the row, as a bit each."""
        found = 0
        for bit, code in zip(self.bits, codes, strict=False):
            if code in self.points:
                found |= bit
        return found

    def numbers_of(self, bits: int) -> frozenset[int]:
        """The numbers of which the bits are set."""
        return frozenset(number for number in self.numbers if bits >> number & 1)

    @staticmethod
    def bits_of(numbers: Iterable[int]) -> int:
        """A bit for each number. Of thousands of authorities, numbers in a set would take most of the time."""
        return sum(1 << number for number in set(numbers))

    def level_of(self, codes: Sequence[int], number: int) -> int | None:
        """The id of the benchmark's level; None for a gap."""
        code = codes[number - 1] if number <= len(codes) else NO_NUMBER
        return code if code in self.points else None

    def results(self, codes: Sequence[int]) -> list[Scored]:
        """The row as scoring takes it."""
        return [
            Scored(
                number,
                ScaleLevel(level.code, level.points, level.standing)
                if (level := self.scheme.level_by_id(self.level_of(codes, number)))
                else self.gap(codes, number),
                self.weights.of(number),
            )
            for number in self.numbers
        ]

    def standings_of(self, codes: Sequence[int]) -> dict[int, Standing | Gap]:
        """The row by standing alone."""
        found: dict[int, Standing | Gap] = {}
        for number in self.numbers:
            level = self.level_of(codes, number)
            found[number] = self.gap(codes, number) if level is None else self.standings[level]
        return found


class Side(NamedTuple):
    """What an authority has on one side: the cycle, its scale and codes, or why nothing counts there."""

    cycle: int
    scale: Scale | None
    codes: Sequence[int]
    missing: Why | None = None


class Pair(NamedTuple):
    """One authority with both sides. ``key`` is its id."""

    key: int
    now: Side
    then: Side


class Tally(NamedTuple):
    """The figures of one side: the share met or exceeded, and the weighted score in hundredths, halves up.

    ``score`` is None when nothing that counts has a level. ``counted`` has a bit for each number that counts.
    """

    met: int
    of: int
    score: int | None
    counted: int


class Compared(NamedTuple):
    """One authority compared.

    ``move`` is where the weighted score went; None where it is not comparable, and then ``why``. ``steps`` has each
    benchmark's move, or why it is not compared, in their order; by standing alone where ``estimate``. ``alike`` says
    that both scores are of the same benchmarks.
    """

    pair: Pair
    now: Tally | None
    then: Tally | None
    move: Move | None
    why: Why | None
    steps: tuple[Move | Why, ...]
    estimate: bool
    alike: bool

    @property
    def moves(self) -> tuple[tuple[int, Move | Why], ...]:
        """Each benchmark by its number, with its move or why there is none."""
        scale = self.pair.now.scale
        return tuple(zip(scale.numbers, self.steps, strict=True)) if scale and self.steps else ()

    def count(self, move: Move) -> int:
        """How many benchmarks moved this way."""
        return sum(found is move for found in self.steps)

    @property
    def left_out(self) -> int:
        """How many benchmarks are not compared."""
        return sum(isinstance(found, Why) for found in self.steps)


def tally(scale: Scale, codes: Sequence[int], only: int | None = None) -> Tally:
    """The figures of a row of codes, of the benchmarks with these bits alone if they are given."""
    met = of = points = weight = counted = 0
    for bit, parts, code in zip(scale.bits, scale.parts, codes, strict=False):
        found = parts.get(code)
        if found is None or (only is not None and not only & bit):
            continue
        is_met, weighted, heavy = found
        of += 1
        met += is_met
        points += weighted
        weight += heavy
        counted |= bit
    score = (200 * points + weight) // (2 * weight) if weight else None
    return Tally(met, of, score, counted)


Crosswalks = Mapping[tuple[str, str], Iterable[tuple[int, int]]]
"""How benchmarks of one scheme are read in another, by the codes of the two."""


def compare(pair: Pair, count: Count, crosswalks: Crosswalks) -> Compared:
    """One authority, now against then."""
    now, then = pair.now, pair.then
    why = now.missing or then.missing
    same = now.scale is not None and then.scale is not None and _is_same(now.scale, then.scale)
    of_now = _tally(now, _only(now, then, count, same))
    of_then = _tally(then, _only(then, now, count, same))
    if why is not None or now.scale is None or then.scale is None:
        return Compared(pair, of_now, of_then, None, why, (), estimate=False, alike=False)
    if not same:
        pairs = tuple(crosswalks.get((then.scale.code, now.scale.code), ()))
        steps = _by_standing(now.scale, now.codes, then.scale.standings_of(then.codes), pairs) if pairs else ()
        reason = Why.OTHER_SCHEME if pairs else Why.NO_CROSSWALK
        return Compared(pair, of_now, of_then, None, reason, steps, estimate=bool(pairs), alike=False)
    steps = _by_level(now.scale, now.codes, then.scale, then.codes)
    if of_now is None or of_then is None or of_now.score is None or of_then.score is None:
        return Compared(pair, of_now, of_then, None, Why.NOTHING_LEFT, steps, estimate=False, alike=False)
    alike = of_now.counted == of_then.counted
    return Compared(pair, of_now, of_then, _move(of_then.score, of_now.score), None, steps, estimate=False, alike=alike)


def _is_same(one: Scale, other: Scale) -> bool:
    return one is other or one.form == other.form


def _only(side: Side, other: Side, count: Count, same: bool) -> int | None:
    if side.scale is None or count is Count.ALL:
        return None
    if count is Count.SCORED:
        return side.scale.scored
    # Only of one scheme are there the same benchmarks in both.
    return other.scale.levelled(other.codes) if same and other.scale is not None else None


def _tally(side: Side, only: int | None) -> Tally | None:
    return None if side.scale is None or side.missing is not None else tally(side.scale, side.codes, only)


def _move(then: int, now: int) -> Move:
    return UP if now > then else DOWN if now < then else LEVEL


def _gap(has_then: bool, has_now: bool) -> Why:
    if has_then:
        return Why.GAP_NOW
    return Why.GAP_THEN if has_now else Why.GAPS_BOTH


def _by_level(
    scale: Scale, codes: Sequence[int], scale_then: Scale, codes_then: Sequence[int]
) -> tuple[Move | Why, ...]:
    found, found_then = scale.points, scale_then.points
    steps: list[Move | Why] = []
    for number in scale.numbers:
        now = found.get(codes[number - 1]) if number <= len(codes) else None
        then = found_then.get(codes_then[number - 1]) if number <= len(codes_then) else None
        if now is None or then is None:
            steps.append(_gap(then is not None, now is not None))
        else:
            steps.append(UP if now > then else DOWN if now < then else LEVEL)
    return tuple(steps)


def _by_standing(
    scale: Scale,
    codes: Sequence[int],
    standings: Mapping[int, Standing | Gap],
    pairs: Iterable[tuple[int, int]],
) -> tuple[Move | Why, ...]:
    before = crosswalk(standings, pairs)
    steps: list[Move | Why] = []
    for number in scale.numbers:
        level, then = scale.level_of(codes, number), before.get(number, Gap.UNKNOWN)
        if level is None or isinstance(then, Gap):
            steps.append(_gap(not isinstance(then, Gap), level is not None))
        else:
            steps.append(_move(then.rank, scale.standings[level].rank))
    return tuple(steps)


class Totals(NamedTuple):
    """How many moved which way: authorities by their weighted score, or outcomes by their level."""

    up: int
    level: int
    down: int
    left_out: int

    @property
    def compared(self) -> int:
        """The denominator of the three."""
        return self.up + self.level + self.down


def by_benchmark(rows: Iterable[Compared], *, estimate: bool) -> dict[int, Totals]:
    """How many outcomes moved which way on each benchmark by its number: by level, or by standing (``estimate``).

    To be asked of rows that are on one scheme now.
    """
    found: dict[int, list[int]] = {}
    for one in rows:
        if one.estimate != estimate:
            continue
        for number, move in zip(one.pair.now.scale.numbers if one.pair.now.scale else (), one.steps, strict=False):
            counts = found.get(number)
            if counts is None:
                counts = found[number] = [0, 0, 0, 0]
            # Not by the hash of what it is: for thousands of authorities that is most of the time.
            counts[0 if move is UP else 1 if move is LEVEL else 2 if move is DOWN else 3] += 1
    return {number: Totals(*found[number]) for number in sorted(found)}


def together(totals: Iterable[Totals]) -> Totals:
    """The sum of several."""
    return Totals(*map(sum, zip(Totals(0, 0, 0, 0), *totals, strict=True)))


def authorities(rows: Iterable[Compared]) -> Totals:
    """How many authorities moved which way, by their weighted score."""
    counts = [0, 0, 0, 0]
    for one in rows:
        counts[0 if one.move is UP else 1 if one.move is LEVEL else 2 if one.move is DOWN else 3] += 1
    return Totals(*counts)


Name = Callable[[Compared], str]
SORTS = ("authority", "score", "change", "share", "moved")
"""What a table of them can be sorted by. What has no figure comes last, whichever way round."""


def ordered(rows: Iterable[Compared], sort: str, name: Name) -> list[Compared]:
    """The rows by a key of ``SORTS``, with a hyphen before it for the other way round; by name as it comes.

    Args:
        name: what an authority is called. Whatever is alike stands by name.
    """
    by_name = sorted(rows, key=lambda one: (name(one), one.pair.key))
    key, reverse = sort.removeprefix("-"), sort.startswith("-")
    if key not in SORTS or key == "authority":
        return by_name[::-1] if reverse and key == "authority" else by_name
    value = _VALUES[key]
    figures = {one.pair.key: value(one) for one in by_name}
    there = [one for one in by_name if figures[one.pair.key] is not None]
    there.sort(key=lambda one: figures[one.pair.key] or 0, reverse=reverse)
    return [*there, *(one for one in by_name if figures[one.pair.key] is None)]


def _change(one: Compared) -> float | None:
    if one.move is None or one.now is None or one.then is None:
        return None
    return (one.now.score or 0) - (one.then.score or 0)


_VALUES: Mapping[str, Callable[[Compared], float | None]] = {
    "score": lambda one: one.now.score if one.now else None,
    "change": _change,
    "share": lambda one: one.now.met / one.now.of if one.now and one.now.of else None,
    "moved": lambda one: one.count(Move.UP) - one.count(Move.DOWN) if one.steps else None,
}
