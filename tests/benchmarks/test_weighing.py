"""Which weights count for a scheme, and that a version of them stays as it was made."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from benchmarks.catalogue import SchemeText, scheme_text
from benchmarks.loading import load_scheme
from benchmarks.models import Scheme, WeightsVersion
from benchmarks.weighing import every_version, first_weights, weights_for, weights_of
from tests.benchmarks.samples import BEST_FIT, CHECKLIST, spoilt, written

pytestmark = pytest.mark.django_db


def loaded(folder: Path, at: datetime, text: str) -> SchemeText:
    return scheme_text(load_scheme(written(folder, text), publish=True, at=at).version.pk)


@pytest.fixture
def tiny(tmp_path: Path, at: datetime) -> SchemeText:
    return loaded(tmp_path, at, spoilt(CHECKLIST, "  title: Group\n", "  title: Group\n  weight: 1.5\n"))


@pytest.fixture
def small(tmp_path: Path, at: datetime) -> SchemeText:
    return loaded(tmp_path, at, BEST_FIT)


def make(at: datetime, **values: Any) -> WeightsVersion:
    given = {"number": 1, "weights": {"1": "2.00", "2": "0.50"}, "reason": "So.", "made_at": at, "made_by_name": "Mo"}
    scheme = Scheme.objects.get(code="tiny")
    return WeightsVersion.objects.create(scheme=scheme, **given | values)


def test_a_scheme_begins_with_the_weights_of_its_file(tiny: SchemeText) -> None:
    found = weights_for(tiny)
    assert (found.scheme, found.version, found.made_at, found.made_by) == ("tiny", 0, None, "")
    assert found.by_number == {1: Decimal("1.5"), 2: Decimal(1)}
    assert (found.percent(1), found.percent(2), found.of(3)) == (60, 40, 1)
    assert first_weights(tiny) == found


def test_the_newest_version_counts(tiny: SchemeText, small: SchemeText, at: datetime) -> None:
    make(at)
    make(at, number=2, weights={"1": "3.00", "2": "1.25"}, reason="Better.", made_by_name="Nia")
    found = weights_for(tiny)
    assert (found.version, found.by_number) == (2, {1: Decimal("3.00"), 2: Decimal("1.25")})
    assert (found.made_at, found.made_by, found.reason) == (at, "Nia", "Better.")
    with CaptureQueriesContext(connection) as queries:
        both = weights_of([tiny, small])
    assert len(queries) == 1
    assert {key: one.version for key, one in both.items()} == {tiny.id: 2, small.id: 0}
    with CaptureQueriesContext(connection) as queries:
        assert weights_of([]) == {}
    assert len(queries) == 0


def test_every_version_is_kept_the_newest_first(tiny: SchemeText, small: SchemeText, at: datetime) -> None:
    make(at)
    make(at, number=2)
    found = every_version([tiny, small])
    assert [one.version for one in found[tiny.id]] == [2, 1, 0]
    assert found[small.id] == (first_weights(small),)


def test_a_benchmark_that_came_later_weighs_what_its_file_says(tiny: SchemeText, at: datetime) -> None:
    make(at, weights={"2": "7.00"})
    assert weights_for(tiny).by_number == {1: Decimal("1.5"), 2: Decimal("7.00")}


@pytest.mark.parametrize("weight", ["0.01", "0.10", "1.00", "9.99", "10.00", "99.99"])
def test_a_sound_weight_is_taken(tiny: SchemeText, at: datetime, weight: str) -> None:
    make(at, weights={"1": weight, "2": "1.00"})
    assert weights_for(tiny).of(1) == Decimal(weight)


@pytest.mark.parametrize(
    "weights",
    [
        {},
        [],
        ["1.00"],
        [{"1": "1.00"}],
        "1.00",
        1,
        *({"1": "1.00", "2": weight} for weight in (
            "0.00", "-1.00", "100.00", "1", "1.5", "1.000", "01.00", "1,00", " 1.00", "1.00\n", "NaN", "", 1, 1.5, None,
            ["1.00"], {"1": "1.00"},
        )),
    ],
)  # fmt: skip
def test_the_database_refuses_weights_that_are_not_sound(tiny: SchemeText, at: datetime, weights: Any) -> None:
    with pytest.raises(IntegrityError, match="weights_version_is_sound"), transaction.atomic():
        make(at, weights=weights)


def test_a_version_is_never_changed_or_deleted(tiny: SchemeText, at: datetime) -> None:
    version = make(at)
    for name, value in (("weights", {"1": "1.00"}), ("reason", "x"), ("number", 2), ("made_by_name", "x")):
        with pytest.raises(IntegrityError, match="can no longer change"), transaction.atomic():
            WeightsVersion.objects.filter(pk=version.pk).update(**{name: value})
    with pytest.raises(IntegrityError, match="can no longer change"), transaction.atomic():
        version.delete()


def test_no_number_is_given_twice(tiny: SchemeText, at: datetime) -> None:
    make(at)
    with pytest.raises(IntegrityError, match="weights_version_once"), transaction.atomic():
        make(at)
