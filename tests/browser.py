"""A real browser, and what is looked at on every page in it: accessibility, and that nothing sticks out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from assurance.project import frontend

CHROMIUMS = tuple(map(Path, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")))
"""The first that is there. The one without a window of its own draws the same pages and does less beside it."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

# By rule and selector, so that the same rule still holds everywhere else.
ALLOWED = (
    # The components say of a radio that it expands something, which is not in the standard and is understood.
    ("aria-allowed-attr", ".govuk-radios__input[aria-expanded]"),
    # The design system puts the back link before the main part on purpose: "skip to main content" passes it.
    ("region", ".govuk-back-link"),
    # The component's button is named by its label and by all that it shows, of which axe misses a comma.
    ("label-content-name-mismatch", ".govuk-file-upload-button"),
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. While it is open, Django takes this thread for asynchronous, so open it for one file at most.

    Where there is none the tests are skipped, but for a build that must not pass without them.
    """
    found = next((one for one in CHROMIUMS if one.exists()), None)
    if found is None:
        missing = f"{CHROMIUMS[-1]} is not there, so nothing was looked at in a browser"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


def bring_axe(context: BrowserContext) -> None:
    """Have axe there in every page from its beginning: several times quicker than handing it over page by page."""
    context.add_init_script(path=frontend.AXE)


def faults(page: Page) -> list[str]:
    """What axe finds on the page as it is now, but for what is known and allowed. Needs scripts."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(frontend.AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((all) => all.violations)")
    said = []
    for rule in found:
        selectors = [selector for name, selector in ALLOWED if name == rule["id"]]
        for node in rule["nodes"]:
            element = page.locator(node["target"][0])
            if not any(element.evaluate("(it, selector) => it.matches(selector)", known) for known in selectors):
                said.append(f"{rule['id']}: {node['html']} {node['failureSummary']}")
    return said


def overflow(page: Page) -> list[str]:
    """What makes the page wider than its window: nothing, or the elements that stick out."""
    found: list[str] = page.evaluate(
        """() => {
            const wide = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= wide) return [];
            const out = [...document.body.querySelectorAll("*")].filter(
                (it) => it.getBoundingClientRect().right > wide && !it.closest(".app-scroll > *"));
            return ["the page", ...out.map((it) => it.outerHTML.slice(0, 200))];
        }"""
    )
    return found
