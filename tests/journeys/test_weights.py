"""A cycle administrator sets other weights, and somebody without an account reads what the figures mean."""

from __future__ import annotations

import pytest

from tests.assurance.test_weights import with_many
from tests.journeys.conftest import Arrive
from tests.universe import Universe

REASON = "The first benchmark carries all the others."


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_weights_are_seen_before_they_count(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    with_many(universe)
    administrator = arrive(universe.administrator, scripts=scripts)
    administrator.follow(administrator.page.get_by_role("navigation").get_by_text("Weights", exact=True))
    administrator.sees("None is published.", "As the scheme was loaded.")
    name = universe.scheme("la-8").name
    administrator.follow(administrator.page.get_by_role("button", name=f"Set other weights for {name}"))
    administrator.fill(weight_1="a lot")
    administrator.press("Show what would change")
    administrator.sees("There is a problem", "Benchmark 1: enter a number", "Say why the weights change")
    administrator.fill(weight_1="7.25", reason=REASON)
    administrator.press("Show what would change")
    administrator.sees("Nothing is saved yet.", REASON, "North 9 1.00 1.22", "The scores of 15 authorities")
    administrator.press("Change them")
    administrator.fill(weight_2="2.00")
    administrator.press("Show what would change")
    administrator.press("Save these weights")
    administrator.sees(f"Version 1 of the weights of {name} counts from now on", "from 1.50 to 7.25", REASON)
    reader = arrive(scripts=scripts)
    reader.open("/method/")
    reader.sees("The weighted score, and whose weights they are", f"{name}: version 1 of the weights")
