from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from assurance.models.base import history


class Programme(models.Model):
    """One sector's yearly exercise. Nothing in the engine knows which sector it is."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=200, unique=True)

    history = history()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Authority(models.Model):
    """A specified authority, as public reference data."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="authorities")
    gss_code = models.CharField("GSS code", max_length=9, unique=True)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=200)
    type = models.CharField(max_length=100)
    nation = models.CharField(max_length=100)
    region = models.CharField(max_length=100)
    county = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="districts")
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    former_gss_codes = models.CharField(max_length=200, blank=True)

    history = history()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "authorities"
        indexes = [models.Index(fields=["programme", "region"], name="authority_by_region")]
        constraints = [
            models.CheckConstraint(
                name="authority_ends_after_start",
                condition=Q(start_date__isnull=True) | Q(end_date__isnull=True) | Q(end_date__gt=F("start_date")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Succession(models.Model):
    """``successor`` took over from ``predecessor``. There is no like-for-like year before ``date``."""

    predecessor = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="successions_out")
    successor = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="successions_in")
    date = models.DateField()

    history = history()

    class Meta:
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="succession_once"),
            models.CheckConstraint(name="succession_of_another", condition=~Q(predecessor=F("successor"))),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} to {self.successor}"


class Partnership(models.Model):
    """Authorities that run Prevent together, such as a county with its districts."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="partnerships")
    name = models.CharField(max_length=200)

    history = history()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "name"], name="partnership_name_once"),
        ]

    def __str__(self) -> str:
        return self.name


class PartnershipMember(models.Model):
    """An authority's time in a partnership."""

    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="members")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="partnership_memberships")
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True)

    history = history()

    class Meta:
        ordering = ["partnership", "authority"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "authority"],
                condition=Q(ends__isnull=True),
                name="partnership_member_open_once",
            ),
            models.CheckConstraint(
                name="partnership_member_ends_after_start",
                condition=Q(ends__isnull=True) | Q(ends__gt=F("starts")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.authority} in {self.partnership}"
