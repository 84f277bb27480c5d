from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assurance.models.assessment import Assessment, SelfAssessment
from assurance.models.base import Tenant, Versioned, history
from assurance.models.review import Recommendation
from assurance.vocabulary import FollowUpProgress, MessageKind, MessageState


class FollowUp(Tenant, Versioned):
    """What an authority says this year of a recommendation of last year."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="follow_ups")
    recommendation = models.ForeignKey(Recommendation, on_delete=models.PROTECT, related_name="follow_ups")
    progress = models.CharField(max_length=20, choices=FollowUpProgress)
    owner = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    saved_at = models.DateTimeField()

    history = history()

    class Meta:
        ordering = ["recommendation__position"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "recommendation"], name="follow_up_once"),
        ]

    def __str__(self) -> str:
        return f"{self.recommendation}: {self.get_progress_display()}"


class FollowUpReview(Tenant, Versioned):
    """What the adviser says this year of a recommendation of last year. Shown with the review, once proposed."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="follow_up_reviews")
    recommendation = models.ForeignKey(Recommendation, on_delete=models.PROTECT, related_name="follow_up_reviews")
    progress = models.CharField(max_length=20, choices=FollowUpProgress)
    note = models.TextField(blank=True)
    saved_at = models.DateTimeField()

    history = history()

    class Meta:
        ordering = ["recommendation__position"]
        constraints = [
            models.UniqueConstraint(fields=["assessment", "recommendation"], name="follow_up_review_once"),
        ]

    def __str__(self) -> str:
        return f"{self.recommendation}: {self.get_progress_display()}"


class Comment(Tenant):
    """Something said within an authority about one benchmark. Never changed; the Home Office does not see it."""

    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, related_name="comments")
    self_assessment = models.ForeignKey(SelfAssessment, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    author_name = models.CharField(max_length=200, help_text="As it was at the time.")
    text = models.TextField()
    mentions = ArrayField(models.BigIntegerField(), default=list, blank=True, help_text="Ids of people.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["self_assessment", "at"], name="comment_by_benchmark")]

    def __str__(self) -> str:
        return f"{self.author_name}: {self.text}"


class Message(models.Model):
    """An e-mail that was to be sent, and what became of it. ``key`` makes the same one twice impossible.

    No body names an answer, an outcome or a text of the record: e-mail leaves the policy. A link that signs
    somebody in is put in when it is sent and is not kept.
    """

    key = models.CharField(max_length=200, unique=True, help_text="What it is about, for whom, and which time.")
    kind = models.CharField(max_length=30, choices=MessageKind)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    address = models.EmailField(max_length=254, help_text="As it was at the time.")
    authority = models.ForeignKey(
        "assurance.Authority", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    subject = models.CharField(max_length=200)
    body = models.TextField()
    state = models.CharField(max_length=20, choices=MessageState)
    created_at = models.DateTimeField()
    not_before = models.DateTimeField(help_text="When it may be tried next.")
    attempts = models.PositiveSmallIntegerField(default=0)
    fault = models.TextField(blank=True, help_text="What the last attempt met with.")
    sent_at = models.DateTimeField(null=True, blank=True)
    digest = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="gathered",
        help_text="The weekly message in which it went.",
    )  # fmt: skip

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="message_sent_has_time",
                condition=Q(state=MessageState.SENT, sent_at__isnull=False)
                | (~Q(state=MessageState.SENT) & Q(sent_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "not_before"], name="message_by_state"),
            models.Index(fields=["person", "state"], name="message_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.subject}"
