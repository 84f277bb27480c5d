"""The people of an authority: inviting them, ending their part, handing over the lead role."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assurance.access import Actor, Forbidden, NotFound
from assurance.actions import answers, cycles, giving, messages, people, reference
from assurance.actions.refusals import NotEditable, Unfit
from assurance.memberships import open_on
from assurance.models import Draft, Event, GivenBenchmark, Membership, Message, SelfAssessment, User
from assurance.vocabulary import Audience, EventKind, MessageKind, Role, State
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, changed, give, undone, written
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor, forget_scope

NEW = {"email": "priya.shah@alder.example", "name": "Priya Shah"}
MOST_TO_INVITE_AND_GIVE = 19
"""Statements of an invitation with benchmarks: it is two saves in one."""


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


def invite(universe: Universe, by: User | None = None, **changes: Any) -> people.Invited:
    """Alder's lead invites a contributor, unless it is said otherwise."""
    with as_actor(by or universe.lead) as actor:
        given: dict[str, Any] = {"authority_id": universe.alder.pk, "role": Role.CONTRIBUTOR, **NEW} | changes
        return people.invite(by=actor, at=given.pop("at", universe.at), **given)


def end(universe: Universe, person: User, by: User | None = None, role: Role | None = None) -> int:
    membership = held(universe, person, role)
    with as_actor(by or universe.lead) as actor:
        return people.end_membership(
            by=actor, at=universe.at, authority_id=universe.alder.pk, membership_id=membership.pk
        )


def held(universe: Universe, person: User, role: Role | None = None) -> Membership:
    """The membership at Alder that began last."""
    with all_rows():
        rows = Membership.objects.filter(person=person, authority=universe.alder)
        if role:
            rows = rows.filter(role=role)
        found = rows.order_by("starts", "pk").last()
    assert found is not None
    return found


def roles(universe: Universe, person: User) -> set[str]:
    """What somebody is at Alder on the day."""
    with all_rows():
        rows = Membership.objects.filter(open_on(universe.at.date()), person=person, authority=universe.alder)
        return set(rows.values_list("role", flat=True))


def somebody(email: str = NEW["email"]) -> User:
    return User.objects.get(email=email)


def happened(universe: Universe) -> list[tuple[str, str, dict[str, Any]]]:
    """The events on Alder's people, all of them for the authority and on no assessment."""
    with all_rows():
        kinds = (EventKind.INVITED, EventKind.MEMBERSHIP)
        events = Event.objects.filter(authority=universe.alder, kind__in=kinds).order_by("id")
        assert {(one.audience, one.assessment_id) for one in events} <= {(Audience.AUTHORITY, None)}
        return [(one.kind, one.name, one.detail) for one in events]


def letters(kind: MessageKind) -> list[tuple[str, int | None]]:
    """To whom a message of this kind was written."""
    with all_rows():
        return list(Message.objects.filter(kind=kind).order_by("id").values_list("address", "authority_id"))


def drawn(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


def address(universe: Universe, name: str = "people", **more: Any) -> str:
    return reverse(name, kwargs={"authority_id": universe.alder.pk, **more})


# Inviting


def test_an_invitation_makes_a_person_and_a_membership_from_today(universe: Universe) -> None:
    assert invite(universe) == people.Invited(NEW["email"], new=True)
    person = somebody()
    assert (person.name, person.has_usable_password(), person.last_login) == ("Priya Shah", False, None)
    membership = held(universe, person)
    assert (membership.role, membership.starts, membership.ends) == (Role.CONTRIBUTOR, universe.at.date(), None)
    assert happened(universe) == [(EventKind.INVITED, "invited", {"person": person.pk, "role": Role.CONTRIBUTOR.value})]
    assert letters(MessageKind.INVITATION) == [(NEW["email"], universe.alder.pk)]
    with all_rows():
        for past in (User.history, Membership.history):
            assert past.order_by("history_id").last().history_user_id == universe.lead.pk
    # From the next request on: nobody has to wait for anything.
    with as_actor(person) as actor:
        assert actor.roles() == {Role.CONTRIBUTOR}


def test_inviting_twice_changes_nothing_the_second_time(universe: Universe) -> None:
    invite(universe)
    before = written(universe)
    assert invite(universe, email=" Priya.SHAH@alder.example ") == people.Invited(NEW["email"], new=False)
    assert changed(before, written(universe)) == {}


def test_somebody_who_is_known_keeps_name_and_password(universe: Universe) -> None:
    with all_rows():
        universe.other_lead.set_password("a password of their own")
        universe.other_lead.save()
    before = universe.other_lead.password
    invite(universe, email=universe.other_lead.email, name="Another Name")
    person = somebody(universe.other_lead.email)
    assert (person.pk, person.name, person.password) == (universe.other_lead.pk, "Otto Lead", before)
    assert roles(universe, person) == {Role.CONTRIBUTOR}


@pytest.mark.parametrize("who", ["contributor", "viewer", "adviser", "manager", "signatory", "auditor"])
def test_colleagues_without_the_permission_do_nothing(universe: Universe, who: str) -> None:
    by = universe.cast[who]
    membership = held(universe, universe.viewer)
    before = written(universe)
    with as_actor(by) as actor:
        common: dict[str, Any] = {"by": actor, "at": universe.at, "authority_id": universe.alder.pk}
        for act, given in (
            (people.invite, {"role": Role.VIEWER, **NEW}),
            (people.invite_again, {"membership_id": membership.pk}),
            (people.end_membership, {"membership_id": membership.pk}),
            (people.hand_over, {"stays": False, "to_id": universe.contributor.pk}),
        ):
            with pytest.raises(Forbidden):
                act(**common, **given)
    assert changed(before, written(universe)) == {}


@pytest.mark.parametrize("who", ["other_lead", "other_adviser", "other_manager", "stranger"])
def test_for_others_the_authority_is_not_there(universe: Universe, who: str) -> None:
    with pytest.raises(NotFound):
        invite(universe, by=universe.cast[who])
    with pytest.raises(NotFound):
        end(universe, universe.contributor, by=universe.cast[who])


def test_a_lead_makes_no_lead_and_an_administrator_does(universe: Universe) -> None:
    for role in (Role.LEAD, Role.ADVISER, Role.CYCLE_ADMINISTRATOR):
        with pytest.raises(Unfit) as refusal:
            invite(universe, role=role)
        assert refusal.value.field == "role"
    invite(universe, by=universe.administrator, role=Role.LEAD)
    assert roles(universe, somebody()) == {Role.LEAD}
    with pytest.raises(Unfit):
        invite(universe, by=universe.administrator, role=Role.ADVISER)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "priya"}, "email"),
        ({"email": "priya@alder"}, "email"),
        ({"email": "priya shah@alder.example"}, "email"),
        ({"email": "priya@аlder.example"}, "email"),  # a Cyrillic letter
        ({"email": "pr\u0131ya@alder.example"}, "email"),  # a dotless i
        ({"email": f"{'p' * 250}@alder.example"}, "email"),
        ({"email": "priya@alder.example\nBcc: all@alder.example"}, "email"),
        ({"name": ""}, "name"),
        ({"name": "\u202e \u200b"}, "name"),
        ({"name": "P" * 101}, "name"),
        ({"name": "Priya " * 40}, "name"),
        ({"name": "Priya \U0001f600"}, "name"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(universe: Universe, changes: dict[str, str], field: str) -> None:
    before = written(universe)
    with pytest.raises(Unfit) as refusal:
        invite(universe, **changes)
    assert refusal.value.field == field
    assert changed(before, written(universe)) == {}


def test_what_nobody_can_see_is_left_out(universe: Universe) -> None:
    invite(universe, email="\u202epriya.shah@alder.example\x00", name="Priya\u202e\x07\n  Shah")
    assert somebody().name == "Priya Shah"


def test_nobody_has_two_roles_and_the_adviser_has_none_here(universe: Universe) -> None:
    for person in (universe.viewer, universe.lead, universe.adviser):
        with pytest.raises(Unfit) as refusal:
            invite(universe, email=person.email)
        assert refusal.value.field == "email"
    invite(universe, email=universe.other_adviser.email)


def test_only_so_many_a_day(universe: Universe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_A_DAY", 2)
    invite(universe, email="one@alder.example")
    invite(universe, email="two@alder.example")
    with pytest.raises(Unfit) as refusal:
        invite(universe, email="three@alder.example")
    assert "2 invitations have been sent" in refusal.value.message
    # Of another authority and on another day there are others.
    invite(universe, by=universe.other_lead, authority_id=universe.birch.pk, email="three@birch.example")
    invite(universe, email="three@alder.example", at=universe.at + timedelta(days=1))
    membership = held(universe, somebody("one@alder.example"))
    with as_actor(universe.lead) as by, pytest.raises(Unfit):
        people.invite_again(by=by, at=universe.at, authority_id=universe.alder.pk, membership_id=membership.pk)


def test_fifty_a_day_is_the_limit() -> None:
    assert people.MOST_A_DAY == 50


def test_an_invitation_is_sent_again_once_a_day_until_they_sign_in(universe: Universe) -> None:
    invite(universe)
    membership = held(universe, somebody())

    def again(days: int) -> bool:
        with as_actor(universe.lead) as by:
            return people.invite_again(
                by=by,
                at=universe.at + timedelta(days=days),
                authority_id=universe.alder.pk,
                membership_id=membership.pk,
            )

    assert [again(0), again(1), again(1)] == [False, True, False]
    assert [name for _kind, name, _detail in happened(universe)] == ["invited", "again"]
    assert len(letters(MessageKind.INVITATION)) == 2
    with all_rows():
        User.objects.filter(pk=somebody().pk).update(last_login=universe.at + timedelta(days=2))
    assert again(3) is False
    for other in (universe.adviser, universe.other_lead):
        with all_rows():
            not_theirs = Membership.objects.filter(person=other).first()
        assert not_theirs is not None
        with as_actor(universe.lead) as by, pytest.raises(NotFound):
            people.invite_again(by=by, at=universe.at, authority_id=universe.alder.pk, membership_id=not_theirs.pk)


def test_benchmarks_are_given_with_the_invitation(universe: Universe) -> None:
    assessment = universe.assessment(State.NOT_STARTED)
    ask = giving.Ask(universe.at.date() + timedelta(days=7), "The training figures, please.")
    invite(universe, benchmarks={assessment.pk: [2, 3]}, ask=ask)
    with all_rows():
        rows = GivenBenchmark.objects.filter(contributor=somebody())
        found = {one.self_assessment.benchmark.number: (one.due_on, one.note) for one in rows}
    assert found == {2: (ask.due_on, ask.note), 3: (ask.due_on, ask.note)}
    assert letters(MessageKind.GIVEN) == [(NEW["email"], universe.alder.pk)]
    with as_actor(somebody()) as by:
        reply = answers.Reply(level_code="met", evidence="A panel meets.")
        answers.save_answer(by=by, at=universe.at, assessment_id=assessment.pk, number=2, version=1, reply=reply)


def test_nobody_is_invited_when_the_benchmarks_cannot_be_given(universe: Universe) -> None:
    submitted = universe.assessment(State.SUBMITTED).pk
    elsewhere = universe.assessment(State.NOT_STARTED, authority=universe.birch).pk
    still_open = universe.further_assessment("Another year").pk
    before = written(universe)
    for assessment, numbers, refusal in (
        (submitted, [2], NotEditable),
        (elsewhere, [2], NotFound),
        (still_open, [99], Unfit),
    ):
        with pytest.raises(refusal):
            invite(universe, benchmarks={assessment: numbers})
    with pytest.raises(Forbidden):
        invite(universe, by=universe.administrator, benchmarks={still_open: [2]})
    assert changed(before, written(universe)) == {}


# Ending


def test_ending_takes_back_what_was_given_and_keeps_what_was_written(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    give(universe, assessment, 2)
    give(universe, assessment, 3)
    person = universe.contributor
    with as_actor(person) as by:
        reply = answers.Reply(level_code="met", evidence="A panel meets.")
        answers.save_answer(by=by, at=universe.at, assessment_id=assessment.pk, number=2, version=1, reply=reply)
    a_draft = draft(universe, person, 3)
    end(universe, person)
    assert roles(universe, person) == set()
    membership = held(universe, person)
    assert (membership.starts, membership.ends) == (MEMBERS_SINCE, universe.at.date())
    with all_rows():
        assert not GivenBenchmark.objects.filter(contributor=person).exists()
        back = Event.objects.filter(kind=EventKind.TAKEN_BACK).values_list("detail", flat=True)
        assert sorted(one["benchmark"] for one in back) == [2, 3]
        assert Draft.objects.filter(pk=a_draft).exists()
        assert SelfAssessment.objects.get(assessment=assessment, benchmark__number=2).evidence == "A panel meets."
    assert happened(universe)[-1] == (
        EventKind.MEMBERSHIP, "ended", {"person": person.pk, "role": Role.CONTRIBUTOR.value},
    )  # fmt: skip
    with as_actor(person) as by:
        assert by.grants == ()
    before = written(universe)
    assert end(universe, person) == person.pk
    assert changed(before, written(universe)) == {}


def test_what_was_given_in_a_closed_cycle_stays_on_record(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    give(universe, assessment, 2)
    with as_actor(universe.administrator) as by:
        cycles.close_cycle(by=by, at=universe.at, cycle_id=assessment.cycle_id)
    end(universe, universe.contributor)
    with all_rows():
        assert GivenBenchmark.objects.filter(contributor=universe.contributor).count() == 1


def draft(universe: Universe, person: User, number: int) -> int:
    """Something that a person has typed and not saved."""
    with all_rows():
        row = SelfAssessment.objects.get(assessment__authority=universe.alder, benchmark__number=number)
        return Draft.objects.create(
            authority=universe.alder,
            assessment=row.assessment,
            self_assessment=row,
            person=person,
            base_version=row.version,
            content={"evidence": ["Half a sentence"]},
            saved_at=universe.at,
        ).pk


def test_what_began_today_ends_today(universe: Universe) -> None:
    invite(universe)
    person = somebody()
    end(universe, person)
    membership = held(universe, person)
    assert (membership.starts, membership.ends) == (universe.at.date() - timedelta(days=1), universe.at.date())
    with as_actor(person) as actor:
        assert actor.grants == ()
    # And they can come back on the same day.
    assert invite(universe, role=Role.VIEWER).new
    assert roles(universe, person) == {Role.VIEWER}


def test_the_last_lead_stays(universe: Universe) -> None:
    before = written(universe)
    for by in (universe.lead, universe.administrator):
        with pytest.raises(people.LastLead):
            end(universe, universe.lead, by=by)
    assert changed(before, written(universe)) == {}
    invite(universe, by=universe.administrator, role=Role.LEAD)
    end(universe, universe.lead)
    with pytest.raises(people.LastLead):
        end(universe, somebody(), by=universe.administrator)


def test_a_lead_whose_account_is_closed_or_who_comes_later_is_no_lead_yet(universe: Universe) -> None:
    invite(universe, by=universe.administrator, role=Role.LEAD)
    with all_rows():
        User.objects.filter(email=NEW["email"]).update(is_active=False)
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=universe.stranger,
            role=Role.LEAD,
            authority=universe.alder,
            starts=universe.at.date() + timedelta(days=1),
        )
    with pytest.raises(people.LastLead):
        end(universe, universe.lead)


def test_the_adviser_is_none_of_the_authoritys_people(universe: Universe) -> None:
    for by in (universe.lead, universe.administrator):
        with pytest.raises(NotFound):
            end(universe, universe.adviser, by=by)
    assert roles(universe, universe.adviser) == {Role.ADVISER}


# Handing over


def hand_over(universe: Universe, by: User | None = None, **given: Any) -> str:
    with as_actor(by or universe.lead) as actor:
        given = {"stays": True, **given}
        return people.hand_over(by=actor, at=universe.at, authority_id=universe.alder.pk, **given)


@pytest.mark.parametrize("who", ["contributor", "viewer"])
@pytest.mark.parametrize("stays", [True, False])
def test_the_lead_role_goes_to_a_colleague(universe: Universe, who: str, stays: bool) -> None:
    person = universe.cast[who]
    assert hand_over(universe, to_id=person.pk, stays=stays) == person.name
    assert roles(universe, person) == {Role.LEAD}
    assert roles(universe, universe.lead) == ({Role.CONTRIBUTOR} if stays else set())
    assert letters(MessageKind.LEAD_ROLE) == [(person.email, universe.alder.pk)]
    assert happened(universe) == [
        (EventKind.MEMBERSHIP, "handed_over", {"person": person.pk, "former": universe.lead.pk, "stays": stays})
    ]
    with all_rows():
        reasons = Membership.history.filter(history_date=universe.at, history_type="~")
        assert set(reasons.values_list("history_change_reason", flat=True)) == {"handed over"}


def test_the_lead_role_goes_to_a_new_address(universe: Universe) -> None:
    assert hand_over(universe, email="Priya.Shah@alder.example", name="Priya Shah", stays=False) == NEW["email"]
    assert roles(universe, somebody()) == {Role.LEAD}
    assert letters(MessageKind.INVITATION) == [(NEW["email"], universe.alder.pk)]
    assert letters(MessageKind.LEAD_ROLE) == []
    with pytest.raises(NotFound):
        hand_over(universe, **NEW, stays=False)


def test_the_address_of_a_colleague_is_that_colleague(universe: Universe) -> None:
    hand_over(universe, email=universe.viewer.email.upper(), name="Somebody Else")
    assert roles(universe, universe.viewer) == {Role.LEAD}
    assert somebody(universe.viewer.email).name == "Vera Viewer"


def test_handing_over_in_the_middle_keeps_everything(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    give(universe, assessment, 2)
    half = draft(universe, universe.lead, 4)
    with all_rows():
        past = SelfAssessment.history.count()
        events = Event.objects.filter(assessment=assessment).count()
    hand_over(universe, to_id=universe.viewer.pk, stays=False)
    with all_rows():
        assert SelfAssessment.history.count() == past
        assert Event.objects.filter(assessment=assessment).count() == events
        assert GivenBenchmark.objects.filter(contributor=universe.contributor).count() == 1
        assert Draft.objects.get(pk=half).person_id == universe.lead.pk
        row = SelfAssessment.objects.get(assessment=assessment, benchmark__number=1)
    reply = answers.Reply(level_code="exceeding", evidence="More than that.")
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk, "number": 1, "reply": reply}
    with as_actor(universe.viewer) as by:
        answers.save_answer(by=by, version=row.version, **common)
    with as_actor(universe.lead) as by, pytest.raises(NotFound):
        answers.save_answer(by=by, version=row.version + 1, **common)


def test_what_the_new_lead_had_as_a_contributor_is_there_if_they_are_one_again(universe: Universe) -> None:
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    hand_over(universe, to_id=universe.contributor.pk)
    hand_over(universe, by=universe.contributor, to_id=universe.lead.pk)
    assert roles(universe, universe.contributor) == {Role.CONTRIBUTOR}
    assert roles(universe, universe.lead) == {Role.LEAD}
    with all_rows():
        assert GivenBenchmark.objects.filter(contributor=universe.contributor).count() == 1


def test_only_ones_own_role_unless_one_manages_people(universe: Universe) -> None:
    invite(universe, by=universe.administrator, role=Role.LEAD)
    with pytest.raises(Forbidden):
        hand_over(universe, former_id=somebody().pk, to_id=universe.viewer.pk)
    with pytest.raises(Unfit) as refusal:
        hand_over(universe, by=universe.administrator, to_id=universe.viewer.pk)
    assert refusal.value.field == "former"
    hand_over(universe, by=universe.administrator, former_id=universe.lead.pk, to_id=universe.viewer.pk, stays=False)
    assert roles(universe, universe.viewer) == {Role.LEAD}
    assert roles(universe, universe.lead) == set()


def test_the_lead_role_goes_to_no_lead_no_adviser_and_no_stranger(universe: Universe) -> None:
    invite(universe, by=universe.administrator, role=Role.LEAD)
    before = written(universe)
    for to in (universe.lead, somebody(), universe.adviser, universe.stranger, universe.other_lead):
        with pytest.raises(Unfit) as refusal:
            hand_over(universe, to_id=to.pk)
        assert refusal.value.field == "to"
    for to in (universe.lead, somebody(), universe.adviser):
        with pytest.raises(Unfit) as refusal:
            hand_over(universe, email=to.email, name="Name")
        assert refusal.value.field == "email"
    for given, field in (({"email": "x", "name": "Name"}, "email"), ({"email": "x@y.example", "name": ""}, "name")):
        with pytest.raises(Unfit) as refusal:
            hand_over(universe, **given)
        assert refusal.value.field == field
    assert changed(before, written(universe)) == {}


# Two at once


Act = Callable[[Actor], Any]


def both(*acts: tuple[User, Act]) -> list[type[BaseException] | None]:
    """What becomes of each when all act at the same moment, with the rights that they had just before."""
    begin = threading.Barrier(len(acts))
    found: list[type[BaseException] | None] = [None] * len(acts)

    def run(index: int, person: User, act: Act) -> None:
        try:
            with as_actor(person) as by:
                begin.wait(10)
                act(by)
        except Exception as refusal:
            found[index] = type(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, *one)) for index, one in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    return found


def inviting(universe: Universe, authority_id: int) -> Act:
    return lambda by: people.invite(by=by, at=universe.at, authority_id=authority_id, role=Role.CONTRIBUTOR, **NEW)


def ending(universe: Universe, membership: Membership) -> Act:
    return lambda by: people.end_membership(
        by=by, at=universe.at, authority_id=universe.alder.pk, membership_id=membership.pk
    )


@pytest.mark.django_db(transaction=True)
def test_two_leads_who_end_each_other_leave_one(at: Any) -> None:
    universe = Universe(at)
    invite(universe, by=universe.administrator, role=Role.LEAD)
    first, second = universe.lead, somebody()
    of_first, of_second = held(universe, first), held(universe, second)
    found = both((first, ending(universe, of_second)), (second, ending(universe, of_first)))
    assert sorted(found, key=str) == sorted([None, people.LastLead], key=str)
    assert [roles(universe, one) for one in (first, second)].count({Role.LEAD}) == 1


@pytest.mark.django_db(transaction=True)
def test_a_lead_who_leaves_while_another_hands_over_leaves_one(at: Any) -> None:
    universe = Universe(at)
    invite(universe, by=universe.administrator, role=Role.LEAD)
    first, second = universe.lead, somebody()
    of_first, viewer = held(universe, first), universe.viewer.pk

    def over(by: Actor) -> None:
        people.hand_over(by=by, at=at, authority_id=universe.alder.pk, to_id=viewer, stays=False)

    assert both((first, ending(universe, of_first)), (second, over)) == [None, None]
    assert roles(universe, universe.viewer) == {Role.LEAD}


@pytest.mark.django_db(transaction=True)
def test_an_invitation_that_is_sent_twice_at_once_is_one(at: Any) -> None:
    universe = Universe(at)
    once = (universe.lead, inviting(universe, universe.alder.pk))
    assert both(once, once) == [None, None]
    assert User.objects.filter(email=NEW["email"]).count() == 1
    assert len(letters(MessageKind.INVITATION)) == 1
    assert len(happened(universe)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_authorities_may_invite_the_same_person_at_once(at: Any) -> None:
    universe = Universe(at)
    found = both(
        (universe.lead, inviting(universe, universe.alder.pk)),
        (universe.other_lead, inviting(universe, universe.birch.pk)),
    )
    assert found == [None, None]
    with all_rows():
        assert Membership.objects.filter(person=somebody()).count() == 2


@pytest.mark.django_db(transaction=True)
def test_giving_to_somebody_who_is_ended_at_that_moment_leaves_nothing_given(at: Any) -> None:
    universe = Universe(at)
    assessment = universe.assessment(State.IN_PROGRESS)
    person = universe.contributor.pk

    def giving_it(by: Actor) -> None:
        giving.give_benchmark(by=by, at=at, assessment_id=assessment.pk, number=2, contributor_id=person)

    found = both((universe.lead, giving_it), (universe.lead, ending(universe, held(universe, universe.contributor))))
    assert found[1] is None
    assert found[0] in (None, Unfit)
    with all_rows():
        assert not GivenBenchmark.objects.filter(contributor=person).exists()


# The pages


def test_the_page_shows_who_is_there_since_when_and_with_what(universe: Universe, visitors: Visitors) -> None:
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    invite(universe)
    page = visitors.get("lead", address(universe))
    text = " ".join(drawn(page).one("main").text.split())
    assert "Lena Lead (you)" in text
    assert "1 April 2020" in text
    assert "2025/26: 2" in text
    assert f"{NEW['email']}Not signed in yetInvited by Lena Lead on 10 November 2025" in text.replace("\n", "")
    assert "Ada Adviser" not in text
    assert "2025/26: 2" not in drawn(visitors.get("administrator", address(universe))).one("main").text


def test_more_people_cost_no_more(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    pages = [address(universe), address(universe, "hand-over"), reverse("give", args=[assessment.pk])]
    counts = []
    for start in (0, 10):
        for index in range(start, start + 1 + start):
            invite(universe, email=f"colleague.{index}@alder.example", benchmarks={assessment.pk: [2, 3]})
        found = []
        for page in pages:
            assert visitors.get("lead", page).status_code == 200
            found.append(len([sql for sql in visitors.statements if "SAVEPOINT" not in sql]))
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 8


def test_nobody_learns_whether_an_address_was_known(universe: Universe, visitors: Visitors) -> None:
    """The same page, but for the address, for a new person and for one who signs in elsewhere every day."""
    known = universe.other_lead
    assert User.objects.get(pk=known.pk).last_login is not None
    assessment = universe.assessment(State.IN_PROGRESS)
    give(universe, assessment, 2)
    seen = []
    for email in ("otto.laird@example.test", known.email):
        with undone():
            # A name that stands elsewhere in a list than the real one.
            fields = {"email": email, "name": "Aaron Aa", "role": "contributor", "given": [f"{assessment.pk}-2"]}
            answer = visitors.post("lead", address(universe, "person-invite"), fields)
            pages = [answer.content.decode(), answer["Location"]]
            person = somebody(email)
            pages += [
                visitors.get("lead", there).content.decode()
                for there in (
                    address(universe),
                    address(universe, "hand-over"),
                    address(universe, "person-end", membership_id=held(universe, person).pk),
                    reverse("give", args=[assessment.pk]),
                    reverse("comments", args=[assessment.pk, 2]),
                    reverse("assessment", args=[assessment.pk]),
                    reverse("answer", args=[assessment.pk, 2]),
                )
            ]
            seen.append([_without(page, email) for page in pages])
    assert all("conrad.contributor" in page.lower() or "Conrad" in page for page in seen[0][-2:])
    for unknown, of_known in zip(*seen, strict=True):
        assert unknown.split("\n") == of_known.split("\n")


def _without(page: str, email: str) -> str:
    """The page without what is another one for every person and every request: address, ids, tokens."""
    page = re.sub(r'value="\w{64}"|value="[0-9a-f]{16}"|value="\d+"', "", page)
    return re.sub(r"(given_|note_|due_|people/)\d+", r"\1…", page.replace(email, "…"))


def test_the_page_invites_and_sends_again(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.NOT_STARTED)
    later = timezone.localdate() + timedelta(days=7)
    fields = {
        "role": "contributor",
        "given": [f"{assessment.pk}-2"],
        "due_day": str(later.day),
        "due_month": str(later.month),
        "due_year": str(later.year),
        "note": "The figures.",
        **NEW,
    }
    response = visitors.post("lead", address(universe, "person-invite"), fields)
    assert (response.status_code, response["Location"]) == (302, address(universe))
    assert len([sql for sql in visitors.statements if "SAVEPOINT" not in sql]) <= MOST_TO_INVITE_AND_GIVE
    with all_rows():
        row = GivenBenchmark.objects.get(contributor=somebody())
    assert (row.due_on, row.note) == (later, "The figures.")
    again = drawn(visitors.get("lead", address(universe))).one("button", name="again")
    assert visitors.post("lead", address(universe), {"again": again["value"]}).status_code == 302
    assert len(letters(MessageKind.INVITATION)) == 1
    for wrong in ("", "x", "0", str(held(universe, universe.adviser).pk), "9" * 5000):
        assert visitors.post("lead", address(universe), {"again": wrong}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "priya"}, "in the right form"),
        ({"email": ""}, "Fill in"),
        ({"name": "Priya " * 40}, "It has 239 characters now"),
        ({"role": "lead"}, "Select a valid choice"),
        ({"given": ["1-2"]}, "Select a valid choice"),
        ({"note": "Only a note"}, "Tick the benchmarks"),
        ({"due_day": "1", "due_month": "1", "due_year": "2001", "given": True}, "today or a later date"),
        ({"email": "vera.viewer@example.test"}, "already one of the people"),
    ],
)
def test_a_wrong_invitation_comes_back_with_what_was_typed(
    universe: Universe, visitors: Visitors, changes: dict[str, Any], said: str
) -> None:
    assessment = universe.assessment(State.NOT_STARTED)
    if changes.get("given") is True:
        changes = changes | {"given": [f"{assessment.pk}-2"]}
    before = written(universe)
    fields = {"role": "contributor", **NEW} | changes
    response = visitors.post("lead", address(universe, "person-invite"), fields)
    assert response.status_code == 200
    page = drawn(response)
    assert said in page.one("div", **{"class": "govuk-error-summary"}).text
    assert page.one("input", name="email").get("value") == fields["email"]
    assert changed(before, written(universe)) == {}


def test_the_page_ends_and_the_person_is_refused_at_the_next_request(universe: Universe, visitors: Visitors) -> None:
    overview = reverse("assessment", args=[universe.assessment(State.IN_PROGRESS).pk])
    assert visitors.get("contributor", overview).status_code == 200
    there = address(universe, "person-end", membership_id=held(universe, universe.contributor).pk)
    assert "Conrad Contributor" in drawn(visitors.get("lead", there)).one("h1").text
    for _ in range(2):
        response = visitors.post("lead", there)
        assert (response.status_code, response["Location"]) == (302, address(universe))
    assert visitors.get("lead", there).status_code == 302
    assert visitors.get("contributor", overview).status_code == 404


def test_the_page_refuses_to_end_the_last_lead(universe: Universe, visitors: Visitors) -> None:
    there = address(universe, "person-end", membership_id=held(universe, universe.lead).pk)
    page = drawn(visitors.get("lead", there))
    assert "has no other Prevent Lead" in page.one("main").text
    assert page.all("a", href=address(universe, "hand-over"))
    assert visitors.post("lead", there).status_code == 409
    assert roles(universe, universe.lead) == {Role.LEAD}


def test_a_lead_who_leaves_comes_home(universe: Universe, visitors: Visitors) -> None:
    invite(universe, by=universe.administrator, role=Role.LEAD)
    there = address(universe, "person-end", membership_id=held(universe, universe.lead).pk)
    assert "your own access" in drawn(visitors.get("lead", there)).one("h1").text
    response = visitors.post("lead", there)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert visitors.get("lead", address(universe)).status_code == 404


def test_the_page_hands_over(universe: Universe, visitors: Visitors) -> None:
    there = address(universe, "hand-over")
    page = drawn(visitors.get("lead", there))
    offered = {one["value"] for one in page.all("input", name="to")}
    assert offered == {str(universe.contributor.pk), str(universe.viewer.pk), "new"}
    assert not page.all("input", name="former")
    fields = {"to": str(universe.contributor.pk), "afterwards": "contributor"}
    response = visitors.post("lead", there, fields)
    assert (response.status_code, response["Location"]) == (302, "/")
    assert visitors.get("lead", there).status_code == 403
    assert visitors.post("lead", there, fields).status_code == 403
    assert visitors.get("contributor", there).status_code == 200


def test_an_administrator_says_whose_role(universe: Universe, visitors: Visitors) -> None:
    there = address(universe, "hand-over")
    page = drawn(visitors.get("administrator", there))
    assert {one["value"] for one in page.all("input", name="former")} == {str(universe.lead.pk)}
    fields = {"to": "new", "afterwards": "leaves", **NEW}
    response = visitors.post("administrator", there, fields)
    assert response.status_code == 200
    assert "Choose" in drawn(response).one("div", **{"class": "govuk-error-summary"}).text
    fields["former"] = str(universe.lead.pk)
    response = visitors.post("administrator", there, fields)
    assert (response.status_code, response["Location"]) == (302, address(universe))
    assert roles(universe, somebody()) == {Role.LEAD}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose an answer"),
        ({"to": "new", "afterwards": "leaves"}, "Enter their email address"),
        ({"to": "new", "afterwards": "leaves", "email": "x@y.example"}, "Enter their name"),
        ({"to": "new", "afterwards": "leaves", "email": "x", "name": "X"}, "in the right form"),
        ({"to": "9" * 4000, "afterwards": "leaves"}, "Choose a colleague"),
        ({"to": "-1", "afterwards": "leaves"}, "Choose a colleague"),
        ({"to": "²", "afterwards": "leaves"}, "Choose a colleague"),
        ({"former": "1", "to": "new", "afterwards": "leaves", **NEW}, ""),
    ],
)
def test_a_wrong_hand_over_changes_nothing(
    universe: Universe, visitors: Visitors, fields: dict[str, str], said: str
) -> None:
    before = written(universe)
    response = visitors.post("lead", address(universe, "hand-over"), fields)
    assert changed(before, written(universe)) == {}
    if said:
        assert response.status_code == 200
        assert said in drawn(response).one("div", **{"class": "govuk-error-summary"}).text
    else:
        assert response.status_code == 403


# From the invitation to the first answer


@pytest.mark.django_db(transaction=True)
def test_the_link_in_the_invitation_works(at: Any) -> None:
    """The e-mail goes out after the commit; its link lets a person choose a password and sign in."""
    universe = Universe(at)
    assessment = universe.assessment(State.NOT_STARTED)
    lead = Client()
    lead.force_login(universe.lead, "django.contrib.auth.backends.ModelBackend")
    sent: list[tuple[int, int]] = []

    def hand_to_worker(name: str, args: tuple[int, int], **_options: Any) -> None:
        assert name == "mail.send"
        assert not connection.in_atomic_block
        sent.append(args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assurance.outbox.current_app.send_task", hand_to_worker)
        fields = {"role": "contributor", "given": [f"{assessment.pk}-2"], **NEW}
        assert lead.post(address(universe, "person-invite"), fields).status_code == 302
    assert len(sent) == 2
    for message_id, authority_id in sent:
        messages.deliver(message_id=message_id, authority_id=authority_id)
    invitation = next(one for one in mail.outbox if "invited" in one.subject)
    assert invitation.to == [NEW["email"]]
    (link,) = re.findall(r"http://[^\s/]+(/password/\S+)", invitation.body)[:1]
    forget_scope()
    new = Client()
    page = new.get(link, follow=True)
    assert "Choose a new password" in page.content.decode()
    password = "correct-horse-battery-staple"
    done = new.post(page.request["PATH_INFO"], {"new_password1": password, "new_password2": password}, follow=True)
    assert done.status_code == 200
    assert new.post("/sign-in/", {"username": NEW["email"], "password": password}).status_code == 302
    assert new.get(reverse("answer", args=[assessment.pk, 2])).status_code == 200
    assert new.get(reverse("answer", args=[assessment.pk, 3])).status_code == 403
    shown = lead.get(address(universe)).content.decode()
    assert "Priya Shah" in shown
    assert "Not signed in yet" in shown  # Vera and Conrad, who never did
    assert f"{NEW['email']}</span></th>" in shown.replace("\n", "")
