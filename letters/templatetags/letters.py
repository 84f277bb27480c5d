"""Small things that only the pages of letters show: ``{% load letters %}``."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

from assurance.templatetags.govuk import tag
from assurance.vocabulary import LetterState
from letters.pdf.markup import lang, prose, prose_of, said, said_line

register = template.Library()

COLOURS = {
    LetterState.DRAFT: "grey",
    LetterState.ACCURACY_CHECK: "yellow",
    LetterState.AWAITING_APPROVAL: "purple",
    LetterState.APPROVED: "blue",
    LetterState.ISSUED: "green",
    LetterState.SUPERSEDED: "orange",
    LetterState.WITHDRAWN: "red",
}


@register.simple_tag
def letter_tag(letter: Any) -> SafeString:
    """The state of a letter as a coloured tag."""
    return tag(letter.get_state_display(), COLOURS[LetterState(letter.state)])


@register.simple_tag
def language_name(code: str) -> str:
    """A language in its own words, for whoever looks for it: ``en`` gives English, ``cy`` gives Cymraeg."""
    return str(get_language_info(code)["name_local"])


register.filter("prose", prose)
register.filter("prose_of", prose_of)
register.filter("said", said)
register.simple_tag(lang, name="lang")
register.simple_tag(said_line, name="said_line")
