"""Recommendations over the years: who sees which, what counts as what, and that the database and the rules agree."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from assurance.actions import agreement, follow_ups, points
from assurance.insights import recommendations as rules
from assurance.insights.recommendations import NOT_ANSWERED, NOT_ASKED, Cell
from assurance.models import Assessment, Authority, Cycle, FollowUp, FollowUpReview, Recommendation
from assurance.queries import recommendations as read
from assurance.vocabulary import CycleState, FollowUpProgress, State
from tests.universe import Universe, all_rows, as_actor

TODAY = date(2026, 1, 15)
AGREED: dict[str, Any] = {"state": State.AGREED}


def page(universe: Universe, who: str, number: int = 1, **params: str) -> read.Recommendations:
    with as_actor(universe.cast[who]) as by:
        return read.recommendations(by, read.filters_from(params), number, TODAY)


def recommended(universe: Universe, authority: Authority, cycle: Cycle, *texts: str, **more: Any) -> list[int]:
    """Recommendations of an agreed assessment of that cycle, straight into the table; their ids."""
    with all_rows():
        assessment, _made = Assessment.objects.update_or_create(
            cycle=cycle,
            authority=authority,
            defaults=AGREED | {"state_since": universe.at, "submitted_at": universe.at},
        )
        first = Recommendation.objects.filter(assessment=assessment).count() + 1
        rows = [
            Recommendation(authority=authority, assessment=assessment, position=first + place, text=text, **more)
            for place, text in enumerate(texts)
        ]
        return [one.pk for one in Recommendation.objects.bulk_create(rows)]


def past_cycle(universe: Universe, name: str, scheme: str = "la-8") -> Cycle:
    with all_rows():
        return Cycle.objects.create(
            programme=universe.programme,
            name=name,
            scheme_version_id=universe.scheme(scheme).id,
            state=CycleState.CLOSED,
        )


def said(universe: Universe, cycle: Cycle, recommendation: int, progress: str, *, adviser: bool = False) -> None:
    """A word on a recommendation in an assessment of that cycle, straight into the table."""
    with all_rows():
        authority = Recommendation.objects.get(pk=recommendation).authority
        assessment, _made = Assessment.objects.get_or_create(
            cycle=cycle,
            authority=authority,
            defaults=AGREED | {"state_since": universe.at, "submitted_at": universe.at},
        )
        (FollowUpReview if adviser else FollowUp).objects.create(
            authority=authority,
            assessment=assessment,
            recommendation_id=recommendation,
            progress=progress,
            saved_at=universe.at,
        )


@pytest.fixture
def years(universe: Universe) -> dict[str, Cycle]:
    """Three closed years and the one that is open, of which the first two are on ten benchmarks."""
    cycles = {name: past_cycle(universe, name, "la-10") for name in ("2022/23", "2023/24")}
    return cycles | {"2024/25": past_cycle(universe, "2024/25"), "2025/26": universe.cycle()}


# The rules, pure

CELLS = st.lists(
    st.builds(
        Cell,
        cycle=st.integers(1, 4),
        place=st.sampled_from(["North", "South", "none"]),
        progress=st.sampled_from(rules.PROGRESSES),
        unowned=st.booleans(),
        late=st.booleans(),
        count=st.integers(1, 50),
    ),
    max_size=30,
)
AGES = {1: 3, 2: 2, 3: 1, 4: None}


@given(CELLS, st.randoms())
def test_the_order_of_rows_never_matters(cells: list[Cell], chance: random.Random) -> None:
    mixed = list(cells)
    chance.shuffle(mixed)
    assert rules.tally(mixed, AGES) == rules.tally(cells, AGES)
    by_place = rules.tallies(mixed, AGES, lambda cell: cell.place)
    assert by_place == rules.tallies(cells, AGES, lambda cell: cell.place)


@given(CELLS)
def test_open_done_and_ended_are_all_there_are(cells: list[Cell]) -> None:
    found = rules.tally(cells, AGES)
    assert found.open + found.done + found.ended == found.total == sum(cell.count for cell in cells)
    assert max(found.ageing, found.overdue) <= found.open
    assert found.unowned <= found.total


@given(CELLS, st.builds(Cell, st.just(1), st.just("West"), st.sampled_from(rules.PROGRESSES), st.booleans(),
                        st.booleans(), st.integers(1, 9)))  # fmt: skip
def test_an_unrelated_place_changes_no_other(cells: list[Cell], other: Cell) -> None:
    with_it = rules.tallies([*cells, other], AGES, lambda cell: cell.place)
    assert with_it.pop("West").total == other.count
    assert with_it == rules.tallies(cells, AGES, lambda cell: cell.place)


@pytest.mark.parametrize(
    ("year", "newest", "years"),
    [
        ("2024/25", "2025/26", 1),
        ("2022/2023", "2025/26", 3),
        ("2025", "2025/26", 0),
        ("Year", "2025/26", None),
        ("2024/25", "Year", None),
        ("20245/26", "2025/26", None),
        ("2026/27", "2025/26", 0),
    ],
)
def test_age_is_from_year_to_year(year: str, newest: str, years: int | None) -> None:
    assert rules.age(year, newest) == years


def test_ageing_is_open_for_two_years() -> None:
    assert [rules.is_ageing(FollowUpProgress.IN_PROGRESS, years) for years in (None, 0, 1, 2, 5)] == [
        *(False, False, False),
        *(True, True),
    ]
    assert not rules.is_ageing(FollowUpProgress.DONE, 5)
    assert rules.is_ageing(NOT_ANSWERED, 2)
    assert rules.is_ageing(NOT_ASKED, 2)


def test_the_picture_says_everything_in_words() -> None:
    found = rules.tally(
        [Cell(1, "", FollowUpProgress.DONE, False, False, 2), Cell(1, "", NOT_ASKED, True, False, 3)], AGES
    )
    drawing = rules.drawing(
        [rules.Bar("2024/25", found, "3 open, 2 done")], title="T", text="X", legend=("Open", "Done", "Ended")
    )
    words = [shape.text for shape in drawing.shapes if isinstance(shape, rules.Words)]
    assert words == ["Open", "Done", "Ended", "2024/25", "3 open, 2 done"]
    bars = [shape for shape in drawing.shapes if isinstance(shape, rules.Box) and shape.title]
    assert [bar.width for bar in bars] == [rules.WIDE * 3 / 5, rules.WIDE * 2 / 5]


# What became of each


def test_the_last_word_counts(universe: Universe, years: dict[str, Cycle]) -> None:
    """The newest year first; of one year the adviser before the authority; nothing of a withdrawn assessment."""
    first, second, third, fourth = recommended(universe, universe.alder, years["2022/23"], "A.", "B.", "C.", "D.")
    said(universe, years["2023/24"], first, FollowUpProgress.DONE)
    said(universe, years["2023/24"], first, FollowUpProgress.IN_PROGRESS, adviser=True)
    said(universe, years["2023/24"], second, FollowUpProgress.NOT_STARTED, adviser=True)
    said(universe, years["2024/25"], second, FollowUpProgress.NO_LONGER_RELEVANT)
    said(universe, years["2024/25"], third, FollowUpProgress.DONE)
    with all_rows():
        Assessment.objects.filter(cycle=years["2024/25"]).update(state=State.WITHDRAWN)
    found = {one.text: (str(one.progress), one.word) for one in page(universe, "manager").entries}
    assert found["A."] == ("In progress", "the adviser, 2023/24")
    assert found["B."] == ("Not started", "the adviser, 2023/24")
    assert found["C."] == ("Not answered", "")
    assert found["D."] == ("Not answered", "")
    with all_rows():
        Assessment.objects.filter(cycle=years["2024/25"]).update(state=State.AGREED)
    found = {one.text: (str(one.progress), one.word) for one in page(universe, "manager").entries}
    assert found["B."] == ("No longer relevant", "the authority, 2024/25")
    assert found["C."] == ("Done", "the authority, 2024/25")
    assert fourth


def test_what_nobody_could_answer_is_said_so(universe: Universe, years: dict[str, Cycle]) -> None:
    """Alder has an assessment in a later year, although not started; Cedar's was withdrawn, Birch has none."""
    for authority in (universe.alder, universe.birch, universe.cedar):
        recommended(universe, authority, years["2024/25"], f"Of {authority.short_name}.")
    with all_rows():
        Assessment.objects.filter(cycle=years["2025/26"], authority=universe.birch).update(state=State.WITHDRAWN)
        Assessment.objects.filter(cycle=years["2025/26"], authority=universe.cedar).update(state=State.WITHDRAWN)
    found = page(universe, "auditor")
    assert {one.text: str(one.progress) for one in found.entries} == {
        "Of Alder.": "Not answered",
        "Of Birch.": "Nobody could answer yet",
        "Of Cedar.": "Nobody could answer yet",
    }
    assert (found.total.open, found.total.total) == (3, 3)


def test_what_was_said_in_a_review_is_not_shown_before_it_is_proposed(universe: Universe) -> None:
    """By the real way: the authority says done, the adviser that it is not, which the authority sees when proposed."""
    universe.last_year()
    assessment = universe.assessment(State.IN_PROGRESS)
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
    with all_rows():
        (pk,) = Recommendation.objects.values_list("pk", flat=True)
    reply = follow_ups.FollowUpReply(version=0, progress=FollowUpProgress.DONE, owner="Pat of the council")
    with as_actor(universe.lead) as by:
        follow_ups.save_follow_ups(by=by, replies={pk: reply}, **common)
    assert [str(one.progress) for one in page(universe, "lead").entries] == ["Done"]
    assert [str(one.progress) for one in page(universe, "viewer").entries] == ["Not answered"]
    assert [str(one.progress) for one in page(universe, "adviser").entries] == ["Not answered"]
    universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        judged = follow_ups.Judgement(version=0, progress=FollowUpProgress.NOT_STARTED)
        follow_ups.save_follow_up_reviews(by=by, judgements={pk: judged}, **common)
    (mine,) = page(universe, "adviser").entries
    assert (str(mine.progress), mine.word) == ("Not started", "the adviser, 2025/26")
    (theirs,) = page(universe, "lead").entries
    assert (str(theirs.progress), theirs.word) == ("Done", "the authority, 2025/26")
    assert (theirs.owners, theirs.owner_by) == (("Pat of the council",), "named by the authority, 2025/26")
    universe.assessment(State.PROPOSED)
    assert [str(one.progress) for one in page(universe, "viewer").entries] == ["Not started"]


def test_owners_dates_and_age(universe: Universe, years: dict[str, Cycle]) -> None:
    recommended(universe, universe.alder, years["2022/23"], "Old.", due_on=TODAY - timedelta(days=1))
    recommended(universe, universe.alder, years["2024/25"], "Today.", due_on=TODAY, owners=["Jo"])
    (gone,) = recommended(universe, universe.alder, years["2023/24"], "Gone.", due_on=date(2024, 1, 1))
    said(universe, years["2024/25"], gone, FollowUpProgress.DONE)
    found = page(universe, "manager")
    assert [(one.text, one.years, one.ageing, one.overdue) for one in found.entries] == [
        ("Old.", 3, True, True),
        ("Gone.", 2, False, False),
        ("Today.", 1, False, False),
    ]
    total = found.total
    assert (total.total, total.open, total.done, total.ageing, total.overdue, total.unowned) == (3, 2, 1, 1, 1, 2)


def test_a_draft_cycle_makes_nothing_older(universe: Universe, years: dict[str, Cycle]) -> None:
    recommended(universe, universe.alder, years["2024/25"], "One.")
    universe.draft_cycle("2029/30")
    assert [one.years for one in page(universe, "manager").entries] == [1]


# Who sees what


def test_each_sees_their_own(universe: Universe, years: dict[str, Cycle]) -> None:
    for authority in (universe.alder, universe.birch, universe.cedar):
        recommended(universe, authority, years["2024/25"], f"Of {authority.short_name}.")

    def seen(who: str) -> set[str]:
        found = page(universe, who)
        assert found.total.total == len(found.entries)
        return {one.text for one in found.entries}

    alder, birch, cedar = "Of Alder.", "Of Birch.", "Of Cedar."
    for who in ("lead", "contributor", "viewer", "adviser"):
        assert seen(who) == {alder}, who
    assert seen("other_lead") == seen("other_adviser") == {birch, cedar}
    assert seen("manager") == {alder, birch}
    assert seen("other_manager") == {cedar}
    assert seen("auditor") == {alder, birch, cedar}
    for who in ("signatory", "administrator", "stranger"):
        with pytest.raises(PermissionDenied):
            page(universe, who)


def test_nothing_is_shown_that_is_not_agreed(universe: Universe) -> None:
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        points.save_recommendations(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            token=points.list_token(()),
            recommendations=[points.NewRecommendation("Write the risks down.")],
        )
    for state in (State.IN_REVIEW, State.PROPOSED):
        universe.assessment(state)
        assert not page(universe, "adviser").entries
        assert not page(universe, "lead").entries
    with as_actor(universe.lead) as by:
        agreement.accept(by=by, at=universe.at, assessment_id=assessment.pk)
    assert len(page(universe, "lead").entries) == len(page(universe, "adviser").entries) == 1


def test_the_database_holds_rows_back_too(universe: Universe, years: dict[str, Cycle]) -> None:
    """The statement asks as the person: without a scope it finds nothing, whatever it says."""
    recommended(universe, universe.alder, years["2024/25"], "One.")
    with as_actor(universe.manager) as by:
        actor = by
    assert not read.recommendations(actor, read.Filters(), 1, TODAY).entries


# Narrowing, searching and sorting


@pytest.fixture
def mixed(universe: Universe, years: dict[str, Cycle]) -> Universe:
    """Ten recommendations of two schemes, two regions and all kinds of progress."""
    old = recommended(universe, universe.alder, years["2023/24"], "Train the panel.", benchmark_numbers=[3, 9])
    old += recommended(
        universe, universe.birch, years["2023/24"], "Train every new member.", benchmark_numbers=[3], owners=["Jo"]
    )
    said(universe, years["2024/25"], old[0], FollowUpProgress.IN_PROGRESS)
    said(universe, years["2024/25"], old[1], FollowUpProgress.DONE, adviser=True)
    recommended(
        universe, universe.alder, years["2024/25"], "Publish the training plan.", benchmark_numbers=[3],
        heading="Risk register", due_on=date(2025, 6, 1),
    )  # fmt: skip
    recommended(universe, universe.cedar, years["2024/25"], "Ask the schools about risks.", owners=["Al", "Bo"])
    return universe


def texts(found: read.Recommendations) -> set[str]:
    return {one.text for one in found.entries}


def test_every_filter_narrows_list_tables_and_picture(mixed: Universe, years: dict[str, Cycle]) -> None:
    panel, member = "Train the panel.", "Train every new member."
    plan, schools = "Publish the training plan.", "Ask the schools about risks."
    cases: list[tuple[dict[str, str], set[str]]] = [
        ({}, {panel, member, plan, schools}),
        ({"cycle": str(years["2023/24"].pk)}, {panel, member}),
        ({"region": "South"}, {schools}),
        ({"region": "Nowhere"}, set()),
        ({"type": "County"}, {panel, member, plan, schools}),
        ({"type": "Borough"}, set()),
        ({"benchmark": "la-10.3"}, {panel, member}),
        ({"benchmark": "la-8.3"}, {plan}),
        ({"benchmark": "la-10.9"}, {panel}),
        ({"benchmark": "none"}, {schools}),
        ({"progress": "open"}, {panel, plan, schools}),
        ({"progress": "done"}, {member}),
        ({"progress": "in_progress"}, {panel}),
        ({"progress": "not_answered"}, {plan, schools}),
        ({"progress": "not_asked"}, set()),
        ({"ageing": "1"}, {panel}),
        ({"overdue": "1"}, {plan}),
        ({"unowned": "1"}, {panel, plan}),
        ({"search": "training"}, {panel, member, plan}),
        ({"search": "training -panel"}, {member, plan}),
        ({"search": "risk"}, {plan, schools}),
        ({"search": '"risk register"'}, {plan}),
        ({"search": "training", "region": "North", "unowned": "1", "progress": "open"}, {panel, plan}),
        ({"programme": str(mixed.programme.pk)}, {panel, member, plan, schools}),
    ]
    for params, expected in cases:
        found = page(mixed, "auditor", **params)
        assert texts(found) == expected, params
        assert found.total.total == len(expected), params
        assert found.page.paginator.count == len(expected), params
        assert found.authorities == len({one.authority for one in found.entries})
        assert bool(found.counted) == bool(found.drawing) == bool(expected)
        if expected:
            assert sum(line.tally.total for line in found.counted[0].lines) == len(expected)
            shown = "".join(shape.text for shape in found.drawing.shapes if hasattr(shape, "text"))
            assert all(str(line.tally.open) in shown for line in found.counted[0].lines)


def test_tables_by_benchmark_are_of_one_scheme_each(mixed: Universe) -> None:
    found = {str(one.title): one for one in page(mixed, "auditor").counted}
    assert list(found) == ["By year", "By region", "By benchmark of la-8", "By benchmark of la-10"]
    ten = {str(line.label).partition(".")[0]: line.tally.total for line in found["By benchmark of la-10"].lines}
    assert ten == {"3": 2, "9": 1}
    eight = [(str(line.label).partition(".")[0], line.tally.total) for line in found["By benchmark of la-8"].lines]
    assert eight == [("3", 1), ("No benchmark", 1)]
    regions = {str(line.label): (line.tally.total, line.tally.done) for line in found["By region"].lines}
    assert regions == {"North": (3, 1), "South": (1, 0)}


def test_every_line_of_a_table_leads_to_its_rows(mixed: Universe, client: Client) -> None:
    client.force_login(mixed.auditor)
    for table in page(mixed, "auditor").counted:
        for line in table.lines:
            response = client.get(reverse("recommendations-over-years") + line.href)
            assert response.context["page"].total == line.tally, (str(table.title), str(line.label))


def test_no_numbers_twice_count_once(universe: Universe, years: dict[str, Cycle]) -> None:
    recommended(universe, universe.alder, years["2024/25"], "One.", benchmark_numbers=[2, 2])
    (line,) = page(universe, "manager").counted[-1].lines
    assert line.tally.total == 1


def test_themes_are_words_of_several_authorities(mixed: Universe) -> None:
    found = page(mixed, "auditor")
    themes = {one.word: (one.recommendations, one.authorities) for one in found.themes}
    assert themes["train"] == (3, 2)
    assert themes["risk"] == (2, 2)
    assert not {"every", "panel", "the", "about"} & set(themes)
    assert found.themes_are_of_all
    (train,) = (one for one in found.themes if one.word == "train")
    assert train.href == "?search=train"
    narrowed = page(mixed, "auditor", search="training")
    assert "train" not in {one.word for one in narrowed.themes}
    assert not page(mixed, "lead").themes


def test_of_many_the_words_of_the_newest_are_counted(mixed: Universe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "THEMES_OF", 2)
    found = page(mixed, "auditor")
    assert {one.word for one in found.themes} == {"risk"}
    assert (found.themes_of, found.themes_are_of_all) == (2, False)


def test_a_word_is_spelt_as_somebody_wrote_it(universe: Universe, years: dict[str, Cycle]) -> None:
    """The database counts "polici", which nobody writes."""
    recommended(universe, universe.alder, years["2024/25"], "Renew the policies.")
    recommended(universe, universe.birch, years["2024/25"], "Print each policy.")
    (theme,) = page(universe, "manager").themes
    assert theme.word in {"policies", "policy"}
    assert len(page(universe, "manager", search=theme.word).entries) == 2


def test_sorted_by_age_authority_and_date(mixed: Universe) -> None:
    def order(sort: str) -> list[str]:
        return [one.text.split()[0] + one.authority[0] for one in page(mixed, "auditor", sort=sort).entries]

    assert order("") == order("age") == ["TrainA", "TrainB", "PublishA", "AskC"]
    assert order("-age")[0] in {"PublishA", "AskC"}
    assert order("authority") == ["TrainA", "PublishA", "TrainB", "AskC"]
    assert order("-authority")[0] == "AskC"
    assert order("due")[0] == order("-due")[0] == "PublishA"
    columns = page(mixed, "auditor", sort="-authority").columns
    assert (columns["authority"].aria, columns["authority"].href) == ("descending", "?sort=authority")
    assert page(mixed, "auditor").columns["age"].aria == "descending"


def test_pages_of_fifty(universe: Universe, years: dict[str, Cycle]) -> None:
    recommended(universe, universe.alder, years["2024/25"], *(f"Do {number:03}." for number in range(120)))
    seen = [one.text for number in (1, 2, 3) for one in page(universe, "manager", number).entries]
    assert seen == [f"Do {number:03}." for number in range(120)]
    beyond = page(universe, "manager", 99)
    assert (beyond.page.number, beyond.entries[0].text) == (3, "Do 100.")


@pytest.mark.parametrize(
    "query",
    [
        "search=%27%22%3A%26%7C%21%28%29%3C-%3E%5C",
        "search=%00%ff",
        "search=the",
        "search=" + "x" * 5000,
        "benchmark=la-8.99999999999",
        "benchmark=la-8.%C2%B2",
        "benchmark=....",
        "benchmark=la-8.",
        "cycle=999999999999999999",
        "cycle=-1",
        "cycle=999999999",
        "programme=x",
        "programme=999999999",
        "page=999999999",
        "page=-1",
        "page=%C2%B2",
        "progress=%27",
        "sort=--age",
        "sort=text%3B",
        "ageing=yes&overdue=&unowned=%00",
        "region=%00%27&type=%7B%7D%25s",
        "region=%25s&search=%25s%7B0%7D",
    ],
)
def test_odd_addresses_do_no_harm(mixed: Universe, client: Client, query: str) -> None:
    client.force_login(mixed.auditor)
    response = client.get(f"{reverse('recommendations-over-years')}?{query}")
    assert response.status_code == 200


def test_a_search_without_result_is_answered_kindly(mixed: Universe, client: Client) -> None:
    client.force_login(mixed.auditor)
    text = client.get(reverse("recommendations-over-years"), {"search": "<script>zebra"}).content.decode()
    assert "Nothing fits. Try fewer or other words" in text
    assert "<script>zebra" not in text
    assert 'value="&lt;script&gt;zebra"' in text


def test_names_in_the_picture_are_escaped(universe: Universe, client: Client) -> None:
    recommended(universe, universe.alder, past_cycle(universe, "2021/22 <b>&"), "One.")
    client.force_login(universe.manager)
    text = client.get(reverse("recommendations-over-years")).content.decode()
    assert "2021/22 &lt;b&gt;&amp;" in text
    assert "<b>" not in text


# The database and the rules

WORDS: list[tuple[str, bool, str]] = [
    (cycle, adviser, progress)
    for cycle in ("2023/24", "2024/25", "2025/26")
    for adviser in (False, True)
    for progress in FollowUpProgress.values
]


def last_word(words: list[tuple[str, bool, str]], is_asked: bool) -> str:
    """The rule in plain Python: the newest year, and of one year the adviser."""
    if not words:
        return NOT_ANSWERED if is_asked else NOT_ASKED
    return max(words, key=lambda word: (word[0], word[1]))[2]


@pytest.mark.parametrize("seed", range(3))
def test_the_database_says_what_the_rules_say(universe: Universe, years: dict[str, Cycle], seed: int) -> None:
    """Of a record made by chance: each last word, and every table, from the rows themselves."""
    chance = random.Random(seed)
    expected: dict[str, str] = {}
    for number in range(40):
        authority = chance.choice(universe.authorities)
        year = chance.choice(["2022/23", "2023/24", "2024/25"])
        text = f"Number {number}."
        (pk,) = recommended(
            universe, authority, years[year], text, benchmark_numbers=chance.sample(range(1, 9), chance.randrange(3)),
            owners=["Jo"] * chance.randrange(2), due_on=TODAY + timedelta(days=chance.randrange(-5, 5)),
        )  # fmt: skip
        later = [word for word in WORDS if word[0] > year]
        words = {(one[0], one[1]): one for one in chance.sample(later, chance.randrange(4))}
        for cycle, adviser, progress in words.values():
            said(universe, years[cycle], pk, progress, adviser=adviser)
        # Everybody has an assessment in the open year, so somebody could answer.
        expected[text] = last_word(list(words.values()), is_asked=True)
    found = page(universe, "auditor")
    assert {one.text: str(one.progress) for one in found.entries} == {
        text: str(read.PROGRESSES[progress]) for text, progress in expected.items()
    }
    assert found.total == rules.tally(
        [
            Cell(0, "", expected[one.text], not one.owners, (one.due_on or TODAY) < TODAY, 1)
            for one in found.entries
            if one.years is not None and one.years < rules.AGEING_AFTER
        ]
        + [
            Cell(1, "", expected[one.text], not one.owners, (one.due_on or TODAY) < TODAY, 1)
            for one in found.entries
            if one.years is not None and one.years >= rules.AGEING_AFTER
        ],
        {0: 0, 1: rules.AGEING_AFTER},
    )
    for progress in read.PROGRESSES:
        here = texts(page(universe, "auditor", progress=progress))
        wanted = rules.OPEN if progress == read.OPEN else (progress,)
        assert here == {text for text, one in expected.items() if one in wanted}


# Taking it away


def view_of(universe: Universe, who: str, **params: str) -> Any:
    with as_actor(universe.cast[who]) as by:
        return read.recommendations_view(by, params, universe.at)


def test_the_export_has_what_the_page_has(mixed: Universe, years: dict[str, Cycle]) -> None:
    recommended(mixed, mixed.alder, years["2024/25"], *(f"Do {number:03}." for number in range(60)))
    shown = page(mixed, "auditor")
    taken = view_of(mixed, "auditor")
    assert [one.title for one in taken.tables[:-1]] == [str(one.title) for one in shown.counted]
    for table, counted in zip(taken.tables[:-1], shown.counted, strict=True):
        assert [row[:3] for row in table.rows] == [
            (line.label, line.tally.total, line.tally.open) for line in counted.lines
        ]
    assert len(taken.tables[-1].rows) == shown.total.total == 64
    assert (taken.name, taken.authorities) == ("recommendations", 3)
    assert taken.picture.startswith("<svg")
    assert "<style>" in taken.picture
    (row,) = [row for row in taken.tables[-1].rows if row[5] == "Train every new member."]
    assert row[0] == "Birch County Council"
    assert row[6:8] == ("3", "Jo")
    assert row[8:] == ("No date", "Done", "the adviser, 2024/25", 2)


def test_an_export_says_by_what_it_is_narrowed(mixed: Universe) -> None:
    taken = view_of(mixed, "auditor", search="risk", region="South", unowned="0")
    assert "Narrowed to: South, “risk”." in [str(rule) for rule in taken.rules]
    assert len(taken.tables[-1].rows) == 1
    nothing = view_of(mixed, "auditor", search="zebra")
    assert ([len(one.rows) for one in nothing.tables], nothing.picture, nothing.authorities) == ([0], "", 0)


def test_an_export_is_of_what_its_taker_may_see(mixed: Universe) -> None:
    assert {row[0] for row in view_of(mixed, "other_manager").tables[-1].rows} == {"Cedar County Council"}
    with pytest.raises(PermissionDenied):
        view_of(mixed, "signatory")


# The page


@pytest.mark.parametrize("who", ["lead", "viewer", "contributor", "adviser", "manager", "auditor"])
def test_each_line_leads_to_the_record(universe: Universe, client: Client, who: str) -> None:
    universe.last_year()
    client.force_login(universe.cast[who])
    response = client.get(reverse("recommendations-over-years"))
    (entry,) = response.context["page"].entries
    assert client.get(entry.href).status_code == 200
    assert entry.text in client.get(entry.href).content.decode()


def test_only_who_reads_them_is_led_there(universe: Universe, client: Client) -> None:
    def is_led(who: str) -> bool:
        client.force_login(universe.cast[who])
        return f'href="{reverse("recommendations-over-years")}"' in client.get(reverse("help")).content.decode()

    led: Callable[[str], bool] = is_led
    assert {who for who in universe.cast if led(who)} == {
        *("lead", "other_lead", "contributor", "viewer"),
    }
    # The Home Office is led there by the tabs of the picture, a signatory, who reads none, not.
    for who in ("adviser", "manager", "auditor", "signatory"):
        client.force_login(universe.cast[who])
        tabs = client.get(reverse("picture")).content.decode()
        assert (f'href="{reverse("recommendations-over-years")}"' in tabs) == (who != "signatory")
