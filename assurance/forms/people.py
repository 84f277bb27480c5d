"""What is filled in on the people of an authority: an invitation, the end of a role, handing the lead role over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance.actions.giving import Ask
from assurance.actions.people import LONGEST_NAME, fitting_address
from assurance.actions.refusals import Unfit
from assurance.forms.give import due_field, note_field
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look
from assurance.vocabulary import Role
from benchmarks.catalogue import BenchmarkText

ROLE_HINTS = {
    Role.CONTRIBUTOR: gettext_lazy("Reads the whole self-assessment, and answers the benchmarks given to them."),
    Role.VIEWER: gettext_lazy("Reads what has been submitted and issued letters, and changes nothing."),
    Role.LEAD: gettext_lazy("Answers every benchmark, submits, and looks after the people."),
}
SOMEBODY_ELSE = "new"
STAYS, LEAVES = "contributor", "leaves"


class Person(Protocol):
    """As much of somebody as a form shows."""

    @property
    def person_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def role(self) -> Role: ...


class OpenAssessment(Protocol):
    """As much of an assessment as an invitation shows."""

    @property
    def id(self) -> int: ...
    @property
    def cycle(self) -> str: ...
    @property
    def benchmarks(self) -> tuple[BenchmarkText, ...]: ...


class AddressField(forms.CharField):
    """An e-mail address as it is kept."""

    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        super().__init__(label=_("Email address"), widget=forms.EmailInput(attrs), **options)

    def clean(self, value: Any) -> Any:
        """The address, or an error in words."""
        typed = super().clean(value)
        if not typed:
            return typed
        try:
            return fitting_address(typed)
        except Unfit as refusal:
            raise ValidationError(refusal.message) from refusal


class PersonField(forms.ChoiceField):
    """Radios of people. Whether somebody is on offer is asked by the action, which holds the people while it asks."""

    widget = forms.RadioSelect

    def valid_value(self, value: Any) -> bool:
        """Anything may be chosen here."""
        return True


def number(value: str) -> int:
    """The id that was chosen; nought, which is nobody's, for what is no number."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def name_field(**options: Any) -> CleanTextField:
    """What somebody is called."""
    return CleanTextField(
        label=_("Full name"),
        help_text=_("If they use this service already, they keep the name that they have."),
        max_length=LONGEST_NAME,
        **options,
    )


class InviteForm(GovukForm):
    """Whom to invite, as what, and with which benchmarks. Sent to ``action`` wherever it is shown."""

    buttons = (Button(gettext_lazy("Send the invitation")),)

    def __init__(
        self, *args: Any, roles: Sequence[Role], assessments: Sequence[OpenAssessment], action: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.action = action
        self.fields["email"] = AddressField(required=True)
        self.fields["name"] = name_field(required=True)
        self.fields["role"] = forms.ChoiceField(
            label=_("What they will do"), choices=[(role.value, role.label) for role in roles], widget=forms.RadioSelect
        )
        inner: tuple[str, ...] = ()
        if assessments:
            several = len(assessments) > 1
            self.fields["given"] = forms.MultipleChoiceField(
                label=_("Benchmarks to give at once (optional)"),
                choices=[
                    (
                        f"{one.id}-{benchmark.number}",
                        f"{one.cycle}: {benchmark.number}. {benchmark.title}"
                        if several
                        else f"{benchmark.number}. {benchmark.title}",
                    )
                    for one in assessments
                    for benchmark in one.benchmarks
                ],
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
            self.fields["due"] = due_field()
            self.fields["note"] = note_field()
            inner = ("given", "due", "note")
            self.looks |= {
                "given": Look(size="s", small=True),
                "due": Look(size="s"),
                "note": Look(size="s", rows=2),
            }
        self.looks["role"] = Look(
            size="m",
            hints={role.value: ROLE_HINTS[role] for role in roles},
            reveals={Role.CONTRIBUTOR.value: inner} if inner else {},
        )

    @property
    def helper(self) -> Any:
        """As every form's, with where it is sent."""
        helper = super().helper
        helper.form_action = self.action
        return helper

    def benchmarks(self) -> dict[int, list[int]]:
        """The numbers that are ticked, by assessment."""
        found: dict[int, list[int]] = defaultdict(list)
        for one in self.cleaned_data.get("given") or ():
            assessment, _dash, number = one.partition("-")
            found[int(assessment)].append(int(number))
        return found

    def ask(self) -> Ask:
        """The date and the note."""
        return Ask(self.cleaned_data.get("due"), self.cleaned_data.get("note") or "")

    def clean(self) -> dict[str, Any]:
        """A date or a note without a benchmark would be lost without a word."""
        cleaned = super().clean() or self.cleaned_data
        if self.ask() != Ask() and not cleaned.get("given") and "given" not in self.errors:
            self.add_error("given", _("Tick the benchmarks that the date and the note are for"))
        return cleaned


class EndForm(GovukForm):
    """The button that ends somebody's part."""

    buttons = (Button(gettext_lazy("End their access"), kind="warning"),)


class LeaveForm(EndForm):
    """The same for oneself."""

    buttons = (Button(gettext_lazy("End my access"), kind="warning"),)


class HandOverForm(GovukForm):
    """Who is to be Prevent Lead, and what becomes of the one who was.

    ``own``: whether somebody hands over their own role, so that nobody asks whose.
    """

    buttons = (Button(gettext_lazy("Hand over the lead role"), kind="warning"),)

    def __init__(
        self, *args: Any, leads: Sequence[Person], colleagues: Sequence[Person], own: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not own:
            self.fields["former"] = PersonField(
                label=_("Whose lead role is handed over"),
                choices=[(str(one.person_id), one.name) for one in leads],
            )
            self.looks["former"] = Look(size="m", hints={str(one.person_id): one.email for one in leads})
        self.fields["to"] = PersonField(
            label=_("Who will be Prevent Lead"),
            choices=[
                *((str(one.person_id), one.name) for one in colleagues),
                (SOMEBODY_ELSE, _("Somebody else, who is invited by email")),
            ],
        )
        self.looks["to"] = Look(
            size="m",
            hints={str(one.person_id): f"{one.role.label}, {one.email}" for one in colleagues},
            divider_before=SOMEBODY_ELSE if colleagues else "",
            reveals={SOMEBODY_ELSE: ("email", "name")},
        )
        self.fields["email"] = AddressField(required=False)
        self.fields["name"] = name_field(required=False)
        self.fields["afterwards"] = forms.ChoiceField(
            label=_("And you, from today") if own else _("And whoever was lead until now"),
            choices=[
                (STAYS, _("Stay on as a contributor")),
                (LEAVES, _("Leave: no more access to this authority’s work")),
            ],
            widget=forms.RadioSelect,
        )
        self.looks["afterwards"] = Look(size="m")

    def clean(self) -> dict[str, Any]:
        """Somebody else needs an address and a name."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("to") == SOMEBODY_ELSE:
            if not cleaned.get("email") and "email" not in self.errors:
                self.add_error("email", _("Enter their email address"))
            if not cleaned.get("name") and "name" not in self.errors:
                self.add_error("name", _("Enter their name"))
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """What was chosen, as the action takes it."""
        to = self.cleaned_data["to"]
        fresh = to == SOMEBODY_ELSE
        return {
            "former_id": number(self.cleaned_data["former"]) if "former" in self.fields else None,
            "to_id": None if fresh else number(to),
            "email": self.cleaned_data["email"] if fresh else "",
            "name": self.cleaned_data["name"] if fresh else "",
            "stays": self.cleaned_data["afterwards"] == STAYS,
        }
