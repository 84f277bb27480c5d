"""Pages of a meeting: the pack to print or share, noting points while one speaks, and one point to change."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.access import NotFound
from assurance.actions import meeting as write
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.conflicts import between
from assurance.forms.meeting import PointForm
from assurance.queries import meeting as read
from assurance.text import number_from
from assurance.views.base import closed, put_refusal, signed_in, with_version

HIDDEN = "hidden"
"""What the address says to leave the adviser's own work out: ``?outcomes=hidden``."""


@signed_in
def meeting(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The meeting pack; with ``?live=1`` a form on each benchmark to note what was agreed."""
    if request.method == "POST":
        return _post(request, assessment_id)
    live = bool(request.GET.get("live"))
    page = read.meeting_page(request.actor, assessment_id, hidden=_hides(request), live=live)
    if live and not page.can_note:
        return redirect("meeting", assessment_id)
    return _show(request, page, live)


def _post(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Note a point, or take one into the review; then back to where one was on the page."""
    number = number_from(request.POST.get("number"))
    scheme = read.scheme_of(request.actor, assessment_id)  # type: ignore[attr-defined]
    benchmark = scheme.benchmarks.get(number) if number is not None else None
    common: dict[str, Any] = {
        "by": request.actor,  # type: ignore[attr-defined]
        "at": timezone.now(),
        "assessment_id": assessment_id,
    }
    form, taken = None, None
    try:
        if request.POST.get("do") == "take":
            write.take_over(
                point_id=number_from(request.POST.get("point")) or 0,
                version=number_from(request.POST.get("version")) or 0,
                **common,
            )
            messages.success(request, _("Taken into your review"))
            return redirect(_back(request, assessment_id, number))
        form = PointForm(request.POST, scheme=scheme, benchmark=benchmark, auto_id=_auto_id(number))
        if form.is_valid():
            write.note_point(number=number, agreed=form.agreed(), **common)
            messages.success(request, _("Noted"))
            return redirect(_back(request, assessment_id, number))
    except NotEditable:
        return closed(request, "meeting", assessment_id)
    except Stale as refusal:
        taken = refusal.current
    except Unfit as refusal:
        form = form or PointForm(request.POST, scheme=scheme, benchmark=benchmark, auto_id=_auto_id(number))
        put_refusal(form, refusal)
    page = read.meeting_page(common["by"], assessment_id, hidden=_hides(request), live=True)
    return _show(request, page, True, form=form, number=number, stale=taken is not None)


def _show(
    request: HttpRequest,
    page: read.MeetingPage,
    live: bool,
    *,
    form: PointForm | None = None,
    number: int | None = None,
    stale: bool = False,
) -> HttpResponse:
    """The page; ``form`` is what was typed for the benchmark of this number and did not fit."""

    def form_on(benchmark: Any) -> PointForm | None:
        mine = benchmark.number if benchmark else None
        if not live or (form is not None and mine == number):
            return form if live else None
        return PointForm(scheme=page.scheme, benchmark=benchmark, auto_id=_auto_id(mine))

    sections = [
        {"title": one.title, "lines": [{"line": line, "form": form_on(line.benchmark)} for line in one.lines]}
        for one in page.sections
    ]
    context = {
        "page": page,
        "live": live,
        "sections": sections,
        "whole": form_on(None),
        "form": form,
        "stale_number": number if stale else None,
        "flags": "&outcomes=hidden" if page.is_hidden else "",
        "today": timezone.localdate(),
    }
    return render(request, "meeting/pack.html", context, status=409 if stale else 200)


@signed_in
def point(request: HttpRequest, assessment_id: int, point_id: int) -> HttpResponse:
    """One point to change or to take away."""
    try:
        page = read.point_page(request.actor, assessment_id, point_id)
    except NotFound:
        if request.method != "POST":
            raise
        # Somebody took it away while this was typed.
        read.scheme_of(request.actor, assessment_id)
        return closed(request, "meeting", assessment_id)
    if not page.editable:
        return closed(request, "meeting", assessment_id)
    number = page.benchmark.number if page.benchmark else None
    options: dict[str, Any] = {"scheme": page.scheme, "benchmark": page.benchmark, "changes": True}
    form, conflict = PointForm(initial=PointForm.values(page.scheme, page.row), **options), None
    if request.method == "POST":
        common: dict[str, Any] = {
            "by": request.actor,
            "at": timezone.now(),
            "assessment_id": assessment_id,
            "point_id": point_id,
        }
        form = PointForm(request.POST, **options)
        if form.is_valid():
            try:
                if request.POST.get("do") == "remove":
                    write.remove_point(version=form.cleaned_data["version"], **common)
                    messages.success(request, _("Taken away"))
                else:
                    write.change_point(version=form.cleaned_data["version"], agreed=form.agreed(), **common)
                    messages.success(request, _("Saved"))
                return redirect(_back(request, assessment_id, number))
            except NotEditable:
                return closed(request, "meeting", assessment_id)
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                form = PointForm(with_version(request.POST, refusal.current.version), **options)
                conflict = between(form, PointForm.values(page.scheme, refusal.current))
    context = {"page": page, "form": form, "conflict": conflict, "back": _back(request, assessment_id, number)}
    return render(request, "meeting/point.html", context, status=409 if conflict else 200)


def _hides(request: HttpRequest) -> bool:
    return request.GET.get("outcomes") == HIDDEN


def _back(request: HttpRequest, assessment_id: int, number: int | None) -> str:
    """Where one was: the live page, at the benchmark, showing as much as before."""
    hides = f"&outcomes={HIDDEN}" if _hides(request) else ""
    return f"{resolve_url('meeting', assessment_id)}?live=1{hides}#{_anchor(number)}"


def _anchor(number: int | None) -> str:
    return f"benchmark-{number}" if number is not None else "whole"


def _auto_id(number: int | None) -> str:
    return f"{_anchor(number)}-%s"
