"""Where the files lie that people bring or ask for: evidence, workbooks, documents. Never given out by address.

The store is the Django storage called "uploads": a folder outside the web root, or an S3-compatible bucket. Nothing
here asks the policy. Whoever calls has fetched the row first, and streams what it names.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import Storage, storages

ALIAS = "uploads"
EVIDENCE, DOCUMENTS, WORKBOOKS, EXPORTS, HISTORY = "evidence", "documents", "workbooks", "exports", "history"
"""Prefixes. Each belongs to one model, so that what no row knows can be found."""

_PREFIX = re.compile(r"[a-z]{1,30}")
_READ_AT_ONCE = 256 * 1024

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """Bytes that are in the store: under which key, how many, and their SHA-256 in hex."""

    path: str
    size: int
    sha256: str


def keep(prefix: str, file: File[Any]) -> Kept:
    """Put the bytes of a file into the store, from its beginning, under a key of their own.

    The key is random: no name that a person gave is ever part of a path. The file is read in pieces, never whole.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is no prefix of the store")
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    for chunk in file.chunks(_READ_AT_ONCE):
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    path = _storage().save(f"{prefix}/{uuid4().hex}", file)
    return Kept(path, size, digest.hexdigest())


def open(path: str) -> File[Any]:
    """The bytes under a key, to be read in pieces. Raises FileNotFoundError where there are none."""
    return _storage().open(path, "rb")


def forget(path: str) -> None:
    """Take the bytes under a key away. Where there are none, nothing happens."""
    if path:
        _storage().delete(path)


@contextmanager
def undone_on_error() -> Iterator[list[Kept]]:
    """A block that hands its list what it keeps, and takes all of it away again when it ends in an exception.

    Put it around the transaction. What a transaction further out takes back is left to :func:`lost`.
    """
    kept: list[Kept] = []
    try:
        yield kept
    except BaseException:
        for one in kept:
            try:
                forget(one.path)
            except Exception:
                # The sweep will find it; what went wrong first is what has to be known.
                log.exception("%s could not be taken away", one.path)
        raise


def lost(prefix: str, known: Collection[str], before: datetime) -> list[str]:
    """The keys under a prefix that are not known and were put there before a moment.

    A younger one may belong to a transaction that is not committed yet.
    """
    storage = _storage()
    try:
        _folders, names = storage.listdir(prefix)
    except FileNotFoundError:
        return []
    paths = (f"{prefix}/{name}" for name in names if name)
    return [path for path in paths if path not in known and storage.get_modified_time(path) < before]


def _storage() -> Storage:
    return storages[ALIAS]
