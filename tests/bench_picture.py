"""How fast the pages of the regional picture are, with 400 authorities and with 25,000: `make bench`.

Each has six years of agreed assessments, three of ten benchmarks and three of eight, spread over ten regions and four
types of authority. They are put straight into the tables by the database itself, a statement for each table, because
so many journeys would take days and what is measured is reading.

Rows of ``PAGES`` are what is measured: a name, who asks (a name of the universe's cast), and an address.
"""

# ruff: noqa: S608 (statements are put together from texts of this file)

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assurance.models import Authority, Cycle, CycleBenchmark
from assurance.vocabulary import CycleState
from tests.bench import statements
from tests.universe import Universe, all_rows

SIZES = (400, 25_000)
YEARS = {
    "2020/21": "la-10",
    "2021/22": "la-10",
    "2022/23": "la-10",
    "2023/24": "la-8",
    "2024/25": "la-8",
    "2025/26": "la-8",
}
REGIONS = ("North", "South", *(f"Region {number}" for number in range(3, 11)))
TYPES = ("County", "District", "London borough", "Unitary")
JUDGEMENTS = ("agreed", "self", "review")
RECOMMENDATIONS = 3
"""Of each assessment."""
VOCABULARY = [
    *("training", "risk", "register", "partnership", "panel", "referral", "venue", "school", "policy", "evidence"),
    *("councillor", "briefing", "review", "plan", "community", "officer", "deliver", "record", "board", "action"),
    *("survey", "online", "counter", "local", "profile", "speaker", "hire", "guidance", "contact", "annual"),
    *("update", "share", "police", "health", "probation", "college", "faith", "youth", "measure", "strategy"),
]

PAGES: tuple[tuple[str, str, str], ...] = (
    ("heatmap, a region", "manager", "/picture/"),
    ("heatmap, a region by score, page 3", "manager", "/picture/?sort=-score&page=3"),
    ("heatmap, one region, nationally", "auditor", "/picture/?region=North"),
    ("heatmap, a portfolio", "adviser", "/picture/"),
    ("heatmap, all regions", "auditor", "/picture/?region=all"),
    ("regions by benchmarks", "auditor", "/picture/national/"),
    ("regions by benchmarks, small numbers hidden", "administrator", "/picture/national/"),
    ("comparison, a region", "manager", "/picture/comparison/"),
    ("comparison, a region, like with like", "manager", "/picture/comparison/?count=common&sort=-change"),
    ("comparison, one region, nationally", "auditor", "/picture/comparison/?region=North"),
    ("one authority over the years", "manager", "/authorities/{authority}/trend/"),
    ("recommendations, an authority", "lead", "/recommendations/"),
    ("recommendations, a region", "manager", "/recommendations/"),
    ("recommendations, a region, searched", "manager", "/recommendations/?search=training&progress=open"),
    ("recommendations, a region, page 5 by date", "manager", "/recommendations/?sort=due&page=5"),
    ("recommendations, one year of a region", "manager", "/recommendations/?cycle={cycle}"),
    ("recommendations, one region, nationally", "auditor", "/recommendations/?region=North"),
    ("recommendations, nationally", "auditor", "/recommendations/"),
)

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(frozen=True)
class Filled:
    """What was put in: the cycles by their names, how many rows of each table, and how many seconds it took."""

    cycles: dict[str, int]
    rows: dict[str, int]
    seconds: float


def fill(
    universe: Universe, size: int, *, judgements: Sequence[str] = JUDGEMENTS, with_triggers: bool = False
) -> Filled:
    """Six years of as many authorities as that.

    Args:
        judgements: which outcomes there are of each benchmark: "agreed", "self", "review".
        with_triggers: run what the tables do on a change. Without, only what is named here is written, and foreign
            keys are not looked at.
    """
    started = time.perf_counter()
    cycles = _cycles(universe)
    rows: dict[str, int] = {}
    address = os.environ["DATABASE_ADMIN_URL"]
    with psycopg.connect(address, dbname=connection.settings_dict["NAME"], autocommit=True) as admin:
        if not with_triggers:
            admin.execute("SET session_replication_role = replica")
        for table, statement in _statements(judgements).items():
            params = {
                "programme": universe.programme.pk,
                "size": size,
                "regions": list(REGIONS),
                "types": list(TYPES),
                "cycles": list(cycles.values()),
                "at": universe.at,
                "words": VOCABULARY,
                "each": RECOMMENDATIONS,
            }
            rows[table] = admin.execute(statement, params).rowcount
            admin.execute(f"ANALYZE {table}")
        if not with_triggers:
            # What the triggers would have kept: all of it in one statement.
            admin.execute("SET session_replication_role = origin")
            admin.execute("SELECT assurance_picture_refresh(array_agg(id)) FROM assurance_assessment")
        for table in ("assurance_picturerow", "assurance_picturecount"):
            rows[table] = admin.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]
            admin.execute(f"ANALYZE {table}")
    return Filled(cycles, rows, time.perf_counter() - started)


def _cycles(universe: Universe) -> dict[str, int]:
    """Closed cycles of the six years, with what each of them scores."""
    found = {}
    with all_rows():
        for name, code in YEARS.items():
            scheme = universe.scheme(code)
            cycle = Cycle.objects.create(
                programme=universe.programme, name=name, scheme_version_id=scheme.id, state=CycleState.CLOSED
            )
            CycleBenchmark.objects.bulk_create(
                CycleBenchmark(cycle=cycle, benchmark_id=one.id, scored=one.scored, reason=one.unscored_note)
                for one in scheme.benchmarks.values()
            )
            found[name] = cycle.pk
    return found


CHANCE = "abs(hashint8({seed}))"
"""A number that looks like chance and is the same every time."""


def _chance(seed: str) -> str:
    return CHANCE.format(seed=seed)


OUTCOMES = f"""
    (SELECT assessment.id AS assessment_id, assessment.authority_id, benchmark.id AS benchmark_id,
            CASE WHEN scored.scored THEN 'outcome' ELSE 'not_applicable' END AS answer,
            CASE WHEN scored.scored THEN levels.ids[
                1 + {_chance("assessment.id * 31 + benchmark.id + {shift}")} %% cardinality(levels.ids)
            ] END AS level_id
       FROM assurance_assessment AS assessment
       JOIN assurance_cycle AS cycle ON cycle.id = assessment.cycle_id
       JOIN benchmarks_benchmark AS benchmark ON benchmark.scheme_version_id = cycle.scheme_version_id
       JOIN assurance_cyclebenchmark AS scored
         ON scored.cycle_id = cycle.id AND scored.benchmark_id = benchmark.id
       JOIN (SELECT scheme_version_id, array_agg(id ORDER BY position) AS ids
               FROM benchmarks_level GROUP BY 1) AS levels ON levels.scheme_version_id = cycle.scheme_version_id
      WHERE cycle.id = ANY (%(cycles)s)) AS outcome
"""
"""An outcome for each benchmark of each assessment; with another ``shift``, another judgement."""

OUTCOME_TABLES = {
    "agreed": (
        "assurance_agreedoutcome",
        "INSERT INTO assurance_agreedoutcome (assessment_id, authority_id, benchmark_id, answer, level_id, basis) "
        "SELECT assessment_id, authority_id, benchmark_id, answer, level_id, 'agreed' FROM ",
    ),
    "self": (
        "assurance_selfassessment",
        "INSERT INTO assurance_selfassessment (assessment_id, authority_id, benchmark_id, answer, level_id, version, "
        "evidence, reason, marks, notes, needs_rechecking, carried_from) "
        "SELECT assessment_id, authority_id, benchmark_id, answer, level_id, 1, 'Minutes.', '', '{}', '{}', false, '[]'"
        " FROM ",
    ),
    "review": (
        "assurance_review",
        "INSERT INTO assurance_review (assessment_id, authority_id, benchmark_id, answer, level_id, version, summary, "
        "comments, verdicts, notes) "
        "SELECT assessment_id, authority_id, benchmark_id, answer, level_id, 1, 'They met.', '', '{}', '{}' FROM ",
    ),
}

AUTHORITIES = """
INSERT INTO assurance_authority
       (programme_id, gss_code, name, short_name, type, nation, region, former_gss_codes)
SELECT %(programme)s, 'E2' || lpad(number::text, 7, '0'), 'Authority ' || lpad(number::text, 5, '0'), 'A' || number,
       (%(types)s::text[])[1 + number / cardinality(%(regions)s::text[]) %% cardinality(%(types)s::text[])], 'England',
       (%(regions)s::text[])[1 + number %% cardinality(%(regions)s::text[])], ''
  FROM generate_series(1, %(size)s) AS number
"""
ASSESSMENTS = """
INSERT INTO assurance_assessment
       (authority_id, cycle_id, state, state_since, submitted_at, declaration, reference, letter_state,
        acceptance_note, imported_digest, version)
SELECT authority.id, cycle, 'agreed', %(at)s, %(at)s, '', '', '', '', '', 1
  FROM assurance_authority AS authority, unnest(%(cycles)s::bigint[]) AS cycle
 WHERE authority.gss_code LIKE 'E2%%'
"""
TEXTS = f"""
INSERT INTO assurance_recommendation
       (assessment_id, authority_id, position, heading, text, benchmark_numbers, owners, due_on)
SELECT assessment.id, assessment.authority_id, place, '',
       (SELECT string_agg((%(words)s::text[])[1 + {_chance("assessment.id * 97 + place * 13 + word")}
                                              %% cardinality(%(words)s::text[])], ' ')
          FROM generate_series(1, 24) AS word),
       CASE {_chance("assessment.id + place")} %% 4
            WHEN 0 THEN '{{}}'::smallint[]
            WHEN 1 THEN ARRAY[1 + {_chance("assessment.id * 7 + place")} %% 8, 2]::smallint[]
            ELSE ARRAY[1 + {_chance("assessment.id * 7 + place")} %% 8]::smallint[] END,
       CASE WHEN {_chance("assessment.id * 3 + place")} %% 3 = 0 THEN '{{}}'::varchar[]
            ELSE ARRAY['Prevent Lead']::varchar[] END,
       CASE WHEN place = 1 THEN (%(at)s::timestamptz)::date - 200 + ({_chance("assessment.id")} %% 400)::int END
  FROM assurance_assessment AS assessment, generate_series(1, %(each)s) AS place
 WHERE assessment.cycle_id = ANY (%(cycles)s)
"""


def _said(table: str, more: str, values: str, seed: int, hundredths: int) -> str:
    """What is said of last year's recommendations: of so many of a hundred."""
    chance = _chance(f"recommendation.id * {seed}")
    return f"""
INSERT INTO {table} (assessment_id, authority_id, recommendation_id, progress, note, saved_at, version{more})
SELECT this_year.id, this_year.authority_id, recommendation.id,
       (ARRAY['done', 'done', 'in_progress', 'not_started', 'no_longer_relevant'])[1 + {chance} %% 5],
       '', %(at)s, 1{values}
  FROM assurance_recommendation AS recommendation
  JOIN assurance_assessment AS last_year ON last_year.id = recommendation.assessment_id
  JOIN assurance_assessment AS this_year ON this_year.authority_id = last_year.authority_id
   AND array_position(%(cycles)s::bigint[], this_year.cycle_id)
     = array_position(%(cycles)s::bigint[], last_year.cycle_id) + 1
 WHERE {chance} / 7 %% 100 < {hundredths}
"""


def _statements(judgements: Sequence[str]) -> dict[str, str]:
    """One statement for each table, in the order in which they need each other."""
    outcomes = {
        table: insert + OUTCOMES.format(shift=place)
        for place, (table, insert) in enumerate(OUTCOME_TABLES[one] for one in judgements)
    }
    return {
        "assurance_authority": AUTHORITIES,
        "assurance_assessment": ASSESSMENTS,
        **outcomes,
        "assurance_recommendation": TEXTS,
        "assurance_followup": _said("assurance_followup", ", owner", ", ''", 3, 80),
        "assurance_followupreview": _said("assurance_followupreview", "", "", 5, 60),
    }


def measure(act: Callable[[], Any]) -> tuple[int, float, int]:
    """Statements, median milliseconds and bytes of a request: of fifteen, or as many as there are in five seconds."""
    act()
    with CaptureQueriesContext(connection) as captured:
        response = act()
    # Before the next request, which empties the log of statements.
    ran = statements(captured)
    times: list[float] = []
    while not times or (len(times) < 15 and sum(times) < 5_000):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1000)
    return ran, statistics.median(times), len(response.content)


@pytest.fixture(scope="module")
def found() -> Iterator[dict[tuple[str, int], tuple[int, float, int]]]:
    """What was measured, by name and size."""
    return {}


@pytest.mark.parametrize("size", SIZES)
def test_picture(
    universe: Universe,
    client: Client,
    found: dict[tuple[str, int], tuple[int, float, int]],
    capsys: pytest.CaptureFixture[str],
    size: int,
) -> None:
    """Each page at this size, and how it grew from the size before."""
    filled = fill(universe, size, judgements=JUDGEMENTS if size < 1_000 else ("agreed",))
    rows = sum(filled.rows.values())
    lines = [f"{size:,} authorities, six years: {rows:,} rows in {filled.seconds:.0f} s"]
    lines.append(f"{'page':44} {'queries':>8} {'ms':>9} {'bytes':>10} {'growth':>8}")
    smaller = SIZES[0]
    one = Authority.objects.filter(region="North", gss_code__startswith="E2").order_by("pk").first()
    assert one is not None
    for name, who, address in PAGES:
        client.force_login(getattr(universe, who))
        place = address.format(cycle=filled.cycles["2024/25"], authority=one.pk)
        response = client.get(place)
        assert response.status_code == 200, f"{name}: {response.status_code}"
        queries, milliseconds, length = found[name, size] = measure(lambda place=place: client.get(place))
        growth = f"{milliseconds / found[name, smaller][1]:.1f}" if size != smaller and (name, smaller) in found else ""
        lines.append(f"{name:44} {queries:>8} {milliseconds:>9.1f} {length:>10,} {growth:>8}")
    with capsys.disabled():
        print("\n\n" + "\n".join(lines))  # noqa: T201
