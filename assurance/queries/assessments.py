"""What the pages of one assessment read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from django.db.models import Case, CharField, Count, Min, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, fetch, holds, visible
from assurance.actions.giving import contributors, open_to_giving
from assurance.actions.people import MAY_MANAGE, called
from assurance.models import (
    Assessment,
    FollowUpReview,
    GivenBenchmark,
    Question,
    Recommendation,
    Review,
    SelfAssessment,
    Strength,
)
from assurance.queries.desk import Errand, desk
from assurance.queries.follow_ups import last_year
from assurance.queries.next_step import NextStep, next_step, yours
from assurance.queries.points import count
from assurance.queries.practice import PracticeCounts, practice_of
from assurance.queries.quality import look
from assurance.vocabulary import AUTHORITY_ROLES, EDITABLE_STATES, Answer, Permission, State
from assurance.workflow import ASSESSMENT, Row, available
from assurance.years import before
from benchmarks.catalogue import BenchmarkText, SchemeText, scheme_text

P = Permission


class Progress:
    """How far one benchmark is, in words and the colour of their tag ("" for plain text)."""

    UNSCORED = ("unscored", _("Not scored this year"), "grey")
    NOT_STARTED = ("not_started", _("Not started"), "blue")
    IN_PROGRESS = ("in_progress", _("In progress"), "yellow")
    RECHECK = ("recheck", _("Needs re-checking"), "orange")
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
    questions: int = 0
    href: str = ""

    @property
    def hint(self) -> str:
        """What is to be known of it in one line ("" for nothing).

        Why it is not scored, how many of the adviser's questions wait for an answer, or who was given it.
        """
        if self.reason:
            return self.reason
        if self.questions:
            asked = ngettext("%(count)s question to answer", "%(count)s questions to answer", self.questions)
            return asked % {"count": self.questions}
        return gettext("Given to %(names)s") % {"names": ", ".join(self.given_to)} if self.given_to else ""

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
    practice: PracticeCounts
    desk: tuple[Errand, ...]
    may_read_answers: bool
    may_read_questions: bool
    may_read_letters: bool
    may_read_events: bool
    may_see_people: bool
    waits_on: StrOrPromise
    due: date | None
    overdue: bool
    is_own: bool
    yours: StrOrPromise
    step: NextStep | None
    errands: tuple[Errand, ...]
    checking: Errand | None
    may_keep: bool

    @property
    def buttons(self) -> tuple[Row, ...]:
        """The transitions that have a button here. What an authority decides it decides where it reads."""
        elsewhere = {"start", "submit", "answer", "accept", "dispute"}
        return tuple(row for row in self.transitions if row.name not in elsewhere)

    @property
    def shows_reviews(self) -> bool:
        """Whether the benchmarks are listed as the Home Office reviews them. The answers are then all there."""
        return bool(self.reviews) and self.assessment.state not in EDITABLE_STATES

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
    if assessment.letter_check_until is not None:
        return _("the Prevent Lead, to check the draft letter"), assessment.letter_check_until
    who, which = WAITS_ON[assessment.state]
    return who, getattr(assessment.cycle, which) if which else None


def overview(actor: Actor, assessment_id: int) -> Overview:
    """The assessment's first page: status, tasks, the next step. At most six queries."""
    assessment = fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    may_edit = holds(actor, (P.EDIT_ANSWERS, P.EDIT_GIVEN), assessment)
    editable = may_edit and open_to_giving(assessment)
    reasons = dict(assessment.cycle.benchmarks.filter(scored=False).values_list("benchmark_id", "reason"))
    mine, names = _given(actor, assessment) if assessment.state in EDITABLE_STATES else (None, {})
    answers = _tasks(SelfAssessment, "evidence", assessment, scheme, reasons, editable, mine, names)
    asked, first_due = _asked(actor, assessment)
    answers = tuple(_leading(one, assessment, asked) for one in answers)
    can_review = holds(actor, P.REVIEW, assessment)
    reviewing = can_review and assessment.state == State.IN_REVIEW
    reviews = (
        _side_by_side(assessment, _tasks(Review, "summary", assessment, scheme, reasons, reviewing))
        if holds(actor, P.READ_REVIEW, assessment)
        else ()
    )
    done = _done(actor, assessment) if reviewing else Counter()
    practice = practice_of(actor, assessment)
    found = look(assessment) if holds(actor, P.READ_REVIEW, assessment) else None
    waits_on, due = waits(assessment)
    due = first_due or due
    waiting = [task.benchmark.number for task in answers if task.editable and not task.is_ready]
    return Overview(
        assessment=assessment,
        scheme=scheme,
        answers=answers,
        reviews=reviews,
        transitions=tuple(available(ASSESSMENT, assessment, actor)),
        can_review=can_review,
        can_give=open_to_giving(assessment) and holds(actor, P.GIVE, assessment),
        given_nothing=editable and mine is not None and not mine,
        practice=practice,
        desk=desk(actor, assessment, done + Counter(practice.counts), found),
        may_read_answers=_may_read_answers(actor, assessment),
        may_read_questions=holds(actor, (P.READ_REVIEW, P.READ_DRAFT), assessment),
        may_read_events=holds(actor, (P.READ_EVENTS, P.READ_SHARED_EVENTS), assessment),
        # While there is work to give, the way there is among the things to do.
        may_see_people=holds(actor, MAY_MANAGE, assessment) and not (editable and holds(actor, P.INVITE, assessment)),
        may_read_letters=holds(actor, (P.READ_LETTERS, P.READ_ISSUED_LETTERS), assessment),
        waits_on=waits_on,
        due=due,
        overdue=due is not None and due < timezone.localdate() and assessment.state != State.WITHDRAWN,
        is_own=any(grant.role in AUTHORITY_ROLES and grant.covers(assessment.authority) for grant in actor.grants),
        yours=yours(actor, assessment),
        step=next_step(actor, assessment, waiting=waiting, questions=sum(asked.values())),
        errands=_errands(actor, assessment, answers) if editable else (),
        checking=_checking(assessment, answers) if editable and holds(actor, P.SUBMIT, assessment) else None,
        may_keep=_may_keep(actor, assessment),
    )


def _done(actor: Actor, assessment: Assessment) -> Counter[str]:
    """How many of each there are that the adviser writes beside the reviews of benchmarks. One query."""
    earlier = before(visible(actor, Assessment), assessment).values("pk")[:1]
    return count(
        {
            "strengths": visible(actor, Strength).filter(assessment=assessment),
            "recommendations": visible(actor, Recommendation).filter(assessment=assessment),
            "follow_ups": visible(actor, Recommendation).filter(assessment__in=earlier),
            "judged": visible(actor, FollowUpReview).filter(
                assessment=assessment, recommendation__assessment__in=earlier
            ),
        }
    )


def _leading(task: Task, assessment: Assessment, asked: Mapping[int | None, int]) -> Task:
    """The task with where it leads: to the page of its answer, or to the questions that were asked about it."""
    href, questions = "", asked.get(task.benchmark.id, 0)
    if task.editable:
        href = reverse("answer", args=[assessment.pk, task.benchmark.number])
    elif questions:
        href = f"{reverse('questions', args=[assessment.pk])}#benchmark-{task.benchmark.number}"
    return replace(task, href=href, questions=questions)


def _side_by_side(assessment: Assessment, tasks: Iterable[Task]) -> tuple[Task, ...]:
    """The reviews, each with the page on which it is written and read: those that the cycle scores have one."""
    return tuple(
        replace(task, href=reverse("review", args=[assessment.pk, task.benchmark.number]))
        if task.progress != Progress.UNSCORED
        else task
        for task in tasks
    )


def _asked(actor: Actor, assessment: Assessment) -> tuple[dict[int | None, int], date | None]:
    """How many questions the actor has to answer now, and when the first is due.

    By the id of the benchmark; None is for none in particular.
    """
    if assessment.state != State.CLARIFICATION or not holds(actor, P.SUBMIT, assessment):
        return {}, None
    waiting = visible(actor, Question).filter(assessment=assessment, answered_at__isnull=True)
    found = list(waiting.order_by().values_list("benchmark_id").annotate(count=Count("pk"), due=Min("due")))
    return {key: number for key, number, _due in found}, min((due for _key, _number, due in found), default=None)


def _errands(actor: Actor, assessment: Assessment, answers: Iterable[Task]) -> tuple[Errand, ...]:
    """What can be done before the benchmarks. One query, for last year."""
    leads = holds(actor, P.EDIT_ANSWERS, assessment)
    found = []
    before = last_year(actor, assessment)
    if before is not None and leads:
        recheck = sum(task.progress == Progress.RECHECK for task in answers)
        status = ngettext("%(count)s to re-check", "%(count)s to re-check", recheck) % {"count": recheck}
        found.append(
            Errand(
                "carry",
                _("Bring in last year’s answers"),
                reverse("carry", args=[assessment.pk]),
                status if recheck else _("Optional"),
                Progress.RECHECK[2] if recheck else "",
                gettext("From %(year)s. You check each one before it counts.") % {"year": before.cycle},
            )
        )
    if before is not None and before.recommendations:
        counts = {"answered": before.answered, "total": before.recommendations}
        found.append(
            Errand(
                "follow-ups",
                _("Last year’s recommendations"),
                reverse("follow-ups", args=[assessment.pk]),
                gettext("%(answered)s of %(total)s answered") % counts,
            )
        )
    if holds(actor, P.INVITE, assessment):
        href = reverse("people", args=[assessment.authority_id])
        hint = _("Invite colleagues to answer benchmarks with you.")
        found.append(Errand("people", _("People"), href, _("Optional"), hint=hint))
    if holds(actor, P.GIVE, assessment):
        href = reverse("give", args=[assessment.pk])
        found.append(Errand("give", _("Give benchmarks to contributors"), href, _("Optional")))
    href = reverse("workbook", args=[assessment.pk])
    hint = _("Download everything as a spreadsheet, send it round, and upload it again.")
    found.append(Errand("workbook", _("Work in a spreadsheet"), href, _("Optional"), hint=hint))
    return tuple(found)


def _checking(assessment: Assessment, answers: Iterable[Task]) -> Errand:
    """The last thing to do: it can be looked at before everything is ready."""
    left = sum(not task.is_ready for task in answers)
    status = ngettext("%(count)s benchmark to finish", "%(count)s benchmarks to finish", left) % {"count": left}
    return Errand(
        "check",
        _("Check your answers and submit"),
        reverse("check", args=[assessment.pk]),
        status if left else _("Not submitted yet"),
        "grey" if left else "blue",
    )


def _may_keep(actor: Actor, assessment: Assessment) -> bool:
    """Whether the actor may read the whole self-assessment now, to print it or to have it as a file."""
    if assessment.state in EDITABLE_STATES or assessment.submitted_at is None:
        return holds(actor, P.READ_DRAFT, assessment)
    return holds(actor, (P.READ_DRAFT, P.READ_SUBMITTED), assessment)


def _may_read_answers(actor: Actor, assessment: Assessment) -> bool:
    if assessment.state in EDITABLE_STATES:
        return holds(actor, P.READ_DRAFT, assessment)
    return holds(actor, (P.READ_DRAFT, P.READ_SUBMITTED, P.READ_OUTCOMES), assessment)


STEPS: Mapping[str, Step] = {
    one[0]: one
    for one in (Progress.UNSCORED, Progress.NOT_STARTED, Progress.IN_PROGRESS, Progress.RECHECK, Progress.READY)
}


def progress_of(model: type[SelfAssessment] | type[Review], text_field: str) -> Case:
    """How far an answer or a review is, as an expression that gives a key of ``STEPS``."""
    return Case(
        When(answer=Answer.NOT_APPLICABLE, then=Value("unscored")),
        *([When(needs_rechecking=True, then=Value("recheck"))] if model is SelfAssessment else []),
        When(~Q(**{text_field: ""}), answer__in=[Answer.OUTCOME, Answer.UNKNOWN], then=Value("ready")),
        When(Q(answer=Answer.UNANSWERED) & Q(**{text_field: ""}), then=Value("not_started")),
        default=Value("in_progress"),
        output_field=CharField(),
    )


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
    progress = progress_of(model, text_field)
    found = dict(
        model.objects.filter(assessment=assessment).annotate(progress=progress).values_list("benchmark_id", "progress")
    )
    return tuple(
        Task(
            benchmark=benchmark,
            progress=STEPS[found.get(benchmark.id, "unscored")],
            editable=editable
            and found.get(benchmark.id, "unscored") != "unscored"
            and (mine is None or benchmark.id in mine),
            reason=reasons.get(benchmark.id, ""),
            given_to=(names or {}).get(benchmark.id, ()),
        )
        for benchmark in scheme.benchmarks.values()
    )


def _given(actor: Actor, assessment: Assessment) -> tuple[set[int] | None, dict[int, tuple[str, ...]]]:
    """Ids of the benchmarks that the actor may answer (None for every one), and who was given each. One query."""
    if not holds(actor, P.READ_DRAFT, assessment):
        return None, {}
    given = visible(actor, GivenBenchmark).filter(
        self_assessment__assessment=assessment,
        contributor__in=contributors(assessment.authority, timezone.localdate()).order_by(),
    )
    mine: set[int] = set()
    names: dict[int, tuple[str, ...]] = defaultdict(tuple)
    rows = given.annotate(called=called("contributor", "authority")).order_by("called", "contributor_id")
    for benchmark_id, person_id, name, due_on, note in rows.values_list(
        "self_assessment__benchmark_id", "contributor_id", "called", "due_on", "note"
    ):
        by = {"name": name, "day": date_format(due_on, "j F")} if due_on else {}
        said = gettext("%(name)s (by %(day)s)") % by if due_on else name
        if person_id == actor.id:
            mine.add(benchmark_id)
            # What the lead asks is for whoever is asked.
            said += f": “{' '.join(note.split())}”" if note else ""
        names[benchmark_id] += (said,)
    every = holds(actor, P.EDIT_ANSWERS, assessment)
    return (None if every else mine), dict(names)
