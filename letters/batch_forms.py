"""What a signatory sends about many letters at once, and what an adviser says of a correction."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, GovukForm
from assurance.vocabulary import BatchKind

TOKEN = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
"""A letter and its version."""
MOST_LETTERS = 2000
"""In one batch: several times as many as there are authorities."""


class BatchForm(forms.Form):
    """The letters of a batch as they were shown, each with its version. Nothing in it is typed by a person."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=BatchKind.choices, widget=forms.HiddenInput)
    letters = forms.CharField(widget=forms.HiddenInput, max_length=MOST_LETTERS * 20)

    def clean_letters(self) -> list[tuple[int, int]]:
        """Each letter with its version, out of "12-3 13-1"."""
        pairs = [TOKEN.fullmatch(token) for token in self.cleaned_data["letters"].split()]
        if len(pairs) > MOST_LETTERS or None in pairs:
            raise forms.ValidationError(_("Choose the letters again"))
        return [(int(pair[1]), int(pair[2])) for pair in pairs if pair]


class CorrectionForm(GovukForm):
    """What is wrong in the letter in force."""

    buttons = (Button(gettext_lazy("Draft the correction")),)

    correction_reason = CleanTextField(
        label=gettext_lazy("What is corrected?"),
        help_text=gettext_lazy(
            "Everybody who can read the new letter reads this beside it. The letter itself is drafted next."
        ),
        multiline=True,
        max_length=text.REASON,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["correction_reason"].error_messages["required"] = _("Enter what is corrected")
