"""The figures of a heatmap are those of scoring, and nothing moves them that is not theirs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assurance.insights.heatmap import (
    GAPS,
    Absence,
    Row,
    Scale,
    absence_of,
    narrow,
    sort,
    sort_keys,
)
from benchmarks.catalogue import BenchmarkText, LevelText, SchemeText
from benchmarks.scoring import Gap, ScaleLevel, Scored, met_or_exceeded, weighted_score
from benchmarks.vocabulary import Judgement, Standing
from benchmarks.weighing import Weights

NUMBERS = tuple(range(1, 7))
STANDINGS = (Standing.BELOW, Standing.BELOW, Standing.MEETS, Standing.EXCEEDS, Standing.EXCEEDS)
SCHEME = SchemeText(
    id=1,
    code="test",
    version="1",
    name="Test",
    judgement=Judgement.BEST_FIT,
    digest="",
    max_recommendations=None,
    levels=tuple(
        LevelText(100 + place, str(place), str(place), place, standing, None, ())
        for place, standing in enumerate(STANDINGS, start=1)
    ),
    benchmarks={
        number: BenchmarkText(number, number, f"Benchmark {number}", "", "", True, "", Decimal(1), {})
        for number in NUMBERS
    },
)
LEVELS = {one.id: ScaleLevel(one.code, one.points, one.standing) for one in SCHEME.levels}
GAP_OF = {-1: Gap.NOT_APPLICABLE, -2: Gap.UNKNOWN, -3: Gap.UNANSWERED}
VALUES = (*LEVELS, *GAPS)

values = st.tuples(*[st.sampled_from(VALUES)] * len(NUMBERS))
weights = st.builds(
    lambda given: Weights("test", 1, dict(zip(NUMBERS, given, strict=True))),
    st.tuples(*[st.decimals("0.01", "9", places=2)] * len(NUMBERS)),
)
PLAIN = Scale(SCHEME, Weights("test", 0, dict.fromkeys(NUMBERS, Decimal(1))))


@st.composite
def rows(draw: st.DrawFn, fewest: int = 0) -> list[Row]:
    made = draw(
        st.lists(st.tuples(st.one_of(values, st.just(())), st.booleans(), st.booleans()), min_size=fewest, max_size=8)
    )
    return [
        Row(
            place,
            f"Council {place % 3}",
            f"Region {place % 2}",
            "County",
            place if there or found else None,
            withdrawn and not found,
            found,
        )
        for place, (found, there, withdrawn) in enumerate(made, start=1)
    ]


def scored(found: tuple[int, ...], of: Weights) -> list[Scored]:
    return [
        Scored(number, LEVELS.get(value) or GAP_OF[value], of.of(number))
        for number, value in zip(NUMBERS, found, strict=True)
    ]


@given(values, weights)
def test_the_figures_of_an_authority_are_those_of_scoring(found: tuple[int, ...], of: Weights) -> None:
    figure = Scale(SCHEME, of).figure(found)
    share, score = met_or_exceeded(scored(found, of)), weighted_score(scored(found, of))
    assert (figure.met, figure.counted, figure.percent) == (share.numerator, share.denominator, share.percent)
    assert figure.score == score.score


@given(st.lists(values, max_size=8), weights)
def test_an_average_is_of_all_outcomes_together(found: list[tuple[int, ...]], of: Weights) -> None:
    scale = Scale(SCHEME, of)
    figure = scale.pooled(scale.tallies(scale.counts(found)))
    together = [one for each in found for one in scored(each, of)]
    assert figure.score == weighted_score(together).score
    assert figure.percent == met_or_exceeded(together).percent


@given(st.lists(values, max_size=8))
def test_equal_weights_give_the_plain_average(found: list[tuple[int, ...]]) -> None:
    tallies = PLAIN.tallies(PLAIN.counts(found))
    points = [LEVELS[value].points for each in found for value in each if value in LEVELS]
    figure = PLAIN.pooled(tallies)
    assert (figure.weighted, figure.weight) == (sum(points), len(points))
    for number, tally in tallies.items():
        here = [LEVELS[each[number - 1]].points for each in found if each[number - 1] in LEVELS]
        assert (tally.points, tally.counted) == (sum(here), len(here))
        if here:
            assert abs(Fraction(tally.mean or 0) - Fraction(sum(here), len(here))) <= Fraction(1, 200)
        else:
            assert (tally.mean, tally.percent) == (None, None)


@given(st.lists(values, min_size=1, max_size=8), st.sampled_from(tuple(GAPS)))
def test_a_gap_moves_no_average(found: list[tuple[int, ...]], gap: int) -> None:
    more = [*found, (gap,) * len(NUMBERS)]
    assert PLAIN.tallies(PLAIN.counts(found)) == PLAIN.tallies(PLAIN.counts(more))


@given(rows(1), values)
def test_another_authority_changes_nothing(given_rows: list[Row], found: tuple[int, ...]) -> None:
    changed = [given_rows[0]._replace(values=found, withdrawn=False, record=1), *given_rows[1:]]
    for before, after in zip(given_rows[1:], changed[1:], strict=True):
        assert PLAIN.line(before) == PLAIN.line(after)


@given(rows(), st.sampled_from(sorted(sort_keys(NUMBERS))), st.booleans(), st.integers())
def test_the_order_of_rows_never_matters(given_rows: list[Row], column: str, backwards: bool, seed: int) -> None:
    shuffled = given_rows[:]
    Random(seed).shuffle(shuffled)
    assert sort(given_rows, PLAIN, column, backwards=backwards) == sort(shuffled, PLAIN, column, backwards=backwards)
    there = [row.values for row in given_rows if absence_of(row) is None]
    mixed = [row.values for row in shuffled if absence_of(row) is None]
    assert PLAIN.tallies(PLAIN.counts(there)) == PLAIN.tallies(PLAIN.counts(mixed))


@given(rows(), st.sampled_from(["met", "score", *map(str, NUMBERS)]), st.booleans())
def test_what_has_no_value_stands_last_either_way(given_rows: list[Row], column: str, backwards: bool) -> None:
    found = sort(given_rows, PLAIN, column, backwards=backwards)

    def has(row: Row) -> bool:
        if absence_of(row) is not None:
            return False
        if column.isdigit():
            return row.values[int(column) - 1] in LEVELS
        return any(value in LEVELS for value in row.values)

    flags = [has(row) for row in found]
    assert flags == sorted(flags, reverse=True)
    if column.isdigit():
        points = [LEVELS[row.values[int(column) - 1]].points for row in found if has(row)]
        assert points == sorted(points, reverse=backwards)


@pytest.mark.parametrize(
    ("row", "absence"),
    [
        (Row(1, "A", "North", "County"), Absence.NO_RECORD),
        (Row(1, "A", "North", "County", 7), Absence.NOT_YET),
        (Row(1, "A", "North", "County", 7, withdrawn=True), Absence.WITHDRAWN),
        (Row(1, "A", "North", "County", 7, values=(101,) * 6), None),
    ],
)
def test_having_nothing_has_three_reasons(row: Row, absence: Absence | None) -> None:
    assert absence_of(row) == absence
    assert PLAIN.line(row).absence == absence
    assert narrow([row], PLAIN, found=absence.value if absence else "below") == [row]


def test_a_cell_says_its_place_or_its_gap() -> None:
    cells = PLAIN.cells((101, 103, 105, -1, -2, -3))
    assert [(one.label, one.place) for one in cells] == [("1", 1), ("3", 3), ("5", 5), ("", 0), ("", 0), ("", 0)]
    assert [one.absence for one in cells[3:]] == [Absence.NOT_APPLICABLE, Absence.UNKNOWN, Absence.UNANSWERED]


def test_a_number_that_the_scheme_has_not_is_skipped() -> None:
    """Benchmarks need not be numbered without a gap: zero stands where there is none."""
    some = replace(SCHEME, benchmarks={number: SCHEME.benchmarks[number] for number in (1, 2, 4)})
    scale = Scale(some, Weights("test", 0, {}))
    found = (101, 104, 0, 105)
    assert [one.place for one in scale.cells(found)] == [1, 4, 5]
    assert scale.figure(found).weighted == 1 + 4 + 5
    assert scale.tallies(scale.counts([found]))[4].points == 5


@pytest.mark.parametrize(
    ("points", "fifth"), [((1, 1), 1), ((1, 2), 1), ((2, 2), 2), ((3, 3), 3), ((4, 5), 5), ((5, 5), 5)]
)
def test_an_average_lies_in_a_fifth_of_the_scale(points: tuple[int, int], fifth: int) -> None:
    tally = PLAIN.tally(100 + points[0]) + PLAIN.tally(100 + points[1])
    assert PLAIN.fifth(tally) == fifth


def test_what_is_not_known_is_not_made_up() -> None:
    """Of ten benchmarks three are named: the figures are of three."""
    scale = replace(SCHEME, benchmarks={n: replace(SCHEME.benchmarks[1], id=n, number=n) for n in range(1, 11)})
    named = (101, 102, 102, -2, -2, -2, -2, -2, -2, -2)
    figure = Scale(scale, Weights("test", 0, {})).figure(named)
    assert (figure.met, figure.counted, figure.percent) == (0, 3, Decimal("0.0"))
