"""What the warnings about one assessment rest on, read at once; and how they read on a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import CharField, DateTimeField, F, IntegerField, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from assurance.access import Actor, fetch, holds
from assurance.insights import quality as checks
from assurance.insights.quality import Finding, Words
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Authority,
    Overrule,
    Question,
    Recommendation,
    Review,
    SecondReading,
    SelfAssessment,
    Strength,
)
from assurance.vocabulary import (
    SHARED_STATES,
    Answer,
    Basis,
    Mark,
    Permission,
    QualityCheck,
    ReadingResult,
    State,
    Verdict,
)
from benchmarks.catalogue import BenchmarkText, SchemeText, scheme_text

P = Permission
CHECKED_STATES = frozenset({State.IN_REVIEW, State.CLARIFICATION}) | SHARED_STATES
"""States in which there is something of the adviser's to look at."""
NO_NUMBER = 10_000
"""After every benchmark's number."""
QUESTION_WORDS = 60
"""Characters of a question by which a warning names it."""


@dataclass(frozen=True, kw_only=True)
class Warned:
    """A warning as it reads: what it is about, what is the matter, and where it is mended ("" where nowhere now)."""

    finding: Finding
    about: str
    message: str
    href: str
    mend: StrOrPromise
    benchmark: BenchmarkText | None = None

    @property
    def key(self) -> str:
        """What a form calls it."""
        return self.finding.key

    @property
    def label(self) -> StrOrPromise:
        """Which check it is of."""
        return QualityCheck(self.finding.code).label


@dataclass(frozen=True, kw_only=True)
class Overruled:
    """A warning that a person overruled. ``warning`` is None once the text that it was about has changed."""

    id: int
    code: str
    subject: str
    reason: str
    by: str
    at: datetime
    warning: Warned | None = None

    @property
    def label(self) -> StrOrPromise:
        """Which check it was of."""
        return QualityCheck(self.code).label


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The adviser's work on one benchmark, as a second reader reads it."""

    benchmark: BenchmarkText
    label: str
    own: str
    summary: str
    comments: str


@dataclass(frozen=True)
class Found:
    """Everything that the checks found about one assessment.

    ``applies`` is False where nothing is checked: before a review, and for records of earlier years that were taken
    over, which nobody can mend.
    """

    applies: bool
    open: tuple[Warned, ...] = ()
    overruled: tuple[Overruled, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    strengths: tuple[str, ...] = ()
    recommendations: tuple[tuple[str, str, tuple[int, ...]], ...] = ()
    reading: str | None = None
    """What the newest second reading found, "" while it waits; None for none."""

    @property
    def groups(self) -> list[tuple[BenchmarkText | None, tuple[Warned, ...]]]:
        """Open warnings by benchmark, those on none last."""
        grouped: dict[int, list[Warned]] = {}
        for one in self.open:
            grouped.setdefault(one.benchmark.number if one.benchmark else NO_NUMBER, []).append(one)
        return [(grouped[number][0].benchmark, tuple(grouped[number])) for number in sorted(grouped)]


@dataclass(frozen=True)
class QualityPage:
    """The warnings of one assessment, for whoever may read its review."""

    assessment: Assessment
    found: Found
    can_overrule: bool
    can_pull: bool
    further: tuple[Further, ...] = field(default=())

    @property
    def is_shared(self) -> bool:
        """Whether the authority sees the adviser's work, which is then not changed where it stands."""
        return self.assessment.state in SHARED_STATES


@dataclass(frozen=True, kw_only=True)
class Further:
    """A text that belongs to an assessment and is kept elsewhere, such as the covering summary of its letter.

    With a ``code`` it is no text but a warning that was found there, in the words of ``message``; ``digest`` is then of
    what it is about.
    """

    subject: str
    about: StrOrPromise
    text: str
    href: str = ""
    mend: StrOrPromise = ""
    code: QualityCheck | None = None
    message: str = ""
    digest: str = ""


def quality_page(actor: Actor, assessment_id: int, further: Sequence[Further] = ()) -> QualityPage:
    """The open warnings and those that were overruled. Two queries."""
    assessment = fetch(actor, P.READ_REVIEW, Assessment, related=("cycle",), pk=assessment_id)
    return QualityPage(
        assessment,
        look(assessment, further),
        holds(actor, P.OVERRULE, assessment),
        holds(actor, P.SECOND_READ, assessment),
        tuple(further),
    )


def look(assessment: Assessment, further: Sequence[Further] = ()) -> Found:
    """Everything that the checks find now. One query, of rows that the caller has a right to.

    Args:
        assessment: with its authority and cycle read.
        further: texts that are kept elsewhere and belong to it.
    """
    if assessment.state not in CHECKED_STATES:
        return Found(applies=False)
    rows = _rows(assessment)
    if any(row["basis"] == Basis.IMPORTED for row in rows["review"]):
        return Found(applies=False)
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    findings = list(_findings(assessment, scheme, rows, further))
    say = _Speech(assessment, scheme, rows, further)
    warned = {(one.code, one.subject, one.digest): say.of(one) for one in findings}
    settled = {(row["a"], row["b"], row["c"]): row for row in rows["overrule"]}
    return Found(
        applies=True,
        open=tuple(one for key, one in warned.items() if key not in settled),
        overruled=tuple(
            Overruled(
                id=row["key"], code=row["a"], subject=row["b"], reason=row["d"], by=row["e"], at=row["at"],
                warning=warned.get(key),
            )
            for key, row in settled.items()
            # What is kept elsewhere is shown where that is.
            if key in warned or row["b"].partition(":")[0] in OURS
        ),
        outcomes=tuple(_outcomes(scheme, rows["review"])),
        strengths=tuple(row["b"] for row in rows["strength"]),
        recommendations=tuple((row["a"], row["b"], tuple(row["numbers"])) for row in rows["recommendation"]),
        reading=rows["reading"][-1]["a"] if rows["reading"] else None,
    )  # fmt: skip


OURS = frozenset({"benchmark", "strength", "recommendation", "question", "reading"})
"""What the subjects of this package's own warnings begin with."""


# --- What there is, in one query --------------------------------------------------------------------------------------

COLUMNS = ("kind", "key", "number", "a", "b", "c", "d", "e", "basis", "numbers", "at")
"""What every part of the one query gives: what it is, its number, texts, how an outcome stands, benchmarks, a time."""


def _rows(assessment: Assessment) -> Mapping[str, list[dict[str, Any]]]:
    """Whatever the checks compare, by kind and in order. One query for all, because every page of an adviser asks.

    | kind | key | number | a | b | c | d | e |
    |---|---|---|---|---|---|---|---|
    | review | benchmark | | summary | comments | verdicts | own marks | own level |
    | strength, recommendation | id | position | heading | text | | | |
    | question | id | benchmark | | text | | | |
    | reading | id | | result | note | | | |
    | overrule | id | | code | subject | digest | reason | who |
    | name | id | | name | short name | | | |
    """
    of_it = {"assessment": assessment}
    own = SelfAssessment.objects.filter(assessment=assessment, benchmark=OuterRef("benchmark"))
    stands = AgreedOutcome.objects.filter(assessment=assessment, benchmark=OuterRef("benchmark"))
    parts = [
        _part(
            "review", Review.objects.filter(**of_it).exclude(answer=Answer.NOT_APPLICABLE), number=F("level_id"),
            key=F("benchmark_id"), a=F("summary"), b=F("comments"), c=Cast("verdicts", TextField()),
            d=Coalesce(Cast(Subquery(own.values("marks")[:1]), TextField()), Value("{}"), output_field=TextField()),
            e=Coalesce(Cast(Subquery(own.values("level_id")[:1]), TextField()), Value(""), output_field=TextField()),
            basis=Coalesce(Subquery(stands.values("basis")[:1]), Value(""), output_field=CharField()),
        ),
        _part("strength", Strength.objects.filter(**of_it), number=F("position"), b=F("text")),
        _part(
            "recommendation", Recommendation.objects.filter(**of_it), number=F("position"), a=F("heading"),
            b=F("text"), numbers=Cast("benchmark_numbers", ArrayField(IntegerField())),
        ),
        _part(
            "question", Question.objects.filter(answered_at__isnull=True, **of_it), number=F("benchmark_id"),
            b=F("text"),
        ),
        _part("reading", SecondReading.objects.filter(**of_it), a=F("result"), b=F("note"), at=F("asked_at")),
        _part(
            "overrule", Overrule.objects.filter(**of_it), a=F("check_code"), b=F("subject"), c=F("digest"),
            d=F("reason"), e=F("overruled_by__name"), at=F("overruled_at"),
        ),
        _part(
            "name", Authority.objects.filter(programme=assessment.authority.programme_id), a=F("name"),
            b=F("short_name"),
        ),
    ]  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {
        kind: [] for kind in ("review", "strength", "recommendation", "question", "reading", "overrule", "name")
    }
    for row in parts[0].union(*parts[1:], all=True).order_by("as_kind", "as_number", "as_at", "as_key"):
        found[row[0]].append(dict(zip(COLUMNS, row, strict=True)))
    return found


def _part(kind: str, rows: QuerySet[Any], **given: Any) -> Any:
    """Rows with the columns of ``COLUMNS``; what is not given is empty."""
    text = Value("", output_field=TextField())
    empty: dict[str, Any] = {
        "key": F("pk"),
        "number": Cast(Value(None), IntegerField()),
        **dict.fromkeys("abcde", text),
        "basis": Value("", output_field=CharField()),
        "numbers": Value([], output_field=ArrayField(IntegerField())),
        "at": Cast(Value(None), DateTimeField()),
    }
    # Under other names, because a row's own columns may be called the same.
    values = {f"as_{name}": value for name, value in (empty | given).items()}
    kinds = {"as_kind": Value(kind, output_field=CharField())}
    ordered = [f"as_{name}" for name in COLUMNS]
    return rows.order_by().annotate(**kinds, **values).values_list(*ordered)


def _findings(
    assessment: Assessment,
    scheme: SchemeText,
    rows: Mapping[str, list[dict[str, Any]]],
    further: Sequence[Further],
) -> Iterator[Finding]:
    numbers = {one.id: one.number for one in scheme.benchmarks.values()}
    own = frozenset({assessment.authority.name, assessment.authority.short_name})
    names = checks.other_names(own, frozenset(name for row in rows["name"] for name in (row["a"], row["b"])))
    yield from checks.of_benchmarks(scheme, [_judged(scheme, numbers, row) for row in rows["review"]])
    yield from checks.of_words(scheme, names, _texts(numbers, rows, further))
    yield from checks.of_advice(
        checks.Advice(
            id=row["key"], position=row["number"], heading=row["a"], text=row["b"], on_something=bool(row["numbers"])
        )
        for row in rows["recommendation"]
    )
    yield from checks.of_questions(
        checks.Asked(id=row["key"], text=row["b"], number=numbers.get(row["number"])) for row in rows["question"]
    )
    newest = rows["reading"][-1] if rows["reading"] else None
    yield from checks.of_reading(
        checks.Reading(id=newest["key"], result=newest["a"], note=newest["b"]) if newest else None
    )
    for one in further:
        if one.code:
            yield Finding(code=one.code, subject=one.subject, digest=one.digest, facts={"message": one.message})


def _judged(scheme: SchemeText, numbers: Mapping[int, int], row: Mapping[str, Any]) -> checks.Judged:
    level = scheme.level_by_id(row["number"])
    marks, verdicts = json.loads(row["d"]), json.loads(row["c"])
    return checks.Judged(
        number=numbers[row["key"]],
        level=level.code if level else None,
        summary=row["a"],
        comments=row["b"],
        met=frozenset(int(key) for key, mark in marks.items() if mark == Mark.MET),
        marked=frozenset(int(key) for key in marks),
        differed=frozenset(int(key) for key, verdict in verdicts.items() if verdict == Verdict.DIFFER),
        settled=row["basis"] == Basis.SETTLED,
    )


def _texts(
    numbers: Mapping[int, int], rows: Mapping[str, list[dict[str, Any]]], further: Sequence[Further]
) -> Iterator[Words]:
    for row in rows["review"]:
        number = numbers[row["key"]]
        for name, text, longest in (
            ("summary", row["a"], checks.LONGEST_SUMMARY),
            ("comments", row["b"], checks.LONGEST_COMMENTS),
        ):
            yield Words(subject=f"benchmark:{number}:{name}", text=text, longest=longest, number=number)
    for kind in ("strength", "recommendation"):
        for row in rows[kind]:
            text = "\n".join(part for part in (row["a"], row["b"]) if part)
            yield Words(subject=f"{kind}:{row['key']}", text=text, longest=checks.LONGEST_PARAGRAPHS)
    for one in further:
        if one.code:
            continue
        yield Words(subject=one.subject, text=one.text, longest=checks.LONGEST_PARAGRAPHS)


def _outcomes(scheme: SchemeText, rows: Iterable[Mapping[str, Any]]) -> Iterator[Outcome]:
    by_id = {row["key"]: row for row in rows}
    for benchmark in scheme.benchmarks.values():
        if row := by_id.get(benchmark.id):
            level = scheme.level_by_id(row["number"])
            own = scheme.level_by_id(int(row["e"]) if row["e"] else None)
            yield Outcome(
                benchmark=benchmark,
                label=level.label if level else "",
                own=own.label if own else "",
                summary=row["a"],
                comments=row["b"],
            )


# --- How it reads -----------------------------------------------------------------------------------------------------

FIELDS: Mapping[str, StrOrPromise] = {
    "outcome": gettext_lazy("outcome"),
    "summary": gettext_lazy("Annex A summary"),
    "comments": gettext_lazy("adviser’s comments"),
}
"""What the parts of a benchmark are called in the middle of a line."""


class _Speech:
    """Puts findings in words: names the benchmark and the field, and says where to mend it."""

    def __init__(
        self,
        assessment: Assessment,
        scheme: SchemeText,
        rows: Mapping[str, list[dict[str, Any]]],
        further: Sequence[Further],
    ) -> None:
        self.assessment = assessment
        self.scheme = scheme
        self.further = {one.subject: one for one in further}
        self.places = {
            f"{kind}:{row['key']}": row["number"] for kind in ("strength", "recommendation") for row in rows[kind]
        }

    def of(self, finding: Finding) -> Warned:
        """The finding as it reads."""
        href, mend = self._mended_at(finding)
        return Warned(
            finding=finding,
            about=self._about(finding),
            message=_message(finding),
            href=href,
            mend=mend,
            benchmark=self.scheme.benchmarks[finding.number] if finding.number else None,
        )

    def _about(self, finding: Finding) -> str:
        kind, _colon, rest = finding.subject.partition(":")
        if kind == "benchmark" and finding.number:
            what = {"number": finding.number, "field": FIELDS[rest.partition(":")[2]]}
            return _("Benchmark %(number)s, %(field)s") % what
        if kind == "strength":
            return _("Strength %(number)s") % {"number": self.places[finding.subject]}
        if kind == "recommendation":
            return _("Recommendation %(number)s") % {"number": self.places[finding.subject]}
        if kind == "question":
            return _("Question to the authority")
        if kind == "reading":
            return _("Second reading")
        return str(self.further[finding.subject].about)

    def _mended_at(self, finding: Finding) -> tuple[str, StrOrPromise]:
        """Where it can be mended now, and what the link is called; ("", "") where it cannot."""
        kind, pk = finding.subject.partition(":")[0], self.assessment.pk
        if kind == "question":
            return reverse("questions", args=[pk]), gettext_lazy("Open the questions")
        if kind == "reading":
            return reverse("second-reading", args=[pk]), gettext_lazy("Open the second reading")
        if further := self.further.get(finding.subject):
            return further.href, further.mend
        if self.assessment.state != State.IN_REVIEW:
            return "", ""
        if kind == "benchmark":
            return reverse("review", args=[pk, finding.number]), gettext_lazy("Change it in the review")
        if kind == "strength":
            return reverse("strengths", args=[pk]), gettext_lazy("Change it in the strengths")
        return reverse("recommendations", args=[pk]), gettext_lazy("Change it in the recommendations")


def _message(finding: Finding) -> str:
    facts = finding.facts
    match finding.code:
        case QualityCheck.AGAINST_MARKS:
            return _against_marks(facts)
        case QualityCheck.NO_COMMENTS:
            return _("The outcome is %(outcome)s, and there are no comments.") % facts
        case QualityCheck.OTHER_AUTHORITY:
            names = ", ".join(f"“{name}”" for name in facts["names"])
            return _("Another authority is named: %(names)s.") % {"names": names}
        case QualityCheck.EXCEEDED:
            return _("It says “%(wrong)s”. The outcome is called “%(right)s”.") % facts
        case QualityCheck.TOO_LONG:
            counts = {"count": f"{facts['count']:,}", "longest": f"{facts['longest']:,}"}
            return _("It has %(count)s characters. More than %(longest)s do not print well.") % counts
        case QualityCheck.UNANSWERED:
            return _("“%(text)s” has no answer.") % {"text": Truncator(facts["text"]).chars(QUESTION_WORDS)}
        case QualityCheck.ON_NOTHING:
            return _("It touches no benchmark.")
        case QualityCheck.SECOND_READING:
            return _of_reading(facts)
        case _:
            return str(facts["message"])


def _against_marks(facts: Mapping[str, Any]) -> str:
    if facts["suggested"]:
        said = _("The outcome is %(outcome)s. The criteria that are marked as met suggest %(suggested)s.") % facts
    else:
        said = _("The outcome is %(outcome)s. The criteria that are marked as met do not reach it.") % facts
    if facts["differed"]:
        said += " " + ngettext(
            "%(count)s criterion where the adviser differs is left out.",
            "%(count)s criteria where the adviser differs are left out.",
            facts["differed"],
        ) % {"count": facts["differed"]}
    return said


def _of_reading(facts: Mapping[str, Any]) -> str:
    if facts["result"] == ReadingResult.QUERIED:
        return _("The second reader has a query: “%(note)s”") % facts
    return _("It was asked for, and nobody has read it yet.")
