"""What the thread of comments on a benchmark reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from assurance.access import Actor, fetch, holds, visible
from assurance.actions.comments import listeners, open_to_comments
from assurance.actions.people import invited_at, shown_name
from assurance.models import Assessment, Comment, SelfAssessment, User
from assurance.vocabulary import Permission
from benchmarks.catalogue import BenchmarkText, scheme_text

P = Permission


@dataclass(frozen=True)
class Said:
    """One comment."""

    id: int
    author: str
    at: datetime
    text: str
    told: tuple[str, ...]
    is_mine: bool


@dataclass(frozen=True)
class Colleague:
    """Somebody who can be told of a comment."""

    id: int
    name: str
    email: str


@dataclass(frozen=True)
class Thread:
    """All that was said about one benchmark, oldest first."""

    assessment: Assessment
    benchmark: BenchmarkText
    comments: tuple[Said, ...]
    colleagues: tuple[Colleague, ...]
    is_open: bool
    may_write: bool


def thread(actor: Actor, assessment_id: int, number: int, today: date) -> Thread:
    """The comments on a benchmark, and whom the actor can tell of another. Three queries.

    Raises:
        NotFound, Forbidden: as ``access.require``. Of the Home Office, only an auditor reads comments.
    """
    row = fetch(
        actor,
        P.READ_DRAFT,
        SelfAssessment,
        related=("assessment__cycle",),
        assessment_id=assessment_id,
        benchmark__number=number,
    )
    row.assessment.authority = row.authority
    found = list(visible(actor, Comment).filter(self_assessment=row).order_by("at", "pk"))
    mentioned = {one for comment in found for one in comment.mentions}
    now = {one.pk: one for one in listeners(row.authority, today)}
    known = _people(row.authority_id, mentioned - now.keys()) | now
    names = {pk: shown_name(one, one.invited_at) for pk, one in known.items()}
    return Thread(
        assessment=row.assessment,
        benchmark=scheme_text(row.assessment.cycle.scheme_version_id).benchmarks[number],
        comments=tuple(
            Said(
                id=one.pk,
                author=one.author_name,
                at=one.at,
                text=one.text,
                told=tuple(names[person] for person in one.mentions if person in names),
                is_mine=one.author_id == actor.id,
            )
            for one in found
        ),
        colleagues=tuple(
            # In the order of what is shown: another would tell of a name that is not.
            sorted(
                (Colleague(pk, names[pk], one.email) for pk, one in now.items() if pk != actor.id),
                key=lambda one: (one.name.casefold(), one.id),
            )
        ),
        is_open=open_to_comments(row.assessment),
        may_write=holds(actor, P.COMMENT, row),
    )


def _people(authority_id: int, ids: set[int]) -> dict[int, Any]:
    """People who were mentioned once and have left since."""
    if not ids:
        return {}
    return User.objects.annotate(invited_at=invited_at("pk", authority_id)).in_bulk(ids)
