"""The region pack: what is in it, read back from both files, and that nothing runs over an edge."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
from openpyxl import load_workbook
from pptx import Presentation

from assurance import store
from assurance.actions import exports
from assurance.insights.sheet import View, of_rows
from assurance.models import Export, Membership
from assurance.queries import exports as read
from assurance.vocabulary import ExportFormat, Making, State
from letters import tasks
from letters.board.layout import BODY_ROOM, MARGIN, WIDTH
from letters.region_pack import make
from letters.region_pack.content import About, Chart, Charted, Grid, RegionPack, Wanted, Year, pack_of
from letters.region_pack.layout import deck
from letters.region_pack.parts import WANTED as OF_THE_PACK
from tests.universe import Universe, all_rows, as_actor, forget_scope

F = ExportFormat
BELOW, MEETS, EXCEEDS = "Does not meet the duty", "Meets the duty", "Exceeds the duty"
LEVELS = {"Not met": BELOW, "Met": MEETS, "Exceeding": EXCEEDS}
ABOUT = About("East", "2025/26", date(2025, 11, 10), "10 November 2025", "Mona Manager", "https://prevent.test/method/")


def year(cycle: str, outcomes: dict[str, Sequence[str]]) -> Year:
    """The view of a cycle: agreed outcomes by authority, each a level or why there is none."""
    rows = [
        (name, "E1", "County", "England", "East", "Agreed", number, f"Benchmark of {number}", "Met", MEETS, "Met",
         MEETS, said, LEVELS.get(said, ""), "Agreed")
        for name, saids in outcomes.items() for number, said in enumerate(saids, start=1)
    ]  # fmt: skip
    view = View("outcomes", "Outcomes", (f"Rule of {cycle}.", "A rule of all."),
                (of_rows("Outcomes", ["c"] * 15, rows),), authorities=len(outcomes))  # fmt: skip
    return Year(cycle, view)


NOW = {"Alder": ["Met", "Exceeding", "N/A"], "Birch": ["Not met", "Met", "Not yet agreed"], "Cedar": ["Unknown"] * 3}
THEN = {"Alder": ["Met", "Not met", "N/A"], "Dale": ["Met", "Met", "Met"]}


def comparison() -> View:
    rows = [
        ("Alder", Decimal("2.00"), "2.50"),
        ("Birch", "no like-for-like year", Decimal("1.75")),
        ("Cedar", None, ""),
    ]
    return View("comparison", "Comparison", ("Weights: version 2.",),
                (of_rows("Authorities", ("Authority", "2024/25", "2025/26"), rows),), authorities=3)  # fmt: skip


WANTED = Wanted("comparison", "Weighted score", columns=(0, 1, 2), charted=Charted(((1, "below"), (2, "meets"))))


def pack(*, now: Any = None, more: Any = None) -> RegionPack:
    years = [year("2025/26", now or NOW), year("2024/25", THEN)]
    return pack_of(years, [(WANTED, comparison())] if more is None else more, ABOUT)


def part(found: RegionPack, heading: str) -> Any:
    (one,) = [one for one in found.parts if one.heading == heading]
    return one


def test_the_heatmap_says_what_is_agreed_in_every_cell() -> None:
    grid = part(pack(), "Outcomes by authority")
    assert grid.columns == ["Authority", "1", "2", "3"]
    assert grid.rows == [
        ["Alder", "Met", "Exceeding", "N/A"],
        ["Birch", "Not met", "Met", "Not yet agreed"],
        ["Cedar", "Unknown", "Unknown", "Unknown"],
    ]
    assert grid.tones == [["meets", "exceeds", "none"], ["below", "meets", "none"], ["none"] * 3]
    assert part(pack(), "The benchmarks").rows[1] == ["2", "Benchmark of 2"]


def test_shares_have_their_denominator_and_none_is_made_up() -> None:
    """N/A, not known and not yet agreed are in neither number; who has none of it has no bar, and is named."""
    chart = part(pack(), "Benchmarks met or exceeded")
    assert (chart.categories, chart.series[0].values, chart.most) == (["Alder", "Birch"], [100.0, 50.0], 100)
    grid = part(pack(), "Benchmarks met or exceeded, in figures")
    assert grid.rows == [
        ["Alder", "2 of 2", "100.0%"],
        ["Birch", "1 of 2", "50.0%"],
        ["Cedar", "No agreed outcome", "–"],
    ]


def test_leicestershires_two_years_are_as_they_were_published() -> None:
    """Nine scored without Channel in 2023: eight of nine; ten with it: nine of ten."""
    without = {"L": ["3"] * 8 + ["2"] + ["N/A"]}
    LEVELS.update({"3": MEETS, "2": BELOW})
    found = pack_of([year("a", without), year("b", {"L": ["3"] * 9 + ["2"]})], [], ABOUT)
    assert part(found, "Benchmarks met or exceeded, over the years").rows == [
        ["L", "9 of 10 (90.0%)", "8 of 9 (88.9%)"]
    ]


def test_years_stand_beside_each_other_and_gaps_are_said() -> None:
    grid = part(pack(), "Benchmarks met or exceeded, over the years")
    assert grid.columns == ["Authority", "2024/25", "2025/26"]
    assert grid.rows == [
        ["Alder", "1 of 2 (50.0%)", "2 of 2 (100.0%)"],
        ["Birch", "No record", "1 of 2 (50.0%)"],
        ["Cedar", "No record", "No agreed outcome"],
        ["Dale", "3 of 3 (100.0%)", "No record"],
    ]


def test_a_table_of_another_view_is_drawn_and_stands_in_figures() -> None:
    found = pack()
    chart, grid = part(found, "Weighted score"), part(found, "Weighted score, in figures")
    # A reason is no number, and neither is nothing.
    assert (chart.categories, [one.values for one in chart.series]) == (["Alder", "Birch"], [[2.0, None], [2.5, 1.75]])
    assert grid.rows == [["Alder", "2.00", "2.50"], ["Birch", "no like-for-like year", "1.75"], ["Cedar", "–", "–"]]


@pytest.mark.parametrize("wanted", [Wanted("comparison", "X", table=3), Wanted("comparison", "X", columns=(0, 99))])
def test_a_view_without_what_is_wanted_breaks_nothing(wanted: Wanted) -> None:
    found = [one for one in pack(more=[(wanted, comparison())]).parts if one.heading == "X"]
    assert [one.columns for one in found] == ([] if wanted.table == 3 else [["Authority"]])


def test_columns_without_numbers_have_no_chart() -> None:
    wanted = Wanted("comparison", "X", charted=Charted(((0, "meets"),)))
    assert [type(one) for one in pack(more=[(wanted, comparison())]).parts if one.heading.startswith("X")] == [Grid]


def test_the_last_slides_say_what_the_figures_are() -> None:
    section = pack().parts[-1]
    said = [one.text for one in section.passages]
    assert said[0] == "3 authorities of East are in this pack."
    assert said.count("A rule of all.") == 1
    for text in ("Rule of 2025/26.", "Rule of 2024/25.", "Weights: version 2."):
        assert text in said
    assert said[-2].endswith(": N/A (1), Not yet agreed (1), Unknown (3).")
    assert said[-1] == "What the figures mean: https://prevent.test/method/"


MANY = {
    f"Authority of Number {number} in the County of a Rather Long Name": ["Met", "Exceeding", "Not met", "N/A"] * 2
    for number in range(60)
}


def test_a_large_region_is_on_several_slides_and_nothing_is_lost() -> None:
    drawn = deck(pack(now=MANY))
    titles = [one.title for one in drawn.slides]
    assert len(set(titles)) == len(titles)
    grids = [one for one in drawn.slides if one.title.startswith("Outcomes by authority")]
    assert len(grids) > 3
    assert [row[0] for one in grids for row in one.grid.rows] == list(MANY)
    for one in drawn.slides:
        tall = one.text_height + (sum(one.grid.heights()) if one.grid else 0)
        assert tall <= BODY_ROOM + 0.01, one.title
        if one.grid:
            assert MARGIN + sum(one.grid.widths) <= WIDTH - MARGIN + 0.01
            # Each row with its own shades, on whatever slide it is.
            assert not one.grid.tones or len(one.grid.tones) == len(one.grid.rows)
    bars = [one.bars for one in drawn.slides if one.bars and one.title.startswith("Benchmarks met")]
    assert sum(len(one.categories) for one in bars) == 60
    assert {one.most for one in bars} == {100}


def test_slides_have_native_tables_and_charts_that_can_be_edited() -> None:
    file = Presentation(BytesIO(make.slides(pack())))
    shapes = [shape for slide in file.slides for shape in slide.shapes]
    tables = [one.table for one in shapes if one.has_table]
    charts = [one.chart for one in shapes if one.has_chart]
    heat = tables[0]
    assert [[cell.text for cell in row.cells] for row in heat.rows][1] == ["Alder", "Met", "Exceeding", "N/A"]
    assert str(heat.cell(1, 2).fill.fore_color.rgb) == "32186B"
    assert str(heat.cell(1, 2).text_frame.paragraphs[0].runs[0].font.color.rgb) == "FFFFFF"
    assert str(heat.cell(2, 1).fill.fore_color.rgb) == "C9BEE3"
    assert len(charts) == 2
    assert [list(one.values) for one in charts[1].plots[0].series] == [[2.0, None], [2.5, 1.75]]
    book = load_workbook(BytesIO(charts[0].part.chart_workbook.xlsx_part.blob))
    assert [row[1].value for row in book.active.iter_rows(min_row=2)] == [100, 50]
    assert all(slide.shapes.title.text for slide in file.slides)
    # Tables and charts say what they are to a screen reader.
    assert all(one._element.nvGraphicFramePr.cNvPr.get("descr") for one in shapes if one.has_table or one.has_chart)


def test_the_pdf_is_tagged_and_says_the_same() -> None:
    data = make.pages(pack())
    found = pypdf.PdfReader(BytesIO(data))
    assert len(found.pages) == len(deck(pack()).slides)
    assert found.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert found.trailer["/Root"]["/Lang"].startswith("en")
    assert found.metadata.title == "Prevent duty assurance 2025/26: East"
    text = " ".join(" ".join(page.extract_text() for page in found.pages).split())
    for words in ("Alder", "Exceeding", "Not yet agreed", "50.0%", "Alder, 2024/25: 2.00", "Birch: 50.0%",
                  "no like-for-like year", "https://prevent.test/method/", "Slide 2 of"):  # fmt: skip
        assert words in text
    assert make.pages(pack()) == data


def test_hostile_names_are_only_names() -> None:
    name = "=cmd <b>x</b> \u202e{{ x }}\x07 " + "w" * 300
    # The longest that an authority's name can be.
    found = pack(now={name[:200]: ["Met"] * 8})
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(make.pages(found))).pages)
    assert "<b>x</b>" in text.replace("\n", " ")
    Presentation(BytesIO(make.slides(found)))


# From the record


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    place = tmp_path / "uploads"
    options = settings.STORAGES["uploads"]["OPTIONS"] | {"location": place}
    settings.STORAGES = settings.STORAGES | {"uploads": settings.STORAGES["uploads"] | {"OPTIONS": options}}
    return place


def asked(universe: Universe, name: str, kind: F, **params: str) -> Export:
    given = {"cycle": str(universe.cycle().pk), "region": "North"} | params
    with as_actor(universe.cast[name]) as by:
        return exports.ask(by=by, at=universe.at, view="region-pack", params=given, format=kind)


@pytest.mark.parametrize("kind", [F.PPTX, F.PDF])
def test_a_worker_makes_the_pack_of_a_managers_own_region(universe: Universe, folder: Path, kind: F) -> None:
    universe.assessment(State.AGREED)
    universe.assessment(State.AGREED, authority=universe.cedar)
    universe.last_year()
    export = asked(universe, "manager", kind)
    assert export.state == Making.WAITING
    forget_scope()
    tasks.make_region_pack(export.pk)
    with all_rows():
        export.refresh_from_db()
    assert (export.state, export.fault) == (Making.READY, "")
    assert export.title == "Prevent duty assurance 2025/26: North"
    assert (export.name[:29], export.authorities) == ("prevent-region-pack-north-202", 1)
    with store.open(export.path) as file:
        data = file.read()
    if kind == F.PPTX:
        slides = Presentation(BytesIO(data)).slides
        text = " ".join(shape.text_frame.text for one in slides for shape in one.shapes if shape.has_text_frame)
        cells = [
            cell.text for one in slides for shape in one.shapes if shape.has_table for cell in shape.table.iter_cells()
        ]
        text += " ".join(cells)
    else:
        text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(data)).pages)
    assert "Alder County Council" in text
    assert "2024/25" in text
    assert "Cedar" not in text


def test_scores_of_two_schemes_are_no_bars_on_one_axis(universe: Universe) -> None:
    """The earlier one is a gap in the chart, with its words in the table; moves by standing say so in theirs."""
    universe.last_year("la-10")
    universe.assessment(State.AGREED)
    with as_actor(universe.manager) as by:
        view = read.VIEWS["comparison"](by, {"cycle": str(universe.cycle().pk), "region": "North"}, universe.at)
    compared = [(one, view) for one in OF_THE_PACK if one.view == "comparison"]
    found = pack(more=compared)
    heading = "Weighted score, this year against last"
    chart, table = part(found, heading), part(found, f"{heading}, in figures")
    assert [one.values for one in chart.series] == [[None], [1.0]]
    assert table.rows[0][:3] == ["Alder County Council", "3.00 of 5, another scheme", "1"]
    moves = part(found, "Benchmarks that moved")
    assert (moves.columns[-1], moves.rows[0][1:]) == ("Moves are estimates by standing", ["0", "7", "0", "1", "Yes"])
    assert make.slides(found)
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(make.pages(found))).pages)
    assert "another scheme" in " ".join(text.split())


def test_a_region_that_is_no_longer_theirs_is_not_made(universe: Universe, folder: Path) -> None:
    universe.assessment(State.AGREED)
    export = asked(universe, "manager", F.PDF)
    with all_rows():
        Membership.objects.filter(person=universe.manager).update(region="South")
    forget_scope()
    tasks.make_region_pack(export.pk)
    with all_rows():
        export.refresh_from_db()
    assert (export.state, export.path) == (Making.FAILED, "")


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("lead", {}),
        ("viewer", {}),
        ("administrator", {}),
        ("stranger", {}),
        ("manager", {"region": ""}),
        ("manager", {"region": "South"}),
        ("manager", {"cycle": "0"}),
    ],
)
def test_who_sees_no_picture_gets_no_pack(universe: Universe, name: str, params: dict[str, str]) -> None:
    with pytest.raises(Exception, match=r"^$|see the regional picture|take views") as refused:
        asked(universe, name, F.PDF, **params)
    assert type(refused.value).__name__ in ("NotFound", "Forbidden")


def test_the_pack_reads_every_wanted_view_that_the_registry_has(
    universe: Universe, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, with the cycle and the region of the pack."""
    calls = []

    def reader(actor: Any, params: Any, at: Any) -> View:
        calls.append(dict(params))
        return comparison()

    registry = {**read.VIEWS, "comparison": reader}
    monkeypatch.setattr(make, "VIEWS", registry)
    monkeypatch.setattr(make, "WANTED", (WANTED, Wanted("comparison", "Again"), Wanted("recommendations", "None")))
    universe.assessment(State.AGREED)
    export = asked(universe, "manager", F.PPTX)
    forget_scope()
    tasks.make_region_pack(export.pk)
    programme = str(universe.programme.pk)
    assert calls == [{"cycle": str(universe.cycle().pk), "region": "North", "programme": programme}]
    with all_rows():
        export.refresh_from_db()
    assert (export.state, export.authorities) == (Making.READY, 3)
    with store.open(export.path) as file:
        titles = [one.shapes.title.text for one in Presentation(file).slides]
    assert "Weighted score" in titles and "Again" in titles and "None" not in titles


def test_charts_are_split_so_that_bars_can_be_read() -> None:
    charts = [one for one in pack(now=MANY).parts if isinstance(one, Chart)]
    assert charts
    for one in deck(pack(now=MANY)).slides:
        if one.bars:
            assert len(one.bars.categories) * len(one.bars.series) <= 10
