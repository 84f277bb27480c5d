"""Every address of the project, for every person of the cast: what they get, and what they can change.

A row is an address with records in a sensible state. ``GETS`` says who gets which status; whoever is not named gets
the row's default. ``POSTS`` says who can change something there and with which fields; everybody else is refused
and nothing is written. An address that has no row fails, and so does a name that no address has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from openpyxl import load_workbook

from assurance import outbox, store
from assurance.actions import (
    documents,
    drafts,
    evidence,
    exports,
    giving,
    history_import,
    meeting,
    people,
    portfolio,
    practice,
    readings,
    workbook,
)
from assurance.actions.giving import given_token
from assurance.actions.points import list_token
from assurance.models import (
    Assessment,
    Document,
    GoodPractice,
    MeetingPoint,
    Membership,
    Message,
    Overrule,
    Question,
    Recommendation,
)
from assurance.queries.history_imports import import_page
from assurance.queries.quality import quality_page
from assurance.views import health
from assurance.vocabulary import DocumentKind, LetterState, MessageState, Role, State
from assurance.workflow import ASSESSMENT
from letters import actions as letter_actions
from letters import translation_actions, wording_actions
from letters.models import Letter, LetterCheck, Wording
from letters.translation_queries import translation_page
from letters.workflow import LETTER
from tests.letters.stages import in_wales, load_wordings
from tests.matrices.world import (
    ANONYMOUS,
    CAST,
    COLLEAGUES,
    PEOPLE,
    Visitors,
    changed,
    give,
    in_a_batch,
    overrule_all,
    pdf,
    pointed_out,
    ready,
    soon,
    undone,
    written,
)
from tests.universe import Universe, all_rows, as_actor

Kwargs = dict[str, Any]
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """One address in one situation.

    Args:
        name: of the URL pattern.
        when: the situation, in words ("" where there is only one).
        records: makes the records and gives the address's arguments.
        gets: who gets which status, as names with spaces between them.
        default: what everybody else gets.
        fields: what is posted to change something; None where posting changes nothing.
        by: who can change something with these fields.
        only_look: who may look at the page and is told, when they post, that they may not.
        query: after the question mark.
        done: what whoever changes something gets: sent on, or an answer for a script.
    """

    name: str
    when: str
    records: Callable[[Universe], Kwargs]
    gets: Mapping[int, str]
    default: int
    fields: Callable[[Universe, Kwargs], Fields] | None = None
    by: frozenset[str] = frozenset()
    only_look: frozenset[str] = frozenset()
    query: str = ""
    done: int = 302
    statuses: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        statuses = {}
        for status, names in self.gets.items():
            for name in names.split():
                if name not in PEOPLE or name in statuses:
                    raise ValueError(f"{self.name}: {name} is nobody, or is named twice")
                statuses[name] = status
        object.__setattr__(self, "statuses", {name: statuses.get(name, self.default) for name in PEOPLE})

    def __str__(self) -> str:
        return f"{self.name} ({self.when})" if self.when else self.name

    def address(self, kwargs: Kwargs) -> str:
        return reverse(self.name, kwargs=kwargs) + (f"?{self.query}" if self.query else "")


EVERYBODY = " ".join(CAST)


def nothing(universe: Universe) -> Kwargs:
    """No records are needed."""
    return {}


def alder_over_the_years(universe: Universe) -> Kwargs:
    """Two years, each on a scheme of its own."""
    universe.last_year("la-10")
    universe.assessment(State.AGREED)
    return {"authority_id": universe.alder.pk}


def beside(records: Callable[[Universe], Kwargs]) -> Callable[[Universe], Kwargs]:
    """Records that are there, and that the address does not name."""

    def made(universe: Universe) -> Kwargs:
        records(universe)
        return {}

    return made


def on(state: State, **more: Any) -> Callable[[Universe], Kwargs]:
    """Alder's assessment in this state."""
    return lambda universe: {"assessment_id": universe.assessment(state).pk} | more


def given(number: int) -> Callable[[Universe], Kwargs]:
    """Alder's assessment in progress, with benchmark 2 given to the contributor; the page of ``number``."""

    def records(universe: Universe) -> Kwargs:
        assessment = universe.assessment(State.IN_PROGRESS)
        give(universe, assessment, 2)
        return {"assessment_id": assessment.pk, "number": number}

    return records


def drafted(left: bool = False) -> Callable[[Universe], Kwargs]:
    """Benchmark 2 with unsaved text of the lead's and the contributor's; or, ``left``, of a contributor's who was
    taken off it."""

    def records(universe: Universe) -> Kwargs:
        kwargs = given(2)(universe)
        common = {"at": universe.at, **kwargs}
        for name in ("contributor",) if left else ("lead", "contributor"):
            with as_actor(universe.cast[name]) as by:
                typed = drafts.Typed(version=1, fields={"evidence": ["A panel"]})
                word = drafts.keep_draft(by=by, typed=typed, **common)
        if not left:
            return kwargs
        with as_actor(universe.lead) as by:
            giving.take_back_benchmark(by=by, contributor_id=universe.contributor.pk, **common)
        with all_rows():
            return kwargs | {"draft_id": word.row.drafts.get().pk}

    return records


def after_a_year(number: int | None = None, scheme: str = "la-8") -> Callable[[Universe], Kwargs]:
    """Alder's assessment, not started, after an agreed year, with benchmark 2 given; the page of ``number``."""

    def records(universe: Universe) -> Kwargs:
        universe.last_year(scheme)
        assessment = universe.assessment()
        give(universe, assessment, 2)
        return {"assessment_id": assessment.pk} | ({"number": number} if number else {})

    return records


def evidence_of(*numbers: int, state: State = State.IN_PROGRESS, **more: Any) -> Callable[[Universe], Kwargs]:
    """A file of Alder's that supports these benchmarks, of which 2 is given to the contributor."""

    def records(universe: Universe) -> Kwargs:
        assessment = universe.assessment(State.IN_PROGRESS)
        give(universe, assessment, 2)
        with as_actor(universe.lead) as by:
            added = evidence.add_files(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                files=[SimpleUploadedFile("plan.pdf", pdf())],
                supports=evidence.Supports(numbers),
                enqueue=lambda *ids: None,
            )
        universe.assessment(state)
        return {"assessment_id": assessment.pk, "evidence_id": added.evidence[0].pk} | more

    return records


def to_give(universe: Universe) -> Kwargs:
    """Alder's assessment in progress, with benchmark 2 given to the contributor."""
    return {"assessment_id": given(2)(universe)["assessment_id"]}


def one_more(universe: Universe, kwargs: Kwargs) -> Fields:
    """Benchmark 3 is given to the contributor too."""
    contributor = universe.contributor.pk
    return {"token": given_token([(contributor, 2)]), f"given_{contributor}": ["2", "3"]}


def of_alder(universe: Universe) -> Kwargs:
    """Alder, in an open cycle."""
    return {"authority_id": universe.assessment().authority_id}


def invited(universe: Universe) -> Kwargs:
    """Alder, with a viewer who was invited another day."""
    kwargs = of_alder(universe)
    with as_actor(universe.lead) as lead:
        people.invite(by=lead, at=universe.at, email="ida@example.test", name="Ida", role=Role.VIEWER, **kwargs)
    return kwargs


def again(universe: Universe, kwargs: Kwargs) -> Fields:
    """Ida's invitation is sent again."""
    with all_rows():
        return {"again": Membership.objects.get(person__email="ida@example.test").pk}


def part_of_contributor(universe: Universe) -> Kwargs:
    """The contributor's membership; they have benchmark 2."""
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    with all_rows():
        membership = universe.contributor.memberships.get()
    return {"authority_id": universe.alder.pk, "membership_id": membership.pk}


def to_colleague(universe: Universe, kwargs: Kwargs) -> Fields:
    """The viewer becomes lead, and the lead a contributor."""
    return {"former": universe.lead.pk, "to": universe.viewer.pk, "afterwards": "contributor"}


def question(universe: Universe) -> Kwargs:
    """A question that waits for an answer."""
    assessment = universe.assessment(State.CLARIFICATION)
    with all_rows():
        return {"assessment_id": assessment.pk, "question_id": Question.objects.get(assessment=assessment).pk}


def asked(universe: Universe) -> Kwargs:
    """Questions that wait for an answer."""
    return {"assessment_id": universe.assessment(State.CLARIFICATION).pk}


def noted(*more: str) -> Callable[[Universe], Kwargs]:
    """A point with an outcome, noted in a meeting about benchmark 3; with its id if that is named."""

    def records(universe: Universe) -> Kwargs:
        kwargs = {"assessment_id": universe.assessment(State.IN_REVIEW).pk}
        with as_actor(universe.adviser) as by:
            agreed = meeting.Agreed("By May.", "exceeding")
            point = meeting.note_point(by=by, at=universe.at, number=3, agreed=agreed, **kwargs)
        return kwargs | dict.fromkeys(more, point.pk)

    return records


def taken(universe: Universe, kwargs: Kwargs) -> Fields:
    """Its outcome becomes the adviser's."""
    with all_rows():
        point = MeetingPoint.objects.get(**kwargs)
    return {"do": "take", "number": "3", "point": point.pk, "version": 1}


def all_answers(universe: Universe, kwargs: Kwargs) -> Fields:
    """An answer to every question."""
    with all_rows():
        found = Question.objects.filter(**kwargs)
        return {f"answer_{one.pk}": "These people do." for one in found} | {
            f"version_{one.pk}": one.version for one in found
        }


def with_last_year(universe: Universe) -> Kwargs:
    """Alder's assessment, not started, after a year with a recommendation."""
    universe.last_year()
    return {"assessment_id": universe.assessment().pk}


def one_done(universe: Universe, kwargs: Kwargs) -> Fields:
    """Last year's recommendations are all done."""
    with all_rows():
        found = Recommendation.objects.values_list("pk", flat=True)
        return {f"progress_{pk}": "done" for pk in found} | {f"version_{pk}": 0 for pk in found}


def in_review_after_a_year(universe: Universe) -> Kwargs:
    """Alder's assessment in review, after a year with a recommendation."""
    universe.last_year()
    return {"assessment_id": universe.assessment(State.IN_REVIEW).pk}


def to(name: str) -> Callable[[Universe], Kwargs]:
    """An assessment that is ready for the transition."""
    return lambda universe: {"assessment_id": ready(universe, name).pk, "name": name}


def too_late(state: State, name: str) -> Callable[[Universe], Kwargs]:
    """An assessment that is not, or no longer, where the transition starts."""
    return lambda universe: {"assessment_id": universe.assessment(state).pk, "name": name}


ARRANGES = "adviser other_adviser manager other_manager administrator"
"""Who arranges cover."""


def covered(universe: Universe) -> Kwargs:
    """The other adviser covers Alder for the adviser, for ten days from today."""
    today = timezone.localdate()
    with as_actor(universe.adviser) as by:
        (made,) = portfolio.arrange_cover(
            by=by,
            at=timezone.now(),
            absent_id=universe.adviser.pk,
            person_id=universe.other_adviser.pk,
            authority_ids=[universe.alder.pk],
            starts=today,
            last_day=today + timedelta(days=9),
        )
    return {"membership_id": made.pk}


def of_adviser(universe: Universe) -> Kwargs:
    return {"person_id": universe.adviser.pk}


def cover_for_alder(universe: Universe, kwargs: Kwargs) -> Fields:
    """The other adviser covers Alder, today only."""
    today = timezone.localdate()
    days = {f"{name}_{part}": getattr(today, part) for name in ("starts", "last_day") for part in PARTS}
    return {"person": universe.other_adviser.pk, "authorities": universe.alder.pk, **days}


def assignment_of_adviser(universe: Universe) -> Kwargs:
    with all_rows():
        return {"membership_id": Membership.objects.get(person=universe.adviser, role=Role.ADVISER).pk}


def alder_to_other_adviser(universe: Universe, kwargs: Kwargs) -> Fields:
    today = timezone.localdate()
    first = {f"starts_{part}": getattr(today, part) for part in PARTS}
    return {"person": universe.other_adviser.pk, "authorities": universe.alder.pk, "replaces": "on", **first}


PARTS = ("day", "month", "year")
"""The fields of a date."""


def open_cycle(universe: Universe) -> Kwargs:
    return {"cycle_id": universe.cycle().pk}


def draft_cycle(universe: Universe) -> Kwargs:
    return {"cycle_id": universe.draft_cycle("2026/27").pk}


def letter(state: LetterState, **more: Any) -> Callable[[Universe], Kwargs]:
    """Alder's letter in this state."""
    return lambda universe: {"letter_id": universe.letter(state).pk} | more


def failed_letter(universe: Universe) -> Kwargs:
    """Alder's approved letter, whose file could not be made."""
    found = universe.letter(LetterState.APPROVED)
    with all_rows():
        Letter.objects.filter(pk=found.pk).update(failure="The key was not to be had.")
    return {"letter_id": found.pk}


def welsh_letter(universe: Universe) -> Kwargs:
    """Alder's draft in two languages, and the Welsh wording that it was begun without."""
    in_wales(universe)
    universe.wording()
    drafted = universe.letter(LetterState.DRAFT)
    load_wordings()
    with as_actor(universe.adviser) as by:
        translation_actions.use_wordings(
            by=by, at=universe.at, letter_id=drafted.pk, wordings=letter_actions.wordings_for(drafted.assessment)
        )
    return {"letter_id": drafted.pk}


def letter_before_its_wording(universe: Universe) -> Kwargs:
    """The same, and the Welsh wording is not used yet."""
    in_wales(universe)
    universe.wording()
    drafted = universe.letter(LetterState.DRAFT)
    load_wordings()
    return {"letter_id": drafted.pk}


def welsh_summary(universe: Universe, kwargs: Kwargs) -> Fields:
    with as_actor(universe.adviser) as by:
        page = translation_page(by, kwargs["letter_id"])
    fields: dict[str, Any] = {}
    for one in page.lines:
        typed = "Blwyddyn dda." if one.key == "summary" else ""
        fields |= {f"text_{one.slug}": typed, f"version_{one.slug}": 0, f"english_{one.slug}": one.digest}
    return fields


def wording_draft(**more: Any) -> Callable[[Universe], Kwargs]:
    """A draft of a new version of the wording for la-8."""

    def made(universe: Universe) -> Kwargs:
        before = universe.wording()
        with as_actor(universe.administrator) as by:
            made = wording_actions.new_version(by=by, at=universe.at, wording_id=before.pk, version="draft")
        return {"wording_id": made.pk} | more

    return made


def wording_published(universe: Universe) -> Kwargs:
    return {"wording_id": universe.wording().pk}


def wording_label(universe: Universe, kwargs: Kwargs) -> Fields:
    with all_rows():
        labels = Wording.objects.get(pk=kwargs["wording_id"]).content["labels"]
    return labels | {"cc": "Copies:", "revision": 1, "sample": "full"}


def cycle_with_wording(universe: Universe) -> Kwargs:
    universe.wording()
    return {"cycle_id": universe.cycle().pk}


def wording_of_cycle(universe: Universe, kwargs: Kwargs) -> Fields:
    return {"wording_en": universe.wording().pk, "was_en": 0}


def of_letter(state: LetterState) -> Callable[[Universe], Kwargs]:
    """The assessment of Alder's letter in this state."""
    return lambda universe: {"assessment_id": universe.letter(state).assessment_id}


def out(*more: str) -> Callable[[Universe], Kwargs]:
    """Alder's draft letter, out for a check with two points, one of them answered; its round or the other if named."""

    def records(universe: Universe) -> Kwargs:
        point = pointed_out(universe, universe.letter(LetterState.DRAFT))
        ids = {"letter_check_id": point.round_id, "check_point_id": point.pk}
        return {name: ids[name] for name in more} or {"assessment_id": universe.letter(OUT).assessment_id}

    return records


OUT = LetterState.ACCURACY_CHECK
POINT = {"place": "row-2", "language": "en", "wrong": "The year is another."}


def check_version(universe: Universe, kwargs: Kwargs) -> Fields:
    """What the round carries."""
    with all_rows():
        return {"version": LetterCheck.objects.get().version}


def later(universe: Universe, kwargs: Kwargs) -> Fields:
    """A month from today."""
    return check_version(universe, kwargs) | day("until", timezone.localdate() + timedelta(days=30))


def batched(universe: Universe, **more: Any) -> Kwargs:
    """A batch of the signatory's, with Alder's letter."""
    return {"batch_id": in_a_batch(universe, universe.letter(LetterState.AWAITING_APPROVAL)).pk} | more


def batch_of_alder(universe: Universe, kwargs: Kwargs) -> Fields:
    found = universe.letter(LetterState.AWAITING_APPROVAL)
    return {"key": str(uuid4()), "kind": "approve", "letters": f"{found.pk}-{found.version}"}


def agreed_without_letter(universe: Universe) -> Kwargs:
    universe.wording()
    return {"assessment_id": universe.assessment(State.AGREED).pk}


def workbook_made(universe: Universe) -> Kwargs:
    """The workbook of Alder's assessment in progress, asked for by the lead and made."""
    assessment = universe.assessment(State.IN_PROGRESS)
    with as_actor(universe.lead) as by:
        asked = documents.ask(by=by, at=universe.at, assessment_id=assessment.pk, kind=DocumentKind.WORKBOOK_XLSX)
    with all_rows():
        documents.make(document_id=asked.pk, at=universe.at, makers=workbook.MAKERS)
    return {"assessment_id": assessment.pk, "document_id": asked.pk}


def exported(universe: Universe) -> Kwargs:
    """Every outcome of the cycle, taken away by the manager of the North and made."""
    universe.assessment(State.AGREED)
    with as_actor(universe.manager) as by:
        asked = exports.ask(by=by, at=universe.at, view="cycle", params={}, format="csv")
    with all_rows():
        exports.make(export_id=asked.pk, at=universe.at)
    return {"export_id": asked.pk}


def workbook_back(universe: Universe) -> Kwargs:
    """A workbook that says something on benchmark 2, which is given to the contributor too."""
    kwargs = workbook_made(universe)
    give(universe, universe.assessment(State.IN_PROGRESS), 2)
    with all_rows(), store.open(Document.objects.get(pk=kwargs.pop("document_id")).path) as file:
        book = load_workbook(file)
    sheet = book["Benchmark 2"]
    (row,) = (row for row in range(1, sheet.max_row + 1) if sheet.cell(row, 1).value == "evidence")
    sheet.cell(row, 4).value = "A panel meets."
    kept = BytesIO()
    book.save(kept)
    with as_actor(universe.contributor) as by:
        file = ContentFile(kept.getvalue())
        row = workbook.upload(by=by, at=universe.at, name="Ours.xlsx", file=file, **kwargs)
    with all_rows():
        workbook.read_upload(upload_id=row.pk, at=universe.at)
    return kwargs | {"upload_id": row.pk}


def table_brought(universe: Universe) -> Kwargs:
    """A table of earlier years that the manager brought, with a row for Alder and one that is refused."""
    rows = b"GSS,Year,1\nE10000901,2022/23,Met\nE10000902,2022/23,great\n"
    with as_actor(universe.manager) as by:
        row = history_import.upload(
            by=by,
            at=universe.at,
            programme_id=universe.programme.pk,
            scheme_code="la-8",
            name="years.csv",
            file=ContentFile(rows),
        )
    with all_rows():
        history_import.read_import(import_id=row.pk, at=universe.at)
    return {"import_id": row.pk}


def table_confirmed(universe: Universe, kwargs: Kwargs) -> Fields:
    """What confirms it."""
    with as_actor(universe.manager) as by:
        return {"then": "confirm", "seen": import_page(by, kwargs["import_id"], timezone.now()).seen}


def table_taken_over(universe: Universe) -> Kwargs:
    """The same, confirmed."""
    kwargs = table_brought(universe)
    seen = table_confirmed(universe, kwargs)["seen"]
    with as_actor(universe.manager) as by:
        history_import.confirm(by=by, at=universe.at, seen=str(seen), **kwargs)
    return kwargs


def fixed_kwargs(**kwargs: Any) -> Callable[[Universe], Kwargs]:
    """An address without records."""
    return lambda universe: kwargs


def failed_message(universe: Universe) -> Kwargs:
    """A message to Alder's contributor that was given up."""
    with as_actor(universe.lead) as by:
        outbox.lead_role_given(universe.contributor, by=by, at=universe.at, authority=universe.alder)
    with all_rows():
        message = Message.objects.get()
        message.state = MessageState.FAILED
        message.save()
    return {"message_id": message.pk}


def proposed_practice(universe: Universe) -> Kwargs:
    """What the adviser proposes of Alder's agreed assessment as good practice."""
    assessment = universe.assessment(State.AGREED)
    common: Kwargs = {"at": universe.at, "assessment_id": assessment.pk}
    with as_actor(universe.adviser) as by:
        made = practice.propose_practice(by=by, title="A panel", text="It meets every month.", number=2, **common)
    return {"assessment_id": assessment.pk, "practice_id": made.pk}


def shared_practice(universe: Universe) -> Kwargs:
    """The same, to which the lead consented."""
    kwargs = proposed_practice(universe)
    with as_actor(universe.lead) as by:
        practice.consent(by=by, at=universe.at, version=1, named=True, **kwargs)
    return kwargs


def library_entry(universe: Universe) -> Kwargs:
    """The same, as it stands in the library."""
    kwargs = shared_practice(universe)
    with all_rows():
        return {"entry_id": GoodPractice.objects.get(pk=kwargs["practice_id"]).entry_id}


def fixed(**fields: Any) -> Callable[[Universe, Kwargs], Fields]:
    """Fields that do not depend on the records."""
    return lambda universe, kwargs: fields


def seen(model: type[Any], key: str, **fields: Any) -> Callable[[Universe, Kwargs], Fields]:
    """Fields, with the version of the record that the page is about."""

    def with_version(universe: Universe, kwargs: Kwargs) -> Fields:
        with all_rows():
            return fields | {"version": model.objects.get(pk=kwargs[key]).version}

    return with_version


def day(name: str, when: Any) -> dict[str, str]:
    """A date, as the form sends it."""
    return {f"{name}_day": str(when.day), f"{name}_month": str(when.month), f"{name}_year": str(when.year)}


def new_cycle(universe: Universe, kwargs: Kwargs) -> Fields:
    return {"programme": universe.programme.pk, "name": "2027/28", "scheme_version": universe.scheme().id}


def cycle_dates(universe: Universe, kwargs: Kwargs) -> Fields:
    cycle = universe.cycle()
    return {"version": cycle.version, "recommendation_limit": "4", **day("letters_by", soon(universe))}


def cycle_version(universe: Universe, kwargs: Kwargs) -> Fields:
    """What a cycle in preparation, saved once, and an open one carry."""
    opened = universe.cycle()
    return {"version": opened.version if kwargs["cycle_id"] == opened.pk else 2}


def letter_fields(universe: Universe, kwargs: Kwargs) -> Fields:
    found = universe.letter()
    lines = {name: "\n".join(getattr(found, name)) for name in letter_actions.LINES}
    return (
        {name: getattr(found, name) for name in letter_actions.SHORT}
        | lines
        | {
            "version": found.version,
            "summary": "Another summary.",
        }
    )


def questions(universe: Universe, kwargs: Kwargs) -> Fields:
    # The page asks for today or later by the clock, and not by the universe's.
    asked = {"question_0": "Since when?", "number_0": "1", "due_0_day": "1", "due_0_month": "3", "due_0_year": "2999"}
    return seen(Assessment, "assessment_id", **asked)(universe, kwargs)


def response(do: str, **chosen: str) -> Callable[[Universe, Kwargs], Fields]:
    """What an authority says of a proposal: accepted wherever nothing else is chosen."""

    def fields(universe: Universe, kwargs: Kwargs) -> Fields:
        numbers = [number for number, one in universe.scheme().benchmarks.items() if one.scored]
        said = {f"version_{number}": 0 for number in numbers} | {f"choice_{number}": "accept" for number in numbers}
        return seen(Assessment, "assessment_id", **(said | chosen | {"do": do}))(universe, kwargs)

    return fields


def with_warning(universe: Universe) -> Kwargs:
    """Alder's agreed assessment, which waits for the manager's second reading."""
    assessment = universe.assessment(State.AGREED)
    with as_actor(universe.manager) as by:
        readings.pull(by=by, at=universe.at, assessment_id=assessment.pk, reader_id=universe.manager.pk)
    return {"assessment_id": assessment.pk}


def with_overruled(universe: Universe) -> Kwargs:
    """The same, with that warning overruled."""
    kwargs = with_warning(universe)
    overrule_all(universe, universe.assessment(State.AGREED))
    return kwargs


def reason_for_it(universe: Universe, kwargs: Kwargs) -> Fields:
    """A reason for each open warning."""
    with as_actor(universe.manager) as by:
        return {f"reason_{one.key}": "It is known." for one in quality_page(by, **kwargs).found.open}


def taken_back(universe: Universe, kwargs: Kwargs) -> Fields:
    """The overruling is taken back."""
    with all_rows():
        return {"take_back": Overrule.objects.get(**kwargs).pk}


def by_manager(universe: Universe, kwargs: Kwargs) -> Fields:
    """The manager reads it."""
    return {"reader": universe.manager.pk}


def drawn_sample(universe: Universe, kwargs: Kwargs) -> Fields:
    """All there is to draw: Alder's."""
    drawn = universe.assessment(State.AGREED).pk
    seed = "0123456789abcdef"
    return {"cycle": universe.cycle().pk, "how_many": "1", "seed": seed, "drawn": drawn} | by_manager(universe, kwargs)


def weights_of_la_8(universe: Universe) -> Kwargs:
    """A scheme that is published."""
    return {"scheme": universe.scheme("la-8").code}


def other_weights(do: str) -> Callable[[Universe, Kwargs], Fields]:
    """The first benchmark weighs more than it did; nobody has set weights yet."""

    def fields(universe: Universe, kwargs: Kwargs) -> Fields:
        weights = {f"weight_{number}": str(one.weight) for number, one in universe.scheme("la-8").benchmarks.items()}
        return weights | {"weight_1": "7.25", "reason": "It matters more.", "version": 0, "do": do}

    return fields


def public(name: str, **options: Any) -> Row:
    """A page for whoever comes by."""
    return Row(name, "", options.pop("records", nothing), {}, 200, **options)


def transition(name: str, who: str, fields: Fields | None = None) -> Row:
    """The page of a transition: those who may make it, and the colleagues who may not."""
    others = " ".join(sorted(set(HERE.split()) - set(who.split())))
    return Row(
        "transition",
        name,
        to(name),
        {302: ANONYMOUS, 200: who, 403: others},
        404,
        fields=questions if name == "ask" else seen(Assessment, "assessment_id", **(fields or {})),
        by=frozenset(who.split()),
    )


def letter_move(name: str, state: LetterState, who: str, **fields: Any) -> Row:
    """The same for a letter's."""
    others = " ".join(sorted(set(HERE.split()) - set(who.split())))
    return Row(
        "letter-move",
        f"{name}, {state}",
        letter(state, name=name),
        {302: ANONYMOUS, 200: who, 403: others},
        404,
        fields=seen(Letter, "letter_id", **fields),
        by=frozenset(who.split()),
    )


HERE = "lead contributor viewer adviser manager signatory administrator auditor"
"""Those who have to do with Alder. To the others (404 below) nothing of Alder's exists."""
TOKEN = list_token(())
REASON = {"reason": "Because it is so."}

READS_LETTERS = "adviser other_adviser manager other_manager signatory auditor"
"""Who reads letters of the Home Office at any stage, each those within their reach."""

READERS_OF_TEXTS = "lead contributor viewer adviser manager auditor"
"""Who reads any text of Alder's at some stage, beside what stands as agreed."""

ROWS = [
    # Lists: everybody has one, with their own records on it; whoever follows no authority has no list of many.
    Row("home", "", beside(on(State.SUBMITTED)), {302: f"{ANONYMOUS} signatory"}, 200),
    Row("assessments", "", beside(on(State.SUBMITTED)), {302: ANONYMOUS, 403: "stranger"}, 200),
    Row("letters", "", beside(letter(LetterState.ISSUED)), {302: ANONYMOUS}, 200),
    Row("letters", "awaiting", beside(letter(LetterState.AWAITING_APPROVAL)), {302: ANONYMOUS}, 200, query="awaiting"),
    Row("cycles", "", beside(open_cycle), {302: ANONYMOUS, 200: "administrator"}, 403),
    # The portfolio: cover for absent advisers, and assignments.
    Row("cover", "", beside(covered), {302: ANONYMOUS, 200: ARRANGES}, 403),
    # Whoever can arrange it for one adviser only is not asked for whom.
    Row(
        "cover-new", "", nothing,
        {302: f"{ANONYMOUS} adviser other_adviser other_manager", 200: "manager administrator"}, 403,
    ),
    Row(
        "cover-for", "", of_adviser, {302: ANONYMOUS, 200: "adviser manager administrator"}, 404,
        fields=cover_for_alder, by=frozenset({"adviser", "manager", "administrator"}),
    ),
    Row(
        "cover-end", "", covered,
        {302: ANONYMOUS, 200: "adviser manager administrator",
         403: "other_adviser lead contributor viewer signatory auditor"}, 404,
        fields=lambda universe, kwargs: {}, by=frozenset({"adviser", "manager", "administrator"}),
    ),
    Row("assignments", "", nothing, {302: ANONYMOUS, 200: "manager other_manager administrator"}, 403),
    Row(
        "assign", "", nothing, {302: f"{ANONYMOUS} manager other_manager administrator"}, 403,
        fields=alder_to_other_adviser, by=frozenset({"manager", "administrator"}),
        only_look=frozenset({"other_manager"}),
    ),
    Row(
        "assignment-end", "", assignment_of_adviser,
        {302: ANONYMOUS, 200: "manager administrator", 403: "adviser lead contributor viewer signatory auditor"}, 404,
        fields=lambda universe, kwargs: {"when": "now"}, by=frozenset({"manager", "administrator"}),
    ),
    # One assessment.
    Row("assessment", "not started", on(State.NOT_STARTED), {302: ANONYMOUS, 200: HERE}, 404),
    Row("assessment", "agreed", on(State.AGREED), {302: ANONYMOUS, 200: HERE}, 404),
    Row(
        "give", "in progress", to_give,
        {302: ANONYMOUS, 200: "lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
        fields=one_more, by=frozenset({"lead"}),
    ),
    Row(
        "give", "submitted", on(State.SUBMITTED),
        {302: f"{ANONYMOUS} lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
    ),
    Row(
        "comments", "in progress", on(State.IN_PROGRESS, number=2),
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "viewer adviser manager signatory administrator"}, 404,
        fields=fixed(text="Has anybody the figures?"), by=frozenset({"lead", "contributor"}),
        only_look=frozenset({"auditor"}),
    ),
    Row(
        "comments", "agreed", on(State.AGREED, number=2),
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "viewer adviser manager signatory administrator"}, 404,
    ),
    # The people of an authority, for its lead and for whoever manages people.
    Row(
        "people", "", invited,
        {302: ANONYMOUS, 200: "lead administrator", 403: "contributor viewer adviser manager signatory auditor"}, 404,
        fields=again, by=frozenset({"lead", "administrator"}),
    ),
    Row(
        "person-invite", "", of_alder,
        {302: ANONYMOUS, 200: "lead administrator", 403: "contributor viewer adviser manager signatory auditor"}, 404,
        fields=fixed(email="nia.new@example.test", name="Nia New", role="contributor"),
        by=frozenset({"lead", "administrator"}),
    ),
    Row(
        "person-end", "", part_of_contributor,
        {302: ANONYMOUS, 200: "lead administrator", 403: "contributor viewer adviser manager signatory auditor"}, 404,
        fields=fixed(), by=frozenset({"lead", "administrator"}),
    ),
    Row(
        "hand-over", "", of_alder,
        {302: ANONYMOUS, 200: "lead administrator", 403: "contributor viewer adviser manager signatory auditor"}, 404,
        fields=to_colleague, by=frozenset({"lead", "administrator"}),
    ),
    Row(
        "record", "in progress", on(State.IN_PROGRESS),
        {302: ANONYMOUS, 200: "lead contributor adviser manager auditor", 403: "viewer signatory administrator"}, 404,
    ),
    Row(
        "record", "submitted", on(State.SUBMITTED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    Row(
        "record", "agreed", on(State.AGREED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    Row(
        "timeline", "submitted", on(State.SUBMITTED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    # The past of a text.
    Row(
        "history", "in review", on(State.IN_REVIEW), {302: ANONYMOUS, 200: f"{READERS_OF_TEXTS} signatory",
                                                     403: "administrator"}, 404,
    ),
    Row(
        "history", "of a private note", on(State.AGREED),
        {302: ANONYMOUS, 200: f"{READERS_OF_TEXTS} signatory", 403: "administrator"}, 404,
        query="text=private&benchmark=2&at=2026-05-03T12:00:00Z",
    ),
    Row(
        "letter-history", "draft", letter(LetterState.DRAFT),
        {302: ANONYMOUS, 200: "adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    Row(
        "letter-history", "issued", letter(LetterState.ISSUED),
        {302: ANONYMOUS, 200: f"{READERS_OF_TEXTS} signatory", 403: "administrator"}, 404,
    ),
    Row(
        "answer", "given to the contributor", given(2),
        {302: ANONYMOUS, 200: "lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(outcome="met", evidence="A panel meets.", version="1"), by=frozenset({"lead", "contributor"}),
    ),
    Row(
        "answer", "not given to the contributor", given(3),
        {302: ANONYMOUS, 200: "lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(outcome="met", evidence="A panel meets.", version="1"), by=frozenset({"lead"}),
    ),
    Row(
        "answer", "submitted", on(State.SUBMITTED, number=2),
        {302: f"{ANONYMOUS} lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
    ),
    # Evidence: before it is submitted it is the authority's own.
    Row(
        "evidence", "in progress", on(State.IN_PROGRESS),
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "viewer adviser manager signatory administrator"}, 404,
    ),
    Row(
        "evidence", "submitted", on(State.SUBMITTED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    Row(
        "evidence-add", "for what is given to the contributor", to_give,
        {302: ANONYMOUS, 200: "lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(url="https://example.org/plan", benchmarks="2"), by=frozenset({"lead", "contributor"}),
        query="benchmark=2",
    ),
    Row(
        "evidence-add", "submitted", on(State.SUBMITTED),
        {302: f"{ANONYMOUS} lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
    ),
    Row(
        "evidence-item", "for what is given to the contributor", evidence_of(2),
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "signatory administrator"}, 404,
        fields=fixed(title="The plan", benchmarks="2", version="1"), by=frozenset({"lead", "contributor"}),
        only_look=frozenset({"auditor"}),
    ),
    Row(
        "evidence-item", "for more than is given to the contributor", evidence_of(2, 3),
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "signatory administrator"}, 404,
        fields=fixed(do="remove", version="1"), by=frozenset({"lead"}),
        only_look=frozenset({"contributor", "auditor"}),
    ),
    Row(
        "evidence-item", "submitted", evidence_of(2, state=State.SUBMITTED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    Row(
        "evidence-file", "in progress", evidence_of(2, number=1),
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "signatory administrator"}, 404,
    ),
    Row(
        "evidence-file", "submitted", evidence_of(2, state=State.SUBMITTED, number=1),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    # A script's own address: it tells whoever may not, and whoever has signed out, without a page.
    Row(
        "autosave", "given to the contributor", given(2), {302: ANONYMOUS}, 405,
        fields=fixed(evidence="A panel", version="1"), by=frozenset({"lead", "contributor"}), done=200,
    ),
    Row(
        "autosave", "not given to the contributor", given(3), {302: ANONYMOUS}, 405,
        fields=fixed(evidence="A panel", version="1"), by=frozenset({"lead"}), done=200,
    ),
    Row(
        "discard-draft", "of two people", drafted(),
        {302: ANONYMOUS, 200: "lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(), by=frozenset({"lead", "contributor"}),
    ),
    Row(
        "discard-draft", "none", given(2),
        {302: f"{ANONYMOUS} lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
    ),
    Row(
        "take-over-draft", "of a contributor who was taken off it", drafted(left=True),
        {302: ANONYMOUS, 200: "lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(), by=frozenset({"lead"}),
    ),
    Row(
        "answer", "after a year on another scheme", after_a_year(2, "la-10"),
        {302: ANONYMOUS, 200: "lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(outcome="met", evidence="A panel meets.", version="1"), by=frozenset({"lead", "contributor"}),
    ),
    Row(
        "carry-one", "given to the contributor", after_a_year(2), {302: ANONYMOUS}, 405,
        fields=fixed(version="1"), by=frozenset({"lead", "contributor"}),
    ),
    Row(
        "carry-one", "not given to the contributor", after_a_year(3), {302: ANONYMOUS}, 405,
        fields=fixed(version="1"), by=frozenset({"lead"}),
    ),
    Row(
        "carry-one", "after a year on another scheme", after_a_year(2, "la-10"), {302: ANONYMOUS}, 405,
        fields=fixed(version="1"), by=frozenset({"lead", "contributor"}),
    ),
    Row(
        "carry", "after a year", after_a_year(),
        {302: ANONYMOUS, 200: "lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(carry_2="on", version_2="1"), by=frozenset({"lead", "contributor"}),
    ),
    Row(
        "carry", "after a year on another scheme", after_a_year(scheme="la-10"),
        {302: ANONYMOUS, 200: "lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(carry_2="on", version_2="1"), by=frozenset({"lead", "contributor"}),
    ),
    Row(
        "carry", "submitted", on(State.SUBMITTED),
        {302: f"{ANONYMOUS} lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
    ),
    # The review of a benchmark, and private notes
    Row(
        "review", "in review", on(State.IN_REVIEW, number=2),
        {302: ANONYMOUS, 200: "adviser manager auditor",
         403: "lead contributor viewer signatory administrator"}, 404,
        fields=fixed(outcome="met", summary="A panel meets.", version="1", private="Ask again.", note_version="0"),
        by=frozenset({"adviser"}), only_look=frozenset({"manager", "auditor"}),
    ),
    Row(
        "review", "in progress", on(State.IN_PROGRESS, number=2),
        {302: f"{ANONYMOUS} adviser manager auditor",
         403: "lead contributor viewer signatory administrator"}, 404,
    ),
    Row(
        "review", "submitted", on(State.SUBMITTED, number=2),
        {302: ANONYMOUS, 200: "adviser manager auditor",
         403: "lead contributor viewer signatory administrator"}, 404,
    ),
    Row(
        "review", "agreed", on(State.AGREED, number=2),
        {302: ANONYMOUS, 200: "adviser manager auditor",
         403: "lead contributor viewer signatory administrator"}, 404,
    ),
    Row(
        "review", "not scored", on(State.IN_REVIEW, number=5),
        {302: ANONYMOUS, 200: "adviser manager auditor",
         403: "lead contributor viewer signatory administrator"}, 404,
    ),
    Row(
        "private-notes", "in review", on(State.IN_REVIEW),
        {302: ANONYMOUS, 200: "adviser manager auditor",
         403: "lead contributor viewer signatory administrator"}, 404,
        fields=fixed(private="They are short of people.", note_version="0"),
        by=frozenset({"adviser", "manager"}), only_look=frozenset({"auditor"}),
    ),
    Row(
        "private-notes", "withdrawn", on(State.WITHDRAWN),
        {302: ANONYMOUS, 200: "adviser manager auditor",
         403: "lead contributor viewer signatory administrator"}, 404,
    ),
    Row(
        "strengths", "in review", on(State.IN_REVIEW),
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        fields=fixed(token=TOKEN, strength_0="They know their places."), by=frozenset({"adviser"}),
    ),
    Row(
        "strengths", "agreed", on(State.AGREED),
        {302: f"{ANONYMOUS} adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
    ),
    Row(
        "recommendations", "in review", on(State.IN_REVIEW),
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        fields=fixed(token=TOKEN, recommendation_0="Write it down.", benchmarks_0="1"), by=frozenset({"adviser"}),
    ),
    Row(
        "recommendations", "agreed", on(State.AGREED),
        {302: f"{ANONYMOUS} adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
    ),
    Row(
        "questions", "asked", asked,
        {302: ANONYMOUS, 200: "lead contributor adviser manager auditor", 403: "viewer signatory administrator"}, 404,
        fields=all_answers, by=frozenset({"lead"}),
        only_look=frozenset({"contributor", "adviser", "manager", "auditor"}),
    ),
    Row(
        "questions", "none", on(State.SUBMITTED),
        {302: ANONYMOUS, 200: "lead contributor adviser manager auditor", 403: "viewer signatory administrator"}, 404,
    ),
    Row(
        "question", "", question,
        {302: ANONYMOUS, 200: "lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
        fields=seen(Question, "question_id", answer="These people do."), by=frozenset({"lead"}),
    ),
    # Asking has an address of its own under the transitions.
    Row(
        "ask", "about a benchmark", on(State.IN_REVIEW),
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        fields=questions, by=frozenset({"adviser"}), query="benchmark=3",
    ),
    Row(
        "ask", "too early", on(State.SUBMITTED),
        {302: ANONYMOUS, 409: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
    ),
    # The meeting pack, noting points, one point.
    Row(
        "meeting", "in review", on(State.IN_REVIEW),
        {302: ANONYMOUS, 200: "adviser manager auditor", 403: "lead contributor viewer signatory administrator"}, 404,
        fields=fixed(do="note", number="3", text="They will do it by May.", level="met"), by=frozenset({"adviser"}),
        only_look=frozenset({"manager", "auditor"}),
    ),
    Row(
        "meeting", "live", on(State.IN_REVIEW),
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        query="live=1&outcomes=hidden",
    ),
    Row(
        "meeting", "taken over", noted(),
        {302: ANONYMOUS, 200: "adviser manager auditor", 403: "lead contributor viewer signatory administrator"}, 404,
        fields=taken, by=frozenset({"adviser"}), only_look=frozenset({"manager", "auditor"}),
    ),
    Row(
        "meeting", "agreed", on(State.AGREED),
        {302: ANONYMOUS, 200: "adviser manager auditor", 403: "lead contributor viewer signatory administrator"}, 404,
    ),
    Row(
        "meeting-point", "in review", noted("point_id"),
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        fields=fixed(text="By June.", level="none", version="1"), by=frozenset({"adviser"}),
    ),
    # Last year's recommendations, the check, the confirmation, the page to print.
    Row(
        "follow-ups", "to answer", with_last_year,
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "viewer adviser manager signatory administrator"}, 404,
        fields=one_done, by=frozenset({"lead"}), only_look=frozenset({"contributor", "auditor"}),
    ),
    Row(
        "follow-ups", "submitted", on(State.SUBMITTED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    # What the adviser says of last year's recommendations, and wording of other years.
    Row(
        "follow-up-reviews", "in review", in_review_after_a_year,
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        fields=one_done, by=frozenset({"adviser"}),
    ),
    Row(
        "follow-up-reviews", "agreed", on(State.AGREED),
        {302: f"{ANONYMOUS} adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
    ),
    Row(
        "recommendations", "with earlier wording", in_review_after_a_year,
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        query="benchmark=2&q=risks",
    ),
    Row(
        "check", "ready", lambda universe: {"assessment_id": ready(universe, "submit").pk},
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "viewer adviser manager signatory administrator"}, 404,
        fields=seen(Assessment, "assessment_id", declaration="on"), by=frozenset({"lead"}),
        only_look=frozenset({"contributor", "auditor"}),
    ),
    Row(
        "check", "submitted", on(State.SUBMITTED),
        {
            302: f"{ANONYMOUS} lead contributor auditor",
            403: "viewer adviser manager signatory administrator",
        }, 404,
    ),
    Row(
        "submitted", "submitted", on(State.SUBMITTED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    Row(
        "submitted", "not yet", on(State.IN_PROGRESS),
        {302: f"{ANONYMOUS} lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    Row(
        "print", "in progress", on(State.IN_PROGRESS),
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "viewer adviser manager signatory administrator"}, 404,
    ),
    Row(
        "print", "submitted", on(State.SUBMITTED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    # A proposal, and the outcomes to print.
    Row(
        "proposal", "accept everything", on(State.PROPOSED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
        fields=response("accept"), by=frozenset({"lead"}),
        only_look=frozenset({"contributor", "viewer", "adviser", "manager", "auditor"}),
    ),
    Row(
        "proposal", "save for later", on(State.PROPOSED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
        fields=response("save", choice_1="dispute", reason_1="We did more."), by=frozenset({"lead"}),
        only_look=frozenset({"contributor", "viewer", "adviser", "manager", "auditor"}),
    ),
    Row(
        "proposal", "dispute one", on(State.PROPOSED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
        fields=response("send", choice_1="dispute", reason_1="We did more."), by=frozenset({"lead"}),
        only_look=frozenset({"contributor", "viewer", "adviser", "manager", "auditor"}),
    ),
    Row(
        "proposal", "no longer", on(State.DISPUTED),
        {302: f"{ANONYMOUS} lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    Row(
        "record-print", "submitted", on(State.SUBMITTED),
        {302: f"{ANONYMOUS} lead contributor viewer", 200: "adviser manager auditor", 403: "signatory administrator"},
        404,
    ),
    Row(
        "record-print", "proposed", on(State.PROPOSED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    Row(
        "record-print", "agreed", on(State.AGREED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    # Transitions. "start" comes with the first answer and has no page.
    Row("transition", "start has no page", too_late(State.NOT_STARTED, "start"), {302: ANONYMOUS}, 404),
    Row(
        "transition", "recall, too late", too_late(State.IN_REVIEW, "recall"),
        {302: ANONYMOUS, 409: "lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
    ),
    Row(
        "transition", "submit is made where one checks", to("submit"),
        {302: f"{ANONYMOUS} lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
    ),
    transition("recall", "lead"),
    transition("begin_review", "adviser"),
    transition("ask", "adviser"),
    transition("answer", "lead"),
    transition("propose", "adviser"),
    Row(
        "transition", "accept is made where one reads", to("accept"),
        {302: f"{ANONYMOUS} lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
    ),
    Row(
        "transition", "dispute is made where one reads", to("dispute"),
        {302: f"{ANONYMOUS} lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
    ),
    transition("reconsider", "adviser"),
    transition("settle", "manager", {**REASON, "level_1": "exceeding"}),
    transition("reopen", "manager", REASON),
    transition("withdraw", "administrator", REASON),
    # Cycles belong to a programme. National and regional people of the programme are colleagues there.
    Row(
        "cycle-new", "", nothing, {302: ANONYMOUS, 200: "administrator"}, 403,
        fields=new_cycle, by=frozenset({"administrator"}),
    ),
    Row(
        "cycle", "open", open_cycle,
        {302: ANONYMOUS, 200: "administrator", 403: "manager other_manager signatory auditor"}, 404,
    ),
    Row(
        "cycle", "in preparation", draft_cycle,
        {302: ANONYMOUS, 200: "administrator", 403: "manager other_manager signatory auditor"}, 404,
    ),
    Row(
        "cycle-edit", "open", open_cycle,
        {302: ANONYMOUS, 200: "administrator", 403: "manager other_manager signatory auditor"}, 404,
        fields=cycle_dates, by=frozenset({"administrator"}),
    ),
    Row(
        "cycle-open", "in preparation", draft_cycle,
        {302: ANONYMOUS, 200: "administrator", 403: "manager other_manager signatory auditor"}, 404,
        fields=cycle_version, by=frozenset({"administrator"}),
    ),
    Row(
        "cycle-open", "open already", open_cycle,
        {302: f"{ANONYMOUS} administrator", 403: "manager other_manager signatory auditor"}, 404,
    ),
    Row(
        "cycle-close", "open", open_cycle,
        {302: ANONYMOUS, 200: "administrator", 403: "manager other_manager signatory auditor"}, 404,
        fields=cycle_version, by=frozenset({"administrator"}),
    ),
    Row(
        "cycle-close", "in preparation", draft_cycle,
        {302: f"{ANONYMOUS} administrator", 403: "manager other_manager signatory auditor"}, 404,
    ),
    # Weights: read by all who see averages, set by cycle administrators.
    Row("weights", "", beside(weights_of_la_8), {302: ANONYMOUS, 403: "stranger"}, 200),
    Row(
        "weights-edit", "", weights_of_la_8, {302: ANONYMOUS, 200: "administrator"}, 403,
        fields=other_weights("save"), by=frozenset({"administrator"}),
    ),
    # Letters. At a stage that they may not see, a letter does not exist for the authority.
    Row(
        "assessment-letters", "", of_letter(LetterState.DRAFT),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    # Many letters: the queue, batches, and zip files.
    Row(
        "letter-approval", "", beside(letter(LetterState.AWAITING_APPROVAL)), {302: ANONYMOUS, 200: READS_LETTERS}, 403
    ),
    Row(
        "letter-batch-new", "nothing ticked", beside(letter(LetterState.AWAITING_APPROVAL)),
        {302: f"{ANONYMOUS} signatory"}, 403, fields=batch_of_alder, by=frozenset({"signatory"}),
    ),
    Row(
        "letter-batch-new", "all", beside(letter(LetterState.AWAITING_APPROVAL)),
        {302: ANONYMOUS, 200: "signatory"}, 403, query="all=1",
    ),
    Row("letter-batches", "", beside(batched), {302: ANONYMOUS, 200: READS_LETTERS}, 403),
    Row("letter-batch", "", batched, {302: ANONYMOUS, 200: "signatory auditor"}, 404),
    Row(
        "letter-batch-act", "", lambda universe: batched(universe, what="stop"), {302: ANONYMOUS}, 405,
        fields=fixed(), by=frozenset({"signatory"}),
    ),
    Row("letter-zip", "", beside(letter(LetterState.ISSUED)), {302: ANONYMOUS, 200: READS_LETTERS}, 403),
    Row("letter-zip-file", "", beside(letter(LetterState.ISSUED)), {302: ANONYMOUS, 200: READS_LETTERS}, 403),
    Row(
        "letter-correction", "", of_letter(LetterState.ISSUED),
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        fields=fixed(correction_reason="A figure was wrong."), by=frozenset({"adviser"}),
    ),
    Row(
        "letter-draft", "", agreed_without_letter, {302: ANONYMOUS}, 405,
        fields=fixed(), by=frozenset({"adviser"}),
    ),
    Row(
        "letter", "draft", letter(LetterState.DRAFT),
        {302: ANONYMOUS, 200: "adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    Row(
        "letter", "accuracy check", letter(LetterState.ACCURACY_CHECK),
        {302: ANONYMOUS, 200: "lead adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    Row(
        "letter", "awaiting approval", letter(LetterState.AWAITING_APPROVAL),
        {302: ANONYMOUS, 200: "adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    Row(
        "letter", "approved", letter(LetterState.APPROVED),
        {302: ANONYMOUS, 200: "adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    Row(
        "letter", "issued", letter(LetterState.ISSUED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    Row(
        "letter-edit", "draft", letter(LetterState.DRAFT),
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        fields=letter_fields, by=frozenset({"adviser"}),
    ),
    Row(
        "letter-edit", "awaiting approval", letter(LetterState.AWAITING_APPROVAL),
        {302: f"{ANONYMOUS} adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
    ),
    Row(
        "letter-board", "draft", letter(LetterState.DRAFT),
        {302: f"{ANONYMOUS} adviser manager signatory", 403: "administrator auditor"}, 404,
    ),
    Row(
        "letter-board", "issued", letter(LetterState.ISSUED),
        {302: ANONYMOUS, 200: "lead viewer adviser manager signatory", 403: "contributor administrator auditor"}, 404,
        fields=fixed(version=0, choice_summary="include", make="slides"),
        by=frozenset({"lead", "viewer", "adviser", "manager", "signatory"}),
    ),
    Row(
        "letter-pdf", "approved", letter(LetterState.APPROVED), {302: ANONYMOUS, 403: "administrator"}, 404,
    ),
    Row(
        "letter-pdf", "issued", letter(LetterState.ISSUED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    Row("letter-move", "issue has no page", letter(LetterState.APPROVED, name="issue"), {302: ANONYMOUS}, 404),
    Row(
        "letter-again", "", failed_letter, {302: ANONYMOUS}, 405,
        fields=fixed(), by=frozenset({"signatory"}),
    ),
    Row("letter-preview", "", letter(LetterState.DRAFT), {302: ANONYMOUS}, 405),
    Row(
        "letter-copy", "", letter(LetterState.DRAFT), {302: ANONYMOUS}, 405,
        fields=fixed(kind="letter_docx", language="en"), by=frozenset({"adviser", "signatory"}),
    ),
    # The accuracy check.
    Row(
        "letter-check", "", out(),
        {302: ANONYMOUS, 200: "lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
    ),
    Row(
        "letter-check-done", "", out(), {302: ANONYMOUS}, 405, fields=check_version, by=frozenset({"lead"}),
    ),
    Row(
        "letter-point-new", "", out(),
        {302: ANONYMOUS, 200: "lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(**POINT), by=frozenset({"lead"}), query="place=row-2&language=en",
    ),
    Row(
        "letter-checks", "", out(),
        {302: ANONYMOUS, 200: "lead adviser manager signatory auditor", 403: "contributor viewer administrator"}, 404,
    ),
    Row(
        "letter-check-until", "", out("letter_check_id"),
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        fields=later, by=frozenset({"adviser"}),
    ),
    Row(
        "letter-point", "", out("check_point_id"),
        {302: ANONYMOUS, 200: "lead", 403: "contributor viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(wrong="Another.", version=1), by=frozenset({"lead"}),
    ),
    Row(
        "letter-point-remove", "", out("check_point_id"), {302: ANONYMOUS}, 405,
        fields=fixed(version=1), by=frozenset({"lead"}),
    ),
    Row(
        "letter-point-answer", "", out("check_point_id"),
        {302: ANONYMOUS, 200: "adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
        fields=fixed(outcome="not_changed", answer="The minutes say so.", version=1), by=frozenset({"adviser"}),
    ),
    letter_move(
        "send_for_check", LetterState.DRAFT, "adviser", **day("until", timezone.localdate() + timedelta(days=30))
    ),
    letter_move("end_check", LetterState.ACCURACY_CHECK, "adviser"),
    letter_move("send_for_approval", LetterState.DRAFT, "adviser"),
    letter_move("return", LetterState.AWAITING_APPROVAL, "signatory", **REASON),
    letter_move("approve", LetterState.AWAITING_APPROVAL, "signatory"),
    letter_move("withdraw", LetterState.ISSUED, "signatory", **REASON),
    Row(
        "letter-translation", "draft", welsh_letter,
        {302: ANONYMOUS, 200: "adviser manager signatory auditor", 403: "lead contributor viewer administrator"}, 404,
        fields=welsh_summary, by=frozenset({"adviser"}),
        only_look=frozenset({"manager", "signatory", "auditor"}),
    ),
    Row(
        "letter-wordings", "", letter_before_its_wording, {302: ANONYMOUS}, 405,
        fields=fixed(), by=frozenset({"adviser"}),
    ),
    # The wording of letters, which belongs to no authority.
    Row("wordings", "", beside(wording_published), {302: ANONYMOUS, 200: "administrator auditor"}, 403),
    Row("wording", "published", wording_published, {302: ANONYMOUS, 200: "administrator auditor"}, 403),
    Row("wording", "draft", wording_draft(), {302: ANONYMOUS, 200: "administrator auditor"}, 403),
    Row("wording-preview", "", wording_published, {302: ANONYMOUS, 200: "administrator auditor"}, 403),
    Row("wording-yaml", "", wording_published, {302: ANONYMOUS, 200: "administrator auditor"}, 403),
    Row(
        "wording-copy", "", wording_published, {302: ANONYMOUS, 200: "administrator"}, 403,
        fields=fixed(version="2"), by=frozenset({"administrator"}),
    ),
    Row(
        "wording-publish", "", wording_draft(), {302: ANONYMOUS, 200: "administrator"}, 403,
        fields=fixed(revision=1), by=frozenset({"administrator"}),
    ),
    Row(
        "wording-part", "labels", wording_draft(name="labels"), {302: ANONYMOUS, 200: "administrator"}, 403,
        fields=wording_label, by=frozenset({"administrator"}),
    ),
    Row(
        "wording-text", "a new one", wording_draft(name="letter", place="new-text"),
        {302: ANONYMOUS, 200: "administrator"}, 403,
        fields=fixed(kind="paragraph", text="More.", items="", revision=1, sample="full"),
        by=frozenset({"administrator"}),
    ),
    Row(
        "wording-arrange", "", wording_draft(name="letter"), {302: f"{ANONYMOUS} administrator"}, 403,
        fields=fixed(do="down:0", revision=1), by=frozenset({"administrator"}),
    ),
    Row(
        "cycle-wordings", "", cycle_with_wording, {302: ANONYMOUS, 200: "administrator auditor",
        403: "manager other_manager signatory"}, 404,
        fields=wording_of_cycle, by=frozenset({"administrator"}), only_look=frozenset({"auditor"}),
    ),
    # E-mail: everybody's own preferences, and the log of what was sent.
    Row("preferences", "", nothing, {302: ANONYMOUS}, 200, fields=fixed(how="weekly"), by=frozenset(CAST)),
    Row("messages", "", beside(failed_message), {302: ANONYMOUS, 200: "administrator auditor"}, 403),
    Row(
        "message", "given up", failed_message,
        {
            302: ANONYMOUS, 200: "administrator auditor",
            403: "lead contributor viewer adviser manager signatory",
        }, 404,
        fields=fixed(), by=frozenset({"administrator"}), only_look=frozenset({"auditor"}),
    ),
    # The workbook, and documents: each is theirs alone who asked for it.
    Row(
        "workbook", "in progress", on(State.IN_PROGRESS),
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "viewer adviser manager signatory administrator"}, 404,
        fields=fixed(kind="workbook_ods"), by=frozenset({"lead", "contributor", "auditor"}),
    ),
    Row(
        "workbook", "submitted", on(State.SUBMITTED),
        {302: ANONYMOUS, 200: "lead contributor auditor", 403: "viewer adviser manager signatory administrator"}, 404,
    ),
    Row(
        "workbook-upload", "", workbook_back,
        {302: ANONYMOUS, 200: "lead contributor", 403: "viewer adviser manager signatory administrator auditor"}, 404,
        fields=fixed(apply="2", version_2="1"), by=frozenset({"lead", "contributor"}),
    ),
    Row("document", "", workbook_made, {302: ANONYMOUS, 200: "lead", 403: "administrator"}, 404),
    Row("document-file", "", workbook_made, {302: ANONYMOUS, 200: "lead", 403: "administrator"}, 404),
    Row(
        "submission-pdf", "in progress", on(State.IN_PROGRESS), {302: ANONYMOUS}, 405,
        fields=fixed(), by=frozenset({"lead", "contributor", "auditor"}),
    ),
    Row(
        "submission-pdf", "submitted", on(State.SUBMITTED), {302: ANONYMOUS}, 405,
        fields=fixed(), by=frozenset({"lead", "contributor", "viewer", "adviser", "manager", "auditor"}),
    ),
    # Good practice, and how outcomes are spread.
    Row(
        "practice", "", on(State.AGREED),
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
    ),
    Row(
        "practice-new", "agreed", on(State.AGREED),
        {
            302: ANONYMOUS, 200: "adviser",
            403: "lead contributor viewer manager signatory administrator auditor",
        }, 404,
        fields=fixed(title="A panel", text="It meets every month.", number="2"), by=frozenset({"adviser"}),
    ),
    Row(
        "practice-new", "not agreed", on(State.PROPOSED),
        {302: f"{ANONYMOUS} adviser", 403: "lead contributor viewer manager signatory administrator auditor"}, 404,
    ),
    Row(
        "practice-item", "consent", proposed_practice,
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
        fields=seen(GoodPractice, "practice_id", how="anonymous"), by=frozenset({"lead"}),
        only_look=frozenset({"contributor", "viewer", "adviser", "manager", "auditor"}),
    ),
    Row(
        "practice-item", "decline", proposed_practice,
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager auditor", 403: "signatory administrator"}, 404,
        fields=seen(GoodPractice, "practice_id", how="decline", note="Not yet."), by=frozenset({"lead"}),
        only_look=frozenset({"contributor", "viewer", "adviser", "manager", "auditor"}),
    ),
    Row(
        "practice-end", "a proposal", proposed_practice,
        {302: f"{ANONYMOUS} lead", 200: "adviser manager", 403: "contributor viewer signatory administrator auditor"},
        404,
    ),
    Row(
        "practice-end", "shared", shared_practice,
        {302: ANONYMOUS, 200: "lead adviser manager", 403: "contributor viewer signatory administrator auditor"}, 404,
        fields=seen(GoodPractice, "practice_id"), by=frozenset({"lead", "adviser", "manager"}),
    ),
    Row("library", "", beside(shared_practice), {302: ANONYMOUS, 403: "stranger"}, 200),
    Row("library-entry", "", library_entry, {302: ANONYMOUS, 404: "stranger"}, 200),
    Row(
        "recommendations-over-years", "", beside(with_last_year),
        {302: ANONYMOUS, 403: "signatory administrator stranger"}, 200, query="search=risks&sort=due",
    ),
    Row(
        "calibration", "", beside(on(State.AGREED)),
        {302: ANONYMOUS, 200: "manager other_manager signatory administrator auditor"}, 403,
    ),
    Row(
        "picture", "", beside(on(State.AGREED)),
        {302: ANONYMOUS, 200: "adviser other_adviser manager other_manager signatory auditor"}, 403,
    ),
    Row(
        "picture-national", "", beside(on(State.AGREED)),
        {302: ANONYMOUS, 200: "adviser other_adviser manager other_manager signatory administrator auditor"}, 403,
    ),
    # Authorities compared, and one over the years.
    Row(
        "comparison", "", beside(on(State.AGREED)),
        {302: ANONYMOUS, 200: "adviser other_adviser manager other_manager signatory auditor"}, 403,
    ),
    Row(
        "comparison", "self against agreed", beside(on(State.AGREED)),
        {302: ANONYMOUS, 200: "adviser other_adviser manager other_manager signatory auditor"}, 403,
        query="judgement=self&sort=-moved&count=common",
    ),
    Row(
        "trend", "", alder_over_the_years,
        {302: ANONYMOUS, 200: "lead contributor viewer adviser manager signatory auditor", 403: "administrator"}, 404,
    ),
    Row(
        "exports", "", beside(exported),
        {302: ANONYMOUS, 403: "contributor stranger"}, 200,
    ),
    Row(
        "export-new", "", beside(on(State.AGREED)),
        {302: ANONYMOUS, 403: "contributor administrator stranger"}, 200, query="view=cycle",
        fields=fixed(view="cycle", query="", format="csv"),
        by=frozenset(set(CAST) - {"contributor", "administrator", "stranger"}),
    ),
    Row("export", "", exported, {302: ANONYMOUS, 200: "manager"}, 404),
    Row("export-file", "", exported, {302: ANONYMOUS, 200: "manager"}, 404),
    # The quality check, and second readings.
    Row(
        "quality", "warnings", with_warning,
        {302: ANONYMOUS, 200: "adviser manager auditor", 403: "lead contributor viewer signatory administrator"}, 404,
        fields=reason_for_it, by=frozenset({"adviser", "manager"}), only_look=frozenset({"auditor"}),
    ),
    Row(
        "quality", "overruled", with_overruled,
        {302: ANONYMOUS, 200: "adviser manager auditor", 403: "lead contributor viewer signatory administrator"}, 404,
        fields=taken_back, by=frozenset({"adviser", "manager"}), only_look=frozenset({"auditor"}),
    ),
    Row(
        "letter-quality", "", letter(LetterState.DRAFT),
        {302: ANONYMOUS, 200: "adviser manager auditor", 403: "lead contributor viewer signatory administrator"}, 404,
    ),
    Row("second-readings", "", beside(with_warning), {302: ANONYMOUS,
        200: "adviser other_adviser manager other_manager auditor"}, 403),
    Row(
        "second-reading-draw", "", beside(agreed_without_letter),
        {302: ANONYMOUS, 200: "manager other_manager"}, 403,
        fields=drawn_sample, by=frozenset({"manager"}), only_look=frozenset({"other_manager"}),
    ),
    Row(
        "second-reading", "to ask for", on(State.AGREED),
        {302: ANONYMOUS, 200: "adviser manager auditor", 403: "lead contributor viewer signatory administrator"}, 404,
        fields=by_manager, by=frozenset({"manager"}), only_look=frozenset({"adviser", "auditor"}),
    ),
    Row(
        "second-reading", "to record", with_warning,
        {302: ANONYMOUS, 200: "adviser manager auditor", 403: "lead contributor viewer signatory administrator"}, 404,
        fields=fixed(result="sound", note="", version=1), by=frozenset({"manager"}),
        only_look=frozenset({"adviser", "auditor"}),
    ),
    # Tables of earlier years: whose they are, and the auditor.
    Row(
        "history-imports", "", beside(table_brought),
        {302: ANONYMOUS, 200: "manager other_manager auditor"}, 403,
    ),
    Row("history-import-new", "", nothing, {302: ANONYMOUS, 200: "manager other_manager"}, 403),
    Row(
        "history-import-template", "", fixed_kwargs(scheme="la-8", kind="csv"),
        {302: ANONYMOUS, 200: "manager other_manager"}, 403,
    ),
    Row(
        "history-import", "read", table_brought, {302: ANONYMOUS, 200: "manager auditor"}, 404,
        fields=table_confirmed, by=frozenset({"manager"}), only_look=frozenset({"auditor"}),
    ),
    Row(
        "history-import", "to discard", table_brought, {302: ANONYMOUS, 200: "manager auditor"}, 404,
        fields=fixed(then="discard"), by=frozenset({"manager"}), only_look=frozenset({"auditor"}),
    ),
    Row("history-import", "taken over", table_taken_over, {302: ANONYMOUS, 200: "manager auditor"}, 404),
    Row(
        "history-import-lines", "", lambda universe: table_brought(universe) | {"key": 1},
        {302: ANONYMOUS, 200: "manager"}, 404,
        fields=fixed(**{"cell_1_outcome-1": "Met", "version": 2}), by=frozenset({"manager"}),
    ),
    Row(
        "history-import-undo", "", table_taken_over, {302: ANONYMOUS, 200: "manager"}, 404,
        fields=fixed(reason="The wrong file."), by=frozenset({"manager"}),
    ),
    Row("history-import-file", "", table_brought, {302: ANONYMOUS, 200: "manager auditor"}, 404),
    # For whoever comes by.
    Row("sign-in", "", nothing, {302: EVERYBODY}, 200),
    public("sign-out"),
    public("signed-out"),
    public("password-reset"),
    public("password-reset-done"),
    public("password-reset-confirm", records=lambda universe: {"uidb64": "MQ", "token": "a-made-up-one"}),
    public("password-reset-complete"),
    public("help"),
    public("method"),
    public("accessibility"),
    public("cookies"),
    public("privacy"),
    public("verify"),
    public("healthz"),
    public("readyz"),
]  # fmt: skip

PUBLIC = frozenset(
    {
        *("sign-in", "sign-out", "signed-out", "healthz", "readyz"),
        *("help", "method", "accessibility", "cookies", "privacy"),
        *("password-reset", "password-reset-done", "password-reset-confirm", "password-reset-complete"),
        "verify",
    }
)
"""All that anybody sees who has not signed in."""

DOWNLOADS = frozenset(
    {"letter-pdf", "letter-zip-file", "document-file", "evidence-file", "export-file", "history-import-file"}
)
"""The addresses where looking leaves something behind: an event that says who downloaded the file."""
THEIR_OWN = {
    "evidence-file": frozenset({"lead", "contributor"}),
    "letter-zip-file": frozenset({"other_adviser", "other_manager"}),
}
"""Whose downloads are their own work, or hold nothing of Alder's, and leave nothing."""
DELIVERED = frozenset({"letter", "letter-pdf"})
"""Where an issued letter arrives: whoever is at the authority has a row that says when they first opened it."""
WHOSE_ALONE = frozenset({"letter-batch-act"})
"""What is there for whoever asked for it, and for nobody else."""


def patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one)
        else:
            yield one


@pytest.fixture
def visitors(universe: Universe, monkeypatch: pytest.MonkeyPatch) -> Visitors:
    # No worker runs beside the tests, and waiting for its answer would take a second for each person.
    monkeypatch.setattr(health, "_worker", lambda: True)
    return Visitors(universe)


def test_every_address_has_a_row() -> None:
    found = [pattern.name for pattern in patterns(get_resolver())]
    assert None not in found
    assert len(found) == len(set(found))
    assert {row.name for row in ROWS} == set(found)


def test_every_row_is_a_situation_of_its_own() -> None:
    assert len({str(row) for row in ROWS}) == len(ROWS)


def test_the_cast_is_all_there(universe: Universe) -> None:
    assert set(CAST) == set(universe.cast)


def test_only_these_are_public() -> None:
    assert {row.name for row in ROWS if row.statuses[ANONYMOUS] != 302} == PUBLIC


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_address(universe: Universe, visitors: Visitors, row: Row) -> None:
    """One test for the three questions, because making the records costs more than asking."""
    kwargs = row.records(universe)
    look(universe, visitors, row, kwargs)
    post(universe, visitors, row, kwargs)
    miss(visitors, row, kwargs)


def look(universe: Universe, visitors: Visitors, row: Row, kwargs: Kwargs) -> None:
    """Who gets what; whoever is not signed in is asked to, and comes back; nothing changes by looking."""
    address = row.address(kwargs)
    before = written(universe)
    found = {}
    for name in PEOPLE:
        response = visitors.get(name, address)
        found[name] = response.status_code
        if name == ANONYMOUS and row.name not in PUBLIC:
            assert response["Location"] == f"/sign-in/?{urlencode({'next': address})}"
    assert found == row.statuses
    assert changed(before, written(universe)) == left_behind(row, found)


def post(universe: Universe, visitors: Visitors, row: Row, kwargs: Kwargs) -> None:
    """Whoever may changes something; the others are refused as when they look, and nothing is written."""
    address = row.address(kwargs)
    fields = row.fields(universe, kwargs) if row.fields else {}
    before = written(universe)
    found = {}
    for name in PEOPLE:
        if name not in row.by:
            response = visitors.post(name, address, fields)
            found[name] = response.status_code
    assert changed(before, written(universe)) == left_behind(row, found, again=True)
    if row.fields:
        assert found.pop(ANONYMOUS) == 401
        assert found == {name: refusal(row, name) for name in found}
    for name in row.by:
        with undone():
            response = visitors.post(name, address, fields)
            assert response.status_code == row.done, f"{name}: {response.content.decode()}"
            assert changed(before, written(universe)), f"{name} changed nothing"


def miss(visitors: Visitors, row: Row, kwargs: Kwargs) -> None:
    """An id that no record has is answered like a record of somebody else's."""
    ask = visitors.post if row.default == 405 else visitors.get
    for missing in (name for name in kwargs if name.endswith("_id")):
        address = row.address(kwargs | {missing: 0})
        for name in CAST:
            assert ask(name, address).status_code == 404, (name, missing)


def left_behind(row: Row, found: Mapping[str, int], *, again: bool = False) -> dict[str, int]:
    """How many rows of which table these answers add; ``again``: everybody has looked once before."""
    noted = (status for name, status in found.items() if name not in THEIR_OWN.get(row.name, ()))
    downloads = sum(status == 200 for status in noted) if row.name in DOWNLOADS else 0
    # An export and a table of earlier years are nobody's, and so is what happens to them.
    of_nobody = row.name in ("export-file", "history-import-file")
    left = {"assurance_referenceevent" if of_nobody else "assurance_event": downloads} if downloads else {}
    if not again and row.name in DELIVERED and found["contributor"] == 200:
        # The lead and the viewer were written to, and so have theirs already.
        left["letters_letterdelivery"] = 1
    if not again and str(row) == "letter (awaiting approval)":
        # The signatory has read it now.
        left["assurance_event"] = 1
    return left


def refusal(row: Row, name: str) -> int:
    """What a person without the right gets for posting: what they get for looking, if they may not look either."""
    if row.default == 405:
        return 404 if name not in COLLEAGUES or row.name in WHOSE_ALONE else 403
    if name in row.only_look:
        return 403
    assert row.statuses[name] in (403, 404), f"{name} may look at {row} and not post: say so"
    return row.statuses[name]


def test_there_is_a_row_for_each_movement_that_has_a_page() -> None:
    """A transition that a person makes is in the table; the others have no page (a row above says so)."""
    moved = {row.when for row in ROWS if row.name == "transition" and row.fields}
    # What undoes an import and takes it up again is offered on the import's pages alone.
    offered = {row.name for row in ASSESSMENT.rows if row.offered}
    assert moved == offered - {"start", "submit", "accept", "dispute"}
    for name in ("check", "proposal", "history-import-undo"):
        assert [row for row in ROWS if row.name == name and row.fields]
    moved = {row.when.partition(",")[0] for row in ROWS if row.name == "letter-move" and row.fields}
    assert moved == {row.name for row in LETTER.rows} - {"issue", "supersede"}
