"""Signing in and out, and sending again what was typed when a session had ended."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import logout, views
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters

from assurance.forms.session import SignInForm
from assurance.views.base import KEPT, PERSON, keep, session_ended

KEPT_FOR = 12 * 60 * 60
"""Seconds for which a kept text can be sent again: as long as a session."""


class SignIn(views.LoginView):
    """Sign in by e-mail address and password, then go on to where one was going."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and request.user.is_authenticated and request.POST.get("kept"):
            return send_again(request, request.POST["kept"]) or redirect(self.get_default_redirect_url())
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        answer = send_again(self.request, self.request.POST.get("kept", "")) or response
        answer.set_signed_cookie(
            PERSON,
            str(form.get_user().pk),
            salt=PERSON,
            max_age=KEPT_FOR,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return answer

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"kept": self.request.POST.get("kept", "")}


def send_again(request: HttpRequest, kept: str) -> HttpResponse | None:
    """The page that sends what was kept, for the person who typed it; None where there is nothing for them."""
    if not kept:
        return None
    try:
        found = signing.loads(kept, salt=KEPT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None
    path = found["path"]
    somebody_else = found["person"] not in ("", str(request.user.pk))
    if somebody_else or not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return None
    fields = [(key, value) for key, values in found["fields"].items() for value in values]
    context = {"path": path, "fields": fields, "actor": None, "navigation": []}
    return render(request, "registration/send_again.html", context)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was opened before one signed in again: what was typed is kept, and can be sent once more.

    Only for a form of this very site, which the browser says: a page elsewhere could otherwise put words into the
    mouth of whoever is signed in. A script is told in a word, and keeps the page that it is on.
    """
    if request.headers.get("Accept") == "application/json":
        is_known = request.user.is_authenticated
        return JsonResponse({"status": "token" if is_known else "signed_out"}, status=403 if is_known else 401)
    if request.headers.get("Sec-Fetch-Site") == "same-origin" and request.POST:
        kept = request.POST.get("kept") or keep(request)
        if not request.user.is_authenticated:
            return session_ended(request, kept)
        if answer := send_again(request, kept):
            answer.status_code = 403
            return answer
    return render(request, "403_csrf.html", status=403)


def locked_out(request: HttpRequest, credentials: Any = None, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many wrong passwords; what was typed before is still carried along."""
    context = {"kept": request.POST.get("kept", ""), "actor": None, "navigation": []}
    return render(request, "errors/locked_out.html", context, status=429)


sign_in = sensitive_post_parameters("password")(SignIn.as_view())


def sign_out(request: HttpRequest) -> HttpResponse:
    """Ask on GET, sign out on POST: nothing changes on GET."""
    if request.method == "POST":
        logout(request)
        return redirect("signed-out")
    return render(request, "registration/sign_out.html")


def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that one is signed out."""
    return render(request, "registration/logged_out.html")
