"""The weights of benchmarks: what they are and were, and setting them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.refusals import Stale, Unfit
from assurance.actions.weights import assert_change, save_weights
from assurance.forms.weights import WeightsForm
from assurance.queries import weights as read
from assurance.views.base import put_refusal, signed_in, with_version

SAVE, CHANGE = "save", "change"
"""What the buttons below the preview do. Without either the preview is asked for."""


@signed_in
def weights(request: HttpRequest) -> HttpResponse:
    """Every scheme with its weights, and every version of them."""
    return render(request, "weights/list.html", {"page": read.weights_page(request.actor)})


@signed_in
def edit(request: HttpRequest, scheme: str) -> HttpResponse:
    """Set weights in two steps: what would change, and then saving it. Who may not save them may see what would."""
    page = read.edit_page(request.actor, scheme)
    form = _form(page, request.POST if request.method == "POST" else None)
    step = request.POST.get("do", "")
    if form.is_valid() and step != CHANGE:
        try:
            if step == SAVE and page.may_save:
                return _saved(request, page, form)
            if form.cleaned_data["version"] != page.current.version:
                raise Stale(page.current)
            assert_change(page.scheme, page.current, form.weights())
        except Unfit as refusal:
            put_refusal(form, refusal)
        except Stale:
            return _stale(request, scheme)
        else:
            preview = read.preview(request.actor, page, form.weights())
            context = {"page": page, "form": form, "preview": preview}
            return render(request, "weights/preview.html", context, status=403 if step == SAVE else 200)
    return render(request, "weights/edit.html", {"page": page, "form": form, "stale": None})


def _saved(request: HttpRequest, page: read.SchemeWeights, form: WeightsForm) -> HttpResponse:
    made = save_weights(
        by=request.actor,
        at=timezone.now(),
        scheme=page.scheme.code,
        seen_version=form.cleaned_data["version"],
        weights=form.weights(),
        reason=form.cleaned_data["reason"],
    )
    said = _("Version %(number)s of the weights of %(scheme)s counts from now on")
    messages.success(request, said % {"number": made.version, "scheme": page.scheme.name})
    return redirect("weights")


def _stale(request: HttpRequest, scheme: str) -> HttpResponse:
    """What was typed, and what somebody else has set since. To save it again is then a choice."""
    page = read.edit_page(request.actor, scheme)
    form = _form(page, with_version(request.POST, page.current.version))
    context = {"page": page, "form": form, "stale": list(form.differences())}
    return render(request, "weights/edit.html", context, status=409)


def _form(page: read.SchemeWeights, data: Any = None) -> WeightsForm:
    return WeightsForm(data, scheme=page.scheme, current=page.current, cancel=resolve_url("weights"))
