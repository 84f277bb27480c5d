"""The key that letters are signed with, where one is set. Only the worker's process has it; see ``WORKER_ONLY``."""

from __future__ import annotations

import functools
from datetime import datetime

from django.conf import settings

from letters.pdf.faults import KeyUnusable
from letters.pdf.signature import SigningKey, open_key


def signing_key(at: datetime) -> SigningKey | None:
    """The key to sign with at a moment; None where letters are not signed.

    The file is read each time, so that a new key needs no new worker; opening it costs 15 ms and is remembered.

    Raises:
        KeyUnusable: a key is set and cannot be used.
    """
    path = settings.LETTER_SIGNING_KEY
    if path is None:
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KeyUnusable("The file of the signing key cannot be read.") from error
    key = _opened(content, settings.LETTER_SIGNING_PASSPHRASE)
    key.require_time(at)
    return key


@functools.lru_cache(maxsize=1)
def _opened(content: bytes, passphrase: str) -> SigningKey:
    return open_key(content, passphrase)
