"""Every rule of a scheme file and of a crosswalk, each broken once."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.files import Refused, read
from benchmarks.scheme_file import CrosswalkFile, SchemeFile
from benchmarks.vocabulary import Judgement, Relevance
from tests.benchmarks.samples import BEST_FIT, CHECKLIST, CROSSWALK, spoilt, written


def problems(folder: Path, text: str, model: type[SchemeFile] | type[CrosswalkFile] = SchemeFile) -> str:
    with pytest.raises(Refused) as caught:
        read(written(folder, text), model)
    return str(caught.value)


def test_the_samples_are_good(tmp_path: Path) -> None:
    tiny = read(written(tmp_path, CHECKLIST), SchemeFile)
    assert tiny.judgement == Judgement.CHECKLIST
    assert tiny.benchmarks[0].criteria["met"][1].sub == ["in spring", "in autumn"]
    assert tiny.benchmarks[0].weight == 1
    assert tiny.benchmarks[0].relevance == Relevance.MEDIUM
    assert read(written(tmp_path, BEST_FIT), SchemeFile).judgement == Judgement.BEST_FIT
    assert read(written(tmp_path, CROSSWALK), CrosswalkFile).map[0].to_number == 1


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("    exceeding:\n    - text: It meets often.\n", "", "benchmark 1 has no criteria for level exceeding"),
        ("    exceeding:\n    - text: It meets often.\n", "    exceeding: []\n",
         "benchmark 1 has no criteria for level exceeding"),
        ("    exceeding:\n", "    brilliant:\n", "benchmark 1 has criteria under brilliant, which is no level"),
        ("- number: 2", "- number: 1", "line 9: benchmarks: benchmark 1 stands twice"),
        ("- number: 2", "- number: 0", "line 23: benchmarks, item 2, number: input should be greater than"),
        ("  unscored_note: Assured elsewhere.\n", "", "benchmark 2 is not scored and has no unscored_note"),
        ("{code: met,", "{code: not_met,", "line 4: scale: "),
        ("{code: met,", "{code: Met,", "line 6: scale, item 2, code: string should match"),
        ("points: 1,", "points: 3,", "points must rise from each level to the next"),
        ("points: 1,", "points: 0,", "points must rise from each level to the next"),
        ("standing: meets", "standing: fine", "line 6: scale, item 2, standing: "),
        ("builds_on: met", "builds_on: great", "level exceeding builds on great, which is no lower level"),
        ("builds_on: met", "builds_on: exceeding", "which is no lower level"),
        ("standing: exceeds", "standing: meets", "line 4: scale: the scale has no level for standing exceeds"),
        ("exceeds, builds_on", "below, builds_on", "no level for standing exceeds"),
        ("judgement: checklist", "judgement: guess", "line 8: judgement: "),
        ("version: first\n", "", "version: is missing"),
        ("version: first", "version: ''", "line 2: version: string should have at least 1 character"),
        ("name: A tiny scheme", "name: A tiny scheme\nnome: x", "line 4: nome: is not a known key"),
        ("name: A tiny scheme", 'name: "A tiny\\0 scheme"', "line 3: name: holds a character that cannot be kept"),
        ("    - text: There is a group.\n", "    - text: ''\n",
         "line 18: benchmarks, item 1, criteria, met, item 1, text"),
        ("  scored: true", "  scored: perhaps", "line 13: benchmarks, item 1, scored: "),
        ("  scored: true", "  scored: true\n  weight: 0", "line 14: benchmarks, item 1, weight: "),
        ("  scored: true", "  scored: true\n  weight: 1.234", "line 14: benchmarks, item 1, weight: "),
        ("  scored: true", "  scored: true\n  relevance: huge", "line 14: benchmarks, item 1, relevance: "),
    ],
)  # fmt: skip
def test_a_checklist_scheme_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert reason in problems(tmp_path, spoilt(CHECKLIST, old, new))


def test_a_scale_runs_from_the_lowest_standing_to_the_highest(tmp_path: Path) -> None:
    turned = (
        BEST_FIT.replace("standing: below", "standing: x")
        .replace("meets", "below")
        .replace("standing: x", "standing: meets")
    )
    assert "line 4: scale: the scale must run from the lowest standing" in problems(tmp_path, turned)


def test_best_fit_needs_exactly_one_descriptor_for_each_level(tmp_path: Path) -> None:
    twice = spoilt(BEST_FIT, "    - text: One.\n", "    - text: One.\n    - text: Two.\n")
    assert "benchmark 1, level 2: best fit needs one descriptor" in problems(tmp_path, twice)


def test_a_scheme_needs_a_scale_of_two_levels_and_a_benchmark(tmp_path: Path) -> None:
    head, rest = BEST_FIT.split("judgement")
    one_level = "\n".join(head.splitlines()[:-1]) + "\njudgement" + rest
    assert "line 4: scale: " in problems(tmp_path, one_level)
    none = BEST_FIT.split("benchmarks:")[0] + "benchmarks: []\n"
    assert "line 9: benchmarks: " in problems(tmp_path, none)


def test_an_unscored_benchmark_with_some_criteria_needs_them_all(tmp_path: Path) -> None:
    partly = CHECKLIST + "  criteria:\n    met:\n    - text: A panel sits.\n"
    found = problems(tmp_path, partly)
    assert "benchmark 2 has no criteria for level not_met" in found
    assert "benchmark 2 has no criteria for level exceeding" in found


def test_numbers_are_taken_as_text_where_text_is_wanted(tmp_path: Path) -> None:
    assert read(written(tmp_path, spoilt(BEST_FIT, "version: first", "version: 2024")), SchemeFile).version == "2024"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("- {from: 1, to: 1}", "- {from: 1, to: 1}\n- {from: 1, to: 2}", "line 5: map: benchmark 1 is mapped twice"),
        ("- {from: 1, to: 1}", "- {from: 1}", "line 6: map, item 1, to: is missing"),
        ("- {from: 1, to: 1}", "[]", "line 5: map: "),
        ("crosswalk/1", "crosswalk/2", "line 1: format: "),
        ("note: An estimate.\n", "", "note: is missing"),
    ],
)
def test_a_crosswalk_is_refused(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert reason in problems(tmp_path, spoilt(CROSSWALK, old, new).replace("map:\n[]", "map: []"), CrosswalkFile)
