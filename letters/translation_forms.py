"""What an adviser fills in about the Welsh of a letter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from letters.languages import WELSH
from letters.translation_actions import Written
from letters.translation_queries import Line, TranslationPage

TEXT, VERSION, ENGLISH, STILL = "text_", "version_", "english_", "still_"
"""What the names of the fields of a text begin with."""
MOST_ROWS = 14


@dataclass(frozen=True)
class Beside:
    """One text with its fields. ``theirs`` is what somebody else saved meanwhile, where that is so."""

    line: Line
    box: BoundField
    hidden: tuple[BoundField, ...]
    still: BoundField | None
    theirs: str | None


class TranslationForm(GovukForm):
    """A Welsh box for each text of a letter, empty for none."""

    buttons = (Button(gettext_lazy("Save")),)

    def __init__(self, *args: Any, page: TranslationPage, theirs: dict[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        self.theirs = theirs or {}
        for line in page.lines:
            self._add(line)

    def _add(self, line: Line) -> None:
        name = f"{TEXT}{line.slug}"
        self.fields[name] = CleanTextField(
            label=_("%(name)s in Welsh") % {"name": line.name},
            help_text=_("One per line") if line.is_list else "",
            multiline=not line.is_short,
            required=False,
            initial=line.welsh or (line.english if line.is_list else ""),
            max_length=200 if line.is_short else text.LETTER_TEXT,
        )
        self.fields[name].widget.attrs["lang"] = WELSH
        # About as high as the English beside it.
        self.looks[name] = Look(size="s", rows=min(MOST_ROWS, 2 + len(line.english) // 45 + line.english.count("\n")))
        self.fields[f"{VERSION}{line.slug}"] = VersionField(initial=line.version)
        self.fields[f"{ENGLISH}{line.slug}"] = forms.CharField(
            widget=forms.HiddenInput, initial=line.digest, min_length=64, max_length=64
        )
        if line.outdated:
            self.fields[f"{STILL}{line.slug}"] = forms.BooleanField(
                label=_("The Welsh still says the same as the English"), required=False
            )

    @property
    def parts(self) -> Iterator[tuple[str, list[Beside]]]:
        """Every text with its fields, by part of the letter."""
        for title, lines in self.page.groups:
            yield title, [self._beside(line) for line in lines]

    def _beside(self, line: Line) -> Beside:
        return Beside(
            line=line,
            box=self[f"{TEXT}{line.slug}"],
            hidden=(self[f"{VERSION}{line.slug}"], self[f"{ENGLISH}{line.slug}"]),
            still=self[f"{STILL}{line.slug}"] if line.outdated else None,
            theirs=self.theirs.get(line.key),
        )

    def written(self) -> list[Written]:
        """What was typed."""
        return [
            Written(
                key=line.key,
                text=self.cleaned_data[f"{TEXT}{line.slug}"],
                version=self.cleaned_data[f"{VERSION}{line.slug}"],
                english=self.cleaned_data[f"{ENGLISH}{line.slug}"],
                still=bool(self.cleaned_data.get(f"{STILL}{line.slug}")),
                field=f"{TEXT}{line.slug}",
            )
            for line in self.page.lines
        ]
