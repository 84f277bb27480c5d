"""What stands in which cell of the workbook, whatever kind of file it becomes.

Column A is hidden and names what each row is about, and a hidden first row names the columns, so that what comes back
is found again by name and not by place. The last sheet is hidden and says whence the workbook comes; it is signed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import ceil

from django.core import signing
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assurance.actions.answers import Reply
from assurance.marks import mark_labels
from benchmarks.catalogue import BenchmarkText, CriterionText, LevelText, SchemeText
from benchmarks.vocabulary import Standing

FORMAT = 1
"""Version of this layout. A workbook with a higher one was made by a newer service."""
SERVICE = "prevent-duty-assurance"
ABOUT = "_about"
SALT = "assurance.workbook"

KEY, REFERENCE, CHOICE, TEXT, LAST_CHOICE, LAST_TEXT = (
    "key", "reference", "choice", "text", "last-choice", "last-text",
)  # fmt: skip
"""Names of the columns, as the hidden first row of a benchmark's sheet has them."""
OUTCOME, REASON, EVIDENCE, HEADING = "outcome", "reason", "evidence", "heading"
"""Names of the rows beside those of the criteria and scores."""

LONGEST_CELL = 32_000
"""UTF-16 units that go into one cell. Excel takes 32,767."""
LOWEST_ROW, TALLEST_ROW = 15.0, 400.0
"""Heights in points; Excel takes 409."""
_WIDTHS = {KEY: 4.0, REFERENCE: 58.0, CHOICE: 14.0, TEXT: 58.0, LAST_CHOICE: 16.0, LAST_TEXT: 58.0}
"""In characters."""
_NO_NAME = re.compile(r"[\[\]:*?/\\']")


@dataclass(frozen=True)
class Cell:
    """One cell. ``style`` is one of ``STYLES``; ``choices`` make it a list to choose from; ``span`` counts columns."""

    text: str = ""
    style: str = "plain"
    choices: tuple[str, ...] = ()
    span: int = 1


STYLES = ("plain", "title", "caption", "heading", "level", "reference", "choice", "text", "last", "tall", "hidden")
UNLOCKED = frozenset({"choice", "text", "tall"})
"""Cells that people fill in. The others are protected without a password: a courtesy, no lock."""


@dataclass(frozen=True)
class Line:
    """One row of cells from column A on, and its height in points (None for the usual)."""

    cells: tuple[Cell, ...]
    height: float | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """One sheet. ``widths`` are of its columns, in characters; its first column may be hidden."""

    name: str
    lines: tuple[Line, ...]
    widths: tuple[float, ...]
    hidden: bool = False
    first_column_hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class LastYear:
    """What was said of a benchmark last year, to be read beside this year's cells.

    ``outcomes`` are pairs of who said it and what; ``texts`` pairs of a heading and a text. ``marks`` and ``notes``
    are by the id of this year's criterion; ``source`` says from which benchmark it comes where that is another one.
    """

    outcomes: tuple[tuple[str, str], ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    marks: Mapping[int, str] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One benchmark that is scored: what stands, and under which version."""

    benchmark: BenchmarkText
    version: int
    reply: Reply
    needs_rechecking: bool = False
    last_year: LastYear | None = None


@dataclass(frozen=True, kw_only=True)
class Book:
    """A whole workbook. ``last_year`` names the year of the entries' last years ("" for none)."""

    assessment_id: int
    authority: str
    gss_code: str
    cycle: str
    programme: str
    scheme: SchemeText
    entries: tuple[Entry, ...]
    made_on: date
    submit_by: date | None = None
    last_year: str = ""


def digest(reply: Reply) -> str:
    """What tells one reply from another, to know what was changed in the workbook since it was made."""
    said = [
        reply.level_code,
        comparable(reply.evidence),
        comparable(reply.reason),
        sorted((int(one), str(mark)) for one, mark in reply.marks.items()),
        sorted((int(one), comparable(note)) for one, note in reply.notes.items() if note),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def comparable(text: str) -> str:
    """A text as it is compared: LibreOffice throws tabs away when it saves, which nobody meant as a change."""
    return text.replace("\t", "")


def about(book: Book) -> dict[str, str]:
    """What the hidden sheet says, without its signature."""
    found = {
        "service": SERVICE,
        "format": str(FORMAT),
        "authority": book.gss_code,
        "authority name": book.authority,
        "programme": book.programme,
        "cycle": book.cycle,
        "scheme": book.scheme.code,
        "scheme version": book.scheme.version,
        "scheme digest": book.scheme.digest,
        "assessment": str(book.assessment_id),
        "made on": book.made_on.isoformat(),
    }
    for entry in book.entries:
        number = entry.benchmark.number
        found[f"version {number}"] = str(entry.version)
        found[f"digest {number}"] = digest(entry.reply)
    return found


def signature(found: Mapping[str, str]) -> str:
    """The signature of what the hidden sheet says, with the service's secret key."""
    return signing.Signer(salt=SALT).signature(_canonical(found))


def is_signed(found: Mapping[str, str], claimed: str) -> bool:
    """Whether the signature is this service's. Earlier keys count while SECRET_KEY_FALLBACKS names them."""
    try:
        signing.Signer(salt=SALT).unsign(f"{_canonical(found)}:{claimed}")
    except signing.BadSignature:
        return False
    return True


def _canonical(found: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(found.items())).encode()).hexdigest()


def criterion_key(criterion: CriterionText) -> str:
    """The name of a criterion's row."""
    return f"criterion {criterion.id}"


def sheet_key(number: int) -> str:
    """What the first cell of a benchmark's sheet says."""
    return f"benchmark {number}"


def continued(key: str, part: int) -> str:
    """The name of a row that goes on with a text too long for one cell; ``part`` counts from 1, the row itself."""
    return key if part == 1 else f"{key} {part}"


def level_key(code: str) -> str:
    """The name of the row that says what a score of a best-fit scheme stands for."""
    return f"score {code}"


def criterion_text(criterion: CriterionText) -> str:
    """A criterion with its sub-points, as its cell has it."""
    return "\n".join((criterion.text, *(f"– {one}" for one in criterion.sub)))


def descriptor_text(label: str, criteria: Iterable[CriterionText]) -> str:
    """What a score of a best-fit scheme stands for, as its cell has it."""
    return f"{label}: " + "\n".join(criterion_text(one) for one in criteria)


def references(scheme: SchemeText, benchmark: BenchmarkText) -> dict[str, str]:
    """The text that stands in the reference cell of each criterion or score, by the row's name."""
    found = {}
    for level in scheme.levels:
        criteria = benchmark.criteria.get(level.code, ())
        if scheme.is_checklist:
            found |= {criterion_key(one): criterion_text(one) for one in criteria}
        elif criteria:
            found[level_key(level.code)] = descriptor_text(level.label, criteria)
    return found


def levels_in_order(scheme: SchemeText) -> list[LevelText]:
    """The levels as one fills them in: what is in place first, a sign of a gap is easier to own up to after it."""
    if not scheme.is_checklist:
        return list(scheme.levels)
    return sorted(scheme.levels, key=lambda one: one.standing == Standing.BELOW)


def labels_of(standing: Standing) -> dict[str, str]:
    """The marks of a level's criteria in words, by their code, in the language of the moment."""
    return {str(mark): str(label) for mark, label in mark_labels(standing).items()}


def in_cells(text: str) -> list[str]:
    """A text in as many pieces as it needs cells: one, unless it is full of signs that count twice in Excel."""
    pieces, begin, units = [], 0, 0
    for place, char in enumerate(text):
        size = 2 if ord(char) > 0xFFFF else 1
        if units + size > LONGEST_CELL:
            pieces.append(text[begin:place])
            begin, units = place, 0
        units += size
    return [*pieces, text[begin:]]


def sheets(book: Book) -> list[Sheet]:
    """The whole workbook, sheet by sheet."""
    return [_read_me(book), *(_benchmark(book, entry) for entry in book.entries), _about(book)]


def sheet_name(number: int) -> str:
    """What the tab of a benchmark says."""
    return _NO_NAME.sub(" ", _("Benchmark %(number)s") % {"number": number})[:31]


def _read_me(book: Book) -> Sheet:
    paragraphs = [
        (
            _("What this is"),
            [
                _(
                    "This is the whole self-assessment of %(authority)s for %(cycle)s as a spreadsheet: one sheet for "
                    "each benchmark, with what has been answered so far. It was made on %(day)s."
                )
                % {"authority": book.authority, "cycle": book.cycle, "day": date_format(book.made_on, "j F Y")},
                _(
                    "It holds unsubmitted answers. Send it only to colleagues and partners who help with the answers, "
                    "and do not put names of people who are at risk into it."
                ),
            ],
        ),
        (
            _("How to fill it in"),
            [
                _("Write in the yellow cells. Where one of them has an arrow, choose from its list or leave it empty."),
                *(
                    [_("Say for each criterion whether it is met, partly met or not yet met, with a note if you like.")]
                    if book.scheme.is_checklist
                    else [_("Read what each score stands for, and choose the one that fits your area best.")]
                ),
                _("Then choose the outcome, and say under evidence what you do and how you know that it works."),
                _(
                    "Leave the other cells, the rows and the columns as they are. To get a longer cell into view, make "
                    "its row taller. Alt and Enter make a new line within a cell."
                ),
            ],
        ),
        (
            _("How to send it back"),
            [
                _(
                    "Save it under any name as .xlsx or .ods and give it back to the person who sent it to you. They "
                    "upload it where they downloaded it, see for each benchmark what is new or different, and choose "
                    "what is taken over."
                ),
                _(
                    "Several people can fill in copies of it. An answer that somebody saved in the service since the "
                    "workbook was made is never replaced without being asked for."
                ),
            ],
        ),
    ]
    lines = [
        Line((Cell(_("Prevent duty self-assessment"), "title"),), 26.0),
        Line((Cell(f"{book.authority}, {book.cycle}", "caption"),), 18.0),
        Line((Cell(book.scheme.name, "caption"),), 18.0),
    ]
    if book.submit_by:
        due = _("To be submitted by %(day)s") % {"day": date_format(book.submit_by, "j F Y")}
        lines.append(Line((Cell(due, "caption"),), 18.0))
    for heading, texts in paragraphs:
        lines += [Line((Cell(),)), Line((Cell(heading, "heading"),), 20.0)]
        lines += [Line((Cell(text, "plain"),), height([(text, 100.0)])) for text in texts]
    lines += [Line((Cell(),)), Line((Cell(_("The benchmarks"), "heading"),), 20.0)]
    for entry in book.entries:
        lines.append(Line((Cell(f"{entry.benchmark.number}. {entry.benchmark.title}", "plain"),), LOWEST_ROW + 2))
    return Sheet(_("Read me"), tuple(lines), (100.0,))


def _benchmark(book: Book, entry: Entry) -> Sheet:
    scheme, benchmark = book.scheme, entry.benchmark
    has_last = entry.last_year is not None
    columns = (KEY, REFERENCE, CHOICE, TEXT, *((LAST_CHOICE, LAST_TEXT) if has_last else ()))
    wide = sum(_WIDTHS[one] for one in (REFERENCE, CHOICE, TEXT))
    lines = [
        Line((Cell(sheet_key(benchmark.number), "hidden"), *(Cell(one, "hidden") for one in columns[1:])), hidden=True),
        Line((Cell(), Cell(f"{benchmark.number}. {benchmark.title}", "title", span=3)), 26.0),
        Line((Cell(), Cell(f"{book.authority}, {book.cycle}", "caption", span=3)), 18.0),
        Line((Cell(), Cell(benchmark.statement, "plain", span=3)), height([(benchmark.statement, wide)])),
    ]
    if benchmark.guidance:
        lines.append(Line((Cell(), Cell(benchmark.guidance, "caption", span=3)), height([(benchmark.guidance, wide)])))
    if entry.needs_rechecking:
        told = _("This was brought in from last year and needs to be checked. Change what is no longer so.")
        lines.append(Line((Cell(), Cell(told, "caption", span=3)), height([(told, wide)])))
    lines.append(Line((Cell(),)))
    if scheme.is_checklist:
        lines += _checklist(book, entry)
    else:
        lines += _scale(book, entry)
    lines += _answer(book, entry)
    return Sheet(
        sheet_name(benchmark.number), tuple(lines), tuple(_WIDTHS[one] for one in columns), first_column_hidden=True
    )


def _last(entry: Entry, choice: str, text: str) -> tuple[Cell, ...]:
    """The cells of last year beside a row; none where there is no last year."""
    if entry.last_year is None:
        return ()
    return Cell(in_cells(choice)[0], "last"), Cell(in_cells(text)[0], "last")


def _heads(book: Book, entry: Entry, *texts: str) -> Line:
    last: tuple[str, ...] = ()
    if entry.last_year is not None:
        source = f"{book.last_year}: {entry.last_year.source}" if entry.last_year.source else book.last_year
        last = (_("Last year"), _("Last year (%(year)s)") % {"year": source})
    cells = (Cell(HEADING, "hidden"), *(Cell(text, "heading") for text in (*texts, *last)))
    fitting = zip(cells, _WIDTHS.values(), strict=False)
    return Line(cells, max(20.0, height([(cell.text, width) for cell, width in fitting][1:])))


def _checklist(book: Book, entry: Entry) -> list[Line]:
    lines = [_heads(book, entry, _("Criterion"), _("How far is it met?"), _("Your note"))]
    last = entry.last_year or LastYear()
    for level in levels_in_order(book.scheme):
        labels = labels_of(level.standing)
        criteria = entry.benchmark.criteria.get(level.code, ())
        if not criteria:
            continue
        heading = _("Signs of “%(level)s”") if level.standing == Standing.BELOW else "%(level)s"
        lines.append(Line((Cell(), Cell(heading % {"level": level.label}, "level", span=3)), 20.0))
        for one in criteria:
            text, note = criterion_text(one), entry.reply.notes.get(one.id, "")
            mark = labels.get(str(entry.reply.marks.get(one.id, "")), "")
            last_mark = labels.get(str(last.marks.get(one.id, "")), "")
            last_note = last.notes.get(one.id, "")
            lines.append(
                Line(
                    (
                        Cell(criterion_key(one), "hidden"),
                        Cell(text, "reference"),
                        Cell(mark, "choice", tuple(labels.values())),
                        Cell(note, "text"),
                        *_last(entry, last_mark, last_note),
                    ),
                    height([(text, 58.0), (note, 58.0), (last_note, 58.0)]),
                )
            )
    return lines


def _scale(book: Book, entry: Entry) -> list[Line]:
    heading = Line((Cell(), Cell(_("What each score stands for"), "heading", span=3)), 20.0)
    wide = sum(_WIDTHS[one] for one in (REFERENCE, CHOICE, TEXT))
    lines = [heading]
    for level in book.scheme.levels:
        if criteria := entry.benchmark.criteria.get(level.code, ()):
            text = descriptor_text(level.label, criteria)
            cells = (Cell(level_key(level.code), "hidden"), Cell(text, "reference", span=3))
            lines.append(Line(cells, height([(text, wide)])))
    return lines


def _answer(book: Book, entry: Entry) -> list[Line]:
    reply, last = entry.reply, entry.last_year or LastYear()
    labels = tuple(level.label for level in book.scheme.levels)
    level = book.scheme.level(reply.level_code) if reply.level_code else None
    outcomes = "\n".join(f"{who}: {what}" for who, what in last.outcomes)
    why = (
        _("Why does your outcome differ? Only if it is not the one that your marks suggest")
        if book.scheme.is_checklist
        else _("Why this outcome fits best")
    )
    told = _("Evidence: say what you do, how you know that it works, and where the adviser can see it")
    texts = "\n\n".join(f"{heading}\n{text}" for heading, text in last.texts)
    lines = [
        Line((Cell(),)),
        _heads(book, entry, _("Your answer"), _("Choose"), _("Write")),
        Line(
            (
                Cell(OUTCOME, "hidden"),
                Cell(_("Your outcome"), "reference"),
                Cell(level.label if level else "", "choice", labels),
                Cell("", "plain"),
                *_last(entry, "", outcomes),
            ),
            max(24.0, height([(outcomes, 58.0)])),
        ),
    ]
    written = ((REASON, why, reply.reason, "", 48.0), (EVIDENCE, told, reply.evidence, texts, 240.0))
    for key, label, text, last_text, low in written:
        for part, piece in enumerate(in_cells(text), 1):
            beside = _last(entry, "", last_text if part == 1 else "")
            lines.append(
                Line(
                    (
                        Cell(continued(key, part), "hidden"),
                        Cell(label if part == 1 else _("(continued)"), "reference"),
                        Cell("", "plain"),
                        Cell(piece, "tall"),
                        *beside,
                    ),
                    max(low, height([(piece, 58.0), (beside[1].text if beside else "", 58.0)])),
                )
            )
    return lines


def _about(book: Book) -> Sheet:
    found = about(book)
    pairs = [*found.items(), ("signature", signature(found))]
    lines = tuple(Line((Cell(name, "hidden"), Cell(value, "hidden"))) for name, value in pairs)
    return Sheet(ABOUT, lines, (20.0, 80.0), hidden=True)


def height(texts: Iterable[tuple[str, float]]) -> float:
    """How tall a row is to be, in points, for texts in columns of a width in characters."""
    most = 1
    for text, width in texts:
        # A little less than the width fits, because words are not broken.
        most = max(most, sum(max(1, ceil(len(line) / (width * 0.95))) for line in text.split("\n")))
    return min(TALLEST_ROW, most * LOWEST_ROW + 4)
