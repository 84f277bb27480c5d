"""The figures of one assessment, each with its rule and its denominator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from assurance.vocabulary import Answer
from benchmarks.catalogue import SchemeText
from benchmarks.scoring import Gap, ScaleLevel, Scored, Share, WeightedScore, met_or_exceeded, weighted_score
from benchmarks.weighing import Weights

Outcomes = Mapping[int, tuple[str, int | None]]
"""Outcomes by benchmark id, as (answer, level id)."""


@dataclass(frozen=True)
class Figures:
    """What an assessment comes to: the share of benchmarks met or exceeded, and the weighted score.

    Neither counts a benchmark without an outcome. The weights are this product's own.
    """

    share: Share
    score: WeightedScore
    most_points: int
    weights: Weights


def figures(scheme: SchemeText, outcomes: Outcomes, weights: Weights) -> Figures:
    """The figures of outcomes, with these weights."""
    results = list(scored(scheme, outcomes, weights))
    return Figures(met_or_exceeded(results), weighted_score(results), scheme.levels[-1].points, weights)


def share(scheme: SchemeText, outcomes: Outcomes) -> Share:
    """The share of benchmarks met or exceeded, in which no weight counts."""
    return met_or_exceeded(scored(scheme, outcomes))


def scored(scheme: SchemeText, outcomes: Outcomes, weights: Weights | None = None) -> Iterable[Scored]:
    """Each benchmark's result as scoring takes it; a benchmark that is not there is unknown.

    Without weights each counts the same, for what only asks for standings.
    """
    for benchmark in scheme.benchmarks.values():
        answer, level_id = outcomes.get(benchmark.id, (Answer.UNKNOWN, None))
        level = scheme.level_by_id(level_id)
        result = ScaleLevel(level.code, level.points, level.standing) if level else Gap(answer)
        yield Scored(benchmark.number, result, weights.of(benchmark.number) if weights else Decimal(1))


def whole_percent(part: int, whole: int) -> int:
    """A share as a whole per cent, halves rounded up."""
    return (200 * part + whole) // (2 * whole)
