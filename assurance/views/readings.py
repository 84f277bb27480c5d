"""Second readings: the list, the draw, and one reading beside the review."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assurance.actions.readings import pull, pull_sample, record_result
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.forms.readings import SEED, ConfirmForm, DrawForm, PullForm, ResultForm
from assurance.queries import readings as read
from assurance.text import number_from
from assurance.views.base import put_refusal, signed_in, typed_texts, with_version


@signed_in
def readings(request: HttpRequest) -> HttpResponse:
    """Second readings that the actor may see, with a count per adviser for managers."""
    cycle, page = number_from(request.GET.get("cycle")), number_from(request.GET.get("page")) or 1
    listing = read.reading_list(request.actor, cycle, page)
    return render(request, "quality/readings.html", {"listing": listing, "today": timezone.localdate()})


@signed_in
def draw(request: HttpRequest) -> HttpResponse:
    """Draw a sample by chance, look at it, and ask for its reading."""
    if request.method == "POST":
        return _pull_sample(request)
    seed = request.GET.get("seed", "")
    asked = "how_many" in request.GET
    page = _draw_page(request, request.GET, seed)
    form = DrawForm(request.GET if asked else None, cycles=page.cycles)
    if asked and form.is_valid() and not SEED.fullmatch(seed):
        wanted = {name: form.cleaned_data[name] for name in ("cycle", "how_many")}
        return redirect(f"{request.path}?{urlencode(wanted | {'seed': secrets.token_hex(8)})}")
    confirm = None
    if page.drawn:
        carried = {"cycle": request.GET["cycle"], "how_many": request.GET["how_many"], "seed": seed}
        drawn = ",".join(map(str, page.ids))
        confirm = ConfirmForm(
            initial=carried | {"drawn": drawn, "reader": _first(request, page.readers)}, readers=page.readers
        )
    return _shown(request, page, form, confirm)


def _pull_sample(request: HttpRequest) -> HttpResponse:
    """Ask for what was drawn. What the page shows is read again only where it has to be shown again."""
    confirm = ConfirmForm(request.POST, readers=None)
    refusal: Unfit | None = None
    stale = False
    if confirm.is_valid():
        try:
            rows = pull_sample(
                by=request.actor,
                at=timezone.now(),
                cycle_id=confirm.cleaned_data["cycle"],
                wanted=confirm.cleaned_data["how_many"],
                seed=confirm.cleaned_data["seed"],
                seen=confirm.seen(),
                reader_id=confirm.cleaned_data["reader"],
                due_on=confirm.cleaned_data["due_on"],
            )
        except Unfit as refused:
            refusal = refused
        except Stale:
            stale = True
        else:
            said = ngettext("%(count)s second reading asked for", "%(count)s second readings asked for", len(rows))
            messages.success(request, said % {"count": len(rows)})
            return redirect("second-readings")
    page = _draw_page(request, request.POST, request.POST.get("seed", ""))
    form = DrawForm(initial={name: request.POST.get(name) for name in ("cycle", "how_many")}, cycles=page.cycles)
    typed = with_version(request.POST, ",".join(map(str, page.ids)), "drawn")
    confirm = ConfirmForm(typed, readers=page.readers)
    confirm.is_valid()
    if refusal:
        put_refusal(confirm, refusal)
    return _shown(request, page, form, confirm if page.drawn else None, stale=stale)


def _draw_page(request: HttpRequest, data: Any, seed: str) -> read.DrawPage:
    known = seed if SEED.fullmatch(seed) else ""
    return read.draw_page(request.actor, number_from(data.get("cycle")), data.get("how_many", ""), known)


def _shown(
    request: HttpRequest, page: read.DrawPage, form: DrawForm, confirm: ConfirmForm | None, *, stale: bool = False
) -> HttpResponse:
    context = {"page": page, "draw": form, "form": confirm or form, "confirm": confirm, "stale": stale}
    return render(request, "quality/draw.html", context, status=409 if stale else 200)


@signed_in
def reading(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """One assessment as a second reader reads it: to ask for a reading, to record its result, or to look."""
    if request.method == "POST":
        return _record(request, assessment_id) if "version" in request.POST else _pull(request, assessment_id)
    return _reading_page(request, read.reading_page(request.actor, assessment_id))


def _pull(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Ask for a reading. What the page shows is read again only where it has to be shown again."""
    ask = PullForm(request.POST, readers=None)
    refusal: Unfit | None = None
    if ask.is_valid():
        try:
            pull(
                by=request.actor,
                at=timezone.now(),
                assessment_id=assessment_id,
                reader_id=ask.cleaned_data["reader"],
                due_on=ask.cleaned_data["due_on"],
            )
        except Unfit as refused:
            refusal = refused
        except NotEditable:
            messages.warning(request, _("A second reading waits already, or the letter is on its way."))
            return redirect("second-reading", assessment_id)
        else:
            messages.success(request, _("Second reading asked for"))
            return redirect("second-reading", assessment_id)
    page = read.reading_page(request.actor, assessment_id)
    ask = PullForm(request.POST, readers=page.readers or ())
    ask.is_valid()
    if refusal:
        put_refusal(ask, refusal)
    return _reading_page(request, page, ask=ask)


def _record(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Record what was found, with what was typed kept whatever happens."""
    page = read.reading_page(request.actor, assessment_id)
    result = ResultForm(request.POST)
    # Whoever is too late is told by the one that was read last.
    target = page.waiting or next(iter(page.said), None)
    if target is not None and result.is_valid():
        try:
            record_result(by=request.actor, at=timezone.now(), reading_id=target.pk, **result.cleaned_data)
        except Unfit as refusal:
            put_refusal(result, refusal)
        except Stale:
            return _reading_page(request, page, lost=typed_texts(request))
        else:
            messages.success(request, _("Result recorded"))
            return redirect("second-readings")
    return _reading_page(request, page, result=result)


def _reading_page(
    request: HttpRequest,
    page: read.ReadingPage,
    *,
    result: ResultForm | None = None,
    ask: PullForm | None = None,
    lost: list[str] | None = None,
) -> HttpResponse:
    if result is None and page.waiting is not None and page.may_record:
        result = ResultForm(initial={"version": page.waiting.version})
    if ask is None and page.readers:
        ask = PullForm(initial={"reader": _first(request, page.readers)}, readers=page.readers)
    context = {"page": page, "form": result or ask, "result": result, "ask": ask, "lost": lost}
    return render(request, "quality/reading.html", context, status=200 if lost is None else 409)


def _first(request: HttpRequest, people: Any) -> str:
    """Whom the form proposes: oneself, if one may read."""
    return next((str(one.pk) for one in people if one.pk == request.actor.id), "")
