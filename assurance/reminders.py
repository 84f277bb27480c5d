"""Reminders of deadlines: whom, of what, and on which day. Every mail of it once, by the key of its message.

Four things have a deadline: a self-assessment that is not submitted (its leads are reminded), a benchmark that was
given with a date and is not ready (whoever it was given to), questions that are not answered, and a draft letter that
is not checked (the leads).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import Min, Q
from django.utils import timezone

from assurance import outbox, scope
from assurance.memberships import open_on
from assurance.models import Assessment, Cycle, GivenBenchmark, Membership, Message, Question, User
from assurance.vocabulary import EDITABLE_STATES, Answer, CycleState, MessageKind, Role, State
from benchmarks.catalogue import scheme_text

CATCH_UP_DAYS = 2
"""A reminder whose day was missed, because the scheduler was down, is still sent so many days later."""
OVERDUE = -1
"""Stands among the days before a deadline for the day after it."""
CHECK_DAYS = (2,)
"""Before the last day of an accuracy check. A check is short, and after that day there is nothing left to do."""


class Purpose(StrEnum):
    """What is due. Part of the key of a message, so these words stay as they are."""

    SUBMIT = "submit"
    GIVEN = "given"
    QUESTIONS = "questions"
    CHECK = "check"


Identity = tuple[str, int, date, int]
"""Purpose, assessment, deadline and person."""


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Something that a person has yet to do by a day. ``since`` is when they were told of it first."""

    purpose: Purpose
    assessment: Assessment
    person: User
    deadline: date
    since: date
    numbers: tuple[int, ...] = ()

    @property
    def identity(self) -> Identity:
        """What makes it this duty and no other."""
        return self.purpose, self.assessment.pk, self.deadline, self.person.pk


def due_reminder(deadline: date, today: date, days: Iterable[int], *, overdue: bool, since: date) -> int | None:
    """Which reminder of a deadline is to be sent today: how many days before it, ``OVERDUE``, or None.

    The newest one whose day has come, and only that: who was not reminded on two days is not sent two at once. One
    whose day is longer ago than ``CATCH_UP_DAYS`` is let go, and so is one whose day was not after ``since``, for
    somebody who was told of a deadline yesterday need not be reminded of it today.
    """
    wanted = {*days, OVERDUE} if overdue else set(days)
    came = [one for one in wanted if since < (day := deadline - timedelta(days=one)) <= today and _recent(day, today)]
    return min(came, default=None)


def write_reminders(today: date, *, at: datetime) -> int:
    """Write the reminders that are due on a day, in every open cycle. Five statements a cycle, however large.

    Returns:
        How many are new: calling it again on the day adds none.
    """
    written = 0
    with scope.everything():
        for cycle in Cycle.objects.filter(state=CycleState.OPEN).order_by("pk"):
            written += outbox.write(_notes(_duties(Q(cycle=cycle), today), today), at=at, today=today)
    return written


def reminders_still_true(messages: Collection[Message]) -> set[int]:
    """Ids of the reminders of something that is still to be done, by the same day. At most four queries."""
    if not messages:
        return set()
    where = Q(pk__in={one.assessment_id for one in messages}, cycle__state=CycleState.OPEN)
    open_duties = {duty.identity for duty in _duties(where, timezone.localdate())}
    return {one.pk for one in messages if _identity(one.key) in open_duties}


def _recent(day: date, today: date) -> bool:
    return today - day <= timedelta(days=CATCH_UP_DAYS)


def _key(duty: Duty, days: int) -> str:
    purpose, assessment_id, deadline, person_id = duty.identity
    return f"reminder:{purpose}:{assessment_id}:{deadline}:{days}:{person_id}"


def _identity(key: str) -> Identity:
    _word, purpose, assessment_id, deadline, _days, person_id = key.split(":")
    return purpose, int(assessment_id), date.fromisoformat(deadline), int(person_id)


def _notes(duties: Iterable[Duty], today: date) -> Iterable[outbox.Note]:
    for duty in duties:
        cycle = duty.assessment.cycle
        is_check = duty.purpose == Purpose.CHECK
        wanted: Collection[int] = CHECK_DAYS if is_check else cycle.reminder_days
        overdue = cycle.remind_overdue and not is_check
        days = due_reminder(duty.deadline, today, wanted, overdue=overdue, since=duty.since)
        if days is not None:
            yield _note(duty, days)


def _note(duty: Duty, days: int) -> outbox.Note:
    titles = scheme_text(duty.assessment.cycle.scheme_version_id).benchmarks
    listed = [(number, outbox.one_line(titles[number].title)) for number in duty.numbers]
    subject, body = outbox.compose(
        f"reminder_{duty.purpose}",
        assessment=duty.assessment,
        deadline=duty.deadline,
        overdue=days == OVERDUE,
        benchmarks=listed,
    )
    return outbox.Note(
        kind=MessageKind.REMINDER,
        person=duty.person,
        key=_key(duty, days),
        subject=subject,
        body=body,
        authority_id=duty.assessment.authority_id,
        assessment_id=duty.assessment.pk,
        due=duty.deadline,
    )


def _duties(where: Q, today: date) -> list[Duty]:
    """What is to be done in these assessments. Four queries."""
    found = {
        one.pk: one
        for one in Assessment.objects.filter(
            where, Q(state__in=EDITABLE_STATES | {State.CLARIFICATION}) | Q(letter_check_until__isnull=False)
        )
        .select_related("authority", "cycle")
        .order_by("pk")
    }
    if not found:
        return []
    people = _people({one.authority_id for one in found.values()}, today)
    editable = [one for one in found.values() if one.state in EDITABLE_STATES]
    asked = [one for one in found.values() if one.state == State.CLARIFICATION]
    to_check = list(_to_check(found.values(), people))
    return [*_to_submit(editable, people), *_given(editable, people), *_to_answer(asked, people), *to_check]


People = Mapping[tuple[int, str], Mapping[int, User]]
"""By authority and role: the people, by id."""


def _people(authority_ids: Collection[int], today: date) -> People:
    rows = Membership.objects.filter(
        open_on(today),
        authority_id__in=authority_ids,
        role__in=[Role.LEAD, Role.CONTRIBUTOR],
        starts__lte=today,
        person__is_active=True,
    )
    people: dict[tuple[int, str], dict[int, User]] = defaultdict(dict)
    for row in rows.select_related("person").order_by("pk"):
        people[row.authority_id or 0, row.role][row.person_id] = row.person
    return people


def _leads(people: People, assessment: Assessment) -> Iterable[User]:
    return people.get((assessment.authority_id, Role.LEAD), {}).values()


def _to_submit(assessments: Sequence[Assessment], people: People) -> Iterable[Duty]:
    for assessment in assessments:
        cycle = assessment.cycle
        if cycle.submit_by is None:
            continue
        for person in _leads(people, assessment):
            yield Duty(
                purpose=Purpose.SUBMIT,
                assessment=assessment,
                person=person,
                deadline=cycle.submit_by,
                since=cycle.opens_on or date.min,
            )


def _given(assessments: Sequence[Assessment], people: People) -> Iterable[Duty]:
    if not assessments:
        return
    by_id = {one.pk: one for one in assessments}
    rows = GivenBenchmark.objects.filter(self_assessment__assessment__in=by_id, due_on__isnull=False).exclude(
        ~Q(self_assessment__evidence=""),
        self_assessment__answer=Answer.OUTCOME,
        self_assessment__needs_rechecking=False,
    )
    grouped: dict[tuple[int, int, date], list[tuple[int, datetime]]] = defaultdict(list)
    for assessment_id, person_id, due_on, number, given_at in rows.order_by(
        "due_on", "self_assessment__benchmark__number"
    ).values_list(
        "self_assessment__assessment", "contributor", "due_on", "self_assessment__benchmark__number", "given_at"
    ):
        grouped[assessment_id, person_id, due_on].append((number, given_at))
    for (assessment_id, person_id, due_on), benchmarks in grouped.items():
        assessment = by_id[assessment_id]
        person = people.get((assessment.authority_id, Role.CONTRIBUTOR), {}).get(person_id)
        if person is not None:
            yield Duty(
                purpose=Purpose.GIVEN,
                assessment=assessment,
                person=person,
                deadline=due_on,
                since=timezone.localdate(min(given_at for _number, given_at in benchmarks)),
                numbers=tuple(number for number, _given_at in benchmarks),
            )


def _to_answer(assessments: Sequence[Assessment], people: People) -> Iterable[Duty]:
    if not assessments:
        return
    by_id = {one.pk: one for one in assessments}
    rows = Question.objects.filter(assessment__in=by_id, answered_at__isnull=True).order_by("assessment", "due")
    for assessment_id, due, asked_at in rows.values_list("assessment", "due").annotate(first=Min("asked_at")):
        for person in _leads(people, by_id[assessment_id]):
            yield Duty(
                purpose=Purpose.QUESTIONS,
                assessment=by_id[assessment_id],
                person=person,
                deadline=due,
                since=timezone.localdate(asked_at),
            )


def _to_check(assessments: Iterable[Assessment], people: People) -> Iterable[Duty]:
    for assessment in assessments:
        if assessment.letter_check_until is None or assessment.state == State.WITHDRAWN:
            continue
        for person in _leads(people, assessment):
            yield Duty(
                purpose=Purpose.CHECK,
                assessment=assessment,
                person=person,
                deadline=assessment.letter_check_until,
                since=assessment.letter_check_since or date.min,
            )
