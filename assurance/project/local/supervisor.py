"""Runs programs as children: they start in order, come back when they die, and stop when we stop.

One process at a time may supervise a data folder (`OneAtATime`). Children get a session of their own, so that
Ctrl-C reaches only the supervisor, which then stops them in order; and they are told by the kernel when their
parent dies, so that not even `kill -9` leaves one behind.
"""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from assurance.project.local.places import ServiceUser

PR_SET_PDEATHSIG = 1
SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
# A child that ran this long had recovered: the next failure is a new one.
STEADY_AFTER = 60.0
LARGEST_LOG = 5 * 1024 * 1024
GLANCE = 0.05

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class DidNotStart(Exception):
    """A program ended, or was not ready in time. The message carries the end of its log."""


class Busy(Exception):
    """Another process holds the lock. `holder` is what it wrote about itself: "pid purpose"."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class OneAtATime:
    """An exclusive lock on a folder that the kernel lets go of when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def take(self, purpose: str) -> None:
        """Take the lock, at once or not at all. Raises Busy when another process has it."""
        # Close-on-exec (Python's default): an inherited lock would outlive us in a child.
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode(errors="replace").strip()
            os.close(descriptor)
            raise Busy(holder) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()} {purpose}\n".encode())
        self._file = descriptor

    def release(self) -> None:
        """Let go of the lock, if we have it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


@dataclass(frozen=True)
class Program:
    """What to run and how to stop it. `patience` is how many seconds it gets to stop before it is killed."""

    name: str
    command: tuple[str, ...]
    log: Path
    environ: Mapping[str, str]
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 10.0
    user: ServiceUser | None = None


@dataclass
class Child:
    """A program as it runs now, and when it may be started again if it does not."""

    program: Program
    process: subprocess.Popen[bytes]
    started: float
    pause: float = SHORTEST_PAUSE
    again_at: float | None = None
    restarts: int = field(default=0)


class Supervisor:
    """The children of this process. Not for use from more than one thread: a child dies with its thread."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._children: dict[str, Child] = {}

    def start(self, program: Program, ready: Callable[[], bool], within: float) -> None:
        """Start a program and wait until `ready()` holds.

        Raises DidNotStart when it ends first, or is not ready `within` that many seconds.
        """
        child = Child(program, _spawn(program), time.monotonic())
        self._children[program.name] = child
        self.wait_for(ready, within, (program.name,))

    def wait_for(self, ready: Callable[[], bool], within: float, names: tuple[str, ...]) -> None:
        """Wait until `ready()` holds. Raises DidNotStart when a named program ends or time is up."""
        deadline = time.monotonic() + within
        while not ready():
            for name in names:
                child = self._children[name]
                if child.process.poll() is not None:
                    raise DidNotStart(
                        f"{name} ended with status {child.process.returncode}.\n{tail(child.program.log)}"
                    )
            if time.monotonic() > deadline:
                last = self._children[names[-1]].program
                raise DidNotStart(f"{last.name} was not ready within {within:.0f} seconds.\n{tail(last.log)}")
            time.sleep(GLANCE)

    def tend(self) -> None:
        """Look at every child once. One that died starts again after a pause, which doubles each time."""
        now = time.monotonic()
        for child in self._children.values():
            if child.process.poll() is None:
                continue
            if child.again_at is None:
                if now - child.started > STEADY_AFTER:
                    child.pause = SHORTEST_PAUSE
                child.again_at = now + child.pause
                self._report(
                    f"{child.program.name} stopped (status {child.process.returncode}); "
                    f"starting it again in {child.pause:g} s. Its log: {child.program.log}"
                )
                child.pause = min(child.pause * 2, LONGEST_PAUSE)
            elif now >= child.again_at:
                child.process = _spawn(child.program)
                child.started = now
                child.again_at = None
                child.restarts += 1

    @property
    def has_children(self) -> bool:
        """Whether anything was started and not stopped since."""
        return bool(self._children)

    def process_id(self, name: str) -> int:
        """The process id of the named child. Raises KeyError for a name that was never started."""
        return self._children[name].process.pid

    def stop(self) -> None:
        """Stop every child, last started first, each having ended before the next is asked."""
        for child in reversed(self._children.values()):
            stop_process(child.process, child.program.stop_signal, child.program.patience)
        self._children.clear()


def stop_process(process: subprocess.Popen[bytes], stop_signal: signal.Signals, patience: float) -> None:
    """Ask a child to stop; after `patience` seconds kill it and everything in its session."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented, or a sentence when there is nothing in it."""
    try:
        text = log.read_text(errors="replace").rstrip()
    except OSError:
        text = ""
    if not text:
        return "It wrote nothing to its log."
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, writing to its log. Raises DidNotStart when it cannot be."""
    # A log that nobody empties must not fill the disk of somebody trying things out.
    if program.log.exists() and program.log.stat().st_size > LARGEST_LOG:
        program.log.replace(program.log.with_suffix(".old.log"))
    parent = os.getpid()
    user = program.user
    try:
        with program.log.open("ab") as output:
            return subprocess.Popen(
                program.command,
                cwd=program.folder,
                env=dict(program.environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=None if user is None else user.uid,
                group=None if user is None else user.gid,
                extra_groups=None if user is None else [],
                # Runs after the change of user, which would undo it.
                preexec_fn=lambda: _die_with_parent(parent, program.stop_signal),
            )
    except OSError as error:
        raise DidNotStart(f"{program.name} cannot be run: {error.strerror}.") from None


def _die_with_parent(parent: int, stop_signal: signal.Signals) -> None:
    """In the new child: ask the kernel for a signal when the parent dies. Elsewhere than Linux: nothing."""
    if _LIBC is None:
        return
    _LIBC.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
    # The parent may have died before the kernel was asked.
    if os.getppid() != parent:
        os._exit(1)
