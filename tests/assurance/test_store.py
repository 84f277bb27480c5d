"""The store of uploads: random keys, private files, and nothing that stays behind; the same on disk and on S3."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile, File
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from assurance import filetypes, store

BUCKET = "uploads-of-the-tests"
LATER = timedelta(days=2)


@pytest.fixture
def on_disk(settings: Any, tmp_path: Path) -> Path:
    """The store as it is without a bucket, in a folder of this test."""
    folder = tmp_path / "uploads"
    options = settings.STORAGES["uploads"]["OPTIONS"] | {"location": folder}
    settings.STORAGES = settings.STORAGES | {"uploads": settings.STORAGES["uploads"] | {"OPTIONS": options}}
    return folder


@pytest.fixture
def in_bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The store on a server of S3's kind on loopback, set as the environment would set it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "something")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=address, region_name="eu-west-2")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    settings.STORAGES = settings.STORAGES | {"uploads": bucket_storage(address)}
    try:
        yield address
    finally:
        client.close()
        server.stop()
        # Its buckets outlive it within this process.
        s3_backends.reset()


def bucket_storage(address: str) -> dict[str, Any]:
    """What the settings make of a bucket in the environment, read in a process of their own."""
    environ = os.environ | {
        "UPLOADS_BUCKET": BUCKET,
        "UPLOADS_S3_ENDPOINT": address,
        "UPLOADS_S3_REGION": "eu-west-2",
    }
    show = "import json; from assurance.project import settings; print(json.dumps(settings.STORAGES['uploads']))"
    shown = subprocess.run([sys.executable, "-c", show], env=environ, check=True, capture_output=True, text=True)
    return json.loads(shown.stdout)


def round_trip() -> store.Kept:
    """Keep something and read it back."""
    content = os.urandom(3 * 1024 * 1024)
    kept = store.keep(store.EVIDENCE, ContentFile(content, name="../../../etc/A plan.pdf"))
    assert kept.path.startswith("evidence/")
    assert "plan" not in kept.path and ".." not in kept.path
    assert (kept.size, kept.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    with store.open(kept.path) as file:
        assert file.read() == content
    return kept


def test_on_disk_only_the_service_reads_it(on_disk: Path) -> None:
    kept = round_trip()
    path = on_disk / kept.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    store.forget(kept.path)
    assert not path.exists()
    store.forget(kept.path)
    store.forget("")


def test_in_a_bucket_it_is_the_same(in_bucket: str) -> None:
    kept = round_trip()
    client = boto3.client("s3", endpoint_url=in_bucket, region_name="eu-west-2")
    grants = client.get_object_acl(Bucket=BUCKET, Key=kept.path)["Grants"]
    client.close()
    assert [grant["Grantee"].get("URI") for grant in grants] == [None], "somebody else may read it"
    with store.open(kept.path) as file:
        file.seek(0, os.SEEK_END)
        assert file.tell() == kept.size
    with pytest.raises(FileNotFoundError):
        store.open("evidence/none")
    store.forget(kept.path)
    with pytest.raises(FileNotFoundError):
        store.open(kept.path)


@pytest.mark.parametrize("where", ["on_disk", "in_bucket"])
def test_what_no_row_knows_is_found_once_it_is_old(request: pytest.FixtureRequest, where: str) -> None:
    request.getfixturevalue(where)
    now = datetime.now(UTC)
    assert store.lost(store.EVIDENCE, set(), now + LATER) == []
    known, unknown = (store.keep(store.EVIDENCE, ContentFile(b"x")).path for _ in range(2))
    other = store.keep(store.DOCUMENTS, ContentFile(b"x")).path
    assert store.lost(store.EVIDENCE, {known}, now - LATER) == []
    assert store.lost(store.EVIDENCE, {known}, now + LATER) == [unknown]
    assert store.lost(store.DOCUMENTS, set(), now + LATER) == [other]


def test_what_was_kept_goes_with_the_exception(on_disk: Path) -> None:
    before = store.keep(store.EVIDENCE, ContentFile(b"before"))
    with pytest.raises(RuntimeError, match="on purpose"), store.undone_on_error() as kept:
        kept.append(store.keep(store.EVIDENCE, ContentFile(b"x")))
        raise RuntimeError("on purpose")
    assert [path.name for path in (on_disk / "evidence").iterdir()] == [before.path.rpartition("/")[2]]
    with store.undone_on_error() as kept:
        kept.append(store.keep(store.EVIDENCE, ContentFile(b"x")))
    assert len(list((on_disk / "evidence").iterdir())) == 2


@pytest.mark.parametrize("prefix", ["", "..", "a/b", "Evidence", "/etc"])
def test_a_prefix_is_a_word(prefix: str) -> None:
    with pytest.raises(ValueError, match="no prefix"):
        store.keep(prefix, ContentFile(b"x"))


def test_a_file_of_any_size_takes_little_memory(on_disk: Path, tmp_path: Path) -> None:
    source = tmp_path / "large"
    with source.open("wb") as file:
        for _ in range(20):
            file.write(os.urandom(1024 * 1024))
    tracemalloc.start()
    try:
        with source.open("rb") as opened:
            kept = store.keep(store.EVIDENCE, File(opened))
        with store.open(kept.path) as found:
            assert sum(len(chunk) for chunk in found.chunks()) == filetypes.LARGEST
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * 1024 * 1024
