"""What both sides write on the way from a review to an agreement."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from assurance.models.assessment import Assessment
from assurance.models.base import Tenant, Versioned, history


class MeetingPoint(Tenant, Versioned):
    """Something that the adviser and the authority agreed when they met, on a benchmark or on none."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="meeting_points")
    benchmark = models.ForeignKey(
        "benchmarks.Benchmark", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    level = models.ForeignKey(
        "benchmarks.Level", on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="The outcome that both came to, if they spoke of one.",
    )  # fmt: skip
    text = models.TextField(blank=True)
    noted_at = models.DateTimeField()

    history = history()

    class Meta:
        ordering = ["noted_at", "id"]
        constraints = [
            models.CheckConstraint(name="meeting_point_says_something", condition=~Q(text="") | Q(level__isnull=False)),
            models.CheckConstraint(
                name="meeting_point_outcome_is_of_a_benchmark",
                condition=Q(level__isnull=True) | Q(benchmark__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text or str(self.level)


class ProposalResponse(Tenant, Versioned):
    """What an authority means to say of one proposed outcome. Its own until it is sent; gone from then on.

    What is sent is an agreement, or a ``Dispute``.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="proposal_responses")
    benchmark = models.ForeignKey("benchmarks.Benchmark", on_delete=models.PROTECT, related_name="+")
    accepts = models.BooleanField()
    reason = models.TextField(blank=True, help_text="Why the outcome is not accepted.")
    saved_at = models.DateTimeField()

    history = history()

    class Meta:
        ordering = ["benchmark__number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "benchmark"], name="proposal_response_once"),
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.benchmark}"
