"""The accuracy check: what an authority is shown, what it says of it, and how a letter goes on from there."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from assurance.access import Forbidden, NotFound, visible
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Event, Message, User
from assurance.reminders import write_reminders
from assurance.vocabulary import Audience, EventKind, LetterState, MessageKind, PointOutcome
from assurance.workflow import Blocked
from letters import actions, checks
from letters.models import CheckPoint, Letter, LetterCheck
from letters.places import places_of
from tests.letters.stages import PARTS, Stages, in_wales
from tests.letters.test_wording import letter as composed
from tests.matrices.world import Visitors
from tests.universe import Universe, all_rows, as_actor

MARK = "zqaftercheckqz"
"""Written into the draft when the authority may no longer see it."""
WELSH_HEADING = "Sicrwydd y ddyletswydd Prevent"
"""As the heading of the Welsh letter begins."""


@pytest.fixture
def stages(universe: Universe) -> Stages:
    """Letters about Alder, on the day on which the test runs: pages go by the clock."""
    universe.at = timezone.now()
    return Stages(universe)


@pytest.fixture
def out(stages: Stages) -> Letter:
    """A letter that its authority checks."""
    return send(stages, stages.complete(stages.drafted()))


def send(stages: Stages, letter: Letter, **more: Any) -> Letter:
    with as_actor(stages.universe.adviser) as by:
        return actions.send_for_check(by=by, at=stages.universe.at, letter_id=letter.pk, **more)


def take_back(stages: Stages, letter: Letter) -> Letter:
    with as_actor(stages.universe.adviser) as by:
        return actions.end_check(by=by, at=stages.universe.at, letter_id=letter.pk)


def point(stages: Stages, wrong: str = "It met five times.", place: str = "row-1", **more: Any) -> CheckPoint:
    given: dict[str, Any] = {"at": stages.universe.at, "language": "en", "round_id": current(stages).pk} | more
    with as_actor(stages.universe.lead) as by:
        return checks.make_point(by=by, place=place, wrong=wrong, **given)


def answer(stages: Stages, one: CheckPoint, outcome: PointOutcome = PointOutcome.NOT_CHANGED) -> CheckPoint:
    common = {"at": stages.universe.at, "point_id": one.pk, "version": one.version}
    with as_actor(stages.universe.adviser) as by:
        return checks.answer_point(by=by, outcome=outcome, answer="The minutes say four.", **common)


def done(stages: Stages, at: Any = None) -> LetterCheck:
    found = current(stages)
    with as_actor(stages.universe.lead) as by:
        return checks.say_done(by=by, at=at or stages.universe.at, round_id=found.pk, version=found.version)


def current(stages: Stages) -> LetterCheck:
    """The newest round, as it is in the database."""
    with all_rows():
        found = LetterCheck.objects.order_by("-pk").first()
    assert found is not None
    return found


def mails(person: User) -> list[str]:
    """How the keys of a person's e-mails about checks begin, in order."""
    with all_rows():
        found = Message.objects.filter(person=person, kind=MessageKind.LETTER_CHECK).order_by("pk")
        return [key.partition(":")[0] for key in found.values_list("key", flat=True)]


def known(letter: Letter) -> tuple[date | None, date | None]:
    with all_rows():
        found = Assessment.objects.get(pk=letter.assessment_id)
    return found.letter_check_since, found.letter_check_until


# A round


@pytest.mark.parametrize(
    ("today", "until"),
    [
        (date(2026, 5, 1), date(2026, 5, 15)),
        (date(2026, 5, 2), date(2026, 5, 15)),
        (date(2026, 5, 4), date(2026, 5, 18)),
    ],
    ids=["Friday", "Saturday", "Monday"],
)
def test_a_check_lasts_ten_working_days_unless_somebody_says_otherwise(today: date, until: date) -> None:
    assert checks.usual_until(today) == until


def test_a_round_freezes_what_is_shown_and_tells_the_leads(stages: Stages, out: Letter) -> None:
    found = current(stages)
    today = timezone.localdate(stages.universe.at)
    assert (found.number, found.until, found.closed_at) == (1, checks.usual_until(today), None)
    assert found.shown["en"]["heading"]
    assert "A good year." in str(found.shown["en"])
    assert known(out) == (today, found.until)
    assert mails(stages.universe.lead) == ["check_opened"]
    assert mails(stages.universe.adviser) == []
    with all_rows():
        body = Message.objects.get(kind=MessageKind.LETTER_CHECK).body
    assert "A good year." not in body and reverse("letter-check", args=[out.assessment_id]) in body


@pytest.mark.parametrize("days", [-1, 0, 93])
def test_the_last_day_is_in_the_future_and_not_far(stages: Stages, days: int) -> None:
    letter = stages.complete(stages.drafted())
    until = timezone.localdate(stages.universe.at) + timedelta(days=days)
    with pytest.raises(Unfit) as refusal:
        send(stages, letter, until=until)
    assert refusal.value.field == "until"
    assert stages.now(letter).state == LetterState.DRAFT


def test_what_leaves_the_check_by_any_way_ends_the_round(stages: Stages, out: Letter) -> None:
    take_back(stages, out)
    assert current(stages).closed_at is not None and known(out) == (None, None)
    send(stages, out)
    assert current(stages).number == 2
    with as_actor(stages.universe.adviser) as by:
        actions.send_for_approval(by=by, at=stages.universe.at, letter_id=out.pk)
    assert current(stages).closed_at is not None and known(out) == (None, None)


def test_a_letter_withdrawn_while_it_is_out_is_no_longer_shown(stages: Stages, out: Letter) -> None:
    with as_actor(stages.universe.signatory) as by:
        actions.withdraw_letter(by=by, at=stages.universe.at, letter_id=out.pk, reason="By mistake.")
    assert current(stages).closed_at is not None
    with pytest.raises(NotEditable):
        point(stages)


# Points


def test_a_point_quotes_its_paragraph_and_keeps_it(stages: Stages, out: Letter) -> None:
    one = point(stages, place="row-2")
    shown = checks.shown_in(current(stages), "en")
    assert shown is not None and one.quote == places_of(shown)["row-2"].text
    take_back(stages, out)
    stages.complete(stages.now(out), summary="Another year.")
    with all_rows():
        assert CheckPoint.objects.get().quote == one.quote


@pytest.mark.parametrize(("place", "language"), [("row-99", "en"), ("", "en"), ("row-1", "cy"), ("row-1", "xx")])
def test_a_paragraph_that_was_not_shown_has_no_points(stages: Stages, out: Letter, place: str, language: str) -> None:
    with pytest.raises(NotFound):
        point(stages, place=place, language=language)


@pytest.mark.parametrize("wrong", ["", " \n\t", "x" * 10_001])
def test_a_point_says_something_that_fits(stages: Stages, out: Letter, wrong: str) -> None:
    with pytest.raises(Unfit) as refusal:
        point(stages, wrong=wrong)
    assert refusal.value.field == "wrong"


@pytest.mark.parametrize("who", ["contributor", "viewer", "adviser", "auditor"])
def test_only_a_lead_makes_points(stages: Stages, out: Letter, who: str) -> None:
    found = current(stages)
    with as_actor(stages.universe.cast[who]) as by, pytest.raises(Forbidden):
        checks.make_point(by=by, at=stages.universe.at, round_id=found.pk, language="en", place="to", wrong="No.")


def test_points_are_changed_and_removed_until_they_are_answered(stages: Stages, out: Letter) -> None:
    first, second = point(stages), point(stages, place="to")
    common: dict[str, Any] = {"at": stages.universe.at}
    with as_actor(stages.universe.lead) as by:
        first = checks.change_point(
            by=by, point_id=first.pk, version=first.version, wrong="It met six times.", **common
        )
        with pytest.raises(Stale):
            checks.change_point(by=by, point_id=first.pk, version=1, wrong="Seven.", **common)
        with pytest.raises(Stale):
            checks.remove_point(by=by, point_id=first.pk, version=1, **common)
        checks.remove_point(by=by, point_id=second.pk, version=second.version, **common)
    first = answer(stages, first)
    with as_actor(stages.universe.lead) as by:
        with pytest.raises(NotEditable):
            checks.change_point(by=by, point_id=first.pk, version=first.version, wrong="Eight.", **common)
        with pytest.raises(NotEditable):
            checks.remove_point(by=by, point_id=first.pk, version=first.version, **common)
    with all_rows():
        assert [one.wrong for one in CheckPoint.objects.all()] == ["It met six times."]
        assert CheckPoint.history.filter(id=second.pk, history_type="-").exists()


def test_after_the_last_day_nothing_is_said_until_the_adviser_gives_more_time(stages: Stages, out: Letter) -> None:
    found = current(stages)
    one = point(stages)
    last = stages.universe.at + (found.until - timezone.localdate(stages.universe.at))
    point(stages, place="to", at=last)
    late = last + timedelta(days=1)
    with pytest.raises(Unfit, match="last day"):
        point(stages, at=late)
    with as_actor(stages.universe.lead) as by, pytest.raises(Unfit, match="last day"):
        checks.change_point(by=by, at=late, point_id=one.pk, version=1, wrong="No.")
    with pytest.raises(Unfit, match="last day"):
        done(stages, at=late)
    until = timezone.localdate(late) + timedelta(days=3)
    version = current(stages).version
    with as_actor(stages.universe.adviser) as by:
        checks.prolong(by=by, at=late, round_id=found.pk, version=version, until=until)
    point(stages, at=late)
    assert known(out)[1] == until
    assert mails(stages.universe.lead) == ["check_opened", "check_prolonged"]


# What is said of them all


def test_content_and_points_are_said_once_and_a_further_point_takes_that_back(stages: Stages, out: Letter) -> None:
    assert done(stages).content_at is not None
    assert known(out) == (None, None)
    assert mails(stages.universe.adviser) == ["check_answered"]
    done(stages)
    assert mails(stages.universe.adviser) == ["check_answered"]
    point(stages)
    found = current(stages)
    assert (found.content_at, found.content_by, found.sent_at) == (None, None, None)
    assert known(out)[1] == found.until
    assert done(stages).sent_at is not None
    assert mails(stages.universe.adviser) == ["check_answered"] * 2


def test_what_was_said_of_points_that_changed_meanwhile_is_asked_again(stages: Stages, out: Letter) -> None:
    seen = current(stages)
    point(stages)
    with as_actor(stages.universe.lead) as by, pytest.raises(Stale):
        checks.say_done(by=by, at=stages.universe.at, round_id=seen.pk, version=seen.version)
    assert current(stages).content_at is None


# Answers


def test_a_letter_goes_on_when_every_point_is_answered(stages: Stages, out: Letter) -> None:
    first, second = point(stages), point(stages, place="to")
    answer(stages, first)
    assert mails(stages.universe.lead) == ["check_opened"]
    for letter in (out, take_back(stages, out)):
        with as_actor(stages.universe.adviser) as by, pytest.raises(Blocked) as refusal:
            actions.send_for_approval(by=by, at=stages.universe.at, letter_id=letter.pk)
        assert ["accuracy check" in one.message for one in refusal.value.obstacles] == [True]
    second = answer(stages, second, PointOutcome.CHANGED)
    assert mails(stages.universe.lead) == ["check_opened", "check_replied"]
    with as_actor(stages.universe.adviser) as by:
        actions.send_for_approval(by=by, at=stages.universe.at, letter_id=out.pk)
    with pytest.raises(NotEditable):
        answer(stages, second)


def test_an_answer_has_words_and_is_not_written_over_another(stages: Stages, out: Letter) -> None:
    one = point(stages)
    with as_actor(stages.universe.adviser) as by:
        common: dict[str, Any] = {"by": by, "at": stages.universe.at, "point_id": one.pk}
        with pytest.raises(Unfit):
            checks.answer_point(version=1, outcome=PointOutcome.CHANGED, answer=" ", **common)
        checks.answer_point(version=1, outcome=PointOutcome.CHANGED, answer="Done.", **common)
        with pytest.raises(Stale):
            checks.answer_point(version=1, outcome=PointOutcome.CHANGED, answer="Not done.", **common)
    with as_actor(stages.universe.lead) as by, pytest.raises(Forbidden):
        checks.answer_point(
            by=by, at=stages.universe.at, point_id=one.pk, version=2, outcome=PointOutcome.CHANGED, answer="So."
        )


def test_every_step_is_an_event_that_both_sides_read(stages: Stages, out: Letter) -> None:
    one = point(stages)
    done(stages)
    answer(stages, one)
    with all_rows():
        found = Event.objects.filter(kind=EventKind.LETTER_CHECKED).order_by("pk")
        assert [event.name for event in found] == ["point", "sent", "answered"]
        assert {event.audience for event in found} == {Audience.BOTH}
        assert "five times" not in str(list(found.values()))


# Reminders


def test_a_lead_is_reminded_two_days_before_and_not_when_they_are_done(stages: Stages, out: Letter) -> None:
    until = current(stages).until

    def reminded(day: date) -> int:
        return write_reminders(day, at=stages.universe.at)

    assert reminded(until - timedelta(days=3)) == 0
    assert reminded(until - timedelta(days=2)) == 1
    assert reminded(until - timedelta(days=2)) == 0
    with all_rows():
        message = Message.objects.get(kind=MessageKind.REMINDER)
    assert message.person == stages.universe.lead and "draft" in message.subject
    done(stages)
    with all_rows():
        Message.objects.all().delete()
    assert reminded(until - timedelta(days=2)) == 0


# Pages


def test_the_authority_reads_what_it_was_shown_and_never_a_later_draft(stages: Stages, out: Letter) -> None:
    """Each page that could show the letter, asked by the lead, after the draft has moved on."""
    visitors = Visitors(stages.universe)
    pages = ("letter-check", "letter-checks", "letter-point-new", "assessment-letters", "timeline", "assessment")
    addresses = [reverse(name, args=[out.assessment_id]) for name in pages]
    addresses += [
        reverse(name, args=[out.pk]) for name in ("letter", "letter-history", "letter-edit", "letter-quality")
    ]
    addresses[2] += "?place=row-1&language=en"
    assert "A good year." in visitors.get("lead", addresses[0]).content.decode()
    one = point(stages)
    take_back(stages, out)
    again = stages.complete(stages.now(out), summary=MARK, addressee_name=MARK)
    for address in (*addresses, reverse("letter-point", args=[one.pk])):
        visitors.get("lead", address)
        assert MARK not in visitors.last_bytes.decode(), address
    visitors.get("adviser", reverse("letter", args=[out.pk]))
    assert MARK in visitors.last_bytes.decode(), "the draft has it"
    send(stages, again)
    with all_rows():
        # Past every rule, as a defect would: what was frozen is shown all the same.
        Letter.objects.filter(pk=out.pk).update(summary="Quietly changed.")
    page = visitors.get("lead", addresses[0]).content.decode()
    assert MARK in page and "Quietly changed." not in page
    for who in ("lead", "adviser"):
        page = visitors.get(who, reverse("letter", args=[out.pk])).content.decode()
        assert MARK in page and "Quietly changed." not in page
    with as_actor(stages.universe.other_lead) as by:
        assert not visible(by, LetterCheck).exists() and not visible(by, CheckPoint).exists()


def test_a_lead_points_out_errors_and_sends_them_through_the_pages(stages: Stages, out: Letter) -> None:
    visitors = Visitors(stages.universe)
    home = visitors.get("lead", reverse("home")).content.decode()
    address = reverse("letter-check", args=[out.assessment_id])
    assert "Check your draft letter until" in home and address in home
    page = visitors.get("lead", address).content.decode()
    new = reverse("letter-point-new", args=[out.assessment_id])
    assert f"{new}?language=en&amp;place=row-1" in page and "We are content" in page
    form = visitors.get("lead", f"{new}?language=en&place=row-1").content.decode()
    assert "What is wrong?" in form
    fields = {"place": "row-1", "language": "en", "wrong": ""}
    assert "Fill in" in visitors.post("lead", new, fields).content.decode()
    assert visitors.post("lead", new, fields | {"wrong": "It met five times."})["Location"] == address
    page = visitors.get("lead", address).content.decode()
    assert "It met five times." in page and "1 point made" in page and "Send our points" in page
    with all_rows():
        one = CheckPoint.objects.get()
    change = reverse("letter-point", args=[one.pk])
    assert "It met five times." in visitors.get("lead", change).content.decode()
    stale = visitors.post("lead", change, {"wrong": "Mine.", "version": "7"})
    assert stale.status_code == 409 and "Mine." in stale.content.decode()
    finish = reverse("letter-check-done", args=[out.assessment_id])
    rounds = reverse("letter-checks", args=[out.assessment_id])
    assert visitors.post("lead", finish, {"version": current(stages).version})["Location"] == rounds
    assert "Check your draft letter" not in visitors.get("lead", reverse("home")).content.decode()
    answered = {"outcome": "changed", "answer": "It now says five.", "version": one.version}
    page = visitors.get("adviser", rounds).content.decode()
    assert reverse("letter-point-answer", args=[one.pk]) in page
    assert visitors.post("adviser", reverse("letter-point-answer", args=[one.pk]), answered)["Location"] == rounds
    page = visitors.get("lead", rounds).content.decode()
    assert "It now says five." in page and "Changed" in page
    assert "It now says five." in visitors.get("auditor", rounds).content.decode()
    assert visitors.get("viewer", rounds).status_code == 403


def test_what_comes_too_late_is_kept_for_whoever_typed_it(stages: Stages, out: Letter) -> None:
    take_back(stages, out)
    fields = {"place": "row-1", "language": "en", "wrong": "We typed this for an hour."}
    response = Visitors(stages.universe).post("lead", reverse("letter-point-new", args=[out.assessment_id]), fields)
    assert response.status_code == 409
    assert "We typed this for an hour." in response.content.decode()


def test_the_last_day_is_asked_where_the_letter_is_sent_and_can_be_changed(stages: Stages) -> None:
    letter = stages.complete(stages.drafted())
    visitors = Visitors(stages.universe)
    move = reverse("letter-move", args=[letter.pk, "send_for_check"])
    assert 'name="until_day"' in visitors.get("adviser", move).content.decode()
    today = timezone.localdate()
    past = {"until_day": today.day, "until_month": today.month, "until_year": today.year, "version": letter.version}
    assert "The date must be in the future" in visitors.post("adviser", move, past).content.decode()
    day = today + timedelta(days=5)
    fields = {"until_day": day.day, "until_month": day.month, "until_year": day.year, "version": letter.version}
    assert visitors.post("adviser", move, fields).status_code == 302
    assert current(stages).until == day
    change = reverse("letter-check-until", args=[current(stages).pk])
    assert "The date must be in the future" in visitors.post("adviser", change, past | {"version": 1}).content.decode()
    later = day + timedelta(days=7)
    fields |= {"until_day": later.day, "until_month": later.month, "until_year": later.year, "version": 1}
    assert visitors.post("adviser", change, fields).status_code == 302
    assert current(stages).until == later
    assert visitors.post("adviser", change, fields).status_code == 409


def test_a_letter_in_two_languages_is_shown_in_both_and_a_point_is_about_one(stages: Stages) -> None:
    in_wales(stages.universe)
    letter = send(stages, stages.complete(stages.drafted()))
    assert set(current(stages).shown) == {"en", "cy"}
    one = point(stages, place="heading", language="cy")
    assert one.language == "cy" and one.quote.startswith(WELSH_HEADING)
    visitors = Visitors(stages.universe)
    address = reverse("letter-check", args=[letter.assessment_id])
    page = visitors.get("lead", f"{address}?language=cy").content.decode()
    assert 'lang="cy"' in page and "1 point made" in page
    page = visitors.get("lead", address).content.decode()
    assert "1 point made" not in page and WELSH_HEADING in page, "the point itself is listed with both"


@pytest.mark.parametrize("name", ["outcomes-2024", "scores-2022"])
def test_every_paragraph_is_a_place_of_its_own(name: str) -> None:
    content = composed(name)
    found = places_of(content)
    assert all(place.text for place in found.values())
    texts = " ".join(place.text for place in found.values())
    for block in content.blocks:
        if block.kind != "heading":
            assert block.text in texts and all(item.text in texts for item in block.items)
    for row in content.annex_a.rows:
        assert row.summary in found[f"row-{row.number}"].text
        assert row.comments in found[f"row-{row.number}"].text


def test_parts_are_what_an_adviser_fills_in() -> None:
    assert set(PARTS) == {*actions.SHORT, *actions.LINES, "letter_date", "summary"}
