"""What is filled in about wording: a form for each part, and one for each text."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance.forms.govuk import Button, CleanTextField, GovukForm, Group, Look, VersionField
from benchmarks.catalogue import SchemeText
from letters.languages import ENGLISH
from letters.wording_format import CONDITIONS, LISTS
from letters.wording_parts import Mistake, Place, Tree, new_id
from letters.wording_sample import BARE, FULL

SAMPLES = (
    (FULL, gettext_lazy("A letter with everything")),
    (BARE, gettext_lazy("A letter with as little as it can have")),
)
KINDS = (
    ("paragraph", gettext_lazy("Paragraph")),
    ("heading", gettext_lazy("Heading")),
    ("bullets", gettext_lazy("List with bullets")),
    ("numbered", gettext_lazy("Numbered list")),
    ("closing", gettext_lazy("Closing, above the signature")),
)
ROW_FIELDS = (
    ("benchmark", gettext_lazy("Benchmark")),
    ("statement", gettext_lazy("Statement")),
    ("outcome", gettext_lazy("Outcome")),
    ("summary", gettext_lazy("Summary")),
    ("comments", gettext_lazy("Adviser’s comments")),
)
MOST_COLUMNS = 6
MOST_TEXT = 4000


def line(label: StrOrPromise, *, required: bool = True, most: int = 300, hint: StrOrPromise = "") -> CleanTextField:
    """A text of one line."""
    return CleanTextField(label=label, required=required, max_length=most, help_text=hint)


class Lines(CleanTextField):
    """One thing on each line; gives a list."""

    def __init__(self, *, most: int, hint: StrOrPromise = "", required: bool = False, **options: Any) -> None:
        self.most = most
        super().__init__(
            multiline=True,
            required=required,
            help_text=hint or gettext_lazy("One per line"),
            max_length=20_000,
            **options,
        )

    def clean(self, value: Any) -> list[str]:
        lines = [one.strip() for one in super().clean(value).splitlines() if one.strip()]
        if len(lines) > self.most:
            message = _("Enter %(most)d lines at most. There are %(count)d now") % {
                "most": self.most,
                "count": len(lines),
            }
            raise ValidationError(message)
        return lines


class PartForm(GovukForm):
    """One part of a wording. ``places`` says where in the content each field stands, for values and for mistakes."""

    places: dict[str, Place] = {}
    revision = VersionField()
    sample = forms.ChoiceField(label=gettext_lazy("Show it in"), choices=SAMPLES, required=False)

    def __init__(self, *args: Any, content: Tree, scheme: SchemeText | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content = content
        self.scheme = scheme
        self.places = dict(self.places)
        self.prepare()
        if not self.is_bound:
            self.initial = {**self.values(), **self.initial}
        self.buttons = (
            Button(gettext_lazy("Save")),
            Button(gettext_lazy("Preview"), name="preview", value="1", kind="secondary"),
        )

    @property
    def helper(self) -> FormHelper:
        """While somebody types, the letter beside the form is asked for anew; saving needs no script."""
        helper = super().helper
        helper.attrs = {
            "data-hx-post": "",
            "data-hx-trigger": "input delay:600ms, change delay:200ms",
            "data-hx-target": "#wording-preview",
            "data-hx-sync": "this:replace",
        }
        return helper

    def prepare(self) -> None:
        """Add the fields that depend on the content."""

    def values(self) -> dict[str, Any]:
        """What the content says, by field."""
        return {name: _shown(_at(self.content, place)) for name, place in self.places.items()}

    def into(self) -> Tree:
        """The content with what was filled in."""
        changed = copy.deepcopy(self.content)
        for name, place in self.places.items():
            _set(changed, place, self.cleaned_data[name])
        return changed

    def put(self, mistakes: Iterable[Mistake]) -> None:
        """Show each mistake at its field, or above the form where it has none here."""
        for one in mistakes:
            fields = [name for name, place in self.places.items() if one.place[: len(place)] == place]
            # The field that is nearest to it, where one stands within another.
            field = max(fields, key=lambda name: len(self.places[name]), default=None) or self.nearest(one.place)
            self.add_error(field, one.message)

    def nearest(self, place: Place) -> str | None:
        """The field for a mistake that is at no field's own place."""
        return None

    def main(self) -> list[Any]:
        """The form's own fields, from top to bottom."""
        return [name for name in self.fields if name not in ("revision", "sample")]

    def arrangement(self) -> list[Any]:
        return [*self.main(), "sample", "revision"]


def _at(content: Tree, place: Place) -> Any:
    found: Any = content
    for step in place:
        found = found[step] if isinstance(step, int) else found.get(step, "")
    return found


def _set(content: Tree, place: Place, value: Any) -> None:
    *way, last = place
    at: Any = content
    for step in way:
        at = at[step]
    at[last] = value


def _shown(value: Any) -> Any:
    return "\n".join(value) if isinstance(value, list) else value


class AboutForm(PartForm):
    """The name, what the sender is called by default, and whether a translator has checked it."""

    name = line(gettext_lazy("Name of this wording"))
    from_cycle = line(gettext_lazy("First cycle that it is for"), required=False, most=200)
    to_cycle = line(gettext_lazy("Last cycle that it is for"), required=False, most=200)
    translation = forms.ChoiceField(
        label=gettext_lazy("Has a translator checked it?"),
        choices=(("checked", gettext_lazy("Yes")), ("unchecked", gettext_lazy("No"))),
        widget=forms.RadioSelect,
    )
    marking = line(gettext_lazy("Marking"), required=False, most=60, hint=gettext_lazy("Such as OFFICIAL"))
    title = line(gettext_lazy("Job title"), required=False, most=200)
    unit = line(gettext_lazy("Unit"), required=False, most=200)
    organisation = line(gettext_lazy("Organisation"), required=False, most=200)
    address = Lines(label=gettext_lazy("Address"), most=12)
    email = line(gettext_lazy("Email address"), required=False, most=200)

    places = {
        "name": ("name",),
        "from_cycle": ("from_cycle",),
        "to_cycle": ("to_cycle",),
        "translation": ("translation",),
        "marking": ("defaults", "marking"),
        **{name: ("defaults", "sender", name) for name in ("title", "unit", "organisation", "address", "email")},
    }
    looks = {"address": Look(rows=4), "translation": Look(inline=True)}

    def prepare(self) -> None:
        if self.content["language"] == ENGLISH:
            del self.fields["translation"], self.places["translation"]

    def values(self) -> dict[str, Any]:
        found = super().values()
        return found | {"translation": found.get("translation") or "unchecked"}

    def main(self) -> list[Any]:
        sender = ("title", "unit", "organisation", "address", "email")
        rest = [name for name in super().main() if name not in sender]
        return [*rest, Group(_("Sender, where the letter itself says nothing"), *sender)]


class OpeningForm(PartForm):
    """What stands around the text of the letter."""

    title = line(gettext_lazy("Title of the file"))
    heading = line(gettext_lazy("Heading of the letter"))
    salutation = line(gettext_lazy("Greeting"))
    signature = Lines(label=gettext_lazy("Signature"), most=12, required=True)

    places = {name: (name,) for name in ("title", "heading", "salutation", "signature")}


class AnnexAForm(PartForm):
    """The columns of Annex A, and its words for a benchmark without an outcome."""

    title = line(gettext_lazy("Title"))
    orientation = forms.ChoiceField(
        label=gettext_lazy("Pages"),
        choices=(("portrait", gettext_lazy("Upright")), ("landscape", gettext_lazy("Across"))),
        widget=forms.RadioSelect,
    )
    comments_label = line(
        gettext_lazy("Above comments that share a column"), required=False, most=200,
        hint=gettext_lazy("Needed only where the adviser’s comments stand in one column with something else"),
    )  # fmt: skip
    unscored_label = line(gettext_lazy("Benchmark that is not scored"))
    not_applicable_label = line(gettext_lazy("Benchmark that does not apply"))
    unknown_label = line(gettext_lazy("Outcome that is not known"))
    unanswered_label = line(gettext_lazy("Scored benchmark without an outcome"))

    own = ("title", "orientation", "comments_label")
    labels = ("unscored_label", "not_applicable_label", "unknown_label", "unanswered_label")
    places = {name: ("annex_a", name) for name in (*own, *labels)}
    looks = {"orientation": Look(inline=True)}

    def prepare(self) -> None:
        for place in range(MOST_COLUMNS):
            self.fields[f"heading_{place}"] = line(_("Heading"), required=False)
            self.fields[f"fields_{place}"] = forms.MultipleChoiceField(
                label=_("What stands in it"), choices=ROW_FIELDS, required=False, widget=forms.CheckboxSelectMultiple
            )
            self.fields[f"width_{place}"] = forms.IntegerField(label=_("Width in percent"), required=False)
            self.fields[f"empty_{place}"] = line(_("Where it would be empty"), required=False)
            self.looks[f"fields_{place}"] = Look(small=True)
            self.looks[f"width_{place}"] = Look(width="3")

    def values(self) -> dict[str, Any]:
        found = super().values()
        for place, column in enumerate(self.content["annex_a"]["columns"]):
            found |= {f"{name}_{place}": column[name] for name in ("heading", "fields", "width", "empty")}
        return found

    def into(self) -> Tree:
        changed = super().into()
        given = self.cleaned_data
        changed["annex_a"]["columns"] = [
            {
                "heading": given[f"heading_{place}"],
                "fields": [name for name, _label in ROW_FIELDS if name in given[f"fields_{place}"]],
                "width": given[f"width_{place}"] or 0,
                "empty": given[f"empty_{place}"],
            }
            for place in range(MOST_COLUMNS)
            if given[f"heading_{place}"] or given[f"fields_{place}"]
        ]
        return changed

    def nearest(self, place: Place) -> str | None:
        if place[:2] == ("annex_a", "columns"):
            return (
                f"{place[3]}_{place[2]}" if len(place) > 3 and f"{place[3]}_{place[2]}" in self.fields else "heading_0"
            )
        return "comments_label" if place == ("annex_a",) else None

    def main(self) -> list[Any]:
        columns = [
            Group(
                _("Column %(number)s") % {"number": place + 1},
                *(f"{name}_{place}" for name in ("heading", "fields", "width", "empty")),
                size="s",
            )
            for place in range(MOST_COLUMNS)
        ]
        return [*self.own, *columns, Group(_("Where there is no outcome"), *self.labels)]


class AnnexBForm(PartForm):
    """How the criteria are printed."""

    include = forms.BooleanField(label=gettext_lazy("Print the criteria as Annex B"), required=False)
    title = line(gettext_lazy("Title"), required=False, most=200)
    layout = forms.ChoiceField(
        label=gettext_lazy("How they are set"),
        choices=(("lists", gettext_lazy("A list for each level")), ("table", gettext_lazy("A table of levels"))),
        widget=forms.RadioSelect,
    )
    level_label = line(
        gettext_lazy("Heading of a level"), most=200, hint=gettext_lazy("With {level} where its name stands")
    )
    level_heading = line(gettext_lazy("Table: heading of the levels"), required=False, most=200)
    criteria_heading = line(gettext_lazy("Table: heading of the criteria"), required=False, most=200)

    places = {
        name: ("annex_b", name)
        for name in ("include", "title", "layout", "level_label", "level_heading", "criteria_heading")
    }

    def nearest(self, place: Place) -> str | None:
        return "title" if place == ("annex_b",) else None


class LabelsForm(PartForm):
    """The fixed words around the text."""

    date = line(gettext_lazy("Before the date"), required=False, most=200)
    reference = line(gettext_lazy("Before the reference"), required=False, most=200)
    replaces = line(gettext_lazy("Before the reference of the letter that is replaced"), required=False, most=200)
    cc = line(gettext_lazy("Above the copies"), required=False, most=200)
    page_front = line(
        gettext_lazy("Pages of the letter and Annex A"), most=200,
        hint=gettext_lazy("With {page} and {pages}, such as: Page {page} of {pages}"),
    )  # fmt: skip
    page_annex_b = line(gettext_lazy("Pages of Annex B"), most=200)
    page_whole = line(gettext_lazy("Pages of a letter without Annex B"), most=200)

    places = {
        name: ("labels", name)
        for name in ("date", "reference", "replaces", "cc", "page_front", "page_annex_b", "page_whole")
    }


class DatesForm(PartForm):
    """How dates, lists and numbers are written."""

    pattern = line(gettext_lazy("Date"), most=100, hint=gettext_lazy("With {day}, {month} and {year}"))
    months = Lines(
        label=gettext_lazy("Months"), most=12, required=True, hint=gettext_lazy("One per line, January first")
    )
    separator = line(gettext_lazy("Between the things of a list"), most=20, hint=gettext_lazy("Such as a comma"))
    last = line(gettext_lazy("Before the last thing of a list"), most=20, hint=gettext_lazy("Such as and"))
    numbers = Lines(
        label=gettext_lazy("Numbers in words"), most=101,
        hint=gettext_lazy("One per line, nought first. A number that is not here is printed in figures"),
    )  # fmt: skip

    places = {
        "pattern": ("dates", "pattern"),
        "months": ("dates", "months"),
        "separator": ("joins", "separator"),
        "last": ("joins", "last"),
        "numbers": ("numbers",),
    }
    looks = {"months": Look(rows=12), "numbers": Look(rows=11), "separator": Look(width="5"), "last": Look(width="5")}

    def into(self) -> Tree:
        """The spaces around a word that joins are not typed, because nobody could see them."""
        changed = super().into()
        for name in ("separator", "last"):
            before, typed = self.content["joins"][name], self.cleaned_data[name]
            changed["joins"][name] = before if before.strip() == typed else _spaced(typed)
        return changed


def _spaced(typed: str) -> str:
    return f"{' ' if typed[:1].isalnum() or typed[:1] == '&' else ''}{typed} "


class SchemeForm(PartForm):
    """The scheme's titles, statements and names of levels in the language of the wording."""

    version = line(
        gettext_lazy("Version of the scheme"), required=False, most=200,
        hint=gettext_lazy("Statements are printed with this version only; titles and levels with every version"),
    )  # fmt: skip
    name = line(gettext_lazy("Name of the scheme"), required=False, most=200)

    def prepare(self) -> None:
        if self.scheme is None:
            return
        for level in self.scheme.levels:
            self.fields[f"level_{level.code}"] = line(_("Level “%(label)s”") % {"label": level.label}, required=False)
        for number, benchmark in self.scheme.benchmarks.items():
            self.fields[f"title_{number}"] = CleanTextField(
                label=_("Title"), help_text=benchmark.title, required=False, max_length=200
            )
            self.fields[f"statement_{number}"] = CleanTextField(
                label=_("Statement"),
                help_text=benchmark.statement,
                required=False,
                multiline=True,
                max_length=MOST_TEXT,
            )
            if benchmark.unscored_note:
                self.fields[f"unscored_note_{number}"] = CleanTextField(
                    label=_("Why it is not scored"), help_text=benchmark.unscored_note, required=False, multiline=True,
                    max_length=MOST_TEXT,
                )  # fmt: skip

    @property
    def _words(self) -> Tree:
        return dict(self.content.get("scheme_text") or {})

    def values(self) -> dict[str, Any]:
        words = self._words
        found = {"version": words.get("version", ""), "name": words.get("name", "")}
        if not found["version"] and self.scheme:
            found["version"] = self.scheme.version
        found |= {f"level_{code}": label for code, label in words.get("levels", {}).items()}
        for one in words.get("benchmarks", []):
            found |= {f"{name}_{one['number']}": one[name] for name in ("title", "statement", "unscored_note")}
        return found

    def into(self) -> Tree:
        changed, words = super().into(), self._words
        if self.scheme is None:
            return changed
        given = self.cleaned_data
        before = {one["number"]: one for one in words.get("benchmarks", [])}
        changed["scheme_text"] = {
            "version": given["version"],
            "name": given["name"],
            "levels": {level.code: label for level in self.scheme.levels if (label := given[f"level_{level.code}"])},
            "benchmarks": [
                {
                    "number": number,
                    **{
                        name: given.get(f"{name}_{number}", "") or ""
                        for name in ("title", "statement", "unscored_note")
                    },
                    # Criteria are translated in a file.
                    "criteria": before.get(number, {}).get("criteria", {}),
                }
                for number in self.scheme.benchmarks
            ],
        }
        return changed

    def nearest(self, place: Place) -> str | None:
        return "version" if place == ("scheme_text",) else None

    def main(self) -> list[Any]:
        if self.scheme is None:
            return ["version", "name"]
        groups = [
            Group(
                f"{number}. {benchmark.title}",
                *(
                    field
                    for name in ("title", "statement", "unscored_note")
                    if (field := f"{name}_{number}") in self.fields
                ),
                size="s",
            )
            for number, benchmark in self.scheme.benchmarks.items()
        ]
        return ["version", "name", *(f"level_{level.code}" for level in self.scheme.levels), *groups]


FORMS: dict[str, type[PartForm]] = {
    "about": AboutForm,
    "opening": OpeningForm,
    "annex-a": AnnexAForm,
    "annex-b": AnnexBForm,
    "labels": LabelsForm,
    "dates": DatesForm,
    "scheme": SchemeForm,
}
"""The form of each part."""


class EntryForm(PartForm):
    """One text: what it is, what it says and when it stands. Entries of an annex are paragraphs."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=KINDS, widget=forms.RadioSelect)
    items = forms.ChoiceField(label=gettext_lazy("What the list holds"), required=False, choices=())
    text = CleanTextField(
        label=gettext_lazy("Text"), multiline=True, required=False, max_length=MOST_TEXT,
        help_text=gettext_lazy("Fields stand in braces, as in {authority}. They are listed on this page"),
    )  # fmt: skip
    when = forms.MultipleChoiceField(
        label=gettext_lazy("Only when"), required=False, choices=(), widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Tick every condition that has to hold. None: it stands in every letter"),
    )  # fmt: skip
    unless = forms.MultipleChoiceField(
        label=gettext_lazy("Unless"), required=False, choices=(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, entry: Tree, at: Place, **kwargs: Any) -> None:
        self.entry = entry
        self.at = at
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        # A block has a kind, a text of an annex has none: it is a paragraph.
        if "kind" in self.entry:
            self._field("items").choices = [("", _("Choose a list")), *((name, LISTS[name]) for name in LISTS)]
            self.fields["items"].help_text = _("For the two kinds of list")
        else:
            del self.fields["kind"], self.fields["items"]
        self.looks["text"] = Look(rows=6)
        meanings = [(name, meaning[:1].upper() + meaning[1:]) for name, (meaning, _decide) in CONDITIONS.items()]
        for name in ("when", "unless"):
            self._field(name).choices = meanings
            self.looks[name] = Look(small=True, size="s")
        self.places = {name: (*self.at, name) for name in ("kind", "items", "text", "when") if name in self.fields}

    def _field(self, name: str) -> Any:
        return self.fields[name]

    def values(self) -> dict[str, Any]:
        when = self.entry.get("when", [])
        found = {name: self.entry.get(name, "") for name in ("kind", "items", "text")}
        return found | {
            "when": [one for one in when if not one.startswith("not ")],
            "unless": [one.removeprefix("not ") for one in when if one.startswith("not ")],
        }

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if both := set(given.get("when", [])) & set(given.get("unless", [])):
            named = CONDITIONS[sorted(both)[0]][0]
            self.add_error("unless", _("“%(condition)s” cannot hold and not hold") % {"condition": named})
        if given.get("kind") not in ("bullets", "numbered") and not given.get("text"):
            self.add_error("text", _("Fill in “Text”"))
        if given.get("kind") in ("bullets", "numbered") and not given.get("items"):
            self.add_error("items", _("Choose an answer for “What the list holds”"))
        return given

    def changed(self) -> Tree:
        """The entry as it was filled in. Conditions stay in the order in which they stood."""
        given = self.cleaned_data
        chosen = [*given["when"], *(f"not {name}" for name in given["unless"])]
        stood = [one for one in self.entry.get("when", []) if one in chosen]
        entry: Tree = {"when": [*stood, *(one for one in chosen if one not in stood)], "text": given["text"]}
        if "kind" in self.fields:
            is_list = given["kind"] in ("bullets", "numbered")
            entry |= {
                "id": self.entry.get("id") or new_id(self.content),
                "kind": given["kind"],
                "items": given["items"] if is_list else "",
                "text": "" if is_list else given["text"],
            }
        return entry

    def nearest(self, place: Place) -> str | None:
        return "text" if place[: len(self.at)] == self.at else None


class CopyForm(GovukForm):
    """The name of a new version."""

    buttons = (Button(gettext_lazy("Make the new version")),)
    version = CleanTextField(
        label=gettext_lazy("Name of the new version"),
        max_length=40,
        help_text=gettext_lazy("Such as 2, or 2027 spring"),
    )


class PublishForm(GovukForm):
    """Nothing but the confirmation."""

    buttons = (Button(gettext_lazy("Publish"), kind="warning"),)
    revision = VersionField()


class CycleWordingForm(GovukForm):
    """The wording of a cycle for each language; empty for the newest."""

    buttons = (Button(gettext_lazy("Save")),)

    def __init__(
        self, *args: Any, choices: Sequence[tuple[str, str, list[tuple[str, str]], int]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.languages = [language for language, *_rest in choices]
        for language, label, options, chosen in choices:
            self.fields[f"wording_{language}"] = forms.ChoiceField(
                label=label, choices=options, required=False, widget=forms.RadioSelect, initial=str(chosen or "")
            )
            self.fields[f"was_{language}"] = VersionField(initial=chosen)
