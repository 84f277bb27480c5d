from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scoring import (
    Gap,
    ScaleLevel,
    Scored,
    Suggestion,
    common,
    crosswalk,
    met_or_exceeded,
    only,
    suggest_outcome,
    weighted_score,
)
from benchmarks.vocabulary import Standing

NOT_MET = ScaleLevel("not_met", 0, Standing.BELOW)
MET = ScaleLevel("met", 1, Standing.MEETS)
EXCEEDING = ScaleLevel("exceeding", 2, Standing.EXCEEDS, builds_on="met")
CHECKLIST = (NOT_MET, MET, EXCEEDING)
CRITERIA = {"not_met": (1, 2), "met": (11, 12), "exceeding": (21, 22)}

ONE_TO_FIVE = tuple(
    ScaleLevel(str(points), points, standing)
    for points, standing in enumerate(
        (Standing.BELOW, Standing.BELOW, Standing.MEETS, Standing.EXCEEDS, Standing.EXCEEDS), start=1
    )
)
LEICESTERSHIRE = {"2021/22": "4554543322", "2022/23": "4554543233"}
"""Agreed scores of benchmarks 1 to 10; Channel is the fifth."""


@pytest.mark.parametrize(
    ("ticked", "expected"),
    [
        ((), Suggestion(None, missing=(11, 12), warnings=())),
        ((11,), Suggestion(None, missing=(12,), warnings=())),
        ((11, 12), Suggestion("met", missing=(21, 22), warnings=())),
        ((11, 12, 21), Suggestion("met", missing=(22,), warnings=())),
        ((11, 12, 21, 22), Suggestion("exceeding", missing=(), warnings=())),
        ((11, 21, 22), Suggestion(None, missing=(12,), warnings=())),
        ((21, 22), Suggestion(None, missing=(11, 12), warnings=())),
        ((1,), Suggestion("not_met", missing=(11, 12), warnings=())),
        ((1, 11), Suggestion("not_met", missing=(12,), warnings=())),
        ((1, 21, 22), Suggestion("not_met", missing=(11, 12), warnings=())),
        ((2, 11, 12), Suggestion("met", missing=(21, 22), warnings=(2,))),
        ((1, 2, 11, 12, 21, 22), Suggestion("exceeding", missing=(), warnings=(1, 2))),
    ],
)
def test_what_ticks_suggest(ticked: tuple[int, ...], expected: Suggestion) -> None:
    assert suggest_outcome(CHECKLIST, CRITERIA, ticked) == expected


ticks = st.lists(st.sampled_from([1, 2, 11, 12, 21, 22]), unique=True)


@given(ticks.flatmap(lambda chosen: st.tuples(st.just(chosen), st.permutations(chosen))))
def test_the_order_of_ticks_never_matters(pair: tuple[list[int], list[int]]) -> None:
    assert suggest_outcome(CHECKLIST, CRITERIA, pair[0]) == suggest_outcome(CHECKLIST, CRITERIA, pair[1])


@given(ticks)
def test_ticks_suggest_what_the_rule_says(ticked: list[int]) -> None:
    met, exceeding, signs = {11, 12} <= set(ticked), {21, 22} <= set(ticked), {1, 2} & set(ticked)
    found = suggest_outcome(CHECKLIST, CRITERIA, ticked)
    if met:
        assert found.level == ("exceeding" if exceeding else "met")
        assert set(found.warnings) == signs
    else:
        assert found.level == ("not_met" if signs else None)
        assert found.warnings == ()
    assert not set(found.missing) & set(ticked)


@given(ticks, st.sampled_from([11, 12, 21, 22]))
def test_a_further_criterion_never_lowers_the_suggestion(ticked: list[int], more: int) -> None:
    order = [None, "not_met", "met", "exceeding"]
    before, after = suggest_outcome(CHECKLIST, CRITERIA, ticked), suggest_outcome(CHECKLIST, CRITERIA, [*ticked, more])
    assert order.index(after.level) >= order.index(before.level)


def leicestershire(year: str, *, channel: bool) -> list[Scored]:
    return [
        Scored(number, ONE_TO_FIVE[int(score) - 1] if number != 5 or channel else Gap.NOT_APPLICABLE)
        for number, score in enumerate(LEICESTERSHIRE[year], start=1)
    ]


@pytest.mark.parametrize(
    ("year", "channel", "numerator", "denominator", "percent"),
    [
        ("2021/22", True, 8, 10, "80.0"),
        ("2021/22", False, 7, 9, "77.8"),
        ("2022/23", True, 9, 10, "90.0"),
        ("2022/23", False, 8, 9, "88.9"),
    ],
)
def test_leicestershire(year: str, channel: bool, numerator: int, denominator: int, percent: str) -> None:
    share = met_or_exceeded(leicestershire(year, channel=channel))
    assert (share.numerator, share.denominator) == (numerator, denominator)
    assert str(share.percent) == percent
    assert share.excluded == (() if channel else ((5, Gap.NOT_APPLICABLE),))


def test_leicestershire_like_with_like() -> None:
    then, now = leicestershire("2021/22", channel=True), leicestershire("2022/23", channel=False)
    numbers = common(then, now)
    assert numbers == {1, 2, 3, 4, 6, 7, 8, 9, 10}
    assert [str(met_or_exceeded(only(each, numbers)).percent) for each in (then, now)] == ["77.8", "88.9"]
    assert common(then) == set(range(1, 11))
    assert common() == set()


def test_nothing_scored_is_no_figure_and_not_zero() -> None:
    gaps = [Scored(3, Gap.UNKNOWN), Scored(1, Gap.UNANSWERED), Scored(2, Gap.NOT_APPLICABLE)]
    for nothing in ([], gaps):
        assert met_or_exceeded(nothing).percent is None
        assert weighted_score(nothing).score is None
    assert (
        met_or_exceeded(gaps).excluded
        == weighted_score(gaps).excluded
        == (
            (1, Gap.UNANSWERED),
            (2, Gap.NOT_APPLICABLE),
            (3, Gap.UNKNOWN),
        )
    )


def test_weights_count() -> None:
    results = [
        Scored(1, EXCEEDING, Decimal("1.5")),
        Scored(2, NOT_MET, Decimal("0.5")),
        Scored(3, Gap.NOT_APPLICABLE, Decimal(9)),
    ]
    found = weighted_score(results)
    assert (found.score, found.weight, found.benchmarks) == (Decimal("1.50"), Decimal("2.0"), 2)
    assert found.excluded == ((3, Gap.NOT_APPLICABLE),)


def test_figures_are_rounded_half_up() -> None:
    results = [Scored(number, ONE_TO_FIVE[level]) for number, level in enumerate([0] * 7 + [1], start=1)]
    assert weighted_score(results).score == Decimal("1.13")
    sixteenth = [Scored(number, MET if number == 1 else NOT_MET) for number in range(1, 17)]
    assert met_or_exceeded(sixteenth).percent == Decimal("6.3")


weights = st.decimals(min_value="0.01", max_value="100", places=2)
outcomes = st.one_of(st.sampled_from(ONE_TO_FIVE), st.sampled_from(Gap))


@st.composite
def result_lists(draw: st.DrawFn) -> list[Scored]:
    found = draw(st.lists(st.tuples(outcomes, weights), max_size=12))
    return [Scored(number, outcome, weight) for number, (outcome, weight) in enumerate(found, start=1)]


@given(result_lists().flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))))
def test_the_order_of_benchmarks_never_matters(pair: tuple[list[Scored], Sequence[Scored]]) -> None:
    one, other = pair
    assert met_or_exceeded(one) == met_or_exceeded(other)
    assert weighted_score(one) == weighted_score(other)


@given(result_lists(), st.sampled_from(Gap), weights)
def test_a_missing_outcome_never_moves_a_figure(results: list[Scored], gap: Gap, weight: Decimal) -> None:
    more = [*results, Scored(99, gap, weight)]
    assert met_or_exceeded(more).percent == met_or_exceeded(results).percent
    assert met_or_exceeded(more).denominator == met_or_exceeded(results).denominator
    assert weighted_score(more).score == weighted_score(results).score
    assert met_or_exceeded(more).excluded[-1] == (99, gap)


@given(st.lists(st.sampled_from(ONE_TO_FIVE), min_size=1, max_size=12), weights)
def test_equal_weights_are_the_plain_mean(levels: list[ScaleLevel], weight: Decimal) -> None:
    results = [Scored(number, level, weight) for number, level in enumerate(levels, start=1)]
    mean = Decimal(sum(level.points for level in levels)) / len(levels)
    assert weighted_score(results).score == mean.quantize(Decimal("0.01"), ROUND_HALF_UP)


@given(result_lists())
def test_a_weighted_score_lies_within_what_was_scored(results: list[Scored]) -> None:
    points = [one.result.points for one in results if isinstance(one.result, ScaleLevel)]
    score = weighted_score(results).score
    assert (score is None) == (not points)
    if score is not None:
        assert min(points) <= score <= max(points)


OLD_TO_NEW = [(1, 2), (2, 1), (3, 3), (4, 4), (5, 5), (7, 6), (6, 7), (8, 7), (9, 8), (10, 8)]
ALL_EXCEED: dict[int, Standing | Gap] = dict.fromkeys(range(1, 11), Standing.EXCEEDS)


def test_the_lowest_standing_wins() -> None:
    found = crosswalk({**ALL_EXCEED, 8: Standing.BELOW, 9: Standing.MEETS}, OLD_TO_NEW)
    assert found == {**dict.fromkeys((1, 2, 3, 4, 5, 6), Standing.EXCEEDS), 7: Standing.BELOW, 8: Standing.MEETS}


@pytest.mark.parametrize(
    ("sixth", "eighth", "expected"),
    [
        (Gap.NOT_APPLICABLE, Gap.NOT_APPLICABLE, Gap.NOT_APPLICABLE),
        (Gap.UNANSWERED, Gap.UNANSWERED, Gap.UNANSWERED),
        (Gap.NOT_APPLICABLE, Gap.UNANSWERED, Gap.UNKNOWN),
        (Standing.EXCEEDS, Gap.NOT_APPLICABLE, Gap.UNKNOWN),
        (Standing.BELOW, Gap.UNKNOWN, Gap.UNKNOWN),
        (Standing.MEETS, Standing.EXCEEDS, Standing.MEETS),
    ],
)
def test_a_gap_is_never_read_as_a_standing(
    sixth: Standing | Gap, eighth: Standing | Gap, expected: Standing | Gap
) -> None:
    assert crosswalk({**ALL_EXCEED, 6: sixth, 8: eighth}, OLD_TO_NEW)[7] == expected


def test_a_benchmark_that_is_not_there_is_unknown() -> None:
    assert crosswalk({}, [(1, 2)]) == {2: Gap.UNKNOWN}
    assert crosswalk({1: Standing.MEETS}, []) == {}


@given(
    st.dictionaries(st.integers(1, 10), st.one_of(st.sampled_from(Standing), st.sampled_from(Gap))),
    st.permutations(OLD_TO_NEW),
)
def test_the_order_of_a_crosswalk_never_matters(
    standings: dict[int, Standing | Gap], shuffled: list[tuple[int, int]]
) -> None:
    assert crosswalk(standings, shuffled) == crosswalk(standings, OLD_TO_NEW)


def test_standings_are_ranked_from_the_lowest() -> None:
    assert sorted(Standing, key=lambda one: one.rank) == [Standing.BELOW, Standing.MEETS, Standing.EXCEEDS]
