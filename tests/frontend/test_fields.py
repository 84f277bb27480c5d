"""Clean text, dates and versions."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from assurance.forms.fields import CleanTextField, DateField, VersionField, clean_text
from assurance.forms.govuk import GovukForm

UNSEEN = ["\x00", "\x07", "\x9f", "\u202e", "\u2066", "\ue000", "\ufeff", "\uffff", "\U000f1234", "\ud800"]


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
def test_unseen_characters_go(character: str) -> None:
    assert CleanTextField().clean(f"a{character}b") == "ab"


def test_accents_are_composed_and_lines_end_alike() -> None:
    assert CleanTextField(multiline=True).clean(" Ŵy\u0302n\r\nb\rc\u2028d ") == "Ŵŷn\nb\nc\nd"
    assert CleanTextField().clean("a\r\n b\t c\u00a0d") == "a b c d"


@given(st.text())
def test_cleaning_again_changes_nothing(text: str) -> None:
    for multiline in (True, False):
        once = clean_text(text, multiline=multiline)
        assert clean_text(once, multiline=multiline) == once
        assert unicodedata.is_normalized("NFC", once)
        assert not any(unicodedata.category(character) in ("Co", "Cs") for character in once)


def test_length_is_counted_after_cleaning() -> None:
    field = CleanTextField(multiline=True, max_length=5)
    assert field.clean("a\r\nb\r\nc") == "a\nb\nc"
    with pytest.raises(ValidationError, match=r"5 characters or fewer\. It has 6"):
        field.clean("abcdef")


def test_a_long_word_is_refused_and_a_web_address_is_not() -> None:
    field = CleanTextField(addresses=True)
    with pytest.raises(ValidationError, match="up to 100 characters"):
        field.clean("x" * 101)
    assert field.clean("(https://example.test/" + "x" * 300)
    with pytest.raises(ValidationError):
        field.clean("https://example.test/" + "x" * 1000)
    with pytest.raises(ValidationError, match="up to 100 characters"):
        CleanTextField().clean("https://example.test/" + "x" * 300)


class Due(GovukForm):
    """A date alone."""

    due = DateField(label="Due", required=False, earliest=date(2026, 1, 1), latest=date(2026, 12, 31))


def _due(day: str, month: str, year: str) -> Any:
    return Due({"due_day": day, "due_month": month, "due_year": year})


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("27", "3", "2026"), date(2026, 3, 27)),
        ((" 1 ", "March", "2026"), date(2026, 3, 1)),
        (("1", "sept", "2026"), date(2026, 9, 1)),
        (("1", "SEP", "2026"), date(2026, 9, 1)),
        (("", "", ""), None),
    ],
)
def test_dates_that_are_understood(parts: tuple[str, str, str], expected: date | None) -> None:
    form = _due(*parts)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["due"] == expected


@pytest.mark.parametrize(
    ("parts", "codes"),
    [
        (("31", "2", "2026"), ["invalid"]),
        (("x", "2", "2026"), ["invalid"]),
        (("1", "13", "2026"), ["invalid"]),
        (("²", "2", "2026"), ["invalid"]),
        (("1", "2", "26"), ["wrong_year"]),
        (("", "2", "2026"), ["missing_day"]),
        (("1", "", ""), ["missing_month", "missing_year"]),
        (("31", "12", "2025"), ["too_early"]),
        (("1", "1", "2027"), ["too_late"]),
        (("1", "1", "0000"), ["invalid"]),
        (("99999999999", "2", "2026"), ["invalid"]),
        (("1", "99999999999", "2026"), ["invalid"]),
        (("1", "2", "99999999999"), ["wrong_year"]),
        (("9" * 5000, "2", "2026"), ["invalid"]),
        (("1", "9" * 5000, "2026"), ["invalid"]),
        (("1", "m" * 5000, "2026"), ["invalid"]),
        (("1", "2", "9" * 5000), ["invalid"]),
    ],
)
def test_dates_that_are_refused(parts: tuple[str, str, str], codes: list[str]) -> None:
    form = _due(*parts)
    assert [error.code for error in form.errors["due"].as_data()] == codes
    # What was typed stays to be mended.
    assert form["due"].value() == list(parts)


def test_a_month_may_be_named_in_the_language_of_the_page() -> None:
    with override("cy"):
        assert _due("1", "Mawrth", "2026").is_valid()


def test_whether_a_date_has_changed() -> None:
    same = Due({"due_day": "27", "due_month": "3", "due_year": "2026"}, initial={"due": date(2026, 3, 27)})
    assert not same.has_changed()
    other = Due({"due_day": "28", "due_month": "3", "due_year": "2026"}, initial={"due": date(2026, 3, 27)})
    assert other.has_changed()


def test_a_version_is_a_number_from_nought() -> None:
    assert VersionField().clean("0") == 0
    for wrong in ("", "x", "-1", "1.5"):
        with pytest.raises(ValidationError):
            VersionField().clean(wrong)
