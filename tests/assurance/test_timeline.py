"""What happened, in sentences: outcomes under the transition that moved them, repeated saves told once, and filters."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from assurance import ledger
from assurance.actions import agreement, answers, reviews
from assurance.models import Assessment, Event, Review, SelfAssessment, User
from assurance.queries import timeline
from assurance.queries.timeline import Entry, Filters, Timeline
from assurance.vocabulary import Audience, EventKind, State
from tests.assurance.past import many_events
from tests.universe import Universe, all_rows, as_actor

pytestmark = pytest.mark.django_db


def read(
    universe: Universe, name: str, assessment: Assessment, filters: Filters | None = None, page: int = 1
) -> Timeline:
    """A page of the timeline as somebody reads it."""
    with as_actor(universe.cast[name]) as actor:
        place = timeline.place(actor, assessment.pk)
        return timeline.timeline(actor, place, filters or Filters(), page)


def entries(view: Timeline) -> list[Entry]:
    return [entry for day in view.days for entry in day.entries]


def sentences(view: Timeline) -> list[str]:
    return [entry.sentence for entry in entries(view)]


def later(universe: Universe, minutes: int = 1) -> datetime:
    universe.at += timedelta(minutes=minutes)
    return universe.at


def save(universe: Universe, assessment: Assessment, level: str, minutes: int = 1, number: int = 2) -> None:
    """The lead saves a benchmark again."""
    with all_rows():
        version = SelfAssessment.objects.get(assessment=assessment, benchmark__number=number).version
    with as_actor(universe.lead) as by:
        answers.save_answer(
            by=by,
            at=later(universe, minutes),
            assessment_id=assessment.pk,
            number=number,
            version=version,
            reply=answers.Reply(level_code=level, evidence=f"As of {universe.at}."),
        )


def test_repeated_saves_are_told_once_with_every_one_of_them(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    for level in ("not-met", "met", "exceeding"):
        if universe.scheme().level(level) is None:
            level = universe.scheme().levels[0].code
        save(universe, assessment, level)
    first = entries(read(universe, "lead", assessment))[0]
    labels = [level.label for level in universe.scheme().levels]
    assert first.sentence == f"Lena Lead saved the answer on benchmark 2, {universe.scheme().benchmarks[2].title}"
    assert first.times == "3 times"
    assert first.move is not None
    assert (first.move.before, first.move.after) == ("Not yet answered", labels[-1])
    assert [one.move and one.move.after for one in first.saves] == labels[::-1]


def test_a_pause_another_benchmark_and_a_transition_are_not_folded_over(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    save(universe, assessment, "met")
    save(universe, assessment, "met", minutes=31)
    save(universe, assessment, "met", number=3)
    save(universe, assessment, "met")
    found = [(entry.number, len(entry.saves)) for entry in entries(read(universe, "lead", assessment))[:3]]
    assert found == [(2, 2), (3, 0), (2, 0)]
    universe.assessment(State.SUBMITTED)
    with as_actor(universe.lead) as by:
        answers.recall(by=by, at=later(universe), assessment_id=assessment.pk)
    save(universe, assessment, "met", minutes=0)
    assert [len(one.saves) for one in entries(read(universe, "lead", assessment)) if one.number == 2] == [0, 2, 0]


def test_an_outcome_that_came_back_says_so(universe: Universe, client: Client) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    save(universe, assessment, "met", minutes=60)
    save(universe, assessment, "exceeding", minutes=60)
    save(universe, assessment, "met")
    client.force_login(universe.lead)
    html = client.get(f"/assessments/{assessment.pk}/timeline/").content.decode()
    assert "The outcome ended as it began: “Exceeding”" not in html
    assert "Outcome from “Met” to “Exceeding”" in html
    assert "The outcome ended as it began: “Met”" in html


def test_outcomes_stand_under_the_transition_that_moved_them(universe: Universe, client: Client) -> None:
    assessment = universe.assessment(State.PROPOSED)
    with as_actor(universe.lead) as by:
        agreement.dispute(by=by, at=later(universe), assessment_id=assessment.pk, reasons={1: "More.", 2: "Much more."})
    for name in ("lead", "viewer", "adviser", "manager", "auditor"):
        found = entries(read(universe, name, assessment))
        dispute, proposal = found[0], next(one for one in found if "proposed outcomes" in one.sentence and one.moves)
        assert dispute.sentence == "Lena Lead disputed proposed outcomes"
        assert [one.text for one in dispute.disputes] == ["More.", "Much more."]
        assert dispute.disputes[0].benchmark.startswith("1. ")
        scored = [one.number for one in universe.scheme().benchmarks.values() if one.scored]
        assert len(proposal.moves) == len(scored)
        assert {one.which for one in proposal.moves} == {"Proposed"}
        assert not [one for one in found if "moved the outcome" in one.sentence]
    client.force_login(universe.viewer)
    html = client.get(f"/assessments/{assessment.pk}/timeline/").content.decode()
    assert "Much more." in html
    assert html.count("<table") == 1


def test_an_outcome_without_its_transition_is_told_by_itself(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        detail = {"benchmark": 3, "from": "Met", "to": "Exceeding", "which": "proposed"}
        ledger.event(
            EventKind.OUTCOME, by=by, at=later(universe), authority=universe.alder, assessment=assessment, detail=detail
        )
    first = entries(read(universe, "lead", assessment))[0]
    assert first.sentence.startswith("Ada Adviser moved the outcome of benchmark 3")
    assert first.move is not None and first.move.after == "Exceeding"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(benchmark=2), {"benchmark 2"}),
        (Filters(kind="letters"), set()),
        (Filters(person="Ada Adviser"), {"Ada Adviser"}),
        (Filters(person="Nobody"), set()),
        (Filters(kind="texts", benchmark=1, person="Lena Lead"), {"Lena Lead"}),
    ],
)
def test_filters(universe: Universe, filters: Filters, expected: set[str]) -> None:
    assessment = universe.assessment(State.PROPOSED)
    found = [one for one in sentences(read(universe, "auditor", assessment, filters)) if "proposed outcomes" not in one]
    assert bool(found) == bool(expected)
    for wanted in expected:
        assert all(wanted in one for one in found)


def test_the_filter_of_a_benchmark_keeps_the_transitions_that_moved_it(universe: Universe) -> None:
    assessment = universe.assessment(State.DISPUTED)
    found = entries(read(universe, "adviser", assessment, Filters(benchmark=2)))
    (proposal,) = [one for one in found if one.moves]
    assert [one.benchmark[:2] for one in proposal.moves] == ["2."]
    assert not [one for one in found if one.disputes]
    (dispute,) = [one for one in entries(read(universe, "adviser", assessment, Filters(benchmark=1))) if one.disputes]
    assert dispute.sentence == "Lena Lead disputed proposed outcomes"
    kinds = sentences(read(universe, "lead", assessment, Filters(kind="outcomes")))
    assert not [one for one in kinds if "began the review" in one]
    assert "Ada Adviser proposed outcomes" in kinds


def test_days(universe: Universe, client: Client) -> None:
    """From the first moment of a day to the last of another."""
    assessment = universe.assessment(State.IN_PROGRESS)
    first = universe.at
    save(universe, assessment, "met", minutes=24 * 60)
    save(universe, assessment, "exceeding", minutes=24 * 60)
    day = (first + timedelta(days=1)).date()
    found = read(universe, "lead", assessment, Filters(start=day, end=day))
    assert [one.day for one in found.days] == [day]
    assert [one.day for one in read(universe, "lead", assessment).days] == [
        day + timedelta(days=1), day, first.date(),
    ]  # fmt: skip
    client.force_login(universe.lead)
    address = f"/assessments/{assessment.pk}/timeline/?start_day={day.day}&start_month={day.month}"
    html = client.get(f"{address}&start_year={day.year}&kind=outcomes").content.decode()
    assert html.count('<h2 class="govuk-heading-m" id="day-') == 2
    assert "Show everything" in html
    assert "The date must include a year" in client.get(address).content.decode()
    wrong = f"{address}&start_year={day.year}&end_day=1&end_month=1&end_year=2001"
    assert "The last day must not be before the first" in client.get(wrong).content.decode()


def test_fifty_to_a_page(universe: Universe, client: Client) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    many_events(universe, assessment, 120)
    first, second = (entries(read(universe, "auditor", assessment, page=page)) for page in (1, 2))
    assert len(first) == len(second) == timeline.PAGE_SIZE
    assert first[-1].at > second[0].at
    client.force_login(universe.auditor)
    html = client.get(f"/assessments/{assessment.pk}/timeline/?page=2&person=Ada+Adviser").content.decode()
    assert "page=1" in html and "person=Ada+Adviser" in html


def test_every_kind_of_event_has_a_sentence(universe: Universe) -> None:
    """With and without a benchmark, whatever its detail is; also one that nobody has thought of."""
    scheme = universe.scheme()
    for kind in (*EventKind.values, "later_thought_of"):
        for detail in ({}, {"benchmark": 2, "from": "", "to": "Met"}, {"benchmark": 99, "contributor": 1, "number": 1}):
            for name in ("", "withdraw", "whatever"):
                event: Any = Event(kind=kind, name=name, person_name="Jo Ash", detail=detail)
                event.about = None
                said = timeline.sentence(event, scheme)
                assert said.startswith("Jo Ash") and "%" not in said and "  " not in said, (kind, name, detail)


def test_who_was_given_a_benchmark_is_named(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    with as_actor(universe.lead) as by:
        ledger.events_on(
            assessment,
            [(EventKind.GIVEN, {"benchmark": 2, "contributor": universe.contributor.pk})],
            by=by, at=later(universe), audience=Audience.AUTHORITY,
        )  # fmt: skip
    title = universe.scheme().benchmarks[2].title
    assert sentences(read(universe, "lead", assessment))[0] == (
        f"Lena Lead gave benchmark 2, {title} to Conrad Contributor"
    )


def test_a_name_is_told_as_it_was(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    with all_rows():
        User.objects.filter(pk=universe.lead.pk).update(name="Lena Wedd")
    with as_actor(universe.auditor) as actor:
        assert "Lena Lead" in timeline.place(actor, assessment.pk).people
    assert not [one for one in sentences(read(universe, "lead", assessment)) if "Wedd" in one]


def test_the_home_office_s_own_work_is_in_no_timeline_of_an_authority(universe: Universe, client: Client) -> None:
    """Neither its lines, nor the names of who did it, nor how many lines there are."""
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        row = Review.objects.get(assessment=assessment, benchmark__number=1)
        reviews.save_review(
            by=by, at=later(universe), assessment_id=assessment.pk, number=1, version=row.version,
            level_code="exceeding", summary="Hidden.", comments="", private=reviews.Private(version=0, text="Secret."),
        )  # fmt: skip
    for name, sees in (
        ("lead", False),
        ("contributor", False),
        ("viewer", False),
        ("adviser", True),
        ("auditor", True),
    ):
        view = read(universe, name, assessment)
        assert bool([one for one in sentences(view) if "saved the review" in one]) is sees, name
        assert bool([one for one in sentences(view) if "private note" in one]) is sees, name
        for filters in (Filters(benchmark=1), Filters(kind="outcomes"), Filters(kind="texts")):
            found = sentences(read(universe, name, assessment, filters))
            assert bool([one for one in found if "saved the review" in one]) is sees, (name, filters)


def test_a_line_leads_to_what_the_text_said_then(universe: Universe, client: Client) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    save(universe, assessment, "met")
    first = entries(read(universe, "lead", assessment))[0]
    assert (first.text, first.number) == ("evidence", 2)
    client.force_login(universe.lead)
    html = client.get(f"/assessments/{assessment.pk}/timeline/").content.decode()
    address = f"/assessments/{assessment.pk}/history/?text=evidence&amp;benchmark=2&amp;at={first.moment}"
    assert address in html
    said = client.get(address.replace("&amp;", "&")).content.decode()
    assert f"As of {universe.at}." in said


def test_five_hundred_events_cost_what_ten_do(
    universe: Universe, client: Client, django_assert_max_num_queries: Any
) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    many_events(universe, assessment, 500)
    for name in ("auditor", "adviser", "lead"):
        client.force_login(universe.cast[name])
        with django_assert_max_num_queries(8):
            assert client.get(f"/assessments/{assessment.pk}/timeline/?benchmark=2&kind=outcomes").status_code == 200
