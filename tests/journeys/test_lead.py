"""A Prevent Lead alone, on a narrow screen and with the keyboard only: from signing in to the confirmation."""

from __future__ import annotations

import pytest
from playwright.sync_api import Response

from assurance.models import Assessment
from assurance.vocabulary import State
from tests.journeys.conftest import PASSWORD, Arrive
from tests.journeys.visitors import NARROW, Visitor
from tests.universe import Universe, all_rows

MOST_LOADS = 12
"""Pages from the sign-in to the confirmation, both counted."""
MOST_STEPS = 200
"""Presses of the tab key before something that should be reached by it counts as out of reach."""


class Keyboard:
    """Somebody who has no mouse, in a window of 320 pixels. Counts the pages that they load."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.loads = 0
        self.page.on("response", self._heard)
        self.page.set_viewport_size(NARROW)

    def reach(self, selector: str) -> None:
        """Press the tab key until something has the focus."""
        for _ in range(MOST_STEPS):
            if self.page.evaluate("(it) => document.activeElement.matches(it)", selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by the tab key on {self.visitor.path}")

    def write(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.reach(selector)
        self.page.keyboard.type(text)

    def pick(self, name: str, value: str) -> None:
        """Choose a radio: the tab key reaches the group, and the arrows its radios."""
        self.reach(f"input[type=radio][name={name}]")
        wanted = f"input[name={name}][value='{value}']"
        self.page.keyboard.press("Space")
        for _ in range(10):
            if self.page.evaluate("(it) => document.activeElement.matches(it)", wanted):
                assert self.page.is_checked(wanted)
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{wanted} is not reached by the arrows")

    def enter(self, selector: str) -> None:
        """Go on with a link or a button, and look at the page that comes."""
        self.reach(selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.visitor.look()
        self.page.set_viewport_size(NARROW)

    def _heard(self, response: Response) -> None:
        request = response.request
        if request.is_navigation_request() and not 300 <= response.status < 400:
            self.loads += 1


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_whole_self_assessment_by_keyboard_takes_twelve_pages(
    universe: Universe, arrive: Arrive, scripts: bool
) -> None:
    assessment = universe.assessment(State.NOT_STARTED)
    scheme = universe.scheme()
    scored = [one for one in scheme.benchmarks.values() if one.scored]
    assert len(scored) == 7
    with all_rows():
        universe.lead.set_password(PASSWORD)
        universe.lead.save()
    lead = Keyboard(arrive(scripts=scripts))

    lead.visitor.open("/sign-in/")
    lead.page.set_viewport_size(NARROW)
    lead.write("#id_username", universe.lead.email)
    lead.write("#id_password", PASSWORD)
    lead.enter("main form button[type=submit]:not([aria-controls])")
    assert lead.visitor.path == "/"
    lead.enter("main a.govuk-button")
    for benchmark in scored:
        assert lead.visitor.heading == f"{benchmark.number}. {benchmark.title}"
        for criterion in benchmark.criteria["met"]:
            lead.pick(f"mark_{criterion.id}", "met")
        lead.pick("outcome", "met")
        lead.write("#id_evidence", f"We looked at benchmark {benchmark.number} in May, and wrote down what we found.")
        lead.enter("main button[name=then][value=next]:not([tabindex])")
    assert lead.visitor.heading == "Check your answers"
    lead.visitor.sees("All 7 scored benchmarks have an outcome and evidence.")
    lead.reach("#id_declaration")
    lead.page.keyboard.press("Space")
    lead.enter("main form button[type=submit]")
    assert lead.visitor.heading == "Self-assessment submitted"
    lead.visitor.sees(f"SA-2025-26-{assessment.pk}-1")
    # Sign-in, first page, a page for each benchmark, the check, the confirmation: nothing was loaded in between.
    assert lead.loads == 4 + len(scored) <= MOST_LOADS
    with all_rows():
        found = Assessment.objects.get(pk=assessment.pk)
        assert found.state == State.SUBMITTED
        answers = found.self_assessments.exclude(answer="not_applicable")
        assert {one.level.code for one in answers.select_related("level")} == {"met"}
        assert all(set(one.marks.values()) == {"met"} and one.evidence for one in answers)
