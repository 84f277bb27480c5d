"""Regions by benchmarks, within one type of authority: from counts alone, and only as far as they tell of nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Forbidden, reach
from assurance.insights.explained import Explained, LeftOut
from assurance.insights.heatmap import Scale
from assurance.models import Cycle
from assurance.queries.averages import Average, OfType, Why, averages, chosen_cycle, picture_cycles
from assurance.queries.heatmap import (
    LONGEST_FILTER,
    NOT_YET,
    average_cell,
    average_words,
    counted_said,
    cycle_label,
    score_of_many,
    share_of_many,
)
from assurance.queries.picture import LABELS, judgements_readable
from assurance.text import clean, number_from
from assurance.vocabulary import HOME_OFFICE_ROLES, Judgement, Permission
from benchmarks.catalogue import SchemeText, scheme_text
from benchmarks.weighing import Weights, weights_for

P = Permission
EVERY_TYPE = "all"


@dataclass(frozen=True)
class Choice:
    """What the page is asked for; empty is as it comes. ``type`` is "all" for all types together."""

    cycle: int | None = None
    judgement: str = ""
    type: str = ""

    @classmethod
    def of(cls, params: Mapping[str, str]) -> Choice:
        """From an address."""
        text = {name: clean(params.get(name, ""))[:LONGEST_FILTER] for name in ("judgement", "type")}
        return cls(number_from(params.get("cycle", "")), **text)

    @property
    def query(self) -> str:
        """The choice as it stands after a question mark."""
        return urlencode({key: value for key, value in vars(self).items() if value})


@dataclass(frozen=True)
class Cell:
    """One benchmark of a region: average points, share and number counted, or why there is none in ``points``."""

    points: str
    share: str = ""
    counted: str = ""
    place: int = 0


@dataclass(frozen=True)
class Line:
    """A region, or all of them, in words. ``href`` leads to its heatmap, for whoever may see it ("" otherwise)."""

    label: str
    href: str
    of: str
    cells: tuple[Cell, ...]
    met: str
    score: str


@dataclass(frozen=True)
class Figures:
    """What all regions come to, explained."""

    share: Explained
    score: Explained


@dataclass(frozen=True)
class National:
    """The page. ``cycle`` is None where there is nothing to show."""

    cycles: tuple[tuple[str, str], ...]
    cycle: Cycle | None
    choice: Choice
    judgements: tuple[tuple[str, StrOrPromise], ...] = ()
    types: tuple[tuple[str, StrOrPromise], ...] = ()
    scheme: SchemeText | None = None
    lines: tuple[Line, ...] = ()
    total: Line | None = None
    figures: Figures | None = None
    shown: OfType | None = None
    weights: Weights | None = None
    scale: Scale | None = None
    sees_all: bool = False
    hides: bool = False
    unfinished: bool = False
    only_agreed: bool = False

    @property
    def type_label(self) -> StrOrPromise:
        """Which type of authority they are of."""
        return dict(self.types)[self.choice.type]

    @property
    def title(self) -> StrOrPromise:
        """Whose outcomes they are."""
        return LABELS[self.choice.judgement]


def national(actor: Actor, choice: Choice) -> National:
    """The averages of every region. At most three queries.

    Raises:
        Forbidden: the actor sees no averages for the Home Office.
    """
    if not actor.roles() & HOME_OFFICE_ROLES or not reach(actor, P.READ_AVERAGES):
        raise Forbidden(P.READ_AVERAGES)
    cycles = picture_cycles(actor, P.READ_AVERAGES)
    labels = tuple((str(one.pk), cycle_label(one)) for one in cycles)
    cycle = chosen_cycle(cycles, choice.cycle)
    # Whoever reads no single outcome sees averages of what is agreed, and of nothing before that.
    offered = judgements_readable(actor) or (Judgement.AGREED,)
    judgement = choice.judgement if choice.judgement in offered else offered[0]
    if cycle is None:
        return National(labels, None, replace(choice, judgement=judgement))
    scheme = scheme_text(cycle.scheme_version_id)
    weights = weights_for(scheme)
    scale = Scale(scheme, weights)
    found = averages(actor, cycle, scale, judgement)
    names = [name for name in found if name]
    options = {EVERY_TYPE: found[""]} if "" in found else {}
    options |= {name: found[name] for name in names}
    # Without a choice, the type of which there are most.
    most = max(names, key=lambda name: found[name].total.counted + found[name].total.waiting, default="")
    kind = choice.type if choice.type in options else most
    here = options.get(kind)
    common: dict[str, Any] = {
        "cycles": labels,
        "cycle": cycle,
        "choice": Choice(cycle.pk, judgement, kind),
        "judgements": tuple((name, LABELS[name]) for name in offered),
        "types": tuple((name, _("All types together") if name == EVERY_TYPE else name) for name in options),
        "scheme": scheme,
        "weights": weights,
        "scale": scale,
    }
    if here is None:
        return National(**common)
    links = _Links(actor, cycle, judgement, kind)
    every = (*here.regions.values(), here.total)
    return National(
        **common,
        lines=tuple(_line(region, links.to(region), one, scale) for region, one in here.regions.items()),
        total=_line(_("All regions"), "", here.total, scale),
        figures=_figures(here.total, scale, weights, judgement),
        shown=here,
        sees_all=here.total.sees_all,
        hides=here.hides,
        unfinished=any(one.why == Why.UNFINISHED for one in every),
        only_agreed=any(one.why == Why.NOT_AGREED for one in every),
    )


class _Links:
    """Where a region's heatmap is, for whoever sees the picture of the whole region."""

    def __init__(self, actor: Actor, cycle: Cycle, judgement: str, kind: str) -> None:
        self.reach = reach(actor, P.READ_PICTURE)
        self.programme_id = cycle.programme_id
        self.values = {"cycle": str(cycle.pk), "judgement": judgement}
        if kind != EVERY_TYPE:
            self.values["type"] = kind

    def to(self, region: str) -> str:
        """What stands after the address of the heatmap ("" where the actor may not go there)."""
        if not self.reach.covers(0, region, self.programme_id):
            return ""
        return f"?{urlencode({**self.values, 'region': region})}"


def _line(label: str, href: str, one: Average, scale: Scale) -> Line:
    met, score = average_words(one)
    return Line(
        label=label,
        href=href,
        of=counted_said(one.counted, one.counted + one.waiting),
        cells=tuple(_cell(one, number, scale) for number in scale.numbers),
        met=met,
        score=score,
    )


def _cell(one: Average, number: int, scale: Scale) -> Cell:
    tally = one.cells[number]
    points = average_cell(tally, one)
    if tally is None or tally.mean is None:
        return Cell(points)
    counted = _("%(met)s of %(counted)s") % {"met": tally.met, "counted": tally.counted}
    return Cell(points, f"{tally.percent}%", counted, scale.fifth(tally))


def _figures(one: Average, scale: Scale, weights: Weights, judgement: str) -> Figures | None:
    if one.figure is None:
        return None
    of = _("%(outcomes)s outcomes of %(authorities)s") % {
        "outcomes": one.figure.counted,
        "authorities": counted_said(one.counted, one.counted + one.waiting),
    }
    gaps = one.counted * len(scale.numbers) - one.figure.counted
    left_out = []
    if one.waiting:
        what = ngettext("%(count)s authority", "%(count)s authorities", one.waiting) % {"count": one.waiting}
        left_out.append(LeftOut(what, NOT_YET[judgement]))
    if gaps:
        what = ngettext("%(count)s outcome", "%(count)s outcomes", gaps) % {"count": gaps}
        left_out.append(LeftOut(what, _("not applicable, not known or not answered")))
    share = share_of_many(one.figure, of, tuple(left_out))
    return Figures(share, score_of_many(one.figure, of, scale, weights, tuple(left_out)))
