"""Pages of the workbook: out, back, and what it would change; and of documents that a worker makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django_stubs_ext import StrOrPromise

from assurance import store
from assurance.access import Forbidden
from assurance.actions import documents
from assurance.actions import workbook as write
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.forms.workbook import ApplyForm, UploadForm
from assurance.queries import workbook as read
from assurance.views.base import closed, signed_in
from assurance.vocabulary import DocumentKind, Making, Permission, UploadState

ASK_AGAIN = "2"
"""Seconds after which a page that waits shows itself anew. A header does it, without a script."""

TOO_LATE: Mapping[UploadState, StrOrPromise] = {
    UploadState.WAITING: gettext_lazy("The workbook is still being read. Nothing was changed"),
    UploadState.REFUSED: gettext_lazy("The file was not taken, so there is nothing to decide. Nothing was changed"),
    UploadState.APPLIED: gettext_lazy("The workbook had been taken over already. Nothing more was changed"),
    UploadState.DISCARDED: gettext_lazy("The workbook had been discarded already. Nothing was changed"),
}
"""What is said to whoever decides on a workbook that is in another state by now."""


@signed_in
def workbook(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Download the workbook, upload it again, and see what came back before."""
    page = read.workbook_page(request.actor, assessment_id)
    if request.method == "POST" and (kind := request.POST.get("kind", "")):
        if kind not in write.ENDINGS:
            raise Http404
        asked = documents.ask(by=request.actor, at=timezone.now(), assessment_id=assessment_id, kind=DocumentKind(kind))
        return redirect("document", assessment_id, asked.pk)
    if request.method != "POST":
        form = UploadForm()
    elif not page.can_upload:
        return closed(request, "record", assessment_id)
    else:
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                row = write.upload(
                    by=request.actor, at=timezone.now(), assessment_id=assessment_id, name=file.name, file=file
                )
            except NotEditable:
                return closed(request, "record", assessment_id)
            except Unfit as refusal:
                form.add_error("file", refusal.message)
            else:
                return redirect("workbook-upload", assessment_id, row.pk)
    return render(request, "workbook/workbook.html", {"page": page, "form": form})


@signed_in
def upload(request: HttpRequest, assessment_id: int, upload_id: int) -> HttpResponse:
    """A workbook that came back: being read, refused, or beside what stands, to take over what is ticked."""
    page = read.upload_page(request.actor, assessment_id, upload_id)
    if request.method == "POST":
        if not page.may_decide:
            raise Forbidden(Permission.EDIT_ANSWERS)
        discards = request.POST.get("then") == "discard"
        if page.upload.state not in (
            (UploadState.COMPARED, UploadState.WAITING) if discards else (UploadState.COMPARED,)
        ):
            return _too_late(request, page.upload.state, assessment_id, upload_id)
        if discards:
            return _discard(request, assessment_id, upload_id)
        if not page.editable:
            return closed(request, "record", assessment_id)
        return _apply(request, page)
    return _shown(request, page, _form(page), {line.benchmark.number for line in page.applicable if _first(line)})


def _too_late(request: HttpRequest, state: str, assessment_id: int, upload_id: int) -> HttpResponse:
    """Say why nothing was done: the workbook is not, or no more, one to decide on."""
    messages.warning(request, TOO_LATE[UploadState(state)])
    return redirect("workbook-upload", assessment_id, upload_id)


def _first(line: read.Line) -> bool:
    return line.compared.comparison.preselected


def _form(page: read.UploadPage, *data: Any) -> ApplyForm:
    return ApplyForm(*data, titles={line.benchmark.number: line.benchmark.title for line in page.applicable})


def _shown(
    request: HttpRequest, page: read.UploadPage, form: ApplyForm, ticked: set[int], moved: tuple[int, ...] = ()
) -> HttpResponse:
    context = {"page": page, "form": form, "ticked": ticked, "moved": moved}
    response = render(request, "workbook/upload.html", context, status=409 if moved else 200)
    if page.upload.state == UploadState.WAITING:
        response["Refresh"] = ASK_AGAIN
    return response


def _apply(request: HttpRequest, page: read.UploadPage) -> HttpResponse:
    form = _form(page, request.POST)
    if form.is_valid():
        try:
            write.apply_upload(by=request.actor, at=timezone.now(), upload_id=page.upload.pk, versions=form.versions())
        except Stale as refusal:
            if not isinstance(refusal.current, list):
                return _too_late(request, refusal.current.state, page.assessment.pk, page.upload.pk)
            fresh = read.upload_page(request.actor, page.assessment.pk, page.upload.pk)
            # What was saved in between is not ticked again: taking it over now is a choice of its own.
            return _shown(request, fresh, _form(fresh), form.ticked() - set(refusal.current), tuple(refusal.current))
        except Unfit as refusal:
            form.add_error("apply", refusal.message)
        except NotEditable:
            return closed(request, "record", page.assessment.pk)
        else:
            messages.success(request, _("The workbook was taken over"))
            return redirect("workbook-upload", page.assessment.pk, page.upload.pk)
    return _shown(request, page, form, form.ticked())


def _discard(request: HttpRequest, assessment_id: int, upload_id: int) -> HttpResponse:
    try:
        write.discard_upload(by=request.actor, at=timezone.now(), upload_id=upload_id)
    except Stale as refusal:
        return _too_late(request, refusal.current.state, assessment_id, upload_id)
    messages.success(request, _("The workbook was discarded. Nothing was changed"))
    return redirect("workbook", assessment_id)


@signed_in
@require_safe
def document(request: HttpRequest, assessment_id: int, document_id: int) -> HttpResponse:
    """A document that is being made, or is there to be downloaded."""
    found = read.document(request.actor, assessment_id, document_id)
    context = {"document": found, "assessment": found.assessment, "is_workbook": read.is_workbook(found)}
    response = render(request, "workbook/document.html", context)
    if found.state == Making.WAITING:
        response["Refresh"] = ASK_AGAIN
    return response


@signed_in
@require_safe
def document_file(request: HttpRequest, assessment_id: int, document_id: int) -> HttpResponseBase:
    """The bytes of a document of one's own."""
    found = read.document(request.actor, assessment_id, document_id)
    if found.state != Making.READY:
        raise Http404
    try:
        file = store.open(found.path)
    except FileNotFoundError:
        raise Http404 from None
    documents.note_download(by=request.actor, at=timezone.now(), document=found)
    response = FileResponse(file, as_attachment=True, filename=found.name)
    response["Content-Length"] = found.size
    return response
