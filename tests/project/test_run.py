"""`make run` before anything starts: its address, and what it need not do again."""

import os
import socket

import psycopg
import pytest

from assurance.project.environment import WORKER_ONLY
from assurance.project.local import fingerprint
from assurance.project.local.fingerprint import Stamp
from assurance.project.local.prepare import commands
from assurance.project.local.progress import Progress
from assurance.project.local.run import RunRefused, _address, _answers, _port_is_free, _programs
from assurance.project.local.stack import Stack, local_environ


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "8000.0"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(RunRefused, match=f"PORT={port} is not a port"):
        _address({"PORT": port})


def test_it_listens_on_this_machine_only_unless_told_otherwise():
    assert _address({}) == ("127.0.0.1", 8000)
    assert _address({"PORT": "8001", "HOST": "0.0.0.0"}) == ("0.0.0.0", 8001)  # noqa: S104 - read, not used


def test_a_port_in_use_is_said_plainly_with_another_to_try():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(RunRefused, match=f"Port {port} is in use.*PORT={port + 1}"):
            _port_is_free("127.0.0.1", port)
    _port_is_free("127.0.0.1", port)


def test_a_host_that_is_not_ours_is_refused():
    with pytest.raises(RunRefused, match=r"192\.0\.2\.1 cannot be used"):
        _port_is_free("192.0.2.1", 8000)


def test_nobody_listening_is_not_ready():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert not _answers("127.0.0.1", port)


def test_a_fingerprint_changes_with_a_name_and_with_contents_and_with_nothing_else(tmp_path):
    def now():
        return fingerprint.of_files(tmp_path, ["**/*.yaml"])

    (tmp_path / "a.yaml").write_text("1")
    first = now()
    (tmp_path / "a.yaml").touch()
    (tmp_path / "other.txt").write_text("1")
    assert now() == first
    (tmp_path / "a.yaml").write_text("2")
    second = now()
    (tmp_path / "a.yaml").rename(tmp_path / "b.yaml")
    assert len({first, second, now()}) == 3


def test_a_database_made_anew_under_the_same_name_is_another(monkeypatch):
    class Answers:
        def __init__(self, row):
            self.row = row

        def __enter__(self):
            return self

        def __exit__(self, *rest):
            return None

        def execute(self, statement):
            return self

        def fetchone(self):
            return self.row

    seen = []
    for row in ((1, 100), (1, 101), (2, 100)):
        monkeypatch.setattr(psycopg, "connect", lambda url, row=row, **more: Answers(row))
        seen.append(fingerprint.of_database("postgresql:///x"))
    assert len(set(seen)) == 3


def test_a_stamp_says_only_what_was_written(tmp_path):
    stamp = Stamp(tmp_path / "deep" / "stamp")
    assert not stamp.says("one")
    stamp.write("one")
    assert stamp.says("one")
    assert not stamp.says("two")


def test_the_demonstration_is_loaded_last_and_only_when_asked_for():
    names = [name for name, _ in commands(demo=True)]
    assert names == [
        *("load_scheme", "load_crosswalk", "load_wording", "load_authorities"),
        *("load_demo", "load_demo_letters"),
    ]
    assert [name for name, _ in commands(demo=False)] == names[:-2]


def test_progress_is_numbered_and_says_how_each_step_ended(capsys):
    progress = Progress(2)
    with progress.step("Starting"):
        progress.note("nothing changed")
    with pytest.raises(ValueError, match="no"), progress.step("Loading"):
        raise ValueError("no")
    assert capsys.readouterr().out.splitlines() == [
        "1 of 2  Starting ... done in 0.0 s, nothing changed",
        "2 of 2  Loading ... failed",
    ]


def test_the_key_of_letters_is_given_to_the_worker_alone(tmp_path, monkeypatch):
    for name in WORKER_ONLY:
        monkeypatch.setenv(name, "given")
    stack = Stack(tmp_path, {})
    environs = {one.name: one.environ for one in _programs(stack, local_environ(os.environ, tmp_path))}
    assert {name for name, environ in environs.items() if WORKER_ONLY & environ.keys()} == {"the worker"}
    assert environs["the worker"]["PROCESS"] == "worker"
    assert environs["the scheduler"]["PROCESS"] == "scheduler"
