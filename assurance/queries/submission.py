"""A whole self-assessment as one thing: to check before it is submitted, to print, to set as PDF, to confirm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assurance.access import Actor, Forbidden, fetch, holds, visible
from assurance.actions.answers import answers_version
from assurance.marks import mark_labels
from assurance.memberships import open_on
from assurance.models import (
    Assessment,
    CycleBenchmark,
    Evidence,
    EvidenceFile,
    Membership,
    SelfAssessment,
)
from assurance.queries.drafts import Waiting, waiting
from assurance.queries.follow_ups import FollowUps, follow_ups
from assurance.queries.record import label
from assurance.vocabulary import EDITABLE_STATES, Answer, EvidenceKind, Mark, Permission, Role, Scan, State
from assurance.workflow import ASSESSMENT, Obstacle
from benchmarks.catalogue import BenchmarkText, CriterionText, SchemeText, scheme_text
from benchmarks.vocabulary import Standing

P = Permission


@dataclass(frozen=True)
class Item:
    """A piece of evidence: a link with its address, or a file with its name.

    ``path`` is where the bytes are had ("" for a link, and for a file that must not be downloaded); ``waits`` says
    in words why they are not; ``question`` is the id of the adviser's question that it answers.
    """

    id: int
    title: str
    is_link: bool
    url: str
    name: str
    size: int
    path: str
    waits: str
    numbers: tuple[int, ...]
    question: int | None = None


@dataclass(frozen=True)
class Marked:
    """A criterion of which something is said: the mark in words ("" for a note alone), and the note."""

    text: str
    mark: str
    note: str
    id: int = 0


@dataclass(frozen=True)
class Answered:
    """What the authority says on one benchmark, all of it.

    ``counts`` is by mark, of as many ``criteria`` as there are, and ``signs`` of a gap that apply are counted apart.
    ``marks`` is by level label; ``suggested`` is the outcome that the marks suggest ("" for none); ``unscored`` is
    why the cycle does not score the benchmark.
    """

    benchmark: BenchmarkText
    answer: str
    outcome: str
    suggested: str
    differs: bool
    reason: str
    evidence: str
    counts: tuple[tuple[str, int], ...]
    criteria: int
    signs: int
    marks: tuple[tuple[str, tuple[Marked, ...]], ...]
    carried_from: str
    needs_rechecking: bool
    unscored: str
    items: tuple[Item, ...] = ()

    @property
    def number(self) -> int:
        return self.benchmark.number

    @property
    def is_scored(self) -> bool:
        """Whether the cycle scores it."""
        return self.answer != Answer.NOT_APPLICABLE

    @property
    def open_label(self) -> str:
        """What opens a long text."""
        return _("Show the whole text (%(count)s characters)") % {"count": f"{len(self.evidence):,}"}

    @property
    def is_long(self) -> bool:
        """Whether the text is better opened on demand on a page that shows all of them."""
        return len(self.evidence) > 1200 or self.evidence.count("\n") > 20


@dataclass(frozen=True)
class Submission:
    """The whole of it, benchmark by benchmark.

    ``loose`` is evidence that names no benchmark; ``version`` is of all the answers together.
    """

    assessment: Assessment
    scheme: SchemeText
    answers: tuple[Answered, ...]
    follow_ups: FollowUps
    loose: tuple[Item, ...]
    version: int

    @cached_property
    def scored(self) -> tuple[Answered, ...]:
        """The benchmarks that the cycle scores."""
        return tuple(one for one in self.answers if one.is_scored)

    @property
    def status(self) -> str:
        """Where the assessment is in its life, in words."""
        return str(State(self.assessment.state).label)

    @property
    def files(self) -> int:
        """How many files there are."""
        return len({item.id for item in self.items if not item.is_link})

    @property
    def links(self) -> int:
        """How many links there are."""
        return len({item.id for item in self.items if item.is_link})

    @property
    def items(self) -> tuple[Item, ...]:
        """Every file and link; one that supports several benchmarks is there as often."""
        return (*self.loose, *(item for one in self.answers for item in one.items))


@dataclass(frozen=True)
class Gap:
    """Something to look at before submitting, and where. What ``must`` be mended stands in the way."""

    message: str
    href: str
    must: bool


@dataclass(frozen=True)
class CheckPage:
    """The page that one reads before submitting. ``submits`` is whether it is the reader who submits.

    ``can_submit`` is whether it has come to that: what is not started cannot be submitted.
    """

    submission: Submission
    gaps: tuple[Gap, ...]
    submits: bool
    can_submit: bool

    @property
    def assessment(self) -> Assessment:
        return self.submission.assessment

    @property
    def must(self) -> tuple[Gap, ...]:
        """What stands in the way of submitting."""
        return tuple(gap for gap in self.gaps if gap.must)

    @property
    def should(self) -> tuple[Gap, ...]:
        """What does not, and may have been forgotten."""
        return tuple(gap for gap in self.gaps if not gap.must)


def submission(actor: Actor, assessment_id: int) -> Submission:
    """The whole self-assessment, for whoever may read the answers at this stage. Four queries.

    Raises:
        NotFound, Forbidden: as ``access.require``; also Forbidden for whoever may read it only at a later stage.
    """
    assessment = fetch(actor, P.READ_PROGRESS, Assessment, related=("cycle",), pk=assessment_id)
    return _submission(actor, assessment)


def _submission(actor: Actor, assessment: Assessment) -> Submission:
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    found = {row.benchmark_id: row for row in _rows(actor, assessment)}
    if not found:
        raise Forbidden(P.READ_SUBMITTED)
    items = items_on(actor, assessment)
    answers = (_answered(scheme, one, found[one.id]) for one in scheme.benchmarks.values() if one.id in found)
    return Submission(
        assessment=assessment,
        scheme=scheme,
        answers=tuple(_with(one, items) for one in answers),
        follow_ups=follow_ups(actor, assessment).own,
        loose=tuple(item for item in items if not item.numbers),
        version=answers_version(found.values()),
    )


def answers_on(
    actor: Actor, assessment: Assessment, benchmark_ids: Collection[int], items: Iterable[Item] | None = None
) -> dict[int, Answered]:
    """What the authority says on some benchmarks, with its evidence, by benchmark id. Two queries.

    The assessment's cycle must have been read. With ``items``, its evidence that was read already, one query.
    """
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    rows = _rows(actor, assessment).filter(benchmark__in=benchmark_ids)
    items = items_on(actor, assessment) if items is None else tuple(items)
    benchmarks = {one.id: one for one in scheme.benchmarks.values()}
    found = {row.benchmark_id: _answered(scheme, benchmarks[row.benchmark_id], row) for row in rows}
    return {key: _with(one, items) for key, one in found.items()}


def _rows(actor: Actor, assessment: Assessment) -> QuerySet[Any]:
    """The answers that the actor may read, each with why it is not scored (``why``)."""
    why = CycleBenchmark.objects.filter(cycle=assessment.cycle_id, benchmark=OuterRef("benchmark"), scored=False)
    rows = visible(actor, SelfAssessment).filter(assessment=assessment).order_by()
    return rows.annotate(why=Subquery(why.values("reason")[:1]))


def _with(one: Answered, items: Iterable[Item]) -> Answered:
    return replace(one, items=tuple(item for item in items if one.number in item.numbers))


def _answered(scheme: SchemeText, benchmark: BenchmarkText, row: Any) -> Answered:
    level = scheme.level_by_id(row.level_id)
    suggested = None
    if scheme.is_checklist and row.marks:
        code = scheme.suggestion(benchmark.number, row.met_criteria).level
        suggested = scheme.level(code) if code else None
    marks, counts, signs, total = [], Counter[str](), 0, 0
    for one in scheme.levels:
        named = mark_labels(one.standing)
        criteria = benchmark.criteria.get(one.code, ())
        given = [row.marks[key] for criterion in criteria if (key := str(criterion.id)) in row.marks]
        if one.standing == Standing.BELOW:
            signs += given.count(Mark.MET)
        else:
            counts.update(given)
            total += len(criteria)
        said = tuple(
            Marked(
                _with_points(criterion),
                str(named[row.marks[key]]) if key in row.marks else "",
                row.notes.get(key, ""),
                criterion.id,
            )
            for criterion in criteria
            if (key := str(criterion.id)) in row.marks or key in row.notes
        )
        if said:
            marks.append((one.label, said))
    return Answered(
        benchmark=benchmark,
        answer=row.answer,
        outcome=label(scheme, row),
        suggested=suggested.label if suggested else "",
        differs=suggested is not None and level is not None and suggested.id != level.id,
        reason=row.reason,
        evidence=row.evidence,
        counts=tuple((str(mark.label), counts[mark]) for mark in Mark if counts[mark]),
        criteria=total if scheme.is_checklist else 0,
        signs=signs,
        marks=tuple(marks),
        carried_from=_whence(row.carried_from),
        needs_rechecking=row.needs_rechecking,
        unscored=row.why or (benchmark.unscored_note if row.answer == Answer.NOT_APPLICABLE else ""),
    )


def _with_points(criterion: CriterionText) -> str:
    """A criterion with its points in one sentence, as far as they make one."""
    return f"{criterion.text} {'; '.join(criterion.sub)}" if criterion.sub else criterion.text


def _whence(carried: list[dict[str, Any]]) -> str:
    """Where a text was brought in from, in words ("" for nowhere)."""
    return "; ".join(f"{one['cycle']}, {one['number']}. {one['title']}" for one in carried)


def items_on(actor: Actor, assessment: Assessment) -> tuple[Item, ...]:
    """Evidence that was not taken away, with the newest file of each. One query."""
    newest = (
        visible(actor, EvidenceFile)
        .filter(evidence=OuterRef("pk"))
        .order_by("-number")
        .values(json=JSONObject(number="number", name="name", size="size", scan="scan"))
    )
    rows = (
        visible(actor, Evidence)
        .filter(assessment=assessment, removed_at__isnull=True)
        .annotate(file=ArraySubquery(newest[:1]))
        .order_by("added_at", "pk")
    )
    return tuple(
        _item(assessment.pk, *row)
        for row in rows.values_list("pk", "title", "kind", "url", "benchmark_numbers", "file", "question")
    )


def _item(
    assessment_id: int,
    pk: int,
    title: str,
    kind: str,
    url: str,
    numbers: list[int],
    files: list[dict[str, Any]],
    question: int | None,
) -> Item:
    file = files[0] if files else {"number": 0, "name": "", "size": 0, "scan": Scan.WAITING}
    is_link = kind == EvidenceKind.LINK
    is_there = not is_link and file["scan"] in (Scan.CLEAN, Scan.NOT_ASKED)
    return Item(
        id=pk,
        title=title,
        is_link=is_link,
        url=url,
        name=file["name"],
        size=file["size"],
        path=reverse("evidence-file", args=[assessment_id, pk, file["number"]]) if is_there else "",
        waits="" if is_link or is_there else str(Scan(file["scan"]).label),
        numbers=tuple(numbers),
        question=question,
    )


def check_page(actor: Actor, assessment_id: int) -> CheckPage | None:
    """What one reads before submitting; None when it is submitted already. Eight queries with those of every page.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, P.READ_DRAFT, Assessment, related=("cycle",), pk=assessment_id)
    if assessment.state not in EDITABLE_STATES:
        return None
    whole = _submission(actor, assessment)
    row = ASSESSMENT.row("submit")
    gaps = [_must(assessment, obstacle) for obstacle in row.guard(assessment, actor)]
    gaps += [
        Gap(message, reverse("answer", args=[assessment.pk, one.number]), False)
        for one in whole.scored
        if (message := _unexplained(one))
    ]
    if unanswered := whole.follow_ups.total - whole.follow_ups.answered:
        message = ngettext(
            "%(count)s recommendation of last year is not answered",
            "%(count)s recommendations of last year are not answered",
            unanswered,
        )
        gaps.append(Gap(message % {"count": unanswered}, reverse("follow-ups", args=[assessment.pk]), False))
    gaps += [
        Gap(_unsaved(one), reverse("answer", args=[assessment.pk, one.number]), False)
        for one in waiting(actor, assessment)
    ]
    submits = holds(actor, row.permissions, assessment)
    return CheckPage(whole, tuple(gaps), submits, submits and assessment.state in row.sources)


def _must(assessment: Assessment, obstacle: Obstacle) -> Gap:
    href = reverse("answer", args=[assessment.pk, obstacle.benchmark]) if obstacle.benchmark else ""
    return Gap(obstacle.message, href, True)


def _unexplained(one: Answered) -> str:
    """What to say of an outcome that differs from the suggestion without a reason ("" where all is well)."""
    if not one.differs or one.reason:
        return ""
    message = _("Benchmark %(number)s, %(title)s: say why you chose %(outcome)s where your marks suggest %(suggested)s")
    return message % {
        "number": one.number,
        "title": one.benchmark.title,
        "outcome": one.outcome,
        "suggested": one.suggested,
    }


def _unsaved(one: Waiting) -> str:
    """What to say of text that somebody typed and did not save: it is no part of what is submitted."""
    message = (
        _("Benchmark %(number)s, %(title)s: you have text that is not saved, from %(when)s")
        if one.is_own
        else _("Benchmark %(number)s, %(title)s: %(name)s has text that is not saved, from %(when)s")
    )
    return message % {"number": one.number, "title": one.title, "name": one.name, "when": one.when}


@dataclass(frozen=True)
class Confirmation:
    """That it is submitted: by whom and when, and who does what next and by when."""

    assessment: Assessment
    submitted_by: str
    submitted_at: datetime
    advisers: tuple[str, ...]
    agree_by: date | None
    letters_by: date | None
    can_recall: bool
    is_waiting: bool


def confirmation(actor: Actor, assessment_id: int) -> Confirmation | None:
    """The page after submitting, for whoever may read what was submitted; None while nothing is submitted.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(
        actor, (P.READ_DRAFT, P.READ_SUBMITTED), Assessment, related=("cycle", "submitted_by"), pk=assessment_id
    )
    if assessment.submitted_at is None or assessment.state == State.WITHDRAWN:
        return None
    recall = ASSESSMENT.row("recall")
    return Confirmation(
        assessment=assessment,
        submitted_by=assessment.submitted_by.name if assessment.submitted_by else "",
        submitted_at=assessment.submitted_at,
        advisers=_advisers(assessment),
        agree_by=assessment.cycle.agree_by,
        letters_by=assessment.cycle.letters_by,
        can_recall=assessment.state in recall.sources and holds(actor, recall.permissions, assessment),
        is_waiting=assessment.state in recall.sources,
    )


def _advisers(assessment: Assessment) -> tuple[str, ...]:
    """Names of the advisers who have the authority in their portfolio today."""
    today = timezone.localdate()
    rows = Membership.objects.filter(
        open_on(today),
        authority=assessment.authority_id,
        role=Role.ADVISER,
        starts__lte=today,
        person__is_active=True,
    )
    return tuple(rows.order_by("person__name").values_list("person__name", flat=True).distinct())
