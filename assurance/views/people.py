"""The people of an authority: who they are, inviting them, ending their part, handing over the lead role."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions import people as act
from assurance.actions.refusals import NotEditable, Unfit
from assurance.forms.people import EndForm, HandOverForm, InviteForm, LeaveForm
from assurance.queries import people as read
from assurance.text import number_from
from assurance.views.base import put_refusal, signed_in
from assurance.vocabulary import Role


@signed_in
def people(request: HttpRequest, authority_id: int) -> HttpResponse:
    """Who works for the authority. A post with ``again`` sends somebody's invitation once more."""
    if request.method == "POST":
        return _again(request, authority_id)
    page = read.people_page(request.actor, authority_id, timezone.localdate())
    return render(request, "people/people.html", {"page": page})


def _again(request: HttpRequest, authority_id: int) -> HttpResponse:
    membership_id = number_from(request.POST.get("again")) or 0
    try:
        sent = act.invite_again(
            by=request.actor, at=timezone.now(), authority_id=authority_id, membership_id=membership_id
        )
    except Unfit as refusal:
        messages.warning(request, refusal.message)
    else:
        if sent:
            messages.success(request, _("The invitation is sent again."))
        else:
            messages.info(request, _("Nothing was sent: they have an invitation of today, or have signed in already."))
    return redirect("people", authority_id)


@signed_in
def invite(request: HttpRequest, authority_id: int) -> HttpResponse:
    """Invite a colleague, and give them benchmarks at once."""
    page = read.invite_page(request.actor, authority_id)
    form = invite_form(page, *([request.POST] if request.method == "POST" else []))
    if request.method == "POST" and form.is_valid():
        try:
            invited = act.invite(
                by=request.actor,
                at=timezone.now(),
                authority_id=authority_id,
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                role=Role(form.cleaned_data["role"]),
                benchmarks=form.benchmarks(),
                ask=form.ask(),
            )
        except Unfit as refusal:
            # Giving names the field of one contributor; an invitation has one of each.
            put_refusal(form, Unfit(refusal.field.partition("_")[0], refusal.message))
        except NotEditable:
            form.add_error("given", _("This self-assessment has been submitted or closed in the meantime"))
        else:
            said = (
                _("%(email)s is invited.")
                if invited.new
                else _("%(email)s has this role already. Nothing was sent again.")
            )
            messages.success(request, said % {"email": invited.email})
            return redirect("people", authority_id)
    return render(request, "people/invite.html", {"page": page, "form": form})


@signed_in
def end(request: HttpRequest, authority_id: int, membership_id: int) -> HttpResponse:
    """End somebody's part in the authority."""
    last_lead = False
    if request.method == "POST":
        try:
            person_id = act.end_membership(
                by=request.actor, at=timezone.now(), authority_id=authority_id, membership_id=membership_id
            )
        except act.LastLead:
            last_lead = True
        else:
            messages.success(request, _("Access has ended."))
            return _onwards(request, authority_id, person_id)
    page = read.end_page(request.actor, authority_id, membership_id, timezone.localdate())
    if page.has_ended:
        return redirect("people", authority_id)
    cancel = resolve_url("people", authority_id)
    form = LeaveForm(cancel=cancel) if page.colleague.is_me else EndForm(cancel=cancel)
    context = {"page": page, "form": form, "blocked": last_lead or page.colleague.is_only_lead}
    return render(request, "people/end.html", context, status=409 if last_lead else 200)


@signed_in
def hand_over(request: HttpRequest, authority_id: int) -> HttpResponse:
    """Hand over the lead role."""
    refusal: Unfit | None = None
    if request.method == "POST":
        # The people are read only to show the page again: the action asks for itself who may be chosen.
        typed = HandOverForm(request.POST, leads=(), colleagues=(), own="former" not in request.POST)
        if typed.is_valid():
            try:
                name = act.hand_over(by=request.actor, at=timezone.now(), authority_id=authority_id, **typed.chosen())
            except Unfit as found:
                refusal = found
            else:
                messages.success(request, _("%(name)s is Prevent Lead now.") % {"name": name})
                return _onwards(request, authority_id, typed.chosen()["former_id"] or request.actor.id)
    page = read.hand_over_page(request.actor, authority_id, timezone.localdate())
    form = HandOverForm(
        *([request.POST] if request.method == "POST" else []),
        leads=page.leads,
        colleagues=page.colleagues,
        own=page.own,
        cancel=resolve_url("people", authority_id),
    )
    if refusal and form.is_valid():
        put_refusal(form, refusal)
    return render(request, "people/hand_over.html", {"page": page, "form": form})


def invite_form(page: read.InvitePage, *data: Any) -> InviteForm:
    """The invitation, bound to what was sent if anything was."""
    return InviteForm(
        *data,
        roles=page.roles,
        assessments=page.assessments,
        action=resolve_url("person-invite", page.authority.pk),
        cancel=resolve_url("people", page.authority.pk),
    )


def _onwards(request: HttpRequest, authority_id: int, person_id: int) -> HttpResponse:
    """Back to the people, but for whoever has just given up the right to see them."""
    if person_id == request.actor.id:  # type: ignore[attr-defined]
        return redirect("home")
    return redirect("people", authority_id)
