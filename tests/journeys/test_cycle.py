"""A year of the assurance, from the lead's first tick to the letter in three people's hands, in a real browser.

Every page that anybody comes to is looked at by axe, at a narrow width, and for what the browser complains of:
see ``visitors.Visitor``.
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from io import BytesIO

import pypdf
import pytest
from django.core.management import call_command
from django.utils import timezone

from assurance.models import Cycle, CycleBenchmark
from assurance.vocabulary import CycleState, LetterState, State
from benchmarks.catalogue import BenchmarkText, SchemeText
from letters.models import Letter
from tests.conftest import FIXTURES
from tests.journeys.conftest import Arrive
from tests.journeys.visitors import Visitor
from tests.universe import CYCLE_NAMES, USUAL_LEVEL, Universe, all_rows

STRENGTH = "The board’s chair takes part in every meeting."
RECOMMENDATION = "Offer the training to school governors too."
COVER = "This was a good year for the partnership."
SHA = re.compile(r"\b[0-9a-f]{64}\b")


@pytest.fixture(autouse=True)
def wordings(transactional_db: None) -> None:
    """The wording that letters are written in."""
    files = sorted(str(path) for path in (FIXTURES / "wording").glob("*.yaml"))
    call_command("load_wording", *files, publish=True, verbosity=0, stdout=open_nowhere())


def open_nowhere() -> BytesIO:
    """A place for what a command says."""
    raise NotImplementedError


@pytest.mark.parametrize(
    ("code", "scripts"),
    [("la-8", True), ("la-10", True), ("la-8", False)],
    ids=["criteria", "best fit", "criteria, without scripts"],
)
def test_a_year(universe: Universe, arrive: Arrive, worker: None, code: str, scripts: bool) -> None:
    universe.cycle(code)
    scheme = universe.scheme(code)
    scored = [one for one in scheme.benchmarks.values() if one.scored]
    lead, adviser = arrive(universe.lead, scripts=scripts), arrive(universe.adviser, scripts=scripts)

    lead_answers(lead, scheme, scored, CYCLE_NAMES[code])
    lead_submits(lead, scored)
    adviser_reviews(adviser, scheme, scored)
    adviser_proposes(adviser, scored)
    lead_accepts(lead, scheme, scored)
    letter = adviser_writes(adviser)
    adviser.close()
    signatory_issues(arrive(universe.signatory, scripts=scripts), letter)

    first = None
    for person in (universe.lead, universe.viewer, universe.manager):
        reader = lead if person == universe.lead else arrive(person, scripts=scripts)
        first = first or read_letter(reader, scheme, scored)
        assert read_letter(reader, scheme, scored) == first

    lead.open("/")
    lead.follow(lead.main.locator("h2 a").first)
    lead.follow("What happened and when")
    lead.sees("issued")
    with all_rows():
        found = Letter.objects.get()
        assert (found.state, found.sha256) == (LetterState.ISSUED, hashlib.sha256(first).hexdigest())
        assert found.assessment.state == State.AGREED
