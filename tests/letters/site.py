"""A whole service of a test's own, to be broken on purpose: database, broker, worker, scheduler and mail server.

The worker and the scheduler are those of production, settings included; the mail server takes what it is handed over
and remembers it. Whatever is killed here was started here.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path
from random import Random
from shutil import rmtree
from typing import Any

import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings
from django.core.management import call_command
from kombu import Connection

from assurance.project.celery import app
from assurance.project.environment import broker_address
from assurance.project.local.places import Places, settle
from assurance.project.local.provision import DatabaseUrls, provision
from assurance.project.local.services import PostgreSQL, Service, Valkey
from assurance.project.local.supervisor import DidNotStart, Program, Supervisor, stop_process
from tests.conftest import connected_as

WORKER, SCHEDULER, DATABASE, BROKER = "worker", "scheduler", "PostgreSQL", "Valkey"
PROCESSES = 2
"""Of the worker, as in production."""
STARTS_WITHIN = 120.0
SEND = app.send_task
"""As it is before a test puts something else in its place."""


class Post:
    """Takes mail for anybody and counts how often each message came."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """A message, complete."""
        self.taken[message_from_bytes(envelope.content or b"")["Message-ID"]] += 1  # type: ignore[arg-type]
        return "250 OK"


class Site:
    """Everything that runs. The broker keeps nothing on disk: when it dies, its queue is lost."""

    def __init__(self, folder: Path) -> None:
        self.places: Places = settle(folder)
        self.post = Post()
        self.supervisor = Supervisor(lambda words: None)
        self.postgresql = PostgreSQL(self.places)
        self.valkey = Valkey(self.places, throwaway=True)
        self.urls: DatabaseUrls | None = None

    @property
    def admin_url(self) -> str:
        """Of the superuser, in the service's database."""
        return psycopg.conninfo.make_conninfo(self.postgresql.admin_url, dbname="prevent")

    @contextmanager
    def opened(self) -> Iterator[Site]:
        """Database, broker and mail server; the rest is started by whoever needs it."""
        self.post.controller.start()
        try:
            for service in (self.postgresql, self.valkey):
                service.prepare()
                self._start(service)
            self.urls = provision(self.postgresql.admin_url, database="prevent")
            with connected_as(self.urls.owner):
                call_command("migrate", verbosity=0, interactive=False)
            yield self
        finally:
            self.supervisor.stop()
            self.post.controller.stop()
            for place in {self.places.data, self.places.services, self.places.run}:
                rmtree(place, ignore_errors=True)

    def start_work(self) -> None:
        """The worker and the scheduler."""
        for name in (WORKER, SCHEDULER):
            self.bring_back(name)

    def send(self, name: str, args: tuple[Any, ...], **_options: Any) -> None:
        """Send a task to this site's broker, which is not that of the other tests."""
        with Connection(broker_address(self.valkey.url)) as connection:
            SEND(name, args, connection=connection, retry=False)

    def kill(self, name: str, chance: Random) -> str:
        """End a program as a crash does, without a word; says what was killed."""
        process = self.supervisor.process_id(name)
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        if name == WORKER and children and chance.random() < 0.3:
            # One of its processes, in the middle of a task: the worker itself goes on.
            victim = int(chance.choice(children))
            os.kill(victim, signal.SIGKILL)
            return "a process of the worker"
        if name == WORKER:
            os.killpg(process, signal.SIGKILL)
        else:
            os.kill(process, signal.SIGKILL)
        # Until somebody asks how it ended, the kernel keeps its number, and the database takes it for alive.
        self.supervisor._children[name].process.wait()
        return name

    def bring_back(self, name: str) -> None:
        """Start a program again, as a supervisor does. A database that was killed may need a moment before it can."""
        if name in (DATABASE, BROKER):
            self._start(self.postgresql if name == DATABASE else self.valkey)
        elif name not in self.supervisor._children or self.supervisor._children[name].process.poll() is not None:
            self.supervisor.start(self._program(name), lambda: True, 1.0)

    def ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, by the superuser: what is there, whoever may see it."""
        with psycopg.connect(self.admin_url, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(question, values).fetchall()  # type: ignore[arg-type]

    def log(self, name: str) -> str:
        """The end of what a program said."""
        path = self.places.logs / f"{name}.log"
        return path.read_text(errors="replace")[-3000:] if path.exists() else ""

    def environ(self) -> dict[str, str]:
        """As in production; nothing set for the tests' own services reaches it."""
        if self.urls is None:
            raise RuntimeError("the site is not open")
        return {
            "PATH": os.environ["PATH"],
            "SERVICE": "production",
            "SECRET_KEY": "a key for a site that is made to be broken, and lives no longer",
            "ALLOWED_HOSTS": "localhost",
            "DATABASE_URL": self.urls.application,
            "REDIS_URL": self.valkey.url,
            "DATA_DIR": str(self.places.data),
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.post.port),
            "LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "assurance.project.settings",
        }

    def _program(self, name: str) -> Program:
        celery = (sys.executable, "-m", "celery", "--app", "tests.letters.crash_app", "--quiet")
        schedule = str(self.places.data / "schedule")
        options = {
            WORKER: ("worker", "--concurrency", str(PROCESSES)),
            SCHEDULER: ("beat", "--schedule", schedule, "--pidfile", ""),
        }
        log = self.places.logs / f"{name}.log"
        command = (*celery, *options[name], "--loglevel", "WARNING")
        return Program(name, command, log, self.environ(), Path(settings.BASE_DIR), patience=15.0)

    def _start(self, service: Service) -> None:
        last = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                self.supervisor.start(service.program(), service.answers, service.start_within)
            except DidNotStart:
                # Processes of the one that was killed are still going, and hold its memory.
                child = self.supervisor._children[service.program().name].process
                stop_process(child, signal.SIGKILL, 1.0)
                if time.monotonic() > last:
                    raise
                time.sleep(0.2)
            else:
                return
