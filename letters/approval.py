"""What the signatories' queue reads: letters that await approval, and what a signatory wants to know of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from assurance import ledger
from assurance.access import Actor, countable, holds, reach, require_anywhere, visible
from assurance.insights import figures
from assurance.insights.sampling import draw
from assurance.models import AgreedOutcome, Assessment, Event, Overrule, Recommendation
from assurance.vocabulary import Audience, EventKind, LetterState, Permission
from benchmarks.catalogue import scheme_text
from letters.models import Letter
from letters.workflow import written_by

P = Permission
PAGE_SIZE = 50
OPENED = "opened"
"""Name of the event that says that a signatory has read a letter that awaits approval."""


@dataclass(frozen=True)
class Filters:
    """What the queue is narrowed to; empty or None means all. ``sample`` letters are drawn by ``seed``, 0 for all."""

    cycle: int | None = None
    region: str = ""
    drafter: int | None = None
    search: str = ""
    sample: int = 0
    seed: str = ""


@dataclass(frozen=True)
class Choice:
    """Something to choose in a filter."""

    id: int
    name: str


@dataclass(frozen=True)
class Waiting:
    """A letter that awaits approval. ``is_mine``: the actor wrote some of it themselves, and may not approve it."""

    id: int
    version: int
    authority: str
    region: str
    cycle_id: int
    cycle: str
    scheme_version_id: int
    assessment_id: int
    number: int
    is_correction: bool
    drafter_id: int | None
    drafter: str
    since: datetime
    is_mine: bool
    is_read: bool

    @property
    def token(self) -> str:
        """The letter and its version, as a form carries them."""
        return f"{self.id}-{self.version}"


@dataclass(frozen=True)
class Line:
    """A row of the queue: a letter with the outcome that it tells of."""

    letter: Waiting
    met: int
    counted: int
    recommendations: int
    overruled: int


@dataclass(frozen=True)
class Queue:
    """A page of the queue. ``total`` letters fit the filters; the actor has read ``read`` of them."""

    page: Page[Any]
    lines: tuple[Line, ...]
    filters: Filters
    cycles: tuple[Choice, ...]
    regions: tuple[str, ...]
    drafters: tuple[Choice, ...]
    total: int
    read: int
    mine: int
    can_approve: bool


@dataclass(frozen=True)
class Chosen:
    """What would go into a batch: the letters, those left out because they are the actor's own, and those gone."""

    letters: tuple[Waiting, ...]
    mine: tuple[Waiting, ...]
    gone: int
    read: int
    title: str
    cycle_id: int | None
    region: str


def queue(actor: Actor, filters: Filters, page: int) -> Queue:
    """Letters that await approval, the one that has waited longest first. Five queries, whatever the length.

    Raises:
        Forbidden: the actor reads no letters of the Home Office.
    """
    require_anywhere(actor, P.READ_LETTERS)
    every = _waiting(actor)
    wanted = _fitting(every, filters)
    found = Paginator(wanted, PAGE_SIZE).get_page(page)
    return Queue(
        page=found,
        lines=_lines(actor, tuple(found)),
        filters=filters,
        cycles=tuple(Choice(*one) for one in sorted({(one.cycle_id, one.cycle) for one in every}, key=_by_name)),
        regions=tuple(sorted({one.region for one in every})),
        drafters=tuple(
            Choice(*one)
            for one in sorted({(one.drafter_id, one.drafter) for one in every if one.drafter_id}, key=_by_name)
        ),
        total=len(wanted),
        read=sum(one.is_read for one in wanted),
        mine=sum(one.is_mine for one in wanted),
        can_approve=bool(reach(actor, P.APPROVE_LETTERS)),
    )


def chosen(actor: Actor, tokens: Collection[str] | None, filters: Filters) -> Chosen:
    """Letters for a batch: those that were ticked, or all that fit the filters. Three queries.

    Args:
        tokens: of the ticked letters; None for all that fit.

    Raises:
        Forbidden: the actor approves no letters.
    """
    require_anywhere(actor, P.APPROVE_LETTERS)
    every = _waiting(actor)
    if tokens is None:
        wanted = _fitting(every, filters)
        gone = 0
    else:
        ids = {token.partition("-")[0] for token in tokens}
        wanted = [one for one in every if str(one.id) in ids]
        gone = len(ids) - len(wanted)
    letters = tuple(one for one in wanted if not one.is_mine)
    return Chosen(
        letters=letters,
        mine=tuple(one for one in wanted if one.is_mine),
        gone=gone,
        read=sum(one.is_read for one in letters),
        title=_title(wanted),
        cycle_id=_only([one.cycle_id for one in wanted]),
        region=_only([one.region for one in wanted]) or "",
    )


def note_read(*, by: Actor, at: datetime, letter: Letter) -> None:
    """Write that a signatory has read this version of a letter that awaits approval: once, in two statements."""
    if letter.state != LetterState.AWAITING_APPROVAL or not holds(by, P.APPROVE_LETTERS, letter):
        return
    detail = {"record": letter.pk, "number": letter.number, "version": letter.version}
    if _readings(by).filter(assessment=letter.assessment_id, detail=detail).exists():
        return
    ledger.event(
        EventKind.LETTER_READ,
        by=by,
        at=at,
        authority=letter.authority,
        assessment=letter.assessment,
        name=OPENED,
        detail=detail,
        audience=Audience.HOME_OFFICE,
    )


def _waiting(actor: Actor) -> list[Waiting]:
    """All that the actor sees, with what is theirs in it and what they have read. Three queries."""
    rows = list(
        visible(actor, Letter)
        .filter(state=LetterState.AWAITING_APPROVAL)
        .order_by("state_since", "pk")
        .values(
            "id",
            "version",
            "assessment_id",
            "number",
            "drafted_by_id",
            region=F("authority__region"),
            name=F("authority__name"),
            cycle=F("assessment__cycle_id"),
            cycle_name=F("assessment__cycle__name"),
            scheme=F("assessment__cycle__scheme_version_id"),
            drafter=F("drafted_by__name"),
            since=F("state_since"),
            replaced=F("replaces_id"),
        )
    )
    ids = [row["id"] for row in rows]
    written = written_by(actor, ids)
    read = {
        (detail["record"], detail["version"])
        for detail in _readings(actor)
        .filter(assessment__in=[row["assessment_id"] for row in rows])
        .values_list("detail", flat=True)
    }
    return [
        Waiting(
            id=row["id"],
            version=row["version"],
            authority=row["name"],
            region=row["region"],
            cycle_id=row["cycle"],
            cycle=row["cycle_name"],
            scheme_version_id=row["scheme"],
            assessment_id=row["assessment_id"],
            number=row["number"],
            is_correction=row["replaced"] is not None,
            drafter_id=row["drafted_by_id"],
            drafter=row["drafter"] or "",
            since=row["since"],
            is_mine=row["drafted_by_id"] == actor.id or row["id"] in written,
            is_read=(row["id"], row["version"]) in read,
        )
        for row in rows
    ]


def _readings(actor: Actor) -> Any:
    """A person's own readings. Nobody is asked whether they may know what they did."""
    return Event.objects.filter(kind=EventKind.LETTER_READ, name=OPENED, person=actor.user)


def _fitting(every: Sequence[Waiting], filters: Filters) -> list[Waiting]:
    sought = filters.search.casefold()
    found = [
        one
        for one in every
        if filters.cycle in (None, one.cycle_id)
        and filters.region in ("", one.region)
        and filters.drafter in (None, one.drafter_id)
        and sought in one.authority.casefold()
    ]
    if not filters.sample:
        return found
    drawn = set(draw({one.id: one.region for one in found}, filters.sample, filters.seed))
    return [one for one in found if one.id in drawn]


def _lines(actor: Actor, letters: Sequence[Waiting]) -> tuple[Line, ...]:
    """Two queries."""
    ids = [one.assessment_id for one in letters]
    outcomes: Mapping[int, dict[int, tuple[str, int | None]]] = defaultdict(dict)
    for assessment_id, benchmark_id, answer, level_id in (
        visible(actor, AgreedOutcome)
        .filter(assessment__in=ids)
        .values_list("assessment_id", "benchmark_id", "answer", "level_id")
    ):
        outcomes[assessment_id][benchmark_id] = (answer, level_id)
    counts = {
        pk: (recommendations, overruled)
        for pk, recommendations, overruled in visible(actor, Assessment)
        .filter(pk__in=ids)
        .values_list(
            "pk",
            # How many, which the letter shows anyway; not what they say.
            _count(countable(actor, P.READ_LETTERS, Recommendation)),
            _count(countable(actor, P.READ_LETTERS, Overrule)),
        )
    }
    lines = []
    for one in letters:
        share = figures.share(scheme_text(one.scheme_version_id), outcomes[one.assessment_id])
        recommendations, overruled = counts[one.assessment_id]
        lines.append(Line(one, share.numerator, share.denominator, recommendations, overruled))
    return tuple(lines)


def _count(rows: Any) -> Coalesce:
    """How many rows of an assessment there are, as part of another query."""
    counted = rows.filter(assessment=OuterRef("pk")).order_by().values("assessment").annotate(count=Count("pk"))
    return Coalesce(Subquery(counted.values("count"), output_field=IntegerField()), 0)


def _title(letters: Sequence[Waiting]) -> str:
    """Where the letters are from, in words."""
    parts = [_only([one.cycle for one in letters]), _only([one.region for one in letters])]
    return ", ".join(part for part in parts if part) or _("several cycles and regions")


def _only(values: Sequence[Any]) -> Any:
    """The value that all have, or None."""
    return values[0] if len(set(values)) == 1 else None


def _by_name(pair: tuple[Any, str]) -> str:
    return pair[1]
