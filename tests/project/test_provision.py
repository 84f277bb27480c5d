"""The two roles, made on a real server, with exactly the rights they should have."""

import os
import stat
import uuid

import psycopg
import pytest
from psycopg import sql

from assurance.project import checks
from assurance.project.local.provision import (
    Passwords,
    ProvisionRefused,
    check_broker,
    check_role,
    drop_database,
    from_environment,
    provision,
    provision_given,
)

ADMIN_URL = os.environ.get("DATABASE_ADMIN_URL", "")
pytestmark = pytest.mark.skipif(not ADMIN_URL, reason="needs a server of the tests' own: use make test")


def execute(url, statement, *values):
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def names():
    """A database and two roles of this test's own, gone afterwards."""
    key = uuid.uuid4().hex[:8]
    database, owner, application = f"try_{key}", f"owner_{key}", f"app_{key}"
    yield database, (owner, application)
    drop_database(ADMIN_URL, database)
    for role in (owner, application, f"admin_{key}"):
        if execute(ADMIN_URL, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
            identifier = sql.Identifier(role)
            execute(ADMIN_URL, sql.SQL("DROP OWNED BY {}").format(identifier))
            execute(ADMIN_URL, sql.SQL("DROP ROLE {}").format(identifier))


def role_url(names, suffix):
    """The address of a further role, of this test's own, on the same server."""
    return ADMIN_URL.replace("postgres@", f"{suffix}_{names[0].removeprefix('try_')}@")


def test_neither_role_is_more_than_it_must_be(names):
    database, roles = names
    provision(ADMIN_URL, database=database, names=roles)
    found = execute(
        ADMIN_URL,
        "SELECT rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, rolcanlogin "
        "FROM pg_roles WHERE rolname = ANY (%s)",
        list(roles),
    )
    assert found == [(False, False, False, False, False, True)] * 2


def test_the_application_uses_what_the_owner_makes_and_makes_nothing_itself(names):
    database, roles = names
    urls = provision(ADMIN_URL, database=database, names=roles)
    execute(urls.owner, "CREATE TABLE note (id bigserial PRIMARY KEY, words text)")
    execute(urls.owner, "CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'")
    execute(urls.application, "INSERT INTO note (words) VALUES ('a')")
    execute(urls.application, "UPDATE note SET words = 'b'")
    assert execute(urls.application, "SELECT words, two() FROM note") == [("b", 2)]
    execute(urls.application, "DELETE FROM note")
    for statement in ("DROP TABLE note", "TRUNCATE note", "CREATE TABLE more (id int)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(urls.application, statement)


def test_row_security_binds_both_roles(names):
    database, roles = names
    urls = provision(ADMIN_URL, database=database, names=roles)
    execute(urls.owner, "CREATE TABLE note (id int)")
    execute(urls.owner, "INSERT INTO note VALUES (1)")
    execute(urls.owner, "ALTER TABLE note ENABLE ROW LEVEL SECURITY")
    execute(urls.owner, "ALTER TABLE note FORCE ROW LEVEL SECURITY")
    assert execute(urls.owner, "SELECT * FROM note") == []
    assert execute(urls.application, "SELECT * FROM note") == []
    assert execute(ADMIN_URL, "SELECT 1") == [(1,)]


def test_doing_it_again_changes_nothing_and_gives_back_nothing_revoked(names):
    database, roles = names
    urls = provision(ADMIN_URL, database=database, names=roles)
    execute(urls.owner, "CREATE TABLE log (id int)")
    execute(urls.owner, sql.SQL("REVOKE DELETE ON log FROM {}").format(sql.Identifier(roles[1])))
    assert provision(ADMIN_URL, database=database, names=roles) == urls
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        execute(urls.application, "DELETE FROM log")


def test_only_tests_may_truncate(names):
    database, roles = names
    urls = provision(ADMIN_URL, database=database, names=roles, for_tests=True)
    execute(urls.owner, "CREATE TABLE note (id int)")
    execute(urls.application, "TRUNCATE note")


def test_a_role_that_already_has_too_many_rights_is_refused(names):
    database, roles = names
    execute(ADMIN_URL, sql.SQL("CREATE ROLE {} LOGIN BYPASSRLS").format(sql.Identifier(roles[1])))
    with pytest.raises(ProvisionRefused, match="more rights than it may have"):
        provision(ADMIN_URL, database=database, names=roles)


def test_a_password_is_part_of_the_address_and_never_reaches_the_server_in_plain(names):
    database, roles = names
    urls = provision(ADMIN_URL, database=database, names=roles, passwords=Passwords("p/1@x", "p:2"))
    assert ":p%2F1%40x@" in urls.owner
    kept = execute(ADMIN_URL, "SELECT rolpassword FROM pg_authid WHERE rolname = ANY (%s)", list(roles))
    assert all(row[0].startswith("SCRAM-SHA-256$") for row in kept)


def test_an_operator_names_the_roles_and_the_database(names):
    database, (owner, application) = names
    at = ADMIN_URL.rpartition("@")[2].rpartition("/")[0]
    environ = {
        "DATABASE_ADMIN_URL": ADMIN_URL,
        "DATABASE_OWNER_URL": f"postgresql://{owner}:one@{at}/{database}",
        "DATABASE_URL": f"postgresql://{application}:two@{at}/{database}",
    }
    urls = from_environment(environ)
    assert execute(urls.application, "SELECT current_user::text") == [(application,)]
    for missing in environ:
        with pytest.raises(ProvisionRefused, match=missing):
            from_environment({name: value for name, value in environ.items() if name != missing})


def test_a_given_role_without_rights_is_used_for_both(names, tmp_path):
    database, roles = names
    urls = provision(ADMIN_URL, database=database, names=roles)
    given = provision_given(urls.owner, None, tmp_path / "passwords.json")
    assert (given.owner, given.application) == (urls.owner, urls.owner)
    assert not (tmp_path / "passwords.json").exists()


def test_a_given_owner_is_used_as_it_is(names, tmp_path):
    database, roles = names
    urls = provision(ADMIN_URL, database=database, names=roles)
    assert provision_given(urls.application, urls.owner, tmp_path / "passwords.json") == urls


def test_a_given_role_that_bypasses_row_security_is_refused(names, tmp_path):
    database, roles = names
    urls = provision(ADMIN_URL, database=database, names=roles)
    execute(ADMIN_URL, sql.SQL("ALTER ROLE {} BYPASSRLS").format(sql.Identifier(roles[0])))
    with pytest.raises(ProvisionRefused, match="bypass row security"):
        provision_given(urls.owner, None, tmp_path / "passwords.json")


@pytest.mark.parametrize("attributes", ["SUPERUSER", "CREATEROLE"])
def test_a_given_role_that_may_create_roles_makes_two_others(names, tmp_path, attributes, monkeypatch):
    database, roles = names
    monkeypatch.setattr(provision, "__kwdefaults__", {**provision.__kwdefaults__, "names": roles})
    url = role_url(names, "admin")
    admin = sql.Identifier(f"admin_{database.removeprefix('try_')}")
    execute(ADMIN_URL, sql.SQL("CREATE ROLE {} LOGIN " + attributes).format(admin))
    execute(ADMIN_URL, sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), admin))
    url = url.removesuffix("/postgres") + f"/{database}"
    secrets = tmp_path / "passwords.json"
    urls = provision_given(url, None, secrets)
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600
    assert provision_given(url, None, secrets) == urls
    execute(urls.owner, "CREATE TABLE note (id int)")
    assert execute(urls.application, "SELECT * FROM note") == []
    execute(ADMIN_URL, sql.SQL("REASSIGN OWNED BY {} TO postgres").format(admin))
    drop_database(ADMIN_URL, database)


def test_a_server_that_is_not_there_is_said_plainly(tmp_path):
    with pytest.raises(ProvisionRefused, match="DATABASE_URL cannot be used") as refused:
        provision_given("postgresql://me:hush-hush@127.0.0.1:1/none", None, tmp_path / "p.json")
    assert "hush-hush" not in str(refused.value)
    with pytest.raises(ProvisionRefused, match="REDIS_URL cannot be used"):
        check_broker(f"unix://{tmp_path}/none.sock")


def test_an_old_broker_is_refused(monkeypatch):
    monkeypatch.setattr("redis.Redis.info", lambda client, section: {"redis_version": "6.2.14"})
    with pytest.raises(ProvisionRefused, match=r"Redis 6\.2\.14; Redis or Valkey 7 or newer"):
        check_broker(os.environ["REDIS_URL"])


def test_an_old_server_is_refused(names, monkeypatch):
    database, roles = names
    monkeypatch.setattr("assurance.project.local.provision.OLDEST_POSTGRESQL", 99)
    with pytest.raises(ProvisionRefused, match="PostgreSQL 99 or newer is needed"):
        provision(ADMIN_URL, database=database, names=roles)


def test_the_tests_themselves_run_as_a_role_that_row_security_binds():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        check_role(connection)


def test_django_says_when_its_role_is_not_bound(monkeypatch):
    with psycopg.connect(ADMIN_URL) as admin, psycopg.connect(os.environ["DATABASE_URL"]) as application:
        monkeypatch.setattr(checks, "connections", {"high": admin, "low": application})
        assert [message.id for message in checks.check_database_role(None, ["high"])] == ["assurance.E001"]
        assert checks.check_database_role(None, ["low"]) == []
        assert checks.check_database_role(None, None) == []
        monkeypatch.setattr(checks, "OLDEST_POSTGRESQL", 99)
        assert [message.id for message in checks.check_database_role(None, ["low"])] == ["assurance.E002"]
