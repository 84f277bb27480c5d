"""What differs between two texts and between the criteria of two years."""

from __future__ import annotations

import random
from itertools import pairwise
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assurance import text
from assurance.differences import (
    Comparison,
    Kind,
    Piece,
    compare,
    criteria_changes,
    same_criteria,
    whole,
)
from benchmarks.catalogue import BenchmarkText, CriterionText, LevelText
from benchmarks.vocabulary import Standing

LONGEST_TAKES = 3.0
"""Seconds of the processor for the worst two texts that can be saved, on a slow machine."""

PARTS = ["a", "the", "panel", "met.", "\n", "four times", "", "é", "  ", "why?!"]
WORDS = st.lists(st.sampled_from(PARTS), max_size=60)
TEXTS = st.one_of(st.text(max_size=200), WORDS.map(" ".join), WORDS.map("".join))


def first(comparison: Comparison) -> str:
    return "".join(piece.text for piece in comparison.first)


def second(comparison: Comparison) -> str:
    return "".join(piece.text for piece in comparison.second)


@given(TEXTS, TEXTS)
def test_the_pieces_join_to_both_texts(one: str, other: str) -> None:
    found = compare(one, other)
    assert (first(found), second(found)) == (one, other)
    assert found.differs == (one != other)
    kinds = [piece.kind for piece in found.pieces]
    assert all(piece.text for piece in found.pieces)
    assert all(before != after for before, after in pairwise(kinds))


@given(TEXTS)
def test_a_text_is_the_same_as_itself(one: str) -> None:
    assert compare(one, one).pieces == ((Piece(Kind.SAME, one),) if one else ())


def test_it_is_told_word_by_word() -> None:
    found = compare("The panel met four times. It is chaired well.", "The panel met three times. It is chaired well.")
    assert [(piece.kind, piece.text) for piece in found.pieces] == [
        (Kind.SAME, "The panel met "),
        (Kind.REMOVED, "four "),
        (Kind.ADDED, "three "),
        (Kind.SAME, "times. It is chaired well."),
    ]


def test_what_was_added_in_the_middle_of_a_long_text() -> None:
    sentences = [f"In month {month} the group discussed risk number {month * 7}. " for month in range(350)]
    old = "".join(sentences)
    new = "".join([*sentences[:200], "It asked for more. ", *sentences[200:]])
    found = compare(old, new)
    assert [piece.text for piece in found.pieces if piece.kind != Kind.SAME] == ["It asked for more. "]


def alternating(length: int) -> tuple[str, str]:
    """Every second word is the same, all words differ: the matcher finds one word at a time."""
    names = [chr(0x4E00 + n) for n in range(length)]
    other = [chr(0xAC00 + n) for n in range(length)]
    mixed = [name if n % 2 else other[n] for n, name in enumerate(names)]
    return " ".join(names), " ".join(mixed)


def shuffled(parts: list[str], seed: int) -> str:
    order = list(parts)
    random.Random(seed).shuffle(order)
    return "".join(order)[: text.EVIDENCE]


WORST = {
    "two letters as words": tuple(" ".join(random.Random(seed).choices("ab", k=10_000)) for seed in (1, 2)),
    "two letters as lines": tuple("\n".join(random.Random(seed).choices("ab", k=10_000)) for seed in (3, 4)),
    "every second word": alternating(9_999),
    "every second word, as many as are compared": alternating(1_990),
    "a hundred words in turn": tuple(shuffled([f"{n} " for n in range(100)] * 70, seed) for seed in (5, 6)),
    "the same sentences in another order": tuple(
        shuffled([f"The group met on day {n}. " for n in range(800)], seed) for seed in (7, 8)
    ),
    "no space at all": ("a" * 20_000, "b" * 20_000),
    "full stops": ("." * 20_000, ". " * 10_000),
    "line ends": ("\n" * 20_000, "\n a" * 6_000),
}


@pytest.mark.parametrize("pair", WORST.values(), ids=WORST)
def test_the_longest_texts_are_compared_in_a_bounded_time(pair: tuple[str, str]) -> None:
    one, other = pair
    assert max(len(one), len(other)) <= text.EVIDENCE
    before = process_time()
    found = compare(one, other)
    assert process_time() - before < LONGEST_TAKES
    assert (first(found), second(found)) == (one, other)


# Criteria

LEVELS = tuple(
    LevelText(id=n, code=code, label=code.title(), points=n, standing=standing, builds_on=None, aliases=())
    for n, (code, standing) in enumerate([("low", Standing.BELOW), ("met", Standing.MEETS)])
)


def benchmark(start: int = 1, **criteria: list[str | tuple[str, ...]]) -> BenchmarkText:
    """A benchmark whose criteria count their ids from ``start``; a tuple is a text with its sub-points."""
    made: dict[str, tuple[CriterionText, ...]] = {}
    for code, texts in criteria.items():
        rows = [(one, ()) if isinstance(one, str) else (one[0], one[1:]) for one in texts]
        made[code] = tuple(CriterionText(start + n, said, sub) for n, (said, sub) in enumerate(rows))
        start += len(rows)
    return BenchmarkText(1, 1, "Risk", "", "", True, "", 1, made)  # type: ignore[arg-type]


def test_criteria_that_read_the_same_find_each_other() -> None:
    before = benchmark(1, met=["A group meets.", ("It sees to:", "risk", "plan")], low=["Nobody meets."])
    now = benchmark(11, met=[("It  sees to:", "risk", "plan"), "a group MEETS.", "A new one."], low=["A group meets."])
    assert same_criteria(before, now) == {1: 12, 2: 11}
    assert same_criteria(before, benchmark(11, met=[("It sees to:", "risk", "people")])) == {}


def test_criteria_that_did_not_change_are_not_told() -> None:
    before = benchmark(1, met=["A group meets."], low=["Nobody meets."])
    assert not criteria_changes(before, benchmark(5, met=["A group  meets."], low=["Nobody meets."]), LEVELS).any


def test_criteria_are_told_as_added_gone_or_reworded() -> None:
    before = benchmark(1, met=["The group meets four times a year.", "The plan is public.", "It stays."])
    now = benchmark(9, met=["It stays.", "The group meets six times a year.", "Somebody leads.", "Schools take part."])
    found = criteria_changes(before, now, LEVELS)
    assert found.any
    assert found.added == (("Met", "Somebody leads."), ("Met", "Schools take part."))
    assert found.gone == (("Met", "The plan is public."),)
    (one,) = found.reworded
    assert (one.level, first(one.wording), second(one.wording)) == (
        "Met",
        "The group meets four times a year.",
        "The group meets six times a year.",
    )


def test_the_one_descriptor_of_a_level_is_reworded_and_never_replaced() -> None:
    found = criteria_changes(benchmark(1, met=["One thing."]), benchmark(2, met=["Quite another, all new."]), LEVELS)
    assert (found.added, found.gone, len(found.reworded)) == ((), (), 1)


def test_a_level_that_went_is_still_named() -> None:
    found = criteria_changes(benchmark(1, met=["A."], low=["B."]), benchmark(5, met=["A."]), LEVELS[1:], LEVELS)
    assert found.gone == (("Low", "B."),)


def test_a_criterion_is_told_with_its_sub_points() -> None:
    assert whole(CriterionText(1, "It sees to:", ("risk", "plan"))) == "It sees to:\nrisk\nplan"
