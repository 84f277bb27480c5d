"""What a Prevent Lead fills in: which contributor answers which benchmark, by when, and with what note."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from crispy_forms.layout import LayoutObject
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.actions.giving import Ask
from assurance.forms.govuk import Button, CleanTextField, DateField, GovukForm, Group, Look
from assurance.templatetags.macros import component
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
    @property
    def ask(self) -> Ask: ...


def due_field(**options: Any) -> DateField:
    """By when the lead would like to have it."""
    return DateField(label=_("When would you like to have it? (optional)"), required=False, **options)


def note_field(**options: Any) -> CleanTextField:
    """What the lead says with what they give."""
    return CleanTextField(
        label=_("Note (optional)"),
        multiline=True,
        required=False,
        addresses=True,
        max_length=text.NOTE,
        **options,
    )


class Card(Group):
    """One contributor, set apart from the next."""

    def render(self, *args: Any, **options: Any) -> SafeString:
        """The fieldset in its card; called by crispy-forms."""
        return format_html('<div class="app-card">{}</div>', super().render(*args, **options))


class Fold(LayoutObject):
    """The date and the note of a contributor, which open on demand: most of them stay empty."""

    def __init__(self, *fields: str) -> None:
        self.fields = list(fields)

    def render(self, form: forms.BaseForm, context: Any, template_pack: Any = TEMPLATE_PACK) -> SafeString:
        """The box as markup, open when there is something in it; called by crispy-forms."""
        said = [form[name].value() for name in self.fields]
        typed = any(any(part) if isinstance(part, list) else part for part in said)
        return component(
            "details",
            {
                "summaryText": _("A date and a note"),
                "html": self.get_rendered_fields(form, context, template_pack),
                "open": bool(typed) or any(name in form.errors for name in self.fields),
            },
        )


class GiveForm(GovukForm):
    """For each contributor a box for each scored benchmark, one date and one note.

    ``token`` says what the person saw. The date and the note stand for all that the contributor has.
    """

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
        self.contributors = contributors
        choices = [(one.number, f"{one.number}. {one.title}") for one in benchmarks]
        for one in contributors:
            given, due, note = self.names(one.id)
            self.fields[given] = forms.TypedMultipleChoiceField(
                label=_("Benchmarks"),
                help_text=one.email if one.email != one.name else "",
                choices=choices,
                coerce=int,
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
            self.looks[given] = Look(size="s", small=True)
            self.fields[due] = due_field()
            self.looks[due] = Look(size="s")
            self.fields[note] = note_field(help_text=_("They see it in their list of benchmarks."))
            self.looks[note] = Look(size="s", rows=2)

    @staticmethod
    def names(person: int) -> tuple[str, str, str]:
        """The fields of one contributor: benchmarks, date, note."""
        return f"given_{person}", f"due_{person}", f"note_{person}"

    def arrangement(self) -> list[Any]:
        names = [(one.name, *self.names(one.id)) for one in self.contributors]
        return [*(Card(name, given, Fold(due, note)) for name, given, due, note in names), "token"]

    def clean(self) -> dict[str, Any]:
        """Nobody is asked for nothing: what was typed would be lost without a word."""
        cleaned = super().clean() or self.cleaned_data
        for one in self.contributors:
            given, due, note = self.names(one.id)
            if given in self.errors or due in self.errors or note in self.errors:
                continue
            ask = Ask(cleaned[due], cleaned[note])
            if not cleaned[given] and ask not in (Ask(), one.ask):
                message = _("Tick the benchmarks that the date and the note are for: %(name)s")
                self.add_error(given, message % {"name": one.name})
        return cleaned

    def wanted(self) -> dict[int, list[int]]:
        """The numbers that are ticked, by the contributor's id."""
        return {one.id: self.cleaned_data[self.names(one.id)[0]] for one in self.contributors}

    def asks(self) -> dict[int, Ask]:
        """The dates and notes, by the contributor's id."""
        fields = ((one.id, self.names(one.id)) for one in self.contributors)
        return {person: Ask(self.cleaned_data[due], self.cleaned_data[note]) for person, (_given, due, note) in fields}

    @staticmethod
    def values(contributors: Sequence[Contributor], token: str) -> dict[str, Any]:
        """Initial values from what is given."""
        found: dict[str, Any] = {"token": token}
        for one in contributors:
            given, due, note = GiveForm.names(one.id)
            found |= {given: list(one.numbers), due: one.ask.due_on, note: one.ask.note}
        return found
