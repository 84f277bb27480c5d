"""A review by keyboard, and in a real browser: keys, the word of warning before text is lost, and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog

from assurance.actions import answers
from assurance.models import Assessment, PrivateNote, Review
from assurance.vocabulary import State
from tests.journeys.conftest import Arrive
from tests.journeys.visitors import Visitor
from tests.universe import Universe, all_rows, as_actor


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    """In review, with marks and notes on benchmark 2, after a last year."""
    universe.last_year()
    found = universe.assessment(State.IN_PROGRESS)
    met = [one.id for one in universe.scheme().benchmarks[2].criteria["met"]]
    reply = answers.Reply(
        level_code="exceeding",
        evidence="A panel of nine partners meets each month and follows up what it decided.\n\n" * 12,
        reason="The panel is ahead of its plan.",
        marks=dict.fromkeys(met[:4], "met") | {met[4]: "partly"},
        notes={met[4]: "From May on, with the police."},
    )
    with as_actor(universe.lead) as by:
        answers.save_answer(by=by, at=universe.at, assessment_id=found.pk, number=2, version=1, reply=reply)
    return universe.assessment(State.IN_REVIEW)


def key(visitor: Visitor, letter: str, leads: bool = False) -> None:
    """Press Alt, Shift and the letter; if it leads on, the page that comes is looked at."""
    if not leads:
        visitor.page.keyboard.press(f"Alt+Shift+{letter}")
        return
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press(f"Alt+Shift+{letter}")
    visitor.look()


def focus(visitor: Visitor) -> str:
    found: str = visitor.page.evaluate("document.activeElement.id || document.activeElement.name")
    return found


def row(assessment: Assessment, number: int = 2) -> Review:
    with all_rows():
        return Review.objects.get(assessment=assessment, benchmark__number=number)


def test_a_benchmark_is_reviewed_by_keys_alone(universe: Universe, arrive: Arrive, assessment: Assessment) -> None:
    adviser = arrive(universe.adviser)
    adviser.open(f"/assessments/{assessment.pk}/review/2/")
    key(adviser, "G", leads=True)
    first = universe.scheme().benchmarks[2].criteria["met"][0].id
    assert adviser.page.is_checked(f"input[name=verdict_{first}][value=agree]")
    assert row(assessment).verdicts == {}
    key(adviser, "O")
    adviser.page.keyboard.press("Space")
    assert adviser.page.input_value("input[name=outcome]:checked")
    key(adviser, "X", leads=True)
    key(adviser, "M")
    assert focus(adviser) == "id_summary"
    assert adviser.page.input_value("#id_summary").startswith("A panel of nine partners")
    adviser.page.keyboard.press("Control+A")
    # Capitals are letters like any others.
    adviser.page.keyboard.type("SNOW")
    key(adviser, "V")
    assert focus(adviser) == "id_private"
    adviser.page.keyboard.type("Ask the deputy.")
    key(adviser, "E")
    assert adviser.page.evaluate("document.activeElement.className") == "app-evidence-box"
    key(adviser, "H")
    assert adviser.page.get_by_text("Save, and go to the next benchmark").is_visible()
    key(adviser, "N", leads=True)
    assert adviser.path == f"/assessments/{assessment.pk}/review/3/"
    saved = row(assessment)
    assert (saved.summary, len(saved.verdicts)) == ("SNOW", 5)
    with all_rows():
        assert PrivateNote.objects.get().text == "Ask the deputy."
    key(adviser, "K", leads=True)
    assert adviser.path == f"/assessments/{assessment.pk}/review/2/"


def test_leaving_with_unsaved_text_asks_first(universe: Universe, arrive: Arrive, assessment: Assessment) -> None:
    adviser = arrive(universe.adviser)
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    adviser.page.on("dialog", answer)
    adviser.open(f"/assessments/{assessment.pk}/review/2/")
    adviser.follow(adviser.page.locator("a[rel=next]"))
    assert asked == []
    adviser.page.locator("#id_summary").press_sequentially("They meet.")
    adviser.press("Save")
    assert asked == []
    adviser.page.locator("#id_summary").press_sequentially("More.")
    adviser.follow(adviser.page.locator("a[rel=next]"))
    assert asked == ["beforeunload"]


def test_all_of_it_works_without_scripts(universe: Universe, arrive: Arrive, assessment: Assessment) -> None:
    adviser = arrive(universe.adviser, scripts=False)
    adviser.open(f"/assessments/{assessment.pk}/review/2/")
    assert not adviser.page.get_by_text("Keyboard shortcuts").is_visible()
    adviser.press("Agree with everything not set otherwise")
    adviser.press("Start from the authority’s text")
    adviser.choose("outcome", "met")
    adviser.press("Save and next")
    adviser.sees("Benchmark 2 saved")
    saved = row(assessment)
    assert (saved.summary[:7], len(saved.verdicts)) == ("A panel", 5)
    universe.review_all(assessment.pk, universe.alder, universe.scheme())
    universe.assessment(State.PROPOSED)
    adviser.open(f"/assessments/{assessment.pk}/review/2/")
    adviser.sees("You can read this here, and not change it.", "Agree")
    adviser.open(f"/assessments/{assessment.pk}/private-notes/")
    adviser.fill(private="They are short of people.")
    adviser.press("Save")
    assert adviser.page.input_value("#id_private") == "They are short of people."
