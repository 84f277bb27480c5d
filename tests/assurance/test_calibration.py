"""The calibration page: who sees which figures, and that they are right."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assurance.actions import agreement, reviews
from assurance.insights.calibration import FEWEST
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Authority,
    Dispute,
    Event,
    Membership,
    SelfAssessment,
)
from assurance.queries.calibration import ADVISER, ADVISERS, AGREED, BENCHMARK, OWN, REGION, Choice, calibration
from assurance.vocabulary import Answer, Basis, EventKind, State
from tests.universe import Universe, all_rows, as_actor


def page(universe: Universe, name: str, **choice: Any) -> Any:
    with as_actor(universe.cast[name]) as by:
        return calibration(by, Choice(**choice))


def shown(found: Any) -> dict[str, Any]:
    """The spread by label: authorities, counts by column, and all."""
    names = [str(one) for one in found.columns]
    return {
        str(row.label): (
            row.authorities,
            dict(zip(names, [cell.count for cell in row.cells], strict=True)),
            row.total,
        )
        for row in (*found.spread, found.spread_total)
    }


@pytest.fixture
def three(universe: Universe) -> Universe:
    """Alder's dispute settled with benchmark 1 exceeding, Birch agreed, Cedar disputed."""
    alder = universe.assessment(State.DISPUTED)
    with as_actor(universe.manager) as by:
        agreement.settle(
            by=by, at=universe.at, assessment_id=alder.pk, reason="Both have a point.", levels={1: "exceeding"}
        )
    universe.assessment(State.AGREED, authority=universe.birch)
    universe.assessment(State.DISPUTED, authority=universe.cedar)
    return universe


def scored(universe: Universe) -> int:
    return sum(one.scored for one in universe.scheme().benchmarks.values())


def test_what_stands_is_counted_by_region(three: Universe) -> None:
    number = scored(three)
    found = page(three, "auditor", by=REGION)
    north = found.spread[0]
    assert (str(north.label), north.authorities) == ("North", 2)
    assert {str(cell.label): cell.count for cell in north.cells if cell.count} == {
        "Met": 2 * number - 1,
        "Exceeding": 1,
        "Not applicable": 2 * (8 - number),
    }
    assert (north.met, north.levelled, north.percent) == (2 * number, 2 * number, "100%")
    south = found.spread[1]
    assert (south.authorities, south.total, south.percent) == (0, 0, "")
    assert (found.counted, found.assessments) == (2, 3)
    assert not found.hides


def test_what_is_not_applicable_has_no_share(three: Universe) -> None:
    found = page(three, "auditor", by=BENCHMARK)
    (channel,) = [row for row in found.spread if not row.levelled]
    assert {str(cell.label): (cell.count, cell.percent) for cell in channel.cells} == {
        "Not met": (0, ""),
        "Met": (0, ""),
        "Exceeding": (0, ""),
        "Not applicable": (2, ""),
    }


def test_an_advisers_authorities_are_those_they_proposed_last(three: Universe) -> None:
    """Whoever has the authority now may not have judged it."""
    with all_rows():
        Membership.objects.filter(person=three.adviser).update(ends=three.at.date())
    found = shown(page(three, "auditor", by=ADVISER))
    assert found["Ada Adviser"][0] == 1
    assert found["Oona Adviser"][0] == 1
    assert page(three, "auditor", by=ADVISER).disputes[1].proposed == 2 * scored(three)


def test_what_was_never_proposed_is_nobodys(universe: Universe) -> None:
    universe.assessment(State.IN_PROGRESS)
    labels = [str(row.label) for row in page(universe, "auditor", by=ADVISER).spread]
    assert labels == ["Nobody has proposed outcomes here"]


def test_shifts_are_from_their_own_to_what_was_agreed(three: Universe) -> None:
    number = scored(three)
    (north, everything) = page(three, "manager", by=REGION).shifts
    assert (north.by_level.up, north.by_level.same, north.by_level.down) == (1, 2 * number - 1, 0)
    assert north.by_standing == north.by_level
    assert (north.by_level.compared, north.by_level.left_out) == (2 * number, 2 * (8 - number))
    assert everything.by_level == north.by_level
    by_benchmark = page(three, "manager", by=BENCHMARK).shifts
    assert by_benchmark[0].by_level.up == 1
    assert sum(row.by_level.up for row in by_benchmark[:-1]) == 1


def test_levels_and_standings_are_two_things(universe: Universe) -> None:
    """On five levels, from 1 to 2 is a step, and the duty is met by neither."""
    assessment = universe.assessment(State.AGREED, "la-10")
    scheme = universe.scheme("la-10")
    ids = {one.code: one.id for one in scheme.levels}
    with all_rows():
        row = SelfAssessment.objects.get(assessment=assessment, benchmark__number=1)
        SelfAssessment.objects.filter(pk=row.pk).update(level=ids["1"])
        AgreedOutcome.objects.filter(assessment=assessment, benchmark__number=1).update(level=ids["2"])
        AgreedOutcome.objects.filter(assessment=assessment, benchmark__number=2).update(level=ids["4"])
    (north, _all) = page(universe, "manager", by=REGION, cycle=universe.cycle("la-10").pk).shifts
    assert (north.by_level.up, north.by_standing.up) == (2, 1)


def test_an_outcome_that_is_not_known_is_none(three: Universe) -> None:
    with all_rows():
        AgreedOutcome.objects.filter(assessment__authority=three.birch, benchmark__number=1).update(
            answer=Answer.UNKNOWN, level=None
        )
    number = scored(three)
    found = page(three, "auditor", by=REGION)
    assert shown(found)["North"][1]["Not known"] == 1
    assert found.spread[0].levelled == 2 * number - 1
    assert found.shifts[0].by_level.left_out == 2 * (8 - number) + 1


def test_disputes_and_settlements_are_counted(three: Universe) -> None:
    number = scored(three)
    north, south, everything = page(three, "auditor", by=REGION).disputes
    assert (north.proposed, north.disputed, north.agreed, north.settled) == (2 * number, 1, 2 * number, 1)
    assert (south.proposed, south.disputed, south.agreed, south.settled) == (number, 1, 0, 0)
    assert (everything.proposed, everything.disputed) == (3 * number, 2)
    first = page(three, "auditor", by=BENCHMARK).disputes[0]
    assert (first.proposed, first.disputed, first.agreed, first.settled) == (3, 2, 2, 1)


def test_a_dispute_twice_of_one_outcome_counts_once(three: Universe) -> None:
    with all_rows():
        one = Dispute.objects.get(authority=three.cedar)
        one.pk, one.raised_at = None, three.at.replace(hour=23)
        Dispute.objects.bulk_create([one])
    assert page(three, "auditor", by=REGION).disputes[1].disputed == 1


def test_one_benchmark_alone(three: Universe) -> None:
    found = page(three, "auditor", by=REGION, benchmark=1)
    assert (found.spread_total.total, found.disputes[0].proposed) == (2, 2)
    assert shown(found)["North"][1]["Exceeding"] == 1


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("manager", {AGREED, OWN, ADVISERS}),
        ("auditor", {AGREED, OWN, ADVISERS}),
        ("signatory", {AGREED}),
        ("administrator", {AGREED}),
    ],
)
def test_whose_outcomes_are_whose_to_see(three: Universe, name: str, choices: set[str]) -> None:
    """What was not proposed is shown to who reviews or audits. Asking for more by the address gives no more."""
    found = page(three, name, judgement=ADVISERS)
    assert {value for value, _label in found.judgements} == choices
    assert found.choice.judgement == (ADVISERS if ADVISERS in choices else AGREED)
    assert bool(found.shifts) is (OWN in choices)
    assert found.hides_spread is (name == "administrator")
    assert found.hides_disputes is (name in ("administrator", "signatory"))
    narrowed = page(three, name, benchmark=1)
    # Of one benchmark after the other, hidden numbers could be worked out from the sum of all.
    assert narrowed.choice.benchmark == (None if narrowed.hides else 1)


@pytest.mark.parametrize(
    "name", ["lead", "contributor", "viewer", "other_lead", "adviser", "other_adviser", "stranger"]
)
def test_nobody_else_sees_it(three: Universe, name: str) -> None:
    with pytest.raises(PermissionDenied):
        page(three, name)


def test_what_is_not_submitted_is_not_counted(universe: Universe) -> None:
    universe.assessment(State.IN_PROGRESS)
    universe.assessment(State.SUBMITTED, authority=universe.birch)
    found = page(universe, "auditor", judgement=OWN)
    assert (found.counted, found.spread_total.levelled) == (1, scored(universe))


def test_the_advisers_outcomes_are_counted_from_the_review_on(universe: Universe) -> None:
    universe.assessment(State.SUBMITTED)
    universe.assessment(State.IN_REVIEW, authority=universe.birch)
    found = page(universe, "auditor", judgement=ADVISERS)
    assert found.counted == 1
    assert shown(found)["All"][1]["Not given yet"] == scored(universe)
    assert found.spread_total.levelled == 0


def test_a_manager_sees_their_own_region(three: Universe) -> None:
    assert [str(row.label) for row in page(three, "manager").spread] == ["North"]
    assert [str(row.label) for row in page(three, "other_manager").spread] == ["South"]
    assert page(three, "other_manager", by=BENCHMARK).spread_total.total == 0


def test_withdrawn_assessments_are_not_counted(three: Universe) -> None:
    with all_rows():
        cedar = Assessment.objects.get(authority=three.cedar)
    with as_actor(three.administrator) as by:
        reviews.withdraw(by=by, at=three.at, assessment_id=cedar.pk, reason="Opened by mistake.")
    found = page(three, "auditor")
    assert found.assessments == 2
    assert found.disputes[-1].disputed == 1


# Many authorities

REGIONS = ("North", "South", "East", "West", "Wales")


def crowd(universe: Universe, count: int) -> None:
    """So many agreed assessments more, in five regions of which the last has three; a few are not met or disputed."""
    cycle = universe.cycle()
    scheme = universe.scheme()
    levels = [one.id for one in scheme.levels]
    numbers = [one for one in scheme.benchmarks.values() if one.scored]
    advisers = [universe.adviser, universe.other_adviser]
    with all_rows():
        authorities = Authority.objects.bulk_create(
            Authority(
                programme=universe.programme,
                gss_code=f"E2{line:07}",
                name=f"Council {line}",
                short_name=f"Council {line}",
                type="County",
                nation="England",
                region=REGIONS[4] if line < 3 else REGIONS[line % 4],
            )
            for line in range(count)
        )
        assessments = Assessment.objects.bulk_create(
            Assessment(
                authority=one, cycle=cycle, state=State.AGREED, state_since=universe.at, submitted_at=universe.at
            )
            for one in authorities
        )
        Event.objects.bulk_create(
            Event(
                kind=EventKind.TRANSITION,
                name="propose",
                at=universe.at,
                person=advisers[index % 2],
                person_name="",
                authority=one.authority,
                assessment=one,
            )
            for index, one in enumerate(assessments)
        )
        for model, more in ((AgreedOutcome, {"basis": Basis.AGREED}), (SelfAssessment, {"saved_at": universe.at})):
            model.objects.bulk_create(  # type: ignore[attr-defined]
                model(
                    authority=one.authority,
                    assessment=one,
                    benchmark_id=benchmark.id,
                    answer=Answer.OUTCOME,
                    level_id=levels[0 if (index + benchmark.number) % 13 == 0 else 1 + (index * benchmark.number) % 2],
                    **more,
                )
                for index, one in enumerate(assessments)
                for benchmark in numbers
            )
        Dispute.objects.bulk_create(
            Dispute(
                authority=one.authority,
                assessment=one,
                benchmark_id=numbers[0].id,
                reason="No.",
                raised_at=universe.at,
            )
            for one in assessments[::9]
        )


def test_whoever_may_not_read_single_outcomes_gets_no_small_number(universe: Universe) -> None:
    crowd(universe, 60)
    for by in (REGION, ADVISER, BENCHMARK):
        found, whole = page(universe, "administrator", by=by), page(universe, "auditor", by=by)
        assert found.hides
        # How outcomes are spread is told nobody who could work it out from here and the national picture together.
        assert whole.spread
        assert (found.spread, found.spread_total) == ((), None)
        for row in found.disputes:
            for count in (row.proposed, row.disputed, row.agreed, row.settled):
                assert count is None or count >= FEWEST
        assert any(row.proposed is not None for row in found.disputes)


def test_the_page_says_what_is_hidden_and_gives_no_number_of_it(universe: Universe) -> None:
    crowd(universe, 30)
    client = Client()
    client.force_login(universe.administrator, "django.contrib.auth.backends.ModelBackend")
    response = client.get(reverse("calibration"), {"by": "region", "benchmark": "1", "judgement": "self"})
    text = response.content.decode()
    assert response.status_code == 200
    assert "small numbers are hidden" in text
    assert "you are not shown how they are spread" in text
    assert ">hidden<" in text
    body = text[text.index("<tbody") : text.rindex("</tbody>")]
    numbers = [int(one) for one in re.findall(r">\s*(\d+)\s*[<(]", body)]
    assert numbers
    assert min(numbers) >= FEWEST
    assert 'name="benchmark"' not in text
    assert 'name="judgement"' not in text


def test_four_hundred_authorities_cost_what_three_do(universe: Universe) -> None:
    universe.assessment(State.AGREED)
    costs = []
    for count in (0, 400):
        crowd(universe, count)
        for by in (REGION, ADVISER, BENCHMARK):
            with as_actor(universe.auditor) as actor, CaptureQueriesContext(connection) as captured:
                calibration(actor, Choice(by=by, judgement=OWN))
            costs.append(len(captured))
    assert costs[:3] == costs[3:]
    assert max(costs) <= 6


def test_without_any_assessment_there_is_a_page_all_the_same(universe: Universe) -> None:
    client = Client()
    client.force_login(universe.auditor, "django.contrib.auth.backends.ModelBackend")
    response = client.get(reverse("calibration"), {"cycle": "x", "by": "nothing", "benchmark": "99"})
    assert response.status_code == 200
    assert "no assessment to count" in response.content.decode()


@pytest.mark.parametrize("name", ["administrator", "signatory", "manager", "auditor"])
@pytest.mark.parametrize("by", [REGION, ADVISER, BENCHMARK])
def test_before_anything_is_agreed_there_is_a_page_too(universe: Universe, name: str, by: str) -> None:
    universe.cycle()
    client = Client()
    client.force_login(universe.cast[name], "django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("calibration"), {"by": by}).status_code == 200


def test_a_cycle_with_something_agreed_comes_first(universe: Universe) -> None:
    universe.last_year()
    universe.assessment(State.IN_PROGRESS)
    found = page(universe, "auditor")
    assert found.cycle.name == "2024/25"
    assert len(found.cycles) == 2
