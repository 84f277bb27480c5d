"""Template tags for pages in the GOV.UK style: ``{% load govuk %}``.

Any component of the GOV.UK Design System, with the options documented there as keywords. Two underscores lead
into a nested option, and inside ``attributes`` one underscore stands for a hyphen::

    {% govuk "button" text=_("Save") %}
    {% govuk "button" text=_("Delete") classes="govuk-button--warning" attributes__data_hx_post=url %}
    {% govuk "input" id="q" name="q" label__text=_("Search") label__classes="govuk-label--s" value=query %}
    {% govuk "summary-list" rows=rows %}                       rows: a list of dictionaries made in Python

With content between the tags as its ``html``::

    {% govukblock "details" summaryText=_("What counts as evidence") %}<p>…</p>{% endgovukblock %}

Text is always escaped, and so is ``html`` unless it is already safe: the content of a block is, a
variable is not.

Shorter forms of what most pages use, each explained at its function: ``tag``, ``back_link``, ``inset``,
``warning``, ``details``, ``pagination``; and for forms ``form_fields``, ``field``, ``error_summary``,
``error_prefix``. Whole forms are drawn by ``{% crispy form %}`` (``{% load crispy_forms_tags %}``).

Rows of a task list and of a summary list are includes: ``govuk/task.html`` and ``govuk/summary_row.html``.
"""

from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.forms.formsets import BaseFormSet
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from assurance.templatetags.fields import form_errors, render_field, revealed_names
from assurance.templatetags.macros import component

register = template.Library()

COLOURS = frozenset({"", "grey", "green", "teal", "turquoise", "purple", "magenta", "pink", "red", "orange", "yellow"})


def _nested(options: dict[str, Any]) -> dict[str, Any]:
    """``{"label__text": "Name"}`` as ``{"label": {"text": "Name"}}``."""
    params: dict[str, Any] = {}
    for key, value in options.items():
        *parents, last = key.split("__")
        into = params
        for parent in parents:
            into = into.setdefault(parent, {})
        if parents and parents[-1] == "attributes":
            last = last.replace("_", "-")
        into[last] = value
    return params


@register.simple_tag
def govuk(component_name: str, **options: Any) -> SafeString:
    """Any component: ``{% govuk "button" text=_("Save") %}``. See the top of this module."""
    return component(component_name, _nested(options))


@register.simple_block_tag
def govukblock(content: SafeString, component_name: str, **options: Any) -> SafeString:
    """Any component around content: ``{% govukblock "inset-text" %}…{% endgovukblock %}``."""
    return component(component_name, _nested(options) | {"html": content})


@register.simple_tag
def tag(text: str, colour: str = "") -> SafeString:
    """A state as a coloured tag: ``{% tag _("In review") "yellow" %}``; "blue" and none are the same.

    Colours are those of the design system; another one raises ValueError. The text must say it all, since
    colour is not seen by everyone.
    """
    if colour == "blue":
        colour = ""
    if colour not in COLOURS:
        raise ValueError(f"{colour!r} is not a colour of a tag.")
    extra = f" govuk-tag--{colour}" if colour else ""
    return format_html('<strong class="govuk-tag{}">{}</strong>', extra, text)


@register.simple_tag
def back_link(href: str, text: str = "") -> SafeString:
    """The link above the heading: ``{% back_link url _("Back to the list") %}``, "Back" without a text."""
    return format_html('<a href="{}" class="govuk-back-link">{}</a>', href, text or gettext("Back"))


@register.simple_block_tag
def inset(content: SafeString) -> SafeString:
    """Text set off from its surroundings: ``{% inset %}…{% endinset %}``."""
    return format_html('<div class="govuk-inset-text">{}</div>', content)


@register.simple_block_tag
def warning(content: SafeString) -> SafeString:
    """A warning with its sign: ``{% warning %}…{% endwarning %}``."""
    return component("warning-text", {"html": content, "iconFallbackText": gettext("Warning")})


@register.simple_block_tag
def details(content: SafeString, summary: str, open: bool = False) -> SafeString:
    """Text to open on demand: ``{% details _("Show the criteria") open=True %}…{% enddetails %}``."""
    return component("details", {"summaryText": summary, "html": content, "open": open})


@register.simple_tag(takes_context=True)
def pagination(context: template.Context, page: Page, parameter: str = "page") -> SafeString:
    """Links to the other pages of a list: ``{% pagination page %}``; nothing if there is only one page.

    ``page`` is Django's; the other parameters of the address (filters, search) are kept.
    """
    if not page.has_other_pages():
        return SafeString("")
    request = context.get("request")
    query = request.GET.copy() if request is not None else None

    def address(number: int) -> str:
        if query is None:
            return f"?{parameter}={number}"
        query[parameter] = str(number)
        return f"?{query.urlencode()}"

    def arrow(number: int, text: str) -> dict[str, str]:
        return {"href": address(number), "text": text}

    items: list[dict[str, Any]] = [
        {
            "number": number,
            "href": address(number),
            "current": number == page.number,
            "visuallyHiddenText": gettext("Page %(number)s") % {"number": number},
        }
        if isinstance(number, int)
        else {"ellipsis": True}
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    ]
    return component(
        "pagination",
        {
            "landmarkLabel": gettext("Pages"),
            "previous": arrow(page.previous_page_number(), gettext("Previous")) if page.has_previous() else None,
            "next": arrow(page.next_page_number(), gettext("Next")) if page.has_next() else None,
            "items": items,
        },
    )


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """One field of a form with label, hint and errors: ``{% field form.email %}``."""
    return render_field(bound)


@register.simple_tag
def form_fields(form: forms.BaseForm) -> SafeString:
    """All fields of a form, without its ``<form>`` and buttons: ``{% form_fields form %}``."""
    revealed = revealed_names(form)
    parts = [render_field(bound) for bound in form if bound.name not in revealed]
    return mark_safe("".join(parts))  # noqa: S308 - made by the macros


Shown = forms.BaseForm | BaseFormSet


def _forms(context: template.Context, given: tuple[Shown, ...]) -> list[Shown]:
    """The forms that were named, or else those that pages usually have."""
    found: list[Any] = [*given] or [context.get(name) for name in ("form", "formset")]
    return [form for form in found if isinstance(form, forms.BaseForm | BaseFormSet)]


def _items(shown: Shown) -> list[dict[str, str]]:
    if isinstance(shown, BaseFormSet):
        items = [{"text": str(error)} for error in shown.non_form_errors()]
        return items + [item for form in shown.forms for item in form_errors(form)]
    return list(form_errors(shown))


@register.simple_tag(takes_context=True)
def error_summary(context: template.Context, *given: Shown, again: bool = False) -> SafeString:
    """The list of errors with links to the fields: ``{% error_summary %}`` for ``form`` and ``formset``.

    With several forms on a page, name them. ``base.html`` shows it at the top of every page; a form whose
    errors have been listed is left out by later calls unless ``again`` is true.
    """
    items: list[dict[str, str]] = []
    for shown in _forms(context, given):
        if shown.is_bound and (again or not getattr(shown, "errors_listed", False)):
            items += _items(shown)
            shown.errors_listed = True  # type: ignore[union-attr]
    if not items:
        return SafeString("")
    return component("error-summary", {"titleText": gettext("There is a problem"), "errorList": items})


@register.simple_tag(takes_context=True)
def error_prefix(context: template.Context, *given: Shown) -> str:
    """``Error: `` for the title of a page whose form has errors, as screen readers say the title first."""
    if any(shown.is_bound and not shown.is_valid() for shown in _forms(context, given)):
        return gettext("Error:") + " "
    return ""
