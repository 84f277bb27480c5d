"""Every state, role, permission and kind of thing. Imports nothing of the project.

Stored as short words, so that a row in the database can be read by a person.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a membership makes of a person (DESIGN section 4)."""

    LEAD = "lead", _("Prevent Lead")
    CONTRIBUTOR = "contributor", _("Contributor")
    VIEWER = "viewer", _("Viewer")
    ADVISER = "adviser", _("Prevent adviser")
    REGIONAL_MANAGER = "regional_manager", _("Regional manager")
    SIGNATORY = "signatory", _("Signatory")
    CYCLE_ADMINISTRATOR = "cycle_administrator", _("Cycle administrator")
    AUDITOR = "auditor", _("Auditor")
    OPERATOR = "operator", _("Operator at the console")


AUTHORITY_ROLES = frozenset({Role.LEAD, Role.CONTRIBUTOR, Role.VIEWER})
PORTFOLIO_ROLES = frozenset({Role.ADVISER})
REGION_ROLES = frozenset({Role.REGIONAL_MANAGER})
NATIONAL_ROLES = frozenset({Role.SIGNATORY, Role.CYCLE_ADMINISTRATOR, Role.AUDITOR})
HOME_OFFICE_ROLES = PORTFOLIO_ROLES | REGION_ROLES | NATIONAL_ROLES
CONSOLE_ROLES = frozenset({Role.OPERATOR})
"""Held by whoever runs a management command; no membership can give it."""


class Permission(models.TextChoices):
    """One thing that a role may do. ``access.GRANTS`` says which role may do which."""

    READ_PROGRESS = "read_progress", _("see that an assessment exists and how far it is")
    READ_DRAFT = "read_draft", _("read answers before they are submitted")
    READ_SUBMITTED = "read_submitted", _("read submitted answers")
    READ_REVIEW = "read_review", _("read the adviser's work at any time")
    READ_PROPOSED = "read_proposed", _("read the adviser's work once outcomes are proposed")
    READ_OUTCOMES = "read_outcomes", _("read agreed outcomes")
    READ_EVENTS = "read_events", _("read everything that happened to a record")
    READ_SHARED_EVENTS = "read_shared_events", _("read what happened to a record and is not the Home Office's own")
    EDIT_ANSWERS = "edit_answers", _("answer every benchmark")
    EDIT_GIVEN = "edit_given", _("answer the benchmarks given to oneself")
    SUBMIT = "submit", _("submit, recall and answer questions")
    GIVE = "give", _("give benchmarks to contributors")
    INVITE = "invite", _("invite colleagues and hand the lead role over")
    COMMENT = "comment", _("comment on a benchmark within the authority")
    AGREE = "agree", _("accept or dispute proposed outcomes")
    REVIEW = "review", _("review, ask, propose and reconsider")
    SETTLE = "settle", _("settle a dispute and reopen an agreed assessment")
    WITHDRAW = "withdraw", _("withdraw an assessment")
    READ_ISSUED_LETTERS = "read_issued_letters", _("read issued letters")
    READ_LETTERS = "read_letters", _("read letters at any stage")
    CHECK_LETTERS = "check_letters", _("check a draft letter for errors of fact")
    DRAFT_LETTERS = "draft_letters", _("draft letters")
    APPROVE_LETTERS = "approve_letters", _("approve and issue letters")
    MANAGE_CYCLES = "manage_cycles", _("create, open and close cycles")
    READ_MESSAGES = "read_messages", _("read the log of e-mails")
    MANAGE_PEOPLE = "manage_people", _("give and end memberships")
    READ_PRIVATE = "read_private", _("read the Home Office’s own notes")
    OVERRULE = "overrule", _("overrule a warning about quality")
    SECOND_READ = "second_read", _("pull a sample for second reading and record the result")
    READ_CALIBRATION = "read_calibration", _("see how outcomes are spread")
    COVER = "cover", _("arrange cover for an absent adviser")
    ASSIGN = "assign", _("give authorities to advisers")
    CONSENT = "consent", _("consent to sharing good practice")
    READ_LIBRARY = "read_library", _("read the library of good practice")
    LOAD_REFERENCE = "load_reference", _("load authorities, schemes and wording")
    READ_WORDING = "read_wording", _("read the wording of letters")
    EDIT_WORDING = "edit_wording", _("write, publish and choose the wording of letters")
    IMPORT_HISTORY = "import_history", _("take over records of earlier years")
    MAKE_BOARD_PACKS = "make_board_packs", _("make a board pack from an issued letter")
    READ_PICTURE = "read_picture", _("see the regional picture")
    READ_AVERAGES = "read_averages", _("see averages of authorities that one may not read")
    EXPORT = "export", _("take views of many authorities away as files")
    READ_EXPORTS = "read_exports", _("see who took what away")
    EDIT_WEIGHTS = "edit_weights", _("set the weights of benchmarks")


class State(models.TextChoices):
    """Where an assessment is in its life (DESIGN section 5)."""

    NOT_STARTED = "not_started", _("Not started")
    IN_PROGRESS = "in_progress", _("In progress")
    SUBMITTED = "submitted", _("Submitted")
    IN_REVIEW = "in_review", _("In review")
    CLARIFICATION = "clarification", _("Questions asked")
    PROPOSED = "proposed", _("Outcomes proposed")
    DISPUTED = "disputed", _("Disputed")
    AGREED = "agreed", _("Agreed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


EDITABLE_STATES = frozenset({State.NOT_STARTED, State.IN_PROGRESS})
SHARED_STATES = frozenset({State.PROPOSED, State.DISPUTED, State.AGREED})
"""States in which the authority sees the adviser's outcomes and texts."""


class LetterState(models.TextChoices):
    """Where a letter is in its life (DESIGN section 5)."""

    DRAFT = "draft", _("Draft")
    ACCURACY_CHECK = "accuracy_check", _("Accuracy check")
    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    APPROVED = "approved", _("Approved")
    ISSUED = "issued", _("Issued")
    SUPERSEDED = "superseded", _("Superseded")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class PointOutcome(models.TextChoices):
    """What became of an error that an authority pointed out in its draft letter."""

    CHANGED = "changed", _("Changed")
    NOT_CHANGED = "not_changed", _("Not changed")


DELIVERED_LETTER_STATES = frozenset({LetterState.ISSUED, LetterState.SUPERSEDED})


class BatchKind(models.TextChoices):
    """What is done to each letter of a batch."""

    APPROVE = "approve", _("Approve and issue")
    CHECK = "check", _("Check that they can be printed")


class BatchState(models.TextChoices):
    """Whether a batch goes on. That it is finished is counted, not noted."""

    RUNNING = "running", _("Running")
    STOPPED = "stopped", _("Stopped")


class ItemState(models.TextChoices):
    """What became of one letter of a batch."""

    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Left out")
    FAILED = "failed", _("Failed")


class CycleState(models.TextChoices):
    """A cycle is prepared, then open to answers, then closed for ever."""

    DRAFT = "draft", _("In preparation")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class Answer(models.TextChoices):
    """Whether a benchmark has an outcome. The three ways of having none are three different things."""

    UNANSWERED = "unanswered", _("Not yet answered")
    OUTCOME = "outcome", _("Outcome given")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")
    UNKNOWN = "unknown", _("Not known")


class Judgement(models.TextChoices):
    """Whose word on a benchmark. Three records, all kept."""

    OWN = "own", _("The authority’s own outcome")
    ADVISER = "adviser", _("The adviser’s outcome")
    AGREED = "agreed", _("The agreed outcome")


class PictureGap(models.IntegerChoices):
    """What stands in the picture where there is no level. Zero: the scheme has no benchmark of that number."""

    NOT_APPLICABLE = -1, _("Not applicable")
    UNKNOWN = -2, _("Not known")
    UNANSWERED = -3, _("Not answered")
    NO_BENCHMARK = 0, _("No such benchmark")


class Mark(models.TextChoices):
    """What an authority says of one criterion. None of them is a score, and saying nothing is none of them."""

    MET = "met", _("Met")
    PARTLY = "partly", _("Partly")
    NOT_YET = "not_yet", _("Not yet")


class Verdict(models.TextChoices):
    """What an adviser says of what an authority marked on one criterion. Saying nothing is neither."""

    AGREE = "agree", _("Agree")
    DIFFER = "differ", _("Differ")


class QualityCheck(models.TextChoices):
    """What is looked for before a letter goes out. Each may be overruled by a person, with a reason."""

    AGAINST_MARKS = "against_marks", _("Outcome against the criteria")
    NO_COMMENTS = "no_comments", _("No comments")
    OTHER_AUTHORITY = "other_authority", _("Another authority is named")
    EXCEEDED = "exceeded", _("“Exceeded” for “Exceeding”")
    TOO_LONG = "too_long", _("Longer than prints well")
    UNANSWERED = "unanswered", _("Question without an answer")
    ON_NOTHING = "on_nothing", _("Recommendation on no benchmark")
    SECOND_READING = "second_reading", _("Second reading")
    NO_WORDING = "no_wording", _("No wording in Welsh")
    UNCHECKED_WORDING = "unchecked_wording", _("Wording that no translator has checked")
    SCHEME_IN_ENGLISH = "scheme_in_english", _("Scheme in English")
    UNTRANSLATED = "untranslated", _("Text without Welsh")
    OUTDATED = "outdated", _("Welsh of an earlier text")


class ReadingResult(models.TextChoices):
    """What a second reader found."""

    SOUND = "sound", _("Sound")
    QUERIED = "queried", _("Queried")


class PracticeState(models.TextChoices):
    """How far a piece of good practice is on its way into the library."""

    PROPOSED = "proposed", _("Waits for the authority’s consent")
    SHARED = "shared", _("In the library")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class FollowUpProgress(models.TextChoices):
    """What became of last year's recommendation."""

    DONE = "done", _("Done")
    IN_PROGRESS = "in_progress", _("In progress")
    NOT_STARTED = "not_started", _("Not started")
    NO_LONGER_RELEVANT = "no_longer_relevant", _("No longer relevant")


class EvidenceKind(models.TextChoices):
    """What supports an answer beside its text."""

    FILE = "file", _("File")
    LINK = "link", _("Link")


class Scan(models.TextChoices):
    """Whether a file was looked at for viruses. Only the first two can be downloaded."""

    NOT_ASKED = "not_asked", _("No scanner is set up")
    CLEAN = "clean", _("Nothing found")
    WAITING = "waiting", _("Being scanned")
    INFECTED = "infected", _("A virus was found")


class DocumentKind(models.TextChoices):
    """A file that a worker makes on request."""

    WORKBOOK_XLSX = "workbook_xlsx", _("Workbook (Excel)")
    WORKBOOK_ODS = "workbook_ods", _("Workbook (OpenDocument)")
    SUBMISSION = "submission", _("Self-assessment as PDF")
    LETTER_DRAFT = "letter_draft", _("Draft letter as PDF")
    LETTER_DOCX = "letter_docx", _("Word copy of a letter")
    BOARD_SLIDES = "board_slides", _("Board pack as slides (PowerPoint)")
    BOARD_PDF = "board_pdf", _("Board pack as PDF")


LETTER_DOCUMENTS = frozenset({DocumentKind.LETTER_DRAFT, DocumentKind.LETTER_DOCX})
"""Kinds that are about one letter of an assessment, and not about the assessment itself."""


class Making(models.TextChoices):
    """How far a document is."""

    WAITING = "waiting", _("Being made")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Could not be made")


class ExportFormat(models.TextChoices):
    """As what a view leaves the service."""

    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel")
    ODS = "ods", _("OpenDocument")
    SVG = "svg", _("Picture (SVG)")
    PNG = "png", _("Picture (PNG)")
    PPTX = "pptx", _("Slides (PowerPoint)")
    PDF = "pdf", _("PDF")


class UploadState(models.TextChoices):
    """How far a workbook is that came back."""

    WAITING = "waiting", _("Being read")
    COMPARED = "compared", _("Read and compared")
    REFUSED = "refused", _("Refused")
    APPLIED = "applied", _("Applied")
    DISCARDED = "discarded", _("Discarded")


class ImportState(models.TextChoices):
    """How far a table of earlier years is on its way into the record."""

    WAITING = "waiting", _("Being read")
    READ = "read", _("Read, and not confirmed")
    REFUSED = "refused", _("Refused")
    APPLIED = "applied", _("Taken over")
    UNDONE = "undone", _("Undone")
    DISCARDED = "discarded", _("Discarded")


class MessageKind(models.TextChoices):
    """What an e-mail is about."""

    INVITATION = "invitation", _("Invitation")
    PASSWORD = "password", _("New password")
    LEAD_ROLE = "lead_role", _("Lead role handed over")
    GIVEN = "given", _("Benchmarks given")
    MENTIONED = "mentioned", _("Mentioned in a comment")
    SUBMITTED = "submitted", _("Self-assessment submitted")
    QUESTIONS = "questions", _("Questions from the adviser")
    ANSWERED = "answered", _("Questions answered")
    PROPOSED = "proposed", _("Outcomes proposed")
    RESPONDED = "responded", _("Outcomes accepted or disputed")
    SETTLED = "settled", _("Dispute settled")
    REOPENED = "reopened", _("Assessment reopened")
    PRACTICE = "practice", _("Good practice")
    COVER = "cover", _("Cover for an adviser")
    SECOND_READING = "second_reading", _("Second reading")
    LETTER_CHECK = "letter_check", _("Accuracy check of a letter")
    LETTER = "letter", _("Outcome letter")
    LETTER_CHASE = "letter_chase", _("Reminder of a letter")
    LETTER_SENT = "letter_sent", _("Letter issued")
    REMINDER = "reminder", _("Reminder of a deadline")
    DIGEST = "digest", _("Weekly digest")
    MASS_EXPORT = "mass_export", _("Many authorities’ outcomes taken away")


class MessageState(models.TextChoices):
    """What became of an e-mail."""

    HELD = "held", _("Waits for the weekly digest")
    WAITING = "waiting", _("To be sent")
    SENDING = "sending", _("Handed over, and no answer yet")
    SENT = "sent", _("Sent")
    GATHERED = "gathered", _("Sent in a digest")
    FAILED = "failed", _("Given up")
    DROPPED = "dropped", _("Not sent: no longer true")


class Basis(models.TextChoices):
    """How an agreed outcome came to stand."""

    AGREED = "agreed", _("Agreed")
    SETTLED = "settled", _("Settled by the regional manager")
    IMPORTED = "imported", _("Taken over from an earlier record")


class Audience(models.TextChoices):
    """Who may read an event."""

    BOTH = "both", _("Authority and Home Office")
    HOME_OFFICE = "home_office", _("Home Office only")
    AUTHORITY = "authority", _("Authority, and the Home Office once it is submitted")


class EventKind(models.TextChoices):
    """What happened. One event for each movement, written with the change in one transaction."""

    TRANSITION = "transition", _("Moved")
    ANSWERED = "answered", _("Answer saved")
    REVIEWED = "reviewed", _("Review saved")
    OUTCOME = "outcome", _("Outcome moved")
    NOTED = "noted", _("Private note saved")
    JUDGED = "judged", _("Last year’s recommendation judged")
    MEETING = "meeting", _("Point of the meeting noted")
    RESPONDED = "responded", _("Response to a proposed outcome saved")
    OVERRULED = "overruled", _("Warning overruled")
    SECOND_READING = "second_reading", _("Second reading")
    PRACTICE = "practice", _("Good practice")
    STRENGTHS = "strengths", _("Strengths saved")
    RECOMMENDATIONS = "recommendations", _("Recommendations saved")
    GIVEN = "given", _("Benchmark given")
    TAKEN_BACK = "taken_back", _("Benchmark taken back")
    CARRIED = "carried", _("Last year’s answers brought in")
    FOLLOWED_UP = "followed_up", _("Last year’s recommendation answered")
    EVIDENCE = "evidence", _("Evidence changed")
    UPLOADED = "uploaded", _("Workbook applied")
    DOWNLOADED = "downloaded", _("File downloaded")
    COMMENTED = "commented", _("Comment written")
    INVITED = "invited", _("Colleague invited")
    SENT_AGAIN = "sent_again", _("E-mail sent again")
    CREATED = "created", _("Assessment created")
    IMPORTED = "imported", _("Earlier record taken over")
    LETTER_SAVED = "letter_saved", _("Letter draft saved")
    LETTER_MOVED = "letter_moved", _("Letter moved")
    LETTER_READ = "letter_read", _("Letter downloaded")
    LETTER_CHECKED = "letter_checked", _("Accuracy check")
    CYCLE_SAVED = "cycle_saved", _("Cycle saved")
    CYCLE_MOVED = "cycle_moved", _("Cycle moved")
    MEMBERSHIP = "membership", _("Membership changed")
    REFERENCE = "reference", _("Reference data loaded")
    WEIGHTS = "weights", _("Weights set")
    EXPORTED = "exported", _("View taken away as a file")
