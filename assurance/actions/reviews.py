"""What the Home Office writes about an assessment: review, questions, proposal, settlement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assurance import ledger, outbox
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting, outcome, outcome_detail, stand
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import AgreedOutcome, Assessment, Dispute, Question, Recommendation, Review, Strength
from assurance.vocabulary import Answer, Audience, Basis, EventKind, LetterState, Permission, State
from assurance.workflow import ASSESSMENT, perform
from benchmarks.catalogue import scheme_text


@dataclass(frozen=True)
class NewQuestion:
    """A question to the authority, on a benchmark or on none, due on a day."""

    text: str
    due: date
    number: int | None = None


@dataclass(frozen=True)
class NewRecommendation:
    """A recommendation as it is to stand, in its place in the list."""

    text: str
    heading: str = ""
    benchmarks: tuple[int, ...] = ()


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
) -> Review:
    """Save the adviser's judgement on one benchmark. The authority sees none of it before it is proposed.

    Raises:
        Stale: somebody saved since; nothing is overwritten.
        NotEditable: the assessment is not in review, or the benchmark is not scored.
        Unfit: the level or a text does not fit.
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
        scheme = scheme_text(row.assessment.cycle.scheme_version_id)
        wanted = (*outcome(scheme, level_code), fitting(summary, "summary"), fitting(comments, "comments"))
        if row.version != version:
            if wanted == (row.answer, row.level_id, row.summary, row.comments):
                return row
            raise Stale(row)
        before = row.level_id
        row.answer, row.level_id, row.summary, row.comments = wanted
        row.version += 1
        row.saved_at = at
        ledger.save(row, by=by, at=at)
        ledger.event(
            EventKind.REVIEWED,
            by=by,
            at=at,
            authority=row.authority,
            assessment=row.assessment,
            detail=outcome_detail(scheme, number, before, row.level_id),
            audience=Audience.HOME_OFFICE,
        )
    return row


def list_token(rows: Iterable[Strength | Recommendation]) -> str:
    """What a form carries so that a list that somebody else changed since is noticed."""
    text = "\x1f".join(
        f"{row.position}\x1e{getattr(row, 'heading', '')}\x1e{row.text}\x1e{getattr(row, 'benchmark_numbers', '')}"
        for row in rows
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save_strengths(*, by: Actor, at: datetime, assessment_id: int, token: str, texts: Sequence[str]) -> list[Strength]:
    """Put the strengths in this order in place of those before; empty texts are left out.

    Raises:
        Stale: somebody changed the list since; ``current`` is the list as it stands.
        NotEditable, Unfit: as :func:`save_review`.
    """
    with transaction.atomic():
        assessment = _in_review(by, assessment_id)
        found = list(Strength.objects.filter(assessment=assessment))
        if list_token(found) != token:
            raise Stale(found)
        wanted = [{"text": kept} for i, one in enumerate(texts) if (kept := fitting(one, f"strength_{i}"))]
        return _replace(Strength, found, wanted, assessment, EventKind.STRENGTHS, by, at)


def save_recommendations(
    *, by: Actor, at: datetime, assessment_id: int, token: str, recommendations: Sequence[NewRecommendation]
) -> list[Recommendation]:
    """Put the recommendations in this order in place of those before; empty ones are left out.

    Raises:
        Stale: somebody changed the list since; ``current`` is the list as it stands.
        NotEditable, Unfit: as :func:`save_review`; a benchmark that the scheme lacks is unfit too.
    """
    with transaction.atomic():
        assessment = _in_review(by, assessment_id)
        found = list(Recommendation.objects.filter(assessment=assessment))
        if list_token(found) != token:
            raise Stale(found)
        numbers = scheme_text(assessment.cycle.scheme_version_id).benchmarks.keys()
        wanted = []
        for index, one in enumerate(recommendations):
            kept = fitting(one.text, f"recommendation_{index}")
            if not kept:
                if one.heading.strip() or one.benchmarks:
                    raise Unfit(f"recommendation_{index}", _("Enter the text, or clear the heading and benchmarks"))
                continue
            if not numbers >= set(one.benchmarks):
                raise Unfit(f"benchmarks_{index}", _("Choose benchmarks of this scheme"))
            wanted.append(
                {
                    "text": kept,
                    "heading": fitting(one.heading, f"heading_{index}", longest=200),
                    "benchmark_numbers": sorted(one.benchmarks),
                }
            )
        return _replace(Recommendation, found, wanted, assessment, EventKind.RECOMMENDATIONS, by, at)


def ask(
    *, by: Actor, at: datetime, assessment_id: int, questions: Sequence[NewQuestion], version: int | None = None
) -> Assessment:
    """Ask the authority questions, each with a date. Its leads are told by e-mail.

    Raises:
        Unfit: a question is empty or too long, its date has passed, or its benchmark is not in the scheme.
    """

    def keep(assessment: Assessment) -> None:
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        rows = []
        for index, question in enumerate(questions):
            wording = fitting(question.text, f"question_{index}")
            if not wording:
                raise Unfit(f"question_{index}", _("Enter your question"))
            if question.due < at.date():
                raise Unfit(f"due_{index}", _("The date must be today or later"))
            if question.number is not None and question.number not in scheme.benchmarks:
                raise Unfit(f"number_{index}", _("Choose a benchmark of this scheme"))
            rows.append(
                Question(
                    authority=assessment.authority,
                    assessment=assessment,
                    benchmark_id=scheme.benchmarks[question.number].id if question.number else None,
                    text=wording,
                    due=question.due,
                    asked_at=at,
                )
            )
        ledger.create_many(Question, rows, by=by, at=at)
        outbox.questions_asked(assessment, by=by, at=at, due=[question.due for question in questions])

    return perform(
        ASSESSMENT, assessment_id, "ask", by=by, at=at, version=version, given={"questions": questions}, then=keep
    )


def propose(*, by: Actor, at: datetime, assessment_id: int, version: int | None = None) -> Assessment:
    """Propose the adviser's outcomes: from now on the authority sees them."""
    return perform(ASSESSMENT, assessment_id, "propose", by=by, at=at, version=version)


def reconsider(*, by: Actor, at: datetime, assessment_id: int, version: int | None = None) -> Assessment:
    """Take disputed outcomes back into review."""
    return perform(ASSESSMENT, assessment_id, "reconsider", by=by, at=at, version=version)


def settle(
    *, by: Actor, at: datetime, assessment_id: int, reason: str, levels: Mapping[int, str], version: int | None = None
) -> Assessment:
    """Settle a dispute. Outcomes that were disputed are recorded as settled, the others as agreed.

    Args:
        levels: level codes by number, for those benchmarks whose outcome is not to be the adviser's.

    Raises:
        Unfit: a level is not on the scale, or the benchmark is not disputed.
    """
    kept = fitting(reason, "reason")

    def write(assessment: Assessment) -> None:
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        disputed = set(latest_disputes(assessment).values_list("benchmark_id", flat=True))
        outcomes: dict[int, tuple[str, int | None]] = {
            one.benchmark_id: (one.answer, one.level_id) for one in Review.objects.filter(assessment=assessment)
        }
        for number, code in levels.items():
            benchmark_id = scheme.benchmarks[number].id if number in scheme.benchmarks else None
            if benchmark_id not in disputed:
                raise Unfit(f"level_{number}", _("Only disputed benchmarks can be settled"))
            outcomes[benchmark_id] = outcome(scheme, code)
        stand(assessment, outcomes, Basis.AGREED, by, at, settled=disputed)

    return perform(
        ASSESSMENT, assessment_id, "settle", by=by, at=at, version=version, given={"reason": kept}, then=write
    )


def latest_disputes(assessment: Assessment) -> QuerySet[Dispute]:
    """The disputes that were raised last, all at one moment; earlier ones were reconsidered."""
    last = Dispute.objects.filter(assessment=assessment).order_by("-raised_at").values("raised_at")[:1]
    return Dispute.objects.filter(assessment=assessment, raised_at=last)


def reopen(*, by: Actor, at: datetime, assessment_id: int, reason: str, version: int | None = None) -> Assessment:
    """Take an agreed assessment back into review. What stood is kept in history."""
    given = {"reason": fitting(reason, "reason")}
    return perform(
        ASSESSMENT,
        assessment_id,
        "reopen",
        by=by,
        at=at,
        version=version,
        given=given,
        then=lambda one: _stand_down(one, by, at),
    )


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
        then=lambda one: _stand_down(one, by, at),
    )


def note_letter(
    assessment_id: int, state: LetterState | Literal[""], issued_at: datetime | None, *, by: Actor, at: datetime
) -> None:
    """Remember, with its history, how far the newest letter is, and since when one is in force.

    While one is in force, the assessment cannot be reopened. Locks the assessment, so that nothing is written back
    that somebody changed meanwhile.

    Args:
        state: of the newest letter that is not withdrawn ("" for none).
        issued_at: when the letter in force left (None for none).
    """
    assessment = Assessment.objects.select_for_update(of=("self",)).get(pk=assessment_id)
    if (assessment.letter_state, assessment.letter_issued_at) != (state, issued_at):
        assessment.letter_state, assessment.letter_issued_at = state, issued_at
        ledger.save(assessment, by=by, at=at, reason=f"letter {state}".strip())


def _stand_down(assessment: Assessment, by: Actor, at: datetime) -> None:
    if rows := list(AgreedOutcome.objects.filter(assessment=assessment)):
        ledger.delete_many(AgreedOutcome, rows, by=by, at=at)


def _in_review(by: Actor, assessment_id: int) -> Assessment:
    assessment = fetch(by, Permission.REVIEW, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
    if assessment.state != State.IN_REVIEW:
        raise NotEditable(assessment)
    return assessment


def _replace(
    model: type[Any],
    found: Sequence[Any],
    wanted: Sequence[dict[str, Any]],
    assessment: Assessment,
    kind: EventKind,
    by: Actor,
    at: datetime,
) -> list[Any]:
    """Make the list be ``wanted``: rows keep their identity by position, so that history can follow them."""
    kept: list[Any] = []
    new: list[Any] = []
    changed: list[Any] = []
    for position, values in enumerate(wanted, start=1):
        is_new = position > len(found)
        row = model(authority=assessment.authority, assessment=assessment) if is_new else found[position - 1]
        if is_new or row.position != position or any(getattr(row, k) != v for k, v in values.items()):
            row.position = position
            for key, value in values.items():
                setattr(row, key, value)
            (new if is_new else changed).append(row)
        kept.append(row)
    if new:
        ledger.create_many(model, new, by=by, at=at)
    if changed:
        ledger.save_many(model, changed, by=by, at=at)
    if removed := found[len(wanted) :]:
        ledger.delete_many(model, removed, by=by, at=at)
    ledger.event(
        kind,
        by=by,
        at=at,
        authority=assessment.authority,
        assessment=assessment,
        detail={"count": len(kept)},
        audience=Audience.HOME_OFFICE,
    )
    return kept
