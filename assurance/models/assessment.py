from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from assurance.models.base import OutcomeRecord, Tenant, Versioned, history
from assurance.models.cycle import Cycle
from assurance.vocabulary import EDITABLE_STATES, LetterState, Mark, State


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
    reference = models.CharField(max_length=40, blank=True, help_text="Of the submission, to quote in a letter.")
    letter_issued_at = models.DateTimeField(
        null=True, blank=True, help_text="When the letter in force left; the record is then not reopened."
    )
    letter_state = models.CharField(
        max_length=20, choices=LetterState, blank=True, help_text="Of its newest letter; empty: there is none."
    )
    letter_check_since = models.DateField(
        null=True,
        blank=True,
        help_text="Since when the authority is asked to check its draft letter; empty: it is not.",
    )
    letter_check_until = models.DateField(
        null=True, blank=True, help_text="Until when it can point out errors of fact there."
    )
    acceptance_note = models.TextField(blank=True, help_text="What the authority said when it accepted.")
    imported_digest = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the case that this record was taken over from."
    )
    history_import = models.ForeignKey(
        "assurance.HistoryImport", on_delete=models.PROTECT, null=True, blank=True, related_name="assessments",
        help_text="The table that this record was taken over from; undone, it has this and no digest.",
    )  # fmt: skip
    source_date = models.DateField(null=True, blank=True, help_text="The date that the source gives of itself.")
    stated_met = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many benchmarks the source says are met or exceeded, named or not."
    )
    stated_of = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of how many it says so.")

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
            models.CheckConstraint(
                name="assessment_letter_check_has_both_dates",
                condition=Q(letter_check_since__isnull=True, letter_check_until__isnull=True)
                | Q(letter_check_since__isnull=False, letter_check_until__isnull=False),
            ),
            models.CheckConstraint(
                name="assessment_stated_share_is_whole",
                condition=Q(stated_met__isnull=True, stated_of__isnull=True)
                | Q(
                    stated_met__isnull=False,
                    stated_of__isnull=False,
                    stated_of__gt=0,
                    stated_met__lte=F("stated_of"),
                ),
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
    reason = models.TextField(blank=True, help_text="Why the outcome is not the one that the marks suggest.")
    marks = models.JSONField(default=dict, blank=True, help_text="What is said of each criterion, by its id.")
    notes = models.JSONField(default=dict, blank=True, help_text="A note on a criterion, by its id.")
    needs_rechecking = models.BooleanField(
        default=False, help_text="Brought in from last year and not confirmed since: never ready."
    )
    carried_from = models.JSONField(
        default=list, blank=True, help_text="Whence it was brought in: cycle, number and title of each benchmark."
    )
    saved_at = models.DateTimeField(null=True, blank=True)

    history = history()

    class Meta(OutcomeRecord.Meta):
        ordering = ["benchmark__number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "benchmark"], name="self_assessment_once"),
            models.UniqueConstraint(fields=["id", "authority"], name="self_assessment_with_authority"),
            *OutcomeRecord.Meta.constraints,
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.benchmark}"

    @property
    def met_criteria(self) -> frozenset[int]:
        """Ids of the criteria that are marked as met, which alone count towards a suggestion."""
        return frozenset(int(key) for key, mark in self.marks.items() if mark == Mark.MET)


class GivenBenchmark(Tenant):
    """A benchmark that a contributor may answer."""

    self_assessment = models.ForeignKey(SelfAssessment, on_delete=models.PROTECT, related_name="given")
    contributor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    due_on = models.DateField(null=True, blank=True, help_text="When the lead would like to have it.")
    note = models.TextField(blank=True, help_text="What the lead asks for.")

    history = history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["self_assessment", "contributor"], name="given_benchmark_once"),
        ]

    def __str__(self) -> str:
        return f"{self.self_assessment} to {self.contributor}"
