"""Recommendations over the years: what became of them, where they gather, and what they are about.

What the reader may see is said by ``visible``; the rest is one statement, in which the database finds the last word on
each recommendation once and counts, sorts and searches with it. Three queries, whatever the length.

The last word on a recommendation is what was said of it in the newest year, and of one year the adviser's judgement
before the authority's own answer. What was said in a withdrawn assessment does not count.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Forbidden, require_anywhere, sees, visible
from assurance.insights import drawing as drawn
from assurance.insights import recommendations as rules
from assurance.insights.recommendations import AGEING_AFTER, NOT_ANSWERED, NOT_ASKED, Bar, Cell, Tally
from assurance.insights.sheet import Table, View, of_rows
from assurance.insights.sheet import Value as CellValue
from assurance.models import Assessment, Authority, Cycle, FollowUp, FollowUpReview, Recommendation
from assurance.queries.follow_ups import COLOURS as SAID_COLOURS
from assurance.text import clean, number_from
from assurance.vocabulary import CycleState, FollowUpProgress, Permission, State
from assurance.years import year_of
from benchmarks.catalogue import SchemeText, scheme_text

P = Permission
PAGE_SIZE = 50
LONGEST_GIVEN = 100
"""Characters of a value in the address that are looked at."""
THEMES = 20
"""How many words are offered."""
THEMES_OF = 2_000
"""Of how many recommendations the words are counted: of more, the newest."""
THEMES_LENGTH = 4
"""A word with fewer letters says too little to be offered."""
FEWEST_AUTHORITIES = 2
"""A word that fewer authorities share is no theme."""

NO_BENCHMARK = "none"
OPEN = "open"
PROGRESSES: Mapping[str, StrOrPromise] = {
    OPEN: gettext_lazy("Open, whatever was said"),
    **dict(FollowUpProgress.choices),
    NOT_ANSWERED: gettext_lazy("Not answered"),
    NOT_ASKED: gettext_lazy("Nobody could answer yet"),
}
"""What the list can be narrowed to."""
COLOURS: Mapping[str, str] = {**SAID_COLOURS, NOT_ANSWERED: "orange", NOT_ASKED: "grey"}

CODES: tuple[str, ...] = (
    FollowUpProgress.DONE,
    FollowUpProgress.NO_LONGER_RELEVANT,
    FollowUpProgress.IN_PROGRESS,
    FollowUpProgress.NOT_STARTED,
)
"""What can be said, as the database numbers it. Where a year had two cycles, the higher number is the last word: what
one of them left open is open."""

SORTS: Mapping[str, str] = {
    "age": "shown.years {down} NULLS LAST, shown.authority, shown.cycle_id DESC, shown.position, shown.id",
    "authority": "shown.authority {up}, shown.years DESC NULLS LAST, shown.position, shown.id",
    "due": "shown.due_on {up} NULLS LAST, shown.years DESC NULLS LAST, shown.authority, shown.id",
}
"""What the list can be sorted by; ``up`` and ``down`` change places with a hyphen before the name."""

# --- What is asked for -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """What a person narrows the page by; empty means all.

    A benchmark is a scheme and a number, "la-8.3", or ``NO_BENCHMARK``. ``progress`` is a key of ``PROGRESSES``.
    Without a programme it is the one with the newest cycle: two never mix.
    """

    programme: int | None = None
    cycle: int | None = None
    region: str = ""
    type: str = ""
    benchmark: str = ""
    progress: str = ""
    ageing: bool = False
    overdue: bool = False
    unowned: bool = False
    search: str = ""
    sort: str = ""

    def address(self, **changes: Any) -> str:
        """The address of the page with these filters, some of them changed."""
        values = {key: value for key, value in vars(replace(self, **changes)).items() if value}
        return f"?{urlencode({key: 1 if value is True else value for key, value in values.items()})}"

    @property
    def is_narrowed(self) -> bool:
        """Whether something is left out."""
        return replace(self, programme=None, sort="") != Filters()


def filters_from(params: Mapping[str, str]) -> Filters:
    """The filters that an address names. What is no filter, or no number, is as if it were not there."""

    def given(name: str) -> str:
        return clean(params.get(name, ""))[:LONGEST_GIVEN]

    progress, sort = params.get("progress", ""), params.get("sort", "")
    return Filters(
        programme=number_from(params.get("programme", "")),
        cycle=number_from(params.get("cycle", "")),
        region=given("region"),
        type=given("type"),
        benchmark=given("benchmark"),
        progress=progress if progress in PROGRESSES else "",
        ageing=params.get("ageing") == "1",
        overdue=params.get("overdue") == "1",
        unowned=params.get("unowned") == "1",
        search=given("search"),
        sort=sort if sort.removeprefix("-") in SORTS else "",
    )


# --- What the page shows ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One line of a table of counts."""

    label: StrOrPromise
    tally: Tally
    href: str = ""


@dataclass(frozen=True)
class Counted:
    """A table of counts: its name, what its lines are by, and its lines. ``note`` says what is special about it."""

    title: StrOrPromise
    by: StrOrPromise
    lines: tuple[Line, ...]
    note: StrOrPromise = ""


@dataclass(frozen=True)
class Theme:
    """A word that many recommendations have, and where they are listed."""

    word: str
    recommendations: int
    authorities: int
    href: str


@dataclass(frozen=True)
class Entry:
    """One recommendation in the list. ``word`` says whose the progress is and of which year ("" where nobody's)."""

    id: int
    href: str
    authority: str
    region: str
    type: str
    cycle: str
    heading: str
    text: str
    benchmarks: str
    owners: tuple[str, ...]
    owner_by: str
    due_on: date | None
    overdue: bool
    progress: StrOrPromise
    colour: str
    word: str
    years: int | None
    ageing: bool

    @property
    def age(self) -> str:
        """How old it is, in words."""
        if self.years is None:
            return _("Not known")
        if not self.years:
            return _("This year’s")
        return ngettext("%(years)s year", "%(years)s years", self.years) % {"years": self.years}


@dataclass(frozen=True)
class Column:
    """A column that the list can be sorted by. ``aria`` is what a screen reader says of it ("" for unsorted)."""

    label: StrOrPromise
    href: str
    aria: str
    numeric: bool = False


@dataclass(frozen=True)
class Choices:
    """What each filter can be set to."""

    programmes: tuple[tuple[int, str], ...]
    cycles: tuple[tuple[int, str], ...]
    regions: tuple[str, ...]
    types: tuple[str, ...]
    schemes: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True)
class Recommendations:
    """The page. ``counted`` are its tables, ``themes_of`` is of how many recommendations the words were counted."""

    filters: Filters
    choices: Choices
    programme: str
    newest: str
    total: Tally
    authorities: int
    counted: tuple[Counted, ...]
    drawing: drawn.Drawing | None
    themes: tuple[Theme, ...]
    themes_of: int
    page: Page[Any]
    entries: tuple[Entry, ...]
    columns: Mapping[str, Column]

    @property
    def picture(self) -> SafeString:
        """The bars as SVG, to stand in the page ("" where there is nothing to draw)."""
        # Drawn by insights/drawing.py, which escapes every text.
        return mark_safe(drawn.svg(self.drawing, name="recommendations")) if self.drawing else SafeString("")  # noqa: S308

    @property
    def rules(self) -> tuple[StrOrPromise, ...]:
        """What every figure here is, a sentence each."""
        return RULES

    @property
    def themes_are_of_all(self) -> bool:
        """Whether the words were counted in everything that is listed."""
        return self.themes_of >= self.total.total


RULES: tuple[StrOrPromise, ...] = (
    gettext_lazy(
        "Counted are the recommendations of agreed assessments that you may read, each as often as it was made."
    ),
    gettext_lazy(
        "What became of one is the last word on it: what was said in the newest year, and of one year the adviser’s "
        "judgement before the authority’s own answer. A recommendation is asked about in the year after it."
    ),
    gettext_lazy(
        "Open is everything that was not said to be done or no longer relevant. “Not answered” is open too: a later "
        "year has an assessment, and nothing is said there. So is “Nobody could answer yet”: there is no later "
        "assessment."
    ),
    gettext_lazy(
        "Age is counted in years, from the year of the recommendation to the newest year of the programme. An open one "
        "is ageing from two years on. It is overdue when its own date has passed."
    ),
    gettext_lazy(
        "Without an owner is one that names nobody, and for which the authority has named nobody since. It is counted "
        "of all, open or not."
    ),
)
"""What the figures are."""


def recommendations(actor: Actor, filters: Filters, page: int, today: date) -> Recommendations:
    """A page of the recommendations that the actor may see, with the tables of all that fit. Three queries.

    Raises:
        Forbidden: the actor reads recommendations nowhere.
    """
    return _Read(actor, filters, today).page(page)


def recommendations_view(actor: Actor, params: Mapping[str, str], at: datetime) -> View:
    """The same as an export: the tables, all lines of the list, the rules, and the picture.

    Raises:
        Forbidden: the actor reads recommendations nowhere.
    """
    found = _Read(actor, filters_from(params), timezone.localdate(at)).page(1, whole=True)
    columns = (_("Total"), _("Open"), _("Ageing"), _("Overdue"), _("Done"), _("No longer relevant"),
               _("Without an owner"))  # fmt: skip
    tables = [
        of_rows(str(one.title), (one.by, *columns), [(line.label, *_numbers(line.tally)) for line in one.lines])
        for one in found.counted
    ]
    return View(
        name="recommendations",
        title=_("Recommendations over the years: %(programme)s") % {"programme": found.programme},
        rules=(*RULES, *(one.note for one in found.counted if one.note), *_narrowed(found)),
        tables=(*tables, _listed(found.entries)),
        picture=drawn.svg(found.drawing, standalone=True, name="recommendations") if found.drawing else "",
        authorities=found.authorities,
    )


def _numbers(tally: Tally) -> tuple[int, ...]:
    return tally.total, tally.open, tally.ageing, tally.overdue, tally.done, tally.ended, tally.unowned


def _narrowed(found: Recommendations) -> tuple[str, ...]:
    """A sentence that says by what the figures are narrowed; none where they are of everything."""
    filters = found.filters
    cycles = dict(found.choices.cycles)
    said = [
        cycles.get(filters.cycle or 0, ""), filters.region, filters.type, filters.benchmark,
        str(PROGRESSES.get(filters.progress, "")), _("ageing") if filters.ageing else "",
        _("overdue") if filters.overdue else "", _("without an owner") if filters.unowned else "",
        f"“{filters.search}”" if filters.search else "",
    ]  # fmt: skip
    shown = ", ".join(one for one in said if one)
    return (_("Narrowed to: %(what)s.") % {"what": shown},) if shown else ()


def _listed(entries: Sequence[Entry]) -> Table:
    columns = (
        _("Authority"), _("Region"), _("Type of authority"), _("Year"), _("Heading"), _("Recommendation"),
        _("Benchmarks"), _("Owners"), _("Due"), _("Progress"), _("Whose word, and when"), _("Age in years"),
    )  # fmt: skip
    rows: list[tuple[CellValue, ...]] = [
        (one.authority, one.region, one.type, one.cycle, one.heading, one.text, one.benchmarks,
         "; ".join(one.owners) or _("No owner"), one.due_on or _("No date"), str(one.progress),
         one.word or _("Nobody’s"), _("Not known") if one.years is None else one.years)
        for one in entries
    ]  # fmt: skip
    return of_rows(_("Recommendations"), columns, rows)


# --- Asking ----------------------------------------------------------------------------------------------


class Year(NamedTuple):
    """A cycle as the statement knows it: ``place`` puts its year in order, ``years`` is its age."""

    id: int
    name: str
    scheme: str
    version: int
    place: int
    year: str
    years: int | None


STATEMENT = """
WITH years (cycle_id, place, years) AS (
    SELECT * FROM unnest(%s::bigint[], %s::int[], %s::int[])
), base (id, authority_id, cycle_id, region, authority, position, numbers, owners, due_on) AS MATERIALIZED (
    {base}
), said AS (
    SELECT one.recommendation_id,
           max((years.place * 2 + one.rank) * 4 + array_position(%s::text[], one.progress::text) - 1) AS word,
           max(lpad(years.place::text, 6, '0') || one.owner) FILTER (WHERE one.owner <> '') AS owner
      FROM ({answers} UNION ALL {judgements}) AS one (recommendation_id, cycle_id, progress, owner, rank)
      JOIN years ON years.cycle_id = one.cycle_id
     GROUP BY one.recommendation_id
), newest AS (
    SELECT one.authority_id, max(years.place) AS place
      FROM ({assessments}) AS one (authority_id, cycle_id) JOIN years ON years.cycle_id = one.cycle_id
     GROUP BY one.authority_id
), judged AS (
    SELECT base.*, years.years, said.word, said.owner,
           base.owners = '{{}}' AND said.owner IS NULL AS unowned,
           coalesce(base.due_on < %s, false) AS late,
           CASE WHEN said.word IS NOT NULL THEN (%s::text[])[said.word %% 4 + 1]
                WHEN newest.place > years.place THEN %s ELSE %s END AS progress
      FROM base JOIN years ON years.cycle_id = base.cycle_id
      LEFT JOIN said ON said.recommendation_id = base.id
      LEFT JOIN newest ON newest.authority_id = base.authority_id
), shown AS MATERIALIZED (
    SELECT * FROM judged
     WHERE (%s::text[] IS NULL OR progress = ANY (%s::text[]))
       AND (NOT %s OR (progress = ANY (%s::text[]) AND years >= %s))
       AND (NOT %s OR (progress = ANY (%s::text[]) AND late))
       AND (NOT %s OR unowned)
), by_region AS (
    SELECT cycle_id, region, progress, unowned, late, count(*) FROM shown GROUP BY 1, 2, 3, 4, 5
), by_benchmark AS (
    SELECT cycle_id, number, progress, unowned, late, count(*)
      FROM shown LEFT JOIN LATERAL (SELECT DISTINCT unnest(numbers) AS number) AS numbers ON true
     GROUP BY 1, 2, 3, 4, 5
), counted AS (
    SELECT (SELECT count(*) FROM shown) AS total, (SELECT count(DISTINCT authority_id) FROM shown) AS authorities
), page AS (
    SELECT * FROM shown ORDER BY {order}
     LIMIT %s OFFSET (SELECT least(%s, greatest(total - 1, 0) / {size} * {size}) FROM counted)
), listed AS (
    SELECT shown.id, recommendation.assessment_id, shown.authority, shown.region, authority.type, shown.cycle_id,
           recommendation.heading, recommendation.text, shown.numbers, shown.owners, shown.owner, shown.due_on,
           shown.late, shown.progress, shown.word, row_number() OVER (ORDER BY {order}) AS place
      FROM page AS shown JOIN {recommendation} AS recommendation ON recommendation.id = shown.id
      JOIN {authority} AS authority ON authority.id = shown.authority_id
){themes}
SELECT json_build_object(
    'total', (SELECT row_to_json(counted) FROM counted),
    'region', (SELECT json_agg(json_build_array(cycle_id, region, progress, unowned, late, count)) FROM by_region),
    'benchmark', (SELECT json_agg(json_build_array(cycle_id, number, progress, unowned, late, count))
                    FROM by_benchmark),
    'listed', (SELECT json_agg(row_to_json(listed) ORDER BY place) FROM listed),
    'themes', {themes_read}
)
"""
"""Everything in one statement, so that the last words are found once. ``base`` and what was said come from
``visible``."""

WORDS = """, newest_shown AS (
    SELECT shown.id, shown.authority_id FROM shown JOIN years ON years.cycle_id = shown.cycle_id
     ORDER BY years.place DESC, shown.id LIMIT %s
), lexemes AS (
    SELECT lexeme, newest_shown.authority_id, count(*) AS count, min(newest_shown.id) AS id
      FROM newest_shown, LATERAL (
        SELECT unnest(tsvector_to_array(words)) AS lexeme FROM {recommendation} WHERE id = newest_shown.id OFFSET 0
      ) AS kept
     GROUP BY 1, 2
), themes AS (
    SELECT lexeme, sum(count)::int AS recommendations, count(*)::int AS authorities, min(id) AS id
      FROM lexemes
     WHERE length(lexeme) >= %s AND lexeme !~ '[0-9]'
       AND lexeme <> ALL (tsvector_to_array(to_tsvector('english', %s)))
     GROUP BY lexeme HAVING count(*) >= %s
     ORDER BY 2 DESC, lexeme COLLATE "C" LIMIT %s
)"""
WORDS_READ = """(
    SELECT json_agg(json_build_array(coalesce(spelt.word, lexeme), recommendations, authorities)
                    ORDER BY recommendations DESC, lexeme COLLATE "C")
      FROM themes JOIN {recommendation} AS recommendation ON recommendation.id = themes.id
      LEFT JOIN LATERAL (
        SELECT word FROM regexp_split_to_table(lower(recommendation.heading || ' ' || recommendation.text),
                                               '[^[:alpha:]]+') AS word
         WHERE word <> '' AND ts_lexize('english_stem', word) = ARRAY[lexeme] ORDER BY length(word), word LIMIT 1
      ) AS spelt ON true
)"""
"""The words of what is shown, as their stems, counted; and each spelt as one of the recommendations has it."""

NO_BASE = "0::bigint, 0::bigint, 0::bigint, '', '', 0, '{}'::smallint[], '{}'::varchar[], NULL::date"
NO_WORD = "0::bigint, 0::bigint, '', '', 0"
NO_ASSESSMENT = "0::bigint, 0::bigint"
"""The columns of what the statement takes, of no row."""


class _Read:
    """The queries of one page."""

    def __init__(self, actor: Actor, filters: Filters, today: date) -> None:
        require_anywhere(actor, P.READ_OUTCOMES)
        if not sees(actor, "assurance.Recommendation", P.READ_OUTCOMES):
            raise Forbidden(P.READ_PROPOSED)
        self.actor, self.today = actor, today
        cycles = self._cycles()
        self.programmes = {one.programme_id: one.programme.name for one in cycles}
        chosen = filters.programme if filters.programme in self.programmes else next(iter(self.programmes), None)
        self.filters = replace(filters, programme=chosen if len(self.programmes) > 1 else None)
        self.programme = chosen
        self.years = _years([one for one in cycles if one.programme_id == chosen])
        self.schemes = {one.version: scheme_text(one.version) for one in self.years.values()}
        self.ages = {one.id: one.years for one in self.years.values()}

    def page(self, number: int, *, whole: bool = False) -> Recommendations:
        """The page of this number, or with ``whole`` the list without pages and without words."""
        choices = self._choices()
        found = self._found(number, whole=whole)
        total = found["total"]["total"]
        cells = [_cell(one, str(one[1])) for one in found["region"] or ()]
        counted = self._counted(cells, found["benchmark"] or ())
        size = max(total, 1) if whole else PAGE_SIZE
        return Recommendations(
            filters=self.filters,
            choices=choices,
            programme=self.programmes.get(self.programme or 0, ""),
            newest=max((one.year for one in self.years.values()), default=""),
            total=rules.tally(cells, self.ages),
            authorities=found["total"]["authorities"],
            counted=counted if total else (),
            drawing=_drawing(counted[0]) if total else None,
            themes=tuple(self._theme(*one) for one in found["themes"] or ()),
            themes_of=min(total, THEMES_OF),
            page=Paginator(range(total), size).get_page(number),
            entries=tuple(self._entry(one) for one in found["listed"] or ()),
            columns=self._columns(),
        )

    def _cycles(self) -> list[Cycle]:
        """The cycles that have begun in the programmes of the actor's authorities, the newest first. One query."""
        programmes = visible(self.actor, Authority).order_by().values("programme")
        rows = Cycle.objects.filter(programme__in=programmes).exclude(state=CycleState.DRAFT)
        return list(rows.select_related("programme", "scheme_version__scheme").order_by("-name", "pk"))

    def _choices(self) -> Choices:
        """What the filters can be set to. One query."""
        places = visible(self.actor, Authority).filter(programme=self.programme).order_by()
        found = list(places.values_list("region", "type").distinct())
        schemes: dict[str, dict[str, str]] = {}
        for one in self.years.values():
            text = self.schemes[one.version]
            titles = {f"{text.code}.{number}": f"{number}. {row.title}" for number, row in text.benchmarks.items()}
            # The newest version names the benchmark.
            schemes[text.code] = titles | schemes.get(text.code, {})
        return Choices(
            programmes=tuple(self.programmes.items()),
            cycles=tuple((one.id, one.name) for one in self.years.values()),
            regions=tuple(sorted({region for region, _type in found})),
            types=tuple(sorted({one for _region, one in found})),
            schemes=tuple(
                (code, tuple(sorted(titles.items(), key=lambda one: _benchmark_key(one[0]))))
                for code, titles in schemes.items()
            ),
        )

    def _base(self) -> QuerySet[Any]:
        """The recommendations that the reader may see, as far as they can be narrowed without knowing progress."""
        filters = self.filters
        rows = visible(self.actor, Recommendation).filter(
            assessment__state=State.AGREED, assessment__cycle__in=self._cycles_shown()
        )
        if filters.region:
            rows = rows.filter(authority__region=filters.region)
        if filters.type:
            rows = rows.filter(authority__type=filters.type)
        if filters.benchmark == NO_BENCHMARK:
            rows = rows.filter(benchmark_numbers=[])
        elif filters.benchmark:
            number = number_from(filters.benchmark.rpartition(".")[2])
            rows = rows.filter(benchmark_numbers__contains=[number if number is not None and number < 1000 else 0])
        if filters.search:
            kept = RawSQL('"assurance_recommendation"."words"', [], output_field=SearchVectorField())
            words = SearchQuery(filters.search, config="english", search_type="websearch")
            rows = rows.annotate(kept=kept).filter(kept=words)
        return rows

    def _cycles_shown(self) -> list[int]:
        """Ids of the cycles whose recommendations are listed: of one, or of the scheme of a benchmark, or all."""
        scheme = self.filters.benchmark.rpartition(".")[0]
        return [
            one.id
            for one in self.years.values()
            if self.filters.cycle in (None, one.id) and (not scheme or one.scheme == scheme)
        ]

    def _found(self, number: int, *, whole: bool) -> dict[str, Any]:
        """Counts, lines and words. One query."""
        filters, years = self.filters, list(self.years.values())
        ids = [one.id for one in years]
        base = self._base().values_list(
            "pk", "authority_id", "assessment__cycle_id", "authority__region", "authority__name",
            "position", "benchmark_numbers", "owners", "due_on",
        )  # fmt: skip
        there = ~Q(assessment__state=State.WITHDRAWN) & Q(assessment__cycle__in=ids)
        if filters.region:
            there &= Q(authority__region=filters.region)
        said = ("recommendation_id", "assessment__cycle_id")
        answers = visible(self.actor, FollowUp).filter(there).order_by()
        judgements = visible(self.actor, FollowUpReview).filter(there).order_by()
        assessments = visible(self.actor, Assessment).exclude(state=State.WITHDRAWN).filter(cycle__in=ids)
        if filters.region:
            assessments = assessments.filter(authority__region=filters.region)
        compiled = {
            "base": _compiled(base.order_by(), NO_BASE),
            "answers": _compiled(answers.values_list(*said, "progress", "owner", Value(0)), NO_WORD),
            "judgements": _compiled(judgements.values_list(*said, "progress", Value(""), Value(1)), NO_WORD),
            "assessments": _compiled(assessments.order_by().values_list("authority_id", "cycle_id"), NO_ASSESSMENT),
        }
        wanted = list(rules.OPEN) if filters.progress == OPEN else [filters.progress]
        progress = wanted if filters.progress else None
        opened = list(rules.OPEN)
        params = [
            ids, [one.place for one in years], [one.years for one in years],
            *compiled["base"][1], list(CODES), *compiled["answers"][1], *compiled["judgements"][1],
            *compiled["assessments"][1], self.today, list(CODES), NOT_ANSWERED, NOT_ASKED,
            progress, progress, filters.ageing, opened, AGEING_AFTER, filters.overdue, opened, filters.unowned,
            None if whole else PAGE_SIZE, 0 if whole else max(number - 1, 0) * PAGE_SIZE,
        ]  # fmt: skip
        if not whole:
            params += [THEMES_OF, THEMES_LENGTH, filters.search, FEWEST_AUTHORITIES, THEMES]
        tables = {
            "recommendation": connection.ops.quote_name(Recommendation._meta.db_table),
            "authority": connection.ops.quote_name(Authority._meta.db_table),
        }
        is_back = filters.sort.startswith("-")
        order = SORTS[filters.sort.removeprefix("-") or "age"]
        statement = STATEMENT.format(
            **{name: sql for name, (sql, _params) in compiled.items()},
            **tables,
            order=order.format(up="DESC" if is_back else "ASC", down="ASC" if is_back else "DESC"),
            size=PAGE_SIZE,
            themes="" if whole else WORDS.format(**tables),
            themes_read="NULL" if whole else WORDS_READ.format(**tables),
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, params)
            (found,) = cursor.fetchone()
        return json.loads(found) if isinstance(found, str) else found

    def _counted(self, cells: Sequence[Cell], by_benchmark: Iterable[Sequence[Any]]) -> tuple[Counted, ...]:
        """The tables: by year, by region where there are several, and by benchmark for each scheme."""
        by_year = rules.tallies(cells, self.ages, lambda cell: cell.cycle)
        tables = [
            Counted(
                _("By year"),
                _("Year"),
                tuple(
                    Line(one.name, by_year[one.id], self.filters.address(cycle=one.id))
                    for one in self.years.values()
                    if one.id in by_year
                ),
            )
        ]
        by_region = rules.tallies(cells, self.ages, lambda cell: cell.place)
        if len(by_region) > 1:
            lines = (Line(one, by_region[one], self.filters.address(region=one)) for one in sorted(by_region))
            tables.append(Counted(_("By region"), _("Region"), tuple(lines)))
        return (*tables, *self._by_benchmark(by_benchmark))

    def _by_benchmark(self, found: Iterable[Sequence[Any]]) -> tuple[Counted, ...]:
        """One table for each scheme, because the numbers of two schemes are two things."""
        cells: dict[str, list[Cell]] = {}
        for one in found:
            code = self.years[one[0]].scheme
            cells.setdefault(code, []).append(_cell(one, NO_BENCHMARK if one[1] is None else f"{code}.{one[1]}"))
        # The scheme of the newest year first. The database gives groups in no order.
        newest = {year.scheme: year.place for year in sorted(self.years.values(), key=lambda year: year.place)}
        tables = []
        for code, here in sorted(cells.items(), key=lambda one: (-newest[one[0]], one[0])):
            titles = self._titles(code)
            groups = rules.tallies(here, self.ages, lambda cell: cell.place)
            lines = [
                Line(
                    _("No benchmark") if key == NO_BENCHMARK else titles.get(key, key.rpartition(".")[2]),
                    groups[key],
                    self.filters.address(benchmark=key),
                )
                for key in sorted(groups, key=_benchmark_key)
            ]
            tables.append(
                Counted(
                    _("By benchmark of %(scheme)s") % {"scheme": code},
                    _("Benchmark"),
                    tuple(lines),
                    _(
                        "A recommendation that touches several benchmarks counts under each of them, so these lines "
                        "of %(scheme)s can add up to more than there are."
                    )
                    % {"scheme": code},
                )
            )
        return tuple(tables)

    def _titles(self, code: str) -> dict[str, str]:
        newest: SchemeText = next(one for one in self.schemes.values() if one.code == code)
        return {f"{code}.{number}": f"{number}. {one.title}" for number, one in newest.benchmarks.items()}

    def _theme(self, word: str, count: int, authorities: int) -> Theme:
        search = f"{self.filters.search} {word}".strip()
        return Theme(word, count, authorities, self.filters.address(search=search))

    def _entry(self, row: Mapping[str, Any]) -> Entry:
        year = self.years[row["cycle_id"]]
        owners = tuple(row["owners"])
        named = "" if owners or not row["owner"] else row["owner"]
        return Entry(
            id=row["id"],
            href=reverse("record", args=[row["assessment_id"]]),
            authority=row["authority"],
            region=row["region"],
            type=row["type"],
            cycle=year.name,
            heading=row["heading"],
            text=row["text"],
            benchmarks=", ".join(map(str, row["numbers"])),
            owners=owners or ((named[6:],) if named else ()),
            owner_by=_("named by the authority, %(year)s") % {"year": self._year(int(named[:6]))} if named else "",
            due_on=date.fromisoformat(row["due_on"]) if row["due_on"] else None,
            overdue=row["late"] and rules.is_open(row["progress"]),
            progress=PROGRESSES[row["progress"]],
            colour=COLOURS[row["progress"]],
            word=self._word(row["word"]),
            years=year.years,
            ageing=rules.is_ageing(row["progress"], year.years),
        )

    def _word(self, word: int | None) -> str:
        if word is None:
            return ""
        place, by_adviser = divmod(word // len(CODES), 2)
        whose = _("the adviser, %(year)s") if by_adviser else _("the authority, %(year)s")
        return whose % {"year": self._year(place)}

    def _year(self, place: int) -> str:
        return next(one.year for one in self.years.values() if one.place == place)

    def _columns(self) -> dict[str, Column]:
        labels = {"age": _("Age"), "authority": _("Authority"), "due": _("Due")}
        current = self.filters.sort or "age"
        columns = {}
        for name, label in labels.items():
            is_current = current.removeprefix("-") == name
            turned = f"-{name}" if current == name else name
            down = (name == "age") != current.startswith("-")
            aria = ("descending" if down else "ascending") if is_current else ""
            columns[name] = Column(label, self.filters.address(sort=turned), aria)
        return columns


def _compiled(rows: QuerySet[Any], nothing: str) -> tuple[str, tuple[Any, ...]]:
    """A queryset as SQL; as ``nothing``, which has its columns, where Django knows that there are no rows."""
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:
        return f"SELECT {nothing} WHERE false", ()


def _years(cycles: Sequence[Cycle]) -> dict[int, Year]:
    """Cycles of one programme by id, in their order, with their years put in order and their ages."""
    names = {one.pk: year_of(one.name) for one in cycles}
    places = {year: place for place, year in enumerate(sorted(set(names.values())), start=1)}
    newest = max(names.values(), default="", key=lambda year: (rules.number_of(year) is not None, year))
    return {
        one.pk: Year(
            one.pk, one.name, one.scheme_version.scheme.code, one.scheme_version_id,
            places[names[one.pk]], names[one.pk], rules.age(names[one.pk], newest),
        )
        for one in cycles
    }  # fmt: skip


def _cell(row: Sequence[Any], place: str) -> Cell:
    cycle, _place, progress, unowned, late, count = row
    return Cell(cycle, place, progress, unowned, late, count)


def _benchmark_key(key: str) -> tuple[bool, int]:
    """Sorts "la-8.3" by its number, and no benchmark last."""
    return key == NO_BENCHMARK, number_from(key.rpartition(".")[2]) or 0


def _drawing(table: Counted) -> drawn.Drawing:
    """Open, done and no longer relevant by year."""
    bars = [
        Bar(
            str(line.label),
            line.tally,
            _("%(open)s open, %(done)s done, %(ended)s no longer relevant")
            % {"open": line.tally.open, "done": line.tally.done, "ended": line.tally.ended},
        )
        for line in table.lines
    ]
    return rules.drawing(
        bars,
        title=_("What became of the recommendations of each year"),
        text="; ".join(f"{bar.label}: {bar.words}" for bar in bars),
        legend=(_("Open"), _("Done"), _("No longer relevant")),
    )
