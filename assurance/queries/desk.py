"""What the Home Office can do with one assessment beside reviewing its benchmarks, as rows of a task list."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, holds
from assurance.models import Assessment
from assurance.vocabulary import Permission, State

P = Permission


@dataclass(frozen=True)
class Errand:
    """A thing to do that is no benchmark, as a row of a task list; without a colour its status is plain text."""

    id: str
    text: StrOrPromise
    href: str
    status: StrOrPromise
    colour: str = ""
    hint: StrOrPromise = ""


def desk(actor: Actor, assessment: Assessment, *, strengths: int, recommendations: int) -> tuple[Errand, ...]:
    """Everything that the actor can turn to now, in the order of the work. No query.

    Args:
        strengths, recommendations: how many there are so far.
    """
    rows = []
    if holds(actor, P.REVIEW, assessment) and assessment.state == State.IN_REVIEW:
        for name, text, count in (
            ("strengths", _("Strengths"), strengths),
            ("recommendations", _("Recommendations"), recommendations),
        ):
            so_far = ngettext("%(count)s so far", "%(count)s so far", count) % {"count": count}
            rows.append(Errand(name, text, reverse(name, args=[assessment.pk]), so_far if count else _("None so far")))
    return tuple(rows)
