"""What is hidden of a table stays hidden: whatever is shown, no small number can be worked out from it."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assurance.insights.calibration import FEWEST, Group, Line, Shift, Shown, Table, plain, shift, suppress

MOST, MOST_OF_NINE = 16, 11
"""No cell of a small table, and of one of nine cells, is tried beyond this. What is possible with a bound is possible
without one."""


def table(*groups: tuple[int, tuple[int, ...]], authorities: int | None = None) -> Table:
    """Groups as (authorities, counts)."""
    made = tuple(Group(row, f"Group {row}", size, counts) for row, (size, counts) in enumerate(groups))
    return Table(made, sum(size for size, _counts in groups) if authorities is None else authorities)


@st.composite
def small_tables(
    draw: st.DrawFn, shapes: tuple[tuple[int, int], ...], sizes: tuple[int, ...] = (1, 4, 5, 6, 9)
) -> Table:
    rows, columns = draw(st.sampled_from(shapes))
    counts = st.tuples(*[st.integers(0, 7)] * columns)
    return table(*[(draw(st.sampled_from(sizes)), draw(counts)) for _row in range(rows)])


@st.composite
def large_tables(draw: st.DrawFn) -> Table:
    rows, columns = draw(st.integers(1, 12)), draw(st.integers(2, 7))
    counts = st.tuples(*[st.one_of(st.integers(0, 6), st.integers(0, 60))] * columns)
    return table(*[(draw(st.integers(1, 12)), draw(counts)) for _row in range(rows)])


def fits(values: tuple[int, ...], line: Line) -> bool:
    """Whether a row of numbers agrees with what is shown of it."""
    return all(seen in (None, one) for one, seen in zip(values, line.counts, strict=True)) and line.total in (
        None,
        sum(values),
    )


def exposed(shown: Shown, most: int) -> set[tuple[int, int]]:
    """The hidden cells, by row and column, of which too much is known: that they are small, or what they are.

    Tries table after table that agrees with all that is shown, up to a bound for each cell, until each hidden cell was
    five or more and was not always the same: another way than the one that decides what to hide.
    """
    rows = [
        [one for one in product(*[[seen] if seen is not None else range(most + 1) for seen in line.counts])
         if fits(one, line)]
        for line in shown.lines
    ]  # fmt: skip
    # In no order: in rising order, the first row would stay small for millions of tables.
    for row in rows:
        Random(len(row)).shuffle(row)
    left = {(row, i) for row, line in enumerate(shown.lines) for i, one in enumerate(line.counts) if one is None}
    values: dict[tuple[int, int], set[int]] = {cell: set() for cell in left}
    # The last row follows from the others as far as totals are shown, so it is looked up and not tried.
    known = [column for column, total in enumerate(shown.totals.counts) if total is not None]
    wanted = [shown.totals.counts[column] for column in known]
    wanted += [shown.totals.total] if shown.totals.total is not None else []

    def sums(values: tuple[int, ...]) -> tuple[int, ...]:
        """As much of a row as adds up to a total that is shown."""
        return (*(values[column] for column in known), *([sum(values)] if len(wanted) > len(known) else []))

    last: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    for one in rows[-1]:
        last.setdefault(sums(one), []).append(one)
    for above in product(*rows[:-1]):
        taken = [sums(one) for one in above]
        rest = tuple(total - sum(one[i] for one in taken) for i, total in enumerate(wanted))  # type: ignore[operator]
        for final in last.get(rest, ()):
            found = (*above, final)
            for row, column in list(left):
                seen = values[row, column]
                seen.add(found[row][column])
                if max(seen) >= FEWEST and len(seen) > 1:
                    left.discard((row, column))
            if not left:
                return left
    return left


@settings(max_examples=150)
@given(small_tables(((1, 2), (2, 2), (3, 2), (1, 3), (2, 3))))
def test_no_small_number_can_be_worked_out(made: Table) -> None:
    nothing_small_is_known(made, MOST)


@settings(max_examples=30)
@given(small_tables(((3, 3),), (9,)))
def test_nor_can_it_where_there_are_more_ways_round(made: Table) -> None:
    nothing_small_is_known(made, MOST_OF_NINE)


def nothing_small_is_known(made: Table, most: int) -> None:
    """Every hidden number may be five or more, and is not the only one that it can be."""
    shown = suppress(made)
    if shown.totals.is_hidden:
        # Nothing is left to reckon from.
        assert all(line.is_hidden for line in shown.lines)
        return
    assert exposed(shown, most) == set(), shown


@given(large_tables())
def test_what_is_shown_is_true_and_not_small(made: Table) -> None:
    shown = suppress(made)
    for group, line in zip(made.groups, shown.lines, strict=True):
        assert all(
            seen is None or seen == count >= FEWEST for seen, count in zip(line.counts, group.counts, strict=True)
        )
        assert line.total is None or line.total == group.total >= FEWEST
        if group.authorities < FEWEST:
            assert line.is_hidden
    for seen, total in zip(shown.totals.counts, made.totals, strict=True):
        assert seen is None or seen == total >= FEWEST
    assert shown.anything_hidden or all(None not in (*line.counts, line.total) for line in shown.lines)


@given(large_tables())
def test_nothing_that_is_hidden_is_alone(made: Table) -> None:
    """In a row or column with its total shown, what is hidden is at least two numbers that come to five or more."""
    shown = suppress(made)
    counts = [group.counts for group in made.groups]
    lines = [
        *((line.counts, group, line.total) for line, group in zip(shown.lines, counts, strict=True)),
        *(
            (tuple(line.counts[column] for line in shown.lines), tuple(one[column] for one in counts), total)
            for column, total in enumerate(shown.totals.counts)
        ),
        (shown.totals.counts, made.totals, shown.totals.total),
    ]
    for seen, true, total in lines:
        hidden = [value for value, one in zip(true, seen, strict=True) if one is None]
        if hidden and total is not None:
            assert len(hidden) > 1
            assert sum(hidden) >= FEWEST


@given(large_tables())
def test_the_totals_do_not_depend_on_the_groups(made: Table) -> None:
    """Grouped in another way, a table hides the same totals: else one would show what the other hides."""
    whole = table((made.authorities, made.totals))
    one, other = suppress(made), suppress(whole)
    if not one.totals.is_hidden and not other.totals.is_hidden:
        assert one.totals.counts == other.totals.counts


def test_a_small_group_is_hidden_with_another() -> None:
    """Alone it could be told from the totals."""
    shown = suppress(table((3, (10, 14)), (6, (20, 28)), (9, (30, 42))))
    assert [line.is_hidden for line in shown.lines] == [True, True, False]
    assert shown.lines[2].counts == (30, 42)
    assert shown.totals.counts == (60, 84)


def test_two_small_groups_hide_each_other() -> None:
    shown = suppress(table((3, (10, 14)), (4, (20, 12)), (9, (30, 42))))
    assert [line.is_hidden for line in shown.lines] == [True, True, False]


def test_with_too_few_authorities_nothing_is_shown() -> None:
    shown = suppress(table((4, (20, 12))))
    assert shown.lines[0].is_hidden
    assert shown.totals.is_hidden


def test_groups_that_are_all_small_leave_their_totals() -> None:
    shown = suppress(table((4, (20, 12)), (3, (10, 14))))
    assert all(line.is_hidden for line in shown.lines)
    assert shown.totals.counts == (30, 26)


def test_a_table_without_small_numbers_is_shown_whole() -> None:
    made = table((9, (30, 42)), (8, (20, 44)))
    assert suppress(made) == plain(made)


def test_four_corners_are_hidden_for_one_small_number() -> None:
    shown = suppress(table((9, (2, 30, 40)), (9, (20, 25, 27)), (9, (31, 32, 9))))
    hidden = {(row, i) for row, line in enumerate(shown.lines) for i, one in enumerate(line.counts) if one is None}
    assert len(hidden) == 4
    assert (0, 0) in hidden


def test_a_table_without_groups_is_hidden() -> None:
    assert suppress(Table((), 0)).lines == ()


@pytest.mark.parametrize(
    ("moves", "found"),
    [
        ([], Shift()),
        ([(1, 2, 3), (2, 2, 4), (2, 0, 5)], Shift(up=3, same=4, down=5)),
        ([(None, 2, 3), (2, None, 4), (0, 0, 1)], Shift(same=1, left_out=7)),
    ],
)
def test_shifts_leave_out_what_has_no_outcome(moves: list[tuple[int | None, int | None, int]], found: Shift) -> None:
    """A missing outcome is not a lowest one."""
    assert shift(moves) == found
    assert shift(moves).compared == found.up + found.same + found.down
