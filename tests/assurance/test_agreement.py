"""From a proposal to what stands: every movement told, every text kept, nothing shown before its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from assurance import access
from assurance.actions import agreement, reviews
from assurance.actions.agreement import Choice
from assurance.actions.refusals import Stale, Unfit
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Dispute,
    Event,
    Message,
    ProposalResponse,
    Review,
    User,
)
from assurance.vocabulary import Audience, Basis, EventKind, MessageKind, MessageState, State, Verdict
from assurance.workflow import Blocked, Moved
from tests.frontend.markup import Drawn
from tests.matrices.test_queries import MOST_TO_READ, MOST_TO_SAVE, is_question
from tests.matrices.world import Visitors
from tests.universe import Universe, all_rows, as_actor

HOUR = timedelta(hours=1)
WHY = "Oleander: we did more than this."
NOTE = "Quince: with thanks."


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


def judge(universe: Universe, assessment: Assessment, number: int, level: str, **more: Any) -> None:
    """The adviser comes to another outcome on a benchmark."""
    with as_actor(universe.adviser) as by:
        row = access.visible(by, Review).get(assessment=assessment, benchmark__number=number)
        given = {"summary": f"Heliotrope {number}.", "comments": f"Larkspur {number}."} | more
        reviews.save_review(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            number=number,
            version=row.version,
            level_code=level,
            **given,
        )


def propose(universe: Universe, at: Any = None) -> Assessment:
    """Outcomes are proposed: 1 above the authority's own and 2 below, the others the same."""
    assessment = universe.assessment(State.IN_REVIEW)
    judge(universe, assessment, 1, "exceeding")
    judge(universe, assessment, 2, "not_met")
    universe.review_all(assessment.pk, universe.alder, universe.scheme())
    with as_actor(universe.adviser) as by:
        return agreement.propose(by=by, at=at or universe.at, assessment_id=assessment.pk)


def scored(universe: Universe) -> list[int]:
    return [number for number, one in universe.scheme().benchmarks.items() if one.scored]


def movements(assessment: Assessment, which: str = "") -> list[tuple[int, str, str, str]]:
    """Every movement of an outcome so far, in order: benchmark, from, to, which."""
    with all_rows():
        found = Event.objects.filter(assessment=assessment, kind=EventKind.OUTCOME).order_by("at", "id")
        assert {one.audience for one in found} <= {Audience.BOTH}
        rows = [(e.detail["benchmark"], e.detail["from"], e.detail["to"], e.detail["which"]) for e in found]
    return [row for row in rows if row[3] == which] if which else rows


def fields(universe: Universe, assessment: Assessment, do: str, **chosen: Any) -> dict[str, Any]:
    """The form as a browser sends it: accepted but for the two that differ, unless something else is chosen."""
    with all_rows():
        version = Assessment.objects.get(pk=assessment.pk).version
    said: dict[str, Any] = {"do": do, "version": version, "note": ""}
    for number in scored(universe):
        said |= {f"version_{number}": 0, f"reason_{number}": ""}
        if number > 2:
            said[f"choice_{number}"] = "accept"
    return said | chosen


def as_one(universe: Universe, who: str, act: Any, assessment: Assessment, **given: Any) -> Any:
    with as_actor(universe.cast[who]) as by:
        return act(by=by, at=given.pop("at", universe.at + HOUR), assessment_id=assessment.pk, **given)


# Every movement is told


def test_proposing_tells_of_each_scored_benchmark_whence_it_moved(universe: Universe) -> None:
    assessment = propose(universe)
    rest = [(number, "Met", "Met", "proposed") for number in scored(universe)[2:]]
    assert movements(assessment) == [
        (1, "Met", "Exceeding", "proposed"),
        (2, "Met", "Not met", "proposed"),
        *rest,
    ]
    with all_rows():
        first, *others = Event.objects.filter(assessment=assessment, at=universe.at).order_by("-id")[
            : len(scored(universe)) + 1
        ][::-1]
    assert (first.name, {one.kind for one in others}) == ("propose", {EventKind.OUTCOME})


def test_after_a_dispute_outcomes_move_from_what_was_proposed(universe: Universe) -> None:
    assessment = propose(universe)
    as_one(universe, "lead", agreement.dispute, assessment, reasons={2: WHY})
    as_one(universe, "adviser", agreement.reconsider, assessment)
    judge(universe, assessment, 2, "met")
    as_one(universe, "adviser", agreement.propose, assessment, at=universe.at + 2 * HOUR)
    again = movements(assessment, "proposed")[len(scored(universe)) :]
    assert again[:3] == [
        (1, "Exceeding", "Exceeding", "proposed"),
        (2, "Not met", "Met", "proposed"),
        (3, "Met", "Met", "proposed"),
    ]
    # A dispute moves no outcome, and says which and why at the same moment.
    with all_rows():
        event = Event.objects.get(assessment=assessment, name="dispute")
        (raised,) = Dispute.objects.filter(assessment=assessment, raised_at=event.at)
        assert raised.reason == WHY


def test_what_is_accepted_stands_with_its_note(universe: Universe) -> None:
    assessment = propose(universe)
    found = as_one(universe, "lead", agreement.accept, assessment, note=f"  {NOTE} ")
    assert found.acceptance_note == NOTE
    assert movements(assessment, "agreed")[:2] == [
        (1, "Exceeding", "Exceeding", "agreed"),
        (2, "Not met", "Not met", "agreed"),
    ]
    with all_rows():
        event = Event.objects.get(assessment=assessment, name="accept")
        assert (event.reason, event.audience) == (NOTE, Audience.BOTH)
        assert Assessment.history.filter(id=assessment.pk).latest().acceptance_note == NOTE


def test_a_settlement_says_settled_of_what_was_disputed_alone(universe: Universe) -> None:
    assessment = propose(universe)
    as_one(universe, "lead", agreement.dispute, assessment, reasons={2: WHY})
    as_one(universe, "manager", agreement.settle, assessment, reason="Both have a point.", levels={2: "met"})
    assert movements(assessment, "settled") == [(2, "Not met", "Met", "settled")]
    assert len(movements(assessment, "agreed")) == len(scored(universe)) - 1
    with all_rows():
        bases = AgreedOutcome.objects.filter(assessment=assessment).values_list("benchmark__number", "basis")
        assert {number for number, basis in bases if basis == Basis.SETTLED} == {2}


def test_only_what_is_disputed_now_can_be_settled(universe: Universe) -> None:
    """Not what nobody disputed, nor what was disputed before it was reconsidered."""
    assessment = propose(universe)
    as_one(universe, "lead", agreement.dispute, assessment, reasons={1: WHY})
    as_one(universe, "adviser", agreement.reconsider, assessment, at=universe.at + 2 * HOUR)
    as_one(universe, "adviser", agreement.propose, assessment, at=universe.at + 3 * HOUR)
    as_one(universe, "lead", agreement.dispute, assessment, at=universe.at + 4 * HOUR, reasons={2: WHY})
    for number in (1, 3):
        with pytest.raises(Unfit, match="Only disputed"):
            as_one(universe, "manager", agreement.settle, assessment, reason="No.", levels={number: "met"})
    with all_rows():
        assert not AgreedOutcome.objects.filter(assessment=assessment).exists()
    as_one(universe, "manager", agreement.settle, assessment, reason="Both have a point.", levels={2: "met"})
    assert [number for number, *_rest in movements(assessment, "settled")] == [2]


@pytest.mark.parametrize(("which", "who"), [("reopened", "manager"), ("withdrawn", "administrator")])
def test_what_no_longer_stands_is_told_too(universe: Universe, which: str, who: str) -> None:
    assessment = propose(universe)
    as_one(universe, "lead", agreement.accept, assessment, note=NOTE)
    act = agreement.reopen if which == "reopened" else reviews.withdraw
    found = as_one(universe, who, act, assessment, reason="A mistake.", at=universe.at + 2 * HOUR)
    gone = movements(assessment, which)
    assert gone[:2] == [(1, "Exceeding", "", which), (2, "Not met", "", which)]
    assert len(gone) == len(scored(universe))
    with all_rows():
        assert not AgreedOutcome.objects.filter(assessment=assessment).exists()
        assert AgreedOutcome.history.filter(assessment=assessment, history_type="-").count()
        notes = Assessment.history.filter(id=assessment.pk).values_list("acceptance_note", flat=True)
        assert NOTE in notes
    assert found.acceptance_note == ("" if which == "reopened" else NOTE)


def test_an_agreed_outcome_is_there_exactly_while_it_is_agreed(universe: Universe) -> None:
    def stands() -> bool:
        with all_rows():
            state = Assessment.objects.get(pk=assessment.pk).state
            found = AgreedOutcome.objects.filter(assessment=assessment).count()
        assert (found > 0) == (state == State.AGREED), state
        return found > 0

    assessment = propose(universe)
    steps = [
        ("lead", agreement.dispute, {"reasons": {2: WHY}}),
        ("adviser", agreement.reconsider, {}),
        ("adviser", agreement.propose, {}),
        ("lead", agreement.accept, {}),
        ("manager", agreement.reopen, {"reason": WHY}),
        ("adviser", agreement.propose, {}),
        ("lead", agreement.dispute, {"reasons": {1: WHY}}),
        ("manager", agreement.settle, {"reason": WHY, "levels": {}}),
    ]
    found = [stands()]
    for place, (who, act, given) in enumerate(steps, start=2):
        as_one(universe, who, act, assessment, at=universe.at + place * HOUR, **given)
        found.append(stands())
    assert found == [False, False, False, False, True, False, False, False, True]


def test_no_event_that_an_authority_reads_tells_of_what_is_not_proposed(universe: Universe) -> None:
    """Neither before the first proposal nor in the second round."""

    def told() -> str:
        found = ""
        for who in ("lead", "contributor", "viewer"):
            with as_actor(universe.cast[who]) as actor:
                rows = access.visible(actor, Event).filter(assessment=assessment)
                found += "".join(f"{row.kind} {row.reason} {row.detail}" for row in rows)
        return found

    assessment = universe.assessment(State.IN_REVIEW)
    judge(universe, assessment, 1, "exceeding")
    assert "Exceeding" not in told() and EventKind.REVIEWED not in told()
    propose(universe)
    assert "Exceeding" in told()
    as_one(universe, "lead", agreement.dispute, assessment, reasons={2: WHY})
    as_one(universe, "adviser", agreement.reconsider, assessment)
    before = told()
    judge(universe, assessment, 3, "not_met")
    assert told() == before


# A response is prepared, then sent


def test_what_is_prepared_is_the_authoritys_own_and_goes_when_it_is_sent(universe: Universe) -> None:
    assessment = propose(universe)
    as_one(
        universe, "lead", agreement.save_choices, assessment,
        choices={1: Choice(accepts=True), 2: Choice(accepts=False, reason=WHY), 3: Choice(accepts=True)},
    )  # fmt: skip
    with all_rows():
        # Accepting one's own outcome needs no row.
        assert list(ProposalResponse.objects.values_list("benchmark__number", "accepts")) == [(1, True), (2, False)]
        events = Event.objects.filter(assessment=assessment, kind=EventKind.RESPONDED)
        assert {(one.detail["benchmark"], one.audience) for one in events} == {
            (1, Audience.AUTHORITY),
            (2, Audience.AUTHORITY),
        }
    for who, sees in (("lead", 2), ("viewer", 0), ("adviser", 0), ("manager", 0), ("administrator", 0)):
        with as_actor(universe.cast[who]) as actor:
            assert access.visible(actor, ProposalResponse).count() == sees, who
    choices = {number: Choice(accepts=True) for number in scored(universe)}
    choices |= {1: Choice(version=1, accepts=True), 2: Choice(version=1, accepts=False, reason=WHY)}
    found = as_one(universe, "lead", agreement.send_response, assessment, choices=choices, note=NOTE)
    assert found.state == State.DISPUTED
    with all_rows():
        assert not ProposalResponse.objects.exists()
        gone = ProposalResponse.history.filter(history_type="-")
        assert {one.history_user_id for one in gone} == {universe.lead.pk} and len(gone) == 2
        assert [one.reason for one in Dispute.objects.all()] == [WHY]
        assert Event.objects.get(assessment=assessment, name="dispute").reason == NOTE


def test_a_response_is_sent_when_everything_is_decided(universe: Universe) -> None:
    assessment = propose(universe)
    most = {number: Choice(accepts=True) for number in scored(universe) if number > 2}
    with pytest.raises(Blocked) as refused:
        as_one(universe, "lead", agreement.send_response, assessment, choices=most)
    assert [one.benchmark for one in refused.value.obstacles] == [1, 2]
    with pytest.raises(Unfit) as unfit:
        without = most | {1: Choice(accepts=True), 2: Choice(accepts=False)}
        as_one(universe, "lead", agreement.send_response, assessment, choices=without)
    assert unfit.value.field == "reason_2"
    with pytest.raises(Unfit):
        as_one(universe, "lead", agreement.save_choices, assessment, choices={99: Choice(accepts=True)})
    every = most | {1: Choice(accepts=True), 2: Choice(accepts=True)}
    assert as_one(universe, "lead", agreement.send_response, assessment, choices=every).state == State.AGREED


def test_two_leads_at_once_lose_nothing(universe: Universe) -> None:
    assessment = propose(universe)
    save = agreement.save_choices
    mine = {1: Choice(accepts=True), 2: Choice(), 3: Choice(accepts=True)}
    theirs = {1: Choice(), 2: Choice(accepts=False, reason=WHY), 3: Choice(accepts=False, reason=WHY)}
    as_one(universe, "lead", save, assessment, choices=theirs)
    # What I left as I saw it is no conflict, and theirs stays.
    as_one(universe, "lead", save, assessment, choices=mine)
    with all_rows():
        rows = {one.benchmark.number: one for one in ProposalResponse.objects.select_related("benchmark")}
        assert {number: row.accepts for number, row in rows.items()} == {1: True, 2: False, 3: False}
    # What I decided otherwise is one, and so is sending what I did not see.
    with pytest.raises(Stale) as refused:
        as_one(universe, "lead", save, assessment, choices={2: Choice(accepts=True)})
    assert refused.value.current[2].reason == WHY
    everything = {number: Choice(accepts=True) for number in scored(universe)}
    with pytest.raises(Stale) as refused:
        as_one(universe, "lead", agreement.send_response, assessment, choices=everything)
    assert set(refused.value.current) == {2, 3}
    with all_rows():
        assert Assessment.objects.get(pk=assessment.pk).state == State.PROPOSED


def test_a_choice_on_an_earlier_proposal_is_not_one_on_this(universe: Universe) -> None:
    assessment = propose(universe)
    as_one(universe, "lead", agreement.dispute, assessment, reasons={2: WHY})
    as_one(universe, "adviser", agreement.reconsider, assessment)
    as_one(universe, "adviser", agreement.propose, assessment, at=universe.at + 2 * HOUR)
    for act in (agreement.save_choices, agreement.send_response):
        with pytest.raises(Moved):
            as_one(universe, "lead", act, assessment, choices={1: Choice(accepts=True)}, version=assessment.version)


# The page


def test_accepting_everything_takes_two_clicks_from_home(universe: Universe, visitors: Visitors) -> None:
    assessment = propose(universe)
    page = reverse("proposal", args=[assessment.pk])
    home = Drawn(visitors.get("lead", reverse("home")).content.decode())
    assert any(page == link.get("href") for link in home.all("a"))
    drawn = Drawn(visitors.get("lead", page).content.decode())
    said = {one["name"]: one.get("value") for one in drawn.all("input") if one.get("type") == "hidden"}
    said |= {one["name"]: one["value"] for one in drawn.all("input", type="radio") if "checked" in one.attributes}
    assert {name: value for name, value in said.items() if name.startswith("choice_")} == {
        f"choice_{number}": "accept" for number in scored(universe)[2:]
    }
    assert visitors.post("lead", page, said | {"do": "accept", "note": NOTE}).status_code == 302
    with all_rows():
        found = Assessment.objects.get(pk=assessment.pk)
        assert (found.state, found.acceptance_note) == (State.AGREED, NOTE)
    for who in ("lead", "adviser"):
        record = visitors.get(who, reverse("record", args=[assessment.pk])).content.decode()
        assert NOTE in record and "Agreed on" in record


def test_enter_saves_and_sends_nothing(universe: Universe, visitors: Visitors) -> None:
    """A browser presses the first button of a form."""
    assessment = propose(universe)
    drawn = Drawn(visitors.get("lead", reverse("proposal", args=[assessment.pk])).content.decode())
    buttons = [one for one in drawn.all("button") if one.get("name") == "do"]
    assert buttons[0]["value"] == "save"


def test_the_page_shows_differences_first_with_what_belongs_to_them(universe: Universe, visitors: Visitors) -> None:
    universe.last_year()
    assessment = universe.assessment(State.IN_REVIEW)
    criterion = next(iter(universe.scheme().benchmarks[2].criteria["met"]))
    judge(
        universe, assessment, 2, "not_met", verdicts={criterion.id: Verdict.DIFFER}, notes={criterion.id: "Foxglove."}
    )
    universe.review_all(assessment.pk, universe.alder, universe.scheme())
    universe.assessment(State.PROPOSED)
    address = reverse("proposal", args=[assessment.pk])
    for who in ("lead", "contributor", "viewer"):
        page = visitors.get(who, address).content.decode()
        rows = [one.text for one in Drawn(page).all("tr") if "1 level lower" in one.text or "Same" in one.text]
        assert "1 level lower" in rows[0] and len(rows) == len(scored(universe))
        for text in (
            "Foxglove.",
            "Heliotrope 2.",
            "Larkspur 2.",
            "Agreed 2024/25",
            "Write the risks down.",
            "not agreed",
        ):
            assert text in page, text
        assert ("Accept all outcomes" in page) == (who == "lead")
    assert sum(map(is_question, visitors.statements)) <= MOST_TO_READ


def test_what_is_chosen_wrongly_is_said_at_its_field_and_kept(universe: Universe, visitors: Visitors) -> None:
    assessment = propose(universe)
    page = reverse("proposal", args=[assessment.pk])
    for do, chosen, wanted in (
        ("send", {"choice_1": "accept"}, "Choose whether you accept or dispute benchmark 2"),
        ("send", {"choice_1": "accept", "choice_2": "dispute"}, "Enter the reason why you dispute benchmark 2"),
        ("accept", {"choice_2": "dispute", "reason_2": WHY}, "Benchmark 2 is set to"),
        ("save", {"reason_2": WHY}, "on benchmark 2 to keep your reason"),
    ):
        response = visitors.post("lead", page, fields(universe, assessment, do, note=NOTE, **chosen))
        assert response.status_code == 200
        text = response.content.decode()
        assert wanted in text and NOTE in text
        assert chosen.get("reason_2", "") in text
        with all_rows():
            assert Assessment.objects.get(pk=assessment.pk).state == State.PROPOSED


def test_saving_for_later_keeps_everything(universe: Universe, visitors: Visitors) -> None:
    assessment = propose(universe)
    page = reverse("proposal", args=[assessment.pk])
    said = fields(universe, assessment, "save-1", choice_2="dispute", reason_2=WHY)
    response = visitors.post("lead", page, said)
    assert (response.status_code, response["Location"]) == (302, f"{page}#benchmark-1")
    assert sum(map(is_question, visitors.statements)) <= MOST_TO_SAVE
    text = visitors.get("lead", page).content.decode()
    assert WHY in text and "1 benchmark is not decided and saved yet: 1." in text
    assert WHY not in visitors.get("adviser", page).content.decode()
    # A note goes with the response, and until then stays where it was typed.
    kept = visitors.post("lead", page, said | {"version_2": 1, "note": NOTE})
    assert kept.status_code == 200 and NOTE in kept.content.decode() and WHY in kept.content.decode()


def test_a_colleagues_choice_is_shown_beside_ones_own(universe: Universe, visitors: Visitors) -> None:
    assessment = propose(universe)
    page = reverse("proposal", args=[assessment.pk])
    as_one(universe, "lead", agreement.save_choices, assessment, choices={2: Choice(accepts=False, reason=WHY)})
    mine = fields(universe, assessment, "save", choice_2="dispute", reason_2="Begonia: another reason.")
    response = visitors.post("lead", page, mine)
    text = response.content.decode()
    assert response.status_code == 409
    assert WHY in text and "Begonia" in text and "A colleague decided this" in text
    version = next(one for one in Drawn(text).all("input") if one.get("name") == "version_2")
    assert version["value"] == "1"
    assert visitors.post("lead", page, mine | {"version_2": 1}).status_code == 302
    with all_rows():
        assert ProposalResponse.objects.get().reason.startswith("Begonia")
        assert WHY in ProposalResponse.history.values_list("reason", flat=True)


RACES = {
    "the lead sends": (
        "lead", "proposal", lambda u, a: fields(u, a, "send", choice_1="accept", choice_2="dispute", reason_2="Unfair"),
        "administrator", reviews.withdraw, {"reason": "Elsewhere."}, "Withdraw", State.PROPOSED, "Unfair",
    ),
    "the lead accepts": (
        "lead", "proposal", lambda u, a: fields(u, a, "accept", note=NOTE),
        "administrator", reviews.withdraw, {"reason": "Elsewhere."}, "Withdraw", State.PROPOSED, NOTE,
    ),
    "the manager settles": (
        "manager", "settle", lambda u, a: {"version": a.version, "reason": WHY, "level_1": "met"},
        "adviser", agreement.reconsider, {}, "Reconsider", State.DISPUTED, WHY,
    ),
    "the manager reopens": (
        "manager", "reopen", lambda u, a: {"version": a.version, "reason": WHY},
        "administrator", reviews.withdraw, {"reason": "Elsewhere."}, "Withdraw", State.AGREED, WHY,
    ),
}  # fmt: skip


@pytest.mark.parametrize("race", RACES)
def test_whoever_is_slower_sees_what_happened_and_keeps_their_text(
    universe: Universe, visitors: Visitors, race: str
) -> None:
    who, where, typed, other, act, given, title, state, text = RACES[race]
    assessment = universe.assessment(state)
    posted = typed(universe, assessment)
    as_one(universe, other, act, assessment, **given)
    args = [assessment.pk] if where == "proposal" else [assessment.pk, where]
    response = visitors.post(who, reverse("proposal" if where == "proposal" else "transition", args=args), posted)
    page = response.content.decode()
    assert response.status_code == 409
    assert text in page and f"“{title}”" in page and universe.cast[other].name in page


# After a dispute


def test_a_dispute_is_read_first_by_whoever_ends_it(universe: Universe, visitors: Visitors) -> None:
    assessment = propose(universe)
    as_one(universe, "lead", agreement.dispute, assessment, reasons={2: WHY})
    for who, name in (("adviser", "reconsider"), ("manager", "settle")):
        page = visitors.get(who, reverse("transition", args=[assessment.pk, name])).content.decode()
        assert page.index(WHY) < page.index("Outcomes by benchmark")
        assert "Larkspur 2." in page[: page.index("Outcomes by benchmark")]
        assert sum(map(is_question, visitors.statements)) <= MOST_TO_READ
    drawn = Drawn(page)
    assert [one["value"] for one in drawn.all("input", name="level_2") if "checked" in one.attributes] == ["not_met"]
    address = reverse("transition", args=[assessment.pk, "settle"])
    with all_rows():
        version = Assessment.objects.get(pk=assessment.pk).version
    refused = visitors.post("manager", address, {"version": version, "level_2": "met", "reason": ""})
    assert refused.status_code == 200 and WHY in refused.content.decode()
    posted = {"version": version, "level_2": "met", "reason": "Snowdrop: both have a point."}
    assert visitors.post("manager", address, posted).status_code == 302
    assert sum(map(is_question, visitors.statements)) <= MOST_TO_SAVE
    for who in ("lead", "viewer", "adviser", "manager", "auditor"):
        for name in ("record", "record-print"):
            text = " ".join(visitors.get(who, reverse(name, args=[assessment.pk])).content.decode().split())
            assert "Settled by the regional manager on" in text and "not agreed" in text
            assert "Snowdrop: both have a point." in text


# The page to print


def test_what_is_printed_says_what_it_is_worth(universe: Universe, visitors: Visitors) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        private = reviews.Private("Nightshade: short of people.", 0)
        reviews.save_private_note(by=by, at=universe.at, assessment_id=assessment.pk, private=private)
    address = reverse("record-print", args=[assessment.pk])
    inside = visitors.get("adviser", address).content.decode()
    assert "for the Home Office only" in inside
    assert visitors.get("lead", address).status_code == 302
    propose(universe)
    for who in ("lead", "viewer", "adviser"):
        page = " ".join(visitors.get(who, address).content.decode().split())
        total = len(scored(universe))
        assert "– not agreed" in page and f"Met or exceeded: {total - 1} of {total} scored benchmarks" in page
        assert "The adviser saw 2 benchmarks differently" in page and "(1 level higher)" in page
        assert "Nightshade" not in page
    as_one(universe, "lead", agreement.accept, assessment)
    page = visitors.get("signatory", address).content.decode()
    assert "Agreed on" in page and "Heliotrope" not in page


# E-mail


def told(kind: MessageKind) -> set[User]:
    with all_rows():
        found = list(Message.objects.filter(kind=kind).select_related("person"))
        for one in found:
            for word in ("Exceeding", "Not met", "Oleander", "Quince", "Heliotrope"):
                assert word not in one.subject + one.body
        return {one.person for one in found}


def test_both_sides_are_told_by_email(universe: Universe) -> None:
    with all_rows():
        User.objects.filter(pk=universe.adviser.pk).update(weekly_digest=True)
    assessment = propose(universe)
    assert told(MessageKind.PROPOSED) == {universe.lead}
    as_one(universe, "lead", agreement.dispute, assessment, reasons={2: WHY})
    assert told(MessageKind.RESPONDED) == {universe.adviser, universe.manager}
    as_one(universe, "manager", agreement.settle, assessment, reason=WHY, levels={2: "met"})
    assert told(MessageKind.SETTLED) == {universe.lead, universe.adviser}
    as_one(universe, "manager", agreement.reopen, assessment, reason=WHY)
    assert told(MessageKind.REOPENED) == {universe.lead, universe.adviser}
    as_one(universe, "adviser", agreement.propose, assessment, at=universe.at + 2 * HOUR)
    as_one(universe, "lead", agreement.accept, assessment, note=NOTE, at=universe.at + 3 * HOUR)
    with all_rows():
        accepted = [one for one in Message.objects.filter(kind=MessageKind.RESPONDED) if "accepted" in one.subject]
        assert {one.person for one in accepted} == {universe.adviser}
        # Whoever chose the digest waits for it.
        assert {one.state for one in Message.objects.filter(person=universe.adviser)} == {MessageState.HELD}
    with all_rows():
        link = reverse("proposal", args=[assessment.pk])
        assert all(link in one.body for one in Message.objects.filter(kind=MessageKind.PROPOSED))
