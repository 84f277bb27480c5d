"""The regional picture that the database keeps is what one gets by putting it together from the sources."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from assurance import scope
from assurance.models import AgreedOutcome, Assessment, Authority, PictureCount, PictureRow, Review, SelfAssessment
from assurance.queries.picture_check import differences
from assurance.vocabulary import Answer, Judgement, PictureGap, State
from tests.matrices.world import whole_life
from tests.universe import Universe, all_rows

pytestmark = pytest.mark.django_db


def row(assessment: Assessment) -> PictureRow:
    return PictureRow.objects.get(assessment=assessment)


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        (State.NOT_STARTED, ()),
        (State.IN_PROGRESS, ()),
        (State.SUBMITTED, ("own",)),
        (State.IN_REVIEW, ("own", "adviser")),
        (State.CLARIFICATION, ("own", "adviser")),
        (State.PROPOSED, ("own", "adviser")),
        (State.DISPUTED, ("own", "adviser")),
        (State.AGREED, ("own", "adviser", "agreed")),
        (State.WITHDRAWN, ()),
    ],
)
@pytest.mark.parametrize("scheme", ["la-8", "la-10"])
def test_what_counts_when(universe: Universe, state: State, counted: tuple[str, ...], scheme: str) -> None:
    assessment = universe.assessment(state, scheme)
    with all_rows():
        found = row(assessment)
        assert found.state == state
        assert {name for name in Judgement.values if getattr(found, name)} == set(counted)
        for name, model in (("own", SelfAssessment), ("adviser", Review), ("agreed", AgreedOutcome)):
            if name in counted:
                levels = model.objects.filter(assessment=assessment, answer=Answer.OUTCOME)
                assert {at + 1: value for at, value in enumerate(getattr(found, name)) if value > 0} == dict(
                    levels.values_list("benchmark__number", "level_id")
                )
        assert differences() == []


def test_a_whole_life_of_everything_is_kept(universe: Universe) -> None:
    whole_life(universe, universe.alder)
    with all_rows():
        assert PictureRow.objects.count() == Assessment.objects.count() > 0
        assert PictureCount.objects.filter(count__gt=0).exists()
        assert differences() == []


def test_three_gaps_are_three_numbers(universe: Universe) -> None:
    assessment = universe.assessment(State.AGREED)
    with all_rows():
        rows = AgreedOutcome.objects.filter(assessment=assessment)
        rows.filter(benchmark__number=1).update(answer=Answer.NOT_APPLICABLE, level=None)
        rows.filter(benchmark__number=2).update(answer=Answer.UNKNOWN, level=None)
        rows.filter(benchmark__number=3).delete()
        found = row(assessment).agreed
        assert found[:3] == [PictureGap.NOT_APPLICABLE, PictureGap.UNKNOWN, PictureGap.UNKNOWN]
        assert found[3] > 0
        assert differences() == []


def test_an_authority_that_moves_takes_its_counts_along(universe: Universe) -> None:
    assessment = universe.assessment(State.AGREED)
    place = Authority.objects.get(pk=assessment.authority_id)
    Authority.objects.filter(pk=place.pk).update(region="Far away", type="Another type")
    with all_rows():
        assert (row(assessment).region, row(assessment).type) == ("Far away", "Another type")
        counted = PictureCount.objects.filter(cycle=assessment.cycle, judgement=Judgement.AGREED)
        assert not counted.filter(region=place.region, type=place.type, number=0, value=1).exists()
        assert counted.get(region="Far away", number=0, value=1).count == 1
        assert differences() == []


def test_nothing_of_it_outlives_its_assessment(universe: Universe) -> None:
    like = universe.assessment(State.SUBMITTED)
    with all_rows():
        before = list(PictureCount.objects.values_list("number", "value", "count"))
        place = Authority.objects.get(pk=like.authority_id)
        place.pk, place.gss_code = None, "E10000999"
        place.save()
        one = Assessment.objects.create(
            authority=place, cycle=like.cycle, state=State.SUBMITTED, state_since=universe.at, submitted_at=universe.at
        )
        assert len(row(one).own) == 8
        assert list(PictureCount.objects.values_list("number", "value", "count")) != before
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM assurance_assessment WHERE id = %s", [one.pk])
        assert not PictureRow.objects.filter(assessment=one.pk).exists()
        assert list(PictureCount.objects.values_list("number", "value", "count")) == before
        assert differences() == []


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE assurance_picturerow SET agreed[2] = -1 WHERE assessment_id = %s",
        "UPDATE assurance_picturerow SET own = '{}' WHERE assessment_id = %s",
        "UPDATE assurance_picturerow SET region = 'Elsewhere' WHERE assessment_id = %s",
        "DELETE FROM assurance_picturerow WHERE assessment_id = %s",
        "UPDATE assurance_picturecount SET count = count + 1 WHERE %s > 0 AND number = 2",
        "DELETE FROM assurance_picturecount WHERE %s > 0 AND number = 0",
    ],
)
def test_the_check_finds_what_is_wrong(universe: Universe, spoil: str) -> None:
    assessment = universe.assessment(State.AGREED)
    with all_rows(), connection.cursor() as cursor:
        cursor.execute(spoil, [assessment.pk])
        assert differences()
    with pytest.raises(CommandError, match="not what its sources say"):
        call_command("check_picture")


def test_the_command_says_that_all_is_well(universe: Universe, capsys: pytest.CaptureFixture[str]) -> None:
    universe.assessment(State.AGREED)
    call_command("check_picture")
    assert "3 assessments" in capsys.readouterr().out


def test_rows_are_of_ones_scope_alone(universe: Universe) -> None:
    assessment = universe.assessment(State.AGREED)
    with scope.authorities([universe.birch.pk]):
        assert not PictureRow.objects.filter(assessment=assessment.pk).exists()
    with scope.authorities([assessment.authority_id]):
        assert PictureRow.objects.filter(assessment=assessment.pk).exists()
