"""Takes a file that came back apart before anything else touches it, and puts its plain parts together again.

What the reader is given is never the file itself: it is a new archive of the parts that were looked at here, so that
what was checked and what is read cannot differ. Programs, pictures and everything else of the file stay behind.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.parsers import expat

import olefile
from django.utils.translation import gettext as _

MEGABYTE = 1024 * 1024
LARGEST = 10 * MEGABYTE
"""Bytes of a file that may be uploaded. A full workbook has less than one megabyte."""
MOST_PARTS = 1_000
MOST_UNPACKED = 100 * MEGABYTE
"""Bytes of all parts together, as the archive declares them: pictures that somebody pasted in may be among them."""
MOST_XML = 30 * MEGABYTE
"""Bytes of the parts that are read."""
MOST_TIMES_SMALLER = 200
"""How much smaller than its content a large part may be. Honest ones stay below a tenth of that."""
MOST_ATTRIBUTES = 200
"""Of one element. Honest ones have a few, and fifty where names are declared. The reader compares each with each."""
LONGEST_TAG = 200_000
"""Characters of the values in one start tag: the longest text of a cell may stand there, and once more as a formula."""
MOST_SHEETS, MOST_ROWS, MOST_COLUMNS = 60, 2_000, 100
"""The reader takes memory for every cell up to the furthest one that is filled, so how far that is has a bound."""

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
"""The reader asks for one, to see that nothing is encrypted."""
_SKIPPED = ("xl/media/", "xl/drawings/", "xl/charts/", "xl/theme/", "xl/printerSettings/", "docProps/", "customXml/")
ERROR = "\ue000"
"""What the value of a cell begins with that shows an error. No text of ours can: cleaning takes this sign out."""
UNCALCULATED = f"{ERROR}="
"""The value of a formula that was written by a program and never calculated."""
# Every expression below takes time in proportion to the part. What it repeats it never gives back (``*+``), and within
# a tag it never passes the "<" at which the next attempt begins: no value of an attribute holds one.
_INSIDE = rb"""(?:[^<>"']++|"[^<"]*+"|'[^<']*+')*+"""
"""The rest of a start tag up to its end, with the attributes; ends with a slash where the element is empty."""
_PREFIX = rb"(?:\w++:)?+"
_FORMULA = rb"<" + _PREFIX + rb"f(?=[\s/>])" + _INSIDE + rb"(?:(?<=/)>|>[^<]*+</" + _PREFIX + rb"f>)"
_CELL = rb"<(" + _PREFIX + rb")c(?=[\s>])(" + _INSIDE + rb")(?<!/)>"
_FILLED = re.compile(_CELL + rb"((?:" + _FORMULA + rb")?+<" + _PREFIX + rb"v>)")
_NO_VALUE = rb"(?:<" + _PREFIX + rb"v\s*+/>|<" + _PREFIX + rb"v></" + _PREFIX + rb"v>)?+"
_EMPTY_FORMULA = re.compile(_CELL + _FORMULA + _NO_VALUE + rb"</" + _PREFIX + rb"c>")
# A note beside the text of a cell is passed over; one within another is not looked through.
_NOTE = rb"<office:annotation(?=[\s>])" + _INSIDE + rb">(?:[^<]++|<(?!/?office:annotation[\s>]))*+</office:annotation>"
_ODS_CELL = re.compile(
    rb"<table:table-cell(?=\s)(" + _INSIDE + rb")>((?:" + _NOTE + rb")?+<text:p(?=[\s>])" + _INSIDE + rb"(?<!/)>)?+"
)
_ATTRIBUTE = re.compile(rb"""\s([^\s=]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_TAB = re.compile(rb"<text:tab(?=[\s/>])" + _INSIDE + rb"(?:(?<=/)>|></text:tab>)")
_BREAK = re.compile(rb"<text:line-break(?=[\s/>])" + _INSIDE + rb"(?:(?<=/)>|></text:line-break>)")
_LAYOUT = re.compile(rb">\s++(?=</?(?:table|office):)")
_PLACE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})")


class Refused(Exception):
    """The file cannot be taken. ``reasons`` say why, in words for the person who uploaded it."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = reasons
        super().__init__(*reasons)


@dataclass(frozen=True)
class Parts:
    """A spreadsheet without anything in it that could do harm: ``kind`` is xlsx or ods."""

    kind: str
    archive: bytes


def parts_of(data: bytes) -> Parts:
    """The parts of a spreadsheet that are worth reading, put together anew. Raises :class:`Refused`."""
    if not data:
        raise Refused(_("The file is empty"))
    if len(data) > LARGEST:
        raise Refused(too_large())
    if data.startswith(_OLE):
        raise Refused(_old_office(data))
    if not data.startswith(b"PK"):
        raise Refused(no_spreadsheet())
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _unpacked(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as fault:
        # RuntimeError: a part of the archive itself has a password.
        if isinstance(fault, RuntimeError) and "password" in str(fault):
            raise Refused(locked()) from None
        raise Refused(damaged()) from None


def too_large() -> str:
    """What is said of a file that is too large."""
    return _("The file is larger than %(most)s MB") % {"most": LARGEST // MEGABYTE}


def no_spreadsheet() -> str:
    """What is said of a file of another kind."""
    return _("The file is not a spreadsheet. Upload the workbook that you downloaded here, as .xlsx or .ods")


def damaged() -> str:
    """What is said of a file that cannot be read."""
    return _("The file is damaged. Open it, save it again as .xlsx or .ods, and upload that")


def locked() -> str:
    """What is said of a file with a password."""
    return _("The file has a password. Open it, remove the password, save it and upload it again")


def harmful() -> str:
    """What is said of a file that was made to do harm, or looks as if."""
    return _("The file unpacks to much more than a workbook can hold, so it was not opened")


def overloaded() -> str:
    """What is said of a file with an element that no spreadsheet program writes."""
    return _("One cell or setting in the file holds far more than a workbook needs, so the file was not opened")


def macros() -> str:
    """What is said of a file with programs in it."""
    return _("The file contains macros. Save it as .xlsx or .ods without macros, and upload that")


def _old_office(data: bytes) -> str:
    try:
        with olefile.OleFileIO(BytesIO(data)) as found:
            names = {"/".join(parts).lower() for parts in found.listdir()}
    except Exception:  # olefile raises whatever a broken file makes it stumble over
        return damaged()
    if "encryptedpackage" in names:
        return locked()
    if names & {"workbook", "book"}:
        return _("The file is in the older format .xls. Save it as .xlsx or .ods, and upload that")
    return no_spreadsheet()


def _unpacked(archive: zipfile.ZipFile) -> Parts:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    names = [info.filename for info in infos]
    if len(infos) > MOST_PARTS or sum(info.file_size for info in infos) > MOST_UNPACKED:
        raise Refused(harmful())
    for info in infos:
        if info.file_size > MEGABYTE and info.file_size > MOST_TIMES_SMALLER * max(info.compress_size, 1):
            raise Refused(harmful())
    if len(set(names)) != len(names):
        raise Refused(damaged())
    lowered = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") or name.startswith(("basic/", "scripts/")) for name in lowered):
        raise Refused(macros())
    if "encrypted-package" in lowered:
        raise Refused(locked())
    if "xl/workbook.bin" in lowered:
        raise Refused(_("The file is in the format .xlsb. Save it as .xlsx or .ods, and upload that"))
    if "mimetype" in names and "content.xml" in names:
        return _ods(archive)
    if "[Content_Types].xml" in names and "xl/workbook.xml" in names:
        return _xlsx(archive, names)
    raise Refused(no_spreadsheet())


def _read(archive: zipfile.ZipFile, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """The parts of these names. Reads as much as the archive declares and no more; a part that lies is damaged."""
    if sum(archive.getinfo(name).file_size for name in names) > MOST_XML:
        raise Refused(harmful())
    for name in names:
        yield name, archive.read(name)


def _xlsx(archive: zipfile.ZipFile, names: list[str]) -> Parts:
    wanted = [name for name in names if name.lower().endswith((".xml", ".rels")) and not name.startswith(_SKIPPED)]
    sheets = 0
    kept = {}
    for name, data in _read(archive, wanted):
        if name == "[Content_Types].xml" and b"macroEnabled" in data:
            raise Refused(macros())
        is_sheet = name.startswith("xl/worksheets/") and name.endswith(".xml")
        sheets += is_sheet
        _look(data, _XlsxCells() if is_sheet else _Plain())
        kept[name] = _marked_xlsx(data) if is_sheet else data
    if sheets > MOST_SHEETS:
        raise Refused(harmful())
    return Parts("xlsx", _archive(kept))


def _ods(archive: zipfile.ZipFile) -> Parts:
    names = [name for name in ("mimetype", "META-INF/manifest.xml", "content.xml") if name in archive.namelist()]
    kept = dict(_read(archive, names))
    if kept["mimetype"].strip() not in (_ODS, _ODS + b"-template"):
        raise Refused(no_spreadsheet())
    manifest = kept.pop("META-INF/manifest.xml", b"")
    if manifest:
        _look(manifest, _Plain())
    if b"encryption-data" in manifest:
        raise Refused(locked())
    cells = _OdsCells()
    _look(kept["content.xml"], cells)
    if cells.sheets > MOST_SHEETS:
        raise Refused(harmful())
    content = _marked_ods(kept["content.xml"])
    # The reader drops tabs and breaks that are elements, and stops at spaces between cells.
    content = _LAYOUT.sub(b">", _BREAK.sub(b"\n", _TAB.sub(b"\t", content)))
    return Parts("ods", _archive({"mimetype": _ODS, "META-INF/manifest.xml": _MANIFEST, "content.xml": content}))


def _marked_xlsx(sheet: bytes) -> bytes:
    """A sheet whose errors are texts: the reader gives them as empty, and an empty cell means something here."""

    def failed(cell: re.Match[bytes]) -> bytes:
        kind = _attribute(cell[2], b"t")
        if kind is None or _value(kind) != b"e":
            return cell[0]
        return b'<%bc%b t="str">%b%b' % (cell[1], _without(cell[2], kind), cell[3], ERROR.encode())

    def uncalculated(cell: re.Match[bytes]) -> bytes:
        prefix, kind = cell[1], _attribute(cell[2], b"t")
        if kind and _value(kind) == b"str":
            # Calculated, and empty.
            return cell[0]
        attributes = _without(cell[2], kind) if kind else cell[2]
        value = UNCALCULATED.encode()
        return b'<%bc%b t="str"><%bv>%b</%bv></%bc>' % (prefix, attributes, prefix, value, prefix, prefix)

    return _EMPTY_FORMULA.sub(uncalculated, _FILLED.sub(failed, sheet))


def _marked_ods(content: bytes) -> bytes:
    """The same for an OpenDocument spreadsheet."""
    alone = f'<table:table-cell office:value-type="string"><text:p>{UNCALCULATED}</text:p></table:table-cell>'.encode()

    def marked(cell: re.Match[bytes]) -> bytes:
        inside, rest = cell[1], cell[2] or b""
        if inside.endswith(b"/"):
            is_alone = _attribute(inside, b"table:formula") and not _attribute(inside, b"office:value-type")
            return alone + rest if is_alone else cell[0]
        kind = _attribute(inside, b"calcext:value-type")
        if kind is None or _value(kind) != b"error":
            return cell[0]
        if value := _attribute(inside, b"office:string-value"):
            # It would be read in place of the text.
            inside = _without(inside, value)
        return b"<table:table-cell%b>%b%b" % (inside, rest, ERROR.encode() if rest else b"")

    return _ODS_CELL.sub(marked, content)


def _attribute(inside: bytes, name: bytes) -> re.Match[bytes] | None:
    """An attribute of a start tag by its name."""
    if name not in inside:
        return None
    return next((one for one in _ATTRIBUTE.finditer(inside) if one[1] == name), None)


def _value(attribute: re.Match[bytes]) -> bytes:
    return attribute[2] if attribute[2] is not None else attribute[3]


def _without(inside: bytes, attribute: re.Match[bytes]) -> bytes:
    return inside[: attribute.start()] + inside[attribute.end() :]


def _archive(parts: dict[str, bytes]) -> bytes:
    kept = BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return kept.getvalue()


class _Plain:
    """Looks at the elements of a part; this one at none."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """An element ends."""

    def within(self, row: int, column: int) -> None:
        """Raises :class:`Refused` for a filled cell that is too far out; both count from 1."""
        if row > MOST_ROWS or column > MOST_COLUMNS:
            raise Refused(_("There is something in a cell far below or to the right of the workbook’s own. Remove it"))


class _XlsxCells(_Plain):
    """How far out the cells are that hold something."""

    def __init__(self) -> None:
        self.row = self.column = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(":")[2]:
            case "row":
                self.row, self.column = _number(attributes.get("r"), self.row + 1), 0
            case "c":
                if place := attributes.get("r"):
                    self.row, self.column = _from_name(place)
                else:
                    self.column += 1
            case "v" | "is" | "f":
                self.within(self.row, self.column)


class _OdsCells(_Plain):
    """How far out the cells are that hold something, with their repetitions."""

    def __init__(self) -> None:
        self.sheets = 0
        self.row = self.column = self.rows = self.columns = 0
        self.notes = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name:
            case "table:table":
                self.sheets += 1
                self.row = self.rows = 0
            case "table:table-row":
                self.row += self.rows
                self.rows = _number(attributes.get("table:number-rows-repeated"), 1)
                self.column = self.columns = 0
            case "table:table-cell" | "table:covered-table-cell":
                self.column += self.columns
                self.columns = _number(attributes.get("table:number-columns-repeated"), 1)
                if "office:value-type" in attributes or "table:formula" in attributes:
                    self.within(self.row + self.rows, self.column + self.columns)
            case "office:annotation":
                self.notes += 1
            case "text:p" if not self.notes:
                self.within(self.row + self.rows, self.column + self.columns)

    def end(self, name: str) -> None:
        if name == "office:annotation":
            self.notes -= 1


def _look(data: bytes, at: Any) -> None:
    """Go through a part without keeping it.

    Raises :class:`Refused` for a document type, whose entities can grow, and for a start tag of a size that no program
    writes.
    """
    parser = expat.ParserCreate()

    def refuse(*_arguments: object) -> None:
        raise Refused(_("The file contains a document type, which no spreadsheet program writes, so it was not opened"))

    parser.StartDoctypeDeclHandler = refuse

    def start(name: str, attributes: dict[str, str]) -> None:
        if len(attributes) > MOST_ATTRIBUTES or sum(map(len, attributes.values())) > LONGEST_TAG:
            raise Refused(overloaded())
        at.start(name, attributes)

    is_plain = type(at) is _Plain
    parser.StartElementHandler = start
    if not is_plain:
        parser.EndElementHandler = at.end
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        raise Refused(damaged()) from None


def _number(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 8:
        raise Refused(damaged())
    return int(text)


def _from_name(place: str) -> tuple[int, int]:
    """Row and column of a cell's name, both from 1."""
    found = _PLACE.fullmatch(place)
    if found is None:
        raise Refused(damaged())
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - 64
    return int(found[2]), column
