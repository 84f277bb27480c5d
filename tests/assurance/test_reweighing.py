"""What other weights would change, and what of that may be shown to somebody who reads no single outcome."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assurance.insights.calibration import FEWEST
from assurance.insights.reweighing import (
    FAR,
    Group,
    Levels,
    Size,
    not_small,
    places,
    reweigh,
    shown_groups,
    whole_types,
)
from benchmarks.scoring import ScaleLevel, Scored, weighted_score
from benchmarks.vocabulary import Standing
from benchmarks.weighing import Weights

NOT_MET = ScaleLevel("not_met", 0, Standing.BELOW)
MET = ScaleLevel("met", 1, Standing.MEETS)
EXCEEDING = ScaleLevel("exceeding", 2, Standing.EXCEEDS)
SCALE = (NOT_MET, MET, EXCEEDING)
POINTS = (0, 1, 2)
NORTH, SOUTH, EAST = ("County", "North"), ("County", "South"), ("County", "East")
CITY = ("City", "North")


def weights(*values: str) -> Weights:
    return Weights("tiny", 0, {number: Decimal(value) for number, value in enumerate(values, start=1)})


EVEN, FIRST = weights("1", "1"), weights("3", "1")


def both(first: ScaleLevel, second: ScaleLevel) -> Levels:
    return (1, first), (2, second)


def test_scores_and_averages_before_and_after() -> None:
    outcomes = [
        *[(NORTH, both(EXCEEDING, NOT_MET))] * 6,
        *[(NORTH, both(NOT_MET, EXCEEDING))] * 5,
        *[(NORTH, both(MET, MET))] * 7,
    ]
    found = reweigh({NORTH: Size(18, 18)}, outcomes, EVEN, FIRST, scale=POINTS)
    assert (found.counted, found.higher, found.lower, found.same) == (18, 6, 5, 7)
    (county,) = found.types
    (north,) = county.regions
    # 18 of 36 points become (6 x 2 x 3 + 5 x 2 + 7 x 4) of 72.
    assert (north.label, north.authorities, north.before, north.after) == (
        "North",
        18,
        Decimal("1.00"),
        Decimal("1.03"),
    )
    assert (county.whole.before, county.whole.after) == (north.before, north.after)
    # All share the first place; then 6 are first, 7 are seventh and 5 are fourteenth.
    assert (found.far, found.near) == (12, 6)


def test_what_has_no_level_counts_for_nothing() -> None:
    outcomes = [*[(NORTH, ((2, MET),))] * 5, (NORTH, ())]
    found = reweigh({NORTH: Size(6, 6)}, outcomes, EVEN, FIRST, scale=POINTS)
    assert found.counted == 5
    assert found.types[0].whole.before == found.types[0].whole.after == 1
    nothing = reweigh({NORTH: Size(5, 5)}, [(NORTH, ())] * 5, EVEN, FIRST, scale=POINTS)
    assert nothing.shows_nothing
    assert (nothing.types[0].whole.before, nothing.types[0].whole.is_hidden) == (None, False)


def test_places_are_within_a_type() -> None:
    outcomes = [(CITY, both(EXCEEDING, NOT_MET))] * 5 + [(NORTH, both(NOT_MET, EXCEEDING))] * 5
    found = reweigh({CITY: Size(5, 5), NORTH: Size(5, 5)}, outcomes, EVEN, FIRST, scale=POINTS)
    # Among all ten, five would go from the shared first place to the sixth.
    assert (found.far, found.near) == (None, None)
    assert (found.higher, found.lower, found.same) == (None, 5, None)


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ({NORTH: (5, 5)}, {NORTH}),
        ({NORTH: (4, 4)}, set()),
        ({NORTH: (5, 4)}, set()),
        # One that is small takes the next smallest with it, whether that is agreed or not.
        ({NORTH: (4, 4), SOUTH: (9, 9), EAST: (7, 7)}, {SOUTH}),
        ({NORTH: (4, 0), SOUTH: (9, 9), EAST: (7, 7)}, {SOUTH}),
        ({NORTH: (4, 4), SOUTH: (9, 9), EAST: (7, 6)}, {SOUTH}),
        # Two that are small hide each other when together they are not.
        ({NORTH: (2, 2), SOUTH: (9, 9), EAST: (3, 3)}, {SOUTH}),
        ({NORTH: (2, 2), SOUTH: (9, 9), EAST: (2, 2)}, set()),
        # Each type by itself.
        ({NORTH: (4, 4), SOUTH: (9, 9), CITY: (5, 5)}, {CITY}),
    ],
)
def test_which_groups_are_shown(sizes: dict[Group, tuple[int, int]], shown: set[Group]) -> None:
    assert shown_groups({group: Size(*size) for group, size in sizes.items()}) == shown


def test_a_type_is_shown_once_all_of_it_is_agreed() -> None:
    assert whole_types({NORTH: Size(4, 4), SOUTH: Size(1, 1)}) == {"County"}
    assert whole_types({NORTH: Size(4, 4)}) == set()
    assert whole_types({NORTH: Size(9, 9), SOUTH: Size(9, 8)}) == set()


def test_nothing_of_a_hidden_group_is_counted() -> None:
    outcomes = [(NORTH, both(EXCEEDING, NOT_MET))] * 9 + [(SOUTH, both(NOT_MET, EXCEEDING))] * 8
    found = reweigh({NORTH: Size(9, 9), SOUTH: Size(9, 8)}, outcomes, EVEN, FIRST, scale=POINTS)
    assert found.counted == 9
    south = next(one for one in found.types[0].regions if one.label == "South")
    assert (south.before, south.after, south.is_hidden) == (None, None, True)
    assert found.types[0].whole.is_hidden
    # Everybody's rises: that nobody's falls or stays is two small numbers, and what is left gives them away.
    assert (found.higher, found.lower, found.same) == (None, None, None)


def test_few_outcomes_on_a_benchmark_hide_a_group_and_the_whole() -> None:
    """All the weight on that benchmark would make the average its own."""
    outcomes = [*[(NORTH, ((1, MET),))] * 5, *[(NORTH, both(MET, EXCEEDING))] * 4, *[(SOUTH, both(MET, MET))] * 9]
    found = reweigh({NORTH: Size(9, 9), SOUTH: Size(9, 9)}, outcomes, EVEN, FIRST, scale=POINTS).types[0]
    assert [(line.label, line.is_hidden) for line in (*found.regions, found.whole)] == [
        ("North", True),
        ("South", False),
        ("", True),
    ]
    outcomes.append((NORTH, both(MET, EXCEEDING)))
    found = reweigh({NORTH: Size(10, 10), SOUTH: Size(9, 9)}, outcomes, EVEN, FIRST, scale=POINTS).types[0]
    assert not any(line.is_hidden for line in (*found.regions, found.whole))


@pytest.mark.parametrize("level", [NOT_MET, EXCEEDING])
def test_an_average_at_an_end_of_the_scale_is_hidden(level: ScaleLevel) -> None:
    outcomes = [(NORTH, both(level, MET))] * 9
    sizes = {NORTH: Size(9, 9)}
    (line,) = reweigh(sizes, outcomes, EVEN, FIRST, scale=POINTS).types[0].regions
    assert not line.is_hidden
    (line,) = reweigh(sizes, outcomes, EVEN, weights("99.99", "0.01"), scale=POINTS).types[0].regions
    assert line.is_hidden


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((5, 5, 5), (5, 5, 5)),
        ((9, 4, 20), (None, None, 20)),
        ((9, 0, 20), (None, None, 20)),
        ((3, 2, 20), (None, None, 20)),
        ((2, 2, 20), (None, None, None)),
        ((0, 0, 20), (None, None, None)),
        ((4, 20), (None, None)),
        ((0, 0, 0), (None, None, None)),
    ],
)
def test_small_counts_are_hidden_and_cannot_be_told(counts: tuple[int, ...], shown: tuple[int | None, ...]) -> None:
    assert not_small(counts) == shown


@given(st.lists(st.integers(0, 30), min_size=1, max_size=5))
def test_hidden_counts_are_never_one_and_never_few(counts: list[int]) -> None:
    shown = not_small(counts)
    hidden = [count for count, one in zip(counts, shown, strict=True) if one is None]
    assert all(one is None or one >= FEWEST for one in shown)
    if hidden and len(hidden) < len(counts):
        assert len(hidden) > 1 and sum(hidden) >= FEWEST


def test_equal_scores_share_a_place() -> None:
    ten, nine = Decimal(10), Decimal(9)
    assert places([nine, ten, ten]) == {ten: 1, nine: 3}


levels = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(SCALE)), unique_by=lambda pair: pair[0], max_size=3).map(
    tuple
)
groups = st.sampled_from([NORTH, SOUTH, EAST, CITY])
factors = st.lists(st.decimals(min_value="0.01", max_value="99.99", places=2), min_size=3, max_size=3).map(
    lambda found: Weights("tiny", 0, dict(enumerate(found, start=1)))
)


@given(st.lists(st.tuples(groups, levels), max_size=30), factors, factors, st.randoms())
def test_a_pooled_average_is_of_all_outcomes_together(
    outcomes: list[tuple[Group, Levels]], before: Weights, after: Weights, chance: object
) -> None:
    """Whatever the order, and as if each outcome was added up by itself."""
    sizes: dict[Group, Size] = {}
    for group, _levels in outcomes:
        count = sizes[group].authorities + 1 if group in sizes else 1
        sizes[group] = Size(count, count)
    found = reweigh(sizes, outcomes, before, after, scale=POINTS)
    shuffled = list(outcomes)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert reweigh(sizes, shuffled, before, after, scale=POINTS) == found
    for of_type in found.types:
        for line in of_type.regions:
            if not line.is_hidden:
                assert line.authorities >= FEWEST
                every = [pair for group, one in outcomes if group == (of_type.type, line.label) for pair in one]
                for weighed, average in ((before, line.before), (after, line.after)):
                    each = [Scored(number, level, weighed.of(number)) for number, level in every]
                    assert weighted_score(each).score == average


@given(st.lists(levels, min_size=FEWEST, max_size=20), st.lists(levels, max_size=20), factors, factors)
def test_authorities_elsewhere_never_change_an_average(
    here: list[Levels], elsewhere: list[Levels], before: Weights, after: Weights
) -> None:
    alone = reweigh({NORTH: Size(len(here), len(here))}, [(NORTH, one) for one in here], before, after, scale=POINTS)
    sizes = {NORTH: Size(len(here), len(here)), CITY: Size(len(elsewhere), len(elsewhere))}
    outcomes = [(NORTH, one) for one in here] + [(CITY, one) for one in elsewhere]
    together = reweigh(sizes, outcomes, before, after, scale=POINTS)
    assert alone.types[0] == next(one for one in together.types if one.type == "County")


@given(st.lists(levels, min_size=FEWEST, max_size=20), factors)
def test_doubling_every_weight_changes_nothing(here: list[Levels], before: Weights) -> None:
    doubled = Weights("tiny", 1, {number: 2 * weight for number, weight in before.by_number.items()})
    found = reweigh({NORTH: Size(len(here), len(here))}, [(NORTH, one) for one in here], before, doubled, scale=POINTS)
    assert found.types[0].whole.before == found.types[0].whole.after
    # Nobody rises or falls; that is two small numbers, and so all three are hidden.
    assert (found.higher, found.lower, found.same, found.far) == (None, None, None, None)
    assert FAR == 3
