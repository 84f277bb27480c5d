"""What the pages of weights read: every version there was, one scheme to edit, and what other weights would change.

Whoever edits weights may not read single outcomes, so the last counts rows that it does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Q

from assurance.access import GRANTS, Actor, NotFound, countable, require_anywhere
from assurance.insights.reweighing import Group, Reweighed, Size, reweigh, shown_groups, whole_types
from assurance.models import AgreedOutcome, Assessment
from assurance.vocabulary import Answer, Permission, State
from benchmarks.catalogue import SchemeText, newest_published, published_versions, scheme_text
from benchmarks.scoring import ScaleLevel
from benchmarks.weighing import Weights, every_version, weights_for, weights_of

P = Permission


@dataclass(frozen=True)
class Difference:
    """A benchmark with the weight that it had and the one that it has then, each also in per cent of the whole."""

    number: int
    title: str
    before: Decimal
    before_percent: Decimal
    after: Decimal
    after_percent: Decimal

    @property
    def differs(self) -> bool:
        """Whether the weight itself is another."""
        return self.before != self.after


@dataclass(frozen=True)
class VersionLine:
    """A version of the weights with what it changed in the one before it (nothing for version 0)."""

    weights: Weights
    changes: tuple[Difference, ...]


@dataclass(frozen=True)
class SchemeWeights:
    """A scheme with the weights that count now, and every version, the newest first."""

    scheme: SchemeText
    current: Weights
    lines: tuple[Difference, ...]
    versions: tuple[VersionLine, ...] = ()


@dataclass(frozen=True)
class WeightsPage:
    """Every scheme of which a version is published. ``may_edit`` says that the actor may set weights."""

    schemes: tuple[SchemeWeights, ...]
    may_edit: bool


def weights_page(actor: Actor) -> WeightsPage:
    """The weights of all schemes with all of their versions. Two queries.

    Raises:
        Forbidden: the actor neither sees averages anywhere nor sets weights.
    """
    may_edit = any(P.EDIT_WEIGHTS in GRANTS[grant.role] for grant in actor.grants)
    if not may_edit:
        require_anywhere(actor, P.READ_AVERAGES)
    schemes = _newest_of_each()
    found = every_version(schemes)
    return WeightsPage(
        tuple(
            SchemeWeights(
                scheme,
                found[scheme.id][0],
                differences(scheme, found[scheme.id][0], found[scheme.id][0]),
                _history(scheme, found[scheme.id]),
            )
            for scheme in schemes
        ),
        may_edit,
    )


def current_weights() -> tuple[SchemeWeights, ...]:
    """The weights that count now, by scheme: for everybody, signed in or not. Two queries."""
    schemes = _newest_of_each()
    found = weights_of(schemes)
    return tuple(
        SchemeWeights(scheme, found[scheme.id], differences(scheme, found[scheme.id], found[scheme.id]))
        for scheme in schemes
    )


def edit_page(actor: Actor, code: str) -> SchemeWeights:
    """One scheme whose weights somebody is about to set. Two queries.

    Raises:
        Forbidden: the actor sets no weights.
        NotFound: there is no such scheme, or nothing of it is published.
    """
    require_anywhere(actor, P.EDIT_WEIGHTS)
    version = newest_published(code)
    if version is None:
        raise NotFound
    scheme = scheme_text(version.pk)
    weights = weights_for(scheme)
    return SchemeWeights(scheme, weights, differences(scheme, weights, weights))


@dataclass(frozen=True)
class Preview:
    """What other weights would change: the weights themselves, and the figures of the newest year with outcomes.

    ``cycle`` is that year with its programme; None where nothing on the scheme is agreed yet.
    """

    lines: tuple[Difference, ...]
    cycle: str | None = None
    programme: str = ""
    change: Reweighed | None = None


def preview(actor: Actor, page: SchemeWeights, weights: Mapping[int, Decimal]) -> Preview:
    """What would change if these were saved. Two queries, however many authorities there are."""
    after = Weights(page.scheme.code, page.current.version + 1, weights)
    lines = differences(page.scheme, page.current, after)
    cycles = _cycles(actor, page.scheme.code)
    # The newest year of which something may be shown, or else the newest in which anything is agreed.
    telling = [one for one in cycles if shown_groups(one.sizes) or whole_types(one.sizes)]
    cycle = next(iter(telling or cycles), None)
    if cycle is None:
        return Preview(lines)
    levels = {
        level.id: ScaleLevel(level.code, level.points, level.standing)
        for level in scheme_text(cycle.scheme_version_id).levels
    }
    rows = (
        countable(actor, P.READ_AVERAGES, AgreedOutcome)
        .filter(assessment__cycle=cycle.id, assessment__state=State.AGREED, answer=Answer.OUTCOME)
        .order_by()
        .values_list("assessment_id", "authority__type", "authority__region")
        .annotate(
            numbers=ArrayAgg("benchmark__number", order_by="benchmark__number"),
            levels=ArrayAgg("level_id", order_by="benchmark__number"),
        )
    )
    outcomes = (
        ((kind, region), tuple(zip(numbers, (levels[one] for one in found), strict=True)))
        for _assessment, kind, region, numbers, found in rows
    )
    points = [level.points for level in levels.values()]
    change = reweigh(cycle.sizes, outcomes, page.current, after, scale=points)
    return Preview(lines, cycle.name, cycle.programme, change)


def differences(scheme: SchemeText, before: Weights, after: Weights) -> tuple[Difference, ...]:
    """The weights of each benchmark in two versions."""
    return tuple(
        Difference(
            number,
            one.title,
            before.of(number),
            before.percent(number),
            after.of(number),
            after.percent(number),
        )
        for number, one in scheme.benchmarks.items()
    )


@dataclass(frozen=True)
class _Cycle:
    id: int
    name: str
    programme: str
    scheme_version_id: int
    sizes: dict[Group, Size]


def _cycles(actor: Actor, code: str) -> list[_Cycle]:
    """The cycles on a scheme in which anything is agreed, the newest first, with their groups. One query."""
    rows: Any = (
        countable(actor, P.READ_AVERAGES, Assessment)
        .filter(cycle__scheme_version__scheme__code=code)
        .exclude(state=State.WITHDRAWN)
        .order_by("-cycle__name", "cycle__programme__name")
        .values_list(
            "cycle_id",
            "cycle__name",
            "cycle__programme__name",
            "cycle__scheme_version_id",
            "authority__type",
            "authority__region",
        )
        .annotate(all=Count("pk"), agreed=Count("pk", filter=Q(state=State.AGREED)))
    )
    found: dict[int, _Cycle] = {}
    for cycle_id, name, programme, version_id, kind, region, every, agreed in rows:
        cycle = found.setdefault(cycle_id, _Cycle(cycle_id, name, programme, version_id, {}))
        cycle.sizes[kind, region] = Size(every, agreed)
    return [one for one in found.values() if any(size.agreed for size in one.sizes.values())]


def _newest_of_each() -> list[SchemeText]:
    """The newest published version of each scheme, by its code. One query."""
    newest: dict[str, int] = {}
    for version in published_versions():
        newest.setdefault(version.scheme.code, version.pk)
    return [scheme_text(pk) for pk in newest.values()]


def _history(scheme: SchemeText, versions: tuple[Weights, ...]) -> tuple[VersionLine, ...]:
    earlier = (*versions[1:], None)
    return tuple(
        VersionLine(now, tuple(one for one in differences(scheme, then, now) if one.differs) if then else ())
        for now, then in zip(versions, earlier, strict=True)
    )
