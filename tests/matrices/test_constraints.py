"""Every constraint of the database, each with something that violates it and is refused.

What there is to violate is asked of the models and of the database itself; a constraint without an example fails, and
so does an example without a constraint. A refusal counts only when the database names the very constraint.
"""

# ruff: noqa: S608 (the tables are named by the models, not by anybody outside)

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from django.db import Error, connection, models, transaction

from assurance import scope
from assurance.actions import exports, reference
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Authority,
    Comment,
    Cycle,
    CycleBenchmark,
    Dispute,
    Document,
    Draft,
    Event,
    Evidence,
    EvidenceFile,
    Export,
    FollowUp,
    FollowUpReview,
    GivenBenchmark,
    GoodPractice,
    HistoryImport,
    MeetingPoint,
    Membership,
    Message,
    Overrule,
    Partnership,
    PartnershipMember,
    PictureCount,
    PictureRow,
    PrivateNote,
    Programme,
    ProposalResponse,
    Question,
    Recommendation,
    ReferenceEvent,
    Review,
    SecondReading,
    SelfAssessment,
    Strength,
    Succession,
    Upload,
    User,
)
from assurance.vocabulary import Answer, LetterState, MessageState, Role, State
from benchmarks.models import Benchmark, Criterion, CrosswalkEntry, Level, Scheme, SchemeVersion, WeightsVersion
from benchmarks.vocabulary import Status
from letters import actions as letter_actions
from letters.models import (
    Batch,
    BatchItem,
    BoardPack,
    CheckPoint,
    CycleWording,
    Edition,
    Letter,
    LetterCheck,
    LetterDelivery,
    LetterTranslation,
    Wording,
)
from tests.matrices.world import OURS, in_a_batch, letter_out, our_models, pointed_out, translate, whole_life
from tests.universe import Universe, all_rows, as_actor

EARLY, LATE = date(2024, 1, 1), date(2025, 1, 1)
MOMENT = datetime(2025, 1, 1, tzinfo=UTC)


def row(model: type[models.Model], **which: Any) -> Any:
    """A row that is there."""
    found = model._base_manager.filter(**which).order_by("pk").first()
    assert found is not None, f"no {model.__name__} to try with"
    return found


def again(model: type[models.Model], changes: Mapping[str, Any] | None = None, **which: Any) -> None:
    """Write a row that is there once more, under a new id, with some of it changed."""
    found = row(model, **which)
    found.pk = None
    for name, value in (changes or {}).items():
        setattr(found, name, value)
    model._base_manager.bulk_create([found])


def change(model: type[models.Model], changes: Mapping[str, Any], **which: Any) -> None:
    """Change a row that is there."""
    assert model._base_manager.filter(pk=row(model, **which).pk).update(**changes) == 1


def new(model: type[models.Model], **values: Any) -> None:
    """Write a row."""
    model._base_manager.bulk_create([model(**values)])


World = Universe
Violation = Callable[[World], None]


def place(world: World) -> dict[str, Any]:
    return {"role": Role.LEAD, "authority": world.birch, "starts": LATE, "person": world.stranger}


def table(world: World) -> dict[str, Any]:
    """A table of earlier years."""
    return {"programme": world.programme, "name": "a", "size": 1, "sha256": "0" * 64, "uploaded_at": MOMENT}


def draft_version() -> SchemeVersion:
    """A version that may still be changed, with a level and a benchmark."""
    version = SchemeVersion.objects.create(
        scheme=row(Scheme), version="draft", name="Draft", judgement="checklist", content={}, digest="0"
    )
    level = Level.objects.create(
        scheme_version=version, position=1, code="met", label="Met", points=1, standing="meets"
    )
    benchmark = Benchmark.objects.create(
        scheme_version=version, number=1, title="T", statement="S", scored=True, relevance="high", weight=1
    )
    Criterion.objects.create(benchmark=benchmark, level=level, position=1, text="C")
    return version


def in_draft(
    model: type[models.Model], act: Callable[..., None], changes: Mapping[str, Any] | None = None
) -> Violation:
    """The violation in a draft, because published text is guarded by a trigger that comes first."""
    version = {SchemeVersion: "pk", Criterion: "benchmark__scheme_version"}.get(model, "scheme_version")
    return lambda world: act(model, changes or {}, **{version: draft_version().pk})


def weights(**changes: Any) -> Violation:
    """A first version of the weights of a scheme, with some of it otherwise."""
    sound = {"number": 1, "weights": {"1": "1.00"}, "reason": "So.", "made_at": MOMENT, "made_by_name": "Mo"}
    return lambda world: new(WeightsVersion, scheme=row(Scheme), **sound | changes)


def in_order(*acts: Violation) -> Violation:
    """One after the other; the last is what is refused."""

    def act(world: World) -> None:
        for one in acts:
            one(world)

    return act


def draft_wording(**changes: Any) -> Callable[[World], None]:
    def act(world: World) -> None:
        again(Wording, {"version": "draft", "status": Status.DRAFT, "published_at": None} | changes)

    return act


def other_authority(model: type[models.Model]) -> Violation:
    """Alder's row says that it is Birch's, while it hangs on Alder's assessment."""
    return lambda world: change(model, {"authority": world.birch}, authority=world.alder, assessment__isnull=False)


def other_assessment(model: type[models.Model], changes: Mapping[str, Any] | None = None) -> Violation:
    """Alder's row is moved to Birch's assessment, for rows that others of Alder's hang on."""
    return lambda world: change(
        model, {"assessment": row(Assessment, authority=world.birch)} | dict(changes or {}), authority=world.alder
    )


def event_of_another(world: World) -> None:
    # An event cannot be changed at all, so that a wrong one has to be written.
    again(Event, {"authority": world.birch}, authority=world.alder, assessment__isnull=False)


def outcome_without_level(model: type[models.Model]) -> Violation:
    return lambda world: change(model, {"level": None}, answer=Answer.OUTCOME)


EXAMPLES: dict[str, Violation] = {
    # Schemes
    "benchmarks_scheme_code_key": lambda world: again(Scheme),
    "scheme_version_once": lambda world: again(SchemeVersion),
    "scheme_version_published_has_date": in_draft(SchemeVersion, change, {"status": Status.PUBLISHED}),
    "level_code_once": in_draft(Level, again, {"position": 2}),
    "level_position_once": in_draft(Level, again, {"code": "other"}),
    "benchmark_number_once": in_draft(Benchmark, again),
    "benchmark_weight_positive": in_draft(Benchmark, change, {"weight": 0}),
    "criterion_position_once": in_draft(Criterion, again),
    "crosswalk_from_once": lambda world: again(CrosswalkEntry),
    "crosswalk_between_two_schemes": lambda world: change(
        CrosswalkEntry, {"to_scheme": models.F("from_scheme"), "from_number": 99}
    ),
    "weights_version_once": in_order(weights(), weights()),
    "weights_version_from_one": weights(number=0),
    "weights_version_has_reason": weights(reason=""),
    "weights_version_is_sound": weights(weights={"1": "0.00"}),
    # Authorities, people, cycles
    "assurance_programme_code_key": lambda world: again(Programme, {"name": "Another"}),
    "assurance_programme_name_key": lambda world: again(Programme, {"code": "another"}),
    "assurance_authority_gss_code_key": lambda world: again(Authority),
    "authority_ends_after_start": lambda world: change(Authority, {"start_date": LATE, "end_date": LATE}),
    "succession_once": lambda world: again(Succession),
    "succession_of_another": lambda world: change(Succession, {"successor": models.F("predecessor")}),
    "partnership_name_once": lambda world: again(Partnership),
    "partnership_member_open_once": lambda world: again(PartnershipMember, {"starts": LATE}),
    "partnership_member_ends_after_start": lambda world: change(PartnershipMember, {"starts": LATE, "ends": LATE}),
    "user_email_once": lambda world: again(User, {"email": world.lead.email.upper()}, pk=world.lead.pk),
    "membership_open_once": lambda world: again(Membership, {"starts": LATE}, person=world.signatory),
    "membership_cover_is_anothers_and_ends": lambda world: new(
        Membership, **place(world), covering=world.other_adviser
    ),
    "membership_ends_after_start": lambda world: new(Membership, **place(world), ends=LATE),
    "membership_scope_fits_role": lambda world: new(Membership, **place(world) | {"authority": None}),
    "cycle_name_once": lambda world: again(Cycle),
    "cycle_dates_in_order": lambda world: change(Cycle, {"opens_on": LATE, "submit_by": EARLY}),
    "cycle_benchmark_once": lambda world: again(CycleBenchmark),
    "cycle_benchmark_unscored_has_reason": lambda world: change(CycleBenchmark, {"scored": False, "reason": ""}),
    # Assessments
    "assessment_once": lambda world: again(Assessment),
    "assessment_not_submitted_while_editable": lambda world: change(
        Assessment, {"state": State.IN_PROGRESS}, submitted_at__isnull=False
    ),
    "self_assessment_once": lambda world: again(SelfAssessment),
    "selfassessment_level_iff_outcome": outcome_without_level(SelfAssessment),
    "given_benchmark_once": lambda world: again(GivenBenchmark),
    "review_once": lambda world: again(Review),
    "review_level_iff_outcome": outcome_without_level(Review),
    "agreed_outcome_once": lambda world: again(AgreedOutcome),
    "agreed_outcome_is_answered": lambda world: change(AgreedOutcome, {"answer": Answer.UNANSWERED, "level": None}),
    "agreedoutcome_level_iff_outcome": outcome_without_level(AgreedOutcome),
    "strength_position_once": lambda world: again(Strength),
    "recommendation_position_once": lambda world: again(Recommendation),
    "question_answered_has_date": lambda world: change(Question, {"answered_at": None}),
    "dispute_once_each_time": lambda world: again(Dispute),
    "dispute_has_reason": lambda world: change(Dispute, {"reason": ""}),
    # Good practice
    "good_practice_answered_has_time": lambda world: change(GoodPractice, {"answered_at": None}),
    "good_practice_shared_has_entry": lambda world: change(GoodPractice, {"entry": None}),
    "assurance_goodpractice_entry_id_key": lambda world: again(GoodPractice),
    "assurance_goodpractice_same_authority": other_authority(GoodPractice),
    # Responses to a proposal
    "proposal_response_once": lambda world: again(ProposalResponse),
    "assurance_proposalresponse_same_authority": other_authority(ProposalResponse),
    # Private notes
    "private_note_once": lambda world: again(PrivateNote),
    "assurance_privatenote_same_authority": other_authority(PrivateNote),
    # Quality
    "overrule_once": lambda world: again(Overrule),
    "overrule_has_reason": lambda world: change(Overrule, {"reason": ""}),
    "assurance_overrule_same_authority": other_authority(Overrule),
    "second_reading_open_once": lambda world: again(SecondReading),
    "second_reading_result_has_time": lambda world: change(SecondReading, {"result": "sound"}),
    "assurance_secondreading_same_authority": other_authority(SecondReading),
    # Questions and meetings
    "assurance_question_follows_id_same_authority": lambda world: change(
        Question, {"follows": row(Question, authority=world.birch)}, authority=world.alder
    ),
    "assurance_evidence_question_id_same_authority": lambda world: change(
        Evidence, {"question": row(Question, authority=world.birch)}, authority=world.alder
    ),
    "meeting_point_says_something": lambda world: change(MeetingPoint, {"text": "", "level": None}),
    "meeting_point_outcome_is_of_a_benchmark": lambda world: change(
        MeetingPoint, {"benchmark": None}, level__isnull=False
    ),
    "assurance_meetingpoint_same_authority": other_authority(MeetingPoint),
    # Evidence
    "evidence_url_iff_link": lambda world: change(Evidence, {"url": "https://example.org"}),
    "evidence_has_title": lambda world: change(Evidence, {"title": ""}),
    "evidence_file_number_once": lambda world: again(EvidenceFile),
    # Work on the self-assessment
    "draft_once": lambda world: again(Draft),
    "follow_up_once": lambda world: again(FollowUp),
    "follow_up_review_once": lambda world: again(FollowUpReview),
    # E-mail
    "assurance_message_key_key": lambda world: again(Message),
    "message_sent_has_time": lambda world: change(Message, {"state": MessageState.SENT}),
    # Letters
    "wording_version_once": lambda world: again(Wording),
    "wording_published_has_date": draft_wording(status=Status.PUBLISHED),
    "cycle_wording_once": lambda world: again(CycleWording),
    "letter_number_once": lambda world: again(Letter, {"replaces": None}, state=LetterState.ISSUED),
    "letter_one_in_preparation": lambda world: again(Letter, {"number": 7, "replaces": None}, number=2),
    "letter_replaced_once": lambda world: again(
        Letter,
        {"number": 7, "state": LetterState.SUPERSEDED, "replaces": row(Letter, number=2).replaces},
        state=LetterState.ISSUED,
    ),
    "letter_one_in_force": lambda world: again(Letter, {"number": 7, "replaces": None}, state=LetterState.ISSUED),
    "letter_issued_has_date": lambda world: change(
        Letter, {"state": LetterState.ISSUED, "approved_at": MOMENT, "replaces": None}, number=2
    ),
    "letter_approved_has_date": lambda world: again(
        Letter, {"number": 7, "replaces": None, "state": LetterState.APPROVED}, number=2
    ),
    "letter_not_approved_by_drafter": lambda world: change(Letter, {"approved_by": world.adviser}, number=2),
    "edition_language_once": lambda world: again(Edition, letter__number=2),
    "edition_file_whole": lambda world: change(Edition, {"sha256": "0"}, letter__number=2),
    "edition_content_has_digest": lambda world: change(Edition, {"content": {"a": 1}}, letter__number=2),
    "letter_translation_once": lambda world: again(LetterTranslation),
    "letters_lettertranslation_letter_id_same_authority": lambda world: change(
        LetterTranslation, {"authority": world.birch}
    ),
    "board_pack_once": lambda world: again(BoardPack),
    "letters_boardpack_letter_id_same_authority": lambda world: change(BoardPack, {"authority": world.birch}),
    # Exports
    "export_ready_says_how_much": lambda world: change(Export, {"state": "ready"}),
    # Batches and deliveries
    "letters_batch_key_key": lambda world: again(Batch),
    "batch_stopped_has_time": lambda world: change(Batch, {"state": "stopped"}),
    "batch_item_once": lambda world: again(BatchItem),
    "batch_item_done_has_time": lambda world: change(BatchItem, {"state": "done"}),
    "batch_item_says_why": lambda world: change(BatchItem, {"state": "failed", "done_at": MOMENT}),
    "letters_batchitem_letter_id_same_authority": lambda world: change(BatchItem, {"authority": world.birch}),
    "letter_delivery_once": lambda world: again(LetterDelivery),
    "letter_delivery_chased_has_time": lambda world: change(LetterDelivery, {"chased_at": MOMENT}),
    "letters_letterdelivery_letter_id_same_authority": lambda world: change(LetterDelivery, {"authority": world.birch}),
    "letters_edition_letter_id_same_authority": lambda world: change(
        Edition, {"authority": world.birch}, letter__number=2
    ),
    "assessment_letter_check_has_both_dates": lambda world: change(
        Assessment, {"letter_check_since": LATE, "letter_check_until": None}
    ),
    "assessment_stated_share_is_whole": lambda world: change(Assessment, {"stated_met": 4}),
    "history_import_applied_has_time": lambda world: new(HistoryImport, **table(world), state="applied"),
    "history_import_undone_says_why": lambda world: new(
        HistoryImport, **table(world), state="undone", applied_at=MOMENT, undone_at=MOMENT
    ),
    "check_number_once": lambda world: again(LetterCheck, number=1),
    "check_one_open": lambda world: again(LetterCheck, {"number": 7}, closed_at__isnull=True),
    "check_says_one_thing": lambda world: change(LetterCheck, {"sent_at": MOMENT, "content_at": MOMENT}),
    "letters_lettercheck_letter_id_same_authority": lambda world: change(
        LetterCheck, {"authority": world.birch}, points__isnull=True
    ),
    "point_answered_whole": lambda world: change(CheckPoint, {"answer": "So."}, outcome=""),
    "letters_checkpoint_round_id_same_authority": lambda world: change(
        CheckPoint, {"authority": world.birch}, outcome=""
    ),
    # What hangs on an assessment is its authority's.
    "assurance_selfassessment_same_authority": other_authority(SelfAssessment),
    "assurance_review_same_authority": other_authority(Review),
    "assurance_agreedoutcome_same_authority": other_authority(AgreedOutcome),
    "assurance_strength_same_authority": other_authority(Strength),
    "assurance_recommendation_same_authority": other_assessment(Recommendation, {"position": 99}),
    "assurance_question_same_authority": other_authority(Question),
    "assurance_dispute_same_authority": other_authority(Dispute),
    "assurance_evidence_same_authority": other_assessment(Evidence),
    "assurance_evidencefile_same_authority": other_authority(EvidenceFile),
    "assurance_evidencefile_evidence_id_same_authority": lambda world: change(
        EvidenceFile, {"evidence": row(Evidence, authority=world.birch), "number": 99}, authority=world.alder
    ),
    "assurance_givenbenchmark_self_assessment_id_same_authority": lambda world: change(
        GivenBenchmark, {"authority": world.birch}, authority=world.alder
    ),
    "assurance_draft_same_authority": other_assessment(Draft),
    "assurance_picturerow_same_authority": lambda world: change(PictureRow, {"authority": world.birch}),
    "picture_count_once": lambda world: again(PictureCount),
    "assurance_draft_self_assessment_id_same_authority": lambda world: change(
        Draft, {"self_assessment": row(SelfAssessment, authority=world.birch)}, authority=world.alder
    ),
    # A comment cannot be changed at all, so that a wrong one has to be written.
    "assurance_comment_same_authority": lambda world: again(
        Comment, {"assessment": row(Assessment, authority=world.birch)}, authority=world.alder
    ),
    "assurance_comment_self_assessment_id_same_authority": lambda world: again(
        Comment, {"self_assessment": row(SelfAssessment, authority=world.birch)}, authority=world.alder
    ),
    "assurance_document_same_authority": other_authority(Document),
    "assurance_upload_same_authority": other_authority(Upload),
    "assurance_followup_same_authority": other_assessment(FollowUp),
    "assurance_followup_recommendation_id_same_authority": lambda world: change(
        FollowUp, {"recommendation": row(Recommendation, authority=world.birch)}, authority=world.alder
    ),
    "assurance_followupreview_same_authority": other_assessment(FollowUpReview),
    "assurance_followupreview_recommendation_id_same_authority": lambda world: change(
        FollowUpReview, {"recommendation": row(Recommendation, authority=world.birch)}, authority=world.alder
    ),
    "assurance_event_same_authority": event_of_another,
    # One that is issued cannot be changed at all.
    "letters_letter_same_authority": lambda world: again(
        Letter, {"number": 7, "replaces": None, "state": LetterState.WITHDRAWN, "authority": world.birch}, number=2
    ),
}

NEVER_FIRST = {
    "assessment_with_authority": "assurance_assessment_pkey",
    "self_assessment_with_authority": "assurance_selfassessment_pkey",
    "recommendation_with_authority": "assurance_recommendation_pkey",
    "evidence_with_authority": "assurance_evidence_pkey",
    "question_with_authority": "assurance_question_pkey",
    "letter_with_authority": "letters_letter_pkey",
    "check_with_authority": "letters_lettercheck_pkey",
}
"""Constraints that cannot be violated without another: (id, authority) for the keys of others; the id alone differs."""


@dataclass(frozen=True)
class Guard:
    """What a trigger refuses: one operation on a table that it guards."""

    act: Violation
    message: str


def sql(statement: str) -> Violation:
    def act(world: World) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.rowcount > 0, "nothing was there to be guarded"

    return act


ISSUED_EDITION = "an edition of an issued letter can no longer change"
PUBLISHED_VERSION = "can no longer change"
APPENDED = "are never changed or deleted"
GUARDS: dict[tuple[str, str, str], Guard] = {
    ("assurance_event", "append_only", "UPDATE"): Guard(sql("UPDATE assurance_event SET reason = 'x'"), APPENDED),
    ("assurance_event", "append_only", "DELETE"): Guard(sql("DELETE FROM assurance_event"), APPENDED),
    ("assurance_comment", "append_only", "UPDATE"): Guard(lambda world: change(Comment, {"text": "x"}), APPENDED),
    ("assurance_comment", "append_only", "DELETE"): Guard(sql("DELETE FROM assurance_comment"), APPENDED),
    ("assurance_referenceevent", "append_only", "UPDATE"): Guard(
        lambda world: change(ReferenceEvent, {"reason": "x"}), APPENDED
    ),
    ("assurance_referenceevent", "append_only", "DELETE"): Guard(sql("DELETE FROM assurance_referenceevent"), APPENDED),
    ("benchmarks_schemeversion", "published_is_immutable", "UPDATE"): Guard(
        lambda world: change(SchemeVersion, {"name": "x"}), PUBLISHED_VERSION
    ),
    ("benchmarks_schemeversion", "published_is_immutable", "DELETE"): Guard(
        sql("DELETE FROM benchmarks_schemeversion"), PUBLISHED_VERSION
    ),
    ("benchmarks_level", "published_is_immutable", "INSERT"): Guard(
        lambda world: again(Level, {"code": "x", "position": 99}), PUBLISHED_VERSION
    ),
    ("benchmarks_level", "published_is_immutable", "UPDATE"): Guard(
        lambda world: change(Level, {"label": "x"}), PUBLISHED_VERSION
    ),
    ("benchmarks_level", "published_is_immutable", "DELETE"): Guard(
        sql("DELETE FROM benchmarks_level"), PUBLISHED_VERSION
    ),
    ("benchmarks_benchmark", "published_is_immutable", "INSERT"): Guard(
        lambda world: again(Benchmark, {"number": 99}), PUBLISHED_VERSION
    ),
    ("benchmarks_benchmark", "published_is_immutable", "UPDATE"): Guard(
        lambda world: change(Benchmark, {"title": "x"}), PUBLISHED_VERSION
    ),
    ("benchmarks_benchmark", "published_is_immutable", "DELETE"): Guard(
        sql("DELETE FROM benchmarks_benchmark"), PUBLISHED_VERSION
    ),
    ("benchmarks_criterion", "published_is_immutable", "INSERT"): Guard(
        lambda world: again(Criterion, {"position": 99}), PUBLISHED_VERSION
    ),
    ("benchmarks_criterion", "published_is_immutable", "UPDATE"): Guard(
        lambda world: change(Criterion, {"text": "x"}), PUBLISHED_VERSION
    ),
    ("benchmarks_criterion", "published_is_immutable", "DELETE"): Guard(
        sql("DELETE FROM benchmarks_criterion"), PUBLISHED_VERSION
    ),
    ("benchmarks_weightsversion", "made_is_immutable", "UPDATE"): Guard(
        in_order(weights(), lambda world: change(WeightsVersion, {"reason": "x"})), "of weights can no longer change"
    ),
    ("benchmarks_weightsversion", "made_is_immutable", "DELETE"): Guard(
        in_order(weights(), sql("DELETE FROM benchmarks_weightsversion")),
        "of weights can no longer change",
    ),
    ("letters_wording", "published_is_immutable", "UPDATE"): Guard(
        lambda world: change(Wording, {"name": "x"}), PUBLISHED_VERSION
    ),
    ("letters_wording", "published_is_immutable", "DELETE"): Guard(
        sql("DELETE FROM letters_wording"), PUBLISHED_VERSION
    ),
    ("letters_letter", "issued_is_immutable", "UPDATE"): Guard(
        lambda world: change(Letter, {"number": 99}, state=LetterState.ISSUED), "is issued and can no longer"
    ),
    ("letters_letter", "correction_stays", "UPDATE"): Guard(
        lambda world: change(Letter, {"correction_reason": "Another."}, state=LetterState.ISSUED),
        "is issued and can no longer",
    ),
    ("letters_letter", "issued_is_immutable", "DELETE"): Guard(
        sql("DELETE FROM letters_letter"), "letters are never deleted"
    ),
    ("letters_edition", "issued_is_immutable", "INSERT"): Guard(
        lambda world: again(Edition, {"language": "cy"}, letter__state=LetterState.ISSUED), ISSUED_EDITION
    ),
    ("letters_edition", "issued_is_immutable", "UPDATE"): Guard(
        lambda world: change(Edition, {"content": {"a": 1}}, letter__state=LetterState.ISSUED), ISSUED_EDITION
    ),
    ("letters_edition", "issued_is_immutable", "DELETE"): Guard(
        sql("DELETE FROM letters_edition WHERE sha256 <> ''"), ISSUED_EDITION
    ),
    ("letters_lettercheck", "shown_is_kept", "UPDATE"): Guard(
        lambda world: change(LetterCheck, {"shown": {}}), "is kept as it was"
    ),
    ("letters_lettercheck", "shown_is_kept", "DELETE"): Guard(
        sql("DELETE FROM letters_lettercheck"), "is kept as it was"
    ),
    ("letters_checkpoint", "answered_is_kept", "UPDATE"): Guard(
        lambda world: change(CheckPoint, {"wrong": "No."}, outcome="changed"), "is kept as it was made"
    ),
    ("letters_checkpoint", "answered_is_kept", "DELETE"): Guard(
        sql("DELETE FROM letters_checkpoint WHERE outcome <> ''"), "is kept as it was made"
    ),
    ("assurance_export", "export_stays", "UPDATE"): Guard(
        lambda world: change(Export, {"asked_by_name": "x"}), "can not change"
    ),
    ("assurance_export", "export_stays", "DELETE"): Guard(sql("DELETE FROM assurance_export"), "are never deleted"),
}

FROZEN = {
    "issued_at": MOMENT,
    "number": 99,
    "replaces_id": 99,
    "letter_date": MOMENT.date(),
    "correction_reason": "Another.",
    "approved_at": MOMENT,
    "approved_by": None,
}
"""Of an issued letter, each with another value."""
FROZEN_IN_EDITION = {"content": {"a": 1}, "content_digest": "x", "sha256": "x", "file": "x", "pages": 99}
"""Of an edition of one, likewise; the wording is tried by itself."""

OPERATIONS = {4: "INSERT", 8: "DELETE", 16: "UPDATE", 32: "TRUNCATE"}
"""Bits of ``pg_trigger.tgtype``."""


@pytest.fixture
def world(universe: Universe) -> Universe:
    """A row in every table: two authorities' whole lives, an issued letter and its correction, out for a check."""
    for authority in (universe.alder, universe.birch):
        whole_life(universe, authority)
    letter = universe.letter(LetterState.ISSUED)
    correction = universe.correction()
    translate(universe, correction, universe.alder)
    letter_out(universe, correction)
    with as_actor(universe.adviser) as by:
        letter_actions.end_check(by=by, at=universe.at, letter_id=correction.pk)
    pointed_out(universe, correction)
    in_a_batch(universe, letter)
    with as_actor(universe.manager) as by:
        exports.ask(by=by, at=universe.at, view="cycle", params={}, format="csv")
    with all_rows():
        BoardPack.objects.create(authority=universe.alder, letter=letter, saved_by=universe.lead, saved_at=universe.at)
        partnership = reference.add_partnership(
            by=universe.operator,
            at=universe.at,
            programme=universe.programme,
            name="North",
            gss_codes=[universe.alder.gss_code],
            starts=EARLY,
        )
        assert partnership.pk
        Succession.objects.create(predecessor=universe.birch, successor=universe.alder, date=EARLY)
        CycleWording.objects.create(cycle=universe.cycle(), language="en", wording=universe.wording())
    return universe


def tables() -> list[str]:
    return [model._meta.db_table for model in our_models()]


def constraints(kinds: str) -> set[str]:
    """Names of the constraints of our tables of these kinds (letters of ``pg_constraint.contype``)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname::text FROM pg_constraint WHERE conrelid::regclass::text = ANY (%s) "
            "AND contype = ANY (%s) AND (contype <> 'f' OR cardinality(conkey) > 1)",
            [tables(), list(kinds)],
        )
        return {name for (name,) in cursor.fetchall()}


def unique_indexes() -> set[str]:
    """Unique under a condition or of an expression: an index without a constraint."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND NOT indisprimary "
            "AND indrelid::regclass::text = ANY (%s) "
            "AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
            [tables()],
        )
        return {name for (name,) in cursor.fetchall()}


def not_negative() -> dict[str, tuple[str, str]]:
    """Checks that a number is not below nought, with their table and column: tried all alike."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname::text, conrelid::regclass::text, attname::text FROM pg_constraint "
            "JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1] "
            "WHERE contype = 'c' AND cardinality(conkey) = 1 AND conrelid::regclass::text = ANY (%s) "
            "AND pg_get_constraintdef(pg_constraint.oid) = format('CHECK ((%%I >= 0))', attname)",
            [tables()],
        )
        return {name: (table, column) for name, table, column in cursor.fetchall()}


def triggers() -> set[tuple[str, str, str]]:
    """Table, trigger and operation. A trigger that is switched off is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname::text, tgtype FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgenabled = 'O' AND tgrelid::regclass::text = ANY (%s)",
            [tables()],
        )
        return {
            (table, name, operation)
            for table, name, bits in cursor.fetchall()
            for bit, operation in OPERATIONS.items()
            if bits & bit
        }


def refusal(act: Callable[[], None]) -> Error:
    """What the database says against it, deferred constraints too."""
    with pytest.raises(Error) as refused, transaction.atomic():
        act()
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    return refused.value


def named_in(error: Error) -> str | None:
    """The constraint that the database says was violated."""
    return error.__cause__.diag.constraint_name  # type: ignore[union-attr]


def test_every_constraint_has_an_example(db: None) -> None:
    """Asked of the database: unique, check, exclusion, constraint trigger, composite foreign key, unique index."""
    found = constraints("ucxtf") | unique_indexes()
    assert found == set(EXAMPLES) | set(NEVER_FIRST) | set(not_negative())
    assert not set(EXAMPLES) & set(not_negative())


def test_every_constraint_of_a_model_is_in_the_database(db: None) -> None:
    declared = {constraint.name for model in our_models() for constraint in model._meta.constraints}
    assert declared <= constraints("ucx") | unique_indexes()
    assert declared <= set(EXAMPLES) | set(NEVER_FIRST)
    assert {model._meta.app_label for model in our_models() if model._meta.constraints} == set(OURS)


def test_every_constraint_holds_for_what_is_there_already(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated OR NOT conenforced")
        assert cursor.fetchall() == []
        cursor.execute("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid")
        assert cursor.fetchall() == []


def test_the_database_refuses(world: World) -> None:
    """Each example, by the name of its constraint. One world for all: each is taken back."""
    refused = {}
    with all_rows():
        for name, violate in EXAMPLES.items():
            refused[name] = named_in(refusal(lambda violate=violate: violate(world)))
    assert refused == {name: name for name in EXAMPLES}


def test_a_constraint_that_never_comes_first_is_unique_by_another(world: World) -> None:
    doubled = {
        "assessment_with_authority": Assessment,
        "self_assessment_with_authority": SelfAssessment,
        "recommendation_with_authority": Recommendation,
        "evidence_with_authority": Evidence,
        "question_with_authority": Question,
        "letter_with_authority": Letter,
        "check_with_authority": LetterCheck,
    }
    with all_rows():
        for name, model in doubled.items():
            found = row(model, authority=world.alder)
            error = refusal(lambda model=model, found=found: model._base_manager.bulk_create([found]))
            assert named_in(error) == NEVER_FIRST[name]
    assert set(doubled) == set(NEVER_FIRST)


COMES_FIRST = dict.fromkeys(
    ("assurance_assessment_stated_met_check", "assurance_assessment_stated_of_check"),
    "assessment_stated_share_is_whole",
)
"""Of two halves, neither can be below nought without there being a share that is none."""


def test_no_number_is_below_nought(world: World) -> None:
    """In the tables themselves and in their history. What is published or issued is tried in a draft."""
    checks = not_negative()
    assert checks
    brought_in = table(world)
    with all_rows():
        new(HistoryImport, **brought_in)
    refused = {}
    with all_rows():
        version = draft_version()
        draft_wording()(world)
        for name, (of, column) in checks.items():
            where = {
                "benchmarks_schemeversion": f"id = {version.pk}",
                "benchmarks_level": f"scheme_version_id = {version.pk}",
                "benchmarks_benchmark": f"scheme_version_id = {version.pk}",
                "benchmarks_criterion": f"benchmark_id IN (SELECT id FROM benchmarks_benchmark "
                f"WHERE scheme_version_id = {version.pk})",
                "letters_letter": "issued_at IS NULL",
                "letters_wording": "status = 'draft'",
            }.get(of, "true")
            refused[name] = named_in(refusal(lambda s=f'UPDATE {of} SET "{column}" = -1 WHERE {where}': sql(s)(world)))
    assert refused == {name: COMES_FIRST.get(name, name) for name in checks}


KEEPERS = {
    *((f"assurance_{table}", f"picture_{operation.lower()}", operation)
      for table in ("assessment", "selfassessment", "review", "agreedoutcome", "picturerow")
      for operation in ("INSERT", "UPDATE", "DELETE")),
    ("assurance_authority", "picture_update", "UPDATE"),
}  # fmt: skip
"""Triggers that refuse nothing and keep the regional picture: see tests/assurance/test_picture_kept.py."""


def test_every_trigger_has_an_example(db: None) -> None:
    assert triggers() == set(GUARDS) | KEEPERS


@pytest.mark.parametrize("deferred", [False, True], ids=["at once", "constraints deferred"])
def test_a_trigger_refuses(world: World, deferred: bool) -> None:
    """Whatever else is put off until the end of the transaction."""
    with all_rows():
        if deferred:
            connection.cursor().execute("SET CONSTRAINTS ALL DEFERRED")
        for key, guard in GUARDS.items():
            error = refusal(lambda guard=guard: guard.act(world))
            assert guard.message in str(error), key


def test_nothing_that_an_issued_letter_says_can_change(world: World) -> None:
    with all_rows():
        universe_wording = row(Wording)
        another = Wording.objects.create(
            code="other", language="en", version="1", name="Other", scheme_code="la-8", content={}, digest="0"
        )
        assert another != universe_wording
        for name, value in FROZEN.items():
            error = refusal(lambda n=name, v=value: change(Letter, {n: v}, state=LetterState.ISSUED))
            assert "is issued and can no longer change" in str(error), name
        for name, value in (FROZEN_IN_EDITION | {"wording": another}).items():
            error = refusal(lambda n=name, v=value: change(Edition, {n: v}, letter__state=LetterState.ISSUED))
            assert ISSUED_EDITION in str(error), name


def test_a_letter_is_neither_approved_without_its_content_nor_issued_without_its_file(world: World) -> None:
    with all_rows():
        approved = {"state": LetterState.APPROVED, "approved_at": MOMENT}
        error = refusal(lambda: change(Letter, approved, number=2))
        assert "approved without its content" in str(error)
        issued = {"state": LetterState.ISSUED, "approved_at": MOMENT, "issued_at": MOMENT}
        error = refusal(lambda: change(Letter, issued, number=2))
        assert "issued without its file" in str(error)


def test_each_way_a_membership_may_not_fit_its_role(universe: Universe) -> None:
    """The check has a branch for each kind of role."""
    north = {"authority": None, "region": "North"}
    wrong = [
        place(universe) | {"region": "North"},
        place(universe) | {"programme": universe.programme},
        place(universe) | {"role": Role.ADVISER, "authority": None},
        place(universe) | {"role": Role.REGIONAL_MANAGER},
        place(universe) | {"role": Role.REGIONAL_MANAGER, "authority": None},
        place(universe) | {"role": Role.SIGNATORY},
        place(universe) | north | {"role": Role.AUDITOR},
        place(universe) | {"role": Role.OPERATOR, "authority": None},
        place(universe) | north | {"role": Role.OPERATOR},
        place(universe) | {"role": Role.OPERATOR},
        place(universe) | {"role": "nonsense"},
    ]
    with scope.everything():
        for values in wrong:
            error = refusal(lambda values=values: new(Membership, **values))
            assert named_in(error) == "membership_scope_fits_role", values


def test_each_way_an_outcome_can_be_wrong(world: World) -> None:
    """A level exactly when the answer is an outcome: the other half of the examples above."""
    with all_rows():
        level = row(Level)
        for model, name in (
            (SelfAssessment, "selfassessment"),
            (Review, "review"),
            (AgreedOutcome, "agreedoutcome"),
        ):
            for answer in (Answer.NOT_APPLICABLE, Answer.UNKNOWN):
                error = refusal(lambda m=model, a=answer: change(m, {"answer": a, "level": level}))
                assert named_in(error) == f"{name}_level_iff_outcome"


def test_each_pair_of_a_cycles_dates_is_in_order(world: World) -> None:
    names = ("opens_on", "submit_by", "agree_by", "letters_by")
    nothing = dict.fromkeys(names)
    with all_rows():
        for first, second in pairwise(names):
            error = refusal(lambda a=first, b=second: change(Cycle, nothing | {a: LATE, b: EARLY}))
            assert named_in(error) == "cycle_dates_in_order"
