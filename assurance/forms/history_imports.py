"""What is sent of a table of earlier years: the file, cells that are written anew, and why an import is undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import text
from assurance.forms.govuk import Button, CleanTextField, GovukForm, Look, VersionField
from assurance.queries.history_imports import CellAsked
from assurance.workbook.history_read import LONGEST_CELL
from assurance.workbook.safe import LARGEST, too_large

LONGEST_LINE = 60
"""Characters of a cell that is written in a single line."""


class HistoryUploadForm(GovukForm):
    """The table, and what it is to be read by. What is wrong inside the file is said when a worker has read it."""

    buttons = (Button(gettext_lazy("Upload and check")),)
    looks = {"file": Look(size="s"), "scheme": Look(size="s"), "programme": Look(size="s")}
    programme = forms.TypedChoiceField(label=gettext_lazy("Programme"), coerce=int)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(".xlsx, .ods or .csv, up to 10 MB. Nothing is taken over before you have seen it."),
        allow_empty_file=True,
        error_messages={"required": gettext_lazy("Choose the file with the earlier years")},
        widget=forms.FileInput(attrs={"accept": ".xlsx,.ods,.csv"}),
    )
    scheme = forms.ChoiceField(
        label=gettext_lazy("Scheme of years that have no cycle here yet"),
        help_text=gettext_lazy("A year that has a cycle here keeps its scheme, and so does a row that names one."),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        programmes: Sequence[tuple[int, str]],
        schemes: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["programme"].choices = programmes
        self.fields["scheme"].choices = [("", _("None: every such row names its scheme")), *schemes]
        if len(programmes) == 1:
            self.fields["programme"].widget = forms.HiddenInput()
            self.fields["programme"].initial = programmes[0][0]

    def clean_file(self) -> Any:
        """The file. Raises ValidationError for one that is empty or too large."""
        file = self.cleaned_data["file"]
        if not file.size:
            raise ValidationError(_("The file is empty"))
        if file.size > LARGEST:
            raise ValidationError(too_large())
        return file


class CellsForm(GovukForm):
    """Cells of one authority and year, to be written anew. Each is read again when it is saved."""

    def __init__(self, *args: Any, cells: Sequence[CellAsked], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cells = cells
        self.buttons = (Button(_("Save and check again")),)
        for cell in cells:
            long = len(cell.written) > LONGEST_LINE
            self.fields[cell.field] = CleanTextField(
                label=_("%(name)s, %(place)s") % {"name": cell.name, "place": cell.place},
                help_text=cell.fault,
                initial=cell.written,
                required=False,
                multiline=long,
                max_length=LONGEST_CELL,
            )
            self.looks[cell.field] = Look(size="s", rows=5) if long else Look(size="s")
        self.fields["version"] = VersionField()

    def written(self) -> dict[tuple[int, str], str]:
        """What each cell is to say, by line and role."""
        return {(cell.line, cell.role): self.cleaned_data[cell.field] or "" for cell in self.cells}


class VersionForm(forms.Form):
    """Nothing but the version that the page showed."""

    version = VersionField()


class UndoForm(GovukForm):
    """Why an import is undone."""

    buttons = (Button(gettext_lazy("Undo the import"), kind="warning"),)
    looks = {"reason": Look(size="m")}
    reason = CleanTextField(
        label=gettext_lazy("Why you undo it"),
        help_text=gettext_lazy("It stands in the record of each authority, where its people read it too."),
        multiline=True,
        max_length=text.REASON,
    )
