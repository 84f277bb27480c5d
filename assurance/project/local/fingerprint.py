"""Whether anything has changed since last time, so that a second start does nothing twice."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import psycopg


def of_files(folder: Path, patterns: Iterable[str]) -> str:
    """A digest of the names and contents of the files in `folder` that match any of the patterns."""
    digest = hashlib.sha256()
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    for path in sorted(found):
        contents = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(folder).as_posix()} {contents}\n".encode())
    return digest.hexdigest()


def of_database(database_url: str) -> str:
    """What tells this database from any other, an emptied and newly made one of the same name included.

    Raises psycopg.Error when it cannot be asked.
    """
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        row = connection.execute(
            "SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "FROM pg_control_system()"
        ).fetchone()
    return "" if row is None else f"{row[0]}/{row[1]}"


class Stamp:
    """A file that says what was last done. Written only after it was done."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def says(self, fingerprint: str) -> bool:
        """Whether the work was done for this fingerprint."""
        return self.file.is_file() and self.file.read_text() == fingerprint

    def write(self, fingerprint: str) -> None:
        """Say that it is done."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(fingerprint)
