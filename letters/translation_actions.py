"""Every write to the Welsh of a letter: what is translated, what is taken over, and the editions that it stands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from assurance import ledger
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable
from assurance.vocabulary import Audience, EventKind, LetterState, Permission
from letters.content import original_of
from letters.languages import WELSH
from letters.models import Edition, Letter, LetterTranslation, Wording
from letters.translation import passages
from letters.wording_format import WordingFile

RELATED = ("assessment__cycle", "replaces__assessment__cycle", "replaces__authority")
"""What the content of a letter is read with."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """One text as it was typed.

    ``version`` is of the translation that the page showed (0: there was none) and ``english`` the digest of the English
    beside it. ``still`` says that what is written still holds for English that changed. ``field`` is what the form
    calls it.
    """

    key: str
    text: str
    version: int
    english: str
    still: bool = False
    field: str = ""


@dataclass(frozen=True)
class Saved:
    """What became of a save: how many texts were written, and those that somebody else had saved, as they stand now."""

    count: int
    stale: dict[str, LetterTranslation]


def save_translations(*, by: Actor, at: datetime, letter_id: int, written: Sequence[Written]) -> Saved:
    """Save the Welsh of a draft. A text that somebody else saved meanwhile is left as it stands; the others are saved.

    Raises:
        NotEditable: it is no longer a draft.
        Unfit: a text does not fit.
    """
    with transaction.atomic():
        letter = fetch(by, Permission.DRAFT_LETTERS, Letter, lock=("self",), related=("assessment",), pk=letter_id)
        if letter.state != LetterState.DRAFT:
            raise NotEditable(letter)
        rows = {one.key: one for one in LetterTranslation.objects.filter(letter=letter, language=WELSH)}
        new: list[LetterTranslation] = []
        changed: list[LetterTranslation] = []
        late: list[Written] = []
        for one in written:
            text = fitting(one.text, one.field or one.key)
            row = rows.get(one.key)
            if row is None:
                if text:
                    new.append(_new(letter, one.key, text, one.english))
            elif text == row.text and (row.english_digest == one.english or not one.still):
                continue
            elif row.version != one.version:
                late.append(one)
            else:
                row.text, row.english_digest = text, one.english
                row.version += 1
                changed.append(row)
        if new:
            ledger.create_many(LetterTranslation, new, by=by, at=at, reason="translated")
        if changed:
            ledger.save_many(LetterTranslation, changed, by=by, at=at, reason="translated")
        if new or changed:
            _note(letter, "translated", by, at)
        stale = {one.key: rows[one.key] for one in _differing(late, rows)}
    return Saved(len(new) + len(changed), stale)


def _differing(late: Sequence[Written], rows: Mapping[str, LetterTranslation]) -> list[Written]:
    """Those that both changed: a box that was left as the page showed it says nothing against the other text."""
    if not late:
        return []
    known = LetterTranslation.history.filter(id__in=[rows[one.key].pk for one in late])
    shown = set(known.values_list("key", "version", "text"))
    return [one for one in late if (one.key, one.version, one.text) not in shown and (one.version or one.text)]


def carry_translations(letter: Letter, earlier: Sequence[Letter], *, by: Actor, at: datetime) -> None:
    """Take over into a new letter what is translated already, inside the caller's transaction.

    A correction begins with the translations of the letter before: where the English is the same they hold, and where
    it is not they are flagged by their digest. Otherwise a text of the authority's earlier letters holds wherever the
    English is the same, word for word.

    Args:
        letter: with its authority and its assessment's cycle read.
    """
    editions = list(letter.editions.select_related("wording"))
    welsh = next((one for one in editions if one.language == WELSH), None)
    if welsh is None:
        return
    rows: dict[str, LetterTranslation] = {}
    if earlier:
        before = LetterTranslation.objects.filter(letter=earlier[0], language=WELSH).exclude(text="")
        rows = {one.key: _new(letter, one.key, one.text, one.english_digest) for one in before}
    try:
        original = original_of(letter, timezone.localdate(at), editions)
    except ValueError:
        # Wording that does not go with the scheme: the letter says so, and there is nothing to translate yet.
        wanted = []
    else:
        wanted = passages(original, WordingFile.model_validate(welsh.wording.content))
    known = {
        one.english_digest: one.text
        for one in LetterTranslation.objects.filter(
            authority=letter.authority, language=WELSH, english_digest__in=[one.digest for one in wanted]
        )
        .exclude(text="")
        .order_by("pk")
    }
    for one in wanted:
        if one.digest in known and (one.key not in rows or rows[one.key].english_digest != one.digest):
            rows[one.key] = _new(letter, one.key, known[one.digest], one.digest)
    if rows:
        ledger.create_many(LetterTranslation, list(rows.values()), by=by, at=at, reason="carried")


def use_wordings(*, by: Actor, at: datetime, letter_id: int, wordings: Sequence[Wording]) -> Letter:
    """Put a draft into other wordings, such as those published since it was begun. Adds a language that it lacked.

    Raises:
        NotEditable: it is no longer a draft.
    """
    with transaction.atomic():
        letter = fetch(by, Permission.DRAFT_LETTERS, Letter, lock=("self",), related=RELATED, pk=letter_id)
        if letter.state != LetterState.DRAFT:
            raise NotEditable(letter)
        editions = {one.language: one for one in letter.editions.select_related("wording")}
        for wording in wordings:
            edition = editions.get(wording.language)
            if edition is None:
                edition = Edition(authority=letter.authority, letter=letter, language=wording.language, wording=wording)
            elif edition.wording_id == wording.pk:
                continue
            edition.wording = wording
            ledger.save(edition, by=by, at=at, reason="wording")
        if WELSH not in editions:
            carry_translations(letter, [], by=by, at=at)
        _note(letter, "wording", by, at)
    return letter


def _new(letter: Letter, key: str, text: str, english: str) -> LetterTranslation:
    return LetterTranslation(
        authority=letter.authority, letter=letter, language=WELSH, key=key, text=text, english_digest=english
    )


def _note(letter: Letter, name: str, by: Actor, at: datetime) -> None:
    ledger.event(
        EventKind.LETTER_SAVED,
        by=by,
        at=at,
        authority=letter.authority,
        assessment=letter.assessment,
        name=name,
        detail={"record": letter.pk, "number": letter.number},
        audience=Audience.HOME_OFFICE,
    )
