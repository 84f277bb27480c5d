"""What a cell of a table of earlier years says: years, dates, outcomes, shares. Pure.

Every function gives what it read and, where that is not what was written, in which words; or raises ``NotRead`` with
the reason. Nothing is guessed: what could be read in two ways is refused, and an empty cell is not known, never zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Generic, TypeVar

from django.utils.translation import gettext as _

from assurance.vocabulary import Answer
from benchmarks.catalogue import SchemeText

Value = TypeVar("Value")

NOT_APPLICABLE = frozenset({"n/a", "na", "n.a", "n.a.", "not applicable", "not scored"})
UNKNOWN = frozenset({"unknown", "not known", "not given", "?", "??", "???"})
DASHES = frozenset({"-", "–", "—"})
MONTHS = ("january", "february", "march", "april", "may", "june",
          "july", "august", "september", "october", "november", "december")  # fmt: skip
SHORTEST_MONTH = 3

_YEARS = re.compile(r"(?:fy)?\s*(\d{4})\s*(?:[/–—-]|to)\s*(\d{4}|\d{2})", re.IGNORECASE)
_YEAR = re.compile(r"(?:fy)?\s*(\d{4})", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_NUMERIC = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4}|\d{2})")
_WEEKDAY = re.compile(r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE)
_WORDED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]+)\.?,?[\s-]+(\d{4})", re.IGNORECASE)
_WORDED_MONTH_FIRST = re.compile(r"([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE)
_WHOLE = re.compile(r"(\d{1,3})(?:\.0+)?")
_NUMBERED = re.compile(r"(?:benchmark|bm|b)?\s*0*(\d{1,2})(?:\.0+)?(?:\s*[.:)–-]\s*\D.*)?", re.IGNORECASE | re.DOTALL)
_OF = re.compile(r"(\d{1,3})\s*(?:/|of|out of)\s*(\d{1,3})", re.IGNORECASE)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,20})?)\s*(%|per\s?cent)?", re.IGNORECASE)


class NotRead(Exception):
    """A cell that cannot be read. ``reason`` says why, for the person whose table it is."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Read(Generic[Value]):
    """What was read, and in which words where it is not what was written ("" where it is)."""

    value: Value
    note: str = ""


def even(value: str) -> str:
    """A text with single spaces."""
    return " ".join(value.split())


def year_name(start: int) -> str:
    """The financial year that begins in this one: 2022/23."""
    return f"{start}/{(start + 1) % 100:02}"


def year(written: str) -> Read[int]:
    """In which year a financial year begins.

    2022/23, 2022/2023 and 2022-23 say so. A single year is the one in which the financial year begins, because that is
    how cycles are named: 2023 is 2023/24, and the person is told.
    """
    said = even(written)
    if found := _YEARS.fullmatch(said):
        start, end = int(found[1]), found[2]
        if int(end) != (start + 1) % 10 ** len(end):
            raise NotRead(_("“%(said)s” is not one year and the next, such as 2022/23") % {"said": said})
    elif found := _YEAR.fullmatch(said):
        start = int(found[1])
    else:
        raise NotRead(_("“%(said)s” is not a year, such as 2022/23") % {"said": said})
    return Read(start, "" if said == year_name(start) else year_name(start))


def day(written: str) -> Read[date]:
    """A date, the day always first: 9 May 2023, 19-05-2025, 21/05/2025, or as the spreadsheet itself keeps dates.

    Where day and month could be taken for one another, the note says how it was read.
    """
    said = even(written)
    plain = _WEEKDAY.sub("", said, count=1)
    if found := _ISO.fullmatch(plain):
        return Read(_date(said, int(found[1]), int(found[2]), int(found[3])))
    if found := _NUMERIC.fullmatch(plain):
        number, month, full = int(found[1]), int(found[2]), int(found[3])
        result = _date(said, full if len(found[3]) == 4 else 2000 + full, month, number)
        return Read(result, day_name(result) if (number != month and number <= 12) or len(found[3]) == 2 else "")
    if found := _WORDED.fullmatch(plain):
        return Read(_date(said, int(found[3]), _month(said, found[2]), int(found[1])))
    if found := _WORDED_MONTH_FIRST.fullmatch(plain):
        return Read(_date(said, int(found[3]), _month(said, found[1]), int(found[2])))
    raise NotRead(_("“%(said)s” is not a date, such as 9 May 2023 or 21/05/2025") % {"said": said})


def day_name(value: date) -> str:
    """A date in words."""
    return f"{value.day} {MONTHS[value.month - 1].capitalize()} {value.year}"


def _month(said: str, name: str) -> int:
    wanted = name.casefold()
    for number, month in enumerate(MONTHS, 1):
        if len(wanted) >= SHORTEST_MONTH and (month.startswith(wanted) or (wanted == "sept" and number == 9)):
            return number
    raise NotRead(_("“%(said)s” is not a date: no month is called %(name)s") % {"said": said, "name": name})


def _date(said: str, full: int, month: int, number: int) -> date:
    if not 1 <= month <= 12:
        raise NotRead(
            _("“%(said)s” is not a date: there is no month %(month)s. Write the day first")
            % {"said": said, "month": month}
        )
    try:
        return date(full, month, number)
    except ValueError:
        raise NotRead(_("“%(said)s” is not a day of the calendar") % {"said": said}) from None


def outcome(written: str, scheme: SchemeText) -> Read[tuple[str, str | None]]:
    """An answer, and the code of its level: by code, label or other name, or as a number (3, 3.0)."""
    said = even(written)
    plain = said.casefold()
    if not said or plain in UNKNOWN:
        return Read((Answer.UNKNOWN, None))
    if plain in DASHES:
        return Read((Answer.UNKNOWN, None), str(Answer.UNKNOWN.label))
    if plain in NOT_APPLICABLE:
        return Read((Answer.NOT_APPLICABLE, None))
    found = _WHOLE.fullmatch(said)
    level = scheme.level_named(found[1] if found else said)
    if level is None:
        labels = ", ".join(one.label for one in scheme.levels)
        raise NotRead(
            _("“%(said)s” is not an outcome here: %(labels)s or N/A") % {"said": _short(said), "labels": labels}
        )
    same = plain == level.label.casefold() or found is not None
    return Read((Answer.OUTCOME, level.code), "" if same else level.label)


def benchmark(written: str, scheme: SchemeText) -> Read[int]:
    """The number of a benchmark: 5, B5, Benchmark 5, “5. Title”, or its title alone."""
    said = even(written)
    titles = {one.title.casefold(): number for number, one in scheme.benchmarks.items()}
    if number := titles.get(said.casefold()):
        return Read(number, str(number))
    found = _NUMBERED.fullmatch(said)
    if found is None:
        raise NotRead(_("“%(said)s” is not the number of a benchmark") % {"said": _short(said)})
    if int(found[1]) not in scheme.benchmarks:
        raise NotRead(no_benchmark(scheme, int(found[1])))
    return Read(int(found[1]))


def no_benchmark(scheme: SchemeText, number: int) -> str:
    """What is said of a number that no benchmark has."""
    return _("Scheme %(scheme)s has no benchmark %(number)s") % {"scheme": scheme.code, "number": number}


def stated(written: str, sizes: Iterable[int]) -> Read[tuple[int, int]]:
    """A share met or exceeded that a source states of itself: how many, and of how many.

    Args:
        sizes: of how many benchmarks a per cent may be; the first of which it is a share is taken.
    """
    said = even(written)
    if found := _OF.fullmatch(said):
        met, of = int(found[1]), int(found[2])
        if not 0 < of <= 100 or met > of:
            raise NotRead(_("“%(said)s” is not a share") % {"said": said})
        return Read((met, of))
    found = _PERCENT.fullmatch(said)
    if found is None:
        raise NotRead(_("“%(said)s” is not a share, such as 40%% or 4 of 10") % {"said": _short(said)})
    number = Decimal(found[1])
    if not found[2] and number == 1:
        raise NotRead(_("“1” may be 1% or 100%. Write 100%, or a share such as 4 of 10"))
    if not found[2] and number < 1:
        # As a spreadsheet keeps a per cent.
        number *= 100
    places = max(0, -int(number.as_tuple().exponent))
    tolerance = Fraction(1, 2 * 10**places) + Fraction(1, 10**9)
    wanted = list(sizes)
    for of in wanted:
        for met in range(of + 1):
            if abs(Fraction(100 * met, of) - Fraction(number)) <= tolerance:
                return Read((met, of), _("%(met)s of %(of)s") % {"met": met, "of": of})
    tried = _(" or ").join(str(one) for one in wanted)
    raise NotRead(_("“%(said)s” is no share of %(sizes)s benchmarks") % {"said": said, "sizes": tried})


def _short(said: str) -> str:
    return said if len(said) <= 60 else f"{said[:59]}…"
