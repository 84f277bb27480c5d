"""An e-mail backend that hands messages to GOV.UK Notify.

Notify sends templates only. One template is enough: its subject is ``((subject))`` and its message ``((body))``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests
from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient
from urllib3.exceptions import NewConnectionError

from assurance.delivery import NoAnswer, NotSent, Refused

TIMEOUT = 10
"""Seconds to wait for a connection, and again for an answer."""
MENDABLE = frozenset({403, 429})
"""Refusals that are not of the message: a key that is not right (yet), or too many messages."""
FIRST_REFUSAL, FIRST_SERVER_FAULT = 400, 500


class NotifyBackend(BaseEmailBackend):
    """Sends each message through Notify's API, once for each recipient."""

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently)
        options = {"base_url": settings.NOTIFY_URL} if settings.NOTIFY_URL else {}
        self.client = NotificationsAPIClient(settings.NOTIFY_API_KEY, timeout=TIMEOUT, **options)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send, and say how many messages went.

        Raises:
            Refused: Notify does not take the message (4xx).
            NotSent: Notify is away or does not work (5xx), or does not take any message at the moment.
            NoAnswer: the message left, and no answer came back.
        """
        for message in email_messages:
            for recipient in message.recipients():
                self._send(message, recipient)
        return len(email_messages)

    def _send(self, message: EmailMessage, recipient: str) -> None:
        try:
            self.client.send_email_notification(
                email_address=recipient,
                template_id=settings.NOTIFY_TEMPLATE_ID,
                personalisation={"subject": message.subject, "body": message.body},
                reference=message.extra_headers.get("Message-ID", "").strip("<>"),
            )
        except APIError as fault:
            raise _known_of(fault) from fault


def _known_of(fault: APIError) -> Exception:
    """What is known of a message when the client gave up on it."""
    # Without an answer the client calls it a 503. Only a connection that was never made is sure.
    if fault.response is None:
        cause = fault.__cause__
        words = f"{type(cause).__name__}: {cause}" if cause else str(fault)
        return (NotSent if _never_connected(cause) else NoAnswer)(words)
    status = fault.status_code
    if status < FIRST_REFUSAL:
        # Taken, with an answer that cannot be read.
        return NoAnswer(str(fault))
    if status >= FIRST_SERVER_FAULT or status in MENDABLE:
        return NotSent(str(fault))
    return Refused(str(fault))


def _never_connected(cause: BaseException | None) -> bool:
    """Whether the message cannot have left, because there was no connection to carry it."""
    if isinstance(cause, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return True
    inner = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    return isinstance(getattr(inner, "reason", None), NewConnectionError)
