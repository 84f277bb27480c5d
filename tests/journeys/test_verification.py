"""Somebody who has a letter and no account asks whether it is genuine, with scripts and without."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.cache import cache

from letters.verdict import Verdict
from letters.verification import HashingUploadHandler
from tests.journeys.conftest import Arrive
from tests.letters.stages import Stages
from tests.universe import Universe

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_letter_is_checked_by_somebody_who_has_no_account(
    universe: Universe, arrive: Arrive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, scripts: bool
) -> None:
    cache.clear()
    stages = Stages(universe)
    with stages.edition(stages.issued()).file.open() as file:
        genuine = file.read()
    letter, changed = tmp_path / "letter.pdf", tmp_path / "changed.pdf"
    letter.write_bytes(genuine)
    changed.write_bytes(genuine.replace(b"%PDF-1.7", b"%PDF-1.6", 1))

    visitor = arrive(scripts=scripts)
    came: list[int] = []
    plain = HashingUploadHandler.receive_data_chunk

    def noted(handler: HashingUploadHandler, raw_data: bytes, start: int) -> bytes | None:
        came.append(len(raw_data))
        return plain(handler, raw_data, start)

    monkeypatch.setattr(HashingUploadHandler, "receive_data_chunk", noted)
    visitor.open("/sign-in/")
    visitor.follow(visitor.page.locator("footer a", has_text="Check that a letter is genuine"))
    visitor.sees("Only that is sent to us" if scripts else "The file is sent to us to be checked")
    for path, verdict in ((letter, Verdict.CURRENT), (changed, Verdict.UNKNOWN)):
        visitor.page.set_input_files("#id_file", path)
        visitor.press("Check")
        visitor.sees(str(verdict.label))
    assert sum(came) == (0 if scripts else 2 * len(genuine))

    visitor.press("Check")
    visitor.sees("Choose the letter, or enter its SHA-256")
