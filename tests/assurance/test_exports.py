"""Views taken away: who may, what is in the file, what the log says, who is told, and what is left after a week."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from assurance import export_tasks, scope, store
from assurance.access import Actor
from assurance.actions import agreement, exports, reference
from assurance.actions.evidence import forget_lost
from assurance.insights.sheet import View, of_rows
from assurance.models import Export, Membership, Message, ReferenceEvent, User
from assurance.queries import exports as read
from assurance.queries.outcomes import cycle_view
from assurance.vocabulary import EventKind, ExportFormat, Making, MessageKind, Role, State
from tests.assurance.test_exporting import drawing
from tests.matrices.world import ANONYMOUS, Visitors
from tests.universe import Universe, all_rows, as_actor, forget_scope

F = ExportFormat
LEAD, MANAGER, AUDITOR = "lead", "manager", "auditor"


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
def lives(universe: Universe) -> Universe:
    """Alder agreed with benchmark 1 exceeding by settlement, Birch in review, Cedar agreed."""
    alder = universe.assessment(State.DISPUTED)
    with as_actor(universe.manager) as by:
        agreement.settle(
            by=by, at=universe.at, assessment_id=alder.pk, reason="Both have a point.", levels={1: "exceeding"}
        )
    universe.assessment(State.IN_REVIEW, authority=universe.birch)
    universe.assessment(State.AGREED, authority=universe.cedar)
    return universe


def simple(authorities: int = 2, rows: int = 3, picture: str = "") -> Callable[..., View]:
    """A view of this size, whatever is asked of it."""

    def reader(actor: Actor, params: Any, at: Any) -> View:
        return View(
            name="simple",
            title=f"Simple, {params.get('region', 'everywhere')}",
            rules=("Of everything.",),
            tables=(of_rows("Rows", ("Number", "Text"), [[one, "=x"] for one in range(rows)]),),
            picture=picture,
            authorities=authorities,
        )

    return reader


@pytest.fixture
def views(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The registry with two simple views beside the real one, one with a picture."""
    registry = {**read.VIEWS, "simple": simple(), "drawn": simple(picture=drawing())}
    for module in (read, exports):
        monkeypatch.setattr(module, "VIEWS", registry)
    monkeypatch.setattr(read, "PICTURED", frozenset({"drawn"}))
    return registry


def cycle_of(universe: Universe) -> dict[str, str]:
    return {"cycle": str(universe.cycle().pk)}


def seen(universe: Universe, name: str, **params: str) -> list[dict[str, Any]]:
    """The rows of the view of a cycle, by column."""
    with as_actor(universe.cast[name]) as by:
        view = cycle_view(by, cycle_of(universe) | params, universe.at)
    (table,) = view.tables
    return [dict(zip(map(str, table.columns), row, strict=True)) for row in table.rows]


def asked(universe: Universe, name: str, view: str = "cycle", kind: F = F.CSV, **params: str) -> Export:
    given = (cycle_of(universe) if view == "cycle" else {}) | params
    with as_actor(universe.cast[name]) as by:
        return exports.ask(by=by, at=universe.at, view=view, params=given, format=kind)


def made(universe: Universe, export: Export, **more: Any) -> Export:
    """As the worker does it: without a scope of its own."""
    forget_scope()
    exports.make(export_id=export.pk, at=universe.at, **more)
    with all_rows():
        return Export.objects.get(pk=export.pk)


def bytes_of(export: Export) -> bytes:
    with store.open(export.path) as file:
        return file.read()


# What is in it


def test_every_outcome_stands_with_its_standing_or_says_why_not(lives: Universe) -> None:
    rows = seen(lives, AUDITOR)
    scheme = lives.scheme()
    assert len(rows) == 3 * len(scheme.benchmarks)
    assert [one["Authority"].split()[0] for one in rows[:: len(scheme.benchmarks)]] == ["Alder", "Birch", "Cedar"]
    first, birch = rows[0], rows[len(scheme.benchmarks)]
    assert (first["GSS code"], first["Region"], first["Number"]) == ("E10000901", "North", 1)
    assert (first["Own outcome"], first["Own standing"]) == ("Met", "Meets the duty")
    assert (first["Adviser’s outcome"], first["Agreed outcome"]) == ("Met", "Exceeding")
    assert first["Agreed standing"] == "Exceeds the duty"
    assert first["How it was agreed"] == "Settled by the regional manager"
    assert (birch["Status"], birch["Own outcome"]) == ("In review", "Met")
    assert (birch["Adviser’s outcome"], birch["Adviser’s standing"]) == ("Not yet answered", "")
    assert (birch["Agreed outcome"], birch["How it was agreed"]) == ("Not yet agreed", "")
    (unscored,) = [one.number for one in scheme.benchmarks.values() if not one.scored]
    assert rows[unscored - 1]["Agreed outcome"] == "Not applicable"


def test_before_submission_and_after_withdrawal_it_says_so(universe: Universe) -> None:
    universe.assessment(State.IN_PROGRESS)
    universe.assessment(State.WITHDRAWN, authority=universe.birch)
    rows = seen(universe, MANAGER)
    number = len(universe.scheme().benchmarks)
    judgements = ("Own outcome", "Adviser’s outcome", "Agreed outcome")
    assert [rows[0][one] for one in judgements] == ["Not yet submitted", "Not yet reviewed", "Not yet agreed"]
    assert {rows[number][one] for one in judgements} == {"Withdrawn"}
    # Nobody's own draft leaves, not even with its authors.
    assert seen(universe, LEAD)[0]["Own outcome"] == "Not yet submitted"


SHOWS = {
    "lead": "Alder", "viewer": "Alder", "contributor": "Alder", "other_lead": "Birch Cedar",
    "adviser": "Alder", "other_adviser": "Birch Cedar", "manager": "Alder Birch", "other_manager": "Cedar",
    "signatory": "Alder Birch Cedar", "auditor": "Alder Birch Cedar",
}  # fmt: skip
"""Of whom each of the cast finds rows."""


@pytest.mark.parametrize("name", SHOWS)
def test_each_reads_their_own_authorities_and_no_more(lives: Universe, name: str) -> None:
    assert {one["Authority"].split()[0] for one in seen(lives, name)} == set(SHOWS[name].split())


@pytest.mark.parametrize("name", ["administrator", "stranger"])
def test_whoever_reads_no_outcomes_gets_no_table(lives: Universe, name: str) -> None:
    with as_actor(lives.cast[name]) as by, pytest.raises((PermissionDenied, Http404)):
        cycle_view(by, cycle_of(lives), lives.at)


def test_a_judgement_that_one_may_not_read_is_not_shown(lives: Universe) -> None:
    """A signatory reads what is agreed; an authority the adviser's once it is proposed."""
    alder = seen(lives, "signatory")[0]
    assert (alder["Own outcome"], alder["Adviser’s outcome"]) == ("Not shown to you", "Not shown to you")
    assert (alder["Own standing"], alder["Adviser’s standing"]) == ("", "")
    assert alder["Agreed outcome"] == "Exceeding"
    birch, *_rest = seen(lives, "other_lead")
    assert (birch["Own outcome"], birch["Adviser’s outcome"]) == ("Met", "Not shown to you")
    assert seen(lives, LEAD)[0]["Adviser’s outcome"] == "Met"


def test_a_region_narrows_it_and_anothers_is_not_there(lives: Universe) -> None:
    assert {one["Region"] for one in seen(lives, AUDITOR, region="South")} == {"South"}
    for name, region in (("manager", "South"), ("auditor", "West")):
        with pytest.raises(Http404):
            seen(lives, name, region=region)


def test_the_newest_cycle_is_meant_where_none_is_named(lives: Universe) -> None:
    lives.last_year()
    assert len(seen(lives, AUDITOR, cycle="")) == 3 * len(lives.scheme().benchmarks)
    assert {one["Status"] for one in seen(lives, AUDITOR, cycle="")} == {"Agreed", "In review"}


@pytest.mark.parametrize("key", ["x", "-1", "9999999", "1" * 12, "²"])
def test_a_cycle_that_is_not_there(lives: Universe, key: str) -> None:
    with pytest.raises(Http404):
        seen(lives, AUDITOR, cycle=key)


def test_authorities_are_counted_where_a_single_value_is_in_it(universe: Universe) -> None:
    universe.assessment(State.SUBMITTED)
    universe.assessment(State.AGREED, authority=universe.cedar)
    counts = {}
    for name in ("auditor", "signatory", "manager"):
        with as_actor(universe.cast[name]) as by:
            counts[name] = cycle_view(by, cycle_of(universe), universe.at).authorities
    assert counts == {"auditor": 2, "signatory": 1, "manager": 1}


def test_it_costs_six_queries_however_long_it_is(lives: Universe) -> None:
    counts = []
    for name in ("lead", "auditor"):
        with as_actor(lives.cast[name]) as by, CaptureQueriesContext(connection) as captured:
            cycle_view(by, cycle_of(lives), lives.at)
        counts.append(sum("SAVEPOINT" not in one["sql"] for one in captured))
    assert counts[0] == counts[1] <= 6


# Making


@pytest.mark.parametrize("kind", [F.CSV, F.XLSX, F.ODS])
def test_a_worker_makes_it_with_the_rights_of_whoever_asked(lives: Universe, kind: F) -> None:
    export = made(lives, asked(lives, MANAGER, kind=kind))
    count = 2 * len(lives.scheme().benchmarks)
    assert (export.state, export.rows, export.authorities, export.is_mass) == (Making.READY, count, 2, False)
    assert export.name == f"prevent-outcomes-2025-26-2025-11-10.{kind.value}"
    data = bytes_of(export)
    assert (len(data), export.title) == (export.size, "Outcomes of 2025/26")
    if kind == F.CSV:
        rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))[:count]
        assert {one["Region"] for one in rows} == {"North"}
        assert "Mona Manager" in data.decode("utf-8-sig")
    else:
        rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("Outcomes").to_python()
        assert len(rows) == count + 1
        assert {one[4] for one in rows[1:]} == {"North"}


def test_the_task_makes_it_and_a_second_time_does_nothing(lives: Universe) -> None:
    export = asked(lives, MANAGER)
    forget_scope()
    export_tasks.make_export(export.pk)
    with all_rows():
        first = Export.objects.get(pk=export.pk)
    assert first.state == Making.READY
    forget_scope()
    export_tasks.make_export(export.pk)
    with all_rows():
        again = Export.objects.get(pk=export.pk)
        assert (again.path, again.made_at) == (first.path, first.made_at)
        assert ReferenceEvent.objects.filter(kind=EventKind.EXPORTED).count() == 1


def test_who_lost_the_right_meanwhile_gets_nothing(lives: Universe) -> None:
    export = asked(lives, MANAGER)
    with all_rows():
        Membership.objects.filter(person=lives.manager).update(ends=lives.at.date())
    export = made(lives, export)
    assert (export.state, export.path, export.rows) == (Making.FAILED, "", None)
    assert "no longer read" in export.fault


def test_what_goes_wrong_is_said_and_leaves_no_bytes(lives: Universe, folder: Path) -> None:
    def broken(*given: Any) -> Any:
        raise RuntimeError("no")

    export = made(lives, asked(lives, MANAGER), maker=broken)
    assert (export.state, export.path) == (Making.FAILED, "")
    assert "Something went wrong" in export.fault
    assert not [one for one in folder.rglob("*") if one.is_file()]


def test_asking_again_while_it_is_made_is_the_same_one(lives: Universe) -> None:
    first = asked(lives, MANAGER)
    assert asked(lives, MANAGER).pk == first.pk
    assert asked(lives, MANAGER, kind=F.ODS).pk != first.pk
    assert asked(lives, MANAGER, region="North").pk != first.pk
    for region in ("South", "West"):
        with pytest.raises(Http404):
            asked(lives, MANAGER, region=region)
    assert asked(lives, "auditor").pk != first.pk
    made(lives, first)
    assert asked(lives, MANAGER).pk != first.pk


def test_what_is_short_is_ready_at_once(universe: Universe, views: Any) -> None:
    for view, kind in (("simple", F.CSV), ("drawn", F.SVG)):
        export = asked(universe, LEAD, view, kind)
        assert (export.state, export.rows, export.authorities) == (Making.READY, 3, 2)
        assert bytes_of(export)
    assert asked(universe, LEAD, "simple", F.XLSX).state == Making.WAITING
    views["simple"] = simple(rows=exports.AT_ONCE + 1)
    long = asked(universe, LEAD, "simple", F.CSV, region="b")
    assert long.state == Making.WAITING
    assert made(universe, long).rows == exports.AT_ONCE + 1


def test_a_picture_is_made_by_a_worker(universe: Universe, views: Any) -> None:
    export = made(universe, asked(universe, LEAD, "drawn", F.PNG))
    assert bytes_of(export).startswith(b"\x89PNG")
    assert export.name.endswith(".png")


def test_there_is_no_picture_of_a_view_without_one(universe: Universe, views: Any) -> None:
    for kind in (F.SVG, F.PNG, F.PPTX):
        with pytest.raises(Http404):
            asked(universe, LEAD, "simple", kind)


@pytest.mark.parametrize("params", [{"x": "y" * 201}, {"y" * 201: "x"}, {f"p{one}": "x" for one in range(31)}])
def test_an_address_of_any_length_is_not_kept(universe: Universe, views: Any, params: dict[str, str]) -> None:
    with pytest.raises(Http404):
        asked(universe, LEAD, "simple", **params)


# The log


def test_the_note_says_who_took_what_and_the_event_too(lives: Universe) -> None:
    export = made(lives, asked(lives, MANAGER, region="North"))
    assert (export.asked_by, export.asked_by_name, export.view) == (lives.manager, "Mona Manager", "cycle")
    assert export.params == cycle_of(lives) | {"region": "North"}
    assert export.programme == lives.programme
    with all_rows():
        event = ReferenceEvent.objects.get(kind=EventKind.EXPORTED)
    assert (event.person, event.name, event.programme) == (lives.manager, "cycle", lives.programme)
    assert event.detail == {
        "export": export.pk, "format": "csv", "rows": export.rows, "authorities": 2, "mass": False,
    }  # fmt: skip


def test_a_note_is_there_before_the_file_and_without_it_there_is_none(universe: Universe, views: Any) -> None:
    """What cannot be noted does not leave: the two are one transaction."""
    with as_actor(universe.lead) as by, pytest.raises(RuntimeError), transaction.atomic():
        exports.ask(by=by, at=universe.at, view="simple", params={}, format=F.CSV)
        raise RuntimeError
    with all_rows():
        assert not Export.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"asked_by_name": "Nobody"}, {"view": "other"}, {"params": {}}, {"format": "ods"}, {"rows": 1},
        {"authorities": 0}, {"is_mass": True}, {"state": "waiting"}, {"title": "x"}, {"sha256": ""}, {"path": "other"},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_the_database_lets_nobody_change_the_log(lives: Universe, change: dict[str, Any]) -> None:
    export = made(lives, asked(lives, MANAGER, region="North"))
    with all_rows(), pytest.raises(IntegrityError, match=r"can not change|can no longer change"), transaction.atomic():
        Export.objects.filter(pk=export.pk).update(**change)


def test_the_database_deletes_no_note(lives: Universe) -> None:
    export = asked(lives, MANAGER)
    with all_rows(), pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        Export.objects.filter(pk=export.pk).delete()


def test_the_database_shows_people_their_own_and_auditors_all(lives: Universe) -> None:
    for name in (LEAD, MANAGER, AUDITOR):
        asked(lives, name)
    counts = {}
    for name in ("lead", "manager", "adviser", "auditor"):
        with as_actor(lives.cast[name]):
            counts[name] = Export.objects.count()
    assert counts == {"lead": 1, "manager": 1, "adviser": 0, "auditor": 3}
    forget_scope()
    assert not Export.objects.exists()
    with as_actor(lives.lead), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Export.objects.create(asked_by=lives.manager, asked_by_name="x", at=lives.at, view="cycle", format="csv")


def narrow_auditor(universe: Universe, programme: Any) -> User:
    """An auditor of one programme only."""
    with all_rows():
        person = reference.add_person(
            by=universe.operator, at=universe.at, email=f"{programme.code}@example.test", name="Nils", password=None
        )
        Membership.objects.create(
            person=person, role=Role.AUDITOR, programme=programme, starts=universe.at.date() - timedelta(days=900)
        )
    return person


def test_an_auditor_of_one_programme_sees_what_was_taken_from_it(lives: Universe) -> None:
    with all_rows():
        other = reference.programme("other", "Other", by=lives.operator, at=lives.at)
    here, elsewhere = narrow_auditor(lives, lives.programme), narrow_auditor(lives, other)
    asked(lives, MANAGER)
    found = {}
    for name, person in (("here", here), ("elsewhere", elsewhere)):
        with as_actor(person) as by:
            found[name] = (
                Export.objects.count(),
                len(read.log(by, person="", view="", only_mass=False, page=1).lines),
            )
    assert found == {"here": (1, 1), "elsewhere": (0, 0)}


# Much at once


def told(universe: Universe) -> list[str]:
    with all_rows():
        rows = Message.objects.filter(kind=MessageKind.MASS_EXPORT).order_by("pk")
        return [f"{one.person.name}: {one.body}" for one in rows.select_related("person")]


@pytest.mark.parametrize(("authorities", "is_mass"), [(exports.MASS, False), (exports.MASS + 1, True)])
def test_many_authorities_at_once_are_told_to_the_auditors(
    universe: Universe, views: Any, authorities: int, is_mass: bool
) -> None:
    views["simple"] = simple(authorities=authorities)
    # Asked by somebody whose own scope holds no auditor.
    export = asked(universe, MANAGER, "simple")
    assert export.is_mass == is_mass
    messages = told(universe)
    assert len(messages) == is_mass
    if is_mass:
        assert messages[0].startswith("Aude Auditor: ")
        for words in ("Mona Manager", "51 authorities", "3 rows", "more than 50", "/exports/?mass=1"):
            assert words in messages[0]
        assert "Meets" not in messages[0]


def test_little_by_little_is_noticed_too(universe: Universe, views: Any) -> None:
    """The third within an hour, when they come to more than that together; another's do not count."""
    views["simple"] = simple(authorities=20)
    found = [asked(universe, MANAGER, "simple", region=str(one)).is_mass for one in range(2)]
    found.append(asked(universe, "adviser", "simple").is_mass)
    found.append(asked(universe, MANAGER, "simple", region="x").is_mass)
    assert found == [False, False, False, True]
    universe.at += exports.WITHIN
    assert not asked(universe, MANAGER, "simple", region="y").is_mass
    assert len(told(universe)) == 1


def test_two_are_not_yet_many(universe: Universe, views: Any) -> None:
    views["simple"] = simple(authorities=30)
    assert [asked(universe, MANAGER, "simple", region=one).is_mass for one in "ab"] == [False, False]
    views["simple"] = simple(authorities=1)
    assert asked(universe, MANAGER, "simple", region="c").is_mass


def test_what_names_no_authority_raises_no_alarm(universe: Universe, views: Any) -> None:
    views["simple"] = simple(authorities=0, rows=4000)
    assert not any(asked(universe, MANAGER, "simple", region=str(one)).is_mass for one in range(5))


def test_the_auditors_of_the_programme_are_told_and_no_others(lives: Universe, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports, "MASS", 1)
    with all_rows():
        other = reference.programme("other", "Other", by=lives.operator, at=lives.at)
    narrow_auditor(lives, lives.programme)
    narrow_auditor(lives, other)
    export = made(lives, asked(lives, MANAGER))
    assert export.is_mass
    with all_rows():
        emails = set(Message.objects.filter(kind=MessageKind.MASS_EXPORT).values_list("address", flat=True))
    assert emails == {"aude.auditor@example.test", f"{lives.programme.code}@example.test"}


# After a week


def test_the_bytes_go_after_a_week_and_the_note_stays(lives: Universe, folder: Path) -> None:
    export = made(lives, asked(lives, MANAGER))
    assert [one for one in folder.rglob("*") if one.is_file()]
    with OnCommit() as run, scope.everything():
        exports.sweep(lives.at + exports.KEPT_FOR)
    run()
    assert [one for one in folder.rglob("*") if one.is_file()]
    with OnCommit() as run, scope.everything():
        exports.sweep(lives.at + exports.KEPT_FOR + timedelta(seconds=1))
    run()
    assert not [one for one in folder.rglob("*") if one.is_file()]
    with all_rows():
        kept = Export.objects.get(pk=export.pk)
    assert (kept.path, kept.rows, kept.sha256, kept.state) == ("", export.rows, export.sha256, Making.READY)


class OnCommit:
    """What would be done on commit, gathered in a test's own transaction."""

    def __enter__(self) -> Callable[[], None]:
        self.before = len(connection.run_on_commit)
        return self.run

    def __exit__(self, *given: Any) -> None:
        self.hooks = [hook for _ids, hook, _robust in connection.run_on_commit[self.before :]]

    def run(self) -> None:
        for hook in self.hooks:
            hook()


def test_what_was_lost_is_sent_again_and_given_up_after_an_hour(lives: Universe) -> None:
    export = asked(lives, MANAGER)
    for later, expected in ((timedelta(minutes=1), []), (timedelta(minutes=7), [(export.pk, "cycle")])):
        with scope.everything():
            assert exports.sweep(lives.at + later) == expected
    with scope.everything():
        assert exports.sweep(lives.at + timedelta(hours=2)) == []
    with all_rows():
        assert Export.objects.get(pk=export.pk).state == Making.FAILED


def test_the_sweep_of_lost_bytes_knows_exports(lives: Universe) -> None:
    export = made(lives, asked(lives, MANAGER))
    with all_rows():
        assert forget_lost(before=lives.at + timedelta(days=9000)) == 0
    assert bytes_of(export)


# Pages


def test_take_away_from_the_page_to_the_file(lives: Universe, visitors: Visitors) -> None:
    new = visitors.get(MANAGER, f"{reverse('export-new')}?view=cycle&cycle={lives.cycle().pk}&region=North&page=2")
    assert new.status_code == 200
    text = new.content.decode()
    assert f'value="cycle={lives.cycle().pk}&amp;region=North"' in text
    assert "Outcomes of a cycle: 2025/26, North" in text
    assert "Picture" not in text
    fields = {"view": "cycle", "query": f"cycle={lives.cycle().pk}&region=North", "format": "xlsx"}
    answer = visitors.post(MANAGER, reverse("export-new"), fields)
    with all_rows():
        export = Export.objects.get()
    assert answer["Location"] == reverse("export", args=[export.pk])
    waiting = visitors.get(MANAGER, answer["Location"])
    assert waiting["Refresh"] == "2"
    assert "It is being made" in waiting.content.decode()
    assert visitors.get(MANAGER, reverse("export-file", args=[export.pk])).status_code == 404
    export = made(lives, export)
    ready = visitors.get(MANAGER, reverse("export", args=[export.pk]))
    assert "Refresh" not in ready
    assert "Single values of 2 authorities." in ready.content.decode()
    file = visitors.get(MANAGER, reverse("export-file", args=[export.pk]))
    assert file.status_code == 200
    assert export.name in file["Content-Disposition"]
    book = load_workbook(io.BytesIO(visitors.last_bytes))
    assert book.sheetnames == ["About", "Outcomes"]
    with all_rows():
        assert ReferenceEvent.objects.filter(kind=EventKind.DOWNLOADED, person=lives.manager).count() == 1


def test_what_is_short_is_downloaded_at_once(universe: Universe, visitors: Visitors, views: Any) -> None:
    fields = {"view": "simple", "query": "region=North&view=evil", "format": "csv"}
    answer = visitors.post(LEAD, reverse("export-new"), fields)
    with all_rows():
        export = Export.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, reverse("export-file", args=[export.pk]))
    assert export.params == {"region": "North"}
    assert visitors.get(LEAD, answer["Location"]).status_code == 200
    assert visitors.last_bytes.startswith(b"\xef\xbb\xbfNumber,Text\r\n0,'=x")


def test_a_file_is_its_askers_alone(lives: Universe, visitors: Visitors) -> None:
    export = made(lives, asked(lives, MANAGER))
    for name in visitors._clients:
        statuses = [visitors.get(name, reverse(one, args=[export.pk])).status_code for one in ("export", "export-file")]
        expected = {MANAGER: 200, ANONYMOUS: 302}.get(name, 404)
        assert statuses == [expected, expected], name


def test_a_file_that_has_gone_says_so(lives: Universe, visitors: Visitors) -> None:
    export = made(lives, asked(lives, MANAGER))
    with all_rows():
        Export.objects.filter(pk=export.pk).update(path="")
    page = visitors.get(MANAGER, reverse("export", args=[export.pk])).content.decode()
    assert "no longer kept here" in page
    assert f'name="query" value="cycle={lives.cycle().pk}"' in page
    assert visitors.get(MANAGER, reverse("export-file", args=[export.pk])).status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"view": "nothing", "format": "csv"}, 404),
        ({"view": "cycle", "format": "csv", "query": "cycle=0"}, 404),
        ({"view": "cycle", "format": "exe", "query": "cycle={cycle}"}, 404),
        ({"view": "cycle", "query": "cycle={cycle}"}, 404),
        ({"view": "cycle", "format": "pptx", "query": "cycle={cycle}"}, 404),
    ],
)
def test_what_is_not_offered_is_not_there(
    lives: Universe, visitors: Visitors, fields: dict[str, str], status: int
) -> None:
    given = {name: value.format(cycle=lives.cycle().pk) for name, value in fields.items()}
    assert visitors.post(MANAGER, reverse("export-new"), given).status_code == status
    with all_rows():
        assert not Export.objects.exists()


def text_of(response: HttpResponse) -> str:
    return " ".join(response.content.decode().split())


def test_the_log_shows_auditors_everybodys_and_people_their_own(lives: Universe, visitors: Visitors) -> None:
    made(lives, asked(lives, MANAGER))
    asked(lives, "adviser", kind=F.ODS)
    everybodys = text_of(visitors.get(AUDITOR, reverse("exports")))
    assert "2 exports" in everybodys
    assert "Mona Manager" in everybodys and "Ada Adviser" in everybodys
    assert ">South</option>" in everybodys
    # The auditor reads of it, and opens none.
    assert f'href="{reverse("exports")}' in everybodys
    assert "/exports/1" not in everybodys
    own = text_of(visitors.get(MANAGER, reverse("exports")))
    assert "1 export<" in own
    assert "Ada Adviser" not in own
    assert ">North</option>" in own and ">South</option>" not in own
    assert "Region pack: slides" in own
    assert "Region pack: slides" not in text_of(visitors.get(LEAD, reverse("exports")))
    assert visitors.get("stranger", reverse("exports")).status_code == 403


def test_the_log_is_narrowed(lives: Universe, visitors: Visitors, monkeypatch: Any) -> None:
    made(lives, asked(lives, "adviser"))
    monkeypatch.setattr(exports, "MASS", 1)
    made(lives, asked(lives, MANAGER))
    for query, count in (("person=mona", 1), ("person=nobody", 0), ("mass=1", 1), ("view=cycle", 2), ("view=x", 2),
                         ("view=region-pack", 0), ("person=ada&mass=1", 0)):  # fmt: skip
        page = text_of(visitors.get(AUDITOR, f"{reverse('exports')}?{query}"))
        assert f"{count} export{'' if count == 1 else 's'}<" in page, query
    # A name narrows nothing for whoever sees only their own.
    assert "1 export<" in text_of(visitors.get(MANAGER, f"{reverse('exports')}?person=ada"))


def test_the_log_costs_as_much_however_long_it_is(lives: Universe, visitors: Visitors) -> None:
    asked(lives, MANAGER)
    visitors.get(AUDITOR, reverse("exports"))
    short = len(visitors.statements)
    with all_rows():
        for one in range(60):
            Export.objects.create(
                asked_by=lives.manager, asked_by_name="M", at=lives.at, view="cycle", format="csv", title=str(one)
            )
    page = text_of(visitors.get(AUDITOR, f"{reverse('exports')}?page=2"))
    assert "61 exports" in page
    assert len(visitors.statements) == short


def test_the_row_of_buttons_is_for_those_who_may(lives: Universe, visitors: Visitors, views: Any) -> None:
    drawn = {}
    for name in ("lead", "contributor"):
        with as_actor(lives.cast[name]) as by:
            given = {"actor": by, "view_name": "drawn", "export_query": "a=1&b=2", "csrf_token": "t"}
            drawn[name] = render_to_string("picture/_export.html", given)
    assert drawn["lead"].count("<button") == 5
    assert 'value="a=1&amp;b=2"' in drawn["lead"]
    assert "<button" not in drawn["contributor"]


# The console


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_the_console_writes_every_outcome_and_notes_it(lives: Universe, tmp_path: Path, kind: str) -> None:
    target, out = tmp_path / f"all.{kind}", io.StringIO()
    call_command("export_cycle", cycle="2025/26", format=kind, output=target, stdout=out)
    count = 3 * len(lives.scheme().benchmarks)
    assert f"{count} rows" in out.getvalue()
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))[:count]
        assert {one["Own outcome"] for one in rows} == {"Not shown to you"}
        assert rows[0]["Agreed outcome"] == "Exceeding"
    else:
        sheets = CalamineWorkbook.from_path(str(target))
        assert len(sheets.get_sheet_by_name("Outcomes").to_python()) == count + 1
    with all_rows():
        export = Export.objects.get()
    assert (export.asked_by, export.asked_by_name, export.rows, export.authorities) == (None, "export_cycle", count, 2)
    assert (export.state, export.programme) == (Making.READY, lives.programme)


@pytest.mark.parametrize("options", [{"cycle": "1999/00"}, {"programme": "elsewhere"}, {"output": Path("/nowhere/x")}])
def test_the_console_says_what_it_cannot_do(lives: Universe, tmp_path: Path, options: dict[str, Any]) -> None:
    given = {"cycle": "2025/26", "format": "csv", "output": tmp_path / "x.csv"} | options
    with pytest.raises(CommandError):
        call_command("export_cycle", **given)
    with all_rows():
        assert not Export.objects.exists()
