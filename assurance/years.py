"""Which assessment was there the year before: what every page means by "last year"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Case, CharField, F, Func, IntegerField, QuerySet, Value, When

from assurance.models import Assessment
from assurance.vocabulary import State


def year_of(cycle_name: str) -> str:
    """The year that a cycle is of: the first word of its name, such as 2024/25 of "2024/25 (ten benchmarks)"."""
    return cycle_name.partition(" ")[0]


def newest(cycles: Iterable[Any]) -> Any:
    """What a page begins with: the cycle of the newest year, of several the one with the shortest name; None of none.

    Where anything is agreed in some of them (``has_agreed``), the newest of those.
    """
    found = list(cycles)
    agreed = [one for one in found if one.has_agreed]
    # The last of what is alike in the order that a list has, so that the answer is the same each time.
    return max(agreed or found, key=lambda one: (year_of(one.name), -len(one.name), one.name, one.pk), default=None)


def before(rows: QuerySet[Assessment], assessment: Assessment) -> QuerySet[Assessment]:
    """Of ``rows``, the agreed assessments of the same authority in earlier years of its programme, last year first.

    A council's predecessor is another authority and no like-for-like year. Where a year had two cycles, the one on
    the same version of the scheme comes first. Years are compared by the names of their cycles, because the dates
    of a cycle that was taken over from an earlier record are not known. The assessment's cycle must have been read.
    """
    cycle = assessment.cycle
    year: Any = Func(F("cycle__name"), Value(" "), Value(1), function="split_part", output_field=CharField())
    alike = Case(
        When(cycle__scheme_version=cycle.scheme_version_id, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    return (
        rows.filter(authority=assessment.authority_id, cycle__programme=cycle.programme_id, state=State.AGREED)
        .alias(year=year)
        .filter(year__lt=year_of(cycle.name))
        .order_by("-year", alike, "-cycle__name", "-pk")
    )


def before_among(rows: Iterable[Assessment], assessment: Assessment) -> Assessment | None:
    """The first of what :func:`before` gives, among assessments that were read with their cycles; None for none."""
    cycle = assessment.cycle
    earlier = [
        one
        for one in rows
        if one.authority_id == assessment.authority_id
        and one.cycle.programme_id == cycle.programme_id
        and one.state == State.AGREED
        and year_of(one.cycle.name) < year_of(cycle.name)
    ]
    return max(
        earlier,
        key=lambda one: (
            year_of(one.cycle.name),
            one.cycle.scheme_version_id == cycle.scheme_version_id,
            one.cycle.name,
            one.pk,
        ),
        default=None,
    )
