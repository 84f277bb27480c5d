"""The page of one benchmark: what it shows, what it saves, and what it never loses."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from assurance import text
from assurance.actions import answers, cycles, reference
from assurance.actions.answers import Reply
from assurance.forms.answers import AnswerForm
from assurance.models import Event, SelfAssessment
from assurance.vocabulary import EventKind, Mark, Role, State
from benchmarks.catalogue import SchemeText
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, give
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def scheme(universe: Universe) -> SchemeText:
    return universe.scheme()


@pytest.fixture
def assessment_id(universe: Universe) -> int:
    return universe.assessment(State.IN_PROGRESS).pk


def address(assessment_id: int, number: int = 2, name: str = "answer") -> str:
    return reverse(name, kwargs={"assessment_id": assessment_id, "number": number})


def stands(assessment_id: int, number: int = 2) -> SelfAssessment:
    with all_rows():
        rows = SelfAssessment.objects.select_related("level")
        return rows.get(assessment_id=assessment_id, benchmark__number=number)


def drawn(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


def said(response: HttpResponse) -> str:
    """The text of the page, in one line."""
    return " ".join(drawn(response).one("main").text.split())


def chosen(page: Drawn) -> dict[str, str]:
    """The radios that are chosen, by name."""
    return {one["name"]: one["value"] for one in page.all("input", type="radio") if "checked" in one.attributes}


def save(universe: Universe, assessment_id: int, number: int = 2, version: int = 1, **reply: Any) -> SelfAssessment:
    """Saved by the lead."""
    with as_actor(universe.lead) as by:
        return answers.save_answer(
            by=by,
            at=universe.at,
            assessment_id=assessment_id,
            number=number,
            version=version,
            reply=Reply(**reply),
        )


def criteria(scheme: SchemeText, level: str, number: int = 2) -> list[int]:
    return [one.id for one in scheme.benchmarks[number].criteria[level]]


# What it shows


def test_a_criterion_is_a_group_of_its_own(visitors: Visitors, scheme: SchemeText, assessment_id: int) -> None:
    page = drawn(visitors.get("lead", address(assessment_id)))
    groups = page.all("fieldset", cls="app-criterion")
    legends = [one.text for one in page.all("legend", cls="app-criterion__text")]
    levels = ("met", "exceeding", "not_met")
    wanted = [one.text for level in levels for one in scheme.benchmarks[2].criteria[level]]
    assert (len(groups), legends) == (len(wanted), wanted)
    for level in levels:
        for one in criteria(scheme, level):
            radios = page.all("input", type="radio", name=f"mark_{one}")
            assert [radio["value"] for radio in radios] == ["met", "partly", "not_yet"]
            assert page.has_id(f"id_mark_{one}")
            labels = [page.one("label", **{"for": radio["id"]}).text for radio in radios]
            applies = ["Applies", "Partly", "Does not apply"]
            assert labels == (applies if level == "not_met" else ["Met", "Partly", "Not yet"])
            assert page.one("label", **{"for": f"id_note_{one}"}).text.startswith("Note on “")


def test_what_has_a_note_is_open(
    universe: Universe, visitors: Visitors, scheme: SchemeText, assessment_id: int
) -> None:
    first, second = criteria(scheme, "met")[:2]
    save(universe, assessment_id, marks={first: Mark.PARTLY}, notes={first: "From May."})
    page = drawn(visitors.get("lead", address(assessment_id)))
    assert page.value_of(f"id_note_{first}") == "From May."
    assert page.value_of(f"id_note_{second}") == ""
    assert len([one for one in page.all("details", cls="app-criterion__note") if "open" in one.attributes]) == 1
    assert [one["value"] for one in page.all("input", name=f"mark_{first}") if "checked" in one.attributes] == [
        "partly"
    ]


def test_best_fit_levels_stand_side_by_side(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_PROGRESS, "la-10")
    found = universe.scheme("la-10")
    page = drawn(visitors.get("lead", address(assessment.pk)))
    assert len(page.all(cls="app-scale__column")) == len(found.levels)
    for level in found.levels:
        radio = page.one("input", name="outcome", value=level.code)
        descriptor = page.one(id=radio["aria-describedby"])
        assert found.benchmarks[2].criteria[level.code][0].text in descriptor.text
        assert page.one("label", **{"for": radio["id"]}).text == f"{level.label}{level.standing.label}"
    assert page.all("fieldset", cls="app-criterion") == []
    response = visitors.post("lead", address(assessment.pk), {"outcome": "4", "evidence": "So.", "version": "1"})
    assert response.status_code == 302
    assert stands(assessment.pk).level.code == "4"


def test_the_suggestion_says_what_is_missing(
    universe: Universe, visitors: Visitors, scheme: SchemeText, assessment_id: int
) -> None:
    assert "Once you have saved your marks" in said(visitors.get("lead", address(assessment_id)))
    met, sign = criteria(scheme, "met"), criteria(scheme, "not_met")[0]
    save(universe, assessment_id, marks=dict.fromkeys(met[1:], Mark.MET) | {met[0]: Mark.PARTLY})
    page = said(visitors.get("lead", address(assessment_id)))
    assert "Your saved marks do not suggest an outcome yet. For Met, 1 criterion is not marked as met:" in page
    save(universe, assessment_id, version=2, marks=dict.fromkeys(met, Mark.MET) | {sign: Mark.MET}, level_code="met")
    page = said(visitors.get("lead", address(assessment_id)))
    assert "Your saved marks suggest Met." in page
    assert "For Exceeding, 2 criteria are not marked as met:" in page
    assert "You also said that this applies" in page
    assert "Say why below" not in page


def test_another_outcome_without_a_reason_warns_and_is_saved(
    universe: Universe, visitors: Visitors, scheme: SchemeText, assessment_id: int
) -> None:
    marks = {f"mark_{one}": "met" for one in criteria(scheme, "met")}
    fields = {"outcome": "exceeding", "evidence": "A panel meets.", "version": "1", "then": "list", **marks}
    response = visitors.post("lead", address(assessment_id), fields)
    assert response["Location"] == reverse("assessment", args=[assessment_id])
    assert stands(assessment_id).level.code == "exceeding"
    page = said(visitors.get("lead", address(assessment_id)))
    assert "The outcome of benchmark 2 is not the one that its marks suggest. Say why there" in page
    assert "Your outcome is not the one that your marks suggest. Say why below" in page
    visitors.post("lead", address(assessment_id), fields | {"version": "2", "reason": "The rest is under way."})
    assert stands(assessment_id).reason == "The rest is under way."
    page = said(visitors.get("lead", address(assessment_id)))
    assert "Say why" not in page


def test_who_else_can_answer_it_is_said(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    assert "Can also be answered by Conrad Contributor." in said(visitors.get("lead", address(assessment_id)))
    assert "Can also be answered by Lena Lead." in said(visitors.get("contributor", address(assessment_id)))
    assert "Can also be" not in said(visitors.get("lead", address(assessment_id, 3)))


def test_text_of_the_longest_kind_is_shown_and_saved(visitors: Visitors, assessment_id: int) -> None:
    evidence = ("The group met. " * 2_000)[: text.EVIDENCE].strip()
    address_of_it = f"https://example.test/{'a' * 900}"
    fields = {"evidence": evidence, "reason": address_of_it, "version": "1"}
    assert visitors.post("lead", address(assessment_id), fields).status_code == 302
    page = drawn(visitors.get("lead", address(assessment_id)))
    assert page.value_of("id_evidence") == evidence
    assert page.value_of("id_reason") == address_of_it


# What is wrong


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    visitors: Visitors, scheme: SchemeText, assessment_id: int
) -> None:
    one, other = criteria(scheme, "met")[:2]
    fields = {
        f"mark_{one}": "perhaps",
        f"note_{one}": "n" * 101,
        f"note_{other}": "note " * 300,
        "evidence": "e" * 10_000,
        "outcome": "met",
        "version": "1",
    }
    response = visitors.post("lead", address(assessment_id), fields)
    assert response.status_code == 200
    page = drawn(response)
    assert page.one("title").text.startswith("Error: ")
    links = [link["href"] for link in page.all("a") if link.get("href").startswith("#id_")]
    assert [f"#id_mark_{one}", f"#id_note_{one}", f"#id_note_{other}", "#id_evidence"] == links[:4]
    assert all(page.has_id(link.removeprefix("#")) for link in links)
    assert page.value_of(f"id_note_{one}") == "n" * 101
    assert page.value_of("id_evidence") == "e" * 10_000
    assert len([it for it in page.all("details", cls="app-criterion__note") if "open" in it.attributes]) == 2
    assert stands(assessment_id).version == 1


def test_a_criterion_of_another_benchmark_is_not_taken(
    visitors: Visitors, scheme: SchemeText, assessment_id: int
) -> None:
    elsewhere = criteria(scheme, "met", 3)[0]
    visitors.post("lead", address(assessment_id), {f"mark_{elsewhere}": "met", "evidence": "So.", "version": "1"})
    assert (stands(assessment_id).evidence, stands(assessment_id).marks) == ("So.", {})


# Where it leads


def test_what_is_half_done_can_be_saved(visitors: Visitors, scheme: SchemeText, assessment_id: int) -> None:
    one = criteria(scheme, "met")[0]
    fields = {f"mark_{one}": "not_yet", "outcome": "not_yet", "version": "1"}
    assert visitors.post("lead", address(assessment_id), fields).status_code == 302
    assert (stands(assessment_id).level, stands(assessment_id).marks) == (None, {str(one): "not_yet"})
    page = drawn(visitors.get("lead", address(assessment_id)))
    assert "checked" in page.one("input", name="outcome", value="not_yet").attributes


@pytest.mark.parametrize(
    ("then", "leads"),
    [
        ("", "/benchmarks/3/"),
        ("next", "/benchmarks/3/"),
        ("list", "/"),
        ("evidence", "/evidence/add/?benchmark=2"),
        ("comments", "/benchmarks/2/comments/"),
        ("check", "/check/"),
        ("elsewhere", "/benchmarks/3/"),
    ],
)
def test_the_button_says_where_it_leads(visitors: Visitors, assessment_id: int, then: str, leads: str) -> None:
    fields = {"evidence": "A panel meets.", "version": "1", "then": then}
    response = visitors.post("lead", address(assessment_id), fields)
    assert response["Location"] == f"/assessments/{assessment_id}{leads}"
    assert stands(assessment_id).evidence == "A panel meets."


def test_saving_goes_round_to_what_is_left(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    """Benchmark 1 is ready and 5 is not scored."""
    for number in (3, 4, 6, 7):
        save(universe, assessment_id, number, level_code="met", evidence="So.")
    response = visitors.post("lead", address(assessment_id, 8), {"evidence": "So.", "outcome": "met", "version": "1"})
    assert response["Location"] == address(assessment_id, 2)
    response = visitors.post("lead", address(assessment_id, 2), {"evidence": "So.", "outcome": "met", "version": "1"})
    assert response["Location"] == reverse("check", args=[assessment_id])


def test_a_contributor_goes_to_what_is_theirs(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    give(universe, assessment, 2)
    give(universe, assessment, 6)
    fields = {"evidence": "So.", "outcome": "met", "version": "1"}
    assert visitors.post("contributor", address(assessment_id, 2), fields)["Location"] == address(assessment_id, 6)
    overview = reverse("assessment", args=[assessment_id])
    assert visitors.post("contributor", address(assessment_id, 6), fields)["Location"] == overview
    assert visitors.get("contributor", address(assessment_id, 3)).status_code == 403


def test_the_first_save_starts_the_assessment(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.NOT_STARTED)
    visitors.post("lead", address(assessment.pk), {"evidence": "So.", "version": "1"})
    assert universe.assessment(State.IN_PROGRESS).pk == assessment.pk


def test_a_cycle_that_closed_meanwhile_gives_the_text_back(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    with as_actor(universe.administrator) as by:
        cycles.close_cycle(by=by, at=universe.at, cycle_id=universe.cycle().pk)
    response = visitors.post("lead", address(assessment_id), {"evidence": "What I wrote.", "version": "1"})
    assert response.status_code == 409
    assert "What I wrote." in said(response)


# Marks of a whole level


def test_a_level_can_be_marked_at_once(visitors: Visitors, scheme: SchemeText, assessment_id: int) -> None:
    other = criteria(scheme, "exceeding")[0]
    typed = {"evidence": "Typed.", "version": "1", f"mark_{other}": "partly", "mark_all": "met"}
    response = visitors.post("lead", address(assessment_id), typed)
    assert response.status_code == 200
    page = drawn(response)
    assert chosen(page) == {f"mark_{one}": "met" for one in criteria(scheme, "met")} | {f"mark_{other}": "partly"}
    assert page.value_of("id_evidence") == "Typed."
    assert stands(assessment_id).version == 1
    typed = {f"mark_{one}": "met" for one in criteria(scheme, "met")} | {f"mark_{other}": "met", "version": "1"}
    page = drawn(visitors.post("lead", address(assessment_id), typed | {"clear_all": "met"}))
    assert chosen(page) == {f"mark_{other}": "met"}


# Two people


@pytest.fixture
def second_lead(universe: Universe) -> None:
    with all_rows():
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=universe.other_lead,
            role=Role.LEAD,
            authority=universe.alder,
            starts=MEMBERS_SINCE,
        )


def test_a_conflict_shows_both_and_overwrites_nothing(
    universe: Universe, visitors: Visitors, scheme: SchemeText, second_lead: None, assessment_id: int
) -> None:
    one, other = criteria(scheme, "met")[:2]
    save(
        universe,
        assessment_id,
        level_code="met",
        evidence="The panel met four times.",
        reason="We think so.",
        marks={one: Mark.MET},
        notes={one: "Since May."},
    )
    typed = {
        "version": "1",
        "outcome": "not_met",
        "evidence": "The panel met three times.",
        f"mark_{one}": "partly",
        f"mark_{other}": "met",
        f"note_{one}": "Since June.",
    }
    response = visitors.post("other_lead", address(assessment_id), typed)
    assert response.status_code == 409
    page = drawn(response)
    assert "Lena Lead saved this while you were writing" in said(response)
    assert "(only here: four )" in {piece.text for piece in page.all("del")}
    assert "(only here: three )" in {piece.text for piece in page.all("ins")}
    takes = [button["value"] for button in page.all("button", name="take")]
    assert takes == [f"mark_{one}", f"mark_{other}", "outcome", "marks", f"note_{one}", "reason", "evidence"]
    assert page.value_of("id_evidence") == "The panel met three times."
    assert page.one("input", name="version")["value"] == "2"
    assert stands(assessment_id).evidence == "The panel met four times."

    response = visitors.post("other_lead", address(assessment_id), typed | {"version": "2", "then": "list"})
    assert response.status_code == 302
    found = stands(assessment_id)
    assert (found.evidence, found.marks) == ("The panel met three times.", {str(one): "partly", str(other): "met"})
    with all_rows():
        history = list(found.history.values_list("evidence", "history_user__name")[:2])
    assert history == [("The panel met three times.", "Otto Lead"), ("The panel met four times.", "Lena Lead")]


def test_what_stands_can_be_taken_over_text_by_text(
    universe: Universe, visitors: Visitors, scheme: SchemeText, second_lead: None, assessment_id: int
) -> None:
    one, other = criteria(scheme, "met")[:2]
    save(universe, assessment_id, level_code="met", evidence="Theirs.", marks={one: Mark.MET})
    typed = {"version": "2", "outcome": "not_met", "evidence": "Mine.", f"mark_{other}": "met"}
    response = visitors.post("other_lead", address(assessment_id), typed | {"take": "evidence"})
    assert response.status_code == 200
    page = drawn(response)
    assert page.value_of("id_evidence") == "Theirs."
    assert "checked" in page.one("input", name="outcome", value="not_met").attributes
    takes = [button["value"] for button in page.all("button", name="take")]
    assert takes == [f"mark_{one}", f"mark_{other}", "outcome", "marks"]
    page = drawn(visitors.post("other_lead", address(assessment_id), typed | {"take": "marks"}))
    assert chosen(page) == {f"mark_{one}": "met", "outcome": "not_met"}
    assert page.value_of("id_evidence") == "Mine."
    assert stands(assessment_id).version == 2


def test_the_same_text_twice_is_no_conflict(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    save(universe, assessment_id, evidence="The same.")
    response = visitors.post("lead", address(assessment_id), {"evidence": "The same.", "version": "1"})
    assert response.status_code == 302
    with all_rows():
        assert Event.objects.filter(kind=EventKind.ANSWERED, assessment_id=assessment_id).count() == 2


def test_ones_own_other_window_is_called_that(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    save(universe, assessment_id, evidence="From the other window.")
    response = visitors.post("lead", address(assessment_id), {"evidence": "From this one.", "version": "1"})
    assert response.status_code == 409
    assert "You saved this in another window" in said(response)


# Last year


def test_last_year_stands_beside_it(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    universe.last_year()
    page = said(visitors.get("lead", address(assessment_id))).replace(" Met", "Met")
    for text_of_it in (
        "Last year: 2024/25",
        "OwnMet",
        "Adviser’sMet",
        "AgreedMet",
        "Summary for benchmark 2.",
        "Evidence for benchmark 2.",
        "As of last year.",
        "Our own view.",
        "Write the risks down.",
        "The criteria read as they did in 2024/25.",
        "Bring in last year’s answer",
    ):
        assert text_of_it in page
    assert "Write the risks down." not in said(visitors.get("lead", address(assessment_id, 3)))


def test_the_first_year_says_so_in_a_line(visitors: Visitors, assessment_id: int) -> None:
    page = said(visitors.get("lead", address(assessment_id)))
    assert "There is no agreed answer of an earlier year to show here." in page
    assert "Bring in" not in page


def test_an_earlier_year_that_is_not_agreed_is_not_last_year(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    universe.last_year(authority=universe.birch)  # of Alder's there is one too, which was never begun
    assert "There is no agreed answer" in said(visitors.get("lead", address(assessment_id)))


def test_last_year_on_another_scheme_follows_the_crosswalk(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    """Benchmark 2 of ten is 1 of eight; 6 and 8 are 7."""
    universe.last_year("la-10")
    ten = universe.scheme("la-10")
    page = said(visitors.get("lead", address(assessment_id, 7)))
    assert "This one is read from: 6, 8." in page
    assert f"6. {ten.benchmarks[6].title}" in page
    assert f"8. {ten.benchmarks[8].title}" in page
    assert "The benchmarks changed since 2024/25 (ten benchmarks), so all of these criteria are new." in page
    page = said(visitors.get("lead", address(assessment_id, 1)))
    assert "Write the risks down." in page
    assert f"2. {ten.benchmarks[2].title}" in page


# The form


def test_the_form_gives_back_what_stands(universe: Universe, scheme: SchemeText, assessment_id: int) -> None:
    """What is saved, shown and sent again is the same."""
    one, other = criteria(scheme, "met")[:2]
    reply = Reply(
        level_code="met", evidence="So.", reason="Why.", marks={one: "met", other: "partly"}, notes={other: "From May."}
    )
    with as_actor(universe.lead) as by:
        row = answers.save_answer(by=by, at=universe.at, assessment_id=assessment_id, number=2, version=1, reply=reply)
    values = AnswerForm.values(scheme, row)
    form = AnswerForm(values, scheme=scheme, benchmark=scheme.benchmarks[2])
    assert form.is_valid(), form.errors
    assert (form.reply(), form.is_checked()) == (reply, True)
