"""What the page reads on which a Prevent Lead gives benchmarks to contributors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Value

from assurance.access import Actor, fetch, visible
from assurance.actions.giving import contributors, given_token, open_to_giving
from assurance.models import Assessment, SelfAssessment
from assurance.vocabulary import Answer, Permission
from benchmarks.catalogue import BenchmarkText, scheme_text


@dataclass(frozen=True)
class Contributor:
    """Somebody to give benchmarks to, and the numbers of those that they have."""

    id: int
    name: str
    email: str
    numbers: tuple[int, ...]


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
    rows = (
        visible(actor, SelfAssessment)
        .filter(assessment=assessment)
        .exclude(answer=Answer.NOT_APPLICABLE)
        .annotate(people=ArrayAgg("given__contributor", filter=Q(given__isnull=False), default=Value([])))
    )
    given = {number: frozenset(people) for number, people in rows.values_list("benchmark__number", "people")}
    return GivePage(
        assessment=assessment,
        benchmarks=tuple(one for number, one in scheme.benchmarks.items() if number in given),
        contributors=tuple(
            Contributor(
                one.pk, one.name, one.email, tuple(n for n, people in sorted(given.items()) if one.pk in people)
            )
            for one in contributors(assessment.authority, today)
        ),
        token=given_token((person, number) for number, people in given.items() for person in people),
        editable=open_to_giving(assessment),
    )
