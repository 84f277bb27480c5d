"""The heatmap and the national page: who sees which figures, that they are right, and where their cells lead."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import etree

from assurance.access import NotFound
from assurance.actions import reviews
from assurance.insights.figures import figures
from assurance.insights.heatmap import Absence, Scale
from assurance.models import AgreedOutcome, Assessment, Authority, Cycle, Membership, Partnership, PartnershipMember
from assurance.queries import heatmap as read
from assurance.queries import heatmap_views
from assurance.queries import national as regions
from assurance.queries.averages import Why, averages
from assurance.queries.exports import VIEWS, formats_of
from assurance.vocabulary import Answer, CycleState, ExportFormat, Judgement, Role, State
from benchmarks.weighing import weights_for
from tests.assurance.picture_world import region_of
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

pytestmark = pytest.mark.django_db


def heat(universe: Universe, who: str, page: int = 1, /, **choice: Any) -> read.Heatmap:
    with as_actor(universe.cast[who]) as by:
        return read.heatmap(by, read.Choice(**choice), page, timezone.localdate())


def nation(universe: Universe, name: str, **choice: Any) -> regions.National:
    with as_actor(universe.cast[name]) as by:
        return regions.national(by, regions.Choice(**choice))


def earlier_cycle(universe: Universe) -> Cycle:
    """A cycle in which nobody of the cast has a record: their authorities were not there yet."""
    cycle = universe.draft_cycle("2019/20")
    Cycle.objects.filter(pk=cycle.pk).update(state=CycleState.OPEN)
    Authority.objects.filter(pk__in=[one.pk for one in universe.authorities]).update(start_date=date(2021, 4, 1))
    return cycle


def names(found: read.Heatmap) -> list[str]:
    return [one.line.row.name for one in found.lines]


def get(client: Client, universe: Universe, who: str, where: str = "picture", /, **params: Any) -> HttpResponse:
    client.force_login(universe.cast[who], "django.contrib.auth.backends.ModelBackend")
    return client.get(f"{reverse(where)}?{urlencode(params)}")


def text(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# What is read, by whom


@pytest.mark.parametrize(
    ("name", "region", "seen"),
    [
        ("adviser", "", ["Alder"]),
        ("other_adviser", "", ["Birch", "Cedar"]),
        ("manager", "", ["Alder", "Birch"]),
        ("other_manager", "", ["Cedar"]),
        ("signatory", "", ["Alder", "Birch"]),
        ("auditor", "South", ["Cedar"]),
        ("auditor", "all", ["Alder", "Birch", "Cedar"]),
        ("manager", "South", ["Alder", "Birch"]),
        ("manager", "all", ["Alder", "Birch"]),
    ],
)
def test_everybody_sees_their_own_authorities(universe: Universe, name: str, region: str, seen: list[str]) -> None:
    universe.assessment(State.AGREED)
    assert names(heat(universe, name, region=region)) == [f"{one} County Council" for one in seen]


@pytest.mark.parametrize("name", ["lead", "contributor", "viewer", "administrator", "stranger"])
def test_nobody_else_has_a_heatmap(universe: Universe, name: str) -> None:
    universe.assessment(State.AGREED)
    with pytest.raises(PermissionDenied):
        heat(universe, name)


@pytest.mark.parametrize("name", ["lead", "contributor", "viewer", "stranger"])
def test_nobody_else_has_the_national_page(universe: Universe, name: str) -> None:
    with pytest.raises(PermissionDenied):
        nation(universe, name)


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("adviser", ["agreed", "own", "adviser"]),
        ("manager", ["agreed", "own", "adviser"]),
        ("auditor", ["agreed", "own", "adviser"]),
        ("signatory", ["agreed"]),
    ],
)
def test_whose_outcomes_are_whose_to_see(universe: Universe, name: str, offered: list[str]) -> None:
    """Asking for more by the address gives no more."""
    universe.assessment(State.IN_REVIEW)
    found = heat(universe, name, judgement="own")
    assert [value for value, _label in found.judgements] == offered
    assert found.read is not None
    assert found.read.choice.judgement == ("own" if "own" in offered else "agreed")
    alder = found.lines[0].line
    assert (alder.absence is None) == ("own" in offered)


def test_what_counts_is_seen_from_when_it_counts(universe: Universe) -> None:
    universe.assessment(State.SUBMITTED)
    for judgement, absence in (("agreed", Absence.NOT_YET), ("own", None), ("adviser", Absence.NOT_YET)):
        assert heat(universe, "adviser", judgement=judgement).lines[0].line.absence == absence


def test_six_kinds_of_having_no_level_are_six_things(universe: Universe, client: Client) -> None:
    universe.assessment(State.AGREED)
    birch = universe.assessment(State.AGREED, authority=universe.birch)
    universe.assessment(State.IN_REVIEW, authority=universe.cedar)
    with all_rows():
        AgreedOutcome.objects.filter(assessment=birch, benchmark__number=1).update(answer=Answer.UNKNOWN, level=None)
        Authority.objects.create(
            programme=universe.programme,
            gss_code="E10000999",
            name="Elm",
            type="County",
            nation="England",
            region="North",
        )
    more = region_of(universe, "North", 1, state=State.NOT_STARTED)
    with all_rows():
        started = Assessment.objects.get(authority=more[0])
    with as_actor(universe.administrator) as by:
        reviews.withdraw(by=by, at=universe.at, assessment_id=started.pk, reason="Opened by mistake.")
    kinds: set[Absence | None] = set()
    words = ""
    for judgement in ("agreed", "adviser"):
        found = heat(universe, "auditor", region="all", judgement=judgement)
        kinds |= {one.line.absence for one in found.lines}
        kinds |= {cell.absence for one in found.lines for cell in one.line.cells}
        words += text(get(client, universe, "auditor", region="all", judgement=judgement))
    assert kinds == {None, *Absence}
    for said in ("N/A", "Not known", "Not answered", "Not yet agreed", "Withdrawn", "No record in this cycle"):
        assert said in words
    assert "Not yet agreed: 1; Withdrawn: 1; No record in this cycle: 1" in words


def test_the_figures_are_those_of_scoring(universe: Universe) -> None:
    region_of(universe, "North", 7)
    found = heat(universe, "manager")
    scheme = universe.scheme()
    with all_rows():
        for one in found.lines:
            if one.line.absence is not None:
                continue
            stands = AgreedOutcome.objects.filter(assessment=one.line.row.record)
            outcomes = {row.benchmark_id: (row.answer, row.level_id) for row in stands}
            expected = figures(scheme, outcomes, weights_for(scheme))
            assert one.line.figure.score == expected.score.score
            assert one.line.figure.percent == expected.share.percent
            assert (one.line.figure.met, one.line.figure.counted) == (
                expected.share.numerator,
                expected.share.denominator,
            )


# Scope, order, filters


def test_a_scope_is_a_type_a_partnership_or_a_portfolio(universe: Universe) -> None:
    universe.assessment(State.AGREED)
    region_of(universe, "West", 2, kind="Borough")
    with all_rows():
        together = Partnership.objects.create(programme=universe.programme, name="Hills")
        for one in (universe.birch, universe.cedar):
            PartnershipMember.objects.create(partnership=together, authority=one, starts=MEMBERS_SINCE)
        gone = PartnershipMember.objects.get(authority=universe.cedar)
        gone.ends = timezone.localdate()
        gone.save()
        Membership.objects.create(
            person=universe.other_adviser, role=Role.REGIONAL_MANAGER, region="West", starts=MEMBERS_SINCE
        )
    assert names(heat(universe, "auditor", type="Borough")) == ["West Borough 1", "West Borough 2"]
    assert names(heat(universe, "auditor", partnership=together.pk)) == ["Birch County Council"]
    assert names(heat(universe, "manager", partnership=together.pk)) == ["Birch County Council"]
    assert names(heat(universe, "other_adviser")) == ["West Borough 1", "West Borough 2"]
    assert names(heat(universe, "other_adviser", whose="mine")) == ["Birch County Council", "Cedar County Council"]
    assert len(names(heat(universe, "other_adviser", region="all"))) == 4
    assert len(names(heat(universe, "auditor", nation="England"))) == 5


def test_the_list_is_sorted_by_any_column_with_gaps_last(universe: Universe) -> None:
    levels = ("exceeding", None, "not_met", "met")
    region_of(universe, "East", 4, outcome=lambda place, number: levels[(place + number) % 4])
    for key in ("name", "region", "type", "met", "score", "1", "2"):
        for sort in (key, f"-{key}"):
            found = heat(universe, "auditor", region="East", sort=sort)
            assert len(names(found)) == 4
            assert [one.aria for one in found.columns if one.key == key] in (
                [],
                ["descending" if sort.startswith("-") else "ascending"],
            )
    for sort, expected in (("1", [2, 3, 4, 1]), ("-1", [4, 3, 2, 1])):
        found = heat(universe, "auditor", region="East", sort=sort)
        assert (
            [int(one[-1]) for one in names(found)]
            == {
                # On benchmark 1, the four have: nothing, not met, met, exceeding.
                "1": [2, 3, 4, 1],
                "-1": [4, 3, 2, 1],
            }[sort]
            == expected
        )


def test_the_list_is_narrowed_and_its_averages_are_not(universe: Universe) -> None:
    region_of(universe, "East", 12)
    whole = heat(universe, "auditor", region="East")
    for choice, count in (
        ({"name": "county 1"}, 4),
        ({"found": "below", "number": 1}, 3),
        ({"found": "unknown"}, 12),
        ({"found": "no_record"}, 0),
    ):
        found = heat(universe, "auditor", region="East", **choice)
        assert len(found.lines) == count, choice
        assert found.averages == whole.averages
        assert found.groups == whole.groups


def test_a_long_list_has_pages(universe: Universe, client: Client) -> None:
    region_of(universe, "East", 120)
    first, last = heat(universe, "auditor", region="East"), heat(universe, "auditor", 3, region="East")
    assert (len(first.lines), len(last.lines)) == (50, 20)
    assert first.averages == last.averages
    assert b"page=2" in get(client, universe, "auditor", region="East").content


@pytest.mark.parametrize(
    "params",
    [
        {"cycle": "99999999999999999999"},
        {"cycle": "-1", "page": "zwölf", "number": "0"},
        {"region": "\x00", "name": "\x00'; DROP TABLE", "sort": "--1"},
        {"judgement": "everything", "shade": "neon", "found": "🙂", "partnership": "4"},
        {"name": "x" * 5000, "sort": "999", "whose": "yours"},
        {"region": "<script>alert(1)</script>", "type": "County' OR 1=1", "nation": "%"},
        {"number": "٣", "page": "0"},
    ],
)
@pytest.mark.parametrize("where", ["picture", "picture-national"])
def test_a_hostile_address_is_answered(universe: Universe, client: Client, params: dict[str, str], where: str) -> None:
    universe.assessment(State.AGREED)
    response = get(client, universe, "auditor", where, **params)
    assert response.status_code == 200
    assert b"<script>alert" not in response.content


def test_a_name_is_escaped(universe: Universe, client: Client) -> None:
    universe.assessment(State.AGREED)
    with all_rows():
        Authority.objects.filter(pk=universe.alder.pk).update(name="<b>Alder & Sons</b>")
    assert b"&lt;b&gt;Alder &amp; Sons&lt;/b&gt;" in get(client, universe, "auditor").content


def test_without_a_cycle_the_pages_say_so(universe: Universe, client: Client) -> None:
    for where in ("picture", "picture-national"):
        assert "There is no cycle to show yet" in text(get(client, universe, "auditor", where))


# Where it leads


def links(response: HttpResponse) -> set[str]:
    return set(re.findall(r'href="(/assessments/[^"]+)"', response.content.decode()))


def test_cells_lead_to_where_the_reader_may_go(universe: Universe, client: Client) -> None:
    one = universe.assessment(State.AGREED)
    for name, judgement, expected in (
        ("adviser", "agreed", f"/assessments/{one.pk}/record/#benchmark-2"),
        ("adviser", "own", f"/assessments/{one.pk}/record/#benchmark-2"),
        ("adviser", "adviser", f"/assessments/{one.pk}/review/2/"),
        ("signatory", "agreed", f"/assessments/{one.pk}/record/#benchmark-2"),
        ("signatory", "adviser", f"/assessments/{one.pk}/record/#benchmark-2"),
    ):
        found = links(get(client, universe, name, judgement=judgement))
        assert expected in found
        assert f"/assessments/{one.pk}/" in found
        for address in found:
            assert client.get(address).status_code == 200, (name, address)


@pytest.mark.parametrize("who", ["adviser", "manager", "auditor", "signatory"])
def test_a_view_of_the_heatmap_has_what_the_page_has(universe: Universe, who: str) -> None:
    universe.assessment(State.AGREED)
    region_of(universe, "North", 60)
    with as_actor(universe.cast[who]) as by:
        view = heatmap_views.heatmap_view(by, {"region": "North", "sort": "-score"}, timezone.now())
    page = heat(universe, who, region="North", sort="-score")
    assert page.page is not None
    people, *_rest, benchmarks = view.tables
    assert [row[0] for row in people.rows[:50]] == names(page)
    assert len(people.rows) == page.page.paginator.count
    assert [one.line.figure.score for one in page.lines if one.line.figure.counted] == [
        row[-2] for row in people.rows[:50] if row[-2] != "No figure"
    ]
    assert len(benchmarks.rows) == 8
    assert view.authorities == len([row for row in people.rows if row[-2] != "No figure"])
    assert all(str(rule) for rule in view.rules)
    etree.fromstring(view.picture.encode(), etree.XMLParser(resolve_entities=False))


def test_a_view_of_the_regions_hides_what_the_page_hides(universe: Universe) -> None:
    cycle = earlier_cycle(universe)
    for region, count in (("East", 4), ("West", 6), ("Wales", 30)):
        region_of(universe, region, count, cycle=cycle)
    with as_actor(universe.administrator) as by:
        view = heatmap_views.national_view(by, {"cycle": str(cycle.pk)}, timezone.now())
    (table,) = view.tables
    hidden = {row[0] for row in table.rows if "hidden" in row}
    assert hidden == {"East", "West"}
    assert view.authorities == 0
    assert "hidden" in view.picture
    assert any("Hidden" in str(rule) for rule in view.rules)


def test_both_can_be_taken_away_with_their_picture(universe: Universe, client: Client) -> None:
    universe.assessment(State.AGREED)
    for where, name in (("picture", heatmap_views.NAME), ("picture-national", heatmap_views.NATIONAL)):
        assert {ExportFormat.XLSX, ExportFormat.SVG} <= set(formats_of(name))
        found = get(client, universe, "auditor", where).content.decode()
        assert f'name="view" value="{name}"' in found
        query = re.search(r'name="query" value="([^"]*)"', found)
        assert query is not None
        with as_actor(universe.auditor) as by:
            view = VIEWS[name](by, dict(parse_qsl(unescape(query[1]))), timezone.now())
        assert view.row_count > 0


@pytest.mark.parametrize("make", [heatmap_views.heatmap_view, heatmap_views.national_view])
def test_a_view_is_refused_as_its_page_is(universe: Universe, make: Any) -> None:
    with as_actor(universe.auditor) as by, pytest.raises(NotFound):
        make(by, {}, timezone.now())
    universe.cycle()
    with as_actor(universe.lead) as by, pytest.raises(PermissionDenied):
        make(by, {}, timezone.now())


def test_what_does_not_count_leads_to_no_record(universe: Universe, client: Client) -> None:
    one = universe.assessment(State.IN_REVIEW)
    assert (
        links(get(client, universe, "signatory"))
        & {
            f"/assessments/{one.pk}/record/#benchmark-1",
            f"/assessments/{one.pk}/review/1/",
        }
        == set()
    )


# Averages, and what they would tell


def test_averages_are_exact_for_whoever_reads_everything(universe: Universe) -> None:
    region_of(universe, "East", 2, outcome=lambda place, number: "met" if place else "exceeding")
    found = nation(universe, "auditor", type="County")
    assert found.shown is not None
    east = found.shown.regions["East"]
    assert (east.counted, east.waiting, east.why) == (2, 0, Why.SHOWN)
    tally = east.cells[1]
    assert tally is not None
    points = {one.code: one.points for one in universe.scheme().levels}
    assert tally.mean == Decimal(points["met"] + points["exceeding"]) / 2
    assert tally.percent == 100
    assert not found.hides


def test_all_types_together_are_for_whoever_reads_everything(universe: Universe) -> None:
    universe.assessment(State.AGREED)
    region_of(universe, "East", 6, kind="Borough")
    region_of(universe, "West", 7)
    for name, sees in (("auditor", True), ("signatory", True), ("administrator", False), ("manager", False)):
        found = nation(universe, name, type="all")
        assert ("all" in dict(found.types)) == sees
        assert (found.choice.type == "all") == sees


@pytest.mark.parametrize("name", ["administrator", "adviser", "manager", "other_adviser"])
def test_an_average_of_fewer_than_five_is_hidden_with_another(universe: Universe, name: str) -> None:
    """Alder, Birch and Cedar have no record here, so that nobody sees any of it."""
    cycle = earlier_cycle(universe)
    for region, count in (("East", 4), ("West", 6), ("Wales", 30)):
        region_of(universe, region, count, cycle=cycle)
    found = nation(universe, name, cycle=cycle.pk)
    assert found.shown is not None
    for number in (1, 2, 3):
        assert {one.region for one in found.shown.regions.values() if one.cells[number] is None} == {"East", "West"}
        assert found.shown.regions["Wales"].cells[number]
        assert found.shown.total.cells[number]
    assert found.shown.regions["East"].figure is None
    assert found.hides
    assert nation(universe, "auditor", cycle=cycle.pk, type="County").hides is False


def test_what_a_reader_sees_themselves_is_taken_away(universe: Universe) -> None:
    """Six in the region, of which the adviser sees two: what is left is four."""
    cycle = earlier_cycle(universe)
    made = region_of(universe, "East", 6, cycle=cycle)
    region_of(universe, "West", 30, cycle=cycle)
    with all_rows():
        for one in made[:2]:
            Membership.objects.create(person=universe.adviser, role=Role.ADVISER, authority=one, starts=MEMBERS_SINCE)
    found = nation(universe, "adviser", cycle=cycle.pk)
    assert found.shown is not None
    assert found.shown.regions["East"].cells[1] is None
    assert nation(universe, "administrator", cycle=cycle.pk).shown.regions["East"].cells[1] is not None  # type: ignore[union-attr]


@pytest.mark.parametrize(("others", "shown"), [(4, False), (5, True)])
def test_a_lead_sees_an_average_of_five_others(universe: Universe, others: int, shown: bool) -> None:
    """Of their own authority they know everything, so that it covers nobody."""
    cycle = earlier_cycle(universe)
    levels = ("met", "not_met", "exceeding")
    made = region_of(
        universe, "East", others + 1, cycle=cycle, outcome=lambda place, number: levels[(place + number) % 3]
    )
    region_of(universe, "West", 30, cycle=cycle)
    with all_rows():
        Membership.objects.create(person=universe.viewer, role=Role.VIEWER, authority=made[0], starts=MEMBERS_SINCE)
    scheme = universe.scheme()
    with as_actor(universe.viewer) as by:
        found = averages(by, cycle, Scale(scheme, weights_for(scheme)), Judgement.AGREED)
    assert set(found) == {"County"}
    east = found["County"].regions["East"]
    assert {number: tally is not None for number, tally in east.cells.items() if number in (1, 2, 3)} == dict.fromkeys(
        (1, 2, 3), shown
    )
    assert (east.figure is not None) == shown
    with as_actor(universe.stranger) as by, pytest.raises(PermissionDenied):
        averages(by, cycle, Scale(scheme, weights_for(scheme)), Judgement.AGREED)


@pytest.mark.parametrize("change", ["brought in later", "withdrawn", "not there that year"])
def test_what_one_record_adds_or_takes_is_no_difference_of_two_visits(universe: Universe, change: str) -> None:
    """An authority without a record keeps all averages of its type back from whoever cannot see it."""
    cycle = earlier_cycle(universe)
    made = region_of(universe, "East", 12, cycle=cycle)
    region_of(universe, "West", 30, cycle=cycle)
    assert nation(universe, "administrator", cycle=cycle.pk).shown.total.why == Why.SHOWN  # type: ignore[union-attr]
    with all_rows():
        if change == "withdrawn":
            Assessment.objects.filter(cycle=cycle, authority=made[0]).update(state=State.WITHDRAWN)
        else:
            late = Authority.objects.get(pk=made[0].pk)
            late.pk, late.gss_code = None, "E39999999"
            late.start_date = date(2020, 4, 1) if change == "not there that year" else None
            late.save()
    found = nation(universe, "administrator", cycle=cycle.pk)
    assert found.shown is not None
    waits = change != "not there that year"
    assert found.shown.total.why == (Why.UNFINISHED if waits else Why.SHOWN)
    assert (found.shown.regions["West"].figure is None) == waits
    assert nation(universe, "auditor", cycle=cycle.pk, type="County").shown.total.why == Why.SHOWN  # type: ignore[union-attr]


def test_nothing_is_averaged_before_everything_of_the_type_is_agreed(universe: Universe, client: Client) -> None:
    """Otherwise what one assessment adds is the difference of two visits."""
    universe.cycle()
    region_of(universe, "East", 8)
    for name in ("administrator", "adviser"):
        found = nation(universe, name)
        assert found.shown is not None
        assert {one.why for one in found.shown.regions.values()} == {Why.UNFINISHED}
        assert found.shown.total.figure is None
        assert "Not yet" in text(get(client, universe, name, "picture-national"))
    whole = nation(universe, "manager")
    assert whole.shown is not None
    assert whole.shown.regions["North"].why == Why.SHOWN
    assert whole.shown.total.why == Why.UNFINISHED


def test_what_is_not_agreed_is_averaged_for_its_readers_alone(universe: Universe) -> None:
    for one in universe.authorities:
        universe.assessment(State.SUBMITTED, authority=one)
    found = nation(universe, "manager", judgement=Judgement.OWN)
    assert found.shown is not None
    assert found.shown.regions["North"].why == Why.SHOWN
    assert found.shown.regions["South"].why == found.shown.total.why == Why.NOT_AGREED
    assert nation(universe, "administrator", judgement=Judgement.OWN).choice.judgement == Judgement.AGREED


def test_regions_lead_to_their_heatmap_for_whoever_has_it(universe: Universe, client: Client) -> None:
    universe.assessment(State.AGREED)
    for name, led in (
        ("auditor", {"North", "South"}),
        ("manager", {"North"}),
        ("adviser", set()),
        ("administrator", set()),
    ):
        found = nation(universe, name)
        assert {one.label for one in found.lines if one.href} == led
        for one in found.lines:
            if one.href:
                client.force_login(universe.cast[name], "django.contrib.auth.backends.ModelBackend")
                assert client.get(f"{reverse('picture')}{one.href}").status_code == 200


def test_the_page_begins_with_the_type_of_which_there_are_most(universe: Universe) -> None:
    region_of(universe, "East", 3, kind="Borough")
    region_of(universe, "East", 9, kind="Unitary")
    assert nation(universe, "auditor").choice.type == "Unitary"
    assert nation(universe, "auditor", type="Borough").choice.type == "Borough"


def test_a_figure_says_what_it_leaves_out(universe: Universe) -> None:
    universe.assessment(State.AGREED)
    found = nation(universe, "auditor", type="County")
    assert found.figures is not None
    for one in (found.figures.share, found.figures.score):
        assert [(str(out.what), str(out.why)) for out in one.left_out] == [
            ("2 authorities", "Not yet agreed"),
            ("1 outcome", "not applicable, not known or not answered"),
        ]
        assert one.of.endswith("7 outcomes of 1 of 3 authorities")
    assert "version 0" in found.figures.score.weights
    (group,) = heat(universe, "manager").groups
    said = {str(out.what): str(out.why) for out in group.share.left_out}
    assert said["1 authority"] == "Not yet agreed"
    assert any("N/A in 1" in why for why in said.values())


# What it costs


def test_a_longer_list_costs_no_more_queries(universe: Universe, client: Client) -> None:
    universe.assessment(State.AGREED)
    get(client, universe, "manager")  # reads the scheme, which the process keeps
    counts = []
    for more in (1, 30):
        region_of(universe, "North", more)
        with CaptureQueriesContext(connection) as captured:
            assert get(client, universe, "manager").status_code == 200
        counts.append(len([one for one in captured if one["sql"].startswith(("SELECT", "WITH"))]))
    assert counts[0] == counts[1]
