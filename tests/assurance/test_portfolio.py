"""The Home Office's first page, cover for absent advisers, and who advises which authority."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from assurance.access import Forbidden, NotFound, visible
from assurance.actions import cycles, portfolio
from assurance.actions.refusals import Unfit
from assurance.models import Assessment, Authority, Membership, Message, Question, ReferenceEvent, User
from assurance.queries import assignments
from assurance.queries import portfolio as read
from assurance.vocabulary import EventKind, LetterState, MessageKind, Role, State
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

DAY = timedelta(days=1)


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


@pytest.fixture
def today() -> date:
    return timezone.localdate()


def drawn(response: HttpResponse) -> Drawn:
    assert response.status_code == 200
    return Drawn(response.content.decode())


def listed(person: User, *, on: date | None = None, page: int = 1, **filters: Any) -> read.Portfolio:
    """The portfolio as it is on a day, today unless another is given."""
    with as_actor(person) as actor:
        return read.portfolio(actor, read.Filters(**filters), page, on or timezone.localdate())


def short(name: str) -> str:
    """What the universe calls an authority."""
    return name.removesuffix(" County Council")


def names(view: read.Portfolio) -> list[str]:
    return [short(line.name) for line in view.lines]


def tallies(view: read.Portfolio) -> list[str]:
    return [tally.text for tally in view.tallies]


def follow_all(universe: Universe, person: User) -> None:
    """The adviser of Alder becomes that of Birch and Cedar as well."""
    with all_rows():
        for authority in (universe.birch, universe.cedar):
            Membership.objects.create(person=person, role=Role.ADVISER, authority=authority, starts=MEMBERS_SINCE)


def arrange(universe: Universe, by: User, **changes: Any) -> list[Membership]:
    """The other adviser covers Alder for the adviser, for ten days from today."""
    today = timezone.localdate()
    given = {
        "absent_id": universe.adviser.pk,
        "person_id": universe.other_adviser.pk,
        "authority_ids": [universe.alder.pk],
        "starts": today,
        "last_day": today + 9 * DAY,
    }
    with as_actor(by) as actor:
        return portfolio.arrange_cover(by=actor, at=timezone.now(), **(given | changes))


def memberships(person: User) -> list[tuple[str, date, date | None]]:
    with all_rows():
        rows = Membership.objects.filter(person=person, role=Role.ADVISER).order_by("authority__name", "starts")
        return list(rows.values_list("authority__short_name", "starts", "ends"))


STEPS = [
    (State.SUBMITTED, "adviser", "Begin the review", "/do/begin_review/"),
    (State.IN_REVIEW, "adviser", "Go on with the review", "/review/1/"),
    (State.DISPUTED, "adviser", "Reconsider the dispute", "/do/reconsider/"),
    (State.DISPUTED, "manager", "Settle the dispute", "/do/settle/"),
    (State.AGREED, "adviser", "Draft the letter", "/letters/assessment/"),
]


class TestWhatComesNext:
    @pytest.mark.parametrize(("state", "who", "label", "address"), STEPS)
    def test_it_waits_for_the_reader_and_leads_to_the_work(
        self, universe: Universe, visitors: Visitors, state: State, who: str, label: str, address: str
    ) -> None:
        universe.assessment(state)
        (line,) = [
            line for line in listed(universe.cast[who], on=universe.at.date()).next if short(line.name) == "Alder"
        ]
        assert line.step == label
        assert address in line.step_href
        assert visitors.get(who, line.step_href).status_code == 200

    @pytest.mark.parametrize("state", [State.NOT_STARTED, State.IN_PROGRESS, State.CLARIFICATION, State.PROPOSED])
    def test_what_waits_for_the_authority_is_not_next(self, universe: Universe, state: State) -> None:
        universe.assessment(state)
        view = listed(universe.adviser, on=universe.at.date())
        assert view.next == ()
        assert tallies(view) == ["1 assessment", "1 waiting for the authority"]

    @pytest.mark.parametrize("who", ["auditor", "administrator"])
    def test_nothing_is_next_for_who_only_reads(self, universe: Universe, who: str) -> None:
        universe.assessment(State.DISPUTED)
        view = listed(universe.cast[who], on=universe.at.date())
        assert (view.next, view.mine) == ((), 0)
        assert "me" not in dict(view.shows)

    def test_overdue_answers_are_next(self, universe: Universe) -> None:
        assessment = universe.assessment(State.CLARIFICATION)
        with all_rows():
            Question.objects.filter(assessment=assessment).update(due=universe.at.date() - DAY)
        (line,) = listed(universe.adviser, on=universe.at.date()).next
        assert line.step == "See the overdue questions"
        assert line.questions_overdue and line.overdue
        assert line.step_href == reverse("questions", args=[assessment.pk])

    def test_when_all_is_reviewed_the_proposal_is_next(self, universe: Universe) -> None:
        assessment = universe.assessment(State.IN_REVIEW)
        universe.review_all(assessment.pk, universe.alder, universe.scheme())
        (line,) = listed(universe.adviser, on=universe.at.date()).next
        assert line.step_href == reverse("transition", args=[assessment.pk, "propose"])
        assert line.progress == "7 of 7 done"

    @pytest.mark.parametrize(
        ("letter", "said", "step"),
        [
            (LetterState.DRAFT, "In preparation", "Finish the letter"),
            (LetterState.ACCURACY_CHECK, "With the authority to check", ""),
            (LetterState.AWAITING_APPROVAL, "Awaiting approval", ""),
            (LetterState.ISSUED, "Sent", ""),
        ],
    )
    def test_how_far_the_letter_is(self, universe: Universe, letter: LetterState, said: str, step: str) -> None:
        universe.letter(letter)
        (line,) = listed(universe.adviser, on=universe.at.date()).lines
        assert line.letter.startswith(said)
        assert line.step == step

    def test_a_check_that_is_over_is_next(self, universe: Universe) -> None:
        """From the day after its last one; until then it waits for the authority."""
        universe.letter(LetterState.ACCURACY_CHECK)
        with all_rows():
            last = Assessment.objects.exclude(letter_check_until=None).get().letter_check_until
        assert last is not None
        before, after = (listed(universe.adviser, on=day).lines[0] for day in (last, last + DAY))
        assert (before.step, after.step) == ("", "Go on from the accuracy check")
        assert (before.waits, after.waits) == (
            "the Prevent Lead, to check the letter",
            "the adviser, to go on from the accuracy check",
        )

    def test_the_most_urgent_comes_first(self, universe: Universe) -> None:
        follow_all(universe, universe.adviser)
        universe.assessment(State.AGREED)
        universe.assessment(State.IN_REVIEW, authority=universe.birch)
        universe.assessment(State.SUBMITTED, authority=universe.cedar)
        assert [short(line.name) for line in listed(universe.adviser, on=universe.at.date()).next] == [
            "Cedar",
            "Birch",
            "Alder",
        ]

    def test_who_has_two_parts_is_asked_for_each_where_it_holds(self, universe: Universe) -> None:
        """A regional manager of the North who advises Cedar, in the South, settles there nothing."""
        for authority in universe.authorities:
            universe.assessment(State.DISPUTED, authority=authority)
        with all_rows():
            Membership.objects.create(
                person=universe.manager, role=Role.ADVISER, authority=universe.cedar, starts=MEMBERS_SINCE
            )
        steps = {short(line.name): str(line.step) for line in listed(universe.manager, on=universe.at.date()).lines}
        assert steps == {
            "Alder": "Settle the dispute",
            "Birch": "Settle the dispute",
            "Cedar": "Reconsider the dispute",
        }


class TestNarrowing:
    @pytest.fixture(autouse=True)
    def assessments(self, universe: Universe) -> None:
        follow_all(universe, universe.adviser)
        universe.assessment(State.AGREED)
        universe.assessment(State.CLARIFICATION, authority=universe.birch)
        universe.assessment(State.SUBMITTED, authority=universe.cedar)

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({}, ["Cedar", "Alder", "Birch"]),
            ({"show": "me"}, ["Cedar", "Alder"]),
            ({"show": "review"}, ["Cedar"]),
            ({"show": "letters"}, ["Alder"]),
            ({"show": "authority"}, ["Birch"]),
            ({"show": "disputed"}, []),
            ({"show": "nonsense"}, ["Cedar", "Alder", "Birch"]),
            ({"state": "submitted"}, ["Cedar"]),
            ({"region": "North"}, ["Alder", "Birch"]),
            ({"search": "ALD"}, ["Alder"]),
            ({"search": "E10000902"}, ["Birch"]),
            ({"search": "E1000090"}, []),
            ({"region": "North", "show": "me"}, ["Alder"]),
            ({"cycle": "999999"}, ["Cedar", "Alder", "Birch"]),
        ],
    )
    def test_filters_combine(self, universe: Universe, filters: dict[str, str], found: list[str]) -> None:
        assert names(listed(universe.adviser, on=universe.at.date(), **filters)) == found

    def test_the_counts_are_links_to_what_they_count(self, universe: Universe) -> None:
        view = listed(universe.adviser, on=universe.at.date())
        assert tallies(view) == [
            "3 assessments",
            "2 waiting for you",
            "1 to review",
            "1 letter to draft",
            "1 waiting for the authority",
        ]
        assert [tally.href for tally in view.tallies][1:3] == ["?show=me", "?show=review"]

    @pytest.mark.parametrize(
        ("sort", "found"),
        [
            ("authority", ["Alder", "Birch", "Cedar"]),
            ("-authority", ["Cedar", "Birch", "Alder"]),
            ("status", ["Cedar", "Birch", "Alder"]),
            ("-status", ["Alder", "Birch", "Cedar"]),
            # The first question is due before the cycle's dates, and the letters come last.
            ("deadline", ["Birch", "Cedar", "Alder"]),
            ("-deadline", ["Alder", "Cedar", "Birch"]),
        ],
    )
    def test_sorting(self, universe: Universe, sort: str, found: list[str]) -> None:
        assert names(listed(universe.adviser, on=universe.at.date(), sort=sort)) == found

    def test_sorting_by_days_begins_with_the_longest(self, universe: Universe) -> None:
        with all_rows():
            for days, authority in enumerate(universe.authorities):
                Assessment.objects.filter(authority=authority).update(state_since=universe.at - days * DAY)
        assert names(listed(universe.adviser, on=universe.at.date(), sort="-days")) == ["Cedar", "Birch", "Alder"]
        assert [line.days for line in listed(universe.adviser, on=universe.at.date(), sort="days").lines] == sorted(
            line.days for line in listed(universe.adviser, on=universe.at.date()).lines
        )

    def test_headings_sort_and_say_so_and_keep_the_filters(self, universe: Universe, visitors: Visitors) -> None:
        page = drawn(visitors.get("adviser", "/assessments/?region=North&sort=authority"))
        (heading,) = page.all("th", **{"aria-sort": "ascending"})
        assert heading.text.strip() == "Authority"
        assert page.one("a", href="?region=North&sort=-authority")
        assert page.one("a", href="?region=North&sort=deadline")
        assert page.one("input", type="hidden", name="sort")["value"] == "authority"

    def test_pages_keep_filters_and_sorting(
        self, universe: Universe, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(read, "PAGE_SIZE", 1)
        page = drawn(visitors.get("adviser", "/assessments/?region=North&sort=-authority"))
        assert page.one("a", rel="next")["href"] == "?region=North&sort=-authority&page=2"
        assert names(listed(universe.adviser, on=universe.at.date(), region="North", sort="-authority", page=2)) == [
            "Alder"
        ]

    def test_what_is_next_stands_on_the_plain_page_only(self, universe: Universe) -> None:
        assert listed(universe.adviser, on=universe.at.date()).next
        assert listed(universe.adviser, on=universe.at.date(), show="me").next == ()

    def test_by_adviser(self, universe: Universe) -> None:
        view = listed(universe.administrator, on=universe.at.date(), adviser=universe.other_adviser.pk)
        assert sorted(names(view)) == ["Birch", "Cedar"]
        assert {name for _id, name in view.advisers} == {"Ada Adviser", "Oona Adviser"}
        assert not listed(universe.adviser, on=universe.at.date()).shows_adviser


class TestYears:
    def test_only_open_cycles_unless_others_are_asked_for(self, universe: Universe) -> None:
        before = universe.last_year()
        universe.assessment(State.SUBMITTED)
        with as_actor(universe.administrator) as by:
            cycles.close_cycle(by=by, at=universe.at, cycle_id=before.cycle_id)
        assert [line.cycle for line in listed(universe.adviser).lines] == ["2025/26"]
        assert [line.cycle for line in listed(universe.adviser, cycle=str(before.cycle_id)).lines] == ["2024/25"]
        every = listed(universe.adviser, cycle="all")
        assert [line.cycle for line in every.lines] == ["2025/26", "2024/25"]
        assert every.shows_cycle

    def test_without_an_open_cycle_all_are_listed(self, universe: Universe) -> None:
        assessment = universe.assessment(State.SUBMITTED)
        with as_actor(universe.administrator) as by:
            cycles.close_cycle(by=by, at=universe.at, cycle_id=assessment.cycle_id)
        assert names(listed(universe.adviser)) == ["Alder"]


class TestCover:
    def test_who_covers_has_the_authority_in_that_time_and_is_told(self, universe: Universe, today: date) -> None:
        universe.assessment(State.SUBMITTED)
        (made,) = arrange(universe, universe.adviser)
        assert (made.starts, made.ends, made.covering) == (today, today + 10 * DAY, universe.adviser)
        with all_rows():
            message = Message.objects.get(kind=MessageKind.COVER)
            event = ReferenceEvent.objects.get(kind=EventKind.MEMBERSHIP, name="cover arranged")
            (past,) = Membership.history.filter(id=made.pk)
        assert message.person == universe.other_adviser
        assert "Alder" in message.body
        assert event.person == universe.adviser
        assert event.detail["authorities"] == [universe.alder.pk]
        assert past.history_user == universe.adviser
        view = listed(universe.other_adviser)
        (line,) = [line for line in view.lines if short(line.name) == "Alder"]
        assert line.step == "Begin the review"
        assert line.cover.startswith("Covering for Ada Adviser until ")
        assert names(listed(universe.other_adviser, show="cover")) == ["Alder"]
        assert view.covers[0].startswith("You are covering 1 authority for Ada Adviser until ")

    def test_whoever_is_away_keeps_it_and_sees_who_covers(self, universe: Universe) -> None:
        universe.assessment(State.SUBMITTED)
        arrange(universe, universe.adviser)
        (line,) = listed(universe.adviser).lines
        assert line.cover.startswith("Oona Adviser covers until ")
        assert names(listed(universe.adviser, show="cover")) == []

    def test_cover_that_is_coming_or_over_shows_nothing(self, universe: Universe, today: date) -> None:
        universe.assessment(State.SUBMITTED)
        (made,) = arrange(universe, universe.adviser, starts=today + DAY)
        assert "Alder" not in names(listed(universe.other_adviser))
        with all_rows():
            Membership.objects.filter(pk=made.pk).update(starts=today - 9 * DAY, ends=today)
        assert "Alder" not in names(listed(universe.other_adviser))

    @pytest.mark.parametrize("who", ["manager", "administrator"])
    def test_others_arrange_it_for_them(self, universe: Universe, who: str) -> None:
        assert arrange(universe, universe.cast[who])

    def test_nobody_takes_what_is_not_theirs(self, universe: Universe, today: date) -> None:
        """An adviser neither takes over a colleague's authority nor hands it to others."""
        for by, absent, person, authority in (
            ("other_adviser", "adviser", "other_adviser", universe.alder),
            ("adviser", "other_adviser", "adviser", universe.birch),
            ("adviser", "adviser", "other_adviser", universe.birch),
            ("other_manager", "adviser", "other_adviser", universe.alder),
        ):
            with pytest.raises((Unfit, NotFound, Forbidden)):
                arrange(
                    universe,
                    universe.cast[by],
                    absent_id=universe.cast[absent].pk,
                    person_id=universe.cast[person].pk,
                    authority_ids=[authority.pk],
                )
        assert memberships(universe.other_adviser) == [
            ("Birch", MEMBERS_SINCE, None),
            ("Cedar", MEMBERS_SINCE, None),
        ]
        assert memberships(universe.adviser) == [("Alder", MEMBERS_SINCE, None)]

    def test_cover_is_not_handed_on(self, universe: Universe, today: date) -> None:
        arrange(universe, universe.adviser)
        with pytest.raises(Unfit) as caught:
            arrange(
                universe,
                universe.other_adviser,
                absent_id=universe.other_adviser.pk,
                person_id=universe.adviser.pk,
            )
        assert caught.value.field == "authorities"

    @pytest.mark.parametrize("who", ["lead", "contributor", "stranger", "signatory", "auditor"])
    def test_only_advisers_and_their_managers_arrange(self, universe: Universe, who: str) -> None:
        with pytest.raises(Forbidden):
            arrange(universe, universe.cast[who])

    @pytest.mark.parametrize("who", ["lead", "other_lead", "manager", "signatory", "stranger"])
    def test_only_an_adviser_covers(self, universe: Universe, who: str) -> None:
        with pytest.raises(Unfit) as caught:
            arrange(universe, universe.adviser, person_id=universe.cast[who].pk)
        assert caught.value.field == "person"

    def test_an_adviser_who_works_for_an_authority_does_not_cover(self, universe: Universe) -> None:
        with all_rows():
            Membership.objects.create(
                person=universe.other_adviser, role=Role.VIEWER, authority=universe.birch, starts=MEMBERS_SINCE
            )
        with pytest.raises(Unfit) as caught:
            arrange(universe, universe.adviser)
        assert caught.value.field == "person"

    @pytest.mark.parametrize(
        ("starts", "last_day", "field"),
        [(-1, 5, "starts"), (3, 2, "last_day"), (0, 366, "last_day")],
    )
    def test_days_that_do_not_fit(
        self, universe: Universe, today: date, starts: int, last_day: int, field: str
    ) -> None:
        with pytest.raises(Unfit) as caught:
            arrange(universe, universe.adviser, starts=today + starts * DAY, last_day=today + last_day * DAY)
        assert caught.value.field == field

    def test_it_lasts_no_longer_than_the_assignment(self, universe: Universe, today: date) -> None:
        with all_rows():
            Membership.objects.filter(person=universe.adviser).update(ends=today + 5 * DAY)
        with pytest.raises(Unfit) as caught:
            arrange(universe, universe.adviser, last_day=today + 5 * DAY)
        assert caught.value.field == "last_day"
        assert arrange(universe, universe.adviser, last_day=today + 4 * DAY)

    def test_nobody_covers_the_same_twice_or_what_they_have(self, universe: Universe, today: date) -> None:
        arrange(universe, universe.adviser)
        with pytest.raises(Unfit, match="is covering Alder County Council then already"):
            arrange(universe, universe.adviser, starts=today + 5 * DAY, last_day=today + 20 * DAY)
        follow_all(universe, universe.adviser)
        with pytest.raises(Unfit, match="is the adviser of Birch County Council already"):
            arrange(universe, universe.adviser, authority_ids=[universe.birch.pk])

    def test_ending_it_early(self, universe: Universe, today: date) -> None:
        (made,) = arrange(universe, universe.adviser)
        with as_actor(universe.other_adviser) as by, pytest.raises(Forbidden):
            portfolio.end_cover(by=by, at=timezone.now(), membership_id=made.pk)
        with as_actor(universe.adviser) as by:
            assert portfolio.end_cover(by=by, at=timezone.now(), membership_id=made.pk) == 1
            assert portfolio.end_cover(by=by, at=timezone.now(), membership_id=made.pk) == 0
        with as_actor(universe.other_adviser) as by:
            assert not visible(by, Authority).filter(pk=universe.alder.pk).exists()

    def test_ending_what_has_not_begun_takes_it_back(self, universe: Universe, today: date) -> None:
        (made,) = arrange(universe, universe.adviser, starts=today + DAY)
        with as_actor(universe.manager) as by:
            portfolio.end_cover(by=by, at=timezone.now(), membership_id=made.pk)
        with all_rows():
            assert not Membership.objects.filter(pk=made.pk).exists()
            assert Membership.history.filter(id=made.pk).latest().history_type == "-"

    def test_the_database_keeps_an_adviser_from_memberships_elsewhere(self, universe: Universe) -> None:
        """The second lock, past every action."""
        with pytest.raises(Exception, match="row-level security"), as_actor(universe.adviser):
            Membership.objects.create(
                person=universe.stranger, role=Role.ADVISER, authority=universe.birch, starts=MEMBERS_SINCE
            )

    def test_the_pages(self, universe: Universe, visitors: Visitors, today: date) -> None:
        own = reverse("cover-for", args=[universe.adviser.pk])
        assert visitors.get("adviser", reverse("cover-new"))["Location"] == own
        page = drawn(visitors.get("adviser", own))
        assert "Oona Adviser" in page.one("select", name="person").text
        day, last = today + DAY, today + 3 * DAY
        fields = {
            "person": universe.other_adviser.pk,
            "authorities": [universe.alder.pk],
            "starts_day": day.day, "starts_month": day.month, "starts_year": day.year,
            "last_day_day": last.day, "last_day_month": last.month, "last_day_year": last.year,
        }  # fmt: skip
        wrong = visitors.post("adviser", own, fields | {"last_day_day": "", "last_day_month": ""})
        assert wrong.status_code == 200
        assert f'value="{day.year}"' in wrong.content.decode()
        assert visitors.post("adviser", own, fields).status_code == 302
        page = drawn(visitors.get("adviser", reverse("cover")))
        (end,) = [one for one in page.all("a") if one.text.startswith("End early")]
        assert drawn(visitors.get("adviser", end["href"])).one("h1").text == "End cover"
        assert visitors.post("adviser", end["href"]).status_code == 302
        # Whoever may arrange it for several is asked for whom.
        page = drawn(visitors.get("administrator", reverse("cover-new")))
        assert page.one("h1").text.strip() == "Who is away?"
        assert len(page.all("input", type="radio")) == 2
        chosen = visitors.get("administrator", f"{reverse('cover-new')}?absent={universe.adviser.pk}")
        assert chosen["Location"] == own


def assign(universe: Universe, by: User, **changes: Any) -> list[Membership]:
    """The other adviser gets Alder from today, and the adviser gives it up."""
    given = {
        "authority_ids": [universe.alder.pk],
        "person_id": universe.other_adviser.pk,
        "starts": timezone.localdate(),
        "replaces": True,
    }
    with as_actor(by) as actor:
        return portfolio.assign(by=actor, at=timezone.now(), **(given | changes))


class TestAssignments:
    def test_handing_an_authority_over(self, universe: Universe, today: date) -> None:
        day = today + 3 * DAY
        assign(universe, universe.manager, starts=day)
        assert memberships(universe.adviser) == [("Alder", MEMBERS_SINCE, day)]
        assert memberships(universe.other_adviser)[0] == ("Alder", day, None)
        with all_rows():
            event = ReferenceEvent.objects.get(kind=EventKind.MEMBERSHIP, name="assigned")
        assert event.detail["replaced"] == [universe.adviser.pk]

    def test_two_may_share_one(self, universe: Universe) -> None:
        assign(universe, universe.manager, replaces=False)
        assert memberships(universe.adviser) == [("Alder", MEMBERS_SINCE, None)]

    @pytest.mark.parametrize("who", ["adviser", "other_adviser", "lead", "signatory", "auditor", "stranger"])
    def test_only_managers_assign(self, universe: Universe, who: str) -> None:
        with pytest.raises(Forbidden):
            assign(universe, universe.cast[who])

    def test_a_manager_assigns_in_their_region_only(self, universe: Universe) -> None:
        with pytest.raises((NotFound, Forbidden)):
            assign(universe, universe.other_manager)
        with pytest.raises((NotFound, Forbidden)):
            assign(universe, universe.manager, authority_ids=[universe.cedar.pk], person_id=universe.adviser.pk)

    @pytest.mark.parametrize("who", ["lead", "manager", "stranger"])
    def test_only_to_advisers(self, universe: Universe, who: str) -> None:
        with pytest.raises(Unfit) as caught:
            assign(universe, universe.manager, person_id=universe.cast[who].pk)
        assert caught.value.field == "person"

    def test_not_twice_and_not_in_the_past(self, universe: Universe, today: date) -> None:
        with pytest.raises(Unfit, match="is the adviser of Alder County Council already"):
            assign(universe, universe.manager, person_id=universe.adviser.pk)
        with pytest.raises(Unfit) as caught:
            assign(universe, universe.manager, starts=today - DAY)
        assert caught.value.field == "starts"

    def test_ending_one_ends_its_cover(self, universe: Universe, today: date) -> None:
        (cover,) = arrange(universe, universe.adviser)
        with all_rows():
            own = Membership.objects.get(person=universe.adviser)
        with as_actor(universe.manager) as by:
            portfolio.end_assignment(by=by, at=timezone.now(), membership_id=own.pk, ends=today + 2 * DAY)
        with all_rows():
            assert Membership.objects.get(pk=own.pk).ends == today + 2 * DAY
            assert Membership.objects.get(pk=cover.pk).ends == today + 2 * DAY
        with as_actor(universe.manager) as by, pytest.raises(Unfit):
            portfolio.end_assignment(by=by, at=timezone.now(), membership_id=own.pk, ends=today + 2 * DAY)
        with as_actor(universe.manager) as by, pytest.raises(NotFound):
            portfolio.end_assignment(by=by, at=timezone.now(), membership_id=cover.pk, ends=today)

    def test_ending_it_now_takes_effect_at_once(self, universe: Universe, today: date) -> None:
        with all_rows():
            own = Membership.objects.get(person=universe.adviser)
        with as_actor(universe.adviser) as by, pytest.raises(Forbidden):
            portfolio.end_assignment(by=by, at=timezone.now(), membership_id=own.pk, ends=today)
        with as_actor(universe.administrator) as by:
            portfolio.end_assignment(by=by, at=timezone.now(), membership_id=own.pk, ends=today)
        with as_actor(universe.adviser) as by:
            assert by.grants == ()
        # Whoever was an adviser can be given an authority again.
        assert assign(universe, universe.administrator, person_id=universe.adviser.pk)

    def test_who_has_none_comes_first(self, universe: Universe, today: date) -> None:
        with all_rows():
            own = Membership.objects.get(person=universe.other_adviser, authority=universe.cedar)
        with as_actor(universe.administrator) as by:
            portfolio.end_assignment(by=by, at=timezone.now(), membership_id=own.pk, ends=today)
            view = assignments.assignments_page(by, assignments.AssignmentFilters(), 1, today)
            none = assignments.assignments_page(by, assignments.AssignmentFilters(adviser="none"), 1, today)
        assert [short(place.name) for place in view.page.object_list] == ["Cedar", "Alder", "Birch"]
        assert view.without == 1
        assert [short(place.name) for place in none.page.object_list] == ["Cedar"]

    def test_the_pages(self, universe: Universe, visitors: Visitors, today: date) -> None:
        page = drawn(visitors.get("manager", reverse("assignments")))
        assert {one["value"] for one in page.all("input", type="checkbox")} == {
            str(universe.alder.pk),
            str(universe.birch.pk),
        }
        address = f"{reverse('assign')}?authority={universe.alder.pk}"
        fields = {
            "person": universe.other_adviser.pk,
            "authorities": [universe.alder.pk],
            "starts_day": today.day, "starts_month": today.month, "starts_year": today.year,
            "replaces": "on",
        }  # fmt: skip
        assert visitors.get("manager", address).status_code == 200
        assert visitors.post("manager", address, fields).status_code == 302
        assert memberships(universe.adviser) == [("Alder", MEMBERS_SINCE, today)]
        page = drawn(visitors.get("manager", reverse("assignments")))
        end = next(one["href"] for one in page.all("a") if one.text.strip().startswith("End"))
        assert visitors.get("manager", end).status_code == 200
        wrong = visitors.post("manager", end, {"when": "later"})
        assert "Enter the last day" in wrong.content.decode()
        assert visitors.post("manager", end, {"when": "now"}).status_code == 302
        assert visitors.get("manager", end).status_code == 302
        # Nothing ticked, and what is none of theirs.
        assert visitors.get("manager", reverse("assign")).status_code == 302
        assert visitors.get("manager", f"{reverse('assign')}?authority={universe.cedar.pk}").status_code == 403
