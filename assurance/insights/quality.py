"""What is looked for before a letter goes out: from plain values to findings. Pure.

A finding is a warning that a person may overrule. Its ``digest`` is of exactly what it is about, so that overruling
it holds for that text and no other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from assurance.vocabulary import QualityCheck, ReadingResult
from benchmarks.catalogue import SchemeText
from benchmarks.vocabulary import Standing

LONGEST_SUMMARY = 1_700
LONGEST_COMMENTS = 1_300
"""Characters of one text in Annex A from which on its row may fill more than a page. Rows are kept together while they
fit, so that a longer one leaves the page before it half empty, and is then broken all the same.

Measured by setting ordinary English in one row of both shipped wordings: in the narrower one, four columns on a page
across, a summary of 1,727 characters and comments of 1,345 still stood on one page. In the letters of three years that
we know, the longest summary has 985. tests/letters/test_quality_of_letters.py sets such rows again.
"""
LONGEST_PARAGRAPHS = 3_500
"""Characters from which on a text of the letter itself, such as its covering summary, fills a page of its own.

Measured likewise: a page of nothing but text held 3,735. The longest recommendation that we know has 1,069.
"""

ORDINARY_WORDS = frozenset(
    {"bury", "derby", "hart", "havering", "highland", "reading", "rugby", "slough", "swale", "stroud"}
)
"""Names of one word that are words of the language too: they count as names only with a capital letter."""

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One scored benchmark as the checks see it.

    ``level`` is the code of the adviser's outcome (None for none yet); ``met`` are the criteria that the authority
    marked as met, ``marked`` those of which it said anything, ``differed`` those where the adviser differs.
    ``settled`` says that a regional manager decided otherwise, with a reason.
    """

    number: int
    level: str | None
    summary: str = ""
    comments: str = ""
    met: frozenset[int] = frozenset()
    marked: frozenset[int] = frozenset()
    differed: frozenset[int] = frozenset()
    settled: bool = False


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text that prints in a letter. ``subject`` names it for ever, ``longest`` is what prints well."""

    subject: str
    text: str
    longest: int
    number: int | None = None


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A recommendation: what it says, and whether it touches a benchmark."""

    id: int
    position: int
    heading: str
    text: str
    on_something: bool


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question that has no answer, on a benchmark or on none."""

    id: int
    text: str
    number: int | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The newest second reading. ``result`` is "" until it was read."""

    id: int
    result: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One warning: which check, about what, and what is to be known of it to put it in words.

    ``number`` is of the benchmark that it belongs to (None for the whole); ``facts`` are plain values for the message.
    """

    code: QualityCheck
    subject: str
    digest: str
    number: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What a form calls it. Another text under the same name has another key."""
        return hashlib.sha256(f"{self.code}|{self.subject}|{self.digest}".encode()).hexdigest()[:20]


class OtherNames:
    """The names of authorities other than the one that a text is about, to be found in texts as whole words.

    Looks up each word of a text by the first word of a name, so that its cost does not grow with the number of names.
    """

    def __init__(self, own: Collection[str], others: Iterable[str]) -> None:
        mine = [words for name in own if (words := _words(name))]
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for words in mine:
            self._add(words, "")
        for name in others:
            words = _words(name)
            if words and not any(_within(words, one) for one in mine):
                self._add(words, name)
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: (-len(entry[0]), entry[1]))

    def _add(self, words: tuple[str, ...], name: str) -> None:
        self._by_first.setdefault(words[0], []).append((words, name))

    def found_in(self, text: str) -> list[str]:
        """The names that the text holds, each once, in its order. The longest name at a place wins, the own one too."""
        typed = _WORD.findall(text)
        folded = [word.casefold() for word in typed]
        found: dict[str, None] = {}
        place = 0
        while place < len(folded):
            for words, name in self._by_first.get(folded[place], ()):
                if tuple(folded[place : place + len(words)]) == words and _is_name(words, typed[place]):
                    if name:
                        found[name] = None
                    place += len(words)
                    break
            else:
                place += 1
        return list(found)


@lru_cache(maxsize=64)
def other_names(own: frozenset[str], every: frozenset[str]) -> OtherNames:
    """The names of all but the own one. Kept for as long as the same names are asked for."""
    return OtherNames(own, sorted(every - own))


def of_benchmarks(scheme: SchemeText, judged: Iterable[Judged]) -> Iterator[Finding]:
    """Outcomes against what is marked, and outcomes without comments."""
    for one in judged:
        level = scheme.level(one.level) if one.level else None
        if level is None:
            continue
        if scheme.is_checklist and not one.settled:
            yield from _against_marks(scheme, one)
        if not one.comments.strip():
            yield Finding(
                code=QualityCheck.NO_COMMENTS,
                subject=f"benchmark:{one.number}:comments",
                digest=digest_of(level.code),
                number=one.number,
                facts={"outcome": level.label},
            )


def of_words(scheme: SchemeText, names: OtherNames, texts: Iterable[Words]) -> Iterator[Finding]:
    """What is wrong with the words of a letter: another authority's name, a level by its old name, too many of them."""
    misnomers = _misnomers(scheme)
    for one in texts:
        about = {"subject": one.subject, "number": one.number}
        if found := names.found_in(one.text):
            yield Finding(
                code=QualityCheck.OTHER_AUTHORITY,
                digest=digest_of(one.text, *found),
                facts={"names": tuple(found)},
                **about,
            )
        for wrong, (pattern, right) in misnomers.items():
            if pattern.search(one.text):
                yield Finding(
                    code=QualityCheck.EXCEEDED,
                    digest=digest_of(one.text, wrong),
                    facts={"wrong": wrong, "right": right},
                    **about,
                )
        if len(one.text) > one.longest:
            yield Finding(
                code=QualityCheck.TOO_LONG,
                digest=digest_of(one.text),
                facts={"count": len(one.text), "longest": one.longest},
                **about,
            )


def of_advice(recommendations: Iterable[Advice]) -> Iterator[Finding]:
    """Recommendations that touch no benchmark."""
    for one in recommendations:
        if not one.on_something:
            yield Finding(
                code=QualityCheck.ON_NOTHING,
                subject=f"recommendation:{one.id}",
                digest=digest_of(one.heading, one.text),
                facts={"position": one.position},
            )


def of_questions(questions: Iterable[Asked]) -> Iterator[Finding]:
    """Questions that nobody answered."""
    for one in questions:
        yield Finding(
            code=QualityCheck.UNANSWERED,
            subject=f"question:{one.id}",
            digest=digest_of(one.text),
            number=one.number,
            facts={"text": one.text},
        )


def of_reading(reading: Reading | None) -> Iterator[Finding]:
    """A second reading that is not done, or that found something."""
    if reading is not None and reading.result != ReadingResult.SOUND:
        yield Finding(
            code=QualityCheck.SECOND_READING,
            subject=f"reading:{reading.id}",
            digest=digest_of(reading.result, reading.note),
            facts={"result": reading.result, "note": reading.note},
        )


def digest_of(*parts: str) -> str:
    """SHA-256 of what a warning is about."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _against_marks(scheme: SchemeText, one: Judged) -> Iterator[Finding]:
    """Whether the outcome is what the criteria suggest, without the marks that the adviser takes out.

    Where nothing is marked, nothing speaks against any outcome. Where marks reach no level, an outcome that meets the
    duty goes against them and one below does not; nor does one below where signs of it are marked.
    """
    level = scheme.level(one.level or "")
    if level is None or not one.marked:
        return
    counted = one.met - one.differed
    suggestion = scheme.suggestion(one.number, counted)
    suggested = scheme.level(suggestion.level) if suggestion.level else None
    is_below = level.standing == Standing.BELOW
    if suggested == level or (is_below and (suggested is None or suggestion.warnings)):
        return
    yield Finding(
        code=QualityCheck.AGAINST_MARKS,
        subject=f"benchmark:{one.number}:outcome",
        digest=digest_of(level.code, suggested.code if suggested else "", *map(str, sorted(counted))),
        number=one.number,
        facts={
            "outcome": level.label,
            "suggested": suggested.label if suggested else "",
            "differed": len(one.met & one.differed),
        },
    )


@lru_cache(maxsize=64)
def _named(labels: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, tuple[re.Pattern[str], str]]:
    found = {}
    for label, aliases in labels:
        for alias in aliases:
            # Written small it is a verb: "the group exceeded its target".
            wrong = re.compile(rf"(?<!\w)(?:{re.escape(alias)}|{re.escape(alias.upper())})(?!\w)")
            found[alias] = (wrong, label)
    return found


def _misnomers(scheme: SchemeText) -> dict[str, tuple[re.Pattern[str], str]]:
    """What levels were called in other years, with what each is called in this scheme."""
    return _named(
        tuple(
            (level.label, tuple(alias for alias in level.aliases if alias != level.label and alias.isalpha()))
            for level in scheme.levels
        )
    )


def _words(name: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(name))


def _within(words: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    return any(longer[at : at + len(words)] == words for at in range(len(longer) - len(words) + 1))


def _is_name(words: tuple[str, ...], typed: str) -> bool:
    return len(words) > 1 or words[0] not in ORDINARY_WORDS or typed[:1].isupper()
