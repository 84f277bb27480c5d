"""A small named cast for tests. Every state is reached through actions, as the person who would do it.

Alder and Birch are in the North, Cedar in the South, all of one programme.

| who | what |
|---|---|
| lead, contributor, viewer | of Alder |
| other_lead | Prevent Lead of Birch and of Cedar |
| adviser | has Alder in their portfolio |
| other_adviser | has Birch and Cedar, not Alder |
| manager, other_manager | regional managers of the North and of the South |
| signatory, administrator, auditor | national |
| stranger | can sign in, and has no membership |
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from assurance import access, scope
from assurance.access import Actor
from assurance.actions import agreement, answers, cycles, points, questions, reference, reviews
from assurance.models import (
    Assessment,
    Authority,
    Cycle,
    Programme,
    Question,
    Review,
    SelfAssessment,
    User,
)
from assurance.vocabulary import LetterState, Mark, Role, State
from benchmarks.catalogue import SchemeText, newest_published, scheme_text
from letters import actions as letter_actions
from letters.models import Letter, Wording

MEMBERS_SINCE = date(2020, 4, 1)
CYCLE_NAMES = {"la-8": "2025/26", "la-10": "2025/26 (ten benchmarks)"}
LAST_CYCLE_NAMES = {"la-8": "2024/25", "la-10": "2024/25 (ten benchmarks)"}
USUAL_LEVEL = {"la-8": "met", "la-10": "3"}
ORIGINS = {
    State.IN_PROGRESS: State.NOT_STARTED,
    State.SUBMITTED: State.IN_PROGRESS,
    State.IN_REVIEW: State.SUBMITTED,
    State.CLARIFICATION: State.IN_REVIEW,
    State.PROPOSED: State.IN_REVIEW,
    State.DISPUTED: State.PROPOSED,
    State.AGREED: State.PROPOSED,
    State.WITHDRAWN: State.NOT_STARTED,
}
"""From which state each is reached by one step."""
LETTER_ORIGINS = {
    LetterState.ACCURACY_CHECK: LetterState.DRAFT,
    LetterState.AWAITING_APPROVAL: LetterState.DRAFT,
    LetterState.APPROVED: LetterState.AWAITING_APPROVAL,
    LetterState.ISSUED: LetterState.APPROVED,
    LetterState.SUPERSEDED: LetterState.ISSUED,
    LetterState.WITHDRAWN: LetterState.DRAFT,
}
"""The same for letters."""
WORDINGS = {"la-8": "outcomes-2024.yaml", "la-10": "scores-2022.yaml"}


@contextmanager
def as_actor(user: User) -> Iterator[Actor]:
    """A transaction with the database's scope set to this person's, as a request has it; gives their actor.

    Afterwards the scope is empty again: inside a test's own transaction it would outlive this one.
    """
    try:
        with transaction.atomic():
            yield access.actor_for(user)
    finally:
        forget_scope()


@contextmanager
def all_rows() -> Iterator[None]:
    """A transaction that sees every row, for looking at what was written. The scope is empty again afterwards."""
    try:
        with scope.everything():
            yield
    finally:
        forget_scope()


class Universe:
    """The cast, its authorities, and a way to have an assessment in any state."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.operator = access.operator("tests")
        self._cycles: dict[str, Cycle] = {}
        self._last_cycles: dict[str, Cycle] = {}
        self._wordings: dict[str, Wording] = {}
        with all_rows():
            code, name = reference.LOCAL_AUTHORITIES
            self.programme: Programme = reference.programme(code, name, by=self.operator, at=at)
            self.alder = self._authority("E10000901", "Alder", "North")
            self.birch = self._authority("E10000902", "Birch", "North")
            self.cedar = self._authority("E10000903", "Cedar", "South")
            self.lead = self._person("Lena Lead", (Role.LEAD, self.alder))
            self.contributor = self._person("Conrad Contributor", (Role.CONTRIBUTOR, self.alder))
            self.viewer = self._person("Vera Viewer", (Role.VIEWER, self.alder))
            self.other_lead = self._person("Otto Lead", (Role.LEAD, self.birch), (Role.LEAD, self.cedar))
            self.adviser = self._person("Ada Adviser", (Role.ADVISER, self.alder))
            self.other_adviser = self._person("Oona Adviser", (Role.ADVISER, self.birch), (Role.ADVISER, self.cedar))
            self.manager = self._person("Mona Manager", (Role.REGIONAL_MANAGER, "North"))
            self.other_manager = self._person("Olaf Manager", (Role.REGIONAL_MANAGER, "South"))
            self.signatory = self._person("Sigrid Signatory", (Role.SIGNATORY, ""))
            self.administrator = self._person("Abel Administrator", (Role.CYCLE_ADMINISTRATOR, ""))
            self.auditor = self._person("Aude Auditor", (Role.AUDITOR, ""))
            self.stranger = self._person("Stina Stranger")

    @property
    def authorities(self) -> tuple[Authority, ...]:
        """Alder, Birch and Cedar."""
        return self.alder, self.birch, self.cedar

    @property
    def cast(self) -> dict[str, User]:
        """Everybody, by the name that this class gives them."""
        return {name: value for name, value in vars(self).items() if isinstance(value, User)}

    def lead_of(self, authority: Authority) -> User:
        """Its Prevent Lead."""
        return self.lead if authority == self.alder else self.other_lead

    def adviser_of(self, authority: Authority) -> User:
        """The adviser who has it in their portfolio."""
        return self.adviser if authority == self.alder else self.other_adviser

    def scheme(self, code: str = "la-8") -> SchemeText:
        """The published version that the cycles here are on."""
        version = newest_published(code)
        if version is None:
            raise LookupError(f"no version of {code} is published")
        return scheme_text(version.pk)

    def cycle(self, scheme: str = "la-8") -> Cycle:
        """The open cycle on this scheme, for all three authorities. Made the first time."""
        if scheme not in self._cycles:
            self._cycles[scheme] = self._open_cycle(scheme)
        return self._cycles[scheme]

    def assessment(
        self, state: State = State.NOT_STARTED, scheme: str = "la-8", authority: Authority | None = None
    ) -> Assessment:
        """The assessment of an authority (Alder unless another is given), brought to a state from where it is.

        Raises ValueError when it has gone past that state: no action leads back there.
        """
        authority = authority or self.alder
        cycle = self.cycle(scheme)
        found = self._assessment(cycle, authority)
        path = [state]
        while path[-1] != found.state:
            if path[-1] == State.NOT_STARTED:
                raise ValueError(f"{found} is {found.state}; there is no way from there to {state}")
            path.append(ORIGINS[path[-1]])
        for step in reversed(path[:-1]):
            self._step(step, found.pk, authority, self.scheme(scheme))
        return self._assessment(cycle, authority)

    def answer_all(self, assessment_id: int, authority: Authority, scheme: SchemeText) -> None:
        """Answer every scored benchmark that has no answer yet."""
        with as_actor(self.lead_of(authority)) as lead:
            for number, benchmark in scheme.benchmarks.items():
                if benchmark.scored:
                    self._answer(lead, assessment_id, number, scheme)

    def review_all(self, assessment_id: int, authority: Authority, scheme: SchemeText) -> None:
        """Give every scored benchmark that has none an outcome and a summary."""
        with as_actor(self.adviser_of(authority)) as adviser:
            self._review_all(adviser, assessment_id, scheme)

    def answer_questions(self, assessment_id: int, authority: Authority) -> None:
        """Answer every question that waits for an answer."""
        with as_actor(self.lead_of(authority)) as lead:
            waiting = access.visible(lead, Question).filter(assessment_id=assessment_id, answered_at__isnull=True)
            for question in waiting:
                questions.save_question_answer(
                    by=lead, at=self.at, question_id=question.pk, version=question.version, answer="These people do."
                )

    def wording(self, scheme: str = "la-8") -> Wording:
        """The published wording of letters on this scheme. Loaded the first time."""
        if scheme not in self._wordings:
            path = Path(settings.BASE_DIR) / "fixtures" / "wording" / WORDINGS[scheme]
            with all_rows():
                wording, _change, _published = letter_actions.load_wording(
                    path, by=self.operator, at=self.at, publish=True
                )
            self._wordings[scheme] = wording
        return self._wordings[scheme]

    def letter(
        self, state: LetterState = LetterState.DRAFT, scheme: str = "la-8", authority: Authority | None = None
    ) -> Letter:
        """A letter to an authority (Alder unless another is given) in this state, taking up the last unfinished one.

        The authority's assessment is brought to agreed if it is not there yet. Raises ValueError when the last
        letter has gone past the state, as ``assessment`` does.
        """
        authority = authority or self.alder
        self.wording(scheme)
        assessment = self.assessment(State.AGREED, scheme, authority)
        found = self._last_letter(assessment)
        if found is None or found.state == LetterState.WITHDRAWN:
            found = self._draft(assessment, authority)
        path = [state]
        while path[-1] != found.state:
            if path[-1] == LetterState.DRAFT:
                raise ValueError(f"{found} is {found.state}; there is no way from there to {state}")
            path.append(LETTER_ORIGINS[path[-1]])
        for step in reversed(path[:-1]):
            self._letter_step(step, found, authority)
        with all_rows():
            return Letter.objects.select_related("authority", "assessment__cycle").get(pk=found.pk)

    def correction(self, authority: Authority | None = None) -> Letter:
        """A draft that is to replace an issued letter, which there has to be."""
        authority = authority or self.alder
        return self._draft(self.assessment(State.AGREED, authority=authority), authority)

    def advance_letter(self, letter: Letter, state: LetterState) -> Letter:
        """Take one letter from where it is by one step."""
        self._letter_step(state, letter, letter.authority)
        with all_rows():
            return Letter.objects.select_related("authority", "assessment__cycle").get(pk=letter.pk)

    def draft_cycle(self, name: str, scheme: str = "la-8") -> Cycle:
        """A further cycle in preparation for the same three authorities, with dates and scope, ready to be opened."""
        with as_actor(self.administrator) as by:
            return self._prepare_cycle(by, name, self.scheme(scheme))

    def further_assessment(self, name: str, scheme: str = "la-8") -> Assessment:
        """Alder's assessment, not started, in a further open cycle of this name."""
        cycle = self.draft_cycle(name, scheme)
        with as_actor(self.administrator) as by:
            cycles.open_cycle(by=by, at=self.at, cycle_id=cycle.pk)
        return self._assessment(cycle, self.alder)

    def last_year(self, scheme: str = "la-8", authority: Authority | None = None) -> Assessment:
        """The agreed assessment of the year before, of an authority (Alder unless another is given).

        On benchmark 2 it has a recommendation, and a mark and a note on every criterion.
        """
        authority = authority or self.alder
        now, self.at = self.at, self.at - timedelta(days=365)
        try:
            cycle = self._last_cycles.get(scheme) or self._open_last_cycle(scheme)
            found = self._assessment(cycle, authority)
            if found.state != State.AGREED:
                self._live_last_year(found, authority, self.scheme(scheme))
        finally:
            self.at = now
        return self._assessment(cycle, authority)

    def _open_last_cycle(self, code: str) -> Cycle:
        with as_actor(self.administrator) as by:
            cycle = self._prepare_cycle(by, LAST_CYCLE_NAMES[code], self.scheme(code))
            cycles.open_cycle(by=by, at=self.at, cycle_id=cycle.pk)
            self._last_cycles[code] = Cycle.objects.get(pk=cycle.pk)
        return self._last_cycles[code]

    def _live_last_year(self, assessment: Assessment, authority: Authority, scheme: SchemeText) -> None:
        benchmark = scheme.benchmarks[2]
        marked = benchmark.criterion_ids if scheme.is_checklist else ()
        with as_actor(self.lead_of(authority)) as lead:
            answers.save_answer(
                by=lead,
                at=self.at,
                assessment_id=assessment.pk,
                number=2,
                version=1,
                reply=answers.Reply(
                    level_code=USUAL_LEVEL[scheme.code],
                    evidence="Evidence for benchmark 2.",
                    reason="Our own view.",
                    marks=dict.fromkeys(marked, Mark.PARTLY),
                    notes=dict.fromkeys(marked, "As of last year."),
                ),
            )
        for step in (State.SUBMITTED, State.IN_REVIEW):
            self._step(step, assessment.pk, authority, scheme)
        with as_actor(self.adviser_of(authority)) as adviser:
            points.save_recommendations(
                by=adviser,
                at=self.at,
                assessment_id=assessment.pk,
                token=points.list_token(()),
                recommendations=[points.NewRecommendation("Write the risks down.", benchmarks=(2,))],
            )
        for step in (State.PROPOSED, State.AGREED):
            self._step(step, assessment.pk, authority, scheme)

    def advance(self, assessment: Assessment, state: State) -> None:
        """Take one assessment from where it is by one step."""
        cycle, authority = assessment.cycle, assessment.authority
        self._step(state, assessment.pk, authority, scheme_text(cycle.scheme_version_id))

    def _last_letter(self, assessment: Assessment) -> Letter | None:
        with all_rows():
            return Letter.objects.filter(assessment=assessment).order_by("number").last()

    def _draft(self, assessment: Assessment, authority: Authority) -> Letter:
        with as_actor(self.adviser_of(authority)) as adviser:
            letter = letter_actions.draft_letter(
                by=adviser, at=self.at, assessment_id=assessment.pk, correction_reason="A figure was wrong."
            )
            values = {name: getattr(letter, name) for name in (*letter_actions.SHORT, *letter_actions.LINES)}
            values |= {
                "addressee_name": "Cora Chief",
                "addressee_title": "Chief executive",
                "salutation": "Cora",
                "sender_name": "Sigrid Signatory",
                "summary": "A year of steady work.",
                "letter_date": None,
            }
            return letter_actions.save_letter(
                by=adviser, at=self.at, letter_id=letter.pk, version=letter.version, values=values
            )

    def _letter_step(self, to: LetterState, letter: Letter, authority: Authority) -> None:
        common = {"at": self.at, "letter_id": letter.pk}
        match to:
            case LetterState.ACCURACY_CHECK:
                with as_actor(self.adviser_of(authority)) as adviser:
                    letter_actions.send_for_check(by=adviser, **common)
            case LetterState.AWAITING_APPROVAL:
                with as_actor(self.adviser_of(authority)) as adviser:
                    letter_actions.send_for_approval(by=adviser, **common)
            case LetterState.APPROVED:
                with as_actor(self.signatory) as signatory:
                    letter_actions.approve(by=signatory, enqueue=lambda letter_id, authority_id: None, **common)
            case LetterState.ISSUED:
                self.make_file(letter.pk, authority)
            case LetterState.SUPERSEDED:
                replacement = self._draft(letter.assessment, authority)
                for step in (LetterState.AWAITING_APPROVAL, LetterState.APPROVED, LetterState.ISSUED):
                    self._letter_step(step, replacement, authority)
            case LetterState.WITHDRAWN:
                with as_actor(self.signatory) as signatory:
                    letter_actions.withdraw_letter(by=signatory, reason="Drafted by mistake.", **common)

    def make_file(self, letter_id: int, authority: Authority) -> Letter | None:
        """What the task does: set an approved letter and issue it, in the scope of its authority alone."""
        try:
            with scope.authorities([authority.pk]):
                return letter_actions.make_file(letter_id=letter_id, at=self.at)
        finally:
            forget_scope()

    def _step(self, to: State, assessment_id: int, authority: Authority, scheme: SchemeText) -> None:
        common = {"at": self.at, "assessment_id": assessment_id}
        match to:
            case State.IN_PROGRESS:
                with as_actor(self.lead_of(authority)) as lead:
                    self._answer(lead, assessment_id, 1, scheme)
            case State.SUBMITTED:
                self.answer_all(assessment_id, authority, scheme)
                with as_actor(self.lead_of(authority)) as lead:
                    answers.submit(by=lead, declaration="I declare that this is so.", **common)
            case State.IN_REVIEW:
                with as_actor(self.adviser_of(authority)) as adviser:
                    reviews.begin_review(by=adviser, **common)
            case State.CLARIFICATION:
                question = questions.NewQuestion("Who takes part?", due=self.at.date() + timedelta(days=7), number=1)
                with as_actor(self.adviser_of(authority)) as adviser:
                    questions.ask(by=adviser, questions=[question], **common)
            case State.PROPOSED:
                with as_actor(self.adviser_of(authority)) as adviser:
                    self._review_all(adviser, assessment_id, scheme)
                    agreement.propose(by=adviser, **common)
            case State.DISPUTED:
                with as_actor(self.lead_of(authority)) as lead:
                    agreement.dispute(by=lead, reasons={1: "We did more than this."}, **common)
            case State.AGREED:
                with as_actor(self.lead_of(authority)) as lead:
                    agreement.accept(by=lead, **common)
            case State.WITHDRAWN:
                with as_actor(self.administrator) as administrator:
                    reviews.withdraw(by=administrator, reason="Opened by mistake.", **common)

    def _answer(self, lead: Actor, assessment_id: int, number: int, scheme: SchemeText) -> None:
        row = access.visible(lead, SelfAssessment).get(assessment_id=assessment_id, benchmark__number=number)
        if row.level_id is None:
            answers.save_answer(
                by=lead,
                at=self.at,
                assessment_id=assessment_id,
                number=number,
                version=row.version,
                reply=answers.Reply(level_code=USUAL_LEVEL[scheme.code], evidence=f"Evidence for benchmark {number}."),
            )

    def _review_all(self, adviser: Actor, assessment_id: int, scheme: SchemeText) -> None:
        for row in access.visible(adviser, Review).filter(assessment_id=assessment_id).select_related("benchmark"):
            number = row.benchmark.number
            if scheme.benchmarks[number].scored and row.level_id is None:
                reviews.save_review(
                    by=adviser,
                    at=self.at,
                    assessment_id=assessment_id,
                    number=number,
                    version=row.version,
                    level_code=USUAL_LEVEL[scheme.code],
                    summary=f"Summary for benchmark {number}.",
                    comments=f"Comments for benchmark {number}.",
                )

    def _open_cycle(self, code: str) -> Cycle:
        with as_actor(self.administrator) as by:
            cycle = self._prepare_cycle(by, CYCLE_NAMES[code], self.scheme(code))
            cycles.open_cycle(by=by, at=self.at, cycle_id=cycle.pk)
            return Cycle.objects.get(pk=cycle.pk)

    def _prepare_cycle(self, by: Actor, name: str, scheme: SchemeText) -> Cycle:
        at = self.at
        cycle = cycles.create_cycle(
            by=by, at=at, programme_id=self.programme.pk, name=name, scheme_version_id=scheme.id
        )
        return cycles.save_cycle(
            by=by,
            at=at,
            cycle_id=cycle.pk,
            version=cycle.version,
            dates={name: at.date() + timedelta(days=30 * index) for index, name in enumerate(cycles.DATES)},
            recommendation_limit=3,
            nations=["England"],
            authority_types=["County"],
            unscored={one.number: one.unscored_note for one in scheme.benchmarks.values() if not one.scored},
        )

    def _assessment(self, cycle: Cycle, authority: Authority) -> Assessment:
        with all_rows():
            return Assessment.objects.select_related("authority", "cycle").get(cycle=cycle, authority=authority)

    def _authority(self, gss_code: str, name: str, region: str) -> Authority:
        row = {
            "gss_code": gss_code,
            "name": f"{name} County Council",
            "short_name": name,
            "type": "County",
            "nation": "England",
            "region": region,
        }
        reference.put_authorities([(1, row)], file="universe", by=self.operator, at=self.at, programme=self.programme)
        return Authority.objects.get(gss_code=gss_code)

    def _person(self, name: str, *places: tuple[Role, Authority | str]) -> User:
        """A person without a password (tests sign in by force, or set one), and their memberships."""
        email = f"{name.replace(' ', '.').lower()}@example.test"
        user = reference.add_person(by=self.operator, at=self.at, email=email, name=name, password=None)
        for role, place in places:
            reference.add_membership(
                by=self.operator,
                at=self.at,
                person=user,
                role=role,
                authority=place if isinstance(place, Authority) else None,
                region=place if isinstance(place, str) else "",
                starts=MEMBERS_SINCE,
            )
        return user


def forget_scope() -> None:
    """The database's scope empty again, as at the start of a transaction."""
    with connection.cursor() as cursor:
        for name, value in (("person", ""), ("authorities", "{}"), ("home_office", "{}"), ("everything", "off")):
            cursor.execute("SELECT set_config(%s, %s, true)", [f"assurance.{name}", value])
