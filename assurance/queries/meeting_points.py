"""The points of a meeting as plain values, for the meeting pack and for the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models.functions import JSONObject

from assurance.access import Actor, visible
from assurance.models import MeetingPoint
from benchmarks.catalogue import BenchmarkText, SchemeText


@dataclass(frozen=True)
class Point:
    """Something that both came to. ``outcome`` is in words ("" for none), ``is_in_review`` that it is the adviser's."""

    id: int
    text: str
    outcome: str
    noted_at: datetime
    benchmark: BenchmarkText | None
    is_in_review: bool = False


def noted(actor: Actor, assessment: Any) -> ArraySubquery:
    """The points that the actor may read, as a part of another query. What :func:`points` takes.

    Args:
        assessment: the record, its id, or an ``OuterRef`` to it.
    """
    values = JSONObject(id="pk", benchmark="benchmark_id", level="level_id", text="text", noted_at="noted_at")
    rows = visible(actor, MeetingPoint).filter(assessment=assessment)
    return ArraySubquery(rows.order_by("noted_at", "pk").values(json=values))


def points(
    scheme: SchemeText, rows: Iterable[Mapping[str, Any]], levels: Mapping[int, int | None] | None = None
) -> tuple[Point, ...]:
    """The points in the order of the benchmarks, those on the whole first; of a benchmark as they were noted.

    Args:
        levels: what the adviser's review of each benchmark says, by its id, where that is to be compared.
    """
    by_id = {one.id: one for one in scheme.benchmarks.values()}
    found = []
    for row in rows:
        level = scheme.level_by_id(row["level"])
        found.append(
            Point(
                id=row["id"],
                text=row["text"],
                outcome=level.label if level else "",
                noted_at=datetime.fromisoformat(row["noted_at"]),
                benchmark=by_id.get(row["benchmark"]),
                is_in_review=level is not None and (levels or {}).get(row["benchmark"]) == level.id,
            )
        )
    return tuple(sorted(found, key=lambda one: one.benchmark.number if one.benchmark else 0))
