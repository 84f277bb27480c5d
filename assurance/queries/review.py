"""What the adviser's page of one benchmark reads: what the authority says, and what the Home Office makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from assurance import presence
from assurance.access import Actor, fetch, holds, require, visible
from assurance.actions.reviews import WRITERS_OF_NOTES
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Dispute,
    Evidence,
    PrivateNote,
    Question,
    Review,
    SelfAssessment,
)
from assurance.presence import Present
from assurance.queries.answers import LastYear, last_year_of
from assurance.queries.assessments import STEPS, Progress, progress_of
from assurance.queries.follow_ups import FollowUpLine, FollowUps, follow_ups
from assurance.queries.questions import is_sent
from assurance.queries.record import label
from assurance.queries.submission import Answered, Marked, answers_on
from assurance.vocabulary import EDITABLE_STATES, Answer, Basis, Permission, State, Verdict
from benchmarks.catalogue import BenchmarkText, CriterionText, LevelText, SchemeText, scheme_text
from benchmarks.vocabulary import Standing

P = Permission


@dataclass(frozen=True)
class Place:
    """One benchmark in the row of all of them: how far its review is, and whether it is the one on the page."""

    number: int
    title: str
    progress: tuple[str, StrOrPromise, str]
    is_here: bool

    @property
    def is_scored(self) -> bool:
        """Whether the cycle scores it: the others have no page."""
        return self.progress[0] != Progress.UNSCORED[0]

    @property
    def is_ready(self) -> bool:
        """Whether it has an outcome and a summary."""
        return self.progress[0] == Progress.READY[0]


@dataclass(frozen=True)
class Criterion:
    """One criterion: what the authority says of it (None for nothing), and what the adviser says to that."""

    criterion: CriterionText
    said: Marked | None
    verdict: str
    note: str

    @property
    def verdict_label(self) -> StrOrPromise:
        """Whether the adviser agrees, in words ("" while nothing is said)."""
        return Verdict(self.verdict).label if self.verdict else ""

    @property
    def is_marked(self) -> bool:
        """Whether the authority marked it."""
        return self.said is not None and bool(self.said.mark)


@dataclass(frozen=True)
class CriteriaOfLevel:
    """The criteria of one level; ``is_signs`` for the signs of a gap."""

    level: LevelText
    is_signs: bool
    rows: tuple[Criterion, ...]


@dataclass(frozen=True)
class Asked:
    """A question on the benchmark; ``answer`` is "" until the authority has sent it."""

    text: str
    due: date
    asked_at: datetime
    answer: str
    answered_at: datetime | None
    id: int = 0


@dataclass(frozen=True)
class Saved:
    """Who saved something last, and when: "" for nobody known, and for the reader, who ``is_own``."""

    who: str = ""
    at: datetime | None = None
    is_own: bool = False


NEVER = Saved()


@dataclass(frozen=True)
class Note:
    """A private note as it stands: ``version`` 0 and no text while there is none."""

    text: str = ""
    version: int = 0
    saved: Saved = NEVER


@dataclass(frozen=True)
class ReviewPage:
    """One benchmark: the authority's answer on the left, the adviser's on the right.

    ``editable`` is whether the actor can save it now; otherwise it is only to be read. ``note`` is None for whoever
    may not read private notes, and ``own`` where nothing was submitted. What follows ``places`` is what is shown
    beside the form: saving does without.
    """

    row: Any
    assessment: Assessment
    scheme: SchemeText
    benchmark: BenchmarkText
    editable: bool
    saved: Saved
    note: Note | None
    places: tuple[Place, ...]
    own: Answered | None = None
    last: LastYear | None = None
    follow_ups: FollowUps = field(default_factory=FollowUps)
    asked: tuple[Asked, ...] = ()
    disputes: tuple[tuple[str, datetime], ...] = ()
    agreed: str = ""
    basis: str = ""
    news: tuple[str, ...] = ()
    present: tuple[Present, ...] = ()

    @property
    def outcome(self) -> str:
        """The adviser's outcome in words."""
        return str(label(self.scheme, self.row))

    @cached_property
    def criteria(self) -> tuple[CriteriaOfLevel, ...]:
        """Every criterion of a checklist by level, the signs of a gap last; none on a best-fit scheme."""
        if not self.scheme.is_checklist:
            return ()
        said = {one.id: one for _level, criteria in (self.own.marks if self.own else ()) for one in criteria}
        verdicts, notes = self.row.verdicts, self.row.notes
        levels = sorted(self.scheme.levels, key=lambda one: one.standing == Standing.BELOW)
        return tuple(
            CriteriaOfLevel(
                level,
                level.standing == Standing.BELOW,
                tuple(
                    Criterion(one, said.get(one.id), verdicts.get(str(one.id), ""), notes.get(str(one.id), ""))
                    for one in self.benchmark.criteria[level.code]
                ),
            )
            for level in levels
            if self.benchmark.criteria.get(level.code)
        )

    @cached_property
    def marked(self) -> tuple[int, ...]:
        """Ids of the criteria that the authority marked."""
        return tuple(one.criterion.id for level in self.criteria for one in level.rows if one.is_marked)

    @property
    def next_number(self) -> int | None:
        """The next scored benchmark in order; None on the last."""
        here = self.benchmark.number
        return min((one.number for one in self.places if one.is_scored and one.number > here), default=None)

    @property
    def previous_number(self) -> int | None:
        """The scored benchmark before this one; None on the first."""
        here = self.benchmark.number
        return max((one.number for one in self.places if one.is_scored and one.number < here), default=None)

    @property
    def waiting_number(self) -> int | None:
        """The first other benchmark whose review is not ready; None when all are."""
        left = (one.number for one in self.places if one.is_scored and not one.is_ready and not one.is_here)
        return min(left, default=None)

    @cached_property
    def recommended(self) -> tuple[FollowUpLine, ...]:
        """Last year's recommendations that touch this benchmark, or those of last year that it is read from."""
        numbers = set(self.last.numbers) if self.last else set()
        return tuple(one for one in self.follow_ups.lines if numbers & set(one.benchmark_numbers))

    @cached_property
    def recommended_elsewhere(self) -> tuple[FollowUpLine, ...]:
        """Last year's other recommendations: on other benchmarks, or on none."""
        here = {one.id for one in self.recommended}
        return tuple(one for one in self.follow_ups.lines if one.id not in here)

    @property
    def follow_ups_label(self) -> str:
        """What opens all of last year's recommendations: how many are done."""
        counts = {"year": self.follow_ups.cycle, "done": self.follow_ups.done, "total": self.follow_ups.total}
        return _("All recommendations of %(year)s: %(done)s of %(total)s done") % counts

    @property
    def unready(self) -> str:
        """What the saved review lacks to be proposed, in words ("" for nothing)."""
        if self.row.level_id is None and not self.row.summary:
            return _("it has no outcome and no summary yet")
        if self.row.level_id is None:
            return _("it has no outcome yet")
        return "" if self.row.summary else _("it has no summary yet")

    @property
    def evidence(self) -> str:
        """What the authority wrote, from which a summary can start."""
        return self.own.evidence if self.own else ""


def reviewing(actor: Actor, assessment_id: int, number: int) -> ReviewPage:
    """The benchmark as saving needs it, for whoever reviews. ``editable`` says whether it can be saved now. One query.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    return _page(actor, P.REVIEW, assessment_id, number)


def review_page(actor: Actor, assessment_id: int, number: int) -> ReviewPage | None:
    """The same with everything that is shown; None while nothing is submitted. Five queries.

    Notes that the actor is there, if they can save it.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    of_it = {"assessment": OuterRef("assessment"), "benchmark": OuterRef("benchmark")}
    questions = visible(actor, Question).filter(**of_it).order_by("asked_at", "pk")
    disputes = visible(actor, Dispute).filter(**of_it).order_by("raised_at")
    new = visible(actor, Evidence).filter(
        assessment=OuterRef("assessment"),
        benchmark_numbers__contains=[number],
        removed_at__isnull=True,
        added_at__gt=OuterRef("saved_at"),
    )
    around = {
        "asked": ArraySubquery(
            questions.values(
                json=JSONObject(
                    id="pk",
                    text="text",
                    due="due",
                    asked_at="asked_at",
                    answer="answer",
                    answered_at="answered_at",
                    sent=is_sent(),
                )
            )
        ),
        "disputed": ArraySubquery(disputes.values(json=JSONObject(reason="reason", raised_at="raised_at"))),
        "agreed": ArraySubquery(
            visible(actor, AgreedOutcome)
            .filter(**of_it)
            .values(json=JSONObject(answer="answer", level="level_id", basis="basis"))
        ),
        "own_saved_at": Subquery(visible(actor, SelfAssessment).filter(**of_it).order_by().values("saved_at")),
        "has_new_evidence": Exists(new),
    }
    page = _page(actor, P.READ_REVIEW, assessment_id, number, **around)
    assessment, scheme = page.assessment, page.scheme
    if assessment.state in EDITABLE_STATES:
        return None
    agreed = page.row.agreed[0] if page.row.agreed else None
    level = scheme.level_by_id(agreed["level"]) if agreed else None
    asked = _asked(page)
    return replace(
        page,
        own=answers_on(actor, assessment, [page.row.benchmark_id]).get(page.row.benchmark_id),
        last=last_year_of(actor, assessment, scheme, number),
        follow_ups=follow_ups(actor, assessment),
        asked=asked,
        disputes=tuple((one["reason"], datetime.fromisoformat(one["raised_at"])) for one in page.row.disputed),
        agreed=str(level.label if level else Answer(agreed["answer"]).label) if agreed else "",
        basis=str(Basis(agreed["basis"]).label) if agreed else "",
        news=_news(page.row, asked) if page.editable else (),
        present=presence.note(actor, page.row, timezone.now()) if page.editable else (),
    )


def _page(actor: Actor, permission: Permission, assessment_id: int, number: int, **around: Any) -> ReviewPage:
    """The review with who saved it last, the private note and how far the others are, and ``around`` it what else."""
    every = Review.objects.filter(assessment=OuterRef("assessment")).order_by("benchmark__number")
    notes = visible(actor, PrivateNote).filter(assessment=OuterRef("assessment"), benchmark=OuterRef("benchmark"))
    row: Any = (
        Review.objects.select_related("authority", "assessment__cycle")
        .filter(assessment_id=assessment_id, benchmark__number=number)
        .annotate(
            saved_by=_saved_by(Review),
            private=ArraySubquery(_private(notes)),
            places=ArraySubquery(
                every.annotate(progress=progress_of(Review, "summary")).values(
                    json=JSONObject(number="benchmark__number", progress="progress")
                )
            ),
            **around,
        )
        .first()
    )
    require(actor, permission, row)
    assessment = row.assessment
    assessment.authority = row.authority
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    return ReviewPage(
        row=row,
        assessment=assessment,
        scheme=scheme,
        benchmark=scheme.benchmarks[number],
        editable=holds(actor, P.REVIEW, row)
        and assessment.state == State.IN_REVIEW
        and row.answer != Answer.NOT_APPLICABLE,
        saved=_saved(actor, row.saved_by, row.saved_at),
        note=_note(actor, row.private or []) if holds(actor, P.READ_PRIVATE, row) else None,
        places=tuple(
            Place(
                one["number"],
                scheme.benchmarks[one["number"]].title,
                STEPS[one["progress"]],
                one["number"] == number,
            )
            for one in row.places
        ),
    )


def _saved_by(model: Any) -> Subquery:
    """Who saved a row last, as id and name."""
    past = model.history.model.objects.filter(id=OuterRef("pk")).exclude(history_type="-")
    if model is Review:
        # It was made when the cycle was opened.
        past = past.filter(history_type="~")
    return Subquery(
        past.order_by("-history_date", "-history_id").values(
            json=JSONObject(id="history_user", name="history_user__name")
        )[:1]
    )


def _private(notes: QuerySet[PrivateNote]) -> QuerySet[Any]:
    """Private notes as plain values. What :func:`_note` takes."""
    return (
        notes.order_by()
        .annotate(saved_by=_saved_by(PrivateNote))
        .values(json=JSONObject(text="text", version="version", saved_at="saved_at", saved_by="saved_by"))
    )


def _note(actor: Actor, found: list[dict[str, Any]]) -> Note:
    if not found:
        return Note()
    (one,) = found
    at = datetime.fromisoformat(one["saved_at"])
    return Note(one["text"], one["version"], _saved(actor, one["saved_by"], at))


def _saved(actor: Actor, by: Mapping[str, Any] | None, at: datetime | None) -> Saved:
    """Who saved, of the id and name that :func:`_saved_by` found."""
    who = by or {"id": None, "name": ""}
    is_own = who["id"] is not None and who["id"] == actor.id
    return Saved("" if is_own else who["name"] or "", at, is_own)


def _asked(page: ReviewPage) -> tuple[Asked, ...]:
    # An answer that was not sent is the authority's own, also after a withdrawal.
    return tuple(
        Asked(
            text=one["text"],
            due=date.fromisoformat(one["due"]),
            asked_at=datetime.fromisoformat(one["asked_at"]),
            answer=one["answer"] if one["sent"] else "",
            answered_at=datetime.fromisoformat(one["answered_at"]) if one["sent"] and one["answered_at"] else None,
            id=one["id"],
        )
        for one in page.row.asked
    )


def _news(row: Any, asked: tuple[Asked, ...]) -> tuple[str, ...]:
    """What the authority did since the review was saved, in words. Nothing is new before it was."""
    if row.saved_at is None:
        return ()
    found = []
    if row.own_saved_at and row.own_saved_at > row.saved_at:
        found.append(_("The authority has changed its answer since the review was last saved."))
    if any(one.answered_at and one.answered_at > row.saved_at for one in asked):
        found.append(_("The authority has answered a question since the review was last saved."))
    if row.has_new_evidence:
        found.append(_("The authority has added evidence since the review was last saved."))
    return tuple(found)


@dataclass(frozen=True)
class NoteOn:
    """The private note on one benchmark, to read."""

    number: int
    title: str
    note: Note


@dataclass(frozen=True)
class NotesPage:
    """The Home Office's own notes on an assessment: on the whole, and on its benchmarks."""

    assessment: Assessment
    whole: Note
    notes: tuple[NoteOn, ...]
    editable: bool
    has_pages: bool
    """Whether the benchmarks can be read side by side: something is submitted."""


def notes_page(actor: Actor, assessment_id: int, *, to_write: bool = False) -> NotesPage:
    """Every private note, for whoever may read them, or may write them too. Two queries.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    permissions = WRITERS_OF_NOTES if to_write else P.READ_PRIVATE
    assessment = fetch(actor, permissions, Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    rows: Any = visible(actor, PrivateNote).filter(assessment=assessment).annotate(by=_saved_by(PrivateNote))
    found = {
        row.benchmark_id: Note(row.text, row.version, _saved(actor, row.by, row.saved_at)) for row in rows.order_by()
    }
    return NotesPage(
        assessment=assessment,
        whole=found.get(None, Note()),
        notes=tuple(
            NoteOn(one.number, one.title, found[one.id])
            for one in scheme.benchmarks.values()
            if one.id in found and found[one.id].text
        ),
        editable=assessment.state != State.WITHDRAWN and holds(actor, WRITERS_OF_NOTES, assessment),
        has_pages=assessment.state not in EDITABLE_STATES,
    )
