"""Children start, come back, stop in order, and never outlive us."""

import os
import signal
import subprocess
import sys
import time

import pytest

from assurance.project.environment import PROJECT_FOLDER
from assurance.project.local import supervisor as module
from assurance.project.local.supervisor import Busy, DidNotStart, OneAtATime, Program, Supervisor, tail

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word about a parent is Linux's")


def shell(tmp_path, name, script, **more):
    return Program(
        name=name,
        command=("/bin/sh", "-c", script),
        log=tmp_path / f"{name}.log",
        environ={"PATH": os.environ["PATH"]},
        folder=tmp_path,
        **more,
    )


def alive(process_id):
    """Whether a process runs. One that has ended and whose parent has not asked counts as ended."""
    try:
        with open(f"/proc/{process_id}/stat") as status:
            return status.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(holds, within=30.0):
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(said):
    supervisor = Supervisor(said.append)
    yield supervisor
    supervisor.stop()


def test_the_lock_is_one_process_s_at_a_time_and_names_its_holder(tmp_path):
    first, second = OneAtATime(tmp_path / "lock"), OneAtATime(tmp_path / "lock")
    first.take("make run")
    with pytest.raises(Busy) as busy:
        second.take("make run")
    assert busy.value.holder == f"{os.getpid()} make run"
    first.release()
    second.take("make run")
    second.release()


def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path):
    script = """
import sys, time
from pathlib import Path
from assurance.project.local.supervisor import OneAtATime
lock = OneAtATime(Path(sys.argv[1]))
lock.take("x")
print("taken", flush=True)
time.sleep(60)
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lock")], stdout=subprocess.PIPE, cwd=PROJECT_FOLDER
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"taken\n"
        lock = OneAtATime(tmp_path / "lock")
        with pytest.raises(Busy):
            lock.take("y")
        holder.kill()
        holder.wait()
        lock.take("y")
        lock.release()


def test_a_child_does_not_inherit_the_lock(tmp_path, supervisor):
    lock, other = OneAtATime(tmp_path / "lock"), OneAtATime(tmp_path / "lock")
    lock.take("x")
    supervisor.start(shell(tmp_path, "child", "sleep 60"), lambda: True, 1)
    lock.release()
    other.take("y")
    other.release()


def test_starting_waits_until_it_is_ready(tmp_path, supervisor):
    ready = tmp_path / "ready"
    supervisor.start(shell(tmp_path, "slow", f"sleep 0.2; touch {ready}; sleep 60"), ready.exists, 5)
    assert ready.exists()


def test_a_program_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path, supervisor):
    with pytest.raises(DidNotStart, match=r"(?s)bad ended with status 3.*no such cheese"):
        supervisor.start(shell(tmp_path, "bad", "echo no such cheese; exit 3"), lambda: False, 5)


def test_a_program_that_is_never_ready_is_reported(tmp_path, supervisor):
    with pytest.raises(DidNotStart, match="not ready within 0 seconds"):
        supervisor.start(shell(tmp_path, "mute", "sleep 60"), lambda: False, 0.1)


def test_a_program_that_does_not_exist_is_reported(tmp_path, supervisor):
    program = Program("none", ("/nonexistent",), tmp_path / "log", {}, tmp_path)
    with pytest.raises(DidNotStart, match="none cannot be run: No such file"):
        supervisor.start(program, lambda: True, 1)


def test_a_child_that_dies_comes_back_later_and_later(tmp_path, supervisor, said, monkeypatch):
    monkeypatch.setattr(module, "SHORTEST_PAUSE", 0.01)
    supervisor.start(shell(tmp_path, "weak", "exit 1"), lambda: True, 1)
    child = supervisor._children["weak"]
    child.pause = 0.01
    pauses = []
    for _ in range(3):
        until(lambda: child.process.poll() is not None)
        supervisor.tend()
        pauses.append(child.pause)
        until(lambda: supervisor.tend() or child.again_at is None)
    assert pauses == [0.02, 0.04, 0.08]
    assert len(said) == 3
    assert "weak stopped (status 1)" in said[0]


def test_the_pause_has_an_upper_limit_and_a_steady_child_is_forgiven(tmp_path, supervisor, monkeypatch):
    supervisor.start(shell(tmp_path, "weak", "exit 1"), lambda: True, 1)
    child = supervisor._children["weak"]
    until(lambda: child.process.poll() is not None)
    child.pause = module.LONGEST_PAUSE
    supervisor.tend()
    assert child.pause == module.LONGEST_PAUSE
    child.again_at, child.started = None, time.monotonic() - module.STEADY_AFTER - 1
    supervisor.tend()
    assert child.pause == module.SHORTEST_PAUSE * 2


def test_children_stop_last_first_and_one_at_a_time(tmp_path, supervisor):
    order = tmp_path / "order"
    for name in ("database", "web"):
        script = f"trap 'sleep 0.2; echo {name} >> {order}; exit 0' TERM; touch {name}; while :; do sleep 0.01; done"
        supervisor.start(shell(tmp_path, name, script), (tmp_path / name).exists, 5)
    supervisor.stop()
    assert order.read_text().split() == ["web", "database"]
    assert not supervisor.has_children


def test_a_child_that_will_not_stop_is_killed_with_all_of_its_own(tmp_path, supervisor):
    ready = tmp_path / "ready"
    script = f"trap '' TERM; sleep 60 & echo $! > {tmp_path}/grandchild; touch {ready}; while :; do sleep 0.05; done"
    supervisor.start(shell(tmp_path, "stubborn", script, patience=0.2), ready.exists, 5)
    grandchild = int((tmp_path / "grandchild").read_text())
    supervisor.stop()
    until(lambda: not alive(grandchild))


@LINUX
def test_children_die_when_we_are_killed(tmp_path):
    script = f"""
import os, signal
from pathlib import Path
from assurance.project.local.supervisor import Program, Supervisor
folder = Path({str(tmp_path)!r})
# A shell that runs us in the background has it ignored, and a child would inherit that.
signal.signal(signal.SIGINT, signal.SIG_DFL)
supervisor = Supervisor(print)
supervisor.start(
    Program("child", ("/bin/sleep", "60"), folder / "log", {{}}, folder, signal.SIGINT), lambda: True, 1
)
print(supervisor.process_id("child"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=PROJECT_FOLDER, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    child = int(killed.stdout)
    until(lambda: not alive(child))


@LINUX
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_children_of_another_user_die_too(tmp_path):
    """A change of user makes the kernel forget; ours is asked afterwards."""
    script = f"""
import os, signal
from pathlib import Path
from assurance.project.local.places import service_user
from assurance.project.local.supervisor import Program, Supervisor
folder = Path({str(tmp_path)!r})
supervisor = Supervisor(print)
program = Program("child", ("/bin/sleep", "60"), folder / "log", {{}}, Path("/"), user=service_user())
supervisor.start(program, lambda: True, 1)
print(supervisor.process_id("child"), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=PROJECT_FOLDER, check=False
    )
    child = int(killed.stdout)
    until(lambda: not alive(child))


def test_a_log_does_not_grow_for_ever(tmp_path, supervisor, monkeypatch):
    monkeypatch.setattr(module, "LARGEST_LOG", 10)
    (tmp_path / "child.log").write_text("a long time ago")
    supervisor.start(shell(tmp_path, "child", "sleep 60"), lambda: True, 1)
    assert (tmp_path / "child.old.log").read_text() == "a long time ago"
    assert tail(tmp_path / "child.log") == "It wrote nothing to its log."
