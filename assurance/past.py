"""What a text said at a moment of the past, as far as somebody may read it.

``access.PAST`` says which permission shows what stood at which time; here it is asked of the tables of history. Like
``access``, this is a place where rows are narrowed to what an actor may read, and nothing else reads those tables
for a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Generic, TypeVar

from django.db.models import BooleanField, ExpressionWrapper

from assurance.access import EVER, PAST, Actor, While, holds
from assurance.models import Assessment

Said = TypeVar("Said")
Values = dict[str, Any]
Says = Callable[[Sequence[Values]], Said]
Span = tuple[datetime, datetime]
"""From a moment until another, which is not part of it."""

BEGINNING = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Stood(Generic[Said]):
    """What something said from one moment to another, and who had it say so ("": the console).

    ``until`` is None while it stands. To a reader who does not see every stage it is never later than the moment
    from which they could no longer read it, so that it tells of no change that they may not know of.
    """

    said: Said
    since: datetime
    until: datetime | None
    who: str


def past(
    actor: Actor,
    model: Any,
    record: Any,
    says: Says[Said],
    *,
    fields: Sequence[str],
    kind: str = "",
    **of: Any,
) -> tuple[Stood[Said], ...]:
    """What rows of ``model`` said over time, oldest first, as far as the actor may read it. At most two queries.

    A text may be read if it stood at any moment at which the actor could have read it: that it was written before
    that moment does not hide it, and that it was changed later does not show what it became.

    Args:
        record: the assessment whose rows they are, or the one record that it is about.
        says: what the rows say that stood at one moment, each as the values of ``fields``, in no order.
        kind: the key of ``access.PAST``, where it is not the label of the model.
        of: which rows, by what never changes of them.
    """
    sight = PAST[kind or model._meta.label]
    stages = list(dict.fromkeys(stage for permission, stage in sight if holds(actor, permission, record)))
    if not stages:
        return ()
    place = "id" if isinstance(record, model) else "assessment"
    rows = model.history.model._default_manager.filter(**{"authority": record.authority_id, place: record.pk}, **of)
    own = {f"stage_{index}": _held(stage) for index, stage in enumerate(stages) if stage.own}
    names = dict.fromkeys(("id", "history_date", "history_type", "history_user__name", *fields))
    found = list(rows.annotate(**own).order_by("history_date", "history_id").values(*names, *own))
    if EVER in stages:
        times = [(BEGINNING, NEVER)]
    elif own:
        times = _spans([(row["history_date"], any(row[name] for name in own)) for row in found])
    else:
        times = _times(record, stages)
    return tuple(_as_read(_stood(found, says), times))


def _held(stage: While) -> ExpressionWrapper:
    return ExpressionWrapper(stage.condition, output_field=BooleanField())


def _times(assessment: Assessment, stages: Sequence[While]) -> list[Span]:
    """When one of the stages held, by what the assessment's own history says. One query."""
    names = {f"stage_{index}": _held(stage) for index, stage in enumerate(stages)}
    moments = (
        Assessment.history.filter(id=assessment.pk, authority=assessment.authority_id)
        .annotate(**names)
        .order_by("history_date", "history_id")
        .values_list("history_date", *names)
    )
    return _spans([(at, any(held)) for at, *held in moments])


def _spans(moments: Sequence[tuple[datetime, bool]]) -> list[Span]:
    """When something held that was so, or not, from each of these moments on."""
    ends = [at for at, _held in moments[1:]]
    return [(at, end) for (at, held), end in zip(moments, [*ends, NEVER], strict=False) if held]


def _stood(rows: Sequence[Values], says: Says[Said]) -> list[Stood[Said]]:
    """Every text that ever stood, whoever may read it: rows of history in order. What is saved unchanged goes on."""
    standing: dict[int, Values] = {}
    begun: list[tuple[datetime, Said, str]] = []
    for at, changed in groupby(rows, key=itemgetter("history_date")):
        who = ""
        for row in changed:
            standing.pop(row["id"], None)
            if row["history_type"] != "-":
                standing[row["id"]] = row
            who = row["history_user__name"] or ""
        said = says(tuple(standing.values()))
        if not begun or begun[-1][1] != said:
            begun.append((at, said, who))
    ends: list[datetime | None] = [at for at, _said, _who in begun[1:]]
    return [Stood(said, at, end, who) for (at, said, who), end in zip(begun, [*ends, None], strict=False)]


def _as_read(stood: Iterable[Stood[Said]], times: Sequence[Span]) -> Iterable[Stood[Said]]:
    """Those that stood at one of these times, each until the last of them at the latest."""
    for one in stood:
        until = one.until or NEVER
        ends = [end for start, end in times if max(start, one.since) < min(end, until)]
        if ends:
            last = min(until, max(ends))
            yield replace(one, until=None if last == NEVER else last)
