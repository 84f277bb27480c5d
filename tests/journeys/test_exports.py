"""A manager takes their region away, through a real worker, and an auditor sees that they did."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook
from pptx import Presentation

from assurance.vocabulary import State
from tests.journeys.conftest import Arrive
from tests.journeys.test_workbook import download
from tests.universe import Universe


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without-scripts"])
def test_a_region_is_taken_away_and_noted(universe: Universe, arrive: Arrive, worker: None, scripts: bool) -> None:
    universe.assessment(State.AGREED)
    universe.assessment(State.AGREED, authority=universe.cedar)
    manager = arrive(universe.manager, scripts=scripts)
    manager.open(reverse("exports"))
    manager.sees("0 exports", "Every outcome of a cycle", "Region pack: slides or PDF")
    manager.press(manager.main.get_by_role("button", name="Take away").first)
    manager.sees("Outcomes of a cycle: 2025/26")
    name, data = download(manager, "Excel")
    assert name.startswith("prevent-outcomes-2025-26-") and name.endswith(".xlsx")
    sheet = load_workbook(BytesIO(data))["Outcomes"]
    assert {row[0].value for row in sheet.iter_rows(min_row=2)} == {"Alder County Council", "Birch County Council"}

    manager.open(reverse("exports"))
    manager.press(manager.main.get_by_role("button", name="Take away").last)
    manager.sees("Region pack: 2025/26, North")
    name, data = download(manager, "Slides (PowerPoint)")
    assert name.endswith(".pptx")
    titles = [slide.shapes.title.text for slide in Presentation(BytesIO(data)).slides]
    assert "Outcomes by authority" in titles

    auditor = arrive(universe.auditor, scripts=scripts)
    auditor.open(reverse("exports"))
    auditor.sees("2 exports", "Mona Manager", "Outcomes of 2025/26", "Slides (PowerPoint)")
