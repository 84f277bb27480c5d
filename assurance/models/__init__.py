from assurance.models.assessment import Assessment, GivenBenchmark, SelfAssessment
from assurance.models.authority import Authority, Partnership, PartnershipMember, Programme, Succession
from assurance.models.cycle import Cycle, CycleBenchmark
from assurance.models.event import Event, ReferenceEvent
from assurance.models.people import Membership, User
from assurance.models.review import AgreedOutcome, Dispute, Question, Recommendation, Review, Strength

__all__ = [
    "AgreedOutcome",
    "Assessment",
    "Authority",
    "Cycle",
    "CycleBenchmark",
    "Dispute",
    "Event",
    "GivenBenchmark",
    "Membership",
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
    "User",
]
