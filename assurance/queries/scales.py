"""What the comparison and the trend read alike: scales with their weights, crosswalks, and why there is no figure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from assurance.insights.comparison import Compared, Count, Move, Scale, Why
from assurance.insights.explained import Explained, LeftOut
from assurance.insights.explaining import score_explained, share_explained
from benchmarks.catalogue import SchemeText, crosswalk_pairs, scheme_text
from benchmarks.scoring import Gap, Share, met_or_exceeded, only, weighted_score
from benchmarks.vocabulary import Standing
from benchmarks.weighing import weights_of

OF_YEARS: Mapping[Why, StrOrPromise] = {
    Why.NO_RECORD_NOW: gettext_lazy("no record in this cycle"),
    Why.NO_RECORD_THEN: gettext_lazy("no record of an earlier year"),
    Why.NOT_COUNTED_NOW: gettext_lazy("not agreed yet"),
    Why.NOT_COUNTED_THEN: gettext_lazy("the earlier year is not agreed"),
    Why.WITHDRAWN_NOW: gettext_lazy("withdrawn"),
    Why.WITHDRAWN_THEN: gettext_lazy("the earlier year was withdrawn"),
    Why.SUCCESSOR: gettext_lazy("successor of other authorities, so there is no like-for-like year before"),
    Why.OTHER_SCHEME: gettext_lazy("another scheme, so there is no common score"),
    Why.NO_CROSSWALK: gettext_lazy("another scheme, and no reading of one in the other"),
    Why.GAP_NOW: gettext_lazy("no outcome now"),
    Why.GAP_THEN: gettext_lazy("no outcome then"),
    Why.GAPS_BOTH: gettext_lazy("no outcome in either year"),
    Why.NOTHING_LEFT: gettext_lazy("nothing has an outcome in both"),
}
"""Why a year is not compared with an earlier one."""
OF_JUDGEMENTS: Mapping[Why, StrOrPromise] = {
    **OF_YEARS,
    Why.NOT_COUNTED_THEN: gettext_lazy("not submitted"),
    Why.WITHDRAWN_THEN: gettext_lazy("withdrawn"),
    Why.GAP_NOW: gettext_lazy("nothing agreed"),
    Why.GAP_THEN: gettext_lazy("no outcome of the authority’s own"),
    Why.GAPS_BOTH: gettext_lazy("no outcome in either"),
}
"""Why what is agreed is not compared with the authority's own outcome."""
MOVES: Mapping[Move, StrOrPromise] = {
    Move.UP: gettext_lazy("Up"),
    Move.LEVEL: gettext_lazy("Level"),
    Move.DOWN: gettext_lazy("Down"),
}
GAPS: Mapping[Gap, StrOrPromise] = {
    Gap.NOT_APPLICABLE: gettext_lazy("N/A"),
    Gap.UNKNOWN: gettext_lazy("Not known"),
    Gap.UNANSWERED: gettext_lazy("Not answered"),
}
STANDINGS: Mapping[Standing, StrOrPromise] = {
    Standing.BELOW: gettext_lazy("Below"),
    Standing.MEETS: gettext_lazy("Meets"),
    Standing.EXCEEDS: gettext_lazy("Exceeds"),
}


COUNTS: Mapping[str, tuple[Count, StrOrPromise]] = {
    "": (Count.ALL, gettext_lazy("Every benchmark with an outcome")),
    "common": (Count.COMMON, gettext_lazy("Like with like: those with an outcome each time")),
    "scored": (Count.SCORED, gettext_lazy("Only those that the scheme scores")),
}
"""What a figure can be asked to count, by what stands in the address."""


def scales_for(versions: Iterable[int]) -> dict[int, Scale]:
    """The scale of each version of a scheme by its id, with the weights that count now. One query."""
    texts = {version: scheme_text(version) for version in set(versions)}
    weights = weights_of(texts.values())
    return {version: Scale(text, weights[version]) for version, text in texts.items()}


def crosswalks_among(ways: Collection[tuple[str, str]]) -> dict[tuple[str, str], tuple[tuple[int, int], ...]]:
    """How schemes are read in others, of these pairs of codes. One query for each pair of different schemes."""
    return {way: tuple(crosswalk_pairs(*way)) for way in sorted(set(ways)) if way[0] != way[1]}


def score_said(hundredths: int | None) -> str:
    """A weighted score as it is printed."""
    return _("No figure") if hundredths is None else f"{Decimal(hundredths) / 100:.2f}"


def percent_said(met: int, of: int) -> str:
    """A share as it is printed."""
    percent = Share(met, of, ()).percent
    return _("No figure") if percent is None else f"{percent}%"


def change_said(one: Compared) -> str:
    """Where the weighted score went and by how much ("" where it is not comparable)."""
    if one.move is None or one.now is None or one.then is None:
        return ""
    if one.move is Move.LEVEL:
        return str(MOVES[Move.LEVEL])
    by = abs((one.now.score or 0) - (one.then.score or 0))
    return f"{MOVES[one.move]} {score_said(by)}"


def moved_said(one: Compared, reasons: Mapping[Why, StrOrPromise]) -> tuple[str, ...]:
    """Which benchmarks went where, a line each: up, level, down, and those that are not compared with their reason."""
    said = []
    for move, label in MOVES.items():
        if numbers := [number for number, found in one.moves if found is move]:
            said.append(f"{label}: {listed(numbers)}")
    for why in Why:
        if numbers := [number for number, found in one.moves if found is why]:
            said.append(_("Not compared: %(numbers)s (%(why)s)") % {"numbers": listed(numbers), "why": reasons[why]})
    return tuple(said)


def listed(numbers: Iterable[int]) -> str:
    """Numbers with commas between them."""
    return ", ".join(map(str, numbers))


def unscored_notes(scheme: SchemeText) -> dict[int, str]:
    """Why a benchmark is not scored, as the scheme says it, by number."""
    return {number: one.unscored_note for number, one in scheme.benchmarks.items() if one.unscored_note}


def explained(
    scale: Scale, codes: Sequence[int], counted: Collection[int], count: Count
) -> tuple[Explained, Explained]:
    """The share met or exceeded, and the weighted score, of the benchmarks that count, each with how it is reached.

    Args:
        counted: the numbers that count and have a level.
    """
    results = scale.results(codes)
    gaps = [one for one in results if isinstance(one.result, Gap)]
    left = sorted([*only(results, counted), *gaps], key=lambda one: one.number)
    unlike = [one.number for one in results if not isinstance(one.result, Gap) and one.number not in counted]
    notes, apart = unscored_notes(scale.scheme), unlike if count is Count.COMMON else []
    share = share_explained(met_or_exceeded(left), benchmarks=len(results), reasons=notes, unlike=apart)
    score = score_explained(
        weighted_score(left),
        scale.weights,
        benchmarks=len(results),
        most_points=scale.most_points,
        reasons=notes,
        unlike=apart,
    )
    if count is not Count.SCORED or not unlike:
        return share, score
    why = tuple(
        LeftOut(_("Benchmark %(number)s") % {"number": number}, _("has an outcome, but the scheme does not score it"))
        for number in unlike
    )
    return replace(share, left_out=(*share.left_out, *why)), replace(score, left_out=(*score.left_out, *why))
