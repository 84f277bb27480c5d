"""What a file is, from its content, and whether it is taken. Its name only has to agree.

Files come from outside. Nothing is unpacked: of a zip the list of its parts is read, and two parts of it up to a bound.
Whatever a reader stumbles over, the answer is a :class:`Refused` in words for the person who brought the file.
"""

from __future__ import annotations

import io
import re
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast
from xml.etree.ElementTree import Element

import olefile
import pikepdf
import puremagic
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from django.core.files.base import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text

LARGEST = 20 * 1024 * 1024
"""Bytes of one file."""
MOST_AT_ONCE = 20
"""Files in one request."""
LONGEST_NAME = 120
"""Characters of a name that is kept, with its ending. Any file system can write it."""

_HEAD, _TAIL = 8 * 1024, 2 * 1024
_MOST_PARTS = 5_000
_LARGEST_DIRECTORY = 1024 * 1024
"""Bytes of the list of parts in a zip: tens of times that of a large workbook."""
_LARGEST_UNPACKED = 500 * 1024 * 1024
_FREELY_UNPACKED, _MOST_SHRUNK = 50 * 1024 * 1024, 150
"""Up to so many bytes unpacked a zip may be shrunk as it likes; above, to at most so many times less."""
_LARGEST_LISTING = 1024 * 1024
"""Bytes of a part that is read: what a package says of its own parts."""
_MOST_RECORDS = 20_000
"""Records of an old workbook's globals that are read."""

_LARGEST_INDEX = 4 * 1024 * 1024
"""Bytes that are read of a PDF: its index and its list of pages. Some 100,000 objects and 20,000 pages."""
_LARGEST_OLE = 3 * LARGEST
"""Bytes that are read of an older Office file: what is read twice and its own lists included."""
_MOST_SECONDS = 0.7
"""Seconds of processor time after which a reader gets no more of a file. A large document takes a tenth."""
_LARGEST_DECODED = 16 * 1024 * 1024

# A part of a PDF that unpacks to more than this is meant to do harm, and nothing can stop the reader within one part.
# The limits hold for the whole process, letters included.
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=_LARGEST_DECODED,
    png_max_memory=_LARGEST_DECODED,
    tiff_max_memory=_LARGEST_DECODED,
    run_length_max_memory=_LARGEST_DECODED,
    doc_max_warnings=1_000,
    parser_max_container_size=200_000,
)


@dataclass(frozen=True)
class FileType:
    """A type of file that is taken: its media type, the endings that fit it (the usual one first), and its name."""

    media_type: str
    endings: tuple[str, ...]
    label: Any


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."

PDF = FileType("application/pdf", ("pdf",), gettext_lazy("PDF"))
DOCX = FileType(f"{_OOXML}wordprocessingml.document", ("docx",), gettext_lazy("Word document"))
DOC = FileType("application/msword", ("doc",), gettext_lazy("older Word document"))
XLSX = FileType(f"{_OOXML}spreadsheetml.sheet", ("xlsx",), gettext_lazy("Excel workbook"))
XLS = FileType("application/vnd.ms-excel", ("xls",), gettext_lazy("older Excel workbook"))
ODT = FileType(f"{_ODF}text", ("odt",), gettext_lazy("OpenDocument text"))
ODS = FileType(f"{_ODF}spreadsheet", ("ods",), gettext_lazy("OpenDocument spreadsheet"))
ODP = FileType(f"{_ODF}presentation", ("odp",), gettext_lazy("OpenDocument presentation"))
PNG = FileType("image/png", ("png",), gettext_lazy("PNG image"))
JPEG = FileType("image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), gettext_lazy("JPEG image"))
GIF = FileType("image/gif", ("gif",), gettext_lazy("GIF image"))
WEBP = FileType("image/webp", ("webp",), gettext_lazy("WebP image"))
TIFF = FileType("image/tiff", ("tif", "tiff"), gettext_lazy("TIFF image"))

TYPES = (PDF, DOCX, DOC, XLSX, XLS, ODT, ODS, ODP, PNG, JPEG, GIF, WEBP, TIFF)
ENDINGS = tuple(f".{ending}" for one in TYPES for ending in one.endings)
"""What a file chooser offers."""


class Refused(Exception):
    """The file is not taken. ``message`` says why, and what to do, without its name."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def accepted() -> str:
    """What is taken, in words, for hints and refusals."""
    return _("PDF, Word, Excel, OpenDocument and images (PNG, JPEG, GIF, WebP, TIFF)")


def clean_name(name: str) -> str:
    """A file's name as it is kept: its last part, without what cannot be seen, short enough for any disk.

    Never empty, never with a path in it. The ending survives shortening.
    """
    shown = unicodedata.normalize("NFC", text.clean(re.split(r"[/\\]", name)[-1]))
    shown = " ".join(re.sub(r'[<>:"|?*\n\t]', " ", shown).split()).strip(". ")
    stem, dot, ending = shown.rpartition(".")
    if not dot or not stem.strip(". "):
        stem, ending = shown, ""
    ending = ending[:10].strip()
    room = LONGEST_NAME - len(ending) - 1
    stem = stem[:room].strip(". ") or _("File")
    return f"{stem}.{ending}" if ending else stem


def ending_of(name: str) -> str:
    """The ending of a name in small letters, without its dot; "" for none."""
    return name.rpartition(".")[2].casefold() if "." in name else ""


def recognise(file: File[Any], name: str) -> FileType:
    """What the file is, if it is taken under this name. It is left at its beginning.

    Raises:
        Refused: it is empty, too large, of a type that is not taken, locked, with macros, harmful or damaged, or its
            name claims something else.
    """
    size = file.size or 0
    if size == 0:
        raise Refused(_("The file is empty"))
    if size > LARGEST:
        raise Refused(_("The file is larger than 20 MB. Make it smaller, or add a link to where it is kept"))
    try:
        found = _of_content(cast(BinaryIO, file), size)
    except Refused:
        raise
    except Exception as fault:
        # The readers meet whatever somebody made: none of their faults may become ours.
        raise Refused(_damaged()) from fault
    finally:
        file.seek(0)
    ending = ending_of(name)
    if ending not in found.endings:
        words = {"label": found.label, "ending": found.endings[0], "named": ending[:10]}
        if not ending:
            raise Refused(
                _("The name has no ending, and the content is a file of type %(label)s. Add .%(ending)s to its name")
                % words
            )
        raise Refused(
            _(
                "The name ends in .%(named)s, but the content is a file of type %(label)s (.%(ending)s). "
                "Check that it is the right file, and give it the right ending"
            )
            % words
        )
    return found


def _damaged() -> str:
    return _("The file cannot be read. It may be damaged: open it in its own program and save it again")


def _not_taken(what: str) -> Refused:
    if what:
        return Refused(_("This is %(what)s. You can add %(accepted)s") % {"what": what, "accepted": accepted()})
    return Refused(_("This type of file is not accepted. You can add %(accepted)s") % {"accepted": accepted()})


def _locked() -> Refused:
    return Refused(_("The file is protected with a password. Save it without one and add it again"))


def _macros() -> Refused:
    return Refused(_("The file has macros. Save it without them (as .docx, .xlsx or PDF) and add it again"))


def _of_content(file: BinaryIO, size: int) -> FileType:
    file.seek(0)
    head = file.read(_HEAD)
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    if head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-"):
        return _pdf(file)
    if head.startswith(b"PK\x03\x04"):
        return _zip(file, size)
    if head.startswith(olefile.MAGIC):
        return _ole(file)
    for found, fits in _IMAGES:
        if (answer := fits(head, tail, size)) is not None:
            if answer:
                return found
            raise Refused(_damaged())
    raise _not_taken(_named(head))


class _Rationed(io.RawIOBase):
    """A file of which only so many bytes can be read, for so long; then it raises what it was given.

    Closing it leaves the file itself open.
    """

    def __init__(self, file: BinaryIO, most: int, refusal: Refused) -> None:
        self._file, self._left, self._refusal = file, most, refusal
        self._until = time.thread_time() + _MOST_SECONDS

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        content = self._file.read(-1 if size is None else size)
        self._left -= len(content)
        if self._left < 0 or time.thread_time() > self._until:
            raise self._refusal
        return content

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


# --- PDF -----------------------------------------------------------------------------------------------


def _pdf(file: BinaryIO) -> FileType:
    """Scripts in a PDF are let through: forms have them, readers fence them in, and we only ever hand it out.

    A PDF with a broken index is not repaired: that is to read all of it many times, while somebody waits.
    """
    damaged = Refused(
        _("This PDF is damaged. Open it, save or print it as a PDF again, and add the new one"),
    )
    source = cast(BinaryIO, _Rationed(file, _LARGEST_INDEX, damaged))
    source.seek(0)
    try:
        with pikepdf.open(
            source, suppress_warnings=True, attempt_recovery=False, access_mode=pikepdf.AccessMode.stream
        ) as pdf:
            if "/Pages" not in pdf.Root or "/Kids" not in pdf.Root.Pages:
                raise damaged
    except pikepdf.PasswordError as fault:
        raise _locked() from fault
    except Exception as fault:
        raise damaged from fault
    return PDF


# --- Zips: newer Office and OpenDocument ---------------------------------------------------------------

_MAIN_PARTS = {
    f"{_OOXML}wordprocessingml.document.main+xml": DOCX,
    f"{_OOXML}spreadsheetml.sheet.main+xml": XLSX,
}
_OTHER_PARTS = {
    "presentationml": gettext_lazy("a PowerPoint presentation: save it as PDF and add that"),
    "wordprocessingml.template": gettext_lazy("a Word template: save it as a document"),
    "spreadsheetml.template": gettext_lazy("an Excel template: save it as a workbook"),
    "ms-visio": gettext_lazy("a Visio drawing: save it as PDF and add that"),
}
_ODF_TYPES = {one.media_type: one for one in (ODT, ODS, ODP)}
_MACRO_WORDS = ("macroenabled", "vbaproject", "macrosheet")
_NO_MACROS = frozenset({"script-lc.xml", "script-lb.xml", "dialog-lc.xml", "dialog-lb.xml"})


class _Sparing(io.RawIOBase):
    """A file that gives no more at once than a list of parts may be long.

    zipfile reads that list whole, as long as the file says that it is, and makes a record of each line.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            size = _LARGEST_DIRECTORY + 1
        if size > _LARGEST_DIRECTORY + 1:
            raise _bomb()
        return self._file.read(size)


def _bomb() -> Refused:
    return Refused(_("The file unpacks to far more than a document has. It was not opened"))


def _zip(file: BinaryIO, size: int) -> FileType:
    try:
        with zipfile.ZipFile(cast(Any, _Sparing(file))) as archive:
            parts = archive.infolist()
            names = {part.filename: part for part in parts}
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > _MOST_PARTS or unpacked > _LARGEST_UNPACKED:
                raise _bomb()
            if unpacked > _FREELY_UNPACKED and unpacked > _MOST_SHRUNK * size:
                raise _bomb()
            if len(names) != len(parts):
                # Two programs may take two different parts of one name for the right one.
                raise Refused(_damaged())
            if any(part.flag_bits & 0x1 for part in parts):
                raise _locked()
            if "[Content_Types].xml" in names:
                return _ooxml(archive, names)
            if "mimetype" in names:
                return _odf(archive, names)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as fault:
        raise Refused(_damaged()) from fault
    raise _not_taken(_("a zip folder or another packed file: add the documents in it one by one"))


def _ooxml(archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo]) -> FileType:
    listing = _xml(archive, "[Content_Types].xml")
    types = [(one.get("PartName", ""), one.get("ContentType", "")) for one in listing]
    if any(word in kind.casefold() for _part, kind in types for word in _MACRO_WORDS):
        raise _macros()
    if any(re.search(r"(^|/)(vba[^/]*\.bin$|macrosheets/)", name.casefold()) for name in names):
        raise _macros()
    main = [(part, _MAIN_PARTS[kind]) for part, kind in types if kind in _MAIN_PARTS]
    if len(main) == 1 and main[0][0].lstrip("/") in names:
        return main[0][1]
    for word, what in _OTHER_PARTS.items():
        if any(word in kind for _part, kind in types):
            raise _not_taken(str(what))
    raise Refused(_damaged())


def _odf(archive: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo]) -> FileType:
    kind = _part(archive, "mimetype").decode("ascii", "replace").strip()
    if kind not in _ODF_TYPES:
        is_odf = kind.startswith(_ODF)
        raise _not_taken(_("an OpenDocument file of another type: save it as PDF and add that") if is_odf else "")
    manifest = _xml(archive, "META-INF/manifest.xml")
    if any(one.tag.rpartition("}")[2] == "encryption-data" for one in manifest.iter()):
        raise _locked()
    for name in names:
        folder, _slash, rest = name.partition("/")
        if rest and not name.endswith("/") and folder in ("Basic", "Scripts"):
            if folder == "Basic" and rest.rpartition("/")[2] in _NO_MACROS:
                continue
            raise _macros()
    if "content.xml" not in names:
        raise Refused(_damaged())
    return _ODF_TYPES[kind]


def _part(archive: zipfile.ZipFile, name: str) -> bytes:
    """One part, which may lie about how long it is, up to a bound."""
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # No Office program packs otherwise, and the other ways may ask for any amount of memory.
        raise Refused(_damaged())
    with archive.open(name) as part:
        content = part.read(_LARGEST_LISTING + 1)
    if len(content) > _LARGEST_LISTING:
        raise _bomb()
    return content


def _xml(archive: zipfile.ZipFile, name: str) -> Element:
    """A part as XML, without a document type: no Office program writes one here, and it can hold a bomb."""
    try:
        return cast(Element, fromstring(_part(archive, name), forbid_dtd=True))
    except DefusedXmlException as fault:
        raise Refused(_("The file holds instructions that no document needs. It was not opened")) from fault
    except (ParseError, KeyError) as fault:
        raise Refused(_damaged()) from fault


# --- OLE: older Office -----------------------------------------------------------------------------------


class _Ole(olefile.OleFileIO):  # type: ignore[misc]
    """A container with no more parts than a document has: all are looked at before anybody could count them."""

    def _load_direntry(self, sid: int) -> Any:
        if sid > _MOST_PARTS:
            raise _bomb()
        return super()._load_direntry(sid)


def _ole(file: BinaryIO) -> FileType:
    source = _Rationed(file, _LARGEST_OLE, Refused(_damaged()))
    source.seek(0)
    with _Ole(source) as ole:
        parts = [[part.casefold() for part in path] for path in ole.listdir(streams=True, storages=True)]
        top = {path[0] for path in parts}
        if top & {"encryptedpackage", "encryptioninfo"}:
            raise _locked()
        if "worddocument" in top:
            # The second byte of its flags says whether it is encrypted.
            flags = ole.openstream("WordDocument").read(12)
            if len(flags) < 12 or struct.unpack_from("<H", flags)[0] != 0xA5EC:
                raise Refused(_damaged())
            if flags[11] & 0x01:
                raise _locked()
            found = DOC
        elif book := next((name for name in ("Workbook", "Book") if name.casefold() in top), ""):
            _globals(ole.openstream(book))
            found = XLS
        elif "powerpoint document" in top:
            raise _not_taken(_("a PowerPoint presentation: save it as PDF and add that"))
        elif any(name.startswith("__properties_version1") for name in top):
            raise _not_taken(_("an e-mail saved from Outlook: save it as PDF and add that"))
        else:
            raise _not_taken("")
        if any(part == "vba" or part.startswith("_vba_project") for path in parts for part in path):
            raise _macros()
    return found


def _globals(stream: BinaryIO) -> None:
    """Look through the first part of an older workbook for a password and for sheets of macros."""
    first = True
    for kind, content in _records(stream):
        if first and kind not in (0x0809, 0x0409, 0x0209, 0x0009):
            raise Refused(_damaged())
        first = False
        if kind == 0x002F:
            raise _locked()
        if kind == 0x0085 and len(content) > 5 and content[5] in (0x01, 0x06):
            raise _macros()
        if kind == 0x000A:
            return
    raise Refused(_damaged())


def _records(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    for _count in range(_MOST_RECORDS):
        header = stream.read(4)
        if len(header) < 4:
            return
        kind, length = struct.unpack("<HH", header)
        yield kind, stream.read(length)


# --- Images ----------------------------------------------------------------------------------------------

# Each answers None when the file does not begin as this type does, and otherwise whether the rest is as it should be.


def _png(head: bytes, tail: bytes, size: int) -> bool | None:
    if not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    if head[8:16] != b"\0\0\0\rIHDR" or len(head) < 33:
        return False
    width, height = struct.unpack(">II", head[16:24])
    right = struct.unpack(">I", head[29:33])[0] == zlib.crc32(head[12:29])
    return bool(right and width and height and b"IEND\xaeB`\x82" in tail)


def _jpeg(head: bytes, tail: bytes, size: int) -> bool | None:
    if not head.startswith(b"\xff\xd8\xff"):
        return None
    return head[3] >= 0xC0 and size > 100 and b"\xff\xd9" in tail if len(head) > 3 else False


def _gif(head: bytes, tail: bytes, size: int) -> bool | None:
    if not head.startswith((b"GIF87a", b"GIF89a")):
        return None
    return len(head) >= 13 and all(struct.unpack("<HH", head[6:10])) and b"\x3b" in tail


def _webp(head: bytes, tail: bytes, size: int) -> bool | None:
    if not head.startswith(b"RIFF") or head[8:12] != b"WEBP":
        return None
    return head[12:16] in (b"VP8 ", b"VP8L", b"VP8X") and 12 < struct.unpack("<I", head[4:8])[0] + 8 <= size


def _tiff(head: bytes, tail: bytes, size: int) -> bool | None:
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None:
        return None
    return len(head) >= 8 and 8 <= struct.unpack(f"{order}I", head[4:8])[0] <= size - 6


_IMAGES: tuple[tuple[FileType, Callable[[bytes, bytes, int], bool | None]], ...] = (
    (PNG, _png),
    (JPEG, _jpeg),
    (GIF, _gif),
    (WEBP, _webp),
    (TIFF, _tiff),
)

# --- What it is instead ----------------------------------------------------------------------------------

_PROGRAM = gettext_lazy("a program")
_INSTEAD = {
    "exe": _PROGRAM,
    "dll": _PROGRAM,
    "elf": _PROGRAM,
    "html": gettext_lazy("a web page: save it as PDF and add that"),
    "svg": gettext_lazy("an SVG drawing: save it as PDF or PNG and add that"),
    "xml": gettext_lazy("an XML file"),
    "rtf": gettext_lazy("a file in Rich Text Format: save it as a Word document or PDF and add that"),
    "heif": gettext_lazy("a photo in HEIC format, which many office computers cannot open: save it as JPEG"),
    "heic": gettext_lazy("a photo in HEIC format, which many office computers cannot open: save it as JPEG"),
    "rar": gettext_lazy("a packed folder: add the documents in it one by one"),
    "7z": gettext_lazy("a packed folder: add the documents in it one by one"),
    "gz": gettext_lazy("a packed file: add the document that is in it"),
    "mp4": gettext_lazy("a film: add a link to where it is kept"),
    "mp3": gettext_lazy("a sound recording: add a link to where it is kept"),
    "bmp": gettext_lazy("an image of type BMP: save it as PNG and add that"),
}


def _named(head: bytes) -> str:
    """What a file is that is not taken, as far as that helps somebody; "" where it does not."""
    start = head[:1024].lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    if start.startswith((b"mz", b"\x7felf", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"#!")):
        return str(_PROGRAM)
    if b"<svg" in start:
        return str(_INSTEAD["svg"])
    if start.startswith((b"<!doctype html", b"<html")):
        return str(_INSTEAD["html"])
    try:
        found = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return ""
    if not found:
        return ""
    return str(_INSTEAD.get(found[0].extension.lstrip("."), ""))
