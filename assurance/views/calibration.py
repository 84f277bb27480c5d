"""How outcomes are spread, for those who keep judgements alike."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assurance.queries import calibration as read
from assurance.text import number_from
from assurance.views.base import signed_in


@signed_in
def calibration(request: HttpRequest) -> HttpResponse:
    """One cycle by region, adviser or benchmark, as the address says."""
    choice = read.Choice(
        cycle=number_from(request.GET.get("cycle")),
        by=request.GET.get("by", ""),
        judgement=request.GET.get("judgement", ""),
        benchmark=number_from(request.GET.get("benchmark")),
    )
    page = read.calibration(request.actor, choice)
    return render(request, "calibration/page.html", {"page": page, "groupings": tuple(read.GROUPINGS.items())})
