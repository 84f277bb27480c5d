"""What should not reach public papers is found, shown in its sentence, and ordinary words are left alone."""

from __future__ import annotations

from time import process_time

import pytest

from letters.board.check import look, look_at_owner, looks_like_a_name, names_in

NAMES = ["Jo Chief", "Lena Lead", "X"]


def kinds(text: str) -> list[str]:
    return [one.kind for one in look(text, NAMES)]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("The CTLP was shared.", "profile", "CTLP"),
        ("They read both CTLPs.", "profile", "CTLPs"),
        ("The counter-terrorism local profile helps.", "profile", "counter-terrorism local profile"),
        ("A Counter Terrorism\nLocal Profile helps.", "profile", "Counter Terrorism\nLocal Profile"),
        ("The Security Threat Check is due.", "security", "Security Threat Check"),
        ("An STC is due.", "security", "STC"),
        ("The threat level went up.", "level", "threat level"),
        ("The level of risk is known.", "level", "level of risk"),
        ("It has a high terrorism risk.", "level", "high terrorism risk"),
        ("The threat from abroad remains substantial.", "level", "threat from abroad remains substantial"),
        ("Intelligence was shared.", "intelligence", "Intelligence"),
        ("They met Cllr Ann O’Neill there.", "person", "Cllr Ann O’Neill"),
        ("They met Dr. A. Example there.", "person", "Dr. A. Example"),
        ("The group is chaired by Siân Ŵyn-Jones now.", "person", "Siân Ŵyn-Jones"),
        ("As jo  chief said.", "person", "jo  chief"),
        ("As J. Chief said.", "person", "J. Chief"),
        ("Write to a.b+c@alder.example today.", "email", "a.b+c@alder.example"),
        ("Call 020 7946 0000 today.", "phone", "020 7946 0000"),
        ("Call +44 (0)20 7946 0000 today.", "phone", "+44 (0)20 7946 0000"),
        ("Call 07700900123.", "phone", "07700900123"),
    ],
)
def test_what_is_not_for_public_papers_is_found(text: str, kind: str, found: str) -> None:
    (finding,) = look(text, NAMES)
    assert (finding.kind, finding.found) == (kind, found)
    assert finding.before + finding.found + finding.after == text


@pytest.mark.parametrize(
    "text",
    [
        "The Prevent Board met on 12 March 2025 and 14 May 2025.",
        "In 2024/25 it met 7 of 7 benchmarks, PDA-2025-26-E10000901-1.",
        "The risk assessment is read by all partners, and risks are written down.",
        "The partnership is led by the Head of Community Safety.",
        "Section 26 of the Counter-Terrorism and Security Act 2015.",
        "They know their places. Mr.",
        "",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert look(text, NAMES) == ()


def test_a_finding_is_shown_in_its_sentence() -> None:
    text = "It was a good year. The CTLP was read by J. Chief, e.g. in May. Then it ended.\nCall nobody."
    profile, person = look(text, NAMES)
    assert (profile.before, profile.after) == ("The ", " was read by J. Chief, e.g.")
    assert (person.before, person.after) == ("The CTLP was read by ", ", e.g.")


def test_what_overlaps_is_said_once() -> None:
    assert kinds("Write to jo.chief@alder.example, or to Mr Jo Chief.") == ["email", "person"]


def test_hostile_text_takes_no_time() -> None:
    before = process_time()
    for text in ("a" * 20_000, "0 " * 10_000, "Aa " * 7_000, "threat " * 3_000, "@." * 10_000, "- " * 10_000):
        look(text, NAMES)
    assert process_time() - before < 2


def test_names_are_told_from_offices() -> None:
    assert names_in(["Conrad Gray and the team", "Chair of the Board", "The Prevent Team"]) == ["Conrad Gray"]
    assert looks_like_a_name("Conrad Gray")
    assert not looks_like_a_name("Head of Community Safety")
    assert not looks_like_a_name("Community Safety")


def test_an_owner_that_is_a_name_is_found() -> None:
    assert [one.kind for one in look_at_owner("Conrad Gray")] == ["person"]
    assert look_at_owner("Director of Children’s Services") == ()
    assert [one.kind for one in look_at_owner("Lena Lead", NAMES)] == ["person"]
