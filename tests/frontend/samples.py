"""Forms that hold every kind of field, with text that tries to break out of the page."""

from datetime import date
from pathlib import Path
from typing import Any

from django import forms

from assurance.forms.govuk import (
    Button,
    CleanTextField,
    DateField,
    GovukForm,
    Group,
    Look,
    VersionField,
)

HOSTILE = '<script>alert("x")</script>'
OUTCOMES = [("exceeds", "Exceeding"), ("meets", "Met"), ("below", "Not met"), ("na", "Not applicable")]


class EverythingForm(GovukForm):
    """One field of each kind."""

    name = CleanTextField(label="Your name", max_length=60, help_text="As it stands in letters")
    email = forms.EmailField(label="E-mail address")
    password = forms.CharField(label="Password", widget=forms.PasswordInput)
    officers = forms.IntegerField(label="Number of officers", min_value=0)
    due = DateField(label="When is it due?", help_text="For example, 27 3 2026", earliest=date(2026, 4, 1))
    summary = CleanTextField(label="Summary", multiline=True, max_length=500, help_text="For Annex A")
    notes = CleanTextField(label="Notes", multiline=True, required=False)
    region = forms.ChoiceField(label="Region", choices=[("", "Choose"), ("e", "East"), ("w", "West")])
    outcome = forms.ChoiceField(label="Outcome", choices=OUTCOMES, widget=forms.RadioSelect)
    reason = CleanTextField(label="Why was it not met?", multiline=True, max_length=200)
    topics = forms.MultipleChoiceField(
        label="Topics",
        choices=[("t", "Training"), ("v", "Venues"), ("none", "None of these")],
        widget=forms.CheckboxSelectMultiple,
    )
    declared = forms.BooleanField(label="I declare that this is complete", help_text="You cannot change it later")
    evidence = forms.FileField(label="Evidence")
    version = VersionField(initial=7)

    looks = {
        "name": Look(size="m", width="20"),
        "officers": Look(width="3", suffix="people"),
        "outcome": Look(
            size="m",
            hints={"meets": "Every criterion is met", "below": "At least one is not"},
            reveals={"below": ("reason",)},
            divider_before="na",
        ),
        "topics": Look(divider_before="none", exclusive="none"),
    }
    buttons = (
        Button("Save and continue"),
        Button("Save as draft", name="draft", value="yes", kind="secondary"),
        Button("Delete", name="delete", value="yes", kind="warning"),
    )


class GroupedForm(GovukForm):
    """Two fields under a heading of their own."""

    first = CleanTextField(label="First")
    second = CleanTextField(label="Second")

    def arrangement(self) -> list[Any]:
        return [Group("{{ heading }} & more", "first", "second")]


class HostileForm(GovukForm):
    """Every place where text from the database can stand."""

    text = CleanTextField(label=HOSTILE, help_text=HOSTILE)
    area = CleanTextField(label=HOSTILE, help_text=HOSTILE, multiline=True, max_length=10)
    radios = forms.ChoiceField(label=HOSTILE, choices=[(HOSTILE, HOSTILE)], widget=forms.RadioSelect)
    boxes = forms.MultipleChoiceField(label=HOSTILE, choices=[(HOSTILE, HOSTILE)], widget=forms.CheckboxSelectMultiple)
    select = forms.ChoiceField(label=HOSTILE, choices=[(HOSTILE, HOSTILE)])
    single = forms.BooleanField(label=HOSTILE, help_text=HOSTILE)
    due = DateField(label=HOSTILE, help_text=HOSTILE)

    looks = {
        "radios": Look(hints={HOSTILE: HOSTILE}),
        "text": Look(prefix=HOSTILE, suffix=HOSTILE),
    }
    buttons = (Button(HOSTILE, name=HOSTILE, value=HOSTILE),)


EVERYTHING = (Path(__file__).parent / "everything.html").read_text(encoding="utf-8")
