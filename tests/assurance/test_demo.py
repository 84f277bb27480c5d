"""The demonstration world: what it holds, and that it is built once."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.management import call_command
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from assurance.access import visible
from assurance.demo_file import DEMO_PASSWORD
from assurance.insights.calibration import FEWEST
from assurance.models import (
    Assessment,
    Authority,
    Cycle,
    Event,
    Membership,
    PictureRow,
    Programme,
    SelfAssessment,
    User,
)
from assurance.queries.picture_check import differences
from assurance.vocabulary import AUTHORITY_ROLES, PORTFOLIO_ROLES, CycleState, Role, State
from assurance.years import before
from tests.universe import Universe, all_rows, as_actor


def said(command: str) -> str:
    out = StringIO()
    call_command(command, stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The world, built once for all tests of this module, in a transaction around theirs."""
    with django_db_blocker.unblock(), transaction.atomic():
        with all_rows():
            said("load_demo")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def demo(built: None, db: None) -> Programme:
    return Programme.objects.get(code="demo")


def person(role: Role) -> User:
    with all_rows():
        return Membership.objects.filter(role=role).order_by("pk").first().person


def states(scheme: str) -> list[State]:
    """Of this year, by authority code."""
    rows = Assessment.objects.filter(cycle__scheme_version__scheme__code=scheme, cycle__state=CycleState.OPEN).order_by(
        "authority__gss_code"
    )
    return [State(state) for state in rows.values_list("state", flat=True)]


def test_both_cycles_are_open_around_today(demo: Programme) -> None:
    assert Authority.objects.filter(programme=demo).count() == 13
    today = timezone.localdate()
    found = Cycle.objects.filter(programme=demo, state=CycleState.OPEN)
    assert {cycle.scheme_version.scheme.code for cycle in found} == {"la-8", "la-10"}
    for cycle in found:
        assert cycle.state == CycleState.OPEN
        assert cycle.opens_on < today < cycle.submit_by < cycle.agree_by < cycle.letters_by


def test_there_is_something_to_see_and_something_to_begin(demo: Programme) -> None:
    with all_rows():
        for scheme in ("la-8", "la-10"):
            found = states(scheme)
            assert found[:2] == [State.NOT_STARTED, State.NOT_STARTED]
            assert set(found) >= {
                State.NOT_STARTED, State.IN_PROGRESS, State.SUBMITTED, State.IN_REVIEW, State.PROPOSED, State.AGREED
            }  # fmt: skip
        assert set(states("la-8")) == set(State) - {State.WITHDRAWN}
        half = SelfAssessment.objects.filter(assessment__state=State.IN_PROGRESS)
        assert half.exclude(evidence="").exists()
        assert half.filter(evidence="", answer="unanswered").exists()


def test_the_first_two_authorities_had_a_last_year_on_either_scheme(demo: Programme) -> None:
    today = timezone.localdate()
    with all_rows():
        past = Cycle.objects.filter(programme=demo).exclude(state=CycleState.OPEN)
        assert {cycle.state for cycle in past} == {CycleState.CLOSED}
        assert all(cycle.letters_by < today for cycle in past if cycle.letters_by)
        agreed = Assessment.objects.filter(cycle__in=past, state=State.AGREED, imported_digest="").order_by(
            "authority__gss_code"
        )
        assert [one.cycle.scheme_version.scheme.code for one in agreed] == ["la-8", "la-10"]
        for one, following in zip(agreed, Authority.objects.filter(programme=demo).order_by("gss_code"), strict=False):
            assert one.authority == following
            assert one.recommendations.exists()
            this_year = Assessment.objects.select_related("cycle").filter(authority=following, cycle__state="open")
            assert [before(Assessment.objects.all(), year).first() for year in this_year] == [one, one]


def test_every_step_was_taken_by_a_person_and_in_order(demo: Programme) -> None:
    with all_rows():
        assert not Event.objects.filter(person__isnull=True).exists()
        assert not Event.objects.filter(at__gt=timezone.now()).exists()
        for assessment in Assessment.objects.filter(state=State.AGREED, imported_digest=""):
            steps = assessment.events.exclude(to_state="").order_by("at", "id").values_list("to_state", flat=True)
            assert list(steps) == ["in_progress", "submitted", "in_review", "proposed", "agreed"]


def test_the_second_time_nothing_changes(demo: Programme) -> None:
    with all_rows():
        before = Event.objects.count(), User.objects.count(), Cycle.objects.count()
    assert said("load_demo") == "The demonstration world is already there; nothing was changed.\n"
    with all_rows():
        assert (Event.objects.count(), User.objects.count(), Cycle.objects.count()) == before


def test_home_office_people_of_the_demonstration_see_nothing_else(universe: Universe, demo: Programme) -> None:
    universe.assessment()
    with all_rows():
        people = Membership.objects.filter(person__email__endswith=".example")
        for one in people:
            assert (one.role in AUTHORITY_ROLES | PORTFOLIO_ROLES) == (one.programme_id is None)
    for role in (Role.REGIONAL_MANAGER, Role.SIGNATORY, Role.CYCLE_ADMINISTRATOR, Role.AUDITOR):
        with all_rows():
            user = Membership.objects.filter(role=role, programme=demo).first().person
        with as_actor(user) as actor:
            assert {one.programme_id for one in visible(actor, Authority)} == {demo.pk}
            assert {one.authority.programme_id for one in Assessment.objects.all()} == {demo.pk}


def test_the_password_signs_in_and_is_one_that_people_may_choose(demo: Programme) -> None:
    request = RequestFactory().post("/")
    for one in User.objects.all():
        validate_password(DEMO_PASSWORD, one)
    lead = person(Role.LEAD)
    assert authenticate(request, username=lead.email.upper(), password=DEMO_PASSWORD) == lead


def test_sign_ins_are_told_for_everybody(demo: Programme) -> None:
    table = said("demo_sign_ins")
    for one in User.objects.all():
        assert one.email in table
        assert one.name in table
    assert "Prevent Lead: Tarnwick, Skelby Bay" in table
    assert "Regional manager: Northmark" in table
    assert DEMO_PASSWORD in table


def test_there_are_years_to_look_back_on(demo: Programme) -> None:
    """Seven authorities of one type in the newest past year, two schemes, a year that is missing, and gaps."""
    with all_rows():
        rows = PictureRow.objects.filter(programme=demo, assessment__imported_digest__gt="")
        years = sorted(set(rows.values_list("cycle__name", flat=True)))
        assert years == ["2021/22", "2022/23", "2023/24", "2024/25"]
        newest = rows.filter(cycle__name="2024/25", region="Northmark", type="Unitary authority")
        assert newest.count() >= FEWEST
        assert not rows.filter(cycle__name="2023/24", authority__short_name="Skelby Bay").exists()
        assert any(-2 in agreed for agreed in rows.values_list("agreed", flat=True))
        assert differences() == []
