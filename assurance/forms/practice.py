"""What an adviser proposes as good practice, and what a Prevent Lead says to it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance.actions.practice import LONGEST_TITLE
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from assurance.text import LETTER_TEXT, NOTE
from benchmarks.catalogue import SchemeText

NAMED, ANONYMOUS, DECLINE = "named", "anonymous", "decline"


class ProposeForm(GovukForm):
    """A text for the library."""

    buttons = (Button(gettext_lazy("Propose it")),)

    title = CleanTextField(
        label=gettext_lazy("Title"),
        help_text=gettext_lazy("What others look for, in a few words."),
        max_length=LONGEST_TITLE,
        error_messages={"required": gettext_lazy("Enter a title")},
    )
    text = CleanTextField(
        label=gettext_lazy("What others would read"),
        help_text=gettext_lazy(
            "Edit it down, and put it in your own words where that is clearer. Leave out the name of the authority and "
            "of anybody who works there: it can then be shared without naming them."
        ),
        multiline=True,
        addresses=True,
        max_length=LETTER_TEXT,
        error_messages={"required": gettext_lazy("Enter the text to share")},
    )
    looks = {"title": Look(size="s"), "text": Look(size="s", rows=12), "number": Look(size="s")}

    def __init__(self, *args: Any, scheme: SchemeText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"] = forms.TypedChoiceField(
            label=_("Benchmark"),
            choices=[("", _("None in particular"))]
            + [(one.number, f"{one.number}. {one.title}") for one in scheme.benchmarks.values()],
            coerce=int,
            empty_value=None,
            required=False,
        )


class AnswerPracticeForm(GovukForm):
    """Yes with the name, yes without it, or no; and a note with either."""

    buttons = (Button(gettext_lazy("Send your answer")),)

    how = forms.ChoiceField(
        label=gettext_lazy("Do you agree to share this?"),
        choices=[
            (NAMED, gettext_lazy("Yes, with the name of our authority")),
            (ANONYMOUS, gettext_lazy("Yes, without the name of our authority")),
            (DECLINE, gettext_lazy("No, do not share it")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose whether you agree to share this")},
    )
    note = CleanTextField(
        label=gettext_lazy("Note to your adviser (optional)"),
        help_text=gettext_lazy("It is not shared."),
        multiline=True,
        required=False,
        addresses=True,
        max_length=NOTE,
    )
    version = VersionField()
    looks = {
        "how": Look(
            size="m", hints={ANONYMOUS: gettext_lazy("Others may still recognise you by what the text describes.")}
        ),
        "note": Look(size="s", rows=3),
    }


class EndPracticeForm(GovukForm):
    """The word to take it out of the library, or the proposal back."""

    version = VersionField()

    def __init__(self, *args: Any, label: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.buttons = (Button(label, kind="warning"),)
