"""What the Home Office can do with one assessment beside reviewing its benchmarks, as rows of a task list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, holds
from assurance.models import Assessment
from assurance.queries.quality import Found
from assurance.vocabulary import EDITABLE_STATES, Permission, ReadingResult, State

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


def desk(
    actor: Actor, assessment: Assessment, done: Mapping[str, int], found: Found | None = None
) -> tuple[Errand, ...]:
    """Everything that the actor can turn to now, in the order of the work. No query.

    Args:
        done: how many there are so far of what has a row, by its name.
        found: what the quality check found, for whoever may read it.
    """
    rows = []
    if holds(actor, P.REVIEW, assessment) and assessment.state == State.IN_REVIEW:
        if total := done.get("follow_ups", 0):
            counts = {"judged": done.get("judged", 0), "total": total}
            judged = gettext("%(judged)s of %(total)s judged") % counts
            href = reverse("follow-up-reviews", args=[assessment.pk])
            rows.append(Errand("follow-up-reviews", _("Last year’s recommendations"), href, judged))
        for name, text in (("strengths", _("Strengths")), ("recommendations", _("Recommendations"))):
            count = done.get(name, 0)
            so_far = ngettext("%(count)s so far", "%(count)s so far", count) % {"count": count}
            rows.append(Errand(name, text, reverse(name, args=[assessment.pk]), so_far if count else _("None yet")))
    rows += _talking(actor, assessment)
    if holds(actor, P.READ_REVIEW, assessment) and assessment.state == State.PROPOSED:
        href = reverse("proposal", args=[assessment.pk])
        rows.append(Errand("proposal", _("The proposal as the authority reads it"), href, _("To read")))
    if found is not None and found.applies:
        rows += _checked(actor, assessment, found)
    if holds(actor, P.REVIEW, assessment) and assessment.state == State.AGREED:
        rows.append(_practice(assessment, done))
    if holds(actor, P.READ_PRIVATE, assessment):
        href = reverse("private-notes", args=[assessment.pk])
        rows.append(Errand("private-notes", _("Private notes"), href, _("Home Office only")))
    return tuple(rows)


def _practice(assessment: Assessment, done: Mapping[str, int]) -> Errand:
    """What of it others could learn from."""
    waiting, shared = done.get("practice_waiting", 0), done.get("practice_shared", 0)
    said = []
    if waiting:
        said.append(ngettext("%(count)s waits for an answer", "%(count)s wait for an answer", waiting))
        said[-1] %= {"count": waiting}
    if shared:
        said.append(gettext("%(count)s in the library") % {"count": shared})
    href = reverse("practice", args=[assessment.pk])
    return Errand("practice", _("Good practice"), href, ", ".join(said) or _("Optional"))


def _talking(actor: Actor, assessment: Assessment) -> list[Errand]:
    """Questions to the authority, and what one needs to meet it."""
    if not holds(actor, P.READ_REVIEW, assessment) or assessment.state in EDITABLE_STATES:
        return []
    asks = assessment.state == State.IN_REVIEW and holds(actor, P.REVIEW, assessment)
    waits = assessment.state == State.CLARIFICATION
    return [
        Errand(
            "questions",
            _("Questions"),
            reverse("questions", args=[assessment.pk]),
            _("Waiting for answers") if waits else _("Ask or read") if asks else _("To read"),
            "yellow" if waits else "",
        ),
        Errand(
            "meeting",
            _("Meeting pack"),
            reverse("meeting", args=[assessment.pk]),
            _("To print, or to note points") if asks else _("To print"),
        ),
    ]


def _checked(actor: Actor, assessment: Assessment, found: Found) -> list[Errand]:
    """The quality check, and the second reading where there is one or can be one."""
    count = len(found.open)
    status = ngettext("%(count)s to look at", "%(count)s to look at", count) % {"count": count}
    href = reverse("quality", args=[assessment.pk])
    rows = [
        Errand(
            "quality",
            _("Quality check"),
            href,
            status if count else _("Nothing to look at"),
            "yellow" if count else "",
            _("A letter can go for approval when nothing is open here.") if count else "",
        )
    ]
    if found.reading is not None or holds(actor, P.SECOND_READ, assessment):
        said = {None: _("Not asked for"), "": _("Waiting"), **dict(ReadingResult.choices)}[found.reading]
        href = reverse("second-reading", args=[assessment.pk])
        rows.append(Errand("second-reading", _("Second reading"), href, said))
    return rows
