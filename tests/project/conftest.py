"""A folder that the services' own user can enter, which pytest's own folders are not."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from assurance.project.local import places


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder with a short path, gone afterwards; what is kept elsewhere goes into it too."""
    made = Path(tempfile.mkdtemp(prefix="prevent-test-"))
    made.chmod(0o755)
    monkeypatch.setattr(places, "AWAY", made / "away")
    yield made
    # A test may have closed a folder to look at what happens.
    for path in (made, *(path for path in made.rglob("*") if path.is_dir() and not path.is_symlink())):
        if path.stat().st_uid == os.geteuid():
            path.chmod(0o755)
    shutil.rmtree(made)
