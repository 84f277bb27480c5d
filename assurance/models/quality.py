"""What is done before a letter goes out, so that what it says is right. The Home Office's own."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from assurance.models.assessment import Assessment
from assurance.models.base import Tenant, Versioned, history
from assurance.vocabulary import QualityCheck, ReadingResult


class Overrule(Tenant):
    """A warning that a person looked at and overruled. It holds for the text that it was about, and no other."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="overrules")
    check_code = models.CharField(max_length=30, choices=QualityCheck)
    subject = models.CharField(max_length=100, help_text="What the warning is about, such as benchmark:3:summary.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what the warning was about.")
    reason = models.TextField()
    overruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    overruled_at = models.DateTimeField()

    history = history()

    class Meta:
        ordering = ["overruled_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "check_code", "subject", "digest"], name="overrule_once"),
            models.CheckConstraint(name="overrule_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: {self.get_check_code_display()}"


class SecondReading(Tenant, Versioned):
    """An assessment that a manager pulled to be read by a second person, and what they found."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="second_readings")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    result = models.CharField(max_length=20, choices=ReadingResult, blank=True)
    note = models.TextField(blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    history = history()

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="second_reading_result_has_time",
                condition=Q(result="", read_at__isnull=True) | (~Q(result="") & Q(read_at__isnull=False)),
            ),
            models.UniqueConstraint(fields=["assessment"], condition=Q(result=""), name="second_reading_open_once"),
        ]

    def __str__(self) -> str:
        return f"{self.assessment}: second reading"
