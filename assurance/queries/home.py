"""What the first page of an authority's people reads: this year's work, last year's letter, the years before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Min
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, holds, visible
from assurance.models import (
    Assessment,
    Authority,
    FollowUp,
    FollowUpReview,
    GivenBenchmark,
    Question,
    Recommendation,
    SelfAssessment,
)
from assurance.queries.assessments import STEPS, Progress, Step, progress_of, waits
from assurance.queries.follow_ups import FollowUps, line, with_answers
from assurance.queries.next_step import NextStep, next_step, yours
from assurance.queries.practice import PracticeAsked, practice_asked
from assurance.vocabulary import AUTHORITY_ROLES, EDITABLE_STATES, CycleState, Permission, State
from assurance.years import before_among, year_of
from benchmarks.catalogue import scheme_text

P = Permission

RUNNING = frozenset({State.SUBMITTED, State.IN_REVIEW, State.CLARIFICATION, State.PROPOSED, State.DISPUTED})
"""States in which something is still to come, even when the cycle takes no more answers."""


@dataclass(frozen=True)
class Given:
    """A benchmark that was given to the reader, with what was asked and by when."""

    number: int
    title: str
    due: date | None
    overdue: bool
    note: str
    progress: Step
    href: str
    anchor: str

    @property
    def text(self) -> str:
        """Its number and title."""
        return f"{self.number}. {self.title}"

    @property
    def hint(self) -> str:
        """By when it is wanted, and what was asked, in one line ("" for neither)."""
        day = date_format(self.due, "j F Y") if self.due else ""
        wanted = gettext("Overdue since %(day)s.") if self.overdue else gettext("Wanted by %(day)s.")
        return " ".join(part for part in (wanted % {"day": day} if day else "", self.note) if part)


@dataclass(frozen=True)
class Before:
    """Last year, as this year begins from it. ``letter`` and ``record`` are addresses ("" where there is none)."""

    cycle: str
    letter: str
    record: str
    follow_ups: FollowUps


@dataclass(frozen=True)
class Card:
    """One assessment of this year: how it stands, who does what next and by when, and the button for it."""

    assessment: Assessment
    answered: int
    scored: int
    next: StrOrPromise
    is_mine: bool
    due: date | None
    days: int
    overdue: bool
    step: NextStep | None
    given: tuple[Given, ...]
    before: Before | None

    @property
    def follow_ups_href(self) -> str:
        """Where last year's recommendations are answered."""
        return reverse("follow-ups", args=[self.assessment.pk])

    @property
    def shows_progress(self) -> bool:
        """Whether how far the answers are is still of interest."""
        return self.assessment.state in EDITABLE_STATES


@dataclass(frozen=True)
class Past:
    """One year that is over."""

    assessment: Assessment
    scheme: str
    letter: str
    record: str


@dataclass(frozen=True)
class Home:
    """The page: this year first, then the years that are over, by authority."""

    cards: tuple[Card, ...]
    past: tuple[tuple[Authority, tuple[Past, ...]], ...]
    practice: tuple[PracticeAsked, ...]

    @property
    def several(self) -> bool:
        """Whether the reader works for more than one authority."""
        authorities = {card.assessment.authority_id for card in self.cards} | {one.pk for one, _years in self.past}
        return len(authorities) > 1


def home(actor: Actor, today: date) -> Home:
    """Assessments of the authorities that the actor works for. Six queries, however many years there are."""
    ids = [grant.authority_id for grant in actor.grants if grant.role in AUTHORITY_ROLES]
    rows = list(
        visible(actor, Assessment)
        .filter(authority__in=ids)
        .select_related("authority", "cycle__scheme_version")
        .order_by("-cycle__name", "authority__name")
    )
    current = [row for row in rows if _is_current(row)]
    last = {row.pk: before_among(rows, row) for row in current}
    progress = _progress(current)
    given = _given(actor, [row for row in current if row.state in EDITABLE_STATES])
    follow_ups = _follow_ups(actor, last)
    asked = _asked(actor, [row for row in current if row.state == State.CLARIFICATION])
    cards = [
        _card(
            actor,
            row,
            today,
            progress=progress[row.pk],
            given=given.get(row.pk, {}),
            asked=asked.get(row.pk, (0, None)),
            before=_before(actor, last[row.pk], follow_ups.get(row.pk, FollowUps())),
        )
        for row in current
    ]
    # The sort keeps the order of what is alike: of one year, the cycle with the shorter name first.
    cards.sort(key=lambda card: card.assessment.cycle.name)
    cards.sort(key=lambda card: year_of(card.assessment.cycle.name), reverse=True)
    cards.sort(key=lambda card: (not (card.step and card.step.is_due), card.assessment.state == State.WITHDRAWN))
    return Home(tuple(cards), _past(actor, [row for row in rows if not _is_current(row)]), practice_asked(actor, ids))


def _is_current(row: Assessment) -> bool:
    """Whether it belongs to this year: its cycle is open, or something is still to come."""
    return row.cycle.state == CycleState.OPEN or row.state in RUNNING


def _progress(rows: Sequence[Assessment]) -> dict[int, dict[int, Step]]:
    """How far each benchmark is, by assessment and benchmark id: never what was answered. One query."""
    found: dict[int, dict[int, Step]] = {row.pk: {} for row in rows}
    answers = SelfAssessment.objects.filter(assessment__in=found).order_by()
    steps = answers.annotate(progress=progress_of(SelfAssessment, "evidence"))
    for assessment_id, benchmark_id, step in steps.values_list("assessment_id", "benchmark_id", "progress"):
        found[assessment_id][benchmark_id] = STEPS[step]
    return found


def _given(actor: Actor, rows: Iterable[Assessment]) -> dict[int, dict[int, tuple[date | None, str]]]:
    """What was given to the actor, by assessment and benchmark id: until when, and the note. One query."""
    found: dict[int, dict[int, tuple[date | None, str]]] = defaultdict(dict)
    given = visible(actor, GivenBenchmark).filter(
        contributor=actor.id, self_assessment__assessment__in=[row.pk for row in rows]
    )
    for assessment_id, benchmark_id, due, note in given.order_by().values_list(
        "self_assessment__assessment_id", "self_assessment__benchmark_id", "due_on", "note"
    ):
        found[assessment_id][benchmark_id] = due, note
    return found


def _follow_ups(actor: Actor, last: dict[int, Assessment | None]) -> dict[int, FollowUps]:
    """Last year's recommendations and what is said of them, by this year's assessment. One query."""
    rows = with_answers(
        visible(actor, Recommendation).filter(assessment__in={one.pk for one in last.values() if one}),
        visible(actor, FollowUp).filter(assessment__in=last),
        visible(actor, FollowUpReview).filter(assessment__in=last),
    ).order_by("position")
    by_year: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_year[row["assessment_id"]].append(row)
    return {
        pk: FollowUps(one.cycle.name, tuple(line(row, pk) for row in by_year[one.pk]))
        for pk, one in last.items()
        if one is not None
    }


def _asked(actor: Actor, rows: Iterable[Assessment]) -> dict[int, tuple[int, date | None]]:
    """How many questions wait for an answer, and when the first is due, by assessment. One query."""
    waiting = visible(actor, Question).filter(assessment__in=[row.pk for row in rows], answered_at__isnull=True)
    found = waiting.order_by().values_list("assessment_id").annotate(count=Count("pk"), due=Min("due"))
    return {assessment_id: (count, due) for assessment_id, count, due in found}


def _card(
    actor: Actor,
    row: Assessment,
    today: date,
    *,
    progress: dict[int, Step],
    given: dict[int, tuple[date | None, str]],
    asked: tuple[int, date | None],
    before: Before | None,
) -> Card:
    benchmarks = scheme_text(row.cycle.scheme_version_id).benchmarks.values()
    every = holds(actor, P.EDIT_ANSWERS, row)
    left = [
        one.number
        for one in benchmarks
        if progress.get(one.id, Progress.UNSCORED) not in (Progress.READY, Progress.UNSCORED)
        and (every or one.id in given)
    ]
    waits_on, due = waits(row)
    questions, first_due = asked
    due = first_due or due
    mine = yours(actor, row)
    return Card(
        assessment=row,
        answered=sum(step == Progress.READY for step in progress.values()),
        scored=sum(step != Progress.UNSCORED for step in progress.values()),
        next=mine or waits_on,
        is_mine=bool(mine),
        due=due,
        days=(due - today).days if due else 0,
        overdue=due is not None and due < today and row.state != State.WITHDRAWN,
        step=next_step(actor, row, waiting=left, questions=questions),
        given=tuple(
            Given(
                number=one.number,
                title=one.title,
                due=given[one.id][0],
                overdue=(day := given[one.id][0]) is not None and day < today and progress[one.id] != Progress.READY,
                note=given[one.id][1],
                progress=progress[one.id],
                href=reverse("answer", args=[row.pk, one.number]),
                anchor=f"given-{row.pk}-{one.number}",
            )
            for one in benchmarks
            if one.id in given and not every
        ),
        before=before,
    )


def _before(actor: Actor, last: Assessment | None, follow_ups: FollowUps) -> Before | None:
    if last is None:
        return None
    return Before(last.cycle.name, _letter(actor, last), reverse("record", args=[last.pk]), follow_ups)


def _letter(actor: Actor, row: Assessment) -> str:
    """Where the letter is read, once it is issued and if the actor may read it."""
    if row.letter_issued_at is None or not holds(actor, P.READ_ISSUED_LETTERS, row):
        return ""
    return reverse("assessment-letters", args=[row.pk])


def _past(actor: Actor, rows: Iterable[Assessment]) -> tuple[tuple[Authority, tuple[Past, ...]], ...]:
    years: dict[int, list[Past]] = defaultdict(list)
    authorities = {}
    for row in rows:
        authorities[row.authority_id] = row.authority
        is_read = row.state == State.AGREED and holds(actor, P.READ_OUTCOMES, row)
        record = reverse("record", args=[row.pk]) if is_read else ""
        years[row.authority_id].append(Past(row, row.cycle.scheme_version.name, _letter(actor, row), record))
    ordered = sorted(authorities.values(), key=lambda one: one.name)
    return tuple((one, tuple(years[one.pk])) for one in ordered)
