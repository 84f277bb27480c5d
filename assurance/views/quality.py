"""Warnings about quality: to look at, to mend, to overrule with a reason."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assurance.actions.quality import overrule, take_back
from assurance.actions.refusals import Stale, Unfit
from assurance.forms.quality import REASON, OverruleForm
from assurance.queries import quality as read
from assurance.text import number_from
from assurance.views.base import put_refusal, signed_in


@signed_in
def quality(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The warnings of one assessment."""

    def find() -> read.QualityPage:
        return read.quality_page(request.actor, assessment_id)

    back = resolve_url("assessment", assessment_id), _("Back to the assessment")
    return warnings(request, find, here=resolve_url("quality", assessment_id), back=back)


def warnings(
    request: HttpRequest,
    find: Callable[[], read.QualityPage],
    *,
    here: str,
    back: tuple[str, str],
) -> HttpResponse:
    """The page of warnings, and what is posted there; of an assessment, or with it of a letter.

    Args:
        find: reads the page.
        here: its address.
        back: the address of the page before it, and what the link there is called.
    """
    page = find()
    if request.method == "POST" and "take_back" in request.POST:
        take_back(by=request.actor, at=timezone.now(), overrule_id=number_from(request.POST["take_back"]) or 0)
        messages.success(request, _("Taken back. The warning is open again if it still holds."))
        return redirect(here)
    form = OverruleForm(request.POST if request.method == "POST" else None, groups=page.found.groups)
    lost: list[str] = []
    if request.method == "POST":
        # A warning that is mended or overruled by now has no place in the form: what was typed is shown beside it.
        lost = [
            value
            for name, value in request.POST.items()
            if name.startswith(REASON) and name not in form.fields and value.strip()
        ]
        if form.is_valid() and not lost:
            try:
                saved = overrule(
                    by=request.actor,
                    at=timezone.now(),
                    assessment_id=page.assessment.pk,
                    overrulings=form.overrulings(),
                    further=page.further,
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                lost = [one.reason for one in refusal.current]
                form = OverruleForm(request.POST, groups=find().found.groups)
            else:
                said = ngettext("%(count)s warning overruled", "%(count)s warnings overruled", len(saved))
                if saved:
                    messages.success(request, said % {"count": len(saved)})
                else:
                    messages.warning(request, _("Nothing was overruled. Give a reason for at least one warning."))
                return redirect(here)
    context = {"page": page, "form": form, "lost": lost, "back": back[0], "back_text": back[1]}
    return render(request, "quality/quality.html", context, status=409 if lost else 200)
