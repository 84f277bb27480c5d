"""Pages that look back: what happened and when, and what a text said at a moment of the past."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from assurance.forms.history import HistoryForm, TimelineForm, exact_moment
from assurance.queries import history as read
from assurance.queries import timeline as happened
from assurance.text import number_from
from assurance.views.base import signed_in


@signed_in
def timeline(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """What happened, newest first, filtered by what the address says."""
    place = happened.place(request.actor, assessment_id)
    options = {"benchmarks": place.scheme.benchmarks, "kinds": happened.KINDS, "people": place.people}
    form = TimelineForm(request.GET if set(request.GET) - {"page"} else None, **options)
    filters = happened.Filters()
    if form.is_valid():
        asked = form.cleaned_data
        filters = happened.Filters(
            benchmark=number_from(asked["benchmark"]),
            kind=asked["kind"],
            person=asked["person"],
            start=asked["start"],
            end=asked["end"],
        )
    page = number_from(request.GET.get("page")) or 1
    view = happened.timeline(request.actor, place, filters, page)
    filtered = filters != happened.Filters()
    context = {"place": place, "form": form, "view": view, "filtered": filtered, "is_open": filtered or form.errors}
    return render(request, "assessments/timeline.html", context)


@signed_in
def history(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """What a text said at a moment, who changed it, and every version of it that one may read."""
    shelf = read.shelf(request.actor, assessment_id)
    now = timezone.now()
    asked = request.GET
    text = shelf.text(asked.get("text", ""))
    exact = exact_moment(asked.get("at", ""))
    options = {"texts": shelf.groups(), "benchmarks": shelf.scheme.benchmarks, "now": now}
    if exact is not None or "text" not in asked:
        local = timezone.localtime(exact) if exact else None
        chosen = {"text": text.code if text else "", "benchmark": asked.get("benchmark", "")}
        chosen |= {"day": local.date(), "time": f"{local:%H:%M}"} if local else {}
        form = HistoryForm(initial=chosen, **options)
    else:
        form = HistoryForm(asked, **options)
        form.is_valid()
    found = None
    if text is not None:
        page = number_from(asked.get("page")) or 1
        number = number_from(asked.get("benchmark"))
        found = read.history(request.actor, shelf, text, number, exact or form.moment(), page)
        if not form.is_bound:
            # The page chose a benchmark where none was asked for, and the form says which.
            form.initial["benchmark"] = str(found.benchmark.number) if found.benchmark else ""
    context = {"shelf": shelf, "form": form, "found": found, "is_now": exact is None and form.moment() == now}
    return render(request, "history/history.html", context)
