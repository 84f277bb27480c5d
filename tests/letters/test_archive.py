"""Issued letters as one zip file: what is in it, what is missing and why, and that it is made piece by piece."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import GeneratorType

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assurance.access import Forbidden
from assurance.models import Event
from assurance.vocabulary import Audience, EventKind, LetterState
from letters import archive
from letters.archive import Archive, Entry
from letters.models import Edition, Letter
from tests.universe import Universe, all_rows, as_actor

BIG = 24 * 1024 * 1024


def made(universe: Universe, who: str = "manager", cycle: bool = True, region: str = "") -> Archive:
    with as_actor(universe.cast[who]) as actor:
        cycle_id = universe.cycle().pk if cycle else None
        return archive.archive(actor, cycle_id=cycle_id, region=region)


def opened(found: Archive) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(archive.stream(found))))


def index(zipped: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(zipped.read("index.csv").decode("utf-8-sig"))))


def test_the_letters_of_a_region_and_what_is_missing(universe: Universe, client: Client, tmp_path: Path) -> None:
    """Through the page, as the manager of the region: Alder's letter is in force, Birch's is a draft."""
    letter = universe.letter(LetterState.ISSUED)
    universe.letter(LetterState.DRAFT, authority=universe.birch)
    universe.letter(LetterState.ISSUED, authority=universe.cedar)
    client.force_login(universe.manager)
    page = client.get(reverse("letter-zip")).content.decode()
    assert "2025/26" in page and "North" in page and "South" not in page
    answer = client.get(reverse("letter-zip-file"), {"cycle": universe.cycle().pk, "region": "North"})
    assert isinstance(answer, StreamingHttpResponse)
    assert 'filename="Outcome letters 2025-26 North.zip"' in answer["Content-Disposition"]
    data = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        assert zipped.testzip() is None
        name = "2025-26 Alder County Council outcome letter PDA-2025-26-E10000901-1.pdf"
        assert zipped.namelist() == [name, "index.csv", "index.html"]
        with all_rows():
            edition = Edition.objects.get(letter=letter)
        assert hashlib.sha256(zipped.read(name)).hexdigest() == edition.sha256
        alder, birch = index(zipped)
        assert (alder["file"], alder["sha256"], alder["language"], alder["note"]) == (name, edition.sha256, "en", "")
        assert (birch["authority"], birch["file"]) == ("Birch County Council", "")
        assert birch["note"] == "It is not issued yet."
        assert "Cedar" not in zipped.read("index.html").decode()
        assert "1 letter is not included" in " ".join(zipped.read("index.html").decode().split())
    path = tmp_path / "letters.zip"
    path.write_bytes(data)
    if unzip := shutil.which("unzip"):
        tried = subprocess.run([unzip, "-t", path], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stdout
    with all_rows():
        (event,) = Event.objects.filter(kind=EventKind.LETTER_READ, name="zip")
    assert (event.person, event.detail, event.audience) == (universe.manager, {"letters": 1}, Audience.HOME_OFFICE)
    assert event.assessment_id == letter.assessment_id


@pytest.mark.parametrize(
    ("who", "letters"), [("manager", 1), ("other_manager", 0), ("signatory", 1), ("auditor", 1), ("other_adviser", 0)]
)
def test_only_letters_that_the_actor_may_read(universe: Universe, who: str, letters: int) -> None:
    universe.letter(LetterState.ISSUED)
    assert sum(bool(one.file) for one in made(universe, who).entries) == letters


@pytest.mark.parametrize("who", ["lead", "viewer", "administrator", "stranger"])
def test_not_for_the_authorities(universe: Universe, who: str) -> None:
    with pytest.raises(Forbidden):
        made(universe, who)


def test_each_letter_that_does_not_count_is_a_line_with_a_reason(universe: Universe) -> None:
    universe.letter(LetterState.SUPERSEDED)
    universe.letter(LetterState.ISSUED, authority=universe.birch)
    with all_rows():
        # As a clerk would: after its issue.
        Letter.objects.filter(authority=universe.birch).update(state=LetterState.WITHDRAWN)
    with opened(made(universe, "auditor")) as zipped:
        lines = index(zipped)
    assert [(line["number"], line["note"][:24]) for line in lines] == [
        ("1", "A later letter takes the"),
        ("2", ""),
        ("1", "It was withdrawn, so it "),
        ("", "There is no letter yet."),
    ]


@pytest.mark.parametrize("fault", ["lost", "another"])
def test_a_file_that_is_lost_or_another_is_left_out_and_said(universe: Universe, fault: str) -> None:
    universe.letter(LetterState.ISSUED)
    found = made(universe)
    (entry, *_others) = found.entries
    name = default_storage.save("letters/zz/other.pdf", ContentFile(b"another"))
    path = "letters/zz/nowhere.pdf" if fault == "lost" else name
    found = replace(found, entries=(replace(entry, path=path),))
    with opened(found) as zipped:
        assert zipped.namelist() == ["index.csv", "index.html"]
        (line,) = index(zipped)
    assert ("lost" if fault == "lost" else "not the one that was issued") in line["note"]
    default_storage.delete(name)


def test_welsh_is_a_file_of_its_own_and_no_two_have_one_name() -> None:
    taken: set[str] = set()
    place = {"authority": "Cyngor: a/b*?", "region": "Wales", "cycle": "2025/26", "reference": "PDA-1"}
    names = [archive._file_name(Entry(**place, language=one), taken) for one in ("en", "cy", "en")]
    assert names == [
        "2025-26 Cyngor a b outcome letter PDA-1.pdf",
        "2025-26 Cyngor a b outcome letter PDA-1 cy.pdf",
        "2025-26 Cyngor a b outcome letter PDA-1 (2).pdf",
    ]


def test_a_cell_that_a_spreadsheet_would_work_out_is_text() -> None:
    found = Archive("T", "t.zip", (Entry(authority="=1+1", region="<b>", cycle="2025/26"),), ())
    with opened(found) as zipped:
        assert index(zipped)[0]["authority"] == "'=1+1"
        assert "&lt;b&gt;" in zipped.read("index.html").decode()


@pytest.fixture
def big() -> Iterator[Archive]:
    """Three files of many megabytes, which no letter is."""
    data = b"0123456789abcdef" * (BIG // 16)
    name = default_storage.save("letters/zz/big.pdf", ContentFile(data))
    sha256 = hashlib.sha256(data).hexdigest()
    entry = Entry("A", "R", "C", issued_at=timezone.now(), sha256=sha256, path=name)
    yield Archive("T", "t.zip", tuple(replace(entry, file=f"{n}.pdf") for n in range(3)), ())
    default_storage.delete(name)


def test_it_is_made_piece_by_piece(big: Archive) -> None:
    """The first piece is there before the second file is read, and no piece is large."""
    pieces = archive.stream(big)
    assert isinstance(pieces, GeneratorType)
    tracemalloc.start()
    try:
        sizes = [len(piece) for piece in pieces]
        _now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(sizes) > 3 * BIG
    assert max(sizes) < 200_000
    assert peak < 4 * 1024 * 1024, f"{peak:,} bytes at once for {sum(sizes):,}"
