"""Good practice: what is proposed of an assessment, the authority's answer, and the library."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.practice import consent, decline, end_practice, propose_practice
from assurance.actions.refusals import NotEditable, Unfit
from assurance.forms.practice import DECLINE, NAMED, AnswerPracticeForm, EndPracticeForm, ProposeForm
from assurance.queries import practice as read
from assurance.text import clean, number_from
from assurance.views.base import closed, put_refusal, signed_in, typed_texts
from assurance.workflow import Moved


@signed_in
def practice(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """What was proposed of an assessment, and for an adviser what could be."""
    page = read.practice_page(request.actor, assessment_id)
    return render(request, "practice/list.html", {"page": page})


@signed_in
def propose(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Propose a text, begun from a passage or from nothing."""
    page = read.propose_page(request.actor, assessment_id, request.GET.get("from", "")[:40])
    if page is None:
        return closed(request, "practice", assessment_id)
    options: dict[str, Any] = {"scheme": page.scheme, "cancel": resolve_url("practice", assessment_id)}
    if request.method == "POST":
        form = ProposeForm(request.POST, **options)
        if form.is_valid():
            try:
                row = propose_practice(
                    by=request.actor, at=timezone.now(), assessment_id=assessment_id, **form.cleaned_data
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except NotEditable:
                return closed(request, "practice", assessment_id)
            else:
                messages.success(request, _("Proposed. The Prevent Lead is asked by e-mail"))
                return redirect("practice-item", assessment_id, row.pk)
    else:
        passage = page.passage
        form = ProposeForm(initial={"text": passage.text, "number": passage.number} if passage else None, **options)
    return render(request, "practice/propose.html", {"page": page, "form": form})


@signed_in
def item(request: HttpRequest, assessment_id: int, practice_id: int) -> HttpResponse:
    """One proposal, to read and to answer."""
    if request.method == "POST":
        return _answer(request, assessment_id, practice_id)
    page = read.item_page(request.actor, assessment_id, practice_id)
    form = AnswerPracticeForm(initial={"version": page.row.version}) if page.can_answer else None
    return render(request, "practice/item.html", {"page": page, "form": form})


def _answer(request: HttpRequest, assessment_id: int, practice_id: int) -> HttpResponse:
    form = AnswerPracticeForm(request.POST)
    place = {"assessment_id": assessment_id, "practice_id": practice_id}
    if form.is_valid():
        given = form.cleaned_data
        common: dict[str, Any] = {
            "by": request.actor,
            "at": timezone.now(),
            "version": given["version"],
            "note": given["note"],
            **place,
        }
        try:
            if given["how"] == DECLINE:
                decline(**common)
            else:
                consent(named=given["how"] == NAMED, **common)
        except Unfit as refusal:
            put_refusal(form, refusal)
        except (Moved, NotEditable):
            return _too_late(request, assessment_id, practice_id)
        else:
            declined = given["how"] == DECLINE
            said = _("You declined. Nothing is shared") if declined else _("Thank you. It is in the library now")
            messages.success(request, said)
            return redirect("practice-item", **place)
    page = read.item_page(request.actor, assessment_id, practice_id)
    if not page.can_answer:
        return _too_late(request, assessment_id, practice_id)
    return render(request, "practice/item.html", {"page": page, "form": form})


@signed_in
def end(request: HttpRequest, assessment_id: int, practice_id: int) -> HttpResponse:
    """Ask once, and then take it out of the library, or the proposal back."""
    page = read.item_page(request.actor, assessment_id, practice_id, read.ENDS_PRACTICE)
    place = {"assessment_id": assessment_id, "practice_id": practice_id}
    if page.ending is None:
        if request.method == "POST":
            return _too_late(request, assessment_id, practice_id)
        return redirect("practice-item", **place)
    back = resolve_url("practice-item", **place)
    if request.method == "POST":
        form = EndPracticeForm(request.POST, label=page.ending.label, cancel=back)
        if form.is_valid():
            try:
                end_practice(
                    by=request.actor,
                    at=timezone.now(),
                    version=form.cleaned_data["version"],
                    name=page.ending.name,
                    **place,
                )
            except Moved:
                return _too_late(request, assessment_id, practice_id)
            messages.success(request, _("Done. It is not in the library"))
            return redirect("practice-item", **place)
    else:
        form = EndPracticeForm(initial={"version": page.row.version}, label=page.ending.label, cancel=back)
    return render(request, "practice/end.html", {"page": page, "form": form})


def _too_late(request: HttpRequest, assessment_id: int, practice_id: int) -> HttpResponse:
    """Somebody was quicker: what was typed is shown, and what stands is a click away."""
    href = resolve_url("practice-item", assessment_id, practice_id)
    return render(request, "assessments/closed.html", {"texts": typed_texts(request), "href": href}, status=409)


@signed_in
def library(request: HttpRequest) -> HttpResponse:
    """Good practice of all, searched and narrowed by what the address says."""
    filters = read.LibraryFilters(
        search=_asked(request, "search"),
        benchmark=_asked(request, "benchmark"),
        region=_asked(request, "region"),
        type=_asked(request, "type"),
        cycle=_asked(request, "cycle"),
    )
    found = read.library(request.actor, filters, number_from(request.GET.get("page")) or 1)
    return render(request, "practice/library.html", {"library": found})


@signed_in
def entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry of the library."""
    return render(request, "practice/entry.html", {"page": read.entry_page(request.actor, entry_id)})


def _asked(request: HttpRequest, name: str) -> str:
    return clean(request.GET.get(name, ""))[:100]
