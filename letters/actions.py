"""Every write to a letter: draft, approval, the file, issue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from assurance import ledger, scope, text
from assurance.access import Actor, actor_for, fetch, holds, require, require_anywhere
from assurance.actions.answers import fitting
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.actions.reviews import note_letter
from assurance.case_file import LetterPart
from assurance.models import Assessment
from assurance.vocabulary import Audience, EventKind, LetterState, Permission, State
from assurance.workflow import Blocked, Obstacle, move, perform
from benchmarks.catalogue import scheme_text
from benchmarks.files import Refused, open_source, validate
from benchmarks.loading import Change, digest_of
from benchmarks.vocabulary import Status
from letters import checks
from letters.content import contents_of
from letters.deliveries import announce, note_downloaded
from letters.files import keep
from letters.languages import ENGLISH, languages_of
from letters.models import CycleWording, Edition, Letter, Wording
from letters.pdf import Content, KeyUnusable, LetterDefective, Rendered, render
from letters.pdf.signature import signed
from letters.signing import signing_key
from letters.translation_actions import carry_translations
from letters.wording_format import WordingFile
from letters.workflow import IN_PREPARATION, LETTER

RELATED = ("assessment__cycle", "replaces")

SHORT = (
    "addressee_name",
    "addressee_title",
    "addressee_organisation",
    "salutation",
    "sender_name",
    "sender_title",
    "sender_unit",
    "sender_organisation",
    "sender_email",
)
LINES = ("addressee_address", "sender_address", "cc", "thanks")
"""Fields of one line each, and fields that are lists of lines."""

Enqueue = Callable[[int, int], None]
"""Sends the task that makes the file, given the ids of the letter and of its authority."""


def load_wording(path: str | Path, *, by: Actor, at: datetime, publish: bool) -> tuple[Wording, Change, bool]:
    """Load a wording file as a draft of the version that it names, and publish it if asked.

    Returns:
        The wording, what changed, and whether it was published by this call.

    Raises:
        Refused: the file is wrong, or names a published version whose text is not the same.
    """
    require_anywhere(by, Permission.LOAD_REFERENCE)
    source = open_source(path)
    file = validate(source, WordingFile)
    content = file.model_dump(mode="json")
    digest = digest_of(content)
    values = {"name": file.name, "scheme_code": file.scheme, "content": content, "digest": digest}
    with transaction.atomic():
        named = {"code": file.code, "language": file.language, "version": file.version}
        wording = Wording.objects.select_for_update().filter(**named).first()
        if wording is None:
            wording, change = Wording(**named, **values), Change.CREATED
        elif wording.digest == digest:
            change = Change.UNCHANGED
        elif wording.status == Status.PUBLISHED:
            reason = f"version {file.version} is published with other text; give the new text a new version"
            raise Refused([source.problem(("version",), reason)])
        else:
            change = Change.REPLACED
            wording.revision += 1
            for name, value in values.items():
                setattr(wording, name, value)
        published = publish and wording.status == Status.DRAFT
        if published:
            wording.status, wording.published_at = Status.PUBLISHED, at
        if published or change != Change.UNCHANGED:
            ledger.save(wording, by=by, at=at, reason="loaded")
            ledger.reference_event(EventKind.REFERENCE, by=by, at=at, name="wording", detail={"wording": str(wording)})
    return wording, change, published


def wordings_for(assessment: Assessment) -> list[Wording]:
    """The wordings of an authority's letter, English first: one for each of its languages that has one published.

    It is the one that is chosen for the cycle, or the newest for its scheme. Two queries.

    Raises:
        Unfit: there is none in English.
    """
    languages = languages_of(assessment.authority)
    scheme = scheme_text(assessment.cycle.scheme_version_id).code
    found: dict[str, Wording] = {}
    published = Wording.objects.filter(status=Status.PUBLISHED, language__in=languages, scheme_code=scheme)
    for one in published.order_by("published_at", "id"):
        found[one.language] = one
    chosen = CycleWording.objects.filter(cycle=assessment.cycle_id, language__in=languages).select_related("wording")
    found |= {one.language: one.wording for one in chosen}
    if ENGLISH not in found:
        raise Unfit("wording", _("No letter wording is published for this scheme"))
    return [found[one] for one in languages if one in found]


def draft_letter(*, by: Actor, at: datetime, assessment_id: int, correction_reason: str = "") -> Letter:
    """A draft for an agreed assessment, filled from its wording and from the letter before, if there is one.

    Args:
        correction_reason: what is corrected in the letter in force. Needed where there is one.

    Raises:
        Unfit: no wording is published, or nobody said what is corrected.
        NotEditable: the outcomes are not agreed, or a letter is in preparation already.
    """
    with transaction.atomic():
        assessment = fetch(
            by,
            Permission.DRAFT_LETTERS,
            Assessment,
            lock=("self",),
            related=("cycle__scheme_version__scheme",),
            pk=assessment_id,
        )
        earlier = list(Letter.objects.filter(assessment=assessment).order_by("-number"))
        if assessment.state != State.AGREED or any(one.state in IN_PREPARATION for one in earlier):
            raise NotEditable(assessment)
        letter = _new_letter(assessment, earlier, by, at, reason="draft", correction_reason=correction_reason)
        carry_translations(letter, earlier, by=by, at=at)
        _note(letter, "drafted", by, at)
        _tell(letter, by, at)
    return letter


def may_draft(*, by: Actor, assessment: Assessment) -> None:
    """Go on only if the actor drafts this authority's letters. Raises as ``access.require``."""
    require(by, Permission.DRAFT_LETTERS, assessment)


def draft_from_case(case: LetterPart, assessment: Assessment, *, by: Actor, at: datetime) -> Letter:
    """The letter of an imported case as a draft with the case's own people, copies and summary. Idempotent."""
    require(by, Permission.IMPORT_HISTORY, assessment.authority.programme)
    with transaction.atomic():
        found = Letter.objects.select_related("authority", *RELATED).filter(assessment=assessment).first()
        if found is not None:
            return found
        letter = _new_letter(assessment, [], by, at, reason="imported")
        letter.letter_date = case.date
        letter.addressee_name = case.addressee.name
        letter.addressee_title = case.addressee.title
        letter.addressee_organisation = case.addressee.organisation
        letter.addressee_address = case.addressee.address
        letter.salutation = case.salutation
        letter.sender_name = case.signatory.name
        letter.sender_title = case.signatory.title
        letter.sender_unit = case.signatory.unit
        letter.sender_organisation = case.signatory.organisation
        letter.sender_address = case.signatory.address
        letter.sender_email = case.signatory.email
        letter.cc, letter.thanks, letter.summary = case.cc, case.thanks, case.summary
        ledger.save(letter, by=by, at=at, reason="imported")
        _note(letter, "imported", by, at)
        _tell(letter, by, at)
    return letter


def save_letter(*, by: Actor, at: datetime, letter_id: int, version: int, values: Mapping[str, Any]) -> Letter:
    """Save the draft: addressee, sender, copies, thanks and covering summary.

    Args:
        values: by field name, as ``SHORT`` and ``LINES`` name them, ``letter_date`` and ``summary``.

    Raises:
        Stale: somebody saved since.
        NotEditable: it is no longer a draft.
        Unfit: a text does not fit.
    """
    with transaction.atomic():
        letter = fetch(by, Permission.DRAFT_LETTERS, Letter, lock=("self",), related=("assessment",), pk=letter_id)
        if letter.state != LetterState.DRAFT:
            raise NotEditable(letter)
        if letter.version != version:
            raise Stale(letter)
        for name in SHORT:
            setattr(letter, name, fitting(values[name], name, longest=200))
        for name in LINES:
            setattr(letter, name, _lines(values[name], name))
        letter.letter_date = values["letter_date"]
        letter.summary = fitting(values["summary"], "summary")
        letter.version += 1
        ledger.save(letter, by=by, at=at, reason="draft")
        _note(letter, "saved", by, at)
    return letter


def send_for_approval(*, by: Actor, at: datetime, letter_id: int, version: int | None = None) -> Letter:
    """Give the letter to the signatories."""
    return _move(letter_id, "send_for_approval", by=by, at=at, version=version)


def send_for_check(
    *, by: Actor, at: datetime, letter_id: int, until: date | None = None, version: int | None = None
) -> Letter:
    """Show the draft to the authority, as it stands now, to point out errors of fact until a day.

    Args:
        until: the last day; None for ten working days.

    Raises:
        Unfit: the day is not in the future, or too far.
    """
    today = timezone.localdate(at)
    last = checks.fitting_until(until or checks.usual_until(today), today)

    def show(letter: Letter) -> None:
        checks.open_round(letter, contents_of(letter, today), until=last, by=by, at=at)
        _tell(letter, by, at, **checks.dates(today, last))

    return perform(LETTER, letter_id, "send_for_check", by=by, at=at, version=version, then=show)


def end_check(*, by: Actor, at: datetime, letter_id: int, version: int | None = None) -> Letter:
    """Take the draft back from the authority, to change it."""
    return _move(letter_id, "end_check", by=by, at=at, version=version)


def return_letter(*, by: Actor, at: datetime, letter_id: int, reason: str, version: int | None = None) -> Letter:
    """Give the letter back to the adviser, with a reason."""
    given = {"reason": fitting(reason, "reason")}
    return _move(letter_id, "return", by=by, at=at, version=version, given=given)


def withdraw_letter(*, by: Actor, at: datetime, letter_id: int, reason: str, version: int | None = None) -> Letter:
    """Withdraw a letter. If it was issued, everybody who could read it sees that it is withdrawn."""
    given = {"reason": fitting(reason, "reason")}
    return _move(letter_id, "withdraw", by=by, at=at, version=version, given=given)


def approve(*, by: Actor, at: datetime, letter_id: int, enqueue: Enqueue, version: int | None = None) -> Letter:
    """Approve and ask for issue: the content is frozen now, the file is made by a task, and then it is issued.

    Args:
        enqueue: sends the task that makes the file once the transaction is committed.
    """

    def freeze(letter: Letter) -> None:
        try:
            contents = contents_of(letter, timezone.localdate(at))
        except ValueError as error:
            message = _("The letter cannot be put together from its wording and what was entered")
            raise Blocked([Obstacle(message)]) from error
        for edition, content in contents:
            edition.content, edition.content_digest = content.frozen(), content.digest()
            ledger.save(edition, by=by, at=at, reason="approve")
            letter.letter_date = content.date
        letter.approved_by, letter.approved_at = by.user, at
        letter.issue_requested_by, letter.issue_requested_at = by.user, at

    with transaction.atomic():
        letter = (
            Letter.objects.select_related("authority", *RELATED)
            .select_for_update(of=("self",))
            .filter(pk=letter_id)
            .first()
        )
        require(by, LETTER.row("approve").permissions, letter)
        if letter is not None and letter.state == LetterState.AWAITING_APPROVAL:
            freeze(letter)
        letter = move(LETTER, letter, "approve", by=by, at=at, version=version, then=lambda one: _tell(one, by, at))
        enqueue(letter.pk, letter.authority_id)
    return letter


def make_file(*, letter_id: int, at: datetime) -> Letter | None:
    """Set an approved letter as PDF, sign it, keep its bytes, and issue it as the signatory asked. Idempotent.

    Where a key is set, no letter is issued without a signature. Called by the task, inside the scope of the letter's
    authority.

    Returns:
        The letter; None when there is nothing to do.
    """
    with transaction.atomic():
        waiting = _waiting(letter_id)
        if waiting is None:
            return None
        letter, signatory = waiting
        if not holds(signatory, Permission.APPROVE_LETTERS, letter):
            with scope.authorities([letter.authority_id]):
                return _refused(letter, _("The person who approved it may no longer issue letters"), signatory, at)
        try:
            key = signing_key(timezone.now())
            sign = partial(signed, key=key) if key else None
            made = [(one, render(Content.model_validate(one.content), sign)) for one in letter.editions.all()]
            with transaction.atomic():
                for edition, rendered in made:
                    store(edition, rendered)
                    edition.signed_by = key.name if key else ""
                    ledger.save(edition, by=signatory, at=at, reason="file")
                _issue(letter, signatory, at)
        except KeyUnusable as unusable:
            return _refused(letter, _("It could not be signed. %(why)s") % {"why": unusable}, signatory, at)
        except LetterDefective as defective:
            return _refused(letter, "\n".join(defective.defects), signatory, at)
        except Blocked as blocked:
            letter.refresh_from_db()
            return _refused(letter, "\n".join(one.message for one in blocked.obstacles), signatory, at)
    return letter


def try_again(*, by: Actor, at: datetime, letter_id: int, enqueue: Enqueue) -> Letter:
    """Ask once more for the file of an approved letter that could not be made, as when the key was not to be had.

    Raises:
        NotEditable: it is not an approved letter that failed.
    """
    with transaction.atomic():
        related = ("assessment__cycle",)
        letter = fetch(by, Permission.APPROVE_LETTERS, Letter, lock=("self",), related=related, pk=letter_id)
        if letter.state != LetterState.APPROVED or not letter.failure:
            raise NotEditable(letter)
        letter.failure = ""
        ledger.save(letter, by=by, at=at, reason="again")
        _note(letter, "again", by, at)
        enqueue(letter.pk, letter.authority_id)
    return letter


def give_up_file(*, letter_id: int, at: datetime) -> Letter | None:
    """Leave an approved letter without its file, because making it took too long. Returns as :func:`make_file`."""
    with transaction.atomic():
        waiting = _waiting(letter_id)
        if waiting is None:
            return None
        letter, signatory = waiting
        why = _("It took too long. Make the longest texts shorter, or ask for help")
        return _refused(letter, why, signatory, at)


def _waiting(letter_id: int) -> tuple[Letter, Actor] | None:
    """An approved letter without its file, locked with its assessment, and who approved it; None if it is none."""
    letter = (
        Letter.objects.select_related("authority", "issue_requested_by", *RELATED)
        .select_for_update(of=("self", "assessment"))
        .filter(pk=letter_id, state=LetterState.APPROVED)
        .first()
    )
    if letter is None or letter.issue_requested_by is None or letter.failure:
        return None
    return letter, actor_for(letter.issue_requested_by)


def _refused(letter: Letter, why: str, signatory: Actor, at: datetime) -> Letter:
    """Leave the letter approved, with the reason in words: somebody has to decide, and trying again would not help."""
    letter.failure = why
    return ledger.save(letter, by=signatory, at=at, reason="not issued")


def store(edition: Edition, rendered: Rendered) -> None:
    """Keep the bytes under their own digest, and note the digest on the edition. Does not save the edition."""
    name = f"letters/{rendered.sha256[:2]}/{rendered.sha256}.pdf"
    edition.file.name = keep(name, rendered.pdf, rendered.sha256)
    edition.sha256 = rendered.sha256
    edition.pages = rendered.pages


def note_download(*, by: Actor, at: datetime, letter: Letter) -> None:
    """Write who read the letter."""
    _note(letter, "downloaded", by, at, kind=EventKind.LETTER_READ)
    note_downloaded(by=by, at=at, letter=letter)


def _issue(letter: Letter, signatory: Actor, at: datetime) -> None:
    """Issue in the name of the signatory who approved it, with the rights that they hold now."""
    # One that was withdrawn meanwhile has been taken out of force already.
    if letter.replaces is not None and letter.replaces.state == LetterState.ISSUED:
        perform(LETTER, letter.replaces.pk, "supersede", by=signatory, at=at)
    move(LETTER, letter, "issue", by=signatory, at=at, changes={"issued_at": at})
    _tell(letter, signatory, at)
    announce(letter, by=signatory, at=at)


def _move(letter_id: int, name: str, *, by: Actor, at: datetime, **options: Any) -> Letter:
    """Make a movement of a letter that ends its accuracy check, if one goes on, and tell its assessment."""

    def follow(letter: Letter) -> None:
        checks.close_round(letter, by=by, at=at)
        _tell(letter, by, at)

    return perform(LETTER, letter_id, name, by=by, at=at, then=follow, **options)


def _tell(letter: Letter, by: Actor, at: datetime, **more: Any) -> None:
    """Have the assessment know how far its newest letter is, and since when one is in force.

    Args:
        more: what else it is to know; without it, no accuracy check waits for the authority.
    """
    # Only the newest letter moves, but for one that is withdrawn: then the others say what is left.
    changes: dict[str, Any] = {"letter_state": letter.state}
    if letter.state == LetterState.ISSUED:
        changes["letter_issued_at"] = letter.issued_at
    elif letter.state == LetterState.WITHDRAWN:
        known = Letter.objects.filter(assessment=letter.assessment_id).exclude(state=LetterState.WITHDRAWN)
        found = list(known.order_by("-number").values_list("state", "issued_at"))
        in_force = [issued_at for state, issued_at in found if state == LetterState.ISSUED]
        changes = {"letter_state": found[0][0] if found else "", "letter_issued_at": in_force[0] if in_force else None}
    note_letter(letter.assessment_id, changes | checks.dates(None, None) | more, by=by, at=at)


def _new_letter(
    assessment: Assessment,
    earlier: Sequence[Letter],
    by: Actor,
    at: datetime,
    *,
    reason: str,
    correction_reason: str = "",
) -> Letter:
    """A draft after ``earlier`` letters, newest first: it replaces the one in force, and begins as the newest.

    Raises:
        Unfit: no wording is published, or nobody said what is corrected.
    """
    replaced = next((one for one in earlier if one.state == LetterState.ISSUED), None)
    corrected = fitting(correction_reason, "correction_reason", longest=text.REASON) if replaced else ""
    if replaced and not corrected:
        raise Unfit("correction_reason", _("Enter what is corrected"))
    wordings = wordings_for(assessment)
    letter = Letter(
        authority=assessment.authority,
        assessment=assessment,
        number=earlier[0].number + 1 if earlier else 1,
        replaces=replaced,
        correction_reason=corrected,
        state_since=at,
        drafted_by=by.user,
    )
    if earlier:
        for name in (*SHORT, *LINES, "summary"):
            setattr(letter, name, getattr(earlier[0], name))
    else:
        sender = WordingFile.model_validate(wordings[0].content).defaults.sender
        letter.addressee_organisation = assessment.authority.name
        letter.sender_title, letter.sender_unit = sender.title, sender.unit
        letter.sender_organisation, letter.sender_email = sender.organisation, sender.email
        letter.sender_address = list(sender.address)
    ledger.save(letter, by=by, at=at, reason=reason)
    for wording in wordings:
        edition = Edition(authority=letter.authority, letter=letter, language=wording.language, wording=wording)
        ledger.save(edition, by=by, at=at, reason=reason)
    return letter


def _lines(values: Sequence[str], name: str) -> list[str]:
    return [kept for one in values if (kept := fitting(one, name, longest=200))]


def _note(letter: Letter, name: str, by: Actor, at: datetime, kind: EventKind = EventKind.LETTER_SAVED) -> None:
    ledger.event(
        kind,
        by=by,
        at=at,
        authority=letter.authority,
        assessment=letter.assessment,
        name=name,
        detail={"record": letter.pk, "number": letter.number},
        audience=Audience.HOME_OFFICE if kind == EventKind.LETTER_SAVED else Audience.BOTH,
    )
