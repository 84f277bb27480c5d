"""Appending the tagged pages of Annex B to the tagged pages of a letter, as one document with one structure
tree.

Annex B is the same in every letter of a scheme, a language and a marking, and half of the work. Appending
pages with any library's ready-made function leaves their tags behind or adds a second tree, so the trees are
joined here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, OutlineItem, Pdf, String


@dataclass(frozen=True)
class Bookmark:
    """An entry of the outline: title, page (counted from 0 within the annex) and the entries below it."""

    title: str
    page: int
    children: tuple[Bookmark, ...]


@dataclass(frozen=True)
class Scion:
    """A part made ready for grafting: its bytes, with cell names that cannot clash, and its outline."""

    pdf: bytes
    bookmarks: tuple[Bookmark, ...]


def prepare(pdf: bytes, prefix: str) -> Scion:
    """Make ``pdf`` ready for grafting: table headings are named by strings, unique in the whole file."""
    with pikepdf.open(BytesIO(pdf)) as part:
        for element in elements(part):
            if Name.ID in element:
                element.ID = String(prefix + str(element.ID))
            attributes = element.get(Name.A)
            if isinstance(attributes, Dictionary) and Name.Headers in attributes:
                attributes.Headers = Array([String(prefix + str(name)) for name in attributes.Headers])
        pages = {page.obj.objgen: number for number, page in enumerate(part.pages)}
        with part.open_outline() as outline:
            bookmarks = tuple(_bookmark(item, pages) for item in outline.root)
        target = BytesIO()
        part.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return Scion(target.getvalue(), bookmarks)


def graft(stock: Pdf, scion: Scion) -> None:
    """Append ``scion`` to ``stock``: its pages, its part of the structure tree and its bookmarks.

    The tree of the scion hangs in the one Document element of the stock, after what is there.

    Raises:
        AttributeError, KeyError, TypeError, ValueError, pikepdf.PdfError: one of the two is not built as
        expected.
    """
    with pikepdf.open(BytesIO(scion.pdf)) as part:
        root, part_root = stock.Root.StructTreeRoot, part.Root.StructTreeRoot
        owners: list[Any] = list(root.ParentTree.Nums)
        shift = max(int(key) for key in owners[::2]) + 1
        first_page = len(stock.pages)
        # Pages first: what is copied after them then refers to the copied pages instead of copying them
        # again.
        stock.pages.extend(part.pages)
        copied = stock.copy_foreign(
            part.make_indirect(Dictionary(Kids=part_root.K[0].K, Owners=part_root.ParentTree.Nums))
        )
        document = root.K[0]
        for element in copied.Kids:
            element.P = document
            document.K.append(element)
        for page in list(stock.pages)[first_page:]:
            page.obj.StructParents = int(page.obj.StructParents) + shift
        part_owners = list(copied.Owners)
        for key, value in zip(part_owners[::2], part_owners[1::2], strict=True):
            owners += [int(key) + shift, value]
        root.ParentTree.Nums = Array(owners)
        with stock.open_outline() as outline:
            outline.root.extend(_outline_item(bookmark, first_page) for bookmark in scion.bookmarks)


def elements(pdf: Pdf) -> Iterator[Any]:
    """Every structure element of ``pdf`` in reading order, the Document element first."""
    return (element for element, _below in family(pdf))


def family(pdf: Pdf) -> Iterator[tuple[Any, list[Any]]]:
    """As :func:`elements`, each with the elements directly below it: finding them costs more than all else here."""
    waiting = [pdf.Root.StructTreeRoot.K[0]]
    while waiting:
        element = waiting.pop()
        below = children(element)
        yield element, below
        waiting.extend(reversed(below))


def children(element: Any) -> list[Any]:
    """The structure elements directly below ``element``, in order."""
    kids = element.get(Name.K, Array())
    return [
        kid for kid in (kids if isinstance(kids, Array) else [kids]) if isinstance(kid, Dictionary) and Name.S in kid
    ]


def _bookmark(item: OutlineItem, pages: dict[tuple[int, int], int]) -> Bookmark:
    destination: Any = item.destination
    page = pages[destination[0].objgen]
    return Bookmark(item.title, page, tuple(_bookmark(child, pages) for child in item.children))


def _outline_item(bookmark: Bookmark, first_page: int) -> OutlineItem:
    item = OutlineItem(bookmark.title, first_page + bookmark.page)
    item.children.extend(_outline_item(child, first_page) for child in bookmark.children)
    return item
