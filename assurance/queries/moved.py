"""How a record came to be where it is, for whoever finds that somebody else was quicker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, visible
from assurance.models import Assessment, Event
from assurance.vocabulary import EventKind
from assurance.workflow import ASSESSMENT


@dataclass(frozen=True)
class Movement:
    """The last movement of an assessment: what it was, who made it and when, and where the assessment is read."""

    title: StrOrPromise
    who: str
    at: datetime
    href: str


def last_movement(actor: Actor, record: Any) -> Movement | None:
    """The last movement that the actor may know of; None for a record of another kind. One query."""
    if not isinstance(record, Assessment):
        return None
    moves = visible(actor, Event).filter(assessment=record.pk, kind=EventKind.TRANSITION)
    found = moves.order_by("-at", "-id").values_list("name", "person_name", "at").first()
    if found is None:
        return None
    name, who, at = found
    return Movement(ASSESSMENT.row(name).label, who, at, reverse("assessment", args=[record.pk]))
