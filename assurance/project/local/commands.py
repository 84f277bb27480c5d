"""Running one command in the foreground, so that Ctrl-C reaches it and its status is ours."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from assurance.project.environment import PROJECT_FOLDER


def run_command(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command in the project's folder and return its exit status; 127 when there is no such program.

    Ctrl-C is the command's to answer, and a request to end is passed on to it, so that what we started for it
    is stopped only after it has finished.
    """
    try:
        process = subprocess.Popen(command, cwd=PROJECT_FOLDER, env=with_own_programs(environ))
    except FileNotFoundError:
        print(f"There is no program {command[0]}.", file=sys.stderr)
        return 127

    def pass_on(number: int, frame: FrameType | None) -> None:
        process.send_signal(number)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    # Ended by a signal: say so as a shell does.
    return 128 - status if status < 0 else status


def with_own_programs(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with our virtual environment's programs before everybody else's."""
    own = str(Path(sys.executable).parent)
    return {**environ, "PATH": os.pathsep.join([own, environ.get("PATH", os.defpath)])}
