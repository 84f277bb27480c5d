"""The public page: one of four answers about a file, and nothing else."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from assurance.vocabulary import LetterState
from letters import actions, verification
from letters.models import Letter
from letters.verdict import Verdict, verdict_on
from tests.letters.stages import Stages
from tests.universe import Universe, as_actor, forget_scope


@pytest.fixture
def stages(universe: Universe) -> Stages:
    return Stages(universe)


@pytest.fixture(autouse=True)
def uncounted() -> Iterator[None]:
    """No test has asked before."""
    cache.clear()
    yield
    cache.clear()


def in_force(stages: Stages) -> Letter:
    return stages.issued()


def superseded(stages: Stages) -> Letter:
    first = stages.issued()
    stages.issued(stages.drafted())
    return first


def withdrawn(stages: Stages) -> Letter:
    letter = stages.issued()
    with as_actor(stages.universe.signatory) as by:
        actions.withdraw_letter(by=by, at=stages.universe.at, letter_id=letter.pk, reason="It was wrong.")
    return letter


CASES: dict[Verdict, Callable[[Stages], Letter]] = {
    Verdict.CURRENT: in_force,
    Verdict.SUPERSEDED: superseded,
    Verdict.WITHDRAWN: withdrawn,
}


def content_of(stages: Stages, letter: Letter) -> bytes:
    with stages.edition(letter).file.open() as file:
        content: bytes = file.read()
    return content


def send(client: Client, content: bytes) -> HttpResponse:
    response: HttpResponse = client.post("/verify/", {"file": SimpleUploadedFile("letter.pdf", content), "sha256": ""})
    return response


def answers(response: HttpResponse) -> list[Verdict]:
    """The answers that a page gives."""
    page = response.content.decode()
    return [one for one in Verdict if f'banner__heading">{one.label}</p>' in page]


@pytest.mark.parametrize("verdict", CASES)
def test_a_letter_is_known_by_its_file_and_by_its_digest(stages: Stages, client: Client, verdict: Verdict) -> None:
    letter = CASES[verdict](stages)
    content = content_of(stages, letter)
    forget_scope()
    assert answers(send(client, content)) == [verdict]
    digest = hashlib.sha256(content).hexdigest()
    assert answers(client.post("/verify/", {"sha256": digest})) == [verdict]


@pytest.mark.parametrize("verdict", CASES)
def test_nothing_else_is_said_about_it(stages: Stages, client: Client, verdict: Verdict) -> None:
    """The page about a letter and the page about no letter differ in the answer and in nothing that is known."""
    letter = CASES[verdict](stages)
    page = send(client, content_of(stages, letter)).content.decode()
    edition = stages.edition(letter)
    assert edition.content is not None
    known = [
        letter.authority.name, letter.authority.short_name, letter.authority.gss_code, edition.content["reference"],
        letter.assessment.cycle.name, edition.content["date_text"], "Jo Chief", "Sam Sender", edition.sha256,
    ]  # fmt: skip
    for word in known:
        assert word and word not in page
    assert not re.search(rf"\b{letter.pk}\b", re.sub(r"<[^>]*>", "", page))


@pytest.mark.parametrize("content", [b"%PDF-1.7 of somebody else", b"\x00" * 3_000_000])
def test_another_file_is_not_ours(stages: Stages, client: Client, content: bytes) -> None:
    stages.issued()
    assert answers(send(client, content)) == [Verdict.UNKNOWN]


def test_one_byte_makes_it_another_file(stages: Stages, client: Client) -> None:
    content = content_of(stages, stages.issued())
    assert answers(send(client, content + b"\n")) == [Verdict.UNKNOWN]


def test_a_letter_that_is_not_issued_is_not_ours_yet(stages: Stages, client: Client) -> None:
    approved = stages.approved()
    assert stages.edition(approved).sha256 == ""
    assert verdict_on("") == Verdict.UNKNOWN
    assert stages.now(approved).state == LetterState.APPROVED


def test_a_digest_may_be_written_in_any_way(stages: Stages, client: Client) -> None:
    digest = stages.edition(stages.issued()).sha256
    for typed in (
        digest.upper(),
        f" {digest} ",
        " ".join(re.findall("..", digest)),
        ":".join(re.findall("..", digest)),
    ):
        assert answers(client.post("/verify/", {"sha256": typed})) == [Verdict.CURRENT]


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, "file", "Choose the letter, or enter its SHA-256"),
        ({"sha256": "abc"}, "sha256", "A SHA-256 has 64 characters"),
        ({"sha256": "g" * 64}, "sha256", "A SHA-256 has 64 characters"),
        ({"sha256": "a" * 65}, "sha256", "A SHA-256 has 64 characters"),
        ({"sha256": "' OR true --"}, "sha256", "A SHA-256 has 64 characters"),
        ({"file": SimpleUploadedFile("empty.pdf", b"")}, "file", "The file is empty"),
    ],
)
def test_bad_input_gets_a_kind_error_at_its_field(
    db: None, client: Client, fields: dict[str, object], field: str, words: str
) -> None:
    response = client.post("/verify/", fields)
    page = response.content.decode()
    assert response.status_code == 200
    assert answers(response) == []
    assert f'href="#id_{field}"' in page and page.count(words) == 2
    assert "<title>Error: " in page


def test_a_large_file_is_refused_in_words(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "LARGEST", 1_000_000)
    page = send(client, b"x" * 1_000_001)
    assert "The file is larger than 20 MB" in page.content.decode()
    assert answers(page) == []
    assert answers(send(client, b"x" * 1_000_000)) == [Verdict.UNKNOWN]


def test_more_than_can_be_a_letter_is_not_even_read(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "MOST_SENT", 1000)
    assert send(client, b"x" * 2000).status_code == 400


def test_a_file_is_kept_nowhere(db: None, client: Client, settings: Settings, tmp_path: Path) -> None:
    """Not even while it comes in: a folder that takes nothing would stop what goes through a file."""
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "nowhere"
    assert answers(send(client, b"x" * 5_000_000)) == [Verdict.UNKNOWN]


def test_what_it_costs(stages: Stages, client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    digest = stages.edition(stages.issued()).sha256
    forget_scope()
    with django_assert_num_queries(1):
        assert verdict_on(digest) == Verdict.CURRENT


def test_asking_opens_no_scope(stages: Stages, client: Client) -> None:
    """What the function may read, nobody may after it."""
    digest = stages.edition(stages.issued()).sha256
    forget_scope()
    assert verdict_on(digest) == Verdict.CURRENT
    assert not Letter.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('assurance.everything', true), '')")
        assert cursor.fetchone()[0] != "on"


def test_an_address_that_asks_too_often_waits(db: None, client: Client) -> None:
    for _time in range(verification.MOST_TRIES):
        assert client.post("/verify/", {"sha256": "a" * 64}).status_code == 200
    late = client.post("/verify/", {"sha256": "a" * 64})
    assert late.status_code == 429 and "Try again in a minute" in late.content.decode()
    assert client.get("/verify/").status_code == 200
    elsewhere = client.post("/verify/", {"sha256": "a" * 64}, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 200


def test_the_page_needs_no_cookie_and_leaves_none(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.get("/verify/").status_code == 200
    response = send(client, b"x")
    assert answers(response) == [Verdict.UNKNOWN]
    assert not response.cookies and not client.cookies
    assert "no-store" in response["Cache-Control"]


def test_the_page_sends_no_file_where_the_browser_can_do_it(db: None, client: Client) -> None:
    page = client.get("/verify/").content.decode()
    assert re.search(r'<form method="post"[^>]* data-verify', page)
    assert re.search(r'<script type="module" src="[^"]*js/verify[^"]*\.js"', page)
    assert "<script>" not in page
