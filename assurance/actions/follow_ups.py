"""What an authority says of last year's recommendations: how far each is, whose it is, and a note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger, text
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, FollowUp, Recommendation
from assurance.vocabulary import (
    EDITABLE_STATES,
    Audience,
    CycleState,
    EventKind,
    FollowUpProgress,
    Permission,
    State,
)
from assurance.workflow import ASSESSMENT, move
from assurance.years import before


@dataclass(frozen=True, kw_only=True)
class FollowUpReply:
    """What is said of one recommendation. ``version`` is of the answer that the person saw: 0 for none."""

    version: int
    progress: str = ""
    owner: str = ""
    note: str = ""


def open_to_follow_ups(assessment: Assessment) -> bool:
    """Whether last year's recommendations can be answered now. The assessment's cycle must have been read."""
    return assessment.state in EDITABLE_STATES and assessment.cycle.state == CycleState.OPEN


def save_follow_ups(*, by: Actor, at: datetime, assessment_id: int, replies: Mapping[int, FollowUpReply]) -> int:
    """Save the answers to last year's recommendations, all of them or none, and start the assessment if need be.

    One that says nothing is left for later, and one that says what stands writes nothing.

    Args:
        replies: by the id of the recommendation.

    Returns:
        How many answers were written.

    Raises:
        Stale: somebody else saved some of these in between; ``current`` has what stands of them, by recommendation.
            One that the person left as they saw it is no conflict and stays as it stands.
        NotEditable: the assessment is submitted or the cycle is not open.
        Unfit: a text or a choice does not fit, at ``progress_7``, ``owner_7`` or ``note_7``.
    """
    with transaction.atomic():
        assessment = fetch(
            by, Permission.EDIT_ANSWERS, Assessment, lock=("self",), related=("cycle",), pk=assessment_id
        )
        if not open_to_follow_ups(assessment):
            raise NotEditable(assessment)
        last_year = before(Assessment.objects.all(), assessment).values("pk")[:1]
        asked = dict(Recommendation.objects.filter(assessment__in=last_year).values_list("pk", "position"))
        stands = {one.recommendation_id: one for one in FollowUp.objects.filter(assessment=assessment)}
        wanted = {key: _fitting(key, reply) for key, reply in replies.items()}
        new, changed, conflicts = [], [], {}
        for key, reply in replies.items():
            if key not in asked:
                raise Unfit(f"progress_{key}", _("This recommendation is not of last year"))
            found = stands.get(key)
            if wanted[key] == (_said(found) if found else NOTHING):
                continue
            if reply.version != (found.version if found else 0):
                if wanted[key] != _seen(found, reply.version):
                    conflicts[key] = found
                continue
            progress, owner, note = wanted[key]
            if not progress:
                raise Unfit(f"progress_{key}", _("Choose how far this recommendation is"))
            if found is None:
                found = FollowUp(
                    authority=assessment.authority, assessment=assessment, recommendation_id=key, version=0
                )
                new.append(found)
            else:
                changed.append(found)
            found.progress, found.owner, found.note = progress, owner, note
            found.version += 1
            found.saved_at = at
        if conflicts:
            raise Stale(conflicts)
        if not new and not changed:
            return 0
        if assessment.state == State.NOT_STARTED:
            move(ASSESSMENT, assessment, "start", by=by, at=at)
        if new:
            ledger.create_many(FollowUp, new, by=by, at=at)
        if changed:
            ledger.save_many(FollowUp, changed, by=by, at=at)
        happened = sorted(asked[one.recommendation_id] for one in (*new, *changed))
        ledger.events_on(
            assessment,
            [(EventKind.FOLLOWED_UP, {"recommendation": position}) for position in happened],
            by=by,
            at=at,
            audience=Audience.AUTHORITY,
        )
    return len(new) + len(changed)


Said = tuple[str, str, str]
NOTHING: Said = ("", "", "")
"""Of a recommendation that was not answered."""


def _fitting(key: int, reply: FollowUpReply) -> Said:
    if reply.progress and reply.progress not in FollowUpProgress.values:
        raise Unfit(f"progress_{key}", _("Choose how far this recommendation is"))
    owner = fitting(reply.owner, f"owner_{key}", longest=200)
    return reply.progress, owner, fitting(reply.note, f"note_{key}", longest=text.NOTE)


def _said(one: FollowUp) -> Said:
    return one.progress, one.owner, one.note


def _seen(found: FollowUp | None, version: int) -> Said | None:
    """What an answer said when it had this version; None when that is not known."""
    if version == 0:
        return NOTHING
    past = FollowUp.history.filter(id=found.pk, version=version).first() if found else None
    return (past.progress, past.owner, past.note) if past else None
