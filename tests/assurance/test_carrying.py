"""Bringing last year's answers in, below the page and on it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from assurance import text
from assurance.access import Forbidden, NotFound
from assurance.actions import answers, cycles, importing
from assurance.actions.answers import Reply
from assurance.actions.carrying import carry_all, carry_one
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Event, SelfAssessment
from assurance.vocabulary import Answer, Audience, EventKind, Mark, State
from assurance.workflow import Blocked
from benchmarks.catalogue import SchemeText, scheme_text
from benchmarks.loading import load_scheme
from tests.conftest import FIXTURES
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, changed, give, written
from tests.universe import Universe, all_rows, as_actor

SCORED = (1, 2, 3, 4, 6, 7, 8)
"""Of the eight benchmarks: Channel is looked at elsewhere."""


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def scheme(universe: Universe) -> SchemeText:
    return universe.scheme()


@pytest.fixture
def assessment_id(universe: Universe) -> int:
    """Of this year, not started, with a last year on the same scheme."""
    universe.last_year()
    return universe.assessment().pk


def row(assessment_id: int, number: int = 2) -> SelfAssessment:
    with all_rows():
        rows = SelfAssessment.objects.select_related("level")
        return rows.get(assessment_id=assessment_id, benchmark__number=number)


def bring(universe: Universe, assessment_id: int, who: str = "lead", **options: Any) -> SelfAssessment:
    with as_actor(universe.cast[who]) as by:
        common = {"number": 2, "version": 1}
        return carry_one(by=by, at=universe.at, assessment_id=assessment_id, **(common | options))


def write(universe: Universe, assessment_id: int, number: int = 2, version: int = 1, **options: Any) -> None:
    """The lead saves an answer of this year."""
    checked = options.pop("checked", True)
    with as_actor(universe.lead) as by:
        answers.save_answer(
            by=by,
            at=universe.at,
            assessment_id=assessment_id,
            number=number,
            version=version,
            reply=Reply(**options),
            checked=checked,
        )


def address(name: str, assessment_id: int, **more: Any) -> str:
    return reverse(name, kwargs={"assessment_id": assessment_id} | more)


def said(response: HttpResponse) -> str:
    return " ".join(Drawn(response.content.decode()).one("main").text.split())


# Within a scheme


def test_everything_comes_and_needs_rechecking(universe: Universe, scheme: SchemeText, assessment_id: int) -> None:
    bring(universe, assessment_id)
    found = row(assessment_id)
    ids = {str(one) for one in scheme.benchmarks[2].criterion_ids}
    assert (found.level.code, found.evidence, found.reason) == ("met", "Evidence for benchmark 2.", "Our own view.")
    assert found.marks == dict.fromkeys(ids, Mark.PARTLY)
    assert found.notes == dict.fromkeys(ids, "As of last year.")
    assert (found.needs_rechecking, found.version, found.saved_at) == (True, 2, universe.at)
    assert found.carried_from == [{"cycle": "2024/25", "number": 2, "title": scheme.benchmarks[2].title}]
    with all_rows():
        assert Assessment.objects.get(pk=assessment_id).state == State.IN_PROGRESS
        (event,) = Event.objects.filter(kind=EventKind.CARRIED)
        assert (event.person, event.audience) == (universe.lead, Audience.AUTHORITY)
        assert event.detail == {"benchmark": 2, "cycle": "2024/25", "numbers": [2]}
        assert found.history.values_list("needs_rechecking", "history_user_id").first() == (True, universe.lead.pk)


def test_what_was_brought_in_cannot_be_submitted_unchecked(universe: Universe, assessment_id: int) -> None:
    with as_actor(universe.lead) as by:
        carry_all(by=by, at=universe.at, assessment_id=assessment_id, versions=dict.fromkeys(SCORED, 1))
    submit = {"at": universe.at, "assessment_id": assessment_id, "declaration": "So it is."}
    with as_actor(universe.lead) as by, pytest.raises(Blocked) as refused:
        answers.submit(by=by, **submit)
    assert {one.benchmark for one in refused.value.obstacles} == set(SCORED)
    for number in SCORED:
        write(universe, assessment_id, number, 2, level_code="met", evidence="So.", checked=number != 3)
    with as_actor(universe.lead) as by, pytest.raises(Blocked) as refused:
        answers.submit(by=by, **submit)
    assert {one.benchmark for one in refused.value.obstacles} == {3}
    write(universe, assessment_id, 3, 3, level_code="met", evidence="So.")
    with as_actor(universe.lead) as by:
        assert answers.submit(by=by, **submit).state == State.SUBMITTED


def test_never_over_what_was_written_this_year(universe: Universe, assessment_id: int) -> None:
    write(universe, assessment_id, evidence="Of this year.")
    before = written(universe)
    with pytest.raises(Unfit, match="has an answer already"):
        bring(universe, assessment_id, version=2)
    with pytest.raises(Stale):
        bring(universe, assessment_id, version=1, replace=True)
    with as_actor(universe.lead) as by, pytest.raises(Unfit):
        carry_all(by=by, at=universe.at, assessment_id=assessment_id, versions={1: 1, 2: 2})
    assert changed(before, written(universe)) == {}
    bring(universe, assessment_id, version=2, replace=True)
    found = row(assessment_id)
    assert found.evidence == "Evidence for benchmark 2."
    with all_rows():
        assert found.history.values_list("evidence", flat=True)[1] == "Of this year."


@pytest.mark.parametrize("kept", ["reason", "notes", "marks", "level_code"])
def test_every_word_of_this_year_counts(universe: Universe, scheme: SchemeText, assessment_id: int, kept: str) -> None:
    one = scheme.benchmarks[2].criteria["met"][0].id
    values = {"reason": "So.", "notes": {one: "So."}, "marks": {one: Mark.NOT_YET}, "level_code": "met"}
    write(universe, assessment_id, **{kept: values[kept]})
    with pytest.raises(Unfit):
        bring(universe, assessment_id, version=2)


def test_what_brings_nothing_is_refused(universe: Universe) -> None:
    assessment = universe.assessment()
    with pytest.raises(Unfit, match="nothing of your own"):
        bring(universe, assessment.pk)
    universe.last_year()
    for number in (5, 99):
        with pytest.raises((NotEditable, Unfit)):
            bring(universe, assessment.pk, number=number)


def test_only_while_it_can_be_answered(universe: Universe, assessment_id: int) -> None:
    universe.assessment(State.SUBMITTED)
    with pytest.raises(NotEditable):
        bring(universe, assessment_id, version=2, replace=True)


def test_not_once_the_cycle_is_closed(universe: Universe, assessment_id: int) -> None:
    with as_actor(universe.administrator) as by:
        cycles.close_cycle(by=by, at=universe.at, cycle_id=universe.cycle().pk)
    with pytest.raises(NotEditable):
        bring(universe, assessment_id)


@pytest.mark.parametrize("who", ["viewer", "adviser", "manager", "administrator", "auditor"])
def test_only_those_who_may_answer(universe: Universe, assessment_id: int, who: str) -> None:
    with pytest.raises(Forbidden):
        bring(universe, assessment_id, who)
    with pytest.raises(NotFound):
        bring(universe, assessment_id, "other_lead")


def test_a_contributor_brings_in_what_is_theirs(universe: Universe, assessment_id: int) -> None:
    give(universe, universe.assessment(), 3)
    with pytest.raises(Forbidden):
        bring(universe, assessment_id, "contributor")
    with as_actor(universe.contributor) as by, pytest.raises(Forbidden):
        carry_all(by=by, at=universe.at, assessment_id=assessment_id, versions={2: 1, 3: 1})
    bring(universe, assessment_id, "contributor", number=3)
    assert row(assessment_id, 3).evidence == "Evidence for benchmark 3."
    assert row(assessment_id, 2).version == 1


def test_anothers_last_year_is_not_ours(universe: Universe) -> None:
    """Birch was agreed last year, Alder was not."""
    universe.last_year(authority=universe.birch)
    with pytest.raises(Unfit, match="nothing of your own"):
        bring(universe, universe.assessment().pk)


def test_what_comes_from_the_year_before_last_stays_there(universe: Universe, assessment_id: int) -> None:
    """Last year is the newest agreed year before, even when this one is a year later."""
    universe.assessment(State.AGREED)
    later = universe.further_assessment("2026/27")
    bring(universe, later.pk)
    assert row(later.pk).carried_from[0]["cycle"] == "2025/26"


# A newer version of the scheme


@pytest.fixture
def newer(universe: Universe, tmp_path: Path) -> SchemeText:
    """The scheme of eight after last year, with changes to benchmark 2: one reworded, one gone, one new."""
    universe.last_year()
    source = (FIXTURES / "schemes" / "la-8.yaml").read_text(encoding="utf-8")
    for old, new in (
        ("version: 'plain English 1'", "version: 'plain English 2'"),
        ("- text: Action to reduce the risks is working.", "- text: Action to reduce all the risks is working."),
        (
            "The council's partners work with police on preparing the CTLP and contribute to what it says.",
            "Schools and colleges were asked.",
        ),
    ):
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    path = tmp_path / "la-8.yaml"
    path.write_text(source, encoding="utf-8")
    return scheme_text(load_scheme(path, publish=True, at=timezone.now() + timedelta(days=1)).version.pk)


def test_only_what_still_reads_the_same_is_marked(universe: Universe, visitors: Visitors, newer: SchemeText) -> None:
    assessment = universe.assessment()
    assert assessment.cycle.scheme_version_id == newer.id
    page = visitors.get("lead", address("answer", assessment.pk, number=2))
    assert "The criteria changed since 2024/25: 1 new, 1 reworded, 1 gone" in said(page)
    (added,) = Drawn(page.content.decode()).all("ins")
    assert added.text == "(now: all )"
    page = visitors.get("lead", address("carry", assessment.pk))
    assert "2 criteria that you marked read differently this year or are gone; their marks stay behind." in said(page)

    bring(universe, assessment.pk)
    found = row(assessment.pk)
    texts = {one.id: one.text for level in newer.benchmarks[2].criteria.values() for one in level}
    new = {one for one, wording in texts.items() if wording.startswith(("Schools", "Action to reduce all"))}
    assert len(new) == 2
    assert {int(one) for one in found.marks} == {int(one) for one in found.notes} == set(texts) - new
    assert (found.level.code, found.needs_rechecking) == ("met", True)


# Across schemes


@pytest.fixture
def across(universe: Universe) -> int:
    """Of this year on the eight benchmarks, after a year on the ten."""
    universe.last_year("la-10")
    return universe.assessment().pk


def test_texts_follow_the_crosswalk_and_say_where_they_are_from(universe: Universe, across: int) -> None:
    ten = universe.scheme("la-10")
    bring(universe, across, number=7)
    found = row(across, 7)
    cycle = "2024/25 (ten benchmarks)"
    assert found.evidence == (
        f"From {cycle}, benchmark 6, {ten.benchmarks[6].title}:\n\nEvidence for benchmark 6.\n\n"
        f"From {cycle}, benchmark 8, {ten.benchmarks[8].title}:\n\nEvidence for benchmark 8."
    )
    assert (found.answer, found.marks, found.notes, found.reason) == (Answer.UNANSWERED, {}, {}, "")
    assert found.needs_rechecking
    assert found.carried_from == [
        {"cycle": cycle, "number": number, "title": ten.benchmarks[number].title} for number in (6, 8)
    ]
    bring(universe, across, number=1)
    assert row(across, 1).evidence.endswith("Evidence for benchmark 2.")


def lengthen(assessment: Assessment, size: int, *numbers: int) -> None:
    """Last year's texts, as long as that."""
    with all_rows():
        for one in SelfAssessment.objects.filter(assessment=assessment, benchmark__number__in=numbers):
            one.evidence = ("word " * size)[: size - 1] + "."
            one.save()


def test_texts_that_are_too_long_together_are_refused_kindly(
    universe: Universe, visitors: Visitors, across: int
) -> None:
    lengthen(universe.last_year("la-10"), text.EVIDENCE // 2, 6, 8)
    with pytest.raises(Unfit, match="characters together, and an answer can have 20,000"):
        bring(universe, across, number=7)
    assert row(across, 7).version == 1
    page = Drawn(visitors.get("lead", address("carry", across)).content.decode())
    boxes = {one["name"] for one in page.all("input", type="checkbox")}
    assert boxes == {f"carry_{number}" for number in SCORED if number != 7}
    assert "characters together, and an answer can have 20,000" in page.one("main").text
    beside = said(visitors.get("lead", address("answer", across, number=7)))
    assert "characters together, and an answer can have 20,000" in beside


def test_a_text_as_long_as_can_be_comes_whole(universe: Universe, assessment_id: int) -> None:
    lengthen(universe.last_year(), text.EVIDENCE, 2)
    bring(universe, assessment_id)
    assert len(row(assessment_id).evidence) == text.EVIDENCE


def test_a_record_that_was_taken_over_has_no_text_of_ones_own(
    universe: Universe, visitors: Visitors, tmp_path: Path
) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(
        "format: assurance-case/1\n"
        "authority: {name: Alder, gss: E10000901}\n"
        "cycle: {name: 2024/25, scheme: la-8}\n"
        "recommendations: [{text: Write it down., benchmarks: [2]}]\n"
        "outcomes:\n"
        "- {benchmark: 2, agreed: Exceeding, summary: The group is well led., adviser_comments: Keep at it.}\n",
        encoding="utf-8",
    )
    with all_rows():
        importing.import_case(path, by=universe.operator, at=universe.at, programme=universe.programme)
    assessment = universe.assessment()
    page = said(visitors.get("lead", address("answer", assessment.pk, number=2)))
    for shown in ("Last year: 2024/25", "Not known", "Exceeding", "The group is well led.", "Keep at it.", "Write it"):
        assert shown in page
    assert "There is nothing of your own from last year to bring in." in page
    with pytest.raises(Unfit):
        bring(universe, assessment.pk)


# On the page


def test_everything_at_once(universe: Universe, visitors: Visitors, scheme: SchemeText, assessment_id: int) -> None:
    """What is empty is ticked, what is not is left to the person."""
    write(universe, assessment_id, 3, evidence="Of this year.")
    response = visitors.get("lead", address("carry", assessment_id))
    page = Drawn(response.content.decode())
    boxes = {one["name"]: "checked" in one.attributes for one in page.all("input", type="checkbox")}
    assert boxes == {f"carry_{number}": number != 3 for number in SCORED}
    marks = len(scheme.benchmarks[2].criterion_ids)
    what = f"From 2024/25, benchmark 2: 25 characters of text, {marks} marks, {marks} notes, your outcome."
    assert what in said(response)
    assert "You have an answer already: this would take its place." in said(response)
    fields = {one["name"]: one["value"] for one in page.all("input", type="hidden") if one["name"] != "csrf"}
    fields |= {name: "on" for name, ticked in boxes.items() if ticked}
    response = visitors.post("lead", address("carry", assessment_id), fields)
    assert response["Location"] == address("assessment", assessment_id)
    assert {number: row(assessment_id, number).needs_rechecking for number in SCORED} == {
        number: number != 3 for number in SCORED
    }
    assert row(assessment_id, 3).evidence == "Of this year."
    assert "Brought in on 6 benchmarks. Check each before you submit" in said(
        visitors.get("lead", address("assessment", assessment_id))
    )


def test_ticking_what_is_answered_confirms_it(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    write(universe, assessment_id, 3, evidence="Of this year.")
    page = Drawn(visitors.get("lead", f"{address('carry', assessment_id)}?benchmark=3").content.decode())
    ticked = [one["name"] for one in page.all("input", type="checkbox") if "checked" in one.attributes]
    assert ticked == ["carry_3"]
    fields = {"carry_3": "on", "version_3": "2"}
    assert visitors.post("lead", address("carry", assessment_id), fields).status_code == 302
    assert row(assessment_id, 3).evidence == "Evidence for benchmark 3."


def test_what_was_saved_meanwhile_stops_it(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    write(universe, assessment_id, 3, evidence="Of this year.")
    fields = {"carry_2": "on", "version_2": "1", "carry_3": "on", "version_3": "1"}
    response = visitors.post("lead", address("carry", assessment_id), fields)
    assert response.status_code == 409
    assert "Nothing was brought in." in said(response)
    page = Drawn(response.content.decode())
    assert page.one("input", name="version_3")["value"] == "2"
    assert "checked" not in page.one("input", name="carry_3").attributes
    assert (row(assessment_id, 2).version, row(assessment_id, 3).evidence) == (1, "Of this year.")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"version_2": "1"},
        {"carry_2": "on"},
        {"carry_2": "on", "version_2": "x"},
        {"carry_99": "on", "version_99": "1"},
    ],
)
def test_a_post_that_makes_no_sense_changes_nothing(
    universe: Universe, visitors: Visitors, assessment_id: int, fields: dict[str, str]
) -> None:
    before = written(universe)
    response = visitors.post("lead", address("carry", assessment_id), fields)
    assert response.status_code == 200
    assert "There is a problem" in said(response)
    assert changed(before, written(universe)) == {}


def test_the_first_year_has_nothing_to_bring(universe: Universe, visitors: Visitors) -> None:
    page = visitors.get("lead", address("carry", universe.assessment().pk))
    assert "There is no agreed assessment of an earlier year" in said(page)
    assert Drawn(page.content.decode()).all("input", type="checkbox") == []


def test_a_contributor_sees_what_is_theirs(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    page = visitors.get("contributor", address("carry", assessment_id))
    assert "No benchmark has been given to you yet." in said(page)
    give(universe, universe.assessment(), 3)
    page = Drawn(visitors.get("contributor", address("carry", assessment_id)).content.decode())
    assert [one["name"] for one in page.all("input", type="checkbox")] == ["carry_3"]
    fields = {"carry_2": "on", "version_2": "1"}
    assert visitors.post("contributor", address("carry", assessment_id), fields).status_code == 403


# From the page of a benchmark


def test_one_at_a_time(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    response = visitors.post("lead", address("carry-one", assessment_id, number=2), {"version": "1"})
    assert response["Location"] == address("answer", assessment_id, number=2)
    page = visitors.get("lead", response["Location"])
    assert "Brought in from 2024/25, benchmark 2: needs re-checking" in said(page)
    assert "I have checked this and it is right for this year" in said(page)


def test_saving_without_the_tick_keeps_it_to_be_checked(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    bring(universe, assessment_id)
    here = address("answer", assessment_id, number=2)
    fields = {"outcome": "met", "evidence": "As it is now.", "version": "2"}
    assert visitors.post("lead", here, fields)["Location"] == address("answer", assessment_id, number=3)
    assert (row(assessment_id).needs_rechecking, row(assessment_id).evidence) == (True, "As it is now.")
    assert "Benchmark 2 still has to be checked" in said(visitors.get("lead", here))
    visitors.post("lead", here, fields | {"version": "3", "checked": "on"})
    assert not row(assessment_id).needs_rechecking
    page = said(visitors.get("lead", here))
    assert "Brought in from 2024/25, benchmark 2, and checked this year." in page
    assert "I have checked this" not in page


def test_what_was_typed_is_saved_before_anything_comes(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    fields = {"evidence": "Just typed.", "version": "1"}
    response = visitors.post("lead", address("carry-one", assessment_id, number=2), fields)
    assert response["Location"] == f"{address('carry', assessment_id)}?benchmark=2"
    assert row(assessment_id).evidence == "Just typed."
    wrong = {"evidence": "w" * 200, "version": "2"}
    response = visitors.post("lead", address("carry-one", assessment_id, number=2), wrong)
    assert response.status_code == 200
    assert Drawn(response.content.decode()).value_of("id_evidence") == "w" * 200


def test_what_a_colleague_wrote_meanwhile_is_not_replaced(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    write(universe, assessment_id, evidence="Of this year.")
    response = visitors.post("lead", address("carry-one", assessment_id, number=2), {"version": "1"})
    assert response.status_code == 409
    response = visitors.post("lead", address("carry-one", assessment_id, number=2), {"version": "2"})
    assert response["Location"] == f"{address('carry', assessment_id)}?benchmark=2"
    assert row(assessment_id).evidence == "Of this year."
