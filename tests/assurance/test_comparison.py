"""Two sides of many authorities put beside each other: by level, by standing, and not at all. No database."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assurance.insights import comparison as compared
from assurance.insights.comparison import Compared, Count, Move, Pair, Side, Totals, Why, compare, ordered, tally
from benchmarks.scoring import met_or_exceeded, weighted_score
from tests.assurance.scales import CROSSWALKS, NA, UNANSWERED, UNKNOWN, scale

TEN, EIGHT = scale("la-10"), scale("la-8", first_id=50)
UP, LEVEL, DOWN = Move.UP, Move.LEVEL, Move.DOWN
codes_of_ten = st.lists(st.sampled_from([1, 2, 3, 4, 5, NA, UNKNOWN, UNANSWERED]), min_size=10, max_size=10)


def pair(now: Any, then: Any, *, key: int = 1, scale_now: Any = TEN, scale_then: Any = TEN) -> Pair:
    return Pair(key, Side(2, scale_now, now), Side(1, scale_then, then))


def found(now: Any, then: Any, count: Count = Count.ALL, **options: Any) -> Compared:
    return compare(pair(now, then, **options), count, CROSSWALKS)


def test_one_down_two_up_seven_level() -> None:
    """With Channel 80 and 90 per cent, without it 77.8 and 88.9."""
    then, now = (4, 5, 5, 4, 5, 4, 3, 3, 2, 2), (4, 5, 5, 4, 5, 4, 3, 2, 3, 3)
    one = found(now, then)
    assert (one.count(UP), one.count(LEVEL), one.count(DOWN), one.left_out) == (2, 7, 1, 0)
    assert dict(one.moves)[8] is DOWN
    assert one.then and one.now
    assert [(it.met, it.of) for it in (one.then, one.now)] == [(8, 10), (9, 10)]
    assert (one.then.score, one.now.score, one.move) == (370, 380, UP)
    without = found(now, then, Count.SCORED)
    assert without.then and without.now
    assert [(it.met, it.of) for it in (without.then, without.now)] == [(7, 9), (8, 9)]


def test_what_has_a_level_in_one_year_only_is_no_move_and_can_be_left_out() -> None:
    """Channel at 5 last year and not applicable this year pulls the score down, though nothing fell."""
    then, now = (3, 3, 3, 3, 5, 3, 3, 3, 3, 3), (3, 3, 3, 3, NA, 3, 3, 3, 3, 3)
    one = found(now, then)
    assert one.move is DOWN
    assert not one.alike
    assert dict(one.moves)[5] is Why.GAP_NOW
    assert (one.count(DOWN), one.count(LEVEL), one.left_out) == (0, 9, 1)
    alike = found(now, then, Count.COMMON)
    assert alike.move is LEVEL
    assert alike.alike
    assert alike.then and alike.then.of == 9


@pytest.mark.parametrize("gap", [NA, UNKNOWN, UNANSWERED])
def test_a_gap_says_on_which_side_it_is(gap: int) -> None:
    rest = (3,) * 8
    one = dict(found((gap, 3, *rest), (3, gap, *rest)).moves)
    assert (one[1], one[2]) == (Why.GAP_NOW, Why.GAP_THEN)
    assert dict(found((gap, 3, *rest), (gap, 3, *rest)).moves)[1] is Why.GAPS_BOTH


def test_across_schemes_there_is_standing_and_no_number() -> None:
    """8 is below, 6 exceeds: both lead to 7, and the lowest wins. 51 not met, 52 met, 53 exceeding."""
    then = (4, 5, 3, 3, NA, 4, 3, 2, 3, 4)
    now = (53, 52, 52, 53, NA, 51, 52, 52)
    one = found(now, then, scale_now=EIGHT)
    assert one.estimate
    assert (one.move, one.why) == (None, Why.OTHER_SCHEME)
    assert dict(one.moves) == {1: LEVEL, 2: DOWN, 3: LEVEL, 4: UP, 5: Why.GAPS_BOTH, 6: DOWN, 7: UP, 8: LEVEL}


def test_where_there_is_no_crosswalk_nothing_is_compared() -> None:
    one = found((3,) * 10, (52,) * 8, scale_then=EIGHT)
    assert (one.why, one.moves, one.estimate) == (Why.NO_CROSSWALK, (), False)


@pytest.mark.parametrize("why", [Why.WITHDRAWN_THEN, Why.NO_RECORD_THEN, Why.SUCCESSOR, Why.NOT_COUNTED_THEN])
def test_no_year_before_is_no_fall(why: Why) -> None:
    one = compare(Pair(1, Side(2, TEN, (3,) * 10), Side(0, None, (), why)), Count.COMMON, {})
    assert (one.move, one.why, one.moves, one.then) == (None, why, (), None)
    assert one.now and one.now.score == 300


def test_nothing_in_common_is_no_score() -> None:
    one = found((3, *[UNKNOWN] * 9), (UNKNOWN, 3, *[UNKNOWN] * 8), Count.COMMON)
    assert (one.move, one.why) == (None, Why.NOTHING_LEFT)


def test_another_version_with_the_same_levels_is_the_same_scheme() -> None:
    later = scale("la-10", first_id=100)
    one = found(tuple(100 + code for code in (3, 4, 2, *[3] * 7)), (3,) * 10, scale_now=later)
    assert (one.count(UP), one.count(DOWN), one.estimate) == (1, 1, False)


@given(codes_of_ten, st.lists(st.sampled_from(["0", "0.5", "1", "1.25", "3"]), min_size=10, max_size=10))
def test_whole_numbers_are_as_exact_as_decimals(codes: list[int], weights: list[str]) -> None:
    one = scale("la-10", weights=dict(enumerate(weights, start=1)))
    results = one.results(codes)
    score, share, fast = weighted_score(results), met_or_exceeded(results), tally(one, codes)
    assert (fast.score is None) == (score.score is None)
    assert score.score is None or fast.score == score.score * 100
    assert (fast.met, fast.of) == (share.numerator, share.denominator)


@given(codes_of_ten, codes_of_ten)
def test_every_benchmark_is_a_move_or_says_why_not(now: list[int], then: list[int]) -> None:
    one = found(now, then)
    assert [number for number, _move in one.moves] == list(range(1, 11))
    assert one.count(UP) + one.count(LEVEL) + one.count(DOWN) + one.left_out == 10
    back = found(then, now)
    assert (back.count(UP), back.count(DOWN), back.left_out) == (one.count(DOWN), one.count(UP), one.left_out)


@given(codes_of_ten, codes_of_ten, st.integers(0, 9), st.sampled_from([NA, UNKNOWN, UNANSWERED]))
def test_a_gap_never_moves_a_figure(now: list[int], then: list[int], place: int, gap: int) -> None:
    """Which gap it is changes nothing, and on both sides it is as if the benchmark were not there."""
    assume(now[place] < 0)
    other = [*now[:place], gap, *now[place + 1 :]]
    one, two = found(now, then), found(other, then)
    assert (one.now, one.moves, one.move) == (two.now, two.moves, two.move)
    common = found(now, then, Count.COMMON)
    assert common.then is not None
    assert place + 1 not in TEN.numbers_of(common.then.counted)


rows = st.lists(st.tuples(codes_of_ten, codes_of_ten), min_size=1, max_size=6)


@given(rows, st.randoms(use_true_random=False), st.sampled_from([*compared.SORTS, "-change", "-authority", "nonsense"]))
def test_the_order_of_rows_never_matters(given_rows: Any, random: Any, sort: str) -> None:
    pairs = [pair(now, then, key=key) for key, (now, then) in enumerate(given_rows)]
    mixed = pairs[:]
    random.shuffle(mixed)
    one, two = ([compare(it, Count.ALL, {}) for it in these] for these in (pairs, mixed))
    assert ordered(one, sort, lambda it: "same") == ordered(two, sort, lambda it: "same")
    assert compared.authorities(one) == compared.authorities(two)
    assert compared.by_benchmark(one, estimate=False) == compared.by_benchmark(two, estimate=False)


@given(rows, codes_of_ten, codes_of_ten)
def test_another_authority_changes_no_figure_but_the_totals(given_rows: Any, now: Any, then: Any) -> None:
    pairs = [pair(*both, key=key) for key, both in enumerate(given_rows)]
    one = [compare(it, Count.COMMON, {}) for it in pairs]
    more = [compare(it, Count.COMMON, {}) for it in [*pairs, pair(now, then, key=99)]]
    assert more[:-1] == one
    before, after = compared.authorities(one), compared.authorities(more)
    assert sum(after) == sum(before) + 1


def test_what_has_no_figure_comes_last_either_way() -> None:
    missing = compare(Pair(9, Side(2, TEN, (3,) * 10), Side(0, None, (), Why.NO_RECORD_THEN)), Count.ALL, {})
    high, low = found((5,) * 10, (3,) * 10, key=1), found((2,) * 10, (3,) * 10, key=2)
    for sort, keys in (("change", [2, 1, 9]), ("-change", [1, 2, 9]), ("moved", [2, 1, 9])):
        assert [one.pair.key for one in ordered([missing, high, low], sort, lambda it: "")] == keys
    assert compared.authorities([missing, high, low]) == Totals(up=1, level=0, down=1, left_out=1)
    assert compared.together(compared.by_benchmark([missing, high, low], estimate=False).values()) == Totals(
        10, 0, 10, 0
    )
    assert compared.together(()) == Totals(0, 0, 0, 0)


def test_a_large_region_is_quick() -> None:
    pairs = [pair((3, 4, 2, 3, NA, 3, 5, 1, 3, 3), (3,) * 10, key=key) for key in range(2500)]
    began = process_time()
    made = [compare(one, Count.COMMON, CROSSWALKS) for one in pairs]
    compared.authorities(made)
    compared.by_benchmark(made, estimate=False)
    ordered(made, "-change", lambda one: str(one.pair.key))
    took = process_time() - began
    # It takes a thirtieth of a second; a machine that is busy with other things is not to fail it.
    assert took < 1, took
