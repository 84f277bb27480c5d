"""What differs between two texts, word by word, and between the criteria of two years. Pure.

Comparing costs a bounded time whatever the texts are: what would take too long to compare word by word is compared
sentence by sentence, and if that would too, it is shown as changed altogether.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from benchmarks.catalogue import BenchmarkText, CriterionText, LevelText

MOST_STEPS = 8_000_000
"""Of comparing two texts, if everything in them were against us: about a second. Most texts take a hundredth."""
ALIKE = 0.6
"""How much two criteria have in common, from 0 to 1, to be the same one in other words."""

Block = tuple[str, Sequence[str], Sequence[str]]
"""What became of a stretch ("equal" or not), and its parts in the first and in the second."""

_SENTENCES = re.compile(r"[^\n.!?]*(?:[.!?]+|\n|$)\s*")
_WORDS = re.compile(r"\S+\s*|\s+")


class Kind(StrEnum):
    """Where a piece stands."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Piece:
    """A stretch of text that is in both, only in the first (removed), or only in the second (added)."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Comparison:
    """Two texts as pieces, in order."""

    pieces: tuple[Piece, ...]

    @property
    def first(self) -> tuple[Piece, ...]:
        """The first text: what it shares, and what only it has."""
        return tuple(one for one in self.pieces if one.kind != Kind.ADDED)

    @property
    def second(self) -> tuple[Piece, ...]:
        """The second text."""
        return tuple(one for one in self.pieces if one.kind != Kind.REMOVED)

    @property
    def differs(self) -> bool:
        """Whether they are not the same."""
        return any(one.kind != Kind.SAME for one in self.pieces)


def compare(first: str, second: str, steps: int = MOST_STEPS) -> Comparison:
    """Two texts as pieces that join to the one and to the other. ``steps`` is less for many comparisons at once."""
    return Comparison(tuple(_joined(_Comparing(steps).texts(first, second))))


class _Comparing:
    """One comparison, with the steps that are left to it."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def texts(self, first: str, second: str) -> Iterator[Piece]:
        """By sentences, and where those differ by words."""
        for kind, one, two in self._blocks(_SENTENCES.findall(first), _SENTENCES.findall(second)):
            if kind == "equal":
                yield Piece(Kind.SAME, "".join(one))
            else:
                yield from self._words("".join(one), "".join(two))

    def _words(self, first: str, second: str) -> Iterator[Piece]:
        for kind, one, two in self._blocks(_WORDS.findall(first), _WORDS.findall(second)):
            if kind == "equal":
                yield Piece(Kind.SAME, "".join(one))
            else:
                yield Piece(Kind.REMOVED, "".join(one))
                yield Piece(Kind.ADDED, "".join(two))

    def _blocks(self, first: Sequence[str], second: Sequence[str]) -> Iterator[Block]:
        """Stretches that are equal or not. What both begin and end with is found without comparing."""
        shortest = min(len(first), len(second))
        head = next((n for n in range(shortest) if first[n] != second[n]), shortest)
        tail = next((n for n in range(shortest - head) if first[-1 - n] != second[-1 - n]), shortest - head)
        one, two = first[head : len(first) - tail], second[head : len(second) - tail]
        yield "equal", first[:head], second[:head]
        if one and two and self._affords(one, two):
            for kind, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
                yield kind, one[a:b], two[c:d]
        elif one or two:
            yield "replace", one, two
        yield "equal", first[len(first) - tail :], second[len(second) - tail :]

    def _affords(self, one: Sequence[str], two: Sequence[str]) -> bool:
        """Whether there are steps enough. The matcher looks at every pair of equal parts once for each match."""
        often = Counter(two)
        pairs = sum(often[part] for part in one)
        needed = (pairs + len(one)) * min(len(one), len(two))
        if needed > self.steps:
            return False
        self.steps -= needed
        return True


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Without empty ones. Between two places that are the same, what is removed comes before what is added."""
    same, removed, added = "", "", ""
    for piece in pieces:
        if not piece.text:
            continue
        if piece.kind == Kind.SAME:
            yield from _changed(removed, added)
            same, removed, added = same + piece.text, "", ""
        else:
            if same:
                yield Piece(Kind.SAME, same)
                same = ""
            if piece.kind == Kind.REMOVED:
                removed += piece.text
            else:
                added += piece.text
    if same:
        yield Piece(Kind.SAME, same)
    yield from _changed(removed, added)


def _changed(removed: str, added: str) -> Iterator[Piece]:
    if removed:
        yield Piece(Kind.REMOVED, removed)
    if added:
        yield Piece(Kind.ADDED, added)


# Criteria of two years


@dataclass(frozen=True)
class Reworded:
    """A criterion that reads differently from last year, under the label of its level."""

    level: str
    wording: Comparison


@dataclass(frozen=True)
class CriteriaChanges:
    """What became of the criteria of a benchmark since last year. Pairs are the level's label and the text."""

    added: tuple[tuple[str, str], ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    reworded: tuple[Reworded, ...] = ()

    @property
    def any(self) -> bool:
        """Whether anything changed."""
        return bool(self.added or self.gone or self.reworded)


def whole(criterion: CriterionText) -> str:
    """A criterion with its sub-points, each on a line."""
    return "\n".join((criterion.text, *criterion.sub))


def normal(criterion: CriterionText) -> str:
    """A criterion as it is compared: whatever the case and the spaces."""
    return " ".join(whole(criterion).casefold().split())


def same_criteria(before: BenchmarkText, now: BenchmarkText) -> dict[int, int]:
    """For each criterion of last year that reads the same under the same level, its id this year."""
    found = {}
    for code, criteria in before.criteria.items():
        these = {normal(one): one.id for one in now.criteria.get(code, ())}
        found |= {one.id: these[normal(one)] for one in criteria if normal(one) in these}
    return found


def criteria_changes(
    before: BenchmarkText, now: BenchmarkText, levels: Sequence[LevelText], old_levels: Sequence[LevelText] = ()
) -> CriteriaChanges:
    """What was added, went or was reworded from one version of a scheme to the next.

    Args:
        levels: of this year's scale, lowest first; their labels name where a criterion stands.
        old_levels: of last year's, for those that this year's scale no longer has.
    """
    labels: Mapping[str, str] = {one.code: one.label for one in (*old_levels, *levels)}
    added: list[tuple[str, str]] = []
    gone: list[tuple[str, str]] = []
    reworded: list[Reworded] = []
    for code, label in labels.items():
        old, new = before.criteria.get(code, ()), now.criteria.get(code, ())
        kept = {normal(one) for one in old} & {normal(one) for one in new}
        left = [one for one in old if normal(one) not in kept]
        fresh = [one for one in new if normal(one) not in kept]
        # The one descriptor of a level is the same one, however it reads.
        pairs = _paired(left, fresh) if len(old) > 1 or len(new) > 1 else list(zip(left, fresh, strict=False))
        for one, other in pairs:
            left.remove(one)
            fresh.remove(other)
            reworded.append(Reworded(label, compare(whole(one), whole(other))))
        added += [(label, whole(one)) for one in fresh]
        gone += [(label, whole(one)) for one in left]
    return CriteriaChanges(tuple(added), tuple(gone), tuple(reworded))


def _paired(left: Sequence[CriterionText], fresh: Sequence[CriterionText]) -> list[tuple[CriterionText, CriterionText]]:
    """Which criterion became which: the most alike first."""
    alike = sorted(
        ((_likeness(one, other), i, j) for i, one in enumerate(left) for j, other in enumerate(fresh)),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    taken: dict[int, int] = {}
    for likeness, i, j in alike:
        if likeness >= ALIKE and i not in taken and j not in taken.values():
            taken[i] = j
    return [(left[i], fresh[j]) for i, j in sorted(taken.items())]


def _likeness(one: CriterionText, other: CriterionText) -> float:
    """Words in common, out of all: quick, and enough to tell a rewording from another criterion."""
    first, second = Counter(normal(one).split()), Counter(normal(other).split())
    return 2 * sum((first & second).values()) / max(1, sum(first.values()) + sum(second.values()))
