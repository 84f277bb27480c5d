"""What people have typed and not saved yet, as pages read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Case, F, JSONField, Q, Value, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assurance.access import Actor, Forbidden, fetch, holds, may_answer, visible
from assurance.actions.answers import open_to_answers
from assurance.actions.drafts import able_to_answer
from assurance.marks import mark_labels
from assurance.models import Assessment, Draft, SelfAssessment
from assurance.vocabulary import EDITABLE_STATES, Permission
from benchmarks.catalogue import BenchmarkText, SchemeText, scheme_text

P = Permission


@dataclass(frozen=True)
class OwnDraft:
    """What the reader typed and did not save. ``content`` is the form as it was posted: lists of values by field."""

    id: int
    saved_at: datetime
    base_version: int
    content: Mapping[str, Sequence[str]]
    is_behind: bool
    """Whether somebody saved an answer since the text was begun: then both are shown."""

    @property
    def when(self) -> str:
        """When it was kept, in words."""
        return moment(self.saved_at)

    @cached_property
    def initial(self) -> dict[str, Any]:
        """By field, as a form takes it. As ``initial`` and not as data: what is half done is no mistake yet."""
        return {name: values[-1] for name, values in self.content.items() if values}


@dataclass(frozen=True)
class OthersDraft:
    """That a colleague typed something and did not save it. ``is_left`` once they can no longer save it themselves."""

    id: int
    name: str
    saved_at: datetime
    is_left: bool

    @property
    def when(self) -> str:
        """When it was kept, in words."""
        return moment(self.saved_at)


@dataclass(frozen=True)
class Drafts:
    """The unsaved text on one benchmark. ``others`` is there for a Prevent Lead only."""

    assessment_id: int
    number: int
    version: int
    """Of the answer as it stands, which a form that shows it carries."""
    own: OwnDraft | None = None
    others: tuple[OthersDraft, ...] = ()

    @property
    def seen(self) -> str:
        """Which draft the page shows ("" for none), so that a newer one from elsewhere is not written over."""
        return self.own.saved_at.isoformat() if self.own else ""


def for_page(actor: Actor, row: SelfAssessment) -> Drafts:
    """The drafts that the page of an answer shows. One query.

    Args:
        row: the answer, with its authority, assessment and cycle; of somebody who may answer it.
    """
    rows = (
        visible(actor, Draft)
        .filter(self_assessment=row)
        # Nobody is handed the text of somebody who may still come back to it.
        .annotate(
            text=Case(When(person=actor.id, then=F("content")), default=Value(None), output_field=JSONField()),
            is_able=able_to_answer("person"),
        )
        .order_by("-saved_at")
    )
    if not holds(actor, P.EDIT_ANSWERS, row):
        rows = rows.filter(person=actor.id)
    own, others = None, []
    for one in rows.values_list("pk", "person_id", "person__name", "saved_at", "base_version", "text", "is_able"):
        pk, person, name, saved_at, base_version, content, is_able = one
        if person == actor.id:
            own = OwnDraft(pk, saved_at, base_version, content, base_version < row.version)
        else:
            others.append(OthersDraft(pk, name, saved_at, not is_able))
    return Drafts(row.assessment_id, _benchmark(row).number, row.version, own, tuple(others))


@dataclass(frozen=True)
class DraftPage:
    """One draft to look at: whose it is, and what it says by question, in the form's order."""

    id: int
    assessment: Assessment
    benchmark: BenchmarkText
    name: str
    when: str
    lines: tuple[tuple[str, str], ...]
    is_own: bool
    has_own: bool
    """Whether the reader has unsaved text there, which has to be saved or discarded before taking over another's."""


def own_draft(actor: Actor, assessment_id: int, number: int) -> DraftPage | None:
    """One's own draft to read; None when there is none or the benchmark can no longer be answered. Three queries.

    Raises:
        NotFound, Forbidden: the actor may not answer this benchmark.
    """
    row = fetch(
        actor,
        (P.EDIT_ANSWERS, P.EDIT_GIVEN),
        SelfAssessment,
        related=("assessment__cycle",),
        assessment_id=assessment_id,
        benchmark__number=number,
    )
    if not may_answer(actor, row):
        raise Forbidden(P.EDIT_GIVEN)
    found = visible(actor, Draft).filter(self_assessment=row, person=actor.id).select_related("person").first()
    return _page(found, row, is_own=True, has_own=True) if found and open_to_answers(row) else None


def left_draft(actor: Actor, assessment_id: int, number: int, draft_id: int) -> DraftPage | None:
    """The draft of somebody who can no longer save it, for a Prevent Lead; None as :func:`own_draft`. Two queries.

    Raises:
        NotFound, Forbidden: there is none, or the actor does not lead there, or its writer may still come back to it.
    """
    found = fetch(
        actor,
        P.EDIT_ANSWERS,
        Draft,
        related=("self_assessment", "assessment__cycle", "person"),
        pk=draft_id,
        assessment_id=assessment_id,
        self_assessment__benchmark__number=number,
    )
    there = Draft.objects.filter(self_assessment=found.self_assessment_id)
    ones = there.filter(Q(person=actor.id) | (Q(pk=draft_id) & able_to_answer("person"))).values_list("person_id")
    if found.person_id in (people := {person for (person,) in ones}):
        raise Forbidden(P.EDIT_ANSWERS)
    row = found.self_assessment
    row.assessment = found.assessment
    row.authority = found.authority
    return _page(found, row, is_own=False, has_own=actor.id in people) if open_to_answers(row) else None


def _page(draft: Draft, row: SelfAssessment, *, is_own: bool, has_own: bool) -> DraftPage:
    row.assessment.authority = row.authority
    benchmark = _benchmark(row)
    return DraftPage(
        id=draft.pk,
        assessment=row.assessment,
        benchmark=benchmark,
        name=draft.person.name,
        when=moment(draft.saved_at),
        lines=tuple(_lines(draft.content, _scheme(row), benchmark)),
        is_own=is_own,
        has_own=has_own,
    )


@dataclass(frozen=True)
class Waiting:
    """Text on a benchmark that nobody has saved: whose, and from when. ``is_own`` is the reader's."""

    number: int
    title: str
    name: str
    saved_at: datetime
    is_own: bool

    @property
    def when(self) -> str:
        """When it was kept, in words."""
        return moment(self.saved_at)


def waiting(actor: Actor, assessment: Assessment) -> tuple[Waiting, ...]:
    """The unsaved text of an assessment, for whoever is about to submit it, by benchmark. One query.

    A Prevent Lead sees whose text waits, and not what it says; a contributor sees their own. Nothing once it is
    submitted: what was not saved then is out of sight until the submission is recalled.

    Args:
        assessment: with its authority and cycle.
    """
    if assessment.state not in EDITABLE_STATES:
        return ()
    rows = visible(actor, Draft).filter(assessment=assessment)
    if not holds(actor, P.EDIT_ANSWERS, assessment):
        rows = rows.filter(person=actor.id)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    titles = {one.id: one for one in scheme.benchmarks.values()}
    found = rows.order_by("self_assessment__benchmark__number", "-saved_at").values_list(
        "self_assessment__benchmark_id", "person_id", "person__name", "saved_at"
    )
    return tuple(
        Waiting(titles[benchmark].number, titles[benchmark].title, name, saved_at, person == actor.id)
        for benchmark, person, name, saved_at in found
    )


def moment(at: datetime) -> str:
    """A moment as people say it: "14:05", and with its day when that is not today."""
    local = timezone.localtime(at)
    if local.date() == timezone.localdate():
        return date_format(local, "H:i")
    return _("%(time)s on %(day)s") % {"time": date_format(local, "H:i"), "day": date_format(local, "j F Y")}


def _lines(
    content: Mapping[str, Sequence[str]], scheme: SchemeText, benchmark: BenchmarkText
) -> Iterator[tuple[str, str]]:
    """What a draft says, as question and answer. What it says nothing of is left out."""
    said = {name: values[-1] for name, values in content.items() if values and values[-1]}
    for level in scheme.levels:
        labels = mark_labels(level.standing)
        for one in benchmark.criteria.get(level.code, ()):
            parts = [str(labels.get(said.get(f"mark_{one.id}", ""), "")), said.get(f"note_{one.id}", "")]
            if any(parts):
                yield one.text, "\n".join(filter(None, parts))
    if chosen := scheme.level(said.get("outcome", "")):
        yield _("Outcome"), chosen.label
    for name, question in (("reason", _("Reason")), ("evidence", _("Evidence"))):
        if name in said:
            yield question, said[name]


def _scheme(row: SelfAssessment) -> SchemeText:
    return scheme_text(row.assessment.cycle.scheme_version_id)


def _benchmark(row: SelfAssessment) -> BenchmarkText:
    """Out of the text that the process keeps: naming the benchmark costs no query."""
    return next(one for one in _scheme(row).benchmarks.values() if one.id == row.benchmark_id)
