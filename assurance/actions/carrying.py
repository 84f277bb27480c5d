"""Bringing last year's answers in: text, marks and notes, to be checked again before they count."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import Case, Exists, Func, OuterRef, PositiveSmallIntegerField, QuerySet, When
from django.utils.translation import gettext as _

from assurance import ledger, text, years
from assurance.access import Actor, Forbidden, fetch, holds, visible
from assurance.actions.answers import Reply, kept, open_to_answers, put
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.differences import same_criteria
from assurance.models import Assessment, GivenBenchmark, SelfAssessment
from assurance.vocabulary import Answer, Audience, EventKind, Permission, State
from assurance.workflow import ASSESSMENT, move
from benchmarks.catalogue import SchemeText, scheme_text
from benchmarks.models import CrosswalkEntry

P = Permission


@dataclass(frozen=True)
class Source:
    """One benchmark of last year: where it stood, and what the authority said on it."""

    cycle: str
    number: int
    title: str
    reply: Reply

    @property
    def name(self) -> str:
        """Where it stood, in words."""
        return _("%(cycle)s, benchmark %(number)s") % {"cycle": self.cycle, "number": self.number}

    @property
    def heading(self) -> str:
        """The line above its text, where the text stands among others or under another benchmark."""
        return _("From %(cycle)s, benchmark %(number)s, %(title)s:") % {
            "cycle": self.cycle,
            "number": self.number,
            "title": self.title,
        }


@dataclass(frozen=True)
class Coming:
    """What would come into one benchmark of this year, and whence. ``problem`` says why it cannot ("" if it can).

    ``left_out`` counts the marks and notes of criteria that do not read as they did.
    """

    number: int
    sources: tuple[Source, ...]
    reply: Reply
    left_out: int
    problem: str

    @property
    def is_possible(self) -> bool:
        """Whether there is something to bring in, and it fits."""
        return not self.problem


def previous_answers(actor: Actor, assessment: Assessment) -> QuerySet[SelfAssessment]:
    """Last year's answers of the same authority, as far as the actor may read them, with their cycle.

    Whether there was a last year is seen from there being any. Each has as ``leads_to`` the numbers of this year's
    benchmarks that it is read as, across schemes by the crosswalk. The assessment's cycle must have been read.
    """
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    last = years.before(visible(actor, Assessment), assessment)
    rows = visible(actor, SelfAssessment).filter(assessment=last.values("pk")[:1])
    crosswalk = CrosswalkEntry.objects.filter(
        from_scheme=OuterRef("benchmark__scheme_version__scheme"),
        from_number=OuterRef("benchmark__number"),
        to_scheme__code=scheme.code,
    )
    itself = Func("benchmark__number", function="ARRAY", template="%(function)s[%(expressions)s]")
    return rows.select_related("assessment__cycle", "benchmark").annotate(
        leads_to=Case(
            When(benchmark__scheme_version__scheme__code=scheme.code, then=itself),
            default=ArraySubquery(crosswalk.order_by("to_number").values("to_number")),
            output_field=ArrayField(PositiveSmallIntegerField()),
        )
    )


def coming(scheme: SchemeText, number: int, previous: SchemeText, rows: Sequence[SelfAssessment]) -> Coming:
    """What last year's answers would bring into a benchmark of this year. No query.

    Within a scheme the outcome and its reason come too, and what was said of each criterion that still reads the
    same. Across schemes only the text comes, each under a line that says where it is from.

    Args:
        rows: last year's, of the benchmarks that lead to this one, with cycle and benchmark, in their order.
    """
    sources = tuple(_source(previous, row) for row in rows)
    alike = previous.code == scheme.code
    reply, left_out = Reply(), 0
    if alike and rows:
        (old,) = (source.reply for source in sources)
        now = same_criteria(previous.benchmarks[number], scheme.benchmarks[number])
        reply = Reply(
            level_code=old.level_code if old.level_code and scheme.level(old.level_code) else None,
            evidence=old.evidence,
            reason=old.reason,
            marks={now[one]: mark for one, mark in old.marks.items() if one in now},
            notes={now[one]: note for one, note in old.notes.items() if one in now},
        )
        left_out = len((old.marks.keys() | old.notes.keys()) - now.keys())
    elif rows:
        texts = [f"{one.heading}\n\n{one.reply.evidence}" for one in sources if one.reply.evidence]
        reply = Reply(evidence="\n\n".join(texts))
    return Coming(number, sources, reply, left_out, _problem(reply, sources))


def is_empty(row: SelfAssessment) -> bool:
    """Whether nothing has been said on it this year."""
    return row.answer == Answer.UNANSWERED and not (row.evidence or row.reason or row.marks or row.notes)


def carry_one(
    *, by: Actor, at: datetime, assessment_id: int, number: int, version: int, replace: bool = False
) -> SelfAssessment:
    """Bring last year's answer on one benchmark in, and start the assessment if this is its first.

    Args:
        version: of this year's answer as the person saw it.
        replace: whether the person confirms that it takes the place of what they said this year.

    Raises:
        Stale: somebody saved something since; nothing is overwritten.
        NotEditable: the assessment is submitted, the cycle is closed, or the benchmark is not scored.
        Unfit: there is nothing to bring in, it does not fit, or it would replace what was said this year.
        access.NotFound, access.Forbidden: as ``access.require``; also Forbidden for a benchmark not given to one.
    """
    (row,) = carry_all(
        by=by, at=at, assessment_id=assessment_id, versions={number: version}, replace=[number] if replace else []
    )
    return row


def carry_all(
    *, by: Actor, at: datetime, assessment_id: int, versions: Mapping[int, int], replace: Collection[int] = ()
) -> list[SelfAssessment]:
    """Bring last year's answers in on all of these benchmarks, or on none of them.

    Args:
        versions: of this year's answers as the person saw them, by benchmark number.
        replace: numbers where the person confirms that it takes the place of what they said this year.

    Raises:
        Stale, NotEditable, Unfit, access.NotFound, access.Forbidden: as :func:`carry_one`.
    """
    with transaction.atomic():
        # Rows before their assessment, as saving an answer locks them: two that wait for each other would not end.
        rows = {row.benchmark.number: row for row in _locked(by, assessment_id, versions)}
        assessment = fetch(
            by, (P.EDIT_ANSWERS, P.EDIT_GIVEN), Assessment, lock=("self",), related=("cycle",), pk=assessment_id
        )
        scheme = scheme_text(assessment.cycle.scheme_version_id)
        for number, version in sorted(versions.items()):
            _check(by, assessment, rows.get(number), number, version, replace)
        brought = {one.number: one for one in _coming(by, assessment, scheme, versions)}
        for number in sorted(versions):
            if number not in brought or not brought[number].is_possible:
                problem = brought[number].problem if number in brought else _nothing()
                raise Unfit(f"carry_{number}", problem)
        if rows and assessment.state == State.NOT_STARTED:
            move(ASSESSMENT, assessment, "start", by=by, at=at)
        for number, row in rows.items():
            _put(row, brought[number], scheme, at)
        ledger.save_many(SelfAssessment, list(rows.values()), by=by, at=at, reason="carried")
        ledger.events_on(
            assessment,
            [
                (
                    EventKind.CARRIED,
                    {
                        "benchmark": number,
                        "cycle": brought[number].sources[0].cycle,
                        "numbers": [one.number for one in brought[number].sources],
                    },
                )
                for number in sorted(rows)
            ],
            by=by,
            at=at,
            audience=Audience.AUTHORITY,
        )
    return [rows[number] for number in sorted(rows)]


def _locked(by: Actor, assessment_id: int, numbers: Iterable[int]) -> QuerySet[SelfAssessment]:
    given = GivenBenchmark.objects.filter(self_assessment=OuterRef("pk"), contributor_id=by.id)
    return (
        SelfAssessment.objects.select_for_update(of=("self",))
        .select_related("benchmark")
        .filter(assessment_id=assessment_id, benchmark__number__in=list(numbers))
        .annotate(is_mine=Exists(given))
        .order_by("pk")
    )


def _check(
    by: Actor, assessment: Assessment, row: SelfAssessment | None, number: int, version: int, replace: Collection[int]
) -> None:
    if row is None:
        raise Unfit(f"carry_{number}", _("Choose a benchmark of this scheme"))
    row.assessment, row.authority = assessment, assessment.authority
    mine: Any = row
    if not holds(by, P.EDIT_ANSWERS, row) and not mine.is_mine:
        raise Forbidden(P.EDIT_GIVEN)
    if not open_to_answers(row):
        raise NotEditable(assessment)
    if row.version != version:
        raise Stale(row)
    if not is_empty(row) and number not in replace:
        message = _("Benchmark %(number)s has an answer already. Confirm that last year’s takes its place")
        raise Unfit(f"carry_{number}", message % {"number": number})


def _coming(by: Actor, assessment: Assessment, scheme: SchemeText, numbers: Iterable[int]) -> list[Coming]:
    rows: list[Any] = list(previous_answers(by, assessment).order_by("benchmark__number"))
    if not rows:
        return []
    previous = scheme_text(rows[0].assessment.cycle.scheme_version_id)
    return [coming(scheme, number, previous, [row for row in rows if number in row.leads_to]) for number in numbers]


def _put(row: SelfAssessment, brought: Coming, scheme: SchemeText, at: datetime) -> None:
    put(row, kept(brought.reply, scheme, brought.number) | {"needs_rechecking": True}, at)
    row.carried_from = [{"cycle": one.cycle, "number": one.number, "title": one.title} for one in brought.sources]


def _source(previous: SchemeText, row: SelfAssessment) -> Source:
    level = previous.level_by_id(row.level_id)
    return Source(
        cycle=row.assessment.cycle.name,
        number=row.benchmark.number,
        title=row.benchmark.title,
        reply=Reply(
            level_code=level.code if level else None,
            evidence=row.evidence,
            reason=row.reason,
            marks={int(one): mark for one, mark in row.marks.items()},
            notes={int(one): note for one, note in row.notes.items()},
        ),
    )


def _problem(reply: Reply, sources: Sequence[Source]) -> str:
    if reply == Reply():
        return _nothing()
    if len(reply.evidence) > text.EVIDENCE:
        message = _(
            "Last year’s texts are %(count)s characters together, and an answer can have %(longest)s. Open them beside "
            "this year’s answer, and copy what still holds"
        )
        return message % {"count": f"{len(reply.evidence):,}", "longest": f"{text.EVIDENCE:,}"}
    return ""


def _nothing() -> str:
    return _("There is nothing of your own from last year to bring in")
