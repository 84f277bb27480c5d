"""Pages of evidence: the list, adding, one item, and its bytes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from assurance import filetypes, store
from assurance.actions import evidence as write
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.evidence_tasks import scan_file
from assurance.forms.evidence import AddForm, EditForm, ReplaceForm
from assurance.queries import evidence as read
from assurance.text import number_from
from assurance.views.base import closed, put_refusal, signed_in, with_version


@signed_in
@require_safe
def listing(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """All evidence of an assessment."""
    return render(request, "evidence/list.html", {"page": read.evidence_page(request.actor, assessment_id)})


@signed_in
def add(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Add files and a link. A script posts each file by itself to see how far it is, and is answered in JSON."""
    page = read.add_page(
        request.actor,
        assessment_id,
        number_from(request.GET.get("benchmark")),
        number_from(request.GET.get("question")),
    )
    by_script = request.headers.get("Accept") == "application/json"
    if not page.editable:
        if by_script:
            return _said([_("Evidence can no longer be added. Nothing was saved.")], 409)
        return closed(request, "questions" if page.question else "evidence", assessment_id)
    back = resolve_url("evidence", assessment_id)
    if page.question:
        back = f"{resolve_url('questions', assessment_id)}#question-{page.question.pk}"
    elif page.benchmark:
        # To where what was added is listed, not to the top of a long page.
        back = resolve_url("answer", assessment_id, page.benchmark.number) + "#files"
    detailed = [page.benchmark] if page.benchmark and page.scheme.is_checklist else []
    options: dict[str, Any] = {"benchmarks": page.benchmarks, "detailed": detailed, "cancel": back}
    if page.question:
        options |= {"detailed": [], "question": page.question.pk}
    if request.method == "POST" and page.benchmarks:
        form = AddForm(request.POST, {"files": request.FILES.getlist("files")}, **options)
        if form.is_valid():
            try:
                done = _add(request, assessment_id, form)
            except NotEditable:
                return closed(request, "evidence", assessment_id)
            if done and not by_script:
                messages.success(request, done)
            if form.is_valid():
                return JsonResponse({"errors": [], "next": back}) if by_script else redirect(back)
        if by_script:
            return _said([error for errors in form.errors.values() for error in errors], 200)
    else:
        form = AddForm(initial={"benchmarks": [page.benchmark.number] if page.benchmark else []}, **options)
    context = {"page": page, "form": form, "back": back, "endings": ",".join(filetypes.ENDINGS)}
    return render(request, "evidence/add.html", context)


@signed_in
def item(request: HttpRequest, assessment_id: int, evidence_id: int) -> HttpResponse:
    """One piece of evidence: what it is, its versions, and what can be changed."""
    page = read.item_page(request.actor, assessment_id, evidence_id)
    form, replace, stale = _edit_form(page), ReplaceForm(initial={"version": page.row.version}), False
    if request.method == "POST":
        where: dict[str, Any] = {
            "by": request.actor,
            "at": timezone.now(),
            "assessment_id": assessment_id,
            "evidence_id": evidence_id,
        }
        what = request.POST.get("do", "")
        try:
            if not page.editable and what not in ("remove", "restore"):
                # The forms have no choices then, and would find fault with what was typed.
                write.check_open(by=request.actor, assessment_id=assessment_id, evidence_id=evidence_id)
            if what == "replace":
                replace = ReplaceForm(request.POST, request.FILES)
                done = _replace(replace, where)
            elif what in ("remove", "restore"):
                done = _remove_or_restore(request, what, where)
            else:
                form = _edit_form(page, request.POST)
                done = _edit(form, where)
        except NotEditable:
            return closed(request, "evidence", assessment_id)
        except Stale as refusal:
            stale, version = True, refusal.current.version
            page = read.item_page(request.actor, assessment_id, evidence_id)
            if not page.editable:
                return closed(request, "evidence", assessment_id)
            typed = with_version(request.POST, version) if what not in ("replace", "remove", "restore") else None
            form = _edit_form(page, typed) if typed is not None else _edit_form(page)
            replace = ReplaceForm(initial={"version": version})
        else:
            if done:
                messages.success(request, done)
                return redirect("evidence", assessment_id)
    context = {
        "page": page,
        "form": replace if replace.is_bound else form,
        "edit": form,
        "replace": replace,
        "stale": stale,
        "endings": ",".join(filetypes.ENDINGS),
    }
    return render(request, "evidence/item.html", context, status=409 if stale else 200)


@signed_in
@require_safe
def file(request: HttpRequest, assessment_id: int, evidence_id: int, number: int) -> HttpResponseBase:
    """The bytes of one version, as a download and never as a page.

    All that the database is asked is asked here: the bytes are sent after the transaction and its scope are over.
    """
    found = read.evidence_file(request.actor, assessment_id, evidence_id, number)
    if found.scan not in read.DOWNLOADABLE:
        # That page says why it cannot be downloaded.
        return redirect("evidence-item", assessment_id, evidence_id)
    content = store.open(found.path)
    write.note_download(by=request.actor, at=timezone.now(), file=found)
    response = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.media_type)
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _add(request: HttpRequest, assessment_id: int, form: AddForm) -> str:
    """Add what the form holds, and put what is refused at its field. Returns in words what was added."""
    common: dict[str, Any] = {
        "by": request.actor,  # type: ignore[attr-defined]
        "at": timezone.now(),
        "assessment_id": assessment_id,
        "supports": form.supports(),
    }
    files, url, title = (form.cleaned_data[name] for name in ("files", "url", "link_title"))
    words = []
    if files:
        try:
            added = write.add_files(files=files, enqueue=scan_file.send, **common)
        except Unfit as refusal:
            put_refusal(form, refusal)
        else:
            for one in added.refused:
                form.add_error("files", _("“%(name)s” was not added. %(why)s") % {"name": one.name, "why": one.message})
            count = len(added.evidence)
            if count:
                words.append(
                    ngettext("%(count)s file was added", "%(count)s files were added", count) % {"count": count}
                )
    if url or title:
        try:
            write.add_link(url=url, title=title, **common)
        except Unfit as refusal:
            put_refusal(form, refusal)
        else:
            words.append(_("The link was added"))
    return ". ".join(words)


def _edit_form(page: read.ItemPage, *data: Any) -> EditForm:
    options: dict[str, Any] = {
        "benchmarks": page.choices,
        "detailed": page.benchmarks if page.scheme.is_checklist else (),
        "is_link": page.line.is_link,
        "may_be_none": page.row.question is not None,
    }
    if data:
        return EditForm(*data, **options)
    initial: dict[str, Any] = {
        "title": page.row.title,
        "url": page.row.url,
        "benchmarks": list(page.row.benchmark_numbers),
        "version": page.row.version,
    }
    initial |= {f"criteria_{one.number}": list(page.row.criterion_ids) for one in page.benchmarks}
    return EditForm(initial=initial, **options)


def _edit(form: EditForm, where: dict[str, Any]) -> str:
    """Save what was changed. Returns what was done in words, "" if something is at fault."""
    if not form.is_valid():
        return ""
    typed = form.cleaned_data
    try:
        write.edit_evidence(
            version=typed["version"],
            title=typed["title"],
            url=typed.get("url", ""),
            supports=form.supports(),
            **where,
        )
    except Unfit as refusal:
        put_refusal(form, refusal)
        return ""
    return _("Saved")


def _replace(form: ReplaceForm, where: dict[str, Any]) -> str:
    if not form.is_valid():
        return ""
    typed = form.cleaned_data
    try:
        write.replace_file(version=typed["version"], file=typed["file"], enqueue=scan_file.send, **where)
    except Unfit as refusal:
        put_refusal(form, refusal)
        return ""
    return _("The file was replaced. The earlier version is kept")


def _remove_or_restore(request: HttpRequest, what: str, where: dict[str, Any]) -> str:
    version = number_from(request.POST.get("version")) or 0
    if what == "remove":
        row = write.remove_evidence(version=version, **where)
        return _("“%(title)s” was taken away. You can put it back below") % {"title": row.title}
    row = write.restore_evidence(version=version, **where)
    return _("“%(title)s” was put back") % {"title": row.title}


def _said(errors: list[str], status: int) -> JsonResponse:
    return JsonResponse({"errors": errors, "next": ""}, status=status)
