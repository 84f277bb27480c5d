"""An invented letter, to see what wording looks like before anybody gets it. Pure."""

from __future__ import annotations

from datetime import date
from typing import Any

from benchmarks.catalogue import SchemeText
from benchmarks.vocabulary import Standing
from letters.languages import ENGLISH
from letters.pdf.content import Addressee, Benchmark, Content, Criterion, Item, Level, Scheme, Sender
from letters.translation import Original, Places, translated
from letters.wording_format import Counts, Facts, FollowUp, Outcome, WordingFile, compose

FULL, BARE = "full", "bare"
"""The two samples: a letter with everything that a letter can have, and one with as little as it can have."""


def sample(wording: WordingFile, scheme: SchemeText, kind: str) -> Content:
    """The invented letter in this wording. In another language than English, what people write stands in English.

    Raises:
        ValueError: the wording does not go with the scheme.
    """
    facts = _facts(scheme, full=kind != BARE)
    if wording.language != ENGLISH:
        original = Original(facts, scheme, _places(facts), wording.defaults)
        facts = translated(original, wording, {})
    return compose(wording, facts)


def _places(facts: Facts) -> Places:
    return Places(
        strengths=tuple(range(len(facts.strengths))),
        recommendations=tuple(range(len(facts.recommendations))),
        follow_ups=tuple(range(len(facts.follow_ups))),
    )


def _facts(scheme: SchemeText, *, full: bool) -> Facts:
    outcomes = [_outcome(scheme, number, full=full) for number in scheme.benchmarks]
    counted = [one for one in outcomes if one.answer == "outcome"]
    below = {level.label for level in scheme.levels if level.standing == Standing.BELOW}
    return Facts(
        reference="PDA-2030-31-EXAMPLE-2" if full else "PDA-2030-31-EXAMPLE-1",
        number=2 if full else 1,
        replaces="PDA-2030-31-EXAMPLE-1" if full else None,
        date=date(2031, 5, 9),
        cycle="2030/31",
        previous_cycle="2029/30" if full else "",
        authority="Fernmoor Vale Council",
        sender=Sender(name="Sam Writer", organisation="", email="prevent@example.org" if full else ""),
        addressee=Addressee(
            name="Pat Chief",
            title="Chief Executive",
            organisation="Fernmoor Vale Council",
            address=["Town Hall", "Fernmoor Vale"],
        ),
        salutation="Pat",
        cc=["Robin Chair"] if full else [],
        thanks=["Lee Lead", "Robin Chair"] if full else [],
        summary="The partnership had a year of steady work.\n\nThe plan is new, and it has owners." if full else "",
        strengths=[Item(text="The board meets and challenges."), Item(text="Staff know whom to ask.")] if full else [],
        recommendations=[
            Item(heading="Venue hire", text="Write a policy, and train those who take bookings."),
            Item(heading="", text="Bring the risk assessment up to date."),
        ]
        if full
        else [],
        recommendation_limit=3 if full else None,
        follow_ups=[
            FollowUp(heading="Plan", text="Give each action an owner.", progress="done"),
            FollowUp(heading="", text="Tell schools about the pathway.", progress="in_progress"),
        ]
        if full
        else [],
        outcomes=outcomes,
        criteria=[_criteria(scheme, number) for number in scheme.benchmarks],
        scheme=Scheme(code=scheme.code, version=scheme.version, name=scheme.name),
        counts=Counts(met_or_exceeded=sum(one.outcome_label not in below for one in counted), counted=len(counted)),
    )


def _outcome(scheme: SchemeText, number: int, *, full: bool) -> Outcome:
    """Outcomes of every level in turn where a letter has everything, and all of them met where it has little."""
    benchmark = scheme.benchmarks[number]
    common: dict[str, Any] = {"number": number, "title": benchmark.title, "statement": benchmark.statement}
    if not benchmark.scored:
        return Outcome(**common, scored=False, answer="not_applicable", note=benchmark.unscored_note)
    if full and number == max(scheme.benchmarks):
        return Outcome(**common, scored=True, answer="unknown")
    meets = [level for level in scheme.levels if level.standing == Standing.MEETS]
    level = scheme.levels[number % len(scheme.levels)] if full else meets[0]
    return Outcome(
        **common,
        scored=True,
        answer="outcome",
        outcome_label=level.label,
        summary="What was found is summed up here.",
        comments="What the adviser would add stands here." if full else "",
    )


def _criteria(scheme: SchemeText, number: int) -> Benchmark:
    benchmark = scheme.benchmarks[number]
    return Benchmark(
        number=number,
        title=benchmark.title,
        statement=benchmark.statement,
        note="" if benchmark.criteria else benchmark.unscored_note,
        levels=[
            Level(
                label=level.label,
                criteria=[Criterion(text=one.text, sub=list(one.sub)) for one in benchmark.criteria[level.code]],
            )
            for level in scheme.levels
            if level.code in benchmark.criteria
        ],
    )
