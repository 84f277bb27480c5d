"""Strengths and recommendations: both lists read together, each to be edited, and wording of earlier years."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import CharField, DateField, F, PositiveSmallIntegerField, Q, QuerySet, Value, Window
from django.db.models.functions import Lower, RowNumber

from assurance.access import Actor, NotFound, fetch, visible
from assurance.actions.points import list_token
from assurance.models import Assessment, Recommendation, Strength
from assurance.vocabulary import Permission, State
from benchmarks.catalogue import SchemeText, read_alike, scheme_text

P = Permission

NUMBERS = Value([], output_field=ArrayField(PositiveSmallIntegerField()))
NAMES = Value([], output_field=ArrayField(CharField(max_length=200)))
NO_DATE = Value(None, output_field=DateField(null=True))

SEARCH_LANGUAGE = "english"
PAGE_SIZE = 10
"""Earlier recommendations that are shown at once."""
LAST_PAGE = 100
"""Whoever has not found it by then should search for other words."""


@dataclass(frozen=True)
class RecommendationText:
    """A recommendation as it reads, the numbers of the benchmarks that it touches, its owners (none yet: none)."""

    heading: str
    text: str
    benchmark_numbers: tuple[int, ...]
    owners: tuple[str, ...] = ()
    due_on: date | None = None


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
        .annotate(kind=kind, heading=heading, numbers=NUMBERS, names=NAMES, day=NO_DATE)
        .values_list("kind", "position", "heading", "text", "numbers", "names", "day")
        .union(
            recommendations.order_by()
            .annotate(kind=Value("recommendation", output_field=CharField()))
            .values_list("kind", "position", "heading", "text", "benchmark_numbers", "owners", "due_on"),
            all=True,
        )
        .order_by("kind", "position")
    )
    found = list(rows)
    return Points(
        strengths=tuple(text for kind, _position, _heading, text, *_rest in found if kind == "strength"),
        recommendations=tuple(
            RecommendationText(heading, text, tuple(numbers), tuple(names), day)
            for kind, _position, heading, text, numbers, names, day in found
            if kind == "recommendation"
        ),
    )


def count(rows: Mapping[str, QuerySet[Any]]) -> Counter[str]:
    """How many rows there are of each kind, in one query, of the rows that the caller has scoped."""
    first, *others = (
        one.order_by().annotate(kind=Value(kind, output_field=CharField())).values_list("kind", flat=True)
        for kind, one in rows.items()
    )
    return Counter(first.union(*others, all=True) if others else first)


def limit_of(assessment: Assessment, scheme: SchemeText) -> int | None:
    """How many recommendations the year speaks of, or else the scheme; None for no limit. It never blocks."""
    limit = assessment.cycle.recommendation_limit
    return limit if limit is not None else scheme.max_recommendations


@dataclass(frozen=True)
class ListPage:
    """Strengths or recommendations for the adviser, with the token of the list as it stands.

    ``limit`` is how many recommendations the year speaks of (None for no limit, and for strengths).
    """

    assessment: Assessment
    scheme: SchemeText
    rows: tuple[Any, ...]
    token: str
    editable: bool
    limit: int | None

    def over_limit(self, count: int) -> bool:
        """Whether this many are more than the year speaks of; that warns and does not block."""
        return self.limit is not None and count > self.limit


def strengths_page(actor: Actor, assessment_id: int) -> ListPage:
    """The strengths, to edit while in review."""
    return _list_page(actor, assessment_id, Strength)


def recommendations_page(actor: Actor, assessment_id: int) -> ListPage:
    """The recommendations, to edit while in review."""
    return _list_page(actor, assessment_id, Recommendation)


def _list_page(actor: Actor, assessment_id: int, model: type[Strength] | type[Recommendation]) -> ListPage:
    assessment = fetch(actor, P.REVIEW, Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    rows = tuple(visible(actor, model).filter(assessment=assessment))
    return ListPage(
        assessment,
        scheme,
        rows,
        list_token(rows),
        assessment.state == State.IN_REVIEW,
        limit_of(assessment, scheme) if model is Recommendation else None,
    )


@dataclass(frozen=True)
class Wording:
    """An earlier recommendation: where it comes from, what it was about there, and how it reads."""

    id: int
    authority: str
    cycle: str
    heading: str
    text: str
    benchmark_numbers: tuple[int, ...]
    scheme: str
    is_same_scheme: bool


@dataclass(frozen=True)
class Library:
    """A page of earlier wording, newest first. ``page`` counts from 1."""

    wordings: tuple[Wording, ...]
    page: int
    has_more: bool


def library(
    actor: Actor,
    assessment: Assessment,
    scheme: SchemeText,
    *,
    benchmark: int | None = None,
    words: str = "",
    page: int = 1,
) -> Library:
    """Wording of recommendations that were agreed with authorities whose reviews the actor may read. Two queries.

    Each text comes once, as it was used last. The assessment's cycle must have been read.

    Args:
        benchmark: a number of this scheme; what another scheme calls otherwise is found by the crosswalk.
        words: as in a search engine: any order, "quoted" together, -not.
    """
    rows = _wordings(actor, assessment)
    if benchmark is not None:
        rows = rows.filter(_about(scheme, benchmark))
    if words:
        vector = SearchVector("heading", "text", config=SEARCH_LANGUAGE)
        query = SearchQuery(words, config=SEARCH_LANGUAGE, search_type="websearch")
        rows = rows.annotate(vector=vector).filter(vector=query)
    newest = [F("assessment__cycle__name").desc(), F("pk").desc()]
    rows = rows.annotate(
        nth=Window(RowNumber(), partition_by=[Lower("text")], order_by=newest),
    ).filter(nth=1)
    page = min(max(page, 1), LAST_PAGE)
    start = (page - 1) * PAGE_SIZE
    found = _read(rows.order_by(*newest)[start : start + PAGE_SIZE + 1], scheme)
    return Library(found[:PAGE_SIZE], page, has_more=len(found) > PAGE_SIZE and page < LAST_PAGE)


def wording(actor: Actor, assessment: Assessment, scheme: SchemeText, recommendation_id: int) -> Wording:
    """One of the library. One query.

    Raises:
        NotFound: there is none, or the actor may not read it.
    """
    found = _read(_wordings(actor, assessment).filter(pk=recommendation_id), scheme)
    if not found:
        raise NotFound
    return found[0]


def _wordings(actor: Actor, assessment: Assessment) -> QuerySet[Recommendation]:
    return (
        visible(actor, Recommendation)
        .filter(
            assessment__in=visible(actor, Assessment).filter(
                cycle__programme=assessment.cycle.programme_id, state=State.AGREED
            )
        )
        .exclude(assessment=assessment)
    )


def _about(scheme: SchemeText, benchmark: int) -> Q:
    """Recommendations that touch this benchmark, or what other schemes have in its place. One query."""
    code = "assessment__cycle__scheme_version__scheme__code"
    where = Q(**{code: scheme.code}, benchmark_numbers__contains=[benchmark])
    for other, numbers in read_alike(scheme.code, benchmark).items():
        where |= Q(**{code: other}, benchmark_numbers__overlap=sorted(numbers))
    return where


def _read(rows: QuerySet[Recommendation], scheme: SchemeText) -> tuple[Wording, ...]:
    found: Sequence[Any] = rows.values_list(
        "pk",
        "authority__name",
        "assessment__cycle__name",
        "heading",
        "text",
        "benchmark_numbers",
        "assessment__cycle__scheme_version__name",
        "assessment__cycle__scheme_version__scheme__code",
    )
    return tuple(Wording(*said[:5], tuple(said[5]), said[6], is_same_scheme=said[7] == scheme.code) for said in found)
