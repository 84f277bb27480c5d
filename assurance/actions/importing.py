"""Take over finished assessments of earlier years. All or nothing; the same again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction

from assurance import ledger
from assurance.access import Actor, require
from assurance.actions.agreement import stand
from assurance.actions.cycles import add_benchmarks
from assurance.case_file import CaseFile
from assurance.models import Assessment, Authority, Cycle, Programme, Recommendation, Review, SelfAssessment, Strength
from assurance.vocabulary import Answer, Basis, CycleState, EventKind, Permission, State
from benchmarks.catalogue import SchemeText, newest_published, scheme_text
from benchmarks.files import Refused, Source, open_source, validate
from benchmarks.loading import digest_of

NOT_APPLICABLE = frozenset({"n/a", "na", "not applicable", "not scored"})


@dataclass(frozen=True)
class Imported:
    """An assessment that was taken over, the case it came from, and whether this call changed anything."""

    assessment: Assessment
    case: CaseFile
    changed: bool


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
        cycle = _past_cycle(source, case, programme, version.pk, by, at)
        scheme = scheme_text(cycle.scheme_version_id)
        outcomes = _outcomes(source, case, scheme)
        found = Assessment.objects.filter(cycle=cycle, authority=authority).first()
        if found is not None:
            if found.imported_digest == digest:
                return Imported(found, case, changed=False)
            raise Refused([source.problem(("authority",), f"{authority} already has another record for {cycle.name}")])
        assessment = Assessment(
            authority=authority,
            cycle=cycle,
            state=State.AGREED,
            state_since=at,
            imported_digest=digest,
        )
        ledger.save(assessment, by=by, at=at, reason="imported")
        _write(assessment, case, scheme, outcomes, by, at)
        ledger.event(
            EventKind.IMPORTED,
            by=by,
            at=at,
            authority=authority,
            assessment=assessment,
            to_state=State.AGREED,
            detail={"file": source.path.name, "sha256": digest},
        )
    return Imported(assessment, case, changed=True)


def _past_cycle(
    source: Source, case: CaseFile, programme: Programme, version_id: int, by: Actor, at: datetime
) -> Cycle:
    cycle = (
        Cycle.objects.select_related("scheme_version__scheme").filter(programme=programme, name=case.cycle.name).first()
    )
    if cycle is None:
        cycle = Cycle(programme=programme, name=case.cycle.name, scheme_version_id=version_id, state=CycleState.CLOSED)
        ledger.save(cycle, by=by, at=at, reason="imported")
        add_benchmarks(cycle, by=by, at=at)
        ledger.reference_event(
            EventKind.CYCLE_MOVED, by=by, at=at, programme=programme, name="imported", detail={"cycle": cycle.name}
        )
        return cycle
    if cycle.scheme_version.scheme.code != case.cycle.scheme:
        raise Refused(
            [source.problem(("cycle", "scheme"), f"cycle {cycle.name} is on scheme {cycle.scheme_version.scheme}")]
        )
    if cycle.state != CycleState.CLOSED:
        raise Refused([source.problem(("cycle", "name"), f"cycle {cycle.name} is not a past cycle")])
    return cycle


def _outcomes(source: Source, case: CaseFile, scheme: SchemeText) -> dict[int, tuple[str, int | None]]:
    """What is known, by benchmark id; the benchmarks that the case does not name are unknown."""
    outcomes: dict[int, tuple[str, int | None]] = {one.id: (Answer.UNKNOWN, None) for one in scheme.benchmarks.values()}
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


def _write(
    assessment: Assessment,
    case: CaseFile,
    scheme: SchemeText,
    outcomes: dict[int, tuple[str, int | None]],
    by: Actor,
    at: datetime,
) -> None:
    authority = assessment.authority
    stand(assessment, outcomes, Basis.IMPORTED, by, at)
    texts = {scheme.benchmarks[row.benchmark].id: row for row in case.outcomes}
    ledger.create_many(
        SelfAssessment,
        [
            SelfAssessment(
                authority=authority,
                assessment=assessment,
                benchmark_id=benchmark_id,
                answer=Answer.NOT_APPLICABLE if answer == Answer.NOT_APPLICABLE else Answer.UNKNOWN,
            )
            for benchmark_id, (answer, _level) in outcomes.items()
        ],
        by=by,
        at=at,
    )
    ledger.create_many(
        Review,
        [
            Review(
                authority=authority,
                assessment=assessment,
                benchmark_id=benchmark_id,
                answer=Answer.NOT_APPLICABLE if answer == Answer.NOT_APPLICABLE else Answer.UNKNOWN,
                summary=texts[benchmark_id].summary if benchmark_id in texts else "",
                comments=texts[benchmark_id].adviser_comments if benchmark_id in texts else "",
            )
            for benchmark_id, (answer, _level) in outcomes.items()
        ],
        by=by,
        at=at,
    )
    ledger.create_many(
        Strength,
        [
            Strength(authority=authority, assessment=assessment, position=position, text=one)
            for position, one in enumerate(case.strengths, start=1)
        ],
        by=by,
        at=at,
    )
    ledger.create_many(
        Recommendation,
        [
            Recommendation(
                authority=authority,
                assessment=assessment,
                position=position,
                heading=one.heading,
                text=one.text,
                benchmark_numbers=one.benchmarks,
                owners=[name for name in one.owners if name],
                due_on=one.due,
            )
            for position, one in enumerate(case.recommendations, start=1)
        ],
        by=by,
        at=at,
    )
