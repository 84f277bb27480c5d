"""The Word copy of a letter, read back: all of it once and in order, in real headings, lists and tables."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from letters.pdf import Content
from letters.word import word_copy
from tests.letters.test_letter_html import bare, expected
from tests.letters.test_wording import letter as composed

NAMES = ["outcomes-2024", "scores-2022"]
NOTICE = "A copy to write in."


def made(content: Content) -> Any:
    data = word_copy(content, notice=NOTICE, header="OFFICIAL – Draft")
    return docx.Document(BytesIO(data))


def whole(content: Content, **more: Any) -> Content:
    return Content.model_validate(content.frozen() | more)


def texts(document: Any) -> Iterator[str]:
    """Every paragraph of the body in its order, those of tables cell by cell."""
    for child in document.element.body.iterchildren():
        if child.tag == qn("w:p"):
            yield Paragraph(child, document).text
        elif child.tag == qn("w:tbl"):
            for row in Table(child, document).rows:
                for cell in row.cells:
                    yield from (paragraph.text for paragraph in cell.paragraphs)


def styled(document: Any, style: str) -> list[str]:
    return [one.text for one in document.paragraphs if one.style.name == style]


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_there_once_and_in_order_after_the_notice(name: str) -> None:
    content = whole(composed(name), marking="", replaces="PDA-0", cc=["The chair", "The leader"])
    found = list(texts(made(content)))
    assert found[0] == NOTICE
    assert "".join("".join(one.split()) for one in found[1:]) == bare(expected(content))


@pytest.mark.parametrize("name", NAMES)
def test_headings_are_headings_and_nested(name: str) -> None:
    content = composed(name)
    document = made(content)
    assert content.annex_b is not None
    assert styled(document, "Heading 1") == [content.heading, content.annex_a.title, content.annex_b.title]
    second = [block.text for block in content.blocks if block.kind == "heading"]
    second += [f"{one.number}. {one.title}" for one in content.annex_b.benchmarks]
    assert styled(document, "Heading 2") == second
    if content.annex_b.layout == "lists":
        labels = [level.label for one in content.annex_b.benchmarks for level in one.levels]
        assert styled(document, "Heading 3") == labels


def test_lists_are_lists_and_each_numbered_one_begins_at_one() -> None:
    content = composed("outcomes-2024")
    blocks = [
        {"kind": "numbered", "items": [{"heading": "First", "text": "One.\n\nMore.\n\n- a\n- b"}, {"text": "Two."}]},
        {"kind": "paragraph", "text": "Between **bold** them.\nOn a line."},
        {"kind": "numbered", "items": [{"text": "Three."}]},
        {"kind": "closing", "text": "Yours"},
    ]
    document = made(whole(content, blocks=blocks, annex_b=None))
    assert styled(document, "List Number") == ["First", "Two.", "Three."]
    assert styled(document, "List Continue") == ["One.", "More."]
    assert styled(document, "List Bullet 2") == ["a", "b"]
    numbers = [
        one._p.pPr.numPr.numId.val for one in document.paragraphs if one.style.name == "List Number"
    ]  # fmt: skip
    assert numbers[0] == numbers[1] != numbers[2]
    (bold,) = (run.text for one in document.paragraphs if "Between" in one.text for run in one.runs if run.bold)
    assert bold == "bold"


@pytest.mark.parametrize("name", NAMES)
def test_tables_repeat_their_heads(name: str) -> None:
    content = composed(name)
    document = made(content)
    assert content.annex_b is not None
    in_annex_b = sum(bool(one.levels) for one in content.annex_b.benchmarks)
    assert len(document.tables) == 1 + (in_annex_b if content.annex_b.layout == "table" else 0)
    for table in document.tables:
        assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr is None or row._tr.trPr.find(qn("w:tblHeader")) is None for row in table.rows[1:])
        assert table._tbl.tblPr.find(qn("w:tblCaption")) is not None
    assert len(document.tables[0].rows) == 1 + len(content.annex_a.rows)


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_file_says_what_it_is_and_in_which_language(language: str) -> None:
    content = whole(composed("outcomes-2024"), language=language)
    document = made(content)
    assert (document.core_properties.title, document.core_properties.language) == (content.title, f"{language}-GB")
    assert {one.get(qn("w:val")) for one in document.styles.element.iter(qn("w:lang"))} == {f"{language}-GB"}
    for section in document.sections:
        assert section.header.paragraphs[0].text == "OFFICIAL – Draft"
        fields = [one.get(qn("w:instr")) for one in section.footer._element.iter(qn("w:fldSimple"))]
        assert fields == ["PAGE", "NUMPAGES"]
        assert content.reference in section.footer.paragraphs[0].text


def test_a_landscape_annex_lies_on_its_side_and_nothing_else_does() -> None:
    content = composed("outcomes-2024")
    annex = content.frozen()["annex_a"] | {"orientation": "landscape"}
    document = made(whole(content, annex_a=annex))
    assert [one.page_width > one.page_height for one in document.sections] == [False, True, False]


def test_signs_that_a_file_cannot_hold_do_not_break_it() -> None:
    content = whole(composed("outcomes-2024"), salutation="Dear \x00Jo\x0b \ud800")
    assert "Dear Jo" in [one.text.strip() for one in made(content).paragraphs]


def test_it_opens_in_an_office_suite(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None or not (Path(office).resolve().parent / "libswlo.so").exists():
        pytest.skip("LibreOffice Writer is not installed")
    content = composed("outcomes-2024")
    annex = content.frozen()["annex_a"]
    for row in annex["rows"]:
        row["summary"] = "The group met and wrote down what it decided. " * 30
    content = whole(content, annex_a=annex)
    source = tmp_path / "letter.docx"
    source.write_bytes(word_copy(content, notice=NOTICE, header="OFFICIAL"))
    command = [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", str(tmp_path), str(source)], check=True, capture_output=True, timeout=180)
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "letter.pdf").pages]
    assert len(pages) >= 3
    assert NOTICE in pages[0] and content.heading in pages[0]
    assert all("OFFICIAL" in page for page in pages)
    heads = content.annex_a.columns[-1].heading
    assert sum(heads in page for page in pages) >= 2, "repeated on each page of the table"
