"""Where the embedded services keep their data and sockets, and whom they run as.

PostgreSQL refuses to run as root. When we are root the services run as an unprivileged user, and that user
may be unable to enter the checkout (a checkout under /root, for instance). No folder above ours is ever
opened up for it; the data, and if need be a copy of the programs, go to a folder of ours that it can enter.
"""

import hashlib
import os
import pwd
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# A socket's address is kept in 104 bytes on some systems and 108 on others, its closing zero included.
LONGEST_SOCKET_PATH = 103
LONGEST_SOCKET_NAME = ".s.PGSQL.5432.lock"

UNPRIVILEGED = ("nobody", "daemon")
AWAY = Path("/var/lib/prevent-duty-assurance")


class PlaceRefused(Exception):
    """There is no safe place to keep something. The message says what is in the way, for a person to read."""


@dataclass(frozen=True)
class ServiceUser:
    """The user that the services run as, when it is not ourselves."""

    name: str
    uid: int
    gid: int

    def can_enter(self, folder: Path) -> bool:
        """Whether this user may go into `folder`, all the way from the root. Asks the system itself."""
        asked = subprocess.run(
            ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
        return asked.returncode == 0

    def give(self, folder: Path) -> None:
        """Make this user the owner of `folder` itself."""
        os.chown(folder, self.uid, self.gid)


@dataclass(frozen=True)
class Places:
    """Settled folders. `data` is ours; `services` and `run` belong to the service user if there is one."""

    data: Path
    services: Path
    run: Path
    user: ServiceUser | None

    @property
    def logs(self) -> Path:
        """Where each process writes what it has to say."""
        return self.data / "log"


def service_user() -> ServiceUser | None:
    """An unprivileged user when we are root, else None.

    Raises PlaceRefused when we are root and the system has no such user.
    """
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceUser(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise PlaceRefused("PostgreSQL will not run as root, and this system has no user nobody. Run as another user.")


def settle(data_folder: Path) -> Places:
    """Make the folders for one set of services and say where they are. Doing it again changes nothing.

    Raises PlaceRefused when a folder cannot be made, or belongs to somebody else.
    """
    data = data_folder.resolve()
    user = service_user()
    try:
        data.mkdir(parents=True, exist_ok=True)
        (data / "log").mkdir(exist_ok=True)
    except OSError as error:
        raise PlaceRefused(f"Cannot write to {data}: {error.strerror}. Set DATA_DIR to a folder of your own.") from None
    services = data
    if user is not None and not user.can_enter(data):
        services = AWAY / _key(data)
        services.mkdir(parents=True, exist_ok=True)
    return Places(data=data, services=services, run=_run_folder(services, user), user=user)


def private_folder(folder: Path, user: ServiceUser | None) -> Path:
    """Make `folder` for one user alone, or check that it is so. Its parent must exist.

    Raises PlaceRefused when it is a link or another user's: somebody may have made it first to read our data.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    ours = os.geteuid()
    wanted = ours if user is None else user.uid
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (ours, wanted):
        owner = found.st_uid
        raise PlaceRefused(
            f"{folder} belongs to user {owner}, not to user {wanted}. If it was made by running as somebody "
            "else, remove it, or set DATA_DIR to another folder."
        )
    if user is not None:
        user.give(folder)
    folder.chmod(0o700)
    return folder


def _run_folder(services: Path, user: ServiceUser | None) -> Path:
    """The folder for sockets: beside the data, or a short one elsewhere when that path would be too long."""
    beside = services / "run"
    if len(os.fsencode(beside / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return private_folder(beside, user)
    # As root the user's own runtime folder is no use: the service user may not enter it.
    own = os.environ.get("XDG_RUNTIME_DIR") if user is None else None
    for base in (own, tempfile.gettempdir(), "/tmp"):  # noqa: S108 - private_folder refuses what is not ours
        if not base or not Path(base).is_dir():
            continue
        short = Path(base) / f"prevent-{_key(services)}"
        if len(os.fsencode(short / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return private_folder(short, user)
    raise PlaceRefused("No folder has a short enough path for sockets. Set DATA_DIR to a shorter one.")


def _key(folder: Path) -> str:
    """A short name that stands for one folder, so that two checkouts never share anything."""
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
