"""Good practice: an adviser proposes it, the Prevent Lead consents or declines, and it stands in the library.

What is shared is a copy (``LibraryEntry``) that knows no authority and no person: neither does its history, so that it
is written in nobody's name. Who did what is in the events of the authority.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assurance import ledger, outbox
from assurance.access import Actor, fetch
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable, Unfit
from assurance.models import Assessment, Authority, GoodPractice, LibraryEntry
from assurance.text import LETTER_TEXT, NOTE
from assurance.vocabulary import EventKind, Permission, PracticeState, State
from assurance.workflow import Moved, Row, Table, move
from benchmarks.catalogue import scheme_text

P = Permission
LONGEST_TITLE = 200
FEWEST_ALIKE = 5
"""So many authorities have to share region and type before both are told of one that is not named."""
NOBODY = Actor(None, "")
"""In whose name the library is written."""

PRACTICE = Table(
    GoodPractice,
    EventKind.PRACTICE,
    related=("assessment__cycle",),
    rows=(
        Row("consent", frozenset({PracticeState.PROPOSED}), PracticeState.SHARED, (P.CONSENT,),
            gettext_lazy("Consent")),
        Row("decline", frozenset({PracticeState.PROPOSED}), PracticeState.DECLINED, (P.CONSENT,),
            gettext_lazy("Decline")),
        Row("withdraw_consent", frozenset({PracticeState.SHARED}), PracticeState.WITHDRAWN, (P.CONSENT,),
            gettext_lazy("Withdraw your consent")),
        Row("take_back", frozenset({PracticeState.PROPOSED, PracticeState.SHARED}), PracticeState.WITHDRAWN,
            (P.REVIEW, P.SETTLE), gettext_lazy("Take it back")),
    ),
)  # fmt: skip
"""The life of a piece of good practice. Its text never changes: another text is another proposal."""


@dataclass(frozen=True)
class Imprint:
    """What the library says of where a piece comes from; empty for what would give a name away."""

    authority_name: str = ""
    authority_type: str = ""
    region: str = ""


def propose_practice(
    *, by: Actor, at: datetime, assessment_id: int, title: str, text: str, number: int | None = None
) -> GoodPractice:
    """Propose a text for the library, of an agreed assessment. The Prevent Leads are told by e-mail.

    The same text proposed twice, as by a second click, is one proposal.

    Args:
        number: of the benchmark that it is about; None for none in particular.

    Raises:
        NotEditable: the assessment is not agreed.
        Unfit: title or text is empty or does not fit, or the benchmark is not of this scheme.
    """
    with transaction.atomic():
        assessment = fetch(by, P.REVIEW, Assessment, lock=("self",), related=("cycle",), pk=assessment_id)
        if assessment.state != State.AGREED:
            raise NotEditable(assessment)
        values: dict[str, Any] = {
            "title": " ".join(fitting(title, "title", longest=LONGEST_TITLE).split()),
            "text": fitting(text, "text", longest=LETTER_TEXT, addresses=True),
        }
        if not values["title"]:
            raise Unfit("title", _("Enter a title"))
        if not values["text"]:
            raise Unfit("text", _("Enter the text to share"))
        benchmarks = scheme_text(assessment.cycle.scheme_version_id).benchmarks
        if number is not None and number not in benchmarks:
            raise Unfit("number", _("Choose a benchmark of this scheme"))
        values["benchmark_id"] = benchmarks[number].id if number is not None else None
        waiting = GoodPractice.objects.filter(assessment=assessment, state=PracticeState.PROPOSED, **values)
        if twice := waiting.first():
            return twice
        practice = GoodPractice(
            authority=assessment.authority,
            assessment=assessment,
            proposed_by=by.user,
            proposed_at=at,
            **values,
        )
        ledger.save(practice, by=by, at=at, reason="propose")
        ledger.event(
            EventKind.PRACTICE,
            by=by,
            at=at,
            authority=assessment.authority,
            assessment=assessment,
            name="propose",
            to_state=PracticeState.PROPOSED,
            detail={"record": practice.pk} | ({"benchmark": number} if number is not None else {}),
        )
        outbox.practice_proposed(practice.pk, assessment, by=by, at=at)
    return practice


def consent(
    *, by: Actor, at: datetime, assessment_id: int, practice_id: int, version: int, named: bool, note: str = ""
) -> GoodPractice:
    """Share the text as it was proposed: it is in the library from now on.

    Args:
        version: of the proposal as the person read it.
        named: whether the library names the authority.

    Raises:
        Moved: it was answered or taken back in between.
        NotEditable: the assessment was reopened, so that what it rests on no longer stands.
        Unfit: it is to be anonymous and names the authority (``how``), or the note does not fit.
    """
    kept = fitting(note, "note", longest=NOTE)
    with transaction.atomic():
        practice = _locked(by, P.CONSENT, assessment_id, practice_id)
        if practice.state != PracticeState.PROPOSED or practice.version != version:
            raise Moved(practice, PRACTICE.row("consent"))
        assessment, authority = practice.assessment, practice.authority
        if assessment.state != State.AGREED:
            raise NotEditable(assessment)
        if not named and (found := names_in(authority, practice.title, practice.text)):
            raise Unfit("how", naming(found))
        where = imprint(authority, named=named, on=timezone.localdate(at))
        entry = LibraryEntry(
            programme_id=assessment.cycle.programme_id,
            benchmark_id=practice.benchmark_id,
            cycle_name=assessment.cycle.name,
            title=practice.title,
            text=practice.text,
            authority_name=where.authority_name,
            authority_type=where.authority_type,
            region=where.region,
            shared_at=at,
        )
        ledger.save(entry, by=NOBODY, at=at)
        changes = {"entry": entry, "is_named": named, "note": kept} | _answered(by, at)
        return move(PRACTICE, practice, "consent", by=by, at=at, version=version, changes=changes)


def decline(
    *, by: Actor, at: datetime, assessment_id: int, practice_id: int, version: int, note: str = ""
) -> GoodPractice:
    """Say no. Nothing is shared.

    Raises:
        Moved: it was answered or taken back in between.
        Unfit: the note does not fit.
    """
    kept = fitting(note, "note", longest=NOTE)
    with transaction.atomic():
        practice = _locked(by, P.CONSENT, assessment_id, practice_id)
        changes = {"note": kept} | _answered(by, at)
        return move(PRACTICE, practice, "decline", by=by, at=at, version=version, changes=changes)


def end_practice(
    *, by: Actor, at: datetime, assessment_id: int, practice_id: int, version: int, name: str
) -> GoodPractice:
    """Take it out of the library, or the proposal back, at whatever stage the assessment is. Gone at once.

    Args:
        name: "withdraw_consent", which the authority does, or "take_back", which the Home Office does.

    Raises:
        Moved: it ended in between.
    """
    with transaction.atomic():
        practice = _locked(by, PRACTICE.row(name).permissions, assessment_id, practice_id)
        changes = {} if practice.answered_at else _answered(by, at)
        ended = move(PRACTICE, practice, name, by=by, at=at, version=version, changes=changes)
        if ended.entry_id is not None:
            entry = LibraryEntry.objects.select_for_update().get(pk=ended.entry_id)
            entry.withdrawn_at = at
            ledger.save(entry, by=NOBODY, at=at)
    return ended


def names_in(authority: Authority, *texts: str) -> tuple[str, ...]:
    """By which of its names a text names the authority; empty for none."""
    names = dict.fromkeys((authority.name, authority.short_name, authority.gss_code))
    return tuple(name for name in names if name.strip() and any(_pattern(name).search(_folded(one)) for one in texts))


def naming(names: Sequence[str]) -> str:
    """What to say when a text that is to be anonymous names the authority."""
    return _(
        "The text names your authority (“%(name)s”), so it cannot be shared without its name. You can share it with "
        "the name, or decline and ask your adviser to propose it again without it"
    ) % {"name": "”, “".join(names)}


def imprint(authority: Authority, *, named: bool, on: Any) -> Imprint:
    """What the library says of where it comes from.

    Of an authority that is not named, region and type are told only where at least ``FEWEST_ALIKE`` authorities of
    its programme share both. At most one query.
    """
    if named:
        return Imprint(authority.name, authority.type, authority.region)
    there = Q(end_date__isnull=True) | Q(end_date__gt=on)
    alike = Authority.objects.filter(
        there, programme=authority.programme_id, region=authority.region, type=authority.type
    )
    if alike.count() < FEWEST_ALIKE:
        return Imprint()
    return Imprint("", authority.type, authority.region)


def _locked(
    by: Actor, permissions: Permission | Sequence[Permission], assessment_id: int, practice_id: int
) -> GoodPractice:
    # The assessment as well: it must not be reopened between the look and the consent.
    return fetch(
        by,
        permissions,
        GoodPractice,
        lock=("self", "assessment"),
        related=("assessment__cycle",),
        pk=practice_id,
        assessment_id=assessment_id,
    )


def _answered(by: Actor, at: datetime) -> dict[str, Any]:
    return {"answered_by": by.user, "answered_at": at}


def _folded(value: str) -> str:
    return value.casefold().replace("’", "'")


def _pattern(name: str) -> re.Pattern[str]:
    """The name as words of its own, however they are spaced or joined: Bath is not named by a bathroom."""
    words = re.split(r"[\s\-‐‑–]+", _folded(name).strip())
    return re.compile(r"(?<!\w)" + r"[\s\-‐‑–]+".join(map(re.escape, words)) + r"(?!\w)")
