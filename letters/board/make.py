"""A board pack as a file, for whoever asked for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.text import slugify

from assurance.access import Actor
from assurance.actions.documents import Made, Maker
from assurance.vocabulary import DocumentKind
from letters.board.content import BoardContent
from letters.board.pdf import render_board
from letters.board.queries import board_content
from letters.board.slides import write

DRAWN: Mapping[DocumentKind, tuple[str, Callable[[BoardContent], bytes]]] = {
    DocumentKind.BOARD_SLIDES: ("pptx", write),
    DocumentKind.BOARD_PDF: ("pdf", lambda content: render_board(content).pdf),
}
"""How each kind ends, and what draws it."""


def file_of(document: Any, actor: Actor, at: datetime) -> Made:
    """The pack (of an ``assurance.models.Document``) that somebody asked for, as they chose what goes into it.

    Raises:
        NotFound, Forbidden: there is no letter in force any more, or they may no longer make one of it.
        LetterDefective, FontsUnavailable: it cannot be set.
    """
    content = board_content(actor, document.assessment_id)
    ending, draw = DRAWN[DocumentKind(document.kind)]
    return Made(name=f"{slugify(f'board pack {content.foot}'.replace('/', '-'))}.{ending}", data=draw(content))


MAKERS: Mapping[DocumentKind, Maker] = dict.fromkeys(DRAWN, file_of)
