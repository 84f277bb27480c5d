"""What is said beside a figure: its value, its denominator, its weights, and what is left out and why."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from assurance.insights.explained import LeftOut
from assurance.insights.explaining import score_explained, share_explained
from benchmarks.scoring import Gap, ScaleLevel, Scored, common, met_or_exceeded, only, weighted_score
from benchmarks.vocabulary import Standing
from benchmarks.weighing import Weights

LEVELS = {
    points: ScaleLevel(str(points), points, standing)
    for points, standing in enumerate(
        (Standing.BELOW, Standing.BELOW, Standing.MEETS, Standing.EXCEEDS, Standing.EXCEEDS), start=1
    )
}
CHANNEL = 5


def of(scores: str, gaps: dict[int, Gap] | None = None) -> list[Scored]:
    gaps = gaps or {}
    return [
        Scored(number, gaps.get(number) or LEVELS[int(score)], Decimal(2 if number == 1 else 1))
        for number, score in enumerate(scores, start=1)
    ]


FIRST = of("4554543322")
SECOND = of("4554543233", {CHANNEL: Gap.NOT_APPLICABLE})


def test_a_share_says_what_it_is_out_of() -> None:
    found = share_explained(met_or_exceeded(FIRST), benchmarks=10)
    assert found.value == "80.0%"
    assert found.of == "8 of 10 met or exceeded; 10 of 10 benchmarks have an outcome"
    assert found.weights == ""
    assert found.left_out == ()
    assert "met or exceeded" in str(found.rule)


def test_what_is_left_out_is_named_with_its_reason() -> None:
    gaps = {8: Gap.UNKNOWN, CHANNEL: Gap.NOT_APPLICABLE, 9: Gap.UNANSWERED, 2: Gap.NOT_APPLICABLE}
    reasons = {CHANNEL: "Assured elsewhere.", 9: "not yet agreed", 1: "Has an outcome."}
    results = of("4554543233", gaps)
    expected = (
        LeftOut("Benchmark 2", "not applicable"),
        LeftOut("Benchmark 5", "not applicable: Assured elsewhere."),
        LeftOut("Benchmark 8", "not known"),
        LeftOut("Benchmark 9", "not yet agreed"),
    )
    share = share_explained(met_or_exceeded(results), benchmarks=10, reasons=reasons)
    assert share.left_out == expected
    assert share.of == "6 of 6 met or exceeded; 6 of 10 benchmarks have an outcome"
    score = score_explained(
        weighted_score(results), Weights("la-10", 0, {}), benchmarks=10, most_points=5, reasons=reasons
    )
    assert score.left_out == expected
    assert score.of == "6 of 10 benchmarks have an outcome"


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (Weights("la-10", 0, {}), "Weights: version 0, as first set. They are this service’s own: none is published."),
        (
            # The day is London's.
            Weights("la-10", 2, {}, datetime(2026, 5, 3, 23, 15, tzinfo=UTC)),
            "Weights: version 2, of 4 May 2026. They are this service’s own: none is published.",
        ),
    ],
)
def test_a_score_names_its_weights(weights: Weights, words: str) -> None:
    found = score_explained(weighted_score(FIRST), weights, benchmarks=10, most_points=5)
    assert found.value == "3.73 of 5"
    assert found.weights == words


def test_nothing_with_an_outcome_is_no_figure_and_not_zero() -> None:
    nothing = [Scored(1, Gap.UNKNOWN)]
    share = share_explained(met_or_exceeded(nothing), benchmarks=1)
    score = score_explained(weighted_score(nothing), Weights("one", 0, {}), benchmarks=1, most_points=5)
    assert share.value == score.value == "No figure"
    assert share.of == score.of == "0 of 1 benchmark has an outcome"
    assert share.left_out == score.left_out == (LeftOut("Benchmark 1", "not known"),)


def test_like_is_compared_with_like() -> None:
    numbers = common(FIRST, SECOND)
    assert numbers == frozenset(range(1, 11)) - {CHANNEL}
    share = share_explained(met_or_exceeded(only(FIRST, numbers)), benchmarks=10, unlike=[CHANNEL])
    assert share.value == "77.8%"
    assert share.of == "7 of 9 met or exceeded; 9 of 10 benchmarks have an outcome in everything compared"
    assert share.left_out == (LeftOut("Benchmark 5", "no outcome in some of what is compared"),)
    # Where the assessment itself says why, that is said.
    also = share_explained(
        met_or_exceeded(SECOND), benchmarks=10, unlike=[CHANNEL], reasons={CHANNEL: "Assured elsewhere."}
    )
    assert also.left_out == (LeftOut("Benchmark 5", "not applicable: Assured elsewhere."),)
