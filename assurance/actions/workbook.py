"""The workbook's way out and back: made from what stands, read into plain values, applied where it was confirmed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.contrib.postgres.expressions import ArraySubquery
from django.core.files.base import File
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from assurance import ledger, store, text
from assurance.access import Actor, Forbidden, fetch, holds, visible
from assurance.actions.answers import Reply, kept, open_to_answers, outcome_detail, outcome_label, put
from assurance.actions.carrying import coming, previous_answers
from assurance.actions.documents import Made, Maker
from assurance.actions.giving import open_to_giving
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Document,
    Draft,
    GivenBenchmark,
    Review,
    SelfAssessment,
    Upload,
)
from assurance.vocabulary import Answer, Audience, DocumentKind, EventKind, Permission, State, UploadState
from assurance.workbook import layout, write_ods, write_xlsx
from assurance.workbook.compare import Comparison, Stands, compare, settled
from assurance.workbook.layout import Book, Entry, LastYear
from assurance.workbook.read import Expected, Found, from_json, read, to_json
from assurance.workbook.safe import LARGEST, Refused
from assurance.workflow import ASSESSMENT, move
from benchmarks.catalogue import SchemeText, scheme_text

P = Permission
WORKERS = (P.EDIT_ANSWERS, P.EDIT_GIVEN)
READ_TASK = "uploads.read"
KEPT_FOR = timedelta(days=30)
"""How long it is remembered what was in a workbook. What was applied of it is in history for ever."""
LOST_AFTER = timedelta(minutes=2)
GIVEN_UP_AFTER = timedelta(hours=1)
LONGEST_NAME = 200
MOST_WAITING = 3
"""Uploads of one person to one assessment that are not read yet: each keeps a worker busy for a while."""
MOST_A_DAY = 30
"""Uploads to one assessment within a day, by everybody, whatever became of them."""
FINISHED = (UploadState.REFUSED, UploadState.APPLIED, UploadState.DISCARDED)
ENDINGS = {DocumentKind.WORKBOOK_XLSX: "xlsx", DocumentKind.WORKBOOK_ODS: "ods"}
WRITERS = {DocumentKind.WORKBOOK_XLSX: write_xlsx.write, DocumentKind.WORKBOOK_ODS: write_ods.write}

log = logging.getLogger(__name__)


# Out


def make_workbook(document: Document, actor: Actor, at: datetime) -> Made:
    """The workbook of an assessment as a file. Raises as ``access.require``."""
    kind = DocumentKind(document.kind)
    book = book_of(actor, document.assessment_id, at)
    name = slugify(f"prevent self-assessment {book.authority} {book.cycle.replace('/', '-')}")
    return Made(f"{name}.{ENDINGS[kind]}", WRITERS[kind](layout.sheets(book)))


MAKERS: Mapping[DocumentKind, Maker] = dict.fromkeys(ENDINGS, make_workbook)


def book_of(actor: Actor, assessment_id: int, at: datetime) -> Book:
    """What stands, and what was said last year, as a workbook. At most six queries; raises as ``access.require``."""
    assessment = fetch(actor, P.READ_DRAFT, Assessment, related=("cycle__programme",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    year, last = _last_years(actor, assessment, scheme)
    rows = visible(actor, SelfAssessment).filter(assessment=assessment).exclude(answer=Answer.NOT_APPLICABLE)
    return Book(
        assessment_id=assessment.pk,
        authority=assessment.authority.name,
        gss_code=assessment.authority.gss_code,
        cycle=assessment.cycle.name,
        programme=assessment.cycle.programme.code,
        scheme=scheme,
        entries=tuple(
            Entry(
                benchmark=scheme.benchmarks[row.benchmark.number],
                version=row.version,
                reply=reply_of(row, scheme),
                needs_rechecking=row.needs_rechecking,
                last_year=last.get(row.benchmark.number, LastYear()) if last else None,
            )
            for row in rows.select_related("benchmark").order_by("benchmark__number")
        ),
        made_on=localdate(at),
        submit_by=assessment.cycle.submit_by,
        last_year=year,
    )


def reply_of(row: SelfAssessment, scheme: SchemeText) -> Reply:
    """What an answer says, as it was handed in."""
    level = scheme.level_by_id(row.level_id)
    return Reply(
        level_code=level.code if level else None,
        evidence=row.evidence,
        reason=row.reason,
        marks={int(one): str(mark) for one, mark in row.marks.items()},
        notes={int(one): note for one, note in row.notes.items()},
    )


def _last_years(actor: Actor, assessment: Assessment, scheme: SchemeText) -> tuple[str, dict[int, LastYear]]:
    """Last year's cycle, and what was said then by this year's number. Nothing where there was none."""
    of_it = {"assessment": OuterRef("assessment"), "benchmark": OuterRef("benchmark")}
    outcome = {"answer": "answer", "level": "level_id"}
    rows: list[Any] = list(
        previous_answers(actor, assessment)
        .annotate(
            adviser=ArraySubquery(
                visible(actor, Review)
                .filter(**of_it)
                .values(json=JSONObject(summary="summary", comments="comments", **outcome))
            ),
            agreed=ArraySubquery(visible(actor, AgreedOutcome).filter(**of_it).values(json=JSONObject(**outcome))),
        )
        .order_by("benchmark__number")
    )
    if not rows:
        return "", {}
    cycle = rows[0].assessment.cycle
    previous = scheme_text(cycle.scheme_version_id)
    found = {}
    for number in scheme.benchmarks:
        of_number = [row for row in rows if number in row.leads_to]
        if of_number:
            found[number] = _last_year(scheme, number, previous, of_number)
    return cycle.name, found


def _last_year(scheme: SchemeText, number: int, previous: SchemeText, rows: Sequence[Any]) -> LastYear:
    brought = coming(scheme, number, previous, rows).reply
    several = len(rows) > 1 or previous.code != scheme.code
    outcomes: list[tuple[str, str]] = []
    texts: list[tuple[str, str]] = []
    for row in rows:
        of = f"{row.benchmark.number}. {row.benchmark.title}: " if several else ""
        adviser, agreed = (row.adviser or [{}])[0], (row.agreed or [{}])[0]
        for who, said in (
            (_("Own outcome"), {"answer": row.answer, "level": row.level_id}),
            (_("Adviser’s outcome"), adviser),
            (_("Agreed outcome"), agreed),
        ):
            if said:
                outcomes.append((f"{of}{who}", outcome_label(previous, said["answer"], said["level"])))
        for heading, said_text in (
            (_("Evidence"), row.evidence),
            (_("Reason"), row.reason),
            (_("Adviser’s summary"), adviser.get("summary", "")),
            (_("Adviser’s comments"), adviser.get("comments", "")),
        ):
            if said_text:
                texts.append((f"{of}{heading}", said_text))
    return LastYear(
        outcomes=tuple(outcomes),
        texts=tuple(texts),
        marks=brought.marks,
        notes=brought.notes,
        source=", ".join(_("benchmark %(number)s") % {"number": row.benchmark.number} for row in rows)
        if several
        else "",
    )


# Back


def upload(*, by: Actor, at: datetime, assessment_id: int, name: str, file: File[Any]) -> Upload:
    """Keep a workbook that came back, for a worker to read.

    Raises:
        NotEditable: the assessment is submitted or the cycle is not open.
        Unfit: there are too many already, of the person's own that wait or of everybody's on this day.
        access.NotFound, access.Forbidden: as ``access.require``.
    """
    with store.undone_on_error() as stored, transaction.atomic():
        assessment = fetch(by, WORKERS, Assessment, related=("cycle",), pk=assessment_id)
        if by.user is None:
            raise Forbidden(P.EDIT_ANSWERS)
        if not open_to_giving(assessment):
            raise NotEditable(assessment)
        _check_room(by, assessment, at)
        stored.append(store.keep(store.WORKBOOKS, file))
        row = Upload.objects.create(
            authority=assessment.authority,
            assessment=assessment,
            name=text.clean(name)[-LONGEST_NAME:] or _("Workbook"),
            path=stored[-1].path,
            size=stored[-1].size,
            sha256=stored[-1].sha256,
            uploaded_by=by.user,
            uploaded_at=at,
        )
        transaction.on_commit(partial(send, row.pk, row.authority_id))
    return row


def _check_room(by: Actor, assessment: Assessment, at: datetime) -> None:
    """Raises Unfit where one more upload would be too many."""
    # One after the other: two at once would both find room for the last. Whoever only refers to it is not kept waiting.
    Assessment.objects.select_for_update(no_key=True).filter(pk=assessment.pk).values_list("pk").first()
    count = Upload.objects.filter(assessment=assessment).aggregate(
        waiting=Count("pk", filter=Q(uploaded_by_id=by.id, state=UploadState.WAITING)),
        today=Count("pk", filter=Q(uploaded_at__gt=at - timedelta(days=1))),
    )
    if count["waiting"] >= MOST_WAITING:
        message = _("%(most)s of your workbooks are still being read. Wait until one is done, then upload this one")
        raise Unfit("file", message % {"most": MOST_WAITING})
    if count["today"] >= MOST_A_DAY:
        message = _("%(most)s workbooks were uploaded to this assessment within a day. Upload this one tomorrow")
        raise Unfit("file", message % {"most": MOST_A_DAY})


def send(upload_id: int, authority_id: int) -> None:
    """Send the task that reads an upload."""
    current_app.send_task(READ_TASK, (upload_id, authority_id))


def read_upload(*, upload_id: int, at: datetime) -> Upload | None:
    """Read an upload into plain values. Doing it twice does it once; what cannot be read says why in words."""
    with transaction.atomic():
        row = (
            Upload.objects.select_for_update(of=("self",))
            .select_related("authority", "assessment__cycle__programme")
            .filter(pk=upload_id)
            .first()
        )
        if row is None or row.state != UploadState.WAITING:
            return None
        scheme = scheme_text(row.assessment.cycle.scheme_version_id)
        expected = Expected(
            assessment_id=row.assessment_id,
            authority=row.authority.name,
            gss_code=row.authority.gss_code,
            programme=row.assessment.cycle.programme.code,
            cycle=row.assessment.cycle.name,
            scheme=scheme,
        )
        try:
            with store.open(row.path) as file:
                found = read(file.read(LARGEST + 1), expected)
        except Refused as refusal:
            _refuse(row, refusal.reasons)
        except SoftTimeLimitExceeded:
            _refuse(row, [_("The file took too long to read. Download the workbook again, and copy your answers over")])
        except Exception:
            log.exception("upload %s could not be read", upload_id)
            _refuse(row, [_("The file could not be read. Download the workbook again, and copy your answers over")])
        else:
            row.state = UploadState.COMPARED
            row.content = {"benchmarks": {str(one.number): to_json(one) for one in found}}
        row.save(update_fields=["state", "faults", "content"])
        if row.state in FINISHED:
            _let_go(row)
    return row


def found_in(row: Upload) -> dict[int, Found]:
    """What an upload says, by benchmark number."""
    return {int(number): from_json(int(number), said) for number, said in row.content.get("benchmarks", {}).items()}


def rows_for(actor: Actor, assessment_id: int) -> QuerySet[SelfAssessment]:
    """The answers that a workbook is compared with, each with whether it was given to the actor (``is_mine``)."""
    given = GivenBenchmark.objects.filter(self_assessment=OuterRef("pk"), contributor_id=actor.id)
    return (
        SelfAssessment.objects.filter(assessment_id=assessment_id)
        .exclude(answer=Answer.NOT_APPLICABLE)
        .select_related("benchmark")
        .annotate(is_mine=Exists(given))
    )


@dataclass(frozen=True)
class Compared:
    """One benchmark of an upload: what it would change, the row that stands, and the reply that would be saved."""

    comparison: Comparison
    row: Any
    reply: Reply


def compared(actor: Actor, upload_row: Upload, rows: Sequence[Any], scheme: SchemeText) -> list[Compared]:
    """The benchmarks of an upload against what stands, by number. Nothing is looked up; rows as :func:`rows_for`."""
    found = found_in(upload_row)
    every = holds(actor, P.EDIT_ANSWERS, upload_row)
    result = []
    for row in sorted(rows, key=lambda one: one.benchmark.number):
        row.assessment, row.authority = upload_row.assessment, upload_row.authority
        number, standing = row.benchmark.number, reply_of(row, scheme)
        stands = Stands(version=row.version, reply=standing, open=open_to_answers(row), mine=bool(every or row.is_mine))
        said = found.get(number)
        reply = settled(said.reply, standing) if said and said.reply else standing
        result.append(Compared(compare(said, stands, number), row, reply))
    return result


def decides(by: Actor, row: Upload) -> bool:
    """Whether it is for the actor to say what becomes of an upload: whose it is, or a lead's."""
    return row.uploaded_by_id == by.id or holds(by, P.EDIT_ANSWERS, row)


def _check_decides(by: Actor, row: Upload) -> None:
    if not decides(by, row):
        raise Forbidden(P.EDIT_ANSWERS)


def apply_upload(*, by: Actor, at: datetime, upload_id: int, versions: Mapping[int, int]) -> Upload:
    """Save what a workbook says on the benchmarks that were confirmed, all of them or none.

    Each is saved as ``save_answer`` would: under the version that the person saw, with its history and event. What
    was brought in from last year counts as checked. The person's own drafts of them go, because they chose this.

    Args:
        versions: of the answers as the person saw them, by benchmark number.

    Raises:
        Stale: somebody saved one of them since, or the upload was dealt with; nothing is overwritten.
        NotEditable: the assessment is submitted, or the cycle is closed.
        Unfit: a benchmark has nothing to save, or a text does not fit.
        access.NotFound, access.Forbidden: as ``access.require``; also Forbidden for a benchmark not given to one, and
            for a colleague's workbook unless one is lead.
    """
    with transaction.atomic():
        row = fetch(by, WORKERS, Upload, lock=("self",), related=("assessment__cycle",), pk=upload_id)
        _check_decides(by, row)
        if row.state != UploadState.COMPARED:
            raise Stale(row)
        if not open_to_giving(row.assessment):
            raise NotEditable(row.assessment)
        # Rows before their assessment, and in their order, as everybody locks them who saves an answer.
        rows = rows_for(by, row.assessment_id).filter(benchmark__number__in=list(versions))
        locked = list(rows.select_for_update(of=("self",)).order_by("pk"))
        assessment = fetch(by, WORKERS, Assessment, lock=("self",), related=("cycle",), pk=row.assessment_id)
        row.assessment = assessment
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        chosen = compared(by, row, locked, scheme)
        _check(by, assessment, chosen, versions)
        if assessment.state == State.NOT_STARTED:
            move(ASSESSMENT, assessment, "start", by=by, at=at)
        happened = [_save(one, scheme, at) for one in chosen]
        answers = [one.row for one in chosen]
        ledger.save_many(SelfAssessment, answers, by=by, at=at, reason="workbook")
        Draft.objects.filter(self_assessment__in=answers, person_id=by.id).delete()
        numbers = sorted(versions)
        ledger.events_on(
            assessment,
            [(EventKind.UPLOADED, {"upload": row.pk, "benchmarks": numbers}), *happened],
            by=by,
            at=at,
            audience=Audience.AUTHORITY,
        )
        row.state, row.applied_at = UploadState.APPLIED, at
        row.content = {"applied": numbers, "by": by.name}
        row.save(update_fields=["state", "applied_at", "content"])
        _let_go(row)
    return row


def _check(by: Actor, assessment: Assessment, chosen: Sequence[Compared], versions: Mapping[int, int]) -> None:
    if not versions:
        raise Unfit("apply", _("Tick at least one benchmark"))
    if not open_to_giving(assessment):
        raise NotEditable(assessment)
    by_number = {one.comparison.number: one for one in chosen}
    moved = []
    for number, version in sorted(versions.items()):
        one = by_number.get(number)
        if one is None:
            raise Unfit("apply", _("Choose benchmarks of this workbook"))
        if not holds(by, P.EDIT_ANSWERS, assessment) and not one.row.is_mine:
            raise Forbidden(P.EDIT_GIVEN)
        if one.row.version != version:
            moved.append(number)
        elif not one.comparison.applicable:
            raise Unfit("apply", _("There is nothing to take over for benchmark %(number)s") % {"number": number})
    if moved:
        raise Stale(moved)


def _save(one: Compared, scheme: SchemeText, at: datetime) -> tuple[EventKind, dict[str, Any]]:
    """Set what is to stand; gives the event of it."""
    number, before = one.comparison.number, one.row.level_id
    try:
        fields = kept(one.reply, scheme, number)
    except Unfit as refusal:
        message = _("Benchmark %(number)s: %(reason)s") % {"number": number, "reason": refusal.message}
        raise Unfit("apply", message) from None
    put(one.row, fields | {"needs_rechecking": False}, at)
    return EventKind.ANSWERED, outcome_detail(scheme, number, before, one.row.level_id)


def discard_upload(*, by: Actor, at: datetime, upload_id: int) -> Upload:
    """Throw a workbook away that came back. Doing it again changes nothing.

    Raises:
        Stale: it was applied already.
        access.NotFound, access.Forbidden: as ``access.require``; also Forbidden for a colleague's unless one is lead.
    """
    with transaction.atomic():
        row = fetch(by, WORKERS, Upload, lock=("self",), pk=upload_id)
        _check_decides(by, row)
        if row.state == UploadState.APPLIED:
            raise Stale(row)
        if row.state in FINISHED:
            return row
        row.state, row.content = UploadState.DISCARDED, {}
        row.save(update_fields=["state", "content"])
        _let_go(row)
    return row


def sweep(at: datetime) -> list[tuple[int, int]]:
    """Forget old uploads, give up what nobody read, and say what is to be sent again: id and authority of each.

    Needs a scope of everything.
    """
    with transaction.atomic():
        old = list(Upload.objects.select_for_update(skip_locked=True).filter(uploaded_at__lt=at - KEPT_FOR))
        Upload.objects.filter(pk__in=[one.pk for one in old]).delete()
        for one in old:
            transaction.on_commit(partial(store.forget, one.path))
        waiting = Upload.objects.filter(state=UploadState.WAITING)
        waiting.filter(uploaded_at__lt=at - GIVEN_UP_AFTER).update(
            state=UploadState.REFUSED, faults=[_("The file could not be read. Upload it again.")]
        )
        return list(waiting.filter(uploaded_at__lt=at - LOST_AFTER).values_list("pk", "authority_id"))


def _refuse(row: Upload, reasons: Sequence[str]) -> None:
    row.state, row.faults = UploadState.REFUSED, list(reasons)


def _let_go(row: Upload) -> None:
    """The file has done its work: what was read is in the record, and nobody asks for the bytes again."""
    transaction.on_commit(partial(store.forget, row.path))
