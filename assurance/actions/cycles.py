"""Prepare, open and close cycles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import ledger
from assurance.access import Actor, fetch, require
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Authority, Cycle, CycleBenchmark, Programme, Review, SelfAssessment
from assurance.vocabulary import Answer, CycleState, EventKind, Permission
from benchmarks.catalogue import SchemeText, published_versions, scheme_text

DATES = ("opens_on", "submit_by", "agree_by", "letters_by")


def create_cycle(*, by: Actor, at: datetime, programme_id: int, name: str, scheme_version_id: int) -> Cycle:
    """A cycle in preparation, each benchmark scored as its scheme says.

    Raises:
        Unfit: the programme already has a cycle of that name, or the scheme version is not published.
    """
    programme = Programme.objects.filter(pk=programme_id).first()
    require(by, Permission.MANAGE_CYCLES, programme)
    assert_published(scheme_version_id)
    scheme = scheme_text(scheme_version_id)
    try:
        with transaction.atomic():
            cycle = Cycle(
                programme_id=programme_id,
                name=name,
                scheme_version_id=scheme_version_id,
                recommendation_limit=scheme.max_recommendations,
            )
            ledger.save(cycle, by=by, at=at)
            add_benchmarks(cycle, by=by, at=at)
            _note(cycle, "created", by, at)
    except IntegrityError as error:
        if "cycle_name_once" in str(error):
            raise Unfit("name", _("This programme already has a cycle called %(name)s") % {"name": name}) from error
        raise
    return cycle


def add_benchmarks(cycle: Cycle, *, by: Actor, at: datetime) -> None:
    """Note for a new cycle which benchmarks it scores: those that its scheme scores."""
    rows = [
        CycleBenchmark(
            cycle=cycle, benchmark_id=one.id, scored=one.scored, reason="" if one.scored else one.unscored_note
        )
        for one in scheme_text(cycle.scheme_version_id).benchmarks.values()
    ]
    ledger.create_many(CycleBenchmark, rows, by=by, at=at)


def assert_published(scheme_version_id: int) -> None:
    """Raises :class:`Unfit` unless the scheme version is published."""
    if scheme_version_id not in {version.pk for version in published_versions()}:
        raise Unfit("scheme_version", _("Choose a published scheme"))


def save_cycle(
    *,
    by: Actor,
    at: datetime,
    cycle_id: int,
    version: int,
    dates: Mapping[str, date | None],
    recommendation_limit: int | None,
    nations: Sequence[str],
    authority_types: Sequence[str],
    unscored: Mapping[int, str],
    reminder_days: Sequence[int] | None = None,
    remind_overdue: bool | None = None,
) -> Cycle:
    """Set dates, reminders, scope and what is scored. Once the cycle is open scope and scoring stay as they are.

    Args:
        dates: by the names in ``DATES``.
        unscored: why not, by benchmark number, for the benchmarks that are not scored.
        reminder_days: how many days before a deadline people are reminded of it; None leaves what stands.
        remind_overdue: whether they are reminded on the day after it too; None leaves what stands.

    Raises:
        Stale: somebody saved since.
        NotEditable: the cycle is closed.
        Unfit: dates are out of order, or a reason is missing.
    """
    with transaction.atomic():
        cycle = fetch(by, Permission.MANAGE_CYCLES, Cycle, lock=("self",), pk=cycle_id)
        if cycle.state == CycleState.CLOSED:
            raise NotEditable(cycle)
        if cycle.version != version:
            raise Stale(cycle)
        _set_dates(cycle, dates)
        cycle.recommendation_limit = recommendation_limit
        if reminder_days is not None:
            cycle.reminder_days = sorted(set(reminder_days), reverse=True)
        if remind_overdue is not None:
            cycle.remind_overdue = remind_overdue
        if cycle.state == CycleState.DRAFT:
            cycle.nations = sorted(nations)
            cycle.authority_types = sorted(authority_types)
            _set_scored(cycle, unscored, by, at)
        cycle.version += 1
        ledger.save(cycle, by=by, at=at)
        _note(cycle, "saved", by, at)
    return cycle


def authorities_in_scope(cycle: Cycle, on: date) -> Any:
    """The authorities that the cycle is for: of its programme, its types and nations, and in being on that day."""
    return Authority.objects.filter(
        Q(start_date__isnull=True) | Q(start_date__lte=on),
        Q(end_date__isnull=True) | Q(end_date__gt=on),
        programme_id=cycle.programme_id,
        nation__in=cycle.nations,
        type__in=cycle.authority_types,
    )


def open_cycle(*, by: Actor, at: datetime, cycle_id: int, version: int | None = None) -> int:
    """Open a cycle: an assessment for each authority in scope. A dozen statements, however many there are.

    Args:
        version: of the cycle as the person saw it; None for as it stands.

    Returns:
        How many assessments were created.

    Raises:
        Stale: somebody saved since.
        NotEditable: it is not in preparation.
        Unfit: a date is missing, no benchmark is scored, or no authority is in scope.
    """
    with transaction.atomic():
        cycle = _locked(by, cycle_id, CycleState.DRAFT, version)
        if missing := [name for name in DATES if getattr(cycle, name) is None]:
            raise Unfit(missing[0], _("Set every date before you open the cycle"))
        if not cycle.benchmarks.filter(scored=True).exists():
            raise Unfit("scored", _("Choose at least one benchmark to be scored"))
        authorities = list(authorities_in_scope(cycle, timezone.localdate(at)))
        if not authorities:
            raise Unfit("authority_types", _("No authority is in scope. Choose nations and types of authority"))
        cycle.state = CycleState.OPEN
        cycle.version += 1
        ledger.save(cycle, by=by, at=at, reason="open")
        create_assessments(cycle, authorities, by=by, at=at)
        _note(cycle, "opened", by, at, assessments=len(authorities))
    return len(authorities)


def create_assessments(cycle: Cycle, authorities: Sequence[Authority], *, by: Actor, at: datetime) -> list[Assessment]:
    """Assessments with a row for each benchmark; those that the cycle does not score are not applicable."""
    assessments = ledger.create_many(
        Assessment,
        [Assessment(authority=authority, cycle=cycle, state_since=at) for authority in authorities],
        by=by,
        at=at,
        reason="created",
    )
    scored = dict(cycle.benchmarks.values_list("benchmark_id", "scored"))
    for model in (SelfAssessment, Review):
        rows = [
            model(
                authority=assessment.authority,
                assessment=assessment,
                benchmark_id=benchmark_id,
                answer=Answer.UNANSWERED if is_scored else Answer.NOT_APPLICABLE,
            )
            for assessment in assessments
            for benchmark_id, is_scored in scored.items()
        ]
        ledger.create_many(model, rows, by=by, at=at)
    ledger.events(EventKind.CREATED, assessments, by=by, at=at)
    return assessments


def close_cycle(*, by: Actor, at: datetime, cycle_id: int, version: int | None = None) -> Cycle:
    """Close an open cycle: authorities can no longer answer, submit or recall.

    Raises:
        Stale: somebody saved since.
        NotEditable: it is not open.
    """
    with transaction.atomic():
        cycle = _locked(by, cycle_id, CycleState.OPEN, version)
        cycle.state = CycleState.CLOSED
        cycle.version += 1
        ledger.save(cycle, by=by, at=at, reason="close")
        _note(cycle, "closed", by, at)
    return cycle


def _locked(by: Actor, cycle_id: int, state: CycleState, version: int | None) -> Cycle:
    cycle = fetch(by, Permission.MANAGE_CYCLES, Cycle, lock=("self",), pk=cycle_id)
    if cycle.state != state:
        raise NotEditable(cycle)
    if version is not None and cycle.version != version:
        raise Stale(cycle)
    return cycle


def _set_dates(cycle: Cycle, dates: Mapping[str, date | None]) -> None:
    last: date | None = None
    for name in DATES:
        value = dates.get(name)
        if value is not None and last is not None and value < last:
            raise Unfit(name, _("This date must be the same as or after the one before it"))
        last = value or last
        setattr(cycle, name, value)


def _set_scored(cycle: Cycle, unscored: Mapping[int, str], by: Actor, at: datetime) -> None:
    scheme: SchemeText = scheme_text(cycle.scheme_version_id)
    for row in cycle.benchmarks.select_related("benchmark"):
        number = row.benchmark.number
        scored, reason = number not in unscored, unscored.get(number, "").strip()
        if not scored and not reason:
            raise Unfit(f"reason_{number}", _("Say why this benchmark is not scored"))
        if scored and not scheme.benchmarks[number].criteria:
            raise Unfit(f"scored_{number}", _("The scheme has no criteria for this benchmark"))
        if (row.scored, row.reason) != (scored, reason):
            row.scored, row.reason = scored, reason
            ledger.save(row, by=by, at=at)


def _note(cycle: Cycle, name: str, by: Actor, at: datetime, **detail: Any) -> None:
    kind = EventKind.CYCLE_SAVED if name == "saved" else EventKind.CYCLE_MOVED
    ledger.reference_event(
        kind, by=by, at=at, programme=cycle.programme, name=name, detail={"cycle": cycle.name, **detail}
    )
