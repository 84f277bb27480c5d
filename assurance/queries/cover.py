"""What the pages on cover for absent advisers read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from assurance.access import Actor, NotFound, reach, require, require_anywhere, visible
from assurance.actions.portfolio import advisers, may_arrange
from assurance.memberships import open_on
from assurance.models import Authority, Membership
from assurance.vocabulary import Permission, Role

P = Permission
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cover:
    """One arrangement: who covers for whom, where, from when to when."""

    membership_id: int
    person: str
    absent: str
    starts: date
    last_day: date
    authorities: tuple[str, ...]
    is_mine: bool
    """Whether it is the reader who covers."""
    may_end: bool


@dataclass(frozen=True)
class CoverPage:
    """Cover that there is, and that will be."""

    now: tuple[Cover, ...]
    coming: tuple[Cover, ...]

    @property
    def groups(self) -> tuple[tuple[str, tuple[Cover, ...]], ...]:
        """Both, each with its name."""
        return ("now", self.now), ("coming", self.coming)


def cover_page(actor: Actor, today: date) -> CoverPage:
    """The reader's own cover, and that of every adviser whose authorities they give. One query.

    Raises:
        Forbidden: the actor arranges no cover.
    """
    require_anywhere(actor, P.COVER)
    found = _covers(actor, today)
    return CoverPage(
        now=tuple(one for one in found if one.starts <= today),
        coming=tuple(one for one in found if one.starts > today),
    )


def cover(actor: Actor, membership_id: int, today: date) -> Cover | None:
    """The arrangement of which a membership is part, to end it; None when it is over. Two queries.

    Raises:
        NotFound, Forbidden: there is none, or the actor may not end it.
    """
    one = Membership.objects.select_related("authority").filter(pk=membership_id, covering__isnull=False).first()
    if one is None or one.authority is None:
        raise NotFound
    if not may_arrange(actor, one.authority, one.covering_id):
        require(actor, P.ASSIGN, one.authority)
    same = Q(person=one.person_id, covering=one.covering_id, starts=one.starts, ends=one.ends)
    return next(iter(_covers(actor, today, same)), None)


@dataclass(frozen=True)
class Choice:
    """Somebody, or something, to choose."""

    id: int
    name: str


@dataclass(frozen=True)
class NewCoverPage:
    """What an arrangement for somebody who is away can be made of. ``own``: it is the reader who is away."""

    absent: Choice
    own: bool
    authorities: tuple[Choice, ...]
    programmes: frozenset[int]


def who_may_be_away(actor: Actor, today: date) -> tuple[Choice, ...]:
    """The advisers for whom the actor may arrange cover. One query.

    Raises:
        Forbidden: the actor arranges no cover.
    """
    require_anywhere(actor, P.COVER)
    found = {one.person_id: one.person.name for one in _own(actor, today, Q())}
    return tuple(Choice(key, name) for key, name in sorted(found.items(), key=lambda item: item[1]))


def new_cover_page(actor: Actor, absent_id: int, today: date) -> NewCoverPage:
    """What somebody has. One query.

    Raises:
        NotFound: nobody for whom the actor may arrange cover.
    """
    rows = _own(actor, today, Q(person=absent_id))
    if not rows:
        raise NotFound
    theirs = dict.fromkeys(one.authority for one in rows if one.authority is not None)
    return NewCoverPage(
        absent=Choice(absent_id, rows[0].person.name),
        own=absent_id == actor.id,
        authorities=tuple(Choice(one.pk, one.name) for one in theirs),
        programmes=frozenset(one.programme_id for one in theirs),
    )


def who_may_cover(page: NewCoverPage, today: date) -> tuple[Choice, ...]:
    """The advisers who may stand in, by name. One query, for when the form is shown."""
    people = advisers(page.programmes, today).exclude(pk=page.absent.id)
    return tuple(Choice(one.pk, one.name) for one in people)


def _own(actor: Actor, today: date, whose: Q) -> list[Membership]:
    """Assignments, not cover, that hold or will, and for which the actor may arrange cover."""
    rows = (
        Membership.objects.select_related("authority", "person")
        .filter(open_on(today), whose, role=Role.ADVISER, covering__isnull=True)
        .filter(authority__in=visible(actor, Authority))
        .order_by("authority__name", "pk")
    )
    return [one for one in rows if one.authority is not None and may_arrange(actor, one.authority, one.person_id)]


def _covers(actor: Actor, today: date, which: Q | None = None) -> list[Cover]:
    """Arrangements that are not over, the first to begin first. Memberships made as one are one."""
    mine = Q(person=actor.id) | Q(covering=actor.id)
    seen = mine | Q(authority__in=visible(actor, Authority)) if reach(actor, P.ASSIGN) else mine
    rows = (
        Membership.objects.select_related("authority", "person", "covering")
        .filter(seen, which or Q(), role=Role.ADVISER, covering__isnull=False, ends__gt=today)
        .order_by("starts", "ends", "person__name", "authority__name")
    )
    together: dict[tuple[int, int | None, date, date | None], list[Membership]] = {}
    for row in rows:
        together.setdefault((row.person_id, row.covering_id, row.starts, row.ends), []).append(row)
    found = []
    for group in together.values():
        first = next((one for one in group if _may_end(actor, one)), group[0])
        if first.covering is None or first.ends is None:
            continue
        found.append(
            Cover(
                membership_id=first.pk,
                person=first.person.name,
                absent=first.covering.name,
                starts=first.starts,
                last_day=first.ends - DAY,
                authorities=tuple(one.authority.name for one in group if one.authority),
                is_mine=first.person_id == actor.id,
                may_end=_may_end(actor, first),
            )
        )
    return found


def _may_end(actor: Actor, one: Membership) -> bool:
    return one.authority is not None and may_arrange(actor, one.authority, one.covering_id)
