"""Averages of regions within one type of authority, for people who may not read all that they are of.

The only reader of ``PictureCount``: those counts belong to nobody, no row-level security holds them, and what of them
may be shown is decided here and in ``insights/disclosure.py``, and nowhere else.

Somebody who reads every authority of a group sees its averages as they are. Others see averages of what is agreed
and of nothing before that; only once every authority of the type has its agreed record in the cycle, so that what is
hidden today does not follow from what was shown yesterday; and only what says nothing of an authority that they cannot
see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from django.db.models import Count, Exists, OuterRef, Q

from assurance.access import Actor, Reach, reach, require_anywhere, shared_programmes
from assurance.insights.disclosure import hide
from assurance.insights.heatmap import NOTHING, Figure, Scale, Tally
from assurance.models import Authority, Cycle, PictureCount
from assurance.queries.picture import PERMISSIONS, rows_readable
from assurance.vocabulary import CycleState, Judgement, Permission, State
from assurance.years import newest, year_of

P = Permission
FIRST_MONTH = 4
"""In which a financial year begins."""


class Why(Enum):
    """Why the averages of a group are not shown at all."""

    SHOWN = "shown"
    UNFINISHED = "unfinished"
    NOT_AGREED = "not_agreed"


@dataclass(frozen=True)
class Average:
    """The averages of a group: a region ("" for all of them) within a type ("" for all of them).

    ``counted`` assessments count for the judgement, ``waiting`` do not yet. Of ``cells``, by benchmark, one that is
    None is hidden; so is ``figure``, which is of all benchmarks together. ``why`` says why nothing is shown.
    """

    region: str
    type: str
    counted: int
    waiting: int
    cells: Mapping[int, Tally | None]
    figure: Figure | None
    why: Why = Why.SHOWN
    sees_all: bool = False

    @property
    def hides(self) -> bool:
        """Whether a benchmark, or all together, is hidden."""
        return self.why == Why.SHOWN and (self.figure is None or None in self.cells.values())


@dataclass(frozen=True)
class OfType:
    """The averages of one type: of each region by its name, and of all regions together."""

    type: str
    regions: Mapping[str, Average]
    total: Average

    @property
    def hides(self) -> bool:
        """Whether anything of it is hidden."""
        return any(one.hides for one in (*self.regions.values(), self.total))


@dataclass
class _Group:
    """What is known of one region of one type."""

    counted: int = 0
    waiting: int = 0
    tallies: dict[int, Tally] = field(default_factory=dict)

    def add(self, number: int, tally: Tally) -> None:
        self.tallies[number] = self.tallies.get(number, NOTHING) + tally


Groups = dict[str, dict[str, _Group]]
"""By type, and by region."""


def picture_cycles(actor: Actor, permission: Permission) -> tuple[Cycle, ...]:
    """Cycles that have begun in the programmes of which the actor has part by the permission, newest first. One query.

    Each says with ``has_agreed`` whether anything is agreed in it.
    """
    agreed = PictureCount.objects.filter(cycle=OuterRef("pk"), judgement=Judgement.AGREED, number=0, value=1)
    cycles = Cycle.objects.filter(programme__in=shared_programmes(actor, permission)).exclude(state=CycleState.DRAFT)
    return tuple(
        cycles.select_related("programme").annotate(has_agreed=Exists(agreed)).order_by("-name", "programme__name")
    )


def chosen_cycle(cycles: Sequence[Cycle], wanted: int | None) -> Cycle | None:
    """The cycle that was asked for, or else what a page begins with."""
    asked = next((one for one in cycles if one.pk == wanted), None)
    return asked or newest(cycles)


def averages(
    actor: Actor, cycle: Cycle, scale: Scale, judgement: str, *, types: Collection[str] | None = None
) -> dict[str, OfType]:
    """The averages of a cycle by type. Two queries, and one more where the actor reads single authorities.

    Under "" stand those of all types together, for whoever reads everything that is counted: others could take what
    they see of one type from it.

    Args:
        types: only of these; None for all, and for "".

    Raises:
        Forbidden: the actor may see averages nowhere.
    """
    require_anywhere(actor, P.READ_AVERAGES)
    counted = _counted(cycle, scale, judgement, types)
    seen = _seen(actor, cycle, scale, judgement, counted)
    incomplete = _incomplete(actor, cycle, judgement, counted, seen)
    found = {
        name: _of_type(name, groups, seen[name], scale, judgement, incomplete=name in incomplete)
        for name, groups in sorted(counted.items())
    }
    if types is None and all(one.total.sees_all for one in found.values()):
        regions = {region for groups in counted.values() for region in groups}
        together = {
            region: _merged(groups[region] for groups in counted.values() if region in groups) for region in regions
        }
        found[""] = _of_type("", together, together, scale, judgement, incomplete=False)
    return found


def _counted(cycle: Cycle, scale: Scale, judgement: str, types: Collection[str] | None) -> Groups:
    """Everything that is counted. One query."""
    rows = PictureCount.objects.filter(cycle=cycle, judgement=judgement).order_by()
    if types is not None:
        rows = rows.filter(type__in=types)
    found: Groups = defaultdict(lambda: defaultdict(_Group))
    for name, region, number, value, count in rows.values_list("type", "region", "number", "value", "count"):
        group = found[name][region]
        if number:
            group.add(number, scale.tally(value, count))
        elif value:
            group.counted += count
        else:
            group.waiting += count
    return found


def _incomplete(actor: Actor, cycle: Cycle, judgement: str, counted: Groups, seen: Groups) -> frozenset[str]:
    """The types of which an authority that the actor cannot see has no record in the cycle, or no longer. One query.

    A record that is brought in later, or withdrawn, would be the difference between two visits. An authority that was
    not there in the cycle's year, or is not of its nations and types, is not waited for.
    """
    place = reach(actor, PERMISSIONS[judgement])
    wider = Reach(frozenset(), place.wider)
    there = Authority.objects.filter(programme=cycle.programme_id, type__in=counted).exclude(pk__in=place.authorities)
    if cycle.nations:
        there = there.filter(nation__in=cycle.nations)
    if cycle.authority_types:
        there = there.filter(type__in=cycle.authority_types)
    year = year_of(cycle.name)[:4]
    if year.isascii() and year.isdigit():
        begins, ends = (date(int(year) + later, FIRST_MONTH, 1) for later in (0, 1))
        there = there.filter(Q(start_date__isnull=True) | Q(start_date__lt=ends))
        there = there.filter(Q(end_date__isnull=True) | Q(end_date__gt=begins))
    expected = there.order_by().values_list("type", "region").annotate(count=Count("pk"))
    found = set()
    for name, region, count in expected:
        if wider.covers(0, region, cycle.programme_id):
            continue
        group, own = counted[name].get(region, _Group()), seen[name].get(region, _Group())
        if count > group.counted + group.waiting - own.counted - own.waiting:
            found.add(name)
    return frozenset(found)


def _seen(actor: Actor, cycle: Cycle, scale: Scale, judgement: str, counted: Groups) -> Groups:
    """The part of it that the actor may read of single authorities. At most one query."""
    place = reach(actor, PERMISSIONS[judgement])
    wider = Reach(frozenset(), place.wider)
    found: Groups = defaultdict(lambda: defaultdict(_Group))
    for name, groups in counted.items():
        for region, group in groups.items():
            if wider.covers(0, region, cycle.programme_id):
                found[name][region] = group
    if not place.authorities:
        return found
    rows = (
        rows_readable(actor, judgement)
        .filter(cycle=cycle, authority__in=place.authorities)
        .exclude(state=State.WITHDRAWN)
        .order_by()
    )
    by_group: dict[tuple[str, str], list[list[int]]] = defaultdict(list)
    for name, region, values in rows.values_list("type", "region", judgement):
        if name in counted and found[name].get(region) is not counted[name].get(region):
            by_group[name, region].append(values)
    for (name, region), values in by_group.items():
        there = [one for one in values if one]
        found[name][region] = _Group(len(there), len(values) - len(there), scale.tallies(scale.counts(there)))
    return found


def _of_type(
    name: str,
    groups: Mapping[str, _Group],
    seen: Mapping[str, _Group],
    scale: Scale,
    judgement: str,
    *,
    incomplete: bool,
) -> OfType:
    seen = {region: seen.get(region) or _Group() for region in groups}
    whole = {
        region
        for region, one in groups.items()
        if (one.counted, one.waiting) == (seen[region].counted, seen[region].waiting)
    }
    unfinished = incomplete or any(one.waiting > seen[region].waiting for region, one in groups.items())
    why = Why.NOT_AGREED if judgement != Judgement.AGREED else Why.UNFINISHED if unfinished else Why.SHOWN
    hidden = {
        number: hide(
            {
                region: NOTHING
                if region in whole
                else one.tallies.get(number, NOTHING) - seen[region].tallies.get(number, NOTHING)
                for region, one in groups.items()
            }
        )
        for number in scale.numbers
    }
    regions = {
        region: _average(
            region,
            name,
            one,
            scale,
            frozenset(number for number in scale.numbers if region in hidden[number].groups),
            Why.SHOWN if region in whole else why,
            sees_all=region in whole,
        )
        for region, one in sorted(groups.items())
    }
    sees_all = len(whole) == len(groups)
    total = _average(
        "",
        name,
        _merged(groups.values()),
        scale,
        frozenset(number for number in scale.numbers if hidden[number].total),
        Why.SHOWN if sees_all else why,
        sees_all=sees_all,
    )
    return OfType(name, regions, total)


def _average(
    region: str, name: str, group: _Group, scale: Scale, hidden: frozenset[int], why: Why, *, sees_all: bool
) -> Average:
    if why != Why.SHOWN:
        nothing = dict.fromkeys(scale.numbers)
        return Average(region, name, group.counted, group.waiting, nothing, None, why, sees_all)
    cells = {number: None if number in hidden else group.tallies.get(number, NOTHING) for number in scale.numbers}
    # Of all benchmarks together only where each is shown: otherwise what is hidden would be the difference.
    figure = None if hidden else scale.pooled({number: one for number, one in cells.items() if one is not None})
    return Average(region, name, group.counted, group.waiting, cells, figure, why, sees_all)


def _merged(groups: Iterable[_Group]) -> _Group:
    """All of them as one."""
    found = _Group()
    for one in groups:
        found.counted += one.counted
        found.waiting += one.waiting
        for number, tally in one.tallies.items():
            found.add(number, tally)
    return found
