"""What the pages of the accuracy check read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.db.models import Prefetch
from django.urls import reverse

from assurance.access import Actor, NotFound, fetch, holds, visible
from assurance.models import Assessment
from assurance.vocabulary import LetterState, Permission
from letters.checks import ANSWERABLE, shown_in
from letters.languages import ENGLISH
from letters.models import CheckPoint, Letter, LetterCheck
from letters.pdf import Content
from letters.places import Place, places_of

P = Permission
READERS = (P.READ_LETTERS, P.CHECK_LETTERS)
OF_ROUND = ("letter__assessment__cycle", "letter__assessment__authority")
OF_POINT = tuple(f"round__{name}" for name in OF_ROUND)


@dataclass(frozen=True)
class Pointing:
    """Where an error in each paragraph is pointed out, and how many are. What a letter's page draws its links from."""

    address: str
    language: str
    places: Mapping[str, Place]
    counts: Mapping[str, int]

    def href(self, key: str) -> str:
        """The page on which an error in this paragraph is pointed out."""
        return f"{self.address}?{urlencode({'language': self.language, 'place': key})}"


@dataclass(frozen=True)
class CheckPage:
    """The draft as the authority was shown it, with the points that it has made so far.

    ``may_point`` is False from the day after the last one. ``pointing`` is None then.
    """

    assessment: Assessment
    check: LetterCheck
    content: Content
    language: str
    languages: tuple[str, ...]
    points: tuple[CheckPoint, ...]
    may_point: bool
    pointing: Pointing | None


@dataclass(frozen=True)
class Round:
    """One round on record, with its points, and what the reader may do about it."""

    check: LetterCheck
    points: tuple[CheckPoint, ...]
    open: int
    may_prolong: bool
    may_answer: bool
    is_over_time: bool


@dataclass(frozen=True)
class Rounds:
    """Every round about the letters of an assessment, the newest first."""

    assessment: Assessment
    rounds: tuple[Round, ...]
    may_check: bool


def open_round(actor: Actor, letter: Letter) -> LetterCheck | None:
    """The round that goes on about a letter, if one does and the actor may read it. One query."""
    return visible(actor, LetterCheck).filter(letter=letter, closed_at__isnull=True).first()


def own_check(actor: Actor, assessment_id: int) -> tuple[Assessment, LetterCheck | None]:
    """The round that goes on about a letter of the actor's authority, if one does. Two queries."""
    assessment = fetch(actor, P.CHECK_LETTERS, Assessment, related=("cycle",), pk=assessment_id)
    rounds = visible(actor, LetterCheck).filter(
        letter__assessment=assessment, letter__state=LetterState.ACCURACY_CHECK, closed_at__isnull=True
    )
    return assessment, rounds.first()


def check_page(actor: Actor, assessment_id: int, language: str, today: date) -> CheckPage | None:
    """The draft letter that waits for the authority's check; None when none does. Three queries.

    A language in which nothing was shown gives the first one.
    """
    assessment, check = own_check(actor, assessment_id)
    if check is None:
        return None
    languages = tuple(sorted(check.shown, key=lambda code: code != ENGLISH))
    language = language if language in languages else languages[0]
    content = shown_in(check, language)
    if content is None:
        raise NotFound
    points = tuple(visible(actor, CheckPoint).filter(round=check).select_related("made_by", "answered_by"))
    counts: dict[str, int] = {}
    for point in points:
        if point.language == language:
            counts[point.place] = counts.get(point.place, 0) + 1
    may_point = today <= check.until
    address = reverse("letter-point-new", args=[assessment.pk])
    return CheckPage(
        assessment=assessment,
        check=check,
        content=content,
        language=language,
        languages=languages,
        points=points,
        may_point=may_point,
        pointing=Pointing(address, language, places_of(content), counts) if may_point else None,
    )


def rounds_of(actor: Actor, assessment_id: int, today: date) -> Rounds:
    """Every round on record, with points and answers. Three queries, however many they are."""
    assessment = fetch(actor, READERS, Assessment, related=("cycle",), pk=assessment_id)
    points = visible(actor, CheckPoint).select_related("made_by", "answered_by")
    found = (
        visible(actor, LetterCheck)
        .filter(letter__assessment=assessment)
        .select_related("letter", "sent_by", "content_by", "opened_by")
        .defer("shown")
        .prefetch_related(Prefetch("points", points))
        .order_by("-letter__number", "-number")
    )
    drafts = holds(actor, P.DRAFT_LETTERS, assessment)
    return Rounds(
        assessment,
        tuple(_round(one, drafts, today) for one in found),
        may_check=holds(actor, P.CHECK_LETTERS, assessment) and assessment.letter_state == LetterState.ACCURACY_CHECK,
    )


def point_to_change(actor: Actor, point_id: int) -> CheckPoint:
    """A point for whoever of the authority may change it."""
    return fetch(actor, P.CHECK_LETTERS, CheckPoint, related=OF_POINT, pk=point_id)


def point_to_answer(actor: Actor, point_id: int) -> CheckPoint:
    """A point for the adviser who answers it."""
    return fetch(actor, P.DRAFT_LETTERS, CheckPoint, related=OF_POINT, pk=point_id)


def round_to_prolong(actor: Actor, round_id: int) -> LetterCheck:
    """A round for the adviser who gives more time."""
    return fetch(actor, P.DRAFT_LETTERS, LetterCheck, related=OF_ROUND, pk=round_id)


def may_be_changed(point: CheckPoint, today: date) -> bool:
    """Whether the authority can still change a point: it is not answered, and its round goes on."""
    return not point.outcome and point.round.closed_at is None and today <= point.round.until


def may_be_answered(point: CheckPoint) -> bool:
    """Whether the adviser can still answer a point, or answer it otherwise."""
    return point.round.letter.state in ANSWERABLE


def _round(check: LetterCheck, drafts: bool, today: date) -> Round:
    points = tuple(check.points.all())
    goes_on = check.closed_at is None
    return Round(
        check=check,
        points=points,
        open=sum(not point.outcome for point in points),
        may_prolong=drafts and goes_on,
        may_answer=drafts and check.letter.state in ANSWERABLE,
        is_over_time=goes_on and today > check.until,
    )
