"""What is happening, in one line for each step: `3 of 8  Starting Valkey ... done in 0.2 s`."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Numbered steps on a terminal. With `total` 0 the steps are not numbered; `quiet` says nothing."""

    def __init__(self, total: int = 0, *, quiet: bool = False, out: TextIO | None = None) -> None:
        self.total = total
        self.number = 0
        self._quiet = quiet
        self._out = out or sys.stdout
        self._note = ""

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Say what begins, and how long it took. A step that raises says so."""
        self.number += 1
        count = f"{self.number} of {self.total}  " if self.total else ""
        self._say(f"{count}{title} ... ", end="")
        began = time.monotonic()
        self._note = ""
        try:
            yield
        except Exception:
            self._say("failed")
            raise
        except BaseException:
            self._say("stopped")
            raise
        note = f", {self._note}" if self._note else ""
        self._say(f"done in {time.monotonic() - began:.1f} s{note}")

    def note(self, words: str) -> None:
        """Words to close the present step's line with, such as "nothing changed"."""
        self._note = words

    def say(self, words: str) -> None:
        """A line of its own."""
        self._say(words)

    def _say(self, words: str, end: str = "\n") -> None:
        if not self._quiet:
            print(words, end=end, file=self._out, flush=True)
