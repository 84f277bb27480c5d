"""Authorities compared: a cycle with an earlier year, or what they said of themselves with what was agreed.

What every authority needs is read in one short statement for each side and compared here, so that the table, its
totals, its order and its pages cannot disagree. An authority is there for whoever sees the picture and may read both
sides at it, and for nobody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Page, Paginator
from django.db.models import Case, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import JSONObject, RowNumber
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, reach, require_anywhere, visible
from assurance.insights import comparison as compared
from assurance.insights.charts import Bar, BarPair, bar_pairs
from assurance.insights.comparison import Compared, Count, Move, Pair, Side, Tally, Totals, Why, compare, ordered
from assurance.insights.drawing import Drawing, svg
from assurance.insights.explained import Explained
from assurance.insights.explaining import weights_said
from assurance.insights.sheet import View, of_rows
from assurance.memberships import holds_on
from assurance.models import Cycle, Partnership, PartnershipMember, PictureRow, Succession
from assurance.queries.scales import (
    COUNTS,
    OF_JUDGEMENTS,
    OF_YEARS,
    change_said,
    crosswalks_among,
    explained,
    moved_said,
    percent_said,
    scales_for,
    score_said,
)
from assurance.vocabulary import PORTFOLIO_ROLES, Permission, State
from assurance.years import newest, year_of
from benchmarks.catalogue import scheme_text

P = Permission
PAGE_SIZE = 50
ALL = "all"
"""In the address: every region, where one would otherwise be chosen."""
MINE = "mine"
"""In the address: the reader's own portfolio."""
YEARS, JUDGEMENTS = "agreed", "self"
WHAT: Mapping[str, StrOrPromise] = {
    YEARS: gettext_lazy("Agreed with an earlier year"),
    JUDGEMENTS: gettext_lazy("Agreed with own outcomes"),
}
SHOWS: Mapping[str, Move | None] = {"up": Move.UP, "level": Move.LEVEL, "down": Move.DOWN, "none": None}
"""What the list can be narrowed to."""


@dataclass(frozen=True)
class Choice:
    """What the page is asked for. What cannot be had falls back to what can."""

    cycle: str = ""
    against: str = ""
    judgement: str = ""
    region: str = ""
    nation: str = ""
    type: str = ""
    partnership: str = ""
    whose: str = ""
    count: str = ""
    show: str = ""
    sort: str = ""

    @classmethod
    def of(cls, params: Mapping[str, str]) -> Choice:
        """The choice that an address makes."""
        return cls(**{name: params.get(name, "")[:200] for name in cls.__dataclass_fields__})

    def address(self, **changes: str) -> str:
        """The address of the page with this choice, some of it changed."""
        values = {key: value for key, value in vars(replace(self, **changes)).items() if value}
        return f"?{urlencode(values)}"

    @property
    def query(self) -> str:
        """The choice as it stands after a question mark."""
        return self.address().removeprefix("?")


@dataclass(frozen=True)
class SideLine:
    """One side of an authority in words. ``explained`` are its share and its score (none where nothing counts)."""

    cycle: str
    score: str
    share: str
    of: str
    record: str
    explained: tuple[Explained, ...] = ()


@dataclass(frozen=True)
class Line:
    """One authority in words. ``why`` says why its scores are not compared ("" where they are)."""

    name: str
    href: str
    now: SideLine
    then: SideLine
    change: str
    why: str
    up: int | None
    level: int | None
    down: int | None
    left_out: int | None
    estimate: bool
    unlike: bool
    moved: tuple[str, ...]

    @property
    def explains(self) -> bool:
        """Whether there is any figure to explain."""
        return bool(self.moved or self.now.explained or self.then.explained)


@dataclass(frozen=True)
class Column:
    """A column that can be sorted by. ``aria`` is what a screen reader says of it ("" for unsorted)."""

    label: StrOrPromise
    href: str
    aria: str
    numeric: bool = False


@dataclass(frozen=True)
class TallyLink:
    """A count of authorities that is a link to them."""

    text: str
    href: str
    current: bool


@dataclass(frozen=True)
class BenchmarkLine:
    """How one benchmark moved, of all authorities shown."""

    label: str
    totals: Totals


@dataclass(frozen=True)
class Options:
    """What can be chosen, each as (value, label)."""

    cycles: tuple[tuple[str, str], ...]
    against: tuple[tuple[str, str], ...]
    judgements: tuple[tuple[str, StrOrPromise], ...]
    regions: tuple[tuple[str, str], ...]
    nations: tuple[tuple[str, str], ...]
    types: tuple[tuple[str, str], ...]
    partnerships: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, StrOrPromise], ...]
    has_portfolio: bool


@dataclass(frozen=True)
class Comparison:
    """The page. ``cycle`` is "" when there is none to show.

    ``is_estimated`` says that every move of the authorities shown is across schemes, on whatever page it stands.
    """

    choice: Choice
    options: Options
    cycle: str
    against: str
    scope: str
    sides: tuple[str, str]
    rules: tuple[StrOrPromise, ...]
    page: Page[Any]
    lines: tuple[Line, ...]
    columns: Mapping[str, Column]
    tallies: tuple[TallyLink, ...]
    totals: Totals
    outcomes: Totals
    estimates: Totals
    by_benchmark: tuple[BenchmarkLine, ...]
    estimated_by_benchmark: tuple[BenchmarkLine, ...]
    drawing: Drawing | None
    is_estimated: bool

    @property
    def compares_years(self) -> bool:
        """Whether two years are compared, and not two judgements."""
        return self.choice.judgement == YEARS

    @property
    def picture(self) -> str:
        """The drawing as SVG for the page."""
        return mark_safe(svg(self.drawing, name="comparison")) if self.drawing else ""  # noqa: S308 - escaped there

    @property
    def unlike(self) -> bool:
        """Whether some score on the page is of other benchmarks than the one beside it."""
        return any(line.unlike for line in self.lines)

    @property
    def like_href(self) -> str:
        """The same page with like compared with like."""
        return self.choice.address(count="common")


def comparison(actor: Actor, choice: Choice, page: int, at: datetime) -> Comparison:
    """Authorities compared, a page of them. Constant queries, however many authorities there are.

    Raises:
        Forbidden: the actor sees no picture anywhere.
    """
    found = _Found(actor, choice, at)
    shown = Paginator(found.shown, PAGE_SIZE).get_page(page)
    writer = _Writer(found)
    lines = tuple(map(writer.line, shown.object_list))
    by_level, by_standing = (found.by_benchmark(estimate=estimate) for estimate in (False, True))
    return Comparison(
        choice=found.choice,
        options=found.options,
        cycle=found.cycle.name if found.cycle else "",
        against=found.against_said,
        scope=found.scope_said,
        sides=found.sides_said,
        rules=found.rules,
        page=shown,
        lines=lines,
        columns=_columns(found.choice),
        tallies=_tallies(found),
        totals=compared.authorities(found.rows),
        outcomes=compared.together(one.totals for one in by_level),
        estimates=compared.together(one.totals for one in by_standing),
        by_benchmark=by_level,
        estimated_by_benchmark=by_standing,
        drawing=writer.drawing(shown.object_list) if lines else None,
        is_estimated={one.estimate for one in found.shown if one.steps} == {True},
    )


def comparison_view(actor: Actor, params: Mapping[str, str], at: datetime) -> View:
    """The same as it is exported: every authority of the scope, and the picture of the first fifty.

    For the log those authorities count that have figures on a side: of others only a name and a reason leave.
    """
    found = _Found(actor, Choice.of(params), at)
    writer = _Writer(found)
    drawing = writer.drawing(found.shown[:PAGE_SIZE])
    cycle = found.cycle.name if found.cycle else ""
    then, now = found.sides_said
    title = _("Comparison: %(cycle)s against %(against)s, %(scope)s") % {
        "cycle": cycle, "against": found.against_said, "scope": found.scope_said,
    }  # fmt: skip
    columns = (
        _("Authority"), _("%(side)s: cycle") % {"side": then}, _("%(side)s: weighted score") % {"side": then},
        _("%(side)s: met or exceeded") % {"side": then}, _("%(side)s: of benchmarks") % {"side": then},
        _("%(side)s: cycle") % {"side": now}, _("%(side)s: weighted score") % {"side": now},
        _("%(side)s: met or exceeded") % {"side": now}, _("%(side)s: of benchmarks") % {"side": now},
        _("Change of the score"), _("Why it is not comparable"), _("Benchmarks up"), _("Benchmarks level"),
        _("Benchmarks down"), _("Benchmarks not compared"), _("Moves are estimates by standing"),
    )  # fmt: skip
    rows = []
    for one in found.shown:
        line = writer.line(one)
        before, after = one.then, one.now
        rows.append((
            line.name, line.then.cycle, _plain(before, line.then, is_other=writer.is_other(one.pair.then)),
            before.met if before else None, before.of if before else None,
            line.now.cycle, _plain(after, line.now), after.met if after else None, after.of if after else None,
            line.change, line.why, line.up, line.level, line.down, line.left_out,
            _("Yes") if line.estimate else _("No"),
        ))  # fmt: skip
    tables = [of_rows(_("Authorities"), columns, rows)]
    for estimate, name in ((False, _("Benchmarks")), (True, _("Benchmarks, estimated by standing"))):
        if benchmarks := found.by_benchmark(estimate=estimate):
            heads = (_("Benchmark"), _("Up"), _("Level"), _("Down"), _("Not compared"))
            tables.append(of_rows(name, heads, [(one.label, *one.totals) for one in benchmarks]))
    return View(
        name="comparison",
        title=title,
        rules=found.rules,
        tables=tuple(tables),
        picture=svg(drawing, standalone=True) if found.shown else "",
        authorities=sum(one.now is not None or one.then is not None for one in found.shown),
    )


def _plain(tally: Tally | None, side: SideLine, *, is_other: bool = False) -> Decimal | str:
    """A score as a number for a spreadsheet, or why there is none.

    Of another scheme (``is_other``) it is in words, so that nothing that is made of the table draws or adds it up
    beside the scores of this one.
    """
    if tally is None or tally.score is None:
        return side.score
    return _("%(score)s, another scheme") % {"score": side.score} if is_other else Decimal(tally.score) / 100


# --- Asking ----------------------------------------------------------------------------------------------


class Row(NamedTuple):
    """What is read of one assessment."""

    assessment: int
    authority: int
    name: str
    region: str
    nation: str
    type: str
    programme: int
    cycle: int
    state: str
    codes: Sequence[int]
    own: Sequence[int] = ()


FIELDS = (
    "assessment_id", "authority_id", "authority__name", "region", "nation", "type", "programme_id", "cycle_id", "state",
    "agreed",
)  # fmt: skip


class _Found:
    """Everything that is read, and all authorities of the scope compared."""

    def __init__(self, actor: Actor, choice: Choice, at: datetime) -> None:
        require_anywhere(actor, P.READ_PICTURE)
        self.actor, self.at = actor, at
        self.reaches = [reach(actor, P.READ_PICTURE), reach(actor, P.READ_OUTCOMES)]
        self.submitted = reach(actor, P.READ_SUBMITTED)
        self.choice = self._settled(choice)
        self.sight = visible(actor, PictureRow).order_by()
        self.cycles = self._cycles()
        self.cycle = self._cycle()
        self.earlier = self._earlier()
        self.places = self._places()
        self._settle_scope()
        self.successors: dict[int, str] = {}
        self.predecessors: dict[int, str] = {}
        self.names: dict[int, str] = {}
        self.assessments: dict[tuple[int, int], int] = {}
        self.rows = self._compare()
        self.shown = self._shown()

    # What is asked for

    def _settled(self, choice: Choice) -> Choice:
        judgement = JUDGEMENTS if choice.judgement == JUDGEMENTS and self.submitted else YEARS
        return replace(
            choice,
            judgement=judgement,
            count=choice.count if choice.count in COUNTS else "",
            show=choice.show if choice.show in SHOWS else "",
            sort=choice.sort if choice.sort.removeprefix("-") in compared.SORTS else "",
            whose=MINE if choice.whose == MINE and self.portfolio else "",
        )

    @property
    def portfolio(self) -> tuple[int, ...]:
        """The authorities that the reader has as an adviser."""
        return tuple(one.authority_id for one in self.actor.grants if one.role in PORTFOLIO_ROLES and one.authority_id)

    def _cycles(self) -> list[Any]:
        """The cycles of which the actor sees a row, newest first. One query.

        Each with whether anything is agreed, and with the partnerships of authorities that the actor sees.
        """
        here = self.sight.filter(cycle=OuterRef("pk"))
        members = PartnershipMember.objects.filter(
            Exists(self.sight.filter(authority=OuterRef("authority"))),
            holds_on(timezone.localdate(self.at)),
            partnership=OuterRef("pk"),
        )
        partnerships = Partnership.objects.filter(Exists(members), programme=OuterRef("programme"))
        # The first row of each cycle: whether any exists would be found out by reading all of them.
        rows = Cycle.objects.annotate(
            is_there=Subquery(here.values("pk")[:1]),
            has_agreed=Subquery(here.filter(state=State.AGREED).values("pk")[:1]),
            partnerships=ArraySubquery(partnerships.values(json=JSONObject(pk="pk", name="name"))),
        )
        return [one for one in rows.select_related("programme") if one.is_there]

    def _cycle(self) -> Any:
        chosen = next((one for one in self.cycles if str(one.pk) == self.choice.cycle), None)
        cycle = chosen or newest(self.cycles)
        self.choice = replace(self.choice, cycle=str(cycle.pk) if cycle else "")
        return cycle

    def _earlier(self) -> list[Any]:
        """The cycles of earlier years in the programme, as ``years.before`` goes through them."""
        cycle = self.cycle
        found = [
            one
            for one in self.cycles
            if cycle and one.programme_id == cycle.programme_id and year_of(one.name) < year_of(cycle.name)
        ]
        # In this order each next is further back; what is alike is told apart by the scheme, then by name.
        found.sort(
            key=lambda one: (year_of(one.name), one.scheme_version_id == cycle.scheme_version_id, one.name, one.pk),
            reverse=True,
        )
        if self.choice.against not in {str(one.pk) for one in found}:
            self.choice = replace(self.choice, against="")
        return found

    @property
    def against(self) -> Any:
        """The cycle that is compared with; None for each authority's own last year."""
        return next((one for one in self.earlier if str(one.pk) == self.choice.against), None)

    def _places(self) -> list[tuple[str, str, str]]:
        """Regions, nations and types of the cycle's authorities. One query."""
        rows = self.sight.filter(cycle=self.cycle).values_list("region", "nation", "type").distinct()
        return sorted(rows) if self.cycle else []

    @property
    def partnerships(self) -> list[tuple[str, str]]:
        """The partnerships that can be chosen, each as (id, name)."""
        return [(str(one["pk"]), one["name"]) for one in self.cycle.partnerships] if self.cycle else []

    def _settle_scope(self) -> None:
        regions, nations, types = (set(one) for one in zip(*self.places, strict=True)) if self.places else ((),) * 3
        choice = self.choice
        kept = replace(
            choice,
            region=choice.region if choice.region in regions or choice.region == ALL else "",
            nation=choice.nation if choice.nation in nations else "",
            type=choice.type if choice.type in types else "",
            partnership=choice.partnership if choice.partnership in dict(self.partnerships) else "",
        )
        narrowed = kept.region or kept.nation or kept.type or kept.partnership or kept.whose
        if not narrowed and len(regions) > 1 and not self.portfolio:
            # A whole country is compared when it is asked for.
            kept = replace(kept, region=min(regions))
        self.choice = kept

    @property
    def options(self) -> Options:
        """What can be chosen."""
        regions, nations, types = (
            (sorted(set(one)) for one in zip(*self.places, strict=True)) if self.places else ([],) * 3
        )
        several = len({one.programme_id for one in self.cycles}) > 1
        return Options(
            cycles=tuple(
                (str(one.pk), f"{one.programme.name}, {one.name}" if several else one.name) for one in self.cycles
            ),
            against=(
                ("", _("Each one’s last agreed year")),
                *((str(one.pk), one.name) for one in self.earlier),
            ),
            judgements=tuple((key, label) for key, label in WHAT.items() if key == YEARS or self.submitted),
            regions=((ALL, _("All regions")), *((one, one) for one in regions)) if len(regions) > 1 else (),
            nations=tuple((one, one) for one in nations) if len(nations) > 1 else (),
            types=tuple((one, one) for one in types) if len(types) > 1 else (),
            partnerships=tuple(self.partnerships),
            counts=tuple((key, label) for key, (_count, label) in COUNTS.items()),
            has_portfolio=bool(self.portfolio) and len(self.reaches[0].wider) > 0,
        )

    # What is read

    def _scoped(self) -> QuerySet[PictureRow]:
        choice, rows = self.choice, self.sight
        if choice.region and choice.region != ALL:
            rows = rows.filter(region=choice.region)
        if choice.nation:
            rows = rows.filter(nation=choice.nation)
        if choice.type:
            rows = rows.filter(type=choice.type)
        if choice.partnership:
            members = PartnershipMember.objects.filter(
                holds_on(timezone.localdate(self.at)), partnership=int(choice.partnership)
            )
            rows = rows.filter(authority__in=members.values("authority"))
        if choice.whose:
            rows = rows.filter(authority__in=self.portfolio)
        return rows

    def _read(self, *, years: bool) -> list[Row]:
        """The rows of the cycle; with ``years`` of each authority also the one that it is compared with. One query.

        That is its row in the chosen cycle, or of those before the one that was agreed last. Only authorities at which
        the actor may read what is compared.
        """
        whole = IntegerField()
        before = ([self.against] if self.against else self.earlier) if years else []
        rows = self._scoped().filter(cycle__in=[self.cycle.pk, *(one.pk for one in before)])
        fields = FIELDS if years else (*FIELDS, "own")
        if before:
            places = [When(cycle=one.pk, then=Value(place)) for place, one in enumerate(before)]
            side = Case(When(cycle=self.cycle.pk, then=Value(0)), default=Value(1), output_field=whole)
            later = Case(When(state=State.AGREED, then=Value(0)), default=Value(1), output_field=whole)
            place = Case(*places, default=Value(0), output_field=whole)
            first = Window(RowNumber(), partition_by=[F("authority_id"), side], order_by=[later.asc(), place.asc()])
            rows = rows.annotate(turn=first).filter(turn=1)
        reaches = self.reaches if years else [*self.reaches, self.submitted]
        found = (Row(*values) for values in rows.values_list(*fields))
        return [row for row in found if all(it.covers(row.authority, row.region, row.programme) for it in reaches)]

    def _compare(self) -> list[Compared]:
        if self.cycle is None:
            return []
        years = self.choice.judgement == YEARS
        rows = self._read(years=years)
        now = {row.authority: row for row in rows if row.cycle == self.cycle.pk}
        then = {row.authority: row for row in rows if row.cycle != self.cycle.pk}
        versions = {one.pk: one.scheme_version_id for one in (self.cycle, *self.earlier)}
        used = {row.cycle for row in (*now.values(), *then.values())}
        self.scales = scales_for({versions[pk] for pk in used} | {self.cycle.scheme_version_id})
        self.by_cycle = {pk: self.scales[version] for pk, version in versions.items() if version in self.scales}
        self.cycle_names = {one.pk: one.name for one in (self.cycle, *self.earlier)}
        wanted = self._wanted(now, then)
        for row in (*then.values(), *now.values()):
            self.names[row.authority] = row.name
            self.assessments[row.authority, row.cycle] = row.assessment
        if years:
            self._read_lineage()
        pairs = [self._pair(key, now.get(key), then.get(key), years=years) for key in wanted]
        ways = {(one.then.scale.code, one.now.scale.code) for one in pairs if one.now.scale and one.then.scale}
        crosswalks = crosswalks_among(ways)
        count, _label = COUNTS[self.choice.count]
        return [compare(one, count, crosswalks) for one in pairs]

    def _wanted(self, now: Mapping[int, Row], then: Mapping[int, Row]) -> list[int]:
        """The authorities of the cycle, and those that were there the time before and are no longer."""
        last = self.against.pk if self.against else None
        year = year_of(self.earlier[0].name) if self.earlier else ""
        gone = [
            key
            for key, row in then.items()
            if key not in now and (row.cycle == last or year_of(self.cycle_names[row.cycle]) == year)
        ]
        return [*now, *gone]

    def _pair(self, key: int, now: Row | None, then: Row | None, *, years: bool) -> Pair:
        this = Side(self.cycle.pk, None, (), Why.NO_RECORD_NOW)
        if now is not None:
            this = Side(now.cycle, self.by_cycle[now.cycle], now.codes, _missing(now, now.codes, is_now=True))
        if not years and now is not None:
            own = Side(now.cycle, self.by_cycle[now.cycle], now.own, _missing(now, now.own, is_now=False))
            return Pair(key, this, own)
        counts = then is not None and bool(then.codes)
        if then is None or (key in self.successors and not counts):
            why = Why.SUCCESSOR if key in self.successors else Why.NO_RECORD_THEN
            return Pair(key, this, Side(self.against.pk if self.against else 0, None, (), why))
        before = Side(then.cycle, self.by_cycle[then.cycle], then.codes, _missing(then, then.codes, is_now=False))
        return Pair(key, this, before)

    def _read_lineage(self) -> None:
        """Whose successor an authority is, and who took over from it, in a sentence. One query."""
        rows = Succession.objects.filter(successor__programme=self.cycle.programme_id)
        rows = rows.select_related("predecessor", "successor").order_by("date", "predecessor__name", "successor__name")
        before, after = defaultdict(list), defaultdict(list)
        for row in rows:
            before[row.successor_id].append((row.predecessor.name, row.date))
            after[row.predecessor_id].append((row.successor.name, row.date))
        self.successors = {key: successor_said(found) for key, found in before.items()}
        self.predecessors = {key: predecessor_said(found) for key, found in after.items()}

    def _shown(self) -> list[Compared]:
        move = SHOWS.get(self.choice.show)
        rows = [one for one in self.rows if not self.choice.show or one.move is move]
        return ordered(rows, self.choice.sort, lambda one: self.names[one.pair.key])

    def by_benchmark(self, *, estimate: bool) -> tuple[BenchmarkLine, ...]:
        """How each benchmark of the cycle's scheme moved."""
        if self.cycle is None:
            return ()
        titles = scheme_text(self.cycle.scheme_version_id).benchmarks
        found = compared.by_benchmark(self.rows, estimate=estimate)
        return tuple(
            BenchmarkLine(f"{number}. {titles[number].title}" if number in titles else str(number), totals)
            for number, totals in found.items()
        )

    # What is said of it

    @property
    def sides_said(self) -> tuple[str, str]:
        """What the two sides are called, then and now."""
        if self.choice.judgement == JUDGEMENTS:
            return _("Own outcomes"), _("Agreed")
        return _("Before"), _("Now")

    @property
    def against_said(self) -> str:
        """What is compared with."""
        if self.choice.judgement == JUDGEMENTS:
            return _("their own outcomes")
        return self.against.name if self.against else _("the last agreed year before")

    @property
    def scope_said(self) -> str:
        """Of which authorities, in words."""
        choice = self.choice
        parts = [
            choice.region if choice.region != ALL else _("all regions"),
            choice.nation,
            choice.type,
            dict(self.partnerships).get(choice.partnership, ""),
            _("my portfolio") if choice.whose else "",
        ]
        return ", ".join(part for part in parts if part) or _("all that you see")

    @property
    def rules(self) -> tuple[StrOrPromise, ...]:
        """What the figures are, a sentence each."""
        if self.cycle is None:
            return ()
        scale = self.scales[self.cycle.scheme_version_id]
        counted = {
            Count.ALL: _("Every benchmark with an outcome counts, so the two sides may count different benchmarks."),
            Count.COMMON: _("Like with like: only benchmarks that have an outcome on both sides count."),
            Count.SCORED: _("Only benchmarks that the scheme scores count, even where another has an outcome."),
        }[COUNTS[self.choice.count][0]]
        return (
            _("The weighted score is the points of the outcomes by weight, divided by the sum of those weights; "
              "met or exceeded is the share of benchmarks at which the duty is met or exceeded."),
            counted,
            _("What is not applicable, not known or not answered is left out, and is never zero."),
            _("Outcomes move by level where both sides are on one scheme. Across schemes they are estimates by "
              "standing alone, and there is no common score."),
            weights_said(scale.weights),
        )  # fmt: skip


def _missing(row: Row, codes: Sequence[int], *, is_now: bool) -> Why | None:
    if codes:
        return None
    if row.state == State.WITHDRAWN:
        return Why.WITHDRAWN_NOW if is_now else Why.WITHDRAWN_THEN
    return Why.NOT_COUNTED_NOW if is_now else Why.NOT_COUNTED_THEN


def successor_said(predecessors: Iterable[tuple[str, Any]]) -> str:
    """Whose successor an authority is since when. Takes names with dates, at least one."""
    given = list(predecessors)
    return _("Successor of %(names)s since %(day)s: no like-for-like year before") % {
        "names": get_text_list([name for name, _date in given], _("and")),
        "day": date_format(max(day for _name, day in given), "j F Y"),
    }


def predecessor_said(successors: Iterable[tuple[str, Any]]) -> str:
    """Who took over from an authority and when. Takes names with dates, at least one."""
    given = list(successors)
    return _("%(names)s took over on %(day)s") % {
        "names": get_text_list([name for name, _date in given], _("and")),
        "day": date_format(max(day for _name, day in given), "j F Y"),
    }


# --- In words --------------------------------------------------------------------------------------------


class _Writer:
    """Puts compared authorities into words."""

    def __init__(self, found: _Found) -> None:
        self.found = found
        self.reasons = OF_YEARS if found.choice.judgement == YEARS else OF_JUDGEMENTS
        self.count, _label = COUNTS[found.choice.count]
        self.form = found.by_cycle[found.cycle.pk].form if found.cycle else None

    def line(self, one: Compared) -> Line:
        """One authority."""
        key = one.pair.key
        counted = bool(one.steps)
        return Line(
            name=self.found.names[key],
            href=reverse("trend", args=[key]),
            now=self._side(one.pair.now, one.now, key),
            then=self._side(one.pair.then, one.then, key),
            change=change_said(one),
            why=self._why(one),
            up=one.count(Move.UP) if counted else None,
            level=one.count(Move.LEVEL) if counted else None,
            down=one.count(Move.DOWN) if counted else None,
            left_out=one.left_out if counted else None,
            estimate=one.estimate,
            unlike=one.move is not None and not one.alike,
            moved=moved_said(one, self.reasons),
        )

    def _why(self, one: Compared) -> str:
        if one.why is None:
            return ""
        told = {Why.SUCCESSOR: self.found.successors, Why.NO_RECORD_NOW: self.found.predecessors}.get(one.why, {})
        return told.get(one.pair.key, str(self.reasons[one.why]))

    def _side(self, side: Side, tally: Tally | None, key: int) -> SideLine:
        cycle = self.found.cycle_names.get(side.cycle, "")
        if tally is None or side.scale is None:
            said = str(self.reasons[side.missing]) if side.missing else ""
            return SideLine(cycle if side.scale else "", said.capitalize(), "", "", "")
        assessment = self.found.assessments.get((key, side.cycle))
        return SideLine(
            cycle=cycle,
            score=self._score(side, tally),
            share=percent_said(tally.met, tally.of),
            of=_("%(met)s of %(of)s") % {"met": tally.met, "of": tally.of},
            record=reverse("record", args=[assessment]) if assessment else "",
            explained=explained(side.scale, side.codes, side.scale.numbers_of(tally.counted), self.count),
        )

    def is_other(self, side: Side) -> bool:
        """Whether a side is on another scheme than the cycle."""
        return side.scale is not None and side.scale.form != self.form

    def drawing(self, rows: Iterable[Compared]) -> Drawing:
        """The weighted scores as pairs of bars, each as long as its share of the most that its scheme gives."""
        pairs = [
            BarPair(
                self.found.names[one.pair.key], self._bar(one.pair.then, one.then), self._bar(one.pair.now, one.now)
            )
            for one in rows
        ]
        then, now = self.found.sides_said
        cycle = self.found.cycle.name if self.found.cycle else ""
        return bar_pairs(
            pairs,
            title=_("Weighted score, %(cycle)s against %(against)s")
            % {"cycle": cycle, "against": self.found.against_said},
            text=ngettext(
                "Two bars for %(count)s authority, with the score printed at the end of each. The table says the same.",
                "Two bars for each of %(count)s authorities, with the score printed at the end of each. "
                "The table says the same.",
                len(pairs),
            )
            % {"count": len(pairs)},
            then=then,
            now=now,
        )

    def _bar(self, side: Side, tally: Tally | None) -> Bar:
        if tally is None or side.scale is None or tally.score is None:
            return Bar(None, str(self.reasons[side.missing or Why.NOTHING_LEFT]))
        said = f"{self._score(side, tally)}, {self.found.cycle_names[side.cycle]}"
        if self.is_other(side):
            # Bars of two schemes beside each other would be a comparison of their numbers.
            return Bar(None, _("%(score)s: another scheme") % {"score": said})
        return Bar(tally.score / (100 * side.scale.most_points), said)

    def _score(self, side: Side, tally: Tally) -> str:
        if tally.score is None or side.scale is None:
            return score_said(None)
        return _("%(score)s of %(most)s") % {"score": score_said(tally.score), "most": side.scale.most_points}


def _columns(choice: Choice) -> dict[str, Column]:
    labels = {
        "authority": _("Authority"), "score": _("Weighted score now"), "change": _("Change"),
        "share": _("Met or exceeded now"), "moved": _("Benchmarks that moved"),
    }  # fmt: skip
    if choice.judgement == JUDGEMENTS:
        labels |= {
            "score": _("Agreed: weighted score"), "share": _("Agreed: met or exceeded"),
            "change": _("From own to agreed"),
        }  # fmt: skip
    columns = {}
    for key, label in labels.items():
        up = choice.sort == key or (not choice.sort and key == "authority")
        down = choice.sort == f"-{key}"
        # Of a figure one looks for the highest first, of a name for the first.
        first = key if key == "authority" else f"-{key}"
        other = f"-{key}" if up else key
        columns[key] = Column(
            label,
            choice.address(sort=other if up or down else first),
            "ascending" if up else "descending" if down else "",
        )
    return columns


def _tallies(found: _Found) -> tuple[TallyLink, ...]:
    totals, choice = compared.authorities(found.rows), found.choice
    if choice.judgement == YEARS:
        words = (_("%(count)s up"), _("%(count)s level"), _("%(count)s down"), _("%(count)s not comparable"))
    else:
        words = (
            _("%(count)s agreed higher"), _("%(count)s agreed the same"), _("%(count)s agreed lower"),
            _("%(count)s not comparable"),
        )  # fmt: skip
    every = ngettext("%(count)s authority", "%(count)s authorities", len(found.rows)) % {"count": len(found.rows)}
    return (
        TallyLink(every, choice.address(show=""), not choice.show),
        *(
            TallyLink(text % {"count": count}, choice.address(show=show), choice.show == show)
            for show, text, count in zip(SHOWS, words, totals, strict=True)
        ),
    )
