"""Django's SMTP backend, saying of a message that did not go whether it surely did not."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import smtp

from assurance.delivery import NoAnswer, NotSent, Refused


class _WithBody:
    """Notices that the text of a message began to leave: from then on silence does not mean that it was not taken."""

    _begun = False

    def send(self, s: Any) -> None:
        # Commands are text; only the message itself is bytes.
        self._begun = self._begun or not isinstance(s, str)
        super().send(s)  # type: ignore[misc]

    def data(self, msg: Any) -> Any:
        self._begun = False
        try:
            return super().data(msg)  # type: ignore[misc]
        except smtplib.SMTPResponseException:
            raise
        except OSError as fault:
            if self._begun:
                raise NoAnswer(_in_words(fault)) from fault
            raise


class _Connection(_WithBody, smtplib.SMTP):
    """As smtplib's."""


class _TlsConnection(_WithBody, smtplib.SMTP_SSL):
    """As smtplib's."""


class EmailBackend(smtp.EmailBackend):
    """Hands messages to an SMTP server.

    A final refusal (5xx) of the recipient or of the message raises :class:`Refused`. A server that is away, refuses
    for now (4xx), or does not take the sender or the password raises :class:`NotSent`: that can be mended, and then
    the message goes. A connection that breaks once the message is under way raises :class:`NoAnswer`.
    """

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TlsConnection if self.use_ssl else _Connection

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        try:
            return super().send_messages(email_messages) or 0
        except smtplib.SMTPRecipientsRefused as fault:
            codes = [code for code, _said in fault.recipients.values()]
            raise (Refused if codes and min(codes) >= 500 else NotSent)(_in_words(fault)) from fault
        except smtplib.SMTPDataError as fault:
            raise (Refused if fault.smtp_code >= 500 else NotSent)(_in_words(fault)) from fault
        except OSError as fault:
            # Every exception of smtplib is one.
            raise NotSent(_in_words(fault)) from fault
        finally:
            # A connection that did not come about, such as for want of a password, is otherwise left open.
            self.close()

    def _close_connection(self, connection: smtplib.SMTP) -> None:
        """Say goodbye. What comes of that says nothing about a message that was taken before."""
        try:
            super()._close_connection(connection)  # type: ignore[misc]
        except OSError:
            connection.close()


def _in_words(fault: OSError) -> str:
    """What the server said, as text: smtplib keeps it as bytes."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"{code} {_text(said)}" for code, said in fault.recipients.values())
    if isinstance(fault, smtplib.SMTPResponseException):
        return f"{fault.smtp_code} {_text(fault.smtp_error)}"
    return f"{type(fault).__name__}: {fault}"


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
