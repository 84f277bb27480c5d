"""Pages of many letters: the signatories' queue, batches and how far they are, zip files, and corrections."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRefresh

from assurance.actions.refusals import NotEditable, Unfit
from assurance.text import clean, number_from
from assurance.views.base import put_refusal, signed_in
from assurance.vocabulary import BatchKind
from letters import actions, approval, archive, batches, progress, queries
from letters.batch_forms import BatchForm, CorrectionForm

LONGEST_FILTER = 100
SAMPLE = 5
"""Letters of a sample, unless another number is asked for."""
MOST_SAMPLED = 500


@signed_in
def queue(request: HttpRequest) -> HttpResponse:
    """Letters that await approval, narrowed by what the address says."""
    filters = _filters(request)
    if "draw" in request.GET:
        # A sample has an address of its own, so that it can be come back to and shown to a colleague.
        wanted = {name: value for name in FILTER_NAMES if (value := request.GET.get(name, "").strip())}
        wanted |= {"sample": str(filters.sample or SAMPLE), "seed": get_random_string(8)}
        return redirect(f"{resolve_url('letter-approval')}?{urlencode(wanted)}")
    page = number_from(request.GET.get("page")) or 1
    view = approval.queue(request.actor, filters, page)
    return render(request, "letters/queue.html", {"view": view, "sample": SAMPLE})


@signed_in
def new_batch(request: HttpRequest) -> HttpResponse:
    """Say once more what is about to be done to which letters, and begin it."""
    if request.method == "POST":
        return _begin(request)
    kind = BatchKind.CHECK if request.GET.get("do") == BatchKind.CHECK else BatchKind.APPROVE
    tokens = None if "all" in request.GET else request.GET.getlist("letter")
    view = approval.chosen(request.actor, tokens, _filters(request))
    if not view.letters and not view.mine:
        messages.warning(request, _("Tick the letters first, or choose all that fit."))
        return redirect("letter-approval")
    form = BatchForm(
        initial={"key": uuid4(), "kind": kind, "letters": " ".join(one.token for one in view.letters)}, label_suffix=""
    )
    is_check = kind == BatchKind.CHECK
    return render(request, "letters/batch_new.html", {"view": view, "form": form, "is_check": is_check})


def _begin(request: HttpRequest) -> HttpResponse:
    form = BatchForm(request.POST)
    if not form.is_valid():
        # Only hidden fields: whatever is wrong with them, nobody typed it.
        approval.chosen(request.actor, [], approval.Filters())
        messages.warning(request, _("Choose the letters again. Nothing was begun."))
        return redirect("letter-approval")
    cleaned = form.cleaned_data
    tokens = [f"{letter}-{version}" for letter, version in cleaned["letters"]]
    view = approval.chosen(request.actor, tokens, approval.Filters())
    count = len(tokens)
    if cleaned["kind"] == BatchKind.CHECK:
        said = ngettext("Check %(count)d letter: %(place)s", "Check %(count)d letters: %(place)s", count)
    else:
        said = ngettext(
            "Approve and issue %(count)d letter: %(place)s", "Approve and issue %(count)d letters: %(place)s", count
        )
    batch = batches.start(
        by=request.actor,
        at=timezone.now(),
        key=cleaned["key"],
        kind=BatchKind(cleaned["kind"]),
        chosen=cleaned["letters"],
        title=said % {"count": count, "place": view.title},
        cycle_id=view.cycle_id,
        region=view.region,
    )
    return redirect("letter-batch", batch.pk)


@signed_in
def batch_list(request: HttpRequest) -> HttpResponse:
    """The actor's batches, or everybody's."""
    page, lines = progress.batches(request.actor, number_from(request.GET.get("page")) or 1)
    return render(request, "letters/batches.html", {"page": page, "lines": lines})


@signed_in
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """How far a batch is. The page asks by itself as long as it goes on, and shows itself anew at the end."""
    page = number_from(request.GET.get("page")) or 1
    view = progress.batch_page(request.actor, batch_id, page)
    if request.htmx:
        if not view.is_going_on:
            return HttpResponseClientRefresh()
        return render(request, "letters/_batch_progress.html", {"view": view})
    return render(request, "letters/batch.html", {"view": view})


@signed_in
@require_POST
def act_on_batch(request: HttpRequest, batch_id: int, what: str) -> HttpResponse:
    """Stop a batch, go on with it, or try what failed again."""
    common: dict[str, Any] = {"by": request.actor, "at": timezone.now(), "batch_id": batch_id}
    if what == "stop":
        batches.stop(**common)
        messages.success(request, _("Stopped. Letters that wait are left as they are."))
    elif what == "go-on":
        batches.go_on(**common)
        messages.success(request, _("The batch goes on."))
    elif what == "retry":
        count = batches.retry(**common, item_id=number_from(request.POST.get("item")))
        said = ngettext("%(count)d letter is tried again.", "%(count)d letters are tried again.", count)
        messages.success(request, said % {"count": count})
    else:
        raise Http404
    return redirect("letter-batch", batch_id)


@signed_in
def zip_page(request: HttpRequest) -> HttpResponse:
    """Choose of which cycle and region to download the letters."""
    return render(request, "letters/zip.html", {"places": archive.places(request.actor)})


@signed_in
def zip_file(request: HttpRequest) -> StreamingHttpResponse:
    """The letters in force of a cycle, a region or both, as one zip file that is made while it is sent."""
    region = clean(request.GET.get("region", ""))[:LONGEST_FILTER]
    found = archive.archive(request.actor, cycle_id=number_from(request.GET.get("cycle")), region=region)
    archive.note_taken(by=request.actor, at=timezone.now(), taken=found)
    response = StreamingHttpResponse(archive.stream(found), content_type="application/zip")
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.name)
    return response


@signed_in
def correction(request: HttpRequest, assessment_id: int) -> HttpResponse:
    """Say what is corrected in the letter in force, and begin the draft of the one that replaces it."""
    form = CorrectionForm(
        *([request.POST] if request.method == "POST" else []), cancel=resolve_url("assessment-letters", assessment_id)
    )
    if request.method == "POST" and form.is_valid():
        try:
            letter = actions.draft_letter(
                by=request.actor,
                at=timezone.now(),
                assessment_id=assessment_id,
                correction_reason=form.cleaned_data["correction_reason"],
            )
        except NotEditable:
            messages.warning(request, _("A letter is in preparation already, or the outcomes are not agreed."))
            return redirect("assessment-letters", assessment_id)
        except Unfit as refusal:
            put_refusal(form, refusal)
        else:
            return redirect("letter-edit", letter.pk)
    view = queries.of_assessment(request.actor, assessment_id)
    actions.may_draft(by=request.actor, assessment=view.assessment)
    if request.method != "POST" and (not view.can_draft or view.in_force is None):
        return redirect("assessment-letters", assessment_id)
    return render(request, "letters/correction.html", {"view": view, "form": form})


FILTER_NAMES = ("cycle", "region", "drafter", "search", "sample")


def _filters(request: HttpRequest) -> approval.Filters:
    given = request.GET
    return approval.Filters(
        cycle=number_from(given.get("cycle")),
        region=clean(given.get("region", ""))[:LONGEST_FILTER],
        drafter=number_from(given.get("drafter")),
        search=clean(given.get("search", ""))[:LONGEST_FILTER],
        sample=min(number_from(given.get("sample")) or 0, MOST_SAMPLED) if "seed" in given or "draw" in given else 0,
        seed=given.get("seed", "")[:LONGEST_FILTER],
    )
