"""What an authority fills in: one benchmark, its answers to questions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.actions.answers import Reply
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from assurance.vocabulary import Mark
from benchmarks.catalogue import BenchmarkText, SchemeText
from benchmarks.vocabulary import Standing

NOT_YET = "not_yet"
"""The choice of having no outcome yet, so that a half-done benchmark can be saved."""


def outcome_field(scheme: SchemeText, label: Any, **options: Any) -> forms.ChoiceField:
    """Radios of the scheme's scale, with the choice of deciding later."""
    choices = [(level.code, level.label) for level in scheme.levels]
    return forms.ChoiceField(
        label=label,
        choices=[*choices, (NOT_YET, gettext_lazy("Decide later"))],
        widget=forms.RadioSelect,
        required=False,
        **options,
    )


def outcome_look(scheme: SchemeText, benchmark: BenchmarkText) -> Look:
    """How the radios look: on a best-fit scheme each level shows its descriptor."""
    hints = {}
    if not scheme.is_checklist:
        hints = {code: criteria[0].text for code, criteria in benchmark.criteria.items()}
    return Look(size="m", hints=hints, divider_before=NOT_YET)


class AnswerForm(GovukForm):
    """One benchmark: the criteria that are met, one's own outcome, and the evidence."""

    buttons = (
        Button(gettext_lazy("Save and continue")),
        Button(gettext_lazy("Save and go back to the list"), name="then", value="list", kind="secondary"),
    )

    def __init__(self, *args: Any, scheme: SchemeText, benchmark: BenchmarkText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria_fields: list[str] = []
        if scheme.is_checklist:
            # What one has in place comes first: a sign of a gap is easier to own up to after it.
            for level in sorted(scheme.levels, key=lambda one: one.standing == Standing.BELOW):
                if benchmark.criteria.get(level.code):
                    self._add_criteria(benchmark, level.code, level.label, level.standing)
        self.fields["outcome"] = outcome_field(scheme, _("Your outcome"))
        self.looks["outcome"] = outcome_look(scheme, benchmark)
        self.fields["evidence"] = CleanTextField(
            label=_("Evidence"),
            help_text=_("Say what you do, how you know that it works, and where the adviser can see it."),
            multiline=True,
            required=False,
            addresses=True,
            max_length=text.EVIDENCE,
        )
        self.looks["evidence"] = Look(size="m", rows=12)
        self.fields["version"] = VersionField()

    def _add_criteria(self, benchmark: BenchmarkText, code: str, label: str, standing: Standing) -> None:
        name = f"criteria_{code}"
        legend = (
            _("Signs of %(level)s: tick those that apply") if standing == Standing.BELOW
            else _("%(level)s: tick what you have in place")
        )  # fmt: skip
        self.fields[name] = forms.TypedMultipleChoiceField(
            label=legend % {"level": label},
            choices=[(one.id, one.text) for one in benchmark.criteria[code]],
            coerce=int,
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        hints = {str(one.id): "; ".join(one.sub) for one in benchmark.criteria[code] if one.sub}
        self.looks[name] = Look(size="s", small=True, hints=hints)
        self.criteria_fields.append(name)

    def reply(self) -> Reply:
        """What was said, for the action."""
        met = [one for name in self.criteria_fields for one in self.cleaned_data[name]]
        return Reply(
            level_code=self.level_code(),
            evidence=self.cleaned_data["evidence"],
            marks=dict.fromkeys(met, Mark.MET),
        )

    def level_code(self) -> str | None:
        """The level that was chosen; None for decide later."""
        return self.cleaned_data["outcome"] if self.cleaned_data["outcome"] not in ("", NOT_YET) else None


class QuestionAnswerForm(GovukForm):
    """An answer to one of the adviser's questions."""

    buttons = (Button(gettext_lazy("Save answer")),)
    answer = CleanTextField(
        label=gettext_lazy("Your answer"), multiline=True, max_length=text.LETTER_TEXT, required=True
    )
    version = VersionField()
