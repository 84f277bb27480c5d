"""One authority over the years: gaps, breaks and estimates, as figures and as a page."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from assurance import access
from assurance.actions import reference
from assurance.actions.importing import import_case
from assurance.insights.charts import Bar, BarPair, Mark, bar_pairs, line, shortened, stacked, wrapped
from assurance.insights.comparison import Count, Move, Scale, Why
from assurance.insights.drawing import Box, Dot, Stroke, Words, svg
from assurance.insights.trend import Record, Trend, trend, year_on, years_through
from assurance.models import Authority, Succession
from assurance.queries import trend as read
from assurance.vocabulary import State
from benchmarks.vocabulary import Standing
from tests.assurance.scales import CROSSWALKS, NA, UNKNOWN, scale
from tests.letters.test_cases import SHARED, case_files
from tests.universe import Universe, all_rows, as_actor

TEN, EIGHT = scale("la-10"), scale("la-8", first_id=50)
FIRST, SECOND = (4, 5, 5, 4, 5, 4, 3, 3, 2, 2), (4, 5, 5, 4, 5, 4, 3, 2, 3, 3)
"""An authority of whom Channel was scored twice: one benchmark down, two up, seven level."""
THIRD = (53, 53, 53, 53, NA, 53, 53, 52)


def record(key: int, year: str, codes: Any = (), on: Scale = TEN, missing: Why | None = None) -> Record:
    return Record(key, year, year, on, tuple(codes), missing)


def over(count: Count = Count.ALL, *records: Record, also: tuple[str, ...] = ()) -> Trend:
    return trend(records, count, CROSSWALKS, also)


TWIN = (record(1, "2021/22", FIRST), record(2, "2022/23", SECOND), record(3, "2024/25", THIRD, EIGHT))


# Figures


def percents(found: Trend) -> list[str]:
    return [f"{one.share.percent}" if one.share else "gap" for one in found.points]


def test_two_years_with_channel_and_without_it() -> None:
    assert percents(over(Count.ALL, *TWIN)) == ["80.0", "90.0", "gap", "100.0"]
    assert percents(over(Count.SCORED, *TWIN)) == ["77.8", "88.9", "gap", "100.0"]
    change = over(Count.ALL, *TWIN).points[1].change
    assert change
    assert (change.count(Move.DOWN), change.count(Move.UP), change.count(Move.LEVEL)) == (1, 2, 7)


def test_channel_scored_in_one_year_and_not_in_another_compares_like_with_like() -> None:
    without = (*SECOND[:4], NA, *SECOND[5:])
    given_years = (record(1, "2021/22", FIRST), record(2, "2022/23", without))
    assert percents(over(Count.ALL, *given_years)) == ["80.0", "88.9"]
    alike = over(Count.COMMON, *given_years)
    assert percents(alike) == ["77.8", "88.9"]
    assert [one.unlike for one in alike.points] == [(5,), ()]


def test_a_year_without_a_record_is_a_gap_and_no_zero() -> None:
    found = over(Count.ALL, *TWIN, also=("2019/20", "2025/26"))
    assert [one.year for one in found.points] == ["2021/22", "2022/23", "2023/24", "2024/25", "2025/26"]
    assert [one.record is None for one in found.points] == [False, False, True, False, True]
    withdrawn = over(Count.ALL, TWIN[0], record(2, "2022/23", missing=Why.WITHDRAWN_NOW))
    assert withdrawn.points[1].share is None


def test_the_scheme_break_and_the_estimate() -> None:
    found = over(Count.ALL, *TWIN)
    assert found.breaks == (3,)
    assert [section.scale.code for section in found.sections] == ["la-10", "la-8"]
    assert [[one.year for one in section.points] for section in found.sections] == [
        ["2021/22", "2022/23", "2023/24"], ["2024/25"],
    ]  # fmt: skip
    assert found.sections[0].estimates == ()
    (first, read_first), (_second, read_second) = found.sections[1].estimates
    assert first.year == "2021/22"
    # Of several old benchmarks the lowest wins: 9 and 10 were below, and 8 is below a year later.
    assert (read_first[8], read_first[7], read_second[7], read_second[8]) == (
        Standing.BELOW, Standing.MEETS, Standing.BELOW, Standing.MEETS,
    )  # fmt: skip
    assert found.points[3].change
    assert found.points[3].change.estimate


def test_three_known_and_seven_unknown_is_forty_per_cent_of_what_is_known() -> None:
    """Of a council of which six were below and three are named, four are met: nothing is invented of the rest."""
    codes = (1, 2, 2, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
    point = over(Count.ALL, record(1, "2022/23", codes)).points[0]
    assert point.share
    assert (point.share.numerator, point.share.denominator, len(point.share.excluded)) == (0, 3, 7)


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2023, 4, 1), "2023/24"), (date(2023, 3, 31), "2022/23"), (date(1999, 12, 31), "1999/00")],
)
def test_a_day_is_in_a_financial_year(day: date, year: str) -> None:
    assert year_on(day) == year


def test_only_financial_years_have_years_between_them() -> None:
    assert years_through(["2021/22", "2023/24"]) == ["2021/22", "2022/23", "2023/24"]
    assert years_through(["Trial", "2021/22", "Autumn"]) == ["2021/22", "Autumn", "Trial"]


codes_of_ten = st.lists(st.sampled_from([1, 2, 3, 4, 5, NA, UNKNOWN]), min_size=10, max_size=10)


@given(st.lists(codes_of_ten, min_size=1, max_size=5), st.randoms(use_true_random=False), st.sampled_from(list(Count)))
def test_the_order_in_which_records_come_never_matters(rows: Any, random: Any, count: Count) -> None:
    records = [record(key, f"202{key}/2{key + 1}", codes) for key, codes in enumerate(rows)]
    mixed = records[:]
    random.shuffle(mixed)
    assert percents(over(count, *records)) == percents(over(count, *mixed))


@given(st.lists(codes_of_ten, min_size=1, max_size=5))
def test_like_with_like_counts_the_same_benchmarks_every_year(rows: Any) -> None:
    records = [record(key, f"202{key}/2{key + 1}", codes) for key, codes in enumerate(rows)]
    assert len({one.share.denominator for one in over(Count.COMMON, *records).points if one.share}) == 1


# Drawings


def strokes(shapes: Any, looks: str) -> list[Any]:
    return [one for one in shapes if isinstance(one, Stroke) and one.looks == looks]


def drawn(*marks: Mark) -> Any:
    return line(marks, title="Share", text="As printed", axis=[(0, "0%"), (1, "100%")], tall=320)


def test_a_gap_and_a_break_interrupt_the_line() -> None:
    whole = drawn(Mark("a", 0.5, "50%"), Mark("b", 0.6, "60%"), Mark("c", 0.7, "70%"))
    assert [len(one.points) for one in strokes(whole.shapes, "line")] == [3]
    gap = drawn(Mark("a", 0.5, "50%"), Mark("b", 0.6, "60%"), Mark("c", None, "No record"), Mark("d", 0.7, "70%"))
    assert [len(one.points) for one in strokes(gap.shapes, "line")] == [2]
    broken = drawn(Mark("a", 0.5, "50%"), Mark("b", 0.6, "60%"), Mark("c", 0.7, "70%", "New scheme"))
    assert [len(one.points) for one in strokes(broken.shapes, "line")] == [2]
    assert len(strokes(broken.shapes, "break")) == 1
    assert "New scheme" in [one.text for one in broken.shapes if isinstance(one, Words)]


def test_a_gap_is_drawn_at_no_value() -> None:
    """Beside a real nothing, which stands on the lowest line, a gap is a field over the whole scale with its words."""
    found = drawn(Mark("a", 0.0, "0%"), Mark("b", None, "Withdrawn"), Mark("c", 1.0, "100%"))
    dots = [one for one in found.shapes if isinstance(one, Dot)]
    assert [one.looks for one in dots] == ["dot", "dot"]
    (field,) = [one for one in found.shapes if isinstance(one, Box)]
    assert (field.looks, field.y, field.y + field.height) == ("gap", dots[1].y, dots[0].y)
    (words,) = [one for one in found.shapes if isinstance(one, Words) and one.text == "Withdrawn"]
    assert abs(words.y - (field.y + field.height / 2)) < 10
    assert abs(words.x - (field.x + field.width / 2)) < 1


def test_the_words_of_a_break_cross_no_dashed_line() -> None:
    long = "Other scheme: a scheme of the duty with a name that is rather long and goes on for more than one line"
    for told in ((1, 7), (4, 7), (1, 2), (6, 7), (5, 6, 7), (3, 4, 5)):
        found = drawn(*(Mark(str(at), 1.0, "100%", long if at in told else "") for at in range(8)))
        said = [one for one in found.shapes if isinstance(one, Words) and one.looks == "small"]
        said = [one for one in said if one.text[:4] in long]
        assert len(said) >= len(told)
        for one in said:
            wide = len(one.text) * 6.0
            left = one.x - wide if one.anchor == "end" else one.x
            for stroke in strokes(found.shapes, "break"):
                (x, top), (_x, low) = stroke.points
                assert not (left < x < left + wide and top < one.y and low > one.y - 10), (told, one, stroke)


def test_every_value_is_printed_and_what_is_said_is_escaped() -> None:
    bars = bar_pairs(
        [BarPair("<b>Kent & Co", Bar(0.5, "2.50 of 5"), Bar(None, "no record"))],
        title="Scores", text="The same", then="Before", now="Now",
    )  # fmt: skip
    said = svg(bars, standalone=True)
    assert "&lt;b&gt;Kent &amp; Co" in said
    assert "2.50 of 5" in said
    assert "no record" in said


def test_drawings_stand_under_each_other() -> None:
    one, two = drawn(Mark("a", 0.5, "50%")), drawn(Mark("b", 0.7, "70%"))
    both = stacked([one, two], title="Both", text="Two")
    assert both.height > one.height + two.height
    assert len(both.shapes) == len(one.shapes) + len(two.shapes) + 2


def test_words_fit_or_are_shortened() -> None:
    assert shortened("Short", 100) == "Short"
    assert shortened("A very long name of a council", 74) == "A very lo…"
    assert wrapped("one two three", 40) == ["one", "two", "three"]
    assert wrapped("", 40) == []


# The page


def page(universe: Universe, name: str, count: str = "", authority: Authority | None = None) -> read.TrendPage:
    with as_actor(universe.cast[name]) as by:
        return read.trend(by, (authority or universe.alder).pk, count)


@pytest.fixture
def two_years(universe: Universe) -> Universe:
    """Alder on ten benchmarks last year and on eight this year."""
    universe.last_year("la-10")
    universe.assessment(State.AGREED)
    return universe


def test_a_table_for_each_scheme_and_the_older_one_read_in_the_newer(two_years: Universe) -> None:
    ten, eight = page(two_years, "lead").tables
    assert (len(ten.columns), len(eight.columns)) == (10, 8)
    assert [one.label for one in ten.lines] == ["2024/25 (ten benchmarks)"]
    assert [(one.label, one.estimate) for one in eight.lines] == [
        ("2024/25 (ten benchmarks)", True), ("2025/26", False),
    ]  # fmt: skip
    estimate, year = eight.lines
    assert (estimate.share, estimate.score) == (None, None)
    assert [cell.text for cell in estimate.cells] == ["Meets"] * 4 + ["N/A"] + ["Meets"] * 3
    assert year.share
    assert year.share.value == "100.0%"
    assert "estimate by standing only" in year.moved[0]


def test_a_break_calls_a_scheme_new_only_where_it_is_first_met(two_years: Universe) -> None:
    """Of two cycles of one year the one on the older scheme comes last."""
    two_years.assessment(State.AGREED, scheme="la-10")
    found = page(two_years, "lead")
    assert [one.label for table in found.tables for one in table.lines if not one.estimate] == [
        "2024/25 (ten benchmarks)", "2025/26 (ten benchmarks)", "2025/26",
    ]  # fmt: skip
    text = found.drawings[0][1].text
    assert text.count("[New scheme: ") == text.count("[Other scheme: ") == 1
    assert text.index("[New scheme: ") < text.index("] 2025/26: ") < text.index("[Other scheme: ")


def test_only_who_may_read_outcomes_there_sees_it(two_years: Universe) -> None:
    for name in ("lead", "contributor", "viewer", "adviser", "manager", "signatory", "auditor"):
        assert page(two_years, name).tables
    with pytest.raises(PermissionDenied):
        page(two_years, "administrator")
    for name in ("other_lead", "other_adviser", "other_manager", "stranger"):
        with pytest.raises(Http404):
            page(two_years, name)
        with as_actor(two_years.cast[name]) as by, pytest.raises(Http404):
            read.trend_view(by, {"authority": str(two_years.alder.pk)}, two_years.at)


def test_a_successor_says_so_and_links_only_what_may_be_read(two_years: Universe) -> None:
    with all_rows():
        for one in (two_years.birch, two_years.cedar):
            Succession.objects.create(predecessor=one, successor=two_years.alder, date=date(2025, 4, 1))
    found = page(two_years, "manager")
    (kin,) = found.kin
    names = "Birch County Council and Cedar County Council"
    assert kin.text == f"Successor of {names} since 1 April 2025: no like-for-like year before"
    assert [name for name, _href in kin.links] == ["Birch County Council"]
    assert kin.text in found.drawings[0][1].text
    (gone,) = page(two_years, "other_manager", authority=two_years.cedar).kin
    assert (gone.text, gone.links) == ("Alder County Council took over on 1 April 2025", ())


def test_the_page_draws_and_says_the_same(two_years: Universe, client: Client) -> None:
    client.force_login(two_years.lead)
    address = reverse("trend", args=[two_years.alder.pk])
    said = client.get(address).content.decode()
    assert said.count("<svg") == 4
    assert "New scheme" in said
    assert "estimate, by standing only" in said
    for count in ("common", "scored", "<b>", "\x00"):
        assert client.get(address, {"count": count}).status_code == 200


def test_an_authority_without_a_record_has_an_empty_page(universe: Universe, client: Client) -> None:
    client.force_login(universe.lead)
    said = client.get(reverse("trend", args=[universe.alder.pk])).content.decode()
    assert "There is no record of this authority yet" in said
    with as_actor(universe.lead) as by:
        assert read.trend_view(by, {"authority": str(universe.alder.pk)}, universe.at).row_count == 0


@pytest.mark.parametrize("wanted", ["", "x", "-1", "²", "9" * 400])
def test_an_export_of_nobody_is_not_found(universe: Universe, wanted: str) -> None:
    with as_actor(universe.lead) as by, pytest.raises(Http404):
        read.trend_view(by, {"authority": wanted}, universe.at)


def test_what_is_exported_is_what_is_shown(two_years: Universe) -> None:
    with as_actor(two_years.lead) as by:
        view = read.trend_view(by, {"authority": str(two_years.alder.pk)}, two_years.at)
    ten, eight = view.tables
    assert next(row[-1] for row in eight.rows) == "estimate, by standing only"
    assert ten.rows[0][-4] == "100.0%"
    assert view.picture.count("<svg") == 1
    assert view.authorities == 1


def test_more_years_cost_no_more(two_years: Universe) -> None:
    def cost() -> int:
        with as_actor(two_years.lead) as by, CaptureQueriesContext(connection) as seen:
            read.trend(by, two_years.alder.pk, "")
        return len(seen)

    cost()
    few = cost()
    for year in ("2030/31", "2031/32"):
        two_years.further_assessment(year)
    assert cost() == few
    labels = [(one.label, one.missing) for one in page(two_years, "lead").tables[1].lines]
    assert ("2027/28", "No record") in labels
    assert ("2031/32", "Not agreed yet") in labels


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is not there, so no real case was tried")
def test_a_real_council_over_three_years(universe: Universe) -> None:
    csv = settings.BASE_DIR.parent / "shared" / "data" / "gb_local_authorities_2025.csv"
    by = access.operator("tests")
    with all_rows():
        reference.load_authorities(csv, by=by, at=universe.at, programme=universe.programme)
        for path in case_files("leicestershire-2021-22", "leicestershire-2022-23", "leicestershire-2024-25"):
            import_case(path, by=by, at=universe.at, programme=universe.programme)
        council = Authority.objects.get(gss_code="E10000018")
    for count, values in (("", ["80.0%", "90.0%"]), ("scored", ["77.8%", "88.9%"])):
        ten, eight = page(universe, "auditor", count, council).tables
        shown = [str(one.share.value) for one in ten.lines if one.share]
        assert shown == values
        assert [one.missing for one in ten.lines] == ["", "", "No record"]
    moved = [one.moved for one in ten.lines if one.share][1]
    assert moved == ("Against 2021/22:", "Up: 9, 10", "Level: 1, 2, 3, 4, 5, 6, 7", "Down: 8")
    assert [str(one.share.value) for one in eight.lines if one.share] == ["100.0%"]
