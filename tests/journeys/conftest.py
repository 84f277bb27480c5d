"""The whole service for a person at a browser: the web application, and a worker that makes the letters' files.

The web application runs in this process, so that a test can break it on purpose and read its mail; the worker is a
process of its own, as it is in production, on the same database and the same broker.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from assurance.models import User
from assurance.project.celery import app
from assurance.project.local.provision import DatabaseUrls
from tests import browser
from tests.journeys.visitors import Visitor
from tests.universe import Universe, all_rows

PASSWORD = "correct-horse-battery-staple"
STARTS_WITHIN = 60.0
"""Seconds in which a worker answers, even on a machine that is busy with other tests."""

Arrive = Callable[..., Visitor]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser, for the tests of one file: while it is open, Django takes this thread for asynchronous."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with browser.chromium() as opened:
            yield opened


@pytest.fixture
def arrive(chromium: Browser, live_server: LiveServer, universe: Universe) -> Iterator[Arrive]:
    """``arrive(universe.lead)``: that person at a browser of their own, signed in; ``arrive()`` for nobody yet.

    Everybody's password is ``PASSWORD``.
    """
    visitors: list[Visitor] = []

    def arrived(person: User | None = None, *, scripts: bool = True, at: str = "") -> Visitor:
        visitor = Visitor(chromium, at or live_server.url, scripts=scripts)
        visitors.append(visitor)
        if person is not None:
            _with_password(person)
            visitor.sign_in(person.email, PASSWORD)
        return visitor

    yield arrived
    for visitor in visitors:
        visitor.close()


@pytest.fixture(scope="module")
def worker(django_db_setup: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A worker for what these tests send, and for nothing else: it has a queue of its own."""
    queue = f"journeys-{os.getpid()}"
    log = tmp_path_factory.mktemp("worker") / "log"
    with pytest.MonkeyPatch.context() as patch, log.open("wb") as output:
        send = app.send_task
        # A task says of itself that it has no queue, which would win over what is filled in before.
        patch.setattr(app, "send_task", lambda *args, **options: send(*args, **options | {"queue": queue}))
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "assurance.project.celery", "worker"),
                *("--queues", queue, "--hostname", f"{queue}@localhost", "--concurrency", "1"),
                *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            ],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": django_db_setup.application},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_for(process, f"{queue}@localhost", log)
            yield
        finally:
            _end(process)


def _wait_for(process: subprocess.Popen[bytes], name: str, log: Path) -> None:
    last = monotonic() + STARTS_WITHIN
    while not app.control.ping(destination=[name], timeout=1.0, limit=1):
        if process.poll() is not None or monotonic() > last:
            pytest.fail(f"The worker did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop as a supervisor does, and end what is left of its group if it does not."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _with_password(person: User) -> None:
    if not person.has_usable_password():
        with all_rows():
            person.set_password(PASSWORD)
            person.save()


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``broken("assurance.queries.assessments.overview")``: from now on that raises."""

    def out_of_order(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken on purpose")

    return lambda name: monkeypatch.setattr(name, out_of_order)
