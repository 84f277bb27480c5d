"""Wording as its writers see it: its parts, its lists of texts, and what is still wrong with it. Pure.

A draft may be saved while rules that span several parts do not hold yet, such as that exactly one block prints the
summary; nothing is published until they do.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.compat import StringIO

from letters.languages import ENGLISH
from letters.wording_format import CONDITIONS, DRAFT, WordingFile

Tree = dict[str, Any]
"""The content of a wording as JSON."""
Place = tuple[str | int, ...]
"""Where a text stands in the content."""

PARTS: dict[str, tuple[StrOrPromise, StrOrPromise]] = {
    "about": (
        gettext_lazy("Name, sender and marking"),
        gettext_lazy("What a letter has by default"),
    ),
    "opening": (gettext_lazy("Title, heading, greeting and signature"), gettext_lazy("What stands around the text")),
    "annex-a": (gettext_lazy("Annex A: columns and labels"), gettext_lazy("The table of outcomes")),
    "annex-b": (gettext_lazy("Annex B"), gettext_lazy("The criteria")),
    "labels": (gettext_lazy("Labels and page numbers"), gettext_lazy("The fixed words around the text")),
    "dates": (gettext_lazy("Dates, lists and numbers"), gettext_lazy("How they are written in words")),
    "scheme": (gettext_lazy("The scheme in this language"), gettext_lazy("Titles, statements and names of levels")),
}
"""The parts that are one page each: name, and what is in them."""
LISTS: dict[str, tuple[Place, StrOrPromise]] = {
    "letter": (("blocks",), gettext_lazy("Text of the letter")),
    "annex-a": (("annex_a", "intro"), gettext_lazy("Annex A: introduction")),
    "annex-b": (("annex_b", "intro"), gettext_lazy("Annex B: introduction")),
}
"""The lists of texts, each of which has a page for every entry."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong, where, and in words for whoever writes."""

    place: Place
    message: str


def parts_of(content: Tree) -> list[str]:
    """The parts that a wording has: English needs no text of the scheme."""
    return [name for name in PARTS if name != "scheme" or content["language"] != ENGLISH]


def tidy(content: Tree) -> Tree:
    """The content in its one form, without anything that a file would not keep.

    Raises:
        ValidationError: a part of it is wrong by itself.
    """
    return WordingFile.model_validate(content, context=DRAFT).model_dump(mode="json")


def mistakes(content: Tree) -> list[Mistake]:
    """What is wrong within single parts: a draft with such a mistake is not saved."""
    return _mistakes(content, DRAFT)


def pending(content: Tree) -> list[Mistake]:
    """Everything that stops a draft from being published."""
    return _mistakes(content, None)


def _mistakes(content: Tree, context: str | None) -> list[Mistake]:
    try:
        WordingFile.model_validate(content, context=context)
    except ValidationError as wrong:
        return [Mistake(tuple(error["loc"]), _in_words(error)) for error in wrong.errors()]
    return []


def _in_words(error: Any) -> str:
    """One problem as a page says it."""
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return _own(str(context["error"]))
        case "string_too_long":
            most = context["max_length"]
            return _("Shorten this to %(most)s characters or fewer") % {"most": most}
        case "string_too_short" | "missing":
            return _("Fill this in")
        case "too_long":
            return ngettext("There can be %(most)s at most", "There can be %(most)s at most", context["max_length"]) % {
                "most": context["max_length"]
            }
        case "too_short":
            return _("There must be at least %(least)s") % {"least": context["min_length"]}
        case "string_pattern_mismatch":
            return _("Name {page} and {pages}, each once and in this order")
        case "greater_than_equal":
            return _("Enter %(least)s or more") % {"least": context["ge"]}
        case "less_than_equal":
            return _("Enter %(most)s or less") % {"most": context["le"]}
        case _:
            return str(error["msg"])


def _own(message: str) -> str:
    """A message of the file format: without the list of names that the page shows, and with conditions in words."""
    kept = re.sub(r"; the (fields|conditions|lists) are .*", "", message)
    names = "|".join(sorted(CONDITIONS, key=len, reverse=True))
    said = re.sub(rf"(?<=condition )({names})\b", lambda match: f"“{CONDITIONS[match[1]][0]}”", kept)
    return said[:1].upper() + said[1:]


def in_words(when: Sequence[str]) -> list[str]:
    """Conditions as people read them."""
    return [
        _("unless %(condition)s") % {"condition": CONDITIONS[one.removeprefix("not ")][0]}
        if one.startswith("not ")
        else _("only when %(condition)s") % {"condition": CONDITIONS[one][0]}
        for one in when
    ]


# --- Lists of texts ---------------------------------------------------------------------------------------------------


def entries(content: Tree, name: str) -> list[Tree]:
    """The entries of a list. KeyError: there is no such list."""
    found: Any = content
    for step in LISTS[name][0]:
        found = found[step]
    return list(found)


def with_entries(content: Tree, name: str, new: Sequence[Tree]) -> Tree:
    """The content with a list replaced."""
    changed = copy.deepcopy(content)
    *way, last = LISTS[name][0]
    at: Any = changed
    for step in way:
        at = at[step]
    at[last] = list(new)
    return changed


def put(content: Tree, name: str, place: int | None, entry: Tree) -> Tree:
    """The content with one entry put in place of another, or added (None): to the letter, before its closing."""
    found = entries(content, name)
    if place is not None:
        found[place] = entry
    else:
        closes = name == "letter" and found and found[-1]["kind"] == "closing" and entry["kind"] != "closing"
        found.insert(len(found) - 1 if closes else len(found), entry)
    return with_entries(content, name, found)


def removed(content: Tree, name: str, place: int) -> Tree:
    """The content without one entry."""
    found = entries(content, name)
    del found[place]
    return with_entries(content, name, found)


def moved(content: Tree, name: str, place: int, by: int) -> Tree:
    """The content with one entry further up (-1) or down (1); unchanged at the ends."""
    found = entries(content, name)
    if 0 <= place + by < len(found):
        found[place], found[place + by] = found[place + by], found[place]
    return with_entries(content, name, found)


def new_id(content: Tree) -> str:
    """A name for a block that the letter does not have yet."""
    taken = {one["id"] for one in content["blocks"]}
    return next(name for number in range(1, 1000) if (name := f"block_{number}") not in taken)


def as_yaml(content: Tree) -> str:
    """The content as the file that ``load_wording`` takes; what is empty by default is left out."""
    file = WordingFile.model_validate(content, context=DRAFT)
    written = {"format": file.format} | file.model_dump(mode="json", exclude_defaults=True)
    target, yaml = StringIO(), YAML()
    yaml.width, yaml.allow_unicode = 120, True
    yaml.dump(written, target)
    return str(target.getvalue())
