"""The quality check with the letter's own words in it."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assurance.queries.quality import Found, Further, look
from assurance.vocabulary import LetterState
from letters.models import Letter


def texts_of(letter: Letter) -> tuple[Further, ...]:
    """What a letter says beside the record. A correction that says the same again needs no second overruling."""
    is_draft = letter.state == LetterState.DRAFT
    return (
        Further(
            subject="letter:summary",
            about=_("Covering summary of the letter"),
            text=letter.summary,
            href=reverse("letter-edit", args=[letter.pk]) if is_draft else "",
            mend=_("Change it in the draft letter") if is_draft else "",
        ),
    )


def look_at(letter: Letter) -> Found:
    """Everything that the checks find about a letter and its assessment. One query.

    Args:
        letter: with its authority and its assessment's cycle read.
    """
    assessment = letter.assessment
    assessment.authority = letter.authority
    return look(assessment, texts_of(letter))
