"""The check before submitting, the submission with its reference, the confirmation, and the page to print."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from assurance.actions import answers
from assurance.models import Assessment, Draft, Evidence, EvidenceFile, Message, Recommendation, SelfAssessment
from assurance.vocabulary import EvidenceKind, Mark, Scan, State
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, changed, ready, written
from tests.universe import Universe, all_rows, as_actor

LONG = "A sentence that goes on about the board.\n" * 200


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    """Alder's, with everything that has to be there."""
    return ready(universe, "submit")


def address(assessment: Assessment, name: str = "check") -> str:
    return reverse(name, args=[assessment.pk])


def drawn(response: HttpResponse) -> Drawn:
    assert response.status_code == 200
    return Drawn(response.content.decode())


def main(response: HttpResponse) -> str:
    return " ".join(drawn(response).one("main").text.split())


def save(universe: Universe, assessment: Assessment, number: int, **values: Any) -> None:
    """What the lead says on one benchmark, whatever stands."""
    with as_actor(universe.lead) as by:
        row = SelfAssessment.objects.get(assessment=assessment, benchmark__number=number)
        answers.save_answer(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=number,
            version=row.version,
            reply=answers.Reply(**values),
        )


def fields(visitors: Visitors, assessment: Assessment) -> dict[str, str]:
    page = drawn(visitors.get("lead", address(assessment)))
    carried = {name: page.one("input", name=name)["value"] for name in ("version", "seen")}
    return carried | {"declaration": "True"}


# The check


def test_everything_is_there_to_be_read(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    benchmark = universe.scheme().benchmarks[3]
    first, second = (one.id for one in benchmark.criteria["met"][:2])
    save(
        universe,
        assessment,
        3,
        level_code="exceeding",
        evidence=LONG,
        reason="The profile says so.",
        marks={first: Mark.MET, second: Mark.PARTLY},
        notes={first: "See the minutes of May."},
    )
    text = main(visitors.get("lead", address(assessment)))
    for number, one in universe.scheme().benchmarks.items():
        assert f"{number}. {one.title}" in text
        if one.scored and number != 3:
            assert f"Evidence for benchmark {number}." in text
    assert " ".join(LONG.split()) in text
    assert f"Show the whole text ({len(LONG.strip()):,} characters)" in text
    assert "Met: 1, Partly: 1." in text
    assert f"Met: {benchmark.criteria['met'][0].text}" in text
    assert "See the minutes of May." in text
    assert "The profile says so." in text
    assert "All 7 scored benchmarks have an outcome and evidence." in text
    assert "Before you can submit" not in text


def test_gaps_stand_on_top_with_their_links(universe: Universe, visitors: Visitors) -> None:
    universe.last_year()
    assessment = ready(universe, "submit")
    save(universe, assessment, 4)
    met = universe.scheme().benchmarks[3].criteria["met"]
    save(
        universe,
        assessment,
        3,
        level_code="exceeding",
        evidence="A panel meets.",
        marks=dict.fromkeys((one.id for one in met), Mark.MET),
    )
    with all_rows():
        row = SelfAssessment.objects.get(assessment=assessment, benchmark__number=6)
        Draft.objects.create(
            authority=universe.alder,
            assessment=assessment,
            self_assessment=row,
            person=universe.lead,
            base_version=row.version,
            content={"evidence": ["Not saved."]},
            saved_at=universe.at,
        )
    page = drawn(visitors.get("lead", address(assessment)))
    must, should = page.all("section", cls="app-gaps")
    title = universe.scheme().benchmarks
    assert f"Benchmark 4, {title[4].title}: choose your outcome" in must.text
    assert f"Benchmark 4, {title[4].title}: enter your evidence" in must.text
    assert f"Benchmark 3, {title[3].title}: say why you chose Exceeding where your marks suggest Met" in should.text
    assert "1 recommendation of last year is not answered" in should.text
    assert f"Benchmark 6, {title[6].title}: you have text that is not saved" in should.text
    for number in (3, 4, 6):
        assert page.all("a", href=reverse("answer", args=[assessment.pk, number]))
    # What stands in the way is the engine's own guard.
    before = written(universe)
    response = visitors.post("lead", address(assessment), fields(visitors, assessment))
    assert "choose your outcome" in drawn(response).one("div", cls="govuk-error-summary").text
    assert changed(before, written(universe)) == {}


def test_a_reason_settles_what_differs(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    met = universe.scheme().benchmarks[3].criteria["met"]
    values: dict[str, Any] = {
        "level_code": "exceeding",
        "evidence": "A panel meets.",
        "marks": dict.fromkeys((one.id for one in met), Mark.MET),
    }
    save(universe, assessment, 3, **values)
    assert "say why you chose" in main(visitors.get("lead", address(assessment)))
    save(universe, assessment, 3, **values, reason="The partners say so.")
    text = main(visitors.get("lead", address(assessment)))
    assert "say why you chose" not in text
    assert "The marks suggest Met." in text


def test_before_it_is_started_a_lead_is_not_told_that_somebody_else_submits(
    universe: Universe, visitors: Visitors
) -> None:
    assessment = universe.assessment()
    page = drawn(visitors.get("lead", address(assessment)))
    assert "The Prevent Lead submits" not in page.one("main").text
    assert not page.all("input", name="declaration")
    assert "The Prevent Lead submits" in main(visitors.get("contributor", address(assessment)))


def test_contributors_read_and_cannot_submit(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    page = drawn(visitors.get("contributor", address(assessment)))
    assert not page.all("input", name="declaration")
    assert "Evidence for benchmark 3." in page.one("main").text
    assert visitors.post("contributor", address(assessment), fields(visitors, assessment)).status_code == 403


# Submitting


def test_without_the_declaration_nothing_is_submitted(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    before = written(universe)
    typed = fields(visitors, assessment)
    del typed["declaration"]
    response = visitors.post("lead", address(assessment), typed)
    assert "Confirm the declaration" in drawn(response).one("div", cls="govuk-error-summary").text
    assert changed(before, written(universe)) == {}


def test_submitting_confirms_with_a_reference_and_what_comes_next(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    response = visitors.post("lead", address(assessment), fields(visitors, assessment))
    assert (response.status_code, response["Location"]) == (302, address(assessment, "submitted"))
    assert len([sql for sql in visitors.statements if "SAVEPOINT" not in sql]) <= 12
    page = drawn(visitors.get("lead", response["Location"]))
    panel = page.one("div", cls="govuk-panel").text
    assert f"SA-2025-26-{assessment.pk}-1" in panel
    text = " ".join(page.one("main").text.split())
    assert "Submitted by Lena Lead" in text
    assert "Your Prevent adviser, Ada Adviser, reads your answers and begins the review." in text
    cycle = universe.cycle()
    assert f"agreed by {cycle.agree_by.day} {cycle.agree_by:%B %Y}" in text
    for name in ("print",):
        assert page.all("a", href=address(assessment, name))
    assert page.all("form", action=reverse("submission-pdf", args=[assessment.pk]))
    assert page.all("a", href=reverse("transition", args=[assessment.pk, "recall"]))
    assert not drawn(visitors.get("viewer", response["Location"])).all(
        "a", href=reverse("transition", args=[assessment.pk, "recall"])
    )
    with all_rows():
        told = Message.objects.filter(kind="submitted").values_list("person__name", flat=True)
        assert set(told) == {"Lena Lead", "Ada Adviser"}
        found = Assessment.objects.get(pk=assessment.pk)
        assert re.fullmatch(r"I confirm that .*", found.declaration)


def test_whoever_comes_again_is_shown_the_confirmation(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    typed = fields(visitors, assessment)
    assert visitors.post("lead", address(assessment), typed).status_code == 302
    response = visitors.get("lead", address(assessment))
    assert (response.status_code, response["Location"]) == (302, address(assessment, "submitted"))
    # The same form from another tab: somebody was quicker.
    assert visitors.post("lead", address(assessment), typed).status_code == 409


def test_nobody_declares_what_they_have_not_read(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    typed = fields(visitors, assessment)
    with as_actor(universe.lead) as by:
        version = SelfAssessment.objects.get(assessment=assessment, benchmark__number=3).version
        reply = answers.Reply(level_code="met", evidence="A colleague wrote this meanwhile.")
        answers.save_answer(by=by, at=universe.at, assessment_id=assessment.pk, number=3, version=version, reply=reply)
    response = visitors.post("lead", address(assessment), typed)
    assert response.status_code == 409
    shown = response.content.decode()
    assert "An answer was saved while you were checking" in shown
    assert "A colleague wrote this meanwhile." in shown
    with all_rows():
        assert Assessment.objects.get(pk=assessment.pk).state == State.IN_PROGRESS
    assert visitors.post("lead", address(assessment), fields(visitors, assessment)).status_code == 302


def test_a_recall_takes_the_reference_and_the_next_one_counts_on(universe: Universe) -> None:
    assessment = universe.assessment(State.SUBMITTED)
    assert assessment.reference == f"SA-2025-26-{assessment.pk}-1"
    for number in (2, 3):
        with as_actor(universe.lead) as by:
            common: dict[str, Any] = {"by": by, "at": universe.at, "assessment_id": assessment.pk}
            assert answers.recall(**common).reference == ""
            assert answers.submit(declaration="So it is.", **common).reference.endswith(f"-{assessment.pk}-{number}")
    with all_rows():
        references = Assessment.history.filter(id=assessment.pk).exclude(reference="").order_by("history_id")
        assert len(set(references.values_list("reference", flat=True))) == 3


@pytest.mark.parametrize(
    ("cycle", "wanted"),
    [
        ("2025/26", "SA-2025-26-7-2"),
        ("2025/26 (ten benchmarks)", "SA-2025-26-7-2"),
        ("Blwyddyn-fawr-iawn-iawn", "SA-Blwyddyn-faw-7-2"),
        ("«»", "SA-7-2"),
    ],
)
def test_a_reference_is_short_whatever_the_cycle_is_called(
    universe: Universe, assessment: Assessment, cycle: str, wanted: str
) -> None:
    assessment.pk = 7
    assessment.cycle.name = cycle
    found = answers.reference(assessment, 2)
    assert found == wanted
    assert len(answers.reference(assessment, 10**9)) <= 40


def test_the_page_of_the_transition_leads_to_the_check(visitors: Visitors, assessment: Assessment) -> None:
    response = visitors.get("lead", reverse("transition", args=[assessment.pk, "submit"]))
    assert (response.status_code, response["Location"]) == (302, address(assessment))


# The page to print


def evidence(universe: Universe, assessment: Assessment, title: str, scan: Scan | None, numbers: list[int]) -> Evidence:
    """A link, or with a scan a file."""
    with all_rows():
        item = Evidence.objects.create(
            authority=universe.alder,
            assessment=assessment,
            kind=EvidenceKind.LINK if scan is None else EvidenceKind.FILE,
            title=title,
            url="" if scan else "https://alder.example/minutes",
            benchmark_numbers=numbers,
            added_by=universe.lead,
            added_at=universe.at,
        )
        if scan:
            for number in (1, 2):
                EvidenceFile.objects.create(
                    authority=universe.alder,
                    assessment=assessment,
                    evidence=item,
                    number=number,
                    name=f"version-{number}.pdf",
                    size=2048,
                    media_type="application/pdf",
                    added_by=universe.lead,
                    added_at=universe.at,
                    scan=scan,
                )
    return item


def test_files_and_links_stand_with_their_benchmarks(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    clean = evidence(universe, assessment, "The minutes", Scan.CLEAN, [2, 3])
    waiting = evidence(universe, assessment, "The plan", Scan.WAITING, [3])
    evidence(universe, assessment, "The site", None, [3])
    evidence(universe, assessment, "Loose", None, [])
    gone = evidence(universe, assessment, "Taken away", Scan.CLEAN, [3])
    with all_rows():
        gone.removed_at = universe.at
        gone.save()
    page = drawn(visitors.get("lead", address(assessment)))
    assert len(page.all("a", href=reverse("evidence-file", args=[assessment.pk, clean.pk, 2]))) == 2
    assert not page.all("a", href=reverse("evidence-file", args=[assessment.pk, waiting.pk, 2]))
    text = " ".join(page.one("main").text.split())
    assert "The plan (version-2.pdf, 2.0" in text and "Being scanned" in text
    assert "version-1.pdf" not in text and "Taken away" not in text
    assert page.all("a", href="https://alder.example/minutes")
    paper = main(visitors.get("lead", address(assessment, "print")))
    assert "The site: https://alder.example/minutes" in paper
    assert "Files and links on no benchmark in particular" in paper


def test_the_page_to_print_holds_everything_at_once(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    save(universe, assessment, 3, level_code="met", evidence=LONG)
    page = drawn(visitors.get("lead", address(assessment, "print")))
    assert not page.all("details")
    assert page.one("main").text.count("A sentence that goes on about the board.") == 200
    universe.assessment(State.SUBMITTED)
    for who in ("viewer", "adviser", "auditor"):
        assert f"SA-2025-26-{assessment.pk}-1" in main(visitors.get(who, address(assessment, "print")))


def test_a_hostile_text_is_only_text(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    save(universe, assessment, 3, level_code="met", evidence="<script>alert(1)</script> {{ actor }} {% url %}")
    for name in ("check", "print"):
        response = visitors.get("lead", address(assessment, name))
        assert "<script>alert" not in response.content.decode()
        assert "<script>alert(1)</script> {{ actor }} {% url %}" in main(response)


@pytest.mark.parametrize("name", ["check", "print"])
def test_more_of_everything_costs_no_more(
    universe: Universe, visitors: Visitors, assessment: Assessment, name: str
) -> None:
    def cost() -> int:
        visitors.get("lead", address(assessment, name))
        return len([sql for sql in visitors.statements if "SAVEPOINT" not in sql])

    few = cost()
    for number in range(10):
        evidence(universe, assessment, f"File {number}", Scan.CLEAN, [1, 2, 3])
    for number in (1, 2, 3, 4):
        save(universe, assessment, number, level_code="met", evidence=LONG)
    with all_rows():
        assert not Recommendation.objects.exists()
    assert cost() == few <= 8
