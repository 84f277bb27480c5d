"""When a membership holds, as conditions on memberships. It ends on the first day on which it no longer holds."""

from __future__ import annotations

from datetime import date

from django.db.models import Q


def open_on(day: date) -> Q:
    """Memberships that hold on a day or will begin later."""
    return Q(ends__isnull=True) | Q(ends__gt=day)


def holds_on(day: date) -> Q:
    """Memberships that hold on a day."""
    return Q(starts__lte=day) & open_on(day)
