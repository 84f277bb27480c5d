"""What an adviser fills in: the review of one benchmark, strengths and recommendations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.forms.answers import NOT_YET, outcome_field, outcome_look
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Group, Look, VersionField
from benchmarks.catalogue import BenchmarkText, SchemeText

BLANKS = 2
"""Empty places after the ones that are filled."""
MOST = 20
"""More than this is refused: a letter that long is not read."""

SAVE_LIST = (
    Button(gettext_lazy("Save")),
    Button(gettext_lazy("Save and add another"), name="then", value="more", kind="secondary"),
)


class ReviewForm(GovukForm):
    """The adviser's outcome, Annex A summary and comments for one benchmark."""

    buttons = (
        Button(gettext_lazy("Save and continue")),
        Button(gettext_lazy("Save and go back to the list"), name="then", value="list", kind="secondary"),
    )

    def __init__(self, *args: Any, scheme: SchemeText, benchmark: BenchmarkText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["outcome"] = outcome_field(scheme, _("Your outcome"))
        self.looks["outcome"] = outcome_look(scheme, benchmark)
        self.fields["summary"] = CleanTextField(
            label=_("Annex A summary"),
            help_text=_("Printed in the letter. Leave a blank line between paragraphs."),
            multiline=True,
            required=False,
            max_length=text.LETTER_TEXT,
        )
        self.looks["summary"] = Look(size="m", rows=8)
        self.fields["comments"] = CleanTextField(
            label=_("Adviser’s comments"),
            help_text=_("Printed in the letter beside the summary."),
            multiline=True,
            required=False,
            max_length=text.LETTER_TEXT,
        )
        self.looks["comments"] = Look(size="m", rows=5)
        self.fields["version"] = VersionField()

    def level_code(self) -> str | None:
        """The level that was chosen; None for decide later."""
        return self.cleaned_data["outcome"] if self.cleaned_data["outcome"] not in ("", NOT_YET) else None

    @staticmethod
    def values(scheme: SchemeText, row: Any) -> dict[str, Any]:
        """Initial values from the review that stands."""
        level = scheme.level_by_id(row.level_id)
        return {
            "outcome": level.code if level else NOT_YET if row.saved_at else "",
            "summary": row.summary,
            "comments": row.comments,
            "version": row.version,
        }


class ListForm(GovukForm):
    """An ordered list of texts. ``token`` says which list the person saw."""

    buttons = SAVE_LIST
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, places: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posted = sum(1 for key in self.data if key.startswith(f"{self.stem}_"))
        self.places = min(max(places, posted), max(places, MOST))
        for index in range(self.places):
            self.add_place(index)

    stem = ""

    def add_place(self, index: int) -> None:
        """Add the fields of one entry."""
        raise NotImplementedError

    @classmethod
    def values(cls, rows: Sequence[Any], token: str) -> dict[str, Any]:
        """Initial values from the rows that stand."""
        raise NotImplementedError


class StrengthsForm(ListForm):
    """The strengths, in the order of the letter."""

    stem = "strength"

    def add_place(self, index: int) -> None:
        self.fields[f"strength_{index}"] = CleanTextField(
            label=_("Strength %(number)s") % {"number": index + 1},
            multiline=True,
            required=False,
            max_length=text.LETTER_TEXT,
        )
        self.looks[f"strength_{index}"] = Look(size="s", rows=3)

    def texts(self) -> list[str]:
        """Every text in order, empty ones too."""
        return [self.cleaned_data[f"strength_{index}"] for index in range(self.places)]

    @classmethod
    def values(cls, rows: Sequence[Any], token: str) -> dict[str, Any]:
        return {"token": token} | {f"strength_{index}": row.text for index, row in enumerate(rows)}


class RecommendationsForm(ListForm):
    """The recommendations, each with the benchmarks that it touches: none, one or several."""

    stem = "recommendation"

    def __init__(self, *args: Any, scheme: SchemeText, **kwargs: Any) -> None:
        self.choices = [(one.number, f"{one.number}. {one.title}") for one in scheme.benchmarks.values()]
        super().__init__(*args, **kwargs)

    def add_place(self, index: int) -> None:
        self.fields[f"heading_{index}"] = CleanTextField(
            label=_("Short heading (optional)"), required=False, max_length=200
        )
        self.fields[f"recommendation_{index}"] = CleanTextField(
            label=_("Text"), multiline=True, required=False, max_length=text.LETTER_TEXT
        )
        self.looks[f"recommendation_{index}"] = Look(rows=4)
        self.fields[f"benchmarks_{index}"] = forms.TypedMultipleChoiceField(
            label=_("Benchmarks (optional)"),
            choices=self.choices,
            coerce=int,
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        self.looks[f"benchmarks_{index}"] = Look(small=True)

    def arrangement(self) -> list[Any]:
        groups = [
            Group(
                _("Recommendation %(number)s") % {"number": index + 1},
                f"heading_{index}",
                f"recommendation_{index}",
                f"benchmarks_{index}",
            )
            for index in range(self.places)
        ]
        return ["token", *groups]

    def entries(self) -> Iterator[Mapping[str, Any]]:
        """Every entry in order: text, heading and benchmarks."""
        for index in range(self.places):
            yield {
                "text": self.cleaned_data[f"recommendation_{index}"],
                "heading": self.cleaned_data[f"heading_{index}"],
                "benchmarks": tuple(self.cleaned_data[f"benchmarks_{index}"]),
            }

    @classmethod
    def values(cls, rows: Sequence[Any], token: str) -> dict[str, Any]:
        values: dict[str, Any] = {"token": token}
        for index, row in enumerate(rows):
            values |= {
                f"heading_{index}": row.heading,
                f"recommendation_{index}": row.text,
                f"benchmarks_{index}": row.benchmark_numbers,
            }
        return values
