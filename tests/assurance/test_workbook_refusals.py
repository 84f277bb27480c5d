"""What is not taken: files that do harm or are not ours, and cells that cannot be understood."""

from __future__ import annotations

import re
import resource
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import pytest
from odfdo import Document as OdsDocument
from openpyxl import Workbook

from assurance.actions.answers import Reply
from assurance.workbook import layout
from assurance.workbook.compare import Stands, Verdict, compare
from assurance.workbook.read import Found, from_json, read, to_json
from assurance.workbook.safe import LARGEST, MOST_PARTS, Refused, harmful, too_large
from benchmarks.catalogue import SchemeText
from tests.assurance.workbooks import (
    BEST_FIT,
    CHECKLIST,
    KINDS,
    USUAL,
    WRITE,
    book,
    edited,
    expected,
    repacked,
    row_of,
    written,
)
from tests.files import ole

SHEET = "xl/worksheets/sheet2.xml"
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


def refused(data: bytes, **more: Any) -> str:
    """The words with which a file is refused."""
    with pytest.raises(Refused) as refusal:
        read(data, expected(**more))
    return " ".join(refusal.value.reasons)


def of(found: list[Found], number: int) -> Found:
    return next(one for one in found if one.number == number)


# The file as a whole


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7 nothing", "not a spreadsheet"),
        (b"MZ" + bytes(500), "not a spreadsheet"),
        (b"PK\x03\x04 and nothing else", "damaged"),
        (b"PK" + bytes(LARGEST), "larger than 10 MB"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "damaged"),
    ],
    ids=["empty", "pdf", "program", "cut-off", "large", "broken-ole"],
)
def test_what_is_no_workbook_is_refused(data: bytes, words: str) -> None:
    assert words in refused(data)


def test_an_encrypted_workbook_asks_for_the_password_to_be_removed() -> None:
    assert "remove the password" in refused(ole({"EncryptedPackage": bytes(5000), "EncryptionInfo": bytes(5000)}))


def test_the_older_format_is_named() -> None:
    assert ".xls" in refused(ole({"Workbook": bytes(5000)}))
    assert "not a spreadsheet" in refused(ole({"WordDocument": bytes(5000)}))


def test_an_encrypted_open_document_asks_for_the_password_to_be_removed() -> None:
    def encrypt(name: str, content: bytes) -> bytes:
        if name == "META-INF/manifest.xml":
            return content.replace(b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>")
        return content

    assert "remove the password" in refused(repacked(written("ods"), encrypt))
    assert "remove the password" in refused(repacked(written("ods"), keep, **{"encrypted-package": b"x"}))


def keep(name: str, content: bytes) -> bytes:
    return content


@pytest.mark.parametrize(
    ("kind", "part"),
    [("xlsx", "xl/vbaProject.bin"), ("xlsx", "xl/VBAPROJECT.BIN"), ("ods", "Basic/Standard/Module1.xml"),
     ("ods", "Scripts/python/do.py")],
)  # fmt: skip
def test_macros_are_refused(kind: str, part: str) -> None:
    assert "contains macros" in refused(repacked(written(kind), keep, **{part: b"Sub AutoOpen()"}))


def test_a_workbook_that_is_only_said_to_have_macros_is_refused() -> None:
    def claim(name: str, content: bytes) -> bytes:
        return content.replace(b"spreadsheetml.sheet.main", b"macroEnabled.main") if "Types" in name else content

    assert "contains macros" in refused(repacked(written("xlsx"), claim))


@pytest.mark.parametrize(("kind", "part"), [("xlsx", SHEET), ("xlsx", "xl/workbook.xml"), ("ods", "content.xml")])
def test_a_document_type_is_refused_before_anything_of_it_grows(kind: str, part: str) -> None:
    def charge(name: str, content: bytes) -> bytes:
        return BOMB + re.sub(rb"<\?xml[^>]*\?>", b"", content) if name == part else content

    assert "document type" in refused(repacked(written(kind), charge))


def test_what_unpacks_to_too_much_is_refused() -> None:
    zeros = bytes(60 * 1024 * 1024)
    assert "unpacks to much more" in refused(repacked(written("xlsx"), keep, **{"xl/media/a.png": zeros}))
    many = {f"xl/media/{index}.png": b"x" for index in range(MOST_PARTS)}
    assert "unpacks to much more" in refused(repacked(written("ods"), keep, **many))


def test_an_archive_that_lies_about_its_sizes_is_damaged() -> None:
    data = bytearray(repacked(written("xlsx"), keep))
    with zipfile.ZipFile(BytesIO(bytes(data))) as archive:
        size = archive.getinfo(SHEET).file_size
    begin = data.rindex(SHEET.encode())
    # The size in the archive's directory stands 22 bytes before the name.
    assert int.from_bytes(data[begin - 22 : begin - 18], "little") == size
    data[begin - 22 : begin - 18] = (100).to_bytes(4, "little")
    assert "damaged" in refused(bytes(data))


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576", "XFD1", "ZZZZ99999999", "A0", "B-2"])
def test_a_cell_far_out_is_refused_and_takes_no_memory(place: str) -> None:
    """The reader takes memory for every cell up to the furthest: these few bytes would end the worker."""
    cell = f'<row r="9"><c r="{place}"><v>1</v></c></row></sheetData>'.encode()
    data = repacked(written("xlsx"), lambda name, old: old.replace(b"</sheetData>", cell) if name == SHEET else old)
    assert re.search("far below|damaged", refused(data))


@pytest.mark.parametrize(
    "row",
    [
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell office:value-type="string" '
        'table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>',
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell/></table:table-row>'
        '<table:table-row><table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
        "</table:table-row>",
        '<table:table-row><table:table-cell table:number-columns-repeated="16383"/><table:table-cell><text:p>x</text:p>'
        "</table:table-cell></table:table-row>",
    ],
    ids=["block", "below", "right"],
)
def test_a_cell_far_out_of_an_open_document_is_refused_too(row: str) -> None:
    def grow(name: str, content: bytes) -> bytes:
        return (
            content.replace(b"</table:table>", row.encode() + b"</table:table>", 1)
            if name == "content.xml"
            else content
        )

    assert "far below" in refused(repacked(written("ods"), grow))


MUCH = 8 * 1024 * 1024
"""Bytes of a part that was made to keep a worker busy."""
MOST_SECONDS = 2.0
"""Of processor time for one file. An expression that is not linear takes minutes."""
TEXT_BEGINS, TEXT_ENDS = '<table:table-cell office:value-type="string"><text:p>', "</text:p></table:table-cell>"
RAW_BEGINS, RAW_ENDS = f"{TEXT_BEGINS}<![CDATA[", f"]]>{TEXT_ENDS}"
VALUE_BEGINS, VALUE_ENDS = "<c t='str'><v><![CDATA[", "]]></v></c>"
ODS_SHAPES = {
    "attributes-formula": ("<table:table-cell", ' a%dtable:formula=""', "></table:table-cell>"),
    "attributes-formula-alone": ("<table:table-cell", ' a%dtable:formula=""', "/>"),
    "attributes-value": ("<table:table-cell", ' a%doffice:string-value=""', "/>"),
    "attributes-error": ("<table:table-cell", ' a%dcalcext:value-type="error"', "/>"),
    "attributes-of-a-tab": (f"{TEXT_BEGINS}<text:tab", ' a%d=""', f"/>{TEXT_ENDS}"),
    "formula-in-a-value": ("<table:table-cell a='", " table:formula=", "'></table:table-cell>"),
    "value-in-a-value": ("<table:table-cell a='", ' office:string-value=""', "'></table:table-cell>"),
    "many-values": ("", "<table:table-cell a='> table:formula=\"\" calcext:value-type=\"error\"'/>", ""),
    "cells-that-are-none": (RAW_BEGINS, "<table:table-cell ", RAW_ENDS),
    "formulas-that-are-none": (RAW_BEGINS, "<table:table-cell table:formula=", RAW_ENDS),
    "quotes-that-are-none": (RAW_BEGINS, '<table:table-cell "', RAW_ENDS),
    "attributes-that-are-none": (f"{RAW_BEGINS}<table:table-cell table:formula", " a= ' a=\" ' \"", f">{RAW_ENDS}"),
    "tabs-that-are-none": (RAW_BEGINS, "<text:tab ", RAW_ENDS),
    "breaks-that-are-none": (RAW_BEGINS, '<text:line-break "" ', RAW_ENDS),
    "notes-within-notes": (RAW_BEGINS, '<table:table-cell calcext:value-type="error"><office:annotation>', RAW_ENDS),
    "notes-without-an-end": (
        RAW_BEGINS, '<table:table-cell calcext:value-type="error"><office:annotation><a>', RAW_ENDS,
    ),
    "space": ("", " " * 1000, ""),
}  # fmt: skip
XLSX_SHAPES = {
    "attributes": ("<c", ' a%dt="e"', "></c>"),
    "types-in-a-value": ("<c a='", ' t="e"', "'></c>"),
    "formula-attributes": ("<c><f", ' a%d=""', ">1</f></c>"),
    "cells-that-are-none": (VALUE_BEGINS, "<c ", VALUE_ENDS),
    "errors-that-are-none": (VALUE_BEGINS, '<c t="e" ', VALUE_ENDS),
    "formulas-that-are-none": (VALUE_BEGINS, '<c t="e"><f ', VALUE_ENDS),
    "formulas-without-an-end": (VALUE_BEGINS, "<c><f>", VALUE_ENDS),
    "long-name": (f"{VALUE_BEGINS}<", "c" * 1000, VALUE_ENDS),
}


def many(piece: str, size: int = MUCH) -> str:
    """The piece again and again, to about this many bytes; ``%d`` in it counts."""
    return "".join(piece.replace("%d", str(index)) for index in range(size // (len(piece.encode()) + 3)))


def stored(data: bytes) -> bytes:
    """The same archive without compression: what is always the same would be refused for how small it becomes."""
    kept = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return kept.getvalue()


def seconds(packed: bytes) -> float:
    """The processor time of reading a file, whatever comes of it."""
    data = stored(packed)
    assert MUCH / 2 < len(data) < LARGEST
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        read(data, expected())
    except Refused as refusal:
        assert refusal.reasons not in ((harmful(),), (too_large(),)), "refused before it was looked at"
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("shape", ODS_SHAPES)
def test_an_open_document_that_was_made_to_keep_a_worker_busy_does_not(shape: str) -> None:
    begins, piece, ends = ODS_SHAPES[shape]
    row = f"<table:table-row>{begins}{many(piece)}{ends}</table:table-row></table:table>".encode()

    def grow(name: str, content: bytes) -> bytes:
        return content.replace(b"</table:table>", row, 1) if name == "content.xml" else content

    assert seconds(repacked(written("ods"), grow)) < MOST_SECONDS


@pytest.mark.parametrize("shape", XLSX_SHAPES)
def test_a_workbook_that_was_made_to_keep_a_worker_busy_does_not(shape: str) -> None:
    begins, piece, ends = XLSX_SHAPES[shape]
    row = f'<row r="9">{begins}{many(piece)}{ends}</row></sheetData>'.encode()

    def grow(name: str, content: bytes) -> bytes:
        return content.replace(b"</sheetData>", row, 1) if name == SHEET else content

    assert seconds(repacked(written("xlsx"), grow)) < MOST_SECONDS


@pytest.mark.parametrize(
    ("kind", "part", "end"),
    [("ods", "content.xml", b"</table:table>"), ("xlsx", SHEET, b"</sheetData>"),
     ("xlsx", "xl/styles.xml", b"</styleSheet>")],
)  # fmt: skip
@pytest.mark.parametrize("shape", ["many", "long"])
def test_an_element_of_a_size_that_no_program_writes_is_refused_in_words(
    kind: str, part: str, end: bytes, shape: str
) -> None:
    inside = many(" a%d=''", 5_000) if shape == "many" else f" a='{many('xyz', 900_000)}'"

    def grow(name: str, content: bytes) -> bytes:
        return content.replace(end, f"<x{inside}/>".encode() + end, 1) if name == part else content

    assert "holds far more than a workbook needs" in refused(stored(repacked(written(kind), grow)))


def test_an_accented_text_that_is_much_too_long_is_named_and_not_put_together() -> None:
    fault = typed("criterion 102", 4, "e" + "\u0301\u0327" * 16_000).faults[0]
    # Put together, it would be one sign shorter.
    assert "1,000 characters or fewer. It is 32,001 now" in fault.reason


def test_a_value_that_holds_a_closing_bracket_or_other_quotes_is_understood() -> None:
    """A program may write them so; what shows an error, or was never calculated, is found all the same."""

    def alone(name: str, content: bytes) -> bytes:
        cell = rb'<table:table-cell([^>]*?) office:value-type="string"><text:p>The group met.*?</table:table-cell>'
        new = rb"<table:table-cell\1 table:formula='of:=IF([.A1]>3;\"a\";\"b\")'/>"
        return re.sub(cell, new, content) if name == "content.xml" else content

    (fault,) = of(read(repacked(written("ods"), alone), expected()), 1).faults
    assert "never calculated" in fault.reason

    def error(name: str, content: bytes) -> bytes:
        cell = re.search(rb'<c r="(D\d+)"[^>]*?t="inlineStr"[^>]*><is><t[^>]*>The group met.*?</c>', content, re.DOTALL)
        if name != SHEET or not cell:
            return content
        return content.replace(cell[0], b"<c r='" + cell[1] + b"' t='e'><f>IF(A1>3,1,0)</f><v>#N/A</v></c>")

    (fault,) = of(read(repacked(written("xlsx"), error), expected()), 1).faults
    assert "#N/A" in fault.reason


def test_empty_rows_to_the_end_of_the_sheet_are_taken() -> None:
    """LibreOffice writes them for every sheet whose columns have a look of their own."""
    cell = b'<table:table-cell table:number-columns-repeated="16384"/>'
    row = b'<table:table-row table:number-rows-repeated="1048000">' + cell

    def grow(name: str, content: bytes) -> bytes:
        return (
            content.replace(b"</table:table>", row + b"</table:table-row></table:table>")
            if "content" in name
            else content
        )

    assert of(read(repacked(written("ods"), grow), expected()), 1).reply == USUAL


@pytest.mark.parametrize("kind", KINDS)
def test_too_many_sheets_are_refused(kind: str) -> None:
    many = book(entries=tuple(entry for entry in book().entries for _ in range(30)))
    sheets = [replace(one, name=f"{one.name} {index}") for index, one in enumerate(layout.sheets(many)[:-1])]
    assert "unpacks to much more" in refused(WRITE[kind]([*sheets, layout.sheets(many)[-1]]))


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_elses_spreadsheet_is_refused(kind: str) -> None:
    if kind == "xlsx":
        other = Workbook()
        other.active["A1"] = "Budget"
        kept = BytesIO()
        other.save(kept)
        data = kept.getvalue()
    else:
        kept = BytesIO()
        OdsDocument("spreadsheet").save(kept)
        data = kept.getvalue()
    assert "not made here" in refused(data)


def test_a_text_document_is_no_spreadsheet() -> None:
    kept = BytesIO()
    OdsDocument("text").save(kept)
    assert "not a spreadsheet" in refused(kept.getvalue())
    assert "not a spreadsheet" in refused(
        repacked(written("xlsx"), lambda name, content: content if "xl/" not in name else None)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"gss_code": "E10000902", "authority": "Birch County Council"}, "of Birch County Council"),
        ({"programme": "another"}, "this is the assessment of Alder"),
        ({"cycle": "2024/25"}, "of the cycle 2024/25"),
        ({"scheme": replace(CHECKLIST, version="0")}, "other criteria"),
        ({"scheme": replace(CHECKLIST, digest="other")}, "other criteria"),
        ({"assessment_id": 8}, "another assessment"),
    ],
    ids=["authority", "programme", "cycle", "version", "digest", "assessment"],
)
def test_a_workbook_of_something_else_is_refused(kind: str, other: dict[str, Any], words: str) -> None:
    data = written(kind, book(**({"scheme": CHECKLIST, "replies": {1: USUAL}} | other)))
    assert words in refused(data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda sheet: sheet.__setitem__("B2", "99"), "newer version"),
        (lambda sheet: sheet.__setitem__("B3", "E10000902"), "was changed"),
        (lambda sheet: sheet.__setitem__("B12", "99"), "was changed"),
        (lambda sheet: sheet.__setitem__("A40", "version 9"), "was changed"),
        (lambda sheet: sheet.__setitem__("B1", "another service"), "not made here"),
    ],
    ids=["newer", "authority", "version", "added", "service"],
)
def test_a_hidden_sheet_that_was_changed_is_noticed(change: Callable[[Any], object], words: str) -> None:
    data = written("xlsx")

    def tamper(opened: Workbook) -> None:
        sheet = opened["_about"]
        assert (sheet["A2"].value, sheet["A3"].value, sheet["A12"].value) == ("format", "authority", "version 1")
        change(sheet)

    assert words in refused(edited(data, tamper))


def test_a_hidden_sheet_that_is_gone_is_noticed() -> None:
    assert "not made here" in refused(edited(written("xlsx"), lambda opened: opened.remove(opened["_about"])))


# Sheets, rows and columns


def found_after(change: Callable[[Workbook], object], scheme: SchemeText = CHECKLIST) -> list[Found]:
    return read(edited(written("xlsx", book(scheme)), change), expected(scheme))


def test_saving_it_untouched_changes_nothing() -> None:
    found = found_after(lambda opened: None)
    assert [one.faults for one in found] == [(), (), ()]
    assert of(found, 1).reply == USUAL


def test_a_sheet_that_was_renamed_or_moved_is_found_and_a_further_one_ignored() -> None:
    def change(opened: Workbook) -> None:
        opened["Benchmark 1"].title = "Ours"
        opened.move_sheet("Ours", offset=2)
        opened.create_sheet("Notes")["A1"] = "benchmark 1"

    assert of(found_after(change), 1).reply == USUAL


def test_a_sheet_that_was_deleted_is_missing_and_the_others_remain() -> None:
    found = found_after(lambda opened: opened.remove(opened["Benchmark 2"]))
    assert [one.number for one in found] == [1, 3]


def test_without_any_benchmark_it_is_refused() -> None:
    def change(opened: Workbook) -> None:
        for number in (1, 2, 3):
            opened.remove(opened[f"Benchmark {number}"])

    assert "no sheet of a benchmark" in refused(edited(written("xlsx"), change))


def test_a_sheet_that_was_copied_is_rejected_by_name() -> None:
    (fault,) = of(found_after(lambda opened: opened.copy_worksheet(opened["Benchmark 1"])), 1).faults
    assert "“Benchmark 1”, “Benchmark 1 Copy”" in fault.reason


def test_rows_and_columns_that_were_moved_whole_are_found() -> None:
    def change(opened: Workbook) -> None:
        sheet = opened["Benchmark 1"]
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=8, max_row=sheet.max_row)]
        for index, row in enumerate(reversed(rows)):
            for column, value in enumerate(row):
                sheet.cell(8 + index, 1 + column).value = value
        sheet.insert_rows(3, 2)
        sheet.insert_cols(3, 1)

    assert of(found_after(change), 1).reply == USUAL


def test_texts_that_were_sorted_away_from_their_criterion_are_rejected_with_the_cell() -> None:
    def change(opened: Workbook) -> None:
        sheet = opened["Benchmark 1"]
        one, two = row_of(sheet, "criterion 102"), row_of(sheet, "criterion 103")
        sheet.cell(one, 2).value, sheet.cell(two, 2).value = sheet.cell(two, 2).value, sheet.cell(one, 2).value

    found = found_after(change)
    faults = of(found, 1).faults
    assert [fault.cell for fault in faults] == ["Benchmark 1, cell B9", "Benchmark 1, cell B10"]
    assert "changed or moved" in faults[0].reason
    assert of(found, 2).reply == Reply()


@pytest.mark.parametrize("scheme", [CHECKLIST, BEST_FIT], ids=["criterion", "descriptor"])
def test_a_reference_that_was_rewritten_is_rejected(scheme: SchemeText) -> None:
    def change(opened: Workbook) -> None:
        sheet = opened["Benchmark 1"]
        key = next(
            cell.value for (cell,) in sheet["A2":"A30"] if cell.value and re.match("criterion|score", cell.value)
        )
        sheet.cell(row_of(sheet, key), 2).value += " Or not."

    (fault,) = of(found_after(change, scheme), 1).faults
    assert re.fullmatch(r"Benchmark 1, cell B\d+", fault.cell)


def test_a_row_that_is_gone_twice_there_or_nobodys_is_rejected() -> None:
    def change(opened: Workbook) -> None:
        opened["Benchmark 1"].delete_rows(row_of(opened["Benchmark 1"], "criterion 103"))
        two = opened["Benchmark 2"]
        two.cell(row_of(two, "criterion 203"), 1).value = "criterion 202"
        three = opened["Benchmark 3"]
        three.cell(row_of(three, "evidence") + 2, 4).value = "And one more thing."
        three.cell(row_of(three, "outcome"), 4).value = "Met, we think."

    found = found_after(change)
    assert "is gone" in of(found, 1).faults[0].reason
    assert {"twice", "gone"} == {re.search("twice|gone", one.reason)[0] for one in of(found, 2).faults}  # type: ignore[index]
    assert ["belongs to no criterion" in one.reason for one in of(found, 3).faults] == [True, True]


def test_a_key_that_was_changed_is_rejected() -> None:
    def change(opened: Workbook) -> None:
        sheet = opened["Benchmark 1"]
        sheet.cell(row_of(sheet, "criterion 102"), 1).value = "criterion 202"

    reasons = [one.reason for one in of(found_after(change), 1).faults]
    assert any("is gone" in one for one in reasons)
    assert any("belongs to no criterion" in one for one in reasons)


# Cells


def typed(key: str, column: int, value: Any) -> Found:
    def change(opened: Workbook) -> None:
        sheet = opened["Benchmark 1"]
        sheet.cell(row_of(sheet, key), column).value = value

    return of(found_after(change), 1)


@pytest.mark.parametrize(
    ("key", "column", "value", "words"),
    [
        ("criterion 102", 3, "Maybe", "“Maybe” is not in the list: Met, Partly, Not yet"),
        ("criterion 101", 3, "Perhaps", "Applies, Partly, Does not apply"),
        ("outcome", 3, "Excellent", "not in the list: Not met, Met, Exceeding"),
        ("evidence", 4, "word " * 4001, "20,000 characters or fewer"),
        ("evidence", 4, "x" * 10_000, "10,000 characters without a space"),
        ("reason", 4, "word " * 401, "2,000 characters or fewer"),
        ("criterion 102", 4, "word " * 201, "1,000 characters or fewer"),
    ],
)
def test_a_cell_that_cannot_be_used_is_named_with_its_reason(key: str, column: int, value: str, words: str) -> None:
    found = typed(key, column, value)
    assert found.reply is None
    (fault,) = found.faults
    assert re.fullmatch(r"Benchmark 1, cell [CD]\d+", fault.cell)
    assert words in fault.reason


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (3, "3"), (3.5, "3.5"), (1e300, "1e+300"), (True, "Yes"), (False, "No"),
        (date(2026, 3, 27), "27 March 2026"), (datetime(2026, 3, 27, 14, 5), "27 March 2026, 14:05"),  # noqa: DTZ001
        (time(14, 5), "14:05"), ("a\u202eb\x07c", "abc"), ("  spaced\r\n", "spaced"), (None, ""),
    ],
)  # fmt: skip
def test_whatever_is_typed_becomes_text(value: Any, kept: str) -> None:
    if isinstance(value, str) and "\x07" in value:
        value = value.replace("\x07", "_x0007_")
    found = typed("evidence", 4, value)
    assert found.reply is not None
    assert found.reply.evidence == kept


def test_choices_are_taken_as_people_type_them() -> None:
    for value in ("met", " MET ", "Applies"):
        assert typed("criterion 101", 3, value).reply.marks[101] == "met"  # type: ignore[union-attr]
    assert typed("outcome", 3, "exceeded").reply.level_code == "exceeding"  # type: ignore[union-attr]

    def change(opened: Workbook) -> None:
        sheet = opened["Benchmark 1"]
        sheet.cell(row_of(sheet, "outcome"), 3).value = 4

    assert of(found_after(change, BEST_FIT), 1).reply.level_code == "4"  # type: ignore[union-attr]


def test_of_a_formula_the_value_is_taken_and_of_an_error_nothing() -> None:
    def formula(name: str, content: bytes) -> bytes:
        if name != SHEET:
            return content
        cell = re.search(rb'<c r="(D\d+)"[^>]*?t="inlineStr"[^>]*><is><t[^>]*>The group met.*?</c>', content, re.DOTALL)
        assert cell
        given = b'<c r="' + cell[1] + kind + b"</v></c>"
        return content.replace(cell[0], given)

    kind = b'" t="str"><f>CONCATENATE("a","b")</f><v>ab'
    assert of(read(repacked(written("xlsx"), formula), expected()), 1).reply.evidence == "ab"  # type: ignore[union-attr]
    kind = b'" s="1" t="e"><f>group met</f><v>#NAME?'
    (fault,) = of(read(repacked(written("xlsx"), formula), expected()), 1).faults
    assert "#NAME?" in fault.reason


def test_a_formula_that_was_never_calculated_is_not_taken_for_an_empty_cell() -> None:
    """openpyxl and other programs write the formula alone; the value comes when somebody opens it and saves."""
    for key, column in (("evidence", 4), ("outcome", 3), ("criterion 102", 3), ("criterion 102", 4)):
        (fault,) = typed(key, column, '=CONCATENATE("a","b")').faults
        assert "never calculated" in fault.reason

    def alone(name: str, content: bytes) -> bytes:
        cell = rb'<table:table-cell([^>]*?) office:value-type="string"><text:p>The group met.*?</table:table-cell>'
        return (
            re.sub(cell, rb'<table:table-cell\1 table:formula="of:=[.A1]"/>', content) if "content" in name else content
        )

    (fault,) = of(read(repacked(written("ods"), alone), expected()), 1).faults
    assert "never calculated" in fault.reason


def test_an_error_of_an_open_document_is_not_taken_for_an_empty_cell() -> None:
    def err(name: str, content: bytes) -> bytes:
        if name != "content.xml":
            return content
        old = re.search(rb'office:value-type="string"><text:p>The group met.*?</table:table-cell>', content)
        assert old
        new = (
            b'table:formula="of:=1/0" office:value-type="string" office:string-value="" '
            b'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0" '
            b'calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
        )
        return content.replace(old[0], new)

    (fault,) = of(read(repacked(written("ods"), err), expected()), 1).faults
    assert "#DIV/0!" in fault.reason


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_a_person_wrote_is_a_formula(kind: str) -> None:
    said = {number: Reply(evidence=f"{sign}cmd|' /C calc'!A0") for number, sign in enumerate("=+-", 1)}
    with zipfile.ZipFile(BytesIO(written(kind, book(replies=said)))) as archive:
        for name in archive.namelist():
            if name.endswith(".xml") and (name.startswith("xl/worksheets") or name == "content.xml"):
                content = archive.read(name)
                assert b"<f>" not in content
                assert b"table:formula" not in content


# Beside what stands


def stands(version: int = 3, reply: Reply = USUAL, **more: Any) -> Stands:
    return Stands(version=version, reply=reply, **({"open": True, "mine": True} | more))


def found(reply: Reply | None, was: Reply = USUAL, version: int = 3) -> Found:
    return Found(number=1, version=version, digest=layout.digest(was), reply=reply)


OTHER = replace(USUAL, evidence="Something else.")


@pytest.mark.parametrize(
    ("said", "standing", "verdict", "preselected"),
    [
        (found(USUAL), stands(), Verdict.UNCHANGED, False),
        (found(OTHER), stands(), Verdict.CHANGED, True),
        (found(OTHER, Reply()), stands(reply=Reply()), Verdict.NEW, True),
        (found(OTHER), stands(4), Verdict.CONFLICT, False),
        # Somebody answered here since, and nobody touched it in the workbook: nothing to decide.
        (found(USUAL), stands(4, OTHER), Verdict.UNCHANGED, False),
        # Both came to say the same.
        (found(OTHER), stands(4, OTHER), Verdict.UNCHANGED, False),
        (found(replace(USUAL, evidence="")), stands(), Verdict.CHANGED, False),
        (found(Reply()), stands(), Verdict.CHANGED, False),
        (found(None), stands(), Verdict.REJECTED, False),
        (found(OTHER), stands(mine=False), Verdict.NOT_YOURS, False),
        (found(OTHER), stands(open=False), Verdict.CLOSED, False),
        (None, stands(), Verdict.MISSING, False),
    ],
)
def test_what_is_to_be_done(said: Found | None, standing: Stands, verdict: Verdict, preselected: bool) -> None:
    result = compare(said, standing, 1)
    assert (result.verdict, result.preselected) == (verdict, preselected)
    assert result.applicable is (verdict in (Verdict.NEW, Verdict.CHANGED, Verdict.CONFLICT))


def test_tabs_that_a_program_threw_away_are_no_change() -> None:
    tabbed = replace(USUAL, evidence="a\tb")
    assert compare(found(replace(USUAL, evidence="ab"), tabbed), stands(reply=tabbed), 1).verdict == Verdict.UNCHANGED


def test_what_was_read_is_kept_and_found_again() -> None:
    for one in read(written("xlsx"), expected()):
        assert from_json(one.number, to_json(one)) == one
    broken = typed("criterion 102", 3, "Maybe")
    assert from_json(1, to_json(broken)) == broken
