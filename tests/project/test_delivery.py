"""What is delivered: locked packages and container files, checked where there is no container engine."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from assurance.project.environment import PROJECT_FOLDER, WORKER_ONLY, Environment
from assurance.project.healthcheck import host_to_name
from assurance.project.healthcheck import main as healthcheck
from assurance.project.local.lock import FILES, REQUIREMENTS, faults

LOCKS = [name for name, _, _ in FILES]
PINNED = re.compile(r"^([a-z0-9.-]+)==([^ ;]+)", re.MULTILINE)
PROGRAMS = Path(sys.executable).parent
COMPOSE = YAML(typ="safe").load((PROJECT_FOLDER / "docker-compose.yml").read_text())
OURS = ("migrate", "web", "worker", "beat")


def pinned(name):
    return dict(PINNED.findall((REQUIREMENTS / f"{name}.txt").read_text()))


def check(*command):
    return subprocess.run(
        [PROGRAMS / command[0], *command[1:]], cwd=PROJECT_FOLDER, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry_and_every_package_has_a_hash(name):
    assert faults((REQUIREMENTS / f"{name}.txt").read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url somewhere",
        "django @ https://example.invalid/django.whl",
        "django==5.2.1",
        "django==5.2.1 \\\n    # a comment and no hash",
    ],
)
def test_a_lock_with_a_fault_is_found_out(line):
    assert faults(f"asgiref==3.1 --hash=sha256:00\n{line}\n")


def test_each_lock_holds_all_of_the_one_before_at_the_same_versions():
    run, local, test = (pinned(name) for name in LOCKS)
    assert run.items() <= local.items() <= test.items()


def test_everything_that_is_asked_for_is_locked():
    asked = tomllib.loads((PROJECT_FOLDER / "pyproject.toml").read_text())["project"]
    wanted = {"run": asked["dependencies"]}
    wanted["local"] = wanted["run"] + asked["optional-dependencies"]["local"]
    wanted["test"] = wanted["local"] + asked["optional-dependencies"]["test"]
    for name, requirements in wanted.items():
        names = {re.split(r"[\[=~<>]", one)[0].lower().replace(".", "-") for one in requirements}
        assert names <= set(pinned(name)), name


def imported(path):
    """The top-level names that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def test_what_runs_in_production_imports_nothing_that_is_not_installed_there():
    packages = packages_distributions()
    installed = {name.replace("_", "-") for name in pinned("run")}
    ours = {"assurance", "benchmarks", "letters", "tests"}
    missing = {}
    for path in (path for name in sorted(ours - {"tests"}) for path in (PROJECT_FOLDER / name).rglob("*.py")):
        for name in set(imported(path)) - ours - sys.stdlib_module_names:
            found = {one.lower().replace("_", "-").replace(".", "-") for one in packages.get(name, [name])}
            if not found & installed:
                missing.setdefault(name, []).append(path.relative_to(PROJECT_FOLDER).as_posix())
    assert missing == {}


def test_the_container_file_is_well_made():
    checked = check("hadolint", "Dockerfile")
    assert checked.returncode == 0, checked.stdout


def test_the_compose_file_keeps_to_its_specification():
    checked = check("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert checked.returncode == 0, checked.stdout


def test_no_secret_has_a_default():
    text = (PROJECT_FOLDER / "docker-compose.yml").read_text()
    used = re.findall(r"\$\{(\w*(?:PASSWORD|SECRET)\w*)(:?[-?+])?", text)
    # Mail may be taken without a password; everything else insists on one.
    assert {name for name, rule in used if rule != ":?"} == {"EMAIL_HOST_PASSWORD"}


def test_every_variable_given_to_a_container_is_one_that_the_service_reads():
    known = {name.upper() for name in Environment.model_fields} | {"DATABASE_ADMIN_URL"}
    for name in OURS:
        assert set(COMPOSE["services"][name]["environment"]) <= known, name


def test_only_the_migrations_know_the_owner_and_the_administrator():
    for name in ("web", "worker", "beat"):
        given = str(COMPOSE["services"][name]["environment"])
        assert "OWNER" not in given
        assert "POSTGRES_PASSWORD" not in given


def test_everything_waits_for_the_migrations_and_the_health_of_what_it_needs():
    for name in ("web", "worker", "beat"):
        assert COMPOSE["services"][name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"},
            "postgres": {"condition": "service_healthy"},
            "valkey": {"condition": "service_healthy"},
        }


def test_letters_and_data_outlive_their_containers():
    assert {"database", "broker", "files"} == set(COMPOSE["volumes"])
    for name in OURS:
        assert "files:/data/files" in COMPOSE["services"][name]["volumes"]


def test_only_the_web_is_reachable_and_only_from_this_machine():
    open_to = {name: one["ports"] for name, one in COMPOSE["services"].items() if "ports" in one}
    assert open_to == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_the_health_check_names_a_host_that_is_answered():
    assert host_to_name({"ALLOWED_HOSTS": " .prevent.example, other"}) == "prevent.example"
    assert host_to_name({}) == "localhost"


def test_the_health_check_fails_when_nobody_answers(capsys):
    assert healthcheck({**os.environ, "PORT": "1"}) == 1
    assert "No answer" in capsys.readouterr().err


def test_only_the_worker_gets_the_key_that_letters_are_signed_with():
    services = {name: COMPOSE["services"][name] for name in OURS}
    assert {name for name, one in services.items() if WORKER_ONLY & one["environment"].keys()} == {"worker"}
    assert {name for name, one in services.items() if any(":/keys" in volume for volume in one["volumes"])} == {
        "worker"
    }
    assert services["worker"]["environment"]["PROCESS"] == "worker"
