"""Pages of one assessment, for both sides."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from assurance.queries import assessments as read
from assurance.queries import lists
from assurance.queries import record as judged
from assurance.queries.home import home as own_home
from assurance.views.base import signed_in
from assurance.views.portfolio import portfolio


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The first page: one's own authorities, or for the Home Office the portfolio of many."""
    if lists.only_signs(request.actor):
        return redirect("letter-approval")
    if lists.is_home_office(request.actor):
        return portfolio(request)
    return render(request, "assessments/home.html", {"home": own_home(request.actor, timezone.localdate())})


@signed_in
def overview(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Status, tasks and next steps of one assessment."""
    view = read.overview(request.actor, assessment_id)
    return render(request, "assessments/overview.html", {"view": view})


@signed_in
def record(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The three judgements side by side, as far as the actor may see them."""
    view = judged.record(request.actor, assessment_id, with_score=True)
    return render(request, "assessments/record.html", {"view": view})
