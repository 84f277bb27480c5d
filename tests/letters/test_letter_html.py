"""The letter as a page: for people who cannot use the PDF it says the same, once and in the same order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.template.loader import render_to_string
from lxml import html

from letters.pdf import Content
from letters.pdf.content import Row
from tests.letters.test_wording import letter as composed

NAMES = ["outcomes-2024", "scores-2022"]


def rendered(content: Content, **more: object) -> html.HtmlElement:
    return html.fromstring(render_to_string("letters/text.html", {"content": content} | more))


def said(element: html.HtmlElement) -> str:
    """What is read, without its spaces; not what is there for screen readers alone, which says nothing new."""
    for hidden in element.xpath("//caption"):
        hidden.drop_tree()
    return "".join(element.text_content().split())


def expected(content: Content) -> Iterator[str]:
    """Every text of a letter, in the order of the file."""
    sender, to, labels = content.sender, content.addressee, content.labels
    yield from (content.marking, sender.organisation, sender.unit, *sender.address, sender.email)
    yield from (to.name, to.title, to.organisation, *to.address)
    yield from (labels.date, content.date_text, labels.reference, content.reference)
    if content.replaces:
        yield from (labels.replaces, content.replaces)
    yield from (content.salutation, content.heading)
    for block in content.blocks:
        yield block.text
        for item in block.items:
            yield from (item.heading, item.text)
    yield from content.signature
    if content.cc:
        yield from (labels.cc, *content.cc)
    annex = content.annex_a
    yield from (annex.title, *annex.intro, *(column.heading for column in annex.columns))
    for row in annex.rows:
        for column in annex.columns:
            texts = list(cell(content, row, column.fields))
            yield from texts or [column.empty]
    if criteria := content.annex_b:
        yield from (criteria.title, *criteria.intro)
        for benchmark in criteria.benchmarks:
            yield from (f"{benchmark.number}. {benchmark.title}", benchmark.statement, benchmark.note)
            if benchmark.levels and criteria.layout == "table":
                yield from (criteria.level_heading, criteria.criteria_heading)
            for level in benchmark.levels:
                yield level.label
                for criterion in level.criteria:
                    yield from (criterion.text, *criterion.sub)


def cell(content: Content, row: Row, fields: list[str]) -> Iterator[str]:
    for field in fields:
        match field:
            case "benchmark":
                yield f"{row.number}. {row.title}"
            case "summary":
                yield from filter(None, (row.note, row.summary))
            case "comments":
                if row.comments:
                    yield from filter(None, (content.annex_a.comments_label if len(fields) > 1 else "", row.comments))
            case _:
                yield from filter(None, [getattr(row, field)])


def bare(texts: Iterator[str]) -> str:
    """As they are printed: without spaces, the hyphens of lists and the stars of what is bold."""
    lines = [line.strip() for text in texts for line in text.split("\n")]
    return "".join("".join(line.removeprefix("- ").split()) for line in lines).replace("**", "")


@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_a_letter_is_there_once_and_in_order(name: str) -> None:
    content = composed(name)
    assert said(rendered(content)) == bare(expected(content))
    assert len(bare(expected(content))) > 5_000


@pytest.mark.parametrize("name", NAMES)
def test_a_correction_marked_and_copied_says_so(name: str) -> None:
    frozen = composed(name).frozen() | {
        "marking": "OFFICIAL",
        "replaces": "PDA-1",
        "cc": ["The chair", "The leader <x>"],
        "annex_b": None,
    }
    content = Content.model_validate(frozen)
    text = said(rendered(content))
    assert text == bare(expected(content))
    assert text.startswith("OFFICIAL") and "PDA-1" in text and "Theleader<x>" in text


@pytest.mark.parametrize("name", NAMES)
def test_headings_are_nested_and_tables_have_heads_and_captions(name: str) -> None:
    page = rendered(composed(name))
    levels = [int(one.tag[1]) for one in page.xpath("//h1|//h2|//h3|//h4|//h5|//h6")]
    assert levels[0] == 2, "below the heading of the page"
    assert all(after <= before + 1 for before, after in pairwise(levels))
    tables = page.xpath("//table")
    assert tables
    for table in tables:
        assert table.xpath("./caption") and table.xpath("./thead//th[@scope='col']")
        rows = table.xpath("./tbody/tr")
        assert rows and all(len(row.xpath("./th[@scope='row']")) == 1 for row in rows)
        assert {len(row.xpath("./*")) for row in rows} == {len(table.xpath("./thead//th"))}


def test_it_says_in_which_language_it_is() -> None:
    page = rendered(composed("outcomes-2024"))
    (article,) = page.xpath("//article") or [page]
    assert article.get("lang") == "en"
    (heading,) = page.xpath(f"//*[@id='{article.get('aria-labelledby')}']")
    assert heading.tag == "h2"


def test_folded_hides_the_criteria_until_they_are_opened() -> None:
    page = rendered(composed("outcomes-2024"), folded=True)
    (details,) = page.xpath("//details")
    assert composed("outcomes-2024").annex_b is not None
    assert details.xpath(".//h3") and not details.xpath("@open")
