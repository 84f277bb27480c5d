"""Build the demonstration world: invented authorities and people, two open cycles, assessments at every stage.

The first two authorities have a last year as well, each on another scheme, so that there is something to begin from.

Everything goes through the actions that the pages use, as the person who would do it, so that what is shown is what
the service can really do. The first two authorities are left untouched in both cycles, to be walked through.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assurance import access, scope
from assurance.actions import agreement, answers, cycles, importing, points, portfolio, questions, reference, reviews
from assurance.demo_file import (
    DEMO_FILE,
    DEMO_PASSWORD,
    PAST_GAPS,
    CoverPart,
    DemoFile,
    PastPart,
    Sample,
    misfits,
    open_demo,
)
from assurance.models import Assessment, Authority, Cycle, Programme, Question, User
from assurance.vocabulary import AUTHORITY_ROLES, PORTFOLIO_ROLES, Answer, Mark, Role, State, Verdict
from benchmarks.catalogue import SchemeText, newest_published, scheme_text
from benchmarks.files import Refused


@dataclass(frozen=True)
class DemoCycle:
    """A cycle of the demonstration. ``states`` goes along the list of authorities; beyond it nothing is begun.

    ``ago`` is how many days it all happened earlier than in this year, and ``types`` which authorities were in it
    (empty: all). A cycle of the past is closed.
    """

    name: str
    scheme: str
    states: tuple[State, ...]
    ago: int = 0
    types: tuple[str, ...] = ()


UNTOUCHED = State.NOT_STARTED
CYCLES = (
    DemoCycle("2024/25", "la-8", (State.AGREED,), ago=365, types=("County",)),
    DemoCycle(
        "2024/25 (ten benchmarks)",
        "la-10",
        (UNTOUCHED, State.AGREED),
        ago=365,
        types=("Metropolitan district",),
    ),
    DemoCycle(
        "2025/26",
        "la-8",
        (
            *(UNTOUCHED, UNTOUCHED, State.IN_PROGRESS, State.SUBMITTED),
            *(State.IN_REVIEW, State.PROPOSED, State.AGREED, UNTOUCHED),
            *(State.IN_REVIEW, State.CLARIFICATION, State.DISPUTED, State.AGREED, State.PROPOSED),
        ),
    ),
    DemoCycle(
        "2025/26 (ten benchmarks)",
        "la-10",
        (
            *(UNTOUCHED, UNTOUCHED, State.AGREED, State.PROPOSED, UNTOUCHED),
            *(State.IN_PROGRESS, State.SUBMITTED, State.IN_REVIEW),
        ),
    ),
)
ORDER = (State.IN_PROGRESS, State.SUBMITTED, State.IN_REVIEW, State.PROPOSED, State.AGREED)
STOPS = {State.CLARIFICATION: State.IN_REVIEW, State.DISPUTED: State.PROPOSED}
"""States beside the straight way, each with the state that it starts from."""

# In days from today, so that the demonstration is never out of date.
MEMBERS_SINCE = -730
CYCLE_DATES = {"opens_on": -56, "submit_by": 28, "agree_by": 84, "letters_by": 112}
HAPPENED = {
    "open": -56,
    "answer": -35,
    "submit": -28,
    "begin": -21,
    "review": -14,
    "ask": -12,
    "reply": -9,
    "propose": -7,
    "dispute": -4,
    "accept": -2,
    "close": 0,
}

DECLARATION = "I confirm that these answers are right and complete, and that I may give them for the authority."


class Command(BaseCommand):
    help = "Build the demonstration world, if it is not there yet. Refused in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demonstration world is not for production.")
        try:
            source, demo = open_demo(DEMO_FILE)
            schemes = {code: _scheme(code) for code in sorted({one.scheme for one in CYCLES}, reverse=True)}
            if problems := list(misfits(source, demo, schemes)):
                raise Refused(problems)
            with scope.everything():
                # Whatever its cycles are called: an earlier release built fewer, and its world stays as people left it.
                if Cycle.objects.filter(programme__code=demo.programme.code).exists():
                    self.stdout.write("The demonstration world is already there; nothing was changed.")
                    return
                world = World(source.path, demo, schemes, timezone.now())
                world.build()
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            f"Built the demonstration world: {len(demo.authorities)} authorities, {len(demo.people)} people, "
            f"{sum(not one.ago for one in CYCLES)} open cycles. manage.py demo_sign_ins says how to sign in."
        )


class World:
    """The demonstration world while it is being built, inside one transaction."""

    def __init__(self, path: Path, demo: DemoFile, schemes: dict[str, SchemeText], now: datetime) -> None:
        self.path = path
        self.demo = demo
        self.schemes = schemes
        self.now = now
        self.people: dict[str, User] = {}
        self.authorities: dict[str, Authority] = {}

    def build(self) -> None:
        """Everything, first what the console may do and then what people do."""
        self._reference()
        for cycle in CYCLES:
            cycle_id = self._open(cycle)
            for authority, state in zip(self.demo.authorities, cycle.states, strict=False):
                if state != UNTOUCHED:
                    Journey(self, cycle, cycle_id, authority.gss_code).walk(state)
            if cycle.ago:
                by = self.acting(Role.CYCLE_ADMINISTRATOR)
                cycles.close_cycle(by=by, at=self.at("close", cycle.ago), cycle_id=cycle_id)
        for cover in self.demo.covers:
            self._cover(cover)
        for past in self.demo.history:
            self._take_over(past)

    def acting(self, role: Role, gss_code: str = "", region: str = "") -> access.Actor:
        """The actor of whoever holds the role. The database's scope is theirs until somebody else acts."""
        return access.actor_for(self.people[self.demo.holder(role, gss_code, region).email])

    def at(self, step: str, ago: int = 0) -> datetime:
        """When a step of the story happened, so many days earlier than this year."""
        return self.now + timedelta(days=HAPPENED[step] - ago)

    def day(self, days: int) -> date:
        """The day that lies so many days from today."""
        return timezone.localdate(self.now) + timedelta(days=days)

    def _reference(self) -> None:
        by, at = access.operator("load_demo"), self.now + timedelta(days=MEMBERS_SINCE)
        programme = reference.programme(self.demo.programme.code, self.demo.programme.name, by=by, at=at)
        rows = [(0, authority.model_dump()) for authority in self.demo.authorities]
        reference.put_authorities(rows, file=self.path.name, by=by, at=at, programme=programme)
        self.authorities = {one.gss_code: one for one in Authority.objects.filter(programme=programme)}
        starts = self.day(MEMBERS_SINCE)
        for partnership in self.demo.partnerships:
            reference.add_partnership(
                by=by,
                at=at,
                programme=programme,
                name=partnership.name,
                gss_codes=partnership.authorities,
                starts=starts,
            )
        self._people(programme, by, at, starts)

    def _people(self, programme: Programme, by: access.Actor, at: datetime, starts: date) -> None:
        password = make_password(DEMO_PASSWORD)
        for person in self.demo.people:
            user = reference.add_person(
                by=by, at=at, email=person.email, name=person.name, password=password, is_hashed=True
            )
            self.people[person.email] = user
            for one in person.memberships:
                by_authority = one.role in AUTHORITY_ROLES | PORTFOLIO_ROLES
                reference.add_membership(
                    by=by,
                    at=at,
                    person=user,
                    role=one.role,
                    authority=self.authorities.get(one.authority),
                    region=one.region,
                    # Regional and national roles are kept to the demonstration: its people see nothing else.
                    programme=None if by_authority else programme,
                    starts=starts,
                )

    def _cover(self, cover: CoverPart) -> None:
        """Arranged on its first day by whoever was away from then."""
        absent = self.people[cover.absent]
        portfolio.arrange_cover(
            by=access.actor_for(absent),
            at=self.now + timedelta(days=cover.first),
            absent_id=absent.pk,
            person_id=self.people[cover.person].pk,
            authority_ids=[self.authorities[code].pk for code in cover.authorities],
            starts=self.day(cover.first),
            last_day=self.day(cover.last),
        )

    def _take_over(self, past: PastPart) -> None:
        """Bring a year in that was before this service, as a regional manager does with a table."""
        scheme = self.schemes[past.scheme]
        at = self.now - timedelta(days=365 * (timezone.localdate(self.now).year - int(past.cycle[:4])))
        programme = Programme.objects.get(code=self.demo.programme.code)
        records: dict[str, list[importing.PastRecord]] = defaultdict(list)
        for gss_code, line in past.outcomes.items():
            found = zip(scheme.benchmarks.values(), line.split(), strict=True)
            records[self.authorities[gss_code].region].append(
                importing.PastRecord(
                    authority=self.authorities[gss_code],
                    digest=hashlib.sha256(f"{past.cycle} {gss_code} {line}".encode()).hexdigest(),
                    outcomes={benchmark.id: _outcome(scheme, code) for benchmark, code in found},
                    recommendations=[
                        importing.PastPoint(text=one.text, benchmarks=one.benchmarks, owners=one.owners)
                        for one in past.recommendations
                        if one.authority == gss_code
                    ],
                )
            )
        digest = hashlib.sha256(past.model_dump_json().encode()).hexdigest()
        for region, found in records.items():
            by = self.acting(Role.REGIONAL_MANAGER, region=region)
            cycle = importing.past_cycle(programme, past.cycle, past.scheme, scheme.id, by=by, at=at)
            importing.take_over(cycle, found, by=by, at=at, file=self.path.name, sha256=digest)

    def _open(self, cycle: DemoCycle) -> int:
        """Prepare and open a cycle as its administrator; gives its id."""
        by, at = self.acting(Role.CYCLE_ADMINISTRATOR), self.at("open", cycle.ago)
        scheme = self.schemes[cycle.scheme]
        programme = Programme.objects.get(code=self.demo.programme.code)
        made = cycles.create_cycle(
            by=by, at=at, programme_id=programme.pk, name=cycle.name, scheme_version_id=scheme.id
        )
        cycles.save_cycle(
            by=by,
            at=at,
            cycle_id=made.pk,
            version=made.version,
            dates={name: self.day(days - cycle.ago) for name, days in CYCLE_DATES.items()},
            recommendation_limit=made.recommendation_limit,
            nations=sorted({one.nation for one in self.demo.authorities}),
            authority_types=sorted(cycle.types or {one.type for one in self.demo.authorities}),
            unscored={one.number: one.unscored_note for one in scheme.benchmarks.values() if not one.scored},
        )
        cycles.open_cycle(by=by, at=at, cycle_id=made.pk)
        return made.pk


class Journey:
    """One assessment on its way, with the texts that the demonstration has for its scheme."""

    def __init__(self, world: World, cycle: DemoCycle, cycle_id: int, gss_code: str) -> None:
        self.world = world
        self.gss_code = gss_code
        self.ago = cycle.ago
        self.scheme = world.schemes[cycle.scheme]
        self.sample: Sample = world.demo.samples[cycle.scheme]
        self.said = world.demo.conversation(gss_code, cycle.scheme)
        world.acting(Role.LEAD, gss_code)
        self.id = Assessment.objects.get(cycle_id=cycle_id, authority__gss_code=gss_code).pk

    def walk(self, state: State) -> None:
        """Bring the assessment to ``state``, stopping halfway through the work of those that are under way."""
        done = ORDER[: ORDER.index(STOPS.get(state, state)) + 1]
        numbers = sorted(self.sample.benchmarks)
        half = numbers[: len(numbers) // 2]
        self._answer(half if state == State.IN_PROGRESS else numbers)
        if State.SUBMITTED in done:
            answers.submit(by=self._lead(), at=self._at("submit"), assessment_id=self.id, declaration=DECLARATION)
        if State.IN_REVIEW in done:
            self._review(half if state in (State.IN_REVIEW, State.CLARIFICATION) else numbers)
            if self.said.questions:
                self._ask(answered=state != State.CLARIFICATION)
        if State.PROPOSED in done:
            agreement.propose(by=self._adviser(), at=self._at("propose"), assessment_id=self.id)
        if state == State.DISPUTED:
            agreement.dispute(
                by=self._lead(), at=self._at("dispute"), assessment_id=self.id, reasons=self.said.disputes
            )
        if State.AGREED in done:
            agreement.accept(by=self._lead(), at=self._at("accept"), assessment_id=self.id)

    def _lead(self) -> access.Actor:
        return self.world.acting(Role.LEAD, self.gss_code)

    def _adviser(self) -> access.Actor:
        return self.world.acting(Role.ADVISER, self.gss_code)

    def _at(self, step: str) -> datetime:
        return self.world.at(step, self.ago)

    def _ask(self, *, answered: bool) -> None:
        """Ask the questions, and answer those that have an answer; send the answers back if that is all of them."""
        wanted = [
            questions.NewQuestion(one.text, self.world.day(one.due), number=one.benchmark)
            for one in self.said.questions
        ]
        questions.ask(by=self._adviser(), at=self._at("ask"), assessment_id=self.id, questions=wanted)
        lead, at = self._lead(), self._at("reply")
        rows = Question.objects.filter(assessment_id=self.id).order_by("pk")
        for row, one in zip(rows, self.said.questions, strict=True):
            if one.answer:
                questions.save_question_answer(
                    by=lead, at=at, question_id=row.pk, version=row.version, answer=one.answer
                )
        if answered:
            questions.send_answers(by=lead, at=at, assessment_id=self.id)

    def _answer(self, numbers: Iterable[int]) -> None:
        lead, at = self.world.acting(Role.LEAD, self.gss_code), self.world.at("answer", self.ago)
        for number in numbers:
            one = self.sample.benchmarks[number]
            answers.save_answer(
                by=lead,
                at=at,
                assessment_id=self.id,
                number=number,
                version=1,
                reply=answers.Reply(
                    level_code=one.own,
                    evidence=one.evidence,
                    marks=dict.fromkeys(self._met(number, one.own), Mark.MET),
                ),
            )

    def _met(self, number: int, level_code: str) -> list[int]:
        """The criteria that speak for a level: its own and those of the level that it builds on."""
        met: list[int] = []
        level = self.scheme.level(level_code) if self.scheme.is_checklist else None
        while level is not None:
            met += [criterion.id for criterion in self.scheme.benchmarks[number].criteria[level.code]]
            level = self.scheme.level(level.builds_on) if level.builds_on else None
        return met

    def _review(self, numbers: Iterable[int]) -> None:
        adviser, at = self.world.acting(Role.ADVISER, self.gss_code), self.world.at("review", self.ago)
        reviews.begin_review(by=adviser, at=self.world.at("begin", self.ago), assessment_id=self.id)
        for number in numbers:
            one = self.sample.benchmarks[number]
            granted = self._met(number, one.adviser)
            verdicts = {
                criterion: Verdict.AGREE if criterion in granted else Verdict.DIFFER
                for criterion in self._met(number, one.own)
            }
            differing = [criterion for criterion, verdict in verdicts.items() if verdict == Verdict.DIFFER]
            reviews.save_review(
                by=adviser,
                at=at,
                assessment_id=self.id,
                number=number,
                version=1,
                level_code=one.adviser,
                summary=one.summary,
                comments=one.comments,
                verdicts=verdicts,
                notes=dict.fromkeys(differing[:1], one.differs) if one.differs else {},
            )
        common: dict[str, Any] = {
            "by": adviser,
            "at": at,
            "assessment_id": self.id,
            "token": points.list_token(()),
        }
        points.save_strengths(**common, texts=self.sample.strengths)
        wanted = [
            points.NewRecommendation(
                one.text,
                heading=one.heading,
                benchmarks=tuple(one.benchmarks),
                owners=tuple(one.owners),
                due_on=None if one.due_after is None else timezone.localdate(at) + timedelta(days=one.due_after),
            )
            for one in self.sample.recommendations
        ]
        points.save_recommendations(**common, recommendations=wanted)


def _outcome(scheme: SchemeText, code: str) -> tuple[str, int | None]:
    """An outcome of an earlier year: its answer, and the id of its level."""
    level = scheme.level(code)
    return (Answer.OUTCOME, level.id) if level else (PAST_GAPS[code], None)


def _scheme(code: str) -> SchemeText:
    """The newest published version of a scheme. Raises CommandError when there is none."""
    version = newest_published(code)
    if version is None:
        raise CommandError(f"No version of scheme {code} is published. Load one first: manage.py load_scheme --publish")
    return scheme_text(version.pk)
