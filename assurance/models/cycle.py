from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from assurance.models.authority import Programme
from assurance.models.base import Versioned, history
from assurance.vocabulary import CycleState


def reminder_days() -> list[int]:
    """When people are reminded of a deadline unless the cycle says otherwise: days before it."""
    return [28, 14, 7, 1]


class Cycle(Versioned):
    """One year's assurance of a programme, on one published version of a scheme."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="cycles")
    name = models.CharField(max_length=40, help_text="Such as 2024/25.")
    scheme_version = models.ForeignKey("benchmarks.SchemeVersion", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=20, choices=CycleState, default=CycleState.DRAFT)
    opens_on = models.DateField(null=True, blank=True)
    submit_by = models.DateField(null=True, blank=True)
    agree_by = models.DateField(null=True, blank=True)
    letters_by = models.DateField(null=True, blank=True)
    recommendation_limit = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Warns and does not block."
    )
    reminder_days = ArrayField(
        models.PositiveSmallIntegerField(),
        default=reminder_days,
        blank=True,
        help_text="How many days before a deadline people are reminded of it.",
    )
    remind_overdue = models.BooleanField(default=True, help_text="Whether people are reminded the day after, too.")
    nations = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    authority_types = ArrayField(models.CharField(max_length=100), default=list, blank=True)

    history = history()

    class Meta:
        ordering = ["-name", "programme__name"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "name"], name="cycle_name_once"),
            models.CheckConstraint(
                name="cycle_dates_in_order",
                condition=(Q(opens_on__isnull=True) | Q(submit_by__isnull=True) | Q(submit_by__gte=F("opens_on")))
                & (Q(submit_by__isnull=True) | Q(agree_by__isnull=True) | Q(agree_by__gte=F("submit_by")))
                & (Q(agree_by__isnull=True) | Q(letters_by__isnull=True) | Q(letters_by__gte=F("agree_by"))),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CycleBenchmark(models.Model):
    """Whether a cycle scores a benchmark, and if not, why not."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="benchmarks")
    benchmark = models.ForeignKey("benchmarks.Benchmark", on_delete=models.PROTECT, related_name="+")
    scored = models.BooleanField()
    reason = models.CharField(max_length=1000, blank=True)

    history = history()

    class Meta:
        ordering = ["benchmark__number"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "benchmark"], name="cycle_benchmark_once"),
            models.CheckConstraint(
                name="cycle_benchmark_unscored_has_reason", condition=Q(scored=True) | ~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle}: {self.benchmark}"
