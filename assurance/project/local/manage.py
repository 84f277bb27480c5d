"""`make manage CMD='…'`: one management command on the database that `make run` uses.

Uses the services of a running `make run`, or starts its own and stops them afterwards. Commands that change
tables run as the tables' owner, all others as the application, so that row-level security binds them.
"""

import os
import sys

from assurance.project.environment import EnvironmentRefused
from assurance.project.local.commands import run_command
from assurance.project.local.places import PlaceRefused
from assurance.project.local.progress import Progress
from assurance.project.local.provision import ProvisionRefused
from assurance.project.local.stack import Stack, data_folder, local_environ, shared
from assurance.project.local.supervisor import Busy, DidNotStart


def main(arguments: list[str]) -> int:
    """Run `manage.py` with these arguments and return its exit status; 1 when it could not be run at all."""
    if not arguments:
        print("Say which command: make manage CMD='migrate'", file=sys.stderr)
        return 2
    try:
        stack = Stack(data_folder(os.environ), os.environ)
        # What the command prints may be read by another program, so there is no progress to be seen here.
        with shared(stack, f"manage {arguments[0]}", Progress(quiet=True)):
            environ = stack.addresses().environ(local_environ(os.environ, stack.places.data))
            return run_command([sys.executable, "manage.py", *arguments], environ)
    except Busy as busy:
        print(f"Another process ({busy.holder}) has the services, and they do not answer.", file=sys.stderr)
    except (DidNotStart, PlaceRefused, ProvisionRefused, EnvironmentRefused) as refusal:
        print(refusal, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
