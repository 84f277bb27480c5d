"""The life of an assessment as one table, and the engine that moves a record along such a table.

``perform`` is the only code that changes a state. ``available`` reads the same rows and draws the buttons, so that
page and rule cannot disagree. The life of a letter is a second table of the same kind, in ``letters.workflow``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance import ledger
from assurance.access import Actor, holds, require
from assurance.models import (
    AgreedOutcome,
    Assessment,
    FollowUp,
    FollowUpReview,
    GoodPractice,
    Question,
    Review,
    SelfAssessment,
)
from assurance.vocabulary import Answer, Audience, Basis, CycleState, EventKind, Permission, State


@dataclass(frozen=True)
class Obstacle:
    """Something that stands in the way, in words for the person, and the benchmark where it can be mended."""

    message: str
    benchmark: int | None = None


Guard = Callable[[Any, Actor], Sequence[Obstacle]]


def _no_guard(record: Any, actor: Actor) -> Sequence[Obstacle]:
    return ()


@dataclass(frozen=True)
class Row:
    """One transition.

    ``needs`` names what a person must hand over with it, such as a reason; ``permissions`` are any-of. A movement
    from a state in ``quiet_from`` is the Home Office's own: the authority does not hear of it, or of its reason.
    What is not ``offered`` belongs to something larger that is done on a page of its own.
    """

    name: str
    sources: frozenset[str]
    target: str
    permissions: tuple[Permission, ...]
    label: StrOrPromise
    guard: Guard = _no_guard
    needs: tuple[str, ...] = ()
    quiet_from: frozenset[str] = frozenset()
    offered: bool = True


@dataclass(frozen=True)
class Table:
    """A workflow: which model it moves, by which rows, and what kind of event a movement is."""

    model: type[Any]
    event_kind: EventKind
    rows: tuple[Row, ...]
    related: tuple[str, ...] = field(default=())

    def row(self, name: str) -> Row:
        """The row of a transition. Raises KeyError for a name that the table lacks."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)


class Refusal(Exception):
    """A movement that was refused. Nothing was changed."""


class Moved(Refusal):
    """The record is in a state from which this transition does not start: somebody was quicker."""

    def __init__(self, record: Any, row: Row) -> None:
        self.record = record
        self.row = row
        super().__init__(f"{row.name} does not start from {record.state}")


class Blocked(Refusal):
    """Something has to be done first. ``obstacles`` says what, all of it."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        self.obstacles = tuple(obstacles)
        super().__init__("; ".join(obstacle.message for obstacle in obstacles))


def perform(
    table: Table,
    record_id: int,
    name: str,
    *,
    by: Actor,
    at: datetime,
    version: int | None = None,
    given: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    then: Callable[[Any], None] | None = None,
    moving: Callable[[Any], Sequence[ledger.Happened]] | None = None,
) -> Any:
    """Move a record along the table: access, state, guard, change, history and event in one transaction.

    Args:
        version: of the record as the person saw it when they decided; None for as it stands.
        given: what the person handed over; everything that the row needs must be there and not empty.
        changes: further fields of the record to set with the movement.
        then: writes that belong to the movement, made while the row is locked.
        moving: the same, before the event of the movement is written; what it gives is written with the event, in
            one statement, after it and for the same readers.

    Returns:
        The record as it is after the movement.

    Raises:
        access.NotFound, access.Forbidden: as ``access.require``.
        Moved: the record is not in a state from which the transition starts, or was changed since it was seen.
        Blocked: the guard found obstacles, or something needed is missing.
    """
    with transaction.atomic():
        record = (
            table.model.objects.select_related("authority", *table.related)
            .select_for_update(of=("self",))
            .filter(pk=record_id)
            .first()
        )
        return move(
            table,
            record,
            name,
            by=by,
            at=at,
            version=version,
            given=given,
            changes=changes,
            then=then,
            moving=moving,
        )


def move(
    table: Table,
    record: Any,
    name: str,
    *,
    by: Actor,
    at: datetime,
    version: int | None = None,
    given: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    then: Callable[[Any], None] | None = None,
    moving: Callable[[Any], Sequence[ledger.Happened]] | None = None,
) -> Any:
    """As :func:`perform`, for a record whose row the caller has locked in the open transaction (None: not there)."""
    row = table.row(name)
    given = given or {}
    require(by, row.permissions, record)
    if record.state not in row.sources or version not in (None, record.version):
        raise Moved(record, row)
    obstacles = [*_missing(row, given), *row.guard(record, by)]
    if obstacles:
        raise Blocked(obstacles)
    before = record.state
    record.state = row.target
    record.state_since = at
    record.version += 1
    for key, value in (changes or {}).items():
        setattr(record, key, value)
    reason = str(given.get("reason", ""))
    ledger.save(record, by=by, at=at, reason=reason[:100] or name)
    happened = moving(record) if moving is not None else ()
    ledger.event(
        table.event_kind,
        by=by,
        at=at,
        authority=record.authority,
        assessment=record if isinstance(record, Assessment) else record.assessment,
        name=name,
        from_state=before,
        to_state=row.target,
        reason=reason,
        detail={"record": record.pk},
        audience=Audience.HOME_OFFICE if before in row.quiet_from else Audience.BOTH,
        also=happened,
    )
    if then is not None:
        then(record)
    return record


def available(table: Table, record: Any, actor: Actor) -> list[Row]:
    """The transitions that start from the record's state and that the actor may make on its pages. No query.

    Guards are not asked: a button whose guard objects leads to a page that says what is missing.
    """
    return [
        row
        for row in table.rows
        if row.offered and record.state in row.sources and holds(actor, row.permissions, record)
    ]


NEEDS = {
    "reason": gettext_lazy("Enter a reason"),
    "declaration": gettext_lazy("Confirm the declaration"),
    "questions": gettext_lazy("Ask at least one question, with a date"),
    "disputes": gettext_lazy("Give a reason for each benchmark that you dispute"),
}
"""What a missing need says, by its name."""


def _missing(row: Row, given: Mapping[str, Any]) -> list[Obstacle]:
    return [Obstacle(str(NEEDS[need])) for need in row.needs if not given.get(need)]


def _cycle_open(assessment: Assessment, actor: Actor) -> Sequence[Obstacle]:
    if assessment.cycle.state == CycleState.OPEN:
        return ()
    return [Obstacle(_("The cycle %(name)s is not open") % {"name": assessment.cycle.name})]


def _ready_to_submit(assessment: Assessment, actor: Actor) -> Sequence[Obstacle]:
    obstacles = list(_cycle_open(assessment, actor))
    rows = SelfAssessment.objects.filter(assessment=assessment, benchmark__in=scored_benchmarks(assessment))
    gaps = rows.exclude(~Q(evidence=""), answer=Answer.OUTCOME, needs_rechecking=False)
    for number, title, answer, evidence, rechecking in gaps.order_by("benchmark__number").values_list(
        "benchmark__number", "benchmark__title", "answer", "evidence", "needs_rechecking"
    ):
        named = {"number": number, "title": title}
        if answer != Answer.OUTCOME:
            obstacles.append(Obstacle(_("Benchmark %(number)s, %(title)s: choose your outcome") % named, number))
        if not evidence:
            obstacles.append(Obstacle(_("Benchmark %(number)s, %(title)s: enter your evidence") % named, number))
        if rechecking:
            message = _("Benchmark %(number)s, %(title)s: confirm what was brought in from last year")
            obstacles.append(Obstacle(message % named, number))
    return obstacles


def _every_question_answered(assessment: Assessment, actor: Actor) -> Sequence[Obstacle]:
    unanswered = Question.objects.filter(assessment=assessment, answered_at__isnull=True).count()
    if not unanswered:
        return ()
    return [Obstacle(_("Answer every question first: %(count)s left") % {"count": unanswered})]


def _ready_to_propose(assessment: Assessment, actor: Actor) -> Sequence[Obstacle]:
    obstacles = []
    rows = Review.objects.filter(assessment=assessment, benchmark__in=scored_benchmarks(assessment))
    gaps = rows.exclude(~Q(summary=""), answer=Answer.OUTCOME)
    for number, title, answer, summary in gaps.order_by("benchmark__number").values_list(
        "benchmark__number", "benchmark__title", "answer", "summary"
    ):
        named = {"number": number, "title": title}
        if answer != Answer.OUTCOME:
            obstacles.append(Obstacle(_("Benchmark %(number)s, %(title)s: choose an outcome") % named, number))
        if not summary:
            obstacles.append(Obstacle(_("Benchmark %(number)s, %(title)s: enter an Annex A summary") % named, number))
    return obstacles


def _no_issued_letter(assessment: Assessment, actor: Actor) -> Sequence[Obstacle]:
    if assessment.letter_issued_at is None:
        return ()
    return [Obstacle(_("A letter has been issued. Withdraw or correct the letter instead"))]


def _nothing_came_after(assessment: Assessment, actor: Actor) -> Sequence[Obstacle]:
    """Whether a record that a history import made still is as it was made. One query."""
    if assessment.history_import_id is None or not assessment.imported_digest:
        return [Obstacle(_("The record was not made by a history import"))]
    of_it = {"recommendation__assessment": OuterRef("pk")}
    found: Any = (
        Assessment.objects.filter(pk=assessment.pk)
        .order_by()
        .annotate(
            judged=Exists(AgreedOutcome.objects.filter(assessment=OuterRef("pk")).exclude(basis=Basis.IMPORTED)),
            answered=Exists(FollowUp.objects.filter(**of_it)) | Exists(FollowUpReview.objects.filter(**of_it)),
            shared=Exists(GoodPractice.objects.filter(assessment=OuterRef("pk"))),
        )
        .values("judged", "answered", "shared")
        .get()
    )
    reasons = (
        (bool(assessment.letter_state), _("There is a letter on it")),
        (found["judged"], _("Its outcomes were reviewed since")),
        (found["answered"], _("A later assessment answers its recommendations")),
        (found["shared"], _("Good practice was proposed from it")),
    )
    return [Obstacle(words) for applies, words in reasons if applies]


def _was_undone(assessment: Assessment, actor: Actor) -> Sequence[Obstacle]:
    if assessment.history_import_id is not None and not assessment.imported_digest:
        return ()
    return [Obstacle(_("Only a record whose import was undone can be imported again"))]


def scored_benchmarks(assessment: Assessment) -> Any:
    """Ids of the benchmarks that the assessment's cycle scores, as a subquery."""
    return assessment.cycle.benchmarks.filter(scored=True).values("benchmark_id")


ANY = frozenset(State) - {State.WITHDRAWN}
P = Permission
T = gettext_lazy

ASSESSMENT = Table(
    Assessment,
    EventKind.TRANSITION,
    related=("cycle",),
    rows=(
        Row("start", frozenset({State.NOT_STARTED}), State.IN_PROGRESS, (P.EDIT_ANSWERS, P.EDIT_GIVEN),
            T("Start"), _cycle_open),
        Row("submit", frozenset({State.IN_PROGRESS}), State.SUBMITTED, (P.SUBMIT,),
            T("Submit"), _ready_to_submit, ("declaration",)),
        Row("recall", frozenset({State.SUBMITTED}), State.IN_PROGRESS, (P.SUBMIT,),
            T("Recall"), _cycle_open),
        Row("begin_review", frozenset({State.SUBMITTED}), State.IN_REVIEW, (P.REVIEW,),
            T("Begin review")),
        Row("ask", frozenset({State.IN_REVIEW}), State.CLARIFICATION, (P.REVIEW,),
            T("Ask questions"), needs=("questions",)),
        Row("answer", frozenset({State.CLARIFICATION}), State.IN_REVIEW, (P.SUBMIT,),
            T("Send answers"), _every_question_answered),
        Row("propose", frozenset({State.IN_REVIEW}), State.PROPOSED, (P.REVIEW,),
            T("Propose outcomes"), _ready_to_propose),
        Row("accept", frozenset({State.PROPOSED}), State.AGREED, (P.AGREE,),
            T("Accept outcomes")),
        Row("dispute", frozenset({State.PROPOSED}), State.DISPUTED, (P.AGREE,),
            T("Dispute outcomes"), needs=("disputes",)),
        Row("reconsider", frozenset({State.DISPUTED}), State.IN_REVIEW, (P.REVIEW,),
            T("Reconsider")),
        Row("settle", frozenset({State.DISPUTED}), State.AGREED, (P.SETTLE,),
            T("Settle"), needs=("reason",)),
        Row("reopen", frozenset({State.AGREED}), State.IN_REVIEW, (P.SETTLE,),
            T("Reopen"), _no_issued_letter, ("reason",)),
        Row("withdraw", ANY, State.WITHDRAWN, (P.WITHDRAW,),
            T("Withdraw"), needs=("reason",)),
        Row("undo_import", frozenset({State.AGREED}), State.WITHDRAWN, (P.IMPORT_HISTORY,),
            T("Undo the import"), _nothing_came_after, ("reason",), offered=False),
        Row("import_again", frozenset({State.WITHDRAWN}), State.AGREED, (P.IMPORT_HISTORY,),
            T("Import again"), _was_undone, offered=False),
    ),
)  # fmt: skip
"""DESIGN section 5, row for row; and what becomes of records of earlier years that a history import made."""
