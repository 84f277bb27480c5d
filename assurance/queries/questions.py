"""What the pages of the adviser's questions read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from assurance.access import Actor, fetch, holds, require, visible
from assurance.models import Assessment, Question
from assurance.queries.submission import Answered, answers_on
from assurance.vocabulary import Permission, State
from benchmarks.catalogue import BenchmarkText, scheme_text

P = Permission


@dataclass(frozen=True)
class QuestionLine:
    """A question as the actor may read it: an answer that was not sent yet is the authority's own."""

    question: Question
    answer: str


@dataclass(frozen=True)
class Group:
    """The questions on one benchmark (None: on none in particular), with what the authority says on it."""

    benchmark: BenchmarkText | None
    lines: tuple[QuestionLine, ...]
    own: Answered | None


@dataclass(frozen=True)
class QuestionsPage:
    """Every question of an assessment, by benchmark. ``can_answer`` is whether the actor can answer them now."""

    assessment: Assessment
    groups: tuple[Group, ...]
    can_answer: bool

    @cached_property
    def lines(self) -> tuple[QuestionLine, ...]:
        """Every question, as the page shows them."""
        return tuple(line for group in self.groups for line in group.lines)

    @property
    def ids(self) -> list[int]:
        """Of the questions, in that order."""
        return [line.question.pk for line in self.lines]

    @property
    def left(self) -> int:
        """How many have no answer."""
        return sum(line.question.answered_at is None for line in self.lines)


def questions_page(actor: Actor, assessment_id: int) -> QuestionsPage:
    """The questions and answers; for whoever can answer them now, with what the authority had said. Four queries.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id)
    rows = list(visible(actor, Question).filter(assessment=assessment))
    if not rows:
        require(actor, (P.READ_REVIEW, P.READ_DRAFT), assessment)
    sent = assessment.state != State.CLARIFICATION or holds(actor, P.READ_DRAFT, assessment)
    can_answer = assessment.state == State.CLARIFICATION and holds(actor, P.SUBMIT, assessment)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    asked = {row.benchmark_id for row in rows if row.benchmark_id is not None}
    own = answers_on(actor, assessment, asked) if can_answer else {}
    places = [one for one in scheme.benchmarks.values() if one.id in asked]
    groups = []
    for benchmark in (*places, None):
        key = benchmark.id if benchmark else None
        lines = tuple(QuestionLine(row, row.answer if sent else "") for row in rows if row.benchmark_id == key)
        if lines:
            groups.append(Group(benchmark, lines, own.get(key) if key else None))
    return QuestionsPage(assessment, tuple(groups), can_answer)


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
