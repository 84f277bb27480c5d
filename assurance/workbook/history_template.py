"""The table of earlier years as a file to fill in. Every text goes in as text; its example is said to be invented."""

from __future__ import annotations

import csv
from io import BytesIO, StringIO

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from assurance.workbook.history_layout import template_rows, template_words
from benchmarks.catalogue import SchemeText

_WIDE, _NARROW = 34, 16
"""In characters."""


def as_csv(scheme: SchemeText) -> bytes:
    """The template as CSV in UTF-8, with the mark by which Excel knows it."""
    into = StringIO()
    csv.writer(into, lineterminator="\r\n").writerows(template_rows(scheme))
    return into.getvalue().encode("utf-8-sig")


def as_xlsx(scheme: SchemeText) -> bytes:
    """The template as a workbook, with a second sheet that says how it is filled in."""
    book = Workbook()
    sheet = book.active
    sheet.title = _("History")
    for row, texts in enumerate(template_rows(scheme), 1):
        for column, said in enumerate(texts, 1):
            cell = sheet.cell(row, column)
            # As text, so that Excel makes no date of 2022/23.
            cell.number_format = "@"
            cell.value = said or None
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(name="Arial", size=10, bold=row == 1, italic=row == 2)
            width = _WIDE if column == 1 or len(said) > 2 * _NARROW else _NARROW
            letter = get_column_letter(column)
            sheet.column_dimensions[letter].width = max(sheet.column_dimensions[letter].width or 0, width)
    for column in range(1, sheet.max_column + 1):
        for row in range(3, 200):
            sheet.cell(row, column).number_format = "@"
    sheet.freeze_panes = "B2"
    words = book.create_sheet(_("How to fill it in"))
    words.column_dimensions["A"].width = 110
    for row, said in enumerate(template_words(scheme), 1):
        words.cell(row, 1, said).alignment = Alignment(wrap_text=True)
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()
