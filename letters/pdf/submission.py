"""A whole self-assessment as a PDF: what it says, made settable whatever was typed, and set.

A letter refuses what it cannot print, because somebody drafts it. Nobody drafts this: it prints what the record
holds, so what the fonts lack is named instead, and what would take minutes to lay out is printed more closely.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date as Date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from letters.pdf import fonts
from letters.pdf.content import digest_of
from letters.pdf.engine import Rendered, render_page
from letters.pdf.faults import LetterDefective
from letters.pdf.text import clean

MOST_CHARACTERS = 800_000
"""In the whole document: eight texts of 20,000, a note on every criterion, and as much again."""
MOST_LINES = 300
"""Line ends of one text. A text with more is set with a stroke for each: ten thousand line ends are a hundred pages."""
LONGEST_WORD = 100
LONGEST_ADDRESS = 1_000
"""Characters without a space, beyond which one is put in; of a web address there may be more. Forms allow no more."""
MOST_NAMED = 20
"""Different signs of one text that are named where the fonts lack them; any other prints as a question mark."""

_ADDRESS = re.compile(r"\W*https?://", re.IGNORECASE)

Word = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class Part(BaseModel):
    """A part of the document. Frozen, and closed, as a letter's content is."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Entry(Part):
    """An entry of a list: ``label`` is printed in bold before it, ``note`` on a line of its own below it."""

    label: str = ""
    text: str
    note: str = ""


class Block(Part):
    """One block under a heading of its own ("" for none): prose, or a list."""

    heading: str = ""
    kind: Literal["prose", "list"] = "prose"
    text: str = ""
    entries: list[Entry] = Field(default=[], max_length=500)


class Section(Part):
    """A benchmark, or another part with a heading: its statement, its lines of facts, its blocks."""

    heading: str
    statement: str = ""
    facts: list[Entry] = Field(default=[], max_length=20)
    blocks: list[Block] = Field(default=[], max_length=60)


class Row(Part):
    """A benchmark in the table at the beginning."""

    benchmark: str
    outcome: str


class Labels(Part):
    """The fixed words of the document. ``page`` has the places ``{page}`` and ``{pages}``."""

    benchmark: Word
    outcome: Word
    replaced: Word
    page: Annotated[str, StringConstraints(pattern=r"^[^{}]*\{page\}[^{}]*\{pages\}[^{}]*$")]


class SubmissionContent(Part):
    """A self-assessment, ready to be set. ``foot`` is printed at the foot of every page, ``marking`` at its head."""

    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    title: Word
    heading: Word
    authority: Word
    date: Date
    foot: str
    marking: str = ""
    facts: list[Entry] = Field(max_length=20)
    overview: str
    rows: list[Row] = Field(min_length=1, max_length=60)
    sections: list[Section] = Field(max_length=80)
    labels: Labels


def render_submission(content: SubmissionContent) -> Rendered:
    """Set a self-assessment. The same content gives the same bytes on every machine.

    Costs a second for fifteen pages; eight texts of 20,000 characters of anything at most a minute.

    Raises:
        LetterDefective: there is more text than can be set, or the file failed the gate.
        FontsUnavailable: the pinned fonts are not there.
    """
    frozen = content.model_dump(mode="json")
    if (total := _length(frozen)) > MOST_CHARACTERS:
        raise LetterDefective([f"There are {total:,} characters; the most that can be set is {MOST_CHARACTERS:,}."])
    typed = Typed()
    content = SubmissionContent.model_validate(typed.settable(frozen))
    values = {
        "content": content,
        "page_text": re.split(r"\{pages?\}", content.labels.page),
        "replaced": typed.replaced,
    }
    return render_page("submission.html", values, identifier=digest_of(frozen), tables=1)


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_length, value.values()))
    return sum(map(_length, value)) if isinstance(value, list) else 0


class Typed:
    """Makes texts settable, and remembers whether a sign had to be replaced."""

    def __init__(self) -> None:
        self.replaced = False

    def settable(self, value: Any) -> Any:
        """A JSON value with every string in it made settable."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.settable(one) for one in value]
        if isinstance(value, dict):
            return {key: self.settable(one) for key, one in value.items()}
        return value

    def text(self, typed: str) -> str:
        """One text: cleaned, with every sign named that the fonts lack, words that break, and lines that are few."""
        text = re.sub(r"\n{3,}", "\n\n", clean(typed))
        lacking = fonts.unsettable(text)
        if lacking:
            self.replaced = True
            names = {one: _name(one) for one in lacking[:MOST_NAMED]}
            # A whole text in another alphabet is no text of names.
            few = sum(text.count(one) for one in names) <= 10 * MOST_NAMED
            text = text.translate({ord(one): names.get(one, "?") if few else "?" for one in lacking})
        if text.count("\n") > MOST_LINES:
            text = " / ".join(line.strip() for line in text.split("\n") if line.strip())
        return re.sub(rf"\S{{{LONGEST_WORD},}}", _broken, text)


def _broken(found: re.Match[str]) -> str:
    """A word with a space after as many characters as one may have."""
    most = LONGEST_ADDRESS if _ADDRESS.match(found[0]) else LONGEST_WORD
    return " ".join(found[0][start : start + most] for start in range(0, len(found[0]), most))


def _name(sign: str) -> str:
    """A sign in words, in brackets."""
    return f"[{unicodedata.name(sign, 'a sign').lower()}]"
