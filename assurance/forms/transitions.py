"""What a person hands over with a transition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from benchmarks.catalogue import SchemeText


class TransitionForm(GovukForm):
    """A transition that needs nothing but the button. ``label`` is the button's text."""

    def __init__(
        self,
        *args: Any,
        label: StrOrPromise,
        scheme: SchemeText,
        numbers: Sequence[int] = (),
        warn: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.scheme = scheme
        self.numbers = numbers
        self.buttons = (Button(label, kind="warning" if warn else "primary"),)
        self.build()
        self.fields["version"] = VersionField()

    def build(self) -> None:
        """Add fields that depend on the scheme."""


class ReasonForm(TransitionForm):
    """A transition with a reason."""

    reason = CleanTextField(label=gettext_lazy("Reason"), multiline=True, max_length=text.LETTER_TEXT)


class SettleForm(TransitionForm):
    """The reason, and for each disputed benchmark the outcome that is to stand. ``build`` needs their numbers."""

    reason = CleanTextField(
        label=gettext_lazy("Why you settle it like this"),
        help_text=gettext_lazy("The authority and the adviser see it. The record keeps it."),
        multiline=True,
        max_length=text.LETTER_TEXT,
    )
    looks = {"reason": Look(size="m")}

    def build(self) -> None:
        for number in self.numbers:
            self.fields[f"level_{number}"] = forms.ChoiceField(
                label=_("Outcome of benchmark %(number)s that is to stand") % {"number": number},
                choices=[(level.code, level.label) for level in self.scheme.levels],
                widget=forms.RadioSelect,
            )
            self.looks[f"level_{number}"] = Look(size="s", inline=True)

    def levels(self) -> dict[int, str]:
        """The level codes that stand, by benchmark number."""
        return {number: self.cleaned_data[f"level_{number}"] for number in self.numbers}
