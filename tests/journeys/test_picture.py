"""The regional picture at a browser, with scripts and without: from the regions to an authority's record."""

from __future__ import annotations

import pytest

from assurance.vocabulary import State
from tests.assurance.picture_world import region_of
from tests.journeys.conftest import Arrive
from tests.universe import Universe


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_regions_to_a_record(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    universe.assessment(State.AGREED)
    region_of(universe, "North", 12)
    region_of(universe, "Wales", 4)
    auditor = arrive(universe.auditor, scripts=scripts)
    auditor.open("/picture/national/")
    auditor.follow("North")
    auditor.sees("14 authorities; Not yet agreed: 1.")
    auditor.follow("Weighted score")
    names = auditor.page.locator("tbody .app-heat__name a").all_inner_texts()
    assert sorted(names) != names
    auditor.page.get_by_label("With", exact=True).select_option(label="Does not meet the duty")
    auditor.page.get_by_label("On benchmark", exact=True).select_option(index=1)
    auditor.press("Show")
    assert set(auditor.page.locator("tbody td.app-heat__cell:nth-child(2) a").all_inner_texts()) == {"Not met"}
    auditor.follow("Show the whole group")
    auditor.follow("Alder County Council")
    assert auditor.path.startswith("/assessments/")


def test_what_is_hidden_says_so(universe: Universe, arrive: Arrive) -> None:
    for authority in universe.authorities:
        universe.assessment(State.AGREED, authority=authority)
    region_of(universe, "East", 30)
    administrator = arrive(universe.administrator)
    administrator.open("/picture/national/")
    administrator.sees("hidden")
    administrator.sees("You may not read every authority that these averages are of.")
