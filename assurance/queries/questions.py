"""What the pages of the adviser's questions read: rounds of questions as conversations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.text import Truncator

from assurance.access import Actor, fetch, holds, require, visible
from assurance.actions.questions import is_open, usual_due
from assurance.models import Assessment, CycleBenchmark, Event, Question
from assurance.queries.submission import Answered, Item, answers_on, items_on
from assurance.vocabulary import EventKind, Permission, State
from assurance.workflow import ASSESSMENT, Row
from benchmarks.catalogue import BenchmarkText, scheme_text

P = Permission

LABEL = 90
"""Characters of a question where it is one of several to choose from."""


@dataclass(frozen=True)
class Round:
    """Questions that were asked at one moment, and when and by whom their answers were sent (None, "": not yet)."""

    number: int
    asked_at: datetime
    asked_by: str
    sent_at: datetime | None = None
    sent_by: str = ""


@dataclass(frozen=True)
class QuestionLine:
    """A question as the actor may read it: an answer that was not sent yet is the authority's own.

    ``answered_by`` wrote the answer, ``items`` were delivered with it. ``is_open`` says that its round goes on now.
    """

    question: Question
    round: Round
    answer: str
    answered_by: str
    items: tuple[Item, ...]
    is_open: bool
    today: date

    @property
    def is_answered(self) -> bool:
        """Whether there is an answer that the actor may read."""
        return bool(self.answer)

    @property
    def is_overdue(self) -> bool:
        """Whether it waits for an answer since before today."""
        return self.is_open and self.question.answered_at is None and self.question.due < self.today

    @property
    def lacks_evidence(self) -> bool:
        """Whether a file or a link was asked for and none is there."""
        return self.question.wants_evidence and not self.items


@dataclass(frozen=True)
class Thread:
    """A question and what goes on from it, in the order in which it was asked."""

    lines: tuple[QuestionLine, ...]

    @property
    def last(self) -> QuestionLine:
        """What was asked last."""
        return self.lines[-1]


@dataclass(frozen=True)
class Group:
    """The conversations on one benchmark (None: on none in particular), with what the authority says on it."""

    benchmark: BenchmarkText | None
    threads: tuple[Thread, ...]
    own: Answered | None = None

    @property
    def lines(self) -> tuple[QuestionLine, ...]:
        """Every question, conversation after conversation."""
        return tuple(line for thread in self.threads for line in thread.lines)


@dataclass(frozen=True)
class QuestionsPage:
    """Every question of an assessment, by benchmark.

    ``can_answer`` is whether the actor can answer the open ones now, ``can_ask`` whether they can ask more.
    """

    assessment: Assessment
    groups: tuple[Group, ...]
    can_answer: bool
    can_ask: bool

    @cached_property
    def lines(self) -> tuple[QuestionLine, ...]:
        """Every question, as the page shows them."""
        return tuple(line for group in self.groups for line in group.lines)

    @cached_property
    def open_lines(self) -> tuple[QuestionLine, ...]:
        """Those of the round that goes on now."""
        return tuple(line for line in self.lines if line.is_open)

    @property
    def ids(self) -> list[int]:
        """Of the open questions, in that order."""
        return [line.question.pk for line in self.open_lines]

    @property
    def left(self) -> int:
        """How many open ones have no answer."""
        return sum(line.question.answered_at is None for line in self.open_lines)


def questions_page(actor: Actor, assessment_id: int) -> QuestionsPage:
    """The conversations; for whoever can answer them now, with what the authority had said. Five queries at most.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id)
    rows = list(_rows(actor, assessment))
    if not rows:
        require(actor, (P.READ_REVIEW, P.READ_DRAFT), assessment)
    can_answer = assessment.state == State.CLARIFICATION and holds(actor, P.SUBMIT, assessment)
    items = items_on(actor, assessment) if rows else ()
    groups = _groups(actor, assessment, rows, items)
    if can_answer:
        open_on = {one.benchmark.id for one in groups if one.benchmark and any(line.is_open for line in one.lines)}
        own = answers_on(actor, assessment, open_on, items)
        groups = tuple(
            Group(one.benchmark, one.threads, own.get(one.benchmark.id) if one.benchmark else None) for one in groups
        )
    asks = ASSESSMENT.row("ask")
    can_ask = assessment.state in asks.sources and holds(actor, asks.permissions, assessment)
    return QuestionsPage(assessment, groups, can_answer, can_ask)


def conversations(
    actor: Actor, assessment: Assessment, items: Sequence[Item] | None = None, *, benchmark_id: int | None = None
) -> tuple[Group, ...]:
    """The conversations by benchmark as far as the actor may read them, for ``assessments/_thread.html``.

    At most three queries: the questions, the rounds, and the evidence unless it is handed in.

    Args:
        assessment: with its cycle read.
        items: evidence of the assessment that was read already.
        benchmark_id: of the one benchmark to read; None for all, and for those on none in particular.
    """
    rows = _rows(actor, assessment)
    found = list(rows if benchmark_id is None else rows.filter(benchmark=benchmark_id))
    if not found:
        return ()
    return _groups(actor, assessment, found, items_on(actor, assessment) if items is None else items)


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
class Earlier:
    """A question of an earlier round, to go on from."""

    id: int
    text: str
    benchmark: BenchmarkText | None

    @property
    def label(self) -> str:
        """The question in one line, with the number of its benchmark."""
        short = Truncator(" ".join(self.text.split())).chars(LABEL)
        return f"{self.benchmark.number}: {short}" if self.benchmark else str(short)


@dataclass(frozen=True)
class AskPage:
    """Where questions are asked. ``benchmarks`` are the scored ones; ``due`` is the date that is offered."""

    assessment: Assessment
    row: Row
    benchmarks: tuple[BenchmarkText, ...]
    earlier: tuple[Earlier, ...]
    due: date
    starts_here: bool


def ask_page(actor: Actor, assessment_id: int) -> AskPage:
    """What the form for questions needs. One query.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    row = ASSESSMENT.row("ask")
    asked = visible(actor, Question).filter(assessment=OuterRef("pk")).order_by("asked_at", "pk")
    assessment: Any = (
        Assessment.objects.select_related("authority", "cycle")
        .filter(pk=assessment_id)
        .annotate(
            asked=ArraySubquery(asked.values(json=JSONObject(id="pk", text="text", benchmark="benchmark_id"))),
            scored=ArraySubquery(_scored(OuterRef("cycle"))),
        )
        .first()
    )
    require(actor, row.permissions, assessment)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    by_id = {one.id: one for one in scheme.benchmarks.values()}
    return AskPage(
        assessment=assessment,
        row=row,
        benchmarks=tuple(one for one in scheme.benchmarks.values() if one.id in assessment.scored),
        earlier=tuple(Earlier(one["id"], one["text"], by_id.get(one["benchmark"])) for one in assessment.asked),
        due=usual_due(timezone.localdate(), assessment.cycle.agree_by),
        starts_here=assessment.state in row.sources,
    )


def is_sent() -> Exists:
    """Whether the answer of a question was sent, as a part of a query of questions. Not by a withdrawal."""
    sent = Event.objects.filter(
        assessment=OuterRef("assessment"), kind=EventKind.TRANSITION, name="answer", at__gte=OuterRef("asked_at")
    )
    return Exists(sent)


def _scored(cycle: Any) -> QuerySet[Any]:
    return CycleBenchmark.objects.filter(cycle=cycle, scored=True).order_by().values("benchmark_id")


def _rows(actor: Actor, assessment: Assessment) -> QuerySet[Any]:
    """The questions, each with who wrote its answer (``answerer``). One query when read."""
    said = Question.history.model.objects.filter(id=OuterRef("pk"), history_date=OuterRef("answered_at"))
    return (
        visible(actor, Question)
        .filter(assessment=assessment)
        .annotate(answerer=Subquery(said.order_by("-history_id").values("history_user__name")[:1]))
    )


def _rounds(actor: Actor, assessment: Assessment) -> list[Round]:
    """The rounds in order. One query."""
    moves = visible(actor, Event).filter(assessment=assessment, kind=EventKind.TRANSITION, name__in=("ask", "answer"))
    found: list[Round] = []
    for name, at, who in moves.order_by("at", "pk").values_list("name", "at", "person_name"):
        if name == "ask":
            found.append(Round(len(found) + 1, at, who))
        elif found:
            last = found[-1]
            found[-1] = Round(last.number, last.asked_at, last.asked_by, at, who)
    return found


def _groups(actor: Actor, assessment: Assessment, rows: Sequence[Any], items: Iterable[Item]) -> tuple[Group, ...]:
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    rounds = {one.asked_at: one for one in _rounds(actor, assessment)}
    reads_drafts = holds(actor, P.READ_DRAFT, assessment)
    delivered: dict[int | None, dict[int, Item]] = defaultdict(dict)
    for item in items:
        delivered[item.question][item.id] = item
    today = timezone.localdate()
    lines = {}
    for row in rows:
        # A round that no event tells of was taken over from elsewhere: its answers are there to be read.
        asked = rounds.get(row.asked_at) or Round(0, row.asked_at, "", row.answered_at)
        readable = reads_drafts or asked.sent_at is not None
        lines[row.pk] = QuestionLine(
            question=row,
            round=asked,
            answer=row.answer if readable else "",
            answered_by=(row.answerer or "") if readable else "",
            items=tuple(delivered[row.pk].values()) if readable else (),
            is_open=is_open(assessment, row),
            today=today,
        )
    threads = _threads(rows, lines)
    groups = []
    for benchmark in (*scheme.benchmarks.values(), None):
        key = benchmark.id if benchmark else None
        mine = tuple(one for one in threads if one.lines[0].question.benchmark_id == key)
        if mine:
            groups.append(Group(benchmark, mine))
    return tuple(groups)


def _threads(rows: Sequence[Any], lines: Mapping[int, QuestionLine]) -> list[Thread]:
    """Conversations by their first question; the rows are in the order in which they were asked."""
    first: dict[int, int] = {}
    found: dict[int, list[QuestionLine]] = {}
    for row in rows:
        # What a question goes on from was asked before it.
        root = first.get(row.follows_id, row.pk) if row.follows_id else row.pk
        first[row.pk] = root
        found.setdefault(root, []).append(lines[row.pk])
    return [Thread(tuple(one)) for one in found.values()]
