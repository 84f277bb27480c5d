"""Wording as data, and letters as records."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from assurance.models import Assessment, Cycle, Message
from assurance.models.base import Tenant, Versioned, history
from assurance.vocabulary import DELIVERED_LETTER_STATES, BatchKind, BatchState, ItemState, LetterState, PointOutcome
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
    revision = models.PositiveIntegerField(default=1, help_text="Rises with every save of the draft.")

    history = history()

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
    correction_reason = models.TextField(blank=True, help_text="What it corrects in the letter that it replaces.")
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
    pages = models.SmallIntegerField(null=True, blank=True)
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
                | (~Q(sha256="") & ~Q(file="") & Q(pages__gte=1) & Q(content__isnull=False)),
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


class LetterCheck(Tenant, Versioned):
    """A round of the accuracy check: what the authority was shown, until when it could answer, and whether it did."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="checks")
    number = models.PositiveSmallIntegerField(help_text="1, and one more for each time that the letter is shown again.")
    shown = models.JSONField(help_text="What the authority was shown, by language: contents frozen on opening.")
    until = models.DateField(help_text="The last day on which the authority can point out errors.")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # What the authority said last: that it has said all, or that nothing is wrong. A further point takes it back.
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    content_at = models.DateTimeField(null=True, blank=True)
    content_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    history = history(excluded_fields=["shown"])

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "number"], name="check_number_once"),
            models.UniqueConstraint(fields=["letter"], condition=Q(closed_at__isnull=True), name="check_one_open"),
            # Points refer to both.
            models.UniqueConstraint(fields=["id", "authority"], name="check_with_authority"),
            models.CheckConstraint(
                name="check_says_one_thing",
                condition=Q(sent_at__isnull=True) | Q(content_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter}, accuracy check {self.number}"

    @property
    def is_answered(self) -> bool:
        """Whether the authority has said that it has said all."""
        return self.sent_at is not None or self.content_at is not None


class CheckPoint(Tenant, Versioned):
    """An error of fact that the authority points out in one paragraph, and what the adviser answers."""

    round = models.ForeignKey(LetterCheck, on_delete=models.PROTECT, related_name="points")
    language = models.CharField(max_length=2, help_text="Of the edition that it is about.")
    place = models.CharField(max_length=60, help_text="Key of the paragraph, as letters.places names it.")
    quote = models.TextField(help_text="What stood there, so that it can be read when the draft has moved on.")
    wrong = models.TextField(help_text="What is wrong with it.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=20, choices=PointOutcome, blank=True, help_text="Empty: not answered.")
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    history = history()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="point_answered_whole",
                condition=Q(outcome="", answer="", answered_at__isnull=True)
                | (~Q(outcome="") & ~Q(answer="") & Q(answered_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round}: {self.place}"


class LetterTranslation(Tenant, Versioned):
    """What the adviser writes in the letter's other language, for one of its texts.

    It stands beside the English and not in it, so that English that changes later leaves it flagged and not lost.
    """

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="translations")
    language = models.CharField(max_length=2, help_text="Code of the language, such as cy.")
    key = models.CharField(max_length=60, help_text="Which text it is, such as benchmark:3:summary.")
    text = models.TextField(blank=True, help_text="Empty: not translated, or taken back.")
    english_digest = models.CharField(max_length=64, help_text="SHA-256 of the English that it was written for.")

    history = history()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "language", "key"], name="letter_translation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.letter}, {self.language}: {self.key}"


class BoardPack(Tenant, Versioned):
    """What somebody chose for their board pack of a letter. The letter itself never changes by it.

    Theirs alone, as the documents are that they ask for: what one person writes for a paper is not put into another's.
    """

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="board_packs")
    choices = models.JSONField(
        default=dict, blank=True, help_text="By the place of each text: include, leave or edit, and the words for it."
    )
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    saved_at = models.DateTimeField()

    history = history()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["letter", "saved_by"], name="board_pack_once"),
        ]

    def __str__(self) -> str:
        return f"{self.letter}, board pack of {self.saved_by}"


class Batch(models.Model):
    """Work on many letters that one person asked for. How far it is stands in its items, and is counted.

    A row of nobody's authority: the database shows it to whoever asked for it and to national readers.
    """

    key = models.UUIDField(unique=True, help_text="Of the form that began it: sent twice, it begins once.")
    kind = models.CharField(max_length=20, choices=BatchKind)
    title = models.CharField(max_length=300, help_text="What was asked for, in words.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    region = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=20, choices=BatchState, default=BatchState.RUNNING)
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="batch_stopped_has_time",
                condition=Q(state=BatchState.STOPPED, stopped_at__isnull=False)
                | (~Q(state=BatchState.STOPPED) & Q(stopped_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class BatchItem(Tenant):
    """One letter of a batch. The only list of what is still to be done."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="items")
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(help_text="Of the letter, as whoever asked for the batch saw it.")
    state = models.CharField(max_length=20, choices=ItemState, default=ItemState.WAITING)
    words = models.TextField(blank=True, help_text="Why it was left out or failed, for people.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was given to a worker.")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When it was last given to a worker.")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "letter"], name="batch_item_once"),
            models.CheckConstraint(
                name="batch_item_done_has_time",
                condition=Q(state=ItemState.WAITING, done_at__isnull=True)
                | (~Q(state=ItemState.WAITING) & Q(done_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="batch_item_says_why",
                condition=~Q(state__in=[ItemState.SKIPPED, ItemState.FAILED]) | ~Q(words=""),
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "id"], condition=Q(state=ItemState.WAITING), name="batch_item_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.batch}: {self.letter}"


class LetterDelivery(Tenant):
    """What became of an issued letter with one person at the authority: told, opened, downloaded, reminded.

    Whoever opens it without having been written to has a row as well, without a message.
    """

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="deliveries")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    first_opened_at = models.DateTimeField(null=True, blank=True)
    first_downloaded_at = models.DateTimeField(null=True, blank=True)
    chase = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    chased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "person"], name="letter_delivery_once"),
            models.CheckConstraint(
                name="letter_delivery_chased_has_time",
                condition=Q(chase__isnull=True, chased_at__isnull=True)
                | Q(chase__isnull=False, chased_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter}: {self.person}"
