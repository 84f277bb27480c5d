"""How proposed outcomes come to stand: proposing, the authority's response, settling, and taking back what stood.

Every movement of an outcome is an event of its own (``EventKind.OUTCOME``), one for each scored benchmark, written
with the transition's. Its detail says ``benchmark``, ``from`` and ``to`` (labels, "" for none) and ``which``:
proposed, agreed, settled, or what took back what stood (reopened, withdrawn). The reason is on the transition's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from assurance import ledger, outbox, text
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting, outcome
from assurance.actions.refusals import Stale, Unfit
from assurance.models import AgreedOutcome, Assessment, Dispute, Event, ProposalResponse, Review, SelfAssessment
from assurance.vocabulary import Answer, Audience, Basis, EventKind, Permission, State
from assurance.workflow import ASSESSMENT, Blocked, Moved, Obstacle, move, perform
from benchmarks.catalogue import SchemeText, scheme_text

Happened = Sequence[ledger.Happened]
Outcome = tuple[str, int | None]
"""An answer, and the id of its level."""


# --- The adviser proposes -----------------------------------------------------------------------------------


def propose(*, by: Actor, at: datetime, assessment_id: int, version: int | None = None) -> Assessment:
    """Propose the adviser's outcomes: from now on the authority sees them. Its leads are told by e-mail.

    Each outcome moves from what was proposed or stood before; the first time from the authority's own.
    """

    def write(assessment: Assessment) -> Happened:
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        events = Event.objects.filter(assessment=assessment, kind=EventKind.OUTCOME).order_by("at", "id")
        before = {one["benchmark"]: one["to"] for one in events.values_list("detail", flat=True) if one["to"]}
        outbox.proposed(assessment, by=by, at=at)
        return [
            _movement(number, before.get(number, _label(scheme, one.own)), _label(scheme, one.level), "proposed")
            for number, one in _proposed(assessment, scheme).scored.items()
        ]

    return perform(ASSESSMENT, assessment_id, "propose", by=by, at=at, version=version, moving=write)


def reconsider(*, by: Actor, at: datetime, assessment_id: int, version: int | None = None) -> Assessment:
    """Take disputed outcomes back into review."""
    return perform(ASSESSMENT, assessment_id, "reconsider", by=by, at=at, version=version)


# --- The authority responds ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What an authority means to say of one proposed outcome.

    ``version`` is of the prepared response as the person saw it, 0 where there was none; ``accepts`` is None while
    they have not decided. Accepting an outcome that is the authority's own needs no preparing.
    """

    version: int = 0
    accepts: bool | None = None
    reason: str = ""


def save_choices(
    *, by: Actor, at: datetime, assessment_id: int, choices: Mapping[int, Choice], version: int | None = None
) -> Assessment:
    """Keep what the authority means to say, by benchmark number, without sending it: all of it or nothing.

    Args:
        version: of the assessment as the person saw it.

    Raises:
        Stale: somebody else decided some of these in between; ``current`` has their rows by number. What the person
            left as they saw it is no conflict and stays as it stands.
        Moved: the outcomes are not, or no longer, proposed, or they were proposed anew.
        Unfit: a number is not a scored benchmark, a reason does not fit, or it is not said what it is a reason for.
    """
    with transaction.atomic():
        assessment, proposal, wanted, found = _answering(by, assessment_id, choices, version)
        proposed = proposal.scored
        new: list[ProposalResponse] = []
        changed: list[ProposalResponse] = []
        conflicts: dict[int, ProposalResponse | None] = {}
        for number, choice in wanted.items():
            row, one = found.get(number), proposed[number]
            if _says(row, choice, one):
                continue
            if choice.version != (row.version if row else 0):
                if not _is_untouched(row, choice, one):
                    conflicts[number] = row
                continue
            if choice.accepts is None:
                if not choice.reason:
                    continue
                raise Unfit(f"choice_{number}", _("Choose whether you accept or dispute this outcome"))
            if row is None:
                row = ProposalResponse(
                    authority=assessment.authority, assessment=assessment, benchmark_id=one.benchmark_id, version=0
                )
                new.append(row)
            else:
                changed.append(row)
            row.accepts, row.reason, row.saved_at = choice.accepts, choice.reason, at
            row.version += 1
            found[number] = row
        if conflicts:
            raise Stale(conflicts)
        if new:
            ledger.create_many(ProposalResponse, new, by=by, at=at)
        if changed:
            ledger.save_many(ProposalResponse, changed, by=by, at=at)
        saved = {row.benchmark_id for row in (*new, *changed)}
        happened = [(EventKind.RESPONDED, {"benchmark": n}) for n, one in proposed.items() if one.benchmark_id in saved]
        if happened:
            ledger.events_on(assessment, happened, by=by, at=at, audience=Audience.AUTHORITY)
    return assessment


def send_response(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    choices: Mapping[int, Choice],
    note: str = "",
    version: int | None = None,
) -> Assessment:
    """Send what the authority says of every proposed outcome: accepted if all are, otherwise disputed where it is.

    Args:
        choices: by benchmark number, as the person sees them now; what was prepared is in them.
        note: to go with it; kept with the acceptance, or with the event of the dispute.
        version: of the assessment as the person saw it.

    Raises:
        Stale: somebody else decided differently in between; ``current`` has their rows by number.
        Blocked: not every scored benchmark is decided; each obstacle names one.
        Unfit: a dispute has no reason, or a text does not fit.
        Moved: as :func:`save_choices`.
    """
    with transaction.atomic():
        assessment, proposal, wanted, found = _answering(by, assessment_id, choices, version)
        proposed = proposal.scored
        conflicts = {}
        for number, one in proposed.items():
            row, choice = found.get(number), wanted.get(number, Choice())
            if choice.version != (row.version if row else 0) and not _says(row, choice, one):
                conflicts[number] = row
        if conflicts:
            raise Stale(conflicts)
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        left = [number for number in proposed if wanted.get(number, Choice()).accepts is None]
        if left:
            raise Blocked([_undecided(scheme, number) for number in left])
        reasons = {number: choice.reason for number, choice in wanted.items() if not choice.accepts}
        for number, reason in reasons.items():
            if not reason:
                raise Unfit(f"reason_{number}", _("Enter the reason why you dispute this outcome"))
        kept = _note(note)
        if reasons:
            write = _dispute(reasons, by, at, (proposal, found))
            given: dict[str, Any] = {"disputes": reasons, "reason": kept}
            return move(ASSESSMENT, assessment, "dispute", by=by, at=at, given=given, moving=write)
        changes = {"acceptance_note": kept}
        write = _agree(by, at, (proposal, found))
        return move(
            ASSESSMENT, assessment, "accept", by=by, at=at, given={"reason": kept}, changes=changes, moving=write
        )


def accept(*, by: Actor, at: datetime, assessment_id: int, note: str = "", version: int | None = None) -> Assessment:
    """Accept every proposed outcome, with a note if wanted: they become the agreed ones. The advisers are told.

    Raises:
        Unfit: the note does not fit.
    """
    kept = _note(note)
    return perform(
        ASSESSMENT,
        assessment_id,
        "accept",
        by=by,
        at=at,
        version=version,
        given={"reason": kept},
        changes={"acceptance_note": kept},
        moving=_agree(by, at),
    )


def dispute(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    reasons: Mapping[int, str],
    note: str = "",
    version: int | None = None,
) -> Assessment:
    """Dispute proposed outcomes. The advisers and the regional managers are told.

    Args:
        reasons: by benchmark number; benchmarks without one are not disputed.
        note: to go with it.

    Raises:
        Unfit: a number is not a scored benchmark, or a text does not fit.
    """
    cleaned = {number: fitting(reason, f"reason_{number}") for number, reason in reasons.items() if reason.strip()}
    given = {"disputes": cleaned, "reason": _note(note)}
    write = _dispute(cleaned, by, at)
    return perform(ASSESSMENT, assessment_id, "dispute", by=by, at=at, version=version, given=given, moving=write)


# --- The regional manager -----------------------------------------------------------------------------------


def settle(
    *, by: Actor, at: datetime, assessment_id: int, reason: str, levels: Mapping[int, str], version: int | None = None
) -> Assessment:
    """Settle a dispute. Outcomes that were disputed are recorded as settled, the others as agreed. Both sides are told.

    Args:
        levels: level codes by number, for those benchmarks whose outcome is not to be the adviser's.

    Raises:
        Unfit: a level is not on the scale, or the benchmark is not disputed.
    """
    kept = fitting(reason, "reason")

    def write(assessment: Assessment) -> Happened:
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        last = latest_disputes(assessment).filter(benchmark=OuterRef("benchmark"))
        rows = list(Review.objects.filter(assessment=assessment).annotate(is_disputed=Exists(last)))
        disputed = {row.benchmark_id for row in rows if row.is_disputed}
        outcomes: dict[int, Outcome] = {row.benchmark_id: (row.answer, row.level_id) for row in rows}
        proposed = dict(outcomes)
        for number, code in levels.items():
            benchmark = scheme.benchmarks.get(number)
            if benchmark is None or benchmark.id not in disputed:
                raise Unfit(f"level_{number}", _("Only disputed benchmarks can be settled"))
            outcomes[benchmark.id] = outcome(scheme, code)
        stand(assessment, outcomes, Basis.AGREED, by, at, settled=disputed)
        outbox.settled(assessment, by=by, at=at)
        return _stands(scheme, proposed, outcomes, disputed)

    return perform(
        ASSESSMENT, assessment_id, "settle", by=by, at=at, version=version, given={"reason": kept}, moving=write
    )


def reopen(*, by: Actor, at: datetime, assessment_id: int, reason: str, version: int | None = None) -> Assessment:
    """Take an agreed assessment back into review. What stood, and what was said of it, is kept in history."""

    def write(assessment: Assessment) -> Happened:
        outbox.reopened(assessment, by=by, at=at)
        return stand_down(assessment, "reopened", by, at)

    return perform(
        ASSESSMENT,
        assessment_id,
        "reopen",
        by=by,
        at=at,
        version=version,
        given={"reason": fitting(reason, "reason")},
        changes={"acceptance_note": ""},
        moving=write,
    )


def latest_disputes(assessment: Assessment) -> QuerySet[Dispute]:
    """The disputes that were raised last, all at one moment; earlier ones were reconsidered."""
    last = Dispute.objects.filter(assessment=assessment).order_by("-raised_at").values("raised_at")[:1]
    return Dispute.objects.filter(assessment=assessment, raised_at=last)


# --- What stands --------------------------------------------------------------------------------------------


def stand(
    assessment: Assessment,
    outcomes: Mapping[int, Outcome],
    basis: Basis,
    by: Actor,
    at: datetime,
    settled: Collection[int] = (),
) -> None:
    """Write what stands, by benchmark id. ``settled`` ids carry the basis settled instead."""
    ledger.create_many(
        AgreedOutcome,
        [
            AgreedOutcome(
                authority=assessment.authority,
                assessment=assessment,
                benchmark_id=benchmark_id,
                answer=answer,
                level_id=level_id,
                basis=Basis.SETTLED if benchmark_id in settled else basis,
            )
            for benchmark_id, (answer, level_id) in outcomes.items()
        ],
        by=by,
        at=at,
    )


def stand_down(assessment: Assessment, which: str, by: Actor, at: datetime) -> Happened:
    """Take back what stands, if anything does, and say of each outcome that it no longer does.

    Args:
        which: what took it back: reopened or withdrawn.
    """
    rows = list(AgreedOutcome.objects.filter(assessment=assessment))
    if not rows:
        return ()
    ledger.delete_many(AgreedOutcome, rows, by=by, at=at)
    return fallen(scheme_text(assessment.cycle.scheme_version_id), rows, which)


def fallen(scheme: SchemeText, rows: Iterable[AgreedOutcome], which: str) -> Happened:
    """What is said of outcomes of one assessment that no longer stand, those that had a level."""
    levels = {row.benchmark_id: row.level_id for row in rows if row.answer == Answer.OUTCOME}
    return [
        _movement(one.number, _label(scheme, levels[one.id]), "", which)
        for one in scheme.benchmarks.values()
        if one.id in levels
    ]


# --- What they share ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Proposed:
    """A proposed outcome beside the authority's own, as ids of levels."""

    number: int
    benchmark_id: int
    own: int | None
    level: int | None

    @property
    def is_own(self) -> bool:
        return self.own == self.level


@dataclass(frozen=True)
class _Proposal:
    """What the adviser found on every benchmark, by its id, and beside the authority's own where it is scored."""

    outcomes: dict[int, Outcome]
    scored: dict[int, _Proposed]


def _proposed(assessment: Assessment, scheme: SchemeText) -> _Proposal:
    """The adviser's outcomes; the scored ones by number and in its order. One query."""
    own = SelfAssessment.objects.filter(assessment=assessment, benchmark=OuterRef("benchmark")).values("level")[:1]
    rows = Review.objects.filter(assessment=assessment).annotate(own=Subquery(own)).order_by()
    found = {key: rest for key, *rest in rows.values_list("benchmark", "answer", "level", "own")}
    places = {number: found[one.id] for number, one in scheme.benchmarks.items() if one.id in found}
    return _Proposal(
        outcomes={key: (answer, level) for key, (answer, level, _own) in found.items()},
        scored={
            number: _Proposed(number, scheme.benchmarks[number].id, own_level, level)
            for number, (answer, level, own_level) in places.items()
            if answer == Answer.OUTCOME
        },
    )


def _answering(
    by: Actor, assessment_id: int, choices: Mapping[int, Choice], version: int | None
) -> tuple[Assessment, _Proposal, dict[int, Choice], dict[int, ProposalResponse]]:
    """The locked assessment, what is proposed, the choices with their texts cleaned, and what is prepared so far.

    Three queries. Raises Moved and Unfit as :func:`save_choices`.
    """
    assessment = fetch(by, Permission.AGREE, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
    if assessment.state != State.PROPOSED or version not in (None, assessment.version):
        raise Moved(assessment, ASSESSMENT.row("accept"))
    proposal = _proposed(assessment, scheme_text(assessment.cycle.scheme_version_id))
    proposed = proposal.scored
    wanted = {}
    for number, choice in sorted(choices.items()):
        if number not in proposed:
            raise Unfit(f"choice_{number}", _("Choose a benchmark that is scored"))
        reason = fitting(choice.reason, f"reason_{number}")
        wanted[number] = Choice(version=choice.version, accepts=choice.accepts, reason=reason)
    rows = {row.benchmark_id: row for row in ProposalResponse.objects.filter(assessment=assessment).order_by()}
    found = {number: rows[one.benchmark_id] for number, one in proposed.items() if one.benchmark_id in rows}
    return assessment, proposal, wanted, found


def _says(row: ProposalResponse | None, choice: Choice, one: _Proposed) -> bool:
    """Whether a choice is what stands already."""
    if row is not None:
        return (row.accepts, row.reason) == (choice.accepts, choice.reason)
    return not choice.reason and (choice.accepts is None or (choice.accepts and one.is_own))


def _is_untouched(row: ProposalResponse | None, choice: Choice, one: _Proposed) -> bool:
    """Whether a choice is what the person saw, so that they have nothing to say against what stands now."""
    if choice.version == 0:
        return _says(None, choice, one)
    past = ProposalResponse.history.filter(id=row.pk, version=choice.version).first() if row else None
    return past is not None and (past.accepts, past.reason) == (choice.accepts, choice.reason)


def _undecided(scheme: SchemeText, number: int) -> Obstacle:
    named = {"number": number, "title": scheme.benchmarks[number].title}
    return Obstacle(_("Benchmark %(number)s, %(title)s: choose whether you accept or dispute it") % named, number)


def _note(note: str) -> str:
    return fitting(note, "note", longest=text.REASON, addresses=True)


Read = tuple[_Proposal, Mapping[int, ProposalResponse]]
"""What is proposed and what is prepared, where they were read already."""


def _read(assessment: Assessment) -> Read:
    prepared = dict(enumerate(ProposalResponse.objects.filter(assessment=assessment)))
    return _proposed(assessment, scheme_text(assessment.cycle.scheme_version_id)), prepared


def _agree(by: Actor, at: datetime, read: Read | None = None) -> Callable[[Assessment], Happened]:
    """What is written when proposed outcomes are accepted."""

    def write(assessment: Assessment) -> Happened:
        proposal, prepared = read or _read(assessment)
        stand(assessment, proposal.outcomes, Basis.AGREED, by, at)
        _forget(prepared, by, at)
        outbox.responded(assessment, by=by, at=at, disputed=0)
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        return _stands(scheme, proposal.outcomes, proposal.outcomes, ())

    return write


def _dispute(
    reasons: Mapping[int, str], by: Actor, at: datetime, read: Read | None = None
) -> Callable[[Assessment], Happened]:
    """What is written when proposed outcomes are disputed. No outcome moves."""

    def write(assessment: Assessment) -> Happened:
        proposal, prepared = read or _read(assessment)
        if unknown := sorted(set(reasons) - set(proposal.scored)):
            raise Unfit(f"reason_{unknown[0]}", _("Choose a benchmark that is scored"))
        rows = [
            Dispute(
                authority=assessment.authority,
                assessment=assessment,
                benchmark_id=proposal.scored[number].benchmark_id,
                reason=reason,
                raised_at=at,
            )
            for number, reason in sorted(reasons.items())
        ]
        ledger.create_many(Dispute, rows, by=by, at=at)
        _forget(prepared, by, at)
        outbox.responded(assessment, by=by, at=at, disputed=len(rows))
        return ()

    return write


def _forget(prepared: Mapping[int, ProposalResponse], by: Actor, at: datetime) -> None:
    """Take away what was prepared, now that it is sent."""
    if rows := list(prepared.values()):
        ledger.delete_many(ProposalResponse, rows, by=by, at=at, reason="sent")


def _stands(
    scheme: SchemeText, before: Mapping[int, Outcome], after: Mapping[int, Outcome], settled: Iterable[int]
) -> Happened:
    """The movements from what was proposed to what stands, by benchmark id."""
    which = dict.fromkeys(settled, "settled")
    return [
        _movement(
            one.number,
            _label(scheme, before[one.id][1]),
            _label(scheme, after[one.id][1]),
            which.get(one.id, "agreed"),
        )
        for one in scheme.benchmarks.values()
        if one.id in after and after[one.id][0] == Answer.OUTCOME
    ]


def _movement(number: int, before: str, after: str, which: str) -> ledger.Happened:
    return EventKind.OUTCOME, {"benchmark": number, "from": before, "to": after, "which": which}


def _label(scheme: SchemeText, level_id: int | None) -> str:
    level = scheme.level_by_id(level_id)
    return level.label if level else ""
