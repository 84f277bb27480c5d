"""The comparison of authorities: what it shows, to whom, and what it says where nothing can be compared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assurance.actions import agreement
from assurance.insights.drawing import Box
from assurance.models import Authority, Membership, PictureRow, Succession
from assurance.queries.comparison import Choice, Comparison, Line, comparison, comparison_view
from assurance.vocabulary import Role, State
from tests.universe import Universe, all_rows, as_actor


def page(universe: Universe, name: str, number: int = 1, **choice: str) -> Comparison:
    with as_actor(universe.cast[name]) as by:
        return comparison(by, Choice.of(choice), number, universe.at)


def lines(found: Comparison) -> dict[str, Line]:
    return {short(line.name): line for line in found.lines}


def short(name: str) -> str:
    return name.removesuffix(" County Council")


def names_of(found: Comparison) -> list[str]:
    return [short(line.name) for line in found.lines]


@pytest.fixture
def years(universe: Universe) -> Universe:
    """Alder met everything last year, and this year exceeds 1 and falls short of 3. Birch has last year alone."""
    universe.last_year()
    universe.last_year(authority=universe.birch)
    alder = universe.assessment(State.PROPOSED)
    with as_actor(universe.lead) as by:
        reasons = {1: "We did more than this.", 3: "We know better."}
        agreement.dispute(by=by, at=universe.at, assessment_id=alder.pk, reasons=reasons)
    with as_actor(universe.manager) as by:
        agreement.settle(
            by=by, at=universe.at, assessment_id=alder.pk, reason="Both have a point.",
            levels={1: "exceeding", 3: "not_met"},
        )  # fmt: skip
    return universe


def test_this_year_against_the_last(years: Universe) -> None:
    found = page(years, "manager")
    alder = lines(found)["Alder"]
    assert (found.cycle, alder.then.cycle, alder.now.cycle) == ("2025/26", "2024/25", "2025/26")
    assert (alder.then.score, alder.now.score, alder.change) == ("1.00 of 2", "1.00 of 2", "Level")
    assert (alder.then.share, alder.now.share, alder.now.of) == ("100.0%", "85.7%", "6 of 7")
    assert (alder.up, alder.level, alder.down, alder.left_out) == (1, 5, 1, 1)
    assert alder.moved == ("Up: 1", "Level: 2, 4, 6, 7, 8", "Down: 3", "Not compared: 5 (no outcome in either year)")
    birch = lines(found)["Birch"]
    assert (birch.change, birch.why, birch.now.score) == ("", "not agreed yet", "Not agreed yet")
    assert birch.then.score == "1.00 of 2"
    assert found.totals == (0, 1, 0, 1)
    assert {one.label[0]: tuple(one.totals) for one in found.by_benchmark}["3"] == (0, 0, 1, 0)


def test_each_figure_says_how_it_is_reached(years: Universe) -> None:
    share, score = lines(page(years, "manager"))["Alder"].now.explained
    assert share.value == "85.7%"
    assert "7 of 8 benchmarks have an outcome" in str(score.of)
    assert "none is published" in str(score.weights)
    assert [str(one.what) for one in share.left_out] == ["Benchmark 5"]


def test_their_own_outcomes_against_what_was_agreed(years: Universe) -> None:
    found = page(years, "manager", judgement="self")
    assert names_of(found) == ["Alder", "Birch"]
    alder = lines(found)["Alder"]
    assert (alder.up, alder.down) == (1, 1)
    assert [one.text for one in found.tallies][1:] == [
        "0 agreed higher", "1 agreed the same", "0 agreed lower", "1 not comparable",
    ]  # fmt: skip
    assert lines(found)["Birch"].then.score == "Not submitted"


def test_whoever_may_not_read_their_own_outcomes_gets_the_years(years: Universe) -> None:
    found = page(years, "signatory", judgement="self")
    assert found.compares_years
    assert [key for key, _label in found.options.judgements] == ["agreed"]


def test_own_outcomes_are_there_only_where_they_may_be_read(years: Universe) -> None:
    """Who signs for the country and advises one authority reads that one's own outcomes and no other's."""
    with all_rows():
        Membership.objects.create(
            person=years.signatory, role=Role.ADVISER, authority=years.alder, starts=date(2025, 1, 1)
        )
    assert set(names_of(page(years, "signatory", region="all"))) == {"Alder", "Birch", "Cedar"}
    own = page(years, "signatory", region="all", judgement="self")
    assert (own.compares_years, names_of(own)) == (False, ["Alder"])
    assert names_of(page(years, "signatory", whose="mine")) == ["Alder"]


def test_across_schemes_there_is_no_common_score(universe: Universe) -> None:
    universe.last_year("la-10")
    universe.assessment(State.AGREED)
    alder = lines(page(universe, "manager"))["Alder"]
    assert alder.why == "another scheme, so there is no common score"
    assert (alder.change, alder.estimate, alder.then.score) == ("", True, "3.00 of 5")
    assert (alder.up, alder.level, alder.down, alder.left_out) == (0, 7, 0, 1)
    drawing = page(universe, "manager").drawing
    assert drawing
    # One bar: what another scheme gave is said and not drawn. The other shapes of its kind are the key.
    assert [one.looks for one in drawing.shapes if isinstance(one, Box)] == ["before", "bar", "bar"]
    assert "another scheme" in page(universe, "manager").picture


def test_moves_that_are_all_estimates_are_said_to_be_so(universe: Universe, client: Client) -> None:
    """No score moved, and yet the row has moves: both say by what they are."""
    universe.last_year("la-10")
    universe.assessment(State.AGREED)
    client.force_login(universe.manager)
    said = client.get(reverse("comparison")).content.decode()
    assert ">By weighted score:</p>" in said
    assert "0 level" in said
    assert "By standing, an estimate: 0 up, 7 level, 0 down, 1 not compared" in said
    sentence = "How the benchmarks moved is an estimate, by standing only."
    assert sentence in said
    # One authority that moved by level is enough to make the sentence wrong; a list without it is right again.
    universe.last_year(authority=universe.birch)
    universe.assessment(State.AGREED, authority=universe.birch)
    both = client.get(reverse("comparison")).content.decode()
    assert sentence not in both
    assert both.count("By standing, an estimate:") == 1
    assert sentence in client.get(reverse("comparison"), {"show": "none"}).content.decode()


def test_a_score_of_another_scheme_is_exported_in_words(universe: Universe) -> None:
    universe.last_year("la-10")
    universe.last_year(authority=universe.birch)
    for authority in (universe.alder, universe.birch):
        universe.assessment(State.AGREED, authority=authority)
    with as_actor(universe.manager) as by:
        years, own = (comparison_view(by, {"judgement": one}, universe.at).tables[0] for one in ("", "self"))
    assert [(row[2], row[6], row[15]) for row in years.rows] == [
        ("3.00 of 5, another scheme", Decimal(1), "Yes"), (Decimal(1), Decimal(1), "No"),
    ]  # fmt: skip
    assert all(isinstance(row[2], Decimal) for row in own.rows)


def test_a_successor_has_no_year_before(universe: Universe) -> None:
    universe.last_year(authority=universe.birch)
    universe.assessment(State.AGREED)
    with all_rows():
        Succession.objects.create(predecessor=universe.birch, successor=universe.alder, date=date(2025, 4, 1))
    found = page(universe, "manager")
    alder = lines(found)["Alder"]
    assert alder.why == "Successor of Birch County Council since 1 April 2025: no like-for-like year before"
    assert (alder.change, alder.up, alder.then.score) == (
        "", None, "Successor of other authorities, so there is no like-for-like year before",
    )  # fmt: skip
    assert found.totals.down == 0


def test_who_was_there_last_year_and_is_no_longer_is_not_comparable(universe: Universe) -> None:
    universe.last_year(authority=universe.birch)
    universe.assessment(State.AGREED)
    with all_rows():
        PictureRow.objects.filter(cycle=universe.cycle(), authority=universe.birch)._raw_delete("default")
    birch = lines(page(universe, "manager"))["Birch"]
    assert (birch.why, birch.now.cycle, birch.then.cycle) == ("no record in this cycle", "", "2024/25")


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("adviser", ["Alder"]),
        ("other_adviser", ["Birch", "Cedar"]),
        ("manager", ["Alder", "Birch"]),
        ("other_manager", ["Cedar"]),
        ("signatory", ["Alder", "Birch", "Cedar"]),
        ("auditor", ["Alder", "Birch", "Cedar"]),
    ],
)
def test_everybody_sees_their_own_authorities(years: Universe, name: str, names: list[str]) -> None:
    assert names_of(page(years, name, region="all")) == names


@pytest.mark.parametrize("name", ["lead", "contributor", "viewer", "other_lead", "administrator", "stranger"])
def test_nobody_else_sees_any(years: Universe, name: str) -> None:
    with pytest.raises(PermissionDenied):
        page(years, name)
    with as_actor(years.cast[name]) as by, pytest.raises(PermissionDenied):
        comparison_view(by, {}, years.at)


def test_a_country_is_compared_when_it_is_asked_for(years: Universe) -> None:
    assert set(names_of(page(years, "auditor"))) == {"Alder", "Birch"}
    assert page(years, "auditor").choice.region == "North"
    assert set(names_of(page(years, "auditor", region="South"))) == {"Cedar"}


def test_the_list_is_narrowed_and_sorted(years: Universe) -> None:
    assert names_of(page(years, "manager", show="level")) == ["Alder"]
    assert names_of(page(years, "manager", show="none")) == ["Birch"]
    assert names_of(page(years, "manager", sort="-authority")) == ["Birch", "Alder"]
    assert page(years, "manager", sort="-authority").columns["authority"].aria == "descending"
    assert page(years, "manager", show="up").lines == ()


def test_a_year_can_be_chosen_to_compare_with(years: Universe) -> None:
    found = page(years, "manager")
    ((_each, _label), (last, name)) = found.options.against
    assert name == "2024/25"
    assert page(years, "manager", against=last).against == "2024/25"
    # The earlier of the two has none before it.
    alder = lines(page(years, "manager", cycle=last))["Alder"]
    assert alder.why == "no record of an earlier year"


HOSTILE = (
    {"cycle": "-1", "against": "9" * 300, "region": "\x00", "sort": "'; drop", "count": "x", "page": "99999"},
    {"cycle": "²", "portfolio": "you", "judgement": "own", "partnership": "1 or 1=1", "show": "<b>", "page": "-3"},
    {"region": "<script>", "nation": "%", "type": "'", "page": "x"},
)


@pytest.mark.parametrize("params", HOSTILE)
def test_an_address_that_makes_no_sense_gives_the_plain_page(
    years: Universe, client: Client, params: dict[str, str]
) -> None:
    client.force_login(years.manager)
    answer = client.get(f"{reverse('comparison')}?{urlencode(params)}")
    assert answer.status_code == 200
    assert "Alder" in answer.content.decode()
    assert "<script>" not in answer.content.decode().replace("<script src", "").replace("<script type", "")


def test_the_page_prints_the_numbers_and_draws_them(years: Universe, client: Client) -> None:
    client.force_login(years.manager)
    said = client.get(reverse("comparison")).content.decode()
    assert said.count("<svg") == 1
    assert 'aria-labelledby="comparison-title comparison-text"' in said
    assert "85.7% (6 of 7)" in said
    assert reverse("trend", args=[years.alder.pk]) in said
    own = client.get(reverse("comparison"), {"judgement": "self"}).content.decode()
    assert "1 agreed the same" in own


def test_what_is_exported_is_what_is_shown(years: Universe) -> None:
    with as_actor(years.manager) as by:
        view = comparison_view(by, {"sort": "-authority"}, years.at)
    assert [short(str(row[0])) for row in view.tables[0].rows] == ["Birch", "Alder"]
    assert (view.name, view.authorities) == ("comparison", 2)
    assert view.picture.startswith("<svg")
    assert "<style>" in view.picture
    assert any("none is published" in str(rule) for rule in view.rules)
    assert [row[2] for row in view.tables[0].rows] == [Decimal(1), Decimal(1)]
    assert view.tables[0].rows[0][6] == "Not agreed yet"
    assert view.tables[1].rows[2][1:] == (0, 0, 1, 0)


def test_more_authorities_cost_no_more(years: Universe) -> None:
    def cost() -> int:
        with as_actor(years.manager) as by, CaptureQueriesContext(connection) as seen:
            comparison(by, Choice(), 1, years.at)
        return len(seen)

    cost()
    few = cost()
    _many(years, 60)
    assert cost() == few
    found = page(years, "manager")
    assert (len(found.lines), found.page.paginator.count) == (50, 62)
    assert len(page(years, "manager", number=2).lines) == 12


def _many(universe: Universe, count: int) -> None:
    """More authorities in the North, with Alder's rows."""
    with all_rows():
        rows = list(PictureRow.objects.filter(authority=universe.alder).select_related("assessment"))
        for index in range(count):
            one = Authority.objects.create(
                programme=universe.programme, gss_code=f"E1{index:07}", name=f"Council {index}",
                short_name=f"Council {index}", type="County", nation="England", region="North",
            )  # fmt: skip
            for row in rows:
                assessment = row.assessment
                assessment.pk, assessment._state.adding, assessment.authority = None, True, one
                assessment.save()


def test_the_picture_is_empty_before_anything_is_there(universe: Universe, client: Client) -> None:
    client.force_login(universe.manager)
    assert "There is no assessment to compare yet" in client.get(reverse("comparison")).content.decode()
    with as_actor(universe.manager) as by:
        assert comparison_view(by, {}, universe.at).row_count == 0


def test_the_heatmap_leads_to_the_years_of_an_authority(years: Universe, client: Client) -> None:
    client.force_login(years.manager)
    assert reverse("trend", args=[years.alder.pk]) in client.get(reverse("picture")).content.decode()


def test_a_portfolio_is_what_an_adviser_has(years: Universe) -> None:
    found: Any = page(years, "adviser", whose="mine")
    assert names_of(found) == ["Alder"]
    assert page(years, "auditor", whose="mine").choice.whose == ""
