"""Tables of earlier years: kept, read, judged, corrected, confirmed as a whole, and undone as a whole."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import File
from django.db import transaction
from django.db.models import Count, Q
from django.db.models.functions import Lower
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from assurance import ledger, store, text
from assurance.access import Actor, Forbidden, NotFound, reach, require, visible
from assurance.actions.agreement import fallen
from assurance.actions.answers import fitting
from assurance.actions.importing import AlreadyThere, NotPast, PastPoint, PastRecord, past_cycle, take_over, take_turn
from assurance.actions.refusals import Stale, Unfit
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Authority,
    Cycle,
    HistoryImport,
    Programme,
    Recommendation,
    Strength,
    User,
)
from assurance.vocabulary import CycleState, EventKind, ImportState, Permission, State
from assurance.workbook import history_judge
from assurance.workbook.history_judge import Place, Proposal, Stands, World, judge
from assurance.workbook.history_layout import AUTHORITY, GSS, name_of, part_of, running_year
from assurance.workbook.history_read import LONGEST_CELL, Source, from_json, read, to_json
from assurance.workbook.history_values import NotRead, even, year
from assurance.workbook.safe import LARGEST, Refused
from assurance.workflow import ASSESSMENT, Blocked, Moved, Obstacle, move
from assurance.years import year_of
from benchmarks.catalogue import SchemeText, newest_published, published_versions, scheme_text

P = Permission
READ_TASK = "history.read"
LOST_AFTER = timedelta(minutes=2)
GIVEN_UP_AFTER = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=30)
"""How long a table waits for somebody to confirm it."""
LONGEST_NAME = 200
MOST_WAITING = 3
"""Tables of one person that are not read yet: each keeps a worker busy for a while."""
MOST_A_DAY = 50
"""Tables of one person within a day, whatever became of them."""
STANDS = (ImportState.APPLIED, ImportState.UNDONE)
"""States in which the file stays, because the record names it as its source."""

log = logging.getLogger(__name__)


class StillWrong(Exception):
    """What was written in place of cells cannot be read either. ``errors`` say why, by line and role."""

    def __init__(self, errors: Mapping[tuple[int, str], str]) -> None:
        self.errors = errors
        super().__init__("; ".join(errors.values()))


# Brought, and read


def upload(
    *, by: Actor, at: datetime, programme_id: int, scheme_code: str, name: str, file: File[Any]
) -> HistoryImport:
    """Keep a table of earlier years, for a worker to read.

    Args:
        scheme_code: for years without a cycle and lines that name no scheme ("" for none).

    Raises:
        Unfit: there are too many already, that wait or on this day; or the scheme is not published.
        access.NotFound, access.Forbidden: as ``access.require``.
    """
    with store.undone_on_error() as stored, transaction.atomic():
        programme = Programme.objects.filter(pk=programme_id).first()
        require(by, P.IMPORT_HISTORY, programme)
        if programme is None:
            raise NotFound
        _check_room(by, at)
        row = _keep(by, at, programme, scheme_code, name, file, stored)
        transaction.on_commit(partial(send, row.pk))
    return row


def _keep(
    by: Actor,
    at: datetime,
    programme: Programme,
    scheme_code: str,
    name: str,
    file: File[Any],
    stored: list[store.Kept],
) -> HistoryImport:
    version = newest_published(scheme_code) if scheme_code else None
    if scheme_code and version is None:
        raise Unfit("scheme", _("Choose a published scheme"))
    stored.append(store.keep(store.HISTORY, file))
    row = HistoryImport.objects.create(
        programme=programme,
        scheme=version.scheme if version else None,
        name=text.clean(name)[-LONGEST_NAME:] or _("Table"),
        path=stored[-1].path,
        size=stored[-1].size,
        sha256=stored[-1].sha256,
        uploaded_by=by.user,
        uploaded_by_name=by.name,
        uploaded_at=at,
    )
    _note(row, "uploaded", by, at)
    return row


def _check_room(by: Actor, at: datetime) -> None:
    """Raises Unfit where one more would be too many."""
    # One after the other: two at once would both find room for the last.
    User.objects.select_for_update(no_key=True).filter(pk=by.id or 0).values_list("pk").first()
    mine = HistoryImport.objects.filter(uploaded_by=by.id)
    count = mine.aggregate(
        waiting=Count("pk", filter=Q(state=ImportState.WAITING)),
        today=Count("pk", filter=Q(uploaded_at__gt=at - timedelta(days=1))),
    )
    if count["waiting"] >= MOST_WAITING:
        message = _("%(most)s of your tables are still being read. Wait until one is done, then upload this one")
        raise Unfit("file", message % {"most": MOST_WAITING})
    if count["today"] >= MOST_A_DAY:
        message = _("You uploaded %(most)s tables within a day. Upload this one tomorrow")
        raise Unfit("file", message % {"most": MOST_A_DAY})


def send(import_id: int) -> None:
    """Send the task that reads a table."""
    current_app.send_task(READ_TASK, (import_id,))


def read_import(*, import_id: int, at: datetime) -> HistoryImport | None:
    """Read a table into plain lines. Doing it twice does it once; what cannot be read says why in words.

    Needs a scope of everything: a table is nobody's but its person's.
    """
    with transaction.atomic():
        row = HistoryImport.objects.select_for_update(of=("self",)).filter(pk=import_id).first()
        if row is None or row.state != ImportState.WAITING:
            return None
        try:
            with store.open(row.path) as file:
                found = read(file.read(LARGEST + 1))
        except Refused as refusal:
            _refuse(row, refusal.reasons)
        except SoftTimeLimitExceeded:
            _refuse(row, [_("The file took too long to read. Divide it, and upload the parts")])
        except Exception:
            log.exception("history import %s could not be read", import_id)
            _refuse(row, [_("The file could not be read. Copy its rows into the template, and upload that")])
        else:
            row.state, row.content = ImportState.READ, to_json(found)
        row.version += 1
        row.save(update_fields=["state", "faults", "content", "version"])
    return row


def _refuse(row: HistoryImport, reasons: Sequence[str]) -> None:
    row.state, row.faults = ImportState.REFUSED, list(reasons)
    transaction.on_commit(partial(store.forget, row.path))


# Judged


def judged(actor: Actor, row: HistoryImport, at: datetime) -> tuple[Proposal, ...]:
    """What would become of each line now, for this actor. The same few queries, however many lines."""
    lines, corrections = from_json(row.content).lines, _by_line(row.corrections)
    return judge(lines, world(actor, row.programme, _code(row), lines, corrections, at), corrections, row.left_out)


def _by_line(kept: Mapping[str, Mapping[str, str]]) -> dict[int, Mapping[str, str]]:
    return {int(line): cells for line, cells in kept.items()}


def _code(row: HistoryImport) -> str:
    return row.scheme.code if row.scheme else ""


def world(
    actor: Actor,
    programme: Programme,
    scheme_code: str,
    lines: Sequence[Source],
    corrections: Mapping[int, Mapping[str, str]],
    at: datetime,
    further: Iterable[Mapping[str, str]] = (),
) -> World:
    """Everything that the lines are judged by, and nothing of an authority that the actor may not import for.

    Args:
        further: cells that name authorities as well.
    """
    cells = [*(line.cells for line in lines), *corrections.values(), *further]
    places = _places(actor, programme, cells)
    schemes: dict[str, SchemeText] = {}
    for version in published_versions():
        if version.scheme.code not in schemes:
            schemes[version.scheme.code] = scheme_text(version.pk)
    cycles: dict[int, list[history_judge.Cycle]] = {}
    for cycle in Cycle.objects.filter(programme=programme).select_related("scheme_version__scheme").order_by("name"):
        try:
            start = year(year_of(cycle.name)).value
        except NotRead:
            continue
        scheme = scheme_text(cycle.scheme_version_id)
        cycles.setdefault(start, []).append(history_judge.Cycle(cycle.name, scheme, cycle.state == CycleState.CLOSED))
    standing = visible(actor, Assessment).filter(
        cycle__programme=programme, authority__in=[place.id for place in places]
    )
    return World(
        places=places,
        cycles=cycles,
        schemes=schemes,
        chosen=schemes.get(scheme_code),
        running=running_year(localdate(at)),
        standing={
            (authority_id, name): _stands(digest, state, made)
            for authority_id, name, digest, state, made in standing.order_by().values_list(
                "authority_id", "cycle__name", "imported_digest", "state", "history_import_id"
            )
        },
    )


def _stands(digest: str, state: str, made: int | None) -> Stands:
    undone = state == State.WITHDRAWN and made is not None and not digest
    return Stands(digest, again=undone, withdrawn=state == State.WITHDRAWN and not undone)


def _places(actor: Actor, programme: Programme, cells: Iterable[Mapping[str, str]]) -> list[Place]:
    """The authorities that are named somewhere, and that the actor may import for."""
    codes, names = set(), set()
    for one in cells:
        codes.add(one.get(GSS, "").strip().upper()[:20])
        names.add(even(one.get(AUTHORITY, "")).casefold()[:200])
    where = reach(actor, P.IMPORT_HISTORY)
    rows = Authority.objects.filter(programme=programme).annotate(lower=Lower("name"), lower_short=Lower("short_name"))
    rows = rows.filter(
        Q(gss_code__in=codes - {""})
        | Q(lower__in=names - {""})
        | Q(lower_short__in=names - {""})
        | ~Q(former_gss_codes="")
    )
    return [
        Place(
            one.pk,
            one.gss_code,
            one.name,
            one.short_name,
            frozenset(one.former_gss_codes.replace(",", " ").replace(";", " ").split()),
            one.start_date,
            one.end_date,
        )
        for one in rows.order_by("pk")
        if where.covers(one.pk, one.region, one.programme_id)
    ]


def token(proposals: Iterable[Proposal]) -> str:
    """What tells whether a confirmation would take over what the person saw, and nothing else."""
    said = [(one.key, one.year, one.scheme.id if one.scheme else 0, one.digest) for one in proposals if one.is_taken]
    return hashlib.sha256(json.dumps(sorted(said)).encode()).hexdigest()[:32]


# Decided


def own(by: Actor, import_id: int, *, lock: bool = False) -> HistoryImport:
    """A table that the actor brought.

    Raises:
        access.NotFound: there is none, or it is somebody else's.
        access.Forbidden: the actor imports nothing there any more.
    """
    rows = HistoryImport.objects.select_related("programme", "scheme")
    if lock:
        rows = rows.select_for_update(of=("self",))
    row = rows.filter(pk=import_id, uploaded_by=by.id).first()
    require(by, P.IMPORT_HISTORY, row)
    if row is None:
        raise NotFound
    return row


def leave_out(*, by: Actor, at: datetime, import_id: int, key: int, out: bool, version: int) -> HistoryImport:
    """Leave the lines of one proposal out, or take them in again.

    Raises:
        Stale: it was changed since the person saw it, or is decided.
        access.NotFound, access.Forbidden: as :func:`own`; also NotFound for a proposal that is not there.
    """
    with transaction.atomic():
        row = _open(by, import_id, version)
        lines = set(_proposal(judged(by, row, at), key).lines)
        row.left_out = sorted({*row.left_out} | lines if out else {*row.left_out} - lines)
        row.version += 1
        row.save(update_fields=["left_out", "version"])
    return row


def correct(
    *, by: Actor, at: datetime, import_id: int, key: int, cells: Mapping[tuple[int, str], str], version: int
) -> HistoryImport:
    """Write something in place of cells of one proposal, by line and role, and have it read anew.

    Raises:
        StillWrong: it cannot be read either; nothing is kept.
        Stale: it was changed since the person saw it, or is decided.
        access.NotFound, access.Forbidden: as :func:`own`; also NotFound for a proposal or cell that is not there.
    """
    with transaction.atomic():
        row = _open(by, import_id, version)
        sources = from_json(row.content).lines
        kept = {line: dict(found) for line, found in row.corrections.items()}
        for (line, role), written in cells.items():
            if not 0 <= line < len(sources) or not _is_role(role):
                raise NotFound
            value = text.clean(written[:LONGEST_CELL])
            of_line = kept.setdefault(str(line), {})
            of_line.pop(role, None)
            if value != sources[line].cells.get(role, ""):
                of_line[role] = value
        kept = {line: found for line, found in kept.items() if found}
        before, after = _by_line(row.corrections), _by_line(kept)
        # Of everything that was written, before or now, so that one look at the record does for both.
        found = world(by, row.programme, _code(row), sources, before, at, after.values())
        proposal = _proposal(judge(sources, found, before, row.left_out), key)
        if any(line not in proposal.lines for line, _role in cells):
            raise NotFound
        again = judge(sources, found, after, row.left_out)
        faults = {(one.line, one.role): one.words for each in again for one in each.faults}
        if wrong := {place: faults[place] for place in cells if place in faults}:
            raise StillWrong(wrong)
        row.corrections = kept
        row.version += 1
        row.save(update_fields=["corrections", "version"])
    return row


def _is_role(role: str) -> bool:
    try:
        return bool(role and name_of(role) and part_of(role))
    except (KeyError, ValueError):
        return False


def _open(by: Actor, import_id: int, version: int) -> HistoryImport:
    row = own(by, import_id, lock=True)
    if row.state != ImportState.READ or row.version != version:
        raise Stale(row)
    return row


def _proposal(proposals: Iterable[Proposal], key: int) -> Proposal:
    found = next((one for one in proposals if one.key == key), None)
    if found is None:
        raise NotFound
    return found


def discard(*, by: Actor, at: datetime, import_id: int) -> HistoryImport:
    """Throw a table away that is not confirmed. Doing it again changes nothing.

    Raises:
        Stale: it is in the record.
        access.NotFound, access.Forbidden: as :func:`own`.
    """
    with transaction.atomic():
        row = own(by, import_id, lock=True)
        if row.state in STANDS:
            raise Stale(row)
        if row.state != ImportState.DISCARDED:
            _forget(row)
            _note(row, "discarded", by, at)
    return row


def _forget(row: HistoryImport) -> None:
    transaction.on_commit(partial(store.forget, row.path))
    row.state, row.path, row.content, row.corrections, row.left_out = ImportState.DISCARDED, "", {}, {}, []
    row.version += 1
    row.save(update_fields=["state", "path", "content", "corrections", "left_out", "version"])


@dataclass(frozen=True)
class Confirmed:
    """What a confirmation took over."""

    row: HistoryImport
    assessments: tuple[Assessment, ...]


def confirm(*, by: Actor, at: datetime, import_id: int, seen: str) -> Confirmed:
    """Take over everything that is accepted now, all of it or nothing.

    Every line is judged anew: permission for each authority, the cycle, and what stands there already.

    Args:
        seen: the token of what the person saw (:func:`token`).

    Raises:
        Stale: somebody was quicker, or it would be something else than the person saw; nothing was written.
        Unfit: there is nothing to take over.
        access.NotFound, access.Forbidden: as :func:`own`.
    """
    with transaction.atomic():
        row = own(by, import_id, lock=True)
        if row.state != ImportState.READ:
            raise Stale(row)
        return _confirmed(by, at, row, seen)


def _confirmed(by: Actor, at: datetime, row: HistoryImport, seen: str | None) -> Confirmed:
    take_turn(row.programme)
    proposals = [one for one in judged(by, row, at) if one.is_taken]
    if seen is not None and token(proposals) != seen:
        raise Stale(row)
    if not proposals:
        raise Unfit("confirm", _("There is nothing to take over"))
    authorities = Authority.objects.in_bulk([one.authority_id for one in proposals])
    groups: dict[tuple[str, int], list[Proposal]] = {}
    for one in proposals:
        if one.scheme is not None:
            groups.setdefault((one.year, one.scheme.id), []).append(one)
    made: list[Assessment] = []
    try:
        for (name, scheme_id), ones in sorted(groups.items()):
            scheme = scheme_text(scheme_id)
            cycle = past_cycle(row.programme, name, scheme.code, scheme.id, by=by, at=at)
            records = [_record(one, scheme, authorities) for one in ones]
            made += take_over(cycle, records, by=by, at=at, file=row.name, sha256=row.sha256, history_import=row)
    except (AlreadyThere, NotPast):
        raise Stale(row) from None
    row.state, row.applied_at, row.made = ImportState.APPLIED, at, [one.pk for one in made]
    row.version += 1
    row.save(update_fields=["state", "applied_at", "made", "version"])
    _note(row, "applied", by, at, assessments=len(made))
    return Confirmed(row, tuple(made))


def _record(one: Proposal, scheme: SchemeText, authorities: Mapping[int, Authority]) -> PastRecord:
    levels = {level.code: level.id for level in scheme.levels}
    ids = {number: benchmark.id for number, benchmark in scheme.benchmarks.items()}
    return PastRecord(
        authority=authorities[one.authority_id or 0],
        digest=one.digest,
        outcomes={
            ids[number]: (str(answer), levels[code] if code else None)
            for number, (answer, code) in one.outcomes.items()
        },
        summaries={ids[number]: words for number, words in one.summaries.items()},
        comments={ids[number]: words for number, words in one.comments.items()},
        strengths=one.strengths,
        recommendations=[PastPoint(text=words) for words in one.recommendations],
        dated=one.dated,
        stated=one.stated,
    )


def import_file(
    *, by: Actor, at: datetime, programme: Programme, scheme_code: str, name: str, file: File[Any]
) -> Confirmed:
    """Keep, read and take over a table in one go, for the console, which has seen the preview.

    Raises:
        workbook.safe.Refused: there is no such table in the file.
        Unfit: there is nothing to take over, or the scheme is not published.
    """
    with store.undone_on_error() as stored, transaction.atomic():
        require(by, P.IMPORT_HISTORY, programme)
        file.seek(0)
        found = read(file.read(LARGEST + 1))
        row = _keep(by, at, programme, scheme_code, name, file, stored)
        row.state, row.content = ImportState.READ, to_json(found)
        row.save(update_fields=["state", "content"])
        return _confirmed(by, at, row, None)


# Undone


def undo(*, by: Actor, at: datetime, import_id: int, reason: str) -> HistoryImport:
    """Withdraw everything that an import made, all of it or nothing.

    What somebody withdrew in the meantime stays withdrawn as it is. The cycles stay; history and events stay for ever.

    Raises:
        Blocked: something was built on one of the records; says which and what.
        Stale: it is not in the record, or not any more.
        Unfit: there is no reason, or it does not fit.
        access.NotFound, access.Forbidden: as :func:`own`; also Forbidden where the actor no longer imports for one
            of the authorities.
    """
    given = fitting(reason, "reason")
    if not given:
        raise Unfit("reason", _("Enter a reason"))
    with transaction.atomic():
        row = own(by, import_id, lock=True)
        if row.state != ImportState.APPLIED:
            raise Stale(row)
        take_turn(row.programme)
        rows = visible(by, Assessment).filter(history_import=row).select_related("authority", "cycle")
        assessments = list(rows.select_for_update(of=("self",)).order_by("pk"))
        if set(row.made) - {one.pk for one in assessments}:
            raise Forbidden(P.IMPORT_HISTORY)
        standing = [one for one in assessments if one.state != State.WITHDRAWN]
        _take_back(standing, given, by, at)
        row.state, row.undone_at, row.undo_reason = ImportState.UNDONE, at, given
        row.version += 1
        row.save(update_fields=["state", "undone_at", "undo_reason", "version"])
        _note(row, "undone", by, at, reason=given, assessments=len(standing))
    return row


def _take_back(assessments: Sequence[Assessment], reason: str, by: Actor, at: datetime) -> None:
    outcomes: dict[int, list[AgreedOutcome]] = {}
    for outcome in AgreedOutcome.objects.filter(assessment__in=assessments):
        outcomes.setdefault(outcome.assessment_id, []).append(outcome)

    def moving(record: Assessment) -> Sequence[ledger.Happened]:
        return fallen(scheme_text(record.cycle.scheme_version_id), outcomes.get(record.pk, ()), "withdrawn")

    obstacles: list[Obstacle] = []
    for assessment in assessments:
        changes, given = {"imported_digest": ""}, {"reason": reason}
        try:
            move(ASSESSMENT, assessment, "undo_import", by=by, at=at, given=given, changes=changes, moving=moving)
        except Blocked as refusal:
            obstacles += [Obstacle(f"{assessment}: {one.message}") for one in refusal.obstacles]
        except Moved:
            state = State(assessment.state).label
            obstacles.append(Obstacle(_("%(record)s: it is now %(state)s") % {"record": assessment, "state": state}))
    if obstacles:
        raise Blocked(obstacles)
    every = [row for rows in outcomes.values() for row in rows]
    ledger.delete_many(AgreedOutcome, every, by=by, at=at, reason="undone")
    strengths = list(Strength.objects.filter(assessment__in=assessments))
    ledger.delete_many(Strength, strengths, by=by, at=at, reason="undone")
    recommendations = list(Recommendation.objects.filter(assessment__in=assessments))
    ledger.delete_many(Recommendation, recommendations, by=by, at=at, reason="undone")


# The file, and what is left behind


def note_download(*, by: Actor, at: datetime, row: HistoryImport) -> None:
    """Write that somebody took the file away."""
    _note(row, "history_import", by, at, kind=EventKind.DOWNLOADED)


def sweep(at: datetime) -> list[int]:
    """Forget what nobody confirmed, give up what nobody read, and say what is to be sent again.

    Needs a scope of everything.
    """
    with transaction.atomic():
        waits = (ImportState.READ, ImportState.REFUSED)
        old = HistoryImport.objects.filter(state__in=waits, uploaded_at__lt=at - FORGOTTEN_AFTER)
        for row in old.select_for_update(of=("self",), skip_locked=True):
            _forget(row)
        waiting = HistoryImport.objects.filter(state=ImportState.WAITING)
        for row in waiting.filter(uploaded_at__lt=at - GIVEN_UP_AFTER).select_for_update(skip_locked=True):
            _refuse(row, [_("The file could not be read. Upload it again")])
            row.save(update_fields=["state", "faults"])
        return list(waiting.filter(uploaded_at__lt=at - LOST_AFTER).values_list("pk", flat=True))


def _note(
    row: HistoryImport,
    name: str,
    by: Actor,
    at: datetime,
    *,
    kind: EventKind = EventKind.IMPORTED,
    reason: str = "",
    **detail: Any,
) -> None:
    ledger.reference_event(
        kind,
        by=by,
        at=at,
        programme=row.programme,
        name=name,
        reason=reason,
        detail={"import": row.pk, "file": row.name, "sha256": row.sha256, **detail},
    )
