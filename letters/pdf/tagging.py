"""Clean tags: what a screen reader is given is the letter, not the pages that it happens to fall on.

WeasyPrint 70.0 writes one structure element per page fragment: a table over six pages becomes six tables, its
repeated heading row is read out on each, a paragraph that crosses a page is two, and the running header and
footer are part of the text. All of that passes a validator and is poor to listen to. Here the fragments of
one HTML element are joined, repeats and page furniture become artefacts, and the attributes that PDF/UA-1
wants are filled in.

Which HTML element a structure element came from is known only inside WeasyPrint's private
``_build_box_tree``, which is wrapped while one document is written. The version is therefore pinned, and
tests count the tags.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pydyf
from weasyprint.formatting_structure import boxes
from weasyprint.layout.absolute import AbsolutePlaceholder
from weasyprint.pdf import tags

WEASYPRINT = "70.0"
"""The version whose private function is wrapped here."""

# These hold the marks of one line on one page: joining them would merge different text. Everything else holds
# elements only, each of which says its own page.
_NEVER_JOINED = {"/Span", "/Link", "/Figure", "/Lbl"}
_LIST_NUMBERING = {"ol": "/Decimal", "ul": "/Disc"}

Source = tuple[Any, str]
"""The HTML element behind a structure element, and its tag, which may be a pseudo-element: ``li::marker``."""


class Recording:
    """What was seen while the tags were built: sources by object number, and the marks of page furniture."""

    def __init__(self) -> None:
        self.sources: dict[int, Source] = {}
        self.furniture: set[tuple[int, int]] = set()


@contextlib.contextmanager
def recording() -> Iterator[Recording]:
    """Note the source of each structure element that is built inside the block.

    Not safe with two threads at a time, since it stands in for a module's function; the engine holds a lock.
    """
    seen = Recording()
    original = tags._build_box_tree

    def noting(box: Any, parent: Any, pdf: Any, page: int, marks: Any, annotations: Any, kinds: Any) -> Iterator[Any]:
        if isinstance(box, AbsolutePlaceholder):
            box = box._box
        before = frozenset(marks) if isinstance(box, boxes.MarginBox) else None
        for element in original(box, parent, pdf, page, marks, annotations, kinds):
            if box.element is not None:
                seen.sources.setdefault(element.number, (box.element, box.element_tag))
            yield element
        if before is not None:
            seen.furniture.update((page, mark) for mark in marks if mark not in before)

    tags._build_box_tree = noting
    try:
        yield seen
    finally:
        tags._build_box_tree = original


def mend(pdf: pydyf.PDF, seen: Recording) -> None:
    """Mend the structure tree of ``pdf``, before it is written, with what was ``seen`` while it was built."""
    _Tree(pdf, seen).mend()


class _Tree:
    def __init__(self, pdf: pydyf.PDF, seen: Recording) -> None:
        self.pdf = pdf
        self.sources = seen.sources
        self.artefacts = set(seen.furniture)
        self.page_numbers = {reference: number for number, reference in enumerate(pdf.page_references)}
        self.renamed: dict[str, pydyf.String] = {}
        root = self.at(pdf.catalog["StructTreeRoot"])
        self.document = self.at(root["K"][0])
        self.parent_tree = self.at(root["ParentTree"])["Nums"]

    def mend(self) -> None:
        self.join_fragments(self.document)
        self.finish(self.document)
        self.write_artefacts()

    def at(self, reference: bytes) -> Any:
        return self.pdf.objects[int(reference.split()[0])]

    def children(self, element: Any) -> list[Any]:
        """The structure elements below ``element``; marks and object references are not elements."""
        kids = [self.at(kid) for kid in element["K"] if isinstance(kid, bytes)]
        return [kid for kid in kids if kid.get("Type") == "/StructElem"]

    def identity(self, element: Any) -> tuple[int, str, str] | None:
        """The same for two fragments of one HTML element and nothing else; None for what is never joined."""
        if element["S"] in _NEVER_JOINED or element.number not in self.sources:
            return None
        html, tag = self.sources[element.number]
        return id(html), tag, element["S"]

    def join_fragments(self, parent: Any) -> None:
        """Join the children of ``parent`` that are fragments of one HTML element, at every depth.

        Fragments are always on different pages. On one page, several elements with one source are the
        anonymous boxes of that source, which hold different text.
        """
        first: dict[tuple[int, str, str], Any] = {}
        last_page: dict[tuple[int, str, str], bytes] = {}
        kids = pydyf.Array()
        for kid in parent["K"]:
            element = self.at(kid) if isinstance(kid, bytes) else {}
            identity = self.identity(element) if element.get("Type") == "/StructElem" else None
            if identity is None or identity not in first or last_page[identity] == element["Pg"]:
                kids.append(kid)
                if identity is not None:
                    first[identity] = element
            elif element["S"] == "/THead":
                self.rename_headings(first[identity], element)
                self.discard(element)
            else:
                self.absorb(first[identity], element)
            if identity is not None:
                last_page[identity] = element["Pg"]
        parent["K"] = kids
        for child in self.children(parent):
            self.join_fragments(child)

    def absorb(self, first: Any, later: Any) -> None:
        """Move what stands in a later fragment to the end of the first; what it holds joins later."""
        for child in self.children(later):
            child["P"] = first.reference
        first["K"].extend(later["K"])
        if "ID" in later:
            self.renamed[_text(later["ID"])] = first["ID"]

    def rename_headings(self, first: Any, repeat: Any) -> None:
        """Cells below a repeated heading row name the repeat as their heading: point them at the real one."""
        if "ID" in repeat and "ID" in first:
            self.renamed[_text(repeat["ID"])] = first["ID"]
        for one, other in zip(self.children(first), self.children(repeat), strict=True):
            self.rename_headings(one, other)

    def discard(self, element: Any) -> None:
        """Take a repeat out of the tree; its marks become artefacts."""
        for kid in element["K"]:
            if isinstance(kid, int):
                self.artefacts.add((self.page_numbers[element["Pg"]], kid))
        for child in self.children(element):
            self.discard(child)

    def finish(self, element: Any) -> None:
        """Fill in the attributes that PDF/UA-1 asks for, and put list items into their one legal shape.

        What is in another language says so itself: WeasyPrint writes the language of the whole and no other.
        """
        html, tag = self.sources.get(element.number, (None, ""))
        if html is not None and (language := html.attrib.get("lang")):
            element["Lang"] = pydyf.String(language)
        match element["S"]:
            case "/TH":
                element.setdefault("A", pydyf.Dictionary({"O": "/Table"}))
                element["A"]["Scope"] = "/Row" if html.attrib.get("scope") == "row" else "/Column"
            case "/TD" if "Headers" in element.get("A", {}):
                names = (self.renamed.get(_text(name), name) for name in element["A"]["Headers"])
                element["A"]["Headers"] = pydyf.Array({_text(name): name for name in names}.values())
            case "/L" if tag in _LIST_NUMBERING:
                element["A"] = pydyf.Dictionary({"O": "/List", "ListNumbering": _LIST_NUMBERING[tag]})
            case "/LI":
                self.gather_body(element)
            case "/NonStruct" if tag == "strong":
                element["S"] = "/Span"
        for child in self.children(element):
            self.finish(child)

    def gather_body(self, item: Any) -> None:
        """A list item holds a label and one body; WeasyPrint puts paragraphs and lists beside the label."""
        kids = self.children(item)
        if all(kid["S"] in ("/Lbl", "/LBody") for kid in kids):
            return
        body = pydyf.Dictionary({"Type": "/StructElem", "S": "/LBody", "Pg": item["Pg"], "P": item.reference})
        self.pdf.add_object(body)
        labels = [kid for kid in kids if kid["S"] == "/Lbl"]
        rest: list[Any] = []
        for kid in kids:
            if kid["S"] == "/LBody":
                rest.extend(self.children(kid))
            elif kid["S"] != "/Lbl":
                rest.append(kid)
        for kid in rest:
            kid["P"] = body.reference
        body["K"] = pydyf.Array(kid.reference for kid in rest)
        item["K"] = pydyf.Array([*(label.reference for label in labels), body.reference])

    def write_artefacts(self) -> None:
        """Turn the marks of repeats and furniture into artefacts, in page streams and the parent tree."""
        for page, reference in enumerate(self.pdf.page_references):
            marks = {mark for on, mark in self.artefacts if on == page}
            owners = self.parent_tree[2 * page + 1]
            for mark in marks:
                owners[mark] = "null"
            stream = self.at(self.at(reference)["Contents"]).stream
            for index, operator in enumerate(stream):
                if operator == b"BDC" and stream[index - 1].get("MCID") in marks:
                    stream[index - 2] = "/Artifact"
                    stream[index - 1] = pydyf.Dictionary({"Type": "/Pagination"})


def _text(name: Any) -> str:
    return name.string if isinstance(name, pydyf.String) else str(name)
