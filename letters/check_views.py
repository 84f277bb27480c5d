"""Pages of the accuracy check, for the authority that reads its draft letter and for the adviser who answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.text import number_from
from assurance.views.base import closed, put_refusal, signed_in, with_version
from letters import check_queries as read
from letters import checks
from letters.check_forms import AnswerForm, NewPointForm, PointForm, UntilForm
from letters.languages import ENGLISH


@signed_in
def check(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The draft letter, with a way to point out an error in each paragraph."""
    language = request.GET.get("language", ENGLISH)
    page = read.check_page(request.actor, assessment_id, language, timezone.localdate())
    if page is None:
        return redirect("letter-checks", assessment_id)
    return render(request, "letters/check.html", {"page": page})


@signed_in
def rounds(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """What was said in each round, and what it was answered."""
    page = read.rounds_of(request.actor, assessment_id, timezone.localdate())
    return render(request, "letters/checks.html", {"page": page})


@signed_in
@require_POST
def done(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The authority has said all: its points, or that nothing is wrong."""
    _assessment, found = read.own_check(request.actor, assessment_id)
    if found is None:
        return _over(request, assessment_id)
    try:
        check = checks.say_done(
            by=request.actor,
            at=timezone.now(),
            round_id=found.pk,
            version=number_from(request.POST.get("version")) or 0,
        )
    except Stale:
        messages.warning(request, _("The points have changed since you opened the page. Look at them and send again."))
        return redirect("letter-check", assessment_id)
    except NotEditable:
        return _over(request, assessment_id)
    except Unfit as refusal:
        messages.warning(request, refusal.message)
        return redirect("letter-check", assessment_id)
    said = _("Your points are with your adviser") if check.sent_at else _("Your adviser knows that nothing is wrong")
    messages.success(request, said)
    return redirect("letter-checks", assessment_id)


@signed_in
def new_point(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Point out an error in one paragraph, which the page quotes."""
    asked = request.POST if request.method == "POST" else request.GET
    key, language = asked.get("place", ""), asked.get("language", ENGLISH)
    page = read.check_page(request.actor, assessment_id, language, timezone.localdate())
    if page is None:
        return _over(request, assessment_id)
    place = read.places_of(page.content).get(key) if page.language == language else None
    if place is None:
        raise Http404
    if request.method == "POST":
        form = NewPointForm(request.POST)
        if form.is_valid():
            try:
                checks.make_point(
                    by=request.actor,
                    at=timezone.now(),
                    round_id=page.check.pk,
                    language=language,
                    place=key,
                    wrong=form.cleaned_data["wrong"],
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except NotEditable:
                return _over(request, assessment_id)
            else:
                messages.success(request, _("Point saved"))
                return redirect("letter-check", assessment_id)
    else:
        form = NewPointForm(initial={"place": key, "language": language})
    context = {
        "form": form,
        "about": place.about,
        "quote": place.text,
        "language": language,
        "assessment": page.assessment,
        "point": None,
        "stale": None,
    }
    return render(request, "letters/point.html", context)


@signed_in
def point(request: HttpRequest, check_point_id: int) -> HttpResponse:
    """Change a point, until it is answered."""
    found = read.point_to_change(request.actor, check_point_id)
    assessment = found.round.letter.assessment
    stale = None
    if request.method == "POST":
        form = PointForm(request.POST)
        if form.is_valid():
            try:
                checks.change_point(
                    by=request.actor,
                    at=timezone.now(),
                    point_id=check_point_id,
                    version=form.cleaned_data["version"],
                    wrong=form.cleaned_data["wrong"],
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                stale = refusal.current
                form = PointForm(with_version(request.POST, stale.version))
            except NotEditable:
                return _over(request, assessment.pk)
            else:
                messages.success(request, _("Point saved"))
                return redirect("letter-check", assessment.pk)
    elif not read.may_be_changed(found, timezone.localdate()):
        return _over(request, assessment.pk)
    else:
        form = PointForm(initial={"wrong": found.wrong, "version": found.version})
    context = {
        "form": form,
        "about": "",
        "quote": found.quote,
        "language": found.language,
        "assessment": assessment,
        "point": found,
        "stale": stale,
    }
    return render(request, "letters/point.html", context, status=409 if stale else 200)


@signed_in
@require_POST
def remove_point(request: HttpRequest, check_point_id: int) -> HttpResponse:
    """Take a point back, until it is answered."""
    found = read.point_to_change(request.actor, check_point_id)
    assessment_id = found.round.letter.assessment_id
    version = number_from(request.POST.get("version")) or 0
    try:
        checks.remove_point(by=request.actor, at=timezone.now(), point_id=check_point_id, version=version)
    except Stale:
        messages.warning(request, _("A colleague has changed this point since. It was not removed."))
    except NotEditable:
        return _over(request, assessment_id)
    except Unfit as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, _("Point removed"))
    return redirect("letter-check", assessment_id)


@signed_in
def answer_point(request: HttpRequest, check_point_id: int) -> HttpResponse:
    """Say what becomes of a point."""
    found = read.point_to_answer(request.actor, check_point_id)
    assessment = found.round.letter.assessment
    stale = None
    if request.method == "POST":
        form = AnswerForm(request.POST)
        if form.is_valid():
            try:
                checks.answer_point(
                    by=request.actor,
                    at=timezone.now(),
                    point_id=check_point_id,
                    version=form.cleaned_data["version"],
                    outcome=form.cleaned_data["outcome"],
                    answer=form.cleaned_data["answer"],
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                stale = refusal.current
                form = AnswerForm(with_version(request.POST, stale.version))
            except NotEditable:
                return _over(request, assessment.pk)
            else:
                messages.success(request, _("Answer saved"))
                return redirect("letter-checks", assessment.pk)
    elif not read.may_be_answered(found):
        return _over(request, assessment.pk)
    else:
        form = AnswerForm(initial=_initial(found))
    context = {"form": form, "point": stale or found, "assessment": assessment, "stale": stale}
    return render(request, "letters/point_answer.html", context, status=409 if stale else 200)


@signed_in
def until(request: HttpRequest, letter_check_id: int) -> HttpResponse:
    """Give the authority until another day."""
    found = read.round_to_prolong(request.actor, letter_check_id)
    assessment = found.letter.assessment
    if request.method == "POST":
        form = UntilForm(request.POST)
        if form.is_valid():
            try:
                checks.prolong(
                    by=request.actor,
                    at=timezone.now(),
                    round_id=letter_check_id,
                    version=form.cleaned_data["version"],
                    until=form.cleaned_data["until"],
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                messages.warning(request, _("Something was said or changed since. Look at it, and save again."))
                form = UntilForm(with_version(request.POST, refusal.current.version))
                context = {"form": form, "check": refusal.current, "assessment": assessment}
                return render(request, "letters/check_until.html", context, status=409)
            except NotEditable:
                return _over(request, assessment.pk)
            else:
                messages.success(request, _("The date was changed, and the Prevent Lead is told"))
                return redirect("letter-checks", assessment.pk)
    elif found.closed_at is not None:
        return _over(request, assessment.pk)
    else:
        form = UntilForm(initial={"until": found.until, "version": found.version})
    return render(request, "letters/check_until.html", {"form": form, "check": found, "assessment": assessment})


def _over(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Whoever comes too late reads what is on record instead, and keeps what they typed."""
    return closed(request, "letter-checks", assessment_id)


def _initial(point: Any) -> dict[str, Any]:
    return {"outcome": point.outcome, "answer": point.answer, "version": point.version}
