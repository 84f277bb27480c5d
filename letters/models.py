"""Wording as data, and letters as records."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from assurance.models import Assessment, Cycle
from assurance.models.base import Tenant, Versioned, history
from assurance.vocabulary import DELIVERED_LETTER_STATES, LetterState
from benchmarks.vocabulary import Status


class Wording(models.Model):
    """One version of the fixed text of a letter, in one language. Immutable once published."""

    code = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    version = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    scheme_code = models.CharField(max_length=40, help_text="The scheme that this wording goes with.")
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    content = models.JSONField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["code", "language", F("published_at").desc(nulls_first=True), "-id"]
        constraints = [
            models.UniqueConstraint(fields=["code", "language", "version"], name="wording_version_once"),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT, published_at__isnull=True)
                | Q(status=Status.PUBLISHED, published_at__isnull=False),
                name="wording_published_has_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.version}"


class CycleWording(models.Model):
    """Which wording a cycle's letters use, where it is not simply the newest for its scheme."""

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=10)
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="+")

    history = history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cycle", "language"], name="cycle_wording_once"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle}: {self.wording}"


class Letter(Tenant, Versioned):
    """An outcome letter. Until it is approved its text can change; from then on its content is frozen.

    What it says stands in its editions, one for each language in which it is sent.
    """

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="letters")
    number = models.PositiveSmallIntegerField(help_text="1, and one more for each correction.")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections")
    state = models.CharField(max_length=20, choices=LetterState, default=LetterState.DRAFT)
    state_since = models.DateTimeField()
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    letter_date = models.DateField(null=True, blank=True, help_text="Empty: the day of approval.")
    addressee_name = models.CharField(max_length=200, blank=True)
    addressee_title = models.CharField(max_length=200, blank=True)
    addressee_organisation = models.CharField(max_length=200, blank=True)
    addressee_address = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    salutation = models.CharField(max_length=200, blank=True)
    sender_name = models.CharField(max_length=200, blank=True)
    sender_title = models.CharField(max_length=200, blank=True)
    sender_unit = models.CharField(max_length=200, blank=True)
    sender_organisation = models.CharField(max_length=200, blank=True)
    sender_address = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    sender_email = models.CharField(max_length=200, blank=True)
    cc = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    thanks = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    summary = models.TextField(blank=True)

    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    issue_requested_at = models.DateTimeField(null=True, blank=True)
    issue_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issued_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True, help_text="Why the file could not be made, in words.")

    history = history()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "number"], name="letter_number_once"),
            # What hangs on a letter refers to both.
            models.UniqueConstraint(fields=["id", "authority"], name="letter_with_authority"),
            models.UniqueConstraint(
                fields=["replaces"],
                condition=~Q(state=LetterState.WITHDRAWN),
                name="letter_replaced_once",
            ),
            models.UniqueConstraint(
                fields=["assessment"],
                condition=Q(state=LetterState.ISSUED),
                name="letter_one_in_force",
            ),
            models.UniqueConstraint(
                fields=["assessment"],
                condition=Q(
                    state__in=[
                        LetterState.DRAFT,
                        LetterState.ACCURACY_CHECK,
                        LetterState.AWAITING_APPROVAL,
                        LetterState.APPROVED,
                    ]
                ),
                name="letter_one_in_preparation",
            ),
            models.CheckConstraint(
                name="letter_issued_has_date",
                condition=~Q(state__in=sorted(DELIVERED_LETTER_STATES)) | Q(issued_at__isnull=False),
            ),
            models.CheckConstraint(
                name="letter_approved_has_date",
                condition=~Q(state__in=[LetterState.APPROVED, *sorted(DELIVERED_LETTER_STATES)])
                | Q(approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="letter_not_approved_by_drafter",
                condition=Q(approved_by__isnull=True) | Q(drafted_by__isnull=True) | ~Q(approved_by=F("drafted_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assessment}, letter {self.number}"


class Edition(Tenant):
    """A letter in one language: its wording, and from approval on what it says, then the file.

    Editions of one letter are of equal standing: they are approved, issued, superseded and withdrawn together.
    """

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="editions")
    language = models.CharField(max_length=2, help_text="Code of the language, such as en or cy.")
    wording = models.ForeignKey(Wording, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField(null=True, blank=True, help_text="All that the letter says, frozen on approval.")
    content_digest = models.CharField(max_length=64, blank=True)
    file = models.FileField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    pages = models.PositiveSmallIntegerField(null=True, blank=True)
    signed_by = models.CharField(
        max_length=1000, blank=True, help_text="Subject and fingerprint of the certificate; empty: not signed."
    )

    history = history(excluded_fields=["content"])

    class Meta:
        # English before Welsh: a pair stands in the same order everywhere.
        ordering = ["-language"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "language"], name="edition_language_once"),
            models.CheckConstraint(
                name="edition_file_whole",
                condition=Q(sha256="", file="", pages__isnull=True)
                | (~Q(sha256="") & ~Q(file="") & Q(pages__isnull=False) & Q(content__isnull=False)),
            ),
            models.CheckConstraint(
                name="edition_content_has_digest",
                condition=Q(content__isnull=True, content_digest="")
                | (Q(content__isnull=False) & ~Q(content_digest="")),
            ),
        ]
        indexes = [models.Index(fields=["sha256"], condition=~Q(sha256=""), name="edition_by_sha256")]

    def __str__(self) -> str:
        return f"{self.letter}, {self.language}"
