"""Files of a view, read back by the libraries that people's programs are built on."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pytest
from lxml import etree
from odfdo import Document
from openpyxl import load_workbook
from PIL import Image
from python_calamine import CalamineWorkbook

from assurance.exporting import picture, write_csv, write_ods, write_xlsx
from assurance.exporting.marked import SHEET_NAME, Marked, sheet_names
from assurance.insights.drawing import Box, Drawing, Words, svg
from assurance.insights.sheet import View, of_rows

HOSTILE = (
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\n=1",
    "#N/A",
    "_x000D_",
    " two  spaces ",
    'quo"te',
    "a\nb",
    "Ŵy’s ö",
)
DAY = date(2025, 5, 19)


def drawing() -> str:
    return svg(
        Drawing(
            400,
            200,
            "A bar",
            "One bar & a word.",
            (Box(10, 10, 200, 40, "bar", "80%"), Words(10, 90, "Leicestershire: 80%")),
        ),
        standalone=True,
    )


def a_view(**more: Any) -> View:
    rows = [[text, 7, Decimal("3.50"), DAY, None] for text in HOSTILE]
    values: dict[str, Any] = {
        "name": "heatmap",
        "title": "Heatmap of the North <2025/26>",
        "rules": ("Met or exceeded: of those that have a score.", "Weights: version 2 & our own."),
        "tables": (
            of_rows("Outcomes: all/any [1]", ("=Text", "Number", "Score", "Day", "Empty"), rows),
            of_rows("Outcomes: all/any [1]", ("One",), [["x"]]),
        ),
        "authorities": 3,
        "picture": drawing(),
    }
    return View(**(values | more))


@pytest.fixture
def marked() -> Marked:
    return Marked(a_view(), datetime(2025, 11, 10, 10, 5, tzinfo=UTC), "Mona Manager", "https://prevent.test/method/")


def test_csv_names_its_columns_first_and_says_what_it_is_last(marked: Marked) -> None:
    data = write_csv.write(marked)
    assert data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert lines[0] == ["'=Text", "Number", "Score", "Day", "Empty"]
    table = lines[1 : 1 + len(HOSTILE)]
    assert [one[1:] for one in table] == [["7", "3.50", "2025-05-19", ""]] * len(HOSTILE)
    for text, row in zip(HOSTILE, table, strict=True):
        assert row[0] == (f"'{text}" if text[0] in "=+-@\t\n" else text)
    assert lines[1 + len(HOSTILE)] == []
    marks = [(one[0], one[1]) for one in lines[2 + len(HOSTILE) :]]
    assert marks[0] == ("Table", "1 of 2: Outcomes: all/any [1]. The spreadsheets hold all of them.")
    assert marks[1:] == marked.lines()
    assert ("Made on", "10 November 2025, 10:05") in marks
    assert ("What the figures mean", "https://prevent.test/method/") in marks


def test_a_negative_number_stays_a_number(marked: Marked) -> None:
    view = a_view(tables=(of_rows("T", ("A", "B"), [[-3, Decimal("-0.5")]]),))
    row = list(csv.reader(io.StringIO(write_csv.write(Marked(view, marked.made_at, "", "")).decode("utf-8-sig"))))[1]
    assert row == ["-3", "-0.5"]


@pytest.mark.parametrize(("asked", "header"), [(2, "One"), (1, "'=Text"), (0, "'=Text"), (9, "'=Text")])
def test_csv_holds_the_table_that_is_asked_for(marked: Marked, asked: int, header: str) -> None:
    assert write_csv.write(marked, asked).decode("utf-8-sig").startswith(header)


def test_xlsx_is_read_back_as_it_was(marked: Marked) -> None:
    book = load_workbook(io.BytesIO(write_xlsx.write(marked)))
    assert book.sheetnames == ["About", "Outcomes all any 1", "Outcomes all any 1 2"]
    assert [(one[0].value, one[1].value) for one in book["About"].iter_rows()] == marked.lines()
    assert {sheet.page_setup.orientation for sheet in book} == {"landscape"}
    assert all(sheet.sheet_properties.pageSetUpPr.fitToPage for sheet in book)
    assert book["About"].row_dimensions[len(marked.lines())].height == 30 - 15 * (len(marked.handling) <= 100)
    sheet = book["Outcomes all any 1"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == f"A1:E{len(HOSTILE) + 1}"
    assert all(cell.font.bold for cell in sheet[1])
    for text, row in zip(HOSTILE, sheet.iter_rows(min_row=2), strict=True):
        assert row[0].value == text.replace("_x000D_", "_x005F_x000D_") or row[0].value == text
        assert row[0].data_type in ("s", "inlineStr")
        assert [one.value for one in row[1:3]] == [7, 3.5]
        assert row[3].value.date() == DAY
        assert row[4].value is None
    assert book.properties.creator == "Mona Manager"
    assert book.properties.title == marked.view.title


def test_no_text_of_a_spreadsheet_is_a_formula(marked: Marked) -> None:
    """Of either: looked at in the file itself, whatever a reader makes of it."""
    with ZipFile(io.BytesIO(write_xlsx.write(marked))) as file:
        sheets = [file.read(name).decode() for name in file.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 3
    assert not any(re.search(r"<f[ >]|t=\"(e|str)\"", one) for one in sheets)
    with ZipFile(io.BytesIO(write_ods.write(marked))) as file:
        assert file.infolist()[0].filename == "mimetype"
        assert file.infolist()[0].compress_type == 0
        content = file.read("content.xml").decode()
    assert "table:formula" not in content
    assert "rows-0" not in content


@pytest.mark.parametrize("writer", [write_xlsx, write_ods], ids=["xlsx", "ods"])
def test_both_spreadsheets_read_alike_by_another_library(marked: Marked, writer: Any) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(writer.write(marked)))
    assert book.sheet_names == ["About", "Outcomes all any 1", "Outcomes all any 1 2"]
    assert [tuple(one) for one in book.get_sheet_by_name("About").to_python()] == marked.lines()
    rows = book.get_sheet_by_name("Outcomes all any 1").to_python()
    assert rows[0][:4] == ["=Text", "Number", "Score", "Day"]
    # This reader leaves tabs out of OpenDocument; the library's own keeps them.
    expected = [text.replace("\t", "") if writer is write_ods else text for text in HOSTILE]
    assert [one[0] for one in rows[1:]] == expected
    assert {tuple(one[1:4]) for one in rows[1:]} == {(7.0, 3.5, DAY)}


def test_ods_is_read_back_by_its_own_library(marked: Marked) -> None:
    document = Document(io.BytesIO(write_ods.write(marked)))
    tables = document.body.tables
    assert [one.name for one in tables] == ["About", "Outcomes all any 1", "Outcomes all any 1 2"]
    assert document.meta.title == marked.view.title
    assert tables[1].get_row(5).cells[0].value == "\t=1"
    row = tables[1].get_row(1)
    assert [one.type for one in row.cells[:4]] == ["string", "float", "float", "date"]
    assert row.cells[0].value == "=1+1"


def test_names_of_sheets_are_what_excel_takes() -> None:
    names = sheet_names(["a" * 40, "A" * 40, "[:*?/\\]", "'", "About"], ["About"])
    assert len({one.casefold() for one in (*names, "About")}) == 6
    assert all(0 < len(one) <= SHEET_NAME and not re.search(r"[\[\]:*?/\\]", one) for one in names)


def test_svg_says_what_it_is_and_shows_it(marked: Marked) -> None:
    tree = etree.fromstring(picture.svg(marked))
    space = {"s": "http://www.w3.org/2000/svg", "dc": "http://purl.org/dc/elements/1.1/"}
    assert tree.findtext("s:title", namespaces=space) == marked.view.title
    described = tree.findtext("s:desc", namespaces=space)
    for _label, text in marked.lines():
        assert text in described
    assert tree.findtext(".//dc:date", namespaces=space) == "2025-11-10"
    shown = " ".join(one.text for one in tree.findall("s:text", space))
    for text in ("Heatmap of the North <2025/26>", *marked.view.rules, "10 November 2025", "Mona Manager", "/method/"):
        assert text in shown
    # The picture itself is whole, at its natural size, above the words.
    inner = tree.find("s:svg", space)
    assert (inner.get("width"), inner.get("height")) == ("400", "200")
    assert len(inner.findall(".//s:rect", space)) == 1
    assert all(float(one.get("y")) > 200 for one in tree.findall("s:text", space))
    assert float(tree.get("height")) > max(float(one.get("y")) for one in tree.findall("s:text", space))


def test_png_is_twice_the_size_and_has_the_words_on_it(marked: Marked) -> None:
    tree = etree.fromstring(picture.svg(marked))
    image = Image.open(io.BytesIO(picture.png(marked)))
    assert image.format == "PNG"
    assert image.size == (2 * int(tree.get("width")), 2 * int(tree.get("height")))
    grey = image.convert("L")
    bar, empty = grey.getpixel((100, 60)), grey.getpixel((790, 380))
    assert (bar, empty) == (Image.new("RGB", (1, 1), "#12436d").convert("L").getpixel((0, 0)), 255)
    # Letters below the picture: dark in the middle of white, so the font was found.
    words = grey.crop((0, 400, *image.size))
    dark = sum(words.histogram()[:96])
    assert dark > 500
    # And within it.
    assert sum(grey.crop((20, 150, 300, 190)).histogram()[:96]) > 200


def test_a_view_without_a_picture_has_none(marked: Marked) -> None:
    with pytest.raises(picture.NoPicture):
        picture.svg(Marked(a_view(picture=""), marked.made_at, "", ""))


def test_a_picture_brings_nothing_in_from_elsewhere(marked: Marked) -> None:
    """No entity is put in: neither a file nor anything that grows."""
    sly = '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + drawing().replace("80%</text>", "&x;</text>")
    made = picture.svg(Marked(a_view(picture=sly), marked.made_at, "", "")).decode()
    assert "ENTITY" not in made
    with open("/etc/hostname") as file:
        assert file.read().strip() not in made
