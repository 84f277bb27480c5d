from __future__ import annotations

from django.conf import settings
from django.db import models

from assurance.models.assessment import Assessment
from assurance.models.authority import Programme
from assurance.models.base import Tenant
from assurance.vocabulary import Audience, EventKind


class Happening(models.Model):
    """Who did what and when. The database refuses to change or delete one."""

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=30, choices=EventKind)
    name = models.CharField(max_length=60, blank=True, help_text="Which transition or what kind of save.")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    person_name = models.CharField(max_length=200, help_text="As it was at the time.")
    reason = models.TextField(blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.kind} {self.name}"


class Event(Tenant, Happening):
    """Something that happened to one authority's record."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True, blank=True, related_name="events")
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20, blank=True)
    audience = models.CharField(max_length=20, choices=Audience, default=Audience.BOTH)

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["assessment", "at"], name="event_by_assessment")]


class ReferenceEvent(Happening):
    """Something that happened to what all share: cycles, memberships, reference data."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["at", "id"]
