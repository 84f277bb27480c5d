"""The signatories' queue, and letters that are approved and issued in bulk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assurance import scope
from assurance.access import Forbidden, NotFound
from assurance.models import Event, Message, User
from assurance.vocabulary import BatchKind, BatchState, EventKind, ItemState, LetterState, Role
from letters import actions, approval, batches, progress
from letters.models import Batch, BatchItem, Letter, LetterDelivery
from letters.pdf import LetterDefective
from letters.tasks import do_item
from tests.letters.stages import Stages
from tests.universe import Universe, all_rows, as_actor

Sent = list[tuple[str, tuple[int, ...]]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What is sent to the broker, which these tests have none of their own of."""
    found: Sent = []
    monkeypatch.setattr(
        batches.current_app, "send_task", lambda name, args, **options: found.append((name, tuple(args)))
    )
    return found


@pytest.fixture
def three(universe: Universe) -> list[Letter]:
    """A letter to each authority, awaiting approval."""
    return [universe.letter(LetterState.AWAITING_APPROVAL, authority=one) for one in universe.authorities]


def begin(universe: Universe, letters: list[Letter], by: User | None = None, **options: Any) -> Batch:
    with as_actor(by or universe.signatory) as actor:
        return batches.start(
            **{
                "by": actor,
                "at": timezone.now(),
                "key": uuid4(),
                "kind": BatchKind.APPROVE,
                "chosen": [(one.pk, one.version) for one in letters],
                "title": "All of them",
            }
            | options
        )


def items(batch: Batch) -> list[BatchItem]:
    with all_rows():
        return list(BatchItem.objects.filter(batch=batch).order_by("pk"))


def run(batch: Batch) -> list[tuple[str, str]]:
    """Do every item as a worker does, and say what became of each."""
    for one in items(batch):
        do_item(one.pk, one.authority_id)
    return [(one.state, one.words) for one in items(batch)]


def now(letter: Letter) -> Letter:
    with all_rows():
        return Letter.objects.get(pk=letter.pk)


# A batch


def test_a_batch_approves_and_issues_each_letter_once(universe: Universe, three: list[Letter], sent: Sent) -> None:
    batch = begin(universe, three)
    assert run(batch) == [(ItemState.DONE, "")] * 3
    assert run(batch) == [(ItemState.DONE, "")] * 3
    with all_rows():
        assert {one.state for one in Letter.objects.all()} == {LetterState.ISSUED}
        assert {one.approved_by for one in Letter.objects.all()} == {universe.signatory}
        for name in ("approve", "issue"):
            assert Event.objects.filter(kind=EventKind.LETTER_MOVED, name=name).count() == 3
        assert Message.objects.filter(kind="letter").count() == LetterDelivery.objects.count() == 4


def test_beginning_costs_as_much_for_many_as_for_few(universe: Universe, three: list[Letter], sent: Sent) -> None:
    counts = []
    for some in (three[:1], three):
        with (
            as_actor(universe.signatory) as actor,
            CaptureQueriesContext(
                connection,
            ) as captured,
        ):
            batches.start(
                by=actor, at=universe.at, key=uuid4(), kind=BatchKind.CHECK,
                chosen=[(one.pk, one.version) for one in some], title="Some",
            )  # fmt: skip
        counts.append(len(captured))
    assert counts[0] == counts[1]


MOST_STATEMENTS = 50
"""Of a letter from its approval to its e-mails, with history and events; most are for what it says."""


def test_a_letter_costs_the_same_in_a_batch_of_one_and_of_three(
    universe: Universe, three: list[Letter], sent: Sent
) -> None:
    counts = []
    for some in (three[:1], three[1:]):
        item = items(begin(universe, some))[0]
        with CaptureQueriesContext(connection) as captured:
            do_item(item.pk, item.authority_id)
        assert items(item.batch)[0].state == ItemState.DONE
        counts.append(sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in captured))
    assert max(counts) <= MOST_STATEMENTS, counts
    # Birch's lead has no viewer beside them: one person fewer to be told, in as many statements.
    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_the_broker_is_told_once_and_gets_a_few_at_a_time(
    universe: Universe, three: list[Letter], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many letters: one message in the request, then a window of items, and each gives the next one out."""
    monkeypatch.setattr(batches, "WINDOW", 2)
    batch = begin(universe, three)
    first, second, third = items(batch)
    assert sent == [(batches.DISPATCH_TASK, (batch.pk,))]
    sent.clear()
    assert batches.dispatch(batch_id=batch.pk, at=timezone.now()) == 2
    assert batches.dispatch(batch_id=batch.pk, at=timezone.now()) == 0
    assert sent == [(batches.ITEM_TASK, (one.pk, one.authority_id)) for one in (first, second)]
    sent.clear()
    do_item(second.pk, second.authority_id)
    assert [one for one in sent if one[0] != "mail.send"] == [(batches.ITEM_TASK, (third.pk, third.authority_id))]


def test_a_form_that_is_sent_twice_begins_one_batch(universe: Universe, three: list[Letter], sent: Sent) -> None:
    key = UUID(int=7)
    assert begin(universe, three, key=key).pk == begin(universe, three, key=key).pk
    with all_rows():
        assert (Batch.objects.count(), BatchItem.objects.count()) == (1, 3)


@pytest.mark.parametrize("name", ["lead", "viewer", "adviser", "manager", "administrator", "auditor", "stranger"])
def test_only_signatories_begin_batches(universe: Universe, three: list[Letter], sent: Sent, name: str) -> None:
    with pytest.raises(Forbidden):
        begin(universe, three, by=universe.cast[name])


def test_what_the_signatory_drafted_is_left_out_in_words(universe: Universe, sent: Sent) -> None:
    stages = Stages(universe)
    both = stages.give(universe.adviser, Role.SIGNATORY)
    letter = stages.awaiting()
    batch = begin(universe, [letter], by=both)
    assert run(batch) == [(ItemState.SKIPPED, "You drafted this letter, so somebody else has to approve it")]
    assert now(letter).state == LetterState.AWAITING_APPROVAL


def test_a_letter_that_was_changed_since_is_left_out(universe: Universe, three: list[Letter], sent: Sent) -> None:
    """And so is one that a colleague approved meanwhile: nobody signs what they did not see."""
    batch = begin(universe, three)
    with as_actor(universe.signatory) as signatory:
        actions.return_letter(by=signatory, at=universe.at, letter_id=three[0].pk, reason="A typo.")
        actions.return_letter(by=signatory, at=universe.at, letter_id=three[1].pk, reason="A typo.")
    with as_actor(universe.other_adviser) as adviser:
        actions.send_for_approval(by=adviser, at=universe.at, letter_id=three[1].pk)
    found = run(batch)
    assert found[0] == (ItemState.SKIPPED, "It no longer awaits approval. It is now: Draft.")
    assert found[1] == (ItemState.SKIPPED, "It was changed after you had chosen it. Read it again.")
    assert found[2] == (ItemState.DONE, "")


def test_rights_are_asked_when_the_letter_is_done(universe: Universe, three: list[Letter], sent: Sent) -> None:
    batch = begin(universe, three[:1])
    with all_rows():
        universe.signatory.is_active = False
        universe.signatory.save()
    assert run(batch) == [(ItemState.SKIPPED, "You may not do this to this letter any more.")]
    assert now(three[0]).state == LetterState.AWAITING_APPROVAL


def broken_render(*_: Any) -> Any:
    raise LetterDefective(["Annex A runs over the edge of the page."])


def test_a_letter_that_cannot_be_printed_stays_as_it_was_and_can_be_tried_again(
    universe: Universe, three: list[Letter], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(universe, three[:2])
    with monkeypatch.context() as patch:
        patch.setattr(actions, "render", broken_render)
        assert run(batch) == [(ItemState.FAILED, "Annex A runs over the edge of the page.")] * 2
    before = now(three[0])
    assert (before.state, before.version, before.failure) == (LetterState.AWAITING_APPROVAL, three[0].version, "")
    one, _other = items(batch)
    with as_actor(universe.signatory) as signatory:
        assert batches.retry(by=signatory, at=universe.at, batch_id=batch.pk, item_id=one.pk) == 1
    assert [state for state, _words in run(batch)] == [ItemState.DONE, ItemState.FAILED]
    with as_actor(universe.signatory) as signatory:
        assert batches.retry(by=signatory, at=universe.at, batch_id=batch.pk) == 1
        assert batches.retry(by=signatory, at=universe.at, batch_id=batch.pk) == 0
    assert [state for state, _words in run(batch)] == [ItemState.DONE, ItemState.DONE]


def test_what_nobody_expected_is_said_and_changes_nothing(
    universe: Universe, three: list[Letter], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise OSError("no space left")

    batch = begin(universe, three[:1])
    monkeypatch.setattr(actions, "keep", full)
    assert [state for state, _words in run(batch)] == [ItemState.FAILED]
    assert now(three[0]).state == LetterState.AWAITING_APPROVAL


def test_a_database_that_goes_away_leaves_the_letter_waiting(
    universe: Universe, three: list[Letter], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> Any:
        raise OperationalError("gone")

    batch = begin(universe, three[:1])
    (item,) = items(batch)
    with monkeypatch.context() as patch:
        patch.setattr(actions, "render", away)
        with pytest.raises(OperationalError):
            do_item(item.pk, item.authority_id)
    assert items(batch)[0].state == ItemState.WAITING
    assert run(batch) == [(ItemState.DONE, "")]


def test_checking_prints_and_keeps_nothing(
    universe: Universe, three: list[Letter], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(universe, three[:1], kind=BatchKind.CHECK)
    assert run(batch) == [(ItemState.DONE, "")]
    after = now(three[0])
    assert (after.state, after.version) == (LetterState.AWAITING_APPROVAL, three[0].version)
    failing = begin(universe, three[:1], kind=BatchKind.CHECK)
    monkeypatch.setattr(batches, "render", broken_render)
    assert run(failing) == [(ItemState.FAILED, "Annex A runs over the edge of the page.")]


def test_stopping_leaves_what_waits(universe: Universe, three: list[Letter], sent: Sent) -> None:
    batch = begin(universe, three)
    first = items(batch)[0]
    do_item(first.pk, first.authority_id)
    with as_actor(universe.signatory) as signatory:
        batches.stop(by=signatory, at=universe.at, batch_id=batch.pk)
    assert [state for state, _words in run(batch)] == [ItemState.DONE, ItemState.WAITING, ItemState.WAITING]
    assert batches.unfinished() == []
    assert batches.dispatch(batch_id=batch.pk, at=timezone.now()) == 0
    with as_actor(universe.signatory) as signatory:
        batches.go_on(by=signatory, at=universe.at, batch_id=batch.pk)
    assert [state for state, _words in run(batch)] == [ItemState.DONE] * 3


@pytest.mark.parametrize("name", ["auditor", "manager", "adviser"])
def test_only_whoever_asked_stops_it_or_tries_it_again(
    universe: Universe, three: list[Letter], sent: Sent, name: str
) -> None:
    batch = begin(universe, three)
    for act in (batches.stop, batches.go_on, batches.retry):
        with as_actor(universe.cast[name]) as actor, pytest.raises(NotFound):
            act(by=actor, at=universe.at, batch_id=batch.pk)


# Lost and found


def test_the_sweeper_gives_out_what_was_lost(universe: Universe, three: list[Letter], sent: Sent) -> None:
    batch = begin(universe, three)
    start = timezone.now()
    assert batches.unfinished() == [batch.pk]
    assert batches.dispatch(batch_id=batch.pk, at=start) == 3
    assert batches.dispatch(batch_id=batch.pk, at=start + timedelta(seconds=60)) == 0
    assert batches.dispatch(batch_id=batch.pk, at=start + batches.LOST_AFTER) == 3
    assert [one.attempts for one in items(batch)] == [2, 2, 2]
    run(batch)
    assert batches.unfinished() == []


def test_an_item_that_ends_every_worker_is_set_aside(
    universe: Universe, three: list[Letter], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "MOST_ATTEMPTS", 2)
    batch = begin(universe, three[:1])
    moment = timezone.now()
    for _attempt in range(3):
        batches.dispatch(batch_id=batch.pk, at=moment)
        moment += batches.LOST_AFTER
    (item,) = items(batch)
    assert item.state == ItemState.FAILED
    assert "begun 2 times" in item.words


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_letter_do_it_once(universe: Universe, three: list[Letter], sent: Sent) -> None:
    """The second finds the row held and goes away; it does not wait to do it again."""
    batch = begin(universe, three[:1])
    (item,) = items(batch)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT set_config('assurance.everything', 'on', true)")
            cursor.execute("SELECT id FROM letters_batchitem WHERE id = %s FOR UPDATE", [item.pk])
        do_item(item.pk, item.authority_id)
        assert items(batch)[0].state == ItemState.WAITING
        other.rollback()
    finally:
        other.close()
    assert run(batch) == [(ItemState.DONE, "")]


def test_half_a_file_is_written_again(universe: Universe, three: list[Letter], sent: Sent) -> None:
    """A worker that is killed while it writes leaves half a file under the name of the whole."""
    name = "letters/ab/half.pdf"
    digest = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
    path = actions.keep(name, b"f", digest)
    assert actions.keep(name, b"foo", digest) == path
    with default_storage.open(path) as file:
        assert file.read() == b"foo"
    default_storage.delete(path)


# Who sees what


@pytest.mark.parametrize(
    ("name", "sees"), [("signatory", True), ("auditor", True), ("manager", False), ("adviser", False)]
)
def test_a_batch_is_shown_to_whoever_asked_and_to_national_readers(
    universe: Universe, three: list[Letter], sent: Sent, name: str, sees: bool
) -> None:
    """By the policy, and by the database without it."""
    batch = begin(universe, three)
    with as_actor(universe.cast[name]) as actor:
        assert Batch.objects.filter(pk=batch.pk).exists() == sees
        assert bool(progress.batches(actor, 1)[1]) == sees
        if sees:
            page = progress.batch_page(actor, batch.pk, 1)
            assert (page.counts.waiting, page.counts.total, page.is_own) == (3, 3, name == "signatory")
        else:
            with pytest.raises(NotFound):
                progress.batch_page(actor, batch.pk, 1)


# The queue


def queue_of(user: User, **filters: Any) -> approval.Queue:
    with as_actor(user) as actor:
        return approval.queue(actor, approval.Filters(**filters), 1)


def test_the_queue_says_what_a_signatory_wants_to_know(universe: Universe, three: list[Letter]) -> None:
    view = queue_of(universe.signatory)
    assert [line.letter.authority for line in view.lines] == [one.name for one in universe.authorities]
    line = view.lines[0]
    assert (line.met, line.counted) == (7, 7)
    assert (line.recommendations, line.letter.is_correction, line.letter.drafter) == (0, False, "Ada Adviser")
    assert line.letter.since == universe.at
    assert view.regions == ("North", "South")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"region": "South"}, ["Cedar"]),
        ({"search": "birch"}, ["Birch"]),
        ({"search": "nowhere"}, []),
    ],
)
def test_the_queue_is_narrowed(
    universe: Universe, three: list[Letter], filters: dict[str, Any], names: list[str]
) -> None:
    found = [line.letter.authority.split()[0] for line in queue_of(universe.signatory, **filters).lines]
    assert found == names
    drafter = {"drafter": universe.other_adviser.pk}
    assert len(queue_of(universe.signatory, **drafter).lines) == 2
    assert len(queue_of(universe.signatory, cycle=universe.cycle().pk).lines) == 3
    assert len(queue_of(universe.signatory, cycle=10**8).lines) == 0


def test_the_queue_shows_what_the_actor_may_read(universe: Universe, three: list[Letter]) -> None:
    assert len(queue_of(universe.manager).lines) == 2
    assert not queue_of(universe.manager).can_approve
    with pytest.raises(Forbidden):
        queue_of(universe.lead)


def test_opening_a_letter_marks_it_as_read_until_it_changes(
    universe: Universe, three: list[Letter], client: Client
) -> None:
    client.force_login(universe.signatory)
    for _time in range(2):
        assert client.get(reverse("letter", args=[three[0].pk])).status_code == 200
    with all_rows():
        assert Event.objects.filter(kind=EventKind.LETTER_READ, name="opened").count() == 1
    assert [line.letter.is_read for line in queue_of(universe.signatory).lines] == [True, False, False]
    assert queue_of(universe.signatory).read == 1
    assert b"You have read 1 of 3." in client.get(reverse("letter-approval")).content
    with all_rows():
        Letter.objects.filter(pk=three[0].pk).update(version=99)
    assert queue_of(universe.signatory).read == 0


def test_a_sample_is_the_same_for_the_same_seed(universe: Universe, three: list[Letter], client: Client) -> None:
    client.force_login(universe.signatory)
    answer = client.get(reverse("letter-approval"), {"draw": "1", "sample": "2"})
    assert answer.status_code == 302
    pages = [client.get(answer["Location"]).context["view"].lines for _time in range(2)]
    assert len(pages[0]) == 2
    assert [line.letter.id for line in pages[0]] == [line.letter.id for line in pages[1]]
    seen = {
        tuple(line.letter.id for line in queue_of(universe.signatory, sample=2, seed=str(n)).lines) for n in range(20)
    }
    assert len(seen) > 1


# Through the pages


def hidden(content: str, name: str) -> str:
    return content.split(f'name="{name}" value="', 1)[1].split('"', 1)[0]


def test_from_the_queue_to_issued_letters(universe: Universe, three: list[Letter], sent: Sent, client: Client) -> None:
    client.force_login(universe.signatory)
    page = client.get(reverse("letter-approval")).content.decode()
    assert f'value="{three[0].pk}-{three[0].version}"' in page
    asked = client.get(
        reverse("letter-batch-new"), {"letter": [f"{one.pk}-{one.version}" for one in three[:2]], "do": "approve"}
    ).content.decode()
    assert "Approve and issue 2 letters" in asked
    fields = {name: hidden(asked, name) for name in ("key", "kind", "letters")}
    answer = client.post(reverse("letter-batch-new"), fields)
    again = client.post(reverse("letter-batch-new"), fields)
    assert answer["Location"] == again["Location"]
    with all_rows():
        batch = Batch.objects.get()
    assert batch.title == "Approve and issue 2 letters: 2025/26, North"
    going = client.get(answer["Location"]).content.decode()
    assert "0 of 2 letters are finished" in going and "data-hx-get" in going and "Look again" in going
    part = client.get(answer["Location"], headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    run(batch)
    assert client.get(answer["Location"], headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    done = client.get(answer["Location"]).content.decode()
    assert "2 of 2 letters are finished" in done and "Finished." in done and "data-hx-get" not in done
    assert "2 of 2" in client.get(reverse("letter-batches")).content.decode()


def test_all_that_match_and_what_is_left_out(universe: Universe, sent: Sent, client: Client) -> None:
    stages = Stages(universe)
    universe.letter(LetterState.AWAITING_APPROVAL, authority=universe.birch)
    both = stages.give(universe.adviser, Role.SIGNATORY)
    stages.awaiting()
    client.force_login(both)
    assert "You drafted this" in client.get(reverse("letter-approval")).content.decode()
    asked = client.get(reverse("letter-batch-new"), {"all": "1", "region": "North"}).content.decode()
    assert "Approve and issue 1 letter" in asked
    assert "Left out: you drafted these" in asked


def test_failures_are_told_with_a_link_and_a_button(
    universe: Universe, three: list[Letter], sent: Sent, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = begin(universe, three[:1])
    monkeypatch.setattr(actions, "render", broken_render)
    run(batch)
    client.force_login(universe.signatory)
    page = client.get(reverse("letter-batch", args=[batch.pk])).content.decode()
    assert "Annex A runs over the edge of the page." in page
    assert reverse("letter", args=[three[0].pk]) in page and "Try all that failed again" in page
    (item,) = items(batch)
    answer = client.post(reverse("letter-batch-act", args=[batch.pk, "retry"]), {"item": item.pk}, follow=True)
    assert "1 letter is tried again." in answer.content.decode()
    stopped = client.post(reverse("letter-batch-act", args=[batch.pk, "stop"]), follow=True).content.decode()
    assert "This batch was stopped. 1 letter waits" in stopped and "Go on with those that wait" in stopped
    assert client.post(reverse("letter-batch-act", args=[batch.pk, "go-on"])).status_code == 302
    assert client.post(reverse("letter-batch-act", args=[batch.pk, "other"])).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"key": "no", "kind": "approve", "letters": "1-1"},
        {"key": str(UUID(int=1)), "kind": "other", "letters": "1-1"},
        {"key": str(UUID(int=1)), "kind": "approve", "letters": "1"},
        {"key": str(UUID(int=1)), "kind": "approve", "letters": "1-1 x-2"},
        {"key": str(UUID(int=1)), "kind": "approve", "letters": "\x00"},
    ],
)
def test_a_form_that_was_tampered_with_begins_nothing(
    universe: Universe, three: list[Letter], client: Client, fields: dict[str, str]
) -> None:
    client.force_login(universe.signatory)
    assert client.post(reverse("letter-batch-new"), fields)["Location"] == reverse("letter-approval")
    with all_rows():
        assert not Batch.objects.exists()


def test_nothing_ticked_leads_back(universe: Universe, three: list[Letter], client: Client) -> None:
    client.force_login(universe.signatory)
    assert client.get(reverse("letter-batch-new"))["Location"] == reverse("letter-approval")


def test_the_progress_page_costs_the_same_for_many(
    universe: Universe, three: list[Letter], sent: Sent, client: Client
) -> None:
    client.force_login(universe.signatory)
    costs = []
    for some in (three[:1], three):
        batch = begin(universe, some)
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("letter-batch", args=[batch.pk]))
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_the_scope_is_put_back_after_an_item(
    universe: Universe, three: list[Letter], sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a task writes after somebody's part of the work is written in the letter's authority's scope again."""
    seen: list[int] = []
    outcome: Callable[..., Any] = batches._outcome

    def looked(*args: Any) -> Any:
        found = outcome(*args)
        seen.append(Letter.objects.count())
        return found

    monkeypatch.setattr(batches, "_outcome", looked)
    batch = begin(universe, three)
    (item, *_others) = items(batch)
    with scope.authorities([item.authority_id]):
        batches.do(item_id=item.pk, at=universe.at)
        assert Letter.objects.count() == 1
    assert seen == [3]
    assert batch.state == BatchState.RUNNING
