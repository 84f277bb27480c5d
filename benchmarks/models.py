"""Schemes, their versions and everything that a version fixes for ever once it is published.

These tables are shared by all: they name no person and no authority. The database itself refuses to change a
published version (migration 0002), whatever code asks for it.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BooleanField, F, Func, Q, Value

from benchmarks.vocabulary import Judgement, Relevance, Standing, Status

SOUND_WEIGHTS = """strict $ ? (@.type() == "object" && exists(@.*) && !exists(@.* ? (
    @.type() != "string" || !(@ like_regex "^(0[.](0[1-9]|[1-9][0-9])|[1-9][0-9]?[.][0-9][0-9])$"))))"""
"""What the database takes as weights: at least one, each from 0.01 to 99.99 with both of its decimals."""


class Scheme(models.Model):
    """A family of benchmark criteria, such as la-8, of which versions are published."""

    code = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class SchemeVersion(models.Model):
    """One wording of a scheme. Draft until published, then immutable."""

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=500, blank=True)
    weights_note = models.CharField(max_length=500, blank=True)
    judgement = models.CharField(max_length=20, choices=Judgement)
    max_recommendations = models.PositiveSmallIntegerField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    published_at = models.DateTimeField(null=True, blank=True)
    content = models.JSONField(help_text="The file as it was loaded, to compare a later load with.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")

    class Meta:
        ordering = ["scheme__code", F("published_at").desc(nulls_first=True), "-id"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "version"], name="scheme_version_once"),
            models.CheckConstraint(
                condition=Q(status=Status.DRAFT, published_at__isnull=True)
                | Q(status=Status.PUBLISHED, published_at__isnull=False),
                name="scheme_version_published_has_date",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme.code}, {self.version}"


class Level(models.Model):
    """One step of a version's scale, in order from the lowest."""

    scheme_version = models.ForeignKey(SchemeVersion, on_delete=models.CASCADE, related_name="levels")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    points = models.PositiveSmallIntegerField()
    standing = models.CharField(max_length=20, choices=Standing)
    # Restricted and not protected: a draft that is replaced takes all of its levels with it.
    builds_on = models.ForeignKey("self", on_delete=models.RESTRICT, null=True, blank=True, related_name="+")
    aliases = ArrayField(models.CharField(max_length=200), default=list, blank=True)

    class Meta:
        ordering = ["scheme_version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["scheme_version", "code"], name="level_code_once"),
            models.UniqueConstraint(fields=["scheme_version", "position"], name="level_position_once"),
        ]

    def __str__(self) -> str:
        return self.label


class Benchmark(models.Model):
    """One benchmark of a version. ``scored`` is the scheme's default: each cycle decides for itself."""

    scheme_version = models.ForeignKey(SchemeVersion, on_delete=models.CASCADE, related_name="benchmarks")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    statement = models.TextField()
    guidance = models.TextField(blank=True)
    scored = models.BooleanField()
    unscored_note = models.CharField(max_length=1000, blank=True)
    relevance = models.CharField(max_length=20, choices=Relevance)
    weight = models.DecimalField(max_digits=5, decimal_places=2)

    class Meta:
        ordering = ["scheme_version", "number"]
        constraints = [
            models.UniqueConstraint(fields=["scheme_version", "number"], name="benchmark_number_once"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="benchmark_weight_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.title}"


class Criterion(models.Model):
    """One criterion of a benchmark under a level; for best fit, the descriptor of that level."""

    benchmark = models.ForeignKey(Benchmark, on_delete=models.CASCADE, related_name="criteria")
    level = models.ForeignKey(Level, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    text = models.TextField()
    sub = ArrayField(models.TextField(), default=list, blank=True)

    class Meta:
        ordering = ["benchmark", "level__position", "position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["benchmark", "level", "position"], name="criterion_position_once"),
        ]

    def __str__(self) -> str:
        return self.text


class CrosswalkEntry(models.Model):
    """Benchmark ``from_number`` of one scheme is read as ``to_number`` of another. Ours, not official."""

    from_scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="crosswalk_out")
    to_scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="crosswalk_in")
    from_number = models.PositiveSmallIntegerField()
    to_number = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["from_scheme", "to_scheme", "from_number"]
        verbose_name_plural = "crosswalk entries"
        constraints = [
            models.UniqueConstraint(fields=["from_scheme", "to_scheme", "from_number"], name="crosswalk_from_once"),
            models.CheckConstraint(condition=~Q(from_scheme=F("to_scheme")), name="crosswalk_between_two_schemes"),
        ]

    def __str__(self) -> str:
        return f"{self.from_scheme} {self.from_number} to {self.to_scheme} {self.to_number}"


class WeightsVersion(models.Model):
    """One version of the weights of a scheme, this product's own. The newest counts; none ever changes.

    They belong to the scheme and not to one wording of it, because a benchmark's number stays. Migration 0003 makes
    the database refuse a change. ``made_by_name`` is as it was at the time: this app knows no person.
    """

    scheme = models.ForeignKey(Scheme, on_delete=models.PROTECT, related_name="weights")
    # Not "positive", whose own check could never be violated: a row is not changed once it is there.
    number = models.SmallIntegerField(help_text="From 1; version 0 is what the scheme's own file says.")
    weights = models.JSONField(help_text='By number of the benchmark, as text such as "1.50".')
    reason = models.CharField(max_length=1000)
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["scheme", "number"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "number"], name="weights_version_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="weights_version_from_one"),
            models.CheckConstraint(condition=~Q(reason=""), name="weights_version_has_reason"),
            models.CheckConstraint(
                condition=Q(
                    Func(
                        F("weights"),
                        Value(SOUND_WEIGHTS),
                        function="jsonb_path_exists",
                        template="%(function)s(%(expressions)s::jsonpath)",
                        output_field=BooleanField(),
                    )
                ),
                name="weights_version_is_sound",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}, weights {self.number}"
