"""The facts of a letter in another language: which texts an adviser translates, and what stands where one is missing.

English is what is agreed. In another language the wording's own words come from its file, the scheme's from
``scheme_text`` of that file, and what people wrote from a translation that belongs to the letter. Whatever is missing
stands in English and says so (``langs``), so that a reader's machine reads it out as English. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.catalogue import BenchmarkText, SchemeText
from letters.languages import ENGLISH
from letters.pdf.content import Benchmark, Criterion, Item, Level, Sender, digest_of
from letters.wording_format import BenchmarkWords, Defaults, Facts, FollowUp, Outcome, SchemeWords, WordingFile

Say = Callable[[str, str], tuple[str, str]]
"""What is printed for a text, given its key and its English; with "en" where that is the English, else ""."""

OWN = ("title", "unit", "organisation")
"""Of the sender: what both wordings have defaults for."""
SHORT = ("authority", "addressee_title", "addressee_organisation", "sender_title", "sender_unit", "sender_organisation")
LISTS = ("thanks", "cc")
"""Keys of texts of one line, and of lists with a line for each entry."""


@dataclass(frozen=True)
class Passage:
    """A text that somebody has to translate: its key within the letter, and the English."""

    key: str
    english: str

    @property
    def digest(self) -> str:
        """Of the English, to see whether it changed after it was translated."""
        return digest_of(self.english)


@dataclass(frozen=True)
class Places:
    """The ids of what stands in the lists of a letter, in order, so that a text is known when the list moves."""

    strengths: tuple[int, ...] = ()
    recommendations: tuple[int, ...] = ()
    follow_ups: tuple[int, ...] = ()


@dataclass(frozen=True)
class Original:
    """The English letter: its facts, where they stand, the scheme, and what its wording gives the sender by default."""

    facts: Facts
    scheme: SchemeText
    places: Places
    defaults: Defaults


def passages(original: Original, wording: WordingFile) -> list[Passage]:
    """The texts that the letter in this wording's language needs, in the order in which it prints them."""
    found: dict[str, str] = {}

    def note(key: str, english: str) -> tuple[str, str]:
        found.setdefault(key, english)
        return english, ""

    _said(original, wording, note)
    return [Passage(key, english) for key, english in found.items()]


def translated(original: Original, wording: WordingFile, texts: Mapping[str, str]) -> Facts:
    """The facts in the language of the wording. ``texts`` are translations by key; "" is none."""

    def say(key: str, english: str) -> tuple[str, str]:
        return (texts[key], "") if texts.get(key) else (english, ENGLISH)

    return _said(original, wording, say)


def only_in_english(facts: Facts, wording: WordingFile) -> list[str]:
    """Which kinds of the scheme's texts the letter prints in English: titles, levels, statements and criteria."""
    printed = {field for column in wording.annex_a.columns for field in column.fields}
    lacking = {name for row in facts.outcomes for name in row.langs if name in ("title", "outcome")}
    if "statement" in printed:
        lacking |= {"statement" for row in facts.outcomes if row.statement and "statement" in row.langs}
    if wording.annex_b.include:
        for benchmark in facts.criteria:
            lacking |= {name for name in ("title", "statement", "note") if name in benchmark.langs}
            lacking |= {"outcome" if name == "label" else name for level in benchmark.levels for name in level.langs}
    return [name for name in ("title", "outcome", "statement", "note", "criteria") if name in lacking]


def _said(original: Original, wording: WordingFile, say: Say) -> Facts:
    facts, places = _with_scheme_words(original.facts, original.scheme, wording.scheme_text), original.places
    langs: dict[str, str] = {}

    def one(key: str, english: str) -> str:
        if not english:
            return ""
        text, langs[key] = say(key, english)
        return text

    def lines(key: str, english: list[str]) -> list[str]:
        return one(key, "\n".join(english)).splitlines()

    addressee = facts.addressee.model_copy(
        update={
            "title": one("addressee_title", facts.addressee.title),
            "organisation": one("addressee_organisation", facts.addressee.organisation),
        }
    )
    addressee = addressee.model_copy(update={"langs": _foreign(langs, "addressee_")})
    sender = _sender(facts.sender, original.defaults, wording.defaults, one)
    sender = sender.model_copy(update={"langs": _foreign(langs, "sender_")})
    authority = one("authority", facts.authority)
    summary = one("summary", facts.summary)
    thanks = lines("thanks", facts.thanks)
    strengths = [
        _item(f"strength:{place}", item, say) for place, item in zip(places.strengths, facts.strengths, strict=True)
    ]
    recommendations = [
        _item(f"recommendation:{place}", item, say)
        for place, item in zip(places.recommendations, facts.recommendations, strict=True)
    ]
    follow_ups = facts.follow_ups
    if any(block.items.endswith("follow_ups") for block in wording.blocks):
        follow_ups = [
            _follow_up(f"follow_up:{place}", item, say)
            for place, item in zip(places.follow_ups, facts.follow_ups, strict=True)
        ]
    outcomes = [_outcome(row, say) for row in facts.outcomes]
    cc = lines("cc", facts.cc)
    own = {key: lang for key, lang in langs.items() if lang and key in ("authority", "summary", "thanks")}
    if langs.get("cc"):
        own |= {f"cc.{place}": langs["cc"] for place in range(len(cc))}
    return facts.model_copy(
        update={
            "language": wording.language,
            "authority": authority,
            "addressee": addressee,
            "sender": sender,
            "summary": summary,
            "thanks": thanks,
            "strengths": strengths,
            "recommendations": recommendations,
            "follow_ups": follow_ups,
            "outcomes": outcomes,
            "cc": cc,
            "langs": own,
        }
    )


def _foreign(langs: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): lang for key, lang in langs.items() if lang and key.startswith(prefix)}


def _sender(sender: Sender, english: Defaults, own: Defaults, one: Callable[[str, str], str]) -> Sender:
    """The sender. What the English letter took from its wording, this one takes from its own."""
    values: dict[str, object] = {}
    for name in OWN:
        value, default = getattr(sender, name), getattr(own.sender, name)
        is_default = value in ("", getattr(english.sender, name))
        values[name] = default if is_default and default else one(f"sender_{name}", value)
    if sender.address == english.sender.address:
        values["address"] = own.sender.address
    return sender.model_copy(update=values)


def _item(key: str, item: Item, say: Say) -> Item:
    langs: dict[str, str] = {}
    values = {}
    for name in ("heading", "text"):
        english = getattr(item, name)
        values[name], langs[name] = say(f"{key}:{name}", english) if english else ("", "")
    return Item(**values, langs={name: lang for name, lang in langs.items() if lang})


def _follow_up(key: str, followed: FollowUp, say: Say) -> FollowUp:
    item = _item(key, followed.item, say)
    return followed.model_copy(update={"heading": item.heading, "text": item.text, "langs": item.langs})


def _outcome(row: Outcome, say: Say) -> Outcome:
    langs, values = dict(row.langs), {}
    for name in ("note", "summary", "comments"):
        english = getattr(row, name)
        if english and (name != "note" or "note" in row.langs):
            values[name], lang = say(f"benchmark:{row.number}:{name}", english)
            langs.pop(name, None)
            if lang:
                langs[name] = lang
    return row.model_copy(update=values | {"langs": langs})


# The scheme's own texts
# ------------------------------------------------------------------------------------------------------------


def _with_scheme_words(facts: Facts, scheme: SchemeText, given: SchemeWords | None) -> Facts:
    """The facts with the scheme's texts as ``given``, as far as they go with this version of it; the rest in English.

    A text that belongs to no benchmark or level of this version says that the whole is of another scheme.
    """
    words = given or SchemeWords()
    known = {level.code for level in scheme.levels}
    if not {one.number for one in words.benchmarks} <= set(scheme.benchmarks) or not set(words.levels) <= known:
        words = SchemeWords()
    labels = {level.label: words.levels.get(level.code, "") for level in scheme.levels}
    by_number = {one.number: one for one in words.benchmarks}
    is_its_version = words.version == scheme.version

    def of(number: int) -> BenchmarkWords:
        one = by_number.get(number, BenchmarkWords(number=number))
        return one if is_its_version else BenchmarkWords(number=number, title=one.title)

    name = words.name if is_its_version else ""
    return facts.model_copy(
        update={
            "scheme": facts.scheme.model_copy(
                update={"name": name or facts.scheme.name, "langs": {} if name else {"name": ENGLISH}}
            ),
            "outcomes": [_row(row, scheme.benchmarks[row.number], of(row.number), labels) for row in facts.outcomes],
            "criteria": [_benchmark(one, scheme, of(one.number), words) for one in facts.criteria],
        }
    )


def _either(pairs: Mapping[str, tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Of each (translation, English) the one that there is; and which are English. What has no text has no language."""
    values = {name: own or english for name, (own, english) in pairs.items()}
    return values, {name: ENGLISH for name, (own, english) in pairs.items() if english and not own}


def _row(row: Outcome, benchmark: BenchmarkText, words: BenchmarkWords, labels: Mapping[str, str]) -> Outcome:
    label = row.outcome_label or ""
    # A cycle may give a reason of its own for not scoring a benchmark, which the scheme has no words for.
    note = words.unscored_note if row.note == benchmark.unscored_note else ""
    values, langs = _either(
        {
            "title": (words.title, row.title),
            "statement": (words.statement, row.statement),
            "outcome": (labels.get(label, ""), label),
            "note": (note if row.note else "", row.note),
        }
    )
    values["outcome_label"] = values.pop("outcome") or None  # type: ignore[assignment]
    return row.model_copy(update=values | {"langs": langs})


def _benchmark(benchmark: Benchmark, scheme: SchemeText, words: BenchmarkWords, all_words: SchemeWords) -> Benchmark:
    values, langs = _either(
        {
            "title": (words.title, benchmark.title),
            "statement": (words.statement, benchmark.statement),
            "note": (words.unscored_note if benchmark.note else "", benchmark.note),
        }
    )
    codes = {level.label: level.code for level in scheme.levels}
    levels = [_level(level, codes[level.label], words, all_words) for level in benchmark.levels]
    return benchmark.model_copy(update=values | {"levels": levels, "langs": langs})


def _level(level: Level, code: str, words: BenchmarkWords, all_words: SchemeWords) -> Level:
    values, langs = _either({"label": (all_words.levels.get(code, ""), level.label)})
    criteria = words.criteria.get(code, [])
    fits = _shape(criteria) == _shape(level.criteria)
    if not fits:
        langs["criteria"] = ENGLISH
    return level.model_copy(update=values | {"criteria": criteria if fits else level.criteria, "langs": langs})


def _shape(criteria: list[Criterion]) -> list[int]:
    return [len(one.sub) for one in criteria]
