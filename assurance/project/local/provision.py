"""Two roles for one database: the owner changes tables, the application only reads and writes rows.

Row-level security binds neither a superuser nor a role with BYPASSRLS, so the application must be neither,
and it must not own the tables if there is a choice. Everything here can be done again and changes nothing.

Run as `python -m assurance.project.local.provision` where an operator has a server of their own: it reads
DATABASE_ADMIN_URL, and takes the names and passwords of both roles from DATABASE_OWNER_URL and DATABASE_URL.
"""

import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

OWNER = "prevent_owner"
APPLICATION = "prevent_app"
OLDEST_POSTGRESQL = 15
OLDEST_BROKER = 7

# Any number will do, as long as it is always this one: two processes provisioning at once take turns.
TURN = 726_002_015

TABLE_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


class ProvisionRefused(Exception):
    """The server cannot be used as it is. The message says why and what to do, for a person to read."""


@dataclass(frozen=True)
class DatabaseUrls:
    """The addresses to use: `owner` for migrations, `application` for everything else."""

    owner: str
    application: str


@dataclass(frozen=True)
class Passwords:
    """Passwords for the two roles. None where the server trusts the socket."""

    owner: str
    application: str


def provision(
    admin_url: str,
    *,
    database: str | None = None,
    passwords: Passwords | None = None,
    names: tuple[str, str] = (OWNER, APPLICATION),
    for_tests: bool = False,
) -> DatabaseUrls:
    """Make the roles, the database and the rights, and return the two addresses.

    `admin_url` connects as a role that may create roles. `database` is made, owned by the owner role, when it
    is not there; None means the database that `admin_url` names. `for_tests` lets the application truncate,
    which Django's test cases do between tests that commit. What a migration has revoked is not granted again:
    rights are given by default privileges, when a table is made.

    Raises ProvisionRefused when the server is too old, cannot be reached, or does not allow it.
    """
    owner, application = names
    try:
        with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
            check_server(admin)
            admin.execute("SELECT pg_advisory_lock(%s)", [TURN])
            _role(admin, owner, passwords.owner if passwords else None)
            _role(admin, application, passwords.application if passwords else None)
            name = database or admin.info.dbname
            _database(admin, name, owner, application)
        urls = DatabaseUrls(
            owner=_address(admin_url, owner, passwords.owner if passwords else None, name),
            application=_address(admin_url, application, passwords.application if passwords else None, name),
        )
        with psycopg.connect(_in_database(admin_url, name), autocommit=True, connect_timeout=10) as admin:
            _schema(admin, owner, application)
            _may(admin, name, owner, application)
        with psycopg.connect(urls.owner, autocommit=True, connect_timeout=10) as connection:
            _default_rights(connection, application, (*TABLE_RIGHTS, *(["TRUNCATE"] if for_tests else [])))
        with psycopg.connect(urls.application, connect_timeout=10) as connection:
            check_role(connection)
    except psycopg.Error as error:
        raise ProvisionRefused(f"The database cannot be made ready: {_plain(error)}") from None
    return urls


def provision_given(database_url: str, owner_url: str | None, secrets_file: Path) -> DatabaseUrls:
    """The addresses to use on a server that somebody gave us.

    With `owner_url`, both addresses are used as they are. Otherwise, when the role may create roles, the two
    roles are made there, with random passwords kept in `secrets_file`; when it may not, it is used for both,
    because FORCE ROW LEVEL SECURITY binds an owner too.

    Raises ProvisionRefused when the server is too old, cannot be reached, or the role escapes row security.
    """
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            check_server(connection)
            may_create = connection.execute(
                "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            if owner_url or may_create != (True,):
                check_role(connection)
                return DatabaseUrls(owner=owner_url or database_url, application=database_url)
            server = f"{connection.info.host}:{connection.info.port}"
    except psycopg.Error as error:
        raise ProvisionRefused(f"DATABASE_URL cannot be used: {_plain(error)}") from None
    return provision(database_url, passwords=_kept_passwords(secrets_file, server))


def check_server(connection: psycopg.Connection) -> None:
    """Raises ProvisionRefused when the server is older than the policies need."""
    version = connection.info.server_version // 10_000
    if version < OLDEST_POSTGRESQL:
        raise ProvisionRefused(
            f"The server is PostgreSQL {version}; PostgreSQL {OLDEST_POSTGRESQL} or newer is needed."
        )


def check_role(connection: psycopg.Connection) -> None:
    """Raises ProvisionRefused when the connected role is one that row-level security does not bind."""
    row = connection.execute(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    if row is not None and (row[1] or row[2]):
        raise ProvisionRefused(
            f"The role {row[0]} is {'a superuser' if row[1] else 'allowed to bypass row security'}, so the "
            "separation of authorities would not bind it. Use a role that is neither."
        )


def check_broker(redis_url: str) -> None:
    """Raises ProvisionRefused when Redis or Valkey is too old, or does not answer."""
    client = redis.Redis.from_url(redis_url, socket_connect_timeout=5, socket_timeout=5)
    try:
        found = client.info("server")
    except (redis.RedisError, OSError) as error:
        raise ProvisionRefused(f"REDIS_URL cannot be used: {error}") from None
    finally:
        client.close()
    # Valkey gives the version of Redis that it stands in for under this name too.
    version = str(found.get("redis_version", "0"))
    if int(version.split(".")[0]) < OLDEST_BROKER:
        raise ProvisionRefused(f"The broker is Redis {version}; Redis or Valkey {OLDEST_BROKER} or newer is needed.")


def drop_database(admin_url: str, name: str) -> None:
    """Drop a database, ending whatever is connected to it. Nothing happens when there is none.

    Raises psycopg.Error when the role may not.
    """
    with psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _role(admin: psycopg.Connection, name: str, password: str | None) -> None:
    """Make a role that can sign in and nothing else, and give it its password.

    The negative attributes are left unsaid: they are the default, and before PostgreSQL 16 only a superuser
    may even say them. Raises ProvisionRefused when the role exists and escapes row security.
    """
    row = admin.execute(
        "SELECT rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole FROM pg_roles WHERE rolname = %s",
        [name],
    ).fetchone()
    identifier = sql.Identifier(name)
    if row is None:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(identifier))
    elif row[0]:
        raise ProvisionRefused(
            f"The role {name} exists with more rights than it may have here. "
            f"Run: ALTER ROLE {name} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
        )
    if password is not None:
        # Hashed here, so that the password itself is in no log of the server's.
        hashed = admin.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(identifier, sql.Literal(hashed)))


def _database(admin: psycopg.Connection, name: str, owner: str, application: str) -> None:
    """Make the database if there is none, and let both roles connect to it."""
    exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    identifier = sql.Identifier(name)
    if exists is None:
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(identifier, sql.Identifier(owner)))
    admin.execute(sql.SQL("GRANT CONNECT, CREATE ON DATABASE {} TO {}").format(identifier, sql.Identifier(owner)))
    admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(identifier, sql.Identifier(application)))


def _schema(admin: psycopg.Connection, owner: str, application: str) -> None:
    """Let the owner make tables in the public schema, and the application use what is there."""
    admin.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(sql.Identifier(owner)))
    admin.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(application)))


def _may(admin: psycopg.Connection, database: str, owner: str, application: str) -> None:
    """Raises ProvisionRefused when a grant did not take: PostgreSQL only warns about that."""
    row = admin.execute(
        "SELECT has_schema_privilege(%(owner)s, 'public', 'CREATE'), "
        "has_schema_privilege(%(application)s, 'public', 'USAGE'), "
        "has_database_privilege(%(application)s, %(database)s, 'CONNECT')",
        {"owner": owner, "application": application, "database": database},
    ).fetchone()
    if row != (True, True, True):
        raise ProvisionRefused(
            f"The role of DATABASE_URL may create roles but may not share the database {database} with them. "
            f"Make it the database's owner, or run as a superuser: "
            f"GRANT USAGE, CREATE ON SCHEMA public TO {owner}; GRANT USAGE ON SCHEMA public TO {application}"
        )


def _default_rights(connection: psycopg.Connection, application: str, rights: tuple[str, ...]) -> None:
    """As the owner: whatever it makes from now on, the application may use."""
    to = sql.Identifier(application)
    for grant in (f"{', '.join(rights)} ON TABLES", "USAGE, SELECT ON SEQUENCES", "EXECUTE ON FUNCTIONS"):
        connection.execute(sql.SQL("ALTER DEFAULT PRIVILEGES GRANT {} TO {}").format(sql.SQL(grant), to))


def _address(admin_url: str, role: str, password: str | None, database: str) -> str:
    """The administrator's address with another role and database."""
    parts = urlsplit(_in_database(admin_url, database))
    host = parts.netloc.rpartition("@")[2]
    secret = "" if password is None else f":{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{quote(role, safe='')}{secret}@{host}"))


def _in_database(url: str, database: str) -> str:
    """The same address for another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{quote(database, safe='')}"))


def _kept_passwords(file: Path, server: str) -> Passwords:
    """The passwords for one server, made at random the first time and kept in a file for us alone."""
    kept = json.loads(file.read_text()) if file.exists() else {}
    if server not in kept:
        kept[server] = {"owner": secrets.token_urlsafe(32), "application": secrets.token_urlsafe(32)}
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, json.dumps(kept, indent=2))
    return Passwords(**kept[server])


def write_private(file: Path, text: str) -> None:
    """Write a file that only we may read. Whole or not at all: it is moved into place when written."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(text)
    unfinished.replace(file)


def _plain(error: psycopg.Error) -> str:
    """The server's first line, without the address it was given, which may hold a password."""
    return (error.diag.message_primary or str(error)).splitlines()[0].strip()


def from_environment(environ: Mapping[str, str]) -> DatabaseUrls:
    """Provision an operator's server from the three addresses in the environment.

    Raises ProvisionRefused when one of them is missing or lacks a password, or the server does not allow it.
    """
    for name in ("DATABASE_ADMIN_URL", "DATABASE_OWNER_URL", "DATABASE_URL"):
        if not environ.get(name):
            raise ProvisionRefused(f"{name} is needed.")
    owner, application = urlsplit(environ["DATABASE_OWNER_URL"]), urlsplit(environ["DATABASE_URL"])
    if not (owner.username and owner.password and application.username and application.password):
        raise ProvisionRefused("DATABASE_OWNER_URL and DATABASE_URL must each name a role and its password.")
    if owner.username == application.username:
        raise ProvisionRefused("DATABASE_OWNER_URL and DATABASE_URL must name different roles.")
    provision(
        environ["DATABASE_ADMIN_URL"],
        database=unquote(application.path.lstrip("/")) or None,
        passwords=Passwords(unquote(owner.password), unquote(application.password)),
        names=(unquote(owner.username), unquote(application.username)),
    )
    return DatabaseUrls(owner=environ["DATABASE_OWNER_URL"], application=environ["DATABASE_URL"])


if __name__ == "__main__":
    try:
        from_environment(os.environ)
    except ProvisionRefused as refusal:
        sys.exit(str(refusal))
    print("The database has its two roles.")
