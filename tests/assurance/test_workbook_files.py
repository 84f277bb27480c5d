"""The workbook as a file: written and read back it says the same, and what is no workbook is refused with words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assurance import text
from assurance.actions.answers import Reply
from assurance.vocabulary import Mark
from assurance.workbook.layout import digest
from assurance.workbook.read import read
from tests.assurance.workbooks import KINDS, SCHEMES, book, expected, written

HOSTILE = (
    *(
        "=1+1",
        "+1",
        "-1",
        "@sum",
        "\tfirst",
        "'quoted",
        "''",
        "_x0041_",
        "_x005F_x0041_",
        "_x000D_",
        "#REF!",
        "#N/A",
        "Err:502",
    ),
    *(
        "a\nb",
        "a\n\n\nb",
        "a\tb",
        "a  b",
        "<b>&amp;</b>",
        "]]>",
        "😀𝒳",
        "é",
        "\u00a0",
        "benchmark 2",
        "evidence",
        "TRUE",
    ),
    *("3", "3.0", "1e5", "2026-03-27", "=cmd|' /C calc'!A0", "%d{name}", "\\N", "_x_", "__x0041__", "Met"),
)
characters = st.characters(exclude_categories=["Cs"])
pieces = st.one_of(st.text(characters, max_size=20), st.sampled_from(HOSTILE), st.sampled_from([" ", "\n", "\t"]))


def kept_as(longest: int) -> st.SearchStrategy[str]:
    """Texts as the record has them: cleaned, and such that nothing is wrong with them."""
    cleaned = st.lists(pieces, max_size=8).map("".join).map(text.clean)
    return cleaned.filter(lambda one: not text.problems(one, longest, addresses=True))


@st.composite
def replies(draw: st.DrawFn, code: str) -> dict[int, Reply]:
    scheme = SCHEMES[code]
    said = {}
    for number, benchmark in scheme.benchmarks.items():
        ids = sorted(benchmark.criterion_ids) if scheme.is_checklist else []
        marks = st.dictionaries(st.sampled_from(ids), st.sampled_from(Mark.values)) if ids else st.just({})
        notes = st.dictionaries(st.sampled_from(ids), kept_as(text.NOTE).filter(bool)) if ids else st.just({})
        said[number] = Reply(
            level_code=draw(st.sampled_from([None, *(level.code for level in scheme.levels)])),
            evidence=draw(kept_as(text.EVIDENCE)),
            reason=draw(kept_as(text.REASON)),
            marks=draw(marks),
            notes=draw(notes),
        )
    return said


def returned(kind: str, code: str, said: dict[int, Reply]) -> dict[int, Reply | None]:
    found = read(written(kind, book(SCHEMES[code], said)), expected(SCHEMES[code]))
    assert [one.faults for one in found if one.faults] == []
    assert [one.version for one in found] == [one.number + 2 for one in found]
    assert [one.digest for one in found] == [digest(said.get(one.number, Reply())) for one in found]
    return {one.number: one.reply for one in found}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", sorted(SCHEMES))
def test_what_is_written_is_read_back(kind: str, code: str) -> None:
    @settings(max_examples=25)
    @given(replies(code))
    def there_and_back(said: dict[int, Reply]) -> None:
        assert returned(kind, code, said) == said

    there_and_back()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_every_hostile_text_comes_back(kind: str, hostile: str) -> None:
    cleaned = text.clean(hostile)
    said = {
        1: Reply(evidence=cleaned, reason=cleaned, notes={101: cleaned} if cleaned else {}),
        2: Reply(evidence=text.clean(f"a{hostile}\n{hostile}b{hostile}\t{hostile}")),
        3: Reply(),
    }
    assert returned(kind, "checklist", said) == said


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_text_comes_back_even_where_each_sign_counts_twice(kind: str) -> None:
    for word in ("evidence ", "= + - @ ", "😀𝒳 ", "a\n"):
        whole = text.clean((word * text.EVIDENCE)[: text.EVIDENCE])
        assert not text.problems(whole, text.EVIDENCE, addresses=True)
        said = {1: Reply(evidence=whole, reason="r"), 2: Reply(), 3: Reply()}
        assert returned(kind, "checklist", said) == said


@example("\ufffe")
@given(characters)
def test_no_sign_that_is_kept_is_unknown_to_xml(char: str) -> None:
    """What ``writable`` leaves out, cleaning has left out before it."""
    kept = text.clean(f"a{char}b")
    assert kept == unicodedata.normalize("NFC", kept)
    assert returned("ods", "checklist", {1: Reply(evidence=kept), 2: Reply(), 3: Reply()})[1] == Reply(evidence=kept)
