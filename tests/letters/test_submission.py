"""A whole self-assessment as PDF: made by the task for whoever asked, and read back."""

from __future__ import annotations

from collections import Counter
from datetime import date
from io import BytesIO
from time import process_time
from typing import Any

import pikepdf
import pypdf
import pytest
from django.urls import reverse

from assurance import store
from assurance.actions import answers, documents
from assurance.actions.follow_ups import FollowUpReply, save_follow_ups
from assurance.models import Assessment, Document, Membership, Recommendation, SelfAssessment
from assurance.queries.submission import submission
from assurance.vocabulary import DocumentKind, Making, Mark, State
from letters.pdf import LetterDefective, gate, graft
from letters.pdf.submission import (
    MOST_CHARACTERS,
    Block,
    Entry,
    Labels,
    Row,
    Section,
    SubmissionContent,
    render_submission,
)
from letters.submission import content_of
from letters.tasks import make_submission
from tests.matrices.world import Visitors
from tests.universe import Universe, all_rows, as_actor, forget_scope

LABELS = Labels(
    benchmark="Benchmark", outcome="Outcome", replaced="Some signs are named.", page="Page {page} of {pages}"
)
SECONDS = 60
"""Of processor time for the worst that can be typed on one benchmark; the task has twice that for all of it."""


def content(*texts: str, notes: int = 0) -> SubmissionContent:
    """A self-assessment with these texts as evidence."""
    return SubmissionContent(
        language="en",
        title="Self-assessment 2025/26: Alder",
        heading="Self-assessment 2025/26",
        authority="Alder County Council",
        date=date(2025, 11, 10),
        foot="SA-2025-26-1-1",
        facts=[Entry(label="Status", text="Submitted")],
        overview="Outcomes",
        rows=[Row(benchmark="1. Group", outcome="Met")],
        sections=[
            Section(
                heading=f"{number}. Group",
                facts=[Entry(label="Outcome", text="Met")],
                blocks=[
                    Block(heading="Evidence", text=text),
                    Block(
                        heading="Criteria of Met",
                        kind="list",
                        entries=[Entry(label="Met", text=f"Criterion {one}.", note="A note.") for one in range(notes)],
                    ),
                ],
            )
            for number, text in enumerate(texts, start=1)
        ],
        labels=LABELS,
    )


def said(pdf: bytes) -> str:
    """The text of a file without its spaces, as pages break lines where they like."""
    return "".join("".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages).split())


def made(universe: Universe, assessment: Assessment, who: str = "lead") -> Document:
    """Ask as this person does, and let the task make it."""
    with as_actor(universe.cast[who]) as by:
        asked = documents.ask(by=by, at=universe.at, assessment_id=assessment.pk, kind=DocumentKind.SUBMISSION)
    try:
        make_submission(asked.pk, assessment.authority_id)
    finally:
        forget_scope()
    with all_rows():
        return Document.objects.get(pk=asked.pk)


def data(document: Document) -> bytes:
    with store.open(document.path) as file:
        return file.read()


def test_everything_is_in_the_file_once(universe: Universe) -> None:
    universe.last_year()
    assessment = universe.assessment(State.IN_PROGRESS)
    universe.answer_all(assessment.pk, universe.alder, universe.scheme())
    met = universe.scheme().benchmarks[3].criteria["met"][0]
    with as_actor(universe.lead) as by:
        common: dict[str, Any] = {"by": by, "at": universe.at, "assessment_id": assessment.pk}
        version = SelfAssessment.objects.get(assessment=assessment, benchmark__number=3).version
        reply = answers.Reply(
            level_code="exceeding",
            evidence="Evidence for benchmark 3.",
            reason="The partners say so, all of them.",
            marks={met.id: Mark.PARTLY},
            notes={met.id: "As the minutes of May say."},
        )
        answers.save_answer(number=3, version=version, reply=reply, **common)
        pk = Recommendation.objects.get().pk
        said_of_it = FollowUpReply(version=0, progress="done", owner="Conrad", note="It is in the plan.")
        save_follow_ups(replies={pk: said_of_it}, **common)
    universe.assessment(State.SUBMITTED)
    document = made(universe, assessment)
    assert (document.state, document.name) == (Making.READY, "self-assessment-2025-26-alder.pdf")
    text = said(data(document))
    wanted = [
        *(f"Evidence for benchmark {one}." for one in (1, 2, 3, 4, 6, 7, 8)),
        "The partners say so, all of them.",
        met.text,
        "As the minutes of May say.",
        "Write the risks down.",
        "Owner: Conrad",
        "It is in the plan.",
        "I declare that this is so.",
        "1 of 1",
        universe.scheme().benchmarks[5].unscored_note,
    ]
    for one in wanted:
        assert text.count("".join(one.split())) == 1, one
    assert f"SA-2025-26-{assessment.pk}-1" in text


def test_it_is_tagged_and_keeps_both_standards(universe: Universe) -> None:
    assessment = universe.assessment(State.SUBMITTED)
    with as_actor(universe.lead) as by:
        whole = submission(by, assessment.pk)
    rendered = render_submission(content_of(whole, universe.at.date()))
    assert rendered.defects == ()
    assert render_submission(content_of(whole, universe.at.date())).pdf == rendered.pdf
    with pikepdf.open(BytesIO(rendered.pdf)) as pdf:
        assert gate.defects(pdf, tables=1) == ()
        assert str(pdf.docinfo["/Title"]) == "Self-assessment 2025/26: Alder County Council"
        kinds = Counter(str(element.S) for element in graft.elements(pdf))
        assert kinds["/H1"] == 1
        assert kinds["/H2"] >= 1 + len(universe.scheme().benchmarks)
        metadata = pdf.Root.Metadata.read_bytes()
    assert b"pdfuaid:part" in metadata and b"pdfaid:part" in metadata


def test_only_what_its_reader_may_read_and_only_while_they_may(universe: Universe) -> None:
    assessment = universe.assessment(State.SUBMITTED)
    with as_actor(universe.viewer) as by:
        asked = documents.ask(by=by, at=universe.at, assessment_id=assessment.pk, kind=DocumentKind.SUBMISSION)
    with all_rows():
        Membership.objects.filter(person=universe.viewer).update(ends=universe.at.date())
    make_submission(asked.pk, assessment.authority_id)
    forget_scope()
    with all_rows():
        found = Document.objects.get(pk=asked.pk)
        assert (found.state, found.path) == (Making.FAILED, "")
        assert "no longer" in found.fault


def test_the_button_asks_for_it_and_leads_to_where_it_is_made(
    universe: Universe, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[tuple[str, Any]] = []
    monkeypatch.setattr(documents.current_app, "send_task", lambda name, args: sent.append((name, args)))
    assessment = universe.assessment(State.SUBMITTED)
    visitors = Visitors(universe)
    with django_capture_on_commit_callbacks(execute=True):
        response = visitors.post("adviser", reverse("submission-pdf", args=[assessment.pk]))
    with all_rows():
        document = Document.objects.get()
    assert response["Location"] == reverse("document", args=[assessment.pk, document.pk])
    assert sent == [(make_submission.name, (document.pk, assessment.authority_id))]


HOSTILE = {
    "markup": "<script>alert(1)</script><table><tr><img src=x> &amp; {{ x }} {% y %} " * 20,
    "bidi": "\u202eabc\u202c \u2066def\u2069 " * 50,
    "control": "a\x00b\x07c\x1bd " * 50,
    "signs": "A smile 😀 and a house 漢 " * 3,
    "one long word": "x" * 3000,
    "addresses": ("https://alder.example/" + "a" * 900 + " ") * 3,
    "line ends": "a\n" * 3000,
    "list items": "- a\n" * 3000,
    "stars": "*" * 3000,
    "marks on marks": ("a" + "\u0301" * 40 + " ") * 30,
    "nothing": "\n" * 3000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_neither_breaks_nor_swells_it(text: str) -> None:
    before = process_time()
    rendered = render_submission(content(text, "The one after it.", notes=3))
    assert process_time() - before < SECONDS / 4
    assert rendered.pages < 30
    assert "Theoneafterit." in said(rendered.pdf)


def test_signs_that_the_fonts_lack_are_named_and_the_reader_is_told() -> None:
    text = said(render_submission(content("A smile 😀 here.", "漢" * 3000)).pdf)
    assert "Asmile[grinningface]here." in text
    assert "?" * 90 in text
    assert "Somesignsarenamed." in text
    assert "Somesigns" not in said(render_submission(content("Ŵ and ŷ are Welsh.")).pdf)


def test_the_longest_that_can_be_typed_is_set_in_time() -> None:
    """One benchmark of eight, in ordinary words: the whole takes eight times as long at most."""
    words = ("The partnership board met four times and looked at the plan and at the risks in it. " * 250)[:20_000]
    before = process_time()
    rendered = render_submission(content(words, notes=25))
    assert process_time() - before < SECONDS / 8
    assert said(rendered.pdf).count("Thepartnershipboard") >= 200


def test_more_than_can_be_set_is_refused() -> None:
    texts = ["a " * 50_000] * (MOST_CHARACTERS // 100_000 + 1)
    with pytest.raises(LetterDefective, match="characters"):
        render_submission(content(*texts))
