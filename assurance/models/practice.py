"""Good practice: what an authority agrees to share, and what is shared."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from assurance.models.assessment import Assessment
from assurance.models.authority import Programme
from assurance.models.base import Tenant, Versioned, history
from assurance.vocabulary import PracticeState

PRACTICE_VECTOR = SearchVector("title", "text", config="english")
"""What the library is searched by. The index is of this expression, and only a query of this expression uses it."""


class LibraryEntry(models.Model):
    """A piece of good practice that everybody may read. Knows no authority but by name, and only if it may."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    benchmark = models.ForeignKey(
        "benchmarks.Benchmark", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    cycle_name = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    text = models.TextField()
    authority_name = models.CharField(max_length=200, blank=True, help_text="Empty: it wishes not to be named.")
    authority_type = models.CharField(max_length=100, blank=True, help_text="Empty: it would give the name away.")
    region = models.CharField(max_length=100, blank=True, help_text="Empty: it would give the name away.")
    shared_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    history = history()

    class Meta:
        ordering = ["-shared_at", "-id"]
        verbose_name_plural = "library entries"
        indexes = [GinIndex(PRACTICE_VECTOR, name="library_entry_search")]

    def __str__(self) -> str:
        return self.title


class GoodPractice(Tenant, Versioned):
    """A strength or a passage that an adviser would like others to read, and what the authority says to that."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="good_practice")
    benchmark = models.ForeignKey(
        "benchmarks.Benchmark", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    title = models.CharField(max_length=200)
    text = models.TextField()
    state = models.CharField(max_length=20, choices=PracticeState, default=PracticeState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    is_named = models.BooleanField(default=False, help_text="Whether the authority is named in the library.")
    note = models.TextField(blank=True, help_text="What the authority says to it.")
    entry = models.OneToOneField(LibraryEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    history = history()

    class Meta:
        ordering = ["proposed_at", "id"]
        verbose_name_plural = "good practice"
        constraints = [
            models.CheckConstraint(
                name="good_practice_answered_has_time",
                condition=Q(state=PracticeState.PROPOSED, answered_at__isnull=True)
                | (~Q(state=PracticeState.PROPOSED) & Q(answered_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="good_practice_shared_has_entry",
                condition=~Q(state=PracticeState.SHARED) | Q(entry__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title
