"""From a proposal to what stands, at a browser: read, disputed one by one, settled, printed."""

from __future__ import annotations

import pytest

from assurance import access
from assurance.actions import reviews
from assurance.models import Assessment, Review
from assurance.vocabulary import State
from tests.journeys.conftest import Arrive
from tests.journeys.visitors import NARROW
from tests.universe import Universe, all_rows, as_actor

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "We did more than this, as the minutes of the panel show."


def differing(universe: Universe) -> Assessment:
    """Outcomes are proposed, of which benchmark 2 is lower than the authority's own."""
    universe.last_year()
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        row = access.visible(by, Review).get(assessment=assessment, benchmark__number=2)
        reviews.save_review(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=2,
            version=row.version,
            level_code="not_met",
            summary="The risks are named, and nobody owns them.",
            comments="Say who sees to each.",
        )
    return universe.assessment(State.PROPOSED)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_dispute_is_made_one_by_one_and_settled(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    assessment = differing(universe)
    lead = arrive(universe.lead, scripts=scripts)
    lead.open("/")
    lead.follow("Read and accept the outcomes")
    lead.sees("1 level lower", "The risks are named, and nobody owns them.", "Say who sees to each.", "not agreed")
    lead.main.locator("#benchmark-2").get_by_role("radio", name="Dispute").check()
    lead.press("Send your response")
    lead.sees("Enter the reason why you dispute benchmark 2")
    lead.main.locator("#benchmark-2 textarea").fill(WHY)
    lead.press("Save and decide later")
    lead.sees("Nothing has been sent yet.", "Every benchmark is decided.")
    lead.page.set_viewport_size(NARROW)
    lead.open(f"/assessments/{assessment.pk}/proposal/")
    lead.press("Send your response")
    lead.sees("Dispute sent.", WHY)
    manager = arrive(universe.manager, scripts=scripts)
    manager.open(f"/assessments/{assessment.pk}/do/settle/")
    manager.sees(WHY, "Say who sees to each.", "1 of 7 outcomes is disputed")
    manager.main.get_by_role("group", name="Outcome of benchmark 2").get_by_label("Met", exact=True).check()
    manager.fill(reason="The panel's minutes bear it out.")
    manager.press("Settle")
    lead.open(f"/assessments/{assessment.pk}/record/")
    lead.sees("Settled by the regional manager on", "not agreed: benchmark 2", "minutes bear it out")
    lead.follow("Print the outcomes for a board")
    lead.sees("Met or exceeded: 7 of 7 scored benchmarks", "what stands is Met")
    with all_rows():
        assert Assessment.objects.get(pk=assessment.pk).state == State.AGREED
