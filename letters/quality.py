"""The quality check with the letter's own words in it, and with those of its other language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.insights.quality import digest_of
from assurance.queries.quality import Found, Further, look
from assurance.vocabulary import LetterState, QualityCheck, State
from letters.content import assessment_of, original_of
from letters.languages import WELSH, languages_of
from letters.models import Edition, Letter, LetterTranslation
from letters.translation import Passage, only_in_english, passages, translated
from letters.wording_format import WordingFile

C = QualityCheck
IN_WELSH = f"letter:{WELSH}:"
"""What the subjects of warnings about the Welsh letter begin with."""
KINDS: dict[str, StrOrPromise] = {
    "title": _("titles"),
    "outcome": _("outcomes"),
    "statement": _("statements"),
    "note": _("notes"),
    "criteria": _("criteria"),
}
"""What the scheme's texts are called in the middle of a line."""


def texts_of(letter: Letter) -> tuple[Further, ...]:
    """What a letter says beside the record. A correction that says the same again needs no second overruling.

    No query for a letter in English alone, and seven for one in two languages.

    Args:
        letter: with its authority and its assessment's cycle read.
    """
    is_draft = letter.state == LetterState.DRAFT
    summary = Further(
        subject="letter:summary",
        about=_("Covering summary of the letter"),
        text=letter.summary,
        href=reverse("letter-edit", args=[letter.pk]) if is_draft else "",
        mend=_("Change it in the draft letter") if is_draft else "",
    )
    return (summary, *_in_welsh(letter))


def look_at(letter: Letter) -> Found:
    """Everything that the checks find about a letter and its assessment. One query, and those of :func:`texts_of`.

    Args:
        letter: with its authority and its assessment's cycle read.
    """
    return look(assessment_of(letter), texts_of(letter))


def _in_welsh(letter: Letter) -> Iterator[Further]:
    """What keeps the Welsh letter from being as good as the English one."""
    if WELSH not in languages_of(letter.authority) or letter.assessment.state != State.AGREED:
        return
    editions = list(letter.editions.select_related("wording"))
    welsh = next((one for one in editions if one.language == WELSH), None)
    if welsh is None:
        message = gettext("The authority is in Wales, and the letter has no Welsh edition.")
        yield _warning(letter, C.NO_WORDING, "wording", message, "")
        return
    wording = WordingFile.model_validate(welsh.wording.content)
    if not wording.is_checked:
        message = gettext("No translator has checked “%(wording)s”.") % {"wording": welsh.wording}
        yield _warning(letter, C.UNCHECKED_WORDING, "checked", message, welsh.wording.digest)
    yield from _texts_in_welsh(letter, editions, wording)


def _texts_in_welsh(letter: Letter, editions: Sequence[Edition], wording: WordingFile) -> Iterator[Further]:
    try:
        original = original_of(letter, letter.letter_date or timezone.localdate(), editions)
        kinds = only_in_english(translated(original, wording, {}), wording)
    except ValueError:
        # Wording that does not go with the scheme keeps the letter back by itself.
        return
    if kinds:
        named = gettext(", ").join(str(KINDS[one]) for one in kinds)
        message = gettext("The Welsh letter has these texts of the scheme in English: %(kinds)s.") % {"kinds": named}
        yield _warning(letter, C.SCHEME_IN_ENGLISH, "scheme", message, *kinds)
    rows = {one.key: one for one in LetterTranslation.objects.filter(letter=letter, language=WELSH)}
    missing: list[Passage] = []
    outdated: list[Passage] = []
    for one in passages(original, wording):
        row = rows.get(one.key)
        if row is None or not row.text:
            missing.append(one)
        elif row.english_digest != one.digest:
            outdated.append(one)
        if row is not None and row.text:
            yield _words(letter, one.key, row.text)
    if missing:
        said = ngettext(
            "%(count)s text has no Welsh, and stands in English in the Welsh letter.",
            "%(count)s texts have no Welsh, and stand in English in the Welsh letter.",
            len(missing),
        ) % {"count": len(missing)}
        yield _warning(letter, C.UNTRANSLATED, "missing", said, *_parts(missing))
    if outdated:
        said = ngettext(
            "The English of %(count)s text changed after it was translated.",
            "The English of %(count)s texts changed after they were translated.",
            len(outdated),
        ) % {"count": len(outdated)}
        yield _warning(letter, C.OUTDATED, "outdated", said, *_parts(outdated))


def _parts(texts: Sequence[Passage]) -> list[str]:
    return [part for one in texts for part in (one.key, one.digest)]


def _words(letter: Letter, key: str, text: str) -> Further:
    """A translation as a text of the letter: it may name another authority, or be too long, as any other may."""
    return Further(subject=f"{IN_WELSH}{key}", about=_("Welsh letter"), text=text, **_mended_at(letter))


def _mended_at(letter: Letter) -> dict[str, Any]:
    """Where the Welsh can be changed now."""
    if letter.state != LetterState.DRAFT:
        return {}
    return {
        "href": reverse("letter-translation", args=[letter.pk]),
        "mend": _("Open the Welsh of the letter"),
    }


def _warning(letter: Letter, code: QualityCheck, name: str, message: str, *about: str) -> Further:
    """A warning that is found already. ``about`` is what it is about, so that overruling it holds for that alone."""
    return Further(
        subject=f"{IN_WELSH}{name}",
        about=_("Welsh letter"),
        text="",
        code=code,
        message=message,
        digest=digest_of(*about),
        **_mended_at(letter),
    )
