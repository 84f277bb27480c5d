"""What the pages of weights read: every version there was, one scheme to edit, and what other weights would change.

Whoever edits weights may not read single outcomes. So the last shows the averages that the national picture shows
(``queries/averages.py``), and no others, and counts rows of the authorities in them without showing any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from assurance.access import GRANTS, Actor, NotFound, countable, require_anywhere, sets_weights
from assurance.insights.heatmap import Scale
from assurance.insights.reweighing import Moves, Pair, hundredths, moves
from assurance.models import Cycle, PictureRow
from assurance.queries.averages import Average, OfType, Why, averages, picture_cycles
from assurance.queries.heatmap import average_words
from assurance.vocabulary import CycleState, Judgement, Permission
from assurance.years import newest
from benchmarks.catalogue import SchemeText, newest_published, published_versions, scheme_text
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
    """A scheme with the weights that count now, and every version, the newest first.

    ``may_save`` says, of a scheme that is edited, that the actor may not only try other weights but save them.
    """

    scheme: SchemeText
    current: Weights
    lines: tuple[Difference, ...]
    versions: tuple[VersionLine, ...] = ()
    may_save: bool = False


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
    """One scheme whose weights somebody is about to set, or to try. Three queries at most.

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
    lines = differences(scheme, weights, weights)
    return SchemeWeights(scheme, weights, lines, may_save=sets_weights(actor, code))


@dataclass(frozen=True)
class Line:
    """The average weighted score of a region, or of all of them (""), before and after: in words where none is shown.

    ``authorities`` are those of its type in the cycle, the withdrawn left out.
    """

    region: str
    authorities: int
    before: str
    after: str
    is_shown: bool


@dataclass(frozen=True)
class TypeLines:
    """One type of authority: its regions, and all of them together."""

    type: str
    regions: tuple[Line, ...]
    total: Line

    @property
    def is_shown(self) -> bool:
        """Whether anything of it is shown."""
        return any(one.is_shown for one in (*self.regions, self.total))


@dataclass(frozen=True)
class Preview:
    """What other weights would change: the weights themselves, and the figures of one cycle.

    ``cycle`` is None where nothing on the scheme is agreed yet. ``hides`` and ``unfinished`` say, as the national page
    does, why averages are not shown. ``moves`` is of the authorities of the regions that are shown.
    """

    lines: tuple[Difference, ...]
    cycle: Cycle | None = None
    types: tuple[TypeLines, ...] = ()
    moves: Moves | None = None
    hides: bool = False
    unfinished: bool = False
    only_agreed: ClassVar[bool] = False

    @property
    def is_closed(self) -> bool:
        """Whether it is of a cycle that is closed."""
        return self.cycle is not None and self.cycle.state == CycleState.CLOSED

    @property
    def hidden_types(self) -> tuple[str, ...]:
        """The types of authority of which nothing is shown."""
        return tuple(one.type for one in self.types if not one.is_shown)


def preview(actor: Actor, page: SchemeWeights, weights: Mapping[int, Decimal]) -> Preview:
    """What would change if these were saved. Four queries at most, however many authorities there are."""
    after = Weights(page.scheme.code, page.current.version + 1, weights)
    lines = differences(page.scheme, page.current, after)
    cycle = _cycle(actor, page.scheme.code)
    if cycle is None:
        return Preview(lines)
    # The cycle may be on an earlier version of the scheme, with levels of its own.
    scheme = scheme_text(cycle.scheme_version_id)
    then, now = Scale(scheme, page.current), Scale(scheme, after)
    found = averages(actor, cycle, then, Judgement.AGREED)
    types = {name: one for name, one in found.items() if name}
    every = [one for of_type in types.values() for one in (*of_type.regions.values(), of_type.total)]
    return Preview(
        lines,
        cycle,
        tuple(
            TypeLines(name, tuple(_line(one, now) for one in of_type.regions.values()), _line(of_type.total, now))
            for name, of_type in types.items()
        ),
        moves(_scores(actor, cycle, types, then, now)),
        hides=any(one.hides for one in every),
        unfinished=any(one.why == Why.UNFINISHED for one in every),
    )


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


def _cycle(actor: Actor, code: str) -> Cycle | None:
    """The newest closed cycle on a scheme with anything agreed in it, or else the newest with that. One query."""
    agreed = [
        one
        for one in picture_cycles(actor, P.READ_AVERAGES)
        if one.has_agreed and scheme_text(one.scheme_version_id).code == code
    ]
    found: Cycle | None = newest([one for one in agreed if one.state == CycleState.CLOSED] or agreed)
    return found


def reweighed(one: Average, scale: Scale) -> Average:
    """The same average with other weights: what is shown of it does not depend on them."""
    if one.figure is None:
        return one
    return replace(
        one, figure=scale.pooled({number: tally for number, tally in one.cells.items() if tally is not None})
    )


def _line(one: Average, now: Scale) -> Line:
    (_share, before), (_share, after) = average_words(one), average_words(reweighed(one, now))
    return Line(one.region, one.counted + one.waiting, before, after, one.figure is not None)


def _scores(actor: Actor, cycle: Cycle, types: Mapping[str, OfType], then: Scale, now: Scale) -> dict[str, list[Pair]]:
    """The scores of the authorities in the regions that are shown, by type. One query.

    What has no outcome has no score, and what is not agreed has no outcome.
    """
    shown = {
        (name, one.region)
        for name, of_type in types.items()
        for one in of_type.regions.values()
        if one.figure is not None
    }
    rows = countable(actor, P.READ_AVERAGES, PictureRow).filter(cycle=cycle).order_by()
    found: dict[str, list[Pair]] = defaultdict(list)
    for name, region, values in rows.values_list("type", "region", "agreed"):
        if (name, region) in shown:
            before, after = hundredths(then.figure(values)), hundredths(now.figure(values))
            if before is not None and after is not None:
                found[name].append((before, after))
    return found


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
