"""Wording is written with the letter beside it, with scripts and without; and a letter is translated."""

from __future__ import annotations

import pytest

from assurance.vocabulary import LetterState
from letters import translation_actions
from letters.actions import wordings_for
from letters.models import Letter, LetterTranslation, Wording
from tests.journeys.conftest import Arrive
from tests.letters.stages import in_wales, load_wordings
from tests.universe import Universe, all_rows, as_actor


@pytest.fixture(autouse=True)
def wordings(universe: Universe) -> None:
    universe.scheme()
    load_wordings()


def shipped() -> Wording:
    with all_rows():
        return Wording.objects.get(code="outcomes-2024", language="en", version="1")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_new_year_gets_its_wording(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    administrator = arrive(universe.administrator, scripts=scripts)
    administrator.open("/letters/wordings/")
    administrator.follow("Letter of outcomes, head of unit to chief executive, 1")
    administrator.follow("Make a new version")
    administrator.fill(version="2027")
    administrator.press("Make the new version")
    with all_rows():
        draft = Wording.objects.get(version="2027")
    administrator.follow("Title, heading, greeting and signature")
    administrator.fill(salutation="Dear {salutaton}")
    administrator.press("Save")
    administrator.sees("{salutaton} is not a field")
    administrator.fill(salutation="Good morning {salutation},")
    panel = administrator.page.locator("#wording-preview")
    if scripts:
        panel.get_by_text("Good morning Pat,").wait_for()
    else:
        administrator.press("Preview")
        assert "Good morning Pat," in panel.inner_text()
    with all_rows():
        assert Wording.objects.get(pk=draft.pk).content == draft.content
    administrator.press("Save")
    administrator.open(f"/letters/wordings/{draft.pk}/texts/letter/share/")
    administrator.page.get_by_label("Someone is thanked", exact=True).first.check()
    administrator.fill(text="Please share this letter with {authority}.")
    administrator.press("Save")
    administrator.sees("only when someone is thanked")
    for part in ("about", "annex-a", "annex-b", "labels", "dates"):
        administrator.open(f"/letters/wordings/{draft.pk}/part/{part}/")
    administrator.open(f"/letters/wordings/{draft.pk}/preview/")
    administrator.sees("Please share this letter with Fernmoor Vale Council.")
    administrator.open(f"/letters/wordings/{draft.pk}/publish/")
    administrator.press("Publish")
    administrator.sees("It can no longer change")
    with all_rows():
        published = Wording.objects.get(pk=draft.pk)
    assert published.status == "published" and published.content["salutation"] == "Good morning {salutation},"
    administrator.open(f"/letters/cycle/{universe.cycle().pk}/wordings/")
    administrator.choose("wording_en", str(shipped().pk))
    administrator.press("Save")
    administrator.sees("Saved")


def test_a_letter_is_translated(universe: Universe, arrive: Arrive) -> None:
    in_wales(universe)
    letter: Letter = universe.letter(LetterState.DRAFT)
    with as_actor(universe.adviser) as by:
        translation_actions.use_wordings(
            by=by, at=universe.at, letter_id=letter.pk, wordings=wordings_for(letter.assessment)
        )
    adviser = arrive(universe.adviser)
    adviser.open(f"/letters/{letter.pk}/")
    adviser.follow("Welsh of the letter")
    adviser.fill(text_summary="Blwyddyn o waith cyson.")
    adviser.press("Save")
    adviser.sees("text", "saved")
    with all_rows():
        assert LetterTranslation.objects.get(key="summary").text == "Blwyddyn o waith cyson."
    adviser.follow("Read the Welsh letter as it stands")
    adviser.sees("Blwyddyn o waith cyson.", "Annwyl Cora")
