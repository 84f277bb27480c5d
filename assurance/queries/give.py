"""What the page reads on which a Prevent Lead gives benchmarks to contributors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from assurance.access import Actor, fetch, visible
from assurance.actions.giving import Ask, Pair, ask_of, contributors, given_token, open_to_giving
from assurance.actions.people import invited_at, shown_name
from assurance.models import Assessment, GivenBenchmark, SelfAssessment
from assurance.vocabulary import Answer, Permission
from benchmarks.catalogue import BenchmarkText, scheme_text


@dataclass(frozen=True)
class Contributor:
    """Somebody to give benchmarks to, the numbers of those that they have, and what was asked with them."""

    id: int
    name: str
    email: str
    numbers: tuple[int, ...]
    ask: Ask


@dataclass(frozen=True)
class GivePage:
    """Who has which benchmark, with the token of that."""

    assessment: Assessment
    benchmarks: tuple[BenchmarkText, ...]
    contributors: tuple[Contributor, ...]
    token: str
    editable: bool


def give_page(actor: Actor, assessment_id: int, today: date) -> GivePage:
    """The contributors of the authority, and what is given to each. Three queries."""
    assessment = fetch(actor, Permission.GIVE, Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    numbers: set[int] = set()
    given: dict[Pair, GivenBenchmark] = {}
    for number, person, given_at, due_on, note, row_id in (
        visible(actor, SelfAssessment)
        .filter(assessment=assessment)
        .exclude(answer=Answer.NOT_APPLICABLE)
        .values_list(
            "benchmark__number", "given__contributor", "given__given_at", "given__due_on", "given__note", "given__id"
        )
    ):
        numbers.add(number)
        if person is not None:
            given[person, number] = GivenBenchmark(id=row_id, given_at=given_at, due_on=due_on, note=note)
    people = contributors(assessment.authority, today).annotate(invited_at=invited_at("pk", assessment.authority_id))
    return GivePage(
        assessment=assessment,
        benchmarks=tuple(one for number, one in scheme.benchmarks.items() if number in numbers),
        contributors=_by_name(
            Contributor(
                one.pk,
                shown_name(one, one.invited_at),
                one.email,
                tuple(sorted(number for person, number in given if person == one.pk)),
                ask_of(row for (person, _number), row in given.items() if person == one.pk),
            )
            for one in people
        ),
        token=given_token(given, ((pair, ask_of([row])) for pair, row in given.items())),
        editable=open_to_giving(assessment),
    )


def _by_name(people: Iterable[Contributor]) -> tuple[Contributor, ...]:
    """In the order of what is shown: another would tell of a name that is not."""
    return tuple(sorted(people, key=lambda one: (one.name.casefold(), one.id)))
