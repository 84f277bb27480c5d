"""What colleagues say to each other about a benchmark, and who is told of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.http import HttpResponse
from django.urls import reverse

from assurance.access import Forbidden, NotFound, visible
from assurance.actions import comments, people, reviews
from assurance.actions.refusals import NotEditable, Unfit
from assurance.models import Comment, Event, Message, User
from assurance.vocabulary import Audience, EventKind, MessageKind, Role, State
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, changed, written
from tests.universe import Universe, all_rows, as_actor

WORDS = "Has anybody the figures for 2025?"


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def assessment_id(universe: Universe) -> int:
    return universe.assessment(State.IN_PROGRESS).pk


def say(universe: Universe, assessment_id: int, words: str = WORDS, by: User | None = None, **given: Any) -> Comment:
    with as_actor(by or universe.lead) as actor:
        given = {"at": universe.at, "number": 2, **given}
        return comments.write_comment(by=actor, assessment_id=assessment_id, words=words, **given)


def thread(assessment_id: int) -> list[tuple[str, str, list[int]]]:
    with all_rows():
        found = Comment.objects.filter(assessment=assessment_id).order_by("at", "pk")
        return list(found.values_list("author_name", "text", "mentions"))


def told() -> list[str]:
    """Who was told that they are mentioned."""
    with all_rows():
        found = Message.objects.filter(kind=MessageKind.MENTIONED).order_by("pk")
        return list(found.values_list("address", flat=True))


def colleague(universe: Universe, name: str) -> User:
    """One more contributor of Alder, who has signed in."""
    email = f"{name.replace(' ', '.').replace(chr(39), '').lower()}@alder.example"
    with as_actor(universe.lead) as by:
        people.invite(
            by=by,
            at=universe.at,
            authority_id=universe.alder.pk,
            email=email,
            name=name,
            role=Role.CONTRIBUTOR,
        )
    with all_rows():
        User.objects.filter(email=email).update(last_login=universe.at + timedelta(minutes=1))
    return User.objects.get(email=email)


def address(assessment_id: int, number: int = 2) -> str:
    return reverse("comments", kwargs={"assessment_id": assessment_id, "number": number})


def drawn(response: HttpResponse) -> Drawn:
    return Drawn(response.content.decode())


# Below the page


def test_a_comment_is_kept_with_its_event_and_tells_whom_it_mentions(universe: Universe, assessment_id: int) -> None:
    comment = say(universe, assessment_id, tell=[universe.contributor.pk])
    assert thread(assessment_id) == [("Lena Lead", WORDS, [universe.contributor.pk])]
    assert told() == [universe.contributor.email]
    with all_rows():
        (event,) = Event.objects.filter(kind=EventKind.COMMENTED)
        (message,) = Message.objects.filter(kind=MessageKind.MENTIONED)
    assert (event.audience, event.assessment_id, event.person_id) == (Audience.AUTHORITY, None, universe.lead.pk)
    assert event.detail == {"assessment": assessment_id, "benchmark": 2, "comment": comment.pk}
    assert WORDS not in message.body + message.subject


@pytest.mark.parametrize("who", ["viewer", "adviser", "manager", "signatory", "administrator", "auditor"])
def test_only_leads_and_contributors_comment(universe: Universe, assessment_id: int, who: str) -> None:
    with pytest.raises(Forbidden):
        say(universe, assessment_id, by=universe.cast[who])
    for other in (universe.other_lead, universe.stranger):
        with pytest.raises(NotFound):
            say(universe, assessment_id, by=other)
    say(universe, assessment_id, by=universe.contributor, number=3)


def test_the_home_office_never_sees_one_but_for_the_auditor(universe: Universe) -> None:
    assessment_id = universe.assessment(State.IN_PROGRESS).pk
    say(universe, assessment_id)
    universe.assessment(State.AGREED)
    for who in ("lead", "contributor", "auditor"):
        with as_actor(universe.cast[who]) as actor:
            assert visible(actor, Comment).count() == 1, who
            assert visible(actor, Event).filter(kind=EventKind.COMMENTED).count() == 1, who
    for who in ("viewer", "adviser", "manager", "signatory", "administrator", "other_lead", "stranger"):
        with as_actor(universe.cast[who]) as actor:
            assert not visible(actor, Comment).exists(), who
            assert not visible(actor, Event).filter(kind=EventKind.COMMENTED).exists(), who


@pytest.mark.parametrize("statement", ["UPDATE assurance_comment SET text = 'x'", "DELETE FROM assurance_comment"])
def test_no_comment_is_changed_or_deleted(universe: Universe, assessment_id: int, statement: str) -> None:
    say(universe, assessment_id)
    with all_rows(), pytest.raises(Error, match="never changed or deleted"), transaction.atomic():
        connection.cursor().execute(statement)


@pytest.mark.parametrize(
    "words", ["", " \n ", "\u200b\u202e", "x" * 101, "word " * 401], ids=["none", "space", "unseen", "word", "long"]
)
def test_what_does_not_fit_is_refused(universe: Universe, assessment_id: int, words: str) -> None:
    before = written(universe)
    with pytest.raises(Unfit) as refusal:
        say(universe, assessment_id, words)
    assert refusal.value.field == "text"
    assert changed(before, written(universe)) == {}


def test_only_colleagues_who_can_read_it_are_told(universe: Universe, assessment_id: int) -> None:
    before = written(universe)
    for other in (universe.viewer, universe.adviser, universe.other_lead, universe.lead):
        with pytest.raises(Unfit) as refusal:
            say(universe, assessment_id, tell=[universe.contributor.pk, other.pk])
        assert refusal.value.field == "tell"
    assert changed(before, written(universe)) == {}


def test_a_comment_that_is_sent_twice_is_one(universe: Universe, assessment_id: int) -> None:
    first = say(universe, assessment_id, tell=[universe.contributor.pk])
    assert say(universe, assessment_id, tell=[universe.contributor.pk]).pk == first.pk
    say(universe, assessment_id, by=universe.contributor)
    say(universe, assessment_id)
    say(universe, assessment_id, at=universe.at + timedelta(hours=1))
    assert [author for author, _text, _told in thread(assessment_id)] == [
        "Lena Lead", "Conrad Contributor", "Lena Lead", "Lena Lead",
    ]  # fmt: skip
    assert told() == [universe.contributor.email]


def test_nothing_is_said_about_what_is_withdrawn(universe: Universe, assessment_id: int) -> None:
    for state in (State.SUBMITTED, State.AGREED):
        universe.assessment(state)
        say(universe, assessment_id, f"While it is {state}.")
    other = universe.further_assessment("Another year").pk
    with as_actor(universe.administrator) as by:
        reviews.withdraw(by=by, at=universe.at, assessment_id=other, reason="By mistake.")
    with pytest.raises(NotEditable):
        say(universe, other)


# Names in the text

NAMES = {
    1: "Amina Yusuf",
    2: "Amina Khan",
    3: "Tom Ashworth",
    4: "Siân O'Brien",
    5: "Jo Ann Lee",
    6: "p.shah@a.example",
}


@pytest.mark.parametrize(
    ("words", "meant", "unclear"),
    [
        ("Nobody", set(), set()),
        ("@Tom, can you?", {3}, set()),
        ("Ask @TOM ASHWORTH.", {3}, set()),
        ("(@tom\nashworth)", {3}, set()),
        ("@Tom and @Siân’s figures", {3, 4}, set()),
        ("@siân o’brien", {4}, set()),
        ("@Amina", set(), {1, 2}),
        ("@Amina Khan", {2}, set()),
        ("@Amina Kha", set(), {1, 2}),
        ("@Tomas", set(), set()),
        ("tom@tom.example and @tom@example", set(), set()),
        ("x@Tom", set(), set()),
        ("@Jo Ann Lee and @Jo", {5}, set()),
        ("@p.shah@a.example", {6}, set()),
        ("@Nobody at all, @", set(), set()),
        ("@@Tom", {3}, set()),
    ],
)
def test_who_is_named(words: str, meant: set[int], unclear: set[int]) -> None:
    found, several = comments.named(words, NAMES)
    assert found == meant
    assert set().union(*several.values()) == unclear


def test_nobody_is_named_where_nobody_is() -> None:
    assert comments.named("@Tom", {}) == (set(), {})


def test_a_name_after_an_at_tells_as_a_tick_does(universe: Universe, assessment_id: int) -> None:
    say(universe, assessment_id, "@conrad, what do you think? @Lena thinks so. @Vera does not read this.")
    assert told() == [universe.contributor.email]
    assert thread(assessment_id)[0][2] == [universe.contributor.pk]


def test_a_name_that_fits_several_asks_whom(universe: Universe, assessment_id: int) -> None:
    other = colleague(universe, "Conrad Khan")
    with pytest.raises(Unfit) as refusal:
        say(universe, assessment_id, "@Conrad?")
    assert refusal.value.field == "tell"
    say(universe, assessment_id, "@Conrad?", tell=[other.pk])
    say(universe, assessment_id, "@Conrad Contributor?")
    assert told() == [other.email, universe.contributor.email]


# The page


def test_the_page_shows_the_thread_and_takes_a_comment(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    said = "The panel met <b>four</b> times.\nSee https://alder.example/minutes"
    fields = {"text": said, "tell": [str(universe.lead.pk)]}
    for _ in range(2):
        response = visitors.post("contributor", address(assessment_id), fields)
        assert response.status_code == 302
        assert response["Location"].startswith(f"{address(assessment_id)}#comment-")
    page = visitors.get("lead", address(assessment_id)).content.decode()
    assert "The panel met &lt;b&gt;four&lt;/b&gt; times.\nSee https" in page
    found = drawn(visitors.get("lead", address(assessment_id)))
    assert len(found.all("li", cls="app-timeline__item")) == 1
    text = " ".join(found.one("main").text.split())
    assert "Conrad Contributor" in text
    assert "Told: Lena Lead" in text
    assert {box["value"] for box in found.all("input", name="tell")} == {str(universe.contributor.pk)}
    assert len([sql for sql in visitors.statements if "SAVEPOINT" not in sql]) <= 8


def test_a_longer_thread_costs_no_more(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    counts = []
    for words in (["First."], [f"Comment {index}." for index in range(20)]):
        for one in words:
            say(universe, assessment_id, one, tell=[universe.contributor.pk])
        assert visitors.get("lead", address(assessment_id)).status_code == 200
        counts.append(len([sql for sql in visitors.statements if "SAVEPOINT" not in sql]))
    assert counts[0] == counts[1] <= 8


def test_an_auditor_reads_and_does_not_write(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    say(universe, assessment_id)
    page = drawn(visitors.get("auditor", address(assessment_id)))
    assert WORDS in page.one("main").text
    assert not page.all("textarea")
    assert visitors.post("auditor", address(assessment_id), {"text": "Well."}).status_code == 403
    assert len(thread(assessment_id)) == 1


def test_what_does_not_fit_comes_back_with_what_was_typed(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    colleague(universe, "Conrad Khan")
    for typed, wrong in (
        ({"text": ""}, "Write your comment"),
        ({"text": "word " * 401}, "2000"),
        ({"text": "Well.", "tell": [str(universe.adviser.pk)]}, "Select a valid choice"),
        ({"text": "@Conrad, well?"}, "Several colleagues are called"),
    ):
        response = visitors.post("lead", address(assessment_id), typed)
        assert response.status_code == 200
        page = drawn(response)
        assert wrong in page.one("div", **{"class": "govuk-error-summary"}).text
        assert page.value_of("id_text") == typed["text"].strip() or page.value_of("id_text") == typed["text"]
    assert thread(assessment_id) == []


def test_when_it_is_withdrawn_the_thread_is_only_read(universe: Universe, visitors: Visitors) -> None:
    assessment_id = universe.assessment(State.NOT_STARTED).pk
    say(universe, assessment_id)
    universe.assessment(State.WITHDRAWN)
    page = drawn(visitors.get("lead", address(assessment_id)))
    assert WORDS in page.one("main").text
    assert not page.all("textarea")
    response = visitors.post("lead", address(assessment_id), {"text": "One more thing."})
    assert response.status_code == 409
    assert b"One more thing." in response.content


def test_somebody_who_has_left_is_still_named_and_not_told(
    universe: Universe, visitors: Visitors, assessment_id: int
) -> None:
    say(universe, assessment_id, tell=[universe.contributor.pk])
    with all_rows():
        membership = universe.contributor.memberships.get()
    with as_actor(universe.lead) as by:
        people.end_membership(by=by, at=universe.at, authority_id=universe.alder.pk, membership_id=membership.pk)
    page = drawn(visitors.get("lead", address(assessment_id)))
    assert "Told: Conrad Contributor" in " ".join(page.one("main").text.split())
    assert not page.all("input", name="tell")
    with pytest.raises(Unfit):
        say(universe, assessment_id, "Again.", tell=[universe.contributor.pk])


def test_the_answer_page_counts_them(universe: Universe, visitors: Visitors, assessment_id: int) -> None:
    for who, index in (("lead", 1), ("contributor", 2)):
        say(universe, assessment_id, f"Comment {index}.", by=universe.cast[who])
    say(universe, assessment_id, "On another benchmark.", number=3)
    page = drawn(visitors.get("lead", reverse("answer", args=[assessment_id, 2])))
    (link,) = page.all("a", href=address(assessment_id))
    assert "2 comments" in link.text
