"""Load scheme and crosswalk files, and publish. All or nothing; the same again changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from django.db import transaction

from benchmarks.files import Place, Problem, Refused, Source, open_source, validate
from benchmarks.models import Benchmark, Criterion, CrosswalkEntry, Level, Scheme, SchemeVersion
from benchmarks.scheme_file import CrosswalkFile, SchemeFile
from benchmarks.vocabulary import Status


class Change(Enum):
    """What a load did."""

    CREATED = "created"
    REPLACED = "replaced the draft of"
    UNCHANGED = "unchanged:"


@dataclass(frozen=True)
class Loaded:
    """A version that was loaded, what the load changed, and whether it was published by this call."""

    version: SchemeVersion
    change: Change
    published: bool


def load_scheme(path: str | Path, *, publish: bool, at: datetime) -> Loaded:
    """Load a scheme file as a draft of the version that it names, and publish it if asked.

    Raises:
        Refused: the file is wrong, or names a published version whose text is not the same.
    """
    source = open_source(path)
    file = validate(source, SchemeFile)
    content = file.model_dump(mode="json")
    digest = digest_of(content)
    with transaction.atomic():
        scheme, _ = Scheme.objects.get_or_create(code=file.code)
        Scheme.objects.select_for_update().get(pk=scheme.pk)
        version = SchemeVersion.objects.filter(scheme=scheme, version=file.version).first()
        if version is None:
            version = _create(scheme, file, content, digest)
            change = Change.CREATED
        elif version.digest == digest:
            change = Change.UNCHANGED
        elif version.status == Status.PUBLISHED:
            raise Refused(_differences(source, version, content))
        else:
            version.delete()
            version = _create(scheme, file, content, digest)
            change = Change.REPLACED
        published = publish and version.status == Status.DRAFT
        if published:
            publish_version(version, at=at)
    return Loaded(version, change, published)


def publish_version(version: SchemeVersion, *, at: datetime) -> None:
    """Publish a draft: from here on the database refuses every change to it."""
    version.status = Status.PUBLISHED
    version.published_at = at
    version.save(update_fields=["status", "published_at"])


def load_crosswalk(path: str | Path) -> tuple[str, str, bool]:
    """Load a crosswalk between two schemes that are already loaded, in place of the one before.

    Returns:
        Both scheme codes, and whether anything changed.

    Raises:
        Refused: the file is wrong, or names a scheme that is not loaded or a benchmark that its scheme lacks.
    """
    source = open_source(path)
    file = validate(source, CrosswalkFile)
    with transaction.atomic():
        schemes = {scheme.code: scheme for scheme in Scheme.objects.select_for_update().order_by("code")}
        missing = [key for key, code in (("from", file.from_scheme), ("to", file.to_scheme)) if code not in schemes]
        if missing:
            raise Refused(source.problem((key,), f"scheme {source.data[key]} is not loaded") for key in missing)
        if problems := list(_unknown_numbers(source, file)):
            raise Refused(problems)
        ends = {"from_scheme": schemes[file.from_scheme], "to_scheme": schemes[file.to_scheme]}
        before = set(CrosswalkEntry.objects.filter(**ends).values_list("from_number", "to_number"))
        after = {(row.from_number, row.to_number) for row in file.map}
        if before != after:
            CrosswalkEntry.objects.filter(**ends).delete()
            CrosswalkEntry.objects.bulk_create(
                CrosswalkEntry(**ends, from_number=one, to_number=other) for one, other in sorted(after)
            )
    return file.from_scheme, file.to_scheme, before != after


def _unknown_numbers(source: Source, file: CrosswalkFile) -> Iterator[Problem]:
    """Where the crosswalk names a benchmark that no version of its scheme has."""
    for key, code in (("from", file.from_scheme), ("to", file.to_scheme)):
        known = set(Benchmark.objects.filter(scheme_version__scheme__code=code).values_list("number", flat=True))
        for index, row in enumerate(file.map):
            number = row.from_number if key == "from" else row.to_number
            if number not in known:
                yield source.problem(("map", index, key), f"scheme {code} has no benchmark {number}")


def digest_of(content: Any) -> str:
    """SHA-256 of JSON-able content, the same for the same content whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _create(scheme: Scheme, file: SchemeFile, content: dict[str, Any], digest: str) -> SchemeVersion:
    version = SchemeVersion.objects.create(
        scheme=scheme,
        version=file.version,
        name=file.name,
        source=file.source,
        weights_note=file.weights_note,
        judgement=file.judgement,
        max_recommendations=file.max_recommendations,
        content=content,
        digest=digest,
    )
    levels: dict[str, Level] = {}
    for position, part in enumerate(file.scale, start=1):
        levels[part.code] = Level.objects.create(
            scheme_version=version,
            position=position,
            code=part.code,
            label=part.label,
            points=part.points,
            standing=part.standing,
            builds_on=levels[part.builds_on] if part.builds_on else None,
            aliases=part.aliases,
        )
    benchmarks = Benchmark.objects.bulk_create(
        Benchmark(
            scheme_version=version,
            number=part.number,
            title=part.title,
            statement=part.statement,
            guidance=part.guidance,
            scored=part.scored,
            unscored_note=part.unscored_note,
            relevance=part.relevance,
            weight=part.weight,
        )
        for part in file.benchmarks
    )
    Criterion.objects.bulk_create(
        Criterion(
            benchmark=benchmark,
            level=levels[code],
            position=position,
            text=criterion.text,
            sub=criterion.sub,
        )
        for benchmark, part in zip(benchmarks, file.benchmarks, strict=True)
        for code, criteria in part.criteria.items()
        for position, criterion in enumerate(criteria, start=1)
    )
    return version


def _differences(source: Source, version: SchemeVersion, content: dict[str, Any]) -> Iterator[Problem]:
    for place in _differing(version.content, content, ()):
        yield source.problem(
            place, f"differs from the published version {version.version}; give the new text a new version"
        )


def _differing(old: Any, new: Any, place: Place) -> Iterator[Place]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            yield from _differing(old.get(key), new.get(key), (*place, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new, strict=True)):
            yield from _differing(one, other, (*place, index))
    elif old != new:
        yield place
