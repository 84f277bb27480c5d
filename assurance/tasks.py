"""What every background task starts from."""

from __future__ import annotations

from functools import partial
from typing import Any

from celery import Task, shared_task
from django.db import transaction
from django.utils import timezone

from assurance import scope
from assurance.actions import drafts


class ScopedTask(Task):
    """A task that works inside the scope of one authority, and that is sent when the transaction is committed.

    Its first argument but one is always the authority's id, so that no task can run without a scope. Call
    :meth:`send`, never ``delay``: a task that was sent before the commit may look for what is not there yet.
    """

    abstract = True

    def __call__(self, record_id: int, authority_id: int, *args: Any, **kwargs: Any) -> Any:
        with scope.authorities([authority_id]):
            return super().__call__(record_id, authority_id, *args, **kwargs)

    def send(self, record_id: int, authority_id: int) -> None:
        """Send the task once the transaction in progress is committed; at once if there is none."""
        transaction.on_commit(partial(self.delay, record_id, authority_id))


@shared_task(name="drafts.sweep")
def sweep_drafts() -> int:
    """Delete old drafts that nobody can come back to. Returns how many."""
    with scope.everything():
        return drafts.sweep_drafts(timezone.now())
