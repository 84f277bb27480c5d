"""Real files of every type that is taken, and of some that are not, made here and now."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
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


def broken_pdfs(size: int) -> Mapping[str, bytes]:
    """PDFs of about so many bytes that make a reader work: without an index, or with one that never ends."""
    start = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    trailer, end = b"trailer<</Root 1 0 R/Size 3%s>>\n", b"startxref\n%d\n%%%%EOF"
    table = b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n"

    def full(one: bytes) -> bytes:
        return one * (size // len(one))

    sections, last = start + table + trailer % b"", len(start)
    chain = [sections]
    length = len(sections)
    while length < size:
        chain.append(b"xref\n0 0\n" + trailer % (b"/Prev %d" % last))
        last, length = length, length + len(chain[-1])
    many = table + full(b"0000000009 00000 n \n")
    return {
        "no index": start + full(b"3 0 obj null endobj\n") + trailer % b"" + b"%%EOF",
        "only trailers": start + full(trailer % b""),
        "an index elsewhere": start + full(b"3 0 obj null endobj\n") + trailer % b"" + end % 5,
        "streams without an end": start + full(b"3 0 obj<</Length 9>>stream\n"),
        "an index that claims more": start + b"xref\n0 999999999\n" + full(b"0000000009 00000 n \n") + end % len(start),
        "an index of nothing": start + table + full(b"3 0\n") + trailer % b"" + end % len(start),
        "a long index": start
        + many.replace(b"0 3", b"0 %d" % (many.count(b"\n") - 2), 1)
        + trailer % b""
        + end % len(start),
        "a chain of indexes": b"".join(chain) + end % last,
        "a long trailer": start + table + trailer % (b"/X[" + full(b"1 ") + b"]") + end % len(start),
        "a packed page list": _packed_pages(size),
    }


def _packed_pages(size: int) -> bytes:
    """A PDF whose list of pages is small only as long as it is packed."""
    first = b"1 0 2 30 "
    inside = (
        first
        + b"<</Type/Catalog/Pages 2 0 R>> ".ljust(30)
        + b"<</Type/Pages/Count 0/Kids["
        + b"1 " * (size // 2)
        + b"]>>"
    )
    head, body = b"%PDF-1.5\n", zlib.compress(inside, 9)
    stream = b"3 0 obj<</Type/ObjStm/N 2/First %d/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\n"
    start = head + stream % (len(first), len(body), body)
    rows = [(0, 0, 0), (2, 3, 0), (2, 3, 1), (1, len(head), 0), (1, len(start), 0)]
    index = b"".join(struct.pack(">BIH", *row) for row in rows)
    head = b"4 0 obj<</Type/XRef/Size 5/W[1 4 2]/Root 1 0 R/Length %d>>stream\n" % len(index)
    return start + head + index + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF" % len(start)


def crowded_ole(count: int) -> bytes:
    """An OLE container with so many empty parts, in a tree without long branches."""
    fat_sectors = -(-(count // 4 + 300) * 4 // SECTOR)
    directory_sectors = -(-count * 128 // SECTOR)
    fat = [FAT] * fat_sectors + [*range(fat_sectors + 1, fat_sectors + directory_sectors), END]
    fat += [FREE] * (fat_sectors * SECTOR // 4 - len(fat))
    assert fat_sectors <= 109, "more do not fit into the header"
    entries = [_part("Root Entry", 5, FREE, FREE, 1)]
    for one in range(1, count):
        left, right = (child if child < count else FREE for child in (2 * one, 2 * one + 1))
        entries.append(_part(f"s{one}", 2, left, right, FREE))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(24, b"\0")
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, fat_sectors, fat_sectors, 0, 4096, END, 0, END, 0)
    header += struct.pack("<109I", *range(fat_sectors), *[FREE] * (109 - fat_sectors))
    return header + struct.pack(f"<{len(fat)}I", *fat) + b"".join(entries).ljust(directory_sectors * SECTOR, b"\0")


def _part(name: str, kind: int, left: int, right: int, child: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    return encoded.ljust(64, b"\0") + struct.pack("<HBBIII36xIQ", len(encoded), kind, 1, left, right, child, END, 0)


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
