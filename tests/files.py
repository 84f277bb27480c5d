"""Real files of every type that is taken, and of some that are not, made here and now."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Mapping

import openpyxl
import pikepdf
from odfdo import Document
from PIL import Image

SECTOR = 512
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
CONTENT_TYPES = "[Content_Types].xml"
OOXML = "application/vnd.openxmlformats-officedocument."
WORD = f"{OOXML}wordprocessingml.document.main+xml"
DOCUMENT = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    "<w:body><w:p><w:r><w:t>A plan.</w:t></w:r></w:p></w:body></w:document>"
)


def pdf(*, password: str = "", owner: str = "") -> bytes:
    """A page, behind a password to open it or only behind one to change it."""
    with pikepdf.new() as made, io.BytesIO() as out:
        made.add_blank_page()
        locked = pikepdf.Encryption(user=password, owner=owner or password) if password or owner else False
        made.save(out, encryption=locked)
        return out.getvalue()


def packed(parts: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip."""
    with io.BytesIO() as out:
        with zipfile.ZipFile(out, "w", method) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return out.getvalue()


def content_types(*types: tuple[str, str], before: str = "") -> str:
    """What a newer Office file says of its own parts."""
    parts = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in types)
    namespace = "http://schemas.openxmlformats.org/package/2006/content-types"
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}<Types xmlns="{namespace}">{parts}</Types>'


def docx(kind: str = WORD, before: str = "", **parts: str | bytes) -> bytes:
    """A Word document; further parts by their names, with __ for a slash and _dot_ for a dot."""
    more = {name.replace("__", "/").replace("_dot_", "."): content for name, content in parts.items()}
    listing = content_types(("/word/document.xml", kind), before=before)
    return packed({CONTENT_TYPES: listing, "word/document.xml": DOCUMENT, **more})


def xlsx() -> bytes:
    """An Excel workbook."""
    with io.BytesIO() as out:
        book = openpyxl.Workbook()
        book.active["A1"] = "Staff trained"
        book.save(out)
        return out.getvalue()


def odf(kind: str) -> bytes:
    """An OpenDocument text, spreadsheet or presentation."""
    with io.BytesIO() as out:
        Document(kind).save(out)
        return out.getvalue()


def picture(kind: str) -> bytes:
    """A small picture."""
    with io.BytesIO() as out:
        Image.effect_noise((40, 30), 50).convert("P" if kind == "GIF" else "RGB").save(out, kind)
        return out.getvalue()


def ole(streams: Mapping[str, bytes], storages: Mapping[str, Mapping[str, bytes]] | None = None) -> bytes:
    """An OLE container as older Office programs write it: streams, and storages with streams of their own.

    Each stream is filled up to 4,096 bytes, so that it lies in whole sectors.
    """
    entries: list[tuple[str, int, bytes, list[int]]] = [("Root Entry", 5, b"", [])]

    def put(name: str, kind: int, content: bytes, parent: int) -> int:
        entries.append((name, kind, content.ljust(4096, b"\0") if kind == 2 else b"", []))
        entries[parent][3].append(len(entries) - 1)
        return len(entries) - 1

    for name, content in streams.items():
        put(name, 2, content, 0)
    for name, inner in (storages or {}).items():
        inside = put(name, 1, b"", 0)
        for one, content in inner.items():
            put(one, 2, content, inside)
    directory_sectors = -(-len(entries) * 128 // SECTOR)
    fat = [FAT, *range(2, directory_sectors + 1), END]
    data, starts = b"", {}
    for position, (_name, kind, content, _children) in enumerate(entries):
        if kind == 2:
            starts[position] = len(fat)
            count = -(-len(content) // SECTOR)
            fat += [*range(len(fat) + 1, len(fat) + count), END]
            data += content.ljust(count * SECTOR, b"\0")
    directory = b"".join(_entry(entries, position, starts) for position in range(len(entries)))
    fat += [FREE] * (SECTOR // 4 - len(fat))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(24, b"\0")
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, END, 0, END, 0)
    header += struct.pack("<109I", 0, *[FREE] * 108)
    return header + struct.pack(f"<{SECTOR // 4}I", *fat) + directory.ljust(directory_sectors * SECTOR, b"\0") + data


def _entry(entries: list[tuple[str, int, bytes, list[int]]], position: int, starts: Mapping[int, int]) -> bytes:
    name, kind, content, children = entries[position]
    parent = next((one[3] for one in entries if position in one[3]), [])
    later = parent[parent.index(position) + 1 :][:1] if parent else []
    encoded = name.encode("utf-16-le") + b"\0\0"
    return (
        encoded.ljust(64, b"\0")
        + struct.pack("<HBB", len(encoded), kind, 1)
        + struct.pack("<III", FREE, later[0] if later else FREE, children[0] if children else FREE)
        + b"\0" * 36
        + struct.pack("<IQ", starts.get(position, END if kind == 5 else 0), len(content))
    )


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of an older workbook."""
    return struct.pack("<HH", kind, len(content)) + content


BEGIN, CLOSE = record(0x0809, b"\0\x06\x05\0" + b"\0" * 12), record(0x000A)


def doc(*, locked: bool = False, macros: bool = False) -> bytes:
    """An older Word document."""
    head = struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0, 0, 0x0100 if locked else 0)
    return ole({"WordDocument": head, "1Table": b"x"}, {"Macros": {"VBA": b"x"}} if macros else None)


def xls(*, locked: bool = False, macros: bool = False, macro_sheet: bool = False) -> bytes:
    """An older Excel workbook."""
    sheet = record(0x0085, struct.pack("<IBB", 0, 0, 1 if macro_sheet else 0) + b"\x06\0Sheet1")
    book = BEGIN + (record(0x002F, b"\0\0") if locked else b"") + sheet + CLOSE
    return ole({"Workbook": book}, {"_VBA_PROJECT_CUR": {"PROJECT": b"x"}} if macros else None)


TAKEN: Mapping[str, Callable[[], bytes]] = {
    "plan.pdf": pdf,
    "plan.docx": docx,
    "figures.xlsx": xlsx,
    "old plan.doc": doc,
    "old figures.xls": xls,
    "plan.odt": lambda: odf("text"),
    "figures.ods": lambda: odf("spreadsheet"),
    "slides.odp": lambda: odf("presentation"),
    "photo.png": lambda: picture("PNG"),
    "photo.jpg": lambda: picture("JPEG"),
    "photo.gif": lambda: picture("GIF"),
    "photo.webp": lambda: picture("WEBP"),
    "scan.tiff": lambda: picture("TIFF"),
}
"""One of each type, by a name that fits."""
