"""What the settings come to for each kind of service, read in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.utils.translation import get_language_from_request, get_supported_language_variant

from assurance.project.celery import app
from assurance.project.environment import PROJECT_FOLDER

ADDRESSES = {"DATABASE_URL": "postgresql://app@db/prevent", "REDIS_URL": "unix:///run/v.sock"}
PRODUCTION = {
    "SERVICE": "production",
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "prevent.example",
    **ADDRESSES,
}
LOCAL = {"SERVICE": "local", "SECRET_KEY": "k", **ADDRESSES}
NOTIFY = {
    "NOTIFY_API_KEY": "ours-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0",
    "NOTIFY_TEMPLATE_ID": "f33517ff-2a88-4f6e-b855-c550268ce08a",
}
WITH_WELSH = [("en-gb", "English"), ("cy", "Cymraeg")]

SHOW = """
import json
from assurance.project import settings
print(json.dumps({n: getattr(settings, n) for n in dir(settings) if n.isupper()}, default=str))
"""


def run(environ, *command):
    bare = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, *command],
        env={**bare, **environ},
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )


def settings_for(environ):
    shown = run(environ, "-c", SHOW)
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


@pytest.fixture(scope="module")
def production():
    return settings_for({**PRODUCTION, "BEHIND_TLS_PROXY": "true", "DATABASE_POOL": "4"})


@pytest.fixture(scope="module")
def local():
    return settings_for(LOCAL)


def test_production_sends_cookies_over_tls_only(production):
    assert production["SESSION_COOKIE_SECURE"] is True
    assert production["CSRF_COOKIE_SECURE"] is True
    assert production["SECURE_HSTS_SECONDS"] > 0
    assert production["SECURE_SSL_REDIRECT"] is True
    assert production["DEBUG"] is False


def test_a_proxy_is_believed_only_when_there_is_one(local):
    assert "SECURE_PROXY_SSL_HEADER" not in local


def test_the_web_process_has_a_pool_and_nothing_else_has(production, local):
    assert production["DATABASES"]["default"]["OPTIONS"]["pool"]["max_size"] == 4
    assert production["DATABASES"]["default"]["CONN_MAX_AGE"] == 0
    assert "pool" not in local["DATABASES"]["default"].get("OPTIONS", {})


def test_mail_leaves_the_machine_in_production_only(production, local):
    assert production["EMAIL_BACKEND"] == "assurance.project.smtp.EmailBackend"
    assert local["EMAIL_BACKEND"].endswith("filebased.EmailBackend")


@pytest.mark.parametrize("service", [PRODUCTION, LOCAL], ids=["production", "local"])
def test_with_a_key_mail_goes_through_notify(service):
    assert settings_for({**service, **NOTIFY})["EMAIL_BACKEND"] == "assurance.project.notify.NotifyBackend"


def test_tests_send_nothing_whatever_is_set():
    environ = {**LOCAL, **NOTIFY, "SERVICE": "test"}
    assert settings_for(environ)["EMAIL_BACKEND"].endswith("locmem.EmailBackend")


def test_a_link_in_an_invitation_lasts_as_long_as_the_message_says(production):
    assert production["PASSWORD_RESET_TIMEOUT"] == 7 * 24 * 60 * 60
    for name in ("invitation", "password"):
        assert "for 7 days" in (PROJECT_FOLDER / "templates" / "mail" / f"{name}.txt").read_text()


def test_every_task_of_the_scheduler_is_there(production):
    app.loader.import_default_modules()
    for name, entry in production["CELERY_BEAT_SCHEDULE"].items():
        assert entry["task"] in app.tasks, name


def test_letters_are_kept_where_no_address_leads(production):
    files = production["FILES_ROOT"]
    assert not files.startswith(production["STATIC_ROOT"])
    assert production["STORAGES"]["default"]["OPTIONS"]["base_url"] is None


def test_nothing_may_run_or_be_framed_from_elsewhere(production):
    directives = production["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert {name: directives[name] for name in ("script-src", "style-src", "frame-ancestors")} == {
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
    assert not any("unsafe" in source for sources in directives.values() for source in sources)


def test_tasks_come_back_when_a_worker_dies(production):
    assert production["CELERY_TASK_ACKS_LATE"] is True
    assert production["CELERY_TASK_REJECT_ON_WORKER_LOST"] is True
    visibility = production["CELERY_BROKER_TRANSPORT_OPTIONS"]["visibility_timeout"]
    assert visibility > production["CELERY_TASK_TIME_LIMIT"]


@pytest.mark.parametrize(("asked", "given"), [("en", "en-gb"), ("en-us", "en-gb"), ("cy", "cy"), ("cy-gb", "cy")])
def test_every_english_is_ours_so_that_dates_are(settings, asked, given):
    settings.LANGUAGES = WITH_WELSH
    assert get_supported_language_variant(asked) == given


@pytest.mark.parametrize("asked", ["cy", "cy-GB, cy;q=0.9", "fr", "en-US", ""])
def test_a_page_says_that_it_is_english_while_it_is(rf, asked):
    assert get_language_from_request(rf.get("/", headers={"accept-language": asked})) == "en-gb"


def test_a_welsh_browser_gets_welsh_once_it_is_switched_on(rf, settings):
    settings.LANGUAGES = WITH_WELSH
    assert get_language_from_request(rf.get("/", headers={"accept-language": "cy-GB, cy;q=0.9"})) == "cy"


def test_every_language_that_is_offered_has_its_catalogue(production):
    folders = [Path(folder) for folder in production["LOCALE_PATHS"]]
    for code, _name in production["LANGUAGES"]:
        assert code == "en-gb" or any((folder / code / "LC_MESSAGES").is_dir() for folder in folders)


def test_maintenance_comes_before_everything_else():
    middleware = settings_for({**PRODUCTION, "MAINTENANCE": "true"})["MIDDLEWARE"]
    assert middleware[0] == "assurance.middleware.MaintenanceMiddleware"


def test_a_refused_environment_is_said_plainly_and_without_a_traceback():
    refused = run({"SERVICE": "production"}, "manage.py", "check")
    assert refused.returncode == 1
    assert "SECRET_KEY is needed" in refused.stderr
    assert "Traceback" not in refused.stderr


SIGNING = {"LETTER_SIGNING_KEY": "/keys/letters.p12", "LETTER_SIGNING_PASSPHRASE": "hush-hush"}


@pytest.mark.parametrize("process", ["worker", "web", ""])
@pytest.mark.parametrize(
    "command",
    [
        ("-m", "gunicorn", "--config", "assurance/project/gunicorn_conf.py"),
        ("-c", "import assurance.project.wsgi"),
    ],
    ids=["gunicorn", "another server"],
)
def test_the_web_server_does_not_start_with_the_key_of_letters(command, process):
    """Whatever else the environment says that it is."""
    refused = run({**LOCAL, **SIGNING, "PROCESS": process}, *command)
    assert refused.returncode != 0
    assert "LETTER_SIGNING_KEY and LETTER_SIGNING_PASSPHRASE may be given to the worker alone" in refused.stderr
    assert "hush-hush" not in refused.stderr


def test_gunicorn_says_so_without_a_traceback():
    environ = {**LOCAL, **SIGNING, "PROCESS": "worker"}
    refused = run(environ, "-m", "gunicorn", "--config", "assurance/project/gunicorn_conf.py")
    assert "Traceback" not in refused.stderr


def test_the_worker_knows_the_key(local):
    shown = settings_for({**LOCAL, **SIGNING, "PROCESS": "worker"})
    assert shown["LETTER_SIGNING_KEY"] == "/keys/letters.p12"
    assert local["LETTER_SIGNING_KEY"] is None
