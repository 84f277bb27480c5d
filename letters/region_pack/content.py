"""What a region pack says: plain values, with every word that is printed. Frozen, and closed as a board pack's is.

Every number in it comes out of a view that a page shows as well; here it is only put beside others. What has no
number says why, in words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise
from pydantic import Field, StringConstraints, model_validator

from assurance.insights.outcomes import OutcomeRow
from assurance.insights.sheet import Table, View
from benchmarks.vocabulary import Standing
from letters.board.content import Part, Passage, Section, Tone, Word
from letters.board.words import CONTINUED
from letters.pdf.content import PagePattern, digest_of

Size = Literal[14, 18]
USUAL: Size = 18
SMALL: Size = 14
"""Sizes of type in tables: the second where a column is for each benchmark."""
NO_FIGURE = "–"
TONES: Mapping[str, Tone] = {Standing.BELOW: "below", Standing.MEETS: "meets", Standing.EXCEEDS: "exceeds"}


class Grid(Part):
    """A table, on as many slides as it takes. ``shares`` say how wide its columns are, in parts of the whole."""

    heading: Word
    lede: list[str] = Field(default=[], max_length=10)
    columns: list[str] = Field(min_length=1, max_length=30)
    rows: list[list[str]] = Field(default=[], max_length=2_000)
    tones: list[list[Tone | None]] = []
    shares: list[float]
    size: Size = USUAL
    is_numeric: bool = False

    @model_validator(mode="after")
    def _rows_fit_the_columns(self) -> Grid:
        width = len(self.columns)
        if len(self.shares) != width or any(len(row) != width for row in self.rows):
            raise ValueError("every row has a cell for each column")
        if self.tones and [len(one) for one in self.tones] != [width - 1] * len(self.rows):
            raise ValueError("every row has a tone for each cell after the first")
        return self


class Series(Part):
    """One value for each category of a chart. None is a gap, and never zero."""

    name: Word
    tone: Tone
    values: list[float | None]


class Chart(Part):
    """Bars for each category, with the table of the same numbers after them."""

    heading: Word
    lede: list[str] = Field(default=[], max_length=10)
    categories: list[Word] = Field(min_length=1, max_length=2_000)
    series: list[Series] = Field(min_length=1, max_length=4)
    description: str
    number_format: str = "0"
    most: float | None = None

    @model_validator(mode="after")
    def _values_fit_the_categories(self) -> Chart:
        if any(len(one.values) != len(self.categories) for one in self.series):
            raise ValueError("every series has a value for each category")
        return self


class RegionPack(Part):
    """A region pack, ready to be put on slides."""

    format: Literal["region-pack/1"] = "region-pack/1"
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    title: Word
    region: Word
    cover: list[str] = Field(max_length=8)
    date: Date
    marking: str = Field(default="", max_length=200)
    foot: Word
    parts: list[Grid | Chart | Section]
    continued: Annotated[str, StringConstraints(pattern=r"^[^{}]*\{title\}[^{}]*\{part\}[^{}]*\{parts\}[^{}]*$")]
    page: PagePattern

    def digest(self) -> str:
        """SHA-256, in hex, of the content as canonical JSON."""
        return digest_of(self.model_dump(mode="json"))


@dataclass(frozen=True)
class Charted:
    """Which columns of a table stand beside each other as bars, counted from 0, each with its tone."""

    columns: tuple[tuple[int, Tone], ...]
    number_format: str = "0.00"


@dataclass(frozen=True)
class Wanted:
    """A table of a view, as it is to stand in the pack.

    Args:
        view: its name in the registry.
        params: beside the pack's own, which are the cycle and the region.
        table: which of its tables, from 1.
        columns: which of its columns, counted from 0; all of them where none is named. The first names the row.
        charted: what of it is drawn first.
    """

    view: str
    heading: StrOrPromise
    params: Mapping[str, str] = field(default_factory=dict)
    table: int = 1
    columns: tuple[int, ...] = ()
    charted: Charted | None = None


@dataclass(frozen=True)
class About:
    """What stands on the cover, at the foot and at the end. ``method`` is the address that says what figures mean."""

    region: str
    cycle: str
    day: Date
    day_text: str
    made_by: str
    method: str


@dataclass(frozen=True)
class Year:
    """The outcomes of a cycle, by its name."""

    cycle: str
    view: View

    def rows(self) -> list[OutcomeRow]:
        """Of its table."""
        (table,) = self.view.tables
        return [OutcomeRow(*row) for row in table.rows]  # type: ignore[arg-type]


def pack_of(years: Sequence[Year], more: Sequence[tuple[Wanted, View]], about: About) -> RegionPack:
    """The pack from its views.

    Args:
        years: this cycle's outcomes first, then those of earlier ones; none of another scheme is compared by number.
        more: further tables, in their order.
    """
    now = years[0]
    parts: list[Grid | Chart | Section] = [*_heatmap(now), *_met(now)]
    if len(years) > 1:
        parts.append(_over_years(years))
    for wanted, view in more:
        parts += _wanted(wanted, view)
    parts.append(_what_they_are(years, [view for _table, view in more], about))
    return RegionPack(
        language="en",
        title=_("Prevent duty assurance %(cycle)s") % {"cycle": about.cycle},
        region=about.region,
        cover=[
            _("What was agreed, as it stood on %(day)s") % {"day": about.day_text},
            _("Made by %(name)s") % {"name": about.made_by},
        ],
        date=about.day,
        marking=_("For official use"),
        foot=_("%(region)s, %(cycle)s, made on %(day)s")
        % {"region": about.region, "cycle": about.cycle, "day": about.day_text},
        parts=parts,
        continued=CONTINUED,
        page=_("Slide {page} of {pages}"),
    )


# What is made of the outcomes


def _heatmap(year: Year) -> list[Grid | Chart | Section]:
    """Authorities by benchmarks, what is agreed in every cell; and what the numbers of the benchmarks stand for."""
    rows = year.rows()
    titles = {row.number: row.benchmark for row in rows}
    numbers = sorted(titles)
    tones = _tones()
    lines: list[list[str]] = []
    shades: list[list[Tone | None]] = []
    for name, own in _by_authority(rows).items():
        lines.append([name, *(own[number].agreed for number in numbers)])
        shades.append([tones.get(own[number].agreed_standing, "none") for number in numbers])
    first = 0.24
    shares = [first, *[(1 - first) / len(numbers)] * len(numbers)]
    lede = [_("What was agreed on each benchmark. Darker is higher; grey has no outcome and says why.")]
    return [
        Grid(heading=_("Outcomes by authority"), lede=lede, columns=[_("Authority"), *map(str, numbers)], rows=lines,
             tones=shades, shares=shares, size=SMALL),
        Grid(heading=_("The benchmarks"), columns=[_("Number"), _("Benchmark")],
             rows=[[str(number), titles[number]] for number in numbers], shares=[0.14, 0.86]),
    ]  # fmt: skip


def _met(year: Year) -> list[Grid | Chart | Section]:
    """How many of the benchmarks with an outcome each authority meets or exceeds: bars, and the same in figures."""
    counts = {name: _share(own.values()) for name, own in _by_authority(year.rows()).items()}
    rule = _(
        "Of the benchmarks with an agreed outcome, those where the duty is met or exceeded. Others are not counted."
    )
    drawn = {name: _percent(*one) for name, one in counts.items() if one[1]}
    heading = _("Benchmarks met or exceeded")
    parts: list[Grid | Chart | Section] = []
    if drawn:
        values: list[float | None] = [float(one) for one in drawn.values()]
        parts.append(
            Chart(
                heading=heading,
                lede=[rule],
                categories=list(drawn),
                series=[Series(name=_("Met or exceeded, per cent"), tone="meets", values=values)],
                description=_("One bar for each authority with an agreed outcome: the figures follow as a table."),
                number_format='0.0"%"',
                most=100,
            )
        )
    rows = [
        [name, _of(*one), f"{_percent(*one)}%"] if one[1] else [name, _("No agreed outcome"), NO_FIGURE]
        for name, one in counts.items()
    ]
    columns = [_("Authority"), _("Met or exceeded"), _("Per cent")]
    heading = _("Benchmarks met or exceeded, in figures")
    return [*parts, Grid(heading=heading, columns=columns, rows=rows, shares=[0.46, 0.27, 0.27], is_numeric=True)]


def _over_years(years: Sequence[Year]) -> Grid:
    """The same share in each cycle, the oldest first. By standing alone, which is all that two schemes share."""
    found = [
        {name: _share(own.values()) for name, own in _by_authority(year.rows()).items()} for year in reversed(years)
    ]
    names = sorted({name for one in found for name in one})
    rows = [
        [name, *(_year_cell(one[name]) if name in one else _("No record") for one in found)] for name in names
    ]  # fmt: skip
    first = 0.34
    return Grid(
        heading=_("Benchmarks met or exceeded, over the years"),
        lede=[
            _(
                "Met or exceeded, of the benchmarks with an agreed outcome. The benchmarks and how many are counted "
                "differ between schemes and years, so a change is no measure by itself."
            )
        ],
        columns=[_("Authority"), *(year.cycle for year in reversed(years))],
        rows=rows,
        shares=[first, *[(1 - first) / len(years)] * len(years)],
        is_numeric=True,
    )


def _year_cell(share: tuple[int, int]) -> str:
    return f"{_of(*share)} ({_percent(*share)}%)" if share[1] else _("No agreed outcome")


def _what_they_are(years: Sequence[Year], views: Sequence[View], about: About) -> Section:
    """The last slides: the rule of each figure, what it is of, and what is left out."""
    now = years[0].rows()
    rules = dict.fromkeys(str(rule) for view in (*(year.view for year in years), *views) for rule in view.rules)
    gaps = Counter(row.agreed for row in now if not row.agreed_standing)
    said = [
        ngettext(
            "%(count)d authority of %(region)s is in this pack.",
            "%(count)d authorities of %(region)s are in this pack.",
            count := len(_by_authority(now)),
        )
        % {"count": count, "region": about.region},
        *rules,
    ]
    if gaps:
        what = ", ".join(f"{what} ({count})" for what, count in sorted(gaps.items()))
        said.append(_("Left out of this year’s shares, by reason and how often: %(what)s.") % {"what": what})
    said.append(_("What the figures mean: %(address)s") % {"address": about.method})
    return Section(heading=_("What these figures are"), passages=[Passage(text=one) for one in said])


# What is taken over from other views


def _wanted(wanted: Wanted, view: View) -> list[Grid | Chart | Section]:
    """A table of a view, with its chart before it. A view without that table, or without rows, gives nothing."""
    if len(view.tables) < wanted.table or not view.tables[wanted.table - 1].rows:
        return []
    table = view.tables[wanted.table - 1]
    places = [one for one in wanted.columns or range(len(table.columns)) if one < len(table.columns)]
    rows = [[_text(row[place]) for place in places] for row in table.rows]
    first = 0.34 if len(places) > 2 else 0.5
    grid = Grid(
        heading=str(wanted.heading),
        columns=[str(table.columns[place]) for place in places],
        rows=rows,
        shares=[first, *[(1 - first) / (len(places) - 1)] * (len(places) - 1)] if len(places) > 1 else [1],
        size=USUAL if len(places) <= 5 else SMALL,
        is_numeric=True,
    )
    chart = _chart(wanted, table) if wanted.charted else None
    return (
        [chart, grid.model_copy(update={"heading": _("%(title)s, in figures") % {"title": wanted.heading}})]
        if chart
        else [grid]
    )


def _chart(wanted: Wanted, table: Table) -> Chart | None:
    """The bars of a table: of its rows that have a number in one of the columns. None where no row has."""
    charted = wanted.charted
    if charted is None or any(place >= len(table.columns) for place, _tone in charted.columns):
        return None
    rows = [(str(row[0]), [_number(row[place]) for place, _tone in charted.columns]) for row in table.rows]
    rows = [row for row in rows if any(value is not None for value in row[1])]
    if not rows:
        return None
    return Chart(
        heading=str(wanted.heading),
        categories=[name for name, _values in rows],
        series=[
            Series(name=str(table.columns[place]), tone=tone, values=[values[at] for _name, values in rows])
            for at, (place, tone) in enumerate(charted.columns)
        ],
        description=_("One bar for each value: the figures follow as a table. What has no bar has no value."),
        number_format=charted.number_format,
    )


# What they share


def _by_authority(rows: Sequence[OutcomeRow]) -> dict[str, dict[int, OutcomeRow]]:
    """Each authority's rows by the number of the benchmark, in the order of the view."""
    found: dict[str, dict[int, OutcomeRow]] = {}
    for row in rows:
        found.setdefault(row.authority, {})[row.number] = row
    return found


def _share(rows: Iterable[OutcomeRow]) -> tuple[int, int]:
    """How many are met or exceeded, of how many that have a level."""
    standings = [row.agreed_standing for row in rows if row.agreed_standing]
    return sum(one != str(Standing.BELOW.label) for one in standings), len(standings)


def _percent(met: int, of: int) -> Decimal:
    """With one decimal, halves up, as on the pages."""
    return (Decimal(100 * met) / of).quantize(Decimal("0.1"), ROUND_HALF_UP) if of else Decimal(0)


def _of(met: int, of: int) -> str:
    return _("%(met)d of %(of)d") % {"met": met, "of": of}


def _tones() -> dict[str, Tone]:
    """By the name of a standing."""
    return {str(Standing(value).label): tone for value, tone in TONES.items()}


def _number(value: object) -> float | None:
    """A value as a number; None for words."""
    if isinstance(value, (int, Decimal)):
        return float(value)
    try:
        return float(Decimal(str(value)))
    except InvalidOperation:
        return None


def _text(value: object) -> str:
    return NO_FIGURE if value in (None, "") else str(value)
