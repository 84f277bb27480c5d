"""How one gets e-mail, and the log of what was sent."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.messages import choose_digest, send_again
from assurance.actions.refusals import NotEditable
from assurance.forms.mail import PreferencesForm, SendAgainForm
from assurance.queries import messages as read
from assurance.text import clean, number_from
from assurance.views.base import signed_in
from assurance.vocabulary import MessageState


@signed_in
def preferences(request: HttpRequest) -> HttpResponse:
    """Each message as it comes, or one a week."""
    if request.method == "POST":
        form = PreferencesForm(request.POST, cancel=resolve_url("home"))
        if form.is_valid():
            choose_digest(by=request.actor, at=timezone.now(), weekly=form.weekly)
            messages.success(request, _("Saved"))
            return redirect("preferences")
    else:
        form = PreferencesForm(
            initial=PreferencesForm.values(read.wants_digest(request.actor)), cancel=resolve_url("home")
        )
    return render(request, "mail/preferences.html", {"form": form})


@signed_in
def message_log(request: HttpRequest) -> HttpResponse:
    """What was sent to whom, and what became of it."""
    log = read.log(
        request.actor,
        state=request.GET.get("state", ""),
        search=clean(request.GET.get("search", ""))[:100],
        page=number_from(request.GET.get("page")) or 1,
    )
    return render(request, "mail/log.html", {"log": log, "states": MessageState.choices})


@signed_in
def message(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message of the log; whoever may, has it sent again."""
    now = timezone.now()
    page = read.message_page(request.actor, message_id, now)
    if request.method == "POST":
        try:
            send_again(by=request.actor, at=now, message_id=message_id)
        except NotEditable:
            messages.info(request, _("Nothing was sent: somebody was quicker, or the message has gone meanwhile"))
        else:
            messages.success(request, _("The message is sent again"))
        return redirect("message", message_id)
    form = SendAgainForm() if page.is_open and page.may_send else None
    return render(request, "mail/message.html", {"page": page, "form": form})
