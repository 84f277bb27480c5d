"""What the pages read of last year's recommendations and what the authority says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Forbidden, fetch, holds, visible
from assurance.actions.follow_ups import open_to_follow_ups
from assurance.models import Assessment, FollowUp, Recommendation
from assurance.vocabulary import EDITABLE_STATES, FollowUpProgress, Permission
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
    """One of last year's recommendations, and what is said of it. ``version`` is 0 while nothing is."""

    id: int
    position: int = 0
    heading: str = ""
    text: str = ""
    benchmark_numbers: tuple[int, ...] = ()
    progress: str = ""
    owner: str = ""
    note: str = ""
    version: int = 0

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
    def total(self) -> int:
        """How many recommendations there are."""
        return len(self.lines)

    @cached_property
    def answered(self) -> int:
        """Of how many something is said."""
        return sum(bool(line.progress) for line in self.lines)

    @cached_property
    def done(self) -> int:
        """How many are done."""
        return sum(line.progress == FollowUpProgress.DONE for line in self.lines)


def follow_ups(actor: Actor, assessment: Assessment) -> FollowUps:
    """Last year's recommendations with what is said of them this year, as far as the actor may read. One query.

    The assessment's cycle must have been read.
    """
    mine = visible(actor, FollowUp), visible(actor, Recommendation), visible(actor, Assessment)
    return _read(assessment, *mine)


def follow_ups_of(assessment: Assessment) -> FollowUps:
    """As :func:`follow_ups`, for a letter, which is about the whole record whoever prints it. One query."""
    return _read(assessment, FollowUp.objects.all(), Recommendation.objects.all(), Assessment.objects.all())


def _read(
    assessment: Assessment,
    answers: QuerySet[FollowUp],
    recommendations: QuerySet[Recommendation],
    assessments: QuerySet[Assessment],
) -> FollowUps:
    last_year = before(assessments, assessment).values("pk")[:1]
    rows = _with_answers(recommendations.filter(assessment__in=last_year), answers.filter(assessment=assessment))
    found = list(rows.order_by("position"))
    return FollowUps(cycle=found[0]["cycle"] if found else "", lines=tuple(map(line, found)))


def _with_answers(rows: QuerySet[Recommendation], answers: QuerySet[FollowUp]) -> QuerySet[Any, dict[str, Any]]:
    """Recommendations as plain values, each with the answer to it among ``answers``. What :func:`line` takes."""
    said = JSONObject(progress="progress", owner="owner", note="note", version="version")
    return rows.annotate(
        said=ArraySubquery(answers.filter(recommendation=OuterRef("pk")).order_by().values(json=said)),
        cycle=F("assessment__cycle__name"),
    ).values("pk", "position", "heading", "text", "benchmark_numbers", "cycle", "said")


def line(row: dict[str, Any]) -> FollowUpLine:
    """One recommendation with its answer, from the values of a query."""
    return FollowUpLine(
        id=row["pk"],
        position=row["position"],
        heading=row["heading"],
        text=row["text"],
        benchmark_numbers=tuple(row["benchmark_numbers"]),
        **(row["said"][0] if row["said"] else {}),
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
