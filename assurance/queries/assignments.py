"""What the pages on assignments read: which adviser has which authority, and since when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q

from assurance.access import Actor, Forbidden, fetch, reach, require_anywhere, visible
from assurance.actions.portfolio import advisers
from assurance.memberships import open_on
from assurance.models import Authority, Membership
from assurance.queries.cover import Choice
from assurance.vocabulary import Permission, Role

P = Permission
PAGE_SIZE = 50
NOBODY = "none"
"""The filter by adviser for authorities that have none."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Assignment:
    """One adviser's time with an authority; ``absent`` is whom they cover ("" for an assignment of their own)."""

    membership_id: int
    person_id: int
    name: str
    absent: str
    starts: date
    last_day: date | None
    has_begun: bool


@dataclass(frozen=True)
class Place:
    """An authority with whoever advises it now or will."""

    id: int
    name: str
    region: str
    programme_id: int
    assignments: tuple[Assignment, ...]

    @property
    def has_adviser(self) -> bool:
        """Whether somebody advises it today, by an assignment or by cover."""
        return any(one.has_begun for one in self.assignments)


@dataclass(frozen=True)
class AssignmentFilters:
    """What the list is narrowed to; empty means all. ``adviser`` is an id, or ``NOBODY``."""

    adviser: str = ""
    region: str = ""
    search: str = ""


@dataclass(frozen=True)
class AssignmentsPage:
    """Authorities and their advisers, those without one first."""

    page: Page[Any]
    without: int
    advisers: tuple[Choice, ...]
    regions: tuple[str, ...]
    filters: AssignmentFilters


def assignments_page(actor: Actor, filters: AssignmentFilters, page: int, today: date) -> AssignmentsPage:
    """Every authority that the actor gives to advisers. Two queries, whatever the length.

    Raises:
        Forbidden: the actor assigns nobody.
    """
    require_anywhere(actor, P.ASSIGN)
    places = _places(actor, today)
    wanted = [one for one in places if _fits(one, filters)]
    people = {(one.name, one.person_id) for place in places for one in place.assignments}
    return AssignmentsPage(
        page=Paginator(wanted, PAGE_SIZE).get_page(page),
        without=sum(not one.has_adviser for one in places),
        advisers=tuple(Choice(key, name) for name, key in sorted(people)),
        regions=tuple(sorted({one.region for one in places})),
        filters=filters,
    )


@dataclass(frozen=True)
class AssignPage:
    """The authorities that are to be assigned."""

    places: tuple[Place, ...]

    @property
    def somebody_has(self) -> bool:
        """Whether somebody advises one of them already, or will."""
        return any(not one.absent for place in self.places for one in place.assignments)


def assign_page(actor: Actor, authority_ids: Collection[int], today: date) -> AssignPage:
    """The authorities of these ids that are the actor's to give. Two queries.

    Raises:
        Forbidden: the actor assigns nobody, or none of these.
    """
    require_anywhere(actor, P.ASSIGN)
    places = _places(actor, today, authority_ids)
    if authority_ids and not places:
        raise Forbidden(P.ASSIGN)
    return AssignPage(tuple(places))


def who_may_advise(page: AssignPage, today: date) -> tuple[Choice, ...]:
    """The advisers to whom they may be assigned, by name. One query, for when the form is shown."""
    people = advisers({one.programme_id for one in page.places}, today)
    return tuple(Choice(one.pk, one.name) for one in people)


@dataclass(frozen=True)
class EndAssignmentPage:
    """An assignment that is to be ended."""

    authority: str
    assignment: Assignment


def end_assignment_page(actor: Actor, membership_id: int, today: date) -> EndAssignmentPage | None:
    """One query; None when it is over already.

    Raises:
        NotFound, Forbidden: it is no assignment, or none that the actor may end.
    """
    one = fetch(
        actor,
        P.ASSIGN,
        Membership,
        related=("person", "covering"),
        pk=membership_id,
        role=Role.ADVISER,
        covering__isnull=True,
    )
    if one.ends is not None and one.ends <= today:
        return None
    return EndAssignmentPage(str(one.authority), _assignment(one, today))


def _places(actor: Actor, today: date, only: Collection[int] | None = None) -> list[Place]:
    mine = reach(actor, P.ASSIGN)
    authorities = visible(actor, Authority).filter(Q(end_date__isnull=True) | Q(end_date__gt=today))
    if only is not None:
        authorities = authorities.filter(pk__in=only)
    rows = authorities.order_by("name", "pk").values_list("pk", "name", "region", "programme_id")
    found = [row for row in rows if mine.covers(row[0], row[2], row[3])]
    held: dict[int | None, list[Assignment]] = defaultdict(list)
    memberships = (
        Membership.objects.select_related("person", "covering")
        .filter(open_on(today), role=Role.ADVISER, authority__in=[one[0] for one in found])
        .order_by("starts", "person__name")
    )
    for one in memberships:
        held[one.authority_id].append(_assignment(one, today))
    places = [Place(pk, name, region, programme, tuple(held[pk])) for pk, name, region, programme in found]
    return sorted(places, key=lambda place: place.has_adviser)


def _assignment(one: Membership, today: date) -> Assignment:
    return Assignment(
        membership_id=one.pk,
        person_id=one.person_id,
        name=one.person.name,
        absent=one.covering.name if one.covering else "",
        starts=one.starts,
        last_day=one.ends - DAY if one.ends else None,
        has_begun=one.starts <= today,
    )


def _fits(place: Place, filters: AssignmentFilters) -> bool:
    sought = filters.search.casefold()
    if filters.adviser == NOBODY:
        shown = not place.has_adviser
    else:
        shown = not filters.adviser or any(str(one.person_id) == filters.adviser for one in place.assignments)
    return shown and filters.region in ("", place.region) and sought in place.name.casefold()
