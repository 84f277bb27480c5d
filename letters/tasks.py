"""Work on letters that does not belong into a web process."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from assurance import scope
from assurance.tasks import ScopedTask
from letters.actions import make_file
from letters.queries import waiting_for_file


@shared_task(base=ScopedTask, name="letters.make_file")
def make_letter_file(letter_id: int, authority_id: int) -> None:
    """Set an approved letter as PDF and issue it. Doing it twice does it once."""
    make_file(letter_id=letter_id, at=timezone.now())


@shared_task(name="letters.sweep")
def sweep() -> int:
    """Send again what a crash left behind. Returns how many letters were sent."""
    with scope.everything():
        waiting = waiting_for_file()
    for letter_id, authority_id in waiting:
        make_letter_file.send(letter_id, authority_id)
    return len(waiting)
