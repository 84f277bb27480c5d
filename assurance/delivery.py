"""Handing an e-mail over to whoever carries it, and what is known afterwards.

A backend that can tell raises one of the exceptions below. Whatever else goes wrong counts as :class:`NoAnswer`,
because a message that may have gone is not sent once more by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

LONGEST_FAULT = 500


class Undelivered(Exception):
    """Something went wrong while a message was handed over; the text says what, for a person to read."""


class NotSent(Undelivered):
    """It was surely not sent, and may well go later."""


class Refused(Undelivered):
    """It was surely not sent, and would be refused again."""


class NoAnswer(Undelivered):
    """It may have been sent."""


@dataclass(frozen=True)
class Parcel:
    """A message that was claimed for this attempt. ``body`` may hold a link that signs somebody in."""

    message_id: int
    authority_id: int | None
    attempt: int
    to: str
    subject: str
    body: str = field(repr=False)
    links: tuple[str, ...] = field(default=(), repr=False)


def hand_over(parcel: Parcel) -> None:
    """Give a message to Django's e-mail backend.

    Raises:
        NotSent, Refused, NoAnswer: what is known of a message that did not go the usual way. Their text holds no
            link of the message.
    """
    try:
        connection = get_connection()
    except Exception as fault:
        raise NotSent(_in_words(fault, parcel)) from None
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    email = EmailMessage(
        parcel.subject,
        parcel.body,
        to=[parcel.to],
        headers={
            # The same for every attempt, so that whoever receives it twice after all can tell.
            "Message-ID": f"<message-{parcel.message_id}@{host}>",
            # Answers such as "out of office" stay away.
            "Auto-Submitted": "auto-generated",
        },
        connection=connection,
    )
    try:
        sent = email.send()
    except Undelivered as fault:
        raise type(fault)(_in_words(fault, parcel)) from None
    except Exception as fault:
        raise NoAnswer(_in_words(fault, parcel)) from None
    if sent != 1:
        raise NotSent(f"the e-mail backend sent {sent} messages")


def _in_words(fault: Exception, parcel: Parcel) -> str:
    words = str(fault) if isinstance(fault, Undelivered) else f"{type(fault).__name__}: {fault}"
    for link in parcel.links:
        words = words.replace(link, "…")
    return " ".join(words.split())[:LONGEST_FAULT]
