"""What is filled in on cover and assignments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Protocol

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance.forms.govuk import Button, DateField, GovukForm, Look
from assurance.forms.people import number

NOW, LATER = "now", "later"


class Choice(Protocol):
    """Somebody, or something, to choose."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...


def _options(choices: Sequence[Choice]) -> list[tuple[str, str]]:
    return [(str(one.id), one.name) for one in choices]


class PersonField(forms.TypedChoiceField):
    """One adviser out of a list, by id. Whether it is one is asked by the action, so that the list is read only to be
    shown."""

    def __init__(self, label: str, people: Sequence[Choice]) -> None:
        options = [("", _("Choose an adviser")), *_options(people)]
        super().__init__(label=label, choices=options, coerce=number)

    def valid_value(self, value: Any) -> bool:
        """Anything may be chosen here."""
        return True


class AuthoritiesField(forms.TypedMultipleChoiceField):
    """Any number of authorities, by id."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, label: str, authorities: Sequence[Choice]) -> None:
        super().__init__(label=label, choices=_options(authorities), coerce=int)
        self.error_messages["required"] = _("Choose at least one authority")


class CoverForm(GovukForm):
    """Who covers for an absent adviser, where, and from when to when. All authorities are ticked to begin with."""

    buttons = (Button(gettext_lazy("Arrange the cover")),)

    def __init__(
        self, *args: Any, people: Sequence[Choice], authorities: Sequence[Choice], absent: str, own: bool, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"authorities": [str(one.id) for one in authorities]})
        super().__init__(*args, **kwargs)
        self.fields["person"] = PersonField(_("Who covers"), people)
        self.fields["starts"] = DateField(
            label=_("First day that you are away") if own else _("First day that %(name)s is away") % {"name": absent}
        )
        self.fields["last_day"] = DateField(
            label=_("Last day that you are away") if own else _("Last day that %(name)s is away") % {"name": absent},
            help_text=_("From the day after, they no longer see these authorities."),
        )
        self.fields["authorities"] = AuthoritiesField(_("Authorities that they cover"), authorities)
        self.looks |= {
            "person": Look(size="m"),
            "starts": Look(size="m"),
            "last_day": Look(size="m"),
            "authorities": Look(size="m", small=True),
        }


class AssignForm(GovukForm):
    """To whom authorities are given, and from when."""

    buttons = (Button(gettext_lazy("Assign")),)

    def __init__(
        self,
        *args: Any,
        people: Sequence[Choice],
        authorities: Sequence[Choice],
        somebody_has: bool,
        today: date,
        **kwargs: Any,
    ) -> None:
        ticked = [str(one.id) for one in authorities]
        kwargs.setdefault("initial", {"authorities": ticked, "starts": today, "replaces": True})
        super().__init__(*args, **kwargs)
        self.fields["person"] = PersonField(_("Adviser"), people)
        self.fields["starts"] = DateField(label=_("First day"), help_text=_("Today or later."))
        self.fields["authorities"] = AuthoritiesField(_("Authorities"), authorities)
        self.looks |= {
            "person": Look(size="m"),
            "starts": Look(size="m"),
            "authorities": Look(size="m", small=True),
        }
        if somebody_has:
            self.fields["replaces"] = forms.BooleanField(
                label=_("Whoever has them until then gives them up on that day"), required=False
            )


class EndCoverForm(GovukForm):
    """The button that ends cover."""

    buttons = (Button(gettext_lazy("End the cover now"), kind="warning"),)


class EndAssignmentForm(GovukForm):
    """When an assignment ends."""

    buttons = (Button(gettext_lazy("End the assignment"), kind="warning"),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"] = forms.ChoiceField(
            label=_("When does it end?"),
            choices=[(NOW, _("Now")), (LATER, _("After a last day"))],
            widget=forms.RadioSelect,
        )
        self.fields["last_day"] = DateField(label=_("Last day"), required=False)
        self.looks["when"] = Look(size="m", reveals={LATER: ("last_day",)})

    def clean(self) -> dict[str, Any]:
        """Later needs a day."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("when") == LATER and not cleaned.get("last_day") and "last_day" not in self.errors:
            self.add_error("last_day", _("Enter the last day"))
        return cleaned

    def ends(self, today: date) -> date:
        """The first day on which it no longer holds."""
        if self.cleaned_data["when"] == NOW:
            return today
        last_day: date = self.cleaned_data["last_day"]
        return last_day + timedelta(days=1)
