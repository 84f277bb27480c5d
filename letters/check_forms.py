"""Both sides of the accuracy check: the day until which it lasts, a point, and the answer to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, DateField, GovukForm, Look, VersionField
from assurance.vocabulary import PointOutcome
from letters.forms import MoveForm


class SendForCheckForm(MoveForm):
    """The draft goes to its authority, until a day."""

    until = DateField(
        label=_("The authority can point out errors until"),
        help_text=_("Ten working days are usual. Bank holidays are not taken into account"),
    )
    looks = {"until": Look(size="m")}


class UntilForm(GovukForm):
    """Another last day for a check that goes on."""

    buttons = (Button(_("Save the date")),)

    until = DateField(label=_("The authority can point out errors until"))
    version = VersionField()

    looks = {"until": Look(size="m")}


class PointForm(GovukForm):
    """What is wrong with a paragraph."""

    buttons = (Button(_("Save this point")),)

    wrong = CleanTextField(
        label=_("What is wrong?"),
        help_text=_("Say which fact is wrong and what is right. This is not about outcomes, which are agreed"),
        multiline=True,
        max_length=text.LETTER_TEXT,
    )
    version = VersionField()

    looks = {"wrong": Look(size="m", rows=5)}


class NewPointForm(PointForm):
    """The same, for a paragraph that the address named."""

    place = forms.CharField(widget=forms.HiddenInput, max_length=60)
    language = forms.CharField(widget=forms.HiddenInput, max_length=2)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["version"]


class AnswerForm(GovukForm):
    """What becomes of a point."""

    buttons = (Button(_("Save the answer")),)

    outcome = forms.ChoiceField(label=_("What happens in the letter?"), choices=PointOutcome, widget=forms.RadioSelect)
    answer = CleanTextField(
        label=_("Your answer"),
        help_text=_("The authority reads it: say what was changed, or why nothing is"),
        multiline=True,
        max_length=text.LETTER_TEXT,
    )
    version = VersionField()

    looks = {"outcome": Look(size="m"), "answer": Look(size="m", rows=5)}
