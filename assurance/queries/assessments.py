"""What the pages of one assessment read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Case, CharField, Q, Value, When
from django.utils.translation import gettext as text
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Forbidden, fetch, holds, may_answer, require, visible
from assurance.actions.answers import open_to_answers
from assurance.actions.reviews import latest_disputes, list_token
from assurance.insights.figures import Figures, figures
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Dispute,
    Event,
    GivenBenchmark,
    Question,
    Recommendation,
    Review,
    SelfAssessment,
    Strength,
)
from assurance.vocabulary import EDITABLE_STATES, Answer, CycleState, EventKind, LetterState, Permission, State
from assurance.workflow import ASSESSMENT, Row, available
from benchmarks.catalogue import BenchmarkText, SchemeText, scheme_text

P = Permission


class Progress:
    """How far one benchmark is, in words and the colour of their tag ("" for plain text)."""

    UNSCORED = ("unscored", _("Not scored this year"), "grey")
    NOT_STARTED = ("not_started", _("Not started"), "blue")
    IN_PROGRESS = ("in_progress", _("In progress"), "yellow")
    READY = ("ready", _("Ready"), "")


Step = tuple[str, StrOrPromise, str]


@dataclass(frozen=True)
class Task:
    """One benchmark in a list of things to do."""

    benchmark: BenchmarkText
    progress: Step
    editable: bool
    reason: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether nothing is left to do on it."""
        return self.progress in (Progress.READY, Progress.UNSCORED)


@dataclass(frozen=True)
class Overview:
    """An assessment with its benchmarks as tasks, and what this actor can do next."""

    assessment: Assessment
    scheme: SchemeText
    answers: tuple[Task, ...]
    reviews: tuple[Task, ...]
    transitions: tuple[Row, ...]
    can_review: bool
    may_read_answers: bool
    may_read_questions: bool
    may_read_letters: bool
    may_read_events: bool
    waits_on: StrOrPromise
    due: date | None

    @cached_property
    def answered(self) -> int:
        """Scored benchmarks that are ready."""
        return sum(task.progress == Progress.READY for task in self.answers)

    @cached_property
    def scored(self) -> int:
        """Benchmarks that the cycle scores."""
        return sum(task.progress != Progress.UNSCORED for task in self.answers)


WAITS_ON: Mapping[str, tuple[StrOrPromise, str]] = {
    State.NOT_STARTED: (_("the Prevent Lead, to answer the benchmarks"), "submit_by"),
    State.IN_PROGRESS: (_("the Prevent Lead, to submit"), "submit_by"),
    State.SUBMITTED: (_("the adviser, to begin the review"), "agree_by"),
    State.IN_REVIEW: (_("the adviser, to propose outcomes"), "agree_by"),
    State.CLARIFICATION: (_("the Prevent Lead, to answer questions"), "agree_by"),
    State.PROPOSED: (_("the Prevent Lead, to accept or dispute the outcomes"), "agree_by"),
    State.DISPUTED: (_("the adviser, to reconsider, or the regional manager, to settle"), "agree_by"),
    State.AGREED: (_("the Home Office, to send the letter"), "letters_by"),
    State.WITHDRAWN: (_("nobody"), ""),
}
"""On whom an assessment waits in each state, and which date of the cycle counts then."""


def waits(assessment: Assessment) -> tuple[StrOrPromise, date | None]:
    """On whom the assessment waits, and by when. Its cycle must have been read."""
    if assessment.state == State.AGREED and assessment.letter_issued_at:
        return _("nobody: the letter has been sent"), None
    who, which = WAITS_ON[assessment.state]
    return who, getattr(assessment.cycle, which) if which else None


def overview(actor: Actor, assessment_id: int) -> Overview:
    """The assessment's first page: status, tasks, transitions. At most five queries."""
    assessment = fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    may_edit = holds(actor, (P.EDIT_ANSWERS, P.EDIT_GIVEN), assessment)
    editable = assessment.state in EDITABLE_STATES and assessment.cycle.state == CycleState.OPEN and may_edit
    reasons = dict(assessment.cycle.benchmarks.filter(scored=False).values_list("benchmark_id", "reason"))
    mine = _given_to(actor, assessment) if editable else None
    answers = _tasks(SelfAssessment, "evidence", assessment, scheme, reasons, editable, mine)
    can_review = holds(actor, P.REVIEW, assessment)
    reviews = (
        _tasks(Review, "summary", assessment, scheme, reasons, assessment.state == State.IN_REVIEW and can_review)
        if holds(actor, P.READ_REVIEW, assessment)
        else ()
    )
    waits_on, due = waits(assessment)
    return Overview(
        assessment=assessment,
        scheme=scheme,
        answers=answers,
        reviews=reviews,
        transitions=tuple(available(ASSESSMENT, assessment, actor)),
        can_review=can_review,
        may_read_answers=_may_read_answers(actor, assessment),
        may_read_questions=holds(actor, (P.READ_REVIEW, P.READ_DRAFT), assessment),
        may_read_events=holds(actor, (P.READ_EVENTS, P.READ_SHARED_EVENTS), assessment),
        may_read_letters=holds(actor, (P.READ_LETTERS, P.READ_ISSUED_LETTERS), assessment),
        waits_on=waits_on,
        due=due,
    )


def _may_read_answers(actor: Actor, assessment: Assessment) -> bool:
    if assessment.state in EDITABLE_STATES:
        return holds(actor, P.READ_DRAFT, assessment)
    return holds(actor, (P.READ_DRAFT, P.READ_SUBMITTED, P.READ_OUTCOMES), assessment)


def _tasks(
    model: type[SelfAssessment] | type[Review],
    text_field: str,
    assessment: Assessment,
    scheme: SchemeText,
    reasons: Mapping[int, str],
    editable: bool,
    mine: set[int] | None = None,
) -> tuple[Task, ...]:
    """How far each benchmark is. Reads no text, so that progress can be shown where the text may not be."""
    progress = Case(
        When(answer=Answer.NOT_APPLICABLE, then=Value("unscored")),
        When(~Q(**{text_field: ""}), answer__in=[Answer.OUTCOME, Answer.UNKNOWN], then=Value("ready")),
        When(Q(answer=Answer.UNANSWERED) & Q(**{text_field: ""}), then=Value("not_started")),
        default=Value("in_progress"),
        output_field=CharField(),
    )
    steps = {one[0]: one for one in vars(Progress).values() if isinstance(one, tuple)}
    found = dict(
        model.objects.filter(assessment=assessment).annotate(progress=progress).values_list("benchmark_id", "progress")
    )
    return tuple(
        Task(
            benchmark=benchmark,
            progress=steps[found.get(benchmark.id, "unscored")],
            editable=editable
            and found.get(benchmark.id, "unscored") != "unscored"
            and (mine is None or benchmark.id in mine),
            reason=reasons.get(benchmark.id, ""),
        )
        for benchmark in scheme.benchmarks.values()
    )


@dataclass(frozen=True)
class AnswerPage:
    """One benchmark for the person who answers it."""

    row: SelfAssessment
    assessment: Assessment
    scheme: SchemeText
    benchmark: BenchmarkText

    @property
    def level_code(self) -> str:
        """The outcome that stands, as the form knows it ("" for none yet)."""
        level = self.scheme.level_by_id(self.row.level_id)
        return level.code if level else ""

    @cached_property
    def suggestion(self) -> Any:
        """What the ticks suggest, on a checklist scheme; None on another."""
        if not self.scheme.is_checklist:
            return None
        return self.scheme.suggestion(self.benchmark.number, frozenset(self.row.met_criteria))

    @property
    def suggested_label(self) -> str:
        """The suggested outcome in words ("" for none)."""
        level = self.scheme.level(self.suggestion.level) if self.suggestion and self.suggestion.level else None
        return level.label if level else ""


def answer_page(actor: Actor, assessment_id: int, number: int) -> AnswerPage | None:
    """The benchmark to answer; None when it cannot be answered now and is only to be read.

    Raises:
        NotFound, Forbidden: as ``access.require``; also Forbidden for a benchmark that was not given to one.
    """
    row = fetch(
        actor,
        (P.EDIT_ANSWERS, P.EDIT_GIVEN),
        SelfAssessment,
        related=("assessment__cycle",),
        assessment_id=assessment_id,
        benchmark__number=number,
    )
    if not open_to_answers(row):
        return None
    if not may_answer(actor, row):
        raise Forbidden(P.EDIT_GIVEN)
    row.assessment.authority = row.authority
    scheme = scheme_text(row.assessment.cycle.scheme_version_id)
    return AnswerPage(row, row.assessment, scheme, scheme.benchmarks[number])


@dataclass(frozen=True)
class ReviewPage:
    """One benchmark for the adviser: the authority's answer on the left, the adviser's own on the right."""

    row: Review
    answer: SelfAssessment
    assessment: Assessment
    scheme: SchemeText
    benchmark: BenchmarkText

    @property
    def level_code(self) -> str:
        """The adviser's outcome, as the form knows it ("" for none yet)."""
        level = self.scheme.level_by_id(self.row.level_id)
        return level.code if level else ""

    @property
    def own_label(self) -> str:
        """The authority's outcome in words."""
        return label(self.scheme, self.answer)

    @property
    def ticked(self) -> list[tuple[str, list[str]]]:
        """The criteria that the authority says are met, by level label."""
        ids = set(self.answer.met_criteria)
        found = []
        for level in self.scheme.levels:
            texts = [one.text for one in self.benchmark.criteria.get(level.code, ()) if one.id in ids]
            if texts:
                found.append((level.label, texts))
        return found


def review_page(actor: Actor, assessment_id: int, number: int) -> ReviewPage | None:
    """The benchmark to review; None when the assessment is not in review or the benchmark is not scored."""
    row = fetch(
        actor,
        P.REVIEW,
        Review,
        related=("assessment__cycle",),
        assessment_id=assessment_id,
        benchmark__number=number,
    )
    if row.assessment.state != State.IN_REVIEW or row.answer == Answer.NOT_APPLICABLE:
        return None
    row.assessment.authority = row.authority
    scheme = scheme_text(row.assessment.cycle.scheme_version_id)
    answer = visible(actor, SelfAssessment).get(assessment_id=assessment_id, benchmark_id=row.benchmark_id)
    return ReviewPage(row, answer, row.assessment, scheme, scheme.benchmarks[number])


def next_number(actor: Actor, page: AnswerPage | ReviewPage) -> int | None:
    """The next benchmark that is not ready and that the actor can edit, going round from this page. One query."""
    if isinstance(page, AnswerPage):
        mine = _given_to(actor, page.assessment)
        tasks = _tasks(SelfAssessment, "evidence", page.assessment, page.scheme, {}, True, mine)
    else:
        tasks = _tasks(Review, "summary", page.assessment, page.scheme, {}, True)
    here = page.benchmark.number
    waiting = [one.benchmark.number for one in tasks if one.editable and not one.is_ready]
    return next(iter([n for n in waiting if n > here] + [n for n in waiting if n < here]), None)


def _given_to(actor: Actor, assessment: Assessment) -> set[int] | None:
    """Ids of the benchmarks that a contributor may answer; None for whoever may answer every one."""
    if holds(actor, P.EDIT_ANSWERS, assessment):
        return None
    given = GivenBenchmark.objects.filter(self_assessment__assessment=assessment, contributor_id=actor.id)
    return set(given.values_list("self_assessment__benchmark_id", flat=True))


@dataclass(frozen=True)
class Line:
    """One benchmark with the three judgements. A judgement that the actor may not see is None."""

    benchmark: BenchmarkText
    reason: str
    own: str | None
    adviser: str | None
    agreed: str | None
    basis: str
    evidence: str
    summary: str
    comments: str
    disputes: tuple[Dispute, ...]

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
    strengths: tuple[Strength, ...]
    recommendations: tuple[Recommendation, ...]
    transitions: tuple[Row, ...]
    figures: Figures | None


def record(actor: Actor, assessment_id: int) -> Record:
    """The three judgements side by side, with texts. At most six queries, five while something is hidden."""
    assessment = fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    own = _by_benchmark(actor, SelfAssessment, assessment)
    reviews = _by_benchmark(actor, Review, assessment)
    agreed = _by_benchmark(actor, AgreedOutcome, assessment) if assessment.state == State.AGREED else {}
    if not own and not reviews and not agreed:
        raise Forbidden(P.READ_SUBMITTED)
    disputed = assessment.state not in (*EDITABLE_STATES, State.SUBMITTED)
    disputes: dict[int, list[Dispute]] = {}
    if disputed and reviews:
        for one in visible(actor, Dispute).filter(assessment=assessment):
            disputes.setdefault(one.benchmark_id, []).append(one)
    lines = []
    for benchmark in scheme.benchmarks.values():
        mine, theirs, stands = own.get(benchmark.id), reviews.get(benchmark.id), agreed.get(benchmark.id)
        lines.append(
            Line(
                benchmark=benchmark,
                reason=benchmark.unscored_note,
                own=label(scheme, mine) if mine else None,
                adviser=label(scheme, theirs) if theirs else None,
                agreed=label(scheme, stands) if stands else None,
                basis=stands.get_basis_display() if stands else "",
                evidence=mine.evidence if mine else "",
                summary=theirs.summary if theirs else "",
                comments=theirs.comments if theirs else "",
                disputes=tuple(disputes.get(benchmark.id, ())),
            )
        )
    return Record(
        assessment=assessment,
        scheme=scheme,
        lines=tuple(lines),
        shows_own=bool(own),
        shows_adviser=bool(reviews),
        shows_agreed=bool(agreed),
        strengths=tuple(visible(actor, Strength).filter(assessment=assessment)) if reviews else (),
        recommendations=tuple(visible(actor, Recommendation).filter(assessment=assessment)) if reviews else (),
        transitions=tuple(available(ASSESSMENT, assessment, actor)),
        figures=figures(scheme, {key: (row.answer, row.level_id) for key, row in agreed.items()}) if agreed else None,
    )


@dataclass(frozen=True)
class Standing:
    """What stands on a benchmark, for a person whose form had become stale."""

    label: str
    texts: tuple[tuple[StrOrPromise, str], ...]


def standing(scheme: SchemeText, row: SelfAssessment | Review) -> Standing:
    """What somebody else saved in between."""
    if isinstance(row, SelfAssessment):
        return Standing(label(scheme, row), ((_("Evidence that stands"), row.evidence),))
    return Standing(
        label(scheme, row),
        ((_("Summary that stands"), row.summary), (_("Comments that stand"), row.comments)),
    )


def label(scheme: SchemeText, row: SelfAssessment | Review | AgreedOutcome) -> str:
    """An outcome in words: its level, or which of the three kinds of none it is."""
    level = scheme.level_by_id(row.level_id)
    return level.label if level else Answer(row.answer).label


def _by_benchmark(actor: Actor, model: Any, assessment: Assessment) -> dict[int, Any]:
    return {row.benchmark_id: row for row in visible(actor, model).filter(assessment=assessment).order_by()}


@dataclass(frozen=True)
class ListPage:
    """Strengths or recommendations for the adviser, with the token of the list as it stands."""

    assessment: Assessment
    scheme: SchemeText
    rows: tuple[Any, ...]
    token: str
    editable: bool

    @property
    def over_limit(self) -> bool:
        """Whether there are more than the cycle speaks of; that warns and does not block."""
        limit = self.assessment.cycle.recommendation_limit
        return limit is not None and len(self.rows) > limit


def strengths_page(actor: Actor, assessment_id: int) -> ListPage:
    """The strengths, to edit while in review."""
    return _list_page(actor, assessment_id, Strength)


def recommendations_page(actor: Actor, assessment_id: int) -> ListPage:
    """The recommendations, to edit while in review."""
    return _list_page(actor, assessment_id, Recommendation)


def _list_page(actor: Actor, assessment_id: int, model: type[Strength] | type[Recommendation]) -> ListPage:
    assessment = fetch(actor, P.REVIEW, Assessment, related=("cycle",), pk=assessment_id)
    rows = tuple(visible(actor, model).filter(assessment=assessment))
    return ListPage(
        assessment,
        scheme_text(assessment.cycle.scheme_version_id),
        rows,
        list_token(rows),
        assessment.state == State.IN_REVIEW,
    )


@dataclass(frozen=True)
class TransitionPage:
    """A transition that a person is about to make. ``numbers`` are the benchmarks that its form is about."""

    assessment: Assessment
    scheme: SchemeText
    row: Row
    numbers: tuple[int, ...]
    starts_here: bool
    adviser_codes: Mapping[int, str]


def transition_page(actor: Actor, assessment_id: int, name: str) -> TransitionPage:
    """What the page of a transition needs.

    Raises:
        KeyError: there is no such transition.
        NotFound, Forbidden: as ``access.require``.
    """
    row = ASSESSMENT.row(name)
    assessment = fetch(actor, row.permissions, Assessment, related=("cycle",), pk=assessment_id)
    numbers: tuple[int, ...] = ()
    codes: dict[int, str] = {}
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    if name in ("dispute", "ask"):
        numbers = tuple(assessment.cycle.benchmarks.filter(scored=True).values_list("benchmark__number", flat=True))
    elif name == "settle":
        numbers = tuple(latest_disputes(assessment).values_list("benchmark__number", flat=True))
        codes = dict(
            visible(actor, Review)
            .filter(assessment=assessment, level__isnull=False)
            .values_list("benchmark__number", "level__code")
        )
    return TransitionPage(assessment, scheme, row, numbers, assessment.state in row.sources, codes)


def questions(actor: Actor, assessment_id: int) -> tuple[Assessment, tuple[Question, ...], bool]:
    """The assessment, its questions, and whether the actor can answer them now."""
    assessment = fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id)
    rows = tuple(visible(actor, Question).filter(assessment=assessment).select_related("benchmark"))
    if not rows:
        require(actor, (P.READ_REVIEW, P.READ_DRAFT), assessment)
    can_answer = assessment.state == State.CLARIFICATION and holds(actor, P.SUBMIT, assessment)
    return assessment, rows, can_answer


def question(actor: Actor, assessment_id: int, question_id: int) -> Question:
    """One question that the actor may answer."""
    return fetch(
        actor,
        P.SUBMIT,
        Question,
        related=("assessment__cycle", "benchmark"),
        pk=question_id,
        assessment_id=assessment_id,
    )


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
        parts.append(text(_("From “%(before)s” to “%(after)s”")) % moved)
    elif event.kind == EventKind.LETTER_MOVED:
        parts.append(str(LetterState(event.to_state).label))
    number = event.detail.get("benchmark")
    if number in scheme.benchmarks:
        parts.append(f"{number}. {scheme.benchmarks[number].title}")
    if "to" in event.detail:
        none = Answer.UNANSWERED.label
        outcome = {"before": event.detail["from"] or none, "after": event.detail["to"] or none}
        parts.append(text(_("Outcome from “%(before)s” to “%(after)s”")) % outcome)
    return Entry(title, ". ".join(parts), event.reason, event.at, event.person_name)
