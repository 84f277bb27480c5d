from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from assurance.models.base import OutcomeRecord, Tenant, Versioned, history
from assurance.models.cycle import Cycle
from assurance.vocabulary import EDITABLE_STATES, State


class Assessment(Tenant, Versioned):
    """One authority's assessment in one cycle. Its state moves only through ``workflow.perform``."""

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="assessments")
    state = models.CharField(max_length=20, choices=State, default=State.NOT_STARTED)
    state_since = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    declaration = models.TextField(blank=True, help_text="The words that were agreed to on submission.")
    letter_issued_at = models.DateTimeField(
        null=True, blank=True, help_text="When the letter in force left; the record is then not reopened."
    )
    imported_digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the case that this record was taken over from."
    )

    history = history()

    class Meta:
        ordering = ["cycle", "authority__name"]
        constraints = [
            models.UniqueConstraint(fields=["cycle", "authority"], name="assessment_once"),
            models.UniqueConstraint(fields=["id", "authority"], name="assessment_with_authority"),
            models.CheckConstraint(
                name="assessment_not_submitted_while_editable",
                condition=~Q(state__in=sorted(EDITABLE_STATES)) | Q(submitted_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["authority", "cycle"], name="assessment_by_authority")]

    def __str__(self) -> str:
        return f"{self.authority}, {self.cycle}"


class SelfAssessment(Tenant, OutcomeRecord, Versioned):
    """The authority's own answer on one benchmark."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="self_assessments")
    benchmark = models.ForeignKey("benchmarks.Benchmark", on_delete=models.PROTECT, related_name="+")
    evidence = models.TextField(blank=True)
    met_criteria = models.JSONField(default=list, blank=True, help_text="Ids of the criteria that are met.")
    saved_at = models.DateTimeField(null=True, blank=True)

    history = history()

    class Meta(OutcomeRecord.Meta):
        ordering = ["benchmark__number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "benchmark"], name="self_assessment_once"),
            *OutcomeRecord.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.benchmark}"


class GivenBenchmark(Tenant):
    """A benchmark that a contributor may answer."""

    self_assessment = models.ForeignKey(SelfAssessment, on_delete=models.PROTECT, related_name="given")
    contributor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    history = history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["self_assessment", "contributor"], name="given_benchmark_once"),
        ]

    def __str__(self) -> str:
        return f"{self.self_assessment} to {self.contributor}"
