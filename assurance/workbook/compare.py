"""What a workbook that came back would change, benchmark by benchmark. Pure: nothing is looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from assurance.actions.answers import Reply
from assurance.workbook.layout import EVIDENCE, OUTCOME, REASON, comparable, digest
from assurance.workbook.read import CellFault, Found

MARK, NOTE = "mark", "note"


class Verdict(StrEnum):
    """What is to be done with one benchmark of the workbook."""

    NEW = "new"
    CHANGED = "changed"
    CONFLICT = "conflict"
    REJECTED = "rejected"
    NOT_YOURS = "not_yours"
    CLOSED = "closed"
    UNCHANGED = "unchanged"
    MISSING = "missing"


APPLICABLE = frozenset({Verdict.NEW, Verdict.CHANGED, Verdict.CONFLICT})
"""Those that can be ticked."""


@dataclass(frozen=True, kw_only=True)
class Stands:
    """What stands on one benchmark at this moment, whether it can be answered now, and whether by this person."""

    version: int
    reply: Reply
    open: bool
    mine: bool


@dataclass(frozen=True)
class Difference:
    """One thing that would change: the outcome, the reason, the evidence, or what is said of one criterion."""

    field: str
    before: str
    after: str
    criterion: int | None = None

    @property
    def removes(self) -> bool:
        """Whether something that stands would be gone."""
        return bool(self.before) and not self.after


@dataclass(frozen=True)
class Comparison:
    """One benchmark of the workbook beside what stands."""

    number: int
    verdict: Verdict
    version: int
    differences: tuple[Difference, ...] = ()
    faults: tuple[CellFault, ...] = ()

    @property
    def applicable(self) -> bool:
        """Whether it can be taken over."""
        return self.verdict in APPLICABLE

    @property
    def removes(self) -> bool:
        """Whether taking it over takes something away."""
        return any(one.removes for one in self.differences)

    @property
    def preselected(self) -> bool:
        """Whether it is taken over unless somebody says otherwise: never where something would be lost."""
        return self.verdict in (Verdict.NEW, Verdict.CHANGED) and not self.removes


def compare(found: Found | None, stands: Stands, number: int) -> Comparison:
    """What the workbook says on a benchmark (None: its sheet is gone) against what stands.

    An answer that was saved since the workbook was made is a conflict only if somebody changed it in the workbook too.
    """
    if found is None:
        return Comparison(number, Verdict.MISSING, stands.version)
    if not stands.open:
        return Comparison(number, Verdict.CLOSED, stands.version)
    if not stands.mine:
        return Comparison(number, Verdict.NOT_YOURS, stands.version)
    if found.reply is None:
        return Comparison(number, Verdict.REJECTED, stands.version, faults=found.faults)
    said = differences(stands.reply, settled(found.reply, stands.reply))
    if not said or digest(found.reply) == found.digest:
        return Comparison(number, Verdict.UNCHANGED, stands.version)
    if stands.version != found.version:
        return Comparison(number, Verdict.CONFLICT, stands.version, said)
    nothing_yet = stands.reply == Reply()
    return Comparison(number, Verdict.NEW if nothing_yet else Verdict.CHANGED, stands.version, said)


def settled(said: Reply, stands: Reply) -> Reply:
    """What the workbook says, with the texts as they stand that a spreadsheet program only lost tabs of."""

    def one(text: str, standing: str) -> str:
        return standing if comparable(text) == comparable(standing) else text

    return Reply(
        level_code=said.level_code,
        evidence=one(said.evidence, stands.evidence),
        reason=one(said.reason, stands.reason),
        marks=said.marks,
        notes={key: one(note, stands.notes.get(key, "")) for key, note in said.notes.items()},
    )


def differences(before: Reply, after: Reply) -> tuple[Difference, ...]:
    """What differs between two replies, in the order of a benchmark's page."""
    found = []
    for field, old, new in ((MARK, before.marks, after.marks), (NOTE, before.notes, after.notes)):
        found += [Difference(field, *pair, criterion=one) for one, pair in _differing(old, new).items()]
    found.sort(key=lambda one: (one.criterion or 0, one.field))
    pairs = (
        (OUTCOME, before.level_code or "", after.level_code or ""),
        (REASON, before.reason, after.reason),
        (EVIDENCE, before.evidence, after.evidence),
    )
    return (*found, *(Difference(field, old, new) for field, old, new in pairs if old != new))


def _differing(before: Mapping[int, str], after: Mapping[int, str]) -> dict[int, tuple[str, str]]:
    pairs = {one: (str(before.get(one, "")), str(after.get(one, ""))) for one in {*before, *after}}
    return {one: pair for one, pair in pairs.items() if pair[0] != pair[1]}
