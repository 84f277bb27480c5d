"""What the pages of a meeting read: one authority's whole assessment on one page, differences first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Forbidden, fetch, holds, require, visible
from assurance.actions.answers import outcome_label
from assurance.actions.carrying import previous_answers
from assurance.memberships import open_on
from assurance.models import (
    AgreedOutcome,
    Assessment,
    MeetingPoint,
    Membership,
    Question,
    Recommendation,
    Review,
    Strength,
)
from assurance.queries.follow_ups import FollowUps, follow_ups
from assurance.queries.meeting_points import Point, noted
from assurance.queries.meeting_points import points as noted_points
from assurance.queries.points import Points, RecommendationText
from assurance.queries.submission import Answered, answers_on
from assurance.vocabulary import Permission, Role, State, Verdict
from benchmarks.catalogue import BenchmarkText, SchemeText, scheme_text

P = Permission


@dataclass(frozen=True)
class Differs:
    """A criterion on which the adviser does not agree: what it says, what the authority marked, and why not."""

    text: str
    mark: str
    note: str


@dataclass(frozen=True)
class Asked:
    """A question that waits for its answer."""

    text: str
    due: date


@dataclass(frozen=True)
class Line:
    """One benchmark as it is talked about.

    ``adviser`` is the adviser's outcome in words ("" for none yet, or for one that is not shown); ``last`` what stood
    last year, each with the title of its benchmark where that was another one; ``review_version`` is of the review.
    """

    own: Answered
    adviser: str
    review_version: int
    criteria: tuple[Differs, ...]
    questions: tuple[Asked, ...]
    points: tuple[Point, ...]
    last: tuple[str, ...]

    @property
    def benchmark(self) -> BenchmarkText:
        return self.own.benchmark

    @property
    def differs(self) -> bool:
        """Whether the adviser's outcome is not the authority's own."""
        return bool(self.adviser) and self.adviser != self.own.outcome


@dataclass(frozen=True)
class Section:
    """Benchmarks that are alike in how far the two sides are apart; without a title where that is not to be seen."""

    title: StrOrPromise
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class MeetingPage:
    """The meeting pack of one authority.

    ``is_hidden`` is whether everything of the adviser's own is left out, to share a screen before it is proposed;
    ``can_note`` whether the actor can note points now. Private notes are never here.
    """

    assessment: Assessment
    scheme: SchemeText
    leads: tuple[str, ...]
    advisers: tuple[str, ...]
    sections: tuple[Section, ...]
    unscored: tuple[Answered, ...]
    questions: tuple[Asked, ...]
    points: tuple[Point, ...]
    adviser_points: Points
    follow_ups: FollowUps
    last_cycle: str
    is_hidden: bool
    can_note: bool

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every scored benchmark in the order of the page."""
        return tuple(line for section in self.sections for line in section.lines)

    @property
    def apart(self) -> int:
        """On how many benchmarks the outcomes differ, as far as that is shown."""
        return sum(line.differs for line in self.lines)

    @property
    def is_private(self) -> bool:
        """Whether it shows what the authority must not see yet."""
        return not self.is_hidden and self.assessment.state in (State.SUBMITTED, State.IN_REVIEW, State.CLARIFICATION)


TITLES: tuple[StrOrPromise, ...] = (
    _("Outcomes that differ"),
    _("Same outcome, criteria that differ"),
    _("No outcome of the adviser’s yet"),
    _("Same outcome"),
)
"""Of the sections, in their order."""


def meeting_page(actor: Actor, assessment_id: int, *, hidden: bool = False, live: bool = False) -> MeetingPage:
    """The meeting pack, for the Home Office. Five queries.

    Args:
        hidden: whether to leave out what is the adviser's own.
        live: whether it is for noting points, which only an adviser can.

    Raises:
        NotFound, Forbidden: as ``access.require``; Forbidden also while nothing is submitted that the actor could read.
    """
    assessment = _assessment(actor, assessment_id)
    require(actor, P.REVIEW if live else P.READ_REVIEW, assessment)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    own = answers_on(actor, assessment, [one.id for one in scheme.benchmarks.values()])
    if not own:
        raise Forbidden(P.READ_SUBMITTED)
    reviews = {one["benchmark"]: one for one in assessment.judged}
    questions = _by_benchmark(assessment.asked)
    last_cycle, last = _last_year(actor, assessment, scheme)
    points: dict[int | None, list[Point]] = defaultdict(list)
    for one in noted_points(scheme, assessment.noted, {key: review["level"] for key, review in reviews.items()}):
        points[one.benchmark.id if one.benchmark else None].append(one)
    answered = [own[one.id] for one in scheme.benchmarks.values() if one.id in own]
    lines = [
        _line(
            scheme,
            one,
            None if hidden else reviews.get(one.benchmark.id),
            (reviews.get(one.benchmark.id) or {}).get("version", 0),
            tuple(_asked(asked) for asked in questions[one.benchmark.id]),
            tuple(points[one.benchmark.id]),
            last.get(one.number, ()),
        )
        for one in answered
        if one.is_scored
    ]
    said = follow_ups(actor, assessment)
    return MeetingPage(
        assessment=assessment,
        scheme=scheme,
        leads=_names(assessment.people, Role.LEAD),
        advisers=_names(assessment.people, Role.ADVISER),
        sections=(Section("", tuple(lines)),) if hidden else _sections(lines),
        unscored=tuple(one for one in answered if not one.is_scored),
        questions=tuple(_asked(asked) for asked in questions[None]),
        points=tuple(points[None]),
        adviser_points=Points() if hidden else _adviser_points(assessment),
        follow_ups=said.own if hidden else said,
        last_cycle=last_cycle,
        is_hidden=hidden,
        can_note=assessment.state == State.IN_REVIEW and holds(actor, P.REVIEW, assessment),
    )


@dataclass(frozen=True)
class PointPage:
    """A point to change."""

    assessment: Assessment
    scheme: SchemeText
    row: MeetingPoint
    benchmark: BenchmarkText | None
    editable: bool


def point_page(actor: Actor, assessment_id: int, point_id: int) -> PointPage:
    """One point to change. One query.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    row = fetch(
        actor,
        P.REVIEW,
        MeetingPoint,
        related=("assessment__cycle", "benchmark"),
        pk=point_id,
        assessment_id=assessment_id,
    )
    row.assessment.authority = row.authority
    scheme = scheme_text(row.assessment.cycle.scheme_version_id)
    benchmark = scheme.benchmarks[row.benchmark.number] if row.benchmark else None
    return PointPage(row.assessment, scheme, row, benchmark, row.assessment.state == State.IN_REVIEW)


def scheme_of(actor: Actor, assessment_id: int) -> SchemeText:
    """The scheme of an assessment, for whoever reviews it. Raises NotFound or Forbidden for the others."""
    assessment = fetch(actor, P.REVIEW, Assessment, related=("cycle",), pk=assessment_id)
    return scheme_text(assessment.cycle.scheme_version_id)


def _assessment(actor: Actor, assessment_id: int) -> Any:
    """The assessment with what belongs to it and is not written by the authority, in one query."""
    today = timezone.localdate()
    here = {"assessment": OuterRef("pk")}
    people = Membership.objects.filter(
        open_on(today),
        authority=OuterRef("authority"),
        role__in=[Role.LEAD, Role.ADVISER],
        starts__lte=today,
        person__is_active=True,
    )
    judged = JSONObject(
        benchmark="benchmark_id",
        version="version",
        answer="answer",
        level="level_id",
        verdicts="verdicts",
        notes="notes",
    )
    recommended = JSONObject(
        heading="heading", text="text", numbers="benchmark_numbers", owners="owners", due_on="due_on"
    )
    return (
        Assessment.objects.select_related("authority", "cycle")
        .filter(pk=assessment_id)
        .annotate(
            people=ArraySubquery(
                people.order_by("person__name").values(json=JSONObject(name="person__name", role="role"))
            ),
            judged=ArraySubquery(visible(actor, Review).filter(**here).order_by().values(json=judged)),
            asked=ArraySubquery(
                visible(actor, Question)
                .filter(answered_at__isnull=True, **here)
                .values(json=JSONObject(benchmark="benchmark_id", text="text", due="due"))
            ),
            noted=noted(actor, OuterRef("pk")),
            strong=ArraySubquery(visible(actor, Strength).filter(**here).order_by("position").values("text")),
            recommended=ArraySubquery(
                visible(actor, Recommendation).filter(**here).order_by("position").values(json=recommended)
            ),
        )
        .first()
    )


def _last_year(actor: Actor, assessment: Assessment, scheme: SchemeText) -> tuple[str, Mapping[int, tuple[str, ...]]]:
    """What stood last year, by this year's number, and the name of that year ("" for none). One query.

    Where the scheme was another one, several benchmarks may lead to one, and each is named.
    """
    agreed = visible(actor, AgreedOutcome).filter(assessment=OuterRef("assessment"), benchmark=OuterRef("benchmark"))
    rows: list[Any] = list(
        previous_answers(actor, assessment)
        .annotate(agreed=ArraySubquery(agreed.values(json=JSONObject(answer="answer", level="level_id"))))
        .order_by("benchmark__number")
    )
    if not rows:
        return "", {}
    cycle = rows[0].assessment.cycle
    previous = scheme_text(cycle.scheme_version_id)
    found: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for row in rows:
        for one in row.agreed:
            words = outcome_label(previous, one["answer"], one["level"])
            if previous.code != scheme.code:
                words = f"{row.benchmark.number}. {row.benchmark.title}: {words}"
            for number in row.leads_to:
                found[number] += (words,)
    return cycle.name, found


def _line(
    scheme: SchemeText,
    own: Answered,
    review: Mapping[str, Any] | None,
    version: int,
    questions: tuple[Asked, ...],
    points: tuple[Point, ...],
    last: tuple[str, ...],
) -> Line:
    level = scheme.level_by_id(review["level"]) if review else None
    return Line(
        own=own,
        adviser=level.label if level else "",
        review_version=version,
        criteria=_criteria(own, review) if review else (),
        questions=questions,
        points=points,
        last=last,
    )


def _criteria(own: Answered, review: Mapping[str, Any]) -> tuple[Differs, ...]:
    """The criteria on which the adviser differs, each with what the authority marked."""
    marks = {one.id: one.mark for _level, marked in own.marks for one in marked}
    return tuple(
        Differs(one.text, marks.get(one.id, ""), review["notes"].get(str(one.id), ""))
        for criteria in own.benchmark.criteria.values()
        for one in criteria
        if review["verdicts"].get(str(one.id)) == Verdict.DIFFER
    )


def _sections(lines: Iterable[Line]) -> tuple[Section, ...]:
    sorted_lines: list[list[Line]] = [[] for _title in TITLES]
    for line in lines:
        if line.differs:
            place = 0
        elif line.criteria:
            place = 1
        else:
            place = 3 if line.adviser else 2
        sorted_lines[place].append(line)
    return tuple(Section(title, tuple(found)) for title, found in zip(TITLES, sorted_lines, strict=True) if found)


def _adviser_points(assessment: Any) -> Points:
    return Points(
        strengths=tuple(assessment.strong),
        recommendations=tuple(
            RecommendationText(
                one["heading"],
                one["text"],
                tuple(one["numbers"]),
                tuple(one["owners"]),
                date.fromisoformat(one["due_on"]) if one["due_on"] else None,
            )
            for one in assessment.recommended
        ),
    )


def _by_benchmark(rows: Iterable[Mapping[str, Any]]) -> Mapping[int | None, list[Mapping[str, Any]]]:
    found: dict[int | None, list[Mapping[str, Any]]] = defaultdict(list)
    for one in rows:
        found[one["benchmark"]].append(one)
    return found


def _asked(one: Mapping[str, Any]) -> Asked:
    return Asked(one["text"], date.fromisoformat(one["due"]))


def _names(people: Iterable[Mapping[str, str]], role: Role) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one["name"] for one in people if one["role"] == role))
