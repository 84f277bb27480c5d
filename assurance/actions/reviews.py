"""What the Home Office writes about an assessment before it proposes outcomes, and taking one out of the cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger, text
from assurance.access import Actor, fetch, require
from assurance.actions.agreement import stand_down
from assurance.actions.answers import fitting, outcome, outcome_detail
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Assessment, PrivateNote, Review
from assurance.vocabulary import Answer, Audience, EventKind, Permission, State, Verdict
from assurance.workflow import ASSESSMENT, perform
from benchmarks.catalogue import SchemeText, scheme_text

WRITERS_OF_NOTES = (Permission.REVIEW, Permission.SETTLE)
"""Who writes private notes, if they may read them."""


@dataclass(frozen=True)
class Private:
    """A private note as it is to read. ``version`` is of the note as the person saw it; 0 while there was none."""

    text: str
    version: int


def begin_review(*, by: Actor, at: datetime, assessment_id: int, version: int | None = None) -> Assessment:
    """Take up a submitted assessment. It can no longer be recalled."""
    return perform(ASSESSMENT, assessment_id, "begin_review", by=by, at=at, version=version)


def save_review(
    *,
    by: Actor,
    at: datetime,
    assessment_id: int,
    number: int,
    version: int,
    level_code: str | None,
    summary: str,
    comments: str,
    verdicts: Mapping[int, str] | None = None,
    notes: Mapping[int, str] | None = None,
    private: Private | None = None,
) -> Review:
    """Save the adviser's judgement on one benchmark. The authority sees none of it before it is proposed.

    Args:
        verdicts, notes: whether the adviser agrees with what is said of a criterion, and why not, by criterion id; a
            criterion that is not named has neither. None leaves all of them as they stand.
        private: the private note to save with it, in the same transaction; None leaves it as it stands.

    Raises:
        Stale: somebody saved the review or the private note since; neither is overwritten.
        NotEditable: the assessment is not in review, or the benchmark is not scored.
        Unfit: the level, a criterion or a text does not fit.
    """
    with transaction.atomic():
        row = fetch(
            by,
            Permission.REVIEW,
            Review,
            lock=("self", "assessment"),
            related=("assessment__cycle",),
            assessment_id=assessment_id,
            benchmark__number=number,
        )
        if row.assessment.state != State.IN_REVIEW or row.answer == Answer.NOT_APPLICABLE:
            raise NotEditable(row.assessment)
        row.assessment.authority = row.authority
        scheme = scheme_text(row.assessment.cycle.scheme_version_id)
        answer, level_id = outcome(scheme, level_code)
        wanted: dict[str, Any] = {
            "answer": answer,
            "level_id": level_id,
            "summary": fitting(summary, "summary"),
            "comments": fitting(comments, "comments"),
            **_on_criteria(scheme, number, verdicts, notes),
        }
        is_same = all(getattr(row, name) == value for name, value in wanted.items())
        if row.version != version and not is_same:
            raise Stale(row)
        happened: list[tuple[EventKind, dict[str, Any]]] = []
        # Before the review itself: a note that somebody else changed keeps the whole from being saved.
        if private and _keep_private(row.assessment, row.benchmark_id, private, "private", by, at):
            happened.append((EventKind.NOTED, {"benchmark": number}))
        if row.version == version:
            detail = outcome_detail(scheme, number, row.level_id, level_id)
            for name, value in wanted.items():
                setattr(row, name, value)
            row.version += 1
            row.saved_at = at
            ledger.save(row, by=by, at=at)
            happened.insert(0, (EventKind.REVIEWED, detail))
        if happened:
            ledger.events_on(row.assessment, happened, by=by, at=at, audience=Audience.HOME_OFFICE)
    return row


def save_private_note(*, by: Actor, at: datetime, assessment_id: int, private: Private) -> None:
    """Save what the Home Office notes for itself on the whole assessment. No authority ever sees it.

    Open in every state but withdrawn, and to whoever reviews or settles.

    Raises:
        Stale: somebody saved it since; nothing is overwritten.
        NotEditable: the assessment is withdrawn.
        Unfit: the text does not fit.
    """
    with transaction.atomic():
        assessment = fetch(by, WRITERS_OF_NOTES, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
        if assessment.state == State.WITHDRAWN:
            raise NotEditable(assessment)
        if _keep_private(assessment, None, private, "private", by, at):
            ledger.events_on(assessment, [(EventKind.NOTED, {})], by=by, at=at, audience=Audience.HOME_OFFICE)


def _on_criteria(
    scheme: SchemeText, number: int, verdicts: Mapping[int, str] | None, notes: Mapping[int, str] | None
) -> dict[str, dict[str, str]]:
    """Verdicts and notes as the fields of a review; what is None is left out. Raises Unfit where one does not fit."""
    criteria = scheme.benchmarks[number].criterion_ids if scheme.is_checklist else frozenset[int]()
    for one in (*(verdicts or {}), *(notes or {})):
        if one not in criteria:
            raise Unfit("verdicts", _("Choose criteria of this benchmark"))
    found: dict[str, dict[str, str]] = {}
    if verdicts is not None:
        for one, verdict in verdicts.items():
            if verdict not in Verdict.values:
                raise Unfit(f"verdict_{one}", _("Choose agree or differ"))
        found["verdicts"] = {str(one): str(verdict) for one, verdict in sorted(verdicts.items())}
    if notes is not None:
        fitted = {
            one: fitting(note, f"note_{one}", longest=text.NOTE, addresses=True) for one, note in sorted(notes.items())
        }
        found["notes"] = {str(one): note for one, note in fitted.items() if note}
    return found


def _keep_private(
    assessment: Assessment, benchmark_id: int | None, private: Private, field: str, by: Actor, at: datetime
) -> bool:
    """Save a private note whose assessment is locked; says whether it changed anything.

    Raises:
        Forbidden: the actor may not read private notes, and so writes none.
        Stale, Unfit: as :func:`save_private_note`.
    """
    require(by, Permission.READ_PRIVATE, assessment)
    words = fitting(private.text, field, longest=text.LETTER_TEXT, addresses=True)
    # Whoever writes a note holds the assessment's row, so that nobody makes a second one in between.
    row = PrivateNote.objects.filter(assessment=assessment, benchmark=benchmark_id).order_by().first()
    if words == (row.text if row else ""):
        return False
    if private.version != (row.version if row else 0):
        raise Stale(row)
    if row is None:
        row = PrivateNote(authority=assessment.authority, assessment=assessment, benchmark_id=benchmark_id, version=0)
    row.text, row.saved_at = words, at
    row.version += 1
    ledger.save(row, by=by, at=at)
    return True


def withdraw(*, by: Actor, at: datetime, assessment_id: int, reason: str, version: int | None = None) -> Assessment:
    """Take an assessment out of the cycle. Everything it held is kept."""
    given = {"reason": fitting(reason, "reason")}
    return perform(
        ASSESSMENT,
        assessment_id,
        "withdraw",
        by=by,
        at=at,
        version=version,
        given=given,
        moving=lambda one: stand_down(one, "withdrawn", by, at),
    )


def note_letter(assessment_id: int, changes: Mapping[str, Any], *, by: Actor, at: datetime) -> None:
    """Remember, with its history, how far the newest letter is, and since when one is in force.

    While one is in force, the assessment cannot be reopened. Locks the assessment, so that nothing is written back
    that somebody changed meanwhile.

    Args:
        changes: ``letter_state``, of the newest letter that is not withdrawn ("" for none), and ``letter_issued_at``,
            when the letter in force left (None for none); either is left out where it is as before.
    """
    assessment = Assessment.objects.select_for_update(of=("self",)).get(pk=assessment_id)
    new = {name: value for name, value in changes.items() if getattr(assessment, name) != value}
    if new:
        for name, value in new.items():
            setattr(assessment, name, value)
        ledger.save(assessment, by=by, at=at, reason=f"letter {assessment.letter_state}".strip())
