"""What a file is, its content says; and nothing that somebody made is taken for what it is not."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pikepdf
import pytest
from django.core.files.base import ContentFile, File
from hypothesis import example, given
from hypothesis import strategies as st
from weasyprint import HTML

from assurance import filetypes, text
from tests import files

DOCTYPE = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'


def recognise(content: bytes, name: str) -> filetypes.FileType:
    """What it is, under this name; afterwards the file is at its beginning."""
    file = ContentFile(content, name=name)
    try:
        return filetypes.recognise(file, name)
    finally:
        assert file.tell() == 0


def refusal(content: bytes, name: str) -> str:
    """Why it is not taken, in words."""
    with pytest.raises(filetypes.Refused) as refused:
        recognise(content, name)
    return refused.value.message


@pytest.mark.parametrize("name", files.TAKEN)
def test_each_type_is_taken_under_its_own_endings_only(name: str) -> None:
    content = files.TAKEN[name]()
    found = recognise(content, name)
    for ending in found.endings:
        assert recognise(content, f"PLAN.{ending.upper()}") is found
    for other in filetypes.TYPES:
        if other is not found:
            said = refusal(content, f"plan.{other.endings[0]}")
            assert f".{other.endings[0]}," in said and f"(.{found.endings[0]})" in said
    assert "no ending" in refusal(content, "plan")
    assert ".exe" in refusal(content, "plan.exe")


def test_every_type_is_tried_above() -> None:
    assert {recognise(make(), name) for name, make in files.TAKEN.items()} == set(filetypes.TYPES)


def with_macros() -> bytes:
    return files.docx(word__vbaProject_dot_bin=b"x")


NOT_TAKEN: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "empty": (lambda: b"", "plan.pdf", "The file is empty"),
    "Windows program": (lambda: b"MZ\x90\0" + b"\0" * 200, "plan.pdf", "This is a program"),
    "Linux program": (lambda: b"\x7fELF\x02\x01" + b"\0" * 200, "plan.docx", "This is a program"),
    "script": (lambda: b"#!/bin/sh\nexit\n", "plan.pdf", "This is a program"),
    "web page": (lambda: b"<!DOCTYPE html><html></html>", "plan.pdf", "This is a web page"),
    "drawing": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "plan.png", "This is an SVG drawing"),
    "plain text": (lambda: b"Just some words.", "plan.txt", "This type of file is not accepted"),
    "rich text": (lambda: rb"{\rtf1\ansi A plan.}", "plan.doc", "Rich Text Format"),
    "photo of a telephone": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 99, "a.jpg", "HEIC"),
    "zip": (lambda: files.packed({"plan.pdf": files.pdf()}), "plan.zip", "This is a zip folder"),
    "zip as document": (lambda: files.packed({"a.exe": b"MZ"}), "plan.docx", "This is a zip folder"),
    "presentation": (
        lambda: files.docx(f"{files.OOXML}presentationml.presentation.main+xml"), "a.pptx", "PowerPoint"
    ),
    "older presentation": (lambda: files.ole({"PowerPoint Document": b"x"}), "a.ppt", "PowerPoint"),
    "e-mail": (lambda: files.ole({"__properties_version1.0": b"x"}), "a.msg", "Outlook"),
    "other container": (lambda: files.ole({"Something": b"x"}), "a.doc", "not accepted"),
    "template": (lambda: files.docx(f"{files.OOXML}wordprocessingml.template.main+xml"), "a.dotx", "template"),
    "drawing of OpenDocument": (lambda: files.odf("drawing"), "a.odg", "OpenDocument file of another type"),
    "locked PDF": (lambda: files.pdf(password="x"), "a.pdf", "password"),
    "locked Office": (lambda: files.ole({"EncryptedPackage": b"x", "EncryptionInfo": b"x"}), "a.xlsx", "password"),
    "locked older document": (lambda: files.doc(locked=True), "a.doc", "password"),
    "locked older workbook": (lambda: files.xls(locked=True), "a.xls", "password"),
    "locked OpenDocument": (lambda: locked_odt(), "a.odt", "password"),
    "locked zip": (lambda: flagged(files.docx()), "a.docx", "password"),
    "macros": (with_macros, "a.docx", "macros"),
    "macros by type": (
        lambda: files.docx("application/vnd.ms-word.document.macroEnabled.main+xml"), "a.docm", "macros"
    ),
    "macro sheets": (lambda: files.docx(xl__macrosheets__sheet1_dot_xml=b"<x/>"), "a.docx", "macros"),
    "older document with macros": (lambda: files.doc(macros=True), "a.doc", "macros"),
    "older workbook with macros": (lambda: files.xls(macros=True), "a.xls", "macros"),
    "older workbook with a macro sheet": (lambda: files.xls(macro_sheet=True), "a.xls", "macros"),
    "OpenDocument with macros": (lambda: odt_with("Basic/Standard/Module1.xml"), "a.odt", "macros"),
    "OpenDocument with scripts": (lambda: odt_with("Scripts/python/a.py"), "a.odt", "macros"),
    "entities": (lambda: files.docx(before=DOCTYPE), "a.docx", "instructions that no document needs"),
    "two parts of one name": (lambda: twice(), "a.docx", "cannot be read"),
    "bomb by size": (lambda: claiming(600 * 1024 * 1024), "a.docx", "unpacks to far more"),
    "bomb by ratio": (lambda: files.docx(word__x_dot_xml=b"\0" * 60 * 1024 * 1024), "a.docx", "unpacks to far more"),
    "bomb by parts": (
        lambda: files.packed({"[Content_Types].xml": "", **{str(n): "" for n in range(5001)}}),
        "a.docx",
        "unpacks to far more",
    ),
    "long listing": (lambda: files.docx(before=" " * 5_000_000), "a.docx", "unpacks to far more"),
    "part that is not there": (lambda: files.packed({files.CONTENT_TYPES: files.content_types(
        ("/word/other.xml", files.WORD))}), "a.docx", "cannot be read"),
    "cut PDF": (lambda: b"%PDF-1.7\n%" + b"x" * 500, "a.pdf", "This PDF is damaged"),
    "cut picture": (lambda: files.picture("PNG")[:60], "a.png", "cannot be read"),
    "cut zip": (lambda: files.docx()[:-30], "a.docx", "cannot be read"),
    "cut container": (lambda: files.doc()[:600], "a.doc", "cannot be read"),
    "workbook without an end": (lambda: files.ole({"Workbook": b"\xff" * 4096}), "a.xls", "cannot be read"),
}  # fmt: skip


def locked_odt() -> bytes:
    return odt_with(
        "META-INF/manifest.xml",
        b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry>'
        b"<m:encryption-data/></m:file-entry></m:manifest>",
    )


def odt_with(name: str, content: bytes = b"x") -> bytes:
    """An OpenDocument text with one more part, or another one in place of its own."""
    with zipfile.ZipFile(io.BytesIO(files.odf("text"))) as archive:
        parts = {one: archive.read(one) for one in archive.namelist()}
    return files.packed(parts | {name: content})


def flagged(content: bytes) -> bytes:
    """A zip that says of its first part that it is encrypted."""
    at = content.index(b"PK\x01\x02") + 8
    return content[:at] + bytes([content[at] | 1]) + content[at + 1 :]


def claiming(size: int) -> bytes:
    """A zip that says that its first part is this large unpacked."""
    content = files.docx()
    at = content.index(b"PK\x01\x02") + 24
    return content[:at] + struct.pack("<I", size) + content[at + 4 :]


def twice() -> bytes:
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(files.CONTENT_TYPES, files.content_types(("/word/document.xml", files.WORD)))
            archive.writestr("word/document.xml", "one")
            archive.writestr("word/document.xml", "another")
        return out.getvalue()


@pytest.mark.parametrize("case", NOT_TAKEN)
def test_what_is_not_taken_is_said_to_be(case: str) -> None:
    make, name, words = NOT_TAKEN[case]
    said = refusal(make(), name)
    assert words in said
    if "not accepted" in said or "This is" in said:
        assert "PDF, Word, Excel, OpenDocument and images" in said


def test_a_pdf_that_everybody_can_open_is_taken_though_nobody_may_change_it() -> None:
    assert recognise(files.pdf(owner="x"), "a.pdf") is filetypes.PDF


@pytest.mark.parametrize("case", files.broken_pdfs(100))
def test_a_pdf_with_a_broken_index_is_not_repaired(case: str) -> None:
    """Its repair takes many seconds, while somebody waits and a place in the service is taken."""
    content = files.broken_pdfs(19_000_000)[case]
    began = time.thread_time()
    assert "This PDF is damaged. Open it, save or print it" in refusal(content, "a.pdf")
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("pages", [1, 3_000])
@pytest.mark.parametrize("linearized", [False, True])
@pytest.mark.parametrize("mode", [pikepdf.ObjectStreamMode.disable, pikepdf.ObjectStreamMode.generate])
def test_pdfs_as_programs_write_them_are_taken(pages: int, linearized: bool, mode: pikepdf.ObjectStreamMode) -> None:
    with pikepdf.new() as made, io.BytesIO() as out:
        for _ in range(pages):
            made.add_blank_page()
        made.save(out, linearize=linearized, object_stream_mode=mode)
        assert recognise(out.getvalue(), "a.pdf") is filetypes.PDF
        # Some programs write a mark of the encoding before everything.
        assert recognise(b"\xef\xbb\xbf" + out.getvalue(), "a.pdf") is filetypes.PDF


def test_a_pdf_with_fonts_and_tags_is_taken() -> None:
    content = HTML(string="<html lang=en><title>Plan</title><h1>Plan</h1><p>What we do.").write_pdf(pdf_tags=True)
    assert recognise(content, "a.pdf") is filetypes.PDF


def test_an_older_document_of_very_many_parts_is_not_read() -> None:
    assert refusal(files.crowded_ole(1_000), "a.doc").startswith("This type of file")
    content = files.crowded_ole(50_000)
    began = time.thread_time()
    assert "far more" in refusal(content, "a.doc")
    assert time.thread_time() - began < 2


def test_a_listing_of_very_many_lines_is_not_read() -> None:
    content = files.packed({files.CONTENT_TYPES: "<a>" + "<b/>" * 1_000_000 + "</a>"})
    began = time.thread_time()
    assert "far more" in refusal(content, "a.docx")
    assert time.thread_time() - began < 2


def test_a_zip_that_lists_very_much_is_not_read() -> None:
    """zipfile would make a record of each of its lines before anybody could count them."""
    lines = 400_000
    listing = (b"PK\x01\x02" + b"\0" * 42) * lines
    start = files.packed({files.CONTENT_TYPES: "x"}, zipfile.ZIP_STORED)
    start = start[: start.index(b"PK\x01\x02")]
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFE, 0xFFFE, len(listing), len(start), 0)
    content = ContentFile(start + listing + end)
    tracemalloc.start()
    try:
        with pytest.raises(filetypes.Refused, match="far more"):
            filetypes.recognise(content, "a.docx")
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * 1024 * 1024


@pytest.mark.parametrize(("size", "taken"), [(filetypes.LARGEST, True), (filetypes.LARGEST + 1, False)])
def test_the_largest_file_is_looked_at_without_reading_it_whole(tmp_path: Path, size: int, taken: bool) -> None:
    path = tmp_path / "large.png"
    start, end = files.picture("PNG")[:-12], files.picture("PNG")[-12:]
    path.write_bytes(start + b"\0" * (size - len(start) - len(end)) + end)
    tracemalloc.start()
    try:
        with path.open("rb") as opened:
            file = File(opened)
            if taken:
                assert filetypes.recognise(file, "large.png") is filetypes.PNG
            else:
                with pytest.raises(filetypes.Refused, match="larger than 20 MB"):
                    filetypes.recognise(file, "large.png")
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1024 * 1024


BEGINNINGS = [
    *(b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"MZ", b"<?xml", b"\0\0\0\x18ftyp"),
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBP", b"II*\0", b"MM\0*"),
]


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=2000), st.sampled_from(filetypes.ENDINGS))
def test_junk_is_refused_in_words(beginning: bytes, rest: bytes, ending: str) -> None:
    """However it begins; the few that an image viewer would open too are left out."""
    try:
        found = recognise(beginning + rest, f"plan{ending}")
    except filetypes.Refused as refused:
        assert refused.message
    else:
        assert found in (filetypes.GIF, filetypes.TIFF, filetypes.JPEG, filetypes.WEBP)


@cache
def made(name: str) -> bytes:
    """Made once: programs write the time into what they make."""
    return files.TAKEN[name]()


@given(st.sampled_from(sorted(files.TAKEN)), st.data())
def test_whatever_is_done_to_a_file_the_answer_is_yes_or_no(name: str, data: st.DataObject) -> None:
    content = bytearray(made(name))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    try:
        found = recognise(bytes(content[:cut]), name)
    except filetypes.Refused as refused:
        assert refused.message
    else:
        assert filetypes.ending_of(name) in found.endings


@given(st.text(max_size=400))
@example("../../etc/passwd")
@example("C:\\Users\\me\\Plan \u202efdp.exe")
@example("a" * 300 + ".docx")
@example("..")
@example("")
@example(". . .pdf")
@example("\u202e\u200b.pdf")
def test_names_are_made_safe(name: str) -> None:
    kept = filetypes.clean_name(name)
    assert kept and kept == kept.strip() and len(kept) <= filetypes.LONGEST_NAME
    assert not set(kept) & set('/\\<>:"|?*\n\r\t\0')
    assert kept == text.clean(kept)
    assert kept not in (".", "..") and not kept.startswith(".")
    assert filetypes.clean_name(kept) == kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Plan 2026.pdf", "Plan 2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\plan.pdf", "plan.pdf"),
        ("plan\u202efdp.exe", "planfdp.exe"),
        ("a" * 300 + ".docx", "a" * 115 + ".docx"),
        (".pdf", "pdf"),
        ("", "File"),
        ("Cynllun Gwrth-derfysgaeth â.odt", "Cynllun Gwrth-derfysgaeth â.odt"),
    ],
)
def test_names_that_people_bring(name: str, kept: str) -> None:
    assert filetypes.clean_name(name) == kept
