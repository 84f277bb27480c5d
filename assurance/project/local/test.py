"""`make test`: every check and test, on services of its own that nothing else uses.

    python -m assurance.project.local.test                  every check, then every test
    python -m assurance.project.local.test --all -k letter  every check, then some of the tests
    python -m assurance.project.local.test --lint           the checks that need no database
    python -m assurance.project.local.test pytest -k letter any command, with the tests' environment

A running `make run` is not disturbed, and two of these at once do not disturb each other: each takes the
first folder of `.local/test`, `.local/test-2`, … that is free.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from assurance.project.environment import PROJECT_FOLDER, Environment
from assurance.project.local.commands import run_command
from assurance.project.local.places import PlaceRefused
from assurance.project.local.progress import Progress
from assurance.project.local.provision import ProvisionRefused
from assurance.project.local.stack import Stack
from assurance.project.local.supervisor import Busy, DidNotStart

FOLDERS = ("test", *(f"test-{number}" for number in range(2, 10)))

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


def everything(environ: Mapping[str, str], pytest_arguments: list[str]) -> list[str]:
    """Run every check and then the tests, whatever failed before, and return the titles of what failed."""
    failed = lint(environ)
    for title, command in (MIGRATIONS, ("Tests", ("pytest", *pytest_arguments))):
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
    try:
        stack = _free_stack(folder)
        try:
            stack.start(Progress())
            environ = stack.addresses().environ(environ_for_tests(os.environ, stack.places.data))
            if not arguments or arguments[0] == "--all":
                return _verdict(everything(environ, arguments[1:]))
            return run_command(arguments[1:] if arguments[0] == "--" else arguments, environ)
        finally:
            stack.close()
    except (DidNotStart, PlaceRefused, ProvisionRefused) as refusal:
        print(refusal, file=sys.stderr)
        return 1


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
