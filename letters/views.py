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
from assurance.text import number_from
from assurance.views.base import put_refusal, signed_in, typed_texts, with_version
from assurance.views.quality import warnings
from assurance.vocabulary import LETTER_DOCUMENTS, DocumentKind, LetterState
from assurance.workflow import Blocked, Moved
from letters import actions, approval, deliveries, queries, translation_queries
from letters import documents as copies
from letters.check_forms import SendForCheckForm
from letters.checks import usual_until
from letters.drafting import Drafting, drafting, last_letter
from letters.forms import LetterForm, MoveForm
from letters.languages import ENGLISH, LANGUAGES
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
        if refusal.field == "correction_reason":
            return redirect("letter-correction", assessment_id)
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
    now = timezone.now()
    approval.note_read(by=request.actor, at=now, letter=page.letter)
    deliveries.note_opened(by=request.actor, at=now, letter=page.letter)
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
    stale, typed = None, None
    if request.method == "POST":
        form = LetterForm(request.POST)
        if found.state != LetterState.DRAFT:
            return _no_draft(request, letter_id)
        typed = form.typed()
        if form.is_valid() and "preview" not in request.POST:
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
                return _no_draft(request, letter_id)
            else:
                messages.success(request, _("Draft saved"))
                return redirect("letter", letter_id)
    elif found.state != LetterState.DRAFT:
        return redirect("letter", letter_id)
    else:
        form = LetterForm(initial=_initial(found))
    context = {
        "letter": found,
        "form": form,
        "stale": stale,
        "last": last_letter(request.actor, found),
        "newer": translation_queries.newer_wordings(request.actor, letter_id),
        "page": _drafting(request, letter_id, typed),
    }
    return render(request, "letters/edit.html", context, status=409 if stale else 200)


@signed_in
@require_POST
def preview(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The letter as it would print with what is typed and not saved: the part of the page beside the form."""
    page = _drafting(request, letter_id, LetterForm(request.POST).typed())
    return render(request, "letters/_preview.html", {"page": page})


def _drafting(request: HttpRequest, letter_id: int, typed: dict[str, Any] | None) -> Drafting:
    """In the language whose button was pressed, or else the one that is shown."""
    asked = request.POST.get("preview", "") or request.GET.get("language", "")
    language = asked if asked in LANGUAGES else request.POST.get("shown", ENGLISH)
    return drafting(request.actor, letter_id, timezone.localdate(), language, typed)


def _no_draft(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Whoever comes too late with a draft keeps what they typed."""
    context = {"texts": typed_texts(request), "href": resolve_url("letter", letter_id)}
    return render(request, "assessments/closed.html", context, status=409)


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
        gettext_lazy(
            "The authority’s Prevent Lead sees the draft as it stands now, and can point out errors of fact. "
            "They are told by e-mail."
        ),
        gettext_lazy("Sent for accuracy check"),
    ),
    "end_check": (
        actions.end_check,
        gettext_lazy(
            "The authority no longer sees the draft, and can point out nothing more. You can change it. "
            "What was said stays on record."
        ),
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
    form_class = SendForCheckForm if name == "send_for_check" else MoveForm
    if request.method == "POST":
        form = form_class(request.POST, **options)
        if form.is_valid():
            extra: dict[str, Any] = {
                field: form.cleaned_data[field] for field in ("reason", "until") if field in form.fields
            }
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
        initial = {"version": found.version, "until": usual_until(timezone.localdate())}
        form = form_class(initial=initial, **options)
    context = {"letter": found, "row": row, "lede": lede, "form": form, "check_waits": queries.check_waits(found)}
    return render(request, "letters/move.html", context)


@signed_in
@require_POST
def again(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Have the file of an approved letter made once more, after it could not be."""
    try:
        actions.try_again(by=request.actor, at=timezone.now(), letter_id=letter_id, enqueue=make_letter_file.send)
    except NotEditable:
        messages.warning(request, _("There is nothing to try again: the letter is issued, or its file is being made."))
    return redirect("letter", letter_id)


@signed_in
def download(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The file of an issued letter, in English or in the ``language`` that is asked for."""
    found, name, file = queries.letter_file(request.actor, letter_id, request.GET.get("language", ENGLISH))
    actions.note_download(by=request.actor, at=timezone.now(), letter=found)
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/pdf")


@signed_in
@require_POST
def copy(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Ask for a copy of a letter, the draft as PDF or one in Word, which a worker makes."""
    kind = request.POST.get("kind", "")
    if kind not in LETTER_DOCUMENTS:
        raise Http404
    language = request.POST.get("language", ENGLISH)
    given: dict[str, Any] = {"by": request.actor, "at": timezone.now(), "letter_id": letter_id, "language": language}
    try:
        document = copies.ask(kind=DocumentKind(kind), **given)
    except Unfit as refusal:
        messages.warning(request, refusal.message)
        return redirect("letter", letter_id)
    return redirect("document", document.assessment_id, document.pk)


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
