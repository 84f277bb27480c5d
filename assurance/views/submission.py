"""Last year's recommendations, the check before submitting, the confirmation, and the page to print."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.answers import submit
from assurance.actions.follow_ups import save_follow_ups
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.forms.follow_ups import FollowUpsForm
from assurance.forms.submission import DECLARATION, SubmitForm
from assurance.queries import follow_ups as followed
from assurance.queries import submission as read
from assurance.queries.questions import conversations
from assurance.views.base import closed, numbers_of, put_refusal, signed_in, with_versions
from assurance.workflow import Blocked


@signed_in
def follow_ups(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Last year's recommendations, to answer with one save, or to read."""
    if request.method == "POST":
        return _save_follow_ups(request, assessment_id)
    page = followed.follow_ups_page(request.actor, assessment_id)
    lines = page.follow_ups.lines
    form = FollowUpsForm(initial=FollowUpsForm.values(lines), lines=lines) if page.editable and lines else None
    return _follow_ups_page(request, page, form)


def _save_follow_ups(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Save what was posted. What the page shows is read again only where it has to be shown again."""
    posted = [followed.FollowUpLine(id=pk) for pk in numbers_of(request.POST, "version_")]
    form = FollowUpsForm(request.POST, lines=posted)
    stale: dict[int, Any] = {}
    refusal: Unfit | None = None
    if form.is_valid():
        try:
            save_follow_ups(by=request.actor, at=timezone.now(), assessment_id=assessment_id, replies=form.replies())
        except Unfit as refused:
            refusal = refused
        except Stale as refused:
            stale = refused.current
        except NotEditable:
            return closed(request, "follow-ups", assessment_id)
        else:
            messages.success(request, _("Answers to last year’s recommendations saved"))
            return redirect("assessment", assessment_id)
    page = followed.follow_ups_page(request.actor, assessment_id)
    if not page.editable:
        return closed(request, "follow-ups", assessment_id)
    versions = {key: one.version if one else 0 for key, one in stale.items()}
    form = FollowUpsForm(with_versions(request.POST, versions), lines=page.follow_ups.lines)
    form.is_valid()
    if refusal:
        put_refusal(form, refusal)
    return _follow_ups_page(request, page, form, stale)


def _follow_ups_page(
    request: HttpRequest,
    page: followed.FollowUpsPage,
    form: FollowUpsForm | None,
    stale: dict[int, Any] | None = None,
) -> HttpResponse:
    standing = [one for one in page.follow_ups.lines if one.id in (stale or {})]
    context = {"page": page, "form": form, "stale": standing}
    return render(request, "assessments/follow_ups.html", context, status=409 if stale else 200)


@signed_in
def check(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Every answer on one page, what is missing, and for a lead the declaration and the button to submit."""
    refusal: Blocked | None = None
    stale = False
    form = SubmitForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        try:
            submit(
                by=request.actor,
                at=timezone.now(),
                assessment_id=assessment_id,
                declaration=str(DECLARATION),
                version=form.cleaned_data["version"],
                seen=form.cleaned_data["seen"],
            )
        except Blocked as refused:
            refusal = refused
        except Stale:
            stale = True
        else:
            return redirect("submitted", assessment_id)
    page = read.check_page(request.actor, assessment_id)
    if page is None:
        return redirect("submitted", assessment_id)
    if form is None or stale:
        # What was not read is not declared: the box is empty again.
        form = SubmitForm(initial={"version": page.assessment.version, "seen": page.submission.version})
    if refusal is not None:
        put_refusal(form, refusal)
    context = {"page": page, "form": form if page.can_submit else None, "stale": stale}
    return render(request, "assessments/check.html", context, status=409 if stale else 200)


@signed_in
def submitted(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """That it is submitted, its reference, and what happens next."""
    page = read.confirmation(request.actor, assessment_id)
    if page is None:
        return redirect("assessment", assessment_id)
    return render(request, "assessments/submitted.html", {"page": page})


@signed_in
def print_page(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The whole self-assessment on one page with the questions on it, for a browser's printer."""
    whole = read.submission(request.actor, assessment_id)
    asked = conversations(request.actor, whole.assessment, whole.items)
    context = {"page": whole, "asked": asked, "today": timezone.localdate()}
    return render(request, "assessments/print.html", context)
