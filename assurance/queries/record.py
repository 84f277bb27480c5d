"""What was judged, by whom: the three judgements side by side, the page of a transition, and the timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Forbidden, fetch, visible
from assurance.actions.reviews import latest_disputes
from assurance.insights.figures import Figures, figures
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Dispute,
    Event,
    Recommendation,
    Review,
    SelfAssessment,
    Strength,
)
from assurance.queries.follow_ups import FollowUps, follow_ups
from assurance.queries.points import Points, points
from assurance.vocabulary import Answer, EventKind, LetterState, Permission, State
from assurance.workflow import ASSESSMENT, Row, available
from benchmarks.catalogue import BenchmarkText, SchemeText, scheme_text

P = Permission


@dataclass(frozen=True)
class Disputed:
    """Why the authority did not accept an outcome, and when it said so."""

    reason: str
    raised_at: datetime


@dataclass(frozen=True)
class Line:
    """One benchmark with the three judgements. A judgement that the actor may not see is None."""

    benchmark: BenchmarkText
    scored: bool
    own: str | None
    adviser: str | None
    adviser_code: str
    agreed: str | None
    basis: str
    evidence: str
    summary: str
    comments: str
    disputes: tuple[Disputed, ...]

    @property
    def differs(self) -> bool:
        """Whether the adviser's outcome is not the authority's own."""
        return self.own is not None and self.adviser is not None and self.own != self.adviser


@dataclass(frozen=True)
class Record:
    """Everything that the actor may read of an assessment at this moment."""

    assessment: Assessment
    scheme: SchemeText
    lines: tuple[Line, ...]
    shows_own: bool
    shows_adviser: bool
    shows_agreed: bool
    points: Points
    follow_ups: FollowUps
    transitions: tuple[Row, ...]
    figures: Figures | None

    @property
    def disputed_numbers(self) -> tuple[int, ...]:
        """Benchmarks that were disputed last; earlier disputes were reconsidered."""
        last = max((one.raised_at for line in self.lines for one in line.disputes), default=None)
        return tuple(
            line.benchmark.number for line in self.lines if any(one.raised_at == last for one in line.disputes)
        )


def record(actor: Actor, assessment_id: int) -> Record:
    """The three judgements side by side, with texts. At most six queries: one for each, and what goes with them."""
    return _record(actor, fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id))


def _record(actor: Actor, assessment: Assessment) -> Record:
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    own = _by_benchmark(actor, SelfAssessment, assessment)
    reviews = _reviews(actor, assessment)
    agreed = _by_benchmark(actor, AgreedOutcome, assessment) if assessment.state == State.AGREED else {}
    if not own and not reviews and not agreed:
        raise Forbidden(P.READ_SUBMITTED)
    lines = []
    for benchmark in scheme.benchmarks.values():
        mine, theirs, stands = own.get(benchmark.id), reviews.get(benchmark.id), agreed.get(benchmark.id)
        level = scheme.level_by_id(theirs.level_id) if theirs else None
        lines.append(
            Line(
                benchmark=benchmark,
                scored=(mine or theirs or stands).answer != Answer.NOT_APPLICABLE,
                own=label(scheme, mine) if mine else None,
                adviser=label(scheme, theirs) if theirs else None,
                adviser_code=level.code if level else "",
                agreed=label(scheme, stands) if stands else None,
                basis=stands.get_basis_display() if stands else "",
                evidence=mine.evidence if mine else "",
                summary=theirs.summary if theirs else "",
                comments=theirs.comments if theirs else "",
                disputes=_disputed(theirs),
            )
        )
    return Record(
        assessment=assessment,
        scheme=scheme,
        lines=tuple(lines),
        shows_own=bool(own),
        shows_adviser=bool(reviews),
        shows_agreed=bool(agreed),
        points=_points(actor, assessment) if reviews else Points(),
        follow_ups=follow_ups(actor, assessment) if own else FollowUps(),
        transitions=tuple(available(ASSESSMENT, assessment, actor)),
        figures=figures(scheme, {key: (row.answer, row.level_id) for key, row in agreed.items()}) if agreed else None,
    )


def label(scheme: SchemeText, row: SelfAssessment | Review | AgreedOutcome) -> str:
    """An outcome in words: its level, or which of the three kinds of none it is."""
    level = scheme.level_by_id(row.level_id)
    return level.label if level else Answer(row.answer).label


def _reviews(actor: Actor, assessment: Assessment) -> dict[int, Any]:
    """The adviser's judgements, each with the disputes of it (``raised``). One query."""
    raised = (
        visible(actor, Dispute)
        .filter(assessment=assessment, benchmark=OuterRef("benchmark"))
        .order_by("raised_at")
        .values(json=JSONObject(reason="reason", raised_at="raised_at"))
    )
    rows = visible(actor, Review).filter(assessment=assessment).annotate(raised=ArraySubquery(raised))
    return {row.benchmark_id: row for row in rows.order_by()}


def _disputed(review: Any) -> tuple[Disputed, ...]:
    found = review.raised if review else ()
    return tuple(Disputed(one["reason"], datetime.fromisoformat(one["raised_at"])) for one in found)


@dataclass(frozen=True)
class TransitionPage:
    """A transition that a person is about to make. ``numbers`` are the benchmarks that its form is about."""

    assessment: Assessment
    scheme: SchemeText
    row: Row
    numbers: tuple[int, ...]
    starts_here: bool
    adviser_codes: Mapping[int, str]
    record: Record | None


def transition_page(actor: Actor, assessment_id: int, name: str, *, draws_record: bool) -> TransitionPage:
    """What the page of a transition needs; with ``draws_record`` the judgements as well, to read before deciding.

    Raises:
        KeyError: there is no such transition.
        NotFound, Forbidden: as ``access.require``.
    """
    row = ASSESSMENT.row(name)
    assessment = fetch(actor, row.permissions, Assessment, related=("cycle",), pk=assessment_id)
    starts_here = assessment.state in row.sources
    found = _record(actor, assessment) if draws_record and starts_here else None
    codes: dict[int, str] = {}
    numbers: tuple[int, ...] = ()
    if found is not None:
        codes = {line.benchmark.number: line.adviser_code for line in found.lines}
    if name in ("dispute", "ask"):
        numbers = (
            tuple(line.benchmark.number for line in found.lines if line.scored)
            if found is not None
            else tuple(assessment.cycle.benchmarks.filter(scored=True).values_list("benchmark__number", flat=True))
        )
    elif name == "settle":
        numbers = (
            found.disputed_numbers
            if found is not None
            else tuple(latest_disputes(assessment).values_list("benchmark__number", flat=True))
        )
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    return TransitionPage(assessment, scheme, row, numbers, starts_here, codes, found)


def _points(actor: Actor, assessment: Assessment) -> Points:
    return points(
        visible(actor, Strength).filter(assessment=assessment),
        visible(actor, Recommendation).filter(assessment=assessment),
    )


def _by_benchmark(actor: Actor, model: Any, assessment: Assessment) -> dict[int, Any]:
    return {row.benchmark_id: row for row in visible(actor, model).filter(assessment=assessment).order_by()}


@dataclass(frozen=True)
class Entry:
    """One thing that happened, in words."""

    title: StrOrPromise
    line: str
    reason: str
    at: datetime
    who: str


def timeline(actor: Actor, assessment_id: int) -> tuple[Assessment, tuple[Entry, ...]]:
    """What happened to the assessment, newest first, as far as the actor may know."""
    assessment = fetch(actor, (P.READ_EVENTS, P.READ_SHARED_EVENTS), Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    events = visible(actor, Event).filter(assessment=assessment).order_by("-at", "-id")
    return assessment, tuple(_entry(event, scheme) for event in events)


def _entry(event: Event, scheme: SchemeText) -> Entry:
    title: StrOrPromise = EventKind(event.kind).label
    parts = []
    if event.kind == EventKind.TRANSITION:
        title = ASSESSMENT.row(event.name).label
        moved = {"before": State(event.from_state).label, "after": State(event.to_state).label}
        parts.append(str(_("From “%(before)s” to “%(after)s”")) % moved)
    elif event.kind == EventKind.LETTER_MOVED:
        parts.append(str(LetterState(event.to_state).label))
    number = event.detail.get("benchmark")
    if number in scheme.benchmarks:
        parts.append(f"{number}. {scheme.benchmarks[number].title}")
    if "to" in event.detail:
        none = Answer.UNANSWERED.label
        outcome = {"before": event.detail["from"] or none, "after": event.detail["to"] or none}
        parts.append(str(_("Outcome from “%(before)s” to “%(after)s”")) % outcome)
    return Entry(title, ". ".join(parts), event.reason, event.at, event.person_name)
