"""Only these modules may name a model, so that whoever reads rows has been through the policy.

import-linter holds views, forms and tasks; this holds everything else, and the ways that no import shows.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.matrices.world import OURS

ROOT = Path(settings.BASE_DIR)
MODELS = ("assurance.models", "letters.models", "benchmarks.models")

MAY_NAME_MODELS = {
    # The policy and what stands behind it.
    "assurance.access": "decides which rows",
    "assurance.past": "decides which versions, as access.PAST says",
    "assurance.ledger": "writes them, with history and events",
    "assurance.workflow": "moves them",
    "assurance.models": "is them",
    "assurance.outbox": "writes messages for the actions, in their scope",
    "assurance.reminders": "finds who is to be reminded, for the scheduler",
    "assurance.actions": "asks the policy and writes",
    "assurance.queries": "asks the policy and reads",
    "assurance.years": "narrows rows that were asked for already",
    "letters.models": "is them",
    "letters.workflow": "is a table of the same kind",
    "letters.actions": "asks the policy and writes",
    "letters.checks": "asks the policy and writes",
    "letters.check_queries": "asks the policy and reads",
    "letters.documents": "asks the policy and makes copies",
    "letters.drafting": "asks the policy and reads",
    "letters.queries": "asks the policy and reads",
    "letters.board.queries": "asks the policy and reads",
    "letters.board.actions": "asks the policy and writes",
    "letters.approval": "asks the policy and reads the signatories' queue",
    "letters.archive": "asks the policy and reads what goes into a zip file",
    "letters.batches": "asks the policy and writes batches, or does one letter in somebody's name",
    "letters.deliveries": "writes what becomes of a letter, in the scope of whoever issues or opens it",
    "letters.progress": "asks the policy and reads how far batches are",
    "letters.content": "reads the record of a letter that was asked for already",
    "letters.quality": "checks a letter that was asked for already",
    "letters.translation_actions": "asks the policy and writes",
    "letters.translation_queries": "asks the policy and reads",
    "letters.wording_actions": "asks the policy and writes",
    "letters.wording_queries": "asks the policy and reads",
    # Published text names no person and no authority: everybody may read it.
    "benchmarks.models": "is them",
    "benchmarks.catalogue": "reads published text",
    "benchmarks.loading": "loads it",
    "benchmarks.weighing": "reads weights, which belong to no authority",
    # The console, which says its scope explicitly and is nobody's browser.
    "assurance.management.commands.load_demo": "builds the demonstration through the actions",
    "letters.management.commands.load_demo_letters": "issues its letters through the actions",
    "assurance.management.commands.demo_sign_ins": "looks whether the demonstration is there",
}
"""Why each may. A module that needs no model any more has to leave."""

BY_ANOTHER_NAME = {"get_model", "get_models", "get_user_model", "get_for_model", "model_class"}
"""Functions that give a model to whoever cannot import it."""

NO_SUPERUSER = re.compile(r"is_superuser|is_staff|has_perm\b|has_perms\b|has_module_perms|PermissionsMixin")
READ_AS_TEXT = (".py", ".html", ".txt", ".jinja", ".yaml", ".js", ".toml")


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the three apps by its name, migrations apart: they use the models of their own time."""
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts:
                name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def imported(name: str, tree: ast.Module) -> Iterator[str]:
    """What a module imports, by full names, wherever in it the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, places: object) -> str | None:
    """The entry that a module falls under: its own, or that of the package that it is in."""
    return next((one for one in places if name == one or name.startswith(f"{one}.")), None)  # type: ignore[attr-defined]


def test_only_these_modules_name_a_model() -> None:
    naming = {name for name, tree in modules() if any(within(one, MODELS) for one in imported(name, tree))}
    assert {name for name in naming if within(name, MAY_NAME_MODELS) is None} == set()
    used = {within(name, MAY_NAME_MODELS) for name in naming}
    are_them = {name for name in MAY_NAME_MODELS if name in MODELS}
    assert used | are_them == set(MAY_NAME_MODELS), "some may, and do not: take them out"


def test_no_module_gets_a_model_by_another_name() -> None:
    found = {
        f"{name}:{node.lineno}"
        for name, tree in modules()
        if within(name, MODELS) is None
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "attr", None) or getattr(node.func, "id", None)) in BY_ANOTHER_NAME
    }
    assert found == set()


MANAGERS = {"_default_manager", "_base_manager", "objects"}
OTHER_OBJECTS = {"letters.pdf.standards", "letters.pdf.tagging"}
"""The objects of a PDF file, which are no rows."""


def test_nobody_else_reaches_a_manager() -> None:
    """A model also comes in an argument; its manager is not for a view, a form, a task or a tag to use."""
    found = {
        f"{name}:{node.lineno}"
        for name, tree in modules()
        if within(name, MAY_NAME_MODELS) is None and name not in OTHER_OBJECTS
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS
    }
    assert found == set()


RAW_SQL = {
    "assurance.scope": "sets the scope",
    "assurance.views.health": "asks the database whether it is there",
    "letters.verdict": "asks a function that reads past the scope and gives back one word",
    "assurance.project": "prepares the database and its roles",
    "assurance.queries.recommendations": "counts what `visible` gives, in one statement",
}


def test_raw_sql_is_written_nowhere_else() -> None:
    found = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"cursor", "raw", "extra"} and name not in MODELS
    }
    assert {name for name in found if within(name, RAW_SQL) is None} == set()


@pytest.mark.parametrize("folder", [*OURS, "templates", "manage.py"])
def test_there_is_no_superuser(folder: str) -> None:
    start = ROOT / folder
    paths = [start] if start.is_file() else [path for path in start.rglob("*") if path.suffix in READ_AS_TEXT]
    assert paths
    found = [path for path in paths if NO_SUPERUSER.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_no_template_asks_for_permissions_itself() -> None:
    """What a page may show is in its context; Django's ``perms`` is not there to be mistaken for the policy."""
    processors = settings.TEMPLATES[0]["OPTIONS"]["context_processors"]
    assert "django.contrib.auth.context_processors.auth" not in processors
    for path in (ROOT / "templates").rglob("*.html"):
        assert not re.search(r"[{%]\s*(if\s+)?(not\s+)?perms\b", path.read_text(encoding="utf-8")), path


def test_the_admin_is_not_installed() -> None:
    """It would use the managers without a scope."""
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
