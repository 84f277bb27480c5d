"""Reference data and memberships: what all share."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from assurance import ledger
from assurance.access import Actor, require, require_anywhere
from assurance.actions.refusals import Unfit
from assurance.models import Authority, Membership, Partnership, PartnershipMember, Programme, Succession, User
from assurance.text import canonical_email
from assurance.vocabulary import EventKind, Permission, Role
from benchmarks.files import Problem, Refused

LOCAL_AUTHORITIES = ("local-authorities", "Local authorities")
"""Code and name of the programme that the commands take unless another is named."""

REQUIRED = ("gss_code", "name", "type", "nation", "region")
OPTIONAL = ("short_name", "county_gss", "start_date", "end_date", "former_gss_codes")

AuthorityRow = tuple[int, Mapping[str, str]]
"""The line on which an authority stands, and its values by column."""


@dataclass
class Report:
    """What a load did, by GSS code; ``changed`` says which columns."""

    created: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    unchanged: int = 0
    succeeded: int = 0


def programme(code: str, name: str, *, by: Actor, at: datetime) -> Programme:
    """The programme of this code, made if it is not there."""
    require_anywhere(by, Permission.LOAD_REFERENCE)
    found = Programme.objects.filter(code=code).first()
    if found is None:
        found = ledger.save(Programme(code=code, name=name), by=by, at=at)
        ledger.reference_event(EventKind.REFERENCE, by=by, at=at, programme=found, name="programme")
    return found


def load_authorities(path: str | Path, *, by: Actor, at: datetime, programme: Programme) -> Report:
    """Create and update authorities from a CSV file, columns matched by name. Nothing is deleted.

    A former code that is itself a known authority becomes a predecessor.

    Raises:
        Refused: with every row that is wrong; nothing is kept then.
    """
    path = Path(path)
    return put_authorities(_read_rows(path), file=path.name, by=by, at=at, programme=programme)


def put_authorities(
    rows: Sequence[AuthorityRow], *, file: str, by: Actor, at: datetime, programme: Programme
) -> Report:
    """As :func:`load_authorities`, for rows that were read already; ``file`` is what a refusal names."""
    if problems := _faults(rows, file):
        raise Refused(problems)
    require(by, Permission.LOAD_REFERENCE, programme)
    report = Report()
    with transaction.atomic():
        found = {one.gss_code: one for one in Authority.objects.select_for_update().order_by("pk")}
        problems = []
        for line, row in rows:
            authority = found.get(row["gss_code"])
            if authority is not None and authority.programme_id != programme.pk:
                problems.append(Problem(file, line, "gss_code", f"{authority.gss_code} is in another programme"))
                continue
            found[row["gss_code"]] = _put(authority, row, programme, report, by, at)
        for line, row in rows:
            code = row.get("county_gss", "")
            if code and code not in found:
                problems.append(Problem(file, line, "county_gss", f"no authority has the code {code}"))
        if problems:
            raise Refused(problems)
        for _line, row in rows:
            _link(found, row, report, by, at)
        report.unchanged = len(rows) - len(report.created) - len(report.changed)
        if report.created or report.changed or report.succeeded:
            ledger.reference_event(
                EventKind.REFERENCE,
                by=by,
                at=at,
                programme=programme,
                name="authorities",
                detail={"created": len(report.created), "changed": len(report.changed)},
            )
    return report


def add_partnership(
    *, by: Actor, at: datetime, programme: Programme, name: str, gss_codes: list[str], starts: date
) -> Partnership:
    """A partnership of authorities from a day on.

    Raises:
        Unfit: a code is of no authority of the programme.
    """
    require(by, Permission.LOAD_REFERENCE, programme)
    found = list(Authority.objects.filter(programme=programme, gss_code__in=gss_codes))
    if unknown := sorted(set(gss_codes) - {authority.gss_code for authority in found}):
        raise Unfit("gss_codes", f"{programme} has no authority {', '.join(unknown)}")
    with transaction.atomic():
        partnership = ledger.save(Partnership(programme=programme, name=name), by=by, at=at)
        for authority in found:
            member = PartnershipMember(partnership=partnership, authority=authority, starts=starts)
            ledger.save(member, by=by, at=at)
        ledger.reference_event(EventKind.REFERENCE, by=by, at=at, programme=programme, name="partnership")
    return partnership


def add_person(
    *, by: Actor, at: datetime, email: str, name: str, password: str | None, is_hashed: bool = False
) -> User:
    """A person who can sign in; without a password they have to set one by e-mail first.

    Args:
        is_hashed: the password is given as it is kept, so that many people who share one cost one hash.
    """
    require_anywhere(by, Permission.MANAGE_PEOPLE)
    user = User(email=canonical_email(email), name=name)
    if is_hashed and password:
        user.password = password
    else:
        user.set_password(password)
    with transaction.atomic():
        ledger.save(user, by=by, at=at)
        ledger.reference_event(EventKind.MEMBERSHIP, by=by, at=at, name="person", detail={"person": user.pk})
    return user


def add_membership(
    *,
    by: Actor,
    at: datetime,
    person: User,
    role: Role,
    authority: Authority | None = None,
    region: str = "",
    programme: Programme | None = None,
    starts: date,
    ends: date | None = None,
) -> Membership:
    """Give a role, where it holds and from when to when. The database refuses a scope that does not fit the role."""
    place = authority or programme
    if place is None:
        require_anywhere(by, Permission.MANAGE_PEOPLE)
    else:
        require(by, Permission.MANAGE_PEOPLE, place)
    with transaction.atomic():
        membership = Membership(
            person=person,
            role=role,
            authority=authority,
            region=region,
            programme=programme,
            starts=starts,
            ends=ends,
        )
        ledger.save(membership, by=by, at=at)
        ledger.reference_event(
            EventKind.MEMBERSHIP,
            by=by,
            at=at,
            programme=programme or (authority.programme if authority else None),
            name="given",
            detail={"person": person.pk, "role": role, "authority": authority.pk if authority else None},
        )
    return membership


def end_membership(*, by: Actor, at: datetime, membership: Membership, on: date) -> None:
    """End a membership; ``on`` is the first day on which it no longer holds."""
    if membership.authority:
        require(by, Permission.MANAGE_PEOPLE, membership.authority)
    else:
        require_anywhere(by, Permission.MANAGE_PEOPLE)
    with transaction.atomic():
        membership.ends = on
        ledger.save(membership, by=by, at=at)
        ledger.reference_event(EventKind.MEMBERSHIP, by=by, at=at, name="ended", detail={"membership": membership.pk})


def _read_rows(path: Path) -> list[AuthorityRow]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
            if missing:
                raise Refused([Problem(path.name, 1, "columns", f"{', '.join(missing)} is missing")])
            return [
                (reader.line_num, {key: (value or "").strip() for key, value in row.items() if key}) for row in reader
            ]
    except OSError as error:
        raise Refused([Problem(path.name, 0, "", f"cannot be read ({error.strerror})")]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused([Problem(path.name, 0, "", "is not a CSV file in UTF-8")]) from error


def _faults(rows: Sequence[AuthorityRow], file: str) -> list[Problem]:
    """What is wrong with rows by themselves, whatever is in the database."""
    problems = []
    seen: dict[str, int] = {}
    for line, row in rows:
        problems += [Problem(file, line, name, "is empty") for name in REQUIRED if not row[name]]
        if (code := row["gss_code"]) in seen:
            problems.append(Problem(file, line, "gss_code", f"{code} stands on line {seen[code]} already"))
        seen[code] = line
        for name in (*REQUIRED, "short_name", "former_gss_codes"):
            longest: int | None = getattr(Authority._meta.get_field(name), "max_length", None)
            if longest is not None and len(row.get(name, "")) > longest:
                problems.append(Problem(file, line, name, f"is longer than {longest} characters"))
        for name in ("start_date", "end_date"):
            if row.get(name) and _date(row[name]) is None:
                problems.append(Problem(file, line, name, f"{row[name]} is not a date such as 2023-04-01"))
        start, end = _date(row.get("start_date", "")), _date(row.get("end_date", ""))
        if start is not None and end is not None and end <= start:
            problems.append(Problem(file, line, "end_date", f"{end} is not after {start}"))
    return problems


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _put(
    authority: Authority | None,
    row: Mapping[str, str],
    programme: Programme,
    report: Report,
    by: Actor,
    at: datetime,
) -> Authority:
    # A column that the file lacks says nothing; one that is there and empty says that there is none.
    values: dict[str, Any] = {name: row[name] for name in (*REQUIRED, "former_gss_codes") if name in row}
    values |= {name: _date(row[name]) for name in ("start_date", "end_date") if name in row}
    if authority is None or "short_name" in row:
        values["short_name"] = row.get("short_name") or row["name"]
    if authority is None:
        authority = Authority(programme=programme, **values)
        report.created.append(authority.gss_code)
    else:
        changed = [name for name, value in values.items() if getattr(authority, name) != value]
        if not changed:
            return authority
        for name, value in values.items():
            setattr(authority, name, value)
        report.changed[authority.gss_code] = changed
    return ledger.save(authority, by=by, at=at)


def _link(found: Mapping[str, Authority], row: Mapping[str, str], report: Report, by: Actor, at: datetime) -> None:
    authority = found[row["gss_code"]]
    county = found[row["county_gss"]] if row.get("county_gss") else None
    if "county_gss" in row and authority.county_id != (county.pk if county else None):
        authority.county = county
        ledger.save(authority, by=by, at=at)
        if authority.gss_code not in report.created:
            report.changed.setdefault(authority.gss_code, []).append("county_gss")
    for code in row.get("former_gss_codes", "").split():
        former = found.get(code)
        started = authority.start_date
        if former is None or former == authority or started is None:
            continue
        if not Succession.objects.filter(predecessor=former, successor=authority).exists():
            ledger.save(Succession(predecessor=former, successor=authority, date=started), by=by, at=at)
            report.succeeded += 1
