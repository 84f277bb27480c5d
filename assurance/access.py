"""Who may see and do what. The only place that says so.

Two questions, one table: ``visible(actor, Model)`` answers "which rows?", ``require(actor, permission, record)``
answers "may I?". The actor is always an argument. Whoever has nothing to do with a record's authority is told that
the record does not exist; a colleague without the permission is told that they may not; there is no superuser.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied
from django.db.models import F, Model, Q, QuerySet
from django.http import Http404

from assurance import scope
from assurance.models import Authority, GivenBenchmark, Programme, SelfAssessment, User
from assurance.vocabulary import (
    AUTHORITY_ROLES,
    CONSOLE_ROLES,
    EDITABLE_STATES,
    HOME_OFFICE_ROLES,
    LETTER_DOCUMENTS,
    PORTFOLIO_ROLES,
    REGION_ROLES,
    SHARED_STATES,
    Audience,
    LetterState,
    Permission,
    Role,
    State,
)

Record = TypeVar("Record", bound=Model)
P = Permission

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.LEAD: frozenset(
        {
            P.READ_PROGRESS, P.READ_DRAFT, P.READ_SUBMITTED, P.READ_PROPOSED, P.READ_OUTCOMES,
            P.READ_SHARED_EVENTS, P.READ_ISSUED_LETTERS,
            P.EDIT_ANSWERS, P.SUBMIT, P.GIVE, P.INVITE, P.COMMENT, P.AGREE, P.CHECK_LETTERS, P.CONSENT,
            P.READ_LIBRARY, P.MAKE_BOARD_PACKS, P.READ_AVERAGES, P.EXPORT,
        }
    ),
    Role.CONTRIBUTOR: frozenset(
        {
            P.READ_PROGRESS, P.READ_DRAFT, P.READ_SUBMITTED, P.READ_PROPOSED, P.READ_OUTCOMES,
            P.READ_SHARED_EVENTS, P.READ_ISSUED_LETTERS,
            P.EDIT_GIVEN, P.COMMENT, P.READ_LIBRARY, P.READ_AVERAGES,
        }
    ),
    Role.VIEWER: frozenset(
        {
            P.READ_PROGRESS, P.READ_SUBMITTED, P.READ_PROPOSED, P.READ_OUTCOMES,
            P.READ_SHARED_EVENTS, P.READ_ISSUED_LETTERS, P.READ_LIBRARY, P.MAKE_BOARD_PACKS,
            P.READ_AVERAGES, P.EXPORT,
        }
    ),
    Role.ADVISER: frozenset(
        {
            P.READ_PROGRESS, P.READ_SUBMITTED, P.READ_REVIEW, P.READ_OUTCOMES, P.READ_EVENTS,
            P.READ_ISSUED_LETTERS, P.READ_LETTERS,
            P.READ_PRIVATE, P.READ_LIBRARY,
            P.REVIEW, P.DRAFT_LETTERS, P.OVERRULE, P.COVER, P.MAKE_BOARD_PACKS,
            P.READ_PICTURE, P.READ_AVERAGES, P.EXPORT,
        }
    ),
    Role.REGIONAL_MANAGER: frozenset(
        {
            P.READ_PROGRESS, P.READ_SUBMITTED, P.READ_REVIEW, P.READ_OUTCOMES, P.READ_EVENTS,
            P.READ_ISSUED_LETTERS, P.READ_LETTERS,
            P.READ_PRIVATE, P.READ_LIBRARY, P.READ_CALIBRATION,
            P.SETTLE, P.OVERRULE, P.SECOND_READ, P.COVER, P.ASSIGN, P.MAKE_BOARD_PACKS,
            P.READ_PICTURE, P.READ_AVERAGES, P.EXPORT, P.IMPORT_HISTORY,
        }
    ),
    Role.SIGNATORY: frozenset(
        {
            P.READ_PROGRESS, P.READ_OUTCOMES, P.READ_ISSUED_LETTERS, P.READ_LETTERS,
            P.READ_LIBRARY, P.READ_CALIBRATION,
            P.APPROVE_LETTERS, P.MAKE_BOARD_PACKS, P.READ_PICTURE, P.READ_AVERAGES, P.EXPORT,
        }
    ),
    Role.CYCLE_ADMINISTRATOR: frozenset(
        {
            P.READ_PROGRESS, P.READ_LIBRARY, P.READ_CALIBRATION, P.READ_MESSAGES,
            P.WITHDRAW, P.MANAGE_CYCLES, P.MANAGE_PEOPLE, P.LOAD_REFERENCE, P.COVER, P.ASSIGN,
            P.READ_WORDING, P.EDIT_WORDING, P.READ_AVERAGES, P.EXPORT, P.EDIT_WEIGHTS,
        }
    ),
    Role.AUDITOR: frozenset(
        {
            P.READ_PROGRESS, P.READ_DRAFT, P.READ_SUBMITTED, P.READ_REVIEW, P.READ_PROPOSED, P.READ_OUTCOMES,
            P.READ_EVENTS, P.READ_SHARED_EVENTS, P.READ_ISSUED_LETTERS, P.READ_LETTERS, P.READ_MESSAGES,
            P.READ_PRIVATE, P.READ_LIBRARY, P.READ_CALIBRATION, P.READ_WORDING,
            P.READ_PICTURE, P.READ_AVERAGES, P.EXPORT, P.READ_EXPORTS,
        }
    ),
    Role.OPERATOR: frozenset(
        {P.READ_PROGRESS, P.READ_OUTCOMES, P.READ_LETTERS, P.MANAGE_CYCLES, P.MANAGE_PEOPLE, P.LOAD_REFERENCE,
         P.IMPORT_HISTORY, P.READ_PICTURE, P.EXPORT, P.EDIT_WEIGHTS}
    ),
}  # fmt: skip


def _submitted(prefix: str) -> Q:
    return Q(**{f"{prefix}submitted_at__isnull": False}) & ~Q(**{f"{prefix}state__in": EDITABLE_STATES})


def _shared(prefix: str) -> Q:
    return Q(**{f"{prefix}state__in": SHARED_STATES})


Sight = tuple[tuple[Permission, Q], ...]
SUBMITTED = _submitted("assessment__")
SHARED = _shared("assessment__")
EVERY = Q()
OWN_ANSWERS: Sight = ((P.READ_DRAFT, EVERY), (P.READ_SUBMITTED, SUBMITTED))
WORKERS: Sight = ((P.EDIT_ANSWERS, EVERY), (P.EDIT_GIVEN, EVERY))
HOME_OFFICE_TEXT: Sight = ((P.READ_REVIEW, EVERY), (P.READ_PROPOSED, SHARED))


def _unsent(question: str) -> Q:
    """Rows about a question of the round that goes on: until it is sent, an answer is the authority's own."""
    asked_at = {f"{question}__asked_at__gte": F("assessment__state_since")}
    return Q(assessment__state=State.CLARIFICATION, **{f"{question}__isnull": False}, **asked_at)


SIGHT: dict[str, Sight] = {
    "assurance.Authority": ((P.READ_PROGRESS, EVERY),),
    "assurance.Assessment": ((P.READ_PROGRESS, EVERY),),
    # Whose row there is; which of its judgements somebody may read, queries/picture.py says.
    "assurance.PictureRow": ((P.READ_PROGRESS, EVERY),),
    "assurance.SelfAssessment": OWN_ANSWERS,
    "assurance.FollowUp": OWN_ANSWERS,
    "assurance.Evidence": ((P.READ_DRAFT, EVERY), (P.READ_SUBMITTED, SUBMITTED & ~_unsent("question"))),
    "assurance.EvidenceFile": (
        (P.READ_DRAFT, EVERY),
        (P.READ_SUBMITTED, SUBMITTED & ~_unsent("evidence__question")),
    ),
    "assurance.Draft": WORKERS,
    "assurance.Upload": WORKERS,
    # A document shows what its reader could read when they asked for it: theirs alone, and each query says so.
    "assurance.Document": (
        *OWN_ANSWERS,
        (P.DRAFT_LETTERS, Q(kind__in=LETTER_DOCUMENTS)),
        (P.APPROVE_LETTERS, Q(kind__in=LETTER_DOCUMENTS)),
    ),
    "assurance.Comment": ((P.READ_DRAFT, EVERY),),
    "assurance.Message": ((P.READ_MESSAGES, EVERY),),
    "assurance.GivenBenchmark": ((P.READ_DRAFT, EVERY),),
    "assurance.Review": HOME_OFFICE_TEXT,
    "assurance.Strength": HOME_OFFICE_TEXT,
    "assurance.Recommendation": HOME_OFFICE_TEXT,
    "assurance.PrivateNote": ((P.READ_PRIVATE, EVERY),),
    "assurance.FollowUpReview": HOME_OFFICE_TEXT,
    "assurance.MeetingPoint": HOME_OFFICE_TEXT,
    "assurance.ProposalResponse": ((P.READ_DRAFT, EVERY),),
    "assurance.Overrule": ((P.READ_REVIEW, EVERY),),
    "assurance.SecondReading": ((P.READ_REVIEW, EVERY),),
    # Proposed only of what the authority has agreed, so that it shows nothing early.
    "assurance.GoodPractice": ((P.READ_REVIEW, EVERY), (P.READ_PROPOSED, EVERY)),
    "assurance.AgreedOutcome": ((P.READ_OUTCOMES, EVERY),),
    "assurance.Question": ((P.READ_REVIEW, EVERY), (P.READ_DRAFT, EVERY)),
    "assurance.Dispute": ((P.READ_REVIEW, EVERY), (P.READ_PROPOSED, EVERY)),
    "assurance.Event": (
        (P.READ_EVENTS, ~Q(audience=Audience.AUTHORITY)),
        (P.READ_SHARED_EVENTS, Q(audience=Audience.BOTH)),
        (P.READ_DRAFT, Q(audience=Audience.AUTHORITY)),
        (P.READ_SUBMITTED, Q(audience=Audience.AUTHORITY) & SUBMITTED),
    ),
    "letters.Letter": (
        (P.READ_LETTERS, EVERY),
        (P.READ_ISSUED_LETTERS, Q(issued_at__isnull=False)),
        (P.CHECK_LETTERS, Q(state=LetterState.ACCURACY_CHECK)),
    ),
    "letters.Edition": (
        (P.READ_LETTERS, EVERY),
        (P.READ_ISSUED_LETTERS, Q(letter__issued_at__isnull=False)),
        (P.CHECK_LETTERS, Q(letter__state=LetterState.ACCURACY_CHECK)),
    ),
    # A round is what the authority was shown and said, and what it was answered: its own from the beginning.
    "letters.LetterCheck": ((P.READ_LETTERS, EVERY), (P.CHECK_LETTERS, EVERY)),
    "letters.CheckPoint": ((P.READ_LETTERS, EVERY), (P.CHECK_LETTERS, EVERY)),
    "letters.LetterTranslation": ((P.READ_LETTERS, EVERY),),
    # Each is its maker's alone, and each query says so.
    "letters.BoardPack": ((P.MAKE_BOARD_PACKS, EVERY), (P.READ_EVENTS, EVERY)),
    "letters.BatchItem": ((P.READ_LETTERS, EVERY),),
    "letters.LetterDelivery": ((P.READ_LETTERS, EVERY),),
}
"""For each model, which permission shows which of its rows. A model that is not here is shown to nobody."""


@dataclass(frozen=True)
class While:
    """A time in the past: as long as a condition held of the assessment, or of the record itself (``own``)."""

    condition: Q
    own: bool = False


EVER = While(EVERY)
WHILE_SUBMITTED = While(_submitted(""))
WHILE_SHARED = While(_shared(""))
# Not while questions are open: what is then saved was not sent, and a withdrawal does not send it.
WHILE_SENT = While(Q(state__in=SHARED_STATES | {State.IN_REVIEW}))
SightInTime = tuple[tuple[Permission, While], ...]
OWN_TEXT_IN_TIME: SightInTime = ((P.READ_DRAFT, EVER), (P.READ_SUBMITTED, WHILE_SUBMITTED))
HOME_OFFICE_TEXT_IN_TIME: SightInTime = ((P.READ_REVIEW, EVER), (P.READ_PROPOSED, WHILE_SHARED))

PAST: dict[str, SightInTime] = {
    "assurance.SelfAssessment": OWN_TEXT_IN_TIME,
    "assurance.FollowUp": OWN_TEXT_IN_TIME,
    "assurance.Review": HOME_OFFICE_TEXT_IN_TIME,
    "assurance.Strength": HOME_OFFICE_TEXT_IN_TIME,
    "assurance.Recommendation": HOME_OFFICE_TEXT_IN_TIME,
    "assurance.FollowUpReview": HOME_OFFICE_TEXT_IN_TIME,
    "assurance.MeetingPoint": HOME_OFFICE_TEXT_IN_TIME,
    "assurance.PrivateNote": ((P.READ_PRIVATE, EVER),),
    "assurance.AgreedOutcome": ((P.READ_OUTCOMES, EVER),),
    "assurance.Question": ((P.READ_REVIEW, EVER), (P.READ_DRAFT, EVER)),
    "assurance.Question.answer": ((P.READ_DRAFT, EVER), (P.READ_REVIEW, WHILE_SENT)),
    # The note of acceptance, which goes to the other side with the acceptance itself.
    "assurance.Assessment": ((P.READ_REVIEW, EVER), (P.READ_PROPOSED, EVER)),
    "letters.Letter": (
        (P.READ_LETTERS, EVER),
        (P.READ_ISSUED_LETTERS, While(Q(issued_at__isnull=False), own=True)),
        (P.CHECK_LETTERS, While(Q(state=LetterState.ACCURACY_CHECK), own=True)),
    ),
}
"""The same of the past, for ``assurance.past``: which permission shows what stood at which time.

What is not here has no past to show.
"""


class NotFound(Http404):
    """The record is not there, or is none of the actor's business: the two read alike."""


class Forbidden(PermissionDenied):
    """The actor works with this authority and may not do this."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission
        super().__init__(permission.label)


@dataclass(frozen=True)
class Grant:
    """A role and where it holds."""

    role: Role
    authority_id: int | None = None
    region: str = ""
    programme_id: int | None = None

    def covers(self, authority: Authority) -> bool:
        """Whether the role holds for this authority."""
        if self.role in AUTHORITY_ROLES | PORTFOLIO_ROLES:
            return self.authority_id == authority.pk
        if self.role in REGION_ROLES and self.region != authority.region:
            return False
        return self.covers_programme(authority.programme_id)

    def covers_programme(self, programme_id: int) -> bool:
        """Whether a regional or national role holds in this programme."""
        return self.role not in AUTHORITY_ROLES | PORTFOLIO_ROLES and self.programme_id in (None, programme_id)


@dataclass(frozen=True)
class Actor:
    """Whoever acts: a person with their grants, or an operator at the console without a person."""

    user: User | None
    name: str
    grants: tuple[Grant, ...] = field(default=())

    @property
    def id(self) -> int | None:
        return self.user.pk if self.user else None

    def roles(self) -> frozenset[Role]:
        """Every role held anywhere, for choosing what to show first; never for deciding a permission."""
        return frozenset(grant.role for grant in self.grants)


def actor_for(user: User) -> Actor:
    """The actor of a signed-in person. Sets the database's scope too, so it needs an open transaction.

    Whoever works for the Home Office has no part in any authority's own work, whatever memberships they were given:
    nobody answers what they review, settle or sign.
    """
    grants = tuple(Grant(Role(row.pop("role")), **row) for row in scope.begin(user.pk))
    if any(grant.role in HOME_OFFICE_ROLES for grant in grants):
        grants = tuple(grant for grant in grants if grant.role not in AUTHORITY_ROLES)
    return Actor(user, user.name, grants)


def operator(command: str) -> Actor:
    """The actor of a management command, which holds what the console may do and no more."""
    return Actor(None, command, tuple(Grant(role) for role in CONSOLE_ROLES))


def visible(actor: Actor, model: type[Record]) -> QuerySet[Record]:
    """The rows of ``model`` that the actor may see at this moment."""
    allowed = []
    for permission, stage in SIGHT.get(model._meta.label, ()):
        prefix = "" if model is Authority else "authority__"
        where = _where(actor, permission, prefix)
        if where is not None:
            allowed.append(where & stage)
    rows = model._default_manager.all()
    if not allowed:
        return rows.none()
    # An empty condition means every row, but or-ing it to another would leave only the other.
    return rows.filter(reduce(or_, allowed)) if all(allowed) else rows


def holds(actor: Actor, permissions: Permission | Iterable[Permission], record: Model) -> bool:
    """Whether the actor has any of the permissions for the record's authority, or for its programme."""
    wanted = {permissions} if isinstance(permissions, Permission) else set(permissions)
    return any(wanted & GRANTS[grant.role] for grant in _grants_at(actor, record))


@dataclass(frozen=True)
class Reach:
    """Where an actor holds a permission, to be asked of every row of a long list. False where they hold it nowhere."""

    authorities: frozenset[int]
    wider: tuple[Grant, ...]

    def __bool__(self) -> bool:
        return bool(self.authorities or self.wider)

    def covers(self, authority_id: int, region: str, programme_id: int) -> bool:
        """As :meth:`Grant.covers`, for an authority of which no more is read than this."""
        return authority_id in self.authorities or any(
            grant.region in ("", region) and grant.programme_id in (None, programme_id) for grant in self.wider
        )


def reach(actor: Actor, permission: Permission) -> Reach:
    """Where the actor holds the permission."""
    grants = [grant for grant in actor.grants if permission in GRANTS[grant.role]]
    return Reach(
        frozenset(grant.authority_id for grant in grants if grant.authority_id is not None),
        tuple(grant for grant in grants if grant.authority_id is None),
    )


def require(actor: Actor, permissions: Permission | Iterable[Permission], record: Model | None) -> None:
    """Go on only with one of the permissions.

    Raises:
        NotFound: there is no record, or the actor has nothing to do with its authority.
        Forbidden: the actor has, and holds none of the permissions there.
    """
    if record is None or not _grants_at(actor, record):
        raise NotFound
    if not holds(actor, permissions, record):
        raise Forbidden(permissions if isinstance(permissions, Permission) else next(iter(permissions)))


def require_anywhere(actor: Actor, permission: Permission) -> None:
    """Go on only with the permission for at least one place. Raises :class:`Forbidden`."""
    if not any(permission in GRANTS[grant.role] for grant in actor.grants):
        raise Forbidden(permission)


def sees(actor: Actor, kind: str, permission: Permission) -> bool:
    """Whether a role of the actor's that holds the permission shows rows of this kind (a key of ``SIGHT``) too."""
    shows = {one for one, _stage in SIGHT[kind]}
    return any(permission in GRANTS[grant.role] and shows & GRANTS[grant.role] for grant in actor.grants)


def programmes(actor: Actor, permission: Permission) -> QuerySet[Programme]:
    """The programmes in which the actor holds the permission nationally."""
    ids = [g.programme_id for g in actor.grants if permission in GRANTS[g.role] and g.role not in AUTHORITY_ROLES]
    return Programme.objects.all() if None in ids else Programme.objects.filter(pk__in=[i for i in ids if i])


def sets_weights(actor: Actor, scheme: str) -> bool:
    """Whether the actor may set the weights of a scheme. One query at most.

    Weights count in every programme. So who holds the permission in some alone may where no other is on the scheme.
    """
    held = {grant.programme_id for grant in actor.grants if P.EDIT_WEIGHTS in GRANTS[grant.role]}
    if not held or None in held:
        return bool(held)
    on_it = set(Programme.objects.filter(cycles__scheme_version__scheme__code=scheme).values_list("pk", flat=True))
    return bool(on_it) and on_it <= held


def countable(actor: Actor, permission: Permission, model: type[Record]) -> QuerySet[Record]:
    """Rows that the actor may count and not read. Whoever asks takes sums of them and hides the small ones."""
    where = _where(actor, permission, "authority__")
    rows = model._default_manager.all()
    return rows.none() if where is None else rows.filter(where)


def authorities(actor: Actor, permission: Permission) -> QuerySet[Authority]:
    """The authorities at which the actor holds the permission."""
    where = _where(actor, permission, "")
    return Authority.objects.none() if where is None else Authority.objects.filter(where)


def shared_programmes(actor: Actor, permission: Permission) -> QuerySet[Programme]:
    """The programmes of whose common knowledge the actor has part: by any role that holds the permission."""
    grants = [grant for grant in actor.grants if permission in GRANTS[grant.role]]
    if any(grant.authority_id is None and grant.programme_id is None for grant in grants):
        return Programme.objects.all()
    return Programme.objects.filter(
        Q(pk__in={grant.programme_id for grant in grants if grant.programme_id})
        | Q(authorities__in={grant.authority_id for grant in grants if grant.authority_id})
    ).distinct()


def fetch(
    actor: Actor,
    permissions: Permission | Iterable[Permission],
    model: type[Record],
    *,
    lock: tuple[str, ...] = (),
    related: tuple[str, ...] = (),
    **lookup: Any,
) -> Record:
    """One record, for something that is named. A record cannot be had without saying what for.

    Args:
        lock: whose rows to hold until the transaction ends: "self", or a name from ``related``.
        related: further relations to read in the same query.

    Raises:
        NotFound, Forbidden: as :func:`require`.
    """
    rows = model._default_manager.select_related(*_place_relations(model), *related)
    if lock:
        rows = rows.select_for_update(of=lock)
    record = rows.filter(**lookup).first()
    require(actor, permissions, record)
    return cast(Record, record)


def reads_past(actor: Actor, kind: str, record: Model) -> bool:
    """Whether the actor may read anything of the past of this kind (a key of ``PAST``)."""
    return holds(actor, [permission for permission, _stage in PAST[kind]], record)


def may_answer(actor: Actor, row: SelfAssessment) -> bool:
    """Whether the actor may answer this benchmark: a lead any, a contributor those given to them."""
    if holds(actor, P.EDIT_ANSWERS, row):
        return True
    return (
        holds(actor, P.EDIT_GIVEN, row)
        and GivenBenchmark.objects.filter(self_assessment=row, contributor_id=actor.id).exists()
    )


def _place_relations(model: type[Model]) -> tuple[str, ...]:
    names = {f.name for f in model._meta.get_fields()}
    return ("authority",) if "authority" in names else ()


def _grants_at(actor: Actor, record: Model) -> list[Grant]:
    if isinstance(record, Authority):
        return [grant for grant in actor.grants if grant.covers(record)]
    if isinstance(record, Programme):
        return [grant for grant in actor.grants if grant.covers_programme(record.pk)]
    if authority := getattr(record, "authority", None):
        return [grant for grant in actor.grants if grant.covers(authority)]
    if programme_id := getattr(record, "programme_id", None):
        return [grant for grant in actor.grants if grant.covers_programme(programme_id)]
    return []


def _where(actor: Actor, permission: Permission, prefix: str) -> Q | None:
    """Rows of the authorities at which the actor holds the permission; None for none at all."""
    ids: list[int] = []
    where: Q | None = None
    for grant in actor.grants:
        if permission not in GRANTS[grant.role]:
            continue
        if grant.authority_id is not None:
            ids.append(grant.authority_id)
            continue
        terms: dict[str, str | int] = {}
        if grant.role in REGION_ROLES:
            terms[f"{prefix}region"] = grant.region
        if grant.programme_id is not None:
            terms[f"{prefix}programme"] = grant.programme_id
        if not terms:
            return Q()
        where = Q(**terms) if where is None else where | Q(**terms)
    if ids:
        mine = Q(**{f"{prefix}id__in": ids})
        where = mine if where is None else where | mine
    return where
