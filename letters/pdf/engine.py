"""Content in, PDF bytes out.

The letter with its Annex A is set each time; Annex B is set once for its content and kept, and its pages are
grafted on. If grafting fails, the whole letter is set as one document: slower and larger, and as good to
read.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from django.template import Engine
from django.template.context import Context
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError

from letters.pdf import fonts, gate, graft, standards, tagging, text
from letters.pdf.assets import Assets
from letters.pdf.content import Content, digest_of
from letters.pdf.faults import LetterDefective

logger = logging.getLogger(__name__)

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
FOLDER = "letters/pdf"
PAGE_TEXTS = {"front.html": "page_front", "annex_b.html": "page_annex_b", "whole.html": "page_whole"}
KEPT = 16
"""How many Annex Bs are kept in a process: a few schemes in two languages with two markings, 100 kB each."""

# WeasyPrint lays out with state of its process (the font map, and the function that tagging stands in for).
_one_at_a_time = threading.Lock()
_annexes: OrderedDict[str, graft.Scion] = OrderedDict()


Sign = Callable[[bytes], bytes]
"""Signs a finished file; see ``letters.pdf.signature``."""


@dataclass(frozen=True)
class Rendered:
    """A letter as a file: its bytes, their SHA-256 in hex, its number of pages, and what is wrong with it."""

    pdf: bytes
    sha256: str
    pages: int
    defects: tuple[str, ...]


def render(content: Content, sign: Sign | None = None) -> Rendered:
    """Set a letter. The same content gives the same bytes on every machine, unless it is signed.

    Costs 0.3 s of processor time for a letter of the usual length, and three times that for the first with its
    Annex B. One letter at a time is set in a process.

    Args:
        sign: signs the finished file. The gate looks at what comes out of it, and the SHA-256 is of that.

    Raises:
        LetterDefective: the text is over a bound or cannot be printed, or the file failed the gate.
        FontsUnavailable: the pinned fonts are not there.
    """
    rendered = render_unchecked(content, sign)
    if rendered.defects:
        raise LetterDefective(rendered.defects)
    return rendered


def render_unchecked(content: Content, sign: Sign | None = None) -> Rendered:
    """As :func:`render`, but a file that fails the gate is returned with its defects, for looking at.

    Raises:
        LetterDefective: the text is over a bound or cannot be printed.
        FontsUnavailable: the pinned fonts are not there.
    """
    letter = text.cleaned(content.frozen())
    _refuse_what_cannot_be_set(letter)
    content = Content.model_validate(letter)
    rendered = _looked_at(lambda: _joined(content), tables=_tables(content), sign=sign)
    if any(defect.startswith(gate.HEADLESS) for defect in rendered.defects):
        # A first row that is as high as a page pushes the heading row off it, unless it may go over the page itself.
        return _looked_at(lambda: _joined(content, loose=True), tables=_tables(content), sign=sign)
    return rendered


def render_page(
    template: str, values: dict[str, Any], *, identifier: str, tables: int, folder: str = FOLDER, sheet: str = ""
) -> Rendered:
    """Set a document that is no letter from a template of its folder, with the same fonts, tags and standards.

    Args:
        folder: within the project's templates.
        sheet: a style sheet of that folder, which has the last word over the letter's; "" for none.
        values: for the template. Every text in them must be bounded and settable: nothing is refused here.
        identifier: the same for the same content, which gives the same bytes.
        tables: how many tables the document must have.

    Raises:
        LetterDefective: the file failed the gate, or asked for something that is not its own.
        FontsUnavailable: the pinned fonts are not there.
    """
    own = f"{folder}/{sheet}" if sheet else ""
    rendered = _looked_at(
        lambda: _finished(_typeset(f"{folder}/{template}", values, identifier, own), None), tables=tables
    )
    if rendered.defects:
        raise LetterDefective(rendered.defects)
    return rendered


def _looked_at(typeset: Callable[[], bytes], *, tables: int, sign: Sign | None = None) -> Rendered:
    """One document at a time, and what the gate finds in it when it is finished."""
    with _one_at_a_time:
        try:
            data = typeset()
        except FatalURLFetchingError as error:
            raise LetterDefective([str(error)]) from error
    if sign is not None:
        data = sign(data)
    with pikepdf.open(BytesIO(data)) as pdf:
        defects = gate.defects(pdf, tables=tables, signed=len(data) if sign else None)
        pages = len(pdf.pages)
    return Rendered(data, hashlib.sha256(data).hexdigest(), pages, defects)


def _refuse_what_cannot_be_set(letter: dict[str, Any]) -> None:
    """Annex B has a bound of its own, because nobody who drafts a letter can shorten it."""
    own = {name: value for name, value in letter.items() if name != "annex_b"}
    if problems := (*text.check_all(own), *text.check_all(letter["annex_b"])):
        raise LetterDefective(dict.fromkeys(problems))


def _joined(content: Content, *, loose: bool = False) -> bytes:
    """The whole file. With ``loose`` a row of Annex A need not be kept on one page."""
    identifier = content.digest()
    if content.annex_b is None:
        return _finished(_page("whole.html", content, identifier, loose), None)
    annex = _annex_b(content)
    front = _page("front.html", content, identifier, loose)
    try:
        return _finished(front, annex)
    except (AttributeError, KeyError, TypeError, ValueError, pikepdf.PdfError):
        logger.exception("Annex B could not be grafted onto letter %s; set as one document", content.reference)
        return _finished(_page("whole.html", content, identifier, loose), None)


def _finished(front: bytes, annex: graft.Scion | None) -> bytes:
    """The file as it is kept. One library always saves it, so that its bytes depend on nothing else."""
    target = BytesIO()
    with pikepdf.open(BytesIO(front)) as pdf:
        if annex is not None:
            graft.graft(pdf, annex)
        pdf.save(target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return target.getvalue()


def _annex_b(content: Content) -> graft.Scion:
    """Annex B made ready for grafting, from what is kept or new. Its key is all that its pages depend on."""
    letter = content.frozen()
    key = digest_of(
        [
            letter["annex_b"],
            letter["language"],
            letter["marking"],
            letter["labels"],
            fonts.DIGEST,
            _templates(),
        ]
    )
    if key not in _annexes:
        _annexes[key] = graft.prepare(_page("annex_b.html", content, key), prefix="B")
        if len(_annexes) > KEPT:
            _annexes.popitem(last=False)
    _annexes.move_to_end(key)
    return _annexes[key]


def _page(template: str, content: Content, identifier: str, loose: bool = False) -> bytes:
    """One part of a letter from one template."""
    page_text = re.split(r"\{pages?\}", getattr(content.labels, PAGE_TEXTS[template]))
    values = {"content": content, "page_text": page_text, "loose": loose}
    return _typeset(f"{FOLDER}/{template}", values, identifier)


def _typeset(template: str, values: dict[str, Any], identifier: str, own: str = "") -> bytes:
    """One document from one template, with clean tags and both standards claimed. ``own`` is its own style sheet."""
    html = _engine().get_template(template).render(Context(values))
    styles, font_configuration = _styles(own)
    document = HTML(string=html, url_fetcher=Assets()).render(
        font_configuration, color_profiles={"srgb": standards.colour_profile()}, stylesheets=styles
    )
    with tagging.recording() as seen:

        def finish(_: Any, pdf: Any) -> None:
            tagging.mend(pdf, seen)
            standards.claim_accessibility(pdf)

        # An output intent of "" is the profile that the document has; a named one is read from file again. What is
        # saved again compresses it all, in less time and with the same library on every machine.
        return document.write_pdf(
            finisher=finish,
            pdf_variant=standards.VARIANT,
            pdf_identifier=identifier,
            output_intent="",
            uncompressed_pdf=True,
        )


@functools.cache
def _engine() -> Engine:
    """Templates of their own engine: no context processor or setting of the site changes a letter."""
    return Engine(dirs=[str(TEMPLATES)], builtins=["letters.pdf.markup"])


@functools.cache
def _styles(own: str) -> tuple[list[CSS], FontConfiguration]:
    """The style sheets and their fonts, made by the first document, so after a worker has forked."""
    font_configuration = FontConfiguration()
    paths = [f"{FOLDER}/letter.css", own] if own else [f"{FOLDER}/letter.css"]
    sheets = [(TEMPLATES / path).read_text(encoding="utf-8") for path in paths]
    made = [CSS(string=sheet, url_fetcher=Assets(), font_config=font_configuration) for sheet in sheets]
    return made, font_configuration


@functools.cache
def _templates() -> str:
    """A digest of the templates and the style sheet: the version of how a letter looks."""
    files = sorted((TEMPLATES / FOLDER).iterdir())
    return digest_of([[file.name, file.read_text(encoding="utf-8")] for file in files])


def _tables(content: Content) -> int:
    annex_b = content.annex_b
    in_annex_b = sum(bool(benchmark.levels) for benchmark in annex_b.benchmarks) if annex_b else 0
    return 1 + (in_annex_b if annex_b and annex_b.layout == "table" else 0)
