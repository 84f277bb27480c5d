"""The database's own idea of whose rows may be touched: what row-level security compares.

Settings are local to the transaction, so a scope cannot leak through the connection pool to the next request.
Everything here needs an open transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.db import connection, transaction


def begin(person_id: int) -> list[dict[str, Any]]:
    """Set the scope of a person from their memberships, and return those memberships. One query.

    The database function (migration 0002) works out the readable authorities by itself, so that a mistake in
    ``access.py`` does not open the second lock as well.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT assurance_begin(%s)", [person_id])
        (grants,) = cursor.fetchone()
    return json.loads(grants) if isinstance(grants, str) else grants


def reaching(authority_ids: Sequence[int], roles: Iterable[str], on: date) -> list[dict[str, Any]]:
    """The memberships of these roles that reach the authorities on a day, beyond the scope. One query.

    The database function (migration 0009) answers whoever reaches all of them for the Home Office, and nobody else.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT assurance_readers(%s, %s, %s)", [list(authority_ids), sorted(roles), on])
        (found,) = cursor.fetchone()
    return json.loads(found) if isinstance(found, str) else found


@contextmanager
def authorities(ids: Iterable[int]) -> Iterator[None]:
    """A transaction that sees the rows of these authorities only. For tasks."""
    with _scoped("{" + ",".join(str(int(one)) for one in ids) + "}", "off"):
        yield


@contextmanager
def everything() -> Iterator[None]:
    """A transaction that sees every row. For management commands and the sweeper, never for a request."""
    with _scoped("{}", "on"):
        yield


@contextmanager
def _scoped(authority_ids: str, see_everything: str) -> Iterator[None]:
    """Inside another transaction the scope before is put back, so that the wider one does not outlive its block.

    What only the Home Office reads is in neither scope but that of everything: no task writes for an authority what
    the authority may not see.
    """
    with transaction.atomic():
        before = _settings() if connection.savepoint_ids else None
        _set(authority_ids, see_everything, "{}")
        yield
        if before is not None:
            _set(*before)


def _settings() -> tuple[str, str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('assurance.authorities', true), ''),"
            " coalesce(current_setting('assurance.everything', true), ''),"
            " coalesce(current_setting('assurance.home_office', true), '')"
        )
        authority_ids, see_everything, home_office_ids = cursor.fetchone()
    return authority_ids, see_everything, home_office_ids


def _set(authority_ids: str, see_everything: str, home_office_ids: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('assurance.authorities', %s, true), set_config('assurance.everything', %s, true),"
            " set_config('assurance.home_office', %s, true)",
            [authority_ids, see_everything, home_office_ids],
        )
