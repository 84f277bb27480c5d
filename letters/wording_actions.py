"""Every write to wording in the browser: a new version, a draft that is saved, publishing, the choice for a cycle."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger, text
from assurance.access import Actor, NotFound, require, require_anywhere
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Cycle
from assurance.vocabulary import EventKind, Permission
from benchmarks.loading import digest_of
from benchmarks.vocabulary import Status
from letters.models import CycleWording, Wording
from letters.wording_parts import Mistake, Tree, mistakes, pending, tidy

LONGEST_VERSION = 40


class Unsound(Exception):
    """The wording cannot be kept, or cannot be published, as it is. ``mistakes`` say why."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(one.message for one in mistakes))


def new_version(*, by: Actor, at: datetime, wording_id: int, version: str) -> Wording:
    """A draft that says what another wording says, under a new version of it.

    Raises:
        Unfit: the version has no name, or one that is taken.
    """
    require_anywhere(by, Permission.EDIT_WORDING)
    version = " ".join(text.clean(version).split())
    if not version or len(version) > LONGEST_VERSION:
        most = {"most": LONGEST_VERSION}
        raise Unfit("version", _("Enter a name for the version, with %(most)s characters or fewer") % most)
    with transaction.atomic():
        before = _locked(wording_id)
        same = Wording.objects.filter(code=before.code, language=before.language, version=version)
        if same.exists():
            raise Unfit("version", _("There is a version of this name already. Choose another name"))
        content = before.content | {"version": version}
        wording = Wording(
            code=before.code,
            language=before.language,
            version=version,
            name=before.name,
            scheme_code=before.scheme_code,
            content=content,
            digest=digest_of(content),
        )
        ledger.save(wording, by=by, at=at, reason="copied")
        _note(wording, "copied", by, at)
    return wording


def save_wording(*, by: Actor, at: datetime, wording_id: int, revision: int, content: Tree) -> Wording:
    """Save a draft. What spans several parts of it may still be wrong; within each part everything holds.

    Args:
        content: the whole of it, made from what stood at ``revision``.

    Raises:
        NotEditable: it is published.
        Stale: somebody saved since.
        Unsound: a part is wrong by itself.
    """
    require_anywhere(by, Permission.EDIT_WORDING)
    with transaction.atomic():
        wording = _draft(wording_id, revision)
        kept = {name: wording.content[name] for name in ("format", "code", "version", "language", "scheme")}
        content = content | kept
        if wrong := mistakes(content):
            raise Unsound(wrong)
        content = tidy(content)
        digest = digest_of(content)
        if digest != wording.digest:
            wording.content, wording.digest, wording.name = content, digest, content["name"]
            wording.revision += 1
            ledger.save(wording, by=by, at=at, reason="saved")
            _note(wording, "saved", by, at)
    return wording


def publish_wording(*, by: Actor, at: datetime, wording_id: int, revision: int) -> Wording:
    """Publish a draft: from now on it can never change.

    Raises:
        NotEditable, Stale: as :func:`save_wording`.
        Unsound: something still stops it.
    """
    require_anywhere(by, Permission.EDIT_WORDING)
    with transaction.atomic():
        wording = _draft(wording_id, revision)
        if wrong := pending(wording.content):
            raise Unsound(wrong)
        wording.status, wording.published_at = Status.PUBLISHED, at
        wording.revision += 1
        ledger.save(wording, by=by, at=at, reason="published")
        _note(wording, "published", by, at)
    return wording


def choose_wording(*, by: Actor, at: datetime, cycle_id: int, language: str, wording_id: int | None, was: int) -> None:
    """Have a cycle's letters in a language use this published wording, or (None) the newest for its scheme.

    Letters that are drafted from now on use it; whoever drafts one can put it into the wording in force.

    Args:
        was: the wording that the page showed as chosen, 0 for none.

    Raises:
        Stale: somebody chose since; ``current`` is the wording that is chosen, or None.
        Unfit: the wording is not published, or is for another scheme or language.
    """
    with transaction.atomic():
        cycle = (
            Cycle.objects.select_for_update(of=("self",))
            .select_related("programme", "scheme_version__scheme")
            .filter(pk=cycle_id)
            .first()
        )
        require(by, Permission.EDIT_WORDING, cycle.programme if cycle else None)
        if cycle is None:
            raise NotFound
        chosen = CycleWording.objects.select_related("wording").filter(cycle=cycle, language=language).first()
        if (chosen.wording_id if chosen else 0) != was:
            raise Stale(chosen.wording if chosen else None)
        if wording_id is None:
            if chosen is not None:
                ledger.delete_many(CycleWording, [chosen], by=by, at=at, reason="newest")
        else:
            fits = Wording.objects.filter(
                pk=wording_id,
                status=Status.PUBLISHED,
                language=language,
                scheme_code=cycle.scheme_version.scheme.code,
            ).first()
            if fits is None:
                raise Unfit(f"wording_{language}", _("Choose a wording that is published for this scheme"))
            chosen = chosen or CycleWording(cycle=cycle, language=language)
            chosen.wording = fits
            ledger.save(chosen, by=by, at=at, reason="chosen")
        if wording_id != (was or None):
            ledger.reference_event(
                EventKind.REFERENCE,
                by=by,
                at=at,
                programme=cycle.programme,
                name="cycle_wording",
                detail={"cycle": str(cycle), "language": language, "wording": wording_id},
            )


def _locked(wording_id: int) -> Wording:
    wording = Wording.objects.select_for_update().filter(pk=wording_id).first()
    if wording is None:
        raise NotFound
    return wording


def _draft(wording_id: int, revision: int) -> Wording:
    wording = _locked(wording_id)
    if wording.status != Status.DRAFT:
        raise NotEditable(wording)
    if wording.revision != revision:
        raise Stale(wording)
    return wording


def _note(wording: Wording, what: str, by: Actor, at: datetime) -> None:
    ledger.reference_event(
        EventKind.REFERENCE, by=by, at=at, name="wording", detail={"wording": str(wording), "what": what}
    )
