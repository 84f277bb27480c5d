"""The database itself keeps published text as it is, whatever code asks for a change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from benchmarks.loading import load_scheme, publish_version
from benchmarks.models import Benchmark, Criterion, Level, SchemeVersion
from benchmarks.vocabulary import Status
from tests.benchmarks.samples import CHECKLIST, spoilt, written

pytestmark = pytest.mark.django_db

Change = Callable[[SchemeVersion, SchemeVersion], object]


@pytest.fixture
def draft(tmp_path: Path, at: datetime) -> SchemeVersion:
    text = spoilt(CHECKLIST, "version: first", "version: second")
    return load_scheme(written(tmp_path, text), publish=False, at=at).version


@pytest.fixture
def published(tmp_path: Path, at: datetime) -> SchemeVersion:
    return load_scheme(written(tmp_path, CHECKLIST), publish=True, at=at).version


def in_version(model: type[Model], version: SchemeVersion):
    if model is SchemeVersion:
        return SchemeVersion.objects.filter(pk=version.pk)
    if model is Criterion:
        return Criterion.objects.filter(benchmark__scheme_version=version)
    return model._default_manager.filter(scheme_version=version)


UPDATES = {SchemeVersion: "name", Level: "label", Benchmark: "title", Criterion: "text"}


@pytest.mark.parametrize("model", UPDATES)
def test_nothing_published_can_be_updated(published: SchemeVersion, model: type[Model]) -> None:
    with pytest.raises(IntegrityError, match="published and can no longer change"), transaction.atomic():
        in_version(model, published).update(**{UPDATES[model]: "changed"})


@pytest.mark.parametrize("model", UPDATES)
def test_nothing_published_can_be_deleted(published: SchemeVersion, model: type[Model]) -> None:
    rows = in_version(model, published)
    with pytest.raises(IntegrityError, match="published and can no longer change"), transaction.atomic():
        rows._raw_delete(rows.db)


def add_level(version: SchemeVersion, other: SchemeVersion) -> None:
    Level.objects.create(scheme_version=version, position=9, code="more", label="More", points=9, standing="exceeds")


def add_benchmark(version: SchemeVersion, other: SchemeVersion) -> None:
    Benchmark.objects.create(
        scheme_version=version, number=9, title="More", statement="More.", scored=True, relevance="low", weight=1
    )


def add_criterion(version: SchemeVersion, other: SchemeVersion) -> None:
    Criterion.objects.create(
        benchmark=version.benchmarks.get(number=1), level=version.levels.get(code="met"), position=9, text="More."
    )


def move_level_in(version: SchemeVersion, other: SchemeVersion) -> None:
    other.levels.filter(code="exceeding").update(scheme_version=version, code="more", position=9)


def move_benchmark_in(version: SchemeVersion, other: SchemeVersion) -> None:
    other.benchmarks.filter(number=2).update(scheme_version=version, number=9)


def move_criterion_in(version: SchemeVersion, other: SchemeVersion) -> None:
    one = Criterion.objects.filter(benchmark__scheme_version=other).first()
    Criterion.objects.filter(pk=one.pk).update(benchmark=version.benchmarks.get(number=1), position=9)


def move_benchmark_out(version: SchemeVersion, other: SchemeVersion) -> None:
    version.benchmarks.filter(number=2).update(scheme_version=other, number=9)


def move_criterion_out(version: SchemeVersion, other: SchemeVersion) -> None:
    one = Criterion.objects.filter(benchmark__scheme_version=version).first()
    Criterion.objects.filter(pk=one.pk).update(benchmark=other.benchmarks.get(number=1), position=9)


def unpublish(version: SchemeVersion, other: SchemeVersion) -> None:
    SchemeVersion.objects.filter(pk=version.pk).update(status=Status.DRAFT, published_at=None)


@pytest.mark.parametrize(
    "change",
    [
        add_level,
        add_benchmark,
        add_criterion,
        move_level_in,
        move_benchmark_in,
        move_criterion_in,
        move_benchmark_out,
        move_criterion_out,
        unpublish,
    ],
)
def test_nothing_is_added_to_or_taken_from_what_is_published(
    published: SchemeVersion, draft: SchemeVersion, change: Change
) -> None:
    with pytest.raises(IntegrityError, match="published and can no longer change"), transaction.atomic():
        change(published, draft)


@pytest.mark.parametrize("change", [add_level, add_benchmark, add_criterion])
def test_a_draft_can_still_change(tmp_path: Path, at: datetime, draft: SchemeVersion, change: Change) -> None:
    change(draft, draft)
    draft.benchmarks.filter(number=2).update(title="Board")
    Criterion.objects.filter(benchmark__scheme_version=draft).delete()
    draft.delete()


def test_publishing_needs_its_date(draft: SchemeVersion, at: datetime) -> None:
    with pytest.raises(IntegrityError, match="scheme_version_published_has_date"), transaction.atomic():
        SchemeVersion.objects.filter(pk=draft.pk).update(status=Status.PUBLISHED)
    publish_version(draft, at=at)
