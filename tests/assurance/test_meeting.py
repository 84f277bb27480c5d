"""The meeting: one page with differences first, and what both sides come to, noted while they speak."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from assurance.access import Forbidden, NotFound
from assurance.actions import follow_ups, meeting, points, reviews
from assurance.actions.meeting import Agreed
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Event, MeetingPoint, Recommendation, Review
from assurance.queries import meeting as read
from assurance.vocabulary import Answer, Audience, EventKind, FollowUpProgress, State, Verdict
from tests.frontend.markup import Drawn
from tests.matrices.test_queries import MOST_TO_READ, MOST_TO_SAVE
from tests.matrices.world import Visitors, changed, written
from tests.universe import Universe, all_rows, as_actor

SECRET = "They are short of people, and know it."


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    return universe.assessment(State.IN_REVIEW)


def drawn(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


def where(assessment: Assessment, query: str = "") -> str:
    return reverse("meeting", args=[assessment.pk]) + query


def judge(universe: Universe, assessment: Assessment, number: int, code: str | None, **more: Any) -> Review:
    """The adviser's outcome on a benchmark, from where it is."""
    with as_actor(universe.adviser) as by:
        before = Review.objects.get(assessment=assessment, benchmark__number=number)
        given: dict[str, Any] = {"summary": before.summary, "comments": before.comments}
        return reviews.save_review(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=number,
            version=before.version,
            level_code=code,
            **given | more,
        )


def note(universe: Universe, assessment: Assessment, number: int | None = 3, **more: Any) -> MeetingPoint:
    agreed = Agreed(**{"text": "They will do it by May.", "level_code": "met" if number else None} | more)
    with as_actor(universe.adviser) as by:
        return meeting.note_point(by=by, at=universe.at, assessment_id=assessment.pk, number=number, agreed=agreed)


def act(universe: Universe, verb: Any, point: MeetingPoint, **more: Any) -> Any:
    with as_actor(universe.adviser) as by:
        return verb(
            by=by,
            at=universe.at,
            assessment_id=point.assessment_id,
            point_id=point.pk,
            **{"version": point.version} | more,
        )


def pack(universe: Universe, assessment: Assessment, who: str = "adviser", **more: Any) -> read.MeetingPage:
    with as_actor(universe.cast[who]) as by:
        return read.meeting_page(by, assessment.pk, **more)


def differ(universe: Universe, assessment: Assessment) -> None:
    """Every kind of benchmark: 6 differs, 2 in a criterion only, 4 is as the authority says, the rest are open."""
    criterion = universe.scheme().benchmarks[2].criteria["met"][0]
    judge(universe, assessment, 6, "exceeding")
    judge(
        universe, assessment, 2, "met",
        verdicts={criterion.id: Verdict.DIFFER}, notes={criterion.id: "The list is of last year."},
    )  # fmt: skip
    judge(universe, assessment, 4, "met")


class TestThePack:
    def test_differences_come_first(self, universe: Universe, assessment: Assessment) -> None:
        differ(universe, assessment)
        page = pack(universe, assessment)
        found = [(str(one.title), [line.benchmark.number for line in one.lines]) for one in page.sections]
        scored = [one.number for one in universe.scheme().benchmarks.values() if one.scored]
        assert found == [
            ("Outcomes that differ", [6]),
            ("Same outcome, criteria that differ", [2]),
            ("No outcome of the adviser’s yet", [n for n in scored if n not in (2, 4, 6)]),
            ("Same outcome", [4]),
        ]
        assert page.apart == 1
        (criterion,) = page.sections[1].lines[0].criteria
        assert criterion.note == "The list is of last year."

    def test_it_says_all_that_the_two_talk_about(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        universe.last_year()
        differ(universe, assessment)
        common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
        with as_actor(universe.adviser) as by:
            token = points.list_token(())
            points.save_strengths(by=by, token=token, texts=["They know their places."], **common)
            wanted = [points.NewRecommendation("Keep the list.", benchmarks=(2,))]
            points.save_recommendations(by=by, token=token, recommendations=wanted, **common)
            (before,) = Recommendation.objects.exclude(assessment=assessment)
            judged = follow_ups.Judgement(version=0, progress=FollowUpProgress.IN_PROGRESS, note="Half of it.")
            follow_ups.save_follow_up_reviews(by=by, judgements={before.pk: judged}, **common)
        note(universe, assessment, 6)
        note(universe, assessment, None, text="The board meets in June.")
        shown = visitors.get("adviser", where(assessment)).content.decode()
        for text in (
            "Alder", "In review", "Lena Lead", "Ada Adviser", "2024/25", "The list is of last year.",
            "They know their places.", "Keep the list.", "Write the risks down.", "Half of it.",
            "They will do it by May.", "The board meets in June.", "Exceeding",
        ):  # fmt: skip
            assert text in shown, text

    def test_an_open_question_is_named(self, universe: Universe, visitors: Visitors) -> None:
        assessment = universe.assessment(State.CLARIFICATION)
        assert "Who takes part?" in visitors.get("adviser", where(assessment)).content.decode()
        universe.answer_questions(assessment.pk, universe.alder)
        assert "Who takes part?" not in visitors.get("adviser", where(assessment)).content.decode()

    def test_private_notes_are_never_there(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        judge(universe, assessment, 2, "met", private=reviews.Private(SECRET, 0))
        with as_actor(universe.adviser) as by:
            reviews.save_private_note(
                by=by, at=universe.at, assessment_id=assessment.pk, private=reviews.Private(SECRET, 0)
            )
        assert SECRET in visitors.get("adviser", reverse("review", args=[assessment.pk, 2])).content.decode()
        for query in ("", "?live=1", "?outcomes=hidden"):
            assert SECRET not in visitors.get("adviser", where(assessment, query)).content.decode()

    @pytest.mark.parametrize("query", ["?outcomes=hidden", "?outcomes=hidden&live=1"])
    def test_the_advisers_work_can_be_hidden(
        self, universe: Universe, visitors: Visitors, assessment: Assessment, query: str
    ) -> None:
        """Not even the order of the benchmarks tells what the adviser thinks."""
        differ(universe, assessment)
        common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
        with as_actor(universe.adviser) as by:
            token = points.list_token(())
            points.save_strengths(by=by, token=token, texts=["They know their places."], **common)
        note(universe, assessment, 4)
        page = pack(universe, assessment, hidden=True)
        numbers = [line.benchmark.number for line in page.lines]
        assert numbers == sorted(numbers)
        assert {line.adviser for line in page.lines} == {""}
        main = drawn(visitors.get("adviser", where(assessment, query))).all("main")[0].text
        for text in ("differ", "They know their places.", "The list is of last year.", "of your review"):
            assert text not in main, text
        if "live" not in query:
            assert "Exceeding" not in main
        assert "They will do it by May." in main

    def test_the_authority_does_not_get_it(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        for who in ("lead", "contributor", "viewer"):
            assert visitors.get(who, where(assessment)).status_code == 403
        with as_actor(universe.auditor) as by:
            earlier = universe.assessment(State.IN_PROGRESS, authority=universe.birch)
        with as_actor(universe.other_adviser) as by, pytest.raises(Forbidden):
            read.meeting_page(by, earlier.pk)

    def test_the_best_fit_scheme_has_one_too(self, universe: Universe, visitors: Visitors) -> None:
        assessment = universe.assessment(State.IN_REVIEW, "la-10")
        assert visitors.get("adviser", where(assessment, "?live=1")).status_code == 200

    def test_a_year_on_another_scheme_is_read_as_this_one(self, universe: Universe, visitors: Visitors) -> None:
        universe.last_year("la-10")
        assessment = universe.assessment(State.IN_REVIEW)
        old = universe.scheme("la-10").benchmarks
        lines = {line.benchmark.number: line.last for line in pack(universe, assessment).lines}
        assert lines[7] == tuple(f"{n}. {old[n].title}: 3" for n in (6, 8)) or len(lines[7]) == 2
        assert all(one.partition(". ")[0] in ("6", "8") for one in lines[7])


class TestPoints:
    def test_one_is_noted_with_history_and_an_event_of_the_home_offices(
        self, universe: Universe, assessment: Assessment
    ) -> None:
        row = note(universe, assessment)
        with all_rows():
            event = Event.objects.get(kind=EventKind.MEETING)
            assert row.history.count() == 1
        assert event.audience == Audience.HOME_OFFICE
        assert event.detail == {"point": row.pk, "benchmark": 3}
        assert event.person_id == universe.adviser.pk

    @pytest.mark.parametrize(
        ("number", "given", "field"),
        [
            (3, {"text": " ", "level_code": None}, "text"),
            (None, {"text": ""}, "text"),
            (99, {}, "text"),
            (3, {"level_code": "excellent"}, "level"),
            (None, {"level_code": "met"}, "level"),
            (3, {"text": "a" * 50_000}, "text"),
        ],
    )
    def test_what_says_nothing_or_does_not_fit_is_refused(
        self, universe: Universe, assessment: Assessment, number: int | None, given: dict[str, Any], field: str
    ) -> None:
        before = written(universe)
        with pytest.raises(Unfit) as refused:
            note(universe, assessment, number, **given)
        assert refused.value.field == field
        assert changed(before, written(universe)) == {}

    def test_it_is_changed_and_taken_away_as_it_was_seen(self, universe: Universe, assessment: Assessment) -> None:
        row = note(universe, assessment)
        newer = act(universe, meeting.change_point, row, agreed=Agreed("By June."))
        assert (newer.text, newer.level_id, newer.version) == ("By June.", None, 2)
        with pytest.raises(Stale):
            act(universe, meeting.change_point, row, agreed=Agreed("By July."))
        with pytest.raises(Stale):
            act(universe, meeting.remove_point, row)
        act(universe, meeting.remove_point, newer)
        with all_rows():
            assert not MeetingPoint.objects.exists()
            assert list(row.history.values_list("history_type", flat=True)) == ["-", "~", "+"]
            names = Event.objects.filter(kind=EventKind.MEETING).order_by("pk").values_list("name", flat=True)
            assert list(names) == ["noted", "changed", "removed"]

    @pytest.mark.parametrize("state", [State.CLARIFICATION, State.PROPOSED])
    def test_only_in_review(self, universe: Universe, assessment: Assessment, state: State) -> None:
        row = note(universe, assessment)
        universe.assessment(state)
        before = written(universe)
        for verb, more in (
            (meeting.change_point, {"agreed": Agreed("By June.")}),
            (meeting.remove_point, {}),
            (meeting.take_over, {}),
        ):
            with pytest.raises(NotEditable):
                act(universe, verb, row, **more)
        with pytest.raises(NotEditable):
            note(universe, assessment)
        assert changed(before, written(universe)) == {}

    def test_only_by_who_reviews_it(self, universe: Universe, assessment: Assessment) -> None:
        for who, refusal in (("manager", Forbidden), ("lead", Forbidden), ("other_adviser", NotFound)):
            with as_actor(universe.cast[who]) as by, pytest.raises(refusal):
                meeting.note_point(
                    by=by, at=universe.at, assessment_id=assessment.pk, number=3, agreed=Agreed("By May.")
                )

    def test_the_authority_reads_them_once_proposed(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        note(universe, assessment)
        record = reverse("record", args=[assessment.pk])
        assert "They will do it by May." in visitors.get("adviser", record).content.decode()
        for name in ("record", "print", "timeline", "questions"):
            shown = visitors.get("lead", reverse(name, args=[assessment.pk])).content.decode()
            assert "They will do it by May." not in shown, name
            assert "Point of the meeting" not in shown, name
        universe.assessment(State.PROPOSED)
        for who in ("lead", "viewer", "adviser"):
            shown = visitors.get(who, record).content.decode()
            assert "They will do it by May." in shown, who


class TestTakingOver:
    def test_only_the_outcome_moves(self, universe: Universe, assessment: Assessment) -> None:
        before = judge(universe, assessment, 3, "exceeding", summary="A summary.", comments="Comments.")
        row = note(universe, assessment)
        after = act(universe, meeting.take_over, row, version=before.version)
        met = universe.scheme().level("met")
        assert met is not None
        assert (after.level_id, after.answer, after.version) == (met.id, Answer.OUTCOME, before.version + 1)
        assert (after.summary, after.comments) == ("A summary.", "Comments.")
        with all_rows():
            event = Event.objects.filter(kind=EventKind.REVIEWED).latest("pk")
            assert after.history.first().history_user_id == universe.adviser.pk
        assert event.audience == Audience.HOME_OFFICE
        assert event.detail == {"benchmark": 3, "from": "Exceeding", "to": "Met"}

    def test_a_review_that_was_saved_since_stands(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        seen = judge(universe, assessment, 3, None)
        row = note(universe, assessment)
        judge(universe, assessment, 3, "exceeding")
        fields = {"do": "take", "number": "3", "point": row.pk, "version": seen.version}
        response = visitors.post("adviser", where(assessment, "?live=1"), fields)
        assert response.status_code == 409
        shown = drawn(response)
        assert "It now says “Exceeding”." in shown.all("main")[0].text
        with all_rows():
            review = Review.objects.get(assessment=assessment, benchmark__number=3)
        (newer,) = {one["value"] for one in shown.all("input", name="version") if one["value"] == str(review.version)}
        assert visitors.post("adviser", where(assessment, "?live=1"), fields | {"version": newer}).status_code == 302
        with all_rows():
            review.refresh_from_db()
        assert review.level_id == row.level_id

    def test_what_is_so_already_is_no_movement(self, universe: Universe, assessment: Assessment) -> None:
        judge(universe, assessment, 3, "met")
        row = note(universe, assessment)
        before = written(universe)
        act(universe, meeting.take_over, row, version=0)
        assert changed(before, written(universe)) == {}

    def test_a_point_without_an_outcome_moves_nothing(self, universe: Universe, assessment: Assessment) -> None:
        row = note(universe, assessment, level_code=None)
        with pytest.raises(Unfit):
            act(universe, meeting.take_over, row)


class TestLive:
    def test_one_stays_where_one_is(self, universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
        address = where(assessment, "?live=1&outcomes=hidden")
        shown = drawn(visitors.get("adviser", address))
        forms = [one for one in shown.all("form") if one.get("action").startswith("?live=1")]
        scored = [one for one in universe.scheme().benchmarks.values() if one.scored]
        assert [one["action"].partition("#")[2] for one in forms] == [
            "whole",
            *(f"benchmark-{one.number}" for one in scored),
        ]
        for number, anchor in (("3", "benchmark-3"), ("", "whole")):
            response = visitors.post("adviser", address, {"do": "note", "number": number, "text": "By May."})
            assert response["Location"] == f"{address}#{anchor}"
        ids = [one["id"] for one in shown.elements if one.get("id")]
        assert len(ids) == len(set(ids))

    def test_what_does_not_fit_stays_in_its_form(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        fields = {"do": "note", "number": "3", "text": "", "level": "none"}
        shown = drawn(visitors.post("adviser", where(assessment, "?live=1"), fields))
        (error,) = shown.all(cls="govuk-error-message")
        assert error["id"] == "benchmark-3-text-error"
        long = {"do": "note", "number": "4", "text": "a" * 200, "level": "met"}
        shown = drawn(visitors.post("adviser", where(assessment, "?live=1"), long))
        (area,) = [one for one in shown.all("textarea") if one.text.strip()]
        assert area["id"] == "benchmark-4-text"
        assert [one["id"] for one in shown.all("input", type="radio") if "checked" in one.attributes].count(
            "benchmark-4-level-2"
        ) == 1

    def test_it_is_closed_outside_of_a_review(self, universe: Universe, visitors: Visitors) -> None:
        assessment = universe.assessment(State.CLARIFICATION)
        response = visitors.get("adviser", where(assessment, "?live=1"))
        assert response["Location"] == where(assessment)
        fields = {"do": "note", "number": "3", "text": "They will do it by May."}
        response = visitors.post("adviser", where(assessment, "?live=1"), fields)
        assert response.status_code == 409
        assert "They will do it by May." in response.content.decode()

    def test_two_advisers_at_once_see_both_texts(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        row = note(universe, assessment)
        address = reverse("meeting-point", args=[assessment.pk, row.pk])
        act(universe, meeting.change_point, row, agreed=Agreed("By June.", "exceeding"))
        typed = {"text": "By July.", "level": "met", "version": "1"}
        response = visitors.post("adviser", address, typed)
        assert response.status_code == 409
        main = drawn(response).all("main")[0].text
        for text in ("June.", "July.", "Exceeding", "Met"):
            assert text in main
        with all_rows():
            row.refresh_from_db()
        assert row.text == "By June."
        assert visitors.post("adviser", address, typed | {"version": "2"}).status_code == 302
        with all_rows():
            row.refresh_from_db()
        assert row.text == "By July."

    def test_text_for_a_point_that_is_gone_is_shown_to_be_copied(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        row = note(universe, assessment)
        address = reverse("meeting-point", args=[assessment.pk, row.pk])
        act(universe, meeting.remove_point, row)
        typed = {"text": "They want a list by July.", "level": "met", "version": "1"}
        response = visitors.post("adviser", address, typed)
        assert response.status_code == 409
        assert "They want a list by July." in response.content.decode()
        assert visitors.get("adviser", address).status_code == 404
        assert visitors.post("stranger", address, typed).status_code == 404

    def test_a_point_is_taken_away_on_its_page(
        self, universe: Universe, visitors: Visitors, assessment: Assessment
    ) -> None:
        row = note(universe, assessment)
        address = reverse("meeting-point", args=[assessment.pk, row.pk])
        response = visitors.post("adviser", address, {"do": "remove", "text": "", "version": "1"})
        assert response["Location"] == where(assessment, "?live=1#benchmark-3")
        with all_rows():
            assert not MeetingPoint.objects.exists()


def test_a_pack_full_of_everything_costs_no_more(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    def cost(query: str) -> int:
        assert visitors.get("adviser", where(assessment, query)).status_code == 200
        return len([one for one in visitors.statements if not one.startswith(("SAVEPOINT", "RELEASE"))])

    few = [cost(query) for query in ("", "?live=1")]
    differ(universe, assessment)
    for number in (None, *(one.number for one in universe.scheme().benchmarks.values() if one.scored)):
        for _time in range(4):
            note(universe, assessment, number)
    assert [cost(query) for query in ("", "?live=1")] == few
    assert max(few) <= MOST_TO_READ
    fields = {"do": "note", "number": "3", "text": "By May.", "level": "met"}
    assert visitors.post("adviser", where(assessment, "?live=1"), fields).status_code == 302
    assert len([one for one in visitors.statements if not one.startswith(("SAVEPOINT", "RELEASE"))]) <= MOST_TO_SAVE
