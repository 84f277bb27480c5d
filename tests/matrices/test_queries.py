"""What a page costs: how many queries, that a longer list costs no more, and that drawing it costs none.

Counted is every statement that ``CaptureQueriesContext`` sees, those of the middleware included, except SAVEPOINT,
RELEASE SAVEPOINT, ROLLBACK, BEGIN and COMMIT: these are transaction control and not questions, and inside a test's
own transaction the ones of a request turn into savepoints. The session comes from the cache, as it does in
production, so that a page begins at two: the person, and their scope with their memberships.

``pytest -s`` prints the table of counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.template import engines
from django.template.backends.django import Template
from django.urls import reverse
from django.utils import timezone

from assurance.actions import (
    agreement,
    answers,
    cycles,
    exports,
    meeting,
    points,
    portfolio,
    practice,
    questions,
    readings,
    reference,
)
from assurance.models import Assessment
from assurance.vocabulary import LetterState, State
from benchmarks.catalogue import scheme_text
from tests.matrices.test_urls import ROWS, Row
from tests.matrices.world import ANONYMOUS, Visitors, in_a_batch, overrule_all, soon, undone
from tests.universe import Universe, all_rows, as_actor

MOST_TO_READ = 8
MOST_TO_SAVE = 12
LONG = 20

CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK", "BEGIN", "COMMIT")


@dataclass(frozen=True)
class Cost:
    """What one request asked of the database, and what of it while a template was drawn."""

    status: int
    queries: tuple[str, ...]
    drawing: tuple[str, ...]


def is_question(sql: str) -> bool:
    return not sql.lstrip().upper().startswith(CONTROL)


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every statement that is run while a template of the project is drawn."""
    seen: list[str] = []
    plain = Template.render

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    @contextmanager
    def watched() -> Iterator[None]:
        # A template may draw another through a tag; one watch is enough.
        if note in connection.execute_wrappers:
            yield
        else:
            with connection.execute_wrapper(note):
                yield

    def render(self: Template, *args: Any, **kwargs: Any) -> Any:
        with watched():
            return plain(self, *args, **kwargs)

    monkeypatch.setattr(Template, "render", render)
    return seen


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    for code in ("la-8", "la-10"):
        scheme_text(universe.scheme(code).id)  # kept by the process after the first page
    return Visitors(universe)


def cost(
    visitors: Visitors, drawing: list[str], who: str, address: str, fields: Mapping[str, Any] | None = None
) -> Cost:
    """Ask once, and see what it took."""
    drawing.clear()
    response = visitors.get(who, address) if fields is None else visitors.post(who, address, fields)
    return Cost(response.status_code, tuple(filter(is_question, visitors.statements)), tuple(drawing))


def listing(found: Cost) -> str:
    """The statements as one reads them: what they do, and to which table."""
    return "\n".join(re.sub(r"SELECT .*? FROM", "SELECT … FROM", sql)[:160] for sql in found.queries)


# Each page and each save

PAGES = [row for row in ROWS if row.name not in {"healthz", "readyz"}]
SAVES = [row for row in ROWS if row.fields]

ANONYMOUS_ASKS = {"password-reset-confirm": 1, "method": 3}
"""Whoever is not signed in costs nothing, but for looking up whose the link for a new password is, and the weights that
count for each scheme with how one scheme is read in another."""

SAVES_MORE = {
    # All records of a table together, and the cycle of a year that has none yet.
    "history-import (read)": 28,
    "history-import-lines": 13,
    "history-import-undo": 18,
    "cycle-open (in preparation)": 20,
    "letter-board (issued)": 20,
    "letter-draft": 15,
    "letter-move (send_for_check, draft)": 26,
    "letter-move (end_check, accuracy_check)": 13,
    "letter-move (send_for_approval, draft)": 18,
    "letter-move (approve, awaiting_approval)": 18,
    "letter-check-done": 14,
    "letter-check-until": 13,
    "letter-translation (draft)": 17,
    "letter-wordings": 19,
    "letter-correction": 15,
}
"""Opening a cycle makes every assessment with its rows, history and events: more statements than a save, and as many
for three authorities as for three hundred. A board pack is read, kept and asked for at once. A letter that is sent on
is read whole, and its assessment is told; one that is shown to its authority is read whole twice, to be printable and
to be frozen, and somebody is told by e-mail. One that is translated, or put into another wording, is read whole too,
because its texts are what it says now."""
READS_MORE = {
    "proposal (accept everything)": 9,
    "proposal (save for later)": 9,
    "proposal (dispute one)": 9,
    "record (agreed)": 9,
    "transition (propose)": 9,
    "letter (draft)": 9,
    "letter (accuracy check)": 9,
    "letter (awaiting approval)": 11,
    "letter-edit (draft)": 16,
    "letter-translation (draft)": 14,
    "picture": 11,
}
"""The pages on which everything of an assessment is read before a decision, with last year or what to look at; the one
that shows a score, and so reads the weights; a draft letter, which is put together from all of it, and which is noted
as read where it awaits approval; and the one on which a whole letter stands in two languages. The heatmap reads for an
adviser what they see of the averages."""

TABLE: dict[str, dict[str, int]] = {}
"""What each page cost whom it cost the most, to read and to save."""


@pytest.fixture(scope="module", autouse=True)
def table(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if TABLE and request.config.getoption("capture") == "no":
        width = max(map(len, TABLE))
        print(f"\n{'page':{width}}  read  save")  # noqa: T201
        for name, found in sorted(TABLE.items()):
            print(f"{name:{width}}  {found.get('read', ''):4}  {found.get('save', ''):4}")  # noqa: T201


def within(found: Cost, most: int) -> None:
    """Not more than the most."""
    assert len(found.queries) <= most, f"{len(found.queries)} queries:\n{listing(found)}"


@pytest.mark.parametrize("row", PAGES, ids=str)
def test_a_page_costs_little_and_drawing_it_nothing(
    universe: Universe, visitors: Visitors, drawing: list[str], row: Row
) -> None:
    """For everybody who gets it, and for those who are refused as well."""
    address = row.address(row.records(universe))
    costs = {}
    for who in row.statuses:
        with undone():
            costs[who] = cost(visitors, drawing, who, address)
            assert costs[who].drawing == (), who
    dearest = max(costs.values(), key=lambda one: len(one.queries))
    TABLE.setdefault(str(row), {})["read"] = len(dearest.queries)
    assert len(costs[ANONYMOUS].queries) == ANONYMOUS_ASKS.get(row.name, 0), listing(costs[ANONYMOUS])
    within(dearest, READS_MORE.get(str(row), MOST_TO_READ))


@pytest.mark.parametrize("row", SAVES, ids=str)
def test_a_save_costs_little(universe: Universe, visitors: Visitors, drawing: list[str], row: Row) -> None:
    """The request that saves; the page that it leads to is counted above."""
    kwargs = row.records(universe)
    address = row.address(kwargs)
    assert row.fields is not None
    fields = row.fields(universe, kwargs)
    costs = []
    for who in row.by:
        with undone():
            costs.append(cost(visitors, drawing, who, address, fields))
            assert costs[-1].status == row.done
            assert costs[-1].drawing == ()
    dearest = max(costs, key=lambda one: len(one.queries))
    TABLE.setdefault(str(row), {})["save"] = len(dearest.queries)
    within(dearest, SAVES_MORE.get(str(row), MOST_TO_SAVE))


def test_what_may_cost_more_is_a_row() -> None:
    assert set(SAVES_MORE) <= {str(row) for row in SAVES}
    assert set(READS_MORE) <= {str(row) for row in ROWS}


@pytest.mark.parametrize("row", [row for row in SAVES if row.name in {"answer", "review", "letter-edit"}], ids=str)
def test_a_save_that_is_refused_draws_without_a_query(
    universe: Universe, visitors: Visitors, drawing: list[str], row: Row
) -> None:
    """Too late, and wrong: the page with both texts, and the page with the errors."""
    kwargs = row.records(universe)
    address = row.address(kwargs)
    assert row.fields is not None
    fields = dict(row.fields(universe, kwargs))
    (who, *_others) = sorted(row.by)
    for wrong, status in (({"version": "0"}, 409), ({"version": ""}, 200)):
        with undone():
            found = cost(visitors, drawing, who, address, fields | wrong)
            assert found.status == status
            assert found.drawing == ()
            # The page is read as ever, after the record was looked at for the save.
            within(found, max(MOST_TO_SAVE, READS_MORE.get(str(row), 0) + 1))


def test_the_best_fit_scheme_costs_the_same(universe: Universe, visitors: Visitors, drawing: list[str]) -> None:
    """A scheme with ten benchmarks and five levels costs what one with eight and three does."""
    for state, name, who, more in (
        (State.IN_PROGRESS, "answer", "lead", {"number": 2}),
        (State.SUBMITTED, "record", "lead", {}),
        (State.IN_REVIEW, "review", "adviser", {"number": 2}),
        (State.AGREED, "assessment", "adviser", {}),
        (State.AGREED, "record", "adviser", {}),
    ):
        found = {}
        for scheme in ("la-8", "la-10"):
            assessment = universe.assessment(state, scheme)
            address = reverse(name, kwargs={"assessment_id": assessment.pk} | more)
            found[scheme] = len(cost(visitors, drawing, who, address).queries)
        assert found["la-8"] == found["la-10"], name


def test_every_watch_sees_what_it_watches(universe: Universe, visitors: Visitors, drawing: list[str]) -> None:
    """The gate is real: a template that asks the database is noticed."""
    page = engines["django"].from_string("{% for one in people %}{{ one }}{% endfor %}")
    with all_rows():
        page.render({"people": type(universe.lead).objects.all()})
    assert len(drawing) == 1


# Lists


def more_cycles(universe: Universe) -> None:
    """One more assessment for Alder each, and one more cycle."""
    for index in range(1, LONG):
        universe.further_assessment(f"Year {index:02}")


def more_authorities(universe: Universe) -> None:
    """As many more authorities of the adviser's, each covered by a colleague and with an assessment."""
    cycle = universe.cycle()
    today = timezone.localdate()
    with all_rows():
        rows = [
            (line, {"gss_code": f"E1000{line:04}", "name": f"Council {line}", "type": "County", "nation": "England",
                    "region": "North"})
            for line in range(1, LONG)
        ]  # fmt: skip
        reference.put_authorities(rows, file="more", by=universe.operator, at=universe.at, programme=universe.programme)
    added = list(universe.programme.authorities.filter(name__startswith="Council"))
    ids = [one.pk for one in added]
    with as_actor(universe.administrator) as by:
        cycles.create_assessments(cycle, added, by=by, at=universe.at)
        portfolio.assign(
            by=by, at=timezone.now(), authority_ids=ids, person_id=universe.adviser.pk, starts=today, replaces=False
        )
        for authority_id in ids:
            portfolio.arrange_cover(
                by=by, at=timezone.now(), absent_id=universe.adviser.pk, person_id=universe.other_adviser.pk,
                authority_ids=[authority_id], starts=today, last_day=today + timedelta(days=authority_id % 7),
            )  # fmt: skip


def more_awaiting(universe: Universe) -> None:
    """A letter of each authority awaits approval, and is in a batch."""
    in_a_batch(
        universe, *(universe.letter(LetterState.AWAITING_APPROVAL, authority=one) for one in universe.authorities)
    )


def more_letters(universe: Universe) -> None:
    """Letter upon letter to Alder, each withdrawn but the last."""
    for _ in range(LONG - 1):
        universe.letter(LetterState.WITHDRAWN)
        universe.letter(LetterState.DRAFT)


def more_questions(universe: Universe) -> None:
    """A second round, with as many questions as it takes."""
    assessment = universe.assessment(State.CLARIFICATION)
    universe.answer_questions(assessment.pk, universe.alder)
    with as_actor(universe.lead) as by:
        questions.send_answers(by=by, at=universe.at, assessment_id=assessment.pk)
    asked = [questions.NewQuestion(f"And what of {index}?", due=soon(universe), number=1) for index in range(1, LONG)]
    with as_actor(universe.adviser) as by:
        questions.ask(by=by, at=universe.at, assessment_id=assessment.pk, questions=asked)


def some_practice(universe: Universe) -> None:
    """One proposal, and one example in the library."""
    more_practice(universe, 2)


def more_practice(universe: Universe, count: int = LONG) -> None:
    """As many proposals, and every other one in the library."""
    assessment = universe.assessment(State.AGREED)
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
    for index in range(count):
        with as_actor(universe.adviser) as by:
            row = practice.propose_practice(by=by, title=f"Example {index}", text="A panel.", number=2, **common)
        if index % 2:
            with as_actor(universe.lead) as by:
                practice.consent(by=by, practice_id=row.pk, version=row.version, named=True, **common)


def more_points(universe: Universe) -> None:
    """As many points of a meeting about one benchmark."""
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        for index in range(LONG):
            agreed = meeting.Agreed(f"Point {index}.", "met")
            meeting.note_point(by=by, at=universe.at, assessment_id=assessment.pk, number=1, agreed=agreed)


def more_warnings(universe: Universe) -> None:
    """As many recommendations on no benchmark, the first of which is overruled, and as many second readings."""
    assessment = universe.assessment(State.IN_REVIEW)
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
    with as_actor(universe.adviser) as by:
        wanted = [points.NewRecommendation(f"Write down {index}.") for index in range(LONG)]
        token = points.list_token(())
        points.save_recommendations(by=by, token=token, recommendations=wanted, **common)
    overrule_all(universe, assessment)
    for _ in range(LONG):
        read_again(universe, assessment)


def read_again(universe: Universe, assessment: Assessment) -> None:
    """Have it read a second time, or once more."""
    with as_actor(universe.manager) as by:
        common: dict[str, Any] = {"by": by, "at": universe.at}
        row = readings.pull(assessment_id=assessment.pk, reader_id=universe.manager.pk, **common)
        readings.record_result(reading_id=row.pk, version=row.version, result="queried", note="Why?", **common)


def one_reading(universe: Universe) -> None:
    """A second reading, of an assessment in review."""
    read_again(universe, universe.assessment(State.IN_REVIEW))


def more_events(universe: Universe) -> None:
    """The same answer, saved again and again."""
    assessment = universe.assessment(State.IN_PROGRESS)
    for version in range(1, LONG):
        with as_actor(universe.lead) as by:
            answers.save_answer(
                by=by,
                at=universe.at,
                assessment_id=assessment.pk,
                number=2,
                version=version,
                reply=answers.Reply(level_code="met" if version % 2 else "exceeding", evidence=f"As of {version}."),
            )


def lists(universe: Universe, count: int) -> dict[str, Any]:
    """As many strengths and recommendations as that."""
    assessment = universe.assessment(State.IN_REVIEW)
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
    with as_actor(universe.adviser) as by:
        for save, page, given in (
            (points.save_strengths, "strengths", {"texts": [f"Strength {n}." for n in range(count)]}),
            (
                points.save_recommendations,
                "recommendations",
                {"recommendations": [points.NewRecommendation(f"Do {n}.", benchmarks=(1, 2)) for n in range(count)]},
            ),
        ):
            model = {"strengths": points.Strength, "recommendations": points.Recommendation}[page]
            token = points.list_token(model.objects.filter(assessment=assessment))
            save(by=by, token=token, **given, **common)
    return {"assessment_id": assessment.pk}


def agreed_with(count: int) -> Callable[[Universe], None]:
    """Alder's agreed assessment of the year before, with so many recommendations."""

    def made(universe: Universe) -> None:
        assessment = universe.last_year()
        with all_rows():
            first = points.Recommendation.objects.filter(assessment=assessment).count()
            points.Recommendation.objects.bulk_create(
                points.Recommendation(
                    authority=universe.alder, assessment=assessment, position=number, text=f"Do {number}."
                )
                for number in range(first + 1, count + 1)
            )

    return made


def disputed(universe: Universe) -> None:
    """A second dispute, of every benchmark."""
    assessment = universe.assessment(State.DISPUTED)
    with as_actor(universe.adviser) as by:
        agreement.reconsider(by=by, at=universe.at, assessment_id=assessment.pk)
        agreement.propose(by=by, at=universe.at, assessment_id=assessment.pk)
    numbers = [number for number, one in universe.scheme().benchmarks.items() if one.scored]
    with as_actor(universe.lead) as by:
        agreement.dispute(
            by=by,
            at=soon_at(universe),
            assessment_id=assessment.pk,
            reasons=dict.fromkeys(numbers, "We did more than this."),
        )


def soon_at(universe: Universe) -> Any:
    return universe.at.replace(hour=universe.at.hour + 1)


@dataclass(frozen=True)
class List:
    """A page with a list: what makes it one row long, and what makes it long."""

    name: str
    who: str
    short: Callable[[Universe], Any]
    longer: Callable[[Universe], Any]
    of_assessment: bool = False


def first(state: State) -> Callable[[Universe], Any]:
    return lambda universe: {"assessment_id": universe.assessment(state).pk}


def a_year_and_the_last(universe: Universe) -> None:
    universe.last_year("la-10")
    universe.assessment(State.AGREED)


def one_awaiting(universe: Universe) -> None:
    in_a_batch(universe, universe.letter(LetterState.AWAITING_APPROVAL))


def one_export(universe: Universe) -> None:
    universe.cycle()
    with as_actor(universe.manager) as by:
        exports.ask(by=by, at=universe.at, view="cycle", params={}, format="csv")


def more_exports(universe: Universe) -> None:
    """As many more, each of another name in the address."""
    with as_actor(universe.manager) as by:
        for number in range(LONG):
            exports.ask(by=by, at=universe.at, view="cycle", params={"name": str(number)}, format="csv")


LISTS = [
    List("home", "lead", first(State.NOT_STARTED), more_cycles),
    List("home", "adviser", first(State.NOT_STARTED), more_cycles),
    List("home", "auditor", first(State.NOT_STARTED), more_cycles),
    List("assessments", "adviser", first(State.NOT_STARTED), more_cycles),
    List("assessments", "manager", first(State.NOT_STARTED), more_cycles),
    List("assessments", "adviser", first(State.NOT_STARTED), more_authorities),
    List("cover", "administrator", first(State.NOT_STARTED), more_authorities),
    List("cover", "other_adviser", first(State.NOT_STARTED), more_authorities),
    List("assignments", "manager", first(State.NOT_STARTED), more_authorities),
    List("cycles", "administrator", first(State.NOT_STARTED), more_cycles),
    List("letters", "adviser", lambda universe: universe.letter(), more_letters),
    List("letters", "signatory", lambda universe: universe.letter(), more_letters),
    List("letter-approval", "signatory", one_awaiting, more_awaiting),
    List("letter-approval", "manager", one_awaiting, more_awaiting),
    List("letter-batches", "signatory", one_awaiting, more_awaiting),
    List("picture", "adviser", first(State.AGREED), more_authorities),
    List("picture", "manager", first(State.AGREED), more_authorities),
    List("picture-national", "adviser", first(State.AGREED), more_authorities),
    List("assessment-letters", "adviser", lambda universe: universe.letter(), more_letters, of_assessment=True),
    List("timeline", "lead", first(State.IN_PROGRESS), more_events, of_assessment=True),
    List("timeline", "auditor", first(State.IN_PROGRESS), more_events, of_assessment=True),
    List("history", "lead", first(State.IN_PROGRESS), more_events, of_assessment=True),
    List("history", "auditor", first(State.IN_PROGRESS), more_events, of_assessment=True),
    List("questions", "lead", first(State.CLARIFICATION), more_questions, of_assessment=True),
    List("questions", "adviser", first(State.CLARIFICATION), more_questions, of_assessment=True),
    List("practice", "adviser", first(State.AGREED), more_practice, of_assessment=True),
    List("home", "lead", first(State.AGREED), more_practice),
    List("comparison", "adviser", a_year_and_the_last, more_authorities),
    List("comparison", "manager", a_year_and_the_last, more_cycles),
    List("library", "viewer", some_practice, more_practice),
    List("meeting", "adviser", first(State.IN_REVIEW), more_points, of_assessment=True),
    List("quality", "adviser", first(State.IN_REVIEW), more_warnings, of_assessment=True),
    List("second-reading", "manager", first(State.IN_REVIEW), more_warnings, of_assessment=True),
    List("second-readings", "manager", one_reading, more_warnings),
    List(
        "strengths", "adviser",
        lambda universe: lists(universe, 1), lambda universe: lists(universe, LONG), of_assessment=True,
    ),
    List(
        "recommendations", "adviser",
        lambda universe: lists(universe, 1), lambda universe: lists(universe, LONG), of_assessment=True,
    ),
    List("record", "lead", first(State.DISPUTED), disputed, of_assessment=True),
    List("exports", "auditor", one_export, more_exports),
    List("exports", "manager", one_export, more_exports),
    List("recommendations-over-years", "lead", agreed_with(1), agreed_with(LONG)),
    List("recommendations-over-years", "manager", agreed_with(1), agreed_with(LONG)),
]  # fmt: skip


@pytest.mark.parametrize("one", LISTS, ids=lambda one: f"{one.name}-{one.who}-{one.longer.__name__}")
def test_a_longer_list_costs_no_more(universe: Universe, visitors: Visitors, drawing: list[str], one: List) -> None:
    one.short(universe)
    kwargs = {}
    if one.of_assessment:
        with all_rows():
            kwargs = {"assessment_id": universe.cycle().assessments.get(authority=universe.alder).pk}
    address = reverse(one.name, kwargs=kwargs)
    short = cost(visitors, drawing, one.who, address)
    one.longer(universe)
    long = cost(visitors, drawing, one.who, address)
    assert (short.status, long.status) == (200, 200)
    assert len(long.queries) == len(short.queries), f"{listing(short)}\n\n{listing(long)}"
    assert short.drawing == long.drawing == ()


def test_opening_a_cycle_costs_no_more_for_more_authorities(
    universe: Universe, visitors: Visitors, drawing: list[str]
) -> None:
    """From the eleventh on, that is: so many are named on the page, and only then are they counted as well."""
    row = next(row for row in ROWS if row.name == "cycle-open" and row.fields)
    found = []
    for name, count in (("2030/31", LONG), ("2031/32", 2 * LONG)):
        rows = [
            (
                line,
                {
                    "gss_code": f"E1000{line:04}",
                    "name": f"Council {line}",
                    "type": "County",
                    "nation": "England",
                    "region": "North",
                },
            )
            for line in range(1, count + 1)
        ]
        with all_rows():
            reference.put_authorities(
                rows, file="more", by=universe.operator, at=universe.at, programme=universe.programme
            )
        address = row.address({"cycle_id": universe.draft_cycle(name).pk})
        found.append(cost(visitors, drawing, "administrator", address, {"version": 2}))
    few, many = found
    assert (few.status, many.status) == (302, 302)
    assert len(few.queries) == len(many.queries), listing(many)


def test_saving_a_long_list_costs_little(universe: Universe, visitors: Visitors, drawing: list[str]) -> None:
    """The lists of the matrix have one entry each; these have as many as a form takes."""
    row = next(row for row in ROWS if row.name == "strengths" and row.fields)
    kwargs = row.records(universe)
    fields = {"token": points.list_token(())} | {f"strength_{n}": f"Strength {n}." for n in range(LONG)}
    found = cost(visitors, drawing, "adviser", row.address(kwargs), fields)
    assert found.status == 302
    within(found, MOST_TO_SAVE)


def test_downloading_costs_its_event(universe: Universe, visitors: Visitors, drawing: list[str]) -> None:
    letter = universe.letter(LetterState.ISSUED)
    found = cost(visitors, drawing, "lead", reverse("letter-pdf", kwargs={"letter_id": letter.pk}))
    event, first = [sql for sql in found.queries if not sql.startswith("SELECT")]
    assert event.startswith('INSERT INTO "assurance_event"')
    assert first.startswith('UPDATE "letters_letterdelivery"')
