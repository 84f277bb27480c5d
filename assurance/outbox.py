"""E-mail as rows: an action says here what somebody is to be told, in its own transaction.

A :class:`Message` is written under a key that makes the same one twice impossible, and is handed to a worker once the
transaction is committed; what is rolled back is never sent. No subject or body names an answer, an outcome or a text
of the record (docs/decisions/0004): e-mail leaves the policy.

Whoever chose the weekly digest gets what can wait on Monday. An invitation, a password, the lead role and an outcome
letter never wait, and neither does anything that has to be done within ``URGENT_DAYS``, because the digest could come
too late for it.

    invited(person, by=by, at=at, authority=authority)
    benchmarks_given({contributor: {3: date(2026, 12, 1), 4: None}}, by=by, at=at, assessment=assessment)

Needs an open transaction in whose scope the authority is, and costs one statement however many people are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.constants import OnConflict
from django.db.models.expressions import RawSQL
from django.template import Context, engines
from django.urls import reverse
from django.utils import timezone, translation

from assurance import text
from assurance.access import Actor
from assurance.memberships import open_on
from assurance.models import Assessment, Authority, Membership, Message, User
from assurance.vocabulary import REGION_ROLES, MessageKind, MessageState, Role
from benchmarks.catalogue import scheme_text

URGENT_DAYS = 7
"""What is due in so many days or fewer is sent at once, even to people who chose the weekly digest."""
NEVER_WAITS = frozenset(
    {
        MessageKind.INVITATION,
        MessageKind.PASSWORD,
        MessageKind.LEAD_ROLE,
        MessageKind.LETTER,
        MessageKind.LETTER_CHASE,
        MessageKind.DIGEST,
        MessageKind.MASS_EXPORT,
    }
)
LINK = "[link]"
"""Stands in the body of an invitation or a password message where the link comes that signs somebody in."""
LONGEST_SUBJECT = 200
DIVIDER = "\n---\n"
"""Between the subject and the body in a template."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """One message to one person. ``due`` is the day by which something has to be done, if anything has."""

    kind: MessageKind
    person: User
    key: str
    subject: str
    body: str
    authority_id: int | None = None
    assessment_id: int | None = None
    due: date | None = None


def tell(
    kind: MessageKind,
    person: User,
    *,
    at: datetime,
    key: str,
    subject: str,
    body: str,
    authority: Authority | None = None,
    assessment: Assessment | None = None,
    due: date | None = None,
) -> bool:
    """Write one message and have it sent on commit. One statement.

    Args:
        key: what it is about, for whom, and which time. A key that is there already writes nothing.
        due: the day by which something has to be done; what is due soon does not wait for the weekly digest.

    Returns:
        Whether it was written: not for a key that is there already, nor for somebody whose account is closed.
    """
    note = Note(
        kind=kind,
        person=person,
        key=key,
        subject=subject,
        body=body,
        authority_id=authority.pk if authority else None,
        assessment_id=assessment.pk if assessment else None,
        due=due,
    )
    return write([note], at=at) == 1


def write(notes: Iterable[Note], *, at: datetime, today: date | None = None) -> int:
    """Write messages, and have those that do not wait for the digest sent on commit.

    Args:
        today: the day as of which something is due soon; that of ``at`` unless another is named.

    Returns:
        How many are new.
    """
    day = today or timezone.localdate(at)
    rows = [_row(note, at, day) for note in notes if note.person.is_active]
    new = _insert(rows) if rows else []
    for message_id, authority_id, state in new:
        if state == MessageState.WAITING:
            send(message_id, authority_id)
    return len(new)


def send(message_id: int, authority_id: int | None) -> None:
    """Hand a message to a worker once the open transaction is committed.

    A broker that does not answer is no reason to fail what was saved: the sweeper finds the message a minute later.
    """

    def enqueue() -> None:
        current_app.send_task("mail.send", args=(message_id, authority_id or 0), retry=False)

    # A function and not a partial: Django names it when it fails.
    transaction.on_commit(enqueue, robust=True)


# --- The occasions ---------------------------------------------------------------------------------------


def invited(person: User, *, by: Actor, at: datetime, authority: Authority, role: Role = Role.CONTRIBUTOR) -> bool:
    """Tell somebody that they can now work for an authority, with a link to choose a password if they have none.

    Asking again on the same day writes nothing, so that nobody can be pelted with invitations; on a later day it
    sends a new link.

    Returns:
        Whether a message was written.
    """
    day = timezone.localdate(at)
    subject, body = compose("invitation", by=by.name, authority=authority.name, role=role.label)
    return tell(
        MessageKind.INVITATION,
        person,
        at=at,
        key=f"invitation:{authority.pk}:{role}:{person.pk}:{day}",
        subject=subject,
        body=body,
        authority=authority,
    )


def lead_role_given(person: User, *, by: Actor, at: datetime, authority: Authority) -> bool:
    """Tell somebody that they are now Prevent Lead of an authority. Returns whether a message was written."""
    subject, body = compose("lead_role", by=by.name, authority=authority.name)
    return tell(
        MessageKind.LEAD_ROLE,
        person,
        at=at,
        key=f"lead_role:{authority.pk}:{person.pk}:{at.isoformat()}",
        subject=subject,
        body=body,
        authority=authority,
    )


def benchmarks_given(
    given: Mapping[User, Mapping[int, date | None]], *, by: Actor, at: datetime, assessment: Assessment
) -> int:
    """Tell contributors which benchmarks were given to them.

    Args:
        given: for each person the numbers that are new to them, with the day by which the lead would like each.
        assessment: with its authority and cycle read.

    Returns:
        How many messages were written.
    """
    titles = scheme_text(assessment.cycle.scheme_version_id).benchmarks
    notes = []
    for person, numbers in given.items():
        if not numbers:
            continue
        listed = [(number, one_line(titles[number].title), numbers[number]) for number in sorted(numbers)]
        subject, body = compose("given", by=by.name, assessment=assessment, benchmarks=listed)
        days = [day for day in numbers.values() if day is not None]
        notes.append(
            _about(
                assessment,
                kind=MessageKind.GIVEN,
                person=person,
                key=f"given:{assessment.pk}:{person.pk}:{at.isoformat()}",
                subject=subject,
                body=body,
                due=min(days, default=None),
            )
        )
    return write(notes, at=at)


def mentioned(
    people: Iterable[User], *, by: Actor, at: datetime, assessment: Assessment, number: int, comment_id: int
) -> int:
    """Tell colleagues that they are mentioned in a comment on a benchmark; whoever wrote it is not told.

    Args:
        assessment: with its authority and cycle read.

    Returns:
        How many messages were written.
    """
    title = scheme_text(assessment.cycle.scheme_version_id).benchmarks[number].title
    page = address("comments", assessment.pk, number)
    subject, body = compose("mentioned", by=by.name, assessment=assessment, number=number, title=title, page=page)
    return write(
        [
            _about(
                assessment,
                kind=MessageKind.MENTIONED,
                person=person,
                key=f"mentioned:{comment_id}:{person.pk}",
                subject=subject,
                body=body,
            )
            for person in people
            if person.pk != by.id
        ],
        at=at,
    )


def submitted(assessment: Assessment, *, by: Actor, at: datetime) -> int:
    """Confirm a submission to the authority's leads, and tell its advisers. One statement more, to find them.

    Args:
        assessment: as it stands after the submission, with its authority and cycle read.

    Returns:
        How many messages were written.
    """
    found = members(assessment.authority_id, (Role.LEAD, Role.ADVISER), timezone.localdate(at))
    texts: dict[Role, tuple[str, str]] = {
        role: compose(f"submitted_{role}", by=by.name, assessment=assessment, at=at)
        for role in (Role.LEAD, Role.ADVISER)
    }
    notes = []
    for person, role in found:
        subject, body = texts[role]
        notes.append(
            _about(
                assessment,
                kind=MessageKind.SUBMITTED,
                person=person,
                key=f"submitted:{assessment.pk}:{assessment.version}:{role}:{person.pk}",
                subject=subject,
                body=body,
            )
        )
    return write(notes, at=at)


def questions_asked(assessment: Assessment, *, by: Actor, at: datetime, due: Sequence[date]) -> int:
    """Tell the authority's leads that the adviser has questions. One statement more, to find them.

    Args:
        assessment: as it stands after asking, with its authority and cycle read.
        due: the day by which each question is to be answered.

    Returns:
        How many messages were written.
    """
    subject, body = compose("questions", by=by.name, assessment=assessment, count=len(due), due=min(due))
    return write(
        [
            _about(
                assessment,
                kind=MessageKind.QUESTIONS,
                person=person,
                key=f"questions:{assessment.pk}:{assessment.version}:{person.pk}",
                subject=subject,
                body=body,
                due=min(due),
            )
            for person, _role in members(assessment.authority_id, (Role.LEAD,), timezone.localdate(at))
        ],
        at=at,
    )


def proposed(assessment: Assessment, *, by: Actor, at: datetime) -> int:
    """Tell the authority's leads that outcomes are proposed. One statement more, to find them.

    Args:
        assessment: as it stands after proposing, with its authority and cycle read.

    Returns:
        How many messages were written.
    """
    return _of_agreement(MessageKind.PROPOSED, "proposed", (Role.LEAD,), assessment, by, at, assessment.cycle.agree_by)


def responded(assessment: Assessment, *, by: Actor, at: datetime, disputed: int) -> int:
    """Tell the advisers how the authority responds to proposed outcomes; the regional managers too if it disputes.

    Args:
        assessment: as it stands after the response, with its authority and cycle read.
        disputed: on how many benchmarks; 0 when everything is accepted.

    Returns:
        How many messages were written.
    """
    name, roles = ("disputed", (Role.ADVISER, Role.REGIONAL_MANAGER)) if disputed else ("accepted", (Role.ADVISER,))
    return _of_agreement(MessageKind.RESPONDED, name, roles, assessment, by, at, None, count=disputed)


def settled(assessment: Assessment, *, by: Actor, at: datetime) -> int:
    """Tell the authority's leads and its advisers that a dispute is settled. As :func:`proposed`."""
    return _of_agreement(MessageKind.SETTLED, "settled", (Role.LEAD, Role.ADVISER), assessment, by, at, None)


def reopened(assessment: Assessment, *, by: Actor, at: datetime) -> int:
    """Tell the authority's leads and its advisers that agreed outcomes are looked at again. As :func:`proposed`."""
    return _of_agreement(MessageKind.REOPENED, "reopened", (Role.LEAD, Role.ADVISER), assessment, by, at, None)


def questions_answered(assessment: Assessment, *, by: Actor, at: datetime) -> int:
    """Tell the authority's advisers that its answers are there. One statement more, to find them.

    Args:
        assessment: as it stands after the answers were sent, with its authority and cycle read.

    Returns:
        How many messages were written.
    """
    subject, body = compose("answered", by=by.name, assessment=assessment)
    return write(
        [
            _about(
                assessment,
                kind=MessageKind.ANSWERED,
                person=person,
                key=f"answered:{assessment.pk}:{assessment.version}:{person.pk}",
                subject=subject,
                body=body,
            )
            for person, _role in members(assessment.authority_id, (Role.ADVISER,), timezone.localdate(at))
        ],
        at=at,
    )


def second_reading_asked(person: User, assessments: Sequence[Assessment], *, by: Actor, at: datetime, key: str) -> bool:
    """Ask a colleague to read assessments a second time: one message, however many they are.

    Args:
        assessments: with their authorities and cycles read.
        key: names this asking, so that the same one is not sent twice.
    """
    if not assessments or person.pk == by.id:
        return False
    only = assessments[0] if len(assessments) == 1 else None
    page = address("second-reading", only.pk) if only else address("second-readings")
    names = ", ".join(one.authority.name for one in assessments)
    subject, body = compose("second_reading", by=by.name, count=len(assessments), names=names, page=page)
    return tell(
        MessageKind.SECOND_READING,
        person,
        at=at,
        key=f"second-reading:{key}:{person.pk}",
        subject=subject,
        body=body,
        authority=only.authority if only else None,
        assessment=only,
    )


def letter_checked(
    name: str,
    assessment: Assessment,
    *,
    role: Role,
    by: Actor,
    at: datetime,
    key: str,
    page: str,
    due: date | None = None,
) -> int:
    """Tell whoever holds a role where the assessment is how the accuracy check of its letter goes on.

    Args:
        name: of the template.
        assessment: with its authority and cycle read.
        key: of the occasion, beside its name.
        page: name of the address where it goes on, which takes the id of the assessment.
        due: the last day of the check, where something is to be done by then.

    Returns:
        How many messages were written. One statement more, to find them.
    """
    subject, body = compose(name, by=by.name, assessment=assessment, due=due, page=address(page, assessment.pk))
    return write(
        [
            _about(
                assessment,
                kind=MessageKind.LETTER_CHECK,
                person=person,
                key=f"{name}:{key}:{person.pk}",
                subject=subject,
                body=body,
                due=due,
            )
            for person, _role in members(assessment.authority_id, (role,), timezone.localdate(at))
        ],
        at=at,
    )


def practice_proposed(practice_id: int, assessment: Assessment, *, by: Actor, at: datetime) -> int:
    """Ask the authority's leads whether something may be shared as good practice. One statement more, to find them.

    Args:
        assessment: with its authority and cycle read.

    Returns:
        How many messages were written.
    """
    page = address("practice-item", assessment.pk, practice_id)
    subject, body = compose("practice", by=by.name, assessment=assessment, page=page)
    return write(
        [
            _about(
                assessment,
                kind=MessageKind.PRACTICE,
                person=person,
                key=f"practice:{practice_id}:{person.pk}",
                subject=subject,
                body=body,
            )
            for person, _role in members(assessment.authority_id, (Role.LEAD,), timezone.localdate(at))
        ],
        at=at,
    )


def cover_arranged(
    person: User,
    *,
    by: Actor,
    at: datetime,
    absent: User,
    authorities: Sequence[str],
    starts: date,
    last_day: date,
    key: str,
) -> bool:
    """Tell an adviser that they cover for another from a day to a day.

    Args:
        authorities: their names.
        key: of the arrangement.

    Returns:
        Whether a message was written.
    """
    subject, body = compose(
        "cover",
        by=by.name,
        absent=absent.name,
        authorities=[one_line(name) for name in authorities],
        starts=starts,
        last_day=last_day,
        portfolio_address=address("assessments"),
    )
    return tell(MessageKind.COVER, person, at=at, key=key, subject=subject, body=body, due=starts)


def letter_issued(
    assessment: Assessment, *, by: Actor, at: datetime, letter_id: int, page: str, replaces: str
) -> dict[int, str]:
    """Tell the authority's leads and viewers at once that its letter is there, and its advisers when it suits them.

    One statement to find them and one to write to them.

    Args:
        assessment: with its authority and cycle read.
        page: the address where the letter is read.
        replaces: the reference of the letter that it takes the place of; "" for a first one.

    Returns:
        The key of the message to each person at the authority, by the person's id.
    """
    roles = (Role.LEAD, Role.VIEWER, Role.ADVISER)
    common = {"by": by.name, "assessment": assessment, "page": page, "replaces": replaces}
    texts = {name: compose(name, **common) for name in ("letter", "letter_sent")}
    notes, keys = [], {}
    for person, role in members(assessment.authority_id, roles, timezone.localdate(at)):
        kind = MessageKind.LETTER_SENT if role == Role.ADVISER else MessageKind.LETTER
        key = f"{kind}:{letter_id}:{person.pk}"
        subject, body = texts[kind]
        notes.append(_about(assessment, kind=kind, person=person, key=key, subject=subject, body=body))
        if kind == MessageKind.LETTER:
            keys[person.pk] = key
    write(notes, at=at)
    return keys


def letter_chased(
    people: Iterable[User], *, at: datetime, assessment: Assessment, letter_id: int, page: str, issued: date
) -> dict[int, str]:
    """Remind people that a letter is there, which nobody at their authority has opened. As :func:`letter_issued`."""
    subject, body = compose("letter_chase", assessment=assessment, page=page, issued=issued)
    kind = MessageKind.LETTER_CHASE
    keys = {person: f"{kind}:{letter_id}:{person.pk}" for person in people}
    write(
        [
            _about(assessment, kind=kind, person=person, key=key, subject=subject, body=body)
            for person, key in keys.items()
        ],
        at=at,
    )
    return {person.pk: key for person, key in keys.items()}


def mass_exported(
    people: Iterable[User],
    *,
    at: datetime,
    by: str,
    export_id: int,
    title: str,
    format: str,
    rows: int,
    authorities: int,
    mass: int,
) -> int:
    """Tell the auditors that somebody took the outcomes of many authorities away: once for each export.

    Args:
        by: name of whoever did.
        title: of the kind of view; what is in it stays in the service.
        mass: of how many authorities a file may hold single values before this is said.

    Returns:
        How many messages were written.
    """
    subject, body = compose(
        "mass_export",
        by=by,
        at=at,
        title=title,
        format=format,
        rows=rows,
        authorities=authorities,
        mass=mass,
        page=f"{address('exports')}?mass=1",
    )
    return write(
        [
            Note(
                kind=MessageKind.MASS_EXPORT,
                person=person,
                key=f"mass-export:{export_id}:{person.pk}",
                subject=subject,
                body=body,
            )
            for person in people
        ],
        at=at,
    )


def password_asked(person: User, *, at: datetime) -> bool:
    """Send somebody a link to choose a new password: at most one a minute. Returns whether a message was written."""
    subject, body = compose("password")
    minute = at.replace(second=0, microsecond=0)
    return tell(
        MessageKind.PASSWORD,
        person,
        at=at,
        key=f"password:{person.pk}:{minute.isoformat()}",
        subject=subject,
        body=body,
    )


# --- What they share -------------------------------------------------------------------------------------


def members(authority_id: int, roles: Iterable[Role], on: date) -> list[tuple[User, Role]]:
    """The people who hold one of these roles at an authority on a day and can sign in. One query."""
    rows = Membership.objects.filter(
        open_on(on),
        authority_id=authority_id,
        role__in=list(roles),
        starts__lte=on,
        person__is_active=True,
    )
    # Two memberships of one role may touch on a day.
    found = {(row.person_id, row.role): (row.person, Role(row.role)) for row in rows.select_related("person")}
    return list(found.values())


def _of_agreement(
    kind: MessageKind,
    name: str,
    roles: Sequence[Role],
    assessment: Assessment,
    by: Actor,
    at: datetime,
    due: date | None,
    **about: Any,
) -> int:
    """One message to everybody who holds one of the roles where the assessment is. Two statements."""
    subject, body = compose(name, by=by.name, assessment=assessment, due=due, **about)
    return write(
        [
            _about(
                assessment,
                kind=kind,
                person=person,
                key=f"{name}:{assessment.pk}:{assessment.version}:{person.pk}",
                subject=subject,
                body=body,
                due=due,
            )
            for person in _people_at(assessment.authority, roles, timezone.localdate(at))
        ],
        at=at,
    )


def _people_at(authority: Authority, roles: Sequence[Role], on: date) -> list[User]:
    """Whoever holds one of the roles for an authority on a day, by the authority or by its region. One query.

    The managers of its region are nobody's whom the authority's own people see: the database names them (migration
    0010).
    """
    here = Membership.objects.filter(open_on(on), authority=authority, role__in=roles, starts__lte=on)
    wanted = Q(pk__in=here.values("person"))
    if set(roles) & REGION_ROLES:
        wanted |= Q(pk__in=RawSQL("SELECT assurance_managers(%s, %s)", [authority.pk, on]))
    return list(User.objects.filter(wanted, is_active=True).order_by("pk"))


def compose(name: str, *, assessment: Assessment | None = None, **about: Any) -> tuple[str, str]:
    """Subject and body from ``templates/mail/<name>.txt``, in the service's own language.

    Text, not markup: nothing is escaped. Names are brought onto one line each, so that none can add a line to the
    message or a header to the e-mail.

    Args:
        assessment: that it is about, with its authority and cycle read.
        about: what else the template names.
    """
    if assessment is not None:
        about |= {
            "authority": assessment.authority.name,
            "cycle": assessment.cycle.name,
            "reference": assessment.reference,
            "assessment_address": address("assessment", assessment.pk),
            "questions_address": address("questions", assessment.pk),
            "proposal_address": address("proposal", assessment.pk),
            "record_address": address("record", assessment.pk),
            "letter_check_address": address("letter-check", assessment.pk),
        }
    values = {key: one_line(value) if isinstance(value, str) else value for key, value in about.items()}
    addresses = {
        "link": LINK,
        "home_address": address("home"),
        "password_address": address("password-reset"),
        "preferences_address": address("preferences"),
    }
    context = Context(values | addresses, autoescape=False)
    with translation.override(settings.LANGUAGE_CODE):
        written = engines["django"].engine.get_template(f"mail/{name}.txt").render(context)  # type: ignore[attr-defined]
    subject, _divider, body = written.partition(DIVIDER)
    paragraphs = re.sub(r"\n{3,}", "\n\n", text.clean(body))
    return one_line(subject)[:LONGEST_SUBJECT], f"{paragraphs}\n"


def one_line(value: str) -> str:
    """A text on one line, without characters that nobody can see."""
    return " ".join(text.clean(value).split())


def address(name: str, *args: Any, **kwargs: Any) -> str:
    """The whole address of a page, for a link in an e-mail."""
    return f"{settings.SITE_URL}{reverse(name, args=args, kwargs=kwargs)}"


def can_wait(note: Note, today: date) -> bool:
    """Whether the weekly digest is soon enough for a message."""
    soon = today + timedelta(days=URGENT_DAYS)
    return note.kind not in NEVER_WAITS and (note.due is None or note.due > soon)


def _about(assessment: Assessment, **fields: Any) -> Note:
    return Note(authority_id=assessment.authority_id, assessment_id=assessment.pk, **fields)


def _insert(rows: Sequence[Message]) -> list[tuple[int, int | None, str]]:
    """Insert what has no conflict of keys, in one statement; the id, authority and state of each that went in.

    ``bulk_create`` cannot say which rows went in when it ignores conflicts, and a look beforehand would leave a gap
    in which somebody else writes the same one. The statement is the one that ``bulk_create`` makes.
    """
    fields = Message._meta.concrete_fields
    given = [field for field in fields if not field.primary_key]
    wanted = [field for field in fields if field.name in ("id", "authority", "state")]
    found = Message.objects.all()._insert(  # type: ignore[attr-defined]
        rows, fields=given, using=connection.alias, returning_fields=wanted, on_conflict=OnConflict.IGNORE
    )
    # A single row that did not go in comes back as None.
    return [row for row in found if row is not None]


def _row(note: Note, at: datetime, today: date) -> Message:
    held = note.person.weekly_digest and can_wait(note, today)
    return Message(
        key=note.key,
        kind=note.kind,
        person=note.person,
        address=note.person.email,
        authority_id=note.authority_id,
        assessment_id=note.assessment_id,
        subject=one_line(note.subject)[:LONGEST_SUBJECT],
        body=note.body,
        state=MessageState.HELD if held else MessageState.WAITING,
        created_at=at,
        not_before=at,
    )
