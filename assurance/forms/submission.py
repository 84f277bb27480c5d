"""What a Prevent Lead agrees to when submitting."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from assurance.forms.govuk import Button, GovukForm, VersionField

DECLARATION = gettext_lazy(
    "I confirm that these answers are a true account of how the authority meets the Prevent duty, "
    "and that I am authorised to submit them."
)


class SubmitForm(GovukForm):
    """The declaration, and the versions of the assessment and of its answers that were checked."""

    buttons = (Button(gettext_lazy("Submit")),)
    declaration = forms.BooleanField(
        label=DECLARATION, error_messages={"required": gettext_lazy("Confirm the declaration")}
    )
    version = VersionField()
    seen = VersionField(required=False)
