"""The bytes of letters as they are kept: read piece by piece, and on the disk before anything refers to them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

PIECE = 64 * 1024


def pieces(name: str) -> Iterator[bytes]:
    """The bytes of a kept file. Raises OSError when it is not there."""
    with default_storage.open(name) as file:
        while piece := file.read(PIECE):
            yield piece


def digest_of_file(name: str) -> str:
    """The SHA-256 of a kept file. Raises OSError when it is not there."""
    digest = hashlib.sha256()
    for piece in pieces(name):
        digest.update(piece)
    return digest.hexdigest()


def keep(name: str, data: bytes, sha256: str) -> str:
    """Keep bytes under a name that comes from their digest, and return the name under which they are.

    A process that was killed while it wrote leaves half a file under the name of the whole one, so that what is there
    is read before it is believed. What is new is on the disk, and not only on its way there, when this returns: the
    database will say that it is kept, and keeps its own word through a power cut.
    """
    if default_storage.exists(name):
        if digest_of_file(name) == sha256:
            return name
        default_storage.delete(name)
    name = default_storage.save(name, ContentFile(data))
    try:
        path = Path(default_storage.path(name))
    except NotImplementedError:
        # A bucket answers when the bytes are safe.
        return name
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    return name
