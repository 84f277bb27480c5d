"""The page on which a benchmark is reviewed, side by side, and the Home Office's own notes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.actions.reviews import save_private_note, save_review
from assurance.conflicts import Conflict, between
from assurance.forms.reviews import NoteForm, ReviewForm, private_values
from assurance.queries import review as read
from assurance.queries.review import NotesPage, ReviewPage, Saved
from assurance.views.base import closed, put_refusal, signed_in, with_version
from assurance.vocabulary import Verdict

EVERY_VERDICT = "marks"
"""What a button takes over from somebody else: every verdict. Otherwise it names one field."""
HELPERS = ("take", "agree_all", "clear_all", "start")
"""Buttons that change the form and save nothing."""


@signed_in
def review(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    """One benchmark side by side: to review while it is in review, to read afterwards."""
    if request.method != "POST":
        page = read.review_page(request.actor, assessment_id, number)
        if page is None:
            return redirect("assessment", assessment_id)
        return _draw(request, page, _form(page, initial=_stands(page)) if page.editable else None)
    page = read.reviewing(request.actor, assessment_id, number)
    if not page.editable:
        return closed(request, "assessment", assessment_id)
    return _with_help(request, page) if any(name in request.POST for name in HELPERS) else _save(request, page)


@signed_in
def private_notes(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The Home Office's own notes on an assessment: that on the whole to write, those on its benchmarks to read."""
    is_post = request.method == "POST"
    page = read.notes_page(request.actor, assessment_id, to_write=is_post)
    if is_post and not page.editable:
        return closed(request, "private-notes", assessment_id)
    if not is_post:
        form = NoteForm(initial=private_values(page.whole)) if page.editable else None
        return _draw_notes(request, page, form)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            save_private_note(by=request.actor, at=timezone.now(), assessment_id=assessment_id, private=form.private())
        except Unfit as refusal:
            put_refusal(form, refusal)
        except Stale:
            page = read.notes_page(request.actor, assessment_id, to_write=True)
            form = NoteForm(with_version(request.POST, page.whole.version, "note_version"))
            return _draw_notes(
                request, page, form, _conflict_of(form, private_values(page.whole), page.whole.saved), 409
            )
        except NotEditable:
            return closed(request, "private-notes", assessment_id)
        else:
            messages.success(request, _("Saved"))
            return redirect("private-notes", assessment_id)
    return _draw_notes(request, page, form)


def _save(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    form = _form(page, request.POST)
    if form.is_valid():
        try:
            row = save_review(
                by=request.actor,
                at=timezone.now(),
                assessment_id=page.assessment.pk,
                number=page.benchmark.number,
                **form.judgement(),
            )
        except Unfit as refusal:
            put_refusal(form, refusal)
        except Stale:
            return _conflict(request, page, form.cleaned_data["version"])
        except NotEditable:
            return closed(request, "assessment", page.assessment.pk)
        else:
            _say(request, replace(page, row=row))
            return _onwards(page, request.POST.get("then", ""))
    return _draw(request, _whole(request, page), form)


def _conflict(request: HttpRequest, page: ReviewPage, seen: int) -> HttpResponse:
    """Somebody was quicker: what stands now beside what was typed. Sending the form again is a choice then."""
    current = _whole(request, page)
    if not current.editable:
        return closed(request, "assessment", page.assessment.pk)
    form = _form(current, _with_versions(current, request.POST))
    is_of_note = current.row.version == seen and current.note is not None
    saved = current.note.saved if current.note and is_of_note else current.saved
    return _draw(request, current, form, _conflict_of(form, _stands(current), saved), status=409)


def _with_help(request: HttpRequest, page: ReviewPage) -> HttpResponse:
    """The form as a button asked for it, with everything else as it was typed. Nothing is saved by that."""
    page, typed = _whole(request, page), request.POST.copy()
    if "take" in typed:
        return _with_theirs(request, page, typed)
    if "agree_all" in typed:
        for one in page.marked:
            typed[f"verdict_{one}"] = typed.get(f"verdict_{one}") or Verdict.AGREE.value
    elif "clear_all" in typed:
        for name in _form(page, typed).verdict_fields:
            typed[name] = ""
    elif page.evidence not in typed.get("summary", ""):
        # Under what is typed already, so that nothing of it is lost.
        typed["summary"] = "\n\n".join(filter(None, (typed.get("summary", "").strip(), page.evidence)))
    return _draw(request, page, _form(page, typed))


def _with_theirs(request: HttpRequest, page: ReviewPage, typed: QueryDict) -> HttpResponse:
    """The form with one of the other person's texts in the place of what was typed. Nothing is saved by that."""
    typed, stands = _with_versions(page, typed), _stands(page)
    form = _form(page, typed)
    for name in form.verdict_fields if typed["take"] == EVERY_VERDICT else [typed["take"]]:
        if name in form.fields:
            typed[name] = str(stands.get(name, ""))
    form = _form(page, typed)
    return _draw(request, page, form, _conflict_of(form, stands, page.saved))


def _whole(request: HttpRequest, page: ReviewPage) -> ReviewPage:
    """The same page with what is shown beside the form."""
    return read.review_page(request.actor, page.assessment.pk, page.benchmark.number) or page


def _say(request: HttpRequest, saved: ReviewPage) -> None:
    named = {"number": saved.benchmark.number}
    messages.success(request, _("Benchmark %(number)s saved") % named)
    if missing := saved.unready:
        messages.info(request, _("Benchmark %(number)s is not ready yet: %(missing)s") % (named | {"missing": missing}))


def _onwards(page: ReviewPage, then: str) -> HttpResponse:
    """Where the button that was pressed leads, now that everything is saved."""
    assessment, number = page.assessment.pk, page.benchmark.number
    if then == "stay":
        return redirect("review", assessment, number)
    if then == "ask":
        return redirect(f"{resolve_url('transition', assessment, 'ask')}?benchmark={number}")
    if then == "recommend":
        return redirect(f"{resolve_url('recommendations', assessment)}?benchmark={number}")
    following = None
    if then == "previous":
        following = page.previous_number
    elif then != "list":
        following = page.next_number or page.waiting_number
    return redirect("assessment", assessment) if following is None else redirect("review", assessment, following)


def _form(page: ReviewPage, data: QueryDict | None = None, **options: Any) -> ReviewForm:
    return ReviewForm(data, scheme=page.scheme, benchmark=page.benchmark, private=page.note is not None, **options)


def _stands(page: ReviewPage) -> dict[str, Any]:
    return ReviewForm.values(page.scheme, page.row, page.note)


def _with_versions(page: ReviewPage, typed: QueryDict) -> QueryDict:
    typed = with_version(typed, page.row.version)
    return with_version(typed, page.note.version, "note_version") if page.note else typed


def _conflict_of(form: Form, stands: dict[str, Any], saved: Saved) -> Conflict:
    return between(form, stands, who=saved.who, at=saved.at, is_own=saved.is_own)


def _draw(
    request: HttpRequest,
    page: ReviewPage,
    form: ReviewForm | None,
    conflict: Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    sections = form.sections(page.criteria) if form else ()
    context = {"page": page, "form": form, "sections": sections, "conflict": conflict}
    return render(request, "assessments/review.html", context, status=status)


def _draw_notes(
    request: HttpRequest, page: NotesPage, form: NoteForm | None, conflict: Conflict | None = None, status: int = 200
) -> HttpResponse:
    context = {"page": page, "form": form, "conflict": conflict}
    return render(request, "assessments/private_notes.html", context, status=status)
