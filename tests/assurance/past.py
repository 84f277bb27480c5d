"""A long past, written straight into the tables: many events, and many versions of a text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from assurance.models import Assessment, Event, SelfAssessment
from assurance.vocabulary import Audience, EventKind
from tests.universe import Universe, all_rows


def many_events(universe: Universe, assessment: Assessment, count: int) -> None:
    """As many events on as many moments, by the lead and by the adviser in turns."""
    people = (universe.lead, universe.adviser)
    with all_rows():
        Event.objects.bulk_create(
            Event(
                authority=universe.alder,
                assessment=assessment,
                kind=(EventKind.ANSWERED, EventKind.REVIEWED)[index % 2],
                at=universe.at + timedelta(hours=index),
                person=people[index % 2],
                person_name=people[index % 2].name,
                detail={"benchmark": 1 + index % 8, "from": "Met", "to": "Exceeding"},
                audience=(Audience.AUTHORITY, Audience.HOME_OFFICE)[index % 2],
            )
            for index in range(count)
        )


def many_versions(universe: Universe, assessment: Assessment, count: int) -> None:
    """As many versions of the evidence on benchmark 2, each a word away from the last."""
    words = "We asked every partner what had changed and wrote it down. " * 300
    with all_rows():
        row = SelfAssessment.objects.get(assessment=assessment, benchmark__number=2)
        past: Any = SelfAssessment.history.model
        fields = {field.attname: getattr(row, field.attname) for field in past.tracked_fields} | {"evidence": ""}
        past.objects.bulk_create(
            past(
                **fields | {"evidence": f"{words[:9000]} {number} {words[9000:]}", "version": number},
                history_date=universe.at + timedelta(minutes=number),
                history_user=universe.lead,
                history_type="~",
            )
            for number in range(1, count)
        )
