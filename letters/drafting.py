"""What the page of a draft reads beside its form: the letter as it would print, its warnings, last year's letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from assurance import years
from assurance.access import Actor, fetch, holds, visible
from assurance.models import Assessment, Recommendation
from assurance.queries.quality import Warned
from assurance.vocabulary import LetterState, Permission, State
from letters.content import content_of, edition_in, reference
from letters.models import Letter
from letters.pdf import Content
from letters.pdf.text import check_all
from letters.quality import look_at, texts_of

P = Permission
RELATED = ("assessment__cycle", "replaces__assessment__cycle", "replaces__authority")


@dataclass(frozen=True)
class LastLetter:
    """The letter of an earlier year that was issued last: what it said in its own words, and what it recommended."""

    letter: Letter
    reference: str
    recommendations: tuple[Recommendation, ...]


@dataclass(frozen=True)
class Drafting:
    """A draft, as it would print in one of its languages; ``problem`` says why it would not, if so.

    ``content`` is None only where nothing can be put together. ``warnings`` are those about the letter's own words;
    ``others`` counts those about the record that it prints.
    """

    letter: Letter
    languages: tuple[str, ...]
    language: str
    content: Content | None
    problems: tuple[str, ...]
    warnings: tuple[Warned, ...]
    others: int


def drafting(
    actor: Actor, letter_id: int, today: date, language: str, typed: Mapping[str, Any] | None = None
) -> Drafting:
    """A draft as it stands, or as it would be with what is typed. Nothing is saved. Twelve queries at most.

    Args:
        language: of the edition; one that the letter has none in gives the first.
        typed: values by the names of fields, which take the place of what is saved.
    """
    letter = fetch(actor, P.DRAFT_LETTERS, Letter, related=RELATED, pk=letter_id)
    for name, value in (typed or {}).items():
        setattr(letter, name, value)
    editions = list(letter.editions.select_related("wording"))
    edition = edition_in(editions, language)
    content, problems = None, []
    if letter.assessment.state != State.AGREED:
        problems.append(_("The outcomes are under review again, so the letter has no text until they are agreed."))
    else:
        try:
            content = content_of(letter, edition, today)
        except ValueError:
            problems.append(_("The letter cannot be put together from its wording and what was entered."))
        else:
            problems += check_all(content.frozen() | {"annex_b": None})
    own = {text.subject for text in texts_of(letter)}
    found = look_at(letter).open if holds(actor, P.READ_REVIEW, letter) else ()
    warnings = tuple(one for one in found if one.finding.subject in own)
    return Drafting(
        letter=letter,
        languages=tuple(one.language for one in editions),
        language=edition.language,
        content=content,
        problems=tuple(problems),
        warnings=warnings,
        others=len(found) - len(warnings),
    )


def last_letter(actor: Actor, letter: Letter) -> LastLetter | None:
    """The newest issued letter of the same authority from an earlier year, if the actor may read one. Three queries.

    Args:
        letter: with its assessment's cycle read.
    """
    earlier = years.before(visible(actor, Assessment), letter.assessment).filter(letter_issued_at__isnull=False)
    last = (
        visible(actor, Letter)
        .select_related("authority", "assessment__cycle")
        .filter(assessment=earlier.first(), state=LetterState.ISSUED)
        .order_by("-number")
        .first()
    )
    if last is None:
        return None
    recommendations = visible(actor, Recommendation).filter(assessment=last.assessment_id).order_by("position")
    return LastLetter(last, reference(last), tuple(recommendations))
