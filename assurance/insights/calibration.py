"""How outcomes are spread over groups of authorities, and what of it may be shown to whom. Pure.

A table counts outcomes by group and by column: each outcome is one benchmark of one authority. Whoever may read the
outcomes of single authorities sees it whole (:func:`plain`). For the others :func:`suppress` hides what is small, and
as much more as it takes that nothing small can be worked out from what is shown:

* a group of fewer than ``FEWEST`` authorities is hidden whole, and never alone: hidden groups are at least two, of at
  least ``FEWEST`` authorities together;
* a number below ``FEWEST`` is hidden, zero too;
* of every hidden number, what is shown leaves open that it is ``FEWEST`` or more, and never only one value.

Whatever is hidden is None. What is hidden for being small and what is hidden to protect it look alike on purpose: to
tell them apart would say of each small number that it is small.

The row of totals is decided on by itself, before the groups, so that tables of one cycle that are grouped in
different ways hide the same totals, and none gives away what another hides.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

FEWEST = 5
"""Numbers below this are small."""


@dataclass(frozen=True)
class Group:
    """One group of a table: how many authorities it has, and its counts by column."""

    key: Hashable
    label: str
    authorities: int
    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Everything that is counted in it."""
        return sum(self.counts)


@dataclass(frozen=True)
class Table:
    """Counts by group and column. ``authorities`` is how many there are in all; a group may share them with others."""

    groups: tuple[Group, ...]
    authorities: int

    @property
    def totals(self) -> tuple[int, ...]:
        """The sum of each column."""
        return tuple(map(sum, zip(*(group.counts for group in self.groups), strict=True)))


@dataclass(frozen=True)
class Line:
    """A group, or the totals, as it is shown. None is hidden."""

    key: Hashable
    label: str
    authorities: int | None
    counts: tuple[int | None, ...]
    total: int | None

    @property
    def is_hidden(self) -> bool:
        """Whether nothing of it is shown."""
        return self.authorities is None and self.total is None and not any(one is not None for one in self.counts)


@dataclass(frozen=True)
class Shown:
    """A table as it is shown."""

    lines: tuple[Line, ...]
    totals: Line
    anything_hidden: bool


@dataclass(frozen=True)
class Shift:
    """How outcomes moved from one judgement to another. ``compared`` have a level in both, ``left_out`` have not."""

    up: int = 0
    same: int = 0
    down: int = 0
    left_out: int = 0

    @property
    def compared(self) -> int:
        """The denominator of the three."""
        return self.up + self.same + self.down


def shift(moves: Iterable[tuple[int | None, int | None, int]]) -> Shift:
    """Count moves by their direction.

    Args:
        moves: rank before, rank after, and how often; None for no outcome, which is not compared.
    """
    found = {"up": 0, "same": 0, "down": 0, "left_out": 0}
    for before, after, count in moves:
        if before is None or after is None:
            found["left_out"] += count
        else:
            found["up" if after > before else "down" if after < before else "same"] += count
    return Shift(**found)


def plain(table: Table) -> Shown:
    """The whole table, for whoever may read what it counts."""
    lines = tuple(Line(one.key, one.label, one.authorities, one.counts, one.total) for one in table.groups)
    totals = table.totals
    return Shown(lines, Line(None, "", table.authorities, totals, sum(totals)), anything_hidden=False)


def suppress(table: Table) -> Shown:
    """What of the table may be shown to somebody who may not read single outcomes."""
    if table.authorities < FEWEST:
        return _nothing(table)
    whole = _hidden_groups(table)
    if len(whole) == len(table.groups):
        return _only_totals(table)
    graph = _Graph(table)
    hidden_totals = small_places(table.totals)
    graph.hide(("column", column) for column in hidden_totals)
    for row, group in enumerate(table.groups):
        graph.hide(("cell", row, column) for column, count in enumerate(group.counts) if row in whole or count < FEWEST)
        # How many outcomes a group has follows from how many authorities it has, which is no secret: of a group that
        # is hidden it is not shown, and taken as known all the same.
        graph.hide([("row", row)] if group.total < FEWEST else [])
    if not graph.protect():
        return _nothing(table)
    lines = tuple(
        Line(
            group.key,
            group.label,
            None if row in whole else group.authorities,
            tuple(graph.shown(("cell", row, column)) for column in range(len(group.counts))),
            None if row in whole else graph.shown(("row", row)),
        )
        for row, group in enumerate(table.groups)
    )
    return Shown(lines, _total_line(table, hidden_totals), anything_hidden=bool(whole or graph.hidden))


def _hidden_groups(table: Table) -> set[int]:
    """The rows to hide whole: the small ones, and then the next smallest until together they are not small."""
    by_size = sorted(range(len(table.groups)), key=lambda row: (table.groups[row].authorities, row))
    small = [row for row in by_size if table.groups[row].authorities < FEWEST]
    if not small:
        return set()
    hidden = small[:]
    for row in by_size[len(small) :]:
        if len(hidden) > 1 and sum(table.groups[one].authorities for one in hidden) >= FEWEST:
            break
        hidden.append(row)
    return set(hidden)


def small_places(totals: Sequence[int]) -> set[int]:
    """Which to hide of numbers whose sum is known: the small ones, and as many more as keep them from being told."""
    by_size = sorted(range(len(totals)), key=lambda column: (totals[column], column))
    hidden = [column for column in by_size if totals[column] < FEWEST]
    for column in by_size[len(hidden) :]:
        # What is hidden has a known sum. Each may be all of it, and one alone is known.
        if not hidden or (len(hidden) > 1 and sum(totals[one] for one in hidden) >= FEWEST):
            break
        hidden.append(column)
    return set(hidden)


def _total_line(table: Table, hidden: set[int]) -> Line:
    totals = table.totals
    if len(hidden) == len(totals) and sum(totals) < FEWEST:
        return Line(None, "", table.authorities, (None,) * len(totals), None)
    shown = tuple(None if column in hidden else total for column, total in enumerate(totals))
    return Line(None, "", table.authorities, shown, sum(totals))


def _nothing(table: Table) -> Shown:
    nothing = (None,) * len(table.totals)
    lines = tuple(Line(one.key, one.label, None, nothing, None) for one in table.groups)
    return Shown(lines, Line(None, "", None, nothing, None), anything_hidden=True)


def _only_totals(table: Table) -> Shown:
    """Every group is small: the totals alone, which are of enough authorities."""
    shown = _nothing(table)
    return Shown(shown.lines, _total_line(table, small_places(table.totals)), anything_hidden=True)


Number = tuple[str, int] | tuple[str, int, int]
"""A number of the table: ("cell", row, column), ("row", row) or ("column", column) for the totals, or ("all", 0)."""
Node = tuple[str, int]


class _Graph:
    """The table as a flow in circles, in which every number is an edge.

    A row's total flows into the row and its cells out of it to the columns, each column's total out of the column, and
    back round. That all sums are right is that nothing stays behind in a node. So hidden numbers can change together
    exactly along circles of hidden edges: one way by as much as one likes, the other way down to zero. How far a
    number can go, given all that is shown, is the most that can flow round through its edge.
    """

    def __init__(self, table: Table) -> None:
        self.flow: dict[Number, int] = {}
        self.ends: dict[Number, tuple[Node, Node]] = {}
        self.hidden: set[Number] = set()
        self._at: dict[Node, list[Number]] = defaultdict(list)
        self._unprotected: deque[Number] = deque()
        self.rows, self.columns = range(len(table.groups)), range(len(table.totals))
        rows_end, columns_end = ("ends", 0), ("ends", 1)
        for row, group in enumerate(table.groups):
            self._add(("row", row), group.total, rows_end, ("row", row))
            for column, count in enumerate(group.counts):
                self._add(("cell", row, column), count, ("row", row), ("column", column))
        for column, total in enumerate(table.totals):
            self._add(("column", column), total, ("column", column), columns_end)
        self._add(("all", 0), sum(table.totals), columns_end, rows_end)
        if self.flow["all", 0] < FEWEST:
            self.hide([("all", 0)])

    def _add(self, number: Number, value: int, start: Node, end: Node) -> None:
        self.flow[number] = value
        self.ends[number] = start, end

    def hide(self, numbers: Iterable[Number]) -> None:
        """Show these no more."""
        for number in numbers:
            if number not in self.hidden:
                self.hidden.add(number)
                self._unprotected.append(number)
                for node in self.ends[number]:
                    self._at[node].append(number)

    def shown(self, number: Number) -> int | None:
        """The number, or None where it is hidden."""
        return None if number in self.hidden else self.flow[number]

    def protect(self) -> bool:
        """Hide more until nothing small can be worked out; False if that cannot be done.

        To hide more never gives anything away, so each number is looked at until it is safe, and not again.
        """
        while self._unprotected:
            number = self._unprotected[0]
            if self._is_safe(number):
                self._unprotected.popleft()
                continue
            another = self._next_to(number)
            if another is None:
                return False
            self.hide([another])
        return True

    def _is_safe(self, number: Number) -> bool:
        value = self.flow[number]
        start, end = self.ends[number]
        if value < FEWEST:
            return self._round(end, start, number, FEWEST - value) >= FEWEST - value
        return self._round(end, start, number, 1) > 0 or self._round(start, end, number, 1) > 0

    def _round(self, start: Node, end: Node, around: Number, enough: int) -> int:
        """How much can flow from one node to another over hidden edges but for this one; ``enough`` is enough."""
        added: dict[Number, int] = {}
        total = 0
        while total < enough:
            path = self._path(start, end, around, added)
            if path is None:
                break
            room = enough - total
            for number, forward in path:
                if not forward:
                    room = min(room, self.flow[number] + added.get(number, 0))
            for number, forward in path:
                added[number] = added.get(number, 0) + (room if forward else -room)
            total += room
        return total

    def _path(
        self, start: Node, end: Node, around: Number, added: Mapping[Number, int]
    ) -> list[tuple[Number, bool]] | None:
        came: dict[Node, tuple[Node, Number, bool]] = {}
        waiting = deque([start])
        while waiting:
            node = waiting.popleft()
            for number in self._at[node]:
                if number == around:
                    continue
                first, last = self.ends[number]
                forward = node == first
                if not forward and self.flow[number] + added.get(number, 0) <= 0:
                    continue
                other = last if forward else first
                if other == start or other in came:
                    continue
                came[other] = (node, number, forward)
                if other == end:
                    return self._walked(came, start, end)
                waiting.append(other)
        return None

    @staticmethod
    def _walked(came: Mapping[Node, tuple[Node, Number, bool]], start: Node, end: Node) -> list[tuple[Number, bool]]:
        path = []
        while end != start:
            end, number, forward = came[end]
            path.append((number, forward))
        return path

    def _next_to(self, number: Number) -> Number | None:
        """What to hide next to make a number safe; None when only totals are left to show.

        First the smallest in its own row, then in its own column, then where these two meet others that are hidden:
        it takes four corners for a number to move.
        """
        cells = [("cell", row, column) for row in self.rows for column in self.columns]
        open_cells: list[Number] = [one for one in cells if one not in self.hidden]
        if number[0] == "cell":
            _kind, row, column = number  # type: ignore[misc]
            for place, mine in ((1, row), (2, column)):
                alike = [one for one in self.hidden if one[0] == "cell" and one[place] == mine and one != number]  # type: ignore[misc]
                short = self.flow[number] + sum(self.flow[one] for one in alike) < FEWEST or not alike
                if short and (beside := [one for one in open_cells if one[place] == mine]):  # type: ignore[misc]
                    return min(beside, key=self._price)
            crossing = [
                one
                for one in open_cells
                if ("cell", one[1], column) in self.hidden and ("cell", row, one[2]) in self.hidden  # type: ignore[misc]
            ]
            open_cells = crossing or open_cells
        return min(open_cells, key=self._price, default=None)

    def _price(self, number: Number) -> tuple[bool, int, Number]:
        """Rather where something is hidden already, and rather what is small; an empty one would protect nothing."""
        beside = any(one[0] == "cell" for one in self._at["row", number[1]])
        return (not beside, self.flow[number], number)
