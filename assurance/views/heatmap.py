"""The regional picture: authorities by benchmarks, and regions by benchmarks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from assurance.queries import heatmap as read
from assurance.queries import national as regions
from assurance.text import number_from
from assurance.views.base import signed_in


@signed_in
def heatmap(request: HttpRequest) -> HttpResponse:
    """The authorities of a region, or of another scope, as the address says."""
    choice = read.Choice.of(request.GET.dict())
    view = read.heatmap(request.actor, choice, number_from(request.GET.get("page")) or 1, timezone.localdate())
    return render(request, "picture/heatmap.html", {"view": view, "choices": read.choices(view)})


@signed_in
def national(request: HttpRequest) -> HttpResponse:
    """Every region within one type of authority."""
    view = regions.national(request.actor, regions.Choice.of(request.GET.dict()))
    return render(request, "picture/national.html", {"view": view})
