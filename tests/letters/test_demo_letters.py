"""The letters of the demonstration's past year."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from letters.models import Letter
from tests.conftest import FIXTURES
from tests.universe import all_rows


def said(command: str, *args: str, **options: Any) -> str:
    out = StringIO()
    call_command(command, *args, stdout=out, **options)
    return out.getvalue()


def test_each_past_year_has_its_issued_letter_once(db: None) -> None:
    with all_rows():
        said("load_wording", *sorted(map(str, (FIXTURES / "wording").glob("*.yaml"))), publish=True)
        said("load_demo")
        assert said("load_demo_letters") == "Issued 2 letters of the demonstration's past year.\n"
        assert said("load_demo_letters") == "Issued 0 letters of the demonstration's past year.\n"
        found = Letter.objects.select_related("assessment__authority").order_by("assessment__authority__gss_code")
        assert [one.state for one in found] == ["issued", "issued"]
        assert [one.addressee_name for one in found] == ["Margaret Oyelaran", "Colin Braithwell"]
        for one in found:
            assert one.assessment.letter_issued_at == one.issued_at
            for edition in one.editions.all():
                assert edition.sha256 and edition.pages > 1


def test_never_in_production(db: None, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not for production"):
        said("load_demo_letters")
