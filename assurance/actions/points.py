"""Strengths and recommendations: two lists that the adviser puts in order, each saved as a whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import ledger
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, FollowUp, FollowUpReview, Recommendation, Strength
from assurance.vocabulary import Audience, EventKind, Permission, State
from benchmarks.catalogue import scheme_text

HEADING = 200
"""Characters of a short heading, and of the name of an owner."""
MOST_OWNERS = 10
REMOVED = "removed"
"""Where a refusal is put that is about an entry which is no longer in the list."""

Row = TypeVar("Row", Strength, Recommendation)


@dataclass(frozen=True)
class NewRecommendation:
    """A recommendation as it is to stand, in its place in the list. ``id`` is of the row that it was (None: new)."""

    text: str
    heading: str = ""
    benchmarks: tuple[int, ...] = ()
    owners: tuple[str, ...] = ()
    due_on: date | None = None
    id: int | None = None


def list_token(rows: Iterable[Strength | Recommendation]) -> str:
    """What a form carries so that a list that somebody else changed since is noticed."""
    said = [[getattr(row, name, None) for name in ("pk", "position", *WORDING, *TERMS)] for row in rows]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:16]


WORDING = ("heading", "text")
TERMS = ("benchmark_numbers", "owners", "due_on")


def save_strengths(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    token: str,
    texts: Sequence[str],
    ids: Sequence[int | None] = (),
) -> list[Strength]:
    """Put the strengths in this order in place of those before; empty texts are left out.

    Args:
        ids: of the rows that the texts are of, so that their history goes on; None, or nothing at all, for new ones.

    Raises:
        Stale: somebody changed the list since; ``current`` is the list as it stands.
        NotEditable: the assessment is not in review.
        Unfit: a text does not fit.
    """
    with transaction.atomic():
        assessment = _in_review(by, assessment_id)
        found = list(Strength.objects.filter(assessment=assessment))
        if list_token(found) != token:
            raise Stale(found)
        known = [*ids, *([None] * (len(texts) - len(ids)))]
        wanted = [
            (known[index], {"text": kept})
            for index, one in enumerate(texts)
            if (kept := fitting(one, f"strength_{index}"))
        ]
        return _replace(Strength, found, wanted, assessment, EventKind.STRENGTHS, by, at)


def save_recommendations(
    *, by: Actor, at: datetime, assessment_id: int, token: str, recommendations: Sequence[NewRecommendation]
) -> list[Recommendation]:
    """Put the recommendations in this order in place of those before; empty ones are left out.

    Each goes on as the row whose id it brings, wherever it stands now. One that has nothing but benchmarks is empty.
    More than the year's limit are taken.

    Raises:
        Stale: somebody changed the list since; ``current`` is the list as it stands.
        NotEditable: the assessment is not in review.
        Unfit: a text or an owner does not fit, a benchmark is not in the scheme, a date that is new has passed; or,
            at ``removed``, one is to go that was answered in a later year.
    """
    with transaction.atomic():
        assessment = _in_review(by, assessment_id)
        found = list(Recommendation.objects.filter(assessment=assessment))
        if list_token(found) != token:
            raise Stale(found)
        due = {row.pk: row.due_on for row in found}
        numbers = scheme_text(assessment.cycle.scheme_version_id).benchmarks.keys()
        today = timezone.localdate(at)
        wanted = []
        for index, one in enumerate(recommendations):
            kept = fitting(one.text, f"recommendation_{index}")
            owners = _owners(one.owners, f"owners_{index}")
            if not kept:
                if one.heading.strip() or owners or one.due_on:
                    raise Unfit(f"recommendation_{index}", _("Enter the text, or remove this recommendation"))
                continue
            if not numbers >= set(one.benchmarks):
                raise Unfit(f"benchmarks_{index}", _("Choose benchmarks of this scheme"))
            if one.due_on is not None and one.due_on < today and one.due_on != due.get(one.id or 0):
                raise Unfit(f"due_{index}", _("The date must be today or later"))
            wanted.append(
                (
                    one.id,
                    {
                        "text": kept,
                        "heading": fitting(one.heading, f"heading_{index}", longest=HEADING),
                        "benchmark_numbers": sorted(set(one.benchmarks)),
                        "owners": owners,
                        "due_on": one.due_on,
                    },
                )
            )
        return _replace(Recommendation, found, wanted, assessment, EventKind.RECOMMENDATIONS, by, at)


def _owners(names: Iterable[str], field: str) -> list[str]:
    """The owners, each once, in their order."""
    named = list(dict.fromkeys(name for one in names if (name := one.strip())))
    if len(named) > MOST_OWNERS:
        raise Unfit(field, _("Name %(most)s owners or fewer") % {"most": MOST_OWNERS})
    return [kept for one in named if (kept := fitting(one, field, longest=HEADING))]


def _in_review(by: Actor, assessment_id: int) -> Assessment:
    assessment = fetch(by, Permission.REVIEW, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
    if assessment.state != State.IN_REVIEW:
        raise NotEditable(assessment)
    return assessment


def _replace(
    model: type[Row],
    found: Sequence[Row],
    wanted: Sequence[tuple[int | None, dict[str, Any]]],
    assessment: Assessment,
    kind: EventKind,
    by: Actor,
    at: datetime,
) -> list[Row]:
    """Make the list be ``wanted``: a row goes on where its id is, so that its history and its answers go with it.

    An id that is not of this list, or that was there before, makes a new row. The same again writes nothing.
    """
    left = {row.pk: row for row in found}
    kept: list[Row] = []
    new: list[Row] = []
    changed: list[Row] = []
    for position, (key, values) in enumerate(wanted, start=1):
        row = left.pop(key, None) if key is not None else None
        is_new = row is None
        if row is None:
            row = model(authority=assessment.authority, assessment=assessment)
        values = values | {"position": position}
        if is_new or any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            (new if is_new else changed).append(row)
        kept.append(row)
    removed = list(left.values())
    if not (new or changed or removed):
        return kept
    if removed and model is Recommendation:
        _refuse_answered(removed)
    if removed:
        ledger.delete_many(model, removed, by=by, at=at)
    if changed:
        ledger.save_many(model, changed, by=by, at=at)
    if new:
        ledger.create_many(model, new, by=by, at=at)
    ledger.event(
        kind,
        by=by,
        at=at,
        authority=assessment.authority,
        assessment=assessment,
        detail={"count": len(kept)},
        audience=Audience.HOME_OFFICE,
    )
    return kept


def _refuse_answered(removed: Sequence[Any]) -> None:
    """What was said of a recommendation in a later year would be about nothing. One query."""
    ids = [row.pk for row in removed]
    said = FollowUp.objects.filter(recommendation__in=ids).order_by().values_list("recommendation_id")
    judged = FollowUpReview.objects.filter(recommendation__in=ids).order_by().values_list("recommendation_id")
    answered = {pk for (pk,) in said.union(judged)}
    if names := [row.heading or f"{row.text[:50]}…" for row in removed if row.pk in answered]:
        message = _("“%(name)s” was answered in a later year and cannot be removed. It is in the list again.")
        raise Unfit(REMOVED, message % {"name": names[0]})
