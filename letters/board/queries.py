"""What a board pack is gathered from: the issued letter as it was frozen, and the agreed record behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from assurance import scope
from assurance.access import Actor, NotFound, countable, fetch, operator, require, visible
from assurance.actions.answers import outcome_label
from assurance.actions.refusals import NotEditable
from assurance.insights import figures
from assurance.insights.calibration import Group, Table, suppress
from assurance.models import (
    AgreedOutcome,
    Assessment,
    CycleBenchmark,
    Membership,
    Recommendation,
    Strength,
    Succession,
)
from assurance.queries.follow_ups import FollowUpLine, FollowUps, follow_ups_of
from assurance.queries.points import Points, points
from assurance.vocabulary import AUTHORITY_ROLES, Answer, LetterState, Permission, State
from assurance.years import before, year_of
from benchmarks.catalogue import SchemeText, crosswalk_pairs, scheme_text
from benchmarks.scoring import Gap, crosswalk
from benchmarks.vocabulary import Standing
from letters.board import words
from letters.board.check import Finding, look, look_at_owner, names_in
from letters.board.content import BoardContent, OutcomeRow, Outcomes, Passage, Section, Spread, SpreadRow, Tone
from letters.content import assessment_of, reference
from letters.languages import ENGLISH
from letters.models import BoardPack, Letter
from letters.pdf import Content
from letters.queries import READERS

P = Permission
INCLUDE, LEAVE, EDIT = "include", "leave", "edit"
CHOICES: Mapping[str, StrOrPromise] = {
    INCLUDE: gettext_lazy("Put it in as it is"),
    LEAVE: gettext_lazy("Leave it out"),
    EDIT: gettext_lazy("Put it in other words"),
}
OWNERS = "owners"
"""The one thing that is shown or left out as a whole: who owns the recommendations."""

Choices = Mapping[str, Mapping[str, str]]
"""By the key of an item: its ``choice``, and with EDIT the ``text``."""
Agreed = Mapping[int, tuple[str, int | None]]
"""Answer and level id by benchmark id."""


@dataclass(frozen=True)
class Text:
    """A text of the letter that goes into a pack unless somebody decides otherwise.

    ``own`` is what somebody put it in other words as ("" for nothing). ``findings`` are in what the pack would say.
    """

    key: str
    label: str
    heading: str
    text: str
    own: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def whole(self) -> str:
        """Heading and text as one, to begin from when it is put in other words."""
        return "\n\n".join(part for part in (self.heading, self.text) if part)


@dataclass(frozen=True)
class Stands:
    """What was chosen for one text, in words, and the words that it was put in ("" for none)."""

    label: str
    choice: StrOrPromise
    text: str


@dataclass(frozen=True)
class BoardPage:
    """The page of a pack: every text with what was found in it, and what this person chose, if they did."""

    letter: Letter
    reference: str
    texts: tuple[Text, ...]
    pack: BoardPack | None

    @property
    def choices(self) -> Choices:
        """What was chosen; empty while nothing was."""
        return self.pack.choices if self.pack else {}

    @property
    def version(self) -> int:
        """Of what was chosen; 0 while nothing was."""
        return self.pack.version if self.pack else 0

    @property
    def standing(self) -> list[Stands]:
        """What was chosen, in words."""
        return [
            Stands(one.label, CHOICES[chosen["choice"]], chosen["text"])
            for one in self.texts
            if (chosen := self.choices.get(one.key))
        ]


@dataclass(frozen=True)
class _Said:
    """The texts of an issued letter, from the record behind it."""

    letter: Letter
    points: Points
    follow_ups: FollowUps


@dataclass(frozen=True)
class _Gathered(_Said):
    """The same with the letter as it was frozen, and the outcomes that stand."""

    content: Content
    scheme: SchemeText
    agreed: Agreed


def letter_in_force(actor: Actor, letter_id: int) -> Letter:
    """A letter to make a pack of. One query, two where there is none.

    Raises:
        NotFound: the actor may not see it.
        Forbidden: they may, and make no packs.
        NotEditable: it is not in force.
    """
    letter = visible(actor, Letter).select_related("authority", "assessment__cycle").filter(pk=letter_id).first()
    if letter is None:
        fetch(actor, READERS, Letter, pk=letter_id)
        raise NotFound
    require(actor, P.MAKE_BOARD_PACKS, letter)
    if letter.state != LetterState.ISSUED:
        raise NotEditable(letter)
    return letter


def texts_of(letter: Letter) -> tuple[Text, ...]:
    """Every text of a letter in force that can be left out or put in other words. Three queries."""
    return tuple(_texts(_said(letter), _names(letter)))


def keys_of(letter: Letter) -> tuple[str, ...]:
    """The keys of these texts. Two queries."""
    return tuple(one.key for one in _texts(_said(letter), ()))


def board_page(actor: Actor, letter_id: int) -> BoardPage:
    """The page of a pack. Five queries; raises as :func:`letter_in_force`."""
    letter = letter_in_force(actor, letter_id)
    pack = _own_pack(actor, letter)
    texts = tuple(_texts(_said(letter), _names(letter), pack.choices if pack else {}))
    return BoardPage(letter, reference(letter), texts, pack)


def board_content(actor: Actor, assessment_id: int) -> BoardContent:
    """What the actor's pack of an assessment's letter says. For a task: it counts the region beyond the actor's sight.

    A text that nothing was chosen for is left out when anything was found in it.

    Raises:
        NotFound: there is no letter in force, or the actor may not see it.
        Forbidden: they may, and make no packs.
        ValueError: the record does not say what the letter says.
    """
    rows = visible(actor, Letter).select_related("authority", "assessment__cycle")
    letter = rows.filter(assessment=assessment_id, state=LetterState.ISSUED).first()
    if letter is None:
        raise NotFound
    require(actor, P.MAKE_BOARD_PACKS, letter)
    pack = _own_pack(actor, letter)
    found = _gathered(letter)
    _as_the_letter_has_them(found)
    texts = list(_texts(found, _names(letter)))
    choices = {one.key: {"choice": LEAVE if one.findings else INCLUDE, "text": ""} for one in texts}
    kept = {key: dict(value) for key, value in (pack.choices if pack else {}).items() if key in choices}
    return _content(actor, found, {one.key: one for one in texts}, choices | kept)


def _own_pack(actor: Actor, letter: Letter) -> BoardPack | None:
    return visible(actor, BoardPack).filter(letter=letter, saved_by=actor.user).first()


def _said(letter: Letter) -> _Said:
    """Whoever may read the letter may read what it says, whichever table that stands in. Two queries."""
    mine = {"assessment": letter.assessment_id}
    both = points(Strength.objects.filter(**mine), Recommendation.objects.filter(**mine))
    return _Said(letter=letter, points=both, follow_ups=follow_ups_of(letter.assessment))


def _gathered(letter: Letter) -> _Gathered:
    """With the outcomes. Four queries."""
    said, assessment = _said(letter), letter.assessment
    edition = letter.editions.get(language=ENGLISH)
    found = AgreedOutcome.objects.filter(assessment=assessment)
    return _Gathered(
        letter=letter,
        content=Content.model_validate(edition.content),
        scheme=scheme_text(assessment.cycle.scheme_version_id),
        agreed={one: (answer, level) for one, answer, level in found.values_list("benchmark", "answer", "level")},
        points=said.points,
        follow_ups=said.follow_ups,
    )


def _as_the_letter_has_them(found: _Gathered) -> None:
    """Go on only if the letter has what the record has: nothing goes into a pack that was not issued.

    Raises:
        ValueError: it has not.
    """
    blocks = found.content.blocks
    said = {(item.heading, item.text) for block in blocks for item in block.items}
    wanted = {("", one) for one in found.points.strengths}
    wanted |= {(one.heading, one.text) for one in found.points.recommendations}
    if not wanted <= said or not any(found.letter.summary in block.text for block in blocks):
        raise ValueError(f"letter {found.letter.pk} does not say what the record says")


def _names(letter: Letter) -> list[str]:
    """Of people whom the letter names, and of those who work on it for the authority. One query."""
    members = Membership.objects.filter(authority=letter.authority_id, role__in=AUTHORITY_ROLES)
    said = [letter.addressee_name, letter.sender_name, *names_in((*letter.thanks, *letter.cc))]
    return [*dict.fromkeys([*said, *members.order_by("person__name").values_list("person__name", flat=True)])]


def _texts(found: _Said, names: Sequence[str], choices: Choices | None = None) -> Iterable[Text]:
    """What there is to decide on, in the order of the slides. Words of one's own are looked at instead."""
    if found.letter.summary:
        yield _text("summary", _("Covering summary"), "", found.letter.summary, names, choices)
    for number, strength in enumerate(found.points.strengths, start=1):
        label = _("Strength %(number)s") % {"number": number}
        yield _text(f"strength-{number}", label, "", strength, names, choices)
    for number, one in enumerate(found.points.recommendations, start=1):
        label = _("Recommendation %(number)s") % {"number": number}
        yield _text(f"recommendation-{number}", label, one.heading, one.text, names, choices)
    owners = list(dict.fromkeys(owner for one in found.points.recommendations for owner in one.owners))
    if owners:
        hints = tuple(hint for owner in owners for hint in look_at_owner(owner, names))
        yield Text(OWNERS, _("Who owns the recommendations"), "", "\n".join(owners), findings=hints)
    for number, line in enumerate(found.follow_ups.lines, start=1):
        label = _("Last year’s recommendation %(number)s") % {"number": number}
        yield _text(f"follow-up-{number}", label, line.heading, line.text, names, choices)


def _text(key: str, label: str, heading: str, text: str, names: Sequence[str], choices: Choices | None) -> Text:
    chosen = (choices or {}).get(key, {})
    own = chosen["text"] if chosen.get("choice") == EDIT else ""
    said = (own,) if own else (heading, text)
    return Text(key, label, heading, text, own, tuple(one for part in said for one in look(part, names)))


# Content


def _content(actor: Actor, found: _Gathered, texts: Mapping[str, Text], choices: Choices) -> BoardContent:
    letter, content = found.letter, found.content
    named = {"cycle": letter.assessment.cycle.name, "authority": letter.authority.name}
    cover = [
        _("Outcome letter of %(date)s") % {"date": content.date_text},
        _("Reference %(reference)s") % {"reference": content.reference},
    ]
    summary = _passages(texts, choices, "summary")
    return BoardContent(
        language=ENGLISH,
        title=_("Prevent duty assurance %(cycle)s") % named,
        authority=letter.authority.name,
        cover=[*cover, content.marking] if content.marking else cover,
        date=content.date,
        marking=content.marking,
        foot=_("%(authority)s, %(cycle)s") % named,
        duty=words.duty(),
        summary=Section(heading=_("Overall"), lede=summary.notes, passages=summary.passages)
        if summary.passages
        else None,
        outcomes=_outcomes(actor, found),
        strengths=_strengths(found, texts, choices),
        recommendations=_recommendations(found, texts, choices),
        follow_ups=_follow_ups(found, texts, choices),
        region=_region(letter, found.scheme),
        questions=words.questions(),
        continued=words.CONTINUED,
        page=_("Page {page} of {pages}"),
    )


@dataclass(frozen=True)
class _Chosen:
    """The passages of one kind that go in, by their keys, and lines that say what was done to the others."""

    by_key: dict[str, Passage]
    notes: list[str]

    @property
    def passages(self) -> list[Passage]:
        """In order."""
        return list(self.by_key.values())


def _passages(
    texts: Mapping[str, Text], choices: Choices, kind: str, facts: Mapping[str, list[str]] | None = None
) -> _Chosen:
    """What was chosen of one kind of text. That something is left out or in other words is said, and not what.

    With ``facts`` each has its number in the letter as heading, so that members and officers speak of the same one.
    """
    mine = [one for key, one in texts.items() if key.rstrip("-0123456789") == kind]
    by_key: dict[str, Passage] = {}
    for one in mine:
        choice, more = choices[one.key], (facts or {}).get(one.key, [])
        number = one.label if facts is not None else ""
        if choice["choice"] == EDIT:
            by_key[one.key] = Passage(heading=number, text=choice["text"], facts=more)
        elif choice["choice"] == INCLUDE:
            heading = ": ".join(part for part in (number, one.heading) if part)
            by_key[one.key] = Passage(heading=heading, text=one.text, facts=more)
    notes = []
    if left := len(mine) - len(by_key):
        notes.append(words.left_out(left, len(mine)))
    if any(choices[key]["choice"] == EDIT for key in by_key):
        notes.append(_("Some wording here was changed for this pack. The letter is the record."))
    return _Chosen(by_key, notes)


def _strengths(found: _Gathered, texts: Mapping[str, Text], choices: Choices) -> Section:
    chosen = _passages(texts, choices, "strength")
    none = [] if found.points.strengths else [_("The letter names no strengths.")]
    return Section(heading=_("Strengths"), lede=[*none, *chosen.notes], passages=chosen.passages)


def _recommendations(found: _Gathered, texts: Mapping[str, Text], choices: Choices) -> Section:
    shows_owners = choices.get(OWNERS, {}).get("choice") == INCLUDE
    facts: dict[str, list[str]] = {}
    for number, one in enumerate(found.points.recommendations, start=1):
        lines = facts[f"recommendation-{number}"] = []
        if shows_owners:
            lines.append(words.owned_by(one.owners))
        if one.due_on:
            lines.append(_("To be done by %(date)s") % {"date": date_format(one.due_on, "j F Y")})
    chosen = _passages(texts, choices, "recommendation", facts)
    none = [] if found.points.recommendations else [_("The letter makes no recommendations.")]
    return Section(heading=_("Recommendations"), lede=[*none, *chosen.notes], passages=chosen.passages)


def _follow_ups(found: _Gathered, texts: Mapping[str, Text], choices: Choices) -> Section | None:
    if not found.follow_ups.lines:
        return None
    facts = {f"follow-up-{number}": [_progress(line)] for number, line in enumerate(found.follow_ups.lines, start=1)}
    chosen = _passages(texts, choices, "follow-up", facts)
    counts = {"done": found.follow_ups.done, "total": found.follow_ups.total, "cycle": found.follow_ups.cycle}
    said = _("Done, as the authority says: %(done)s of the %(total)s recommendations of %(cycle)s.") % counts
    return Section(
        heading=_("What became of last year’s recommendations"),
        lede=[said, *chosen.notes],
        passages=chosen.passages,
    )


def _progress(line: FollowUpLine) -> str:
    """What both sides say of it. That nobody answered is no progress of any kind."""
    own = str(line.progress_label) if line.progress else _("not answered")
    said = _("The authority says: %(progress)s") % {"progress": own}
    if not line.judged:
        return said
    return _("%(said)s. The adviser says: %(progress)s") % {"said": said, "progress": line.judged_label}


# Outcomes


def _outcomes(actor: Actor, found: _Gathered) -> Outcomes:
    """This year's as the letter has them, and last year's where the two years can be compared."""
    now = _as_the_letter_says(found)
    cycle = found.letter.assessment.cycle.name
    share = figures.share(found.scheme, found.agreed)
    titles = {number: f"{number}. {one.title}" for number, one in found.scheme.benchmarks.items()}
    lede = [words.share(share), words.rule(share, {number: now[number] for number, _gap in share.excluded})]
    last = _last_year(actor, found.letter)
    if isinstance(last, str):
        return Outcomes(
            heading=_("Outcomes this year"),
            lede=[*lede, last],
            columns=[_("Benchmark"), cycle],
            rows=[OutcomeRow(title=title, now=now[number]) for number, title in titles.items()],
        )
    standings = _standings(found.scheme, found.agreed)
    earlier, scheme, agreed = last
    name = year_of(earlier.cycle.name)
    if scheme.code == found.scheme.code:
        share_then = figures.share(scheme, agreed)
        lede.append(_("%(cycle)s: %(share)s") % {"cycle": name, "share": words.share(share_then)})
        ranks, then = _ranks(found.scheme, found.agreed), _ranks(scheme, agreed)
        labels = {number: _label(scheme, agreed, number) for number in titles}
        return Outcomes(
            heading=_("Outcomes this year and last"),
            lede=lede,
            columns=[_("Benchmark"), cycle, name, _("Change")],
            rows=[
                OutcomeRow(
                    title=title,
                    now=now[number],
                    before=labels[number],
                    change=words.change(ranks.get(number), then.get(number)),
                )
                for number, title in titles.items()
            ],
        )
    estimated = crosswalk(_standings(scheme, agreed), crosswalk_pairs(scheme.code, found.scheme.code))
    lede.append(words.broken(name))
    return Outcomes(
        heading=_("Outcomes this year and last"),
        lede=lede,
        columns=[
            _("Benchmark"),
            cycle,
            _("%(cycle)s (estimate)") % {"cycle": name},
            _("Change (estimate)"),
        ],
        rows=[
            OutcomeRow(
                title=title,
                now=now[number],
                before=words.standing(estimated.get(number, Gap.UNKNOWN)),
                change=words.change(_rank(standings[number]), _rank(estimated.get(number))),
            )
            for number, title in titles.items()
        ],
        is_broken=True,
    )


def _as_the_letter_says(found: _Gathered) -> dict[int, str]:
    """This year's outcomes in the letter's words, by benchmark number.

    Raises:
        ValueError: the record has another outcome, so that one of the two is not what was agreed.
    """
    said = {row.number: row.outcome for row in found.content.annex_a.rows}
    if said.keys() != found.scheme.benchmarks.keys():
        raise ValueError(f"letter {found.letter.pk} has other benchmarks than its scheme")
    for number, benchmark in found.scheme.benchmarks.items():
        level = found.scheme.level_by_id(found.agreed.get(benchmark.id, ("", None))[1])
        if level is not None and level.label != said[number]:
            raise ValueError(f"letter {found.letter.pk} and the record differ on benchmark {number}")
        if level is None and found.scheme.level_named(said[number]):
            raise ValueError(f"letter {found.letter.pk} has an outcome on benchmark {number}, and the record has none")
    return said


def _last_year(actor: Actor, letter: Letter) -> tuple[Assessment, SchemeText, Agreed] | str:
    """The year before with its scheme and outcomes, or in words why there is none to compare with. Three queries."""
    assessment = assessment_of(letter)
    taken_over = list(Succession.objects.filter(successor=letter.authority).values_list("date", flat=True))
    earlier = before(visible(actor, Assessment), assessment).select_related("cycle").first()
    if taken_over and (earlier is None or _begins_before(earlier.cycle.name, max(taken_over))):
        return words.no_comparison(max(taken_over))
    if earlier is None:
        return _("There is no comparison: this is the first year on record for this authority.")
    rows = visible(actor, AgreedOutcome).filter(assessment=earlier)
    agreed = {one: (answer, level) for one, answer, level in rows.values_list("benchmark", "answer", "level")}
    return earlier, scheme_text(earlier.cycle.scheme_version_id), agreed


def _begins_before(cycle: str, day: date) -> bool:
    """Whether the year that a cycle is of begins before a day; so it does where its name has no year.

    What an authority's predecessors did in a year is no like-for-like year of its own. A year is April to March.
    """
    year = year_of(cycle)[:4]
    return not year.isdecimal() or date(int(year), 4, 1) < day


def _standings(scheme: SchemeText, agreed: Agreed) -> dict[int, Standing | Gap]:
    found: dict[int, Standing | Gap] = {}
    for number, benchmark in scheme.benchmarks.items():
        answer, level_id = agreed.get(benchmark.id, (Answer.UNKNOWN, None))
        level = scheme.level_by_id(level_id)
        found[number] = level.standing if level else Gap(answer)
    return found


def _rank(standing: Standing | Gap | None) -> int | None:
    return standing.rank if isinstance(standing, Standing) else None


def _ranks(scheme: SchemeText, agreed: Agreed) -> dict[int, int]:
    """How high each outcome is on the scale, by benchmark number."""
    places = {one.id: place for place, one in enumerate(scheme.levels)}
    return {
        number: places[level]
        for number, one in scheme.benchmarks.items()
        if (level := agreed.get(one.id, ("", None))[1]) in places
    }


def _label(scheme: SchemeText, agreed: Agreed, number: int) -> str:
    benchmark = scheme.benchmarks.get(number)
    answer, level = agreed.get(benchmark.id, (Answer.UNKNOWN, None)) if benchmark else (Answer.UNKNOWN, None)
    return outcome_label(scheme, answer, level)


# The region


def _region(letter: Letter, scheme: SchemeText) -> Spread:
    """How outcomes are spread over the authority's region in the cycle, with what is small hidden.

    A pack is read by the public, so everybody gets the same, whatever single outcomes they may read. Nothing is
    counted before the whole region is agreed: of two tables that differ by one authority, the difference is that
    authority's outcomes.
    """
    authority, cycle = letter.authority, letter.assessment.cycle
    named = {"region": authority.region}
    common: dict[str, Any] = {
        "heading": _("Outcomes across the region: %(region)s") % named,
        "figures_heading": _("Outcomes across the region, in figures"),
        "row_label": _("Benchmark"),
        "hidden": _("Hidden"),
    }
    counted = _counted(letter, scheme)
    if counted.agreed < counted.all:
        progress = {"agreed": counted.agreed, "all": counted.all}
        waits = _("Not shown yet: %(agreed)s of the %(all)s authorities in the region have agreed outcomes.") % progress
        return Spread(lede=[waits, str(words.WAITS_FOR_ALL)], **common)
    shown = suppress(Table(counted.groups, counted.all))
    if all(count is None for line in shown.lines for count in line.counts):
        return Spread(lede=[_("Not shown."), str(words.ALL_HIDDEN)], **common)
    lede = [
        ngettext(
            "Benchmarks are counted over the %(count)s authority of the region in %(cycle)s, this one included.",
            "Benchmarks are counted over the %(count)s authorities of the region in %(cycle)s, this one included.",
            counted.all,
        )
        % {"count": counted.all, "cycle": cycle.name}
    ]
    return Spread(
        lede=[*lede, str(words.SOME_HIDDEN)] if shown.anything_hidden else lede,
        columns=[str(label) for label, _tone in counted.columns],
        tones=[tone for _label, tone in counted.columns],
        rows=[SpreadRow(title=line.label, counts=list(line.counts)) for line in shown.lines],
        description=_("One bar for each benchmark. The next slide has the same numbers as a table."),
        **common,
    )


@dataclass(frozen=True)
class _Counted:
    """Outcomes of a region by benchmark: how many assessments there are, how many agreed, and the counts."""

    all: int
    agreed: int
    columns: tuple[tuple[str, Tone], ...]
    groups: tuple[Group, ...]


def _counted(letter: Letter, scheme: SchemeText) -> _Counted:
    """The counts of the letter's region and cycle, as the service itself counts them. Three queries.

    Nobody reads a row by this: what it gives are sums, and the caller hides the small ones.
    """
    service = operator("board pack")
    here = {"authority__region": letter.authority.region}
    cycle = letter.assessment.cycle
    with scope.everything():
        assessments = countable(service, P.READ_PROGRESS, Assessment).filter(cycle=cycle, **here)
        states = list(assessments.exclude(state=State.WITHDRAWN).values_list("state", flat=True))
        numbers = set(
            CycleBenchmark.objects.filter(cycle=cycle, scored=True).values_list("benchmark__number", flat=True)
        )
        rows = countable(service, P.READ_OUTCOMES, AgreedOutcome).filter(
            assessment__cycle=cycle, assessment__state=State.AGREED, benchmark__number__in=numbers, **here
        )
        tallies = list(rows.order_by().values_list("benchmark__number", "answer", "level").annotate(count=Count("pk")))
    counts: dict[int, dict[str, int]] = {number: {} for number in scheme.benchmarks if number in numbers}
    for number, answer, level_id, count in tallies:
        level = scheme.level_by_id(level_id)
        key = str(level.standing.value if level else answer)
        counts[number][key] = counts[number].get(key, 0) + count
    there = {key for one in counts.values() for key in one}
    columns = [one for one in words.COLUMNS if one[0] in there or one[0] in list(Standing)]
    size = len(states)
    return _Counted(
        all=size,
        agreed=states.count(State.AGREED),
        columns=tuple((str(label), tone) for _key, label, tone in columns),
        groups=tuple(
            Group(
                number,
                f"{number}. {scheme.benchmarks[number].title}",
                size,
                tuple(one.get(key, 0) for key, _label, _tone in columns),
            )
            for number, one in counts.items()
        ),
    )
