"""Whole pages: without gaps, accessible, narrow enough, quick to load, alive with and without scripts."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from django import forms
from django.contrib.staticfiles import finders
from django.template import engines

from tests.browser import faults, overflow
from tests.frontend.conftest import NAVIGATION, Draw, Person, Viewer
from tests.frontend.markup import Drawn
from tests.frontend.samples import EverythingForm

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
ERRORS = ("400", "403", "404", "409", "429", "500", "csrf", "locked_out", "maintenance")
RESET = ("form", "done", "confirm", "complete")
PAGES = [
    *(f"errors/{name}.html" for name in ERRORS),
    *(f"pages/{name}.html" for name in ("help", "accessibility", "cookies", "privacy")),
    *(f"registration/{name}.html" for name in ("login", "sign_out", "logged_out")),
    *(f"registration/password_reset_{name}.html" for name in RESET),
]
HANDLERS = ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"]
FIRST_VISIT = 140_000


class SignIn(forms.Form):
    """What Django's sign-in asks for."""

    username = forms.EmailField(label="E-mail address", widget=forms.EmailInput(attrs={"autofocus": True}))
    password = forms.CharField(label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_gaps(draw: Draw, name: str) -> None:
    for context in ({}, {"actor": None}, {"actor": Person(), "navigation": NAVIGATION, "validlink": True}):
        markup = draw(name, form=SignIn(), state="In review", **context)
        page = Drawn(markup)
        assert page.one("h1").text.strip()
        assert page.one("title").text.endswith("– Prevent duty assurance")
        assert page.one("html")["lang"] == "en-gb"
        assert "style" not in {attribute for element in page.elements for attribute in element.attributes}
        assert not [script for script in page.all("script") if "src" not in script.attributes]


@pytest.mark.parametrize("name", HANDLERS)
def test_pages_for_failures_need_no_context(name: str) -> None:
    assert Drawn(engines["django"].get_template(name).render()).one("h1").text.strip()


def test_who_is_signed_in_can_sign_out_by_posting(draw: Draw) -> None:
    page = Drawn(draw("errors/404.html", actor=Person(), navigation=NAVIGATION))
    assert page.one("form", action="/sign-out/")["method"] == "post"
    assert Person.name in page.one("header").text
    assert page.one("a", **{"aria-current": "true"}).text == "Assessments"
    assert not Drawn(draw("errors/404.html", actor=None)).all("form")


def test_whoever_is_locked_out_is_told_for_how_long(draw: Draw, settings: Any) -> None:
    minutes = settings.AXES_COOLOFF_TIME.total_seconds() / 60
    assert f"Wait {minutes:.0f} minutes" in draw("errors/locked_out.html")


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("data", [None, {}, {"outcome": "below", "due_day": "x"}], ids=["fresh", "empty", "wrong"])
def test_every_component_in_a_browser(
    viewer: Viewer, everything: Callable[..., str], width: int, data: dict[str, str] | None
) -> None:
    page = viewer.show(everything(EverythingForm(data)), width=width)
    assert faults(page) == []
    assert overflow(page) == []
    assert viewer.complaints == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_a_browser(viewer: Viewer, draw: Draw, name: str) -> None:
    context = {"actor": Person(), "navigation": NAVIGATION, "validlink": True, "state": "In review"}
    page = viewer.show(draw(name, form=SignIn({}), **context), width=320)
    assert faults(page) == []
    assert overflow(page) == []
    assert viewer.complaints == []


def test_scripts_bring_the_page_to_life(viewer: Viewer, everything: Callable[..., str]) -> None:
    page = viewer.show(everything(EverythingForm()), width=320)
    menu = page.get_by_role("button", name="Menu")
    assert not page.get_by_role("link", name="Letters").is_visible()
    menu.click()
    assert page.get_by_role("link", name="Letters").is_visible()
    reason = page.get_by_label("Why was it not met?")
    assert not reason.is_visible()
    page.get_by_label("Not met", exact=True).check()
    assert reason.is_visible()
    assert page.evaluate("htmx.config.allowEval") is False
    assert page.evaluate("htmx.config.historyCacheSize") == 0


def test_a_link_of_the_summary_leads_to_its_input(viewer: Viewer, everything: Callable[..., str]) -> None:
    page = viewer.show(everything(EverythingForm({"due_day": "1", "due_month": "2"})))
    for text, target in (
        ("Outcome", "id_outcome"),
        ("include a year", "id_due-year"),
        ("Your name", "id_name"),
    ):
        page.locator(".govuk-error-summary a", has_text=text).click()
        assert page.evaluate("document.activeElement.id") == target


def test_everything_is_there_without_scripts(viewer: Viewer, everything: Callable[..., str]) -> None:
    page = viewer.show(everything(EverythingForm()), width=320, scripts=False)
    assert page.get_by_role("link", name="Letters").is_visible()
    assert page.get_by_role("button", name="Sign out").is_visible()
    assert page.get_by_label("Why was it not met?").is_visible()
    assert not page.get_by_role("button", name="Menu").is_visible()


def test_several_lines_survive_the_browser(viewer: Viewer, everything: Callable[..., str]) -> None:
    text = "one\n  two\n\nthree"
    form = EverythingForm(initial={"reason": text, "notes": "\n" + text, "outcome": "below"})
    page = viewer.show(everything(form))
    assert page.locator("#id_reason").input_value() == text
    assert page.locator("#id_notes").input_value() == "\n" + text


def test_a_first_visit_is_small(draw: Draw, settings: Any) -> None:
    settings.DEBUG = False
    page = Drawn(draw("pages/help.html"))
    addresses = {element["src"] for element in page.all("script")}
    addresses |= {element["href"] for element in page.all("link")}
    assert len(addresses) == 7
    total = len(brotli.compress(page.markup.encode()))
    for address in addresses:
        found = finders.find(address.removeprefix("/static/"))
        assert found, address
        total += len(brotli.compress(Path(str(found)).read_bytes()))
    assert total < FIRST_VISIT


def test_our_stylesheet_and_scripts_fetch_nothing_from_elsewhere() -> None:
    source = TEMPLATES.parent / "static" / "src"
    for path in [*source.rglob("*.css"), *source.rglob("*.js")]:
        assert not re.search(r"https?://|//\w+\.|url\(", path.read_text(encoding="utf-8").replace("// ", "")), path
