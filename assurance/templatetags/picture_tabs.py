"""The pages of the picture that a reader has: ``{% load picture_tabs %}``."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from assurance.access import GRANTS, sees
from assurance.vocabulary import HOME_OFFICE_ROLES, Permission

register = template.Library()


@register.simple_tag(takes_context=True)
def picture_tabs(context: template.Context) -> list[dict[str, Any]]:
    """Name, address and words of each page: ``{% picture_tabs as tabs %}``. No query."""
    actor = context["actor"]
    held = {permission for grant in actor.grants for permission in GRANTS[grant.role]}
    national = Permission.READ_AVERAGES in held and bool(actor.roles() & HOME_OFFICE_ROLES)
    pages = (
        ("picture", _("Heatmap"), Permission.READ_PICTURE in held),
        ("picture-national", _("Regions"), national),
        ("comparison", _("Comparison"), Permission.READ_PICTURE in held),
        (
            "recommendations-over-years",
            _("Recommendations"),
            sees(actor, "assurance.Recommendation", Permission.READ_OUTCOMES),
        ),
    )
    return [{"name": name, "href": reverse(name), "text": text} for name, text, may in pages if may]
