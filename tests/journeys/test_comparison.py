"""Authorities compared and one over its years at a browser, with scripts and without."""

from __future__ import annotations

import pytest

from assurance.vocabulary import State
from tests.journeys.conftest import Arrive
from tests.universe import Universe


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_comparison_to_the_years_of_one(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    universe.last_year("la-10")
    universe.assessment(State.AGREED)
    manager = arrive(universe.manager, scripts=scripts)
    manager.open("/picture/comparison/")
    manager.sees("By standing, an estimate: 0 up, 7 level")
    manager.page.get_by_label("Count", exact=True).select_option(index=1)
    manager.press("Show")
    manager.follow("Change")
    assert "count=common" in manager.page.url
    assert "sort=-change" in manager.page.url
    manager.follow("2 not comparable")
    manager.follow("Alder County Council over the years")
    manager.sees("Standing by benchmark")
    manager.sees("No figure: an estimate")


def test_a_lead_finds_the_years_from_the_first_page(universe: Universe, arrive: Arrive) -> None:
    universe.last_year()
    universe.assessment(State.NOT_STARTED)
    lead = arrive(universe.lead)
    lead.open("/")
    lead.page.get_by_role("link", name="How you have done over the years").first.click()
    lead.sees("Met or exceeded by year")
    lead.sees("Not agreed yet")
