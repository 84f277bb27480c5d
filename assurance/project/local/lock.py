"""`make lock`: choose exact versions, with hashes, of everything that pyproject.toml asks for.

Three files, each holding all of the one before it at the same versions: what production needs, what a laptop
needs beside it, and what the tests need beside that. They name no registry: each machine fetches from the
one it is set to, and the hashes make sure that it is the same thing everywhere.
"""

import subprocess
import sys
from pathlib import Path

from assurance.project.environment import PROJECT_FOLDER

REQUIREMENTS = PROJECT_FOLDER / "assurance" / "project" / "requirements"
FILES: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("run", (), None),
    ("local", ("local",), "run"),
    ("test", ("local", "test"), "local"),
)


def faults(text: str) -> list[str]:
    """The lines of a lock file that name an address, or a package without a hash."""
    found = [line for line in text.splitlines() if "://" in line or line.startswith("-")]
    requirements = text.replace("\\\n", " ").splitlines()
    found += [line.split()[0] for line in requirements if "==" in line and "--hash=sha256:" not in line]
    return found


def compile_file(name: str, extras: tuple[str, ...], constraint: str | None, more: list[str]) -> Path:
    """Write one lock file and return it. Raises CalledProcessError when the versions cannot be agreed."""
    target = REQUIREMENTS / f"{name}.txt"
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--quiet"),
        *("--universal", "--python-version", "3.11", "--generate-hashes"),
        *("--no-emit-index-url", "--no-header", "--no-annotate"),
        *(part for extra in extras for part in ("--extra", extra)),
        *(("--constraints", str(REQUIREMENTS / f"{constraint}.txt")) if constraint else ()),
        *more,
        *("--output-file", str(target)),
    ]
    subprocess.run(command, cwd=PROJECT_FOLDER, check=True)
    return target


def main(arguments: list[str]) -> int:
    """Write the three files and return an exit status. `--upgrade` takes the newest versions allowed."""
    for name, extras, constraint in FILES:
        try:
            target = compile_file(name, extras, constraint, arguments)
        except subprocess.CalledProcessError as error:
            return error.returncode
        wrong = faults(target.read_text())
        if wrong:
            print(f"{target.name} may not be committed: {'; '.join(wrong[:3])}", file=sys.stderr)
            return 1
        print(f"{name}.txt is written.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
