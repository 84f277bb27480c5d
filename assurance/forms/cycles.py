"""What a cycle administrator fills in: a new cycle, its dates, scope and benchmarks, and the word to go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance.forms.govuk import Button, CleanTextField, DateField, GovukForm, Group, Look, VersionField
from benchmarks.catalogue import SchemeText

LONGEST_NAME = 40
LONGEST_REASON = 1000
MOST_RECOMMENDATIONS = 50
MOST_REMINDERS = 10
EARLIEST_REMINDER = 180
"""Days before a deadline."""

DATES: Mapping[str, StrOrPromise] = {
    "opens_on": gettext_lazy("Opens on"),
    "submit_by": gettext_lazy("Answers submitted by"),
    "agree_by": gettext_lazy("Outcomes agreed by"),
    "letters_by": gettext_lazy("Letters sent by"),
}
WHOLE_NUMBER = gettext_lazy("Enter a whole number from 1 to %(most)s, or leave it empty")


class NewCycleForm(GovukForm):
    """A cycle of one of one's own programmes, on a published version of a scheme."""

    buttons = (Button(gettext_lazy("Create the cycle")),)
    looks = {
        "name": Look(size="m", width="20"),
        "programme": Look(size="m"),
        "scheme_version": Look(size="m"),
    }

    programme = forms.TypedChoiceField(
        label=gettext_lazy("Programme"),
        coerce=int,
        error_messages={
            "required": gettext_lazy("Choose a programme"),
            "invalid_choice": gettext_lazy("Choose a programme from the list"),
        },
    )
    name = CleanTextField(
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("The year that is assured, such as 2025/26"),
        max_length=LONGEST_NAME,
        error_messages={"required": gettext_lazy("Enter a name, such as 2025/26")},
    )
    scheme_version = forms.TypedChoiceField(
        label=gettext_lazy("Scheme of benchmarks"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose a scheme"),
            "invalid_choice": gettext_lazy("Choose a published scheme"),
        },
    )

    def __init__(self, *args: Any, programmes: Sequence[Any], versions: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(one.pk, one.name) for one in programmes]
        if len(own) == 1:
            self.fields["programme"].initial = own[0][0]
        else:
            own.insert(0, ("", _("Choose a programme")))
        self.fields["programme"].choices = own
        self.fields["scheme_version"].choices = [(one.pk, one.name) for one in versions]
        self.looks["scheme_version"] = Look(size="m", hints={str(one.pk): _about(one) for one in versions})


class DaysField(forms.CharField):
    """Whole numbers of days with commas or spaces between them, as a list from the longest to the shortest."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=100, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        words = super().to_python(value).replace(",", " ").split()
        fits = all(word.isascii() and word.isdigit() and len(word) <= 3 for word in words)
        days = sorted({int(word) for word in words}, reverse=True) if fits else []
        if not fits or len(days) > MOST_REMINDERS or not all(1 <= day <= EARLIEST_REMINDER for day in days):
            raise forms.ValidationError(
                _("Enter at most %(most)s whole numbers from 1 to %(longest)s, such as 28, 14, 7, 1")
                % {"most": MOST_REMINDERS, "longest": EARLIEST_REMINDER}
            )
        return days

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other days are meant, however they are written."""
        try:
            return bool(self.to_python(data) != (initial or []))
        except forms.ValidationError:
            return True


class CycleForm(GovukForm):
    """Dates, limit, reminders, scope and what is scored; once the cycle is open, the first three only."""

    buttons = (Button(gettext_lazy("Save")),)

    def __init__(
        self,
        *args: Any,
        scheme: SchemeText,
        in_preparation: bool,
        nations: Sequence[str],
        authority_types: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.benchmarks = tuple(scheme.benchmarks.values()) if in_preparation else ()
        for name, label in DATES.items():
            # There are four: the summary of errors has to say which one is meant.
            named = {code: f"{label}: {said}" for code, said in DateField.default_error_messages.items()}
            self.fields[name] = DateField(label=label, required=False, error_messages=named)
            self.looks[name] = Look(size="s")
        self._add_limit()
        self._add_reminders()
        if in_preparation:
            self._add_choice("nations", _("Nations"), nations)
            self._add_choice("authority_types", _("Types of authority"), authority_types)
        for benchmark in self.benchmarks:
            self._add_decision(benchmark.number, can_be_scored=bool(benchmark.criteria))
        self.fields["version"] = VersionField()

    def _add_limit(self) -> None:
        fault = WHOLE_NUMBER % {"most": MOST_RECOMMENDATIONS}
        self.fields["recommendation_limit"] = forms.IntegerField(
            label=_("Most recommendations in a letter"),
            help_text=_("An adviser who writes more is warned, not stopped. Leave it empty for no limit."),
            required=False,
            min_value=1,
            max_value=MOST_RECOMMENDATIONS,
            error_messages={"invalid": fault, "min_value": fault, "max_value": fault},
        )
        self.looks["recommendation_limit"] = Look(size="s", width="3")

    def _add_reminders(self) -> None:
        self.fields["reminder_days"] = DaysField(
            label=_("Days before a deadline on which people are reminded"),
            help_text=_("Such as 28, 14, 7, 1. Leave it empty if nobody is to be reminded before a deadline."),
        )
        self.looks["reminder_days"] = Look(size="s", width="10")
        self.fields["remind_overdue"] = forms.BooleanField(
            label=_("Remind people on the day after a deadline too"), required=False
        )
        self.looks["remind_overdue"] = Look(small=True)

    def _add_choice(self, name: str, label: str, values: Sequence[str]) -> None:
        self.fields[name] = forms.MultipleChoiceField(
            label=label,
            choices=[(value, value) for value in values],
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        self.looks[name] = Look(size="s", small=True)

    def _add_decision(self, number: int, *, can_be_scored: bool) -> None:
        """A box to tick and a reason; what has no criteria has no box, because nobody could choose an outcome."""
        if can_be_scored:
            self.fields[f"scored_{number}"] = forms.BooleanField(label=_("Scored in this cycle"), required=False)
            self.looks[f"scored_{number}"] = Look(small=True)
        self.fields[f"reason_{number}"] = CleanTextField(
            label=_("Why not (if not scored)") if can_be_scored else _("Why it is not scored"),
            help_text="" if can_be_scored else _("The scheme has no criteria for it, so it cannot be scored."),
            required=False,
            widget=forms.Textarea,
            validators=[MaxLengthValidator(LONGEST_REASON, CleanTextField.default_error_messages["max_length"])],
        )
        self.looks[f"reason_{number}"] = Look(rows=2)

    def arrangement(self) -> list[Any]:
        parts: list[Any] = [
            Group(_("Dates"), *DATES),
            Group(_("Recommendations"), "recommendation_limit"),
            Group(_("Reminders by e-mail"), "reminder_days", "remind_overdue"),
        ]
        if self.benchmarks:
            decisions = [
                Group(f"{one.number}. {one.title}", *self._fields_of(one.number), size="s") for one in self.benchmarks
            ]
            parts += [
                Group(_("Authorities in scope"), "nations", "authority_types"),
                Group(_("Benchmarks"), *decisions),
            ]
        return [*parts, "version"]

    def _fields_of(self, number: int) -> list[str]:
        return [name for name in (f"scored_{number}", f"reason_{number}") if name in self.fields]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for one in self.benchmarks:
            missing = not cleaned.get(f"scored_{one.number}") and not cleaned.get(f"reason_{one.number}")
            if missing and f"reason_{one.number}" not in self.errors:
                self.add_error(
                    f"reason_{one.number}",
                    _("Say why benchmark %(number)s, %(title)s, is not scored")
                    % {"number": one.number, "title": one.title},
                )
        return cleaned

    def dates(self) -> dict[str, date | None]:
        """The four dates by name."""
        return {name: self.cleaned_data[name] for name in DATES}

    def unscored(self) -> dict[int, str]:
        """Why not, by benchmark number, for the benchmarks that are not scored."""
        return {
            one.number: self.cleaned_data[f"reason_{one.number}"]
            for one in self.benchmarks
            if not self.cleaned_data.get(f"scored_{one.number}")
        }

    @staticmethod
    def values(cycle: Any, decisions: Sequence[Any]) -> dict[str, Any]:
        """Initial values from the cycle that stands."""
        others = ("recommendation_limit", "reminder_days", "remind_overdue", "nations", "authority_types", "version")
        names = (*DATES, *others)
        values = {name: getattr(cycle, name) for name in names}
        for one in decisions:
            values[f"scored_{one.benchmark.number}"] = one.scored
            values[f"reason_{one.benchmark.number}"] = one.reason
        return values

    def differences(self) -> Iterator[tuple[str, str]]:
        """Where what stands is not what was typed: the field in words, and what stands."""
        titles = {str(one.number): f"{one.number}. {one.title}" for one in self.benchmarks}
        for name in self.changed_data:
            if name == "version":
                continue
            title = titles.get(name.rpartition("_")[2], "")
            label = str(self.fields[name].label)
            yield f"{title}: {label}" if title else label, _shown(self.get_initial_for_field(self.fields[name], name))


class ConfirmForm(GovukForm):
    """The word to go on with something that cannot be undone. ``label`` is the button's text."""

    version = VersionField()

    def __init__(self, *args: Any, label: StrOrPromise, warn: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.buttons = (Button(label, kind="warning" if warn else "primary"),)


def _about(version: Any) -> str:
    return _("Scheme %(code)s, version %(version)s, published on %(day)s") % {
        "code": version.scheme.code,
        "version": version.version,
        "day": date_format(version.published_at, "j F Y"),
    }


def _shown(value: Any) -> str:
    """A value that stands, in words."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, date):
        return date_format(value, "j F Y")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("None chosen")
    return str(value) if value not in (None, "") else _("Not set")
