"""Scales without a database, for tests of figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from assurance.insights.comparison import Scale
from benchmarks.catalogue import BenchmarkText, LevelText, SchemeText
from benchmarks.vocabulary import Judgement, Standing
from benchmarks.weighing import Weights

B, M, E = Standing.BELOW, Standing.MEETS, Standing.EXCEEDS
LA10 = (("1", 1, B), ("2", 2, B), ("3", 3, M), ("4", 4, E), ("5", 5, E))
LA8 = (("not_met", 0, B), ("met", 1, M), ("exceeding", 2, E))
PAIRS = ((1, 2), (2, 1), (3, 3), (4, 4), (5, 5), (6, 7), (7, 6), (8, 7), (9, 8), (10, 8))
CROSSWALKS = {("la-10", "la-8"): PAIRS}
NA, UNKNOWN, UNANSWERED = -1, -2, -3


def scale(
    code: str = "la-10",
    *,
    first_id: int = 0,
    weights: Mapping[int, str] | None = None,
    unscored: Collection[int] = (5,),
) -> Scale:
    """A scale like that of a scheme. The id of a level is its place in the scale and ``first_id`` more."""
    levels, count = (LA10, 10) if code == "la-10" else (LA8, 8)
    text = SchemeText(
        id=1,
        code=code,
        version="first",
        name=code,
        judgement=Judgement.BEST_FIT,
        digest="",
        max_recommendations=None,
        levels=tuple(
            LevelText(first_id + place, name, name, points, standing, None, ())
            for place, (name, points, standing) in enumerate(levels, start=1)
        ),
        benchmarks={
            number: BenchmarkText(
                number, number, f"Benchmark {number}", "", "", number not in unscored, "", Decimal(1), {}
            )
            for number in range(1, count + 1)
        },
    )
    given = {number: Decimal((weights or {}).get(number, "1")) for number in text.benchmarks}
    return Scale(text, Weights(code, 0, given))
