"""What is written in the thread of a benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look
from assurance.text import REASON


class Colleague(Protocol):
    """As much of a colleague as the form shows."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def email(self) -> str: ...


class CommentForm(GovukForm):
    """A comment, and whom to tell of it."""

    buttons = (Button(gettext_lazy("Add the comment")),)
    text = CleanTextField(
        label=gettext_lazy("Your comment"),
        help_text=gettext_lazy(
            "Prevent Leads and contributors of your authority read this. At the Home Office, only an auditor can."
        ),
        multiline=True,
        addresses=True,
        max_length=REASON,
        error_messages={"required": gettext_lazy("Write your comment")},
    )
    looks = {"text": Look(size="m", rows=4)}

    def __init__(self, *args: Any, colleagues: Sequence[Colleague], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if colleagues:
            self.fields["tell"] = forms.TypedMultipleChoiceField(
                label=_("Tell"),
                help_text=_("They get an email with a link. You can also write @ and a name in the comment."),
                choices=[(one.id, one.name) for one in colleagues],
                coerce=int,
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
            hints = {str(one.id): one.email for one in colleagues if one.email != one.name}
            self.looks["tell"] = Look(size="s", small=True, hints=hints)

    def told(self) -> list[int]:
        """The ids of whoever is ticked."""
        return self.cleaned_data.get("tell") or []
