"""Letter wording as data: the file format ``letter-wording/1``, and how a letter's facts become its content.

Sender, addressee, headings and sentences change from year to year, and every letter is also written in Welsh.
So each fixed word of a letter comes from a wording file: a new year or a translation is a new file, not a new
release. What a file may refer to is closed: the fields, the lists and the conditions below, each with what it
means. A file that names anything else is refused, and so is one that could lose part of a case or print a
hole where a fact is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date as Date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from benchmarks.files import read
from letters.pdf.content import (
    Addressee,
    AnnexA,
    AnnexB,
    Benchmark,
    Block,
    BlockKind,
    Column,
    Content,
    Criterion,
    Item,
    Labels,
    Language,
    Row,
    Scheme,
    Sender,
    complete_columns,
)


class Part(BaseModel):
    """A part of a file or of the facts: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


# The facts of one letter
# ----------------------------------------------------------------------------------------------


class Outcome(Part):
    """One benchmark's outcome. ``outcome_label`` is there exactly when ``answer`` is ``outcome``.

    Not applicable, unknown and not yet answered are three different things, and each has its own words.
    ``langs`` says, by the name of the field in a row of Annex A, which texts are in another language than the letter.
    """

    number: int
    title: str
    statement: str = ""
    scored: bool
    answer: Literal["outcome", "not_applicable", "unknown", "unanswered"]
    outcome_label: str | None = None
    note: str = ""
    summary: str = ""
    comments: str = ""
    langs: dict[str, Language] = {}

    @model_validator(mode="after")
    def _label_goes_with_outcome(self) -> Outcome:
        if (self.answer == "outcome") != bool(self.outcome_label):
            raise ValueError(f"benchmark {self.number}: an outcome has a label, and nothing else has one")
        return self


class Counts(Part):
    """How many benchmarks met or exceeded the duty, out of those that were counted."""

    met_or_exceeded: int = Field(ge=0)
    counted: int = Field(ge=0)

    @model_validator(mode="after")
    def _part_of_the_whole(self) -> Counts:
        if self.met_or_exceeded > self.counted:
            raise ValueError("more benchmarks met the duty than were counted")
        return self


class FollowUp(Part):
    """One of last year's recommendations, and what the authority says of it this year ("unanswered": nothing)."""

    heading: str = ""
    text: str
    progress: Literal["done", "in_progress", "not_started", "no_longer_relevant", "unanswered"]
    langs: dict[str, Language] = {}

    @property
    def item(self) -> Item:
        """As an entry of a list."""
        return Item(heading=self.heading, text=self.text, langs=self.langs)


class Facts(Part):
    """Everything about one letter that is not wording. ``date`` is the letter's own date.

    ``salutation`` is the name after "Dear". A blank title, unit, organisation, address or e-mail address of
    the sender, and a marking of None, are filled in from the wording's defaults; a marking of "" is no
    marking. ``recommendation_limit`` is the most recommendations the year's rule speaks of, if it has one: it
    is told to the reader and never cuts the list. ``langs`` says which of the facts' own texts (``summary``,
    ``cc.1`` and others) are in another language than the letter.
    """

    reference: str
    number: int = Field(default=1, ge=1)
    replaces: str | None = None
    date: Date
    language: str = "en"
    cycle: str
    previous_cycle: str = ""
    authority: str
    sender: Sender
    addressee: Addressee
    salutation: str
    cc: list[str] = []
    thanks: list[str] = []
    summary: str = ""
    strengths: list[Item] = []
    recommendations: list[Item] = []
    recommendation_limit: int | None = Field(default=None, ge=1)
    follow_ups: list[FollowUp] = []
    outcomes: list[Outcome]
    criteria: list[Benchmark] = []
    scheme: Scheme
    counts: Counts
    marking: str | None = None
    langs: dict[str, Language] = {}

    @property
    def done(self) -> list[FollowUp]:
        """Last year's recommendations that are done."""
        return [one for one in self.follow_ups if one.progress == "done"]

    @property
    def still_open(self) -> list[FollowUp]:
        """Last year's recommendations that are neither done nor no longer relevant."""
        return [one for one in self.follow_ups if one.progress not in ("done", "no_longer_relevant")]


# What a wording file may refer to
# -------------------------------------------------------------------------------------

CONDITIONS: Mapping[str, tuple[str, Callable[[Facts], bool]]] = MappingProxyType(
    {
        "has_thanks": ("someone is thanked", lambda facts: bool(facts.thanks)),
        "has_summary": ("there is an overall summary", lambda facts: bool(facts.summary.strip())),
        "has_strengths": ("at least one strength is named", lambda facts: bool(facts.strengths)),
        "has_recommendations": (
            "at least one recommendation is made",
            lambda facts: bool(facts.recommendations),
        ),
        "one_recommendation": (
            "exactly one recommendation is made",
            lambda facts: len(facts.recommendations) == 1,
        ),
        "has_recommendation_limit": (
            "the year has a limit on recommendations",
            lambda facts: facts.recommendation_limit is not None,
        ),
        "within_recommendation_limit": (
            "the year has a limit on recommendations, and this letter keeps to it",
            lambda facts: (
                facts.recommendation_limit is not None and len(facts.recommendations) <= facts.recommendation_limit
            ),
        ),
        "has_counts": ("at least one benchmark is counted", lambda facts: facts.counts.counted > 0),
        "all_met": (
            "every counted benchmark is met or exceeded, and at least one is counted",
            lambda facts: 0 < facts.counts.counted == facts.counts.met_or_exceeded,
        ),
        "has_not_applicable": (
            "Annex A has a benchmark without an outcome because it does not apply or is not scored",
            lambda facts: any(_without_outcome(row) == "not_applicable" for row in facts.outcomes),
        ),
        "has_unknown": (
            "Annex A has a benchmark whose outcome is not known",
            lambda facts: any(_without_outcome(row) == "unknown" for row in facts.outcomes),
        ),
        "has_unanswered": (
            "Annex A has a scored benchmark that was not answered",
            lambda facts: any(_without_outcome(row) == "unanswered" for row in facts.outcomes),
        ),
        "has_comments": (
            "Annex A has an adviser's comment",
            lambda facts: any(row.comments for row in facts.outcomes),
        ),
        "has_previous_cycle": (
            "there is an earlier cycle to speak of",
            lambda facts: bool(facts.previous_cycle),
        ),
        "has_follow_ups": (
            "there are recommendations of last year, answered or not",
            lambda facts: bool(facts.follow_ups),
        ),
        "has_done_follow_ups": (
            "at least one recommendation of last year is done",
            lambda facts: bool(facts.done),
        ),
        "has_open_follow_ups": (
            "at least one recommendation of last year is neither done nor no longer relevant",
            lambda facts: bool(facts.still_open),
        ),
        "replaces_letter": ("this letter replaces an earlier one", lambda facts: bool(facts.replaces)),
        "has_sender_email": ("the sender has an e-mail address", lambda facts: bool(facts.sender.email)),
    }
)
"""Condition to what it means and how it is decided. ``not`` before a name turns it round."""

FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "authority": "name of the authority that was assured",
        "cycle": "name of the cycle, such as 2024/25",
        "previous_cycle": "name of the cycle before",
        "reference": "reference of the letter",
        "replaces": "reference of the letter that this one replaces",
        "date": "date of the letter, written out",
        "salutation": "name after Dear",
        "addressee_name": "name of the person written to",
        "addressee_title": "job title of the person written to",
        "addressee_organisation": "organisation of the person written to",
        "sender_name": "name of the person writing",
        "sender_title": "job title of the person writing",
        "sender_unit": "unit of the person writing",
        "sender_organisation": "organisation of the person writing",
        "sender_email": "e-mail address for replies",
        "thanks": "the people thanked, joined as a sentence lists them",
        "summary": "the overall summary, which may have several paragraphs",
        "met_or_exceeded": "how many counted benchmarks are met or exceeded, in words",
        "counted": "how many benchmarks are counted, in words",
        "recommendation_limit": "the most recommendations of the year's rule, in words",
        "follow_ups_total": "how many recommendations of last year there are, in words",
        "follow_ups_done": "how many recommendations of last year are done, in words",
        "scheme_name": "name of the scheme",
        "scheme_version": "version of the scheme",
        "level": "label of a level; only in the heading of a level of Annex B",
    }
)
"""Field to what it prints."""

LISTS: Mapping[str, str] = MappingProxyType(
    {
        "strengths": "the strengths, in order",
        "recommendations": "the recommendations with their headings, in order",
        "done_follow_ups": "last year's recommendations that are done, in order",
        "open_follow_ups": "last year's recommendations that are still to be done, in order",
    }
)
"""Named list to what its items are. The copies (cc) are printed at the end of every letter that has some."""

NEEDED: Mapping[str, str] = MappingProxyType(
    {
        "thanks": "has_thanks",
        "summary": "has_summary",
        "strengths": "has_strengths",
        "recommendations": "has_recommendations",
        "previous_cycle": "has_previous_cycle",
        "replaces": "replaces_letter",
        "sender_email": "has_sender_email",
        "met_or_exceeded": "has_counts",
        "counted": "has_counts",
        "follow_ups_total": "has_follow_ups",
        "follow_ups_done": "has_follow_ups",
        "done_follow_ups": "has_done_follow_ups",
        "open_follow_ups": "has_open_follow_ups",
    }
)
"""What may be missing from a letter, and the condition under which alone it may be referred to."""

_NEEDED_LIMIT = ("has_recommendation_limit", "within_recommendation_limit")
_CASE = ("thanks", "summary", "strengths", "recommendations")
_FIELD = re.compile(r"\{([^{}]*)\}")
_LIST_KINDS = ("bullets", "numbered")


def _fields(text: str) -> list[str]:
    """The fields that ``text`` names, in order.

    Raises:
        ValueError: it names one that does not exist, or has a brace that belongs to no field.
    """
    names = _FIELD.findall(text)
    for name in names:
        if name not in FIELDS:
            raise ValueError(f"{{{name}}} is not a field; the fields are {', '.join(FIELDS)}")
    if re.search(r"[{}]", _FIELD.sub("", text)):
        raise ValueError("a brace stands alone; braces are for fields, as in {authority}")
    return names


def _line(text: str) -> str:
    if "level" in _fields(text):
        raise ValueError("{level} is only for level_label of annex_b")
    return text


def _plain(text: str) -> str:
    """A text without fields that may be missing: it stands in every letter and has no condition."""
    for name in _fields(_line(text)):
        if name in NEEDED or name == "recommendation_limit":
            raise ValueError(f"{{{name}}} may be missing, and this text stands in every letter")
    return text


DRAFT = "draft"
"""The context in which wording is checked while somebody writes it: what spans several parts may wait."""

Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Needed = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


# The file
# ------------------------------------------------------------------------------------------------------------


class Conditional(Part):
    """A text that stands in the letter when every condition of ``when`` holds."""

    when: list[str] = []
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] = ""

    @field_validator("when")
    @classmethod
    def _conditions_exist(cls, when: list[str]) -> list[str]:
        for condition in when:
            if condition.removeprefix("not ") not in CONDITIONS:
                raise ValueError(f"“{condition}” is not a condition; the conditions are {', '.join(CONDITIONS)}")
        return when

    @field_validator("text")
    @classmethod
    def _fields_exist(cls, text: str) -> str:
        return _line(text)

    @model_validator(mode="after")
    def _leaves_no_hole(self) -> Conditional:
        for name in self.names():
            if name in NEEDED and NEEDED[name] not in self.when:
                raise ValueError(f"“{name}” may be missing, so this needs the condition {NEEDED[name]}")
            if name == "recommendation_limit" and not set(_NEEDED_LIMIT) & set(self.when):
                raise ValueError(f"“{name}” may be missing, so this needs the condition {_NEEDED_LIMIT[0]}")
        return self

    def names(self) -> list[str]:
        """The fields and lists that this text prints."""
        return _fields(self.text)

    def holds(self, facts: Facts) -> bool:
        """Whether this text stands in the letter about ``facts``."""
        for condition in self.when:
            _, decide = CONDITIONS[condition.removeprefix("not ")]
            if decide(facts) == condition.startswith("not "):
                return False
        return True


class BlockPart(Conditional):
    """One block of the letter. Lists name their ``items``; the other kinds have ``text``."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    kind: BlockKind
    items: str = ""

    @field_validator("kind", mode="before")
    @classmethod
    def _kind_exists(cls, kind: object) -> object:
        kinds = ("paragraph", "heading", "bullets", "numbered", "closing")
        if kind not in kinds:
            raise ValueError(f"“{kind}” is not a kind of block; the kinds are {', '.join(kinds)}")
        return kind

    @field_validator("items")
    @classmethod
    def _list_exists(cls, items: str) -> str:
        if items and items not in LISTS:
            raise ValueError(f"“{items}” is not a list; the lists are {', '.join(LISTS)}")
        return items

    @model_validator(mode="after")
    def _is_what_its_kind_says(self) -> BlockPart:
        if self.kind in _LIST_KINDS and (self.text or not self.items):
            raise ValueError(f"block {self.id} is a list: it needs items, and has no text")
        if self.kind not in _LIST_KINDS and (self.items or not self.text):
            raise ValueError(f"block {self.id} is no list: it needs text, and has no items")
        return self

    def names(self) -> list[str]:
        """The fields and lists that this block prints."""
        return [self.items] if self.items else super().names()


class SenderDefaults(Part):
    """What is printed for the sender where the letter itself says nothing."""

    title: Label = ""
    unit: Label = ""
    organisation: Label = ""
    address: list[Label] = Field(default=[], max_length=12)
    email: Label = ""


class Defaults(Part):
    """What a letter has unless its own record says otherwise."""

    marking: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    sender: SenderDefaults = SenderDefaults()


class AnnexAPart(Part):
    """Annex A: its columns, and the words for a benchmark that has no outcome."""

    title: Needed
    intro: list[Conditional] = Field(default=[], max_length=20)
    orientation: Literal["portrait", "landscape"] = "portrait"
    columns: list[Column] = Field(min_length=2, max_length=6)
    comments_label: Label = ""
    unscored_label: Needed
    not_applicable_label: Needed
    unknown_label: Needed
    unanswered_label: Needed

    _title = field_validator("title")(_plain)
    _columns = field_validator("columns")(complete_columns)

    @model_validator(mode="after")
    def _comments_are_told_apart(self) -> AnnexAPart:
        shared = any("comments" in column.fields and len(column.fields) > 1 for column in self.columns)
        if shared and not self.comments_label:
            raise ValueError("the comments share a column, so comments_label must say whose they are")
        return self


class AnnexBPart(Part):
    """Annex B: the criteria. ``level_label`` is the heading of a level, around ``{level}``."""

    include: bool
    title: Label = ""
    intro: list[Conditional] = Field(default=[], max_length=20)
    layout: Literal["lists", "table"] = "lists"
    level_label: Label = "{level}"
    level_heading: Label = ""
    criteria_heading: Label = ""

    _title = field_validator("title")(_plain)

    @field_validator("level_label")
    @classmethod
    def _names_the_level(cls, text: str) -> str:
        if _fields(text) != ["level"]:
            raise ValueError("this must name {level} once, and no other field")
        return text

    @model_validator(mode="after")
    def _has_its_headings(self) -> AnnexBPart:
        if self.include and not self.title:
            raise ValueError("Annex B is included and has no title")
        if self.include and self.layout == "table" and not (self.level_heading and self.criteria_heading):
            raise ValueError("a table needs level_heading and criteria_heading")
        return self


class Dates(Part):
    """How a date is written: the names of the months, January first, and a pattern around them."""

    pattern: str = "{day} {month} {year}"
    months: list[Needed] = Field(min_length=12, max_length=12)

    @field_validator("pattern")
    @classmethod
    def _names_the_parts(cls, pattern: str) -> str:
        if sorted(_FIELD.findall(pattern)) != ["day", "month", "year"]:
            raise ValueError("this must name {day}, {month} and {year}, each once")
        return pattern

    def write(self, date: Date) -> str:
        """``date`` in words."""
        return _filled(
            self.pattern, {"day": str(date.day), "month": self.months[date.month - 1], "year": str(date.year)}
        )


class Joins(Part):
    """How a sentence lists things: ``separator`` between most of them, ``last`` before the last one."""

    separator: str = ", "
    last: str

    def join(self, things: list[str]) -> str:
        """The things as a sentence lists them."""
        if len(things) < 2:
            return "".join(things)
        return self.separator.join(things[:-1]) + self.last + things[-1]


class BenchmarkWords(Part):
    """One benchmark of the scheme in the language of the wording. What is empty stands in the scheme's own language."""

    number: int
    title: Label = ""
    statement: str = ""
    unscored_note: str = ""
    criteria: dict[str, list[Criterion]] = {}


class SchemeWords(Part):
    """The scheme in the language of the wording, as far as it is translated.

    Titles and the labels of levels go with every version that has these benchmarks and levels. Statements, notes and
    criteria are those of one ``version``, and with any other the scheme's own stand, because they may say otherwise.
    """

    version: Label = ""
    name: Label = ""
    levels: dict[str, Needed] = {}
    benchmarks: list[BenchmarkWords] = Field(default=[], max_length=60)

    @model_validator(mode="after")
    def _says_of_what(self) -> SchemeWords:
        numbers = [one.number for one in self.benchmarks]
        if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
            raise ValueError(f"benchmark {', '.join(map(str, twice))} stands here twice")
        if not self.version and any(one.statement or one.unscored_note or one.criteria for one in self.benchmarks):
            raise ValueError("statements, notes and criteria are of one version of the scheme: version must name it")
        return self


class WordingFile(Part):
    """A generation of the letter in one language, for one scheme.

    ``translation`` says whether a translator has checked it: in English nothing is to be checked, and in any other
    language it is unchecked until the file says otherwise.
    """

    format: Literal["letter-wording/1"]
    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)]
    version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    name: Needed
    scheme: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=40)]
    from_cycle: Label = ""
    to_cycle: Label = ""
    translation: Literal["", "checked", "unchecked"] = ""
    defaults: Defaults = Defaults()
    title: Needed
    heading: Needed
    salutation: Needed
    blocks: list[BlockPart] = Field(min_length=1, max_length=100)
    signature: list[Needed] = Field(min_length=1, max_length=12)
    annex_a: AnnexAPart
    annex_b: AnnexBPart
    labels: Labels
    dates: Dates
    joins: Joins
    numbers: list[Needed] = Field(default=[], max_length=101)
    scheme_text: SchemeWords | None = None

    @property
    def is_checked(self) -> bool:
        """Whether no translator needs to look at it any more."""
        return self.translation == "checked" or (not self.translation and self.language == "en")

    @model_serializer(mode="wrap")
    def _without_what_is_not_said(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What came later is left out where a file does not say it, so that older wording keeps its digest."""
        written: dict[str, Any] = write(self)
        return {name: value for name, value in written.items() if value or name not in ("translation", "scheme_text")}

    _plain_texts = field_validator("title", "heading", "salutation")(_plain)

    @field_validator("signature")
    @classmethod
    def _signature_is_plain(cls, lines: list[str]) -> list[str]:
        return [_plain(line) for line in lines]

    @field_validator("blocks")
    @classmethod
    def _print_the_whole_case(cls, blocks: list[BlockPart], info: ValidationInfo) -> list[BlockPart]:
        """No part of a case may depend on anything but its being there, and none is printed twice."""
        if info.context == DRAFT:
            return blocks
        ids = [block.id for block in blocks]
        if twice := sorted({id_ for id_ in ids if ids.count(id_) > 1}):
            raise ValueError(f"two blocks are called {', '.join(twice)}")
        if [block.kind for block in blocks].count("closing") != 1 or blocks[-1].kind != "closing":
            raise ValueError("the last block, and no other, must be the closing")
        for name in _CASE:
            printing = [block for block in blocks if name in block.names()]
            if len(printing) != 1 or printing[0].when != [NEEDED[name]]:
                raise ValueError(f"exactly one block must print “{name}”, under the one condition {NEEDED[name]}")
        return blocks

    @model_validator(mode="after")
    def _statements_are_printed(self, info: ValidationInfo) -> WordingFile:
        if info.context == DRAFT:
            return self
        in_annex_a = any("statement" in column.fields for column in self.annex_a.columns)
        if not in_annex_a and not self.annex_b.include:
            raise ValueError("without Annex B, a column of Annex A must print the statement of each benchmark")
        return self


def parse(path: str | Path) -> WordingFile:
    """The wording in the YAML file at ``path``.

    Raises:
        benchmarks.files.Refused: with every problem of the file: line, place and reason.
    """
    return read(path, WordingFile)


# Composing
# -----------------------------------------------------------------------------------------------------------


def compose(wording: WordingFile, facts: Facts) -> Content:
    """The content of the letter about ``facts`` in ``wording``. Pure: the same two always give the same
    content.

    Raises:
        ValueError: the wording is for another scheme or another language, or neither the facts nor the
        wording
            say which organisation the letter is from.
    """
    if facts.scheme.code != wording.scheme:
        raise ValueError(f"Wording {wording.code} is for scheme {wording.scheme}, not for {facts.scheme.code}.")
    if facts.language != wording.language:
        raise ValueError(f"Wording {wording.code} is in language {wording.language}, not in {facts.language}.")
    facts = facts.model_copy(update={"sender": _sender(facts.sender, wording.defaults.sender)})
    values, langs = _values(wording, facts), _langs(facts)

    def fill(text: str) -> str:
        return _filled(text, values)

    signature = [(filled, _lang_of(line, langs)) for line in wording.signature if (filled := fill(line))]

    return Content(
        language=wording.language,
        reference=facts.reference,
        number=facts.number,
        replaces=facts.replaces,
        date=facts.date,
        date_text=wording.dates.write(facts.date),
        marking=wording.defaults.marking if facts.marking is None else facts.marking,
        title=fill(wording.title),
        sender=facts.sender,
        addressee=facts.addressee,
        cc=facts.cc,
        heading=fill(wording.heading),
        salutation=fill(wording.salutation),
        blocks=[
            Block(
                kind=block.kind,
                text=fill(block.text),
                items=_items(block.items, facts),
                langs=_said_in("text", _lang_of(block.text, langs)),
            )
            for block in wording.blocks
            if block.holds(facts)
        ],
        signature=[line for line, _lang in signature],
        annex_a=AnnexA(
            title=fill(wording.annex_a.title),
            intro=[fill(part.text) for part in wording.annex_a.intro if part.holds(facts)],
            orientation=wording.annex_a.orientation,
            columns=wording.annex_a.columns,
            comments_label=wording.annex_a.comments_label,
            rows=[_row(wording.annex_a, outcome) for outcome in facts.outcomes],
        ),
        annex_b=_annex_b(wording.annex_b, facts, fill) if wording.annex_b.include else None,
        labels=wording.labels,
        langs={name: lang for name, lang in facts.langs.items() if name.startswith("cc.")}
        | {f"signature.{place}": lang for place, (_line, lang) in enumerate(signature) if lang},
    )


def _langs(facts: Facts) -> dict[str, str]:
    """The fields whose value is in another language than the letter, with that language."""
    return (
        facts.langs
        | {f"sender_{name}": lang for name, lang in facts.sender.langs.items()}
        | {f"addressee_{name}": lang for name, lang in facts.addressee.langs.items()}
        | {f"scheme_{name}": lang for name, lang in facts.scheme.langs.items()}
    )


def _lang_of(text: str, langs: Mapping[str, str]) -> str:
    """The language of a text that is one field and nothing else; "" where it is the letter's own.

    A name or a title within a sentence is part of the sentence.
    """
    only = _FIELD.fullmatch(text)
    return langs.get(only[1], "") if only else ""


def _said_in(field: str, language: str) -> dict[str, str]:
    return {field: language} if language else {}


def _sender(sender: Sender, defaults: SenderDefaults) -> Sender:
    filled = {name: getattr(sender, name) or getattr(defaults, name) for name in SenderDefaults.model_fields}
    if not filled["organisation"]:
        raise ValueError("Neither the letter nor its wording says which organisation it is from.")
    return Sender(name=sender.name, **filled, langs=sender.langs)


def _values(wording: WordingFile, facts: Facts) -> dict[str, str]:
    """What each field prints. Names are single lines, so that no name can begin a list or a paragraph."""

    def in_words(number: int | None) -> str:
        if number is None:
            return ""
        return wording.numbers[number] if number < len(wording.numbers) else str(number)

    lines = {
        "authority": facts.authority,
        "cycle": facts.cycle,
        "previous_cycle": facts.previous_cycle,
        "reference": facts.reference,
        "replaces": facts.replaces or "",
        "date": wording.dates.write(facts.date),
        "salutation": facts.salutation,
        "addressee_name": facts.addressee.name,
        "addressee_title": facts.addressee.title,
        "addressee_organisation": facts.addressee.organisation,
        "sender_name": facts.sender.name,
        "sender_title": facts.sender.title,
        "sender_unit": facts.sender.unit,
        "sender_organisation": facts.sender.organisation,
        "sender_email": facts.sender.email,
        "thanks": wording.joins.join(facts.thanks),
        "met_or_exceeded": in_words(facts.counts.met_or_exceeded),
        "counted": in_words(facts.counts.counted),
        "recommendation_limit": in_words(facts.recommendation_limit),
        "follow_ups_total": in_words(len(facts.follow_ups)),
        "follow_ups_done": in_words(len(facts.done)),
        "scheme_name": facts.scheme.name,
        "scheme_version": facts.scheme.version,
    }
    return {name: " ".join(value.split()) for name, value in lines.items()} | {"summary": facts.summary}


def _filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its fields filled in, in one pass: a brace in a value is a brace."""
    return _FIELD.sub(lambda match: values[match[1]], text)


def _items(name: str, facts: Facts) -> list[Item]:
    match name:
        case "strengths":
            return facts.strengths
        case "recommendations":
            return facts.recommendations
        case "done_follow_ups":
            return [one.item for one in facts.done]
        case "open_follow_ups":
            return [one.item for one in facts.still_open]
        case _:
            return []


def _without_outcome(outcome: Outcome) -> str:
    """Why a benchmark has no outcome, or "" when it has one. One that is not scored needs no answer."""
    if outcome.answer == "outcome":
        return ""
    return "not_applicable" if outcome.answer == "unanswered" and not outcome.scored else outcome.answer


def _row(annex: AnnexAPart, outcome: Outcome) -> Row:
    why = _without_outcome(outcome)
    labels = {
        "": outcome.outcome_label or "",
        "not_applicable": annex.not_applicable_label if outcome.scored else annex.unscored_label,
        "unknown": annex.unknown_label,
        "unanswered": annex.unanswered_label,
    }
    return Row(
        number=outcome.number,
        title=outcome.title,
        statement=outcome.statement,
        outcome=labels[why],
        summary=outcome.summary,
        comments=outcome.comments,
        note=outcome.note if why else "",
        # A label of the wording's own stands where there is no outcome.
        langs={name: one for name, one in outcome.langs.items() if not (why and name == "outcome")},
    )


def _annex_b(annex: AnnexBPart, facts: Facts, fill: Callable[[str], str]) -> AnnexB:
    return AnnexB(
        title=fill(annex.title),
        intro=[fill(part.text) for part in annex.intro if part.holds(facts)],
        scheme=facts.scheme,
        layout=annex.layout,
        level_heading=annex.level_heading,
        criteria_heading=annex.criteria_heading,
        benchmarks=[
            benchmark.model_copy(
                update={
                    "levels": [
                        level.model_copy(update={"label": _filled(annex.level_label, {"level": level.label})})
                        for level in benchmark.levels
                    ]
                }
            )
            for benchmark in facts.criteria
        ],
    )
