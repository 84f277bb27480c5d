"""What the pages of letters read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from django.core.files.storage import default_storage
from django.core.paginator import Page, Paginator
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance.access import Actor, NotFound, fetch, holds, reach, visible
from assurance.actions.documents import READERS as DOCUMENT_READERS
from assurance.models import Assessment
from assurance.past import past
from assurance.queries.history import Versions, versions
from assurance.queries.quality import QualityPage, quality_page
from assurance.vocabulary import DocumentKind, LetterState, Permission, State
from assurance.workflow import Row, available
from letters.check_queries import READERS as CHECK_READERS
from letters.check_queries import open_round
from letters.checks import shown_in
from letters.content import content_of, edition_in, reference, reference_in
from letters.deliveries import Delivered, deliveries_of
from letters.languages import ENGLISH, is_bilingual
from letters.models import Edition, Letter, LetterCheck
from letters.pdf import Content
from letters.quality import look_at, texts_of
from letters.workflow import IN_PREPARATION, LETTER

P = Permission
PAGE_SIZE = 50
READERS = (P.READ_LETTERS, P.READ_ISSUED_LETTERS, P.CHECK_LETTERS)


@dataclass(frozen=True)
class LettersOfAssessment:
    """The letters of one assessment, newest first, whether a new one can be drafted, and the one in force."""

    assessment: Assessment
    letters: tuple[Letter, ...]
    can_draft: bool
    can_read_checks: bool
    in_force: Letter | None


@dataclass(frozen=True)
class LetterPage:
    """A letter for reading and for what can be done with it.

    ``edition`` is the one of ``editions`` that is read; ``content`` is what it says, None where it has no text.
    ``warnings`` is how many are open before it can go for approval; None for whoever has no part in that.
    ``check`` is the round of the accuracy check that goes on; what it froze is then what is read.
    ``deliveries`` are for the Home Office, of an issued letter.
    """

    letter: Letter
    reference: str
    editions: tuple[Edition, ...]
    edition: Edition
    content: Content | None
    problem: str
    transitions: tuple[Row, ...]
    can_edit: bool
    can_download: bool
    is_being_made: bool
    replaced_by: int | None
    can_translate: bool
    warnings: int | None = None
    check: LetterCheck | None = None
    can_check: bool = False
    can_copy: bool = False
    is_draft: bool = False
    can_make_board_pack: bool = False
    can_try_again: bool = False
    deliveries: tuple[Delivered, ...] | None = None


@dataclass(frozen=True)
class LetterList:
    """Letters that the actor may see, those that wait for them first."""

    page: Page[Letter]
    letters: tuple[Letter, ...]
    awaiting: bool
    is_home_office: bool


def of_assessment(actor: Actor, assessment_id: int) -> LettersOfAssessment:
    """Every letter of an assessment that the actor may see."""
    assessment = fetch(actor, READERS, Assessment, related=("cycle",), pk=assessment_id)
    letters = tuple(visible(actor, Letter).filter(assessment=assessment).order_by("-number"))
    unfinished = any(one.state in IN_PREPARATION for one in letters)
    can_draft = holds(actor, P.DRAFT_LETTERS, assessment) and assessment.state == State.AGREED and not unfinished
    in_force = next((one for one in letters if one.state == LetterState.ISSUED), None)
    may_read_checks = holds(actor, CHECK_READERS, assessment)
    return LettersOfAssessment(assessment, letters, can_draft, may_read_checks, in_force)


def letters(actor: Actor, *, awaiting: bool, page: int) -> LetterList:
    """Letters of all authorities that the actor may see; with ``awaiting`` only those to be approved."""
    rows = visible(actor, Letter).select_related("authority", "assessment__cycle")
    if awaiting:
        rows = rows.filter(state=LetterState.AWAITING_APPROVAL)
    found = Paginator(rows.order_by("-state_since", "-pk"), PAGE_SIZE).get_page(page)
    return LetterList(found, tuple(found), awaiting, is_home_office=bool(reach(actor, P.READ_LETTERS)))


def letter_page(actor: Actor, letter_id: int, today: date, language: str = ENGLISH) -> LetterPage:
    """One letter with its text in a language: the frozen one if there is one, else as it would be now.

    A language in which there is no edition gives the first one.
    """
    letter = _visible_letter(actor, letter_id)
    editions = tuple(letter.editions.select_related("wording"))
    edition = edition_in(editions, language)
    content, problem = None, ""
    shown = open_round(actor, letter) if letter.state == LetterState.ACCURACY_CHECK else None
    if edition.content:
        content = Content.model_validate(edition.content)
    elif shown is not None:
        content = shown_in(shown, edition.language)
    elif letter.state == LetterState.ACCURACY_CHECK and not holds(actor, P.READ_LETTERS, letter):
        problem = _("The letter has to be shown to you again. Ask your adviser.")
    elif letter.assessment.state != State.AGREED:
        problem = _("The outcomes are under review again, so the letter has no text until they are agreed.")
    else:
        try:
            content = content_of(letter, edition, today)
        except ValueError:
            problem = _("The letter cannot be put together from its wording and what was entered.")
    return LetterPage(
        letter=letter,
        reference=reference(letter),
        editions=editions,
        edition=edition,
        content=content,
        problem=problem,
        transitions=tuple(row for row in available(LETTER, letter, actor) if row.name not in ("issue", "supersede")),
        can_edit=letter.state == LetterState.DRAFT and holds(actor, P.DRAFT_LETTERS, letter),
        can_download=letter.issued_at is not None,
        can_copy=holds(actor, DOCUMENT_READERS[DocumentKind.LETTER_DOCX], letter),
        is_draft=letter.state in IN_PREPARATION,
        is_being_made=letter.state == LetterState.APPROVED and not letter.failure,
        replaced_by=_replaced_by(letter),
        can_translate=is_bilingual(letter.authority) and holds(actor, P.READ_LETTERS, letter),
        warnings=len(look_at(letter).open) if _is_checked(actor, letter) else None,
        check=shown,
        can_check=shown is not None and holds(actor, P.CHECK_LETTERS, letter),
        can_try_again=bool(letter.failure)
        and letter.state == LetterState.APPROVED
        and holds(actor, P.APPROVE_LETTERS, letter),
        can_make_board_pack=letter.state == LetterState.ISSUED and holds(actor, P.MAKE_BOARD_PACKS, letter),
        deliveries=deliveries_of(actor, letter) if letter.issued_at and holds(actor, P.READ_LETTERS, letter) else None,
    )


def letter_quality(actor: Actor, letter_id: int) -> QualityPage:
    """The warnings of the letter's assessment, and those about the letter's own words. Three queries, and those of
    :func:`letters.quality.texts_of`."""
    letter = fetch(actor, P.READ_REVIEW, Letter, related=("assessment__cycle", "replaces"), pk=letter_id)
    return quality_page(actor, letter.assessment_id, texts_of(letter))


def letter_history(actor: Actor, letter_id: int, moment: datetime, page: int) -> tuple[Letter, Versions]:
    """What the covering summary of a letter said at a moment, with its versions that the actor may read.

    Raises:
        NotFound, Forbidden: as for the letter itself.
    """
    letter = _visible_letter(actor, letter_id)
    stood = past(actor, Letter, letter, lambda rows: str(rows[0]["summary"]) if rows else "", fields=("summary",))
    return letter, versions(stood, moment, page)


def letter_to_edit(actor: Actor, letter_id: int) -> Letter:
    """One letter for the person who drafts it."""
    return fetch(actor, P.DRAFT_LETTERS, Letter, related=("assessment__cycle",), pk=letter_id)


def letter_to_move(actor: Actor, letter_id: int, name: str) -> tuple[Letter, Row, bool]:
    """A letter, the row of a transition, and whether it starts from the letter's state. KeyError: no such row."""
    row = LETTER.row(name)
    letter = fetch(actor, row.permissions, Letter, related=("assessment__cycle",), pk=letter_id)
    return letter, row, letter.state in row.sources


def check_waits(letter: Letter) -> date | None:
    """Until when the letter's authority can still point out errors, while it has not said that it has said all.

    No query. The newest letter of an assessment is the only one that can be out for a check.
    """
    until = letter.assessment.letter_check_until
    is_out = letter.state == LetterState.ACCURACY_CHECK
    return until if is_out and until is not None and until >= timezone.localdate() else None


def letter_file(actor: Actor, letter_id: int, language: str = ENGLISH) -> tuple[Letter, str, BinaryIO]:
    """An issued letter, a file name that people understand, and the bytes of its edition in a language.

    Raises:
        NotFound: the actor may not see it, it has no file, or it was not sent in that language.
    """
    letter = _visible_letter(actor, letter_id)
    edition = letter.editions.filter(language=language).exclude(sha256="").first()
    if edition is None or letter.issued_at is None:
        raise NotFound
    return letter, f"{reference_in(letter, edition.language)}.pdf", default_storage.open(edition.file.name)


def letter_as_it_stands(
    actor: Actor, *, gss_code: str, cycle: str, programme: str, today: date, language: str = ENGLISH
) -> tuple[Edition, Content] | None:
    """The newest letter of an authority's assessment in a language, with its content, frozen or as it would be.

    Returns:
        None when there is no letter, or none in that language.

    Raises:
        ValueError: the wording does not go with the scheme.
    """
    letter = (
        visible(actor, Letter)
        .select_related("authority", "assessment__cycle", "replaces__assessment__cycle", "replaces__authority")
        .filter(
            authority__gss_code=gss_code,
            assessment__cycle__name=cycle,
            assessment__cycle__programme__code=programme,
        )
        .exclude(state=LetterState.WITHDRAWN)
        .order_by("-number")
        .first()
    )
    edition = letter and letter.editions.filter(language=language).select_related("wording").first()
    if letter is None or edition is None:
        return None
    return edition, Content.model_validate(edition.content) if edition.content else content_of(letter, edition, today)


def waiting_for_file() -> list[tuple[int, int]]:
    """Ids of approved letters that have no file, with their authorities': what a crash left behind.

    Needs a scope that sees every row.
    """
    rows = Letter.objects.filter(state=LetterState.APPROVED, failure="", issue_requested_at__isnull=False)
    return list(rows.values_list("pk", "authority_id"))


def _is_checked(actor: Actor, letter: Letter) -> bool:
    """Whether warnings are shown with the letter: to whoever may read the review, before it goes for approval."""
    return letter.state in (LetterState.DRAFT, LetterState.ACCURACY_CHECK) and holds(actor, P.READ_REVIEW, letter)


def _replaced_by(letter: Letter) -> int | None:
    """The letter that took the place of a superseded one."""
    if letter.state != LetterState.SUPERSEDED:
        return None
    return letter.corrections.filter(issued_at__isnull=False).values_list("pk", flat=True).first()


def _visible_letter(actor: Actor, letter_id: int) -> Letter:
    letter = (
        visible(actor, Letter)
        .select_related("authority", "assessment__cycle", "replaces__assessment__cycle", "replaces__authority")
        .filter(pk=letter_id)
        .first()
    )
    if letter is None:
        # Whoever may read no letter of this authority is told so; to the others this one does not exist.
        fetch(actor, READERS, Letter, pk=letter_id)
        raise NotFound
    return letter
