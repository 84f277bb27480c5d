"""Every write of the accuracy check: a round opens and closes, the authority makes its points, the adviser answers.

A round freezes what the authority is shown. What it says is on the record as soon as it is saved; that it has said all,
or that nothing is wrong, is said apart, and a further point takes that back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assurance import ledger, outbox
from assurance.access import Actor, NotFound, fetch
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.actions.reviews import note_letter
from assurance.vocabulary import EventKind, LetterState, Permission, PointOutcome, Role
from letters.content import assessment_of
from letters.models import CheckPoint, Edition, Letter, LetterCheck
from letters.pdf import Content
from letters.places import places_of

P = Permission
WORKING_DAYS = 10
"""How long an authority has to check its letter, unless the adviser names another day. The product's own choice."""
LONGEST_CHECK = timedelta(days=92)
MOST_POINTS = 200
"""Points in one round: more than there are paragraphs in a letter."""
ANSWERABLE = frozenset({LetterState.DRAFT, LetterState.ACCURACY_CHECK})
"""States of a letter in which its adviser answers points: while it is out, and when it has been taken back."""
ROUND = ("letter__assessment__cycle", "letter__authority")
POINT = ("round__letter__assessment__cycle", "round__letter__authority")


def usual_until(today: date) -> date:
    """The day until which an authority can usually point out errors: so many days from Monday to Friday after today.

    Bank holidays are not known here and count as working days; the adviser sees the date and can change it.
    """
    day, left = today, WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


def fitting_until(until: date, today: date) -> date:
    """A day until which a check can last. Raises :class:`Unfit` for any other."""
    if until <= today:
        raise Unfit("until", _("The date must be in the future"))
    if until > today + LONGEST_CHECK:
        raise Unfit("until", _("The date must be within three months"))
    return until


def open_round(
    letter: Letter, contents: Sequence[tuple[Edition, Content]], *, until: date, by: Actor, at: datetime
) -> LetterCheck:
    """Show the letter to its authority, as it stands now, until a day. Tells the leads.

    Args:
        letter: locked, with its authority and its assessment's cycle read.
    """
    last = LetterCheck.objects.filter(letter=letter).aggregate(last=Max("number"))["last"] or 0
    shown = {edition.language: content.frozen() for edition, content in contents}
    round_ = LetterCheck(
        authority=letter.authority,
        letter=letter,
        number=last + 1,
        shown=shown,
        until=until,
        opened_at=at,
        opened_by=by.user,
    )
    ledger.save(round_, by=by, at=at, reason="opened")
    _tell("check_opened", Role.LEAD, round_, by, at, due=until)
    return round_


def close_round(letter: Letter, *, by: Actor, at: datetime) -> None:
    """End the round that is open, if one is: the authority can say no more in it."""
    round_ = LetterCheck.objects.select_for_update().filter(letter=letter, closed_at__isnull=True).first()
    if round_ is not None:
        round_.closed_at = at
        round_.version += 1
        ledger.save(round_, by=by, at=at, reason="closed")


def prolong(*, by: Actor, at: datetime, round_id: int, version: int, until: date) -> LetterCheck:
    """Give the authority until another day. What it has said it can then add to.

    Raises:
        NotEditable: the round is over.
        Stale: somebody changed it since.
        Unfit: the day is not in the future, or too far.
    """
    with transaction.atomic():
        round_ = _round(by, P.DRAFT_LETTERS, round_id, version)
        today = timezone.localdate(at)
        round_.until = fitting_until(until, today)
        _save(round_, "prolonged", by, at)
        if not round_.is_answered:
            _note_dates(round_, by, at)
        _tell("check_prolonged", Role.LEAD, round_, by, at, due=until)
    return round_


def make_point(*, by: Actor, at: datetime, round_id: int, language: str, place: str, wrong: str) -> CheckPoint:
    """Point out an error of fact in a paragraph of what was shown.

    Raises:
        NotFound: nothing was shown in that language, or there is no such paragraph.
        NotEditable: the round is over.
        Unfit: it is too late, there are too many points, or the text does not fit.
    """
    with transaction.atomic():
        round_ = _round(by, P.CHECK_LETTERS, round_id)
        content = shown_in(round_, language)
        found = places_of(content).get(place) if content else None
        if found is None:
            raise NotFound
        _in_time(round_, at, "wrong")
        if round_.points.count() >= MOST_POINTS:
            raise Unfit("wrong", _("There are as many points as one round can have. Put them together"))
        point = CheckPoint(
            authority=round_.authority,
            round=round_,
            language=language,
            place=place,
            quote=found.text,
            wrong=_wanted(wrong, "wrong", _("Enter what is wrong")),
            made_at=at,
            made_by=by.user,
        )
        ledger.save(point, by=by, at=at, reason="made")
        _said_more(round_, "point", by, at)
    return point


def change_point(*, by: Actor, at: datetime, point_id: int, version: int, wrong: str) -> CheckPoint:
    """Change what the authority said is wrong, until the adviser has answered it. Raises as :func:`make_point`."""
    with transaction.atomic():
        point = _own_point(by, at, point_id, version)
        point.wrong = _wanted(wrong, "wrong", _("Enter what is wrong"))
        point.version += 1
        ledger.save(point, by=by, at=at, reason="changed")
        _said_more(point.round, "point_changed", by, at)
    return point


def remove_point(*, by: Actor, at: datetime, point_id: int, version: int) -> None:
    """Take a point back, until the adviser has answered it. Its history stays. Raises as :func:`make_point`."""
    with transaction.atomic():
        point = _own_point(by, at, point_id, version)
        ledger.delete_many(CheckPoint, [point], by=by, at=at, reason="removed")
        _said_more(point.round, "point_removed", by, at)


def say_done(*, by: Actor, at: datetime, round_id: int, version: int) -> LetterCheck:
    """The authority has said all: its points, or without any that nothing is wrong. Tells the advisers.

    Raises:
        NotEditable: the round is over.
        Stale: points were made or taken back since.
        Unfit: it is too late.
    """
    with transaction.atomic():
        round_ = _round(by, P.CHECK_LETTERS, round_id, version)
        _in_time(round_, at, "")
        if round_.is_answered:
            return round_
        has_points = round_.points.exists()
        if has_points:
            round_.sent_at, round_.sent_by = at, by.user
        else:
            round_.content_at, round_.content_by = at, by.user
        _save(round_, "sent" if has_points else "content", by, at)
        note_letter(round_.letter.assessment_id, dates(None, None), by=by, at=at)
        _tell("check_answered", Role.ADVISER, round_, by, at)
    return round_


def answer_point(
    *, by: Actor, at: datetime, point_id: int, version: int, outcome: PointOutcome, answer: str
) -> CheckPoint:
    """Say what becomes of a point: changed in the letter or not, and why. Tells the leads when it was the last one.

    An answer can be changed until the letter goes for approval.

    Raises:
        NotEditable: the letter has gone on.
        Stale: the point was changed or answered since.
        Unfit: there are no words.
    """
    with transaction.atomic():
        point = _point(by, P.DRAFT_LETTERS, point_id)
        if point.round.letter.state not in ANSWERABLE:
            raise NotEditable(point)
        if point.version != version:
            raise Stale(point)
        point.outcome = PointOutcome(outcome)
        point.answer = _wanted(answer, "answer", _("Enter your answer"))
        point.answered_at, point.answered_by = at, by.user
        point.version += 1
        ledger.save(point, by=by, at=at, reason="answered")
        _note(point.round, "answered", by, at)
        if not point.round.points.filter(outcome="").exists():
            _tell("check_replied", Role.LEAD, point.round, by, at, key=f"{point.pk}:{point.version}")
    return point


def shown_in(round_: LetterCheck, language: str) -> Content | None:
    """What the authority was shown in a language; None if there was nothing in it."""
    return Content.model_validate(round_.shown[language]) if language in round_.shown else None


def unanswered(letter: Letter) -> int:
    """How many points of the letter's authority have no answer yet. One query."""
    return CheckPoint.objects.filter(round__letter=letter, outcome="").count()


def dates(since: date | None, until: date | None) -> dict[str, Any]:
    """What the assessment is to know of a check that waits for its authority."""
    return {"letter_check_since": since, "letter_check_until": until}


def _round(by: Actor, permission: Permission, round_id: int, version: int | None = None) -> LetterCheck:
    """A round that is open, locked."""
    round_ = fetch(by, permission, LetterCheck, lock=("self",), related=ROUND, pk=round_id)
    if round_.closed_at is not None or round_.letter.state != LetterState.ACCURACY_CHECK:
        raise NotEditable(round_)
    if version is not None and round_.version != version:
        raise Stale(round_)
    return round_


def _point(by: Actor, permission: Permission, point_id: int) -> CheckPoint:
    """A point, locked together with its round, so that points and what is said of them all go one after the other."""
    return fetch(by, permission, CheckPoint, lock=("round", "self"), related=POINT, pk=point_id)


def _own_point(by: Actor, at: datetime, point_id: int, version: int) -> CheckPoint:
    point = _point(by, P.CHECK_LETTERS, point_id)
    round_ = point.round
    if round_.closed_at is not None or round_.letter.state != LetterState.ACCURACY_CHECK or point.outcome:
        raise NotEditable(point)
    _in_time(round_, at, "wrong")
    if point.version != version:
        raise Stale(point)
    return point


def _in_time(round_: LetterCheck, at: datetime, field: str) -> None:
    if timezone.localdate(at) > round_.until:
        message = _("The last day to point out errors was %(day)s. Ask your adviser for more time")
        raise Unfit(field, message % {"day": date_format(round_.until, "j F Y")})


def _wanted(value: str, field: str, missing: str) -> str:
    text = fitting(value, field)
    if not text:
        raise Unfit(field, missing)
    return text


def _said_more(round_: LetterCheck, name: str, by: Actor, at: datetime) -> None:
    """A point was made, changed or taken back: what was said of them all no longer holds."""
    was_answered = round_.is_answered
    round_.sent_at = round_.sent_by = round_.content_at = round_.content_by = None
    _save(round_, name, by, at)
    if was_answered:
        _note_dates(round_, by, at)


def _note_dates(round_: LetterCheck, by: Actor, at: datetime) -> None:
    since = timezone.localdate(round_.opened_at)
    note_letter(round_.letter.assessment_id, dates(since, round_.until), by=by, at=at)


def _save(round_: LetterCheck, name: str, by: Actor, at: datetime) -> None:
    round_.version += 1
    ledger.save(round_, by=by, at=at, reason=name)
    _note(round_, name, by, at)


def _note(round_: LetterCheck, name: str, by: Actor, at: datetime) -> None:
    letter = round_.letter
    ledger.event(
        EventKind.LETTER_CHECKED,
        by=by,
        at=at,
        authority=letter.authority,
        assessment=letter.assessment,
        name=name,
        detail={"record": letter.pk, "number": letter.number, "round": round_.number},
    )


def _tell(
    name: str, role: Role, round_: LetterCheck, by: Actor, at: datetime, *, due: date | None = None, key: str = ""
) -> None:
    letter = round_.letter
    outbox.letter_checked(
        name,
        assessment_of(letter),
        role=role,
        by=by,
        at=at,
        key=f"{round_.pk}:{key or round_.version}",
        page="letter-check" if role == Role.LEAD and due else "letter-checks",
        due=due,
    )
