"""Setting the weights of a scheme: who may, what is refused, what is kept, and where the new ones count."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assurance.access import Forbidden, NotFound
from assurance.actions import cycles, reference
from assurance.actions.refusals import Stale, Unfit
from assurance.actions.weights import save_weights
from assurance.insights.heatmap import Scale
from assurance.models import AgreedOutcome, Assessment, Authority, Cycle, Membership, ReferenceEvent
from assurance.queries.averages import averages
from assurance.queries.heatmap import average_words
from assurance.queries.national import Choice, national
from assurance.queries.weights import Preview, edit_page, preview, weights_page
from assurance.vocabulary import Answer, Basis, CycleState, EventKind, Judgement, Role, State
from benchmarks.models import WeightsVersion
from benchmarks.weighing import Weights, weights_for
from tests.assurance.picture_world import region_of
from tests.matrices.world import CAST
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

SETS = frozenset({"administrator"})
REASON = "The first matters more."


def current(universe: Universe) -> dict[int, Decimal]:
    return dict(weights_for(universe.scheme()).by_number)


def save(universe: Universe, name: str = "administrator", **changes: Any) -> Any:
    given: dict[str, Any] = {
        "scheme": "la-8",
        "seen_version": 0,
        "weights": current(universe) | {1: Decimal("7.25")},
        "reason": REASON,
    }
    with as_actor(universe.cast[name]) as by:
        return save_weights(by=by, at=universe.at, **given | changes)


def test_a_version_is_saved_with_who_when_and_why(universe: Universe) -> None:
    before = current(universe)
    made = save(universe)
    assert (made.version, made.made_at, made.made_by, made.reason) == (1, universe.at, "Abel Administrator", REASON)
    assert made.by_number == before | {1: Decimal("7.25")}
    assert weights_for(universe.scheme()) == made
    assert weights_for(universe.scheme("la-10")).version == 0
    event = ReferenceEvent.objects.get(kind=EventKind.WEIGHTS)
    assert (event.at, event.person, event.reason) == (universe.at, universe.administrator, REASON)
    assert event.detail == {
        "scheme": "la-8",
        "version": 1,
        "from": {str(number): str(weight) for number, weight in before.items()},
        "to": {str(number): str(weight) for number, weight in before.items()} | {"1": "7.25"},
    }
    assert save(universe, seen_version=1, weights=before).version == 2
    assert WeightsVersion.objects.count() == 2


@pytest.mark.parametrize("name", sorted(set(CAST) - SETS))
def test_nobody_else_sets_weights(universe: Universe, name: str) -> None:
    with pytest.raises(Forbidden):
        save(universe, name)
    with as_actor(universe.cast[name]) as by, pytest.raises(Forbidden):
        edit_page(by, "la-8")
    assert not WeightsVersion.objects.exists()


def test_who_was_slower_overwrites_nothing(universe: Universe) -> None:
    save(universe)
    with pytest.raises(Stale) as refused:
        save(universe, weights=current(universe) | {2: Decimal(9)}, reason="The second does.")
    assert (refused.value.current.version, refused.value.current.reason) == (1, REASON)
    assert WeightsVersion.objects.count() == ReferenceEvent.objects.filter(kind=EventKind.WEIGHTS).count() == 1


@pytest.mark.parametrize(
    ("weight", "field"),
    [
        (Decimal("0"), "weight_1"),
        (Decimal("0.009"), "weight_1"),
        (Decimal("-1"), "weight_1"),
        (Decimal("100"), "weight_1"),
        (Decimal("99.995"), "weight_1"),
        (Decimal("1.005"), "weight_1"),
    ],
)
def test_a_weight_that_does_not_fit_is_refused(universe: Universe, weight: Decimal, field: str) -> None:
    with pytest.raises(Unfit, match="at most two decimals") as refused:
        save(universe, weights=current(universe) | {1: weight})
    assert refused.value.field == field


def test_every_benchmark_needs_a_weight_and_each_change_a_reason(universe: Universe) -> None:
    some = current(universe)
    del some[3]
    with pytest.raises(Unfit) as refused:
        save(universe, weights=some)
    assert refused.value.field == "weight_3"
    with pytest.raises(Unfit) as refused:
        save(universe, reason=" \n ")
    assert refused.value.field == "reason"
    with pytest.raises(Unfit, match="count already"):
        save(universe, weights=current(universe))
    with pytest.raises(NotFound):
        save(universe, scheme="la-9")
    assert not WeightsVersion.objects.exists()


# The pages


def signed_in(client: Client, universe: Universe, name: str = "administrator") -> Client:
    client.force_login(universe.cast[name])
    return client


def fields(universe: Universe, **changes: Any) -> dict[str, Any]:
    weights = {f"weight_{number}": str(weight) for number, weight in current(universe).items()}
    return weights | {"weight_1": "7.25", "reason": REASON, "version": 0} | changes


EDIT = "/weights/la-8/edit/"


def test_nothing_is_saved_before_the_preview(universe: Universe, client: Client) -> None:
    signed_in(client, universe)
    page = client.get(EDIT).content.decode()
    assert 'name="weight_8"' in page and "None is published" in page
    seen = client.post(EDIT, fields(universe)).content.decode()
    assert "Nothing is saved yet" in seen and REASON in seen
    assert "Nothing is agreed on this scheme yet" in seen
    assert not WeightsVersion.objects.exists()
    back = client.post(EDIT, fields(universe, do="change")).content.decode()
    assert 'value="7.25"' in back and REASON in back
    answer = client.post(EDIT, fields(universe, do="save"), follow=True)
    listed = answer.content.decode()
    assert "Version 1 of the weights of" in listed and "Set by Abel Administrator on" in listed
    assert "1.50 to 7.25" in listed and REASON in listed
    assert WeightsVersion.objects.get().made_at <= timezone.now()


@pytest.mark.parametrize("typed", ["", "x", "0", "-1", "100", "1.005", "1e9", "NaN", "Infinity", "1,5", "9" * 5000])
def test_what_cannot_be_a_weight_is_said_at_its_field(universe: Universe, client: Client, typed: str) -> None:
    signed_in(client, universe)
    for do in ("", "save"):
        answer = client.post(EDIT, fields(universe, weight_2=typed, do=do))
        page = answer.content.decode()
        assert answer.status_code == 200
        assert page.count("Benchmark 2: enter a number from 0.01 to 99.99") == 2, "in the summary and at the field"
        assert f'value="{typed}"' in page or not typed
        assert 'value="7.25"' in page and REASON in page
    assert not WeightsVersion.objects.exists()


def test_the_same_weights_and_no_reason_are_refused_kindly(universe: Universe, client: Client) -> None:
    signed_in(client, universe)
    for do in ("", "save"):
        page = client.post(EDIT, fields(universe, weight_1=str(current(universe)[1]), do=do)).content.decode()
        assert "These are the weights that count already" in page and REASON in page
        page = client.post(EDIT, fields(universe, reason=" ", do=do)).content.decode()
        assert "Say why the weights change" in page
    assert not WeightsVersion.objects.exists()


@pytest.mark.parametrize("do", ["", "save"])
def test_a_stale_save_shows_both(universe: Universe, client: Client, do: str) -> None:
    typed = fields(universe, weight_2="3.50", do=do)
    save(universe)
    answer = signed_in(client, universe).post(EDIT, typed | {"weight_1": "1.25"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Abel Administrator saved version 1. Nothing was overwritten." in page
    assert "7.25" in page and 'value="1.25"' in page and 'value="3.50"' in page
    assert WeightsVersion.objects.count() == 1
    # Whoever has read that saves it again, and knows.
    assert client.post(EDIT, typed | {"weight_1": "1.25", "version": 1, "do": "save"}).status_code == 302
    assert weights_for(universe.scheme()).by_number[1] == Decimal("1.25")


def test_a_scheme_that_is_not_there_has_no_page(universe: Universe, client: Client) -> None:
    assert signed_in(client, universe).get("/weights/la-9/edit/").status_code == 404


def test_everybody_who_sees_averages_reads_the_weights(universe: Universe, client: Client) -> None:
    save(universe)
    page = signed_in(client, universe, "lead").get("/weights/").content.decode()
    assert REASON in page and "None is published" in page
    assert "Set other weights" not in page and 'href="/weights/"' not in page
    page = signed_in(client, universe).get("/weights/").content.decode()
    assert page.count("Set other weights") == 2 and 'href="/weights/"' in page


def test_the_page_says_what_each_version_changed(universe: Universe) -> None:
    first = current(universe)
    save(universe)
    save(universe, seen_version=1, weights=first | {2: Decimal("2.00")}, reason="Rather the second.")
    with as_actor(universe.auditor) as by:
        page = weights_page(by)
    (la_8,) = [one for one in page.schemes if one.scheme.code == "la-8"]
    assert not page.may_edit
    changed = [[(one.number, one.before, one.after) for one in line.changes] for line in la_8.versions]
    assert changed == [
        [(1, Decimal("7.25"), first[1]), (2, first[2], Decimal("2.00"))],
        [(1, first[1], Decimal("7.25"))],
        [],
    ]
    assert la_8.current.version == 2
    assert sum(one.after_percent for one in la_8.lines) == pytest.approx(100)


def test_the_record_says_by_which_weights_it_is_scored(universe: Universe, client: Client) -> None:
    assessment = universe.assessment(State.AGREED)
    address = reverse("record", args=[assessment.pk])
    with all_rows():
        rows = AgreedOutcome.objects.filter(assessment=assessment, benchmark__number=1)
        rows.update(level=universe.scheme().level("exceeding").id)
    before = signed_in(client, universe, "lead").get(address).content.decode()
    # Seven are scored: the first (1.5) with 2 points, three more of 1.5 and three of 1 with 1 point.
    assert "<strong>100.0%</strong>" in before and "7 of 8 benchmarks have an outcome" in before
    assert "<strong>1.17 of 2</strong>" in before
    assert "Weights: version 0, as first set. They are this service’s own: none is published." in before
    (channel,) = [one for one in universe.scheme().benchmarks.values() if not one.scored]
    assert f"Benchmark {channel.number}: not applicable: {channel.unscored_note}" in before
    save(universe)
    after = client.get(address).content.decode()
    assert "<strong>100.0%</strong>" in after and "<strong>1.49 of 2</strong>" in after
    assert "Weights: version 1, of" in after


# The preview


@pytest.fixture
def many(universe: Universe) -> Universe:
    return with_many(universe)


def with_many(universe: Universe) -> Universe:
    """Nine more in the North and six in the South, all agreed: six in the North exceed on the first benchmark.

    The last of each region does not meet the duty anywhere, so that no region is all on one side of it.
    """
    lines = [
        (
            number,
            {
                "gss_code": f"E1000{number:04}",
                "name": f"Council {number}",
                "type": "Unitary",
                "nation": "England",
                "region": "North" if number < 10 else "South",
            },
        )
        for number in range(1, 16)
    ]
    cycle = universe.cycle()
    with all_rows():
        reference.put_authorities(
            lines, file="many", by=universe.operator, at=universe.at, programme=universe.programme
        )
    added = list(Authority.objects.filter(name__startswith="Council").order_by("gss_code"))
    with as_actor(universe.administrator) as by:
        made = cycles.create_assessments(cycle, added, by=by, at=universe.at)
    agree(universe, made)
    return universe


def agree(universe: Universe, assessments: list[Assessment]) -> None:
    """Written straight into the tables: to go every way with fifteen authorities takes a minute."""
    scheme = universe.scheme()
    levels = {level.code: level.id for level in scheme.levels}
    with all_rows():
        Assessment.objects.filter(pk__in=[one.pk for one in assessments]).update(
            state=State.AGREED, submitted_at=universe.at - timedelta(days=3)
        )
        AgreedOutcome.objects.bulk_create(
            AgreedOutcome(
                authority=assessment.authority,
                assessment=assessment,
                benchmark_id=benchmark.id,
                answer=Answer.OUTCOME if benchmark.scored else Answer.NOT_APPLICABLE,
                level_id=levels[_level(place, benchmark.number)] if benchmark.scored else None,
                basis=Basis.AGREED,
            )
            for place, assessment in enumerate(assessments)
            for benchmark in scheme.benchmarks.values()
        )


def _level(place: int, number: int) -> str:
    if place in (8, 14):
        return "not_met"
    return "exceeding" if number == 1 and place < 6 else "met"


def asked(universe: Universe, weights: dict[int, Decimal] | None = None, who: str = "administrator") -> Preview:
    with as_actor(universe.cast[who]) as by:
        return preview(by, edit_page(by, "la-8"), weights or current(universe) | {1: Decimal("7.25")})


def said(found: Preview, kind: str = "Unitary") -> dict[str, tuple[int, str, str]]:
    """Of one type, what stands in the line of each region, and of all of them ("")."""
    (of_type,) = [one for one in found.types if one.type == kind]
    return {one.region: (one.authorities, one.before, one.after) for one in (*of_type.regions, of_type.total)}


def counts(found: Preview) -> tuple[int, int | None, int | None, int | None]:
    assert found.moves is not None
    return found.moves.counted, found.moves.higher, found.moves.lower, found.moves.same


def test_the_preview_says_how_figures_would_move(many: Universe) -> None:
    found = asked(many)
    assert found.cycle == many.cycle() and not found.is_closed
    # Three councils are too few to be shown, and not agreed either.
    assert found.hidden_types == ("County",)
    assert said(found, "County")[""] == (3, "not yet", "not yet")
    # In the North the first benchmark has 14 points of nine authorities, the six others that are scored 8 each. The
    # weights are 4 times 1.5 and 3 times 1: 81 of 81, and then 161.5 of 132.75. In the South five of six have a point.
    assert said(found) == {
        "North": (9, "1.00", "1.22"),
        "South": (6, "0.83", "0.83"),
        "": (15, "0.93", "1.06"),
    }
    # Six rise and nobody falls: that would be a small number, and nine stay.
    assert counts(found) == (15, None, None, 9)


def test_what_is_not_agreed_everywhere_is_not_shown(many: Universe) -> None:
    with all_rows():
        one = Assessment.objects.filter(authority__name="Council 12").get()
        Assessment.objects.filter(pk=one.pk).update(state=State.IN_REVIEW)
    found = asked(many)
    assert {line[1:] for line in said(found).values()} == {("not yet", "not yet")}
    assert found.unfinished and not found.hides
    assert counts(found) == (0, None, None, None)
    with all_rows():
        Assessment.objects.filter(pk=one.pk).update(state=State.WITHDRAWN)
    assert said(asked(many))["South"] == (5, "0.80", "0.80")


def test_a_benchmark_that_is_not_known_is_in_no_average(many: Universe) -> None:
    """Council 12 then has 6 of 9 parts of the weight and as many points: 42 of 51, and 70.75 of 85.5."""
    with all_rows():
        rows = AgreedOutcome.objects.filter(authority__name="Council 12", benchmark__number__in=(2, 3))
        rows.update(answer=Answer.UNKNOWN, level=None)
    assert said(asked(many))["South"] == (6, "0.82", "0.83")


def test_only_authorities_of_regions_that_are_shown_are_counted(many: Universe) -> None:
    """Once all in the South meet the duty on one benchmark, no average of the South is shown, nor of all."""
    with all_rows():
        rows = AgreedOutcome.objects.filter(authority__name="Council 15", benchmark__number=2)
        rows.update(level=many.scheme().level("met").id)
    found = asked(many)
    assert {region: line[1] for region, line in said(found).items()} == {
        "North": "hidden",
        "South": "hidden",
        "": "0.94",
    }
    assert found.hides and counts(found) == (0, None, None, None)
    region_of(many, "East", 12, kind="Unitary")
    found = asked(many)
    assert {region for region, line in said(found).items() if line[1] == "hidden"} == {"North", "South"}
    assert counts(found)[0] == 12


def cycle_of(universe: Universe, name: str, state: CycleState) -> Cycle:
    """A further cycle of the programme, in which nobody of the cast has a record."""
    cycle = universe.draft_cycle(name)
    Cycle.objects.filter(pk=cycle.pk).update(state=state)
    return Cycle.objects.get(pk=cycle.pk)


def test_the_newest_closed_cycle_is_shown_or_else_the_newest(many: Universe, client: Client) -> None:
    signed_in(client, many)
    cycle_of(many, "2020/21", CycleState.CLOSED)
    assert asked(many).cycle == many.cycle()
    assert "It is still open: no closed cycle has anything agreed." in client.post(EDIT, fields(many)).content.decode()
    older = cycle_of(many, "2018/19", CycleState.CLOSED)
    closed = cycle_of(many, "2019/20", CycleState.CLOSED)
    for one in (older, closed):
        region_of(many, "East", 9, cycle=one)
    found = asked(many)
    assert found.cycle == closed and found.is_closed
    assert set(said(found, "County")) == {"East", ""}
    assert "This is the newest closed cycle on this scheme" in client.post(EDIT, fields(many)).content.decode()
    # The old scheme has no cycle here at all.
    with as_actor(many.administrator) as by:
        page = edit_page(by, "la-10")
        assert preview(by, page, dict(page.current.by_number)).cycle is None


def world(universe: Universe, seed: int) -> Cycle:
    """A cycle with two types in four regions, of any size up to nine, here and there all on one side of the duty."""
    chance = Random(seed)
    cycle = cycle_of(universe, f"{2030 + seed}/{31 + seed}", CycleState.OPEN)
    for kind in ("Borough", "County"):
        for region in ("East", "North", "South", "West"):
            alike = {number: chance.choice(("met", "exceeding", "not_met")) for number in range(1, 9)}
            alike = {number: level for number, level in alike.items() if chance.random() < 0.04}
            levels = ("met", "not_met", "exceeding", "met", None)

            def outcome(place: int, number: int, alike: Any = alike, levels: Any = levels) -> str | None:
                return alike.get(number) or (levels[place] if place < 2 else chance.choice(levels))

            region_of(universe, region, chance.randint(3, 12), kind=kind, outcome=outcome, cycle=cycle)
    return cycle


def test_no_weights_show_what_the_national_page_hides(universe: Universe) -> None:
    """All the weight on one benchmark makes an average that benchmark's own, whoever asks."""
    with all_rows():
        Membership.objects.create(person=universe.manager, role=Role.CYCLE_ADMINISTRATOR, starts=MEMBERS_SINCE)
    scheme, shown = universe.scheme(), []
    for seed in range(6):
        cycle = world(universe, seed)
        for who, number in product(("administrator", "manager"), scheme.benchmarks):
            weights = dict.fromkeys(scheme.benchmarks, Decimal("0.01")) | {number: Decimal("99.99")}
            found = asked(universe, weights, who)
            assert found.cycle == cycle
            with as_actor(universe.cast[who]) as by:
                then = averages(by, cycle, Scale(scheme, Weights("la-8", 1, weights)), Judgement.AGREED)
                pages = {kind: national(by, Choice(cycle.pk, "agreed", kind)).shown for kind in ("Borough", "County")}
            for of_type in found.types:
                page = pages[of_type.type]
                assert page is not None
                for line in (*of_type.regions, of_type.total):
                    there = page.regions[line.region] if line.region else page.total
                    again = then[of_type.type].regions[line.region] if line.region else then[of_type.type].total
                    assert not line.is_shown or there.cells[number] is not None
                    assert line.is_shown == (there.figure is not None) == (again.figure is not None)
                    assert line.after == average_words(again)[1]
                    shown.append(line.is_shown)
    assert len(shown) / 10 < shown.count(True) < len(shown) * 0.9, "worlds in which nothing is decided prove nothing"


def test_a_preview_costs_the_same_for_few_and_for_many(universe: Universe, client: Client) -> None:
    signed_in(client, universe)
    universe.assessment(State.AGREED)
    with CaptureQueriesContext(connection) as few:
        answer = client.post(EDIT, fields(universe))
    assert "No average of a region is shown" in answer.content.decode()
    with CaptureQueriesContext(connection) as asked_twice:
        client.post(EDIT, fields(universe))
    assert len(asked_twice) <= len(few)
    with_many(universe)
    with CaptureQueriesContext(connection) as lots:
        page = client.post(EDIT, fields(universe)).content.decode()
    assert "1.00" in page and "1.22" in page
    assert "Average weighted score: Unitary" in page and "Average weighted score: County" not in page
    assert "No average is shown of these types of authority: County." in page
    assert len(lots) == len(asked_twice)


# Weights are shared by all programmes


def limit(universe: Universe) -> None:
    """The administrator looks after one programme and no other."""
    with all_rows():
        Membership.objects.filter(person=universe.administrator).update(programme=universe.programme)


def elsewhere(universe: Universe) -> None:
    """Another programme prepares a cycle on the same scheme."""
    with all_rows():
        other = reference.programme("schools", "Schools", by=universe.operator, at=universe.at)
        Cycle.objects.create(programme=other, name="2025/26", scheme_version_id=universe.scheme().id)


def test_whoever_looks_after_one_programme_sets_weights_that_count_in_it_alone(
    universe: Universe, client: Client
) -> None:
    limit(universe)
    with pytest.raises(Forbidden):
        save(universe)
    universe.cycle()
    signed_in(client, universe)
    assert 'value="save"' in client.post(EDIT, fields(universe)).content.decode()
    assert save(universe).version == 1
    # Nobody is on the other scheme.
    with pytest.raises(Forbidden):
        save(universe, scheme="la-10")
    elsewhere(universe)
    with pytest.raises(Forbidden):
        save(universe, seen_version=1, weights=current(universe) | {2: Decimal(9)})


def test_what_counts_elsewhere_too_is_tried_and_not_saved(universe: Universe, client: Client) -> None:
    limit(universe)
    with_many(universe)
    elsewhere(universe)
    signed_in(client, universe)
    why = "you do not look after all of them"
    assert why in client.get(EDIT).content.decode()
    seen = client.post(EDIT, fields(universe))
    page = seen.content.decode()
    assert seen.status_code == 200 and why in page and "1.22" in page
    assert 'value="save"' not in page and 'value="change"' in page
    refused = client.post(EDIT, fields(universe, do="save"))
    page = refused.content.decode()
    assert refused.status_code == 403 and why in page and REASON in page
    assert not WeightsVersion.objects.exists()


def test_whoever_looks_after_all_programmes_sets_weights_for_all(universe: Universe) -> None:
    elsewhere(universe)
    assert save(universe).version == 1
    with all_rows():
        assert save_weights(
            by=universe.operator,
            at=universe.at,
            scheme="la-8",
            seen_version=1,
            weights=current(universe) | {1: Decimal(2)},
            reason=REASON,
        )
