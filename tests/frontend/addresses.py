"""The names of addresses that every page links to, for drawing pages without the service behind them."""

from django.http import HttpResponse
from django.urls import path


def _nothing(request: object, **arguments: object) -> HttpResponse:
    return HttpResponse()


_NAMES = (
    "sign-in",
    "sign-out",
    "password-reset",
    "password-reset-done",
    "password-reset-complete",
    "preferences",
    "help",
    "method",
    "accessibility",
    "cookies",
    "privacy",
    "verify",
)

urlpatterns = [
    path("", _nothing, name="home"),
    path("reset/<uidb64>/<token>/", _nothing, name="password-reset-confirm"),
    *(path(f"{name}/", _nothing, name=name) for name in _NAMES),
]
