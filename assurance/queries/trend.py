"""One authority over all its years: for its own people, and for whoever may read what was agreed with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, fetch, holds, visible
from assurance.insights import trend as over
from assurance.insights.charts import Cell, Mark, StripRow, line, stacked, strip
from assurance.insights.comparison import Count, Move, Why
from assurance.insights.drawing import Drawing, svg
from assurance.insights.explained import Explained
from assurance.insights.explaining import stated_said, weights_said
from assurance.insights.sheet import View, of_rows
from assurance.insights.trend import Point, Record, Section, year_on
from assurance.models import Authority, Cycle, PictureRow, Succession
from assurance.queries.comparison import predecessor_said, successor_said
from assurance.queries.scales import (
    COUNTS,
    GAPS,
    MOVES,
    OF_YEARS,
    STANDINGS,
    crosswalks_among,
    explained,
    moved_said,
    scales_for,
)
from assurance.text import number_from
from assurance.vocabulary import CycleState, Permission, State
from assurance.years import year_of
from benchmarks.scoring import Gap
from benchmarks.vocabulary import Standing

P = Permission


@dataclass(frozen=True)
class CellText:
    """One benchmark of one year: the outcome, and where it moved ("" for nowhere that can be told)."""

    text: str
    moved: str = ""
    looks: str = ""


@dataclass(frozen=True)
class YearLine:
    """One year in the table of a scheme.

    ``missing`` says in words why there is nothing in it ("" where there is). ``estimate`` marks what an older scheme
    says of these benchmarks, by standing alone. ``stated`` is what the source says of itself, which is in no figure.
    """

    label: str
    href: str
    missing: str = ""
    estimate: bool = False
    cells: tuple[CellText, ...] = ()
    share: Explained | None = None
    score: Explained | None = None
    moved: tuple[str, ...] = ()
    stated: str = ""


@dataclass(frozen=True)
class SchemeTable:
    """The years on one scheme. ``columns`` are numbers with their titles."""

    id: str
    heading: str
    columns: tuple[tuple[int, str], ...]
    lines: tuple[YearLine, ...]


@dataclass(frozen=True)
class Kin:
    """What is said of a predecessor or a successor, with the trend of each that may be read."""

    text: str
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TrendPage:
    """The page. ``drawings`` come with a name of their own each."""

    authority: Authority
    count: str
    counts: tuple[tuple[str, StrOrPromise], ...]
    kin: tuple[Kin, ...]
    tables: tuple[SchemeTable, ...]
    drawings: tuple[tuple[str, Drawing], ...]
    rules: tuple[str, ...]

    @property
    def query(self) -> str:
        """What an address of its export says."""
        return urlencode({"authority": self.authority.pk, "count": self.count})

    @property
    def pictures(self) -> tuple[tuple[str, str, str], ...]:
        """The name of each drawing, its title and its SVG for the page."""
        return tuple(
            (name, one.title, mark_safe(svg(one, name=name)))  # noqa: S308 - escaped there
            for name, one in self.drawings
        )


def trend(actor: Actor, authority_id: int, count: str) -> TrendPage:
    """Every year of an authority. Constant queries, however many years there are.

    Raises:
        NotFound, Forbidden: as ``access.require``; what was agreed with the authority has to be open to the actor.
    """
    return _Found(actor, authority_id, count).page()


def trend_view(actor: Actor, params: Mapping[str, str], at: datetime) -> View:
    """The same as it is exported. ``params["authority"]`` is the authority's id.

    Raises:
        NotFound, Forbidden: as :func:`trend`.
    """
    page = _Found(actor, number_from(params.get("authority", "")) or 0, params.get("count", "")).page()
    name = page.authority.name
    tables = []
    for table in page.tables:
        heads = (
            _("Year"), *(f"{number}. {title}" for number, title in table.columns), _("Met or exceeded"),
            _("Of"), _("Weighted score"), _("Note"),
        )  # fmt: skip
        tables.append(of_rows(table.heading, heads, [_row(one, len(table.columns)) for one in table.lines]))
    drawings = [one for _name, one in page.drawings]
    title = _("%(authority)s over the years") % {"authority": name}
    whole = stacked(drawings, title=title, text=" ".join(f"{one.title}: {one.text}" for one in drawings))
    return View(
        name="trend",
        title=title,
        rules=(*page.rules, *(one.text for one in page.kin)),
        tables=tuple(tables),
        picture=svg(whole, standalone=True) if drawings else "",
        authorities=1,
    )


def _row(one: YearLine, columns: int) -> tuple[Any, ...]:
    if one.missing:
        return (one.label, *([one.missing] * columns), "", "", "", one.missing)
    note = _("estimate, by standing only") if one.estimate else "; ".join(filter(None, (one.stated, *one.moved)))
    figures = (one.share.value, one.share.of, one.score.value) if one.share and one.score else ("", "", "")
    return (one.label, *(cell.text for cell in one.cells), *figures, note)


class _Found:
    """Everything that is read of one authority."""

    def __init__(self, actor: Actor, authority_id: int, count: str) -> None:
        self.actor = actor
        self.authority = fetch(actor, P.READ_OUTCOMES, Authority, pk=authority_id)
        self.choice = count if count in COUNTS else ""
        self.count, _label = COUNTS[self.choice]
        rows = self._rows()
        self.successions = self._successions()
        self.scales = scales_for(row["cycle__scheme_version_id"] for row in rows)
        records = [self._record(row) for row in rows]
        self.stated = {
            row["assessment_id"]: stated_said(row["assessment__stated_met"], row["assessment__stated_of"])
            for row in rows
            if row["assessment__stated_of"]
        }
        self.by_key = {one.key: one for one in records}
        self.trend = over.trend(records, self.count, self._crosswalks(records), self._years())

    def _rows(self) -> list[Any]:
        """What is recorded of it. One query."""
        rows = visible(self.actor, PictureRow).filter(authority=self.authority.pk).order_by()
        return list(rows.values("assessment_id", "cycle__name", "cycle__scheme_version_id", "state", "agreed",
                                "assessment__stated_met", "assessment__stated_of"))  # fmt: skip

    def _years(self) -> list[str]:
        """The years in which there was a cycle of the programme. One query."""
        cycles = Cycle.objects.filter(programme=self.authority.programme_id).exclude(state=CycleState.DRAFT)
        return [year_of(name) for name in cycles.order_by().values_list("name", flat=True)]

    def _successions(self) -> list[Succession]:
        """Whose successor it is, and who took over from it. One query."""
        rows = Succession.objects.filter(Q(successor=self.authority) | Q(predecessor=self.authority))
        return list(
            rows.select_related("predecessor", "successor").order_by("date", "predecessor__name", "successor__name")
        )

    def _record(self, row: Mapping[str, Any]) -> Record:
        missing = None
        if not row["agreed"]:
            missing = Why.WITHDRAWN_NOW if row["state"] == State.WITHDRAWN else Why.NOT_COUNTED_NOW
        scale = self.scales[row["cycle__scheme_version_id"]]
        name = row["cycle__name"]
        return Record(row["assessment_id"], year_of(name), name, scale, tuple(row["agreed"]), missing)

    def _crosswalks(self, records: Iterable[Record]) -> dict[tuple[str, str], tuple[tuple[int, int], ...]]:
        """How each scheme is read in those that came after it."""
        codes: list[str] = []
        for one in sorted(records, key=lambda it: it.year):
            if one.scale.code not in codes:
                codes.append(one.scale.code)
        return crosswalks_among([(old, new) for place, old in enumerate(codes) for new in codes[place + 1 :]])

    # --- In words

    def page(self) -> TrendPage:
        """The page in words."""
        tables = tuple(self._table(place, section) for place, section in enumerate(self.trend.sections))
        return TrendPage(
            authority=self.authority,
            count=self.choice,
            counts=tuple((key, label) for key, (_count, label) in COUNTS.items()),
            kin=tuple(self._kin()),
            tables=tables,
            drawings=tuple(self._drawings()) if self.trend.points else (),
            rules=self._rules(),
        )

    def _kin(self) -> Iterable[Kin]:
        before = [(one.predecessor, one.date) for one in self.successions if one.successor_id == self.authority.pk]
        after = [(one.successor, one.date) for one in self.successions if one.predecessor_id == self.authority.pk]
        for found, say in ((before, successor_said), (after, predecessor_said)):
            if found:
                links = tuple(
                    (one.name, reverse("trend", args=[one.pk]))
                    for one, _date in found
                    if holds(self.actor, P.READ_OUTCOMES, one)
                )
                yield Kin(say([(one.name, day) for one, day in found]), links)

    def _rules(self) -> tuple[str, ...]:
        rules = [
            _(
                "Met or exceeded is the share of benchmarks at which the duty is met or exceeded, of those that count "
                "and have an outcome."
            ),
            _(
                "The weighted score is the points of the outcomes by weight, divided by the sum of those weights, "
                "within one scheme."
            ),
            {
                Count.ALL: _("Every benchmark with an outcome counts, so two years may count different benchmarks."),
                Count.COMMON: _("Like with like: only benchmarks with an outcome in every year on the scheme count."),
                Count.SCORED: _("Only benchmarks that the scheme scores count, even where another has an outcome."),
            }[self.count],
            _(
                "What is not applicable, not known or not answered is left out, and is never zero. A year without a "
                "record is a gap."
            ),
        ]
        if len(self.trend.sections) > 1:
            rules.append(
                _(
                    "Two schemes share nothing but whether the duty is met. What an older scheme says of newer "
                    "benchmarks is this service’s estimate, by standing only, and is in no figure."
                )
            )
        rules += [weights_said(section.scale.weights) for section in self.trend.sections[-1:]]
        return tuple(rules)

    def _table(self, place: int, section: Section) -> SchemeTable:
        scheme = section.scale.scheme
        estimates = [self._estimate(record, standings) for record, standings in section.estimates]
        return SchemeTable(
            id=f"scheme-{place}",
            heading=scheme.name,
            columns=tuple((number, scheme.benchmarks[number].title) for number in section.scale.numbers),
            lines=(*estimates, *(self._line(point) for point in section.points)),
        )

    def _line(self, point: Point) -> YearLine:
        one = point.record
        if one is None:
            return YearLine(point.year, "", missing=_("No record"))
        href = reverse("record", args=[one.key])
        if one.missing is not None:
            return YearLine(one.cycle, href, missing=str(OF_YEARS[one.missing]).capitalize())
        levels = frozenset(it.number for it in point.results if not isinstance(it.result, Gap))
        share, score = explained(one.scale, one.codes, levels - set(point.unlike), self.count)
        moves = dict(point.change.moves) if point.change and not point.change.estimate else {}
        cells = []
        for it in point.results:
            moved = moves.get(it.number)
            if isinstance(it.result, Gap):
                cells.append(CellText(str(GAPS[it.result]), looks="gap"))
                continue
            level = one.scale.scheme.level(it.result.code)
            went = str(MOVES[moved]).lower() if moved in (Move.UP, Move.DOWN) else ""
            cells.append(CellText(level.label if level else it.result.code, went, str(it.result.standing)))
        return YearLine(
            one.cycle, href, cells=tuple(cells), share=share, score=score, moved=self._moved(point),
            stated=self.stated.get(one.key, ""),
        )  # fmt: skip

    def _moved(self, point: Point) -> tuple[str, ...]:
        if point.change is None:
            return ()
        then = self.by_key[point.change.pair.then.cycle].cycle
        if not point.change.moves:
            return (_("Not compared with %(cycle)s: %(why)s.") % {"cycle": then, "why": OF_YEARS[Why.NO_CROSSWALK]},)
        heading = (
            _("Against %(cycle)s, an estimate by standing only:") if point.change.estimate else _("Against %(cycle)s:")
        )
        return (heading % {"cycle": then}, *moved_said(point.change, OF_YEARS))

    def _estimate(self, record: Record, standings: Mapping[int, Standing | Gap]) -> YearLine:
        cells = tuple(
            CellText(str(GAPS[found]), looks="gap")
            if isinstance(found, Gap)
            else CellText(str(STANDINGS[found]), looks=str(found))
            for found in standings.values()
        )
        return YearLine(record.cycle, reverse("record", args=[record.key]), estimate=True, cells=cells)

    # --- Drawn

    def _drawings(self) -> Iterable[tuple[str, Drawing]]:
        yield "share", self._share()
        for place, section in enumerate(self.trend.sections):
            if any(point.has_figures for point in section.points):
                yield f"score-{place}", self._score(section)
        if self.trend.sections and (last := self.trend.sections[-1]).estimates:
            yield "standings", self._strip(last)

    def _share(self) -> Drawing:
        breaks = self._breaks()
        marks = []
        for place, point in enumerate(self.trend.points):
            percent = point.share.percent if point.share else None
            said = f"{percent}%" if percent is not None else _missing(point)
            of = f"{point.share.numerator}/{point.share.denominator}" if point.share and percent is not None else ""
            marks.append(
                Mark(
                    point.record.cycle if point.record else point.year,
                    float(percent) / 100 if percent is not None else None,
                    said,
                    breaks.get(place, ""),
                    of,
                )
            )
        axis = [(0.0, "0%"), (0.5, "50%"), (1.0, "100%")]
        return line(marks, title=_("Met or exceeded by year"), text=_told(marks), axis=axis, tall=320)

    def _breaks(self) -> dict[int, str]:
        """What is written where the line is interrupted, by the place of the year after it."""
        said: dict[int, list[str]] = {}
        met: set[object] = set()
        for place, point in enumerate(self.trend.points):
            record = point.record
            if record is None or record.missing is not None:
                continue
            if place in self.trend.breaks:
                # Of two cycles of one year the later in order may be on the older scheme: that one is not new.
                text = _("Other scheme: %(name)s") if record.scale.form in met else _("New scheme: %(name)s")
                said.setdefault(place, []).append(text % {"name": record.scale.scheme.name})
            met.add(record.scale.form)
        predecessors: dict[int, list[tuple[str, Any]]] = {}
        for one in self.successions:
            if one.successor_id == self.authority.pk:
                year = year_on(one.date)
                places = [place for place, point in enumerate(self.trend.points) if point.year >= year]
                if places:
                    predecessors.setdefault(places[0], []).append((one.predecessor.name, one.date))
        for place, found in predecessors.items():
            said.setdefault(place, []).append(successor_said(found))
        return {place: "; ".join(texts) for place, texts in said.items()}

    def _score(self, section: Section) -> Drawing:
        most = section.scale.most_points
        marks = []
        for point in section.points:
            score = point.score.score if point.score else None
            said = str(score) if score is not None else _missing(point)
            label = point.record.cycle if point.record else point.year
            marks.append(Mark(label, float(score) / most if score is not None and most else None, said))
        axis = [(0.0, "0"), (1.0, str(most))]
        title = _("Weighted score: %(name)s") % {"name": section.scale.scheme.name}
        return line(marks, title=title, text=_told(marks), axis=axis, tall=180)

    def _strip(self, section: Section) -> Drawing:
        rows = []
        for record, standings in section.estimates:
            label = _("%(cycle)s, estimate") % {"cycle": record.cycle}
            rows.append(StripRow(label, tuple(_cell(found) for found in standings.values()), estimate=True))
        for point in section.points:
            if point.record is not None and point.record.missing is None:
                found = point.record.scale.standings_of(point.record.codes)
                rows.append(StripRow(point.record.cycle, tuple(_cell(it) for it in found.values()), estimate=False))
        told = " ".join(
            f"{row.label}: {', '.join(f'{number} {cell.title}' for number, cell in _numbered(section, row.cells))}."
            for row in rows
        )
        return strip(
            rows,
            [str(number) for number in section.scale.numbers],
            title=_("Standing by benchmark: %(name)s") % {"name": section.scale.scheme.name},
            text=told,
            key=_(
                "B: below what the duty asks. M: meets it. E: exceeds it. –: no outcome. A small field within dashes "
                "is an estimate from another scheme, by standing only."
            ),
        )


def _numbered(section: Section, cells: Sequence[Cell]) -> Iterable[tuple[int, Cell]]:
    return zip(section.scale.numbers, cells, strict=True)


def _cell(found: Standing | Gap) -> Cell:
    if isinstance(found, Gap):
        return Cell("gap", "–", str(GAPS[found]))
    letters = {Standing.BELOW: _("B"), Standing.MEETS: _("M"), Standing.EXCEEDS: _("E")}
    return Cell(str(found), letters[found], str(STANDINGS[found]))


def _missing(point: Point) -> str:
    """Why a year has no figure, shortly."""
    if point.record is None:
        return _("No record")
    if point.record.missing is not None:
        return str(OF_YEARS[point.record.missing]).capitalize()
    return _("No figure")


def _told(marks: Iterable[Mark]) -> str:
    """A line in words: each year with its value, and each break where it is."""
    return " ".join(f"{f'[{one.breaks}] ' if one.breaks else ''}{one.label}: {one.text}." for one in marks)
