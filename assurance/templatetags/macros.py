"""The GOV.UK page components, rendered by the macros of govuk-frontend-jinja.

Two things differ from using the macros directly. Anything given as ``html`` is escaped unless it is already
marked as safe, so text from people or from the database cannot become markup by way of the wrong key. And the
macros do not indent what they nest: indenting would add spaces to every further line of a text area inside a
fieldset, at every save.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.utils.functional import Promise
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader


def _as_it_is(text: str, *_arguments: object, **_options: object) -> str:
    return text


class _Parameters(Environment):
    """Looks a dotted name up as a key first: the macros' options are dictionaries, and most are not given."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is not dict:
            return super().getattr(obj, attribute)
        if attribute in obj:
            return obj[attribute]
        return getattr(obj, attribute, None) or self.undefined(obj=obj, name=attribute)


def _environment() -> Environment:
    environment = _Parameters(
        loader=PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=ChainableUndefined,
    )
    environment.filters["indent"] = _as_it_is
    return environment


_ENVIRONMENT = _environment()


@cache
def _macro(name: str) -> Any:
    """The macro of one component, compiled once for the life of the process."""
    template = _ENVIRONMENT.get_template(f"govuk_frontend_jinja/components/{name}/macro.html")
    return getattr(template.module, "govuk" + "".join(part.capitalize() for part in name.split("-")))


def _is_markup(key: str) -> bool:
    return key == "html" or key.endswith("Html")


def _attributes(attributes: object) -> dict[str, Any]:
    """Attributes as the macros want them: None and False leave one out, True writes the bare name."""
    if not isinstance(attributes, Mapping):
        # The macros would print a string without escaping it.
        raise TypeError("The attributes of a component are a mapping of names to values.")
    kept: dict[str, Any] = {}
    for name, value in attributes.items():
        if value is True:
            kept[name] = {"value": True, "optional": True}
        elif value is not None and value is not False:
            kept[name] = str(value)
    return kept


def _prepared(value: Any) -> Any:
    """The parameters as plain values: lazy text resolved, None left out, unsafe markup escaped."""
    if isinstance(value, Mapping):
        prepared: dict[str, Any] = {}
        for key, inner in value.items():
            if inner is None:
                continue
            if key == "attributes":
                prepared[key] = _attributes(inner)
            elif key == "slots":
                prepared[key] = {slot: conditional_escape(markup) for slot, markup in inner.items()}
            elif _is_markup(key):
                prepared[key] = conditional_escape(inner) if inner else ""
            else:
                prepared[key] = _prepared(inner)
        return prepared
    if isinstance(value, list | tuple):
        return [_prepared(inner) for inner in value]
    if isinstance(value, Promise):
        return str(value)
    return value


def component(name: str, params: Mapping[str, Any]) -> SafeString:
    """One component as markup.

    ``name`` is the folder name in the GOV.UK Design System, such as ``"summary-list"``; ``params`` are the
    options documented there. Raises jinja2.TemplateNotFound for an unknown name.
    """
    return mark_safe(_macro(name)(_prepared(params)))  # noqa: S308 - the macros escape
