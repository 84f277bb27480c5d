"""Who is on a benchmark's page now: told to colleagues, to nobody else, and never at the price of the page."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache, caches
from django.core.cache.backends.redis import RedisCache
from django.urls import reverse

from assurance import presence
from assurance.models import Assessment, SelfAssessment
from assurance.vocabulary import State
from tests.matrices.world import Visitors, give
from tests.universe import Universe, all_rows, as_actor


@pytest.fixture(autouse=True)
def nobody_there() -> None:
    cache.clear()


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    found = universe.assessment(State.IN_PROGRESS)
    give(universe, found, 2)
    return found


@pytest.fixture
def gone(settings: Any) -> None:
    """The cache is where nothing answers. Sessions are kept without it, so that only presence misses it."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    address = "redis://127.0.0.1:1/0"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}


def row(assessment: Assessment, number: int = 2) -> SelfAssessment:
    with all_rows():
        return SelfAssessment.objects.select_related("authority").get(assessment=assessment, benchmark__number=number)


def noted(universe: Universe, who: str, record: SelfAssessment, later: float = 0) -> list[str]:
    """What somebody is told who says that they are there, so many seconds later."""
    with as_actor(universe.cast[who]) as actor:
        return [str(one) for one in presence.note(actor, record, universe.at + timedelta(seconds=later))]


def test_colleagues_see_each_other(universe: Universe, assessment: Assessment) -> None:
    record = row(assessment)
    assert noted(universe, "lead", record) == []
    assert noted(universe, "lead", record, 5) == []
    assert noted(universe, "contributor", record, 30) == ["Lena Lead is editing this too, now"]
    assert noted(universe, "lead", record, 95) == ["Conrad Contributor is editing this too, 1 minute ago"]
    assert noted(universe, "contributor", record, 95 + 125) == ["Lena Lead is editing this too, 2 minutes ago"]


def test_each_benchmark_is_a_place_of_its_own(universe: Universe, assessment: Assessment) -> None:
    noted(universe, "lead", row(assessment, 2))
    assert noted(universe, "contributor", row(assessment, 3)) == []


def test_after_five_minutes_nobody_is_there(universe: Universe, assessment: Assessment) -> None:
    record = row(assessment)
    noted(universe, "lead", record)
    assert noted(universe, "contributor", record, 299) == ["Lena Lead is editing this too, 4 minutes ago"]
    assert noted(universe, "contributor", record, 300) == []


def test_the_cache_forgets_by_itself(universe: Universe, assessment: Assessment) -> None:
    record = row(assessment)
    noted(universe, "lead", record)
    backend = caches["default"]
    assert isinstance(backend, RedisCache)
    client = backend._cache.get_client()
    assert 0 < client.ttl(backend.make_key(f"presence:{record.pk}")) <= 300


@pytest.mark.parametrize(
    "who", ["viewer", "adviser", "manager", "signatory", "administrator", "auditor", "stranger", "other_lead"]
)
def test_nobody_else_is_noted_or_told(universe: Universe, assessment: Assessment, who: str) -> None:
    """Not the Home Office, not another authority, and not who only reads."""
    record = row(assessment)
    noted(universe, "lead", record)
    assert noted(universe, who, record) == []
    assert noted(universe, "contributor", record) == ["Lena Lead is editing this too, now"]


def test_an_operator_is_nobody(universe: Universe, assessment: Assessment) -> None:
    assert presence.note(universe.operator, row(assessment), universe.at) == ()


def test_no_more_than_so_many_are_remembered(universe: Universe, assessment: Assessment) -> None:
    record = row(assessment)
    for index in range(presence.MOST + 5):
        there = cache.get(f"presence:{record.pk}") or {}
        cache.set(f"presence:{record.pk}", there | {-index: (f"Person {index}", universe.at.timestamp() + index)}, 300)
    assert len(noted(universe, "lead", record, 30)) == presence.MOST - 1
    assert len(cache.get(f"presence:{record.pk}")) == presence.MOST


def test_without_a_cache_nothing_is_shown_and_it_is_logged(
    universe: Universe, assessment: Assessment, gone: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="assurance.presence"):
        assert noted(universe, "lead", row(assessment)) == []
    assert "the cache does not answer" in caplog.text


def test_without_a_cache_the_page_and_the_draft_are_there(
    universe: Universe, assessment: Assessment, gone: None
) -> None:
    visitors = Visitors(universe)
    kwargs = {"assessment_id": assessment.pk, "number": 2}
    assert visitors.get("lead", reverse("answer", kwargs=kwargs)).status_code == 200
    said = visitors.post("lead", reverse("autosave", kwargs=kwargs), {"version": "1", "evidence": "x"})
    assert (said.status_code, said.json()["status"], said.json()["present"]) == (200, "saved", [])


def test_the_page_says_who_is_there(universe: Universe, assessment: Assessment) -> None:
    visitors = Visitors(universe)
    kwargs = {"assessment_id": assessment.pk, "number": 2}
    visitors.get("contributor", reverse("answer", kwargs=kwargs))
    page = visitors.get("lead", reverse("answer", kwargs=kwargs)).content.decode()
    assert "Conrad Contributor is editing this too, now" in page
    told = visitors.post("contributor", reverse("autosave", kwargs=kwargs), {"version": "1", "look": "1"}).json()
    assert told["present"] == ["Lena Lead is editing this too, now"]
    assert "Ada Adviser" not in page
