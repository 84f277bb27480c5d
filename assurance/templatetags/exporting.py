"""What the row of export buttons asks: ``{% load exporting %}``."""

from __future__ import annotations

from django import template

from assurance.access import Actor, reach
from assurance.queries.exports import formats_of
from assurance.vocabulary import ExportFormat, Permission

register = template.Library()


@register.simple_tag
def export_formats(view: str) -> tuple[ExportFormat, ...]:
    """As what a view can be taken away."""
    return formats_of(view)


@register.filter
def may_export(actor: Actor | None) -> bool:
    """Whether somebody takes views away anywhere: ``{% if actor|may_export %}``. No query."""
    return actor is not None and bool(reach(actor, Permission.EXPORT))
