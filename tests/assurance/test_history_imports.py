"""Tables of earlier years in the browser: brought, judged, corrected, confirmed as a whole and undone as a whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connections
from django.http import HttpResponse
from django.urls import reverse

from assurance import document_tasks, scope, store
from assurance.access import Forbidden, NotFound
from assurance.actions import history_import as write
from assurance.actions import importing, reviews
from assurance.actions.refusals import Stale, Unfit
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Cycle,
    Event,
    FollowUp,
    HistoryImport,
    Recommendation,
    ReferenceEvent,
    Review,
    SelfAssessment,
    Strength,
    User,
)
from assurance.queries.history_imports import import_page
from assurance.vocabulary import Answer, Basis, CycleState, EventKind, FollowUpProgress, ImportState, LetterState, State
from assurance.workflow import ASSESSMENT, Blocked, Moved, perform
from tests.assurance.histories import as_csv, as_xlsx
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, undone, written
from tests.universe import Universe, all_rows, as_actor, forget_scope

ALDER, BIRCH, CEDAR = "E10000901", "E10000902", "E10000903"
ROWS = [
    ["Authority", "GSS code", "Year", "1", "2", "5", "Date", "Stated share", "Strengths", "Recommendation 1"],
    ["Alder", ALDER, "2022/23", "Exceeded", "Met", "N/A", "9 May 2023", "", "A board.", "Write it down."],
    ["Birch", BIRCH, "2022/23", "Met", "", "", "", "", "", ""],
]
MOST_TO_LOOK = 14
MADE = (Cycle, Assessment, SelfAssessment, Review, AgreedOutcome, Strength, Recommendation, Event)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """The store, in a folder of this test."""
    place = tmp_path / "uploads"
    options = settings.STORAGES["uploads"]["OPTIONS"] | {"location": place}
    settings.STORAGES = settings.STORAGES | {"uploads": settings.STORAGES["uploads"] | {"OPTIONS": options}}
    return place


@pytest.fixture
def committed(transactional_db: None, at: Any) -> Iterator[Universe]:
    yield Universe(at)


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture(autouse=True)
def no_scope_is_left() -> Iterator[None]:
    yield
    forget_scope()


def drawn(response: HttpResponse) -> str:
    """Everything that a page says, with single spaces."""
    return " ".join(Drawn(response.content.decode()).one("body").text.split())


def brought(
    universe: Universe, rows: Any = ROWS, who: User | None = None, scheme: str = "la-8", name: str = "years.csv"
) -> HistoryImport:
    """A table that somebody brought and a worker has read."""
    data = rows if isinstance(rows, bytes) else as_csv(rows)
    with as_actor(who or universe.manager) as by:
        row = write.upload(
            by=by,
            at=universe.at,
            programme_id=universe.programme.pk,
            scheme_code=scheme,
            name=name,
            file=ContentFile(data),
        )
    document_tasks.read_history(row.pk)
    return fresh(row)


def fresh(row: HistoryImport) -> HistoryImport:
    with all_rows():
        return HistoryImport.objects.select_related("programme").get(pk=row.pk)


def seen(universe: Universe, row: HistoryImport, who: User | None = None) -> str:
    with as_actor(who or universe.manager) as by:
        return import_page(by, row.pk, universe.at).seen


def confirmed(universe: Universe, row: HistoryImport, who: User | None = None) -> list[Assessment]:
    token = seen(universe, row, who)
    with as_actor(who or universe.manager) as by:
        done = write.confirm(by=by, at=universe.at, import_id=row.pk, seen=token)
    return list(done.assessments)


def take_back(universe: Universe, row: HistoryImport, reason: str = "The wrong file.") -> HistoryImport:
    with as_actor(universe.manager) as by:
        return write.undo(by=by, at=universe.at + timedelta(hours=1), import_id=row.pk, reason=reason)


def verdicts(universe: Universe, row: HistoryImport, who: User | None = None) -> list[str]:
    now = fresh(row)
    with as_actor(who or universe.manager) as by:
        return [str(one.verdict) for one in write.judged(by, now, universe.at)]


def outcomes(assessment: Assessment) -> dict[int, tuple[str, str | None]]:
    with all_rows():
        rows = AgreedOutcome.objects.filter(assessment=assessment)
        return {n: (a, code) for n, a, code in rows.values_list("benchmark__number", "answer", "level__code")}


def counts() -> dict[str, int]:
    with all_rows():
        return {model.__name__: model.objects.count() for model in MADE}


# From the file to the record


def test_a_table_becomes_records_of_the_past(universe: Universe) -> None:
    row = brought(universe)
    assert (row.state, row.faults) == (ImportState.READ, [])
    assert verdicts(universe, row) == ["corrected", "accepted"]
    alder, birch = confirmed(universe, row)
    with all_rows():
        found = Assessment.objects.select_related("cycle").get(pk=alder.pk)
        assert (found.state, found.history_import_id, found.source_date) == (State.AGREED, row.pk, date(2023, 5, 9))
        assert (found.cycle.name, found.cycle.state, found.stated_met) == ("2022/23", CycleState.CLOSED, None)
        assert found.authority_id == universe.alder.pk
        assert [one.text for one in found.strengths.all()] == ["A board."]
        assert [one.text for one in found.recommendations.all()] == ["Write it down."]
        assert set(found.agreed_outcomes.values_list("basis", flat=True)) == {Basis.IMPORTED}
        assert SelfAssessment.objects.filter(assessment=found).count() == 8
        event = Event.objects.get(assessment=found, kind=EventKind.IMPORTED)
        assert (event.person, event.detail["file"], event.detail["sha256"]) == (
            universe.manager,
            "years.csv",
            row.sha256,
        )
        assert Assessment.history.filter(id=alder.pk, history_user=universe.manager).count() == 1
        assert AgreedOutcome.history.filter(assessment_id=alder.pk).count() == 8
    unknown = (Answer.UNKNOWN, None)
    assert outcomes(alder) == {
        1: (Answer.OUTCOME, "exceeding"), 2: (Answer.OUTCOME, "met"), 3: unknown, 4: unknown,
        5: (Answer.NOT_APPLICABLE, None), 6: unknown, 7: unknown, 8: unknown,
    }  # fmt: skip
    assert outcomes(birch) == {number: (Answer.OUTCOME, "met") if number == 1 else unknown for number in range(1, 9)}
    row = fresh(row)
    assert (row.state, row.applied_at, sorted(row.made)) == (
        ImportState.APPLIED,
        universe.at,
        sorted((alder.pk, birch.pk)),
    )
    with store.open(row.path) as file:
        assert file.read() == as_csv(ROWS)


def test_the_number_of_statements_does_not_grow_with_the_table(
    universe: Universe, django_assert_max_num_queries: Any
) -> None:
    """Records for two authorities in four years each cost what one costs, but for the cycles of their own."""
    rows = [ROWS[0][:4], *([name, code, f"{year}/{year % 100 + 1}", "Met"]
            for name, code in (("Alder", ALDER), ("Birch", BIRCH)) for year in (2020,))]  # fmt: skip
    one, two = brought(universe, rows[:2]), brought(universe, rows)
    costs = []
    for row in (one, two):
        token = seen(universe, row)
        with undone(), as_actor(universe.manager) as by, django_assert_max_num_queries(60) as captured:
            write.confirm(by=by, at=universe.at, import_id=row.pk, seen=token)
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_a_manager_brings_rows_of_their_own_region_only(universe: Universe) -> None:
    """And is told no more of Cedar, which exists, than of an authority that does not."""
    rows = [["GSS", "Year", "1"], *([code, "2022/23", "Met"] for code in (ALDER, CEDAR, "E10000999"))]
    row = brought(universe, rows)
    assert verdicts(universe, row) == ["accepted", "refused", "refused"]
    with as_actor(universe.manager) as by:
        _alder, cedar, nobody = write.judged(by, row, universe.at)
    (said,), (of_nobody,) = [[one.words for one in each.faults] for each in (cedar, nobody)]
    assert said.replace(CEDAR, "…") == of_nobody.replace("E10000999", "…")
    assert cedar.authority_id is None
    assert [one.authority_id for one in confirmed(universe, row)] == [universe.alder.pk]
    # The other manager has it the other way round.
    theirs = brought(universe, rows, universe.other_manager)
    assert verdicts(universe, theirs, universe.other_manager) == ["refused", "accepted", "refused"]


def test_a_permission_that_ended_meanwhile_is_asked_for_again(universe: Universe) -> None:
    row = brought(universe)
    token = seen(universe, row)
    with all_rows():
        universe.birch.region = "South"
        universe.birch.save()
    with as_actor(universe.manager) as by, pytest.raises(Stale):
        write.confirm(by=by, at=universe.at, import_id=row.pk, seen=token)
    assert [one.authority_id for one in confirmed(universe, row)] == [universe.alder.pk]


def test_it_is_all_or_nothing(universe: Universe, monkeypatch: pytest.MonkeyPatch) -> None:
    row = brought(universe, [*ROWS, ["Alder", ALDER, "2023/24", "Met", "", "", "", "", "", ""]])
    token, before = seen(universe, row), counts()
    real = importing._write_points

    def fails_the_second_time(*given: Any) -> None:
        real(*given)
        monkeypatch.setattr(importing, "_write_points", broken)

    def broken(*given: Any) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(importing, "_write_points", fails_the_second_time)
    with pytest.raises(RuntimeError, match="in the middle"), as_actor(universe.manager) as by:
        write.confirm(by=by, at=universe.at, import_id=row.pk, seen=token)
    assert counts() == before
    assert fresh(row).state == ImportState.READ


def test_it_is_confirmed_once(universe: Universe) -> None:
    row = brought(universe)
    token = seen(universe, row)
    confirmed(universe, row)
    before = counts()
    with as_actor(universe.manager) as by, pytest.raises(Stale):
        write.confirm(by=by, at=universe.at, import_id=row.pk, seen=token)
    assert counts() == before


def test_the_same_table_again_changes_nothing_and_another_is_in_the_way(universe: Universe) -> None:
    confirmed(universe, brought(universe))
    same = brought(universe)
    assert verdicts(universe, same) == ["same", "same"]
    with as_actor(universe.manager) as by, pytest.raises(Unfit, match="nothing to take over"):
        write.confirm(by=by, at=universe.at, import_id=same.pk, seen=seen_by(by, same, universe))
    other = brought(universe, [["GSS", "Year", "1"], [ALDER, "2022/23", "Not met"]])
    assert verdicts(universe, other) == ["refused"]


def seen_by(by: Any, row: HistoryImport, universe: Universe) -> str:
    return import_page(by, row.pk, universe.at).seen


def test_of_two_tables_at_once_the_second_finds_what_the_first_made(universe: Universe) -> None:
    first = brought(universe)
    second = brought(universe, [["GSS", "Year", "1"], [ALDER, "2022/23", "Not met"]])
    token = seen(universe, second)
    confirmed(universe, first)
    with as_actor(universe.manager) as by, pytest.raises(Stale):
        write.confirm(by=by, at=universe.at, import_id=second.pk, seen=token)
    assert outcomes_of(universe.alder.pk)[1] == (Answer.OUTCOME, "exceeding")


def test_of_two_confirmations_at_the_same_moment_one_wins(committed: Universe) -> None:
    """Whichever it is: what it took over stands whole, and the other one writes nothing."""
    universe = committed
    heading, named = ["GSS", "Year", "1"], {"met": "Met", "not_met": "Not met"}
    # Each begins with the other's last.
    codes = {"met": (ALDER, BIRCH), "not_met": (BIRCH, ALDER)}
    rows = {level: [heading, *([code, "2022/23", named[level]] for code in codes[level])] for level in named}
    tables = {level: brought(universe, ones) for level, ones in rows.items()}
    tokens = {level: seen(universe, row) for level, row in tables.items()}
    barrier, done = threading.Barrier(2), {}

    def run(level: str) -> None:
        try:
            with as_actor(universe.manager) as by:
                barrier.wait()
                write.confirm(by=by, at=universe.at, import_id=tables[level].pk, seen=tokens[level])
            done[level] = "won"
        except Stale:
            done[level] = "stale"
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(level,)) for level in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done.values()) == ["stale", "won"], done
    (won,) = [level for level, became in done.items() if became == "won"]
    for authority in (universe.alder, universe.birch):
        assert outcomes_of(authority.pk)[1] == (Answer.OUTCOME, won)
    assert {fresh(row).state for row in tables.values()} == {ImportState.APPLIED, ImportState.READ}


def outcomes_of(authority_id: int) -> dict[int, tuple[str, str | None]]:
    with all_rows():
        found = Assessment.objects.get(authority=authority_id)
    return outcomes(found)


def test_a_table_is_its_persons_alone(universe: Universe) -> None:
    row = brought(universe)
    for who in ("other_manager", "lead", "adviser", "stranger"):
        with as_actor(universe.cast[who]) as by:
            assert not HistoryImport.objects.exists()
            for act in (
                lambda by: write.confirm(by=by, at=universe.at, import_id=row.pk, seen=""),
                lambda by: write.discard(by=by, at=universe.at, import_id=row.pk),
                lambda by: write.undo(by=by, at=universe.at, import_id=row.pk, reason="x"),
            ):
                with pytest.raises(NotFound):
                    act(by)
    # A national role sees every row in the database, and still decides about nobody else's.
    with as_actor(universe.administrator) as by:
        assert HistoryImport.objects.exists()
        with pytest.raises(NotFound):
            write.discard(by=by, at=universe.at, import_id=row.pk)


@pytest.mark.parametrize("who", ["lead", "adviser", "signatory", "administrator", "auditor"])
def test_nobody_else_brings_one(universe: Universe, who: str) -> None:
    with as_actor(universe.cast[who]) as by, pytest.raises((Forbidden, NotFound)):
        write.upload(
            by=by,
            at=universe.at,
            programme_id=universe.programme.pk,
            scheme_code="",
            name="x",
            file=ContentFile(b"x"),
        )


# Corrected


def test_a_cell_is_corrected_in_place_or_refused_again(universe: Universe) -> None:
    row = brought(universe, [["GSS", "Year", "1"], [ALDER, "2022/23", "great"], [BIRCH, "2022/23", "Met"]])
    assert verdicts(universe, row) == ["refused", "accepted"]
    cells = {(0, "outcome 1"): "splendid"}
    with as_actor(universe.manager) as by:
        with pytest.raises(write.StillWrong) as refusal:
            write.correct(by=by, at=universe.at, import_id=row.pk, key=0, cells=cells, version=row.version)
        assert "“splendid” is not an outcome" in refusal.value.errors[0, "outcome 1"]
        for wrong in ({(1, "outcome 1"): "Met"}, {(0, "nonsense"): "Met"}):
            with pytest.raises(NotFound):
                write.correct(by=by, at=universe.at, import_id=row.pk, key=0, cells=wrong, version=row.version)
        cells = {(0, "outcome 1"): "Exceeded"}
        write.correct(by=by, at=universe.at, import_id=row.pk, key=0, cells=cells, version=row.version)
        with pytest.raises(Stale):
            write.correct(by=by, at=universe.at, import_id=row.pk, key=0, cells=cells, version=row.version)
    assert verdicts(universe, row) == ["corrected", "accepted"]
    alder, _birch = confirmed(universe, row)
    assert outcomes(alder)[1] == (Answer.OUTCOME, "exceeding")


def test_what_is_left_out_is_not_taken_over_until_it_is_taken_in_again(universe: Universe) -> None:
    row = brought(universe)
    for out, expected in ((True, ["left_out", "accepted"]), (False, ["corrected", "accepted"])):
        version = fresh(row).version
        with as_actor(universe.manager) as by:
            write.leave_out(by=by, at=universe.at, import_id=row.pk, key=0, out=out, version=version)
        assert verdicts(universe, row) == expected


# Undone


def test_an_import_is_undone_as_a_whole_and_its_history_stays(universe: Universe) -> None:
    row = brought(universe)
    alder, birch = confirmed(universe, row)
    take_back(universe, row)
    with all_rows():
        for one in (alder, birch):
            found = Assessment.objects.get(pk=one.pk)
            assert (found.state, found.imported_digest) == (State.WITHDRAWN, "")
            event = Event.objects.get(assessment=one, name="undo_import")
            assert (event.reason, event.from_state, event.to_state) == (
                "The wrong file.",
                State.AGREED,
                State.WITHDRAWN,
            )
        assert not AgreedOutcome.objects.exists()
        assert not Strength.objects.exists()
        assert not Recommendation.objects.exists()
        moved = Event.objects.filter(assessment=alder, kind=EventKind.OUTCOME).order_by("id")
        assert [(one.detail["benchmark"], one.detail["to"], one.detail["which"]) for one in moved] == [
            (1, "", "withdrawn"),
            (2, "", "withdrawn"),
        ]
        assert AgreedOutcome.history.filter(assessment_id=alder.pk, history_type="-").count() == 8
        assert Recommendation.history.filter(assessment_id=alder.pk).count() == 2
    row = fresh(row)
    assert (row.state, row.undo_reason) == (ImportState.UNDONE, "The wrong file.")
    with pytest.raises(Stale):
        take_back(universe, row)


def test_after_it_was_undone_a_later_table_takes_the_record_up_again(universe: Universe) -> None:
    first = brought(universe)
    alder, birch = confirmed(universe, first)
    take_back(universe, first)
    rows = [["GSS", "Year", "1", "Summary 1", "Recommendation 1"], [ALDER, "2022/23", "Not met", "No board.", "Meet."]]
    second = brought(universe, rows)
    (again,) = confirmed(universe, second)
    assert again.pk == alder.pk
    assert outcomes(alder)[1] == (Answer.OUTCOME, "not_met")
    with all_rows():
        found = Assessment.objects.get(pk=alder.pk)
        assert (found.state, found.history_import_id) == (State.AGREED, second.pk)
        assert Review.objects.get(assessment=alder, benchmark__number=1).summary == "No board."
        assert Review.objects.filter(assessment=alder).count() == 8
        # What the first table said of benchmark 5 is not said any more, of the judgements either.
        assert Review.objects.get(assessment=alder, benchmark__number=5).answer == Answer.UNKNOWN
        assert Assessment.objects.get(pk=birch.pk).state == State.WITHDRAWN
    take_back(universe, second)
    with all_rows():
        assert Assessment.objects.get(pk=alder.pk).state == State.WITHDRAWN


def test_what_was_withdrawn_otherwise_is_not_taken_up_again(universe: Universe) -> None:
    row = brought(universe)
    alder, birch = confirmed(universe, row)
    with as_actor(universe.administrator) as by:
        reviews.withdraw(by=by, at=universe.at, assessment_id=alder.pk, reason="A mistake.")
    # Undoing the rest leaves it as it is.
    take_back(universe, row)
    with all_rows():
        assert not Event.objects.filter(assessment=alder, name="undo_import").exists()
        assert Event.objects.filter(assessment=birch, name="undo_import").exists()
    # The other can come again.
    assert verdicts(universe, brought(universe)) == ["refused", "accepted"]


def obstacle(universe: Universe, row: HistoryImport) -> str:
    before = counts()
    with pytest.raises(Blocked) as refusal:
        take_back(universe, row)
    assert counts() == before
    assert fresh(row).state == ImportState.APPLIED
    return "; ".join(one.message for one in refusal.value.obstacles)


def test_what_something_was_built_on_is_not_undone(universe: Universe) -> None:
    row = brought(universe)
    alder, _birch = confirmed(universe, row)
    this_year = universe.assessment(State.IN_PROGRESS)
    with undone():
        with all_rows():
            recommendation = Recommendation.objects.get(assessment=alder)
            FollowUp.objects.create(
                authority=universe.alder,
                assessment=this_year,
                recommendation=recommendation,
                progress=FollowUpProgress.DONE,
                saved_at=universe.at,
            )
        assert "Alder County Council, 2022/23: A later assessment answers its recommendations" in obstacle(
            universe, row
        )
    with undone():
        with all_rows():
            Assessment.objects.filter(pk=alder.pk).update(letter_state=LetterState.DRAFT)
        assert "Alder County Council, 2022/23: There is a letter on it" in obstacle(universe, row)
    with undone():
        with all_rows():
            AgreedOutcome.objects.filter(assessment=alder).update(basis=Basis.AGREED)
        assert "Its outcomes were reviewed since" in obstacle(universe, row)
    with undone():
        with all_rows():
            Assessment.objects.filter(pk=alder.pk).update(state=State.IN_REVIEW)
        assert "Alder County Council, 2022/23: it is now In review" in obstacle(universe, row)


def test_undoing_needs_a_reason_and_the_permission_for_each(universe: Universe) -> None:
    row = brought(universe)
    confirmed(universe, row)
    with pytest.raises(Unfit):
        take_back(universe, row, "  ")
    with all_rows():
        universe.birch.region = "South"
        universe.birch.save()
    with pytest.raises(Forbidden):
        take_back(universe, row)


def test_only_a_history_import_can_be_undone_or_imported_again(universe: Universe) -> None:
    agreed = universe.assessment(State.AGREED)
    withdrawn_one = universe.assessment(State.WITHDRAWN, authority=universe.birch)
    with as_actor(universe.manager) as by:
        with pytest.raises(Blocked, match="was not made by a history import"):
            perform(ASSESSMENT, agreed.pk, "undo_import", by=by, at=universe.at, given={"reason": "x"})
        with pytest.raises(Blocked, match="whose import was undone"):
            perform(ASSESSMENT, withdrawn_one.pk, "import_again", by=by, at=universe.at)
        with pytest.raises(Moved):
            perform(ASSESSMENT, agreed.pk, "import_again", by=by, at=universe.at)


# The worker, and what is left behind


def test_a_file_that_cannot_be_read_says_why(universe: Universe, folder: Path) -> None:
    row = brought(universe, b"PK\x03\x04 nonsense", name="years.xlsx")
    assert (row.state, row.faults) == (
        ImportState.REFUSED,
        ["The file is damaged. Open it, save it again as .xlsx or .ods, and upload that"],
    )


def test_reading_twice_reads_once(universe: Universe) -> None:
    row = brought(universe)
    with all_rows():
        assert write.read_import(import_id=row.pk, at=universe.at) is None
        assert write.read_import(import_id=10**9, at=universe.at) is None
    assert fresh(row).version == row.version


def test_the_sweep_finds_what_was_lost_and_forgets_what_nobody_wanted(universe: Universe) -> None:
    with as_actor(universe.manager) as by:
        lost = write.upload(
            by=by,
            at=universe.at,
            programme_id=universe.programme.pk,
            scheme_code="",
            name="a",
            file=ContentFile(as_csv(ROWS)),
        )
    kept = brought(universe)
    confirmed(universe, kept)
    waits = brought(universe, [["GSS", "Year", "1"], [ALDER, "2021/22", "Met"]])
    with all_rows():
        assert write.sweep(universe.at + timedelta(minutes=1)) == []
        assert write.sweep(universe.at + timedelta(minutes=3)) == [lost.pk]
        assert write.sweep(universe.at + timedelta(hours=2)) == []
        assert write.sweep(universe.at + timedelta(days=31)) == []
    assert fresh(lost).state in (ImportState.REFUSED, ImportState.DISCARDED)
    assert (fresh(waits).state, fresh(waits).content) == (ImportState.DISCARDED, {})
    assert (fresh(kept).state, bool(fresh(kept).content)) == (ImportState.APPLIED, True)


def test_there_is_a_bound_on_what_waits(universe: Universe) -> None:
    with as_actor(universe.manager) as by:
        for number in range(write.MOST_WAITING + 1):
            last = number == write.MOST_WAITING
            given: dict[str, Any] = {
                "programme_id": universe.programme.pk,
                "scheme_code": "",
                "name": "a",
                "file": ContentFile(b"x"),
            }
            if not last:
                write.upload(by=by, at=universe.at, **given)
                continue
            with pytest.raises(Unfit, match="still being read"):
                write.upload(by=by, at=universe.at, **given)


# Pages


def test_from_the_upload_to_the_record_in_the_browser(universe: Universe, visitors: Visitors) -> None:
    """The facts of a council with six of ten below 3 of which three are named: nothing is invented of the others."""
    rows = [["GSS", "Year", "3", "6", "9", "Stated share", "Colour"], [ALDER, "2020/21", "2", "1", 2, "40%", "blue"]]
    page = drawn(visitors.get("manager", reverse("history-import-new")))
    assert "Scheme of years that have no cycle here yet" in page
    fields = {
        "programme": universe.programme.pk,
        "scheme": "la-10",
        "file": SimpleUploadedFile("<b>years.xlsx", as_xlsx(rows)),
    }
    response = visitors.post("manager", reverse("history-import-new"), fields)
    with all_rows():
        row = HistoryImport.objects.get()
    address = reverse("history-import", args=[row.pk])
    assert (response.status_code, response["Location"]) == (302, address)
    waiting = visitors.get("manager", address)
    assert (waiting["Refresh"], "It is being read" in waiting.content.decode()) == ("2", True)
    document_tasks.read_history(row.pk)
    response = visitors.get("manager", address)
    assert len(visitors.statements) <= MOST_TO_LOOK
    assert "Refresh" not in response
    page = drawn(response)
    assert "1 corrected" in page
    assert "3 known, 7 not known" in page
    assert "The source states 4 of 10 (40%) met or exceeded" in page
    assert "“40%” read as 4 of 10" in page
    assert "Not read, because their names are not known: Colour" in page
    assert "<b>years.xlsx" in page
    with as_actor(universe.manager) as by:
        token = import_page(by, row.pk, universe.at).seen
    response = visitors.post("manager", address, {"then": "confirm", "seen": token})
    assert (response.status_code, response["Location"]) == (302, address)
    with all_rows():
        assessment = Assessment.objects.get(history_import=row)
        assert (assessment.stated_met, assessment.stated_of) == (4, 10)
    done = drawn(visitors.get("manager", address))
    assert "1 record was taken over" in done
    record = drawn(visitors.get("manager", reverse("record", args=[assessment.pk])))
    said = "The source states 4 of 10 benchmarks met or exceeded (40%). 3 benchmarks are named, 7 are not known."
    assert said in record
    assert "Not as proposed" not in record
    assert "0 of 3 met or exceeded; 3 of 10 benchmarks have an outcome" in record
    picture = {"cycle": assessment.cycle_id, "region": "North"}
    for who, place in (
        ("manager", f"{reverse('picture')}?{urlencode(picture)}"),
        ("lead", reverse("trend", args=[assessment.authority_id])),
    ):
        shown = drawn(visitors.get(who, place))
        assert "the source states 4 of 10 (40%)" in shown
        assert "0.0%" in shown
    assert f'href="{address}"' in visitors.get("manager", reverse("record", args=[assessment.pk])).content.decode()
    assert said in drawn(visitors.get("lead", reverse("record-print", args=[assessment.pk])))
    # The authority reads the same, with the file's name and without a link to a page that is not theirs.
    response = visitors.get("lead", reverse("record", args=[assessment.pk]))
    assert said in drawn(response)
    assert "Source: <b>years.xlsx" in drawn(response)
    assert address not in response.content.decode()
    timeline = drawn(visitors.get("lead", reverse("timeline", args=[assessment.pk])))
    assert "took the record over from an earlier one: <b>years.xlsx" in timeline


def test_the_preview_counts_filters_and_gives_reasons(universe: Universe, visitors: Visitors) -> None:
    row = brought(universe, [*ROWS, ["Cedar", CEDAR, "2022/23", "Met", "", "", "", "", "", ""]])
    address = reverse("history-import", args=[row.pk])
    page = drawn(visitors.get("manager", address))
    assert "1 accepted, 1 corrected, 1 refused" in page
    assert "“Exceeded” read as Exceeding" in page
    assert f"There is no authority with the code {CEDAR} among those that you may import for" in page
    assert "2 records would be taken over, of 2022/23" in page
    refused = drawn(visitors.get("manager", f"{address}?verdict=refused"))
    assert CEDAR in refused
    assert "Alder County" not in refused
    # Whoever asks for nonsense sees all.
    assert "1 accepted, 1 corrected, 1 refused" in drawn(visitors.get("manager", f"{address}?verdict=x&page=y"))


def test_a_stale_confirmation_takes_nothing_over(universe: Universe, visitors: Visitors) -> None:
    row = brought(universe)
    address = reverse("history-import", args=[row.pk])
    before = written(universe)
    response = visitors.post("manager", address, {"then": "confirm", "seen": "something else"})
    assert response["Location"] == address
    assert "Something changed since you looked" in drawn(visitors.get("manager", address))
    assert written(universe) == before


def test_a_cell_is_corrected_on_a_page(universe: Universe, visitors: Visitors) -> None:
    row = brought(universe, [["GSS", "Year", "1"], [ALDER, "2022/23", "great"]])
    address = reverse("history-import-lines", args=[row.pk, 0])
    page = drawn(visitors.get("manager", address))
    assert "“great” is not an outcome here" in page
    response = visitors.post("manager", address, {"cell_0_outcome-1": "better", "version": row.version})
    assert response.status_code == 200
    assert "“better” is not an outcome here" in drawn(response)
    assert 'value="better"' in response.content.decode()
    response = visitors.post("manager", address, {"cell_0_outcome-1": "Met", "version": row.version})
    assert response["Location"] == reverse("history-import", args=[row.pk])
    assert "corrected by you, was great" in drawn(visitors.get("manager", response["Location"]))
    # From a page that shows what was before: what was typed is still there.
    response = visitors.post("manager", address, {"cell_0_outcome-1": "Not met", "version": row.version})
    assert (response.status_code, 'value="Not met"' in response.content.decode()) == (409, True)


def test_rows_are_left_out_and_taken_in_again_on_a_page(universe: Universe, visitors: Visitors) -> None:
    row = brought(universe)
    address = reverse("history-import-lines", args=[row.pk, 0])
    visitors.post("manager", address, {"then": "leave_out", "version": row.version})
    assert verdicts(universe, row) == ["left_out", "accepted"]
    assert "It is left out" in drawn(visitors.get("manager", address))
    visitors.post("manager", address, {"then": "take_in", "version": row.version})
    assert verdicts(universe, row) == ["left_out", "accepted"], "an old version changes nothing"
    visitors.post("manager", address, {"then": "take_in", "version": fresh(row).version})
    assert verdicts(universe, row) == ["corrected", "accepted"]


def test_an_import_is_undone_on_a_page(universe: Universe, visitors: Visitors) -> None:
    row = brought(universe)
    alder, _birch = confirmed(universe, row)
    address = reverse("history-import-undo", args=[row.pk])
    assert "All 2 records are withdrawn together" in drawn(visitors.get("manager", address))
    assert visitors.post("manager", address, {"reason": ""}).status_code == 200
    with all_rows():
        Assessment.objects.filter(pk=alder.pk).update(letter_state=LetterState.DRAFT)
    response = visitors.post("manager", address, {"reason": "The wrong file."})
    assert (response.status_code, "There is a letter on it" in drawn(response)) == (409, True)
    assert "The wrong file." in drawn(response)
    with all_rows():
        Assessment.objects.filter(pk=alder.pk).update(letter_state="")
    response = visitors.post("manager", address, {"reason": "The wrong file."})
    page = drawn(visitors.get("manager", response["Location"]))
    assert "The wrong file." in page
    assert "(Withdrawn)" in page
    timeline = drawn(visitors.get("lead", reverse("timeline", args=[alder.pk])))
    assert "Mona Manager undid the import of the record" in timeline
    assert visitors.get("manager", address).status_code == 404


def test_no_page_of_an_assessment_offers_what_belongs_to_an_import(universe: Universe, visitors: Visitors) -> None:
    alder, _birch = confirmed(universe, brought(universe))
    for name in ("assessment", "record"):
        content = visitors.get("manager", reverse(name, args=[alder.pk])).content.decode()
        assert "undo_import" not in content
        assert "Undo the import" not in content
    for name in ("undo_import", "import_again"):
        assert visitors.get("manager", reverse("transition", args=[alder.pk, name])).status_code == 404


def test_the_file_is_given_to_its_person_and_to_the_auditor(universe: Universe, visitors: Visitors) -> None:
    row = brought(universe, name="years.html")
    confirmed(universe, row)
    address = reverse("history-import-file", args=[row.pk])
    for who, status in (("manager", 200), ("auditor", 200), ("other_manager", 404), ("lead", 404), ("stranger", 404)):
        response = visitors.get(who, address)
        assert response.status_code == status, who
        if status == 200:
            assert visitors.last_bytes == as_csv(ROWS)
            assert response["Content-Disposition"].startswith("attachment")
            assert response["Content-Type"] == "application/octet-stream"
    with all_rows():
        taken = ReferenceEvent.objects.filter(kind=EventKind.DOWNLOADED, name="history_import")
        assert set(taken.values_list("person_name", flat=True)) == {"Mona Manager", "Aude Auditor"}
    # The auditor sees that it was brought and what it made, and decides nothing.
    page = drawn(visitors.get("auditor", reverse("history-import", args=[row.pk])))
    assert "Alder" in page
    assert "Undo the whole import" not in page
    assert visitors.post("auditor", reverse("history-import", args=[row.pk]), {"then": "discard"}).status_code == 403


def test_the_template_is_downloaded(universe: Universe, visitors: Visitors) -> None:
    page = visitors.get("manager", reverse("history-imports")).content.decode()
    for kind in ("csv", "xlsx"):
        address = reverse("history-import-template", args=["la-8", kind])
        assert address in page
        response = visitors.get("manager", address)
        assert response["Content-Disposition"] == f'attachment; filename="earlier-years-la-8.{kind}"'
        assert visitors.last_bytes
    assert visitors.get("manager", "/history-imports/template/la-8.exe").status_code == 404
    assert visitors.get("manager", "/history-imports/template/la-99.csv").status_code == 404
    assert visitors.get("lead", reverse("history-import-template", args=["la-8", "csv"])).status_code == 403


# At the console


def test_the_console_shows_first_and_writes_when_it_is_told_to(universe: Universe, tmp_path: Path) -> None:
    file = tmp_path / "years.csv"
    file.write_bytes(as_csv([*ROWS, ["Cedar", CEDAR, "2022/23", "great", "", "", "", "", "", ""]]))
    before = counts()
    said = StringIO()
    call_command("import_history", str(file), scheme="la-8", stdout=said)
    assert "1 accepted, 1 corrected, 1 refused" in said.getvalue()
    assert "“great” is not an outcome here" in said.getvalue()
    assert "Nothing was written" in said.getvalue()
    assert counts() == before
    said = StringIO()
    call_command("import_history", str(file), scheme="la-8", confirm=True, stdout=said)
    assert "Took over 2 records" in said.getvalue()
    with all_rows():
        assert Assessment.objects.count() == 2
        row = HistoryImport.objects.get()
        assert (row.uploaded_by, row.uploaded_by_name, row.state) == (None, "import_history", ImportState.APPLIED)
    call_command("import_history", undo=row.pk, reason="The wrong file.", stdout=said)
    assert fresh(row).state == ImportState.UNDONE


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"content": b"x,y\n1,2\n"}, "no table in the file"),
        ({"scheme": "la-99"}, "la-99"),
        ({"programme": "nowhere"}, "nowhere"),
        ({"content": None}, "cannot be read"),
    ],
)
def test_the_console_says_what_is_wrong(universe: Universe, tmp_path: Path, given: Any, reason: str) -> None:
    file = tmp_path / "years.csv"
    content = given.pop("content", as_csv(ROWS))
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=reason):
        call_command("import_history", str(file), stdout=StringIO(), **{"scheme": "la-8"} | given)


def test_a_case_takes_up_what_was_undone(universe: Universe, tmp_path: Path) -> None:
    row = brought(universe)
    alder, _birch = confirmed(universe, row)
    take_back(universe, row)
    path = tmp_path / "case.yaml"
    path.write_text(
        f"format: assurance-case/1\nauthority: {{name: Alder, gss: {ALDER}}}\n"
        "cycle: {name: 2022/23, scheme: la-8}\noutcomes: [{benchmark: 1, agreed: Met}]\n",
        encoding="utf-8",
    )
    with scope.everything():
        importing.import_case(path, by=universe.operator, at=universe.at, programme=universe.programme)
    assert outcomes(alder)[1] == (Answer.OUTCOME, "met")
