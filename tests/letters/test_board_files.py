"""The files of a board pack: read back, they say everything once, and nothing runs over an edge."""

from __future__ import annotations

import time
from collections import Counter
from datetime import date
from io import BytesIO
from itertools import pairwise
from typing import Any
from zipfile import ZipFile

import pikepdf
import pypdf
import pytest
from lxml import etree
from openpyxl import load_workbook
from pptx import Presentation
from pptx.oxml.ns import qn
from pydantic import ValidationError

from letters.board import layout
from letters.board.content import BoardContent, OutcomeRow, Outcomes, Passage, Section, Spread, SpreadRow
from letters.board.layout import deck
from letters.board.measure import height, width, wrap
from letters.board.pdf import render_board
from letters.board.slides import write
from letters.pdf import LetterDefective, gate, graft

TITLES = (
    "Partnership",
    "Plan for the whole of the year",
    "Referrals and the management of cases",
    "Channel",
    "Training of staff and of partners, and of everybody else whose work brings them together with people",
    "Places",
    "Communication",
    "Delivery",
)
LONG = "The partnership board met four times and looked at the plan and at what is in it. " * 60
COUNTS: list[list[int | None]] = [[None, 6 + number % 3, None if number % 2 else 5] for number in range(8)]


def outcomes(broken: bool = False) -> Outcomes:
    rows = [
        OutcomeRow(title=f"{number}. {title}", now=f"Now {number}", before=f"Then {number}", change="Same")
        for number, title in enumerate(TITLES, start=1)
    ]
    columns = ["Benchmark", "2025/26", "2024/25", "Change"]
    return Outcomes(heading="Outcomes", lede=["7 of 7 met", "Counted: all."], columns=columns, rows=rows,
                    is_broken=broken)  # fmt: skip


def spread(**more: Any) -> Spread:
    rows = [
        SpreadRow(title=f"{number}. {title}", counts=counts)
        for number, (title, counts) in enumerate(zip(TITLES, COUNTS, strict=True), start=1)
    ]
    given: dict[str, Any] = {
        "heading": "The region",
        "figures_heading": "The region in figures",
        "lede": ["Counted over 12 authorities."],
        "row_label": "Benchmark",
        "columns": ["Not met", "Met", "Exceeded"],
        "tones": ["below", "meets", "exceeds"],
        "rows": rows,
        "hidden": "Hidden",
        "description": "One bar for each benchmark.",
    }
    return Spread(**given | more)


def content(*strengths: str, **more: Any) -> BoardContent:
    """A pack with these strengths, and in which something is said in every part."""
    given: dict[str, Any] = {
        "language": "en",
        "title": "Prevent duty assurance 2025/26",
        "authority": "Alder County Council",
        "cover": ["Outcome letter of 10 November 2025", "OFFICIAL"],
        "date": date(2025, 11, 10),
        "marking": "OFFICIAL",
        "foot": "Alder County Council, 2025/26",
        "duty": Section(heading="The duty", points=["The first point.", "The second point."]),
        "summary": Section(heading="Overall", passages=[Passage(text="A **good** year.\n\n- An entry\n- Another")]),
        "outcomes": outcomes(),
        "strengths": Section(
            heading="Strengths", passages=[Passage(text=one) for one in strengths or ("A strength.",)]
        ),
        "recommendations": Section(
            heading="Recommendations",
            lede=["1 of 2 is not shown."],
            passages=[Passage(heading="Write", text="Write it down.", facts=["Owner: Head of safety", "By May"])],
        ),
        "follow_ups": Section(heading="Last year", passages=[Passage(text="Make a plan.", facts=["Done"])]),
        "region": spread(),
        "questions": Section(heading="Questions", points=["Who sees to it?"]),
        "continued": "{title} (continued, {part} of {parts})",
        "page": "Page {page} of {pages}",
    }
    return BoardContent(**given | more)


def opened(data: bytes) -> Any:
    return Presentation(BytesIO(data))


def texts(file: Any) -> list[str]:
    """Every text of every slide but its foot, in the order in which they are read out."""
    found = []
    for slide in file.slides:
        for shape in slide.shapes:
            if shape.has_text_frame and shape.name != "Foot":
                found += [paragraph.text.replace("\v", " ") for paragraph in shape.text_frame.paragraphs]
            elif shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
    return found


def packed(text: str) -> str:
    return "".join(text.split())


def test_every_text_is_on_the_slides_once() -> None:
    found = Counter(texts(opened(write(content()))))
    for one in (
        "Prevent duty assurance 2025/26",
        "Outcome letter of 10 November 2025",
        "The second point.",
        "A good year.",
        "Another",
        "7 of 7 met",
        "Now 5",
        "Then 8",
        "A strength.",
        "1 of 2 is not shown.",
        "Write it down.",
        "Owner: Head of safety",
        "Make a plan.",
        "Counted over 12 authorities.",
        "Who sees to it?",
    ):
        assert found[one] == 1, one


def test_the_chart_has_the_numbers_of_the_table_beside_it() -> None:
    file = opened(write(content()))
    shapes = [shape for slide in file.slides for shape in slide.shapes]
    (chart,) = (shape.chart for shape in shapes if shape.has_chart)
    tables = [shape.table for shape in shapes if shape.has_table]
    cells = [[cell.text for cell in row.cells] for row in tables[-1].rows]
    assert [series.name for series in chart.plots[0].series] == cells[0][1:] == ["Not met", "Met", "Exceeded"]
    assert list(chart.plots[0].categories) == [row[0] for row in cells[1:]]
    drawn = [list(series.values) for series in chart.plots[0].series]
    shown = [[None if text == "Hidden" else int(text) for text in row[1:]] for row in cells[1:]]
    assert [list(row) for row in zip(*drawn, strict=True)] == shown == COUNTS
    book = load_workbook(BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    assert [[cell.value for cell in row[1:]] for row in book.active.iter_rows(min_row=2)] == COUNTS


def test_a_hidden_number_is_in_no_part_of_the_file() -> None:
    """Not in the chart's XML, where a number that is not drawn could be left."""
    data = write(content())
    with ZipFile(BytesIO(data)) as file:
        chart = etree.fromstring(file.read(next(one for one in file.namelist() if "charts/chart" in one)))
    series = chart.findall(f".//{qn('c:ser')}")
    assert len(series[0].findall(f"{qn('c:val')}//{qn('c:pt')}")) == 0
    assert len(series[2].findall(f"{qn('c:val')}//{qn('c:pt')}")) == 4


def test_each_slide_has_a_title_of_its_own_and_what_is_drawn_has_words() -> None:
    file = opened(write(content(LONG, LONG)))
    titles = [slide.shapes.title.text for slide in file.slides]
    assert len(set(titles)) == len(titles) == len(deck(content(LONG, LONG)))
    assert "Strengths (continued, 2 of 8)" in titles
    for slide in file.slides:
        assert slide.shapes[0] == slide.shapes.title
        assert slide.shapes[-1].name == "Foot"
        assert [one for one in slide.placeholders if not one.text_frame.text] == []
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table:
                assert shape._element.nvGraphicFramePr.cNvPr.get("descr")
            if shape.has_table:
                assert (shape.table.first_row, shape.table.first_col) == (True, True)
        languages = {run.get("lang") for run in slide._element.iter(qn("a:rPr"))}
        assert languages == {"en-GB"}


def test_nothing_runs_over_an_edge_and_nothing_is_small() -> None:
    hostile = "W" * 3000
    entries = "\n".join(f"- {word}" for word in ("short", LONG[:700], hostile[:90]) * 8)
    pack = content(LONG * 2, hostile, entries, "a\n" * 200, outcomes=outcomes(broken=True), title="Prevent " * 20)
    file = opened(write(pack))
    bottom = layout.BODY_TOP + layout.BODY_ROOM
    for slide in file.slides:
        edges = []
        for shape in slide.shapes:
            top, end = shape.top.pt, shape.top.pt + shape.height.pt
            assert shape.left.pt + shape.width.pt <= layout.WIDTH and end <= layout.HEIGHT
            edges.append((top, end))
            if shape.name == "Foot":
                continue
            assert end <= bottom + 0.5
            if shape.has_text_frame:
                assert all(run.font.size.pt >= 18 for one in shape.text_frame.paragraphs for run in one.runs)
                assert taken(shape) <= shape.height.pt + 0.5, shape.text_frame.text
            elif shape.has_table:
                assert sum(row.height.pt for row in shape.table.rows) <= shape.height.pt + 0.5
        assert all(later[0] >= earlier[1] - 1 for earlier, later in pairwise(edges)), edges


def taken(shape: Any) -> float:
    """How high the text of a box is, measured anew from what stands in the file."""
    total = 0.0
    for paragraph in shape.text_frame.paragraphs:
        size, bold = paragraph.runs[0].font.size.pt, bool(paragraph.runs[0].font.bold)
        room = shape.width.pt - int(paragraph._p.pPr.get("marL", 0)) / 12700
        total += height(len(wrap(paragraph.text.replace("\v", "\n"), size, room, bold=bold)), size)
        total += paragraph.space_after.pt
    # The space below the last paragraph may stand over the edge, as nothing follows it.
    return total - paragraph.space_after.pt


def test_a_long_text_goes_on_without_losing_a_word() -> None:
    file = opened(write(content("It begins. " + LONG + "It ends.", "The next.")))
    bodies = [slide.placeholders[1].text for slide in file.slides if len(slide.placeholders) > 1]
    found = " ".join(bodies)
    assert packed(found).count(packed(LONG)) == 1
    assert found.count("It ends.") == found.count("The next.") == 1


def test_a_break_between_the_years_is_drawn() -> None:
    for is_broken in (False, True):
        file = opened(write(content(outcomes=outcomes(broken=is_broken))))
        shapes = [shape for slide in file.slides for shape in slide.shapes if shape.has_table]
        cells = shapes[0].table.rows[1].cells
        dashes = [cell._tc.tcPr.findall(f"{qn('a:lnL')}/{qn('a:prstDash')}") for cell in cells]
        assert [bool(one) for one in dashes] == [False, False, is_broken, False]


def test_a_cells_lines_stand_before_its_fill() -> None:
    """In any other order the file is no valid one, and PowerPoint offers to repair it."""
    order = [qn(f"a:{name}") for name in ("lnL", "lnR", "lnT", "lnB", "solidFill")]
    file = opened(write(content(outcomes=outcomes(broken=True))))
    for slide in file.slides:
        for properties in slide._element.iter(qn("a:tcPr")):
            places = [order.index(one.tag) for one in properties]
            assert places == sorted(set(places))


def test_the_same_pack_is_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    first = write(content()), render_board(content()).pdf
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment + 86_400)
    assert (write(content()), render_board(content()).pdf) == first
    about = opened(first[0]).core_properties
    assert about.created.date() == about.modified.date() == date(2025, 11, 10)
    with ZipFile(BytesIO(first[0])) as file:
        assert {one.date_time for one in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [one for one in file.namelist() if "thumbnail" in one]
        book = next(one for one in file.namelist() if one.endswith(".xlsx"))
        with ZipFile(BytesIO(file.read(book))) as inner:
            assert b"2025-11-10T00:00:00Z" in inner.read("docProps/core.xml")


HOSTILE = {
    "control": "a\x00b\x07c\x1bd\x0bthe end",
    "markup": "<a:t>&amp;</a:t> ]]> {{ x }} {% y %} the end",
    "bidi": "\u202eabc\u202c the end",
    "signs": "A smile \U0001f600 the end",
    "escape of the format": "_x0041_ the end",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_breaks_neither_file(text: str) -> None:
    pack = content().model_dump(mode="json")
    pack["strengths"]["passages"][0]["text"] = text
    pack["outcomes"]["rows"][0]["title"] = text
    pack["region"]["rows"][0]["title"] = text
    data = write(BoardContent.model_validate(pack))
    assert "theend" in packed(" ".join(texts(opened(data))))


def test_the_twin_has_the_same_pages_and_both_standards() -> None:
    pack = content(LONG, "A strength.", outcomes=outcomes(broken=True))
    slides, made = deck(pack), render_board(pack)
    assert made.defects == ()
    assert made.pages == len(slides)
    pages = [packed(page.extract_text()) for page in pypdf.PdfReader(BytesIO(made.pdf)).pages]
    for slide, page in zip(slides, pages, strict=True):
        assert packed(slide.title) in page
        for paragraph in slide.paragraphs:
            assert packed(paragraph.text) in page
        for row in slide.grid.rows if slide.grid else ():
            assert all(packed(cell) in page for cell in row)
    with pikepdf.open(BytesIO(made.pdf)) as pdf:
        assert gate.defects(pdf, tables=sum(slide.grid is not None for slide in slides)) == ()
        kinds = Counter(str(element.S) for element in graft.elements(pdf))
        assert (kinds["/H1"], kinds["/H2"]) == (1, len(slides) - 1)
        metadata = pdf.Root.Metadata.read_bytes()
    assert b"pdfuaid:part" in metadata and b"pdfaid:part" in metadata


def test_more_than_a_committee_can_read_is_refused() -> None:
    with pytest.raises(LetterDefective, match="slides"):
        render_board(content(*[LONG] * 60))


def test_a_region_that_is_hidden_is_a_slide_of_words() -> None:
    hidden = spread(rows=[], columns=[], tones=[], lede=["Not shown.", "It would say too much."])
    file = opened(write(content(region=hidden)))
    assert not [shape for slide in file.slides for shape in slide.shapes if shape.has_chart]
    assert Counter(texts(file))["It would say too much."] == 1


def test_a_table_without_last_year_has_two_columns() -> None:
    rows = [OutcomeRow(title="1. Group", now="Met")]
    alone = Outcomes(heading="Outcomes", lede=["1 of 1"], columns=["Benchmark", "2025/26"], rows=rows)
    file = opened(write(content(outcomes=alone)))
    (table, *_rest) = [shape.table for slide in file.slides for shape in slide.shapes if shape.has_table]
    assert [cell.text for cell in table.rows[0].cells] == ["Benchmark", "2025/26"]
    with pytest.raises(ValidationError, match="four columns"):
        Outcomes(heading="Outcomes", lede=[], columns=["Benchmark", "2025/26"], rows=rows, is_broken=True)


def test_measured_text_fits_where_it_is_put() -> None:
    for size in (18, 20, 32):
        for line in wrap(LONG + "W" * 200, size, 300, bold=True):
            assert width(line, size, bold=True) <= 300
    assert wrap("", 18, 300) == [""]
    assert wrap("a\nb", 18, 300) == ["a", "b"]
    assert width("W", 10, bold=True) > width("i", 10)
