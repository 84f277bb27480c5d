"""The page of a board pack."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions import documents
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.views.base import put_refusal, signed_in, with_version
from assurance.vocabulary import DocumentKind
from letters.board import actions, queries
from letters.board.forms import PDF, SLIDES, BoardPackForm

KINDS = {SLIDES: DocumentKind.BOARD_SLIDES, PDF: DocumentKind.BOARD_PDF}


@signed_in
def board_pack(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Look what goes into a pack of a letter in force, decide on it, and have it made."""
    try:
        page = queries.board_page(request.actor, letter_id)
    except NotEditable:
        messages.warning(request, _("A board pack can be made from the letter in force. This letter is not."))
        return redirect("letter", letter_id)
    stale = None
    if request.method == "POST":
        form = BoardPackForm(request.POST, texts=page.texts, choices={})
        if form.is_valid():
            try:
                actions.save_pack(
                    by=request.actor,
                    at=timezone.now(),
                    letter_id=letter_id,
                    version=form.cleaned_data["version"],
                    choices=form.chosen(),
                )
            except Unfit as refusal:
                put_refusal(form, refusal)
            except Stale:
                stale = page
                form = BoardPackForm(with_version(request.POST, page.version), texts=page.texts, choices={})
            else:
                return _made(request, page)
    else:
        form = BoardPackForm(initial={"version": page.version}, texts=page.texts, choices=page.choices)
    context = {"page": page, "form": form, "stale": stale}
    return render(request, "letters/board/page.html", context, status=409 if stale else 200)


def _made(request: HttpRequest, page: queries.BoardPage) -> HttpResponse:
    """To where the file is waited for, or back to the page when nothing is to be made yet."""
    kind = KINDS.get(request.POST.get("make", ""))
    if kind is None:
        messages.success(request, _("Saved. Nothing is made until you ask for it."))
        return redirect("letter-board", page.letter.pk)
    assessment_id = page.letter.assessment_id
    document = documents.ask(by=request.actor, at=timezone.now(), assessment_id=assessment_id, kind=kind)
    return redirect("document", assessment_id, document.pk)
