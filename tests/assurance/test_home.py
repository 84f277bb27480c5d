"""The first page of an authority's people, and the task list of one assessment."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from assurance.actions import cycles, giving, questions, reference
from assurance.actions.follow_ups import FollowUpReply, save_follow_ups
from assurance.models import Assessment, Recommendation, SelfAssessment
from assurance.queries.home import home
from assurance.vocabulary import LetterState, Role, State
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


def drawn(response: HttpResponse) -> Drawn:
    assert response.status_code == 200
    return Drawn(response.content.decode())


def buttons(page: Drawn) -> list[tuple[str, str]]:
    """What the page's links that look like buttons say, and where they lead."""
    return [(" ".join(one.text.split()), one["href"]) for one in page.all("a", cls="govuk-button")]


def primary(page: Drawn) -> list[str]:
    """What the green ones say."""
    return [
        " ".join(one.text.split())
        for one in page.all("a", cls="govuk-button")
        if "govuk-button--secondary" not in one["class"]
    ]


def close(universe: Universe, assessment: Assessment) -> None:
    with as_actor(universe.administrator) as by:
        cycles.close_cycle(by=by, at=universe.at, cycle_id=assessment.cycle_id)


STEPS = [
    (State.NOT_STARTED, "lead", "Start", "answer"),
    (State.IN_PROGRESS, "lead", "Go on with benchmark 2", "answer"),
    (State.SUBMITTED, "lead", "See what you submitted", "submitted"),
    (State.IN_REVIEW, "viewer", "See what you submitted", "submitted"),
    (State.CLARIFICATION, "lead", "Answer 1 question", "questions"),
    (State.CLARIFICATION, "contributor", "See what you submitted", "submitted"),
    (State.PROPOSED, "lead", "Read and accept the outcomes", "proposal"),
    (State.PROPOSED, "viewer", "Read the proposed outcomes", "proposal"),
    (State.AGREED, "lead", "Read the outcomes", "record"),
]


@pytest.mark.parametrize(("state", "who", "label", "page"), STEPS, ids=lambda one: str(one))
def test_one_button_leads_to_the_next_thing_to_do(
    universe: Universe, visitors: Visitors, state: State, who: str, label: str, page: str
) -> None:
    """The same on the first page and on the list, and straight to where it is done."""
    assessment = universe.assessment(state)
    number = {"Start": 1, "Go on with benchmark 2": 2}.get(label)
    href = reverse(page, args=[assessment.pk, number] if number else [assessment.pk])
    for address in (reverse("home"), reverse("assessment", args=[assessment.pk])):
        assert buttons(drawn(visitors.get(who, address))) == [(label, href)], address


def test_what_is_ready_leads_to_the_check_and_a_letter_to_the_letter(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    universe.answer_all(assessment.pk, universe.alder, universe.scheme())
    page = drawn(visitors.get("lead", "/"))
    assert buttons(page) == [("Check your answers", reverse("check", args=[assessment.pk]))]
    assert "7 of 7 benchmarks ready" in page.one("main").text
    universe.assessment(State.AGREED)
    universe.letter(LetterState.ISSUED)
    page = drawn(visitors.get("lead", "/"))
    assert buttons(page) == [("Read the letter", reverse("assessment-letters", args=[assessment.pk]))]


def test_all_questions_answered_leaves_to_send_them(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.CLARIFICATION)
    universe.answer_questions(assessment.pk, universe.alder)
    assert buttons(drawn(visitors.get("lead", "/"))) == [
        ("Send your answers", reverse("questions", args=[assessment.pk]))
    ]


def test_a_viewer_has_nothing_to_do_before_it_is_submitted(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    for address in ("/", reverse("assessment", args=[assessment.pk])):
        page = drawn(visitors.get("viewer", address))
        assert buttons(page) == []
        assert "Waits for the Prevent Lead, to submit." in page.one("main").text
        assert "You finish the benchmarks" not in page.one("main").text


def test_a_contributor_sees_what_was_given_with_date_and_note(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    assert buttons(drawn(visitors.get("contributor", "/"))) == []
    due = timezone.localdate() + timedelta(days=5)
    late = timezone.localdate() - timedelta(days=1)
    asks = {3: (due, "The board's minutes, please."), 4: (late, "")}
    with as_actor(universe.lead) as by:
        for number, (due_on, note) in asks.items():
            giving.give_benchmark(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                number=number,
                contributor_id=universe.contributor.pk,
                due_on=due_on,
                note=note,
            )
    page = drawn(visitors.get("contributor", "/"))
    assert buttons(page) == [("Go on with benchmark 3", reverse("answer", args=[assessment.pk, 3]))]
    text = " ".join(page.one("main").text.split())
    assert f"Wanted by {due.day} {due:%B %Y}. The board's minutes, please." in text
    assert f"Overdue since {late.day} {late:%B %Y}." in text
    assert "Given to you" not in drawn(visitors.get("lead", "/")).one("main").text


def test_several_authorities_each_have_a_card_and_only_one_green_button(universe: Universe, visitors: Visitors) -> None:
    birch = universe.assessment(State.IN_PROGRESS, authority=universe.birch)
    cedar = universe.assessment(State.SUBMITTED, authority=universe.cedar)
    page = drawn(visitors.get("other_lead", "/"))
    links = [
        one["href"] for one in page.all("a") if one["href"].startswith("/assessments/") and one["href"].count("/") == 3
    ]
    assert links == [reverse("assessment", args=[one.pk]) for one in (birch, cedar)]
    assert primary(page) == ["Go on with benchmark 2"]


def test_last_year_stands_beside_this_one(universe: Universe, visitors: Visitors) -> None:
    last = universe.last_year()
    assessment = universe.assessment()
    text = " ".join(drawn(visitors.get("lead", "/")).one("main").text.split())
    assert "Last year, 2024/25" in text
    assert "0 of 1 answered" in text
    assert "Last year’s letter" not in text
    with all_rows():
        pk = Recommendation.objects.get().pk
    with as_actor(universe.lead) as by:
        replies = {pk: FollowUpReply(version=0, progress="done")}
        save_follow_ups(by=by, at=universe.at, assessment_id=assessment.pk, replies=replies)
    close(universe, last)
    page = drawn(visitors.get("lead", "/"))
    text = " ".join(page.one("main").text.split())
    assert "1 of 1 answered" in text
    assert page.all("a", href=reverse("follow-ups", args=[assessment.pk]))
    rows = [" ".join(row.text.split()) for row in page.all("tr")]
    assert rows[1].startswith("2024/25 ")
    assert "Agreed None here Answers and outcomes 2024/25" in rows[1]
    assert page.all("a", href=reverse("record", args=[last.pk]))


def test_a_year_that_is_over_has_its_letter(universe: Universe, visitors: Visitors) -> None:
    universe.letter(LetterState.ISSUED)
    last = universe.assessment(State.AGREED)
    close(universe, last)
    universe.further_assessment("2026/27")
    page = drawn(visitors.get("viewer", "/"))
    assert len(page.all("a", href=reverse("assessment-letters", args=[last.pk]))) == 2
    assert "Last year’s letter" in page.one("main").text


def test_a_closed_cycle_is_past_once_nothing_is_to_come(universe: Universe) -> None:
    assessment = universe.assessment(State.SUBMITTED)
    close(universe, assessment)
    with as_actor(universe.lead) as actor:
        found = home(actor, universe.at.date())
        assert [card.assessment for card in found.cards] == [assessment]
    universe.assessment(State.AGREED)
    with as_actor(universe.lead) as actor:
        found = home(actor, universe.at.date())
        assert found.cards == ()
        assert [one.assessment for _authority, years in found.past for one in years] == [assessment]


def test_days_are_counted_and_what_is_late_says_so(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    submit_by: date = assessment.cycle.submit_by
    with as_actor(universe.lead) as actor:
        (card,) = home(actor, submit_by - timedelta(days=3)).cards
        assert (card.due, card.days, card.overdue) == (submit_by, 3, False)
        (card,) = home(actor, submit_by + timedelta(days=1)).cards
        assert card.overdue
        (card,) = home(actor, submit_by).cards
        assert (card.days, card.overdue) == (0, False)


def test_years_do_not_make_it_dearer(universe: Universe, visitors: Visitors) -> None:
    """With last years, letters and recommendations: the same statements for one year before as for many."""
    universe.last_year()
    universe.assessment()
    visitors.get("lead", "/")
    few = [sql for sql in visitors.statements if "SAVEPOINT" not in sql]
    universe.assessment(State.AGREED)
    for name in ("2026/27", "2027/28", "2028/29"):
        universe.further_assessment(name)
    visitors.get("lead", "/")
    many = [sql for sql in visitors.statements if "SAVEPOINT" not in sql]
    assert len(few) == len(many) <= 8


# The task list


def errands(page: Drawn) -> list[tuple[str, str]]:
    """What stands in the lists of things to do, with its status."""
    names = [" ".join(one.text.split()) for one in page.all("div", cls="govuk-task-list__name-and-hint")]
    statuses = [" ".join(one.text.split()) for one in page.all("div", cls="govuk-task-list__status")]
    return list(zip(names, statuses, strict=True))


def test_the_list_has_its_sections_and_says_how_far_each_thing_is(universe: Universe, visitors: Visitors) -> None:
    universe.last_year()
    assessment = universe.assessment(State.IN_PROGRESS)
    with all_rows():
        row = SelfAssessment.objects.get(assessment=assessment, benchmark__number=2)
        row.needs_rechecking, row.evidence = True, "As of last year."
        row.save()
    page = drawn(visitors.get("lead", reverse("assessment", args=[assessment.pk])))
    headings = [one.text for one in page.all("h2", cls="govuk-heading-m")]
    assert headings == ["Before you start", "Benchmarks", "Check and submit"]
    found = dict(errands(page))
    assert found["Bring in last year’s answers From 2024/25. You check each one before it counts."] == "1 to re-check"
    assert found["Last year’s recommendations"] == "0 of 1 answered"
    assert found["Check your answers and submit"] == "6 benchmarks to finish"
    scheme = universe.scheme()
    assert found[f"1. {scheme.benchmarks[1].title}"] == "Ready"
    assert found[f"2. {scheme.benchmarks[2].title}"] == "Needs re-checking"
    assert found[f"3. {scheme.benchmarks[3].title}"] == "Not started"
    unscored = next(status for name, status in errands(page) if name.startswith(f"5. {scheme.benchmarks[5].title} "))
    assert unscored == "Not scored this year"
    assert "1 of 7 benchmarks ready" in page.one("main").text
    assert len(primary(page)) == 1


def test_a_first_year_has_nothing_to_bring_in(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment()
    page = drawn(visitors.get("lead", reverse("assessment", args=[assessment.pk])))
    names = [name for name, _status in errands(page)]
    assert not [name for name in names if "last year" in name.lower()]
    contributor = drawn(visitors.get("contributor", reverse("assessment", args=[assessment.pk])))
    assert not [name for name, _status in errands(contributor) if name.startswith(("People", "Give", "Check"))]


def test_with_a_date_it_says_until_when_a_benchmark_is_given(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    with as_actor(universe.lead) as by:
        giving.give_benchmark(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=3,
            contributor_id=universe.contributor.pk,
            due_on=date(2026, 12, 3),
        )
    page = drawn(visitors.get("lead", reverse("assessment", args=[assessment.pk])))
    assert "Given to Conrad Contributor" in page.one("main").text
    assert "3 December" in page.one("main").text


def test_questions_lead_from_the_list_to_where_they_are_answered(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.CLARIFICATION)
    page = drawn(visitors.get("lead", reverse("assessment", args=[assessment.pk])))
    (link,) = page.all("a", cls="govuk-task-list__link")
    assert link["href"] == f"{reverse('questions', args=[assessment.pk])}#benchmark-1"
    assert "1 question to answer" in page.one("main").text
    due = universe.at.date() + timedelta(days=7)
    assert f"Due by {due.day} {due:%B %Y}" in page.one("main").text
    adviser = drawn(visitors.get("adviser", reverse("assessment", args=[assessment.pk])))
    assert not [one for one in adviser.all("a", cls="govuk-task-list__link") if "#benchmark-" in one["href"]]


def test_questions_of_several_benchmarks_are_answered_with_one_save(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.CLARIFICATION)
    address = reverse("questions", args=[assessment.pk])
    page = drawn(visitors.get("lead", address))
    assert "Evidence for benchmark 1." in page.one("main").text
    (area,) = page.all("textarea")
    pk = area["name"].removeprefix("answer_")
    fields: dict[str, Any] = {area["name"]: "", f"version_{pk}": page.one("input", name=f"version_{pk}")["value"]}
    response = visitors.post("lead", address, fields | {"then": "send"})
    assert response.status_code == 200
    assert "Answer every question first: 1 left" in drawn(response).one("div", cls="govuk-error-summary").text
    assert "Answers saved. They are not sent yet." in response.content.decode()
    typed = fields | {area["name"]: "These people do."}
    response = visitors.post("lead", address, typed | {"then": "send"})
    assert (response.status_code, response["Location"]) == (302, reverse("assessment", args=[assessment.pk]))
    # Two saves in one: the answers, and sending them, with a message to the adviser.
    assert len([sql for sql in visitors.statements if "SAVEPOINT" not in sql]) <= 14
    with all_rows():
        found = Assessment.objects.get(pk=assessment.pk)
        assert found.state == State.IN_REVIEW
        assert found.questions.get().answer == "These people do."
    # Too late by now: the page says so, and the text is there.
    response = visitors.post("lead", address, typed | {area["name"]: "And these, too."})
    assert response.status_code == 409
    assert "And these, too." in response.content.decode()


def test_an_answer_that_a_colleague_saved_is_shown_beside_ones_own(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.CLARIFICATION)
    universe.answer_questions(assessment.pk, universe.alder)
    with all_rows():
        question = assessment.questions.get()
    address = reverse("questions", args=[assessment.pk])
    fields: dict[str, Any] = {f"answer_{question.pk}": "Others do.", f"version_{question.pk}": 1}
    response = visitors.post("lead", address, fields)
    assert response.status_code == 409
    page = drawn_any(response)
    assert page.value_of(f"id_answer_{question.pk}") == "Others do."
    assert "These people do." in page.one("main").text
    fields[f"version_{question.pk}"] = page.one("input", name=f"version_{question.pk}")["value"]
    assert visitors.post("lead", address, fields).status_code == 302
    with as_actor(universe.lead) as by:
        questions.send_answers(by=by, at=universe.at, assessment_id=assessment.pk)
    with all_rows():
        assert assessment.questions.get().answer == "Others do."


def drawn_any(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


def test_a_lead_of_one_and_contributor_of_another_sees_both(universe: Universe, visitors: Visitors) -> None:
    birch = universe.assessment(State.IN_PROGRESS, authority=universe.birch)
    with all_rows():
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=universe.lead,
            role=Role.CONTRIBUTOR,
            authority=universe.birch,
            starts=MEMBERS_SINCE,
        )
    with as_actor(universe.other_lead) as by:
        giving.give_benchmark(by=by, at=universe.at, assessment_id=birch.pk, number=3, contributor_id=universe.lead.pk)
    page = drawn(visitors.get("lead", "/"))
    assert ("Start", reverse("answer", args=[universe.assessment().pk, 1])) in buttons(page)
    assert ("Go on with benchmark 3", reverse("answer", args=[birch.pk, 3])) in buttons(page)
