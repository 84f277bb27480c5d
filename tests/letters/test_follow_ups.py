"""Last year's recommendations as facts of this year's letter: there to be worded, and printed by no wording of ours."""

from __future__ import annotations

from typing import Any

import pytest

from assurance.actions.follow_ups import FollowUpReply, save_follow_ups
from assurance.models import Recommendation
from benchmarks.files import Refused
from letters.content import content_of
from letters.models import Edition, Letter
from letters.wording_format import CONDITIONS, LISTS, NEEDED, WordingFile, parse
from tests.conftest import FIXTURES
from tests.universe import Universe, all_rows, as_actor

BLOCKS: list[dict[str, Any]] = [
    {
        "id": "followed",
        "kind": "paragraph",
        "when": ["has_follow_ups"],
        "text": "Of last year's recommendations, {follow_ups_done} of {follow_ups_total} are done.",
    },
    {"id": "done", "kind": "bullets", "when": ["has_done_follow_ups"], "items": "done_follow_ups"},
    {"id": "open", "kind": "bullets", "when": ["has_open_follow_ups"], "items": "open_follow_ups"},
]


def letter(universe: Universe, progress: str) -> Letter:
    """Alder's, after a year whose only recommendation is this far ("": nothing is said of it)."""
    universe.last_year()
    assessment = universe.assessment()
    if progress:
        with all_rows():
            pk = Recommendation.objects.get().pk
        with as_actor(universe.lead) as by:
            replies = {pk: FollowUpReply(version=0, progress=progress)}
            save_follow_ups(by=by, at=universe.at, assessment_id=assessment.pk, replies=replies)
    found = universe.letter()
    with all_rows():
        return Letter.objects.select_related("authority", "assessment__cycle", "replaces").get(pk=found.pk)


def edition_of(found: Letter) -> Edition:
    """The letter in English."""
    with all_rows():
        return found.editions.select_related("wording").get()


def printed(universe: Universe, found: Letter, edition: Edition) -> list[str]:
    """The texts of the letter's blocks, frozen."""
    with as_actor(universe.adviser):
        blocks = content_of(found, edition, universe.at.date()).frozen()["blocks"]
    return [text for block in blocks for text in (block["text"], *(item["text"] for item in block["items"]))]


@pytest.mark.parametrize(
    ("progress", "done", "listed"),
    [("done", "one", 1), ("in_progress", "none", 1), ("", "none", 1), ("no_longer_relevant", "none", 0)],
)
def test_a_wording_can_say_what_became_of_them(universe: Universe, progress: str, done: str, listed: int) -> None:
    found = letter(universe, progress)
    edition = edition_of(found)
    before = printed(universe, found, edition)
    assert "Write the risks down." not in before
    content = edition.wording.content
    content["blocks"] = [*content["blocks"][:-1], *BLOCKS, content["blocks"][-1]]
    words = WordingFile.model_validate(content).numbers
    texts = printed(universe, found, edition)
    assert f"Of last year's recommendations, {words[done == 'one']} of {words[1]} are done." in texts
    assert texts.count("Write the risks down.") == listed


def test_in_a_first_year_nothing_of_it_is_printed(universe: Universe) -> None:
    found = universe.letter()
    with all_rows():
        found = Letter.objects.select_related("authority", "assessment__cycle", "replaces").get(pk=found.pk)
    edition = edition_of(found)
    before = printed(universe, found, edition)
    content = edition.wording.content
    content["blocks"] = [*content["blocks"][:-1], *BLOCKS, content["blocks"][-1]]
    assert printed(universe, found, edition) == before


def test_what_may_be_missing_names_its_condition(tmp_path: Any) -> None:
    assert set(LISTS) <= set(NEEDED)
    assert set(NEEDED.values()) <= set(CONDITIONS)
    source = (FIXTURES / "wording" / "outcomes-2024.yaml").read_text(encoding="utf-8")
    assert "follow_ups" not in source
    path = tmp_path / "wording.yaml"
    path.write_text(
        source.replace("blocks:\n", "blocks:\n- id: x\n  kind: paragraph\n  text: '{follow_ups_total}'\n", 1),
        encoding="utf-8",
    )
    with pytest.raises(Refused, match="has_follow_ups"):
        parse(path)
