"""Evidence brought by somebody at a browser: several files at once, with scripts and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from assurance.models import EvidenceFile
from assurance.vocabulary import State
from tests import files
from tests.journeys.conftest import Arrive
from tests.journeys.visitors import Visitor
from tests.universe import Universe, all_rows

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = ("plan.pdf", "figures.xlsx", "photo.png")
CHOSEN = "input[type=file]"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    """The store in a folder of this test."""
    options = settings.STORAGES["uploads"]["OPTIONS"] | {"location": tmp_path / "uploads"}
    settings.STORAGES = settings.STORAGES | {"uploads": settings.STORAGES["uploads"] | {"OPTIONS": options}}


@pytest.fixture
def brought(tmp_path: Path) -> dict[str, Path]:
    """Files on the person's own disk: three good ones, one that is none, and one that is too large."""
    content = {name: files.TAKEN[name]() for name in GOOD}
    content |= {"invoice.pdf": b"MZ" + b"\0" * 500, "film.png": b"\x89PNG" + b"\0" * (20 * 1024 * 1024)}
    for name, given in content.items():
        (tmp_path / name).write_bytes(given)
    return {name: tmp_path / name for name in content}


def begin(universe: Universe, arrive: Arrive, **options: Any) -> tuple[Visitor, str]:
    """The lead on the page where evidence for benchmark 2 is added, and the address of the benchmark."""
    assessment_id = universe.assessment(State.IN_PROGRESS).pk
    visitor = arrive(universe.lead, **options)
    visitor.open(f"/assessments/{assessment_id}/evidence/add/?benchmark=2")
    return visitor, f"/assessments/{assessment_id}"


def kept() -> list[str]:
    with all_rows():
        return sorted(EvidenceFile.objects.values_list("name", flat=True))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_three_files_are_added_at_once_and_downloaded(
    universe: Universe, arrive: Arrive, brought: dict[str, Path], scripts: bool
) -> None:
    visitor, assessment = begin(universe, arrive, scripts=scripts)
    visitor.page.set_input_files(CHOSEN, [brought[name] for name in GOOD])
    visitor.press("Add")
    assert visitor.path == f"{assessment}/benchmarks/2/"
    assert kept() == sorted(GOOD)
    visitor.open(f"{assessment}/evidence/")
    for title, name in (("plan", "plan.pdf"), ("figures", "figures.xlsx"), ("photo", "photo.png")):
        assert visitor.download(title) == (name, brought[name].read_bytes())
    visitor.follow(visitor.main.get_by_role("link", name="Details").first)
    visitor.page.set_input_files(CHOSEN, brought["photo.png"])
    visitor.press("Replace")
    visitor.sees("The file was replaced. The earlier version is kept", "version 2")
    visitor.follow(visitor.main.get_by_role("link", name="Details").first)
    visitor.sees("Download photo.png", "Download plan.pdf")
    visitor.press("Take away")
    visitor.sees("“photo” was taken away")


def test_what_is_refused_is_told_beside_its_file_and_the_rest_is_kept(
    universe: Universe, arrive: Arrive, brought: dict[str, Path]
) -> None:
    visitor, assessment = begin(universe, arrive)
    page = visitor.page
    page.set_input_files(CHOSEN, [brought[name] for name in ("plan.pdf", "invoice.pdf", "film.png", "photo.png")])
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("2 of 4 files sent. Some files were not added").wait_for()
    visitor.look()
    assert [" ".join(row.split()) for row in page.locator(".app-upload__file").all_inner_texts()] == [
        "plan.pdf Added",
        "invoice.pdf Not added. “invoice.pdf” was not added. This is a program. You can add PDF, Word, Excel, "
        "OpenDocument and images (PNG, JPEG, GIF, WebP, TIFF)",
        "film.png Not added. The file is larger than 20 MB. Make it smaller, or add a link to where it is kept",
        "photo.png Added",
    ]
    assert kept() == ["photo.png", "plan.pdf"]
    assert chosen(page) == ["invoice.pdf", "film.png"], "what was refused stays chosen, and nothing else"
    page.set_input_files(CHOSEN, [brought["figures.xlsx"]])
    visitor.fill(url="https://example.org/plan", link_title="The plan")
    visitor.press("Add")
    assert visitor.path == f"{assessment}/benchmarks/2/"
    assert kept() == ["figures.xlsx", "photo.png", "plan.pdf"]
    visitor.open(f"{assessment}/evidence/")
    visitor.sees("The plan")


def test_without_scripts_the_good_are_kept_and_the_bad_are_named(
    universe: Universe, arrive: Arrive, brought: dict[str, Path]
) -> None:
    visitor, _assessment = begin(universe, arrive, scripts=False)
    visitor.page.set_input_files(CHOSEN, [brought[name] for name in ("plan.pdf", "invoice.pdf", "film.png")])
    visitor.press("Add")
    visitor.sees("There is a problem", "“invoice.pdf” was not added. This is a program")
    visitor.sees("“film.png” was not added. The file is larger than 20 MB", "1 file was added")
    assert kept() == ["plan.pdf"]


def test_when_the_session_has_ended_the_files_stay_chosen(
    universe: Universe, arrive: Arrive, brought: dict[str, Path]
) -> None:
    visitor, assessment = begin(universe, arrive)
    page = visitor.page
    page.set_input_files(CHOSEN, [brought["plan.pdf"]])
    cookies = visitor.context.cookies()
    visitor.context.clear_cookies(name="sessionid")
    visitor._expected = 401
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("You are signed out. Sign in again in another tab").wait_for()
    assert chosen(page) == ["plan.pdf"]
    assert kept() == []
    visitor.context.add_cookies(cookies)
    visitor.press("Add")
    assert visitor.path == f"{assessment}/benchmarks/2/"
    assert kept() == ["plan.pdf"]


def chosen(page: Page) -> list[str]:
    """The names of the files that the field holds."""
    found: list[str] = page.locator(CHOSEN).evaluate("(it) => [...it.files].map((one) => one.name)")
    return found
