"""Work on letters that does not belong into a web process."""

from __future__ import annotations

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from assurance import scope
from assurance.actions import documents
from assurance.tasks import ScopedTask
from assurance.vocabulary import DocumentKind
from letters import submission
from letters.actions import give_up_file, make_file
from letters.queries import waiting_for_file

SUBMISSION_WITHIN = 120
"""Seconds for the longest self-assessment that can be typed; see ``letters.pdf.submission``."""


@shared_task(base=ScopedTask, name="letters.make_file")
def make_letter_file(letter_id: int, authority_id: int) -> None:
    """Set an approved letter as PDF and issue it. Doing it twice does it once.

    One that takes too long is left with that reason, because the sweeper would send it again every minute.
    """
    try:
        make_file(letter_id=letter_id, at=timezone.now())
    except SoftTimeLimitExceeded:
        give_up_file(letter_id=letter_id, at=timezone.now())


@shared_task(
    base=ScopedTask,
    name="letters.make_submission",
    soft_time_limit=SUBMISSION_WITHIN,
    time_limit=SUBMISSION_WITHIN + 30,
)
def make_submission(document_id: int, authority_id: int) -> None:
    """Set a whole self-assessment as PDF, for whoever asked for it. Doing it twice does it once."""
    documents.make(document_id=document_id, at=timezone.now(), makers={DocumentKind.SUBMISSION: submission.file_of})


@shared_task(name="letters.sweep")
def sweep() -> int:
    """Send again what a crash left behind. Returns how many letters were sent."""
    with scope.everything():
        waiting = waiting_for_file()
    for letter_id, authority_id in waiting:
        make_letter_file.send(letter_id, authority_id)
    return len(waiting)
