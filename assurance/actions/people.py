"""The people of an authority: inviting them, ending their part, and handing over the lead role.

Inviting makes a person and a membership at once (docs/decisions/0004), so that benchmarks can be given before the
e-mail is read. Whether the address was known is told to nobody: somebody who was there already keeps their name and
password, and is shown by their address alone until they have signed in after the invitation.

A role begins and ends on a day, and takes effect at the person's next request.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import BigIntegerField, Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import ledger, outbox
from assurance.access import Actor, NotFound, holds, require
from assurance.actions.answers import fitting
from assurance.actions.giving import Ask, give_many, take_back_all
from assurance.actions.refusals import Unfit
from assurance.memberships import open_on
from assurance.models import Authority, Event, Membership, User
from assurance.text import canonical_email, clean
from assurance.vocabulary import AUTHORITY_ROLES, PORTFOLIO_ROLES, Audience, EventKind, Permission, Role

MAY_MANAGE = (Permission.INVITE, Permission.MANAGE_PEOPLE)
GIVES_WAY = frozenset({Role.CONTRIBUTOR, Role.VIEWER})
"""Roles that end when the lead role begins."""
LONGEST_NAME = 200
LONGEST_EMAIL = 254
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When somebody last signed in who never did."""
MOST_A_DAY = 50
"""Invitations that may leave for one authority in a day, so that nobody uses the service to pelt people."""


class LastLead(Exception):
    """The authority would be left without a Prevent Lead."""


@dataclass(frozen=True)
class Invited:
    """What became of an invitation. ``new`` is False for somebody who has that role here already."""

    email: str
    new: bool


def invite(
    *,
    by: Actor,
    at: datetime,
    authority_id: int,
    email: str,
    name: str,
    role: Role,
    benchmarks: Mapping[int, Collection[int]] | None = None,
    ask: Ask | None = None,
) -> Invited:
    """Make somebody a colleague of the authority from today, and tell them by e-mail.

    Inviting somebody again in the role that they have changes nothing and sends nothing.

    Args:
        name: of a person who is new to the service; anybody else keeps their own.
        role: lead only by those who manage people; a lead becomes one by the lead role being handed over.
        benchmarks: numbers by assessment, given at once to a contributor.
        ask: by when and with what note they are given.

    Raises:
        Unfit: the address, the name or the role does not fit, or too many were invited today.
        NotEditable: an assessment is no longer open to giving; nobody is invited then.
    """
    address, called = fitting_address(email), _fitting_name(name)
    with transaction.atomic():
        authority = _locked(by, authority_id, at)
        if role not in roles_to_give(by, authority):
            raise Unfit("role", _("Choose one of these roles"))
        if authority.invited_today >= MOST_A_DAY:  # type: ignore[attr-defined]
            raise Unfit("", too_many())
        person = _known(address, authority, timezone.localdate(at))
        held = person.roles if person else []
        if role in held:
            return Invited(address, new=False)
        _check_held(held, address, authority)
        user = person or _anybody(address, called, by, at)
        membership = Membership(person=user, role=role, authority=authority, starts=timezone.localdate(at))
        ledger.save(membership, by=by, at=at)
        _note(EventKind.INVITED, "invited", authority, by, at, person=user.pk, role=role)
        outbox.invited(user, by=by, at=at, authority=authority, role=role)
        if role == Role.CONTRIBUTOR:
            for assessment_id, numbers in sorted((benchmarks or {}).items()):
                if numbers:
                    give_many(
                        by=by, at=at, assessment_id=assessment_id, contributor=user, numbers=numbers, ask=ask or Ask()
                    )
    return Invited(address, new=True)


def invite_again(*, by: Actor, at: datetime, authority_id: int, membership_id: int) -> bool:
    """Send the invitation of somebody who has not signed in since. At most one goes out a day.

    Returns:
        Whether one was sent.

    Raises:
        Unfit: too many were invited today.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        authority = _locked(by, authority_id, at)
        membership = (
            Membership.objects.select_related("person")
            .annotate(invited_at=invited_at("person", authority_id))
            .filter(open_on(today), pk=membership_id, authority_id=authority_id, role__in=AUTHORITY_ROLES)
            .first()
        )
        if membership is None:
            raise NotFound
        if not is_awaited(membership.person, membership.invited_at):
            return False
        if authority.invited_today >= MOST_A_DAY:  # type: ignore[attr-defined]
            raise Unfit("", too_many())
        role = Role(membership.role)
        sent = outbox.invited(membership.person, by=by, at=at, authority=authority, role=role)
        if sent:
            _note(EventKind.INVITED, "again", authority, by, at, person=membership.person_id, role=role)
    return sent


def end_membership(*, by: Actor, at: datetime, authority_id: int, membership_id: int) -> int:
    """End somebody's part in the authority from today, and take back what was given to them as a contributor.

    What they wrote stays: answers, comments, and drafts. Ending what has ended changes nothing.

    Returns:
        The id of the person.

    Raises:
        LastLead: nobody else is Prevent Lead.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        authority = _locked(by, authority_id, at)
        rows = _members(authority, Q(pk=membership_id) | Q(open_on(today), role=Role.LEAD))
        membership = next((one for one in rows if one.pk == membership_id and one.role in AUTHORITY_ROLES), None)
        if membership is None:
            raise NotFound
        if membership.ends is not None and membership.ends <= today:
            return membership.person_id
        if membership.role == Role.LEAD and not any(_leads(one, today) for one in rows if one != membership):
            raise LastLead
        ledger.save(_ended(membership, today), by=by, at=at)
        if membership.role == Role.CONTRIBUTOR:
            take_back_all(by=by, at=at, authority=authority, contributor_id=membership.person_id)
        _note(EventKind.MEMBERSHIP, "ended", authority, by, at, person=membership.person_id, role=str(membership.role))
    return membership.person_id


def hand_over(
    *,
    by: Actor,
    at: datetime,
    authority_id: int,
    stays: bool,
    former_id: int | None = None,
    to_id: int | None = None,
    email: str = "",
    name: str = "",
) -> str:
    """Make somebody Prevent Lead from today in place of another, in the middle of a cycle too.

    Answers, history, drafts, given benchmarks and comments stay as they are.

    Args:
        stays: whether the former lead stays on as a contributor, or leaves.
        former_id: the person who is lead now: the actor, unless the actor manages people.
        to_id: a contributor or viewer of the authority; without one, whoever has the address is invited.

    Returns:
        The name or, for somebody who is invited, the address of the new lead.

    Raises:
        Unfit: the former or the new lead cannot be this person, or an address or name does not fit.
    """
    today = timezone.localdate(at)
    address, called = ("", "") if to_id is not None else (fitting_address(email), _fitting_name(name))
    with transaction.atomic():
        authority = _locked(by, authority_id, at)
        if former_id not in (None, by.id):
            require(by, Permission.MANAGE_PEOPLE, authority)
        rows = _members(authority, open_on(today))
        of_former = [one for one in rows if one.person_id == (former_id or by.id)]
        lead = next((one for one in of_former if _leads(one, today)), None)
        if lead is None:
            raise Unfit("former", _("Choose a Prevent Lead of this authority"))
        if to_id is None:
            of_new = [one for one in rows if one.person.email == address]
            _check_held([Role(one.role) for one in of_new if one.role not in GIVES_WAY], address, authority)
        else:
            of_new = [one for one in rows if one.person_id == to_id]
            if not of_new or any(one.role not in GIVES_WAY for one in of_new):
                raise Unfit("to", _("Choose a colleague from the list, or somebody else"))
        new_lead = of_new[0].person if of_new else _anybody(address, called, by, at)
        over = [_ended(one, today) for one in (lead, *of_new)]
        ledger.save_many(Membership, over, by=by, at=at, reason="handed over")
        begun = [Membership(person=new_lead, role=Role.LEAD, authority=authority, starts=today)]
        if stays and not any(one.role == Role.CONTRIBUTOR for one in of_former):
            begun.append(Membership(person=lead.person, role=Role.CONTRIBUTOR, authority=authority, starts=today))
        ledger.create_many(Membership, begun, by=by, at=at)
        kind = EventKind.MEMBERSHIP if of_new else EventKind.INVITED
        _note(kind, "handed_over", authority, by, at, person=new_lead.pk, former=lead.person_id, stays=stays)
        if of_new:
            outbox.lead_role_given(new_lead, by=by, at=at, authority=authority)
        else:
            outbox.invited(new_lead, by=by, at=at, authority=authority, role=Role.LEAD)
    return address or new_lead.name


# --- What others ask of this too -------------------------------------------------------------------------


def roles_to_give(actor: Actor, authority: Authority) -> tuple[Role, ...]:
    """The roles in which the actor may invite somebody."""
    if holds(actor, Permission.MANAGE_PEOPLE, authority):
        return Role.CONTRIBUTOR, Role.VIEWER, Role.LEAD
    return Role.CONTRIBUTOR, Role.VIEWER


def invited_at(person: str, authority: str | int) -> Any:
    """When somebody was last invited; null for never.

    Args:
        person: what names them in the query that this goes into.
        authority: what names the authority there, or its id.
    """
    return Subquery(_invitations(person, authority).order_by("-at").values("at")[:1])


def invited_by(person: str, authority: str | int) -> Any:
    """By whom, as :func:`invited_at`."""
    return Subquery(_invitations(person, authority).order_by("-at").values("person_name")[:1])


def called(person: str, authority: str | int) -> Any:
    """As :func:`shown_name`, for a query: ``rows.annotate(name=called("contributor", "authority"))``."""
    unknown = _invitations(person, authority).filter(
        at__gt=Coalesce(OuterRef(f"{person}__last_login"), Value(LONG_AGO))
    )
    return Case(When(Exists(unknown), then=F(f"{person}__email")), default=F(f"{person}__name"))


def is_awaited(person: User, invited: datetime | None) -> bool:
    """Whether somebody has not signed in since they were invited, or ever."""
    return person.last_login is None or (invited is not None and person.last_login < invited)


def shown_name(person: User, invited: datetime | None) -> str:
    """What colleagues see of somebody: the address alone while an invitation is out, so that it tells nothing new."""
    return person.email if invited is not None and is_awaited(person, invited) else person.name


def fitting_address(email: str) -> str:
    """An e-mail address as it is kept. Raises :class:`Unfit` at ``email`` for what is none."""
    address = canonical_email(clean(email))
    try:
        validate_email(address)
    except ValidationError:
        address = ""
    # Letters of other alphabets that look like ours would lead somewhere else than the eye says.
    if not address or not address.isascii() or len(address) > LONGEST_EMAIL:
        raise Unfit("email", _("Enter an email address in the right form, such as name@council.gov.uk"))
    return address


def too_many() -> str:
    """Why nobody else can be invited today."""
    return _("%(count)s invitations have been sent for this authority today. Invite the others tomorrow.") % {
        "count": MOST_A_DAY
    }


# --- What they share -------------------------------------------------------------------------------------


def _invitations(person: str, authority: str | int) -> Any:
    who = Cast(KeyTextTransform("person", "detail"), BigIntegerField())
    where = authority if isinstance(authority, int) else OuterRef(authority)
    return Event.objects.filter(authority=where, kind=EventKind.INVITED).annotate(who=who).filter(who=OuterRef(person))


def _locked(by: Actor, authority_id: int, at: datetime) -> Authority:
    """The authority, held so that its people change one at a time, with how many were invited today."""
    midnight = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    today = (
        Event.objects.filter(authority=OuterRef("pk"), kind=EventKind.INVITED, at__gte=midnight)
        .order_by()
        .values("authority")
        .annotate(count=Count("pk"))
        .values("count")
    )
    # Without the key, which every new record of the authority refers to: only people's changes wait for each other.
    authority = (
        Authority.objects.select_for_update(no_key=True)
        .annotate(invited_today=Coalesce(Subquery(today), 0))
        .filter(pk=authority_id)
        .first()
    )
    require(by, MAY_MANAGE, authority)
    if authority is None:
        raise NotFound
    return authority


def _members(authority: Authority, which: Q) -> list[Membership]:
    """Memberships at the authority, its adviser's too, with their people."""
    roles = AUTHORITY_ROLES | PORTFOLIO_ROLES
    return list(
        Membership.objects.select_related("person").filter(which, authority=authority, role__in=roles).order_by("pk")
    )


def _leads(membership: Membership, today: date) -> bool:
    return membership.role == Role.LEAD and membership.starts <= today and membership.person.is_active


def _ended(membership: Membership, today: date) -> Membership:
    """The membership as it ends today. No membership is shorter than a day: one that began today began yesterday."""
    membership.starts = min(membership.starts, today - timedelta(days=1))
    membership.ends = today
    return membership


def _known(address: str, authority: Authority, today: date) -> Any:
    """The person who has the address, with the ``roles`` that they hold at the authority; None for nobody."""
    here = Q(memberships__authority=authority) & (Q(memberships__ends__isnull=True) | Q(memberships__ends__gt=today))
    return (
        User.objects.alias(address=Lower("email"))
        .filter(address=address)
        .annotate(roles=ArrayAgg("memberships__role", filter=here, default=Value([])))
        .first()
    )


def _check_held(held: Iterable[str], address: str, authority: Authority) -> None:
    """Nobody has two roles at an authority, and its adviser has no part in what they are to review."""
    for role in held:
        if role in PORTFOLIO_ROLES:
            message = _("%(email)s is the Prevent adviser of %(authority)s, and cannot work on its self-assessment")
        else:
            message = _("%(email)s is already one of the people of %(authority)s: %(role)s")
        values = {"email": address, "authority": authority.name, "role": Role(role).label}
        raise Unfit("email", message % values)


def _anybody(address: str, name: str, by: Actor, at: datetime) -> User:
    """The person who has the address: a new one without a password, unless there is one already."""
    user = User(email=address, name=name)
    user.set_password(None)
    try:
        with transaction.atomic():
            return ledger.save(user, by=by, at=at)
    except IntegrityError:
        # Known already, or invited elsewhere at this moment.
        return User.objects.alias(address=Lower("email")).get(address=address)


def _fitting_name(name: str) -> str:
    fitted = " ".join(fitting(name, "name", longest=LONGEST_NAME).split())
    if not fitted:
        raise Unfit("name", _("Enter their name"))
    return fitted


def _note(kind: EventKind, name: str, authority: Authority, by: Actor, at: datetime, **detail: Any) -> None:
    # Without an assessment, so that the Home Office does not come to see it with a submission.
    ledger.event(kind, by=by, at=at, authority=authority, name=name, detail=detail, audience=Audience.AUTHORITY)
