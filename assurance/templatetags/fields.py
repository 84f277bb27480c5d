"""Form fields as GOV.UK components: from a bound field to the parameters of the right macro.

Labels, hints, choices and error messages go in as text, never as markup, because question text comes from the
database and errors repeat what people typed.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from assurance.forms.fields import DateParts
from assurance.forms.govuk import Look
from assurance.templatetags.macros import component

# Said by the component, or harmful: with maxlength a browser cuts off the end of a pasted text without a word,
# and autofocus makes a screen reader skip what stands above the field.
_SET_BY_COMPONENT = frozenset({"id", "class", "rows", "cols", "aria-describedby", "multiple", "spellcheck"}) | {
    *("autocomplete", "autocapitalize", "autofocus", "inputmode"),
    *("max", "maxlength", "min", "minlength", "pattern", "step"),
}
_CHARACTER_WIDTHS = frozenset({"2", "3", "4", "5", "10", "20", "30"})
# One number for each plural form that a language may ask for: zero, one, two, few, many, other.
_PLURALS = (("zero", 0), ("one", 1), ("two", 2), ("few", 3), ("many", 6), ("other", 10))


def look_of(bound: BoundField) -> Look:
    """How the form wants this field drawn; forms that are not ours have plain fields."""
    look: Look = getattr(bound.form, "looks", {}).get(bound.name) or Look()
    return look


def revealed_names(form: forms.BaseForm) -> set[str]:
    """The fields that are drawn inside a choice of another field, and therefore not on their own."""
    revealed = getattr(form, "revealed", None)
    return revealed() if revealed else set()


def element_id(bound: BoundField) -> str:
    """The id of the field's first input."""
    return bound.auto_id or bound.html_name


def date_parts_at_fault(bound: BoundField) -> list[str]:
    """Which boxes of a date the errors are about: those that the codes name, or else all three."""
    if not bound.errors:
        return []
    codes = [error.code or "" for error in bound.form.errors[bound.name].as_data()]
    named = [part for part in DateParts.parts if any(code.endswith(f"_{part}") for code in codes)]
    return named or list(DateParts.parts)


def error_target(bound: BoundField) -> str | None:
    """The id that the error summary links to, or None for a field that cannot be seen."""
    if bound.is_hidden:
        return None
    if isinstance(bound.field.widget, DateParts):
        return f"{element_id(bound)}-{date_parts_at_fault(bound)[0]}"
    return element_id(bound)


def form_errors(form: forms.BaseForm) -> Iterator[dict[str, str]]:
    """The errors of a form in the order of its fields, as items of the error summary."""
    errors = form.errors
    for error in form.non_field_errors():
        yield {"text": str(error)}
    for name in form.fields:
        if name in errors:
            target = error_target(form[name])
            messages: Iterable[ValidationError] = errors[name].as_data()
            for problem in messages:
                text = " ".join(problem.messages)
                part = (problem.code or "").rpartition("_")[2]
                if target and isinstance(form[name].field.widget, DateParts) and part in DateParts.parts:
                    yield {"text": text, "href": f"#{element_id(form[name])}-{part}"}
                elif target:
                    yield {"text": text, "href": f"#{target}"}
                else:
                    yield {"text": text}


def _css(*classes: str) -> str:
    return " ".join(name for name in classes if name)


def _width(width: str) -> str:
    if not width:
        return ""
    return f"govuk-input--width-{width}" if width in _CHARACTER_WIDTHS else f"govuk-!-width-{width}"


def _label(bound: BoundField, look: Look, kind: str = "label") -> dict[str, Any]:
    size = f"govuk-{kind}--{look.size}" if look.size else ""
    return {
        "text": bound.label,
        "classes": _css(size.replace("govuk-legend", "govuk-fieldset__legend"), _hidden(look)),
        "isPageHeading": look.heading,
    }


def _hidden(look: Look) -> str:
    return "govuk-visually-hidden" if look.label_hidden else ""


def _text_or_none(text: str | Promise | None) -> dict[str, Any] | None:
    return {"text": text} if text else None


def _error(bound: BoundField) -> dict[str, Any] | None:
    if not bound.errors:
        return None
    return {"text": " ".join(map(str, bound.errors)), "visuallyHiddenText": gettext("Error")}


def _common(bound: BoundField, look: Look) -> dict[str, Any]:
    """What every component with one input takes."""
    attrs = bound.field.widget.attrs
    return {
        "id": element_id(bound),
        "name": bound.html_name,
        "label": _label(bound, look),
        "hint": _text_or_none(bound.help_text),
        "errorMessage": _error(bound),
        "classes": attrs.get("class", ""),
        "disabled": bound.field.disabled or None,
        "describedBy": attrs.get("aria-describedby"),
        "attributes": {name: value for name, value in attrs.items() if name not in _SET_BY_COMPONENT},
    }


def _shown(bound: BoundField) -> str:
    value = bound.field.widget.format_value(bound.value())
    return "" if value is None else str(value)


def _input(bound: BoundField, look: Look) -> SafeString:
    widget = bound.field.widget
    params = _common(bound, look)
    params["classes"] = _css(params["classes"], _width(look.width))
    params["value"] = _shown(bound)
    for name in ("autocomplete", "autocapitalize", "inputmode", "pattern"):
        params[name] = widget.attrs.get(name)
    for affix in ("prefix", "suffix"):
        params[affix] = _text_or_none(getattr(look, affix))
    if isinstance(widget, forms.NumberInput):
        # A number box changes when someone scrolls, and drops what it cannot read; a text box does neither.
        whole = isinstance(bound.field, forms.IntegerField) and not isinstance(bound.field, forms.FloatField)
        params |= {"type": "text", "inputmode": "numeric" if whole else "decimal", "spellcheck": False}
    else:
        params["type"] = widget.input_type
        if widget.input_type == "email":
            params |= {"spellcheck": False, "autocomplete": params["autocomplete"] or "email"}
    return component("input", params)


def _password(bound: BoundField, look: Look) -> SafeString:
    params = _common(bound, look)
    params |= {
        "value": _shown(bound),
        "autocomplete": bound.field.widget.attrs.get("autocomplete"),
        "classes": _css(params["classes"], _width(look.width)),
        "showPasswordText": gettext("Show"),
        "hidePasswordText": gettext("Hide"),
        "showPasswordAriaLabelText": gettext("Show password"),
        "hidePasswordAriaLabelText": gettext("Hide password"),
        "passwordShownAnnouncementText": gettext("Your password is visible"),
        "passwordHiddenAnnouncementText": gettext("Your password is hidden"),
    }
    return component("password-input", params)


def _file(bound: BoundField, look: Look) -> SafeString:
    params = _common(bound, look)
    params["multiple"] = bool(getattr(bound.field.widget, "allow_multiple_selected", False))
    return component("file-upload", params)


def _count_texts() -> dict[str, Any]:
    """What the script says while someone types; English is built into the script."""
    if (get_language() or "en").startswith("en"):
        return {}
    under = {
        form: ngettext("You have %(count)s character remaining", "You have %(count)s characters remaining", number)
        % {"count": "%{count}"}
        for form, number in _PLURALS
    }
    over = {
        form: ngettext("You have %(count)s character too many", "You have %(count)s characters too many", number)
        % {"count": "%{count}"}
        for form, number in _PLURALS
    }
    return {
        "charactersUnderLimitText": under,
        "charactersAtLimitText": gettext("You have 0 characters remaining"),
        "charactersOverLimitText": over,
    }


def _textarea(bound: BoundField, look: Look) -> SafeString:
    params = _common(bound, look)
    params["rows"] = look.rows
    # A browser drops a line end right after the opening tag, so one more keeps the text as it was.
    params["value"] = "\n" + _shown(bound)
    limit = getattr(bound.field, "max_length", None)
    if not limit:
        return component("textarea", params)
    params["maxlength"] = limit
    params["textareaDescriptionText"] = gettext("You can enter up to %(count)s characters") % {"count": "%{count}"}
    return component("character-count", params | _count_texts())


def _choices(bound: BoundField) -> Iterator[tuple[str, Any, bool]]:
    """Each choice as (value, text, chosen); the text of a grouped choice begins with its group."""
    widget = bound.field.widget
    chosen = set(widget.format_value(bound.value()))
    for value, text in widget.choices:
        if isinstance(text, list | tuple):
            for inner, inner_text in text:
                yield str(inner), f"{value}: {inner_text}", str(inner) in chosen
        else:
            plain = "" if value is None else str(value)
            yield plain, text, plain in chosen


def _select(bound: BoundField, look: Look) -> SafeString:
    params = _common(bound, look)
    params["classes"] = _css(params["classes"], _width(look.width))
    params["items"] = [{"value": value, "text": text, "selected": chosen} for value, text, chosen in _choices(bound)]
    if bound.field.widget.allow_multiple_selected:
        params["attributes"]["multiple"] = True
    return component("select", params)


def _conditional(bound: BoundField, names: Iterable[str]) -> dict[str, Any] | None:
    inner = [render_field(bound.form[name]) for name in names if name in bound.form.fields]
    return {"html": mark_safe("".join(inner))} if inner else None  # noqa: S308 - made by the macros


def _option(bound: BoundField, look: Look, value: str, text: Any, chosen: bool) -> dict[str, Any]:
    return {
        "value": value,
        "text": text,
        "checked": chosen,
        "disabled": bound.field.disabled,
        "hint": _text_or_none(look.hints.get(value)),
        "conditional": _conditional(bound, look.reveals.get(value, ())),
    }


def _group(bound: BoundField, look: Look) -> dict[str, Any]:
    """What radios, checkboxes and dates take: a fieldset with the label as its legend."""
    params = _common(bound, look)
    params["idPrefix"] = params["id"]
    params["fieldset"] = {"legend": _label(bound, look, "legend"), "describedBy": params["describedBy"]}
    return params


def _options(bound: BoundField, look: Look, kind: str) -> SafeString:
    params = _group(bound, look)
    params["classes"] = _css(
        params["classes"],
        f"govuk-{kind}--inline" if look.inline else "",
        f"govuk-{kind}--small" if look.small else "",
    )
    params["items"] = items = []
    for value, text, chosen in _choices(bound):
        if value and value == look.divider_before:
            items.append({"divider": gettext("or")})
        option = _option(bound, look, value, text, chosen)
        if value and value == look.exclusive:
            option["behaviour"] = "exclusive"
        items.append(option)
    return component(kind, params)


def _radios(bound: BoundField, look: Look) -> SafeString:
    return _options(bound, look, "radios")


def _checkboxes(bound: BoundField, look: Look) -> SafeString:
    return _options(bound, look, "checkboxes")


def _single_checkbox(bound: BoundField, look: Look) -> SafeString:
    """One box to tick: its label is the text beside it, and what it reveals stands under ``"True"``."""
    params = _common(bound, look)
    params["idPrefix"] = params["id"]
    params["classes"] = _css(params["classes"], "govuk-checkboxes--small" if look.small else "")
    value = bound.value()
    chosen = bool(value) and value not in ("False", "false", "0")
    option = _option(bound, look, "True", bound.label, chosen)
    option["hint"] = params.pop("hint")
    # The macro would put these on the group; a person ticks the box.
    option["attributes"] = params.pop("attributes")
    params["items"] = [option]
    return component("checkboxes", params)


def _date(bound: BoundField, look: Look) -> SafeString:
    value = bound.value()
    widget = bound.field.widget
    values = value if isinstance(value, list | tuple) else widget.decompress(value)
    wrong = date_parts_at_fault(bound)
    texts = {"day": gettext("Day"), "month": gettext("Month"), "year": gettext("Year")}
    params = _group(bound, look)
    params["items"] = [
        {
            "id": f"{params['id']}-{part}",
            "name": f"{bound.html_name}_{part}",
            "label": texts[part],
            "value": "" if shown is None else str(shown),
            "classes": _css(
                "govuk-input--width-4" if part == "year" else "govuk-input--width-2",
                "govuk-input--error" if part in wrong else "",
            ),
            "attributes": {"disabled": bound.field.disabled},
        }
        for part, shown in zip(DateParts.parts, values, strict=True)
    ]
    return component("date-input", params)


# In order: a widget is drawn by the first entry that it is an instance of.
_BY_WIDGET = (
    (forms.CheckboxInput, _single_checkbox),
    (forms.CheckboxSelectMultiple, _checkboxes),
    (forms.RadioSelect, _radios),
    (forms.Select, _select),
    (DateParts, _date),
    (forms.Textarea, _textarea),
    (forms.PasswordInput, _password),
    (forms.FileInput, _file),
    (forms.widgets.Input, _input),
)


def render_field(bound: BoundField) -> SafeString:
    """One field with its label, hint and errors. Raises TypeError for a widget that has no component."""
    widget = bound.field.widget
    if widget.is_hidden:
        return SafeString(bound)
    for kind, draw in _BY_WIDGET:
        if isinstance(widget, kind):
            return draw(bound, look_of(bound))
    raise TypeError(f"No GOV.UK component is known for the widget {type(widget).__name__} of {bound.name!r}.")
