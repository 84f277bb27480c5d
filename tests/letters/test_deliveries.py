"""What becomes of an issued letter at the other end, and corrections from their reason to the e-mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from assurance import scope
from assurance.access import Forbidden, NotFound
from assurance.actions.refusals import Unfit
from assurance.models import Message, User
from assurance.vocabulary import LetterState, MessageKind, MessageState
from letters import actions, deliveries
from letters.models import Letter, LetterDelivery
from letters.tasks import chase
from tests.letters.stages import PARTS
from tests.universe import Universe, all_rows, as_actor

WEEK = timedelta(days=7)


def rows(letter: Letter) -> dict[User, LetterDelivery]:
    with all_rows():
        found = LetterDelivery.objects.filter(letter=letter).select_related("person", "message", "chase")
        return {one.person: one for one in found}


def told(kind: MessageKind) -> dict[User, Message]:
    with all_rows():
        return {one.person: one for one in Message.objects.filter(kind=kind).select_related("person")}


def chased(at: datetime) -> int:
    return deliveries.chase(at=at)


def download(client: Client, letter: Letter) -> None:
    answer = client.get(reverse("letter-pdf", args=[letter.pk]))
    assert b"".join(answer.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]


@pytest.fixture
def issued(universe: Universe) -> Letter:
    return universe.letter(LetterState.ISSUED)


def test_issuing_tells_the_chief_executive_and_the_leads_at_once(universe: Universe) -> None:
    """Even those who chose the weekly digest; the adviser's message can wait for theirs."""
    with all_rows():
        User.objects.update(weekly_digest=True)
    letter = universe.letter(LetterState.ISSUED)
    messages = told(MessageKind.LETTER)
    assert set(messages) == set(rows(letter)) == {universe.lead, universe.viewer}
    assert {one.state for one in messages.values()} == {MessageState.WAITING}
    assert {one.message for one in rows(letter).values()} == set(messages.values())
    told_adviser = told(MessageKind.LETTER_SENT)
    assert {one.state for one in told_adviser.values()} == {MessageState.HELD}
    assert set(told_adviser) == {universe.adviser}


def test_an_e_mail_links_to_the_letter_and_says_nothing_of_it(universe: Universe, issued: Letter) -> None:
    for one in (*told(MessageKind.LETTER).values(), *told(MessageKind.LETTER_SENT).values()):
        assert reverse("letter", args=[issued.pk]) in one.body
        for text in ("A year of steady work", "Summary for benchmark", "Met", "met or exceeded", "Cora"):
            assert text not in f"{one.subject} {one.body}"


def test_a_letter_that_is_not_issued_tells_nobody(universe: Universe, monkeypatch: pytest.MonkeyPatch) -> None:
    """One transaction: a failure after the messages takes them back too."""
    letter = universe.letter(LetterState.APPROVED)

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("after the messages were written")

    monkeypatch.setattr(deliveries, "_message_ids", broken)
    with pytest.raises(RuntimeError):
        universe.make_file(letter.pk, universe.alder)
    assert told(MessageKind.LETTER) == {}


def test_once_is_once(universe: Universe, issued: Letter) -> None:
    with as_actor(universe.signatory) as signatory:
        letter = Letter.objects.select_related("authority", "assessment__cycle", "replaces").get(pk=issued.pk)
        deliveries.announce(letter, by=signatory, at=universe.at)
    assert len(rows(issued)) == 2
    with all_rows():
        assert Message.objects.filter(kind__in=[MessageKind.LETTER, MessageKind.LETTER_SENT]).count() == 3


def test_first_opening_and_first_download_are_noted_once(universe: Universe, issued: Letter, client: Client) -> None:
    client.force_login(universe.viewer)
    client.get(reverse("letter", args=[issued.pk]))
    opened = rows(issued)[universe.viewer].first_opened_at
    assert opened is not None and rows(issued)[universe.viewer].first_downloaded_at is None
    download(client, issued)
    downloaded = rows(issued)[universe.viewer].first_downloaded_at
    assert downloaded is not None and downloaded > opened
    client.get(reverse("letter", args=[issued.pk]))
    download(client, issued)
    after = rows(issued)[universe.viewer]
    assert (after.first_opened_at, after.first_downloaded_at) == (opened, downloaded)
    assert rows(issued)[universe.lead].first_opened_at is None


def test_somebody_at_the_authority_who_was_not_written_to_is_noted_as_well(
    universe: Universe, issued: Letter, client: Client
) -> None:
    client.force_login(universe.contributor)
    client.get(reverse("letter", args=[issued.pk]))
    row = rows(issued)[universe.contributor]
    assert row.message is None and row.first_opened_at is not None


def test_the_home_office_delivers_nothing_to_itself(universe: Universe, issued: Letter, client: Client) -> None:
    for who in ("adviser", "manager", "signatory", "auditor"):
        client.force_login(universe.cast[who])
        client.get(reverse("letter", args=[issued.pk]))
    assert {one.first_opened_at for one in rows(issued).values()} == {None}
    assert len(rows(issued)) == 2


def test_a_draft_under_accuracy_check_is_not_a_delivery(universe: Universe, client: Client) -> None:
    letter = universe.letter(LetterState.ACCURACY_CHECK)
    client.force_login(universe.lead)
    assert client.get(reverse("letter", args=[letter.pk])).status_code == 200
    assert rows(letter) == {}


# Chasing


def test_nobody_is_chased_within_a_week_and_each_once_after_it(universe: Universe, issued: Letter) -> None:
    assert chased(universe.at + WEEK - timedelta(seconds=1)) == 0
    assert chased(universe.at + WEEK) == 1
    assert chased(universe.at + WEEK + timedelta(days=1)) == 0
    messages = told(MessageKind.LETTER_CHASE)
    assert set(messages) == {universe.lead, universe.viewer}
    assert {one.state for one in messages.values()} == {MessageState.WAITING}
    for person, row in rows(issued).items():
        assert (row.chase, row.chased_at) == (messages[person], universe.at + WEEK)
        assert "10 November 2025" in messages[person].body


@pytest.mark.parametrize("who", ["lead", "viewer", "contributor"])
def test_whoever_opened_it_at_the_authority_ends_the_chase_for_all(
    universe: Universe, issued: Letter, who: str
) -> None:
    with as_actor(universe.cast[who]) as actor:
        deliveries.note_opened(by=actor, at=universe.at, letter=issued)
    assert chased(universe.at + WEEK) == 0


def test_a_download_without_the_page_ends_it_too(universe: Universe, issued: Letter) -> None:
    with as_actor(universe.viewer) as actor:
        deliveries.note_downloaded(by=actor, at=universe.at, letter=issued)
    assert chased(universe.at + WEEK) == 0


def test_a_letter_that_no_longer_counts_is_not_chased(universe: Universe, issued: Letter) -> None:
    with as_actor(universe.signatory) as signatory:
        actions.withdraw_letter(by=signatory, at=universe.at, letter_id=issued.pk, reason="Wrong council.")
    assert chased(universe.at + WEEK) == 0


def test_what_was_missed_for_weeks_is_let_go(universe: Universe, issued: Letter) -> None:
    assert chased(universe.at + WEEK + deliveries.CHASE_UNTIL) == 0
    assert chased(universe.at + WEEK + deliveries.CHASE_UNTIL - timedelta(seconds=1)) == 1


def test_the_task_chases_as_of_now(universe: Universe, issued: Letter) -> None:
    """A letter of the universe is long ago."""
    assert chase() == 0


# What the pages say


def test_the_page_says_what_became_of_it(universe: Universe, issued: Letter, client: Client) -> None:
    with as_actor(universe.viewer) as actor:
        deliveries.note_opened(by=actor, at=universe.at + timedelta(days=1), letter=issued)
    with all_rows():
        Message.objects.filter(person=universe.viewer, kind=MessageKind.LETTER).update(
            state=MessageState.SENT, sent_at=universe.at
        )
    client.force_login(universe.adviser)
    page = " ".join(client.get(reverse("letter", args=[issued.pk])).content.decode().split())
    assert "<strong>Vera Viewer</strong>: emailed 10 November 2025, 10:00, first opened 11 November 2025, 10:00" in page
    assert "<strong>Lena Lead</strong>: email: to be sent, not opened yet" in page
    client.force_login(universe.lead)
    assert "Vera Viewer</strong>" not in client.get(reverse("letter", args=[issued.pk])).content.decode()


def test_an_authority_without_anybody_is_said(universe: Universe, client: Client) -> None:
    letter = universe.letter(LetterState.APPROVED)
    with all_rows():
        User.objects.filter(pk__in=[universe.lead.pk, universe.viewer.pk]).update(is_active=False)
    universe.make_file(letter.pk, universe.alder)
    client.force_login(universe.adviser)
    assert "Nobody was told" in client.get(reverse("letter", args=[letter.pk])).content.decode()


# Corrections


def test_a_correction_says_what_it_corrects(universe: Universe, issued: Letter, client: Client) -> None:
    """From the button to the e-mail: the reason is asked, shown to readers and kept, and the letter names the other."""
    client.force_login(universe.adviser)
    address = reverse("letter-correction", args=[issued.assessment_id])
    assert address in client.get(reverse("assessment-letters", args=[issued.assessment_id])).content.decode()
    assert "takes the place of letter 1" in client.get(address).content.decode()
    refused = client.post(address, {"correction_reason": " "})
    assert refused.status_code == 200 and "Enter what is corrected" in refused.content.decode()
    client.post(address, {"correction_reason": "The wrong board was thanked."})
    with all_rows():
        letter = Letter.objects.get(replaces=issued)
    assert letter.correction_reason == "The wrong board was thanked."
    for step in (LetterState.AWAITING_APPROVAL, LetterState.APPROVED, LetterState.ISSUED):
        with as_actor(universe.adviser) as adviser:
            if step == LetterState.AWAITING_APPROVAL:
                actions.save_letter(
                    by=adviser, at=universe.at, letter_id=letter.pk, version=letter.version, values=PARTS
                )
        letter = universe.advance_letter(letter, step)
    with all_rows():
        messages = list(Message.objects.filter(key__startswith=f"letter:{letter.pk}:"))
    assert len(messages) == 2
    for one in messages:
        assert "It replaces letter PDA-2025-26-E10000901-1" in one.body and "corrected" in one.subject
        assert "wrong board" not in one.body
    client.force_login(universe.viewer)
    page = client.get(reverse("letter", args=[letter.pk])).content.decode()
    assert "The wrong board was thanked." in page and reverse("letter", args=[issued.pk]) in page
    old = client.get(reverse("letter", args=[issued.pk]))
    assert old.status_code == 200 and "Superseded" in old.content.decode()
    listed = client.get(reverse("assessment-letters", args=[issued.assessment_id])).content.decode()
    assert "Superseded" in listed and "Corrects: The wrong board was thanked." in listed


def test_a_correction_without_a_reason_is_refused_at_the_old_door_too(
    universe: Universe, issued: Letter, client: Client
) -> None:
    with as_actor(universe.adviser) as adviser, pytest.raises(Unfit, match="Enter what is corrected"):
        actions.draft_letter(by=adviser, at=universe.at, assessment_id=issued.assessment_id)
    client.force_login(universe.adviser)
    answer = client.post(reverse("letter-draft", args=[issued.assessment_id]))
    assert answer["Location"] == reverse("letter-correction", args=[issued.assessment_id])


def test_a_first_letter_has_no_reason(universe: Universe) -> None:
    assert universe.letter().correction_reason == ""


def test_the_reason_of_an_issued_correction_stays(universe: Universe, issued: Letter) -> None:
    letter = universe.correction()
    for step in (LetterState.AWAITING_APPROVAL, LetterState.APPROVED, LetterState.ISSUED):
        letter = universe.advance_letter(letter, step)
    with all_rows(), pytest.raises(IntegrityError, match="can no longer change"), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(correction_reason="Nothing at all.")


@pytest.mark.parametrize(("who", "refusal"), [("lead", Forbidden), ("signatory", Forbidden), ("stranger", NotFound)])
def test_only_the_adviser_corrects(universe: Universe, issued: Letter, who: str, refusal: type[Exception]) -> None:
    with as_actor(universe.cast[who]) as actor, pytest.raises(refusal):
        actions.draft_letter(by=actor, at=universe.at, assessment_id=issued.assessment_id, correction_reason="Because.")


def test_a_signatory_of_another_programme_would_see_no_delivery(universe: Universe, issued: Letter) -> None:
    """Row-level security without the policy: only the letter's own authority's scope holds them."""
    for authority, count in ((universe.alder, 2), (universe.birch, 0)):
        with scope.authorities([authority.pk]):
            assert LetterDelivery.objects.count() == count
