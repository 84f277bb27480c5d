"""Evidence files that are scanned, and what nobody knows in the store: what the worker does about both."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from assurance import scanning, scope
from assurance.actions import evidence
from assurance.tasks import ScopedTask

SWEEP_SECONDS = 60.0
LOST_AFTER = timedelta(days=1)
"""Longer than any transaction lasts, so that nothing is taken from under one."""

log = logging.getLogger(__name__)


@shared_task(base=ScopedTask, name="evidence.scan")
def scan_file(file_id: int, authority_id: int) -> None:
    """Scan a new file. Doing it twice does it once; while no scanner answers, the file waits for the next sweep."""
    try:
        evidence.scan_file(file_id=file_id, at=timezone.now())
    except scanning.ScannerAway as fault:
        log.warning("Evidence file %s was not scanned and waits: %s", file_id, fault)


@shared_task(name="evidence.sweep")
def sweep() -> int:
    """Send again the scan of every file that still waits. Returns how many were sent."""
    with scope.everything():
        waiting = evidence.waiting_for_scan()
    for file_id, authority_id in waiting:
        # The next sweep finds them again: a queue that nobody works off does not grow with every minute.
        scan_file.apply_async((file_id, authority_id), expires=SWEEP_SECONDS)
    return len(waiting)


@shared_task(name="uploads.sweep")
def forget_lost() -> int:
    """Take away what lies in the store for a day and no row knows. Returns how many files that were."""
    with scope.everything():
        return evidence.forget_lost(before=timezone.now() - LOST_AFTER)
