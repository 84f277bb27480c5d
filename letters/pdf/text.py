"""What text a letter can hold: cleaning, and bounds that keep a page's layout within a task's time limit.

The bounds were measured: a word of 100,000 letters takes more than a minute to lay out, a cell of a megabyte
forty seconds. The form applies both functions first, so that a person is told while typing; the renderer
applies them again because it must be safe with content from anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from letters.pdf import fonts

WORD = 100
CELL = 10_000
LETTER = 60_000
LINES = 1_500
"""Bounds in characters of one word, of one text and of all texts together; and in lines of all texts
together.

Lines are bounded too because ten thousand line breaks are few characters and two hundred pages.
"""

ACCENTS = 3
"""Combining marks on one letter, after what is one character with its accent has become one. No language needs more,
and a hundred of them print over the lines above."""

_STACK = re.compile(rf"[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{{{ACCENTS + 1},}}")
_NARROW_NO_BREAK_SPACE = "\u202f"
# Letters of western Europe and the usual signs, each kept as it is: nearly every text, and looking closer is slow.
_PLAIN = re.compile(r"[\n -~\u00a0-\u00ac\u00ae-\u017e\u2010-\u2027]*")
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def clean(text: str) -> str:
    """``text`` in NFC without the characters that print as nothing or change how others print.

    Dropped: control, format (bidirectional overrides and zero-width characters among them), private-use and
    unassigned characters, and lone surrogates. Line and paragraph separators become line breaks, other spaces
    plain spaces; no-break spaces stay. Cleaning twice changes nothing.
    """
    if _PLAIN.fullmatch(text):
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = text.replace(_NARROW_NO_BREAK_SPACE, "\u00a0").replace("\t", " ").replace("\v", "\n").replace("\f", "\n")
    kept = []
    for character in text:
        if character == "\n":
            kept.append(character)
        elif unicodedata.category(character) == "Zs":
            kept.append(character if character == "\u00a0" else " ")
        elif unicodedata.category(character) not in _DROPPED:
            kept.append(character)
    return unicodedata.normalize("NFC", "".join(kept))


def cleaned(value: Any) -> Any:
    """A JSON value with every string in it cleaned; keys stay as they are."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items()}
    return value


def check(text: str) -> tuple[str, ...]:
    """Every reason why ``text`` cannot be set as one text of a letter, as sentences for its author; () if it
    can.

    Raises:
        FontsUnavailable: the pinned fonts, which say what can be printed, are not there.
    """
    problems = []
    if len(text) > CELL:
        problems.append(f"This text has {len(text):,} characters; the most that fits is {CELL:,}.")
    if longest := max((word for word in re.split(r"\s+", text) if len(word) > WORD), key=len, default=""):
        problems.append(f"“{longest[:30]}…” is one word of {len(longest):,} characters; the most is {WORD}.")
    if stack := _STACK.search(text):
        letter = text[max(stack.start() - 1, 0)]
        problems.append(f"There are {len(stack[0])} accents on one “{letter}”; the most is {ACCENTS}.")
    for character in fonts.unsettable(text):
        name = unicodedata.name(character, "a character without a name").lower()
        problems.append(f"“{character}” ({name}, U+{ord(character):04X}) cannot be printed in the letter.")
    return tuple(problems)


def check_all(value: Any) -> tuple[str, ...]:
    """Every reason why the strings of a JSON value together cannot be set as one letter; () if they can.

    Raises:
        FontsUnavailable: as :func:`check`.
    """
    strings = list(_strings(value))
    problems = dict.fromkeys(problem for string in strings for problem in check(string))
    if (total := sum(map(len, strings))) > LETTER:
        problems[f"The letter has {total:,} characters; the most that fits is {LETTER:,}."] = None
    if (lines := sum(string.count("\n") + 1 for string in strings)) > LINES:
        problems[f"The letter has {lines:,} lines and list items; the most that fits is {LINES:,}."] = None
    return tuple(problems)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
