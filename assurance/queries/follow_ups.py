"""What the pages read of last year's recommendations and what the authority and its adviser say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Forbidden, fetch, holds, visible
from assurance.actions.follow_ups import open_to_follow_ups
from assurance.models import Assessment, FollowUp, FollowUpReview, Recommendation
from assurance.vocabulary import EDITABLE_STATES, FollowUpProgress, Permission, State
from assurance.years import before

P = Permission

COLOURS: Mapping[str, str] = {
    FollowUpProgress.DONE: "green",
    FollowUpProgress.IN_PROGRESS: "yellow",
    FollowUpProgress.NOT_STARTED: "blue",
    FollowUpProgress.NO_LONGER_RELEVANT: "grey",
}
"""Of the tag that says how far a recommendation is."""


@dataclass(frozen=True)
class FollowUpLine:
    """One of last year's recommendations with its owners then, and what is said of it this year.

    ``progress``, ``owner`` and ``note`` are the authority's, ``judged`` and ``judged_note`` the adviser's; their
    versions are 0 while nothing is said.
    """

    id: int
    position: int = 0
    heading: str = ""
    text: str = ""
    benchmark_numbers: tuple[int, ...] = ()
    progress: str = ""
    owner: str = ""
    note: str = ""
    version: int = 0
    owners: tuple[str, ...] = ()
    due_on: date | None = None
    judged: str = ""
    judged_note: str = ""
    judged_version: int = 0

    @property
    def judged_label(self) -> StrOrPromise:
        """How far it is by the adviser's judgement, in words ("" while there is none, or none to be shown)."""
        return FollowUpProgress(self.judged).label if self.judged else ""

    @property
    def judged_colour(self) -> str:
        """Of the tag with :attr:`judged_label`."""
        return COLOURS.get(self.judged, "")

    @property
    def differs(self) -> bool:
        """Whether the adviser's judgement is not what the authority says."""
        return bool(self.judged) and self.judged != self.progress

    @property
    def progress_label(self) -> StrOrPromise:
        """How far it is, in words ("" while nothing is said)."""
        return FollowUpProgress(self.progress).label if self.progress else ""

    @property
    def colour(self) -> str:
        """Of the tag with :attr:`progress_label`."""
        return COLOURS.get(self.progress, "")

    def __str__(self) -> str:
        return " ".join(part for part in (self.heading, self.text) if part)


@dataclass(frozen=True)
class FollowUps:
    """All of last year's recommendations, in order. ``cycle`` is last year's name ("" when there are none)."""

    cycle: str = ""
    lines: tuple[FollowUpLine, ...] = ()

    @property
    def own(self) -> FollowUps:
        """Only what the authority says, as its self-assessment has it."""
        return replace(
            self, lines=tuple(replace(one, judged="", judged_note="", judged_version=0) for one in self.lines)
        )

    @property
    def total(self) -> int:
        """How many recommendations there are."""
        return len(self.lines)

    @cached_property
    def answered(self) -> int:
        """Of how many something is said."""
        return sum(bool(line.progress) for line in self.lines)

    @cached_property
    def judged(self) -> int:
        """How many the adviser has judged, as far as that may be read."""
        return sum(bool(line.judged) for line in self.lines)

    @cached_property
    def done(self) -> int:
        """How many are done, as the authority says."""
        return sum(line.progress == FollowUpProgress.DONE for line in self.lines)


def follow_ups(actor: Actor, assessment: Assessment) -> FollowUps:
    """Last year's recommendations with what is said of them this year, as far as the actor may read. One query.

    The assessment's cycle must have been read.
    """
    return _read(
        assessment,
        visible(actor, FollowUp),
        visible(actor, FollowUpReview),
        visible(actor, Recommendation),
        visible(actor, Assessment),
    )


def follow_ups_of(assessment: Assessment) -> FollowUps:
    """As :func:`follow_ups`, for a letter, which is about the whole record whoever prints it. One query."""
    everything = (FollowUp, FollowUpReview, Recommendation, Assessment)
    return _read(assessment, *(model._default_manager.all() for model in everything))


def _read(
    assessment: Assessment,
    answers: QuerySet[Any],
    judgements: QuerySet[Any],
    recommendations: QuerySet[Any],
    assessments: QuerySet[Any],
) -> FollowUps:
    last_year = before(assessments, assessment).values("pk")[:1]
    mine = answers.filter(assessment=assessment), judgements.filter(assessment=assessment)
    found = list(with_answers(recommendations.filter(assessment__in=last_year), *mine).order_by("position"))
    return FollowUps(cycle=found[0]["cycle"] if found else "", lines=tuple(line(row, assessment.pk) for row in found))


def with_answers(
    rows: QuerySet[Recommendation], answers: QuerySet[FollowUp], judgements: QuerySet[FollowUpReview]
) -> QuerySet[Any, dict[str, Any]]:
    """Recommendations as plain values, each with the answers and the judgements of it. What :func:`line` takes."""
    said = JSONObject(assessment="assessment_id", progress="progress", owner="owner", note="note", version="version")
    judged = JSONObject(assessment="assessment_id", judged="progress", judged_note="note", judged_version="version")
    here = {"recommendation": OuterRef("pk")}
    return rows.annotate(
        said=ArraySubquery(answers.filter(**here).order_by().values(json=said)),
        judgements=ArraySubquery(judgements.filter(**here).order_by().values(json=judged)),
        cycle=F("assessment__cycle__name"),
    ).values(
        *("pk", "assessment_id", "position", "heading", "text", "benchmark_numbers", "owners", "due_on"),
        *("cycle", "said", "judgements"),
    )


def line(row: dict[str, Any], assessment_id: int) -> FollowUpLine:
    """One recommendation with what is said of it in an assessment, from the values of a query."""
    said: dict[str, Any] = {}
    for one in (*row["said"], *row["judgements"]):
        if one["assessment"] == assessment_id:
            said |= {name: value for name, value in one.items() if name != "assessment"}
    return FollowUpLine(
        id=row["pk"],
        position=row["position"],
        heading=row["heading"],
        text=row["text"],
        benchmark_numbers=tuple(row["benchmark_numbers"]),
        owners=tuple(row["owners"]),
        due_on=row["due_on"],
        **said,
    )


@dataclass(frozen=True)
class LastYear:
    """The assessment of the year before: its id, its year, and how many of its recommendations are answered."""

    assessment_id: int
    cycle: str
    scheme_version_id: int
    recommendations: int
    answered: int
    has_letter: bool


def last_year(actor: Actor, assessment: Assessment) -> LastYear | None:
    """What there is of the year before, in one query; None for a first year. Its cycle must have been read."""
    mine = visible(actor, FollowUp).filter(assessment=assessment)
    recommended = visible(actor, Recommendation).filter(assessment=OuterRef("pk"))
    found = (
        before(visible(actor, Assessment), assessment)
        .annotate(
            total=_count(recommended),
            answered=_count(mine.filter(recommendation__assessment=OuterRef("pk"))),
        )
        .values_list("pk", "cycle__name", "cycle__scheme_version_id", "total", "answered", "letter_issued_at")
        .first()
    )
    return LastYear(*found[:5], has_letter=found[5] is not None) if found else None


def _count(rows: QuerySet[Any]) -> Any:
    one = rows.order_by().values("authority").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(one), Value(0))


@dataclass(frozen=True)
class FollowUpsPage:
    """The page of last year's recommendations, to answer or only to read."""

    assessment: Assessment
    follow_ups: FollowUps
    editable: bool


def follow_ups_page(actor: Actor, assessment_id: int) -> FollowUpsPage:
    """Last year's recommendations for whoever may read the answers at this stage; a lead may answer them.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, (P.READ_DRAFT, P.READ_SUBMITTED), Assessment, related=("cycle",), pk=assessment_id)
    if assessment.state in EDITABLE_STATES and not holds(actor, P.READ_DRAFT, assessment):
        raise Forbidden(P.READ_DRAFT)
    return FollowUpsPage(
        assessment=assessment,
        follow_ups=follow_ups(actor, assessment),
        editable=open_to_follow_ups(assessment) and holds(actor, P.EDIT_ANSWERS, assessment),
    )


@dataclass(frozen=True)
class JudgementPage:
    """Last year's recommendations for the adviser: what the authority says, and what they say themselves."""

    assessment: Assessment
    follow_ups: FollowUps
    editable: bool


def judgement_page(actor: Actor, assessment_id: int) -> JudgementPage:
    """Last year's recommendations to judge while the assessment is in review.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, P.REVIEW, Assessment, related=("cycle",), pk=assessment_id)
    return JudgementPage(assessment, follow_ups(actor, assessment), editable=assessment.state == State.IN_REVIEW)
