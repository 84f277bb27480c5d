"""The environment is read strictly: what is not understood is refused, and production insists on its secrets."""

import pytest

from assurance.project.environment import (
    Environment,
    EnvironmentRefused,
    broker_address,
    database_for,
)

ADDRESSES = {"DATABASE_URL": "postgresql://app:hush-hush@db/prevent", "REDIS_URL": "redis://broker"}
LOCAL = {"SERVICE": "local", "SECRET_KEY": "k", **ADDRESSES}
PRODUCTION = {"SECRET_KEY": "k" * 50, "ALLOWED_HOSTS": "prevent.example", **ADDRESSES}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(EnvironmentRefused) as caught:
        Environment.read(environ)
    return str(caught.value)


def test_a_service_that_is_not_named_is_production():
    assert Environment.read(PRODUCTION).service == "production"


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS"])
@pytest.mark.parametrize("value", [None, "", "   "])
def test_production_refuses_to_start_without(name, value):
    environ = {**PRODUCTION, name: value} if value is not None else dict(PRODUCTION)
    if value is None:
        del environ[name]
    assert f"{name} is needed" in refusal(environ)


def test_every_fault_is_named_at_once():
    message = refusal({})
    assert all(name in message for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS"))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DEMO", "true", "DEMO may not be on"),
        ("DEBUG", "1", "DEBUG may not be on"),
        ("ALLOWED_HOSTS", "*", "may not be *"),
        ("SECRET_KEY", "short", "at least 32 characters"),
    ],
)
def test_production_refuses_what_is_for_trying_out(name, value, words):
    assert words in refusal({**PRODUCTION, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SERVICE", "staging"),
        ("DEBUG", "maybe"),
        ("DEMO", "2"),
        ("DATABASE_POOL", "four"),
        ("DATABASE_POOL", "-1"),
        ("EMAIL_PORT", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("PROXY_COUNT", "99"),
    ],
)
def test_a_value_that_is_not_understood_is_refused_and_shown(name, value):
    assert f"{name}={value}: " in refusal({**LOCAL, name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABASE_URL", "mysql://u:hush-hush@db/x"), ("REDIS_URL", "amqp://u:hush-hush@broker")],
)
def test_a_secret_is_not_repeated_in_the_message(name, value):
    message = refusal({**LOCAL, name: value})
    assert name in message
    assert "hush-hush" not in message


def test_no_secret_is_shown_when_the_environment_is_printed():
    assert "hush-hush" not in repr(Environment.read(LOCAL))


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("true", True), ("Yes", True), ("ON", True), ("1", True), ("false", False), ("no", False), ("0", False)],
)
def test_a_switch_may_be_spelled_in_a_few_ways(word, meaning):
    assert Environment.read({**LOCAL, "DEBUG": word}).debug is meaning


def test_an_empty_variable_counts_as_not_set():
    assert Environment.read({**LOCAL, "DEBUG": "", "EMAIL_PORT": ""}).email_port == 25


def test_lists_are_split_at_commas():
    environment = Environment.read({**LOCAL, "ALLOWED_HOSTS": " a.example, ,b.example "})
    assert environment.allowed_hosts == ("a.example", "b.example")


def test_a_number_of_proxies_needs_a_proxy():
    assert "PROXY_COUNT has no meaning" in refusal({**LOCAL, "PROXY_COUNT": "1"})


def test_the_public_address_is_the_first_host_unless_one_is_given():
    assert Environment.read(PRODUCTION).public_url == "https://prevent.example"
    given = Environment.read({**PRODUCTION, "SITE_URL": "https://other.example/"})
    assert given.public_url == "https://other.example"


def test_only_commands_that_change_tables_run_as_the_owner():
    environ = {"DATABASE_URL": "postgresql://app", "DATABASE_OWNER_URL": "postgresql://owner"}
    assert database_for("migrate", environ) == "postgresql://owner"
    assert database_for("import_case", environ) == "postgresql://app"
    assert database_for("migrate", {"DATABASE_URL": "postgresql://both"}) == "postgresql://both"


@pytest.mark.parametrize(
    ("given", "for_celery"),
    [
        ("redis://:p@host:1/2", "redis://:p@host:1/2"),
        ("rediss://host", "rediss://host"),
        ("unix:///run/v.sock", "redis+socket:///run/v.sock?virtual_host=0"),
        ("unix:///run/v.sock?db=3", "redis+socket:///run/v.sock?virtual_host=3"),
        ("unix://:p@/run/v.sock", "redis+socket://:p@/run/v.sock?virtual_host=0"),
    ],
)
def test_celery_spells_a_socket_in_its_own_way(given, for_celery):
    assert broker_address(given) == for_celery


NOTIFY_KEY = "ours-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"


@pytest.mark.parametrize("service", [PRODUCTION, LOCAL], ids=["production", "local"])
def test_a_key_of_notify_needs_its_template(service):
    assert "NOTIFY_TEMPLATE_ID is needed" in refusal({**service, "NOTIFY_API_KEY": NOTIFY_KEY})


@pytest.mark.parametrize("key", ["hush-hush", NOTIFY_KEY[:-1], NOTIFY_KEY + "0"])
def test_a_cut_key_of_notify_is_refused_and_not_shown(key):
    message = refusal({**LOCAL, "NOTIFY_API_KEY": key, "NOTIFY_TEMPLATE_ID": "t"})
    assert "NOTIFY_API_KEY must be a whole key" in message
    assert key not in message


def test_a_whole_key_of_notify_is_taken_and_not_shown():
    environ = Environment.read({**LOCAL, "NOTIFY_API_KEY": NOTIFY_KEY, "NOTIFY_TEMPLATE_ID": "t"})
    assert environ.notify_api_key == NOTIFY_KEY
    assert NOTIFY_KEY not in repr(environ)


def test_the_address_of_notify_is_an_address():
    assert "NOTIFY_URL=notify.example: must be" in refusal({**LOCAL, "NOTIFY_URL": "notify.example"})


SIGNING = {"LETTER_SIGNING_KEY": "/keys/letters.p12", "LETTER_SIGNING_PASSPHRASE": "hush-hush"}


def test_the_worker_may_have_the_key_that_letters_are_signed_with():
    environment = Environment.read({**LOCAL, **SIGNING, "PROCESS": "worker"})
    assert str(environment.letter_signing_key) == "/keys/letters.p12"
    assert "hush-hush" not in repr(environment)


@pytest.mark.parametrize("process", ["web", "scheduler", "command", ""])
@pytest.mark.parametrize("name", SIGNING)
def test_no_other_process_starts_with_any_part_of_it(name, process):
    message = refusal({**LOCAL, name: SIGNING[name], "PROCESS": process})
    assert f"{name} may be given to the worker alone" in message
    assert "hush-hush" not in message


@pytest.mark.parametrize("name", SIGNING)
def test_half_a_key_signs_nothing(name):
    environ = {**LOCAL, **SIGNING, "PROCESS": "worker"}
    del environ[name]
    assert f"{name} is needed to sign letters" in refusal(environ)


def test_the_path_of_the_key_does_not_depend_on_where_the_worker_starts():
    environ = {**LOCAL, **SIGNING, "PROCESS": "worker", "LETTER_SIGNING_KEY": "letters.p12"}
    assert "must be a whole path" in refusal(environ)


def test_a_process_is_one_that_we_know():
    assert "PROCESS=cook" in refusal({**LOCAL, "PROCESS": "cook"})
