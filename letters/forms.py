"""What an adviser fills in about a letter."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, DateField, GovukForm, Group, Look, VersionField

ONE_PER_LINE = gettext_lazy("One per line")


def _line(label: StrOrPromise, required: bool = False) -> CleanTextField:
    return CleanTextField(label=label, required=required, max_length=200)


def _lines(label: StrOrPromise) -> CleanTextField:
    return CleanTextField(label=label, help_text=ONE_PER_LINE, multiline=True, required=False, max_length=4000)


class LetterForm(GovukForm):
    """Addressee, sender, copies, thanks and the covering summary."""

    buttons = (Button(gettext_lazy("Save the draft")),)

    letter_date = DateField(
        label=gettext_lazy("Date of the letter"),
        help_text=gettext_lazy("Leave it empty for the day on which the letter is approved"),
        required=False,
    )
    addressee_name = _line(gettext_lazy("Name"))
    addressee_title = _line(gettext_lazy("Job title"))
    addressee_organisation = _line(gettext_lazy("Organisation"))
    addressee_address = _lines(gettext_lazy("Address"))
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
    sender_address = _lines(gettext_lazy("Address"))
    sender_email = _line(gettext_lazy("Email address"))
    summary = CleanTextField(
        label=gettext_lazy("Covering summary"),
        help_text=gettext_lazy("The overall picture, in a paragraph or two"),
        multiline=True,
        required=False,
        max_length=text.LETTER_TEXT,
    )
    thanks = _lines(gettext_lazy("People to thank"))
    cc = _lines(gettext_lazy("Copies to"))
    version = VersionField()

    looks = {
        "summary": Look(size="m", rows=8),
        "addressee_address": Look(rows=4),
        "sender_address": Look(rows=4),
        "thanks": Look(rows=3),
        "cc": Look(rows=3),
    }

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

    def values(self) -> dict[str, Any]:
        """What was typed, with the lists as lists."""
        cleaned = dict(self.cleaned_data)
        for name in ("addressee_address", "sender_address", "thanks", "cc"):
            cleaned[name] = [line for line in cleaned[name].splitlines() if line.strip()]
        return cleaned


class MoveForm(GovukForm):
    """A transition of a letter; ``reason`` is asked where the transition needs one."""

    reason = CleanTextField(label=gettext_lazy("Reason"), multiline=True, max_length=text.LETTER_TEXT)

    def __init__(self, *args: Any, label: StrOrPromise, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_reason:
            del self.fields["reason"]
        self.buttons = (Button(label),)
