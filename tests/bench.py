"""How fast it is, as a table: `make bench`. Nothing here fails for being slow; counts and ratios are what to compare.

Milliseconds are the median of repeated requests through Django's test client in one process, so they hold the whole
of middleware, view, queries and template, and no network.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import count, cycle
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import docx
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.context import Context
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assurance import text
from assurance.actions import answers, cycles, evidence, workbook
from assurance.models import Assessment, Authority, Cycle, Membership, Review, SelfAssessment
from assurance.vocabulary import Role, State
from assurance.workbook import layout
from letters import actions
from letters.content import contents_of
from letters.models import Letter
from letters.pdf import engine, render
from tests.assurance.past import many_events, many_versions
from tests.browser import CHROMIUMS, chromium
from tests.letters import pure
from tests.letters.keys import pkcs12_file
from tests.matrices.world import pdf
from tests.universe import Universe, all_rows, as_actor

ROUNDS = 15
WORDING = sorted((settings.BASE_DIR / "fixtures" / "wording").glob("*.yaml"))
TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")

pytestmark = pytest.mark.django_db


def statements(captured: CaptureQueriesContext) -> int:
    """How many statements ran, those that only control the transaction left out."""
    return sum(not query["sql"].startswith(TRANSACTION_CONTROL) for query in captured)


def measure(act: Callable[[], Any]) -> tuple[int, float, int]:
    """Statements, median milliseconds and bytes of a request."""
    act()
    with CaptureQueriesContext(connection) as captured:
        response = act()
    ran = statements(captured)
    times = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1000)
    return ran, statistics.median(times), len(response.content)


@pytest.fixture
def table(capsys: pytest.CaptureFixture[str]) -> Iterator[list[tuple[Any, ...]]]:
    """Rows to print at the end: name, statements, milliseconds, bytes."""
    rows: list[tuple[Any, ...]] = []
    yield rows
    with capsys.disabled():
        print(f"\n\n{'page':44} {'queries':>8} {'ms':>8} {'bytes':>10}")  # noqa: T201
        for name, queries, milliseconds, size in rows:
            print(f"{name:44} {queries:>8} {milliseconds:>8.1f} {size:>10,}")  # noqa: T201


def test_pages(universe: Universe, table: list[tuple[Any, ...]], client: Client) -> None:
    """Every main page, and a save with its redirect."""
    reviewed = universe.assessment(State.IN_REVIEW)
    proposed = universe.assessment(State.PROPOSED, "la-10")
    started = universe.assessment(State.IN_PROGRESS, authority=universe.birch)
    pages = (
        ("home of a Prevent Lead", universe.lead, "/"),
        ("task list", universe.other_lead, f"/assessments/{started.pk}/"),
        ("one benchmark (checklist)", universe.other_lead, f"/assessments/{started.pk}/benchmarks/2/"),
        ("three judgements (ten benchmarks)", universe.lead, f"/assessments/{proposed.pk}/record/"),
        ("timeline", universe.adviser, f"/assessments/{reviewed.pk}/timeline/"),
        ("letters", universe.signatory, "/letters/"),
    )
    for name, person, address in pages:
        client.force_login(person)
        table.append((name, *measure(lambda address=address: client.get(address))))
    client.force_login(universe.other_lead)
    address = f"/assessments/{started.pk}/benchmarks/3/"

    with all_rows():
        versions = count(SelfAssessment.objects.get(assessment=started, benchmark__number=3).version)

    def save() -> Any:
        version = next(versions)
        evidence = f"We met {version} times. " * 60
        return client.post(address, {"outcome": "met", "evidence": evidence, "version": version})

    table.append(("save of one benchmark", *measure(save)))


def test_looking_back(universe: Universe, table: list[tuple[Any, ...]], client: Client) -> None:
    """A timeline of five hundred events, of both sides, and a text of eighteen thousand characters saved 200 times."""
    assessment = universe.assessment(State.IN_REVIEW)
    many_events(universe, assessment, 500)
    many_versions(universe, assessment, 200)
    place = f"/assessments/{assessment.pk}/"
    for name, person, address in (
        ("timeline of 500 events", universe.auditor, "timeline/"),
        ("the same, movements on one benchmark", universe.auditor, "timeline/?benchmark=2&kind=outcomes"),
        ("the same, for the authority", universe.lead, "timeline/"),
        ("history of a text of 200 versions", universe.auditor, "history/?text=evidence&benchmark=2"),
        ("the same, for the adviser", universe.adviser, "history/?text=evidence&benchmark=2"),
    ):
        client.force_login(person)
        table.append((name, *measure(lambda address=address: client.get(f"{place}{address}"))))


def test_review(universe: Universe, table: list[tuple[Any, ...]], client: Client) -> None:
    """A benchmark side by side with all there can be: every criterion marked and judged, a last year, ten files."""
    universe.last_year()
    assessment = universe.assessment(State.IN_PROGRESS)
    criteria = sorted(universe.scheme().benchmarks[8].criterion_ids)
    long_text = ("We asked every partner what had changed, and wrote it down. " * 400)[: text.EVIDENCE].strip()
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
    with as_actor(universe.lead) as by:
        marks, notes = dict.fromkeys(criteria, "met"), dict.fromkeys(criteria, "From May on, with the police.")
        reply = answers.Reply(level_code="met", evidence=long_text, marks=marks, notes=notes)
        version = SelfAssessment.objects.get(assessment=assessment, benchmark__number=8).version
        answers.save_answer(by=by, number=8, version=version, reply=reply, **common)
        files = [SimpleUploadedFile(f"minutes {number}.pdf", pdf()) for number in range(10)]
        evidence.add_files(by=by, files=files, supports=evidence.Supports([8]), enqueue=lambda *ids: None, **common)
    universe.assessment(State.IN_REVIEW)
    place = f"/assessments/{assessment.pk}/review/"
    versions = count(1)

    def save() -> Any:
        version = next(versions)
        verdicts = {f"verdict_{one}": "agree" for one in criteria}
        fields = {"outcome": "met", "summary": f"They met {version} times. " * 60, "private": f"Ask {version}."}
        return client.post(f"{place}8/", verdicts | fields | {"version": version, "note_version": version - 1})

    for name, person, act in (
        ("side by side", universe.adviser, lambda: client.get(f"{place}2/")),
        ("side by side, everything on it", universe.adviser, lambda: client.get(f"{place}8/")),
        ("the same, to read", universe.manager, lambda: client.get(f"{place}8/")),
        ("save of a review with its private note", universe.adviser, save),
    ):
        client.force_login(person)
        table.append((name, *measure(act)))


def test_self_assessment(universe: Universe, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    """The pages where most of the work is done, each as a multiple of the plainest page or save of this service.

    The baseline is a page of fixed text (help) and a save of one tick (preferences), through the same middleware: what
    stays above 1 is the self-assessment's own.
    """
    universe.last_year()
    assessment = universe.assessment(State.IN_PROGRESS)
    best_fit = universe.assessment(State.IN_PROGRESS, "la-10")
    long_text = ("We asked every partner what had changed, and wrote it down. " * 400)[: text.EVIDENCE].strip()
    common: dict[str, Any] = {"at": universe.at, "assessment_id": assessment.pk}
    with as_actor(universe.lead) as by:
        version = SelfAssessment.objects.get(assessment=assessment, benchmark__number=3).version
        reply = answers.Reply(level_code="met", evidence=long_text)
        answers.save_answer(by=by, number=3, version=version, reply=reply, **common)
        files = [SimpleUploadedFile(f"minutes {number}.pdf", pdf()) for number in range(10)]
        evidence.add_files(by=by, files=files, supports=evidence.Supports([3]), enqueue=lambda *ids: None, **common)
    with all_rows():
        versions = count(SelfAssessment.objects.get(assessment=assessment, benchmark__number=2).version)
    client.force_login(universe.lead)
    place = f"/assessments/{assessment.pk}/"

    def save() -> Any:
        version = next(versions)
        fields = {"outcome": "met", "evidence": f"We met {version} times. " * 60, "version": version}
        return client.post(f"{place}benchmarks/2/", fields)

    def autosave() -> Any:
        sequence = next(words)
        fields = {"evidence": f"{long_text[:5000]} {sequence}", "version": 1, "page": "bench", "sequence": sequence}
        return client.post(f"{place}benchmarks/4/draft/", fields)

    words, hows = count(1), cycle(["weekly", "each"])
    reads: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("help (baseline)", lambda: client.get("/help/")),
        ("home", lambda: client.get("/")),
        ("task list", lambda: client.get(place)),
        ("one benchmark, last year beside it", lambda: client.get(f"{place}benchmarks/2/")),
        ("the same, 20,000 characters and 10 files", lambda: client.get(f"{place}benchmarks/3/")),
        ("one benchmark (best fit)", lambda: client.get(f"/assessments/{best_fit.pk}/benchmarks/2/")),
        ("check your answers", lambda: client.get(f"{place}check/")),
        ("evidence", lambda: client.get(f"{place}evidence/")),
    )
    writes: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("preferences (baseline)", lambda: client.post("/preferences/", {"how": next(hows)})),
        ("save of one benchmark", save),
        ("autosave of 5,000 characters", autosave),
    )
    lines = []
    for rows in (reads, writes):
        base = None
        for name, act in rows:
            queries, milliseconds, size = measure(act)
            base = base or milliseconds
            lines.append(f"{name:44} {queries:>8} {milliseconds:>8.1f} {milliseconds / base:>8.1f} {size:>10,}")
    with as_actor(universe.lead) as by:
        book = workbook.book_of(by, assessment.pk, universe.at)
    for kind, write in workbook.WRITERS.items():
        seconds = statistics.median(
            _processor_seconds(lambda write=write: write(layout.sheets(book))) for _ in range(5)
        )
        size = len(write(layout.sheets(book)))
        lines.append(f"{f'{kind.label}, by the worker':44} {'':>8} {seconds * 1000:>8.1f} {'':>8} {size:>10,}")
    with capsys.disabled():
        print(f"\n\n{'self-assessment':44} {'queries':>8} {'ms':>8} {'ratio':>8} {'bytes':>10}")  # noqa: T201
        print("\n".join(lines))  # noqa: T201


@pytest.mark.parametrize("length", [20, 400])
def test_portfolio(universe: Universe, table: list[tuple[Any, ...]], client: Client, length: int) -> None:
    """The portfolio of an adviser with this many authorities in every state, fifty to a page, and of their manager.

    Help, which is a page of fixed text, is there to compare with.
    """
    this_year = universe.cycle()
    with all_rows():
        for number in range(length - 1):
            authority = Authority.objects.create(
                programme=universe.programme,
                gss_code=f"E1{number:07}",
                name=f"Authority {number:04}",
                short_name=f"A{number}",
                type="County",
                nation="England",
                region="North",
            )
            Membership.objects.create(
                person=universe.adviser, role=Role.ADVISER, authority=authority, starts=date(2020, 4, 1)
            )
    with as_actor(universe.administrator) as by:
        added = list(Authority.objects.filter(name__startswith="Authority"))
        cycles.create_assessments(Cycle.objects.get(pk=this_year.pk), added, by=by, at=universe.at)
    states = [State.SUBMITTED, State.IN_REVIEW, State.PROPOSED, State.DISPUTED, State.AGREED, State.NOT_STARTED]
    with all_rows():
        # Straight into the table: what is measured is reading, and 400 journeys would take an hour.
        for number, state in enumerate(states):
            ids = [one.pk for one in this_year.assessments.order_by("pk")][number :: len(states)]
            submitted = None if state == State.NOT_STARTED else universe.at
            Assessment.objects.filter(pk__in=ids).update(state=state, submitted_at=submitted)
    for name, person in (("adviser", universe.adviser), ("manager", universe.manager)):
        client.force_login(person)
        for page, address in (
            ("help", "/help/"),
            ("portfolio", "/assessments/"),
            ("by deadline, page 2", "/assessments/?sort=deadline&page=2"),
        ):
            table.append((f"{name}, {length} authorities: {page}", *measure(lambda at=address: client.get(at))))


def test_letters(universe: Universe, capsys: pytest.CaptureFixture[str]) -> None:
    """Processor seconds of a letter of the usual length: the first in a process, and those after it."""
    texts = ("The partnership reviewed its plan and shared what it learned with every partner. " * 9).strip()
    lines = []
    with all_rows():
        for file in WORDING:
            actions.load_wording(file, by=universe.operator, at=universe.at, publish=True)
    for scheme in ("la-8", "la-10"):
        assessment: Assessment = universe.assessment(State.AGREED, scheme)
        with all_rows():
            Review.objects.filter(assessment=assessment).update(summary=texts, comments=texts[:300])
        with as_actor(universe.adviser) as by:
            letter: Letter = actions.draft_letter(by=by, at=universe.at, assessment_id=assessment.pk)
            letter.addressee_name, letter.salutation, letter.sender_name = "Jo Ash", "Jo", "Sam Oak"
            ((_edition, content),) = contents_of(letter, universe.at.date())
        first = _processor_seconds(lambda content=content: render(content))
        after = statistics.median(_processor_seconds(lambda content=content: render(content)) for _ in range(5))
        lines.append(f"{scheme:10} {first:>12.2f} {after:>12.2f} {render(content).pages:>8}")
    with capsys.disabled():
        print(f"\n\n{'letter':10} {'first, CPU s':>12} {'then, CPU s':>12} {'pages':>8}")  # noqa: T201
        print("\n".join(lines))  # noqa: T201


MANY = 350
"""Letters of a whole cycle."""


def test_letters_of_a_whole_cycle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cycle's letters, set, looked at and signed by two processes; side by side with what else sets a letter.

    LibreOffice converts a Word file with the same text, many at a time; Chromium is warm and prints the page that is
    set here. Neither gives both standards (docs/decisions/0007-what-a-letter-costs.md).
    """
    lines = []
    key = pkcs12_file()
    pure.take_key(key)
    pure.issue(0)
    numbers = range(1, 9)
    ours = statistics.median(_processor_seconds(lambda number=number: pure.issue(number)) for number in numbers)
    unsigned = statistics.median(
        _processor_seconds(lambda number=number: render(pure.real_letter(number))) for number in numbers
    )
    lines.append(f"{'ours, not signed':44} {unsigned:>12.2f}")
    lines.append(f"{'ours, signed':44} {ours:>12.2f}")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    # Processes of their own, begun anew: a fork of this one would come with its database and its Annex B.
    with get_context("spawn").Pool(2, pure.take_key, (key,)) as pool:
        sizes = pool.map(pure.issue, range(MANY), chunksize=1)
        pool.close()
        pool.join()
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    each = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / len(sizes)
    lines.append(f"{f'{MANY} letters, signed, by two new processes':44} {each:>12.2f} {wall:>10.1f}")
    for name, measured in (("LibreOffice, from Word files", _libreoffice), ("Chromium, warm", _chromium)):
        found = measured(tmp_path)
        lines.append(f"{name:44} {found if isinstance(found, str) else f'{found:>12.2f}'}")
    with capsys.disabled():
        print(f"\n\n{'letter of real length':44} {'CPU s each':>12} {'wall s':>10}")  # noqa: T201
        print("\n".join(lines))  # noqa: T201


def _libreoffice(folder: Path) -> float | str:
    """Processor seconds of a letter, converted with nineteen others; a word if there is no LibreOffice."""
    program = shutil.which("soffice")
    if program is None:
        return "not installed"
    files = []
    for number in range(20):
        content = pure.real_letter(number)
        document = docx.Document()
        document.add_heading(content.heading, 1)
        for block in content.blocks:
            for text_of in (block.text, *(item.text for item in block.items)):
                document.add_paragraph(text_of)
        table = document.add_table(rows=0, cols=4)
        for row in content.annex_a.rows:
            values = (row.title, row.outcome, row.summary, row.comments)
            for cell, value in zip(table.add_row().cells, values, strict=True):
                cell.text = value
        for benchmark in content.annex_b.benchmarks if content.annex_b else ():
            document.add_heading(benchmark.title, 2)
            for level in benchmark.levels:
                document.add_heading(level.label, 3)
                for criterion in level.criteria:
                    for line in (criterion.text, *criterion.sub):
                        document.add_paragraph(line, style="List Bullet")
        files.append(folder / f"{number}.docx")
        document.save(str(files[-1]))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    export = 'pdf:writer_pdf_Export:{"PDFUACompliance":{"type":"boolean","value":"true"}}'
    target = folder / "pdf"
    command = [program, profile, "--headless", "--convert-to", export, "--outdir", str(target), *map(str, files)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = len(list(target.glob("*.pdf")))
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / made


def _chromium(folder: Path) -> float | str:
    """Processor seconds of a letter, all of the browser's processes together; a word if there is no browser."""
    if not any(one.exists() for one in CHROMIUMS):
        return "not installed"
    template = engine._engine().get_template("letters/pdf/whole.html")
    no_text = {"page_text": ["", "", ""], "loose": False}
    pages = [template.render(Context({"content": pure.real_letter(number), **no_text})) for number in range(9)]
    style = (engine.TEMPLATES / engine.FOLDER / "letter.css").read_text(encoding="utf-8").replace("asset:", "x-asset:")
    with chromium() as browser:
        page = browser.new_page()
        used = []
        for html in pages:
            before = _processor_seconds_of_children()
            page.set_content(html.replace("</head>", f"<style>{style}</style></head>"))
            page.pdf(tagged=True, outline=True, prefer_css_page_size=True)
            used.append(_processor_seconds_of_children() - before)
    return statistics.median(used[1:])


def _processor_seconds_of_children() -> float:
    """Of all processes below this one, those that are running included: a browser is several."""
    parents, seconds = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It has ended meanwhile.
        parents[int(folder.name)] = int(fields[1])
        seconds[int(folder.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_below(process: int) -> bool:
        while process in parents:
            process = parents[process]
            if process == os.getpid():
                return True
        return False

    return sum(used for process, used in seconds.items() if is_below(process))


def _processor_seconds(act: Callable[[], Any]) -> float:
    before = resource.getrusage(resource.RUSAGE_SELF)
    act()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
