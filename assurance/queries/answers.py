"""What the page of one benchmark reads for whoever answers it, and what the page reads that brings last year in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assurance import presence
from assurance.access import Actor, Forbidden, fetch, holds, require, visible
from assurance.actions.answers import open_to_answers, outcome_label
from assurance.actions.carrying import Coming, coming, is_empty, previous_answers
from assurance.actions.giving import open_to_giving
from assurance.actions.people import called
from assurance.differences import CriteriaChanges, criteria_changes
from assurance.memberships import open_on
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Comment,
    GivenBenchmark,
    Membership,
    Recommendation,
    Review,
    SelfAssessment,
)
from assurance.presence import Present
from assurance.queries.drafts import Drafts, for_page
from assurance.queries.evidence import EvidenceLine, of_benchmark
from assurance.queries.points import RecommendationText
from assurance.vocabulary import Answer, Basis, Mark, Permission, Role
from benchmarks.catalogue import BenchmarkText, CriterionText, SchemeText, scheme_text
from benchmarks.scoring import Suggestion

P = Permission


@dataclass(frozen=True)
class AnswerPage:
    """One benchmark that the actor may answer now.

    ``waiting`` are the numbers of the other benchmarks that the actor can answer and that are not ready: only saving
    needs them. ``comments`` and what follows are what is shown beside the form: saving does without.
    """

    row: Any
    assessment: Assessment
    scheme: SchemeText
    benchmark: BenchmarkText
    saved_by: str
    saved_by_self: bool
    may_submit: bool
    may_comment: bool
    waiting: tuple[int, ...] = ()
    comments: int = 0
    others: tuple[str, ...] = ()
    last: LastYear | None = None
    drafts: Drafts | None = None
    evidence: tuple[EvidenceLine, ...] = ()
    present: tuple[Present, ...] = ()

    @property
    def level_code(self) -> str:
        """The outcome that stands, as the form knows it ("" for none yet)."""
        level = self.scheme.level_by_id(self.row.level_id)
        return level.code if level else ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been said on it this year."""
        return is_empty(self.row)

    @property
    def next_number(self) -> int | None:
        """The next benchmark that is not ready, going round from this one."""
        here = self.benchmark.number
        return next(iter([n for n in self.waiting if n > here] + [n for n in self.waiting if n < here]), None)

    @cached_property
    def suggestion(self) -> Suggestion | None:
        """What the saved marks suggest, on a checklist scheme."""
        if not self.scheme.is_checklist:
            return None
        return self.scheme.suggestion(self.benchmark.number, self.row.met_criteria)

    @property
    def suggested_label(self) -> str:
        """The suggested outcome in words ("" for none)."""
        level = self.scheme.level(self.suggestion.level) if self.suggestion and self.suggestion.level else None
        return level.label if level else ""

    @property
    def missing(self) -> tuple[CriterionText, ...]:
        """The criteria that are not met and without which the next outcome is not reached."""
        return self._criteria(self.suggestion.missing if self.suggestion else ())

    @property
    def missing_for(self) -> str:
        """The outcome that they would reach, in words ("" when nothing is missing)."""
        wanted = self.suggestion.missing if self.suggestion else ()
        for level in self.scheme.levels:
            if any(one.id in wanted for one in self.benchmark.criteria.get(level.code, ())):
                return level.label
        return ""

    @property
    def warnings(self) -> tuple[CriterionText, ...]:
        """Signs of a gap that apply, and speak against the suggestion."""
        return self._criteria(self.suggestion.warnings if self.suggestion else ())

    @property
    def differs_without_reason(self) -> bool:
        """Whether the saved outcome is not the suggested one, and nobody said why."""
        if not self.suggestion or not self.suggestion.level or not self.level_code:
            return False
        return self.level_code != self.suggestion.level and not self.row.reason

    @property
    def unready(self) -> str:
        """What the saved answer lacks to be ready, in words ("" for nothing)."""
        if not self.level_code and not self.row.evidence:
            return _("it has no outcome and no evidence yet")
        if not self.level_code:
            return _("it has no outcome yet")
        return "" if self.row.evidence else _("it has no evidence yet")

    def _criteria(self, ids: Sequence[int]) -> tuple[CriterionText, ...]:
        return tuple(one for level in self.benchmark.criteria.values() for one in level if one.id in ids)


@dataclass(frozen=True)
class LastBenchmark:
    """One benchmark of last year. A judgement that there is none of is "", and so is the basis "agreed"."""

    benchmark: BenchmarkText
    own: str
    adviser: str
    agreed: str
    basis: str
    evidence: str
    reason: str
    summary: str
    comments: str
    marked: tuple[tuple[str, str, str], ...]
    """What was said of its criteria: text, mark and note."""


@dataclass(frozen=True)
class LastYear:
    """What stands beside the form: last year's record of this benchmark, or of those that lead to it."""

    assessment: Assessment
    scheme: SchemeText
    same_scheme: bool
    same_version: bool
    benchmarks: tuple[LastBenchmark, ...]
    recommendations: tuple[RecommendationText, ...]
    changes: CriteriaChanges | None
    coming: Coming

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of last year's benchmarks."""
        return tuple(one.benchmark.number for one in self.benchmarks)


@dataclass(frozen=True)
class CarryLine:
    """One benchmark on the page that brings last year in: what would come, and what stands."""

    benchmark: BenchmarkText
    version: int
    is_empty: bool
    coming: Coming

    @property
    def sources(self) -> tuple[str, ...]:
        """Where it would come from, in words."""
        return tuple(one.name for one in self.coming.sources)

    @property
    def what(self) -> tuple[str, ...]:
        """What would come, in words and how much."""
        reply, found = self.coming.reply, []
        if size := len(reply.evidence):
            text = ngettext("%(count)s character of text", "%(count)s characters of text", size)
            found.append(text % {"count": f"{size:,}"})
        if size := len(reply.marks):
            found.append(ngettext("%(count)s mark", "%(count)s marks", size) % {"count": size})
        if size := len(reply.notes):
            found.append(ngettext("%(count)s note", "%(count)s notes", size) % {"count": size})
        if reply.level_code:
            found.append(_("your outcome"))
        return tuple(found)


@dataclass(frozen=True)
class CarryPage:
    """Last year's answers, benchmark by benchmark. ``cycle`` is "" when there is no last year."""

    assessment: Assessment
    scheme: SchemeText
    cycle: str
    same_scheme: bool
    lines: tuple[CarryLine, ...]
    editable: bool


def answering(actor: Actor, assessment_id: int, number: int) -> AnswerPage | None:
    """The benchmark to answer, with what saving it takes; None when it cannot be answered now and is only to be read.

    One query.

    Raises:
        NotFound, Forbidden: as ``access.require``; also Forbidden for a benchmark that was not given to one.
    """
    page = _page(actor, assessment_id, number, waiting=_waiting(actor))
    return page and replace(page, waiting=tuple(page.row.waiting))


def answer_page(actor: Actor, assessment_id: int, number: int) -> AnswerPage | None:
    """The same with everything that is shown beside the form, and without what only saving takes. Five queries.

    Notes that the actor is there.
    """
    comments = visible(actor, Comment).filter(self_assessment=OuterRef("pk")).order_by().values("self_assessment")
    page = _page(
        actor, assessment_id, number, comment_count=Subquery(comments.annotate(total=Count("pk")).values("total"))
    )
    if page is None:
        return None
    return replace(
        page,
        comments=page.row.comment_count or 0,
        others=_others(actor, page.row),
        last=last_year_of(actor, page.assessment, page.scheme, number),
        drafts=for_page(actor, page.row),
        evidence=of_benchmark(actor, page.row),
        present=presence.note(actor, page.row, timezone.now()),
    )


def _page(actor: Actor, assessment_id: int, number: int, **around: Any) -> AnswerPage | None:
    """The answer with who saved it last, and ``around`` it what else is to be read in the same query."""
    given = GivenBenchmark.objects.filter(self_assessment=OuterRef("pk"), contributor=actor.id)
    saved = SelfAssessment.history.model.objects.filter(id=OuterRef("pk"), history_type="~")
    row: Any = (
        SelfAssessment.objects.select_related("authority", "assessment__cycle")
        .filter(assessment_id=assessment_id, benchmark__number=number)
        .annotate(
            is_mine=Exists(given),
            saved_by=Subquery(
                saved.order_by("-history_date", "-history_id").values(
                    json=JSONObject(id="history_user", name="history_user__name")
                )[:1]
            ),
            **around,
        )
        .first()
    )
    require(actor, (P.EDIT_ANSWERS, P.EDIT_GIVEN), row)
    if not open_to_answers(row):
        return None
    if not holds(actor, P.EDIT_ANSWERS, row) and not row.is_mine:
        raise Forbidden(P.EDIT_GIVEN)
    row.assessment.authority = row.authority
    scheme = scheme_text(row.assessment.cycle.scheme_version_id)
    saved_by = row.saved_by or {"id": None, "name": ""}
    is_own = saved_by["id"] is not None and saved_by["id"] == actor.id
    return AnswerPage(
        row=row,
        assessment=row.assessment,
        scheme=scheme,
        benchmark=scheme.benchmarks[number],
        saved_by="" if is_own else saved_by["name"] or "",
        saved_by_self=is_own,
        may_submit=holds(actor, P.SUBMIT, row),
        may_comment=holds(actor, P.COMMENT, row),
    )


def _waiting(actor: Actor) -> ArraySubquery:
    """The numbers of the other benchmarks that are not ready; of a contributor's, those that were given to them.

    Whoever is a contributor anywhere is led to what was given to them. That decides where a button leads, and not
    what may be answered there.
    """
    ready = Q(answer__in=[Answer.OUTCOME, Answer.UNKNOWN], needs_rechecking=False) & ~Q(evidence="")
    others = (
        SelfAssessment.objects.filter(assessment=OuterRef("assessment"))
        .exclude(pk=OuterRef("pk"))
        .exclude(answer=Answer.NOT_APPLICABLE)
        .exclude(ready)
    )
    if Role.CONTRIBUTOR in actor.roles():
        leads = [grant.authority_id for grant in actor.grants if grant.role == Role.LEAD]
        given = GivenBenchmark.objects.filter(self_assessment=OuterRef("pk"), contributor=actor.id)
        others = others.filter(Q(Exists(given)) | Q(authority__in=leads))
    return ArraySubquery(others.order_by("benchmark__number").values("benchmark__number"))


def _others(actor: Actor, row: SelfAssessment) -> tuple[str, ...]:
    """Who else may answer it, the Prevent Leads first. One query."""
    today = timezone.localdate()
    given = GivenBenchmark.objects.filter(self_assessment=row).values("contributor")
    members = (
        Membership.objects.filter(
            Q(role=Role.LEAD) | Q(role=Role.CONTRIBUTOR, person__in=given),
            open_on(today),
            authority=row.authority_id,
            starts__lte=today,
            person__is_active=True,
        )
        .exclude(person=actor.id)
        .annotate(called=called("person", "authority"))
        .order_by("-role", "called", "person")
    )
    return tuple(dict.fromkeys(members.values_list("called", flat=True)))


def last_year_of(actor: Actor, assessment: Assessment, scheme: SchemeText, number: int) -> LastYear | None:
    """Last year's record of a benchmark, or None when there is none. One query.

    Args:
        assessment: this year's, whose cycle must have been read; ``scheme`` is its scheme.
    """
    of_it = {"assessment": OuterRef("assessment"), "benchmark": OuterRef("benchmark")}
    outcome = {"answer": "answer", "level": "level_id"}
    rows: list[Any] = list(
        previous_answers(actor, assessment)
        .filter(leads_to__contains=[number])
        .annotate(
            adviser=ArraySubquery(
                visible(actor, Review)
                .filter(**of_it)
                .values(json=JSONObject(summary="summary", comments="comments", **outcome))
            ),
            agreed=ArraySubquery(
                visible(actor, AgreedOutcome).filter(**of_it).values(json=JSONObject(basis="basis", **outcome))
            ),
            recommendations=ArraySubquery(
                visible(actor, Recommendation)
                .filter(assessment=OuterRef("assessment"))
                .order_by("position")
                .values(
                    json=JSONObject(
                        heading="heading", text="text", numbers="benchmark_numbers", owners="owners", due_on="due_on"
                    )
                )
            ),
        )
        .order_by("benchmark__number")
    )
    if not rows:
        return None
    before = rows[0].assessment
    previous = scheme_text(before.cycle.scheme_version_id)
    numbers = {row.benchmark.number for row in rows}
    same_scheme = previous.code == scheme.code
    changes = None
    if same_scheme and previous.id != scheme.id:
        changes = criteria_changes(
            previous.benchmarks[number], scheme.benchmarks[number], scheme.levels, previous.levels
        )
    return LastYear(
        assessment=before,
        scheme=previous,
        same_scheme=same_scheme,
        same_version=previous.id == scheme.id,
        benchmarks=tuple(_last_benchmark(previous, row) for row in rows),
        recommendations=tuple(
            RecommendationText(
                one["heading"],
                one["text"],
                tuple(one["numbers"]),
                tuple(one["owners"]),
                date.fromisoformat(one["due_on"]) if one["due_on"] else None,
            )
            for one in rows[0].recommendations
            if numbers & set(one["numbers"])
        ),
        changes=changes,
        coming=coming(scheme, number, previous, rows),
    )


def _last_benchmark(scheme: SchemeText, row: Any) -> LastBenchmark:
    benchmark = scheme.benchmarks[row.benchmark.number]
    adviser = row.adviser[0] if row.adviser else {}
    agreed = row.agreed[0] if row.agreed else {}
    marks = {int(one): Mark(mark).label for one, mark in row.marks.items()}
    notes = {int(one): note for one, note in row.notes.items()}
    return LastBenchmark(
        benchmark=benchmark,
        own=outcome_label(scheme, row.answer, row.level_id),
        adviser=outcome_label(scheme, adviser["answer"], adviser["level"]) if adviser else "",
        agreed=outcome_label(scheme, agreed["answer"], agreed["level"]) if agreed else "",
        basis=str(Basis(agreed["basis"]).label) if agreed and agreed["basis"] != Basis.AGREED else "",
        evidence=row.evidence,
        reason=row.reason,
        summary=adviser.get("summary", ""),
        comments=adviser.get("comments", ""),
        marked=tuple(
            (one.text, str(marks.get(one.id, "")), notes.get(one.id, ""))
            for criteria in benchmark.criteria.values()
            for one in criteria
            if one.id in marks or one.id in notes
        ),
    )


def carry_page(actor: Actor, assessment_id: int) -> CarryPage:
    """What could be brought in, of the benchmarks that the actor may answer. Three queries.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, (P.EDIT_ANSWERS, P.EDIT_GIVEN), Assessment, related=("cycle",), pk=assessment_id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    now = (
        visible(actor, SelfAssessment)
        .filter(assessment=assessment)
        .exclude(answer=Answer.NOT_APPLICABLE)
        .select_related("benchmark")
    )
    if not holds(actor, P.EDIT_ANSWERS, assessment):
        now = now.filter(given__contributor=actor.id)
    before: list[Any] = list(previous_answers(actor, assessment).order_by("benchmark__number"))
    previous = scheme_text(before[0].assessment.cycle.scheme_version_id) if before else None
    lines = [
        CarryLine(
            benchmark=scheme.benchmarks[row.benchmark.number],
            version=row.version,
            is_empty=is_empty(row),
            coming=coming(
                scheme,
                row.benchmark.number,
                previous,
                [one for one in before if row.benchmark.number in one.leads_to],
            ),
        )
        for row in now.order_by("benchmark__number")
        if previous
    ]
    return CarryPage(
        assessment=assessment,
        scheme=scheme,
        cycle=before[0].assessment.cycle.name if before else "",
        same_scheme=previous is not None and previous.code == scheme.code,
        lines=tuple(lines),
        editable=open_to_giving(assessment),
    )
