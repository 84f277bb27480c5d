"""Workbooks for tests: small schemes made by hand, whole books, and ways to tamper with a file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook

from assurance.actions.answers import Reply
from assurance.workbook import layout, write_ods, write_xlsx
from assurance.workbook.layout import Book, Entry, LastYear
from assurance.workbook.read import Expected
from benchmarks.catalogue import BenchmarkText, CriterionText, LevelText, SchemeText
from benchmarks.vocabulary import Judgement, Standing

WRITE = {"xlsx": write_xlsx.write, "ods": write_ods.write}
KINDS = tuple(WRITE)

CHECKLIST_LEVELS = (
    LevelText(1, "not_met", "Not met", 0, Standing.BELOW, None, ()),
    LevelText(2, "met", "Met", 1, Standing.MEETS, None, ()),
    # A comma and a quotation mark: what a list to choose from must not fall over.
    LevelText(3, "exceeding", 'Exceeding, "fully"', 2, Standing.EXCEEDS, "met", ("Exceeded",)),
)
SCORES = tuple(
    LevelText(10 + one, str(one), str(one), one, Standing.BELOW if one < 3 else Standing.MEETS, None, ())
    for one in range(1, 6)
)


def _benchmark(number: int, criteria: dict[str, tuple[CriterionText, ...]]) -> BenchmarkText:
    return BenchmarkText(
        id=number,
        number=number,
        title=f"Title {number} & <more>",
        statement=f"=Statement {number}, which begins as a formula does.",
        guidance="Look here.\nAnd there.",
        scored=True,
        unscored_note="",
        weight=Decimal(1),
        criteria=criteria,
    )


def _scheme(code: str, judgement: Judgement, levels: tuple[LevelText, ...], benchmarks: Any) -> SchemeText:
    return SchemeText(
        id=1 if judgement == Judgement.CHECKLIST else 2,
        code=code,
        version="1",
        name=f"Scheme {code}",
        judgement=judgement,
        digest=f"digest of {code}",
        max_recommendations=None,
        levels=levels,
        benchmarks={one.number: one for one in benchmarks},
    )


CHECKLIST = _scheme(
    "checklist",
    Judgement.CHECKLIST,
    CHECKLIST_LEVELS,
    [
        _benchmark(
            number,
            {
                "not_met": (CriterionText(number * 100 + 1, "Nobody meets.", ()),),
                "met": (
                    CriterionText(number * 100 + 2, "A group meets:", ("every quarter", "with minutes")),
                    CriterionText(number * 100 + 3, "-It has a plan_x0041_.", ()),
                ),
                "exceeding": (CriterionText(number * 100 + 4, "It shares the plan.", ()),),
            },
        )
        for number in (1, 2, 3)
    ],
)
BEST_FIT = _scheme(
    "best-fit",
    Judgement.BEST_FIT,
    SCORES,
    [
        _benchmark(
            number,
            {
                str(one): (CriterionText(number * 100 + one, f"Score {one} of {number}.", ("and so on",)),)
                for one in range(1, 6)
            },
        )
        for number in (1, 2)
    ],
)
SCHEMES = {"checklist": CHECKLIST, "best-fit": BEST_FIT}

USUAL = Reply(
    level_code="met",
    evidence="The group met four times.\n\nIts minutes are on the shared site.",
    reason="",
    marks={102: "met", 103: "partly"},
    notes={103: "In draft"},
)


def book(scheme: SchemeText = CHECKLIST, replies: dict[int, Reply] | None = None, **more: Any) -> Book:
    """A workbook of Alder's, with these replies by benchmark; the first one answered as usual unless said."""
    said = {1: USUAL} if replies is None and scheme is CHECKLIST else replies or {}
    last = LastYear(
        outcomes=(("Own", "Met"),),
        texts=(("Evidence", "=What we did.\nLast year."),),
        marks={102: "met"},
        notes={102: "Note"},
    )
    options: dict[str, Any] = {
        "assessment_id": 7,
        "authority": "Alder County Council",
        "gss_code": "E10000901",
        "cycle": "2025/26",
        "programme": "local-authorities",
        "made_on": date(2025, 11, 10),
        "submit_by": date(2026, 1, 9),
        "last_year": "2024/25",
        "entries": tuple(
            Entry(benchmark=one, version=number + 2, reply=said.get(number, Reply()), last_year=last)
            for number, one in scheme.benchmarks.items()
        ),
    }
    return Book(scheme=scheme, **(options | more))


def expected(scheme: SchemeText = CHECKLIST, **more: Any) -> Expected:
    """What Alder's page expects."""
    options = {
        "assessment_id": 7,
        "authority": "Alder County Council",
        "gss_code": "E10000901",
        "programme": "local-authorities",
        "cycle": "2025/26",
    }
    return Expected(scheme=scheme, **(options | more))


def written(kind: str, made: Book | None = None) -> bytes:
    """A workbook as a file."""
    return WRITE[kind](layout.sheets(made or book()))


def edited(data: bytes, change: Callable[[Workbook], object]) -> bytes:
    """An .xlsx file as somebody saves it who changed something in it."""
    opened = load_workbook(BytesIO(data))
    change(opened)
    kept = BytesIO()
    opened.save(kept)
    return kept.getvalue()


def row_of(sheet: Any, key: str) -> int:
    """The row of a benchmark's sheet that has this name, from 1."""
    return next(row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == key)


def repacked(data: bytes, change: Callable[[str, bytes], bytes | None], **more: bytes) -> bytes:
    """An archive whose parts were changed (None leaves one out), with further ones."""
    kept = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in more.items():
            new.writestr(name, content)
    return kept.getvalue()
