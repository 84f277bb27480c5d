"""What the page reads on which a letter is translated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, NotFound, fetch, holds
from assurance.actions.refusals import Unfit
from assurance.vocabulary import LetterState, Permission, State
from letters.actions import wordings_for
from letters.content import assessment_of, original_of, reference
from letters.languages import WELSH, is_bilingual
from letters.models import Edition, Letter, LetterTranslation, Wording
from letters.translation import LISTS, SHORT, Original, Passage, only_in_english, passages, translated
from letters.translation_actions import RELATED
from letters.wording_format import WordingFile

P = Permission

NAMES: dict[str, StrOrPromise] = {
    "authority": gettext_lazy("Name of the authority"),
    "addressee_title": gettext_lazy("Job title of the addressee"),
    "addressee_organisation": gettext_lazy("Organisation of the addressee"),
    "sender_title": gettext_lazy("Job title of the sender"),
    "sender_unit": gettext_lazy("Unit of the sender"),
    "sender_organisation": gettext_lazy("Organisation of the sender"),
    "summary": gettext_lazy("Covering summary"),
    "thanks": gettext_lazy("People to thank"),
    "cc": gettext_lazy("Copies to"),
}
OF_BENCHMARK: dict[str, StrOrPromise] = {
    "summary": gettext_lazy("Annex A summary"),
    "comments": gettext_lazy("Adviser’s comments"),
    "note": gettext_lazy("Why it has no outcome"),
}


@dataclass(frozen=True)
class Line:
    """One text: its English beside its Welsh ("" for none), and whether the English changed since."""

    key: str
    name: str
    english: str
    digest: str
    welsh: str = ""
    version: int = 0
    outdated: bool = False

    @property
    def slug(self) -> str:
        """The key as a part of the names in a form."""
        return slug_of(self.key)

    @property
    def is_short(self) -> bool:
        """Whether it is a text of one line."""
        return self.key in SHORT or self.key.endswith(":heading")

    @property
    def is_list(self) -> bool:
        """Whether it has one entry on each line."""
        return self.key in LISTS


@dataclass(frozen=True)
class TranslationPage:
    """Everything of a letter that has to be translated, by the part of the letter that it stands in.

    ``wording`` is None while no wording in Welsh is used; ``newer`` are wordings in force now that the draft does not
    use.
    """

    letter: Letter
    reference: str
    wording: Wording | None
    checked: bool
    groups: tuple[tuple[str, tuple[Line, ...]], ...]
    scheme_in_english: bool
    editable: bool
    newer: tuple[Wording, ...]
    problem: str = ""

    @property
    def lines(self) -> list[Line]:
        """Every text."""
        return [line for _title, lines in self.groups for line in lines]

    @property
    def missing(self) -> int:
        """How many texts have no Welsh."""
        return sum(not line.welsh for line in self.lines)

    @property
    def outdated(self) -> int:
        """How many texts changed in English since they were translated."""
        return sum(line.outdated for line in self.lines)


def slug_of(key: str) -> str:
    """A key as a part of the names in a form."""
    return re.sub(r"[^a-z0-9]", "-", key)


def translation_page(actor: Actor, letter_id: int, *, to_write: bool = False) -> TranslationPage:
    """A letter of an authority in Wales for whoever translates it or reads both. Eleven queries.

    Args:
        to_write: only for whoever drafts it.

    Raises:
        NotFound: the letter is in English alone.
    """
    letter = fetch(actor, P.DRAFT_LETTERS if to_write else P.READ_LETTERS, Letter, related=RELATED, pk=letter_id)
    if not is_bilingual(letter.authority):
        raise NotFound
    editions = list(letter.editions.select_related("wording"))
    welsh = next((one for one in editions if one.language == WELSH), None)
    editable = letter.state == LetterState.DRAFT and holds(actor, P.DRAFT_LETTERS, letter)
    problem, groups, in_english, checked = "", (), False, True
    if welsh is not None:
        wording = WordingFile.model_validate(welsh.wording.content)
        checked = wording.is_checked
        if letter.assessment.state != State.AGREED:
            problem = _("The outcomes are under review again, so the letter has no text until they are agreed.")
        else:
            try:
                original = original_of(letter, letter.letter_date or timezone.localdate(), editions)
                in_english = bool(only_in_english(translated(original, wording, {}), wording))
                groups = _groups(letter, original, passages(original, wording))
            except ValueError:
                problem = _("The letter cannot be put together from its wording and what was entered.")
    return TranslationPage(
        letter=letter,
        reference=reference(letter),
        wording=welsh.wording if welsh else None,
        checked=checked,
        groups=groups,
        scheme_in_english=in_english,
        editable=editable,
        newer=_newer(letter, editions) if editable else (),
        problem=problem,
    )


def newer_wordings(actor: Actor, letter_id: int) -> tuple[Wording, ...]:
    """The wordings in force that a letter does not use: none where it is no draft. Four queries."""
    letter = fetch(actor, P.DRAFT_LETTERS, Letter, related=RELATED, pk=letter_id)
    return _newer(letter, list(letter.editions.all())) if letter.state == LetterState.DRAFT else ()


def _newer(letter: Letter, editions: Sequence[Edition]) -> tuple[Wording, ...]:
    """The wordings in force that the letter does not use."""
    used = {one.wording_id for one in editions}
    try:
        return tuple(one for one in wordings_for(assessment_of(letter)) if one.pk not in used)
    except Unfit:
        return ()


def _groups(letter: Letter, original: Original, wanted: Sequence[Passage]) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    rows = {one.key: one for one in LetterTranslation.objects.filter(letter=letter, language=WELSH)}
    groups: dict[str, list[Line]] = {}
    for one in wanted:
        title, name = _place(one.key, original)
        row = rows.get(one.key)
        groups.setdefault(title, []).append(
            Line(
                key=one.key,
                name=name,
                english=one.english,
                digest=one.digest,
                welsh=row.text if row else "",
                version=row.version if row else 0,
                outdated=bool(row and row.text and row.english_digest != one.digest),
            )
        )
    return tuple((title, tuple(lines)) for title, lines in groups.items())


def _place(key: str, original: Original) -> tuple[str, str]:
    """Under which heading a text stands, and what it is called there."""
    kind, _colon, rest = key.partition(":")
    if not rest:
        return _("The letter"), str(NAMES[kind])
    number, _colon, field = rest.partition(":")
    if kind == "benchmark":
        benchmark = original.scheme.benchmarks[int(number)]
        return f"{benchmark.number}. {benchmark.title}", str(OF_BENCHMARK[field])
    lists = {
        "strength": (original.places.strengths, _("Strengths"), _("Strength %(number)s")),
        "recommendation": (original.places.recommendations, _("Recommendations"), _("Recommendation %(number)s")),
        "follow_up": (original.places.follow_ups, _("Last year’s recommendations"), _("Recommendation %(number)s")),
    }
    places, title, named = lists[kind]
    name = named % {"number": places.index(int(number)) + 1}
    return title, _("%(name)s, heading") % {"name": name} if field == "heading" else name
