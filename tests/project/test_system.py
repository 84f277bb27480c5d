"""Setting up a machine: what is missing is installed by root, and named to everybody else."""

import pytest

from assurance.project.local import clean, system
from assurance.project.local.stack import Stack
from assurance.project.local.system import Need, SetupRefused

MISSING = (
    Need("letters as PDF", "libnone-1", library="libnone.so.1"),
    Need("tests in a browser", "none-browser", programs=("no-such-program",)),
    Need("letters as PDF", "libnone-1", library="libnone.so.2"),
)


def test_a_need_is_met_by_what_can_really_be_used():
    assert Need("c", "libc6", library="libc.so.6").is_met()
    assert Need("shell", "dash", programs=("no-such-program", "sh")).is_met()
    assert Need("modules", "python3", module="json").is_met()
    assert not any(need.is_met() for need in MISSING)
    assert not Need("modules", "python3", module="no_such_module").is_met()


def test_nothing_missing_runs_nothing(monkeypatch):
    monkeypatch.setattr(system, "_run", lambda command, environ: pytest.fail("nothing was needed"))
    system.system_packages((Need("shell", "dash", programs=("sh",)),))


def test_somebody_who_is_not_root_is_told_every_package_at_once(monkeypatch):
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    with pytest.raises(SetupRefused) as refused:
        system.system_packages(MISSING)
    assert "sudo apt-get install libnone-1 none-browser\n" in str(refused.value)
    assert "(for letters as PDF, tests in a browser)" in str(refused.value)


def test_root_installs_what_is_missing_and_looks_whether_it_came(monkeypatch):
    run = []
    monkeypatch.setattr(system.os, "geteuid", lambda: 0)
    monkeypatch.setattr(system.shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(system, "_run", lambda command, environ: run.append(command))
    with pytest.raises(SetupRefused, match="still not to be found: libnone-1"):
        system.system_packages(MISSING[:1])
    assert run[0][:2] == ["apt-get", "update"]
    assert run[1][-1] == "libnone-1"


@pytest.fixture
def locks(tmp_path, monkeypatch):
    """Two lock files and an empty environment; gives the commands that were run."""
    run = []
    monkeypatch.setattr(system, "VENV", tmp_path)
    monkeypatch.setattr(system, "REQUIREMENTS", tmp_path)
    monkeypatch.setattr(system, "_run", lambda command, environ: run.append(command))
    for name in ("local", "test"):
        (tmp_path / f"{name}.txt").write_text(name)
    return run


def test_packages_are_installed_by_hash_and_again_only_when_the_lock_has_changed(locks, tmp_path):
    system.packages(("local", "test"))
    system.packages(("local", "test"))
    assert len(locks) == 1
    assert "--require-hashes" in locks[0]
    (tmp_path / "local.txt").write_text("changed")
    system.packages(("local", "test"))
    assert len(locks) == 2


def test_what_the_tests_need_is_enough_to_run(locks):
    system.packages(("test",))
    system.packages(("local", "test"))
    assert len(locks) == 1


def test_a_failed_installation_is_tried_again(locks, tmp_path, monkeypatch):
    def fail(command, environ):
        raise SetupRefused("no")

    with monkeypatch.context() as patched:
        patched.setattr(system, "_run", fail)
        with pytest.raises(SetupRefused):
            system.packages(("test",))
    system.packages(("test",))
    assert len(locks) == 1


def test_cleaning_removes_the_data_wherever_it_is_kept(folder, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(folder / "data"))
    environ = {"DATABASE_URL": "postgresql:///none", "REDIS_URL": "unix:///none"}
    stacks = [Stack(folder / "data" / name, environ) for name in ("", "test")]
    assert clean.main() == 0
    assert not any(path.exists() for stack in stacks for path in (stack.places.data, stack.places.run))
    assert clean.main() == 0


def test_cleaning_refuses_what_is_in_use(folder, monkeypatch, capsys):
    monkeypatch.setenv("DATA_DIR", str(folder / "data"))
    stack = Stack(folder / "data", {"DATABASE_URL": "postgresql:///none", "REDIS_URL": "unix:///none"})
    stack.lock.take("make run")
    assert clean.main() == 1
    assert "make run" in capsys.readouterr().err
    assert stack.places.data.is_dir()
    stack.close()
