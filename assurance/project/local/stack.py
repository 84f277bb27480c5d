"""The database and the broker that a local command works on: embedded, or what the environment names.

Three kinds of command want them. `make run` and `make test` have them to themselves. `make manage` shares
those of a running `make run`, or starts its own and stops what it started; several of them may overlap, and
the one that started the services waits for the others before it stops them.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from assurance.project.environment import PROJECT_FOLDER, WORKER_ONLY
from assurance.project.local.places import Places, settle
from assurance.project.local.progress import Progress
from assurance.project.local.provision import (
    DatabaseUrls,
    check_broker,
    provision,
    provision_given,
    write_private,
)
from assurance.project.local.services import PostgreSQL, Service, Valkey
from assurance.project.local.supervisor import Busy, OneAtATime, Supervisor

DATABASE = "prevent"
TURN_WAIT = 60.0


@dataclass(frozen=True)
class Addresses:
    """Where everything is. `admin` is None on a server that somebody else looks after."""

    database: DatabaseUrls
    redis: str
    admin: str | None

    def environ(self, base: Mapping[str, str], **more: str) -> dict[str, str]:
        """`base` with these addresses in it, for a child process, and `more` on top."""
        found = {
            **base,
            "DATABASE_URL": self.database.application,
            "DATABASE_OWNER_URL": self.database.owner,
            "REDIS_URL": self.redis,
            **more,
        }
        if self.admin is None:
            found.pop("DATABASE_ADMIN_URL", None)
        else:
            found["DATABASE_ADMIN_URL"] = self.admin
        return found


class Stack:
    """The services for one data folder, once they are open. Children of `supervisor` belong to us alone."""

    def __init__(self, data_folder: Path, environ: Mapping[str, str], *, throwaway: bool = False) -> None:
        self.environ = environ
        self.throwaway = throwaway
        self.places: Places = settle(data_folder)
        self.lock = OneAtATime(self.places.data / "lock")
        self.supervisor: Supervisor = Supervisor(lambda words: print(words, flush=True))
        self.postgresql: PostgreSQL | None = None
        self.valkey: Valkey | None = None
        # A server of the tests' own is wanted in tests whatever the environment says: tests wipe it.
        if throwaway or not environ.get("DATABASE_URL"):
            self.postgresql = PostgreSQL(self.places, throwaway=throwaway)
        if throwaway or not environ.get("REDIS_URL"):
            self.valkey = Valkey(self.places, throwaway=throwaway)

    @property
    def services(self) -> tuple[Service, ...]:
        """The embedded services that are wanted here, in the order in which they start."""
        return tuple(service for service in (self.postgresql, self.valkey) if service is not None)

    def start(self, progress: Progress) -> None:
        """Start the embedded services as our children. We must hold the lock.

        Whatever still answers on their sockets belongs to nobody, because we hold the lock: it is stopped
        first, so that what runs is ours and dies with us. Raises DidNotStart or PlaceRefused.
        """
        for service in self.services:
            with progress.step(f"Starting {service.name}"):
                service.stop_stray()
                service.prepare()
                self.supervisor.start(service.program(), service.answers, service.start_within)

    def answer(self) -> bool:
        """Whether every embedded service is up, whoever started it."""
        return all(service.answers() for service in self.services)

    def addresses(self) -> Addresses:
        """Make the roles and the database ready and say where they are.

        Raises ProvisionRefused when a server that was given cannot be used.
        """
        redis_url = self.valkey.url if self.valkey else self.environ["REDIS_URL"]
        check_broker(redis_url)
        if self.postgresql is None:
            urls = provision_given(
                self.environ["DATABASE_URL"],
                self.environ.get("DATABASE_OWNER_URL") or None,
                self.places.data / "database-passwords.json",
            )
            return Addresses(urls, redis_url, admin=None)
        urls = provision(self.postgresql.admin_url, database=DATABASE, for_tests=self.throwaway)
        return Addresses(urls, redis_url, admin=self.postgresql.admin_url)

    def close(self) -> None:
        """Stop our children and let the lock go."""
        self.supervisor.stop()
        self.lock.release()


def data_folder(environ: Mapping[str, str]) -> Path:
    """DATA_DIR, or `.local` in the checkout."""
    given = environ.get("DATA_DIR", "").strip()
    return Path(given) if given else PROJECT_FOLDER / ".local"


def local_environ(environ: Mapping[str, str], data: Path) -> dict[str, str]:
    """The environment of everything that `make run` and `make manage` start, addresses apart.

    Always a local service, whatever SERVICE says: these commands are for trying things out. The secret key
    is made once for each data folder, so that people stay signed in across a restart. What only the worker may
    know is not in it.
    """
    file = data / "secret-key"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(50))
    return {
        "DEMO": "true",
        "LOG_LEVEL": "WARNING",
        "SECRET_KEY": file.read_text().strip(),
        **{name: value for name, value in environ.items() if value and name not in WORKER_ONLY},
        "SERVICE": "local",
        "DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": "assurance.project.settings",
        "PYTHONUNBUFFERED": "1",
    }


@contextmanager
def shared(stack: Stack, purpose: str, progress: Progress) -> Iterator[None]:
    """Services for one command: somebody else's if they run, else our own, stopped afterwards.

    Raises Busy when somebody else has them and they do not answer in time, DidNotStart when ours do not.
    """
    with _user_of(stack.places.data / "users", stack) as close:
        deadline = time.monotonic() + TURN_WAIT
        while True:
            try:
                stack.lock.take(purpose)
                break
            except Busy:
                # Somebody has them. They may still be starting, or just be stopping.
                if stack.answer():
                    yield
                    return
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        try:
            stack.start(progress)
        except BaseException:
            # Nobody else can be using what did not start, so there is nobody to wait for.
            stack.close()
            raise
        try:
            yield
        finally:
            close()


@contextmanager
def _user_of(path: Path, stack: Stack) -> Iterator[Callable[[], None]]:
    """Count as a user of the services; gives the function by which their owner closes them.

    Users hold a shared lock. The owner closes only when it can hold that lock alone, which is when the last
    of the others has finished.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def close() -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        stack.close()

    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield close
    finally:
        os.close(descriptor)


def take_turn(stack: Stack, purpose: str, waiting: Callable[[str], None]) -> None:
    """Take the lock for ourselves, waiting for a management command that has it.

    Calls `waiting` once with the holder's "pid purpose". Raises Busy when a holder with the same purpose has
    it, or waiting takes too long.
    """
    deadline = time.monotonic() + TURN_WAIT
    told = False
    while True:
        try:
            stack.lock.take(purpose)
            return
        except Busy as busy:
            if busy.holder.partition(" ")[2] == purpose or time.monotonic() > deadline:
                raise
            if not told:
                waiting(busy.holder)
                told = True
            time.sleep(0.1)
