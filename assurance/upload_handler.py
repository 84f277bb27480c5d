"""What is done to files while they come in: how much of each is read at most, and of whom."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from assurance.filetypes import LARGEST, MOST_AT_ONCE

ROOM_FOR_FIELDS = 1024 * 1024
"""Bytes that the other fields of a form and the seams between its parts may take."""


class CappedUploadHandler(FileUploadHandler):
    """Stands before the handlers that keep files, and passes on no more of each than makes it too large.

    What is one byte too large is then refused at its field, by name, while the other files of the same form are
    taken. Files of somebody who is not signed in are read to nowhere. A request that says it is larger than every
    file at its largest is refused before it is read.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: bytes,
        encoding: str | None = None,
    ) -> None:
        if content_length > MOST_AT_ONCE * LARGEST + ROOM_FOR_FIELDS:
            raise RequestDataTooBig("More was sent than all files of one form may be together.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.request is None or getattr(self.request, "actor", None) is None:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start > LARGEST:
            return None
        return raw_data[: LARGEST + 1 - start]

    def file_complete(self, file_size: int) -> None:
        """Nothing of its own: one of the handlers after it has the file."""
