"""What a Prevent Lead gives to contributors: the benchmarks that they may answer."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import ledger
from assurance.access import Actor, fetch
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Authority, GivenBenchmark, Membership, SelfAssessment, User
from assurance.vocabulary import EDITABLE_STATES, Answer, Audience, CycleState, EventKind, Permission, Role

Pair = tuple[int, int]
"""A contributor's id and the number of a benchmark that is given to them."""


@dataclass(frozen=True)
class _Standing:
    """An assessment whose row is locked: its scored benchmarks by number, and what is given of them."""

    assessment: Assessment
    rows: Mapping[int, int]
    given: Mapping[Pair, GivenBenchmark]


def contributors(authority: Authority, on: date) -> QuerySet[User]:
    """The people who are contributors of the authority on a day, by name."""
    memberships = Membership.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=on), authority=authority, role=Role.CONTRIBUTOR, starts__lte=on
    )
    return User.objects.filter(pk__in=memberships.order_by().values("person"), is_active=True).order_by("name", "pk")


def open_to_giving(assessment: Assessment) -> bool:
    """Whether benchmarks can be given now: cycle open, and not submitted. Its cycle must have been read."""
    return assessment.state in EDITABLE_STATES and assessment.cycle.state == CycleState.OPEN


def given_token(given: Iterable[Pair]) -> str:
    """What a form carries so that giving that somebody else changed since is noticed."""
    return hashlib.sha256(repr(sorted(given)).encode()).hexdigest()[:16]


def share_benchmarks(
    *, by: Actor, at: datetime, assessment_id: int, token: str, wanted: Mapping[int, Collection[int]]
) -> None:
    """Give and take back until each of these contributors has exactly these benchmarks; others keep theirs.

    Args:
        token: of what was given as the person saw it.
        wanted: numbers of benchmarks by the id of a contributor.

    Raises:
        Stale: somebody gave or took back since; ``current`` is what stands, as pairs.
        NotEditable: the assessment is submitted or the cycle is not open.
        Unfit: a person is no contributor of this authority, or a benchmark is not scored.
    """
    with transaction.atomic():
        standing = _standing(by, assessment_id)
        if given_token(standing.given) != token:
            raise Stale(frozenset(standing.given))
        asked = {(person, number) for person, numbers in wanted.items() for number in numbers}
        new = asked - standing.given.keys()
        gone = {pair for pair in standing.given if pair[0] in wanted} - asked
        _change(standing, new, gone, by, at)


def give_benchmark(*, by: Actor, at: datetime, assessment_id: int, number: int, contributor_id: int) -> None:
    """Give a benchmark to a contributor of the authority. Giving it again changes nothing.

    Raises:
        NotEditable, Unfit: as :func:`share_benchmarks`.
    """
    with transaction.atomic():
        standing = _standing(by, assessment_id)
        _change(standing, {(contributor_id, number)} - standing.given.keys(), set(), by, at)


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
    scored = SelfAssessment.objects.filter(assessment=assessment).exclude(answer=Answer.NOT_APPLICABLE)
    rows = dict(scored.values_list("benchmark__number", "pk"))
    numbers = {pk: number for number, pk in rows.items()}
    given = GivenBenchmark.objects.filter(self_assessment__in=numbers)
    return _Standing(assessment, rows, {(one.contributor_id, numbers[one.self_assessment_id]): one for one in given})


def _change(standing: _Standing, new: set[Pair], gone: set[Pair], by: Actor, at: datetime) -> None:
    """Write it in at most five statements and one to see who may have it, however much it is."""
    assessment = standing.assessment
    if new:
        _check(standing, new, timezone.localdate(at))
        fresh = [
            GivenBenchmark(
                authority=assessment.authority,
                self_assessment_id=standing.rows[number],
                contributor_id=person,
                given_at=at,
            )
            for person, number in sorted(new)
        ]
        ledger.create_many(GivenBenchmark, fresh, by=by, at=at)
    if gone:
        ledger.delete_many(GivenBenchmark, [standing.given[pair] for pair in sorted(gone)], by=by, at=at)
    happened = [(EventKind.GIVEN, pair) for pair in sorted(new)] + [(EventKind.TAKEN_BACK, p) for p in sorted(gone)]
    if happened:
        # Who answers what is the authority's own affair, as its drafts are.
        ledger.events_on(
            assessment,
            [(kind, {"benchmark": number, "contributor": person}) for kind, (person, number) in happened],
            by=by,
            at=at,
            audience=Audience.AUTHORITY,
        )


def _check(standing: _Standing, new: Collection[Pair], on: date) -> None:
    people = {person for person, _number in new}
    found = set(contributors(standing.assessment.authority, on).filter(pk__in=people).values_list("pk", flat=True))
    for person, number in sorted(new):
        if person not in found:
            raise Unfit(f"given_{person}", _("Choose a contributor of this authority"))
        if number not in standing.rows:
            raise Unfit(f"given_{person}", _("Choose a benchmark that is scored"))
