"""What surrounds every request: the actor, the database scope and the transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assurance.access import Actor, actor_for
from assurance.queries.moved import last_movement
from assurance.views.base import typed_texts
from assurance.workflow import Moved

UNSCOPED_PATHS = ("/healthz", "/readyz")
"""Asked for every few seconds by machines; they open their own connections."""


class ScopeMiddleware:
    """Runs each request in one transaction, with the scope of the signed-in person set at its start.

    ``request.actor`` is that person, or None. An exception or a server error rolls everything back, so a write is
    never half done. The transaction is opened here and not with ATOMIC_REQUESTS because the scope is local to the
    transaction and must be set inside it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = None  # type: ignore[attr-defined]
        if request.path in UNSCOPED_PATHS:
            return self.get_response(request)
        with transaction.atomic():
            request.actor = self._actor(request)  # type: ignore[attr-defined]
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        if request.actor is not None:  # type: ignore[attr-defined]
            # Shared computers: nobody reads a page after its person has gone.
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Roll back, and say what happened where somebody else was quicker."""
        context: dict[str, Any] = {}
        if isinstance(exception, Moved):
            # Before the transaction is given up: nothing can be read in it afterwards.
            context = {
                "state": exception.record.get_state_display(),
                "moved": last_movement(request.actor, exception.record),  # type: ignore[attr-defined]
                "texts": typed_texts(request) if request.method == "POST" else (),
            }
        if transaction.get_connection().in_atomic_block:
            transaction.set_rollback(True)
        return render(request, "errors/409.html", context, status=409) if context else None

    def _actor(self, request: HttpRequest) -> Actor | None:
        user = request.user
        return actor_for(user) if user.is_authenticated else None  # type: ignore[arg-type]


class CharsetMiddleware:
    """Refuses a form in anything but UTF-8, which is what every page of ours asks a browser for.

    Django reads a form in whatever its header names, and fails on what it does not know: anew in the error page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (request.content_params or {}).get("charset", "utf-8").strip("\"' ").casefold() not in ("utf-8", "utf8"):
            return render(request, "400.html", status=400)
        return self.get_response(request)


class MaintenanceMiddleware:
    """Answers everything but the health checks with the maintenance page. Installed only while MAINTENANCE is on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path in UNSCOPED_PATHS:
            return self.get_response(request)
        response = render(request, "errors/maintenance.html", {"actor": None}, status=503)
        response["Retry-After"] = "900"
        return response
