"""Setting the weights of a scheme: who may, what is refused, what is kept, and where the new ones count."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
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
from assurance.models import AgreedOutcome, Assessment, Authority, ReferenceEvent
from assurance.queries.weights import edit_page, preview, weights_page
from assurance.vocabulary import Answer, Basis, EventKind, State
from benchmarks.models import WeightsVersion
from benchmarks.weighing import weights_for
from tests.matrices.world import CAST
from tests.universe import Universe, all_rows, as_actor

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
    """Nine more in the North and six in the South, all agreed: six in the North exceed on the first benchmark."""
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
                level_id=(
                    levels["exceeding" if benchmark.number == 1 and place < 6 else "met"] if benchmark.scored else None
                ),
                basis=Basis.AGREED,
            )
            for place, assessment in enumerate(assessments)
            for benchmark in scheme.benchmarks.values()
        )


def asked(universe: Universe) -> Any:
    with as_actor(universe.administrator) as by:
        page = edit_page(by, "la-8")
        return preview(by, page, current(universe) | {1: Decimal("7.25")})


def test_the_preview_says_how_figures_would_move(many: Universe) -> None:
    found = asked(many)
    assert (found.cycle, found.programme) == (many.cycle().name, many.programme.name)
    county, unitary = found.change.types
    # Three councils are too few to be shown, and not agreed either.
    assert (county.type, county.whole.is_hidden) == ("County", True)
    north, south = unitary.regions
    # 6 of 9 have 2 points on the first of seven benchmarks, everything else is 1 point.
    assert (north.label, north.authorities, north.before, north.after) == ("North", 9, Decimal("1.11"), Decimal("1.33"))
    assert (south.label, south.authorities, south.before, south.after) == ("South", 6, Decimal("1.00"), Decimal("1.00"))
    assert (found.change.counted, found.change.higher, found.change.lower, found.change.same) == (15, None, None, 9)


def test_what_is_not_agreed_everywhere_is_not_shown(many: Universe) -> None:
    with all_rows():
        one = Assessment.objects.filter(authority__name="Council 12").get()
        Assessment.objects.filter(pk=one.pk).update(state=State.IN_REVIEW)
    found = asked(many)
    north, south = found.change.types[1].regions
    assert (north.is_hidden, south.is_hidden, found.change.types[1].whole.is_hidden) == (False, True, True)
    assert found.change.counted == 9
    with all_rows():
        Assessment.objects.filter(pk=one.pk).update(state=State.WITHDRAWN)
    south = asked(many).change.types[1].regions[1]
    assert (south.authorities, south.is_hidden) == (5, False)


def test_a_benchmark_that_is_not_known_moves_no_average(many: Universe) -> None:
    before = asked(many).change.types[1].regions[1]
    with all_rows():
        rows = AgreedOutcome.objects.filter(authority__name="Council 12", benchmark__number__in=(2, 3))
        rows.update(answer=Answer.UNKNOWN, level=None)
    assert asked(many).change.types[1].regions[1] == before


def test_a_preview_costs_the_same_for_few_and_for_many(universe: Universe, client: Client) -> None:
    signed_in(client, universe)
    universe.assessment(State.AGREED)
    with CaptureQueriesContext(connection) as few:
        answer = client.post(EDIT, fields(universe))
    assert "hidden" in answer.content.decode()
    with CaptureQueriesContext(connection) as asked_twice:
        client.post(EDIT, fields(universe))
    assert len(asked_twice) <= len(few)
    with_many(universe)
    with CaptureQueriesContext(connection) as lots:
        page = client.post(EDIT, fields(universe)).content.decode()
    assert "1.11" in page and "1.33" in page
    assert len(lots) == len(asked_twice)
