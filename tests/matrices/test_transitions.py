"""Every state × every transition × every person, for assessments and for letters.

The tables below are DESIGN section 5 in words of their own. What may happen is done through the actions, as the
person who may; everything else is computed from what is not in the tables, and has to be refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import models

from assurance import scope
from assurance.access import Actor, Forbidden, NotFound
from assurance.actions import agreement, answers, cycles, questions, reference, reviews
from assurance.models import AgreedOutcome, Assessment, Event
from assurance.vocabulary import Basis, CycleState, EventKind, LetterState, Role, State
from assurance.workflow import ASSESSMENT, Blocked, Moved, Table, _no_guard, perform
from letters import actions as letter_actions
from letters.models import Letter
from letters.workflow import LETTER
from tests.matrices.world import CAST, COLLEAGUES, OURS, changed, give, imported, prepare, undone, written
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

S, L = State, LetterState


@dataclass(frozen=True)
class Move:
    """A transition as the design has it: from, to, and who of the cast may make it."""

    sources: frozenset[str]
    target: str
    who: frozenset[str]


def move(sources: str, target: str, who: str) -> Move:
    return Move(frozenset(sources.split()), target, frozenset(who.split()))


ANY = "not_started in_progress submitted in_review clarification proposed disputed agreed"

ASSESSMENT_MOVES = {
    "start": move("not_started", "in_progress", "lead contributor"),
    "submit": move("in_progress", "submitted", "lead"),
    "recall": move("submitted", "in_progress", "lead"),
    "begin_review": move("submitted", "in_review", "adviser"),
    "ask": move("in_review", "clarification", "adviser"),
    "answer": move("clarification", "in_review", "lead"),
    "propose": move("in_review", "proposed", "adviser"),
    "accept": move("proposed", "agreed", "lead"),
    "dispute": move("proposed", "disputed", "lead"),
    "reconsider": move("disputed", "in_review", "adviser"),
    "settle": move("disputed", "agreed", "manager"),
    "reopen": move("agreed", "in_review", "manager"),
    "withdraw": move(ANY, "withdrawn", "administrator"),
    # Of records of earlier years.
    "undo_import": move("agreed", "withdrawn", "manager"),
    "import_again": move("withdrawn", "agreed", "manager"),
}

LETTER_MOVES = {
    "send_for_check": move("draft", "accuracy_check", "adviser"),
    "end_check": move("accuracy_check", "draft", "adviser"),
    "send_for_approval": move("draft accuracy_check", "awaiting_approval", "adviser"),
    "return": move("awaiting_approval", "draft", "signatory"),
    "approve": move("awaiting_approval", "approved", "signatory"),
    "issue": move("approved", "issued", "signatory"),
    "supersede": move("issued", "superseded", "signatory"),
    "withdraw": move("draft accuracy_check awaiting_approval approved issued", "withdrawn", "signatory"),
}

Act = Callable[[Universe, Actor, Any, datetime], Any]


def _save_first_answer(universe: Universe, by: Actor, assessment: Assessment, at: datetime) -> Any:
    return answers.save_answer(
        by=by,
        at=at,
        assessment_id=assessment.pk,
        number=2,
        version=1,
        reply=answers.Reply(level_code="met", evidence="A panel meets."),
    )


def _ask(universe: Universe, by: Actor, assessment: Assessment, at: datetime) -> Any:
    question = questions.NewQuestion("Since when?", due=at.date(), number=1)
    return questions.ask(by=by, at=at, assessment_id=assessment.pk, questions=[question])


def _plain(action: Callable[..., Any], **given: Any) -> Act:
    return lambda universe, by, record, at: action(by=by, at=at, assessment_id=record.pk, **given)


def _letter(action: Callable[..., Any], **given: Any) -> Act:
    return lambda universe, by, record, at: action(by=by, at=at, letter_id=record.pk, **given)


def _issue(universe: Universe, by: Actor, letter: Letter, at: datetime) -> Any:
    # The task acts for the signatory who approved, in the scope of the letter's authority alone.
    with scope.authorities([letter.authority_id]):
        return letter_actions.make_file(letter_id=letter.pk, at=at)


def _supersede(universe: Universe, by: Actor, letter: Letter, at: datetime) -> Any:
    replacement = universe.correction()
    for state in (L.AWAITING_APPROVAL, L.APPROVED):
        replacement = universe.advance_letter(replacement, state)
    return _issue(universe, by, replacement, at)


WHY = "Because it is so."


def _engine(name: str, **given: Any) -> Act:
    """The movement alone: the action makes it for all records of an import at once."""
    return lambda universe, by, record, at: perform(ASSESSMENT, record.pk, name, by=by, at=at, given=given)


ACTIONS: dict[str, Act] = {
    "start": _save_first_answer,
    "submit": _plain(answers.submit, declaration="I confirm it."),
    "recall": _plain(answers.recall),
    "begin_review": _plain(reviews.begin_review),
    "ask": _ask,
    "answer": _plain(questions.send_answers),
    "propose": _plain(agreement.propose),
    "accept": _plain(agreement.accept),
    "dispute": _plain(agreement.dispute, reasons={1: "We did more than this."}),
    "reconsider": _plain(agreement.reconsider),
    "settle": _plain(agreement.settle, reason=WHY, levels={1: "exceeding"}),
    "reopen": _plain(agreement.reopen, reason=WHY),
    "withdraw": _plain(reviews.withdraw, reason=WHY),
    "undo_import": _engine("undo_import", reason=WHY),
    "import_again": _engine("import_again"),
}
LETTER_ACTIONS: dict[str, Act] = {
    "send_for_check": _letter(letter_actions.send_for_check),
    "end_check": _letter(letter_actions.end_check),
    "send_for_approval": _letter(letter_actions.send_for_approval),
    "return": _letter(letter_actions.return_letter, reason=WHY),
    "approve": _letter(letter_actions.approve, enqueue=lambda letter_id, authority_id: None),
    "issue": _issue,
    "supersede": _supersede,
    "withdraw": _letter(letter_actions.withdraw_letter, reason=WHY),
}

BY_ENGINE = frozenset({"start", "issue", "supersede", "undo_import", "import_again"})
"""No action makes only this movement where it is not allowed, so the engine itself is asked to."""

EVERYTHING_NEEDED: Mapping[str, Any] = {
    "reason": WHY,
    "declaration": "I confirm it.",
    "questions": ["one"],
    "disputes": {1: WHY},
}

WITH_REASON = frozenset({"settle", "reopen", "withdraw", "return", "undo_import"})

LATER = timedelta(hours=1)
"""Movements here happen an hour after what made the record, so that theirs can be told apart."""


@dataclass(frozen=True)
class Life:
    """A workflow table with all that is needed to try it out."""

    table: Table
    moves: Mapping[str, Move]
    actions: Mapping[str, Act]
    states: type[models.TextChoices]
    record: Callable[[Universe, Any], Any]

    def pairs(self, *, allowed: bool) -> list[tuple[str, str]]:
        """Every state with every transition that starts there, or does not."""
        return [
            (state.value, name)
            for state in self.states
            for name, one in self.moves.items()
            if (state.value in one.sources) is allowed
        ]


ASSESSMENTS = Life(
    ASSESSMENT, ASSESSMENT_MOVES, ACTIONS, State, lambda universe, state: universe.assessment(State(state))
)
LETTERS = Life(
    LETTER, LETTER_MOVES, LETTER_ACTIONS, LetterState, lambda universe, state: universe.letter(LetterState(state))
)
LIVES = {"assessment": ASSESSMENTS, "letter": LETTERS}
ALLOWED = [
    pytest.param(life, state, name, id=f"{key}-{state}-{name}")
    for key, life in LIVES.items()
    for state, name in life.pairs(allowed=True)
]
STATES = [pytest.param(life, state.value, id=f"{key}-{state}") for key, life in LIVES.items() for state in life.states]


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_the_table_is_the_design(life: Life) -> None:
    """Same transitions, same ends; every one has an action that makes it; there is nothing beside them."""
    assert {row.name: (row.sources, row.target) for row in life.table.rows} == {
        name: (one.sources, one.target) for name, one in life.moves.items()
    }
    assert len(life.table.rows) == len(life.moves)
    assert set(life.actions) == set(life.moves)
    assert len(life.pairs(allowed=True)) + len(life.pairs(allowed=False)) == len(life.moves) * len(life.states)


def test_nothing_leads_out_of_the_end_but_a_later_import() -> None:
    assert [name for state, name in ASSESSMENTS.pairs(allowed=True) if state == S.WITHDRAWN] == ["import_again"]
    assert not [name for state, name in LETTERS.pairs(allowed=True) if state in (L.WITHDRAWN, L.SUPERSEDED)]


@pytest.mark.parametrize(("life", "state", "name"), ALLOWED)
def test_what_may_happen_happens(universe: Universe, life: Life, state: str, name: str) -> None:
    """By everybody who may: the record moves, with one event of that movement and one line of history."""
    record = life.record(universe, state)
    _prepare(universe, life, name, record)
    at = universe.at + LATER
    for who in sorted(life.moves[name].who):
        with undone():
            before = _trail(life, record)
            with as_actor(universe.cast[who]) as by:
                life.actions[name](universe, by, record, at)
            after = _trail(life, record)
            events = [event for event in after.events if event not in before.events]
            history = [line for line in after.history if line not in before.history]
            person = universe.cast[who]
            reason = WHY if name in WITH_REASON else ""
            assert events == [(name, state, life.moves[name].target, person.pk, person.name, at, reason)]
            moved = [line for line in history if line[0] != state]
            assert moved == [(life.moves[name].target, person.pk, at, after.version)]
            assert len(history) == 1, "more than one line of history for one movement"
            assert (after.state, after.since) == (life.moves[name].target, at)
            assert after.version == before.version + 1


@pytest.mark.parametrize(("life", "state"), STATES)
def test_what_may_not_happen_does_not(universe: Universe, life: Life, state: str) -> None:
    """Every transition that does not start here is refused to whoever might make it elsewhere; nothing is written."""
    record = life.record(universe, state)
    at = universe.at + LATER
    names = [name for where, name in life.pairs(allowed=False) if where == state]
    before = written(universe)
    for name in names:
        for who in sorted(life.moves[name].who):
            with as_actor(universe.cast[who]) as by:
                if name in BY_ENGINE:
                    with pytest.raises(Moved):
                        perform(life.table, record.pk, name, by=by, at=at, given=EVERYTHING_NEEDED)
                else:
                    with pytest.raises(Moved):
                        life.actions[name](universe, by, record, at)
    assert not changed(before, written(universe))


@pytest.mark.parametrize(("life", "state"), STATES)
def test_nobody_else_can_make_it_happen(universe: Universe, life: Life, state: str) -> None:
    """In any state, any transition, anybody who may not: a colleague is told so, others find nothing.

    The database is open to them here, so that it is the policy that refuses.
    """
    record = life.record(universe, state)
    at = universe.at + LATER
    before = written(universe)
    for who in CAST:
        with as_actor(universe.cast[who]) as by:
            scope._set("{}", "on", "{}")
            for name, one in life.moves.items():
                if who in one.who:
                    continue
                with pytest.raises(Forbidden if who in COLLEAGUES else NotFound):
                    perform(life.table, record.pk, name, by=by, at=at, given=EVERYTHING_NEEDED)
                if name not in BY_ENGINE:
                    with pytest.raises(Forbidden if who in COLLEAGUES else NotFound):
                        life.actions[name](universe, by, record, at)
    assert not changed(before, written(universe))


def test_a_first_answer_starts_only_for_whoever_may(universe: Universe) -> None:
    """The action behind "start", which the matrix above asks the engine for."""
    assessment = universe.assessment()
    before = written(universe)
    for who in CAST:
        if who != "lead":
            with as_actor(universe.cast[who]) as by, pytest.raises(Forbidden if who in COLLEAGUES else NotFound):
                _save_first_answer(universe, by, assessment, universe.at)
    assert not changed(before, written(universe))


# What has to be there first


@dataclass(frozen=True)
class Obstacle:
    """Something missing: the record from which it is, and how many things the refusal then names."""

    life: Life
    name: str
    record: Callable[[Universe], Any]
    named: int
    who: str = "lead"


def _closed(state: State) -> Callable[[Universe], Any]:
    def record(universe: Universe) -> Assessment:
        assessment = universe.assessment(state)
        if state == S.IN_PROGRESS:
            prepare(universe, "submit", assessment)
        with as_actor(universe.administrator) as by:
            assert cycles.close_cycle(by=by, at=universe.at, cycle_id=assessment.cycle_id).state == CycleState.CLOSED
        return assessment

    return record


def _without(field: str, transition: str) -> Callable[[Universe], Any]:
    """All of benchmark 3 but one thing, everything else whole."""

    def record(universe: Universe) -> Assessment:
        values: dict[str, Any]
        missing = {field: None if field == "level_code" else ""}
        if transition == "submit":
            assessment = universe.assessment(S.IN_PROGRESS)
            values = {"level_code": "met", "evidence": "A panel meets."} | missing
            with as_actor(universe.lead) as by:
                answers.save_answer(
                    by=by,
                    at=universe.at,
                    assessment_id=assessment.pk,
                    number=3,
                    version=1,
                    reply=answers.Reply(**values),
                )
            for number, benchmark in universe.scheme().benchmarks.items():
                if benchmark.scored and number not in (1, 3):
                    with as_actor(universe.lead) as by:
                        answers.save_answer(
                            by=by,
                            at=universe.at,
                            assessment_id=assessment.pk,
                            number=number,
                            version=1,
                            reply=answers.Reply(level_code="met", evidence="A panel meets."),
                        )
        else:
            assessment = universe.assessment(S.IN_REVIEW)
            universe.review_all(assessment.pk, universe.alder, universe.scheme())
            values = {"level_code": "met", "summary": "A panel meets."} | missing
            with as_actor(universe.adviser) as by:
                reviews.save_review(
                    by=by, at=universe.at, assessment_id=assessment.pk, number=3, version=2, comments="", **values
                )
        return assessment

    return record


def _imported_with_letter(universe: Universe) -> Assessment:
    """A record of an earlier year on which there is a letter, and whose outcomes somebody else agreed."""
    assessment = universe.letter(L.DRAFT).assessment
    imported(universe, assessment)
    with all_rows():
        AgreedOutcome.objects.filter(assessment=assessment, benchmark__number=1).update(basis=Basis.AGREED)
    return assessment


def _with_issued_letter(universe: Universe) -> Assessment:
    return universe.letter(L.ISSUED).assessment


def _incomplete_letter(state: LetterState) -> Callable[[Universe], Any]:
    """A letter that says neither to whom nor from whom it is (four things)."""

    def record(universe: Universe) -> Letter:
        letter = universe.letter()
        names = ("addressee_name", "addressee_organisation", "salutation", "sender_name")
        values = {name: getattr(letter, name) for name in (*letter_actions.SHORT, *letter_actions.LINES)}
        values |= {"letter_date": None, "summary": ""} | dict.fromkeys(names, "")
        with as_actor(universe.adviser) as by:
            return letter_actions.save_letter(
                by=by, at=universe.at, letter_id=letter.pk, version=letter.version, values=values
            )

    return record


def _reopened(state: LetterState) -> Callable[[Universe], Any]:
    """A letter whose assessment was taken back into review meanwhile."""

    def record(universe: Universe) -> Letter:
        letter = universe.letter(state)
        with as_actor(universe.manager) as by:
            agreement.reopen(by=by, at=universe.at, assessment_id=letter.assessment_id, reason=WHY)
        return letter

    return record


def _drafted_by_signatory(universe: Universe) -> Letter:
    """A letter that its drafter could approve, because they are a signatory too."""
    with all_rows():
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=universe.signatory,
            role=Role.ADVISER,
            authority=universe.alder,
            starts=MEMBERS_SINCE,
        )
    universe.adviser = universe.signatory
    return universe.letter(L.AWAITING_APPROVAL)


def _edited_by_signatory(universe: Universe) -> Letter:
    """A letter that somebody else drafted, and that the signatory edited."""
    letter = universe.letter()
    with all_rows():
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=universe.signatory,
            role=Role.ADVISER,
            authority=universe.alder,
            starts=MEMBERS_SINCE,
        )
    values = {name: getattr(letter, name) for name in (*letter_actions.SHORT, *letter_actions.LINES)}
    with as_actor(universe.signatory) as by:
        letter_actions.save_letter(
            by=by,
            at=universe.at,
            letter_id=letter.pk,
            version=letter.version,
            values=values | {"letter_date": None, "summary": "Mine."},
        )
    return universe.letter(L.AWAITING_APPROVAL)


SCORED = 7
"""Scored benchmarks of la-8."""

OBSTACLES = [
    Obstacle(ASSESSMENTS, "start", _closed(S.NOT_STARTED), 1),
    Obstacle(ASSESSMENTS, "submit", _closed(S.IN_PROGRESS), 1),
    Obstacle(ASSESSMENTS, "submit", lambda universe: universe.assessment(S.IN_PROGRESS), 2 * (SCORED - 1)),
    Obstacle(ASSESSMENTS, "submit", _without("level_code", "submit"), 1),
    Obstacle(ASSESSMENTS, "submit", _without("evidence", "submit"), 1),
    Obstacle(ASSESSMENTS, "recall", _closed(S.SUBMITTED), 1),
    Obstacle(ASSESSMENTS, "answer", lambda universe: universe.assessment(S.CLARIFICATION), 1),
    Obstacle(ASSESSMENTS, "propose", lambda universe: universe.assessment(S.IN_REVIEW), 2 * SCORED, "adviser"),
    Obstacle(ASSESSMENTS, "propose", _without("level_code", "propose"), 1, "adviser"),
    Obstacle(ASSESSMENTS, "propose", _without("summary", "propose"), 1, "adviser"),
    Obstacle(ASSESSMENTS, "reopen", _with_issued_letter, 1, "manager"),
    Obstacle(ASSESSMENTS, "undo_import", lambda universe: universe.assessment(S.AGREED), 1, "manager"),
    Obstacle(ASSESSMENTS, "undo_import", _imported_with_letter, 2, "manager"),
    Obstacle(ASSESSMENTS, "import_again", lambda universe: universe.assessment(S.WITHDRAWN), 1, "manager"),
    Obstacle(LETTERS, "send_for_check", _incomplete_letter(L.DRAFT), 4, "adviser"),
    Obstacle(LETTERS, "send_for_check", _reopened(L.DRAFT), 1, "adviser"),
    Obstacle(LETTERS, "send_for_approval", _incomplete_letter(L.DRAFT), 4, "adviser"),
    Obstacle(LETTERS, "send_for_approval", _reopened(L.ACCURACY_CHECK), 1, "adviser"),
    Obstacle(LETTERS, "approve", _reopened(L.AWAITING_APPROVAL), 1, "signatory"),
    Obstacle(LETTERS, "approve", _drafted_by_signatory, 1, "signatory"),
    Obstacle(LETTERS, "approve", _edited_by_signatory, 1, "signatory"),
    Obstacle(LETTERS, "issue", lambda universe: universe.letter(L.APPROVED), 1, "signatory"),
]


def test_every_guard_is_tried() -> None:
    """A guard that stands in a table is met here; that it lets pass what is whole is above."""
    for life in LIVES.values():
        guarded = {row.name for row in life.table.rows if row.guard is not _no_guard}
        assert {one.name for one in OBSTACLES if one.life is life} == guarded


@pytest.mark.parametrize("one", OBSTACLES, ids=lambda one: one.name)
def test_a_guard_refuses(universe: Universe, one: Obstacle) -> None:
    record = one.record(universe)
    before = written(universe)
    with as_actor(universe.cast[one.who]) as by, pytest.raises(Blocked) as refused:
        if one.name in BY_ENGINE:
            perform(one.life.table, record.pk, one.name, by=by, at=universe.at, given=EVERYTHING_NEEDED)
        else:
            one.life.actions[one.name](universe, by, record, universe.at)
    assert len(refused.value.obstacles) == one.named
    assert not changed(before, written(universe))


EMPTY: dict[tuple[str, str, str], list[Act]] = {
    ("assessment", "submit", "declaration"): [_plain(answers.submit, declaration="")],
    ("assessment", "ask", "questions"): [_plain(questions.ask, questions=[])],
    ("assessment", "dispute", "disputes"): [
        _plain(agreement.dispute, reasons={}),
        _plain(agreement.dispute, reasons={1: "", 2: " \n\t"}),
    ],
    ("assessment", "settle", "reason"): [
        _plain(agreement.settle, reason=text, levels={1: "met"}) for text in ("", " \n\t")
    ],
    ("assessment", "reopen", "reason"): [_plain(agreement.reopen, reason=text) for text in ("", " \n\t")],
    ("assessment", "withdraw", "reason"): [_plain(reviews.withdraw, reason=text) for text in ("", " \n\t")],
    ("assessment", "undo_import", "reason"): [_engine("undo_import", reason="")],
    ("letter", "return", "reason"): [_letter(letter_actions.return_letter, reason=text) for text in ("", " \n\t")],
    ("letter", "withdraw", "reason"): [_letter(letter_actions.withdraw_letter, reason=text) for text in ("", " \n\t")],
}
"""What a transition needs, given empty."""


def test_every_need_is_tried() -> None:
    needs = {(key, row.name, need) for key, life in LIVES.items() for row in life.table.rows for need in row.needs}
    assert set(EMPTY) == needs
    assert {need for _key, _name, need in needs} == set(EVERYTHING_NEEDED)


@pytest.mark.parametrize(("key", "name", "need"), [pytest.param(*one, id="-".join(one)) for one in EMPTY])
def test_what_is_needed_may_not_be_empty(universe: Universe, key: str, name: str, need: str) -> None:
    life = LIVES[key]
    (who,) = life.moves[name].who
    record = life.record(universe, sorted(life.moves[name].sources)[-1])
    _prepare(universe, life, name, record)
    before = written(universe)
    for act in EMPTY[key, name, need]:
        with as_actor(universe.cast[who]) as by, pytest.raises(Blocked) as refused:
            act(universe, by, record, universe.at)
        assert len(refused.value.obstacles) == 1
    assert not changed(before, written(universe))


def test_a_letter_can_be_corrected_after_the_first_was_withdrawn(universe: Universe) -> None:
    """There is nothing to supersede then, and the correction must not get stuck for it."""
    first = universe.letter(L.ISSUED)
    second = universe.correction()
    universe.advance_letter(first, L.WITHDRAWN)
    for state in (L.AWAITING_APPROVAL, L.APPROVED, L.ISSUED):
        second = universe.advance_letter(second, state)
    assert second.state == L.ISSUED
    with all_rows():
        assert Letter.objects.get(pk=first.pk).state == L.WITHDRAWN


# The state moves nowhere else

ROOT = Path(settings.BASE_DIR)
ASSIGNS = {
    "assurance/workflow.py": {"record.state"},
    "assurance/actions/cycles.py": {"cycle.state"},
}
"""Where a state is assigned: by the engine, and for cycles, which have two movements and no table."""
NO_RECORD = {
    "assurance/actions/documents.py": {"document.state"},
    "assurance/actions/exports.py": {"export.state"},
    "assurance/actions/messages.py": {"message.state", "one.state"},
    "assurance/actions/workbook.py": {"row.state"},
    "assurance/actions/history_import.py": {"row.state"},
    "assurance/templatetags/portfolio.py": {"self.state", "line.state"},
    "letters/batches.py": {"batch.state", "one.state", "item.state"},
}
"""Where the state is one of work in progress: of a document, an export, a message, an upload, a batch or one of its
items, which no workflow moves; or a part of a row that is drawn."""
CONSTRUCTS = {
    "assurance/actions/importing.py": {"Assessment", "Cycle"},
}
"""Where a record is made in a state that is not its first one: past years come finished."""
ANY_FIELD = {
    "assurance/workflow.py": "changes that an action hands over with the movement",
    "assurance/actions/evidence.py": "title, address, benchmarks and criteria of a piece of evidence",
    "assurance/actions/follow_ups.py": "progress, owner and note of what is said of a recommendation",
    "assurance/actions/points.py": "text, heading, benchmark numbers, owners and date of a list",
    "assurance/actions/reviews.py": "texts and verdicts of a judgement; how far the newest letter is",
    "assurance/actions/reference.py": "columns of the authorities' file",
    "assurance/actions/cycles.py": "the four dates",
    "letters/deliveries.py": "when somebody first opened or downloaded a letter",
    "letters/drafting.py": "what is typed, of a letter that is shown and not saved",
    "letters/actions.py": "the short fields and lists of a letter; the values of wording",
}
"""Where a field is set by a name that is not written out. Look there that it cannot be a state."""
WRITERS = frozenset({"update", "bulk_update", "update_or_create", "get_or_create", "aupdate", "create"})


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        found = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For | ast.NamedExpr):
        found = [node.target]
    elif isinstance(node, ast.withitem):
        found = [node.optional_vars] if node.optional_vars else []
    else:
        found = []
    return [part for target in found for part in ast.walk(target) if isinstance(part, ast.expr)]


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _of_no_record(name: str, node: ast.Call) -> bool:
    """Whether a call that writes a state is about work in progress: made of it, or of a query that starts at it."""
    start = ast.unparse(node).split(".")[0].split("(")[0]
    return name in NO_RECORD and start in {"Document", "Message", "Upload", "BatchItem", "waiting", "rows"}


def test_a_state_is_assigned_nowhere_else() -> None:
    assigned: dict[str, set[str]] = {}
    constructed: dict[str, set[str]] = {}
    for name, tree in _sources():
        for node in ast.walk(tree):
            for target in _targets(node):
                if isinstance(target, ast.Attribute) and target.attr == "state":
                    assigned.setdefault(name, set()).add(ast.unparse(target))
            if isinstance(node, ast.Call) and any(keyword.arg == "state" for keyword in node.keywords):
                called = _called(node)
                assert called not in WRITERS or _of_no_record(name, node), (
                    f"{name}:{node.lineno} writes a state past the engine"
                )
                if called in {"Assessment", "Letter", "Cycle"}:
                    constructed.setdefault(name, set()).add(called)
    assert assigned == ASSIGNS | NO_RECORD
    assert constructed == CONSTRUCTS


def test_a_state_is_not_written_by_another_name() -> None:
    """Neither by ``setattr``, nor among a movement's changes, nor in SQL."""
    by_any_name = set()
    for name, tree in _sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node) in {"setattr", "__setattr__"}:
                field = node.args[1]
                if not isinstance(field, ast.Constant):
                    by_any_name.add(name)
                assert not (isinstance(field, ast.Constant) and field.value == "state"), f"{name}:{node.lineno}"
            for keyword in getattr(node, "keywords", []):
                if keyword.arg in {"changes", "update_fields", "defaults"}:
                    if name in NO_RECORD and keyword.arg == "update_fields":
                        continue
                    written_out = {part.value for part in ast.walk(keyword.value) if isinstance(part, ast.Constant)}
                    assert "state" not in written_out, f"{name}: a movement's changes name the state"
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "set state" not in " ".join(node.value.casefold().split()), f"{name}:{node.lineno}"
    assert by_any_name == set(ANY_FIELD)
    assert not {"state", "state_since"} & {*letter_actions.SHORT, *letter_actions.LINES, *cycles.DATES}


@dataclass(frozen=True)
class Trail:
    """Where a record is, and what tells how it came there."""

    state: str
    since: datetime
    version: int
    events: list[tuple[Any, ...]]
    history: list[tuple[Any, ...]]


def _trail(life: Life, record: Any) -> Trail:
    of_record = {"kind": life.table.event_kind, "detail__record": record.pk}
    with all_rows():
        now = life.table.model.objects.get(pk=record.pk)
        columns = ("name", "from_state", "to_state", "person_id", "person_name", "at", "reason")
        events = list(Event.objects.filter(**of_record).values_list(*columns))
        lines = life.table.model.history.filter(id=record.pk).order_by("history_id")
        history = list(lines.values_list("state", "history_user_id", "history_date", "version"))
    return Trail(now.state, now.state_since, now.version, events, history)


def _prepare(universe: Universe, life: Life, name: str, record: Any) -> None:
    """Whatever the transition's guard asks for; for "start" what a contributor needs."""
    if life is ASSESSMENTS:
        prepare(universe, name, record)
        if name == "start":
            give(universe, record)


def test_kinds_of_movement_are_not_mixed_up() -> None:
    assert {life.table.event_kind for life in LIVES.values()} == {EventKind.TRANSITION, EventKind.LETTER_MOVED}


def test_the_engine_refuses_a_transition_that_is_not_there(universe: Universe) -> None:
    assessment = universe.assessment()
    with as_actor(universe.lead) as by, pytest.raises(KeyError):
        perform(ASSESSMENT, assessment.pk, "approve", by=by, at=universe.at)
