"""The weights that count for a scheme now. This product's own: none is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from benchmarks.catalogue import SchemeText
from benchmarks.models import WeightsVersion

LEAST, MOST = Decimal("0.01"), Decimal("99.99")
"""Between which a weight lies. Two decimals and no more."""


@dataclass(frozen=True)
class Weights:
    """One version of the weights of a scheme, by benchmark number.

    Version 0 came with the scheme's own file: nobody made it, at no moment, and for no reason but that.
    """

    scheme: str
    version: int
    by_number: Mapping[int, Decimal]
    made_at: datetime | None = None
    made_by: str = ""
    reason: str = ""

    def of(self, number: int) -> Decimal:
        """The weight of a benchmark; 1 for one that the version does not name."""
        return self.by_number.get(number, Decimal(1))

    def percent(self, number: int) -> Decimal:
        """How much of the whole a benchmark weighs, in per cent."""
        return 100 * self.of(number) / sum(self.by_number.values())


def weights_for(scheme: SchemeText) -> Weights:
    """The weights that count for the scheme now. One query."""
    return weights_of([scheme])[scheme.id]


def weights_of(schemes: Iterable[SchemeText]) -> dict[int, Weights]:
    """The weights that count now, by the id of the scheme's version. One query, none for no scheme."""
    wanted = list(schemes)
    newest = {}
    if wanted:
        rows = WeightsVersion.objects.filter(scheme__code__in={scheme.code for scheme in wanted})
        rows = rows.select_related("scheme").order_by("scheme_id", "-number").distinct("scheme_id")
        newest = {row.scheme.code: row for row in rows}
    return {scheme.id: _made(scheme, newest.get(scheme.code)) for scheme in wanted}


def every_version(schemes: Iterable[SchemeText]) -> dict[int, tuple[Weights, ...]]:
    """Every version that there was, the newest first, by the id of the scheme's version. One query."""
    wanted = list(schemes)
    rows = WeightsVersion.objects.filter(scheme__code__in={scheme.code for scheme in wanted})
    found = list(rows.select_related("scheme").order_by("scheme_id", "-number"))
    return {
        scheme.id: (*(_made(scheme, row) for row in found if row.scheme.code == scheme.code), first_weights(scheme))
        for scheme in wanted
    }


def first_weights(scheme: SchemeText) -> Weights:
    """What the scheme's own file says. No query."""
    return Weights(scheme.code, 0, {number: one.weight for number, one in scheme.benchmarks.items()})


def _made(scheme: SchemeText, row: WeightsVersion | None) -> Weights:
    first = first_weights(scheme)
    if row is None:
        return first
    # A benchmark that came into the scheme since weighs what its file says.
    made = {number: Decimal(row.weights.get(str(number), weight)) for number, weight in first.by_number.items()}
    return Weights(scheme.code, row.number, made, row.made_at, row.made_by_name, row.reason)
