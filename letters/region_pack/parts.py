"""Which views a region pack is put together from, and how each stands in it.

The outcomes of this cycle and of earlier ones come first, from the view of a cycle. Then what is named here, as far as
the registry has it.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from letters.region_pack.content import Charted, Wanted

EARLIER = 3
"""Cycles before this one that stand in the table of years."""

WANTED: tuple[Wanted, ...] = (
    Wanted(
        view="comparison",
        heading=_("Weighted score, this year against last"),
        columns=(0, 2, 6, 9, 10),
        charted=Charted(((2, "below"), (6, "meets"))),
    ),
    Wanted(view="comparison", heading=_("Benchmarks that moved"), columns=(0, 11, 12, 13, 14, 15)),
    # Of all years: those of this year alone are all open.
    Wanted(
        view="recommendations",
        heading=_("Recommendations of all years"),
        params={"cycle": ""},
        columns=(0, 1, 2, 3, 5),
    ),
    Wanted(
        view="recommendations",
        heading=_("Recommendations of all years, by benchmark"),
        params={"cycle": ""},
        table=2,
        columns=(0, 1, 2, 3, 5),
    ),
)
"""In their order. The numbers are those of the views' tables and columns."""
