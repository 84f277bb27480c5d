"""Second readings: what can be drawn, who can read, what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, F, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import scope
from assurance.access import GRANTS, Actor, Grant, fetch, holds, require_anywhere, visible
from assurance.insights import sampling
from assurance.memberships import open_on
from assurance.models import Assessment, Cycle, Membership, Review, SecondReading
from assurance.queries.quality import CHECKED_STATES, Found, look
from assurance.vocabulary import LetterState, Permission, ReadingResult, Role, State

P = Permission
PAGE_SIZE = 50
DRAWN_FROM = frozenset({State.PROPOSED, State.AGREED})
BEFORE_APPROVAL = frozenset({"", LetterState.DRAFT, LetterState.ACCURACY_CHECK})
"""How far a letter may be for a second reading to come in time."""
READERS = frozenset(role for role in Role if {P.READ_REVIEW, P.OVERRULE} <= GRANTS[role])
"""Who can be asked to read: whoever may read the review and say something about it."""


@dataclass(frozen=True)
class Reader:
    """Somebody who can be asked to read."""

    pk: int
    name: str


@dataclass(frozen=True)
class Drawn:
    """An assessment of a sample, and whose work it is ("" for nobody's)."""

    assessment: Assessment
    adviser: str


@dataclass(frozen=True)
class DrawPage:
    """What a sample can be drawn from, and the sample that a seed draws."""

    cycles: tuple[Cycle, ...]
    total: int = 0
    count: int | None = None
    drawn: tuple[Drawn, ...] = ()
    readers: tuple[Reader, ...] = ()

    @property
    def ids(self) -> list[int]:
        """Which assessments were drawn, in the order of their ids."""
        return sorted(one.assessment.pk for one in self.drawn)

    @property
    def advisers(self) -> int:
        """How many advisers' work is in the sample."""
        return len({one.adviser for one in self.drawn if one.adviser})


@dataclass(frozen=True)
class ReadingPage:
    """One assessment as a second reader reads it, with what second readers said of it."""

    assessment: Assessment
    readings: tuple[SecondReading, ...]
    found: Found
    waiting: SecondReading | None
    may_record: bool
    readers: tuple[Reader, ...] | None

    @property
    def said(self) -> tuple[SecondReading, ...]:
        """Those that were read, the newest first."""
        return tuple(one for one in self.readings if one.result)


@dataclass(frozen=True)
class Count:
    """How the second readings of one adviser's work went."""

    adviser: str
    pulled: int
    waiting: int
    sound: int
    queried: int


@dataclass(frozen=True)
class ReadingList:
    """Second readings that the actor may see, those that wait first."""

    page: Page[Any]
    readings: tuple[SecondReading, ...]
    counts: tuple[Count, ...]
    cycles: tuple[Cycle, ...]
    cycle: int | None
    may_draw: bool


def pool(actor: Actor, cycle_id: int, *, lock: bool = False) -> list[Assessment]:
    """What a manager can draw from: agreed or proposed, without a letter, not read a second time yet. One query."""
    rows = visible(actor, Assessment).filter(
        ~Exists(SecondReading.objects.filter(assessment=OuterRef("pk"))),
        cycle_id=cycle_id,
        state__in=DRAWN_FROM,
        letter_state="",
        imported_digest="",
    )
    rows = rows.select_related("authority", "cycle").order_by("authority__name", "pk")
    if lock:
        rows = rows.select_for_update(of=("self",))
    return [one for one in rows if holds(actor, P.SECOND_READ, one)]


def advisers(assessments: Iterable[Assessment], on: date) -> dict[int, str]:
    """The adviser of each assessment's authority on a day, by the authority's id; who covers for one counts last."""
    ids = {one.authority_id for one in assessments}
    rows = _on(on).filter(role=Role.ADVISER, authority__in=ids).order_by("starts", "pk")
    found: dict[int, str] = {}
    for authority_id, covering, name in rows.values_list("authority_id", "covering", "person__name"):
        if covering is None or authority_id not in found:
            found[authority_id] = name
    return found


def sample(assessments: Sequence[Assessment], count: int, seed: str, by_adviser: Mapping[int, str]) -> list[Assessment]:
    """Draw some of the assessments: of each adviser's one, as long as there are enough."""
    by_id = {one.pk: one for one in assessments}
    groups = {one.pk: by_adviser.get(one.authority_id, "") for one in assessments}
    return [by_id[pk] for pk in sampling.draw(groups, count, seed)]


def readers(assessments: Sequence[Assessment], on: date) -> list[Reader]:
    """People who may read the reviews of all these, and wrote none of them, by their names. Two queries.

    A manager does not see the memberships of other managers; the database names those who reach these authorities.

    Args:
        assessments: with their authorities read.
    """
    names: dict[int, str] = {}
    grants: dict[int, list[Grant]] = {}
    for row in scope.reaching([one.authority_id for one in assessments], READERS, on):
        person_id = row.pop("person_id")
        names[person_id] = row.pop("name")
        grants.setdefault(person_id, []).append(Grant(Role(row.pop("role")), **row))
    past = Review.history.filter(assessment__in=[one.pk for one in assessments], history_type="~")
    wrote = set(past.order_by().values_list("history_user", flat=True).distinct())
    return [
        Reader(pk, name)
        for pk, name in names.items()
        if pk not in wrote and all(any(grant.covers(one.authority) for grant in grants[pk]) for one in assessments)
    ]


def draw_page(actor: Actor, cycle_id: int | None, wanted: str, seed: str) -> DrawPage:
    """The cycles that there is something to draw in; with a cycle, a number and a seed, the sample. Five queries.

    Raises:
        Forbidden: the actor pulls no samples.
    """
    require_anywhere(actor, P.SECOND_READ)
    cycles = _cycles(visible(actor, Assessment).filter(state__in=DRAWN_FROM, letter_state="", imported_digest=""))
    if cycle_id not in {one.pk for one in cycles} or cycle_id is None:
        return DrawPage(cycles)
    found = pool(actor, cycle_id)
    count = sampling.how_many(wanted, len(found))
    if count is None or not seed:
        return DrawPage(cycles, len(found), count)
    today = timezone.localdate()
    by_adviser = advisers(found, today)
    drawn = sample(found, count, seed, by_adviser)
    return DrawPage(
        cycles,
        len(found),
        count,
        tuple(Drawn(one, by_adviser.get(one.authority_id, "")) for one in drawn),
        tuple(readers(drawn, today)),
    )


def reading_page(actor: Actor, assessment_id: int) -> ReadingPage:
    """What the letter of an assessment rests on, with its warnings and second readings. At most five queries."""
    assessment = fetch(actor, P.READ_REVIEW, Assessment, related=("cycle",), pk=assessment_id)
    rows = visible(actor, SecondReading).filter(assessment=assessment).select_related("asked_by", "reader")
    said = tuple(rows.order_by("-asked_at", "-pk"))
    waiting = next((one for one in said if not one.result), None)
    manages = holds(actor, P.SECOND_READ, assessment)
    may_pull = manages and waiting is None and may_be_pulled(assessment)
    return ReadingPage(
        assessment=assessment,
        readings=said,
        found=look(assessment),
        waiting=waiting,
        may_record=waiting is not None and may_record(actor, waiting),
        readers=tuple(readers([assessment], timezone.localdate())) if may_pull else None,
    )


def may_be_pulled(assessment: Assessment) -> bool:
    """Whether a second reading of it comes in time."""
    in_time = assessment.letter_state in BEFORE_APPROVAL
    return assessment.state in CHECKED_STATES and in_time and not assessment.imported_digest


def may_record(actor: Actor, reading: SecondReading) -> bool:
    """Whether the actor may say what was found: who was asked, as long as they may read it, or a manager."""
    asked = reading.reader_id == actor.id and holds(actor, P.OVERRULE, reading)
    return asked or holds(actor, P.SECOND_READ, reading)


def reading_list(actor: Actor, cycle_id: int | None, page: int) -> ReadingList:
    """Second readings, those that wait first; for a manager with the number per adviser. Six queries.

    Raises:
        Forbidden: the actor reads no reviews.
    """
    require_anywhere(actor, P.READ_REVIEW)
    rows = visible(actor, SecondReading)
    cycles = _cycles(visible(actor, Assessment).filter(second_readings__isnull=False))
    cycle = cycle_id if cycle_id in {one.pk for one in cycles} else None
    if cycle is not None:
        rows = rows.filter(assessment__cycle=cycle)
    ordered = rows.select_related("authority", "assessment__cycle", "reader", "asked_by")
    newest = ordered.order_by(F("read_at").desc(nulls_first=True), "-asked_at", "-pk")
    shown = Paginator(newest, PAGE_SIZE).get_page(page)
    manages = any(P.SECOND_READ in GRANTS[grant.role] for grant in actor.grants)
    return ReadingList(
        page=shown,
        readings=tuple(shown),
        counts=_counts(rows) if manages else (),
        cycles=cycles,
        cycle=cycle,
        may_draw=manages,
    )


def _counts(rows: Any) -> tuple[Count, ...]:
    """How many of each adviser's were pulled and what was found, by the adviser of now. Two queries."""
    found = list(rows.order_by().select_related("assessment"))
    by_adviser = advisers([one.assessment for one in found], timezone.localdate())
    results: dict[str, list[str]] = {}
    for one in found:
        results.setdefault(by_adviser.get(one.authority_id, ""), []).append(one.result)
    return tuple(
        Count(
            adviser=name or _("No adviser"),
            pulled=len(said),
            waiting=said.count(""),
            sound=said.count(ReadingResult.SOUND),
            queried=said.count(ReadingResult.QUERIED),
        )
        for name, said in sorted(results.items())
    )


def _cycles(rows: Any) -> tuple[Cycle, ...]:
    return tuple(Cycle.objects.filter(pk__in=rows.order_by().values("cycle")).select_related("programme"))


def _on(day: date) -> Any:
    return Membership.objects.filter(open_on(day), starts__lte=day)
