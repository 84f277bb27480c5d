"""Whether a file is a letter that we issued: a digest in, one word out, for whoever asks."""

from __future__ import annotations

from django.db import connection, models
from django.utils.translation import gettext_lazy as _


class Verdict(models.TextChoices):
    """All that the public is told about a file."""

    CURRENT = "current", _("This is a letter that we issued, and it is in force")
    SUPERSEDED = "superseded", _("This is a letter that we issued, and a later letter has taken its place")
    WITHDRAWN = "withdrawn", _("This is a letter that we issued, and it has been withdrawn")
    UNKNOWN = "unknown", _("This is not a letter that we issued")


def verdict_on(sha256: str) -> Verdict:
    """What there is to say about the file with this SHA-256, in lower-case hex. One query.

    Needs no scope: the database function (migration 0014) reads past it and gives back the word alone.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT letters_verify(%s)", [sha256])
        (word,) = cursor.fetchone()
    return Verdict(word)
