"""Looks at a page as the accessibility checker does; for every test that has a page in a browser."""

from playwright.sync_api import Page

from assurance.project import frontend

# By rule and selector, so that the same rule still holds everywhere else.
ALLOWED = (
    # The components say of a radio that it expands something, which is not in the standard and is understood.
    ("aria-allowed-attr", ".govuk-radios__input[aria-expanded]"),
    # The design system puts the back link before the main part on purpose: "skip to main content" passes it.
    ("region", ".govuk-back-link"),
)


def faults(page: Page) -> list[str]:
    """What axe finds on the page as it is now, but for what is known and allowed."""
    page.evaluate(frontend.AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    said = []
    for rule in found["violations"]:
        selectors = [selector for name, selector in ALLOWED if name == rule["id"]]
        for node in rule["nodes"]:
            element = page.locator(node["target"][0])
            if not any(element.evaluate("(it, selector) => it.matches(selector)", known) for known in selectors):
                said.append(f"{rule['id']}: {node['html']} {node['failureSummary']}")
    return said


def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
