"""A signatory issues many letters at once, with scripts and without; the adviser then corrects one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from assurance.vocabulary import LetterState
from letters import batches
from letters.models import Batch, BatchItem
from letters.tasks import do_item
from tests.journeys.conftest import Arrive
from tests.universe import Universe, all_rows

SHOWN_WITHIN = 20_000.0
"""Milliseconds in which the page shows by itself what has happened."""


@pytest.fixture(autouse=True)
def unsent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The letters are done here, one by one, where the page is looked at between them."""

    def away(*_: Any, **__: Any) -> None:
        """The broker takes it, and no worker."""

    monkeypatch.setattr(batches.current_app, "send_task", away)
    yield


def do_all() -> None:
    with all_rows():
        found = list(BatchItem.objects.filter(batch=Batch.objects.first()).values_list("pk", "authority_id"))
    for pk, authority_id in found:
        do_item(pk, authority_id)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_many_letters(arrive: Arrive, universe: Universe, scripts: bool) -> None:
    for place in universe.authorities:
        universe.letter(LetterState.AWAITING_APPROVAL, authority=place)
    signatory = arrive(universe.signatory, scripts=scripts)
    signatory.sees("Letters awaiting approval", "3 letters", "You have read 0 of 3.", "7 of 7", "Ada Adviser")
    signatory.press("Choose a sample to read")
    signatory.sees("drawn by chance")
    signatory.follow("Alder County Council")
    signatory.open("/letters/approval/?region=North")
    signatory.sees("2 letters", "You have read 1 of 2.")
    signatory.main.get_by_label("Choose Alder County Council").check(force=True)
    signatory.press("Approve and issue the ticked letters")
    signatory.sees("Approve and issue 1 letter", "You have read 1 of 1.")
    signatory.open("/letters/approval/")
    signatory.press("Approve and issue all that match")
    signatory.press("Approve and issue them")
    signatory.sees("Approve and issue 3 letters: 2025/26", "0 of 3 letters are finished")
    signatory.press("Stop")
    signatory.sees("This batch was stopped. 3 letters wait")
    signatory.press("Go on with those that wait")
    do_all()
    if scripts:
        signatory.main.get_by_text("3 of 3 letters are finished").wait_for(timeout=SHOWN_WITHIN)
        signatory.main.get_by_text("Finished.").wait_for(timeout=SHOWN_WITHIN)
        signatory.look()
    else:
        signatory.follow("Look again")
    signatory.sees("3 of 3 letters are finished", "Finished.")
    signatory.follow("Back to the batches")
    signatory.sees("3 of 3")
    signatory.open("/letters/zip/")
    _name, data = signatory.download("Download")
    assert data.startswith(b"PK")
    adviser = arrive(universe.adviser, scripts=scripts)
    adviser.open("/letters/")
    adviser.follow("Alder County Council")
    adviser.sees("Delivery", "Lena Lead", "not opened yet")
    adviser.follow("Back to the letters")
    adviser.follow("Draft a correction")
    adviser.press("Draft the correction")
    adviser.sees("Enter what is corrected")
    adviser.fill(correction_reason="A name was spelt wrongly.")
    adviser.press("Draft the correction")
    adviser.follow("Back to the letter")
    adviser.sees("This letter is a correction", "A name was spelt wrongly.")
