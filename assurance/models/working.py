"""What is kept while people work, and is no decision: without history, and free to be thrown away."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from assurance.models.assessment import Assessment, SelfAssessment
from assurance.models.base import Tenant
from assurance.vocabulary import DocumentKind, Making, UploadState


class Draft(Tenant):
    """What somebody has typed on a benchmark and not saved yet. Goes when they save or discard it."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="drafts")
    self_assessment = models.ForeignKey(SelfAssessment, on_delete=models.CASCADE, related_name="drafts")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    base_version = models.PositiveIntegerField(help_text="Of the answer on which it was begun.")
    content = models.JSONField(help_text="The form as it was posted: lists of values by field.")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-saved_at"]
        constraints = [
            models.UniqueConstraint(fields=["self_assessment", "person"], name="draft_once"),
        ]

    def __str__(self) -> str:
        return f"{self.self_assessment}, by {self.person}"


class File(Tenant):
    """Bytes in the store of uploads: what they are called, where they lie, and how to know them again."""

    name = models.CharField(max_length=255, blank=True, help_text="As a person knows the file.")
    path = models.CharField(max_length=255, blank=True, help_text="Key in the store; never part of an address.")
    size = models.PositiveBigIntegerField(default=0, help_text="In bytes.")
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        abstract = True


class Document(File):
    """A file that a worker makes for somebody: the workbook, the submission, a letter. Theirs alone."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=30, choices=DocumentKind)
    about = models.CharField(
        max_length=80, blank=True, help_text="What of the assessment, where it is not the whole: such as letter:12:en."
    )
    state = models.CharField(max_length=20, choices=Making, default=Making.WAITING)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True, help_text="Why it could not be made, in words for the person.")

    class Meta:
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["state", "asked_at"], name="document_by_state")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.assessment}"


class Upload(File):
    """A workbook that came back. Nothing of it is in the record before somebody has confirmed it."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="uploads")
    state = models.CharField(max_length=20, choices=UploadState, default=UploadState.WAITING)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    uploaded_at = models.DateTimeField()
    faults = models.JSONField(default=list, blank=True, help_text="Why it was refused as a whole, in words.")
    content = models.JSONField(default=dict, blank=True, help_text="What was read, by benchmark number.")
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        indexes = [models.Index(fields=["state", "uploaded_at"], name="upload_by_state")]

    def __str__(self) -> str:
        return f"{self.name} for {self.assessment}"
