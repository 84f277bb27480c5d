"""The whole self-assessment on the eight benchmarks, by keyboard alone and in few page loads, in a real browser."""

from __future__ import annotations

import pytest

from assurance.models import Assessment, SelfAssessment
from assurance.vocabulary import Mark, State
from benchmarks.catalogue import BenchmarkText
from tests.journeys.conftest import PASSWORD, Arrive
from tests.journeys.visitors import Visitor
from tests.universe import Universe, all_rows

MOST_PAGES = 12
"""From the page to sign in to the confirmation, both of them counted."""
MOST_TABS = 150


def reach(visitor: Visitor, selector: str) -> None:
    """Press Tab until the focus is there. What is passed is in the page's order: nothing is skipped."""
    for _ in range(MOST_TABS):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            return
    raise AssertionError(f"{visitor.path}: {MOST_TABS} times Tab, and not yet at {selector}")


def enter(visitor: Visitor, selector: str) -> None:
    """Reach it and press Enter; then the page that comes is looked at."""
    reach(visitor, selector)
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    visitor.look()


def choose(visitor: Visitor, name: str, value: str) -> None:
    """Reach the radios of this name and choose one with the arrow keys and the space bar."""
    reach(visitor, f"input[name={name}]")
    for _ in range(10):
        if visitor.page.evaluate("document.activeElement.value") == value:
            break
        visitor.page.keyboard.press("ArrowDown")
    visitor.page.keyboard.press("Space")
    assert visitor.page.is_checked(f"input[name={name}][value='{value}']")


def answer(lead: Visitor, benchmark: BenchmarkText) -> None:
    """In the order of the page: criteria, outcome, evidence, save."""
    for one in benchmark.criteria["met"]:
        choose(lead, f"mark_{one.id}", "met")
    choose(lead, f"mark_{benchmark.criteria['exceeding'][0].id}", "partly")
    choose(lead, f"mark_{benchmark.criteria['not_met'][0].id}", "not_yet")
    choose(lead, "outcome", "met")
    reach(lead, "#id_evidence")
    lead.page.keyboard.type(f"On {benchmark.number} we meet.")
    enter(lead, ".app-answer__actions button[name=then][value=next]")


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_the_self_assessment_by_keyboard_alone(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    assessment = universe.assessment()
    scored = [one for one in universe.scheme().benchmarks.values() if one.scored]
    arrive(universe.lead).close()
    lead = arrive(scripts=scripts)
    lead.open("/sign-in/")
    reach(lead, "#id_username")
    lead.page.keyboard.type(universe.lead.email)
    reach(lead, "#id_password")
    lead.page.keyboard.type(PASSWORD)
    with lead.page.expect_navigation():
        lead.page.keyboard.press("Enter")
    lead.look()
    enter(lead, f"a[href='/assessments/{assessment.pk}/benchmarks/1/']")
    for benchmark in scored:
        assert lead.heading == f"{benchmark.number}. {benchmark.title}"
        answer(lead, benchmark)
    assert lead.path == f"/assessments/{assessment.pk}/check/"
    reach(lead, "#id_declaration")
    lead.page.keyboard.press("Space")
    enter(lead, "main form button")
    assert lead.path == f"/assessments/{assessment.pk}/submitted/"
    assert lead.pages_met <= MOST_PAGES
    with all_rows():
        assert Assessment.objects.get(pk=assessment.pk).state == State.SUBMITTED
        for benchmark in scored:
            row = SelfAssessment.objects.get(assessment=assessment, benchmark__number=benchmark.number)
            assert row.evidence == f"On {benchmark.number} we meet."
            wanted = {str(one.id): Mark.MET for one in benchmark.criteria["met"]}
            wanted |= {str(benchmark.criteria["exceeding"][0].id): Mark.PARTLY}
            assert row.marks == wanted | {str(benchmark.criteria["not_met"][0].id): Mark.NOT_YET}


def test_enter_saves_and_does_nothing_else(universe: Universe, arrive: Arrive) -> None:
    """In a radio, Enter presses the form's first button: that has to be the one that saves."""
    universe.last_year()
    assessment = universe.assessment()
    lead = arrive(universe.lead)
    lead.open(f"/assessments/{assessment.pk}/benchmarks/1/")
    one = universe.scheme().benchmarks[1].criteria["met"][0]
    choose(lead, f"mark_{one.id}", "met")
    with lead.page.expect_navigation():
        lead.page.keyboard.press("Enter")
    lead.sees("Benchmark 1 saved")
    with all_rows():
        row = SelfAssessment.objects.get(assessment=assessment, benchmark__number=1)
    assert (row.marks, row.needs_rechecking) == ({str(one.id): Mark.MET}, False)
