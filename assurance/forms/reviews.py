"""What an adviser fills in: the review of one benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance import text
from assurance.actions.reviews import Private
from assurance.forms.answers import NOT_YET, Option, options_of, outcome_field, outcome_look
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from assurance.vocabulary import Verdict
from benchmarks.catalogue import BenchmarkText, CriterionText, LevelText, SchemeText


class JudgedCriterion(Protocol):
    """As much of a criterion as the form needs: what it says."""

    @property
    def criterion(self) -> CriterionText: ...


class CriteriaOfLevel(Protocol):
    """The criteria of one level, as the page has them."""

    @property
    def level(self) -> LevelText: ...
    @property
    def is_signs(self) -> bool: ...
    @property
    def rows(self) -> Sequence[JudgedCriterion]: ...


@dataclass(frozen=True)
class VerdictRow:
    """One criterion with what the authority says of it (``judged``), the radios of the verdict, and the note."""

    judged: Any
    verdict: BoundField
    note: BoundField

    @property
    def options(self) -> list[Option]:
        """The radios: agree, differ."""
        return options_of(self.verdict)

    @property
    def note_is_open(self) -> bool:
        """Whether the note is shown at once: the verdict is to differ, it says something, or it is wrong."""
        return bool(self.verdict.value() == Verdict.DIFFER or self.note.value() or self.note.errors)


@dataclass(frozen=True)
class VerdictSection:
    """The criteria of one level with their fields."""

    level: LevelText
    is_signs: bool
    rows: tuple[VerdictRow, ...]


class ReviewForm(GovukForm):
    """The adviser's judgement on one benchmark: outcome, verdicts on criteria, texts for Annex A, and a private note.

    Drawn by ``assessments/review.html`` piece by piece. ``private`` adds the private note, for whoever reads those.
    """

    def __init__(
        self, *args: Any, scheme: SchemeText, benchmark: BenchmarkText, private: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.criteria: list[CriterionText] = []
        if scheme.is_checklist:
            self.criteria = [one for criteria in benchmark.criteria.values() for one in criteria]
        self.fields["outcome"] = outcome_field(scheme, _("Your outcome"))
        self.looks["outcome"] = outcome_look(scheme, benchmark)
        for one in self.criteria:
            self._add_criterion(one)
        self.fields["summary"] = CleanTextField(
            label=_("Annex A summary"),
            help_text=_("Printed in the letter. Leave a blank line between paragraphs."),
            multiline=True,
            required=False,
            max_length=text.LETTER_TEXT,
        )
        self.looks["summary"] = Look(size="m", rows=12)
        self.fields["comments"] = CleanTextField(
            label=_("Adviser’s comments"),
            help_text=_("Printed in the letter beside the summary."),
            multiline=True,
            required=False,
            max_length=text.LETTER_TEXT,
        )
        self.looks["comments"] = Look(size="m", rows=5)
        self.fields["version"] = VersionField()
        if private:
            self.fields |= private_fields(_("Private note"), rows=4, looks=self.looks)

    def _add_criterion(self, criterion: CriterionText) -> None:
        self.fields[f"verdict_{criterion.id}"] = forms.ChoiceField(
            label=criterion.text, choices=Verdict.choices, widget=forms.RadioSelect, required=False
        )
        self.fields[f"note_{criterion.id}"] = CleanTextField(
            label=_("Why you differ on “%(criterion)s”") % {"criterion": criterion.text},
            multiline=True,
            required=False,
            addresses=True,
            max_length=text.NOTE,
        )

    def sections(self, levels: Iterable[CriteriaOfLevel]) -> list[VerdictSection]:
        """The criteria by level, as the page shows them, each with its fields."""
        return [
            VerdictSection(
                level.level,
                level.is_signs,
                tuple(
                    VerdictRow(one, self[f"verdict_{one.criterion.id}"], self[f"note_{one.criterion.id}"])
                    for one in level.rows
                ),
            )
            for level in levels
        ]

    @property
    def verdict_fields(self) -> list[str]:
        """The names of the fields of every verdict."""
        return [f"verdict_{one.id}" for one in self.criteria]

    def judgement(self) -> dict[str, Any]:
        """What was said, as ``save_review`` takes it."""
        return {
            "version": self.cleaned_data["version"],
            "level_code": self.level_code(),
            "summary": self.cleaned_data["summary"],
            "comments": self.cleaned_data["comments"],
            "verdicts": self._said("verdict"),
            "notes": self._said("note"),
            "private": self.private(),
        }

    def level_code(self) -> str | None:
        """The level that was chosen; None for decide later."""
        return self.cleaned_data["outcome"] if self.cleaned_data["outcome"] not in ("", NOT_YET) else None

    def private(self) -> Private | None:
        """The private note that was typed; None on a form without one."""
        if "private" not in self.fields:
            return None
        return Private(self.cleaned_data["private"], self.cleaned_data["note_version"])

    def _said(self, kind: str) -> dict[int, str]:
        return {one.id: said for one in self.criteria if (said := self.cleaned_data[f"{kind}_{one.id}"])}

    @staticmethod
    def values(scheme: SchemeText, row: Any, note: PrivateNote | None) -> dict[str, Any]:
        """Initial values from the review and the private note that stand."""
        level = scheme.level_by_id(row.level_id)
        return {
            "outcome": level.code if level else NOT_YET if row.saved_at else "",
            "summary": row.summary,
            "comments": row.comments,
            "version": row.version,
            **{f"verdict_{one}": verdict for one, verdict in row.verdicts.items()},
            **{f"note_{one}": said for one, said in row.notes.items()},
            **private_values(note),
        }


class PrivateNote(Protocol):
    """As much of a private note as a form shows."""

    @property
    def text(self) -> str: ...
    @property
    def version(self) -> int: ...


def private_fields(label: StrOrPromise, *, rows: int, looks: dict[str, Look]) -> dict[str, forms.Field]:
    """A private note and its version; how it looks is put into ``looks``."""
    looks["private"] = Look(size="m", rows=rows)
    return {
        "private": CleanTextField(
            label=label,
            help_text=_("Never shown to the authority, and in no letter. For the Home Office only."),
            multiline=True,
            required=False,
            addresses=True,
            max_length=text.LETTER_TEXT,
        ),
        "note_version": VersionField(),
    }


def private_values(note: PrivateNote | None) -> dict[str, Any]:
    """Initial values from the private note that stands; none for whoever may not read it."""
    return {"private": note.text, "note_version": note.version} if note else {}


class NoteForm(GovukForm):
    """The private note on a whole assessment."""

    buttons = (Button(gettext_lazy("Save")),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields |= private_fields(_("On the whole assessment"), rows=8, looks=self.looks)

    def private(self) -> Private:
        """The note that was typed."""
        return Private(self.cleaned_data["private"], self.cleaned_data["note_version"])
