"""Pages of text that need no record."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page(request: HttpRequest, name: str) -> HttpResponse:
    """A page of text by its name in ``templates/pages``."""
    return render(request, f"pages/{name}.html")
