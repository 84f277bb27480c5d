"""The frozen content of a letter: everything that is printed, and nothing that is not.

A letter's record is this content, so it holds every fixed word too (labels, page texts, column headings): a
letter can be set again as evidence without the wording file that it was composed with.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date as Date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    field_validator,
    model_serializer,
    model_validator,
)

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
PagePattern = Annotated[str, StringConstraints(pattern=r"^[^{}]*\{page\}[^{}]*\{pages\}[^{}]*$")]
ColumnField = Literal["benchmark", "statement", "outcome", "summary", "comments"]
BlockKind = Literal["paragraph", "heading", "bullets", "numbered", "closing"]


class Part(BaseModel):
    """A part of a letter. Frozen, and closed: an unknown key would be text that silently does not print."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Spoken(Part):
    """A part whose texts may stand in another language than the letter.

    ``langs`` is that language by the name of the field, and by ``field.2`` for one line of a list. It is not written
    where it is empty, so that a letter in one language is frozen as it always was.
    """

    langs: dict[str, Language] = {}

    @model_serializer(mode="wrap")
    def _without_empty_langs(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if value or name != "langs"}


class Sender(Spoken):
    """Who the letter is from, as printed at its head."""

    name: str
    title: str = ""
    unit: str = ""
    organisation: str
    address: list[str] = Field(default=[], max_length=12)
    email: str = ""


class Addressee(Spoken):
    """Who the letter is to."""

    name: str
    title: str = ""
    organisation: str
    address: list[str] = Field(default=[], max_length=12)


class Item(Spoken):
    """One entry of a list: ``text`` is prose (paragraphs, "- " lists, bold), ``heading`` is plain."""

    heading: str = ""
    text: str

    @model_validator(mode="before")
    @classmethod
    def _from_plain_text(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value


class Block(Spoken):
    """One block of the letter, in order. ``items`` is for the two kinds of list, ``text`` for the others."""

    kind: BlockKind
    text: str = ""
    items: list[Item] = Field(default=[], max_length=100)


class Column(Part):
    """One column of Annex A: its heading, what stands in it, its share of the width in percent.

    ``empty`` is printed where none of ``fields`` has text for a row: a blank cell could be read as a lost
    one.
    """

    heading: str
    fields: list[ColumnField] = Field(min_length=1)
    width: int = Field(ge=5, le=80)
    empty: str = ""


def complete_columns(columns: list[Column]) -> list[Column]:
    """``columns``, if a table made of them prints everything there is to print once.

    Raises:
        ValueError: something would be lost or printed twice, or the table could not be laid out.
    """
    fields = [field for column in columns for field in column.fields]
    if twice := sorted({field for field in fields if fields.count(field) > 1}):
        raise ValueError(f"{', '.join(twice)} would be printed twice")
    if lost := [field for field in ("benchmark", "outcome", "summary", "comments") if field not in fields]:
        raise ValueError(f"no column prints {', '.join(lost)}")
    if columns[0].fields[0] != "benchmark":
        raise ValueError("the first column names the benchmark, because it is the heading of its row")
    if sum(column.width for column in columns) != 100:
        raise ValueError("the widths of the columns must add up to 100")
    return columns


class Row(Spoken):
    """One benchmark in Annex A. ``note`` says why a benchmark has no outcome, where it has none."""

    number: int
    title: str
    statement: str = ""
    outcome: str
    summary: str = ""
    comments: str = ""
    note: str = ""


class AnnexA(Part):
    """Outcome and summary per benchmark. ``comments_label`` stands above comments that share a cell."""

    title: str
    intro: list[str] = Field(default=[], max_length=20)
    orientation: Literal["portrait", "landscape"] = "portrait"
    columns: list[Column] = Field(min_length=2, max_length=6)
    comments_label: str = ""
    rows: list[Row] = Field(max_length=60)

    _columns = field_validator("columns")(complete_columns)


class Scheme(Spoken):
    """The version of the scheme that the letter was judged by."""

    code: str
    version: str
    name: str


class Criterion(Part):
    """One criterion with its sub-points."""

    text: str
    sub: list[str] = Field(default=[], max_length=40)


class Level(Spoken):
    """One level of a benchmark as it is printed, and its criteria."""

    label: str
    criteria: list[Criterion] = Field(max_length=60)


class Benchmark(Spoken):
    """One benchmark of Annex B. ``note`` stands where a benchmark is not scored."""

    number: int
    title: str
    statement: str = ""
    note: str = ""
    levels: list[Level] = Field(default=[], max_length=12)


class AnnexB(Part):
    """The criteria, as ``lists`` (a heading and a list per level) or a ``table`` (a row per level)."""

    title: str
    intro: list[str] = Field(default=[], max_length=20)
    scheme: Scheme
    layout: Literal["lists", "table"] = "lists"
    level_heading: str = ""
    criteria_heading: str = ""
    benchmarks: list[Benchmark] = Field(max_length=60)


class Labels(Part):
    """The fixed words around the text, and the page texts of the footer.

    The two parts of a letter are numbered on their own, because Annex B is the same in every letter of a
    scheme and is set once. ``page_whole`` is for a letter that is one part only.
    """

    date: str
    reference: str
    replaces: str
    cc: str
    page_front: PagePattern
    page_annex_b: PagePattern
    page_whole: PagePattern


class Content(Spoken):
    """A letter, ready to be set. ``date`` is the letter's own date; ``date_text`` is how it is printed."""

    format: Literal["letter-content/1"] = "letter-content/1"
    language: Language
    reference: str = Field(min_length=1, max_length=80)
    number: int = Field(ge=1)
    replaces: str | None = None
    date: Date
    date_text: str
    marking: str = Field(default="", max_length=120)
    title: str = Field(min_length=1, max_length=300)
    sender: Sender
    addressee: Addressee
    cc: list[str] = Field(default=[], max_length=60)
    heading: str = Field(min_length=1, max_length=300)
    salutation: str
    blocks: list[Block] = Field(max_length=100)
    signature: list[str] = Field(max_length=12)
    annex_a: AnnexA
    annex_b: AnnexB | None = None
    labels: Labels

    def frozen(self) -> dict[str, Any]:
        """The content as the JSON object that is kept with the letter."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """SHA-256, in hex, of the content as canonical JSON."""
        return digest_of(self.frozen())


def digest_of(value: Any) -> str:
    """SHA-256, in hex, of a JSON value in canonical form (sorted keys, no spaces, UTF-8)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
