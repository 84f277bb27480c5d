"""What views share: the signed-in actor, and how refusals reach the form."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render, resolve_url

from assurance.actions.refusals import Unfit
from assurance.workflow import Blocked

View = Callable[..., HttpResponse]
KEPT = "kept-post"
"""Salt of what was typed when the session had ended."""


def signed_in(view: View) -> View:
    """Only for people who are signed in; the others sign in first and come back.

    What was posted after a session ended is not lost: the sign-in page carries it along, signed, and offers to send
    it again afterwards.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.actor is not None:  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)
        sign_in = resolve_url("sign-in")
        if request.method != "POST":
            return HttpResponseRedirect(f"{sign_in}?{urlencode({'next': request.get_full_path()})}")
        fields = {key: values for key, values in request.POST.lists() if key != "csrfmiddlewaretoken"}
        kept = signing.dumps({"path": request.path, "fields": fields}, salt=KEPT, compress=True)
        return render(request, "registration/session_ended.html", {"kept": kept, "sign_in": sign_in}, status=401)

    wrapper.signed_in = True  # type: ignore[attr-defined]
    return wrapper


def put_refusal(form: Form, refusal: Unfit | Blocked) -> None:
    """Show a refusal at its field, or at the top of the form if it has none."""
    if isinstance(refusal, Unfit):
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    else:
        for obstacle in refusal.obstacles:
            form.add_error(None, obstacle.message)


def number_from(value: str | None) -> int | None:
    """A whole number from an address, or None."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 10 else None


def with_version(data: QueryDict, version: Any, key: str = "version") -> QueryDict:
    """What was typed, on top of what stands now: saving it again is then a choice that was made knowingly."""
    typed = data.copy()
    typed[key] = str(version)
    return typed
