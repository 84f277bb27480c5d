"""The review of a benchmark side by side: what is kept, what is shown to whom, and that nothing typed is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpResponse
from django.urls import reverse

from assurance.access import Forbidden
from assurance.actions import answers, questions, reference, reviews
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.actions.reviews import Private
from assurance.models import Assessment, Event, PrivateNote, Review, User
from assurance.vocabulary import Audience, EventKind, Role, State, Verdict
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, soon
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

SECRET = "Their lead has left; the deputy does not know the plan."


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    """The cast, and a second adviser of Alder's, ``second``."""
    cache.clear()
    with all_rows():
        user: User = reference.add_person(
            by=universe.operator, at=universe.at, email="sam.second@example.test", name="Sam Second", password=None
        )
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=user,
            role=Role.ADVISER,
            authority=universe.alder,
            starts=MEMBERS_SINCE,
        )
    universe.second = user  # type: ignore[attr-defined]
    return Visitors(universe)


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    return universe.assessment(State.IN_REVIEW)


def criteria(universe: Universe, number: int = 2) -> list[int]:
    """Ids of the criteria of Met."""
    return [one.id for one in universe.scheme().benchmarks[number].criteria["met"]]


def save(universe: Universe, assessment: Assessment, who: str = "adviser", **given: Any) -> Review:
    wanted: dict[str, Any] = {"number": 2, "version": 1, "level_code": "met", "summary": "They meet.", "comments": ""}
    with as_actor(universe.cast[who]) as by:
        return reviews.save_review(by=by, at=universe.at, assessment_id=assessment.pk, **wanted | given)


def read(assessment: Assessment, number: int = 2) -> Review:
    with all_rows():
        return Review.objects.get(assessment=assessment, benchmark__number=number)


def address(assessment: Assessment, number: int = 2) -> str:
    return reverse("review", args=[assessment.pk, number])


def text(response: HttpResponse) -> str:
    return response.content.decode()


def typed(version: int = 1, note_version: int = 0, **fields: Any) -> dict[str, Any]:
    return {"outcome": "met", "summary": "Ours.", "version": version, "note_version": note_version, **fields}


# What is kept


def test_verdicts_and_notes_are_kept_by_criterion(universe: Universe, assessment: Assessment) -> None:
    first, second, *_ = criteria(universe)
    save(universe, assessment, verdicts={second: "differ", first: "agree"}, notes={second: " It lapsed. ", first: ""})
    row = read(assessment)
    assert row.verdicts == {str(first): Verdict.AGREE, str(second): Verdict.DIFFER}
    assert row.notes == {str(second): "It lapsed."}
    save(universe, assessment, version=2)
    assert read(assessment).verdicts == row.verdicts
    save(universe, assessment, version=3, verdicts={}, notes={})
    assert (read(assessment).verdicts, read(assessment).notes) == ({}, {})


def test_what_does_not_fit_is_refused(universe: Universe, assessment: Assessment) -> None:
    own, other = criteria(universe)[0], criteria(universe, 3)[0]
    for given, field in (
        ({"verdicts": {other: "agree"}}, "verdicts"),
        ({"notes": {other: "No."}}, "verdicts"),
        ({"verdicts": {own: "perhaps"}}, f"verdict_{own}"),
        ({"notes": {own: "x " * 600}}, f"note_{own}"),
        ({"private": Private("x " * 6000, 0)}, "private"),
    ):
        with pytest.raises(Unfit) as refusal:
            save(universe, assessment, **given)
        assert refusal.value.field == field
    assert read(assessment).version == 1


def test_a_scheme_of_descriptors_has_no_verdicts(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_REVIEW, "la-10")
    one = next(iter(universe.scheme("la-10").benchmarks[2].criterion_ids))
    with pytest.raises(Unfit):
        save(universe, assessment, level_code="3", verdicts={one: "agree"})


def test_a_private_note_is_saved_with_the_review_and_is_nobody_elses(
    universe: Universe, assessment: Assessment
) -> None:
    save(universe, assessment, private=Private(SECRET, 0))
    with all_rows():
        note = PrivateNote.objects.get()
        assert (note.text, note.version, note.benchmark.number) == (SECRET, 1, 2)  # type: ignore[union-attr]
        assert note.history.get().history_user == universe.adviser  # type: ignore[attr-defined]
        found = Event.objects.filter(kind__in=[EventKind.NOTED, EventKind.REVIEWED]).order_by("pk")
        assert [(one.kind, one.audience) for one in found] == [
            (EventKind.REVIEWED, Audience.HOME_OFFICE),
            (EventKind.NOTED, Audience.HOME_OFFICE),
        ]
        assert SECRET not in str([one.detail for one in found])
    save(universe, assessment, version=2, private=Private(SECRET, 1))
    with all_rows():
        assert Event.objects.filter(kind=EventKind.NOTED).count() == 1


def test_a_note_that_somebody_else_changed_keeps_the_whole_from_being_saved(
    universe: Universe, assessment: Assessment
) -> None:
    save(universe, assessment, private=Private("First.", 0))
    with pytest.raises(Stale):
        save(universe, assessment, version=2, summary="Changed.", private=Private("Second.", 0))
    row = read(assessment)
    assert (row.version, row.summary) == (2, "They meet.")
    with all_rows():
        assert PrivateNote.objects.get().text == "First."


def test_sending_the_same_again_changes_nothing(universe: Universe, assessment: Assessment) -> None:
    one = criteria(universe)[0]
    for _ in range(2):
        save(universe, assessment, verdicts={one: "agree"}, private=Private(SECRET, 0))
    with all_rows():
        assert (Review.objects.get(assessment=assessment, benchmark__number=2).version) == 2
        assert PrivateNote.objects.get().version == 1
    with pytest.raises(Stale):
        save(universe, assessment, verdicts={one: "differ"})


def test_notes_on_the_whole_are_written_by_whoever_reviews_or_settles(
    universe: Universe, assessment: Assessment
) -> None:
    given: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
    for version, who in enumerate(("adviser", "manager")):
        with as_actor(universe.cast[who]) as by:
            reviews.save_private_note(by=by, private=Private(f"By {who}.", version), **given)
    for who in ("auditor", "lead", "signatory", "administrator"):
        with as_actor(universe.cast[who]) as by, pytest.raises(Forbidden):
            reviews.save_private_note(by=by, private=Private("x", 2), **given)
    with as_actor(universe.adviser) as by, pytest.raises(Stale):
        reviews.save_private_note(by=by, private=Private("Late.", 1), **given)
    with all_rows():
        assert PrivateNote.objects.get(benchmark=None).text == "By manager."
    withdrawn = universe.assessment(State.WITHDRAWN, "la-10")
    with as_actor(universe.adviser) as by, pytest.raises(NotEditable):
        reviews.save_private_note(by=by, at=universe.at, assessment_id=withdrawn.pk, private=Private("x", 0))


# The page


def test_both_sides_are_there(universe: Universe, visitors: Visitors) -> None:
    universe.last_year()
    assessment = universe.assessment(State.IN_PROGRESS)
    met = criteria(universe)
    with as_actor(universe.lead) as by:
        answers.save_answer(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=2,
            version=1,
            reply=answers.Reply(
                level_code="exceeding",
                evidence="A panel meets each month.",
                reason="We do more.",
                marks={met[0]: "met", met[1]: "partly"},
                notes={met[1]: "From May."},
            ),
        )
    universe.assessment(State.IN_REVIEW)
    page = text(visitors.get("adviser", address(assessment)))
    for words in ("Exceeding", "We do more.", "A panel meets each month.", "Partly", "From May.", "Last year: 2024/25"):
        assert words in page
    drawn = Drawn(page)
    assert len([one for one in drawn.all("input", type="radio") if one["name"].startswith("verdict_")]) == 2 * len(
        universe.scheme().benchmarks[2].criterion_ids
    )
    assert drawn.has_id("id_private")


@pytest.mark.parametrize("scheme", ["la-8", "la-10"])
def test_last_year_on_another_scheme_is_called_an_estimate(universe: Universe, visitors: Visitors, scheme: str) -> None:
    universe.last_year("la-10")
    assessment = universe.assessment(State.IN_REVIEW, scheme)
    page = text(visitors.get("adviser", address(assessment)))
    assert ("as an estimate" in page) is (scheme == "la-8")


def test_agreeing_with_everything_else_saves_nothing_and_loses_nothing(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    met = criteria(universe)
    with as_actor(universe.lead) as by:
        marks = dict.fromkeys(met[:3], "met")
        reply = answers.Reply(level_code="met", evidence="Here.", marks=marks)
        answers.save_answer(by=by, at=universe.at, assessment_id=assessment.pk, number=2, version=1, reply=reply)
    universe.assessment(State.IN_REVIEW)
    fields = typed(private=SECRET, agree_all="1", **{f"verdict_{met[1]}": "differ", f"note_{met[1]}": "It lapsed."})
    response = visitors.post("adviser", address(assessment), fields)
    page = Drawn(text(response))
    chosen = {one["name"]: one["value"] for one in page.all("input", type="radio") if "checked" in one.attributes}
    assert chosen == {
        "outcome": "met",
        f"verdict_{met[0]}": "agree",
        f"verdict_{met[1]}": "differ",
        f"verdict_{met[2]}": "agree",
    }
    assert page.value_of("id_private") == SECRET
    assert page.value_of(f"id_note_{met[1]}") == "It lapsed."
    assert read(assessment).version == 1
    cleared = Drawn(text(visitors.post("adviser", address(assessment), fields | {"agree_all": "", "clear_all": "1"})))
    assert read(assessment).verdicts == {}
    assert cleared.value_of("id_summary") == "Ours."


def test_a_summary_starts_from_the_authoritys_text_only_when_asked(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    own = "Evidence for benchmark 2."
    assert Drawn(text(visitors.get("adviser", address(assessment)))).value_of("id_summary") == ""
    for before, after in (("", own), ("Ours.", f"Ours.\n\n{own}"), (f"{own} Ours.", f"{own} Ours.")):
        fields = typed(summary=before, comments="Well done.", private=SECRET, start="summary")
        page = Drawn(text(visitors.post("adviser", address(assessment), fields)))
        assert page.value_of("id_summary") == after
        assert (page.value_of("id_comments"), page.value_of("id_private")) == ("Well done.", SECRET)
    assert read(assessment).summary == ""
    visitors.post("adviser", address(assessment), typed(summary=own))
    with as_actor(universe.adviser) as by:
        reviews.save_review(
            by=by, at=universe.at, assessment_id=assessment.pk, number=2, version=2,
            level_code="met", summary="Other.", comments="",
        )  # fmt: skip
    assert own in text(visitors.get("adviser", address(assessment)))


def test_saving_leads_on(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    version = 1
    for then, to in (
        ("stay", address(assessment, 4)),
        ("next", address(assessment, 6)),  # the fifth is not scored
        ("previous", address(assessment, 3)),
        ("list", reverse("assessment", args=[assessment.pk])),
        ("ask", reverse("transition", args=[assessment.pk, "ask"]) + "?benchmark=4"),
        ("recommend", reverse("recommendations", args=[assessment.pk]) + "?benchmark=4"),
    ):
        response = visitors.post("adviser", address(assessment, 4), typed(version=version, then=then))
        assert (response.status_code, response["Location"]) == (302, to)
        version += 1
    last = visitors.post("adviser", address(assessment, 8), typed(then="next"))
    assert last["Location"] == address(assessment, 1)
    first = visitors.post("adviser", address(assessment, 1), typed(then="previous"))
    assert first["Location"] == reverse("assessment", args=[assessment.pk])


# Two at once


def test_two_advisers_at_once_see_both_texts_and_lose_none(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    one, two, *_ = criteria(universe)
    theirs = typed(summary="Theirs.", private="Quay.", **{f"verdict_{one}": "agree", f"note_{two}": "Theirs."})
    assert visitors.post("adviser", address(assessment), theirs).status_code == 302
    ours = typed(private="Harbour.", **{f"verdict_{one}": "differ", f"note_{two}": "Ours."})
    response = visitors.post("second", address(assessment), ours)
    page = text(response)
    assert response.status_code == 409
    assert "Ada Adviser saved this while you were writing" in page
    words = re.sub(r"<[^>]+>", "", page)
    assert "Quay." in words
    assert words.count("Theirs.") == 2
    drawn = Drawn(page)
    assert drawn.value_of("id_private") == "Harbour."
    assert drawn.value_of(f"id_note_{two}") == "Ours."
    assert read(assessment).summary == "Theirs."
    # Taking over one of theirs leaves the rest of ours.
    again = ours | {"version": 2, "note_version": 1}
    taken = Drawn(text(visitors.post("second", address(assessment), again | {"take": "private"})))
    assert (taken.value_of("id_private"), taken.value_of("id_summary")) == ("Quay.", "Ours.")
    # Saving it again is a choice, and what stood is in the history.
    assert visitors.post("second", address(assessment), again).status_code == 302
    row = read(assessment)
    assert (row.summary, row.verdicts) == ("Ours.", {str(one): "differ"})
    with all_rows():
        assert "Theirs." in row.history.values_list("summary", flat=True)  # type: ignore[attr-defined]
        assert list(PrivateNote.history.values_list("text", flat=True)) == ["Harbour.", "Quay."]  # type: ignore[attr-defined]


def test_a_note_changed_meanwhile_is_said_to_be_whose_it_is(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    save(universe, assessment, private=Private("Mine.", 0))
    with as_actor(universe.second) as by:  # type: ignore[attr-defined]
        reviews.save_review(
            by=by, at=universe.at, assessment_id=assessment.pk, number=2, version=2,
            level_code="met", summary="They meet.", comments="", private=Private("Theirs.", 1),
        )  # fmt: skip
    with all_rows():
        Review.objects.filter(assessment=assessment, benchmark__number=2).update(version=2)
    response = visitors.post("adviser", address(assessment), typed(version=2, note_version=1, private="Mine, longer."))
    assert response.status_code == 409
    assert "Sam Second saved this while you were writing" in text(response)
    assert "Theirs." in text(response)


def test_what_was_typed_is_kept_when_the_review_is_over(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    universe.assessment(State.PROPOSED)
    one = criteria(universe)[0]
    fields = typed(summary="A summary of ours.", private=SECRET, **{f"note_{one}": "It has lapsed."})
    response = visitors.post("adviser", address(assessment), fields)
    assert response.status_code == 409
    for words in ("A summary of ours.", SECRET, "It has lapsed."):
        assert words in text(response)
    assert read(assessment).summary != "A summary of ours."


def test_what_was_typed_is_kept_when_something_is_wrong(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    one = criteria(universe)[0]
    response = visitors.post(
        "adviser", address(assessment), typed(summary="Fine \u2728.", private=SECRET, **{f"note_{one}": "y " * 600})
    )
    page = Drawn(text(response))
    assert response.status_code == 200
    assert page.value_of("id_private") == SECRET
    assert "Shorten this" in page.markup
    response = visitors.post("adviser", address(assessment), typed(summary="Fine \u2728.", private=SECRET))
    assert "cannot be printed in a letter" in text(response)
    assert Drawn(text(response)).value_of("id_private") == SECRET


def test_advisers_see_each_other_on_the_page(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    assert "is editing this too" not in text(visitors.get("adviser", address(assessment)))
    assert "is editing this too" not in text(visitors.get("manager", address(assessment)))
    assert "Ada Adviser is editing this too, now" in text(visitors.get("second", address(assessment)))


# What is new


def test_what_the_authority_did_since_is_said_at_the_top(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    save(universe, assessment)
    said = "since the review was last saved"
    assert said not in text(visitors.get("adviser", address(assessment)))
    with as_actor(universe.adviser) as by:
        asked = [questions.NewQuestion("Who has the list?", soon(universe), 2)]
        questions.ask(by=by, at=universe.at, assessment_id=assessment.pk, questions=asked)
    universe.at += timedelta(hours=1)
    universe.answer_questions(assessment.pk, universe.alder)
    unsent = text(visitors.get("adviser", address(assessment)))
    assert "Who has the list?" in unsent
    (answer,) = answers_to(assessment)
    with as_actor(universe.lead) as by:
        questions.send_answers(by=by, at=universe.at, assessment_id=assessment.pk)
    assert answer not in unsent
    page = text(visitors.get("adviser", address(assessment)))
    assert answer in page
    assert "The authority has answered a question since the review was last saved." in page
    assert said not in text(visitors.get("adviser", address(assessment, 3)))
    save(universe, assessment, version=2)
    assert said not in text(visitors.get("adviser", address(assessment)))


def answers_to(assessment: Assessment) -> list[str]:
    with all_rows():
        return list(assessment.questions.values_list("answer", flat=True))


# Who sees what


@pytest.mark.parametrize("state", [State.SUBMITTED, State.CLARIFICATION, State.PROPOSED, State.DISPUTED, State.AGREED])
@pytest.mark.parametrize("who", ["adviser", "manager", "auditor"])
def test_the_home_office_reads_it_in_every_later_state(
    universe: Universe, visitors: Visitors, state: State, who: str
) -> None:
    assessment = universe.assessment(State.SUBMITTED if state == State.SUBMITTED else State.IN_REVIEW)
    if state != State.SUBMITTED:
        one, two, *_ = criteria(universe)
        save(
            universe, assessment, summary="They meet monthly.", verdicts={one: "agree", two: "differ"},
            notes={two: "It lapsed."}, private=Private(SECRET, 0),
        )  # fmt: skip
        universe.assessment(state)
    page = text(visitors.get(who, address(assessment)))
    assert "Evidence for benchmark 2." in page
    assert "<textarea" not in page
    if state != State.SUBMITTED:
        for words in ("They meet monthly.", "Differ", "It lapsed.", SECRET):
            assert words in page


@pytest.mark.parametrize("state", [State.IN_REVIEW, State.PROPOSED, State.AGREED])
def test_no_authority_reads_a_private_note_anywhere(universe: Universe, visitors: Visitors, state: State) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    save(universe, assessment, private=Private(SECRET, 0))
    with as_actor(universe.adviser) as by:
        reviews.save_private_note(
            by=by, at=universe.at, assessment_id=assessment.pk, private=Private(f"On the whole: {SECRET}", 0)
        )
    universe.assessment(state)
    for who in ("lead", "contributor", "viewer"):
        for name in ("assessment", "record", "timeline", "questions", "print"):
            page = text(visitors.get(who, reverse(name, args=[assessment.pk])))
            assert SECRET not in page
            assert "Private note" not in page
        for place in (address(assessment), reverse("private-notes", args=[assessment.pk])):
            assert visitors.get(who, place).status_code == 403
    for who in ("adviser", "manager", "auditor"):
        page = text(visitors.get(who, reverse("private-notes", args=[assessment.pk])))
        assert page.count(SECRET) == 2


def test_the_second_lock_holds_alone(universe: Universe, assessment: Assessment) -> None:
    save(universe, assessment, private=Private(SECRET, 0))
    for who, count in (("lead", 0), ("other_adviser", 0), ("adviser", 1), ("manager", 1)):
        with as_actor(universe.cast[who]):
            assert PrivateNote.objects.count() == count
            assert PrivateNote.history.count() == count  # type: ignore[attr-defined]


# Keys


def test_every_key_of_the_list_reaches_something(universe: Universe, visitors: Visitors) -> None:
    universe.last_year()
    assessment = universe.assessment(State.IN_REVIEW)
    drawn = Drawn(text(visitors.get("adviser", address(assessment))))
    keys = {one["data-shortcut"] for one in drawn.elements if "data-shortcut" in one.attributes}
    listed = {one["data-key"] for one in drawn.all("li") if "data-key" in one.attributes}
    # The authority marked nothing here, so that there is nothing to agree with.
    assert listed - keys == {"G"}
    assert keys <= listed
