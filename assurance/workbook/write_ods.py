"""The workbook as an OpenDocument spreadsheet. Every text is a string value in paragraphs, never a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

from odfdo import Document, Element

from assurance.workbook.layout import UNLOCKED, Cell, Line, Sheet
from assurance.workbook.words import LIST_FAULT, LIST_FAULT_TITLE, writable

_SPACES = re.compile(r"^ | $| {2,}|\t")
_BORDER = 'fo:border="0.5pt solid #b1b4b6"'
_YELLOW, _GREY = 'fo:background-color="#fff7cc"', 'fo:background-color="#f3f2f1"'
_CELLS = {
    "plain": ("", ""),
    "title": ("", 'fo:font-size="16pt" fo:font-weight="bold"'),
    "caption": ("", 'fo:color="#505a5f"'),
    "heading": (f"{_BORDER} {_GREY}", 'fo:font-size="11pt" fo:font-weight="bold"'),
    "level": (_BORDER, 'fo:font-size="11pt" fo:font-weight="bold" fo:color="#1d70b8"'),
    "reference": (_BORDER, ""),
    "choice": (f"{_BORDER} {_YELLOW}", ""),
    "text": (f"{_BORDER} {_YELLOW}", ""),
    "tall": (f"{_BORDER} {_YELLOW}", ""),
    "last": (f"{_BORDER} {_GREY}", 'fo:font-size="9pt" fo:color="#505a5f"'),
    "hidden": ("", ""),
}
"""For each style of the layout, what its cells and its letters look like."""
PAGE = {
    "style:print-orientation": "landscape",
    "fo:page-width": "29.7cm",
    "fo:page-height": "21cm",
    "style:scale-to-X": "1",
    "style:scale-to-Y": "0",
}
"""Printed, a sheet is as wide as the paper, however many pages long."""
_USUAL = 'fo:font-size="10pt"'
_CENTIMETRES = 0.19
"""Of one character's width."""


def write(sheets: Iterable[Sheet]) -> bytes:
    """The sheets as the bytes of an .ods file."""
    plan = list(sheets)
    document = Document("spreadsheet")
    document.body.clear()
    styles = document.get_part("content").get_element("//office:automatic-styles")
    for style in _styles(plan):
        styles.append(Element.from_tag(style))
    for page in document.get_part("styles").get_elements("//style:page-layout-properties"):
        for name, value in PAGE.items():
            page.set_attribute(name, value)
    lists = list(dict.fromkeys(cell.choices for sheet in plan for line in sheet.lines for cell in line.cells))
    names = {choices: f"list{index}" for index, choices in enumerate(lists) if choices}
    document.body.append(Element.from_tag(_validations(names)))
    for sheet in plan:
        document.body.append(Element.from_tag(_sheet(sheet, names)))
    kept = BytesIO()
    document.save(kept)
    return kept.getvalue()


def _styles(plan: list[Sheet]) -> list[str]:
    found = ['<number:text-style style:name="text"><number:text-content/></number:text-style>']
    for name, (cell, text) in _CELLS.items():
        protect = "none" if name in UNLOCKED else "protected"
        found.append(
            f'<style:style style:name="cell-{name}" style:family="table-cell" style:data-style-name="text">'
            f'<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" {cell}'
            f' style:cell-protect="{protect}" fo:padding="0.05cm"/>'
            f'<style:text-properties fo:font-family="Arial" {text or _USUAL}/>'
            "</style:style>"
        )
    for width in {width for sheet in plan for width in sheet.widths}:
        found.append(
            f'<style:style style:name="{_column(width)}" style:family="table-column">'
            f'<style:table-column-properties style:column-width="{width * _CENTIMETRES:.2f}cm"/></style:style>'
        )
    for height in {line.height for sheet in plan for line in sheet.lines if line.height}:
        found.append(
            f'<style:style style:name="{_row(height)}" style:family="table-row">'
            f'<style:table-row-properties style:row-height="{height:g}pt" style:use-optimal-row-height="false"/>'
            "</style:style>"
        )
    for name, shown in (("shown", "true"), ("hidden", "false")):
        found.append(
            f'<style:style style:name="sheet-{name}" style:family="table">'
            f'<style:table-properties table:display="{shown}"/></style:style>'
        )
    return found


def _column(width: float) -> str:
    return f"column-{width:g}".replace(".", "-")


def _row(height: float) -> str:
    return f"row-{height:g}".replace(".", "-")


def _validations(names: dict[tuple[str, ...], str]) -> str:
    parts = []
    for choices, name in names.items():
        # A quotation mark within a label is doubled, as in any string of a formula.
        listed = ";".join('"{}"'.format(writable(one).replace('"', '""')) for one in choices)
        parts.append(
            f'<table:content-validation table:name="{name}" table:allow-empty-cell="true" '
            f'table:display-list="unsorted" table:condition={attribute(f"of:cell-content-is-in-list({listed})")}>'
            f'<table:error-message table:display="true" table:message-type="stop" '
            f"table:title={attribute(str(LIST_FAULT_TITLE))}>{paragraphs(str(LIST_FAULT))}</table:error-message>"
            "</table:content-validation>"
        )
    return f"<table:content-validations>{''.join(parts)}</table:content-validations>"


def _sheet(sheet: Sheet, names: dict[tuple[str, ...], str]) -> str:
    columns = "".join(
        f'<table:table-column table:style-name="{_column(width)}"'
        f"{_COLLAPSED if index == 0 and sheet.first_column_hidden else ''}/>"
        for index, width in enumerate(sheet.widths)
    )
    rows = "".join(_line(line, names) for line in sheet.lines)
    return (
        f'<table:table table:name={attribute(sheet.name)} table:protected="true" '
        f'table:style-name="sheet-{"hidden" if sheet.hidden else "shown"}">{columns}{rows}</table:table>'
    )


_COLLAPSED = ' table:visibility="collapse"'


def _line(line: Line, names: dict[tuple[str, ...], str]) -> str:
    style = f' table:style-name="{_row(line.height)}"' if line.height else ""
    cells = "".join(_cell(cell, names) for cell in line.cells)
    return f"<table:table-row{style}{_COLLAPSED if line.hidden else ''}>{cells}</table:table-row>"


def _cell(cell: Cell, names: dict[tuple[str, ...], str]) -> str:
    attributes = f' table:style-name="cell-{cell.style}"'
    if cell.choices:
        attributes += f' table:content-validation-name="{names[cell.choices]}"'
    if cell.span > 1:
        attributes += f' table:number-columns-spanned="{cell.span}" table:number-rows-spanned="1"'
    covered = "<table:covered-table-cell/>" * (cell.span - 1)
    if not cell.text:
        return f"<table:table-cell{attributes}/>{covered}"
    return (
        f'<table:table-cell{attributes} office:value-type="string">{paragraphs(cell.text)}</table:table-cell>{covered}'
    )


def paragraphs(text: str) -> str:
    """Each line a paragraph; a tab, and every space that a reader may take for layout, as an element of its own."""
    return "".join(f"<text:p>{_line_of_text(line)}</text:p>" for line in writable(text).split("\n"))


def _line_of_text(line: str) -> str:
    parts, end = [], 0
    for found in _SPACES.finditer(line):
        parts.append(escape(line[end : found.start()]))
        parts.append("<text:tab/>" if found[0] == "\t" else f'<text:s text:c="{len(found[0])}"/>')
        end = found.end()
    return "".join((*parts, escape(line[end:])))


def attribute(text: str) -> str:
    """A text as the value of an attribute, in its quotation marks."""
    return quoteattr(writable(text), {"\n": " "})
