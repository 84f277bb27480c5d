"""Text that people write, made safe to keep and to print. Pure.

The bounds come from measuring what the PDF engine does with hostile text: a very long word or cell takes it minutes.
"""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

LONGEST_WORD = 100
"""Characters without a break."""
LONGEST_ADDRESS = 1_000
"""Characters of a web address, where one may stand."""
MOST_MARKS = 30
"""Accents and the like on one letter."""
LETTER_TEXT = 10_000
"""Characters of a text that prints in one cell of a letter."""
EVIDENCE = 20_000
"""Characters of evidence for one benchmark: it does not print in a letter."""
REASON = 2_000
"""Characters of why an outcome is not the suggested one, and of a comment among colleagues."""
NOTE = 1_000
"""Characters of a note on one criterion, or on a recommendation."""

_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")
_UNPRINTABLE = re.compile(r"[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U00010000-\U0010ffff]")
"""Emoji, dingbats and the like: no letter font has them, and it is kinder to say so while they are typed."""
_ADDRESS = re.compile(r"\W*https?://", re.IGNORECASE)
_OVERRIDES = set(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x061C, 0xFEFF)))


def number_from(value: str | None) -> int | None:
    """A whole number from an address, or None."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else None


def clean(text: str) -> str:
    """The text in NFC with plain line ends, without the characters that nobody can see or that turn others round."""
    text = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", _stream_safe(text)))
    return "".join(char for char in text if _keeps(char)).strip()


def _stream_safe(text: str) -> str:
    """The text with at most ``MOST_MARKS`` marks on one letter: to put more in order takes the square of their number.

    The bound is that of the Unicode standard (annex 15, stream-safe text), which no language comes near.
    """
    if text.isascii():
        return text
    kept, marks = [], 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def problems(text: str, longest: int = LETTER_TEXT, *, addresses: bool = False) -> list[str]:
    """What keeps a cleaned text from being kept, in words for the person who wrote it; empty when all is well.

    ``addresses`` allows long web addresses and any sign, for texts that do not print in a letter.
    """
    found = []
    if len(text) > longest:
        found.append(
            _("Must be %(longest)s characters or fewer. It is %(count)s now")
            % {"longest": f"{longest:,}", "count": f"{len(text):,}"}
        )
    if not addresses and (sign := _UNPRINTABLE.search(text)):
        found.append(_("“%(sign)s” cannot be printed in a letter. Write it in words") % {"sign": sign[0]})
    if word := long_word(text, addresses=addresses):
        found.append(
            _("“%(start)s…” is %(count)s characters without a space. Words can have %(longest)s at most")
            % {"start": word[:20], "count": f"{len(word):,}", "longest": LONGEST_WORD}
        )
    return found


def long_word(text: str, *, addresses: bool = False) -> str:
    """The first word that is too long ("" for none); with ``addresses`` a web address may be longer."""
    for word in text.split():
        if len(word) > (LONGEST_ADDRESS if addresses and _ADDRESS.match(word) else LONGEST_WORD):
            return word
    return ""


def canonical_email(address: str) -> str:
    """An address as it is kept: in lower case, without space around it."""
    return address.strip().lower()


def _keeps(char: str) -> bool:
    if char in "\n\t":
        return True
    return char not in _OVERRIDES and unicodedata.category(char) not in {"Cc", "Co", "Cs", "Cn"}
