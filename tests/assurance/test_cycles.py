"""The cycle administrator's pages and actions, through the Client as a person uses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from assurance.actions import cycles
from assurance.actions.reference import add_membership, put_authorities
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import (
    Assessment,
    Authority,
    Cycle,
    CycleBenchmark,
    Event,
    Programme,
    ReferenceEvent,
    Review,
    SelfAssessment,
    User,
)
from assurance.vocabulary import Answer, CycleState, EventKind, Role, State
from benchmarks.catalogue import SchemeText
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

CHANNEL = 5
"""Not scored in la-8, and without criteria there."""
DATES = {
    "opens_on": date(2026, 4, 1),
    "submit_by": date(2026, 6, 30),
    "agree_by": date(2026, 9, 30),
    "letters_by": date(2026, 10, 31),
}


@pytest.fixture
def desk(universe: Universe) -> Client:
    """A browser in which the cycle administrator is signed in."""
    return signed_in(universe.administrator)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def draft(universe: Universe, name: str = "2026/27", **changes: Any) -> Cycle:
    """A cycle in preparation that is ready to open, made through the actions."""
    scheme = universe.scheme()
    with as_actor(universe.administrator) as by:
        cycle = cycles.create_cycle(
            by=by, at=universe.at, programme_id=universe.programme.pk, name=name, scheme_version_id=scheme.id
        )
        return cycles.save_cycle(by=by, at=universe.at, cycle_id=cycle.pk, version=1, **(values(scheme) | changes))


def values(scheme: SchemeText) -> dict[str, Any]:
    return {
        "dates": DATES,
        "recommendation_limit": 3,
        "nations": ["England"],
        "authority_types": ["County"],
        "unscored": {one.number: one.unscored_note for one in scheme.benchmarks.values() if not one.scored},
    }


def typed(cycle: Cycle, scheme: SchemeText, **changes: Any) -> dict[str, Any]:
    """What the browser sends when the form for this cycle is filled in, with some fields otherwise."""
    data: dict[str, Any] = {"version": cycle.version, "recommendation_limit": "3"}
    data |= {"reminder_days": "28, 14, 7, 1", "remind_overdue": "on"}
    for name, value in DATES.items():
        data |= {f"{name}_day": value.day, f"{name}_month": value.month, f"{name}_year": value.year}
    data |= {"nations": ["England"], "authority_types": ["County"]}
    for one in scheme.benchmarks.values():
        if one.scored:
            data[f"scored_{one.number}"] = "True"
        data[f"reason_{one.number}"] = "" if one.scored else one.unscored_note
    return {name: value for name, value in (data | changes).items() if value is not None}


def stands(cycle: Cycle) -> Cycle:
    return Cycle.objects.get(pk=cycle.pk)


def error_at(response: Any, field: str) -> list[str]:
    """The errors of a field, which the page shows at the field and links to from its summary."""
    errors = list(response.context["form"].errors.get(field, []))
    for error in errors:
        assert response.content.decode().count(escape(error)) >= 2
        assert f'href="#id_{field}' in response.content.decode()
    return errors


@contextmanager
def queries_at_most(number: int) -> Iterator[None]:
    """Savepoints are the test's own: a request has none of its transaction's."""
    with CaptureQueriesContext(connection) as captured:
        yield
    real = [one["sql"] for one in captured.captured_queries if "SAVEPOINT" not in one["sql"]]
    assert len(real) <= number, "\n".join(real)


def another_programme(universe: Universe) -> Programme:
    with all_rows():
        return Programme.objects.create(code="higher-education", name="Higher education")


def administrator_of(universe: Universe, programme: Programme) -> User:
    user = User.objects.create(email="only@example.test", name="Only Here")
    with all_rows():
        add_membership(
            by=universe.operator,
            at=universe.at,
            person=user,
            role=Role.CYCLE_ADMINISTRATOR,
            programme=programme,
            starts=MEMBERS_SINCE,
        )
    return user


class TestCreating:
    def test_the_one_programme_is_chosen_already(self, universe: Universe, desk: Client) -> None:
        response = desk.get(reverse("cycle-new"))
        assert f'<option value="{universe.programme.pk}" selected>' in response.content.decode()
        assert "2025/26" in response.content.decode()

    def test_with_several_programmes_one_has_to_choose(self, universe: Universe, desk: Client) -> None:
        another_programme(universe)
        form = desk.get(reverse("cycle-new")).context["form"]
        assert form["programme"].value() is None
        assert [text for _value, text in form.fields["programme"].choices] == [
            "Choose a programme",
            "Higher education",
            "Local authorities",
        ]

    def test_only_published_schemes_newest_first(self, universe: Universe, desk: Client) -> None:
        versions = desk.get(reverse("cycle-new")).context["page"].versions
        assert {one.scheme.code for one in versions} == {"la-8", "la-10"}
        published = [one.published_at for one in versions]
        assert published == sorted(published, reverse=True)

    def test_creates_a_cycle_scored_as_the_scheme_says(self, universe: Universe, desk: Client) -> None:
        scheme = universe.scheme()
        response = desk.post(
            reverse("cycle-new"),
            {"programme": universe.programme.pk, "name": " 2026/27 ", "scheme_version": scheme.id},
        )
        made = Cycle.objects.get()
        assert response.headers["Location"] == reverse("cycle-edit", args=[made.pk])
        assert (made.name, made.state, made.scheme_version_id) == ("2026/27", CycleState.DRAFT, scheme.id)
        assert made.recommendation_limit == scheme.max_recommendations
        unscored = list(CycleBenchmark.objects.filter(scored=False).values_list("benchmark__number", "reason"))
        assert unscored == [(CHANNEL, scheme.benchmarks[CHANNEL].unscored_note)]
        assert made.history.get().history_user == universe.administrator
        assert ReferenceEvent.objects.get(kind=EventKind.CYCLE_MOVED).person == universe.administrator

    def test_a_name_is_used_once_in_a_programme(self, universe: Universe, desk: Client) -> None:
        draft(universe)
        data = {"programme": universe.programme.pk, "name": "2026/27", "scheme_version": universe.scheme().id}
        response = desk.post(reverse("cycle-new"), data)
        assert response.status_code == 200
        assert error_at(response, "name") == ["This programme already has a cycle called 2026/27"]
        assert 'value="2026/27"' in response.content.decode()
        assert Cycle.objects.count() == 1
        other = another_programme(universe)
        assert desk.post(reverse("cycle-new"), data | {"programme": other.pk}).status_code == 302

    def test_an_empty_post_says_what_is_missing(self, universe: Universe, desk: Client) -> None:
        another_programme(universe)
        response = desk.post(reverse("cycle-new"), {})
        assert error_at(response, "programme") == ["Choose a programme"]
        assert error_at(response, "name") == ["Enter a name, such as 2025/26"]
        assert error_at(response, "scheme_version") == ["Choose a scheme"]

    @pytest.mark.parametrize("name", ["x" * 41, "\u202e", " "])
    def test_a_name_that_cannot_be(self, universe: Universe, desk: Client, name: str) -> None:
        data = {"programme": universe.programme.pk, "name": name, "scheme_version": universe.scheme().id}
        assert error_at(desk.post(reverse("cycle-new"), data), "name")

    def test_a_scheme_that_is_not_published_is_refused(self, universe: Universe, desk: Client) -> None:
        data = {"programme": universe.programme.pk, "name": "2026/27", "scheme_version": 987654}
        assert error_at(desk.post(reverse("cycle-new"), data), "scheme_version") == ["Choose a published scheme"]
        with as_actor(universe.administrator) as by, pytest.raises(Unfit) as refused:
            cycles.create_cycle(
                by=by,
                at=universe.at,
                programme_id=universe.programme.pk,
                name="2026/27",
                scheme_version_id=987654,
            )
        assert refused.value.field == "scheme_version"

    def test_in_another_programme_nothing_can_be_created(self, universe: Universe) -> None:
        only = signed_in(administrator_of(universe, another_programme(universe)))
        data = {"programme": universe.programme.pk, "name": "2026/27", "scheme_version": universe.scheme().id}
        response = only.post(reverse("cycle-new"), data)
        assert error_at(response, "programme") == ["Choose a programme from the list"]
        assert universe.programme.name not in response.content.decode()


class TestEditing:
    def test_the_form_shows_what_stands(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        text = desk.get(reverse("cycle-edit", args=[cycle.pk])).content.decode()
        assert 'name="submit_by_month" type="text" value="6"' in text
        assert text.count('value="England" checked') == 1
        assert text.count('value="County" checked') == 1
        for number, one in universe.scheme().benchmarks.items():
            assert (f'name="scored_{number}" type="checkbox" value="True" checked' in text) == one.scored
            assert escape(one.unscored_note) in text

    def test_saves_everything(self, universe: Universe, desk: Client) -> None:
        cycle, scheme = draft(universe), universe.scheme()
        changes = {
            "letters_by_month": "nov",
            "letters_by_day": "30",
            "recommendation_limit": "",
            "scored_3": None,
            "reason_3": "Assured elsewhere this year.",
            "nations": [],
        }
        response = desk.post(reverse("cycle-edit", args=[cycle.pk]), typed(cycle, scheme, **changes), follow=True)
        assert "Cycle 2026/27 saved" in response.content.decode()
        saved = stands(cycle)
        assert saved.letters_by == date(2026, 11, 30)
        assert (saved.recommendation_limit, saved.nations, saved.authority_types) == (None, [], ["County"])
        assert saved.version == cycle.version + 1
        third = saved.benchmarks.get(benchmark__number=3)
        assert (third.scored, third.reason) == (False, "Assured elsewhere this year.")
        assert third.history.count() == 2
        assert saved.benchmarks.get(benchmark__number=2).history.count() == 1

    def test_a_benchmark_can_be_scored_again(self, universe: Universe, desk: Client) -> None:
        unscored = {3: "Not this year.", CHANNEL: "Elsewhere."}
        cycle = draft(universe, unscored=unscored)
        data = typed(cycle, universe.scheme(), reason_3="Not this year.")
        assert desk.post(reverse("cycle-edit", args=[cycle.pk]), data).status_code == 302
        third = cycle.benchmarks.get(benchmark__number=3)
        assert (third.scored, third.reason) == (True, "")

    def test_dates_can_wait(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        nothing = {f"{name}_{part}": "" for name in DATES for part in ("day", "month", "year")}
        data = typed(cycle, universe.scheme(), **nothing)
        assert desk.post(reverse("cycle-edit", args=[cycle.pk]), data).status_code == 302
        assert {getattr(stands(cycle), name) for name in DATES} == {None}

    @pytest.mark.parametrize(
        ("changes", "field", "said"),
        [
            ({"submit_by_day": "31"}, "submit_by", "Answers submitted by: Enter a real date, such as 27 3 2026"),
            ({"agree_by_year": ""}, "agree_by", "Outcomes agreed by: The date must include a year"),
            ({"agree_by_year": "26"}, "agree_by", "Outcomes agreed by: The year must have 4 digits"),
            (
                {"submit_by_year": "2025"},
                "submit_by",
                "This date must be the same as or after the one before it",
            ),
            (
                {"agree_by_day": "", "agree_by_month": "", "agree_by_year": "", "letters_by_year": "2025"},
                "letters_by",
                "This date must be the same as or after the one before it",
            ),
            (
                {"recommendation_limit": "0"},
                "recommendation_limit",
                "Enter a whole number from 1 to 50, or leave it empty",
            ),
            (
                {"recommendation_limit": "many"},
                "recommendation_limit",
                "Enter a whole number from 1 to 50, or leave it empty",
            ),
            (
                {"scored_3": None},
                "reason_3",
                "Say why benchmark 3, Multi-agency Partnership Board, is not scored",
            ),
            ({"scored_3": None, "reason_3": "x" * 101}, "reason_3", None),
            (
                {"scored_3": None, "reason_3": "xy " * 334},
                "reason_3",
                "Shorten this to 1000 characters or fewer. It has 1001 characters now.",
            ),
            ({"nations": ["Atlantis"]}, "nations", None),
        ],
    )
    def test_errors_stand_at_the_field_with_what_was_typed(
        self, universe: Universe, desk: Client, changes: dict[str, Any], field: str, said: str | None
    ) -> None:
        cycle, scheme = draft(universe), universe.scheme()
        expected = said and said.replace("Multi-agency Partnership Board", scheme.benchmarks[3].title)
        data = typed(cycle, scheme, **changes, reason_1="Typed and not lost")
        response = desk.post(reverse("cycle-edit", args=[cycle.pk]), data)
        assert response.status_code == 200
        errors = error_at(response, field)
        assert errors == [expected] if expected else errors
        text = response.content.decode()
        assert "<title>Error: " in text
        assert "\nTyped and not lost</textarea>" in text
        for name, value in changes.items():
            if isinstance(value, str) and value:
                assert f'value="{value}"' in text or f"\n{value}</textarea>" in text, name
        assert stands(cycle).version == cycle.version

    def test_every_missing_reason_is_said_at_once(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        data = typed(cycle, universe.scheme(), scored_1=None, scored_2=None, reason_5=" ")
        response = desk.post(reverse("cycle-edit", args=[cycle.pk]), data)
        assert set(response.context["form"].errors) == {"reason_1", "reason_2", "reason_5"}

    def test_what_has_no_criteria_cannot_be_scored(self, universe: Universe, desk: Client) -> None:
        cycle, scheme = draft(universe), universe.scheme()
        text = desk.get(reverse("cycle-edit", args=[cycle.pk])).content.decode()
        assert f'name="scored_{CHANNEL}"' not in text
        assert "The scheme has no criteria for it, so it cannot be scored." in text
        data = typed(cycle, scheme, **{f"scored_{CHANNEL}": "True"})
        assert desk.post(reverse("cycle-edit", args=[cycle.pk]), data).status_code == 302
        assert not cycle.benchmarks.get(benchmark__number=CHANNEL).scored
        with as_actor(universe.administrator) as by, pytest.raises(Unfit) as refused:
            cycles.save_cycle(
                by=by,
                at=universe.at,
                cycle_id=cycle.pk,
                version=stands(cycle).version,
                **(values(scheme) | {"unscored": {}}),
            )
        assert refused.value.field == f"scored_{CHANNEL}"

    def test_the_choices_are_those_of_the_programme(self, universe: Universe, desk: Client) -> None:
        other = another_programme(universe)
        with all_rows():
            row = {"gss_code": "W06000999", "name": "Elm", "short_name": "Elm", "type": "University"}
            row |= {"nation": "Wales", "region": "Wales"}
            put_authorities([(1, row)], file="t", by=universe.operator, at=universe.at, programme=other)
        cycle = draft(universe, nations=["England", "Scotland"])
        form = desk.get(reverse("cycle-edit", args=[cycle.pk])).context["form"]
        assert [value for value, _text in form.fields["nations"].choices] == ["England", "Scotland"]
        assert [value for value, _text in form.fields["authority_types"].choices] == ["County"]

    def test_a_stale_save_shows_both_and_overwrites_nothing(self, universe: Universe, desk: Client) -> None:
        cycle, scheme = draft(universe), universe.scheme()
        address = reverse("cycle-edit", args=[cycle.pk])
        mine = typed(cycle, scheme, submit_by_day="15", reason_3="Mine", scored_3=None)
        theirs = typed(cycle, scheme, letters_by_day="1", letters_by_month="12", reason_3="Theirs", scored_3=None)
        assert desk.post(address, theirs).status_code == 302
        response = desk.post(address, mine)
        assert response.status_code == 409
        assert response.context["stale"] == [
            ("Answers submitted by", "30 June 2026"),
            ("Letters sent by", "1 December 2026"),
            (f"3. {scheme.benchmarks[3].title}: Why not (if not scored)", "Theirs"),
        ]
        text = response.content.decode()
        assert "\nMine</textarea>" in text
        assert "Theirs" in text
        assert "1 December 2026" in text
        now = stands(cycle)
        assert (now.letters_by, now.submit_by) == (date(2026, 12, 1), DATES["submit_by"])
        assert f'name="version" value="{now.version}"' in text
        assert desk.post(address, mine | {"version": now.version}).status_code == 302
        assert stands(cycle).submit_by == date(2026, 6, 15)

    def test_saved_twice_with_the_same_is_said_so(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        address, data = reverse("cycle-edit", args=[cycle.pk]), typed(cycle, universe.scheme())
        assert desk.post(address, data).status_code == 302
        response = desk.post(address, data)
        assert response.status_code == 409
        assert "What stands is the same as what you typed." in response.content.decode()

    def test_a_form_without_its_version_saves_nothing(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        response = desk.post(reverse("cycle-edit", args=[cycle.pk]), typed(cycle, universe.scheme(), version=None))
        assert response.status_code == 200
        assert "lost track" in response.content.decode()
        assert stands(cycle).version == cycle.version

    def test_once_open_only_dates_and_the_limit_change(self, universe: Universe, desk: Client) -> None:
        cycle, scheme = universe.cycle(), universe.scheme()
        address = reverse("cycle-edit", args=[cycle.pk])
        form = desk.get(address).context["form"]
        assert set(form.fields) == {*DATES, "recommendation_limit", "reminder_days", "remind_overdue", "version"}
        data = typed(cycle, scheme, recommendation_limit="5", nations=[], authority_types=[], scored_1=None)
        assert desk.post(address, data).status_code == 302
        saved = stands(cycle)
        assert (saved.submit_by, saved.recommendation_limit) == (DATES["submit_by"], 5)
        assert (saved.nations, saved.authority_types) == (cycle.nations, cycle.authority_types)
        assert saved.benchmarks.filter(scored=False).count() == 1

    def test_opened_in_between_is_stale(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        data = typed(cycle, universe.scheme(), submit_by_day="15")
        with as_actor(universe.administrator) as by:
            cycles.open_cycle(by=by, at=universe.at, cycle_id=cycle.pk)
        response = desk.post(reverse("cycle-edit", args=[cycle.pk]), data)
        assert response.status_code == 409
        assert "The cycle has been opened" in response.content.decode()
        assert response.context["stale"] == [("Answers submitted by", "30 June 2026")]

    def test_a_closed_cycle_cannot_be_edited(self, universe: Universe, desk: Client) -> None:
        cycle = universe.cycle()
        with as_actor(universe.administrator) as by:
            cycles.close_cycle(by=by, at=universe.at, cycle_id=cycle.pk)
            with pytest.raises(NotEditable):
                cycles.save_cycle(
                    by=by, at=universe.at, cycle_id=cycle.pk, version=stands(cycle).version, **values(universe.scheme())
                )
        for response in (
            desk.get(reverse("cycle-edit", args=[cycle.pk]), follow=True),
            desk.post(reverse("cycle-edit", args=[cycle.pk]), typed(cycle, universe.scheme()), follow=True),
        ):
            assert response.redirect_chain == [(reverse("cycle", args=[cycle.pk]), 302)]
            assert "Nothing was changed" in response.content.decode()

    def test_the_action_refuses_a_stale_version(self, universe: Universe) -> None:
        cycle = draft(universe)
        with as_actor(universe.administrator) as by, pytest.raises(Stale) as refused:
            cycles.save_cycle(by=by, at=universe.at, cycle_id=cycle.pk, version=1, **values(universe.scheme()))
        assert refused.value.current.version == 2


class TestOpening:
    def test_says_what_it_will_do(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        text = desk.get(reverse("cycle-open", args=[cycle.pk])).content.decode()
        assert "This makes 3 assessments" in text
        assert all(one.name in text for one in universe.authorities)
        assert "7 of 8 benchmarks are scored" in text
        assert "more</li>" not in text

    def test_names_ten_and_counts_the_rest(self, universe: Universe, desk: Client) -> None:
        more_authorities(universe, 12)
        text = desk.get(reverse("cycle-open", args=[draft(universe).pk])).content.decode()
        assert "This makes 15 assessments" in text
        assert text.count("County Council") == 10
        assert "and 5 more" in text

    def test_says_that_it_opens_now_and_not_on_its_day(self, universe: Universe, desk: Client) -> None:
        today = timezone.localdate()
        dates = {name: today + timedelta(days=index) for index, name in enumerate(DATES, start=1)}
        later, now = draft(universe, dates=dates), draft(universe, "2027/28", dates=dates | {"opens_on": today})
        assert "it opens now" in desk.get(reverse("cycle-open", args=[later.pk])).content.decode()
        assert "it opens now" not in desk.get(reverse("cycle-open", args=[now.pk])).content.decode()

    def test_makes_an_assessment_for_each_authority_in_scope(self, universe: Universe, desk: Client) -> None:
        more_authorities(universe, 1, kind="Island")
        with all_rows():
            Authority.objects.filter(pk=universe.cedar.pk).update(end_date=date(2020, 4, 1))
        unscored = {3: "Not this year.", CHANNEL: "Elsewhere."}
        cycle = draft(universe, unscored=unscored)
        response = desk.post(reverse("cycle-open", args=[cycle.pk]), {"version": cycle.version}, follow=True)
        assert "Cycle 2026/27 is open, with 2 assessments" in response.content.decode()
        assert stands(cycle).state == CycleState.OPEN
        with all_rows():
            rows = Assessment.objects.filter(cycle=cycle)
            assert {one.authority for one in rows} == {universe.alder, universe.birch}
            assert {one.state for one in rows} == {State.NOT_STARTED}
            for model in (SelfAssessment, Review):
                for one in rows:
                    answers = dict(model.objects.filter(assessment=one).values_list("benchmark__number", "answer"))
                    assert {n for n, answer in answers.items() if answer == Answer.NOT_APPLICABLE} == set(unscored)
                    assert {n for n, answer in answers.items() if answer == Answer.UNANSWERED} == {1, 2, 4, 6, 7, 8}
            created = Event.objects.filter(kind=EventKind.CREATED)
            assert {one.person for one in created} == {universe.administrator}
            assert created.count() == 2

    def test_cannot_be_done_twice(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        address, data = reverse("cycle-open", args=[cycle.pk]), {"version": cycle.version}
        assert desk.post(address, data).status_code == 302
        for again in (desk.post(address, data, follow=True), desk.get(address, follow=True)):
            assert again.redirect_chain == [(reverse("cycle", args=[cycle.pk]), 302)]
            assert "Nothing was changed" in again.content.decode()
        with all_rows():
            assert Assessment.objects.count() == 3
        with as_actor(universe.administrator) as by, pytest.raises(NotEditable):
            cycles.open_cycle(by=by, at=universe.at, cycle_id=cycle.pk)

    def test_what_is_missing_is_said_and_nothing_opens(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe, dates=DATES | {"agree_by": None}, nations=[])
        address = reverse("cycle-open", args=[cycle.pk])
        text = desk.get(address).content.decode()
        assert "Set every date" in text
        assert "Choose nations and types of authority" in text
        assert 'type="submit" class="govuk-button"' not in text
        response = desk.post(address, {"version": cycle.version})
        assert "Set every date before you open the cycle" in response.content.decode()
        assert stands(cycle).state == CycleState.DRAFT

    def test_nobody_opens_what_was_changed_while_they_read(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        address = reverse("cycle-open", args=[cycle.pk])
        desk.post(reverse("cycle-edit", args=[cycle.pk]), typed(cycle, universe.scheme(), scored_1=None, reason_1="No"))
        response = desk.post(address, {"version": cycle.version})
        assert response.status_code == 409
        assert "Somebody changed this cycle" in response.content.decode()
        assert "6 of 8 benchmarks are scored" in response.content.decode()
        assert stands(cycle).state == CycleState.DRAFT
        assert desk.post(address, {"version": stands(cycle).version}).status_code == 302
        assert stands(cycle).state == CycleState.OPEN

    def test_reading_opens_nothing(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        desk.get(reverse("cycle-open", args=[cycle.pk]))
        assert stands(cycle).state == CycleState.DRAFT


class TestClosing:
    def test_says_what_is_left_behind(self, universe: Universe, desk: Client) -> None:
        universe.assessment(State.AGREED, authority=universe.alder)
        universe.assessment(State.IN_REVIEW, authority=universe.birch)
        address = reverse("cycle-close", args=[universe.cycle().pk])
        text = desk.get(address).content.decode()
        assert "2 assessments are not agreed yet" in text
        assert "1 assessment has not been submitted, and never can be" in text
        universe.assessment(State.WITHDRAWN, authority=universe.cedar)
        text = desk.get(address).content.decode()
        assert "1 assessment is not agreed yet" in text
        assert "never can be" not in text
        universe.assessment(State.AGREED, authority=universe.birch)
        assert "Every assessment is agreed or withdrawn" in desk.get(address).content.decode()

    def test_closes_for_good(self, universe: Universe, desk: Client) -> None:
        cycle = universe.cycle()
        address, data = reverse("cycle-close", args=[cycle.pk]), {"version": stands(cycle).version}
        response = desk.post(address, data, follow=True)
        assert f"Cycle {cycle.name} is closed" in response.content.decode()
        assert stands(cycle).state == CycleState.CLOSED
        again = desk.post(address, data, follow=True)
        assert "Nothing was changed" in again.content.decode()
        assert desk.get(reverse("cycle-open", args=[cycle.pk])).status_code == 302
        with as_actor(universe.administrator) as by, pytest.raises(NotEditable):
            cycles.close_cycle(by=by, at=universe.at, cycle_id=cycle.pk)

    def test_a_cycle_in_preparation_cannot_be_closed(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe)
        assert desk.post(reverse("cycle-close", args=[cycle.pk]), {"version": cycle.version}).status_code == 302
        assert stands(cycle).state == CycleState.DRAFT


class TestReading:
    def test_the_list_shows_the_cycles_of_ones_programmes(self, universe: Universe, desk: Client) -> None:
        universe.cycle()
        draft(universe)
        text = desk.get(reverse("cycles")).content.decode()
        assert "Programme" not in text
        entries = [(one.cycle.name, one.assessments) for one in desk.get(reverse("cycles")).context["listing"].entries]
        assert entries == [("2026/27", 0), ("2025/26", 3)]
        assert "In preparation" in text
        assert "1 Apr 2026" in text
        only = signed_in(administrator_of(universe, another_programme(universe)))
        text = only.get(reverse("cycles")).content.decode()
        assert "There is no cycle yet" in text
        assert "2026/27" not in text

    def test_a_cycle_in_preparation(self, universe: Universe, desk: Client) -> None:
        more_authorities(universe, 2, kind="Island")
        cycle = draft(universe, dates=DATES | {"opens_on": None}, recommendation_limit=None)
        text = desk.get(reverse("cycle", args=[cycle.pk])).content.decode()
        assert "3 authorities in scope" in text
        assert "Not set" in text
        assert "No limit" in text
        assert "30 June 2026" in text
        assert universe.scheme().benchmarks[CHANNEL].unscored_note in text
        assert reverse("cycle-open", args=[cycle.pk]) in text
        assert reverse("cycle-close", args=[cycle.pk]) not in text

    def test_an_open_cycle(self, universe: Universe, desk: Client) -> None:
        universe.assessment(State.SUBMITTED)
        cycle = universe.cycle()
        response = desk.get(reverse("cycle", args=[cycle.pk]))
        assert response.context["page"].states == ((State.NOT_STARTED, 2), (State.SUBMITTED, 1))
        text = response.content.decode()
        assert "3 assessments" in text
        assert f"{reverse('assessments')}?cycle={cycle.pk}&amp;state=submitted" in text
        assert reverse("cycle-close", args=[cycle.pk]) in text
        assert reverse("cycle-open", args=[cycle.pk]) not in text

    def test_a_closed_cycle_offers_nothing(self, universe: Universe, desk: Client) -> None:
        cycle = universe.cycle()
        with as_actor(universe.administrator) as by:
            cycles.close_cycle(by=by, at=universe.at, cycle_id=cycle.pk)
        text = desk.get(reverse("cycle", args=[cycle.pk])).content.decode()
        for name in ("cycle-edit", "cycle-open", "cycle-close"):
            assert reverse(name, args=[cycle.pk]) not in text

    def test_a_cycle_without_decisions_is_one_of_an_earlier_year(self, universe: Universe, desk: Client) -> None:
        past = Cycle.objects.create(
            programme=universe.programme,
            name="2022/23",
            scheme_version_id=universe.scheme().id,
            state=CycleState.CLOSED,
        )
        assert "taken over from earlier records" in desk.get(reverse("cycle", args=[past.pk])).content.decode()
        assert desk.get(reverse("cycles")).status_code == 200

    def test_text_stays_text(self, universe: Universe, desk: Client) -> None:
        cycle = draft(universe, "<script>a", unscored={3: "<b>bold</b>", CHANNEL: "Elsewhere."})
        for name in ("cycle", "cycle-edit", "cycle-open"):
            text = desk.get(reverse(name, args=[cycle.pk])).content.decode()
            assert "<script>a" not in text
            assert "<b>bold" not in text


NAMES = ("cycle", "cycle-edit", "cycle-open", "cycle-close")


class TestWhoMay:
    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize(
        ("who", "status"),
        [
            ("lead", 404),
            ("contributor", 404),
            ("viewer", 404),
            ("other_lead", 404),
            ("adviser", 404),
            ("stranger", 404),
            ("manager", 403),
            ("signatory", 403),
            ("auditor", 403),
        ],
    )
    def test_nobody_else(self, universe: Universe, name: str, method: str, who: str, status: int) -> None:
        cycle = universe.cycle()
        client = signed_in(universe.cast[who])
        response = getattr(client, method)(reverse(name, args=[cycle.pk]), {"version": cycle.version})
        assert response.status_code == status
        assert stands(cycle).version == cycle.version

    @pytest.mark.parametrize("name", ["cycles", "cycle-new"])
    @pytest.mark.parametrize("who", ["lead", "adviser", "manager", "signatory", "auditor", "stranger"])
    def test_the_list_is_for_administrators(self, universe: Universe, name: str, who: str) -> None:
        client = signed_in(universe.cast[who])
        assert client.get(reverse(name)).status_code == 403
        assert client.post(reverse(name), {}).status_code == 403

    @pytest.mark.parametrize("name", NAMES)
    def test_an_administrator_of_another_programme_finds_nothing(self, universe: Universe, name: str) -> None:
        cycle = draft(universe)
        only = signed_in(administrator_of(universe, another_programme(universe)))
        assert only.get(reverse(name, args=[cycle.pk])).status_code == 404
        assert only.post(reverse(name, args=[cycle.pk]), {"version": cycle.version}).status_code == 404
        assert stands(cycle).state == CycleState.DRAFT

    def test_an_administrator_of_this_programme_alone_may(self, universe: Universe) -> None:
        cycle = draft(universe)
        only = signed_in(administrator_of(universe, universe.programme))
        assert only.post(reverse("cycle-open", args=[cycle.pk]), {"version": cycle.version}).status_code == 302
        assert only.get(reverse("cycles")).context["listing"].entries[0].assessments == 3

    @pytest.mark.parametrize("name", NAMES)
    def test_whoever_is_not_signed_in_signs_in_first(self, universe: Universe, name: str) -> None:
        address = reverse(name, args=[draft(universe).pk])
        response = Client().get(address)
        assert response.status_code == 302
        assert response.headers["Location"].startswith(reverse("sign-in"))

    def test_a_cycle_that_is_not_there(self, universe: Universe, desk: Client) -> None:
        for name in NAMES:
            assert desk.get(reverse(name, args=[987654])).status_code == 404


class TestCost:
    """The two queries of every request are the person and the scope; the session is in the cache."""

    def warm(self, desk: Client) -> None:
        desk.get(reverse("cycles"))

    def test_the_list_costs_the_same_for_one_and_for_twenty(self, universe: Universe, desk: Client) -> None:
        universe.cycle()
        self.warm(desk)
        with queries_at_most(4):
            desk.get(reverse("cycles"))
        for number in range(20):
            draft(universe, f"20{number:02}")
        with queries_at_most(4):
            desk.get(reverse("cycles"))

    @pytest.mark.parametrize(("name", "most"), [("cycle", 5), ("cycle-edit", 5), ("cycle-open", 6), ("cycle-new", 4)])
    def test_a_cycle_in_preparation(self, universe: Universe, desk: Client, name: str, most: int) -> None:
        more_authorities(universe, 12)
        cycle = draft(universe)
        self.warm(desk)
        with queries_at_most(most):
            desk.get(reverse(name, args=[cycle.pk] if name != "cycle-new" else []))

    @pytest.mark.parametrize("name", ["cycle", "cycle-edit", "cycle-close"])
    def test_an_open_cycle(self, universe: Universe, desk: Client, name: str) -> None:
        cycle = universe.cycle()
        self.warm(desk)
        with queries_at_most(5):
            desk.get(reverse(name, args=[cycle.pk]))


def more_authorities(universe: Universe, number: int, kind: str = "County") -> None:
    rows = [
        (
            index + 1,
            {
                "gss_code": f"E109{index:05}",
                "name": f"Place {index:02} County Council",
                "short_name": f"Place {index:02}",
                "type": kind,
                "nation": "England",
                "region": "North",
            },
        )
        for index in range(number)
    ]
    with all_rows():
        put_authorities(rows, file="t", by=universe.operator, at=universe.at, programme=universe.programme)
