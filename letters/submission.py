"""From the record of a self-assessment to the document that people keep: what it says, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assurance.access import Actor
from assurance.actions.documents import Made
from assurance.queries.submission import Answered, Item, Submission, submission
from letters.pdf.submission import Block, Entry, Labels, Row, Section, SubmissionContent, render_submission


def file_of(document: Any, actor: Actor, at: datetime) -> Made:
    """The document (an ``assurance.models.Document``) that somebody asked for, as they may read it now. Four queries.

    Raises:
        NotFound, Forbidden: they may no longer read it.
        LetterDefective, FontsUnavailable: it cannot be set.
    """
    whole = submission(actor, document.assessment_id)
    rendered = render_submission(content_of(whole, timezone.localdate(at)))
    authority, cycle = whole.assessment.authority.short_name, whole.assessment.cycle.name.replace("/", "-")
    return Made(name=f"{slugify(f'self-assessment {cycle} {authority}')}.pdf", data=rendered.pdf)


def content_of(whole: Submission, today: date) -> SubmissionContent:
    """What the document says. No query.

    Args:
        today: printed as the day on which it stood so.
    """
    assessment = whole.assessment
    authority, cycle = assessment.authority.name, assessment.cycle.name
    named = {"authority": authority, "cycle": cycle}
    sections = [_benchmark(one) for one in whole.answers]
    if whole.loose:
        heading = _("Files and links on no benchmark in particular")
        sections.append(Section(heading=heading, blocks=[_files(whole.loose, "")]))
    if whole.follow_ups.total:
        sections.append(_follow_ups(whole))
    if assessment.declaration:
        sections.append(Section(heading=_("Declaration"), blocks=[Block(text=assessment.declaration)]))
    return SubmissionContent(
        language="en",
        title=_("Self-assessment %(cycle)s: %(authority)s") % named,
        heading=_("Self-assessment %(cycle)s") % named,
        authority=authority,
        date=today,
        foot=assessment.reference or f"{authority}, {cycle}",
        facts=list(_facts(whole, today)),
        overview=_("Outcomes that the authority gives itself"),
        rows=[Row(benchmark=_titled(one), outcome=_outcome(one)) for one in whole.answers],
        sections=sections,
        labels=Labels(
            benchmark=_("Benchmark"),
            outcome=_("Outcome"),
            replaced=_(
                "Some signs cannot be printed here. They are named in brackets, or shown as question marks; "
                "the service shows them as they were typed."
            ),
            page=_("Page {page} of {pages}"),
        ),
    )


def _facts(whole: Submission, today: date) -> Iterator[Entry]:
    assessment = whole.assessment
    yield Entry(label=_("Benchmarks"), text=whole.scheme.name)
    yield Entry(label=_("Status"), text=whole.status)
    if assessment.reference:
        yield Entry(label=_("Reference"), text=assessment.reference)
    if assessment.submitted_at:
        day = date_format(timezone.localtime(assessment.submitted_at), "j F Y, H:i")
        by = f"{day}, {assessment.submitted_by.name}" if assessment.submitted_by else day
        yield Entry(label=_("Submitted"), text=by)
    yield Entry(label=_("As it stood on"), text=date_format(today, "j F Y"))


def _titled(one: Answered) -> str:
    return f"{one.number}. {one.benchmark.title}"


def _outcome(one: Answered) -> str:
    return one.outcome if one.is_scored else _("Not scored this year")


def _benchmark(one: Answered) -> Section:
    if not one.is_scored:
        text = one.unscored or _("Not scored this year")
        return Section(heading=_titled(one), facts=[Entry(label=_("Not scored this year"), text=text)])
    facts = [Entry(label=_("Outcome"), text=one.outcome)]
    if one.differs:
        facts.append(Entry(label=_("The marks suggest"), text=one.suggested))
    if one.counts:
        marked = ", ".join(f"{label}: {count}" for label, count in one.counts)
        total = ngettext("of %(count)s criterion", "of %(count)s criteria", one.criteria) % {"count": one.criteria}
        facts.append(Entry(label=_("Criteria"), text=f"{marked} ({total})"))
    if one.signs:
        facts.append(Entry(label=_("Signs of a gap that apply"), text=str(one.signs)))
    if one.carried_from:
        facts.append(Entry(label=_("Brought in from"), text=one.carried_from))
    blocks = []
    if one.reason:
        blocks.append(Block(heading=_("Reason"), text=one.reason))
    blocks.append(Block(heading=_("Evidence"), text=one.evidence or _("Nothing written")))
    if one.items:
        blocks.append(_files(one.items, _("Files and links")))
    for level, marked_criteria in one.marks:
        entries = [
            Entry(label=criterion.mark, text=criterion.text, note=criterion.note) for criterion in marked_criteria
        ]
        heading = _("Criteria of %(level)s") % {"level": level}
        blocks.append(Block(heading=heading, kind="list", entries=entries))
    return Section(heading=_titled(one), statement=one.benchmark.statement, facts=facts, blocks=blocks)


def _files(items: tuple[Item, ...], heading: str) -> Block:
    return Block(
        heading=heading,
        kind="list",
        entries=[
            Entry(text=item.title, note=item.url if item.is_link else f"{item.name}, {filesizeformat(item.size)}")
            for item in items
        ],
    )


def _follow_ups(whole: Submission) -> Section:
    counts = {"done": whole.follow_ups.done, "total": whole.follow_ups.total}
    blocks = []
    for number, line in enumerate(whole.follow_ups.lines, start=1):
        title = line.heading or _("Recommendation %(number)s") % {"number": number}
        said = [str(line.progress_label) or _("Not answered")]
        if line.owner:
            said.append(_("Owner: %(name)s") % {"name": line.owner})
        if line.owners:
            said.append(_("Owners when it was made: %(names)s") % {"names": ", ".join(line.owners)})
        entries = [Entry(text="; ".join(said), note=line.note)]
        blocks.append(Block(heading=title, text=line.text))
        blocks.append(Block(kind="list", entries=entries))
    return Section(
        heading=_("Last year’s recommendations, %(cycle)s") % {"cycle": whole.follow_ups.cycle},
        facts=[Entry(label=_("Done"), text=_("%(done)s of %(total)s") % counts)],
        blocks=blocks,
    )
