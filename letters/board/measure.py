"""How wide text is, and where its lines break: by the pinned fonts, whose widths are those of Arial.

So a slide is known to hold its text before any program has drawn it. A character that the font lacks counts as wide
as it can be. Sizes and widths are in points.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from io import BytesIO

from fontTools.ttLib import TTFont

from letters.pdf import fonts

LEADING = 1.2
"""From one line to the next, as a multiple of the size."""
_SPARE = 0.97
"""Of the room, how much is used: programs kern and round in their own ways."""


@functools.cache
def _advances(bold: bool) -> Mapping[int, float]:
    """By code point, in ems. Reads a font the first time."""
    font = TTFont(BytesIO(fonts.load()[f"LiberationSans-{'Bold' if bold else 'Regular'}.ttf"]))
    widths, ems = font["hmtx"], font["head"].unitsPerEm
    return {code: widths[name][0] / ems for code, name in font.getBestCmap().items()}


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Of one line of text."""
    advances = _advances(bold)
    return size * sum(advances.get(ord(one), 1.0) for one in text)


def wrap(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """The lines that ``text`` takes in a box ``room`` wide; at least one. A word that is too long is broken."""
    room *= _SPARE
    lines: list[str] = []
    for typed in text.split("\n"):
        line = ""
        for word in typed.split(" "):
            longer = f"{line} {word}" if line else word
            if width(longer, size, bold=bold) <= room:
                line = longer
                continue
            if line:
                lines.append(line)
            *whole, line = _pieces(word, size, room, bold)
            lines.extend(whole)
        lines.append(line)
    return lines


def _pieces(word: str, size: float, room: float, bold: bool) -> list[str]:
    """A word in pieces that fit; one where it fits."""
    pieces, taken = [""], 0.0
    for character in word:
        more = width(character, size, bold=bold)
        if pieces[-1] and taken + more > room:
            pieces.append("")
            taken = 0.0
        pieces[-1] += character
        taken += more
    return pieces


def height(lines: int, size: float) -> float:
    """Of this many lines of text."""
    return lines * size * LEADING
