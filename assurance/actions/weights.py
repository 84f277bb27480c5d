"""Setting the weights of a scheme's benchmarks. They are this product's own, and a version of them never changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from assurance import ledger
from assurance.access import Actor, Forbidden, NotFound, sets_weights
from assurance.actions.refusals import Stale, Unfit
from assurance.vocabulary import EventKind, Permission
from benchmarks.catalogue import SchemeText, newest_published, scheme_text
from benchmarks.models import Scheme, WeightsVersion
from benchmarks.weighing import LEAST, MOST, Weights, weights_for

TWO_PLACES = Decimal("0.01")


def save_weights(
    *, by: Actor, at: datetime, scheme: str, seen_version: int, weights: Mapping[int, Decimal], reason: str
) -> Weights:
    """Make these the weights that count for a scheme from now on, everywhere but in what is frozen already.

    Args:
        scheme: its code.
        seen_version: the version that the person saw, 0 for what came with the scheme's file.
        weights: one for every benchmark of the newest published version, by number.

    Raises:
        Forbidden: the actor sets no weights, or not for every programme that has cycles on the scheme.
        NotFound: there is no such scheme, or nothing of it is published.
        Stale: somebody set others since; ``current`` is what counts now.
        Unfit: a weight is missing, out of bounds or of too many decimals, nothing differs, or there is no reason.
    """
    if not sets_weights(by, scheme):
        raise Forbidden(Permission.EDIT_WEIGHTS)
    with transaction.atomic():
        # Whoever comes second waits here, and then sees what the first has saved.
        family = Scheme.objects.select_for_update().filter(code=scheme).first()
        version = newest_published(scheme)
        if family is None or version is None:
            raise NotFound
        text = scheme_text(version.pk)
        current = weights_for(text)
        if current.version != seen_version:
            raise Stale(current)
        for number in text.benchmarks:
            _assert_fits(number, weights.get(number))
        if not reason.strip():
            raise Unfit("reason", _("Say why the weights change"))
        assert_change(text, current, weights)
        made = {str(number): str(weights[number].quantize(TWO_PLACES)) for number in text.benchmarks}
        row = WeightsVersion(
            scheme=family,
            number=current.version + 1,
            weights=made,
            reason=reason.strip(),
            made_at=at,
            made_by_name=by.name,
        )
        ledger.save(row, by=by, at=at)
        ledger.reference_event(
            EventKind.WEIGHTS,
            by=by,
            at=at,
            name="saved",
            reason=row.reason,
            detail={
                "scheme": scheme,
                "version": row.number,
                "from": {str(number): str(current.of(number)) for number in text.benchmarks},
                "to": made,
            },
        )
    return weights_for(text)


def assert_change(scheme: SchemeText, current: Weights, weights: Mapping[int, Decimal]) -> None:
    """Raises :class:`Unfit` where these are the weights that count already."""
    if all(current.of(number) == weights[number] for number in scheme.benchmarks):
        raise Unfit("", _("These are the weights that count already. Change at least one of them"))


def _assert_fits(number: int, weight: Decimal | None) -> None:
    field = f"weight_{number}"
    if weight is None:
        raise Unfit(field, _("Enter a weight for benchmark %(number)s") % {"number": number})
    if not (LEAST <= weight <= MOST and weight == weight.quantize(TWO_PLACES)):
        raise Unfit(
            field,
            _("The weight of benchmark %(number)s must be from %(least)s to %(most)s, with at most two decimals")
            % {"number": number, "least": LEAST, "most": MOST},
        )
