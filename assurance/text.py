"""Text that people write, made safe to keep and to print. Pure.

The bounds come from measuring what the PDF engine does with hostile text: a very long word or cell takes it minutes.
"""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

LONGEST_WORD = 100
"""Characters without a break."""
LETTER_TEXT = 10_000
"""Characters of a text that prints in one cell of a letter."""
EVIDENCE = 20_000
"""Characters of evidence for one benchmark: it does not print in a letter."""

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029]")
_OVERRIDES = set(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)))


def clean(text: str) -> str:
    """The text in NFC with plain line ends, without control, private-use and direction-override characters."""
    text = _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))
    return "".join(char for char in text if _keeps(char)).strip()


def problems(text: str, longest: int = LETTER_TEXT) -> list[str]:
    """What keeps a cleaned text from being kept, in words for the person who wrote it; empty when all is well."""
    found = []
    if len(text) > longest:
        found.append(
            _("Must be %(longest)s characters or fewer. It is %(count)s now")
            % {"longest": f"{longest:,}", "count": f"{len(text):,}"}
        )
    for word in text.split():
        if len(word) > LONGEST_WORD:
            found.append(
                _("“%(start)s…” is %(count)s characters without a space. Words can have %(longest)s at most")
                % {"start": word[:20], "count": f"{len(word):,}", "longest": LONGEST_WORD}
            )
            break
    return found


def _keeps(char: str) -> bool:
    if char in "\n\t":
        return True
    return char not in _OVERRIDES and unicodedata.category(char) not in {"Cc", "Co", "Cs", "Cn"}
