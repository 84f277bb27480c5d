"""A letter as a Word file, for those who are consulted about it: real headings, lists and tables, in plain styles.

It is a copy to write in, and not the letter: it says so first. Nothing is read back from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt, RGBColor

from letters.pdf import Content
from letters.pdf.content import AnnexA, AnnexB, Column, Criterion, Item, Row
from letters.pdf.markup import pieces, runs
from letters.pdf.text import cleaned

FONT = "Arial"
INK = RGBColor(0x0B, 0x0C, 0x0C)
MARGIN = Mm(22)
SHORT, LONG = Mm(210), Mm(297)
LEVEL_SHARE = 20
"""Percent of the width that the names of the levels take, where Annex B is a table."""
REGIONS = {"en": "en-GB", "cy": "cy-GB"}
"""The language of the spelling check."""


def word_copy(content: Content, *, notice: str, header: str) -> bytes:
    """The letter as the bytes of a .docx file.

    Args:
        notice: the first paragraph, which says what the copy is for.
        header: at the head of every page; what the letter is marked with comes from its content and belongs in it.
    """
    content = Content.model_validate(cleaned(content.frozen()))
    return _Copy(content).made(cleaned(notice), cleaned(header))


class _Copy:
    """One file in the making."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.document: Any = Document()

    def made(self, notice: str, header: str) -> bytes:
        content = self.content
        self._prepare(header)
        self._paragraph(notice).runs[0].italic = True
        self._opening()
        self._blocks()
        if content.cc:
            self._paragraph(content.labels.cc)
            for name in content.cc:
                self._paragraph(name, "List Bullet")
        self._annex_a(content.annex_a)
        if content.annex_b:
            self._annex_b(content.annex_b)
        target = BytesIO()
        self.document.save(target)
        return target.getvalue()

    # What is not text

    def _prepare(self, header: str) -> None:
        document, content = self.document, self.content
        language = REGIONS.get(content.language, content.language)
        properties = document.core_properties
        properties.title, properties.language = content.title, language
        properties.author = properties.last_modified_by = content.sender.organisation
        properties.comments, properties.keywords = "", content.reference
        for element in document.styles.element.iter(qn("w:lang")):
            element.set(qn("w:val"), language)
        for name, size in (("Normal", 11), ("Heading 1", 15), ("Heading 2", 13), ("Heading 3", 11.5)):
            self._style(name, size)
        section = document.sections[0]
        section.page_width, section.page_height = SHORT, LONG
        section.left_margin = section.right_margin = MARGIN
        section.header.paragraphs[0].text = header
        section.header.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER
        for run in section.header.paragraphs[0].runs:
            run.bold = True
        self._footer(section.footer.paragraphs[0])

    def _style(self, name: str, size: float) -> None:
        """A style in our font and ink: those of the template are in its theme's."""
        style = self.document.styles[name]
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in list(fonts.attrib):
            if key.endswith("Theme"):
                del fonts.attrib[key]
        style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), INK
        style.paragraph_format.space_after = Pt(6)

    def _footer(self, paragraph: Any) -> None:
        """The reference, and which page it is of how many, in the words of the letter."""
        content = self.content
        paragraph.add_run(f"{content.labels.reference} {content.reference}  |  ")
        for part in re.split(r"(\{pages?\})", content.labels.page_whole):
            if part in ("{page}", "{pages}"):
                self._field(paragraph, "PAGE" if part == "{page}" else "NUMPAGES")
            elif part:
                paragraph.add_run(part)

    def _field(self, paragraph: Any, code: str) -> None:
        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), code)
        run = paragraph.add_run("1")
        field.append(run._r)
        paragraph._p.append(field)

    def _section(self, *, landscape: bool) -> None:
        """A new section that begins on a new page, with the header and footer of the one before."""
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (LONG, SHORT) if landscape else (SHORT, LONG)

    # The letter

    def _opening(self) -> None:
        content, sender, to, labels = self.content, self.content.sender, self.content.addressee, self.content.labels
        self._lines([sender.organisation, sender.unit, *sender.address, sender.email])
        self._lines([to.name, to.title, to.organisation, *to.address])
        replaces = f"{labels.replaces} {content.replaces}" if content.replaces else ""
        dated = f"{labels.date} {content.date_text}".strip()
        self._lines([dated, f"{labels.reference} {content.reference}", replaces])
        self._paragraph(content.salutation)
        self._heading(content.heading, 1)

    def _blocks(self) -> None:
        for block in self.content.blocks:
            match block.kind:
                case "heading":
                    self._heading(block.text, 2)
                case "bullets":
                    self._items(block.items, "List Bullet")
                case "numbered":
                    self._items(block.items, "List Number")
                case "closing":
                    self._paragraph(block.text)
                    self._lines(self.content.signature)
                case _:
                    self._prose(block.text)

    def _items(self, items: list[Item], style: str) -> None:
        number = self._new_list(style) if style == "List Number" else None
        for item in items:
            paragraph = self.document.add_paragraph(style=style)
            if number is not None:
                paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number
            rest = pieces(item.text)
            if item.heading:
                paragraph.add_run(item.heading).bold = True
            elif rest and not rest[0].is_list:
                self._write(paragraph, rest.pop(0).texts)
            self._pieces(self.document, rest, "List Continue", "List Bullet 2")

    def _new_list(self, style: str) -> int:
        """A numbering that begins at 1: else a second list would go on from the first."""
        own = self.document.styles[style].element.pPr.numPr.numId.val
        numbering = self.document.part.numbering_part.element
        abstract = numbering.num_having_numId(own).abstractNumId.val
        num = numbering.add_num(abstract)
        num.add_lvlOverride(ilvl=0).add_startOverride(1)
        return int(num.numId)

    def _annex_a(self, annex: AnnexA) -> None:
        landscape = annex.orientation == "landscape"
        self._section(landscape=landscape)
        self._heading(annex.title, 1)
        for text in annex.intro:
            self._prose(text)
        width = (LONG if landscape else SHORT) - 2 * MARGIN
        table = self._table([column.heading for column in annex.columns], [one.width for one in annex.columns], width)
        for row in annex.rows:
            cells = table.add_row().cells
            for cell, column in zip(cells, annex.columns, strict=True):
                self._cell(cell, column, row)
        self._finish(table, annex.title)

    def _cell(self, cell: Any, column: Column, row: Row) -> None:
        alone = len(column.fields) == 1
        before = len(cell.paragraphs)
        for field in column.fields:
            match field:
                case "benchmark":
                    cell.add_paragraph().add_run(f"{row.number}. {row.title}").bold = True
                case "statement":
                    self._prose(row.statement or (column.empty if alone else ""), cell)
                case "outcome":
                    cell.add_paragraph().add_run(row.outcome).bold = True
                case "summary":
                    self._prose(row.note, cell)
                    self._prose(row.summary or ("" if row.note else column.empty), cell)
                case _ if row.comments:
                    if not alone:
                        cell.add_paragraph().add_run(self.content.annex_a.comments_label).bold = True
                    self._prose(row.comments, cell)
                case _:
                    self._prose(column.empty if alone else "", cell)
        if len(cell.paragraphs) > before:
            # A cell begins with an empty paragraph of its own.
            first = cell.paragraphs[0]._p
            first.getparent().remove(first)

    def _annex_b(self, annex: AnnexB) -> None:
        self._section(landscape=False)
        self._heading(annex.title, 1)
        for text in annex.intro:
            self._prose(text)
        for benchmark in annex.benchmarks:
            self._heading(f"{benchmark.number}. {benchmark.title}", 2)
            for text in filter(None, (benchmark.statement, benchmark.note)):
                self._paragraph(text)
            if benchmark.levels and annex.layout == "table":
                shares = [LEVEL_SHARE, 100 - LEVEL_SHARE]
                table = self._table([annex.level_heading, annex.criteria_heading], shares, SHORT - 2 * MARGIN)
                for level in benchmark.levels:
                    label, criteria = table.add_row().cells
                    label.paragraphs[0].add_run(level.label).bold = True
                    self._criteria(level.criteria, criteria)
                self._finish(table, f"{benchmark.number}. {benchmark.title}")
            else:
                for level in benchmark.levels:
                    self._heading(level.label, 3)
                    self._criteria(level.criteria, self.document)

    def _criteria(self, criteria: list[Criterion], where: Any) -> None:
        first = None if where is self.document else where.paragraphs[0]._p
        if first is not None and len(criteria) == 1 and not criteria[0].sub:
            # One alone in its cell is no list.
            where.paragraphs[0].add_run(criteria[0].text)
            return
        for criterion in criteria:
            where.add_paragraph(criterion.text, style="List Bullet")
            for sub in criterion.sub:
                where.add_paragraph(sub, style="List Bullet 2")
        if first is not None and criteria:
            first.getparent().remove(first)

    # Their parts

    def _heading(self, text: str, level: int) -> None:
        self.document.add_heading(text, level)

    def _paragraph(self, text: str, style: str = "Normal") -> Any:
        return self.document.add_paragraph(text, style=style)

    def _lines(self, texts: Iterable[str]) -> None:
        """Lines of one paragraph; none that is empty."""
        self._write(self.document.add_paragraph(), [text for text in texts if text], marked=False)

    def _prose(self, text: str, where: Any = None) -> None:
        self._pieces(where or self.document, pieces(text), "Normal", "List Bullet")

    def _pieces(self, where: Any, found: Iterable[Any], style: str, list_style: str) -> None:
        for piece in found:
            if piece.is_list:
                for item in piece.texts:
                    self._write(where.add_paragraph(style=list_style), [item])
            else:
                self._write(where.add_paragraph(style=style), piece.texts)

    def _write(self, paragraph: Any, lines: Iterable[str], *, marked: bool = True) -> None:
        for number, line in enumerate(lines):
            if number:
                paragraph.add_run().add_break()
            for text, bold in runs(line) if marked else [(line, False)]:
                paragraph.add_run(text).bold = bold or None

    def _table(self, headings: list[str], shares: list[int], width: int) -> Any:
        table = self.document.add_table(rows=1, cols=len(headings), style="Table Grid")
        table.autofit = False
        for column, share in zip(table.columns, shares, strict=True):
            column.width = Emu(width * share // 100)
        for cell, heading in zip(table.rows[0].cells, headings, strict=True):
            cell.paragraphs[0].add_run(heading).bold = True
        # Word repeats such a row on each page, and screen readers take it for the heads of the columns.
        table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        return table

    def _finish(self, table: Any, caption: str) -> None:
        """Every cell as wide as its column, which Word goes by, and a title for whoever does not see the table."""
        widths = [column.width for column in table.columns]
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = width
        title = OxmlElement("w:tblCaption")
        title.set(qn("w:val"), caption)
        # Last in the schema but for a description, so after all that is there.
        table._tbl.tblPr.append(title)
