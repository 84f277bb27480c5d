"""What an adviser notes during a meeting."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.actions.meeting import Agreed
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from benchmarks.catalogue import BenchmarkText, SchemeText

NO_OUTCOME = "none"


class PointForm(GovukForm):
    """Something that both came to: words, and on a benchmark an outcome if they spoke of one.

    Args:
        benchmark: that it is about; None for the whole.
        changes: whether it changes a point that was noted, and so carries its version.
    """

    def __init__(
        self, *args: Any, scheme: SchemeText, benchmark: BenchmarkText | None, changes: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"] = CleanTextField(
            label=_("What was agreed"),
            multiline=True,
            required=False,
            addresses=True,
            max_length=text.LETTER_TEXT,
        )
        self.looks["text"] = Look(size="s", rows=3)
        if benchmark is not None:
            choices = [(level.code, level.label) for level in scheme.levels]
            self.fields["level"] = forms.ChoiceField(
                label=_("Outcome that both came to"),
                choices=[*choices, (NO_OUTCOME, _("None spoken of"))],
                widget=forms.RadioSelect,
                required=False,
                initial=NO_OUTCOME,
            )
            self.looks["level"] = Look(size="s", inline=True)
        if changes:
            self.fields["version"] = VersionField()
        self.buttons = (Button(gettext_lazy("Save") if changes else gettext_lazy("Note this")),)

    def agreed(self) -> Agreed:
        """What was agreed, for the action."""
        code = self.cleaned_data.get("level") or NO_OUTCOME
        return Agreed(self.cleaned_data["text"], None if code == NO_OUTCOME else code)

    @staticmethod
    def values(scheme: SchemeText, row: Any) -> dict[str, Any]:
        """Initial values from the point that stands."""
        level = scheme.level_by_id(row.level_id)
        return {"text": row.text, "level": level.code if level else NO_OUTCOME, "version": row.version}
