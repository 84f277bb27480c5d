"""The picture of a view for papers: SVG that says what it is, in words below it, and PNG made of that."""

from __future__ import annotations

import textwrap
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import resvg_py
from django.utils.translation import gettext as _
from lxml import etree

from assurance.exporting.marked import Marked
from assurance.workbook.words import writable

FONTS = Path(__file__).resolve().parents[2] / "static" / "fonts"
FONT_FILES = ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf")
"""Those that the letters are set in too: every machine draws the same picture."""
ZOOM = 2
"""Of a PNG: twice as many pixels each way as at the natural size, for print."""
SIZE, LEADING, MARGIN = 12, 17, 16
CHARACTER = 0.52
"""How wide a character is on average, as a share of the size."""
_NARROWEST = 320


class NoPicture(LookupError):
    """The view has no picture."""


def svg(marked: Marked) -> bytes:
    """The picture as a document of its own, with its title, date and rules as metadata and as lines below it.

    Raises:
        NoPicture: the view has none.
    """
    if not marked.view.picture:
        raise NoPicture(marked.view.name)
    # No entities, no network: the picture is our own, and stays so.
    drawn = etree.fromstring(
        marked.view.picture.encode(), etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
    )
    width, height = _size(drawn)
    room = max(width, _NARROWEST)
    lines = _lines(marked, room)
    whole = height + MARGIN * 2 + LEADING * len(lines)
    below = "".join(
        f'<text x="{MARGIN}" y="{height + MARGIN + LEADING * place:g}" class="marks"{weight}>{escape(line)}</text>'
        for place, (line, weight) in enumerate(lines, start=1)
    )
    drawn.set("x", "0")
    drawn.set("y", "0")
    drawn.set("width", f"{width:g}")
    drawn.set("height", f"{height:g}")
    inner = etree.tostring(drawn, encoding="unicode")
    described = "\n".join(f"{label}: {text}" for label, text in marked.lines())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{room:g}" height="{whole:g}" viewBox="0 0 {room:g} {whole:g}">'
        f"<title>{_xml(marked.view.title)}</title><desc>{_xml(described)}</desc>"
        f"<metadata>{_metadata(marked)}</metadata>"
        f"<style>.marks{{font-family:Inter,Arial,sans-serif;font-size:{SIZE}px;fill:#0b0c0c}}</style>"
        f'<rect width="{room:g}" height="{whole:g}" fill="#ffffff"/>{inner}{below}</svg>'
    ).encode()


def png(marked: Marked) -> bytes:
    """The same as pixels, at twice the natural size, in our own font. Raises :class:`NoPicture` as :func:`svg`."""
    return resvg_py.svg_to_bytes(
        svg_string=svg(marked).decode(),
        zoom=ZOOM,
        background="#ffffff",
        skip_system_fonts=True,
        font_files=[str(FONTS / name) for name in FONT_FILES],
        font_family="Liberation Sans",
        sans_serif_family="Liberation Sans",
    )


def _size(drawn: etree._Element) -> tuple[float, float]:
    """Width and height in pixels, from its view box where it does not name them."""
    box = (drawn.get("viewBox") or "0 0 640 400").split()
    width, height = drawn.get("width", box[2]), drawn.get("height", box[3])
    return float(width.removesuffix("px")), float(height.removesuffix("px"))


def _lines(marked: Marked, room: float) -> list[tuple[str, str]]:
    """What is said below, in lines that fit, each with its weight."""
    most = int((room - 2 * MARGIN) / (SIZE * CHARACTER))
    said = [(marked.view.title, ' font-weight="bold"'), (_("Made on %(date)s by %(name)s") % _made(marked), "")]
    said += [(str(rule), "") for rule in marked.view.rules]
    said += [(f"{_('What the figures mean')}: {marked.method}", ""), (marked.handling, "")]
    return [(line, weight) for text, weight in said for line in textwrap.wrap(writable(text), most)]


def _made(marked: Marked) -> dict[str, str]:
    return {"date": marked.date, "name": marked.made_by}


def _metadata(marked: Marked) -> str:
    """Title, maker, day and description in the words of Dublin Core, which papers and catalogues read."""
    described = " ".join(str(rule) for rule in marked.view.rules)
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<rdf:Description rdf:about=""><dc:title>{_xml(marked.view.title)}</dc:title>'
        f"<dc:creator>{_xml(marked.made_by)}</dc:creator><dc:date>{marked.made_at.date().isoformat()}</dc:date>"
        f"<dc:description>{_xml(described)}</dc:description>"
        f"<dc:relation rdf:resource={quoteattr(marked.method)}/></rdf:Description></rdf:RDF>"
    )


def _xml(text: str) -> str:
    return escape(writable(text))
