"""Second readings: drawing by chance, who may read, what is recorded and who learns of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlparse

import pytest
from django.urls import reverse

from assurance.access import Forbidden, NotFound
from assurance.actions import reference
from assurance.actions.readings import pull, pull_sample, record_result
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.insights.sampling import draw, how_many
from assurance.models import Event, Message, SecondReading, User
from assurance.queries import readings as read
from assurance.queries.quality import quality_page
from assurance.vocabulary import Audience, EventKind, LetterState, QualityCheck, Role, State
from tests.matrices.world import Visitors
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

SEED = "0123456789abcdef"


# Drawing, on plain values


def test_each_group_is_drawn_from_while_there_are_enough() -> None:
    groups = {number: "abc"[number % 3] for number in range(30)} | {99: "rare"}
    for seed in map(str, range(20)):
        drawn = draw(groups, 6, seed)
        assert len(set(drawn)) == 6 and {groups[one] for one in drawn} == {"a", "b", "c", "rare"}
        assert draw(groups, 6, seed) == drawn == draw(dict(reversed(groups.items())), 6, seed)
    assert len({tuple(draw(groups, 6, str(seed))) for seed in range(20)}) == 20
    assert len(draw(groups, 2, "x")) == 2
    assert sorted(draw(groups, 500, "x")) == sorted(groups)
    assert draw({}, 3, "x") == []


def test_chance_favours_nobody() -> None:
    groups = dict.fromkeys(range(10), "one adviser")
    found = [one for seed in range(2000) for one in draw(groups, 1, str(seed))]
    assert all(140 < found.count(one) < 260 for one in groups)


@pytest.mark.parametrize(
    ("wanted", "number"),
    [("5", 5), ("10%", 2), (" 7 % ", 1), ("100%", 12), ("50", 12), ("0", None), ("0%", None), ("101%", None),
     ("", None), ("many", None), ("-1", None), ("²", None), ("999999", None)],
)  # fmt: skip
def test_how_many_is_a_number_or_a_share(wanted: str, number: int | None) -> None:
    assert how_many(wanted, 12) == number


# Pulling


def agreed(universe: Universe) -> list[int]:
    """Both authorities of the North are agreed, and that of the South too."""
    return [universe.assessment(State.AGREED, authority=one).pk for one in universe.authorities]


def sample(universe: Universe, seen: list[int], person: User | None = None, **more: Any) -> list[SecondReading]:
    given = {"wanted": "2", "seed": SEED, "reader_id": universe.manager.pk} | more
    cycle = universe.cycle().pk
    with as_actor(person or universe.manager) as by:
        return pull_sample(by=by, at=universe.at, cycle_id=cycle, seen=seen, **given)


def by_hand(universe: Universe, person: User | None = None, state: State = State.AGREED, **more: Any) -> SecondReading:
    assessment = universe.assessment(state)
    with as_actor(person or universe.manager) as by:
        given = {"assessment_id": assessment.pk, "reader_id": universe.manager.pk} | more
        return pull(by=by, at=universe.at, **given)


def colleague(universe: Universe, name: str = "Coco Colleague", role: Role = Role.REGIONAL_MANAGER) -> User:
    """Somebody else who may read what is in the North."""
    with all_rows():
        person = reference.add_person(
            by=universe.operator, at=universe.at, email="coco@example.test", name=name, password=None
        )
        reference.add_membership(
            by=universe.operator, at=universe.at, person=person, role=role, starts=MEMBERS_SINCE,
            authority=universe.alder if role == Role.ADVISER else None,
            region="North" if role == Role.REGIONAL_MANAGER else "",
        )  # fmt: skip
    return person


def result(universe: Universe, reading: SecondReading, person: User, said: str = "sound", note: str = "") -> Any:
    with as_actor(person) as by:
        return record_result(
            by=by, at=universe.at, reading_id=reading.pk, version=reading.version, result=said, note=note
        )


def test_a_manager_draws_from_their_own_region(universe: Universe) -> None:
    alder, birch, _cedar = agreed(universe)
    with as_actor(universe.manager) as by:
        page = read.draw_page(by, universe.cycle().pk, "2", SEED)
    assert (page.total, page.ids, page.advisers) == (2, sorted([alder, birch]), 2)
    assert [one.name for one in page.readers] == ["Mona Manager"]
    rows = sample(universe, [alder, birch])
    assert {(one.assessment_id, one.reader_id, one.result) for one in rows} == {
        (alder, universe.manager.pk, ""), (birch, universe.manager.pk, ""),
    }  # fmt: skip
    with all_rows():
        assert SecondReading.history.count() == 2
        for event in Event.objects.filter(kind=EventKind.SECOND_READING):
            assert (event.audience, event.name) == (Audience.HOME_OFFICE, "asked")
            assert (event.detail["seed"], event.detail["drawn"], event.detail["from"]) == (SEED, 2, 2)
        assert not Message.objects.filter(kind="second_reading").exists()
    with as_actor(universe.manager) as by:
        assert read.draw_page(by, universe.cycle().pk, "2", SEED).total == 0


def test_only_what_has_no_letter_and_was_not_read_is_drawn(universe: Universe) -> None:
    universe.letter(LetterState.DRAFT)
    birch = universe.assessment(State.PROPOSED, authority=universe.birch).pk
    with as_actor(universe.manager) as by:
        assert read.draw_page(by, universe.cycle().pk, "100%", SEED).ids == [birch]


def test_a_sample_that_changed_since_it_was_seen_is_not_pulled(universe: Universe) -> None:
    alder, birch, cedar = agreed(universe)
    with pytest.raises(Stale):
        sample(universe, [alder])
    for seen in ([alder, cedar], [birch, cedar]):
        with pytest.raises(Forbidden):
            sample(universe, seen)
    with all_rows():
        assert not SecondReading.objects.exists()


@pytest.mark.parametrize("who", ["adviser", "auditor", "lead", "signatory", "administrator", "stranger"])
def test_only_managers_pull(universe: Universe, who: str) -> None:
    alder, birch, _cedar = agreed(universe)
    with pytest.raises(Forbidden):
        sample(universe, [alder, birch], universe.cast[who])
    with pytest.raises((Forbidden, NotFound)):
        by_hand(universe, universe.cast[who])


def test_a_reader_may_read_it_and_did_not_write_it(universe: Universe) -> None:
    cover = colleague(universe, role=Role.ADVISER)
    universe.assessment(State.AGREED)
    for person in (universe.adviser, universe.auditor, universe.other_manager, universe.lead):
        with pytest.raises(Unfit) as refusal:
            by_hand(universe, reader_id=person.pk)
        assert refusal.value.field == "reader"
    assert by_hand(universe, reader_id=cover.pk).reader == cover


def test_another_reader_is_told_by_e_mail(universe: Universe) -> None:
    alder, birch, _cedar = agreed(universe)
    reader = colleague(universe)
    sample(universe, [alder, birch], reader_id=reader.pk)
    with all_rows():
        message = Message.objects.get(kind="second_reading")
    assert (message.person, message.authority) == (reader, None)
    assert "2 authorities" in message.body
    assert all(name in message.body for name in ("Alder County Council", "Birch County Council"))
    assert reverse("second-readings") in message.body


def test_one_reading_waits_at_a_time_and_comes_before_approval(universe: Universe) -> None:
    reading = by_hand(universe, due_on=universe.at.date() + timedelta(days=3))
    with pytest.raises(NotEditable):
        by_hand(universe)
    result(universe, reading, universe.manager)
    universe.letter(LetterState.AWAITING_APPROVAL)
    with pytest.raises(NotEditable):
        by_hand(universe)


def test_a_day_that_has_passed_is_refused(universe: Universe) -> None:
    with pytest.raises(Unfit) as refusal:
        by_hand(universe, due_on=universe.at.date() - timedelta(days=1))
    assert refusal.value.field == "due_on"


# Recording


def open_codes(universe: Universe) -> list[QualityCheck]:
    assessment = universe.assessment(State.AGREED)
    with as_actor(universe.adviser) as by:
        return [one.finding.code for one in quality_page(by, assessment.pk).found.open]


def test_it_is_a_warning_until_it_is_found_sound(universe: Universe) -> None:
    reading = by_hand(universe)
    assert open_codes(universe) == [QualityCheck.SECOND_READING]
    result(universe, reading, universe.manager, "queried", "Is benchmark 2 really met?")
    assert open_codes(universe) == [QualityCheck.SECOND_READING]
    assessment = universe.assessment(State.AGREED)
    with as_actor(universe.adviser) as by:
        (warned,) = quality_page(by, assessment.pk).found.open
    assert "Is benchmark 2 really met?" in warned.message
    result(universe, by_hand(universe), universe.manager)
    assert open_codes(universe) == []


def test_who_may_record_a_result(universe: Universe) -> None:
    cover = colleague(universe, role=Role.ADVISER)
    reading = by_hand(universe, reader_id=cover.pk)
    for name, refusal in (("adviser", Forbidden), ("auditor", Forbidden), ("lead", NotFound),
                          ("other_manager", NotFound)):  # fmt: skip
        with pytest.raises(refusal):
            result(universe, reading, universe.cast[name])
    row = result(universe, reading, cover)
    assert (row.result, row.version) == ("sound", 2)
    with all_rows():
        event = Event.objects.get(kind=EventKind.SECOND_READING, name="sound")
        assert (event.audience, event.person) == (Audience.HOME_OFFICE, cover)


def test_a_query_says_what_it_is(universe: Universe) -> None:
    reading = by_hand(universe)
    for said, note, field in (("", "x", "result"), ("fine", "x", "result"), ("queried", " ", "note")):
        with pytest.raises(Unfit) as refusal:
            result(universe, reading, universe.manager, said, note)
        assert refusal.value.field == field


def test_a_result_is_recorded_once(universe: Universe) -> None:
    reader = colleague(universe)
    reading = by_hand(universe, reader_id=reader.pk)
    result(universe, reading, reader, "queried", "Why?")
    assert result(universe, reading, reader, "queried", "Why?").note == "Why?"
    with pytest.raises(Stale) as refusal:
        result(universe, reading, universe.manager)
    assert refusal.value.current.note == "Why?"


# The pages


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


def test_from_the_draw_to_the_result(universe: Universe, visitors: Visitors) -> None:
    alder, birch, _cedar = agreed(universe)
    address, cycle = reverse("second-reading-draw"), universe.cycle().pk
    drawn = visitors.get("manager", f"{address}?cycle={cycle}&how_many=50%25")
    assert drawn.status_code == 302
    seed = parse_qs(urlparse(drawn["Location"]).query)["seed"][0]
    page = visitors.get("manager", drawn["Location"]).content.decode()
    assert "1 of 2 drawn" in page
    with as_actor(universe.manager) as by:
        (one,) = read.draw_page(by, cycle, "50%", seed).ids
    fields = {"cycle": cycle, "how_many": "50%", "seed": seed, "drawn": one, "reader": universe.manager.pk}
    stale = visitors.post("manager", address, fields | {"drawn": alder + birch - one})
    assert stale.status_code == 409
    assert visitors.post("manager", address, fields).status_code == 302
    listing = visitors.get("manager", reverse("second-readings")).content.decode()
    assert "Waiting" in listing and "By adviser" in listing
    record = reverse("second-reading", args=[one])
    page = visitors.get("manager", record).content.decode()
    assert "Summary for benchmark 2." in page and "Record the result" in page
    refused = visitors.post("manager", record, {"result": "queried", "note": "", "version": 1}).content.decode()
    assert "Say what your query is" in refused
    done = visitors.post("manager", record, {"result": "queried", "note": "Why is it met?", "version": 1})
    assert done.status_code == 302
    late = visitors.post("manager", record, {"result": "sound", "note": "All is well.", "version": 1})
    assert late.status_code == 409
    assert "All is well." in late.content.decode() and "Why is it met?" in late.content.decode()
    adviser = "adviser" if one == alder else "other_adviser"
    assert "Why is it met?" in visitors.get(adviser, record).content.decode()
    assert "Why is it met?" in visitors.get(adviser, reverse("quality", args=[one])).content.decode()
    counts = visitors.get(adviser, reverse("second-readings")).content.decode()
    assert "Queried" in counts and "By adviser" not in counts


def test_no_authority_learns_of_it(universe: Universe, visitors: Visitors) -> None:
    result(universe, by_hand(universe), universe.manager, "queried", "A secret query.")
    assessment = universe.assessment(State.AGREED)
    for name in ("lead", "contributor", "viewer"):
        assert visitors.get(name, reverse("second-reading", args=[assessment.pk])).status_code == 403
        assert visitors.get(name, reverse("second-readings")).status_code == 403
        for page in ("assessment", "record", "timeline"):
            said = visitors.get(name, reverse(page, args=[assessment.pk])).content.decode()
            assert "secret query" not in said and "econd reading" not in said
    with as_actor(universe.lead):
        assert not SecondReading.objects.exists()
