"""What can go wrong between content and PDF."""

from __future__ import annotations

from collections.abc import Iterable


class LetterDefective(Exception):
    """A letter that must not be issued. ``defects`` says each reason in a sentence for its author."""

    def __init__(self, defects: Iterable[str]) -> None:
        self.defects = tuple(defects)
        super().__init__("; ".join(self.defects))


class FontsUnavailable(Exception):
    """A pinned font file is missing or is not the pinned one: no letter is set with another font instead."""


class KeyUnusable(Exception):
    """The key that letters are to be signed with cannot be used. The message says why, in a sentence."""
