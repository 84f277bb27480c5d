"""The last look at a finished file: a letter with a defect is not issued.

Checks what can go wrong with our own pages in 20 to 50 ms; the full veraPDF engine runs in the tests. What
each rule is for: ISO 14289-1 (PDF/UA-1) unless said otherwise.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise

from pikepdf import Array, Dictionary, Name, Object, Pdf

from letters.pdf.graft import family

FONTS = ("Letter-Sans", "Letter-Sans-Fallback", "Letter-Sans-Extended", "Letter-Sans-Vietnamese")
"""The names under which the pinned fonts are embedded: another name is a font of the machine."""

HEADLESS = "A table does not begin with its heading row."

_CHILDREN = {
    "L": {"LI", "Caption", "L"},
    "LI": {"Lbl", "LBody"},
    "Table": {"THead", "TBody", "TR"},
    "THead": {"TR"},
    "TBody": {"TR"},
    "TR": {"TH", "TD"},
}
_LOOKED_INTO = {*_CHILDREN, "TH"}
_HEADING = re.compile(r"H[1-6]")


def defects(pdf: Pdf, *, tables: int, signed: int | None = None) -> tuple[str, ...]:
    """Every defect of ``pdf``, a letter that must have ``tables`` tables; () when it may be issued.

    Args:
        signed: the length in bytes of a file that must be signed from its first to its last; None if it must not be.
    """
    found: Counter[str] = Counter()

    def expect(holds: object, defect: str) -> None:
        if not holds:
            found[defect] += 1

    root = pdf.Root
    expect(str(root.get(Name.Lang, "")), "The file does not say its language.")
    expect(str(pdf.docinfo.get(Name.Title, "")), "The file has no title.")
    expect(root.get(Name.ViewerPreferences, Dictionary()).get(Name.DisplayDocTitle), "The title is not shown.")
    expect(root.get(Name.MarkInfo, Dictionary()).get(Name.Marked), "The file is not marked as tagged.")
    metadata = root.Metadata.read_bytes() if Name.Metadata in root else b""
    for claim in (b"pdfuaid:part", b"pdfaid:part", b"dc:title"):
        expect(claim in metadata, f"The metadata lacks {claim.decode()}.")
    _look_at_fonts(pdf, expect)
    _look_at_signature(pdf, signed, expect)
    if Name.StructTreeRoot not in root:
        expect(False, "The file has no structure tree.")
    else:
        _look_at_tags(pdf, tables, expect)
    return tuple(f"{defect} ({times} times)" if times > 1 else defect for defect, times in found.items())


def _look_at_fonts(pdf: Pdf, expect: Callable[[object, str], None]) -> None:
    for page in pdf.pages:
        for font in page.resources.get(Name.Font, Dictionary()).values():
            name = str(font.BaseFont)[1:].partition("+")[2]
            expect(name.removesuffix("-Bold") in FONTS, f"The font {name} is not one of the letter's own.")


def _look_at_signature(pdf: Pdf, length: int | None, expect: Callable[[object, str], None]) -> None:
    form = pdf.Root.get(Name.AcroForm, Dictionary())
    fields = list(form.get(Name.Fields, Array()))
    if length is None:
        expect(not fields, "A letter has no fields but its signature.")
        return
    expect(len(fields) == 1 and Name.V in fields[0], "The letter does not have exactly one signature.")
    for field in fields:
        # ISO 32000-1, 12.8.1: two stretches, and between them the signature itself in angle brackets.
        start, first, second, rest = map(int, field.get(Name.V, Dictionary()).get(Name.ByteRange, [0, 0, 0, 0]))
        whole = start == 0 and 0 < first < second and second + rest == length
        expect(whole, "The signature is not of the whole file.")


def _look_at_tags(pdf: Pdf, tables: int, expect: Callable[[object, str], None]) -> None:
    named: Counter[str] = Counter()
    headings: list[int] = []
    referred: set[str] = set()
    count = 0
    for element, below in family(pdf):
        kind = str(element.S)[1:]
        inner = [str(child.S)[1:] for child in below] if kind in _LOOKED_INTO else []
        attributes = _attributes(element)
        if kind == "TH" and Name.ID in element:
            named[str(element.ID)] += 1
        for attribute in attributes:
            referred.update(map(str, attribute.get(Name.Headers, ())))
        if kind in _CHILDREN:
            strange = set(inner) - _CHILDREN[kind]
            expect(not strange, f"{kind} holds {', '.join(sorted(strange))}.")
        if _HEADING.fullmatch(kind):
            headings.append(int(kind[1]))
        if kind == "Table":
            count += 1
            expect(inner.count("THead") == 1, "A table does not have exactly one heading row group.")
            expect(inner[:1] == ["THead"], HEADLESS)
        elif kind == "TH":
            expect(inner, "A table heading is empty.")
            expect(any(Name.Scope in attribute for attribute in attributes), "A table heading has no scope.")
        elif kind == "L":
            expect(any(Name.ListNumbering in a for a in attributes), "A list does not say how it is numbered.")
        elif kind == "Figure":
            expect(Name.Alt in element, "A picture has no text.")
        expect(kind != "Link", "A letter has no links.")
    expect(count == tables, f"There are {count} tables in the tags, and {tables} in the letter.")
    expect(all(times == 1 for times in named.values()), "Two table headings have one name.")
    expect(referred <= set(named), "A cell names a heading that is not there.")
    expect(headings[:1] == [1], "The first heading is not the letter's heading.")
    expect(all(later - earlier <= 1 for earlier, later in pairwise(headings)), "A level of heading is skipped.")


def _attributes(element: Dictionary) -> list[Object]:
    attributes = element.get(Name.A)
    if attributes is None:
        return []
    return list(attributes) if isinstance(attributes, Array) else [attributes]
