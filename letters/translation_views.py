"""The page on which a letter is translated."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from assurance.actions.refusals import NotEditable, Unfit
from assurance.views.base import put_refusal, signed_in, typed_texts
from letters import translation_actions, translation_queries
from letters.translation_forms import TEXT, VERSION, TranslationForm
from letters.translation_queries import TranslationPage


@signed_in
def translation(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The English of a letter beside a Welsh box for each text."""
    is_post = request.method == "POST"
    page = translation_queries.translation_page(request.actor, letter_id, to_write=is_post)
    if not is_post:
        form = TranslationForm(page=page)
        return render(request, "letters/translation.html", {"page": page, "form": form, "lost": []})
    form = TranslationForm(request.POST, page=page)
    stale = False
    if form.is_valid():
        try:
            saved = translation_actions.save_translations(
                by=request.actor, at=timezone.now(), letter_id=letter_id, written=form.written()
            )
        except Unfit as refusal:
            put_refusal(form, refusal)
        except NotEditable:
            context = {"texts": typed_texts(request), "href": resolve_url("letter-translation", letter_id)}
            return render(request, "assessments/closed.html", context, status=409)
        else:
            _say(request, saved.count)
            if not saved.stale and not _lost(request.POST, form):
                return redirect("letter-translation", letter_id)
            stale = bool(saved.stale)
            page = translation_queries.translation_page(request.actor, letter_id)
            theirs = {key: row.text for key, row in saved.stale.items()}
            form = TranslationForm(_up_to_date(request.POST, page), page=page, theirs=theirs)
    context = {"page": page, "form": form, "lost": _lost(request.POST, form), "stale": stale}
    return render(request, "letters/translation.html", context, status=409 if stale else 200)


@signed_in
@require_POST
def wordings(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Put a draft into the wordings that are in force now."""
    newer = translation_queries.newer_wordings(request.actor, letter_id)
    try:
        translation_actions.use_wordings(by=request.actor, at=timezone.now(), letter_id=letter_id, wordings=newer)
    except NotEditable:
        messages.warning(request, _("The letter is no longer a draft. Nothing was saved."))
    else:
        messages.success(request, _("The draft uses the wording that is in force now"))
    return redirect("letter", letter_id)


def _say(request: HttpRequest, count: int) -> None:
    if count:
        said = ngettext("%(count)s text saved", "%(count)s texts saved", count) % {"count": count}
        messages.success(request, said)
    else:
        messages.info(request, _("Nothing had changed, so nothing was saved"))


def _lost(data: QueryDict, form: TranslationForm) -> list[str]:
    """What was typed for a text that the letter does not have any more."""
    return [value for name, value in data.items() if name.startswith(TEXT) and name not in form.fields and value]


def _up_to_date(data: QueryDict, page: TranslationPage) -> QueryDict:
    """What was typed, on top of what stands now: saving it again is then a choice that was made knowingly."""
    typed = data.copy()
    for line in page.lines:
        typed[f"{VERSION}{line.slug}"] = str(line.version)
    return typed
