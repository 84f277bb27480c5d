"""A view as an OpenDocument spreadsheet. The document is the library's; its rows are written as they come.

A text is a string value in paragraphs and never a formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.utils.translation import gettext as _
from odfdo import Document, Element

from assurance.exporting.marked import Marked, is_number, sheet_names, text_of, widths
from assurance.insights.sheet import Table, Value
from assurance.workbook.words import writable
from assurance.workbook.write_ods import PAGE, attribute, paragraphs

_CENTIMETRES = 0.19
"""Of one character's width."""
_PLACE = re.compile(rb'<table:table-row table:style-name="rows-(\d+)"\s*/>')
"""Where the rows of a sheet go, by the number of the sheet."""
_CONTENT = "content.xml"
_STYLES = (
    '<style:style style:name="bold" style:family="table-cell">'
    '<style:text-properties fo:font-weight="bold"/></style:style>',
    '<style:style style:name="wrapped" style:family="table-cell">'
    '<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top"/></style:style>',
    '<number:date-style style:name="day"><number:year number:style="long"/><number:text>-</number:text>'
    '<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/>'
    "</number:date-style>",
    '<style:style style:name="day-cell" style:family="table-cell" style:data-style-name="day"/>',
)


def write(marked: Marked) -> bytes:
    """The bytes of an .ods file."""
    about = _("About")
    tables = marked.view.tables
    names = [about, *sheet_names([one.title for one in tables], [about])]
    sizes = [[26, 100], *(widths(one) for one in tables)]
    rows = [_about(marked), *(_rows(one) for one in tables)]
    document = Document("spreadsheet")
    document.body.clear()
    content: Any = document.get_part("content")
    styles = content.get_element("//office:automatic-styles")
    for style in (*_STYLES, *map(_width, sorted({width for one in sizes for width in one}))):
        styles.append(Element.from_tag(style))
    for page in document.get_part("styles").get_elements("//style:page-layout-properties"):  # type: ignore[union-attr]
        for name, value in PAGE.items():
            page.set_attribute(name, value)
    for number, (name, wide) in enumerate(zip(names, sizes, strict=True)):
        document.body.append(Element.from_tag(_sheet(number, name, wide)))
    meta: Any = document.get_part("meta")
    meta.title, meta.creator = writable(marked.view.title), writable(marked.made_by)
    kept = BytesIO()
    document.save(kept)
    return _filled(kept, rows)


def _filled(made: BytesIO, rows: list[Iterator[str]]) -> bytes:
    """The same archive with the rows in their places: they are never all in memory as a tree."""
    target = BytesIO()
    with ZipFile(made) as source, ZipFile(target, "w", ZIP_DEFLATED) as kept:
        for info in source.infolist():
            if info.filename != _CONTENT:
                # The first entry says what the file is, and is not to be compressed.
                kept.writestr(info, source.read(info), ZIP_STORED if info.filename == "mimetype" else None)
                continue
            parts = _PLACE.split(source.read(info))
            with kept.open(_CONTENT, "w", force_zip64=True) as content:
                content.write(parts[0])
                for number, after in zip(parts[1::2], parts[2::2], strict=True):
                    for row in rows[int(number)]:
                        content.write(row.encode())
                    content.write(after)
    return target.getvalue()


def _sheet(number: int, name: str, wide: list[int]) -> str:
    columns = "".join(f'<table:table-column table:style-name="wide-{one}"/>' for one in wide)
    return (
        f"<table:table table:name={attribute(name)}>{columns}"
        f'<table:table-row table:style-name="rows-{number}"/></table:table>'
    )


def _width(wide: int) -> str:
    return (
        f'<style:style style:name="wide-{wide}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{wide * _CENTIMETRES:.2f}cm"/></style:style>'
    )


def _about(marked: Marked) -> Iterator[str]:
    for label, text in marked.lines():
        yield f"<table:table-row>{_cell(label, 'bold')}{_cell(text, 'wrapped')}</table:table-row>"


def _rows(table: Table) -> Iterator[str]:
    """The names of the columns, which are printed on every page again, and the rows."""
    header = "".join(_cell(str(one), "bold") for one in table.columns)
    yield f"<table:table-header-rows><table:table-row>{header}</table:table-row></table:table-header-rows>"
    for row in table.rows:
        yield f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>"


def _cell(value: Value, style: str = "") -> str:
    if value is None:
        return "<table:table-cell/>"
    text = text_of(value)
    if is_number(value):
        number = f'office:value-type="float" office:value="{text}"'
        return f"<table:table-cell {number}><text:p>{text}</text:p></table:table-cell>"
    if isinstance(value, date):
        return (
            f'<table:table-cell table:style-name="day-cell" office:value-type="date" office:date-value="{text}">'
            f"<text:p>{text}</text:p></table:table-cell>"
        )
    named = f' table:style-name="{style}"' if style else ""
    return f'<table:table-cell{named} office:value-type="string">{paragraphs(text)}</table:table-cell>'
