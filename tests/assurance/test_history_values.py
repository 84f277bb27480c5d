"""What single cells of a table of earlier years say, and what is refused rather than guessed."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assurance.vocabulary import Answer
from assurance.workbook import history_values as values
from assurance.workbook.history_layout import part_of, role_of
from assurance.workbook.history_values import NotRead
from tests.assurance.histories import EIGHT, TEN


@pytest.mark.parametrize(
    ("written", "start", "note"),
    [
        ("2022/23", 2022, ""),
        ("2022/2023", 2022, "2022/23"),
        ("2022-23", 2022, "2022/23"),
        ("2022 – 2023", 2022, "2022/23"),
        ("2024/25", 2024, ""),
        ("FY 2024/25", 2024, "2024/25"),
        ("2022 to 2023", 2022, "2022/23"),
        ("1999/00", 1999, ""),
        ("1999/2000", 1999, "1999/00"),
        # A single year is the one in which it begins, and the person is told.
        ("2023", 2023, "2023/24"),
    ],
)
def test_a_year(written: str, start: int, note: str) -> None:
    found = values.year(written)
    assert (found.value, found.note) == (start, note)


@pytest.mark.parametrize("written", ["2022/24", "2022/22", "2022/2022", "22/23", "last year", "20222", "2022/023", ""])
def test_no_year(written: str) -> None:
    with pytest.raises(NotRead):
        values.year(written)


@pytest.mark.parametrize(
    ("written", "found", "note"),
    [
        ("9 May 2023", date(2023, 5, 9), ""),
        ("9th May 2023", date(2023, 5, 9), ""),
        ("Tuesday 9 May 2023", date(2023, 5, 9), ""),
        ("9-May-2023", date(2023, 5, 9), ""),
        ("9 Sept 2023", date(2023, 9, 9), ""),
        ("May 9, 2023", date(2023, 5, 9), ""),
        ("19-05-2025", date(2025, 5, 19), ""),
        ("21/05/2025", date(2025, 5, 21), ""),
        ("21.5.2025", date(2025, 5, 21), ""),
        ("2023-05-09", date(2023, 5, 9), ""),
        ("2023-05-09T00:00:00", date(2023, 5, 9), ""),
        # Never the month first; where it could be, the person sees how it was read.
        ("05/06/2023", date(2023, 6, 5), "5 June 2023"),
        ("06/06/2023", date(2023, 6, 6), ""),
        ("21/05/25", date(2025, 5, 21), "21 May 2025"),
        ("29/02/2024", date(2024, 2, 29), ""),
    ],
)
def test_a_date(written: str, found: date, note: str) -> None:
    assert (values.day(written).value, values.day(written).note) == (found, note)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("05/21/2025", "no month 21. Write the day first"),
        ("31/02/2025", "not a day of the calendar"),
        ("29/02/2023", "not a day of the calendar"),
        ("0/1/2023", "not a day of the calendar"),
        ("9 Mai 2023", "no month is called Mai"),
        ("9 Ma 2023", "no month is called Ma"),
        ("45055", "is not a date"),
        ("May 2023", "is not a date"),
        ("soon", "is not a date"),
    ],
)
def test_no_date(written: str, reason: str) -> None:
    with pytest.raises(NotRead, match=reason):
        values.day(written)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_day_is_read_as_itself_however_it_is_written(day: date) -> None:
    spellings = (
        day.isoformat(),
        f"{day.day}/{day.month}/{day.year}",
        f"{day.day:02}-{day.month:02}-{day.year}",
        values.day_name(day),
        f"{day.day}.{day.month}.{day.year % 100:02}",
    )
    assert {values.day(one).value for one in spellings} == {day}


@pytest.mark.parametrize(
    ("written", "code", "note"),
    [
        ("Exceeding", "exceeding", ""),
        ("exceeding", "exceeding", ""),
        ("Exceeded", "exceeding", "Exceeding"),
        ("NOT  MET", "not_met", ""),
        ("not_met", "not_met", "Not met"),
    ],
)
def test_a_named_level(written: str, code: str, note: str) -> None:
    found = values.outcome(written, EIGHT)
    assert (found.value, found.note) == ((Answer.OUTCOME, code), note)


@pytest.mark.parametrize("written", ["3", "3.0", "3.00", " 3 "])
def test_a_number_is_a_level_however_a_spreadsheet_writes_it(written: str) -> None:
    found = values.outcome(written, TEN)
    assert (found.value, found.note) == ((Answer.OUTCOME, "3"), "")


@pytest.mark.parametrize("written", ["N/A", "n/a", "NA", "n.a.", "Not applicable", "not scored"])
def test_not_applicable(written: str) -> None:
    assert values.outcome(written, TEN).value == (Answer.NOT_APPLICABLE, None)


@pytest.mark.parametrize("written", ["", "  ", "unknown", "Not known", "?", "not given"])
def test_unknown_is_never_zero(written: str) -> None:
    found = values.outcome(written, TEN)
    assert (found.value, found.note) == ((Answer.UNKNOWN, None), "")


def test_a_dash_is_unknown_and_the_person_is_told() -> None:
    assert values.outcome("–", TEN) == values.Read((Answer.UNKNOWN, None), "Not known")


@pytest.mark.parametrize("written", ["0", "6", "3.5", "Met", "three", "-1", "=1+2", "3 or 4"])
def test_no_outcome(written: str) -> None:
    with pytest.raises(NotRead, match="1, 2, 3, 4, 5 or N/A"):
        values.outcome(written, TEN)


@pytest.mark.parametrize(
    "written", ["5", "5.0", "05", "B5", "b 5", "Benchmark 5", "5. Title 5", "5) Channel", "title 5"]
)
def test_a_benchmark(written: str) -> None:
    assert values.benchmark(written, EIGHT).value == 5


@pytest.mark.parametrize("written", ["9", "0", "5.5", "five", "", "B"])
def test_no_benchmark(written: str) -> None:
    with pytest.raises(NotRead):
        values.benchmark(written, EIGHT)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("40%", (4, 10)),
        ("40 %", (4, 10)),
        ("40 per cent", (4, 10)),
        ("40", (4, 10)),
        ("0.4", (4, 10)),
        ("4 of 10", (4, 10)),
        ("4/10", (4, 10)),
        ("4 out of 10", (4, 10)),
        ("0%", (0, 10)),
        ("100%", (10, 10)),
        ("77.8%", (7, 9)),
        ("78%", (7, 9)),
        ("0.7777777777777778", (7, 9)),
        ("88.9%", (8, 9)),
        ("80%", (8, 10)),
    ],
)
def test_a_stated_share(written: str, found: tuple[int, int]) -> None:
    assert values.stated(written, (10, 9)).value == found


@pytest.mark.parametrize("written", ["45%", "1", "101%", "11 of 10", "4 of 0", "most", "-40%", "77.9%"])
def test_no_stated_share(written: str) -> None:
    with pytest.raises(NotRead):
        values.stated(written, (10, 9))


def test_a_per_cent_says_of_how_many_it_was_read() -> None:
    assert values.stated("40%", (10,)).note == "4 of 10"
    assert values.stated("4 of 10", (10,)).note == ""


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Authority", "authority"),
        ("LOCAL AUTHORITY", "authority"),
        ("Council name", "authority"),
        ("GSS code", "gss"),
        ("gss_code", "gss"),
        ("Financial year", "year"),
        ("Agreed outcome", "outcome"),
        ("% met or exceeded", "stated"),
        ("Stated share (met or exceeded)", "stated"),
        ("1", "outcome 1"),
        ("B1", "outcome 1"),
        ("Benchmark 1", "outcome 1"),
        ("benchmark 10", "outcome 10"),
        ("1. Title", "outcome 1"),
        ("B7: Training", "outcome 7"),
        ("Summary 3", "summary 3"),
        ("Benchmark 3 summary", "summary 3"),
        ("Recommendation 2", "recommendation 2"),
        ("Recommendations", "recommendation 1"),
        ("Strength", "strength 1"),
        ("Notes to self", ""),
        ("2022/23", ""),
        ("", ""),
    ],
)
def test_a_column_is_known_by_its_name(name: str, role: str) -> None:
    assert role_of(name) == role


@given(st.sampled_from(["Authority", "GSS code", "Year", "Benchmark 7", "Stated share met or exceeded"]), st.data())
def test_case_spaces_and_signs_of_a_name_do_not_matter(name: str, data: st.DataObject) -> None:
    other = "".join(
        data.draw(st.sampled_from([char.upper(), char.lower(), f"{char} ", f"{char}_", f" {char}"])) for char in name
    )
    assert role_of(other) == role_of(name)
    assert part_of("outcome 7") == ("outcome", 7)
