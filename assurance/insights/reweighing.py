"""How many scores and places other weights would move, for somebody who may count outcomes and not read them. Pure.

Counted are the authorities whose average is shown, and which those are is decided where averages are
(``queries/averages.py``). Numbers below ``FEWEST`` are hidden, with as many more as it takes that they do not follow
from the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from assurance.insights.calibration import small_places
from assurance.insights.heatmap import Figure

FAR = 3
"""Places: a move of more than these is worth a word."""

Pair = tuple[int, int]
"""An authority's score with the old weights and with the new, in hundredths of a point."""


@dataclass(frozen=True)
class Moves:
    """Of ``counted`` authorities how many scores rise, fall and stay, and how many places move.

    A number that is None is hidden. Places are within a type of authority; ``far`` ones move by more than ``FAR``.
    """

    counted: int
    higher: int | None
    lower: int | None
    same: int | None
    far: int | None
    near: int | None


def moves(scores: Mapping[str, Sequence[Pair]]) -> Moves:
    """How the scores move, by type of authority."""
    pairs = [pair for of_type in scores.values() for pair in of_type]
    ways = Counter((now > then) - (now < then) for then, now in pairs)
    higher, lower, same = not_small([ways[1], ways[-1], ways[0]])
    moved = sum(_moved_far(of_type) for of_type in scores.values())
    far, near = not_small([moved, len(pairs) - moved])
    return Moves(len(pairs), higher, lower, same, far, near)


def not_small(counts: Sequence[int]) -> tuple[int | None, ...]:
    """Counts that add up to a number that is known, without the small ones (zero too) and what would give them away."""
    hidden = small_places(counts)
    return tuple(None if place in hidden else count for place, count in enumerate(counts))


def hundredths(figure: Figure) -> int | None:
    """The score of a figure in hundredths of a point, halves up; None where nothing weighs.

    As ``Figure.score`` has it, in whole numbers: there can be very many authorities.
    """
    if not figure.weight:
        return None
    return (200 * figure.weighted + figure.weight) // (2 * figure.weight)


def places(scores: Collection[int]) -> dict[int, int]:
    """The place of each score from the highest, which is 1; equal scores share a place."""
    found: dict[int, int] = {}
    for place, score in enumerate(sorted(scores, reverse=True), start=1):
        found.setdefault(score, place)
    return found


def _moved_far(pairs: Sequence[Pair]) -> int:
    before, after = places([then for then, _now in pairs]), places([now for _then, now in pairs])
    return sum(abs(before[then] - after[now]) > FAR for then, now in pairs)
