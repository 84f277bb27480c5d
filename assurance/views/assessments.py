"""Pages of one assessment, for both sides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.answers import save_answer, save_question_answer
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.actions.reviews import NewRecommendation, save_recommendations, save_review, save_strengths
from assurance.forms.answers import NOT_YET, AnswerForm, QuestionAnswerForm
from assurance.forms.reviews import BLANKS, RecommendationsForm, ReviewForm, StrengthsForm
from assurance.queries import assessments as read
from assurance.queries import lists
from assurance.queries import record as judged
from assurance.text import clean
from assurance.views.base import closed, number_from, put_refusal, signed_in, with_version


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The first page: one's own authorities, or for the Home Office the list of many."""
    if lists.only_signs(request.actor):
        return redirect(f"{resolve_url('letters')}?awaiting=1")
    if lists.is_home_office(request.actor):
        return assessment_list(request)
    entries = lists.own_assessments(request.actor, timezone.localdate())
    return render(request, "assessments/home.html", {"entries": entries})


@signed_in
def assessment_list(request: HttpRequest) -> HttpResponse:
    """Assessments that the actor follows, filtered by what the address says."""
    filters = lists.Filters(
        cycle=number_from(request.GET.get("cycle")),
        state=clean(request.GET.get("state", ""))[:100],
        region=clean(request.GET.get("region", ""))[:100],
        search=clean(request.GET.get("search", ""))[:100],
    )
    page = number_from(request.GET.get("page")) or 1
    listing = lists.assessments(request.actor, filters, page, timezone.localdate())
    context = {"listing": listing, "states": lists.State.choices}
    return render(request, "assessments/list.html", context)


@signed_in
def overview(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Status, tasks and next steps of one assessment."""
    view = read.overview(request.actor, assessment_id)
    return render(request, "assessments/overview.html", {"view": view})


@signed_in
def record(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The three judgements side by side, as far as the actor may see them."""
    view = judged.record(request.actor, assessment_id)
    return render(request, "assessments/record.html", {"view": view})


@signed_in
def timeline(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """What happened, newest first."""
    assessment, events = judged.timeline(request.actor, assessment_id)
    return render(request, "assessments/timeline.html", {"assessment": assessment, "events": events})


@signed_in
def answer(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    """One benchmark to answer."""
    page = read.answer_page(request.actor, assessment_id, number)
    if page is None:
        return closed(request, "record", assessment_id)
    options: dict[str, Any] = {"scheme": page.scheme, "benchmark": page.benchmark}
    stale = None
    if request.method == "POST":
        form = AnswerForm(request.POST, **options)
        if form.is_valid():
            try:
                save_answer(
                    by=request.actor,
                    at=timezone.now(),
                    assessment_id=assessment_id,
                    number=number,
                    version=form.cleaned_data["version"],
                    reply=form.reply(),
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                stale = judged.standing(page.scheme, refusal.current)
                form = AnswerForm(with_version(request.POST, refusal.current.version), **options)
            except NotEditable:
                return closed(request, "record", assessment_id)
            else:
                return _after_save(request, page, "answer")
    else:
        initial: dict[str, Any] = {
            "outcome": page.level_code or (NOT_YET if page.row.saved_at else ""),
            "evidence": page.row.evidence,
            "version": page.row.version,
        }
        ticked = page.row.met_criteria
        for level in page.scheme.levels:
            initial[f"criteria_{level.code}"] = [
                one.id for one in page.benchmark.criteria.get(level.code, ()) if one.id in ticked
            ]
        form = AnswerForm(initial=initial, **options)
    status = 409 if stale else 200
    context = {"page": page, "form": form, "stale": stale}
    return render(request, "assessments/answer.html", context, status=status)


@signed_in
def review(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    """One benchmark to review."""
    page = read.review_page(request.actor, assessment_id, number)
    if page is None:
        return closed(request, "record", assessment_id)
    options: dict[str, Any] = {"scheme": page.scheme, "benchmark": page.benchmark}
    stale = None
    if request.method == "POST":
        form = ReviewForm(request.POST, **options)
        if form.is_valid():
            try:
                save_review(
                    by=request.actor,
                    at=timezone.now(),
                    assessment_id=assessment_id,
                    number=number,
                    version=form.cleaned_data["version"],
                    level_code=form.level_code(),
                    summary=form.cleaned_data["summary"],
                    comments=form.cleaned_data["comments"],
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                stale = judged.standing(page.scheme, refusal.current)
                form = ReviewForm(with_version(request.POST, refusal.current.version), **options)
            except NotEditable:
                return closed(request, "record", assessment_id)
            else:
                return _after_save(request, page, "review")
    else:
        form = ReviewForm(
            initial={
                "outcome": page.level_code or (NOT_YET if page.row.saved_at else ""),
                "summary": page.row.summary,
                "comments": page.row.comments,
                "version": page.row.version,
            },
            **options,
        )
    status = 409 if stale else 200
    context = {"page": page, "form": form, "stale": stale}
    return render(request, "assessments/review.html", context, status=status)


@signed_in
def strengths(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The strengths, in order."""
    page = read.strengths_page(request.actor, assessment_id)

    def save(form: StrengthsForm) -> None:
        save_strengths(
            by=request.actor,
            at=timezone.now(),
            assessment_id=assessment_id,
            token=form.cleaned_data["token"],
            texts=form.texts(),
        )

    return _list(request, page, StrengthsForm, {}, save, "strengths")


@signed_in
def recommendations(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The recommendations, in order."""
    page = read.recommendations_page(request.actor, assessment_id)

    def save(form: RecommendationsForm) -> None:
        save_recommendations(
            by=request.actor,
            at=timezone.now(),
            assessment_id=assessment_id,
            token=form.cleaned_data["token"],
            recommendations=[NewRecommendation(**one) for one in form.entries()],
        )

    return _list(request, page, RecommendationsForm, {"scheme": page.scheme}, save, "recommendations")


@signed_in
def questions(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The adviser's questions and the answers."""
    assessment, rows, can_answer = read.questions(request.actor, assessment_id)
    context = {"assessment": assessment, "questions": rows, "can_answer": can_answer}
    return render(request, "assessments/questions.html", context)


@signed_in
def question(request: HttpRequest, assessment_id: int, question_id: int) -> HttpResponse:
    """One question to answer."""
    found = read.question(request.actor, assessment_id, question_id)
    stale = None
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


def _list(
    request: HttpRequest, page: read.ListPage, kind: Any, options: dict[str, Any], save: Any, name: str
) -> HttpResponse:
    if not page.editable:
        return closed(request, "record", page.assessment.pk)
    stale: Any = None
    places = len(page.rows) + BLANKS
    if request.method == "POST":
        form = kind(request.POST, places=places, **options)
        if form.is_valid():
            try:
                save(form)
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                stale = refusal.current
                form = kind(with_version(request.POST, page.token, "token"), places=places, **options)
            except NotEditable:
                return closed(request, "record", page.assessment.pk)
            else:
                messages.success(request, _("Saved"))
                more = request.POST.get("then") == "more"
                return redirect(name if more else "assessment", page.assessment.pk)
    else:
        form = kind(initial=kind.values(page.rows, page.token), places=places, **options)
    status = 409 if stale is not None else 200
    context = {"page": page, "form": form, "stale": stale}
    return render(request, f"assessments/{name}.html", context, status=status)


def _after_save(request: HttpRequest, page: read.AnswerPage | read.ReviewPage, name: str) -> HttpResponse:
    number = page.benchmark.number
    messages.success(request, _("Benchmark %(number)s saved") % {"number": number})
    if request.POST.get("then") != "list":
        following = read.next_number(request.actor, page)
        if following is not None:
            return redirect(name, page.assessment.pk, following)
    return redirect("assessment", page.assessment.pk)
