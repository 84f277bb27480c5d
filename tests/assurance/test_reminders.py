"""Reminders of deadlines: the newest that is due, to whom it concerns, once; and the settings of a cycle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from assurance import mail_tasks, reminders
from assurance.actions import answers, cycles, giving, messages, questions, reference
from assurance.actions.giving import Ask
from assurance.models import Assessment, Authority, Cycle, GivenBenchmark, Membership, Message, SelfAssessment
from assurance.reminders import CATCH_UP_DAYS, OVERDUE, due_reminder, write_reminders
from assurance.vocabulary import MessageKind, MessageState, Role, State
from tests.matrices.world import Visitors
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

DEADLINE = date(2026, 3, 2)
LONG_AGO = date(2025, 1, 1)
S = MessageState


@pytest.fixture
def cycle(universe: Universe) -> Cycle:
    """The open cycle, with answers due on DEADLINE."""
    cycle = universe.cycle()
    with all_rows():
        Cycle.objects.filter(pk=cycle.pk).update(
            submit_by=DEADLINE, agree_by=date(2026, 6, 1), letters_by=date(2026, 7, 1), opens_on=date(2025, 11, 10)
        )
        return Cycle.objects.get(pk=cycle.pk)


def on(days: int, deadline: date = DEADLINE) -> date:
    """So many days before a deadline."""
    return deadline - timedelta(days=days)


def run(today: date) -> list[tuple[str, str]]:
    """The reminders that are new on a day: to whom, and how many days before."""
    with all_rows():
        before = set(Message.objects.values_list("pk", flat=True))
    count = write_reminders(today, at=timezone.now())
    with all_rows():
        new = Message.objects.filter(kind=MessageKind.REMINDER).exclude(pk__in=before).select_related("person")
        found = [(one.person.name, one.key.split(":")[4]) for one in new.order_by("person__name")]
    assert count == len(found)
    return found


class TestWhich:
    @pytest.mark.parametrize(
        ("before", "expected"),
        [
            (29, None), (28, 28), (27, 28), (26, 28), (25, None), (15, None), (14, 14), (13, 14), (7, 7), (2, None),
            (1, 1), (0, 1), (-1, OVERDUE), (-2, OVERDUE), (-3, OVERDUE), (-4, None),
        ],
    )  # fmt: skip
    def test_by_the_calendar(self, before: int, expected: int | None) -> None:
        assert due_reminder(DEADLINE, on(before), [28, 14, 7, 1], overdue=True, since=LONG_AGO) == expected

    def test_without_overdue_the_last_is_the_last(self) -> None:
        assert due_reminder(DEADLINE, on(-1), [28, 1], overdue=False, since=LONG_AGO) == 1
        assert due_reminder(DEADLINE, on(-2), [28, 1], overdue=False, since=LONG_AGO) is None

    def test_who_was_told_yesterday_is_not_reminded_today(self) -> None:
        days = [28, 14, 7, 1]
        assert due_reminder(DEADLINE, on(13), days, overdue=True, since=on(14)) is None
        assert due_reminder(DEADLINE, on(14), days, overdue=True, since=on(15)) == 14

    @given(
        days=st.lists(st.integers(1, 40), max_size=6),
        overdue=st.booleans(),
        since=st.integers(-5, 60),
        down=st.sets(st.integers(-5, 45)),
    )
    def test_every_reminder_comes_once_the_newest_first(
        self, days: list[int], overdue: bool, since: int, down: set[int]
    ) -> None:
        """A whole run-up to a deadline, day by day, with a scheduler that is down on some days."""
        wanted = {*days, *([OVERDUE] if overdue else [])}
        sent: list[int] = []
        for before in range(45, -6, -1):
            found = due_reminder(DEADLINE, on(before), days, overdue=overdue, since=on(since))
            if found is None:
                continue
            # It is one of the cycle's, its day has come and is not long ago, and no newer one's has.
            assert found in wanted
            assert before <= found <= before + CATCH_UP_DAYS
            assert found < since
            assert not any(before <= other < found and other < since for other in wanted)
            if before not in down and found not in sent:
                sent.append(found)
        # Never back to an older one, so that the key of the message makes each come once.
        assert sent == sorted(sent, reverse=True)
        # None is lost unless the scheduler was down, or a newer one took its place, until it was too late.
        for one in wanted:
            could = [d for d in range(one, one - CATCH_UP_DAYS - 1, -1) if d >= -5 and d not in down]
            newest = [d for d in could if not any(d <= other < one and other < since for other in wanted)]
            assert (one in sent) == (bool(newest) and one < since)


class TestSubmitting:
    def test_leads_of_what_is_not_submitted(self, universe: Universe, cycle: Cycle) -> None:
        universe.assessment(State.SUBMITTED, authority=universe.cedar)
        universe.assessment(State.IN_PROGRESS)
        assert run(on(28)) == [("Lena Lead", "28"), ("Otto Lead", "28")]
        assert run(on(28)) == run(on(27)) == run(on(20)) == []
        assert run(on(14)) == [("Lena Lead", "14"), ("Otto Lead", "14")]
        with all_rows():
            first = Message.objects.filter(person=universe.lead).earliest("pk")
        assert first.subject == "The self-assessment of Alder County Council for 2025/26 is due on 2 March 2026"
        assert first.authority_id == universe.alder.pk
        assert first.key == f"reminder:submit:{first.assessment_id}:2026-03-02:28:{universe.lead.pk}"

    def test_the_day_after(self, universe: Universe, cycle: Cycle) -> None:
        assert [name for name, _days in run(on(-1))] == ["Lena Lead", "Otto Lead", "Otto Lead"]
        with all_rows():
            assert "was due on 2 March 2026" in Message.objects.filter(person=universe.lead).get().subject
            Message.objects.all().delete()
            Cycle.objects.filter(pk=cycle.pk).update(remind_overdue=False)
        assert run(on(-1)) == [("Lena Lead", "1"), ("Otto Lead", "1"), ("Otto Lead", "1")]
        with all_rows():
            Cycle.objects.filter(pk=cycle.pk).update(reminder_days=[28])
        assert run(on(-1)) == run(on(-2)) == []

    def test_a_deadline_that_moves_is_reminded_of_anew(self, universe: Universe, cycle: Cycle) -> None:
        assert len(run(on(7))) == 3
        with all_rows():
            Cycle.objects.filter(pk=cycle.pk).update(submit_by=DEADLINE + timedelta(days=7))
        assert {days for _name, days in run(on(7))} == {"14"}
        assert {days for _name, days in run(on(0))} == {"7"}

    def test_only_in_cycles_that_are_open(self, universe: Universe, cycle: Cycle) -> None:
        with as_actor(universe.administrator) as by:
            cycles.close_cycle(by=by, at=universe.at, cycle_id=cycle.pk)
        assert run(on(28)) == []

    def test_who_has_left_is_not_reminded(self, universe: Universe, cycle: Cycle) -> None:
        with all_rows():
            held = Membership.objects.get(person=universe.lead)
            reference.end_membership(by=universe.operator, at=universe.at, membership=held, on=on(28))
        assert [name for name, _days in run(on(28))] == ["Otto Lead", "Otto Lead"]

    def test_what_was_done_meanwhile_is_dropped_when_it_would_be_sent(self, universe: Universe, cycle: Cycle) -> None:
        run(on(28))
        universe.assessment(State.SUBMITTED)
        states = {}
        with all_rows():
            found = list(Message.objects.filter(kind=MessageKind.REMINDER).select_related("authority"))
        for one in found:
            messages.deliver(message_id=one.pk, authority_id=one.authority_id)
            with all_rows():
                states[one.authority] = Message.objects.get(pk=one.pk).state
        assert states == {universe.alder: S.DROPPED, universe.birch: S.SENT, universe.cedar: S.SENT}

    def test_a_deadline_that_moved_drops_the_old_reminder(self, universe: Universe, cycle: Cycle) -> None:
        run(on(28))
        with all_rows():
            Cycle.objects.filter(pk=cycle.pk).update(submit_by=DEADLINE + timedelta(days=7))
            one = Message.objects.filter(person=universe.lead).get()
        messages.deliver(message_id=one.pk, authority_id=one.authority_id or 0)
        with all_rows():
            assert Message.objects.get(pk=one.pk).state == S.DROPPED

    def test_whoever_chose_the_digest_waits_for_all_but_the_last(self, universe: Universe, cycle: Cycle) -> None:
        universe.lead.weekly_digest = True
        with all_rows():
            universe.lead.save()
        for days in (28, 14, 7, 1, -1):
            run(on(days))
        with all_rows():
            states = list(Message.objects.filter(person=universe.lead).order_by("pk").values_list("state", flat=True))
        assert states == [S.HELD, S.HELD, S.WAITING, S.WAITING, S.WAITING]


class TestGiven:
    DUE = date(2026, 2, 2)

    @pytest.fixture
    def assessment(self, universe: Universe, cycle: Cycle) -> Assessment:
        assessment = universe.assessment(State.IN_PROGRESS)
        with as_actor(universe.lead) as by:
            giving.give_many(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                contributor=universe.contributor,
                numbers=[2, 3],
                ask=Ask(due_on=self.DUE),
            )
            giving.give_benchmark(
                by=by, at=universe.at, assessment_id=assessment.pk, number=4, contributor_id=universe.contributor.pk
            )
        return assessment

    def test_one_message_names_what_is_not_ready(self, universe: Universe, assessment: Assessment) -> None:
        self.answer(universe, assessment, 2)
        assert run(on(7, self.DUE)) == [("Conrad Contributor", "7")]
        titles = universe.scheme().benchmarks
        with all_rows():
            body = Message.objects.get(kind=MessageKind.REMINDER).body
        assert f"3. {titles[3].title}" in body
        assert titles[2].title not in body
        assert titles[4].title not in body

    def test_nothing_when_all_is_ready_or_taken_back(self, universe: Universe, assessment: Assessment) -> None:
        self.answer(universe, assessment, 2)
        with as_actor(universe.lead) as by:
            giving.take_back_benchmark(
                by=by, at=universe.at, assessment_id=assessment.pk, number=3, contributor_id=universe.contributor.pk
            )
        assert run(on(7, self.DUE)) == []

    def test_what_needs_rechecking_is_not_ready(self, universe: Universe, assessment: Assessment) -> None:
        for number in (2, 3):
            self.answer(universe, assessment, number)
        with all_rows():
            SelfAssessment.objects.filter(assessment=assessment, benchmark__number=3).update(needs_rechecking=True)
        assert run(on(1, self.DUE)) == [("Conrad Contributor", "1")]

    def test_who_is_no_longer_a_contributor_is_not_reminded(self, universe: Universe, assessment: Assessment) -> None:
        with all_rows():
            held = Membership.objects.get(person=universe.contributor)
            reference.end_membership(by=universe.operator, at=universe.at, membership=held, on=date(2026, 1, 1))
        assert run(on(7, self.DUE)) == []

    def test_it_is_dropped_once_it_is_ready(self, universe: Universe, assessment: Assessment) -> None:
        run(on(7, self.DUE))
        for number in (2, 3):
            self.answer(universe, assessment, number)
        with all_rows():
            one = Message.objects.get(kind=MessageKind.REMINDER)
        messages.deliver(message_id=one.pk, authority_id=universe.alder.pk)
        with all_rows():
            assert Message.objects.get(pk=one.pk).state == S.DROPPED

    def answer(self, universe: Universe, assessment: Assessment, number: int) -> None:
        with as_actor(universe.lead) as by:
            answers.save_answer(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                number=number,
                version=SelfAssessment.objects.get(assessment=assessment, benchmark__number=number).version,
                reply=answers.Reply(level_code="met", evidence="This is done."),
            )


class TestQuestions:
    def test_leads_of_what_is_not_answered(self, universe: Universe, cycle: Cycle) -> None:
        assessment = universe.assessment(State.IN_REVIEW)
        near, far = date(2026, 1, 10), date(2026, 2, 5)
        with as_actor(universe.adviser) as by:
            questions.ask(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                questions=[questions.NewQuestion("Who?", near), questions.NewQuestion("When?", far)],
            )
        assert run(on(7, near)) == [("Lena Lead", "7")]
        assert run(on(7, far)) == [("Lena Lead", "7")]
        universe.answer_questions(assessment.pk, universe.alder)
        assert "Lena Lead" not in dict(run(on(1, near)) + run(on(1, far)))


def test_the_cost_does_not_grow_with_authorities(universe: Universe, cycle: Cycle) -> None:
    def cost(today: date) -> int:
        with CaptureQueriesContext(connection) as captured:
            write_reminders(today, at=timezone.now())
        return len(captured)

    few = cost(on(28))
    with all_rows():
        extra = [
            Authority(
                programme=universe.programme, gss_code=f"E1000{number}", name=f"A{number}", short_name=f"A{number}",
                type="County", nation="England", region="North",
            )
            for number in range(1000, 1040)
        ]  # fmt: skip
        for authority in Authority.objects.bulk_create(extra):
            Membership.objects.create(
                person=universe.other_lead, role=Role.LEAD, authority=authority, starts=MEMBERS_SINCE
            )
        cycles.create_assessments(cycle, extra, by=universe.operator, at=universe.at)
    assert cost(on(14)) == few
    with all_rows():
        assert Message.objects.filter(kind=MessageKind.REMINDER).count() == 3 + 43


def test_the_command_and_the_task_write_each_once(universe: Universe, cycle: Cycle) -> None:
    said = StringIO()
    call_command("send_reminders", today=on(7), stdout=said)
    call_command("send_reminders", "--today", on(7).isoformat(), stdout=said)
    assert said.getvalue().splitlines() == ["3 reminders written", "0 reminders written"]
    with all_rows():
        soon = timezone.localdate() + timedelta(days=7)
        Cycle.objects.filter(pk=cycle.pk).update(submit_by=soon, agree_by=soon, letters_by=soon)
    assert mail_tasks.remind() == 3
    assert mail_tasks.remind() == 0


class TestSettingsOfACycle:
    @pytest.fixture
    def edit(self, universe: Universe, cycle: Cycle) -> Callable[..., Any]:
        visitors = Visitors(universe)
        address = reverse("cycle-edit", args=[cycle.pk])

        def post(**fields: Any) -> Any:
            data: dict[str, Any] = {"version": Cycle.objects.get(pk=cycle.pk).version}
            for name in cycles.DATES:
                day = getattr(cycle, name)
                data |= {f"{name}_day": day.day, f"{name}_month": day.month, f"{name}_year": day.year}
            return visitors.post("administrator", address, data | fields)

        page = visitors.get("administrator", address).content.decode()
        assert 'value="28, 14, 7, 1"' in page
        return post

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [("1, 7,21", [21, 7, 1]), (" 5 ", [5]), ("", []), ("7 7 14", [14, 7]), ("180", [180])],
    )
    def test_days_are_kept_in_order(self, cycle: Cycle, edit: Callable[..., Any], typed: str, kept: list[int]) -> None:
        assert edit(reminder_days=typed, remind_overdue="on").status_code == 302
        saved = Cycle.objects.get(pk=cycle.pk)
        assert (saved.reminder_days, saved.remind_overdue) == (kept, True)
        assert saved.history.first().reminder_days == kept

    def test_nobody_is_reminded_afterwards(self, cycle: Cycle, edit: Callable[..., Any]) -> None:
        assert edit(reminder_days="7").status_code == 302
        assert Cycle.objects.get(pk=cycle.pk).remind_overdue is False

    @pytest.mark.parametrize("typed", ["0", "181", "-1", "seven", "7;14", "1 2 3 4 5 6 7 8 9 10 11", "٧", "9" * 99])
    def test_what_is_no_day_is_said_at_the_field(self, cycle: Cycle, edit: Callable[..., Any], typed: str) -> None:
        response = edit(reminder_days=typed)
        assert response.status_code == 200
        assert "whole numbers from 1 to 180" in response.content.decode()
        assert Cycle.objects.get(pk=cycle.pk).reminder_days == [28, 14, 7, 1]


def test_the_key_can_be_read_back(universe: Universe, cycle: Cycle) -> None:
    run(on(28))
    with all_rows():
        found = list(Message.objects.filter(kind=MessageKind.REMINDER))
    for one in found:
        purpose, assessment_id, deadline, person_id = reminders._identity(one.key)
        assert (purpose, assessment_id, deadline, person_id) == (
            "submit",
            one.assessment_id,
            DEADLINE,
            one.person_id,
        )


def test_giving_a_date_is_what_reminds(universe: Universe, cycle: Cycle, at: datetime) -> None:
    with all_rows():
        assert not GivenBenchmark.objects.filter(due_on__isnull=False).exists()
    assert run(date(2026, 1, 1)) == []
