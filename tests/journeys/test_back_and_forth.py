"""An assessment that goes every way between the two sides: questions, dispute, another look, settlement, reopening.

Lead, adviser and regional manager at browsers of their own; every page of theirs that there is for it is met.
"""

from __future__ import annotations

import pytest

from assurance.models import AgreedOutcome, Assessment, Question
from assurance.vocabulary import Basis, State
from tests.journeys.conftest import Arrive
from tests.journeys.visitors import Visitor
from tests.universe import Universe, all_rows

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = "Snowdrop: nobody outside reads this."
WHY = "The panel met eight times, as its minutes show."


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_there_and_back(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    universe.last_year()
    assessment = universe.assessment(State.SUBMITTED)
    lead, adviser, manager = (
        arrive(person, scripts=scripts) for person in (universe.lead, universe.adviser, universe.manager)
    )
    page = f"/assessments/{assessment.pk}"

    _asks(adviser, page)
    _answers(lead, page)
    _reviews(adviser, page)
    adviser.open(f"{page}/do/propose/")
    # The other benchmarks have no outcome of the adviser's yet.
    adviser.sees("Before that")
    universe.review_all(assessment.pk, universe.alder, universe.scheme())
    adviser.open(f"{page}/do/propose/")
    adviser.press("Propose outcomes")
    adviser.sees("Outcomes proposed")

    _disputes(lead, page)
    adviser.open("/")
    adviser.sees("Alder County Council", "Disputed")
    adviser.open(f"{page}/do/reconsider/")
    adviser.sees(WHY)
    adviser.press("Reconsider")
    lead.open(f"{page}/record/")
    assert "The risks are named" not in lead.main.inner_text()
    adviser.open(f"{page}/do/propose/")
    adviser.press("Propose outcomes")
    _disputes(lead, page)

    manager.open("/")
    manager.sees("Alder County Council", "Disputed")
    manager.open(f"{page}/do/settle/")
    manager.sees(WHY)
    manager.fill(reason="The minutes bear it out.")
    manager.press("Settle")
    lead.open(f"{page}/record/")
    lead.sees("Settled by the regional manager")
    with all_rows():
        assert set(AgreedOutcome.objects.filter(benchmark__number=2).values_list("basis", flat=True)) >= {Basis.SETTLED}

    _looks_back(lead, adviser, manager, page)

    manager.open(f"{page}/do/reopen/")
    manager.fill(reason="A file came in late.")
    manager.press("Reopen")
    lead.open(f"{page}/timeline/")
    lead.sees("A file came in late.", "The minutes bear it out.")
    with all_rows():
        assert Assessment.objects.get(pk=assessment.pk).state == State.IN_REVIEW
        assert not AgreedOutcome.objects.filter(assessment=assessment).exists()
    for reader in (lead, arrive(universe.viewer, scripts=scripts)):
        for address in ("", "/record/", "/timeline/", "/history/"):
            reader.open(f"{page}{address}")
            assert "Snowdrop" not in reader.page.content()


def _asks(adviser: Visitor, page: str) -> None:
    """The adviser begins, and asks two things of which one wants a file."""
    adviser.open("/")
    adviser.sees("Alder County Council", "Submitted")
    adviser.open(f"{page}/do/begin_review/")
    adviser.press("Begin review")
    adviser.open(f"{page}/do/ask/?benchmark=2")
    # A date is offered.
    adviser.fill(question_0="Who has the list of risks?")
    adviser.page.check("#id_evidence_0")
    adviser.press("Send the questions")
    adviser.sees("Questions sent")


def _answers(lead: Visitor, page: str) -> None:
    """The lead answers and sends."""
    lead.open("/")
    lead.follow("Answer 1 question")
    lead.sees("Who has the list of risks?")
    with all_rows():
        question = Question.objects.get(assessment_id=int(page.rsplit("/", 1)[1]))
    lead.fill(**{f"answer_{question.pk}": "The head of service has it."})
    lead.press("Save and send to the adviser")
    lead.sees("Answers sent")


def _reviews(adviser: Visitor, page: str) -> None:
    """The adviser reads the answer, and judges one benchmark lower than the authority did."""
    adviser.open(f"{page}/review/2/")
    adviser.sees("The head of service has it.")
    adviser.choose("outcome", "not_met")
    adviser.fill(summary="The risks are named, and nobody owns them.", comments="Say who sees to each.", private=NOTE)
    adviser.press("Save and next")
    adviser.sees("Benchmark 2 saved")
    for address in (
        "/meeting/",
        "/meeting/?live=1",
        "/quality/",
        "/strengths/",
        "/recommendations/",
        "/private-notes/",
    ):
        adviser.open(f"{page}{address}")


def _disputes(lead: Visitor, page: str) -> None:
    """The lead does not accept benchmark 2."""
    lead.open(f"{page}/proposal/")
    lead.sees("The risks are named, and nobody owns them.")
    lead.main.locator("#benchmark-2").get_by_role("radio", name="Dispute").check()
    lead.main.locator("#benchmark-2 textarea").fill(WHY)
    lead.press("Send your response")
    lead.sees("Dispute sent.")


def _looks_back(lead: Visitor, adviser: Visitor, manager: Visitor, page: str) -> None:
    """Every page from which either side looks back, and those of the manager for many."""
    for visitor in (lead, adviser, manager):
        for address in ("", "/record/", "/record/print/", "/timeline/", "/history/", "/questions/"):
            visitor.open(f"{page}{address}")
        visitor.open("/good-practice/")
    for address in ("/calibration/", "/second-readings/", "/assignments/", "/cover/"):
        manager.open(address)
    for address in ("/good-practice/", "/good-practice/new/", "/quality/", "/meeting/", "/review/2/"):
        adviser.open(f"{page}{address}")
    adviser.sees("nobody owns them")
