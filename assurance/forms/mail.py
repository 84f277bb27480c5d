"""What a person chooses about e-mail, and the word to send a message again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assurance.forms.govuk import Button, GovukForm, Look

EACH, WEEKLY = "each", "weekly"


class PreferencesForm(GovukForm):
    """Each message as it comes, or one a week."""

    buttons = (Button(_("Save")),)
    looks = {
        "how": Look(
            size="m",
            hints={
                EACH: _("You know at once when something is asked of you."),
                WEEKLY: _(
                    "On Monday morning. Invitations, new passwords, the lead role and everything that is due within "
                    "a week still come at once."
                ),
            },
        )
    }

    how = forms.ChoiceField(
        label=_("How do you want to get e-mail from this service?"),
        choices=[(EACH, _("Each message as it comes")), (WEEKLY, _("One message a week"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how you want to get e-mail")},
    )

    @staticmethod
    def values(weekly: bool) -> dict[str, Any]:
        """Initial values from what stands."""
        return {"how": WEEKLY if weekly else EACH}

    @property
    def weekly(self) -> bool:
        """Whether one message a week was chosen."""
        return bool(self.cleaned_data["how"] == WEEKLY)


class SendAgainForm(GovukForm):
    """The word to send a message that may have arrived already."""

    buttons = (Button(_("Send again"), kind="warning"),)
