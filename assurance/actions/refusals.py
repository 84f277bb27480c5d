"""Why a write was refused, as the views show it. Workflow refusals live beside the engine."""

from __future__ import annotations

from typing import Any


class Stale(Exception):
    """Somebody saved since the person opened the form. ``current`` is what stands now; nothing was overwritten."""

    def __init__(self, current: Any) -> None:
        self.current = current
        super().__init__("saved by somebody else since")


class NotEditable(Exception):
    """The record is at a stage where this cannot be changed. ``record`` says which."""

    def __init__(self, record: Any) -> None:
        self.record = record
        super().__init__("not open to this change now")


class Unfit(Exception):
    """A value does not fit. ``field`` is where the person can mend it."""

    def __init__(self, field: str, message: str) -> None:
        self.field = field
        self.message = message
        super().__init__(message)
