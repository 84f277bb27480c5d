"""The ground that tests stand on holds: each of these gates is real."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.template import engines

from assurance.models import Assessment, Authority, Programme
from assurance.vocabulary import State
from benchmarks.catalogue import newest_published, scheme_text
from benchmarks.models import CrosswalkEntry, Scheme
from tests.universe import ORIGINS, Universe, all_rows, as_actor


def test_tests_connect_as_a_role_that_row_level_security_binds(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, (SELECT count(*) FROM pg_tables WHERE tableowner = current_user) "
            "FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, 0)


def test_the_role_can_neither_truncate_nor_change_tables(db: None) -> None:
    for statement in ("TRUNCATE assurance_user CASCADE", "ALTER TABLE assurance_assessment DISABLE ROW LEVEL SECURITY"):
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
            connection.cursor().execute(statement)


def test_without_a_scope_nothing_is_found(universe: Universe) -> None:
    assessment = universe.assessment()
    assert not Assessment.objects.exists()
    with as_actor(universe.lead):
        assert list(Assessment.objects.all()) == [assessment]
    with as_actor(universe.stranger):
        assert not Assessment.objects.exists()
    with all_rows():
        assert Assessment.objects.count() == 3
    assert not Assessment.objects.exists()


def test_an_undefined_variable_in_a_template_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="nowhere"):
        engines["django"].from_string("{{ nowhere }}").render({})


def test_the_schemes_are_there(db: None) -> None:
    assert [scheme.code for scheme in Scheme.objects.all()] == ["la-10", "la-8"]
    assert newest_published("la-8") is not None
    assert newest_published("la-10") is not None
    assert CrosswalkEntry.objects.count() == 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_that_commits_leaves_nothing_behind(turn: int) -> None:
    assert not Programme.objects.exists()
    assert not Scheme.objects.filter(code="left").exists()
    Programme.objects.create(code="left", name="Left behind")
    Scheme.objects.create(code="left")
    version = newest_published("la-8")
    assert version is not None
    levels = [level.id for level in scheme_text(version.pk).levels]
    assert levels == list(version.levels.values_list("pk", flat=True))


@pytest.mark.parametrize("scheme", ["la-8", "la-10"])
@pytest.mark.parametrize("state", State)
def test_the_universe_reaches_every_state(universe: Universe, state: State, scheme: str) -> None:
    assessment = universe.assessment(state, scheme)
    assert assessment.state == state
    assert assessment.cycle.scheme_version.scheme.code == scheme
    assert assessment.authority == universe.alder


def test_the_universe_knows_the_way_to_every_state() -> None:
    assert set(ORIGINS) == set(State) - {State.NOT_STARTED}


def test_the_universe_goes_on_but_not_back(universe: Universe) -> None:
    first = universe.assessment(State.IN_PROGRESS, authority=universe.birch)
    assert universe.assessment(State.AGREED, authority=universe.birch).pk == first.pk
    with pytest.raises(ValueError, match="no way"):
        universe.assessment(State.PROPOSED, authority=universe.birch)


def test_the_cast_is_named(universe: Universe) -> None:
    assert len(universe.cast) == 12
    assert Authority.objects.count() == 3
