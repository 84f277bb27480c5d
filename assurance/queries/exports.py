"""Which views can be taken away as files, and who took what: the registry and the log of exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, NotFound, reach, require_anywhere
from assurance.insights.sheet import View
from assurance.models import Export
from assurance.queries import comparison, heatmap_views, outcomes, recommendations, trend
from assurance.vocabulary import ExportFormat, Making, Permission

P = Permission
F = ExportFormat

ViewReader = Callable[[Actor, Mapping[str, str], datetime], View]
"""What a page shows, from what its address says. Raises NotFound and Forbidden by itself."""

VIEWS: Mapping[str, ViewReader] = {
    outcomes.NAME: outcomes.cycle_view,
    heatmap_views.NAME: heatmap_views.heatmap_view,
    heatmap_views.NATIONAL: heatmap_views.national_view,
    "comparison": comparison.comparison_view,
    "trend": trend.trend_view,
    "recommendations": recommendations.recommendations_view,
}
"""Every view that can be taken away, by its name in the address of an export."""

PICTURED: frozenset[str] = frozenset(VIEWS) - {outcomes.NAME}
"""Views that have a picture."""

LONG: Mapping[str, Callable[[Actor, Mapping[str, str]], str]] = {outcomes.NAME: outcomes.check}
"""Views that may be too long to be read in a web process: a worker makes them, whatever the format.

Each has what is asked before: it raises as the reader would, as far as that costs little, and says of what it will be.
"""

PACKS: Mapping[str, str] = {"region-pack": "letters.make_region_pack"}
"""Files put together from several views: the task that makes each, by name, because it is of an app above this one."""

TITLES: Mapping[str, StrOrPromise] = {
    outcomes.NAME: _("Outcomes of a cycle"),
    heatmap_views.NAME: _("Heatmap"),
    heatmap_views.NATIONAL: _("Regions"),
    "comparison": _("Comparison"),
    "trend": _("One authority over the years"),
    "recommendations": _("Recommendations over the years"),
    "region-pack": _("Region pack"),
}
"""What each is called in the log."""

SHEETS = (F.CSV, F.XLSX, F.ODS)
PICTURES = (F.SVG, F.PNG)
PACK_FORMATS = (F.PPTX, F.PDF)

PAGE_SIZE = 50
COLOURS: Mapping[str, str] = {Making.WAITING: "yellow", Making.READY: "green", Making.FAILED: "red"}


def is_known(view: str) -> bool:
    """Whether there is such a view or pack."""
    return view in VIEWS or view in PACKS


def formats_of(view: str) -> tuple[ExportFormat, ...]:
    """As what a view can be taken away; nothing for one that is not there."""
    if view in PACKS:
        return PACK_FORMATS
    if view not in VIEWS:
        return ()
    return (*SHEETS, *PICTURES) if view in PICTURED else SHEETS


def check(actor: Actor, view: str, params: Mapping[str, str]) -> str:
    """Go on only with a view that the actor may take away, as far as that is known before it is read.

    Says of what it will be, "" where only reading it would tell.

    Raises:
        NotFound: there is no such view, or nothing of it that the address names.
        Forbidden: the actor takes nothing away, or may not read it.
    """
    require_anywhere(actor, P.EXPORT)
    if not is_known(view):
        raise NotFound
    if view in PACKS:
        require_anywhere(actor, P.READ_PICTURE)
        if not params.get("region"):
            raise NotFound
        return outcomes.check(actor, params)
    return LONG[view](actor, params) if view in LONG else ""


def title_of(view: str) -> StrOrPromise:
    """What a view is called; its name where it has no other."""
    return TITLES.get(view, view)


@dataclass(frozen=True)
class Offer:
    """What can be taken away: a view, of what ("" where its address says), and as what."""

    view: str
    title: StrOrPromise
    what: str
    formats: tuple[ExportFormat, ...]


def offer(actor: Actor, view: str, params: Mapping[str, str]) -> Offer:
    """The page that asks as what. At most two queries.

    Raises:
        NotFound: there is no such view, or nothing of it that the address names.
        Forbidden: the actor takes nothing away.
    """
    return Offer(view, title_of(view), check(actor, view, params), formats_of(view))


@dataclass(frozen=True)
class Line:
    """An export in the log."""

    export: Export
    title: StrOrPromise
    is_own: bool

    @property
    def colour(self) -> str:
        """Of the tag of its state."""
        return COLOURS[self.export.state]

    @property
    def query(self) -> str:
        """What the address of the view said, to ask for it again."""
        return urlencode(self.export.params)


@dataclass(frozen=True)
class Log:
    """A page of the log, and what it is narrowed to."""

    page: Page[Any]
    lines: tuple[Line, ...]
    is_everybodys: bool
    person: str
    view: str
    only_mass: bool
    views: tuple[tuple[str, StrOrPromise], ...]
    cycles: tuple[tuple[int, str], ...]
    regions: tuple[str, ...]
    takes_packs: bool


def log(actor: Actor, *, person: str, view: str, only_mass: bool, page: int) -> Log:
    """Exports that the actor may know of, the newest first. Four queries, however many there are.

    Args:
        person: part of a name; only for whoever sees everybody's.

    Raises:
        Forbidden: the actor neither takes anything away nor reads who did.
    """
    everybodys = bool(reach(actor, P.READ_EXPORTS))
    if not everybodys:
        require_anywhere(actor, P.EXPORT)
    rows = _readable(actor)
    view = view if is_known(view) else ""
    if view:
        rows = rows.filter(view=view)
    if only_mass:
        rows = rows.filter(is_mass=True)
    person = person if everybodys else ""
    if person:
        rows = rows.filter(asked_by_name__icontains=person)
    takes = bool(reach(actor, P.EXPORT) and reach(actor, P.READ_OUTCOMES))
    found = Paginator(rows.order_by("-at", "-pk"), PAGE_SIZE).get_page(page)
    return Log(
        page=found,
        lines=tuple(Line(one, title_of(one.view), one.asked_by_id == actor.id) for one in found),
        is_everybodys=everybodys,
        person=person,
        view=view,
        only_mass=only_mass,
        views=tuple((name, title_of(name)) for name in (*VIEWS, *PACKS)),
        cycles=outcomes.cycles(actor) if takes else (),
        regions=outcomes.regions(actor) if takes else (),
        takes_packs=takes and bool(reach(actor, P.READ_PICTURE)),
    )


def own_export(actor: Actor, export_id: int) -> Line:
    """One of the actor's own: what somebody else took is not theirs to open, whatever they may know of it. One query.

    Raises:
        NotFound: there is none of this number that is theirs.
        Forbidden: they take nothing away any more.
    """
    found = Export.objects.filter(pk=export_id, asked_by=actor.user).first() if actor.user else None
    if found is None:
        raise NotFound
    require_anywhere(actor, P.EXPORT)
    return Line(found, title_of(found.view), is_own=True)


def _readable(actor: Actor) -> QuerySet[Export]:
    """The actor's own, and everybody's in the programmes whose exports they read."""
    where = Q(asked_by=actor.user) if actor.user else Q(pk__in=())
    programmes: Sequence[int | None] = [grant.programme_id for grant in reach(actor, P.READ_EXPORTS).wider]
    if None in programmes:
        where = Q()
    elif programmes:
        where |= Q(programme__isnull=True) | Q(programme__in=programmes)
    return Export.objects.filter(where)
