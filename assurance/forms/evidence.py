"""What people fill in for evidence: files, a link, and the benchmarks and criteria that it supports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import filetypes
from assurance.actions.evidence import LONGEST_TITLE, Supports
from assurance.forms.govuk import Button, GovukForm, Look, VersionField
from benchmarks.catalogue import BenchmarkText


class _FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files, as a list. What they are is looked at by the action, one by one, so that one bad file
    does not cost the others."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=_FilesInput, **options)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = [one for one in data or [] if one]
        if self.required and not files:
            super().clean(None, initial)
        return files


class SupportsForm(GovukForm):
    """Boxes for benchmarks, and for the criteria of those in ``detailed``: fields ``criteria_<number>``.

    With ``may_be_none``, it may be for no benchmark, as what answers a question may.
    """

    def __init__(
        self,
        *args: Any,
        benchmarks: Sequence[BenchmarkText],
        detailed: Sequence[BenchmarkText],
        may_be_none: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["benchmarks"] = forms.TypedMultipleChoiceField(
            label=_("Which benchmarks does it support?"),
            choices=[(one.number, f"{one.number}. {one.title}") for one in benchmarks],
            coerce=int,
            widget=forms.CheckboxSelectMultiple,
            required=not may_be_none,
            error_messages={
                "required": _("Choose at least one benchmark"),
                "invalid_choice": _("Choose benchmarks from the list"),
            },
        )
        self.looks["benchmarks"] = Look(size="s", small=True)
        self.detailed = {one.number: f"criteria_{one.number}" for one in detailed if one.criterion_ids}
        for one in detailed:
            if one.number in self.detailed:
                name = self.detailed[one.number]
                self.fields[name] = forms.TypedMultipleChoiceField(
                    label=_("Criteria of %(number)s. %(title)s") % {"number": one.number, "title": one.title},
                    choices=[(row.id, row.text) for rows in one.criteria.values() for row in rows],
                    coerce=int,
                    widget=forms.CheckboxSelectMultiple,
                    required=False,
                    error_messages={"invalid_choice": _("Choose criteria from the list")},
                )
                self.looks[name] = Look(size="s", small=True)

    @property
    def criteria_fields(self) -> list[Any]:
        """The fields of criteria, for a page that puts them away until they are wanted."""
        return [self[name] for name in self.detailed.values()]

    @property
    def has_criteria_shown(self) -> bool:
        """Whether a criterion is ticked or a field of them is at fault."""
        return any(self[name].value() or self[name].errors for name in self.detailed.values())

    def supports(self) -> Supports:
        """What was ticked. Criteria of a benchmark that is not ticked go with it."""
        numbers = self.cleaned_data["benchmarks"]
        criteria = [one for number, name in self.detailed.items() if number in numbers
                    for one in self.cleaned_data[name]]  # fmt: skip
        return Supports(numbers, criteria)


class AddForm(SupportsForm):
    """New evidence: files, or a link, or both. For a question, by its id, no benchmark is chosen."""

    files = FilesField(required=False, label=gettext_lazy("Files"))
    url = forms.CharField(
        required=False,
        label=gettext_lazy("Web address"),
        help_text=gettext_lazy("Such as https://www.example.gov.uk/plan. The adviser must be able to open it."),
    )
    link_title = forms.CharField(required=False, label=gettext_lazy("Title of the link"))
    looks = {"url": Look(size="s"), "link_title": Look(size="s")}
    buttons = (Button(gettext_lazy("Add")),)

    def __init__(self, *args: Any, question: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        if question is not None:
            del self.fields["benchmarks"]
        self.fields["files"].help_text = _(
            "%(accepted)s. Up to 20 MB each, and up to %(most)s files at once. No macros and no passwords."
        ) % {"accepted": filetypes.accepted(), "most": filetypes.MOST_AT_ONCE}

    def supports(self) -> Supports:
        """The question, or what was ticked."""
        return super().supports() if self.question is None else Supports(question=self.question)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("files") and not (cleaned.get("url") or cleaned.get("link_title")):
            self.add_error("files", _("Choose a file, or enter the address of a link"))
        return cleaned


class EditForm(SupportsForm):
    """The title of evidence, the address of a link, and what it supports."""

    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=5 * LONGEST_TITLE,
        error_messages={"required": gettext_lazy("Enter a title")},
    )
    url = forms.CharField(required=False, label=gettext_lazy("Web address"))
    version = VersionField()
    looks = {"title": Look(size="s"), "url": Look(size="s")}

    def __init__(self, *args: Any, is_link: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_link:
            del self.fields["url"]


class ReplaceForm(GovukForm):
    """A newer file in place of the one that is there."""

    file = forms.FileField(
        label=gettext_lazy("New file"),
        help_text=gettext_lazy("The one that is there is kept as an earlier version."),
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("Choose a file")},
    )
    version = VersionField()
    looks = {"file": Look(size="s")}
