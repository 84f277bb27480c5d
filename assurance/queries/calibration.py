"""How outcomes are spread over advisers, regions and benchmarks: what the calibration page reads.

Whoever may read single outcomes gets the figures as they are, of the places where both permissions hold. The others
count rows that they cannot read (``access.countable``) and get what ``suppress`` leaves of disputes and settlements.
How outcomes are spread they are not told here: averages within a type of authority are in the national picture
(``queries/averages.py``), and from two pages that hide by two rules a hidden number can be worked out.

An adviser's authorities are those whose outcomes the adviser proposed last: whoever began a review may have handed it
over since, and whoever has the authority now may not have judged it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, Func, Model, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance.access import GRANTS, Actor, countable, require_anywhere, visible
from assurance.insights.calibration import Group, Line, Shift, Shown, Table, plain, shift, suppress
from assurance.insights.figures import whole_percent
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Cycle,
    CycleBenchmark,
    Dispute,
    Event,
    Review,
    SelfAssessment,
    User,
)
from assurance.vocabulary import EDITABLE_STATES, Answer, Basis, EventKind, Permission, State
from benchmarks.catalogue import SchemeText, scheme_text

P = Permission
Record = TypeVar("Record", bound=Model)

REGION, ADVISER, BENCHMARK = "region", "adviser", "benchmark"
GROUPINGS: Mapping[str, StrOrPromise] = {
    REGION: gettext_lazy("Region"),
    ADVISER: gettext_lazy("Adviser"),
    BENCHMARK: gettext_lazy("Benchmark"),
}
AGREED, OWN, ADVISERS = "agreed", "self", "adviser"
JUDGEMENTS: Mapping[str, StrOrPromise] = {
    AGREED: gettext_lazy("Agreed outcomes"),
    OWN: gettext_lazy("The authorities’ own outcomes"),
    ADVISERS: gettext_lazy("The advisers’ outcomes"),
}
GAPS: Mapping[str, StrOrPromise] = {
    Answer.NOT_APPLICABLE: gettext_lazy("Not applicable"),
    Answer.UNKNOWN: gettext_lazy("Not known"),
    Answer.UNANSWERED: gettext_lazy("Not given yet"),
}
REVIEWED = frozenset({State.IN_REVIEW, State.CLARIFICATION, State.PROPOSED, State.DISPUTED, State.AGREED})


@dataclass(frozen=True)
class Choice:
    """What the page is asked for. ``benchmark`` narrows it to one; None is all of them."""

    cycle: int | None = None
    by: str = REGION
    judgement: str = AGREED
    benchmark: int | None = None


@dataclass(frozen=True)
class Cell:
    """A count with its share of the outcomes that have a level ("" where it has none). A hidden count is None."""

    label: StrOrPromise
    count: int | None
    percent: str = ""


@dataclass(frozen=True)
class Segment:
    """A part of a bar, in thousandths of its length."""

    start: int
    length: int
    standing: str


@dataclass(frozen=True)
class SpreadRow:
    """How outcomes are spread in one group. ``met`` of ``levelled`` meet the duty or exceed it."""

    label: StrOrPromise
    authorities: int | None
    cells: tuple[Cell, ...]
    total: int | None
    met: int = 0
    levelled: int = 0
    percent: str = ""
    bar: tuple[Segment, ...] = ()


@dataclass(frozen=True)
class ShiftRow:
    """How outcomes moved from the authority's own to what was agreed, in one group."""

    label: StrOrPromise
    by_level: Shift
    by_standing: Shift


@dataclass(frozen=True)
class DisputeRow:
    """How many outcomes were disputed and how many settled, in one group. None is hidden."""

    label: StrOrPromise
    proposed: int | None
    disputed: int | None
    agreed: int | None
    settled: int | None


@dataclass(frozen=True)
class Calibration:
    """The page. ``hides`` says that small numbers are hidden from this reader, in any of the tables."""

    cycles: tuple[Cycle, ...]
    cycle: Cycle | None
    choice: Choice
    judgements: tuple[tuple[str, StrOrPromise], ...]
    benchmarks: tuple[tuple[int, str], ...]
    columns: tuple[StrOrPromise, ...]
    spread: tuple[SpreadRow, ...]
    spread_total: SpreadRow | None
    counted: int
    assessments: int
    shifts: tuple[ShiftRow, ...]
    disputes: tuple[DisputeRow, ...]
    hides: bool
    hides_spread: bool
    hides_disputes: bool

    @property
    def grouping(self) -> StrOrPromise:
        """By what it is grouped."""
        return GROUPINGS[self.choice.by]

    @property
    def judgement(self) -> StrOrPromise:
        """Whose outcomes are counted."""
        return JUDGEMENTS[self.choice.judgement]


def calibration(actor: Actor, choice: Choice) -> Calibration:
    """How outcomes of a cycle are spread. At most six queries, however many authorities there are.

    What the actor may not choose falls back to what they may: agreed outcomes of all benchmarks.

    Raises:
        Forbidden: the actor sees no calibration anywhere.
    """
    require_anywhere(actor, P.READ_CALIBRATION)
    reads = _Reads(actor)
    cycles = _cycles(actor)
    cycle = next((one for one in cycles if one.pk == choice.cycle), None) or _newest(cycles)
    by = choice.by if choice.by in GROUPINGS else REGION
    judgement = choice.judgement if choice.judgement in reads.judgements else AGREED
    # Of one benchmark after the other, hidden numbers could be worked out from the sum of all.
    number = choice.benchmark if reads.everything and by != BENCHMARK else None
    if cycle is None:
        return _empty(cycles, Choice(None, by, judgement, number), reads)
    scheme = scheme_text(cycle.scheme_version_id)
    number = number if number in scheme.benchmarks else None
    found = _Read(actor, reads, cycle, scheme, by, number)
    assessments = found.assessments()
    agreed = found.outcomes(AgreedOutcome, own=reads.shifts)
    judged = agreed if judgement == AGREED else found.outcomes({OWN: SelfAssessment, ADVISERS: Review}[judgement])
    disputed = found.disputes()
    labels = found.labels(assessments)
    counted = {AGREED: "agreed", OWN: "submitted", ADVISERS: "reviewed"}[judgement]
    columns, table, sizes = found.table(judged, assessments, labels, counted)
    spread = _spread(plain(table), scheme, columns) if table.groups and reads.agreed else ()
    return Calibration(
        cycles=cycles,
        cycle=cycle,
        choice=Choice(cycle.pk, by, judgement, number),
        judgements=reads.choices,
        benchmarks=_numbers(scheme) if reads.everything else (),
        columns=tuple(label for _key, label in columns),
        spread=spread[:-1],
        spread_total=spread[-1] if spread else None,
        counted=sizes,
        assessments=sum(one["all"] for one in assessments.values()),
        shifts=_shifts(agreed, labels, scheme) if reads.shifts else (),
        disputes=_disputes(found, reads, assessments, agreed, disputed, labels),
        hides=not reads.everything,
        hides_spread=not reads.agreed,
        hides_disputes=not reads.disputes,
    )


class _Reads:
    """What the actor may read, and not only count, where they see calibration."""

    def __init__(self, actor: Actor) -> None:
        held = [GRANTS[grant.role] for grant in actor.grants if P.READ_CALIBRATION in GRANTS[grant.role]]
        self.agreed = any(P.READ_OUTCOMES in one for one in held)
        self.own = any(P.READ_OUTCOMES in one and P.READ_SUBMITTED in one for one in held)
        self.advisers = any(P.READ_OUTCOMES in one and P.READ_REVIEW in one for one in held)
        self.shifts = self.own
        self.disputes = any(P.READ_REVIEW in one for one in held)
        self.everything = self.agreed and self.disputes
        offered = ((AGREED, True), (OWN, self.own), (ADVISERS, self.advisers))
        self.judgements = frozenset(name for name, may in offered if may)
        self.choices = tuple((name, JUDGEMENTS[name]) for name, may in offered if may)

    def rows(self, actor: Actor, model: type[Record]) -> QuerySet[Record]:
        """The rows to reckon with: those that the actor may read, or else those that they may count."""
        rows = countable(actor, P.READ_CALIBRATION, model)
        exact = {AgreedOutcome: self.agreed, SelfAssessment: self.own, Review: self.advisers, Dispute: self.disputes}
        return rows & visible(actor, model) if exact[model] else rows


Key = Any
"""Of a group: a region, the id of an adviser (None for nobody), or the number of a benchmark."""
Counts = dict[str, int]
Tally = tuple[Key, str, int | None, int | None, int, int]
"""Group, answer, level, the authority's own level, how many, and how many of them were settled."""


class _Read:
    """The queries of one cycle, grouped in one way."""

    def __init__(
        self,
        actor: Actor,
        reads: _Reads,
        cycle: Cycle,
        scheme: SchemeText,
        by: str,
        number: int | None,
    ) -> None:
        self.actor, self.reads, self.cycle, self.scheme = actor, reads, cycle, scheme
        self.by, self.number = by, number
        self.scored = frozenset(cycle.scored_numbers)  # type: ignore[attr-defined]

    def assessments(self) -> dict[Key, Counts]:
        """How many assessments there are and how far, by group. One query."""
        rows = countable(self.actor, P.READ_CALIBRATION, Assessment).filter(cycle=self.cycle)
        group: Any = self._adviser("pk") if self.by == ADVISER else F("authority__region")
        proposed = Exists(self._proposals("pk"))
        found = (
            rows.exclude(state=State.WITHDRAWN)
            .annotate(group=group, proposed_here=proposed)
            .order_by()
            .values("group")
            .annotate(
                all=Count("pk"),
                agreed=Count("pk", filter=Q(state=State.AGREED)),
                reviewed=Count("pk", filter=Q(state__in=REVIEWED)),
                submitted=Count("pk", filter=~Q(state__in=EDITABLE_STATES)),
                proposed=Count("pk", filter=Q(proposed_here=True)),
            )
        )
        return {one.pop("group"): one for one in found}

    def outcomes(self, model: Any, *, own: bool = False) -> list[Tally]:
        """How many outcomes there are of each kind, by group. One query.

        Args:
            own: whether each is put beside the authority's own.
        """
        rows = self._of_cycle(model)
        if model is SelfAssessment:
            rows = rows.exclude(assessment__state__in=EDITABLE_STATES)
        elif model is Review:
            rows = rows.filter(assessment__state__in=REVIEWED)
        beside: dict[str, Any] = {}
        if own:
            mine = self.reads.rows(self.actor, SelfAssessment).filter(
                assessment=OuterRef("assessment"), benchmark=OuterRef("benchmark")
            )
            beside["own"] = Subquery(mine.order_by().values("level")[:1])
        settled = {"settled": Count("pk", filter=Q(basis=Basis.SETTLED))} if model is AgreedOutcome else {}
        found = (
            rows.annotate(group=self._group(), **beside)
            .order_by()
            .values("group", "answer", "level_id", *beside)
            .annotate(count=Count("pk"), **settled)
        )
        return [
            (one["group"], one["answer"], one["level_id"], one.get("own"), one["count"], one.get("settled", 0))
            for one in found
        ]

    def disputes(self) -> dict[Key, int]:
        """How many outcomes were disputed at least once, by group. One query."""
        pair = Func(F("assessment_id"), F("benchmark_id"), function="ROW")
        rows = self._of_cycle(Dispute).annotate(group=self._group()).order_by()
        return dict(rows.values_list("group").annotate(count=Count(pair, distinct=True)))

    def labels(self, assessments: Iterable[Key]) -> dict[Key, str]:
        """What each group is called, in the order in which they are shown. One query for advisers, none else."""
        if self.by == BENCHMARK:
            shown = self.scheme.benchmarks.items()
            return {number: f"{number}. {one.title}" for number, one in shown if self._is_counted(number)}
        if self.by == REGION:
            return {region: region for region in sorted(assessments)}
        names = dict(User.objects.filter(pk__in=[key for key in assessments if key]).values_list("pk", "name"))
        known = sorted(names.items(), key=lambda one: (one[1].casefold(), one[0]))
        nobody = {None: _("Nobody has proposed outcomes here")} if None in set(assessments) else {}
        return {**dict(known), **nobody}

    def table(
        self,
        judged: Sequence[Tally],
        assessments: Mapping[Key, Counts],
        labels: Mapping[Key, str],
        counted: str,
    ) -> tuple[list[tuple[Any, StrOrPromise]], Table, int]:
        """Columns as (level id or answer, label); the counts; and how many assessments they are of."""
        counts: dict[Key, Counts] = defaultdict(lambda: defaultdict(int))
        for group, answer, level_id, _own, count, _settled in judged:
            counts[group][level_id if answer == Answer.OUTCOME else answer] += count  # type: ignore[index]
        there = {key for one in counts.values() for key in one}
        columns: list[tuple[Any, StrOrPromise]] = [(one.id, one.label) for one in self.scheme.levels]
        columns += [(answer, label) for answer, label in GAPS.items() if answer in there]
        size = self.sizes(assessments, counted)
        groups = [
            Group(key, label, size(key), tuple(counts[key].get(column, 0) for column, _label in columns))
            for key, label in labels.items()
        ]
        if not self.reads.agreed:
            # A group of none would count as one that hides another.
            groups = [one for one in groups if one.authorities]
        total = sum(one[counted] for one in assessments.values())
        return columns, Table(tuple(groups), total), total

    def sizes(self, assessments: Mapping[Key, Counts], name: str) -> Any:
        """A function that gives how many authorities a group has; a benchmark has all of them."""
        whole = sum(one[name] for one in assessments.values())
        if self.by == BENCHMARK:
            return lambda key: whole
        return lambda key: assessments.get(key, {}).get(name, 0)

    @property
    def benchmarks_counted(self) -> int:
        """How many scored benchmarks of each assessment a group counts."""
        return 1 if self.by == BENCHMARK or self.number is not None else len(self.scored)

    def is_scored(self, key: Key) -> bool:
        """Whether outcomes can be proposed in the group: on a benchmark that is not scored none is."""
        number = key if self.by == BENCHMARK else self.number
        return number is None or number in self.scored

    def _is_counted(self, number: int) -> bool:
        # What is not applicable by the rule of the cycle says nothing of an authority.
        return self.reads.agreed or number in self.scored

    def _of_cycle(self, model: Any) -> QuerySet[Any]:
        rows = self.reads.rows(self.actor, model).filter(assessment__cycle=self.cycle)
        rows = rows.exclude(assessment__state=State.WITHDRAWN)
        if self.number is not None:
            rows = rows.filter(benchmark__number=self.number)
        if not self.reads.agreed:
            rows = rows.filter(benchmark__number__in=self.scored)
        return rows

    def _group(self) -> Any:
        if self.by == ADVISER:
            return self._adviser("assessment")
        return F("benchmark__number") if self.by == BENCHMARK else F("authority__region")

    def _proposals(self, assessment: str) -> QuerySet[Event]:
        rows = countable(self.actor, P.READ_CALIBRATION, Event)
        return rows.filter(assessment=OuterRef(assessment), kind=EventKind.TRANSITION, name="propose").order_by()

    def _adviser(self, assessment: str) -> Subquery:
        return Subquery(self._proposals(assessment).order_by("-at", "-id").values("person")[:1])


def _cycles(actor: Actor) -> tuple[Cycle, ...]:
    """The cycles that the actor sees anything of, newest first. One query.

    Each with whether anything is agreed, and the numbers of the benchmarks that it scores.
    """
    rows = countable(actor, P.READ_CALIBRATION, Assessment).order_by()
    agreed = rows.filter(cycle=OuterRef("pk"), state=State.AGREED)
    scored = CycleBenchmark.objects.filter(cycle=OuterRef("pk"), scored=True).order_by()
    found = Cycle.objects.filter(pk__in=rows.values("cycle")).annotate(
        has_agreed=Exists(agreed), scored_numbers=ArraySubquery(scored.values("benchmark__number"))
    )
    return tuple(found.select_related("programme"))


def _newest(cycles: Sequence[Any]) -> Cycle | None:
    """The newest with something agreed, or else the newest."""
    return next((one for one in cycles if one.has_agreed), cycles[0] if cycles else None)


def _empty(cycles: tuple[Cycle, ...], choice: Choice, reads: _Reads) -> Calibration:
    hides = (not reads.everything, not reads.agreed, not reads.disputes)
    return Calibration(cycles, None, choice, reads.choices, (), (), (), None, 0, 0, (), (), *hides)


def _numbers(scheme: SchemeText) -> tuple[tuple[int, str], ...]:
    return tuple((number, f"{number}. {one.title}") for number, one in scheme.benchmarks.items())


def _spread(shown: Shown, scheme: SchemeText, columns: Sequence[tuple[Any, StrOrPromise]]) -> tuple[SpreadRow, ...]:
    """The rows as they are drawn; the last is that of the totals."""
    return tuple(_spread_row(line, scheme, columns) for line in (*shown.lines, shown.totals))


def _spread_row(line: Line, scheme: SchemeText, columns: Sequence[tuple[Any, StrOrPromise]]) -> SpreadRow:
    label = line.label or _("All")
    counts = {key: count for (key, _label), count in zip(columns, line.counts, strict=True)}
    levels = [(one, counts[one.id]) for one in scheme.levels]
    # Shares are of everything that has a level: they can be told only where all of it is shown.
    whole = [(one, count) for one, count in levels if count is not None]
    levelled = sum(count for _one, count in whole) if len(whole) == len(levels) else 0
    cells = tuple(
        Cell(name, counts[key], _percent(counts[key], levelled) if isinstance(key, int) else "")
        for key, name in columns
    )
    if not levelled:
        return SpreadRow(label, line.authorities, cells, line.total)
    met = sum(count for one, count in whole if one.standing != "below")
    bar, start = [], 0
    for one, count in whole:
        end = start + count
        first, last = 1000 * start // levelled, 1000 * end // levelled
        bar.append(Segment(first, last - first, str(one.standing)))
        start = end
    return SpreadRow(label, line.authorities, cells, line.total, met, levelled, _percent(met, levelled), tuple(bar))


def _percent(count: int | None, whole: int) -> str:
    """A share in whole per cent, halves up ("" where there is nothing to have a share of)."""
    if count is None or not whole:
        return ""
    return f"{whole_percent(count, whole)}%"


def _shifts(agreed: Sequence[Tally], labels: Mapping[Key, str], scheme: SchemeText) -> tuple[ShiftRow, ...]:
    places = {one.id: index for index, one in enumerate(scheme.levels)}
    standings = {one.id: one.standing.rank for one in scheme.levels}
    moves: dict[Key, list[tuple[int | None, int | None, int]]] = defaultdict(list)
    for group, _answer, level_id, own, count, _settled in agreed:
        moves[group].append((own, level_id, count))
    every = [move for found in moves.values() for move in found]
    rows = [(label, moves[key]) for key, label in labels.items() if moves[key]]
    return tuple(
        ShiftRow(label, _ranked(found, places), _ranked(found, standings))
        for label, found in (*rows, (_("All"), every))
    )


def _ranked(moves: Iterable[tuple[int | None, int | None, int]], ranks: Mapping[int, int]) -> Shift:
    def rank(level_id: int | None) -> int | None:
        return ranks.get(level_id) if level_id is not None else None

    return shift((rank(before), rank(after), count) for before, after, count in moves)


def _disputes(
    found: _Read,
    reads: _Reads,
    assessments: Mapping[Key, Counts],
    agreed: Sequence[Tally],
    disputed: Mapping[Key, int],
    labels: Mapping[Key, str],
) -> tuple[DisputeRow, ...]:
    """Two tables beside each other: of outcomes that were proposed those disputed, of those agreed those settled."""
    proposed, stands, settled = found.sizes(assessments, "proposed"), defaultdict(int), defaultdict(int)
    for group, answer, _level, _own, count, count_settled in agreed:
        if answer == Answer.OUTCOME:
            stands[group] += count
            settled[group] += count_settled

    def halves(key: Key, part: Mapping[Key, int], whole: int) -> tuple[int, int]:
        return whole - part.get(key, 0), part.get(key, 0)

    size = found.sizes(assessments, "agreed")
    keys = [key for key in labels if found.is_scored(key)]
    first = _parts(
        [
            Group(key, labels[key], proposed(key), halves(key, disputed, proposed(key) * found.benchmarks_counted))
            for key in keys
        ],
        sum(one["proposed"] for one in assessments.values()),
        exact=reads.disputes,
    )
    second = _parts(
        [Group(key, labels[key], size(key), halves(key, settled, stands[key])) for key in keys],
        sum(one["agreed"] for one in assessments.values()),
        exact=reads.agreed,
    )
    rows = [
        (labels[key], first.get(key, _no_line(reads.disputes)), second.get(key, _no_line(reads.agreed))) for key in keys
    ]
    rows.append((_("All"), first[TOTAL], second[TOTAL]))
    return tuple(
        DisputeRow(label, one.total, one.counts[1], other.total, other.counts[1]) for label, one, other in rows
    )


def _no_line(exact: bool) -> Line:
    """A group without anything to count: nought is a small number too."""
    return Line(None, "", 0, (0, 0), 0) if exact else Line(None, "", None, (None, None), None)


TOTAL = object()
"""Under which the row of totals is found."""


def _parts(groups: Sequence[Group], authorities: int, *, exact: bool) -> dict[Any, Line]:
    """A table of two halves as it is shown, by group."""
    counted = tuple(one for one in groups if exact or one.authorities)
    table = Table(counted, authorities)
    if not counted:
        return {TOTAL: Line(None, "", authorities, (0, 0), 0) if exact else Line(None, "", None, (None, None), None)}
    shown = plain(table) if exact else suppress(table)
    return {line.key: line for line in shown.lines} | {TOTAL: shown.totals}
