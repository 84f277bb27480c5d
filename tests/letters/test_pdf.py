"""Letters as files: what a reader sees, what a screen reader hears, and what is refused."""

from __future__ import annotations

import functools
import logging
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
import weasyprint
from pikepdf import Name
from weasyprint.urls import FatalURLFetchingError

from letters.pdf import (
    Content,
    LetterDefective,
    engine,
    fonts,
    gate,
    graft,
    render,
    render_unchecked,
    tagging,
    text,
)
from letters.pdf.assets import Assets
from letters.pdf.faults import FontsUnavailable
from letters.pdf.markup import inline, prose
from tests.letters.test_wording import FILES, ROOT, letter

LONG = " ".join(f"Sentence {number} says that the partnership meets and plans." for number in range(60))


def long_letter(name: str) -> Content:
    """A letter whose summaries, strengths and recommendations run over several pages."""
    content = letter(name).frozen()
    for row in content["annex_a"]["rows"]:
        row["summary"] = f"Row {row['number']} begins. {LONG}" if row["summary"] else ""
    for block in content["blocks"]:
        for item in block["items"]:
            item["text"] = f"{item['text']}\n\n{LONG}"
    return Content.model_validate(content)


def in_two_languages(content: Content) -> Content:
    """The letter as a Welsh one in which everything that can stand in English does."""
    letter = content.frozen() | {"language": "cy"}
    letter["sender"]["langs"] = {"unit": "en", "organisation": "en"}
    letter["addressee"]["langs"] = {"title": "en", "organisation": "en"}
    letter["langs"] = {f"signature.{place}": "en" for place in range(1, len(letter["signature"]))} | {"cc.0": "en"}
    for block in letter["blocks"]:
        block["langs"] = {"text": "en"} if block["kind"] == "paragraph" else {}
        for item in block["items"]:
            item["langs"] = {"heading": "en", "text": "en"}
    for row in letter["annex_a"]["rows"]:
        row["langs"] = dict.fromkeys(("title", "statement", "outcome", "note", "summary", "comments"), "en")
    for benchmark in letter["annex_b"]["benchmarks"]:
        benchmark["langs"] = dict.fromkeys(("title", "statement", "note"), "en")
        for level in benchmark["levels"]:
            level["langs"] = {"label": "en", "criteria": "en"}
    return Content.model_validate(letter)


@functools.cache
def issued() -> bytes:
    """A letter that is as it should be."""
    return render(letter("outcomes-2024")).pdf


def open_pdf(data: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(data))


def kinds(pdf: pikepdf.Pdf) -> Counter[str]:
    return Counter(str(element.S)[1:] for element in graft.elements(pdf))


def heard(pdf: pikepdf.Pdf, starts: Iterable[Any] | None = None) -> str:
    """The text in the order of the structure tree, which is what a screen reader reads out; of some elements if given.

    Follows each element to the marked text of its page, and that through the character map of its font.
    A mark is at most a line, so a space follows each.
    """
    pages = {page.obj.objgen: _marked_text(page) for page in pdf.pages}
    pieces: list[str] = []

    def walk(element: Any) -> None:
        for kid in element.K if isinstance(element.K, pikepdf.Array) else [element.K]:
            if isinstance(kid, pikepdf.Dictionary):
                walk(kid)
            else:
                pieces.append(pages[element.Pg.objgen][int(kid)])

    for start in [pdf.Root.StructTreeRoot.K[0]] if starts is None else starts:
        walk(start)
    return " ".join(" ".join(pieces).split())


def squeezed(words: str) -> str:
    """``words`` without white space: where a line or a font changes inside a word, two marks meet."""
    return "".join(words.split())


def _marked_text(page: pikepdf.Page) -> dict[int, str]:
    maps = {name: _characters(font) for name, font in page.resources.Font.items()}
    found: dict[int, str] = {}
    mark, characters = None, {}
    for operands, operator in pikepdf.parse_content_stream(page):
        match str(operator):
            case "BDC":
                mark = operands[1].get(Name.MCID) if isinstance(operands[1], pikepdf.Dictionary) else None
            case "BMC" | "EMC":
                mark = None
            case "Tf":
                characters = maps[str(operands[0])]
            case "TJ" | "Tj" if mark is not None:
                strings = operands[0] if isinstance(operands[0], pikepdf.Array) else [operands[0]]
                for string in strings:
                    if isinstance(string, pikepdf.String):
                        codes = bytes(string)
                        found[int(mark)] = found.get(int(mark), "") + "".join(
                            characters[codes[i : i + 2]] for i in range(0, len(codes), 2)
                        )
    return found


def _characters(font: Any) -> dict[bytes, str]:
    table = font.ToUnicode.read_bytes().decode()
    return {
        bytes.fromhex(code): bytes.fromhex(value).decode("utf-16-be")
        for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.S)
        for code, value in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]*)>", block)
    }


@pytest.fixture
def fresh() -> Iterator[None]:
    """No Annex B kept from another test."""
    engine._annexes.clear()
    yield
    engine._annexes.clear()


# What is printed, and in which order ------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_everything_is_heard_once_and_in_order(name: str) -> None:
    content = long_letter(name)
    with open_pdf(render(content).pdf) as pdf:
        spoken = heard(pdf)
    summaries = [f"Row {row.number} begins." for row in content.annex_a.rows if row.summary]
    assert content.annex_b is not None
    expected = [
        "Pat Chief",
        "Dear Pat",
        content.heading,
        "The board meets.",
        "The first strength.",
        "The second strength.",
        "Venue hire",
        "Meet more often.",
        "Yours sincerely,",
        "Copied to:",
        content.annex_a.title,
        *summaries,
        content.annex_b.title,
        *(criterion.text for b in content.annex_b.benchmarks for level in b.levels for criterion in level.criteria),
    ]
    places = [spoken.find(" ".join(words.split())) for words in expected]
    assert -1 not in places
    assert places == sorted(places)
    for words in ("The first strength.", "Venue hire", *summaries):
        assert spoken.count(words) == 1
    assert spoken.count("Sentence 59 says") == len(summaries) + 4
    assert "page 1 of" not in spoken
    assert spoken.count("OFFICIAL") == 0


@pytest.mark.parametrize("name", FILES)
def test_one_element_per_thing_however_many_pages_it_is_on(name: str) -> None:
    content = long_letter(name)
    rendered = render(content)
    with open_pdf(rendered.pdf) as pdf:
        tags = kinds(pdf)
    rows, columns = len(content.annex_a.rows), len(content.annex_a.columns)
    annex_b = content.annex_b
    assert annex_b is not None
    benchmarks = [benchmark for benchmark in annex_b.benchmarks if benchmark.levels]
    levels = sum(len(benchmark.levels) for benchmark in benchmarks)
    in_table = annex_b.layout == "table"
    assert tags["Document"] == 1
    assert tags["Table"] == tags["THead"] == tags["TBody"] == 1 + (len(benchmarks) if in_table else 0)
    assert tags["TR"] == 1 + rows + (len(benchmarks) + levels if in_table else 0)
    assert tags["TH"] == columns + rows + (2 * len(benchmarks) + levels if in_table else 0)
    assert tags["TD"] == rows * (columns - 1) + (levels if in_table else 0)
    assert tags["H1"] == 1
    assert tags["H3"] == len(annex_b.benchmarks)
    assert tags["H4"] == (0 if in_table else levels)
    assert tags["LI"] == tags["LBody"]
    assert tags["Figure"] == tags["Link"] == 0


@pytest.mark.parametrize("words", [300, 450, 900])
@pytest.mark.parametrize("name", FILES)
def test_the_heading_row_stands_above_a_first_row_of_any_length(name: str, words: int) -> None:
    content = letter(name).frozen()
    content["annex_a"]["rows"][0]["summary"] = f"Here it begins. {'word ' * words}"
    rendered = render(Content.model_validate(content | {"annex_b": None}))
    with open_pdf(rendered.pdf) as pdf:
        table = first(pdf, "/Table")
        assert [str(child.S) for child in graft.children(table)] == ["/THead", "/TBody"]
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(rendered.pdf)).pages]
    begin = next(page for page in pages if "Here it begins." in page)
    heading = content["annex_a"]["columns"][-1]["heading"]
    assert heading in begin and begin.index(heading) < begin.index("Here it begins.")


@pytest.mark.parametrize("name", FILES)
def test_the_furniture_of_a_page_says_which_part_it_is(name: str) -> None:
    content = letter(name)
    rendered = render(content)
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(rendered.pdf)).pages]
    assert len(pages) == rendered.pages
    front = [page for page in pages if "Letter and Annex A: page" in page]
    annex = [page for page in pages if "Annex B: page" in page]
    assert len(front) + len(annex) == len(pages)
    for part, name_of_part in ((front, "Letter and Annex A"), (annex, "Annex B")):
        for number, page in enumerate(part, 1):
            assert f"{name_of_part}: page {number} of {len(part)}" in page
            assert "OFFICIAL" in page
    assert all(content.reference in page for page in front)


def test_no_marking_leaves_no_mark() -> None:
    rendered = render(letter("outcomes-2024", marking=""))
    assert all("OFFICIAL" not in page.extract_text() for page in pypdf.PdfReader(BytesIO(rendered.pdf)).pages)


def test_welsh_and_names_from_further_away_are_printed() -> None:
    names = "Llŷr Ŵyn, Siân Ŷnys, Ḥasan, Nguyễn Thị Ánh, Łukasz"
    with open_pdf(render(letter("outcomes-2024", summary=f"Diolch i {names}.")).pdf) as pdf:
        assert squeezed(names) in squeezed(heard(pdf))


@pytest.mark.parametrize("name", FILES)
def test_what_is_in_another_language_is_heard_in_it(name: str) -> None:
    """Each text with a language is an element that says so, however many pages it goes over; nothing else changes."""
    content = in_two_languages(long_letter(name))
    with open_pdf(render(content).pdf) as pdf, open_pdf(render(long_letter(name)).pdf) as plain:
        assert str(pdf.Root.Lang) == "cy" and not any(Name.Lang in one for one in graft.elements(plain))
        foreign = [one for one in graft.elements(pdf) if Name.Lang in one]
        assert {str(one.Lang) for one in foreign} == {"en"}
        said = squeezed(heard(pdf, foreign))
        whole, before = squeezed(heard(pdf)), squeezed(heard(plain))
    assert whole == before
    row = next(row for row in content.annex_a.rows if row.summary)
    assert content.annex_b is not None
    level = content.annex_b.benchmarks[0].levels[0]
    for words in (row.title, row.summary[:60], row.comments, row.outcome, level.label, level.criteria[0].text):
        assert squeezed(words) in said
    for words in (content.addressee.title, content.sender.unit, content.signature[-1], content.cc[0]):
        assert squeezed(words) in said
    assert squeezed(content.salutation) not in said and squeezed(content.heading) not in said


def test_the_outline_reaches_both_annexes() -> None:
    content = letter("outcomes-2024")
    with open_pdf(render(content).pdf) as pdf, pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
        assert titles == [content.heading, content.annex_b.title]  # type: ignore[union-attr]
        assert content.annex_a.title in [item.title for item in outline.root[0].children]
        assert len(outline.root[1].children) == len(content.annex_b.benchmarks)  # type: ignore[union-attr]


def test_the_file_says_what_it_is() -> None:
    content = letter("outcomes-2024")
    with open_pdf(render(content).pdf) as pdf:
        assert str(pdf.docinfo.Title) == content.title
        assert str(pdf.docinfo.CreationDate).startswith("D:20250509")
        assert str(pdf.Root.Lang) == "en"
        metadata = pdf.Root.Metadata.read_bytes()
    assert b"pdfuaid:part>1<" in metadata
    assert b'pdfaid:part="2"' in metadata
    assert b'pdfaid:conformance="A"' in metadata


# The same bytes ---------------------------------------------------------------------------------------------


def test_the_same_content_gives_the_same_bytes(fresh: None) -> None:
    content = letter("outcomes-2024")
    first = render(content)
    render(letter("outcomes-2024", authority="Another Council", date="2026-01-01"))
    assert render(content) == first


def test_another_process_gives_the_same_bytes() -> None:
    content = letter("scores-2022")
    program = (
        "import sys; from letters.pdf import Content, render; "
        "print(render(Content.model_validate_json(sys.stdin.read())).sha256)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=content.model_dump_json(),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.strip() == render(content).sha256


def test_annex_b_is_set_once_for_many_letters(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    set_pages: list[str] = []
    original = engine._page
    monkeypatch.setattr(engine, "_page", lambda part, *rest: set_pages.append(part) or original(part, *rest))
    render(letter("outcomes-2024"))
    render(letter("outcomes-2024", authority="Another Council"))
    render(letter("outcomes-2024", marking=""))
    assert set_pages.count("front.html") == 3
    assert set_pages.count("annex_b.html") == 2


def test_no_more_annexes_are_kept_than_planned(fresh: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "KEPT", 1)
    render(letter("outcomes-2024"))
    render(letter("outcomes-2024", marking=""))
    assert len(engine._annexes) == 1


def test_a_letter_that_cannot_be_grafted_is_set_whole(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    content = letter("scores-2022")
    grafted = render(content)

    def refuse(*_: Any) -> None:
        raise ValueError("The branch is dead.")

    monkeypatch.setattr(graft, "graft", refuse)
    with caplog.at_level(logging.ERROR):
        whole = render(content)
    assert "could not be grafted" in caplog.text
    with open_pdf(whole.pdf) as one, open_pdf(grafted.pdf) as two:
        assert heard(one) == heard(two)
        assert kinds(one)["Table"] == kinds(two)["Table"]
    first = pypdf.PdfReader(BytesIO(whole.pdf)).pages[0].extract_text()
    assert f"Page 1 of {whole.pages}" in first


def test_a_letter_without_annex_b_is_numbered_as_one() -> None:
    content = letter("outcomes-2024").model_copy(update={"annex_b": None})
    rendered = render(content)
    assert f"Page 1 of {rendered.pages}" in pypdf.PdfReader(BytesIO(rendered.pdf)).pages[0].extract_text()


# What may not happen ----------------------------------------------------------------------------------------


def test_the_wrapped_private_function_is_of_this_version() -> None:
    assert weasyprint.__version__ == tagging.WEASYPRINT, "read letters/pdf/tagging.py before moving to a new release"


HOSTILE = [
    "<annex 3> stays",
    "<script>alert(1)</script>",
    '<img src="file:///etc/passwd">',
    '<link rel="attachment" href="file:///etc/passwd">',
    "<style>@import url(http://example.org/x.css);</style>",
    "url(http://example.org/x.png)",
    '" style="background: url(file:///etc/passwd)',
    "{{ content.sender }} {% include 'x' %} {summary}",
    "</p></td></table><h1>Another letter</h1>",
    "&lt;b&gt; &amp; &#60;",
]


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_prints_as_it_was_typed(words: str) -> None:
    rows = [row.model_dump() | {"title": words} for row in letter("outcomes-2024").annex_a.rows[:1]]
    content = letter("outcomes-2024", summary=words, authority=words, cc=[words], reference=words).frozen()
    content["annex_a"]["rows"] = rows
    content["marking"] = words[:60]
    with open_pdf(render(Content.model_validate(content)).pdf) as pdf:
        spoken = heard(pdf)
    assert squeezed(spoken).count(squeezed(words)) >= 5


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://example.org/",
        "https://example.org/",
        "data:text/css,p{}",
        "asset:../letter.css",
        "asset:",
        "asset:nothing.ttf",
        "LiberationSans-Regular.ttf",
    ],
)
def test_nothing_but_a_pinned_font_is_ever_fetched(url: str) -> None:
    with pytest.raises(FatalURLFetchingError):
        Assets()(url)


def test_a_page_that_asks_for_a_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Text is escaped, so only a fault of ours could ask; the letter is refused all the same."""
    template = engine._engine().get_template("letters/pdf/front.html")
    original = type(template).render
    monkeypatch.setattr(
        type(template),
        "render",
        lambda *a: original(*a).replace("<main>", '<main><img src="file:///etc/passwd">'),
    )
    with pytest.raises(LetterDefective, match="not one of its own"):
        render(letter("outcomes-2024"))


def test_invisible_characters_are_dropped_before_setting() -> None:
    summary = "One\u202etwo\u200bthree\u0007four\ue000five\ud800six\u2028seven a\u0301"
    with open_pdf(render(letter("outcomes-2024", summary=summary)).pdf) as pdf:
        assert "Onetwothreefourfivesix" in heard(pdf)
    assert text.clean("a\u0301\r\nb\tc\u2003d") == "\u00e1\nb c d"


def test_cleaning_twice_changes_nothing() -> None:
    once = text.clean("".join(map(chr, range(0x3000))))
    assert text.clean(once) == once


@pytest.mark.parametrize(
    ("changes", "defect"),
    [
        ({"summary": "x" * 101}, "one word of 101 characters; the most is 100"),
        ({"summary": "word " * 2001}, "10,005 characters; the most that fits is 10,000"),
        ({"strengths": ["word " * 1900] * 7}, "the most that fits is 60,000"),
        ({"strengths": ["x\n" * 800, "x\n" * 800]}, "the most that fits is 1,500"),
        ({"summary": "Well done \N{THUMBS UP SIGN}"}, "thumbs up sign, U+1F44D) cannot be printed"),
    ],
)
def test_text_over_a_bound_is_refused_before_any_layout(changes: dict[str, Any], defect: str) -> None:
    with pytest.raises(LetterDefective) as refused:
        render_unchecked(letter("outcomes-2024", **changes))
    assert any(defect in one for one in refused.value.defects)


def test_text_at_its_bounds_is_set() -> None:
    assert text.check("x" * 100) == ()
    assert text.check("word " * 2000) == ()
    assert text.check_all(["word " * 1900] * 6) == ()


def test_missing_fonts_are_an_error_and_never_a_substitute(tmp_path: Path) -> None:
    with pytest.raises(FontsUnavailable, match="is not in"):
        fonts.load(tmp_path)
    for name in fonts.PINNED:
        (tmp_path / name).write_bytes(b"another font")
    fonts.load.cache_clear()
    with pytest.raises(FontsUnavailable, match="is not the pinned one"):
        fonts.load(tmp_path)


# The gate ---------------------------------------------------------------------------------------------------


def first(pdf: pikepdf.Pdf, kind: str) -> Any:
    return next(element for element in graft.elements(pdf) if kind == element.S)


def _same_name(pdf: pikepdf.Pdf) -> None:
    one, two = [element for element in graft.elements(pdf) if element.S == "/TH"][:2]
    two.ID = one.ID


def _lost_name(pdf: pikepdf.Pdf) -> None:
    del [element for element in graft.elements(pdf) if element.S == "/TH"][1].ID


def _other_font(pdf: pikepdf.Pdf) -> None:
    next(iter(pdf.pages[0].resources.Font.values())).BaseFont = Name("/ABCDEF+Comic")


def _no_metadata(pdf: pikepdf.Pdf) -> None:
    del pdf.Root.Metadata


SPOILS: list[tuple[Callable[[pikepdf.Pdf], Any], str]] = [
    (lambda pdf: pdf.Root.__delitem__("/Lang"), "does not say its language"),
    (lambda pdf: pdf.docinfo.__delitem__("/Title"), "has no title"),
    (lambda pdf: pdf.Root.__delitem__("/ViewerPreferences"), "title is not shown"),
    (lambda pdf: pdf.Root.__delitem__("/MarkInfo"), "not marked as tagged"),
    (lambda pdf: pdf.Root.__delitem__("/StructTreeRoot"), "no structure tree"),
    (_no_metadata, "lacks pdfuaid:part"),
    (_other_font, "Comic is not one of the letter's own"),
    (_same_name, "Two table headings have one name"),
    (_lost_name, "names a heading that is not there"),
    (lambda pdf: first(pdf, "/TH").__delitem__("/A"), "heading has no scope"),
    (lambda pdf: first(pdf, "/TH").__setitem__("/K", pikepdf.Array()), "heading is empty"),
    (lambda pdf: first(pdf, "/L").__delitem__("/A"), "does not say how it is numbered"),
    (lambda pdf: first(pdf, "/LBody").__setitem__("/S", Name.P), "LI holds P"),
    (lambda pdf: first(pdf, "/THead").__setitem__("/S", Name.TBody), "exactly one heading row group"),
    (lambda pdf: first(pdf, "/Table").K.append(first(pdf, "/Table").K.pop(0)), "not begin with its heading row"),
    (
        lambda pdf: first(pdf, "/Table").__setitem__("/S", Name.Div),
        "0 tables in the tags, and 1 in the letter",
    ),
    (lambda pdf: first(pdf, "/H1").__setitem__("/S", Name.P), "not the letter's heading"),
    (lambda pdf: first(pdf, "/H2").__setitem__("/S", Name.H4), "level of heading is skipped"),
    (lambda pdf: first(pdf, "/P").__setitem__("/S", Name.Figure), "picture has no text"),
    (lambda pdf: first(pdf, "/P").__setitem__("/S", Name.Link), "has no links"),
]


@pytest.mark.parametrize(("spoil", "defect"), SPOILS, ids=[defect for _, defect in SPOILS])
def test_the_gate_sees_each_defect(spoil: Callable[[pikepdf.Pdf], Any], defect: str) -> None:
    with open_pdf(issued()) as pdf:
        assert gate.defects(pdf, tables=1) == ()
        spoil(pdf)
        assert any(defect in found for found in gate.defects(pdf, tables=1))


def test_a_letter_that_fails_the_gate_is_not_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "defects", lambda *_, **__: ("It is crooked.",))
    assert render_unchecked(letter("outcomes-2024")).defects == ("It is crooked.",)
    with pytest.raises(LetterDefective, match="It is crooked"):
        render(letter("outcomes-2024"))


@pytest.mark.parametrize("name", FILES)
def test_no_template_names_what_is_not_there(name: str, monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    monkeypatch.setattr(engine._engine(), "string_if_invalid", "NOTHINGOFTHATNAME")
    with open_pdf(render(letter(name)).pdf) as pdf:
        assert "NOTHINGOFTHATNAME" not in heard(pdf)


def test_tagging_leaves_the_library_as_it_was() -> None:
    before = weasyprint.pdf.tags._build_box_tree
    render(letter("outcomes-2024"))
    assert weasyprint.pdf.tags._build_box_tree is before


# The markup -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "html"),
    [
        ("", ""),
        ("\n \n", ""),
        ("One\ntwo\n\nthree", "<p>One<br>two</p><p>three</p>"),
        ("Areas:\n- a\n- b\nAfter", "<p>Areas:</p><ul><li>a</li><li>b</li></ul><p>After</p>"),
        ("- a\n\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("-not a list\n- \n--", "<p>-not a list<br>-<br>--</p>"),
        ("**Not meeting** it", "<p><strong>Not meeting</strong> it</p>"),
        ("2 ** 3 ** 4 and **", "<p>2 ** 3 ** 4 and **</p>"),
        ("**a** and **b <i>**", "<p><strong>a</strong> and <strong>b &lt;i&gt;</strong></p>"),
        ("# One\n_two_ [three](http://example.org)", "<p># One<br>_two_ [three](http://example.org)</p>"),
    ],
)
def test_markup_is_paragraphs_lists_and_bold(typed: str, html: str) -> None:
    assert prose(typed) == html


def test_markup_cannot_be_made_slow() -> None:
    assert inline("**a " * 2500).count("**") == 2500
    assert "<strong>" not in inline("*" * 9999)
