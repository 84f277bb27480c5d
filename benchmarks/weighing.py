"""The weights that count for a scheme now. This product's own: none is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from benchmarks.catalogue import SchemeText


@dataclass(frozen=True)
class Weights:
    """One version of the weights of a scheme, by benchmark number.

    Version 0 came with the scheme's own file and has no moment of its own (``made_at``).
    """

    scheme: str
    version: int
    by_number: Mapping[int, Decimal]
    made_at: datetime | None = None

    def of(self, number: int) -> Decimal:
        """The weight of a benchmark; 1 for one that the version does not name."""
        return self.by_number.get(number, Decimal(1))


def weights_for(scheme: SchemeText) -> Weights:
    """The weights that count for the scheme now."""
    return Weights(scheme.code, 0, {number: one.weight for number, one in scheme.benchmarks.items()})
