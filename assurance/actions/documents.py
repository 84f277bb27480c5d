"""Files that a worker makes for somebody: asked for, made, and thrown away after a week."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from assurance import access, ledger, scope, store
from assurance.access import Actor, Forbidden, NotFound, fetch, holds
from assurance.models import Assessment, Document
from assurance.vocabulary import (
    EDITABLE_STATES,
    LETTER_DOCUMENTS,
    Audience,
    DocumentKind,
    EventKind,
    Making,
    Permission,
)

P = Permission
K = DocumentKind

TASKS: Mapping[DocumentKind, str] = {
    K.WORKBOOK_XLSX: "documents.make",
    K.WORKBOOK_ODS: "documents.make",
    K.SUBMISSION: "letters.make_submission",
    K.LETTER_DRAFT: "letters.make_draft",
    K.LETTER_DOCX: "letters.make_draft",
    K.BOARD_SLIDES: "letters.make_board_pack",
    K.BOARD_PDF: "letters.make_board_pack",
}
"""Which task makes which kind. By name, because some are of an app that this one does not know."""

READERS: Mapping[DocumentKind, tuple[Permission, ...]] = {
    K.WORKBOOK_XLSX: (P.READ_DRAFT,),
    K.WORKBOOK_ODS: (P.READ_DRAFT,),
    K.SUBMISSION: (P.READ_DRAFT, P.READ_SUBMITTED),
    K.LETTER_DRAFT: (P.DRAFT_LETTERS, P.APPROVE_LETTERS),
    K.LETTER_DOCX: (P.DRAFT_LETTERS, P.APPROVE_LETTERS),
    K.BOARD_SLIDES: (P.MAKE_BOARD_PACKS,),
    K.BOARD_PDF: (P.MAKE_BOARD_PACKS,),
}
"""Who may have which kind. What is only for reading submitted work shows nothing before it is submitted.

A board pack says what an issued letter says; whether there is one is asked by whoever makes it.
"""

KEPT_FOR = timedelta(days=7)
LOST_AFTER = timedelta(minutes=2)
"""From when on a document that is still waiting is sent to the worker again."""
GIVEN_UP_AFTER = timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Made:
    """A document as it was made: what it is to be called, and its bytes."""

    name: str
    data: bytes


Maker = Callable[[Document, Actor, datetime], Made]
"""Makes a document with the rights that the actor, who asked for it, has at that moment."""


def ask(*, by: Actor, at: datetime, assessment_id: int, kind: DocumentKind, about: str = "") -> Document:
    """Ask for a document, which a worker then makes. Asking again while it is being made asks for the same one.

    Args:
        about: what of the assessment, where it is not the whole; in words of the app whose task makes it.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    with transaction.atomic():
        assessment = fetch(by, READERS[kind], Assessment, pk=assessment_id)
        may_read(by, assessment, kind)
        if by.user is None:
            raise Forbidden(READERS[kind][0])
        waiting = Document.objects.filter(
            assessment=assessment,
            asked_by=by.user,
            kind=kind,
            about=about,
            state=Making.WAITING,
            asked_at__gt=at - LOST_AFTER,
        ).first()
        if waiting is not None:
            return waiting
        document = Document.objects.create(
            authority=assessment.authority,
            assessment=assessment,
            kind=kind,
            about=about,
            asked_by=by.user,
            asked_at=at,
        )
        transaction.on_commit(partial(send, document.kind, document.pk, document.authority_id))
    return document


def send(kind: str, document_id: int, authority_id: int) -> None:
    """Send the task that makes a document."""
    current_app.send_task(TASKS[DocumentKind(kind)], (document_id, authority_id))


def may_read(actor: Actor, assessment: Assessment, kind: str) -> None:
    """Go on only if the actor may have this kind of document at this stage. Raises as ``access.require``."""
    permissions = READERS[DocumentKind(kind)]
    access.require(actor, permissions, assessment)
    if P.READ_SUBMITTED not in permissions:
        return
    is_submitted = assessment.submitted_at is not None and assessment.state not in EDITABLE_STATES
    if not holds(actor, P.READ_DRAFT, assessment) and not is_submitted:
        raise Forbidden(P.READ_SUBMITTED)


def make(*, document_id: int, at: datetime, makers: Mapping[DocumentKind, Maker]) -> Document | None:
    """Make a document that waits. Doing it twice does it once: whoever comes second finds nothing to do.

    Whoever asked for it may have lost the right to read it since; then, or when the making goes wrong, it says so.
    """
    with store.undone_on_error() as kept, transaction.atomic():
        # Without the person's row: signing in writes to it.
        document = Document.objects.select_for_update(of=("self",)).select_related("asked_by").filter(pk=document_id)
        found = document.first()
        if found is None or found.state != Making.WAITING:
            return None
        try:
            # Inside, the scope becomes the person's own; afterwards it is the task's again, whatever they may see.
            with scope.authorities([found.authority_id]):
                made = makers[DocumentKind(found.kind)](found, access.actor_for(found.asked_by), at)
        except (Forbidden, NotFound):
            return failed(found, at, _("You may no longer read this assessment."))
        except Exception:
            log.exception("document %s could not be made", document_id)
            return failed(found, at, _("Something went wrong while it was made. Ask for it again."))
        kept.append(store.keep(store.DOCUMENTS, ContentFile(made.data)))
        finished(found, at, made.name, kept[-1])
    return found


def finished(document: Document, at: datetime, name: str, kept: store.Kept) -> Document:
    """The document is there: write down what it is called and where its bytes are."""
    document.state, document.made_at = Making.READY, at
    document.name, document.path, document.size, document.sha256 = name, kept.path, kept.size, kept.sha256
    document.save(update_fields=["state", "made_at", "name", "path", "size", "sha256"])
    return document


def failed(document: Document, at: datetime, fault: str) -> Document:
    """The document cannot be made: write down why, in words for the person."""
    document.state, document.made_at, document.fault = Making.FAILED, at, fault
    document.save(update_fields=["state", "made_at", "fault"])
    return document


def note_download(*, by: Actor, at: datetime, document: Document) -> None:
    """Write that somebody took a document away."""
    ledger.event(
        EventKind.DOWNLOADED,
        by=by,
        at=at,
        authority=document.authority,
        assessment=document.assessment,
        name=document.kind,
        detail={"document": document.pk, "kind": document.kind},
        audience=Audience.HOME_OFFICE if document.kind in LETTER_DOCUMENTS else Audience.AUTHORITY,
    )


def sweep(at: datetime) -> list[tuple[str, int, int]]:
    """Throw away what is a week old, give up what nobody made, and say what is to be sent again.

    Needs a scope of everything. Returns kind, id and authority of each document that waits.
    """
    with transaction.atomic():
        old = list(Document.objects.select_for_update(skip_locked=True).filter(asked_at__lt=at - KEPT_FOR))
        Document.objects.filter(pk__in=[one.pk for one in old]).delete()
        for one in old:
            transaction.on_commit(partial(store.forget, one.path))
        waiting = Document.objects.filter(state=Making.WAITING)
        waiting.filter(asked_at__lt=at - GIVEN_UP_AFTER).update(
            state=Making.FAILED, made_at=at, fault=_("It could not be made. Ask for it again.")
        )
        lost = waiting.filter(asked_at__lt=at - LOST_AFTER)
        return list(lost.values_list("kind", "pk", "authority_id"))
