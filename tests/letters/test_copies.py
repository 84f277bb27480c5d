"""Copies of a letter on request: the draft as PDF and a Word copy, made by the task for whoever may have them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import docx
import pikepdf
import pypdf
import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from assurance import store
from assurance.access import Forbidden, NotFound, visible
from assurance.actions import documents
from assurance.actions.refusals import Unfit
from assurance.models import Document, Event
from assurance.vocabulary import Audience, DocumentKind, EventKind, Making
from letters import documents as copies
from letters.content import reference
from letters.models import Edition, Letter
from letters.pdf import gate, graft
from letters.tasks import make_draft
from tests.letters.stages import Stages, in_wales
from tests.letters.test_accuracy_check import WELSH_HEADING
from tests.matrices.world import Visitors
from tests.universe import Universe, all_rows, as_actor, forget_scope

PDF, WORD = DocumentKind.LETTER_DRAFT, DocumentKind.LETTER_DOCX


@pytest.fixture
def stages(universe: Universe) -> Stages:
    """Letters about Alder."""
    return Stages(universe)


def ask(stages: Stages, letter: Letter, kind: DocumentKind, who: str = "adviser", language: str = "en") -> Document:
    with as_actor(stages.universe.cast[who]) as by:
        return copies.ask(by=by, at=stages.universe.at, letter_id=letter.pk, kind=kind, language=language)


def made(asked: Document) -> Document:
    try:
        make_draft(asked.pk, asked.authority_id)
    finally:
        forget_scope()
    with all_rows():
        return Document.objects.get(pk=asked.pk)


def data(document: Document) -> BytesIO:
    with store.open(document.path) as file:
        return BytesIO(file.read())


def test_a_draft_as_pdf_says_on_every_page_that_it_is_one_and_keeps_the_standards(stages: Stages) -> None:
    letter = stages.complete(stages.drafted())
    document = made(ask(stages, letter, PDF))
    assert (document.state, document.name) == (Making.READY, f"draft-{reference(letter)}.pdf"), document.fault
    today = date_format(timezone.localdate(), "j F Y")
    # Without spaces: what is set apart by letters reads as letters.
    pages = ["".join(page.extract_text().split()) for page in pypdf.PdfReader(data(document)).pages]
    marking = "".join(f"Draft of {today}, not issued".split())
    assert [marking in page for page in pages] == [True] * len(pages)
    assert any("Agoodyear." in page for page in pages)
    with pikepdf.open(data(document)) as pdf:
        assert gate.defects(pdf, tables=sum(str(one.S) == "/Table" for one in graft.elements(pdf))) == ()
        assert b"pdfuaid:part" in pdf.Root.Metadata.read_bytes()
    with all_rows():
        assert not Edition.objects.exclude(sha256="").exists(), "it is no issued letter"


@pytest.mark.parametrize("stage", ["drafted", "awaiting", "issued"])
def test_a_word_copy_is_there_at_every_stage(stages: Stages, stage: str) -> None:
    letter = stages.complete(stages.drafted()) if stage == "drafted" else getattr(stages, stage)()
    document = made(ask(stages, letter, WORD, "signatory"))
    assert document.state == Making.READY, document.fault
    read = docx.Document(data(document))
    assert "It is not the letter" in read.paragraphs[0].text
    assert "A good year." in [one.text for one in read.paragraphs]
    assert ("not issued" in read.sections[0].header.paragraphs[0].text) == (stage != "issued")
    assert document.name.startswith("draft-") == (stage != "issued")


def test_a_copy_is_of_one_language(stages: Stages) -> None:
    in_wales(stages.universe)
    letter = stages.complete(stages.drafted())
    document = made(ask(stages, letter, WORD, language="cy"))
    assert document.name.endswith("-cy.docx")
    assert any(one.text.startswith(WELSH_HEADING) for one in docx.Document(data(document)).paragraphs)
    with pytest.raises(NotFound):
        ask(stages, letter, WORD, language="xx")


def test_an_issued_letter_has_no_draft(stages: Stages) -> None:
    letter = stages.issued()
    with pytest.raises(NotFound):
        ask(stages, letter, PDF)


def test_what_cannot_be_printed_is_said_at_once(stages: Stages) -> None:
    letter = stages.complete(stages.drafted())
    with all_rows():
        Letter.objects.filter(pk=letter.pk).update(summary="漢")
    with pytest.raises(Unfit, match="cannot be printed"):
        ask(stages, letter, PDF)
    assert made(ask(stages, letter, WORD)).state == Making.READY, "Word has other fonts"


@pytest.mark.parametrize("who", ["lead", "contributor", "viewer", "manager", "auditor"])
@pytest.mark.parametrize("kind", [PDF, WORD])
def test_nobody_else_may_have_them(stages: Stages, who: str, kind: DocumentKind) -> None:
    letter = stages.complete(stages.drafted())
    with pytest.raises(Forbidden):
        ask(stages, letter, kind, who)
    with as_actor(stages.universe.cast[who]) as by, pytest.raises(Forbidden):
        documents.ask(
            by=by, at=stages.universe.at, assessment_id=letter.assessment_id, kind=kind, about=f"letter:{letter.pk}:en"
        )


def test_a_document_that_names_another_authoritys_letter_is_not_made(stages: Stages) -> None:
    """As a defect of the page, or a forged form, would ask for it."""
    letter = stages.complete(stages.drafted())
    foreign = stages.universe.letter(authority=stages.universe.birch)
    with as_actor(stages.universe.adviser) as by:
        common: dict[str, Any] = {"by": by, "at": stages.universe.at, "assessment_id": letter.assessment_id}
        asked = documents.ask(kind=WORD, about=f"letter:{foreign.pk}:en", **common)
    assert made(asked).state == Making.FAILED


def test_two_languages_asked_for_at_once_are_two_documents(stages: Stages) -> None:
    in_wales(stages.universe)
    letter = stages.complete(stages.drafted())
    english, again, other = (ask(stages, letter, WORD, language=one) for one in ("en", "en", "cy"))
    assert english.pk == again.pk != other.pk


def test_the_buttons_ask_and_the_file_is_downloaded_by_whoever_asked(stages: Stages) -> None:
    letter = stages.complete(stages.drafted())
    visitors = Visitors(stages.universe)
    address = reverse("letter-copy", args=[letter.pk])
    for who, page in (("adviser", "letter"), ("adviser", "letter-edit"), ("signatory", "letter")):
        assert address in visitors.get(who, reverse(page, args=[letter.pk])).content.decode()
    assert address not in visitors.get("auditor", reverse("letter", args=[letter.pk])).content.decode()
    response = visitors.post("signatory", address, {"kind": "letter_docx", "language": "en"})
    with all_rows():
        document = Document.objects.get()
    assert response["Location"] == reverse("document", args=[letter.assessment_id, document.pk])
    made(document)
    file = reverse("document-file", args=[letter.assessment_id, document.pk])
    assert visitors.get("signatory", file).status_code == 200
    assert docx.Document(BytesIO(visitors.last_bytes)).paragraphs
    assert visitors.get("adviser", file).status_code == 404
    assert visitors.post("adviser", address, {"kind": "submission"}).status_code == 404
    with all_rows():
        assert Event.objects.get(kind=EventKind.DOWNLOADED).audience == Audience.HOME_OFFICE
    with as_actor(stages.universe.lead) as by:
        assert not visible(by, Event).filter(kind=EventKind.DOWNLOADED).exists()
