"""Views taken away as files: asked for, made with the rights of whoever asked, noted for ever, kept for a week.

The note is the log. It is there before the file leaves, says how many rows and of how many authorities, and the
database lets nobody change it. What is short is made at once; the rest by a worker, as documents are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Count, Sum
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from assurance import access, ledger, outbox, scope, store
from assurance.access import Actor, Forbidden, NotFound, require_anywhere, shared_programmes
from assurance.exporting import picture, write_csv, write_ods, write_xlsx
from assurance.exporting.marked import Marked
from assurance.insights.sheet import View
from assurance.models import Cycle, Export, Programme, User
from assurance.queries.exports import LONG, PACKS, VIEWS, check, formats_of, title_of
from assurance.text import number_from
from assurance.vocabulary import EventKind, ExportFormat, Making, Permission

P = Permission
F = ExportFormat

TASK = "exports.make"
TABLE = "table"
"""In the address: which table of the view a CSV file is to hold, from 1. Every other format holds them all."""
MASS = 50
"""Single values of more authorities than this in one file, or in three within an hour, are told to the auditors."""
REPEATED, WITHIN = 3, timedelta(hours=1)
AT_ONCE = 5_000
"""Rows that are written in the web process, in a format that costs little."""
CHEAP = frozenset({F.CSV, F.SVG})
KEPT_FOR = timedelta(days=7)
LOST_AFTER = timedelta(minutes=6)
"""From when on an export that is still waiting is sent again: longer than its task may take."""
GIVEN_UP_AFTER = timedelta(hours=1)
MOST_PARAMS, LONGEST_PARAM = 30, 200
LONGEST_NAME = 100

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class MadeExport:
    """An export as it was made: the end of its file's name and its bytes, and what the log says of it."""

    name: str
    data: bytes
    title: str
    rows: int
    authorities: int


Maker = Callable[[Export, Actor, datetime], MadeExport]
"""Makes an export with the rights that the actor has at that moment. Raises NotFound and Forbidden."""


def ask(*, by: Actor, at: datetime, view: str, params: Mapping[str, str], format: str) -> Export:
    """Ask for a view as a file. Asking again while a worker makes it asks for the same one.

    What is short comes back ready. Ask again when it went wrong: the note of that one stays.

    Args:
        view: its name in the registry.
        params: what the address of its page says.

    Raises:
        NotFound: there is no such view or it has no such format, or the view itself says so.
        Forbidden: the actor takes nothing away, or may not read the view.
    """
    check(by, view, params)
    if format not in formats_of(view):
        raise NotFound
    if by.user is None:
        raise Forbidden(P.EXPORT)
    kept = _params(params)
    with store.undone_on_error() as files, transaction.atomic():
        waiting = Export.objects.filter(
            asked_by=by.user, view=view, params=kept, format=format, state=Making.WAITING, at__gt=at - LOST_AFTER
        ).first()
        if waiting is not None:
            return waiting
        export = Export.objects.create(
            asked_by=by.user,
            asked_by_name=by.name,
            at=at,
            programme=_programme(by, kept),
            view=view,
            params=kept,
            format=format,
        )
        if view in PACKS or view in LONG or format not in CHEAP:
            transaction.on_commit(partial(send, export.pk, view))
            return export
        # Read with the rights of whoever asks, who is here: what they may not have, they are told at once.
        found = VIEWS[view](by, kept, at)
        if found.row_count > AT_ONCE:
            transaction.on_commit(partial(send, export.pk, view))
            return export
        made = written(found, export, by, at)
        files.append(store.keep(store.EXPORTS, ContentFile(made.data)))
        _finish(export, made, files[-1], by, at)
    return export


def export_now(
    *, by: Actor, at: datetime, view: str, params: Mapping[str, str], format: ExportFormat
) -> tuple[Export, bytes]:
    """Make an export here and now, for a command at the console: its note, and its bytes, which are not kept.

    Needs a scope of everything.

    Raises:
        NotFound, Forbidden: as ``ask``.
    """
    require_anywhere(by, P.EXPORT)
    if view not in VIEWS or format not in formats_of(view):
        raise NotFound
    with transaction.atomic():
        kept = _params(params)
        export = Export.objects.create(
            asked_by=by.user,
            asked_by_name=by.name,
            at=at,
            programme=_programme(by, kept),
            view=view,
            params=kept,
            format=format,
        )
        made = written(VIEWS[view](by, kept, at), export, by, at)
        _finish(export, made, None, by, at)
    return export, made.data


def send(export_id: int, view: str) -> None:
    """Send the task that makes an export."""
    current_app.send_task(PACKS.get(view, TASK), (export_id,))


def from_registry(export: Export, actor: Actor, at: datetime) -> MadeExport:
    """A view of the registry as a file. Raises as the view does."""
    return written(VIEWS[export.view](actor, export.params, at), export, actor, at)


def make(*, export_id: int, at: datetime, maker: Maker = from_registry) -> Export | None:
    """Make an export that waits. Doing it twice does it once: whoever comes second finds nothing to do.

    Whoever asked for it may have lost the right to it since; then, or when the making goes wrong, it says so.
    """
    with store.undone_on_error() as files, scope.everything():
        # Without the person's row: signing in writes to it. One that is being made is passed by.
        rows = Export.objects.select_for_update(of=("self",), skip_locked=True).select_related("asked_by", "programme")
        export = rows.filter(pk=export_id, state=Making.WAITING).first()
        if export is None or export.asked_by is None:
            return None
        try:
            # Inside, the scope becomes the person's own; afterwards it is the task's again, whatever they may see.
            with scope.authorities([]):
                actor = access.actor_for(export.asked_by)
                require_anywhere(actor, P.EXPORT)
                made = maker(export, actor, at)
        except (Forbidden, NotFound):
            return _fail(export, at, _("You may no longer read this, or it is no longer there."))
        except Exception:
            log.exception("export %s could not be made", export_id)
            return _fail(export, at, _("Something went wrong while it was made. Ask for it again."))
        files.append(store.keep(store.EXPORTS, ContentFile(made.data)))
        _finish(export, made, files[-1], actor, at)
    return export


def written(view: View, export: Export, by: Actor, at: datetime) -> MadeExport:
    """A view in the format that was asked for.

    Raises:
        NotFound: a picture is asked for and this view has none.
    """
    marked = Marked(view, timezone.localtime(at), by.name, outbox.address("method"))
    kind = F(export.format)
    table = export.params.get(TABLE, "1")
    try:
        data = {
            F.CSV: lambda: write_csv.write(marked, int(table) if table.isascii() and table.isdigit() else 1),
            F.XLSX: lambda: write_xlsx.write(marked),
            F.ODS: lambda: write_ods.write(marked),
            F.SVG: lambda: picture.svg(marked),
            F.PNG: lambda: picture.png(marked),
        }[kind]()
    except picture.NoPicture:
        raise NotFound from None
    return MadeExport(file_name(view.name, kind, at), data, view.title, view.row_count, view.authorities)


def file_name(name: str, kind: ExportFormat, at: datetime) -> str:
    """What a file is called: of what, of which day, and its ending."""
    slug = slugify(f"prevent {name}".replace("/", "-"))[:LONGEST_NAME].strip("-")
    return f"{slug}-{timezone.localdate(at).isoformat()}.{kind.value}"


def sweep(at: datetime) -> list[tuple[int, str]]:
    """Throw away the bytes of what is a week old, give up what nobody made, and say what is to be sent again.

    Needs a scope of everything. The notes stay. Returns id and view of each export that waits.
    """
    with transaction.atomic():
        old = Export.objects.select_for_update(skip_locked=True).filter(at__lt=at - KEPT_FOR).exclude(path="")
        paths = dict(old.values_list("pk", "path"))
        Export.objects.filter(pk__in=paths).update(path="")
        for path in paths.values():
            transaction.on_commit(partial(store.forget, path))
        waiting = Export.objects.filter(state=Making.WAITING)
        waiting.filter(at__lt=at - GIVEN_UP_AFTER).update(
            state=Making.FAILED, made_at=at, fault=_("It could not be made. Ask for it again.")
        )
        return list(waiting.filter(at__lt=at - LOST_AFTER).values_list("pk", "view"))


def note_download(*, by: Actor, at: datetime, export: Export) -> None:
    """Write that the bytes of an export left, be it for the second time."""
    ledger.reference_event(
        EventKind.DOWNLOADED, by=by, at=at, programme=export.programme, name=export.view, detail={"export": export.pk}
    )


def _params(params: Mapping[str, str]) -> dict[str, str]:
    """What an address says, as far as an export keeps it."""
    given = sorted((name, value) for name, value in params.items() if value)
    if len(given) > MOST_PARAMS or any(len(part) > LONGEST_PARAM for pair in given for part in pair):
        raise NotFound
    return dict(given)


def _programme(by: Actor, params: Mapping[str, str]) -> Programme | None:
    """Whose auditors look at it: the programme of the cycle, or the only one in which the actor takes views away."""
    if (number := number_from(params.get("cycle", ""))) is not None:
        # Not of a cycle elsewhere: its auditors would be told of what is not theirs, and the right ones not.
        mine = shared_programmes(by, P.EXPORT).values("pk")
        cycle = Cycle.objects.select_related("programme").filter(pk=number, programme__in=mine).first()
        if cycle is not None:
            return cycle.programme
    reached = list(shared_programmes(by, P.EXPORT)[:2])
    return reached[0] if len(reached) == 1 else None


def _finish(export: Export, made: MadeExport, kept: store.Kept | None, by: Actor, at: datetime) -> None:
    """Note what is in it, write the event, and tell the auditors where it is much."""
    export.state, export.made_at, export.name = Making.READY, at, made.name
    export.title, export.rows, export.authorities = made.title[:400], made.rows, made.authorities
    if kept is not None:
        export.path, export.size, export.sha256 = kept.path, kept.size, kept.sha256
    export.is_mass = _is_mass(export)
    export.save()
    ledger.reference_event(
        EventKind.EXPORTED,
        by=by,
        at=at,
        programme=export.programme,
        name=export.view,
        detail={
            "export": export.pk,
            "format": export.format,
            "rows": export.rows,
            "authorities": export.authorities,
            "mass": export.is_mass,
        },
    )
    if export.is_mass:
        outbox.mass_exported(
            _auditors(export, at),
            at=at,
            by=by.name,
            export_id=export.pk,
            title=str(title_of(export.view)),
            format=str(F(export.format).label),
            rows=made.rows,
            authorities=made.authorities,
            mass=MASS,
        )


def _is_mass(export: Export) -> bool:
    """Whether so much is in it, or in what the same person took within the hour, that the auditors are told."""
    authorities = export.authorities or 0
    if authorities > MASS:
        return True
    if export.asked_by_id is not None:
        # One after the other: files that are made side by side would not see each other.
        User.objects.select_for_update().get(pk=export.asked_by_id)
    before = Export.objects.filter(
        asked_by=export.asked_by,
        asked_by_name=export.asked_by_name,
        state=Making.READY,
        at__gt=export.at - WITHIN,
        authorities__gt=0,
    ).exclude(pk=export.pk)
    found = before.aggregate(count=Count("pk"), sum=Sum("authorities"))
    return bool(authorities) and found["count"] + 1 >= REPEATED and (found["sum"] or 0) + authorities > MASS


def _auditors(export: Export, at: datetime) -> list[User]:
    """Whoever audits the programme, whatever the exporter may see: the database names them (migration 0016)."""
    asked = RawSQL("SELECT assurance_auditors(%s::bigint, %s)", [export.programme_id, timezone.localdate(at)])
    return list(User.objects.filter(pk__in=asked, is_active=True).order_by("pk"))


def _fail(export: Export, at: datetime, fault: str) -> Export:
    export.state, export.made_at, export.fault = Making.FAILED, at, fault
    export.save(update_fields=["state", "made_at", "fault"])
    return export
