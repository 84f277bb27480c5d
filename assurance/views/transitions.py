"""The page on which a person makes a transition: one for all of them, with the form that each needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.actions import answers, reviews
from assurance.actions.refusals import Unfit
from assurance.forms.transitions import (
    AskForm,
    DisputeForm,
    ReasonForm,
    SettleForm,
    TransitionForm,
)
from assurance.queries import record as read
from assurance.views.base import put_refusal, signed_in
from assurance.workflow import Blocked, Moved


@dataclass(frozen=True)
class Page:
    """What the page of a transition says, and what it does with its form."""

    lede: StrOrPromise
    done: StrOrPromise
    act: Callable[..., Any]
    form: type[TransitionForm] = TransitionForm
    given: Callable[[Any], dict[str, Any]] = lambda form: {}
    warn: bool = False
    shows_record: bool = False


def _reason(form: Any) -> dict[str, Any]:
    return {"reason": form.cleaned_data["reason"]}


PAGES: dict[str, Page] = {
    "recall": Page(
        _("Take the submission back to change your answers. You will have to submit again."),
        _("Taken back. You can change your answers."),
        answers.recall,
    ),
    "begin_review": Page(
        _("From now on the authority cannot take its submission back."),
        _("Review begun."),
        reviews.begin_review,
    ),
    "ask": Page(
        _("The authority sees your questions at once. The review waits until every question is answered."),
        _("Questions sent."),
        reviews.ask,
        AskForm,
        lambda form: {"questions": [reviews.NewQuestion(*one) for one in form.questions()]},
    ),
    "answer": Page(
        _("The adviser goes on with the review when you send your answers."),
        _("Answers sent."),
        answers.send_answers,
    ),
    "propose": Page(
        _("From now on the authority sees your outcomes, summaries, comments, strengths and recommendations."),
        _("Outcomes proposed. The Prevent Lead can accept or dispute them."),
        reviews.propose,
        shows_record=True,
    ),
    "accept": Page(
        _("The proposed outcomes become the agreed ones, and the Home Office prepares the letter."),
        _("Outcomes accepted."),
        answers.accept,
        shows_record=True,
    ),
    "dispute": Page(
        _("Give a reason for each benchmark whose outcome you do not accept. Leave the others empty."),
        _("Dispute sent. The adviser will reconsider, or the regional manager will settle it."),
        answers.dispute,
        DisputeForm,
        lambda form: {"reasons": form.reasons()},
        shows_record=True,
    ),
    "reconsider": Page(
        _("Take the outcomes back into review. The authority no longer sees them until you propose again."),
        _("Back in review."),
        reviews.reconsider,
        shows_record=True,
    ),
    "settle": Page(
        _("You decide what stands. The record will say settled, not agreed."),
        _("Settled."),
        reviews.settle,
        SettleForm,
        lambda form: {"reason": form.cleaned_data["reason"], "levels": form.levels()},
        shows_record=True,
    ),
    "reopen": Page(
        _("The agreed outcomes no longer stand until they are agreed again. Their history is kept."),
        _("Reopened."),
        reviews.reopen,
        ReasonForm,
        _reason,
        warn=True,
    ),
    "withdraw": Page(
        _("This takes the assessment out of the cycle for good. Everything that it holds is kept."),
        _("Withdrawn."),
        reviews.withdraw,
        ReasonForm,
        _reason,
        warn=True,
    ),
}
"""Every transition that a person makes on a page of this kind; "start" happens with the first save."""

ELSEWHERE = {"submit": "check"}
"""Transitions that are made where one reads what they are about."""


@signed_in
def transition(request: HttpRequest, assessment_id: int, name: str) -> HttpResponse:
    """Make one transition of the assessment."""
    if name in ELSEWHERE:
        read.transition_page(request.actor, assessment_id, name, draws_record=False)
        return redirect(ELSEWHERE[name], assessment_id)
    if name not in PAGES:
        raise Http404
    page = PAGES[name]
    draws_record = page.shows_record and request.method != "POST"
    found = read.transition_page(request.actor, assessment_id, name, draws_record=draws_record)
    if not found.starts_here:
        raise Moved(found.assessment, found.row)
    options: dict[str, Any] = {
        "label": found.row.label,
        "scheme": found.scheme,
        "numbers": found.numbers,
        "warn": page.warn,
    }
    obstacles: tuple[Any, ...] = ()
    if request.method == "POST":
        form = page.form(request.POST, **options)
        if form.is_valid():
            try:
                page.act(
                    by=request.actor,
                    at=timezone.now(),
                    assessment_id=assessment_id,
                    version=form.cleaned_data["version"],
                    **page.given(form),
                )
            except (Unfit, Blocked) as refusal:
                put_refusal(form, refusal)
                obstacles = getattr(refusal, "obstacles", ())
            else:
                messages.success(request, page.done)
                return redirect("assessment", assessment_id)
    else:
        initial: dict[str, Any] = {f"level_{number}": code for number, code in found.adviser_codes.items()}
        initial["version"] = found.assessment.version
        form = page.form(initial=initial, **options)
    if page.shows_record and found.record is None:
        found = read.transition_page(request.actor, assessment_id, name, draws_record=True)
    context = {
        "found": found,
        "page": page,
        "form": form,
        "obstacles": obstacles,
        "record": found.record,
    }
    return render(request, "assessments/transition.html", context)
