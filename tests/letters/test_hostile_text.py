"""Text that means harm: it prints as typed or is refused in words, reads no file, calls nobody, and keeps no worker."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from django.conf import settings as django_settings

from assurance.project.celery import app
from assurance.project.local.provision import DatabaseUrls
from assurance.vocabulary import LetterState
from letters.models import Letter
from letters.pdf import Content, LetterDefective, render, text
from letters.tasks import make_letter_file
from tests.letters.stages import Stages
from tests.letters.test_pdf import heard, open_pdf, squeezed
from tests.letters.test_wording import ROOT, letter
from tests.universe import Universe, all_rows

FIXED = {"format", "language", "date", "kind", "orientation", "layout", "page_front", "page_annex_b", "page_whole"}
"""Fields of a letter that are no text of anybody's: closed lists, and patterns that the wording's own check holds."""
LONGEST = {"marking": 60, "reference": 80, "title": 60, "outcome": 30, "heading": 60}
"""Characters of the fields that hold less than a text: a heading row that is longer than a page is refused."""
SOON = 60.0
"""Seconds in which a worker has done something, even on a machine that is busy with other tests."""
MOST = 30
"""Processor seconds that a letter may cost: its task is given up after as many."""


def everywhere(words: str, content: Content) -> Content:
    """The content with ``words`` in every field in which there can be text."""

    def put(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: put(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return value if name == "fields" else [put(one, name) for one in value]
        if not isinstance(value, str) or name in FIXED:
            return value
        return words[: LONGEST.get(name, len(words))]

    return Content.model_validate(put(content.frozen()))


def batched(values: list[str], size: int) -> list[list[str]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def short_letter() -> Content:
    """A letter with every part, and not many of each."""
    content = letter("outcomes-2024").frozen()
    content["annex_b"]["benchmarks"] = content["annex_b"]["benchmarks"][:1]
    content["annex_a"]["rows"] = content["annex_a"]["rows"][:2]
    content["blocks"] = [{**block, "items": block["items"][:1]} for block in content["blocks"]]
    return Content.model_validate(content)


# No file and no call ----------------------------------------------------------------------------------------

PROGRAM = """
import json, os, sys
from letters.pdf import Content, render
opened, called = [], []

def listen(event, arguments):
    if event == "open":
        opened.append(str(arguments[0]))
    elif event.partition(".")[0] in ("socket", "subprocess", "urllib", "http") or event.startswith("os.exec"):
        called.append(f"{event} {arguments!r}")

usual, *hostile = [Content.model_validate(one) for one in json.load(sys.stdin)]
render(usual)  # Reads the fonts and everything else that a letter needs.
sys.addaudithook(listen)
pdfs = [render(one).pdf.hex() for one in hostile]
print(json.dumps({"opened": opened, "called": called, "pdfs": pdfs}), flush=True)
# Not by the usual way: a hook stays on while the interpreter is taken apart, which it does not always survive.
os._exit(0)
"""


def payloads(canary: Path, address: str) -> list[str]:
    """Ways to have a page read a file or call somebody, in HTML, CSS and SVG."""
    found = []
    for url in (canary.as_uri(), address):
        found += [
            f'<img src="{url}" srcset="{url} 2x">',
            f'<link rel="stylesheet" href="{url}">',
            f'<link rel="attachment" href="{url}">',
            f'<style>@import url("{url}"); @font-face {{ font-family: x; src: url({url}) }}</style>',
            f'"><p style="background: url({url})">',
            f"' style='content: url({url})",
            f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}"/><use href="{url}#a"/></svg>',
            f'<object data="{url}"></object><embed src="{url}"><iframe src="{url}"></iframe>',
            f'<a href="{url}">here</a><base href="{url}">',
            f'{{% include "{canary}" %}}{{{{ content|{url} }}}}',
            f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "{url}">]><a>&b;</a>',
            f"url({url})",
        ]
    return found


def watched(contents: list[Content], before: str = "") -> dict[str, Any]:
    """What a process of its own opens and calls while it sets these letters, and their files in hex.

    Args:
        before: what it does first, while it is watched.
    """
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("pdfs =", f"{before}pdfs =")],
        input=json.dumps([content.frozen() for content in (letter("outcomes-2024"), *contents)]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.fixture
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that nobody may read; its path is short enough to be a word."""
    path = tmp_path_factory.mktemp("c") / "canary"
    path.write_text("the canary sings")
    return path


def test_no_file_is_read_and_nobody_is_called_whatever_is_typed_anywhere(canary: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        # A letter holds so much and no more.
        words = ["\n".join(some) for some in batched(payloads(canary, address), 6)]
        seen = watched([everywhere(one, short_letter()) for one in words])
        with pytest.raises(BlockingIOError):
            server.accept()
    assert seen["called"] == []
    assert seen["opened"] == []
    for typed, data in zip(words, seen["pdfs"], strict=True):
        with open_pdf(bytes.fromhex(data)) as pdf:
            spoken = squeezed(heard(pdf))
        assert "thecanarysings" not in spoken
        for line in typed.splitlines():
            assert spoken.count(squeezed(line)) > 10


def test_the_watch_sees_what_it_is_for(canary: Path) -> None:
    """Were a file read or somebody called, the test above would know."""
    seen = watched([], f"open({str(canary)!r}); import socket; socket.socket().connect_ex(('127.0.0.1', 9)); ")
    assert str(canary) in seen["opened"]
    assert any(one.startswith("socket.connect") for one in seen["called"])


# Floods -----------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str, str]] = {
    "a very long word": ("x" * 100_000, "one word of 100,000 characters; the most is 100"),
    "a long text": ("word " * 200_000, "the most that fits is 10,000"),
    "ten thousand line breaks": ("x\n" * 4_900, "lines and list items; the most that fits is 1,500"),
    "accents without end": ("a" + "\u0301" * 90, "89 accents on one “á”; the most is 3"),
    "accents on nothing": ("\u0301" * 50, "accents on one"),
    "emoji": ("Well done \U0001f389", "party popper, U+1F389) cannot be printed"),
    "a family of emoji": ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "(man, U+1F468) cannot be printed"),
    "Arabic": ("\u0645\u0631\u062d\u0628\u0627", "cannot be printed"),
    "Chinese": ("\u4f60\u597d", "cannot be printed"),
    "Devanagari": ("\u0928\u092e\u0938\u094d\u0924\u0947", "cannot be printed"),
    "mathematical letters": ("\U0001d400\U0001d401", "cannot be printed"),
    "hieroglyphs": ("\U00013000", "cannot be printed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_set_is_refused_in_words_and_at_once(name: str) -> None:
    words, reason = REFUSED[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    with pytest.raises(LetterDefective) as refused:
        render(letter("outcomes-2024", summary=words))
    assert reason in str(refused.value)
    assert all(len(one) < 200 for one in refused.value.defects)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 5


PRINTED: dict[str, tuple[str, str]] = {
    "zero-width characters": ("One" + "\u200b" * 9_000 + "two", "Onetwo"),
    "joiners and marks of direction": ("\u202e\u2066One\u2069\u202c\u200f\u061ctwo", "Onetwo"),
    "control characters": ("One" + "".join(map(chr, range(32))).replace("\n", "") + "\x7ftwo", "One"),
    "lone surrogates and private use": ("One\ud800\udfff\ue000\U000f0000two", "Onetwo"),
    "tags": ("One" + "".join(map(chr, range(0xE0020, 0xE0080))) + "two", "Onetwo"),
    "soft hyphens": ("\u00ad".join("Onetwo"), "Onetwo"),
    "lists in lists": ("- " * 40 + "One\n" + "\n".join("  " * depth + "- two" for depth in range(60)), "One"),
    "blank lines": ("One\n" * 2 + "\n" * 1_000 + "two", "One"),
    "stars": ("*" * 100 + " One " + "**" * 40, "One"),
}


@pytest.mark.parametrize("name", PRINTED)
def test_what_cannot_be_seen_goes_and_the_rest_is_printed(name: str) -> None:
    words, kept = PRINTED[name]
    with open_pdf(render(letter("outcomes-2024", summary=words)).pdf) as pdf:
        assert kept in squeezed(heard(pdf))


@pytest.mark.parametrize("accents", [0, 1, 2, 3])
def test_letters_with_accents_that_languages_use_are_printed(accents: int) -> None:
    assert text.check(text.clean("x" + "\u0323\u0301\u0308"[:accents])) == ()


SLOWEST: dict[str, str] = {
    "the longest words": "W" * text.WORD + " ",
    "words that may not break": "W\u00a0" * 49 + " ",
    "bold in every word": "**a** ",
    "a font for each letter": "a\u1ea1\u0142 ",
    "lists": "- " + "x" * 38 + "\n",
}


@pytest.mark.parametrize("name", SLOWEST)
def test_the_slowest_text_that_is_allowed_is_set_in_time(name: str) -> None:
    """As much of it as a letter holds, in processor seconds, because a machine that is busy is no fault of the text."""
    content = letter("outcomes-2024").frozen()
    rest = text.LETTER - 10_000
    for row in content["annex_a"]["rows"]:
        if row["summary"]:
            row["summary"] = (SLOWEST[name] * 9_000)[: min(rest, 8_000)].strip()
            rest = max(rest - 8_000, 0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    render(Content.model_validate(content))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < MOST


# A worker's time --------------------------------------------------------------------------------------------


def test_a_letter_has_the_time_that_its_text_may_take() -> None:
    assert app.conf.task_soft_time_limit == MOST
    assert app.conf.task_time_limit == 2 * MOST
    assert (make_letter_file.soft_time_limit, make_letter_file.time_limit) == (MOST, 2 * MOST)


@pytest.fixture
def worker(django_db_setup: DatabaseUrls, tmp_path: Path) -> Iterator[str]:
    """A worker with a queue of its own, which is the fixture's value."""
    queue = f"letters-{os.getpid()}"
    name = f"{queue}@localhost"
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "assurance.project.celery", "worker"),
                *("--queues", queue, "--hostname", name, "--concurrency", "1"),
                *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            ],
            cwd=django_settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": django_db_setup.application, "DATA_DIR": str(tmp_path)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        last = monotonic() + 2 * SOON
        while not app.control.ping(destination=[name], timeout=1.0, limit=1):
            if process.poll() is not None or monotonic() > last:
                pytest.fail(f"The worker did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")
        yield queue
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(done: Callable[[], bool]) -> None:
    last = monotonic() + SOON
    while not done():
        assert monotonic() < last, "it took too long"
        sleep(0.1)


def now(letter: Letter) -> Letter:
    with all_rows():
        return Letter.objects.get(pk=letter.pk)


@pytest.mark.django_db(transaction=True)
def test_a_letter_that_takes_too_long_is_left_with_its_reason_and_the_worker_goes_on(
    universe: Universe, worker: str
) -> None:
    stages = Stages(universe)
    approved = stages.approved()
    edition = stages.edition(approved)
    assert edition.content is not None
    # Past the quality check, which would have a word to say about such a text.
    edition.content["blocks"][0]["text"] = ("W" * text.WORD + " ") * 90
    with all_rows():
        edition.save()
    # Less than this letter takes, more than the worker takes to look at it: the way is the same as after 30 seconds.
    send = partial(make_letter_file.apply_async, (approved.pk, approved.authority_id), queue=worker)
    send(soft_time_limit=1, time_limit=60)
    until(lambda: bool(now(approved).failure))
    left = now(approved)
    assert left.state == LetterState.APPROVED
    assert left.failure.startswith("It took too long.")
    assert stages.edition(left).sha256 == ""

    # The same process sets the next one, of the same text, in the time that it is given.
    with all_rows():
        Letter.objects.filter(pk=approved.pk).update(failure="")
    send()
    until(lambda: now(approved).state == LetterState.ISSUED)
