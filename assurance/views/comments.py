"""The thread of comments on one benchmark."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.access import Forbidden
from assurance.actions.comments import write_comment
from assurance.actions.refusals import NotEditable, Unfit
from assurance.forms.comments import CommentForm
from assurance.queries.comments import thread
from assurance.views.base import closed, put_refusal, signed_in
from assurance.vocabulary import Permission


@signed_in
def comments(request: HttpRequest, assessment_id: int, number: int) -> HttpResponse:
    """What colleagues say about a benchmark, and a box to say something."""
    page = thread(request.actor, assessment_id, number, timezone.localdate())
    form = CommentForm(*([request.POST] if request.method == "POST" else []), colleagues=page.colleagues)
    if request.method == "POST" and not page.may_write:
        raise Forbidden(Permission.COMMENT)
    if request.method == "POST" and not page.is_open:
        return closed(request, "assessment", assessment_id)
    if request.method == "POST" and form.is_valid():
        try:
            comment = write_comment(
                by=request.actor,
                at=timezone.now(),
                assessment_id=assessment_id,
                number=number,
                words=form.cleaned_data["text"],
                tell=form.told(),
            )
        except Unfit as refusal:
            put_refusal(form, refusal)
        except NotEditable:
            return closed(request, "assessment", assessment_id)
        else:
            messages.success(request, _("Comment added"))
            return redirect(f"{resolve_url('comments', assessment_id, number)}#comment-{comment.pk}")
    return render(request, "comments/thread.html", {"page": page, "form": form})
