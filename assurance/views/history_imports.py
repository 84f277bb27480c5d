"""Pages of tables of earlier years: bring one, see what becomes of each line, confirm it, and undo it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from assurance import store
from assurance.access import Forbidden
from assurance.actions import history_import as write
from assurance.actions.refusals import Stale, Unfit
from assurance.forms.history_imports import CellsForm, HistoryUploadForm, UndoForm, VersionForm
from assurance.queries import history_imports as read
from assurance.text import number_from
from assurance.views.base import put_refusal, signed_in, with_version
from assurance.vocabulary import ImportState, Permission
from assurance.workbook import history_template
from assurance.workflow import Blocked

ASK_AGAIN = "2"
"""Seconds after which a page that waits shows itself anew. A header does it, without a script."""
TEMPLATES = {
    "csv": (history_template.as_csv, "text/csv; charset=utf-8"),
    "xlsx": (history_template.as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@signed_in
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """The tables that were brought, and the templates."""
    found = read.listing(request.actor, number_from(request.GET.get("page")) or 1)
    return render(request, "history_imports/list.html", {"listing": found, "kinds": tuple(TEMPLATES)})


@signed_in
@require_safe
def template(request: HttpRequest, scheme: str, kind: str) -> HttpResponse:
    """The template of a scheme as a file."""
    if kind not in TEMPLATES:
        raise Http404
    found = read.template_scheme(request.actor, scheme)
    make, content_type = TEMPLATES[kind]
    response = HttpResponse(make(found), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="earlier-years-{found.code}.{kind}"'
    return response


@signed_in
def new(request: HttpRequest) -> HttpResponse:
    """Bring a table."""
    page = read.new_page(request.actor)
    options: dict[str, Any] = {
        "programmes": page.programmes,
        "schemes": page.schemes,
        "cancel": resolve_url("history-imports"),
    }
    form = HistoryUploadForm(**options)
    if request.method == "POST":
        form = HistoryUploadForm(request.POST, request.FILES, **options)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                row = write.upload(
                    by=request.actor,
                    at=timezone.now(),
                    programme_id=form.cleaned_data["programme"],
                    scheme_code=form.cleaned_data["scheme"],
                    name=file.name,
                    file=file,
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            else:
                return redirect("history-import", row.pk)
    return render(request, "history_imports/new.html", {"form": form})


@signed_in
def table(request: HttpRequest, import_id: int) -> HttpResponse:
    """One table: being read, refused, to be confirmed, in the record, or undone."""
    now = timezone.now()
    verdict, number = request.GET.get("verdict", ""), number_from(request.GET.get("page")) or 1
    posts = request.method == "POST"
    page = read.import_page(request.actor, import_id, now, verdict=verdict, page=number, judges=not posts)
    if posts:
        if not page.is_own:
            raise Forbidden(Permission.IMPORT_HISTORY)
        return _decide(request, import_id)
    response = render(request, "history_imports/table.html", {"page": page})
    if page.row.state == ImportState.WAITING:
        response["Refresh"] = ASK_AGAIN
    return response


def _decide(request: HttpRequest, import_id: int) -> HttpResponse:
    then = request.POST.get("then", "")
    if then not in ("confirm", "discard"):
        raise Http404
    try:
        if then == "discard":
            write.discard(by=request.actor, at=timezone.now(), import_id=import_id)
            messages.success(request, _("The table was discarded. Nothing was taken over"))
            return redirect("history-imports")
        seen = request.POST.get("seen", "")
        done = write.confirm(by=request.actor, at=timezone.now(), import_id=import_id, seen=seen)
    except Unfit as refusal:
        messages.warning(request, refusal.message)
    except Stale as refusal:
        messages.warning(request, _too_late(refusal.current.state))
    else:
        count = len(done.assessments)
        words = ngettext("%(count)s record was taken over", "%(count)s records were taken over", count)
        messages.success(request, words % {"count": count})
    return redirect("history-import", import_id)


def _too_late(state: str) -> str:
    if state == ImportState.READ:
        return _("Something changed since you looked. Nothing was taken over. Look at the table again, and confirm it")
    return _("Nothing was changed: by now the table is “%(state)s”") % {"state": ImportState(state).label}


@signed_in
def lines(request: HttpRequest, import_id: int, key: int) -> HttpResponse:
    """The lines of one authority and year: write cells anew, or leave them out."""
    page = read.lines_page(request.actor, import_id, key, timezone.now())
    status, form = 200, CellsForm(cells=page.cells, initial={"version": page.row.version})
    if request.method == "POST":
        then = request.POST.get("then", "")
        if then in ("leave_out", "take_in"):
            return _leave_out(request, import_id, key, out=then == "leave_out")
        form = CellsForm(request.POST, cells=page.cells)
        if form.is_valid():
            version = form.cleaned_data["version"]
            at, cells = timezone.now(), form.written()
            try:
                write.correct(by=request.actor, at=at, import_id=import_id, key=key, cells=cells, version=version)
            except write.StillWrong as refusal:
                for cell in page.cells:
                    if words := refusal.errors.get((cell.line, cell.role)):
                        form.add_error(cell.field, words)
            except Stale as refusal:
                if refusal.current.state != ImportState.READ:
                    messages.warning(request, _too_late(refusal.current.state))
                    return redirect("history-import", import_id)
                form = CellsForm(with_version(request.POST, refusal.current.version), cells=page.cells)
                form.is_valid()
                form.add_error(None, _("Something changed since you looked. Check what you typed, and save it again"))
                status = 409
            else:
                messages.success(request, _("Corrected. The row was checked again"))
                return redirect("history-import", import_id)
    return render(request, "history_imports/lines.html", {"page": page, "form": form}, status=status)


def _leave_out(request: HttpRequest, import_id: int, key: int, *, out: bool) -> HttpResponse:
    form = VersionForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else 0
    try:
        write.leave_out(by=request.actor, at=timezone.now(), import_id=import_id, key=key, out=out, version=version)
    except Stale as refusal:
        messages.warning(request, _too_late(refusal.current.state))
    return redirect("history-import", import_id)


@signed_in
def undo(request: HttpRequest, import_id: int) -> HttpResponse:
    """Undo an import as a whole, with a reason."""
    records = read.undoable(request.actor, import_id)
    form, obstacles = UndoForm(cancel=resolve_url("history-import", import_id)), ()
    if request.method == "POST":
        form = UndoForm(request.POST, cancel=resolve_url("history-import", import_id))
        if form.is_valid():
            reason = form.cleaned_data["reason"]
            try:
                write.undo(by=request.actor, at=timezone.now(), import_id=import_id, reason=reason)
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Blocked as refusal:
                obstacles = refusal.obstacles
            except Stale as refusal:
                messages.warning(request, _too_late(refusal.current.state))
                return redirect("history-import", import_id)
            else:
                messages.success(request, _("The import was undone. Its records are withdrawn"))
                return redirect("history-import", import_id)
    context = {"import_id": import_id, "records": records, "form": form, "obstacles": obstacles}
    return render(request, "history_imports/undo.html", context, status=409 if obstacles else 200)


@signed_in
@require_safe
def file(request: HttpRequest, import_id: int) -> HttpResponseBase:
    """The bytes of a table, as they were brought."""
    row = read.file_of(request.actor, import_id)
    try:
        found = store.open(row.path)
    except FileNotFoundError:
        raise Http404 from None
    write.note_download(by=request.actor, at=timezone.now(), row=row)
    # Whatever it is called, it is not opened in the browser.
    response = FileResponse(found, as_attachment=True, filename=row.name, content_type="application/octet-stream")
    response["Content-Length"] = row.size
    return response
