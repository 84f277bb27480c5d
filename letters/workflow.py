"""The life of a letter, as a table of the same kind as an assessment's and run by the same engine."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as T
from django.utils.translation import ngettext

from assurance.access import Actor
from assurance.vocabulary import EventKind, LetterState, Permission, State
from assurance.workflow import Obstacle, Row, Table
from letters.checks import unanswered
from letters.content import contents_of
from letters.models import Letter, LetterTranslation
from letters.pdf.text import check_all
from letters.quality import look_at

S = LetterState
P = Permission


def _complete(letter: Letter, actor: Actor) -> Sequence[Obstacle]:
    """A letter goes for approval when it says to whom and from whom it is, of an assessment that is agreed."""
    wanted = {
        "addressee_name": _("Enter the name of the addressee"),
        "addressee_organisation": _("Enter the organisation of the addressee"),
        "salutation": _("Enter how the letter greets the addressee"),
        "sender_name": _("Enter the name of the sender"),
    }
    obstacles = [Obstacle(message) for name, message in wanted.items() if not getattr(letter, name)]
    return [*obstacles, *_agreed(letter, actor), *_printable(letter)]


def _ready_for_approval(letter: Letter, actor: Actor) -> Sequence[Obstacle]:
    """A signatory gets what is complete, and what somebody answers for: no warning about quality is open."""
    obstacles = list(_complete(letter, actor))
    if count := len(look_at(letter).open):
        message = ngettext(
            "The quality check has %(count)s open warning: mend it, or overrule it with a reason",
            "The quality check has %(count)s open warnings: mend them, or overrule them with a reason",
            count,
        )
        obstacles.append(Obstacle(message % {"count": count}))
    if count := unanswered(letter):
        message = ngettext(
            "Answer the point of the accuracy check that is open",
            "Answer the %(count)s points of the accuracy check that are open",
            count,
        )
        obstacles.append(Obstacle(message % {"count": count}))
    return obstacles


def _printable(letter: Letter) -> Sequence[Obstacle]:
    """What cannot be printed is told to whoever can change it, and not to the signatory."""
    try:
        contents = [content.frozen() for _edition, content in contents_of(letter, timezone.localdate())]
    except ValueError:
        return [Obstacle(_("The letter cannot be put together from its wording and what was entered"))]
    for content in contents:
        content.pop("annex_b")
    problems = dict.fromkeys(problem for content in contents for problem in check_all(content))
    return [Obstacle(problem) for problem in problems]


def _agreed(letter: Letter, actor: Actor) -> Sequence[Obstacle]:
    if letter.assessment.state == State.AGREED:
        return ()
    return [Obstacle(_("The outcomes are no longer agreed, so the letter cannot go on"))]


def written_by(actor: Actor, letter_ids: Collection[int]) -> set[int]:
    """Those of the letters of which the actor saved a draft or wrote a translation, at any time. One query."""
    if actor.user is None:
        return set()
    edited = Letter.history.filter(id__in=letter_ids, history_user=actor.user, history_change_reason="draft")
    translated = LetterTranslation.history.filter(letter_id__in=letter_ids, history_user=actor.user)
    letters = translated.order_by().values_list("letter_id", flat=True)
    return set(edited.order_by().values_list("id", flat=True).union(letters))


def _not_the_drafter(letter: Letter, actor: Actor) -> Sequence[Obstacle]:
    """Nobody approves a letter that they drafted, edited or translated (DESIGN section 4)."""
    if letter.drafted_by_id == actor.id or written_by(actor, [letter.pk]):
        return [Obstacle(_("You drafted this letter, so somebody else has to approve it"))]
    return _agreed(letter, actor)


def _set_as_pdf(letter: Letter, actor: Actor) -> Sequence[Obstacle]:
    is_waiting = letter.editions.filter(sha256="").exists()
    obstacles = [Obstacle(_("The file of this letter is not ready yet"))] if is_waiting else []
    return [*obstacles, *_agreed(letter, actor)]


IN_PREPARATION = frozenset({S.DRAFT, S.ACCURACY_CHECK, S.AWAITING_APPROVAL, S.APPROVED})

LETTER = Table(
    Letter,
    EventKind.LETTER_MOVED,
    related=("assessment__cycle",),
    rows=(
        Row("send_for_check", frozenset({S.DRAFT}), S.ACCURACY_CHECK, (P.DRAFT_LETTERS,),
            T("Send for accuracy check"), _complete),
        Row("end_check", frozenset({S.ACCURACY_CHECK}), S.DRAFT, (P.DRAFT_LETTERS,),
            T("End accuracy check")),
        Row("send_for_approval", frozenset({S.DRAFT, S.ACCURACY_CHECK}), S.AWAITING_APPROVAL, (P.DRAFT_LETTERS,),
            T("Send for approval"), _ready_for_approval, quiet_from=IN_PREPARATION),
        Row("return", frozenset({S.AWAITING_APPROVAL}), S.DRAFT, (P.APPROVE_LETTERS,),
            T("Return to the adviser"), needs=("reason",), quiet_from=IN_PREPARATION),
        Row("approve", frozenset({S.AWAITING_APPROVAL}), S.APPROVED, (P.APPROVE_LETTERS,),
            T("Approve and issue"), _not_the_drafter, quiet_from=IN_PREPARATION),
        Row("issue", frozenset({S.APPROVED}), S.ISSUED, (P.APPROVE_LETTERS,),
            T("Issue"), _set_as_pdf),
        Row("supersede", frozenset({S.ISSUED}), S.SUPERSEDED, (P.APPROVE_LETTERS,),
            T("Supersede")),
        Row("withdraw", IN_PREPARATION | {S.ISSUED}, S.WITHDRAWN, (P.APPROVE_LETTERS,),
            T("Withdraw"), needs=("reason",), quiet_from=IN_PREPARATION),
    ),
)  # fmt: skip
