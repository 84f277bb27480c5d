"""Workbooks that are made and read: what the worker does, and finds again when something was lost."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from assurance import scope
from assurance.actions import documents, history_import, workbook
from assurance.tasks import ScopedTask

SWEEP_SECONDS = 60.0


@shared_task(base=ScopedTask, name="documents.make")
def make_document(document_id: int, authority_id: int) -> None:
    """Make a workbook that somebody asked for. Doing it twice does it once."""
    documents.make(document_id=document_id, at=timezone.now(), makers=workbook.MAKERS)


@shared_task(base=ScopedTask, name=workbook.READ_TASK)
def read_upload(upload_id: int, authority_id: int) -> None:
    """Read a workbook that came back. Doing it twice does it once."""
    workbook.read_upload(upload_id=upload_id, at=timezone.now())


@shared_task(name=history_import.READ_TASK)
def read_history(import_id: int) -> None:
    """Read a table of earlier years. Doing it twice does it once."""
    with scope.everything():
        history_import.read_import(import_id=import_id, at=timezone.now())


@shared_task(name="documents.sweep")
def sweep() -> int:
    """Throw away what is old, and send again what a crash left behind. Returns how many were sent."""
    now = timezone.now()
    with scope.everything():
        made, came_back = documents.sweep(now), workbook.sweep(now)
        history = history_import.sweep(now)
    for kind, document_id, authority_id in made:
        documents.send(kind, document_id, authority_id)
    for upload_id, authority_id in came_back:
        workbook.send(upload_id, authority_id)
    for import_id in history:
        history_import.send(import_id)
    return len(made) + len(came_back) + len(history)
