"""`make run`: the whole service on this machine, until Ctrl-C.

PostgreSQL and Valkey (unless DATABASE_URL and REDIS_URL name others), then the tables and the data, then the
web server, the worker and the scheduler, all as children of this process. Stopping is orderly: the web first,
the database last.
"""

import errno
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from assurance.project.environment import PROJECT_FOLDER, WORKER_ONLY, Environment, EnvironmentRefused
from assurance.project.local import fingerprint
from assurance.project.local.commands import with_own_programs
from assurance.project.local.places import PlaceRefused
from assurance.project.local.prepare import WATCHED
from assurance.project.local.progress import Progress
from assurance.project.local.provision import ProvisionRefused
from assurance.project.local.stack import Stack, data_folder, local_environ, take_turn
from assurance.project.local.supervisor import Busy, DidNotStart, Program, tail

DEFAULT_PORT = 8000
PURPOSE = "make run"
READY_WITHIN = 120.0
# Every piece of the project's own that collectstatic copies, and what decides which others it copies.
STATIC_WATCHED = ("static/src/**/*", "static/build/**/*", "assurance/project/requirements/run.txt")


class Stopped(BaseException):
    """Somebody asked us to stop: Ctrl-C, or a request to end. Like KeyboardInterrupt, no error to recover from."""


class RunRefused(Exception):
    """The service cannot run. The message says why, for a person to read."""


def main() -> int:
    """Run until asked to stop. Returns 0 after an orderly stop, 1 with a message when it cannot run."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    progress = Progress()
    stack: Stack | None = None
    try:
        host, port = _address(os.environ)
        stack = Stack(data_folder(os.environ), os.environ)
        take_turn(stack, PURPOSE, lambda holder: progress.say(f"Waiting for another command ({holder}) to end."))
        _port_is_free(host, port)
        progress.total = len(stack.services) + 6
        _serve(stack, progress, host, port)
    except Stopped:
        pass
    except Busy as busy:
        print(f"The data is in use by process {busy.holder}. Stop that one first.", file=sys.stderr)
        return 1
    except (DidNotStart, PlaceRefused, ProvisionRefused, EnvironmentRefused, RunRefused) as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    finally:
        if stack is not None:
            _close(stack, progress)
    return 0


def _serve(stack: Stack, progress: Progress, host: str, port: int) -> None:
    """Start everything, say where it is, and keep it running. Ends only by an exception."""
    stack.start(progress)
    with progress.step("Making the database's roles"):
        addresses = stack.addresses()
    environ = with_own_programs(
        addresses.environ(local_environ(os.environ, stack.places.data), HOST=host, PORT=str(port))
    )
    environ.setdefault("SITE_URL", f"http://localhost:{port}")
    environment = Environment.read(environ)
    Environment.read(_worker_environ(environ))
    _prepare(stack, progress, environ, addresses.database.application)
    with progress.step("Collecting static files"):
        _static_files(progress, environ, environment)
    with progress.step("Starting the web server, the worker and the scheduler"):
        programs = _programs(stack, environ)
        for program in programs:
            stack.supervisor.start(program, lambda: True, 0)
    # While the others start, because each start of Django takes a while.
    sign_ins = _sign_ins(environ) if environment.demo else None
    with progress.step("Waiting until everything answers"):
        names = tuple(program.name for program in programs)
        stack.supervisor.wait_for(lambda: _answers(host, port), READY_WITHIN, names)
    _welcome(progress, port, sign_ins)
    while True:
        stack.supervisor.tend()
        time.sleep(0.25)


def _prepare(stack: Stack, progress: Progress, environ: Mapping[str, str], database_url: str) -> None:
    """Migrate as the owner and load the data as the application, unless both were done for these files."""
    stamp = fingerprint.Stamp(stack.places.data / "prepared")
    now = "\n".join(
        [
            fingerprint.of_files(PROJECT_FOLDER, WATCHED),
            fingerprint.of_database(database_url),
            environ["DEMO"],
        ]
    )
    done = stamp.says(now)
    with progress.step("Making the tables"):
        if done:
            progress.note("nothing changed")
        else:
            _run(stack, environ, "migrate", [sys.executable, "manage.py", "migrate", "--verbosity=0"])
    with progress.step("Loading schemes, wording, authorities and the demonstration"):
        if done:
            progress.note("nothing changed")
        else:
            _run(stack, environ, "prepare", [sys.executable, "-m", "assurance.project.local.prepare"])
            stamp.write(now)


def _static_files(progress: Progress, environ: Mapping[str, str], environment: Environment) -> None:
    """Collect and compress the static files and compile the translations, where they have changed."""
    for source in PROJECT_FOLDER.glob("assurance/locale/*/LC_MESSAGES/django.po"):
        _compile_messages(source)
    stamp = fingerprint.Stamp(environment.static_folder.with_name(f"{environment.static_folder.name}.stamp"))
    now = fingerprint.of_files(PROJECT_FOLDER, STATIC_WATCHED)
    if stamp.says(now) and environment.static_folder.is_dir():
        progress.note("nothing changed")
        return
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity=0"]
    finished = subprocess.run(command, cwd=PROJECT_FOLDER, env=environ, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        raise RunRefused(f"The static files could not be collected.\n{finished.stderr}")
    stamp.write(now)


def _compile_messages(source: Path) -> None:
    """Compile one translation if it is newer than what was made of it. Without gettext: English is shown.

    Raises RunRefused when the translation is not well formed.
    """
    compiled = source.with_suffix(".mo")
    program = shutil.which("msgfmt")
    if program is None or (compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime):
        return
    made = subprocess.run(
        [program, "--check-format", "-o", compiled, source], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        raise RunRefused(f"{source.relative_to(PROJECT_FOLDER)} is not well formed.\n{made.stderr}")


def _programs(stack: Stack, environ: Mapping[str, str]) -> tuple[Program, ...]:
    """The web server, the worker and the scheduler, in the order in which they start."""
    python, logs = sys.executable, stack.places.logs
    celery = (python, "-m", "celery", "--app", "assurance.project.celery", "--quiet")
    configuration = str(PROJECT_FOLDER / "assurance" / "project" / "gunicorn_conf.py")
    schedule = str(stack.places.data / "schedule")
    level = ("--loglevel", environ["LOG_LEVEL"])

    def program(name: str, *command: str, patience: float, environ: Mapping[str, str] = environ) -> Program:
        log = logs / f"{name.removeprefix('the ').replace(' ', '-')}.log"
        return Program(name, command, log, environ, PROJECT_FOLDER, patience=patience)

    return (
        # Patience: a worker first lets its tasks finish, then gives back what it could not.
        program(
            "the worker",
            *celery,
            "worker",
            "--concurrency",
            "2",
            *level,
            patience=15.0,
            environ=_worker_environ(environ),
        ),
        program(
            "the scheduler",
            *celery,
            "beat",
            "--schedule",
            schedule,
            "--pidfile",
            "",
            *level,
            patience=5.0,
            environ={**environ, "PROCESS": "scheduler"},
        ),
        program("the web server", python, "-m", "gunicorn", "--config", configuration, patience=15.0),
    )


def _worker_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The worker's own environment: that of the others, and what only the worker may know."""
    given = {name: os.environ[name] for name in WORKER_ONLY if os.environ.get(name)}
    return {**environ, **given, "PROCESS": "worker"}


def _run(stack: Stack, environ: Mapping[str, str], name: str, command: list[str]) -> None:
    """Run one command to its end, its words going to a log. Raises RunRefused with the log's end if it fails.

    A request to stop ends the command first.
    """
    log = stack.places.logs / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=PROJECT_FOLDER,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if status != 0:
        raise RunRefused(f"`{name}` failed. The end of {log}:\n{tail(log, 25)}")


def _sign_ins(environ: Mapping[str, str]) -> subprocess.Popen[str]:
    """Begin to ask how to sign in to the demonstration; the answer is awaited by `_welcome`."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo_sign_ins"],
        cwd=PROJECT_FOLDER,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _welcome(progress: Progress, port: int, sign_ins: subprocess.Popen[str] | None) -> None:
    """Say where the service is, and how to sign in to the demonstration if there is one."""
    progress.say(f"\nReady: http://localhost:{port}\n")
    if sign_ins is not None:
        progress.say(sign_ins.communicate()[0])
    progress.say("Stop with Ctrl-C.")


def _close(stack: Stack, progress: Progress) -> None:
    """Stop everything that we started, whoever presses Ctrl-C again meanwhile."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if not stack.supervisor.has_children:
        stack.close()
        return
    progress.say("\nStopping ...")
    stack.close()
    progress.say("Stopped.")


def _address(environ: Mapping[str, str]) -> tuple[str, int]:
    """HOST and PORT. Raises RunRefused for a port that is not one."""
    given = environ.get("PORT", "").strip() or str(DEFAULT_PORT)
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise RunRefused(f"PORT={given} is not a port: say a number from 1 to 65535.")
    return environ.get("HOST", "").strip() or "127.0.0.1", int(given)


def _port_is_free(host: str, port: int) -> None:
    """Raises RunRefused when the port is taken, or not ours to take."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise RunRefused(f"HOST={host} is not an address of this machine.") from None
    with socket.socket(family, kind, protocol) as probe:
        # As the web server does: a port that was only just let go of is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise RunRefused(
                    f"Port {port} is in use by another program. Choose another: make run PORT={port + 1}"
                ) from None
            raise RunRefused(f"Port {port} of {host} cannot be used: {error.strerror}.") from None


def _answers(host: str, port: int) -> bool:
    """Whether the service says that it, its database, its broker and its worker are all there."""
    nearby = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - asked, not listened on
    connection = http.client.HTTPConnection(nearby, port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
