"""What the adviser and the authority agree when they meet: points noted while they speak, and taken into the review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting, outcome, outcome_detail
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, MeetingPoint, Review
from assurance.vocabulary import Answer, Audience, EventKind, Permission, State
from benchmarks.catalogue import SchemeText, scheme_text

MOST = 200
"""Points of one assessment: what is more was not noted in a meeting."""


@dataclass(frozen=True)
class Agreed:
    """What both came to: words, an outcome of the benchmark by its level code (None for none), or both."""

    text: str = ""
    level_code: str | None = None


def note_point(*, by: Actor, at: datetime, assessment_id: int, number: int | None, agreed: Agreed) -> MeetingPoint:
    """Note something that was agreed on a benchmark, or on the whole (None). The authority sees it once proposed.

    Raises:
        NotEditable: the assessment is not in review, or the benchmark is not scored.
        Unfit: nothing is said, a text or an outcome does not fit, or there are :data:`MOST` points.
    """
    with transaction.atomic():
        assessment = fetch(by, Permission.REVIEW, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
        if assessment.state != State.IN_REVIEW:
            raise NotEditable(assessment)
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        if number is not None and number not in scheme.benchmarks:
            raise Unfit("text", _("Choose a benchmark of this scheme"))
        if assessment.meeting_points.count() >= MOST:
            raise Unfit("text", _("There are %(most)s points already. Change one of these") % {"most": MOST})
        text, level_id = _fitting(scheme, number, agreed)
        row = MeetingPoint(
            authority=assessment.authority,
            assessment=assessment,
            benchmark_id=scheme.benchmarks[number].id if number is not None else None,
            level_id=level_id,
            text=text,
            noted_at=at,
        )
        ledger.save(row, by=by, at=at)
        _event(row, "noted", number, by, at)
    return row


def change_point(
    *, by: Actor, at: datetime, assessment_id: int, point_id: int, version: int, agreed: Agreed
) -> MeetingPoint:
    """Change a point that was noted.

    Raises:
        Stale: somebody changed it since; nothing is overwritten.
        NotEditable: the assessment is not in review.
        Unfit: as :func:`note_point`.
    """
    with transaction.atomic():
        row, scheme, number = _fetch(by, assessment_id, point_id)
        wanted = _fitting(scheme, number, agreed)
        if wanted == (row.text, row.level_id):
            return row
        if row.version != version:
            raise Stale(row)
        row.text, row.level_id = wanted
        row.version += 1
        ledger.save(row, by=by, at=at)
        _event(row, "changed", number, by, at)
    return row


def remove_point(*, by: Actor, at: datetime, assessment_id: int, point_id: int, version: int) -> None:
    """Take a point away that was not agreed after all. Its history stays.

    Raises:
        Stale, NotEditable: as :func:`change_point`.
    """
    with transaction.atomic():
        row, _scheme, number = _fetch(by, assessment_id, point_id)
        if row.version != version:
            raise Stale(row)
        _event(row, "removed", number, by, at)
        ledger.delete_many(MeetingPoint, [row], by=by, at=at)


def take_over(*, by: Actor, at: datetime, assessment_id: int, point_id: int, version: int) -> Review:
    """Make the outcome that both came to the adviser's own. Every text of the review stays as it is.

    Args:
        version: of the review as the person saw it.

    Raises:
        Stale: somebody saved the review since; ``current`` is the review, and nothing is overwritten.
        NotEditable: the assessment is not in review, or the benchmark is not scored.
        Unfit: the point names no outcome.
    """
    with transaction.atomic():
        point, scheme, number = _fetch(by, assessment_id, point_id)
        if point.level_id is None or number is None:
            raise Unfit("level", _("This point names no outcome"))
        row = fetch(
            by,
            Permission.REVIEW,
            Review,
            lock=("self",),
            related=("assessment__cycle",),
            assessment_id=assessment_id,
            benchmark__number=number,
        )
        if row.answer == Answer.NOT_APPLICABLE:
            raise NotEditable(row.assessment)
        if row.level_id == point.level_id:
            return row
        if row.version != version:
            raise Stale(row)
        detail = outcome_detail(scheme, number, row.level_id, point.level_id)
        row.answer, row.level_id = Answer.OUTCOME, point.level_id
        row.version += 1
        row.saved_at = at
        ledger.save(row, by=by, at=at)
        ledger.event(
            EventKind.REVIEWED,
            by=by,
            at=at,
            authority=row.authority,
            assessment=row.assessment,
            name="meeting",
            detail=detail,
            audience=Audience.HOME_OFFICE,
        )
    return row


def _fitting(scheme: SchemeText, number: int | None, agreed: Agreed) -> tuple[str, int | None]:
    """What was agreed as it is kept. Raises :class:`Unfit` for what does not fit, or for nothing at all."""
    text = fitting(agreed.text, "text", addresses=True)
    if agreed.level_code is not None and number is None:
        raise Unfit("level", _("Only a benchmark has an outcome"))
    _answer, level_id = outcome(scheme, agreed.level_code)
    if not text and level_id is None:
        raise Unfit("text", _("Enter what was agreed, or choose an outcome") if number else _("Enter what was agreed"))
    return text, level_id


def _fetch(by: Actor, assessment_id: int, point_id: int) -> tuple[MeetingPoint, SchemeText, int | None]:
    """A point to change, locked with its assessment, and the number of its benchmark."""
    row = fetch(
        by,
        Permission.REVIEW,
        MeetingPoint,
        lock=("self", "assessment"),
        related=("assessment__cycle", "benchmark"),
        pk=point_id,
        assessment_id=assessment_id,
    )
    if row.assessment.state != State.IN_REVIEW:
        raise NotEditable(row.assessment)
    row.assessment.authority = row.authority
    scheme = scheme_text(row.assessment.cycle.scheme_version_id)
    return row, scheme, row.benchmark.number if row.benchmark else None


def _event(row: MeetingPoint, what: str, number: int | None, by: Actor, at: datetime) -> None:
    ledger.event(
        EventKind.MEETING,
        by=by,
        at=at,
        authority=row.authority,
        assessment=row.assessment,
        name=what,
        detail={"point": row.pk} | ({"benchmark": number} if number is not None else {}),
        audience=Audience.HOME_OFFICE,
    )
