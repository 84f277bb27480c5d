"""What becomes of each line of a table of earlier years: accepted, corrected or refused, with every reason. Pure.

A *proposal* is what the lines of one authority and year come to. Whoever judges knows only the authorities that the
person may import for; of any other it says the same as of one that does not exist.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.vocabulary import Answer
from assurance.workbook import history_values as values
from assurance.workbook.history_layout import (
    AUTHORITY,
    BENCHMARK,
    COMMENTS,
    DATE,
    FIRST_YEAR,
    GSS,
    OUTCOME,
    RECOMMENDATION,
    SCHEME,
    STATED,
    STRENGTH,
    SUMMARY,
    YEAR,
    name_of,
    part_of,
)
from assurance.workbook.history_read import Source
from assurance.workbook.history_values import NotRead, Read
from assurance.workbook.safe import ERROR, UNCALCULATED
from benchmarks.catalogue import SchemeText
from benchmarks.vocabulary import Standing

Value = TypeVar("Value")
Outcome = tuple[str, str | None]
"""An answer and the code of its level."""


class Verdict(TextChoices):
    """What becomes of a proposal."""

    ACCEPTED = "accepted", gettext_lazy("Accepted")
    CORRECTED = "corrected", gettext_lazy("Corrected")
    REFUSED = "refused", gettext_lazy("Refused")
    SAME = "same", gettext_lazy("Here already")
    LEFT_OUT = "left_out", gettext_lazy("Left out")


TAKEN = frozenset({Verdict.ACCEPTED, Verdict.CORRECTED})
"""Those that a confirmation takes over."""


@dataclass(frozen=True)
class Place:
    """An authority that the person may import for."""

    id: int
    gss: str
    name: str
    short: str
    former: frozenset[str] = frozenset()
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Cycle:
    """A cycle that is there, by its name, and whether it is one of the past."""

    name: str
    scheme: SchemeText
    is_past: bool


@dataclass(frozen=True)
class Stands:
    """What an authority has in a year already.

    ``digest`` tells whether it is the same. ``again``: its import was undone, and it can be taken up again;
    ``withdrawn``: it was withdrawn otherwise, and cannot.
    """

    digest: str
    again: bool = False
    withdrawn: bool = False


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything that lines are judged by.

    ``cycles`` are by the year in which they begin, ``schemes`` by code, ``standing`` by authority and cycle's name.
    ``running`` is the year in which the running financial year began.
    """

    places: Sequence[Place]
    cycles: Mapping[int, Sequence[Cycle]]
    schemes: Mapping[str, SchemeText]
    chosen: SchemeText | None
    running: int
    standing: Mapping[tuple[int, str], Stands] = field(default_factory=dict)


@dataclass(frozen=True)
class Remark:
    """Something about one cell: where it stands, what it is called, what it says, and what is said of it.

    ``role`` is "" for what is about no cell in particular.
    """

    line: int
    place: str
    role: str
    written: str
    words: str

    @property
    def name(self) -> str:
        """What the cell's column is called ("" for none)."""
        return name_of(self.role) if self.role else ""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What the lines of one authority and year come to.

    ``outcomes`` has every benchmark of the scheme, by number. ``notes`` say what was read as something else;
    ``faults`` why it is refused.
    """

    lines: tuple[int, ...]
    place: str
    authority: str
    gss: str
    authority_id: int | None
    start: int | None
    year: str
    scheme: SchemeText | None
    outcomes: Mapping[int, Outcome]
    summaries: Mapping[int, str]
    comments: Mapping[int, str]
    strengths: tuple[str, ...]
    recommendations: tuple[str, ...]
    dated: date | None
    stated: tuple[int, int] | None
    notes: tuple[Remark, ...]
    faults: tuple[Remark, ...]
    verdict: Verdict
    digest: str
    again: bool = False

    @property
    def key(self) -> int:
        """By which it is named on a page: its first line."""
        return self.lines[0]

    @property
    def is_taken(self) -> bool:
        """Whether a confirmation takes it over."""
        return self.verdict in TAKEN

    def count(self, answer: Answer) -> int:
        """How many benchmarks have this answer."""
        return sum(one == answer for one, _level in self.outcomes.values())

    @property
    def known(self) -> int:
        """How many benchmarks have an outcome."""
        return self.count(Answer.OUTCOME)

    @property
    def unknown(self) -> int:
        """How many are not known."""
        return self.count(Answer.UNKNOWN)


Corrections = Mapping[int, Mapping[str, str]]
"""What the person wrote in place of cells, by line and role."""


def judge(
    sources: Sequence[Source], world: World, corrections: Corrections | None = None, left_out: Iterable[int] = ()
) -> tuple[Proposal, ...]:
    """What becomes of every line, in the order of the file. The order of rows decides nothing but that."""
    corrections = corrections or {}
    lines = [_Line(index, source, corrections.get(index, {}), world) for index, source in enumerate(sources)]
    groups: dict[Any, list[_Line]] = {}
    for line in lines:
        groups.setdefault(line.key, []).append(line)
    out = frozenset(left_out)
    return tuple(_Reading(group, world).proposal(out) for group in groups.values())


class _Cells:
    """Reads cells, collecting what is to be said of them."""

    def __init__(self) -> None:
        self.notes: list[Remark] = []
        self.faults: list[Remark] = []

    def note(self, line: _Line, role: str, words: str) -> None:
        self.notes.append(Remark(line.index, line.source.place, role, line.cells.get(role, ""), words))

    def fault(self, line: _Line, role: str, words: str) -> None:
        self.faults.append(Remark(line.index, line.source.place, role, line.shown(role), words))

    def take(self, line: _Line, role: str, parse: Callable[[str], Read[Value]]) -> Value | None:
        """What a cell says; None where it is empty, or cannot be read, which is then a fault."""
        written = line.cells.get(role, "")
        if not written or self.shows_error(line, role):
            return None
        try:
            found = parse(written)
        except NotRead as refusal:
            self.fault(line, role, refusal.reason)
            return None
        if found.note:
            self.note(line, role, _("read as %(value)s") % {"value": found.note})
        return found.value

    def shows_error(self, line: _Line, role: str) -> bool:
        written = line.cells[role]
        if written.startswith(UNCALCULATED):
            self.fault(line, role, _("The cell holds a formula that was never calculated. Write text instead"))
        elif written.startswith(ERROR):
            self.fault(line, role, _("The cell shows an error. Write text instead"))
        return written.startswith(ERROR)


class _Line(_Cells):
    """One line, as far as it can be read by itself: which authority and which year it is of."""

    def __init__(self, index: int, source: Source, corrected: Mapping[str, str], world: World) -> None:
        super().__init__()
        self.index = index
        self.source = source
        self.cells = {role: one for role, one in {**source.cells, **corrected}.items() if one}
        for role, one in corrected.items():
            if one != source.cells.get(role, ""):
                before = source.cells.get(role, "").lstrip(ERROR) or _("nothing")
                self.note(self, role, _("corrected by you, was %(before)s") % {"before": before})
        self.start = self.take(self, YEAR, values.year)
        if YEAR not in self.cells:
            self.fault(self, YEAR, _("Enter a year"))
        self.authority = self._authority(world.places)

    @property
    def key(self) -> tuple[Any, ...]:
        """What the lines of one proposal share."""
        who = self.authority.id if self.authority else (self.cells.get(GSS, ""), self.cells.get(AUTHORITY, ""))
        if self.authority is None and not self.source.is_long:
            # Of a row that is of nobody nothing can be said twice.
            return (self.index,)
        return who, self.start if self.start is not None else self.cells.get(YEAR, "")

    def shown(self, role: str) -> str:
        """What a cell says, for a page."""
        return self.cells.get(role, "").lstrip(ERROR)

    def _authority(self, places: Sequence[Place]) -> Place | None:
        code, name = self.cells.get(GSS, ""), values.even(self.cells.get(AUTHORITY, ""))
        wanted = name.casefold()
        named = [one for one in places if wanted and wanted in (one.name.casefold(), one.short.casefold())]
        if code:
            return self._by_code(code.strip().upper(), name, named, places)
        if not name:
            self.fault(self, GSS, _("Enter a GSS code or the name of an authority"))
            return None
        if len(named) > 1:
            self.fault(self, AUTHORITY, _("Several authorities are called that. Enter the GSS code"))
            return None
        if not named:
            self.fault(self, AUTHORITY, nobody_called(name))
            return None
        (found,) = named
        self.note(self, AUTHORITY, _("read as %(name)s, %(code)s") % {"name": found.name, "code": found.gss})
        return found

    def _by_code(self, code: str, name: str, named: Sequence[Place], places: Sequence[Place]) -> Place | None:
        found = next((one for one in places if one.gss == code), None)
        if found is None:
            former = [one for one in places if code in one.former]
            if len(former) != 1:
                self.fault(self, GSS, nobody_with(code))
                return None
            (found,) = former
            self.note(self, GSS, _("read as %(code)s, which replaced it") % {"code": found.gss})
        if name and found not in named:
            if named:
                self.fault(
                    self, GSS, _("The code is of %(name)s, and the name of another authority") % {"name": found.name}
                )
                return None
            self.note(self, AUTHORITY, _("read as %(name)s, by its code") % {"name": found.name})
        return found


def nobody_with(code: str) -> str:
    """What is said of a code that is of no authority, or of one that is none of the person's business."""
    return _("There is no authority with the code %(code)s among those that you may import for") % {"code": code}


def nobody_called(name: str) -> str:
    """The same of a name."""
    return _("There is no authority called %(name)s among those that you may import for") % {"name": name}


class _Reading(_Cells):
    """All lines of one authority and year."""

    def __init__(self, lines: Sequence[_Line], world: World) -> None:
        super().__init__()
        self.lines = lines
        self.world = world
        self.first = lines[0]
        for line in lines:
            self.notes += line.notes
            self.faults += line.faults

    def proposal(self, left_out: frozenset[int]) -> Proposal:
        """What they come to."""
        place, start = self.first.authority, self.first.start
        written = self._shared(SCHEME, self._named_scheme)
        cycle = self._cycle(start, written)
        name = cycle.name if cycle else values.year_name(start) if start is not None else self.first.shown(YEAR)
        if len(self.lines) > 1 and not all(line.source.is_long for line in self.lines):
            for line in self.lines:
                others = ", ".join(one.source.place for one in self.lines if one is not line)
                self.fault(line, "", _("The same authority and year stand in %(place)s too") % {"place": others})
        scheme = self._scheme(place, start, cycle, written, name)
        outcomes: dict[int, Outcome] = {}
        summaries: dict[int, str] = {}
        comments: dict[int, str] = {}
        if scheme is not None:
            outcomes = self._outcomes(scheme, summaries, comments)
        stated = self._share(scheme, outcomes) if scheme is not None else None
        dated = self._shared(DATE, values.day)
        strengths, recommendations = self._points(STRENGTH), self._points(RECOMMENDATION)
        if scheme is not None and stated is None and all(one == Answer.UNKNOWN for one, _code in outcomes.values()):
            self.fault(self.first, "", _("The row says nothing: no outcome, and no stated share"))
        digest = _digest(place, start, scheme, outcomes, summaries, comments, strengths, recommendations, dated, stated)
        standing = self.world.standing.get((place.id, name)) if place else None
        if standing is not None and standing.withdrawn:
            self.fault(self.first, "", _("The record of this authority and year was withdrawn"))
        elif standing is not None and not standing.again and standing.digest != digest:
            self.fault(self.first, "", _("There already is another record of this authority and year"))
        return Proposal(
            lines=tuple(line.index for line in self.lines),
            place=", ".join(line.source.place for line in self.lines[:3]) + (" …" if len(self.lines) > 3 else ""),
            authority=place.name if place else self.first.cells.get(AUTHORITY, ""),
            gss=place.gss if place else self.first.cells.get(GSS, ""),
            authority_id=place.id if place else None,
            start=start,
            year=name,
            scheme=scheme,
            outcomes=outcomes,
            summaries=summaries,
            comments=comments,
            strengths=strengths,
            recommendations=recommendations,
            dated=dated,
            stated=stated,
            notes=tuple(self.notes),
            faults=tuple(self.faults),
            verdict=self._verdict(left_out, standing, digest),
            digest=digest,
            again=standing is not None and standing.again,
        )

    def _verdict(self, left_out: frozenset[int], standing: Stands | None, digest: str) -> Verdict:
        if all(line.index in left_out for line in self.lines):
            return Verdict.LEFT_OUT
        if self.faults:
            return Verdict.REFUSED
        if standing is not None and not standing.again and standing.digest == digest:
            return Verdict.SAME
        return Verdict.CORRECTED if self.notes else Verdict.ACCEPTED

    def _cycle(self, start: int | None, written: SchemeText | None) -> Cycle | None:
        """The cycle of the year: on the scheme that is named, or called by the year alone, or the only one."""
        cycles = self.world.cycles.get(start, ()) if start is not None else ()
        found = [one for one in cycles if written and one.scheme.code == written.code] or list(cycles)
        return next((one for one in found if start is not None and one.name == values.year_name(start)), None) or (
            found[0] if found else None
        )

    def _scheme(
        self, place: Place | None, start: int | None, cycle: Cycle | None, written: SchemeText | None, name: str
    ) -> SchemeText | None:
        """The scheme of the year, if that can be told and the year is one to import."""
        if start is None:
            return None
        named = {"cycle": name}
        if start < FIRST_YEAR:
            self.fault(self.first, YEAR, _("The duty began in 2015: there is no %(cycle)s") % named)
            return None
        if cycle is not None and not cycle.is_past:
            self.fault(self.first, YEAR, _("The cycle %(cycle)s is not a past cycle") % named)
            return None
        if cycle is None and start >= self.world.running:
            self.fault(self.first, YEAR, _("The year %(cycle)s is not over") % named)
            return None
        if place is not None and (
            (place.start and place.start >= date(start + 1, 4, 1)) or (place.end and place.end <= date(start, 4, 1))
        ):
            self.fault(self.first, YEAR, _("%(name)s did not exist in %(cycle)s") % {**named, "name": place.name})
        if cycle is not None:
            if written is not None and written.code != cycle.scheme.code:
                words = _("The cycle %(cycle)s is on scheme %(scheme)s")
                self.fault(self.first, SCHEME, words % {**named, "scheme": cycle.scheme.code})
                return None
            return cycle.scheme
        found = written or self.world.chosen
        if found is None and not any(one.role == SCHEME for one in self.faults):
            self.fault(self.first, SCHEME, _("There is no cycle %(cycle)s yet: say which scheme it was on") % named)
        return found

    def _named_scheme(self, written: str) -> Read[SchemeText]:
        wanted = "".join(char for char in written.casefold() if char.isalnum())
        for code, scheme in self.world.schemes.items():
            if wanted in (code.casefold().replace("-", ""), "".join(c for c in scheme.name.casefold() if c.isalnum())):
                return Read(scheme)
        codes = ", ".join(sorted(self.world.schemes))
        raise NotRead(_("“%(said)s” is not a scheme here: %(codes)s") % {"said": written[:60], "codes": codes})

    def _shared(self, role: str, parse: Callable[[str], Read[Value]]) -> Value | None:
        """What the lines say together in a column that is about all of them: one says it, or all say the same."""
        found: Value | None = None
        seen: set[str] = set()
        for line in self.lines:
            written = line.cells.get(role, "")
            if not written or written in seen:
                continue
            seen.add(written)
            value = self.take(line, role, parse)
            if value is None:
                continue
            if found is not None and value != found:
                self.fault(line, role, _("Another row of the same authority and year says something else"))
            found = value
        return found

    def _outcomes(self, scheme: SchemeText, summaries: dict[int, str], comments: dict[int, str]) -> dict[int, Outcome]:
        found: dict[int, Outcome] = {}
        for line in self.lines:
            if line.source.is_long:
                self._long(line, scheme, found, summaries, comments)
            else:
                self._wide(line, scheme, found, summaries)
        unknown: Outcome = (Answer.UNKNOWN, None)
        return {number: found.get(number, unknown) for number in scheme.benchmarks}

    def _long(
        self,
        line: _Line,
        scheme: SchemeText,
        found: dict[int, Outcome],
        summaries: dict[int, str],
        comments: dict[int, str],
    ) -> None:
        if BENCHMARK not in line.cells:
            if OUTCOME in line.cells:
                self.fault(line, BENCHMARK, _("Say which benchmark the outcome is of"))
            return
        number = self.take(line, BENCHMARK, lambda written: values.benchmark(written, scheme))
        outcome = self.take(line, OUTCOME, lambda written: values.outcome(written, scheme))
        if number is None:
            return
        if number in found:
            self.fault(line, BENCHMARK, _("Benchmark %(number)s stands twice") % {"number": number})
            return
        found[number] = outcome or (Answer.UNKNOWN, None)
        for role, texts in ((SUMMARY, summaries), (COMMENTS, comments)):
            if words := self._text(line, role):
                texts[number] = words

    def _wide(self, line: _Line, scheme: SchemeText, found: dict[int, Outcome], summaries: dict[int, str]) -> None:
        for role in sorted(line.cells):
            kind, number = part_of(role)
            if number is None or kind not in (OUTCOME, SUMMARY):
                continue
            if number not in scheme.benchmarks:
                self.fault(line, role, values.no_benchmark(scheme, number))
            elif kind == SUMMARY:
                if words := self._text(line, role):
                    summaries[number] = words
            elif outcome := self.take(line, role, lambda written: values.outcome(written, scheme)):
                found[number] = outcome

    def _points(self, kind: str) -> tuple[str, ...]:
        roles = sorted({role for line in self.lines for role in line.cells if part_of(role)[0] == kind}, key=_number)
        found = []
        for role in roles:
            if words := self._shared(role, self._read_text):
                found.append(words)
        return tuple(found)

    def _text(self, line: _Line, role: str) -> str:
        return self.take(line, role, self._read_text) or ""

    def _read_text(self, written: str) -> Read[str]:
        if len(written) > text.LETTER_TEXT:
            raise NotRead(_("The text is longer than %(most)s characters") % {"most": f"{text.LETTER_TEXT:,}"})
        cleaned = text.clean(written)
        if found := text.problems(cleaned):
            raise NotRead(found[0])
        return Read(cleaned)

    def _share(self, scheme: SchemeText, outcomes: Mapping[int, Outcome]) -> tuple[int, int] | None:
        """What the source states of itself, unless the outcomes that it names say otherwise."""
        applicable = sum(answer != Answer.NOT_APPLICABLE for answer, _code in outcomes.values())
        scored = sum(one.scored for one in scheme.benchmarks.values())
        sizes = dict.fromkeys(one for one in (applicable, len(scheme.benchmarks), scored) if one)
        found = self._shared(STATED, lambda written: values.stated(written, sizes))
        if found is None:
            return None
        met, of = found
        standings = Counter(
            level.standing for _answer, code in outcomes.values() if code and (level := scheme.level(code))
        )
        below = standings[Standing.BELOW]
        named = standings.total() - below
        if of > len(scheme.benchmarks) or below > of - met or named > met:
            words = _("%(met)s of %(of)s does not go with %(named)s named as met or exceeded and %(below)s as not met")
            self.fault(self.first, STATED, words % {"met": met, "of": of, "named": named, "below": below})
        return found


def _number(role: str) -> int:
    return part_of(role)[1] or 0


def _digest(
    place: Place | None,
    start: int | None,
    scheme: SchemeText | None,
    outcomes: Mapping[int, Outcome],
    summaries: Mapping[int, str],
    comments: Mapping[int, str],
    strengths: Sequence[str],
    recommendations: Sequence[str],
    dated: date | None,
    stated: tuple[int, int] | None,
) -> str:
    """What tells one proposal from another."""
    said = [
        place.gss if place else "",
        start,
        scheme.code if scheme else "",
        sorted((number, str(answer), code) for number, (answer, code) in outcomes.items()),
        sorted(summaries.items()),
        sorted(comments.items()),
        list(strengths),
        list(recommendations),
        dated.isoformat() if dated else "",
        stated,
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
