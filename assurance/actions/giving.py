"""What a Prevent Lead gives to contributors: the benchmarks that they may answer, by when, and with what note."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import ledger, outbox, text
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.memberships import open_on
from assurance.models import Assessment, Authority, GivenBenchmark, Membership, SelfAssessment, User
from assurance.vocabulary import EDITABLE_STATES, Answer, Audience, CycleState, EventKind, Permission, Role

Pair = tuple[int, int]
"""A contributor's id and the number of a benchmark that is given to them."""
_GIVEN = ("id", "given_at", "due_on", "note")


@dataclass(frozen=True)
class Ask:
    """By when the lead would like to have what they give, and what they say with it."""

    due_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class _Standing:
    """An assessment whose row is locked: its scored benchmarks by number, and what is given of them."""

    assessment: Assessment
    rows: Mapping[int, int]
    given: Mapping[Pair, GivenBenchmark]

    def of(self, person: int) -> list[GivenBenchmark]:
        """What is given to one person."""
        return [row for pair, row in self.given.items() if pair[0] == person]


def contributors(authority: Authority, on: date) -> QuerySet[User]:
    """The people who are contributors of the authority on a day, by name."""
    memberships = Membership.objects.filter(open_on(on), authority=authority, role=Role.CONTRIBUTOR, starts__lte=on)
    return User.objects.filter(pk__in=memberships.order_by().values("person"), is_active=True).order_by("name", "pk")


def open_to_giving(assessment: Assessment) -> bool:
    """Whether benchmarks can be given now: cycle open, and not submitted. Its cycle must have been read."""
    return assessment.state in EDITABLE_STATES and assessment.cycle.state == CycleState.OPEN


def given_token(given: Iterable[Pair], asks: Iterable[tuple[Pair, Ask]] = ()) -> str:
    """What a form carries so that giving that somebody else changed since is noticed, or what was asked with it."""
    found = repr(sorted(given))
    if said := [(pair, ask.due_on and ask.due_on.isoformat(), ask.note) for pair, ask in asks if ask != Ask()]:
        found += repr(sorted(said))
    return hashlib.sha256(found.encode()).hexdigest()[:16]


def ask_of(given: Iterable[GivenBenchmark]) -> Ask:
    """The date and the note that stand for a person: those of what was given to them last."""
    last = max(given, key=lambda row: (row.given_at, row.pk), default=None)
    return Ask(last.due_on, last.note) if last else Ask()


def share_benchmarks(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    token: str,
    wanted: Mapping[int, Collection[int]],
    asks: Mapping[int, Ask] | None = None,
) -> None:
    """Give and take back until each of these contributors has exactly these benchmarks; others keep theirs.

    Contributors are told by e-mail what is new to them.

    Args:
        token: of what was given as the person saw it.
        wanted: numbers of benchmarks by the id of a contributor.
        asks: by contributor. One that is not what stands holds for all that they have; one that is, for what is new.

    Raises:
        Stale: somebody gave or took back since; ``current`` is what stands, as pairs.
        NotEditable: the assessment is submitted or the cycle is not open.
        Unfit: a person is no contributor of this authority, a benchmark is not scored, a date has passed or a note
            does not fit.
    """
    with transaction.atomic():
        standing = _standing(by, assessment_id)
        if given_token(standing.given, ((pair, ask_of([row])) for pair, row in standing.given.items())) != token:
            raise Stale(frozenset(standing.given))
        asked = {(person, number) for person, numbers in wanted.items() for number in numbers}
        new = asked - standing.given.keys()
        gone = {pair for pair in standing.given if pair[0] in wanted} - asked
        fitted: dict[int, Ask] = {}
        changed: set[Pair] = set()
        for person, ask in (asks or {}).items():
            stands = ask_of(standing.of(person))
            # Nothing new is given for a day that has passed; what stands may be kept with it.
            before = Ask() if any(pair[0] == person for pair in new) else stands
            fitted[person] = _fitting_ask(ask, before, person, timezone.localdate(at))
            if fitted[person] != stands:
                kept = {pair for pair in standing.given.keys() - gone if pair[0] == person}
                changed |= {pair for pair in kept if ask_of([standing.given[pair]]) != fitted[person]}
        _change(standing, new, gone, by, at, fitted, changed)


def give_benchmark(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    number: int,
    contributor_id: int,
    due_on: date | None = None,
    note: str = "",
) -> None:
    """Give a benchmark to a contributor of the authority. Giving it again changes nothing.

    Raises:
        NotEditable, Unfit: as :func:`share_benchmarks`.
    """
    with transaction.atomic():
        standing = _standing(by, assessment_id)
        new = {(contributor_id, number)} - standing.given.keys()
        ask = _fitting_ask(Ask(due_on, note), Ask(), contributor_id, timezone.localdate(at))
        _change(standing, new, set(), by, at, {contributor_id: ask})


def give_many(
    *, by: Actor, at: datetime, assessment_id: int, contributor: User, numbers: Collection[int], ask: Ask
) -> None:
    """Give several benchmarks to one contributor, besides those that they have.

    Raises:
        NotEditable, Unfit: as :func:`share_benchmarks`.
    """
    with transaction.atomic():
        standing = _standing(by, assessment_id)
        new = {(contributor.pk, number) for number in numbers} - standing.given.keys()
        fitted = _fitting_ask(ask, Ask(), contributor.pk, timezone.localdate(at))
        _change(standing, new, set(), by, at, {contributor.pk: fitted})


def take_back_all(*, by: Actor, at: datetime, authority: Authority, contributor_id: int) -> None:
    """Take back whatever somebody has been given in a cycle that is open: for when they are no contributor any more.

    Whether the actor may end a contributor's part has to be asked before; nothing is asked here. What was given in a
    cycle that is closed stays on record.
    """
    # All of the authority's, so that what is being given at this moment is waited for and then taken back as well.
    open_ones = Assessment.objects.filter(authority=authority, cycle__state=CycleState.OPEN)
    assessments = {one.pk: one for one in open_ones.select_for_update(of=("self",)).order_by("pk")}
    rows = list(
        GivenBenchmark.objects.filter(
            contributor_id=contributor_id, self_assessment__assessment__in=assessments
        ).annotate(number=F("self_assessment__benchmark__number"), of=F("self_assessment__assessment"))
    )
    if not rows:
        return
    ledger.delete_many(GivenBenchmark, rows, by=by, at=at)
    happened = defaultdict(list)
    for row in sorted(rows, key=lambda one: one.number):
        happened[row.of].append((EventKind.TAKEN_BACK, {"benchmark": row.number, "contributor": contributor_id}))
    for assessment_id, events in happened.items():
        assessment = assessments[assessment_id]
        assessment.authority = authority
        ledger.events_on(assessment, events, by=by, at=at, audience=Audience.AUTHORITY)


def take_back_benchmark(*, by: Actor, at: datetime, assessment_id: int, number: int, contributor_id: int) -> None:
    """Take a benchmark back from whom it was given to. What is not given is not taken back: nothing changes.

    Raises:
        NotEditable: as :func:`share_benchmarks`.
    """
    with transaction.atomic():
        standing = _standing(by, assessment_id)
        _change(standing, set(), {(contributor_id, number)} & standing.given.keys(), by, at)


def _standing(by: Actor, assessment_id: int) -> _Standing:
    assessment = fetch(by, Permission.GIVE, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
    if not open_to_giving(assessment):
        raise NotEditable(assessment)
    rows: dict[int, int] = {}
    given: dict[Pair, GivenBenchmark] = {}
    # One query for both: a benchmark comes once for each contributor who has it, or once without any.
    for number, row_id, person, *values in (
        SelfAssessment.objects.filter(assessment=assessment)
        .exclude(answer=Answer.NOT_APPLICABLE)
        .values_list("benchmark__number", "pk", "given__contributor", *(f"given__{name}" for name in _GIVEN))
    ):
        rows[number] = row_id
        if person is not None:
            given[person, number] = GivenBenchmark(
                authority=assessment.authority,
                self_assessment_id=row_id,
                contributor_id=person,
                **dict(zip(_GIVEN, values, strict=True)),
            )
    return _Standing(assessment, rows, given)


def _change(
    standing: _Standing,
    new: set[Pair],
    gone: set[Pair],
    by: Actor,
    at: datetime,
    asks: Mapping[int, Ask] | None = None,
    changed: Collection[Pair] = (),
) -> None:
    """Write it in at most eight statements and one to see who may have it, however much it is."""
    assessment = standing.assessment
    asks = asks or {}
    if new:
        people = _check(standing, new, timezone.localdate(at))
        fresh = [
            GivenBenchmark(
                authority=assessment.authority,
                self_assessment_id=standing.rows[number],
                contributor_id=person,
                given_at=at,
                due_on=asks.get(person, Ask()).due_on,
                note=asks.get(person, Ask()).note,
            )
            for person, number in sorted(new)
        ]
        ledger.create_many(GivenBenchmark, fresh, by=by, at=at)
        told: dict[User, dict[int, date | None]] = defaultdict(dict)
        for person, number in new:
            told[people[person]][number] = asks.get(person, Ask()).due_on
        outbox.benchmarks_given(told, by=by, at=at, assessment=assessment)
    if changed:
        rows = [standing.given[pair] for pair in sorted(changed)]
        for row in rows:
            row.due_on, row.note = asks[row.contributor_id].due_on, asks[row.contributor_id].note
        ledger.save_many(GivenBenchmark, rows, by=by, at=at)
    if gone:
        ledger.delete_many(GivenBenchmark, [standing.given[pair] for pair in sorted(gone)], by=by, at=at)
    happened: list[tuple[EventKind, Pair, dict[str, bool]]] = [
        *((EventKind.GIVEN, pair, {}) for pair in sorted(new)),
        *((EventKind.GIVEN, pair, {"changed": True}) for pair in sorted(changed)),
        *((EventKind.TAKEN_BACK, pair, {}) for pair in sorted(gone)),
    ]
    if happened:
        # Who answers what is the authority's own affair, as its drafts are.
        ledger.events_on(
            assessment,
            [(kind, {"benchmark": number, "contributor": person} | more) for kind, (person, number), more in happened],
            by=by,
            at=at,
            audience=Audience.AUTHORITY,
        )


def _check(standing: _Standing, new: Collection[Pair], on: date) -> dict[int, User]:
    """The people who are to have something, by id, all of them contributors."""
    found = contributors(standing.assessment.authority, on).in_bulk({person for person, _number in new})
    for person, number in sorted(new):
        if person not in found:
            raise Unfit(f"given_{person}", _("Choose a contributor of this authority"))
        if number not in standing.rows:
            raise Unfit(f"given_{person}", _("Choose a benchmark that is scored"))
    return found


def _fitting_ask(ask: Ask, before: Ask, person: int, today: date) -> Ask:
    """The date and note as they are kept. A date that stood before may have passed since."""
    if ask.due_on is not None and ask.due_on != before.due_on and ask.due_on < today:
        raise Unfit(f"due_{person}", _("Choose today or a later date"))
    return Ask(ask.due_on, fitting(ask.note, f"note_{person}", longest=text.NOTE, addresses=True))
