"""Tables of earlier years for tests: two invented schemes, what lines are judged by, and ways to write one."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

from odfdo import Document, Row, Table
from openpyxl import Workbook

from assurance.workbook.history_judge import Cycle, Place, Proposal, World, judge
from assurance.workbook.history_read import read
from benchmarks.catalogue import BenchmarkText, LevelText, SchemeText
from benchmarks.vocabulary import Judgement, Standing

Rows = Sequence[Sequence[Any]]


def _scheme(number: int, code: str, levels: Sequence[LevelText], count: int, unscored: int) -> SchemeText:
    benchmarks = {
        one: BenchmarkText(
            id=number * 100 + one,
            number=one,
            title=f"Title {one}",
            statement="",
            guidance="",
            scored=one != unscored,
            unscored_note="",
            weight=Decimal(1),
            criteria={},
        )
        for one in range(1, count + 1)
    }
    return SchemeText(number, code, "1", f"Scheme {code}", Judgement.BEST_FIT, code, None, tuple(levels), benchmarks)


NAMED = (
    LevelText(1, "not_met", "Not met", 0, Standing.BELOW, None, ()),
    LevelText(2, "met", "Met", 1, Standing.MEETS, None, ()),
    LevelText(3, "exceeding", "Exceeding", 2, Standing.EXCEEDS, "met", ("Exceeded",)),
)
STANDINGS = (Standing.BELOW, Standing.BELOW, Standing.MEETS, Standing.EXCEEDS, Standing.EXCEEDS)
SCORES = tuple(LevelText(10 + one, str(one), str(one), one, STANDINGS[one - 1], None, ()) for one in range(1, 6))
EIGHT = _scheme(8, "la-8", NAMED, 8, unscored=5)
TEN = _scheme(10, "la-10", SCORES, 10, unscored=5)

ALDER = Place(1, "E10000901", "Alder County Council", "Alder", frozenset({"E10000801"}))
BIRCH = Place(2, "E10000902", "Birch Borough Council", "Birch", start=date(2021, 4, 1), end=date(2024, 4, 1))
TWIN, OTHER_TWIN = Place(3, "E10000903", "Twin", "Twin"), Place(4, "E10000904", "Twin", "Twin")


def world(**changes: Any) -> World:
    """Four authorities, the years 2022/23 (closed) and 2025/26 (open), both on eight benchmarks, in autumn 2026."""
    usual: dict[str, Any] = {
        "places": (ALDER, BIRCH, TWIN, OTHER_TWIN),
        "cycles": {2022: [Cycle("2022/23", EIGHT, True)], 2025: [Cycle("2025/26", EIGHT, False)]},
        "schemes": {"la-8": EIGHT, "la-10": TEN},
        "chosen": None,
        "running": 2026,
    }
    return World(**usual | changes)


def as_csv(rows: Rows, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """The rows as CSV."""
    into = StringIO()
    csv.writer(into, delimiter=delimiter).writerows(rows)
    return into.getvalue().encode(encoding)


def as_xlsx(rows: Rows, **further: Rows) -> bytes:
    """The rows as a workbook; further sheets by their names."""
    book = Workbook()
    book.active.title = "Years"
    sheets = {book.active: rows} | {book.create_sheet(name): more for name, more in further.items()}
    for sheet, ones in sheets.items():
        for row in ones:
            sheet.append(list(row))
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def as_ods(rows: Rows) -> bytes:
    """The rows as an OpenDocument spreadsheet."""
    document = Document("spreadsheet")
    document.body.clear()
    table = Table("Years")
    for values in rows:
        row = Row()
        row.set_values(list(values))
        table.append_row(row)
    document.body.append(table)
    kept = BytesIO()
    document.save(kept)
    return kept.getvalue()


def judged(rows: Rows, found: World | None = None, **given: Any) -> tuple[Proposal, ...]:
    """What becomes of rows."""
    return judge(read(as_csv(rows)).lines, found or world(), **given)
