"""What every tenant record has in common."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from assurance.vocabulary import Answer


class Tenant(models.Model):
    """A record that belongs to one authority.

    The authority is a column of every tenant table, and of its history, because row-level security compares it
    (docs/decisions/0001). Where the record hangs on an assessment, a composite foreign key in the database keeps
    the two authorities equal.
    """

    authority = models.ForeignKey("assurance.Authority", on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Versioned(models.Model):
    """A record that people edit in a form. ``version`` rises by one with every save, and forms carry it."""

    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class OutcomeRecord(models.Model):
    """An outcome: an answer, and a level exactly when the answer is an outcome."""

    answer = models.CharField(max_length=20, choices=Answer, default=Answer.UNANSWERED)
    level = models.ForeignKey("benchmarks.Level", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(answer=Answer.OUTCOME, level__isnull=False)
                | (~Q(answer=Answer.OUTCOME) & Q(level__isnull=True)),
                name="%(class)s_level_iff_outcome",
            )
        ]


def history(**options: Any) -> HistoricalRecords:
    """History of a model: who comes from the actor that the action passes on, never from a request."""
    return HistoricalRecords(user_model=settings.AUTH_USER_MODEL, **options)
