"""What every file says of itself, whatever its form: title, date, who made it, rules, and where the method is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assurance.insights.sheet import Table, Value, View

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet would work out."""
SHEET_NAME = 31
"""Characters of the name of a sheet that Excel takes."""
_NOT_IN_SHEETS = re.compile(r"[\[\]:*?/\\]+")
_NOT_AT_ENDS = " '"
MEASURED = 200
"""Rows of a table that decide how wide its columns are."""
NARROWEST, WIDEST = 8, 60


@dataclass(frozen=True)
class Marked:
    """A view with what its file says of itself.

    Args:
        made_at: in the local time.
        made_by: name of the person, or of the command.
        method: the whole address of the page that says what figures mean.
    """

    view: View
    made_at: datetime
    made_by: str
    method: str

    @property
    def date(self) -> str:
        """When it was made, in words."""
        return date_format(self.made_at, "j F Y, H:i")

    @property
    def handling(self) -> str:
        """How the file is to be handled."""
        if self.view.authorities:
            return _(
                "For official use. It names single authorities: share it only with those who may read their outcomes."
            )
        return _("For official use.")

    def lines(self) -> list[tuple[str, str]]:
        """What is said, as label and text."""
        return [
            (_("Title"), self.view.title),
            (_("Made on"), self.date),
            (_("Made by"), self.made_by),
            *((_("Rule"), str(rule)) for rule in self.view.rules),
            (_("What the figures mean"), self.method),
            (_("Handling"), self.handling),
        ]

    def table(self, number: int) -> Table:
        """A table by its place from 1; the first where there is none of that number."""
        tables = self.view.tables
        return tables[number - 1] if 1 <= number <= len(tables) else tables[0]


def text_of(value: Value) -> str:
    """A value as it stands in a file of text: dates as spreadsheets sort them."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)


def is_number(value: Value) -> bool:
    """Whether a cell is reckoned with. True and False are no numbers here."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def sheet_names(titles: Sequence[str], taken: Sequence[str]) -> list[str]:
    """A name for each sheet: as Excel takes it, no two alike whatever their case, and none that is taken."""
    used, names = {one.casefold() for one in taken}, []
    for place, title in enumerate(titles, start=1):
        whole = " ".join(_NOT_IN_SHEETS.sub(" ", title).split()).strip(_NOT_AT_ENDS) or str(place)
        name, again = whole[:SHEET_NAME].strip(_NOT_AT_ENDS), 1
        while name.casefold() in used:
            again += 1
            ending = f" {again}"
            name = whole[: SHEET_NAME - len(ending)].strip(_NOT_AT_ENDS) + ending
        used.add(name.casefold())
        names.append(name)
    return names


def widths(table: Table) -> list[int]:
    """How wide each column is, in characters: by its name and its first rows."""
    found = [len(str(one)) for one in table.columns]
    for row in table.rows[:MEASURED]:
        found = [max(wide, len(text_of(value))) for wide, value in zip(found, row, strict=True)]
    return [min(max(wide + 2, NARROWEST), WIDEST) for wide in found]
