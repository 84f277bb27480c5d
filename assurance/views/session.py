"""Signing in and out, and sending again what was typed when a session had ended."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import logout, views
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters

from assurance.forms.session import SignInForm
from assurance.views.base import KEPT

KEPT_FOR = 12 * 60 * 60
"""Seconds for which a kept text can be sent again: as long as a session."""


class SignIn(views.LoginView):
    """Sign in by e-mail address and password, then go on to where one was going."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        kept = self.request.POST.get("kept", "")
        if not kept:
            return response
        try:
            found = signing.loads(kept, salt=KEPT, max_age=KEPT_FOR)
        except signing.BadSignature:
            return response
        path = found["path"]
        if not url_has_allowed_host_and_scheme(path, allowed_hosts=None):
            return response
        fields = [(key, value) for key, values in found["fields"].items() for value in values]
        return render(self.request, "registration/send_again.html", {"path": path, "fields": fields, "actor": None})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"kept": self.request.POST.get("kept", "")}


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
