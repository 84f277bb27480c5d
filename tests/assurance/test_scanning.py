"""Files that are scanned by ClamAV's own daemon, where it is installed, and by one that speaks like it."""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import struct
import subprocess
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from assurance import evidence_tasks, scanning, store
from assurance.actions import evidence
from assurance.actions.evidence import Supports
from assurance.models import Event, EvidenceFile
from assurance.vocabulary import EventKind, Scan, State
from tests import files
from tests.frontend.markup import Drawn
from tests.matrices.world import Visitors, changed, written
from tests.universe import Universe, all_rows, as_actor, forget_scope

CLAMD = Path("/usr/sbin/clamd")
STARTS_WITHIN = 60.0
"""Seconds, on a machine that is busy with other tests."""
SIGN = b"something that only this test calls a virus"
FOUND = "Tests.OnlyHere.UNOFFICIAL"


def virus() -> bytes:
    """A PDF that the scanners here find fault with: the sign stands behind its end."""
    return files.pdf() + SIGN


@pytest.fixture(scope="module")
def short() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="scan-") as made:
        yield Path(made)


@pytest.fixture(scope="module")
def daemon(short: Path) -> Iterator[str]:
    """The address of ClamAV's own daemon with one signature, which we wrote by hand."""
    if not CLAMD.exists():
        pytest.skip(f"{CLAMD} is not there; the protocol is tried against our own server all the same")
    signatures, address = short / "signatures", short / "clamd"
    signatures.mkdir()
    (signatures / "ours.ndb").write_text(f"Tests.OnlyHere:0:*:{SIGN.hex()}\n", encoding="ascii")
    config = short / "clamd.conf"
    lines = [
        f"DatabaseDirectory {signatures}",
        f"LocalSocket {address}",
        "Foreground yes",
        "StreamMaxLength 25M",
        "MaxThreads 2",
        "User root" if os.geteuid() == 0 else "",
    ]
    config.write_text("\n".join(lines), encoding="ascii")
    with (short / "log").open("wb") as log:
        process = subprocess.Popen(
            [CLAMD, "--config-file", config], stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        last = time.monotonic() + STARTS_WITHIN
        while not answers(address):
            if process.poll() is not None or time.monotonic() > last:
                pytest.fail(f"clamd did not start: {(short / 'log').read_text(encoding='utf-8', errors='replace')}")
            time.sleep(0.1)
        yield f"unix://{address}"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=20)


def answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(str(address))
            connection.sendall(b"zPING\0")
            return connection.recv(16).startswith(b"PONG")
        except OSError:
            return False


class Speaker(socketserver.StreamRequestHandler):
    """One conversation in the protocol: reads what is sent to its end, and answers what the server is set to."""

    def handle(self) -> None:
        assert self.rfile.read(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
        answer = self.server.answer(content)  # type: ignore[attr-defined]
        if answer is not None:
            self.wfile.write(answer)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@pytest.fixture
def imitation() -> Iterator[Callable[[Callable[[bytes], bytes | None]], str]]:
    """``imitation(answer)``: the address of a server on loopback that answers so."""
    servers = []

    def started(answer: Callable[[bytes], bytes | None]) -> str:
        server = Server(("127.0.0.1", 0), Speaker)
        server.answer = answer  # type: ignore[attr-defined]
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"tcp://127.0.0.1:{server.server_address[1]}"

    yield started
    for server in servers:
        server.shutdown()
        server.server_close()


def usual(content: bytes) -> bytes:
    return b"stream: Tests.OnlyHere.UNOFFICIAL FOUND\0" if SIGN in content else b"stream: OK\0"


# The client


@pytest.fixture(params=["daemon", "imitation"])
def address(request: pytest.FixtureRequest) -> str:
    """A scanner: the real one, and one that speaks like it."""
    if request.param == "daemon":
        return request.getfixturevalue("daemon")
    return request.getfixturevalue("imitation")(usual)


def test_it_says_what_it_finds(address: str) -> None:
    assert scanning.scan(address, ContentFile(virus())) == FOUND
    assert scanning.scan(address, ContentFile(files.pdf())) == ""
    assert scanning.scan(address, ContentFile(b"")) == ""


def test_a_large_file_is_sent_in_pieces(address: str, tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        for _ in range(20):
            file.write(os.urandom(1024 * 1024 - 4))
        file.write(SIGN)
    if address.startswith("unix"):
        tracemalloc.start()
    try:
        with path.open("rb") as opened:
            assert scanning.scan(address, File(opened)) == FOUND
        most = tracemalloc.get_traced_memory()[1] if tracemalloc.is_tracing() else 0
    finally:
        tracemalloc.stop()
    assert most < 1024 * 1024


def test_what_is_over_the_limit_of_the_daemon_is_not_called_clean(daemon: str) -> None:
    with pytest.raises(scanning.ScannerAway):
        scanning.scan(daemon, ContentFile(b"\0" * 26 * 1024 * 1024))


@pytest.mark.parametrize("answer", [None, b"", b"stream: ERROR\0", b"OK?", b"x" * 100_000, b"\xff\0"])
def test_whatever_else_it_says_is_no_yes(imitation: Any, answer: bytes | None) -> None:
    with pytest.raises(scanning.ScannerAway):
        scanning.scan(imitation(lambda content: answer), ContentFile(b"x"))


@pytest.mark.parametrize("where", ["unix:///nowhere/clamd", "tcp://127.0.0.1:1"])
def test_nobody_there(where: str) -> None:
    with pytest.raises(scanning.ScannerAway):
        scanning.scan(where, ContentFile(b"x"))


def test_somebody_who_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "ANSWERS_WITHIN", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(scanning.ScannerAway):
        scanning.scan(f"tcp://127.0.0.1:{silent.getsockname()[1]}", ContentFile(b"x"))


# A file on its way


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    """The store in a folder of this test."""
    options = settings.STORAGES["uploads"]["OPTIONS"] | {"location": tmp_path / "uploads"}
    settings.STORAGES = settings.STORAGES | {"uploads": settings.STORAGES["uploads"] | {"OPTIONS": options}}


@pytest.fixture
def visitors(universe: Universe) -> Visitors:
    return Visitors(universe)


def brought(universe: Universe, content: bytes) -> tuple[EvidenceFile, list[tuple[int, int]]]:
    """A new file, and the scans that were asked for."""
    asked: list[tuple[int, int]] = []
    assessment = universe.assessment(State.IN_PROGRESS)
    with as_actor(universe.lead) as by:
        row = evidence.add_files(
            by=by,
            at=universe.at,
            assessment_id=assessment.pk,
            files=[SimpleUploadedFile("plan.pdf", content)],
            supports=Supports((2,)),
            enqueue=lambda *ids: asked.append(ids),
        ).evidence[0]
    return stands(row.pk), asked


def stands(evidence_id: int) -> EvidenceFile:
    with all_rows():
        return EvidenceFile.objects.get(evidence=evidence_id)


def scan(file: EvidenceFile) -> None:
    """What a worker does."""
    try:
        evidence_tasks.scan_file(file.pk, file.authority_id)
    finally:
        forget_scope()


def test_a_file_waits_and_is_then_clean(universe: Universe, visitors: Visitors, settings: Any, address: str) -> None:
    settings.CLAMAV_ADDRESS = address
    file, asked = brought(universe, files.pdf())
    assert file.scan == Scan.WAITING
    assert asked == [(file.pk, file.authority_id)]
    download = reverse("evidence-file", args=[file.assessment_id, file.evidence_id, 1])
    item = reverse("evidence-item", args=[file.assessment_id, file.evidence_id])
    response = visitors.get("lead", download)
    assert (response.status_code, response["Location"]) == (302, item)
    assert "being scanned for viruses" in text(visitors, item)
    scan(file)
    file = stands(file.evidence_id)
    assert (file.scan, file.finding) == (Scan.CLEAN, "")
    assert file.scanned_at is not None
    assert visitors.get("lead", download).status_code == 200
    before = written(universe)
    scan(file)
    assert changed(before, written(universe)) == {}, "it was scanned a second time"


def test_an_infected_file_is_never_given_out(
    universe: Universe, visitors: Visitors, settings: Any, address: str
) -> None:
    settings.CLAMAV_ADDRESS = address
    file, _asked = brought(universe, virus())
    scan(file)
    file = stands(file.evidence_id)
    assert (file.scan, file.finding) == (Scan.INFECTED, FOUND)
    download = reverse("evidence-file", args=[file.assessment_id, file.evidence_id, 1])
    item = reverse("evidence-item", args=[file.assessment_id, file.evidence_id])
    universe.assessment(State.CLARIFICATION)
    for who in ("lead", "adviser", "auditor"):
        assert visitors.get(who, download)["Location"] == item
        assert f"The scanner found “{FOUND}”" in text(visitors, item, who)
        assert not Drawn(visitors.get(who, item).content.decode()).all("a", href=download)
    assert "replace it with a clean copy" in text(visitors, item)
    with all_rows():
        event = Event.objects.get(kind=EventKind.EVIDENCE, name="infected")
    assert (event.person, event.person_name) == (None, "Virus scanner")


def text(visitors: Visitors, address: str, who: str = "lead") -> str:
    return " ".join(Drawn(visitors.get(who, address).content.decode()).one("main").text.split())


def test_while_the_scanner_is_away_files_wait_and_are_found_again(
    universe: Universe, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, imitation: Any
) -> None:
    settings.CLAMAV_ADDRESS = "unix:///nowhere/clamd"
    file, _asked = brought(universe, files.pdf())
    scan(file)
    assert stands(file.evidence_id).scan == Scan.WAITING
    assert "was not scanned and waits" in caplog.text
    sent: list[Any] = []
    monkeypatch.setattr(evidence_tasks.scan_file, "apply_async", lambda ids, expires: sent.append(ids))
    try:
        assert evidence_tasks.sweep() == 1
    finally:
        forget_scope()
    assert sent == [(file.pk, file.authority_id)]
    settings.CLAMAV_ADDRESS = imitation(usual)
    scan(file)
    assert stands(file.evidence_id).scan == Scan.CLEAN


def test_when_the_scanner_is_taken_away_nothing_waits_for_ever(universe: Universe, settings: Any) -> None:
    settings.CLAMAV_ADDRESS = "unix:///nowhere/clamd"
    file, _asked = brought(universe, files.pdf())
    settings.CLAMAV_ADDRESS = ""
    scan(file)
    assert stands(file.evidence_id).scan == Scan.NOT_ASKED


def test_a_scan_sees_its_own_authority_only(universe: Universe, settings: Any, imitation: Any) -> None:
    settings.CLAMAV_ADDRESS = imitation(usual)
    file, _asked = brought(universe, files.pdf())
    try:
        evidence_tasks.scan_file(file.pk, universe.birch.pk)
    finally:
        forget_scope()
    assert stands(file.evidence_id).scan == Scan.WAITING


def test_the_store_is_swept_in_its_own_task(universe: Universe, settings: Any) -> None:
    file, _asked = brought(universe, files.pdf())
    lost = store.keep(store.EVIDENCE, ContentFile(b"x"))
    folder = Path(settings.STORAGES["uploads"]["OPTIONS"]["location"])
    for path in (file.path, lost.path):
        os.utime(folder / path, (0, 0))
    try:
        assert evidence_tasks.forget_lost() == 1
    finally:
        forget_scope()
    assert (folder / file.path).exists()
    assert not (folder / lost.path).exists()
