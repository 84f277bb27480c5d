"""Addresses of long lists, taken apart once: to reverse a hundred of them costs more than the queries."""

from __future__ import annotations

from functools import cache

from django.urls import reverse

ANY_ID = 123456789
"""Stands in an address for an id."""


@cache
def parts(name: str, *more: str | int) -> tuple[str, str]:
    """The address of a page, before and after the id that comes first in it; ``more`` are its further values."""
    before, _id, after = reverse(name, args=[ANY_ID, *more]).partition(str(ANY_ID))
    return before, after
