"""What was judged, by whom: the three judgements side by side, and the page of a transition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Forbidden, fetch, visible
from assurance.actions.carrying import previous_answers
from assurance.differences import whole
from assurance.insights import figures
from assurance.insights.explained import Explained
from assurance.insights.explaining import score_explained, share_explained
from assurance.insights.figures import whole_percent
from assurance.marks import mark_labels
from assurance.models import (
    AgreedOutcome,
    Assessment,
    CycleBenchmark,
    Dispute,
    Event,
    Question,
    Recommendation,
    Review,
    SelfAssessment,
    Strength,
)
from assurance.queries.follow_ups import FollowUps, follow_ups
from assurance.queries.history_imports import Source, source_of
from assurance.queries.meeting_points import Point, noted
from assurance.queries.meeting_points import points as noted_points
from assurance.queries.points import Points, points
from assurance.queries.quality import Found, look
from assurance.vocabulary import SHARED_STATES, Answer, Basis, EventKind, Permission, State, Verdict
from assurance.workflow import ASSESSMENT, Obstacle, Row, available
from benchmarks.catalogue import BenchmarkText, SchemeText, scheme_text
from benchmarks.scoring import Share
from benchmarks.weighing import weights_for

P = Permission


@dataclass(frozen=True)
class Disputed:
    """Why the authority did not accept an outcome, and when it said so."""

    reason: str
    raised_at: datetime


@dataclass(frozen=True)
class Differing:
    """A criterion on which the adviser differs: what the authority marked in words ("" for nothing), and why."""

    level: str
    text: str
    mark: str
    note: str


@dataclass(frozen=True)
class Line:
    """One benchmark with the three judgements. A judgement that the actor may not see is None.

    ``steps`` is by how many levels the adviser's outcome is above the authority's own; None where one is missing.
    ``last_year`` is what stood then, in words, where a page asks for it.
    """

    benchmark: BenchmarkText
    scored: bool
    own: str | None
    adviser: str | None
    adviser_code: str
    agreed: str | None
    basis: StrOrPromise
    is_settled: bool
    steps: int | None
    evidence: str
    summary: str
    comments: str
    differing: tuple[Differing, ...]
    disputes: tuple[Disputed, ...]
    last_year: str = ""

    @property
    def differs(self) -> bool:
        """Whether the adviser's outcome is not the authority's own."""
        return self.own is not None and self.adviser is not None and self.own != self.adviser

    @property
    def moved(self) -> bool:
        """Whether what stands is not what the adviser had proposed. Of an earlier record that is not known."""
        if self.agreed is None or self.adviser is None or self.basis == Basis.IMPORTED.label:
            return False
        return self.agreed != self.adviser

    @property
    def difference(self) -> str:
        """The adviser's outcome against the authority's own, in words ("" where one of them is not to be seen)."""
        if self.own is None or self.adviser is None or not self.scored:
            return ""
        if not self.differs:
            return gettext("Same")
        if not self.steps:
            return gettext("Differs")
        if self.steps > 0:
            words = ngettext("%(count)s level higher", "%(count)s levels higher", self.steps)
        else:
            words = ngettext("%(count)s level lower", "%(count)s levels lower", -self.steps)
        return words % {"count": abs(self.steps)}

    @property
    def has_texts(self) -> bool:
        """Whether there is anything to read on it beside its outcomes."""
        return bool(self.evidence or self.summary or self.comments or self.differing or self.disputes)

    def disputed_at(self, moment: datetime | None) -> str:
        """Why it was disputed at that moment ("" if it was not)."""
        return next((one.reason for one in self.disputes if one.raised_at == moment), "")


@dataclass(frozen=True)
class Stated:
    """A share that a source states of itself, and of how many benchmarks it names an outcome."""

    met: int
    of: int
    named: int
    unknown: int

    @property
    def percent(self) -> int:
        """The share as a whole per cent, halves rounded up."""
        return whole_percent(self.met, self.of)


@dataclass(frozen=True)
class Record:
    """Everything that the actor may read of an assessment at this moment.

    ``share`` and ``figures`` are of what stands, or of what is proposed while nothing does; the second has the score as
    well, where a page asks for it. ``unscored`` says of benchmarks that are not applicable why the cycle does not score
    them. ``settlement`` is why the regional manager settled ("" if nobody did).
    """

    assessment: Assessment
    scheme: SchemeText
    lines: tuple[Line, ...]
    shows_own: bool
    shows_adviser: bool
    shows_agreed: bool
    points: Points
    follow_ups: FollowUps
    transitions: tuple[Row, ...]
    share: Share | None
    figures: figures.Figures | None
    unscored: Mapping[int, str]
    settlement: str = ""
    last_year: str = ""
    open_questions: int = 0
    meeting: tuple[Point, ...] = ()
    source: Source | None = None

    @property
    def stated(self) -> Stated | None:
        """What the source of an imported record says of itself, while the record stands."""
        found = self.assessment
        if not self.shows_agreed or found.stated_met is None or found.stated_of is None:
            return None
        scored = [line for line in self.lines if line.scored]
        unknown = sum(line.agreed == Answer.UNKNOWN.label for line in scored)
        return Stated(found.stated_met, found.stated_of, len(scored) - unknown, unknown)

    @cached_property
    def last_disputed(self) -> datetime | None:
        """When outcomes were disputed last."""
        return max((one.raised_at for line in self.lines for one in line.disputes), default=None)

    @cached_property
    def disputed(self) -> tuple[Line, ...]:
        """What was disputed last; earlier disputes were reconsidered."""
        return tuple(line for line in self.lines if line.disputed_at(self.last_disputed))

    @property
    def disputed_numbers(self) -> tuple[int, ...]:
        """Of :attr:`disputed`."""
        return tuple(line.benchmark.number for line in self.disputed)

    @cached_property
    def settled(self) -> tuple[Line, ...]:
        """What the regional manager settled."""
        return tuple(line for line in self.lines if line.is_settled)

    @property
    def settled_numbers(self) -> str:
        """Of :attr:`settled`, as a list in words."""
        return get_text_list([str(line.benchmark.number) for line in self.settled], gettext("and"))

    @cached_property
    def scored(self) -> tuple[Line, ...]:
        """The benchmarks that the cycle scores."""
        return tuple(line for line in self.lines if line.scored)

    @cached_property
    def differing(self) -> tuple[Line, ...]:
        """Where the adviser and the authority see it differently."""
        return tuple(line for line in self.lines if line.differs)

    @cached_property
    def explained(self) -> tuple[Explained, ...]:
        """The two figures with their explanations; none where there are no figures."""
        if self.figures is None:
            return ()
        benchmarks = len(self.scheme.benchmarks)
        return (
            share_explained(self.figures.share, benchmarks=benchmarks, reasons=self.unscored),
            score_explained(
                self.figures.score,
                self.figures.weights,
                benchmarks=benchmarks,
                most_points=self.figures.most_points,
                reasons=self.unscored,
            ),
        )

    @property
    def is_proposed(self) -> bool:
        """Whether the outcomes are shown to the authority and do not stand."""
        return self.assessment.state in (State.PROPOSED, State.DISPUTED)

    @property
    def acceptance_note(self) -> str:
        """What the authority said when it accepted ("" for nothing, or for whoever reads outcomes alone)."""
        return self.assessment.acceptance_note if self.shows_adviser else ""

    @property
    def status(self) -> str:
        """What the outcomes are worth, in words ("" while none are shown)."""
        day = {"day": date_format(timezone.localdate(self.assessment.state_since), "j F Y")}
        state = self.assessment.state
        if state == State.AGREED:
            bases = {line.basis for line in self.lines if line.basis}
            if Basis.IMPORTED.label in bases:
                if self.assessment.source_date is not None:
                    dated = {"day": date_format(self.assessment.source_date, "j F Y")}
                    return gettext("Taken over from an earlier record of %(day)s") % dated
                return gettext("Taken over from an earlier record")
            if not self.settled:
                return gettext("Agreed on %(day)s") % day
            return gettext("Settled by the regional manager on %(day)s, not agreed") % day
        if not self.shows_adviser:
            return ""
        if state == State.PROPOSED:
            return gettext("Proposed on %(day)s – not agreed") % day
        if state == State.DISPUTED:
            return gettext("Disputed on %(day)s – not agreed") % day
        return gettext("Not proposed – for the Home Office only")


def record(actor: Actor, assessment_id: int, *, with_score: bool = False) -> Record:
    """The three judgements side by side, with texts. At most six queries: one for each, and what goes with them.

    With the score it is one more, for the weights. Two more say whence a record was taken over that a table of
    earlier years brought.
    """
    assessment = fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id)
    return record_of(actor, assessment, with_score=with_score)


def record_of(actor: Actor, assessment: Assessment, *, with_score: bool = False) -> Record:
    """The same of an assessment that was fetched for something else, with its cycle. One query less."""
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    own = _by_benchmark(actor, SelfAssessment, assessment)
    reviews = _reviews(actor, assessment)
    agreed = _agreed(actor, assessment) if assessment.state == State.AGREED else {}
    if not own and not reviews and not agreed:
        raise Forbidden(P.READ_SUBMITTED)
    places = {level.id: place for place, level in enumerate(scheme.levels)}
    lines = []
    for benchmark in scheme.benchmarks.values():
        mine, theirs, stands = own.get(benchmark.id), reviews.get(benchmark.id), agreed.get(benchmark.id)
        level = scheme.level_by_id(theirs.level_id) if theirs else None
        both = mine and theirs and mine.level_id in places and theirs.level_id in places
        lines.append(
            Line(
                benchmark=benchmark,
                scored=(mine or theirs or stands).answer != Answer.NOT_APPLICABLE,
                own=label(scheme, mine) if mine else None,
                adviser=label(scheme, theirs) if theirs else None,
                adviser_code=level.code if level else "",
                agreed=label(scheme, stands) if stands else None,
                basis=Basis(stands.basis).label if stands else "",
                is_settled=stands is not None and stands.basis == Basis.SETTLED,
                steps=places[theirs.level_id] - places[mine.level_id] if both else None,
                evidence=mine.evidence if mine else "",
                summary=theirs.summary if theirs else "",
                comments=theirs.comments if theirs else "",
                differing=_differing(scheme, benchmark, mine, theirs) if theirs else (),
                disputes=_disputed(theirs),
            )
        )
    judged = agreed or (reviews if assessment.state in SHARED_STATES else {})
    outcomes = {key: (row.answer, row.level_id) for key, row in judged.items()}
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
        share=figures.share(scheme, outcomes) if judged else None,
        figures=figures.figures(scheme, outcomes, weights_for(scheme)) if judged and with_score else None,
        unscored={
            benchmark.number: judged[benchmark.id].unscored
            for benchmark in scheme.benchmarks.values()
            if benchmark.id in judged and judged[benchmark.id].unscored
        },
        open_questions=next((row.open_questions or 0 for row in reviews.values()), 0),
        meeting=noted_points(scheme, next((row.noted for row in reviews.values()), ())),
        settlement=next((row.why or "" for row in agreed.values() if row.basis == Basis.SETTLED), ""),
        source=source_of(actor, assessment),
    )


def with_last_year(actor: Actor, found: Record) -> Record:
    """The record with what stood last year beside each benchmark, as far as the actor may read that. One query.

    Where last year was on other benchmarks, the ones that lead to this one are named.
    """
    stood = (
        visible(actor, AgreedOutcome)
        .filter(assessment=OuterRef("assessment"), benchmark=OuterRef("benchmark"))
        .values(json=JSONObject(answer="answer", level="level_id"))
    )
    rows: list[Any] = list(previous_answers(actor, found.assessment).annotate(stood=ArraySubquery(stood)))
    if not rows:
        return found
    cycle = rows[0].assessment.cycle
    before = scheme_text(cycle.scheme_version_id)
    words: dict[int, list[str]] = {}
    for row in sorted(rows, key=lambda one: one.benchmark.number):
        for stands in row.stood:
            level = before.level_by_id(stands["level"])
            said = str(level.label if level else Answer(stands["answer"]).label)
            if before.code != found.scheme.code:
                said = gettext("%(outcome)s (benchmark %(number)s)") % {"outcome": said, "number": row.benchmark.number}
            for number in row.leads_to:
                words.setdefault(number, []).append(said)
    lines = tuple(replace(line, last_year="; ".join(words.get(line.benchmark.number, ()))) for line in found.lines)
    return replace(found, lines=lines, last_year=cycle.name)


def _differing(
    scheme: SchemeText, benchmark: BenchmarkText, own: SelfAssessment | None, review: Review
) -> tuple[Differing, ...]:
    """The criteria on which the adviser differs, in the order of the scheme."""
    return tuple(
        Differing(
            level=level.label,
            text=whole(criterion),
            mark=str(mark_labels(level.standing)[own.marks[key]]) if own and key in own.marks else "",
            note=review.notes.get(key, ""),
        )
        for level in scheme.levels
        for criterion in benchmark.criteria.get(level.code, ())
        if review.verdicts.get(key := str(criterion.id)) == Verdict.DIFFER
    )


def label(scheme: SchemeText, row: SelfAssessment | Review | AgreedOutcome) -> str:
    """An outcome in words: its level, or which of the three kinds of none it is."""
    level = scheme.level_by_id(row.level_id)
    return level.label if level else Answer(row.answer).label


def _reviews(actor: Actor, assessment: Assessment) -> dict[int, Any]:
    """The adviser's judgements, each with its disputes (``raised``). One query.

    With each come, of the whole assessment, how many questions wait and what was agreed in a meeting (``noted``), and
    why the cycle does not score the benchmark (``unscored``).
    """
    raised = (
        visible(actor, Dispute)
        .filter(assessment=assessment, benchmark=OuterRef("benchmark"))
        .order_by("raised_at")
        .values(json=JSONObject(reason="reason", raised_at="raised_at"))
    )
    asked = visible(actor, Question).filter(assessment=assessment.pk, answered_at__isnull=True).order_by()
    waiting = asked.values("assessment").annotate(count=Count("pk")).values("count")
    rows = visible(actor, Review).filter(assessment=assessment)
    rows = rows.annotate(
        raised=ArraySubquery(raised),
        open_questions=Subquery(waiting),
        noted=noted(actor, assessment.pk),
        unscored=_unscored(),
    )
    return {row.benchmark_id: row for row in rows.order_by()}


def _disputed(review: Any) -> tuple[Disputed, ...]:
    found = review.raised if review else ()
    return tuple(Disputed(one["reason"], datetime.fromisoformat(one["raised_at"])) for one in found)


@dataclass(frozen=True)
class TransitionPage:
    """A transition that a person is about to make. ``obstacles`` say what has to be done first."""

    assessment: Assessment
    scheme: SchemeText
    row: Row
    starts_here: bool
    obstacles: tuple[Obstacle, ...]
    record: Record | None
    quality: Found | None = None


def transition_page(actor: Actor, assessment_id: int, name: str, *, draws_record: bool) -> TransitionPage:
    """What the page of a transition needs; with ``draws_record`` the judgements as well, to read before deciding.

    Raises:
        KeyError: there is no such transition.
        NotFound, Forbidden: as ``access.require``.
    """
    row = ASSESSMENT.row(name)
    assessment = fetch(actor, row.permissions, Assessment, related=("cycle",), pk=assessment_id)
    starts_here = assessment.state in row.sources
    draws_record = draws_record and starts_here
    return TransitionPage(
        assessment=assessment,
        scheme=scheme_text(assessment.cycle.scheme_version_id),
        row=row,
        starts_here=starts_here,
        obstacles=tuple(row.guard(assessment, actor)) if draws_record else (),
        record=record_of(actor, assessment, with_score=True) if draws_record else None,
        quality=look(assessment) if draws_record and name == "propose" else None,
    )


def _agreed(actor: Actor, assessment: Assessment) -> dict[int, Any]:
    """What stands, each with why it was settled, if it was and the actor may read that (``why``). One query.

    With each comes why the cycle does not score the benchmark (``unscored``).
    """
    settled = visible(actor, Event).filter(assessment=OuterRef("assessment"), kind=EventKind.TRANSITION, name="settle")
    why = Subquery(settled.order_by("-at", "-id").values("reason")[:1])
    rows = visible(actor, AgreedOutcome).filter(assessment=assessment).annotate(why=why, unscored=_unscored())
    return {row.benchmark_id: row for row in rows.order_by()}


def _unscored() -> Subquery:
    """Why the cycle does not score a row's benchmark; None where it does."""
    decided = CycleBenchmark.objects.filter(cycle=OuterRef("assessment__cycle"), benchmark=OuterRef("benchmark"))
    return Subquery(decided.filter(scored=False).order_by().values("reason")[:1])


def _points(actor: Actor, assessment: Assessment) -> Points:
    return points(
        visible(actor, Strength).filter(assessment=assessment),
        visible(actor, Recommendation).filter(assessment=assessment),
    )


def _by_benchmark(actor: Actor, model: Any, assessment: Assessment) -> dict[int, Any]:
    return {row.benchmark_id: row for row in visible(actor, model).filter(assessment=assessment).order_by()}
