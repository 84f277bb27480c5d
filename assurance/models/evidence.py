from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assurance.models.assessment import Assessment
from assurance.models.base import Tenant, Versioned, history
from assurance.models.review import Question
from assurance.models.working import File
from assurance.vocabulary import EvidenceKind, Scan


class Evidence(Tenant, Versioned):
    """A file or a link that supports answers. Taken away, it is out of sight and still there."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="evidence_items")
    kind = models.CharField(max_length=10, choices=EvidenceKind)
    title = models.CharField(max_length=200)
    url = models.CharField(max_length=2000, blank=True, help_text="Of a link.")
    benchmark_numbers = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    criterion_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    question = models.ForeignKey(
        Question, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence_items",
        help_text="The adviser's question that it answers.",
    )  # fmt: skip
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    history = history()

    class Meta:
        ordering = ["added_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="evidence_url_iff_link",
                condition=Q(kind=EvidenceKind.FILE, url="") | (Q(kind=EvidenceKind.LINK) & ~Q(url="")),
            ),
            models.UniqueConstraint(fields=["id", "authority"], name="evidence_with_authority"),
            models.CheckConstraint(name="evidence_has_title", condition=~Q(title="")),
        ]
        indexes = [models.Index(fields=["assessment"], name="evidence_by_assessment")]

    def __str__(self) -> str:
        return self.title


class EvidenceFile(File):
    """One version of an evidence file. A replacement is the next number, and the earlier ones stay."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="+")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="files")
    number = models.PositiveSmallIntegerField()
    media_type = models.CharField(max_length=100, help_text="As its content says, whatever its name says.")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    scan = models.CharField(max_length=20, choices=Scan)
    scanned_at = models.DateTimeField(null=True, blank=True)
    finding = models.CharField(max_length=200, blank=True, help_text="What the scanner found.")

    history = history()

    class Meta:
        ordering = ["evidence", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["evidence", "number"], name="evidence_file_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"
