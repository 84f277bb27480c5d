"""What the cycle administrator's pages read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, fetch, programmes, require_anywhere, visible
from assurance.actions.cycles import DATES, authorities_in_scope
from assurance.models import Assessment, Authority, Cycle, Programme
from assurance.vocabulary import EDITABLE_STATES, CycleState, Permission, State
from benchmarks.catalogue import BenchmarkText, SchemeText, published_versions, scheme_text
from benchmarks.models import SchemeVersion

P = Permission

FIRST_NAMES = 10
"""Authorities that the page for opening a cycle names."""

COLOURS: Mapping[str, str] = {CycleState.DRAFT: "yellow", CycleState.OPEN: "green", CycleState.CLOSED: "grey"}


@dataclass(frozen=True)
class Entry:
    """A cycle in a list."""

    cycle: Cycle
    assessments: int

    @property
    def colour(self) -> str:
        """Of the tag of its state."""
        return COLOURS[self.cycle.state]


@dataclass(frozen=True)
class Listing:
    """The cycles of the actor's programmes."""

    entries: tuple[Entry, ...]
    programmes: tuple[Programme, ...]

    @property
    def shows_programme(self) -> bool:
        """Whether a cycle's programme has to be said."""
        return len(self.programmes) > 1


def cycles(actor: Actor) -> Listing:
    """Cycles of the programmes that the actor administers, newest first. Two queries, whatever the length.

    Raises:
        Forbidden: the actor administers no programme.
    """
    require_anywhere(actor, P.MANAGE_CYCLES)
    own = tuple(programmes(actor, P.MANAGE_CYCLES))
    counted = (
        visible(actor, Assessment)
        .filter(cycle=OuterRef("pk"))
        .order_by()
        .values("cycle")
        .annotate(n=Count("pk"))
        .values("n")
    )
    rows: Any = (
        Cycle.objects.filter(programme__in=own)
        .select_related("programme", "scheme_version__scheme")
        .annotate(counted=Coalesce(Subquery(counted), Value(0), output_field=IntegerField()))
        .order_by("-name", "programme__name")
    )
    return Listing(tuple(Entry(row, row.counted) for row in rows), own)


@dataclass(frozen=True)
class NewPage:
    """What a new cycle can be made of: one's own programmes, and published schemes, newest first."""

    programmes: tuple[Programme, ...]
    versions: tuple[SchemeVersion, ...]


def new_page(actor: Actor) -> NewPage:
    """What the form for a new cycle offers. Two queries.

    Raises:
        Forbidden: the actor administers no programme.
    """
    require_anywhere(actor, P.MANAGE_CYCLES)
    versions = sorted(published_versions(), key=lambda one: (one.published_at, one.pk), reverse=True)
    return NewPage(tuple(programmes(actor, P.MANAGE_CYCLES)), tuple(versions))


@dataclass(frozen=True)
class Decision:
    """Whether the cycle scores a benchmark, and if not, why not."""

    benchmark: BenchmarkText
    scored: bool
    reason: str


@dataclass(frozen=True)
class CyclePage:
    """A cycle as it stands."""

    cycle: Cycle
    scheme: SchemeText
    decisions: tuple[Decision, ...]

    @property
    def colour(self) -> str:
        """Of the tag of its state."""
        return COLOURS[self.cycle.state]

    @property
    def in_preparation(self) -> bool:
        """Whether everything can be changed, and the cycle opened."""
        return self.cycle.state == CycleState.DRAFT

    @property
    def is_open(self) -> bool:
        """Whether authorities can answer, and the cycle be closed."""
        return self.cycle.state == CycleState.OPEN

    @property
    def is_closed(self) -> bool:
        """Whether nothing can be changed any more."""
        return self.cycle.state == CycleState.CLOSED

    @property
    def dates(self) -> Mapping[str, date | None]:
        """The four dates by name."""
        return {name: getattr(self.cycle, name) for name in DATES}

    @cached_property
    def scored(self) -> int:
        """How many benchmarks are scored."""
        return sum(decision.scored for decision in self.decisions)


@dataclass(frozen=True)
class Overview(CyclePage):
    """A cycle with how far it is: authorities in scope before it opens, assessments by state afterwards."""

    in_scope: int | None
    states: tuple[tuple[State, int], ...]

    @cached_property
    def assessments(self) -> int:
        """How many assessments the cycle has."""
        return sum(count for _state, count in self.states)


def overview(actor: Actor, cycle_id: int, today: date) -> Overview:
    """A cycle's own page. Three queries."""
    page = _page(actor, cycle_id)
    if page.in_preparation:
        return Overview(page.cycle, page.scheme, page.decisions, authorities_in_scope(page.cycle, today).count(), ())
    return Overview(page.cycle, page.scheme, page.decisions, None, _by_state(actor, page.cycle))


@dataclass(frozen=True)
class EditPage(CyclePage):
    """A cycle to edit, with what its scope can be chosen from."""

    nations: tuple[str, ...]
    authority_types: tuple[str, ...]


def edit_page(actor: Actor, cycle_id: int) -> EditPage:
    """A cycle to edit. Three queries.

    What the cycle names already can be chosen too, even if no authority of the programme has it any more: saving
    the dates must not narrow the scope unseen.
    """
    page = _page(actor, cycle_id)
    known = set(
        Authority.objects.filter(programme_id=page.cycle.programme_id)
        .order_by()
        .values_list("nation", "type")
        .distinct()
    )
    nations = {nation for nation, _type in known} | set(page.cycle.nations)
    types = {kind for _nation, kind in known} | set(page.cycle.authority_types)
    return EditPage(page.cycle, page.scheme, page.decisions, tuple(sorted(nations)), tuple(sorted(types)))


@dataclass(frozen=True)
class OpenPage(CyclePage):
    """A cycle that somebody is about to open."""

    in_scope: int
    names: tuple[str, ...]
    obstacles: tuple[StrOrPromise, ...]
    opens_later: bool

    @property
    def further(self) -> int:
        """Authorities in scope that are not named."""
        return self.in_scope - len(self.names)


def open_page(actor: Actor, cycle_id: int, today: date) -> OpenPage:
    """What opening the cycle today would do. At most four queries."""
    page = _page(actor, cycle_id)
    authorities = authorities_in_scope(page.cycle, today)
    names = tuple(authorities.order_by("name", "pk").values_list("name", flat=True)[:FIRST_NAMES])
    in_scope = authorities.count() if len(names) == FIRST_NAMES else len(names)
    obstacles = []
    if None in page.dates.values():
        obstacles.append(_("Set every date"))
    if not in_scope:
        obstacles.append(_("Choose nations and types of authority, so that some authority is in scope"))
    return OpenPage(
        cycle=page.cycle,
        scheme=page.scheme,
        decisions=page.decisions,
        in_scope=in_scope,
        names=names,
        obstacles=tuple(obstacles),
        opens_later=page.cycle.opens_on is not None and page.cycle.opens_on > today,
    )


@dataclass(frozen=True)
class ClosePage(CyclePage):
    """A cycle that somebody is about to close, with the assessments that are not agreed."""

    waiting: tuple[tuple[State, int], ...]

    @cached_property
    def not_agreed(self) -> int:
        """Assessments without an agreed outcome, those that were withdrawn not counted."""
        return sum(count for _state, count in self.waiting)

    @cached_property
    def not_submitted(self) -> int:
        """Assessments that could never be submitted once the cycle is closed."""
        return sum(count for state, count in self.waiting if state in EDITABLE_STATES)


def close_page(actor: Actor, cycle_id: int) -> ClosePage:
    """What closing the cycle would leave behind. Three queries."""
    page = _page(actor, cycle_id)
    waiting = tuple(
        (state, count) for state, count in _by_state(actor, page.cycle) if state not in (State.AGREED, State.WITHDRAWN)
    )
    return ClosePage(page.cycle, page.scheme, page.decisions, waiting)


def _page(actor: Actor, cycle_id: int) -> CyclePage:
    """The cycle, for whoever administers it. Raises as ``access.fetch``."""
    cycle = fetch(actor, P.MANAGE_CYCLES, Cycle, related=("programme", "scheme_version"), pk=cycle_id)
    scheme = scheme_text(cycle.scheme_version_id)
    rows = {one.benchmark_id: one for one in cycle.benchmarks.order_by()}
    decisions = tuple(
        Decision(benchmark, rows[benchmark.id].scored, rows[benchmark.id].reason)
        for benchmark in scheme.benchmarks.values()
        if benchmark.id in rows
    )
    return CyclePage(cycle, scheme, decisions)


def _by_state(actor: Actor, cycle: Cycle) -> tuple[tuple[State, int], ...]:
    """How many of the cycle's assessments are in each state, in the order of their life; none is left out."""
    rows = visible(actor, Assessment).filter(cycle=cycle).order_by().values_list("state")
    found = dict(rows.annotate(n=Count("pk")))
    return tuple((state, found[state]) for state in State if state in found)
