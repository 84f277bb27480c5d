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
_FORMULA = rb"<(?:\w+:)?f\b[^>]*?(?:/>|>[^<]*</(?:\w+:)?f>)"
_ERROR_CELL = re.compile(rb'(<(?:\w+:)?c\b[^>]*?\st=)"e"([^>]*>(?:' + _FORMULA + rb")?<(?:\w+:)?v>)")
_EMPTY_FORMULA = re.compile(
    rb"<(\w+:)?c\b([^>]*)>" + _FORMULA + rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?</(?:\w+:)?c>"
)
_TYPE = re.compile(rb'\st="(\w+)"')
_ERROR_VALUE = re.compile(rb'office:string-value="[^"]*"(?=[^>]*calcext:value-type="error")')
_ERROR_TEXT = re.compile(
    rb'(<table:table-cell\b[^>]*calcext:value-type="error"[^>]*>'
    # A note beside it is passed over; one within another is not looked through, or that could take for ever.
    rb"(?:<office:annotation\b(?:(?!<office:annotation\b).){0,10000}?</office:annotation>)?<text:p>)",
    re.DOTALL,
)
_EMPTY_ODS_FORMULA = re.compile(rb"<table:table-cell\b(?![^>]*office:value-type)[^>]*table:formula=[^>]*/>")
_TAB = re.compile(rb"<text:tab\b[^>]*?(?:/>|></text:tab>)")
_BREAK = re.compile(rb"<text:line-break\b[^>]*?(?:/>|></text:line-break>)")
_LAYOUT = re.compile(rb">\s+(?=</?(?:table|office):)")
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

    def uncalculated(cell: re.Match[bytes]) -> bytes:
        kind = _TYPE.search(cell[2])
        if kind and kind[1] == b"str":
            # Calculated, and empty.
            return cell[0]
        prefix, attributes = cell[1] or b"", _TYPE.sub(b"", cell[2])
        value = UNCALCULATED.encode()
        return b'<%bc%b t="str"><%bv>%b</%bv></%bc>' % (prefix, attributes, prefix, value, prefix, prefix)

    marked = _ERROR_CELL.sub(rb'\1"str"\2' + ERROR.encode(), sheet)
    return _EMPTY_FORMULA.sub(uncalculated, marked)


def _marked_ods(content: bytes) -> bytes:
    """The same for an OpenDocument spreadsheet."""
    marked = _ERROR_TEXT.sub(rb"\1" + ERROR.encode(), _ERROR_VALUE.sub(b"", content))
    cell = f'<table:table-cell office:value-type="string"><text:p>{UNCALCULATED}</text:p></table:table-cell>'
    return _EMPTY_ODS_FORMULA.sub(cell.encode(), marked)


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
    """Go through a part without keeping it. Raises :class:`Refused` for a document type, whose entities can grow."""
    parser = expat.ParserCreate()

    def refuse(*_arguments: object) -> None:
        raise Refused(_("The file contains a document type, which no spreadsheet program writes, so it was not opened"))

    parser.StartDoctypeDeclHandler = refuse
    if type(at) is not _Plain:
        parser.StartElementHandler, parser.EndElementHandler = at.start, at.end
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
