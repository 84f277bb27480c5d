"""What a text said at a moment of the past, who changed it, and to each reader only the versions that were theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assurance import access
from assurance.access import PAST, SIGHT
from assurance.actions import agreement, answers, points, questions, reviews
from assurance.differences import Kind, Piece
from assurance.models import (
    PrivateNote,
    Question,
    Recommendation,
    Review,
    SelfAssessment,
    Strength,
)
from assurance.past import Stood
from assurance.queries import history
from assurance.vocabulary import Permission, State
from assurance.workflow import ASSESSMENT, perform
from tests.assurance.past import many_versions
from tests.matrices.world import CAST
from tests.universe import Universe, all_rows, as_actor

pytestmark = pytest.mark.django_db


class Story:
    """An assessment that went twice each way, with a marked text at every step, an hour between any two."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.times: dict[str, datetime] = {}
        self.assessment = universe.assessment(State.NOT_STARTED)
        self.common: dict[str, Any] = {"assessment_id": self.assessment.pk}

    def now(self, name: str) -> datetime:
        """The next hour, remembered under a name."""
        self.universe.at += timedelta(hours=1)
        self.times[name] = self.universe.at
        return self.universe.at

    def own(self, word: str) -> None:
        """The lead saves a benchmark."""
        with all_rows():
            version = SelfAssessment.objects.get(assessment=self.assessment, benchmark__number=1).version
        ids = sorted(self.universe.scheme().benchmarks[1].criterion_ids)
        reply = answers.Reply(
            level_code="met", evidence=f"Evidence {word}.", reason=f"Reason {word}.",
            marks={ids[0]: "met"}, notes={ids[0]: f"Note {word}."},
        )  # fmt: skip
        with as_actor(self.universe.lead) as by:
            answers.save_answer(by=by, at=self.now(word), number=1, version=version, reply=reply, **self.common)

    def review(self, word: str) -> None:
        """The adviser saves a review, a private note, strengths and recommendations."""
        ids = sorted(self.universe.scheme().benchmarks[1].criterion_ids)
        at = self.now(word)
        with as_actor(self.universe.adviser) as by:
            row = Review.objects.get(assessment=self.assessment, benchmark__number=1)
            note = PrivateNote.objects.filter(assessment=self.assessment, benchmark=row.benchmark).first()
            reviews.save_review(
                by=by, at=at, number=1, version=row.version, level_code="met",
                summary=f"Summary {word}.", comments=f"Comments {word}.",
                verdicts={ids[0]: "differ"}, notes={ids[0]: f"Verdict {word}."},
                private=reviews.Private(version=note.version if note else 0, text=f"Private {word}."), **self.common,
            )  # fmt: skip
            token = points.list_token(Strength.objects.filter(assessment=self.assessment))
            points.save_strengths(by=by, at=at, token=token, texts=[f"Strength {word}."], **self.common)
            token = points.list_token(Recommendation.objects.filter(assessment=self.assessment))
            wanted = [points.NewRecommendation(f"Recommendation {word}.", benchmarks=(1,))]
            points.save_recommendations(by=by, at=at, token=token, recommendations=wanted, **self.common)

    def answer(self, word: str) -> None:
        """The lead saves an answer to the question."""
        with as_actor(self.universe.lead) as by:
            question = Question.objects.get(assessment=self.assessment)
            questions.save_question_answer(
                by=by, at=self.now(word), question_id=question.pk, version=question.version, answer=f"Answer {word}."
            )

    def does(self, who: str, verb: Any, name: str, **given: Any) -> None:
        """Somebody makes a transition."""
        with as_actor(self.universe.cast[who]) as by:
            verb(by=by, at=self.now(name), **self.common, **given)

    def submit(self, name: str) -> None:
        self.universe.answer_all(self.assessment.pk, self.universe.alder, self.universe.scheme())
        self.does("lead", answers.submit, name, declaration="I declare it.")

    def propose(self, name: str) -> None:
        self.universe.review_all(self.assessment.pk, self.universe.alder, self.universe.scheme())
        self.does("adviser", agreement.propose, name)


def send_answers(*, assessment_id: int, **given: Any) -> None:
    """The movement alone: no message is of interest here."""
    perform(ASSESSMENT, assessment_id, "answer", **given)


@pytest.fixture
def story(universe: Universe) -> Story:
    story = Story(universe)
    story.own("apple")
    story.own("birch")
    story.submit("submit")
    story.does("lead", answers.recall, "recall")
    story.own("cedar")
    story.own("damson")
    story.submit("submit again")
    story.does("adviser", reviews.begin_review, "begin")
    story.review("elder")
    asked = [questions.NewQuestion("Who takes part, fennel?", due=universe.at.date() + timedelta(days=9), number=1)]
    story.does("adviser", questions.ask, "ask", questions=asked)
    story.answer("gorse")
    story.answer("hazel")
    story.does("lead", send_answers, "send")
    story.review("iris")
    story.propose("propose")
    story.does("lead", agreement.dispute, "dispute", reasons={1: "We did more."})
    story.does("adviser", agreement.reconsider, "reconsider")
    story.review("juniper")
    story.review("kelp")
    story.propose("propose again")
    story.does("lead", agreement.accept, "accept", note="Accepted with laurel.")
    story.does("manager", agreement.reopen, "reopen", reason="A mistake.")
    story.review("maple")
    return story


OWN = ("apple", "birch", "cedar", "damson")
OWN_SUBMITTED = ("birch", "damson")
REVIEWED = ("elder", "iris", "juniper", "kelp", "maple")
SHARED = ("iris", "kelp")
EVERY_WORD = (*OWN, *REVIEWED, "fennel", "gorse", "hazel", "laurel")

INSIDE = "lead contributor"
HOME = "adviser manager"
OWN_TEXT = {f"{INSIDE} auditor": OWN, f"viewer {HOME}": OWN_SUBMITTED}
HOME_OFFICE_TEXT = {f"{HOME} auditor": REVIEWED, f"{INSIDE} viewer": SHARED}
EXPECTED: dict[str, Mapping[str, tuple[str, ...]]] = {
    "evidence": OWN_TEXT,
    "reason": OWN_TEXT,
    "marks": OWN_TEXT,
    "summary": HOME_OFFICE_TEXT,
    "comments": HOME_OFFICE_TEXT,
    "verdicts": HOME_OFFICE_TEXT,
    "strengths": HOME_OFFICE_TEXT,
    "recommendations": HOME_OFFICE_TEXT,
    "private": {f"{HOME} auditor": REVIEWED},
    "questions": {f"{INSIDE} {HOME} auditor": ("fennel",)},
    "answers": {f"{INSIDE} auditor": ("fennel", "gorse", "hazel"), HOME: ("fennel", "hazel")},
    "acceptance": {f"{INSIDE} viewer {HOME} auditor": ("laurel",)},
}
"""By text, which words of it which readers find on its page, whatever the moment that they ask about."""


def page(client: Client, universe: Universe, name: str, story: Story, **asked: Any) -> str:
    """What somebody reads there; nothing where they are refused."""
    client.force_login(universe.cast[name])
    response = client.get(f"/assessments/{story.assessment.pk}/history/", asked)
    assert response.status_code in (200, 403, 404)
    return response.content.decode() if response.status_code == 200 else ""


def words(html: str) -> set[str]:
    return {word for word in EVERY_WORD if word in html}


def test_each_reader_reads_the_versions_that_were_theirs(universe: Universe, story: Story, client: Client) -> None:
    """The whole cast and every text: no word of a version that was not theirs, and every other."""
    for code, readers in EXPECTED.items():
        expected = {name: set(found) for names, found in readers.items() for name in names.split()}
        for name in CAST:
            html = page(client, universe, name, story, text=code, benchmark=1)
            is_shown = f'value="{code}" selected' in html
            assert is_shown is (name in expected), (name, code)
            assert words(html if is_shown else "") == expected.get(name, set()), (name, code)


def test_no_moment_shows_more(universe: Universe, story: Story) -> None:
    """The same at every moment of the story: only what was theirs, and in the order in which it was written."""
    for name in CAST:
        with as_actor(universe.cast[name]) as actor:
            try:
                shelf = history.shelf(actor, story.assessment.pk)
            except (access.NotFound, access.Forbidden):
                continue
            for text in (one for one in shelf.texts if one.code in EXPECTED):
                readers = EXPECTED[text.code].items()
                (expected,) = [set(found) for names, found in readers if name in names.split()]
                ever = set()
                for moment, at in story.times.items():
                    standing = history.history(actor, shelf, text, 1, at).versions.standing
                    found = words(standing.said) if standing else set()
                    assert found <= expected, (name, text.code, moment)
                    ever |= found
                assert ever == expected, (name, text.code)


def test_no_page_of_an_authority_holds_a_word_that_was_not_shared(
    universe: Universe, story: Story, client: Client
) -> None:
    """By address as well: a text that somebody may not look back at falls back to one that they may."""
    for name in ("lead", "viewer", "signatory"):
        for code in ("private", "summary", "strengths", "agreed"):
            html = page(client, universe, name, story, text=code, benchmark=1)
            assert not [word for word in REVIEWED if word not in SHARED and word in html], (name, code)
            assert "Private" not in html


def test_who_may_open_the_page(universe: Universe, story: Story, client: Client) -> None:
    found = {}
    for name in CAST:
        client.force_login(universe.cast[name])
        found[name] = client.get(f"/assessments/{story.assessment.pk}/history/").status_code
    refused = {name: status for name, status in found.items() if status != 200}
    assert refused == dict.fromkeys(("other_lead", "other_adviser", "other_manager", "stranger"), 404) | {
        "administrator": 403
    }


def standing(universe: Universe, name: str, story: Story, code: str) -> dict[str, str]:
    """What a text said at each moment of the story, to somebody: the last word of it, "" for nothing to read."""
    found = {}
    with as_actor(universe.cast[name]) as actor:
        shelf = history.shelf(actor, story.assessment.pk)
        text = shelf.text(code)
        assert text is not None and text.code == code
        for moment, at in story.times.items():
            versions = history.history(actor, shelf, text, 1, at).versions
            found[moment] = versions.standing.said.rpartition(" ")[2].rstrip(".") if versions.standing else ""
    return found


def test_what_a_review_said_at_each_moment(universe: Universe, story: Story) -> None:
    """From its first writing until it was no longer shared; a change made meanwhile does not show, not even when."""
    full = standing(universe, "adviser", story, "summary")
    assert {name: full[name] for name in ("elder", "iris", "propose", "reconsider", "juniper", "kelp", "maple")} == {
        "elder": "elder", "iris": "iris", "propose": "iris", "reconsider": "iris",
        "juniper": "juniper", "kelp": "kelp", "maple": "maple",
    }  # fmt: skip
    assert standing(universe, "auditor", story, "summary") == full
    shared = standing(universe, "lead", story, "summary")
    assert {name: word for name, word in shared.items() if word} == {
        "iris": "iris", "propose": "iris", "dispute": "iris",
        "kelp": "kelp", "propose again": "kelp", "accept": "kelp",
    }  # fmt: skip
    assert standing(universe, "viewer", story, "summary") == shared


def test_what_an_answer_said_at_each_moment(universe: Universe, story: Story) -> None:
    """What was submitted is read as long as it was; from the recall on nothing, until it is submitted again."""
    full = standing(universe, "lead", story, "evidence")
    assert [full[name] for name in ("apple", "birch", "recall", "cedar", "maple")] == [
        "apple", "birch", "birch", "cedar", "damson",
    ]  # fmt: skip
    submitted = standing(universe, "adviser", story, "evidence")
    assert {name for name, word in submitted.items() if word == "birch"} == {"birch", "submit"}
    assert {name for name, word in submitted.items() if not word} == {"apple", "recall", "cedar"}
    assert set(submitted.values()) == {"", "birch", "damson"}


def test_what_was_not_sent_is_not_sent_by_a_withdrawal(universe: Universe) -> None:
    """Questions that were open when the assessment was withdrawn: what was typed stays the authority's."""
    story = Story(universe)
    universe.assessment(State.CLARIFICATION)
    story.answer("secret")
    story.does("administrator", reviews.withdraw, "withdraw", reason="Not this year.")
    for name, expected in (("lead", True), ("auditor", True), ("adviser", False), ("manager", False)):
        with as_actor(universe.cast[name]) as actor:
            shelf = history.shelf(actor, story.assessment.pk)
            text = shelf.text("answers")
            assert text is not None
            found = history.history(actor, shelf, text, 1, universe.at + timedelta(days=1)).versions
        assert ("secret" in (found.standing.said if found.standing else "")) is expected, name


def test_who_changed_it_and_when(universe: Universe, story: Story) -> None:
    with as_actor(universe.lead) as actor:
        shelf = history.shelf(actor, story.assessment.pk)
        text = shelf.text("evidence")
        assert text is not None
        found = history.history(actor, shelf, text, 1, story.times["cedar"] + timedelta(minutes=10)).versions
    assert found.standing is not None and found.following is not None
    assert (found.standing.said, found.standing.who, found.standing.since) == (
        "Evidence cedar.", "Lena Lead", story.times["cedar"],
    )  # fmt: skip
    assert (found.following.said, found.following.since) == ("Evidence damson.", story.times["damson"])
    assert [one.said for one in found.listed] == [
        "Evidence damson.", "Evidence cedar.", "Evidence birch.", "Evidence apple.", "",
    ]  # fmt: skip
    assert found.listed[1].changes == (
        Piece(Kind.SAME, "Evidence "),
        Piece(Kind.REMOVED, "birch."),
        Piece(Kind.ADDED, "cedar."),
    )


def test_what_is_saved_unchanged_is_no_version_of_its_own(universe: Universe, story: Story) -> None:
    """The outcome never changed after it was first given, however often its evidence did."""
    with as_actor(universe.lead) as actor:
        shelf = history.shelf(actor, story.assessment.pk)
        text = shelf.text("own-outcome")
        assert text is not None
        found = history.history(actor, shelf, text, 1, universe.at).versions
    assert [(one.said, one.since) for one in found.listed][:1] == [("Met", story.times["apple"])]
    assert len(found.listed) == 2


def test_what_stood_as_agreed_and_no_longer(universe: Universe, story: Story) -> None:
    with as_actor(universe.signatory) as actor:
        shelf = history.shelf(actor, story.assessment.pk)
        assert [text.code for text in shelf.texts] == ["agreed"]
        text = shelf.texts[0]
        then = history.history(actor, shelf, text, 1, story.times["accept"]).versions
        now = history.history(actor, shelf, text, 1, universe.at).versions
    assert then.standing is not None and then.standing.said == "Met (Agreed)"
    assert now.standing is not None and now.standing.said == ""
    assert now.standing.who == "Mona Manager"


def test_what_the_console_wrote_says_so(universe: Universe, client: Client) -> None:
    found = history.versions([Stood("Imported.", universe.at, None, "")], universe.at, 1)
    assert found.standing is not None and found.standing.who == ""
    assessment = universe.assessment()
    with all_rows():
        SelfAssessment.history.filter(assessment=assessment).update(history_user=None)
    client.force_login(universe.lead)
    html = client.get(f"/assessments/{assessment.pk}/history/?text=evidence&benchmark=2").content.decode()
    assert "the console, " in html


def test_the_page_is_asked_by_day_and_time(universe: Universe, story: Story, client: Client) -> None:
    """A day alone is its end; what cannot be understood is said at its field, and nothing breaks."""
    local = timezone.localtime(story.times["cedar"])
    day = {"day_day": local.day, "day_month": local.month, "day_year": local.year, "text": "evidence", "benchmark": 1}
    html = page(client, universe, "lead", story, **day, time=f"{local:%H:%M}")
    inset = html.split("govuk-inset-text")[1].split("</div>")[0]
    assert "Evidence cedar." in inset
    whole = page(client, universe, "lead", story, **day)
    last = [word for word in OWN if timezone.localdate(story.times[word]) == local.date()][-1]
    assert f"Evidence {last}." in whole.split("govuk-inset-text")[1].split("</div>")[0]
    wrong = page(client, universe, "lead", story, **(day | {"day_month": "13"}), time="25:70")
    assert "Enter a real date" in wrong
    assert "Enter a time such as 14:30" in wrong
    for odd in ({"text": "none"}, {"benchmark": "999"}, {"at": "2025"}, {"at": "x" * 500}, {"page": "99"}):
        assert page(client, universe, "lead", story, **odd)
    assert page(client, universe, "lead", story, at="9999-12-31T23:59:59Z")
    assert "There was nothing then" in page(client, universe, "lead", story, at="2001-01-01T00:00:00Z")


def test_the_past_is_no_more_open_than_the_present() -> None:
    """Whoever can look back at a model can, at some stage, look at it; and with the same permissions."""
    known = set(PAST) - {"assurance.Question.answer"}
    assert known <= set(SIGHT)
    for label in known - {"assurance.Assessment"}:
        assert {permission for permission, _stage in PAST[label]} == {permission for permission, _q in SIGHT[label]}
    for label, sight in PAST.items():
        for permission, stage in sight:
            if permission in (Permission.READ_PROPOSED, Permission.READ_SUBMITTED) and label != "assurance.Assessment":
                assert stage != access.EVER, label


def test_the_database_hides_private_notes_of_the_past_too(universe: Universe, story: Story) -> None:
    """Past every policy: a connection of the authority finds no row."""
    for name in INSIDE.split():
        with as_actor(universe.cast[name]):
            assert Review.history.filter(assessment=story.assessment).exists()
            assert not PrivateNote.history.exists()
    with as_actor(universe.adviser):
        assert PrivateNote.history.filter(assessment=story.assessment).count() == len(REVIEWED)
    with as_actor(universe.other_lead):
        assert not Review.history.filter(assessment=story.assessment).exists()


def test_a_page_of_many_versions_costs_the_same(
    universe: Universe, client: Client, django_assert_max_num_queries: Any
) -> None:
    """Two hundred versions of a long text: eight queries at most, twenty versions to a page."""
    assessment = universe.assessment(State.IN_PROGRESS)
    many_versions(universe, assessment, 200)
    client.force_login(universe.lead)
    with django_assert_max_num_queries(8):
        response = client.get(f"/assessments/{assessment.pk}/history/", {"text": "evidence", "benchmark": "2"})
    html = response.content.decode()
    assert "200 versions" in html
    assert html.count('class="app-timeline__item"') == history.PAGE_SIZE
    assert len(html) < 250_000


def test_long_changes_are_cut_short_in_the_list() -> None:
    pieces = [Piece(Kind.SAME, "a" * 500), Piece(Kind.ADDED, "b" * 5000), Piece(Kind.SAME, "c" * 500)]
    first, added, last = history.shortened(pieces)
    assert first.text.endswith(" … " + "a" * history.AROUND) and len(first.text) < 100
    assert len(added.text) == history.LONGEST_CHANGE + 2
    assert last.text.startswith("c" * history.AROUND + " … ") and len(last.text) < 100
