"""The adviser's questions: where they are asked, all of them on one page, and each on its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions import questions as write
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.forms.answers import QuestionAnswerForm
from assurance.forms.fields import DateParts
from assurance.forms.questions import PLACES, AskForm, QuestionsForm
from assurance.queries import questions as read
from assurance.text import clean, number_from
from assurance.views.base import closed, numbers_of, put_refusal, signed_in, with_version, with_versions
from assurance.workflow import Blocked, Moved


@signed_in
def ask(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Ask the authority questions. The address can name the benchmark or the question that one comes from."""
    page = read.ask_page(request.actor, assessment_id)
    options: dict[str, Any] = {"benchmarks": page.benchmarks, "earlier": page.earlier}
    if request.method == "POST":
        form = AskForm(request.POST, places=1, **options)
        if request.POST.get("then") == "more":
            form = _with_one_more(request.POST, page, options)
        elif form.is_valid():
            try:
                if _ask(request, page, form):
                    messages.success(request, _("Questions sent. The Prevent Lead is told by e-mail."))
                    return redirect("questions", assessment_id)
            except Moved:
                return closed(request, "questions", assessment_id)
    elif not page.starts_here:
        raise Moved(page.assessment, page.row)
    else:
        benchmark, follows = (number_from(request.GET.get(name)) for name in ("benchmark", "follows"))
        places = 1 if benchmark or follows else PLACES
        initial = AskForm.values(
            version=page.assessment.version, due=page.due, places=places, benchmark=benchmark, follows=follows
        )
        form = AskForm(initial=initial, places=places, **options)
    return render(request, "assessments/ask.html", {"page": page, "form": form})


def _with_one_more(typed: QueryDict, page: read.AskPage, options: dict[str, Any]) -> AskForm:
    """What was typed with room for one more question, which offers the usual date.

    Nothing is sent yet, so nothing is found fault with yet.
    """
    data = typed.copy()
    places = AskForm(typed, places=1, more=True, **options).places
    for part in DateParts.parts:
        data.setdefault(f"due_{places - 1}_{part}", str(getattr(page.due, part)))
    data.setdefault(f"question_{places - 1}", "")
    form = AskForm(data, places=places, **options)
    form.is_valid()
    form.errors.clear()
    return form


def _ask(request: HttpRequest, page: read.AskPage, form: AskForm) -> bool:
    """Ask what was typed. Returns whether it was asked; if not, the form says why."""
    asked = form.asked()
    try:
        write.ask(
            by=request.actor,  # type: ignore[attr-defined]
            at=timezone.now(),
            assessment_id=page.assessment.pk,
            questions=list(asked.values()),
            version=form.cleaned_data["version"],
        )
    except Unfit as refusal:
        # The action counts the questions that are asked; the form has places that were left empty as well.
        stem, _line, index = refusal.field.rpartition("_")
        put_refusal(form, Unfit(f"{stem}_{list(asked)[int(index)]}", refusal.message))
    except Blocked as refusal:
        put_refusal(form, refusal)
    else:
        return True
    return False


@signed_in
def questions(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Every question with its answer, to read, or to answer with one save."""
    if request.method == "POST":
        return _answers(request, assessment_id)
    page = read.questions_page(request.actor, assessment_id)
    form = None
    if page.can_answer:
        form = QuestionsForm(initial=QuestionsForm.values(page.open_lines), ids=page.ids)
    return _page(request, page, form)


def _answers(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Save what was posted. What the page shows is read again only where it has to be shown again."""
    form = QuestionsForm(request.POST, ids=numbers_of(request.POST, "answer_"))
    stale: dict[int, Any] = {}
    refusal: Unfit | Blocked | None = None
    if form.is_valid():
        common: dict[str, Any] = {"by": request.actor, "at": timezone.now(), "assessment_id": assessment_id}
        try:
            write.save_question_answers(replies=form.replies(), **common)
            if request.POST.get("then") == "send":
                write.send_answers(**common)
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
    known = {line.question.pk: line.question.version for line in page.open_lines}
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
        threads = [
            [
                {
                    "line": line,
                    "question": line.question,
                    "field": form[f"answer_{line.question.pk}"] if form and line.is_open else None,
                    "version": form[f"version_{line.question.pk}"] if form and line.is_open else None,
                    "stands": (stale or {}).get(line.question.pk),
                }
                for line in thread.lines
            ]
            for thread in group.threads
        ]
        groups.append({"benchmark": group.benchmark, "own": group.own, "threads": threads})
    context = {"page": page, "groups": groups, "form": form, "stale": bool(stale)}
    return render(request, "assessments/questions.html", context, status=409 if stale else 200)


def _saved(request: HttpRequest, assessment_id: int) -> HttpResponse:
    then = clean(request.POST.get("then", ""))
    if then == "send":
        messages.success(request, _("Answers sent. The adviser goes on with the review."))
        return redirect("assessment", assessment_id)
    to_add = number_from(then.removeprefix("evidence-"))
    if to_add is not None:
        return redirect(f"{resolve_url('evidence-add', assessment_id)}?question={to_add}")
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
                write.save_question_answer(
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
