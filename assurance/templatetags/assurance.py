"""Small things that only the assurance pages show: ``{% load assurance %}``."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from assurance.queries.lists import STATE_COLOURS
from assurance.templatetags.govuk import tag
from assurance.vocabulary import State

register = template.Library()


@register.simple_tag
def state_tag(state: str) -> SafeString:
    """The state of an assessment as a coloured tag: ``{% state_tag assessment.state %}``."""
    return tag(State(state).label, STATE_COLOURS[state])
