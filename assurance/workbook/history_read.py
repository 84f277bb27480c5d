"""Reads a table of earlier years into lines of plain text by column. Knows no database, and judges nothing.

Spreadsheets go through ``workbook.safe`` like a workbook that came back. A file of text is CSV, whatever separates its
columns and whichever of the usual encodings it is in.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from typing import Any

from django.utils.translation import gettext as _

from assurance import text
from assurance.workbook.history_layout import Columns, columns_of
from assurance.workbook.read import said, tables
from assurance.workbook.safe import LARGEST, MOST_COLUMNS, MOST_ROWS, Refused, parts_of, too_large

MOST_LINES = MOST_ROWS
"""Filled rows of a file, over all of its sheets."""
LONGEST_CELL = 2 * text.LETTER_TEXT
"""Characters of a cell that are looked at; no text that is kept may be as long."""
_HEADING_WITHIN = 30
"""Rows of a sheet among which its heading is looked for."""
_BEGINNINGS = (b"PK", bytes.fromhex("d0cf11e0"))
_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Source:
    """One row of the file: where it stands, and what its filled cells say, by role of their column."""

    place: str
    cells: Mapping[str, str]
    is_long: bool


@dataclass(frozen=True)
class Table:
    """Everything that was read of a file. ``unread`` names columns and sheets that were not."""

    lines: tuple[Source, ...]
    unread: tuple[str, ...]


def read(data: bytes) -> Table:
    """The lines of a spreadsheet or CSV file. Raises :class:`Refused` where there is no such table in it."""
    if not data.strip():
        raise Refused(_("The file is empty"))
    if len(data) > LARGEST:
        raise Refused(too_large())
    is_book = data.startswith(_BEGINNINGS)
    sheets = tables(parts_of(data)) if is_book else [("", _csv(data))]
    lines: list[Source] = []
    unread: list[str] = []
    for name, rows in sheets:
        found = _heading(rows)
        if found is None:
            if any(_plain(cell).strip() for row in rows for cell in row):
                unread.append(_("sheet “%(name)s”") % {"name": name})
            continue
        first, columns = found
        unread += [one for one in columns.unread if one not in unread]
        lines += _lines(name if len(sheets) > 1 else "", rows, first, columns)
        if len(lines) > MOST_LINES:
            raise Refused(_("The file has more than %(most)s rows. Divide it") % {"most": MOST_LINES})
    if not lines:
        raise Refused(
            _(
                "There is no table in the file whose heading names an authority or GSS code, a year, and outcomes. "
                "Download the template and use its headings"
            )
        )
    return Table(tuple(lines), tuple(unread))


def to_json(table: Table) -> dict[str, Any]:
    """What was read, as the record of an import keeps it."""
    return {
        "lines": [{"place": one.place, "cells": dict(one.cells), "long": one.is_long} for one in table.lines],
        "unread": list(table.unread),
    }


def from_json(kept: Mapping[str, Any]) -> Table:
    """What :func:`to_json` kept."""
    lines = tuple(Source(one["place"], one["cells"], one["long"]) for one in kept.get("lines", ()))
    return Table(lines, tuple(kept.get("unread", ())))


def _heading(rows: Sequence[Sequence[Any]]) -> tuple[int, Columns] | None:
    for index, row in enumerate(rows[:_HEADING_WITHIN]):
        if columns := columns_of([_plain(cell) for cell in row]):
            return index, columns
    return None


def _lines(sheet: str, rows: Sequence[Sequence[Any]], first: int, columns: Columns) -> list[Source]:
    found = []
    for index, row in enumerate(rows[first + 1 :], first + 2):
        cells = {}
        for role, place in columns.places.items():
            value = _plain(row[place])[:LONGEST_CELL].strip() if place < len(row) else ""
            if value:
                cells[role] = value
        if cells:
            number = {"row": index, "sheet": sheet}
            where = _("%(sheet)s, row %(row)s") % number if sheet else _("row %(row)s") % number
            found.append(Source(where, cells, columns.is_long))
    return found


def _plain(value: Any) -> str:
    """What a cell holds, as text: a real date as its year, month and day, so that nobody can read it in another way."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return said(value)


def _csv(data: bytes) -> list[list[str]]:
    decoded = _decoded(data)
    first = next((line for line in decoded.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows: list[list[str]] = []
        for row in csv.reader(StringIO(decoded, newline=""), delimiter=delimiter):
            if len(rows) >= MOST_ROWS or len(row) > MOST_COLUMNS:
                raise Refused(
                    _("The file has more than %(rows)s rows or %(columns)s columns. Divide it")
                    % {"rows": MOST_ROWS, "columns": MOST_COLUMNS}
                )
            rows.append(row)
    except csv.Error:
        raise Refused(
            _("The file cannot be read as a table. Save it again as .xlsx, .ods or .csv, and upload that")
        ) from None
    return rows


def _decoded(data: bytes) -> str:
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            decoded = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in decoded:
            return decoded
    raise Refused(_("The file is not a spreadsheet and not a table of text. Save it as .xlsx, .ods or .csv"))
