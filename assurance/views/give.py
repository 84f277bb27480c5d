"""The page on which a Prevent Lead gives benchmarks to contributors."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.giving import share_benchmarks
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.forms.give import GiveForm
from assurance.forms.people import InviteForm
from assurance.queries.give import GivePage, give_page
from assurance.queries.people import invite_page
from assurance.views.base import closed, put_refusal, signed_in, with_version
from assurance.views.people import invite_form


@signed_in
def give(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Who answers which benchmark."""
    page = give_page(request.actor, assessment_id, timezone.localdate())
    if not page.editable:
        return closed(request, "assessment", assessment_id)
    stale = False
    if request.method == "POST" and page.contributors:
        form = _form(page, request.POST)
        if form.is_valid():
            try:
                share_benchmarks(
                    by=request.actor,
                    at=timezone.now(),
                    assessment_id=assessment_id,
                    token=form.cleaned_data["token"],
                    wanted=form.wanted(),
                    asks=form.asks(),
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale:
                stale = True
                page = give_page(request.actor, assessment_id, timezone.localdate())
                form = _form(page, with_version(request.POST, page.token, "token"))
            except NotEditable:
                return closed(request, "assessment", assessment_id)
            else:
                messages.success(request, _("Saved"))
                return redirect("assessment", assessment_id)
    else:
        form = _form(page, initial=GiveForm.values(page.contributors, page.token))
    context = {"page": page, "form": form if page.contributors else _invitation(request, page), "stale": stale}
    return render(request, "assessments/give.html", context, status=409 if stale else 200)


def _invitation(request: HttpRequest, page: GivePage) -> InviteForm:
    """Where there is nobody to give to, the invitation of the first one."""
    return invite_form(invite_page(request.actor, page.assessment.authority_id))


def _form(page: GivePage, *data: Any, **options: Any) -> GiveForm:
    cancel = resolve_url("assessment", page.assessment.pk)
    return GiveForm(*data, contributors=page.contributors, benchmarks=page.benchmarks, cancel=cancel, **options)
