"""Strengths and recommendations, read together: most pages and every letter want both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, PositiveSmallIntegerField, QuerySet, Value

from assurance.models import Recommendation, Strength

NONE = Value([], output_field=ArrayField(PositiveSmallIntegerField()))


@dataclass(frozen=True)
class RecommendationText:
    """A recommendation as it reads, and the numbers of the benchmarks that it touches."""

    heading: str
    text: str
    benchmark_numbers: tuple[int, ...]


@dataclass(frozen=True)
class Points:
    """The strengths and the recommendations of one assessment, in order."""

    strengths: tuple[str, ...] = ()
    recommendations: tuple[RecommendationText, ...] = ()


def points(strengths: QuerySet[Strength], recommendations: QuerySet[Recommendation]) -> Points:
    """Both lists in one query, of the rows that the caller has scoped."""
    kind = Value("strength", output_field=CharField())
    heading = Value("", output_field=CharField())
    rows = (
        strengths.order_by()
        .annotate(kind=kind, heading=heading, numbers=NONE)
        .values_list("kind", "position", "heading", "text", "numbers")
        .union(
            recommendations.order_by()
            .annotate(kind=Value("recommendation", output_field=CharField()))
            .values_list("kind", "position", "heading", "text", "benchmark_numbers"),
            all=True,
        )
        .order_by("kind", "position")
    )
    found = list(rows)
    return Points(
        strengths=tuple(text for kind, _position, _heading, text, _numbers in found if kind == "strength"),
        recommendations=tuple(
            RecommendationText(heading, text, tuple(numbers))
            for kind, _position, heading, text, numbers in found
            if kind == "recommendation"
        ),
    )


def count(strengths: QuerySet[Strength], recommendations: QuerySet[Recommendation]) -> tuple[int, int]:
    """How many there are of each, in one query, of the rows that the caller has scoped."""
    kinds = (
        rows.order_by().annotate(kind=Value(kind, output_field=CharField())).values_list("kind", flat=True)
        for kind, rows in (("strength", strengths), ("recommendation", recommendations))
    )
    first, second = kinds
    found = Counter(first.union(second, all=True))
    return found["strength"], found["recommendation"]
