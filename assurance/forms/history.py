"""What to look back at, and what to leave out of a timeline: forms that change nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assurance.forms.govuk import Button, CleanTextField, DateField, GovukForm, Look, Text
from benchmarks.catalogue import BenchmarkText

LAST_MOMENT = time(23, 59, 59, 999999)


def _benchmarks(benchmarks: Mapping[int, BenchmarkText], first: Text) -> list[tuple[str, Text]]:
    return [("", first), *((str(number), f"{number}. {one.title}") for number, one in benchmarks.items())]


def moment_of(day: date | None, at: time | None, now: datetime) -> datetime:
    """The moment that is meant: now without a day, and the end of a day without a time."""
    today = timezone.localdate(now)
    if day is None and at is None:
        return now
    if at is None and day == today:
        return now
    return min(now, timezone.make_aware(datetime.combine(day or today, at or LAST_MOMENT)))


def exact_moment(value: str) -> datetime | None:
    """The moment that an address of this service names, or None."""
    try:
        found = datetime.fromisoformat(value[:40])
    except ValueError:
        return None
    return found if found.tzinfo is not None and date(2000, 1, 1) < found.date() < date(2999, 1, 1) else None


class MomentForm(GovukForm):
    """A day, and a time of that day if it matters."""

    day = DateField(label=_("Day"), required=False, help_text=_("For example, 3 5 2026. Leave it empty for now."))
    time = CleanTextField(
        label=_("Time"),
        required=False,
        max_length=5,
        help_text=_("For example, 14:30. Leave it empty for the end of the day."),
    )

    method = "get"
    buttons = (Button(_("Show")),)
    looks = {"time": Look(width="5")}

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        self.now = now
        super().__init__(*args, **kwargs)
        self.fields["day"].latest = timezone.localdate(now)  # type: ignore[attr-defined]

    def clean_time(self) -> time | None:
        """The time as it is meant (14:30, 14.30 or 9:05)."""
        typed = self.cleaned_data["time"].replace(".", ":")
        if not typed:
            return None
        try:
            return datetime.strptime(typed, "%H:%M").replace(tzinfo=UTC).time()
        except ValueError:
            raise ValidationError(gettext("Enter a time such as 14:30")) from None

    def moment(self) -> datetime:
        """The moment that is asked for. What was not understood is left out."""
        typed = getattr(self, "cleaned_data", {})
        return moment_of(typed.get("day"), typed.get("time"), self.now)


class HistoryForm(MomentForm):
    """Which text, on which benchmark, at which moment."""

    text = forms.ChoiceField(label=_("Text"))
    benchmark = forms.ChoiceField(label=_("Benchmark"), required=False)

    field_order = ("text", "benchmark", "day", "time")

    def __init__(
        self,
        *args: Any,
        texts: Sequence[tuple[str, list[tuple[str, str]]]],
        benchmarks: Mapping[int, BenchmarkText],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        chosen: Any = self.fields["text"]
        chosen.choices = texts
        numbers: Any = self.fields["benchmark"]
        numbers.choices = _benchmarks(benchmarks, _("None: on the whole assessment"))


class TimelineForm(GovukForm):
    """What to show of a timeline."""

    benchmark = forms.ChoiceField(label=_("Benchmark"), required=False)
    kind = forms.ChoiceField(label=_("What"), required=False)
    person = forms.ChoiceField(label=_("Who"), required=False)
    start = DateField(label=_("From day"), required=False, help_text=_("For example, 3 5 2026."))
    end = DateField(label=_("Until day"), required=False)

    method = "get"
    buttons = (Button(_("Show"), kind="secondary"),)

    def __init__(
        self,
        *args: Any,
        benchmarks: Mapping[int, BenchmarkText],
        kinds: Sequence[tuple[str, Text]],
        people: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("benchmark", _benchmarks(benchmarks, _("All"))),
            ("kind", kinds),
            ("person", [("", _("Everybody")), *((name, name) for name in people)]),
        ):
            field: Any = self.fields[name]
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        if typed.get("start") and typed.get("end") and typed["end"] < typed["start"]:
            self.add_error("end", gettext("The last day must not be before the first"))
        return typed
