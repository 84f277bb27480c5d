from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from assurance.models.authority import Programme
from assurance.vocabulary import ExportFormat, Making


class Export(models.Model):
    """Who took which view away as a file, and how much was in it. Kept for ever; the bytes go after a week.

    Written before the file leaves. The database refuses to delete one, or to change who asked for what.
    """

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Empty: a command at the console.",
    )  # fmt: skip
    asked_by_name = models.CharField(max_length=200, help_text="As it was at the time.")
    at = models.DateTimeField(db_index=True)
    programme = models.ForeignKey(
        Programme, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Whose auditors look at it; empty: it is of no single one.",
    )  # fmt: skip
    view = models.CharField(max_length=40, help_text="Its name in the registry.")
    params = models.JSONField(default=dict, blank=True, help_text="What the page's address said.")
    format = models.CharField(max_length=10, choices=ExportFormat)
    state = models.CharField(max_length=20, choices=Making, default=Making.WAITING)
    title = models.CharField(max_length=400, blank=True, help_text="Of the view as it was made.")
    rows = models.PositiveIntegerField(null=True, blank=True)
    authorities = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of how many authorities single values are in it."
    )
    is_mass = models.BooleanField(default=False, help_text="So many that the auditors were told.")
    made_at = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True, help_text="Why it could not be made, in words for the person.")
    name = models.CharField(max_length=255, blank=True, help_text="As a person knows the file.")
    path = models.CharField(max_length=255, blank=True, help_text="Key in the store; empty once the bytes are gone.")
    size = models.PositiveBigIntegerField(default=0, help_text="In bytes.")
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["state", "at"], name="export_by_state"),
            models.Index(fields=["asked_by", "at"], name="export_by_person"),
        ]
        constraints = [
            models.CheckConstraint(
                name="export_ready_says_how_much",
                condition=~Q(state=Making.READY)
                | Q(rows__isnull=False, authorities__isnull=False, made_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.view} as {self.format}, by {self.asked_by_name}"
