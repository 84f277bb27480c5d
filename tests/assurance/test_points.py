"""Strengths and recommendations in order, with owners and dates, wording of earlier years, and the adviser's judgement
of last year's."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from assurance.access import Forbidden, NotFound, visible
from assurance.actions import agreement, follow_ups, points
from assurance.actions.follow_ups import FollowUpReply, Judgement
from assurance.actions.points import NewRecommendation, list_token
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Event, FollowUpReview, Recommendation, Strength
from assurance.queries import points as read
from assurance.queries.follow_ups import follow_ups as followed
from assurance.vocabulary import Audience, EventKind, State
from letters.content import contents_of
from tests.matrices.world import Visitors, changed, soon, written
from tests.universe import Universe, all_rows, as_actor

NOTE = "Two of the three parts are there."


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    """Alder's, in review, with no year before it."""
    return universe.assessment(State.IN_REVIEW)


def standing(assessment: Assessment) -> list[Recommendation]:
    with all_rows():
        return list(Recommendation.objects.filter(assessment=assessment))


def recommend(universe: Universe, assessment: Assessment, *wanted: NewRecommendation) -> list[Recommendation]:
    """Put these in place of what stands."""
    token = list_token(standing(assessment))
    with as_actor(universe.adviser_of(assessment.authority)) as by:
        points.save_recommendations(
            by=by, at=universe.at, assessment_id=assessment.pk, token=token, recommendations=wanted
        )
    return standing(assessment)


def page_of(assessment: Assessment, name: str = "recommendations") -> str:
    return reverse(name, args=[assessment.pk])


def typed(*entries: dict[str, Any], token: str = "", **more: Any) -> dict[str, Any]:
    """Entries as the form of recommendations sends them."""
    fields: dict[str, Any] = {"token": token or list_token(()), **more}
    for index, entry in enumerate(entries):
        empty = {"id": "", "recommendation": "", "heading": "", "owners": "", "due": ("", "", "")}
        for name, value in (empty | entry).items():
            if name == "due":
                fields |= dict(zip((f"due_{index}_{part}" for part in ("day", "month", "year")), value, strict=True))
            else:
                fields[f"{name}_{index}"] = value
    return fields


def shown(response: HttpResponse, name: str) -> list[str]:
    """The texts in the boxes of this name, in their order on the page."""
    page = response.content.decode()
    found = re.findall(rf'<textarea[^>]* name="{name}_[0-9]+"[^>]*>\n?(.*?)</textarea>', page, flags=re.DOTALL)
    return [html.unescape(one) for one in found]


def value_of(response: HttpResponse, name: str) -> str:
    """What is in a box of one line, or in a hidden field."""
    page = response.content.decode()
    (field,) = re.findall(rf'<input[^>]* name="{name}"[^>]*>', page)
    found = re.search(r' value="([^"]*)"', field)
    return html.unescape(found[1]) if found else ""


# Owners, due date, order and identity


def test_owners_and_a_date_are_kept_and_nobody_is_an_owner_yet(universe: Universe, assessment: Assessment) -> None:
    first, second = recommend(
        universe,
        assessment,
        NewRecommendation(
            "Write it down.", owners=(" Head of safety ", "", "The board", "The board"), due_on=soon(universe)
        ),
        NewRecommendation("Meet."),
    )
    assert (first.owners, first.due_on) == (["Head of safety", "The board"], soon(universe))
    assert (second.owners, second.due_on) == ([], None)
    with as_actor(universe.adviser) as by:
        both = read.points(visible(by, Strength), visible(by, Recommendation))
    assert [(one.owners, one.due_on) for one in both.recommendations] == [
        (("Head of safety", "The board"), soon(universe)),
        ((), None),
    ]


def test_a_row_goes_where_its_text_goes(universe: Universe, assessment: Assessment) -> None:
    one, two, three = recommend(universe, assessment, *map(NewRecommendation, ("One.", "Two.", "Three.")))
    again = recommend(
        universe,
        assessment,
        NewRecommendation("Three.", id=three.pk),
        NewRecommendation("One, said better.", id=one.pk),
        NewRecommendation("Four."),
    )
    assert [(row.position, row.text) for row in again] == [(1, "Three."), (2, "One, said better."), (3, "Four.")]
    assert [row.pk for row in again[:2]] == [three.pk, one.pk]
    assert again[2].pk not in {one.pk, two.pk, three.pk}
    with all_rows():
        past = Recommendation.history.filter(id=one.pk).order_by("history_id")
        assert list(past.values_list("text", "position")) == [("One.", 1), ("One, said better.", 2)]
        assert Recommendation.history.filter(id=two.pk, history_type="-").exists()


def test_strengths_go_with_their_rows_too(universe: Universe, assessment: Assessment) -> None:
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
    with as_actor(universe.adviser) as by:
        one, two = points.save_strengths(by=by, token=list_token(()), texts=["One.", "Two."], **common)
        points.save_strengths(
            by=by, token=list_token((one, two)), texts=["Two.", "One."], ids=[two.pk, one.pk], **common
        )
        assert list(Strength.objects.values_list("pk", "text", "position")) == [
            (two.pk, "Two.", 1),
            (one.pk, "One.", 2),
        ]


def test_an_id_of_another_assessment_makes_a_new_row(universe: Universe, assessment: Assessment) -> None:
    birch = universe.assessment(State.IN_REVIEW, authority=universe.birch)
    (theirs,) = recommend(universe, birch, NewRecommendation("Theirs."))
    one, again = recommend(
        universe, assessment, NewRecommendation("Ours.", id=theirs.pk), NewRecommendation("Again.", id=theirs.pk)
    )
    assert theirs.pk not in (one.pk, again.pk)
    assert [row.text for row in standing(birch)] == ["Theirs."]


def test_the_same_again_writes_nothing(universe: Universe, assessment: Assessment) -> None:
    (one,) = recommend(universe, assessment, NewRecommendation("Write it down.", owners=("The board",)))
    before = written(universe)
    recommend(universe, assessment, NewRecommendation("Write it down.", owners=("The board",), id=one.pk))
    assert changed(before, written(universe)) == {}


def test_a_new_date_has_not_passed_and_an_old_one_may_have(universe: Universe, assessment: Assessment) -> None:
    today = universe.at.date()
    with pytest.raises(Unfit, match="today or later") as refused:
        recommend(universe, assessment, NewRecommendation("Meet.", due_on=today - timedelta(days=1)))
    assert refused.value.field == "due_0"
    (one,) = recommend(universe, assessment, NewRecommendation("Meet.", due_on=today))
    now, universe.at = universe.at, universe.at + timedelta(days=30)
    try:
        (kept,) = recommend(universe, assessment, NewRecommendation("Meet soon.", due_on=today, id=one.pk))
        assert (kept.pk, kept.due_on, kept.text) == (one.pk, today, "Meet soon.")
        with pytest.raises(Unfit, match="today or later"):
            recommend(universe, assessment, NewRecommendation("Meet.", due_on=today + timedelta(days=1), id=one.pk))
    finally:
        universe.at = now


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (NewRecommendation("", owners=("The board",)), "recommendation_0"),
        (NewRecommendation("", due_on=date(2040, 1, 1)), "recommendation_0"),
        (NewRecommendation("Meet.", benchmarks=(9,)), "benchmarks_0"),
        (NewRecommendation("Meet.", owners=("x" * 201,)), "owners_0"),
        (NewRecommendation("Meet.", owners=tuple(f"Owner {n}" for n in range(11))), "owners_0"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(
    universe: Universe, assessment: Assessment, wanted: NewRecommendation, field: str
) -> None:
    with pytest.raises(Unfit) as refused:
        recommend(universe, assessment, wanted)
    assert refused.value.field == field
    assert standing(assessment) == []


def test_the_token_knows_owners_and_dates(universe: Universe, assessment: Assessment) -> None:
    (one,) = recommend(universe, assessment, NewRecommendation("Meet."))
    tokens = {list_token((one,))}
    for name, value in (("owners", ["The board"]), ("due_on", soon(universe)), ("heading", "Board"), ("position", 2)):
        setattr(one, name, value)
        tokens.add(list_token((one,)))
    assert len(tokens) == 5


def test_one_that_was_answered_in_a_later_year_stays(universe: Universe) -> None:
    before = universe.last_year()
    this = universe.assessment(State.IN_PROGRESS)
    (asked,) = standing(before)
    with as_actor(universe.lead) as by:
        reply = FollowUpReply(version=0, progress="done")
        follow_ups.save_follow_ups(by=by, at=universe.at, assessment_id=this.pk, replies={asked.pk: reply})
    with as_actor(universe.manager) as by:
        agreement.reopen(by=by, at=universe.at, assessment_id=before.pk, reason="A mistake was found.")
    with pytest.raises(Unfit, match="answered in a later year") as refused:
        recommend(universe, before, NewRecommendation("Another."))
    assert refused.value.field == points.REMOVED
    visitors = Visitors(universe)
    fields = typed({"recommendation": "Another."}, token=list_token([asked]))
    response = visitors.post("adviser", page_of(before), fields)
    assert shown(response, "recommendation")[:2] == ["Another.", "Write the risks down."]
    assert "answered in a later year" in response.content.decode()
    fields |= {"recommendation_1": asked.text, "id_1": asked.pk, "benchmarks_1": "2"}
    assert visitors.post("adviser", page_of(before), fields).status_code == 302
    assert [(row.text, row.pk == asked.pk) for row in standing(before)] == [
        ("Another.", False),
        ("Write the risks down.", True),
    ]


# The page


def test_the_form_saves_everything(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    day = timezone.localdate() + timedelta(days=30)
    entry = {
        "recommendation": "Write it down.",
        "heading": "Risks",
        "benchmarks": ["1", "2"],
        "owners": "Head of safety\r\nThe board",
        "due": (day.day, day.month, day.year),
    }
    assert visitors.post("adviser", page_of(assessment), typed(entry, {})).status_code == 302
    (row,) = standing(assessment)
    assert (row.heading, row.text, row.benchmark_numbers) == ("Risks", "Write it down.", [1, 2])
    assert (row.owners, row.due_on) == (["Head of safety", "The board"], day)
    page = visitors.get("adviser", page_of(assessment))
    assert shown(page, "owners")[0] == "Head of safety\nThe board"
    assert [value_of(page, f"due_0_{part}") for part in ("day", "month", "year")] == [
        str(one) for one in (day.day, day.month, day.year)
    ]
    assert value_of(page, "id_0") == str(row.pk)


MANY = (
    {"recommendation": "One.", "id": "71", "owners": "Anna\nBoris", "benchmarks": ["1"], "due": ("31", "13", "soon")},
    {"recommendation": "Two.", "heading": "Second"},
    {"recommendation": "Three, " + "x" * 150},
)


@pytest.mark.parametrize(
    ("do", "order"),
    [
        ("up_1", ["Two.", "One.", MANY[2]["recommendation"]]),
        ("down_1", ["One.", MANY[2]["recommendation"], "Two."]),
        ("remove_1", ["One.", MANY[2]["recommendation"]]),
        ("up_0", ["One.", "Two.", MANY[2]["recommendation"]]),
        ("down_2", ["One.", "Two.", MANY[2]["recommendation"]]),
        ("remove_9", ["One.", "Two.", MANY[2]["recommendation"]]),
        ("nonsense", ["One.", "Two.", MANY[2]["recommendation"]]),
    ],
)
def test_arranging_loses_nothing_that_was_typed_and_saves_nothing(
    universe: Universe, visitors: Visitors, assessment: Assessment, do: str, order: list[str]
) -> None:
    before = written(universe)
    response = visitors.post("adviser", page_of(assessment), typed(*MANY, do=do))
    assert response.status_code == 200
    assert changed(before, written(universe)) == {}
    assert [one for one in shown(response, "recommendation") if one] == order
    first = order.index("One.")
    assert shown(response, "owners")[first] == "Anna\nBoris"
    assert value_of(response, f"id_{first}") == "71"
    assert [value_of(response, f"due_{first}_{part}") for part in ("day", "month", "year")] == ["31", "13", "soon"]
    assert re.search(rf'name="benchmarks_{first}"[^>]*value="1"[^>]*checked', response.content.decode())
    if "Two." in order:
        assert value_of(response, f"heading_{order.index('Two.')}") == "Second"
    assert "There is a problem" not in response.content.decode()


def test_strengths_are_arranged_alike(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    fields = {"token": list_token(()), "strength_0": "One.", "strength_1": "Two.", "strength_2": ""}
    response = visitors.post("adviser", page_of(assessment, "strengths"), fields | {"do": "down_0"})
    assert shown(response, "strength")[:2] == ["Two.", "One."]
    assert "Moved down" in response.content.decode()
    response = visitors.post("adviser", page_of(assessment, "strengths"), fields | {"do": "remove_0"})
    assert shown(response, "strength")[0] == "Two."


def test_somebody_else_saved_in_between(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    (one,) = recommend(universe, assessment, NewRecommendation("One."))
    token = list_token((one,))
    one, two = recommend(
        universe, assessment, NewRecommendation("One, theirs.", id=one.pk), NewRecommendation("Two, theirs.")
    )
    mine = typed({"recommendation": "One, mine.", "id": one.pk, "owners": "Anna"}, token=token)
    response = visitors.post("adviser", page_of(assessment), mine)
    assert response.status_code == 409
    assert "One, theirs." in response.content.decode()
    assert [text for text in shown(response, "recommendation") if text] == ["One, mine.", "Two, theirs."]
    assert shown(response, "owners")[0] == "Anna"
    assert value_of(response, "id_1") == str(two.pk)
    again = mine | {"token": value_of(response, "token"), "recommendation_1": "Two, theirs.", "id_1": two.pk}
    assert visitors.post("adviser", page_of(assessment), again).status_code == 302
    assert [(row.pk, row.text) for row in standing(assessment)] == [(one.pk, "One, mine."), (two.pk, "Two, theirs.")]


def test_too_late_keeps_the_text(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    fields = typed({"recommendation": "Write the long plan down."})
    universe.assessment(State.PROPOSED)
    response = visitors.post("adviser", page_of(assessment), fields)
    assert response.status_code == 409
    assert "Write the long plan down." in response.content.decode()


def test_more_than_the_limit_warns_and_is_kept(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    entries = [{"recommendation": f"Do {n}."} for n in range(4)]
    assert "More are allowed" not in visitors.get("adviser", page_of(assessment)).content.decode()
    response = visitors.post("adviser", page_of(assessment), typed(*entries))
    assert response.status_code == 302
    assert len(standing(assessment)) == 4
    after = visitors.get("adviser", response["Location"]).content.decode()
    assert "There are 4 recommendations now. This year speaks of up to 3." in after
    assert (
        "There are 4 recommendations here. This year speaks of up to 3."
        in visitors.get("adviser", page_of(assessment)).content.decode()
    )


def test_without_a_limit_of_the_cycle_the_schemes_counts(universe: Universe, assessment: Assessment) -> None:
    scheme = universe.scheme()
    assert read.limit_of(assessment, scheme) == 3
    assessment.cycle.recommendation_limit = None
    assert read.limit_of(assessment, scheme) == scheme.max_recommendations
    assessment.cycle.recommendation_limit = 0
    assert read.limit_of(assessment, scheme) == 0


def test_more_entries_than_a_form_takes_are_refused_with_a_word(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    fields = {"token": list_token(())} | {f"strength_{n}": f"Strength {n}." for n in range(25)}
    response = visitors.post("adviser", page_of(assessment, "strengths"), fields)
    assert response.status_code == 200
    assert "Shorten the list to 20 entries or fewer" in response.content.decode()


def test_no_owner_yet_is_seen_wherever_recommendations_are_read(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    recommend(universe, assessment, NewRecommendation("Owned.", owners=("Head of safety",), due_on=soon(universe)))
    record = visitors.get("adviser", reverse("record", args=[assessment.pk])).content.decode()
    assert "Head of safety" in record
    assert "No owner yet" not in record
    recommend(universe, assessment, NewRecommendation("Nobody's."))
    record = visitors.get("adviser", reverse("record", args=[assessment.pk])).content.decode()
    assert "No owner yet" in record
    for state in (State.PROPOSED, State.AGREED):
        universe.assessment(state)
    following = universe.further_assessment("2026/27")
    for address in (reverse("home"), reverse("follow-ups", args=[following.pk])):
        assert "No owner yet" in visitors.get("lead", address).content.decode()


# Earlier wording


def wordings(universe: Universe, assessment: Assessment, who: str = "adviser", **wanted: Any) -> list[str]:
    with as_actor(universe.cast[who]) as by:
        found = read.library(by, assessment, universe.scheme(assessment.cycle.scheme_version.scheme.code), **wanted)
    return [one.text for one in found.wordings]


@pytest.fixture
def after_two(universe: Universe) -> Assessment:
    """Alder's in review, after a year on the ten benchmarks and one on the eight, each with what it recommended."""
    ten = universe.last_year("la-10")
    eight = universe.last_year()
    for one, wanted in (
        (ten, [NewRecommendation("Train the trainers.", benchmarks=(6,)), NewRecommendation("Hold open meetings.")]),
        (
            eight,
            [
                NewRecommendation("Write the risks down.", benchmarks=(2,)),
                NewRecommendation("Train all staff.", benchmarks=(7,)),
            ],
        ),
    ):
        with as_actor(universe.manager) as by:
            agreement.reopen(by=by, at=universe.at, assessment_id=one.pk, reason="For the test.")
        recommend(universe, one, *wanted)
        for state in (State.PROPOSED, State.AGREED):
            universe.advance(one, state)
    assessment = universe.assessment(State.IN_REVIEW)
    recommend(universe, assessment, NewRecommendation("Only of this year."))
    return assessment


def test_the_library_is_newest_first_and_not_of_this_assessment(universe: Universe, after_two: Assessment) -> None:
    assert wordings(universe, after_two) == [
        "Hold open meetings.",
        "Train the trainers.",
        "Train all staff.",
        "Write the risks down.",
    ]


def test_the_library_is_searched_by_benchmark_with_the_crosswalk_and_by_words(
    universe: Universe, after_two: Assessment
) -> None:
    assert wordings(universe, after_two, benchmark=2) == ["Write the risks down."]
    # 6 and 8 of the ten are read as 7 of the eight.
    assert wordings(universe, after_two, benchmark=7) == ["Train the trainers.", "Train all staff."]
    assert wordings(universe, after_two, words="training") == ["Train the trainers.", "Train all staff."]
    assert wordings(universe, after_two, benchmark=7, words="staff") == ["Train all staff."]
    assert wordings(universe, after_two, words="train -staff") == ["Train the trainers."]
    assert wordings(universe, after_two, benchmark=3) == []


def test_the_library_goes_both_ways(universe: Universe, after_two: Assessment) -> None:
    with all_rows():
        ten = Assessment.objects.select_related("cycle__scheme_version__scheme", "authority").get(
            cycle__name="2024/25 (ten benchmarks)", authority=universe.alder
        )
    assert wordings(universe, ten, benchmark=8) == ["Train all staff."]


def test_the_library_shows_what_the_adviser_may_read_and_is_agreed(universe: Universe, after_two: Assessment) -> None:
    birch = universe.assessment(State.IN_REVIEW, authority=universe.birch)
    recommend(universe, birch, NewRecommendation("Of Birch."))
    assert wordings(universe, birch, who="other_adviser") == []
    cedar = universe.assessment(State.IN_REVIEW, authority=universe.cedar)
    for state in (State.PROPOSED, State.AGREED):
        universe.assessment(state, authority=universe.birch)
    assert wordings(universe, cedar, who="other_adviser") == ["Of Birch."]
    assert "Of Birch." not in wordings(universe, after_two)


def test_a_text_that_was_used_twice_comes_once(universe: Universe) -> None:
    universe.last_year(authority=universe.birch)
    universe.last_year(authority=universe.cedar)
    birch = universe.assessment(State.IN_REVIEW, authority=universe.birch)
    assert wordings(universe, birch, who="other_adviser") == ["Write the risks down."]


def test_wording_is_put_into_the_first_empty_entry(
    universe: Universe, visitors: Visitors, after_two: Assessment
) -> None:
    with all_rows():
        source = Recommendation.objects.get(text="Write the risks down.")
        other = Recommendation.objects.get(text="Train the trainers.")
    mine = typed({"recommendation": "Mine.", "due": ("x", "", "")}, {}, {"recommendation": "Also."}, q="", benchmark="")
    response = visitors.post("adviser", page_of(after_two), mine | {"do": f"use_{source.pk}"})
    assert shown(response, "recommendation")[:3] == ["Mine.", "Write the risks down.", "Also."]
    assert value_of(response, "due_0_day") == "x"
    page = response.content.decode()
    assert "This wording is from Alder County Council, 2024/25." in page
    assert "Take out the names" in page
    assert re.search(r'name="benchmarks_1"[^>]*value="2"[^>]*checked', page)
    # Of another scheme the numbers say something else: the benchmark that was looked for is ticked.
    response = visitors.post("adviser", page_of(after_two), mine | {"benchmark": "7", "do": f"use_{other.pk}"})
    page = response.content.decode()
    assert re.search(r'name="benchmarks_1"[^>]*value="7"[^>]*checked', page)
    assert not re.search(r'name="benchmarks_1"[^>]*value="6"[^>]*checked', page)


def test_there_is_always_a_place_for_wording(universe: Universe, visitors: Visitors, after_two: Assessment) -> None:
    with all_rows():
        source = Recommendation.objects.get(text="Write the risks down.")
    full = typed({"recommendation": "One."}, {"recommendation": "Two."}, {"recommendation": "Three."})
    response = visitors.post("adviser", page_of(after_two), full | {"do": f"use_{source.pk}"})
    assert shown(response, "recommendation")[:4] == ["One.", "Two.", "Three.", "Write the risks down."]


def test_wording_of_an_authority_of_others_is_not_there(universe: Universe, visitors: Visitors) -> None:
    universe.last_year(authority=universe.birch)
    with all_rows():
        theirs = Recommendation.objects.get()
    assessment = universe.assessment(State.IN_REVIEW)
    response = visitors.post("adviser", page_of(assessment), typed({}, do=f"use_{theirs.pk}"))
    assert response.status_code == 404


def test_looking_for_wording_loses_nothing(universe: Universe, visitors: Visitors, after_two: Assessment) -> None:
    fields = typed({"recommendation": "Half a sent", "due": ("1", "", "")}, do="find", benchmark="7", q="train")
    response = visitors.post("adviser", page_of(after_two), fields)
    assert shown(response, "recommendation")[0] == "Half a sent"
    page = response.content.decode()
    assert "Train the trainers." in page
    assert "Write the risks down." not in page
    assert "Take out the names" in page
    assert "There is a problem" not in page


def test_who_comes_from_a_benchmark_finds_its_wording_and_its_box_ticked(
    universe: Universe, visitors: Visitors, after_two: Assessment
) -> None:
    page = visitors.get("adviser", f"{page_of(after_two)}?benchmark=2").content.decode()
    assert page.count("Use this wording") == 1
    assert re.search(r'name="benchmarks_1"[^>]*value="2"[^>]*checked', page)
    (mine,) = standing(after_two)
    fields = typed({"recommendation": mine.text, "id": mine.pk}, {"benchmarks": ["2"]}, token=list_token((mine,)))
    assert visitors.post("adviser", page_of(after_two), fields).status_code == 302
    assert standing(after_two) == [mine], "a tick alone is no recommendation"
    for odd in ("99", "x", "-1", "2&q=%00"):
        assert visitors.get("adviser", f"{page_of(after_two)}?benchmark={odd}").status_code == 200


def test_the_library_is_paged_at_the_same_cost(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    recommend(universe, assessment, NewRecommendation("The only one.", benchmarks=(1,)))
    costs = []
    for name, count in (("2026/27", 15), ("2027/28", 1)):
        for state in (State.PROPOSED, State.AGREED):
            universe.advance(assessment, state)
        assessment = universe.further_assessment(name)
        for state in (State.IN_PROGRESS, State.SUBMITTED, State.IN_REVIEW):
            universe.advance(assessment, state)
        visitors.get("adviser", f"{page_of(assessment)}?benchmark=1&q=do+one")
        response = visitors.post("adviser", page_of(assessment), typed({}, do="find", benchmark="1", q="one or do"))
        costs.append([sql for sql in visitors.statements if "SAVEPOINT" not in sql])
        assert response.status_code == 200
        recommend(universe, assessment, *(NewRecommendation(f"Do {n}.", benchmarks=(1,)) for n in range(count)))
    assert len(costs[0]) == len(costs[1]) <= 8
    page = visitors.post("adviser", page_of(assessment), typed({}, do="find")).content.decode()
    assert (page.count("Use this wording"), "Older wording" in page, "Newer wording" in page) == (10, True, False)
    page = visitors.post("adviser", page_of(assessment), typed({}, do="page_2")).content.decode()
    assert (page.count("Use this wording"), "Older wording" in page, "Newer wording" in page) == (6, False, True)


# What the adviser says of last year's


@pytest.fixture
def asked(universe: Universe) -> int:
    """The id of last year's only recommendation to Alder."""
    universe.last_year()
    with all_rows():
        return Recommendation.objects.get().pk


@pytest.fixture
def reviewed(universe: Universe, asked: int) -> Assessment:
    """This year's in review: the lead says that it is done."""
    assessment = universe.assessment(State.IN_PROGRESS)
    with as_actor(universe.lead) as by:
        reply = FollowUpReply(version=0, progress="done", owner="Conrad", note="All of it.")
        follow_ups.save_follow_ups(by=by, at=universe.at, assessment_id=assessment.pk, replies={asked: reply})
    return universe.assessment(State.IN_REVIEW)


def judge(universe: Universe, assessment: Assessment, asked: int, who: str = "adviser", **said: Any) -> int:
    with as_actor(universe.cast[who]) as by:
        return follow_ups.save_follow_up_reviews(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            judgements={asked: Judgement(**({"version": 0} | said))},
        )


def test_a_judgement_leaves_history_and_an_event_of_the_home_office(
    universe: Universe, reviewed: Assessment, asked: int
) -> None:
    assert judge(universe, reviewed, asked, progress="in_progress", note=NOTE) == 1
    assert judge(universe, reviewed, asked, progress="in_progress", note=NOTE) == 0
    with all_rows():
        found = FollowUpReview.objects.get()
        assert (found.progress, found.note, found.version) == ("in_progress", NOTE, 1)
        assert list(FollowUpReview.history.values_list("history_user", "version")) == [(universe.adviser.pk, 1)]
        event = Event.objects.get(kind=EventKind.JUDGED)
        assert (event.audience, event.detail) == (Audience.HOME_OFFICE, {"recommendation": 1})


def test_a_judgement_never_overwrites_another(universe: Universe, reviewed: Assessment, asked: int) -> None:
    judge(universe, reviewed, asked, progress="in_progress")
    with pytest.raises(Stale) as refused:
        judge(universe, reviewed, asked, progress="done")
    assert refused.value.current[asked].progress == "in_progress"
    assert judge(universe, reviewed, asked, progress="done", version=1) == 1
    assert judge(universe, reviewed, asked, progress="in_progress", version=1) == 0, "left as it was seen: no conflict"
    with all_rows():
        assert FollowUpReview.objects.get().progress == "done"


def test_who_may_judge_and_when(universe: Universe, reviewed: Assessment, asked: int) -> None:
    for who in ("lead", "contributor", "viewer", "manager", "auditor", "signatory", "administrator"):
        with pytest.raises(Forbidden):
            judge(universe, reviewed, asked, who, progress="done")
    for who in ("other_adviser", "other_lead", "other_manager", "stranger"):
        with pytest.raises(NotFound):
            judge(universe, reviewed, asked, who, progress="done")
    for said, field in (
        ({"progress": "", "note": NOTE}, f"progress_{asked}"),
        ({"progress": "nearly"}, f"progress_{asked}"),
        ({"progress": "done", "note": "x " * 501}, f"note_{asked}"),
    ):
        with pytest.raises(Unfit) as refused:
            judge(universe, reviewed, asked, **said)
        assert refused.value.field == field
    (own,) = recommend(universe, reviewed, NewRecommendation("Of this year."))
    with pytest.raises(Unfit, match="not of last year"):
        judge(universe, reviewed, own.pk, progress="done")
    universe.assessment(State.PROPOSED)
    with pytest.raises(NotEditable):
        judge(universe, reviewed, asked, progress="done")


def test_the_page_shows_both_and_keeps_what_was_typed(
    universe: Universe, visitors: Visitors, reviewed: Assessment, asked: int
) -> None:
    address = page_of(reviewed, "follow-up-reviews")
    page = visitors.get("adviser", address).content.decode()
    assert "All of it." in page
    assert "Conrad" in page
    desk = reverse("assessment", args=[reviewed.pk])
    assert "0 of 1 judged" in visitors.get("adviser", desk).content.decode()
    fields = {f"progress_{asked}": "in_progress", f"note_{asked}": NOTE, f"version_{asked}": 0}
    assert visitors.post("adviser", address, fields).status_code == 302
    assert "1 of 1 judged" in visitors.get("adviser", desk).content.decode()
    late = visitors.post("adviser", address, fields | {f"note_{asked}": "Something else."})
    assert late.status_code == 409
    assert shown(late, "note") == ["Something else."]
    assert NOTE in late.content.decode()
    assert value_of(late, f"version_{asked}") == "1"
    wrong = visitors.post(
        "adviser", address, {f"note_{asked}": "Only this.", f"version_{asked}": 1, f"progress_{asked}": ""}
    )
    assert "Choose how far this recommendation is" in wrong.content.decode()
    assert shown(wrong, "note") == ["Only this."]


def test_the_authority_sees_the_judgement_once_outcomes_are_proposed(
    universe: Universe, visitors: Visitors, reviewed: Assessment, asked: int
) -> None:
    judge(universe, reviewed, asked, progress="in_progress", note=NOTE)
    record, timeline = (reverse(name, args=[reviewed.pk]) for name in ("record", "timeline"))
    pages = (record, reverse("home"), reverse("follow-ups", args=[reviewed.pk]), timeline)
    for who in ("lead", "contributor", "viewer"):
        for address in pages:
            page = visitors.get(who, address).content.decode()
            assert NOTE not in page
            assert "judged" not in page
    for who in ("adviser", "manager", "auditor"):
        assert NOTE in visitors.get(who, record).content.decode()
    universe.assessment(State.PROPOSED)
    for who in ("lead", "contributor", "viewer"):
        page = visitors.get(who, record).content.decode()
        assert NOTE in page
        assert "Differs" in page
    assert NOTE in visitors.get("lead", reverse("home")).content.decode()
    # The self-assessment is the authority's own.
    assert NOTE not in visitors.get("lead", reverse("print", args=[reviewed.pk])).content.decode()
    universe.assessment(State.DISPUTED)
    with as_actor(universe.adviser) as by:
        agreement.reconsider(by=by, at=universe.at, assessment_id=reviewed.pk)
    assert NOTE not in visitors.get("lead", record).content.decode()


def test_alike_is_not_marked_as_differing(universe: Universe, reviewed: Assessment, asked: int) -> None:
    judge(universe, reviewed, asked, progress="done")
    with as_actor(universe.adviser) as by:
        found = followed(by, reviewed)
    assert (found.judged, found.lines[0].judged_label, found.lines[0].differs) == (1, "Done", False)
    assert found.own.judged == 0


def test_the_letter_goes_by_what_the_authority_says(universe: Universe, reviewed: Assessment, asked: int) -> None:
    judge(universe, reviewed, asked, progress="not_started", note=NOTE)
    letter = universe.letter()
    with all_rows():
        ((_edition, content),) = contents_of(letter, universe.at.date())
    assert NOTE not in content.model_dump_json()


def test_many_judgements_cost_what_one_does(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    found: list[list[str]] = []
    for name, count in (("2026/27", 1), ("2027/28", 15)):
        rows = recommend(universe, assessment, *(NewRecommendation(f"Do {n}.") for n in range(count)))
        for state in (State.PROPOSED, State.AGREED):
            universe.advance(assessment, state)
        assessment = universe.further_assessment(name)
        for state in (State.IN_PROGRESS, State.SUBMITTED, State.IN_REVIEW):
            universe.advance(assessment, state)
        address = page_of(assessment, "follow-up-reviews")
        visitors.get("adviser", address)
        found.append([sql for sql in visitors.statements if "SAVEPOINT" not in sql])
        fields: dict[str, Any] = {}
        for row in rows:
            fields |= {f"progress_{row.pk}": "done", f"note_{row.pk}": NOTE, f"version_{row.pk}": 0}
        assert visitors.post("adviser", address, fields).status_code == 302
        found.append([sql for sql in visitors.statements if "SAVEPOINT" not in sql])
    assert len(found[0]) == len(found[2]) <= 8
    assert len(found[1]) == len(found[3]) <= 12, "\n".join(sql[:160] for sql in found[3])
