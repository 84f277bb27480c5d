"""Tables of earlier years that somebody brings, and what became of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from assurance.models.authority import Programme
from assurance.models.base import Versioned
from assurance.vocabulary import ImportState


class HistoryImport(Versioned):
    """A file with finished assessments of earlier years. Nothing of it is in the record before it is confirmed.

    A row of nobody's authority: the database shows it to whoever brought it, and to national readers. The console
    has no person, so that its imports are the latter's alone. ``content`` is what was read, before anybody judged it;
    what becomes of a line is worked out anew each time, for the reader and by what stands then.
    """

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    scheme = models.ForeignKey(
        "benchmarks.Scheme", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="For years that have no cycle yet and lines that name no scheme.",
    )  # fmt: skip
    name = models.CharField(max_length=255, help_text="As a person knows the file.")
    path = models.CharField(max_length=255, blank=True, help_text="Key in the store; never part of an address.")
    size = models.PositiveBigIntegerField(help_text="In bytes.")
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=20, choices=ImportState, default=ImportState.WAITING)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    uploaded_by_name = models.CharField(max_length=200, help_text="As it was at the time.")
    uploaded_at = models.DateTimeField()
    faults = models.JSONField(default=list, blank=True, help_text="Why it was refused as a whole, in words.")
    content = models.JSONField(default=dict, blank=True, help_text="What was read: lines, and what was not.")
    corrections = models.JSONField(
        default=dict, blank=True, help_text="What was written in place of cells, by line and column."
    )
    left_out = models.JSONField(default=list, blank=True, help_text="The lines that are not to be taken over.")
    applied_at = models.DateTimeField(null=True, blank=True)
    made = models.JSONField(default=list, blank=True, help_text="Ids of the assessments that it made.")
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="history_import_applied_has_time",
                condition=Q(state__in=[ImportState.APPLIED, ImportState.UNDONE], applied_at__isnull=False)
                | (~Q(state__in=[ImportState.APPLIED, ImportState.UNDONE]) & Q(applied_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="history_import_undone_says_why",
                condition=(Q(state=ImportState.UNDONE, undone_at__isnull=False) & ~Q(undo_reason=""))
                | (~Q(state=ImportState.UNDONE) & Q(undone_at__isnull=True, undo_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["state", "uploaded_at"], name="history_import_by_state")]

    def __str__(self) -> str:
        return self.name
