"""The fonts of the letters, pinned by digest: every machine sets the same page, or none.

Liberation Sans (SIL Open Font Licence 1.1) has every letter of English and Welsh; Noto Sans (the same
licence) stands behind it for names from further away. Both are copied at set-up from locked npm packages into
``static/fonts``.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from types import MappingProxyType

from fontTools.ttLib import TTFont

from letters.pdf.faults import FontsUnavailable

FOLDER = Path(__file__).resolve().parents[2] / "static" / "fonts"

_PINNED = """
f8ace1f892b2bd9dc1792ba7f097fa7588f84fed48321480e04de5390828221f LiberationSans-Regular.ttf
361c61b82d575c5c35fd9157fda8b0194bcfcd0d88ea8521a4fb5dd53d33dddc LiberationSans-Bold.ttf
18e2e5b23a9bc5e8e636d6c7984b8ac6635aefc1c497ed1c5012f3c637761b91 noto-sans-latin-400-normal.woff
cac2e44ebc446d5c71a9a16fd5592bf80abf6f56dd564a7b90eb01c5f9d29793 noto-sans-latin-700-normal.woff
7d1342e0aff3b553fd479b7375d5d16b1c029b0ccb1f0d6077fd012ee895506a noto-sans-latin-ext-400-normal.woff
ca402e45382c7e22d530dc0777be5a3743735e4452cd537774520075f28baf0f noto-sans-latin-ext-700-normal.woff
d2e105791e742b90799d015f86ecbc376b29a31aeb605f77937bb846dfa36985 noto-sans-vietnamese-400-normal.woff
43f3d814c58cf51ac77a618e9f7334fcd24ac72b54a860f986f4a9468e3a5316 noto-sans-vietnamese-700-normal.woff
"""

PINNED: Mapping[str, str] = MappingProxyType(
    {name: digest for digest, name in map(str.split, _PINNED.strip().splitlines())}
)
"""File name to SHA-256. A new release of a font is a decision: line breaks, and so pages, may move."""

DIGEST = hashlib.sha256("".join(PINNED.values()).encode()).hexdigest()
_BOLD = ("Bold", "-700-")


@functools.cache
def load(folder: Path = FOLDER) -> Mapping[str, bytes]:
    """The pinned fonts by file name, read once per process.

    Raises:
        FontsUnavailable: a file is missing, or its SHA-256 is not the pinned one.
    """
    found = {}
    for name, pinned in PINNED.items():
        try:
            found[name] = (folder / name).read_bytes()
        except OSError as error:
            raise FontsUnavailable(f"The letter font {name} is not in {folder}; run the front-end build.") from error
        if hashlib.sha256(found[name]).hexdigest() != pinned:
            raise FontsUnavailable(f"The letter font {name} in {folder} is not the pinned one.")
    return MappingProxyType(found)


@functools.cache
def _coverage() -> frozenset[int]:
    """Code points that can be set both regular and bold, because any text may stand in either."""
    weights: dict[bool, set[int]] = {True: set(), False: set()}
    for name, content in load().items():
        bold = any(mark in name for mark in _BOLD)
        weights[bold].update(TTFont(BytesIO(content)).getBestCmap())
    return frozenset(weights[True] & weights[False])


def unsettable(text: str) -> list[str]:
    """The characters of ``text``, each once and in order, that no pinned font can print; line breaks do not
    count.

    Raises:
        FontsUnavailable: as :func:`load`.
    """
    covered = _coverage()
    return [character for character in dict.fromkeys(text) if character != "\n" and ord(character) not in covered]
