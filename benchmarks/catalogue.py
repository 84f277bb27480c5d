"""A scheme version as plain values, read once for each process.

Published text can never change, so it is kept in memory: the pages that show it cost no query for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import Q

from benchmarks.models import Benchmark, CrosswalkEntry, SchemeVersion
from benchmarks.scoring import ScaleLevel, Suggestion, suggest_outcome
from benchmarks.vocabulary import Judgement, Standing, Status

_published: dict[int, SchemeText] = {}
"""Versions that this process has read, by id. Drafts are not kept: they may still change."""


@dataclass(frozen=True)
class LevelText:
    """A level of the scale. ``id`` is its row."""

    id: int
    code: str
    label: str
    points: int
    standing: Standing
    builds_on: str | None
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class CriterionText:
    """A criterion or descriptor, with its sub-points."""

    id: int
    text: str
    sub: tuple[str, ...]


@dataclass(frozen=True)
class BenchmarkText:
    """A benchmark with its criteria by level code, levels from the lowest."""

    id: int
    number: int
    title: str
    statement: str
    guidance: str
    scored: bool
    unscored_note: str
    weight: Decimal
    criteria: Mapping[str, tuple[CriterionText, ...]]

    @cached_property
    def criterion_ids(self) -> frozenset[int]:
        """Ids of every criterion under any level."""
        return frozenset(criterion.id for criteria in self.criteria.values() for criterion in criteria)


@dataclass(frozen=True)
class SchemeText:
    """A whole version of a scheme."""

    id: int
    code: str
    version: str
    name: str
    judgement: Judgement
    digest: str
    max_recommendations: int | None
    levels: tuple[LevelText, ...]
    benchmarks: Mapping[int, BenchmarkText]

    @property
    def is_checklist(self) -> bool:
        """Whether a level follows from ticked criteria, rather than from best fit."""
        return self.judgement == Judgement.CHECKLIST

    def level(self, code: str) -> LevelText | None:
        """The level of this code, if the scale has it."""
        return next((level for level in self.levels if level.code == code), None)

    def level_named(self, name: str) -> LevelText | None:
        """The level that people call ``name``: by code, label or alias, whatever the case."""
        wanted = name.strip().casefold()
        for level in self.levels:
            if wanted in {level.code.casefold(), level.label.casefold(), *map(str.casefold, level.aliases)}:
                return level
        return None

    def level_by_id(self, level_id: int | None) -> LevelText | None:
        """The level of this row id, if the scale has it."""
        return next((level for level in self.levels if level.id == level_id), None)

    def suggestion(self, number: int, ticked: frozenset[int]) -> Suggestion:
        """What ticked criteria suggest for a benchmark (checklist schemes)."""
        scale = [ScaleLevel(lv.code, lv.points, lv.standing, lv.builds_on) for lv in self.levels]
        criteria = {
            code: tuple(criterion.id for criterion in criteria)
            for code, criteria in self.benchmarks[number].criteria.items()
        }
        return suggest_outcome(scale, criteria, ticked)


def scheme_text(version_id: int) -> SchemeText:
    """A version by its id. No query for a published version that this process has read before."""
    if version_id in _published:
        return _published[version_id]
    text, status = _read(version_id)
    if status == Status.PUBLISHED:
        _published[version_id] = text
    return text


def crosswalk_pairs(from_code: str, to_code: str) -> list[tuple[int, int]]:
    """How benchmarks of one scheme are read in another: (older number, newer number)."""
    return list(
        CrosswalkEntry.objects.filter(from_scheme__code=from_code, to_scheme__code=to_code).values_list(
            "from_number", "to_number"
        )
    )


def every_crosswalk() -> dict[tuple[str, str], list[tuple[int, int]]]:
    """As :func:`crosswalk_pairs` for all that there are, by the two codes. One query."""
    found: dict[tuple[str, str], list[tuple[int, int]]] = {}
    rows = CrosswalkEntry.objects.order_by("from_scheme__code", "to_scheme__code", "from_number")
    for older, newer, *pair in rows.values_list("from_scheme__code", "to_scheme__code", "from_number", "to_number"):
        found.setdefault((older, newer), []).append((pair[0], pair[1]))
    return found


def read_alike(code: str, number: int) -> dict[str, frozenset[int]]:
    """Which benchmarks of other schemes are read as this one, or this one as them: numbers by scheme. One query."""
    here = Q(from_scheme__code=code, from_number=number) | Q(to_scheme__code=code, to_number=number)
    rows = CrosswalkEntry.objects.filter(here).order_by()
    found: dict[str, set[int]] = {}
    for from_code, from_number, to_code, to_number in rows.values_list(
        "from_scheme__code", "from_number", "to_scheme__code", "to_number"
    ):
        other, its_number = (to_code, to_number) if from_code == code else (from_code, from_number)
        found.setdefault(other, set()).add(its_number)
    return {other: frozenset(numbers) for other, numbers in found.items()}


def newest_published(scheme_code: str) -> SchemeVersion | None:
    """The version of a scheme that was published last."""
    return (
        SchemeVersion.objects.select_related("scheme")
        .filter(scheme__code=scheme_code, status=Status.PUBLISHED)
        .order_by("-published_at", "-id")
        .first()
    )


def published_versions() -> list[SchemeVersion]:
    """Every published version, by scheme and then newest first."""
    return list(
        SchemeVersion.objects.select_related("scheme")
        .filter(status=Status.PUBLISHED)
        .order_by("scheme__code", "-published_at", "-id")
    )


def _read(version_id: int) -> tuple[SchemeText, str]:
    version = SchemeVersion.objects.select_related("scheme").get(pk=version_id)
    levels = list(version.levels.select_related("builds_on"))
    texts = {}
    for benchmark in version.benchmarks.prefetch_related("criteria"):
        texts[benchmark.number] = _benchmark(benchmark, {level.pk: level.code for level in levels})
    return (
        SchemeText(
            id=version.pk,
            code=version.scheme.code,
            version=version.version,
            name=version.name,
            judgement=Judgement(version.judgement),
            digest=version.digest,
            max_recommendations=version.max_recommendations,
            levels=tuple(
                LevelText(
                    id=level.pk,
                    code=level.code,
                    label=level.label,
                    points=level.points,
                    standing=Standing(level.standing),
                    builds_on=level.builds_on.code if level.builds_on else None,
                    aliases=tuple(level.aliases),
                )
                for level in levels
            ),
            benchmarks=texts,
        ),
        version.status,
    )


def _benchmark(benchmark: Benchmark, codes: dict[int, str]) -> BenchmarkText:
    criteria: dict[str, list[CriterionText]] = {code: [] for code in codes.values()}
    for row in sorted(benchmark.criteria.all(), key=lambda criterion: criterion.position):
        criteria[codes[row.level_id]].append(CriterionText(row.pk, row.text, tuple(row.sub)))
    return BenchmarkText(
        id=benchmark.pk,
        number=benchmark.number,
        title=benchmark.title,
        statement=benchmark.statement,
        guidance=benchmark.guidance,
        scored=benchmark.scored,
        unscored_note=benchmark.unscored_note,
        weight=benchmark.weight,
        criteria={code: tuple(rows) for code, rows in criteria.items() if rows},
    )
