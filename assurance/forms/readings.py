"""What is filled in to have reviews read a second time, and by whoever reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, DateField, GovukForm, Look, VersionField
from assurance.insights.sampling import how_many
from assurance.vocabulary import ReadingResult

MOST_RADIOS = 5
"""More people than this are chosen from a list."""
SEED = re.compile(r"[0-9a-f]{16}")


class DrawForm(GovukForm):
    """From which cycle to draw, and how many."""

    method = "get"
    buttons = (Button(gettext_lazy("Draw a sample")),)

    def __init__(self, *args: Any, cycles: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(one.pk), f"{one.programme.name}, {one.name}") for one in cycles]
        self.fields["cycle"] = forms.ChoiceField(label=_("Cycle"), choices=choices)
        self.fields["how_many"] = CleanTextField(
            label=_("How many"),
            help_text=_("A number such as 5, or a share such as 10%"),
            max_length=10,
        )
        self.looks["how_many"] = Look(width="5")

    def clean_how_many(self) -> str:
        wanted: str = self.cleaned_data["how_many"]
        if how_many(wanted, 1) is None:
            raise forms.ValidationError(_("Enter a number, or a share such as 10%"))
        return wanted


class PullForm(GovukForm):
    """Who reads, and by when. Without ``readers`` it only takes in what was posted: the action knows who may read."""

    buttons = (Button(gettext_lazy("Ask for a second reading")),)

    def __init__(self, *args: Any, readers: Sequence[Any] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if readers is None:
            self.fields["reader"] = forms.IntegerField(label=_("Who reads"), min_value=1, max_value=2**62)
        else:
            self.fields["reader"] = forms.TypedChoiceField(
                label=_("Who reads"),
                choices=[(str(one.pk), one.name) for one in readers],
                coerce=int,
                widget=forms.RadioSelect if len(readers) <= MOST_RADIOS else forms.Select,
            )
        self.looks["reader"] = Look(size="s")
        self.fields["due_on"] = DateField(label=_("By when (optional)"), required=False, earliest=timezone.localdate())
        self.looks["due_on"] = Look(size="s")


class ConfirmForm(PullForm):
    """The same for a sample, which it carries along as it was drawn."""

    cycle = forms.IntegerField(widget=forms.HiddenInput)
    how_many = forms.CharField(widget=forms.HiddenInput, max_length=10)
    seed = forms.RegexField(SEED, widget=forms.HiddenInput)
    drawn = forms.RegexField(re.compile(r"\d{1,15}(,\d{1,15}){0,999}"), widget=forms.HiddenInput)

    def seen(self) -> list[int]:
        """Ids of the assessments that were drawn when the page was shown."""
        return [int(one) for one in self.cleaned_data["drawn"].split(",")]


class ResultForm(GovukForm):
    """What the second reader found."""

    buttons = (Button(gettext_lazy("Record the result")),)
    result = forms.ChoiceField(
        label=gettext_lazy("What did you find?"), choices=ReadingResult.choices, widget=forms.RadioSelect
    )
    note = CleanTextField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("A query says what it is about. The adviser and the regional manager read it."),
        multiline=True,
        addresses=True,
        required=False,
        max_length=text.LETTER_TEXT,
    )
    version = VersionField()

    looks = {
        "result": Look(
            size="m",
            hints={
                ReadingResult.SOUND: gettext_lazy("Outcomes, summaries and comments can go out as they are."),
                ReadingResult.QUERIED: gettext_lazy("Something should be looked at before the letter goes out."),
            },
        ),
        "note": Look(rows=5),
    }
