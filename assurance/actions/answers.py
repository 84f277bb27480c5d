"""What an authority writes: its answers on the benchmarks, and its submission."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger, outbox, text
from assurance.access import Actor, Forbidden, fetch, may_answer
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import (
    Assessment,
    Draft,
    Event,
    SelfAssessment,
)
from assurance.vocabulary import (
    EDITABLE_STATES,
    Answer,
    Audience,
    CycleState,
    EventKind,
    Mark,
    Permission,
    State,
)
from assurance.workflow import ASSESSMENT, move, perform
from assurance.years import year_of
from benchmarks.catalogue import SchemeText, scheme_text


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What an authority says on one benchmark, all of it: what a form, a workbook or last year hands in.

    ``level_code`` is None for not yet answered. ``marks`` and ``notes`` are by criterion id; a criterion of which
    nothing is said is not there. ``reason`` is why the outcome is not the one that the marks suggest.
    """

    level_code: str | None = None
    evidence: str = ""
    reason: str = ""
    marks: Mapping[int, str] = field(default_factory=dict)
    notes: Mapping[int, str] = field(default_factory=dict)


def save_answer(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    number: int,
    version: int,
    reply: Reply,
    checked: bool = True,
) -> SelfAssessment:
    """Save the authority's answer on one benchmark, and start the assessment if this is its first.

    The person's own draft of it goes, because it is now saved.

    Args:
        version: of the answer as the person saw it.
        checked: whether the person confirms what was brought in from last year. Without it, what needs
            re-checking goes on needing it.

    Raises:
        Stale: somebody saved something else since; nothing is overwritten.
        NotEditable: the assessment is submitted, the cycle is closed, or the benchmark is not scored.
        Unfit: the level, a criterion or a text does not fit.
    """
    with transaction.atomic():
        row = fetch(
            by,
            (Permission.EDIT_ANSWERS, Permission.EDIT_GIVEN),
            SelfAssessment,
            lock=("self", "assessment"),
            related=("assessment__cycle",),
            assessment_id=assessment_id,
            benchmark__number=number,
        )
        if not may_answer(by, row):
            raise Forbidden(Permission.EDIT_GIVEN)
        assessment = row.assessment
        assessment.authority = row.authority
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        if not open_to_answers(row):
            raise NotEditable(assessment)
        wanted = kept(reply, scheme, number) | {"needs_rechecking": row.needs_rechecking and not checked}
        if row.version != version:
            if all(getattr(row, name) == value for name, value in wanted.items()):
                return row
            raise Stale(row)
        if assessment.state == State.NOT_STARTED:
            move(ASSESSMENT, assessment, "start", by=by, at=at)
        before = row.level_id
        put(row, wanted, at)
        ledger.save(row, by=by, at=at)
        Draft.objects.filter(self_assessment=row, person_id=by.id).delete()
        ledger.event(
            EventKind.ANSWERED,
            by=by,
            at=at,
            authority=assessment.authority,
            assessment=assessment,
            detail=outcome_detail(scheme, number, before, row.level_id),
            audience=Audience.AUTHORITY,
        )
    return row


def kept(reply: Reply, scheme: SchemeText, number: int) -> dict[str, Any]:
    """A reply as the fields of a record. Raises :class:`Unfit` at the field that does not fit."""
    answer, level_id = outcome(scheme, reply.level_code)
    criteria = scheme.benchmarks[number].criterion_ids if scheme.is_checklist else frozenset[int]()
    for one in (*reply.marks, *reply.notes):
        if one not in criteria:
            raise Unfit("marks", _("Choose criteria of this benchmark"))
    for one, mark in reply.marks.items():
        if mark not in Mark.values:
            raise Unfit(f"mark_{one}", _("Choose met, partly or not yet"))
    notes = {
        one: fitting(note, f"note_{one}", longest=text.NOTE, addresses=True)
        for one, note in sorted(reply.notes.items())
    }
    return {
        "answer": answer,
        "level_id": level_id,
        "evidence": fitting(reply.evidence, "evidence", longest=text.EVIDENCE, addresses=True),
        "reason": fitting(reply.reason, "reason", longest=text.REASON, addresses=True),
        "marks": {str(one): str(mark) for one, mark in sorted(reply.marks.items())},
        "notes": {str(one): note for one, note in notes.items() if note},
    }


def put(row: SelfAssessment, fields: Mapping[str, Any], at: datetime) -> None:
    """Set what :func:`kept` gives, with ``needs_rechecking``, as the next version of the answer."""
    row.answer, row.level_id = fields["answer"], fields["level_id"]
    row.evidence, row.reason = fields["evidence"], fields["reason"]
    row.marks, row.notes = fields["marks"], fields["notes"]
    row.needs_rechecking = fields["needs_rechecking"]
    row.version += 1
    row.saved_at = at


def answers_version(rows: Iterable[SelfAssessment]) -> int:
    """How far the answers have come: the sum of their versions, which rises with every save of any of them."""
    return sum(row.version for row in rows)


def submit(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    declaration: str,
    version: int | None = None,
    seen: int | None = None,
) -> Assessment:
    """Submit with a declaration, given in the words that were agreed to; empty refuses. E-mail says so on both sides.

    The submission gets a reference (see :func:`reference`); one that follows a recall gets the next number.

    Args:
        seen: :func:`answers_version` of what the person read before declaring; None for as they stand.

    Raises:
        Stale: an answer was saved since; nobody declares what they have not read.
    """
    with transaction.atomic():
        assessment = fetch(by, Permission.SUBMIT, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
        # Whoever saves an answer holds the assessment's row, so nothing can come in between now.
        if seen not in (None, answers_version(SelfAssessment.objects.filter(assessment=assessment))):
            raise Stale(assessment)
        before = Event.objects.filter(assessment=assessment, kind=EventKind.TRANSITION, name="submit").count()
        changes = {
            "submitted_at": at,
            "submitted_by": by.user,
            "declaration": declaration,
            "reference": reference(assessment, before + 1),
        }
        move(
            ASSESSMENT,
            assessment,
            "submit",
            by=by,
            at=at,
            version=version,
            given={"declaration": declaration},
            changes=changes,
        )
        outbox.submitted(assessment, by=by, at=at)
    return assessment


def reference(assessment: Assessment, number: int) -> str:
    """What to quote of a submission: SA, the year, the assessment's number and which submission of it this is.

    Such as SA-2025-26-1042-1. The assessment's number makes it unique, whatever its cycle is called; a recall takes
    the reference away, and the next submission counts on, so that no two texts ever had the same one. Its cycle must
    have been read.
    """
    year = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in year_of(assessment.cycle.name)).split())
    return "-".join(part for part in ("SA", year[:12].strip("-"), str(assessment.pk), str(number)) if part)


def recall(*, by: Actor, at: datetime, assessment_id: int, version: int | None = None) -> Assessment:
    """Take a submission back before its review begins."""
    return perform(
        ASSESSMENT,
        assessment_id,
        "recall",
        by=by,
        at=at,
        version=version,
        changes={"submitted_at": None, "submitted_by": None, "declaration": "", "reference": ""},
    )


def outcome(scheme: SchemeText, level_code: str | None) -> tuple[Answer, int | None]:
    """A level code as the pair that a record keeps. Raises :class:`Unfit` for a level that the scale lacks."""
    if level_code is None:
        return Answer.UNANSWERED, None
    level = scheme.level(level_code)
    if level is None:
        raise Unfit("level", _("Choose one of the outcomes"))
    return Answer.OUTCOME, level.id


def outcome_detail(scheme: SchemeText, number: int, before: int | None, after: int | None) -> dict[str, Any]:
    """What an event says of an outcome: its benchmark, and the labels it moved between if it moved."""
    detail: dict[str, Any] = {"benchmark": number}
    if before != after:
        old, new = scheme.level_by_id(before), scheme.level_by_id(after)
        detail |= {"from": old.label if old else "", "to": new.label if new else ""}
    return detail


def outcome_label(scheme: SchemeText, answer: str, level_id: int | None) -> str:
    """An outcome in words: its level, or which of the three kinds of none it is."""
    level = scheme.level_by_id(level_id)
    return level.label if level else str(Answer(answer).label)


def fitting(value: str, field: str, longest: int = text.LETTER_TEXT, *, addresses: bool = False) -> str:
    """The text, cleaned. Raises :class:`Unfit` at ``field`` when it cannot be kept."""
    cleaned = text.clean(value)
    if found := text.problems(cleaned, longest, addresses=addresses):
        raise Unfit(field, found[0])
    return cleaned


def open_to_answers(row: SelfAssessment) -> bool:
    """Whether the row can be answered now: cycle open, not submitted, and scored in this cycle.

    A benchmark that the cycle does not score was marked not applicable when the cycle opened.
    """
    assessment = row.assessment
    return (
        assessment.state in EDITABLE_STATES
        and assessment.cycle.state == CycleState.OPEN
        and row.answer != Answer.NOT_APPLICABLE
    )
