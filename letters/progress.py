"""What the pages of batches read: how far each is, counted from its letters, and what went wrong in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet

from assurance.access import Actor, NotFound, reach, require_anywhere, visible
from assurance.vocabulary import BatchState, ItemState, Permission
from letters.models import Batch, BatchItem

P = Permission
PAGE_SIZE = 50


@dataclass(frozen=True)
class Counts:
    """How many letters of a batch are how far."""

    waiting: int
    done: int
    skipped: int
    failed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.waiting + self.finished

    @property
    def finished(self) -> int:
        """Those that nothing more happens to."""
        return self.done + self.skipped + self.failed


@dataclass(frozen=True)
class BatchLine:
    """A batch in the list."""

    batch: Batch
    counts: Counts


@dataclass(frozen=True)
class BatchPage:
    """One batch. ``page`` holds the letters that failed or were left out, each with the reason."""

    batch: Batch
    counts: Counts
    page: Page[Any]
    is_own: bool

    @property
    def is_going_on(self) -> bool:
        """Whether something is still done by itself."""
        return self.counts.waiting > 0 and self.batch.state == BatchState.RUNNING

    @property
    def is_stopped(self) -> bool:
        """Whether letters wait and nothing happens to them."""
        return self.counts.waiting > 0 and self.batch.state == BatchState.STOPPED


def batches(actor: Actor, page: int) -> tuple[Page[Any], tuple[BatchLine, ...]]:
    """The actor's batches, or everybody's for a national reader, newest first. Three queries.

    Raises:
        Forbidden: the actor reads no letters of the Home Office.
    """
    require_anywhere(actor, P.READ_LETTERS)
    found = Paginator(_readable(actor), PAGE_SIZE).get_page(page)
    counted = _counted(actor, Q(batch__in=[one.pk for one in found]))
    return found, tuple(BatchLine(one, counted.get(one.pk, NOTHING)) for one in found)


def batch_page(actor: Actor, batch_id: int, page: int) -> BatchPage:
    """One batch. Four queries.

    Raises:
        NotFound: it is not the actor's, and they are no national reader.
    """
    batch = _readable(actor).filter(pk=batch_id).first()
    if batch is None:
        raise NotFound
    unhappy = (
        visible(actor, BatchItem)
        .filter(batch=batch, state__in=[ItemState.FAILED, ItemState.SKIPPED])
        .select_related("authority", "letter")
        .order_by("state", "pk")
    )
    counts = _counted(actor, Q(batch=batch)).get(batch.pk, NOTHING)
    found = Paginator(unhappy, PAGE_SIZE).get_page(page)
    return BatchPage(batch, counts, found, is_own=batch.asked_by_id == actor.id)


NOTHING = Counts(0, 0, 0, 0)


def _readable(actor: Actor) -> QuerySet[Batch]:
    """A person's own batches, and all of them for whoever reads every letter there is."""
    rows = Batch.objects.select_related("asked_by", "cycle")
    is_national = any(not one.region and one.programme_id is None for one in reach(actor, P.READ_LETTERS).wider)
    return rows if is_national else rows.filter(asked_by=actor.id)


def _counted(actor: Actor, where: Q) -> dict[int, Counts]:
    rows = visible(actor, BatchItem).filter(where).order_by().values("batch")
    return {
        row.pop("batch"): Counts(**row)
        for row in rows.annotate(**{state.value: Count("pk", filter=Q(state=state)) for state in ItemState})
    }
