"""The fixed words of a board pack, in plain English and our own: no official text is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.formats import date_format
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as T
from django.utils.translation import ngettext
from django_stubs_ext import StrOrPromise

from assurance.vocabulary import Answer
from benchmarks.scoring import Gap, Share
from benchmarks.vocabulary import Standing
from letters.board.content import Section, Tone

CONTINUED = "{title} (continued, {part} of {parts})"
COLUMNS: tuple[tuple[str, StrOrPromise, Tone], ...] = (
    (Standing.BELOW.value, T("Not met"), "below"),
    (Standing.MEETS.value, T("Met"), "meets"),
    (Standing.EXCEEDS.value, T("Exceeded"), "exceeds"),
    (Answer.NOT_APPLICABLE.value, T("N/A"), "none"),
    (Answer.UNKNOWN.value, T("Not known"), "none"),
)
"""Of the region's table: what is counted, how it is called, and its colour. The last two only where there are any."""
WAITS_FOR_ALL = T(
    "They are shown when every authority of the region has agreed its outcomes, so that nobody can work out from two "
    "versions of this page what one authority was given."
)
ALL_HIDDEN = T(
    "There are too few authorities, or too few with each outcome: the numbers would say too much about single "
    "authorities."
)
SOME_HIDDEN = T(
    "A number below five is hidden, and so are others from which it could be worked out. Hidden does not mean none."
)
GAPS: Mapping[Gap, StrOrPromise] = {
    Gap.NOT_APPLICABLE: T("Not applicable"),
    Gap.UNKNOWN: T("Not known"),
    Gap.UNANSWERED: T("Not yet answered"),
}


def duty() -> Section:
    """What the duty is. Source: section 26 of the Counter-Terrorism and Security Act 2015."""
    return Section(
        heading=_("What the Prevent duty is"),
        points=[
            _(
                "Section 26 of the Counter-Terrorism and Security Act 2015 asks certain public bodies, of which this "
                "authority is one, to think about how their everyday work can help to stop people from being drawn "
                "into terrorism."
            ),
            _(
                "It is about keeping people safe: noticing early that somebody may be at risk, and getting them help "
                "before anybody comes to harm."
            ),
            _(
                "Nobody does it alone. The authority works with the police, schools, health services and community "
                "groups, and agrees a plan with them."
            ),
            _(
                "Once a year the Home Office assures how the duty is carried out, against a set of benchmarks, and "
                "sends a letter with the outcomes. This pack is drawn from that letter."
            ),
        ],
    )


def questions() -> Section:
    """What happens next, and what members may ask."""
    return Section(
        heading=_("What happens next, and what members may ask"),
        points=[
            _("Next year’s assurance begins with these outcomes and asks what became of each recommendation."),
            _("Who leads on each recommendation, and by when will it be done?"),
            _("What could get in the way, and does any of it need money, people or a decision of members?"),
            _("Where an outcome is lower than before, or not met, what is changing because of it?"),
            _("How do we know that training and referrals work, and not only that they take place?"),
            _("When will members hear next how this is going?"),
        ],
    )


def share(found: Share) -> str:
    """How many benchmarks were met or exceeded, of how many."""
    if not found.denominator:
        return _("No benchmark has an outcome")
    return ngettext(
        "%(met)s of %(count)s scored benchmark met or exceeded",
        "%(met)s of %(count)s scored benchmarks met or exceeded",
        found.denominator,
    ) % {"met": found.numerator, "count": found.denominator}


def rule(found: Share, labels: Mapping[int, str]) -> str:
    """What that figure counts, and what it leaves out and why."""
    counted = _("Counted: every benchmark that has an outcome.")
    if not found.excluded:
        return counted
    left = [
        _("benchmark %(number)s (%(why)s)") % {"number": number, "why": labels[number]}
        for number, _gap in found.excluded
    ]
    return _("%(counted)s Not counted: %(left)s.") % {"counted": counted, "left": get_text_list(left, _("and"))}


def change(now: int | None, then: int | None) -> str:
    """From last year's place on a scale to this year's."""
    if now is None or then is None:
        return _("No comparison")
    return _("Higher") if now > then else _("Lower") if now < then else _("Same")


def standing(found: Standing | Gap) -> str:
    """What an outcome of another scheme says about the duty."""
    return str(GAPS[found] if isinstance(found, Gap) else found.label)


def broken(cycle: str) -> str:
    """Why there is a break in the table."""
    return _(
        "The benchmarks changed after %(cycle)s. The dashed line is that break: what stands to the right of it is our "
        "estimate, by whether the duty was met, and no outcome that was given."
    ) % {"cycle": cycle}


def no_comparison(taken_over: date) -> str:
    """Of an authority that took over from others."""
    return _(
        "No comparison: this authority took over from others on %(date)s, so there is no like-for-like year before."
    ) % {"date": date_format(taken_over, "j F Y")}


def left_out(count: int, total: int) -> str:
    """How much of the letter is not in the pack."""
    return ngettext(
        "%(count)s of the %(total)s in the letter is not shown in this pack.",
        "%(count)s of the %(total)s in the letter are not shown in this pack.",
        count,
    ) % {"count": count, "total": total}


def owned_by(owners: Iterable[str]) -> str:
    """Who owns a recommendation."""
    named = ", ".join(owners)
    return _("Owner: %(names)s") % {"names": named} if named else _("Owner: none recorded")
