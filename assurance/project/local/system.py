"""Set up this machine, before there is anything to set up with: `python3 system.py run` or `… test`.

Checks the system's libraries and programs, makes the virtual environment and installs the locked packages into
it. Runs as a file, by whatever Python 3.11 or newer the machine has, so it imports nothing but that Python's
own library. Everything is looked at each time and done only when it is missing, so a second run takes no time.

As root on Debian or Ubuntu it installs what is missing. Otherwise it says which packages to install.
"""

import argparse
import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "assurance" / "project" / "requirements"
LOG = ROOT / ".local" / "log" / "setup.log"
OLDEST = (3, 11)


class SetupRefused(Exception):
    """Something is missing that we cannot supply. The message says what to do."""


@dataclass(frozen=True)
class Need:
    """Something of the system's: what it is for, how to find it, and the Debian package that brings it."""

    purpose: str
    package: str
    library: str = ""
    programs: tuple[str, ...] = ()
    module: str = ""

    def is_met(self) -> bool:
        """Whether it is there, by trying it and not by asking the package manager."""
        if self.library:
            try:
                ctypes.CDLL(self.library)
            except OSError:
                return False
        if self.programs and not any(shutil.which(name) for name in self.programs):
            return False
        return not self.module or find_spec(self.module) is not None


VENV_PACKAGE = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
TO_RUN = (
    Need("an environment for Python packages", VENV_PACKAGE, module="ensurepip"),
    Need("letters as PDF", "libpango-1.0-0", library="libpango-1.0.so.0"),
    Need("letters as PDF", "libpangoft2-1.0-0", library="libpangoft2-1.0.so.0"),
    Need("letters as PDF", "libharfbuzz-subset0", library="libharfbuzz-subset.so.0"),
    Need("pages in Welsh", "gettext", programs=("msgfmt",)),
)
TO_TEST = (
    *TO_RUN,
    Need("tests in a browser", "chromium-headless-shell", programs=("chromium-headless-shell", "chromium")),
    Need("looking at letters in tests", "poppler-utils", programs=("pdftoppm",)),
)


def system_packages(needs: tuple[Need, ...]) -> None:
    """Install what is missing, as root on Debian.

    Raises SetupRefused, naming every package at once, when we may not or it fails.
    """
    missing = [need for need in needs if not _met(need)]
    if not missing:
        return
    packages = list(dict.fromkeys(need.package for need in missing))
    purposes = ", ".join(dict.fromkeys(need.purpose for need in missing))
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise SetupRefused(
            f"Some system packages are missing (for {purposes}). On Debian or Ubuntu:\n"
            f"    sudo apt-get install {' '.join(packages)}\n"
            "Elsewhere, install what brings the same programs and libraries. Then try again."
        )
    with _Step(f"Installing system packages ({', '.join(packages)})"):
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
        # An old list names files that the archive no longer has, so the list comes first.
        for command in (["apt-get", "update", "--quiet"], install):
            _run(command, environ)
    still = [need.package for need in missing if not _met(need)]
    if still:
        raise SetupRefused(f"Installed, but still not to be found: {', '.join(still)}.")


def environment() -> None:
    """Make the virtual environment, anew when the one there does not work. Raises SetupRefused if it fails."""
    asked = "import sys; sys.exit(sys.version_info < (3, 11))"
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", asked], capture_output=True, check=False).returncode == 0:
        return
    with _Step("Making the Python environment"):
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)], dict(os.environ))


def packages(names: tuple[str, ...]) -> None:
    """Install the first of the named lock files, unless one of them is installed as it is now.

    The later names hold all of the first one's packages at the same versions, and more. Every file that is
    fetched must have the hash in the lock. Raises SetupRefused when that fails.
    """
    if any(_stamp(name).is_file() and _stamp(name).read_text() == _digest(name) for name in names):
        return
    name = names[0]
    with _Step("Installing Python packages (the first time this takes a minute or two)"):
        _run(
            [
                str(PYTHON),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
                "--require-hashes",
                "--requirement",
                str(REQUIREMENTS / f"{name}.txt"),
            ],
            dict(os.environ),
        )
    _stamp(name).write_text(_digest(name))


def main(arguments: list[str]) -> int:
    """Set up for the purpose in `arguments` and return an exit status: 1, with what to do, when we cannot."""
    parser = argparse.ArgumentParser(description="Set up this machine.")
    parser.add_argument("purpose", choices=("run", "test"))
    purpose = parser.parse_args(arguments).purpose
    try:
        if sys.version_info < OLDEST:
            raise SetupRefused("Python 3.11 or newer is needed.")
        system_packages(TO_RUN if purpose == "run" else TO_TEST)
        environment()
        packages(("local", "test") if purpose == "run" else ("test",))
    except SetupRefused as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    return 0


class _Step:
    """A line that says what is being done and how long it took."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._began = 0.0

    def __enter__(self) -> None:
        print(f"{self._title} ... ", end="", flush=True)
        self._began = time.monotonic()

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        words = f"done in {time.monotonic() - self._began:.0f} s" if kind is None else "failed"
        print(words, flush=True)


def _met(need: Need) -> bool:
    # The environment that is there already was made with ensurepip, whatever this Python lacks.
    return need.is_met() or (need.module == "ensurepip" and PYTHON.exists())


def _run(command: list[str], environ: dict[str, str]) -> None:
    """Run a command, its words going to a log. Raises SetupRefused with the end of the log when it fails."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("wb") as log:
        finished = subprocess.run(
            command, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    if finished.returncode != 0:
        last = LOG.read_text(errors="replace").splitlines()[-15:]
        raise SetupRefused("\n".join([f"`{' '.join(command[:4])} …` failed. The end of {LOG}:", *last]))


def _digest(name: str) -> str:
    return hashlib.sha256((REQUIREMENTS / f"{name}.txt").read_bytes()).hexdigest()


def _stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
