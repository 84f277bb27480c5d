"""Handing e-mail over: to a real SMTP server and a small Notify, by this process and by a real worker.

Never twice, whatever the server does: refuses, hangs up, is away, says nothing, or is asked by two workers at once.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings as django_settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.utils import timezone

from assurance import delivery, mail_tasks, outbox
from assurance.actions import messages
from assurance.models import Message
from assurance.project.celery import app
from assurance.project.local.provision import DatabaseUrls
from assurance.vocabulary import MessageKind, MessageState
from tests.universe import Universe, all_rows, as_actor

S = MessageState
SOON = 30.0
"""Seconds in which a worker has done something, even on a machine that is busy with other tests."""


class Post:
    """An SMTP server on loopback that does as it is told: ``at_recipient`` and ``at_data`` are its answers.

    An answer may be text, "hang up", or an event to wait for before the message is taken.
    """

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.seen = threading.Event()
        self.at_recipient = "250 OK"
        self.at_data: str | threading.Event = "250 OK"
        self._lock = threading.Lock()
        self.port = _free_port()
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_recipient == "hang up":
            server.transport.abort()
            return "250 OK"
        if self.at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.seen.set()
        if isinstance(self.at_data, threading.Event):
            await server.loop.run_in_executor(None, self.at_data.wait, SOON)
        elif self.at_data == "hang up":
            server.transport.abort()
            return "250 OK"
        elif not self.at_data.startswith("250"):
            return self.at_data
        with self._lock:
            self.taken.append(bytes(envelope.content or b"").decode())
        return "250 OK"


class OutOfOrder(BaseEmailBackend):
    """A backend with a fault of its own."""

    def send_messages(self, email_messages: Any) -> int:
        raise RuntimeError("out of order")


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    """The server, and the settings that lead to it."""
    running = Post()
    running.controller.start()
    settings.EMAIL_BACKEND = "assurance.project.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
    settings.EMAIL_TIMEOUT = 2
    yield running
    running.controller.stop()


def written(universe: Universe, key: str = "k", kind: MessageKind = MessageKind.GIVEN) -> Message:
    """A message to the contributor of Alder."""
    with as_actor(universe.lead):
        outbox.tell(
            kind,
            universe.contributor,
            at=timezone.now(),
            key=key,
            authority=universe.alder,
            subject="Benchmarks were given to you",
            body=f"Hello – this is {key}.\n.\nOpen {outbox.LINK}\n",
        )
    return stands(key)


def stands(key: str = "k") -> Message:
    with all_rows():
        return Message.objects.select_related("person").get(key=key)


def deliver(message: Message) -> Message:
    messages.deliver(message_id=message.pk, authority_id=message.authority_id or 0)
    return stands(message.key)


def later(message: Message) -> None:
    """The time of the next attempt has come."""
    with all_rows():
        Message.objects.filter(pk=message.pk).update(not_before=timezone.now() - timedelta(seconds=1))


@pytest.mark.django_db
class TestSmtp:
    def test_a_message_arrives_as_it_was_written(self, universe: Universe, post: Post) -> None:
        before = timezone.now()
        message = deliver(written(universe))
        assert (message.state, message.attempts, message.fault) == (S.SENT, 1, "")
        assert message.sent_at is not None
        assert before <= message.sent_at <= timezone.now()
        (taken,) = post.taken
        assert f"To: {universe.contributor.email}" in taken
        assert f"Message-ID: <message-{message.pk}@localhost>" in taken
        assert "Auto-Submitted: auto-generated" in taken
        assert "Subject: Benchmarks were given to you" in taken

    def test_doing_it_twice_does_it_once(self, universe: Universe, post: Post) -> None:
        message = written(universe)
        for _ in range(3):
            deliver(message)
        assert len(post.taken) == 1

    @pytest.mark.parametrize("code", ["451 4.3.0 Try again later", "421 4.7.0 Too many connections"])
    @pytest.mark.parametrize("stage", ["at_recipient", "at_data"])
    def test_a_refusal_for_now_is_tried_again(self, universe: Universe, post: Post, stage: str, code: str) -> None:
        setattr(post, stage, code)
        message = deliver(written(universe))
        assert message.state == S.WAITING
        assert code in message.fault
        waits = message.not_before - timezone.now()
        assert timedelta(seconds=50) < waits <= timedelta(minutes=1)
        assert deliver(message).attempts == 1
        setattr(post, stage, "250 OK")
        later(message)
        message = deliver(message)
        assert (message.state, message.attempts, message.fault) == (S.SENT, 2, "")
        assert len(post.taken) == 1

    @pytest.mark.parametrize("stage", ["at_recipient", "at_data"])
    def test_a_refusal_for_good_is_final(self, universe: Universe, post: Post, stage: str) -> None:
        setattr(post, stage, "550 5.1.1 No such person")
        message = deliver(written(universe))
        assert message.state == S.FAILED
        assert "550 5.1.1 No such person" in message.fault
        later(message)
        assert deliver(message).attempts == 1

    def test_a_server_that_hangs_up_before_the_message_is_tried_again(self, universe: Universe, post: Post) -> None:
        post.at_recipient = "hang up"
        message = deliver(written(universe))
        assert message.state == S.WAITING
        assert "SMTPServerDisconnected" in message.fault

    @pytest.mark.parametrize("how", ["hang up", "silence"])
    def test_a_server_that_hangs_up_on_the_message_is_not_tried_again(
        self, universe: Universe, post: Post, settings: Any, how: str
    ) -> None:
        settings.EMAIL_TIMEOUT = 0.5
        never = threading.Event()
        post.at_data = how if how == "hang up" else never
        message = deliver(written(universe))
        assert message.state == S.SENDING
        assert message.fault
        later(message)
        with all_rows():
            assert messages.waiting(timezone.now() + timedelta(days=1)) == []
        assert deliver(message).attempts == 1
        never.set()

    def test_a_connection_that_breaks_in_the_middle_of_the_message(self, universe: Universe, settings: Any) -> None:
        """A server that says yes to everything and is gone after the first bytes of a long message."""
        settings.EMAIL_BACKEND = "assurance.project.smtp.EmailBackend"
        with socket.create_server(("127.0.0.1", 0)) as server:
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
            thread = threading.Thread(target=_gone_in_the_middle, args=(server,))
            thread.start()
            message = written(universe)
            with all_rows():
                Message.objects.filter(pk=message.pk).update(body="Long. " * 500_000)
            message = deliver(message)
            thread.join()
        assert message.state == S.SENDING

    def test_a_server_that_is_away_is_waited_for_longer_and_longer(
        self, universe: Universe, post: Post, settings: Any
    ) -> None:
        settings.EMAIL_PORT = _free_port()
        message = written(universe)
        expected = [1, 5, 15, *([60] * 24)]
        for number, minutes in enumerate(expected, start=1):
            later(message)
            message = deliver(message)
            assert (message.state, message.attempts) == (S.WAITING, number)
            assert "refused" in message.fault
            waits = message.not_before - timezone.now()
            assert timedelta(minutes=minutes - 1) < waits <= timedelta(minutes=minutes)
        later(message)
        message = deliver(message)
        assert (message.state, message.attempts) == (S.FAILED, messages.MOST_ATTEMPTS)
        with as_actor(universe.administrator) as by:
            messages.send_again(by=by, at=timezone.now(), message_id=message.pk)
        settings.EMAIL_PORT = post.port
        assert deliver(message).state == S.SENT
        assert len(post.taken) == 1

    def test_a_wrong_password_is_tried_again(self, universe: Universe, post: Post, settings: Any) -> None:
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "service", "not the password"
        message = deliver(written(universe))
        assert message.state == S.WAITING
        assert post.taken == []

    def test_a_backend_that_cannot_begin_is_tried_again(self, universe: Universe, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = "/proc/no/such/place"
        message = deliver(written(universe))
        assert message.state == S.WAITING
        assert "/proc/no/such/place" in message.fault

    def test_a_fault_nobody_thought_of_is_not_tried_again(self, universe: Universe, settings: Any) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.OutOfOrder"
        message = deliver(written(universe))
        assert message.state == S.SENDING
        assert message.fault == "RuntimeError: out of order"

    def test_the_link_is_made_for_the_message_and_kept_nowhere(self, universe: Universe, post: Post) -> None:
        post.at_data = "550 This message was not liked: http://localhost:8000"
        message = deliver(written(universe, kind=MessageKind.INVITATION))
        assert message.state == S.FAILED
        assert "/password/" not in message.body + message.fault
        post.at_data = "250 OK"
        with as_actor(universe.administrator) as by:
            messages.send_again(by=by, at=timezone.now(), message_id=message.pk)
        deliver(message)
        (taken,) = post.taken
        assert "http://localhost:8000/password/" in taken
        assert "/password/" not in stands().body

    def test_a_link_in_a_fault_is_left_out(self) -> None:
        link = "http://localhost:8000/password/abc/def/"
        parcel = delivery.Parcel(1, None, 1, "a@example.test", "S", f"Open {link}", (link,))
        fault = delivery._in_words(ValueError(f"cannot send {link} now"), parcel)
        assert fault == "ValueError: cannot send … now"
        assert link not in repr(parcel)

    def test_whoever_has_a_password_is_invited_to_sign_in(self, universe: Universe, post: Post) -> None:
        with all_rows():
            universe.contributor.set_password("a word of one's own")
            universe.contributor.save()
        deliver(written(universe, kind=MessageKind.INVITATION))
        (taken,) = post.taken
        assert "http://localhost:8000/sign-in/" in taken
        assert "/password/" not in taken

    def test_no_link_goes_to_an_address_that_was_given_up(self, universe: Universe, post: Post) -> None:
        message = written(universe, kind=MessageKind.INVITATION)
        with all_rows():
            universe.contributor.email = "conrad@elsewhere.example.test"
            universe.contributor.save()
        assert deliver(message).state == S.DROPPED
        assert post.taken == []

    def test_the_sweeper_finds_what_waits(self, universe: Universe, monkeypatch: pytest.MonkeyPatch) -> None:
        sent: list[tuple[int, int]] = []
        monkeypatch.setattr(mail_tasks.send_message, "apply_async", lambda args, **_options: sent.append(args))
        due, not_yet, gone = (written(universe, key) for key in ("due", "not yet", "gone"))
        messages.send_password_link(address=universe.lead.email, at=timezone.now() - timedelta(hours=1))
        with all_rows():
            password = Message.objects.get(kind=MessageKind.PASSWORD)
            Message.objects.filter(pk=not_yet.pk).update(not_before=timezone.now() + timedelta(minutes=1))
            Message.objects.filter(pk=gone.pk).update(state=S.SENDING)
        assert mail_tasks.sweep() == 2
        assert sent == [(password.pk, 0), (due.pk, universe.alder.pk)]

    def test_a_late_result_does_not_touch_a_newer_attempt(self, universe: Universe, monkeypatch: Any) -> None:
        message = written(universe)

        def slow(parcel: delivery.Parcel) -> None:
            with all_rows():
                Message.objects.filter(pk=message.pk).update(attempts=2)
            raise delivery.Refused("too late")

        monkeypatch.setattr(messages, "hand_over", slow)
        assert deliver(message).state == S.SENDING


def _gone_in_the_middle(server: socket.socket) -> None:
    channel, _address = server.accept()
    with channel, channel.makefile("rb") as lines:
        channel.sendall(b"220 here\r\n")
        for line in lines:
            if line.upper().startswith(b"DATA"):
                channel.sendall(b"354 go on\r\n")
                lines.read(1000)
                return
            channel.sendall(b"250 fine\r\n")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Notify(BaseHTTPRequestHandler):
    """As much of GOV.UK Notify as the service uses. What it answers and what it got is the server's."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers["Authorization"], asked))  # type: ignore[attr-defined]
        status = self.server.answer  # type: ignore[attr-defined]
        if status == 0:
            self.close_connection = True
            return
        body = b'{"id": "740e5834-3a29-46b4-9a6f-16142fde533a"}' if status < 300 else b'{"errors": [{"message": "no"}]}'
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if status != 202 else b"")

    def log_message(self, *_: Any) -> None:
        """Not into the tests' own output."""


@pytest.fixture
def notify(settings: Any) -> Iterator[Any]:
    """A small Notify on loopback, and the settings that lead to it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Notify)
    server.asked, server.answer = [], 201  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    settings.EMAIL_BACKEND = "assurance.project.notify.NotifyBackend"
    settings.NOTIFY_URL = f"http://127.0.0.1:{server.server_port}"
    settings.NOTIFY_API_KEY = "tests-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
    settings.NOTIFY_TEMPLATE_ID = "f33517ff-2a88-4f6e-b855-c550268ce08a"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.django_db
class TestNotify:
    def test_subject_and_body_go_into_the_one_template(self, universe: Universe, notify: Any, settings: Any) -> None:
        message = deliver(written(universe))
        assert message.state == S.SENT
        ((path, token, asked),) = notify.asked
        assert path == "/v2/notifications/email"
        assert token.startswith("Bearer ")
        assert asked == {
            "email_address": universe.contributor.email,
            "template_id": settings.NOTIFY_TEMPLATE_ID,
            "personalisation": {"subject": message.subject, "body": message.body},
            "reference": f"message-{message.pk}@localhost",
        }

    @pytest.mark.parametrize(
        ("status", "state"),
        [(400, S.FAILED), (404, S.FAILED), (403, S.WAITING), (429, S.WAITING), (500, S.WAITING), (503, S.WAITING)],
    )
    def test_refusals(self, universe: Universe, notify: Any, status: int, state: MessageState) -> None:
        notify.answer = status
        message = deliver(written(universe))
        assert message.state == state
        assert str(status) in message.fault
        assert len(notify.asked) == 1

    @pytest.mark.parametrize("status", [0, 202])
    def test_an_answer_that_does_not_come_or_cannot_be_read(self, universe: Universe, notify: Any, status: int) -> None:
        notify.answer = status
        message = deliver(written(universe))
        assert message.state == S.SENDING
        assert message.fault

    def test_a_notify_that_is_away_is_tried_again(self, universe: Universe, notify: Any, settings: Any) -> None:
        settings.NOTIFY_URL = f"http://127.0.0.1:{_free_port()}"
        assert deliver(written(universe)).state == S.WAITING
        settings.NOTIFY_URL = "http://nobody.invalid"
        assert deliver(written(universe, "other")).state == S.WAITING


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_workers_send_one(self, universe: Universe, post: Post) -> None:
        go_on = threading.Event()
        post.at_data = go_on
        message = written(universe)
        first = threading.Thread(target=_in_a_thread(message))
        first.start()
        assert post.seen.wait(SOON)
        deliver(message)
        go_on.set()
        first.join()
        assert len(post.taken) == 1
        assert (stands().state, stands().attempts) == (S.SENT, 1)

    def test_ten_at_the_same_moment_send_one(self, universe: Universe, post: Post) -> None:
        message = written(universe)
        together = threading.Barrier(10)
        threads = [threading.Thread(target=_in_a_thread(message, together)) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(post.taken) == 1
        assert stands().state == S.SENT

    def test_the_same_key_in_two_transactions_writes_one(self, universe: Universe) -> None:
        together = threading.Barrier(5)
        results: list[bool] = []

        def ask() -> None:
            try:
                together.wait()
                with as_actor(universe.lead) as by:
                    results.append(
                        outbox.invited(universe.contributor, by=by, at=universe.at, authority=universe.alder)
                    )
            finally:
                connection.close()

        threads = [threading.Thread(target=ask) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == [False] * 4 + [True]


def _in_a_thread(message: Message, together: threading.Barrier | None = None) -> Callable[[], None]:
    def run() -> None:
        try:
            if together:
                together.wait()
            messages.deliver(message_id=message.pk, authority_id=message.authority_id or 0)
        finally:
            connection.close()

    return run


@pytest.fixture
def worker(
    django_db_setup: DatabaseUrls, post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], dict[str, Any]]]:
    """A worker as in production, which sends to ``post``; tasks of this process go to its own queue. Its stats."""
    queue = f"mail-{os.getpid()}"
    monkeypatch.setattr(app, "send_task", partial(app.send_task, queue=queue))
    name = f"{queue}@localhost"
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "assurance.project.celery", "worker"),
                *("--queues", queue, "--hostname", name, "--concurrency", "2"),
                *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            ],
            cwd=django_settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": django_db_setup.application,
                "SERVICE": "production",
                "SECRET_KEY": "k" * 50,
                "ALLOWED_HOSTS": "prevent.example.test",
                "EMAIL_HOST": "127.0.0.1",
                "EMAIL_PORT": str(post.port),
                "DATA_DIR": str(tmp_path),
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        last = monotonic() + 2 * SOON
        while not app.control.ping(destination=[name], timeout=1.0, limit=1):
            if process.poll() is not None or monotonic() > last:
                pytest.fail(f"The worker did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
        yield lambda: app.control.inspect(destination=[name], timeout=SOON).stats()[name]
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(done: Callable[[], bool]) -> None:
    last = monotonic() + SOON
    while not done():
        assert monotonic() < last, "it took too long"
        sleep(0.1)


@pytest.mark.django_db(transaction=True)
class TestWorker:
    def test_a_worker_sends_what_is_committed_once_and_never_again_after_a_crash(
        self, universe: Universe, post: Post, worker: Callable[[], dict[str, Any]]
    ) -> None:
        message = written(universe)
        until(lambda: stands().state == S.SENT)
        for _ in range(5):
            outbox.send(message.pk, message.authority_id)
        messages.send_password_link(address=universe.lead.email, at=timezone.now())
        until(lambda: len(post.taken) >= 2)
        assert "https://prevent.example.test/password/" in post.taken[1]

        # The worker's process dies after it has handed the message over and before it heard what became of it.
        go_on = threading.Event()
        post.seen.clear()
        post.at_data = go_on
        crashed = written(universe, "crashed")
        assert post.seen.wait(SOON)
        children = worker()["pool"]["processes"]
        for child in children:
            os.kill(child, signal.SIGKILL)
        until(lambda: not set(children) & set(worker()["pool"]["processes"]))
        go_on.set()
        post.at_data = "250 OK"
        # Celery gives the task back; whoever gets it finds the message claimed.
        outbox.send(crashed.pk, crashed.authority_id)
        after = written(universe, "after")
        until(lambda: stands("after").state == S.SENT)
        assert after.pk
        assert (stands("crashed").state, stands("crashed").attempts) == (S.SENDING, 1)
        assert sum("this is crashed" in taken for taken in post.taken) <= 1
        assert sum("this is after" in taken for taken in post.taken) == 1
        assert sum("this is k." in taken for taken in post.taken) == 1
        with all_rows():
            assert messages.waiting(timezone.now() + timedelta(days=1)) == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_before_the_commit_or_after_a_rollback(
    universe: Universe, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "send_task", lambda _name, args, **_options: messages.deliver(
        message_id=args[0], authority_id=args[1]
    ))  # fmt: skip
    with pytest.raises(RuntimeError), as_actor(universe.lead) as by:
        outbox.lead_role_given(universe.contributor, by=by, at=universe.at, authority=universe.alder)
        raise RuntimeError("after all not")
    assert post.taken == []
    with all_rows():
        assert not Message.objects.exists()
    with as_actor(universe.lead) as by:
        outbox.lead_role_given(universe.contributor, by=by, at=universe.at, authority=universe.alder)
        assert post.taken == []
    assert len(post.taken) == 1
    assert mail.outbox == []
