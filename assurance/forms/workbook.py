"""What is sent back of a workbook: the file, and which benchmarks of it are taken over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance.forms.govuk import Button, GovukForm, Look, VersionField
from assurance.workbook.safe import LARGEST, no_spreadsheet, too_large

_BEGINNINGS = (b"PK", bytes.fromhex("d0cf11e0"))
"""Of every kind of spreadsheet that is told apart later, with its own words."""


class UploadForm(GovukForm):
    """The workbook. What is plainly none is refused here; the rest the worker reads."""

    buttons = (Button(gettext_lazy("Upload and compare")),)
    looks = {"file": Look(size="s")}
    file = forms.FileField(
        label=gettext_lazy("Workbook"),
        help_text=gettext_lazy(".xlsx or .ods, up to 10 MB. Nothing is changed before you have seen what would be."),
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("Choose the workbook that you filled in")},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.ods"}),
    )

    def clean_file(self) -> Any:
        """The file. Raises ValidationError for one that is empty, too large, or no spreadsheet at all."""
        file = self.cleaned_data["file"]
        if not file.size:
            raise ValidationError(_("The file is empty"))
        if file.size > LARGEST:
            raise ValidationError(too_large())
        if not file.read(8).startswith(_BEGINNINGS):
            raise ValidationError(no_spreadsheet())
        file.seek(0)
        return file


class ApplyForm(forms.Form):
    """Which benchmarks are taken over, each with the version of the answer that the page showed."""

    def __init__(self, *args: Any, titles: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["apply"] = forms.TypedMultipleChoiceField(
            label=_("Benchmarks to take over"),
            choices=list(titles.items()),
            coerce=int,
            widget=forms.CheckboxSelectMultiple,
            error_messages={
                "required": _("Tick at least one benchmark, or discard the workbook"),
                "invalid_choice": _("Choose benchmarks of this workbook"),
            },
        )
        for number in titles:
            self.fields[f"version_{number}"] = VersionField(required=False)

    def versions(self) -> dict[int, int]:
        """The version that was seen of each benchmark that is ticked."""
        return {number: self.cleaned_data[f"version_{number}"] or 0 for number in self.cleaned_data["apply"]}

    def ticked(self) -> set[int]:
        """The numbers that were ticked, whatever else is wrong."""
        return {int(one) for one in self.data.getlist("apply") if one.isascii() and one.isdigit() and len(one) < 4}
