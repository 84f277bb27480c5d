"""What a Prevent Lead gives to contributors, on the page and below it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from assurance.access import Forbidden, NotFound
from assurance.actions import answers, cycles, giving, points, reference
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Event, GivenBenchmark, Message, User
from assurance.vocabulary import Audience, EventKind, MessageKind, Role, State
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, changed, give, undone, written
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

MOST_TO_SAVE = 14
"""Statements of a save that gives and takes back at once: twelve, and two for the second kind of change."""


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def assessment_id(universe: Universe) -> int:
    return universe.assessment(State.IN_PROGRESS).pk


def helper(universe: Universe, name: str = "Hedda Helper", ends: date | None = None) -> User:
    """One more contributor of Alder; with ``ends``, until that day."""
    with all_rows():
        person = reference.add_person(
            by=universe.operator,
            at=universe.at,
            email=f"{name.partition(' ')[0].lower()}@alder.example",
            name=name,
            password=None,
        )
        membership = reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=person,
            role=Role.CONTRIBUTOR,
            authority=universe.alder,
            starts=MEMBERS_SINCE,
        )
        if ends:
            reference.end_membership(by=universe.operator, at=universe.at, membership=membership, on=ends)
    return person


def given(assessment_id: int) -> set[giving.Pair]:
    """Who has what."""
    with all_rows():
        rows = GivenBenchmark.objects.filter(self_assessment__assessment=assessment_id)
        return set(rows.values_list("contributor_id", "self_assessment__benchmark__number"))


def happened(assessment_id: int) -> list[tuple[str, int, int]]:
    """The events of giving, in order."""
    kinds = (EventKind.GIVEN, EventKind.TAKEN_BACK)
    with all_rows():
        events = Event.objects.filter(assessment=assessment_id, kind__in=kinds).order_by("id")
        assert {event.audience for event in events} <= {Audience.AUTHORITY}
        return [(event.kind, event.detail["contributor"], event.detail["benchmark"]) for event in events]


def address(assessment_id: int) -> str:
    return reverse("give", kwargs={"assessment_id": assessment_id})


def ticks(assessment_id: int, wanted: dict[int, list[int]]) -> dict[str, Any]:
    """What the form posts, by somebody who sees what stands."""
    token = giving.given_token(given(assessment_id))
    return {"token": token} | {f"given_{person}": numbers for person, numbers in wanted.items()}


def drawn(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


# Below the page


def test_giving_and_taking_back_leave_history_and_one_event_each(universe: Universe, assessment_id: int) -> None:
    person = universe.contributor.pk
    with as_actor(universe.lead) as by:
        common: dict[str, Any] = {"by": by, "at": universe.at, "assessment_id": assessment_id}
        giving.give_benchmark(number=2, contributor_id=person, **common)
        giving.give_benchmark(number=2, contributor_id=person, **common)
        giving.take_back_benchmark(number=2, contributor_id=person, **common)
        giving.take_back_benchmark(number=2, contributor_id=person, **common)
    assert given(assessment_id) == set()
    assert happened(assessment_id) == [(EventKind.GIVEN, person, 2), (EventKind.TAKEN_BACK, person, 2)]
    with all_rows():
        kinds = GivenBenchmark.history.order_by("history_id").values_list("history_type", "history_user_id")
        assert list(kinds) == [("+", universe.lead.pk), ("-", universe.lead.pk)]


def test_sharing_makes_it_so_and_leaves_others_alone(universe: Universe, assessment_id: int) -> None:
    first, second = universe.contributor.pk, helper(universe).pk
    with as_actor(universe.lead) as by:
        common: dict[str, Any] = {"by": by, "at": universe.at, "assessment_id": assessment_id}
        giving.share_benchmarks(token=giving.given_token([]), wanted={first: [2, 3], second: [3]}, **common)
        stands = {(first, 2), (first, 3), (second, 3)}
        giving.share_benchmarks(token=giving.given_token(stands), wanted={first: [3, 4]}, **common)
    assert given(assessment_id) == {(first, 3), (first, 4), (second, 3)}
    assert happened(assessment_id)[3:] == [(EventKind.GIVEN, first, 4), (EventKind.TAKEN_BACK, first, 2)]


def test_sharing_what_stands_writes_nothing(universe: Universe, assessment_id: int) -> None:
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    before = written(universe)
    with as_actor(universe.lead) as by:
        giving.share_benchmarks(
            by=by,
            at=universe.at,
            assessment_id=assessment_id,
            token=giving.given_token([(universe.contributor.pk, 2)]),
            wanted={universe.contributor.pk: [2]},
        )
    assert changed(before, written(universe)) == {}


@pytest.mark.parametrize("who", ["contributor", "viewer", "adviser", "manager", "administrator", "auditor"])
def test_only_a_lead_gives(universe: Universe, assessment_id: int, who: str) -> None:
    person = universe.contributor.pk
    for act in (giving.give_benchmark, giving.take_back_benchmark):
        with as_actor(universe.cast[who]) as by, pytest.raises(Forbidden):
            act(by=by, at=universe.at, assessment_id=assessment_id, number=2, contributor_id=person)
    with as_actor(universe.other_lead) as by, pytest.raises(NotFound):
        giving.share_benchmarks(by=by, at=universe.at, assessment_id=assessment_id, token="", wanted={})


def test_only_to_those_who_are_contributors_on_the_day(universe: Universe, assessment_id: int) -> None:
    left = helper(universe, "Lars Left", ends=universe.at.date())
    leaving = helper(universe, "Lena Leaving", ends=universe.at.date() + timedelta(days=1))
    with as_actor(universe.lead) as by:
        common: dict[str, Any] = {"by": by, "at": universe.at, "assessment_id": assessment_id, "number": 2}
        for person in (left, universe.lead, universe.viewer, universe.stranger, universe.adviser):
            with pytest.raises(Unfit):
                giving.give_benchmark(contributor_id=person.pk, **common)
        giving.give_benchmark(contributor_id=leaving.pk, **common)
    assert given(assessment_id) == {(leaving.pk, 2)}


def test_only_benchmarks_that_are_scored(universe: Universe, assessment_id: int) -> None:
    unscored = [number for number, one in universe.scheme().benchmarks.items() if not one.scored]
    with as_actor(universe.lead) as by:
        for number in (*unscored, 99):
            with pytest.raises(Unfit):
                giving.give_benchmark(
                    by=by,
                    at=universe.at,
                    assessment_id=assessment_id,
                    number=number,
                    contributor_id=universe.contributor.pk,
                )
    assert given(assessment_id) == set()


@pytest.mark.parametrize("closed", [False, True], ids=["submitted", "cycle closed"])
def test_nothing_moves_once_it_is_not_editable(universe: Universe, assessment_id: int, closed: bool) -> None:
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    if closed:
        with as_actor(universe.administrator) as by:
            cycles.close_cycle(by=by, at=universe.at, cycle_id=universe.cycle().pk)
    else:
        universe.assessment(State.SUBMITTED)
    before = written(universe)
    person = universe.contributor.pk
    with as_actor(universe.lead) as by:
        common: dict[str, Any] = {"by": by, "at": universe.at, "assessment_id": assessment_id}
        for act, number in ((giving.give_benchmark, 3), (giving.take_back_benchmark, 2)):
            with pytest.raises(NotEditable):
                act(number=number, contributor_id=person, **common)
        with pytest.raises(NotEditable):
            giving.share_benchmarks(token=giving.given_token([(person, 2)]), wanted={person: []}, **common)
    assert changed(before, written(universe)) == {}


def test_giving_that_comes_too_late_changes_nothing(universe: Universe, assessment_id: int) -> None:
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    with as_actor(universe.lead) as by, pytest.raises(Stale) as refusal:
        giving.share_benchmarks(
            by=by,
            at=universe.at,
            assessment_id=assessment_id,
            token=giving.given_token([]),
            wanted={universe.contributor.pk: [3]},
        )
    assert refusal.value.current == {(universe.contributor.pk, 2)} == given(assessment_id)


def test_what_was_taken_back_is_no_longer_answered(universe: Universe, assessment_id: int) -> None:
    person = universe.contributor
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment_id, "number": 2}
    reply = answers.Reply(level_code="met", evidence="A panel meets.")
    with as_actor(person) as by:
        answers.save_answer(by=by, version=1, reply=reply, **common)
    with as_actor(universe.lead) as by:
        giving.take_back_benchmark(by=by, contributor_id=person.pk, **common)
    with as_actor(person) as by, pytest.raises(Forbidden):
        answers.save_answer(by=by, version=2, reply=reply, **common)


# The page


def test_the_page_gives_and_takes_back(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    first, second = universe.contributor.pk, helper(universe).pk
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    page = drawn(visitors.get("lead", address(assessment_id)))
    ticked = {(box["name"], box["value"]) for box in page.all("input", type="checkbox") if "checked" in box.attributes}
    assert ticked == {(f"given_{first}", "2")}
    scored = {str(number) for number, one in universe.scheme().benchmarks.items() if one.scored}
    for person in (first, second):
        assert {box["value"] for box in page.all("input", name=f"given_{person}")} == scored
    fields = ticks(assessment_id, {first: [3, 4], second: [3]})
    response = visitors.post("lead", address(assessment_id), fields)
    assert (response.status_code, response["Location"]) == (302, reverse("assessment", args=[assessment_id]))
    assert given(assessment_id) == {(first, 3), (first, 4), (second, 3)}
    overview = drawn(visitors.get("lead", response["Location"]))
    hints = [hint.text for hint in overview.all("div", **{"class": "govuk-task-list__hint"})]
    assert "Given to Conrad Contributor, Hedda Helper" in hints
    assert overview.all("a", href=address(assessment_id))


def test_however_much_is_given_it_costs_no_more(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    people = [universe.contributor.pk, *(helper(universe, f"Helper{n} Helper").pk for n in range(5))]
    scored = [number for number, one in universe.scheme().benchmarks.items() if one.scored]
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    found = []
    for wanted in ({people[0]: [3]}, dict.fromkeys(people, scored[1:]) | {people[0]: scored[2:]}):
        fields = ticks(assessment_id, wanted)
        with undone():
            assert visitors.post("lead", address(assessment_id), fields).status_code == 302
            found.append([sql for sql in visitors.statements if "SAVEPOINT" not in sql])
    assert len(found[0]) == len(found[1]) <= MOST_TO_SAVE, "\n".join(sql[:160] for sql in found[1])
    visitors.get("lead", address(assessment_id))
    assert len([sql for sql in visitors.statements if "SAVEPOINT" not in sql]) <= 8


def test_too_late_shows_what_stands_and_keeps_what_was_ticked(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    person = universe.contributor.pk
    fields = ticks(assessment_id, {person: [3]})
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    response = visitors.post("lead", address(assessment_id), fields)
    assert response.status_code == 409
    assert given(assessment_id) == {(person, 2)}
    page = drawn(response)
    assert [one.text.strip() for one in page.all("dd")] == ["2"]
    ticked = {box["value"] for box in page.all("input", type="checkbox") if "checked" in box.attributes}
    assert ticked == {"3"}
    again = fields | {"token": page.one("input", name="token")["value"]}
    assert visitors.post("lead", address(assessment_id), again).status_code == 302
    assert given(assessment_id) == {(person, 3)}


@pytest.mark.parametrize("wrong", ["99", "x", "9" * 5000])
def test_a_benchmark_that_is_not_there_is_refused_at_the_field(
    universe: Universe, visitors: Visitors, assessment_id: int, wrong: str
) -> None:
    fields = ticks(assessment_id, {universe.contributor.pk: []}) | {f"given_{universe.contributor.pk}": wrong}
    response = visitors.post("lead", address(assessment_id), fields)
    assert response.status_code == 200
    assert drawn(response).one("div", **{"class": "govuk-error-summary"})
    assert given(assessment_id) == set()


def test_after_submission_the_page_leads_back(universe: Universe, visitors: Visitors) -> None:
    assessment_id = universe.assessment(State.SUBMITTED).pk
    overview = reverse("assessment", args=[assessment_id])
    response = visitors.get("lead", address(assessment_id))
    assert (response.status_code, response["Location"]) == (302, overview)
    response = visitors.post("lead", address(assessment_id), ticks(assessment_id, {universe.contributor.pk: [2]}))
    assert response.status_code == 409
    assert drawn(response).all("a", href=overview)
    assert given(assessment_id) == set()
    assert not drawn(visitors.get("lead", overview)).all("a", href=address(assessment_id))


def test_without_contributors_the_page_offers_the_invitation(universe: Universe, visitors: Visitors) -> None:
    assessment_id = universe.assessment(State.NOT_STARTED, authority=universe.birch).pk
    for ask in (visitors.get, visitors.post):
        response = ask("other_lead", address(assessment_id))
        assert response.status_code == 200
        page = drawn(response)
        assert "has no contributors yet. Invite the first one here" in page.one("main").text
        there = reverse("person-invite", args=[universe.birch.pk])
        assert page.one("form", action=there)
    scored = [number for number, one in universe.scheme().benchmarks.items() if one.scored]
    offered = [box["value"] for box in page.all("input", name="given")]
    assert offered == [f"{assessment_id}-{number}" for number in scored]
    fields = {"email": "nia.new@birch.example", "name": "Nia New", "role": "contributor", "given": offered[:2]}
    assert visitors.post("other_lead", there, fields).status_code == 302
    assert {number for _person, number in given(assessment_id)} == set(scored[:2])
    page = drawn(visitors.get("other_lead", address(assessment_id)))
    assert page.one("a", href=there)


# By when, and with what note


def ask(days: int, note: str = "") -> giving.Ask:
    return giving.Ask(date(2025, 11, 10) + timedelta(days=days), note)


def asked(assessment_id: int) -> dict[giving.Pair, giving.Ask]:
    """By when and with what note each is given."""
    with all_rows():
        rows = GivenBenchmark.objects.filter(self_assessment__assessment=assessment_id)
        found = rows.values_list("contributor_id", "self_assessment__benchmark__number", "due_on", "note")
        return {(person, number): giving.Ask(due_on, note) for person, number, due_on, note in found}


def token(assessment_id: int) -> str:
    """What the form carries as it stands."""
    found = asked(assessment_id)
    return giving.given_token(found, found.items())


def test_a_date_and_a_note_stand_for_all_that_somebody_has(universe: Universe, assessment_id: int) -> None:
    person = universe.contributor.pk
    share(universe, assessment_id, [2, 3], ask(7, "The figures."))
    assert asked(assessment_id) == dict.fromkeys([(person, 2), (person, 3)], ask(7, "The figures."))
    share(universe, assessment_id, [2, 3, 4], ask(9, "And the dates."))
    assert asked(assessment_id) == dict.fromkeys([(person, n) for n in (2, 3, 4)], ask(9, "And the dates."))
    with all_rows():
        changes = Event.objects.filter(assessment=assessment_id, kind=EventKind.GIVEN, detail__changed=True)
        assert sorted(changes.values_list("detail__benchmark", flat=True)) == [2, 3]
        assert GivenBenchmark.history.filter(history_type="~").count() == 2


def share(universe: Universe, assessment_id: int, numbers: list[int], wanted: giving.Ask | None) -> None:
    person = universe.contributor.pk
    seen = token(assessment_id)
    with as_actor(universe.lead) as by:
        giving.share_benchmarks(
            by=by,
            at=universe.at,
            assessment_id=assessment_id,
            token=seen,
            wanted={person: numbers},
            asks={person: wanted} if wanted else None,
        )


def test_what_stands_is_left_alone_when_the_date_and_the_note_are(universe: Universe, assessment_id: int) -> None:
    person = universe.contributor.pk
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment_id, "contributor_id": person}
    for number, wanted in ((2, ask(7, "First.")), (3, ask(9, "Second."))):
        with as_actor(universe.lead) as by:
            giving.give_benchmark(by=by, number=number, due_on=wanted.due_on, note=wanted.note, **common)
    before = written(universe)
    share(universe, assessment_id, [2, 3], ask(9, "Second."))
    assert changed(before, written(universe)) == {}
    share(universe, assessment_id, [2, 3, 4], ask(9, "Second."))
    assert asked(assessment_id) == {
        (person, 2): ask(7, "First."),
        (person, 3): ask(9, "Second."),
        (person, 4): ask(9, "Second."),
    }


@pytest.mark.parametrize(
    ("wanted", "field"),
    [(ask(-1), "due"), (ask(7, "x" * 101), "note"), (ask(7, "word " * 201), "note")],
    ids=["a day that has passed", "a long word", "a long note"],
)
def test_a_date_or_a_note_that_does_not_fit_is_refused(
    universe: Universe, assessment_id: int, wanted: giving.Ask, field: str
) -> None:
    before = written(universe)
    with pytest.raises(Unfit) as refusal:
        share(universe, assessment_id, [2], wanted)
    assert refusal.value.field == f"{field}_{universe.contributor.pk}"
    assert changed(before, written(universe)) == {}


def test_a_date_that_has_passed_since_may_stand_but_nothing_new_is_given_with_it(
    universe: Universe, assessment_id: int
) -> None:
    person = universe.contributor.pk
    share(universe, assessment_id, [2, 3], ask(1))
    universe.at += timedelta(days=5)
    share(universe, assessment_id, [2], ask(1))
    assert given(assessment_id) == {(person, 2)}
    with pytest.raises(Unfit):
        share(universe, assessment_id, [2, 3], ask(1))


def test_a_note_that_somebody_else_changed_is_noticed(universe: Universe, assessment_id: int) -> None:
    share(universe, assessment_id, [2], ask(7, "First."))
    seen = token(assessment_id)
    share(universe, assessment_id, [2], ask(7, "Second."))
    with as_actor(universe.lead) as by, pytest.raises(Stale):
        giving.share_benchmarks(
            by=by,
            at=universe.at,
            assessment_id=assessment_id,
            token=seen,
            wanted={universe.contributor.pk: [2]},
            asks={universe.contributor.pk: ask(7, "Third.")},
        )
    assert list(asked(assessment_id).values()) == [ask(7, "Second.")]


def test_contributors_are_told_what_is_new_to_them(universe: Universe, assessment_id: int) -> None:
    share(universe, assessment_id, [2], ask(7, "A word that no e-mail says."))
    universe.at += timedelta(minutes=1)
    share(universe, assessment_id, [2], ask(8))
    universe.at += timedelta(minutes=1)
    share(universe, assessment_id, [], None)
    with all_rows():
        (message,) = Message.objects.filter(kind=MessageKind.GIVEN)
    assert message.person_id == universe.contributor.pk
    assert "17 November 2025" in message.body
    assert "A word that" not in message.body


def test_the_list_says_by_when_and_the_note_only_to_whom_it_is_for(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    share(universe, assessment_id, [2], ask(7, "The figures,\nplease."))
    overview = reverse("assessment", args=[assessment_id])
    by_then = "Given to Conrad Contributor (by 17 November)"
    for who, said in (("contributor", f"{by_then}: “The figures, please.”"), ("lead", by_then)):
        page = drawn(visitors.get(who, overview))
        hints = [hint.text for hint in page.all("div", **{"class": "govuk-task-list__hint"})]
        assert said in hints
    for who in ("viewer", "adviser", "manager"):
        assert b"The figures" not in visitors.get(who, overview).content


def test_the_page_asks_by_when_and_with_what_note(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    person = universe.contributor.pk
    later = timezone.localdate() + timedelta(days=9)
    fields = ticks(assessment_id, {person: [2, 3]}) | {
        f"due_{person}_day": str(later.day),
        f"due_{person}_month": str(later.month),
        f"due_{person}_year": str(later.year),
        f"note_{person}": "The figures.\r\nAnd the dates.",
    }
    assert visitors.post("lead", address(assessment_id), fields).status_code == 302
    stands = giving.Ask(later, "The figures.\nAnd the dates.")
    assert asked(assessment_id) == dict.fromkeys([(person, 2), (person, 3)], stands)
    page = drawn(visitors.get("lead", address(assessment_id)))
    assert page.value_of(f"id_note_{person}") == stands.note
    assert page.one("input", name=f"due_{person}_year").get("value") == str(later.year)
    # Saved as it is shown, nothing changes.
    before = written(universe)
    again = fields | {"token": page.one("input", name="token")["value"]}
    assert visitors.post("lead", address(assessment_id), again).status_code == 302
    assert changed(before, written(universe)) == {}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"due_day": "31", "due_month": "2", "due_year": "2999"}, "real date"),
        ({"due_day": "1", "due_month": "1", "due_year": "2001", "given": ["2"]}, "today or a later date"),
        ({"note": "Something"}, "Tick the benchmarks that the date and the note are for: Conrad Contributor"),
        ({"note": "x" * 1001, "given": ["2"]}, "Put spaces"),
    ],
)
def test_what_was_asked_wrongly_comes_back(
    universe: Universe, visitors: Visitors, assessment_id: int, typed: dict[str, Any], said: str
) -> None:
    person = universe.contributor.pk
    named = {re.sub(r"^(due|note|given)", rf"\1_{person}", name): value for name, value in typed.items()}
    before = written(universe)
    response = visitors.post("lead", address(assessment_id), ticks(assessment_id, {}) | named)
    assert response.status_code == 200
    page = drawn(response)
    assert said in page.one("div", **{"class": "govuk-error-summary"}).text
    if "note" in typed:
        assert page.value_of(f"id_note_{person}") == typed["note"]
    assert changed(before, written(universe)) == {}


# The overview


def test_a_contributor_without_a_benchmark_is_told_who_gives_them(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    overview = reverse("assessment", args=[assessment_id])
    told = "No benchmark has been given to you yet"
    assert told in drawn(visitors.get("contributor", overview)).one("main").text
    assert told not in drawn(visitors.get("lead", overview)).one("main").text
    assert told not in drawn(visitors.get("viewer", overview)).one("main").text
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    page = drawn(visitors.get("contributor", overview))
    assert told not in page.one("main").text
    assert page.all("a", href=reverse("answer", args=[assessment_id, 2]))


@pytest.mark.parametrize(("who", "sees"), [("lead", True), ("auditor", True), ("viewer", False), ("adviser", False)])
def test_who_answers_what_is_seen_by_those_who_read_drafts(
    universe: Universe, visitors: Visitors, assessment_id: int, who: str, sees: bool
) -> None:
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    page = visitors.get(who, reverse("assessment", args=[assessment_id]))
    assert (b"Conrad Contributor" in page.content) is sees


def test_the_adviser_sees_how_many_strengths_and_recommendations_there_are(
    universe: Universe, visitors: Visitors
) -> None:
    assessment_id = universe.assessment(State.IN_REVIEW).pk
    overview = reverse("assessment", args=[assessment_id])
    assert visitors.get("adviser", overview).content.count(b"None yet") == 2
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment_id}
    with as_actor(universe.adviser) as by:
        points.save_strengths(by=by, token=points.list_token(()), texts=["One.", "Two."], **common)
    page = visitors.get("adviser", overview).content
    assert page.count(b"2 so far") == page.count(b"None yet") == 1
    assert b"so far" not in visitors.get("manager", overview).content
