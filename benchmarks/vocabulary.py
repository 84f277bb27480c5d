"""The closed lists that a scheme is made of. Imports nothing of the project."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Standing(models.TextChoices):
    """What a level says about the duty. The only thing that two schemes share (lowest first)."""

    BELOW = "below", _("Does not meet the duty")
    MEETS = "meets", _("Meets the duty")
    EXCEEDS = "exceeds", _("Exceeds the duty")

    @property
    def rank(self) -> int:
        """Position from the lowest standing, so that standings of different schemes can be ordered."""
        return list(Standing).index(self)


class Judgement(models.TextChoices):
    """How a level is reached from its criteria."""

    CHECKLIST = "checklist", _("From lists of criteria")
    BEST_FIT = "best_fit", _("By best fit to a descriptor")


class Relevance(models.TextChoices):
    """How much a benchmark bears on the duty, in this product's own view: nobody publishes one."""

    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class Status(models.TextChoices):
    """The life of a version of reference text. Published text never changes again."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
