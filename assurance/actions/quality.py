"""Overruling warnings about quality, with a reason, and taking that back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger, text
from assurance.access import Actor, Forbidden, fetch
from assurance.actions.answers import fitting
from assurance.actions.refusals import Stale, Unfit
from assurance.models import Assessment, Overrule
from assurance.queries.quality import Further, look
from assurance.vocabulary import Audience, EventKind, Permission

TAKEN_BACK = "taken_back"
"""What the event is called when somebody takes an overruling back."""


@dataclass(frozen=True, kw_only=True)
class Overruling:
    """One warning, named by the check, what it is about and the digest of that, and why it does not hold.

    ``field`` is what the form calls it, so that a refusal is put there.
    """

    code: str
    subject: str
    digest: str
    reason: str
    field: str = "reason"


def overrule(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    overrulings: Sequence[Overruling],
    further: Sequence[Further] = (),
) -> list[Overrule]:
    """Overrule warnings that are open now: all of them or none. What was overruled already stays as it is.

    Args:
        further: texts that are kept elsewhere and belong to the assessment (``queries.quality``).

    Raises:
        Stale: a warning is not there any more, or is about another text by now; ``current`` has the overrulings that
            no warning is there for. Nothing was saved.
        Unfit: a reason is empty or does not fit.
    """
    with transaction.atomic():
        # Whoever changes a text holds the assessment's row, or a row that is locked before the text is compared.
        assessment = fetch(by, Permission.OVERRULE, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
        if by.user is None:
            raise Forbidden(Permission.OVERRULE)
        found = look(assessment, further)
        there = {(one.finding.code, one.finding.subject, one.finding.digest): one.finding for one in found.open}
        if gone := [one for one in overrulings if (one.code, one.subject, one.digest) not in there]:
            raise Stale(gone)
        rows = []
        for one in overrulings:
            reason = fitting(one.reason, one.field, longest=text.REASON, addresses=True)
            if not reason:
                raise Unfit(one.field, _("Enter why this warning does not hold"))
            rows.append(
                Overrule(
                    authority=assessment.authority,
                    assessment=assessment,
                    check_code=one.code,
                    subject=one.subject,
                    digest=one.digest,
                    reason=reason,
                    overruled_by=by.user,
                    overruled_at=at,
                )
            )
        if rows:
            rows = ledger.create_many(Overrule, rows, by=by, at=at)
            ledger.events_on(
                assessment,
                [(EventKind.OVERRULED, _detail(row)) for row in rows],
                by=by,
                at=at,
                audience=Audience.HOME_OFFICE,
            )
    return rows


def take_back(*, by: Actor, at: datetime, overrule_id: int) -> Assessment:
    """Take an overruling back: the warning is open again. Its history stays. Returns the assessment it was of."""
    with transaction.atomic():
        row = fetch(by, Permission.OVERRULE, Overrule, lock=("self",), related=("assessment",), pk=overrule_id)
        assessment = row.assessment
        assessment.authority = row.authority
        ledger.delete_many(Overrule, [row], by=by, at=at, reason=TAKEN_BACK)
        ledger.event(
            EventKind.OVERRULED,
            by=by,
            at=at,
            authority=row.authority,
            assessment=assessment,
            name=TAKEN_BACK,
            detail=_detail(row),
            audience=Audience.HOME_OFFICE,
        )
    return assessment


def _detail(row: Overrule) -> dict[str, str]:
    return {"check": row.check_code, "subject": row.subject}
