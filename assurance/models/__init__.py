from assurance.models.agreement import MeetingPoint, ProposalResponse
from assurance.models.assessment import Assessment, GivenBenchmark, SelfAssessment
from assurance.models.authority import Authority, Partnership, PartnershipMember, Programme, Succession
from assurance.models.conversation import Comment, FollowUp, FollowUpReview, Message
from assurance.models.cycle import Cycle, CycleBenchmark
from assurance.models.event import Event, ReferenceEvent
from assurance.models.evidence import Evidence, EvidenceFile
from assurance.models.export import Export
from assurance.models.past import HistoryImport
from assurance.models.people import Membership, User
from assurance.models.picture import PictureCount, PictureRow
from assurance.models.practice import GoodPractice, LibraryEntry
from assurance.models.quality import Overrule, SecondReading
from assurance.models.review import (
    AgreedOutcome,
    Dispute,
    PrivateNote,
    Question,
    Recommendation,
    Review,
    Strength,
)
from assurance.models.working import Document, Draft, Upload

__all__ = [
    "AgreedOutcome",
    "Assessment",
    "Authority",
    "Comment",
    "Cycle",
    "CycleBenchmark",
    "Dispute",
    "Document",
    "Draft",
    "Event",
    "Evidence",
    "EvidenceFile",
    "Export",
    "FollowUp",
    "FollowUpReview",
    "GivenBenchmark",
    "GoodPractice",
    "HistoryImport",
    "LibraryEntry",
    "MeetingPoint",
    "Membership",
    "Message",
    "Overrule",
    "Partnership",
    "PartnershipMember",
    "PictureCount",
    "PictureRow",
    "PrivateNote",
    "Programme",
    "ProposalResponse",
    "Question",
    "Recommendation",
    "ReferenceEvent",
    "Review",
    "SecondReading",
    "SelfAssessment",
    "Strength",
    "Succession",
    "Upload",
    "User",
]
