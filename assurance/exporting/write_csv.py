"""One table of a view as CSV: the names of its columns first, its marks after the last row."""

from __future__ import annotations

import csv
import io

from django.utils.translation import gettext as _

from assurance.exporting.marked import FORMULA, Marked, is_number, text_of
from assurance.insights.sheet import Value


def write(marked: Marked, table: int = 1) -> bytes:
    """The table of this number as UTF-8 with a byte order mark, by which spreadsheets know it.

    The marks stand below the table, after an empty line, so that the first line names the columns for whatever reads
    the file.
    """
    written = io.StringIO()
    lines = csv.writer(written)
    chosen = marked.table(table)
    lines.writerow([_cell(one) for one in chosen.columns])
    for row in chosen.rows:
        lines.writerow([_cell(value) for value in row])
    lines.writerow([])
    count = len(marked.view.tables)
    if count > 1:
        place = marked.view.tables.index(chosen) + 1
        words = {"place": place, "count": count, "title": chosen.title}
        note = _("%(place)d of %(count)d: %(title)s. The spreadsheets hold all of them.") % words
        lines.writerow([_("Table"), _cell(note)])
    lines.writerows([_cell(label), _cell(text)] for label, text in marked.lines())
    return written.getvalue().encode("utf-8-sig")


def _cell(value: Value) -> str:
    """What a cell holds; no text begins a formula. A number may begin with its sign."""
    text = text_of(value)
    return f"'{text}" if not is_number(value) and text.startswith(FORMULA) else text
