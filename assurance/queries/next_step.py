"""The one thing that somebody does next on an assessment, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, holds
from assurance.models import Assessment
from assurance.vocabulary import EDITABLE_STATES, SHARED_STATES, CycleState, Permission, State

P = Permission


YOURS: Mapping[str, tuple[Permission, StrOrPromise]] = {
    State.NOT_STARTED: (P.SUBMIT, _lazy("You answer the benchmarks and submit")),
    State.IN_PROGRESS: (P.SUBMIT, _lazy("You finish the benchmarks and submit")),
    State.CLARIFICATION: (P.SUBMIT, _lazy("You answer the adviser’s questions")),
    State.PROPOSED: (P.AGREE, _lazy("You read the outcomes and accept or dispute them")),
}
"""What is next where it is for the reader to do, and which permission makes it theirs."""


def yours(actor: Actor, assessment: Assessment) -> StrOrPromise:
    """What waits for the actor now, as a sentence without its full stop ("" for nothing). No query."""
    if checks_letter(actor, assessment):
        return _("You check your draft letter for errors of fact")
    permission, sentence = YOURS.get(assessment.state, (P.SUBMIT, ""))
    return sentence if sentence and holds(actor, permission, assessment) else ""


def checks_letter(actor: Actor, assessment: Assessment) -> bool:
    """Whether the accuracy check of a letter waits for the actor: until its last day, and until they say it is done."""
    until = assessment.letter_check_until
    return until is not None and until >= timezone.localdate() and holds(actor, P.CHECK_LETTERS, assessment)


@dataclass(frozen=True)
class NextStep:
    """A button: what it says, and where it leads. ``is_due`` is whether the work waits for this person."""

    label: str
    href: str
    is_due: bool = True


def next_step(actor: Actor, assessment: Assessment, *, waiting: Sequence[int], questions: int) -> NextStep | None:
    """What the actor does next; None when there is nothing to do or to read. No query.

    Args:
        assessment: with its authority and cycle read.
        waiting: numbers of the benchmarks that the actor may answer and that are not ready, in order.
        questions: how many of the adviser's questions wait for an answer.
    """
    pk = assessment.pk
    if assessment.state in EDITABLE_STATES:
        return _answering(actor, assessment, waiting)
    if assessment.state == State.CLARIFICATION and holds(actor, P.SUBMIT, assessment):
        label = _("Send your answers")
        if questions:
            label = ngettext("Answer %(count)s question", "Answer %(count)s questions", questions)
        return NextStep(label % {"count": questions}, reverse("questions", args=[pk]))
    if assessment.state == State.PROPOSED and holds(actor, P.AGREE, assessment):
        return NextStep(_("Read and accept the outcomes"), reverse("proposal", args=[pk]))
    if assessment.state == State.PROPOSED and holds(actor, P.READ_PROPOSED, assessment):
        return NextStep(_("Read the proposed outcomes"), reverse("proposal", args=[pk]), is_due=False)
    if assessment.letter_check_until is not None and checks_letter(actor, assessment):
        day = date_format(assessment.letter_check_until, "j F Y")
        return NextStep(_("Check your draft letter until %(day)s") % {"day": day}, reverse("letter-check", args=[pk]))
    if assessment.letter_issued_at is not None and holds(actor, P.READ_ISSUED_LETTERS, assessment):
        return NextStep(_("Read the letter"), reverse("assessment-letters", args=[pk]), is_due=False)
    if assessment.state in SHARED_STATES and holds(actor, (P.READ_PROPOSED, P.READ_OUTCOMES), assessment):
        return NextStep(_("Read the outcomes"), reverse("record", args=[pk]), is_due=False)
    if assessment.state != State.WITHDRAWN and holds(actor, (P.READ_DRAFT, P.READ_SUBMITTED), assessment):
        return NextStep(_("See what you submitted"), reverse("submitted", args=[pk]), is_due=False)
    return None


def _answering(actor: Actor, assessment: Assessment, waiting: Sequence[int]) -> NextStep | None:
    pk = assessment.pk
    if assessment.cycle.state != CycleState.OPEN or not holds(actor, (P.EDIT_ANSWERS, P.EDIT_GIVEN), assessment):
        return None
    if waiting:
        label = _("Start") if assessment.state == State.NOT_STARTED else _("Go on with benchmark %(number)s")
        return NextStep(label % {"number": waiting[0]}, reverse("answer", args=[pk, waiting[0]]))
    if holds(actor, P.SUBMIT, assessment):
        return NextStep(_("Check your answers"), reverse("check", args=[pk]))
    return None
