"""Good practice: proposed, consented to or declined, in the library, and out of it again."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.postgres.search import SearchQuery
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse

from assurance import scope
from assurance.actions import agreement, reference
from assurance.actions.points import list_token, save_strengths
from assurance.actions.practice import (
    consent,
    decline,
    end_practice,
    imprint,
    names_in,
    propose_practice,
)
from assurance.actions.refusals import NotEditable, Unfit
from assurance.models import Authority, Event, GoodPractice, LibraryEntry, Message, Programme
from assurance.queries import practice as read
from assurance.vocabulary import Audience, EventKind, MessageKind, PracticeState, Role, State
from assurance.workflow import Moved
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

TITLE, TEXT = "A panel that meets monthly", "The panel meets every month and writes down what it decides."
AUTHORITY, HOME_OFFICE = {"lead"}, {"adviser", "manager"}
CAST = (
    *("lead", "contributor", "viewer", "other_lead"),
    *("adviser", "other_adviser", "manager", "other_manager"),
    *("signatory", "administrator", "auditor", "stranger"),
)


def proposed(universe: Universe, title: str = TITLE, text: str = TEXT, number: int | None = 2) -> GoodPractice:
    """A proposal of the adviser's, of Alder's agreed assessment."""
    assessment = universe.assessment(State.AGREED)
    with as_actor(universe.adviser) as by:
        return propose_practice(
            by=by, at=universe.at, assessment_id=assessment.pk, title=title, text=text, number=number
        )


def where(row: GoodPractice) -> dict[str, int]:
    return {"assessment_id": row.assessment_id, "practice_id": row.pk}


def shared(universe: Universe, *, named: bool = True, **text: Any) -> GoodPractice:
    """A proposal that the lead consented to."""
    row = proposed(universe, **text)
    with as_actor(universe.lead) as by:
        return consent(by=by, at=universe.at, version=row.version, named=named, **where(row))


def more_like_alder(universe: Universe, count: int, programme: Programme | None = None) -> None:
    """Authorities of Alder's type in its region."""
    rows = [
        (
            line,
            {"gss_code": f"E1000{line:04}", "name": f"Council {line}", "type": universe.alder.type,
             "nation": "England", "region": universe.alder.region},
        )
        for line in range(1, count + 1)
    ]  # fmt: skip
    with all_rows():
        reference.put_authorities(
            rows, file="more", by=universe.operator, at=universe.at, programme=programme or universe.programme
        )


def sign_in(universe: Universe, name: str) -> Client:
    client = Client()
    client.force_login(universe.cast[name], "django.contrib.auth.backends.ModelBackend")
    return client


# What an adviser proposes


def test_a_proposal_is_kept_with_its_event_and_its_message(universe: Universe) -> None:
    row = proposed(universe)
    with all_rows():
        row = GoodPractice.objects.get(pk=row.pk)
        assert (row.state, row.title, row.text, row.entry) == (PracticeState.PROPOSED, TITLE, TEXT, None)
        assert row.benchmark is not None
        assert row.benchmark.number == 2
        assert row.history.count() == 1
        event = Event.objects.get(kind=EventKind.PRACTICE)
        assert (event.name, event.audience, event.person) == ("propose", Audience.BOTH, universe.adviser)
        assert event.detail == {"record": row.pk, "benchmark": 2}
        message = Message.objects.get(kind=MessageKind.PRACTICE)
        assert message.person == universe.lead
        assert reverse("practice-item", args=[row.assessment_id, row.pk]) in message.body
        assert TITLE not in message.subject + message.body
        assert TEXT not in message.body
        assert not LibraryEntry.objects.exists()


def test_a_second_click_proposes_nothing_twice(universe: Universe) -> None:
    assert proposed(universe).pk == proposed(universe).pk
    with all_rows():
        assert GoodPractice.objects.count() == Message.objects.filter(kind=MessageKind.PRACTICE).count() == 1


@pytest.mark.parametrize("state", [State.SUBMITTED, State.IN_REVIEW, State.PROPOSED, State.DISPUTED])
def test_only_what_is_agreed_is_proposed(universe: Universe, state: State) -> None:
    assessment = universe.assessment(state)
    with as_actor(universe.adviser) as by, pytest.raises(NotEditable):
        propose_practice(by=by, at=universe.at, assessment_id=assessment.pk, title=TITLE, text=TEXT)
    response = sign_in(universe, "adviser").post(
        reverse("practice-new", args=[assessment.pk]), {"title": TITLE, "text": TEXT}
    )
    assert response.status_code == 409
    assert TEXT in response.content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 60 + " " + "x" * 60 + " " + "y" * 90}, "title"),
        ({"text": "\u200b \n"}, "text"),
        ({"number": 99}, "number"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(universe: Universe, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Unfit) as refused:
        proposed(universe, **({"title": TITLE, "text": TEXT} | given))
    assert refused.value.field == field


@pytest.mark.parametrize("name", sorted(set(CAST) - {"adviser"}))
def test_nobody_else_proposes(universe: Universe, name: str) -> None:
    assessment = universe.assessment(State.AGREED)
    with as_actor(universe.cast[name]) as by, pytest.raises((Http404, PermissionDenied)):
        propose_practice(by=by, at=universe.at, assessment_id=assessment.pk, title=TITLE, text=TEXT)


def test_passages_are_offered_to_begin_from(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        save_strengths(
            by=by, at=universe.at, assessment_id=assessment.pk, token=list_token(()), texts=["They <know> places."]
        )
    universe.assessment(State.AGREED)
    client = sign_in(universe, "adviser")
    page = client.get(reverse("practice", args=[assessment.pk]))
    keys = {one.key for one in page.context["page"].passages}
    assert {"strength-1", "summary-1", "evidence-1"} <= keys
    form = client.get(reverse("practice-new", args=[assessment.pk]) + "?from=strength-1").content.decode()
    assert "They &lt;know&gt; places." in form
    form = client.get(reverse("practice-new", args=[assessment.pk]) + "?from=evidence-3")
    assert form.context["form"].initial == {"text": "Evidence for benchmark 3.", "number": 3}
    assert client.get(reverse("practice-new", args=[assessment.pk]) + "?from=evidence-99").status_code == 200


# What the lead says


@pytest.mark.parametrize("named", [True, False])
def test_what_was_consented_to_is_what_is_shared(universe: Universe, named: bool) -> None:
    row = shared(universe, named=named)
    with all_rows():
        entry = LibraryEntry.objects.get()
        row = GoodPractice.objects.get(pk=row.pk)
    assert (row.state, row.entry_id, row.is_named) == (PracticeState.SHARED, entry.pk, named)
    assert row.answered_by_id == universe.lead.pk
    assert (entry.title, entry.text, entry.benchmark_id) == (TITLE, TEXT, row.benchmark_id)
    assert (entry.programme_id, entry.cycle_name) == (universe.programme.pk, universe.cycle().name)
    told = (entry.authority_name, entry.authority_type, entry.region)
    assert told == ((universe.alder.name, universe.alder.type, "North") if named else ("", "", ""))


@pytest.mark.parametrize(("others", "told"), [(2, False), (3, True)])
def test_region_and_type_are_told_where_five_share_them(universe: Universe, others: int, told: bool) -> None:
    """Alder and Birch are two."""
    more_like_alder(universe, others)
    shared(universe, named=False)
    with all_rows():
        entry = LibraryEntry.objects.get()
    assert (entry.authority_type, entry.region) == ((universe.alder.type, "North") if told else ("", ""))


def test_authorities_of_another_programme_or_that_are_gone_do_not_hide_one(universe: Universe) -> None:
    with all_rows():
        other = reference.programme("other", "Other", by=universe.operator, at=universe.at)
    more_like_alder(universe, 9, other)
    today = universe.at.date()
    with as_actor(universe.lead):
        assert imprint(universe.alder, named=False, on=today).region == ""
    with all_rows():
        Authority.objects.filter(programme=other).update(programme=universe.programme)
        assert imprint(universe.alder, named=False, on=today).region == "North"
        Authority.objects.filter(name__startswith="Council").update(end_date=today)
        assert imprint(universe.alder, named=False, on=today).region == ""


@pytest.mark.parametrize(
    "text",
    ["In Alder the panel meets.", "ALDER’S panel meets.", "As alder, so others.", "E10000901 does it.", "(Alder)"],
)
def test_a_text_that_names_the_authority_is_not_shared_without_its_name(universe: Universe, text: str) -> None:
    row = proposed(universe, text=text)
    client = sign_in(universe, "lead")
    address = reverse("practice-item", args=[row.assessment_id, row.pk])
    given = {"how": "anonymous", "note": "Please take it out", "version": row.version}
    response = client.post(address, given)
    assert response.status_code == 200
    assert response.context["form"].errors["how"]
    assert "Please take it out" in response.content.decode()
    with all_rows():
        assert not LibraryEntry.objects.exists()
    assert client.post(address, given | {"how": "named"}).status_code == 302


def test_the_title_counts_too(universe: Universe) -> None:
    row = proposed(universe, title="How Alder does it")
    with as_actor(universe.lead) as by, pytest.raises(Unfit):
        consent(by=by, at=universe.at, version=row.version, named=False, **where(row))


def test_a_name_is_found_as_words_of_its_own() -> None:
    bath = Authority(name="Bath and North-East Somerset Council", short_name="Bath", gss_code="E06000022")
    assert names_in(bath, "A bathroom, and the baths") == ()
    assert names_in(bath, "In Bath.") == ("Bath",)
    assert names_in(bath, "", "bath and\nnorth east  somerset council") == (bath.name, "Bath")


def test_saying_no_shares_nothing(universe: Universe) -> None:
    row = proposed(universe)
    response = sign_in(universe, "lead").post(
        reverse("practice-item", args=[row.assessment_id, row.pk]),
        {"how": "decline", "note": "Not yet ready", "version": row.version},
    )
    assert response.status_code == 302
    with all_rows():
        row = GoodPractice.objects.get(pk=row.pk)
        assert (row.state, row.note, row.entry) == (PracticeState.DECLINED, "Not yet ready", None)
        assert not LibraryEntry.objects.exists()


@pytest.mark.parametrize("name", sorted(set(CAST) - {"lead"}))
def test_nobody_else_consents_or_declines(universe: Universe, name: str) -> None:
    row = proposed(universe)
    for act, more in ((consent, {"named": True}), (decline, {})):
        with as_actor(universe.cast[name]) as by, pytest.raises((Http404, PermissionDenied)):
            act(by=by, at=universe.at, version=row.version, **where(row), **more)  # type: ignore[operator]


@pytest.mark.parametrize("name", CAST)
@pytest.mark.parametrize("ending", ["withdraw_consent", "take_back"])
def test_who_takes_it_out_again(universe: Universe, name: str, ending: str) -> None:
    row = shared(universe)
    may = name in (AUTHORITY if ending == "withdraw_consent" else HOME_OFFICE)
    act = {"at": universe.at + timedelta(days=1), "version": row.version, "name": ending, **where(row)}
    with as_actor(universe.cast[name]) as by:
        if may:
            end_practice(by=by, **act)
        else:
            with pytest.raises((Http404, PermissionDenied)):
                end_practice(by=by, **act)
    with all_rows():
        entry = LibraryEntry.objects.get()
        assert (entry.withdrawn_at is not None) is may
        assert (GoodPractice.objects.get().state == PracticeState.WITHDRAWN) is may
    assert (TITLE in sign_in(universe, "viewer").get(reverse("library")).content.decode()) is not may
    found = sign_in(universe, "viewer").get(reverse("library-entry", args=[entry.pk]))
    assert found.status_code == (404 if may else 200)


def test_a_proposal_can_be_taken_back_before_it_is_answered(universe: Universe) -> None:
    row = proposed(universe)
    with as_actor(universe.manager) as by:
        end_practice(by=by, at=universe.at, version=row.version, name="take_back", **where(row))
    with as_actor(universe.lead) as by, pytest.raises(Moved):
        consent(by=by, at=universe.at, version=row.version, named=True, **where(row))


def test_what_was_read_too_early_is_not_consented_to(universe: Universe) -> None:
    """Whoever is second sees what happened, and keeps what they typed."""
    row = shared(universe)
    client = sign_in(universe, "lead")
    response = client.post(
        reverse("practice-item", args=[row.assessment_id, row.pk]),
        {"how": "decline", "note": "Rather not, on reflection", "version": row.version - 1},
    )
    assert response.status_code == 409
    assert "Rather not, on reflection" in response.content.decode()
    end = reverse("practice-end", args=[row.assessment_id, row.pk])
    assert client.post(end, {"version": row.version - 1}).status_code == 409
    assert client.post(end, {"version": row.version}).status_code == 302
    assert client.post(end, {"version": row.version}).status_code == 409
    assert client.get(end).status_code == 302


def test_a_reopened_assessment_waits_and_what_is_shared_can_be_withdrawn(universe: Universe) -> None:
    first, second = shared(universe), proposed(universe, title="Another")
    with as_actor(universe.manager) as by:
        agreement.reopen(by=by, at=universe.at, assessment_id=first.assessment_id, reason="A slip.")
    with as_actor(universe.lead) as by:
        with pytest.raises(NotEditable):
            consent(by=by, at=universe.at, version=second.version, named=True, **where(second))
        end_practice(by=by, at=universe.at, version=first.version, name="withdraw_consent", **where(first))
    page = sign_in(universe, "lead").get(reverse("assessment", args=[first.assessment_id])).content.decode()
    assert reverse("practice", args=[first.assessment_id]) in page


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_wins(universe: Universe) -> None:
    """Consent and taking back, each begun before the other ended: the lock decides, and the second is told."""
    row = proposed(universe)
    barrier = Barrier(2)
    outcomes: list[str] = []

    def run(person: Any, act: Any) -> None:
        try:
            with as_actor(person) as by:
                barrier.wait()
                act(by)
            outcomes.append("done")
        except Moved:
            outcomes.append("moved")
        finally:
            connection.close()

    acts = [
        (universe.lead, lambda by: consent(by=by, at=universe.at, version=row.version, named=True, **where(row))),
        (
            universe.adviser,
            lambda by: end_practice(by=by, at=universe.at, version=row.version, name="take_back", **where(row)),
        ),
    ]
    threads = [Thread(target=run, args=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "moved"]
    with all_rows():
        row = GoodPractice.objects.get()
        assert LibraryEntry.objects.count() == (row.state == PracticeState.SHARED)


# Where the lead learns of it


def test_the_lead_is_told_where_they_look(universe: Universe) -> None:
    row = proposed(universe)
    for name, told in (("lead", True), ("contributor", False), ("viewer", False)):
        client = sign_in(universe, name)
        for address in (reverse("home"), reverse("assessment", args=[row.assessment_id])):
            assert ("1 waits for your answer" in client.get(address).content.decode()) is told, (name, address)
    page = sign_in(universe, "lead").get(reverse("practice-item", args=[row.assessment_id, row.pk])).content.decode()
    assert TEXT in page
    assert "Region and type of authority are left out" in page
    desk = sign_in(universe, "adviser").get(reverse("assessment", args=[row.assessment_id])).content.decode()
    assert "1 waits for an answer" in desk


# The library


def entry(universe: Universe, title: str, text: str = "", **fields: Any) -> LibraryEntry:
    with all_rows():
        return LibraryEntry.objects.create(
            **{"programme": universe.programme, "cycle_name": "2025/26", "shared_at": universe.at, "title": title,
               "text": text or title} | fields
        )  # fmt: skip


def found(universe: Universe, name: str = "viewer", **asked: Any) -> list[str]:
    response = sign_in(universe, name).get(reverse("library"), asked)
    assert response.status_code == 200
    return [one.entry.title for one in response.context["library"].found]


def test_words_are_found_whatever_their_ending(universe: Universe) -> None:
    entry(universe, "Training schools", "Every teacher is trained by us.")
    entry(universe, "A panel", "It decides.")
    assert found(universe, search="teachers") == ["Training schools"]
    assert sorted(found(universe, search="panel OR train")) == ["A panel", "Training schools"]
    assert found(universe, search='"every teacher" -panel') == ["Training schools"]
    assert found(universe, search="the") == []
    assert len(found(universe)) == 2


@pytest.mark.parametrize(
    "words",
    ["'", '"', "\\", "%_", "a & | ! b", ":*", "<->", "((", "\x00x", "’", "--;", "é", "𝓍", '"a "" b"', "-", "<b>"],
)
def test_no_sign_breaks_the_search(universe: Universe, words: str) -> None:
    entry(universe, "A panel")
    page = sign_in(universe, "viewer").get(reverse("library"), {"search": words})
    assert page.status_code == 200
    assert "<b>" not in page.content.decode()


def test_what_was_found_is_marked_and_nothing_else_is_markup(universe: Universe) -> None:
    entry(universe, "Signs", "A <script>alert(1)</script> & a panel that meets.")
    page = sign_in(universe, "viewer").get(reverse("library"), {"search": "panels"}).content.decode()
    assert "<mark>panel</mark>" in page
    assert "<script>alert" not in page
    assert read.HIT not in page


def test_the_library_is_narrowed(universe: Universe) -> None:
    eight, ten = universe.scheme("la-8"), universe.scheme("la-10")
    entry(universe, "Eight", benchmark_id=eight.benchmarks[3].id, region="North", authority_type="County")
    entry(universe, "Ten", benchmark_id=ten.benchmarks[3].id, region="South", cycle_name="2022/23")
    entry(universe, "None")
    assert found(universe, benchmark="la-8.3") == ["Eight"]
    assert found(universe, benchmark="la-10.3") == ["Ten"]
    assert found(universe, benchmark="la-8.4") == found(universe, benchmark="3") == found(universe, benchmark=".") == []
    assert found(universe, region="North") == found(universe, type="County") == ["Eight"]
    assert found(universe, cycle="2022/23") == ["Ten"]
    page = sign_in(universe, "viewer").get(reverse("library")).context["library"]
    assert [[one.value for one in choices] for _scheme, choices in page.schemes] == [["la-10.3"], ["la-8.3"]]
    assert (page.regions, page.types, page.cycles) == (("North", "South"), ("County",), ("2025/26", "2022/23"))


def test_each_programme_has_a_library_of_its_own(universe: Universe) -> None:
    with all_rows():
        other = reference.programme("other", "Other", by=universe.operator, at=universe.at)
    mine, theirs = entry(universe, "Ours"), entry(universe, "Theirs", programme=other)
    gone = entry(universe, "Gone", withdrawn_at=universe.at)
    for name in ("lead", "contributor", "viewer", "adviser", "other_lead"):
        assert found(universe, name) == ["Ours"]
        client = sign_in(universe, name)
        for one, status in ((mine, 200), (theirs, 404), (gone, 404)):
            assert client.get(reverse("library-entry", args=[one.pk])).status_code == status
    assert set(found(universe, "administrator")) == {"Ours", "Theirs"}
    assert sign_in(universe, "stranger").get(reverse("library")).status_code == 403
    with all_rows():
        guest = reference.add_person(
            by=universe.operator, at=universe.at, email="g@example.test", name="G", password=None
        )
        reference.add_membership(
            by=universe.operator, at=universe.at, person=guest, role=Role.AUDITOR, starts=MEMBERS_SINCE, programme=other
        )
    with as_actor(guest) as by:
        assert [one.title for one in read.entries(by)] == ["Theirs"]


def test_the_library_leads_back_to_nobody(universe: Universe) -> None:
    """Neither a key nor a name, not in its history either."""
    row = shared(universe, named=False)
    allowed = {"programme", "benchmark"}
    assert {one.name for one in LibraryEntry._meta.get_fields() if one.is_relation} == allowed
    with all_rows():
        (past,) = LibraryEntry.history.all()
        assert past.history_user_id is None
        assert past.history_change_reason is None
        text = " ".join(str(value) for value in vars(LibraryEntry.objects.get()).values())
    for name in (universe.alder.name, universe.alder.gss_code, universe.lead.name, universe.adviser.name):
        assert name not in text
    page = sign_in(universe, "other_lead").get(reverse("library-entry", args=[row.entry_id])).content.decode()
    assert universe.alder.name not in page
    assert f"/{row.assessment_id}/" not in page


@pytest.mark.parametrize("name", ["other_lead", "other_adviser", "other_manager", "stranger"])
def test_the_database_shows_a_proposal_to_its_own_only(universe: Universe, name: str) -> None:
    row = proposed(universe)
    with as_actor(universe.cast[name]):
        assert not GoodPractice.objects.filter(pk=row.pk).exists()
        assert not GoodPractice.history.filter(id=row.pk).exists()
    with transaction.atomic(), scope.authorities([universe.alder.pk]):
        assert GoodPractice.objects.filter(pk=row.pk).exists()


def test_a_large_library_is_searched_by_its_index(universe: Universe) -> None:
    """The search compares the expression that the index is of, or it would read every text."""
    with all_rows():
        LibraryEntry.objects.bulk_create(
            LibraryEntry(
                programme=universe.programme,
                cycle_name="2025/26",
                shared_at=universe.at,
                title=f"Example {number}",
                text=f"What was done in place {number} about subject{number % 500}.",
            )
            for number in range(3000)
        )
    with as_actor(universe.viewer) as by:
        words = SearchQuery("subject7", config="english", search_type="websearch")
        with connection.cursor() as cursor:
            # The application may not gather figures on tables, and without them a new table seems small.
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = read.searched(LibraryEntry.objects.order_by(), words).explain()
        assert "library_entry_search" in plan, plan
        assert read.library(by, read.LibraryFilters(search="subject7"), 1).page.paginator.count == 6
