"""Pages drawn without the service behind them, and a browser to look at them."""

import mimetypes
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.template import engines
from django.test import RequestFactory
from django.urls import clear_url_caches
from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests import browser
from tests.frontend.samples import EVERYTHING, EverythingForm

UNDEFINED = "never-given:%s"
ORIGIN = "http://pages.invalid"
NAVIGATION = [
    {"text": "Assessments", "href": "/", "active": True},
    {"text": "Letters", "href": "/", "active": False},
    {"text": "Comparisons", "href": "/", "active": False},
]


class Person:
    """Somebody signed in."""

    name = "Alexandra Featherstonehaugh-Cholmondeley"


Draw = Callable[..., str]


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> Iterator[None]:
    """The named addresses that every page links to."""
    settings.ROOT_URLCONF = "tests.frontend.addresses"
    clear_url_caches()
    yield
    clear_url_caches()


def _request() -> HttpRequest:
    return RequestFactory().get("/", {"q": "a&b", "page": "4"})


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Draws a template: ``draw("errors/404.html")``, or ``draw(source="{% load govuk %}…")``, with context.

    A variable that the template uses and nobody gave is a failure.
    """
    monkeypatch.setattr(engines["django"].engine, "string_if_invalid", UNDEFINED)

    def drawn(name: str = "", *, source: str = "", **context: Any) -> str:
        template = engines["django"].from_string(source) if source else engines["django"].get_template(name)
        markup = template.render(context, _request())
        assert "never-given:" not in markup, markup[markup.index("never-given:") :][:60]
        return markup

    return drawn


@pytest.fixture
def everything(draw: Draw) -> Callable[..., str]:
    """The page with all components, its form as it is given."""

    def page(form: EverythingForm, **context: Any) -> str:
        values: dict[str, Any] = {
            "form": form,
            "actor": Person(),
            "navigation": NAVIGATION,
            "messages": [Message(constants.SUCCESS, "Saved at 14:05"), Message(constants.INFO, "It is late")],
            "page": Paginator(range(200), 10).page(4),
            "columns": range(1, 13),
            "long": "https://example.test/" + "a" * 300,
        }
        return draw(source=EVERYTHING, **values | context)

    return page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser, for the tests of one file: while it is open, Django takes this thread for asynchronous."""
    with browser.chromium() as opened:
        yield opened


class Viewer:
    """Shows markup in the browser under the service's own content security policy."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.complaints: list[str] = []
        self.contexts: list[BrowserContext] = []

    def _answer(self, route: Route, markup: str) -> None:
        path = urlsplit(route.request.url).path
        if path == "/":
            directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
            policy = "; ".join(f"{name} {' '.join(map(str, sources))}" for name, sources in directives.items())
            headers = {"Content-Security-Policy": policy}
            route.fulfill(body=markup, content_type="text/html; charset=utf-8", headers=headers)
            return
        found = finders.find(path.removeprefix("/static/"))
        if found is None:
            route.fulfill(status=404)
            return
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        route.fulfill(body=Path(str(found)).read_bytes(), content_type=kind)

    def show(self, markup: str, *, width: int = 1280, scripts: bool = True) -> Page:
        """The page, loaded. What the browser complains about is collected in ``complaints``."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, bypass_csp=False
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.route("**/*", lambda route: self._answer(route, markup))
        page.goto(f"{ORIGIN}/")
        if scripts and "data-components" in markup:
            page.wait_for_selector("[data-govuk-skip-link-init]", state="attached")
        return page


@pytest.fixture
def viewer(chromium: Browser) -> Iterator[Viewer]:
    """Shows markup in the browser: ``viewer.show(markup, width=320)``."""
    shown = Viewer(chromium)
    yield shown
    for context in shown.contexts:
        context.close()
