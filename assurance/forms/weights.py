"""The weights of a scheme, a field for each benchmark, and why they change."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance.forms.govuk import Button, CleanTextField, GovukForm, Group, Look, VersionField
from benchmarks.catalogue import SchemeText
from benchmarks.weighing import LEAST, MOST, Weights

LONGEST_REASON = 1000


class WeightField(forms.DecimalField):
    """One weight. Whatever is wrong with it is said once, in the words of ``fault``."""

    def __init__(self, *, fault: str, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            error_messages={"required": fault, "invalid": fault},
            **kwargs,
        )

    def validate(self, value: Decimal | None) -> None:
        super().validate(value)
        if value is not None and not (LEAST <= value <= MOST and value == value.quantize(LEAST)):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class WeightsForm(GovukForm):
    """What each benchmark is to weigh. Nothing is saved before it was shown what would change."""

    buttons = (Button(gettext_lazy("Show what would change")),)

    def __init__(self, *args: Any, scheme: SchemeText, current: Weights, **kwargs: Any) -> None:
        kwargs["initial"] = self.values(scheme, current)
        super().__init__(*args, **kwargs)
        self.scheme = scheme
        for number, benchmark in scheme.benchmarks.items():
            fault = _("Benchmark %(number)s: enter a number from %(least)s to %(most)s, with at most two decimals") % {
                "number": number,
                "least": LEAST,
                "most": MOST,
            }
            self.fields[f"weight_{number}"] = WeightField(label=f"{number}. {benchmark.title}", fault=fault)
            self.looks[f"weight_{number}"] = Look(width="5")
        self.fields["reason"] = CleanTextField(
            label=_("Why do the weights change?"),
            help_text=_("Everybody who sees the weights reads this."),
            multiline=True,
            max_length=LONGEST_REASON,
            error_messages={"required": _("Say why the weights change")},
        )
        self.looks["reason"] = Look(size="m", rows=3)
        self.fields["version"] = VersionField()

    @staticmethod
    def values(scheme: SchemeText, current: Weights) -> dict[str, Any]:
        """What the form begins with."""
        return {f"weight_{number}": current.of(number) for number in scheme.benchmarks} | {"version": current.version}

    def arrangement(self) -> list[Any]:
        return [
            Group(_("Weights"), *(f"weight_{number}" for number in self.scheme.benchmarks)),
            "reason",
            "version",
        ]

    def weights(self) -> dict[int, Decimal]:
        """What was typed, by number of the benchmark."""
        return {number: self.cleaned_data[f"weight_{number}"] for number in self.scheme.benchmarks}

    def differences(self) -> Iterator[tuple[str, Decimal]]:
        """Where what stands is not what was typed: the benchmark, and what stands."""
        for name in self.changed_data:
            if name.startswith("weight_"):
                yield str(self.fields[name].label), self.get_initial_for_field(self.fields[name], name)
