"""Recommendations over the years."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from assurance.queries import recommendations as read
from assurance.text import number_from
from assurance.views.base import signed_in


@signed_in
def recommendations(request: HttpRequest) -> HttpResponse:
    """What became of them, narrowed, searched and sorted by what the address says."""
    page = read.recommendations(
        request.actor,
        read.filters_from(request.GET),
        number_from(request.GET.get("page")) or 1,
        timezone.localdate(),
    )
    return render(request, "recommendations/page.html", {"page": page, "progresses": tuple(read.PROGRESSES.items())})
