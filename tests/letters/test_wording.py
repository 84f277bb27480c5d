"""Wording as data: what a file may say, and what a letter made of it holds."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from benchmarks.files import Refused
from letters.pdf.content import Content
from letters.wording_format import CONDITIONS, FIELDS, LISTS, NEEDED, Facts, WordingFile, compose, parse

ROOT = Path(__file__).resolve().parents[2]
WORDING = ROOT / "fixtures" / "wording"
FILES = ("scores-2022", "outcomes-2024")


def load(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


@functools.cache
def shipped(name: str) -> WordingFile:
    return parse(WORDING / f"{name}.yaml")


def facts(scheme: str, /, **changes: Any) -> Facts:
    """Facts about one authority, on the criteria that ship with the product."""
    file = load(ROOT / "fixtures" / "schemes" / f"{scheme}.yaml")
    met = next(level for level in file["scale"] if level["standing"] == "meets")
    outcomes = [
        {
            "number": benchmark["number"],
            "title": benchmark["title"],
            "statement": benchmark["statement"],
            "scored": benchmark["scored"],
            "answer": "outcome" if benchmark["scored"] else "not_applicable",
            "outcome_label": met["label"] if benchmark["scored"] else None,
            "note": benchmark.get("unscored_note", ""),
            "summary": f"Summary of benchmark {benchmark['number']}." if benchmark["scored"] else "",
            "comments": f"Comment on benchmark {benchmark['number']}." if benchmark["scored"] else "",
        }
        for benchmark in file["benchmarks"]
    ]
    criteria = [
        {
            "number": benchmark["number"],
            "title": benchmark["title"],
            "statement": benchmark["statement"],
            "note": "" if benchmark["scored"] else benchmark["unscored_note"],
            "levels": [
                {"label": level["label"], "criteria": benchmark["criteria"][level["code"]]}
                for level in file["scale"]
                if level["code"] in benchmark.get("criteria", {})
            ],
        }
        for benchmark in file["benchmarks"]
    ]
    counted = sum(benchmark["scored"] for benchmark in file["benchmarks"])
    about = {
        "reference": "PDA/2024-25/E06000019/1",
        "date": date(2025, 5, 9),
        "cycle": "2024/25",
        "authority": "Ambridge Council",
        "sender": {"name": "Sam Writer", "organisation": ""},
        "addressee": {"name": "Pat Chief", "title": "Chief Executive", "organisation": "Ambridge Council"},
        "salutation": "Pat",
        "cc": ["Lee Lead", "Robin Chair"],
        "thanks": ["Lee Lead", "Robin Chair", "Kim Officer"],
        "summary": "The board meets.\n\nThe plan is new:\n- it has owners\n- it has **dates**",
        "strengths": ["The first strength.", "The second strength."],
        "recommendations": [
            {
                "heading": "Venue hire",
                "text": "Write a policy.\n\nTrain the staff:\n- at the town hall\n- elsewhere",
            },
            {"text": "Meet more often."},
        ],
        "outcomes": outcomes,
        "criteria": criteria,
        "scheme": {"code": file["code"], "version": str(file["version"]), "name": file["name"]},
        "counts": {"met_or_exceeded": counted, "counted": counted},
    }
    return Facts.model_validate(about | changes)


def letter(name: str, **changes: Any) -> Content:
    wording = shipped(name)
    return compose(wording, facts(wording.scheme, **changes))


def printed(content: Content) -> str:
    """The words of the letter itself, its blocks and its annexes, for looking into."""
    return "\n".join(
        [content.heading, *(block.text for block in content.blocks), *content.annex_a.intro]
        + [item.text for block in content.blocks for item in block.items]
    )


@pytest.mark.parametrize("name", FILES)
def test_every_part_of_a_case_is_in_the_letter_once(name: str) -> None:
    content = letter(name)
    items = [item for block in content.blocks for item in block.items]
    assert [item.text for item in items if "strength" in item.text] == [
        "The first strength.",
        "The second strength.",
    ]
    assert [item.heading for item in items if item not in items[:2]] == ["Venue hire", ""]
    assert sum("The board meets." in block.text for block in content.blocks) == 1
    assert sum("Lee Lead, Robin Chair and Kim Officer" in block.text for block in content.blocks) == 1
    assert content.cc == ["Lee Lead", "Robin Chair"]
    assert [row.number for row in content.annex_a.rows] == [row.number for row in facts(shipped(name).scheme).outcomes]
    assert content.annex_b is not None and "Annex B" in content.annex_b.title


def test_a_letter_without_strengths_has_no_section_for_them() -> None:
    with_them, without = letter("scores-2022"), letter("scores-2022", strengths=[])
    headings = [[block.text for block in content.blocks if block.kind == "heading"] for content in (with_them, without)]
    assert [heading for heading in headings[0] if heading not in headings[1]] == ["What is working well"]
    assert all(block.text or block.items for block in without.blocks)


@pytest.mark.parametrize(
    ("limit", "number", "said"),
    [(3, 2, True), (3, 3, True), (3, 4, False), (None, 2, False)],
)
def test_a_limit_is_told_only_where_it_is_kept(limit: int | None, number: int, said: bool) -> None:
    recommendations = [{"text": f"Do thing {index}."} for index in range(number)]
    content = letter("scores-2022", recommendation_limit=limit, recommendations=recommendations)
    assert ("up to three recommendations" in printed(content)) is said
    assert printed(content).count("Do thing") == number


def test_no_outcome_has_three_kinds_and_none_is_a_low_score() -> None:
    rows = [row.model_dump() for row in facts("la-10").outcomes]
    for row, answer in zip(rows, ("unknown", "unanswered", "not_applicable"), strict=False):
        row.update(answer=answer, outcome_label=None, scored=True, note="Why it has none.")
    content = letter("scores-2022", outcomes=rows)
    assert [row.outcome for row in content.annex_a.rows[:4]] == ["Not known", "Not scored", "N/A", "3"]
    assert [row.note for row in content.annex_a.rows[:4]] == ["Why it has none."] * 3 + [""]
    assert "It is not a low score" in printed(content)
    assert "we hold no record of it" in printed(content)


def test_a_benchmark_outside_the_exercise_may_still_have_an_outcome() -> None:
    rows = [row.model_dump() for row in facts("la-10").outcomes]
    rows[4].update(scored=False, answer="outcome", outcome_label="5")
    row = letter("scores-2022", outcomes=rows).annex_a.rows[4]
    assert (row.outcome, row.note) == ("5", "")


def test_one_that_is_not_scored_needs_no_answer() -> None:
    rows = [row.model_dump() for row in facts("la-8").outcomes]
    rows[4].update(scored=False, answer="unanswered", outcome_label=None)
    content = letter("outcomes-2024", outcomes=rows)
    assert content.annex_a.rows[4].outcome == "N/A"
    assert "not assured in this exercise" in printed(content)


def test_figures_state_their_denominator() -> None:
    content = letter("outcomes-2024", counts={"met_or_exceeded": 6, "counted": 7})
    assert "Of the seven benchmarks that were assured, the authority met or exceeded six." in printed(content)
    content = letter("outcomes-2024", counts={"met_or_exceeded": 7, "counted": 7})
    assert "met or exceeded all seven" in printed(content)
    assert "benchmarks that were assured" not in printed(
        letter("outcomes-2024", counts={"met_or_exceeded": 0, "counted": 0})
    )


def test_what_the_letter_says_of_its_sender_wins_over_the_wording() -> None:
    content = letter("outcomes-2024", sender={"name": "Sam Writer", "unit": "Another unit", "organisation": ""})
    assert (content.sender.unit, content.sender.organisation) == ("Another unit", "Home Office")
    assert content.signature == ["Sam Writer", "Head of unit", "Another unit", "Home Office"]


def test_no_marking_is_not_the_usual_marking() -> None:
    assert letter("outcomes-2024").marking == "OFFICIAL"
    assert letter("outcomes-2024", marking="").marking == ""


def test_a_correction_says_what_it_replaces() -> None:
    content = letter("outcomes-2024", replaces="PDA/2024-25/E06000019/1", number=2)
    assert content.replaces == "PDA/2024-25/E06000019/1"
    assert "takes the place of letter PDA/2024-25/E06000019/1" in printed(content)


def test_a_brace_in_a_name_is_a_brace_and_a_line_break_is_a_space() -> None:
    content = letter("outcomes-2024", authority="Council of {summary}\n- and {nothing}")
    assert content.heading == "Prevent duty assurance 2024/25: Council of {summary} - and {nothing}"


def test_composing_is_pure_and_dates_are_written_out() -> None:
    assert letter("outcomes-2024") == letter("outcomes-2024")
    assert letter("outcomes-2024").date_text == "9 May 2025"
    assert Content.model_validate(letter("outcomes-2024").frozen()) == letter("outcomes-2024")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"scheme": {"code": "la-10", "version": "1", "name": "Another"}}, "for scheme la-8, not for la-10"),
        ({"language": "cy"}, "in language en, not in cy"),
    ],
)
def test_wording_is_not_used_for_what_it_is_not_for(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        letter("outcomes-2024", **changes)


def test_a_translation_is_a_file() -> None:
    file = load(WORDING / "outcomes-2024.yaml")
    months = [f"Mis {number}" for number in range(1, 13)]
    file |= {
        "language": "cy",
        "dates": {"months": months},
        "joins": {"last": " a "},
        "salutation": "Annwyl {salutation}",
    }
    content = compose(WordingFile.model_validate(file), facts("la-8", language="cy"))
    assert (content.date_text, content.salutation) == ("9 Mis 5 2025", "Annwyl Pat")


def block(file: Any, id_: str) -> Any:
    return next(block for block in file["blocks"] if block["id"] == id_)


REFUSALS: list[tuple[Callable[[Any], Any], str]] = [
    (
        lambda f: block(f, "purpose").update(text="To {authorities}"),
        "{authorities} is not a field; the fields are",
    ),
    (lambda f: block(f, "purpose").update(text="A { brace"), "a brace stands alone"),
    (lambda f: block(f, "purpose").update(text="{authority!r}"), "is not a field"),
    (lambda f: block(f, "purpose").update(text="{level}"), "only for level_label"),
    (lambda f: block(f, "purpose").update(kind="picture"), "“picture” is not a kind of block"),
    (
        lambda f: block(f, "purpose").update(when=["has_luck"]),
        "“has_luck” is not a condition; the conditions are",
    ),
    (
        lambda f: block(f, "purpose").update(text="After {previous_cycle}"),
        "needs the condition has_previous_cycle",
    ),
    (lambda f: block(f, "purpose").update(text="Up to {recommendation_limit}"), "has_recommendation_limit"),
    (lambda f: block(f, "purpose").update(kind="bullets"), "is a list: it needs items"),
    (lambda f: block(f, "strengths").update(items="weaknesses"), "“weaknesses” is not a list"),
    (lambda f: block(f, "strengths").update(kind="paragraph"), "is no list: it needs text"),
    (lambda f: block(f, "strengths").update(when=["has_strengths", "all_met"]), "must print “strengths”"),
    (lambda f: block(f, "recommendations").update(when=[]), "needs the condition has_recommendations"),
    (lambda f: f["blocks"].remove(block(f, "recommendations")), "must print “recommendations”"),
    (lambda f: f["blocks"].remove(block(f, "thanks")), "must print “thanks”"),
    (lambda f: f["blocks"].append(dict(block(f, "purpose"))), "two blocks are called purpose"),
    (lambda f: f["blocks"].insert(0, f["blocks"].pop()), "must be the closing"),
    (lambda f: f.update(heading="About {summary}"), "this text stands in every letter"),
    (lambda f: f.update(colour="blue"), "Extra inputs are not permitted"),
    (lambda f: f["labels"].update(page_front="Page {page}"), "String should match pattern"),
    (lambda f: f["annex_a"]["columns"].pop(), "no column prints comments"),
    (
        lambda f: f["annex_a"]["columns"][3].update(fields=["summary", "comments"]),
        "summary would be printed twice",
    ),
    (lambda f: f["annex_a"]["columns"].reverse(), "the first column names the benchmark"),
    (lambda f: f["annex_a"]["columns"][0].update(width=30), "add up to 100"),
    (
        lambda f: f["annex_a"]["columns"][1].update(fields=["statement", "outcome", "level"]),
        "Input should be",
    ),
    (lambda f: f["annex_b"].update(include=False), "must print the statement"),
    (lambda f: f["annex_b"].update(title=""), "has no title"),
    (lambda f: f["annex_b"].update(layout="table"), "needs level_heading and criteria_heading"),
    (lambda f: f["annex_b"].update(level_label="Level"), "this must name {level} once"),
    (lambda f: f["dates"].update(pattern="{day} {month}"), "this must name {day}, {month} and {year}"),
    (lambda f: f["dates"]["months"].pop(), "at least 12 items"),
    (lambda f: f.update(format="letter-wording/2"), "letter-wording/1"),
]


@pytest.mark.parametrize(("spoil", "reason"), REFUSALS, ids=[reason for _, reason in REFUSALS])
def test_a_file_that_cannot_be_right_is_refused(spoil: Callable[[Any], Any], reason: str) -> None:
    file = copy.deepcopy(load(WORDING / "outcomes-2024.yaml"))
    spoil(file)
    with pytest.raises(ValidationError) as refused:
        WordingFile.model_validate(file)
    assert reason in str(refused.value)


def test_comments_that_share_a_column_say_whose_they_are() -> None:
    file = load(WORDING / "scores-2022.yaml")
    file["annex_a"]["comments_label"] = ""
    with pytest.raises(ValidationError, match="comments_label must say whose they are"):
        WordingFile.model_validate(file)


def test_a_refusal_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "wording.yaml"
    text = (WORDING / "outcomes-2024.yaml").read_text(encoding="utf-8")
    path.write_text(text.replace("{authority} carries", "{council} carries"), encoding="utf-8")
    with pytest.raises(Refused) as refused:
        parse(path)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "id: purpose" in line)
    [problem] = refused.value.problems
    assert line < problem.line <= line + 3
    assert problem.place == "blocks, item 2, text"
    assert "{council} is not a field" in problem.reason


def test_the_closed_lists_hang_together() -> None:
    assert set(NEEDED) <= set(FIELDS) | set(LISTS)
    assert set(NEEDED.values()) <= set(CONDITIONS)
    about = facts("la-8")
    assert all(decide(about) in (True, False) and meaning for meaning, decide in CONDITIONS.values())


def test_facts_that_contradict_themselves_are_refused() -> None:
    row = facts("la-8").outcomes[0].model_dump()
    with pytest.raises(ValidationError, match="an outcome has a label"):
        facts("la-8", outcomes=[row | {"outcome_label": None}])
    with pytest.raises(ValidationError, match="more benchmarks met the duty than were counted"):
        facts("la-8", counts={"met_or_exceeded": 8, "counted": 7})


def test_a_letter_from_nobody_is_refused() -> None:
    file = load(WORDING / "outcomes-2024.yaml")
    file["defaults"]["sender"]["organisation"] = ""
    with pytest.raises(ValueError, match="which organisation it is from"):
        compose(WordingFile.model_validate(file), facts("la-8"))
