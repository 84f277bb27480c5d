"""Whose services a command uses: its own, or those of a command that runs already."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import psycopg
import pytest

from assurance.project.environment import PROJECT_FOLDER, WORKER_ONLY
from assurance.project.local import stack as module
from assurance.project.local.progress import Progress
from assurance.project.local.stack import Stack, data_folder, local_environ, shared, take_turn
from assurance.project.local.supervisor import Busy

QUIET = Progress(quiet=True)
NO_DATABASE = {"DATABASE_URL": "postgresql:///none"}


@pytest.fixture
def make(folder):
    """Stacks of one data folder, with Valkey alone: it starts in a tenth of a second."""
    with ExitStack() as after:

        def make():
            stack = Stack(folder / "data", NO_DATABASE)
            after.callback(stack.close)
            return stack

        yield make


def test_what_the_environment_names_is_never_started(folder):
    environ = {**NO_DATABASE, "REDIS_URL": "redis://elsewhere"}
    assert Stack(folder / "data", environ).services == ()
    assert len(Stack(folder / "data", environ, throwaway=True).services) == 2


def test_a_command_starts_what_is_not_there_and_stops_it(make):
    stack = make()
    with shared(stack, "manage x", QUIET):
        assert stack.answer()
    assert not stack.answer()


def test_a_command_uses_what_runs_and_leaves_it_running(make):
    running, command = make(), make()
    take_turn(running, "make run", lambda holder: None)
    running.start(QUIET)
    with shared(command, "manage x", QUIET):
        assert command.answer()
        assert not command.supervisor.has_children
    assert running.answer()


def test_a_second_run_is_refused(make):
    first, second = make(), make()
    take_turn(first, "make run", lambda holder: None)
    with pytest.raises(Busy):
        take_turn(second, "make run", lambda holder: None)


def test_a_run_waits_for_a_command_and_says_so(make):
    command, run = make(), make()
    command.lock.take("manage migrate")
    told = []

    def waiting(holder):
        told.append(holder)
        command.lock.release()

    take_turn(run, "make run", waiting)
    assert told == [f"{os.getpid()} manage migrate"]


def test_waiting_has_an_end(make, monkeypatch):
    monkeypatch.setattr(module, "TURN_WAIT", 0.2)
    holder, command = make(), make()
    holder.lock.take("manage migrate")
    with pytest.raises(Busy), shared(command, "manage x", QUIET):
        pytest.fail("there was nothing to use")


def test_what_nobody_supervises_is_stopped_and_started_as_our_own(make):
    stray = make()
    stray.start(QUIET)
    process_id = stray.supervisor.process_id("Valkey")
    stack = make()
    stack.lock.take("make run")
    stack.start(QUIET)
    assert stack.supervisor.process_id("Valkey") != process_id
    assert stray.supervisor._children["Valkey"].process.wait(5) == 0
    assert stack.answer()


def test_what_the_broker_was_told_survives_its_being_killed(make):
    stack = make()
    stack.lock.take("make run")
    stack.start(QUIET)
    assert stack.valkey is not None
    client = stack.valkey._client()
    for number in range(50):
        client.rpush("queue", number)
    client.close()
    os.kill(stack.supervisor.process_id("Valkey"), signal.SIGKILL)
    stack.supervisor._children["Valkey"].process.wait()
    while not stack.answer():
        stack.supervisor.tend()
        time.sleep(0.05)
    client = stack.valkey._client()
    assert client.llen("queue") == 50
    client.close()


def test_the_last_of_several_commands_is_waited_for(make, folder):
    """The command that started the services ends first, and stops them only when the other has ended."""
    script = """
import sys, time
from pathlib import Path
from assurance.project.local.progress import Progress
from assurance.project.local.stack import Stack, shared
stack = Stack(Path(sys.argv[1]), {"DATABASE_URL": "postgresql:///none"})
with shared(stack, "manage first", Progress(quiet=True)):
    print("started", flush=True)
    sys.stdin.read()
print(stack.supervisor.has_children, flush=True)
"""
    first = subprocess.Popen(
        [sys.executable, "-c", script, str(folder / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=PROJECT_FOLDER,
        text=True,
    )
    with first:
        assert first.stdin is not None
        assert first.stdout is not None
        assert first.stdout.readline() == "started\n"
        second = make()
        with shared(second, "manage second", QUIET):
            first.stdin.close()
            time.sleep(0.3)
            assert first.poll() is None
            assert second.answer()
        assert first.wait(10) == 0
    assert not make().answer()


def test_both_services_for_real(folder):
    """PostgreSQL as well: made, provisioned, stopped in order, and found again with what was in it."""

    def ask(statement):
        stack = Stack(folder / "data", {}, throwaway=True)
        stack.lock.take("test")
        try:
            stack.start(QUIET)
            with psycopg.connect(stack.addresses().database.owner) as connection:
                cursor = connection.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            stack.close()

    ask("CREATE TABLE kept AS SELECT 7 AS number")
    assert ask("SELECT number FROM kept") == [(7,)]
    assert ask("SHOW listen_addresses") == [("",)]
    assert ask("SELECT datcollate FROM pg_database WHERE datname = current_database()") == [("C.UTF-8",)]
    # Not stopped in order, and written without care for a crash: begun anew rather than trusted.
    (folder / "data" / "postgresql" / "postmaster.pid").write_text("1\n")
    assert ask("SELECT to_regclass('kept')") == [(None,)]


def test_the_environment_of_a_local_service(folder):
    environ = local_environ({"SERVICE": "production", "DEMO": "", "LOG_LEVEL": "INFO"}, folder)
    assert environ["SERVICE"] == "local"
    assert environ["DEMO"] == "true"
    assert environ["LOG_LEVEL"] == "INFO"
    assert local_environ({}, folder)["SECRET_KEY"] == environ["SECRET_KEY"]
    assert (folder / "secret-key").stat().st_mode & 0o777 == 0o600


def test_what_only_the_worker_may_know_is_not_in_it(folder):
    given = dict.fromkeys(WORKER_ONLY, "given")
    assert not WORKER_ONLY & local_environ(given, folder).keys()


def test_the_data_folder_is_in_the_checkout_unless_said_otherwise():
    assert data_folder({"DATA_DIR": "/somewhere"}).as_posix() == "/somewhere"
    assert data_folder({"DATA_DIR": " "}) == PROJECT_FOLDER / ".local"
