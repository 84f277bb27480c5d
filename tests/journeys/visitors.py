"""Somebody at a browser. Whatever page they come to is looked at, so that no journey can forget to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Route

from tests.browser import bring_axe, faults, overflow

LOOKED_AT: set[str] = set()
"""Pages that axe has been shown already in this process, in what it judges by: elements, attributes, whether there are
words. The same page with other words is not shown again; whether anything sticks out is looked at every time."""
WORDS = re.compile(r">[^<]*[^<\s][^<]*<")
CHANGING = re.compile(r"""\b(value|content|nonce)=("[^"]*"|'[^']*')|\d+""")

WINDOW = {"width": 1100, "height": 900}
NARROW = {"width": 320, "height": 900}


class Visitor:
    """One person with a browser of their own, with scripts or without.

    Args:
        origin: where the service is; nothing else may be asked for anything.
    """

    def __init__(self, browser: Browser, origin: str, *, scripts: bool = True) -> None:
        self.origin = origin
        self.scripts = scripts
        self.pages_met = 0
        self._context = browser.new_context(viewport=WINDOW, java_script_enabled=scripts, accept_downloads=True)
        if scripts:
            bring_axe(self._context)
        # axe needs scripts: a page met without them is shown again in a window that has scripts and fetches none.
        self._mirror = None if scripts else _Mirror(browser)
        self._complaints: list[str] = []
        self._expected = 200
        self._in_trouble = False
        self.page = self.tab()

    @property
    def context(self) -> BrowserContext:
        """Their cookies."""
        return self._context

    def tab(self) -> Page:
        """Another tab of the same browser."""
        page = self._context.new_page()
        self.listen(page)
        return page

    def listen(self, page: Page) -> None:
        """Look at a tab that the page itself has opened as at any other."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._complaints.append(f"error in the page: {error}"))
        page.on("request", self._asked)

    @contextmanager
    def trouble(self) -> Iterator[None]:
        """The network, the session or the service fails on purpose: that the browser says so is no complaint."""
        self._in_trouble = True
        yield
        # What was said in the block has to be heard in it.
        self.page.wait_for_timeout(100)
        self._in_trouble = False

    @contextmanager
    def in_tab(self, page: Page) -> Iterator[None]:
        """Go on in another tab for the length of the block."""
        before, self.page = self.page, page
        try:
            yield
        finally:
            self.page = before

    def close(self) -> None:
        """Close the browser. It says nothing more then: what a page says last must not meet the next test's tables."""
        if self._context.pages:
            self._context.set_offline(True)
        self._context.close()
        if self._mirror:
            self._mirror.close()

    # Going somewhere. Each of these looks at the page it comes to.

    def open(self, path: str, status: int = 200) -> None:
        """Go to an address of the service."""
        self._go(lambda: self.page.goto(f"{self.origin}{path}"), status)

    def follow(self, link: str | Locator, status: int = 200) -> None:
        """Follow a link of the main part or the one back, or one that looks like a button."""
        here = self.page.locator("main a, a.govuk-back-link")
        found = self.page.get_by_text(link, exact=True).and_(here) if _is(link) else link
        self._go(found.click, status)

    def press(self, button: str | Locator, status: int = 200) -> None:
        """Press a button of the main part that sends a form."""
        found = self.main.get_by_role("button", name=button, exact=True) if _is(button) else button
        self._go(found.click, status)

    def download(self, link: str) -> tuple[str, bytes]:
        """The name and the bytes of what a link gives."""
        with self.page.expect_download() as started:
            self.main.get_by_text(link, exact=True).click()
        return started.value.suggested_filename, Path(started.value.path()).read_bytes()

    # What is on the page.

    @property
    def main(self) -> Locator:
        """The main part of the page."""
        return self.page.locator("main")

    @property
    def path(self) -> str:
        """Where they are."""
        return urlsplit(self.page.url).path

    @property
    def heading(self) -> str:
        """The page's heading."""
        return self.page.locator("h1").inner_text()

    def fill(self, **values: str) -> None:
        """Type into fields by their names."""
        for name, value in values.items():
            self.page.fill(f"#id_{name}", value)

    def choose(self, name: str, value: str) -> None:
        """Choose one of the radios with this name."""
        self.page.check(f"input[type=radio][name={name}][value='{value}']")

    def sees(self, *texts: str) -> None:
        """Each of the texts is on the page."""
        shown = " ".join(self.page.locator("body").inner_text().split())
        for text in texts:
            assert " ".join(text.split()) in shown, f"{self.path} does not say {text!r}: {shown[:3000]}"

    def sign_in(self, email: str, password: str) -> None:
        """Sign in, from the page that asks for it."""
        if self.page.locator("#id_password").count() == 0:
            self.open("/sign-in/")
        self.fill(username=email, password=password)
        self.press("Sign in")

    def look(self) -> None:
        """The page is in order: no fault that axe finds, no complaint of the browser, nothing that sticks out."""
        self.pages_met += 1
        where = f"{self.path} ({self.page.title()})"
        assert self._complaints == [], f"{where}: {self._complaints}"
        if self.scripts and self.page.locator("script[data-components]").count():
            self.page.wait_for_selector("[data-govuk-skip-link-init]", state="attached")
        self.page.set_viewport_size(NARROW)
        sticks_out = overflow(self.page)
        self.page.set_viewport_size(WINDOW)
        assert sticks_out == [], f"{where} is wider than a narrow window: {sticks_out}"
        bare = CHANGING.sub("", WORDS.sub(">x<", self.page.content()))
        if bare in LOOKED_AT:
            return
        found = self._mirror.faults(self.page) if self._mirror else faults(self.page)
        assert found == [], f"{where}: {found}"
        LOOKED_AT.add(bare)

    def _go(self, act: Callable[[], object], status: int) -> None:
        self._expected = status
        with self.page.expect_navigation() as arrived:
            act()
        answered = arrived.value.status
        assert answered == status, f"{self.page.url} answered {answered}: {self.main.inner_text()[:2000]}"
        self.look()
        self._expected = 200

    def _heard(self, message: ConsoleMessage) -> None:
        expected = self._expected >= 400 and f"status of {self._expected} " in message.text
        expected = expected or (self._in_trouble and message.text.startswith("Failed to load resource"))
        if message.type in ("error", "warning") and not expected:
            self._complaints.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", "blob:")):
            self._complaints.append(f"asked {request.url}")


class _Mirror:
    """Shows a page again as it was, in a window that has scripts and is given none, for axe to look at."""

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context(viewport=WINDOW)
        bring_axe(self._context)
        self._page = self._context.new_page()

    def faults(self, page: Page) -> list[str]:
        """What axe finds on a page of a window without scripts."""
        address = page.url
        markup = page.content()
        self._page.unroute_all()
        self._page.route(address, lambda route: route.fulfill(body=markup, content_type="text/html; charset=utf-8"))
        self._page.route(re.compile(r"\.js(\?|$)"), _nothing)
        self._page.goto(address)
        return faults(self._page)

    def close(self) -> None:
        self._context.close()


def _nothing(route: Route) -> None:
    route.fulfill(body="", content_type="text/javascript")


def _is(given: str | Locator) -> bool:
    return isinstance(given, str)
