"""Issued letters as one zip file, made while it is downloaded: however many letters, the memory stays the same."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from assurance import ledger
from assurance.access import Actor, require_anywhere, visible
from assurance.models import Assessment
from assurance.vocabulary import Audience, EventKind, LetterState, Permission, State
from letters.content import assessment_of, reference
from letters.files import digest_of_file, pieces
from letters.languages import ENGLISH
from letters.models import Edition, Letter

P = Permission
UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
"""What Windows takes in no file name."""
LONGEST_PART = 80
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would work out."""
COLUMNS = (
    "authority",
    "region",
    "cycle",
    "reference",
    "number",
    "issued",
    "language",
    "state",
    "sha256",
    "file",
    "note",
)


@dataclass(frozen=True)
class Entry:
    """A line of the index. ``path`` is where the bytes are kept, ``file`` their name in the zip, "" for none."""

    authority: str
    region: str
    cycle: str
    reference: str = ""
    number: int | None = None
    issued_at: datetime | None = None
    language: str = ""
    state: str = ""
    sha256: str = ""
    path: str = ""
    file: str = ""
    note: str = ""

    @property
    def issued(self) -> str:
        """The day of issue, as spreadsheets sort it."""
        return timezone.localtime(self.issued_at).date().isoformat() if self.issued_at else ""


@dataclass(frozen=True)
class Archive:
    """What goes into a zip file: letters in force, and a line for each that is not there, with the reason."""

    title: str
    name: str
    entries: tuple[Entry, ...]
    assessments: tuple[Assessment, ...] = field(repr=False)


@dataclass(frozen=True)
class Places:
    """Of which cycles and regions the actor can have letters."""

    cycles: tuple[tuple[int, str], ...]
    regions: tuple[str, ...]


def places(actor: Actor) -> Places:
    """The cycles and regions in which letters are in force. One query. Raises Forbidden as :func:`archive`."""
    require_anywhere(actor, P.READ_LETTERS)
    found = set(
        visible(actor, Letter)
        .filter(state=LetterState.ISSUED)
        .order_by()
        .values_list("assessment__cycle", "assessment__cycle__name", "authority__region")
        .distinct()
    )
    cycles = sorted({(pk, name) for pk, name, _region in found}, key=lambda pair: (pair[1], pair[0]), reverse=True)
    return Places(tuple(cycles), tuple(sorted({region for _pk, _name, region in found})))


def archive(actor: Actor, *, cycle_id: int | None, region: str) -> Archive:
    """The letters of a cycle, a region or both, as far as the actor may read them. Three queries.

    Raises:
        Forbidden: the actor reads no letters of the Home Office.
    """
    require_anywhere(actor, P.READ_LETTERS)
    where: dict[str, object] = {"authority__region": region} if region else {}
    narrowed = visible(actor, Assessment).exclude(state=State.WITHDRAWN).select_related("authority", "cycle")
    if cycle_id is not None:
        where["assessment__cycle"] = cycle_id
        narrowed = narrowed.filter(cycle=cycle_id)
    if region:
        narrowed = narrowed.filter(authority__region=region)
    editions = visible(actor, Edition).filter(**{f"letter__{name}": value for name, value in where.items()})
    entries: list[Entry] = []
    taken: set[str] = set()
    assessments: dict[int, Assessment] = {}
    by_letter: dict[int, list[Edition]] = {}
    for edition in editions.select_related("letter").order_by("letter", "-language"):
        by_letter.setdefault(edition.letter_id, []).append(edition)
    letters = visible(actor, Letter).filter(**where).select_related("authority", "assessment__cycle")
    with_letter = set()
    for letter in letters.order_by("authority__name", "assessment__cycle__name", "number", "pk"):
        with_letter.add(letter.assessment_id)
        for edition in by_letter.get(letter.pk, ()):
            entry = _entry(letter, edition, taken)
            entries.append(entry)
            if entry.file:
                assessments[letter.assessment_id] = assessment_of(letter)
    for one in narrowed.exclude(pk__in=with_letter).order_by("authority__name", "cycle__name"):
        place = Entry(one.authority.name, one.authority.region, one.cycle.name)
        entries.append(replace(place, note=_("There is no letter yet.")))
    return _titled(entries, cycle_id, region, tuple(assessments.values()))


def note_taken(*, by: Actor, at: datetime, taken: Archive) -> None:
    """Write on each letter's assessment who took it away, with how many others. One statement."""
    ledger.events(
        EventKind.LETTER_READ,
        taken.assessments,
        by=by,
        at=at,
        name="zip",
        detail={"letters": sum(bool(one.file) for one in taken.entries)},
        audience=Audience.HOME_OFFICE,
    )


def stream(found: Archive) -> Iterator[bytes]:
    """The zip file piece by piece: the letters, then the index, which says what is missing. Reads no row.

    The bytes of each file are compared with its SHA-256 before they go in. What does not match, or is not there, is
    left out, and the index says so.
    """
    language = translation.get_language()
    sink = _Sink()
    told = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as zipped:
        for entry in found.entries:
            fault = _fault(entry)
            told.append(replace(entry, file="", note=fault) if fault else entry)
            if fault or not entry.file:
                continue
            with zipped.open(_info(entry.file, entry.issued_at), "w") as member:
                for piece in pieces(entry.path):
                    member.write(piece)
                    yield sink.take()
        with translation.override(language):
            context = {"title": found.title, "entries": told, "missing": [one for one in told if not one.file]}
            pages = {"index.csv": _csv(told), "index.html": render_to_string("letters/archive_index.html", context)}
        for name, text in pages.items():
            zipped.writestr(_info(name, timezone.now()), text.encode("utf-8-sig" if name.endswith("csv") else "utf-8"))
            yield sink.take()
    yield sink.take()


class _Sink:
    """A file that is only written and never gone back in: what zipfile wrote since the last :meth:`take`."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _entry(letter: Letter, edition: Edition, taken: set[str]) -> Entry:
    entry = Entry(
        authority=letter.authority.name,
        region=letter.authority.region,
        cycle=letter.assessment.cycle.name,
        reference=reference(letter),
        number=letter.number,
        issued_at=letter.issued_at,
        language=edition.language,
        state=letter.get_state_display(),
        sha256=edition.sha256,
    )
    if letter.state == LetterState.ISSUED:
        return replace(entry, path=edition.file.name or "", file=_file_name(entry, taken))
    if letter.state == LetterState.SUPERSEDED:
        return replace(entry, note=_("A later letter takes the place of this one, so it is not included."))
    if letter.state == LetterState.WITHDRAWN:
        return replace(entry, note=_("It was withdrawn, so it is not included."))
    return replace(entry, note=_("It is not issued yet."))


def _file_name(entry: Entry, taken: set[str]) -> str:
    """A name that people understand, that any system takes, and that no other letter in the zip has."""
    parts = [entry.cycle.replace("/", "-"), entry.authority, _("outcome letter"), entry.reference]
    if entry.language != ENGLISH:
        parts.append(entry.language)
    plain = " ".join(" ".join(UNSAFE.sub(" ", part).split())[:LONGEST_PART].strip(" .") for part in parts)
    name, number = f"{plain}.pdf", 1
    while name.casefold() in taken:
        number += 1
        name = f"{plain} ({number}).pdf"
    taken.add(name.casefold())
    return name


def _titled(
    entries: Sequence[Entry], cycle_id: int | None, region: str, assessments: tuple[Assessment, ...]
) -> Archive:
    cycles = {one.cycle for one in entries}
    parts = [*(cycles if cycle_id is not None and len(cycles) == 1 else ()), *([region] if region else ())]
    title = ", ".join([_("Outcome letters"), *parts])
    safe = " ".join(UNSAFE.sub("-", part) for part in (_("Outcome letters"), *parts))
    return Archive(title, f"{safe}.zip", tuple(entries), assessments)


def _fault(entry: Entry) -> str:
    """Why the bytes of a letter that should be there cannot go in, "" when they can."""
    if not entry.file:
        return ""
    try:
        digest = digest_of_file(entry.path)
    except OSError:
        return _("The file is lost. Tell whoever runs the service.")
    if digest != entry.sha256:
        return _("The file is not the one that was issued: its SHA-256 is another. Tell whoever runs the service.")
    return ""


def _info(name: str, at: datetime | None) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, timezone.localtime(at).timetuple()[:6])
    info.external_attr = 0o600 << 16
    return info


def _csv(entries: Sequence[Entry]) -> str:
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(COLUMNS)
    for entry in entries:
        lines.writerow([_cell(getattr(entry, name)) for name in COLUMNS])
    return written.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
