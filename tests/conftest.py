"""What every test stands on: a database as in production, the published schemes, and a small cast.

The tables belong to the owner's role and the tests connect as the application's, which is neither a superuser nor
exempt from row-level security: a query without a scope finds nothing here either. Undefined template variables fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import dj_database_url
import hypothesis
import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import TransactionTestCase
from psycopg import sql
from pytest_django import DjangoDbBlocker

from assurance import access
from assurance.access import Actor
from assurance.models import User
from assurance.project.local.provision import DatabaseUrls, drop_database, provision
from tests.kept_tables import copy_kept, keep
from tests.universe import Universe, all_rows, as_actor

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
KEPT = "kept_for_tests"
"""The schema with a copy of what every test begins with."""

# Read by pytest-django: a template that names a variable which is not there fails its test.
os.environ["FAIL_INVALID_TEMPLATE_VARS"] = "true"

# The same examples every time, and as long as they take: a busy machine is not a fault.
hypothesis.settings.register_profile("house", derandomize=True, deadline=None)
hypothesis.settings.load_profile("house")


LONGEST_FIRST = ("journeys", "matrices", "project", "letters")
"""Folders whose files take longest. With several processes, a long file that is begun last is waited for."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and keep the order otherwise."""
    here = Path(__file__).parent
    ranks = {name: rank for rank, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(here).parts[0], len(ranks)))


class Reset:
    """Puts a database back to what it was, after a test that committed.

    Ids stay the same, because the text of published schemes is remembered by id. Works over a connection of its
    own: the application may not truncate, and published text cannot be written back past its triggers.
    """

    def __init__(self, url: str, tables: list[str]) -> None:
        self.tables = tables
        self._connection = psycopg.connect(url, autocommit=True)
        # A test that leaves a transaction open elsewhere fails here with a word, and does not hang.
        self._connection.execute("SET lock_timeout = '20s'")
        self._connection.execute("SET session_replication_role = replica")
        self._connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(KEPT)))
        self._filled = [table for table in tables if self._keep(table)]

    def __call__(self) -> None:
        everything = sql.SQL(", ").join(map(sql.Identifier, self.tables))
        with self._connection.transaction():
            self._connection.execute(sql.SQL("TRUNCATE {}").format(everything))
            for table in self._filled:
                self._connection.execute(
                    sql.SQL("INSERT INTO {} SELECT * FROM {}").format(sql.Identifier(table), self._copy(table))
                )

    def close(self) -> None:
        self._connection.close()

    def _copy(self, table: str) -> sql.Identifier:
        return sql.Identifier(KEPT, table)

    def _keep(self, table: str) -> bool:
        """Copy a table, and say whether there was anything in it."""
        copied = self._connection.execute(
            sql.SQL("CREATE TABLE {} AS TABLE {}").format(self._copy(table), sql.Identifier(table))
        )
        return copied.rowcount > 0


@contextmanager
def connected_as(url: str) -> Iterator[None]:
    """Django's connection under another role or in another database, for the length of the block."""
    before = connection.settings_dict.copy()
    connection.close()
    connection.settings_dict |= {
        name: value for name, value in dj_database_url.parse(url).items() if name != "CONN_MAX_AGE"
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= before


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[DatabaseUrls]:
    """A database of its own, with the published schemes; the tests' connection is the application's.

    Its value is the database's addresses, for a process of its own.
    """
    admin_url = os.environ.get("DATABASE_ADMIN_URL")
    if not admin_url:
        pytest.exit("Tests need a PostgreSQL of their own. Run them with `make test`.", returncode=2)
    worker = getattr(request.config, "workerinput", {}).get("workerid", "")
    name = f"prevent_tests_{worker}".rstrip("_")
    drop_database(admin_url, name)
    is_migrated = copy_kept(admin_url, name)
    urls = provision(admin_url, database=name)
    if not is_migrated:
        with django_db_blocker.unblock(), connected_as(urls.owner):
            call_command("migrate", verbosity=0, interactive=False)
        keep(admin_url, name)
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        with connected_as(urls.owner):
            tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        with connected_as(urls.application):
            _load_reference_data()
            reset = Reset(_in_database(admin_url, name), tables)
            patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: reset())
            yield urls
            reset.close()
    drop_database(admin_url, name)


def _load_reference_data() -> None:
    """What every test can count on: both schemes published, and the crosswalk between them."""
    schemes = sorted(map(str, (FIXTURES / "schemes").glob("la-*.yaml")))
    unheard = StringIO()
    call_command("load_scheme", *schemes, publish=True, stdout=unheard)
    call_command("load_crosswalk", str(FIXTURES / "schemes" / "crosswalk-la-10-la-8.yaml"), stdout=unheard)


def _in_database(url: str, name: str) -> str:
    return psycopg.conninfo.make_conninfo(url, dbname=name)


@pytest.fixture
def at() -> datetime:
    """A moment at which things happen."""
    return datetime(2025, 11, 10, 10, 0, tzinfo=UTC)


@pytest.fixture
def operator() -> Actor:
    """Whoever runs a command at the console. Has no scope by itself: see ``all_rows``."""
    return access.operator("tests")


@pytest.fixture
def universe(db: None, at: datetime) -> Universe:
    """The cast and their authorities."""
    return Universe(at)


@pytest.fixture(name="as_actor")
def as_actor_fixture(db: None) -> Callable[[User], AbstractContextManager[Actor]]:
    """``with as_actor(universe.lead) as lead:`` a transaction with that person's scope."""
    return as_actor


@pytest.fixture(name="all_rows")
def all_rows_fixture(db: None) -> Callable[[], AbstractContextManager[None]]:
    """``with all_rows():`` a transaction that sees every row, for looking at what was written."""
    return all_rows
