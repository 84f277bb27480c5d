"""A view as it leaves the service: its tables, its rules and its picture, in plain values. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django_stubs_ext import StrOrPromise

Value = StrOrPromise | int | Decimal | date | None
"""What a cell holds. None is an empty cell: what has no value says so in words."""


@dataclass(frozen=True)
class Table:
    """One table: what it is called, the names of its columns, and its rows, each with a value for every column."""

    title: str
    columns: tuple[StrOrPromise, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True)
class View:
    """A view as it is exported.

    ``name`` begins the file's name (a slug), ``title`` heads it. ``rules`` say what the figures are, what they are of
    and what is left out, a sentence each. ``picture`` is a whole SVG document, "" where the view has none.
    ``authorities`` is of how many authorities single values are in it, for the log.
    """

    name: str
    title: str
    rules: tuple[StrOrPromise, ...]
    tables: tuple[Table, ...]
    picture: str = ""
    authorities: int = 0

    @property
    def row_count(self) -> int:
        """How many rows leave the service."""
        return sum(len(table.rows) for table in self.tables)


def of_rows(title: str, columns: Sequence[StrOrPromise], rows: Sequence[Sequence[Value]]) -> Table:
    """A table from any sequences. Raises ValueError for a row that does not fit the columns."""
    width = len(columns)
    if any(len(row) != width for row in rows):
        raise ValueError(f"a row of {title} does not have {width} values")
    return Table(title, tuple(columns), tuple(map(tuple, rows)))
