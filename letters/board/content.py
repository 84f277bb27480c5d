"""What a board pack says: plain values, with every word that is printed. Frozen, and closed as a letter's content is.

Numbers that may not be shown are None here already: nothing behind this point has anything to hide.
"""

from __future__ import annotations

from datetime import date as Date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from letters.pdf.content import PagePattern, digest_of

Word = Annotated[str, StringConstraints(min_length=1, max_length=400)]
Tone = Literal["below", "meets", "exceeds", "none"]
"""How a number is coloured: by what it says about the duty, or as having no outcome."""


class Part(BaseModel):
    """A part of the pack."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Passage(Part):
    """A text with its own heading ("" for none), and short lines of facts under it, such as who owns it."""

    heading: str = ""
    text: str = ""
    facts: list[str] = Field(default=[], max_length=20)


class Section(Part):
    """A slide of text, or as many as it takes: a heading, lines that lead in, and passages or one-line points."""

    heading: Word
    lede: list[str] = Field(default=[], max_length=10)
    passages: list[Passage] = Field(default=[], max_length=200)
    points: list[str] = Field(default=[], max_length=20)


class OutcomeRow(Part):
    """One benchmark: its outcome this year, last year's ("" where the pack compares nothing), and what changed."""

    title: Word
    now: Word
    before: str = ""
    change: str = ""


class Outcomes(Part):
    """The table of outcomes. ``columns`` has two headings, or four where last year is shown beside this one.

    ``is_broken`` draws a break between the years, because the scheme changed and last year is an estimate.
    """

    heading: Word
    lede: list[str] = Field(max_length=10)
    columns: list[Word] = Field(min_length=2, max_length=4)
    rows: list[OutcomeRow] = Field(min_length=1, max_length=60)
    is_broken: bool = False

    @property
    def compares(self) -> bool:
        """Whether last year is in the table."""
        return len(self.columns) == 4

    @model_validator(mode="after")
    def _rows_fit_the_columns(self) -> Outcomes:
        if len(self.columns) == 3 or (self.is_broken and not self.compares):
            raise ValueError("a comparison has four columns")
        if any(bool(row.before and row.change) != self.compares for row in self.rows):
            raise ValueError("every row has last year and the change, or none has")
        return self


class SpreadRow(Part):
    """How many authorities have each outcome on one benchmark. None is hidden."""

    title: Word
    counts: list[int | None]


class Spread(Part):
    """How outcomes are spread over a region, or with no rows only the lines that say why that is not shown."""

    heading: Word
    figures_heading: Word
    lede: list[str] = Field(min_length=1, max_length=10)
    row_label: Word
    columns: list[Word] = Field(default=[], max_length=5)
    tones: list[Tone] = Field(default=[], max_length=5)
    rows: list[SpreadRow] = Field(default=[], max_length=60)
    hidden: Word
    description: str = ""

    @model_validator(mode="after")
    def _rows_fit_the_columns(self) -> Spread:
        if len(self.tones) != len(self.columns) or any(len(row.counts) != len(self.columns) for row in self.rows):
            raise ValueError("every row has a count for each column, and every column a tone")
        return self


class BoardContent(Part):
    """A board pack, ready to be put on slides."""

    format: Literal["board-pack/1"] = "board-pack/1"
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    title: Word
    authority: Word
    cover: list[str] = Field(max_length=8)
    date: Date
    marking: str = Field(default="", max_length=60)
    foot: Word
    duty: Section
    summary: Section | None
    outcomes: Outcomes
    strengths: Section
    recommendations: Section
    follow_ups: Section | None
    region: Spread
    questions: Section
    continued: Annotated[str, StringConstraints(pattern=r"^[^{}]*\{title\}[^{}]*\{part\}[^{}]*\{parts\}[^{}]*$")]
    page: PagePattern

    def digest(self) -> str:
        """SHA-256, in hex, of the content as canonical JSON."""
        return digest_of(self.model_dump(mode="json"))
