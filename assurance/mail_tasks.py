"""E-mail that is sent, found again, and written on a day: what the worker and the scheduler do about it.

None of these is a ``ScopedTask``: that works in one transaction, and here what was handed over has to be on record
whatever happens afterwards. The actions set the scope of each of their transactions themselves.
"""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from assurance.actions import messages
from assurance.reminders import write_reminders

SWEEP_SECONDS = 60.0


@shared_task(name="mail.send")
def send_message(message_id: int, authority_id: int) -> None:
    """Send one message whose time has come; ``authority_id`` is 0 for none. Doing it twice does it once."""
    messages.deliver(message_id=message_id, authority_id=authority_id)


@shared_task(name="mail.sweep")
def sweep() -> int:
    """Send what waits and whose time has come: after a failure, or after a crash. Returns how many messages."""
    waiting = messages.waiting(timezone.now())
    for message_id, authority_id in waiting:
        # The next sweep finds them again: a queue that nobody works off does not grow with every minute.
        send_message.apply_async((message_id, authority_id), expires=SWEEP_SECONDS)
    return len(waiting)


@shared_task(name="mail.remind")
def remind() -> int:
    """Write the reminders that are due today. Returns how many are new; doing it again adds none."""
    now = timezone.now()
    return write_reminders(timezone.localdate(now), at=now)


@shared_task(name="mail.digest")
def digest() -> int:
    """Write the weekly messages, from Monday at eight on. Returns how many are new; doing it again adds none."""
    return messages.write_digests(at=timezone.now())
