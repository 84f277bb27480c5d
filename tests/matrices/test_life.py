"""The life of an assessment, driven at random by everybody at once, and looked at after every step.

What may happen is the table of ``test_transitions``, which is DESIGN section 5 in words of its own. The machine keeps
a small picture of the record beside the real one: whatever the picture allows has to happen, whatever it does not has
to be refused and to leave no trace, and after each step the record, its history and its events have to agree with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

import hypothesis
import pytest
from django.db import models
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from assurance.access import Forbidden, NotFound, visible
from assurance.actions import agreement, answers, questions, reviews
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import AgreedOutcome, Assessment, Event, Question, Review, SelfAssessment
from assurance.vocabulary import EDITABLE_STATES, SHARED_STATES, Answer, Basis, EventKind, LetterState, State
from assurance.workflow import Refusal
from tests.matrices.test_transitions import ASSESSMENT_MOVES
from tests.matrices.world import CAST, is_history, our_models, undone, written
from tests.universe import Universe, all_rows, as_actor

REFUSALS = (NotFound, Forbidden, Refusal, NotEditable, Stale, Unfit)
OUTCOMES_MOVE = {"propose", "accept", "settle", "reopen"}
"""Transitions with which outcomes move, each benchmark with a line of its own."""
NEXT = {
    State.NOT_STARTED: ("lead", "start"),
    State.IN_PROGRESS: ("lead", "submit"),
    State.SUBMITTED: ("adviser", "begin_review"),
    State.IN_REVIEW: ("adviser", "propose"),
    State.CLARIFICATION: ("lead", "answer"),
    State.PROPOSED: ("lead", "accept"),
    State.DISPUTED: ("manager", "settle"),
}

ON_THE_WAY = ("start", "submit", "begin_review", "propose", "dispute", "settle")
"""The transitions of such a year, one for each step."""

anybody = st.sampled_from(CAST)
late_now_and_then = st.sampled_from([False, False, False, False, True])


def mostly(who: str) -> st.SearchStrategy[str]:
    """Often the one who may, so that something happens, and else anybody."""
    return st.one_of(st.just(who), st.just(who), anybody)


numbers = st.integers(1, 8)
levels = st.sampled_from(["not_met", "met", "exceeding", None])
words = st.sampled_from(["", "A panel meets.", "Every ward has a plan, and a person."])


class Life(RuleBasedStateMachine):
    """One assessment of Alder's, which has eight benchmarks of which the cycle scores those in ``scored``."""

    universe: ClassVar[Universe]
    assessment_id: ClassVar[int]
    scored: ClassVar[frozenset[int]]
    steps: ClassVar[int]
    made: ClassVar[Counter[str]]
    """How often each transition was made, over all runs."""

    @initialize()
    def begin(self) -> None:
        """So many steps on the way of a year."""
        self.undo = undone()
        self.undo.__enter__()
        self.clock: datetime = self.universe.at
        self.state: str = State.NOT_STARTED
        self.moves: list[tuple[str, str, str, int]] = []
        self.own: dict[int, tuple[str | None, str]] = {}
        self.theirs: dict[int, tuple[str | None, str]] = {}
        self.open_questions = 0
        self.disputed: frozenset[int] = frozenset()
        self.settled: frozenset[int] = frozenset()
        self.stands: dict[int, str | None] = {}
        self.has_letter = False
        self.letter_movements = 0
        for _step in range(self.steps):
            self.go_on()

    def teardown(self) -> None:
        if hasattr(self, "undo"):
            self.undo.__exit__(None, None, None)

    # What people write

    @rule(who=mostly("lead"), number=numbers, level=levels, evidence=words, late=late_now_and_then)
    def answer(self, who: str, number: int, level: str | None, evidence: str, late: bool) -> None:
        row = self._row(SelfAssessment, number)
        allowed = who == "lead" and self.state in EDITABLE_STATES and number in self.scored
        same = (level, evidence) == self.own.get(number, (None, "")) and self.state != State.NOT_STARTED
        done = self._try(
            who,
            lambda by: answers.save_answer(
                by=by,
                at=self.clock,
                assessment_id=self.assessment_id,
                number=number,
                version=row.version - 1 if late else row.version,
                reply=answers.Reply(level_code=level, evidence=evidence),
            ),
            # Somebody who is late with what stands already has lost nothing, and is told nothing.
            allowed and (not late or same),
        )
        if done and not late:
            self.own[number] = level, evidence
            if self.state == State.NOT_STARTED:
                self._moved("start", who)

    @rule()
    def answer_all(self) -> None:
        if self.state in EDITABLE_STATES:
            for number in sorted(self.scored):
                level, evidence = self.own.get(number, (None, ""))
                if level is None or not evidence:
                    self.answer("lead", number, "met", "A panel meets.", False)

    @rule(who=mostly("adviser"), number=numbers, level=levels, summary=words, late=late_now_and_then)
    def review(self, who: str, number: int, level: str | None, summary: str, late: bool) -> None:
        row = self._row(Review, number)
        allowed = who == "adviser" and self.state == State.IN_REVIEW and number in self.scored
        same = (level, summary) == self.theirs.get(number, (None, ""))
        done = self._try(
            who,
            lambda by: reviews.save_review(
                by=by,
                at=self.clock,
                assessment_id=self.assessment_id,
                number=number,
                version=row.version - 1 if late else row.version,
                **self._judgement(level, summary),
            ),
            allowed and (not late or same),
        )
        if done and not late:
            self.theirs[number] = level, summary

    @rule(level=st.sampled_from(["met", "exceeding"]))
    def review_all(self, level: str) -> None:
        if self.state == State.IN_REVIEW:
            for number in sorted(self.scored):
                given, summary = self.theirs.get(number, (None, ""))
                if given is None or not summary:
                    self.review("adviser", number, level, "Summary.", False)

    @rule(who=mostly("lead"))
    def answer_a_question(self, who: str) -> None:
        with all_rows():
            waiting = Question.objects.filter(assessment_id=self.assessment_id, answered_at__isnull=True).first()
        if waiting is None:
            return
        allowed = who == "lead" and self.state == State.CLARIFICATION
        if self._try(
            who,
            lambda by: questions.save_question_answer(
                by=by, at=self.clock, question_id=waiting.pk, version=waiting.version, answer="These people do."
            ),
            allowed,
        ):
            self.open_questions -= 1

    # What moves it

    @rule(who=mostly("lead"), late=late_now_and_then)
    def submit(self, who: str, late: bool) -> None:
        complete = all(self.own.get(number, (None, ""))[0] and self.own[number][1] for number in self.scored)
        self._move("submit", who, answers.submit, complete, late, declaration="I declare that this is so.")

    @rule(who=mostly("lead"), late=late_now_and_then)
    def recall(self, who: str, late: bool) -> None:
        self._move("recall", who, answers.recall, True, late)

    @rule(who=mostly("adviser"), late=late_now_and_then)
    def begin_review(self, who: str, late: bool) -> None:
        self._move("begin_review", who, reviews.begin_review, True, late)

    @rule(who=mostly("adviser"), count=st.integers(0, 2), late=late_now_and_then)
    def ask(self, who: str, count: int, late: bool) -> None:
        asked = [questions.NewQuestion(f"Who? {index}", due=self.clock.date(), number=1) for index in range(count)]
        if self._move("ask", who, questions.ask, count > 0, late, questions=asked):
            self.open_questions += count

    @rule(who=mostly("lead"), late=late_now_and_then)
    def send_answers(self, who: str, late: bool) -> None:
        self._move("answer", who, questions.send_answers, self.open_questions == 0, late)

    @rule(who=mostly("adviser"), late=late_now_and_then)
    def propose(self, who: str, late: bool) -> None:
        complete = all(self.theirs.get(number, (None, ""))[0] and self.theirs[number][1] for number in self.scored)
        self._move("propose", who, agreement.propose, complete, late)

    @rule(who=mostly("lead"), note=words, late=late_now_and_then)
    def accept(self, who: str, note: str, late: bool) -> None:
        if self._move("accept", who, agreement.accept, True, late, note=note):
            self._stand({})

    @rule(who=mostly("lead"), disputed=st.frozensets(numbers, max_size=3), late=late_now_and_then)
    def dispute(self, who: str, disputed: frozenset[int], late: bool) -> None:
        ready = bool(disputed) and disputed <= self.scored
        if self._move("dispute", who, agreement.dispute, ready, late, reasons=dict.fromkeys(disputed, "We did more.")):
            self.disputed = disputed

    @rule(who=mostly("adviser"), late=late_now_and_then)
    def reconsider(self, who: str, late: bool) -> None:
        self._move("reconsider", who, agreement.reconsider, True, late)

    @rule(
        who=mostly("manager"),
        reason=words,
        number=numbers,
        level=st.sampled_from(["not_met", "exceeding"]),
        late=late_now_and_then,
    )
    def settle(self, who: str, reason: str, number: int, level: str, late: bool) -> None:
        ready = bool(reason) and number in self.disputed
        if self._move("settle", who, agreement.settle, ready, late, reason=reason, levels={number: level}):
            self._stand({number: level})
            self.settled = self.disputed

    @rule(who=mostly("manager"), reason=words, late=late_now_and_then)
    def reopen(self, who: str, reason: str, late: bool) -> None:
        ready = bool(reason) and not self.has_letter
        if self._move("reopen", who, agreement.reopen, ready, late, reason=reason):
            self.stands, self.settled = {}, frozenset()

    @rule(who=mostly("administrator"), reason=words, sure=st.integers(0, 4), late=late_now_and_then)
    def withdraw(self, who: str, reason: str, sure: int, late: bool) -> None:
        # It ends everything, so it is tried seldom.
        if sure:
            return
        if self._move("withdraw", who, reviews.withdraw, bool(reason), late, reason=reason):
            self.stands, self.settled = {}, frozenset()

    @rule()
    def go_on(self) -> None:
        """What comes next in most years, so that the later states are reached as often as the earlier ones."""
        match NEXT.get(self.state):
            case (_, "start") | (_, "submit") as step:
                self.answer_all()
                if step[1] == "submit":
                    self.submit("lead", False)
            case (who, "begin_review"):
                self.begin_review(who, False)
            case (who, "propose"):
                self.review_all("met")
                self.propose(who, False)
            case (who, "answer"):
                while self.open_questions:
                    self.answer_a_question(who)
                self.send_answers(who, False)
            case (who, "accept"):
                self.dispute(who, frozenset({1}), False)
            case (who, "settle"):
                self.settle(who, "Both have a point.", min(self.disputed), "exceeding", False)

    @rule(issued=st.booleans())
    def letter_leaves_or_is_withdrawn(self, issued: bool) -> None:
        if self.state == State.AGREED and issued != self.has_letter:
            state, moment = (LetterState.ISSUED, self.clock) if issued else ("", None)
            changes = {"letter_state": state, "letter_issued_at": moment}
            with all_rows():
                reviews.note_letter(self.assessment_id, changes, by=self.universe.operator, at=self.clock)
            self.has_letter = issued
            self.letter_movements += 1

    # What has to hold

    @invariant()
    def the_record_is_as_the_picture_says(self) -> None:
        if not hasattr(self, "state"):
            return
        with all_rows():
            found = Assessment.objects.get(pk=self.assessment_id)
            assert found.state == self.state
            kept = dict(AgreedOutcome.objects.filter(assessment=found).values_list("benchmark__number", "level__code"))
            bases = dict(AgreedOutcome.objects.filter(assessment=found).values_list("benchmark__number", "basis"))
        assert bool(kept) == (self.state == State.AGREED)
        if kept:
            assert {number: code for number, code in kept.items() if number in self.scored} == self.stands
            assert {number for number, code in kept.items() if code is None} == set(range(1, 9)) - self.scored
            assert {number for number, basis in bases.items() if basis == Basis.SETTLED} == self.settled

    @invariant()
    def every_movement_has_one_event(self) -> None:
        if not hasattr(self, "state"):
            return
        with all_rows():
            rows = Event.objects.filter(assessment_id=self.assessment_id).order_by("id")
            moved = rows.filter(kind=EventKind.TRANSITION)
            found = list(moved.values_list("name", "from_state", "to_state", "person_id"))
            outcomes = rows.filter(kind=EventKind.OUTCOME).count()
        assert found == self.moves
        # With a withdrawal they move where any stood.
        moves = [name for name, before, *_ in self.moves if name in OUTCOMES_MOVE or before == State.AGREED]
        expected = len(moves) * len(self.scored)
        assert outcomes == expected

    @invariant()
    def history_is_complete(self) -> None:
        """The newest line of each record's history is the record, and nothing that is gone lacks its last line."""
        if not hasattr(self, "state"):
            return
        with all_rows():
            for model in WITH_HISTORY:
                names = [field.attname for field in model.history.model.tracked_fields]
                newest: dict[int, dict[str, Any]] = {}
                for row in model.history.order_by("history_id").values("history_type", *names):
                    newest[row["id"]] = row
                current = {row["id"]: row for row in model._base_manager.values(*names)}
                there = {pk: row for pk, row in newest.items() if row.pop("history_type") != "-"}
                assert there == current, model._meta.label
            count = Assessment.history.filter(id=self.assessment_id).count()
        assert count == 1 + len(self.moves) + self.letter_movements

    @invariant()
    def each_side_sees_what_is_for_it(self) -> None:
        if not hasattr(self, "state"):
            return
        with as_actor(self.universe.lead) as lead:
            assert visible(lead, Review).exists() == (self.state in SHARED_STATES)
            told = visible(lead, Event).filter(kind=EventKind.REVIEWED)
            assert not told.exists()
        with as_actor(self.universe.adviser) as adviser:
            submitted = self.state not in EDITABLE_STATES and any(name == "submit" for name, *_ in self.moves)
            assert visible(adviser, SelfAssessment).exists() == submitted

    # Helpers

    def _judgement(self, level: str | None, summary: str) -> dict[str, Any]:
        return {"level_code": level, "summary": summary, "comments": ""}

    def _row(self, model: Any, number: int) -> Any:
        with all_rows():
            return model.objects.get(assessment_id=self.assessment_id, benchmark__number=number)

    def _stand(self, levels: dict[int, str]) -> None:
        self.stands = {number: levels.get(number, self.theirs[number][0]) for number in self.scored}

    def _try(self, who: str, act: Callable[[Any], Any], allowed: bool) -> bool:
        """Do it as somebody: what is allowed happens, and what is not is refused and leaves nothing behind."""
        self.clock += timedelta(minutes=7)
        before = None if allowed else written(self.universe)
        try:
            with as_actor(self.universe.cast[who]) as by:
                act(by)
        except REFUSALS as refusal:
            assert not allowed, refusal
            assert written(self.universe) == before
            return False
        assert allowed, f"{who} was let through"
        return True

    def _move(self, name: str, who: str, action: Callable[..., Any], ready: bool, late: bool, **given: Any) -> bool:
        """Try a transition; ``late`` is to decide on what somebody else has changed since."""
        transition = ASSESSMENT_MOVES[name]
        with all_rows():
            version = Assessment.objects.values_list("version", flat=True).get(pk=self.assessment_id)
        allowed = who in transition.who and self.state in transition.sources and ready and not late
        common = {"at": self.clock, "assessment_id": self.assessment_id, "version": version - late}
        done = self._try(who, lambda by: action(by=by, **common, **given), allowed)
        if done:
            self._moved(name, who)
        return done

    def _moved(self, name: str, who: str) -> None:
        target = ASSESSMENT_MOVES[name].target
        self.moves.append((name, self.state, target, self.universe.cast[who].pk))
        self.state = target
        self.made[name] += 1


WITH_HISTORY: list[type[models.Model]] = [
    model
    for model in our_models()
    if not is_history(model) and hasattr(model, "history") and any(f.name == "assessment" for f in model._meta.fields)
] + [Assessment]


@pytest.fixture
def life(universe: Universe) -> type[Life]:
    assessment = universe.assessment()
    Life.universe, Life.assessment_id, Life.made = universe, assessment.pk, Counter()
    scheme = universe.scheme()
    with all_rows():
        rows = SelfAssessment.objects.filter(assessment=assessment).exclude(answer=Answer.NOT_APPLICABLE)
        Life.scored = frozenset(rows.values_list("benchmark__number", flat=True))
    assert Life.scored < set(scheme.benchmarks), "a benchmark that is not scored is among what is tried"
    return Life


@pytest.mark.parametrize("steps", range(7))
def test_whatever_people_do_the_record_holds(life: type[Life], steps: int) -> None:
    """From each state on that a year comes to, to the settlement of a dispute."""
    life.steps = steps
    settings = hypothesis.settings(
        max_examples=4,
        stateful_step_count=25,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
    run_state_machine_as_test(life, settings=settings)
    assert set(life.made) >= set(ON_THE_WAY[:steps]), "the way there is part of every run"
