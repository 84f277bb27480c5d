"""What an authority shows beside its answers: files and links, each with the benchmarks that it supports."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from assurance import filetypes, ledger, scanning, store, text
from assurance.access import Actor, Forbidden, fetch, holds
from assurance.actions.questions import is_open
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Document, Evidence, EvidenceFile, Export, Question, SelfAssessment, Upload
from assurance.vocabulary import (
    EDITABLE_STATES,
    Answer,
    Audience,
    CycleState,
    EventKind,
    EvidenceKind,
    Permission,
    Scan,
    State,
)
from assurance.workflow import ASSESSMENT, move
from benchmarks.catalogue import SchemeText, scheme_text

Enqueue = Callable[[int, int], None]
"""Sends the scan of a file by its id and its authority's, once the transaction is committed."""

EDITORS = (Permission.EDIT_ANSWERS, Permission.EDIT_GIVEN)
LONGEST_TITLE = 200
LONGEST_ADDRESS = text.LONGEST_ADDRESS
MOST = 500
"""Pieces of evidence of one assessment: what is more was meant to fill the disk."""
MOST_VERSIONS = 50
"""Files of one piece of evidence, those that were replaced included."""


@dataclass(frozen=True)
class Supports:
    """What a piece of evidence is for: numbers of benchmarks, and criteria of these by id if need be.

    With ``question``, the id of a question of the adviser's, it answers that one and is on the benchmark of it.
    """

    benchmarks: Collection[int] = ()
    criteria: Collection[int] = ()
    question: int | None = None


@dataclass(frozen=True)
class NotAdded:
    """A file that was not taken, by the name that the person knows it by, and why."""

    name: str
    message: str


@dataclass(frozen=True)
class Added:
    """What became of several files: those that are evidence now, and those that are not."""

    evidence: tuple[Evidence, ...]
    refused: tuple[NotAdded, ...]


@dataclass(frozen=True)
class _Taken:
    """A file that was looked at and is in the store."""

    name: str
    kind: filetypes.FileType
    kept: store.Kept


def open_to_evidence(by: Actor, assessment: Assessment) -> bool:
    """Whether the actor may change evidence at this stage. The assessment's cycle must have been read.

    As long as answers are open, and while the adviser's questions wait for answers: then it is the lead's alone.
    """
    if assessment.state == State.CLARIFICATION:
        return holds(by, Permission.SUBMIT, assessment)
    return (
        assessment.state in EDITABLE_STATES
        and assessment.cycle.state == CycleState.OPEN
        and holds(by, EDITORS, assessment)
    )


def answerable(by: Actor, assessment: Assessment) -> frozenset[int]:
    """Numbers of the scored benchmarks that the actor may answer: a lead all, a contributor those given. One query."""
    rows = SelfAssessment.objects.filter(assessment=assessment).exclude(answer=Answer.NOT_APPLICABLE)
    if not holds(by, Permission.EDIT_ANSWERS, assessment):
        rows = rows.filter(given__contributor_id=by.id)
    return frozenset(rows.order_by().values_list("benchmark__number", flat=True))


def removable(row: Evidence) -> bool:
    """Whether evidence may be taken away now: not what was submitted or sent, which the adviser has read by now.

    Its assessment must have been read, and the question that it answers if it answers one.
    """
    assessment = row.assessment
    if assessment.state in EDITABLE_STATES:
        return True
    if row.question is not None:
        return is_open(assessment, row.question)
    return assessment.submitted_at is not None and row.added_at > assessment.submitted_at


def add_files(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    files: Sequence[UploadedFile],
    supports: Supports,
    enqueue: Enqueue,
) -> Added:
    """Add files as evidence, titled by their names. A file that is not taken costs the others nothing.

    The bytes go into the store before the assessment is locked, so that nobody waits for somebody else's upload.

    Raises:
        NotEditable: the assessment is at another stage.
        Unfit: the benchmarks or criteria do not fit; nothing is added.
    """
    with store.undone_on_error() as kept, transaction.atomic():
        taken, refused = _take(files, kept)
        if not taken:
            return Added((), tuple(refused))
        assessment, fields = _place(by, assessment_id, supports)
        if assessment.evidence_items.count() + len(taken) > MOST:
            raise Unfit("files", _("This assessment has its %(most)s pieces of evidence already") % {"most": MOST})
        _start(assessment, by, at)
        rows = [
            Evidence(
                authority=assessment.authority,
                assessment=assessment,
                kind=EvidenceKind.FILE,
                title=_named_after(one.name),
                added_by_id=cast(int, by.id),  # nobody without one holds the permission
                added_at=at,
                **fields,
            )
            for one in taken
        ]
        rows = ledger.create_many(Evidence, rows, by=by, at=at)
        versions = [_version(row, one, 1, by, at) for row, one in zip(rows, taken, strict=True)]
        for version in ledger.create_many(EvidenceFile, versions, by=by, at=at):
            if version.scan == Scan.WAITING:
                enqueue(version.pk, version.authority_id)
        _note(assessment, "added", rows, by, at)
    return Added(tuple(rows), tuple(refused))


def add_link(*, by: Actor, at: datetime, assessment_id: int, url: str, title: str, supports: Supports) -> Evidence:
    """Add a web address as evidence. Without a title, its own address is the title.

    Raises:
        NotEditable: the assessment is at another stage.
        Unfit: the address, the title, the benchmarks or the criteria do not fit.
    """
    address = web_address(url)
    with transaction.atomic():
        assessment, fields = _place(by, assessment_id, supports)
        if assessment.evidence_items.count() >= MOST:
            raise Unfit("url", _("This assessment has its %(most)s pieces of evidence already") % {"most": MOST})
        _start(assessment, by, at)
        row = Evidence(
            authority=assessment.authority,
            assessment=assessment,
            kind=EvidenceKind.LINK,
            url=address,
            title=_title(title, "link_title") if title.strip() else address[:LONGEST_TITLE],
            added_by_id=cast(int, by.id),  # nobody without one holds the permission
            added_at=at,
            **fields,
        )
        ledger.save(row, by=by, at=at)
        _note(assessment, "linked", [row], by, at)
    return row


def edit_evidence(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    evidence_id: int,
    version: int,
    title: str,
    supports: Supports,
    url: str = "",
) -> Evidence:
    """Change the title of evidence, what it supports, and the address of a link.

    Raises:
        Stale: somebody changed it since; nothing is overwritten.
        NotEditable: the assessment is at another stage, or it was taken away.
        Unfit: the title, the address, the benchmarks or the criteria do not fit.
    """
    with transaction.atomic():
        row = _fetch(by, assessment_id, evidence_id)
        fields = _supported(by, row.assessment, supports, row) | {"title": _title(title)}
        if row.kind == EvidenceKind.LINK:
            fields["url"] = web_address(url)
        if all(getattr(row, name) == value for name, value in fields.items()):
            return row
        _fresh(row, version)
        for name, value in fields.items():
            setattr(row, name, value)
        return _save(row, "changed", by, at)


def replace_file(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    evidence_id: int,
    version: int,
    file: UploadedFile,
    enqueue: Enqueue,
) -> Evidence:
    """Put a newer file in place of the one that is there, which stays as an earlier version.

    A title that is only the name of the old file becomes that of the new one; any other title stays.

    Raises:
        Stale, NotEditable: as :func:`edit_evidence`.
        Unfit: the file is not taken, or there are :data:`MOST_VERSIONS` already.
    """
    with store.undone_on_error() as kept, transaction.atomic():
        taken, refused = _take([file], kept)
        if refused:
            raise Unfit("file", refused[0].message)
        row = _fetch(by, assessment_id, evidence_id)
        if row.kind != EvidenceKind.FILE:
            raise Unfit("file", _("A link has no file to replace"))
        _fresh(row, version)
        number, name = row.files.order_by("-number").values_list("number", "name")[0]
        if number >= MOST_VERSIONS:
            words = {"most": MOST_VERSIONS}
            raise Unfit(
                "file",
                _("This file was replaced so often that it has %(most)s versions. Add the new one as further evidence")
                % words,
            )
        if row.title == _named_after(name):
            row.title = _named_after(taken[0].name)
        newer = ledger.save(_version(row, taken[0], number + 1, by, at), by=by, at=at)
        if newer.scan == Scan.WAITING:
            enqueue(newer.pk, newer.authority_id)
        return _save(row, "replaced", by, at)


def remove_evidence(*, by: Actor, at: datetime, assessment_id: int, evidence_id: int, version: int) -> Evidence:
    """Take evidence out of sight. It can be put back as long as evidence can be changed.

    Raises:
        Stale: somebody changed it since.
        NotEditable: the assessment is at another stage, or the adviser has read it as part of the submission.
    """
    with transaction.atomic():
        row = _fetch(by, assessment_id, evidence_id, even_removed=True)
        if row.removed_at is not None:
            return row
        if not removable(row):
            raise NotEditable(row.assessment)
        _fresh(row, version)
        row.removed_at = at
        return _save(row, "removed", by, at)


def restore_evidence(*, by: Actor, at: datetime, assessment_id: int, evidence_id: int, version: int) -> Evidence:
    """Put back evidence that was taken away.

    Raises:
        Stale, NotEditable: as :func:`remove_evidence`.
    """
    with transaction.atomic():
        row = _fetch(by, assessment_id, evidence_id, even_removed=True)
        if row.removed_at is None:
            return row
        _fresh(row, version)
        row.removed_at = None
        return _save(row, "restored", by, at)


def check_open(*, by: Actor, assessment_id: int, evidence_id: int) -> None:
    """Go on only if the actor may change this piece of evidence now.

    Raises:
        NotFound, Forbidden: as ``access.require``.
        NotEditable: the assessment is at another stage, or it was taken away.
    """
    with transaction.atomic():
        _fetch(by, assessment_id, evidence_id)


def note_download(*, by: Actor, at: datetime, file: EvidenceFile) -> None:
    """Write down that somebody downloaded a file who does not work on the assessment."""
    if not holds(by, EDITORS, file):
        ledger.event(
            EventKind.DOWNLOADED,
            by=by,
            at=at,
            authority=file.authority,
            assessment=file.assessment,
            name="evidence",
            detail={"evidence": file.evidence_id, "number": file.number},
        )


def scan_file(*, file_id: int, at: datetime) -> Scan | None:
    """Scan a file that waits for it, and write down what was found. Doing it twice does it once.

    None: there is nothing to do, or somebody else is at it. The scope must be the file's authority's.

    Raises:
        scanning.ScannerAway: nobody answers; the file goes on waiting.
    """
    with transaction.atomic():
        row = (
            EvidenceFile.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("authority", "assessment")
            .filter(pk=file_id, scan=Scan.WAITING)
            .first()
        )
        if row is None:
            return None
        scanner = Actor(None, "Virus scanner")
        if settings.CLAMAV_ADDRESS:
            with store.open(row.path) as file:
                row.finding = scanning.scan(settings.CLAMAV_ADDRESS, file)[:200]
            row.scan = Scan.INFECTED if row.finding else Scan.CLEAN
            row.scanned_at = at
        else:
            # The scanner was taken away while the file waited for it.
            row.scan = Scan.NOT_ASKED
        ledger.save(row, by=scanner, at=at, reason=row.finding)
        if row.scan == Scan.INFECTED:
            ledger.event(
                EventKind.EVIDENCE,
                by=scanner,
                at=at,
                authority=row.authority,
                assessment=row.assessment,
                name="infected",
                detail={"evidence": row.evidence_id, "number": row.number},
                audience=Audience.AUTHORITY,
            )
    return Scan(row.scan)


def waiting_for_scan(limit: int = 100) -> list[tuple[int, int]]:
    """Files that wait to be scanned, first come first, each with its authority. For the sweeper, which sees all."""
    rows = EvidenceFile.objects.filter(scan=Scan.WAITING).order_by("added_at")
    return list(rows.values_list("pk", "authority_id")[:limit])


def forget_lost(*, before: datetime) -> int:
    """Take away what lies in the store since before a moment and no row knows. For the sweeper, which sees all.

    That is what a transaction left behind that was taken back after its bytes were written. Returns how many.
    """
    count = 0
    kept = (
        (store.EVIDENCE, EvidenceFile),
        (store.DOCUMENTS, Document),
        (store.WORKBOOKS, Upload),
        (store.EXPORTS, Export),
    )
    for prefix, model in kept:
        known = set(model._default_manager.exclude(path="").order_by().values_list("path", flat=True))
        for path in store.lost(prefix, known, before):
            store.forget(path)
            count += 1
    return count


def web_address(url: str, field: str = "url") -> str:
    """An address as it is kept. Raises :class:`Unfit` for what is no plain address of a page on the web."""
    address = url.strip()
    if not address:
        raise Unfit(field, _("Enter the address of the link"))
    if len(address) > LONGEST_ADDRESS:
        words = {"most": f"{LONGEST_ADDRESS:,}"}
        raise Unfit(field, _("The address must be %(most)s characters or fewer") % words)
    if any(char.isspace() or unicodedata.category(char)[0] in "CZ" or char in '<>"\\^`{|}' for char in address):
        raise Unfit(field, _("The address has spaces or signs in it that no address has. Copy it again"))
    try:
        parts = urlsplit(address)
        host, named = parts.hostname, parts.username is not None or parts.password is not None
        # Reading it refuses what is no number.
        _port = parts.port
    except ValueError as fault:
        raise Unfit(field, _("Enter a whole address, such as https://www.example.org/report")) from fault
    if parts.scheme.casefold() not in ("http", "https") or not host:
        raise Unfit(field, _("Enter a whole address that begins with https:// or http://"))
    if named:
        raise Unfit(field, _("The address has a name or password in it. Take it out: others will see the address"))
    return address


def _take(files: Sequence[UploadedFile], kept: list[store.Kept]) -> tuple[list[_Taken], list[NotAdded]]:
    taken: list[_Taken] = []
    refused: list[NotAdded] = []
    for position, file in enumerate(files):
        name = filetypes.clean_name(file.name or "")
        if position >= filetypes.MOST_AT_ONCE:
            most = {"most": filetypes.MOST_AT_ONCE}
            refused.append(NotAdded(name, _("You can add %(most)s files at once. Add this one after them") % most))
            continue
        try:
            kind = filetypes.recognise(file, name)
        except filetypes.Refused as refusal:
            refused.append(NotAdded(name, refusal.message))
            continue
        kept.append(store.keep(store.EVIDENCE, file))
        taken.append(_Taken(name, kind, kept[-1]))
    return taken, refused


def _place(by: Actor, assessment_id: int, supports: Supports) -> tuple[Assessment, dict[str, Any]]:
    """The assessment to which evidence is added, locked, and what the evidence supports as fields of a record."""
    assessment = fetch(by, EDITORS, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
    if not open_to_evidence(by, assessment):
        raise NotEditable(assessment)
    return assessment, _supported(by, assessment, supports)


def _supported(by: Actor, assessment: Assessment, supports: Supports, row: Evidence | None = None) -> dict[str, Any]:
    """What evidence supports, as fields of a record; ``row`` is the evidence that is changed, None for a new one."""
    if supports.question is not None:
        return _answering(assessment, supports.question)
    numbers, mine = sorted(set(supports.benchmarks)), answerable(by, assessment)
    if row is not None and row.question is not None:
        # What answers a question may be on no benchmark, as the question may.
        mine |= set(row.benchmark_numbers)
    elif not numbers:
        raise Unfit("benchmarks", _("Choose at least one benchmark"))
    if not mine.issuperset(numbers):
        if holds(by, Permission.EDIT_ANSWERS, assessment):
            raise Unfit("benchmarks", _("Choose benchmarks that are scored"))
        raise Unfit("benchmarks", _("Choose benchmarks that are given to you"))
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    criteria = sorted(set(supports.criteria))
    if not _criteria_of(scheme, numbers).issuperset(criteria):
        raise Unfit("criteria", _("Choose criteria of the benchmarks that you have chosen"))
    return {"benchmark_numbers": numbers, "criterion_ids": criteria}


def _answering(assessment: Assessment, question_id: int) -> dict[str, Any]:
    """The same for evidence that answers a question. Raises :class:`NotEditable` for one of no open round."""
    question = Question.objects.select_related("benchmark").filter(assessment=assessment, pk=question_id).first()
    if question is None:
        raise Unfit("files", _("Choose a question of this assessment"))
    if not is_open(assessment, question):
        raise NotEditable(assessment)
    numbers = [question.benchmark.number] if question.benchmark else []
    return {"benchmark_numbers": numbers, "criterion_ids": [], "question": question}


def _criteria_of(scheme: SchemeText, numbers: Collection[int]) -> frozenset[int]:
    return frozenset(one for number in numbers for one in scheme.benchmarks[number].criterion_ids)


def _start(assessment: Assessment, by: Actor, at: datetime) -> None:
    """Evidence is work like an answer: the first of either starts the assessment."""
    if assessment.state == State.NOT_STARTED:
        move(ASSESSMENT, assessment, "start", by=by, at=at)


def _fetch(by: Actor, assessment_id: int, evidence_id: int, *, even_removed: bool = False) -> Evidence:
    """Evidence to change, locked. What was taken away can only be put back."""
    row = fetch(
        by,
        EDITORS,
        Evidence,
        lock=("self", "assessment"),
        related=("assessment__cycle", "question"),
        pk=evidence_id,
        assessment_id=assessment_id,
    )
    assessment = row.assessment
    assessment.authority = row.authority
    if not open_to_evidence(by, assessment) or (row.removed_at is not None and not even_removed):
        raise NotEditable(assessment)
    if not may_change(by, row):
        raise Forbidden(Permission.EDIT_GIVEN)
    return row


def may_change(by: Actor, row: Evidence) -> bool:
    """Whether a piece of evidence is the actor's to change: a contributor answers every benchmark that it names."""
    if holds(by, Permission.EDIT_ANSWERS, row):
        return True
    return holds(by, Permission.EDIT_GIVEN, row) and answerable(by, row.assessment).issuperset(row.benchmark_numbers)


def _fresh(row: Evidence, version: int) -> None:
    if row.version != version:
        raise Stale(row)


def _named_after(name: str) -> str:
    """The title of a file for which nobody has chosen one: its name without the ending."""
    return name.rpartition(".")[0][:LONGEST_TITLE] or name


def _title(title: str, field: str = "title") -> str:
    cleaned = " ".join(text.clean(title).split())
    if not cleaned:
        raise Unfit(field, _("Enter a title"))
    if len(cleaned) > LONGEST_TITLE:
        words = {"most": LONGEST_TITLE, "count": len(cleaned)}
        raise Unfit(field, _("Shorten the title to %(most)s characters. It has %(count)s now") % words)
    return cleaned


def _version(row: Evidence, taken: _Taken, number: int, by: Actor, at: datetime) -> EvidenceFile:
    return EvidenceFile(
        authority=row.authority,
        assessment_id=row.assessment_id,
        evidence=row,
        number=number,
        name=taken.name,
        media_type=taken.kind.media_type,
        path=taken.kept.path,
        size=taken.kept.size,
        sha256=taken.kept.sha256,
        added_by_id=cast(int, by.id),  # nobody without one holds the permission
        added_at=at,
        scan=Scan.WAITING if settings.CLAMAV_ADDRESS else Scan.NOT_ASKED,
    )


def _save(row: Evidence, what: str, by: Actor, at: datetime) -> Evidence:
    row.version += 1
    ledger.save(row, by=by, at=at)
    _note(row.assessment, what, [row], by, at)
    return row


def _note(assessment: Assessment, what: str, rows: Sequence[Evidence], by: Actor, at: datetime) -> None:
    """One event for all that one act did. It names no title: what a text says is no business of an event's."""
    numbers = rows[0].benchmark_numbers
    ledger.event(
        EventKind.EVIDENCE,
        by=by,
        at=at,
        authority=assessment.authority,
        assessment=assessment,
        name=what,
        # A single benchmark is named as the other events name theirs, so that the timeline can say which.
        detail={"evidence": [row.pk for row in rows], "benchmarks": numbers}
        | ({"benchmark": numbers[0]} if len(numbers) == 1 else {})
        | ({"question": rows[0].question_id} if rows[0].question_id else {}),
        audience=Audience.AUTHORITY,
    )
