"""Forms in the GOV.UK style: the base form, how its fields look, and its buttons.

    class OutcomeForm(GovukForm):
        outcome = forms.ChoiceField(label=_("Outcome"), choices=..., widget=forms.RadioSelect)
        reason = CleanTextField(label=_("Why was it not met?"), multiline=True, max_length=500)
        version = VersionField()

        looks = {"outcome": Look(size="m", reveals={"not-met": ("reason",)})}
        buttons = (Button(_("Save")), Button(_("Save as draft"), name="draft", kind="secondary"))

In the template ``{% crispy form %}`` draws all of it; bind on ``request.method``, not on the data, so that an
empty post is a post.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from assurance.forms.fields import CleanTextField, DateField, DateParts, VersionField
from assurance.templatetags.macros import component

__all__ = [
    "Actions",
    "Button",
    "CleanTextField",
    "DateField",
    "DateParts",
    "GovukForm",
    "Group",
    "Look",
    "VersionField",
]

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one field is drawn. Everything is optional; what a widget has no use for is ignored.

    ``size`` of the label or legend is ``s``, ``m``, ``l`` or ``xl``; ``heading`` makes it the page's heading
    and ``label_hidden`` leaves it to screen readers. ``width`` is ``2`` to ``30`` characters or a name such
    as ``one-half``. For radios and checkboxes, ``hints`` describes a choice and ``reveals`` lists the fields
    that choosing it brings up, by the choice's value (``"True"`` for a single box); ``divider_before`` and
    ``exclusive`` name the choice that stands apart, such as "none of these".
    """

    size: Literal["", "s", "m", "l", "xl"] = ""
    heading: bool = False
    label_hidden: bool = False
    width: str = ""
    rows: int = 5
    inline: bool = False
    small: bool = False
    prefix: Text = ""
    suffix: Text = ""
    hints: Mapping[str, Text] = field(default_factory=dict)
    reveals: Mapping[str, Sequence[str]] = field(default_factory=dict)
    divider_before: str = ""
    exclusive: str = ""


@dataclass(frozen=True)
class Button:
    """A button that sends the form; with a name, it also says which button was pressed."""

    text: Text
    name: str = ""
    value: str = ""
    kind: Literal["primary", "secondary", "warning"] = "primary"
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def markup(self) -> SafeString:
        """The button; a second click within a second does nothing."""
        return component(
            "button",
            {
                "text": self.text,
                "name": self.name,
                "value": self.value,
                "classes": "" if self.kind == "primary" else f"govuk-button--{self.kind}",
                "attributes": self.attributes,
                "preventDoubleClick": True,
            },
        )


class Group(LayoutObject):
    """Fields of a crispy layout under a heading of their own, as one fieldset.

    Use this and not crispy's Fieldset: that one runs its legend as a template, which text from the database
    must never be.
    """

    def __init__(self, legend: Text, *fields: Any, size: Literal["s", "m", "l", "xl"] = "m") -> None:
        self.legend = legend
        self.fields = list(fields)
        self.size = size

    def render(self, form: forms.BaseForm, context: Any, template_pack: Any = TEMPLATE_PACK) -> SafeString:
        """The fieldset as markup; called by crispy-forms."""
        return component(
            "fieldset",
            {
                "legend": {"text": self.legend, "classes": f"govuk-fieldset__legend--{self.size}"},
                "html": self.get_rendered_fields(form, context, template_pack),
            },
        )


class Actions:
    """A row of buttons in a crispy layout, with a cancel link if ``cancel`` is an address."""

    def __init__(self, *buttons: Button, cancel: str = "", cancel_text: Text = "") -> None:
        self.buttons = buttons
        self.cancel = cancel
        self.cancel_text = cancel_text or _("Cancel")

    def render(self, form: forms.BaseForm, context: Any, template_pack: Any = None, **_options: Any) -> SafeString:
        """The row as markup; called by crispy-forms."""
        parts = [button.markup() for button in self.buttons]
        if self.cancel:
            parts.append(format_html('<a class="govuk-link" href="{}">{}</a>', self.cancel, self.cancel_text))
        return format_html('<div class="govuk-button-group">{}</div>', mark_safe("".join(parts)))  # noqa: S308


def _required_message(form_field: forms.Field) -> str:
    """A message that makes sense in the error summary, where the label is not beside it."""
    if isinstance(form_field, forms.BooleanField):
        return _text("Tick “%(label)s” to continue")
    if isinstance(form_field, forms.FileField):
        return _text("Choose a file for “%(label)s”")
    if isinstance(form_field, forms.ChoiceField):
        return _text("Choose an answer for “%(label)s”")
    if isinstance(form_field, DateField):
        return _text("Enter a date for “%(label)s”")
    return _text("Fill in “%(label)s”")


class GovukForm(forms.Form):
    """A form whose fields are drawn as GOV.UK components.

    ``looks`` says how fields are drawn; an instance may replace entries of its own copy. Fields that a choice
    reveals are validated only when that choice is made, and are None otherwise.
    """

    use_required_attribute = False
    looks: dict[str, Look] = {}
    buttons: Sequence[Button] = (Button(_("Save and continue")),)
    method: Literal["get", "post"] = "post"

    def __init__(self, *args: Any, cancel: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.looks = dict(self.looks)
        self.cancel = cancel

    def revealed(self) -> set[str]:
        """The names of the fields that appear inside a choice of another field."""
        return {name for look in self.looks.values() for inner in look.reveals.values() for name in inner}.intersection(
            self.fields
        )

    def arrangement(self) -> list[Any]:
        """The fields from top to bottom: names, or layout objects of crispy-forms. Override to group them."""
        revealed = self.revealed()
        return [name for name in self.fields if name not in revealed]

    @property
    def helper(self) -> FormHelper:
        """What ``{% crispy form %}`` asks for."""
        helper = FormHelper()
        helper.form_method = self.method
        helper.layout = Layout(*self.arrangement(), Actions(*self.buttons, cancel=self.cancel))
        return helper

    def _clean_fields(self) -> None:
        untold = forms.Field.default_error_messages["required"]
        for name, form_field in self.fields.items():
            if form_field.required and form_field.error_messages["required"] is untold:
                label = self[name].label
                form_field.error_messages["required"] = _required_message(form_field) % {"label": label}
        super()._clean_fields()  # type: ignore[misc]
        for name, look in self.looks.items():
            if look.reveals and name in self.fields:
                self._forget_unchosen(name, look)

    def _forget_unchosen(self, name: str, look: Look) -> None:
        """Drops the values and errors of fields under a choice that was not made."""
        answer = self.cleaned_data.get(name)
        chosen = {str(value) for value in answer} if isinstance(answer, list | tuple | set) else {str(answer)}
        wanted = {inner for value, names in look.reveals.items() if str(value) in chosen for inner in names}
        for inner in {inner for names in look.reveals.values() for inner in names} - wanted:
            if inner in self.fields:
                self.errors.pop(inner, None)
                self.cleaned_data[inner] = None
