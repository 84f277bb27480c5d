"""The tables as the migrations make them, kept from one run of tests to the next.

Migrating takes longer than most of what one runs by hand. The server of the tests keeps an empty database for the
state of the migrations and of the packages, and a run begins with a copy of it: a copy of files, in which everything
is as the migrations made it, down to the order in which constraints are checked.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
from django.conf import settings
from psycopg import sql

from assurance.project.local.provision import OWNER

HOME = Path(settings.BASE_DIR)
MADE_BY = ("*/migrations/*.py", "assurance/rls.py", "assurance/project/requirements/test.txt")
PREFIX = "kept_"


def copy_kept(admin_url: str, database: str) -> bool:
    """Make ``database`` from what was kept. Returns whether there was something."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        if _name() not in _kept(admin):
            return False
        names = map(sql.Identifier, (database, _name(), OWNER))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*names))
    return True


def keep(admin_url: str, database: str) -> None:
    """Keep a copy of a database that was just migrated, in place of what was kept before. Nobody may be in it."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for old in _kept(admin):
            admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (_name(), database))))


def _kept(admin: psycopg.Connection) -> list[str]:
    return [name for (name,) in admin.execute("SELECT datname FROM pg_database") if name.startswith(PREFIX)]


def _name() -> str:
    files = sorted({path for pattern in MADE_BY for path in HOME.glob(pattern)})
    state = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files))
    return PREFIX + state.hexdigest()[:32]
