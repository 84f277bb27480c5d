"""Pages of letters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh
from django_stubs_ext import StrOrPromise

from assurance.actions import documents
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.forms.history import MomentForm, exact_moment
from assurance.views.base import number_from, put_refusal, signed_in, with_version
from assurance.views.quality import warnings
from assurance.vocabulary import DocumentKind, LetterState
from assurance.workflow import Blocked, Moved
from letters import actions, queries, translation_queries
from letters.forms import LetterForm, MoveForm
from letters.languages import ENGLISH
from letters.tasks import make_letter_file


@signed_in
def letter_list(request: HttpRequest) -> HttpResponse:
    """Letters of all authorities that the actor may see, or with ``?awaiting`` those to be approved."""
    page = number_from(request.GET.get("page")) or 1
    listing = queries.letters(request.actor, awaiting="awaiting" in request.GET, page=page)
    return render(request, "letters/list.html", {"listing": listing})


@signed_in
def of_assessment(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The letters of one assessment."""
    return render(request, "letters/assessment.html", {"view": queries.of_assessment(request.actor, assessment_id)})


@signed_in
@require_POST
def draft(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Begin a letter."""
    try:
        letter = actions.draft_letter(by=request.actor, at=timezone.now(), assessment_id=assessment_id)
    except NotEditable:
        messages.warning(request, _("A letter is in preparation already, or the outcomes are not agreed."))
        return redirect("assessment-letters", assessment_id)
    except Unfit as refusal:
        messages.warning(request, refusal.message)
        return redirect("assessment-letters", assessment_id)
    return redirect("letter-edit", letter.pk)


@signed_in
def letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """A letter, as it reads, with what can be done with it."""
    page = queries.letter_page(request.actor, letter_id, timezone.localdate(), request.GET.get("language", ENGLISH))
    if request.htmx:
        # The page asks by itself whether the file is there, and shows itself anew when it is.
        return HttpResponse(status=204) if page.is_being_made else HttpResponseClientRefresh()
    return render(request, "letters/letter.html", {"page": page})


@signed_in
def history(request: HttpRequest, letter_id: int) -> HttpResponse:
    """What the covering summary said at a moment, and who changed it."""
    now = timezone.now()
    exact = exact_moment(request.GET.get("at", ""))
    form = MomentForm(request.GET if exact is None and request.GET else None, now=now)
    form.is_valid()
    moment = exact or form.moment()
    page = number_from(request.GET.get("page")) or 1
    found, versions = queries.letter_history(request.actor, letter_id, moment, page)
    context = {"letter": found, "versions": versions, "form": form, "is_now": moment == now}
    return render(request, "letters/history.html", context)


@signed_in
def edit(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Write the parts of a letter that no record holds."""
    found = queries.letter_to_edit(request.actor, letter_id)
    stale = None
    if request.method == "POST":
        form = LetterForm(request.POST)
        if form.is_valid():
            try:
                actions.save_letter(
                    by=request.actor,
                    at=timezone.now(),
                    letter_id=letter_id,
                    version=form.cleaned_data["version"],
                    values=form.cleaned_data,
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale as refusal:
                stale = refusal.current
                form = LetterForm(with_version(request.POST, stale.version))
            except NotEditable:
                messages.warning(request, _("The letter is no longer a draft. Nothing was saved."))
                return redirect("letter", letter_id)
            else:
                messages.success(request, _("Draft saved"))
                return redirect("letter", letter_id)
    elif found.state != LetterState.DRAFT:
        return redirect("letter", letter_id)
    else:
        form = LetterForm(initial=_initial(found))
    newer = translation_queries.newer_wordings(request.actor, letter_id)
    context = {"letter": found, "form": form, "stale": stale, "newer": newer}
    return render(request, "letters/edit.html", context, status=409 if stale else 200)


@signed_in
def quality(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The warnings that keep a letter from going for approval, those about its own words with them."""

    def find() -> Any:
        return queries.letter_quality(request.actor, letter_id)

    here, back = resolve_url("letter-quality", letter_id), resolve_url("letter", letter_id)
    return warnings(request, find, here=here, back=(back, _("Back to the letter")))


MOVES: dict[str, tuple[Callable[..., Any], StrOrPromise, StrOrPromise]] = {
    "send_for_check": (
        actions.send_for_check,
        gettext_lazy("The authority sees the draft and can point out errors of fact."),
        gettext_lazy("Sent for accuracy check"),
    ),
    "end_check": (
        actions.end_check,
        gettext_lazy("The authority no longer sees the draft, and you can change it."),
        gettext_lazy("Back in draft"),
    ),
    "send_for_approval": (
        actions.send_for_approval,
        gettext_lazy("A signatory who did not draft it reads, approves and issues the letter."),
        gettext_lazy("Sent for approval"),
    ),
    "return": (
        actions.return_letter,
        gettext_lazy("The adviser gets the letter back with your reason."),
        gettext_lazy("Returned to the adviser"),
    ),
    "approve": (
        actions.approve,
        gettext_lazy(
            "The text is frozen now. The file is made at once and the letter is then issued: "
            "the authority can read it, and it can never change again."
        ),
        gettext_lazy("Approved. The letter is issued as soon as its file is made."),
    ),
    "withdraw": (
        actions.withdraw_letter,
        gettext_lazy("The letter no longer counts. It stays readable, marked as withdrawn."),
        gettext_lazy("Withdrawn"),
    ),
}
"""Every transition that a person makes: the action, what the page says, and what is said when it is done."""


@signed_in
def move(request: HttpRequest, letter_id: int, name: str) -> HttpResponse:
    """Make one transition of a letter."""
    if name not in MOVES:
        raise Http404
    act, lede, done = MOVES[name]
    found, row, starts_here = queries.letter_to_move(request.actor, letter_id, name)
    if not starts_here:
        raise Moved(found, row)
    options: dict[str, Any] = {"label": row.label, "needs_reason": "reason" in row.needs}
    if request.method == "POST":
        form = MoveForm(request.POST, **options)
        if form.is_valid():
            extra = {"reason": form.cleaned_data["reason"]} if "reason" in form.fields else {}
            if name == "approve":
                extra["enqueue"] = make_letter_file.send
            try:
                act(
                    by=request.actor,
                    at=timezone.now(),
                    letter_id=letter_id,
                    version=form.cleaned_data["version"],
                    **extra,
                )
            except (Unfit, Blocked) as refusal:
                put_refusal(form, refusal)
            else:
                messages.success(request, done)
                return redirect("letter", letter_id)
    else:
        form = MoveForm(initial={"version": found.version}, **options)
    return render(request, "letters/move.html", {"letter": found, "row": row, "lede": lede, "form": form})


@signed_in
def download(request: HttpRequest, letter_id: int, language: str = ENGLISH) -> HttpResponse:
    """The file of an issued letter in one of its languages."""
    found, name, file = queries.letter_file(request.actor, letter_id, language)
    actions.note_download(by=request.actor, at=timezone.now(), letter=found)
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf")


@signed_in
@require_POST
def submission(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Ask for the whole self-assessment as PDF, which a worker makes."""
    document = documents.ask(
        by=request.actor, at=timezone.now(), assessment_id=assessment_id, kind=DocumentKind.SUBMISSION
    )
    return redirect("document", assessment_id, document.pk)


def _initial(letter: Any) -> dict[str, Any]:
    values = {name: getattr(letter, name) for name in (*actions.SHORT, "letter_date", "summary", "version")}
    return values | {name: "\n".join(getattr(letter, name)) for name in actions.LINES}
