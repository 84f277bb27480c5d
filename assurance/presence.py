"""Who is on the page of a benchmark right now, as far as their browsers said so in the last minutes.

Kept in the cache alone: a few minutes later it is worth nothing. It helps colleagues not to write over each other and
decides nothing, so a cache that does not answer is logged, and the page is shown without it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Model
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from assurance.access import Actor, holds
from assurance.vocabulary import Permission

logger = logging.getLogger(__name__)

KEPT = timedelta(minutes=5)
"""After so long without a word somebody is no longer there."""
MOST = 20
"""People remembered for one benchmark."""
PLACES: Mapping[str, tuple[str, tuple[Permission, ...]]] = {
    "selfassessment": ("", (Permission.EDIT_ANSWERS, Permission.EDIT_GIVEN)),
    "review": ("review:", (Permission.REVIEW,)),
}
"""For each model whose page people work on: the beginning of its key, and who is noted there and told."""


@dataclass(frozen=True)
class Present:
    """A colleague who is on the page too, and how many whole minutes ago their browser said so."""

    name: str
    minutes: int

    def __str__(self) -> str:
        """In a sentence, as the page says it."""
        if self.minutes < 1:
            return _("%(name)s is editing this too, now") % {"name": self.name}
        sentence = ngettext(
            "%(name)s is editing this too, %(minutes)s minute ago",
            "%(name)s is editing this too, %(minutes)s minutes ago",
            self.minutes,
        )
        return sentence % {"name": self.name, "minutes": self.minutes}


def note(actor: Actor, row: Model, at: datetime) -> tuple[Present, ...]:
    """Note that the actor is on the page of an answer or a review, and say who else is, most recent first. No query.

    Only those who answer for the row's authority, or who review it, are noted and told, each among themselves. Two
    people who say so in the same instant may miss each other until one of them says it again.

    Args:
        row: the ``SelfAssessment`` or the ``Review``; its authority must have been read.
        at: now.
    """
    place, permissions = PLACES[row._meta.model_name or ""]
    if actor.id is None or not holds(actor, permissions, row):
        return ()
    key = f"presence:{place}{row.pk}"
    now = at.timestamp()
    try:
        there: Mapping[int, tuple[str, float]] = cache.get(key) or {}
        fresh = {
            person: (name, seen)
            for person, (name, seen) in there.items()
            if person != actor.id and now - seen < KEPT.total_seconds()
        }
        latest = sorted(fresh.items(), key=lambda one: one[1][1], reverse=True)[: MOST - 1]
        cache.set(key, {actor.id: (actor.name, now), **dict(latest)}, KEPT.total_seconds())
    except (RedisError, OSError):
        logger.warning("Nobody can be shown as present: the cache does not answer", exc_info=True)
        return ()
    return tuple(Present(name, max(0, int((now - seen) // 60))) for _person, (name, seen) in latest)
