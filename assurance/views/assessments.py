"""Pages of one assessment, for both sides."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.actions.reviews import NewRecommendation, save_recommendations, save_review, save_strengths
from assurance.conflicts import between
from assurance.forms.reviews import BLANKS, RecommendationsForm, ReviewForm, StrengthsForm
from assurance.queries import assessments as read
from assurance.queries import lists
from assurance.queries import record as judged
from assurance.queries.home import home as own_home
from assurance.text import clean
from assurance.views.base import closed, number_from, put_refusal, signed_in, with_version


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """The first page: one's own authorities, or for the Home Office the list of many."""
    if lists.only_signs(request.actor):
        return redirect(f"{resolve_url('letters')}?awaiting=1")
    if lists.is_home_office(request.actor):
        return assessment_list(request)
    return render(request, "assessments/home.html", {"home": own_home(request.actor, timezone.localdate())})


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
def review(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    """One benchmark to review."""
    page = read.review_page(request.actor, assessment_id, number)
    if page is None:
        return closed(request, "record", assessment_id)
    options: dict[str, Any] = {"scheme": page.scheme, "benchmark": page.benchmark}
    conflict = None
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
                form = ReviewForm(with_version(request.POST, refusal.current.version), **options)
                conflict = between(form, ReviewForm.values(page.scheme, refusal.current), at=refusal.current.saved_at)
            except NotEditable:
                return closed(request, "record", assessment_id)
            else:
                return _after_save(request, page)
    else:
        form = ReviewForm(initial=ReviewForm.values(page.scheme, page.row), **options)
    context = {"page": page, "form": form, "conflict": conflict}
    return render(request, "assessments/review.html", context, status=409 if conflict else 200)


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


def _after_save(request: HttpRequest, page: read.ReviewPage) -> HttpResponse:
    number = page.benchmark.number
    messages.success(request, _("Benchmark %(number)s saved") % {"number": number})
    if request.POST.get("then") != "list":
        following = read.next_number(page)
        if following is not None:
            return redirect("review", page.assessment.pk, following)
    return redirect("assessment", page.assessment.pk)
