"""Drawing a sample so that chance decides, everybody's work is looked at, and anybody can draw it again. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from math import ceil


def draw(groups: Mapping[int, str], count: int, seed: str) -> list[int]:
    """Draw some of what there is: one of each group as long as there are enough, and the rest from all that is left.

    Args:
        groups: the group of each candidate, by its id.
        count: how many to draw; all when there are no more.
        seed: chance itself. The same seed draws the same ones from the same candidates, on any machine.

    Returns:
        Ids, in the order in which they were drawn.
    """
    shuffled = sorted(groups, key=lambda one: hashlib.sha256(f"{seed}:{one}".encode()).hexdigest())
    firsts: dict[str, int] = {}
    for one in shuffled:
        firsts.setdefault(groups[one], one)
    first = set(firsts.values())
    return [*firsts.values(), *(one for one in shuffled if one not in first)][: max(count, 0)]


def how_many(wanted: str, total: int) -> int | None:
    """A number, or a share such as "10%" rounded up, as a number of ``total``; None for what is neither.

    At least one, and no more than there are.
    """
    text = wanted.strip()
    share = text.endswith("%")
    digits = text.removesuffix("%").strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 5 or int(digits) < 1:
        return None
    if share and int(digits) > 100:
        return None
    return min(ceil(total * int(digits) / 100) if share else int(digits), total)
