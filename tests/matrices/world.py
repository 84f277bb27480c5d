"""What the matrices share: who there is, how they visit, records that are ready, and what was written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pikepdf
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assurance import access
from assurance.actions import (
    agreement,
    comments,
    documents,
    drafts,
    evidence,
    follow_ups,
    giving,
    meeting,
    points,
    practice,
    quality,
    questions,
    readings,
    reference,
    reviews,
    workbook,
)
from assurance.models import AgreedOutcome, Assessment, Authority, HistoryImport, ProposalResponse, Recommendation
from assurance.queries.quality import quality_page
from assurance.vocabulary import (
    Basis,
    BatchKind,
    DocumentKind,
    FollowUpProgress,
    ImportState,
    PointOutcome,
    Role,
    State,
)
from letters import actions as letter_actions
from letters import batches, checks
from letters.models import Batch, CheckPoint, Letter, LetterCheck, LetterDelivery
from letters.translation_actions import Written, save_translations
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor, forget_scope

OURS = ("benchmarks", "assurance", "letters")
"""The three apps."""

ANONYMOUS = "anonymous"
CAST = (
    *("lead", "contributor", "viewer", "other_lead"),
    *("adviser", "other_adviser", "manager", "other_manager"),
    *("signatory", "administrator", "auditor", "stranger"),
)
PEOPLE = (ANONYMOUS, *CAST)
COLLEAGUES = frozenset({"lead", "contributor", "viewer", "adviser", "manager", "signatory", "administrator", "auditor"})
"""Those of the cast who have to do with Alder: they are told that they may not. The others are told nothing."""


def pdf() -> bytes:
    """A file that is taken for evidence."""
    with pikepdf.new() as document, BytesIO() as kept:
        document.add_blank_page()
        document.save(kept)
        return kept.getvalue()


@contextmanager
def undone() -> Iterator[None]:
    """Whatever the block does to the database is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Visitors:
    """The cast with a browser each. Every request begins without a scope, as it does in production."""

    def __init__(self, universe: Universe) -> None:
        self.last_bytes = b""
        """The body of the last answer, of a file too."""
        self.statements: list[str] = []
        """What the last request asked of the database, from its first statement to its last."""
        self._clients = {ANONYMOUS: Client()}
        for name, person in universe.cast.items():
            self._clients[name] = Client()
            self._clients[name].force_login(person, "django.contrib.auth.backends.ModelBackend")

    def get(self, name: str, address: str) -> HttpResponse:
        """Look at a page."""
        return self._ask(name, "get", address)

    def post(self, name: str, address: str, fields: Mapping[str, Any] | None = None) -> HttpResponse:
        """Send a form."""
        return self._ask(name, "post", address, fields or {})

    def _ask(self, name: str, method: str, *given: Any) -> HttpResponse:
        forget_scope()
        # What was kept of earlier requests would be too much at last.
        connection.queries_log.clear()
        try:
            with CaptureQueriesContext(connection) as captured:
                response = getattr(self._clients[name], method)(*given)
                # To its end, which closes the file.
                self.last_bytes = b"".join(response.streaming_content) if response.streaming else response.content
            self.statements = [query["sql"] for query in captured]
            return response
        finally:
            forget_scope()


READY: dict[str, State] = {
    "start": State.NOT_STARTED,
    "submit": State.IN_PROGRESS,
    "recall": State.SUBMITTED,
    "begin_review": State.SUBMITTED,
    "ask": State.IN_REVIEW,
    "answer": State.CLARIFICATION,
    "propose": State.IN_REVIEW,
    "accept": State.PROPOSED,
    "dispute": State.PROPOSED,
    "reconsider": State.DISPUTED,
    "settle": State.DISPUTED,
    "reopen": State.AGREED,
    "withdraw": State.IN_REVIEW,
    "undo_import": State.AGREED,
    "import_again": State.WITHDRAWN,
}
"""A state from which each transition of an assessment starts."""


def ready(universe: Universe, transition: str, authority: Authority | None = None) -> Assessment:
    """An assessment (Alder's unless said) from which the transition can be made: nothing is missing."""
    authority = authority or universe.alder
    assessment = universe.assessment(READY[transition], authority=authority)
    prepare(universe, transition, assessment)
    return assessment


def prepare(universe: Universe, transition: str, assessment: Assessment) -> None:
    """Do what the guard of the transition asks for, without making the transition."""
    if transition == "submit":
        universe.answer_all(assessment.pk, assessment.authority, universe.scheme())
    elif transition == "propose":
        universe.review_all(assessment.pk, assessment.authority, universe.scheme())
    elif transition == "answer":
        universe.answer_questions(assessment.pk, assessment.authority)
    elif transition in ("undo_import", "import_again"):
        imported(universe, assessment, undone=transition == "import_again")


def imported(universe: Universe, assessment: Assessment, *, undone: bool = False) -> HistoryImport:
    """Have an assessment look as if a table of earlier years had made it, or as if that had been undone."""
    with all_rows():
        row = HistoryImport.objects.create(
            programme=universe.programme,
            name="years.csv",
            size=1,
            sha256="0" * 64,
            uploaded_by=universe.manager,
            uploaded_by_name=universe.manager.name,
            uploaded_at=universe.at,
            state=ImportState.UNDONE if undone else ImportState.APPLIED,
            applied_at=universe.at,
            undone_at=universe.at if undone else None,
            undo_reason="The wrong file." if undone else "",
            made=[assessment.pk],
        )
        changes = {"history_import": row, "imported_digest": "" if undone else "0" * 64}
        Assessment.objects.filter(pk=assessment.pk).update(**changes)
        AgreedOutcome.objects.filter(assessment=assessment).update(basis=Basis.IMPORTED)
    return row


def give(universe: Universe, assessment: Assessment, number: int = 2) -> None:
    """Give a benchmark to Alder's contributor."""
    with as_actor(universe.lead) as lead:
        giving.give_benchmark(
            by=lead,
            at=universe.at,
            assessment_id=assessment.pk,
            number=number,
            contributor_id=universe.contributor.pk,
        )


def whole_life(universe: Universe, authority: Authority) -> Assessment:
    """An agreed assessment that went every way, so that each table of an authority's has a row of it."""
    at, lead, adviser = universe.at, universe.lead_of(authority), universe.adviser_of(authority)
    assessment = universe.assessment(State.IN_PROGRESS, authority=authority)
    with all_rows():
        helper = reference.add_person(
            by=universe.operator, at=at, email=f"helper.{authority.pk}@example.test", name="Helper", password=None
        )
        reference.add_membership(
            by=universe.operator,
            at=at,
            person=helper,
            role=Role.CONTRIBUTOR,
            authority=authority,
            starts=MEMBERS_SINCE,
        )
    common: dict[str, Any] = {"at": at, "assessment_id": assessment.pk}
    before = universe.last_year(authority=authority)
    with as_actor(lead) as by:
        giving.give_benchmark(by=by, number=2, contributor_id=helper.pk, **common)
        (one,) = Recommendation.objects.filter(assessment=before)
        follow_ups.save_follow_ups(
            by=by, replies={one.pk: follow_ups.FollowUpReply(version=0, progress=FollowUpProgress.DONE)}, **common
        )
        comments.write_comment(by=by, number=2, words="Who has the list?", tell=[helper.pk], **common)
        file = SimpleUploadedFile("plan.pdf", pdf())
        evidence.add_files(by=by, files=[file], supports=evidence.Supports([2]), enqueue=lambda *ids: None, **common)
        documents.ask(by=by, kind=DocumentKind.WORKBOOK_XLSX, **common)
        workbook.upload(by=by, name="back.xlsx", file=ContentFile(b"not read here"), **common)
    with as_actor(helper) as by:
        typed = drafts.Typed(fields={"evidence": ["We have begun"]}, version=1)
        drafts.keep_draft(by=by, number=2, typed=typed, **common)
    universe.assessment(State.IN_REVIEW, authority=authority)
    with as_actor(adviser) as by:
        reviews.save_private_note(by=by, private=reviews.Private("They are short of people.", 0), **common)
        token = points.list_token(())
        points.save_strengths(by=by, token=token, texts=["They know their places."], **common)
        wanted = [points.NewRecommendation("Write it down.", benchmarks=(1, 2))]
        points.save_recommendations(by=by, token=token, recommendations=wanted, **common)
        judged = follow_ups.Judgement(version=0, progress=FollowUpProgress.IN_PROGRESS, note="One of two is written.")
        follow_ups.save_follow_up_reviews(by=by, judgements={one.pk: judged}, **common)
        agreed = meeting.Agreed("They will write it down by May.", "met")
        meeting.note_point(by=by, number=1, agreed=agreed, **common)
    universe.assessment(State.CLARIFICATION, authority=authority)
    universe.answer_questions(assessment.pk, authority)
    with as_actor(lead) as by:
        questions.send_answers(by=by, **common)
    universe.review_all(assessment.pk, authority, universe.scheme())
    with as_actor(adviser) as by:
        agreement.propose(by=by, **common)
    with as_actor(lead) as by:
        undecided = agreement.Choice(accepts=False, reason="We did more than this.")
        agreement.save_choices(by=by, choices={1: undecided}, **common)
        prepared = ProposalResponse.objects.get(assessment=assessment)
    universe.assessment(State.DISPUTED, authority=authority)
    with all_rows():
        # What was prepared goes when it is sent; tables are tried with a row that is there.
        ProposalResponse.objects.bulk_create([prepared])
    with as_actor(universe.manager) as by:
        agreement.settle(by=by, reason="Both have a point.", levels={1: "exceeding"}, **common)
        readings.pull(by=by, reader_id=universe.manager.pk, **common)
    overrule_all(universe, assessment)
    with as_actor(adviser) as by:
        shared = practice.propose_practice(by=by, title="A panel", text="It meets every month.", number=2, **common)
    with as_actor(lead) as by:
        practice.consent(by=by, practice_id=shared.pk, version=shared.version, named=True, **common)
    return universe.assessment(State.AGREED, authority=authority)


def letter_out(universe: Universe, letter: Letter) -> LetterCheck:
    """A draft is shown to its authority, for as long as usual from today: pages go by the clock."""
    with as_actor(universe.adviser_of(letter.authority)) as by:
        letter_actions.send_for_check(by=by, at=timezone.now(), letter_id=letter.pk)
    with all_rows():
        return LetterCheck.objects.get(letter=letter, closed_at__isnull=True)


def pointed_out(universe: Universe, letter: Letter) -> CheckPoint:
    """A draft that its authority was shown, with a point that is answered and one that is not. Gives the latter."""
    check = letter_out(universe, letter)
    for place in ("to", "row-1"):
        with as_actor(universe.lead_of(letter.authority)) as by:
            common: dict[str, Any] = {"at": timezone.now(), "round_id": check.pk, "language": "en"}
            point = checks.make_point(by=by, place=place, wrong="The name is another.", **common)
        if place == "to":
            with as_actor(universe.adviser_of(letter.authority)) as by:
                given = {"outcome": PointOutcome.CHANGED, "answer": "So it is.", "at": timezone.now()}
                checks.answer_point(by=by, point_id=point.pk, version=point.version, **given)
    return point


def translate(universe: Universe, letter: Letter, authority: Authority) -> None:
    """One text of a draft in Welsh. A draft in English alone keeps it too, and does not print it."""
    one = Written(key="summary", text="Blwyddyn o waith cyson.", version=0, english="0" * 64)
    with as_actor(universe.adviser_of(authority)) as adviser:
        save_translations(by=adviser, at=universe.at, letter_id=letter.pk, written=[one])


def overrule_all(universe: Universe, assessment: Assessment) -> None:
    """Overrule every warning that is open."""
    with as_actor(universe.manager) as by:
        found = quality_page(by, assessment.pk).found.open
        overrulings = [
            quality.Overruling(
                code=one.finding.code, subject=one.finding.subject, digest=one.finding.digest, reason="It is known."
            )
            for one in found
        ]
        quality.overrule(by=by, at=universe.at, assessment_id=assessment.pk, overrulings=overrulings)


def in_a_batch(universe: Universe, *letters: Letter) -> Batch:
    """A batch with these letters that waits, and a delivery of each to whoever leads its authority."""
    with as_actor(universe.signatory) as by:
        batch = batches.start(
            by=by,
            at=universe.at,
            key=uuid4(),
            kind=BatchKind.APPROVE,
            chosen=[(one.pk, one.version) for one in letters],
            title="Some letters",
        )
    with all_rows():
        LetterDelivery.objects.bulk_create(
            [
                LetterDelivery(authority=one.authority, letter=one, person=universe.lead_of(one.authority))
                for one in letters
            ],
            ignore_conflicts=True,
        )
    return batch


def our_models() -> list[type[models.Model]]:
    """Every model of the three apps, with those of history."""
    return [model for label in OURS for model in apps.get_app_config(label).get_models()]


def is_history(model: type[models.Model]) -> bool:
    """Whether the model holds the history of another one."""
    return hasattr(model, "instance_type")


def written(universe: Universe) -> dict[str, tuple[int, str]]:
    """What stands in each table: how many rows, and a digest of them all. Two that are equal: nothing was written.

    Takes in every event, every line of history and every other row of the three apps, so that a change that
    leaves no trace is noticed too.
    """
    tables = [model._meta.db_table for model in our_models() if model._meta.app_label != "benchmarks"]
    digest = "SELECT count(*)::text || ' ' || md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM"
    asked = ", ".join(f"({digest} {table} t)" for table in tables)
    with all_rows(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}")
        found = [row.split() for row in cursor.fetchone()]
    return {table: (int(count), md5) for table, (count, md5) in zip(tables, found, strict=True)}


def changed(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> dict[str, int]:
    """The tables that are not the same, each with how many rows there are more."""
    return {table: after[table][0] - before[table][0] for table in after if after[table] != before[table]}


def actor_of(universe: Universe, name: str) -> access.Actor:
    """The actor of one of the cast, with the whole database open: what is refused now, the policy refuses."""
    with as_actor(universe.cast[name]) as actor:
        return actor


def soon(universe: Universe) -> Any:
    """A week from now in the universe."""
    return universe.at.date() + timedelta(days=7)
