"""The only way to write: every change goes down with its history, and every movement with its event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Model
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from assurance.access import Actor
from assurance.models import Assessment, Authority, Event, Programme, ReferenceEvent
from assurance.vocabulary import Audience, EventKind

Record = TypeVar("Record", bound=Model)
Happened = tuple[EventKind, dict[str, Any]]
"""What else happened in the same movement, and its detail."""


def save(record: Record, *, by: Actor, at: datetime, reason: str = "") -> Record:
    """Save a record with a line of its history: two statements."""
    _sign(record, by, at, reason)
    record.save()
    return record


def create_many(
    model: type[Record], records: Sequence[Record], *, by: Actor, at: datetime, reason: str = ""
) -> list[Record]:
    """Create many records with their history in a few statements, however many they are."""
    return bulk_create_with_history(
        list(records),
        model,
        batch_size=1000,
        default_user=by.user,
        default_change_reason=reason or None,
        default_date=at,
    )


def save_many(model: type[Record], records: Sequence[Record], *, by: Actor, at: datetime, reason: str = "") -> None:
    """Save changes to many records with their history in two statements. Every field but the key is written."""
    bulk_update_with_history(
        list(records),
        model,
        [field.name for field in model._meta.concrete_fields if not field.primary_key],
        batch_size=1000,
        default_user=by.user,
        default_change_reason=reason or None,
        default_date=at,
    )


def delete_many(model: type[Record], records: Sequence[Record], *, by: Actor, at: datetime, reason: str = "") -> None:
    """Delete many records in two statements; their history stays and says who and why."""
    past = model.history.model  # type: ignore[attr-defined]
    past.objects.bulk_create(
        [
            past(
                history_date=at,
                history_user=by.user,
                history_change_reason=reason or None,
                history_type="-",
                **{field.attname: getattr(record, field.attname) for field in past.tracked_fields},
            )
            for record in records
        ],
        batch_size=1000,
    )
    rows = model._default_manager.filter(pk__in=[record.pk for record in records])
    # Without signals: the history above is already written, and a delete by signal would write it once more.
    rows._raw_delete(rows.db)  # type: ignore[attr-defined]


def event(
    kind: EventKind,
    *,
    by: Actor,
    at: datetime,
    authority: Authority,
    assessment: Assessment | None = None,
    name: str = "",
    from_state: str = "",
    to_state: str = "",
    reason: str = "",
    detail: dict[str, Any] | None = None,
    audience: Audience = Audience.BOTH,
    also: Sequence[Happened] = (),
) -> Event:
    """Write that something happened to an authority's record. ``detail`` is JSON-able and names no text.

    ``also`` is what happened with it, after it and for the same readers: one statement for all.
    """
    common: dict[str, Any] = {
        "at": at,
        "person": by.user,
        "person_name": by.name,
        "authority": authority,
        "assessment": assessment,
        "audience": audience,
    }
    first = Event(
        kind=kind,
        name=name,
        from_state=from_state,
        to_state=to_state,
        reason=reason,
        detail=detail or {},
        **common,
    )
    Event.objects.bulk_create([first, *(Event(kind=what, detail=more, **common) for what, more in also)])
    return first


def events(
    kind: EventKind,
    assessments: Sequence[Assessment],
    *,
    by: Actor,
    at: datetime,
    name: str = "",
    to_state: str = "",
    detail: dict[str, Any] | None = None,
    audience: Audience = Audience.BOTH,
) -> None:
    """Write the same event for many assessments in one statement."""
    Event.objects.bulk_create(
        [
            Event(
                kind=kind,
                at=at,
                name=name,
                to_state=to_state,
                person=by.user,
                person_name=by.name,
                authority=one.authority,
                assessment=one,
                detail=detail or {},
                audience=audience,
            )
            for one in assessments
        ],
        batch_size=1000,
    )


def events_on(
    assessment: Assessment,
    happened: Sequence[Happened],
    *,
    by: Actor,
    at: datetime,
    audience: Audience = Audience.BOTH,
) -> None:
    """Write what happened to one assessment, each with its detail, in one statement."""
    Event.objects.bulk_create(
        [
            Event(
                kind=kind,
                at=at,
                person=by.user,
                person_name=by.name,
                authority=assessment.authority,
                assessment=assessment,
                detail=detail,
                audience=audience,
            )
            for kind, detail in happened
        ],
        batch_size=1000,
    )


def reference_event(
    kind: EventKind,
    *,
    by: Actor,
    at: datetime,
    programme: Programme | None = None,
    name: str = "",
    reason: str = "",
    detail: dict[str, Any] | None = None,
) -> ReferenceEvent:
    """Write that something happened to what all share."""
    return ReferenceEvent.objects.create(
        kind=kind,
        name=name,
        at=at,
        person=by.user,
        person_name=by.name,
        programme=programme,
        reason=reason,
        detail=detail or {},
    )


def _sign(record: Any, by: Actor, at: datetime, reason: str) -> None:
    record._history_user = by.user
    record._history_date = at
    record._change_reason = reason or None
