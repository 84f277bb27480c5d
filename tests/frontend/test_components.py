"""The template tags."""

from typing import Any

import pytest
from django.core.paginator import Paginator
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from jinja2 import TemplateNotFound

from assurance.templatetags.macros import component
from tests.frontend.conftest import Draw
from tests.frontend.markup import Drawn
from tests.frontend.samples import HOSTILE

LOAD = "{% load govuk %}"


def test_any_component(draw: Draw) -> None:
    page = Drawn(draw(source=LOAD + '{% govuk "button" text=_("Save") classes="x" preventDoubleClick=True %}'))
    button = page.one("button")
    assert button.text.strip() == "Save"
    assert button["class"] == "govuk-button x"
    assert button["data-prevent-double-click"] == "true"


def test_nested_options_and_attributes(draw: Draw) -> None:
    source = '{% govuk "input" id="q" name="q" label__text=label value=q attributes__data_hx_get="/x?a&b" %}'
    page = Drawn(draw(source=LOAD + source, label=gettext_lazy("Search"), q='"><b>'))
    assert page.one("label").text.strip() == "Search"
    assert page.one("input")["data-hx-get"] == "/x?a&b"
    assert page.one("input")["value"] == '"><b>'


def test_attributes_that_are_switches() -> None:
    page = Drawn(component("button", {"text": "x", "attributes": {"hidden": True, "data-a": False, "data-b": None}}))
    assert "hidden" in page.one("button").attributes
    assert "data-a" not in page.one("button").attributes
    assert "data-b" not in page.one("button").attributes


def test_attributes_as_one_string_are_refused() -> None:
    with pytest.raises(TypeError):
        component("button", {"text": "x", "attributes": ' onclick="x"'})


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("inset-text", {"html": HOSTILE}),
        ("details", {"summaryHtml": HOSTILE, "html": HOSTILE}),
        ("error-summary", {"titleText": HOSTILE, "errorList": [{"text": HOSTILE, "href": HOSTILE}]}),
        ("summary-list", {"rows": [{"key": {"html": HOSTILE}, "value": {"text": HOSTILE}}]}),
        ("radios", {"name": "x", "items": [{"text": HOSTILE, "conditional": {"html": HOSTILE}}]}),
        ("table", {"rows": [[{"html": HOSTILE}, {"text": HOSTILE}]], "caption": HOSTILE}),
        ("service-navigation", {"serviceName": "x", "slots": {"end": HOSTILE}}),
    ],
)
def test_markup_that_is_not_known_to_be_safe_is_escaped(name: str, params: dict[str, Any]) -> None:
    assert "<script" not in component(name, params)


def test_markup_that_is_safe_is_not() -> None:
    assert "<b>x</b>" in component("inset-text", {"html": mark_safe("<b>x</b>")})


def test_blocks_take_markup_from_the_template_and_text_from_variables(draw: Draw) -> None:
    source = LOAD + (
        '{% govukblock "inset-text" %}<p>{{ x }}</p>{% endgovukblock %}'
        "{% inset %}<p>{{ x }}</p>{% endinset %}"
        "{% warning %}<i>{{ x }}</i>{% endwarning %}"
        "{% details x open=True %}<p>{{ x }}</p>{% enddetails %}"
    )
    page = Drawn(draw(source=source, x=HOSTILE))
    assert not page.all("script")
    assert len(page.all("p")) == 3
    assert "open" in page.one("details").attributes


def test_an_unknown_component_is_refused() -> None:
    with pytest.raises(TemplateNotFound):
        component("no-such-thing", {})


def test_a_tag(draw: Draw) -> None:
    page = Drawn(draw(source=LOAD + '{% tag x "green" %}{% tag "Plain" %}', x=HOSTILE))
    first, second = page.all("strong")
    assert first["class"] == "govuk-tag govuk-tag--green"
    assert first.text == HOSTILE
    assert second["class"] == "govuk-tag"
    with pytest.raises(ValueError, match="mauve"):
        draw(source=LOAD + '{% tag "x" "mauve" %}')


def test_pagination_keeps_the_filters(draw: Draw) -> None:
    page = Drawn(draw(source=LOAD + "{% pagination page %}", page=Paginator(range(200), 10).page(4)))
    assert page.one("a", **{"aria-current": "page"}).text.strip() == "4"
    assert page.one("a", rel="next")["href"] == "?q=a%26b&page=5"
    assert page.one("a", **{"aria-label": "Page 20"})
    assert len(page.all(cls="govuk-pagination__item--ellipsis")) == 1


def test_one_page_has_no_pagination(draw: Draw) -> None:
    assert draw(source=LOAD + "{% pagination page %}", page=Paginator(range(5), 10).page(1)) == ""


def test_rows(draw: Draw) -> None:
    source = (
        '{% include "govuk/task.html" with id="t" text=x href="/a" hint=x status=x colour="grey" only %}'
        '{% include "govuk/summary_row.html" with key=x value=x href="/b" only %}'
    )
    page = Drawn(draw(source=source, x=HOSTILE))
    assert not page.all("script")
    assert page.one("a", href="/a")["aria-describedby"] == "t-hint t-status"
    assert page.one("a", href="/b").text == f"Change {HOSTILE}"
