from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assurance.models.assessment import Assessment
from assurance.models.base import OutcomeRecord, Tenant, Versioned, history
from assurance.vocabulary import Answer, Basis


class Review(Tenant, OutcomeRecord, Versioned):
    """The adviser's judgement on one benchmark. The authority sees it once outcomes are proposed."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="reviews")
    benchmark = models.ForeignKey("benchmarks.Benchmark", on_delete=models.PROTECT, related_name="+")
    summary = models.TextField(blank=True, help_text="Printed in Annex A.")
    comments = models.TextField(blank=True, help_text="The adviser's comments, printed in Annex A.")
    verdicts = models.JSONField(
        default=dict, blank=True, help_text="Whether the adviser agrees with what is marked, by criterion id."
    )
    notes = models.JSONField(default=dict, blank=True, help_text="Why not, by criterion id.")
    saved_at = models.DateTimeField(null=True, blank=True)

    history = history()

    class Meta(OutcomeRecord.Meta):
        ordering = ["benchmark__number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "benchmark"], name="review_once"),
            *OutcomeRecord.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.benchmark}"


class PrivateNote(Tenant, Versioned):
    """What the Home Office notes for itself, on a benchmark or on the whole. No authority ever sees it.

    A table of its own, because a review is shown to the authority in the end, and row-level security hides rows and
    not columns.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="private_notes")
    benchmark = models.ForeignKey(
        "benchmarks.Benchmark", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    text = models.TextField(blank=True)
    saved_at = models.DateTimeField()

    history = history()

    class Meta:
        ordering = ["benchmark__number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "benchmark"], nulls_distinct=False, name="private_note_once"),
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: private note"


class AgreedOutcome(Tenant, OutcomeRecord):
    """What stands on one benchmark. There exactly while the assessment is agreed."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="agreed_outcomes")
    benchmark = models.ForeignKey("benchmarks.Benchmark", on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=20, choices=Basis)

    history = history()

    class Meta(OutcomeRecord.Meta):
        ordering = ["benchmark__number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "benchmark"], name="agreed_outcome_once"),
            models.CheckConstraint(name="agreed_outcome_is_answered", condition=~Q(answer=Answer.UNANSWERED)),
            *OutcomeRecord.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.benchmark}"


class Strength(Tenant):
    """Something that the authority does well, in the order in which the letter names it."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="strengths")
    position = models.PositiveSmallIntegerField()
    text = models.TextField()

    history = history()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "position"],
                name="strength_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Recommendation(Tenant):
    """Something to do before next year. It may touch no benchmark, one or several."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="recommendations")
    position = models.PositiveSmallIntegerField()
    heading = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    benchmark_numbers = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    owners = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, help_text="Who sees to it; empty: no owner yet."
    )
    due_on = models.DateField(null=True, blank=True)

    history = history()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "position"],
                name="recommendation_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["id", "authority"], name="recommendation_with_authority"),
        ]

    def __str__(self) -> str:
        numbers = ", ".join(map(str, self.benchmark_numbers))
        return " ".join(part for part in (self.heading, self.text, f"({numbers})" if numbers else "") if part)


class Question(Tenant, Versioned):
    """Something that the adviser asks before going on, and the authority's answer."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="questions")
    benchmark = models.ForeignKey(
        "benchmarks.Benchmark", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    follows = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="followed_by",
        help_text="The question of an earlier round that this one goes on from.",
    )  # fmt: skip
    text = models.TextField()
    wants_evidence = models.BooleanField(default=False, help_text="Whether a file or link is asked for as well.")
    due = models.DateField()
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    history = history()

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["id", "authority"], name="question_with_authority"),
            models.CheckConstraint(
                name="question_answered_has_date",
                condition=Q(answer="", answered_at__isnull=True) | (~Q(answer="") & Q(answered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.text


class Dispute(Tenant):
    """Why the authority does not accept the outcome of a benchmark. Kept whatever comes after."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="disputes")
    benchmark = models.ForeignKey("benchmarks.Benchmark", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField()
    raised_at = models.DateTimeField()

    history = history()

    class Meta:
        ordering = ["raised_at", "benchmark__number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "benchmark", "raised_at"], name="dispute_once_each_time"),
            models.CheckConstraint(name="dispute_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return self.reason
