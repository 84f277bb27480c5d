"""The Home Office's list of authorities and its work: where each stands, on whom it waits, and what comes next.

Eight queries, whatever the length. What every row needs is read in one short statement and narrowed, counted and
sorted here, so that the list, its counts and its filters cannot disagree; the rest is read for one page of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Min, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, Reach, reach, require_anywhere, visible
from assurance.memberships import holds_on
from assurance.models import Assessment, Cycle, Membership, Question, Review, SelfAssessment
from assurance.queries.addresses import parts
from assurance.queries.assessments import WAITS_ON
from assurance.vocabulary import (
    EDITABLE_STATES,
    PORTFOLIO_ROLES,
    Answer,
    CycleState,
    LetterState,
    Permission,
    Role,
    State,
)

P = Permission
DAY = timedelta(days=1)
PAGE_SIZE = 50
NEXT = 5
"""How many things stand under "Next for you"."""
EVERY_YEAR = "all"

# --- One assessment, and the kinds of work ---------------------------------------------------------------


class Row(NamedTuple):
    """What is read of every assessment."""

    pk: int
    authority_id: int
    name: str
    code: str
    region: str
    programme_id: int
    cycle_id: int
    state: str
    state_since: datetime
    letter_state: str
    letter_check_until: date | None
    letter_issued_at: datetime | None
    imported_digest: str

    @property
    def wants_letter(self) -> bool:
        """Agreed, and nobody has begun the letter. What an earlier record was taken over from had its letter."""
        return (
            self.state == State.AGREED
            and not self.letter_state
            and self.letter_issued_at is None
            and not self.imported_digest
        )

    @property
    def check_is_over(self) -> bool:
        """The letter is out for an accuracy check, and its authority has said all or its last day has passed."""
        return self.letter_state == LetterState.ACCURACY_CHECK and self.letter_check_until is None

    def on(self, today: date) -> Row:
        """The row as it counts on a day: a last day that has passed is none."""
        until = self.letter_check_until
        return self if until is None or until >= today else self._replace(letter_check_until=None)


FIELDS = (
    "pk", "authority_id", "authority__name", "authority__gss_code", "authority__region", "authority__programme_id",
    "cycle_id", "state", "state_since", "letter_state", "letter_check_until",
    "letter_issued_at", "imported_digest",
)  # fmt: skip


class Asked(NamedTuple):
    """The questions of an assessment that wait for an answer: how many, and when the first is due."""

    open: int
    due: date


class Progress(NamedTuple):
    """How many benchmarks are done, of how many, and the first that is not (None for none)."""

    done: int
    all: int
    next: int | None


@dataclass(frozen=True)
class Kind:
    """Something that waits for whoever holds ``permission``: in which rows, what it is called, where it is done.

    ``rows`` is asked of a row and whether one of its questions is overdue.
    """

    permission: Permission
    rows: Callable[[Row, bool], bool]
    label: StrOrPromise
    href: Callable[[int, Progress | None], str]


def _address(pk: int, name: str, *more: str | int) -> str:
    before, after = parts(name, *more)
    return f"{before}{pk}{after}"


def _transition(name: str) -> Callable[[int, Progress | None], str]:
    return lambda pk, progress: _address(pk, "transition", name)


def _page(name: str) -> Callable[[int, Progress | None], str]:
    return lambda pk, progress: _address(pk, name)


def _review(pk: int, progress: Progress | None) -> str:
    """The first benchmark that is not ready, or the proposal."""
    if progress is not None and progress.next is not None:
        return _address(pk, "review", progress.next)
    return _address(pk, "transition", "propose")


def _in(state: State) -> Callable[[Row, bool], bool]:
    return lambda row, late: row.state == state


KINDS = (
    Kind(P.SETTLE, _in(State.DISPUTED), gettext_lazy("Settle the dispute"), _transition("settle")),
    Kind(P.REVIEW, _in(State.DISPUTED), gettext_lazy("Reconsider the dispute"), _transition("reconsider")),
    Kind(P.REVIEW, _in(State.SUBMITTED), gettext_lazy("Begin the review"), _transition("begin_review")),
    Kind(P.REVIEW, lambda row, late: row.state == State.CLARIFICATION and late,
         gettext_lazy("See the overdue questions"), _page("questions")),
    Kind(P.REVIEW, _in(State.IN_REVIEW), gettext_lazy("Go on with the review"), _review),
    Kind(P.APPROVE_LETTERS, lambda row, late: row.letter_state == LetterState.AWAITING_APPROVAL,
         gettext_lazy("Approve the letter"), _page("assessment-letters")),
    Kind(P.DRAFT_LETTERS, lambda row, late: row.wants_letter, gettext_lazy("Draft the letter"),
         _page("assessment-letters")),
    Kind(P.DRAFT_LETTERS, lambda row, late: row.letter_state == LetterState.DRAFT,
         gettext_lazy("Finish the letter"), _page("assessment-letters")),
    Kind(P.DRAFT_LETTERS, lambda row, late: row.check_is_over,
         gettext_lazy("Go on from the accuracy check"), _page("letter-checks")),
)  # fmt: skip
"""In the order of their urgency: what holds others up comes first."""

WITH_THE_AUTHORITY = frozenset({State.NOT_STARTED, State.IN_PROGRESS, State.CLARIFICATION, State.PROPOSED})
SHOWS: dict[str, tuple[Callable[[Row], bool], StrOrPromise]] = {
    "review": (lambda row: row.state in (State.SUBMITTED, State.IN_REVIEW), gettext_lazy("To review")),
    "disputed": (lambda row: row.state == State.DISPUTED, gettext_lazy("Disputed")),
    "letters": (lambda row: row.wants_letter, gettext_lazy("Letters to draft")),
    "authority": (
        lambda row: (
            row.state in WITH_THE_AUTHORITY
            or (row.letter_state == LetterState.ACCURACY_CHECK and not row.check_is_over)
        ),
        gettext_lazy("Waiting for the authority"),
    ),
    "sent": (lambda row: row.letter_issued_at is not None, gettext_lazy("Letter sent")),
}
"""What the list can be narrowed to, beside what waits for the reader ("me") and what they only cover ("cover")."""
FOR_ME, COVERED = "me", "cover"

SORTS = ("authority", "status", "days", "deadline")
"""What the list can be sorted by."""
PLACES = {
    state: place
    for place, state in enumerate((
        *(State.DISPUTED, State.SUBMITTED, State.IN_REVIEW, State.CLARIFICATION, State.PROPOSED),
        *(State.IN_PROGRESS, State.NOT_STARTED, State.AGREED, State.WITHDRAWN),
    ))
}  # fmt: skip
"""States in the order in which they are listed: what is under way before what is not."""

LETTERS: Mapping[str, StrOrPromise] = {
    LetterState.DRAFT: gettext_lazy("In preparation"),
    LetterState.ACCURACY_CHECK: gettext_lazy("With the authority to check"),
    LetterState.AWAITING_APPROVAL: gettext_lazy("Awaiting approval"),
    LetterState.APPROVED: gettext_lazy("Approved"),
}
LETTER_WAITS: Mapping[str, StrOrPromise] = {
    "": gettext_lazy("the adviser, to draft the letter"),
    LetterState.DRAFT: gettext_lazy("the adviser, to finish the letter"),
    LetterState.ACCURACY_CHECK: gettext_lazy("the Prevent Lead, to check the letter"),
    LetterState.AWAITING_APPROVAL: gettext_lazy("the signatory, to approve the letter"),
    LetterState.APPROVED: gettext_lazy("nobody: the letter is being issued"),
}
"""On whom an agreed assessment waits while its letter is in this state."""


# --- What the page shows ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filters:
    """What a person narrows the list by, and how they sort it; empty means as it comes.

    ``cycle`` is an id, or ``EVERY_YEAR``; without one it is the cycles that are open, if any is. ``sort`` is a key of
    ``SORTS``, with a hyphen before it for the other way round.
    """

    cycle: str = ""
    show: str = ""
    state: str = ""
    region: str = ""
    adviser: int | None = None
    search: str = ""
    sort: str = ""

    def address(self, **changes: Any) -> str:
        """The address of the list with these filters, some of them changed."""
        values = {key: value for key, value in vars(replace(self, **changes)).items() if value}
        return f"?{urlencode(values)}"

    @property
    def is_plain(self) -> bool:
        """Whether the list is as it comes."""
        return self == Filters()


@dataclass(frozen=True, slots=True)
class Line:
    """One assessment in the list, everything in words but the state."""

    name: str
    href: str
    cycle: str
    state: str
    progress: str
    waits: StrOrPromise
    step: StrOrPromise
    step_href: str
    days: int
    questions: str
    questions_overdue: bool
    due: str
    overdue: bool
    letter: str
    advisers: str
    cover: str


@dataclass(frozen=True)
class Column:
    """A column that the list can be sorted by. ``aria`` is what a screen reader says of it ("" for unsorted)."""

    label: StrOrPromise
    href: str
    aria: str
    numeric: bool = False


@dataclass(frozen=True)
class Tally:
    """A count that is a link to the rows behind it."""

    text: str
    href: str
    current: bool


@dataclass(frozen=True)
class Portfolio:
    """A page of the list with what it can be narrowed to."""

    page: Page[Any]
    lines: tuple[Line, ...]
    next: tuple[Line, ...]
    mine: int
    columns: Mapping[str, Column]
    tallies: tuple[Tally, ...]
    covers: tuple[str, ...]
    cycles: tuple[tuple[str, str], ...]
    shows: tuple[tuple[str, StrOrPromise], ...]
    regions: tuple[str, ...]
    advisers: tuple[tuple[int, str], ...]
    filters: Filters
    shows_adviser: bool
    shows_cycle: bool
    shows_open: bool
    may_cover: bool
    may_assign: bool

    @property
    def is_narrowed(self) -> bool:
        """Whether filters leave something out that the reader might look for."""
        return replace(self.filters, sort="", cycle="") != Filters()

    @property
    def for_me(self) -> str:
        """Where everything is listed that waits for the reader."""
        return Filters(show=FOR_ME).address()


def portfolio(actor: Actor, filters: Filters, page: int, today: date) -> Portfolio:
    """Assessments that the actor follows, what waits for them first.

    Raises:
        Forbidden: the actor follows no authority for the Home Office.
    """
    require_anywhere(actor, P.READ_PROGRESS)
    sight = visible(actor, Assessment)
    cycles = {one.pk: one for one in _cycles(sight)}
    chosen = _chosen(cycles, filters)
    rows = [Row(*values).on(today) for values in sight.filter(cycle__in=chosen).order_by().values_list(*FIELDS)]
    asked = _asked(rows)
    late = {pk for pk, one in asked.items() if one.due < today}
    reaches = {kind.permission: reach(actor, kind.permission) for kind in KINDS}
    places = {row.pk: _kind(row, reaches, row.pk in late) for row in rows}
    people = _advisers(rows, today)
    wanted = [row for row in rows if _fits(row, filters, places, people, actor)]
    dues = {row.pk: _due(row, cycles[row.cycle_id], asked) for row in wanted}
    found = Paginator(_sorted(wanted, filters.sort, cycles, places, dues), PAGE_SIZE).get_page(page)
    writer = _Writer(actor, today, cycles, places, dues, asked, _progress(found.object_list), people)
    lines = tuple(writer.line(row) for row in found.object_list)
    mine = sum(place is not None for place in places.values())
    covers = _covers(people, actor)
    lists_next = filters.is_plain and found.number == 1
    shows_adviser = bool(actor.roles() - PORTFOLIO_ROLES)
    return Portfolio(
        page=found,
        lines=lines,
        next=tuple(line for line in lines if line.step)[:NEXT] if lists_next else (),
        mine=mine,
        columns=_columns(filters),
        tallies=_tallies(rows, mine, filters),
        covers=covers,
        cycles=_cycle_choices(cycles.values()),
        shows=(
            *([(FOR_ME, _("Waiting for me"))] if any(reaches.values()) else []),
            *((key, label) for key, (_rows, label) in SHOWS.items()),
            *([(COVERED, _("Only what I cover"))] if covers or filters.show == COVERED else []),
        ),
        regions=tuple(sorted({row.region for row in rows})),
        advisers=_adviser_choices(people) if shows_adviser else (),
        filters=filters,
        shows_adviser=shows_adviser,
        shows_cycle=len(chosen) > 1,
        shows_open=any(one.state == CycleState.OPEN for one in cycles.values()),
        may_cover=bool(reach(actor, P.COVER)),
        may_assign=bool(reach(actor, P.ASSIGN)),
    )


# --- Asking ----------------------------------------------------------------------------------------------


def _cycles(sight: Any) -> Iterable[Cycle]:
    """The cycles in which the actor follows somebody, the newest first. One query."""
    return Cycle.objects.filter(pk__in=sight.order_by().values("cycle")).select_related("programme").order_by("-name")


def _chosen(cycles: Mapping[int, Cycle], filters: Filters) -> Collection[int]:
    """Ids of the cycles that are listed."""
    if filters.cycle.isdecimal() and int(filters.cycle) in cycles:
        return [int(filters.cycle)]
    running = [one.pk for one in cycles.values() if one.state == CycleState.OPEN]
    return list(cycles) if filters.cycle == EVERY_YEAR or not running else running


def _asked(rows: Iterable[Row]) -> dict[int, Asked]:
    """The open questions of those assessments that wait for answers. One query; reads no text."""
    waiting = [row.pk for row in rows if row.state == State.CLARIFICATION]
    found = (
        Question.objects.filter(assessment__in=waiting, answered_at__isnull=True)
        .order_by()
        .values_list("assessment")
        .annotate(Count("pk"), Min("due"))
    )
    return {pk: Asked(*asked) for pk, *asked in found}


def _progress(rows: Iterable[Row]) -> dict[int, Progress]:
    """How far the answers or the review of each assessment are, where that is what goes on. Two queries, no text."""
    found = {}
    scored = ~Q(answer=Answer.NOT_APPLICABLE)
    written = Q(answer__in=[Answer.OUTCOME, Answer.UNKNOWN]) & ~Q(summary="")
    kinds: tuple[tuple[Any, Collection[str], Q], ...] = (
        (SelfAssessment, EDITABLE_STATES - {State.NOT_STARTED}, Q(answer=Answer.OUTCOME)),
        (Review, {State.IN_REVIEW}, written),
    )
    for model, states, ready in kinds:
        counted = (
            model.objects.filter(assessment__in=[row.pk for row in rows if row.state in states])
            .order_by()
            .values_list("assessment")
            .annotate(
                done=Count("pk", filter=ready & scored),
                scored=Count("pk", filter=scored),
                first=Min("benchmark__number", filter=scored & ~ready),
            )
        )
        found |= {pk: Progress(*numbers) for pk, *numbers in counted}
    return found


class Named(NamedTuple):
    """An adviser of an authority, whom they cover there ("" for nobody), and the first day on which it is over."""

    id: int
    name: str
    absent: str
    ends: date | None


People = Mapping[int, Sequence[Named]]


def _advisers(rows: Iterable[Row], today: date) -> People:
    """Who advises each authority today, those first whose own it is. One query."""
    found: dict[int, list[Named]] = defaultdict(list)
    where = holds_on(today) & Q(role=Role.ADVISER, authority__in={row.authority_id for row in rows})
    for authority_id, *named in (
        Membership.objects.filter(where)
        .order_by()
        .values_list("authority_id", "person_id", "person__name", Coalesce("covering__name", Value("")), "ends")
    ):
        found[authority_id].append(Named(*named))
    for named in found.values():
        named.sort(key=lambda one: (bool(one.absent), one.name))
    return found


# --- Narrowing and sorting -------------------------------------------------------------------------------


def _kind(row: Row, reaches: Mapping[Permission, Reach], late: bool) -> int | None:
    """Which of ``KINDS`` the row is for the actor; None for none."""
    for place, kind in enumerate(KINDS):
        if kind.rows(row, late) and reaches[kind.permission].covers(row.authority_id, row.region, row.programme_id):
            return place
    return None


def _fits(row: Row, filters: Filters, places: Mapping[int, int | None], people: People, actor: Actor) -> bool:
    """Whether the row is in what the reader narrowed the list to."""
    advisers = people.get(row.authority_id, ())
    if filters.show == FOR_ME:
        shown = places[row.pk] is not None
    elif filters.show == COVERED:
        mine = [one for one in advisers if one.id == actor.id]
        shown = bool(mine) and all(one.absent for one in mine)
    else:
        shown = filters.show not in SHOWS or SHOWS[filters.show][0](row)
    sought = filters.search.casefold()
    return (
        shown
        and filters.state in ("", row.state)
        and filters.region in ("", row.region)
        and (filters.adviser is None or any(one.id == filters.adviser for one in advisers))
        and (not sought or sought in row.name.casefold() or sought == row.code.casefold())
    )


def _due(row: Row, cycle: Cycle, asked: Mapping[int, Asked]) -> date | None:
    """The day that counts now: of the first open question, or of the cycle; None for none."""
    if row.letter_issued_at is not None or row.imported_digest:
        return None
    which = WAITS_ON[row.state][1]
    due: date | None = asked[row.pk].due if row.pk in asked else getattr(cycle, which) if which else None
    return due


def _sorted(
    rows: list[Row],
    sort: str,
    cycles: Mapping[int, Cycle],
    places: Mapping[int, int | None],
    dues: Mapping[int, date | None],
) -> list[Row]:
    rows.sort(key=lambda row: (row.name.casefold(), -row.pk))
    key = sort.removeprefix("-")
    backwards = sort.startswith("-")
    if key == "authority":
        rows.sort(key=lambda row: row.name.casefold(), reverse=backwards)
    elif key == "status":
        rows.sort(key=lambda row: PLACES[State(row.state)], reverse=backwards)
    elif key == "days":
        # The more days, the longer ago it began.
        rows.sort(key=lambda row: row.state_since, reverse=not backwards)
    elif key == "deadline":
        rows.sort(key=lambda row: dues[row.pk] or date.max, reverse=backwards)
        rows.sort(key=lambda row: dues[row.pk] is None)
    else:
        last = len(KINDS)
        rows.sort(
            key=lambda row: (
                cycles[row.cycle_id].state != CycleState.OPEN,
                last if (place := places[row.pk]) is None else place,
                row.letter_issued_at is not None,
                PLACES[State(row.state)],
                row.state_since,
            )
        )
    return rows


# --- Words -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Writer:
    """Puts rows into words. Days and addresses repeat, and are put into words once."""

    actor: Actor
    today: date
    cycles: Mapping[int, Cycle]
    places: Mapping[int, int | None]
    dues: Mapping[int, date | None]
    asked: Mapping[int, Asked]
    progress: Mapping[int, Progress]
    people: People
    days: dict[tuple[date, str], str] = field(default_factory=dict)

    def line(self, row: Row) -> Line:
        """The row as it is shown."""
        place, due = self.places[row.pk], self.dues[row.pk]
        asked, progress = self.asked.get(row.pk), self.progress.get(row.pk)
        people = self.people.get(row.authority_id, ())
        kind = None if place is None else KINDS[place]
        counts = {"done": progress.done, "all": progress.all} if progress else {}
        late = asked is not None and asked.due < self.today
        return Line(
            name=row.name,
            href=_address(row.pk, "assessment"),
            cycle=self.cycles[row.cycle_id].name,
            state=row.state,
            progress=_("%(done)s of %(all)s done") % counts if counts else "",
            waits=_waits(row),
            step=kind.label if kind else "",
            step_href=kind.href(row.pk, progress) if kind else "",
            days=max((self.today - timezone.localdate(row.state_since)).days, 0),
            questions=self._questions(asked) if asked else "",
            questions_overdue=late,
            due=self._day(due, "j M Y") if due else "",
            overdue=due is not None and due < self.today,
            letter=self._letter(row),
            advisers=", ".join(self._called(one) for one in people),
            cover=self._cover(people),
        )

    def _day(self, day: date, form: str) -> str:
        if (day, form) not in self.days:
            self.days[day, form] = date_format(day, form)
        return self.days[day, form]

    def _last(self, ends: date) -> str:
        return self._day(ends - DAY, "j F Y")

    def _letter(self, row: Row) -> str:
        if row.wants_letter:
            return _("To draft")
        if row.letter_state in LETTERS:
            return str(LETTERS[row.letter_state])
        if row.letter_issued_at is None:
            return ""
        return _("Sent %(day)s") % {"day": self._day(timezone.localdate(row.letter_issued_at), "j M Y")}

    def _questions(self, asked: Asked) -> str:
        return _("%(number)s, first due %(day)s") % {"number": asked.open, "day": self._day(asked.due, "j M")}

    def _called(self, one: Named) -> str:
        if one.ends is None or not one.absent:
            return one.name
        return _("%(name)s (covering until %(day)s)") % {"name": one.name, "day": self._last(one.ends)}

    def _cover(self, people: Iterable[Named]) -> str:
        """What the reader has to know of cover: that it is theirs only as cover, or that somebody covers for them."""
        own = any(one.id == self.actor.id and not one.absent for one in people)
        for one in people:
            if one.ends is None or not one.absent:
                continue
            if one.id == self.actor.id and not own:
                words = {"name": one.absent, "day": self._last(one.ends)}
                return _("Covering for %(name)s until %(day)s") % words
            if one.id != self.actor.id and own:
                return _("%(name)s covers until %(day)s") % {"name": one.name, "day": self._last(one.ends)}
        return ""


def _waits(row: Row) -> StrOrPromise:
    if row.state != State.AGREED:
        return WAITS_ON[row.state][0]
    if row.letter_issued_at is not None:
        return _("nobody: the letter has been sent")
    if row.imported_digest and not row.letter_state:
        return _("nobody")
    if row.check_is_over:
        return _("the adviser, to go on from the accuracy check")
    return LETTER_WAITS[row.letter_state]


def _covers(people: People, actor: Actor) -> tuple[str, ...]:
    """Whom the reader covers now, one sentence for each and its last day."""
    counts = Counter(
        (one.ends, one.absent)
        for named in people.values()
        for one in named
        if one.id == actor.id and one.absent and one.ends is not None
    )
    return tuple(
        ngettext(
            "You are covering %(number)s authority for %(name)s until %(day)s.",
            "You are covering %(number)s authorities for %(name)s until %(day)s.",
            number,
        )
        % {"number": number, "name": absent, "day": date_format(ends - DAY, "j F Y")}
        for (ends, absent), number in sorted(counts.items())
    )


def _adviser_choices(people: People) -> tuple[tuple[int, str], ...]:
    found = {(one.name, one.id) for named in people.values() for one in named}
    return tuple((key, name) for name, key in sorted(found))


def _tallies(rows: Sequence[Row], mine: int, filters: Filters) -> tuple[Tally, ...]:
    counts = {key: sum(map(fits, rows)) for key, (fits, _label) in SHOWS.items()} | {"": len(rows), FOR_ME: mine}
    texts = {
        "": ngettext("%(number)s assessment", "%(number)s assessments", len(rows)),
        FOR_ME: _("%(number)s waiting for you"),
        "review": _("%(number)s to review"),
        "disputed": _("%(number)s disputed"),
        "letters": ngettext("%(number)s letter to draft", "%(number)s letters to draft", counts["letters"]),
        "authority": _("%(number)s waiting for the authority"),
    }
    return tuple(
        Tally(text % {"number": counts[key]}, Filters(cycle=filters.cycle, show=key).address(), filters.show == key)
        for key, text in texts.items()
        if counts[key] or not key
    )


def _cycle_choices(cycles: Iterable[Cycle]) -> tuple[tuple[str, str], ...]:
    cycles = list(cycles)
    several = len({one.programme_id for one in cycles}) > 1
    return tuple((str(one.pk), f"{one.programme.name}, {one.name}" if several else one.name) for one in cycles)


def _columns(filters: Filters) -> dict[str, Column]:
    labels: tuple[tuple[str, StrOrPromise, bool], ...] = (
        ("authority", gettext_lazy("Authority"), False),
        ("status", gettext_lazy("Status"), False),
        ("days", gettext_lazy("Days waiting"), True),
        ("deadline", gettext_lazy("Deadline"), False),
    )
    columns = {}
    for key, label, numeric in labels:
        # Whoever sorts by days looks for the most of them.
        first, other = (f"-{key}", key) if key == "days" else (key, f"-{key}")
        aria = {key: "ascending", f"-{key}": "descending"}.get(filters.sort, "")
        columns[key] = Column(label, filters.address(sort=other if filters.sort == first else first), aria, numeric)
    return columns
