"""The Home Office's first page, cover for absent advisers, and who advises which authority."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assurance.actions import portfolio as act
from assurance.actions.refusals import Unfit
from assurance.forms.portfolio import AssignForm, CoverForm, EndAssignmentForm, EndCoverForm
from assurance.queries import assignments as assigned
from assurance.queries import cover as covered
from assurance.queries import portfolio as read
from assurance.text import clean, number_from
from assurance.views.base import put_refusal, signed_in

LONGEST_FILTER = 100


@signed_in
def portfolio(request: HttpRequest) -> HttpResponse:
    """Assessments that the actor follows, narrowed and sorted by what the address says."""
    given = {name: _given(request, name) for name in ("cycle", "show", "state", "region", "search", "sort")}
    filters = read.Filters(**given, adviser=number_from(request.GET.get("adviser")))
    view = read.portfolio(request.actor, filters, _page(request), timezone.localdate())
    return render(request, "portfolio/portfolio.html", {"view": view, "states": read.State.choices})


@signed_in
def cover(request: HttpRequest) -> HttpResponse:
    """Who covers for whom, now and later."""
    view = covered.cover_page(request.actor, timezone.localdate())
    return render(request, "portfolio/cover.html", {"view": view})


@signed_in
def cover_whom(request: HttpRequest) -> HttpResponse:
    """Who is away: asked only where there is a choice."""
    candidates = covered.who_may_be_away(request.actor, timezone.localdate())
    chosen = number_from(request.GET.get("absent"))
    if len(candidates) == 1:
        chosen = candidates[0].id
    if chosen is not None:
        return redirect("cover-for", chosen)
    return render(request, "portfolio/cover_whom.html", {"candidates": candidates})


@signed_in
def cover_for(request: HttpRequest, person_id: int) -> HttpResponse:
    """Arrange cover for somebody who is away."""
    today = timezone.localdate()
    view = covered.new_cover_page(request.actor, person_id, today)
    options: dict[str, Any] = {
        "authorities": view.authorities,
        "absent": view.absent.name,
        "own": view.own,
        "cancel": resolve_url("cover"),
    }
    refusal: Unfit | None = None
    if request.method == "POST":
        typed = CoverForm(request.POST, people=(), **options)
        if typed.is_valid():
            cleaned = typed.cleaned_data
            try:
                made = act.arrange_cover(
                    by=request.actor,
                    at=timezone.now(),
                    absent_id=person_id,
                    person_id=cleaned["person"],
                    authority_ids=cleaned["authorities"],
                    starts=cleaned["starts"],
                    last_day=cleaned["last_day"],
                )
            except Unfit as found:
                refusal = found
            else:
                said = ngettext(
                    "%(name)s covers %(count)s authority, and is told by email.",
                    "%(name)s covers %(count)s authorities, and is told by email.",
                    len(made),
                )
                messages.success(request, said % {"name": made[0].person.name, "count": len(made)})
                return redirect("cover")
    data = [request.POST] if request.method == "POST" else []
    form = CoverForm(*data, people=covered.who_may_cover(view, today), **options)
    if refusal and form.is_valid():
        put_refusal(form, refusal)
    return render(request, "portfolio/cover_new.html", {"view": view, "form": form})


@signed_in
def end_cover(request: HttpRequest, membership_id: int) -> HttpResponse:
    """End cover before its last day."""
    if request.method == "POST":
        act.end_cover(by=request.actor, at=timezone.now(), membership_id=membership_id)
        messages.success(request, _("The cover has ended."))
        return redirect("cover")
    view = covered.cover(request.actor, membership_id, timezone.localdate())
    if view is None:
        messages.info(request, _("That cover is over already."))
        return redirect("cover")
    form = EndCoverForm(cancel=resolve_url("cover"))
    return render(request, "portfolio/cover_end.html", {"view": view, "form": form})


@signed_in
def assignments(request: HttpRequest) -> HttpResponse:
    """Authorities and their advisers, those without one first."""
    filters = assigned.AssignmentFilters(**{name: _given(request, name) for name in ("adviser", "region", "search")})
    view = assigned.assignments_page(request.actor, filters, _page(request), timezone.localdate())
    return render(request, "portfolio/assignments.html", {"view": view, "nobody": assigned.NOBODY})


@signed_in
def assign(request: HttpRequest) -> HttpResponse:
    """Give the authorities that the address names to an adviser."""
    today = timezone.localdate()
    given = [*request.GET.getlist("authority"), *request.POST.getlist("authorities")]
    ids = {number for value in given if (number := number_from(value)) is not None}
    view = assigned.assign_page(request.actor, ids, today)
    if not view.places:
        messages.warning(request, _("Tick the authorities that you want to assign."))
        return redirect("assignments")
    options: dict[str, Any] = {
        "authorities": view.places,
        "somebody_has": view.somebody_has,
        "today": today,
        "cancel": resolve_url("assignments"),
    }
    refusal: Unfit | None = None
    if request.method == "POST":
        typed = AssignForm(request.POST, people=(), **options)
        if typed.is_valid():
            cleaned = typed.cleaned_data
            try:
                made = act.assign(
                    by=request.actor,
                    at=timezone.now(),
                    authority_ids=cleaned["authorities"],
                    person_id=cleaned["person"],
                    starts=cleaned["starts"],
                    replaces=cleaned.get("replaces", False),
                )
            except Unfit as found:
                refusal = found
            else:
                said = ngettext(
                    "%(count)s authority is assigned to %(name)s.",
                    "%(count)s authorities are assigned to %(name)s.",
                    len(made),
                )
                messages.success(request, said % {"name": made[0].person.name, "count": len(made)})
                return redirect("assignments")
    data = [request.POST] if request.method == "POST" else []
    form = AssignForm(*data, people=assigned.who_may_advise(view, today), **options)
    if refusal and form.is_valid():
        put_refusal(form, refusal)
    return render(request, "portfolio/assign.html", {"view": view, "form": form})


@signed_in
def end_assignment(request: HttpRequest, membership_id: int) -> HttpResponse:
    """End an adviser's assignment from a day."""
    today = timezone.localdate()
    view = assigned.end_assignment_page(request.actor, membership_id, today)
    if view is None:
        messages.info(request, _("That assignment is over already."))
        return redirect("assignments")
    cancel = resolve_url("assignments")
    if request.method == "POST":
        form = EndAssignmentForm(request.POST, cancel=cancel)
        if form.is_valid():
            try:
                act.end_assignment(
                    by=request.actor, at=timezone.now(), membership_id=membership_id, ends=form.ends(today)
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            else:
                messages.success(request, _("The end of the assignment is saved."))
                return redirect("assignments")
    else:
        form = EndAssignmentForm(cancel=cancel)
    return render(request, "portfolio/assignment_end.html", {"view": view, "form": form})


def _given(request: HttpRequest, name: str) -> str:
    return clean(request.GET.get(name, ""))[:LONGEST_FILTER]


def _page(request: HttpRequest) -> int:
    return number_from(request.GET.get("page")) or 1
