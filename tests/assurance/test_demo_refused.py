"""When the demonstration world is not built: in production, and from a file that is wrong."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from assurance.demo_file import DEMO_FILE, open_demo
from assurance.models import Programme
from assurance.vocabulary import Role
from benchmarks.files import Refused

pytestmark = pytest.mark.django_db


def said(command: str) -> str:
    out = StringIO()
    call_command(command, stdout=out)
    return out.getvalue()


def test_there_are_no_sign_ins_without_the_world() -> None:
    with pytest.raises(CommandError, match="load_demo"):
        said("demo_sign_ins")


def test_never_in_production(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not for production"):
        said("load_demo")
    assert said("demo_sign_ins") == ""
    assert not Programme.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("- {role: lead, authority: X99000001}", "- {role: lead, authority: X99000099}",
         "people, item 1, memberships, item 1, authority: X99000099 is no authority of this file"),
        ("- {role: lead, authority: X99000001}", "- {role: lead, region: Northmark}",
         "people, item 1, memberships, item 1: a lead needs an authority, a region or national: true"),
        ("email: tom.ashworth@", "email: amina.yusuf@",
         "people, item 2, email: amina.yusuf@harrowdale.example stands twice"),
        ("authorities: [X99000001, X99000002,", "authorities: [X99000001, X99000099,",
         "partnerships, item 1, authorities, item 2: X99000099 is no authority of this file"),
        ("adviser: not_met", "adviser: poor", "samples, la-8, benchmarks, 7, adviser: scheme la-8 has no level poor"),
        ("  la-10:\n", "  la-11:\n",
         "samples, la-10: must have the benchmarks that are scored: 1, 2, 3, 4, 6, 7, 8, 9, 10"),
        ("  code: demo\n", "", "programme, code: is missing"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, reason: str
) -> None:
    text = DEMO_FILE.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / "demo.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    monkeypatch.setattr("assurance.management.commands.load_demo.DEMO_FILE", path)
    with pytest.raises(CommandError) as caught:
        said("load_demo")
    assert reason in str(caught.value)
    assert ": line " in str(caught.value)
    assert not Programme.objects.exists()


def test_the_file_itself_is_good() -> None:
    _source, demo = open_demo()
    assert demo.holder(Role.CYCLE_ADMINISTRATOR).name
    with pytest.raises(LookupError, match="nobody is operator"):
        demo.holder(Role.OPERATOR)
    with pytest.raises(Refused):
        open_demo(Path("none.yaml"))
