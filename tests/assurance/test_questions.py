"""Rounds of questions: asked on benchmarks with a date, answered with evidence, and kept as conversations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from assurance import reminders
from assurance.access import NotFound
from assurance.actions import evidence, questions
from assurance.actions.questions import NewQuestion, QuestionReply, usual_due
from assurance.actions.refusals import NotEditable, Unfit
from assurance.models import Assessment, Event, Evidence, Message, Question
from assurance.queries import questions as read
from assurance.queries.evidence import add_page
from assurance.vocabulary import EventKind, MessageKind, MessageState, State
from tests import files
from tests.frontend.markup import Drawn
from tests.matrices.test_queries import MOST_TO_READ
from tests.matrices.world import Visitors, changed, written
from tests.universe import Universe, all_rows, as_actor

HOUR = timedelta(hours=1)
LATER = date(2999, 3, 1)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The store in a folder of this test."""
    place = tmp_path / "uploads"
    options = settings.STORAGES["uploads"]["OPTIONS"] | {"location": place}
    settings.STORAGES = settings.STORAGES | {"uploads": settings.STORAGES["uploads"] | {"OPTIONS": options}}
    return place


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    return universe.assessment(State.IN_REVIEW)


class Rounds:
    """Questions and answers an hour apart, so that each round has its own moment."""

    def __init__(self, universe: Universe, assessment: Assessment) -> None:
        self.universe, self.assessment = universe, assessment
        self.at = universe.at + HOUR

    def _next(self) -> dict[str, Any]:
        self.at += HOUR
        return {"at": self.at, "assessment_id": self.assessment.pk}

    def ask(self, *asked: NewQuestion) -> list[Question]:
        with as_actor(self.universe.adviser) as by:
            questions.ask(by=by, questions=asked, **self._next())
        with all_rows():
            return list(Question.objects.filter(assessment=self.assessment, asked_at=self.at).order_by("pk"))

    def answer(self, *answers: tuple[Question, str]) -> None:
        replies = {one.pk: QuestionReply(version=one.version, answer=said) for one, said in answers}
        with as_actor(self.universe.lead) as by:
            questions.save_question_answers(by=by, replies=replies, **self._next())

    def send(self) -> None:
        with as_actor(self.universe.lead) as by:
            questions.send_answers(by=by, **self._next())

    def deliver(self, question: Question, who: str = "lead", url: str = "https://example.org/list") -> Evidence:
        with as_actor(self.universe.cast[who]) as by:
            supports = evidence.Supports(question=question.pk)
            return evidence.add_link(by=by, url=url, title="The list", supports=supports, **self._next())


@pytest.fixture
def rounds(universe: Universe, assessment: Assessment) -> Rounds:
    return Rounds(universe, assessment)


def new(text: str = "Who takes part?", number: int | None = 3, **more: Any) -> NewQuestion:
    return NewQuestion(text, LATER, number, **more)


def fields(*asked: str, **more: str) -> dict[str, str]:
    """What a form posts for these questions; an empty one is a place that was left empty."""
    found = {"version": "0"}
    for index, text in enumerate(asked):
        found |= {
            f"question_{index}": text,
            f"number_{index}": "3",
            f"due_{index}_day": "1",
            f"due_{index}_month": "3",
            f"due_{index}_year": "2999",
        }
    return found | more


def seen(assessment: Assessment) -> dict[str, str]:
    with all_rows():
        return {"version": str(Assessment.objects.get(pk=assessment.pk).version)}


def texts(assessment: Assessment) -> list[str]:
    with all_rows():
        return list(Question.objects.filter(assessment=assessment).values_list("text", flat=True))


def drawn(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


def said(lines: Iterable[read.QuestionLine]) -> list[tuple[str, str]]:
    return [(line.question.text, line.answer) for line in lines]


def page(universe: Universe, assessment: Assessment, who: str) -> read.QuestionsPage:
    with as_actor(universe.cast[who]) as by:
        return read.questions_page(by, assessment.pk)


class TestAsking:
    @pytest.mark.parametrize(
        ("agree_by", "expected"),
        [
            (None, date(2026, 5, 8)),
            (date(2026, 6, 1), date(2026, 5, 8)),
            (date(2026, 5, 4), date(2026, 5, 4)),
            (date(2026, 4, 1), date(2026, 5, 1)),
        ],
    )
    def test_a_date_is_offered(self, agree_by: date | None, expected: date) -> None:
        assert usual_due(date(2026, 5, 1), agree_by) == expected

    def test_the_page_of_a_benchmark_asks_about_it(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        address = reverse("ask", args=[assessment.pk])
        assert address == reverse("transition", args=[assessment.pk, "ask"])
        shown = drawn(visitors.get("adviser", f"{address}?benchmark=3"))
        (chosen,) = [one for one in shown.all("option") if "selected" in one.attributes]
        assert chosen["value"] == "3"
        assert len(shown.all("textarea")) == 1
        offered = usual_due(timezone.localdate(), assessment.cycle.agree_by)
        (day,) = shown.all("input", name="due_0_day")
        assert day["value"] == str(offered.day)
        assert len(drawn(visitors.get("adviser", address)).all("textarea")) == 3

    def test_more_can_be_added_and_nothing_typed_is_lost(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        address = reverse("ask", args=[assessment.pk])
        before = written(universe)
        typed = fields("Who takes part?", "", "How often?", then="more", evidence_2="on", due_2_year="26")
        shown = drawn(visitors.post("adviser", address, typed))
        assert [one.text.strip() for one in shown.all("textarea")] == ["Who takes part?", "", "How often?", ""]
        assert [one.get("checked") for one in shown.all("input", type="checkbox")].count("checked") <= 1
        assert not shown.all(cls="govuk-error-summary")
        assert not shown.all(cls="govuk-error-message")
        (year,) = shown.all("input", name="due_2_year")
        assert year["value"] == "26"
        (year,) = shown.all("input", name="due_3_year")
        assert year["value"]
        (more,) = shown.all("button", value="more")
        # The browser comes back to where the next one is typed.
        assert more["formaction"] == "#question-5"
        assert shown.all("fieldset", id="question-4")
        assert changed(before, written(universe)) == {}

    def test_many_at_once_with_all_that_belongs_to_them(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        asked = [f"Question {index}?" for index in range(5)]
        typed = fields(*asked, "", evidence_4="on", number_3="") | seen(assessment)
        response = visitors.post("adviser", reverse("ask", args=[assessment.pk]), typed)
        assert response.status_code == 302
        with all_rows():
            rows = list(Question.objects.filter(assessment=assessment).select_related("benchmark"))
        assert [row.text for row in rows] == asked
        assert [row.wants_evidence for row in rows] == [False] * 4 + [True]
        assert [row.benchmark and row.benchmark.number for row in rows] == [3, 3, 3, None, 3]
        assert {row.due for row in rows} == {LATER}

    def test_what_is_wrong_is_said_where_it_is(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        address = reverse("ask", args=[assessment.pk])
        typed = fields("", "Who?", due_1_year="2001") | seen(assessment)
        shown = drawn(visitors.post("adviser", address, typed))
        (error,) = shown.all(cls="govuk-error-message")
        assert "today or later" in error.text
        assert error["id"] == "id_due_1-error"
        assert texts(assessment) == []
        shown = drawn(visitors.post("adviser", address, fields("", "") | seen(assessment)))
        assert "at least one question" in shown.all(cls="govuk-error-summary")[0].text

    def test_who_is_too_late_keeps_the_text(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds
    ) -> None:
        typed = fields("Who takes part in the panel?") | seen(assessment)
        rounds.ask(new())
        response = visitors.post("adviser", reverse("ask", args=[assessment.pk]), typed)
        assert response.status_code == 409
        assert "Who takes part in the panel?" in response.content.decode()
        assert texts(assessment) == ["Who takes part?"]

    def test_a_question_goes_on_from_one_of_this_assessment_on_its_benchmark(
        self, universe: Universe, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new())
        rounds.answer((first, "Ten people."))
        rounds.send()
        other = Rounds(universe, universe.assessment(State.CLARIFICATION, authority=universe.birch))
        with all_rows():
            foreign = Question.objects.get(assessment=other.assessment)
        with pytest.raises(Unfit) as refused:
            rounds.ask(new(follows=foreign.pk))
        assert refused.value.field == "follows_0"
        with pytest.raises(Unfit) as refused:
            rounds.ask(new(), new(number=4, follows=first.pk))
        assert refused.value.field == "number_1"
        (second,) = rounds.ask(new("Which ten?", None, follows=first.pk))
        assert second.benchmark_id == first.benchmark_id
        assert second.follows_id == first.pk

    def test_ask_again_leads_to_a_form_that_goes_on(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new())
        rounds.answer((first, "Ten people."))
        rounds.send()
        shown = drawn(visitors.get("adviser", reverse("questions", args=[assessment.pk])))
        (again,) = [one for one in shown.all("a") if one.text.startswith("Ask again")]
        shown = drawn(visitors.get("adviser", again["href"]))
        chosen = [one["value"] for one in shown.all("option") if "selected" in one.attributes]
        assert chosen == ["3", str(first.pk)]
        typed = fields("Which ten?", follows_0=str(first.pk)) | seen(assessment)
        assert visitors.post("adviser", again["href"], typed).status_code == 302
        with all_rows():
            assert Question.objects.get(text="Which ten?").follows_id == first.pk


class TestConversations:
    def test_they_read_in_order_with_who_and_when(
        self, universe: Universe, assessment: Assessment, rounds: Rounds
    ) -> None:
        first, beside = rounds.ask(new(), new("And when?", None))
        rounds.answer((first, "Ten people."), (beside, "In May."))
        rounds.send()
        (second,) = rounds.ask(new("Which ten?", follows=first.pk))
        rounds.answer((second, "These ten."))
        rounds.send()
        for who in ("lead", "adviser", "manager", "contributor", "auditor"):
            found = page(universe, assessment, who)
            assert [group.benchmark and group.benchmark.number for group in found.groups] == [3, None]
            (thread,) = found.groups[0].threads
            assert said(thread.lines) == [("Who takes part?", "Ten people."), ("Which ten?", "These ten.")]
            assert [line.round.number for line in thread.lines] == [1, 2]
            assert {line.round.asked_by for line in thread.lines} == {"Ada Adviser"}
            assert {(line.answered_by, line.round.sent_by) for line in thread.lines} == {("Lena Lead", "Lena Lead")}
            assert thread.lines[0].round.sent_at < thread.lines[1].round.asked_at

    @pytest.mark.parametrize("state", [State.PROPOSED, State.AGREED])
    def test_they_stay_with_the_record(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds, state: State
    ) -> None:
        (first,) = rounds.ask(new())
        rounds.answer((first, "Ten people."))
        rounds.deliver(first)
        rounds.send()
        universe.assessment(state)
        for who in ("lead", "adviser"):
            for name in ("questions", "print"):
                shown = visitors.get(who, reverse(name, args=[assessment.pk])).content.decode()
                assert "Who takes part?" in shown, (who, name)
                assert "Ten people." in shown, (who, name)
                assert "The list" in shown, (who, name)

    def test_what_is_not_sent_is_the_authoritys_own(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new())
        rounds.answer((first, "Ten people."))
        rounds.send()
        (second,) = rounds.ask(new("Which ten?", wants_evidence=True, follows=first.pk))
        rounds.answer((second, "These ten."))
        row = rounds.deliver(second)
        assert said(page(universe, assessment, "lead").lines)[1] == ("Which ten?", "These ten.")
        for who in ("adviser", "manager"):
            assert said(page(universe, assessment, who).lines) == [
                ("Who takes part?", "Ten people."),
                ("Which ten?", ""),
            ]
            for name, more in (("questions", ()), ("print", ()), ("evidence", ()), ("review", (3,))):
                shown = visitors.get(who, reverse(name, args=[assessment.pk, *more])).content.decode()
                assert "These ten." not in shown, (who, name)
                assert "The list" not in shown, (who, name)
            assert visitors.get(who, reverse("evidence-item", args=[assessment.pk, row.pk])).status_code == 404
        rounds.send()
        shown = visitors.get("adviser", reverse("questions", args=[assessment.pk])).content.decode()
        assert "These ten." in shown
        assert "The list" in shown
        assert visitors.get("adviser", reverse("evidence-item", args=[assessment.pk, row.pk])).status_code == 200

    def test_a_withdrawal_sends_nothing(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new())
        rounds.answer((first, "Ten people."))
        universe.advance(assessment, State.WITHDRAWN)
        assert said(page(universe, assessment, "adviser").lines) == [("Who takes part?", "")]
        shown = visitors.get("adviser", reverse("review", args=[assessment.pk, 3]))
        assert "Ten people." not in shown.content.decode()
        assert said(page(universe, assessment, "lead").lines) == [("Who takes part?", "Ten people.")]

    def test_what_was_sent_stays_as_it_was_sent(
        self, universe: Universe, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new())
        rounds.answer((first, "Ten people."))
        rounds.send()
        rounds.ask(new("Which ten?", follows=first.pk))
        with all_rows():
            first.refresh_from_db()
        rounds.answer((first, "Nobody."))
        with as_actor(universe.lead) as by, pytest.raises(NotEditable):
            questions.save_question_answer(
                by=by, at=rounds.at, question_id=first.pk, version=first.version, answer="Nobody."
            )
        assert said(page(universe, assessment, "lead").lines)[0] == ("Who takes part?", "Ten people.")

    def test_a_benchmark_has_its_own(self, universe: Universe, assessment: Assessment, rounds: Rounds) -> None:
        rounds.ask(new(), new("And here?", 4), new("And all?", None))
        with as_actor(universe.adviser) as by:
            found = Assessment.objects.select_related("cycle", "authority").get(pk=assessment.pk)
            third = universe.scheme().benchmarks[3].id
            (group,) = read.conversations(by, found, benchmark_id=third)
            assert said(group.lines) == [("Who takes part?", "")]
            assert len(read.conversations(by, found)) == 3
        with as_actor(universe.viewer) as by:
            assert read.conversations(by, found) == ()


class TestEvidence:
    def test_it_is_delivered_with_its_answer(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds
    ) -> None:
        first, beside = rounds.ask(new(wants_evidence=True), new("And in all?", None))
        address = reverse("questions", args=[assessment.pk])
        shown = drawn(visitors.get("lead", address))
        assert "No file or link has been added yet" in shown.markup
        (button, _other) = [one for one in shown.all("button") if one.get("value").startswith("evidence-")]
        typed = {f"answer_{first.pk}": "Ten people.", f"version_{first.pk}": "1", "then": button["value"]}
        typed |= {f"answer_{beside.pk}": "", f"version_{beside.pk}": "1"}
        response = visitors.post("lead", address, typed)
        assert response["Location"] == f"{reverse('evidence-add', args=[assessment.pk])}?question={first.pk}"
        shown = drawn(visitors.get("lead", response["Location"]))
        assert "Who takes part?" in shown.markup
        assert not shown.all("input", name="benchmarks")
        upload = {"files": SimpleUploadedFile("The list.pdf", files.pdf()), "url": "https://example.org/list"}
        response = visitors.post("lead", response["Location"], upload)
        assert response["Location"] == f"{address}#question-{first.pk}"
        with all_rows():
            rows = list(Evidence.objects.filter(question=first).order_by("pk"))
            event = Event.objects.filter(kind=EventKind.EVIDENCE).latest("pk")
        assert [row.benchmark_numbers for row in rows] == [[3], [3]]
        assert event.detail["question"] == first.pk
        shown = visitors.get("lead", address).content.decode()
        assert "Ten people." in shown
        assert "The list" in shown
        assert "No file or link has been added yet" not in shown

    def test_a_question_on_no_benchmark_has_evidence_on_none(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new(number=None))
        row = rounds.deliver(first)
        assert row.benchmark_numbers == []
        listed = visitors.get("lead", reverse("evidence", args=[assessment.pk])).content.decode()
        assert "The list" in listed
        item = reverse("evidence-item", args=[assessment.pk, row.pk])
        response = visitors.post("lead", item, {"do": "save", "title": "A list", "url": row.url, "version": "1"})
        assert response.status_code == 302
        with all_rows():
            row.refresh_from_db()
        assert (row.title, row.benchmark_numbers, row.question_id) == ("A list", [], first.pk)

    def test_only_to_a_question_of_this_round_by_whoever_answers(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new())
        before = written(universe)
        with pytest.raises(NotEditable):
            rounds.deliver(first, who="contributor")
        assert changed(before, written(universe)) == {}
        rounds.answer((first, "Ten people."))
        rounds.send()
        with pytest.raises(NotEditable):
            rounds.deliver(first)
        rounds.ask(new("Which ten?"))
        with pytest.raises(NotEditable):
            rounds.deliver(first)
        other = universe.assessment(State.CLARIFICATION, authority=universe.birch)
        with all_rows():
            foreign = Question.objects.get(assessment=other)
        with pytest.raises(Unfit):
            rounds.deliver(foreign)
        with as_actor(universe.lead) as by, pytest.raises(NotFound):
            add_page(by, assessment.pk, None, foreign.pk)
        address = f"{reverse('evidence-add', args=[assessment.pk])}?question={first.pk}"
        response = visitors.get("lead", address)
        assert response["Location"] == reverse("questions", args=[assessment.pk])

    def test_it_is_taken_away_until_it_is_sent(
        self, universe: Universe, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new())
        kept, gone = rounds.deliver(first), rounds.deliver(first)
        remove(universe, rounds, gone)
        (line,) = page(universe, assessment, "lead").lines
        assert [item.id for item in line.items] == [kept.pk]
        rounds.answer((first, "Ten people."))
        rounds.send()
        with pytest.raises(NotEditable):
            remove(universe, rounds, kept)
        rounds.ask(new("Which ten?"))
        with pytest.raises(NotEditable):
            remove(universe, rounds, kept)
        assert page(universe, assessment, "adviser").lines[0].items[0].id == kept.pk

    def test_none_delivered_does_not_stop_the_answers(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new(wants_evidence=True))
        typed = {f"answer_{first.pk}": "There is no list.", f"version_{first.pk}": "1", "then": "send"}
        assert visitors.post("lead", reverse("questions", args=[assessment.pk]), typed).status_code == 302
        shown = visitors.get("adviser", reverse("questions", args=[assessment.pk])).content.decode()
        assert "There is no list." in shown
        assert "No file or link came with it." in shown


def remove(universe: Universe, rounds: Rounds, row: Evidence) -> None:
    with as_actor(universe.lead) as by:
        evidence.remove_evidence(
            by=by, at=rounds.at, assessment_id=rounds.assessment.pk, evidence_id=row.pk, version=row.version
        )


class TestBeingTold:
    def test_the_advisers_are_told_of_answers_and_of_no_text(
        self, universe: Universe, assessment: Assessment, rounds: Rounds
    ) -> None:
        (first,) = rounds.ask(new())
        rounds.answer((first, "Ten people."))
        rounds.send()
        with all_rows():
            (message,) = Message.objects.filter(kind=MessageKind.ANSWERED)
        assert message.person_id == universe.adviser.pk
        assert message.state == MessageState.WAITING
        assert "Alder County Council has answered your questions" in message.subject
        assert f"/assessments/{assessment.pk}/questions/" in message.body
        assert "Ten people" not in message.body
        assert "Who takes part" not in message.body

    def test_who_wants_one_message_a_week_gets_it_then(
        self, universe: Universe, assessment: Assessment, rounds: Rounds
    ) -> None:
        with all_rows():
            universe.adviser.weekly_digest = True
            universe.adviser.save()
        (first,) = rounds.ask(new())
        rounds.answer((first, "Ten people."))
        rounds.send()
        with all_rows():
            assert Message.objects.get(kind=MessageKind.ANSWERED).state == MessageState.HELD

    def test_leads_are_reminded_by_each_date_and_on_the_day_after(
        self, universe: Universe, assessment: Assessment, rounds: Rounds
    ) -> None:
        near, far = rounds.at.date() + timedelta(days=30), rounds.at.date() + timedelta(days=60)
        first, _second = rounds.ask(NewQuestion("Who?", near, 3), NewQuestion("When?", far))

        def told(day: date) -> list[str]:
            with all_rows():
                before = set(Message.objects.values_list("key", flat=True))
            reminders.write_reminders(day, at=rounds.at)
            with all_rows():
                rows = Message.objects.filter(key__startswith="reminder:questions:").exclude(key__in=before)
                return [":".join(key.split(":")[3:5]) for key in rows.values_list("key", flat=True)]

        assert told(near - timedelta(days=1)) == [f"{near}:1"]
        assert told(near) == []
        assert told(near + timedelta(days=1)) == [f"{near}:{reminders.OVERDUE}"]
        rounds.answer((first, "Ten people."))
        assert told(far + timedelta(days=1)) == [f"{far}:{reminders.OVERDUE}"]

    def test_what_is_overdue_is_marked(self, universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
        rounds = Rounds(universe, assessment)
        past = rounds.at.date() + timedelta(days=1)
        rounds.ask(NewQuestion("Who?", past, 3))
        assert past < timezone.localdate()
        for who in ("lead", "adviser"):
            shown = visitors.get(who, reverse("questions", args=[assessment.pk]))
            assert "Overdue" in shown.content.decode(), who


@pytest.mark.parametrize("who", ["lead", "adviser"])
def test_many_rounds_cost_no_more(
    universe: Universe, visitors: Visitors, assessment: Assessment, rounds: Rounds, who: str
) -> None:
    address = reverse("questions", args=[assessment.pk])
    found = []
    last: Question | None = None
    for count in (1, 5):
        for _round in range(count):
            (last,) = rounds.ask(new(follows=last.pk if last else None))
            rounds.deliver(last)
            rounds.answer((last, "Ten people."))
            rounds.send()
        rounds.ask(new(), *(new(f"Number {index}?", index) for index in range(1, count + 1)))
        visitors.get(who, address)
        found.append([one for one in visitors.statements if not one.startswith(("SAVEPOINT", "RELEASE"))])
        with all_rows():
            waiting = list(Question.objects.filter(assessment=assessment, answered_at__isnull=True))
        rounds.answer(*((one, "So many.") for one in waiting))
        rounds.send()
    assert len(found[0]) == len(found[1]), "\n".join(found[1])
    assert len(found[0]) <= MOST_TO_READ
