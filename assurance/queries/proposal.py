"""What is read of a proposal: what the adviser proposes, beside what the authority said and means to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from assurance.access import Actor, fetch, holds, visible
from assurance.models import Assessment, ProposalResponse
from assurance.queries.record import Line, Record, record_of, with_last_year
from assurance.vocabulary import Permission, State

P = Permission


@dataclass(frozen=True)
class Prepared:
    """What somebody of the authority means to say of one proposed outcome, and when they saved it."""

    accepts: bool
    reason: str
    version: int
    saved_at: datetime


@dataclass(frozen=True)
class ProposalPage:
    """A proposal with the authority's own judgement beside it, differences first.

    ``prepared`` is by benchmark number and empty for whoever does not respond.
    """

    record: Record
    can_respond: bool
    due: date | None
    prepared: Mapping[int, Prepared] = field(default_factory=dict)

    @property
    def assessment(self) -> Assessment:
        """Whose outcomes are proposed."""
        return self.record.assessment

    @cached_property
    def differing(self) -> tuple[Line, ...]:
        """Where the adviser's outcome is not the authority's own."""
        return tuple(line for line in self.record.scored if line.differs)

    @cached_property
    def same(self) -> tuple[Line, ...]:
        """Where it is."""
        return tuple(line for line in self.record.scored if not line.differs)

    @property
    def lines(self) -> tuple[Line, ...]:
        """Both, in the order of the page."""
        return self.differing + self.same

    @property
    def unscored(self) -> tuple[Line, ...]:
        """What the cycle does not score."""
        return tuple(line for line in self.record.lines if not line.scored)

    @cached_property
    def undecided(self) -> tuple[int, ...]:
        """Numbers of the benchmarks on which nothing is prepared and that are not accepted as one's own."""
        return tuple(line.benchmark.number for line in self.differing if line.benchmark.number not in self.prepared)


def proposal_page(actor: Actor, assessment_id: int) -> ProposalPage | None:
    """A proposal, for whoever reads what is proposed; None when nothing is. At most seven queries.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, (P.READ_PROPOSED, P.READ_REVIEW), Assessment, related=("cycle",), pk=assessment_id)
    if assessment.state != State.PROPOSED:
        return None
    found = with_last_year(actor, record_of(actor, assessment))
    can_respond = holds(actor, P.AGREE, assessment)
    prepared = {}
    if can_respond:
        numbers = {line.benchmark.id: line.benchmark.number for line in found.lines}
        prepared = {
            numbers[row.benchmark_id]: Prepared(row.accepts, row.reason, row.version, row.saved_at)
            for row in visible(actor, ProposalResponse).filter(assessment=assessment).order_by()
        }
    return ProposalPage(found, can_respond, assessment.cycle.agree_by, prepared)
