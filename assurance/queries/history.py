"""What a text said at a moment of the past: which texts there are, every version to be read, and what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance.access import PAST, Actor, fetch, reads_past
from assurance.differences import MOST_STEPS, Kind, Piece, compare
from assurance.marks import mark_labels
from assurance.models import (
    AgreedOutcome,
    Assessment,
    FollowUp,
    FollowUpReview,
    MeetingPoint,
    PrivateNote,
    Question,
    Recommendation,
    Review,
    SelfAssessment,
    Strength,
)
from assurance.past import Stood, past
from assurance.vocabulary import Answer, Basis, FollowUpProgress, Verdict
from benchmarks.catalogue import BenchmarkText, SchemeText, scheme_text

T = gettext_lazy
Values = Mapping[str, Any]
Rows = Sequence[Values]

PAGE_SIZE = 20
AROUND = 80
"""Characters of unchanged text that are shown on each side of a change."""
LONGEST_CHANGE = 1_500
"""Characters of one change that are shown in the list of versions; the whole text is a click away."""


class Place(Enum):
    """Where a text stands: on a benchmark, on the whole assessment, or on either."""

    BENCHMARK = "benchmark"
    WHOLE = "whole"
    EITHER = "either"


class Side(Enum):
    """Who writes a text."""

    AUTHORITY = T("The authority’s")
    HOME_OFFICE = T("The Home Office’s")
    BOTH = T("Agreed between the two")


@dataclass(frozen=True)
class Text:
    """A text that has a past. ``code`` names it in addresses.

    ``says`` puts the rows of one moment into words, for a scheme and a benchmark (None: the whole). ``keyed`` is
    whether the rows are those of the benchmark; otherwise all are read, and ``says`` takes those that it wants.
    """

    code: str
    label: StrOrPromise
    side: Side
    place: Place
    model: Any
    fields: tuple[str, ...]
    says: Callable[[SchemeText, BenchmarkText | None, Rows], str]
    kind: str = ""
    keyed: bool = True
    checklist: bool = False

    @property
    def sight(self) -> str:
        """The key under which the policy knows it."""
        return self.kind or self.model._meta.label


def _plain(name: str) -> Callable[[SchemeText, BenchmarkText | None, Rows], str]:
    def says(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
        return str(rows[0][name]) if rows else ""

    return says


def _outcome(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    if not rows:
        return ""
    level = scheme.level_by_id(rows[0]["level_id"])
    return level.label if level else str(Answer(rows[0]["answer"]).label)


def _agreed(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    return f"{_outcome(scheme, benchmark, rows)} ({Basis(rows[0]['basis']).label})" if rows else ""


def _marks(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    def word(mark: str, labels: Mapping[str, StrOrPromise]) -> str:
        return str(labels[mark])

    return _criteria(scheme, benchmark, rows, "marks", word)


def _verdicts(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    def word(verdict: str, labels: Mapping[str, StrOrPromise]) -> str:
        return str(Verdict(verdict).label)

    return _criteria(scheme, benchmark, rows, "verdicts", word)


def _criteria(
    scheme: SchemeText,
    benchmark: BenchmarkText | None,
    rows: Rows,
    name: str,
    word: Callable[[str, Mapping[str, StrOrPromise]], str],
) -> str:
    """What is said of the criteria, each with its text, in the order of the scheme."""
    if not rows or benchmark is None:
        return ""
    said, notes = rows[0][name], rows[0]["notes"]
    lines = []
    for level in scheme.levels:
        labels = mark_labels(level.standing)
        for criterion in benchmark.criteria.get(level.code, ()):
            value, note = said.get(str(criterion.id), ""), notes.get(str(criterion.id), "")
            if value or note:
                words = ". ".join(part for part in (word(value, labels) if value else "", note) if part)
                lines.append(f"{level.label}: {criterion.text}\n{words}")
    return "\n\n".join(lines)


def _strengths(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    return "\n".join(f"{row['position']}. {row['text']}" for row in _in_order(rows, "position"))


def _recommendations(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    lines = []
    for row in _in_order(rows, "position"):
        about = []
        if row["benchmark_numbers"]:
            about.append(_("Benchmarks: %(numbers)s") % {"numbers": ", ".join(map(str, row["benchmark_numbers"]))})
        if row["owners"]:
            about.append(_("Owners: %(names)s") % {"names": ", ".join(row["owners"])})
        if row["due_on"]:
            about.append(_("Due: %(day)s") % {"day": f"{row['due_on']:%-d %B %Y}"})
        text = " ".join(part for part in (row["heading"], row["text"]) if part)
        lines.append("\n".join([f"{row['position']}. {text}", *about]))
    return "\n\n".join(lines)


def _questions(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    return "\n\n".join(_named(scheme, benchmark, row) + row["text"] for row in _on(benchmark, rows))


def _answers(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    nothing = _("Not answered yet")
    found = _on(benchmark, rows)
    return "\n\n".join(f"{_named(scheme, benchmark, row)}{row['text']}\n{row['answer'] or nothing}" for row in found)


def _meeting(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    lines = []
    for row in _on(benchmark, rows):
        level = scheme.level_by_id(row["level_id"])
        said = "\n".join(part for part in (row["text"], level.label if level else "") if part)
        lines.append(_named(scheme, benchmark, row) + said)
    return "\n\n".join(lines)


def _progress(scheme: SchemeText, benchmark: BenchmarkText | None, rows: Rows) -> str:
    lines = []
    for row in _in_order(rows, "recommendation__position"):
        heading, text = row["recommendation__heading"], row["recommendation__text"]
        said = (FollowUpProgress(row["progress"]).label, row.get("owner"), row["note"])
        recommendation = " ".join(part for part in (heading, text) if part)
        lines.append(f"{recommendation}\n{'. '.join(str(part) for part in said if part)}")
    return "\n\n".join(lines)


def _in_order(rows: Rows, name: str) -> list[Values]:
    return sorted(rows, key=lambda row: (row[name], row["id"]))


def _on(benchmark: BenchmarkText | None, rows: Rows) -> list[Values]:
    """Those on the benchmark; all of them when none is chosen."""
    return _in_order([row for row in rows if benchmark is None or row["benchmark_id"] == benchmark.id], "id")


def _named(scheme: SchemeText, benchmark: BenchmarkText | None, row: Values) -> str:
    """The benchmark before a text, where all are listed ("" for one on none)."""
    if benchmark is not None or row["benchmark_id"] is None:
        return ""
    number = next((one.number for one in scheme.benchmarks.values() if one.id == row["benchmark_id"]), "")
    return f"{_('Benchmark %(number)s') % {'number': number}}: "


_OUTCOME = ("answer", "level_id")
_RECOMMENDED = ("recommendation__position", "recommendation__heading", "recommendation__text", "progress", "note")
_OWN, _THEIRS, _BOTHS = Side.AUTHORITY, Side.HOME_OFFICE, Side.BOTH
_B, _W, _E = Place.BENCHMARK, Place.WHOLE, Place.EITHER

TEXTS = (
    Text("own-outcome", T("Own outcome"), _OWN, _B, SelfAssessment, _OUTCOME, _outcome),
    Text("evidence", T("Evidence"), _OWN, _B, SelfAssessment, ("evidence",), _plain("evidence")),
    Text("reason", T("Reason for the outcome"), _OWN, _B, SelfAssessment, ("reason",), _plain("reason")),
    Text("marks", T("Marks and notes on the criteria"), _OWN, _B, SelfAssessment, ("marks", "notes"), _marks,
         checklist=True),
    Text("answers", T("Answers to questions"), _OWN, _E, Question, ("benchmark_id", "text", "answer"), _answers,
         kind="assurance.Question.answer", keyed=False),
    Text("follow-ups", T("Last year’s recommendations"), _OWN, _W, FollowUp, ("owner", *_RECOMMENDED), _progress),
    Text("acceptance", T("Note of acceptance"), _OWN, _W, Assessment, ("acceptance_note",),
         _plain("acceptance_note")),
    Text("adviser-outcome", T("Adviser’s outcome"), _THEIRS, _B, Review, _OUTCOME, _outcome),
    Text("summary", T("Annex A summary"), _THEIRS, _B, Review, ("summary",), _plain("summary")),
    Text("comments", T("Adviser’s comments"), _THEIRS, _B, Review, ("comments",), _plain("comments")),
    Text("verdicts", T("Adviser’s view of the criteria"), _THEIRS, _B, Review, ("verdicts", "notes"), _verdicts,
         checklist=True),
    Text("questions", T("Questions"), _THEIRS, _E, Question, ("benchmark_id", "text"), _questions, keyed=False),
    Text("strengths", T("Strengths"), _THEIRS, _W, Strength, ("position", "text"), _strengths),
    Text("recommendations", T("Recommendations"), _THEIRS, _W, Recommendation,
         ("position", "heading", "text", "benchmark_numbers", "owners", "due_on"), _recommendations),
    Text("judgements", T("Adviser’s view of last year’s recommendations"), _THEIRS, _W, FollowUpReview, _RECOMMENDED,
         _progress),
    Text("private", T("Private notes"), _THEIRS, _E, PrivateNote, ("text",), _plain("text")),
    Text("agreed", T("Agreed outcome"), _BOTHS, _B, AgreedOutcome, (*_OUTCOME, "basis"), _agreed),
    Text("meeting", T("Points of the meeting"), _BOTHS, _E, MeetingPoint, ("benchmark_id", "text", "level_id"),
         _meeting, keyed=False),
)  # fmt: skip
"""Every text of an assessment that has a past."""


@dataclass(frozen=True)
class Version:
    """One version of a text: what it said, from when until when (None: still), and who had it say so.

    ``number`` counts from the first that the actor may read. ``changes`` is what differs from the one before, with
    what is unchanged cut short; without it for versions that are not listed.
    """

    number: int
    said: str
    since: datetime
    until: datetime | None
    who: str
    changes: tuple[Piece, ...] = ()

    @property
    def at(self) -> str:
        """Its beginning, for an address."""
        return for_address(self.since)


@dataclass(frozen=True)
class Versions:
    """Every version that the actor may read, newest first, and the one that stood at ``moment``.

    ``standing`` is None when there was none that they may read; ``following`` is the next that they may read.
    """

    moment: datetime
    standing: Version | None
    following: Version | None
    page: Page[Version]
    listed: tuple[Version, ...]

    @property
    def not_shared_since(self) -> datetime | None:
        """From when on the version that stood could no longer be read; None if it can or another followed it."""
        if self.standing is None or self.standing.until is None:
            return None
        follows = self.following is not None and self.following.since == self.standing.until
        return None if follows else self.standing.until


def versions(stood: Sequence[Stood[str]], moment: datetime, page: int) -> Versions:
    """What a text said at a moment, and a page of its versions. No query.

    Args:
        stood: as ``past`` gives it.
    """
    every = [Version(number, one.said, one.since, one.until, one.who) for number, one in enumerate(stood, start=1)]
    standing = next((one for one in every if one.since <= moment and (not one.until or moment < one.until)), None)
    following = next((one for one in every if one.since > moment), None)
    found = Paginator(every[::-1], PAGE_SIZE).get_page(page)
    listed = tuple(replace(one, changes=_changes(every, one)) for one in found)
    return Versions(moment, standing, following, found, listed)


def _changes(every: Sequence[Version], one: Version) -> tuple[Piece, ...]:
    before = every[one.number - 2].said if one.number > 1 else ""
    return tuple(shortened(compare(before, one.said, MOST_STEPS // PAGE_SIZE).pieces))


def shortened(pieces: Sequence[Piece]) -> Iterable[Piece]:
    """The changes with a little of what stands around them, for a list. Pure."""
    for index, piece in enumerate(pieces):
        text = piece.text
        if piece.kind == Kind.SAME:
            head = AROUND if index else 0
            tail = AROUND if index < len(pieces) - 1 else 0
            if len(text) > head + tail + 3:
                text = f"{text[:head]} … {text[len(text) - tail :] if tail else ''}"
        elif len(text) > LONGEST_CHANGE:
            text = f"{text[:LONGEST_CHANGE]} …"
        yield Piece(piece.kind, text)


def for_address(moment: datetime) -> str:
    """A moment as an address carries it."""
    return moment.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Shelf:
    """The texts of an assessment whose past the actor may read at all."""

    assessment: Assessment
    scheme: SchemeText
    texts: tuple[Text, ...]

    def text(self, code: str) -> Text | None:
        """The text of this code; for none or an unknown one, the first to look at."""
        known = {one.code: one for one in self.texts}
        return known.get(code) or known.get("evidence") or next(iter(self.texts), None)

    def groups(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The texts as choices, by who writes them."""
        found = []
        for side in Side:
            if texts := [(one.code, str(one.label)) for one in self.texts if one.side == side]:
                found.append((str(side.value), texts))
        return found


@dataclass(frozen=True)
class TextHistory:
    """The past of one text. ``benchmark`` is None for a text on the whole."""

    text: Text
    benchmark: BenchmarkText | None
    versions: Versions

    @property
    def place(self) -> str:
        """What names it in an address."""
        return urlencode({"text": self.text.code} | ({"benchmark": self.benchmark.number} if self.benchmark else {}))


def shelf(actor: Actor, assessment_id: int) -> Shelf:
    """Which texts of an assessment the actor can look back at. One query.

    Raises:
        NotFound, Forbidden: as ``access.require``: whoever may read the past of no text is refused.
    """
    readers = {permission for text in TEXTS for permission, _stage in PAST[text.sight]}
    assessment = fetch(actor, readers, Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    texts = tuple(
        text
        for text in TEXTS
        if reads_past(actor, text.sight, assessment) and (scheme.is_checklist or not text.checklist)
    )
    return Shelf(assessment, scheme, texts)


def history(actor: Actor, found: Shelf, text: Text, number: int | None, moment: datetime, page: int = 1) -> TextHistory:
    """What a text of the shelf said at a moment, with its versions. At most two queries.

    Args:
        number: of the benchmark; None or one that the scheme lacks: the first, or the whole where the text can stand
            on that.
    """
    benchmark = found.scheme.benchmarks.get(number) if number is not None and text.place != Place.WHOLE else None
    if benchmark is None and text.place == Place.BENCHMARK:
        benchmark = next(iter(found.scheme.benchmarks.values()))
    of = {"benchmark": benchmark.id if benchmark else None} if text.keyed and text.place != Place.WHOLE else {}
    stood = past(
        actor,
        text.model,
        found.assessment,
        lambda rows: text.says(found.scheme, benchmark, rows),
        fields=text.fields,
        kind=text.kind,
        **of,
    )
    return TextHistory(text, benchmark, versions(stood, moment, page))
