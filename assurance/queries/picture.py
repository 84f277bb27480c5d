"""Which rows of the regional picture somebody reads, and which of the three judgements in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from assurance.access import GRANTS, Actor, authorities, countable, visible
from assurance.memberships import holds_on
from assurance.models import Partnership, PartnershipMember, PictureRow
from assurance.vocabulary import Judgement, Permission

P = Permission

PERMISSIONS: Mapping[str, Permission] = {
    Judgement.AGREED: P.READ_OUTCOMES,
    Judgement.OWN: P.READ_SUBMITTED,
    Judgement.ADVISER: P.READ_REVIEW,
}
"""What one needs to read each judgement of a single authority, what stands first."""
LABELS: Mapping[str, StrOrPromise] = {
    Judgement.AGREED: _("Agreed outcomes"),
    Judgement.OWN: _("The authorities’ own outcomes"),
    Judgement.ADVISER: _("The advisers’ outcomes"),
}


def judgements_readable(actor: Actor) -> tuple[str, ...]:
    """The judgements that the actor reads anywhere in the picture, what stands first."""
    held = [GRANTS[grant.role] for grant in actor.grants if P.READ_PICTURE in GRANTS[grant.role]]
    return tuple(name for name, permission in PERMISSIONS.items() if any(permission in one for one in held))


def rows_readable(actor: Actor, judgement: str) -> QuerySet[PictureRow]:
    """The rows in which the actor may read this judgement. Its column is the one to take, and no other."""
    return visible(actor, PictureRow) & countable(actor, PERMISSIONS[judgement], PictureRow)


def partnerships(actor: Actor, programme_id: int, on: date) -> tuple[Partnership, ...]:
    """Partnerships in which an authority of the actor's picture takes part on a day. One query."""
    members = PartnershipMember.objects.filter(
        holds_on(on), authority__in=authorities(actor, P.READ_PICTURE).filter(programme=programme_id).values("pk")
    )
    return tuple(Partnership.objects.filter(pk__in=members.order_by().values("partnership")).order_by("name"))
