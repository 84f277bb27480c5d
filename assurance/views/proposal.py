"""The page of a proposal, where the authority responds, and the outcomes as a page to print."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.actions.agreement import save_choices, send_response
from assurance.actions.refusals import Stale, Unfit
from assurance.forms.proposal import ACCEPT_ALL, SAVE, SEND, Doing, ProposalForm
from assurance.queries import proposal as read
from assurance.queries import record as judged
from assurance.text import number_from
from assurance.views.base import closed, numbers_of, put_refusal, signed_in, with_versions
from assurance.workflow import Blocked


@signed_in
def proposal(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """What is proposed beside what the authority said; its lead accepts or disputes, at once or one by one."""
    if request.method == "POST":
        return _respond(request, assessment_id)
    page = read.proposal_page(request.actor, assessment_id)
    if page is None:
        return closed(request, "record", assessment_id)
    numbers = [line.benchmark.number for line in page.lines]
    form = ProposalForm(initial=ProposalForm.values(page), numbers=numbers) if page.can_respond else None
    return _page(request, page, form)


def _respond(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Save or send what was posted. What the page shows is read again only where it has to be shown again."""
    what, _dash, place = request.POST.get("do", "save").partition("-")
    doing = cast(Doing, what if what in ("send", "accept") else "save")
    form = ProposalForm(request.POST, numbers=numbers_of(request.POST, "version_"), doing=doing)
    stale: Mapping[int, Any] = {}
    refusal: Unfit | Blocked | None = None
    if form.is_valid():
        common: dict[str, Any] = {
            "by": request.actor,
            "at": timezone.now(),
            "assessment_id": assessment_id,
            "choices": form.choices(),
            "version": form.cleaned_data["version"],
        }
        try:
            if doing == "save":
                save_choices(**common)
                return _saved(request, assessment_id, number_from(place), form.cleaned_data["note"])
            sent = send_response(note=form.cleaned_data["note"], **common)
        except (Unfit, Blocked) as refused:
            refusal = refused
        except Stale as refused:
            stale = refused.current
        else:
            disputed = _("Dispute sent. The adviser will reconsider, or the regional manager will settle it.")
            accepted = _("Outcomes accepted. The Home Office prepares the letter.")
            messages.success(request, accepted if sent.state == "agreed" else disputed)
            return redirect("record", assessment_id)
    page = read.proposal_page(request.actor, assessment_id)
    if page is None:
        return closed(request, "record", assessment_id)
    numbers = [line.benchmark.number for line in page.lines]
    versions = {number: row.version if row else 0 for number, row in stale.items()}
    form = ProposalForm(with_versions(request.POST, versions), numbers=numbers, doing=doing)
    form.is_valid()
    if isinstance(refusal, Blocked):
        for obstacle in refusal.obstacles:
            form.add_error(f"choice_{obstacle.benchmark}" if obstacle.benchmark else None, obstacle.message)
    elif refusal:
        put_refusal(form, refusal)
    return _page(request, page, form if page.can_respond else None, stale)


def _saved(request: HttpRequest, assessment_id: int, number: int | None, note: str) -> HttpResponse:
    """On to the benchmark; but a note, which goes with the response and is kept nowhere before, stays in the form."""
    page = read.proposal_page(request.actor, assessment_id) if note else None
    if page is None:
        messages.success(request, _("Saved. Nothing has been sent yet."))
        anchor = f"#benchmark-{number}" if number is not None else ""
        return redirect(f"{resolve_url('proposal', assessment_id)}{anchor}")
    messages.success(
        request, _("Saved. Nothing has been sent yet. Your note is still here: it is only kept when you send it.")
    )
    numbers = [line.benchmark.number for line in page.lines]
    return _page(request, page, ProposalForm(initial=ProposalForm.values(page) | {"note": note}, numbers=numbers))


def _page(
    request: HttpRequest, page: read.ProposalPage, form: ProposalForm | None, stale: Mapping[int, Any] | None = None
) -> HttpResponse:
    differing = [line.benchmark.number for line in page.differing]
    following = dict(pairwise(differing))
    cards = [_card(page, line, form, stale or {}, following) for line in page.lines]
    context = {
        "page": page,
        "record": page.record,
        "form": form,
        "differing": cards[: len(page.differing)],
        "same": cards[len(page.differing) :],
        "stale": bool(stale),
        "accept_all": ACCEPT_ALL,
        "buttons": (SEND, SAVE),
    }
    return render(request, "proposal/proposal.html", context, status=409 if stale else 200)


def _card(
    page: read.ProposalPage,
    line: judged.Line,
    form: ProposalForm | None,
    stale: Mapping[int, Any],
    following: Mapping[int, int],
) -> dict[str, Any]:
    """One benchmark on the page; ``is_open`` where there is something that must not be overlooked."""
    number = line.benchmark.number
    choice, reason = f"choice_{number}", f"reason_{number}"
    prepared = page.prepared.get(number)
    wrong = form is not None and (choice in form.errors or reason in form.errors)
    return {
        "line": line,
        "choice": form[choice] if form else None,
        "version": form[f"version_{number}"] if form else None,
        "prepared": prepared,
        "is_stale": number in stale,
        "is_open": wrong or number in stale or (prepared is not None and not prepared.accepts),
        "next": following.get(number),
    }


@signed_in
def print_page(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """The outcomes for a board: what is proposed or what stands, as far as the actor may read it, to print."""
    found = judged.record(request.actor, assessment_id)
    if not found.shows_adviser and not found.shows_agreed:
        return redirect("record", assessment_id)
    return render(request, "proposal/print.html", {"record": found, "today": timezone.localdate()})
