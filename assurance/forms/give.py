"""What a Prevent Lead fills in: which contributor answers which benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from django import forms
from django.utils.translation import gettext_lazy

from assurance.forms.govuk import Button, GovukForm, Look
from benchmarks.catalogue import BenchmarkText


class Contributor(Protocol):
    """As much of a contributor as the form shows."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def numbers(self) -> tuple[int, ...]: ...


class GiveForm(GovukForm):
    """For each contributor, a box for each scored benchmark. ``token`` says what the person saw."""

    buttons = (Button(gettext_lazy("Save")),)
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        contributors: Sequence[Contributor],
        benchmarks: Sequence[BenchmarkText],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.number, f"{one.number}. {one.title}") for one in benchmarks]
        self.names = {one.id: f"given_{one.id}" for one in contributors}
        for one in contributors:
            name = self.names[one.id]
            self.fields[name] = forms.TypedMultipleChoiceField(
                label=one.name,
                help_text=one.email,
                choices=choices,
                coerce=int,
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
            self.looks[name] = Look(size="m", small=True)

    def wanted(self) -> dict[int, list[int]]:
        """The numbers that are ticked, by the contributor's id."""
        return {person: self.cleaned_data[name] for person, name in self.names.items()}

    @staticmethod
    def values(contributors: Sequence[Contributor], token: str) -> dict[str, Any]:
        """Initial values from what is given."""
        return {"token": token} | {f"given_{one.id}": list(one.numbers) for one in contributors}
