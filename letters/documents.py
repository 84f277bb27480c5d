"""Copies of a letter that a worker makes on request: the draft as PDF, and an editable copy in Word."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assurance.access import Actor, NotFound, fetch
from assurance.actions import documents
from assurance.actions.documents import READERS, Made
from assurance.actions.refusals import Unfit
from assurance.models import Document
from assurance.vocabulary import DocumentKind, LetterState, State
from letters.checks import shown_in
from letters.content import content_of, reference_in
from letters.models import Edition, Letter, LetterCheck
from letters.pdf import Content, render
from letters.pdf.text import check_all
from letters.word import word_copy
from letters.workflow import IN_PREPARATION

RELATED = ("assessment__cycle", "replaces__assessment__cycle", "replaces__authority")
ENDINGS = {DocumentKind.LETTER_DRAFT: "pdf", DocumentKind.LETTER_DOCX: "docx"}


def ask(*, by: Actor, at: datetime, letter_id: int, kind: DocumentKind, language: str) -> Document:
    """Ask for a copy of a letter in one of its languages.

    Raises:
        NotFound, Forbidden: as ``access.require``; there is no such edition, or no draft of a letter that is issued.
        Unfit: it cannot be put together or printed, in words.
    """
    letter = fetch(by, READERS[kind], Letter, related=RELATED, pk=letter_id)
    content = _content(letter, _edition(letter, kind, language), timezone.localdate(at))
    if kind == DocumentKind.LETTER_DRAFT and (problems := check_all(content.frozen() | {"annex_b": None})):
        raise Unfit("", problems[0])
    about = f"letter:{letter.pk}:{language}"
    return documents.ask(by=by, at=at, assessment_id=letter.assessment_id, kind=kind, about=about)


def file_of(document: Document, actor: Actor, at: datetime) -> Made:
    """The copy that somebody asked for, of the letter as it stands now.

    Raises:
        NotFound, Forbidden: they may no longer have it.
        LetterDefective, FontsUnavailable: it cannot be set.
    """
    kind = DocumentKind(document.kind)
    _word, letter_id, language = document.about.split(":")
    letter = fetch(actor, READERS[kind], Letter, related=RELATED, pk=int(letter_id))
    if letter.assessment_id != document.assessment_id:
        raise NotFound
    edition = _edition(letter, kind, language)
    today = timezone.localdate(at)
    try:
        content = _content(letter, edition, today)
    except Unfit as refusal:
        raise NotFound from refusal
    marking = marked(content, letter, today)
    if kind == DocumentKind.LETTER_DRAFT:
        data = render(content.model_copy(update={"marking": marking})).pdf
    else:
        notice = _(
            "Copy of letter %(reference)s to write in while you consult. It is not the letter: what comes back is "
            "typed into the service, and not uploaded."
        )
        data = word_copy(content, notice=notice % {"reference": content.reference}, header=marking)
    draft = "" if letter.issued_at else _("draft") + "-"
    return Made(name=f"{draft}{reference_in(letter, language)}.{ENDINGS[kind]}", data=data)


def marked(content: Content, letter: Letter, today: date) -> str:
    """What stands at the head of every page: the letter's own marking, and that it is a draft while it is one."""
    if letter.issued_at is not None:
        return content.marking
    draft = _("Draft of %(day)s, not issued") % {"day": date_format(today, "j F Y")}
    return f"{content.marking} – {draft}" if content.marking else draft


def _edition(letter: Letter, kind: DocumentKind, language: str) -> Edition:
    edition = letter.editions.filter(language=language).select_related("wording").first()
    is_draft = kind == DocumentKind.LETTER_DRAFT
    if edition is None or (is_draft and letter.state not in IN_PREPARATION):
        raise NotFound
    return edition


def _content(letter: Letter, edition: Edition, today: date) -> Content:
    """What the edition says: frozen on approval or for the authority's check, or as it stands."""
    if edition.content:
        return Content.model_validate(edition.content)
    if letter.state == LetterState.ACCURACY_CHECK:
        check = LetterCheck.objects.filter(letter=letter, closed_at__isnull=True).first()
        if check is not None and (shown := shown_in(check, edition.language)) is not None:
            return shown
    message = _("The letter cannot be put together from its wording and what was entered.")
    if letter.assessment.state != State.AGREED:
        raise Unfit("", message)
    try:
        return content_of(letter, edition, today)
    except ValueError as error:
        raise Unfit("", message) from error
