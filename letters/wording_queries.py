"""What the pages of wording read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from assurance.access import Actor, Forbidden, NotFound, holds, programmes, require, require_anywhere
from assurance.models import Cycle
from assurance.vocabulary import Permission
from benchmarks.catalogue import SchemeText, newest_published, scheme_text
from benchmarks.vocabulary import Status
from letters.languages import LANGUAGES
from letters.models import CycleWording, Wording
from letters.pdf import Content
from letters.wording_format import FIELDS, LISTS, WordingFile
from letters.wording_parts import LISTS as OWN_LISTS
from letters.wording_parts import Mistake, Tree, entries, in_words, parts_of, pending
from letters.wording_sample import sample

P = Permission


@dataclass(frozen=True)
class Entry:
    """A wording in the list, with the names of the cycles that use it."""

    wording: Wording
    checked: bool
    cycles: tuple[str, ...]

    @property
    def is_published(self) -> bool:
        """Whether letters can use it."""
        return self.wording.status == Status.PUBLISHED


@dataclass(frozen=True)
class Listing:
    """Every wording, by scheme and language, and the actor's cycles, for which one can be chosen."""

    entries: tuple[Entry, ...]
    cycles: tuple[Cycle, ...]
    can_edit: bool


@dataclass(frozen=True)
class Text:
    """One entry of a list as it reads: its place, what it is, its text or its list, and when it stands."""

    place: int
    entry: Tree
    when: tuple[str, ...]

    @property
    def items(self) -> str:
        """What the list holds, for an entry that is a list."""
        return LISTS.get(self.entry.get("items", ""), "")


@dataclass(frozen=True)
class WordingPage:
    """One wording with all its texts, and for a draft what stops it from being published."""

    wording: Wording
    checked: bool
    editable: bool
    can_copy: bool
    cycles: tuple[str, ...]
    pending: tuple[Mistake, ...]

    @property
    def content(self) -> Tree:
        """The whole of it."""
        content: Tree = self.wording.content
        return content

    @property
    def parts(self) -> list[str]:
        """The parts that it has, by name."""
        return parts_of(self.content)

    def texts(self, name: str) -> list[Text]:
        """The entries of a list of texts."""
        return [
            Text(place, entry, tuple(in_words(entry.get("when", []))))
            for place, entry in enumerate(entries(self.content, name))
        ]

    @property
    def lists(self) -> list[tuple[str, Any, list[Text]]]:
        """Every list of texts: name, what it is called, its entries."""
        return [(name, title, self.texts(name)) for name, (_place, title) in OWN_LISTS.items()]

    @property
    def fields(self) -> dict[str, str]:
        """What may stand in braces, with what it prints."""
        return dict(FIELDS)


@dataclass(frozen=True)
class Choice:
    """What a cycle's letters in one language use, and what they could use."""

    language: str
    chosen: Wording | None
    newest: Wording | None
    choices: tuple[Wording, ...]


@dataclass(frozen=True)
class CycleWordings:
    """The wording of a cycle's letters, for each language in which there is any."""

    cycle: Cycle
    choices: tuple[Choice, ...]
    can_edit: bool


def wordings(actor: Actor) -> Listing:
    """Every wording. Three queries.

    Raises:
        Forbidden: the actor reads no wording.
    """
    require_anywhere(actor, P.READ_WORDING)
    rows = list(Wording.objects.order_by("scheme_code", "-language", "code", "status", "-published_at", "-pk"))
    cycles = _cycles(actor, P.READ_WORDING)
    used = _used(rows, cycles)
    return Listing(
        entries=tuple(Entry(one, _is_checked(one), tuple(used.get(one.pk, ()))) for one in rows),
        cycles=tuple(cycles),
        can_edit=_may_edit(actor),
    )


def wording_page(actor: Actor, wording_id: int, *, to_write: bool = False) -> WordingPage:
    """One wording. Three queries.

    Args:
        to_write: only for whoever may edit wording.

    Raises:
        Forbidden: the actor may not.
        NotFound: there is no such wording.
    """
    wording = Wording.objects.filter(pk=wording_id).first()
    if wording is None:
        raise NotFound
    require_anywhere(actor, P.EDIT_WORDING if to_write else P.READ_WORDING)
    rows = list(Wording.objects.filter(scheme_code=wording.scheme_code, language=wording.language))
    used = _used(rows, _cycles(actor, P.READ_WORDING))
    is_draft = wording.status == Status.DRAFT
    can_edit = _may_edit(actor)
    return WordingPage(
        wording=wording,
        checked=_is_checked(wording),
        editable=is_draft and can_edit,
        can_copy=can_edit,
        cycles=tuple(used.get(wording.pk, ())),
        pending=tuple(pending(wording.content)) if is_draft else (),
    )


def scheme_of(wording: Wording) -> SchemeText | None:
    """The newest published version of the scheme that the wording goes with; None while there is none."""
    version = newest_published(wording.scheme_code)
    return scheme_text(version.pk) if version else None


def preview_of(wording: Wording, content: Tree, kind: str) -> tuple[Content | None, str]:
    """An invented letter in this content, saved or not; or why there is none.

    Args:
        content: with which every part is right by itself.
    """
    scheme = scheme_of(wording)
    if scheme is None:
        return None, _("There is nothing to show: no version of the scheme is published.")
    try:
        return sample(WordingFile.model_validate(content, context="draft"), scheme, kind), ""
    except ValueError:
        return None, _("No letter can be put together from this wording yet. It may lack the sender’s organisation.")


def cycle_wordings(actor: Actor, cycle_id: int, *, to_write: bool = False) -> CycleWordings:
    """Which wording the letters of a cycle use. Three queries."""
    permission = P.EDIT_WORDING if to_write else P.READ_WORDING
    cycle = fetch_cycle(actor, permission, cycle_id)
    scheme = cycle.scheme_version.scheme.code
    rows = list(Wording.objects.filter(scheme_code=scheme, status=Status.PUBLISHED).order_by("-published_at", "-pk"))
    chosen = {one.language: one.wording for one in CycleWording.objects.filter(cycle=cycle).select_related("wording")}
    choices = []
    for language in LANGUAGES:
        fitting = tuple(one for one in rows if one.language == language)
        if fitting or language in chosen:
            choices.append(Choice(language, chosen.get(language), next(iter(fitting), None), fitting))
    return CycleWordings(cycle, tuple(choices), holds(actor, P.EDIT_WORDING, cycle.programme))


def fetch_cycle(actor: Actor, permission: Permission, cycle_id: int) -> Cycle:
    """A cycle of a programme at which the actor holds the permission."""
    cycle = Cycle.objects.select_related("programme", "scheme_version__scheme").filter(pk=cycle_id).first()
    require(actor, permission, cycle)
    if cycle is None:
        raise NotFound
    return cycle


def _cycles(actor: Actor, permission: Permission) -> list[Cycle]:
    return list(
        Cycle.objects.filter(programme__in=programmes(actor, permission))
        .select_related("programme", "scheme_version__scheme")
        .order_by("-opens_on", "-pk")
    )


def _used(rows: Sequence[Wording], cycles: Sequence[Cycle]) -> dict[int, list[str]]:
    """By wording, the names of the cycles whose letters use it: chosen, or the newest for its scheme."""
    chosen = {(one.cycle_id, one.language): one.wording_id for one in CycleWording.objects.filter(cycle__in=cycles)}
    newest: dict[tuple[str, str], Wording] = {}
    for one in sorted((row for row in rows if row.published_at), key=lambda row: (row.published_at, row.pk)):
        newest[one.scheme_code, one.language] = one
    used: dict[int, list[str]] = {}
    for cycle in cycles:
        for language in LANGUAGES:
            default = newest.get((cycle.scheme_version.scheme.code, language))
            found = chosen.get((cycle.pk, language), default.pk if default else None)
            if found is not None:
                used.setdefault(found, []).append(cycle.name)
    return used


def _is_checked(wording: Wording) -> bool:
    said = wording.content.get("translation", "")
    return bool(said == "checked" or (not said and wording.language == "en"))


def _may_edit(actor: Actor) -> bool:
    try:
        require_anywhere(actor, P.EDIT_WORDING)
    except Forbidden:
        return False
    return True
