"""What holds of every figure, whatever the outcomes: tried with outcomes that nobody thought of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scoring import Gap, ScaleLevel, Scored, common, met_or_exceeded, only, weighted_score
from benchmarks.vocabulary import Standing

SCALE = tuple(
    ScaleLevel(str(points), points, standing)
    for points, standing in enumerate(
        (Standing.BELOW, Standing.BELOW, Standing.MEETS, Standing.EXCEEDS, Standing.EXCEEDS), start=1
    )
)
ENDS = SCALE[0].points, SCALE[-1].points

levels = st.sampled_from(SCALE)
gaps = st.sampled_from(Gap)
weights = st.decimals(min_value="0.01", max_value="99.99", places=2)


@st.composite
def assessments(draw: st.DrawFn, least: int = 0) -> list[Scored]:
    """Outcomes and gaps of up to twelve benchmarks, each with a weight."""
    found = draw(st.lists(st.tuples(levels | gaps, weights), min_size=least, max_size=12))
    return [Scored(number, result, weight) for number, (result, weight) in enumerate(found, start=1)]


def with_level(results: Sequence[Scored]) -> list[Scored]:
    return [one for one in results if isinstance(one.result, ScaleLevel)]


@given(assessments())
def test_gaps_never_move_a_figure(results: list[Scored]) -> None:
    """Whatever has no level might as well not be there; and what is left out is said, each with its own gap."""
    without = with_level(results)
    share, score = met_or_exceeded(results), weighted_score(results)
    assert (share.numerator, share.denominator, share.percent) == (
        met_or_exceeded(without).numerator,
        met_or_exceeded(without).denominator,
        met_or_exceeded(without).percent,
    )
    assert (score.score, score.weight, score.benchmarks) == (
        weighted_score(without).score,
        weighted_score(without).weight,
        len(without),
    )
    left_out = tuple((one.number, one.result) for one in results if isinstance(one.result, Gap))
    assert share.excluded == score.excluded == left_out


@given(assessments(least=1), st.data())
def test_which_gap_it_is_never_matters_to_a_number(results: list[Scored], data: st.DataObject) -> None:
    others = [
        Scored(one.number, data.draw(gaps), data.draw(weights)) if isinstance(one.result, Gap) else one
        for one in results
    ]
    assert met_or_exceeded(others).percent == met_or_exceeded(results).percent
    assert weighted_score(others).score == weighted_score(results).score


@given(assessments().flatmap(lambda one: st.tuples(st.just(one), st.permutations(one))))
def test_the_order_of_rows_never_matters(pair: tuple[list[Scored], Sequence[Scored]]) -> None:
    one, other = pair
    assert met_or_exceeded(one) == met_or_exceeded(other)
    assert weighted_score(one) == weighted_score(other)
    assert common(one) == common(other)


@given(assessments(), weights)
def test_equal_weights_give_the_plain_average(results: list[Scored], weight: Decimal) -> None:
    points = [one.result.points for one in results if isinstance(one.result, ScaleLevel)]
    found = weighted_score(Scored(one.number, one.result, weight) for one in results)
    if not points:
        assert found.score is None
    else:
        plain = (Decimal(sum(points)) / len(points)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert found.score == plain
        assert found.weight == weight * len(points)


@given(assessments(), st.integers(min_value=1, max_value=1000))
def test_more_of_every_weight_changes_nothing(results: list[Scored], factor: int) -> None:
    scaled = [Scored(one.number, one.result, one.weight * factor) for one in results]
    assert weighted_score(scaled).score == weighted_score(results).score


@given(assessments())
def test_weights_never_move_the_share(results: list[Scored]) -> None:
    assert met_or_exceeded([Scored(one.number, one.result) for one in results]) == met_or_exceeded(results)


@given(assessments())
def test_figures_stay_within_their_bounds(results: list[Scored]) -> None:
    share, score = met_or_exceeded(results), weighted_score(results)
    assert 0 <= share.numerator <= share.denominator == score.benchmarks <= len(results)
    assert (share.percent is None) == (score.score is None) == (score.benchmarks == 0)
    if share.percent is not None and score.score is not None:
        assert 0 <= share.percent <= 100
        assert ENDS[0] <= score.score <= ENDS[1]
        assert (share.percent == 100) == (share.numerator == share.denominator)


@given(assessments(least=1), st.data())
def test_a_better_outcome_never_lowers_a_figure(results: list[Scored], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(results) - 1))
    one = results[place]
    if not isinstance(one.result, ScaleLevel):
        return
    better = data.draw(st.sampled_from(SCALE[one.result.points - 1 :]))
    raised = [*results[:place], Scored(one.number, better, one.weight), *results[place + 1 :]]
    assert met_or_exceeded(raised).numerator >= met_or_exceeded(results).numerator
    assert weighted_score(raised).score >= weighted_score(results).score  # type: ignore[operator]


@given(st.lists(assessments(), max_size=4), st.randoms())
def test_what_several_have_in_common(several: list[list[Scored]], chance: object) -> None:
    """Each has a level there, whatever their order; and then all count the same benchmarks."""
    numbers = common(*several)
    shuffled = list(several)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert common(*shuffled) == numbers
    for results in several:
        kept = only(results, numbers)
        assert {one.number for one in kept} == numbers
        assert met_or_exceeded(kept).denominator == len(numbers)
        assert not met_or_exceeded(kept).excluded
    if several:
        everywhere = set.intersection(*({one.number for one in with_level(results)} for results in several))
        assert numbers == everywhere


@given(assessments(), assessments())
def test_another_assessment_can_only_take_from_what_is_common(one: list[Scored], other: list[Scored]) -> None:
    assert common(one, other) <= common(one)
    assert common(one, one) == common(one)
