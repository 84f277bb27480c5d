"""What people have typed and not saved yet: kept, shown again, discarded, taken over; and never lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assurance.access import Forbidden, NotFound
from assurance.actions import answers, cycles, drafts, giving, reference
from assurance.actions.refusals import NotEditable, Unfit
from assurance.forms.answers import AnswerForm
from assurance.models import Assessment, Draft, Event, Membership, SelfAssessment, User
from assurance.queries import drafts as read
from assurance.tasks import sweep_drafts
from assurance.vocabulary import EventKind, Role, State
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, changed, give, written
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK", "BEGIN", "COMMIT")
HALF_DONE = "A panel meets,\n and \u201cthen\u201d <b>"


@pytest.fixture(autouse=True)
def nobody_there() -> None:
    """Who is present outlives a test in the cache, and ids come again."""
    cache.clear()


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    universe.scheme()
    return Visitors(universe)


@pytest.fixture
def assessment(universe: Universe) -> Assessment:
    return universe.assessment(State.IN_PROGRESS)


def address(assessment: Assessment, number: int = 2, name: str = "autosave", **more: Any) -> str:
    return reverse(name, kwargs={"assessment_id": assessment.pk, "number": number, **more})


def typed(evidence: str = HALF_DONE, **more: Any) -> drafts.Typed:
    given: dict[str, Any] = {"version": 1, "fields": {"evidence": [evidence]}, "page": "a", "sequence": 1} | more
    return drafts.Typed(**given)


def keep(universe: Universe, who: User, assessment: Assessment, number: int = 2, **more: Any) -> drafts.Word:
    with as_actor(who) as by:
        return drafts.keep_draft(
            by=by, at=more.pop("at", universe.at), assessment_id=assessment.pk, number=number, typed=typed(**more)
        )


def kept() -> list[Draft]:
    with all_rows():
        return list(Draft.objects.order_by("pk").select_related("person"))


def another_lead(universe: Universe) -> User:
    """Otto, who leads Birch and Cedar, leads Alder too."""
    with all_rows():
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=universe.other_lead,
            role=Role.LEAD,
            authority=universe.alder,
            starts=MEMBERS_SINCE,
        )
    return universe.other_lead


def leave(universe: Universe, who: User) -> None:
    with all_rows():
        for membership in Membership.objects.filter(person=who, authority=universe.alder):
            reference.end_membership(by=universe.operator, at=universe.at, membership=membership, on=date(2025, 1, 1))


def page_of(universe: Universe, who: User, assessment: Assessment, number: int = 2) -> read.Drafts:
    with as_actor(who) as actor:
        row = SelfAssessment.objects.select_related("authority", "assessment__cycle").get(
            assessment=assessment, benchmark__number=number
        )
        before = len(connection.queries_log)
        connection.force_debug_cursor = True
        try:
            found = read.for_page(actor, row)
        finally:
            connection.force_debug_cursor = False
        assert len(connection.queries_log) - before == 1
        return found


def save(universe: Universe, who: User, assessment: Assessment, evidence: str, version: int = 1) -> None:
    with as_actor(who) as by:
        answers.save_answer(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=2,
            version=version,
            reply=answers.Reply(level_code="met", evidence=evidence),
        )


# Keeping


def test_a_draft_is_one_row_without_history_and_without_an_event(universe: Universe, assessment: Assessment) -> None:
    before = written(universe)
    first = keep(universe, universe.lead, assessment)
    later = universe.at + timedelta(seconds=20)
    second = keep(universe, universe.lead, assessment, evidence="More.", sequence=2, at=later)
    assert (first.saved_at, second.saved_at) == (universe.at, later)
    assert changed(before, written(universe)) == {"assurance_draft": 1}
    (found,) = kept()
    assert (found.person, found.base_version, found.saved_at) == (universe.lead, 1, later)
    assert found.content == {"evidence": ["More."], "page": ["a"], "sequence": ["2"]}
    assert not hasattr(Draft, "history")


def test_what_is_half_done_is_kept_as_it_was_typed(universe: Universe, assessment: Assessment) -> None:
    wrong = {"evidence": [f" {HALF_DONE}\0 \u202e "], "outcome": ["no such level"], "reason": ["x" * 5_000]}
    keep(universe, universe.lead, assessment, fields=wrong)
    (found,) = kept()
    assert found.content["evidence"] == [f" {HALF_DONE} \u202e "]
    assert (found.content["outcome"], found.content["reason"]) == (["no such level"], ["x" * 5_000])


def test_only_the_forms_own_fields_are_kept(universe: Universe, assessment: Assessment) -> None:
    scheme = universe.scheme()
    own, other = (min(scheme.benchmarks[number].criterion_ids) for number in (2, 3))
    given = {
        f"mark_{own}": ["met"], f"note_{own}": ["Since May"], f"mark_{other}": ["met"], "csrfmiddlewaretoken": ["x"],
        "version": ["1"], "then": ["list"], "anything": ["y"], "checked": ["on"], "person": ["7"],
    }  # fmt: skip
    keep(universe, universe.lead, assessment, fields=given)
    (found,) = kept()
    assert set(found.content) == {f"mark_{own}", f"note_{own}", "checked", "page", "sequence"}


@pytest.mark.parametrize(("code", "number"), [("la-8", 2), ("la-10", 3)])
def test_the_fields_are_those_of_the_form(universe: Universe, code: str, number: int) -> None:
    """Whatever the form of an answer asks, its draft keeps."""
    scheme = universe.scheme(code)
    form = AnswerForm(scheme=scheme, benchmark=scheme.benchmarks[number])
    assert set(form.fields) - {"version", "checked"} == drafts.field_names(scheme, number) - {"checked"}


def test_a_form_that_is_too_large_is_refused_and_what_was_kept_stays(
    universe: Universe, assessment: Assessment
) -> None:
    keep(universe, universe.lead, assessment)
    room = drafts.LARGEST - len("evidence")
    with pytest.raises(drafts.TooLong):
        keep(universe, universe.lead, assessment, evidence="é" * (room // 2 + 1), sequence=2)
    assert kept()[0].content["evidence"] == [HALF_DONE]
    keep(universe, universe.lead, assessment, evidence="é" * (room // 2), sequence=3)
    assert kept()[0].content["sequence"] == ["3"]


@pytest.mark.parametrize("name", ["viewer", "adviser", "manager", "administrator", "auditor", "contributor"])
def test_only_who_may_answer_keeps_a_draft(universe: Universe, assessment: Assessment, name: str) -> None:
    """The contributor was given no benchmark."""
    with pytest.raises(Forbidden):
        keep(universe, universe.cast[name], assessment)
    with pytest.raises(NotFound):
        keep(universe, universe.other_lead, assessment)
    give(universe, assessment, 2)
    keep(universe, universe.contributor, assessment)
    with pytest.raises(Forbidden):
        keep(universe, universe.contributor, assessment, number=3)


@pytest.mark.parametrize("closed", [False, True], ids=["submitted", "cycle closed"])
def test_no_draft_once_it_is_not_editable(universe: Universe, assessment: Assessment, closed: bool) -> None:
    keep(universe, universe.lead, assessment)
    if closed:
        with as_actor(universe.administrator) as by:
            cycles.close_cycle(by=by, at=universe.at, cycle_id=universe.cycle().pk)
    else:
        universe.assessment(State.SUBMITTED)
    before = written(universe)
    with pytest.raises(NotEditable):
        keep(universe, universe.lead, assessment, sequence=2)
    with as_actor(universe.lead) as by, pytest.raises(NotEditable):
        drafts.discard_draft(by=by, assessment_id=assessment.pk, number=2)
    assert changed(before, written(universe)) == {}


def test_a_benchmark_that_is_not_scored_has_no_draft(universe: Universe, assessment: Assessment) -> None:
    unscored = next(number for number, one in universe.scheme().benchmarks.items() if not one.scored)
    with pytest.raises(NotEditable):
        keep(universe, universe.lead, assessment, number=unscored)


# Two pages, two people, two at once


def test_another_page_does_not_write_over_it(universe: Universe, assessment: Assessment) -> None:
    keep(universe, universe.lead, assessment, evidence="From the first tab.")
    other = keep(universe, universe.lead, assessment, evidence="From the second.", page="b", sequence=9)
    assert (other.is_elsewhere, other.saved_at) == (True, universe.at)
    assert kept()[0].content["evidence"] == ["From the first tab."]


def test_the_page_that_shows_it_goes_on_with_it(universe: Universe, assessment: Assessment) -> None:
    first = keep(universe, universe.lead, assessment, evidence="At home.", sequence=40)
    later = universe.at + timedelta(hours=1)
    second = keep(
        universe, universe.lead, assessment, evidence="At work.", page="b", sequence=1, seen=first.saved_at, at=later
    )
    assert (second.is_elsewhere, second.saved_at) == (False, later)
    stranded = keep(universe, universe.lead, assessment, evidence="At home again.", sequence=41)
    assert stranded.is_elsewhere
    assert kept()[0].content["evidence"] == ["At work."]


def test_a_late_word_does_not_undo_a_later_one(universe: Universe, assessment: Assessment) -> None:
    keep(universe, universe.lead, assessment, evidence="The first.", sequence=1)
    keep(universe, universe.lead, assessment, evidence="The third.", sequence=3)
    late = keep(universe, universe.lead, assessment, evidence="The second.", sequence=2)
    assert (late.is_elsewhere, late.saved_at) == (False, universe.at)
    assert kept()[0].content["evidence"] == ["The third."]


def test_each_person_has_their_own(universe: Universe, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    keep(universe, universe.lead, assessment, evidence="Lena's.")
    keep(universe, universe.contributor, assessment, evidence="Conrad's.")
    assert [(one.person.name, one.content["evidence"]) for one in kept()] == [
        ("Lena Lead", ["Lena's."]),
        ("Conrad Contributor", ["Conrad's."]),
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same_page", [True, False], ids=["one page", "two pages"])
def test_two_at_once_are_one_row(universe: Universe, same_page: bool) -> None:
    """Both begin before either is written. One page: the later word stands. Two: each is told what is true."""
    assessment = universe.assessment(State.IN_PROGRESS)
    universe.scheme()
    for round_ in range(5):
        begun = Barrier(2)

        def one(index: int, begun: Barrier = begun, round_: int = round_) -> drafts.Word:
            try:
                begun.wait(timeout=10)
                page = "a" if same_page else f"{'ab'[index]}{round_}"
                return keep(
                    universe,
                    universe.lead,
                    assessment,
                    number=2,
                    evidence=f"Word {index}.",
                    page=page,
                    sequence=round_ * 10 + index + 1,
                )
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            words = list(pool.map(one, range(2)))
        (found,) = kept()
        if same_page:
            assert found.content["evidence"] == ["Word 1."]
            assert not any(word.is_elsewhere for word in words)
        else:
            (stands,) = [index for index, word in enumerate(words) if not word.is_elsewhere]
            assert found.content["evidence"] == [f"Word {stands}."]
        if not same_page:
            with all_rows():
                Draft.objects.all().delete()


# Saved since


def test_a_newer_answer_is_told_and_the_draft_is_kept(universe: Universe, assessment: Assessment) -> None:
    other = another_lead(universe)
    save(universe, other, assessment, "What Otto wrote.")
    word = keep(universe, universe.lead, assessment)
    assert word.newer == drafts.Newer("Otto Lead", universe.at, is_own=False)
    (found,) = kept()
    assert found.base_version == 1
    shown = page_of(universe, universe.lead, assessment)
    assert shown.own is not None
    assert (shown.own.is_behind, shown.own.initial["evidence"], shown.version) == (True, HALF_DONE, 2)
    assert keep(universe, other, assessment, version=2).newer is None


def test_ones_own_answer_from_another_tab_is_told_as_such(universe: Universe, assessment: Assessment) -> None:
    save(universe, universe.lead, assessment, "From another tab.")
    word = keep(universe, universe.lead, assessment)
    assert word.newer is not None
    assert word.newer.is_own


def test_saving_drops_ones_own_draft_and_nobody_elses(universe: Universe, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    keep(universe, universe.contributor, assessment)
    keep(universe, universe.lead, assessment)
    save(universe, universe.lead, assessment, "Done.")
    assert [one.person for one in kept()] == [universe.contributor]


# Reading


def test_what_is_shown_to_whom(universe: Universe, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    assert page_of(universe, universe.lead, assessment) == read.Drafts(assessment.pk, 2, 1)
    keep(universe, universe.contributor, assessment, evidence="Conrad's.")
    for_lead = page_of(universe, universe.lead, assessment)
    assert for_lead.own is None
    (line,) = for_lead.others
    assert (line.name, line.when, line.is_left) == ("Conrad Contributor", read.moment(universe.at), False)
    assert "Conrad's." not in repr(for_lead)
    keep(universe, universe.lead, assessment, evidence="Lena's.")
    for_contributor = page_of(universe, universe.contributor, assessment)
    assert for_contributor.own is not None
    assert (for_contributor.own.initial["evidence"], for_contributor.others) == ("Conrad's.", ())
    assert datetime.fromisoformat(for_contributor.seen) == universe.at


def test_the_time_is_that_of_london_and_says_its_day_when_it_is_another(universe: Universe) -> None:
    assert read.moment(datetime(2025, 7, 1, 13, 5, tzinfo=UTC)) == "14:05 on 1 July 2025"
    now = timezone.now()
    assert read.moment(now) == timezone.localtime(now).strftime("%H:%M")


def test_what_waits_before_submission(universe: Universe, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    keep(universe, universe.contributor, assessment)
    keep(universe, universe.lead, assessment, number=3)
    with as_actor(universe.lead) as actor:
        found = read.waiting(actor, assessment)
    assert [(one.number, one.name, one.is_own) for one in found] == [
        (2, "Conrad Contributor", False),
        (3, "Lena Lead", True),
    ]
    with as_actor(universe.contributor) as actor:
        assert [one.number for one in read.waiting(actor, assessment)] == [2]
    with as_actor(universe.other_lead) as actor:
        assert read.waiting(actor, assessment) == ()
    submitted = universe.assessment(State.SUBMITTED)
    with as_actor(universe.lead) as actor:
        assert read.waiting(actor, submitted) == ()
    assert len(kept()) == 1, "universe saved benchmark 3, and the contributor's text is still there"


def test_a_recalled_assessment_shows_its_drafts_again(universe: Universe, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    keep(universe, universe.contributor, assessment)
    universe.assessment(State.SUBMITTED)
    with as_actor(universe.lead) as by:
        recalled = answers.recall(by=by, at=universe.at, assessment_id=assessment.pk)
    assert page_of(universe, universe.contributor, recalled).own is not None


# Discarding and taking over


def test_discarding_removes_ones_own_only(universe: Universe, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    keep(universe, universe.contributor, assessment)
    keep(universe, universe.lead, assessment)
    with as_actor(universe.lead) as by:
        assert drafts.discard_draft(by=by, assessment_id=assessment.pk, number=2)
        assert not drafts.discard_draft(by=by, assessment_id=assessment.pk, number=2)
    assert [one.person for one in kept()] == [universe.contributor]


def take_back(universe: Universe, assessment: Assessment) -> None:
    with as_actor(universe.lead) as by:
        giving.take_back_benchmark(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=2,
            contributor_id=universe.contributor.pk,
        )


def deactivate(universe: Universe, assessment: Assessment) -> None:
    with all_rows():
        universe.contributor.is_active = False
        universe.contributor.save()


@pytest.mark.parametrize(
    "ended",
    [lambda universe, assessment: leave(universe, universe.contributor), take_back, deactivate],
    ids=["membership ended", "benchmark taken back", "account closed"],
)
def test_what_somebody_left_is_taken_over(
    universe: Universe, assessment: Assessment, ended: Callable[[Universe, Assessment], None]
) -> None:
    give(universe, assessment, 2)
    keep(universe, universe.contributor, assessment, evidence="Conrad's.")
    draft_id = kept()[0].pk
    take: dict[str, Any] = {
        "at": timezone.now(),
        "assessment_id": assessment.pk,
        "number": 2,
        "draft_id": draft_id,
    }
    with as_actor(universe.lead) as by:
        with pytest.raises(Forbidden):
            read.left_draft(by, assessment.pk, 2, draft_id)
        with pytest.raises(Unfit):
            drafts.take_over_draft(by=by, **take)
    ended(universe, assessment)
    (line,) = page_of(universe, universe.lead, assessment).others
    assert line.is_left
    with as_actor(universe.lead) as by:
        page = read.left_draft(by, assessment.pk, 2, draft_id)
        assert page is not None
        assert (page.name, page.lines, page.has_own) == ("Conrad Contributor", (("Evidence", "Conrad's."),), False)
        drafts.take_over_draft(by=by, **take)
        drafts.take_over_draft(by=by, **take)
    shown = page_of(universe, universe.lead, assessment)
    assert shown.own is not None
    assert (shown.own.initial["evidence"], shown.others) == ("Conrad's.", ())
    with all_rows():
        (event,) = Event.objects.filter(kind=EventKind.TAKEN_BACK, name="draft")
    assert (event.person, event.audience, event.detail["contributor"]) == (
        universe.lead,
        "authority",
        universe.contributor.pk,
    )


def test_the_lead_role_handed_over_keeps_the_draft(universe: Universe, assessment: Assessment) -> None:
    keep(universe, universe.lead, assessment, evidence="Lena's.")
    other = another_lead(universe)
    leave(universe, universe.lead)
    (line,) = page_of(universe, other, assessment).others
    assert (line.name, line.is_left) == ("Lena Lead", True)


def test_ones_own_text_is_not_written_over_by_taking_over(universe: Universe, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    keep(universe, universe.contributor, assessment, evidence="Conrad's.")
    keep(universe, universe.lead, assessment, evidence="Lena's.")
    leave(universe, universe.contributor)
    theirs = kept()[0].pk
    with as_actor(universe.lead) as by:
        with pytest.raises(Unfit, match="Save or discard it first"):
            drafts.take_over_draft(by=by, at=universe.at, assessment_id=assessment.pk, number=2, draft_id=theirs)
        page = read.left_draft(by, assessment.pk, 2, theirs)
        assert page is not None
        assert page.has_own
    assert [one.content["evidence"] for one in kept()] == [["Conrad's."], ["Lena's."]]


def test_only_a_lead_takes_over(universe: Universe, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    keep(universe, universe.lead, assessment)
    another_lead(universe)
    leave(universe, universe.lead)
    take: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk, "number": 2, "draft_id": kept()[0].pk}
    for name in ("contributor", "viewer", "adviser", "auditor"):
        with as_actor(universe.cast[name]) as by, pytest.raises(Forbidden):
            drafts.take_over_draft(by=by, **take)
    with as_actor(universe.stranger) as by, pytest.raises(NotFound):
        drafts.take_over_draft(by=by, **take)
    with as_actor(universe.other_lead) as by, pytest.raises(NotFound):
        drafts.take_over_draft(by=by, **(take | {"number": 3}))


# Clearing up


@pytest.mark.parametrize(
    ("state", "closed", "days", "left"),
    [
        (State.IN_PROGRESS, False, 400, 1),
        (State.SUBMITTED, False, 400, 1),
        (State.IN_REVIEW, False, 89, 1),
        (State.IN_REVIEW, False, 91, 0),
        (State.IN_PROGRESS, True, 91, 0),
        (State.IN_PROGRESS, True, 89, 1),
    ],
)
def test_only_what_nobody_can_come_back_to_is_swept(
    universe: Universe, state: State, closed: bool, days: int, left: int
) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    give(universe, assessment, 2)
    keep(universe, universe.contributor, assessment, at=timezone.now() - timedelta(days=days))
    universe.assessment(state)
    if closed:
        with as_actor(universe.administrator) as by:
            cycles.close_cycle(by=by, at=universe.at, cycle_id=universe.cycle().pk)
    assert sweep_drafts() == 1 - left
    assert len(kept()) == left


# Through the address


def word(visitors: Visitors, assessment: Assessment, who: str = "lead", number: int = 2, **fields: Any) -> HttpResponse:
    given = {"version": "1", "evidence": HALF_DONE, "page": "a", "sequence": "1"} | fields
    return visitors.post(who, address(assessment, number), given)


def test_it_costs_three_queries_and_one_write(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    for who in ("lead", "contributor"):
        for sequence in ("1", "2"):
            assert word(visitors, assessment, who, sequence=sequence).json()["status"] == "saved"
            found = [sql for sql in visitors.statements if not sql.startswith(CONTROL)]
            writes = [sql for sql in found if not sql.startswith("SELECT")]
            assert (len(found), len(writes)) == (4, 1), "\n".join(found)
        word(visitors, assessment, who, look="1")
        found = [sql for sql in visitors.statements if not sql.startswith(CONTROL)]
        assert len(found) == 3
        assert all(sql.startswith("SELECT") for sql in found)


def test_what_is_answered(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    response = word(visitors, assessment)
    now = timezone.localtime()
    times = {now.strftime("%H:%M"), (now - timedelta(minutes=1)).strftime("%H:%M")}
    said = response.json()
    assert said.pop("saved_at") in times
    assert said == {"status": "saved", "present": [], "newer": None}
    assert response["Cache-Control"] == "private, no-store"
    looked = word(visitors, assessment, look="1", sequence="7", evidence="Not kept.").json()
    assert looked["status"] == "looked"
    assert looked["saved_at"] in times
    assert kept()[0].content["evidence"] == [HALF_DONE]


def test_a_conflict_names_who_and_when(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    save(universe, another_lead(universe), assessment, "Otto's.")
    said = word(visitors, assessment).json()
    assert said["status"] == "conflict"
    assert said["newer"] == {"name": "Otto Lead", "at": read.moment(universe.at), "is_own": False}
    assert len(kept()) == 1
    assert word(visitors, assessment, look="1").json()["status"] == "conflict"


def test_another_tab_is_told(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    word(visitors, assessment)
    for more in ({}, {"look": "1"}):
        assert word(visitors, assessment, page="b", **more).json()["status"] == "elsewhere"
    seen = page_of(universe, universe.lead, assessment).seen
    assert word(visitors, assessment, page="b", seen=seen, look="1").json()["status"] == "looked"
    assert word(visitors, assessment, page="b", seen=seen).json()["status"] == "saved"


@pytest.mark.parametrize("accept", ["*/*", "application/json"])
def test_refusals_are_json(universe: Universe, visitors: Visitors, assessment: Assessment, accept: str) -> None:
    give(universe, assessment, 3)
    largest = "x" * drafts.LARGEST
    for response, code, status in (
        (word(visitors, assessment, "anonymous"), 401, "signed_out"),
        (word(visitors, assessment, "viewer"), 403, "refused"),
        (word(visitors, assessment, "contributor"), 403, "refused"),
        (word(visitors, assessment, "other_lead"), 404, "refused"),
        (word(visitors, assessment, number=99), 404, "refused"),
        (word(visitors, assessment, person=str(universe.viewer.pk)), 403, "somebody_else"),
        (word(visitors, assessment, version=""), 400, "no_version"),
        (word(visitors, assessment, version="9" * 5000), 400, "no_version"),
        (word(visitors, assessment, evidence=largest), 413, "too_long"),
    ):
        assert (response.status_code, response.json()) == (code, {"status": status})
    assert kept() == []
    universe.assessment(State.SUBMITTED)
    response = word(visitors, assessment)
    assert (response.status_code, response.json()) == (409, {"status": "closed"})


@pytest.mark.parametrize(
    "odd", [{"seen": "x"}, {"seen": "2025-13-45T99:99"}, {"seen": "2025-01-01"}, {"sequence": "-1"}, {"page": "'; x"}]
)
def test_odd_marks_of_a_page_do_no_harm(visitors: Visitors, assessment: Assessment, odd: dict[str, str]) -> None:
    for _ in range(2):
        assert word(visitors, assessment, **odd).status_code == 200
    assert len(kept()) == 1


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_old_token_is_told_in_a_word_and_never_as_a_page(
    universe: Universe, assessment: Assessment, signed_in: bool
) -> None:
    client = Client(enforce_csrf_checks=True)
    if signed_in:
        client.force_login(universe.lead, "django.contrib.auth.backends.ModelBackend")
    response = client.post(
        address(assessment),
        {"evidence": "x", "version": "1"},
        headers={"Accept": "application/json", "Sec-Fetch-Site": "same-origin"},
    )
    wanted = (403, {"status": "token"}) if signed_in else (401, {"status": "signed_out"})
    assert (response.status_code, response.json()) == wanted


def test_the_page_to_discard(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    there = address(assessment, name="discard-draft")
    back = address(assessment, name="answer")
    response = visitors.get("lead", there)
    assert (response.status_code, response["Location"]) == (302, back)
    criterion = min(universe.scheme().benchmarks[2].criterion_ids)
    word(visitors, assessment, **{f"note_{criterion}": "Since May.", f"mark_{criterion}": "partly", "outcome": "met"})
    before = written(universe)
    page = Drawn(visitors.get("lead", there).content.decode())
    said = [one.text.strip() for one in page.all("dd")]
    assert said == ["Partly\nSince May.", "Met", HALF_DONE]
    assert changed(before, written(universe)) == {}
    response = visitors.post("lead", there)
    assert (response.status_code, response["Location"]) == (302, back)
    assert kept() == []


def test_the_page_to_take_over(universe: Universe, visitors: Visitors, assessment: Assessment) -> None:
    give(universe, assessment, 2)
    word(visitors, assessment, "contributor")
    there = address(assessment, name="take-over-draft", draft_id=kept()[0].pk)
    assert visitors.get("lead", there).status_code == 403
    assert visitors.post("lead", there).status_code == 302
    assert kept()[0].person == universe.contributor
    leave(universe, universe.contributor)
    assert HALF_DONE.splitlines()[0] in Drawn(visitors.get("lead", there).content.decode()).one("main").text
    assert visitors.post("lead", there).status_code == 302
    assert kept()[0].person == universe.lead
    own = visitors.get("lead", there)
    assert own.status_code == 403, "it is the lead's own now"
