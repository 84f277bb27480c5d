"""What is looked for before a letter goes out: each check, overruling, and what keeps a letter back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from assurance.access import Forbidden, NotFound
from assurance.actions import points, quality, reviews
from assurance.actions.refusals import Stale, Unfit
from assurance.insights import quality as checks
from assurance.models import Assessment, Event, Overrule, Review
from assurance.queries.quality import Found, Further, look, quality_page
from assurance.vocabulary import Audience, EventKind, QualityCheck, State
from benchmarks.catalogue import SchemeText
from tests.matrices.world import Visitors
from tests.universe import Universe, all_rows, as_actor

C = QualityCheck


# The checks, on plain values


@pytest.fixture
def scheme(universe: Universe) -> SchemeText:
    return universe.scheme()


def ids(scheme: SchemeText, *levels: str, number: int = 1) -> frozenset[int]:
    return frozenset(one.id for level in levels for one in scheme.benchmarks[number].criteria[level])


def judged(scheme: SchemeText, level: str, met: frozenset[int], **more: Any) -> list[checks.Finding]:
    one = checks.Judged(number=1, level=level, comments="Fine.", met=met, marked=more.pop("marked", met), **more)
    return list(checks.of_benchmarks(scheme, [one]))


def test_an_outcome_that_the_criteria_suggest_is_no_warning(scheme: SchemeText) -> None:
    assert judged(scheme, "met", ids(scheme, "met")) == []
    assert judged(scheme, "exceeding", ids(scheme, "met", "exceeding")) == []
    assert judged(scheme, "not_met", ids(scheme, "not_met")) == []


@pytest.mark.parametrize(
    ("level", "marked", "suggested"),
    [("exceeding", ("met",), "Met"), ("met", ("met", "exceeding"), "Exceeding"), ("met", ("not_met",), "Not met")],
)
def test_an_outcome_against_the_criteria_says_what_they_suggest(
    scheme: SchemeText, level: str, marked: tuple[str, ...], suggested: str
) -> None:
    (found,) = judged(scheme, level, ids(scheme, *marked))
    assert (found.code, found.subject, found.facts["suggested"]) == (C.AGAINST_MARKS, "benchmark:1:outcome", suggested)


def test_what_the_adviser_differs_on_does_not_count(scheme: SchemeText) -> None:
    met = ids(scheme, "met")
    out = frozenset(sorted(met)[:1])
    (found,) = judged(scheme, "met", met, differed=out)
    assert (found.facts["suggested"], found.facts["differed"]) == ("", 1)
    everything = ids(scheme, "met", "exceeding")
    (found,) = judged(scheme, "exceeding", everything, differed=frozenset(sorted(ids(scheme, "exceeding"))[:1]))
    assert found.facts["suggested"] == "Met"
    assert judged(scheme, "not_met", met, differed=out) == []


def test_signs_of_not_meeting_defend_an_outcome_below(scheme: SchemeText) -> None:
    assert judged(scheme, "not_met", ids(scheme, "met", "not_met")) == []
    (found,) = judged(scheme, "not_met", ids(scheme, "met"))
    assert found.facts["suggested"] == "Met"


def test_nothing_marked_speaks_against_nothing(scheme: SchemeText) -> None:
    assert judged(scheme, "exceeding", frozenset()) == []
    some = frozenset(sorted(ids(scheme, "met"))[:1])
    assert [one.code for one in judged(scheme, "met", frozenset(), marked=some)] == [C.AGAINST_MARKS]
    assert judged(scheme, "met", frozenset(), marked=some, settled=True) == []


def test_best_fit_has_no_marks_to_go_against(universe: Universe) -> None:
    assert judged(universe.scheme("la-10"), "5", frozenset({1})) == []


def test_each_outcome_wants_comments(scheme: SchemeText) -> None:
    rows = [
        checks.Judged(number=1, level="met", comments=" "),
        checks.Judged(number=2, level="met", comments="Good."),
        checks.Judged(number=3, level=None),
    ]
    (found,) = checks.of_benchmarks(scheme, rows)
    assert (found.code, found.subject, found.number) == (C.NO_COMMENTS, "benchmark:1:comments", 1)


NAMES = (
    *("Leicester City Council", "Leicester", "Leicestershire County Council", "Leicestershire", "Reading"),
    *("Stoke-on-Trent", "Telford & Wrekin Council", "Suffolk", "East Suffolk", "King's Lynn and West Norfolk"),
)


@pytest.mark.parametrize(
    ("own", "text", "found"),
    [
        (("Leicestershire",), "As in leicester, the group meets.", ["Leicester"]),
        (("Leicestershire County Council", "Leicestershire"), "Leicestershire’s group meets.", []),
        (("Leicester",), "LEICESTERSHIRE COUNTY COUNCIL takes part", ["Leicestershire County Council"]),
        (("Leicester",), "A second reading of the plan", []),
        (("Leicester",), "As Reading does it", ["Reading"]),
        (("Leicester",), "stoke on trent and Stoke-on-Trent", ["Stoke-on-Trent"]),
        (("Leicester",), "With Telford\nWrekin Council", ["Telford & Wrekin Council"]),
        (("East Suffolk Council", "East Suffolk"), "East Suffolk is in Suffolk", []),
        (("Suffolk",), "Suffolk has East Suffolk in it", ["East Suffolk"]),
        (("Leicester",), "Suffolkation is no word", []),
        (("Leicester",), "in King’s Lynn and West Norfolk", ["King's Lynn and West Norfolk"]),
    ],
)  # fmt: skip
def test_another_authority_is_found_as_whole_words(own: tuple[str, ...], text: str, found: list[str]) -> None:
    assert checks.other_names(frozenset(own), frozenset({*NAMES, *own})).found_in(text) == found


def test_a_level_is_called_as_the_scheme_calls_it(universe: Universe) -> None:
    def codes(text: str, scheme: str = "la-8") -> list[QualityCheck]:
        words = checks.Words(subject="x", text=text, longest=1000)
        names = checks.other_names(frozenset({"Alder"}), frozenset({"Alder"}))
        return [one.code for one in checks.of_words(universe.scheme(scheme), names, [words])]

    assert codes("Benchmark 3 was Exceeded.") == [C.EXCEEDED]
    assert codes("EXCEEDED") == [C.EXCEEDED]
    assert codes("The group exceeded its own target and is Exceeding.") == []
    assert codes("Benchmark 3 was Exceeded.", "la-10") == []
    assert codes("x" * 1000) == []
    assert codes("x" * 1001) == [C.TOO_LONG]


def test_the_digest_is_of_what_the_warning_is_about(scheme: SchemeText) -> None:
    def digest(text: str, heading: str = "") -> str:
        one = checks.Advice(id=7, position=1, heading=heading, text=text, on_something=False)
        (found,) = checks.of_advice([one])
        return found.digest

    assert digest("a") == digest("a") and len(digest("a")) == 64
    assert len({digest("a"), digest("b"), digest("a", "b"), digest("ab")}) == 4


# On a record


def reviewed(universe: Universe, number: int = 1, level: str = "met", **texts: str) -> None:
    """Save the adviser's work on one benchmark, as it is but for what is said."""
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        row = Review.objects.get(assessment=assessment, benchmark__number=number)
        said = {"summary": f"Summary {number}.", "comments": f"Comments {number}.", "verdicts": {}, "notes": {}} | texts
        reviews.save_review(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=number,
            version=row.version,
            level_code=level,
            **said,
        )


def found(universe: Universe, *further: Further) -> Found:
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        return quality_page(by, assessment.pk, further).found


def open_codes(universe: Universe) -> list[tuple[str, str]]:
    return [(one.finding.code, one.finding.subject) for one in found(universe).open]


def test_a_review_that_is_as_it_should_be_has_no_warning(universe: Universe) -> None:
    assessment = universe.assessment(State.AGREED)
    with as_actor(universe.adviser) as by:
        page = quality_page(by, assessment.pk)
    assert page.found.applies and page.found.open == page.found.overruled == ()


def test_nothing_is_checked_before_the_review_nor_on_what_was_taken_over(universe: Universe) -> None:
    with all_rows():
        assert not look(universe.assessment(State.SUBMITTED)).applies


def test_each_warning_says_where_and_leads_there(universe: Universe) -> None:
    reviewed(universe, summary="As Birch does it, this was Exceeded.", comments="")
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        wanted = [points.NewRecommendation("Ask Cedar County Council.")]
        points.save_recommendations(
            by=by, at=universe.at, assessment_id=assessment.pk, token=points.list_token(()), recommendations=wanted
        )
    warned = found(universe).open
    assert [(one.finding.code, one.about) for one in warned] == [
        (C.NO_COMMENTS, "Benchmark 1, adviser’s comments"),
        (C.OTHER_AUTHORITY, "Benchmark 1, Annex A summary"),
        (C.EXCEEDED, "Benchmark 1, Annex A summary"),
        (C.OTHER_AUTHORITY, "Recommendation 1"),
        (C.ON_NOTHING, "Recommendation 1"),
    ]
    assert [one.message for one in warned] == [
        "The outcome is Met, and there are no comments.",
        "Another authority is named: “Birch”.",
        "It says “Exceeded”. The outcome is called “Exceeding”.",
        "Another authority is named: “Cedar County Council”.",
        "It touches no benchmark.",
    ]
    review = reverse("review", args=[assessment.pk, 1])
    assert [one.href for one in warned] == [review] * 3 + [reverse("recommendations", args=[assessment.pk])] * 2
    universe.review_all(assessment.pk, universe.alder, universe.scheme())
    universe.assessment(State.PROPOSED)
    with as_actor(universe.adviser) as by:
        assert {one.href for one in quality_page(by, assessment.pk).found.open} == {""}


def test_a_question_without_an_answer_is_a_warning_until_it_has_one(universe: Universe) -> None:
    assessment = universe.assessment(State.CLARIFICATION)
    with as_actor(universe.adviser) as by:
        (warned,) = quality_page(by, assessment.pk).found.open
    assert (warned.finding.code, warned.benchmark and warned.benchmark.number) == (C.UNANSWERED, 1)
    universe.answer_questions(assessment.pk, universe.alder)
    with as_actor(universe.adviser) as by:
        assert quality_page(by, assessment.pk).found.open == ()


def test_texts_that_are_kept_elsewhere_are_checked_too(universe: Universe) -> None:
    letter = Further(
        subject="letter:summary", about="Covering summary", text="Like Birch.", href="/x/", mend="Change it"
    )
    (warned,) = found(universe, letter).open
    assert (warned.about, warned.href) == ("Covering summary", "/x/")


# Overruling


def of(warned: Any, reason: str = "It is a quotation.") -> quality.Overruling:
    one = warned.finding
    return quality.Overruling(code=one.code, subject=one.subject, digest=one.digest, reason=reason)


def overrule(universe: Universe, *overrulings: quality.Overruling, person: Any = None, **more: Any) -> Any:
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(person or universe.adviser) as by:
        return quality.overrule(by=by, at=universe.at, assessment_id=assessment.pk, overrulings=overrulings, **more)


def test_overruling_holds_for_that_text_and_no_other(universe: Universe) -> None:
    reviewed(universe, summary="As Birch does it.")
    (warned,) = found(universe).open
    overrule(universe, of(warned))
    now = found(universe)
    assert now.open == ()
    (one,) = now.overruled
    assert (one.reason, one.by, one.warning and one.warning.about) == (
        "It is a quotation.", "Ada Adviser", "Benchmark 1, Annex A summary",
    )  # fmt: skip
    reviewed(universe, summary="As Birch does it now.")
    now = found(universe)
    assert [one.finding.code for one in now.open] == [C.OTHER_AUTHORITY]
    assert now.overruled[0].warning is None


def test_overruling_leaves_history_and_an_event_for_the_home_office(universe: Universe) -> None:
    reviewed(universe, summary="As Birch does it.", comments="")
    overrule(universe, *map(of, found(universe).open))
    with all_rows():
        assert Overrule.history.filter(history_user=universe.adviser, history_type="+").count() == 2
        events = Event.objects.filter(kind=EventKind.OVERRULED)
        assert {(one.audience, one.detail["subject"]) for one in events} == {
            (Audience.HOME_OFFICE, "benchmark:1:comments"),
            (Audience.HOME_OFFICE, "benchmark:1:summary"),
        }


def test_a_warning_that_is_not_there_any_more_is_not_overruled(universe: Universe) -> None:
    reviewed(universe, summary="As Birch does it.", comments="")
    first, second = found(universe).open
    reviewed(universe, summary="As Birch does it now.", comments="")
    with pytest.raises(Stale) as refusal:
        overrule(universe, of(first), of(second, "Mine."))
    assert [one.reason for one in refusal.value.current] == ["Mine."]
    with all_rows():
        assert not Overrule.objects.exists()
    overrule(universe, of(first))
    with pytest.raises(Stale):
        overrule(universe, of(first))


@pytest.mark.parametrize("reason", ["", "   ", "x " * 1500])
def test_overruling_wants_a_reason(universe: Universe, reason: str) -> None:
    reviewed(universe, comments="")
    (warned,) = found(universe).open
    with pytest.raises(Unfit):
        overrule(universe, of(warned, reason))


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("lead", Forbidden), ("auditor", Forbidden), ("signatory", Forbidden), ("other_adviser", NotFound)],
)
def test_only_an_adviser_or_a_manager_of_the_authority_overrules(
    universe: Universe, who: str, refusal: type[Exception]
) -> None:
    reviewed(universe, comments="")
    (warned,) = found(universe).open
    with pytest.raises(refusal):
        overrule(universe, of(warned), person=universe.cast[who])
    assert overrule(universe, of(warned), person=universe.manager)


def test_overruling_can_be_taken_back_and_its_history_stays(universe: Universe) -> None:
    reviewed(universe, comments="")
    (warned,) = found(universe).open
    (row,) = overrule(universe, of(warned))
    with as_actor(universe.auditor) as by, pytest.raises(Forbidden):
        quality.take_back(by=by, at=universe.at, overrule_id=row.pk)
    with as_actor(universe.manager) as by:
        quality.take_back(by=by, at=universe.at, overrule_id=row.pk)
    assert [one.key for one in found(universe).open] == [warned.key]
    with all_rows():
        assert not Overrule.objects.exists()
        last = Overrule.history.order_by("history_id").last()
        assert (last.history_type, last.history_user, last.reason) == ("-", universe.manager, "It is a quotation.")
        assert Event.objects.filter(kind=EventKind.OVERRULED, name="taken_back").exists()


# The page


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


def keys(universe: Universe) -> list[str]:
    return [f"reason_{one.key}" for one in found(universe).open]


def test_several_are_overruled_at_once_and_the_others_stay(universe: Universe, visitors: Visitors) -> None:
    reviewed(universe, summary="As Birch does it. It was Exceeded.", comments="")
    address = reverse("quality", args=[universe.assessment(State.IN_REVIEW).pk])
    first, second, third = keys(universe)
    response = visitors.post("adviser", address, {first: "Agreed by phone.", second: "", third: "A quotation."})
    assert (response.status_code, response["Location"]) == (302, address)
    assert keys(universe) == [second]
    page = visitors.get("auditor", address).content.decode()
    assert "Agreed by phone." in page and "Ada Adviser" in page and "<textarea" not in page


def test_what_was_typed_about_a_warning_that_is_gone_is_not_lost(universe: Universe, visitors: Visitors) -> None:
    reviewed(universe, summary="As Birch does it.", comments="")
    address = reverse("quality", args=[universe.assessment(State.IN_REVIEW).pk])
    comments, name = keys(universe)
    reviewed(universe, summary="As Birch does it now.", comments="")
    response = visitors.post("adviser", address, {comments: "Said on the phone.", name: "Only a quotation."})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Said on the phone." in page and "Only a quotation." in page
    with all_rows():
        assert not Overrule.objects.exists()


def test_a_reason_that_does_not_fit_is_told_at_its_field(universe: Universe, visitors: Visitors) -> None:
    reviewed(universe, comments="")
    address = reverse("quality", args=[universe.assessment(State.IN_REVIEW).pk])
    (name,) = keys(universe)
    page = visitors.post("adviser", address, {name: "long " * 500}).content.decode()
    assert f'href="#id_{name}"' in page and "long long" in page


def test_the_desk_says_how_many_there_are(universe: Universe, visitors: Visitors) -> None:
    reviewed(universe, summary="As Birch does it.", comments="")
    address = reverse("assessment", args=[universe.assessment(State.IN_REVIEW).pk])
    for name in ("adviser", "manager", "auditor"):
        assert "2 to look at" in visitors.get(name, address).content.decode()
    for name in ("lead", "signatory"):
        assert "Quality check" not in visitors.get(name, address).content.decode()


def test_an_authority_learns_nothing_of_it(universe: Universe, visitors: Visitors) -> None:
    reviewed(universe, comments="")
    (warned,) = found(universe).open
    overrule(universe, of(warned, "A secret reason."))
    assessment = universe.assessment(State.AGREED)
    for name in ("lead", "contributor", "viewer"):
        assert visitors.get(name, reverse("quality", args=[assessment.pk])).status_code == 403
        for page in ("record", "timeline", "assessment"):
            assert "secret reason" not in visitors.get(name, reverse(page, args=[assessment.pk])).content.decode()
    with as_actor(universe.lead):
        assert not Overrule.objects.exists()


def test_a_check_costs_one_query(universe: Universe, django_assert_num_queries: Callable[[int], Any]) -> None:
    assessment = universe.assessment(State.AGREED)
    with all_rows():
        assessment = Assessment.objects.select_related("authority", "cycle").get(pk=assessment.pk)
        with django_assert_num_queries(1):
            look(assessment)
