"""The whole of the markup that free text in a letter may use: paragraphs, "- " lists and **bold**.

Everything else prints as it was typed, `<annex 3>` included. This is deliberately not Markdown: an underscore
in an e-mail address or a line that starts with "#" must not change how a letter looks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_BULLET = re.compile(r"- +(?=\S)")
# No star inside, so that a line of ten thousand stars is read once and not once per star.
_BOLD = re.compile(r"\*\*(?=\S)([^*]*[^\s*])\*\*")

_BREAK = mark_safe("<br>")


@dataclass(frozen=True)
class Piece:
    """A paragraph with its lines, or a list with its items."""

    is_list: bool
    texts: tuple[str, ...]


def runs(text: str) -> Iterator[tuple[str, bool]]:
    """One run of text in parts, each with whether it is bold."""
    for index, piece in enumerate(_BOLD.split(text)):
        if piece:
            yield piece, bool(index % 2)


def pieces(text: str) -> list[Piece]:
    """Free text in paragraphs and lists.

    Blank lines part paragraphs, single line breaks stay, lines that start with "- " are list items; blank
    lines between two list items do not end the list.
    """
    parts: list[Piece] = []
    lines: list[str] = []
    items: list[str] = []

    def flush() -> None:
        if lines:
            parts.append(Piece(False, tuple(lines)))
        if items:
            parts.append(Piece(True, tuple(items)))
        lines.clear()
        items.clear()

    for line in (raw.strip() for raw in text.split("\n")):
        if bullet := _BULLET.match(line):
            if lines:
                flush()
            items.append(line[bullet.end() :])
        elif line:
            if items:
                flush()
            lines.append(line)
        elif lines:
            flush()
    flush()
    return parts


@register.filter
def inline(text: str) -> SafeString:
    """One run of text as HTML: escaped, with ``**bold**`` as strong."""
    return _joined(format_html("<strong>{}</strong>", piece) if bold else piece for piece, bold in runs(text))


@register.filter
def prose(text: str) -> SafeString:
    """Free text as HTML, in the pieces that :func:`pieces` finds."""
    return _joined(
        format_html("<ul>{}</ul>", _joined(format_html("<li>{}</li>", inline(item)) for item in piece.texts))
        if piece.is_list
        else format_html("<p>{}</p>", _joined(map(inline, piece.texts), _BREAK))
        for piece in pieces(text)
    )


@register.simple_tag
def lang(part: Any, field: str, place: int | None = None) -> SafeString:
    """The attribute that says in which language a text of ``part`` is, or nothing where it is the letter's own.

    Args:
        place: of one line, counted from 0, where the field is a list.
    """
    language = part.langs.get(field if place is None else f"{field}.{place}")
    return format_html(' lang="{}"', language) if language else SafeString("")


@register.filter
def said(part: Any, field: str) -> SafeString:
    """A short text of ``part``, in an element of its own only where it is in another language than the letter."""
    language, text = lang(part, field), getattr(part, field)
    return format_html("<span{}>{}</span>", language, text) if language else format_html("{}", text)


@register.simple_tag
def said_line(part: Any, field: str, place: int) -> SafeString:
    """The same of one line of a list, counted from 0."""
    language, text = lang(part, field, place), getattr(part, field)[place]
    return format_html("<span{}>{}</span>", language, text) if language else format_html("{}", text)


@register.filter
def prose_of(part: Any, field: str) -> SafeString:
    """The same of free text."""
    language, text = lang(part, field), prose(getattr(part, field))
    return format_html("<div{}>{}</div>", language, text) if language else text


def _joined(parts: Iterable[str], between: str = "") -> SafeString:
    return format_html_join(between, "{}", ((part,) for part in parts))
