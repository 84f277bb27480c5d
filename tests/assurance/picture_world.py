"""Many authorities with agreed outcomes, for tests of the regional picture and for measuring it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assurance.models import AgreedOutcome, Assessment, Authority, Cycle
from assurance.vocabulary import Answer, Basis, State
from tests.universe import Universe, all_rows

Outcome = Callable[[int, int], str | None]
"""The code of the level of the authority at a place in its group, on a benchmark; None for a gap."""


def mixed(place: int, number: int) -> str | None:
    """Some of each, and a gap here and there."""
    return (None, "met", "not_met", "exceeding", "met")[(place + number) % 5]


def region_of(
    universe: Universe,
    region: str,
    count: int,
    *,
    kind: str = "County",
    outcome: Outcome = mixed,
    state: State = State.AGREED,
    cycle: Cycle | None = None,
) -> list[Authority]:
    """So many authorities of a region, with what was agreed of each if it is agreed. In bulk: thousands are few."""
    cycle = cycle or universe.cycle()
    scheme = universe.scheme()
    levels = {one.code: one.id for one in scheme.levels}
    benchmarks = [one for one in scheme.benchmarks.values() if one.scored]
    with all_rows():
        before = Authority.objects.count()
        made = Authority.objects.bulk_create(
            Authority(
                programme=universe.programme,
                gss_code=f"E3{before + place:07}",
                name=f"{region} {kind} {place + 1}",
                short_name=f"{region} {place + 1}",
                type=kind,
                nation="England",
                region=region,
            )
            for place in range(count)
        )
        at = universe.at if state not in (State.NOT_STARTED, State.IN_PROGRESS) else None
        assessments = Assessment.objects.bulk_create(
            [
                Assessment(authority=one, cycle=cycle, state=state, state_since=universe.at, submitted_at=at)
                for one in made
            ],
            batch_size=1000,
        )
        if state == State.AGREED:
            AgreedOutcome.objects.bulk_create(
                [
                    AgreedOutcome(
                        authority=one.authority,
                        assessment=one,
                        benchmark_id=benchmark.id,
                        **answer(levels, outcome(place, benchmark.number)),
                        basis=Basis.AGREED,
                    )
                    for place, one in enumerate(assessments)
                    for benchmark in benchmarks
                ],
                batch_size=10_000,
            )
    return made


def answer(levels: dict[str, int], code: str | None) -> dict[str, Any]:
    """The answer and the level of an outcome."""
    return {"answer": Answer.UNKNOWN} if code is None else {"answer": Answer.OUTCOME, "level_id": levels[code]}
