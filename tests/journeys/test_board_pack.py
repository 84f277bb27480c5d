"""From an issued letter to slides for a committee, in a real browser and through a real worker."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.urls import reverse
from pptx import Presentation

from tests.journeys.conftest import Arrive
from tests.journeys.test_workbook import download
from tests.letters.test_board_pack import STRENGTH, issued
from tests.universe import Universe


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without-scripts"])
def test_a_letter_becomes_slides(universe: Universe, arrive: Arrive, worker: None, scripts: bool) -> None:
    letter = issued(universe)
    viewer = arrive(universe.viewer, scripts=scripts)
    viewer.open(reverse("letter", args=[letter.pk]))
    viewer.follow("Board pack: slides and a PDF for your committee")
    viewer.sees("“They read the CTLP, and Cllr Ann Example thanked them.”", "A person’s name: “Conrad Gray”")
    viewer.press("Make the slides")
    viewer.sees("Choose whether “Strength 2” goes into the pack")

    viewer.choose("choice_strength-2", "edit")
    viewer.fill(**{"text_strength-2": "They read a profile."})
    viewer.choose("choice_owners", "leave")
    name, data = download(viewer, "Make the slides")
    assert name == "board-pack-alder-county-council-2025-26.pptx"
    slides = Presentation(BytesIO(data)).slides
    said = [shape.text_frame.text for slide in slides for shape in slide.shapes if shape.has_text_frame]
    assert f"{STRENGTH}\nThey read a profile." in "\n".join(said)

    viewer.open(reverse("letter-board", args=[letter.pk]))
    assert viewer.page.input_value("[name='text_strength-2']") == "They read a profile."
    viewer.choose("choice_strength-2", "leave")
    name, data = download(viewer, "Make the PDF")
    assert name.endswith(".pdf") and data.startswith(b"%PDF")
