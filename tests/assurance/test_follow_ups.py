"""Last year's recommendations, answered: on the page, below it, and where the answers go."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from assurance.access import Forbidden, NotFound
from assurance.actions import points
from assurance.actions.follow_ups import FollowUpReply, save_follow_ups
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Event, FollowUp, Recommendation
from assurance.queries.follow_ups import follow_ups, last_year
from assurance.vocabulary import Audience, EventKind, State
from assurance.years import before, before_among, year_of
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, changed, written
from tests.universe import Universe, all_rows, as_actor

NOTE = "The plan now says which risk each action answers."


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def asked(universe: Universe) -> int:
    """The id of last year's only recommendation to Alder."""
    universe.last_year()
    with all_rows():
        return Recommendation.objects.get().pk


@pytest.fixture
def assessment(universe: Universe, asked: int) -> Assessment:
    """This year's, not started."""
    return universe.assessment()


def save(universe: Universe, assessment: Assessment, who: str = "lead", **replies: FollowUpReply) -> int:
    """``save(universe, assessment, _7=FollowUpReply(version=0, progress="done"))``, as a lead unless said."""
    with as_actor(universe.cast[who]) as by:
        return save_follow_ups(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            replies={int(key.removeprefix("_")): reply for key, reply in replies.items()},
        )


def address(assessment: Assessment) -> str:
    return reverse("follow-ups", args=[assessment.pk])


def fields(pk: int, version: int, progress: str = "done", owner: str = "", note: str = "") -> dict[str, Any]:
    return {f"version_{pk}": version, f"progress_{pk}": progress, f"owner_{pk}": owner, f"note_{pk}": note}


def drawn(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


# Which year was last year


def test_last_year_is_the_newest_agreed_year_before(universe: Universe) -> None:
    last = universe.last_year()
    other = universe.last_year("la-10")
    this = universe.assessment(State.AGREED)
    ten = universe.assessment(scheme="la-10")
    following = universe.further_assessment("2026/27")
    with all_rows():
        rows = Assessment.objects.select_related("cycle")
        assert before(rows, this).first() == before_among(rows, this) == last
        assert list(before(rows, this)) == [last, other]
        assert before(rows, ten).first() == before_among(rows, ten) == other
        assert before(rows, following).first() == before_among(rows, following) == this
        assert not before(rows, last).exists()
        assert before_among(rows, last) is None


def test_another_authority_or_a_year_that_was_not_agreed_is_no_last_year(universe: Universe) -> None:
    universe.last_year()
    birch = universe.assessment(authority=universe.birch)
    universe.assessment(State.PROPOSED)
    following = universe.further_assessment("2026/27")
    with all_rows():
        rows = Assessment.objects.select_related("cycle")
        assert before(rows, birch).first() is None
        assert year_of(before(rows, following).get().cycle.name) == "2024/25"


# Below the page


def test_an_answer_leaves_history_and_one_event_and_starts_the_year(
    universe: Universe, assessment: Assessment, asked: int
) -> None:
    reply = FollowUpReply(version=0, progress="in_progress", owner="Conrad", note=NOTE)
    assert save(universe, assessment, **{f"_{asked}": reply}) == 1
    assert save(universe, assessment, **{f"_{asked}": reply}) == 0
    with all_rows():
        assert Assessment.objects.get(pk=assessment.pk).state == State.IN_PROGRESS
        found = FollowUp.objects.get()
        assert (found.progress, found.owner, found.note, found.version) == ("in_progress", "Conrad", NOTE, 1)
        assert list(FollowUp.history.values_list("history_user", "version")) == [(universe.lead.pk, 1)]
        event = Event.objects.get(kind=EventKind.FOLLOWED_UP)
        assert (event.audience, event.detail, event.person) == (
            Audience.AUTHORITY,
            {"recommendation": 1},
            universe.lead,
        )


def test_saying_nothing_leaves_it_for_later(universe: Universe, assessment: Assessment, asked: int) -> None:
    before_it = written(universe)
    assert save(universe, assessment, **{f"_{asked}": FollowUpReply(version=0)}) == 0
    assert changed(before_it, written(universe)) == {}


def test_what_does_not_fit_is_refused_at_its_field(universe: Universe, assessment: Assessment, asked: int) -> None:
    wrong = {
        f"progress_{asked}": FollowUpReply(version=0, note=NOTE),
        f"note_{asked}": FollowUpReply(version=0, progress="done", note="x" * 1001),
        f"owner_{asked}": FollowUpReply(version=0, progress="done", owner="😀"),
    }
    for field, reply in wrong.items():
        with pytest.raises(Unfit) as refusal:
            save(universe, assessment, **{f"_{asked}": reply})
        assert refusal.value.field == field
    with pytest.raises(Unfit):
        save(universe, assessment, **{f"_{asked}": FollowUpReply(version=0, progress="nearly")})
    with pytest.raises(Unfit):
        save(universe, assessment, _999999=FollowUpReply(version=0, progress="done"))


def test_too_late_changes_nothing_and_says_what_stands(universe: Universe, assessment: Assessment, asked: int) -> None:
    save(universe, assessment, **{f"_{asked}": FollowUpReply(version=0, progress="done")})
    with pytest.raises(Stale) as refusal:
        save(universe, assessment, **{f"_{asked}": FollowUpReply(version=0, progress="not_started")})
    assert refusal.value.current[asked].progress == "done"
    # Whoever left it as they saw it did not mean to take it back.
    assert save(universe, assessment, **{f"_{asked}": FollowUpReply(version=0)}) == 0
    save(universe, assessment, **{f"_{asked}": FollowUpReply(version=1, progress="in_progress")})
    assert save(universe, assessment, **{f"_{asked}": FollowUpReply(version=1, progress="done")}) == 0
    with all_rows():
        assert FollowUp.objects.get().progress == "in_progress"


@pytest.mark.parametrize("who", ["contributor", "viewer", "adviser", "manager", "administrator", "auditor"])
def test_only_a_lead_answers(universe: Universe, assessment: Assessment, asked: int, who: str) -> None:
    with pytest.raises(Forbidden):
        save(universe, assessment, who, **{f"_{asked}": FollowUpReply(version=0, progress="done")})
    with pytest.raises(NotFound):
        save(universe, assessment, "other_lead", **{f"_{asked}": FollowUpReply(version=0, progress="done")})


def test_nothing_moves_once_it_is_submitted(universe: Universe, asked: int) -> None:
    assessment = universe.assessment(State.SUBMITTED)
    with pytest.raises(NotEditable):
        save(universe, assessment, **{f"_{asked}": FollowUpReply(version=0, progress="done")})


def test_two_years_from_one_last_year_are_answered_apart(universe: Universe, asked: int) -> None:
    """Where there are two cycles a year, each asks for itself."""
    eight, ten = universe.assessment(), universe.assessment(scheme="la-10")
    save(universe, eight, **{f"_{asked}": FollowUpReply(version=0, progress="done")})
    with as_actor(universe.lead) as lead:
        assert [one.progress for one in follow_ups(lead, eight).lines] == ["done"]
        assert [one.progress for one in follow_ups(lead, ten).lines] == [""]
        found = last_year(lead, ten)
        assert found and (found.recommendations, found.answered, found.cycle) == (1, 0, "2024/25")


# The page


def test_the_page_saves_and_leads_back_to_the_list(
    universe: Universe, visitors: Visitors, assessment: Assessment, asked: int
) -> None:
    page = drawn(visitors.get("lead", address(assessment)))
    assert "Write the risks down." in page.one("main").text
    assert not [radio for radio in page.all("input", type="radio") if "checked" in radio.attributes]
    response = visitors.post("lead", address(assessment), fields(asked, 0, owner="Conrad", note=NOTE))
    assert (response.status_code, response["Location"]) == (302, reverse("assessment", args=[assessment.pk]))
    page = drawn(visitors.get("lead", address(assessment)))
    (chosen,) = [radio for radio in page.all("input", type="radio") if "checked" in radio.attributes]
    assert chosen["value"] == "done"
    assert page.value_of(f"id_note_{asked}") == NOTE
    for who in ("contributor", "auditor"):
        read = drawn(visitors.get(who, address(assessment))).one("main")
        assert "Done" in read.text and NOTE in read.text
    overview = drawn(visitors.get("lead", response["Location"])).one("main").text
    assert "1 of 1 answered" in overview


def test_too_late_shows_what_stands_and_keeps_what_was_typed(
    universe: Universe, visitors: Visitors, assessment: Assessment, asked: int
) -> None:
    save(universe, assessment, **{f"_{asked}": FollowUpReply(version=0, progress="done", note="It is written.")})
    response = visitors.post("lead", address(assessment), fields(asked, 0, "not_started", note=NOTE))
    assert response.status_code == 409
    page = drawn(response)
    assert "It is written." in page.one("div", cls="govuk-notification-banner").text
    assert page.value_of(f"id_note_{asked}") == NOTE
    again = fields(asked, int(page.one("input", name=f"version_{asked}")["value"]), "not_started", note=NOTE)
    assert visitors.post("lead", address(assessment), again).status_code == 302
    with all_rows():
        assert FollowUp.objects.get().note == NOTE


def test_a_text_without_a_choice_comes_back_at_its_field(
    universe: Universe, visitors: Visitors, assessment: Assessment, asked: int
) -> None:
    response = visitors.post("lead", address(assessment), fields(asked, 0, "", note=NOTE))
    assert response.status_code == 200
    page = drawn(response)
    assert page.all("a", href=f"#id_progress_{asked}")
    assert page.value_of(f"id_note_{asked}") == NOTE


def test_after_submission_a_post_keeps_the_text(universe: Universe, visitors: Visitors, asked: int) -> None:
    assessment = universe.assessment(State.SUBMITTED)
    response = visitors.post("lead", address(assessment), fields(asked, 0, note=NOTE))
    assert response.status_code == 409
    assert NOTE in response.content.decode()


def test_in_a_first_year_there_is_nothing_to_answer(universe: Universe, visitors: Visitors) -> None:
    page = drawn(visitors.get("lead", address(universe.assessment()))).one("main").text
    assert "There are no recommendations of last year." in page


# Where the answers go


def test_the_adviser_reads_them_once_it_is_submitted(universe: Universe, visitors: Visitors, asked: int) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    save(universe, assessment, **{f"_{asked}": FollowUpReply(version=0, progress="done", note=NOTE)})
    record = reverse("record", args=[assessment.pk])
    assert NOTE not in visitors.get("adviser", record).content.decode()
    universe.assessment(State.IN_REVIEW)
    assert NOTE in visitors.get("adviser", record).content.decode()
    review = visitors.get("adviser", reverse("review", args=[assessment.pk, 2])).content.decode()
    assert NOTE in review
    assert "All recommendations of 2024/25: 1 of 1 done" in review


def test_a_longer_list_costs_no_more(universe: Universe, visitors: Visitors) -> None:
    """One recommendation, and fifteen a year later: the page and its save cost the same."""
    found: list[list[str]] = []
    assessment = universe.assessment(State.IN_REVIEW)
    for name, count in (("2026/27", 1), ("2027/28", 15)):
        for state in (State.SUBMITTED, State.IN_REVIEW):
            if count > 1:
                universe.advance(assessment, state)
        with as_actor(universe.adviser) as by:
            points.save_recommendations(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                token=points.list_token(()),
                recommendations=[points.NewRecommendation(f"Do {n}.", benchmarks=(1,)) for n in range(count)],
            )
        for state in (State.PROPOSED, State.AGREED):
            universe.advance(assessment, state)
        with all_rows():
            keys = list(Recommendation.objects.filter(assessment=assessment).values_list("pk", flat=True))
        assessment = universe.further_assessment(name)
        visitors.get("lead", address(assessment))
        found.append([sql for sql in visitors.statements if "SAVEPOINT" not in sql])
        posted: dict[str, Any] = {}
        for key in keys:
            posted |= fields(key, 0, note=NOTE)
        assert visitors.post("lead", address(assessment), posted).status_code == 302
        found.append([sql for sql in visitors.statements if "SAVEPOINT" not in sql])
    assert len(found[0]) == len(found[2]) <= 8
    assert len(found[1]) == len(found[3]) <= 12, "\n".join(sql[:160] for sql in found[3])
