"""Who advises which authority, and who stands in for whom (docs/decisions/0005).

An assignment is a dated adviser membership. Cover is one as well, and says whom it is for: it lies within the absent
adviser's own assignment, and ends with it. ``ends`` is everywhere the first day on which a membership no longer holds;
people are asked for the last day on which it does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assurance import ledger, outbox
from assurance.access import Actor, NotFound, holds, require, require_anywhere, visible
from assurance.actions.refusals import Unfit
from assurance.memberships import open_on
from assurance.models import Authority, Membership, User
from assurance.vocabulary import EventKind, Permission, Role

LONGEST_COVER = timedelta(days=366)
"""Whoever is needed for longer is assigned."""
DAY = timedelta(days=1)
ADVISERS = "SELECT assurance_advisers(programme, %s) FROM unnest(%s::bigint[]) AS programme"


def advisers(programme_ids: Iterable[int], on: date) -> QuerySet[User]:
    """People who are advisers somewhere in these programmes, by name, and have no part in any authority's own work.

    The database answers this beyond the asker's scope (migration 0008): with who, and not with what they advise.
    """
    ids = RawSQL(ADVISERS, [on, sorted(set(programme_ids))])  # noqa: S611 - the text is fixed
    return User.objects.filter(pk__in=ids).order_by("name", "pk")


# --- Cover -----------------------------------------------------------------------------------------------


def may_arrange(by: Actor, authority: Authority, absent_id: int | None) -> bool:
    """Whether the actor may arrange that somebody covers for this adviser there, or end it: for oneself, or as whoever
    gives authorities to advisers."""
    if absent_id is not None and absent_id == by.id:
        return holds(by, Permission.COVER, authority)
    return holds(by, Permission.ASSIGN, authority)


def arrange_cover(
    *,
    by: Actor,
    at: datetime,
    absent_id: int,
    person_id: int,
    authority_ids: Collection[int],
    starts: date,
    last_day: date,
) -> list[Membership]:
    """Have somebody stand in for an absent adviser from a day to a day, and tell them by e-mail.

    Args:
        absent_id: whose authorities they are, by an assignment of their own: cover is not handed on.
        person_id: who covers: an adviser of the same programme.

    Raises:
        Unfit: the days, the person or an authority do not fit; nothing is arranged then.
    """
    require_anywhere(by, Permission.COVER)
    today = timezone.localdate(at)
    _check_days(starts, last_day, today)
    ends = last_day + DAY
    if not authority_ids:
        raise Unfit("authorities", _("Choose at least one authority"))
    with transaction.atomic():
        # Held until the end, so that nobody shortens the assignment meanwhile.
        own = list(
            Membership.objects.select_for_update(of=("self",))
            .select_related("authority__programme", "person")
            .filter(open_on(starts), person=absent_id, role=Role.ADVISER)
            .filter(covering__isnull=True, authority__in=authority_ids)
            .order_by("authority__name", "starts")
        )
        if {one.authority_id for one in own} != set(authority_ids):
            raise Unfit("authorities", _("Choose authorities that the absent adviser has then"))
        places = [one.authority for one in own if one.authority is not None]
        if not all(may_arrange(by, place, absent_id) for place in places):
            raise Unfit("authorities", _("Choose authorities for which you may arrange cover"))
        for one in own:
            _check_within(one, starts, ends)
        person = _adviser(person_id, own, today)
        if person.pk == absent_id:
            raise Unfit("person", _("Choose somebody else than the adviser who is away"))
        _check_free(person, own, starts, ends)
        made = ledger.create_many(
            Membership,
            [
                Membership(
                    person=person,
                    role=Role.ADVISER,
                    authority=one.authority,
                    covering_id=absent_id,
                    starts=starts,
                    ends=ends,
                )
                for one in own
            ],
            by=by,
            at=at,
            reason="cover",
        )
        _note("cover arranged", made, by, at, covering=absent_id, starts=starts.isoformat(), ends=ends.isoformat())
        outbox.cover_arranged(
            person,
            by=by,
            at=at,
            absent=own[0].person,
            authorities=[place.name for place in places],
            starts=starts,
            last_day=last_day,
            key=f"cover:{person.pk}:{made[0].pk}",
        )
    return made


def end_cover(*, by: Actor, at: datetime, membership_id: int) -> int:
    """End an arrangement now, at every authority where it was made as one and the actor may.

    What has not begun is taken back, and leaves its history.

    Returns:
        How many authorities are no longer covered; 0 when it was over already.

    Raises:
        NotFound, Forbidden: it is no cover, or none that the actor may end.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        one = Membership.objects.select_related("authority").filter(pk=membership_id, covering__isnull=False).first()
        if one is None or one.authority is None:
            raise NotFound
        if not may_arrange(by, one.authority, one.covering_id):
            require(by, Permission.ASSIGN, one.authority)
        together = list(
            Membership.objects.select_for_update(of=("self",))
            .select_related("authority__programme")
            .filter(person=one.person_id, covering=one.covering_id, starts=one.starts, ends=one.ends, ends__gt=today)
            .order_by("pk")
        )
        mine = [row for row in together if row.authority and may_arrange(by, row.authority, row.covering_id)]
        if mine:
            _cut(mine, today, by, at, "cover ended")
            _note("cover ended", mine, by, at, covering=one.covering_id)
    return len(mine)


# --- Assignments -----------------------------------------------------------------------------------------


def assign(
    *, by: Actor, at: datetime, authority_ids: Collection[int], person_id: int, starts: date, replaces: bool
) -> list[Membership]:
    """Give authorities to an adviser from a day.

    Args:
        replaces: whether whoever has them until then gives them up that day, with those who cover for them.

    Raises:
        NotFound, Forbidden: an authority is not one of the actor's to give.
        Unfit: the day or the person does not fit, or nothing was chosen; nothing is given then.
    """
    require_anywhere(by, Permission.ASSIGN)
    today = timezone.localdate(at)
    if starts < today:
        raise Unfit("starts", _("The date must be today or later"))
    if not authority_ids:
        raise Unfit("authorities", _("Choose at least one authority"))
    with transaction.atomic():
        # The people of an authority change one at a time.
        authorities = list(
            visible(by, Authority)
            .select_for_update(no_key=True, of=("self",))
            .select_related("programme")
            .filter(pk__in=authority_ids)
            .order_by("pk")
        )
        if len(authorities) != len(set(authority_ids)):
            raise NotFound
        for authority in authorities:
            require(by, Permission.ASSIGN, authority)
        standing = list(
            Membership.objects.select_for_update(of=("self",))
            .select_related("authority", "person")
            .filter(open_on(starts), role=Role.ADVISER, authority__in=authorities)
            .order_by("pk")
        )
        person = _adviser(person_id, authorities, today)
        for one in standing:
            if one.person_id == person.pk and one.covering_id is None:
                values = {"name": person.name, "authority": one.authority}
                raise Unfit("person", _("%(name)s is the adviser of %(authority)s already") % values)
        if replaces and standing:
            _cut(standing, starts, by, at, "assigned to somebody else")
        made = ledger.create_many(
            Membership,
            [Membership(person=person, role=Role.ADVISER, authority=one, starts=starts) for one in authorities],
            by=by,
            at=at,
            reason="assigned",
        )
        replaced = sorted({one.person_id for one in standing}) if replaces else []
        _note("assigned", made, by, at, starts=starts.isoformat(), replaced=replaced)
    return made


def end_assignment(*, by: Actor, at: datetime, membership_id: int, ends: date) -> Membership:
    """End an adviser's assignment; ``ends`` is the first day on which it no longer holds. Cover of it ends with it.

    Raises:
        NotFound, Forbidden: it is no assignment, or none that the actor may end.
        Unfit: the day is past, or the assignment is over by then.
    """
    today = timezone.localdate(at)
    with transaction.atomic():
        one = (
            Membership.objects.select_for_update(of=("self",))
            .select_related("authority__programme", "person")
            .filter(pk=membership_id, role=Role.ADVISER, covering__isnull=True)
            .first()
        )
        if one is None:
            raise NotFound
        require(by, Permission.ASSIGN, one.authority)
        if ends < today:
            raise Unfit("last_day", _("The date must be today or later"))
        if one.ends is not None and one.ends <= ends:
            raise Unfit("last_day", _("The assignment is over by then already"))
        covers = Membership.objects.select_for_update(of=("self",)).filter(
            covering=one.person_id, authority=one.authority_id, ends__gt=ends
        )
        _cut([one, *covers], ends, by, at, "assignment ended")
        _note("assignment ended", [one], by, at, ends=ends.isoformat())
    return one


# --- What they share -------------------------------------------------------------------------------------


def _check_days(starts: date, last_day: date, today: date) -> None:
    if starts < today:
        raise Unfit("starts", _("The date must be today or later"))
    if last_day < starts:
        raise Unfit("last_day", _("The last day must be the first day or later"))
    if last_day - starts >= LONGEST_COVER:
        raise Unfit("last_day", _("Cover can be for a year at most. Have the authorities assigned instead"))


def _check_within(own: Membership, starts: date, ends: date) -> None:
    """Cover may not begin before the absent adviser's own assignment, nor last longer."""
    named = {"authority": str(own.authority), "name": own.person.name}
    if own.starts > starts:
        named["day"] = date_format(own.starts, "j F Y")
        raise Unfit("starts", _("%(name)s has %(authority)s only from %(day)s") % named)
    if own.ends is not None and own.ends < ends:
        named["day"] = date_format(own.ends - DAY, "j F Y")
        raise Unfit("last_day", _("%(name)s has %(authority)s only until %(day)s") % named)


def _adviser(person_id: int, places: Sequence[Any], today: date) -> User:
    """The person, if they are an adviser in the programme of every place (memberships or authorities)."""
    programmes = {getattr(one, "authority", one).programme_id for one in places}
    found = [set(advisers([programme], today).filter(pk=person_id)) for programme in programmes]
    everywhere = set.intersection(*found)
    if not everywhere:
        raise Unfit("person", _("Choose somebody who is an adviser"))
    return everywhere.pop()


def _check_free(person: User, own: Sequence[Membership], starts: date, ends: date) -> None:
    """Nobody covers what they advise or cover already."""
    taken = (
        Membership.objects.select_related("authority")
        .filter(open_on(starts), person=person, role=Role.ADVISER, starts__lt=ends)
        .filter(authority__in=[one.authority_id for one in own])
        .order_by(F("covering").asc(nulls_first=True), "authority__name")
        .first()
    )
    if taken is not None:
        words = (
            _("%(name)s is the adviser of %(authority)s already")
            if taken.covering_id is None
            else _("%(name)s is covering %(authority)s then already")
        )
        raise Unfit("person", words % {"name": person.name, "authority": taken.authority})


def _cut(memberships: Sequence[Membership], on: date, by: Actor, at: datetime, reason: str) -> None:
    """Let them be over on a day: what has not begun by then is deleted, and its history stays."""
    today = timezone.localdate(at)
    begun = [one for one in memberships if one.starts < on or one.starts <= today]
    for one in begun:
        # No membership is shorter than a day: one that began today and ends today began yesterday.
        one.starts = min(one.starts, on - DAY)
        one.ends = on
    if begun:
        ledger.save_many(Membership, begun, by=by, at=at, reason=reason)
    if waiting := [one for one in memberships if one not in begun]:
        ledger.delete_many(Membership, waiting, by=by, at=at, reason=reason)


def _note(name: str, memberships: Sequence[Membership], by: Actor, at: datetime, **detail: Any) -> None:
    """One event for each programme, which for all but the console is one."""
    programmes = {one.authority.programme for one in memberships if one.authority}
    for programme in programmes:
        ledger.reference_event(
            EventKind.MEMBERSHIP,
            by=by,
            at=at,
            programme=programme,
            name=name,
            detail={
                "person": memberships[0].person_id,
                "authorities": sorted(
                    one.authority_id
                    for one in memberships
                    if one.authority_id and one.authority and one.authority.programme_id == programme.pk
                ),
                **detail,
            },
        )
