"""The plain-English schemes that ship with the product stand one for one beside the official ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from benchmarks.files import read
from benchmarks.scheme_file import CrosswalkFile, SchemeFile
from benchmarks.vocabulary import Judgement

OURS = Path(settings.BASE_DIR) / "fixtures" / "schemes"
OFFICIAL = Path(settings.BASE_DIR).parent / "shared" / "official"

Shape = dict[int, dict[str, list[int]]]


def shape(scheme: SchemeFile) -> Shape:
    """How many sub-points each criterion has, by benchmark and level."""
    return {
        one.number: {code: [len(criterion.sub) for criterion in found] for code, found in one.criteria.items()}
        for one in scheme.benchmarks
    }


@pytest.fixture(params=["la-8", "la-10"])
def code(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def ours(code: str) -> SchemeFile:
    return read(OURS / f"{code}.yaml", SchemeFile)


@pytest.fixture
def official(code: str) -> SchemeFile:
    if not OFFICIAL.exists():
        pytest.skip("the official schemes are not part of the project and not beside it")
    return read(OFFICIAL / f"{code}.yaml", SchemeFile)


def test_ours_has_what_design_says(code: str, ours: SchemeFile) -> None:
    judgement, count, levels = {
        "la-8": (Judgement.CHECKLIST, 8, ["not_met", "met", "exceeding"]),
        "la-10": (Judgement.BEST_FIT, 10, ["1", "2", "3", "4", "5"]),
    }[code]
    assert (ours.code, ours.judgement) == (code, judgement)
    assert [one.number for one in ours.benchmarks] == list(range(1, count + 1))
    assert [level.code for level in ours.scale] == levels
    assert [one.number for one in ours.benchmarks if not one.scored] == [5]


def test_ours_has_every_criterion_of_the_official_one(ours: SchemeFile, official: SchemeFile) -> None:
    assert shape(ours) == shape(official)
    assert [one.scored for one in ours.benchmarks] == [one.scored for one in official.benchmarks]


def test_both_have_the_same_scale(ours: SchemeFile, official: SchemeFile) -> None:
    assert [level.model_dump(exclude={"label"}) for level in ours.scale] == [
        level.model_dump(exclude={"label"}) for level in official.scale
    ]


def test_nothing_is_copied_from_the_official_one(ours: SchemeFile, official: SchemeFile) -> None:
    def texts(scheme: SchemeFile) -> set[str]:
        return {
            " ".join(text.lower().split())
            for one in scheme.benchmarks
            for criteria in one.criteria.values()
            for criterion in criteria
            for text in (criterion.text, *criterion.sub)
        }

    assert not texts(ours) & texts(official)


def test_the_crosswalk_is_ours_and_complete() -> None:
    crosswalk = read(OURS / "crosswalk-la-10-la-8.yaml", CrosswalkFile)
    assert {row.from_number: row.to_number for row in crosswalk.map} == {
        1: 2, 2: 1, 3: 3, 4: 4, 5: 5, 7: 6, 6: 7, 8: 7, 9: 8, 10: 8
    }  # fmt: skip
