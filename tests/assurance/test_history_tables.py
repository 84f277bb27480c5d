"""Whole tables of earlier years: found in a file whatever its kind, and judged row by row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assurance.vocabulary import Answer
from assurance.workbook import history_template
from assurance.workbook.history_judge import Cycle, Proposal, Stands, Verdict, judge
from assurance.workbook.history_layout import EXAMPLE_CODE
from assurance.workbook.history_read import MOST_LINES, from_json, read, to_json
from assurance.workbook.safe import LARGEST, Refused
from tests.assurance.histories import ALDER, EIGHT, TEN, as_csv, as_ods, as_xlsx, judged, world
from tests.files import packed, xls

WIDE = [
    ["Authority", "GSS code", "Year", "1", "B2", "Benchmark 3", "4. Title", "5", "Date", "Colour"],
    ["Alder", "E10000901", "2022/23", "Exceeded", "Met", "", "not met", "N/A", "9 May 2023", "blue"],
    ["Birch", "E10000902", "2022/23", "Met", "Met", "Met", "Met", "?", "", ""],
]
LONG = [
    ["Code", "Financial year", "Benchmark", "Agreed outcome", "Summary", "Date"],
    ["E10000901", "2022/23", "1", "Exceeding", "The board meets.", "9 May 2023"],
    ["E10000901", "2022/23", "B2", "Met", "", "9 May 2023"],
    ["E10000902", "2022/23", "Benchmark 1", "Not met", "", ""],
]
FORMS = {
    "csv": as_csv,
    "semicolons": lambda rows: as_csv(rows, ";"),
    "tabs in UTF-16": lambda rows: as_csv(rows, "\t", "utf-16"),
    "with a mark": lambda rows: as_csv(rows, ",", "utf-8-sig"),
    "xlsx": as_xlsx,
    "ods": as_ods,
}


def verdicts(proposals: tuple[Proposal, ...]) -> list[str]:
    return [str(one.verdict) for one in proposals]


def known(proposal: Proposal) -> dict[int, str | None]:
    return {number: code for number, (answer, code) in proposal.outcomes.items() if answer == Answer.OUTCOME}


def faults(proposal: Proposal) -> str:
    return "; ".join(one.words for one in proposal.faults)


@pytest.mark.parametrize("form", FORMS)
def test_a_wide_table_is_read_whatever_kind_of_file_it_is(form: str) -> None:
    alder, birch = judge_file(FORMS[form](WIDE))
    assert known(alder) == {1: "exceeding", 2: "met", 4: "not_met"}
    assert (alder.outcomes[5], alder.outcomes[3]) == ((Answer.NOT_APPLICABLE, None), (Answer.UNKNOWN, None))
    assert (alder.dated, alder.year, alder.known, alder.unknown) == (date(2023, 5, 9), "2022/23", 3, 4)
    assert (birch.known, birch.unknown) == (4, 4)
    assert [one.words for one in alder.notes] == ["read as Exceeding"]
    assert verdicts((alder, birch)) == ["corrected", "accepted"]


def judge_file(data: bytes) -> tuple[Proposal, ...]:
    return judge(read(data).lines, world())


@pytest.mark.parametrize("form", FORMS)
def test_a_long_table_comes_to_the_same(form: str) -> None:
    alder, birch = judge_file(FORMS[form](LONG))
    assert (known(alder), known(birch)) == ({1: "exceeding", 2: "met"}, {1: "not_met"})
    assert (alder.summaries, alder.dated) == ({1: "The board meets."}, date(2023, 5, 9))
    assert verdicts((alder, birch)) == ["accepted", "accepted"]


def test_real_dates_and_numbers_of_a_spreadsheet() -> None:
    rows = [["GSS", "Year", "Scheme", "1", "2", "Date"], ["E10000901", 2020, "la-10", 3, 4.0, date(2023, 5, 9)]]
    for data in (as_xlsx(rows), as_ods(rows)):
        (found,) = judge_file(data)
        assert (known(found), found.dated, found.year) == ({1: "3", 2: "4"}, date(2023, 5, 9), "2020/21")
        # A single year is shown as what it was read as.
        assert [one.words for one in found.notes] == ["read as 2020/21"]


def test_windows_letters_are_read() -> None:
    table = read("Authority,Year,1\nYnys Môn,2022/23,Met\n".encode("cp1252"))
    assert table.lines[0].cells["authority"] == "Ynys Môn"


def test_what_is_not_read_is_named() -> None:
    data = as_xlsx([["Note"], [], *WIDE], Scratch=[["what", "ever"]], Empty=[])
    table = read(data)
    assert table.unread == ("Colour", "sheet “Scratch”")
    assert [one.place for one in table.lines] == ["Years, row 4", "Years, row 5"]
    assert from_json(to_json(table)) == table


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"x" * (LARGEST + 1), "larger than 10 MB"),
        (b"\0\1\2\3" * 10, "not a table of text"),
        (b"Name,Colour\nAlder,blue\n", "no table in the file"),
        (as_csv([["GSS", "Year", "1"]]), "no table in the file"),
        (
            as_csv([["GSS", "Year", "1", "B1"], ["E", "2022", "Met", "Met"]]),
            "Several columns are read as “Benchmark 1”",
        ),
        (as_csv([["GSS", "Year", "1", "Benchmark", "Outcome"], ["E"]]), "Keep one of the two"),
        (as_csv([["GSS", "Year", "1"], *([["E", "2022", "Met"]] * (MOST_LINES + 1))]), "more than 2000 rows"),
        (as_csv([["GSS", "Year", "1", *["x"] * 100]]), "100 columns"),
        (b'GSS,Year,1\n"' + b"x" * 200_000, "cannot be read as a table"),
    ],
)
def test_a_file_that_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(data)
    assert reason in refusal.value.reasons[0]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (packed({"xl/workbook.xml": b" " * 3_000_000}), "unpacks to much more"),
        (packed({"xl/vbaProject.bin": "a program"}), "contains macros"),
        (xls(), "older format .xls"),
        (packed({"word/document.xml": "<a/>"}), "not a spreadsheet"),
    ],
)
def test_a_hostile_file_meets_the_same_lock_as_a_workbook(data: bytes, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(data)
    assert reason in refusal.value.reasons[0]


def test_a_formula_is_text_in_csv_and_a_cell_that_shows_an_error_is_refused() -> None:
    (found,) = judged([["GSS", "Year", "1"], ["E10000901", "2022/23", '=HYPERLINK("x")']])
    assert "is not an outcome here" in faults(found)
    rows = [["GSS", "Year", "1"], ["E10000901", "2022/23", "=1/0"]]
    (found,) = judge_file(as_xlsx(rows))
    assert "formula that was never calculated" in faults(found)


# Judged


def wide(*cells: Any, heading: tuple[str, ...] = ("GSS", "Year", "1")) -> Proposal:
    (found,) = judged([heading, cells])
    return found


@pytest.mark.parametrize(
    ("cells", "heading", "reason"),
    [
        (("E10000999", "2022/23", "Met"), ("GSS", "Year", "1"), "no authority with the code E10000999 among those"),
        (("Nowhere", "2022/23", "Met"), ("Authority", "Year", "1"), "no authority called Nowhere among those"),
        (("Twin", "2022/23", "Met"), ("Authority", "Year", "1"), "Several authorities are called that"),
        (("", "2022/23", "Met"), ("Authority", "Year", "1"), "Enter a GSS code or the name"),
        (("E10000901", "", "Met"), ("GSS", "Year", "1"), "Enter a year"),
        (("E10000901", "2014/15", "Met"), ("GSS", "Year", "1"), "The duty began in 2015"),
        (("E10000901", "2025/26", "Met"), ("GSS", "Year", "1"), "2025/26 is not a past cycle"),
        (("E10000901", "2026/27", "Met"), ("GSS", "Year", "1"), "2026/27 is not over"),
        (("E10000901", "2020/21", "Met"), ("GSS", "Year", "1"), "say which scheme it was on"),
        (("E10000901", "2022/23", "la-10", "3"), ("GSS", "Year", "Scheme", "1"), "2022/23 is on scheme la-8"),
        (("E10000901", "2020/21", "la-9", "3"), ("GSS", "Year", "Scheme", "1"), "“la-9” is not a scheme here"),
        (("E10000902", "2020/21", "la-10", "3"), ("GSS", "Year", "Scheme", "1"), "did not exist in 2020/21"),
        (("E10000902", "2024/25", "la-10", "3"), ("GSS", "Year", "Scheme", "1"), "did not exist in 2024/25"),
        (("E10000901", "2022/23", "great"), ("GSS", "Year", "1"), "“great” is not an outcome here"),
        (("E10000901", "2022/23", "Met"), ("GSS", "Year", "9"), "la-8 has no benchmark 9"),
        (("E10000901", "2022/23", ""), ("GSS", "Year", "1"), "The row says nothing"),
        (("E10000901", "2022/23", "Met", "31/02/2023"), ("GSS", "Year", "1", "Date"), "not a day of the calendar"),
        (("E10000901", "2022/23", "Met", "x" * 150), ("GSS", "Year", "1", "Strength"), "x"),
        (("E10000901", "Birch", "2022/23", "Met"), ("GSS", "Authority", "Year", "1"), "the name of another authority"),
    ],
)
def test_a_row_is_refused_with_its_reason(cells: tuple[str, ...], heading: tuple[str, ...], reason: str) -> None:
    found = wide(*cells, heading=heading)
    assert found.verdict == Verdict.REFUSED
    assert reason in faults(found)


def test_what_is_read_as_something_else_is_said() -> None:
    found = wide("e10000801", "The old Alder", "2022-23", "Exceeded", heading=("GSS", "Authority", "Year", "1"))
    assert {one.words for one in found.notes} == {
        "read as E10000901, which replaced it",
        "read as Alder County Council, by its code",
        "read as 2022/23",
        "read as Exceeding",
    }
    assert (found.verdict, found.authority_id) == (Verdict.CORRECTED, ALDER.id)
    (found,) = judged([["Authority", "Year", "1"], ["alder", "2022/23", "Met"]])
    assert [one.words for one in found.notes] == ["read as Alder County Council, E10000901"]


def test_a_year_without_a_cycle_is_on_the_chosen_scheme() -> None:
    (found,) = judged([["GSS", "Year", "1"], ["E10000901", "2020/21", "4"]], world(chosen=TEN))
    assert (found.verdict, found.scheme, known(found)) == (Verdict.ACCEPTED, TEN, {1: "4"})
    # A row's own scheme comes before the choice, and a cycle's before both.
    rows = [["GSS", "Year", "Scheme", "1"], ["E10000901", "2020/21", "LA 8", "Met"]]
    assert judged(rows, world(chosen=TEN))[0].scheme == EIGHT
    assert judged([["GSS", "Year", "1"], ["E10000901", "2022/23", "Met"]], world(chosen=TEN))[0].scheme == EIGHT


def test_a_year_with_two_cycles_is_told_by_the_scheme() -> None:
    both = world(cycles={2022: [Cycle("2022/23", EIGHT, True), Cycle("2022/23 (ten)", TEN, True)]})
    rows = [["GSS", "Year", "Scheme", "1"], ["E10000901", "2022/23", "la-10", "3"], ["E10000902", "2022/23", "", "Met"]]
    assert [one.year for one in judged(rows, both)] == ["2022/23 (ten)", "2022/23"]


def test_the_same_authority_and_year_twice_is_refused_both_times() -> None:
    rows = [["GSS", "Year", "1"], ["E10000901", "2022/23", "Met"], ["E10000901", "2022/2023", "Met"]]
    (found,) = judged(rows)
    assert (found.verdict, found.lines) == (Verdict.REFUSED, (0, 1))
    assert "stand in row 3 too; The same authority and year stand in row 2 too" in faults(found)


def test_rows_of_a_long_table_must_not_contradict_each_other() -> None:
    twice = [*LONG, ["E10000901", "2022/23", "1", "Met", "", ""]]
    assert "Benchmark 1 stands twice" in faults(judged(twice)[0])
    other_date = [*LONG, ["E10000901", "2022/23", "3", "Met", "", "10 May 2023"]]
    assert "says something else" in faults(judged(other_date)[0])
    nameless = [*LONG, ["E10000901", "2022/23", "", "Met", "", ""]]
    assert "which benchmark the outcome is of" in faults(judged(nameless)[0])


def test_what_stands_already_is_the_same_or_is_in_the_way() -> None:
    rows = [["GSS", "Year", "1"], ["E10000901", "2022/23", "Met"]]
    (first,) = judged(rows)
    there = {(ALDER.id, "2022/23"): Stands(first.digest)}
    assert judged(rows, world(standing=there))[0].verdict == Verdict.SAME
    other = {(ALDER.id, "2022/23"): Stands("something else")}
    assert "already is another record" in faults(judged(rows, world(standing=other))[0])
    gone = {(ALDER.id, "2022/23"): Stands(first.digest, withdrawn=True)}
    assert "was withdrawn" in faults(judged(rows, world(standing=gone))[0])
    again = judged(rows, world(standing={(ALDER.id, "2022/23"): Stands("", again=True)}))[0]
    assert (again.verdict, again.again) == (Verdict.ACCEPTED, True)


def test_a_cell_is_corrected_and_a_row_left_out() -> None:
    rows = [["GSS", "Year", "1"], ["E10000901", "2022/23", "great"], ["E10000902", "2022/23", "Met"]]
    alder, birch = judged(rows, corrections={0: {"outcome 1": "Met"}}, left_out=[1])
    assert (alder.verdict, known(alder)) == (Verdict.CORRECTED, {1: "met"})
    assert [one.words for one in alder.notes] == ["corrected by you, was great"]
    assert birch.verdict == Verdict.LEFT_OUT


def test_a_share_that_a_source_states_is_kept_beside_what_it_names() -> None:
    """Six of ten below, of which three are named: nothing is invented of the others."""
    rows = [
        ["GSS", "Year", "Scheme", "3", "6", "9", "Stated share"],
        ["E10000901", "2020/21", "la-10", "2", "1", "2", "40%"],
    ]
    (found,) = judged(rows)
    assert (found.stated, found.known, found.unknown) == ((4, 10), 3, 7)
    assert known(found) == {3: "2", 6: "1", 9: "2"}
    assert (found.verdict, [one.words for one in found.notes]) == (Verdict.CORRECTED, ["read as 4 of 10"])
    for stated, says in (("80%", "does not go with"), ("41%", "is no share of"), ("9 of 12", "does not go with")):
        rows[1][-1] = stated
        assert says in faults(judged(rows)[0])


def test_a_stated_share_alone_is_enough() -> None:
    (found,) = judged([["GSS", "Year", "Stated share"], ["E10000901", "2022/23", "50%"]])
    assert (found.verdict, found.stated, found.known) == (Verdict.CORRECTED, (4, 8), 0)


def test_strengths_and_recommendations() -> None:
    heading = ("GSS", "Year", "1", "Recommendation 2", "Strengths", "Recommendation 1")
    found = wide("E10000901", "2022/23", "Met", "Second.", "A board.", "First.", heading=heading)
    assert (found.strengths, found.recommendations) == (("A board.",), ("First.", "Second."))


# Whatever the order


codes = st.sampled_from(["E10000901", "E10000902", "E10000999", ""])
years = st.sampled_from(["2022/23", "2020/21", "2023", "nonsense"])
said = st.sampled_from(["Met", "Exceeded", "N/A", "", "?", "great"])
wide_rows = st.lists(st.tuples(codes, years, said, said, said).map(list), min_size=1, max_size=8)


def essence(proposals: tuple[Proposal, ...]) -> list[Any]:
    return sorted(
        (
            one.gss,
            one.year,
            str(one.verdict),
            sorted((number, str(answer), str(code)) for number, (answer, code) in one.outcomes.items()),
            # Of rows in each other's way it does not matter which is named.
            len(one.faults),
        )
        for one in proposals
        if len(one.lines) == 1
    )


@settings(max_examples=60)
@given(wide_rows, st.data())
def test_the_order_of_rows_and_columns_never_matters(rows: list[list[str]], data: st.DataObject) -> None:
    heading = ["GSS", "Year", "1", "B2", "Benchmark 3"]
    rows = [row for row in rows if any(row)]
    before = essence(judged([heading, *rows]))
    assert essence(judged([heading, *data.draw(st.permutations(rows))])) == before
    places = data.draw(st.permutations(range(5)))
    turned = [[row[place] for place in places] for row in (heading, *rows)]
    assert essence(judged(turned)) == before


@settings(max_examples=60)
@given(st.permutations(range(len(LONG) - 1)))
def test_the_rows_of_a_long_table_come_in_any_order(order: list[int]) -> None:
    rows = [LONG[0], *(LONG[1 + one] for one in order)]
    assert {one.digest for one in judged(rows)} == {one.digest for one in judged(LONG)}


# The template


@pytest.mark.parametrize("scheme", [EIGHT, TEN], ids=lambda one: one.code)
@pytest.mark.parametrize("make", [history_template.as_csv, history_template.as_xlsx])
def test_the_template_can_be_read_back_and_its_example_is_nobodys(scheme: Any, make: Any) -> None:
    table = read(make(scheme))
    assert set(table.unread) <= {"sheet “How to fill it in”"}
    (line,) = table.lines
    assert line.cells["gss"] == EXAMPLE_CODE
    assert "invented" in line.cells["authority"]
    (found,) = judge_file(make(scheme))
    assert [one.role for one in found.faults if one.role != "scheme"] == ["gss"]
