"""The service's own Celery application with a faster clock, for tests that cannot wait minutes for a sweeper.

Only times are other than in production: how often the sweepers look, and when something given out counts as lost.
"""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

from celery.signals import worker_process_init

from assurance.project.celery import app

SWEEP_EVERY = 3.0
LOST_AFTER = timedelta(seconds=12)

app.conf.beat_schedule = {
    name: {**entry, "schedule": SWEEP_EVERY}
    for name, entry in app.conf.beat_schedule.items()
    if entry["task"] in ("letters.sweep_batches", "letters.sweep", "mail.sweep")
}


@worker_process_init.connect(weak=False)
def lose_sooner(**_: Any) -> None:
    """In each process that does tasks, once the models are there."""
    setattr(import_module("letters.batches"), "LOST_AFTER", LOST_AFTER)  # noqa: B010
