"""A letter is drafted beside its preview, checked by its authority and answered, in a browser with scripts or none."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from assurance.vocabulary import LetterState
from letters.models import CheckPoint
from tests.journeys.conftest import Arrive
from tests.universe import Universe, all_rows


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without-scripts"])
def test_a_letter_is_drafted_and_checked(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    universe.at = timezone.now()
    letter = universe.letter(LetterState.DRAFT)
    adviser = arrive(universe.adviser, scripts=scripts)
    adviser.open(reverse("letter-edit", args=[letter.pk]))
    adviser.fill(summary="The group met five times.")
    if scripts:
        adviser.page.locator("#preview article", has_text="The group met five times.").wait_for()
        adviser.look()
    else:
        adviser.press("Preview")
        assert "The group met five times." in adviser.page.locator("#preview article").inner_text()
        assert adviser.page.input_value("#id_summary") == "The group met five times."
    adviser.press("Save the draft")
    adviser.follow("Send for accuracy check")
    adviser.press("Send for accuracy check")
    adviser.sees("Sent for accuracy check", "The authority was shown this text")

    lead = arrive(universe.lead, scripts=scripts)
    lead.open(reverse("home"))
    lead.follow(lead.main.get_by_role("button", name="Check your draft letter until"))
    lead.sees("Check your draft letter", "The group met five times.", "We are content: nothing is wrong")
    paragraph = lead.page.locator(".app-letter .govuk-body", has_text="The group met five times.").last
    lead.follow(paragraph.locator("a"))
    lead.sees("The group met five times.")
    lead.press("Save this point")
    lead.sees("Fill in “What is wrong?”")
    lead.fill(wrong="It met four times.")
    lead.press("Save this point")
    lead.sees("Point saved", "It met four times.", "1 point made")
    lead.press("Send our points")
    lead.sees("Your points are with your adviser", "Not answered")

    adviser.open(reverse("letter-checks", args=[letter.assessment_id]))
    adviser.follow(adviser.main.locator("section a", has_text="Answer"))
    adviser.choose("outcome", "changed")
    adviser.fill(answer="It now says four.")
    adviser.press("Save the answer")
    adviser.sees("It now says four.", "Changed")
    adviser.follow("Change the last day")
    adviser.press("Save the date")
    adviser.sees("the Prevent Lead is told")
    adviser.open(reverse("letter", args=[letter.pk]))
    adviser.follow("End accuracy check")
    adviser.press("End accuracy check")

    lead.open(reverse("letter-checks", args=[letter.assessment_id]))
    lead.sees("It now says four.", "Ended")
    with all_rows():
        assert CheckPoint.objects.get().answer == "It now says four."
