"""The paragraphs of a letter by keys that stay, so that somebody can say in which one an error stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from letters.pdf import Content


@dataclass(frozen=True)
class Place:
    """A paragraph, an item of a list or a row of Annex A.

    ``key`` names it within its letter, ``about`` says where it is, in words, and ``text`` is what stands there.
    """

    key: str
    about: str
    text: str


def places_of(content: Content) -> dict[str, Place]:
    """Every place of a letter, by its key, in the order in which the letter is read. Headings within it are none."""
    return {place.key: place for place in _places(content)}


def _places(content: Content) -> Iterator[Place]:
    letter = _("Letter")
    to = content.addressee
    yield Place("to", _("Address of the letter"), _lines(to.name, to.title, to.organisation, *to.address))
    yield Place("salutation", letter, content.salutation)
    yield Place("heading", letter, content.heading)
    for number, block in enumerate(content.blocks):
        if block.kind in ("paragraph", "closing"):
            signature = content.signature if block.kind == "closing" else []
            yield Place(f"block-{number}", letter, _lines(block.text, *signature))
        for position, item in enumerate(block.items):
            yield Place(f"block-{number}-{position}", letter, _lines(item.heading, item.text))
    if content.cc:
        yield Place("copies", _("Copies of the letter"), _lines(content.labels.cc, *content.cc))
    annex = content.annex_a
    for number, text in enumerate(annex.intro):
        yield Place(f"intro-{number}", annex.title, text)
    for row in annex.rows:
        about = _("%(annex)s, benchmark %(number)s") % {"annex": annex.title, "number": row.number}
        named = f"{row.number}. {row.title}"
        yield Place(f"row-{row.number}", about, _lines(named, row.outcome, row.note, row.summary, row.comments))
    if content.annex_b:
        yield Place("annex-b", content.annex_b.title, content.annex_b.title)


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)
