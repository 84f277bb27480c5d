"""A check that the second lock is not picked by the key that we ourselves hold."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error
from django.db import connections

OLDEST_POSTGRESQL = 15


def check_database_role(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Errors when row-level security would not bind us, or the server is too old for the policies.

    A superuser, or a role with BYPASSRLS, sees every authority's rows whatever the policies say. Connects to
    each of `databases`; without databases (most commands) it does nothing. Raises OperationalError when a
    database cannot be reached.
    """
    messages: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolname, rolsuper, rolbypassrls, current_setting('server_version_num')::int / 10000 "
                "FROM pg_roles WHERE rolname = current_user"
            )
            role, superuser, bypasses, version = cursor.fetchone()
        if superuser or bypasses:
            attribute = "is a superuser" if superuser else "has BYPASSRLS"
            messages.append(
                Error(
                    f"The database role {role} {attribute}, so row-level security does not bind it.",
                    hint="Give DATABASE_URL a role that is neither a superuser nor has BYPASSRLS.",
                    id="assurance.E001",
                )
            )
        if version < OLDEST_POSTGRESQL:
            messages.append(
                Error(
                    f"PostgreSQL {version} is too old.",
                    hint=f"Use PostgreSQL {OLDEST_POSTGRESQL} or newer.",
                    id="assurance.E002",
                )
            )
    return messages
