"""A view for Excel: a sheet that says what it is, and one for each table. Rows are written as they come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from math import ceil
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from assurance.exporting.marked import FORMULA, Marked, is_number, sheet_names, widths
from assurance.insights.sheet import Table, Value
from assurance.workbook.words import writable
from assurance.workbook.write_xlsx import ESCAPE

_READ_OTHERWISE = (*FORMULA, "#")
"""How a text begins that the library takes for a formula or for a fault of one."""
_BOLD = Font(name="Calibri", size=11, bold=True)
_ABOUT_WIDTH, _LINE = 100, 15
"""Characters of a line that says what the file is, and its height in points."""
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
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 26, _ABOUT_WIDTH
    _on_paper(sheet)
    for row, (label, text) in enumerate(marked.lines(), start=1):
        # Not every program finds out by itself how high a wrapped text is.
        sheet.row_dimensions[row].height = _LINE * ceil(len(text) / _ABOUT_WIDTH)
        named, said = _text(sheet, label, bold=True), _text(sheet, text)
        named.alignment = said.alignment = _WRAPPED
        sheet.append([named, said])


def _on_paper(sheet: Any) -> None:
    """Printed, a sheet is as wide as the paper, however many pages long."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", 9, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _sheet(sheet: Any, table: Table) -> None:
    # Whatever stands before the rows in the file is said before they are written.
    sheet.freeze_panes = "B2"
    for place, width in enumerate(widths(table), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table.rows) + 1}"
    _on_paper(sheet)
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
    return _text(sheet, text) if text.startswith(_READ_OTHERWISE) else ESCAPE.sub("_x005F_", writable(text))


def _text(sheet: Any, text: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, ESCAPE.sub("_x005F_", writable(text)))
    # Whatever it begins with, it is text: never a formula, and Excel says so when somebody edits it.
    cell.data_type = "s"
    cell.quotePrefix = True
    if bold:
        cell.font = _BOLD
    return cell
