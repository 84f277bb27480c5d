"""Folders of our own: short enough for sockets, closed to others, and refused when somebody else made them."""

import os
import stat

import pytest

from assurance.project.local import places
from assurance.project.local.places import (
    LONGEST_SOCKET_NAME,
    LONGEST_SOCKET_PATH,
    PlaceRefused,
    private_folder,
    settle,
)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_settling_twice_gives_the_same_places(folder):
    assert settle(folder / "data") == settle(folder / "data")


def test_only_the_service_user_may_enter_the_folder_of_sockets(folder):
    found = settle(folder / "data")
    assert mode(found.run) == 0o700
    assert found.run.stat().st_uid == (found.user.uid if found.user else os.geteuid())


def test_a_long_path_gets_a_short_folder_for_sockets_and_another_path_another(folder, monkeypatch):
    short = folder / "t"
    short.mkdir(mode=0o755)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(short))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    first, second = (settle(folder / ("long-" * 20) / name) for name in ("one", "two"))
    assert first.run.parent == second.run.parent == short
    assert first.run != second.run
    assert mode(first.run) == 0o700


def test_the_name_of_the_longest_socket_fits_into_an_address(folder):
    longest = LONGEST_SOCKET_PATH - len(f"/run/{LONGEST_SOCKET_NAME}")
    fits = settle(folder / ("x" * (longest - len(f"{folder}/"))))
    assert fits.run.parent == fits.data
    too_long = settle(folder / ("x" * (longest + 1 - len(f"{folder}/"))))
    assert too_long.run.parent != too_long.data
    assert len(str(too_long.run / LONGEST_SOCKET_NAME)) < 104
    too_long.run.rmdir()


def test_the_folders_above_ours_are_left_as_they_are(folder):
    above = folder / "closed"
    above.mkdir(mode=0o700)
    settle(above / "data")
    assert mode(above) == 0o700


@as_root
def test_what_the_service_user_cannot_enter_is_kept_elsewhere(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    found = settle(closed / "data")
    assert found.services.parent == places.AWAY
    assert found.user is not None
    assert found.user.can_enter(found.services)
    assert not found.user.can_enter(closed)


@as_root
def test_a_folder_that_somebody_else_made_first_is_refused(folder):
    trap = folder / "run"
    trap.mkdir()
    os.chown(trap, 12345, 12345)
    with pytest.raises(PlaceRefused, match="belongs to user 12345"):
        private_folder(trap, None)


def test_a_link_that_somebody_made_first_is_refused(folder):
    (folder / "real").mkdir()
    (folder / "run").symlink_to(folder / "real")
    with pytest.raises(PlaceRefused):
        private_folder(folder / "run", None)


def test_a_folder_that_cannot_be_made_is_said_plainly(folder):
    (folder / "file").write_text("")
    with pytest.raises(PlaceRefused, match="Set DATA_DIR"):
        settle(folder / "file" / "data")
