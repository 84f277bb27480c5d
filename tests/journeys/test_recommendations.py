"""Recommendations over the years at a browser: found by a word, by a line of a table and by a filter."""

from __future__ import annotations

import pytest

from assurance.models import Recommendation
from tests.journeys.conftest import Arrive
from tests.universe import Universe, all_rows

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_manager_finds_what_is_open(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    """Each page that is come to is looked at by axe and in a narrow window, as in every journey."""
    for authority in (universe.alder, universe.birch):
        assessment = universe.last_year(authority=authority)
        with all_rows():
            Recommendation.objects.filter(assessment=assessment).update(
                heading="Risk register", owners=["Pat of the council"], due_on=assessment.cycle.submit_by
            )
            Recommendation.objects.create(
                authority=authority, assessment=assessment, position=2, text="Train " + "every" * 60, due_on=None
            )
    universe.cycle()
    manager = arrive(universe.manager, scripts=scripts)
    manager.open("/")
    manager.follow(manager.page.get_by_role("navigation").get_by_role("link", name="Regional picture", exact=True))
    manager.follow("Recommendations")
    manager.sees("4 recommendations of 2 authorities", "Write the risks down.", "Not answered", "No owner", "1 year")
    manager.follow("risk")
    manager.sees("2 recommendations of 2 authorities")
    manager.follow("Show everything")
    manager.follow(manager.main.get_by_role("link", name="No benchmark"))
    manager.sees("2 recommendations of 2 authorities")
    manager.main.get_by_role("searchbox").fill("zebra")
    manager.press("Show")
    manager.sees("Nothing fits.")
    manager.follow("Show everything")
    manager.main.get_by_label("Only ageing").check()
    manager.press("Show")
    manager.sees("No recommendation fits these filters.")
    lead = arrive(universe.lead, scripts=scripts)
    lead.open("/recommendations/")
    lead.sees("2 recommendations of 1 authority")
    lead.follow(lead.main.get_by_role("link", name="Alder County Council").first)
    lead.sees("Write the risks down.")
