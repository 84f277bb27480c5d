"""What the Home Office keeps to itself is nowhere that an authority can reach, and what it shares late, not before.

Every text that the Home Office writes is marked with a word of its own. Then Alder's lead goes to every
address of the service with every record in it, follows every link, searches for every mark, and has every file made;
their e-mails and the events that they may read are looked through as well. The same walk as the adviser finds the
marks, which proves that the walk would.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from assurance.access import visible
from assurance.actions import (
    agreement,
    documents,
    follow_ups,
    meeting,
    points,
    practice,
    quality,
    readings,
    reviews,
    workbook,
)
from assurance.models import Assessment, Event, Message, Recommendation, Review
from assurance.queries.quality import quality_page
from assurance.vocabulary import (
    LETTER_DOCUMENTS,
    DocumentKind,
    FollowUpProgress,
    LetterState,
    ReadingResult,
    State,
    Verdict,
)
from letters import documents as copies
from letters import submission
from letters.board import make
from letters.models import Letter
from tests.matrices.crawler import everything
from tests.matrices.world import Visitors
from tests.universe import Universe, all_rows, as_actor


def mark(name: str) -> str:
    """A word that is written nowhere else, and that every search finds."""
    return f"zq{name}qz"


NEVER = frozenset(map(mark, ("privateone", "privatewhole", "overruled", "readingnote")))
"""In what no authority ever sees."""
ONCE_SHARED = frozenset(
    map(mark, ("summary", "comments", "verdict", "strength", "heading", "recommendation", "owner", "judged", "point"))
)
"""In what an authority sees once outcomes are proposed."""
IN_LETTER = frozenset({mark("covering")})
"""In a letter that is being drafted."""


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


def write_review(universe: Universe, assessment: Assessment) -> None:
    """Write each text that the Home Office writes while it reviews, with its mark."""
    criterion = min(universe.scheme().benchmarks[1].criterion_ids)
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
    with as_actor(universe.adviser) as by:
        row = visible(by, Review).get(assessment=assessment, benchmark__number=1)
        reviews.save_review(
            by=by,
            number=1,
            version=row.version,
            level_code="exceeding",
            summary=f"{mark('summary')} Exceeded in every way.",
            comments=f"{mark('comments')} as Birch does.",
            verdicts={criterion: Verdict.DIFFER},
            notes={criterion: mark("verdict")},
            private=reviews.Private(mark("privateone"), 0),
            **common,
        )
        reviews.save_private_note(by=by, private=reviews.Private(mark("privatewhole"), 0), **common)
        points.save_strengths(by=by, token=points.list_token(()), texts=[mark("strength")], **common)
        one = points.NewRecommendation(mark("recommendation"), heading=mark("heading"), owners=(mark("owner"),))
        points.save_recommendations(by=by, token=points.list_token(()), recommendations=[one], **common)
        last = Recommendation.objects.get(assessment__cycle__name="2024/25")
        judged = follow_ups.Judgement(version=0, progress=FollowUpProgress.NOT_STARTED, note=mark("judged"))
        follow_ups.save_follow_up_reviews(by=by, judgements={last.pk: judged}, **common)
        meeting.note_point(by=by, number=1, agreed=meeting.Agreed(mark("point"), "exceeding"), **common)
        found = quality_page(by, assessment.pk).found.open
        quality.overrule(
            by=by,
            overrulings=[
                quality.Overruling(
                    code=one.finding.code,
                    subject=one.finding.subject,
                    digest=one.finding.digest,
                    reason=mark("overruled"),
                )
                for one in found
            ],
            **common,
        )
        assert found


def write_reading(universe: Universe, assessment: Assessment) -> None:
    """Have it read a second time, with a mark in what the reader says."""
    with as_actor(universe.manager) as by:
        common = {"by": by, "at": universe.at}
        reading = readings.pull(assessment_id=assessment.pk, reader_id=universe.manager.pk, **common)
        readings.record_result(
            reading_id=reading.pk,
            version=reading.version,
            result=ReadingResult.QUERIED,
            note=mark("readingnote"),
            **common,
        )


def have_files_made(universe: Universe, assessment: Assessment, who: str) -> None:
    """Every file that the person may ask for, made as the worker makes it."""
    of_letters = dict.fromkeys(LETTER_DOCUMENTS, copies.file_of)
    makers = {**workbook.MAKERS, **make.MAKERS, DocumentKind.SUBMISSION: submission.file_of, **of_letters}
    with all_rows():
        letter = Letter.objects.filter(assessment=assessment).last()
    for kind in DocumentKind:
        about = f"letter:{letter.pk}:en" if kind in LETTER_DOCUMENTS and letter else ""
        if kind in LETTER_DOCUMENTS and not letter:
            continue
        with as_actor(universe.cast[who]) as by:
            try:
                asked = documents.ask(by=by, at=universe.at, assessment_id=assessment.pk, kind=kind, about=about)
            except documents.Forbidden:
                continue
        with all_rows():
            documents.make(document_id=asked.pk, at=universe.at, makers=makers)


def reached(universe: Universe, visitors: Visitors, assessment: Assessment, who: str, words: Iterable[str]) -> set[str]:
    """Which of the words the person comes upon, on whatever way."""
    have_files_made(universe, assessment, who)
    texts = dict(everything(visitors, who, universe.alder.pk, words))
    with as_actor(universe.cast[who]) as by:
        rows = visible(by, Event).filter(assessment=assessment)
        texts["events"] = json.dumps(list(rows.values("name", "reason", "detail")), default=str)
    with all_rows():
        mails = Message.objects.filter(person=universe.cast[who]).values_list("subject", "body")
        texts["mails"] = " ".join(f"{subject} {body}" for subject, body in mails)
    assert len(texts) > 60, "the walk ended at the door"
    found = set()
    for address, text in texts.items():
        # A page that says what was searched for has not found it.
        asked = {word for word in words if f"={word}" in address}
        folded = "".join(text.split())
        found |= {word for word in words if word in folded and word not in asked}
    return found


@pytest.fixture
def in_review(universe: Universe) -> Assessment:
    """Alder's, after a year with a recommendation, with everything written that the Home Office writes."""
    universe.last_year()
    assessment = universe.assessment(State.IN_REVIEW)
    write_review(universe, assessment)
    return assessment


class TestNowhere:
    """Each state in which something is hidden."""

    def test_in_review(self, universe: Universe, visitors: Visitors, in_review: Assessment) -> None:
        """The lead, who may read all that anybody of an authority may."""
        write_reading(universe, in_review)
        assert reached(universe, visitors, in_review, "lead", NEVER | ONCE_SHARED) == set()

    def test_the_walk_would_find_them(self, universe: Universe, visitors: Visitors, in_review: Assessment) -> None:
        write_reading(universe, in_review)
        found = reached(universe, visitors, in_review, "adviser", NEVER | ONCE_SHARED)
        assert found == NEVER | ONCE_SHARED

    def test_proposed(self, universe: Universe, visitors: Visitors, in_review: Assessment) -> None:
        """Now the texts are shared, and only what is private stays so."""
        universe.advance(in_review, State.PROPOSED)
        write_reading(universe, in_review)
        assert reached(universe, visitors, in_review, "lead", NEVER | ONCE_SHARED) == ONCE_SHARED

    def test_reconsidered(self, universe: Universe, visitors: Visitors, in_review: Assessment) -> None:
        """What was shared is out of sight again, but for the past; what is written from now on is hidden."""
        for state in (State.PROPOSED, State.DISPUTED):
            universe.advance(in_review, state)
        common = {"at": universe.at + timedelta(hours=1), "assessment_id": in_review.pk}
        with as_actor(universe.adviser) as by:
            agreement.reconsider(by=by, **common)
        later = self._change_everything(universe, in_review)
        assert reached(universe, visitors, in_review, "lead", NEVER | later) == set()

    def test_reopened(self, universe: Universe, visitors: Visitors, in_review: Assessment) -> None:
        for state in (State.PROPOSED, State.AGREED):
            universe.advance(in_review, state)
        common = {"at": universe.at + timedelta(hours=1), "assessment_id": in_review.pk}
        with as_actor(universe.manager) as by:
            agreement.reopen(by=by, reason="A file came in late.", **common)
        later = self._change_everything(universe, in_review)
        assert reached(universe, visitors, in_review, "lead", NEVER | later) == set()

    def test_agreed_with_a_letter_in_draft(self, universe: Universe, visitors: Visitors, in_review: Assessment) -> None:
        """And good practice that is asked for shows what it is about, and nothing else."""
        for state in (State.PROPOSED, State.AGREED):
            universe.advance(in_review, state)
        with as_actor(universe.adviser) as by:
            common = {"by": by, "at": universe.at, "assessment_id": in_review.pk}
            practice.propose_practice(title="A panel", text="It meets every month.", number=2, **common)
        letter = universe.letter(LetterState.DRAFT)
        with all_rows():
            letter.summary = mark("covering")
            letter.save()
        assert reached(universe, visitors, in_review, "lead", NEVER | IN_LETTER) == set()
        assert reached(universe, visitors, in_review, "adviser", IN_LETTER) == IN_LETTER

    def _change_everything(self, universe: Universe, assessment: Assessment) -> frozenset[str]:
        """Write what is written in review once more, with other marks. Gives those."""
        names = ("summary", "comments", "strength", "recommendation", "judged")
        later = {name: mark(f"{name}later") for name in names}
        common: dict[str, Any] = {"at": universe.at + timedelta(hours=2), "assessment_id": assessment.pk}
        with as_actor(universe.adviser) as by:
            row = visible(by, Review).get(assessment=assessment, benchmark__number=1)
            reviews.save_review(
                by=by,
                number=1,
                version=row.version,
                level_code="not_met",
                summary=later["summary"],
                comments=later["comments"],
                **common,
            )
            strengths = list(assessment.strengths.all())
            points.save_strengths(by=by, token=points.list_token(strengths), texts=[later["strength"]], **common)
            rows = list(assessment.recommendations.all())
            one = points.NewRecommendation(later["recommendation"])
            points.save_recommendations(by=by, token=points.list_token(rows), recommendations=[one], **common)
            said = assessment.follow_up_reviews.get()
            judged = follow_ups.Judgement(version=said.version, progress=FollowUpProgress.DONE, note=later["judged"])
            follow_ups.save_follow_up_reviews(by=by, judgements={said.recommendation_id: judged}, **common)
        return frozenset(later.values())
