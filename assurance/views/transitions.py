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

from assurance.actions import agreement, answers, questions, reviews
from assurance.actions.refusals import Unfit
from assurance.forms.transitions import (
    ReasonForm,
    SettleForm,
    TransitionForm,
)
from assurance.queries import record as read
from assurance.views.base import numbers_of, put_refusal, signed_in
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
    "answer": Page(
        _("The adviser goes on with the review when you send your answers."),
        _("Answers sent."),
        questions.send_answers,
    ),
    "propose": Page(
        _("From now on the authority sees your outcomes, summaries, comments, strengths and recommendations."),
        _("Outcomes proposed. The Prevent Lead can accept or dispute them."),
        agreement.propose,
        shows_record=True,
    ),
    "reconsider": Page(
        _("Take the outcomes back into review. The authority no longer sees them until you propose again."),
        _("Back in review."),
        agreement.reconsider,
        shows_record=True,
    ),
    "settle": Page(
        _("You decide what stands on the disputed benchmarks. The record will say settled, not agreed."),
        _("Settled."),
        agreement.settle,
        SettleForm,
        lambda form: {"reason": form.cleaned_data["reason"], "levels": form.levels()},
        shows_record=True,
    ),
    "reopen": Page(
        _("The agreed outcomes no longer stand until they are agreed again. Their history is kept."),
        _("Reopened."),
        agreement.reopen,
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

ELSEWHERE = {"submit": "check", "accept": "proposal", "dispute": "proposal"}
"""Transitions that are made where one reads what they are about."""

AFTER_A_DISPUTE = ("reconsider", "settle")
"""Transitions whose page begins with what is disputed."""


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
    options: dict[str, Any] = {"label": found.row.label, "scheme": found.scheme, "warn": page.warn}
    obstacles = found.obstacles
    if request.method == "POST":
        options["numbers"] = numbers_of(request.POST, "level_")
        form = page.form(request.POST, **options)
        refusal: Unfit | Blocked | None = None
        if form.is_valid():
            try:
                page.act(
                    by=request.actor,
                    at=timezone.now(),
                    assessment_id=assessment_id,
                    version=form.cleaned_data["version"],
                    **page.given(form),
                )
            except (Unfit, Blocked) as refused:
                refusal = refused
            else:
                messages.success(request, page.done)
                return redirect("assessment", assessment_id)
        if page.shows_record:
            found = read.transition_page(request.actor, assessment_id, name, draws_record=True)
            if found.record is None:
                raise Moved(found.assessment, found.row)
            form = page.form(request.POST, **options | {"numbers": found.record.disputed_numbers})
            form.is_valid()
        if refusal:
            put_refusal(form, refusal)
            obstacles = getattr(refusal, "obstacles", ())
    else:
        lines = found.record.disputed if found.record else ()
        initial: dict[str, Any] = {f"level_{line.benchmark.number}": line.adviser_code for line in lines}
        initial["version"] = found.assessment.version
        options["numbers"] = found.record.disputed_numbers if found.record else ()
        form = page.form(initial=initial, **options)
    context = {
        "found": found,
        "page": page,
        "form": form,
        "obstacles": obstacles,
        "record": found.record,
        "disputed": _disputed(found.record, form) if name in AFTER_A_DISPUTE else (),
    }
    return render(request, "assessments/transition.html", context)


def _disputed(record: read.Record | None, form: TransitionForm) -> list[dict[str, Any]]:
    """What was disputed last, each with the field for the outcome that is to stand, if the form has one."""
    if record is None:
        return []
    cards = []
    for line in record.disputed:
        name = f"level_{line.benchmark.number}"
        why = line.disputed_at(record.last_disputed)
        cards.append({"line": line, "why": why, "field": form[name] if name in form.fields else None})
    return cards
