from assurance.models.assessment import Assessment, GivenBenchmark, SelfAssessment
from assurance.models.authority import Authority, Partnership, PartnershipMember, Programme, Succession
from assurance.models.conversation import Comment, FollowUp, Message
from assurance.models.cycle import Cycle, CycleBenchmark
from assurance.models.event import Event, ReferenceEvent
from assurance.models.evidence import Evidence, EvidenceFile
from assurance.models.people import Membership, User
from assurance.models.review import AgreedOutcome, Dispute, Question, Recommendation, Review, Strength
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
    "FollowUp",
    "GivenBenchmark",
    "Membership",
    "Message",
    "Partnership",
    "PartnershipMember",
    "Programme",
    "Question",
    "Recommendation",
    "ReferenceEvent",
    "Review",
    "SelfAssessment",
    "Strength",
    "Succession",
    "Upload",
    "User",
]
