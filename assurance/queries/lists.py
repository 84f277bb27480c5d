"""What the pages that list assessments read. Their cost does not grow with the list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, IntegerField, Q, Value, When
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, require_anywhere, visible
from assurance.models import Assessment, Cycle, SelfAssessment
from assurance.queries.assessments import waits
from assurance.vocabulary import HOME_OFFICE_ROLES, Answer, CycleState, Permission, Role, State

PAGE_SIZE = 50

URGENCY = {
    State.SUBMITTED: 0,
    State.DISPUTED: 1,
    State.IN_REVIEW: 2,
    State.AGREED: 3,
    State.CLARIFICATION: 4,
    State.PROPOSED: 5,
    State.IN_PROGRESS: 6,
    State.NOT_STARTED: 7,
    State.WITHDRAWN: 8,
}


@dataclass(frozen=True)
class Entry:
    """One assessment in a list."""

    assessment: Assessment
    answered: int
    scored: int
    waits_on: StrOrPromise
    due: date | None
    days: int
    overdue: bool


@dataclass(frozen=True)
class Filters:
    """What a person narrows the list by; empty means all."""

    cycle: int | None = None
    state: str = ""
    region: str = ""
    search: str = ""


@dataclass(frozen=True)
class Listing:
    """A page of a list with what its filters can choose from."""

    page: Page[Any]
    entries: tuple[Entry, ...]
    cycles: tuple[Cycle, ...]
    regions: tuple[str, ...]
    filters: Filters


def only_signs(actor: Actor) -> bool:
    """Whether the letters that wait for a signature are all that the actor comes for."""
    return actor.roles() == {Role.SIGNATORY}


def is_home_office(actor: Actor) -> bool:
    """Whether the actor's first page is the list of many authorities."""
    return bool(actor.roles() & HOME_OFFICE_ROLES)


def assessments(actor: Actor, filters: Filters, page: int, today: date) -> Listing:
    """Assessments that the actor follows, the most urgent first. Five queries, whatever the length.

    Raises:
        Forbidden: the actor follows no authority for the Home Office.
    """
    require_anywhere(actor, Permission.READ_PROGRESS)
    rows = visible(actor, Assessment)
    available_cycles = tuple(Cycle.objects.filter(pk__in=rows.order_by().values("cycle")).select_related("programme"))
    regions = tuple(rows.order_by("authority__region").values_list("authority__region", flat=True).distinct())
    cycle = filters.cycle if filters.cycle in {one.pk for one in available_cycles} else None
    if cycle is not None:
        rows = rows.filter(cycle_id=cycle)
    if filters.state:
        rows = rows.filter(state=filters.state)
    if filters.region:
        rows = rows.filter(authority__region=filters.region)
    if filters.search:
        rows = rows.filter(Q(authority__name__icontains=filters.search) | Q(authority__gss_code__iexact=filters.search))
    urgency = _urgency()
    ordered = rows.select_related("authority", "cycle").order_by(
        _open_first(), urgency, "state_since", "-cycle__name", "authority__name", "pk"
    )
    found = Paginator(ordered, PAGE_SIZE).get_page(page)
    return Listing(found, _entries(found, today), available_cycles, regions, filters)


def _open_first() -> Any:
    return Case(When(cycle__state=CycleState.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())


def _urgency() -> Any:
    return Case(
        *(When(state=state, then=Value(place)) for state, place in URGENCY.items()), output_field=IntegerField()
    )


def _progress(rows: Iterable[Assessment]) -> dict[int, tuple[int, int]]:
    """How many benchmarks have an outcome and how many are scored, by assessment: never what was answered."""
    counted = (
        SelfAssessment.objects.filter(assessment__in=[row.pk for row in rows])
        .order_by()
        .values("assessment")
        .annotate(
            answered=Count("pk", filter=Q(answer=Answer.OUTCOME)),
            scored=Count("pk", filter=~Q(answer=Answer.NOT_APPLICABLE)),
        )
    )
    return {row["assessment"]: (row["answered"], row["scored"]) for row in counted}


def _entries(rows: Iterable[Assessment], today: date) -> tuple[Entry, ...]:
    rows = list(rows)
    progress = _progress(rows)
    return tuple(_entry(row, *progress.get(row.pk, (0, 0)), today) for row in rows)


def _entry(row: Assessment, answered: int, scored: int, today: date) -> Entry:
    waits_on, due = waits(row)
    return Entry(
        assessment=row,
        answered=answered,
        scored=scored,
        waits_on=waits_on,
        due=due,
        days=max((today - row.state_since.date()).days, 0),
        overdue=due is not None and due < today and row.state != State.WITHDRAWN,
    )


STATE_COLOURS: Mapping[str, str] = {
    State.NOT_STARTED: "grey",
    State.IN_PROGRESS: "yellow",
    State.SUBMITTED: "turquoise",
    State.IN_REVIEW: "blue",
    State.CLARIFICATION: "orange",
    State.PROPOSED: "purple",
    State.DISPUTED: "red",
    State.AGREED: "green",
    State.WITHDRAWN: "grey",
}
