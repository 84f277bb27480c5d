"""The public page of the method: that its examples are what the service reckons, and that it shows what counts now."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from assurance.actions.weights import save_weights
from assurance.insights.worked import ASSESSMENT, WEIGHTS, worked
from benchmarks.scoring import Gap, ScaleLevel
from benchmarks.vocabulary import Standing
from benchmarks.weighing import weights_for
from tests.universe import Universe, as_actor


def words(client: Client) -> str:
    answer = client.get("/method/")
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def test_the_examples_by_hand() -> None:
    found = worked()
    # 1 to 8: exceeding, met, met, not met, not applicable, met, exceeding, not known.
    assert (found.share.numerator, found.share.denominator, found.share.percent) == (5, 6, Decimal("83.3"))
    # (2 + 1 + 1 + 0) x 1.5 + (1 + 2) x 1 = 9, of 4 x 1.5 + 2 x 1 = 8.
    assert (found.products, found.score.weight, found.score.score) == (9, 8, Decimal("1.13"))
    # (1 + 1 + 1 + 0 + 2 + 2) / 6, and 3 / 4 and 4 / 2 apart.
    assert found.pooled.score == Decimal("1.17")
    assert [one.score for one in found.apart] == [Decimal("0.75"), Decimal("2.00")]
    assert [(region, shown) for region, _count, shown in found.regions] == [
        ("North", True),
        ("East", True),
        ("South", False),
        ("West", False),
    ]
    # The third and the seventh are up, the eighth is down, from above the duty to meeting it.
    assert (found.moves.up, found.moves.down, found.moves.same, found.moves.left_out) == (2, 1, 6, 1)
    assert (found.first.percent, found.second.percent) == (Decimal("70.0"), Decimal("77.8"))
    assert (found.first_alike.percent, found.second_alike.percent) == (Decimal("66.7"), Decimal("77.8"))
    assert found.merged == Standing.BELOW


def test_every_line_of_the_example_adds_up() -> None:
    found = worked()
    assert len(found.lines) == len(ASSESSMENT) == len(WEIGHTS)
    for line, result in zip(found.lines, ASSESSMENT, strict=True):
        if isinstance(result, Gap):
            assert (line.points, line.weight, line.product, line.code) == (None, None, None, result.value)
        else:
            assert isinstance(result, ScaleLevel)
            assert line.product == line.points * line.weight  # type: ignore[operator]
            assert line.code == result.code


def test_the_page_says_what_is_reckoned(universe: Universe, client: Client) -> None:
    page = words(client)
    for said in (
        "6 of 8 benchmarks have an outcome, and at 5 of these the duty is met or exceeded. "
        "The share is 5 of 6, or 83.3%.",
        "9.00 ÷ 8.00 = 1.13 of 2",
        "one authority has 4 outcomes and a score of 0.75, another has 2 and a score of 2.00. "
        "The average of all 6 outcomes is 1.17.",
        "South, 6 authorities: hidden West, 4 authorities: hidden",
        "North, 12 authorities: shown East, 9 authorities: shown",
        "2 up, 1 down, 6 level, 1 not comparable",
        "7 of 10 (70.0%) in the first year and 7 of 9 (77.8%) in the second",
        "6 of 9 (66.7%) against 7 of 9 (77.8%)",
        "Together: Does not meet the duty.",
        "These weights are this product’s own. None is published.",
    ):
        assert said in page
    for kind in ("Not applicable", "Not known", "Not answered", "Not yet agreed", "Withdrawn", "No record"):
        assert kind in page


def test_the_page_shows_each_scheme_and_how_one_is_read_in_another(universe: Universe, client: Client) -> None:
    page = words(client)
    old, new = universe.scheme("la-10"), universe.scheme("la-8")
    for scheme in (old, new):
        assert f"{scheme.name}: version 0 of the weights" in page
        for level in scheme.levels:
            assert f"{level.label} {level.standing.label} {level.points}" in page
    # Six and eight are read as seven, nine and ten as eight.
    seven, eight = (f"{number}. {new.benchmarks[number].title}" for number in (7, 8))
    assert f"{seven} 6. {old.benchmarks[6].title}; 8. {old.benchmarks[8].title} {eight}" in page


def test_the_page_shows_the_weights_that_count_now(universe: Universe, client: Client) -> None:
    scheme = universe.scheme("la-8")
    with as_actor(universe.administrator) as by:
        save_weights(
            by=by,
            at=universe.at,
            scheme="la-8",
            seen_version=0,
            weights={**weights_for(scheme).by_number, 1: Decimal("63.21")},
            reason="To be seen.",
        )
    page = words(client)
    assert f"{scheme.name}: version 1 of the weights" in page and "63.21" in page
    assert "To be seen." not in page, "reasons are for those who work here"
    client.force_login(universe.lead)
    assert "All versions of the weights" in words(client)


@pytest.mark.parametrize("address", ["/help/", "/accessibility/", "/sign-in/"])
def test_every_page_leads_to_it(universe: Universe, client: Client, address: str) -> None:
    assert 'href="/method/"' in client.get(address).content.decode()


def test_it_can_be_read_before_any_scheme_is_published(db: None, client: Client) -> None:
    assert "What the figures mean" in words(client)
