"""In which languages an authority's letters are written."""

from __future__ import annotations

from typing import Protocol

ENGLISH, WELSH = "en", "cy"
LANGUAGES = (ENGLISH, WELSH)
WALES = "Wales"
"""As reference data names the nation."""


class InNation(Protocol):
    """What is asked of an authority here."""

    nation: str


def languages_of(authority: InNation) -> tuple[str, ...]:
    """The languages of an authority's letters, English first.

    Source: under the Welsh Language (Wales) Measure 2011 a body in Wales is written to in Welsh as well, and
    neither language is treated less favourably.
    """
    return (ENGLISH, WELSH) if authority.nation == WALES else (ENGLISH,)


def is_bilingual(authority: InNation) -> bool:
    """Whether an authority's letters are written in more than one language."""
    return len(languages_of(authority)) > 1
