"""A year of the assurance, from the lead's first tick to the letter in three people's hands, in a real browser.

Every page that anybody comes to is looked at: by axe, in a narrow window, and for what the browser complains of.
See ``visitors.Visitor``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO, StringIO
from time import monotonic

import pypdf
import pytest
from django.core.management import call_command
from django.utils import timezone

from assurance.models import Assessment, Cycle, CycleBenchmark
from assurance.vocabulary import CycleState, LetterState, State
from benchmarks.catalogue import BenchmarkText, LevelText, SchemeText
from letters.models import Letter
from tests.conftest import FIXTURES
from tests.journeys.conftest import Arrive
from tests.journeys.visitors import Visitor
from tests.universe import CYCLE_NAMES, Universe, all_rows

STRENGTH = "The chair takes part in every meeting."
RECOMMENDATION = "Offer the training to school governors too."
COVER = "This was a good year for the partnership."
SHA256 = re.compile(r"[0-9a-f]{64}")
LETTER_MADE_WITHIN = 60_000
"""Milliseconds that the worker may take, on a machine that is busy with other tests."""


def own_level(scheme: SchemeText, number: int) -> LevelText:
    """What the authority thinks of itself."""
    return scheme.levels[-1 if number % 3 == 0 else len(scheme.levels) // 2]


def adviser_level(scheme: SchemeText, number: int) -> LevelText:
    """What the adviser thinks: lower on the first benchmark, better on the second."""
    return {1: scheme.levels[0], 2: scheme.levels[-1]}.get(number) or own_level(scheme, number)


def evidence(number: int) -> str:
    """What the authority writes about a benchmark."""
    return f"Evidence {number}: the group met four times.\n\nIts minutes are on the shared site."


def summary(number: int) -> str:
    """What the adviser writes for Annex A."""
    return f"Summary of benchmark {number}: the group is well led."


def comments(number: int) -> str:
    """What the adviser adds."""
    return f"Comment on benchmark {number}: keep the membership under review."


@pytest.mark.parametrize(
    ("code", "scripts"),
    # One scheme with scripts and the other without: criteria are answered with scripts in test_lead.py.
    [("la-10", True), ("la-8", False)],
    ids=["best-fit", "criteria-without-scripts"],
)
def test_a_year(universe: Universe, arrive: Arrive, worker: None, code: str, scripts: bool) -> None:
    files = sorted(str(path) for path in (FIXTURES / "wording").glob("*.yaml"))
    call_command("load_wording", *files, publish=True, stdout=StringIO())
    universe.cycle(code)
    scheme = universe.scheme(code)
    scored = [one for one in scheme.benchmarks.values() if one.scored]
    lead, adviser = arrive(universe.lead, scripts=scripts), arrive(universe.adviser, scripts=scripts)

    _lead_answers(lead, scheme, scored, CYCLE_NAMES[code])
    _lead_submits(lead, scored)
    _adviser_reviews(adviser, scheme, scored)
    _adviser_proposes(adviser, scored)
    _lead_accepts(lead, scheme, scored)
    _adviser_writes_the_letter(adviser)
    _signatory_issues_it(arrive(universe.signatory, scripts=scripts))

    lead.open("/")
    files_read = {
        _read_the_letter(reader, scheme, scored)
        for reader in (lead, arrive(universe.viewer, scripts=scripts), arrive(universe.manager, scripts=scripts))
    }
    assert len(files_read) == 1

    lead.follow("Back to the letters")
    lead.follow("Back to the assessment")
    lead.follow("What happened and when")
    with all_rows():
        letter = Letter.objects.select_related("assessment").get()
        assert letter.state == LetterState.ISSUED
        assert letter.assessment.state == State.AGREED
        assert letter.editions.get().sha256 == hashlib.sha256(files_read.pop()).hexdigest()


def _lead_answers(lead: Visitor, scheme: SchemeText, scored: Sequence[BenchmarkText], cycle: str) -> None:
    """Each benchmark in turn: "save and continue" leads from one to the next, and at the end to the check."""
    lead.sees("Not started", f"0 of {len(scored)} benchmarks ready")
    lead.follow(f"Alder County Council, {cycle}")
    lead.follow(f"{scored[0].number}. {scored[0].title}")
    for benchmark in scored:
        assert lead.heading == f"{benchmark.number}. {benchmark.title}"
        level = own_level(scheme, benchmark.number)
        if scheme.is_checklist:
            for criterion in benchmark.criteria.get(level.code, ()):
                lead.choose(f"mark_{criterion.id}", "met")
        lead.choose("outcome", level.code)
        lead.fill(evidence=evidence(benchmark.number))
        lead.press("Save and continue")
    assert lead.heading == "Check your answers"
    lead.follow("Back to the list")
    lead.sees(f"{len(scored)} of {len(scored)} benchmarks ready")
    lead.follow(f"{scored[0].number}. {scored[0].title}")
    assert lead.page.input_value("#id_evidence") == evidence(scored[0].number)
    lead.sees("Saved at")
    lead.press("Save and go back to the list")


def _lead_submits(lead: Visitor, scored: Sequence[BenchmarkText]) -> None:
    lead.follow("Check your answers")
    lead.sees(*(evidence(one.number) for one in scored))
    lead.press("Submit")
    lead.sees("There is a problem", "Confirm the declaration")
    assert lead.page.title().startswith("Error: ")
    lead.page.check("#id_declaration")
    lead.press("Submit")
    lead.sees("Self-assessment submitted", "Your reference SA-2025-26-", "Your Prevent adviser, Ada Adviser, reads")


def _adviser_reviews(adviser: Visitor, scheme: SchemeText, scored: Sequence[BenchmarkText]) -> None:
    adviser.open("/")
    adviser.sees("1 assessment", "Submitted")
    adviser.follow("Alder County Council")
    adviser.follow("Begin review")
    adviser.press("Begin review")
    adviser.follow(adviser.main.get_by_role("link", name=f"{scored[0].number}. {scored[0].title}", exact=True).first)
    for benchmark in scored:
        adviser.sees(evidence(benchmark.number), own_level(scheme, benchmark.number).label)
        adviser.choose("outcome", adviser_level(scheme, benchmark.number).code)
        adviser.fill(summary=summary(benchmark.number), comments=comments(benchmark.number))
        adviser.press("Save and next")
    adviser.follow("Strengths")
    adviser.fill(strength_0=STRENGTH)
    adviser.press("Save")
    adviser.follow("Recommendations")
    adviser.fill(recommendation_0=RECOMMENDATION)
    adviser.page.check(f"input[name=benchmarks_0][value='{scored[-1].number}']")
    adviser.press("Save")


def _adviser_proposes(adviser: Visitor, scored: Sequence[BenchmarkText]) -> None:
    adviser.follow("Propose outcomes")
    adviser.sees(STRENGTH, RECOMMENDATION, *(summary(one.number) for one in scored))
    adviser.press("Propose outcomes")
    adviser.sees("Outcomes proposed.")


def _lead_accepts(lead: Visitor, scheme: SchemeText, scored: Sequence[BenchmarkText]) -> None:
    lead.open("/")
    lead.follow("Read and accept the outcomes")
    lead.sees(STRENGTH, RECOMMENDATION)
    assert all(comments(one.number) in lead.main.text_content() for one in scored)
    lead.press("Accept all outcomes")
    lead.sees("Outcomes accepted.")
    headings = lead.main.locator("thead th").all_inner_texts()
    assert headings == ["Benchmark", "Own", "Adviser’s", "Difference", "What stands"]
    for benchmark in scored:
        row = lead.main.locator("tbody tr", has_text=f"{benchmark.number}. {benchmark.title}")
        own, adviser, difference, agreed = (cell.inner_text() for cell in row.locator("td").all())
        wanted = adviser_level(scheme, benchmark.number).label
        assert own == own_level(scheme, benchmark.number).label
        assert adviser == wanted
        assert (difference == "Same") == (wanted == own)
        assert agreed.splitlines()[0] == wanted


def _adviser_writes_the_letter(adviser: Visitor) -> None:
    adviser.open("/")
    adviser.follow("Alder County Council")
    adviser.follow("Letters")
    adviser.press("Draft the letter")
    adviser.fill(
        summary=COVER,
        addressee_name="Jo Chief",
        addressee_title="Chief Executive",
        addressee_address="County Hall\nAlder",
        salutation="Jo",
        sender_name="Sam Sender",
        thanks="Lena\nConrad",
        cc="Chair of the board\nLeader of the council",
    )
    adviser.press("Save the draft")
    adviser.sees("Draft saved", "Dear Jo", COVER, STRENGTH, RECOMMENDATION)
    if adviser.main.get_by_text("Look at the warnings").count():
        _adviser_overrules(adviser)
    adviser.follow("Send for approval")
    adviser.press("Send for approval")
    adviser.sees("Sent for approval")


def _adviser_overrules(adviser: Visitor) -> None:
    """Where marks lead to an outcome, some of these outcomes go against them; the adviser says why, all at once."""
    adviser.follow("Look at the warnings")
    adviser.sees("Outcome against the criteria")
    reasons = adviser.main.locator("textarea[name^=reason_]")
    for place in range(reasons.count()):
        reasons.nth(place).fill("We agreed on this when we met.")
    adviser.press("Overrule those with a reason")
    adviser.sees("No warnings are open.")
    adviser.follow(adviser.page.locator("a.govuk-back-link"))


def _signatory_issues_it(signatory: Visitor) -> None:
    """From the queue of letters. The page shows the file by itself; without scripts they look again until it does."""
    signatory.follow(signatory.page.get_by_role("navigation").get_by_text("Letters", exact=True))
    signatory.follow("Show only those awaiting approval")
    signatory.follow("Alder County Council")
    signatory.sees(COVER)
    signatory.follow("Approve and issue")
    signatory.press("Approve and issue")
    signatory.sees("Approved. The letter is issued as soon as its file is made.")
    file = signatory.main.get_by_text("Download the PDF")
    if signatory.scripts:
        file.wait_for(timeout=LETTER_MADE_WITHIN)
        signatory.look()
    else:
        last = monotonic() + LETTER_MADE_WITHIN / 1000
        while not file.count():
            assert monotonic() < last, "the worker did not make the file"
            signatory.follow("Look again")
    signatory.sees("Issued")


def _read_the_letter(reader: Visitor, scheme: SchemeText, scored: Sequence[BenchmarkText]) -> bytes:
    """From their first page to the file, which is the one that the page speaks of and says what was agreed."""
    home = reader.main.locator("h2 a, tbody th a").filter(has_text="Alder County Council")
    reader.follow(home.first)
    reader.follow("Letters")
    reader.follow("Letter 1")
    name, data = reader.download("Download the PDF")
    assert data.startswith(b"%PDF-")
    shown = reader.main.locator("dd", has_text=SHA256).inner_text()
    assert shown == hashlib.sha256(data).hexdigest()
    assert name.startswith("PDA-2025-26") and name.endswith("-E10000901-1.pdf")
    pages = pypdf.PdfReader(BytesIO(data)).pages
    said = "".join("".join(page.extract_text() for page in pages).split())
    wanted = [COVER, STRENGTH, RECOMMENDATION, "Dear Jo", "Sam Sender", "Leader of the council"]
    for benchmark in scored:
        wanted += [summary(benchmark.number), comments(benchmark.number)]
        wanted.append(adviser_level(scheme, benchmark.number).label)
    for text in wanted:
        assert "".join(text.split()) in said
    return data


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_cycle_is_prepared_opened_and_closed(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    scheme = universe.scheme("la-8")
    first, last = scheme.benchmarks[1], scheme.benchmarks[8]
    administrator = arrive(universe.administrator, scripts=scripts)

    administrator.follow(administrator.page.get_by_role("navigation").get_by_text("Cycles", exact=True))
    administrator.sees("There is no cycle yet.")
    administrator.follow("Create a cycle")
    administrator.press("Create the cycle")
    administrator.sees("There is a problem", "Enter a name, such as 2025/26", "Choose a scheme")
    administrator.fill(name="2026/27")
    administrator.choose("scheme_version", str(scheme.id))
    administrator.press("Create the cycle")
    administrator.sees("Cycle 2026/27 created")

    administrator.page.uncheck("#id_scored_8")
    administrator.press("Save")
    administrator.sees("There is a problem", f"Say why benchmark 8, {last.title}, is not scored")
    administrator.fill(reason_8="Looked at in a review of its own this year.", recommendation_limit="4")
    administrator.press("Save")
    administrator.sees("Looked at in a review of its own this year.", "0 authorities in scope")
    administrator.follow("Open the cycle")
    administrator.sees("Before that")
    administrator.follow(administrator.main.locator("li a").first)

    today = timezone.localdate()
    dates = [today + timedelta(days=30 * index) for index in range(4)]
    for name, day in zip(("opens_on", "submit_by", "agree_by", "letters_by"), dates, strict=True):
        parts = {"day": day.day, "month": day.month, "year": day.year}
        for part, value in parts.items():
            administrator.page.fill(f"#id_{name}-{part}", str(value))
    administrator.page.check("input[name=nations][value=England]")
    administrator.page.check("input[name=authority_types][value=County]")
    administrator.press("Save")
    administrator.sees("3 authorities in scope", f"{today.day} {today:%B %Y}", "6 of 8 benchmarks are scored.")

    administrator.follow("Open the cycle")
    administrator.sees("This makes 3 assessments", "Alder County Council", "Cedar County Council")
    administrator.press("Open the cycle")
    administrator.sees("Cycle 2026/27 is open, with 3 assessments")

    lead = arrive(universe.lead, scripts=scripts)
    lead.sees("0 of 6 benchmarks ready")
    lead.follow("Alder County Council, 2026/27")
    lead.sees(f"{first.number}. {first.title}", "Looked at in a review of its own this year.")
    assert lead.main.get_by_role("link", name=re.compile(rf"^{last.number}\. ")).count() == 0

    administrator.follow("Change dates and limit")
    administrator.fill(recommendation_limit="5")
    administrator.press("Save")
    administrator.follow("Close the cycle")
    administrator.sees("3 assessments have not been submitted")
    administrator.press("Close the cycle")
    administrator.sees("Cycle 2026/27 is closed")
    administrator.follow("Back to the cycles")
    administrator.sees("2026/27", "Closed")
    with all_rows():
        cycle = Cycle.objects.get()
        assert (cycle.state, cycle.recommendation_limit) == (CycleState.CLOSED, 5)
        assert list(CycleBenchmark.objects.filter(scored=False).values_list("benchmark__number", "reason")) == [
            (5, first_reason(cycle)),
            (8, "Looked at in a review of its own this year."),
        ]
        assert Assessment.objects.count() == 3


def first_reason(cycle: Cycle) -> str:
    """Why Channel is not scored, as the scheme gave it."""
    return cycle.benchmarks.get(benchmark__number=5).benchmark.unscored_note
