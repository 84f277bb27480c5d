"""Work on many letters: asked for once, done one by one, each letter in a transaction of its own.

What is to be done stands in the items and nowhere else. A worker is given a few of them at a time, and each that is
finished gives the next one out, so that whoever approves a single letter meanwhile does not wait behind hundreds. A
task that is lost is found by the sweeper, and one that runs twice finds nothing to do the second time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import scope
from assurance.access import Actor, Forbidden, NotFound, actor_for, fetch, require_anywhere, visible
from assurance.vocabulary import BatchKind, BatchState, ItemState, LetterState, Permission
from assurance.workflow import Blocked, Moved
from letters.actions import approve, make_file
from letters.content import contents_of
from letters.models import Batch, BatchItem, Letter
from letters.pdf import LetterDefective, render

log = logging.getLogger(__name__)

WINDOW = 8
"""Items of a batch that are with the workers at a time."""
LOST_AFTER = timedelta(seconds=90)
"""Longer than an item takes, the ones before it in the window too: what was given out before that is given again."""
MOST_ATTEMPTS = 20
"""An item that was given out so often and never finished ends its worker: it is set aside."""
ITEM_TASK, DISPATCH_TASK = "letters.batch_item", "letters.batch_dispatch"

Chosen = tuple[int, int]
"""A letter and its version as the person saw it."""


class NotPrintable(Exception):
    """The letter's file cannot be made; the text says why."""


# --- What people do --------------------------------------------------------------------------------------


def start(
    *,
    by: Actor,
    at: datetime,
    key: UUID,
    kind: BatchKind,
    chosen: Sequence[Chosen],
    title: str,
    cycle_id: int | None = None,
    region: str = "",
) -> Batch:
    """Begin a batch with the letters that the actor chose. Few statements, however many letters.

    Args:
        key: of the form: a form that is sent twice begins one batch.
        chosen: letters of which the actor sees none are not taken up.

    Raises:
        Forbidden: the actor approves no letters.
        NotFound: there is none among these that the actor sees.
    """
    require_anywhere(by, Permission.APPROVE_LETTERS)
    with transaction.atomic():
        versions = dict(chosen)
        places = list(visible(by, Letter).filter(pk__in=versions).order_by("pk").values_list("pk", "authority"))
        if by.user is None or not places:
            raise NotFound
        batch, is_new = Batch.objects.get_or_create(
            key=key,
            defaults={
                "kind": kind,
                "title": title,
                "asked_by": by.user,
                "asked_at": at,
                "cycle_id": cycle_id,
                "region": region,
            },
        )
        if is_new:
            BatchItem.objects.bulk_create(
                [
                    BatchItem(batch=batch, letter_id=letter_id, authority_id=authority_id, version=versions[letter_id])
                    for letter_id, authority_id in places
                ],
                batch_size=1000,
            )
            _send_dispatch(batch.pk)
    return batch


def stop(*, by: Actor, at: datetime, batch_id: int) -> Batch:
    """Do no further letter. One that is being done at this moment is finished; those that wait go on waiting.

    Raises:
        NotFound: it is not the actor's own batch.
    """
    with transaction.atomic():
        batch = _own(by, batch_id)
        if batch.state == BatchState.RUNNING:
            batch.state, batch.stopped_at = BatchState.STOPPED, at
            batch.save(update_fields=["state", "stopped_at"])
    return batch


def go_on(*, by: Actor, at: datetime, batch_id: int) -> Batch:
    """Go on with a batch that was stopped. As :func:`stop`."""
    with transaction.atomic():
        batch = _own(by, batch_id)
        _run(batch)
    return batch


def retry(*, by: Actor, at: datetime, batch_id: int, item_id: int | None = None) -> int:
    """Try failed letters again, all or one, and go on with the batch if it was stopped. As :func:`stop`.

    Returns:
        How many are tried again: none for those that somebody had tried again already.
    """
    with transaction.atomic():
        batch = _own(by, batch_id)
        rows = visible(by, BatchItem).filter(batch=batch, state=ItemState.FAILED)
        if item_id is not None:
            rows = rows.filter(pk=item_id)
        count = rows.update(state=ItemState.WAITING, words="", done_at=None, sent_at=None, attempts=0)
        if count:
            _run(batch)
    return count


def _own(by: Actor, batch_id: int) -> Batch:
    batch = Batch.objects.select_for_update().filter(pk=batch_id, asked_by=by.id).first()
    if batch is None:
        raise NotFound
    return batch


def _run(batch: Batch) -> None:
    if batch.state == BatchState.STOPPED:
        batch.state, batch.stopped_at = BatchState.RUNNING, None
        batch.save(update_fields=["state", "stopped_at"])
    _send_dispatch(batch.pk)


# --- Giving items out ------------------------------------------------------------------------------------


def dispatch(*, batch_id: int, at: datetime) -> int:
    """Give the next items of a running batch to the workers, as many as the window has room for.

    Whoever runs it at the same time takes other items: rows are locked, and what somebody works on is passed over.

    Returns:
        How many were given out.
    """
    lost = at - LOST_AFTER
    with scope.everything():
        waiting = BatchItem.objects.filter(batch=batch_id, batch__state=BatchState.RUNNING, state=ItemState.WAITING)
        room = WINDOW - waiting.filter(sent_at__gt=lost).count()
        if room <= 0:
            return 0
        rows = waiting.filter(Q(sent_at__isnull=True) | Q(sent_at__lte=lost)).order_by("id")
        found = list(rows.select_for_update(of=("self",), skip_locked=True)[:room])
        for one in found:
            if one.attempts < MOST_ATTEMPTS:
                one.attempts, one.sent_at = one.attempts + 1, at
                _on_commit(_send, ITEM_TASK, one.pk, one.authority_id)
            else:
                one.state, one.done_at = ItemState.FAILED, at
                one.words = _("It was begun %(count)d times and never finished. Tell whoever runs the service.") % {
                    "count": one.attempts
                }
        BatchItem.objects.bulk_update(found, ["attempts", "sent_at", "state", "done_at", "words"])
    return len(found)


def unfinished() -> list[int]:
    """Running batches in which something waits. For the sweeper."""
    with scope.everything():
        waiting = BatchItem.objects.filter(state=ItemState.WAITING, batch__state=BatchState.RUNNING)
        return sorted(set(waiting.values_list("batch", flat=True)))


def _send_dispatch(batch_id: int) -> None:
    """Have a worker give the first items out: one message to the broker, however many letters.

    A broker that does not answer is no reason to fail what was saved: the sweeper finds the batch a minute later.
    """
    _on_commit(_send, DISPATCH_TASK, batch_id)


def _on_commit(act: Callable[..., Any], *values: Any) -> None:
    """What fails after the commit does not undo it, and is found by the sweeper."""

    def then() -> None:
        act(*values)

    # A function and not a partial: Django names it when it fails.
    transaction.on_commit(then, robust=True)


def _send(name: str, *ids: int) -> None:
    current_app.send_task(name, ids, retry=False)


# --- Doing one -------------------------------------------------------------------------------------------


def do(*, item_id: int, at: datetime) -> BatchItem | None:
    """Do one letter of a batch in the name of whoever asked, with the rights that they hold now. Idempotent.

    Called by the task, inside the scope of the letter's authority. Then the next item is given out.

    Returns:
        The item; None when there is nothing to do.
    """
    with transaction.atomic():
        rows = BatchItem.objects.select_for_update(of=("self",), skip_locked=True)
        item = rows.filter(pk=item_id, state=ItemState.WAITING).first()
        if item is None:
            return None
        with scope.everything():
            batch = Batch.objects.select_related("asked_by").get(pk=item.batch_id)
        if batch.state != BatchState.RUNNING:
            return None
        # Inside, the scope becomes the person's own; afterwards it is the task's again, whatever they may see.
        with scope.authorities([item.authority_id]):
            item.state, item.words = _outcome(item, BatchKind(batch.kind), actor_for(batch.asked_by), at)
        item.done_at = timezone.now()
        item.save(update_fields=["state", "words", "done_at"])
        # Not through the broker: the next one is given out even while it is away, and found by the sweeper if not.
        _on_commit(_next, item.batch_id)
    return item


def _next(batch_id: int) -> None:
    dispatch(batch_id=batch_id, at=timezone.now())


def _outcome(item: BatchItem, kind: BatchKind, by: Actor, at: datetime) -> tuple[ItemState, str]:
    """Do it, all or nothing, and say what became of it."""
    act: Callable[[BatchItem, Actor, datetime], None] = _approve if kind == BatchKind.APPROVE else _check
    try:
        with transaction.atomic():
            act(item, by, at)
    except Moved as moved:
        return ItemState.SKIPPED, _why_moved(moved.record)
    except Blocked as blocked:
        return ItemState.SKIPPED, "\n".join(one.message for one in blocked.obstacles)
    except (NotFound, Forbidden):
        return ItemState.SKIPPED, _("You may not do this to this letter any more.")
    except NotPrintable as fault:
        return ItemState.FAILED, str(fault)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        # The database is away, or time is up: nothing can be written now, and the sweeper tries it again.
        raise
    except Exception:
        log.exception("letter %s of batch %s could not be done", item.letter_id, item.batch_id)
        return ItemState.FAILED, _("Something went wrong in the service. Nothing was changed. Try it again.")
    return ItemState.DONE, ""


def _approve(item: BatchItem, by: Actor, at: datetime) -> None:
    """Approve, set as PDF and issue in one: a letter that cannot be printed stays as it was, awaiting approval."""

    def unsent(letter_id: int, authority_id: int) -> None:
        """The file is made here and now."""

    letter = approve(by=by, at=at, letter_id=item.letter_id, version=item.version, enqueue=unsent)
    made = make_file(letter_id=letter.pk, at=at)
    if made is None or made.failure:
        raise NotPrintable(made.failure if made else _("The file could not be made."))


def _check(item: BatchItem, by: Actor, at: datetime) -> None:
    """Set each edition as it would be printed today, through the same gate, and keep nothing of it."""
    letter = fetch(by, Permission.APPROVE_LETTERS, Letter, related=("assessment__cycle", "replaces"), pk=item.letter_id)
    try:
        contents = contents_of(letter, timezone.localdate(at))
    except ValueError as error:
        raise NotPrintable(_("The letter cannot be put together from its wording and what was entered")) from error
    for _edition, content in contents:
        try:
            render(content)
        except LetterDefective as defective:
            raise NotPrintable("\n".join(defective.defects)) from defective


def _why_moved(letter: Letter) -> str:
    if letter.state == LetterState.AWAITING_APPROVAL:
        return _("It was changed after you had chosen it. Read it again.")
    said = {"state": letter.get_state_display()}
    return _("It no longer awaits approval. It is now: %(state)s.") % said
