"""From records to the content of a letter: what it says, gathered once and then frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, OuterRef, Subquery, Value

from assurance.insights import figures
from assurance.models import AgreedOutcome, Assessment, Recommendation, Review, Strength
from assurance.queries.follow_ups import follow_ups_of
from assurance.queries.points import points
from assurance.vocabulary import Answer
from benchmarks.catalogue import SchemeText, scheme_text
from letters.languages import ENGLISH
from letters.models import Edition, Letter, LetterTranslation
from letters.pdf.content import Addressee, Benchmark, Content, Criterion, Item, Level, Scheme, Sender
from letters.translation import Original, Places, translated
from letters.wording_format import Counts, Facts, FollowUp, Outcome, WordingFile, compose


def reference(letter: Letter) -> str:
    """The letter's reference: cycle, authority and number, such as PDA-2024-25-E06000019-1."""
    cycle = "-".join("".join(c if c.isalnum() else " " for c in letter.assessment.cycle.name).split())
    return f"PDA-{cycle}-{letter.authority.gss_code}-{letter.number}"


def reference_in(letter: Letter, language: str) -> str:
    """The reference as files are called by it: with the language where it is not English."""
    return reference(letter) if language == ENGLISH else f"{reference(letter)}-{language}"


def assessment_of(letter: Letter) -> Assessment:
    """The letter's assessment with its authority, which was read with the letter. No query."""
    letter.assessment.authority = letter.authority
    return letter.assessment


def edition_in(editions: Sequence[Edition], language: str) -> Edition:
    """The edition in a language, or the first one where there is none in it."""
    return next((one for one in editions if one.language == language), editions[0])


def contents_of(letter: Letter, today: date) -> list[tuple[Edition, Content]]:
    """What each edition of the letter says now, in the editions' order. As :func:`content_of`."""
    editions = list(letter.editions.select_related("wording"))
    gathered = _gathered(letter, today)
    return [(one, _content(gathered, letter, one, editions)) for one in editions]


def content_of(letter: Letter, edition: Edition, today: date) -> Content:
    """What one edition of the letter says now. Reads the agreed record in four queries, and in another language than
    English what is translated in four more.

    Args:
        letter: with its authority and assessment's cycle read already.
        edition: of this letter, with its wording read already.
        today: printed where the letter has no date of its own.

    Raises:
        ValueError: the wording does not go with the scheme.
    """
    return _content(_gathered(letter, today), letter, edition, None)


def original_of(letter: Letter, today: date, editions: Sequence[Edition]) -> Original:
    """The English letter as it stands now, for whoever translates it. Six queries.

    Args:
        editions: of this letter, with their wordings read already.

    Raises:
        ValueError: as :func:`content_of`.
    """
    return _original(_gathered(letter, today), letter, editions)


@dataclass(frozen=True)
class _Gathered:
    """What the agreed record says, in English."""

    facts: Facts
    scheme: SchemeText
    follow_ups: tuple[int, ...]


def _content(gathered: _Gathered, letter: Letter, edition: Edition, editions: Sequence[Edition] | None) -> Content:
    wording = WordingFile.model_validate(edition.wording.content)
    if edition.language == ENGLISH:
        return compose(wording, gathered.facts)
    if editions is None:
        editions = list(letter.editions.select_related("wording"))
    rows = LetterTranslation.objects.filter(letter=letter, language=edition.language)
    texts = dict(rows.values_list("key", "text"))
    return compose(wording, translated(_original(gathered, letter, editions), wording, texts))


def _original(gathered: _Gathered, letter: Letter, editions: Sequence[Edition]) -> Original:
    english = next(one for one in editions if one.language == ENGLISH)
    return Original(
        facts=gathered.facts,
        scheme=gathered.scheme,
        places=_places(letter, gathered.follow_ups),
        defaults=WordingFile.model_validate(english.wording.content).defaults,
    )


def _places(letter: Letter, follow_ups: tuple[int, ...]) -> Places:
    """The ids of strengths and recommendations, in order. One query."""
    first, second = (
        rows.filter(assessment=letter.assessment_id)
        .order_by()
        .annotate(kind=Value(kind, output_field=CharField()))
        .values_list("kind", "position", "pk")
        for kind, rows in (("strength", Strength.objects), ("recommendation", Recommendation.objects))
    )
    found = list(first.union(second, all=True).order_by("kind", "position"))
    return Places(
        strengths=tuple(pk for kind, _position, pk in found if kind == "strength"),
        recommendations=tuple(pk for kind, _position, pk in found if kind == "recommendation"),
        follow_ups=follow_ups,
    )


def _gathered(letter: Letter, today: date) -> _Gathered:
    assessment = letter.assessment
    scheme = scheme_text(assessment.cycle.scheme_version_id)
    reasons = dict(assessment.cycle.benchmarks.filter(scored=False).values_list("benchmark_id", "reason"))
    reviews = _reviews(assessment)
    agreed = {key: (one.stands, one.stands_level) for key, one in reviews.items() if one.stands}
    both = points(Strength.objects.filter(assessment=assessment), Recommendation.objects.filter(assessment=assessment))
    share = figures.share(scheme, agreed)
    followed = follow_ups_of(assessment)
    facts = Facts(
        reference=reference(letter),
        number=letter.number,
        replaces=reference(letter.replaces) if letter.replaces else None,
        date=letter.letter_date or today,
        cycle=assessment.cycle.name,
        authority=letter.authority.name,
        sender=Sender(
            name=letter.sender_name,
            title=letter.sender_title,
            unit=letter.sender_unit,
            organisation=letter.sender_organisation,
            address=letter.sender_address,
            email=letter.sender_email,
        ),
        addressee=Addressee(
            name=letter.addressee_name,
            title=letter.addressee_title,
            organisation=letter.addressee_organisation,
            address=letter.addressee_address,
        ),
        salutation=letter.salutation,
        cc=letter.cc,
        thanks=letter.thanks,
        summary=letter.summary,
        strengths=[Item(text=one) for one in both.strengths],
        recommendations=[Item(heading=one.heading, text=one.text) for one in both.recommendations],
        recommendation_limit=assessment.cycle.recommendation_limit,
        follow_ups=[
            FollowUp(heading=one.heading, text=one.text, progress=one.progress or "unanswered")
            for one in followed.lines
        ],
        outcomes=[_outcome(scheme, number, reviews, reasons) for number in scheme.benchmarks],
        criteria=[_criteria(scheme, number) for number in scheme.benchmarks],
        scheme=Scheme(code=scheme.code, version=scheme.version, name=scheme.name),
        counts=Counts(met_or_exceeded=share.numerator, counted=share.denominator),
    )
    return _Gathered(facts, scheme, tuple(one.id for one in followed.lines))


def _reviews(assessment: Assessment) -> dict[int, Any]:
    """The adviser's texts by benchmark id, each with what was agreed there (``stands``, ``stands_level``). One query.

    Every outcome that is agreed has a review, because agreeing writes one for each review.
    """
    agreed = AgreedOutcome.objects.filter(assessment=assessment, benchmark=OuterRef("benchmark"))
    rows = Review.objects.filter(assessment=assessment).annotate(
        stands=Subquery(agreed.values("answer")), stands_level=Subquery(agreed.values("level_id"))
    )
    return {one.benchmark_id: one for one in rows}


def _outcome(scheme: SchemeText, number: int, reviews: dict[int, Any], reasons: dict[int, str]) -> Outcome:
    benchmark = scheme.benchmarks[number]
    review = reviews.get(benchmark.id)
    level = scheme.level_by_id(review.stands_level) if review else None
    answer = Answer(review.stands) if review and review.stands else Answer.UNANSWERED
    return Outcome(
        number=number,
        title=benchmark.title,
        statement=benchmark.statement,
        scored=answer != Answer.NOT_APPLICABLE,
        answer=answer.value,
        outcome_label=level.label if level else None,
        note=(reasons.get(benchmark.id) or benchmark.unscored_note) if level is None else "",
        summary=review.summary if review else "",
        comments=review.comments if review else "",
    )


def _criteria(scheme: SchemeText, number: int) -> Benchmark:
    benchmark = scheme.benchmarks[number]
    return Benchmark(
        number=number,
        title=benchmark.title,
        statement=benchmark.statement,
        note=benchmark.unscored_note if not benchmark.criteria else "",
        levels=[
            Level(
                label=level.label,
                criteria=[Criterion(text=one.text, sub=list(one.sub)) for one in benchmark.criteria[level.code]],
            )
            for level in scheme.levels
            if level.code in benchmark.criteria
        ],
    )
