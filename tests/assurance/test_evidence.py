"""Evidence: files and links beside the answers, kept and given out through the policy only."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from assurance import filetypes, store
from assurance.access import Forbidden, NotFound
from assurance.actions import cycles, evidence
from assurance.actions.evidence import Added, Supports
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, Event, Evidence, EvidenceFile, SelfAssessment
from assurance.queries import evidence as read
from assurance.upload_handler import CappedUploadHandler
from assurance.vocabulary import Audience, EventKind, Scan, State
from tests import files
from tests.frontend.markup import Drawn
from tests.matrices.test_queries import MOST_TO_READ, MOST_TO_SAVE
from tests.matrices.world import Visitors, changed, give, undone, written
from tests.universe import Universe, all_rows, as_actor

PLAN, FIGURES = "Plan 2026.pdf", "figures.xlsx"
NOBODY = Supports((2,))


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The store in a folder of this test."""
    place = tmp_path / "uploads"
    options = settings.STORAGES["uploads"]["OPTIONS"] | {"location": place}
    settings.STORAGES = settings.STORAGES | {"uploads": settings.STORAGES["uploads"] | {"OPTIONS": options}}
    return place


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def assessment_id(universe: Universe) -> int:
    return universe.assessment(State.IN_PROGRESS).pk


def no_scan(file_id: int, authority_id: int) -> None:
    """No scanner is set up, so that nothing is ever sent."""
    raise AssertionError("a scan was asked for")


def file(name: str = PLAN, content: bytes | None = None) -> SimpleUploadedFile:
    """A file as a browser sends it. What it says of its own type is worth nothing."""
    return SimpleUploadedFile(name, files.pdf() if content is None else content, content_type="text/html")


def add(
    universe: Universe,
    assessment_id: int,
    *given: UploadedFile,
    who: str = "lead",
    benchmarks: Sequence[int] = (2,),
    criteria: Sequence[int] = (),
) -> Added:
    """Add files as one of the cast."""
    with as_actor(universe.cast[who]) as by:
        return evidence.add_files(
            by=by,
            at=universe.at,
            assessment_id=assessment_id,
            files=given or (file(),),
            supports=Supports(benchmarks, criteria),
            enqueue=no_scan,
        )


def one(universe: Universe, assessment_id: int, who: str = "lead", **more: Any) -> Evidence:
    """A file that is there."""
    return add(universe, assessment_id, who=who, **more).evidence[0]


def link(universe: Universe, assessment_id: int, url: str = "https://example.org/plan", **more: Any) -> Evidence:
    """A link that is there."""
    with as_actor(universe.lead) as by:
        return evidence.add_link(
            by=by, at=universe.at, assessment_id=assessment_id, url=url, title="The plan", supports=NOBODY, **more
        )


def kept(folder: Path) -> list[Path]:
    """What lies in the store."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def titles(universe: Universe, assessment_id: int, number: int = 2, who: str = "lead") -> list[str]:
    """What one of the cast sees on a benchmark."""
    with all_rows():
        row = SelfAssessment.objects.get(assessment=assessment_id, benchmark__number=number)
    with as_actor(universe.cast[who]) as by:
        return [line.title for line in read.of_benchmark(by, row)]


def events(assessment_id: int, kind: EventKind = EventKind.EVIDENCE) -> list[Event]:
    with all_rows():
        return list(Event.objects.filter(assessment=assessment_id, kind=kind).order_by("id"))


def page(name: str, assessment_id: int, *more: Any, query: str = "") -> str:
    return reverse(name, args=[assessment_id, *more]) + query


def drawn(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


def act(universe: Universe, verb: Any, row: Evidence, who: str = "lead", **more: Any) -> Any:
    """One of the verbs on a piece of evidence, by somebody who sees it as it is."""
    with as_actor(universe.cast[who]) as by:
        return verb(
            by=by,
            at=universe.at + timedelta(hours=1),
            assessment_id=row.assessment_id,
            evidence_id=row.pk,
            **{"version": row.version} | more,
        )


# Below the pages: adding


def test_files_are_kept_with_history_and_one_event(universe: Universe, assessment_id: int, folder: Path) -> None:
    criterion = next(iter(universe.scheme().benchmarks[2].criterion_ids))
    added = add(
        universe,
        assessment_id,
        file(),
        file(FIGURES, files.xlsx()),
        benchmarks=(2, 3, 2),
        criteria=(criterion,),
    )
    assert added.refused == ()
    assert [row.title for row in added.evidence] == ["Plan 2026", "figures"]
    with all_rows():
        rows = list(EvidenceFile.objects.order_by("pk"))
        assert [row.media_type for row in rows] == [filetypes.PDF.media_type, filetypes.XLSX.media_type]
        assert {(row.number, row.scan, row.added_by_id) for row in rows} == {(1, Scan.NOT_ASKED, universe.lead.pk)}
        assert {tuple(row.evidence.benchmark_numbers) for row in rows} == {(2, 3)}
        assert {tuple(row.evidence.criterion_ids) for row in rows} == {(criterion,)}
        assert Evidence.history.count() == EvidenceFile.history.count() == 2
    (event,) = events(assessment_id)
    assert (event.name, event.audience) == ("added", Audience.AUTHORITY)
    assert event.detail == {"evidence": [row.pk for row in added.evidence], "benchmarks": [2, 3]}
    assert len(kept(folder)) == 2
    assert not any("lan" in path.name or "figures" in path.name for path in kept(folder))


def test_one_bad_file_costs_the_others_nothing(universe: Universe, assessment_id: int, folder: Path) -> None:
    bad = file("report.pdf", b"MZ" + b"\0" * 500)
    given = [*(file(f"plan {n}.pdf") for n in range(5)), bad, *(file(f"plan {n}.pdf") for n in range(5, 9))]
    added = add(universe, assessment_id, *given)
    assert [row.title for row in added.evidence] == [f"plan {n}" for n in range(9)]
    assert [refused.name for refused in added.refused] == ["report.pdf"]
    assert "This is a program" in added.refused[0].message
    assert len(kept(folder)) == 9


def test_two_files_of_one_name_are_two(universe: Universe, assessment_id: int) -> None:
    add(universe, assessment_id, file(), file())
    assert titles(universe, assessment_id) == ["Plan 2026", "Plan 2026"]


def test_more_than_twenty_at_once_are_named(universe: Universe, assessment_id: int) -> None:
    added = add(universe, assessment_id, *(file(f"{n}.pdf") for n in range(22)))
    assert len(added.evidence) == filetypes.MOST_AT_ONCE
    assert [refused.name for refused in added.refused] == ["20.pdf", "21.pdf"]


def test_all_bad_changes_nothing(universe: Universe, assessment_id: int, folder: Path) -> None:
    before = written(universe)
    assert len(add(universe, assessment_id, file(content=b""), file("a.exe")).refused) == 2
    assert changed(before, written(universe)) == {}
    assert kept(folder) == []


def test_the_first_evidence_starts_the_assessment(universe: Universe) -> None:
    assessment = universe.assessment(State.NOT_STARTED)
    one(universe, assessment.pk)
    with all_rows():
        assert Assessment.objects.get(pk=assessment.pk).state == State.IN_PROGRESS


@pytest.mark.parametrize(
    ("benchmarks", "criteria", "field"),
    [((), (), "benchmarks"), ((99,), (), "benchmarks"), ((2,), ("of 3",), "criteria"), ((2,), (10**9,), "criteria")],
)
def test_it_supports_something_that_is_there(
    universe: Universe, assessment_id: int, folder: Path, benchmarks: tuple[int, ...], criteria: Any, field: str
) -> None:
    other = next(iter(universe.scheme().benchmarks[3].criterion_ids))
    wanted = tuple(other if one == "of 3" else one for one in criteria)
    before = written(universe)
    with pytest.raises(Unfit) as refusal:
        add(universe, assessment_id, benchmarks=benchmarks, criteria=wanted)
    assert refusal.value.field == field
    assert changed(before, written(universe)) == {}
    assert kept(folder) == [], "what was refused stayed in the store"


def test_a_benchmark_that_is_not_scored_needs_no_evidence(universe: Universe, assessment_id: int) -> None:
    for number in (number for number, one in universe.scheme().benchmarks.items() if not one.scored):
        with pytest.raises(Unfit, match="scored"):
            add(universe, assessment_id, benchmarks=(number,))


def test_no_assessment_fills_the_disk(
    universe: Universe, assessment_id: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "MOST", 2)
    add(universe, assessment_id, file())
    with pytest.raises(Unfit) as refusal:
        add(universe, assessment_id, file(), file())
    assert refusal.value.field == "files"
    assert len(kept(folder)) == 1
    add(universe, assessment_id, file())
    with pytest.raises(Unfit):
        link(universe, assessment_id)


# Links


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.gov.uk/plan?year=2026#aims",
        "http://example.org",
        " https://example.org:8443/a%20b ",
        "https://[2001:db8::1]/x",
        "https://cyngor.cymru/cynllun",
        "HTTPS://EXAMPLE.ORG/",
    ],
)
def test_a_link_is_an_address_on_the_web(url: str) -> None:
    assert evidence.web_address(url) == url.strip()


@pytest.mark.parametrize(
    "url",
    [
        *("", "   ", "example.org", "www.example.org/plan", "//example.org", "https://", "https:///plan"),
        *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://example.org", "mailto:a@b.example"),
        *("https://me:secret@example.org", "https://me@example.org", "https://example.org:port/", "https://[::1"),
        *(
            "https://exa mple.org",
            "https://example.org/\u202eplan",
            "https://example.org/\n",
            "https://example.org/\0x",
        ),
        *("https://example.org/<script>", 'https://example.org/"x', "https://example.org\\@evil.example"),
        "https://example.org/" + "a" * 1000,
    ],
)
def test_what_is_no_plain_address_is_refused_in_words(url: str) -> None:
    if url.strip() != url and url.strip():
        url = url.strip() + "\n x"
    with pytest.raises(Unfit) as refusal:
        evidence.web_address(url)
    assert refusal.value.field == "url"
    assert refusal.value.message


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: f"https://{rest}"))
def test_any_address_is_taken_or_refused(url: str) -> None:
    try:
        kept = evidence.web_address(url)
    except Unfit:
        return
    assert kept.lower().startswith(("https://", "http://"))
    assert not set(kept) & set("<>\"'\\ \n") - {"'"}


def test_a_link_without_a_title_is_called_by_its_address(universe: Universe, assessment_id: int) -> None:
    with as_actor(universe.lead) as by:
        row = evidence.add_link(
            by=by, at=universe.at, assessment_id=assessment_id, url="https://example.org/a", title=" ", supports=NOBODY
        )
    assert row.title == "https://example.org/a"
    assert [event.name for event in events(assessment_id)] == ["linked"]


# Changing


def test_editing_leaves_history_and_the_second_save_loses_nothing(universe: Universe, assessment_id: int) -> None:
    row = one(universe, assessment_id)
    act(universe, evidence.edit_evidence, row, title="The  plan\n", supports=Supports((3,)))
    assert titles(universe, assessment_id, 3) == ["The plan"]
    assert titles(universe, assessment_id, 2) == []
    before = written(universe)
    with pytest.raises(Stale) as refusal:
        act(universe, evidence.edit_evidence, row, title="Another", supports=NOBODY)
    assert refusal.value.current.title == "The plan"
    act(universe, evidence.edit_evidence, row, title="The plan", supports=Supports((3,)))
    assert changed(before, written(universe)) == {}, "what stands already was written again"


@pytest.mark.parametrize("title", ["", " \u200b ", "a" * 201])
def test_a_title_is_there_and_short(universe: Universe, assessment_id: int, title: str) -> None:
    row = one(universe, assessment_id)
    with pytest.raises(Unfit) as refusal:
        act(universe, evidence.edit_evidence, row, title=title, supports=NOBODY)
    assert refusal.value.field == "title"


def test_a_replaced_file_keeps_its_old_version(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    first, second = files.pdf(), files.xlsx()
    row = one(universe, assessment_id, benchmarks=(2,))
    act(universe, evidence.replace_file, row, file=file(FIGURES, second), enqueue=no_scan)
    with all_rows():
        versions = {one.number: one for one in EvidenceFile.objects.filter(evidence=row)}
    assert [versions[number].name for number in (1, 2)] == [PLAN, FIGURES]
    found = content(visitors, "lead", page("evidence-file", assessment_id, row.pk, 2))
    assert found == second
    assert len(content(visitors, "lead", page("evidence-file", assessment_id, row.pk, 1))) == len(first)
    assert visitors.get("lead", page("evidence-file", assessment_id, row.pk, 3)).status_code == 404
    with pytest.raises(Stale):
        act(universe, evidence.replace_file, row, file=file(), enqueue=no_scan)
    with pytest.raises(Unfit) as refusal:
        act(universe, evidence.replace_file, row, version=2, file=file("a.exe"), enqueue=no_scan)
    assert refusal.value.field == "file"


def replaced(universe: Universe, row: Evidence, name: str, hours: int = 1) -> Evidence:
    """The evidence with a newer file."""
    more = {"at": universe.at + timedelta(hours=hours), "version": row.version}
    with as_actor(universe.lead) as by:
        return evidence.replace_file(
            by=by,
            assessment_id=row.assessment_id,
            evidence_id=row.pk,
            file=file(name),
            enqueue=no_scan,
            **more,
        )


def test_a_title_that_nobody_chose_follows_the_file(universe: Universe, assessment_id: int) -> None:
    row = replaced(universe, one(universe, assessment_id), "Plan 2027.pdf")
    assert titles(universe, assessment_id) == ["Plan 2027"]
    row = act(universe, evidence.edit_evidence, row, title="Our plan", supports=NOBODY)
    replaced(universe, row, "Plan 2028.pdf")
    assert titles(universe, assessment_id) == ["Our plan"]


def test_a_file_is_replaced_so_often_and_no_more(
    universe: Universe, visitors: Visitors, assessment_id: int, folder: Path
) -> None:
    row = one(universe, assessment_id)
    address = page("evidence-item", assessment_id, row.pk)
    for _ in range(evidence.MOST_VERSIONS - 1):
        row = replaced(universe, row, PLAN)
    response = visitors.post("lead", address, {"do": "replace", "version": row.version, "file": file()})
    assert response.status_code == 200
    assert "it has 50 versions" in drawn(response).one("div", **{"class": "govuk-error-summary"}).text
    assert len(kept(folder)) == evidence.MOST_VERSIONS, "what was refused stayed in the store"
    shown = visitors.get("lead", address)
    assert len(asked(visitors)) <= MOST_TO_READ
    assert len(shown.content) < 100_000


def test_who_reads_what_was_submitted_reads_nothing_older(universe: Universe, visitors: Visitors) -> None:
    """What the lead thought better of before they submitted is nobody else's; what the adviser has read stays."""
    assessment_id = universe.assessment(State.IN_PROGRESS).pk
    row = replaced(universe, one(universe, assessment_id), "Checked.pdf", hours=0)
    universe.assessment(State.CLARIFICATION)
    with all_rows():
        submitted = Assessment.objects.get(pk=assessment_id).submitted_at
        assert submitted is not None
        EvidenceFile.objects.filter(evidence=row).update(added_at=submitted - timedelta(hours=1))
    with as_actor(universe.lead) as by:
        evidence.replace_file(
            by=by,
            at=submitted + timedelta(hours=1),
            assessment_id=assessment_id,
            evidence_id=row.pk,
            version=row.version,
            file=file("Asked for.pdf"),
            enqueue=no_scan,
        )
    for who in universe.cast:
        numbers = {"lead": {1, 2, 3}, "contributor": {1, 2, 3}, "auditor": {1, 2, 3}}.get(who, set())
        numbers = {2, 3} if who in {"adviser", "viewer", "manager"} else numbers
        found = {
            number
            for number in (1, 2, 3)
            if visitors.get(who, page("evidence-file", assessment_id, row.pk, number)).status_code == 200
        }
        assert found == numbers, who
        if numbers:
            shown = visitors.get(who, page("evidence-item", assessment_id, row.pk))
            assert len(asked(visitors)) <= MOST_TO_READ
            names = [one.text for one in drawn(shown).all("a") if one.text.startswith("Download")]
            assert len(names) == len(numbers), who
            assert (b"Plan 2026" in shown.content) is (1 in numbers), who
    assert visitors.get("adviser", page("evidence-file", assessment_id, row.pk, 1)).status_code == 404


def test_a_link_has_no_file_to_replace(universe: Universe, assessment_id: int, folder: Path) -> None:
    row = link(universe, assessment_id)
    with pytest.raises(Unfit):
        act(universe, evidence.replace_file, row, file=file(), enqueue=no_scan)
    assert kept(folder) == []


def test_what_is_removed_is_out_of_sight_and_can_be_put_back(universe: Universe, assessment_id: int) -> None:
    row = one(universe, assessment_id)
    row = act(universe, evidence.remove_evidence, row)
    assert titles(universe, assessment_id) == []
    for verb, more in (
        (evidence.edit_evidence, {"title": "x", "supports": NOBODY}),
        (evidence.replace_file, {"file": file(), "enqueue": no_scan}),
    ):
        with pytest.raises(NotEditable):
            act(universe, verb, row, **more)
    act(universe, evidence.remove_evidence, row)
    row = act(universe, evidence.restore_evidence, row)
    act(universe, evidence.restore_evidence, row)
    assert titles(universe, assessment_id) == ["Plan 2026"]
    assert [event.name for event in events(assessment_id)] == ["added", "removed", "restored"]


# Who may, and when


def test_a_contributor_brings_evidence_for_what_is_given_to_them(universe: Universe, assessment_id: int) -> None:
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    row = one(universe, assessment_id, who="contributor")
    for numbers in ((3,), (2, 3)):
        with pytest.raises(Unfit, match="given to you"):
            add(universe, assessment_id, who="contributor", benchmarks=numbers)
        with pytest.raises(Unfit, match="given to you"):
            act(universe, evidence.edit_evidence, row, who="contributor", title="x", supports=Supports(numbers))
    row = act(universe, evidence.edit_evidence, row, title="Ours", supports=Supports((2, 3)))
    for verb, more in (
        (evidence.edit_evidence, {"title": "x", "supports": NOBODY}),
        (evidence.replace_file, {"file": file(), "enqueue": no_scan}),
        (evidence.remove_evidence, {}),
    ):
        with pytest.raises(Forbidden):
            act(universe, verb, row, who="contributor", **more)
    row = act(universe, evidence.edit_evidence, row, title="Theirs", supports=NOBODY)
    act(universe, evidence.remove_evidence, row, who="contributor")


@pytest.mark.parametrize("who", ["viewer", "adviser", "manager", "administrator", "auditor", "signatory"])
def test_only_those_who_answer_bring_evidence(universe: Universe, assessment_id: int, folder: Path, who: str) -> None:
    row = one(universe, assessment_id)
    before = written(universe)
    with pytest.raises(Forbidden):
        add(universe, assessment_id, who=who)
    for verb, more in (
        (evidence.edit_evidence, {"title": "x", "supports": NOBODY}),
        (evidence.replace_file, {"file": file(), "enqueue": no_scan}),
        (evidence.remove_evidence, {}),
        (evidence.restore_evidence, {}),
    ):
        with pytest.raises(Forbidden):
            act(universe, verb, row, who=who, **more)
        with pytest.raises(NotFound):
            act(universe, verb, row, who="other_lead", **more)
    with pytest.raises(NotFound):
        add(universe, assessment_id, who="other_lead")
    assert changed(before, written(universe)) == {}
    assert len(kept(folder)) == 1


CLOSED = [State.SUBMITTED, State.IN_REVIEW, State.PROPOSED, State.DISPUTED, State.AGREED, State.WITHDRAWN]


@pytest.mark.parametrize("state", CLOSED)
def test_nothing_moves_at_other_stages(universe: Universe, folder: Path, state: State) -> None:
    row = one(universe, universe.assessment(State.NOT_STARTED).pk)
    if state == State.WITHDRAWN:
        with all_rows():
            Assessment.objects.filter(pk=row.assessment_id).update(state=state)
    else:
        universe.assessment(state)
    refused(universe, row, folder)


def test_nothing_moves_in_a_closed_cycle(universe: Universe, assessment_id: int, folder: Path) -> None:
    row = one(universe, assessment_id)
    with as_actor(universe.administrator) as by:
        cycles.close_cycle(by=by, at=universe.at, cycle_id=universe.cycle().pk)
    refused(universe, row, folder)


def refused(universe: Universe, row: Evidence, folder: Path) -> None:
    """Every verb is, and nothing is left of any."""
    before = written(universe)
    with pytest.raises(NotEditable):
        add(universe, row.assessment_id)
    with pytest.raises(NotEditable):
        link(universe, row.assessment_id)
    for verb, more in (
        (evidence.edit_evidence, {"title": "x", "supports": NOBODY}),
        (evidence.replace_file, {"file": file(), "enqueue": no_scan}),
        (evidence.remove_evidence, {}),
        (evidence.restore_evidence, {}),
    ):
        with pytest.raises(NotEditable):
            act(universe, verb, row, **more)
    assert changed(before, written(universe)) == {}
    assert len(kept(folder)) == 1


def test_while_the_adviser_asks_the_lead_delivers(universe: Universe) -> None:
    """What was submitted can be replaced and not taken away; what comes now can be both."""
    assessment_id = universe.assessment(State.IN_PROGRESS).pk
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    old = one(universe, assessment_id)
    universe.assessment(State.CLARIFICATION)
    with as_actor(universe.lead) as by:
        new = evidence.add_files(
            by=by,
            at=universe.at + timedelta(hours=1),
            assessment_id=assessment_id,
            files=[file("asked for.pdf")],
            supports=NOBODY,
            enqueue=no_scan,
        ).evidence[0]
    with pytest.raises(NotEditable):
        add(universe, assessment_id, who="contributor")
    with pytest.raises(NotEditable):
        act(universe, evidence.remove_evidence, old)
    act(universe, evidence.replace_file, old, file=file(), enqueue=no_scan)
    act(universe, evidence.remove_evidence, new)
    assert titles(universe, assessment_id, who="adviser") == ["Plan 2026"]


@pytest.mark.parametrize(
    ("state", "sees"),
    [
        (State.IN_PROGRESS, {"lead", "contributor", "auditor"}),
        (State.SUBMITTED, {"lead", "contributor", "viewer", "adviser", "manager", "auditor"}),
    ],
)
def test_who_reads_it_at_which_stage(universe: Universe, visitors: Visitors, state: State, sees: set[str]) -> None:
    assessment_id = universe.assessment(State.IN_PROGRESS).pk
    row, gone = (one(universe, assessment_id) for _ in range(2))
    act(universe, evidence.remove_evidence, gone)
    universe.assessment(state)
    for who in universe.cast:
        assert bool(titles(universe, assessment_id, who=who)) is (who in sees), who
        for name, more in (("evidence-item", ()), ("evidence-file", (1,))):
            response = visitors.get(who, page(name, assessment_id, row.pk, *more))
            assert (response.status_code == 200) is (who in sees), (who, name)
            response = visitors.get(who, page(name, assessment_id, gone.pk, *more))
            assert (response.status_code == 200) is (who in {"lead", "contributor", "auditor"}), (who, name)
        response = visitors.get(who, page("evidence", assessment_id))
        assert (response.status_code == 200) is (who in sees), who
        puts_back = who in {"lead", "contributor"} and state == State.IN_PROGRESS
        assert (b"put them back" in response.content) is puts_back, who


def test_evidence_is_under_its_own_assessment_only(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    row = one(universe, assessment_id)
    other = universe.assessment(State.IN_PROGRESS, authority=universe.birch)
    for name, more in (("evidence-item", ()), ("evidence-file", (1,))):
        assert visitors.get("lead", page(name, other.pk, row.pk, *more)).status_code == 404
        assert visitors.get("other_lead", page(name, other.pk, row.pk, *more)).status_code == 404


def test_downloads_by_others_are_written_down(universe: Universe, visitors: Visitors) -> None:
    row = one(universe, universe.assessment(State.IN_PROGRESS).pk)
    universe.assessment(State.SUBMITTED)
    for who in ("lead", "contributor", "adviser", "viewer"):
        visitors.get(who, page("evidence-file", row.assessment_id, row.pk, 1))
    found = events(row.assessment_id, EventKind.DOWNLOADED)
    assert [event.person_id for event in found] == [universe.adviser.pk, universe.viewer.pk]
    assert {event.audience for event in found} == {Audience.BOTH}
    assert found[0].detail == {"evidence": row.pk, "number": 1}


# The sweep


def test_what_a_rolled_back_transaction_left_is_swept(universe: Universe, assessment_id: int, folder: Path) -> None:
    one(universe, assessment_id)
    lost = store.keep(store.EVIDENCE, file())
    assert len(kept(folder)) == 2
    old = (universe.at - timedelta(days=3)).timestamp()
    with all_rows():
        assert evidence.forget_lost(before=universe.at - timedelta(days=1)) == 0
        for path in kept(folder):
            os.utime(path, (old, old))
        assert evidence.forget_lost(before=universe.at - timedelta(days=1)) == 1
    assert not (folder / lost.path).exists()
    assert len(kept(folder)) == 1


# The pages


def content(visitors: Visitors, who: str, address: str) -> bytes:
    """The bytes of a download."""
    client = visitors._clients[who]
    response = client.get(address)
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def send(
    visitors: Visitors, assessment_id: int, *given: UploadedFile, who: str = "lead", query: str = "?benchmark=2",
    **fields: Any,
) -> HttpResponse:  # fmt: skip
    """The form for new evidence, sent."""
    address = page("evidence-add", assessment_id, query=query)
    return visitors.post(who, address, {"benchmarks": ["2"], "files": list(given)} | fields)


def test_the_form_adds_files_and_a_link_and_goes_back_to_the_benchmark(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    shown = drawn(visitors.get("lead", page("evidence-add", assessment_id, query="?benchmark=2")))
    ticked = [box["value"] for box in shown.all("input", name="benchmarks") if "checked" in box.attributes]
    assert ticked == ["2"]
    assert "multiple" in shown.one("input", type="file").attributes
    criterion = shown.all("input", name="criteria_2")[0]["value"]
    response = send(
        visitors,
        assessment_id,
        file(),
        file(FIGURES, files.xlsx()),
        url="https://example.org/plan",
        link_title="The plan",
        criteria_2=[criterion],
    )
    assert (response.status_code, response["Location"]) == (302, page("answer", assessment_id, 2) + "#files")
    assert titles(universe, assessment_id) == ["Plan 2026", "figures", "The plan"]
    with all_rows():
        assert {tuple(row.criterion_ids) for row in Evidence.objects.all()} == {(int(criterion),)}
    listed = drawn(visitors.get("lead", page("evidence", assessment_id)))
    assert listed.all("a", href="https://example.org/plan")[0]["rel"] == "noopener noreferrer external"
    assert send(visitors, assessment_id, file(), query="")["Location"] == page("evidence", assessment_id)


def test_the_form_keeps_the_good_and_names_the_bad(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    response = send(visitors, assessment_id, file(), file("invoice.pdf", b"MZ" + b"\0" * 99), file("old.pdf", b""))
    assert response.status_code == 200
    shown = drawn(response)
    errors = [" ".join(one.text.split()) for one in shown.all("p", **{"class": "govuk-error-message"})]
    assert [error.partition(" was not added")[0] for error in errors] == ["Error: “invoice.pdf”", "Error: “old.pdf”"]
    summary = shown.one("div", **{"class": "govuk-error-summary"}).text
    assert "“invoice.pdf” was not added. This is a program" in summary
    assert "1 file was added" in shown.one("main").text
    assert titles(universe, assessment_id) == ["Plan 2026"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose a file, or enter the address of a link"),
        ({"url": "example.org"}, "Enter a whole address that begins with https://"),
        ({"link_title": "The plan"}, "Enter the address of the link"),
        ({"url": "https://example.org", "benchmarks": []}, "Choose at least one benchmark"),
        ({"url": "https://example.org", "benchmarks": ["99"]}, "Choose benchmarks from the list"),
        ({"url": "https://example.org", "benchmarks": ["x" * 5000]}, "Choose benchmarks from the list"),
        ({"url": "https://example.org", "criteria_2": ["9" * 5000]}, "Choose criteria from the list"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    universe: Universe, visitors: Visitors, assessment_id: int, fields: dict[str, Any], words: str
) -> None:
    before = written(universe)
    response = send(visitors, assessment_id, **fields)
    assert response.status_code == 200
    shown = drawn(response)
    assert words in shown.one("div", **{"class": "govuk-error-summary"}).text
    assert shown.one("input", name="url").attributes.get("value", "") == fields.get("url", "")
    assert changed(before, written(universe)) == {}


def test_a_script_is_answered_in_json(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    client, address = visitors._clients["lead"], page("evidence-add", assessment_id, query="?benchmark=2")
    json = {"headers": {"accept": "application/json"}}
    done = client.post(address, {"benchmarks": ["2"], "files": [file()]}, **json)
    assert (done.status_code, done.json()) == (200, {"errors": [], "next": page("answer", assessment_id, 2) + "#files"})
    failed = client.post(address, {"benchmarks": ["2"], "files": [file("a.exe")]}, **json)
    assert failed.status_code == 200
    assert failed.json()["errors"][0].startswith("“a.exe” was not added. The name ends in .exe")
    assert not drawn(client.get(page("evidence", assessment_id))).all("div", role="alert"), "a message for each file"
    universe.assessment(State.SUBMITTED)
    closed = client.post(address, {"benchmarks": ["2"], "files": [file()]}, **json)
    assert closed.status_code == 409 and closed.json()["errors"]


def test_one_item_is_edited_replaced_removed_and_put_back(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    row = one(universe, assessment_id)
    address, listing = page("evidence-item", assessment_id, row.pk), page("evidence", assessment_id)
    shown = drawn(visitors.get("lead", address))
    assert shown.one("h1").text == "Plan 2026"
    steps: list[dict[str, Any]] = [
        {"do": "save", "version": 1, "title": "The plan", "benchmarks": ["2", "3"]},
        {"do": "replace", "version": 2, "file": file(FIGURES, files.xlsx())},
        {"do": "remove", "version": 3},
        {"do": "restore", "version": 4},
    ]
    for fields in steps:
        response = visitors.post("lead", address, fields)
        assert (response.status_code, response["Location"]) == (302, listing), fields["do"]
    shown = drawn(visitors.get("lead", address))
    assert [one.text for one in shown.all("a") if one.text.startswith("Download")] == [
        "Download figures.xlsx",
        "Download Plan 2026.pdf",
    ]
    assert titles(universe, assessment_id, 3) == ["The plan"]


def test_an_item_too_late_or_at_fault_shows_what_was_typed(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    row = act(universe, evidence.edit_evidence, one(universe, assessment_id), title="A", supports=NOBODY)
    address = page("evidence-item", assessment_id, row.pk)
    typed = {"do": "save", "title": "B", "benchmarks": ["2"], "version": 1}
    late = visitors.post("lead", address, typed)
    assert late.status_code == 409
    shown = drawn(late)
    assert shown.one("h1").text == "A"
    assert shown.one("input", name="title")["value"] == "B"
    versions = {one["value"] for one in shown.all("input", name="version")}
    assert versions == {"2"}
    assert visitors.post("lead", address, typed | {"version": 2}).status_code == 302
    for fields, words in (
        ({"do": "save", "title": "", "benchmarks": ["2"], "version": 3}, "Enter a title"),
        ({"do": "save", "title": "C", "version": 3}, "Choose at least one benchmark"),
        ({"do": "replace", "version": 3}, "Choose a file"),
        ({"do": "replace", "version": 3, "file": file("a.exe")}, "The name ends in .exe"),
        ({"do": "replace", "version": 3, "file": file("a.pdf", b"")}, "The file is empty"),
    ):
        response = visitors.post("lead", address, fields)
        assert response.status_code == 200
        assert words in drawn(response).one("div", **{"class": "govuk-error-summary"}).text
    for what in ("remove", "replace"):
        more = {"file": file()} if what == "replace" else {}
        assert visitors.post("lead", address, {"do": what, "version": 1, **more}).status_code == 409


def test_after_submission_it_is_read_only(universe: Universe, visitors: Visitors) -> None:
    row = one(universe, universe.assessment(State.IN_PROGRESS).pk)
    universe.assessment(State.SUBMITTED)
    item, listing = page("evidence-item", row.assessment_id, row.pk), page("evidence", row.assessment_id)
    for who in ("lead", "adviser"):
        forms = [one for one in drawn(visitors.get(who, item)).all("form") if "action" not in one.attributes]
        assert forms == []
        assert "Add files" not in drawn(visitors.get(who, listing)).one("main").text
    response = visitors.get("lead", page("evidence-add", row.assessment_id))
    assert (response.status_code, response["Location"]) == (302, listing)
    assert send(visitors, row.assessment_id, file()).status_code == 409
    response = visitors.post("lead", item, {"do": "save", "title": "x y", "benchmarks": ["2"], "version": 1})
    assert response.status_code == 409 and b"x y" in response.content
    assert visitors.post("adviser", item, {"do": "remove", "version": 1}).status_code == 403


def test_a_contributor_without_a_benchmark_is_told_who_gives_them(
    visitors: Visitors, universe: Universe, assessment_id: int
) -> None:
    address = page("evidence-add", assessment_id)
    for response in (visitors.get("contributor", address), visitors.post("contributor", address)):
        assert "No benchmark has been given to you yet" in drawn(response).one("main").text


def test_a_download_is_a_download_and_never_a_page(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    given = file("Cynllun â \u202e“2026”.pdf")
    row = add(universe, assessment_id, given).evidence[0]
    response = visitors.get("lead", page("evidence-file", assessment_id, row.pk, 1))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''Cynllun%20%C3%A2%20")
    assert "%E2%80%AE" not in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, no-store"
    assert "ETag" not in response
    assert visitors.post("lead", page("evidence-file", assessment_id, row.pk, 1)).status_code == 405


def test_what_is_read_of_a_file_that_is_too_large(universe: Universe, assessment_id: int, folder: Path) -> None:
    """One byte too many, as it comes over the network: refused by name, and never whole in memory."""
    client = Client()
    client.force_login(universe.lead, "django.contrib.auth.backends.ModelBackend")
    image = files.picture("PNG")
    for more, status in ((0, 302), (1, 200), (8 * 1024 * 1024, 200)):
        padding = filetypes.LARGEST - len(image) + more
        body = encode_multipart(BOUNDARY, {"benchmarks": "2", "files": file("large.png", b"@@@")})
        before, after = body.split(b"@@@")
        source = Body(before + image[:-12], padding, image[-12:] + after)
        tracemalloc.start()
        try:
            response = client.generic(
                "POST",
                page("evidence-add", assessment_id),
                **{"CONTENT_TYPE": MULTIPART_CONTENT, "wsgi.input": source, "CONTENT_LENGTH": str(source.length)},
            )
            _now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert response.status_code == status
        assert most < 12 * 1024 * 1024, most
        if more:
            assert "“large.png” was not added. The file is larger than 20 MB" in response.content.decode()
    (path,) = kept(folder)
    assert path.stat().st_size == filetypes.LARGEST


def test_no_more_of_a_file_is_passed_on_than_makes_it_too_large() -> None:
    handler, piece, passed = CappedUploadHandler(), b"x" * 65_537, 0
    for start in range(0, 2 * filetypes.LARGEST, len(piece)):
        passed += len(handler.receive_data_chunk(piece, start) or b"")
    assert passed == filetypes.LARGEST + 1


class Body(io.RawIOBase):
    """A request's body that is made while it is read: a beginning, zeros, an end."""

    def __init__(self, start: bytes, zeros: int, end: bytes) -> None:
        self._parts = [io.BytesIO(start), zeros, io.BytesIO(end)]
        self.length = len(start) + zeros + len(end)

    def read(self, size: int = -1) -> bytes:
        size = 65536 if size < 0 else size
        start, zeros, end = self._parts
        if found := start.read(size):
            return found
        if zeros:
            self._parts[1] = zeros - min(size, zeros)
            return b"\0" * min(size, zeros)
        return end.read(size)


def test_a_request_that_is_larger_than_all_its_files_is_not_read(universe: Universe, assessment_id: int) -> None:
    client = Client()
    client.force_login(universe.lead, "django.contrib.auth.backends.ModelBackend")
    source = Body(b"", 500 * 1024 * 1024, b"")
    response = client.generic(
        "POST",
        page("evidence-add", assessment_id),
        **{"CONTENT_TYPE": MULTIPART_CONTENT, "wsgi.input": source, "CONTENT_LENGTH": str(source.length)},
    )
    assert response.status_code == 400
    assert source._parts[1] == 500 * 1024 * 1024


def test_a_file_of_20_mb_is_streamed_in_pieces(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    image = files.picture("PNG")
    large = image[:-12] + b"\0" * (filetypes.LARGEST - len(image)) + image[-12:]
    row = add(universe, assessment_id, file("large.png", large)).evidence[0]
    del large
    client = visitors._clients["lead"]
    tracemalloc.start()
    try:
        response = client.get(page("evidence-file", assessment_id, row.pk, 1))
        length = sum(len(piece) for piece in response.streaming_content)
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert length == filetypes.LARGEST == int(response["Content-Length"])
    assert most < 4 * 1024 * 1024


def test_somebody_who_is_not_signed_in_sends_files_to_nowhere(
    rf: RequestFactory, assessment_id: int, folder: Path
) -> None:
    address = page("evidence-add", assessment_id)
    assert Client().post(address, {"benchmarks": ["2"], "files": [file()]}).status_code == 401
    assert kept(folder) == []
    request = rf.post(address, {"benchmarks": ["2"], "files": [file()]})
    assert not request.FILES and request.POST["benchmarks"] == "2"
    request = rf.post(address, {"files": [file()]})
    request.actor = "somebody"  # type: ignore[attr-defined]
    assert len(request.FILES) == 1


@pytest.mark.parametrize("count", [1, 20])
def test_however_much_there_is_it_costs_no_more(
    universe: Universe, visitors: Visitors, assessment_id: int, count: int
) -> None:
    rows = add(universe, assessment_id, *(file(f"{n}.pdf") for n in range(count))).evidence
    with all_rows():
        row = SelfAssessment.objects.get(assessment=assessment_id, benchmark__number=2)
    with as_actor(universe.lead) as by, connection.execute_wrapper(Counter()) as _:
        counter = Counter()
        with connection.execute_wrapper(counter):
            assert len(read.of_benchmark(by, row)) == count
        assert counter.asked == 1
    for name, more in (
        ("evidence", ()), ("evidence-add", ()), ("evidence-item", (rows[0].pk,)), ("evidence-file", (rows[0].pk, 1)),
    ):  # fmt: skip
        visitors.get("lead", page(name, assessment_id, *more))
        assert len(asked(visitors)) <= MOST_TO_READ, "\n".join(asked(visitors))
    with undone():
        assert send(visitors, assessment_id, *(file() for _ in range(count)), url="").status_code == 302
        assert len(asked(visitors)) <= MOST_TO_SAVE, "\n".join(asked(visitors))
    for fields in (
        {"do": "save", "version": 1, "title": "The plan", "benchmarks": ["2"]},
        {"do": "replace", "version": 1, "file": file()},
        {"do": "remove", "version": 1},
    ):
        with undone():
            address = page("evidence-item", assessment_id, rows[0].pk)
            assert visitors.post("lead", address, fields).status_code == 302
            assert len(asked(visitors)) <= MOST_TO_SAVE, "\n".join(asked(visitors))


class Counter:
    """Counts statements."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, execute: Any, *given: Any) -> Any:
        self.asked += 1
        return execute(*given)


def asked(visitors: Visitors) -> list[str]:
    return [sql[:200] for sql in visitors.statements if "SAVEPOINT" not in sql]


@pytest.mark.django_db(transaction=True)
def test_two_uploads_at_once_are_both_kept(universe: Universe, folder: Path) -> None:
    assessment_id = universe.assessment(State.NOT_STARTED).pk

    def upload(name: str) -> int:
        try:
            client = Client()
            client.force_login(universe.lead, "django.contrib.auth.backends.ModelBackend")
            fields = {"benchmarks": ["2"], "files": [file(f"{name} {n}.pdf") for n in range(3)]}
            return client.post(page("evidence-add", assessment_id), fields).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(upload, ["one", "two"])) == [302, 302]
    assert sorted(titles(universe, assessment_id)) == [f"{name} {n}" for name in ("one", "two") for n in range(3)]
    assert len(kept(folder)) == 6
