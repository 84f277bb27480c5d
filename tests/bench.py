"""How fast it is, as a table: `make bench`. Nothing here fails for being slow; counts and ratios are what to compare.

Milliseconds are the median of repeated requests through Django's test client in one process, so they hold the whole
of middleware, view, queries and template, and no network.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assurance.actions import cycles
from assurance.models import Assessment, Authority, Cycle, Membership, Review, SelfAssessment
from assurance.vocabulary import Role, State
from letters import actions
from letters.models import Letter
from letters.pdf import Content, render
from tests.universe import Universe, all_rows, as_actor

ROUNDS = 15
WORDING = sorted((settings.BASE_DIR / "fixtures" / "wording").glob("*.yaml"))
TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")

pytestmark = pytest.mark.django_db


def statements(captured: CaptureQueriesContext) -> int:
    """How many statements ran, those that only control the transaction left out."""
    return sum(not query["sql"].startswith(TRANSACTION_CONTROL) for query in captured)


def measure(act: Callable[[], Any]) -> tuple[int, float, int]:
    """Statements, median milliseconds and bytes of a request."""
    act()
    with CaptureQueriesContext(connection) as captured:
        response = act()
    ran = statements(captured)
    times = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1000)
    return ran, statistics.median(times), len(response.content)


@pytest.fixture
def table(capsys: pytest.CaptureFixture[str]) -> Iterator[list[tuple[Any, ...]]]:
    """Rows to print at the end: name, statements, milliseconds, bytes."""
    rows: list[tuple[Any, ...]] = []
    yield rows
    with capsys.disabled():
        print(f"\n\n{'page':44} {'queries':>8} {'ms':>8} {'bytes':>10}")  # noqa: T201
        for name, queries, milliseconds, size in rows:
            print(f"{name:44} {queries:>8} {milliseconds:>8.1f} {size:>10,}")  # noqa: T201


def test_pages(universe: Universe, table: list[tuple[Any, ...]], client: Client) -> None:
    """Every main page, and a save with its redirect."""
    reviewed = universe.assessment(State.IN_REVIEW)
    proposed = universe.assessment(State.PROPOSED, "la-10")
    started = universe.assessment(State.IN_PROGRESS, authority=universe.birch)
    pages = (
        ("home of a Prevent Lead", universe.lead, "/"),
        ("task list", universe.other_lead, f"/assessments/{started.pk}/"),
        ("one benchmark (checklist)", universe.other_lead, f"/assessments/{started.pk}/benchmarks/2/"),
        ("check answers and submit", universe.other_lead, f"/assessments/{started.pk}/do/submit/"),
        ("review of one benchmark", universe.adviser, f"/assessments/{reviewed.pk}/review/1/"),
        ("three judgements (ten benchmarks)", universe.lead, f"/assessments/{proposed.pk}/record/"),
        ("timeline", universe.adviser, f"/assessments/{reviewed.pk}/timeline/"),
        ("letters", universe.signatory, "/letters/"),
    )
    for name, person, address in pages:
        client.force_login(person)
        table.append((name, *measure(lambda address=address: client.get(address))))
    client.force_login(universe.other_lead)
    address = f"/assessments/{started.pk}/benchmarks/3/"

    with all_rows():
        versions = count(SelfAssessment.objects.get(assessment=started, benchmark__number=3).version)

    def save() -> Any:
        version = next(versions)
        evidence = f"We met {version} times. " * 60
        return client.post(address, {"outcome": "met", "evidence": evidence, "version": version})

    table.append(("save of one benchmark", *measure(save)))


@pytest.mark.parametrize("length", [20, 400])
def test_portfolio(universe: Universe, table: list[tuple[Any, ...]], client: Client, length: int) -> None:
    """The list of assessments of an adviser with this many authorities, fifty to a page."""
    cycle = universe.cycle()
    with all_rows():
        for number in range(length - 1):
            authority = Authority.objects.create(
                programme=universe.programme,
                gss_code=f"E1{number:07}",
                name=f"Authority {number:04}",
                short_name=f"A{number}",
                type="County",
                nation="England",
                region="North",
            )
            Membership.objects.create(
                person=universe.adviser, role=Role.ADVISER, authority=authority, starts=date(2020, 4, 1)
            )
    with as_actor(universe.administrator) as by:
        added = list(Authority.objects.filter(name__startswith="Authority"))
        cycles.create_assessments(Cycle.objects.get(pk=cycle.pk), added, by=by, at=universe.at)
    client.force_login(universe.adviser)
    table.append((f"list of {length} assessments", *measure(lambda: client.get("/assessments/"))))


def test_letters(universe: Universe, capsys: pytest.CaptureFixture[str]) -> None:
    """Processor seconds of a letter of the usual length: the first in a process, and those after it."""
    texts = ("The partnership reviewed its plan and shared what it learned with every partner. " * 9).strip()
    lines = []
    with all_rows():
        for file in WORDING:
            actions.load_wording(file, by=universe.operator, at=universe.at, publish=True)
    for scheme in ("la-8", "la-10"):
        assessment: Assessment = universe.assessment(State.AGREED, scheme)
        with all_rows():
            Review.objects.filter(assessment=assessment).update(summary=texts, comments=texts[:300])
        with as_actor(universe.adviser) as by:
            letter: Letter = actions.draft_letter(by=by, at=universe.at, assessment_id=assessment.pk)
            letter.addressee_name, letter.salutation, letter.sender_name = "Jo Ash", "Jo", "Sam Oak"
            content = Content.model_validate(actions.content_of(letter, universe.at.date()).frozen())
        first = _processor_seconds(lambda content=content: render(content))
        after = statistics.median(_processor_seconds(lambda content=content: render(content)) for _ in range(5))
        lines.append(f"{scheme:10} {first:>12.2f} {after:>12.2f} {render(content).pages:>8}")
    with capsys.disabled():
        print(f"\n\n{'letter':10} {'first, CPU s':>12} {'then, CPU s':>12} {'pages':>8}")  # noqa: T201
        print("\n".join(lines))  # noqa: T201


def _processor_seconds(act: Callable[[], Any]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    act()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
