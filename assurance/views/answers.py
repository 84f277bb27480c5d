"""The page on which a benchmark is answered, and the pages that bring last year's answers in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from assurance import presence
from assurance.actions.answers import Reply, save_answer
from assurance.actions.carrying import carry_all, carry_one
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.conflicts import Conflict, between
from assurance.forms.answers import AnswerForm, CarryForm
from assurance.queries import answers as read
from assurance.queries.answers import AnswerPage
from assurance.text import number_from
from assurance.views.base import closed, put_refusal, signed_in, with_version
from assurance.vocabulary import Mark

EVERY_MARK = "marks"
"""What a button takes over from somebody else: every mark. Otherwise it names one field."""


@signed_in
def answer(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    """One benchmark to answer."""
    if request.method != "POST":
        page = read.answer_page(request.actor, assessment_id, number)
        return _first_look(request, page) if page else closed(request, "record", assessment_id)
    page = read.answering(request.actor, assessment_id, number)
    if page is None:
        return closed(request, "record", assessment_id)
    if "take" in request.POST:
        return _with_theirs(request, page)
    if "mark_all" in request.POST or "clear_all" in request.POST:
        return _with_marks(request, page)
    return _save(request, page)


@signed_in
@require_POST
def carry_here(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    """Bring last year's answer in on one benchmark. What was typed on its page is saved first, if there is any."""
    page = read.answering(request.actor, assessment_id, number)
    if page is None:
        return closed(request, "record", assessment_id)
    form = _form(page, request.POST)
    if not form.is_valid() or form.reply() != Reply():
        # Never over what somebody wrote without a word: it is kept, and the next page asks.
        return _save(request, page, then="carry")
    try:
        carry_one(
            by=request.actor,
            at=timezone.now(),
            assessment_id=assessment_id,
            number=number,
            version=form.cleaned_data["version"],
        )
    except Unfit:
        return _to_carry(page)
    except Stale:
        return _conflict(request, page)
    except NotEditable:
        return closed(request, "record", assessment_id)
    messages.success(request, _("Brought in from last year. Check it, and say so below"))
    return redirect("answer", assessment_id, number)


@signed_in
def carry(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Bring last year's answers in on several benchmarks at once."""
    form, stale, status = None, False, 200
    if request.method == "POST":
        form = CarryForm(request.POST)
        if form.is_valid():
            versions = form.versions()
            try:
                carry_all(
                    by=request.actor,
                    at=timezone.now(),
                    assessment_id=assessment_id,
                    versions=versions,
                    replace=versions,
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale:
                stale, status = True, 409
            except NotEditable:
                return closed(request, "assessment", assessment_id)
            else:
                done = ngettext(
                    "Brought in on %(count)s benchmark. Check it before you submit",
                    "Brought in on %(count)s benchmarks. Check each before you submit",
                    len(versions),
                )
                messages.success(request, done % {"count": len(versions)})
                return redirect("assessment", assessment_id)
    page = read.carry_page(request.actor, assessment_id)
    if not page.editable:
        return closed(request, "assessment", assessment_id)
    possible = [line for line in page.lines if line.coming.is_possible]
    if form is None or stale:
        only = number_from(request.GET.get("benchmark"))
        shown = {f"carry_{one.benchmark.number}": one.benchmark.number == only for one in possible} if only else {}
        form = CarryForm(initial=shown, lines=possible)
    rows = [(line, form.box(line.benchmark.number)) for line in page.lines]
    context = {"page": page, "form": form, "rows": rows, "stale": stale}
    return render(request, "assessments/carry.html", context, status=status)


def _first_look(request: HttpRequest, page: AnswerPage) -> HttpResponse:
    """The answer as it stands, or what the person typed last time and did not save."""
    values = AnswerForm.values(page.scheme, page.row)
    own = page.drafts.own if page.drafts else None
    if own is None:
        return _draw(request, page, _form(page, initial=values))
    # Only what was typed: a mark that was taken away again is not in it, and must not come back.
    form = _form(page, initial=own.initial | {"version": page.row.version})
    return _draw(request, page, form, _between(page, form) if own.is_behind else None)


def _save(request: HttpRequest, page: AnswerPage, then: str = "") -> HttpResponse:
    form = _form(page, request.POST)
    if form.is_valid():
        try:
            row = save_answer(
                by=request.actor,
                at=timezone.now(),
                assessment_id=page.assessment.pk,
                number=page.benchmark.number,
                version=form.cleaned_data["version"],
                reply=form.reply(),
                checked=form.is_checked(),
            )
        except Unfit as refusal:
            put_refusal(form, refusal)
        except Stale:
            return _conflict(request, page)
        except NotEditable:
            return closed(request, "record", page.assessment.pk)
        else:
            saved = replace(page, row=row)
            _say(request, saved)
            return _onwards(saved, then or request.POST.get("then", ""))
    return _draw(request, _whole(request, page), form)


def _whole(request: HttpRequest, page: AnswerPage) -> AnswerPage:
    """The same page with what is shown beside the form."""
    return read.answer_page(request.actor, page.assessment.pk, page.benchmark.number) or page


def _conflict(request: HttpRequest, page: AnswerPage) -> HttpResponse:
    """Somebody was quicker: what stands now beside what was typed. Sending the form again is a choice then."""
    current = read.answer_page(request.actor, page.assessment.pk, page.benchmark.number)
    if current is None:
        return closed(request, "record", page.assessment.pk)
    form = _form(current, with_version(request.POST, current.row.version))
    return _draw(request, current, form, _between(current, form), status=409)


def _with_theirs(request: HttpRequest, page: AnswerPage) -> HttpResponse:
    """The form with one of the other person's texts in the place of what was typed. Nothing is saved by that."""
    typed = with_version(request.POST, page.row.version)
    stands = AnswerForm.values(page.scheme, page.row)
    form = _form(page, typed)
    wanted = request.POST["take"]
    for name in form.mark_fields if wanted == EVERY_MARK else [wanted]:
        if name in form.fields:
            typed[name] = str(stands.get(name, ""))
    form = _form(page, typed)
    return _draw(request, _whole(request, page), form, _between(page, form))


def _with_marks(request: HttpRequest, page: AnswerPage) -> HttpResponse:
    """The form with every criterion of a level marked as met, or not marked at all. Nothing is saved by that."""
    typed = request.POST.copy()
    form = _form(page, typed)
    for key, mark in (("mark_all", Mark.MET.value), ("clear_all", "")):
        for name in form.marks_of(request.POST.get(key, "")):
            typed[name] = mark
    return _draw(request, _whole(request, page), _form(page, typed))


def _say(request: HttpRequest, saved: AnswerPage) -> None:
    named = {"number": saved.benchmark.number}
    messages.success(request, _("Benchmark %(number)s saved") % named)
    if missing := saved.unready:
        message = _("Benchmark %(number)s is not ready yet: %(missing)s")
        messages.info(request, message % (named | {"missing": missing}))
    if saved.row.needs_rechecking:
        messages.info(request, _("Benchmark %(number)s still has to be checked: tick the box at its end") % named)
    if saved.differs_without_reason:
        message = _(
            "The outcome of benchmark %(number)s is not the one that its marks suggest. "
            "Say why there, so that the adviser can follow"
        )
        messages.warning(request, message % named)


def _onwards(saved: AnswerPage, then: str) -> HttpResponse:
    """Where the button that was pressed leads, now that everything is saved."""
    assessment, number = saved.assessment.pk, saved.benchmark.number
    if then == "carry":
        return _to_carry(saved)
    if then == "evidence":
        return redirect(f"{resolve_url('evidence-add', assessment)}?benchmark={number}")
    if then == "comments":
        return redirect("comments", assessment, number)
    if then == "list":
        return redirect("assessment", assessment)
    if then != "check" and saved.next_number is not None:
        return redirect("answer", assessment, saved.next_number)
    return redirect("check" if saved.may_submit else "assessment", assessment)


def _to_carry(page: AnswerPage) -> HttpResponse:
    return redirect(f"{resolve_url('carry', page.assessment.pk)}?benchmark={page.benchmark.number}")


def _form(page: AnswerPage, data: QueryDict | None = None, **options: Any) -> AnswerForm:
    return AnswerForm(
        data,
        scheme=page.scheme,
        benchmark=page.benchmark,
        needs_rechecking=page.row.needs_rechecking,
        **options,
    )


def _between(page: AnswerPage, form: AnswerForm) -> Conflict:
    stands = AnswerForm.values(page.scheme, page.row)
    return between(form, stands, who=page.saved_by, at=page.row.saved_at, is_own=page.saved_by_self)


def _draw(
    request: HttpRequest, page: AnswerPage, form: AnswerForm, conflict: Conflict | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "page": page,
        "form": form,
        "conflict": conflict,
        "drafts": page.drafts,
        "present": presence.note(request.actor, page.row, timezone.now()),
        "evidence": page.evidence,
        "comments": page.comments,
    }
    return render(request, "assessments/answer.html", context, status=status)
