"""A scope ends with its transaction. These tests commit, as the service does.

They are apart from the others because each puts the whole database back afterwards.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from assurance import access, scope
from assurance.models import Assessment
from tests.universe import Universe

pytestmark = pytest.mark.django_db(transaction=True)

SETTINGS = ("person", "authorities", "everything")


@pytest.fixture
def committed(at: Any) -> Universe:
    """The cast and their assessments, for good."""
    universe = Universe(at)
    universe.assessment()
    return universe


def scoped() -> dict[str, str]:
    """What of a scope is set on this connection now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('assurance.{name}', true)" for name in SETTINGS))
        found = dict(zip(SETTINGS, cursor.fetchone(), strict=True))
    return {name: value for name, value in found.items() if value not in (None, "", "{}", "off")}


def assert_closed() -> None:
    assert not connection.in_atomic_block
    assert scoped() == {}
    assert not Assessment.objects.exists()


SEEN = {"auditor": 3, "manager": 2, "lead": 1, "other_adviser": 2, "stranger": 0}
"""How many of the three assessments each may touch: everything, a region, a place, two places, none."""


@pytest.mark.parametrize("who", SEEN)
def test_a_persons_scope_ends_with_the_transaction(committed: Universe, who: str) -> None:
    assert_closed()
    with transaction.atomic():
        access.actor_for(committed.cast[who])
        assert scoped()["person"] == str(committed.cast[who].pk)
        assert Assessment.objects.count() == SEEN[who]
    assert_closed()


def test_a_tasks_scope_ends_with_the_transaction(committed: Universe) -> None:
    with scope.authorities([committed.alder.pk]):
        assert Assessment.objects.count() == 1
    assert_closed()
    with scope.everything():
        assert Assessment.objects.count() == 3
    assert_closed()


def test_a_scope_ends_when_the_transaction_fails(committed: Universe) -> None:
    with pytest.raises(ZeroDivisionError), scope.everything():
        assert Assessment.objects.exists()
        raise ZeroDivisionError
    assert_closed()


def test_a_scope_outside_a_transaction_is_none(committed: Universe) -> None:
    """Whoever forgets the transaction sees nothing, and not everything."""
    access.actor_for(committed.auditor)
    assert_closed()


@pytest.mark.parametrize("who", [who for who in SEEN if who != "stranger"])
def test_a_request_leaves_no_scope_to_the_next(committed: Universe, who: str) -> None:
    seer, stranger = Client(), Client()
    seer.force_login(committed.cast[who], "django.contrib.auth.backends.ModelBackend")
    stranger.force_login(committed.stranger, "django.contrib.auth.backends.ModelBackend")
    assert b"County Council" in seer.get("/").content
    assert_closed()
    assert b"County Council" not in stranger.get("/").content
    assert_closed()
    assert Client().get("/").status_code == 302
    assert_closed()


def test_a_request_that_is_refused_leaves_none_either(committed: Universe) -> None:
    client = Client()
    client.force_login(committed.lead, "django.contrib.auth.backends.ModelBackend")
    assert client.get("/cycles/").status_code == 403
    assert_closed()
    assert client.get("/assessments/0/").status_code == 404
    assert_closed()
