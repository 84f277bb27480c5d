"""Reads a workbook that came back into plain values, with the cell of each fault. Knows no database.

Rows and columns are found by their hidden names, so that rows that were moved, columns that were inserted and sheets
that were renamed do no harm. Where a name and the text beside it do not belong together any more, the benchmark is
rejected with the cell, and the others remain usable.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from python_calamine import CalamineError, CalamineWorkbook

from assurance import text
from assurance.actions.answers import Reply
from assurance.vocabulary import Mark
from assurance.workbook.layout import (
    ABOUT,
    CHOICE,
    EVIDENCE,
    FORMAT,
    HEADING,
    KEY,
    OUTCOME,
    REASON,
    REFERENCE,
    SERVICE,
    TEXT,
    is_signed,
    labels_of,
    references,
)
from assurance.workbook.safe import ERROR, UNCALCULATED, Parts, Refused, damaged, parts_of
from benchmarks.catalogue import BenchmarkText, SchemeText
from benchmarks.vocabulary import Standing

_SHEET_KEY = re.compile(r"benchmark (\d{1,4})")
_CONTINUED = re.compile(r"(.+?) (\d{1,3})")
_MOST_FAULTS = 20
"""Of one benchmark: whoever has more to mend starts again from a fresh workbook."""

_MOST_TO_CLEAN = 1.25
"""How much longer than it may be a text is cleaned: line ends and accents may take more characters before than after.
What is longer still is too long, cleaned or not."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Which workbook is expected: of which assessment, on which scheme."""

    assessment_id: int
    authority: str
    gss_code: str
    programme: str
    cycle: str
    scheme: SchemeText


@dataclass(frozen=True)
class CellFault:
    """What is wrong, and in which cell: ``Benchmark 3, cell C12``."""

    cell: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a workbook says on one benchmark. ``reply`` is None when there are faults.

    ``version`` and ``digest`` are those of the answer that the workbook was made from.
    """

    number: int
    version: int
    digest: str
    reply: Reply | None
    faults: tuple[CellFault, ...] = ()


def read(data: bytes, expected: Expected) -> list[Found]:
    """What the workbook says, by benchmark; a benchmark whose sheet is gone is not there.

    Raises :class:`Refused` when the file is none of ours, or not of this assessment.
    """
    found_tables = tables(parts_of(data))
    about = _about(found_tables, expected)
    sheets: dict[int, list[_Table]] = {}
    for name, rows in found_tables:
        if found := _table(name, rows):
            sheets.setdefault(found.number, []).append(found)
    result = []
    for number, benchmark in expected.scheme.benchmarks.items():
        version, digest = about.get(f"version {number}"), about.get(f"digest {number}")
        if version is None or digest is None or number not in sheets:
            continue
        result.append(_found(benchmark, expected.scheme, sheets[number], int(version), digest))
    if not result:
        raise Refused(_("There is no sheet of a benchmark in the file. Download the workbook again"))
    return result


def to_json(found: Found) -> dict[str, Any]:
    """What was read on one benchmark, as the record of an upload keeps it."""
    reply = None
    if found.reply is not None:
        reply = {
            "level_code": found.reply.level_code,
            "evidence": found.reply.evidence,
            "reason": found.reply.reason,
            "marks": {str(one): mark for one, mark in found.reply.marks.items()},
            "notes": {str(one): note for one, note in found.reply.notes.items()},
        }
    faults = [[one.cell, one.reason] for one in found.faults]
    return {"version": found.version, "digest": found.digest, "reply": reply, "faults": faults}


def from_json(number: int, kept: Mapping[str, Any]) -> Found:
    """What :func:`to_json` kept."""
    reply = None
    if kept["reply"] is not None:
        texts = {name: kept["reply"][name] for name in ("level_code", "evidence", "reason")}
        marks, notes = ({int(one): value for one, value in kept["reply"][name].items()} for name in ("marks", "notes"))
        reply = Reply(**texts, marks=marks, notes=notes)
    faults = tuple(CellFault(*one) for one in kept["faults"])
    return Found(number=number, version=kept["version"], digest=kept["digest"], reply=reply, faults=faults)


Rows = Sequence[Sequence[Any]]


def tables(parts: Parts) -> list[tuple[str, Rows]]:
    """The cells of each sheet, by its name. Raises :class:`Refused` where the reader makes nothing of the file."""
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(parts.archive))
        return [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]
    except (CalamineError, ValueError, OSError):
        raise Refused(damaged()) from None
    except BaseException as fault:
        # The reader is written in Rust, and what goes wrong deep inside it comes out as this, which is no Exception.
        if type(fault).__name__ == "PanicException":
            raise Refused(damaged()) from None
        raise


def _about(found_tables: Sequence[tuple[str, Rows]], expected: Expected) -> dict[str, str]:
    rows = next((rows for name, rows in found_tables if name == ABOUT), None)
    found = {said(row[0]): said(row[1]) for row in rows or () if len(row) > 1 and said(row[0])}
    if found.get("service") != SERVICE:
        raise Refused(_("The file was not made here. Download the workbook here, and fill in that one"))
    if not found.get("format", "").isdigit() or int(found["format"]) > FORMAT:
        raise Refused(_("The workbook was made by a newer version of this service. Download it again here"))
    if not is_signed(found, found.pop("signature", "")):
        raise Refused(
            _(
                "The hidden sheet that says whence the workbook comes was changed. Download the workbook again, and "
                "copy your answers over"
            )
        )
    if (found["authority"], found["programme"]) != (expected.gss_code, expected.programme):
        raise Refused(
            _("The workbook is of %(theirs)s, and this is the assessment of %(ours)s")
            % {"theirs": found["authority name"], "ours": expected.authority}
        )
    if found["cycle"] != expected.cycle:
        raise Refused(
            _("The workbook is of the cycle %(theirs)s, and this is %(ours)s. Download this year’s workbook")
            % {"theirs": found["cycle"], "ours": expected.cycle}
        )
    scheme = expected.scheme
    if (found["scheme"], found["scheme version"], found["scheme digest"]) != (
        scheme.code,
        scheme.version,
        scheme.digest,
    ):
        raise Refused(_("The workbook is on other criteria than this cycle. Download the workbook again"))
    if found["assessment"] != str(expected.assessment_id):
        raise Refused(_("The workbook is of another assessment. Download the workbook again"))
    return found


class _Table:
    """The sheet of one benchmark: cells by the names of their row and column, and where they are."""

    def __init__(self, name: str, number: int, rows: Rows, first: int, columns: Mapping[str, int]) -> None:
        self.name = name
        self.number = number
        self.columns = columns
        self._rows = rows
        self.places: dict[str, list[int]] = {}
        self.unnamed: list[int] = []
        for index in range(first + 1, len(rows)):
            key = said(self._at(index, KEY))
            if key:
                self.places.setdefault(key, []).append(index)
            else:
                self.unnamed.append(index)

    def _at(self, row: int, column: str) -> Any:
        cells = self._rows[row]
        index = self.columns[column]
        return cells[index] if index < len(cells) else ""

    def value(self, row: int, column: str) -> str:
        """What a cell says, as text."""
        return said(self._at(row, column))

    def cell(self, row: int, column: str) -> str:
        """How a person finds the cell."""
        return _("%(sheet)s, cell %(cell)s") % {
            "sheet": self.name,
            "cell": f"{letters(self.columns[column])}{row + 1}",
        }


def _table(name: str, rows: Rows) -> _Table | None:
    for index, row in enumerate(rows):
        for place, value in enumerate(row):
            if isinstance(value, str) and (found := _SHEET_KEY.fullmatch(value.strip())):
                columns = {KEY: place}
                for column, other in enumerate(row):
                    if other in (REFERENCE, CHOICE, TEXT):
                        columns.setdefault(other, column)
                if len(columns) == 4:
                    return _Table(name, int(found[1]), rows, index, columns)
    return None


def _found(benchmark: BenchmarkText, scheme: SchemeText, tables: Sequence[_Table], version: int, digest: str) -> Found:
    number = benchmark.number
    if len(tables) > 1:
        both = ", ".join(f"“{one.name}”" for one in tables)
        reason = _("There are several sheets of this benchmark: %(sheets)s. Keep one of them") % {"sheets": both}
        return Found(
            number=number, version=version, digest=digest, reply=None, faults=(CellFault(tables[1].name, reason),)
        )
    reading = _Reading(benchmark, scheme, tables[0])
    reply = reading.reply()
    faults = tuple(reading.faults[:_MOST_FAULTS])
    return Found(number=number, version=version, digest=digest, reply=None if faults else reply, faults=faults)


class _Reading:
    """One pass over the sheet of a benchmark, collecting faults."""

    def __init__(self, benchmark: BenchmarkText, scheme: SchemeText, table: _Table) -> None:
        self.benchmark = benchmark
        self.scheme = scheme
        self.table = table
        self.faults: list[CellFault] = []
        levels = {level.code: level.standing for level in scheme.levels}
        self._standings = {one.id: levels[code] for code, criteria in benchmark.criteria.items() for one in criteria}

    def reply(self) -> Reply:
        """What the sheet says. Of use only where there are no faults."""
        marks: dict[int, str] = {}
        notes: dict[int, str] = {}
        expected = references(self.scheme, self.benchmark)
        for key, reference in expected.items():
            row = self._row(key, reference)
            if row is None or not self.scheme.is_checklist:
                continue
            one = int(key.partition(" ")[2])
            if mark := self._mark(row, one):
                marks[one] = mark
            if note := self._text([row], text.NOTE):
                notes[one] = note
        reply = Reply(
            level_code=self._level(),
            evidence=self._long(EVIDENCE, text.EVIDENCE),
            reason=self._long(REASON, text.REASON),
            marks=marks,
            notes=notes,
        )
        self._nothing_elsewhere(expected)
        return reply

    def _fault(self, row: int, column: str, reason: str) -> None:
        self.faults.append(CellFault(self.table.cell(row, column), reason))

    def _row(self, key: str, reference: str = "") -> int | None:
        rows = self.table.places.get(key, [])
        if not rows:
            what = _short(reference) if reference else {OUTCOME: _("Your outcome"), REASON: _("Reason")}.get(
                key, _("Evidence")
            )  # fmt: skip
            reason = _("The row “%(row)s” is gone. Download the workbook again, and copy your answers over")
            self.faults.append(CellFault(self.table.name, reason % {"row": what}))
            return None
        if len(rows) > 1:
            self._fault(rows[1], REFERENCE, _("The same row is there twice. Remove one of them"))
            return None
        (row,) = rows
        if reference and _even(self.table.value(row, REFERENCE)) != _even(reference):
            reason = _("The text of the criterion was changed or moved. It reads “%(text)s”")
            self._fault(row, REFERENCE, reason % {"text": _short(reference)})
            return None
        return row

    def _mark(self, row: int, criterion: int) -> str | None:
        value = self.table.value(row, CHOICE).strip()
        if not value or self._error(row, CHOICE, value):
            return None
        found = _marks().get(value.casefold())
        if found is None:
            self._wrong_choice(row, value, ", ".join(labels_of(self._standings[criterion]).values()))
        return found

    def _level(self) -> str | None:
        row = self._row(OUTCOME)
        if row is None or not (value := self.table.value(row, CHOICE).strip()) or self._error(row, CHOICE, value):
            return None
        level = self.scheme.level_named(value)
        if level is None:
            self._wrong_choice(row, value, ", ".join(one.label for one in self.scheme.levels))
            return None
        return level.code

    def _error(self, row: int, column: str, value: str) -> bool:
        """Whether a cell shows an error; then that is a fault."""
        if value.startswith(UNCALCULATED):
            self._fault(row, column, _("The cell holds a formula that was never calculated. Write text instead"))
        elif value.startswith(ERROR):
            reason = _("The cell shows the error %(error)s. Write text instead")
            self._fault(row, column, reason % {"error": _short(value.removeprefix(ERROR))})
        return value.startswith(ERROR)

    def _wrong_choice(self, row: int, value: str, choices: str) -> None:
        reason = _("“%(value)s” is not in the list: %(choices)s")
        self._fault(row, CHOICE, reason % {"value": _short(value), "choices": choices})

    def _long(self, key: str, longest: int) -> str:
        """A text that may go on in further rows."""
        first = self._row(key)
        if first is None:
            return ""
        further: list[tuple[int, int]] = []
        for name, rows in self.table.places.items():
            found = _CONTINUED.fullmatch(name)
            if found and found[1] == key:
                further += [(int(found[2]), row) for row in rows]
        return self._text([first, *(row for _part, row in sorted(further))], longest)

    def _text(self, rows: Sequence[int], longest: int) -> str:
        values = [self.table.value(row, TEXT) for row in rows]
        if any(self._error(row, TEXT, value) for row, value in zip(rows, values, strict=True)):
            return ""
        cleaned = "".join(values)
        # Putting signs and their accents together takes the square of a text's length where somebody made it to.
        if len(cleaned) <= longest * _MOST_TO_CLEAN:
            cleaned = text.clean(cleaned)
        for problem in text.problems(cleaned, longest, addresses=True):
            self._fault(rows[0], TEXT, problem)
        return cleaned

    def _nothing_elsewhere(self, expected: Mapping[str, str]) -> None:
        """What was typed into a row that belongs to nothing would be lost without a word."""
        known = {*expected, OUTCOME, REASON, EVIDENCE, HEADING}
        strange = [row for key, rows in self.table.places.items() if not _belongs(key, known) for row in rows]
        loose = [(row, column) for row in {*self.table.unnamed, *strange} for column in (CHOICE, TEXT)]
        # These three are ours, and take their answer in the other column.
        loose += [(row, TEXT) for row in self.table.places.get(OUTCOME, ())]
        loose += [(row, CHOICE) for key in (REASON, EVIDENCE) for row in self.table.places.get(key, ())]
        for row, column in sorted(loose):
            if self.table.value(row, column).strip():
                reason = _("This cell belongs to no criterion or question. Move its text into a yellow cell")
                self._fault(row, column, reason)


def _marks() -> dict[str, str]:
    """Marks by what people may write for them, in every language: the worker's need not be the workbook's."""
    found = {str(mark.value): str(mark.value) for mark in Mark}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for standing in Standing:
                found |= {label.casefold(): mark for mark, label in labels_of(standing).items()}
    return found


def _belongs(key: str, known: set[str]) -> bool:
    if key in known:
        return True
    found = _CONTINUED.fullmatch(key)
    return found is not None and found[1] in (REASON, EVIDENCE)


def said(value: Any) -> str:
    """What a cell holds, as text: a number without a needless fraction, a date in words."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return _("Yes") if value else _("No")
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime():
            return f"{date_format(value, 'j F Y')}, {time_format(value, 'H:i')}"
        case date():
            return date_format(value, "j F Y")
        case time():
            return time_format(value, "H:i")
        case timedelta():
            minutes = int(value.total_seconds() // 60)
            return f"{minutes // 60}:{minutes % 60:02}"
        case _:
            return str(value)


def letters(column: int) -> str:
    """A column's letters from its index, which counts from 0."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


def _even(value: str) -> str:
    return " ".join(value.split())


def _short(value: str) -> str:
    value = _even(value)
    return value if len(value) <= 80 else f"{value[:79]}…"
