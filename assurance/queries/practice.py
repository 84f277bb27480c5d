"""What the pages of good practice read: what is proposed of one assessment, and the library of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.core.paginator import Page, Paginator
from django.db.models import Count, Max, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from assurance.access import GRANTS, Actor, NotFound, fetch, holds, require_anywhere, shared_programmes, visible
from assurance.actions.practice import PRACTICE, Imprint, imprint, names_in, naming
from assurance.models import Assessment, GoodPractice, LibraryEntry, Review, SelfAssessment, Strength
from assurance.models.practice import PRACTICE_VECTOR
from assurance.vocabulary import EDITABLE_STATES, Permission, PracticeState, State
from assurance.workflow import Row, available
from benchmarks.catalogue import SchemeText, scheme_text

P = Permission
SEES_PRACTICE = (P.READ_REVIEW, P.READ_PROPOSED)
"""Who sees what is proposed of an assessment."""
ENDS_PRACTICE = (P.CONSENT, P.REVIEW, P.SETTLE)
"""Who takes a proposal back, or an entry out of the library."""
COLOURS = {
    PracticeState.PROPOSED: "yellow",
    PracticeState.SHARED: "green",
    PracticeState.DECLINED: "grey",
    PracticeState.WITHDRAWN: "grey",
}
PAGE_SIZE = 20
HIT, HIT_END = "\ue000", "\ue001"
"""Around a word that was searched for. No kept text has these signs (``assurance.text.clean``)."""


@dataclass(frozen=True)
class Passage:
    """Something of an assessment that can be proposed. ``key`` names it in an address."""

    key: str
    label: str
    text: str
    number: int | None = None


@dataclass(frozen=True)
class PracticeLine:
    """One proposal in the list of an assessment."""

    row: GoodPractice
    state: StrOrPromise
    colour: str


@dataclass(frozen=True)
class PracticePage:
    """What was proposed of an assessment, newest first; and for an adviser what could be."""

    assessment: Assessment
    lines: tuple[PracticeLine, ...]
    can_propose: bool
    can_answer: bool
    passages: tuple[Passage, ...]


@dataclass(frozen=True)
class Preview:
    """How an entry would look in the library, and why it cannot be shared so ("" if it can)."""

    where: Imprint
    obstacle: str = ""


@dataclass(frozen=True)
class ItemPage:
    """One proposal with what became of it, and what the reader can do with it."""

    assessment: Assessment
    row: GoodPractice
    state: StrOrPromise
    colour: str
    named: Preview
    anonymous: Preview
    can_answer: bool
    waits_for_agreement: bool
    ending: Row | None

    @property
    def shared(self) -> Preview:
        """How it is shared now."""
        return self.named if self.row.is_named else self.anonymous


@dataclass(frozen=True)
class PracticeCounts:
    """How many proposals of an assessment wait for an answer, are in the library, and are over.

    ``answers`` says that it is the reader who answers.
    """

    waiting: int = 0
    shared: int = 0
    ended: int = 0
    answers: bool = False
    is_shown: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """What waits and what is shared, for the list of things to do."""
        return {"practice_waiting": self.waiting, "practice_shared": self.shared}


def practice_of(actor: Actor, assessment: Assessment) -> PracticeCounts:
    """The proposals of one assessment, counted. One query, and none before there can be any.

    Of one that was reopened, whoever consents or settles still comes to what was shared before.
    """
    answers = holds(actor, P.CONSENT, assessment)
    agreed = assessment.state == State.AGREED
    later = assessment.state not in EDITABLE_STATES and (answers or holds(actor, P.SETTLE, assessment))
    if not (agreed or later) or not holds(actor, SEES_PRACTICE, assessment):
        return PracticeCounts()
    counts = {
        name: Count("pk", filter=Q(state__in=states))
        for name, states in (
            ("waiting", [PracticeState.PROPOSED]),
            ("shared", [PracticeState.SHARED]),
            ("ended", [PracticeState.DECLINED, PracticeState.WITHDRAWN]),
        )
    }
    found = visible(actor, GoodPractice).filter(assessment=assessment).aggregate(**counts)
    return PracticeCounts(**found, answers=answers and agreed, is_shown=agreed or any(found.values()))


@dataclass(frozen=True)
class PracticeAsked:
    """An assessment of which proposals wait for the reader's answer."""

    name: str
    count: int
    href: str


def practice_asked(actor: Actor, authority_ids: Sequence[int | None]) -> tuple[PracticeAsked, ...]:
    """Where proposals wait for the actor's answer, among the authorities that they work for. One query."""
    consents = {grant.authority_id for grant in actor.grants if P.CONSENT in GRANTS[grant.role]}
    rows = visible(actor, GoodPractice).filter(
        authority__in=consents.intersection(authority_ids),
        state=PracticeState.PROPOSED,
        assessment__state=State.AGREED,
    )
    found = rows.order_by("assessment__cycle__name", "authority__name").values_list(
        "assessment", "authority__name", "assessment__cycle__name"
    )
    return tuple(
        PracticeAsked(f"{name}, {cycle}", count, reverse("practice", args=[pk]))
        for pk, name, cycle, count in found.annotate(count=Count("pk"))
    )


def practice_page(actor: Actor, assessment_id: int) -> PracticePage:
    """What was proposed of an assessment. At most five queries.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, SEES_PRACTICE, Assessment, related=("cycle",), pk=assessment_id)
    rows = visible(actor, GoodPractice).filter(assessment=assessment).select_related("benchmark")
    lines = tuple(_line(row) for row in rows.order_by("-proposed_at", "-pk"))
    can_propose = assessment.state == State.AGREED and holds(actor, P.REVIEW, assessment)
    passages = _passages(actor, assessment) if can_propose else ()
    return PracticePage(assessment, lines, can_propose, holds(actor, P.CONSENT, assessment), passages)


@dataclass(frozen=True)
class ProposePage:
    """An agreed assessment to propose something of, with the passage that was picked (None for none)."""

    assessment: Assessment
    scheme: SchemeText
    passage: Passage | None


def propose_page(actor: Actor, assessment_id: int, key: str) -> ProposePage | None:
    """The page to propose on; None when the assessment is not agreed. At most four queries.

    Args:
        key: of the passage that was picked, such as "strength-2" ("" for none); one that is not there is none.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, P.REVIEW, Assessment, related=("cycle",), pk=assessment_id)
    if assessment.state != State.AGREED:
        return None
    passage = next((one for one in _passages(actor, assessment) if one.key == key), None) if key else None
    return ProposePage(assessment, scheme_text(assessment.cycle.scheme_version_id), passage)


def item_page(
    actor: Actor, assessment_id: int, practice_id: int, permissions: tuple[Permission, ...] = SEES_PRACTICE
) -> ItemPage:
    """One proposal, as it would be and as it is shared. At most two queries.

    Args:
        permissions: any of which it is read for.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    row = fetch(
        actor,
        permissions,
        GoodPractice,
        related=("assessment__cycle", "benchmark", "entry", "answered_by", "proposed_by"),
        pk=practice_id,
        assessment_id=assessment_id,
    )
    assessment = row.assessment
    assessment.authority = row.authority
    today = timezone.localdate()
    found = names_in(row.authority, row.title, row.text)
    anonymous = imprint(row.authority, named=False, on=today)
    if row.entry is not None and not row.is_named:
        # What was consented to is what is shared, however many authorities there are by now.
        anonymous = Imprint("", row.entry.authority_type, row.entry.region)
    agreed = assessment.state == State.AGREED
    waits = row.state == PracticeState.PROPOSED
    moves = available(PRACTICE, row, actor)
    return ItemPage(
        assessment=assessment,
        row=row,
        state=PracticeState(row.state).label,
        colour=COLOURS[PracticeState(row.state)],
        named=Preview(imprint(row.authority, named=True, on=today)),
        anonymous=Preview(anonymous, naming(found) if found else ""),
        can_answer=agreed and any(move.name == "consent" for move in moves),
        waits_for_agreement=waits and not agreed,
        ending=next((move for move in moves if move.target == PracticeState.WITHDRAWN), None),
    )


def _line(row: GoodPractice) -> PracticeLine:
    return PracticeLine(row, PracticeState(row.state).label, COLOURS[PracticeState(row.state)])


def _passages(actor: Actor, assessment: Assessment) -> tuple[Passage, ...]:
    """Everything of the assessment that an adviser may take a passage of. Three queries."""
    benchmarks = scheme_text(assessment.cycle.scheme_version_id).benchmarks
    strengths = visible(actor, Strength).filter(assessment=assessment)
    reviews = _texts(actor, Review, assessment, "summary", "comments")
    answers = _texts(actor, SelfAssessment, assessment, "evidence")
    found = [
        Passage(f"strength-{position}", _("Strength %(number)s") % {"number": position}, text)
        for position, text in strengths.values_list("position", "text")
    ]
    for number, benchmark in benchmarks.items():
        summary, comments = reviews.get(number, ("", ""))
        (evidence,) = answers.get(number, ("",))
        for kind, label, text in (
            ("summary", _("summary"), summary),
            ("comments", _("adviser’s comments"), comments),
            ("evidence", _("what the authority wrote"), evidence),
        ):
            if text:
                found.append(Passage(f"{kind}-{number}", f"{number}. {benchmark.title}: {label}", text, number))
    return tuple(found)


def _texts(actor: Actor, model: Any, assessment: Assessment, *fields: str) -> dict[int, tuple[str, ...]]:
    rows = visible(actor, model).filter(assessment=assessment).order_by("benchmark__number")
    return {number: tuple(texts) for number, *texts in rows.values_list("benchmark__number", *fields)}


# --- The library -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LibraryFilters:
    """What a person narrows the library by; empty means all. A benchmark is a scheme and a number: "la-8.3"."""

    search: str = ""
    benchmark: str = ""
    region: str = ""
    type: str = ""
    cycle: str = ""


@dataclass(frozen=True)
class BenchmarkChoice:
    """A benchmark of which the library has something. The number alone would mix two schemes up."""

    value: str
    scheme: str
    number: int
    title: str


@dataclass(frozen=True)
class Found:
    """An entry in the list. ``snippet`` is pieces of its text, each with whether it was searched for."""

    entry: LibraryEntry
    benchmark: str
    snippet: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Library:
    """A page of the library with what its filters can choose from."""

    page: Page[Any]
    found: tuple[Found, ...]
    filters: LibraryFilters
    schemes: tuple[tuple[str, tuple[BenchmarkChoice, ...]], ...]
    regions: tuple[str, ...]
    types: tuple[str, ...]
    cycles: tuple[str, ...]


@dataclass(frozen=True)
class EntryPage:
    """One entry."""

    entry: LibraryEntry
    benchmark: str


def library(actor: Actor, filters: LibraryFilters, page: int) -> Library:
    """Entries of the programmes that the actor has part in. Four queries, whatever the length.

    Raises:
        Forbidden: the actor reads no library anywhere.
    """
    require_anywhere(actor, P.READ_LIBRARY)
    every = entries(actor)
    rows = every
    scheme, _dot, number = filters.benchmark.rpartition(".")
    if filters.benchmark:
        rows = rows.filter(benchmark__scheme_version__scheme__code=scheme, benchmark__number=_number(number))
    if filters.region:
        rows = rows.filter(region=filters.region)
    if filters.type:
        rows = rows.filter(authority_type=filters.type)
    if filters.cycle:
        rows = rows.filter(cycle_name=filters.cycle)
    rows = rows.select_related("benchmark__scheme_version__scheme")
    words = None
    if filters.search:
        words = SearchQuery(filters.search, config="english", search_type="websearch")
        rows = searched(rows, words).annotate(
            rank=SearchRank(PRACTICE_VECTOR, words),
            headline=SearchHeadline(
                "text", words, config="english", start_sel=HIT, stop_sel=HIT_END, max_words=45, min_words=25,
                max_fragments=2, fragment_delimiter=" … ",
            ),
        ).order_by("-rank", "-shared_at", "-pk")  # fmt: skip
    found = Paginator(rows, PAGE_SIZE).get_page(page)
    return Library(
        page=found,
        found=tuple(Found(one, _benchmark(one), _snippet(one, words is not None)) for one in found),
        filters=filters,
        schemes=_benchmarks(every),
        **_facets(every),
    )


def entry_page(actor: Actor, entry_id: int) -> EntryPage:
    """One entry. One query.

    Raises:
        NotFound: it is not there, was withdrawn, or is of a programme that is none of the actor's.
    """
    entry = entries(actor).select_related("benchmark__scheme_version__scheme").filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    return EntryPage(entry, _benchmark(entry))


def entries(actor: Actor) -> QuerySet[LibraryEntry]:
    """What the actor may read of the library: nothing that was withdrawn."""
    return LibraryEntry.objects.filter(
        programme__in=shared_programmes(actor, P.READ_LIBRARY), withdrawn_at__isnull=True
    )


def searched(rows: QuerySet[LibraryEntry], words: SearchQuery) -> QuerySet[LibraryEntry]:
    """Those of the rows that have the words. Compares the very expression that the index is of."""
    return rows.annotate(vector=PRACTICE_VECTOR).filter(vector=words)


def _number(value: str) -> int:
    """A number from an address; -1, which no benchmark has, for anything else."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 5 else -1


def _benchmarks(rows: QuerySet[LibraryEntry]) -> tuple[tuple[str, tuple[BenchmarkChoice, ...]], ...]:
    """The benchmarks of which there is something, by scheme; a title is the newest version's. One query."""
    code, number = "benchmark__scheme_version__scheme__code", "benchmark__number"
    found = (
        rows.filter(benchmark__isnull=False)
        .order_by()
        .values_list(code, number)
        .annotate(title=Max("benchmark__title"), name=Max("benchmark__scheme_version__name"))
        .order_by(code, number)
    )
    schemes: dict[str, list[BenchmarkChoice]] = {}
    for scheme, which, title, name in found:
        schemes.setdefault(name, []).append(BenchmarkChoice(f"{scheme}.{which}", scheme, which, title))
    return tuple((name, tuple(choices)) for name, choices in schemes.items())


def _facets(rows: QuerySet[LibraryEntry]) -> dict[str, tuple[str, ...]]:
    """Every region, type and cycle that an entry tells. One query."""
    found = rows.order_by().aggregate(
        regions=ArrayAgg("region", distinct=True, default=[]),
        types=ArrayAgg("authority_type", distinct=True, default=[]),
        cycles=ArrayAgg("cycle_name", distinct=True, default=[]),
    )
    return {
        "regions": tuple(one for one in found["regions"] if one),
        "types": tuple(one for one in found["types"] if one),
        "cycles": tuple(sorted(found["cycles"], reverse=True)),
    }


def _benchmark(entry: LibraryEntry) -> str:
    """The benchmark that an entry is about, with its scheme ("" for none in particular)."""
    if entry.benchmark is None:
        return ""
    scheme = entry.benchmark.scheme_version.scheme.code
    return f"{entry.benchmark.number}. {entry.benchmark.title} ({scheme})"


def _snippet(entry: Any, is_searched: bool) -> tuple[tuple[str, bool], ...]:
    if not is_searched:
        return ((entry.text, False),)
    return tuple(_pieces(entry.headline))


def _pieces(headline: str) -> Iterator[tuple[str, bool]]:
    """A headline taken apart at the signs around what was found; the pieces are plain text, escaped when drawn."""
    first, *rest = headline.split(HIT)
    yield first, False
    for piece in rest:
        hit, _end, after = piece.partition(HIT_END)
        yield hit, True
        yield after, False
