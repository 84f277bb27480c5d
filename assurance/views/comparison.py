"""Authorities compared, and one authority over the years."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from assurance.queries import comparison as read
from assurance.queries import trend as years
from assurance.text import number_from
from assurance.views.base import signed_in


@signed_in
def comparison(request: HttpRequest) -> HttpResponse:
    """A cycle against an earlier year, or own outcomes against what was agreed, as the address says."""
    page = number_from(request.GET.get("page")) or 1
    found = read.comparison(request.actor, read.Choice.of(request.GET), page, timezone.now())
    return render(request, "picture/comparison.html", {"page": found})


@signed_in
def trend(request: HttpRequest, authority_id: int) -> HttpResponse:
    """Every year of one authority."""
    found = years.trend(request.actor, authority_id, request.GET.get("count", ""))
    return render(request, "picture/trend.html", {"page": found})
