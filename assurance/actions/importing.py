"""Take over finished assessments of earlier years. All or nothing; the same again changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from assurance import ledger
from assurance.access import Actor, require
from assurance.actions.agreement import Outcome
from assurance.actions.cycles import add_benchmarks
from assurance.case_file import CaseFile
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Authority,
    Cycle,
    HistoryImport,
    Programme,
    Recommendation,
    Review,
    SelfAssessment,
    Strength,
)
from assurance.vocabulary import Answer, Basis, CycleState, EventKind, Permission, State
from assurance.workbook.history_values import NOT_APPLICABLE
from assurance.workflow import ASSESSMENT, move
from benchmarks.catalogue import SchemeText, newest_published, scheme_text
from benchmarks.files import Refused, Source, open_source, validate
from benchmarks.loading import digest_of


@dataclass(frozen=True)
class Imported:
    """An assessment that was taken over, the case it came from, and whether this call changed anything."""

    assessment: Assessment
    case: CaseFile
    changed: bool


@dataclass(frozen=True, kw_only=True)
class PastPoint:
    """A recommendation of an earlier year."""

    text: str
    heading: str = ""
    benchmarks: Sequence[int] = ()
    owners: Sequence[str] = ()
    due: date | None = None


@dataclass(frozen=True, kw_only=True)
class PastRecord:
    """One authority's finished assessment of an earlier year, in plain values.

    ``outcomes`` has every benchmark of the scheme, by id; the texts are by the same ids. ``stated`` is what the source
    says of itself: how many are met or exceeded, and of how many.
    """

    authority: Authority
    digest: str
    outcomes: Mapping[int, Outcome]
    summaries: Mapping[int, str] = field(default_factory=dict)
    comments: Mapping[int, str] = field(default_factory=dict)
    strengths: Sequence[str] = ()
    recommendations: Sequence[PastPoint] = ()
    dated: date | None = None
    stated: tuple[int, int] | None = None


class AlreadyThere(Exception):
    """An authority has another record in the cycle. ``assessment`` is that one; nothing was written."""

    def __init__(self, assessment: Assessment) -> None:
        self.assessment = assessment
        super().__init__("there is another record")


class NotPast(Exception):
    """The cycle is not one of the past, or is on another scheme. ``cycle`` is that one."""

    def __init__(self, cycle: Cycle) -> None:
        self.cycle = cycle
        super().__init__("not a past cycle of this scheme")


# What every import goes through


def take_turn(programme: Programme) -> None:
    """Wait until nobody else imports into the programme; held until the transaction ends.

    Whoever only refers to the programme is not kept waiting.
    """
    Programme.objects.select_for_update(no_key=True).order_by().values_list("pk").get(pk=programme.pk)


def past_cycle(programme: Programme, name: str, scheme_code: str, version_id: int, *, by: Actor, at: datetime) -> Cycle:
    """The past cycle of this name; made, on this version of the scheme, where there is none.

    Raises:
        NotPast: there is one that is not closed, or is on another scheme.
    """
    cycle = Cycle.objects.select_related("scheme_version__scheme").filter(programme=programme, name=name).first()
    if cycle is None:
        cycle = Cycle(programme=programme, name=name, scheme_version_id=version_id, state=CycleState.CLOSED)
        ledger.save(cycle, by=by, at=at, reason="imported")
        add_benchmarks(cycle, by=by, at=at)
        ledger.reference_event(
            EventKind.CYCLE_MOVED, by=by, at=at, programme=programme, name="imported", detail={"cycle": cycle.name}
        )
        return cycle
    if cycle.scheme_version.scheme.code != scheme_code or cycle.state != CycleState.CLOSED:
        raise NotPast(cycle)
    return cycle


def take_over(
    cycle: Cycle,
    records: Sequence[PastRecord],
    *,
    by: Actor,
    at: datetime,
    file: str,
    sha256: str,
    history_import: HistoryImport | None = None,
) -> list[Assessment]:
    """Write records into a past cycle, in an open transaction in which it is this import's turn.

    A record whose import was undone is taken up again; everything else that is there already is left alone. The
    number of statements does not grow with the number of new records.

    Args:
        file: what the source is called, for the record of each; ``sha256`` is of what was read of it.

    Returns:
        The assessments, in the order of the records.

    Raises:
        AlreadyThere: an authority has another record in the cycle.
        access.NotFound, access.Forbidden: as ``access.require``, for each authority.
    """
    for record in records:
        require(by, Permission.IMPORT_HISTORY, record.authority)
    wanted = [record.authority.pk for record in records]
    rows = Assessment.objects.select_related("authority").filter(cycle=cycle, authority__in=wanted)
    there = {row.authority_id: row for row in rows.select_for_update(of=("self",)).order_by("pk")}
    fresh = []
    for record in records:
        values = {
            "imported_digest": record.digest,
            "history_import": history_import,
            "source_date": record.dated,
            "stated_met": record.stated[0] if record.stated else None,
            "stated_of": record.stated[1] if record.stated else None,
        }
        row = there.get(record.authority.pk)
        if row is None:
            fresh.append(
                Assessment(authority=record.authority, cycle=cycle, state=State.AGREED, state_since=at, **values)
            )
        elif row.state == State.WITHDRAWN and row.history_import_id is not None and not row.imported_digest:
            row.cycle = cycle
            move(ASSESSMENT, row, "import_again", by=by, at=at, changes=values)
        else:
            raise AlreadyThere(row)
    made = ledger.create_many(Assessment, fresh, by=by, at=at, reason="imported")
    assessments = {row.authority_id: row for row in (*there.values(), *made)}
    pairs = [(assessments[record.authority.pk], record) for record in records]
    _write_judgements(pairs, [row.pk for row in there.values()], by, at)
    _write_points(pairs, by, at)
    taken = [assessment for assessment, _record in pairs]
    detail: dict[str, Any] = {"file": file, "sha256": sha256}
    if history_import is not None:
        detail["import"] = history_import.pk
    ledger.events(EventKind.IMPORTED, taken, by=by, at=at, to_state=State.AGREED, detail=detail)
    return taken


Pairs = Sequence[tuple[Assessment, PastRecord]]


def _write_judgements(pairs: Pairs, again: Sequence[int], by: Actor, at: datetime) -> None:
    """What stands, and beside it what is not known of the judgements that led there."""
    agreed = [
        AgreedOutcome(
            authority=record.authority,
            assessment=assessment,
            benchmark_id=benchmark_id,
            answer=answer,
            level_id=level_id,
            basis=Basis.IMPORTED,
        )
        for assessment, record in pairs
        for benchmark_id, (answer, level_id) in record.outcomes.items()
    ]
    ledger.create_many(AgreedOutcome, agreed, by=by, at=at)
    own = {(row.assessment_id, row.benchmark_id): row for row in SelfAssessment.objects.filter(assessment__in=again)}
    reviews = {(row.assessment_id, row.benchmark_id): row for row in Review.objects.filter(assessment__in=again)}
    for model, standing in ((SelfAssessment, own), (Review, reviews)):
        new: list[Any] = []
        changed: list[Any] = []
        for assessment, record in pairs:
            for benchmark_id, (answer, _level) in record.outcomes.items():
                known = Answer.NOT_APPLICABLE if answer == Answer.NOT_APPLICABLE else Answer.UNKNOWN
                row: Any = standing.get((assessment.pk, benchmark_id))
                (new if row is None else changed).append(
                    row := row or model(authority=record.authority, assessment=assessment, benchmark_id=benchmark_id)
                )
                row.answer = known
                if model is Review:
                    row.summary = record.summaries.get(benchmark_id, "")
                    row.comments = record.comments.get(benchmark_id, "")
        ledger.create_many(model, new, by=by, at=at)
        if changed:
            ledger.save_many(model, changed, by=by, at=at, reason="imported")


def _write_points(pairs: Pairs, by: Actor, at: datetime) -> None:
    strengths = [
        Strength(authority=record.authority, assessment=assessment, position=position, text=one)
        for assessment, record in pairs
        for position, one in enumerate(record.strengths, start=1)
    ]
    recommendations = [
        Recommendation(
            authority=record.authority,
            assessment=assessment,
            position=position,
            heading=one.heading,
            text=one.text,
            benchmark_numbers=list(one.benchmarks),
            owners=list(one.owners),
            due_on=one.due,
        )
        for assessment, record in pairs
        for position, one in enumerate(record.recommendations, start=1)
    ]
    ledger.create_many(Strength, strengths, by=by, at=at)
    ledger.create_many(Recommendation, recommendations, by=by, at=at)


# One case, from a file of its own


def import_case(path: str | Path, *, by: Actor, at: datetime, programme: Programme) -> Imported:
    """Take over one case into the programme, with the past cycle if that is not there yet.

    Raises:
        Refused: the file is wrong; or names an authority, a scheme, a benchmark or an outcome that is not there;
            or the authority already has another record in that cycle.
    """
    source = open_source(path)
    case = validate(source, CaseFile)
    digest = digest_of(case.model_dump(mode="json"))
    require(by, Permission.IMPORT_HISTORY, programme)
    with transaction.atomic():
        take_turn(programme)
        authority = Authority.objects.filter(programme=programme, gss_code=case.authority.gss).first()
        version = newest_published(case.cycle.scheme)
        problems = []
        if authority is None:
            problems.append(source.problem(("authority", "gss"), f"no authority has the code {case.authority.gss}"))
        if version is None:
            problems.append(
                source.problem(("cycle", "scheme"), f"no version of scheme {case.cycle.scheme} is published")
            )
        if authority is None or version is None:
            raise Refused(problems)
        cycle = _cycle_of(source, case, programme, version.pk, by, at)
        scheme = scheme_text(cycle.scheme_version_id)
        record = _record(source, case, scheme, authority, digest)
        found = Assessment.objects.filter(cycle=cycle, authority=authority).first()
        if found is not None and found.imported_digest == digest:
            return Imported(found, case, changed=False)
        try:
            (assessment,) = take_over(cycle, [record], by=by, at=at, file=source.path.name, sha256=digest)
        except AlreadyThere:
            problem = source.problem(("authority",), f"{authority} already has another record for {cycle.name}")
            raise Refused([problem]) from None
    return Imported(assessment, case, changed=True)


def _cycle_of(source: Source, case: CaseFile, programme: Programme, version_id: int, by: Actor, at: datetime) -> Cycle:
    try:
        return past_cycle(programme, case.cycle.name, case.cycle.scheme, version_id, by=by, at=at)
    except NotPast as refusal:
        cycle = refusal.cycle
        if cycle.scheme_version.scheme.code != case.cycle.scheme:
            problem = source.problem(
                ("cycle", "scheme"), f"cycle {cycle.name} is on scheme {cycle.scheme_version.scheme}"
            )
        else:
            problem = source.problem(("cycle", "name"), f"cycle {cycle.name} is not a past cycle")
        raise Refused([problem]) from None


def _record(source: Source, case: CaseFile, scheme: SchemeText, authority: Authority, digest: str) -> PastRecord:
    """The case in plain values; raises :class:`Refused`."""
    outcomes = _outcomes(source, case, scheme)
    texts = {scheme.benchmarks[row.benchmark].id: row for row in case.outcomes}
    return PastRecord(
        authority=authority,
        digest=digest,
        outcomes=outcomes,
        summaries={key: row.summary for key, row in texts.items()},
        comments={key: row.adviser_comments for key, row in texts.items()},
        strengths=case.strengths,
        recommendations=[
            PastPoint(
                text=one.text,
                heading=one.heading,
                benchmarks=one.benchmarks,
                owners=[name for name in one.owners if name],
                due=one.due,
            )
            for one in case.recommendations
        ],
        dated=case.letter.date if case.letter else None,
    )


def _outcomes(source: Source, case: CaseFile, scheme: SchemeText) -> dict[int, Outcome]:
    """What is known, by benchmark id; the benchmarks that the case does not name are unknown."""
    outcomes: dict[int, Outcome] = {one.id: (Answer.UNKNOWN, None) for one in scheme.benchmarks.values()}
    problems = []
    for index, row in enumerate(case.outcomes):
        benchmark = scheme.benchmarks.get(row.benchmark)
        level = scheme.level_named(row.agreed)
        if benchmark is None:
            problems.append(
                source.problem(
                    ("outcomes", index, "benchmark"), f"scheme {scheme.code} has no benchmark {row.benchmark}"
                )
            )
        elif row.agreed.strip().casefold() in NOT_APPLICABLE:
            outcomes[benchmark.id] = (Answer.NOT_APPLICABLE, None)
        elif level is None:
            labels = ", ".join(one.label for one in scheme.levels)
            problems.append(
                source.problem(("outcomes", index, "agreed"), f"{row.agreed} is not an outcome here: {labels} or N/A")
            )
        else:
            outcomes[benchmark.id] = (Answer.OUTCOME, level.id)
    for index, recommendation in enumerate(case.recommendations):
        for place, number in enumerate(recommendation.benchmarks):
            if number not in scheme.benchmarks:
                problems.append(
                    source.problem(
                        ("recommendations", index, "benchmarks", place),
                        f"scheme {scheme.code} has no benchmark {number}",
                    )
                )
    if problems:
        raise Refused(problems)
    return outcomes
