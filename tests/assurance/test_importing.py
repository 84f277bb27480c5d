"""Past cases: what is taken over, and everything that is refused, with file, line and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from django.conf import settings

from assurance import scope
from assurance.access import Actor, Forbidden, NotFound
from assurance.actions import reference
from assurance.actions.importing import Imported, import_case
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Cycle,
    Event,
    Recommendation,
    ReferenceEvent,
    Review,
    SelfAssessment,
    Strength,
)
from assurance.vocabulary import Answer, Basis, CycleState, EventKind, State
from benchmarks.files import Refused
from benchmarks.scoring import Gap, ScaleLevel, Scored, met_or_exceeded
from benchmarks.vocabulary import Standing
from tests.universe import Universe, as_actor

CASES = Path(settings.BASE_DIR).parent / "shared" / "cases"
AUTHORITIES = Path(settings.BASE_DIR) / "fixtures" / "authorities.csv"
WRITTEN = (Cycle, Assessment, SelfAssessment, Review, AgreedOutcome, Strength, Recommendation, Event, ReferenceEvent)

CASE = """\
format: assurance-case/1
authority:
  name: Alder County Council
  gss: E10000901
cycle:
  name: 2023/24
  scheme: la-8
strengths:
- A strong board.
recommendations:
- text: Meet more often.
  heading: Board
  benchmarks: [1, 7]
- text: Keep going.
outcomes:
- benchmark: 1
  agreed: Exceeded
  summary: The board meets.
  adviser_comments: Often enough.
- benchmark: 2
  agreed: not met
- benchmark: 4
  agreed: MET
- benchmark: 5
  agreed: n/a
"""


def written(folder: Path, text: str = CASE) -> Path:
    path = folder / "case.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def spoilt(old: str, new: str) -> str:
    if CASE.count(old) != 1:
        raise ValueError(f"{old!r} is there {CASE.count(old)} times")
    return CASE.replace(old, new)


@pytest.fixture
def console(universe: Universe) -> Iterator[Actor]:
    """The operator of the import, with every row in sight."""
    with scope.everything():
        yield universe.operator


def take_over(path: Path, universe: Universe) -> Imported:
    return import_case(path, by=universe.operator, at=universe.at, programme=universe.programme)


def outcomes(assessment: Assessment) -> dict[int, tuple[str, str | None]]:
    rows = AgreedOutcome.objects.filter(assessment=assessment)
    return {
        number: (answer, code)
        for number, answer, code in rows.values_list("benchmark__number", "answer", "level__code")
    }


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in WRITTEN}


def test_a_case_is_taken_over(tmp_path: Path, universe: Universe, console: Actor) -> None:
    imported = take_over(written(tmp_path), universe)
    assessment = Assessment.objects.select_related("cycle").get(pk=imported.assessment.pk)
    assert imported.changed
    assert (assessment.state, assessment.authority, assessment.submitted_at) == (State.AGREED, universe.alder, None)
    assert (assessment.cycle.name, assessment.cycle.state) == ("2023/24", CycleState.CLOSED)
    assert assessment.cycle.scheme_version_id == universe.scheme("la-8").id
    assert [one.text for one in assessment.strengths.all()] == ["A strong board."]
    assert [
        (one.position, one.heading, one.text, one.benchmark_numbers) for one in assessment.recommendations.all()
    ] == [
        (1, "Board", "Meet more often.", [1, 7]),
        (2, "", "Keep going.", []),
    ]
    review = assessment.reviews.get(benchmark__number=1)
    assert (review.summary, review.comments) == ("The board meets.", "Often enough.")


def test_owners_and_a_date_are_taken_over_and_may_have_passed(
    tmp_path: Path, universe: Universe, console: Actor
) -> None:
    text = spoilt(
        "- text: Keep going.", "- text: Keep going.\n  owners: [The board, Head of safety]\n  due: 2024-01-31"
    )
    assessment = take_over(written(tmp_path, text), universe).assessment
    assert [(one.owners, one.due_on) for one in assessment.recommendations.all()] == [
        ([], None),
        (["The board", "Head of safety"], date(2024, 1, 31)),
    ]


def test_a_file_without_owners_is_the_file_that_it_was_before_there_were_any(
    tmp_path: Path, universe: Universe, console: Actor
) -> None:
    """Its digest says whether it was taken over already."""
    imported = take_over(written(tmp_path), universe)
    plain = imported.case.model_dump(mode="json")
    assert plain["recommendations"] == [
        {"text": "Meet more often.", "heading": "Board", "benchmarks": [1, 7]},
        {"text": "Keep going.", "heading": "", "benchmarks": []},
    ]
    assert not take_over(written(tmp_path), universe).changed


def test_three_kinds_of_no_outcome_stay_three(tmp_path: Path, universe: Universe, console: Actor) -> None:
    assessment = take_over(written(tmp_path), universe).assessment
    unknown = (Answer.UNKNOWN, None)
    assert outcomes(assessment) == {
        1: (Answer.OUTCOME, "exceeding"),
        2: (Answer.OUTCOME, "not_met"),
        3: unknown,
        4: (Answer.OUTCOME, "met"),
        5: (Answer.NOT_APPLICABLE, None),
        6: unknown,
        7: unknown,
        8: unknown,
    }
    assert set(AgreedOutcome.objects.values_list("basis", flat=True)) == {Basis.IMPORTED}
    own = Counter(SelfAssessment.objects.values_list("answer", flat=True))
    assert own == {Answer.UNKNOWN: 7, Answer.NOT_APPLICABLE: 1}


def test_what_happened_is_told(tmp_path: Path, universe: Universe, console: Actor) -> None:
    assessment = take_over(written(tmp_path), universe).assessment
    event = Event.objects.get(assessment=assessment)
    assert (event.kind, event.person, event.person_name, event.to_state) == (
        EventKind.IMPORTED, None, "tests", State.AGREED
    )  # fmt: skip
    assert event.detail == {"file": "case.yaml", "sha256": assessment.imported_digest}
    assert assessment.history.count() == 1


@pytest.mark.parametrize("name", ["Exceeded", "exceeding", "EXCEEDING"])
def test_exceeded_is_read_as_exceeding(tmp_path: Path, universe: Universe, console: Actor, name: str) -> None:
    text = spoilt("agreed: Exceeded", f"agreed: {name}")
    assert outcomes(take_over(written(tmp_path, text), universe).assessment)[1] == (Answer.OUTCOME, "exceeding")


def test_the_same_again_changes_nothing(tmp_path: Path, universe: Universe, console: Actor) -> None:
    first = take_over(written(tmp_path), universe)
    before = counts()
    again = take_over(written(tmp_path, "# a remark\n" + CASE), universe)
    assert (again.changed, again.assessment) == (False, first.assessment)
    assert counts() == before


def test_a_second_authority_joins_the_past_cycle(tmp_path: Path, universe: Universe, console: Actor) -> None:
    first = take_over(written(tmp_path), universe)
    second = take_over(written(tmp_path, spoilt("E10000901", "E10000902")), universe)
    assert second.assessment.authority == universe.birch
    assert second.assessment.cycle == first.assessment.cycle
    assert Cycle.objects.count() == 1


def test_the_least_that_a_case_can_hold(tmp_path: Path, universe: Universe, console: Actor) -> None:
    head = CASE.split("strengths:")[0]
    assessment = take_over(written(tmp_path, head + "outcomes:\n- {benchmark: 8, agreed: Met}\n"), universe).assessment
    assert outcomes(assessment)[8] == (Answer.OUTCOME, "met")
    assert sum(answer == Answer.UNKNOWN for answer, _level in outcomes(assessment).values()) == 7
    assert not Strength.objects.exists()
    assert not Recommendation.objects.exists()


def test_text_is_cleaned_on_the_way_in(tmp_path: Path, universe: Universe, console: Actor) -> None:
    text = spoilt("- A strong board.", '- "A \\u202estrong\\u0007 board.\\r\\nReally."')
    take_over(written(tmp_path, text), universe)
    assert Strength.objects.get().text == "A strong board.\nReally."


@pytest.mark.parametrize(
    ("old", "new", "reasons"),
    [
        ("E10000901", "E10000999", ["line 4: authority, gss: no authority has the code E10000999"]),
        ("scheme: la-8", "scheme: la-9", ["line 7: cycle, scheme: no version of scheme la-9 is published"]),
        ("benchmark: 4", "benchmark: 9", ["line 22: outcomes, item 3, benchmark: scheme la-8 has no benchmark 9"]),
        ("agreed: MET", "agreed: '4'",
         ["line 23: outcomes, item 3, agreed: 4 is not an outcome here: Not met, Met, Exceeding or N/A"]),
        ("agreed: MET", "agreed: ''",
         ["line 23: outcomes, item 3, agreed:  is not an outcome here: Not met, Met, Exceeding or N/A"]),
        ("benchmarks: [1, 7]", "benchmarks: [1, 11]",
         ["line 13: recommendations, item 1, benchmarks, item 2: scheme la-8 has no benchmark 11"]),
        ("benchmark: 4", "benchmark: 1", ["line 15: outcomes: benchmark 1 stands twice"]),
        ("format: assurance-case/1", "format: assurance-case/2",
         ["line 1: format: input should be 'assurance-case/1'"]),
        ("  name: 2023/24\n", "", ["line 5: cycle, name: is missing"]),
        ("  heading: Board", "  headline: Board", ["line 12: recommendations, item 1, headline: is not a known key"]),
        ("- A strong board.", "- " + "x" * 101,
         ["line 9: strengths, item 1: “xxxxxxxxxxxxxxxxxxxx…” is 101 characters without a space. "
          "Words can have 100 at most"]),
        ("agreed: MET", "agreed: MET\n  agreed: Met", ["line 24: is not valid YAML: "]),
    ],
)  # fmt: skip
def test_a_wrong_case_is_refused_and_nothing_kept(
    tmp_path: Path, universe: Universe, console: Actor, old: str, new: str, reasons: list[str]
) -> None:
    before = counts()
    with pytest.raises(Refused) as caught:
        take_over(written(tmp_path, spoilt(old, new)), universe)
    found = [str(problem) for problem in caught.value.problems]
    assert len(found) == len(reasons)
    for one, reason in zip(found, reasons, strict=True):
        assert one.startswith(f"case.yaml: {reason}")
    assert counts() == before


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path, universe: Universe, console: Actor) -> None:
    text = spoilt("benchmark: 4", "benchmark: 9").replace("[1, 7]", "[12]").replace("agreed: not met", "agreed: poor")
    with pytest.raises(Refused) as caught:
        take_over(written(tmp_path, text), universe)
    assert [problem.line for problem in caught.value.problems] == [21, 22, 13]
    both = spoilt("E10000901", "E10000999").replace("la-8", "la-9")
    with pytest.raises(Refused) as caught:
        take_over(written(tmp_path, both), universe)
    assert [problem.line for problem in caught.value.problems] == [4, 7]


def test_another_record_is_not_overwritten(tmp_path: Path, universe: Universe, console: Actor) -> None:
    take_over(written(tmp_path), universe)
    before = counts()
    with pytest.raises(
        Refused, match=r"line 2: authority: Alder County Council already has another record for 2023/24"
    ):
        take_over(written(tmp_path, spoilt("agreed: MET", "agreed: Exceeding")), universe)
    assert counts() == before


def test_a_cycle_keeps_its_scheme(tmp_path: Path, universe: Universe, console: Actor) -> None:
    take_over(written(tmp_path), universe)
    text = spoilt("la-8", "la-10").replace("E10000901", "E10000902").replace("Exceeded", "'5'")
    with pytest.raises(Refused, match="line 7: cycle, scheme: cycle 2023/24 is on scheme la-8"):
        take_over(written(tmp_path, text), universe)


def test_a_cycle_that_is_open_takes_no_history(tmp_path: Path, universe: Universe) -> None:
    name = universe.cycle().name
    with scope.everything(), pytest.raises(Refused, match=f"line 6: cycle, name: cycle {name} is not a past cycle"):
        take_over(written(tmp_path, spoilt("2023/24", name)), universe)


def test_an_authority_of_another_programme_is_not_found(
    tmp_path: Path, universe: Universe, console: Actor, at: datetime
) -> None:
    other = reference.programme("other", "Other", by=console, at=at)
    with pytest.raises(Refused, match="no authority has the code E10000901"):
        import_case(written(tmp_path), by=console, at=at, programme=other)


def test_nobody_but_the_console_and_the_manager_of_its_region_takes_over_records(
    tmp_path: Path, universe: Universe
) -> None:
    path = written(tmp_path)
    for user in universe.cast.values():
        if user == universe.manager:
            continue
        with as_actor(user) as actor, pytest.raises((NotFound, Forbidden)):
            import_case(path, by=actor, at=universe.at, programme=universe.programme)
    assert not Cycle.objects.exists()
    with as_actor(universe.manager) as actor:
        assert import_case(path, by=actor, at=universe.at, programme=universe.programme).changed


LEICESTERSHIRE = {
    "leicestershire-2021-22": ("80.0", 10),
    "leicestershire-2022-23": ("90.0", 10),
    "leicestershire-2024-25": ("100.0", 7),
}


@pytest.fixture
def cases() -> list[Path]:
    if not CASES.exists():
        pytest.skip("the published cases are not part of the project and not beside it")
    return sorted(CASES.glob("*.yaml"))


def test_the_published_cases_come_in_twice(cases: list[Path], universe: Universe, console: Actor, at: datetime) -> None:
    reference.load_authorities(AUTHORITIES, by=console, at=at, programme=universe.programme)
    assert len(cases) == 5
    found = {path.stem: take_over(path, universe) for path in cases}
    assert all(imported.changed for imported in found.values())
    assert {cycle.name: cycle.scheme_version.scheme.code for cycle in Cycle.objects.all()} == {
        "2021/22": "la-10",
        "2022/23": "la-10",
        "2024/25": "la-8",
    }
    before = counts()
    assert not any(take_over(path, universe).changed for path in cases)
    assert counts() == before
    for stem, (percent, denominator) in LEICESTERSHIRE.items():
        share = met_or_exceeded(scored(found[stem].assessment))
        assert (str(share.percent), share.denominator) == (percent, denominator)
    assert outcomes(found["dorset-2022-23"].assessment)[5] == (Answer.NOT_APPLICABLE, None)


def scored(assessment: Assessment) -> list[Scored]:
    """What was agreed, as scoring takes it."""
    rows = AgreedOutcome.objects.filter(assessment=assessment).select_related("level", "benchmark")
    return [
        Scored(
            row.benchmark.number,
            ScaleLevel(row.level.code, row.level.points, Standing(row.level.standing))
            if row.level
            else Gap(row.answer),
        )
        for row in rows
    ]
