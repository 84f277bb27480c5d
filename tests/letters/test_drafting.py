"""The page of a draft: what is typed is seen as it would print, before it is saved; last year's letter is at hand."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from letters import actions
from letters.models import Letter
from tests.letters.stages import Stages, in_wales
from tests.letters.test_accuracy_check import WELSH_HEADING
from tests.matrices.world import Visitors, changed, overrule_all, written
from tests.universe import Universe, all_rows, as_actor


@pytest.fixture
def stages(universe: Universe) -> Stages:
    """Letters about Alder."""
    return Stages(universe)


def fields(letter: Letter, **typed: Any) -> dict[str, Any]:
    """The form as the browser sends it, with something else typed."""
    shorts = {name: getattr(letter, name) for name in actions.SHORT}
    lines = {name: "\n".join(getattr(letter, name)) for name in actions.LINES}
    return shorts | lines | {"summary": letter.summary, "version": letter.version} | typed


def test_the_page_shows_the_letter_beside_its_form(stages: Stages) -> None:
    letter = stages.complete(stages.drafted())
    page = Visitors(stages.universe).get("adviser", reverse("letter-edit", args=[letter.pk])).content.decode()
    assert 'id="letter-form"' in page and 'id="preview"' in page
    assert page.count("A good year.") == 2, "in the form and in the letter"
    assert '<details class="govuk-details"><summary' in page.partition('id="preview"')[2], "Annex B is folded"


@pytest.mark.parametrize("name", ["letter-edit", "letter-preview"])
def test_what_is_typed_is_seen_and_not_saved(stages: Stages, name: str) -> None:
    """With the button and without a script, and as the script asks for it."""
    letter = stages.complete(stages.drafted())
    visitors = Visitors(stages.universe)
    before = written(stages.universe)
    typed = fields(letter, summary="A typed year.", addressee_name="Sir Typed", preview="as-typed")
    response = visitors.post("adviser", reverse(name, args=[letter.pk]), typed)
    page = response.content.decode()
    assert response.status_code == 200
    shown = page.partition('<article class="app-letter"')[2]
    assert "A typed year." in shown and "Sir Typed" in shown and "A good year." not in shown
    assert changed(before, written(stages.universe)) == {}
    if name == "letter-edit":
        assert page.count("A typed year.") == 2, "and it is still in the form"


def test_a_field_with_an_error_leaves_the_rest_of_the_preview(stages: Stages) -> None:
    letter = stages.complete(stages.drafted())
    typed = fields(letter, summary="A typed year.", cc="\n".join(["One too many"] * 13))
    page = Visitors(stages.universe).post("adviser", reverse("letter-preview", args=[letter.pk]), typed)
    assert "A typed year." in page.content.decode() and "Chair of the board" in page.content.decode()


def test_each_language_has_its_own_preview(stages: Stages) -> None:
    in_wales(stages.universe)
    letter = stages.complete(stages.drafted())
    visitors, address = Visitors(stages.universe), reverse("letter-preview", args=[letter.pk])
    english = visitors.post("adviser", address, fields(letter)).content.decode()
    assert '<article class="app-letter" lang="en"' in english and 'value="cy"' in english
    for asked in ({"preview": "cy"}, {"shown": "cy"}, {"preview": "as-typed", "shown": "cy"}):
        page = visitors.post("adviser", address, fields(letter, **asked)).content.decode()
        assert '<article class="app-letter" lang="cy"' in page and WELSH_HEADING in page
    page = visitors.post("adviser", reverse("letter-edit", args=[letter.pk]), fields(letter, preview="cy"))
    assert WELSH_HEADING in page.content.decode()


def test_warnings_about_the_words_are_beside_them_as_they_are_typed(stages: Stages) -> None:
    letter = stages.complete(stages.drafted())
    visitors, address = Visitors(stages.universe), reverse("letter-preview", args=[letter.pk])
    assert "own words" not in visitors.post("adviser", address, fields(letter)).content.decode()
    page = visitors.post("adviser", address, fields(letter, summary="A good year, as in Birch.")).content.decode()
    assert "own words" in page and "Covering summary of the letter" in page


def test_what_cannot_be_printed_is_said_there(stages: Stages) -> None:
    letter = stages.complete(stages.drafted())
    typed = fields(letter, sender_organisation="", summary="\U0001f600")
    page = Visitors(stages.universe).post("adviser", reverse("letter-preview", args=[letter.pk]), typed)
    assert "cannot be printed" in page.content.decode()


def test_last_years_letter_is_at_hand(stages: Stages) -> None:
    visitors = Visitors(stages.universe)
    earlier = stages.universe.last_year()
    letter = stages.complete(stages.drafted(), summary="How it is.")
    address = reverse("letter-edit", args=[letter.pk])
    assert "Last year’s letter" not in visitors.get("adviser", address).content.decode()
    with as_actor(stages.universe.adviser) as by:
        last = actions.draft_letter(by=by, at=stages.universe.at, assessment_id=earlier.pk)
    overrule_all(stages.universe, earlier)
    last = stages.issued(last)
    page = visitors.get("adviser", address).content.decode()
    assert "A good year." in page and reverse("letter", args=[last.pk]) in page
    assert "Write the risks down." in page


def test_a_draft_that_went_on_keeps_what_was_typed(stages: Stages) -> None:
    letter = stages.awaiting()
    response = Visitors(stages.universe).post(
        "adviser", reverse("letter-edit", args=[letter.pk]), fields(letter, summary="We typed this too late.")
    )
    assert response.status_code == 409 and "We typed this too late." in response.content.decode()
    with all_rows():
        assert Letter.objects.get(pk=letter.pk).summary == "A good year."


@pytest.mark.parametrize("who", ["lead", "viewer", "signatory", "auditor", "manager"])
def test_only_who_drafts_sees_a_preview(stages: Stages, who: str) -> None:
    letter = stages.complete(stages.drafted())
    response = Visitors(stages.universe).post(who, reverse("letter-preview", args=[letter.pk]), fields(letter))
    assert response.status_code == 403
