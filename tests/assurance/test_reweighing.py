"""How many scores and places other weights would move, and which of those numbers are hidden."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assurance.insights.calibration import FEWEST
from assurance.insights.heatmap import Figure
from assurance.insights.reweighing import FAR, Pair, hundredths, moves, not_small, places


def test_scores_rise_fall_and_stay() -> None:
    found = moves({"County": [*[(100, 150)] * 6, *[(100, 50)] * 5, *[(100, 100)] * 7]})
    assert (found.counted, found.higher, found.lower, found.same) == (18, 6, 5, 7)
    # All share the first place; then 6 are first, 7 are seventh and 5 are fourteenth.
    assert (found.far, found.near) == (12, 6)


def test_places_are_within_a_type() -> None:
    # Among all ten, five would go from the shared first place to the sixth.
    found = moves({"City": [(100, 150)] * 5, "County": [(100, 50)] * 5})
    assert (found.far, found.near) == (None, None)
    assert (found.higher, found.lower, found.same) == (None, 5, None)


def test_a_move_is_far_from_the_fourth_place_on() -> None:
    """The last of them goes up by so many places; the others, each down by one, do not."""
    for others, far in ((FAR, 0), (FAR + 1, 1)):
        pairs = [*((100 - one, 100 - one) for one in range(others)), (10, 200)]
        # Four more of each kind, in types of their own, so that neither number is too small to be shown.
        found = moves(dict.fromkeys("abcde", pairs))
        assert (found.far, found.near) == ((5, 5 * others) if far else (None, None))


def test_nobody_is_counted_where_nothing_is_shown() -> None:
    found = moves({})
    assert found.counted == 0
    assert {found.higher, found.lower, found.same, found.far, found.near} == {None}


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
    assert places([9, 10, 10]) == {10: 1, 9: 3}


figures = st.builds(
    lambda weighted, weight: Figure(1, 1, weighted, weight), st.integers(0, 10**7), st.integers(1, 10**7)
)


@given(figures)
def test_a_score_in_whole_numbers_is_the_score(figure: Figure) -> None:
    found = hundredths(figure)
    assert found is not None
    assert Decimal(found) / 100 == figure.score


def test_where_nothing_weighs_there_is_no_score() -> None:
    assert hundredths(Figure()) is None


scores = st.tuples(st.integers(0, 500), st.integers(0, 500))


@given(st.lists(scores, max_size=30), st.randoms())
def test_the_order_of_authorities_never_matters(pairs: list[Pair], chance: object) -> None:
    shuffled = list(pairs)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert moves({"County": shuffled}) == moves({"County": pairs})


@given(st.lists(scores, max_size=30))
def test_what_is_shown_is_never_small_and_never_all_but_a_few(pairs: list[Pair]) -> None:
    found = moves({"County": pairs})
    assert found.counted == len(pairs)
    for group in ((found.higher, found.lower, found.same), (found.far, found.near)):
        shown = [one for one in group if one is not None]
        assert all(one >= FEWEST for one in shown)
        assert len(shown) == len(group) or sum(shown) <= max(found.counted - FEWEST, 0)


@given(st.lists(st.integers(0, 500), max_size=30))
def test_where_no_score_moves_no_place_does(found: list[int]) -> None:
    same = moves({"County": [(one, one) for one in found]})
    # Nobody rises or falls; that is two small numbers, and so all three are hidden.
    assert {same.higher, same.lower, same.same, same.far, same.near} == {None}
