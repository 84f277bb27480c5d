"""The adviser's questions: all of them on one page, and each on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.answers import save_question_answer, save_question_answers, send_answers
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.forms.answers import QuestionAnswerForm
from assurance.forms.questions import QuestionsForm
from assurance.queries import questions as read
from assurance.views.base import closed, numbers_of, put_refusal, signed_in, with_version, with_versions
from assurance.workflow import Blocked


@signed_in
def questions(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Every question with its answer, to read, or to answer with one save."""
    if request.method == "POST":
        return _answers(request, assessment_id)
    page = read.questions_page(request.actor, assessment_id)
    form = None
    if page.can_answer:
        form = QuestionsForm(initial=QuestionsForm.values(page.lines), ids=page.ids)
    return _page(request, page, form)


def _answers(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Save what was posted. What the page shows is read again only where it has to be shown again."""
    form = QuestionsForm(request.POST, ids=numbers_of(request.POST, "answer_"))
    stale: dict[int, Any] = {}
    refusal: Unfit | Blocked | None = None
    if form.is_valid():
        common: dict[str, Any] = {"by": request.actor, "at": timezone.now(), "assessment_id": assessment_id}
        try:
            save_question_answers(replies=form.replies(), **common)
            if request.POST.get("then") == "send":
                send_answers(**common)
        except (Unfit, Blocked) as refused:
            refusal = refused
        except Stale as refused:
            stale = refused.current
        except NotEditable:
            return closed(request, "questions", assessment_id)
        else:
            return _saved(request, assessment_id)
    page = read.questions_page(request.actor, assessment_id)
    if not page.can_answer:
        return closed(request, "questions", assessment_id)
    # What was saved before the rest was refused has a new version by now.
    known = {line.question.pk: line.question.version for line in page.lines}
    versions = known if isinstance(refusal, Blocked) else {key: known[key] for key in stale}
    form = QuestionsForm(with_versions(request.POST, versions), ids=page.ids)
    form.is_valid()
    if refusal:
        put_refusal(form, refusal)
    if isinstance(refusal, Blocked):
        messages.success(request, _("Answers saved. They are not sent yet."))
    return _page(request, page, form, stale)


def _page(
    request: HttpRequest, page: read.QuestionsPage, form: QuestionsForm | None, stale: Mapping[int, Any] | None = None
) -> HttpResponse:
    groups = []
    for group in page.groups:
        lines = [
            {
                "question": line.question,
                "answer": line.answer,
                "field": form[f"answer_{line.question.pk}"] if form else None,
                "version": form[f"version_{line.question.pk}"] if form else None,
                "stands": (stale or {}).get(line.question.pk),
            }
            for line in group.lines
        ]
        groups.append({"benchmark": group.benchmark, "own": group.own, "lines": lines})
    context = {"page": page, "groups": groups, "form": form, "stale": bool(stale)}
    return render(request, "assessments/questions.html", context, status=409 if stale else 200)


def _saved(request: HttpRequest, assessment_id: int) -> HttpResponse:
    if request.POST.get("then") == "send":
        messages.success(request, _("Answers sent. The adviser goes on with the review."))
        return redirect("assessment", assessment_id)
    messages.success(request, _("Answers saved. They go to the adviser when you send them."))
    return redirect("questions", assessment_id)


@signed_in
def question(request: HttpRequest, assessment_id: int, question_id: int) -> HttpResponse:
    """One question to answer."""
    found = read.question(request.actor, assessment_id, question_id)
    stale: Any = None
    if request.method == "POST":
        form = QuestionAnswerForm(request.POST)
        if form.is_valid():
            try:
                save_question_answer(
                    by=request.actor,
                    at=timezone.now(),
                    question_id=question_id,
                    version=form.cleaned_data["version"],
                    answer=form.cleaned_data["answer"],
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                stale = refusal.current
                form = QuestionAnswerForm(with_version(request.POST, stale.version))
            except NotEditable:
                return closed(request, "questions", assessment_id)
            else:
                messages.success(request, _("Answer saved"))
                return redirect("questions", assessment_id)
    else:
        form = QuestionAnswerForm(initial={"answer": found.answer, "version": found.version})
    context = {"question": found, "form": form, "stale": stale}
    return render(request, "assessments/question.html", context, status=409 if stale else 200)
