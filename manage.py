#!/usr/bin/env python
"""Run one management command against the database that the environment names.

On a laptop use `make manage CMD='…'`, which starts the database first.
"""

import os
import sys

from django.core.management import execute_from_command_line

from assurance.project.environment import Environment, EnvironmentRefused, database_for


def main() -> None:
    """Run the command in sys.argv; leave with status 1 and a plain message if the environment is refused."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance.project.settings")
    address = database_for(sys.argv[1] if len(sys.argv) > 1 else "", os.environ)
    if address:
        os.environ["DATABASE_URL"] = address
    try:
        Environment.read(os.environ)
    except EnvironmentRefused as refusal:
        sys.exit(str(refusal))
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
