"""What the pages of one assessment read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Case, CharField, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Forbidden, fetch, holds, may_answer, require, visible
from assurance.actions.answers import open_to_answers
from assurance.actions.giving import contributors, open_to_giving
from assurance.actions.reviews import list_token
from assurance.models import (
    Assessment,
    GivenBenchmark,
    Question,
    Recommendation,
    Review,
    SelfAssessment,
    Strength,
)
from assurance.queries.points import count
from assurance.queries.record import label
from assurance.vocabulary import EDITABLE_STATES, Answer, Permission, State
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
    given_to: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """What is to be known of it in one line: why it is not scored, or who was given it ("" for nothing)."""
        if self.reason or not self.given_to:
            return self.reason
        return gettext("Given to %(names)s") % {"names": ", ".join(self.given_to)}

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
    can_give: bool
    given_nothing: bool
    strengths: int
    recommendations: int
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
    editable = may_edit and open_to_giving(assessment)
    reasons = dict(assessment.cycle.benchmarks.filter(scored=False).values_list("benchmark_id", "reason"))
    mine, names = _given(actor, assessment) if assessment.state in EDITABLE_STATES else (None, {})
    answers = _tasks(SelfAssessment, "evidence", assessment, scheme, reasons, editable, mine, names)
    can_review = holds(actor, P.REVIEW, assessment)
    reviewing = can_review and assessment.state == State.IN_REVIEW
    reviews = (
        _tasks(Review, "summary", assessment, scheme, reasons, reviewing)
        if holds(actor, P.READ_REVIEW, assessment)
        else ()
    )
    strengths, recommendations = (
        count(
            visible(actor, Strength).filter(assessment=assessment),
            visible(actor, Recommendation).filter(assessment=assessment),
        )
        if reviewing
        else (0, 0)
    )
    waits_on, due = waits(assessment)
    return Overview(
        assessment=assessment,
        scheme=scheme,
        answers=answers,
        reviews=reviews,
        transitions=tuple(available(ASSESSMENT, assessment, actor)),
        can_review=can_review,
        can_give=open_to_giving(assessment) and holds(actor, P.GIVE, assessment),
        given_nothing=editable and mine is not None and not mine,
        strengths=strengths,
        recommendations=recommendations,
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
    names: Mapping[int, tuple[str, ...]] | None = None,
) -> tuple[Task, ...]:
    """How far each benchmark is. Reads no text, so that progress can be shown where the text may not be."""
    progress = Case(
        When(answer=Answer.NOT_APPLICABLE, then=Value("unscored")),
        *([When(needs_rechecking=True, then=Value("in_progress"))] if model is SelfAssessment else []),
        When(~Q(**{text_field: ""}), answer__in=[Answer.OUTCOME, Answer.UNKNOWN], then=Value("ready")),
        When(Q(answer=Answer.UNANSWERED) & Q(**{text_field: ""}), then=Value("not_started")),
        default=Value("in_progress"),
        output_field=CharField(),
    )
    steps = {one[0]: one for one in (Progress.UNSCORED, Progress.NOT_STARTED, Progress.IN_PROGRESS, Progress.READY)}
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
            given_to=(names or {}).get(benchmark.id, ()),
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
        return self.scheme.suggestion(self.benchmark.number, self.row.met_criteria)

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
        ids = self.answer.met_criteria
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


def _given(actor: Actor, assessment: Assessment) -> tuple[set[int] | None, dict[int, tuple[str, ...]]]:
    """As :func:`_given_to`, and the names of those who were given each benchmark and are contributors. One query."""
    if not holds(actor, P.READ_DRAFT, assessment):
        return None, {}
    given = visible(actor, GivenBenchmark).filter(
        self_assessment__assessment=assessment,
        contributor__in=contributors(assessment.authority, timezone.localdate()).order_by(),
    )
    mine: set[int] = set()
    names: dict[int, tuple[str, ...]] = defaultdict(tuple)
    for benchmark_id, person_id, name in given.order_by("contributor__name", "contributor_id").values_list(
        "self_assessment__benchmark_id", "contributor_id", "contributor__name"
    ):
        names[benchmark_id] += (name,)
        if person_id == actor.id:
            mine.add(benchmark_id)
    every = holds(actor, P.EDIT_ANSWERS, assessment)
    return (None if every else mine), dict(names)


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
class QuestionLine:
    """A question as the actor may read it: an answer that was not sent yet is the authority's own."""

    question: Question
    answer: str


def questions(actor: Actor, assessment_id: int) -> tuple[Assessment, tuple[QuestionLine, ...], bool]:
    """The assessment, its questions, and whether the actor can answer them now."""
    assessment = fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id)
    rows = tuple(visible(actor, Question).filter(assessment=assessment).select_related("benchmark"))
    if not rows:
        require(actor, (P.READ_REVIEW, P.READ_DRAFT), assessment)
    sent = assessment.state != State.CLARIFICATION or holds(actor, P.READ_DRAFT, assessment)
    can_answer = assessment.state == State.CLARIFICATION and holds(actor, P.SUBMIT, assessment)
    return assessment, tuple(QuestionLine(row, row.answer if sent else "") for row in rows), can_answer


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
