"""The round of questions: the adviser asks, the authority answers, and its answers go back together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger, outbox
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Question
from assurance.vocabulary import Audience, EventKind, Permission, State
from assurance.workflow import ASSESSMENT, perform
from benchmarks.catalogue import SchemeText, scheme_text

USUAL_DAYS = 7
"""How long an authority has for an answer unless the adviser says otherwise."""
MOST_AT_ONCE = 40
"""Questions of one round: nobody answers more, and a form with more was not filled in by a person."""


@dataclass(frozen=True)
class NewQuestion:
    """A question to the authority, on a benchmark or on none, due on a day.

    ``follows`` is the id of the question of an earlier round that it goes on from; without a number it is on the same
    benchmark.
    """

    text: str
    due: date
    number: int | None = None
    wants_evidence: bool = False
    follows: int | None = None


@dataclass(frozen=True, kw_only=True)
class QuestionReply:
    """An answer to one question. ``version`` is of the question as the person saw it; empty leaves it for later."""

    version: int
    answer: str = ""


def usual_due(today: date, agree_by: date | None) -> date:
    """The date that is offered for an answer: in a week, no later than outcomes are to be agreed, never past."""
    due = today + timedelta(days=USUAL_DAYS)
    return max(today, min(due, agree_by)) if agree_by else due


def ask(
    *, by: Actor, at: datetime, assessment_id: int, questions: Sequence[NewQuestion], version: int | None = None
) -> Assessment:
    """Ask the authority questions, each with a date. Its leads are told by e-mail.

    Raises:
        Unfit: a question is empty or too long, its date has passed, its benchmark is not in the scheme, or it goes
            on from a question that is of another benchmark or another assessment.
    """

    def keep(assessment: Assessment) -> None:
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        earlier = _earlier(assessment, {one.follows for one in questions if one.follows is not None})
        if len(questions) > MOST_AT_ONCE:
            raise Unfit(
                f"question_{MOST_AT_ONCE}", _("Ask %(most)s questions at most at once") % {"most": MOST_AT_ONCE}
            )
        rows = [_new(assessment, scheme, earlier, index, question, at) for index, question in enumerate(questions)]
        ledger.create_many(Question, rows, by=by, at=at)
        outbox.questions_asked(assessment, by=by, at=at, due=[question.due for question in questions])

    return perform(
        ASSESSMENT, assessment_id, "ask", by=by, at=at, version=version, given={"questions": questions}, then=keep
    )


def save_question_answer(*, by: Actor, at: datetime, question_id: int, version: int, answer: str) -> Question:
    """Answer one of the adviser's questions. The answers go off together with ``send_answers``.

    Raises:
        Stale: somebody saved since; nothing is overwritten.
        NotEditable: the assessment is not at the stage of questions.
        Unfit: the answer is empty or does not fit.
    """
    with transaction.atomic():
        question = fetch(
            by,
            Permission.SUBMIT,
            Question,
            lock=("self", "assessment"),
            related=("assessment",),
            pk=question_id,
        )
        if not is_open(question.assessment, question):
            raise NotEditable(question.assessment)
        if question.version != version:
            raise Stale(question)
        question.answer = fitting(answer, "answer", addresses=True)
        if not question.answer:
            raise Unfit("answer", _("Enter your answer"))
        question.answered_at = at
        question.version += 1
        ledger.save(question, by=by, at=at)
        ledger.event(
            EventKind.ANSWERED,
            by=by,
            at=at,
            authority=question.authority,
            assessment=question.assessment,
            name="question",
            detail={"question": question.pk},
            audience=Audience.AUTHORITY,
        )
    return question


def save_question_answers(
    *, by: Actor, at: datetime, assessment_id: int, replies: Mapping[int, QuestionReply]
) -> Assessment:
    """Answer several of the adviser's questions, all or none of them. They go off with :func:`send_answers`.

    Args:
        replies: by the id of the question. What was sent in an earlier round stays as it was sent.

    Raises:
        Stale: somebody else answered some of these in between; ``current`` has those questions by id. One whose
            text the person left as it was when they saw it is no conflict and stays as it stands.
        NotEditable: the assessment is not at the stage of questions.
        Unfit: an answer does not fit, or one that stands was emptied, at ``answer_7``.
    """
    with transaction.atomic():
        assessment = fetch(by, Permission.SUBMIT, Assessment, lock=("self",), pk=assessment_id)
        if assessment.state != State.CLARIFICATION:
            raise NotEditable(assessment)
        questions = Question.objects.select_for_update().filter(
            assessment=assessment, pk__in=replies, asked_at__gte=assessment.state_since
        )
        changed, conflicts = [], {}
        for question in questions:
            reply, field = replies[question.pk], f"answer_{question.pk}"
            answer = fitting(reply.answer, field, addresses=True)
            if answer == question.answer:
                continue
            if question.version != reply.version:
                seen = Question.history.filter(id=question.pk, version=reply.version).first()
                if seen is None or seen.answer != answer:
                    conflicts[question.pk] = question
                continue
            if not answer:
                raise Unfit(field, _("Enter your answer"))
            question.answer, question.answered_at = answer, at
            question.version += 1
            changed.append(question)
        if conflicts:
            raise Stale(conflicts)
        if changed:
            ledger.save_many(Question, changed, by=by, at=at)
            ledger.events_on(
                assessment,
                [(EventKind.ANSWERED, {"question": question.pk}) for question in changed],
                by=by,
                at=at,
                audience=Audience.AUTHORITY,
            )
    return assessment


def send_answers(*, by: Actor, at: datetime, assessment_id: int, version: int | None = None) -> Assessment:
    """Give the answers to the adviser, who goes on with the review and is told by e-mail."""

    def tell(assessment: Assessment) -> None:
        outbox.questions_answered(assessment, by=by, at=at)

    return perform(ASSESSMENT, assessment_id, "answer", by=by, at=at, version=version, then=tell)


def is_open(assessment: Assessment, question: Question) -> bool:
    """Whether a question waits for its answer to be sent: it is of the round that goes on now. No query.

    Asking moves the assessment and writes the questions at one moment, so that the round is told by that moment.
    """
    return assessment.state == State.CLARIFICATION and question.asked_at >= assessment.state_since


def _earlier(assessment: Assessment, ids: Collection[int]) -> Mapping[int, Question]:
    if not ids:
        return {}
    return {one.pk: one for one in Question.objects.filter(assessment=assessment, pk__in=ids)}


def _new(
    assessment: Assessment,
    scheme: SchemeText,
    earlier: Mapping[int, Question],
    index: int,
    question: NewQuestion,
    at: datetime,
) -> Question:
    wording = fitting(question.text, f"question_{index}")
    if not wording:
        raise Unfit(f"question_{index}", _("Enter your question"))
    if question.due < at.date():
        raise Unfit(f"due_{index}", _("The date must be today or later"))
    if question.number is not None and question.number not in scheme.benchmarks:
        raise Unfit(f"number_{index}", _("Choose a benchmark of this scheme"))
    benchmark_id = scheme.benchmarks[question.number].id if question.number is not None else None
    if question.follows is not None:
        before = earlier.get(question.follows)
        if before is None:
            raise Unfit(f"follows_{index}", _("Choose a question that was asked before"))
        if benchmark_id not in (None, before.benchmark_id):
            raise Unfit(f"number_{index}", _("Choose the benchmark of the question that this one goes on from"))
        benchmark_id = before.benchmark_id
    return Question(
        authority=assessment.authority,
        assessment=assessment,
        benchmark_id=benchmark_id,
        follows_id=question.follows,
        text=wording,
        wants_evidence=question.wants_evidence,
        due=question.due,
        asked_at=at,
    )
