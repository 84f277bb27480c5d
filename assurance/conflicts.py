"""What two people said in the same form, side by side. Pure: a form and plain values in, plain values out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms

from assurance.differences import Comparison, compare
from assurance.text import clean


@dataclass(frozen=True)
class TextConflict:
    """A text that reads differently: first what stands, second what was typed."""

    name: str
    label: str
    comparison: Comparison


@dataclass(frozen=True)
class ChoiceConflict:
    """A choice that differs, each in words ("" for none)."""

    name: str
    label: str
    stands: str
    typed: str


@dataclass(frozen=True)
class Conflict:
    """What somebody saved while a person was writing, and where it differs from what the person typed.

    ``who`` is "" when nobody knows; ``is_own`` says that it was the person themselves, in another window.
    """

    who: str
    at: datetime | None
    is_own: bool
    choices: tuple[ChoiceConflict, ...]
    texts: tuple[TextConflict, ...]

    @property
    def marks(self) -> int:
        """How many marks on criteria differ."""
        return sum(one.name.startswith(("mark_", "verdict_")) for one in self.choices)

    @property
    def any(self) -> bool:
        """Whether anything differs."""
        return bool(self.choices or self.texts)


def between(
    form: forms.Form, stands: Mapping[str, Any], *, who: str = "", at: datetime | None = None, is_own: bool = False
) -> Conflict:
    """Where what the form holds differs from what stands, by the form's own fields and in their order.

    Args:
        form: as it is about to be shown.
        stands: what stands, as the form's initial values.
        who, at, is_own: as in :class:`Conflict`.
    """
    choices, texts = [], []
    for name, field in form.fields.items():
        if field.widget.is_hidden or isinstance(field, forms.BooleanField):
            continue
        old, new = _said(stands.get(name)), _said(form[name].value())
        if old == new:
            continue
        label = str(form[name].label)
        if isinstance(field, forms.ChoiceField):
            labels = {str(value): str(text) for value, text in field.choices}  # type: ignore[misc, union-attr]
            choices.append(ChoiceConflict(name, label, labels.get(old, ""), labels.get(new, "")))
        else:
            texts.append(TextConflict(name, label, compare(old, new)))
    return Conflict(who, at, is_own, tuple(choices), tuple(texts))


def _said(value: Any) -> str:
    """A value as it would be kept."""
    return clean(str(value)) if value else ""
