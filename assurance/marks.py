"""What the marks are called on a page or in a workbook. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.vocabulary import Mark
from benchmarks.vocabulary import Standing

OF_SIGNS: Mapping[str, StrOrPromise] = {
    Mark.MET: _("Applies"),
    Mark.PARTLY: _("Partly"),
    Mark.NOT_YET: _("Does not apply"),
}
"""A sign that the duty is not met is met when it applies: nobody would say so in those words."""


def mark_labels(standing: Standing) -> dict[str, StrOrPromise]:
    """What each mark is called for the criteria of a level of this standing."""
    return {mark: OF_SIGNS[mark] if standing == Standing.BELOW else mark.label for mark in Mark}
