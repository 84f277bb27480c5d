"""What becomes of an issued letter at the other end: who was told, who opened it, and who was reminded of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from assurance import outbox, scope
from assurance.access import Actor, holds, visible
from assurance.models import Message, User
from assurance.vocabulary import LetterState, MessageState, Permission
from letters.content import assessment_of, reference
from letters.models import Letter, LetterDelivery

CHASE_AFTER = timedelta(days=7)
"""When nobody at the authority has opened a letter so long after its issue, its recipients are reminded, once."""
CHASE_UNTIL = timedelta(days=28)
"""What was missed for so long, because the scheduler was down or the letter is an old one, is let go."""
MOST_CHASED = 500
"""Letters in one run; the next goes on where this one ended."""


@dataclass(frozen=True)
class Delivered:
    """One person's part in a delivery, as the Home Office reads it. ``state`` is of the message, "" for none."""

    name: str
    state: str
    state_label: str
    at: datetime | None
    opened_at: datetime | None
    downloaded_at: datetime | None
    chased_at: datetime | None


def announce(letter: Letter, *, by: Actor, at: datetime) -> None:
    """Tell of a letter that is being issued, in the transaction that issues it. Four statements.

    Args:
        letter: with its authority, its assessment's cycle and the letter that it replaces read.
    """
    keys = outbox.letter_issued(
        assessment_of(letter),
        by=by,
        at=at,
        letter_id=letter.pk,
        page=outbox.address("letter", letter.pk),
        replaces=_replaced(letter),
    )
    ids = _message_ids(keys.values())
    LetterDelivery.objects.bulk_create(
        [
            LetterDelivery(authority=letter.authority, letter=letter, person_id=person_id, message_id=ids.get(key))
            for person_id, key in keys.items()
        ],
        ignore_conflicts=True,
    )


def note_opened(*, by: Actor, at: datetime, letter: Letter) -> None:
    """Write when somebody at the authority first opened the letter's page. One query, one statement the first time."""
    _note_first("first_opened_at", by, at, letter)


def note_downloaded(*, by: Actor, at: datetime, letter: Letter) -> None:
    """The same of a download."""
    _note_first("first_downloaded_at", by, at, letter)


def deliveries_of(actor: Actor, letter: Letter) -> tuple[Delivered, ...]:
    """Each recipient of a letter and what became of it, for whoever reads letters of the Home Office. One query."""
    rows = visible(actor, LetterDelivery).filter(letter=letter).select_related("person", "message")
    return tuple(
        Delivered(
            name=one.person.name,
            state=one.message.state if one.message else "",
            state_label=one.message.get_state_display() if one.message else "",
            at=_when(one.message),
            opened_at=one.first_opened_at,
            downloaded_at=one.first_downloaded_at,
            chased_at=one.chased_at,
        )
        for one in rows
    )


def chase(*, at: datetime) -> int:
    """Remind the recipients of letters that nobody at the authority has opened. Each letter once, ever.

    Returns:
        How many letters: calling it again adds none.
    """
    seen = Q(first_opened_at__isnull=False) | Q(first_downloaded_at__isnull=False)
    with scope.everything():
        letters = list(
            Letter.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("authority", "assessment__cycle")
            .filter(
                state=LetterState.ISSUED, issued_at__lte=at - CHASE_AFTER, issued_at__gt=at - CHASE_AFTER - CHASE_UNTIL
            )
            .filter(pk__in=LetterDelivery.objects.filter(chase__isnull=True, message__isnull=False).values("letter"))
            .exclude(pk__in=LetterDelivery.objects.filter(seen | Q(chase__isnull=False)).values("letter"))
            .order_by("issued_at", "pk")[:MOST_CHASED]
        )
        waiting: dict[int, list[LetterDelivery]] = defaultdict(list)
        rows = LetterDelivery.objects.filter(letter__in=letters, message__isnull=False).select_related("person")
        for one in rows:
            waiting[one.letter_id].append(one)
        return sum(_chase(letter, waiting[letter.pk], at) for letter in letters)


def _chase(letter: Letter, rows: Iterable[LetterDelivery], at: datetime) -> bool:
    by_person: Mapping[User, LetterDelivery] = {one.person: one for one in rows if one.person.is_active}
    if letter.issued_at is None:
        return False
    keys = outbox.letter_chased(
        by_person,
        at=at,
        assessment=assessment_of(letter),
        letter_id=letter.pk,
        page=outbox.address("letter", letter.pk),
        issued=timezone.localdate(letter.issued_at),
    )
    ids = _message_ids(keys.values())
    for person, one in by_person.items():
        one.chase_id, one.chased_at = ids[keys[person.pk]], at
    LetterDelivery.objects.bulk_update(by_person.values(), ["chase", "chased_at"])
    return bool(by_person)


def _note_first(name: str, by: Actor, at: datetime, letter: Letter) -> None:
    """Of people at the authority only: that the Home Office reads its own letter delivers nothing."""
    if letter.issued_at is None or by.user is None or holds(by, Permission.READ_LETTERS, letter):
        return
    mine = LetterDelivery.objects.filter(letter=letter, person=by.user)
    row = mine.first()
    with transaction.atomic():
        if row is None:
            new = LetterDelivery(authority=letter.authority, letter=letter, person=by.user)
            setattr(new, name, at)
            LetterDelivery.objects.bulk_create([new], ignore_conflicts=True)
        elif getattr(row, name) is None:
            mine.filter(**{f"{name}__isnull": True}).update(**{name: at})


def _when(message: Message | None) -> datetime | None:
    """When a message went, or since when it waits."""
    if message is None:
        return None
    return message.sent_at if message.state == MessageState.SENT else message.created_at


def _message_ids(keys: Iterable[str]) -> dict[str, int]:
    return dict(Message.objects.filter(key__in=list(keys)).values_list("key", "pk"))


def _replaced(letter: Letter) -> str:
    """The reference of the letter that this one takes the place of, "" for a first one. Reads nothing."""
    if letter.replaces is None:
        return ""
    letter.replaces.assessment, letter.replaces.authority = letter.assessment, letter.authority
    return reference(letter.replaces)
