"""Real cases on the official criteria: what the authority was told stands in its letter, once and in order.

The official text and the cases are not part of the project. They lie in the folder ``shared`` beside it, and
without that these tests are skipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pikepdf import Name

from assurance.models import AgreedOutcome, Assessment, Cycle, Event, Recommendation, Review, Strength
from letters.models import Edition, Letter
from letters.pdf import gate, graft
from tests.letters.stages import load_wordings
from tests.letters.test_pdf import heard, kinds, open_pdf, squeezed
from tests.letters.test_wording import load
from tests.universe import all_rows

SHARED = Path(settings.BASE_DIR).parent / "shared"
CASES = ("dorset-2022-23", "herefordshire-2024-25", "leicestershire-2021-22", "leicestershire-2022-23",
         "leicestershire-2024-25")  # fmt: skip
WRITTEN = (Cycle, Assessment, Review, AgreedOutcome, Strength, Recommendation, Letter, Event)
LIST_MARK = re.compile(r"^\s*- +")

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} is not there, so no real case was tried")


def command(name: str, *arguments: str, **options: Any) -> str:
    """What a management command says."""
    said = StringIO()
    call_command(name, *arguments, stdout=said, **options)
    return said.getvalue()


def case_files(*names: str) -> list[str]:
    """The files of these cases."""
    return [str(SHARED / "cases" / f"{name}.yaml") for name in names or CASES]


@pytest.fixture
def record(db: None) -> str:
    """The official schemes, the wordings, the authorities and all five cases; what the import says."""
    official = sorted(map(str, (SHARED / "official").glob("*.yaml")))
    assert command("load_scheme", *official, publish=True).count("published") >= len(official)
    load_wordings()
    command("load_authorities", str(SHARED / "data" / "gb_local_authorities_2025.csv"))
    return command("import_case", *case_files())


@dataclass(frozen=True)
class Sample:
    """A case whose letter is known, and what only its generation of letters has."""

    name: str
    gss: str
    cycle: str
    wording: str
    tables: int
    heading: str
    annex_a: str


HEREFORDSHIRE = Sample(
    "herefordshire-2024-25", "E06000019", "2024/25", "outcomes-2024", 1,
    "Prevent duty assurance 2024/25: Herefordshire Council", "Annex A: outcome by benchmark",
)  # fmt: skip
DORSET = Sample(
    "dorset-2022-23", "E06000059", "2022/23", "scores-2022", 11,
    "Prevent duty assurance 2022/23: scores for Dorset Council", "Annex A: scores by benchmark",
)  # fmt: skip
SAMPLES = pytest.mark.parametrize("sample", [HEREFORDSHIRE, DORSET], ids=lambda one: one.name)


def rendered(sample: Sample, folder: Path) -> bytes:
    """The letter as the command writes it."""
    target = folder / "letter.pdf"
    command("render_letter", authority=sample.gss, cycle=sample.cycle, output=target)
    return target.read_bytes()


def pieces(text: str) -> Iterator[str]:
    """A text of a case as it prints: without the marks of lists and of bold, and without white space."""
    for line in text.splitlines():
        if kept := squeezed(LIST_MARK.sub("", line).replace("**", "")):
            yield kept


def told(case: dict[str, Any]) -> list[str]:
    """Everything that the case says, in the order of a letter."""
    letter = case["letter"]
    sender, addressee = letter["signatory"], letter["addressee"]
    said = [sender["organisation"], sender["unit"], *sender["address"], sender.get("email", "")]
    said += [addressee["name"], addressee["title"], addressee["organisation"], *addressee["address"]]
    said += [f"Dear {letter['salutation']}", *letter["thanks"], letter["summary"], *case["strengths"]]
    for one in case["recommendations"]:
        said += [one.get("heading", ""), one["text"]]
    said += ["Yours sincerely,", sender["name"], sender["title"], sender["unit"], sender["organisation"]]
    said += letter["cc"]
    for number, one in enumerate(case["outcomes"], 1):
        said += [f"{number}.", one["agreed"], one.get("summary", ""), one.get("adviser_comments", "")]
    return [piece for text in said for piece in pieces(text)]


def criteria(scheme: str) -> list[str]:
    """Every official criterion with its sub-points, by benchmark and level in the order of the scale."""
    file = load(SHARED / "official" / f"{scheme}.yaml")
    found: list[str] = []
    for benchmark in file["benchmarks"]:
        found += [f"{benchmark['number']}. {benchmark['title']}", benchmark.get("statement", "")]
        for level in file["scale"]:
            for one in benchmark.get("criteria", {}).get(level["code"], []):
                found += [one["text"], *one.get("sub", [])]
    return [piece for text in found for piece in pieces(text)]


def missing(wanted: list[str], said: str) -> list[str]:
    """What does not stand in ``said`` after what was wanted before it."""
    lost, place = [], 0
    for piece in wanted:
        found = said.find(piece, place)
        if found < 0:
            lost.append(piece)
        else:
            place = found + len(piece)
    return lost


@SAMPLES
def test_the_letter_says_all_that_the_case_says_once_and_in_order(record: str, tmp_path: Path, sample: Sample) -> None:
    case = load(Path(case_files(sample.name)[0]))
    with open_pdf(rendered(sample, tmp_path)) as pdf:
        said = squeezed(heard(pdf))
    annex_a = said.index(squeezed(sample.annex_a))
    annex_b = said.index(squeezed("Annex B"), annex_a)
    assert squeezed(sample.heading) in said[:annex_a]

    wanted = told(case)
    assert missing(wanted, said[:annex_b]) == []
    texts = [piece for piece in wanted if len(piece) > 40]
    assert {piece: said.count(piece) for piece in texts} == {piece: texts.count(piece) for piece in texts}

    official = criteria(case["cycle"]["scheme"])
    assert missing(official, said[annex_b:]) == []
    texts = [piece for piece in official if len(piece) > 60]
    assert {piece for piece in texts if said[annex_b:].count(piece) != sum(piece in one for one in texts)} == set()


@SAMPLES
def test_each_outcome_stands_in_the_row_of_its_benchmark(record: str, tmp_path: Path, sample: Sample) -> None:
    case = load(Path(case_files(sample.name)[0]))
    titles = [one["title"] for one in load(SHARED / "official" / f"{case['cycle']['scheme']}.yaml")["benchmarks"]]
    with open_pdf(rendered(sample, tmp_path)) as pdf:
        table = next(element for element in graft.elements(pdf) if str(element.S) == "/Table")
        body = next(part for part in graft.children(table) if str(part.S) == "/TBody")
        rows = [[heard(pdf, [cell]) for cell in graft.children(row)] for row in graft.children(body)]
    assert len(rows) == len(case["outcomes"]) == len(titles)
    for number, (one, title, (name, *cells)) in enumerate(zip(case["outcomes"], titles, rows, strict=True), 1):
        assert squeezed(name).startswith(squeezed(f"{number}. {title}"))
        assert one["agreed"] in cells
        for piece in pieces("\n".join([one.get("summary", ""), one.get("adviser_comments", "")])):
            assert piece in squeezed("".join(cells))


@SAMPLES
def test_what_is_seen_is_what_is_heard(record: str, tmp_path: Path, sample: Sample) -> None:
    """The text on the pages, as any reader of PDF takes it out; a page may end anywhere."""
    case = load(Path(case_files(sample.name)[0]))
    reader = pypdf.PdfReader(BytesIO(rendered(sample, tmp_path)))
    seen = squeezed("".join(page.extract_text() for page in reader.pages))
    for piece in [*told(case), *criteria(case["cycle"]["scheme"])]:
        for word_by_word in (piece[:25], piece[-25:]):
            assert word_by_word in seen


@SAMPLES
def test_the_letter_is_tagged(record: str, tmp_path: Path, sample: Sample) -> None:
    with open_pdf(rendered(sample, tmp_path)) as pdf:
        assert gate.defects(pdf, tables=sample.tables) == ()
        assert kinds(pdf)["Table"] == sample.tables
        scopes = [scope_of(element) for element in graft.elements(pdf) if str(element.S) == "/TH"]
        assert {"/Row", "/Column"} == set(scopes)
        assert str(pdf.Root.Lang).startswith("en")
        case = load(Path(case_files(sample.name)[0]))
        assert case["authority"]["name"] in str(pdf.docinfo.Title)
        metadata = pdf.Root.Metadata.read_bytes()
        for claim in (b"pdfaid:part", b"pdfaid:conformance", b"pdfuaid:part"):
            assert claim in metadata


def scope_of(heading: pikepdf.Dictionary) -> str:
    """Whether a table's heading is of its row or of its column."""
    attributes = heading.A if isinstance(heading.A, pikepdf.Array) else [heading.A]
    return next(str(one.Scope) for one in attributes if Name.Scope in one)


def test_each_generation_has_its_own_kind_of_letter(record: str, tmp_path: Path) -> None:
    with open_pdf(rendered(DORSET, tmp_path)) as pdf:
        dorset = squeezed(heard(pdf))
    with open_pdf(rendered(HEREFORDSHIRE, tmp_path)) as pdf:
        herefordshire = squeezed(heard(pdf))
    assert squeezed("Andy Frost Service Manager for Community Safety Dorset Council") in dorset
    assert squeezed("Yours sincerely, Andrew Williams Prevent Regional Adviser") in dorset
    assert squeezed("Paul Walker Chief Executive Herefordshire Council") in herefordshire
    assert squeezed("Yours sincerely, Nimisha Green Head of Local Delivery & Communities") in herefordshire
    assert squeezed("Scores run from 1 to 5.") in dorset
    assert squeezed("Scores run from 1 to 5.") not in herefordshire
    with all_rows():
        wordings = dict(Edition.objects.values_list("authority__gss_code", "wording__code"))
    assert wordings == {one.gss: one.wording for one in (HEREFORDSHIRE, DORSET)}


@SAMPLES
def test_the_letter_is_the_same_every_time(record: str, tmp_path: Path, sample: Sample) -> None:
    assert rendered(sample, tmp_path) == rendered(sample, tmp_path)


def test_every_case_is_taken_over(record: str) -> None:
    lines = record.splitlines()
    assert len(lines) == len(CASES)
    counted = {}
    for name, line in zip(CASES, lines, strict=True):
        case = load(Path(case_files(name)[0]))
        counted[name] = sum(str(one["agreed"]) != "N/A" for one in case["outcomes"])
        assert f"{name}.yaml: took over {counted[name]} outcomes of" in line
    assert counted["leicestershire-2022-23"] == 10
    assert counted["herefordshire-2024-25"] == 7
    with all_rows():
        assert Assessment.objects.count() == 5
        assert set(Cycle.objects.values_list("name", flat=True)) == {"2021/22", "2022/23", "2024/25"}
        assert Letter.objects.count() == 2


def test_a_second_import_changes_nothing_and_says_so(record: str) -> None:
    with all_rows():
        before = {model: model.objects.count() for model in WRITTEN}
    again = command("import_case", *case_files()).splitlines()
    assert len(again) == len(CASES)
    assert all("unchanged, here already" in line for line in again)
    with all_rows():
        assert {model: model.objects.count() for model in WRITTEN} == before


def test_a_case_without_a_letter_has_none_to_render(record: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No letter of E10000018 for 2022/23"):
        command("render_letter", authority="E10000018", cycle="2022/23", output=tmp_path / "letter.pdf")
    assert not (tmp_path / "letter.pdf").exists()
