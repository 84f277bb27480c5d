"""Exports that a worker makes, and finds again when something was lost."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from assurance import scope
from assurance.actions import exports

WITHIN = 240
"""Seconds for the longest: every outcome of 25,000 authorities as a spreadsheet. Less than the broker waits."""


@shared_task(name=exports.TASK, soft_time_limit=WITHIN, time_limit=WITHIN + 30)
def make_export(export_id: int) -> None:
    """Make a file that somebody asked for, with the rights that they have now. Doing it twice does it once."""
    exports.make(export_id=export_id, at=timezone.now())


@shared_task(name="exports.sweep")
def sweep() -> int:
    """Throw bytes away that are old, and send again what a crash left behind. Returns how many were sent."""
    with scope.everything():
        waiting = exports.sweep(timezone.now())
    for export_id, view in waiting:
        exports.send(export_id, view)
    return len(waiting)
