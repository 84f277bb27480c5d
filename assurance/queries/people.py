"""What the pages read on the people of an authority."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from assurance.access import Actor, fetch, holds, require, visible
from assurance.actions.people import (
    GIVES_WAY,
    MAY_MANAGE,
    invited_at,
    invited_by,
    is_awaited,
    open_on,
    roles_to_give,
    shown_name,
)
from assurance.models import Authority, GivenBenchmark, Membership, SelfAssessment
from assurance.vocabulary import AUTHORITY_ROLES, EDITABLE_STATES, Answer, CycleState, Permission, Role
from benchmarks.catalogue import BenchmarkText, scheme_text


@dataclass(frozen=True)
class Colleague:
    """One person in one role."""

    membership_id: int
    person_id: int
    name: str
    email: str
    role: Role
    since: date
    awaited: bool
    invited_at: datetime | None
    invited_by: str
    given: tuple[tuple[str, tuple[int, ...]], ...]
    """The numbers that they have, by the name of each open cycle."""
    is_me: bool
    is_only_lead: bool


@dataclass(frozen=True)
class PeoplePage:
    """Who works for an authority. ``shows_given``: whether the actor may know who answers what."""

    authority: Authority
    leads: tuple[Colleague, ...]
    contributors: tuple[Colleague, ...]
    viewers: tuple[Colleague, ...]
    shows_given: bool

    @property
    def groups(self) -> tuple[tuple[Role, tuple[Colleague, ...]], ...]:
        """Each role with its people."""
        return (Role.LEAD, self.leads), (Role.CONTRIBUTOR, self.contributors), (Role.VIEWER, self.viewers)


def people_page(actor: Actor, authority_id: int, today: date) -> PeoplePage:
    """The people of an authority by role. Three queries."""
    authority = fetch(actor, MAY_MANAGE, Authority, pk=authority_id)
    given = _given(actor, authority)
    rows = _memberships(authority_id, today)
    leading = {row.person_id for row in rows if _leads(row, today)}
    found = _by_name(_colleague(row, given, actor, leading) for row in rows)
    by_role = {role: tuple(one for one in found if one.role == role) for role in AUTHORITY_ROLES}
    return PeoplePage(
        authority=authority,
        leads=by_role[Role.LEAD],
        contributors=by_role[Role.CONTRIBUTOR],
        viewers=by_role[Role.VIEWER],
        shows_given=holds(actor, Permission.READ_DRAFT, authority),
    )


@dataclass(frozen=True)
class OpenAssessment:
    """An assessment of which benchmarks can be given now."""

    id: int
    cycle: str
    benchmarks: tuple[BenchmarkText, ...]


@dataclass(frozen=True)
class InvitePage:
    """What an invitation can offer."""

    authority: Authority
    roles: tuple[Role, ...]
    assessments: tuple[OpenAssessment, ...]


def invite_page(actor: Actor, authority_id: int) -> InvitePage:
    """The roles and benchmarks that the actor may give with an invitation. Two queries."""
    authority = fetch(actor, MAY_MANAGE, Authority, pk=authority_id)
    assessments = _to_give(actor, authority) if holds(actor, Permission.GIVE, authority) else ()
    return InvitePage(authority, roles_to_give(actor, authority), assessments)


@dataclass(frozen=True)
class EndPage:
    """Whose part is to be ended, and whether it may be."""

    authority: Authority
    colleague: Colleague
    has_ended: bool


def end_page(actor: Actor, authority_id: int, membership_id: int, today: date) -> EndPage:
    """One person in one role. Three queries.

    Raises:
        NotFound: it is no role of this authority; an adviser's portfolio is none.
    """
    row = _memberships(authority_id, None).filter(pk=membership_id).first()
    require(actor, MAY_MANAGE, row)
    authority = row.authority
    leads = _memberships(authority_id, today).filter(role=Role.LEAD)
    leading = {one.person_id for one in leads if _leads(one, today)}
    colleague = _colleague(row, _given(actor, authority), actor, leading)
    return EndPage(authority, colleague, has_ended=row.ends is not None and row.ends <= today)


@dataclass(frozen=True)
class HandOverPage:
    """From whom the lead role can go, and to whom."""

    authority: Authority
    leads: tuple[Colleague, ...]
    colleagues: tuple[Colleague, ...]
    own: bool
    """Whether the actor hands over their own role, and no other."""


def hand_over_page(actor: Actor, authority_id: int, today: date) -> HandOverPage:
    """The leads, and the contributors and viewers who could be lead. Two queries."""
    authority = fetch(actor, MAY_MANAGE, Authority, pk=authority_id)
    rows = list(_memberships(authority_id, today))
    leading = {row.person_id for row in rows if _leads(row, today)}
    people = {}
    for row in rows:
        if row.role in GIVES_WAY and row.person_id not in leading:
            people[row.person_id] = _colleague(row, {}, actor, leading)
    return HandOverPage(
        authority=authority,
        leads=_by_name(_colleague(row, {}, actor, leading) for row in rows if _leads(row, today)),
        colleagues=_by_name(people.values()),
        own=not holds(actor, Permission.MANAGE_PEOPLE, authority),
    )


def _memberships(authority_id: int, today: date | None) -> Any:
    """Roles at the authority with their people and invitations; with a day, those not over by then."""
    rows = Membership.objects.filter(authority=authority_id, role__in=AUTHORITY_ROLES)
    rows = rows.select_related("person", "authority")
    if today is not None:
        rows = rows.filter(open_on(today))
    at, by = invited_at("person", "authority"), invited_by("person", "authority")
    return rows.annotate(invited_at=at, invited_by=by).order_by("pk")


def _by_name(people: Iterable[Colleague]) -> tuple[Colleague, ...]:
    """In the order of what is shown: another would tell of a name that is not."""
    return tuple(sorted(people, key=lambda one: (one.name.casefold(), one.membership_id)))


def _leads(row: Membership, today: date) -> bool:
    return row.role == Role.LEAD and row.starts <= today and row.person.is_active


def _colleague(
    row: Any, given: dict[int, tuple[tuple[str, tuple[int, ...]], ...]], actor: Actor, leading: set[int]
) -> Colleague:
    return Colleague(
        membership_id=row.pk,
        person_id=row.person_id,
        name=shown_name(row.person, row.invited_at),
        email=row.person.email,
        role=Role(row.role),
        since=row.starts,
        awaited=is_awaited(row.person, row.invited_at),
        invited_at=row.invited_at,
        invited_by=row.invited_by or "",
        given=given.get(row.person_id, ()) if row.role == Role.CONTRIBUTOR else (),
        is_me=row.person_id == actor.id,
        is_only_lead=row.role == Role.LEAD and leading == {row.person_id},
    )


def _given(actor: Actor, authority: Authority) -> dict[int, tuple[tuple[str, tuple[int, ...]], ...]]:
    """What each contributor has in the cycles that are open, as far as the actor may know it. One query."""
    rows = (
        visible(actor, GivenBenchmark)
        .filter(authority=authority, self_assessment__assessment__cycle__state=CycleState.OPEN)
        .order_by("self_assessment__assessment__cycle__name", "self_assessment__benchmark__number")
        .values_list("contributor", "self_assessment__assessment__cycle__name", "self_assessment__benchmark__number")
    )
    found: dict[int, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for person, cycle, number in rows:
        found[person][cycle].append(number)
    return {
        person: tuple((cycle, tuple(numbers)) for cycle, numbers in cycles.items()) for person, cycles in found.items()
    }


def _to_give(actor: Actor, authority: Authority) -> tuple[OpenAssessment, ...]:
    """The assessments that can be worked on, each with its scored benchmarks. One query."""
    rows = (
        visible(actor, SelfAssessment)
        .filter(authority=authority, assessment__state__in=EDITABLE_STATES, assessment__cycle__state=CycleState.OPEN)
        .exclude(answer=Answer.NOT_APPLICABLE)
        .order_by("-assessment__cycle__name", "assessment", "benchmark__number")
        .values_list("assessment", "assessment__cycle__name", "assessment__cycle__scheme_version", "benchmark__number")
    )
    found: dict[tuple[int, str], list[BenchmarkText]] = defaultdict(list)
    for assessment_id, cycle, version, number in rows:
        found[assessment_id, cycle].append(scheme_text(version).benchmarks[number])
    return tuple(OpenAssessment(id, cycle, tuple(benchmarks)) for (id, cycle), benchmarks in found.items())
