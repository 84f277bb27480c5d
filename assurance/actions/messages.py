"""What becomes of a message: claimed, handed over, tried again, gathered into a digest, or sent once more by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from assurance import ledger, outbox, scope
from assurance.access import Actor, NotFound, require, require_anywhere, visible
from assurance.actions.refusals import NotEditable
from assurance.delivery import NotSent, Parcel, Refused, Undelivered, hand_over
from assurance.memberships import open_on
from assurance.models import Membership, Message, User
from assurance.reminders import reminders_still_true
from assurance.text import canonical_email
from assurance.vocabulary import Audience, EventKind, MessageKind, MessageState, Permission, State

BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""How long to wait after the first, second, … failure; after that as long as the last."""
MOST_ATTEMPTS = 28
"""About a day."""
NO_ANSWER_AFTER = timedelta(minutes=5)
"""Longer than any task may take: what was handed over before that and has no answer gets none."""
MOST_AT_ONCE = 500
"""Messages in one sweep; the next follows in a minute."""
DIGEST_DAY, DIGEST_HOUR = 0, 8
"""Monday at eight."""
SIGNS_IN = frozenset({MessageKind.INVITATION, MessageKind.PASSWORD})
"""Kinds with a link that signs somebody in."""


# --- Sending ---------------------------------------------------------------------------------------------


def deliver(*, message_id: int, authority_id: int) -> None:
    """Send one message, if its time has come and nobody else is at it.

    Three steps in this order: the claim is committed, the message is handed over, what became of it is committed.
    A crash between the first and the last leaves the message claimed, and nobody tries it again by itself: it may
    have gone.

    Args:
        authority_id: whose message it is; 0 for nobody's.
    """
    parcel = _claim(message_id, authority_id, timezone.now())
    if parcel is None:
        return
    try:
        hand_over(parcel)
    except Undelivered as fault:
        _note(parcel, timezone.now(), fault)
    else:
        _note(parcel, timezone.now(), None)


def waiting(at: datetime) -> list[tuple[int, int]]:
    """Messages whose time has come, the oldest first: id, and authority or 0. For the sweeper."""
    with scope.everything():
        rows = Message.objects.filter(state=MessageState.WAITING, not_before__lte=at).order_by("not_before", "pk")
        return [(pk, authority_id or 0) for pk, authority_id in rows.values_list("pk", "authority")[:MOST_AT_ONCE]]


def _claim(message_id: int, authority_id: int, at: datetime) -> Parcel | None:
    with scope.authorities([authority_id]):
        message = (
            Message.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("person", "assessment__cycle")
            .filter(pk=message_id, state=MessageState.WAITING, not_before__lte=at)
            .first()
        )
        if message is None:
            return None
        if not still_true([message], at):
            message.state = MessageState.DROPPED
            message.save(update_fields=["state"])
            return None
        message.state = MessageState.SENDING
        message.attempts += 1
        message.not_before = at
        message.save(update_fields=["state", "attempts", "not_before"])
        return _parcel(message)


def _note(parcel: Parcel, at: datetime, fault: Undelivered | None) -> None:
    """Write down what became of an attempt, unless somebody had the message sent again meanwhile."""
    with scope.authorities([parcel.authority_id or 0]):
        message = (
            Message.objects.select_for_update()
            .filter(pk=parcel.message_id, state=MessageState.SENDING, attempts=parcel.attempt)
            .first()
        )
        if message is None:
            return
        message.fault = str(fault) if fault else ""
        if fault is None:
            message.state, message.sent_at = MessageState.SENT, at
        elif isinstance(fault, Refused) or (isinstance(fault, NotSent) and message.attempts >= MOST_ATTEMPTS):
            message.state = MessageState.FAILED
        elif isinstance(fault, NotSent):
            message.state = MessageState.WAITING
            message.not_before = at + BACK_OFF[min(message.attempts, len(BACK_OFF)) - 1]
        message.save(update_fields=["state", "sent_at", "fault", "not_before"])


def _parcel(message: Message) -> Parcel:
    link = _link(message.person, message.kind) if message.kind in SIGNS_IN else ""
    return Parcel(
        message_id=message.pk,
        authority_id=message.authority_id,
        attempt=message.attempts,
        to=message.address,
        subject=message.subject,
        body=message.body.replace(outbox.LINK, link) if link else message.body,
        links=(link,) if link else (),
    )


def _link(person: User, kind: str) -> str:
    """Where a person chooses a password; for an invitation of somebody who has one, where they sign in."""
    if kind == MessageKind.INVITATION and person.has_usable_password():
        return outbox.address("sign-in")
    return outbox.address(
        "password-reset-confirm",
        uidb64=urlsafe_base64_encode(force_bytes(person.pk)),
        token=default_token_generator.make_token(person),
    )


# --- Whether it is still true ----------------------------------------------------------------------------


def still_true(messages: Collection[Message], at: datetime) -> set[int]:
    """Ids of the messages that may still be sent. A handful of queries, however many they are.

    Not those to people whose account is closed or who have left the authority, nor those about an assessment that
    was withdrawn, nor what is done meanwhile: questions that are answered, deadlines that were met or moved. A link
    that signs somebody in does not go to an address that is no longer theirs. Needs a scope with the messages'
    authorities.
    """
    today = timezone.localdate(at)
    places = {(one.person_id, one.authority_id) for one in messages if one.authority_id is not None}
    held = set(
        Membership.objects.filter(
            open_on(today),
            person__in={person for person, _authority in places},
            authority__in={authority for _person, authority in places},
        ).values_list("person", "authority")
        if places
        else ()
    )
    reminders = reminders_still_true([one for one in messages if one.kind == MessageKind.REMINDER])
    return {
        one.pk
        for one in messages
        if one.person.is_active
        and (one.authority_id is None or (one.person_id, one.authority_id) in held)
        and (one.kind not in SIGNS_IN or one.address == one.person.email)
        and (one.kind != MessageKind.REMINDER or one.pk in reminders)
        and _assessment_allows(one)
    }


def _assessment_allows(message: Message) -> bool:
    assessment = message.assessment
    if assessment is None:
        return True
    if message.kind == MessageKind.QUESTIONS:
        return assessment.state == State.CLARIFICATION
    return assessment.state != State.WITHDRAWN


# --- The weekly digest -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """A message in a digest."""

    subject: str
    at: datetime
    address: str


def write_digests(*, at: datetime) -> int:
    """One message for each person from what was held for them before last Monday at eight; at most one a week.

    Called at any time it writes what the last Monday should have written, so a scheduler that was down is no loss.

    Returns:
        How many digests were written.
    """
    monday = last_digest_time(at)
    year, week, _day = monday.isocalendar()
    with scope.everything():
        found = list(
            Message.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("person", "assessment__cycle")
            .filter(state=MessageState.HELD, created_at__lt=monday)
            .order_by("created_at", "pk")
        )
        if not found:
            return 0
        true = still_true(found, at)
        _drop([one for one in found if one.pk not in true])
        by_person: dict[User, list[Message]] = defaultdict(list)
        for one in found:
            if one.pk in true:
                by_person[one.person].append(one)
        keys = {f"digest:{year}-W{week:02}:{person.pk}": person for person in by_person}
        written = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
        fresh = {key: person for key, person in keys.items() if key not in written}
        outbox.write((_digest(key, person, by_person[person]) for key, person in fresh.items()), at=at)
        digests = dict(Message.objects.filter(key__in=fresh).values_list("person", "pk"))
        gathered = []
        for person in fresh.values():
            for one in by_person[person]:
                one.state, one.digest_id = MessageState.GATHERED, digests[person.pk]
                gathered.append(one)
        Message.objects.bulk_update(gathered, ["state", "digest"], batch_size=1000)
    return len(fresh)


def last_digest_time(at: datetime) -> datetime:
    """The last Monday at eight, by the clock on the wall, that is not after ``at``."""
    now = timezone.localtime(at)
    day = now.date() - timedelta(days=(now.weekday() - DIGEST_DAY) % 7)
    found = datetime.combine(day, time(DIGEST_HOUR), tzinfo=now.tzinfo)
    if found > now:
        found = datetime.combine(day - timedelta(days=7), time(DIGEST_HOUR), tzinfo=now.tzinfo)
    return found


def _digest(key: str, person: User, messages: Iterable[Message]) -> outbox.Note:
    items = [Item(one.subject, one.created_at, _where(one)) for one in messages]
    subject, body = outbox.compose("digest", items=items)
    return outbox.Note(kind=MessageKind.DIGEST, person=person, key=key, subject=subject, body=body)


def _where(message: Message) -> str:
    if message.assessment_id is None:
        return outbox.address("home")
    if message.kind == MessageKind.LETTER_CHECK and message.assessment_id:
        return outbox.address("letter-checks", message.assessment_id)
    if message.kind in (MessageKind.QUESTIONS, MessageKind.ANSWERED):
        return outbox.address("questions", message.assessment_id)
    return outbox.address("assessment", message.assessment_id)


def _drop(messages: Collection[Message]) -> None:
    if messages:
        Message.objects.filter(pk__in=[one.pk for one in messages]).update(state=MessageState.DROPPED)


# --- By hand ---------------------------------------------------------------------------------------------


def can_send_again(message: Message, at: datetime) -> bool:
    """Whether somebody may have it sent again: it was given up, or was handed over long ago without an answer."""
    if message.state == MessageState.FAILED:
        return True
    return message.state == MessageState.SENDING and message.not_before <= at - NO_ANSWER_AFTER


def send_again(*, by: Actor, at: datetime, message_id: int) -> Message:
    """Have a message sent once more. It may arrive twice: that is for a person to decide, and is written down.

    Raises:
        NotFound, Forbidden: as ``access.require``, for MANAGE_PEOPLE.
        NotEditable: it was sent, or may still be.
    """
    with transaction.atomic():
        message = message_of_log(by, Permission.MANAGE_PEOPLE, message_id, lock=True)
        if not can_send_again(message, at):
            raise NotEditable(message)
        message.state, message.not_before = MessageState.WAITING, at
        message.save(update_fields=["state", "not_before"])
        detail = {"message": message.pk, "kind": message.kind, "person": message.person_id}
        if message.authority is None:
            ledger.reference_event(EventKind.SENT_AGAIN, by=by, at=at, detail=detail)
        else:
            ledger.event(
                EventKind.SENT_AGAIN,
                by=by,
                at=at,
                authority=message.authority,
                detail=detail,
                audience=Audience.HOME_OFFICE,
            )
        outbox.send(message.pk, message.authority_id)
    return message


def message_of_log(actor: Actor, permission: Permission, message_id: int, *, lock: bool = False) -> Message:
    """A message of the log, for something that is named. One query, or two for a message of no authority.

    A message of no authority (a password, a digest) is for whoever holds the permission and sees the whole log, not
    only that of a programme.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    rows = Message.objects.select_related("authority", "person", "digest")
    if lock:
        rows = rows.select_for_update(of=("self",))
    message = rows.filter(pk=message_id).first()
    if message is None:
        raise NotFound
    if message.authority_id is not None:
        require(actor, permission, message)
        return message
    require_anywhere(actor, permission)
    if not visible(actor, Message).filter(pk=message_id).exists():
        raise NotFound
    return message


def send_password_link(*, address: str, at: datetime) -> None:
    """Send a link to choose a password to whoever has this address, also if they never chose one before.

    Says nothing of whether there is such a person: the page reads the same either way.
    """
    with transaction.atomic():
        person = User.objects.filter(email=canonical_email(address), is_active=True).first()
        if person is not None:
            outbox.password_asked(person, at=at)


def choose_digest(*, by: Actor, at: datetime, weekly: bool) -> None:
    """Remember whether a person wants one message a week. What is held already comes with the next digest."""
    if by.id is None:
        raise NotFound
    with transaction.atomic():
        person = User.objects.select_for_update().get(pk=by.id)
        if person.weekly_digest != weekly:
            person.weekly_digest = weekly
            ledger.save(person, by=by, at=at)
