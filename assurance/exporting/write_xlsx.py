"""A view for Excel: a sheet that says what it is, and one for each table. Rows are written as they come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from assurance.exporting.marked import FORMULA, Marked, is_number, sheet_names, widths
from assurance.insights.sheet import Table, Value
from assurance.workbook.words import writable

_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""What the format itself would read as a sign by its number: its underscore is written by number instead."""
_READ_OTHERWISE = (*FORMULA, "#")
"""How a text begins that the library takes for a formula or for a fault of one."""
_BOLD = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")


def write(marked: Marked) -> bytes:
    """The bytes of an .xlsx file."""
    book = Workbook(write_only=True)
    book.properties.title = writable(marked.view.title)
    book.properties.creator = writable(marked.made_by)
    book.properties.created = book.properties.modified = marked.made_at.replace(tzinfo=None)
    about = _("About")
    _about(book.create_sheet(about), marked)
    names = sheet_names([one.title for one in marked.view.tables], [about])
    for name, table in zip(names, marked.view.tables, strict=True):
        _sheet(book.create_sheet(name), table)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _about(sheet: Any, marked: Marked) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 26, 100
    for label, text in marked.lines():
        named, said = _text(sheet, label, bold=True), _text(sheet, text)
        named.alignment = said.alignment = _WRAPPED
        sheet.append([named, said])


def _sheet(sheet: Any, table: Table) -> None:
    # Whatever stands before the rows in the file is said before they are written.
    sheet.freeze_panes = "B2"
    for place, width in enumerate(widths(table), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 9, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    sheet.append([_text(sheet, str(one), bold=True) for one in table.columns])
    for row in table.rows:
        sheet.append(list(_values(sheet, row)))


def _values(sheet: Any, row: tuple[Value, ...]) -> Iterator[Any]:
    for value in row:
        if value is None or is_number(value):
            yield value
        elif isinstance(value, date):
            day = WriteOnlyCell(sheet, value)
            day.number_format = "yyyy-mm-dd"
            yield day
        else:
            yield _value(sheet, str(value))


def _value(sheet: Any, text: str) -> Any:
    """A text as it is, or in a cell that says that it is a text."""
    return _text(sheet, text) if text.startswith(_READ_OTHERWISE) else _ESCAPE.sub("_x005F_", writable(text))


def _text(sheet: Any, text: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, _ESCAPE.sub("_x005F_", writable(text)))
    # Whatever it begins with, it is text: never a formula, and Excel says so when somebody edits it.
    cell.data_type = "s"
    cell.quotePrefix = True
    if bold:
        cell.font = _BOLD
    return cell
