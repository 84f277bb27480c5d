"""Work on letters that does not belong into a web process."""

from __future__ import annotations

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.utils import timezone

from assurance import scope
from assurance.actions import documents, exports
from assurance.tasks import ScopedTask
from assurance.vocabulary import LETTER_DOCUMENTS, DocumentKind
from letters import batches, deliveries, submission
from letters import documents as copies
from letters.actions import give_up_file, make_file
from letters.board import make
from letters.queries import waiting_for_file
from letters.region_pack import make as region_pack

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


@shared_task(base=ScopedTask, name="letters.make_draft")
def make_draft(document_id: int, authority_id: int) -> None:
    """Set a letter as PDF or as a Word copy, for whoever asked for it. Doing it twice does it once."""
    documents.make(document_id=document_id, at=timezone.now(), makers=dict.fromkeys(LETTER_DOCUMENTS, copies.file_of))


@shared_task(base=ScopedTask, name="letters.make_board_pack")
def make_board_pack(document_id: int, authority_id: int) -> None:
    """Make a board pack of an issued letter, for whoever asked for it. Doing it twice does it once."""
    documents.make(document_id=document_id, at=timezone.now(), makers=make.MAKERS)


@shared_task(name="letters.sweep")
def sweep() -> int:
    """Send again what a crash left behind. Returns how many letters were sent."""
    with scope.everything():
        waiting = waiting_for_file()
    for letter_id, authority_id in waiting:
        make_letter_file.send(letter_id, authority_id)
    return len(waiting)


@shared_task(base=ScopedTask, name=batches.ITEM_TASK)
def do_item(item_id: int, authority_id: int) -> None:
    """Do one letter of a batch. Doing it twice does it once."""
    batches.do(item_id=item_id, at=timezone.now())


@shared_task(name=batches.DISPATCH_TASK)
def dispatch(batch_id: int) -> int:
    """Give the next letters of a batch to the workers. Returns how many."""
    return batches.dispatch(batch_id=batch_id, at=timezone.now())


@shared_task(name="letters.sweep_batches")
def sweep_batches() -> int:
    """Go on with batches whose tasks a crash took away. Returns how many letters were given out."""
    return sum(batches.dispatch(batch_id=batch_id, at=timezone.now()) for batch_id in batches.unfinished())


@shared_task(name="letters.chase")
def chase() -> int:
    """Remind authorities of letters that nobody there has opened. Returns how many letters; again adds none."""
    return deliveries.chase(at=timezone.now())


@shared_task(name="letters.make_region_pack", soft_time_limit=SUBMISSION_WITHIN, time_limit=SUBMISSION_WITHIN + 30)
def make_region_pack(export_id: int) -> None:
    """Make a region pack, for whoever asked for it. Doing it twice does it once."""
    exports.make(export_id=export_id, at=timezone.now(), maker=region_pack.file_of)
