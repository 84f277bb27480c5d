"""What the pages of tables of earlier years read: the list, one table with what becomes of its lines, and its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, NotFound, programmes, reach, require_anywhere, visible
from assurance.actions.history_import import judged, own, token
from assurance.insights.figures import whole_percent
from assurance.models import Assessment, Event, HistoryImport, Programme
from assurance.vocabulary import Answer, EventKind, ImportState, Permission, State
from assurance.workbook.history_judge import Proposal, Verdict
from assurance.workbook.history_layout import name_of
from assurance.workbook.history_read import from_json
from assurance.workbook.history_values import day_name
from benchmarks.catalogue import SchemeText, newest_published, published_versions, scheme_text

P = Permission
PAGE_SIZE = 50
COLOURS = {
    Verdict.ACCEPTED: "green",
    Verdict.CORRECTED: "yellow",
    Verdict.REFUSED: "red",
    Verdict.SAME: "grey",
    Verdict.LEFT_OUT: "grey",
}
STATE_COLOURS = {
    ImportState.WAITING: "blue",
    ImportState.READ: "yellow",
    ImportState.REFUSED: "red",
    ImportState.APPLIED: "green",
    ImportState.UNDONE: "grey",
    ImportState.DISCARDED: "grey",
}


@dataclass(frozen=True)
class Entry:
    """One table in the list."""

    row: HistoryImport

    @property
    def colour(self) -> str:
        """Of its state."""
        return STATE_COLOURS[ImportState(self.row.state)]


@dataclass(frozen=True)
class Listing:
    """The tables that the actor may look at, newest first. ``imports``: whether they bring tables themselves."""

    page: Page[HistoryImport]
    entries: tuple[Entry, ...]
    imports: bool
    schemes: tuple[SchemeText, ...]


def readable(actor: Actor) -> QuerySet[HistoryImport]:
    """Their own tables for whoever imports; every table for whoever reads the record of files."""
    rows = HistoryImport.objects.select_related("programme", "scheme", "uploaded_by")
    audits = programmes(actor, P.READ_EXPORTS).order_by().values("pk")
    condition = Q(programme__in=audits)
    if actor.user is not None and imports_anywhere(actor):
        condition |= Q(uploaded_by=actor.user)
    return rows.filter(condition)


def imports_anywhere(actor: Actor) -> bool:
    """Whether the actor brings tables anywhere. No query."""
    return bool(reach(actor, P.IMPORT_HISTORY))


def listing(actor: Actor, page: int = 1) -> Listing:
    """The tables. A few queries, however many there are. Raises Forbidden for whoever has nothing to do with them."""
    imports = imports_anywhere(actor)
    if not imports:
        require_anywhere(actor, P.READ_EXPORTS)
    shown = Paginator(readable(actor).defer("content", "corrections"), PAGE_SIZE).get_page(page)
    return Listing(shown, tuple(Entry(row) for row in shown), imports, schemes() if imports else ())


def schemes() -> tuple[SchemeText, ...]:
    """The newest published version of each scheme."""
    found: dict[str, SchemeText] = {}
    for version in published_versions():
        found.setdefault(version.scheme.code, scheme_text(version.pk))
    return tuple(found.values())


@dataclass(frozen=True)
class NewPage:
    """What the page for a new table offers: programmes by id, and schemes by code, each with its name."""

    programmes: tuple[tuple[int, str], ...]
    schemes: tuple[tuple[str, str], ...]


def new_page(actor: Actor) -> NewPage:
    """Where the actor may import to. Raises Forbidden where they may nowhere."""
    require_anywhere(actor, P.IMPORT_HISTORY)
    into: QuerySet[Programme] = programmes(actor, P.IMPORT_HISTORY)
    return NewPage(
        tuple((one.pk, one.name) for one in into.order_by("name")),
        tuple((one.code, f"{one.code}: {one.name}") for one in schemes()),
    )


def template_scheme(actor: Actor, code: str) -> SchemeText:
    """The scheme that a template is made from. Raises Forbidden, and NotFound for one that is not published."""
    require_anywhere(actor, P.IMPORT_HISTORY)
    version = newest_published(code)
    if version is None:
        raise NotFound
    return scheme_text(version.pk)


@dataclass(frozen=True)
class Shown:
    """One proposal as a page shows it."""

    proposal: Proposal

    @property
    def label(self) -> StrOrPromise:
        """What becomes of it."""
        return self.proposal.verdict.label

    @property
    def colour(self) -> str:
        """Of its tag."""
        return COLOURS[self.proposal.verdict]

    @property
    def can_leave_out(self) -> bool:
        """Whether there is a choice to leave it out."""
        return self.proposal.verdict in (Verdict.ACCEPTED, Verdict.CORRECTED, Verdict.REFUSED)

    @property
    def can_correct(self) -> bool:
        """Whether something about it stands in a cell that could be written anew."""
        return self.proposal.verdict == Verdict.REFUSED and any(one.role for one in self.proposal.faults)

    @property
    def outcomes(self) -> tuple[tuple[int, str, str], ...]:
        """Number, outcome in words and which kind it is, of every benchmark that is named; unknown ones are counted."""
        scheme, found = self.proposal.scheme, []
        for number, (answer, code) in self.proposal.outcomes.items():
            level = scheme.level(code) if scheme and code else None
            if answer != Answer.UNKNOWN:
                found.append((number, level.label if level else str(Answer(answer).label), str(answer)))
        return tuple(found)

    @property
    def dated(self) -> str:
        """The date of the source, in words ("" for none)."""
        return day_name(self.proposal.dated) if self.proposal.dated else ""

    @property
    def stated_percent(self) -> int | None:
        """What the source states, as a whole per cent."""
        if self.proposal.stated is None:
            return None
        return whole_percent(*self.proposal.stated)


@dataclass(frozen=True)
class ImportPage:
    """One table. ``is_own``: whether the actor decides about it; only then are its lines judged."""

    row: HistoryImport
    is_own: bool
    proposals: tuple[Proposal, ...]
    shown: Page[Proposal] | None
    lines: tuple[Shown, ...]
    verdict: str
    unread: tuple[str, ...]
    made: tuple[Assessment, ...]
    seen: str

    @property
    def colour(self) -> str:
        """Of its state."""
        return STATE_COLOURS[ImportState(self.row.state)]

    @cached_property
    def counts(self) -> tuple[tuple[str, StrOrPromise, int], ...]:
        """How many there are of each verdict: its code, what it is called, and the number."""
        found = Counter(one.verdict for one in self.proposals)
        return tuple((str(one.value), one.label, found[one]) for one in Verdict if found[one])

    @cached_property
    def taken(self) -> int:
        """How many a confirmation takes over."""
        return sum(one.is_taken for one in self.proposals)

    @cached_property
    def refused(self) -> int:
        """How many are refused."""
        return sum(one.verdict == Verdict.REFUSED for one in self.proposals)

    @cached_property
    def years(self) -> tuple[str, ...]:
        """The years that are taken over, in order."""
        return tuple(sorted({one.year for one in self.proposals if one.is_taken}))


def import_page(
    actor: Actor, import_id: int, at: datetime, *, verdict: str = "", page: int = 1, judges: bool = True
) -> ImportPage:
    """One table, and what would become of its lines now, unless that is not asked. A few queries, however many lines.

    Raises:
        NotFound: there is none, or it is none of the actor's business.
    """
    row = readable(actor).filter(pk=import_id).first()
    if row is None:
        raise NotFound
    is_own = actor.user is not None and row.uploaded_by_id == actor.id
    proposals: tuple[Proposal, ...] = ()
    if judges and is_own and row.state == ImportState.READ:
        proposals = judged(actor, row, at)
    chosen = verdict if verdict in Verdict.values else ""
    wanted = [one for one in proposals if not chosen or one.verdict == chosen]
    shown = Paginator(wanted, PAGE_SIZE).get_page(page) if proposals else None
    made: tuple[Assessment, ...] = ()
    if row.made:
        rows = visible(actor, Assessment).filter(pk__in=row.made).select_related("authority", "cycle")
        made = tuple(rows.order_by("cycle__name", "authority__name"))
    return ImportPage(
        row=row,
        is_own=is_own,
        proposals=proposals,
        shown=shown,
        lines=tuple(Shown(one) for one in shown) if shown else (),
        verdict=chosen,
        unread=from_json(row.content).unread,
        made=made,
        seen=token(proposals),
    )


def file_of(actor: Actor, import_id: int) -> HistoryImport:
    """A table whose file is still there. Raises NotFound as :func:`import_page`."""
    row = readable(actor).filter(pk=import_id).exclude(path="").first()
    if row is None or row.state in (ImportState.REFUSED, ImportState.DISCARDED):
        raise NotFound
    return row


@dataclass(frozen=True)
class CellAsked:
    """A cell of a proposal that can be written anew."""

    line: int
    role: str
    place: str
    name: str
    written: str
    fault: str

    @property
    def field(self) -> str:
        """Name of its field in a form."""
        return f"cell_{self.line}_{self.role.replace(' ', '-')}"


@dataclass(frozen=True)
class LinesPage:
    """One proposal, to be corrected or left out."""

    row: HistoryImport
    shown: Shown
    cells: tuple[CellAsked, ...]
    is_out: bool

    @property
    def others(self) -> tuple[str, ...]:
        """What is wrong and stands in no cell."""
        return tuple(one.words for one in self.shown.proposal.faults if not one.role)


def lines_page(actor: Actor, import_id: int, key: int, at: datetime) -> LinesPage:
    """One proposal of a table of the actor’s own that is not decided. Raises NotFound as :func:`import_page`."""
    row = own(actor, import_id)
    if row.state != ImportState.READ:
        raise NotFound
    proposal = next((one for one in judged(actor, row, at) if one.key == key), None)
    if proposal is None:
        raise NotFound
    faults = {(one.line, one.role): one for one in proposal.faults if one.role}
    sources = from_json(row.content).lines
    places = dict.fromkeys(faults)
    for line in proposal.lines:
        places |= dict.fromkeys((line, role) for role in row.corrections.get(str(line), ()))
    cells = []
    for line, role in places:
        written = {**sources[line].cells, **row.corrections.get(str(line), {})}.get(role, "")
        fault = faults.get((line, role))
        shown = fault.written if fault else written
        cells.append(CellAsked(line, role, sources[line].place, name_of(role), shown, fault.words if fault else ""))
    return LinesPage(row, Shown(proposal), tuple(cells), proposal.verdict == Verdict.LEFT_OUT)


def undoable(actor: Actor, import_id: int) -> Sequence[Assessment]:
    """What undoing a table would withdraw. Raises as ``actions.history_import.own``."""
    row = own(actor, import_id)
    if row.state != ImportState.APPLIED:
        raise NotFound
    rows = visible(actor, Assessment).filter(pk__in=row.made, history_import=row).select_related("authority", "cycle")
    return list(rows.exclude(state=State.WITHDRAWN).order_by("cycle__name", "authority__name"))


@dataclass(frozen=True)
class Source:
    """Whence a record was taken over: the file's name, and the table's id for whoever may open it."""

    file: str
    import_id: int | None


def source_of(actor: Actor, assessment: Assessment) -> Source | None:
    """Whence a record was taken over, where a table brought it. At most two queries, none for any other record."""
    if assessment.history_import_id is None:
        return None
    events = visible(actor, Event).filter(assessment=assessment, kind=EventKind.IMPORTED).order_by("-at", "-id")
    detail = events.values_list("detail", flat=True).first() or {}
    links = readable(actor).filter(pk=assessment.history_import_id).exists()
    return Source(str(detail.get("file", "")), assessment.history_import_id if links else None)
