"""The workbook's way out and back: made, filled in, uploaded, compared, and taken over where it is ticked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from assurance import scope, store
from assurance.access import Forbidden
from assurance.actions import answers, documents, workbook
from assurance.actions.answers import Reply
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Document, Draft, Event, SelfAssessment, Upload, User
from assurance.vocabulary import Audience, DocumentKind, EventKind, Making, State, UploadState
from tests.assurance.workbooks import edited, row_of
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, changed, give, undone, written
from tests.universe import Universe, all_rows, as_actor, forget_scope

MOST_TO_READ = 8
MOST_TO_APPLY = 12
"""Statements of taking every benchmark over at once: no more than of saving one."""


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The store, in a folder of this test."""
    place = tmp_path / "uploads"
    options = settings.STORAGES["uploads"]["OPTIONS"] | {"location": place}
    settings.STORAGES = settings.STORAGES | {"uploads": settings.STORAGES["uploads"] | {"OPTIONS": options}}
    return place


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    """Alder's, with benchmark 1 answered."""
    return universe.assessment(State.IN_PROGRESS)


def drawn(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


def in_scope(universe: Universe, act: Callable[[], Any], authority: Any = None) -> Any:
    """What a task does: in the scope of one authority."""
    try:
        with scope.authorities([(authority or universe.alder).pk]):
            return act()
    finally:
        forget_scope()


def made(universe: Universe, assessment: Assessment, who: User | None = None, kind: str = "xlsx") -> bytes:
    """A workbook, asked for by somebody and made."""
    with as_actor(who or universe.lead) as by:
        asked = documents.ask(by=by, at=universe.at, assessment_id=assessment.pk, kind=DocumentKind(f"workbook_{kind}"))
    found = in_scope(universe, lambda: documents.make(document_id=asked.pk, at=universe.at, makers=workbook.MAKERS))
    assert (found.state, found.fault) == (Making.READY, "")
    with store.open(found.path) as file:
        return file.read()


def came_back(universe: Universe, assessment: Assessment, data: bytes, who: User | None = None) -> Upload:
    """A workbook, uploaded by somebody and read."""
    file = SimpleUploadedFile("from partners.xlsx", data)
    with as_actor(who or universe.lead) as by:
        row = workbook.upload(by=by, at=universe.at, assessment_id=assessment.pk, name=file.name, file=file)
    return in_scope(universe, lambda: workbook.read_upload(upload_id=row.pk, at=universe.at))


def filled_in(data: bytes, said: dict[int, str], level: str = "Met") -> bytes:
    """The workbook with evidence by benchmark number, and an outcome."""

    def change(opened: Any) -> None:
        for number, evidence in said.items():
            sheet = opened[f"Benchmark {number}"]
            sheet.cell(row_of(sheet, "evidence"), 4).value = evidence
            sheet.cell(row_of(sheet, "outcome"), 3).value = level

    return edited(data, change)


def answer(assessment: Assessment, number: int) -> SelfAssessment:
    with all_rows():
        return SelfAssessment.objects.get(assessment=assessment, benchmark__number=number)


def say(universe: Universe, assessment: Assessment, number: int, evidence: str) -> None:
    """Somebody saves an answer on the page."""
    version = answer(assessment, number).version
    with as_actor(universe.lead) as by:
        reply = Reply(level_code="exceeding", evidence=evidence)
        answers.save_answer(
            by=by, at=universe.at, assessment_id=assessment.pk, number=number, version=version, reply=reply
        )


def address(row: Upload) -> str:
    return reverse("workbook-upload", args=[row.assessment_id, row.pk])


def boxes(page: Drawn) -> dict[int, bool]:
    """The benchmarks that can be ticked, and whether they are."""
    return {int(one["value"]): "checked" in one.attributes for one in page.all("input", type="checkbox", name="apply")}


def fields(page: Drawn, *numbers: int) -> dict[str, Any]:
    """What the page posts with these ticked."""
    hidden = {
        one["name"]: one["value"] for one in page.all("input", type="hidden") if one["name"] != "csrfmiddlewaretoken"
    }
    return hidden | {"apply": list(numbers)}


# Out


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@pytest.mark.parametrize("scheme", ["la-8", "la-10"])
def test_what_stands_goes_out_and_comes_back_unchanged(universe: Universe, scheme: str, kind: str) -> None:
    universe.last_year(scheme)
    assessment = universe.assessment(State.IN_PROGRESS, scheme)
    row = came_back(universe, assessment, made(universe, assessment, kind=kind))
    assert (row.state, row.faults) == (UploadState.COMPARED, [])
    said = workbook.found_in(row)
    assert sorted(said) == [number for number, one in universe.scheme(scheme).benchmarks.items() if one.scored]
    for number, found in said.items():
        assert found.reply == workbook.reply_of(answer(assessment, number), universe.scheme(scheme)), number


def test_last_year_stands_beside_it(universe: Universe) -> None:
    universe.last_year()
    opened = load_workbook(BytesIO(made(universe, universe.assessment(State.IN_PROGRESS))))
    texts = " ".join(str(cell.value) for row in opened["Benchmark 2"].iter_rows() for cell in row if cell.value)
    assert "Last year (2024/25)" in texts
    assert "Agreed outcome: Met" in texts
    for cell in ("E", "F"):
        assert opened["Benchmark 2"][f"{cell}12"].protection.locked


def test_a_document_is_asked_for_made_and_taken_away(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    page = reverse("workbook", args=[assessment.pk])
    response = visitors.post("lead", page, {"kind": "workbook_ods"})
    place = response["Location"]
    assert visitors.post("lead", page, {"kind": "workbook_ods"})["Location"] == place
    waiting = visitors.get("lead", place)
    assert waiting["Refresh"] == "2"
    assert "being made" in drawn(waiting).one("main").text
    with all_rows():
        (row,) = Document.objects.all()
    file = reverse("document-file", args=[assessment.pk, row.pk])
    assert visitors.get("lead", file).status_code == 404
    in_scope(universe, lambda: documents.make(document_id=row.pk, at=universe.at, makers=workbook.MAKERS))
    assert in_scope(universe, lambda: documents.make(document_id=row.pk, at=universe.at, makers={})) is None
    ready = visitors.get("lead", place)
    assert "Refresh" not in ready
    assert drawn(ready).one("a", cls="govuk-button")["href"] == file
    assert visitors.get("contributor", place).status_code == 404
    got = visitors.get("lead", file)
    assert got["Content-Disposition"] == (
        'attachment; filename="prevent-self-assessment-alder-county-council-2025-26.ods"'
    )
    with all_rows():
        (event,) = Event.objects.filter(kind=EventKind.DOWNLOADED)
    assert (event.person, event.audience) == (universe.lead, Audience.AUTHORITY)
    assert b"as it was on" in visitors.get("lead", page).content
    assert b"as it was on" not in visitors.get("contributor", page).content


def test_an_unknown_kind_and_somebody_elses_kind_are_not_made(visitors: Visitors, assessment: Assessment) -> None:
    for kind in ("letter", "submission"):
        assert visitors.post("lead", reverse("workbook", args=[assessment.pk]), {"kind": kind}).status_code == 404


def test_whoever_has_lost_the_right_gets_no_document(universe: Universe, assessment: Assessment) -> None:
    with as_actor(universe.contributor) as by:
        asked = documents.ask(by=by, at=universe.at, assessment_id=assessment.pk, kind=DocumentKind.WORKBOOK_XLSX)
    with all_rows():
        universe.contributor.memberships.update(ends=universe.at.date() - timedelta(days=1))
    found = in_scope(universe, lambda: documents.make(document_id=asked.pk, at=universe.at, makers=workbook.MAKERS))
    assert (found.state, found.path) == (Making.FAILED, "")
    with all_rows():
        assert Document.objects.get(pk=asked.pk).fault == "You may no longer read this assessment."


def test_what_goes_wrong_while_it_is_made_is_said(
    universe: Universe, visitors: Visitors, assessment: Assessment, caplog: pytest.LogCaptureFixture
) -> None:
    with as_actor(universe.lead) as by:
        asked = documents.ask(by=by, at=universe.at, assessment_id=assessment.pk, kind=DocumentKind.WORKBOOK_XLSX)
    in_scope(universe, lambda: documents.make(document_id=asked.pk, at=universe.at, makers={}))
    page = visitors.get("lead", reverse("document", args=[assessment.pk, asked.pk]))
    assert "Something went wrong" in drawn(page).one("main").text
    assert "could not be made" in caplog.text


# Back


def test_what_partners_wrote_is_taken_over_where_it_is_ticked(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    data = filled_in(made(universe, assessment), {1: "More of it.", 2: "- A panel\nmeets.", 3: "New too."})
    row = came_back(universe, assessment, data)
    response = visitors.get("lead", address(row))
    statements = len([sql for sql in visitors.statements if "SAVEPOINT" not in sql])
    assert statements <= MOST_TO_READ
    page = drawn(response)
    assert boxes(page) == {1: True, 2: True, 3: True}
    before = answer(assessment, 3)
    response = visitors.post("lead", address(row), fields(page, 1, 2))
    assert (response.status_code, response["Location"]) == (302, address(row))
    assert (answer(assessment, 1).evidence, answer(assessment, 2).evidence) == ("More of it.", "- A panel\nmeets.")
    assert answer(assessment, 3).version == before.version
    second = answer(assessment, 2)
    with all_rows():
        row.refresh_from_db()
        kinds = list(Event.objects.filter(assessment=assessment).order_by("-id").values_list("kind", "detail")[:3])
        (event,) = Event.objects.filter(kind=EventKind.UPLOADED)
        reasons = set(second.history.values_list("history_change_reason", "history_user"))
    assert (row.state, row.content) == (UploadState.APPLIED, {"applied": [1, 2], "by": universe.lead.name})
    assert (event.detail["benchmarks"], event.audience) == ([1, 2], Audience.AUTHORITY)
    assert {kind for kind, _detail in kinds} == {EventKind.UPLOADED, EventKind.ANSWERED}
    assert ("workbook", universe.lead.pk) in reasons
    assert "Taken over" in drawn(visitors.get("lead", address(row))).one("main").text
    # Once is once.
    assert visitors.post("lead", address(row), fields(page, 3)).status_code == 302
    assert answer(assessment, 3).version == before.version


def test_every_benchmark_costs_no_more_than_one(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    scored = [number for number, one in universe.scheme().benchmarks.items() if one.scored]
    data = filled_in(made(universe, assessment), dict.fromkeys(scored, "All of it."))
    row = came_back(universe, assessment, data)
    page = drawn(visitors.get("lead", address(row)))
    costs = []
    for numbers in (scored[:1], scored):
        with undone():
            assert visitors.post("lead", address(row), fields(page, *numbers)).status_code == 302
            costs.append([sql for sql in visitors.statements if "SAVEPOINT" not in sql])
    assert len(costs[0]) == len(costs[1]) <= MOST_TO_APPLY, "\n".join(sql[:150] for sql in costs[1])


def test_an_assessment_that_was_not_begun_is_begun(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.NOT_STARTED)
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "First."}))
    page = drawn(visitors.get("lead", address(row)))
    assert visitors.post("lead", address(row), fields(page, 2)).status_code == 302
    with all_rows():
        assessment.refresh_from_db()
    assert assessment.state == State.IN_PROGRESS


def test_a_newer_answer_here_is_a_conflict_and_stays_unless_it_is_ticked(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    data = made(universe, assessment)
    say(universe, assessment, 1, "Written here since, with care.")
    row = came_back(universe, assessment, filled_in(data, {1: "Written there since, with care.", 2: "New."}))
    page = drawn(visitors.get("lead", address(row)))
    assert boxes(page) == {1: False, 2: True}
    main = page.one("main")
    assert "Newer answer here" in main.text
    assert [one.text for one in page.all("del")] and [one.text for one in page.all("ins")]
    with undone():
        visitors.post("lead", address(row), fields(page, 2))
        assert answer(assessment, 1).evidence == "Written here since, with care."
    assert visitors.post("lead", address(row), fields(page, 1, 2)).status_code == 302
    assert answer(assessment, 1).evidence == "Written there since, with care."
    first = answer(assessment, 1)
    with all_rows():
        texts = set(first.history.values_list("evidence", flat=True))
    assert "Written here since, with care." in texts


def test_an_answer_saved_while_somebody_looks_is_shown_and_nothing_is_written(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {1: "There.", 2: "New."}))
    page = drawn(visitors.get("lead", address(row)))
    say(universe, assessment, 1, "Here, a minute ago.")
    before = written(universe)
    response = visitors.post("lead", address(row), fields(page, 1, 2))
    assert response.status_code == 409
    assert changed(before, written(universe)) == {}
    again = drawn(response)
    assert boxes(again) == {1: False, 2: True}
    assert "Somebody saved an answer while you were looking" in again.one("main").text
    assert visitors.post("lead", address(row), fields(again, 1, 2)).status_code == 302
    assert answer(assessment, 1).evidence == "There."


def test_what_would_be_emptied_is_said_and_not_ticked(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    def empty(opened: Any) -> None:
        sheet = opened["Benchmark 1"]
        sheet.cell(row_of(sheet, "evidence"), 4).value = None

    row = came_back(universe, assessment, edited(made(universe, assessment), empty))
    page = drawn(visitors.get("lead", address(row)))
    assert boxes(page) == {1: False}
    assert "empties something" in page.one("main").text
    assert visitors.post("lead", address(row), fields(page, 1)).status_code == 302
    assert answer(assessment, 1).evidence == ""


def test_rejected_cells_are_shown_and_the_rest_can_be_taken_over(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    data = filled_in(filled_in(made(universe, assessment), {2: "Good."}), {3: "x" * 10_000}, level="Splendid")
    row = came_back(universe, assessment, data)
    page = drawn(visitors.get("lead", address(row)))
    assert boxes(page) == {2: True}
    text = page.one("main").text
    assert "Benchmark 3, cell C" in text and "“Splendid” is not in the list" in text
    assert "10,000 characters without a space" in text
    assert visitors.post("lead", address(row), fields(page, 3)).status_code == 200
    assert visitors.post("lead", address(row), fields(page, 2)).status_code == 302
    assert answer(assessment, 3).version == 1


def test_nothing_ticked_and_nonsense_are_refused_at_the_boxes(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "Good."}))
    page = drawn(visitors.get("lead", address(row)))
    before = written(universe)
    for wrong in ([], ["99"], ["x"], ["9" * 5000]):
        response = visitors.post("lead", address(row), fields(page) | {"apply": wrong})
        assert response.status_code == 200
        assert drawn(response).one("p", cls="govuk-error-message")
        assert drawn(response).one("div", cls="govuk-error-summary")
    for version in ("", "x", "9" * 30):
        assert visitors.post("lead", address(row), {"apply": "2", "version_2": version}).status_code in (200, 409)
    assert changed(before, written(universe)) == {}


def test_a_contributor_takes_over_what_is_given_to_them_and_no_more(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    give(universe, assessment, 2)
    data = filled_in(made(universe, assessment, universe.contributor), {2: "Mine.", 3: "Not mine."})
    row = came_back(universe, assessment, data, universe.contributor)
    page = drawn(visitors.get("contributor", address(row)))
    assert boxes(page) == {2: True}
    assert "Not given to you" in page.one("main").text
    with as_actor(universe.contributor) as by, pytest.raises(Forbidden):
        workbook.apply_upload(by=by, at=universe.at, upload_id=row.pk, versions={3: 1})
    assert visitors.post("contributor", address(row), fields(page, 2)).status_code == 302
    assert (answer(assessment, 2).evidence, answer(assessment, 3).evidence) == ("Mine.", "")


def test_a_colleagues_workbook_may_be_looked_at_and_no_more_unless_one_is_lead(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    give(universe, assessment, 2)
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "The lead's."}))
    page = drawn(visitors.get("contributor", address(row)))
    assert boxes(page) == {}
    assert not [one for one in page.all("button") if one.text in ("Take over what is ticked", "Discard the workbook")]
    assert f"Only {universe.lead.name}, who uploaded it, or a lead" in page.one("main").text
    before = written(universe)
    for posted in ({"apply": "2", "version_2": "1"}, {"then": "discard"}, {}):
        assert visitors.post("contributor", address(row), posted).status_code == 403
    with as_actor(universe.contributor) as by, pytest.raises(Forbidden):
        workbook.apply_upload(by=by, at=universe.at, upload_id=row.pk, versions={2: 1})
    assert changed(before, written(universe)) == {}
    theirs = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "Mine."}), universe.contributor)
    page = drawn(visitors.get("lead", address(theirs)))
    assert visitors.post("lead", address(theirs), fields(page, 2)).status_code == 302
    assert answer(assessment, 2).evidence == "Mine."


@pytest.mark.parametrize("then", ["", "discard"])
@pytest.mark.parametrize(
    ("state", "words"),
    [
        (UploadState.APPLIED, "had been taken over already"),
        (UploadState.DISCARDED, "had been discarded already"),
        (UploadState.REFUSED, "there is nothing to decide"),
        (UploadState.WAITING, "still being read"),
    ],
)
def test_deciding_on_a_workbook_that_is_in_another_state_says_so(
    universe: Universe, visitors: Visitors, assessment: Assessment, state: UploadState, words: str, then: str
) -> None:
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "Good."}))
    with all_rows():
        Upload.objects.filter(pk=row.pk).update(state=state, content={})
    response = visitors.post("lead", address(row), {"apply": "2", "version_2": "1", "then": then})
    assert response.status_code == 302
    if (state, then) == (UploadState.WAITING, "discard"):
        words = "was discarded. Nothing was changed"
    shown = visitors.get("lead", response["Location"])
    assert words in shown.content.decode()
    assert answer(assessment, 2).version == 1


def test_a_workbook_that_was_dealt_with_a_moment_before_says_so(
    universe: Universe, visitors: Visitors, assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page was read while the workbook could still be taken over, and the lock was had after it was."""
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "Good."}))
    for act, posted in (("apply_upload", {"apply": "2", "version_2": "1"}), ("discard_upload", {"then": "discard"})):
        really = getattr(workbook, act)

        def late(really: Callable[..., Upload] = really, **arguments: Any) -> Upload:
            Upload.objects.filter(pk=row.pk).update(state=UploadState.APPLIED)
            return really(**arguments)

        with undone(), monkeypatch.context() as patched:
            patched.setattr(workbook, act, late)
            response = visitors.post("lead", address(row), posted)
            assert (response.status_code, response["Location"]) == (302, address(row))
            assert "had been taken over already" in visitors.get("lead", address(row)).content.decode()


def sent(universe: Universe, assessment: Assessment, who: User, at: Any = None) -> Upload:
    with as_actor(who) as by:
        file = SimpleUploadedFile("a.xlsx", b"PK")
        return workbook.upload(by=by, at=at or universe.at, assessment_id=assessment.pk, name=file.name, file=file)


def files_in(folder: Path) -> int:
    return sum(one.is_file() for one in folder.rglob("*"))


def refused_at_the_field(visitors: Visitors, universe: Universe, assessment: Assessment, folder: Path) -> str:
    """Uploads one more; gives the words of the refusal, having seen that nothing was kept."""
    before, files = written(universe), files_in(folder)
    place = reverse("workbook", args=[assessment.pk])
    response = visitors.post("lead", place, {"file": SimpleUploadedFile("one more.xlsx", b"PK")})
    assert response.status_code == 200
    assert changed(before, written(universe)) == {}
    assert files_in(folder) == files
    page = drawn(response)
    assert page.one("div", cls="govuk-error-summary")
    return page.one("p", cls="govuk-error-message").text


def test_no_more_than_three_of_ones_own_wait_at_once(
    universe: Universe, visitors: Visitors, assessment: Assessment, folder: Path
) -> None:
    rows = [sent(universe, assessment, universe.lead) for _turn in range(workbook.MOST_WAITING)]
    assert "3 of your workbooks are still being read" in refused_at_the_field(visitors, universe, assessment, folder)
    # A colleague's are counted by themselves, and one that was read makes room.
    assert sent(universe, assessment, universe.contributor)
    in_scope(universe, lambda: workbook.read_upload(upload_id=rows[0].pk, at=universe.at))
    assert sent(universe, assessment, universe.lead)


def test_no_more_than_thirty_come_back_within_a_day(
    universe: Universe, visitors: Visitors, assessment: Assessment, folder: Path
) -> None:
    for turn in range(workbook.MOST_A_DAY):
        sent(universe, assessment, universe.lead if turn % 2 else universe.contributor)
        with all_rows():
            Upload.objects.update(state=UploadState.DISCARDED)
    with all_rows():
        Upload.objects.update(uploaded_at=timezone.now() - timedelta(hours=23))
    assert "30 workbooks were uploaded" in refused_at_the_field(visitors, universe, assessment, folder)
    assert sent(universe, assessment, universe.lead, timezone.now() + timedelta(hours=2))


def test_taking_it_over_checks_what_was_brought_in_and_drops_ones_own_draft(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    found = answer(assessment, 2)
    with all_rows():
        SelfAssessment.objects.filter(pk=found.pk).update(needs_rechecking=True, evidence="Last year's.")
        Draft.objects.create(
            authority=universe.alder, assessment=assessment, self_assessment=found, person=universe.lead,
            base_version=1, content={}, saved_at=universe.at,
        )  # fmt: skip
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "This year's."}))
    page = drawn(visitors.get("lead", address(row)))
    assert "counts as checking it" in page.one("main").text
    assert visitors.post("lead", address(row), fields(page, 2)).status_code == 302
    assert answer(assessment, 2).needs_rechecking is False
    with all_rows():
        assert not Draft.objects.exists()


def test_discarding_changes_nothing_and_lets_the_file_go(
    universe: Universe, visitors: Visitors, assessment: Assessment, django_capture_on_commit_callbacks: Any
) -> None:
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "Good."}))
    with store.open(row.path):
        pass
    assert visitors.post("contributor", address(row), {"then": "discard"}).status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        assert visitors.post("lead", address(row), {"then": "discard"}).status_code == 302
    with pytest.raises(FileNotFoundError):
        store.open(row.path)
    assert visitors.post("lead", address(row), {"then": "discard"}).status_code == 302
    assert "discarded" in drawn(visitors.get("lead", address(row))).one("main").text
    assert visitors.post("lead", address(row), {"apply": "2", "version_2": "1"}).status_code == 302
    assert answer(assessment, 2).version == 1


def test_after_submission_nothing_is_uploaded_or_taken_over(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "Good."}))
    page = drawn(visitors.get("lead", address(row)))
    universe.assessment(State.SUBMITTED)
    place = reverse("workbook", args=[assessment.pk])
    assert not drawn(visitors.get("lead", place)).all("input", type="file")
    file = SimpleUploadedFile("late.xlsx", b"PK late")
    assert visitors.post("lead", place, {"file": file}).status_code == 409
    assert visitors.post("lead", address(row), fields(page, 2)).status_code == 409
    assert visitors.get("lead", address(row)).status_code == 200
    with as_actor(universe.lead) as by:
        with pytest.raises(NotEditable):
            workbook.apply_upload(by=by, at=universe.at, upload_id=row.pk, versions={2: 1})
        with pytest.raises(NotEditable):
            workbook.upload(by=by, at=universe.at, assessment_id=assessment.pk, name="a", file=file)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.xlsx", b"", "The file is empty"),
        ("tool.exe.xlsx", b"MZ\x90\x00" + bytes(100), "not a spreadsheet"),
        ("big.xlsx", b"PK" + bytes(10 * 1024 * 1024), "larger than 10 MB"),
    ],
)
def test_what_is_plainly_no_workbook_is_refused_at_the_field(
    universe: Universe, visitors: Visitors, assessment: Assessment, name: str, data: bytes, words: str
) -> None:
    before = written(universe)
    response = visitors.post(
        "lead", reverse("workbook", args=[assessment.pk]), {"file": SimpleUploadedFile(name, data)}
    )
    assert response.status_code == 200
    assert words in drawn(response).one("div", cls="govuk-error-summary").text
    assert visitors.post("lead", reverse("workbook", args=[assessment.pk])).status_code == 200
    assert changed(before, written(universe)) == {}


def test_what_the_worker_refuses_is_said_on_the_page(
    universe: Universe, visitors: Visitors, assessment: Assessment
) -> None:
    place = reverse("workbook", args=[assessment.pk])
    response = visitors.post("lead", place, {"file": SimpleUploadedFile("=1+1\u202e.xlsx", b"PK\x03\x04 broken")})
    waiting = visitors.get("lead", response["Location"])
    assert waiting["Refresh"] == "2"
    with all_rows():
        (row,) = Upload.objects.all()
    assert row.name == "=1+1.xlsx"
    in_scope(universe, lambda: workbook.read_upload(upload_id=row.pk, at=universe.at))
    assert in_scope(universe, lambda: workbook.read_upload(upload_id=row.pk, at=universe.at)) is None
    page = visitors.get("lead", response["Location"])
    assert "Refresh" not in page
    assert "The file is damaged" in drawn(page).one("main").text
    assert "Refused" in drawn(visitors.get("lead", place)).one("main").text


def test_a_workbook_of_another_authority_is_refused(universe: Universe, assessment: Assessment) -> None:
    birch = universe.assessment(State.IN_PROGRESS, authority=universe.birch)
    with as_actor(universe.other_lead) as by:
        asked = documents.ask(by=by, at=universe.at, assessment_id=birch.pk, kind=DocumentKind.WORKBOOK_XLSX)
    found = in_scope(
        universe,
        lambda: documents.make(document_id=asked.pk, at=universe.at, makers=workbook.MAKERS),
        universe.birch,
    )
    with store.open(found.path) as file:
        row = came_back(universe, assessment, file.read())
    assert row.state == UploadState.REFUSED
    assert "Birch County Council" in row.faults[0]


def test_a_file_that_is_gone_is_said(
    universe: Universe, assessment: Assessment, caplog: pytest.LogCaptureFixture
) -> None:
    with as_actor(universe.lead) as by:
        file = SimpleUploadedFile("a.xlsx", b"PK")
        row = workbook.upload(by=by, at=universe.at, assessment_id=assessment.pk, name=file.name, file=file)
    store.forget(row.path)
    found = in_scope(universe, lambda: workbook.read_upload(upload_id=row.pk, at=universe.at))
    assert found.state == UploadState.REFUSED
    assert "could not be read" in caplog.text


# What is left behind


def test_the_sweep_sends_again_gives_up_and_throws_away(
    universe: Universe, assessment: Assessment, django_capture_on_commit_callbacks: Any
) -> None:
    made(universe, assessment)
    with as_actor(universe.lead) as by:
        documents.ask(by=by, at=universe.at, assessment_id=assessment.pk, kind=DocumentKind.WORKBOOK_ODS)
        file = SimpleUploadedFile("a.xlsx", b"PK")
        workbook.upload(by=by, at=universe.at, assessment_id=assessment.pk, name=file.name, file=file)
    with all_rows():
        assert (documents.sweep(universe.at), workbook.sweep(universe.at)) == ([], [])
        soon = universe.at + timedelta(minutes=5)
        assert [kind for kind, *_rest in documents.sweep(soon)] == ["workbook_ods"]
        assert len(workbook.sweep(soon)) == 1
        late = universe.at + timedelta(hours=2)
        assert (documents.sweep(late), workbook.sweep(late)) == ([], [])
        assert set(Document.objects.values_list("state", flat=True)) == {Making.READY, Making.FAILED}
        assert set(Upload.objects.values_list("state", flat=True)) == {UploadState.REFUSED}
    paths = []
    with all_rows():
        paths = [one.path for one in (*Document.objects.all(), *Upload.objects.all()) if one.path]
    with django_capture_on_commit_callbacks(execute=True), all_rows():
        documents.sweep(universe.at + timedelta(days=8))
        workbook.sweep(universe.at + timedelta(days=31))
        assert not Document.objects.exists()
        assert not Upload.objects.exists()
    for path in paths:
        with pytest.raises(FileNotFoundError):
            store.open(path)


# At once


@pytest.fixture
def committed(transactional_db: None, at: Any) -> Iterator[Universe]:
    yield Universe(at)


def test_taking_over_and_saving_at_the_same_moment_loses_neither(committed: Universe) -> None:
    """Whoever comes second is told: either the workbook finds a newer answer, or the page does."""
    universe = committed
    assessment = universe.assessment(State.IN_PROGRESS)
    scored = [number for number, one in universe.scheme().benchmarks.items() if one.scored]
    for turn in range(6):
        race(universe, assessment, scored, scored[turn % len(scored)], str(turn))


def race(universe: Universe, assessment: Assessment, scored: list[int], target: int, turn: str) -> None:
    """The lead takes every benchmark over from a workbook, and saves one of them on its page, at once."""
    there, here = f"There {turn}.", f"Here {turn}."
    row = came_back(universe, assessment, filled_in(made(universe, assessment), dict.fromkeys(scored, there)))
    versions = {number: answer(assessment, number).version for number in scored}
    common: dict[str, Any] = {"at": universe.at}
    outcomes: dict[str, str] = {}
    barrier = threading.Barrier(2)

    def take_over(by: Any) -> None:
        workbook.apply_upload(by=by, upload_id=row.pk, versions=versions, **common)

    def save(by: Any) -> None:
        reply = Reply(level_code="exceeding", evidence=here)
        place = {"assessment_id": assessment.pk, "number": target, "version": versions[target]}
        answers.save_answer(by=by, reply=reply, **place, **common)

    def run(name: str, act: Callable[[Any], None]) -> None:
        try:
            with as_actor(universe.lead) as by:
                barrier.wait()
                act(by)
            outcomes[name] = "done"
        except Stale:
            outcomes[name] = "stale"
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=one) for one in (("workbook", take_over), ("page", save))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes.values()) == ["done", "stale"], outcomes
    assert answer(assessment, target).evidence == (there if outcomes["workbook"] == "done" else here)
    others = {answer(assessment, number).evidence for number in scored if number != target}
    assert (there in others) is (outcomes["workbook"] == "done")


def test_uploads_at_the_same_moment_find_no_more_room_than_there_is(committed: Universe) -> None:
    universe = committed
    assessment = universe.assessment(State.IN_PROGRESS)
    barrier = threading.Barrier(workbook.MOST_WAITING + 3)
    outcomes: list[str] = []

    def run() -> None:
        try:
            barrier.wait()
            sent(universe, assessment, universe.lead)
            outcomes.append("kept")
        except Unfit as refusal:
            outcomes.append(refusal.field)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _one in range(barrier.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["file"] * 3 + ["kept"] * workbook.MOST_WAITING


def test_two_who_take_the_same_workbook_over_do_it_once(committed: Universe) -> None:
    universe = committed
    assessment = universe.assessment(State.IN_PROGRESS)
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "Once."}))
    with as_actor(universe.lead) as by:
        workbook.apply_upload(by=by, at=universe.at, upload_id=row.pk, versions={2: 1})
    with as_actor(universe.lead) as by, pytest.raises(Stale):
        workbook.apply_upload(by=by, at=universe.at, upload_id=row.pk, versions={2: 2})
    with as_actor(universe.lead) as by, pytest.raises(Stale):
        workbook.discard_upload(by=by, at=universe.at, upload_id=row.pk)
    assert answer(assessment, 2).version == 2


def test_nothing_of_nothing_is_taken_over(universe: Universe, assessment: Assessment) -> None:
    row = came_back(universe, assessment, filled_in(made(universe, assessment), {2: "Good."}))
    with as_actor(universe.lead) as by:
        for versions in ({}, {3: 1}, {99: 1}):
            with pytest.raises(Unfit):
                workbook.apply_upload(by=by, at=universe.at, upload_id=row.pk, versions=versions)
