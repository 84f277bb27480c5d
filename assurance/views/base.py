"""What views share: the signed-in actor, and how refusals reach the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render, resolve_url

from assurance.actions.refusals import Unfit
from assurance.text import number_from
from assurance.workflow import Blocked

View = Callable[..., HttpResponse]
KEPT = "kept-post"
"""Salt of what was typed when the session had ended."""
PERSON = "person"
"""Name and salt of the cookie that says who signed in here last, so that nobody is handed another's text."""
NOT_TYPED = frozenset({"csrfmiddlewaretoken", "kept", "password", "version", "token"})
WRITTEN = ("reason", "note")
"""How the names of fields begin that are always written, be it in a single word."""


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
        return session_ended(request, keep(request))

    wrapper.signed_in = True  # type: ignore[attr-defined]
    return wrapper


def keep(request: HttpRequest) -> str:
    """What was posted, signed: where to, what, and by whom if this browser knows."""
    fields = {key: values for key, values in request.POST.lists() if key != "csrfmiddlewaretoken"}
    person = request.get_signed_cookie(PERSON, default="", salt=PERSON)
    return signing.dumps({"path": request.path, "fields": fields, "person": person}, salt=KEPT, compress=True)


def session_ended(request: HttpRequest, kept: str) -> HttpResponse:
    """The page that holds what was typed while one signs in again."""
    context = {"kept": kept, "sign_in": resolve_url("sign-in"), "actor": None, "navigation": []}
    return render(request, "registration/session_ended.html", context, status=401)


def typed_texts(request: HttpRequest) -> list[str]:
    """The texts of a post that somebody may want to copy: what was written, not what was ticked."""
    return [
        value
        for key, values in request.POST.lists()
        for value in values
        if key not in NOT_TYPED
        and (" " in value.strip() or "\n" in value.strip() or (value.strip() and key.startswith(WRITTEN)))
    ]


def closed(request: HttpRequest, name: str, assessment_id: int) -> HttpResponse:
    """A page that can no longer be changed: reading goes on to where it can be read, and a post keeps its text."""
    if request.method != "POST":
        return redirect(name, assessment_id)
    context = {"texts": typed_texts(request), "href": resolve_url(name, assessment_id)}
    return render(request, "assessments/closed.html", context, status=409)


def put_refusal(form: Form, refusal: Unfit | Blocked) -> None:
    """Show a refusal at its field, or at the top of the form if it has none."""
    if isinstance(refusal, Unfit):
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    else:
        for obstacle in refusal.obstacles:
            form.add_error(None, obstacle.message)


def with_version(data: QueryDict, version: Any, key: str = "version") -> QueryDict:
    """What was typed, on top of what stands now: saving it again is then a choice that was made knowingly."""
    typed = data.copy()
    typed[key] = str(version)
    return typed


def with_versions(data: QueryDict, versions: Mapping[int, int]) -> QueryDict:
    """As :func:`with_version`, for a form of several records: the version of each by its id, in ``version_7``."""
    typed = data.copy()
    for key, version in versions.items():
        typed[f"version_{key}"] = str(version)
    return typed


def numbers_of(data: QueryDict, prefix: str) -> list[int]:
    """The ids in the names of posted fields, such as 7 of ``answer_7``, in the order of the form."""
    found = (number_from(name.removeprefix(prefix)) for name in data if name.startswith(prefix))
    return [number for number in found if number is not None]
