"""The workbook goes out to partners and comes back, in a real browser and through a real worker."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from assurance.models import SelfAssessment
from assurance.vocabulary import State
from tests.assurance.workbooks import row_of
from tests.journeys.conftest import Arrive
from tests.journeys.visitors import Visitor
from tests.universe import Universe, all_rows

WITHIN = 60_000
"""Milliseconds that the worker may take, on a machine that is busy with other tests."""


def wait_for(visitor: Visitor, what: str) -> None:
    """Until the page, which shows itself anew, has this; then look at it."""
    visitor.page.wait_for_selector(what, timeout=WITHIN)
    visitor.look()


def download(visitor: Visitor, button: str) -> tuple[str, bytes]:
    visitor.press(button)
    wait_for(visitor, "main a.govuk-button")
    return visitor.download(visitor.main.locator("a.govuk-button").inner_text())


def upload(visitor: Visitor, place: str, file: Path) -> None:
    visitor.open(place)
    visitor.page.set_input_files("#id_file", file)
    visitor.press("Upload and compare")
    wait_for(visitor, "main form, main .govuk-notification-banner")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "without-scripts"])
def test_a_workbook_goes_round(universe: Universe, arrive: Arrive, worker: None, tmp_path: Path, scripts: bool) -> None:
    universe.last_year()
    assessment = universe.assessment(State.IN_PROGRESS)
    lead = arrive(universe.lead, scripts=scripts)
    place = reverse("workbook", args=[assessment.pk])
    lead.open(reverse("assessment", args=[assessment.pk]))
    lead.follow(lead.main.locator(f"a[href='{place}']"))
    name, data = download(lead, "Make a workbook for Excel (.xlsx)")
    assert name == "prevent-self-assessment-alder-county-council-2025-26.xlsx"

    book = load_workbook(BytesIO(data))
    for number, evidence in ((1, "Partners say more."), (2, "A panel meets every month."), (3, "Wrong.")):
        sheet = book[f"Benchmark {number}"]
        sheet.cell(row_of(sheet, "evidence"), 4).value = evidence
        sheet.cell(row_of(sheet, "outcome"), 3).value = "Met" if number < 3 else "Fine"
    file = tmp_path / "from partners.xlsx"
    book.save(file)

    upload(lead, place, file)
    lead.sees("What would change", "Partners say", "A panel meets every month.")
    lead.sees("Benchmark 3, cell C", "“Fine” is not in the list: Not met, Met, Exceeding")
    assert lead.page.locator("input[name=apply]:checked").count() == 2
    lead.page.uncheck("input[name=apply][value='1']")
    lead.press("Take over what is ticked")
    lead.sees("Taken over", "1 benchmark")
    with all_rows():
        texts = dict(SelfAssessment.objects.filter(assessment=assessment).values_list("benchmark__number", "evidence"))
    assert (texts[1], texts[2], texts[3]) == ("Evidence for benchmark 1.", "A panel meets every month.", "")

    upload(lead, place, file)
    lead.sees("Changed", "Unchanged")
    lead.press("Discard the workbook")
    lead.sees("The workbook was discarded. Nothing was changed")


def test_the_open_document_comes_back_as_it_went(
    universe: Universe, arrive: Arrive, worker: None, tmp_path: Path
) -> None:
    assessment = universe.assessment(State.IN_PROGRESS, "la-10")
    lead = arrive(universe.lead)
    place = reverse("workbook", args=[assessment.pk])
    lead.open(place)
    name, data = download(lead, "Make an OpenDocument workbook (.ods)")
    assert name.endswith(".ods")
    file = tmp_path / name
    file.write_bytes(data)
    upload(lead, place, file)
    lead.sees("The workbook says what stands here. There is nothing to take over.")

    file.write_bytes(data[:-200])
    upload(lead, place, file)
    lead.sees("The file was not taken, and nothing was changed", "The file is damaged")
