"""What the pages of evidence read: files and links that support answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse

from assurance.access import Actor, Forbidden, NotFound, fetch, holds, visible
from assurance.actions.evidence import EDITORS, answerable, may_change, open_to_evidence, removable
from assurance.actions.questions import is_open
from assurance.models import Assessment, Evidence, EvidenceFile, Question, SelfAssessment
from assurance.vocabulary import EDITABLE_STATES, EvidenceKind, Permission, Scan
from benchmarks.catalogue import BenchmarkText, SchemeText, scheme_text
from benchmarks.models import Benchmark

DOWNLOADABLE = frozenset({Scan.NOT_ASKED, Scan.CLEAN})
READERS = (Permission.READ_DRAFT, Permission.READ_SUBMITTED)


@dataclass(frozen=True)
class EvidenceLine:
    """One piece of evidence in a list.

    ``href`` is where it opens: the bytes of a file, the address of a link, or "" for a file that cannot be downloaded
    now. ``page`` is where it is changed. ``state`` says of a file whether it was scanned ("" of a link), ``size`` is
    its bytes (0 of a link).
    """

    id: int
    kind: str
    title: str
    href: str
    page: str
    state: str
    size: int
    name: str
    number: int
    benchmark_numbers: tuple[int, ...]
    criterion_ids: tuple[int, ...]
    added_by: str
    added_at: datetime

    @property
    def is_link(self) -> bool:
        return self.kind == EvidenceKind.LINK

    @property
    def is_waiting(self) -> bool:
        return self.state == Scan.WAITING

    @property
    def is_infected(self) -> bool:
        return self.state == Scan.INFECTED


@dataclass(frozen=True)
class Group:
    """A benchmark and what supports it."""

    benchmark: BenchmarkText
    lines: tuple[EvidenceLine, ...]


@dataclass(frozen=True)
class EvidencePage:
    """All evidence of an assessment, by the benchmark that it supports; an item stands under each of its own.

    ``loose`` supports none in particular, as the question that it answers.
    """

    assessment: Assessment
    groups: tuple[Group, ...]
    loose: tuple[EvidenceLine, ...]
    removed: tuple[EvidenceLine, ...]
    count: int
    editable: bool


@dataclass(frozen=True)
class AddPage:
    """Where evidence is added: the benchmarks that the actor may choose from, and the one that they come from.

    ``question`` is the question of the adviser's that it is to answer; then no benchmark is chosen.
    """

    assessment: Assessment
    scheme: SchemeText
    benchmarks: tuple[BenchmarkText, ...]
    benchmark: BenchmarkText | None
    question: Question | None
    editable: bool


@dataclass(frozen=True)
class Version:
    """One version of an evidence file; ``href`` is "" where it cannot be downloaded."""

    number: int
    name: str
    size: int
    state: str
    finding: str
    href: str
    added_by: str
    added_at: datetime

    @property
    def is_waiting(self) -> bool:
        return self.state == Scan.WAITING

    @property
    def is_infected(self) -> bool:
        return self.state == Scan.INFECTED

    @property
    def is_unscanned(self) -> bool:
        return self.state == Scan.NOT_ASKED


@dataclass(frozen=True)
class ItemPage:
    """One piece of evidence, its versions from the newest, and what the actor can do with it."""

    assessment: Assessment
    scheme: SchemeText
    row: Evidence
    line: EvidenceLine
    benchmarks: tuple[BenchmarkText, ...]
    choices: tuple[BenchmarkText, ...]
    versions: tuple[Version, ...]
    editable: bool
    can_remove: bool
    can_restore: bool

    @property
    def criteria(self) -> tuple[str, ...]:
        """The texts of the criteria that it supports."""
        wanted = frozenset(self.row.criterion_ids)
        return tuple(
            criterion.text
            for one in self.benchmarks
            for rows in one.criteria.values()
            for criterion in rows
            if criterion.id in wanted
        )


def of_benchmark(actor: Actor, row: SelfAssessment) -> tuple[EvidenceLine, ...]:
    """What supports one benchmark, first added first. One query."""
    number = ArraySubquery(Benchmark.objects.filter(pk=row.benchmark_id).values("number"))
    rows = visible(actor, Evidence).filter(
        assessment_id=row.assessment_id, removed_at__isnull=True, benchmark_numbers__contains=number
    )
    return tuple(_line(one) for one in with_newest(rows))


def evidence_page(actor: Actor, assessment_id: int) -> EvidencePage:
    """All evidence of an assessment. Two queries.

    Raises:
        Forbidden: the actor reads submitted answers only, and these are not.
    """
    assessment = fetch(actor, READERS, Assessment, related=("cycle",), pk=assessment_id)
    drafts = holds(actor, Permission.READ_DRAFT, assessment)
    if not drafts and (assessment.submitted_at is None or assessment.state in EDITABLE_STATES):
        raise Forbidden(Permission.READ_DRAFT)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    rows = list(with_newest(visible(actor, Evidence).filter(assessment=assessment)))
    lines = [_line(row) for row in rows if row.removed_at is None]
    groups = (
        Group(one, tuple(line for line in lines if number in line.benchmark_numbers))
        for number, one in scheme.benchmarks.items()
    )
    editable = open_to_evidence(actor, assessment)
    return EvidencePage(
        assessment=assessment,
        groups=tuple(group for group in groups if group.lines),
        loose=tuple(line for line in lines if not line.benchmark_numbers),
        removed=tuple(_line(row) for row in rows if row.removed_at is not None) if editable else (),
        count=len(lines),
        editable=editable,
    )


def add_page(actor: Actor, assessment_id: int, number: int | None, question_id: int | None = None) -> AddPage:
    """What the form for new evidence needs; ``number`` is the benchmark that one comes from. At most three queries.

    With the id of a question, evidence is added to that one, as long as its round goes on.

    Raises:
        NotFound, Forbidden: as ``access.require``; NotFound also for a question that is not there.
    """
    assessment = fetch(actor, EDITORS, Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    benchmarks = _choices(actor, assessment, scheme)
    question = None
    if question_id is not None:
        question = visible(actor, Question).filter(assessment=assessment, pk=question_id).first()
        if question is None:
            raise NotFound
    return AddPage(
        assessment=assessment,
        scheme=scheme,
        benchmarks=benchmarks,
        benchmark=next((one for one in benchmarks if one.number == number), None),
        question=question,
        editable=open_to_evidence(actor, assessment) and (question is None or is_open(assessment, question)),
    )


def item_page(actor: Actor, assessment_id: int, evidence_id: int) -> ItemPage:
    """One piece of evidence with its versions. At most four queries.

    Raises:
        NotFound: it is not there, or not yet or no longer for the actor to see.
    """
    row: Any = _seen(actor, assessment_id, evidence_id)
    scheme = scheme_text(row.assessment.cycle.scheme_version_id)
    changeable = open_to_evidence(actor, row.assessment) and may_change(actor, row)
    editable = changeable and row.removed_at is None
    return ItemPage(
        assessment=row.assessment,
        scheme=scheme,
        row=row,
        line=_line(row),
        benchmarks=tuple(one for number, one in scheme.benchmarks.items() if number in row.benchmark_numbers),
        choices=_choices(actor, row.assessment, scheme) if editable else (),
        versions=_versions(actor, row),
        editable=editable,
        can_remove=editable and removable(row),
        can_restore=changeable and row.removed_at is not None,
    )


def evidence_file(actor: Actor, assessment_id: int, evidence_id: int, number: int) -> EvidenceFile:
    """One version of a file, to be streamed if it is :data:`DOWNLOADABLE`. Two queries.

    Raises:
        NotFound: as :func:`item_page`, or that version was replaced before the answers were submitted.
    """
    row = _seen(actor, assessment_id, evidence_id)
    file = _files(actor, row).select_related("authority").filter(number=number).first()
    if file is None:
        raise NotFound
    file.assessment = row.assessment
    return file


def _seen(actor: Actor, assessment_id: int, evidence_id: int) -> Evidence:
    place = {"pk": evidence_id, "assessment_id": assessment_id}
    rows = visible(actor, Evidence).filter(**place).select_related("authority", "assessment__cycle", "question")
    row = with_newest(rows).first()
    if row is None:
        fetch(actor, READERS, Evidence, **place)
        raise NotFound
    if row.removed_at is not None and not holds(actor, Permission.READ_DRAFT, row):
        raise NotFound
    row.assessment.authority = row.authority
    return row


def _choices(actor: Actor, assessment: Assessment, scheme: SchemeText) -> tuple[BenchmarkText, ...]:
    numbers = answerable(actor, assessment)
    return tuple(one for number, one in scheme.benchmarks.items() if number in numbers)


def _versions(actor: Actor, row: Evidence) -> tuple[Version, ...]:
    if row.kind == EvidenceKind.LINK:
        return ()
    files = _files(actor, row).order_by("-number").annotate(adder=F("added_by__name"))
    return tuple(
        Version(
            number=one.number,
            name=one.name,
            size=one.size,
            state=one.scan,
            finding=one.finding,
            href=_file_href(row, one.number) if one.scan in DOWNLOADABLE else "",
            added_by=one.adder,
            added_at=one.added_at,
        )
        for one in files
    )


def _files(actor: Actor, row: Evidence) -> QuerySet[EvidenceFile]:
    """The versions that are the actor's to see. The assessment must have been read.

    Who reads what was submitted does not read what was replaced before: they see what stood at the last submission
    and what came after it.
    """
    files = visible(actor, EvidenceFile).filter(evidence=row)
    if holds(actor, Permission.READ_DRAFT, row):
        return files
    next_at = EvidenceFile.objects.filter(evidence=row, number=OuterRef("number") + 1).values("added_at")
    return files.alias(next_at=Subquery(next_at)).filter(
        Q(next_at__isnull=True) | Q(next_at__gt=row.assessment.submitted_at)
    )


def _file_href(row: Evidence, number: int) -> str:
    return reverse(
        "evidence-file", kwargs={"assessment_id": row.assessment_id, "evidence_id": row.pk, "number": number}
    )


def with_newest(rows: QuerySet[Evidence]) -> QuerySet[Evidence]:
    """The rows, each with who added it and with its newest file as ``newest`` (None of a link)."""
    newest = (
        EvidenceFile.objects.filter(evidence=OuterRef("pk"))
        .order_by("-number")
        .values(file=JSONObject(number="number", name="name", size="size", scan="scan"))
    )
    return rows.annotate(newest=Subquery(newest[:1]), adder=F("added_by__name"))


def _line(row: Any) -> EvidenceLine:
    file = row.newest or {"number": 0, "name": "", "size": 0, "scan": ""}
    return EvidenceLine(
        id=row.pk,
        kind=row.kind,
        title=row.title,
        href=_file_href(row, file["number"]) if file["scan"] in DOWNLOADABLE else row.url,
        page=reverse("evidence-item", kwargs={"assessment_id": row.assessment_id, "evidence_id": row.pk}),
        state=file["scan"],
        size=file["size"],
        name=file["name"],
        number=file["number"],
        benchmark_numbers=tuple(row.benchmark_numbers),
        criterion_ids=tuple(row.criterion_ids),
        added_by=row.adder,
        added_at=row.added_at,
    )
