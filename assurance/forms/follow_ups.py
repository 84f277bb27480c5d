"""What a Prevent Lead fills in about last year's recommendations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.actions.follow_ups import FollowUpReply
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from assurance.queries.follow_ups import FollowUpLine
from assurance.vocabulary import FollowUpProgress


@dataclass(frozen=True)
class Part:
    """One recommendation with its fields, as the page draws them."""

    line: FollowUpLine
    progress: BoundField
    owner: BoundField
    note: BoundField
    version: BoundField


class FollowUpsForm(GovukForm):
    """For each of last year's recommendations how far it is, whose it is, and a note; each can wait."""

    buttons = (Button(gettext_lazy("Save")),)

    def __init__(self, *args: Any, lines: Sequence[FollowUpLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for number, line in enumerate(lines, start=1):
            self.fields[f"progress_{line.id}"] = forms.ChoiceField(
                label=_("How far is recommendation %(number)s?") % {"number": number},
                choices=FollowUpProgress.choices,
                widget=forms.RadioSelect,
                required=False,
            )
            self.looks[f"progress_{line.id}"] = Look(size="s", inline=True)
            self.fields[f"owner_{line.id}"] = CleanTextField(
                label=_("Who owns it (optional)"), required=False, max_length=200
            )
            self.looks[f"owner_{line.id}"] = Look(width="two-thirds")
            self.fields[f"note_{line.id}"] = CleanTextField(
                label=_("What was done, or what is in the way (optional)"),
                multiline=True,
                required=False,
                max_length=text.NOTE,
            )
            self.looks[f"note_{line.id}"] = Look(rows=3)
            self.fields[f"version_{line.id}"] = VersionField()

    @property
    def parts(self) -> Iterator[Part]:
        """Every recommendation with its fields, in order."""
        for line in self.lines:
            names = ("progress", "owner", "note", "version")
            yield Part(line, *(self[f"{name}_{line.id}"] for name in names))

    def replies(self) -> dict[int, FollowUpReply]:
        """What was said, by the id of the recommendation, for the action."""
        return {
            line.id: FollowUpReply(
                version=self.cleaned_data[f"version_{line.id}"],
                progress=self.cleaned_data[f"progress_{line.id}"],
                owner=self.cleaned_data[f"owner_{line.id}"],
                note=self.cleaned_data[f"note_{line.id}"],
            )
            for line in self.lines
        }

    @staticmethod
    def values(lines: Sequence[FollowUpLine]) -> dict[str, Any]:
        """Initial values from what stands."""
        names = ("progress", "owner", "note", "version")
        return {f"{name}_{line.id}": getattr(line, name) for line in lines for name in names}
