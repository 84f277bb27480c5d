"""Fill the database with what the service needs to begin with: `python -m assurance.project.local.prepare`.

Reference data first, then the demonstration where DEMO is on. Every command may be run again and changes
nothing when nothing has changed, so an interrupted start simply begins again.
"""

import os
import sys

import django
from django.conf import settings
from django.core.management import CommandError, call_command

from assurance.project.environment import PROJECT_FOLDER, EnvironmentRefused

FIXTURES = PROJECT_FOLDER / "fixtures"

# What decides whether it must be done again: the tables, the data, and the code that loads it.
WATCHED = (
    "*/migrations/*.py",
    "*/management/commands/*.py",
    "**/demo*.py",
    "**/demo/**/*.py",
    "benchmarks/*.py",
    "fixtures/**/*",
)


def commands(*, demo: bool) -> list[tuple[str, list[str]]]:
    """The management commands to run, in order, each with its arguments."""
    wording = [str(path) for path in sorted((FIXTURES / "wording").glob("*.yaml"))]
    schemes = [str(FIXTURES / "schemes" / name) for name in ("la-8.yaml", "la-10.yaml")]
    found = [
        ("load_scheme", [*schemes, "--publish"]),
        ("load_crosswalk", [str(FIXTURES / "schemes" / "crosswalk-la-10-la-8.yaml")]),
        ("load_wording", [*wording, "--publish"]),
        ("load_authorities", [str(FIXTURES / "authorities.csv")]),
    ]
    if demo:
        found += [("load_demo", []), ("load_demo_letters", [])]
    return found


def main() -> int:
    """Run the commands and return an exit status: 1, with the reason, when one of them refuses its data."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.project.settings")
    try:
        django.setup()
        for name, arguments in commands(demo=settings.DEMO):
            print(f"  {name}", flush=True)
            call_command(name, *arguments)
    except (CommandError, EnvironmentRefused) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
