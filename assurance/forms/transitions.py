"""What a person hands over with a transition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, DateField, GovukForm, Group, Look, VersionField
from benchmarks.catalogue import SchemeText

QUESTIONS = 3
"""Questions on one page; more can be asked in a further round."""


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


class DisputeForm(TransitionForm):
    """A reason for each benchmark that is disputed."""

    def build(self) -> None:
        for number in self.numbers:
            name = f"reason_{number}"
            self.fields[name] = CleanTextField(
                label=f"{number}. {self.scheme.benchmarks[number].title}",
                multiline=True,
                required=False,
                max_length=text.LETTER_TEXT,
            )
            self.looks[name] = Look(size="s", rows=3)

    def reasons(self) -> dict[int, str]:
        """What was written, by benchmark number."""
        return {number: self.cleaned_data[f"reason_{number}"] for number in self.numbers}


class SettleForm(TransitionForm):
    """The reason, and for each disputed benchmark the outcome that is to stand."""

    reason = CleanTextField(label=gettext_lazy("Reason"), multiline=True, max_length=text.LETTER_TEXT)

    def build(self) -> None:
        for number in self.numbers:
            self.fields[f"level_{number}"] = forms.ChoiceField(
                label=_("%(number)s. %(title)s: outcome that stands")
                % {"number": number, "title": self.scheme.benchmarks[number].title},
                choices=[(level.code, level.label) for level in self.scheme.levels],
                widget=forms.RadioSelect,
            )
            self.looks[f"level_{number}"] = Look(size="s", inline=True)

    def levels(self) -> dict[int, str]:
        """The level codes that stand, by benchmark number."""
        return {number: self.cleaned_data[f"level_{number}"] for number in self.numbers}


class AskForm(TransitionForm):
    """Questions to the authority, each with a date, on a benchmark or on none."""

    def build(self) -> None:
        choices = [("", _("No benchmark in particular"))]
        choices += [(str(n), f"{n}. {self.scheme.benchmarks[n].title}") for n in self.numbers]
        for index in range(QUESTIONS):
            self.fields[f"question_{index}"] = CleanTextField(
                label=_("Question"), multiline=True, required=False, max_length=text.LETTER_TEXT
            )
            self.looks[f"question_{index}"] = Look(rows=3)
            self.fields[f"number_{index}"] = forms.ChoiceField(label=_("Benchmark"), choices=choices, required=False)
            self.fields[f"due_{index}"] = DateField(label=_("Answer needed by"), required=False)

    def arrangement(self) -> list[Any]:
        groups = [
            Group(
                _("Question %(number)s") % {"number": index + 1},
                f"question_{index}",
                f"number_{index}",
                f"due_{index}",
            )
            for index in range(QUESTIONS)
        ]
        return [*groups, "version"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for index in range(QUESTIONS):
            due = f"due_{index}"
            if cleaned.get(f"question_{index}") and not cleaned.get(due) and due not in self.errors:
                self.add_error(due, _("Enter the date by which you need the answer"))
        return cleaned

    def questions(self) -> list[tuple[str, date, int | None]]:
        """Text, date and benchmark number of each question that was asked."""
        return [
            (wording, self.cleaned_data[f"due_{index}"], int(self.cleaned_data[f"number_{index}"] or 0) or None)
            for index in range(QUESTIONS)
            if (wording := self.cleaned_data[f"question_{index}"])
        ]
