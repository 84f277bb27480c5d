"""Last year's answers beside this year's, and brought in, in a real browser."""

from __future__ import annotations

import pytest

from assurance.models import SelfAssessment
from tests.journeys.conftest import Arrive
from tests.journeys.visitors import Visitor
from tests.universe import Universe, all_rows

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])


def stands(assessment_id: int, number: int) -> SelfAssessment:
    with all_rows():
        return SelfAssessment.objects.get(assessment_id=assessment_id, benchmark__number=number)


def look_into_everything(visitor: Visitor) -> None:
    """Open all that can be opened, and look again."""
    closed = visitor.main.locator("details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    visitor.look()


@SCRIPTS
@pytest.mark.parametrize("code", ["la-8", "la-10"], ids=["same-benchmarks", "other-benchmarks"])
def test_last_year_is_brought_in_and_checked(universe: Universe, arrive: Arrive, code: str, scripts: bool) -> None:
    universe.last_year(code)
    assessment = universe.assessment()
    lead = arrive(universe.lead, scripts=scripts)
    lead.open(f"/assessments/{assessment.pk}/benchmarks/7/")
    look_into_everything(lead)
    lead.sees("Last year: 2024/25", "Evidence for benchmark 6." if code == "la-10" else "Evidence for benchmark 7.")
    lead.press("Bring in last year’s answer")
    lead.sees("Brought in from last year. Check it, and say so below", "needs re-checking")
    assert stands(assessment.pk, 7).needs_rechecking
    lead.choose("outcome", "met")
    lead.press("Save and continue")
    lead.sees("Benchmark 7 saved", "Benchmark 7 still has to be checked")
    lead.open(f"/assessments/{assessment.pk}/benchmarks/7/")
    lead.page.check("#id_checked")
    lead.press("Save and go back to the list")
    assert not stands(assessment.pk, 7).needs_rechecking

    lead.open(f"/assessments/{assessment.pk}/carry/")
    assert not lead.page.is_checked("#id_carry_7")
    lead.press("Bring in")
    lead.sees("Brought in on 6 benchmarks. Check each before you submit")
    assert stands(assessment.pk, 1).needs_rechecking


@SCRIPTS
def test_what_was_typed_is_kept_when_last_year_is_asked_for(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    universe.last_year()
    assessment = universe.assessment()
    lead = arrive(universe.lead, scripts=scripts)
    lead.open(f"/assessments/{assessment.pk}/benchmarks/2/")
    lead.fill(evidence="Just typed.")
    lead.press("Bring in last year’s answer")
    assert lead.heading == "Bring in last year’s answers"
    lead.sees("You have an answer already: this would take its place.")
    assert stands(assessment.pk, 2).evidence == "Just typed."
    lead.press("Bring in")
    assert stands(assessment.pk, 2).evidence == "Evidence for benchmark 2."


@SCRIPTS
def test_a_level_is_marked_at_once(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    assessment = universe.assessment()
    lead = arrive(universe.lead, scripts=scripts)
    lead.open(f"/assessments/{assessment.pk}/benchmarks/2/")
    lead.fill(evidence="Just typed.")
    lead.press("Mark all of Met as met")
    assert lead.page.input_value("#id_evidence") == "Just typed."
    lead.press("Save and go back to the list")
    met = {str(one.id) for one in universe.scheme().benchmarks[2].criteria["met"]}
    assert stands(assessment.pk, 2).marks == dict.fromkeys(met, "met")
