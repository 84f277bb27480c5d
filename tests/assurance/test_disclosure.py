"""Whatever is shown of averages, nobody learns from it on which side of the duty an authority stands that they cannot
see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assurance.insights.calibration import FEWEST
from assurance.insights.disclosure import Hidden, hide, tells
from assurance.insights.heatmap import NOTHING, Tally

LOW, MET, MORE, GAP, OTHER_GAP = 1, 2, 3, 0, -1
"""The values of a scale of three levels, and two ways of having none."""
VALUES = (LOW, MET, MORE, GAP, OTHER_GAP)
Counts = tuple[int, ...]
"""How many authorities have each of the values."""


def tally(counts: Counts) -> Tally:
    low, met, more = counts[:3]
    return Tally(low + met + more, met + more, low * LOW + met * MET + more * MORE)


def spread(of: int, over: int = len(VALUES)) -> Iterator[Counts]:
    """Every way in which so many authorities can have the values."""
    if over == 1:
        yield (of,)
        return
    for first in range(of + 1):
        for rest in spread(of - first, over - 1):
            yield (first, *rest)


def side(value: int) -> str:
    return {LOW: "below", MET: "met", MORE: "met"}.get(value, f"gap {value}")


def told(world: Mapping[str, Counts]) -> set[str]:
    """Groups of which the reader learns on which side each unseen authority stands.

    Tries every world that agrees with all that is shown, another way than the one that decides what to hide: an
    authority may be any of those unseen in its group, so it may have whatever one of them has in one of those worlds.
    """
    unseen = {key: tally(counts) for key, counts in world.items()}
    hidden = hide(unseen)
    total = sum(unseen.values(), NOTHING)
    options = []
    for key, counts in world.items():
        ways = [(way, tally(way)) for way in spread(sum(counts))]
        options.append([one for one in ways if key in hidden.groups or one[1] == unseen[key]])
    possible: dict[str, set[str]] = {key: set() for key in world}
    if hidden.total:
        for key, ways in zip(world, options, strict=True):
            possible[key] = {
                side(value) for way, _sum in ways for value, number in zip(VALUES, way, strict=True) if number
            }
    else:
        # Ways with the same sum are one as far as the others are concerned.
        sums = [{one: set() for _way, one in ways} for ways in options]
        for ways, by_sum in zip(options, sums, strict=True):
            for way, one in ways:
                by_sum[one] |= {side(value) for value, number in zip(VALUES, way, strict=True) if number}
        for chosen in product(*sums):
            if sum(chosen, NOTHING) == total:
                for key, by_sum, one in zip(world, sums, chosen, strict=True):
                    possible[key] |= by_sum[one]
    return {key for key, counts in world.items() if sum(counts) and len(possible[key]) < 2}


def worlds(groups: tuple[int, ...], most: int) -> st.SearchStrategy[dict[str, Counts]]:
    values = st.lists(st.sampled_from(VALUES), max_size=most)
    likely = st.lists(st.sampled_from((LOW, MET)), min_size=5, max_size=most)
    counts = st.one_of(values, likely).map(lambda found: tuple(found.count(one) for one in VALUES))
    return st.sampled_from(groups).flatmap(lambda n: st.fixed_dictionaries({f"g{i}": counts for i in range(n)}))


@settings(max_examples=60, deadline=None)
@given(worlds((1, 2), 9))
def test_nobody_is_told_of(world: dict[str, Counts]) -> None:
    assert told(world) == set()


@settings(max_examples=25, deadline=None)
@given(worlds((3,), 6))
def test_nor_is_anybody_where_there_are_three_groups(world: dict[str, Counts]) -> None:
    assert told(world) == set()


@given(worlds((1, 2, 3, 9), 12))
def test_what_is_hidden_is_never_told_together(world: dict[str, Counts]) -> None:
    unseen = {key: tally(counts) for key, counts in world.items()}
    hidden = hide(unseen)
    together = sum((unseen[key] for key in hidden.groups), NOTHING)
    assert hidden.total == tells(together)
    assert all(key in hidden.groups for key, one in unseen.items() if tells(one))
    if hidden.groups and not hidden.total:
        assert len(hidden.groups) > 1
        assert together.counted >= FEWEST


@given(worlds((1, 2, 3, 9), 12))
def test_what_the_reader_sees_hides_nothing(world: dict[str, Counts]) -> None:
    """A group that they see all of stands in the open, and covers no other."""
    unseen = {key: tally(counts) for key, counts in world.items()}
    assert hide({**unseen, "own": NOTHING}) == hide(unseen)


@given(worlds((3,), 12), st.permutations(["g0", "g1", "g2"]))
def test_the_order_of_groups_never_matters(world: dict[str, Counts], order: list[str]) -> None:
    unseen = {key: tally(counts) for key, counts in world.items()}
    assert hide(unseen) == hide({key: unseen[key] for key in order})


@pytest.mark.parametrize(
    ("counted", "met", "says"),
    [
        (0, 0, False),
        (1, 1, True),
        (4, 2, True),
        (5, 2, False),
        (5, 0, True),
        (5, 5, True),
        (300, 300, True),
        (300, 299, False),
    ],
)
def test_a_figure_of_few_tells_and_so_does_one_of_all_alike(counted: int, met: int, says: bool) -> None:
    assert tells(Tally(counted, met, counted + met)) == says


def test_a_small_group_is_hidden_with_the_next_smallest() -> None:
    """Alone it would be what is left of the line of all."""
    unseen = {"small": Tally(3, 2, 5), "large": Tally(30, 12, 50), "middle": Tally(6, 4, 11), "own": NOTHING}
    assert hide(unseen) == Hidden(frozenset({"small", "middle"}), total=False)


def test_small_groups_that_are_enough_together_hide_each_other() -> None:
    unseen = {"one": Tally(3, 2, 5), "two": Tally(3, 1, 4), "three": Tally(7, 4, 11)}
    assert hide(unseen) == Hidden(frozenset({"one", "two"}), total=False)


def test_where_nothing_covers_it_the_line_of_all_is_hidden() -> None:
    assert hide({"small": Tally(3, 2, 5), "own": NOTHING}) == Hidden(frozenset({"small"}), total=True)


def test_a_table_of_large_groups_is_shown_whole() -> None:
    assert hide({"one": Tally(5, 2, 8), "two": Tally(9, 4, 15)}) == Hidden()
