"""The past as it was: the five real cases give the figures that their letters give, and nothing is invented.

The official text and the cases are not part of the project. They lie in the folder ``shared`` beside it, and
without that these tests are skipped.
"""

from __future__ import annotations

from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from assurance import scope
from assurance.access import operator
from assurance.actions import history_import
from assurance.actions.reference import LOCAL_AUTHORITIES
from assurance.insights.figures import scored, share
from assurance.models import AgreedOutcome, Assessment, Programme
from assurance.vocabulary import Answer
from assurance.workbook.history_judge import Verdict, judge
from assurance.workbook.history_read import read
from benchmarks.catalogue import scheme_text
from benchmarks.scoring import ScaleLevel, Scored, met_or_exceeded
from tests.assurance.histories import as_csv
from tests.universe import Universe, all_rows

SHARED = Path(settings.BASE_DIR).parent / "shared"
LEICESTERSHIRE = "E10000018"
CHANNEL = 5

with_shared = pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is not there, so no real case was tried")


def command(name: str, *arguments: str, **options: object) -> str:
    said = StringIO()
    call_command(name, *arguments, stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def record(db: None) -> None:
    """The official schemes, the authorities and all five cases."""
    command("load_scheme", *sorted(map(str, (SHARED / "official").glob("*.yaml"))), publish=True)
    command("load_authorities", str(SHARED / "data" / "gb_local_authorities_2025.csv"))
    for wording in sorted((Path(settings.BASE_DIR) / "fixtures" / "wording").glob("*.yaml")):
        command("load_wording", str(wording), publish=True)
    cases = sorted(map(str, (SHARED / "cases").glob("*.yaml")))
    assert len(cases) == 5
    command("import_case", *cases)


def results(cycle: str) -> dict[int, Scored]:
    """What stands for Leicestershire in a year, by benchmark."""
    assessment = Assessment.objects.select_related("cycle").get(authority__gss_code=LEICESTERSHIRE, cycle__name=cycle)
    rows = AgreedOutcome.objects.filter(assessment=assessment)
    outcomes = {row.benchmark_id: (row.answer, row.level_id) for row in rows}
    return {one.number: one for one in scored(scheme_text(assessment.cycle.scheme_version_id), outcomes)}


MET_OR_EXCEEDED = {"2021/22": ("80.0", "77.8"), "2022/23": ("90.0", "88.9")}
"""With Channel and without."""


@with_shared
def test_leicestershire_in_two_years(record: None) -> None:
    """What was met or exceeded, and between the two years one down, two up, seven level."""
    with all_rows():
        found = {cycle: results(cycle) for cycle in MET_OR_EXCEEDED}
    for cycle, (everything, without_channel) in MET_OR_EXCEEDED.items():
        whole = met_or_exceeded(found[cycle].values())
        rest = met_or_exceeded(one for number, one in found[cycle].items() if number != CHANNEL)
        assert (str(whole.percent), whole.denominator) == (everything, 10)
        assert (str(rest.percent), rest.denominator) == (without_channel, 9)
    before, after = found.values()
    moved: Counter[str] = Counter()
    for number, one in before.items():
        was, became = one.result, after[number].result
        assert isinstance(was, ScaleLevel)
        assert isinstance(became, ScaleLevel)
        moved["up" if became.points > was.points else "down" if became.points < was.points else "level"] += 1
    assert moved == {"down": 1, "up": 2, "level": 7}


@with_shared
def test_the_same_record_comes_from_a_table(record: None) -> None:
    """Both ways in read alike: what a case says is read the same from a table, and stands in the way of it."""
    with scope.everything():
        by, programme = operator("tests"), Programme.objects.get(code=LOCAL_AUTHORITIES[0])
        at = Assessment.objects.order_by("state_since")[0].state_since
        cells = {number: one.result for number, one in results("2021/22").items()}
        heading = ["GSS code", "Year", *map(str, cells)]
        row = [one.code if isinstance(one, ScaleLevel) else "" for one in cells.values()]
        table = read(as_csv([heading, [LEICESTERSHIRE, "2021/2022", *row], [LEICESTERSHIRE, "2020/21", *row]]))
        world = history_import.world(by, programme, "la-10", table.lines, {}, at)
        there, new = judge(table.lines, world)
    assert (there.verdict, new.verdict) == (Verdict.REFUSED, Verdict.ACCEPTED)
    assert there.outcomes == new.outcomes


def test_a_source_that_names_three_of_six_below(universe: Universe) -> None:
    """An invented council: the source says 40% met or exceeded and names three that are not. Seven stay unknown."""
    rows = [["GSS", "Year", "2", "8", "9", "Met or exceeded"], [universe.alder.gss_code, "2019/20", 2, 1, 2, "40%"]]
    table = read(as_csv(rows))
    with scope.everything():
        world = history_import.world(universe.operator, universe.programme, "la-10", table.lines, {}, universe.at)
        (found,) = judge(table.lines, world)
        assert found.scheme is not None
        levels = {one.code: one.id for one in found.scheme.levels}
        ids = {number: one.id for number, one in found.scheme.benchmarks.items()}
        told = share(found.scheme, {ids[n]: (a, levels.get(code or "")) for n, (a, code) in found.outcomes.items()})
    assert (found.stated, found.known, found.count(Answer.UNKNOWN)) == ((4, 10), 3, 7)
    # This service's own figure is of the three that are named, and says so.
    assert (told.numerator, told.denominator) == (0, 3)
