"""What a person decides for a board pack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crispy_forms.layout import LayoutObject
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Group, Look, VersionField
from letters.board.queries import CHOICES, EDIT, INCLUDE, OWNERS, Choices, Text

SAVE, SLIDES, PDF = "", "slides", "pdf"
"""What is done when it is saved."""


class Passage(LayoutObject):
    """A text of the letter with what was found in it, above the choice that is about it."""

    def __init__(self, shown: Text) -> None:
        self.shown = shown

    def render(self, form: forms.BaseForm, context: Any, template_pack: Any = TEMPLATE_PACK) -> SafeString:
        """The text as markup; called by crispy-forms."""
        return render_to_string("letters/board/_text.html", {"shown": self.shown})


class BoardPackForm(GovukForm):
    """Include, leave out or reword each text. Nothing is chosen beforehand where something was found in a text."""

    buttons = (
        Button(gettext_lazy("Make the slides"), name="make", value=SLIDES),
        Button(gettext_lazy("Make the PDF"), name="make", value=PDF),
        Button(gettext_lazy("Save and make nothing yet"), name="make", value=SAVE, kind="secondary"),
    )
    version = VersionField()

    def __init__(self, *args: Any, texts: Sequence[Text], choices: Choices, **kwargs: Any) -> None:
        self.texts = texts
        initial = dict(kwargs.pop("initial", {}))
        for one in texts:
            chosen = choices.get(one.key, {})
            initial[f"choice_{one.key}"] = chosen.get("choice") or ("" if one.findings else INCLUDE)
            initial[f"text_{one.key}"] = chosen.get("text") or one.whole
        super().__init__(*args, initial=initial, **kwargs)
        for one in texts:
            self._add(one)

    def _add(self, one: Text) -> None:
        choice, words = f"choice_{one.key}", f"text_{one.key}"
        offered = list(CHOICES.items())
        self.fields[choice] = forms.ChoiceField(
            label=_("In the pack: %(text)s") % {"text": one.label},
            choices=offered[:2] if one.key == OWNERS else offered,
            widget=forms.RadioSelect,
            error_messages={"required": _("Choose whether “%(text)s” goes into the pack") % {"text": one.label}},
        )
        self.looks[choice] = Look(size="s", small=True)
        if one.key != OWNERS:
            self.fields[words] = CleanTextField(
                label=_("Your wording of: %(text)s") % {"text": one.label},
                help_text=_("Only the pack changes. The letter stays as it was issued."),
                multiline=True,
                max_length=text.REASON,
            )
            self.looks[words] = Look(rows=6)
            self.looks[choice] = Look(size="s", small=True, reveals={EDIT: (words,)})

    def arrangement(self) -> list[Any]:
        return [*(Group(one.label, Passage(one), f"choice_{one.key}") for one in self.texts), "version"]

    def chosen(self) -> dict[str, tuple[str, str]]:
        """What was chosen for each text, and the words for it."""
        return {
            one.key: (self.cleaned_data[f"choice_{one.key}"], self.cleaned_data.get(f"text_{one.key}") or "")
            for one in self.texts
        }
