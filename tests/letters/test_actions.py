"""The life of a letter: who may do what when, what is frozen, and what nobody can do any more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pypdf
import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from assurance.access import Forbidden, NotFound
from assurance.actions import agreement
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import Event, Review, User
from assurance.vocabulary import EventKind, LetterState, Role, State
from assurance.workflow import Blocked, Moved
from letters import actions
from letters.models import Edition, Letter
from letters.pdf import LetterDefective
from letters.tasks import make_letter_file, sweep
from tests.letters.stages import PARTS, Stages, unsent
from tests.universe import Universe, all_rows, as_actor

Capture = Callable[..., AbstractContextManager[list[Callable[[], Any]]]]


@pytest.fixture
def stages(universe: Universe) -> Stages:
    """Letters about Alder."""
    return Stages(universe)


def approve(stages: Stages, letter: Letter, person: User) -> Letter:
    with as_actor(person) as actor:
        return actions.approve(by=actor, at=stages.universe.at, letter_id=letter.pk, enqueue=unsent)


def moves(letter: Letter, name: str) -> int:
    """How often the letter made this transition."""
    with all_rows():
        return Event.objects.filter(kind=EventKind.LETTER_MOVED, name=name, detail__record=letter.pk).count()


# Drafting


@pytest.mark.parametrize("state", [one for one in State if one not in (State.AGREED, State.WITHDRAWN)])
def test_only_agreed_outcomes_have_a_letter(stages: Stages, state: State) -> None:
    assessment = stages.universe.assessment(state)
    with as_actor(stages.universe.adviser) as adviser, pytest.raises(NotEditable):
        actions.draft_letter(by=adviser, at=stages.universe.at, assessment_id=assessment.pk)
    with all_rows():
        assert not Letter.objects.exists()


def test_a_draft_begins_with_what_is_known(stages: Stages) -> None:
    letter = stages.drafted()
    assert (letter.number, letter.state, letter.drafted_by) == (1, LetterState.DRAFT, stages.universe.adviser)
    assert (letter.addressee_organisation, letter.addressee_name) == ("Alder County Council", "")
    assert (letter.sender_organisation, letter.sender_name) == ("Home Office", "")
    assert stages.edition(letter).wording.code == "outcomes-2024"
    assert letter.authority == stages.universe.alder


@pytest.mark.parametrize("stage", ["drafted", "awaiting", "approved"])
def test_one_letter_at_a_time_is_in_preparation(stages: Stages, stage: str) -> None:
    letter = getattr(stages, stage)()
    with as_actor(stages.universe.adviser) as adviser, pytest.raises(NotEditable):
        actions.draft_letter(by=adviser, at=stages.universe.at, assessment_id=letter.assessment_id)
    with all_rows(), pytest.raises(IntegrityError, match="letter_one_in_preparation"), transaction.atomic():
        Letter.objects.create(
            authority=letter.authority,
            assessment=letter.assessment,
            number=2,
            state_since=stages.universe.at,
        )


def test_without_a_wording_there_is_no_draft(universe: Universe) -> None:
    assessment = universe.assessment(State.AGREED)
    with as_actor(universe.adviser) as adviser, pytest.raises(Unfit, match="No letter wording"):
        actions.draft_letter(by=adviser, at=universe.at, assessment_id=assessment.pk)


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("lead", Forbidden),
        ("viewer", Forbidden),
        ("manager", Forbidden),
        ("signatory", Forbidden),
        ("auditor", Forbidden),
        ("other_adviser", NotFound),
        ("stranger", NotFound),
    ],
)
def test_only_the_adviser_drafts_and_edits(stages: Stages, name: str, refusal: type[Exception]) -> None:
    letter = stages.drafted()
    person = stages.universe.cast[name]
    with as_actor(person) as actor, pytest.raises(refusal):
        actions.draft_letter(by=actor, at=stages.universe.at, assessment_id=letter.assessment_id)
    with pytest.raises(refusal):
        stages.complete(letter, by=person)


def test_a_stale_save_overwrites_nothing(stages: Stages) -> None:
    letter = stages.drafted()
    stages.complete(letter, summary="What the first wrote.")
    with pytest.raises(Stale) as refused:
        stages.complete(letter, summary="What the second wrote.")
    assert refused.value.current.summary == "What the first wrote."
    assert stages.now(letter).summary == "What the first wrote."
    both = stages.complete(stages.now(letter), summary="What both wrote.")
    with all_rows():
        kept = list(both.history.values_list("summary", flat=True))
    assert kept == ["What both wrote.", "What the first wrote.", ""]


@pytest.mark.parametrize("stage", ["awaiting", "approved", "issued"])
def test_only_a_draft_is_edited(stages: Stages, stage: str) -> None:
    letter = getattr(stages, stage)()
    with pytest.raises(NotEditable):
        stages.complete(stages.now(letter), summary="Too late.")
    assert stages.now(letter).summary == PARTS["summary"]


@pytest.mark.parametrize("missing", ["addressee_name", "addressee_organisation", "salutation", "sender_name"])
def test_a_letter_without_its_people_is_not_sent_for_approval(stages: Stages, missing: str) -> None:
    letter = stages.complete(stages.drafted(), **{missing: ""})
    with as_actor(stages.universe.adviser) as adviser, pytest.raises(Blocked):
        actions.send_for_approval(by=adviser, at=stages.universe.at, letter_id=letter.pk)
    assert stages.now(letter).state == LetterState.DRAFT


# Approval


def test_nobody_approves_what_they_drafted(stages: Stages) -> None:
    letter = stages.awaiting()
    adviser = stages.give(stages.universe.adviser, Role.SIGNATORY)
    with pytest.raises(Blocked, match="drafted this letter"):
        approve(stages, letter, adviser)
    assert stages.now(letter).state == LetterState.AWAITING_APPROVAL
    assert stages.edition(letter).content is None
    assert approve(stages, letter, stages.universe.signatory).approved_by == stages.universe.signatory


def test_nobody_approves_what_they_edited(stages: Stages) -> None:
    """A signatory who is an adviser too, and wrote into a colleague's draft."""
    other = stages.give(stages.universe.other_adviser, Role.SIGNATORY)
    stages.give(other, Role.ADVISER, stages.universe.alder)
    letter = stages.drafted()
    letter = stages.awaiting(stages.complete(letter, by=other, summary="Theirs."))
    assert letter.drafted_by == stages.universe.adviser
    with pytest.raises(Blocked, match="drafted this letter"):
        approve(stages, letter, other)
    approve(stages, letter, stages.universe.signatory)


def test_the_database_knows_that_rule_too(stages: Stages) -> None:
    letter = stages.approved()
    with all_rows(), pytest.raises(IntegrityError, match="letter_not_approved_by_drafter"), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(approved_by=stages.universe.adviser)


@pytest.mark.parametrize(
    ("name", "refusal"),
    [("adviser", Forbidden), ("manager", Forbidden), ("administrator", NotFound), ("lead", NotFound)],
)
def test_only_a_signatory_approves(stages: Stages, name: str, refusal: type[Exception]) -> None:
    letter = stages.awaiting()
    with pytest.raises((Forbidden, NotFound)) as refused:
        approve(stages, letter, stages.universe.cast[name])
    assert refused.type in (Forbidden, refusal)
    assert stages.now(letter).state == LetterState.AWAITING_APPROVAL


def test_approval_freezes_what_the_letter_says(stages: Stages) -> None:
    letter = stages.approved()
    frozen = stages.edition(letter)
    with all_rows():
        Review.objects.filter(assessment=letter.assessment_id).update(summary="Changed after approval.")
    make_letter_file(letter.pk, letter.authority_id)
    issued = stages.now(letter)
    assert issued.state == LetterState.ISSUED
    edition = stages.edition(letter)
    assert edition.content == frozen.content
    assert edition.content_digest == frozen.content_digest
    with default_storage.open(edition.file.name) as file:
        printed = "".join(page.extract_text() for page in pypdf.PdfReader(file).pages)
    assert "Summary for benchmark 1." in printed
    assert "Changed after approval." not in printed
    assert issued.letter_date == stages.universe.at.date()
    assert (issued.approved_by, issued.issued_at is not None) == (stages.universe.signatory, True)


def test_a_letter_that_was_approved_or_returned_meanwhile_is_not_approved(stages: Stages) -> None:
    letter = stages.awaiting()
    with as_actor(stages.universe.signatory) as signatory:
        actions.return_letter(by=signatory, at=stages.universe.at, letter_id=letter.pk, reason="The date is wrong.")
    with pytest.raises(Moved):
        approve(stages, letter, stages.universe.signatory)
    assert stages.now(letter).state == LetterState.DRAFT
    approve(stages, stages.awaiting(stages.now(letter)), stages.universe.signatory)
    with pytest.raises(Moved):
        approve(stages, letter, stages.universe.signatory)


def test_a_letter_whose_outcomes_were_reopened_goes_no_further(stages: Stages) -> None:
    letter = stages.awaiting()
    with as_actor(stages.universe.manager) as manager:
        agreement.reopen(
            by=manager, at=stages.universe.at, assessment_id=letter.assessment_id, reason="A summary was swapped."
        )
    with pytest.raises(Blocked, match="no longer agreed"):
        approve(stages, letter, stages.universe.signatory)


# The file


def test_the_task_is_sent_when_the_approval_is_committed(
    stages: Stages, django_capture_on_commit_callbacks: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(make_letter_file, "delay", lambda *ids: sent.append(ids))
    letter = stages.awaiting()
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        approved = stages.approved_from(letter, make_letter_file.send)
        assert sent == []
    assert len(callbacks) == 1
    callbacks[0]()
    assert sent == [(approved.pk, approved.authority_id)]


def test_no_task_is_sent_for_an_approval_that_is_undone(
    stages: Stages, django_capture_on_commit_callbacks: Capture
) -> None:
    letter = stages.awaiting()
    with (
        django_capture_on_commit_callbacks(execute=False) as callbacks,
        pytest.raises(ZeroDivisionError),
        transaction.atomic(),
    ):
        stages.approved_from(letter, make_letter_file.send)
        raise ZeroDivisionError
    assert callbacks == []
    assert stages.now(letter).state == LetterState.AWAITING_APPROVAL


def test_the_task_done_twice_makes_one_file_and_one_issue(stages: Stages) -> None:
    letter = stages.approved()
    make_letter_file(letter.pk, letter.authority_id)
    first, made = stages.now(letter), stages.edition(letter)
    with default_storage.open(made.file.name) as file:
        data = file.read()
    make_letter_file(letter.pk, letter.authority_id)
    second, still = stages.now(letter), stages.edition(letter)
    assert (still.sha256, still.file.name, second.issued_at) == (made.sha256, made.file.name, first.issued_at)
    assert second.version == first.version
    assert moves(letter, "issue") == 1
    with default_storage.open(still.file.name) as file:
        assert file.read() == data
    folder = made.file.name.rpartition("/")[0]
    assert [name for name in default_storage.listdir(folder)[1] if made.sha256 in name] == [f"{made.sha256}.pdf"]


def test_the_task_outside_the_scope_of_the_authority_does_nothing(stages: Stages) -> None:
    letter = stages.approved()
    make_letter_file(letter.pk, stages.universe.birch.pk)
    assert stages.now(letter).state == LetterState.APPROVED


def test_the_sweeper_sends_again_what_a_crash_left_behind(
    stages: Stages, django_capture_on_commit_callbacks: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = stages.approved()
    monkeypatch.setattr(make_letter_file, "delay", lambda *ids: make_letter_file(*ids))
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep() == 1
    assert stages.now(left).state == LetterState.ISSUED
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        assert sweep() == 0
    assert callbacks == []


def test_a_letter_with_a_defect_stays_approved_and_says_why(
    stages: Stages, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Capture
) -> None:
    defect = "summary: a word of 120 characters; 100 are allowed"

    def defective(content: Any, sign: Any) -> None:
        raise LetterDefective([defect])

    letter = stages.approved()
    with monkeypatch.context() as patch:
        patch.setattr(actions, "render", defective)
        make_letter_file(letter.pk, letter.authority_id)
    found = stages.now(letter)
    assert (found.state, found.failure, found.issued_at) == (LetterState.APPROVED, defect, None)
    assert stages.edition(letter).sha256 == ""
    assert moves(letter, "issue") == 0
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        assert sweep() == 0
    assert callbacks == []
    with as_actor(stages.universe.signatory) as signatory:
        actions.withdraw_letter(by=signatory, at=stages.universe.at, letter_id=letter.pk, reason="Too long a word.")
    assert stages.drafted().number == 2


def test_what_could_not_be_made_is_tried_again_when_a_signatory_asks(
    stages: Stages, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, sent = stages.approved(), []
    with as_actor(stages.universe.signatory) as signatory, pytest.raises(NotEditable):
        actions.try_again(by=signatory, at=stages.universe.at, letter_id=letter.pk, enqueue=unsent)
    with monkeypatch.context() as patch:
        patch.setattr(actions, "render", lambda content, sign: (_ for _ in ()).throw(LetterDefective(["No."])))
        make_letter_file(letter.pk, letter.authority_id)
    assert stages.now(letter).failure == "No."
    with as_actor(stages.universe.adviser) as adviser, pytest.raises(Forbidden):
        actions.try_again(by=adviser, at=stages.universe.at, letter_id=letter.pk, enqueue=unsent)
    with as_actor(stages.universe.signatory) as signatory:
        actions.try_again(
            by=signatory, at=stages.universe.at, letter_id=letter.pk, enqueue=lambda *ids: sent.append(ids)
        )
    assert sent == [(letter.pk, letter.authority_id)]
    make_letter_file(letter.pk, letter.authority_id)
    assert stages.now(letter).state == LetterState.ISSUED


# Issued is for ever


def test_an_issued_letter_never_changes(stages: Stages) -> None:
    letter = stages.issued()
    for change in ({"issued_at": None}, {"number": 7}):
        with (
            all_rows(),
            pytest.raises(IntegrityError, match="is issued and can no longer change"),
            transaction.atomic(),
        ):
            Letter.objects.filter(pk=letter.pk).update(**change)
    for change in (
        {"sha256": "0" * 64},
        {"content": {}},
        {"content_digest": "0" * 64},
        {"file": "letters/another.pdf"},
    ):
        with all_rows(), pytest.raises(IntegrityError, match="edition of an issued letter"), transaction.atomic():
            Edition.objects.filter(letter=letter).update(**change)
    with all_rows(), pytest.raises(IntegrityError, match="edition of an issued letter"), transaction.atomic():
        Edition.objects.filter(letter=letter)._raw_delete("default")
    with all_rows(), pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        Letter.objects.filter(pk=letter.pk)._raw_delete("default")


def test_a_correction_takes_the_place_of_the_letter_before(stages: Stages) -> None:
    first = stages.issued()
    said = stages.edition(first)
    second = stages.drafted()
    assert (second.number, second.replaces_id, second.salutation) == (2, first.pk, "Jo")
    assert stages.now(first).state == LetterState.ISSUED
    second = stages.issued(second)
    before = stages.now(first)
    assert (second.state, before.state) == (LetterState.ISSUED, LetterState.SUPERSEDED)
    still, following = stages.edition(first), stages.edition(second)
    assert (still.sha256, still.content) == (said.sha256, said.content)
    assert following.sha256 != said.sha256
    assert following.content["replaces"] == said.content["reference"]
    assert moves(first, "supersede") == 1
    with as_actor(stages.universe.viewer) as viewer:
        found = Letter.objects.get(pk=first.pk)
        assert actions.note_download(by=viewer, at=stages.universe.at, letter=found) is None


def test_a_withdrawn_letter_leaves_room_for_another(stages: Stages) -> None:
    letter = stages.issued()
    made = stages.edition(letter)
    with as_actor(stages.universe.signatory) as signatory:
        actions.withdraw_letter(by=signatory, at=stages.universe.at, letter_id=letter.pk, reason="Wrong council.")
    following = stages.drafted()
    assert (following.number, following.replaces) == (2, None)
    assert stages.edition(letter).sha256 == made.sha256


def test_a_correction_of_a_letter_that_was_withdrawn_meanwhile_is_issued_all_the_same(stages: Stages) -> None:
    first = stages.issued()
    second = stages.drafted()
    with as_actor(stages.universe.signatory) as signatory:
        actions.withdraw_letter(by=signatory, at=stages.universe.at, letter_id=first.pk, reason="Wrong council.")
    assert stages.issued(second).state == LetterState.ISSUED
    assert stages.now(first).state == LetterState.WITHDRAWN
