"""The two figures of an assessment with their explanations in words. Pure but for the language of the reader."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assurance.insights.explained import Explained, LeftOut
from assurance.insights.figures import whole_percent
from benchmarks.scoring import Gap, Share, WeightedScore
from benchmarks.weighing import Weights


def share_explained(
    share: Share, *, benchmarks: int, reasons: Mapping[int, str] | None = None, unlike: Collection[int] = ()
) -> Explained:
    """The share of benchmarks met or exceeded.

    Args:
        benchmarks: how many the scheme has.
        reasons: why a benchmark has no level, as the cycle or the record says it, by number.
        unlike: numbers left out beforehand, since not every assessment that is compared has a level there.
    """
    if share.percent is None:
        value, out_of = _("No figure"), ""
    else:
        value = f"{share.percent}%"
        out_of = _("%(met)s of %(total)s met or exceeded") % {"met": share.numerator, "total": share.denominator}
    return Explained(
        value=value,
        rule=_(
            "Benchmarks at which the duty is met or exceeded, as a share of those that have an outcome. "
            "Each benchmark counts the same."
        ),
        of="; ".join(filter(None, (out_of, _denominator(share.denominator, benchmarks, unlike)))),
        left_out=_left_out(share.excluded, reasons or {}, unlike),
        name=_("Met or exceeded"),
    )


def score_explained(
    score: WeightedScore,
    weights: Weights,
    *,
    benchmarks: int,
    most_points: int,
    reasons: Mapping[int, str] | None = None,
    unlike: Collection[int] = (),
) -> Explained:
    """The weighted score; arguments as of :func:`share_explained`, and the points of the highest level."""
    if score.score is None:
        value = _("No figure")
    else:
        value = _("%(score)s of %(most)s") % {"score": score.score, "most": most_points}
    return Explained(
        value=value,
        rule=_(
            "The points of each outcome times the weight of its benchmark, added up and divided by the sum of those "
            "weights."
        ),
        of=_denominator(score.benchmarks, benchmarks, unlike),
        weights=weights_said(weights),
        left_out=_left_out(score.excluded, reasons or {}, unlike),
        name=_("Weighted score"),
    )


def weights_said(weights: Weights) -> str:
    """Which version of the weights counts, in a sentence, and whose they are."""
    if weights.made_at is None:
        return _("Weights: version %(number)s, as first set. They are this service’s own: none is published.") % {
            "number": weights.version
        }
    return _("Weights: version %(number)s, of %(day)s. They are this service’s own: none is published.") % {
        "number": weights.version,
        "day": date_format(timezone.localtime(weights.made_at), "j F Y"),
    }


def gap_said(gap: Gap, reason: str = "") -> str:
    """Why there is no level, in words. A reason that is known says more."""
    if gap == Gap.NOT_APPLICABLE:
        return _("not applicable: %(reason)s") % {"reason": reason} if reason else _("not applicable")
    return reason or {Gap.UNKNOWN: _("not known"), Gap.UNANSWERED: _("not answered")}[gap]


def stated_said(met: int, of: int) -> str:
    """What the source of an earlier record says of itself, beside the figure of what it names."""
    words = {"met": met, "of": of, "percent": whole_percent(met, of)}
    return _("the source states %(met)s of %(of)s (%(percent)s%%)") % words


def _denominator(counted: int, benchmarks: int, unlike: Collection[int]) -> str:
    numbers = {"count": counted, "total": benchmarks}
    if unlike:
        return _("%(count)s of %(total)s benchmarks have an outcome in everything compared") % numbers
    return (
        ngettext(
            "%(count)s of %(total)s benchmark has an outcome",
            "%(count)s of %(total)s benchmarks have an outcome",
            benchmarks,
        )
        % numbers
    )


def _left_out(
    excluded: Iterable[tuple[int, Gap]], reasons: Mapping[int, str], unlike: Collection[int]
) -> tuple[LeftOut, ...]:
    why = {number: gap_said(gap, reasons.get(number, "")) for number, gap in excluded}
    why |= {number: _("no outcome in some of what is compared") for number in unlike if number not in why}
    return tuple(LeftOut(_("Benchmark %(number)s") % {"number": number}, why[number]) for number in sorted(why))
