"""Pages of text that need no record."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from assurance.queries.method import method_page


def page(request: HttpRequest, name: str) -> HttpResponse:
    """A page of text by its name in ``templates/pages``."""
    return render(request, f"pages/{name}.html")


def method(request: HttpRequest) -> HttpResponse:
    """What the figures mean, for whoever comes by."""
    return render(request, "pages/method.html", {"page": method_page()})
