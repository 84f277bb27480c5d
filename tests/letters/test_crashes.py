"""Worker, broker and database are killed while letters are issued in bulk. Nothing is lost, and nothing done twice.

Real processes: a worker and a scheduler with the settings of production, PostgreSQL, a broker that keeps nothing, and
a mail server. What is killed comes back, as under any supervisor, and nobody does anything else. `make crash` runs it
with a hundred letters and twenty kills.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from assurance.actions import reference
from assurance.models import AgreedOutcome, Assessment, Authority, Message, Review
from assurance.vocabulary import BatchKind, LetterState, MessageState, Role, State
from benchmarks import catalogue
from letters import actions, batches
from letters.models import Letter
from tests.conftest import _load_reference_data, connected_as
from tests.letters.site import BROKER, DATABASE, PROCESSES, WORKER, Site
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

LETTERS = int(os.environ.get("CRASH_LETTERS", "12"))
KILLS = int(os.environ.get("CRASH_KILLS", "3"))
SEED = int(os.environ.get("CRASH_SEED", "1"))
FINISHED_WITHIN = 240.0 + 20.0 * LETTERS
"""Seconds, on a machine that is busy with other things. The test says how long it took."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up as Linux has them")


@pytest.fixture
def site(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """Open, and the only database that this process speaks to meanwhile."""
    known = dict(catalogue._published)
    catalogue._published.clear()
    try:
        with django_db_blocker.unblock(), Site(tmp_path / "site").opened() as opened:
            yield opened
    finally:
        catalogue._published.clear()
        catalogue._published.update(known)


def prepared(site: Site, count: int) -> tuple[Universe, list[Letter]]:
    """So many letters that await approval. The first assessment is lived through; the others are copies of it."""
    _load_reference_data()
    universe = Universe(timezone.now())
    with all_rows():
        places = [universe._authority(f"E1000{n:04}", f"Council {n}", "North") for n in range(1, count)]
        for place in places:
            for person, role in (
                (universe.other_lead, Role.LEAD),
                (universe.viewer, Role.VIEWER),
                (universe.other_adviser, Role.ADVISER),
            ):
                reference.add_membership(
                    by=universe.operator,
                    at=universe.at,
                    person=person,
                    role=role,
                    authority=place,
                    starts=MEMBERS_SINCE,
                )
    first = universe.letter(LetterState.AWAITING_APPROVAL)
    with all_rows():
        _copy(first.assessment, places)
    letters = [first]
    for place in places:
        letter = universe._draft(universe._assessment(universe.cycle(), place), place)
        with as_actor(universe.other_adviser) as adviser:
            letters.append(actions.send_for_approval(by=adviser, at=universe.at, letter_id=letter.pk))
    with all_rows():
        # What was told on the way here is not what this is about.
        Message.objects.update(state=MessageState.DROPPED)
    return universe, letters


def _copy(source: Assessment, places: list[Authority]) -> None:
    """The outcomes of an assessment as those of others of its cycle."""
    reviews = {one.benchmark_id: one for one in Review.objects.filter(assessment=source)}
    outcomes = list(AgreedOutcome.objects.filter(assessment=source))
    copies = list(Assessment.objects.filter(cycle=source.cycle, authority__in=places))
    names = ("answer", "level_id", "summary", "comments")
    rows = list(Review.objects.filter(assessment__in=copies))
    for row in rows:
        for name in names:
            setattr(row, name, getattr(reviews[row.benchmark_id], name))
    Review.objects.bulk_update(rows, [name.removesuffix("_id") for name in names])
    new = []
    for copy in copies:
        for outcome in outcomes:
            values = {field.attname: getattr(outcome, field.attname) for field in outcome._meta.concrete_fields}
            new.append(
                AgreedOutcome(**values | {"id": None, "assessment_id": copy.pk, "authority_id": copy.authority_id})
            )
    AgreedOutcome.objects.bulk_create(new)
    Assessment.objects.filter(pk__in=[one.pk for one in copies]).update(
        state=State.AGREED, submitted_at=source.submitted_at
    )


def victims(chance: Random, kills: int) -> list[str]:
    """Each kind of thing in turn, in an order left to chance."""
    found: list[str] = []
    while len(found) < kills:
        found += chance.sample((WORKER, BROKER, DATABASE), 3)
    return found[:kills]


def finished(site: Site) -> int:
    return site.ask("SELECT count(*) FROM letters_batchitem WHERE state <> 'waiting'")[0][0]


def wait_until(condition: Any, last: float, site: Site) -> None:
    while not condition():
        assert time.monotonic() < last, f"it stands still:\n{site.log(WORKER)}\n{site.log('scheduler')}"
        time.sleep(0.2)


def test_nothing_is_lost_and_nothing_done_twice(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = Random(SEED)
    assert site.urls is not None
    with monkeypatch.context() as patch, connected_as(site.urls.application):
        # Nothing that is done on the way belongs into the queue of the other tests' broker.
        patch.setattr(batches.current_app, "send_task", lambda *args, **options: None)
        universe, letters = prepared(site, LETTERS)
        patch.setattr(batches.current_app, "send_task", site.send)
        site.start_work()
        began = time.monotonic()
        with as_actor(universe.signatory) as signatory:
            batches.start(
                by=signatory,
                at=timezone.now(),
                key=uuid4(),
                kind=BatchKind.APPROVE,
                chosen=[(one.pk, one.version) for one in letters],
                title="All",
            )
    last = began + FINISHED_WITHIN
    killed = []
    for number, name in enumerate(victims(chance, KILLS)):
        # Spread over the batch, each at a moment of its own within a letter.
        wanted = (LETTERS * number) // (KILLS + 1)
        wait_until(lambda wanted=wanted: finished(site) >= wanted, last, site)
        time.sleep(chance.uniform(0.2, 2.0))
        killed.append(f"{site.kill(name, chance)} at {finished_or_unknown(site)}")
        time.sleep(chance.uniform(0.0, 1.0))
        site.bring_back(name)
    wait_until(lambda: finished(site) == LETTERS, last, site)
    took = time.monotonic() - began
    wait_until(lambda: not site.ask("SELECT 1 FROM assurance_message WHERE state = 'waiting'"), last, site)
    with capsys.disabled():
        print(f"\n{LETTERS} letters, {took:.0f} s, seed {SEED}; killed: {', '.join(killed)}")  # noqa: T201
    every_letter_is_issued_once(site)
    every_file_is_there(site)
    every_message_is_handed_over_once(site)


def finished_or_unknown(site: Site) -> str:
    try:
        return str(finished(site))
    except Exception:
        return "?"


def every_letter_is_issued_once(site: Site) -> None:
    assert site.ask("SELECT state, count(*) FROM letters_batchitem GROUP BY state") == [("done", LETTERS)]
    assert site.ask("SELECT state, count(*) FROM letters_letter GROUP BY state") == [("issued", LETTERS)]
    assert site.ask("SELECT count(DISTINCT (assessment_id, number)) FROM letters_letter") == [(LETTERS,)]
    for name in ("approve", "issue"):
        counted = (
            "SELECT count(*), count(DISTINCT detail->>'record') FROM assurance_event WHERE kind = %s AND name = %s"
        )
        assert site.ask(counted, "letter_moved", name) == [(LETTERS, LETTERS)], name
        lines = "SELECT count(*), count(DISTINCT id) FROM letters_historicalletter WHERE history_change_reason = %s"
        assert site.ask(lines, name) == [(LETTERS, LETTERS)], name


def every_file_is_there(site: Site) -> None:
    editions = site.ask("SELECT file, sha256 FROM letters_edition")
    assert len(editions) == LETTERS
    for name, sha256 in editions:
        data = (site.places.data / "files" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha256


def every_message_is_handed_over_once(site: Site) -> None:
    """At most once, always. Exactly once, but for those at whose hand-over something was killed: the log shows these
    as handed over without an answer, and a person decides whether to send them again."""
    messages = site.ask("SELECT id, state, kind FROM assurance_message WHERE state <> 'dropped'")
    assert Counter(kind for _id, _state, kind in messages) == {"letter": 2 * LETTERS, "letter_sent": LETTERS}
    deliveries = (
        "SELECT count(*), count(DISTINCT (letter_id, person_id)), count(message_id) FROM letters_letterdelivery"
    )
    assert site.ask(deliveries) == [(2 * LETTERS,) * 3]
    taken = site.post.taken
    assert set(taken.values()) <= {1}
    by_id = {f"<message-{pk}@localhost>": state for pk, state, _kind in messages}
    assert set(taken) <= set(by_id)
    assert set(by_id.values()) <= {"sent", "sending"}
    assert all(name in taken for name, state in by_id.items() if state == "sent")
    assert sum(state == "sending" for state in by_id.values()) <= KILLS * PROCESSES
