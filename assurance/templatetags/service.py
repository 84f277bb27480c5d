"""Tags about the service itself: ``{% load service %}``."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def cookie_name(kind: str) -> str:
    """The name of the ``session``, ``csrf`` or ``language`` cookie as it is set here."""
    name: str = getattr(settings, f"{kind.upper()}_COOKIE_NAME")
    return name
