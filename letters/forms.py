"""What an adviser fills in about a letter."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, DateField, GovukForm, Group, Look, VersionField

ONE_PER_LINE = gettext_lazy("One per line")
MOST_LINES = 12
"""As many as an address or a list of copies can have on the page."""


def _line(label: StrOrPromise, required: bool = False) -> CleanTextField:
    return CleanTextField(label=label, required=required, max_length=200)


class LinesField(CleanTextField):
    """A few lines, one thing on each; gives a list."""

    default_error_messages = {
        "lines": gettext_lazy("Enter %(most)d lines at most. There are %(count)d now"),
        "long_line": gettext_lazy("Each line can have 200 characters at most"),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(help_text=ONE_PER_LINE, multiline=True, required=False, max_length=4000, **options)

    def clean(self, value: Any) -> list[str]:
        lines = [line.strip() for line in super().clean(value).splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            params = {"most": MOST_LINES, "count": len(lines)}
            raise ValidationError(self.error_messages["lines"], code="lines", params=params)
        if any(len(line) > 200 for line in lines):
            raise ValidationError(self.error_messages["long_line"], code="long_line")
        return lines


class LetterForm(GovukForm):
    """Addressee, sender, copies, thanks and the covering summary."""

    buttons = (
        Button(gettext_lazy("Save the draft")),
        Button(gettext_lazy("Preview"), name="preview", value="as-typed", kind="secondary"),
    )

    letter_date = DateField(
        label=gettext_lazy("Date of the letter"),
        help_text=gettext_lazy("Leave it empty for the day on which the letter is approved"),
        required=False,
    )
    addressee_name = _line(gettext_lazy("Name"))
    addressee_title = _line(gettext_lazy("Job title"))
    addressee_organisation = _line(gettext_lazy("Organisation"))
    addressee_address = LinesField(label=gettext_lazy("Address"))
    salutation = CleanTextField(
        label=gettext_lazy("Greeting"),
        help_text=gettext_lazy("The name after “Dear”"),
        required=False,
        max_length=200,
    )
    sender_name = _line(gettext_lazy("Name"))
    sender_title = _line(gettext_lazy("Job title"))
    sender_unit = _line(gettext_lazy("Unit"))
    sender_organisation = _line(gettext_lazy("Organisation"))
    sender_address = LinesField(label=gettext_lazy("Address"))
    sender_email = _line(gettext_lazy("Email address"))
    summary = CleanTextField(
        label=gettext_lazy("Covering summary"),
        help_text=gettext_lazy("The overall picture, in a paragraph or two"),
        multiline=True,
        required=False,
        max_length=text.LETTER_TEXT,
    )
    thanks = LinesField(label=gettext_lazy("People to thank"))
    cc = LinesField(label=gettext_lazy("Copies to"))
    version = VersionField()

    looks = {
        "summary": Look(size="m", rows=8),
        "addressee_address": Look(rows=4),
        "sender_address": Look(rows=4),
        "thanks": Look(rows=3),
        "cc": Look(rows=3),
    }

    @property
    def helper(self) -> FormHelper:
        """With an id, by which the preview beside it takes what is typed."""
        helper = super().helper
        helper.form_id = "letter-form"
        return helper

    def typed(self) -> dict[str, Any]:
        """What can be read of what was typed, for a preview: a field with an error is left out."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def arrangement(self) -> list[Any]:
        return [
            "summary",
            Group(
                _("To"),
                "addressee_name",
                "addressee_title",
                "addressee_organisation",
                "addressee_address",
                "salutation",
            ),
            Group(
                _("From"),
                "sender_name",
                "sender_title",
                "sender_unit",
                "sender_organisation",
                "sender_address",
                "sender_email",
            ),
            Group(_("Thanks and copies"), "thanks", "cc"),
            "letter_date",
            "version",
        ]


class MoveForm(GovukForm):
    """A transition of a letter; ``reason`` is asked where the transition needs one."""

    reason = CleanTextField(label=gettext_lazy("Reason"), multiline=True, max_length=text.LETTER_TEXT)

    version = VersionField()

    def __init__(self, *args: Any, label: StrOrPromise, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_reason:
            del self.fields["reason"]
        self.buttons = (Button(label),)
