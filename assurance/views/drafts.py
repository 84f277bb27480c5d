"""Text that is not saved yet: keeping it while somebody types, discarding it, taking it over."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from assurance import presence
from assurance.access import Forbidden, NotFound
from assurance.actions.drafts import (
    TooLong,
    Typed,
    Word,
    discard_draft,
    keep_draft,
    look_at_draft,
    take_over_draft,
)
from assurance.actions.refusals import NotEditable, Unfit
from assurance.queries.drafts import left_draft, moment, own_draft
from assurance.text import number_from
from assurance.views.base import closed, signed_in


def autosave(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    """A word from the script of an answer's page: the form as it stands, or with ``look`` only that it is open.

    Always JSON, with ``status``:

    * 200 ``saved``, ``conflict`` (kept, and the answer was saved since), ``elsewhere`` (not kept: there is newer text
      of theirs from another page) or ``looked``; with ``saved_at``, ``newer`` and ``present``.
    * 401 ``signed_out``; 403 ``token`` (the form's token is an old one), ``somebody_else`` (not who opened the page)
      or ``refused``; 404 ``refused``; 409 ``closed``; 413 ``too_long``; 400 ``no_version``. Nothing was kept.
    """
    if request.actor is None and request.method == "POST":  # type: ignore[attr-defined]
        return _refused("signed_out", 401)
    return _autosave(request, assessment_id, number)


@signed_in
def _autosave(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    actor: Any = request.actor  # type: ignore[attr-defined]
    if request.POST.get("person", str(actor.id)) != str(actor.id):
        return _refused("somebody_else", 403)
    typed = _typed(request)
    now = timezone.now()
    looks = "look" in request.POST
    try:
        if looks or typed.version == 0:
            word = look_at_draft(by=actor, assessment_id=assessment_id, number=number, typed=typed)
        else:
            word = keep_draft(by=actor, at=now, assessment_id=assessment_id, number=number, typed=typed)
    except Forbidden:
        return _refused("refused", 403)
    except NotFound:
        return _refused("refused", 404)
    except NotEditable:
        return _refused("closed", 409)
    except TooLong:
        return _refused("too_long", 413)
    if typed.version == 0:
        return _refused("no_version", 400)
    present = [str(one) for one in presence.note(actor, word.row, now)]
    return JsonResponse({"status": _status(word, looks), "present": present, **_when(word)})


@signed_in
def discard(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    """Ask whether one's own unsaved text is to be thrown away; on POST, do."""
    if request.method == "POST":
        try:
            discard_draft(by=request.actor, assessment_id=assessment_id, number=number)  # type: ignore[attr-defined]
        except NotEditable:
            return closed(request, "record", assessment_id)
        messages.success(request, _("The text that was not saved is discarded"))
        return redirect("answer", assessment_id, number)
    page = own_draft(request.actor, assessment_id, number)  # type: ignore[attr-defined]
    if page is None:
        return redirect("answer", assessment_id, number)
    return render(request, "assessments/draft.html", {"page": page})


@signed_in
def take_over(request: HttpRequest, assessment_id: int, number: int, draft_id: int) -> HttpResponse:
    """What somebody typed who can no longer save it; on POST it becomes the Prevent Lead's own unsaved text."""
    if request.method == "POST":
        try:
            take_over_draft(
                by=request.actor,  # type: ignore[attr-defined]
                at=timezone.now(),
                assessment_id=assessment_id,
                number=number,
                draft_id=draft_id,
            )
        except NotEditable:
            return closed(request, "record", assessment_id)
        except Unfit as refusal:
            messages.warning(request, refusal.message)
        return redirect("answer", assessment_id, number)
    page = left_draft(request.actor, assessment_id, number, draft_id)  # type: ignore[attr-defined]
    if page is None:
        return closed(request, "record", assessment_id)
    return render(request, "assessments/draft.html", {"page": page})


def _typed(request: HttpRequest) -> Typed:
    posted = request.POST
    try:
        seen = parse_datetime(posted.get("seen", "")[:40])
    except ValueError:
        seen = None
    return Typed(
        version=number_from(posted.get("version")) or 0,
        fields=dict(posted.lists()),
        page=posted.get("page", ""),
        sequence=number_from(posted.get("sequence")) or 0,
        seen=seen if seen and timezone.is_aware(seen) else None,
    )


def _status(word: Word, looks: bool) -> str:
    if word.is_elsewhere:
        return "elsewhere"
    if word.newer:
        return "conflict"
    return "looked" if looks else "saved"


def _when(word: Word) -> dict[str, Any]:
    """When the draft was kept and when the answer was saved since, as people say it here."""
    newer = word.newer
    return {
        "saved_at": moment(word.saved_at) if word.saved_at else None,
        "newer": newer
        and {
            "name": newer.name or _("Somebody"),
            "at": moment(newer.at) if newer.at else "",
            "is_own": newer.is_own,
        },
    }


def _refused(status: str, code: int) -> JsonResponse:
    return JsonResponse({"status": status}, status=code)
