"""Wording in the browser: read, copied, written part by part, previewed, published, chosen, downloaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.models import ReferenceEvent
from assurance.vocabulary import LetterState
from benchmarks.loading import Change
from letters import actions, wording_actions
from letters.models import CycleWording, Edition, Letter, Wording
from letters.wording_actions import Unsound
from letters.wording_format import CONDITIONS, WordingFile
from letters.wording_forms import FORMS
from letters.wording_parts import entries, moved, parts_of, pending, put, removed
from tests.letters.stages import load_wordings
from tests.matrices.world import Visitors
from tests.universe import Universe, all_rows, as_actor, forget_scope


class Writers(Visitors):
    """The cast at their browsers, with the shipped wordings published."""

    def __init__(self, universe: Universe) -> None:
        super().__init__(universe)
        self.universe = universe
        load_wordings()

    def typing(self, name: str, address: str, fields: Mapping[str, Any]) -> HttpResponse:
        """What the page asks for by itself while somebody types."""
        forget_scope()
        try:
            return self._clients[name].post(address, fields, headers={"HX-Request": "true"})
        finally:
            forget_scope()


@pytest.fixture
def visitors(universe: Universe) -> Writers:
    return Writers(universe)


def published(language: str = "en", code: str = "outcomes-2024") -> Wording:
    with all_rows():
        return Wording.objects.get(code=code, language=language, version="1")


def draft(universe: Universe, version: str = "2", **which: str) -> Wording:
    with as_actor(universe.administrator) as by:
        return wording_actions.new_version(by=by, at=universe.at, wording_id=published(**which).pk, version=version)


def now(wording: Wording) -> Wording:
    with all_rows():
        return Wording.objects.get(pk=wording.pk)


def edition_of(letter: Letter) -> Edition:
    with all_rows():
        return Edition.objects.get(letter=letter)


def shown(page: str) -> dict[str, Any]:
    """The fields of the page's form as a browser would send them."""
    form = page[page.index('data-hx-target="#wording-preview"') :]
    form = form[: form.index("</form>")]
    fields: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        given = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if given.get("type") in ("checkbox", "radio"):
            if re.search(r"\schecked", tag):
                fields.setdefault(given["name"], []).append(given.get("value", "on"))
        elif "name" in given and given["name"] != "csrfmiddlewaretoken":
            fields[given["name"]] = given.get("value", "")
    for name, value in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        fields[name] = unescape(value)
    for name, inner in re.findall(r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', inner)
        fields[name] = unescape(chosen[0]) if chosen else ""
    return fields


def text_address(wording: Wording, place: str, name: str = "letter") -> str:
    return reverse("wording-text", args=[wording.pk, name, place])


def part_address(wording: Wording, name: str) -> str:
    return reverse("wording-part", args=[wording.pk, name])


def read(answer: HttpResponse) -> str:
    return unescape(answer.content.decode())


def test_the_list_says_what_there_is_and_what_uses_it(visitors: Writers) -> None:
    visitors.universe.cycle()
    said = read(visitors.get("administrator", reverse("wordings")))
    assert "Letter of outcomes, head of unit to chief executive, 1" in said and "Cymraeg" in said
    assert "Not checked" in said and "2025/26" in said
    assert reverse("wordings") in read(visitors.get("administrator", "/"))
    assert visitors.get("auditor", reverse("wordings")).status_code == 200
    assert visitors.get("adviser", reverse("wordings")).status_code == 403


def test_a_wording_is_read_with_its_conditions_in_words(visitors: Writers) -> None:
    said = read(visitors.get("auditor", reverse("wording", args=[published().pk])))
    assert "only when someone is thanked" in said
    assert "unless every counted benchmark is met or exceeded" in said
    assert "the recommendations with their headings, in order" in said
    assert "has_thanks" not in said and "Move up" not in said and "Make a new version" not in said


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("code", ["outcomes-2024", "scores-2022"])
def test_every_part_saved_as_it_is_shown_changes_nothing(visitors: Writers, code: str, language: str) -> None:
    """The forms hold everything that they show: nothing is lost by pressing Save."""
    universe = visitors.universe
    universe.scheme(published(code=code).scheme_code)
    one = draft(universe, code=code, language=language)
    addresses = [part_address(one, name) for name in parts_of(one.content)]
    addresses += [text_address(one, "thanks"), text_address(one, "recommendations"), text_address(one, "all_met")]
    addresses += [text_address(one, "0", "annex-b")]
    for address in addresses:
        fields = shown(visitors.get("administrator", address).content.decode())
        answer = visitors.post("administrator", address, fields)
        assert answer.status_code == 302, f"{address}: {re.findall('error-message.*', read(answer))}"
        assert now(one).content == one.content, address
    assert now(one).revision == 1 and set(FORMS) >= set(parts_of(one.content))


def test_a_part_is_written_and_its_history_kept(visitors: Writers) -> None:
    one = draft(visitors.universe)
    address = part_address(one, "opening")
    fields = shown(visitors.get("administrator", address).content.decode())
    visitors.post("administrator", address, fields | {"salutation": "Good morning {salutation}"})
    after = now(one)
    assert after.content["salutation"] == "Good morning {salutation}" and after.revision == 2
    assert after.digest != one.digest and now(published()).content["salutation"] == "Dear {salutation}"
    with all_rows():
        assert [row.revision for row in after.history.all()] == [2, 1]
        events = ReferenceEvent.objects.filter(name="wording", detail__wording=str(after))
        assert [event.detail["what"] for event in events.order_by("pk")] == ["copied", "saved"]


@pytest.mark.parametrize(
    ("part", "changes", "field", "said"),
    [
        ("opening", {"heading": "About {autority}"}, "heading", "{autority} is not a field"),
        ("opening", {"salutation": "Dear {thanks}"}, "salutation", "{thanks} may be missing"),
        ("opening", {"signature": ""}, "signature", "Fill in “Signature”"),
        ("annex-a", {"width_0": "5"}, "heading_0", "The widths of the columns must add up to 100"),
        ("annex-a", {"width_0": "2"}, "width_0", "Enter 5 or more"),
        ("annex-b", {"level_label": "Level"}, "level_label", "This must name {level} once"),
        ("labels", {"page_front": "Page {page}"}, "page_front", "Name {page} and {pages}"),
        ("dates", {"pattern": "{day} {month}"}, "pattern", "This must name {day}, {month} and {year}"),
        ("dates", {"months": "January"}, "months", "There must be at least 12"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost(
    visitors: Writers, part: str, changes: dict[str, str], field: str, said: str
) -> None:
    one = draft(visitors.universe)
    address = part_address(one, part)
    fields = shown(visitors.get("administrator", address).content.decode()) | changes
    answer = visitors.post("administrator", address, fields)
    page = read(answer)
    assert answer.status_code == 200 and said in page
    assert f'href="#id_{field}"' in page
    assert all(value in page for value in changes.values())
    assert now(one).content == one.content


def test_a_text_that_could_leave_a_hole_is_refused_in_plain_words(visitors: Writers) -> None:
    one = draft(visitors.universe)
    address = text_address(one, "contact")
    fields = shown(visitors.get("administrator", address).content.decode())
    assert fields["when"] == ["has_sender_email"]
    page = read(visitors.post("administrator", address, fields | {"when": []}))
    assert "so this needs the condition “the sender has an e-mail address”" in page
    both = fields | {"when": ["has_sender_email"], "unless": ["has_sender_email"]}
    assert "cannot hold and not hold" in read(visitors.post("administrator", address, both))
    page = read(visitors.post("administrator", address, fields | {"kind": "numbered", "items": ""}))
    assert "Choose an answer for “What the list holds”" in page


def test_texts_are_added_moved_and_removed_and_what_is_wrong_is_said(visitors: Writers) -> None:
    one = draft(visitors.universe)
    address = text_address(one, "new-text")
    fields = shown(visitors.get("administrator", address).content.decode())
    new = fields | {"kind": "paragraph", "text": "We will write again in {cycle}.", "unless": ["has_summary"]}
    assert visitors.post("administrator", address, new).status_code == 302
    *_others, added, closing = now(one).content["blocks"]
    assert (added["text"], added["when"]) == ("We will write again in {cycle}.", ["not has_summary"])
    assert closing["kind"] == "closing"
    arrange = reverse("wording-arrange", args=[one.pk, "letter"])
    last = len(now(one).content["blocks"]) - 1
    visitors.post("administrator", arrange, {"do": f"down:{last - 1}", "revision": 2})
    page = read(visitors.get("administrator", reverse("wording", args=[one.pk])))
    assert "What still stops it from being published" in page
    assert "The last block, and no other, must be the closing" in page
    visitors.post("administrator", arrange, {"do": f"up:{last}", "revision": 3})
    assert pending(now(one).content) == []
    place = [block["id"] for block in one.content["blocks"]].index("thanks")
    visitors.post("administrator", arrange, {"do": f"remove:{place}", "revision": 4})
    page = read(visitors.get("administrator", reverse("wording-publish", args=[one.pk])))
    assert "Exactly one block must print “thanks”" in page and 'type="submit"' not in page[page.index("cannot be") :]
    with pytest.raises(Unsound), as_actor(visitors.universe.administrator) as by:
        wording_actions.publish_wording(by=by, at=visitors.universe.at, wording_id=one.pk, revision=5)
    # A page that is older than the draft changes nothing.
    visitors.post("administrator", arrange, {"do": "remove:0", "revision": 4})
    assert now(one).revision == 5


def test_lists_of_texts_are_plain_values() -> None:
    content = {"blocks": [{"id": "a", "kind": "paragraph"}, {"id": "z", "kind": "closing"}], "annex_a": {"intro": []}}
    added = put(content, "letter", None, {"id": "b", "kind": "heading"})
    assert [one["id"] for one in entries(added, "letter")] == ["a", "b", "z"]
    assert [one["id"] for one in entries(moved(added, "letter", 0, -1), "letter")] == ["a", "b", "z"]
    assert [one["id"] for one in entries(moved(added, "letter", 0, 1), "letter")] == ["b", "a", "z"]
    assert entries(removed(added, "letter", 1), "letter") == content["blocks"]
    assert entries(put(content, "annex-a", None, {"text": "x"}), "annex-a") == [{"text": "x"}]
    assert content["annex_a"]["intro"] == []


def test_the_letter_is_shown_as_it_would_be_and_nothing_is_saved(visitors: Writers) -> None:
    one = draft(visitors.universe)
    address = text_address(one, "purpose")
    page = visitors.get("administrator", address).content.decode()
    fields = shown(page) | {"text": "Fresh words about {authority}."}
    said = read(visitors.post("administrator", address, fields | {"preview": "1"}))
    assert "Fresh words about Fernmoor Vale Council." in said and "<form" in said
    panel = read(visitors.typing("administrator", address, fields))
    assert "Fresh words about Fernmoor Vale Council." in panel and "<form" not in panel and "<html" not in panel
    wrong = fields | {"text": "Words about {nobody}."}
    panel = read(visitors.typing("administrator", address, wrong))
    assert "{nobody} is not a field" in panel and "<article" not in panel
    bare = read(visitors.typing("administrator", address, fields | {"sample": "bare"}))
    assert "There are no recommendations this year." in bare
    assert now(one).content == one.content


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("code", ["outcomes-2024", "scores-2022"])
def test_the_samples_try_every_condition(visitors: Writers, code: str, language: str) -> None:
    wording = published(code=code, language=language)
    visitors.universe.scheme(wording.scheme_code)
    pages = [
        read(visitors.get("auditor", reverse("wording-preview", args=[wording.pk]) + f"?sample={kind}"))
        for kind in ("full", "bare")
    ]
    for page in pages:
        assert f'lang="{language}"' in page and "Fernmoor Vale Council" in page
    assert pages[0] != pages[1]
    used = {one.removeprefix("not ") for block in wording.content["blocks"] for one in block["when"]}
    assert used <= set(CONDITIONS)


def test_a_stale_save_keeps_both(visitors: Writers) -> None:
    one = draft(visitors.universe)
    address = part_address(one, "opening")
    fields = shown(visitors.get("administrator", address).content.decode())
    visitors.post("administrator", address, fields | {"heading": "The first heading"})
    answer = visitors.post("administrator", address, fields | {"heading": "The second heading"})
    page = read(answer)
    assert answer.status_code == 409 and "The first heading" in page and "The second heading" in page
    assert now(one).content["heading"] == "The first heading"
    again = shown(answer.content.decode())
    assert again["heading"] == "The second heading"
    assert visitors.post("administrator", address, again).status_code == 302
    assert now(one).content["heading"] == "The second heading"


def test_a_text_that_was_removed_meanwhile_is_not_written_over_another(visitors: Writers) -> None:
    one = draft(visitors.universe)
    address = text_address(one, "share")
    fields = shown(visitors.get("administrator", address).content.decode()) | {"text": "Please share this widely."}
    place = [block["id"] for block in one.content["blocks"]].index("share")
    visitors.post(
        "administrator", reverse("wording-arrange", args=[one.pk, "letter"]), {"do": f"remove:{place}", "revision": 1}
    )
    answer = visitors.post("administrator", address, fields)
    assert answer.status_code == 409 and "Please share this widely." in read(answer)
    assert visitors.get("administrator", address).status_code == 404


def test_published_is_for_ever(visitors: Writers) -> None:
    universe = visitors.universe
    one = draft(universe)
    address = part_address(one, "opening")
    fields = shown(visitors.get("administrator", address).content.decode())
    publish = reverse("wording-publish", args=[one.pk])
    assert "it can never change" in read(visitors.get("administrator", publish))
    assert visitors.post("administrator", publish, {"revision": 7}).status_code == 200
    assert visitors.post("administrator", publish, {"revision": 1}).status_code == 302
    after = now(one)
    assert after.status == "published" and after.published_at is not None
    answer = visitors.post("administrator", address, fields | {"heading": "A heading too late"})
    assert answer.status_code == 409 and "A heading too late" in read(answer)
    assert visitors.get("administrator", address).status_code == 302
    with pytest.raises(NotEditable), as_actor(universe.administrator) as by:
        wording_actions.save_wording(
            by=by, at=universe.at, wording_id=one.pk, revision=after.revision, content=after.content
        )


def test_a_new_version_needs_a_name_of_its_own(visitors: Writers) -> None:
    address = reverse("wording-copy", args=[published().pk])
    assert "There is a version of this name already" in read(visitors.post("administrator", address, {"version": "1"}))
    answer = visitors.post("administrator", address, {"version": "2027 spring"})
    with all_rows():
        made = Wording.objects.get(version="2027 spring")
    assert answer["Location"] == reverse("wording", args=[made.pk])
    assert made.content["version"] == "2027 spring" and made.status == "draft"


@pytest.mark.parametrize("code", ["outcomes-2024", "scores-2022"])
@pytest.mark.parametrize("language", ["en", "cy"])
def test_a_download_loads_as_what_it_was(visitors: Writers, tmp_path: Path, code: str, language: str) -> None:
    universe = visitors.universe
    one = draft(universe, code=code, language=language)
    answer = visitors.get("auditor", reverse("wording-yaml", args=[one.pk]))
    file = tmp_path / "wording.yaml"
    file.write_bytes(answer.content)
    assert f"{code}-{language}-2.yaml" in answer["Content-Disposition"]
    with all_rows():
        wording, change, _published = actions.load_wording(file, by=universe.operator, at=universe.at, publish=False)
        assert (wording.pk, change) == (one.pk, Change.UNCHANGED)
        file.write_text(answer.content.decode().replace("version: '2'", "version: '3'", 1), encoding="utf-8")
        wording, change, _published = actions.load_wording(file, by=universe.operator, at=universe.at, publish=False)
    assert change == Change.CREATED and wording.content == one.content | {"version": "3"}
    assert WordingFile.model_validate(wording.content).version == "3"


def test_a_cycle_uses_what_is_chosen_for_it(visitors: Writers) -> None:
    universe = visitors.universe
    letter = universe.letter(LetterState.DRAFT)
    cycle = letter.assessment.cycle
    one = draft(universe)
    later = published().published_at
    assert later is not None
    with as_actor(universe.administrator) as by:
        wording_actions.publish_wording(by=by, at=later + timedelta(days=1), wording_id=one.pk, revision=1)
    address = reverse("cycle-wordings", args=[cycle.pk])
    fields = {"wording_en": published().pk, "was_en": 0, "wording_cy": "", "was_cy": 0}
    assert visitors.post("administrator", address, fields).status_code == 302
    with all_rows():
        row = CycleWording.objects.get()
        assert (row.wording_id, row.language) == (published().pk, "en")
        assert [wording.pk for wording in actions.wordings_for(letter.assessment)] == [published().pk]
    # Somebody who had the page open since before is asked again.
    answer = visitors.post("administrator", address, fields | {"wording_en": one.pk})
    assert "Somebody else chose" in read(visitors.get("administrator", answer["Location"]))
    visitors.post("administrator", address, fields | {"wording_en": "", "was_en": published().pk})
    with all_rows():
        assert not CycleWording.objects.exists() and CycleWording.history.count() == 2
        assert [wording.pk for wording in actions.wordings_for(letter.assessment)] == [one.pk]
    assert visitors.get("auditor", address).status_code == 200
    assert visitors.post("auditor", address, fields).status_code == 403
    # A letter that is begun keeps its wording until whoever drafts it takes the one in force.
    edit = reverse("letter-edit", args=[letter.pk])
    assert "Letter of outcomes, head of unit to chief executive, 2 (English)" in read(visitors.get("adviser", edit))
    assert edition_of(letter).wording_id == published().pk
    visitors.post("adviser", reverse("letter-wordings", args=[letter.pk]), {})
    assert edition_of(letter).wording_id == one.pk
    assert "Use it in this draft" not in read(visitors.get("adviser", edit))


def test_a_wording_of_another_scheme_or_a_draft_cannot_be_chosen(visitors: Writers) -> None:
    universe = visitors.universe
    cycle = universe.cycle()
    one = draft(universe)
    for wrong in (one, published(code="scores-2022"), published(language="cy")):
        with pytest.raises(Unfit), as_actor(universe.administrator) as by:
            wording_actions.choose_wording(
                by=by, at=universe.at, cycle_id=cycle.pk, language="en", wording_id=wrong.pk, was=0
            )
    with pytest.raises(Stale), as_actor(universe.administrator) as by:
        wording_actions.choose_wording(
            by=by, at=universe.at, cycle_id=cycle.pk, language="en", wording_id=published().pk, was=one.pk
        )


def test_what_names_a_wording_is_not_changed_by_writing_it(universe: Universe) -> None:
    load_wordings()
    one = draft(universe)
    with as_actor(universe.administrator) as by:
        saved = wording_actions.save_wording(
            by=by,
            at=universe.at,
            wording_id=one.pk,
            revision=1,
            content=one.content | {"version": "9", "scheme": "la-10", "language": "cy", "name": "Other"},
        )
    assert (saved.content["version"], saved.content["scheme"], saved.content["language"]) == ("2", "la-8", "en")
    assert saved.name == "Other"
