"""What a hostile reader found once: who saw too much, and what was lost without a word. It stays found."""

from __future__ import annotations

import pytest
from django.test import Client

from assurance import access
from assurance.actions import agreement, answers, points, questions, reference, reviews
from assurance.actions.refusals import Stale, Unfit
from assurance.models import Question, Recommendation, Review, SelfAssessment, User
from assurance.vocabulary import LetterState, Role, State
from assurance.workflow import Moved
from letters import actions as letters
from letters.models import Letter
from tests.universe import Universe, all_rows, as_actor

pytestmark = pytest.mark.django_db


def page(client: Client, person: User, address: str) -> str:
    """What the person reads there."""
    client.force_login(person)
    return client.get(address).content.decode()


@pytest.mark.parametrize("name", ["adviser", "manager", "viewer"])
def test_outcomes_before_submission_are_in_no_timeline(universe: Universe, client: Client, name: str) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    address = f"/assessments/{assessment.pk}/timeline/"
    assert "to “Met”" in page(client, universe.lead, address)
    assert "to “Met”" not in page(client, universe.cast[name], address)
    universe.assessment(State.SUBMITTED)
    assert "to “Met”" in page(client, universe.cast[name], address)


def test_the_reason_for_returning_a_letter_stays_at_the_home_office(universe: Universe, client: Client) -> None:
    letter = universe.letter(LetterState.AWAITING_APPROVAL)
    with as_actor(universe.signatory) as by:
        letters.return_letter(by=by, at=universe.at, letter_id=letter.pk, reason="The minister frowned.")
    address = f"/assessments/{letter.assessment_id}/timeline/"
    assert "frowned" in page(client, universe.adviser, address)
    for person in (universe.lead, universe.viewer):
        assert "frowned" not in page(client, person, address)
        assert "Awaiting approval" not in page(client, person, address)


def test_answers_are_read_when_they_are_sent(universe: Universe, client: Client) -> None:
    assessment = universe.assessment(State.CLARIFICATION)
    address = f"/assessments/{assessment.pk}/questions/"
    with as_actor(universe.lead) as by:
        found = Question.objects.get(assessment=assessment)
        questions.save_question_answer(
            by=by, at=universe.at, question_id=found.pk, version=found.version, answer="Forty people."
        )
        with pytest.raises(Stale):
            questions.save_question_answer(
                by=by, at=universe.at, question_id=found.pk, version=found.version, answer="Fifty people."
            )
    assert "Forty people." in page(client, universe.lead, address)
    assert "Forty people." not in page(client, universe.adviser, address)
    with as_actor(universe.lead) as by:
        questions.send_answers(by=by, at=universe.at, assessment_id=assessment.pk)
    assert "Forty people." in page(client, universe.adviser, address)


def test_text_that_comes_too_late_is_shown_to_be_copied(universe: Universe, client: Client) -> None:
    assessment = universe.assessment(State.SUBMITTED)
    client.force_login(universe.lead)
    typed = {"outcome": "met", "evidence": "A long afternoon of work.", "version": "1"}
    response = client.post(f"/assessments/{assessment.pk}/benchmarks/2/", typed)
    assert response.status_code == 409
    assert "A long afternoon of work." in response.content.decode()


def test_a_decision_is_about_what_was_seen(universe: Universe, client: Client) -> None:
    seen = universe.assessment(State.PROPOSED)
    with as_actor(universe.lead) as by:
        agreement.dispute(by=by, at=universe.at, assessment_id=seen.pk, reasons={1: "We did more."})
    with as_actor(universe.adviser) as by:
        agreement.reconsider(by=by, at=universe.at, assessment_id=seen.pk)
        row = Review.objects.get(assessment=seen, benchmark__number=1)
        reviews.save_review(
            by=by,
            at=universe.at,
            assessment_id=seen.pk,
            number=1,
            version=row.version,
            level_code="not_met",
            summary="Lower now.",
            comments="",
        )
        agreement.propose(by=by, at=universe.at, assessment_id=seen.pk)
    with as_actor(universe.lead) as by, pytest.raises(Moved):
        agreement.accept(by=by, at=universe.at, assessment_id=seen.pk, version=seen.version)
    client.force_login(universe.lead)
    response = client.post(f"/assessments/{seen.pk}/proposal/", {"version": seen.version, "do": "accept"})
    assert response.status_code == 409
    assert universe.assessment(State.PROPOSED).state == State.PROPOSED


def test_a_letter_is_not_issued_for_outcomes_that_no_longer_stand(universe: Universe) -> None:
    letter = universe.letter(LetterState.APPROVED)
    with as_actor(universe.manager) as by:
        agreement.reopen(by=by, at=universe.at, assessment_id=letter.assessment_id, reason="A mistake was found.")
    universe.make_file(letter.pk, universe.alder)
    with all_rows():
        found = Letter.objects.select_related("assessment").get(pk=letter.pk)
        assert (found.state, found.issued_at) == (LetterState.APPROVED, None)
        assert "no longer agreed" in found.failure
        assert found.assessment.state == State.IN_REVIEW


def test_a_withdrawn_letter_no_longer_holds_the_record(universe: Universe) -> None:
    letter = universe.letter(LetterState.ISSUED)
    with as_actor(universe.signatory) as by:
        letters.withdraw_letter(by=by, at=universe.at, letter_id=letter.pk, reason="Sent to the wrong council.")
    with as_actor(universe.manager) as by:
        reopened = agreement.reopen(by=by, at=universe.at, assessment_id=letter.assessment_id, reason="Start again.")
    assert reopened.state == State.IN_REVIEW


def test_a_recommendation_without_text_is_not_thrown_away(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        with pytest.raises(Unfit, match="Enter the text"):
            points.save_recommendations(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                token=points.list_token(()),
                recommendations=[points.NewRecommendation(text="", heading="Venue hire")],
            )
        assert not Recommendation.objects.exists()


def test_saving_the_same_twice_is_no_conflict(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    with as_actor(universe.lead) as by:
        version = SelfAssessment.objects.get(assessment=assessment, benchmark__number=2).version
        for _twice in range(2):
            answers.save_answer(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                number=2,
                version=version,
                reply=answers.Reply(level_code="met", evidence="The same words."),
            )
        assert SelfAssessment.objects.get(assessment=assessment, benchmark__number=2).version == version + 1


def test_a_sign_that_no_letter_can_print_is_refused_while_it_is_typed(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by, pytest.raises(Unfit, match="cannot be printed"):
        reviews.save_review(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=1,
            version=1,
            level_code="met",
            summary="Well done \U0001f600",
            comments="",
        )


@pytest.mark.parametrize("query", ["search=%00", "state=%00", "region=%00&cycle=x"])
def test_nonsense_in_an_address_is_no_fault(universe: Universe, client: Client, query: str) -> None:
    universe.assessment()
    client.force_login(universe.adviser)
    assert client.get(f"/assessments/?{query}").status_code == 200


def test_one_name_has_five_tries_however_it_is_spelt(universe: Universe, client: Client) -> None:
    universe.lead.set_password("a right password 1")
    with all_rows():
        universe.lead.save()
    spellings = (universe.lead.email, universe.lead.email.upper(), f" {universe.lead.email}")
    for wrong in range(5):
        client.post("/sign-in/", {"username": spellings[wrong % 3], "password": "wrong"})
    response = client.post("/sign-in/", {"username": universe.lead.email, "password": "a right password 1"})
    assert response.status_code == 429
    folded = universe.lead.email.replace("i", "\u0131").replace("k", "\u212a")
    assert client.post("/sign-in/", {"username": folded, "password": "a right password 1"}).status_code != 302


@pytest.mark.parametrize("role", ["manager", "signatory", "administrator", "auditor"])
def test_whoever_works_for_the_home_office_has_no_part_in_an_authoritys_work(universe: Universe, role: str) -> None:
    """Whatever they were invited as: the invitation alone makes nobody a judge in their own cause."""
    assessment = universe.assessment(State.IN_PROGRESS)
    person = universe.cast[role]
    with all_rows():
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=person,
            role=Role.LEAD,
            authority=universe.alder,
            starts=universe.at.date(),
        )
    with as_actor(person) as by:
        assert by.roles() == {Role(row.role) for row in by.grants}
        assert Role.LEAD not in by.roles()
        with pytest.raises(access.Forbidden):
            answers.save_answer(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                number=2,
                version=1,
                reply=answers.Reply(evidence="Written by whoever decides."),
            )


@pytest.mark.parametrize("charset", ["utf-16", "base64", "no such thing", "idna"])
def test_a_form_in_another_charset_is_a_bad_request(client: Client, charset: str) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b"):
        response = client.generic("POST", "/sign-in/", b"username=a", content_type=f"{kind}; charset={charset}")
        assert response.status_code == 400
