"""Small things that only the pages of letters show: ``{% load letters %}``."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import get_language, get_language_info, gettext, ngettext

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


@register.simple_tag(takes_context=True)
def point_out(context: template.Context, *parts: object) -> SafeString | str:
    """A link to point out an error in one paragraph of a draft letter, where the page is for that; else nothing.

    ``{% point_out "block" 3 %}`` is about the paragraph ``block-3`` of ``letters.places``. Says how it begins, for
    whoever hears the links alone.
    """
    pointing = context.get("pointing")
    key = "-".join(map(str, parts))
    if pointing is None or key not in pointing.places:
        return ""
    beginning = Truncator(" ".join(pointing.places[key].text.split())).words(8)
    count = pointing.counts.get(key, 0)
    made = ngettext("%(count)s point made", "%(count)s points made", count) % {"count": count} if count else ""
    return format_html(
        '<span class="app-point" lang="{}"><a class="govuk-link" href="{}">{}'
        '<span class="govuk-visually-hidden">: <span lang="{}">{}</span></span></a>{}</span>',
        get_language(),
        pointing.href(key),
        gettext("Point out an error"),
        pointing.language,
        beginning,
        format_html(" <strong>{}</strong>", made) if made else "",
    )


register.filter("prose", prose)
register.filter("prose_of", prose_of)
register.filter("said", said)
register.simple_tag(lang, name="lang")
register.simple_tag(said_line, name="said_line")
