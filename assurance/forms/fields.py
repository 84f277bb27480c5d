"""The fields that Django does not have: clean text, a date in three parts, and the version of a record."""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from assurance.text import LONGEST_WORD, clean, long_word

SHORTEST_MONTH = 3
LONGEST_PART = 20
"""Of a date, as it is typed: no day, month or year is longer, and Python refuses to read a number of any length."""


def clean_text(text: str, *, multiline: bool) -> str:
    """The text as it is kept (``assurance.text.clean``); on a single line a run of white space is one space."""
    kept = clean(text)
    return kept if multiline else " ".join(kept.split())


class CleanTextField(forms.CharField):
    """Text as a person typed it, without what nobody can see.

    ``multiline`` makes a text area; with ``max_length`` it shows how many characters are left. Length is
    counted after cleaning. A word of more than LONGEST_WORD characters is refused, because it cannot be set in
    a letter; with ``addresses`` a web address may be longer.
    """

    default_error_messages = {
        "max_length": _("Shorten this to %(limit_value)d characters or fewer. It has %(show_value)d characters now."),
        "min_length": _("Write at least %(limit_value)d characters. There are %(show_value)d now."),
        "long_word": _("Put spaces into “%(start)s…”, or shorten it. A word can have up to %(limit)d characters."),
    }

    def __init__(self, *, multiline: bool = False, addresses: bool = False, **options: Any) -> None:
        self.multiline = multiline
        self.addresses = addresses
        options.setdefault("widget", forms.Textarea if multiline else forms.TextInput)
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = clean_text(value, multiline=self.multiline)
        return super().to_python(value)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if word := long_word(value or "", addresses=self.addresses):
            raise ValidationError(
                self.error_messages["long_word"],
                code="long_word",
                params={"start": word[:20], "limit": LONGEST_WORD},
            )


class DateParts(forms.MultiWidget):
    """Day, month and year in a box each, posted as ``name_day``, ``name_month`` and ``name_year``."""

    parts = ("day", "month", "year")

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({part: forms.TextInput() for part in self.parts}, attrs)

    def decompress(self, value: Any) -> list[Any]:
        return [value.day, value.month, value.year] if isinstance(value, date) else ["", "", ""]


def _month_number(text: str) -> int | None:
    """A month typed as a number or as its name, in the language of the page; three letters are enough."""
    if text.isdecimal():
        return int(text)
    begun = text.casefold().rstrip(".")
    for number, name in MONTHS.items():
        if len(begun) >= SHORTEST_MONTH and str(name).casefold().startswith(begun):
            return number
    return None


class DateField(forms.Field):
    """A date typed in three parts; gives a ``datetime.date`` or None.

    ``earliest`` and ``latest`` are inclusive. Each error names the part it is about in its code
    (``missing_year``), and the error summary leads to that part.
    """

    widget = DateParts
    default_error_messages = {
        "missing_day": _("The date must include a day"),
        "missing_month": _("The date must include a month"),
        "missing_year": _("The date must include a year"),
        "wrong_year": _("The year must have 4 digits"),
        "invalid": _("Enter a real date, such as 27 3 2026"),
        "too_early": _("The date must be %(limit)s or later"),
        "too_late": _("The date must be %(limit)s or earlier"),
    }

    def __init__(self, *, earliest: date | None = None, latest: date | None = None, **options: Any) -> None:
        self.earliest = earliest
        self.latest = latest
        super().__init__(**options)

    def _error(self, code: str, **params: Any) -> ValidationError:
        return ValidationError(self.error_messages[code], code=code, params=params)

    def to_python(self, value: Any) -> date | None:
        if value is None or isinstance(value, date):
            return value
        typed = [str(part or "").strip() for part in value]
        if not any(typed):
            return None
        missing = [part for part, text in zip(DateParts.parts, typed, strict=True) if not text]
        if missing:
            raise ValidationError([self._error(f"missing_{part}") for part in missing])
        if max(map(len, typed)) > LONGEST_PART:
            raise self._error("invalid")
        day, month, year = typed
        month_number = _month_number(month)
        if not day.isdecimal() or not year.isdecimal() or month_number is None:
            raise self._error("invalid")
        if len(year) != 4:
            raise self._error("wrong_year")
        try:
            return date(int(year), month_number, int(day))
        except (ValueError, OverflowError):
            raise self._error("invalid") from None

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        if self.earliest is not None and value < self.earliest:
            raise self._error("too_early", limit=date_format(self.earliest, "j F Y"))
        if self.latest is not None and value > self.latest:
            raise self._error("too_late", limit=date_format(self.latest, "j F Y"))


class VersionField(forms.IntegerField):
    """The version of the record that the page showed, in a hidden field, so that a stale save is noticed."""

    widget = forms.HiddenInput
    default_error_messages = {
        "required": _("This page has lost track of what it showed. Open it again, and copy your text over first."),
        "invalid": _("This page has lost track of what it showed. Open it again, and copy your text over first."),
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, **options)
