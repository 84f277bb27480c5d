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
from itertools import zip_longest
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
        self.scored = frozenset(number for number, one in scheme.benchmarks.items() if one.scored)
        # Whole numbers add up much quicker than decimals, and exactly.
        exact = {number: weights.of(number).as_integer_ratio() for number in self.numbers}
        common = lcm(*(bottom for _top, bottom in exact.values()))
        self.whole_weights = {number: top * common // bottom for number, (top, bottom) in exact.items()}

    @cached_property
    def form(self) -> tuple[object, ...]:
        """What makes outcomes on two versions of a scheme the same kind of outcome."""
        levels = tuple((one.code, one.points, one.standing) for one in self.scheme.levels)
        return self.code, self.numbers, levels

    def gap(self, codes: Sequence[int], number: int) -> Gap:
        """Why the benchmark has no level in the row."""
        return GAPS.get(codes[number - 1], Gap.UNKNOWN) if number <= len(codes) else Gap.UNKNOWN

    def levelled(self, codes: Sequence[int]) -> frozenset[int]:
        """The numbers that have a level in the row."""
        return frozenset(number for number, code in enumerate(codes, start=1) if code in self.points)

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

    ``score`` is None when nothing that counts has a level. ``counted`` are the numbers that count.
    """

    met: int
    of: int
    score: int | None
    counted: frozenset[int]


class Compared(NamedTuple):
    """One authority compared.

    ``move`` is where the weighted score went; None where it is not comparable, and then ``why``. ``moves`` has each
    benchmark's move, or why it is not compared; by standing alone where ``estimate``. ``alike`` says that both scores
    are of the same benchmarks.
    """

    pair: Pair
    now: Tally | None
    then: Tally | None
    move: Move | None
    why: Why | None
    moves: tuple[tuple[int, Move | Why], ...]
    estimate: bool
    alike: bool

    def count(self, move: Move) -> int:
        """How many benchmarks moved this way."""
        return sum(found is move for _number, found in self.moves)

    @property
    def left_out(self) -> int:
        """How many benchmarks are not compared."""
        return sum(isinstance(found, Why) for _number, found in self.moves)


def tally(scale: Scale, codes: Sequence[int], only: frozenset[int] | None = None) -> Tally:
    """The figures of a row of codes, of these benchmarks alone if they are given."""
    met = of = points = weight = 0
    counted = []
    for number, code in enumerate(codes, start=1):
        found = scale.points.get(code)
        if found is None or (only is not None and number not in only):
            continue
        heavy = scale.whole_weights[number]
        of += 1
        met += code in scale.met
        points += heavy * found
        weight += heavy
        counted.append(number)
    score = (200 * points + weight) // (2 * weight) if weight else None
    return Tally(met, of, score, frozenset(counted))


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
        moves = _by_standing(now.scale, now.codes, then.scale.standings_of(then.codes), pairs) if pairs else ()
        reason = Why.OTHER_SCHEME if pairs else Why.NO_CROSSWALK
        return Compared(pair, of_now, of_then, None, reason, moves, estimate=bool(pairs), alike=False)
    moves = _by_level(now.scale, now.codes, then.scale, then.codes)
    if of_now is None or of_then is None or of_now.score is None or of_then.score is None:
        return Compared(pair, of_now, of_then, None, Why.NOTHING_LEFT, moves, estimate=False, alike=False)
    alike = of_now.counted == of_then.counted
    return Compared(pair, of_now, of_then, _move(of_then.score, of_now.score), None, moves, estimate=False, alike=alike)


def _is_same(one: Scale, other: Scale) -> bool:
    return one is other or one.form == other.form


def _only(side: Side, other: Side, count: Count, same: bool) -> frozenset[int] | None:
    if side.scale is None or count is Count.ALL:
        return None
    if count is Count.SCORED:
        return side.scale.scored
    # Only of one scheme are there the same benchmarks in both.
    return other.scale.levelled(other.codes) if same and other.scale is not None else None


def _tally(side: Side, only: frozenset[int] | None) -> Tally | None:
    return None if side.scale is None or side.missing is not None else tally(side.scale, side.codes, only)


def _move(then: int, now: int) -> Move:
    return Move.UP if now > then else Move.DOWN if now < then else Move.LEVEL


def _gap(has_then: bool, has_now: bool) -> Why:
    if has_then:
        return Why.GAP_NOW
    return Why.GAP_THEN if has_now else Why.GAPS_BOTH


def _by_level(
    scale: Scale, codes: Sequence[int], scale_then: Scale, codes_then: Sequence[int]
) -> tuple[tuple[int, Move | Why], ...]:
    moves: list[tuple[int, Move | Why]] = []
    for number, code, before in zip(range(1, len(codes) + 1), codes, _filled(codes_then, len(codes)), strict=True):
        if code == NO_NUMBER:
            continue
        points, points_then = scale.points.get(code), scale_then.points.get(before)
        if points is None or points_then is None:
            moves.append((number, _gap(points_then is not None, points is not None)))
        else:
            moves.append((number, _move(points_then, points)))
    return tuple(moves)


def _by_standing(
    scale: Scale,
    codes: Sequence[int],
    standings: Mapping[int, Standing | Gap],
    pairs: Iterable[tuple[int, int]],
) -> tuple[tuple[int, Move | Why], ...]:
    before = crosswalk(standings, pairs)
    moves: list[tuple[int, Move | Why]] = []
    for number in scale.numbers:
        level, then = scale.level_of(codes, number), before.get(number, Gap.UNKNOWN)
        if level is None or isinstance(then, Gap):
            moves.append((number, _gap(not isinstance(then, Gap), level is not None)))
        else:
            moves.append((number, _move(then.rank, scale.standings[level].rank)))
    return tuple(moves)


def _filled(codes: Sequence[int], length: int) -> list[int]:
    return [code for code, _place in zip_longest(codes[:length], range(length), fillvalue=NO_NUMBER)]


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


def authorities(rows: Iterable[Compared]) -> Totals:
    """How many authorities moved which way, by their weighted score."""
    return _count(one.move for one in rows)


def outcomes(rows: Iterable[Compared], *, estimate: bool) -> Totals:
    """How many outcomes moved which way: by level, or by standing alone (``estimate``)."""
    return _count(
        move if isinstance(move, Move) else None
        for one in rows
        if one.estimate == estimate
        for _number, move in one.moves
    )


def by_benchmark(rows: Iterable[Compared], *, estimate: bool) -> dict[int, Totals]:
    """The same for each benchmark by its number. To be asked of rows that are on one scheme now."""
    found: dict[int, list[Move | None]] = {}
    for one in rows:
        if one.estimate == estimate:
            for number, move in one.moves:
                found.setdefault(number, []).append(move if isinstance(move, Move) else None)
    return {number: _count(found[number]) for number in sorted(found)}


def _count(moves: Iterable[Move | None]) -> Totals:
    found: dict[Move | None, int] = {}
    for move in moves:
        found[move] = found.get(move, 0) + 1
    return Totals(found.get(Move.UP, 0), found.get(Move.LEVEL, 0), found.get(Move.DOWN, 0), found.get(None, 0))


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
    "moved": lambda one: one.count(Move.UP) - one.count(Move.DOWN) if one.moves else None,
}
