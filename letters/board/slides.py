"""Slides as a PowerPoint file: native text, tables and charts, to be edited by whoever gets it.

The same slides give the same bytes. For that, times inside the file are the letter's own date, in the workbooks of
its charts too, and the archives carry no time at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION
from pptx.enum.dml import MSO_LINE
from pptx.enum.lang import MSO_LANGUAGE_ID
from pptx.enum.shapes import PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE as RT
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Pt

from letters.board.content import BoardContent, Tone
from letters.board.layout import (
    BODY_ROOM,
    BODY_TOP,
    BULLET,
    CELL_SIDE,
    CELL_TOP,
    FOOT,
    FOOT_TOP,
    HEIGHT,
    MARGIN,
    ROOM,
    SMALL,
    TITLE_ROOM,
    TITLE_TOP,
    WIDTH,
    Bars,
    Deck,
    Grid,
    Paragraph,
    Slide,
    whole,
)
from letters.board.measure import LEADING
from letters.pdf.text import cleaned

FONT = "Arial"
"""There on every machine, or one of the same widths is."""
INK, PURPLE, PALE, GREY = "0B0C0C", "4C2C92", "ECE8F4", "505A5F"
TONES: dict[Tone, tuple[str, str]] = {
    "below": ("C9BEE3", INK),
    "meets": ("7A5CB8", "FFFFFF"),
    "exceeds": ("32186B", "FFFFFF"),
    "none": ("D8DADC", INK),
}
"""Of a bar, and of the number in it."""
LAYOUTS = (0, 1, 5)
"""Of python-pptx's template: cover, title with text, title alone. The others are taken out."""
COVER, WITH_TEXT, TITLE_ONLY = range(3)
CHART = 16
"""Of the names in a chart: each stands in the table after it, too."""
_BAND = """
<p:sp {0}><p:nvSpPr><p:cNvPr id="90" name="Band"/><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr>
<p:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>
<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill></p:spPr>
</p:sp>"""
"""Across the top of every slide; behind the rest, and not read out."""
_TITLES = {PP_PLACEHOLDER.TITLE, PP_PLACEHOLDER.CENTER_TITLE}
_FURNITURE = {PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER}
MOMENT = (1980, 1, 1, 0, 0, 0)
"""What an archive says where it has to give a time."""

_TIME = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def write(content: BoardContent) -> bytes:
    """The pack as a file. The same content gives the same bytes, with the same release of python-pptx."""
    return write_deck(whole(BoardContent.model_validate(cleaned(content.model_dump(mode="json")))))


def write_deck(deck: Deck) -> bytes:
    """Slides as a file, as :func:`write`. Every text in them must be clean."""
    return _Writer(deck).written()


class _Writer:
    """One file while it is written."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        self.slides = deck.slides
        self.file: Any = Presentation()
        self.file.slide_width, self.file.slide_height = Pt(WIDTH), Pt(HEIGHT)
        _prepare(self.file)
        self._say_what_it_is()

    def _say_what_it_is(self) -> None:
        about, moment = self.file.core_properties, datetime.combine(self.deck.date, time())
        about.title, about.author = f"{self.deck.title}: {self.deck.owner}", self.deck.owner
        about.last_modified_by, about.language = self.deck.owner, "en-GB"
        about.created = about.modified = moment
        about.revision, about.subject, about.keywords, about.comments = 1, "", "", ""

    def written(self) -> bytes:
        for number, slide in enumerate(self.slides, start=1):
            self._draw(slide, number)
        target = BytesIO()
        self.file.save(target)
        return _repacked(target.getvalue())

    def _draw(self, slide: Slide, number: int) -> None:
        """Title, text, table or chart, foot: in the order in which they are read out."""
        has_body = slide.grid is None and slide.bars is None
        layout = COVER if slide.is_cover else WITH_TEXT if has_body else TITLE_ONLY
        drawn = self.file.slides.add_slide(self.file.slide_layouts[layout])
        title = drawn.shapes.title
        _place(title, MARGIN, 110 if slide.is_cover else TITLE_TOP, ROOM, TITLE_ROOM)
        _write_into(title, [Paragraph(slide.title, slide.title_size, bold=True, after=0)], colour=PURPLE)
        if has_body:
            body = drawn.placeholders[1]
            _place(body, MARGIN, 210 if slide.is_cover else BODY_TOP, ROOM, 270 if slide.is_cover else BODY_ROOM)
            _write_into(body, slide.paragraphs)
        else:
            if slide.paragraphs:
                lede = drawn.shapes.add_textbox(Pt(MARGIN), Pt(BODY_TOP), Pt(ROOM), Pt(slide.text_height))
                lede.name = "Text"
                _write_into(lede, slide.paragraphs)
            if slide.grid:
                _draw_grid(drawn, slide.grid, BODY_TOP + slide.text_height)
            if slide.bars:
                _draw_bars(drawn, slide.bars, BODY_TOP + slide.text_height, self.deck.date)
        self._foot(drawn, number)

    def _foot(self, drawn: Any, number: int) -> None:
        """Marking, whose and when, and which slide of how many; the number is a field, so that it stays right."""
        box = drawn.shapes.add_textbox(Pt(MARGIN), Pt(FOOT_TOP), Pt(ROOM), Pt(FOOT * LEADING))
        box.name = "Foot"
        text = "   |   ".join(part for part in (self.deck.marking, self.deck.foot) if part)
        before, between, after = re.split(r"\{pages?\}", self.deck.page)
        _write_into(box, [Paragraph(f"{text}   |   {before}", FOOT, after=0)], colour=GREY)
        paragraph = box.text_frame.paragraphs[0]
        field = parse_xml(
            f'<a:fld {nsdecls("a")} id="{{4C2C92AA-0000-4000-8000-{number:012d}}}" type="slidenum">'
            f'<a:rPr lang="en-GB" sz="{FOOT * 100}"><a:solidFill><a:srgbClr val="{GREY}"/></a:solidFill></a:rPr>'
            f"<a:t>{number}</a:t></a:fld>"
        )
        paragraph._p.append(field)
        _run(paragraph, f"{between}{len(self.slides)}{after}", FOOT, False, GREY)


def _place(shape: Any, left: float, top: float, width: float, height: float) -> None:
    shape.left, shape.top, shape.width, shape.height = Pt(left), Pt(top), Pt(width), Pt(height)


def _write_into(shape: Any, paragraphs: Sequence[Paragraph], *, colour: str = INK) -> None:
    """Text as it was measured: no inner margins, lines of a fixed height, and nothing that shrinks it."""
    frame = shape.text_frame
    frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for place, one in enumerate(paragraphs):
        paragraph = frame.paragraphs[0] if not place else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        paragraph.line_spacing, paragraph.space_before, paragraph.space_after = (
            Pt(one.size * LEADING),
            Pt(0),
            Pt(one.after),
        )
        for line_number, line in enumerate(one.text.split("\n")):
            if line_number:
                paragraph.add_line_break()
            _run(paragraph, line, one.size, one.bold, colour)
        _say_whether_it_is_an_entry(paragraph, one.bullet)


def _run(paragraph: Any, text: str, size: int, bold: bool, colour: str) -> None:
    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, RGBColor.from_string(colour)
    run.font.language_id = MSO_LANGUAGE_ID.ENGLISH_UK


def _say_whether_it_is_an_entry(paragraph: Any, bullet: bool) -> None:
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", str(Pt(BULLET) if bullet else 0))
    properties.set("indent", str(-Pt(BULLET) if bullet else 0))
    mark = '<a:buFont {0} typeface="Arial"/>|<a:buChar {0} char="•"/>' if bullet else "<a:buNone {0}/>"
    for element in mark.format(nsdecls("a")).split("|"):
        properties.append(parse_xml(element))


def _describe(frame: Any, name: str, description: str) -> None:
    """What a screen reader says of a table or a chart."""
    properties = frame._element.nvGraphicFramePr.cNvPr
    properties.set("name", name)
    properties.set("descr", description)


def _draw_grid(drawn: Any, grid: Grid, top: float) -> None:
    heights = grid.heights()
    shape = drawn.shapes.add_table(
        len(heights), len(grid.widths), Pt(MARGIN), Pt(top), Pt(sum(grid.widths)), Pt(sum(heights))
    )
    _describe(shape, "Table", grid.description)
    table = shape.table
    table.first_row, table.first_col, table.horz_banding = True, True, False
    for column, width in enumerate(grid.widths):
        table.columns[column].width = Pt(width)
    plain: tuple[Tone | None, ...] = (None,) * len(grid.widths)
    shaded = [(grid.header, plain), *grid.shaded()]
    for place, ((row, tones), tall) in enumerate(zip(shaded, heights, strict=True)):
        table.rows[place].height = Pt(tall)
        for column, text in enumerate(row):
            cell = table.cell(place, column)
            bold = not place or not column
            cell.margin_left = cell.margin_right = Pt(CELL_SIDE)
            cell.margin_top = cell.margin_bottom = Pt(CELL_TOP)
            cell.fill.solid()
            tone = tones[column]
            fill, ink = TONES[tone] if tone else (PALE if not place else "FFFFFF", INK)
            cell.fill.fore_color.rgb = RGBColor.from_string(fill)
            paragraph = cell.text_frame.paragraphs[0]
            paragraph.line_spacing = Pt(grid.size * LEADING)
            paragraph.alignment = PP_ALIGN.RIGHT if grid.numeric and column else PP_ALIGN.LEFT
            _run(paragraph, " ".join(text.split()), grid.size, bold, ink)
            _border(cell, "lnB", 0.75, GREY)
            if column == grid.break_before:
                _border(cell, "lnL", 3, PURPLE, dash=MSO_LINE.DASH)
            elif column + 1 == grid.break_before:
                _border(cell, "lnR", 3, PURPLE, dash=MSO_LINE.DASH)


def _border(cell: Any, side: str, width: float, colour: str, dash: MSO_LINE | None = None) -> None:
    """A line on one side of a cell, which python-pptx has no words for. Sides come before the fill, in their order."""
    properties = cell._tc.get_or_add_tcPr()
    dashed = '<a:prstDash val="dash"/>' if dash else '<a:prstDash val="solid"/>'
    line = parse_xml(
        f'<a:{side} {nsdecls("a")} w="{Pt(width)}"><a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'
        f"{dashed}</a:{side}>"
    )
    order = [qn(f"a:{name}") for name in ("lnL", "lnR", "lnT", "lnB")]
    later = [one for one in properties if one.tag not in order[: order.index(line.tag) + 1]]
    (later[0].addprevious if later else properties.append)(line)


def _draw_bars(drawn: Any, bars: Bars, top: float, made: date) -> None:
    data = CategoryChartData(number_format=bars.number_format)
    data.categories = bars.categories
    for name, _tone, values in bars.series:
        data.add_series(name, values)
    shape = drawn.shapes.add_chart(
        XL_CHART_TYPE.BAR_STACKED if bars.is_stacked else XL_CHART_TYPE.BAR_CLUSTERED,
        Pt(MARGIN),
        Pt(top),
        Pt(ROOM),
        Pt(BODY_TOP + BODY_ROOM - top),
        data,
    )
    _describe(shape, "Chart", bars.description)
    chart = shape.chart
    chart.font.size, chart.font.name = Pt(CHART), FONT
    chart.font.color.rgb = RGBColor.from_string(INK)
    chart.has_title, chart.has_legend = False, True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    chart.category_axis.reverse_order = True
    chart.category_axis.format.line.color.rgb = RGBColor.from_string(GREY)
    chart.value_axis.visible, chart.value_axis.has_major_gridlines = False, False
    chart.value_axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
    chart.value_axis.minimum_scale = 0
    if bars.most is not None:
        chart.value_axis.maximum_scale = bars.most
    plot = chart.plots[0]
    plot.gap_width, plot.overlap = 40, 100 if bars.is_stacked else 0
    for series, (_name, tone, _values) in zip(plot.series, bars.series, strict=True):
        fill, ink = TONES[tone]
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = RGBColor.from_string(fill)
        series.format.line.color.rgb = RGBColor.from_string("FFFFFF")
        labels = series.data_labels
        labels.show_value = True
        labels.position = XL_LABEL_POSITION.CENTER if bars.is_stacked else XL_LABEL_POSITION.INSIDE_END
        labels.font.size, labels.font.bold = Pt(SMALL), True
        labels.font.color.rgb = RGBColor.from_string(ink)
    workbook = chart.part.chart_workbook.xlsx_part
    workbook._blob = _repacked(workbook.blob, made=made)


def _prepare(file: Any) -> None:
    """The template made ours: its colours and font, 16 to 9, and only the layouts that are used."""
    master = file.slide_master
    wanted = [file.slide_layouts[place] for place in LAYOUTS]
    for layout in [one for one in file.slide_layouts if one not in wanted]:
        file.slide_layouts.remove(layout)
    for shape in [shape for sheet in (master, *wanted) for shape in sheet.placeholders]:
        kind = shape.placeholder_format.type
        if kind in _FURNITURE:
            shape._element.getparent().remove(shape._element)
        elif kind in _TITLES:
            _place(shape, MARGIN, TITLE_TOP, ROOM, TITLE_ROOM)
        else:
            _place(shape, MARGIN, BODY_TOP, ROOM, BODY_ROOM)
    band = _BAND.format(nsdecls("a", "p"), width=Pt(WIDTH), height=Pt(6), colour=PURPLE)
    master.shapes._spTree.insert(2, parse_xml(band))
    theme = master.part.part_related_by(RT.THEME)
    theme._blob = _themed(theme.blob)
    # A picture of the template's own first slide.
    for key, related in list(file.part.package._rels.items()):
        if related.reltype == RT.THUMBNAIL:
            file.part.package.drop_rel(key)


def _themed(blob: bytes) -> bytes:
    tree = etree.fromstring(blob)
    space = {"a": "http://schemas.openxmlformats.org/drawingml/2006/main"}
    for fonts in ("majorFont", "minorFont"):
        for latin in tree.iterfind(f".//a:{fonts}/a:latin", space):
            latin.set("typeface", FONT)
    accents = (PURPLE, *(fill for fill, _ink in TONES.values()), GREY)
    for number, colour in enumerate(accents, start=1):
        for accent in tree.iterfind(f".//a:clrScheme/a:accent{number}", space):
            accent.clear()
            etree.SubElement(accent, f"{{{space['a']}}}srgbClr", val=colour)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", standalone=True)


def _repacked(data: bytes, *, made: date | None = None) -> bytes:
    """An archive with the same files in the same order, and without the time at which it was made.

    Args:
        made: what its properties are to say instead of that time; None where they say no such time.
    """
    target = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(target, "w", ZIP_DEFLATED) as kept:
        for name in source.namelist():
            content = source.read(name)
            if made and name == "docProps/core.xml":
                content = _TIME.sub(rb"\g<1>%sT00:00:00Z\g<2>" % made.isoformat().encode(), content)
            info = ZipInfo(name, MOMENT)
            info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 0, 0
            kept.writestr(info, content)
    return target.getvalue()
