"""The regional picture as it is read: put together by the database, in the statement that changes a source.

No code writes these tables. The triggers of migration 0015 do, and ``manage.py check_picture`` proves them right
(docs/decisions/0008).
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assurance.models.assessment import Assessment
from assurance.models.authority import Programme
from assurance.models.base import Tenant
from assurance.models.cycle import Cycle
from assurance.vocabulary import Judgement, State


class PictureRow(Tenant):
    """What counts of one assessment now, in three judgements.

    Each is empty as long as nothing of it counts: the authority's own until it is submitted, the adviser's until the
    review begins, what is agreed until it is agreed, all three of what is withdrawn. Otherwise there is one number for
    each benchmark, in order: the id of its level, or a gap (``vocabulary.PictureGap``).
    """

    assessment = models.OneToOneField(Assessment, on_delete=models.CASCADE, primary_key=True, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="+")
    region = models.CharField(max_length=100)
    nation = models.CharField(max_length=100)
    type = models.CharField(max_length=100)
    state = models.CharField(max_length=20, choices=State)
    own = ArrayField(models.IntegerField(), default=list)
    adviser = ArrayField(models.IntegerField(), default=list)
    agreed = ArrayField(models.IntegerField(), default=list)

    class Meta:
        ordering = ["cycle", "authority"]
        indexes = [
            models.Index(fields=["cycle", "region"], name="picture_row_by_region"),
            models.Index(fields=["authority", "cycle"], name="picture_row_by_authority"),
        ]

    def __str__(self) -> str:
        return f"Picture of {self.assessment_id}"


class PictureCount(models.Model):
    """How many authorities of a region and type have a value on a benchmark, in one judgement of one cycle.

    Under number 0 stands how many assessments count for the judgement (value 1) and how many do not yet (value 0);
    what is withdrawn is in neither. Only what is more than zero has a row.
    """

    cycle = models.ForeignKey(Cycle, on_delete=models.CASCADE, related_name="+")
    region = models.CharField(max_length=100)
    nation = models.CharField(max_length=100)
    type = models.CharField(max_length=100)
    judgement = models.CharField(max_length=10, choices=Judgement)
    number = models.SmallIntegerField()
    value = models.IntegerField()
    count = models.IntegerField()

    class Meta:
        ordering = ["cycle", "region", "type", "judgement", "number", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle", "region", "nation", "type", "judgement", "number", "value"], name="picture_count_once"
            ),
        ]
        # Found at once when a count comes to nothing, and is taken away.
        indexes = [models.Index(fields=["cycle"], condition=Q(count=0), name="picture_count_of_nothing")]

    def __str__(self) -> str:
        return f"{self.region}, {self.type}: {self.count}"
