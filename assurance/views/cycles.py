"""The cycle administrator's pages: prepare a cycle, open it, close it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assurance.actions.cycles import close_cycle, create_cycle, open_cycle, save_cycle
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.forms.cycles import ConfirmForm, CycleForm, NewCycleForm
from assurance.queries import cycles as read
from assurance.views.base import put_refusal, signed_in, with_version


@signed_in
def cycle_list(request: HttpRequest) -> HttpResponse:
    """The cycles of one's own programmes."""
    return render(request, "cycles/list.html", {"listing": read.cycles(request.actor)})


@signed_in
def create(request: HttpRequest) -> HttpResponse:
    """A new cycle, in preparation."""
    page = read.new_page(request.actor)
    options: dict[str, Any] = {
        "programmes": page.programmes,
        "versions": page.versions,
        "cancel": resolve_url("cycles"),
    }
    if request.method == "POST":
        form = NewCycleForm(request.POST, **options)
        if form.is_valid():
            try:
                made = create_cycle(
                    by=request.actor,
                    at=timezone.now(),
                    programme_id=form.cleaned_data["programme"],
                    name=form.cleaned_data["name"],
                    scheme_version_id=form.cleaned_data["scheme_version"],
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            else:
                messages.success(
                    request, _("Cycle %(name)s created. Now set its dates and scope") % {"name": made.name}
                )
                return redirect("cycle-edit", made.pk)
    else:
        form = NewCycleForm(**options)
    return render(request, "cycles/new.html", {"page": page, "form": form})


@signed_in
def cycle(request: HttpRequest, cycle_id: int) -> HttpResponse:
    """A cycle as it stands, and what can be done with it."""
    page = read.overview(request.actor, cycle_id, timezone.localdate())
    return render(request, "cycles/cycle.html", {"page": page})


@signed_in
def edit(request: HttpRequest, cycle_id: int) -> HttpResponse:
    """Dates, limit, scope and benchmarks."""
    page = read.edit_page(request.actor, cycle_id)
    if page.is_closed:
        return _too_late(request, cycle_id)
    stale = None
    if request.method == "POST":
        form = _cycle_form(page, request.POST)
        if form.is_valid():
            try:
                save_cycle(
                    by=request.actor,
                    at=timezone.now(),
                    cycle_id=cycle_id,
                    version=form.cleaned_data["version"],
                    dates=form.dates(),
                    recommendation_limit=form.cleaned_data["recommendation_limit"],
                    nations=form.cleaned_data.get("nations", ()),
                    authority_types=form.cleaned_data.get("authority_types", ()),
                    unscored=form.unscored(),
                    reminder_days=form.cleaned_data["reminder_days"],
                    remind_overdue=form.cleaned_data["remind_overdue"],
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                page = read.edit_page(request.actor, cycle_id)
                form = _cycle_form(page, with_version(request.POST, refusal.current.version))
                stale = list(form.differences())
            except NotEditable:
                return _too_late(request, cycle_id)
            else:
                messages.success(request, _("Cycle %(name)s saved") % {"name": page.cycle.name})
                return redirect("cycle", cycle_id)
    else:
        form = _cycle_form(page)
    status = 200 if stale is None else 409
    return render(request, "cycles/edit.html", {"page": page, "form": form, "stale": stale}, status=status)


@signed_in
def open_page(request: HttpRequest, cycle_id: int) -> HttpResponse:
    """What opening the cycle does, and then opening it."""
    page = read.open_page(request.actor, cycle_id, timezone.localdate())

    def act(version: int) -> str:
        count = open_cycle(by=request.actor, at=timezone.now(), cycle_id=cycle_id, version=version)
        return ngettext(
            "Cycle %(name)s is open, with %(count)s assessment",
            "Cycle %(name)s is open, with %(count)s assessments",
            count,
        ) % {"name": page.cycle.name, "count": count}

    return _confirm(request, page, act, "cycles/open.html", starts_here=page.in_preparation, label=_("Open the cycle"))


@signed_in
def close_page(request: HttpRequest, cycle_id: int) -> HttpResponse:
    """What closing the cycle does, and then closing it."""
    page = read.close_page(request.actor, cycle_id)

    def act(version: int) -> str:
        close_cycle(by=request.actor, at=timezone.now(), cycle_id=cycle_id, version=version)
        return _("Cycle %(name)s is closed") % {"name": page.cycle.name}

    return _confirm(
        request, page, act, "cycles/close.html", starts_here=page.is_open, label=_("Close the cycle"), warn=True
    )


def _confirm(
    request: HttpRequest,
    page: read.CyclePage,
    act: Callable[[int], str],
    template: str,
    *,
    starts_here: bool,
    **options: Any,
) -> HttpResponse:
    """Ask, and on the word act. Whoever said it of a cycle that was changed since is asked again."""
    if not starts_here:
        return _too_late(request, page.cycle.pk)
    options["cancel"] = resolve_url("cycle", page.cycle.pk)
    initial = {"version": page.cycle.version}
    form = ConfirmForm(request.POST, **options) if request.method == "POST" else ConfirmForm(initial=initial, **options)
    stale = False
    if form.is_valid():
        try:
            said = act(form.cleaned_data["version"])
        except Unfit as refusal:
            put_refusal(form, refusal)
        except Stale:
            stale = True
            form = ConfirmForm(initial=initial, **options)
        except NotEditable:
            return _too_late(request, page.cycle.pk)
        else:
            messages.success(request, said)
            return redirect("cycle", page.cycle.pk)
    context = {"page": page, "form": form, "stale": stale}
    return render(request, template, context, status=409 if stale else 200)


def _cycle_form(page: read.EditPage, data: Any = None) -> CycleForm:
    return CycleForm(
        data,
        initial=CycleForm.values(page.cycle, page.decisions),
        scheme=page.scheme,
        in_preparation=page.in_preparation,
        nations=page.nations,
        authority_types=page.authority_types,
        cancel=resolve_url("cycle", page.cycle.pk),
    )


def _too_late(request: HttpRequest, cycle_id: int) -> HttpResponse:
    messages.warning(request, _("This cycle has been moved on, so this cannot be done any more. Nothing was changed."))
    return redirect("cycle", cycle_id)
