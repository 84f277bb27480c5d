"""`make test`: every check and test, on services of its own that nothing else uses.

    python -m assurance.project.local.test                  every check, then every test
    python -m assurance.project.local.test --all -k letter  every check, then some of the tests
    python -m assurance.project.local.test --lint           the checks that need no database
    python -m assurance.project.local.test pytest -k letter any command, with the tests' environment

A running `make run` is not disturbed, and two of these at once do not disturb each other: each takes the
first folder of `.local/test`, `.local/test-2`, … that is free. The whole run takes one for each core, and pytest
gives each of its processes the services of one (tests/own_services.py).
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from assurance.project.environment import PROJECT_FOLDER, Environment
from assurance.project.local.commands import run_command
from assurance.project.local.places import PlaceRefused
from assurance.project.local.progress import Progress
from assurance.project.local.provision import ProvisionRefused
from assurance.project.local.stack import Stack
from assurance.project.local.supervisor import Busy, DidNotStart

FOLDERS = ("test", *(f"test-{number}" for number in range(2, 20)))
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
"""How pytest hands tests out: a file to a process at a time, in the order that tests/conftest.py gives."""
MOST_PROCESSES = 4
"""Of pytest in a whole run, however many cores there are."""

LINT = (
    ("Style", ("ruff", "check", ".")),
    ("Layout", ("ruff", "format", "--check", ".")),
    ("Imports go one way", ("lint-imports", "--no-cache")),
    ("Types", ("mypy",)),
)
MIGRATIONS = (
    "Migrations are complete",
    (sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"),
)


def environ_for_tests(environ: Mapping[str, str], data: Path) -> dict[str, str]:
    """The environment of the tests, addresses apart. Nothing set for `make run` reaches them."""
    ours = {name.upper() for name in Environment.model_fields}
    return {
        **{name: value for name, value in environ.items() if name not in ours},
        "SERVICE": "test",
        "SECRET_KEY": "a key for tests, which opens nothing",
        "LOG_LEVEL": "WARNING",
        "DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": "assurance.project.settings",
        "PYTHONUNBUFFERED": "1",
    }


def lint(environ: Mapping[str, str]) -> list[str]:
    """Run the checks that need no database and return the titles of those that failed."""
    return [title for title, command in LINT if not _step(title, command, environ)]


def everything(environs: Sequence[Mapping[str, str]], pytest_arguments: list[str]) -> list[str]:
    """Run every check and then the tests, whatever failed before, and return the titles of what failed.

    Args:
        environs: one for each process of pytest, with the addresses of its services.
    """
    # As a module, so that the plugin is found: pytest's own program does not look into this folder.
    pytest = (sys.executable, "-m", "pytest", "-p", "tests.own_services", "--numprocesses", str(len(environs)))
    environ = {**environs[0], "TEST_ENVIRONS": json.dumps(environs)}
    failed = lint(environ)
    for title, command in (MIGRATIONS, ("Tests", (*pytest, *BY_FILE, *pytest_arguments))):
        if not _step(title, command, environ):
            failed.append(title)
    return failed


def main(arguments: list[str]) -> int:
    """Do what the arguments say (see above) and return an exit status."""
    folder = PROJECT_FOLDER / ".local"
    if arguments[:1] == ["--lint"]:
        # Nothing connects to these; the settings only insist on having them.
        nowhere = {"DATABASE_URL": "postgresql:///nowhere", "REDIS_URL": "unix:///nowhere"}
        return _verdict(lint({**environ_for_tests(os.environ, folder / "test"), **nowhere}))
    whole = not arguments or arguments[0] == "--all"
    processes = min(os.cpu_count() or 1, MOST_PROCESSES) if whole else 1
    try:
        with ExitStack() as open_stacks:
            environs = [open_stacks.enter_context(_services(folder)) for _process in range(processes)]
            if whole:
                return _verdict(everything(environs, arguments[1:]))
            return run_command(arguments[1:] if arguments[0] == "--" else arguments, environs[0])
    except (DidNotStart, PlaceRefused, ProvisionRefused) as refusal:
        print(refusal, file=sys.stderr)
        return 1


@contextmanager
def _services(folder: Path) -> Iterator[dict[str, str]]:
    """Services of our own; gives the environment of tests that use them."""
    stack = _free_stack(folder)
    try:
        stack.start(Progress())
        yield stack.addresses().environ(environ_for_tests(os.environ, stack.places.data))
    finally:
        stack.close()


def _free_stack(folder: Path) -> Stack:
    """The services of the first folder that no other test run has. Raises DidNotStart when all are taken."""
    for name in FOLDERS:
        stack = Stack(folder / name, os.environ, throwaway=True)
        try:
            stack.lock.take("test")
        except Busy:
            continue
        return stack
    raise DidNotStart(f"{len(FOLDERS)} test runs are going on already. Wait for one to finish.")


def _step(title: str, command: tuple[str, ...], environ: Mapping[str, str]) -> bool:
    """Run one check under its title and say whether it passed."""
    print(f"\n=== {title}", flush=True)
    return run_command(command, environ) == 0


def _verdict(failed: list[str]) -> int:
    """Say what failed, if anything did, and return the exit status."""
    if failed:
        print(f"\nFailed: {', '.join(failed)}.", flush=True)
        return 1
    print("\nEverything passed.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
