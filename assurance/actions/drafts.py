"""What somebody has typed and not saved yet: kept as they go, discarded, or taken over from whoever has left.

A draft is no decision: it has no history, and only taking one over leaves an event. It is never shown to anybody but
the person who typed it, until they can no longer save it themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import ledger
from assurance.access import Actor, Forbidden, fetch, holds, require
from assurance.actions.answers import open_to_answers
from assurance.actions.refusals import NotEditable, Unfit
from assurance.memberships import open_on
from assurance.models import Draft, GivenBenchmark, Membership, SelfAssessment
from assurance.vocabulary import EDITABLE_STATES, Audience, CycleState, EventKind, Permission, Role, State
from benchmarks.catalogue import SchemeText, scheme_text

LARGEST = 200_000
"""Bytes of a whole form. The longest texts that an answer may have are well below it, so that what is refused here
would be refused at its field as well."""
KEPT_AFTER = timedelta(days=90)
"""How long the drafts of an assessment are kept once nobody can come back to them."""
OWN_NAMES = frozenset({"outcome", "reason", "evidence", "checked"})
PAGE, SEQUENCE = "page", "sequence"
"""Which opened page a draft is from, and its how manyth word it is: kept beside the fields."""

_PAGE = re.compile(r"[0-9a-z-]{1,64}", re.ASCII)


class TooLong(Exception):
    """The form holds more than ``LARGEST`` bytes; nothing was kept."""


@dataclass(frozen=True)
class Typed:
    """A form as it stands in a browser.

    Args:
        version: of the answer that the form shows.
        fields: lists of values by field; names that the form does not have are left out.
        page: a name that the page gave itself when it was opened ("" where it cannot).
        sequence: rises with each word of that page, so that a late one does not undo a later one.
        seen: when the draft was kept that the page shows; None for none.
    """

    version: int
    fields: Mapping[str, Sequence[str]]
    page: str = ""
    sequence: int = 0
    seen: datetime | None = None


@dataclass(frozen=True)
class Newer:
    """That the answer was saved since, by whom ("" when nobody knows) and when; ``is_own`` by the reader."""

    name: str
    at: datetime | None
    is_own: bool


@dataclass(frozen=True)
class Word:
    """What became of a word from a page.

    ``saved_at`` is when the person's draft was kept (None: there is none). ``is_elsewhere`` says that it is not of
    this page: what was typed here was then not kept. ``newer`` is there when the answer was saved since.
    """

    row: SelfAssessment
    saved_at: datetime | None
    is_elsewhere: bool = False
    newer: Newer | None = None


def keep_draft(*, by: Actor, at: datetime, assessment_id: int, number: int, typed: Typed) -> Word:
    """Keep what a form holds as the person's draft of an answer. One query and one write; no history, no event.

    There is one draft for each person and benchmark. It follows one page: another tab that does not show it does not
    write over it, and is told so.

    Raises:
        NotFound, Forbidden: the person may not answer this benchmark.
        NotEditable: nobody can now.
        TooLong: see there.
    """
    row = _row(by, assessment_id, number)
    if by.id is None:
        raise Forbidden(Permission.EDIT_ANSWERS)
    content: dict[str, list[str]] = kept_fields(typed.fields, _scheme(row), number)
    content[PAGE] = [typed.page if _PAGE.fullmatch(typed.page) else ""]
    content[SEQUENCE] = [str(typed.sequence)]
    values = {"base_version": min(typed.version, row.version), "content": content, "saved_at": at}
    newer = _newer(by, row, typed.version)
    if row.draft_saved_at is None:  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                Draft.objects.create(
                    authority_id=row.authority_id,
                    assessment_id=row.assessment_id,
                    self_assessment=row,
                    person_id=by.id,
                    **values,
                )
            return Word(row, at, newer=newer)
        except IntegrityError:
            # Another word of theirs came in between: the same row, then, and the rules for one that is there.
            pass
    # Compared and set in one statement, so that of two words at once each sees what the other did.
    earlier = Q(**{f"content__{PAGE}": content[PAGE]}, word__lt=typed.sequence)
    if typed.seen is not None:
        earlier |= Q(saved_at=typed.seen)
    mine = Draft.objects.filter(self_assessment=row, person_id=by.id)
    if mine.annotate(word=Cast(KT(f"content__{SEQUENCE}__0"), IntegerField())).filter(earlier).update(**values):
        return Word(row, at, newer=newer)
    saved_at, page = mine.values_list("saved_at", f"content__{PAGE}").first() or (None, None)
    return Word(row, saved_at, is_elsewhere=page != content[PAGE], newer=newer)


def look_at_draft(*, by: Actor, assessment_id: int, number: int, typed: Typed) -> Word:
    """What :func:`keep_draft` would say to a page that has nothing new, without a write. One query."""
    row: Any = _row(by, assessment_id, number)
    elsewhere = row.draft_saved_at not in (None, typed.seen) and row.draft_page != [typed.page]
    return Word(row, row.draft_saved_at, is_elsewhere=elsewhere, newer=_newer(by, row, typed.version))


def discard_draft(*, by: Actor, assessment_id: int, number: int) -> bool:
    """Throw the person's own draft away. Says whether there was one.

    Raises:
        NotFound, Forbidden, NotEditable: as :func:`keep_draft`.
    """
    row = _row(by, assessment_id, number)
    removed, _by_model = Draft.objects.filter(self_assessment=row, person_id=by.id).delete()
    return bool(removed)


def take_over_draft(*, by: Actor, at: datetime, assessment_id: int, number: int, draft_id: int) -> Draft:
    """Make the draft of somebody who can no longer save it one's own. For a Prevent Lead.

    Raises:
        NotFound, Forbidden: there is none, or the actor does not lead there.
        NotEditable: the benchmark can no longer be answered.
        Unfit: its writer can still save it, or the actor has unsaved text of their own there.
    """
    with transaction.atomic():
        draft = fetch(
            by,
            Permission.EDIT_ANSWERS,
            Draft,
            lock=("self",),
            related=("self_assessment", "assessment__cycle", "person"),
            pk=draft_id,
            assessment_id=assessment_id,
            self_assessment__benchmark__number=number,
        )
        row = draft.self_assessment
        row.assessment = draft.assessment
        if not open_to_answers(row):
            raise NotEditable(draft.assessment)
        if draft.person_id == by.id:
            return draft
        theirs = Draft.objects.filter(self_assessment=row)
        if theirs.filter(able_to_answer("person", timezone.localdate(at)), pk=draft.pk).exists():
            raise Unfit("draft", _("%(name)s can still save this text themselves") % {"name": draft.person.name})
        if theirs.filter(person_id=by.id).exists():
            raise Unfit("draft", _("You have unsaved text of your own here. Save or discard it first"))
        writer = draft.person
        draft.person_id = by.id  # type: ignore[assignment]
        draft.save(update_fields=["person"])
        ledger.event(
            EventKind.TAKEN_BACK,
            by=by,
            at=at,
            authority=draft.authority,
            assessment=draft.assessment,
            name="draft",
            reason=_("Unsaved text of %(name)s") % {"name": writer.name},
            detail={"benchmark": number, "contributor": writer.pk},
            audience=Audience.AUTHORITY,
        )
    return draft


def sweep_drafts(at: datetime) -> int:
    """Delete drafts that nobody can come back to and that are 90 days old. Returns how many. Needs a scope.

    While an assessment can be answered or recalled its drafts stay, however old they are.
    """
    done = Q(assessment__cycle__state=CycleState.CLOSED) | ~Q(assessment__state__in=[*EDITABLE_STATES, State.SUBMITTED])
    removed, _by_model = Draft.objects.filter(done, saved_at__lt=at - KEPT_AFTER).delete()
    return removed


def able_to_answer(person: str, on: date | None = None) -> Q:
    """Of drafts: that ``person``, a column, may answer the draft's benchmark on a day, today unless said."""
    on = on or timezone.localdate()
    member = Membership.objects.filter(
        open_on(on),
        person=OuterRef(person),
        person__is_active=True,
        authority=OuterRef("authority"),
        starts__lte=on,
    )
    given = GivenBenchmark.objects.filter(self_assessment=OuterRef("self_assessment"), contributor=OuterRef(person))
    return Q(Exists(member.filter(role=Role.LEAD))) | (
        Q(Exists(member.filter(role=Role.CONTRIBUTOR))) & Q(Exists(given))
    )


def kept_fields(fields: Mapping[str, Sequence[str]], scheme: SchemeText, number: int) -> dict[str, list[str]]:
    """What of a posted form a draft keeps: the answer's own fields, as they were typed.

    Raises :class:`TooLong`.
    """
    names = field_names(scheme, number)
    # A database cannot keep this one character in JSON, and nobody can see it.
    found = {name: [value.replace("\0", "") for value in fields[name]] for name in sorted(names & set(fields))}
    if sum(len(name) + len(value.encode()) for name, values in found.items() for value in values) > LARGEST:
        raise TooLong
    return found


def field_names(scheme: SchemeText, number: int) -> frozenset[str]:
    """The names of the answer form's fields that hold what a person says."""
    criteria = scheme.benchmarks[number].criterion_ids if scheme.is_checklist else frozenset[int]()
    return OWN_NAMES | {f"{kind}_{one}" for one in criteria for kind in ("mark", "note")}


def _row(by: Actor, assessment_id: int, number: int) -> SelfAssessment:
    """The answer and all that a word about it needs: as ``access.fetch`` and ``may_answer``, in one query."""
    saved = SelfAssessment.history.model.objects.filter(id=OuterRef("pk")).order_by("-history_date", "-history_id")
    own = Draft.objects.filter(self_assessment=OuterRef("pk"), person=by.id)
    given = GivenBenchmark.objects.filter(self_assessment=OuterRef("pk"), contributor=by.id)
    rows: QuerySet[Any] = SelfAssessment.objects.select_related("authority", "assessment__cycle").annotate(
        is_given=Exists(given),
        draft_saved_at=Subquery(own.values("saved_at")[:1]),
        draft_page=Subquery(own.values(f"content__{PAGE}")[:1]),
        saved_by=Subquery(saved.values("history_user")[:1]),
        saved_by_name=Subquery(saved.values("history_user__name")[:1]),
    )
    # Whoever writes here needs no text of what stands.
    row: Any = (
        rows.defer("evidence", "reason", "marks", "notes", "carried_from")
        .filter(assessment_id=assessment_id, benchmark__number=number)
        .first()
    )
    require(by, (Permission.EDIT_ANSWERS, Permission.EDIT_GIVEN), row)
    if not holds(by, Permission.EDIT_ANSWERS, row) and not row.is_given:
        raise Forbidden(Permission.EDIT_GIVEN)
    row.assessment.authority = row.authority
    if not open_to_answers(row):
        raise NotEditable(row.assessment)
    found: SelfAssessment = row
    return found


def _newer(by: Actor, row: Any, version: int) -> Newer | None:
    if row.version <= version:
        return None
    return Newer(row.saved_by_name or "", row.saved_at, row.saved_by == by.id)


def _scheme(row: SelfAssessment) -> SchemeText:
    return scheme_text(row.assessment.cycle.scheme_version_id)
