"""What the pages of the workbook read, and those on which somebody waits for a document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from assurance import differences
from assurance.access import Actor, NotFound, fetch, holds, visible
from assurance.actions.documents import READERS, may_read
from assurance.actions.giving import open_to_giving
from assurance.actions.workbook import ENDINGS, WORKERS, Compared, compared, decides, rows_for
from assurance.models import Assessment, Document, Upload
from assurance.vocabulary import DocumentKind, Making, Permission, UploadState
from assurance.workbook.compare import MARK, NOTE, Difference, Verdict
from assurance.workbook.layout import EVIDENCE, OUTCOME, REASON, labels_of
from assurance.workbook.read import CellFault
from benchmarks.catalogue import BenchmarkText, CriterionText, LevelText, SchemeText, scheme_text

P = Permission
SHOWN = 20
"""How many earlier uploads are listed."""
FEW = 6
"""How many choices need no box to be opened."""
SHORT = 1_000
"""Characters of both texts that need no box to be opened."""

VERDICTS: Mapping[Verdict, tuple[StrOrPromise, str]] = {
    Verdict.NEW: (gettext_lazy("New"), "green"),
    Verdict.CHANGED: (gettext_lazy("Changed"), "blue"),
    Verdict.CONFLICT: (gettext_lazy("Newer answer here"), "orange"),
    Verdict.REJECTED: (gettext_lazy("Cannot be used"), "red"),
    Verdict.NOT_YOURS: (gettext_lazy("Not given to you"), "grey"),
    Verdict.CLOSED: (gettext_lazy("Cannot be answered now"), "grey"),
    Verdict.UNCHANGED: (gettext_lazy("Unchanged"), "grey"),
    Verdict.MISSING: (gettext_lazy("Not in the file"), "grey"),
}
"""What each verdict is called, and the colour of its tag."""


@dataclass(frozen=True)
class WorkbookPage:
    """The workbook of an assessment: what the actor may do with it, and what came back before."""

    assessment: Assessment
    can_upload: bool
    uploads: tuple[Upload, ...]
    documents: tuple[Document, ...]


def workbook_page(actor: Actor, assessment_id: int) -> WorkbookPage:
    """Where the workbook is downloaded and uploaded. Three queries; raises as ``access.require``."""
    assessment = fetch(actor, P.READ_DRAFT, Assessment, related=("cycle",), pk=assessment_id)
    works = holds(actor, WORKERS, assessment)
    uploads = visible(actor, Upload).filter(assessment=assessment).select_related("uploaded_by").defer("content")
    documents = visible(actor, Document).filter(
        assessment=assessment, asked_by=actor.user, kind__in=list(ENDINGS), state=Making.READY
    )
    return WorkbookPage(
        assessment=assessment,
        can_upload=works and open_to_giving(assessment),
        uploads=tuple(uploads[:SHOWN]) if works else (),
        documents=tuple(documents[:3]),
    )


def document(actor: Actor, assessment_id: int, document_id: int) -> Document:
    """A document of the actor's own: what somebody else asked for does not exist for them. One query.

    Raises:
        NotFound, Forbidden: as ``access.require``, and where the stage no longer lets them read it.
    """
    every = tuple({one for permissions in READERS.values() for one in permissions})
    found = fetch(
        actor, every, Document, related=("assessment__cycle",), pk=document_id, assessment_id=assessment_id
    )  # fmt: skip
    if found.asked_by_id != actor.id:
        raise NotFound
    found.assessment.authority = found.authority
    may_read(actor, found.assessment, found.kind)
    return found


def is_workbook(found: Document) -> bool:
    """Whether a document is a workbook."""
    return DocumentKind(found.kind) in ENDINGS


@dataclass(frozen=True)
class Change:
    """One thing that would change, in words. ``comparison`` is there for texts, word by word."""

    label: str
    before: str
    after: str
    comparison: differences.Comparison | None = None

    @property
    def is_short(self) -> bool:
        """Whether it can stand on the page at once, and need not be opened."""
        return len(self.before) + len(self.after) <= SHORT


@dataclass(frozen=True)
class Line:
    """One benchmark of an upload beside what stands."""

    benchmark: BenchmarkText
    compared: Compared
    scheme: SchemeText

    @property
    def verdict(self) -> str:
        """Its code."""
        return self.compared.comparison.verdict.value

    @property
    def label(self) -> StrOrPromise:
        """What it is called."""
        return VERDICTS[self.compared.comparison.verdict][0]

    @property
    def colour(self) -> str:
        """The colour of its tag."""
        return VERDICTS[self.compared.comparison.verdict][1]

    @property
    def version(self) -> int:
        """Of the answer that stands."""
        return self.compared.comparison.version

    @property
    def applicable(self) -> bool:
        """Whether it can be taken over."""
        return self.compared.comparison.applicable

    @property
    def removes(self) -> bool:
        """Whether taking it over takes something away."""
        return self.compared.comparison.removes

    @property
    def faults(self) -> tuple[CellFault, ...]:
        """What is wrong with its cells."""
        return self.compared.comparison.faults

    @property
    def needs_rechecking(self) -> bool:
        """Whether what stands was brought in from last year and not checked: taking it over checks it."""
        return self.compared.row.needs_rechecking

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Everything that would change, in the order of the benchmark's page."""
        if not self.applicable:
            return ()
        return tuple(self._change(one) for one in self.compared.comparison.differences)

    @property
    def choices(self) -> tuple[Change, ...]:
        """Those that are a choice from a list."""
        return tuple(one for one in self.changes if one.comparison is None)

    @property
    def choices_title(self) -> str:
        """How many choices would change, in words."""
        count = len(self.choices)
        return ngettext("%(count)s choice", "%(count)s choices", count) % {"count": count}

    @property
    def choices_are_few(self) -> bool:
        """Whether they can stand on the page at once, and need not be opened."""
        return len(self.choices) <= FEW

    @property
    def texts(self) -> tuple[Change, ...]:
        """Those that are a text."""
        return tuple(one for one in self.changes if one.comparison is not None)

    @cached_property
    def _criteria(self) -> dict[int, tuple[LevelText, CriterionText]]:
        levels = {level.code: level for level in self.scheme.levels}
        return {one.id: (levels[code], one) for code, ones in self.benchmark.criteria.items() for one in ones}

    def _change(self, one: Difference) -> Change:
        if one.field == OUTCOME:
            levels = {level.code: level.label for level in self.scheme.levels}
            return Change(_("Your outcome"), levels.get(one.before, ""), levels.get(one.after, ""))
        if one.field == MARK and one.criterion is not None:
            level, criterion = self._criteria[one.criterion]
            labels = labels_of(level.standing)
            return Change(criterion.text, labels.get(one.before, ""), labels.get(one.after, ""))
        label = {REASON: _("Reason"), EVIDENCE: _("Evidence")}.get(one.field, "")
        if one.field == NOTE and one.criterion is not None:
            label = _("Note on “%(criterion)s”") % {"criterion": self._criteria[one.criterion][1].text}
        return Change(label, one.before, one.after, differences.compare(one.before, one.after))


@dataclass(frozen=True)
class UploadPage:
    """A workbook that came back, and what it would change at this moment."""

    upload: Upload
    assessment: Assessment
    scheme: SchemeText
    lines: tuple[Line, ...]
    editable: bool
    may_decide: bool
    """Whether the actor may take it over or discard it; a colleague's may only be looked at."""

    @property
    def applied(self) -> tuple[BenchmarkText, ...]:
        """The benchmarks that were taken over."""
        return tuple(self.scheme.benchmarks[number] for number in self.upload.content.get("applied", ()))

    @property
    def applicable(self) -> tuple[Line, ...]:
        """Those that can be taken over."""
        return tuple(line for line in self.lines if line.applicable)

    @property
    def others(self) -> tuple[Line, ...]:
        """Those that cannot, or need not."""
        return tuple(line for line in self.lines if not line.applicable and line.verdict != Verdict.REJECTED)

    @property
    def rejected(self) -> tuple[Line, ...]:
        """Those with something wrong in a cell."""
        return tuple(line for line in self.lines if line.verdict == Verdict.REJECTED)


def upload_page(actor: Actor, assessment_id: int, upload_id: int) -> UploadPage:
    """A workbook that came back, compared with what stands now. Two queries; raises as ``access.require``."""
    upload = fetch(
        actor,
        WORKERS,
        Upload,
        related=("assessment__cycle", "uploaded_by"),
        pk=upload_id,
        assessment_id=assessment_id,
    )
    assessment = upload.assessment
    assessment.authority = upload.authority
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    lines: tuple[Line, ...] = ()
    if upload.state == UploadState.COMPARED:
        every = compared(actor, upload, list(rows_for(actor, assessment.pk)), scheme)
        lines = tuple(Line(scheme.benchmarks[one.comparison.number], one, scheme) for one in every)
    return UploadPage(
        upload=upload,
        assessment=assessment,
        scheme=scheme,
        lines=lines,
        editable=open_to_giving(assessment),
        may_decide=decides(actor, upload),
    )
