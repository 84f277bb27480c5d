"""The heatmap: authorities by benchmarks, with the averages of their region and of all regions beside them.

Nine queries at most, whatever the number of authorities. Everything of the scope is read in two short statements and
narrowed, sorted and averaged here; only one page of it is put into words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Reach, authorities, reach, require_anywhere
from assurance.insights.explained import Explained, LeftOut
from assurance.insights.explaining import weights_said
from assurance.insights.heatmap import (
    GAPS,
    MET,
    NAME,
    REGION,
    SCORE,
    TYPE,
    Absence,
    Figure,
    Line,
    Row,
    Scale,
    Tally,
    absence_of,
    narrow,
    sort,
    sort_keys,
)
from assurance.memberships import holds_on
from assurance.models import Cycle, Partnership, PartnershipMember
from assurance.queries.addresses import parts
from assurance.queries.averages import Average, OfType, Why, averages, chosen_cycle, picture_cycles
from assurance.queries.picture import LABELS, PERMISSIONS, judgements_readable, partnerships, rows_readable
from assurance.text import clean, number_from
from assurance.vocabulary import Judgement, Permission, State
from benchmarks.catalogue import SchemeText, scheme_text
from benchmarks.vocabulary import Standing
from benchmarks.weighing import Weights, weights_for

P = Permission
PAGE_SIZE = 50
ALL = "all"
MINE = "mine"
LONGEST_FILTER = 100
BY_STANDING, BY_LEVEL = "standing", "level"
SHADES: Mapping[str, StrOrPromise] = {
    BY_STANDING: gettext_lazy("Standing"),
    BY_LEVEL: gettext_lazy("Level of the scale"),
}

CELL_WORDS: Mapping[Absence, StrOrPromise] = {
    Absence.NOT_APPLICABLE: gettext_lazy("N/A"),
    Absence.UNKNOWN: gettext_lazy("Not known"),
    Absence.UNANSWERED: gettext_lazy("Not answered"),
    Absence.WITHDRAWN: gettext_lazy("Withdrawn"),
    Absence.NO_RECORD: gettext_lazy("No record in this cycle"),
}
"""What stands where there is no level. "Not yet" depends on the judgement."""
NOT_YET: Mapping[str, StrOrPromise] = {
    Judgement.AGREED: gettext_lazy("Not yet agreed"),
    Judgement.OWN: gettext_lazy("Not yet submitted"),
    Judgement.ADVISER: gettext_lazy("Review not begun"),
}


def absence_words(absence: Absence, judgement: str) -> StrOrPromise:
    """What stands where there is no level."""
    return NOT_YET[judgement] if absence == Absence.NOT_YET else CELL_WORDS[absence]


@dataclass(frozen=True)
class Choice:
    """What the heatmap is asked for. Empty is as it comes; "all" regions are all that the reader has.

    ``found`` is a standing or a kind of absence, ``number`` the benchmark where it is looked for (None for any).
    ``sort`` is a column, with a hyphen before it for the other way round.
    """

    cycle: int | None = None
    judgement: str = ""
    region: str = ""
    type: str = ""
    nation: str = ""
    partnership: int | None = None
    whose: str = ""
    name: str = ""
    found: str = ""
    number: int | None = None
    sort: str = ""
    shade: str = ""

    @classmethod
    def of(cls, params: Mapping[str, str]) -> Choice:
        """From an address. Whatever it says that cannot be is left out."""

        def text(name: str) -> str:
            return clean(params.get(name, ""))[:LONGEST_FILTER]

        def number(name: str) -> int | None:
            return number_from(params.get(name, ""))

        words = ("judgement", "region", "type", "nation", "whose", "name", "found", "sort", "shade")
        numbers = ("cycle", "partnership", "number")
        return cls(**{name: text(name) for name in words}, **{name: number(name) for name in numbers})  # type: ignore[arg-type]

    def address(self, **changes: Any) -> str:
        """The address of the heatmap with this choice, some of it changed."""
        values = {key: value for key, value in vars(replace(self, **changes)).items() if value}
        return f"?{urlencode(values)}"

    @property
    def query(self) -> str:
        """The choice as it stands after a question mark."""
        return self.address().removeprefix("?")

    @property
    def plain(self) -> str:
        """The address of the whole group."""
        return self.address(name="", found="", number=None)

    @property
    def is_narrowed(self) -> bool:
        """Whether some of the group's authorities are left out of the list."""
        return bool(self.name or self.found)


@dataclass(frozen=True)
class Column:
    """A column: its key, what heads it, where its heading leads, and how it is sorted ("" for not)."""

    key: str
    label: StrOrPromise
    title: StrOrPromise
    href: str
    aria: str


@dataclass(frozen=True)
class Shown:
    """A line of the table with its links, "" where the reader may not go.

    ``cells_at`` is where its cells lead; its last # stands for the number of the benchmark. Ids and numbers make up
    both, so that neither is to be escaped.
    """

    line: Line
    href: str
    cells_at: str


@dataclass(frozen=True)
class AverageLine:
    """The averages of a group, in words: of each benchmark the points and the share ("" where there is none)."""

    label: str
    of: str
    cells: tuple[tuple[str, str], ...]
    met: str
    score: str


@dataclass(frozen=True)
class Group:
    """The figures of those of the group that are of one type, each explained."""

    label: str
    share: Explained
    score: Explained


@dataclass(frozen=True)
class Places:
    """What the reader can narrow the picture to."""

    regions: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    nations: tuple[str, ...] = ()
    partnerships: tuple[Partnership, ...] = ()
    has_portfolio: bool = False
    only_portfolio: bool = False


@dataclass(frozen=True)
class Read:
    """The picture as it was read: everything of the scope, and what is listed of it."""

    cycles: tuple[Cycle, ...]
    cycle: Cycle
    scheme: SchemeText
    weights: Weights
    scale: Scale
    choice: Choice
    places: Places
    rows: tuple[Row, ...]
    listed: tuple[Row, ...]
    averages: Mapping[str, OfType]
    programme_id: int

    @property
    def types(self) -> tuple[str, ...]:
        """The types of authority in the scope."""
        return tuple(sorted({row.type for row in self.rows}))

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions in the scope."""
        return tuple(sorted({row.region for row in self.rows}))


@dataclass(frozen=True)
class Heatmap:
    """The page. ``read`` is None where there is no cycle to show."""

    cycles: tuple[Cycle, ...]
    judgements: tuple[tuple[str, StrOrPromise], ...]
    read: Read | None = None
    title: str = ""
    scope: str = ""
    page: Page[Any] | None = None
    lines: tuple[Shown, ...] = ()
    averages: tuple[AverageLine, ...] = ()
    groups: tuple[Group, ...] = ()
    columns: tuple[Column, ...] = ()
    hides: bool = False
    unfinished: bool = False
    only_agreed: bool = False
    left_out: tuple[str, ...] = ()

    @property
    def extra_columns(self) -> range:
        """The columns between the name and the benchmarks."""
        return range(sum(column.key in (REGION, TYPE) for column in self.columns))


def heatmap(actor: Actor, choice: Choice, page: int, today: date) -> Heatmap:
    """The heatmap of a scope, one page of it.

    Raises:
        Forbidden: the actor sees no picture anywhere.
    """
    judgements = tuple((name, LABELS[name]) for name in judgements_readable(actor))
    read = read_picture(actor, choice, today)
    if isinstance(read, tuple):
        return Heatmap(read, judgements)
    found = Paginator(read.listed, PAGE_SIZE).get_page(page)
    writer = _Links(actor, read)
    lines = tuple(writer.shown(read.scale.line(row)) for row in found.object_list)
    shown = [one for _label, one in average_lines(read)]
    return Heatmap(
        cycles=read.cycles,
        judgements=judgements,
        read=read,
        title=str(LABELS[read.choice.judgement]),
        scope=scope_said(read),
        page=found,
        lines=lines,
        averages=tuple(_average_line(label, one, read.scale) for label, one in average_lines(read)),
        groups=tuple(group_of(read, name) for name in read.types),
        columns=_columns(read),
        hides=any(one.hides for one in shown),
        unfinished=any(one.why == Why.UNFINISHED for one in shown),
        only_agreed=any(one.why == Why.NOT_AGREED for one in shown),
        left_out=left_out_said(read.rows, read.choice.judgement),
    )


# --- Reading ---------------------------------------------------------------------------------------------


def read_picture(actor: Actor, choice: Choice, today: date) -> Read | tuple[Cycle, ...]:
    """Everything that the page and its export are made of; only the cycles where there is none to show.

    Raises:
        Forbidden: the actor sees no picture anywhere.
    """
    require_anywhere(actor, P.READ_PICTURE)
    cycles = picture_cycles(actor, P.READ_PICTURE)
    cycle = chosen_cycle(cycles, choice.cycle)
    offered = judgements_readable(actor)
    if cycle is None or not offered:
        return cycles
    scheme = scheme_text(cycle.scheme_version_id)
    weights = weights_for(scheme)
    scale = Scale(scheme, weights)
    reads = reach(actor, P.READ_PICTURE)
    places = _places(actor, cycle, reads, today)
    chosen = _settled(replace(choice, cycle=cycle.pk), offered, places, reads, scale)
    rows = _rows(actor, cycle, chosen, reads, today)
    listed = narrow(rows, scale, name=chosen.name, found=chosen.found, number=chosen.number)
    key = chosen.sort.removeprefix("-")
    return Read(
        cycles=cycles,
        cycle=cycle,
        scheme=scheme,
        weights=weights,
        scale=scale,
        choice=chosen,
        places=places,
        rows=tuple(rows),
        listed=tuple(sort(listed, scale, key or NAME, backwards=chosen.sort.startswith("-"))),
        averages=_averages(actor, cycle, scale, chosen.judgement, rows),
        programme_id=cycle.programme_id,
    )


def _averages(actor: Actor, cycle: Cycle, scale: Scale, judgement: str, rows: Iterable[Row]) -> dict[str, OfType]:
    if not reach(actor, P.READ_AVERAGES):
        return {}
    return averages(actor, cycle, scale, judgement, types=sorted({row.type for row in rows}))


def _places(actor: Actor, cycle: Cycle, reads: Reach, today: date) -> Places:
    """What the reader can narrow the picture to. Two queries."""
    found = authorities(actor, P.READ_PICTURE).filter(programme=cycle.programme_id)
    triples = found.order_by().values_list("region", "type", "nation").distinct()
    regions, types, nations = (tuple(sorted(set(one))) for one in zip(*triples, strict=True)) if triples else ((),) * 3
    return Places(
        regions,
        types,
        nations,
        partnerships(actor, cycle.programme_id, today),
        has_portfolio=bool(reads.authorities and reads.wider),
        only_portfolio=not reads.wider,
    )


def _settled(choice: Choice, offered: Sequence[str], places: Places, reads: Reach, scale: Scale) -> Choice:
    """The choice with what cannot be had left out, and with the region that it begins with.

    Whoever has more than a portfolio begins with their first region: all of them at once is asked for by name.
    """
    ids = {one.pk for one in places.partnerships}
    kinds = {*Standing.values, *(one.value for one in Absence)}
    narrowed = replace(
        choice,
        judgement=choice.judgement if choice.judgement in offered else offered[0],
        region=choice.region if choice.region in (*places.regions, ALL) else "",
        type=choice.type if choice.type in places.types else "",
        nation=choice.nation if choice.nation in places.nations else "",
        partnership=choice.partnership if choice.partnership in ids else None,
        whose=MINE if choice.whose == MINE and places.has_portfolio else "",
        found=choice.found if choice.found in kinds else "",
        number=choice.number if choice.number in scale.numbers else None,
        sort=choice.sort if choice.sort.removeprefix("-") in sort_keys(scale.numbers) else "",
        shade=choice.shade if choice.shade in SHADES else BY_STANDING,
    )
    if narrowed.region:
        return narrowed
    whole = narrowed.type or narrowed.nation or narrowed.partnership or narrowed.whose or not reads.wider
    own = [grant.region for grant in reads.wider if grant.region in places.regions]
    first = next(iter(sorted(own) or places.regions), ALL)
    return replace(narrowed, region=ALL if whole else first)


def _rows(actor: Actor, cycle: Cycle, choice: Choice, reads: Reach, today: date) -> list[Row]:
    """Every authority of the scope with what counts of it. Two queries.

    Left out is who has no record and was not to have one: not in the cycle's nations or types, or not there then.
    """
    where: dict[str, Any] = {
        name: value
        for name, value in (("region", choice.region), ("type", choice.type), ("nation", choice.nation))
        if value and value != ALL
    }
    found = authorities(actor, P.READ_PICTURE).filter(programme=cycle.programme_id, **where)
    records = rows_readable(actor, choice.judgement).filter(cycle=cycle, **where)
    if choice.partnership:
        members = PartnershipMember.objects.filter(holds_on(today), partnership=choice.partnership).values("authority")
        found, records = found.filter(pk__in=members), records.filter(authority__in=members)
    if choice.whose == MINE:
        found, records = found.filter(pk__in=reads.authorities), records.filter(authority__in=reads.authorities)
    by_authority = {
        authority: (assessment, state == State.WITHDRAWN, tuple(values), (met, of) if of and values else None)
        for authority, assessment, state, values, met, of in records.order_by().values_list(
            *("authority_id", "assessment_id", "state", choice.judgement),
            *("assessment__stated_met", "assessment__stated_of"),
        )
    }
    may = reach(actor, PERMISSIONS[choice.judgement])
    fields = ("pk", "name", "region", "type", "nation", "start_date", "end_date")
    rows = []
    for pk, name, region, kind, nation, start, end in found.order_by().values_list(*fields):
        if (record := by_authority.get(pk)) is not None:
            rows.append(Row(pk, name, region, kind, *record))
        elif may.covers(pk, region, cycle.programme_id) and _expected(cycle, kind, nation, start, end):
            rows.append(Row(pk, name, region, kind))
    return rows


def _expected(cycle: Cycle, kind: str, nation: str, start: date | None, end: date | None) -> bool:
    if (cycle.nations and nation not in cycle.nations) or (cycle.authority_types and kind not in cycle.authority_types):
        return False
    ended = end is not None and cycle.opens_on is not None and end <= cycle.opens_on
    not_begun = start is not None and cycle.submit_by is not None and start > cycle.submit_by
    return not ended and not not_begun


# --- Words -----------------------------------------------------------------------------------------------


def scope_said(read: Read) -> str:
    """Which authorities the picture is of."""
    choice = read.choice
    named = next((one.name for one in read.places.partnerships if one.pk == choice.partnership), "")
    parts = (
        _("my portfolio") if choice.whose or read.places.only_portfolio else "",
        "" if choice.region == ALL else choice.region,
        choice.nation,
        choice.type,
        named,
    )
    return ", ".join(filter(None, parts)) or _("all regions")


def average_lines(read: Read) -> list[tuple[str, Average]]:
    """The averages that stand above the list: of the region if there is one, and of all regions, for each type.

    Only of what something counts in.
    """
    found = []
    for name in read.types:
        if (one := read.averages.get(name)) is None:
            continue
        if len(read.regions) == 1 and (region := one.regions.get(read.regions[0])) is not None:
            found.append((_("%(region)s: %(type)s") % {"region": region.region, "type": name}, region))
        found.append((_("All regions: %(type)s") % {"type": name}, one.total))
    # Of nothing there is no average to show: that nothing counts yet stands with the figures of the group.
    return [(label, average) for label, average in found if average.counted]


def average_cell(tally: Tally | None, why: Average) -> str:
    """The average points on a benchmark, in words where there are none to show."""
    if tally is None:
        return _not_shown(why)
    return str(tally.mean) if tally.counted else _("None")


def _not_shown(one: Average) -> str:
    return {Why.UNFINISHED: _("not yet"), Why.NOT_AGREED: _("not shown")}.get(one.why, _("hidden"))


def average_words(one: Average) -> tuple[str, str]:
    """The share met or exceeded and the weighted score of a group, in words."""
    if one.figure is None:
        return _not_shown(one), _not_shown(one)
    if not one.figure.counted:
        return _("None"), _("None")
    return f"{one.figure.percent}%", str(one.figure.score)


def _average_line(label: str, one: Average, scale: Scale) -> AverageLine:
    met, score = average_words(one)
    cells = []
    for number in scale.numbers:
        tally = one.cells[number]
        cells.append((average_cell(tally, one), f"{tally.percent}%" if tally is not None and tally.counted else ""))
    return AverageLine(label, counted_said(one.counted, one.counted + one.waiting), tuple(cells), met, score)


def counted_said(counted: int, total: int) -> str:
    """How many of the authorities are in an average."""
    words = ngettext("%(counted)s of %(total)s authority", "%(counted)s of %(total)s authorities", total)
    return words % {"counted": counted, "total": total}


def left_out_said(rows: Iterable[Row], judgement: str) -> tuple[str, ...]:
    """How many authorities have nothing to show, and why."""
    counts = Counter(absence for row in rows if (absence := absence_of(row)) is not None)
    return tuple(
        _("%(why)s: %(count)s") % {"why": absence_words(absence, judgement), "count": counts[absence]}
        for absence in Absence
        if counts[absence]
    )


def group_of(read: Read, name: str) -> Group:
    """The two figures of the authorities of one type in the scope, explained."""
    rows = [row for row in read.rows if row.type == name]
    there = [row for row in rows if absence_of(row) is None]
    counts = read.scale.counts(row.values for row in there)
    figure = read.scale.pooled(read.scale.tallies(counts))
    left_out = (*_gaps_left_out(read.scheme, counts), *_rows_left_out(rows, read.choice.judgement))
    of = _("%(outcomes)s outcomes of %(authorities)s") % {
        "outcomes": figure.counted,
        "authorities": counted_said(len(there), len(rows)),
    }
    return Group(
        label=name,
        share=share_of_many(figure, of, left_out),
        score=score_of_many(figure, of, read.scale, read.weights, left_out),
    )


def share_of_many(figure: Figure, of: str, left_out: tuple[LeftOut, ...] = ()) -> Explained:
    """The share met or exceeded of many authorities."""
    met = _("%(met)s of %(counted)s met or exceeded") % {"met": figure.met, "counted": figure.counted}
    return Explained(
        value=f"{figure.percent}%" if figure.counted else _("No figure"),
        rule=_(
            "Outcomes at which the duty is met or exceeded, as a share of all outcomes that have a level. "
            "Each outcome is one benchmark of one authority, and counts the same."
        ),
        of=f"{met}; {of}",
        left_out=left_out,
    )


def score_of_many(
    figure: Figure, of: str, scale: Scale, weights: Weights, left_out: tuple[LeftOut, ...] = ()
) -> Explained:
    """The weighted score of many authorities."""
    words = {"score": figure.score, "most": scale.highest}
    return Explained(
        value=_("%(score)s of %(most)s") % words if figure.score is not None else _("No figure"),
        rule=_(
            "The points of each outcome times the weight of its benchmark, added up over all authorities and divided "
            "by the sum of those weights."
        ),
        of=of,
        weights=weights_said(weights),
        left_out=left_out,
    )


def _gaps_left_out(scheme: SchemeText, counts: Mapping[int, Mapping[int, int]]) -> Iterable[LeftOut]:
    for number, here in counts.items():
        why = [
            _("%(why)s in %(count)s") % {"why": CELL_WORDS[absence], "count": here[code]}
            for code, absence in GAPS.items()
            if here.get(code)
        ]
        if why:
            what = _("Benchmark %(number)s, %(title)s") % {"number": number, "title": scheme.benchmarks[number].title}
            yield LeftOut(what, "; ".join(why))


def _rows_left_out(rows: Sequence[Row], judgement: str) -> Iterable[LeftOut]:
    counts = Counter(absence for row in rows if (absence := absence_of(row)) is not None)
    for absence in Absence:
        if counts[absence]:
            what = ngettext("%(count)s authority", "%(count)s authorities", counts[absence])
            yield LeftOut(what % {"count": counts[absence]}, absence_words(absence, judgement))


def _columns(read: Read) -> tuple[Column, ...]:
    choice = read.choice
    titles = {number: one.title for number, one in read.scheme.benchmarks.items()}
    named: list[tuple[str, StrOrPromise, StrOrPromise]] = [(NAME, _("Authority"), "")]
    if len(read.regions) > 1:
        named.append((REGION, _("Region"), ""))
    if len(read.types) > 1:
        named.append((TYPE, _("Type"), ""))
    named += [(str(number), str(number), titles[number]) for number in read.scale.numbers]
    named += [(MET, _("Met or exceeded"), ""), (SCORE, _("Weighted score"), "")]
    now = choice.sort or NAME
    columns = []
    for key, label, title in named:
        # Whoever sorts by an outcome looks first for where the duty slips: the lowest.
        href = choice.address(sort=f"-{key}" if now == key else key)
        aria = {key: "ascending", f"-{key}": "descending"}.get(now, "")
        columns.append(Column(key, label, title, href, aria))
    return tuple(columns)


# --- Where a cell leads ----------------------------------------------------------------------------------


class _Links:
    """Where authorities and their cells lead, for whoever may go there: the judged record, or the review."""

    def __init__(self, actor: Actor, read: Read) -> None:
        self.read = read
        review = read.choice.judgement == Judgement.ADVISER
        self.may_follow = reach(actor, PERMISSIONS[read.choice.judgement])
        self.may_see = reach(actor, P.READ_PROGRESS)
        self.name = "review" if review else "record"

    def shown(self, line: Line) -> Shown:
        """The line with its links."""
        row = line.row
        if row.record is None:
            return Shown(line, "", "")
        place = (row.authority, row.region, self.read.programme_id)
        before, after = parts("assessment")
        href = f"{before}{row.record}{after}" if self.may_see.covers(*place) else ""
        if not line.cells or not self.may_follow.covers(*place):
            return Shown(line, href, "")
        if self.name == "review":
            before, after = parts("review", 0)
            return Shown(line, href, f"{before}{row.record}{after.removesuffix('0/')}#/")
        before, after = parts("record")
        return Shown(line, href, f"{before}{row.record}{after}#benchmark-#")


# --- What can be chosen ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Box:
    """One box to choose from: what is chosen, and (value, label) of everything in it."""

    name: str
    label: StrOrPromise
    chosen: str
    options: tuple[tuple[str, StrOrPromise], ...]


def choices(view: Heatmap) -> tuple[Box, ...]:
    """The boxes above the heatmap. One in which there is nothing to choose is left out."""
    if view.read is None:
        return ()
    read, choice, places = view.read, view.read.choice, view.read.places
    anything: tuple[str, StrOrPromise] = ("", _("All"))
    found: list[Box] = [
        Box("cycle", _("Cycle"), str(choice.cycle), tuple((str(one.pk), cycle_label(one)) for one in view.cycles)),
        Box("judgement", _("Outcomes"), choice.judgement, view.judgements),
        Box("region", _("Region"), choice.region, ((ALL, _("All regions")), *((one, one) for one in places.regions))),
        Box("type", _("Type of authority"), choice.type, (anything, *((one, one) for one in places.types))),
        Box("nation", _("Nation"), choice.nation, (anything, *((one, one) for one in places.nations))),
        Box(
            "partnership",
            _("Partnership"),
            str(choice.partnership or ""),
            (anything, *((str(one.pk), one.name) for one in places.partnerships)),
        ),
    ]
    if places.has_portfolio:
        found.append(Box("whose", _("Whose"), choice.whose, (anything, (MINE, _("My portfolio")))))
    absences = tuple((one.value, absence_words(one, choice.judgement)) for one in Absence)
    numbers = tuple((str(number), f"{number}. {one.title}") for number, one in read.scheme.benchmarks.items())
    found += [
        Box("found", _("With"), choice.found, (anything, *((one.value, one.label) for one in Standing), *absences)),
        Box("number", _("On benchmark"), str(choice.number or ""), (("", _("Any")), *numbers)),
        Box("shade", _("Shaded by"), choice.shade, tuple(SHADES.items())),
    ]
    return tuple(box for box in found if _offers(box))


def _offers(box: Box) -> bool:
    """Whether there is anything to choose. One partnership is some of its region; one region is all there is."""
    more = [value for value, _label in box.options if value not in ("", ALL)]
    return box.name == "cycle" or len(more) > (0 if box.name in ("partnership", "whose") else 1)


def cycle_label(cycle: Cycle) -> str:
    """The cycle with its programme."""
    return f"{cycle.programme.name}, {cycle.name}"
