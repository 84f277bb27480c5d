"""What happened to an assessment, newest first: who did what, when, from where to where, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import Page, Paginator
from django.db.models import BigIntegerField, Case, Exists, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, fetch, reads_past, visible
from assurance.models import Assessment, Dispute, Event, User
from assurance.queries.history import TEXTS, for_address
from assurance.vocabulary import Answer, DocumentKind, EventKind, Permission, State
from assurance.workflow import ASSESSMENT
from benchmarks.catalogue import SchemeText, scheme_text

P = Permission
K = EventKind
T = gettext_lazy
PAGE_SIZE = 50
APART = timedelta(minutes=30)
"""Between two saves of the same person on the same thing that are told as one."""

KINDS: tuple[tuple[str, StrOrPromise], ...] = (
    ("", T("Everything")),
    ("outcomes", T("Movements of outcomes")),
    ("texts", T("Texts")),
    ("letters", T("Letters")),
)
TEXT_KINDS = frozenset(
    {K.ANSWERED, K.REVIEWED, K.NOTED, K.JUDGED, K.MEETING, K.RESPONDED, K.STRENGTHS, K.RECOMMENDATIONS, K.CARRIED,
     K.FOLLOWED_UP, K.UPLOADED}
)  # fmt: skip
LETTER_KINDS = frozenset({K.LETTER_SAVED, K.LETTER_MOVED, K.LETTER_READ})
DECISIONS = ("propose", "accept", "dispute", "reconsider", "settle", "reopen", "undo_import", "import_again")
"""Transitions that are about outcomes."""
MOVERS = Q(kind=K.TRANSITION, name__in=("propose", "accept", "settle", "reopen", "withdraw", "undo_import"))
"""Those by which outcomes move."""
DISPUTES = Q(kind=K.TRANSITION, name="dispute")
FOLDED = (TEXT_KINDS | {K.LETTER_SAVED, K.LETTER_READ, K.DOWNLOADED}) - {K.CARRIED, K.UPLOADED}
"""What is done again and again, and is told once."""


@dataclass(frozen=True)
class Filters:
    """What to show of a timeline; what is empty leaves nothing out. ``end`` is the last day that is shown."""

    benchmark: int | None = None
    kind: str = ""
    person: str = ""
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Move:
    """An outcome that went from one to another, each in words, on a benchmark ("" where none is named).

    ``which`` says what became of it, such as agreed ("" for nothing but that it moved).
    """

    benchmark: str
    before: str
    after: str
    which: str = ""

    @property
    def differs(self) -> bool:
        """Whether it is another one now."""
        return self.before != self.after


@dataclass(frozen=True)
class Reason:
    """Why a benchmark was disputed."""

    benchmark: str
    text: str


@dataclass(frozen=True)
class Once:
    """One of several saves that are told as one."""

    at: datetime
    move: Move | None


@dataclass(frozen=True)
class Entry:
    """One thing that happened, in a sentence that names who did it.

    ``moves`` are outcomes that moved with it, ``disputes`` the reasons of a dispute. ``text`` is the code of the text
    that it was about ("" for none), to look it up as it stood then; ``number`` is its benchmark.
    """

    at: datetime
    sentence: str
    reason: str
    states: str = ""
    move: Move | None = None
    moves: tuple[Move, ...] = ()
    disputes: tuple[Reason, ...] = ()
    saves: tuple[Once, ...] = ()
    text: str = ""
    number: int | None = None

    @property
    def moment(self) -> str:
        """When it was, for an address."""
        return for_address(self.at)

    @property
    def times(self) -> str:
        """How often it was done, in words ("" for once)."""
        count = len(self.saves)
        return ngettext("%(count)s time", "%(count)s times", count) % {"count": count} if count > 1 else ""


@dataclass(frozen=True)
class Day:
    """What happened on one day, newest first."""

    day: date
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Place:
    """An assessment with its scheme, and who did anything on it that the actor may know of."""

    assessment: Assessment
    scheme: SchemeText
    people: tuple[str, ...]


@dataclass(frozen=True)
class Timeline:
    """A page of what happened."""

    page: Page[Event]
    days: tuple[Day, ...]


def place(actor: Actor, assessment_id: int) -> Place:
    """The assessment whose timeline it is. Two queries.

    Raises:
        NotFound, Forbidden: as ``access.require``.
    """
    assessment = fetch(actor, (P.READ_EVENTS, P.READ_SHARED_EVENTS), Assessment, related=("cycle",), pk=assessment_id)
    people = visible(actor, Event).filter(assessment=assessment).order_by().values_list("person_name", flat=True)
    return Place(assessment, scheme_text(assessment.cycle.scheme_version_id), tuple(sorted(set(people.distinct()))))


def timeline(actor: Actor, found: Place, filters: Filters, page: int = 1) -> Timeline:
    """A page of what happened, as far as the actor may know and as the filters say. Two queries."""
    rows = visible(actor, Event).filter(assessment=found.assessment)
    raised = visible(actor, Dispute).filter(assessment=OuterRef("assessment"), raised_at=OuterRef("at"))
    moved = _with_it(rows.filter(kind=K.OUTCOME))
    if benchmark := found.scheme.benchmarks.get(filters.benchmark or 0):
        moved, raised = moved.filter(detail__benchmark=benchmark.number), raised.filter(benchmark=benchmark.id)
    about = Cast(KeyTextTransform("contributor", OuterRef("detail")), BigIntegerField())
    said = JSONObject(number="benchmark__number", reason="reason")
    events = (
        rows.filter(_wanted(filters, moved, raised))
        # A movement of an outcome that belongs to a transition is told with it.
        .exclude(Exists(_with_it(rows.filter(MOVERS))), kind=K.OUTCOME)
        .annotate(
            moved=_where(MOVERS, ArraySubquery(moved.order_by("id").values("detail"))),
            raised=_where(DISPUTES, ArraySubquery(raised.order_by("benchmark__number").values(json=said))),
            about=Subquery(User.objects.filter(pk=about).values("name")),
        )
        .order_by("-at", "-id")
    )
    shown = Paginator(events, PAGE_SIZE).get_page(page)
    readable = {text.code for text in TEXTS if reads_past(actor, text.sight, found.assessment)}
    entries = [_entry(group, found.scheme, readable) for group in _folded(shown)]
    days = groupby(entries, key=lambda one: timezone.localdate(one.at))
    return Timeline(shown, tuple(Day(day, tuple(those)) for day, those in days))


def _with_it(events: QuerySet[Event]) -> QuerySet[Event]:
    """Those that were written with the outer event: in one transaction, so at one moment and by one person."""
    same = Q(person=OuterRef("person")) | Q(person__isnull=True, person_name=OuterRef("person_name"))
    return events.filter(same, assessment=OuterRef("assessment"), at=OuterRef("at"))


def _where(condition: Q, wanted: ArraySubquery) -> Case:
    """A list that only some rows have, and that is None for the others."""
    return Case(When(condition, then=wanted), default=None)


def _wanted(filters: Filters, moved: QuerySet[Event], raised: QuerySet[Dispute]) -> Q:
    """What the filters leave. ``moved`` and ``raised`` are what belongs to a transition, on the benchmark if one is
    asked for."""
    wanted = Q()
    number = filters.benchmark
    if number is not None:
        with_it = (MOVERS & Q(Exists(moved))) | (DISPUTES & Q(Exists(raised)))
        wanted &= Q(detail__benchmark=number) | Q(detail__contains={"benchmarks": [number]}) | with_it
    if filters.kind == "outcomes":
        wanted &= Q(kind=K.OUTCOME) | Q(detail__has_key="to") | Q(kind=K.TRANSITION, name__in=DECISIONS)
    elif filters.kind == "texts":
        wanted &= Q(kind__in=TEXT_KINDS)
    elif filters.kind == "letters":
        wanted &= Q(kind__in=LETTER_KINDS)
    if filters.person:
        wanted &= Q(person_name=filters.person)
    if filters.start:
        wanted &= Q(at__gte=_midnight(filters.start))
    if filters.end:
        wanted &= Q(at__lt=_midnight(filters.end + timedelta(days=1)))
    return wanted


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _folded(events: Iterable[Any]) -> Iterable[list[Any]]:
    """Events, newest first, with repeated saves gathered under the newest of them. Nothing is gathered past a
    transition, or past midnight."""
    groups: list[list[Any]] = []
    open_groups: dict[tuple[Any, ...], list[Any]] = {}
    for event in events:
        if event.kind == K.TRANSITION:
            open_groups.clear()
        key = _subject(event)
        group = open_groups.get(key)
        if group and _soon_after(group[-1], event):
            group.append(event)
            continue
        groups.append([event])
        if event.kind in FOLDED and not event.reason:
            open_groups[key] = groups[-1]
    return groups


def _subject(event: Event) -> tuple[Any, ...]:
    """What somebody did, and to what: alike for repeated saves of one thing."""
    about = sorted((key, str(value)) for key, value in event.detail.items() if key not in ("from", "to", "count"))
    return event.kind, event.name, event.person_id, event.person_name, event.reason, *about


def _soon_after(later: Event, earlier: Event) -> bool:
    return later.at - earlier.at <= APART and timezone.localdate(later.at) == timezone.localdate(earlier.at)


def _entry(group: Sequence[Any], scheme: SchemeText, readable: Collection[str]) -> Entry:
    event = group[0]
    number = event.detail.get("benchmark")
    text = _text_of(event)
    first = next((one for one in reversed(group) if "to" in one.detail), None)
    last = next((one for one in group if "to" in one.detail), None)
    move = None
    if first is not None and last is not None:
        move = replace(_move(last.detail, scheme, named=False), before=_move(first.detail, scheme).before)
    return Entry(
        at=event.at,
        sentence=sentence(event, scheme),
        reason=event.reason,
        states=_states(event),
        move=move,
        moves=tuple(_move(one, scheme) for one in event.moved or ()),
        disputes=tuple(Reason(_called(scheme, one["number"]), one["reason"]) for one in event.raised or ()),
        saves=tuple(
            Once(one.at, _move(one.detail, scheme, named=False) if "to" in one.detail else None) for one in group
        )
        if len(group) > 1
        else (),
        text=text if text in readable else "",
        number=number if number in scheme.benchmarks else None,
    )


def _move(detail: dict[str, Any], scheme: SchemeText, named: bool = True) -> Move:
    """A movement in words. An event that names no outcome on a side says that there was none yet."""
    none = str(Answer.UNANSWERED.label)
    called = _called(scheme, detail.get("benchmark")) if named else ""
    which = str(WHICH.get(detail.get("which", ""), ""))
    after = detail.get("to") or (_("None stands") if detail.get("which") in STOOD_DOWN else none)
    return Move(called, detail.get("from") or none, after, which)


WHICH: dict[str, StrOrPromise] = {
    "proposed": T("Proposed"),
    "agreed": T("Agreed"),
    "settled": T("Settled"),
    "reopened": T("No longer agreed"),
    "withdrawn": T("No longer agreed"),
}
"""What became of an outcome, by what its event calls it."""
STOOD_DOWN = frozenset({"reopened", "withdrawn"})


def _called(scheme: SchemeText, number: Any) -> str:
    benchmark = scheme.benchmarks.get(number)
    return f"{number}. {benchmark.title}" if benchmark else ""


def _states(event: Event) -> str:
    """From which state to which, in words ("" for what is no transition)."""
    if event.kind != K.TRANSITION or event.from_state not in State or event.to_state not in State:
        return ""
    moved = {"before": State(event.from_state).label, "after": State(event.to_state).label}
    return _("From “%(before)s” to “%(after)s”") % moved


# What each kind of event says. With a benchmark where one is named, otherwise the second of the two.

SENTENCES: dict[str, tuple[StrOrPromise, StrOrPromise]] = {
    K.ANSWERED: (T("%(who)s saved the answer on %(benchmark)s"), T("%(who)s saved an answer to a question")),
    K.REVIEWED: (T("%(who)s saved the review of %(benchmark)s"), T("%(who)s saved a review")),
    K.OUTCOME: (T("%(who)s moved the outcome of %(benchmark)s"), T("%(who)s moved an outcome")),
    K.NOTED: (
        T("%(who)s saved a private note on %(benchmark)s"),
        T("%(who)s saved a private note on the whole assessment"),
    ),
    K.JUDGED: (
        T("%(who)s judged a recommendation of last year on %(benchmark)s"),
        T("%(who)s judged recommendations of last year"),
    ),
    K.MEETING: (
        T("%(who)s noted a point of the meeting on %(benchmark)s"),
        T("%(who)s noted a point of the meeting"),
    ),
    K.RESPONDED: (
        T("%(who)s saved what the authority means to say of the proposed outcome of %(benchmark)s"),
        T("%(who)s saved what the authority means to say of the proposed outcomes"),
    ),
    K.OVERRULED: (
        T("%(who)s overruled a warning about %(benchmark)s"),
        T("%(who)s overruled a warning"),
    ),
    K.SECOND_READING: (
        T("%(who)s noted a second reading of %(benchmark)s"),
        T("%(who)s noted something about a second reading"),
    ),
    K.PRACTICE: (
        T("%(who)s did something about good practice on %(benchmark)s"),
        T("%(who)s did something about good practice"),
    ),
    K.STRENGTHS: (T("%(who)s saved the strengths"), T("%(who)s saved the strengths")),
    K.RECOMMENDATIONS: (T("%(who)s saved the recommendations"), T("%(who)s saved the recommendations")),
    K.GIVEN: (T("%(who)s gave %(benchmark)s to %(about)s"), T("%(who)s gave a benchmark to %(about)s")),
    K.TAKEN_BACK: (
        T("%(who)s took %(benchmark)s back from %(about)s"),
        T("%(who)s took a benchmark back from %(about)s"),
    ),
    K.CARRIED: (
        T("%(who)s brought last year’s answer in on %(benchmark)s"),
        T("%(who)s brought last year’s answers in"),
    ),
    K.FOLLOWED_UP: (
        T("%(who)s answered a recommendation of last year on %(benchmark)s"),
        T("%(who)s answered recommendations of last year"),
    ),
    K.EVIDENCE: (
        T("%(who)s changed the evidence files and links of %(benchmark)s"),
        T("%(who)s changed the evidence files and links"),
    ),
    K.UPLOADED: (T("%(who)s applied a workbook"), T("%(who)s applied a workbook")),
    K.DOWNLOADED: (T("%(who)s downloaded a file of %(benchmark)s"), T("%(who)s downloaded a file")),
    K.COMMENTED: (T("%(who)s wrote a comment on %(benchmark)s"), T("%(who)s wrote a comment")),
    K.INVITED: (T("%(who)s invited a colleague"), T("%(who)s invited a colleague")),
    K.SENT_AGAIN: (T("%(who)s had an e-mail sent again"), T("%(who)s had an e-mail sent again")),
    K.CREATED: (T("%(who)s created the assessment"), T("%(who)s created the assessment")),
    K.IMPORTED: (
        T("%(who)s took the record over from an earlier one: %(file)s"),
        T("%(who)s took the record over from an earlier one: %(file)s"),
    ),
    K.LETTER_SAVED: (
        T("%(who)s saved the draft of letter %(letter)s"),
        T("%(who)s saved the draft of letter %(letter)s"),
    ),
    K.LETTER_MOVED: (T("%(who)s moved letter %(letter)s"), T("%(who)s moved letter %(letter)s")),
    K.LETTER_READ: (T("%(who)s downloaded letter %(letter)s"), T("%(who)s downloaded letter %(letter)s")),
    K.LETTER_CHECKED: (
        T("%(who)s went on with the accuracy check of letter %(letter)s"),
        T("%(who)s went on with the accuracy check of letter %(letter)s"),
    ),
    K.MEMBERSHIP: (T("%(who)s changed a membership"), T("%(who)s changed a membership")),
}
"""By kind of event; every other kind is told by its name."""

BY_NAME: dict[tuple[str, str], StrOrPromise] = {
    (K.TRANSITION, "start"): T("%(who)s started the self-assessment"),
    (K.TRANSITION, "submit"): T("%(who)s submitted the self-assessment"),
    (K.TRANSITION, "recall"): T("%(who)s recalled the self-assessment"),
    (K.TRANSITION, "begin_review"): T("%(who)s began the review"),
    (K.TRANSITION, "ask"): T("%(who)s asked questions"),
    (K.TRANSITION, "answer"): T("%(who)s sent the answers to the questions"),
    (K.TRANSITION, "propose"): T("%(who)s proposed outcomes"),
    (K.TRANSITION, "accept"): T("%(who)s accepted the proposed outcomes"),
    (K.TRANSITION, "dispute"): T("%(who)s disputed proposed outcomes"),
    (K.TRANSITION, "reconsider"): T("%(who)s took the disputed outcomes back into review"),
    (K.TRANSITION, "settle"): T("%(who)s settled the dispute"),
    (K.TRANSITION, "reopen"): T("%(who)s reopened the assessment"),
    (K.TRANSITION, "withdraw"): T("%(who)s withdrew the assessment"),
    (K.TRANSITION, "undo_import"): T("%(who)s undid the import of the record"),
    (K.TRANSITION, "import_again"): T("%(who)s imported the record again"),
    (K.TAKEN_BACK, "draft"): T("%(who)s took over what %(about)s had typed on %(benchmark)s and not saved"),
    (K.EVIDENCE, "added"): T("%(who)s added evidence: files or a link"),
    (K.EVIDENCE, "linked"): T("%(who)s added evidence: files or a link"),
    (K.MEETING, "changed"): T("%(who)s changed a point of the meeting"),
    (K.MEETING, "removed"): T("%(who)s took out a point of the meeting"),
    (K.OVERRULED, "taken_back"): T("%(who)s no longer overrules a warning"),
    (K.SECOND_READING, "asked"): T("%(who)s asked for a second reading"),
    (K.SECOND_READING, "sound"): T("%(who)s read a second time and found the outcome sound"),
    (K.SECOND_READING, "queried"): T("%(who)s read a second time and queried the outcome"),
    (K.PRACTICE, "propose"): T("%(who)s proposed to share good practice"),
    (K.PRACTICE, "consent"): T("%(who)s consented to sharing good practice"),
    (K.PRACTICE, "decline"): T("%(who)s declined to share good practice"),
    (K.PRACTICE, "withdraw_consent"): T("%(who)s withdrew the consent to share good practice"),
    (K.PRACTICE, "take_back"): T("%(who)s took back a piece of good practice"),
    (K.EVIDENCE, "infected"): T("%(who)s found a virus in an evidence file"),
    (K.DOWNLOADED, "evidence"): T("%(who)s downloaded an evidence file"),
    (K.DOWNLOADED, DocumentKind.SUBMISSION): T("%(who)s downloaded the self-assessment as PDF"),
    (K.DOWNLOADED, DocumentKind.LETTER_DRAFT): T("%(who)s downloaded the draft letter as PDF"),
    (K.DOWNLOADED, DocumentKind.LETTER_DOCX): T("%(who)s downloaded a Word copy of a letter"),
    (K.DOWNLOADED, DocumentKind.WORKBOOK_XLSX): T("%(who)s downloaded the workbook"),
    (K.DOWNLOADED, DocumentKind.WORKBOOK_ODS): T("%(who)s downloaded the workbook"),
    (K.DOWNLOADED, DocumentKind.BOARD_SLIDES): T("%(who)s downloaded a board pack"),
    (K.DOWNLOADED, DocumentKind.BOARD_PDF): T("%(who)s downloaded a board pack"),
    (K.LETTER_SAVED, "again"): T("%(who)s asked once more for the file of letter %(letter)s"),
    (K.LETTER_SAVED, "board_pack"): T("%(who)s saved what goes into a board pack of letter %(letter)s"),
    (K.LETTER_MOVED, "send_for_check"): T("%(who)s sent letter %(letter)s to the authority for an accuracy check"),
    (K.LETTER_MOVED, "end_check"): T("%(who)s ended the accuracy check of letter %(letter)s"),
    (K.LETTER_MOVED, "send_for_approval"): T("%(who)s sent letter %(letter)s for approval"),
    (K.LETTER_MOVED, "return"): T("%(who)s returned letter %(letter)s to the adviser"),
    (K.LETTER_MOVED, "approve"): T("%(who)s approved letter %(letter)s"),
    (K.LETTER_MOVED, "issue"): T("%(who)s issued letter %(letter)s"),
    (K.LETTER_MOVED, "supersede"): T("%(who)s replaced letter %(letter)s with a later one"),
    (K.LETTER_READ, "opened"): T("%(who)s read letter %(letter)s before its approval"),
    (K.LETTER_READ, "zip"): T("%(who)s downloaded the letter in a zip file, with others"),
    (K.LETTER_MOVED, "withdraw"): T("%(who)s withdrew letter %(letter)s"),
    (K.LETTER_CHECKED, "point"): T("%(who)s pointed out an error in the draft of letter %(letter)s"),
    (K.LETTER_CHECKED, "point_changed"): T("%(who)s changed a point about the draft of letter %(letter)s"),
    (K.LETTER_CHECKED, "point_removed"): T("%(who)s took back a point about the draft of letter %(letter)s"),
    (K.LETTER_CHECKED, "sent"): T("%(who)s sent the authority’s points about the draft of letter %(letter)s"),
    (K.LETTER_CHECKED, "content"): T("%(who)s said that nothing is wrong in the draft of letter %(letter)s"),
    (K.LETTER_CHECKED, "prolonged"): T("%(who)s gave more time for the accuracy check of letter %(letter)s"),
    (K.LETTER_CHECKED, "answered"): T("%(who)s answered a point about the draft of letter %(letter)s"),
}
"""By kind and name, where the name says more."""


def sentence(event: Any, scheme: SchemeText) -> str:
    """Who did what, in one sentence. Whatever kind of event it is, there is one.

    Args:
        event: with ``about``, the name of the person whom its detail names, if it names one.
    """
    benchmark = scheme.benchmarks.get(event.detail.get("benchmark"))
    named = {"number": benchmark.number, "title": benchmark.title} if benchmark else {}
    words = {
        "who": event.person_name,
        "benchmark": _("benchmark %(number)s, %(title)s") % named if named else _("a benchmark"),
        "about": event.about or _("a colleague"),
        "letter": event.detail.get("number", ""),
        "file": event.detail.get("file", ""),
    }
    if said := BY_NAME.get((event.kind, event.name)):
        return " ".join((str(said) % words).split())
    if pair := SENTENCES.get(event.kind):
        return " ".join((str(pair[0 if benchmark else 1]) % words).split())
    label = ASSESSMENT_LABELS.get(event.name) if event.kind == K.TRANSITION else None
    known = EventKind(event.kind).label if event.kind in EventKind else event.kind
    return f"{event.person_name}: {label or known}"


ASSESSMENT_LABELS = {row.name: row.label for row in ASSESSMENT.rows}

_TEXT_OF: dict[str, str] = {
    K.REVIEWED: "summary",
    K.NOTED: "private",
    K.JUDGED: "judgements",
    K.MEETING: "meeting",
    K.STRENGTHS: "strengths",
    K.RECOMMENDATIONS: "recommendations",
    K.CARRIED: "evidence",
    K.FOLLOWED_UP: "follow-ups",
}
"""Which text an event was about, by its kind."""


def _text_of(event: Event) -> str:
    if event.kind == K.ANSWERED:
        return "evidence" if "benchmark" in event.detail else "answers"
    if event.kind == K.TRANSITION:
        return {"ask": "questions", "answer": "answers"}.get(event.name, "")
    return _TEXT_OF.get(event.kind, "")
