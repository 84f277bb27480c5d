"""E-mail as rows: what is written for whom, once, with what in it, and what one sees and chooses of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from celery import Celery
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assurance import outbox
from assurance.access import Actor, Forbidden, NotFound
from assurance.actions import answers, messages, questions, reference, reviews
from assurance.actions.refusals import NotEditable
from assurance.models import Assessment, Event, Membership, Message, ReferenceEvent, User
from assurance.project.celery import app
from assurance.vocabulary import EventKind, MessageKind, MessageState, Role, State
from tests.matrices.world import COLLEAGUES, Visitors
from tests.universe import Universe, all_rows, as_actor, forget_scope

LONDON = ZoneInfo("Europe/London")
K, S = MessageKind, MessageState
Committed = Callable[..., Any]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The tasks that would have gone to the worker, as their arguments."""
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(app, "send_task", lambda name, args, **_options: found.append(args))
    return found


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    return universe.assessment(State.IN_PROGRESS)


@contextmanager
def told(universe: Universe, who: str = "lead") -> Iterator[Actor]:
    with as_actor(universe.cast[who]) as by:
        yield by


def every(**where: Any) -> list[Message]:
    """Messages in the order in which they were written."""
    with all_rows():
        return list(Message.objects.filter(**where).select_related("person").order_by("pk"))


def one(**where: Any) -> Message:
    (found,) = every(**where)
    return found


def say(universe: Universe, key: str = "k", kind: MessageKind = K.GIVEN, **more: Any) -> bool:
    """A message to the contributor of Alder."""
    fields: dict[str, Any] = {"authority": universe.alder, "subject": "About this", "body": "It happened."}
    with told(universe):
        return outbox.tell(kind, universe.contributor, at=universe.at, key=key, **(fields | more))


def weekly(person: User, chosen: bool = True) -> None:
    person.weekly_digest = chosen
    with all_rows():
        person.save()


class TestWriting:
    def test_a_message_waits_and_its_task_is_sent_on_commit(
        self, universe: Universe, sent: list[Any], django_capture_on_commit_callbacks: Committed
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            assert say(universe)
            assert sent == []
        message = one()
        assert sent == [(message.pk, universe.alder.pk)]
        assert (message.state, message.address, message.attempts) == (S.WAITING, universe.contributor.email, 0)
        assert message.not_before == message.created_at == universe.at

    def test_the_same_key_twice_writes_nothing(
        self, universe: Universe, sent: list[Any], django_capture_on_commit_callbacks: Committed
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            assert say(universe)
            assert not say(universe, subject="Another")
        assert one().subject == "About this"
        assert len(sent) == 1

    def test_what_is_rolled_back_is_neither_written_nor_sent(
        self, universe: Universe, sent: list[Any], django_capture_on_commit_callbacks: Committed
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            say(universe)
            transaction.set_rollback(True)
        assert every() == []
        assert sent == []

    def test_a_broker_that_is_down_fails_nothing(
        self,
        universe: Universe,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: Committed,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        away = Celery("away", broker="redis://127.0.0.1:1", set_as_current=False)
        monkeypatch.setattr(outbox, "current_app", away)
        with django_capture_on_commit_callbacks(execute=True):
            say(universe)
        assert "Connection refused" in caplog.text
        assert one().state == S.WAITING

    def test_a_closed_account_is_told_nothing(self, universe: Universe) -> None:
        universe.contributor.is_active = False
        assert not say(universe)
        assert every() == []

    def test_many_people_cost_one_statement(self, universe: Universe) -> None:
        notes = [
            outbox.Note(
                kind=K.GIVEN,
                person=person,
                key=f"k:{person.pk}",
                subject="S",
                body="B",
                authority_id=universe.alder.pk,
            )
            for person in universe.cast.values()
        ]
        with all_rows(), CaptureQueriesContext(connection) as captured:
            assert outbox.write(notes, at=universe.at) == len(notes)
            assert outbox.write(notes, at=universe.at) == 0
        assert len(captured) == 2

    def test_nobody_writes_into_an_authority_out_of_their_scope(self, universe: Universe) -> None:
        with pytest.raises(Exception, match="row-level security"):
            say(universe, authority=universe.cedar)


class TestDigestible:
    @pytest.mark.parametrize(
        ("kind", "due", "held"),
        [
            (K.GIVEN, None, True),
            (K.MENTIONED, None, True),
            (K.SUBMITTED, None, True),
            (K.REMINDER, 8, True),
            (K.QUESTIONS, 8, True),
            (K.REMINDER, 7, False),
            (K.REMINDER, 1, False),
            (K.REMINDER, -1, False),
            (K.QUESTIONS, 7, False),
            (K.GIVEN, 3, False),
            (K.INVITATION, None, False),
            (K.LEAD_ROLE, None, False),
            (K.PASSWORD, None, False),
            (K.DIGEST, None, False),
        ],
    )
    def test_what_waits_for_monday(
        self,
        universe: Universe,
        sent: list[Any],
        django_capture_on_commit_callbacks: Committed,
        kind: MessageKind,
        due: int | None,
        held: bool,
    ) -> None:
        weekly(universe.contributor)
        day = None if due is None else timezone.localdate(universe.at) + timedelta(days=due)
        with django_capture_on_commit_callbacks(execute=True):
            say(universe, kind=kind, due=day)
        assert one().state == (S.HELD if held else S.WAITING)
        assert bool(sent) is not held


class TestOccasions:
    def test_an_invitation_has_no_link_that_signs_in(self, universe: Universe) -> None:
        with told(universe) as by:
            assert outbox.invited(universe.contributor, by=by, at=universe.at, authority=universe.alder)
            assert not outbox.invited(
                universe.contributor, by=by, at=universe.at + timedelta(minutes=9), authority=universe.alder
            )
            assert outbox.invited(
                universe.contributor, by=by, at=universe.at + timedelta(days=1), authority=universe.alder
            )
        message = every()[0]
        assert message.subject == "You are invited to work on the Prevent self-assessment of Alder County Council"
        assert "Lena Lead has invited you" in message.body
        assert outbox.LINK in message.body
        assert "token" not in message.body
        assert reverse("password-reset") in message.body

    def test_the_lead_role(self, universe: Universe) -> None:
        with told(universe) as by:
            assert outbox.lead_role_given(universe.contributor, by=by, at=universe.at, authority=universe.alder)
        assert "made you Prevent Lead of Alder County Council" in one().body

    def test_benchmarks_given(self, universe: Universe, assessment: Assessment) -> None:
        titles = universe.scheme().benchmarks
        with told(universe) as by:
            given = {universe.contributor: {3: None, 2: date(2025, 12, 24)}, universe.viewer: {}}
            assert outbox.benchmarks_given(given, by=by, at=universe.at, assessment=assessment) == 1
        message = one()
        assert message.subject == "2 benchmarks were given to you: Alder County Council"
        lines = message.body.splitlines()
        assert lines.index(f"- 2. {titles[2].title}, by 24 December 2025") < lines.index(f"- 3. {titles[3].title}")
        assert f"http://localhost:8000/assessments/{assessment.pk}/" in message.body
        assert message.assessment_id == assessment.pk

    def test_mentioned(self, universe: Universe, assessment: Assessment) -> None:
        people = [universe.lead, universe.contributor]
        with told(universe) as by:
            for _ in range(2):
                outbox.mentioned(people, by=by, at=universe.at, assessment=assessment, number=2, comment_id=5)
        message = one()
        assert message.person == universe.contributor
        assert "benchmark 2" in message.body

    def test_submitting_confirms_to_the_lead_and_tells_the_adviser(self, universe: Universe) -> None:
        assessment = universe.assessment(State.SUBMITTED)
        lead, adviser = every(kind=K.SUBMITTED)
        assert {lead.person, adviser.person} == {universe.lead, universe.adviser}
        lead, adviser = sorted((lead, adviser), key=lambda one: one.person != universe.lead)
        assert assessment.reference
        assert assessment.reference in lead.body
        assert "waits for your review" in adviser.body
        with told(universe) as by:
            answers.recall(by=by, at=universe.at, assessment_id=assessment.pk)
            answers.submit(by=by, at=universe.at, assessment_id=assessment.pk, declaration="We declare.")
        assert len(every(kind=K.SUBMITTED)) == 4

    def test_questions_tell_the_leads_by_when(self, universe: Universe) -> None:
        assessment = universe.assessment(State.IN_REVIEW)
        day = universe.at.date()
        asked = [
            questions.NewQuestion("Who leads on this?", day + timedelta(days=9), 1),
            questions.NewQuestion("And who helps?", day + timedelta(days=5)),
        ]
        with told(universe, "adviser") as by:
            questions.ask(by=by, at=universe.at, assessment_id=assessment.pk, questions=asked)
        message = one(kind=K.QUESTIONS)
        assert message.person == universe.lead
        assert "2 questions" in message.body
        assert "the first of them by 15 November 2025" in message.body
        assert "Who leads" not in message.body

    def test_no_message_names_an_answer_or_a_text_of_the_record(self, universe: Universe) -> None:
        universe.assessment(State.CLARIFICATION)
        written = " ".join(message.subject + message.body for message in every())
        assert "Evidence for benchmark" not in written
        assert "Who " not in written
        for level in universe.scheme().levels:
            assert level.label not in written

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x00\n"])
    def test_a_name_adds_no_line_and_no_header(self, universe: Universe, end: str) -> None:
        by = Actor(universe.lead, f"Lena{end}Bcc: everybody@example.test{end}{end}---{end}Pay <b>now</b>")
        universe.alder.name = f"Alder{end}---{end}Council"
        with told(universe):
            outbox.lead_role_given(universe.contributor, by=by, at=universe.at, authority=universe.alder)
        message = one()
        assert message.subject == "You are now Prevent Lead of Alder --- Council"
        assert "Lena Bcc: everybody@example.test --- Pay <b>now</b> has made you" in message.body.splitlines()[0]
        messages.deliver(message_id=message.pk, authority_id=universe.alder.pk)
        (email,) = mail.outbox
        assert email.message()["Bcc"] is None
        assert email.recipients() == [universe.contributor.email]

    def test_a_subject_of_any_length_fits(self, universe: Universe) -> None:
        universe.alder.name = "A" * 300
        with told(universe) as by:
            outbox.lead_role_given(universe.contributor, by=by, at=universe.at, authority=universe.alder)
        assert len(one().subject) == outbox.LONGEST_SUBJECT


class TestPassword:
    def ask(self, address: str) -> Any:
        forget_scope()
        return Client().post(reverse("password-reset"), {"email": address}, follow=True)

    def test_the_page_reads_the_same_for_everybody(self, universe: Universe) -> None:
        known, unknown = self.ask(universe.lead.email), self.ask("nobody@example.test")
        assert known.redirect_chain == unknown.redirect_chain == [(reverse("password-reset-done"), 302)]
        assert known.content == unknown.content
        message = one()
        assert (message.kind, message.person, message.authority_id) == (K.PASSWORD, universe.lead, None)
        assert outbox.LINK in message.body

    def test_who_was_invited_and_never_chose_one_gets_a_link(self, universe: Universe) -> None:
        assert not universe.contributor.has_usable_password()
        self.ask(f" {universe.contributor.email.upper()} ")
        message = one()
        messages.deliver(message_id=message.pk, authority_id=0)
        (email,) = mail.outbox
        link = next(line for line in email.body.splitlines() if "/password/" in line)
        assert outbox.LINK not in email.body
        browser = Client()
        forget_scope()
        page = browser.get(link.removeprefix("http://localhost:8000"), follow=True)
        new = {"new_password1": "a word of one's own", "new_password2": "a word of one's own"}
        assert browser.post(page.redirect_chain[-1][0], new).url == reverse("password-reset-complete")
        again = Client().get(link.removeprefix("http://localhost:8000"), follow=True)
        assert "does not work any more" in again.content.decode()
        stored = one()
        assert link not in stored.body + stored.fault
        assert stored.state == S.SENT

    def test_closed_accounts_and_letters_that_look_alike_get_nothing(self, universe: Universe) -> None:
        universe.lead.is_active = False
        with all_rows():
            universe.lead.save()
        self.ask(universe.lead.email)
        self.ask(universe.viewer.email.replace("i", "ı"))
        assert every() == []

    def test_pressing_it_often_sends_one_a_minute(self, universe: Universe) -> None:
        for _ in range(3):
            messages.send_password_link(address=universe.lead.email, at=universe.at)
        messages.send_password_link(address=universe.lead.email, at=universe.at + timedelta(minutes=1))
        assert len(every()) == 2


class TestPreferences:
    def test_everybody_chooses_for_themselves(self, universe: Universe, visitors: Visitors) -> None:
        address = reverse("preferences")
        for name in universe.cast:
            assert visitors.get(name, address).status_code == 200
        assert b"/preferences/" in visitors.get("lead", reverse("help")).content
        assert visitors.post("lead", address, {"how": "weekly"}).url == address
        universe.lead.refresh_from_db()
        universe.viewer.refresh_from_db()
        assert (universe.lead.weekly_digest, universe.viewer.weekly_digest) == (True, False)
        past = universe.lead.history.first()
        assert (past.weekly_digest, past.history_user) == (True, universe.lead)
        assert b'value="weekly" checked' in visitors.get("lead", address).content.replace(b"\n", b" ")

    def test_choosing_the_same_again_writes_nothing(self, universe: Universe, visitors: Visitors) -> None:
        before = universe.lead.history.count()
        visitors.post("lead", reverse("preferences"), {"how": "each"})
        assert universe.lead.history.count() == before

    @pytest.mark.parametrize("how", ["", "hourly"])
    def test_nothing_chosen_is_said_at_the_field(self, universe: Universe, visitors: Visitors, how: str) -> None:
        page = visitors.post("lead", reverse("preferences"), {"how": how})
        assert page.status_code == 200
        assert b"There is a problem" in page.content


class TestDigest:
    MONDAY = datetime(2025, 11, 17, 8, 0, tzinfo=LONDON)

    def held(self, universe: Universe) -> None:
        weekly(universe.contributor)
        weekly(universe.lead)
        universe.assessment(State.SUBMITTED)
        say(universe, "one", subject="First")
        say(universe, "two", subject="Second")

    def test_one_message_for_each_person(
        self, universe: Universe, sent: list[Any], django_capture_on_commit_callbacks: Committed
    ) -> None:
        self.held(universe)
        with django_capture_on_commit_callbacks(execute=True):
            assert messages.write_digests(at=self.MONDAY) == 2
        mine = one(kind=K.DIGEST, person=universe.contributor)
        assert mine.key == f"digest:2025-W47:{universe.contributor.pk}"
        assert (mine.state, mine.authority_id) == (S.WAITING, None)
        assert mine.body.index("First") < mine.body.index("Second")
        gathered = every(state=S.GATHERED, person=universe.contributor)
        assert [(message.key, message.digest_id) for message in gathered] == [("one", mine.pk), ("two", mine.pk)]
        assert sorted(pk for pk, _authority in sent) == sorted(message.pk for message in every(kind=K.DIGEST))
        messages.deliver(message_id=mine.pk, authority_id=0)
        assert mail.outbox[0].subject == "Your week in Prevent duty assurance: 2 messages"

    def test_twice_a_week_is_once(self, universe: Universe) -> None:
        self.held(universe)
        messages.write_digests(at=self.MONDAY)
        say(universe, "three")
        for days in (0, 1, 6):
            assert messages.write_digests(at=self.MONDAY + timedelta(days=days)) == 0
        assert one(key="three").state == S.HELD
        assert messages.write_digests(at=self.MONDAY + timedelta(days=7)) == 1
        assert one(key="three").state == S.GATHERED

    def test_a_scheduler_that_was_down_on_monday_makes_up_for_it(self, universe: Universe) -> None:
        self.held(universe)
        assert messages.write_digests(at=self.MONDAY - timedelta(seconds=1)) == 0
        assert messages.write_digests(at=self.MONDAY + timedelta(days=2)) == 2
        assert one(kind=K.DIGEST, person=universe.lead).key.startswith("digest:2025-W47:")

    def test_what_is_no_longer_true_is_dropped(self, universe: Universe) -> None:
        self.held(universe)
        assessment = universe.assessment(State.SUBMITTED)
        with told(universe, "administrator") as by:
            reviews.withdraw(by=by, at=universe.at, assessment_id=assessment.pk, reason="Opened by mistake.")
        with all_rows():
            held = Membership.objects.get(person=universe.contributor)
            reference.end_membership(by=universe.operator, at=universe.at, membership=held, on=date(2025, 11, 12))
        assert messages.write_digests(at=self.MONDAY) == 0
        assert {message.state for message in every(person__in=[universe.lead, universe.contributor])} == {S.DROPPED}

    def test_its_cost_does_not_grow_with_people(self, universe: Universe) -> None:
        def cost(keys: int) -> int:
            for person in list(universe.cast.values())[:keys]:
                weekly(person)
                with all_rows():
                    outbox.tell(K.GIVEN, person, at=universe.at, key=f"{keys}:{person.pk}", subject="S", body="B")
            with CaptureQueriesContext(connection) as captured:
                assert messages.write_digests(at=self.MONDAY + timedelta(weeks=keys)) == keys
            return len(captured)

        assert cost(1) == cost(12)

    @pytest.mark.parametrize(
        ("now", "expected"),
        [
            (datetime(2026, 3, 30, 7, 59, tzinfo=LONDON), datetime(2026, 3, 23, 8, tzinfo=LONDON)),
            (datetime(2026, 3, 30, 8, 0, tzinfo=LONDON), datetime(2026, 3, 30, 8, tzinfo=LONDON)),
            (datetime(2026, 10, 26, 8, 0, tzinfo=LONDON), datetime(2026, 10, 26, 8, tzinfo=LONDON)),
            (datetime(2026, 1, 4, 23, 0, tzinfo=LONDON), datetime(2025, 12, 29, 8, tzinfo=LONDON)),
        ],
    )
    def test_eight_by_the_clock_on_the_wall(self, now: datetime, expected: datetime) -> None:
        found = messages.last_digest_time(now.astimezone(ZoneInfo("UTC")))
        assert found == expected
        assert found.utcoffset() == expected.utcoffset()


class TestLog:
    def failed(self, universe: Universe, **fields: Any) -> Message:
        say(universe, "broken", subject="Broken", **fields)
        with all_rows():
            Message.objects.filter(key="broken").update(state=S.FAILED, fault="550 no such person", attempts=1)
        return one(key="broken")

    def test_who_reads_it(self, universe: Universe, visitors: Visitors) -> None:
        message = self.failed(universe)
        for name in universe.cast:
            allowed = name in ("administrator", "auditor")
            refused = 403 if name in COLLEAGUES else 404
            assert visitors.get(name, reverse("messages")).status_code == (200 if allowed else 403), name
            page = visitors.get(name, reverse("message", args=[message.pk]))
            assert page.status_code == (200 if allowed else refused), name
            linked = b'href="/messages/"' in visitors.get(name, reverse("help")).content
            assert linked is allowed
        page = visitors.get("auditor", reverse("messages")).content
        assert b"550 no such person" in page
        assert b"Given up" in page

    def test_filters(self, universe: Universe, visitors: Visitors) -> None:
        self.failed(universe)
        say(universe, "fine", subject="Fine")
        messages.send_password_link(address=universe.lead.email, at=universe.at)

        def subjects(query: str) -> set[str]:
            log = visitors.get("auditor", f"{reverse('messages')}?{query}").context["log"]
            return {line.message.subject for line in log.lines}

        password = "Choose a new password for Prevent duty assurance"
        assert subjects("") == {"Broken", "Fine", password}
        assert subjects("state=failed") == {"Broken"}
        assert subjects("search=conrad") == {"Broken", "Fine"}
        assert subjects("search=lena.lead@") == {password}
        assert subjects("state=sent&search=conrad") == set()
        assert subjects("state=nonsense&page=99999&search=%00") == {"Broken", "Fine", password}

    def test_the_page_costs_the_same_for_many(self, universe: Universe, visitors: Visitors) -> None:
        def cost() -> int:
            visitors.get("auditor", reverse("messages"))
            return len(visitors.statements)

        say(universe)
        few = cost()
        for number in range(20):
            say(universe, f"more {number}")
        assert cost() == few <= 8

    def test_an_administrator_sends_it_again(
        self,
        universe: Universe,
        visitors: Visitors,
        sent: list[Any],
        django_capture_on_commit_callbacks: Committed,
    ) -> None:
        message = self.failed(universe)
        address = reverse("message", args=[message.pk])
        assert b"arrives twice" in visitors.get("administrator", address).content
        assert b"Send again" not in visitors.get("auditor", address).content
        assert visitors.post("auditor", address).status_code == 403
        with django_capture_on_commit_callbacks(execute=True):
            assert visitors.post("administrator", address).url == address
        assert sent == [(message.pk, universe.alder.pk)]
        assert one(pk=message.pk).state == S.WAITING
        with all_rows():
            event = Event.objects.get(kind=EventKind.SENT_AGAIN)
        assert (event.person, event.detail["message"]) == (universe.administrator, message.pk)
        assert (
            b"Nothing was sent"
            in visitors.get(
                "administrator",
                visitors.post("administrator", address).url,  # somebody was quicker
            ).content
        )

    def test_a_message_of_no_authority_too(self, universe: Universe, visitors: Visitors) -> None:
        message = self.failed(universe, authority=None)
        address = reverse("message", args=[message.pk])
        assert b"Send again" not in visitors.get("auditor", address).content
        assert visitors.post("auditor", address).status_code == 403
        visitors.post("administrator", address)
        assert one(pk=message.pk).state == S.WAITING
        assert ReferenceEvent.objects.get(kind=EventKind.SENT_AGAIN).detail["message"] == message.pk

    def test_what_is_under_way_is_not_sent_again(self, universe: Universe) -> None:
        message = self.failed(universe)
        now = timezone.now()
        for state, since, may in (
            (S.SENDING, now, False),
            (S.SENDING, now - messages.NO_ANSWER_AFTER, True),
            (S.SENT, now - timedelta(days=1), False),
            (S.WAITING, now - timedelta(days=1), False),
            (S.HELD, now - timedelta(days=1), False),
            (S.DROPPED, now - timedelta(days=1), False),
        ):
            with all_rows():
                Message.objects.filter(pk=message.pk).update(
                    state=state, not_before=since, sent_at=since if state == S.SENT else None
                )
            with told(universe, "administrator") as by:
                if may:
                    messages.send_again(by=by, at=now, message_id=message.pk)
                else:
                    with pytest.raises(NotEditable):
                        messages.send_again(by=by, at=now, message_id=message.pk)

    def test_neither_a_stranger_nor_an_unknown_message(self, universe: Universe) -> None:
        message = self.failed(universe)
        with told(universe, "stranger") as by, pytest.raises(NotFound):
            messages.send_again(by=by, at=universe.at, message_id=message.pk)
        with told(universe, "auditor") as by, pytest.raises(Forbidden):
            messages.send_again(by=by, at=universe.at, message_id=message.pk)
        with told(universe, "administrator") as by, pytest.raises(NotFound):
            messages.send_again(by=by, at=universe.at, message_id=message.pk + 1)


def test_a_role_is_named_in_an_invitation(universe: Universe) -> None:
    with told(universe, "administrator") as by:
        outbox.invited(universe.stranger, by=by, at=universe.at, authority=universe.alder, role=Role.LEAD)
    assert "as: Prevent Lead." in one().body
