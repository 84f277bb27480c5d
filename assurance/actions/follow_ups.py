"""What is said of last year's recommendations: by the authority, and in review by the adviser next to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger, text
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, FollowUp, FollowUpReview, Recommendation
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


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the adviser says of one recommendation. ``version`` is of the judgement that they saw: 0 for none."""

    version: int
    progress: str = ""
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
        asked = _asked(assessment)
        new, changed = _sort_out(
            FollowUp, assessment, asked, {key: (one.version, _fitting(key, one)) for key, one in replies.items()}, at
        )
        if not new and not changed:
            return 0
        if assessment.state == State.NOT_STARTED:
            move(ASSESSMENT, assessment, "start", by=by, at=at)
        _write(FollowUp, assessment, asked, new, changed, EventKind.FOLLOWED_UP, Audience.AUTHORITY, by, at)
    return len(new) + len(changed)


def save_follow_up_reviews(*, by: Actor, at: datetime, assessment_id: int, judgements: Mapping[int, Judgement]) -> int:
    """Save what the adviser says of last year's recommendations, all of it or none. It is shown once proposed.

    One that says nothing is left for later, and one that says what stands writes nothing.

    Args:
        judgements: by the id of the recommendation.

    Returns:
        How many judgements were written.

    Raises:
        Stale: as :func:`save_follow_ups`.
        NotEditable: the assessment is not in review.
        Unfit: a text or a choice does not fit, at ``progress_7`` or ``note_7``.
    """
    with transaction.atomic():
        assessment = fetch(by, Permission.REVIEW, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
        if assessment.state != State.IN_REVIEW:
            raise NotEditable(assessment)
        asked = _asked(assessment)
        wanted = {key: (one.version, _judged(key, one)) for key, one in judgements.items()}
        new, changed = _sort_out(FollowUpReview, assessment, asked, wanted, at)
        if new or changed:
            _write(FollowUpReview, assessment, asked, new, changed, EventKind.JUDGED, Audience.HOME_OFFICE, by, at)
    return len(new) + len(changed)


Said = tuple[str, ...]
"""How far a recommendation is, and what else is said of it, in the order of ``SAID``. All empty: nothing."""
SAID: Mapping[type[Any], tuple[str, ...]] = {
    FollowUp: ("progress", "owner", "note"),
    FollowUpReview: ("progress", "note"),
}


def _asked(assessment: Assessment) -> dict[int, int]:
    """Last year's recommendations: their positions, by id. One query."""
    last_year = before(Assessment.objects.all(), assessment).values("pk")[:1]
    return dict(Recommendation.objects.filter(assessment__in=last_year).values_list("pk", "position"))


def _sort_out(
    model: type[Any],
    assessment: Assessment,
    asked: Mapping[int, int],
    wanted: Mapping[int, tuple[int, Said]],
    at: datetime,
) -> tuple[list[Any], list[Any]]:
    """The rows that are new and those that change, with what they are to say.

    Args:
        wanted: by the id of the recommendation, the version that the person saw and what they say.

    Raises:
        Stale, Unfit: as :func:`save_follow_ups`.
    """
    stands = {one.recommendation_id: one for one in model.objects.filter(assessment=assessment)}
    nothing = ("",) * len(SAID[model])
    new, changed, conflicts = [], [], {}
    for key, (version, said) in wanted.items():
        if key not in asked:
            raise Unfit(f"progress_{key}", _("This recommendation is not of last year"))
        found = stands.get(key)
        if said == (_said(found) if found else nothing):
            continue
        if version != (found.version if found else 0):
            if said != _seen(model, found, version):
                conflicts[key] = found
            continue
        if not said[0]:
            raise Unfit(f"progress_{key}", _("Choose how far this recommendation is"))
        if found is None:
            found = model(authority=assessment.authority, assessment=assessment, recommendation_id=key, version=0)
            new.append(found)
        else:
            changed.append(found)
        for name, value in zip(SAID[model], said, strict=True):
            setattr(found, name, value)
        found.version += 1
        found.saved_at = at
    if conflicts:
        raise Stale(conflicts)
    return new, changed


def _write(
    model: type[Any],
    assessment: Assessment,
    asked: Mapping[int, int],
    new: Sequence[Any],
    changed: Sequence[Any],
    kind: EventKind,
    audience: Audience,
    by: Actor,
    at: datetime,
) -> None:
    """Write the rows with their history, and an event for each that names the recommendation by its position."""
    if new:
        ledger.create_many(model, new, by=by, at=at)
    if changed:
        ledger.save_many(model, changed, by=by, at=at)
    happened = sorted(asked[one.recommendation_id] for one in (*new, *changed))
    ledger.events_on(
        assessment, [(kind, {"recommendation": position}) for position in happened], by=by, at=at, audience=audience
    )


def _fitting(key: int, reply: FollowUpReply) -> Said:
    owner = fitting(reply.owner, f"owner_{key}", longest=200)
    return _progress(key, reply.progress), owner, fitting(reply.note, f"note_{key}", longest=text.NOTE)


def _judged(key: int, judgement: Judgement) -> Said:
    return _progress(key, judgement.progress), fitting(judgement.note, f"note_{key}", longest=text.NOTE)


def _progress(key: int, progress: str) -> str:
    if progress and progress not in FollowUpProgress.values:
        raise Unfit(f"progress_{key}", _("Choose how far this recommendation is"))
    return progress


def _said(one: Any) -> Said:
    return tuple(getattr(one, name) for name in SAID[type(one)])


def _seen(model: type[Any], found: Any, version: int) -> Said | None:
    """What was said when it had this version; None when that is not known."""
    if version == 0:
        return ("",) * len(SAID[model])
    past = model.history.filter(id=found.pk, version=version).first() if found else None
    return tuple(getattr(past, name) for name in SAID[model]) if past else None
