from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assurance.text import EVIDENCE, LETTER_TEXT, LONGEST_WORD, MOST_MARKS, clean, problems


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  plain \n", "plain"),
        ("one\r\ntwo\rthree\u2028four\u2029five", "one\ntwo\nthree\nfour\nfive"),
        ("cafe\u0301", "caf\u00e9"),
        ("a\tb", "a\tb"),
        ("nul\x00 bell\x07 escape\x1b delete\x7f next\x85", "nul bell escape delete next"),
        ("a\u202eb\u202c c\u2066d\u2069 e\u200ef\u200fg\u061ch", "ab cd efgh"),
        ("private \ue000\U000f0000 use", "private  use"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("not \ufffe\uffff assigned", "not  assigned"),
        ("Cymraeg: t\u0177 \u2013 \u201cd\u0175r\u201d", "Cymraeg: t\u0177 \u2013 \u201cd\u0175r\u201d"),
        ("\u0627\u0644\u0633\u0644\u0627\u0645", "\u0627\u0644\u0633\u0644\u0627\u0645"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
        ("\x00\u202e", ""),
    ],
)
def test_what_is_kept(written: str, kept: str) -> None:
    assert clean(written) == kept


@given(st.text(st.characters()))
def test_clean_text_is_clean_for_good(written: str) -> None:
    kept = clean(written)
    assert clean(kept) == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert {unicodedata.category(char) for char in kept} & {"Cc", "Co", "Cs", "Cn"} <= {"Cc"}
    assert not {char for char in kept if unicodedata.category(char) == "Cc"} - {"\n", "\t"}
    kept.encode("utf-8")


@pytest.mark.parametrize("longest", [LETTER_TEXT, EVIDENCE])
def test_a_text_may_be_as_long_as_its_bound_and_no_longer(longest: int) -> None:
    full = ("word " * (longest // 5))[:longest]
    assert problems(full, longest) == []
    (found,) = problems(full + "s", longest)
    assert f"{longest:,} characters or fewer" in found
    assert f"{longest + 1:,} now" in found


def test_a_word_may_be_as_long_as_its_bound_and_no_longer() -> None:
    assert problems("a " + "b" * LONGEST_WORD) == []
    (found,) = problems("a " + "b" * (LONGEST_WORD + 1) + " " + "c" * 200)
    assert found.startswith("\u201cbbbbbbbbbbbbbbbbbbbb\u2026\u201d is 101 characters without a space")


def test_every_fault_is_told() -> None:
    assert len(problems("x" * (LETTER_TEXT + 1))) == 2
    assert problems("") == []


def test_a_heap_of_accents_costs_no_more_than_its_length() -> None:
    """Putting marks in order takes the square of their number: a form of 5 MB would hold a process for hours."""
    heap = "e" + "\u0301\u0323" * 500_000
    before = time.process_time()
    assert len(clean(heap)) <= 1 + MOST_MARKS
    assert time.process_time() - before < 10
    assert clean("a\u0301") == "á"
