"""Second readings: pulling a sample or a single assessment, and recording what the reader found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import ledger, outbox
from assurance.access import Actor, Forbidden, fetch, require_anywhere, visible
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.insights import sampling
from assurance.models import Assessment, SecondReading, User
from assurance.queries import readings as read
from assurance.vocabulary import Audience, EventKind, Permission, ReadingResult

ASKED = "asked"
"""What the event is called when a second reading is asked for; the others are called as their result is."""


def pull_sample(
    *,
    by: Actor,
    at: datetime,
    cycle_id: int,
    wanted: str,
    seed: str,
    seen: Sequence[int],
    reader_id: int,
    due_on: date | None = None,
) -> list[SecondReading]:
    """Have a drawn sample read. The seed is kept with each event, so that anybody can draw it again.

    Args:
        wanted: how many, as a number or a share such as "10%".
        seen: ids of the assessments that the person saw drawn, in order.
        reader_id: who is asked.

    Raises:
        Forbidden: the actor pulls no samples, or names assessments that they do not see.
        Stale: the seed draws others by now; ``current`` is nothing, the sample has to be looked at again.
        Unfit: the number, the reader or the day does not fit.
    """
    require_anywhere(by, Permission.SECOND_READ)
    with transaction.atomic():
        if visible(by, Assessment).filter(pk__in=seen).count() < len(set(seen)):
            raise Forbidden(Permission.SECOND_READ)
        found = read.pool(by, cycle_id, lock=True)
        count = sampling.how_many(wanted, len(found))
        if count is None:
            raise Unfit("how_many", _("Enter a number, or a share such as 10%"))
        drawn = read.sample(found, count, seed, read.advisers(found, timezone.localdate(at)))
        if not drawn or sorted(one.pk for one in drawn) != sorted(seen):
            raise Stale(None)
        detail = {"seed": seed, "drawn": len(drawn), "from": len(found)}
        return _ask(drawn, detail, reader_id, due_on, by, at)


def pull(*, by: Actor, at: datetime, assessment_id: int, reader_id: int, due_on: date | None = None) -> SecondReading:
    """Have one assessment read a second time.

    Raises:
        NotEditable: it is not under review, its letter is on its way, or a second reading waits already.
        Unfit: the reader or the day does not fit.
    """
    with transaction.atomic():
        assessment = fetch(by, Permission.SECOND_READ, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
        waits = SecondReading.objects.filter(assessment=assessment, result="").exists()
        if waits or not read.may_be_pulled(assessment):
            raise NotEditable(assessment)
        (reading,) = _ask([assessment], {}, reader_id, due_on, by, at)
    return reading


def record_result(*, by: Actor, at: datetime, reading_id: int, version: int, result: str, note: str) -> SecondReading:
    """Say what was found. A query stays a warning until somebody overrules it, or a new reading finds all sound.

    Raises:
        Forbidden: the reading is another's, and the actor is no manager there.
        Stale: somebody recorded a result since; ``current`` has it.
        Unfit: there is no result, or a query that does not say what it is.
    """
    with transaction.atomic():
        row = fetch(
            by, Permission.OVERRULE, SecondReading, lock=("self",), related=("assessment", "reader"), pk=reading_id
        )
        if not read.may_record(by, row):
            raise Forbidden(Permission.SECOND_READ)
        if result not in ReadingResult.values:
            raise Unfit("result", _("Say whether it is sound, or whether you have a query"))
        kept = fitting(note, "note", addresses=True)
        if result == ReadingResult.QUERIED and not kept:
            raise Unfit("note", _("Say what your query is"))
        if row.result or row.version != version:
            if (row.result, row.note) == (result, kept):
                return row
            raise Stale(row)
        row.result, row.note, row.read_at = result, kept, at
        row.version += 1
        ledger.save(row, by=by, at=at, reason=result)
        row.assessment.authority = row.authority
        ledger.event(
            EventKind.SECOND_READING,
            by=by,
            at=at,
            authority=row.authority,
            assessment=row.assessment,
            name=result,
            detail={"reading": row.pk},
            audience=Audience.HOME_OFFICE,
        )
    return row


def _ask(
    assessments: Sequence[Assessment],
    detail: dict[str, object],
    reader_id: int,
    due_on: date | None,
    by: Actor,
    at: datetime,
) -> list[SecondReading]:
    """Create the readings, with their history, events, and an e-mail to a reader who is somebody else."""
    if by.user is None:
        raise Forbidden(Permission.SECOND_READ)
    if due_on is not None and due_on < timezone.localdate(at):
        raise Unfit("due_on", _("The date must be today or later"))
    reader = _reader(assessments, reader_id, timezone.localdate(at), by)
    rows = ledger.create_many(
        SecondReading,
        [
            SecondReading(
                authority=one.authority,
                assessment=one,
                asked_by=by.user,
                asked_at=at,
                reader=reader,
                due_on=due_on,
            )
            for one in assessments
        ],
        by=by,
        at=at,
        reason=ASKED,
    )
    told = {"reader": reader.pk, **detail}
    ledger.events(
        EventKind.SECOND_READING,
        assessments,
        by=by,
        at=at,
        name=ASKED,
        detail=told,
        audience=Audience.HOME_OFFICE,
    )
    outbox.second_reading_asked(reader, assessments, by=by, at=at, key=str(rows[0].pk))
    return rows


def _reader(assessments: Sequence[Assessment], reader_id: int, on: date, by: Actor) -> User:
    if any(one.pk == reader_id for one in read.readers(assessments, on)):
        return by.user if by.user and by.id == reader_id else User.objects.get(pk=reader_id)
    raise Unfit("reader", _("Choose somebody who may read these reviews and wrote none of them"))
