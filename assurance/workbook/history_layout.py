"""What the columns of a spreadsheet of earlier years are: matched by name, whatever their case, spaces or signs. Pure.

Two shapes are known. A long table has a row for each benchmark; a wide one has a row for each authority and year, with
a column for each benchmark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance.workbook.safe import Refused
from benchmarks.catalogue import SchemeText

AUTHORITY, GSS, YEAR, SCHEME, BENCHMARK, OUTCOME = "authority", "gss", "year", "scheme", "benchmark", "outcome"
SUMMARY, COMMENTS, DATE, STATED = "summary", "comments", "date", "stated"
STRENGTH, RECOMMENDATION = "strength", "recommendation"
"""Roles of columns. Those of one benchmark, strength or recommendation have its number behind them: ``outcome 5``."""

NAMES: Mapping[str, StrOrPromise] = {
    AUTHORITY: gettext_lazy("Authority"),
    GSS: gettext_lazy("GSS code"),
    YEAR: gettext_lazy("Year"),
    SCHEME: gettext_lazy("Scheme"),
    BENCHMARK: gettext_lazy("Benchmark"),
    OUTCOME: gettext_lazy("Outcome"),
    SUMMARY: gettext_lazy("Summary"),
    COMMENTS: gettext_lazy("Comments"),
    DATE: gettext_lazy("Date"),
    STATED: gettext_lazy("Stated share met or exceeded"),
    STRENGTH: gettext_lazy("Strength"),
    RECOMMENDATION: gettext_lazy("Recommendation"),
}
FIRST_YEAR = 2015
"""The duty began in July 2015: there is nothing to take over of a year before 2015/16."""
MOST_POINTS = 20
"""Strengths, and recommendations, of one authority and year."""

_SYNONYMS = {
    AUTHORITY: "authority authorityname localauthority localauthorityname council councilname la laname name "
    "specifiedauthority",
    GSS: "gss gsscode code onscode ladcode lacode authoritycode localauthoritycode",
    YEAR: "year financialyear fy cycle assuranceyear benchmarkyear",
    SCHEME: "scheme schemecode framework benchmarkscheme",
    BENCHMARK: "benchmark benchmarknumber benchmarkno",
    OUTCOME: "outcome agreed agreedoutcome agreedscore score result rating level",
    SUMMARY: "summary outcomesummary annexasummary",
    COMMENTS: "comments comment advisercomments adviserscomments",
    DATE: "date letterdate dateofletter assessmentdate dateofassessment dateagreed agreedon",
    STATED: "statedshare statedsharemetorexceeded sharemetorexceeded metorexceeded percentmetorexceeded "
    "percentagemetorexceeded benchmarksmetorexceeded percentmet percentagemet",
}
_ROLES = {synonym: role for role, synonyms in _SYNONYMS.items() for synonym in synonyms.split()}
_IGNORED = re.compile(r"[\W_]+")
_WIDE = re.compile(r"(?:benchmark|bm|b)?0*([1-9]\d?)")
_TITLED = re.compile(r"\s*(?:benchmark|bm|b)?\s*0*([1-9]\d?)\s*[.:)–-]\s*\S.*", re.IGNORECASE | re.DOTALL)
_SUMMARY_OF = re.compile(r"(?:summary|outcomesummary)(?:of)?(?:benchmark|bm|b)?0*([1-9]\d?)")
_OF_SUMMARY = re.compile(r"(?:benchmark|bm|b)?0*([1-9]\d?)(?:summary|outcomesummary)")
_POINT = re.compile(r"(strength|recommendation)s?0*([1-9]\d?)?")


def role_of(name: str) -> str:
    """What a column of this name holds; "" for one that is not read."""
    plain = _IGNORED.sub("", name.casefold())
    if role := _ROLES.get(plain):
        return role
    if found := _SUMMARY_OF.fullmatch(plain) or _OF_SUMMARY.fullmatch(plain):
        return f"{SUMMARY} {found[1]}"
    if (found := _POINT.fullmatch(plain)) and int(found[2] or 1) <= MOST_POINTS:
        return f"{found[1]} {found[2] or 1}"
    if found := _WIDE.fullmatch(plain) or _TITLED.fullmatch(name):
        return f"{OUTCOME} {found[1]}"
    return ""


def part_of(role: str) -> tuple[str, int | None]:
    """A role in its two parts: ``outcome 5`` is outcome and 5; where there is no number it is None."""
    kind, _space, number = role.partition(" ")
    return kind, int(number) if number else None


def name_of(role: str) -> str:
    """What a column is called to a person."""
    kind, number = part_of(role)
    if kind == OUTCOME and number:
        return _("Benchmark %(number)s") % {"number": number}
    return f"{NAMES[kind]} {number}" if number else str(NAMES[kind])


@dataclass(frozen=True)
class Columns:
    """The columns of a table: place by role, and the names of those that are not read."""

    places: Mapping[str, int]
    unread: tuple[str, ...]

    @property
    def is_long(self) -> bool:
        """Whether each row is about one benchmark."""
        return BENCHMARK in self.places


def columns_of(names: Sequence[str]) -> Columns | None:
    """The columns of a table with this heading; None where it is no heading of such a table.

    Raises :class:`Refused` for a heading from which it cannot be told what is meant.
    """
    found: dict[str, list[int]] = {}
    unread = []
    for place, name in enumerate(names):
        if role := role_of(name):
            found.setdefault(role, []).append(place)
        elif name.strip():
            unread.append(" ".join(name.split()))
    wide = any(role.startswith(f"{OUTCOME} ") for role in found)
    long = BENCHMARK in found and OUTCOME in found
    if YEAR not in found or not (AUTHORITY in found or GSS in found) or not (wide or long or STATED in found):
        return None
    if wide and (BENCHMARK in found or OUTCOME in found):
        raise Refused(
            _("Some columns are of single benchmarks, and others name the benchmark in each row. Keep one of the two")
        )
    for role, places in found.items():
        if len(places) > 1:
            named = ", ".join(f"“{' '.join(names[place].split())}”" for place in places)
            raise Refused(
                _("Several columns are read as “%(role)s”: %(names)s. Keep one of them")
                % {"role": name_of(role), "names": named}
            )
    return Columns({role: places[0] for role, places in found.items()}, tuple(unread))


# The template

EXAMPLE = gettext_lazy("Example Council (invented: delete this row)")
EXAMPLE_CODE = "E09999999"
"""No authority has it."""


def template_rows(scheme: SchemeText) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The heading and an invented row of the template: one row for each authority and year."""
    heading = [str(NAMES[role]) for role in (AUTHORITY, GSS, YEAR, SCHEME, DATE)]
    example = [str(EXAMPLE), EXAMPLE_CODE, "2022/23", scheme.code, "9 May 2023"]
    best, first = scheme.levels[-1].label, True
    for number, benchmark in scheme.benchmarks.items():
        heading.append(f"{number}. {benchmark.title}")
        if not benchmark.scored:
            example.append("N/A")
        else:
            example.append(best if first else "")
            first = False
    heading += [str(NAMES[STATED]), name_of(f"{STRENGTH} 1")]
    heading += [name_of(f"{RECOMMENDATION} {number}") for number in (1, 2, 3)]
    example += ["", _("Invented: the board meets often."), _("Invented: write the risks down."), "", ""]
    return tuple(heading), tuple(example)


def template_words(scheme: SchemeText) -> tuple[str, ...]:
    """How the template is filled in, a sentence each."""
    levels = ", ".join(level.label for level in scheme.levels)
    return (
        _("One row for each authority and year. Columns are matched by name: their order does not matter."),
        _("Outcomes: %(levels)s. N/A for what is not assured. Leave a cell empty where the outcome is not known.")
        % {"levels": levels},
        _("Years: 2022/23 or 2022/2023. A single year such as 2023 is read as the year that begins in it: 2023/24."),
        _("Dates: 9 May 2023, 19-05-2025 or 21/05/2025, always the day first."),
        _("Stated share: what the source says of itself, such as 40% or 4 of 10. It is kept as the source’s figure."),
        _("The row under the heading is invented. Delete it."),
    )


def running_year(day: date) -> int:
    """In which year the financial year began that this day lies in."""
    return day.year if (day.month, day.day) >= (4, 1) else day.year - 1
