"""The regional picture put together again from its sources, to compare with what the database keeps of it.

Written apart from the triggers on purpose: the same rule twice, in another language and from the other end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from assurance.models import AgreedOutcome, Assessment, PictureCount, PictureRow, Review, SelfAssessment
from assurance.vocabulary import EDITABLE_STATES, Answer, Judgement, PictureGap, State
from benchmarks.catalogue import scheme_text

REVIEWED = frozenset({State.IN_REVIEW, State.CLARIFICATION, State.PROPOSED, State.DISPUTED, State.AGREED})
GAPS = {
    Answer.NOT_APPLICABLE: PictureGap.NOT_APPLICABLE,
    Answer.UNKNOWN: PictureGap.UNKNOWN,
    Answer.UNANSWERED: PictureGap.UNANSWERED,
}
SOURCES: dict[Judgement, tuple[Any, PictureGap]] = {
    Judgement.OWN: (SelfAssessment, PictureGap.UNANSWERED),
    Judgement.ADVISER: (Review, PictureGap.UNANSWERED),
    Judgement.AGREED: (AgreedOutcome, PictureGap.UNKNOWN),
}
"""Where each judgement is written, and what a missing row says."""
AT_ONCE = 2000
FIELDS = ("authority_id", "programme_id", "cycle_id", "region", "nation", "type", "state", *Judgement.values)


def differences() -> list[str]:
    """What is kept otherwise than its sources say, a line each. Needs a scope of everything."""
    found: list[str] = []
    counts: Counter[tuple[Any, ...]] = Counter()
    for batch in _batches():
        ids = [one.pk for one in batch]
        kept = {row["assessment_id"]: row for row in PictureRow.objects.filter(pk__in=ids).values()}
        outcomes = {judgement: _outcomes(judgement, ids) for judgement in Judgement}
        for one in batch:
            due = _row(one, {judgement: outcomes[judgement][one.pk] for judgement in Judgement})
            counts.update(_counted(due))
            row = kept.get(one.pk)
            if row is None:
                found.append(f"assessment {one.pk}: no row")
            else:
                found += [
                    f"assessment {one.pk}: {name} is {row[name]} and should be {due[name]}"
                    for name in FIELDS
                    if row[name] != due[name]
                ]
    names = ("cycle_id", "region", "nation", "type", "judgement", "number", "value")
    there = {one[:-1]: one[-1] for one in PictureCount.objects.values_list(*names, "count")}
    found += [
        f"count of {key}: is {there.get(key, 0)} and should be {counts[key]}"
        for key in sorted(counts.keys() | there.keys())
        if counts[key] != there.get(key, 0)
    ]
    return found


def how_many() -> int:
    """How many assessments there are to compare. Needs a scope of everything."""
    return Assessment.objects.count()


def _batches() -> Iterator[list[Assessment]]:
    last = 0
    rows = Assessment.objects.select_related("authority", "cycle").order_by("pk")
    while batch := list(rows.filter(pk__gt=last)[:AT_ONCE]):
        yield batch
        last = batch[-1].pk


def _outcomes(judgement: Judgement, ids: list[int]) -> dict[int, dict[int, int]]:
    """What is written of a judgement: by assessment and number, a level's id or a gap."""
    model, _missing = SOURCES[judgement]
    found: dict[int, dict[int, int]] = defaultdict(dict)
    rows = model.objects.filter(assessment__in=ids).order_by()
    for assessment_id, number, answer, level_id in rows.values_list(
        "assessment_id", "benchmark__number", "answer", "level_id"
    ):
        found[assessment_id][number] = level_id if answer == Answer.OUTCOME else GAPS[answer]
    return found


def _row(one: Assessment, outcomes: dict[Judgement, dict[int, int]]) -> dict[str, Any]:
    counts = {
        Judgement.OWN: one.submitted_at is not None and one.state not in EDITABLE_STATES | {State.WITHDRAWN},
        Judgement.ADVISER: one.state in REVIEWED,
        Judgement.AGREED: one.state == State.AGREED,
    }
    numbers = scheme_text(one.cycle.scheme_version_id).benchmarks
    values = {
        judgement.value: [
            outcomes[judgement].get(number, SOURCES[judgement][1]) if number in numbers else PictureGap.NO_BENCHMARK
            for number in range(1, max(numbers) + 1)
        ]
        if counts[judgement]
        else []
        for judgement in Judgement
    }
    place = one.authority
    return {
        "authority_id": place.pk,
        "programme_id": one.cycle.programme_id,
        "cycle_id": one.cycle_id,
        "region": place.region,
        "nation": place.nation,
        "type": place.type,
        "state": one.state,
        **values,
    }


def _counted(row: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Under which counts a row is, once each."""
    place = (row["cycle_id"], row["region"], row["nation"], row["type"])
    for judgement in Judgement.values:
        values = row[judgement]
        if row["state"] != State.WITHDRAWN:
            yield (*place, judgement, 0, int(bool(values)))
        for number, value in enumerate(values, start=1):
            if value != PictureGap.NO_BENCHMARK:
                yield (*place, judgement, number, int(value))
