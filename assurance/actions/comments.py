"""What colleagues say to each other about a benchmark. The Home Office does not see it, and it is never changed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import ledger, outbox, text
from assurance.access import GRANTS, Actor, Forbidden, fetch
from assurance.actions.answers import fitting
from assurance.actions.people import invited_at, shown_name
from assurance.actions.refusals import NotEditable, Unfit
from assurance.memberships import open_on
from assurance.models import Assessment, Authority, Comment, Membership, SelfAssessment, User
from assurance.vocabulary import AUTHORITY_ROLES, Audience, EventKind, Permission, State

AGAIN_WITHIN = timedelta(minutes=10)
"""The same words by the same person, so soon after each other, are one comment that was sent twice."""


def write_comment(
    *, by: Actor, at: datetime, assessment_id: int, number: int, words: str, tell: Collection[int] = ()
) -> Comment:
    """Say something about a benchmark, and tell by e-mail whom it mentions.

    Mentioned is whoever is ticked, and whoever is named in the text after an @ by their whole name or, when nobody
    else there has it, their first name.

    Args:
        tell: ids of people of the authority who can read it.

    Raises:
        NotEditable: the assessment is withdrawn.
        Unfit: there are no words or too many, somebody ticked is no colleague, or a name fits several.
    """
    fitted = fitting(words, "text", longest=text.REASON, addresses=True)
    if not fitted:
        raise Unfit("text", _("Write your comment"))
    with transaction.atomic():
        row = fetch(
            by,
            Permission.COMMENT,
            SelfAssessment,
            # Both, as whoever saves an answer holds them, so that neither waits for the other.
            lock=("self", "assessment"),
            related=("assessment__cycle",),
            assessment_id=assessment_id,
            benchmark__number=number,
        )
        if by.user is None:
            raise Forbidden(Permission.COMMENT)
        assessment = row.assessment
        assessment.authority = row.authority
        if not open_to_comments(assessment):
            raise NotEditable(assessment)
        people = {one.pk: one for one in listeners(row.authority, timezone.localdate(at)) if one.pk != by.id}
        mentions = _mentions(fitted, tell, people)
        before = Comment.objects.filter(self_assessment=row).order_by("at", "pk").last()
        if before and _is_again(before, by, at, fitted, mentions):
            return before
        comment = Comment.objects.create(
            authority=row.authority,
            assessment=assessment,
            self_assessment=row,
            author=by.user,
            author_name=by.name,
            text=fitted,
            mentions=mentions,
            at=at,
        )
        # Without the assessment, so that the Home Office does not come to see it with a submission.
        ledger.event(
            EventKind.COMMENTED,
            by=by,
            at=at,
            authority=row.authority,
            detail={"assessment": assessment.pk, "benchmark": number, "comment": comment.pk},
            audience=Audience.AUTHORITY,
        )
        outbox.mentioned(
            [people[one] for one in mentions],
            by=by,
            at=at,
            assessment=assessment,
            number=number,
            comment_id=comment.pk,
        )
    return comment


def open_to_comments(assessment: Assessment) -> bool:
    """Whether something can still be said about it."""
    return assessment.state != State.WITHDRAWN


def listeners(authority: Authority, on: date) -> QuerySet[User]:
    """The people of the authority who read its comments on a day, each with ``invited_at``."""
    roles = [role for role in AUTHORITY_ROLES if Permission.COMMENT in GRANTS[role]]
    memberships = Membership.objects.filter(open_on(on), authority=authority, role__in=roles, starts__lte=on)
    people = User.objects.filter(pk__in=memberships.order_by().values("person"), is_active=True)
    return people.annotate(invited_at=invited_at("pk", authority.pk)).order_by("pk")


def named(words: str, names: Mapping[int, str]) -> tuple[set[int], dict[str, set[int]]]:
    """Who is named after an @ in a text: those who can be meant only, and by what was typed those who may be.

    A whole name goes before a first name; whatever stands after an @ and is nobody's name is only text.
    """
    known: dict[str, set[int]] = defaultdict(set)
    for person, name in names.items():
        for called in {name, name.partition(" ")[0]}:
            known[_plain(called)].add(person)
    if not known:
        return set(), {}
    longest_first = sorted(known, key=len, reverse=True)
    pattern = "|".join(r"\s+".join(map(re.escape, name.split())) for name in longest_first)
    meant: set[int] = set()
    unclear: dict[str, set[int]] = {}
    # Not in the middle of an e-mail address, and not the beginning of a longer name.
    for found in re.finditer(rf"(?<![\w.+-])@({pattern})(?![\w@-])", _straight(words)):
        people = known[_plain(found[1])]
        if len(people) == 1:
            meant |= people
        else:
            unclear[found[1]] = people
    return meant, unclear


def _straight(words: str) -> str:
    """Without the differences that a keyboard makes: capitals, and which apostrophe."""
    return words.casefold().replace("’", "'")


def _plain(name: str) -> str:
    return " ".join(_straight(name).split())


def _mentions(words: str, tell: Iterable[int], people: Mapping[int, Any]) -> list[int]:
    ticked = set(tell)
    if not ticked <= people.keys():
        raise Unfit("tell", _("Choose colleagues from the list"))
    meant, unclear = named(words, {pk: shown_name(one, one.invited_at) for pk, one in people.items()})
    for typed, candidates in unclear.items():
        if not candidates & ticked:
            raise Unfit("tell", _("Several colleagues are called “%(name)s”. Tick whom you mean") % {"name": typed})
    return sorted(ticked | meant)


def _is_again(before: Comment, by: Actor, at: datetime, words: str, mentions: list[int]) -> bool:
    same = (before.author_id, before.text, before.mentions) == (by.id, words, mentions)
    return same and at - before.at < AGAIN_WITHIN
