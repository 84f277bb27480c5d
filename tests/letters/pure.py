"""A letter of real length without a database, and how it is issued: for measuring, in processes of their own."""

from __future__ import annotations

from functools import partial

from letters.pdf import Content, render
from letters.pdf.signature import SigningKey, open_key, signed
from tests.letters.keys import PASSPHRASE
from tests.letters.test_wording import letter

SENTENCE = (
    "The partnership reviewed its local plan in the spring and shared what it learned with schools, the police, "
    "health and housing colleagues."
)
_key: SigningKey | None = None


def words(about: str, count: int) -> str:
    """Two paragraphs of so many words, which begin with what they are about."""
    text = f"{about} {SENTENCE * 20}".replace(".The", ". The").split()[:count]
    return " ".join(text[: count // 2]) + "\n\n" + " ".join(text[count // 2 :])


def real_letter(number: int, name: str = "outcomes-2024") -> Content:
    """A letter of two pages and an Annex A of 1,400 words in eight rows, different for each number."""
    content = letter(
        name,
        authority=f"Council {number}",
        reference=f"PDA/2024-25/E{number:08}/1",
        summary=words("Overall.", 120),
        strengths=[words(f"Strength {one}.", 40) for one in range(5)],
        recommendations=[{"heading": f"Recommendation {one}", "text": words("Do this.", 60)} for one in range(3)],
    ).frozen()
    for row in content["annex_a"]["rows"]:
        row["summary"] = row["summary"] and words(f"Benchmark {row['number']} of {number}.", 170)
        row["comments"] = row["comments"] and words("The adviser agrees.", 30)
    return Content.model_validate(content)


def take_key(file: bytes) -> None:
    """Open the key once in a process, as a worker does."""
    global _key
    _key = open_key(file, PASSPHRASE)


def issue(number: int) -> int:
    """Set one letter, sign it and have the gate look at it, as a worker does. Returns its size."""
    assert _key is not None
    return len(render(real_letter(number), partial(signed, key=_key)).pdf)
