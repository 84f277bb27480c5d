"""Views taken away as files: asking, waiting, downloading, and the log of who took what."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from assurance import store
from assurance.actions import exports
from assurance.queries import exports as read
from assurance.text import clean, number_from
from assurance.views.base import signed_in
from assurance.vocabulary import Making

ASK_AGAIN = "2"
"""Seconds after which a page that waits shows itself anew. A header does it, without a script."""
OWN = frozenset({"view", "format", "page", "csrfmiddlewaretoken"})
"""Names in an address that are not the view's."""


@signed_in
@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """Who took what away: everybody's for auditors, one's own for the others."""
    found = read.log(
        request.actor,
        person=clean(request.GET.get("person", ""))[:100],
        view=request.GET.get("view", ""),
        only_mass=request.GET.get("mass") == "1",
        page=number_from(request.GET.get("page")) or 1,
    )
    return render(request, "exports/log.html", {"log": found, "mass": exports.MASS})


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a view as a file. The address is that of the view's page, with its name and the format."""
    given = request.POST if request.method == "POST" else request.GET
    query = QueryDict(given.get("query", "")) if request.method == "POST" else request.GET
    params = {clean(name): clean(value) for name, value in query.dict().items() if name not in OWN}
    offer = read.offer(request.actor, given.get("view", ""), params)
    if request.method == "POST":
        asked = exports.ask(
            by=request.actor, at=timezone.now(), view=offer.view, params=params, format=given.get("format", "")
        )
        return redirect("export-file" if asked.state == Making.READY else "export", asked.pk)
    kept = QueryDict(mutable=True)
    kept.update(params)
    return render(request, "exports/new.html", {"offer": offer, "query": kept.urlencode()})


@signed_in
@require_safe
def export(request: HttpRequest, export_id: int) -> HttpResponse:
    """A file that is being made, or is there to be downloaded."""
    line = read.own_export(request.actor, export_id)
    response = render(request, "exports/export.html", {"line": line, "export": line.export})
    if line.export.state == Making.WAITING:
        response["Refresh"] = ASK_AGAIN
    return response


@signed_in
@require_safe
def file(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """The bytes of an export of one's own."""
    found = read.own_export(request.actor, export_id).export
    if found.state != Making.READY or not found.path:
        raise Http404
    try:
        opened = store.open(found.path)
    except FileNotFoundError:
        raise Http404 from None
    exports.note_download(by=request.actor, at=timezone.now(), export=found)
    response = FileResponse(opened, as_attachment=True, filename=found.name)
    response["Content-Length"] = found.size
    return response
