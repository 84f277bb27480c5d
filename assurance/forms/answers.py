"""What an authority fills in: one benchmark, what to bring in from last year, its answers to questions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance import text
from assurance.actions.answers import Reply
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from assurance.marks import mark_labels
from benchmarks.catalogue import BenchmarkText, CriterionText, LevelText, SchemeText
from benchmarks.vocabulary import Standing

_VERSION_OF = re.compile(r"version_(\d{1,3})", re.ASCII)

NOT_YET = "not_yet"
"""The choice of having no outcome yet, so that a half-done benchmark can be saved."""


def outcome_field(scheme: SchemeText, label: Any, **options: Any) -> forms.ChoiceField:
    """Radios of the scheme's scale, with the choice of deciding later."""
    choices = [(level.code, level.label) for level in scheme.levels]
    return forms.ChoiceField(
        label=label,
        choices=[*choices, (NOT_YET, gettext_lazy("Decide later"))],
        widget=forms.RadioSelect,
        required=False,
        **options,
    )


def outcome_look(scheme: SchemeText, benchmark: BenchmarkText) -> Look:
    """How the radios look: on a best-fit scheme each level shows its descriptor."""
    hints = {}
    if not scheme.is_checklist:
        hints = {code: criteria[0].text for code, criteria in benchmark.criteria.items()}
    return Look(size="m", hints=hints, divider_before=NOT_YET)


class Answer(Protocol):
    """As much of an answer as the form shows."""

    @property
    def version(self) -> int: ...
    @property
    def level_id(self) -> int | None: ...
    @property
    def evidence(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def marks(self) -> Mapping[str, str]: ...
    @property
    def notes(self) -> Mapping[str, str]: ...
    @property
    def saved_at(self) -> Any: ...


@dataclass(frozen=True)
class Option:
    """One radio: its id on the page, what it sends and says, and whether it is chosen."""

    id: str
    value: str
    label: StrOrPromise
    is_chosen: bool


@dataclass(frozen=True)
class CriterionRow:
    """One criterion of the form, with its radios and its note."""

    criterion: CriterionText
    mark: BoundField
    note: BoundField

    @property
    def options(self) -> list[Option]:
        """The radios of the mark."""
        return options_of(self.mark)

    @property
    def note_is_open(self) -> bool:
        """Whether the note is shown at once: it says something, or something is wrong with it."""
        return bool(self.note.value() or self.note.errors)


@dataclass(frozen=True)
class Section:
    """The criteria of one level."""

    level: LevelText
    is_signs: bool
    rows: tuple[CriterionRow, ...]


@dataclass(frozen=True)
class Column:
    """One level of a best-fit scale: its radio, and the descriptor that it stands for."""

    level: LevelText
    option: Option
    criteria: tuple[CriterionText, ...]


class AnswerForm(GovukForm):
    """One benchmark: what is said of each criterion, one's own outcome and why, and the evidence.

    Drawn by ``assessments/answer.html`` piece by piece, in the order of :attr:`sections` or :attr:`columns`.
    """

    def __init__(
        self,
        *args: Any,
        scheme: SchemeText,
        benchmark: BenchmarkText,
        needs_rechecking: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.scheme = scheme
        self.benchmark = benchmark
        self.levels: list[LevelText] = []
        if scheme.is_checklist:
            # What one has in place comes first: a sign of a gap is easier to own up to after it.
            levels = sorted(scheme.levels, key=lambda one: one.standing == Standing.BELOW)
            self.levels = [level for level in levels if benchmark.criteria.get(level.code)]
        for level in self.levels:
            for criterion in benchmark.criteria[level.code]:
                self._add_criterion(criterion, level)
        self.fields["outcome"] = outcome_field(scheme, _("Your outcome"))
        self.looks["outcome"] = outcome_look(scheme, benchmark)
        self._add_texts(scheme)
        if needs_rechecking:
            self.fields["checked"] = forms.BooleanField(
                label=_("I have checked this and it is right for this year"), required=False
            )
        self.fields["version"] = VersionField()

    def _add_criterion(self, criterion: CriterionText, level: LevelText) -> None:
        self.fields[f"mark_{criterion.id}"] = forms.ChoiceField(
            label=criterion.text,
            choices=list(mark_labels(level.standing).items()),
            widget=forms.RadioSelect,
            required=False,
        )
        self.fields[f"note_{criterion.id}"] = CleanTextField(
            label=_("Note on “%(criterion)s”") % {"criterion": criterion.text},
            multiline=True,
            required=False,
            addresses=True,
            max_length=text.NOTE,
        )

    def _add_texts(self, scheme: SchemeText) -> None:
        self.fields["reason"] = CleanTextField(
            label=_("Why does your outcome differ?") if scheme.is_checklist else _("Why this outcome fits best"),
            help_text=_("Only if your outcome is not the one that your marks suggest.") if scheme.is_checklist else "",
            multiline=True,
            required=False,
            addresses=True,
            max_length=text.REASON,
        )
        self.looks["reason"] = Look(size="s", rows=3)
        self.fields["evidence"] = CleanTextField(
            label=_("Evidence"),
            help_text=_("Say what you do, how you know that it works, and where the adviser can see it."),
            multiline=True,
            required=False,
            addresses=True,
            max_length=text.EVIDENCE,
        )
        self.looks["evidence"] = Look(size="m", rows=12)

    @property
    def sections(self) -> list[Section]:
        """The criteria by level, as the page shows them."""
        return [
            Section(
                level,
                level.standing == Standing.BELOW,
                tuple(
                    CriterionRow(one, self[f"mark_{one.id}"], self[f"note_{one.id}"])
                    for one in self.benchmark.criteria[level.code]
                ),
            )
            for level in self.levels
        ]

    @property
    def columns(self) -> list[Column]:
        """The levels with their descriptors, as a best-fit page shows them."""
        options = {one.value: one for one in options_of(self["outcome"])}
        return [
            Column(level, options[level.code], self.benchmark.criteria.get(level.code, ()))
            for level in self.scheme.levels
        ]

    @property
    def later(self) -> Option:
        """The choice of deciding later."""
        return next(one for one in options_of(self["outcome"]) if one.value == NOT_YET)

    @property
    def mark_fields(self) -> list[str]:
        """The names of the fields of every mark."""
        return [f"mark_{one.id}" for level in self.levels for one in self.benchmark.criteria[level.code]]

    def marks_of(self, level_code: str) -> list[str]:
        """The names of the marks of one level; none for a level that has no criteria here."""
        return [f"mark_{one.id}" for level in self.levels if level.code == level_code
                for one in self.benchmark.criteria[level.code]]  # fmt: skip

    def reply(self) -> Reply:
        """What was said, for the action."""
        return Reply(
            level_code=self.level_code(),
            evidence=self.cleaned_data["evidence"],
            reason=self.cleaned_data["reason"],
            marks=dict(self._said("mark")),
            notes=dict(self._said("note")),
        )

    def _said(self, kind: str) -> Iterator[tuple[int, str]]:
        for name, value in self.cleaned_data.items():
            stem, _sep, one = name.partition("_")
            if stem == kind and value:
                yield int(one), value

    def level_code(self) -> str | None:
        """The level that was chosen; None for decide later."""
        return self.cleaned_data["outcome"] if self.cleaned_data["outcome"] not in ("", NOT_YET) else None

    def is_checked(self) -> bool:
        """Whether what was brought in is confirmed, or nothing was."""
        return bool(self.cleaned_data.get("checked", True))

    @staticmethod
    def values(scheme: SchemeText, row: Answer) -> dict[str, Any]:
        """Initial values from the answer that stands."""
        level = scheme.level_by_id(row.level_id)
        return {
            "outcome": level.code if level else NOT_YET if row.saved_at else "",
            "reason": row.reason,
            "evidence": row.evidence,
            "version": row.version,
            **{f"mark_{one}": mark for one, mark in row.marks.items()},
            **{f"note_{one}": note for one, note in row.notes.items()},
        }


def options_of(bound: BoundField) -> list[Option]:
    """The radios of a choice. The first has the field's own id, which the error summary leads to."""
    chosen = str(bound.value() or "")
    choices: Iterable[tuple[Any, Any]] = bound.field.choices  # type: ignore[attr-defined]
    return [
        Option(f"{bound.auto_id}-{place}" if place > 1 else str(bound.auto_id), str(value), label, str(value) == chosen)
        for place, (value, label) in enumerate(choices, start=1)
    ]


class CarryingLine(Protocol):
    """As much of a benchmark as the form shows that brings last year in."""

    @property
    def benchmark(self) -> BenchmarkText: ...
    @property
    def version(self) -> int: ...
    @property
    def is_empty(self) -> bool: ...


class CarryForm(GovukForm):
    """For each benchmark that something could come into: whether it should, and the version that was seen.

    What replaces this year's words is not ticked beforehand, so that ticking it confirms it.
    """

    def __init__(self, *args: Any, lines: Sequence[CarryingLine] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.numbers = [line.benchmark.number for line in lines] or self._posted()
        for number in self.numbers:
            self.fields[f"carry_{number}"] = forms.BooleanField(label=str(number), required=False)
            self.fields[f"version_{number}"] = VersionField()
        for line in lines:
            self.fields[f"carry_{line.benchmark.number}"].initial = line.is_empty
            self.fields[f"version_{line.benchmark.number}"].initial = line.version

    def _posted(self) -> list[int]:
        """Which benchmarks a post is about, so that it is understood without reading them all again."""
        return sorted(int(found[1]) for found in map(_VERSION_OF.fullmatch, self.data) if found)

    def box(self, number: int) -> BoundField | None:
        """What is ticked for a benchmark; None for one that nothing can come into."""
        name = f"carry_{number}"
        return self[name] if name in self.fields else None

    def clean(self) -> dict[str, Any]:
        """At least one has to be chosen."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.versions():
            self.add_error(f"carry_{self.numbers[0]}" if self.numbers else None, _("Choose at least one benchmark"))
        return cleaned

    def versions(self) -> dict[int, int]:
        """The versions that were seen, of the benchmarks that were ticked."""
        return {
            number: self.cleaned_data[f"version_{number}"]
            for number in self.numbers
            if self.cleaned_data.get(f"carry_{number}") and f"version_{number}" in self.cleaned_data
        }


class QuestionAnswerForm(GovukForm):
    """An answer to one of the adviser's questions."""

    buttons = (Button(gettext_lazy("Save answer")),)
    answer = CleanTextField(
        label=gettext_lazy("Your answer"), multiline=True, max_length=text.LETTER_TEXT, required=True
    )
    version = VersionField()
