"""The workbook for Excel. Every text goes in as text: nothing that a person wrote becomes a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell.cell import Cell as XlsxCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from assurance.workbook.layout import ABOUT, UNLOCKED, Cell, Sheet
from assurance.workbook.words import LIST_FAULT, LIST_FAULT_TITLE, writable

ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""What the format itself would read as a sign by its number: its underscore is written by number instead."""
_FIRST_LIST = 5
"""Column of the hidden sheet from which on the lists stand."""

_LINE = Side(style="thin", color="B1B4B6")
_BOX = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_YELLOW = PatternFill("solid", fgColor="FFF7CC")
_GREY = PatternFill("solid", fgColor="F3F2F1")
_FONTS = {
    "title": Font(name="Arial", size=16, bold=True),
    "caption": Font(name="Arial", size=10, color="505A5F"),
    "heading": Font(name="Arial", size=11, bold=True),
    "level": Font(name="Arial", size=11, bold=True, color="1D70B8"),
    "last": Font(name="Arial", size=9, color="505A5F"),
}
_USUAL = Font(name="Arial", size=10)
_BOXED = frozenset({"reference", "choice", "text", "tall", "last", "heading", "level"})


def write(sheets: Iterable[Sheet]) -> bytes:
    """The sheets as the bytes of an .xlsx file."""
    plan = list(sheets)
    book = Workbook()
    book.remove(book.active)
    lists = _lists(plan)
    for sheet in plan:
        _sheet(book.create_sheet(sheet.name), sheet, lists)
    hidden = book[ABOUT]
    for choices, column in lists.items():
        for row, choice in enumerate(choices, 1):
            _put(hidden.cell(row, column), choice)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _lists(plan: Sequence[Sheet]) -> dict[tuple[str, ...], int]:
    """Each list to choose from, with its column on the hidden sheet: a label with a comma is no label in a formula."""
    found: dict[tuple[str, ...], int] = {}
    for sheet in plan:
        for line in sheet.lines:
            for cell in line.cells:
                if cell.choices and cell.choices not in found:
                    found[cell.choices] = _FIRST_LIST + len(found)
    return found


def _sheet(into: Worksheet, sheet: Sheet, lists: dict[tuple[str, ...], int]) -> None:
    validations: dict[tuple[str, ...], DataValidation] = {}
    for index, line in enumerate(sheet.lines, 1):
        for column, cell in zip(_columns(line.cells), line.cells, strict=True):
            if cell.span > 1:
                into.merge_cells(start_row=index, end_row=index, start_column=column, end_column=column + cell.span - 1)
            place = into.cell(index, column)
            _put(place, cell.text)
            _dress(place, cell)
            if cell.choices:
                if cell.choices not in validations:
                    validations[cell.choices] = _validation(cell.choices, lists[cell.choices])
                validations[cell.choices].add(place)
        if line.height is not None:
            into.row_dimensions[index].height = line.height
        into.row_dimensions[index].hidden = line.hidden
    for validation in validations.values():
        into.add_data_validation(validation)
    for index, width in enumerate(sheet.widths, 1):
        into.column_dimensions[get_column_letter(index)].width = width
    if sheet.first_column_hidden:
        into.column_dimensions["A"].hidden = True
    into.sheet_state = "hidden" if sheet.hidden else "visible"
    into.sheet_view.showGridLines = False
    into.page_setup.orientation = "landscape"
    into.page_setup.paperSize = into.PAPERSIZE_A4
    into.page_setup.fitToHeight = 0
    into.sheet_properties.pageSetUpPr.fitToPage = True
    into.protection.sheet = True
    # What is false here is allowed: rows may be made taller and columns wider.
    into.protection.formatRows = into.protection.formatColumns = into.protection.formatCells = False


def _columns(cells: Sequence[Cell]) -> list[int]:
    found, column = [], 1
    for cell in cells:
        found.append(column)
        column += cell.span
    return found


def _put(place: XlsxCell, text: str) -> None:
    if text:
        place.value = ESCAPE.sub("_x005F_", writable(text))
        # Whatever it begins with, it is text: never a formula, and Excel says so when somebody edits it.
        place.data_type = "s"
        place.quotePrefix = True
    place.number_format = "@"


def _dress(place: XlsxCell, cell: Cell) -> None:
    place.font = _FONTS.get(cell.style, _USUAL)
    place.alignment = Alignment(wrap_text=True, vertical="top")
    if cell.style in _BOXED and cell.span == 1:
        place.border = _BOX
    if cell.style in UNLOCKED:
        place.fill = _YELLOW
        place.protection = Protection(locked=False)
    elif cell.style in ("heading", "last") and cell.span == 1:
        place.fill = _GREY


def _validation(choices: tuple[str, ...], column: int) -> DataValidation:
    letter = get_column_letter(column)
    found = DataValidation(
        type="list",
        formula1=f"{quote_sheetname(ABOUT)}!${letter}$1:${letter}${len(choices)}",
        allow_blank=True,
        showErrorMessage=True,
    )
    found.errorTitle, found.error = str(LIST_FAULT_TITLE), str(LIST_FAULT)
    return found
