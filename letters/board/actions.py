"""Keeping what somebody chose for their board pack."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger, text
from assurance.access import Actor, Forbidden
from assurance.actions.answers import fitting
from assurance.actions.refusals import Stale, Unfit
from assurance.models import Assessment
from assurance.vocabulary import AUTHORITY_ROLES, Audience, EventKind, Permission
from letters.board.queries import EDIT, INCLUDE, LEAVE, OWNERS, keys_of, letter_in_force
from letters.models import BoardPack, Letter

LONGEST = text.REASON
"""Characters of a text in one's own words: more is no slide."""


def save_pack(
    *, by: Actor, at: datetime, letter_id: int, version: int, choices: Mapping[str, tuple[str, str]]
) -> BoardPack:
    """Keep what goes into the actor's pack of a letter, what is left out, and what is put in other words.

    Args:
        version: of the pack that the page showed; 0 for none.
        choices: INCLUDE, LEAVE or EDIT for every text of the letter, by its key, and the words for EDIT.

    Raises:
        NotFound, Forbidden, NotEditable: as ``queries.letter_in_force``.
        Stale: the person saved since, elsewhere.
        Unfit: a text is not decided on, or its words do not fit.
    """
    with transaction.atomic():
        letter = letter_in_force(by, letter_id)
        if by.user is None:
            raise Forbidden(Permission.MAKE_BOARD_PACKS)
        # Of two saves at once the second waits here, and is then stale; there may be no pack yet to hold.
        Assessment.objects.select_for_update(of=("self",)).get(pk=letter.assessment_id)
        pack = BoardPack.objects.filter(letter=letter, saved_by=by.user).first()
        if (pack.version if pack else 0) != version:
            raise Stale(pack)
        kept = {key: _choice(key, choices) for key in keys_of(letter)}
        if pack is not None and pack.choices == kept:
            return pack
        if pack is None:
            pack = BoardPack(authority=letter.authority, letter=letter, saved_by=by.user)
        else:
            pack.version += 1
        pack.choices, pack.saved_at = kept, at
        ledger.save(pack, by=by, at=at, reason="chosen")
        _note(letter, by, at)
    return pack


def _choice(key: str, choices: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """What was chosen for one text, as it is kept."""
    choice, words = choices.get(key, ("", ""))
    if choice not in (INCLUDE, LEAVE, EDIT) or (choice, key) == (EDIT, OWNERS):
        raise Unfit(f"choice_{key}", _("Choose whether this goes into the pack"))
    if choice != EDIT:
        return {"choice": choice, "text": ""}
    field = f"text_{key}"
    kept = fitting(words, field, longest=LONGEST)
    if not kept:
        raise Unfit(field, _("Write what the pack is to say, or leave the text out"))
    return {"choice": choice, "text": kept}


def _note(letter: Letter, by: Actor, at: datetime) -> None:
    """An authority's own preparations are its own to read about, and so are the Home Office's."""
    own = any(grant.role in AUTHORITY_ROLES and grant.covers(letter.authority) for grant in by.grants)
    ledger.event(
        EventKind.LETTER_SAVED,
        by=by,
        at=at,
        authority=letter.authority,
        assessment=letter.assessment,
        name="board_pack",
        detail={"record": letter.pk, "number": letter.number},
        audience=Audience.AUTHORITY if own else Audience.HOME_OFFICE,
    )
