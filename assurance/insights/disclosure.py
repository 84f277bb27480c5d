"""Which averages may be shown to somebody who may not see all that they are of. Pure.

A table has one line for each group (a region, within one type of authority) and one for all of them together; in each
column, a benchmark, it shows how many outcomes have a level, how many of those meet the duty, and their mean. So from
a line the reader can take away what they can see of it themselves, and from the line of all the groups that are shown.

Nothing may be left over that says of an authority that the reader cannot see on which side of the duty it stands. So
what is left over is of nobody, or of ``FEWEST`` outcomes at least that are not all on one side (:func:`tells`). Where
a group is hidden, as many more are hidden with it, the smallest first, as keep what is hidden from being told
together; and where that cannot be had, the line of all is hidden too.

Each column is decided by itself, on its own denominators. A mean over all columns is shown where each of the columns
is: it then says nothing that they do not say.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from assurance.insights.calibration import FEWEST
from assurance.insights.heatmap import NOTHING, Tally

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Hidden(Generic[Key]):
    """What is hidden of one column: groups, and whether the line of all is."""

    groups: frozenset[Key] = frozenset()
    total: bool = False


def tells(unseen: Tally) -> bool:
    """Whether a figure would say too much of one of the outcomes that the reader cannot see.

    That all are on one side of the duty says it of each; what is all at one level is on one side, too.
    """
    return 0 < unseen.counted < FEWEST or (unseen.counted > 0 and unseen.met in (0, unseen.counted))


def hide(unseen: Mapping[Key, Tally]) -> Hidden[Key]:
    """What to hide of one column.

    Args:
        unseen: of each group, the outcomes that the reader cannot see. None where they see all of it.
    """
    by_size = sorted(unseen, key=lambda key: (unseen[key].counted, str(key)))
    others = [key for key in by_size if unseen[key].counted and not tells(unseen[key])]
    hidden = [key for key in by_size if tells(unseen[key])]
    together = sum((unseen[key] for key in hidden), NOTHING)
    while tells(together) and others:
        hidden.append(others.pop(0))
        together += unseen[hidden[-1]]
    return Hidden(frozenset(hidden), tells(together))
