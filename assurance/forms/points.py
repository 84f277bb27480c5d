"""What an adviser fills in beside the benchmarks: strengths, recommendations, and what became of last year's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from assurance import text
from assurance.actions.follow_ups import Judgement
from assurance.actions.points import HEADING, NewRecommendation
from assurance.forms.govuk import CleanTextField, DateField, GovukForm, Look, VersionField
from assurance.queries.follow_ups import FollowUpLine
from assurance.vocabulary import FollowUpProgress
from benchmarks.catalogue import SchemeText

BLANKS = 1
"""Empty places after the ones that are filled."""
MOST = 20
"""More than this is refused: a letter that long is not read."""
TICKED = "benchmarks"
"""The part of an entry that by itself makes no recommendation."""
LONGEST_SEARCH = 100
"""Characters of what is searched for."""


@dataclass(frozen=True)
class Entry:
    """One entry of a list, as the page draws it. ``can_rise`` and ``can_sink``: whether it has somewhere to go."""

    index: int
    legend: StrOrPromise
    fields: tuple[BoundField, ...]
    key: BoundField
    is_free: bool
    can_rise: bool
    can_sink: bool

    @property
    def number(self) -> int:
        """As people count."""
        return self.index + 1


class ListForm(GovukForm):
    """An ordered list. ``token`` says which list the person saw, and ``id_3`` which row the fourth entry is.

    With ``draft`` nothing is checked: what was typed is shown again as it was, in another order for example.
    """

    parts: ClassVar[tuple[str, ...]] = ()
    """The names of an entry's fields; the first is the text without which it is empty."""
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, places: int = 0, draft: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        self.posted = self.places_of(self.data)
        self.places = min(max(places, self.posted), max(places, MOST + BLANKS))
        for index in range(self.places):
            self.add_place(index)
            self.fields[f"id_{index}"] = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1)

    def add_place(self, index: int) -> None:
        """Add the fields of one entry."""
        raise NotImplementedError

    def legend(self, number: int) -> StrOrPromise:
        """The heading of an entry."""
        raise NotImplementedError

    @classmethod
    def values_of(cls, row: Any) -> dict[str, Any]:
        """The fields of the entry of a row that stands, by the names in ``parts``."""
        raise NotImplementedError

    def full_clean(self) -> None:
        if self.draft:
            self._errors, self.cleaned_data = ErrorDict(), {}
        else:
            super().full_clean()

    def clean(self) -> dict[str, Any]:
        if self.posted > self.places:
            self.add_error(None, _("Shorten the list to %(most)s entries or fewer") % {"most": MOST})
        return self.cleaned_data

    def is_free(self, index: int) -> bool:
        """Whether nothing is in an entry that could be lost."""
        return not any(_is_said(self[f"{name}_{index}"].value()) for name in ("id", *self.parts) if name != TICKED)

    @property
    def free_place(self) -> int:
        """The first entry that is empty, or the one that comes after the last."""
        return next((index for index in range(self.places) if self.is_free(index)), self.places)

    @property
    def filled(self) -> int:
        """How many entries have a text."""
        return sum(_is_said(self[f"{self.parts[0]}_{index}"].value()) for index in range(self.places))

    @property
    def entries(self) -> Iterator[Entry]:
        """Every entry with its fields, in order."""
        free = [self.is_free(index) for index in range(self.places)]
        for index in range(self.places):
            yield Entry(
                index=index,
                legend=self.legend(index + 1),
                fields=tuple(self[f"{name}_{index}"] for name in self.parts),
                key=self[f"id_{index}"],
                is_free=free[index],
                can_rise=index > 0 and not free[index],
                can_sink=index + 1 < self.places and not free[index] and not free[index + 1],
            )

    @classmethod
    def values(cls, rows: Sequence[Any], token: str) -> dict[str, Any]:
        """Initial values from the rows that stand."""
        values: dict[str, Any] = {"token": token}
        for index, row in enumerate(rows):
            values |= {f"{name}_{index}": value for name, value in (cls.values_of(row) | {"id": row.pk}).items()}
        return values

    # What was posted, in another order

    @classmethod
    def _place(cls, key: str) -> tuple[str, int, str] | None:
        """Of the name of a posted field: which part of which entry, and which part of a date."""
        found = re.fullmatch(rf"({'|'.join(('id', *cls.parts))})_([0-9]{{1,4}})((?:_day|_month|_year)?)", key)
        return (found[1], int(found[2]), found[3]) if found else None

    @classmethod
    def places_of(cls, data: Any) -> int:
        """How many entries were posted."""
        return max((place[1] + 1 for key in data if (place := cls._place(key))), default=0)

    @classmethod
    def arranged(cls, data: QueryDict, order: Sequence[int]) -> QueryDict:
        """What was typed, with the entries in this order. One that is not in it is gone."""
        places = {old: new for new, old in enumerate(order)}
        moved = QueryDict(mutable=True)
        for key, values in data.lists():
            place = cls._place(key)
            if place is None:
                moved.setlist(key, values)
            elif place[1] in places:
                moved.setlist(f"{place[0]}_{places[place[1]]}{place[2]}", values)
        return moved

    @classmethod
    def with_rows(cls, data: QueryDict, rows: Iterable[Any]) -> QueryDict:
        """What was typed, and after it the rows that are not among it."""
        typed = data.copy()
        places = cls.places_of(data)
        there = {data.get(f"id_{index}", "") for index in range(places)}
        for index, row in enumerate((row for row in rows if str(row.pk) not in there), start=places):
            cls.put(typed, index, cls.values_of(row) | {"id": row.pk})
        return typed

    @classmethod
    def put(cls, data: QueryDict, index: int, values: Mapping[str, Any]) -> None:
        """Fill one entry, as if it had been typed."""
        for name, value in values.items():
            key = f"{name}_{index}"
            if isinstance(value, list | tuple):
                data.setlist(key, [str(one) for one in value])
            elif hasattr(value, "year"):
                for part in ("day", "month", "year"):
                    data[f"{key}_{part}"] = str(getattr(value, part))
            elif value is not None:
                data[key] = str(value)


def _is_said(value: Any) -> bool:
    """Whether a field, or any part of it, holds something."""
    return any(map(_is_said, value)) if isinstance(value, list | tuple) else bool(str(value or "").strip())


class StrengthsForm(ListForm):
    """The strengths, in the order of the letter."""

    parts = ("strength",)

    def add_place(self, index: int) -> None:
        self.fields[f"strength_{index}"] = CleanTextField(
            label=_("Strength %(number)s") % {"number": index + 1},
            multiline=True,
            required=False,
            max_length=text.LETTER_TEXT,
        )
        self.looks[f"strength_{index}"] = Look(rows=3, label_hidden=True)

    def legend(self, number: int) -> StrOrPromise:
        return _("Strength %(number)s") % {"number": number}

    def texts(self) -> list[str]:
        """Every text in order, empty ones too."""
        return [self.cleaned_data[f"strength_{index}"] for index in range(self.places)]

    def ids(self) -> list[int | None]:
        """The row of each text; None for a new one."""
        return [self.cleaned_data[f"id_{index}"] for index in range(self.places)]

    @classmethod
    def values_of(cls, row: Any) -> dict[str, Any]:
        return {"strength": row.text}


class RecommendationsForm(ListForm):
    """The recommendations, each with the benchmarks that it touches, its owners and by when: none, one or several."""

    parts = ("recommendation", "heading", "benchmarks", "owners", "due")

    def __init__(self, *args: Any, scheme: SchemeText, **kwargs: Any) -> None:
        self.choices = [(one.number, f"{one.number}. {one.title}") for one in scheme.benchmarks.values()]
        super().__init__(*args, **kwargs)

    def add_place(self, index: int) -> None:
        self.fields[f"heading_{index}"] = CleanTextField(
            label=_("Short heading (optional)"), required=False, max_length=HEADING
        )
        self.fields[f"recommendation_{index}"] = CleanTextField(
            label=_("Text"), multiline=True, required=False, max_length=text.LETTER_TEXT
        )
        self.looks[f"recommendation_{index}"] = Look(rows=4)
        self.fields[f"benchmarks_{index}"] = forms.TypedMultipleChoiceField(
            label=_("Benchmarks (optional)"),
            choices=self.choices,
            coerce=int,
            widget=forms.CheckboxSelectMultiple(attrs={"class": "app-side-by-side"}),
            required=False,
        )
        self.looks[f"benchmarks_{index}"] = Look(small=True)
        self.fields[f"owners_{index}"] = CleanTextField(
            label=_("Owners (optional)"),
            help_text=_("One on each line. Leave it empty while nobody owns it: it then shows “No owner yet”."),
            multiline=True,
            required=False,
        )
        self.looks[f"owners_{index}"] = Look(rows=2)
        self.fields[f"due_{index}"] = DateField(label=_("Due date (optional)"), required=False)

    def legend(self, number: int) -> StrOrPromise:
        return _("Recommendation %(number)s") % {"number": number}

    @property
    def entries(self) -> Iterator[Entry]:
        """Every entry with its fields, in order: the heading above the text."""
        for entry in super().entries:
            words, heading, *rest = entry.fields
            yield Entry(**(vars(entry) | {"fields": (heading, words, *rest)}))

    def wanted(self) -> list[NewRecommendation]:
        """Every entry in order, empty ones too, for the action."""
        said = self.cleaned_data
        return [
            NewRecommendation(
                text=said[f"recommendation_{index}"],
                heading=said[f"heading_{index}"],
                benchmarks=tuple(said[f"benchmarks_{index}"]),
                owners=tuple(said[f"owners_{index}"].split("\n")),
                due_on=said[f"due_{index}"],
                id=said[f"id_{index}"],
            )
            for index in range(self.places)
        ]

    @classmethod
    def values_of(cls, row: Any) -> dict[str, Any]:
        return {
            "recommendation": row.text,
            "heading": row.heading,
            "benchmarks": row.benchmark_numbers,
            "owners": "\n".join(row.owners),
            "due": row.due_on,
        }


class LibraryForm(GovukForm):
    """Which earlier recommendations to show: on a benchmark, with words, or all of them."""

    def __init__(self, *args: Any, scheme: SchemeText, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [("", _("Any benchmark"))]
        self.fields["benchmark"] = forms.TypedChoiceField(
            label=_("Benchmark"),
            choices=every + [(one.number, f"{one.number}. {one.title}") for one in scheme.benchmarks.values()],
            coerce=int,
            empty_value=None,
            required=False,
        )
        self.fields["q"] = CleanTextField(label=_("Words (optional)"), required=False, max_length=LONGEST_SEARCH)


@dataclass(frozen=True)
class Part:
    """One of last year's recommendations with the fields of the adviser's judgement, as the page draws them."""

    line: FollowUpLine
    progress: BoundField
    note: BoundField
    version: BoundField


class JudgementsForm(GovukForm):
    """For each of last year's recommendations how far it is in the adviser's judgement, and a note; each can wait."""

    def __init__(self, *args: Any, lines: Sequence[FollowUpLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for number, line in enumerate(lines, start=1):
            self.fields[f"progress_{line.id}"] = forms.ChoiceField(
                label=_("How far is recommendation %(number)s in your judgement?") % {"number": number},
                choices=FollowUpProgress.choices,
                widget=forms.RadioSelect,
                required=False,
            )
            self.looks[f"progress_{line.id}"] = Look(size="s", small=True)
            self.fields[f"note_{line.id}"] = CleanTextField(
                label=_("Why (optional)"), multiline=True, required=False, max_length=text.NOTE
            )
            self.looks[f"note_{line.id}"] = Look(rows=3)
            self.fields[f"version_{line.id}"] = VersionField()

    @property
    def parts(self) -> Iterator[Part]:
        """Every recommendation with its fields, in order."""
        for line in self.lines:
            yield Part(line, *(self[f"{name}_{line.id}"] for name in ("progress", "note", "version")))

    def judgements(self) -> dict[int, Judgement]:
        """What was judged, by the id of the recommendation, for the action."""
        return {
            line.id: Judgement(
                version=self.cleaned_data[f"version_{line.id}"],
                progress=self.cleaned_data[f"progress_{line.id}"],
                note=self.cleaned_data[f"note_{line.id}"],
            )
            for line in self.lines
        }

    @staticmethod
    def values(lines: Sequence[FollowUpLine]) -> dict[str, Any]:
        """Initial values from what stands."""
        values: dict[str, Any] = {}
        for line in lines:
            values |= {
                f"progress_{line.id}": line.judged,
                f"note_{line.id}": line.judged_note,
                f"version_{line.id}": line.judged_version,
            }
        return values
