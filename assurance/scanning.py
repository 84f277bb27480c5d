"""A client of ClamAV's daemon: hands it a file, and says what it found.

Our own forty lines, because the Python package for it has had no release since 2014. The protocol is one command,
INSTREAM: the bytes in pieces, each after its length, an empty piece at the end, and one line of answer.
"""

from __future__ import annotations

import socket
import struct
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

from django.core.files.base import File

PIECE = 64 * 1024
CONNECTS_WITHIN = 5.0
ANSWERS_WITHIN = 20.0
"""Seconds between two signs of life. A task may take thirty."""
LONGEST_ANSWER = 4096


class ScannerAway(Exception):
    """The daemon cannot be reached, or does not say whether there is a virus. Trying again later may help."""


def scan(address: str, file: File[Any]) -> str:
    """The name of the virus that the daemon finds in a file, "" for none. The file is sent in pieces, never whole.

    ``address`` is tcp://host:port or unix:///path.

    Raises:
        ScannerAway: nobody answers, or the answer is neither yes nor no, as when the file is over the daemon's limit.
    """
    try:
        with closing(_connect(address)) as connection:
            connection.sendall(b"zINSTREAM\0")
            for piece in file.chunks(PIECE):
                connection.sendall(struct.pack("!I", len(piece)) + piece)
            connection.sendall(struct.pack("!I", 0))
            answer = _answer(connection)
    except OSError as fault:
        raise ScannerAway(str(fault)) from fault
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    raise ScannerAway(answer or "no answer")


def _connect(address: str) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECTS_WITHIN)
        try:
            connection.connect(parts.path)
        except OSError:
            connection.close()
            raise
    else:
        connection = socket.create_connection((parts.hostname or "", parts.port or 3310), CONNECTS_WITHIN)
    connection.settimeout(ANSWERS_WITHIN)
    return connection


def _answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
        piece = connection.recv(1024)
        if not piece:
            break
        answer += piece
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()
