"""The Welsh of a letter: what is translated, what stands in English and says so, and the two files."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pikepdf
import pypdf
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from ruamel.yaml import YAML

from assurance.actions import quality
from assurance.vocabulary import LetterState, Role, State
from assurance.workflow import Blocked
from letters import actions, approval, translation_actions
from letters.content import contents_of
from letters.models import Edition, Letter, LetterTranslation, Wording
from letters.pdf.fonts import unsettable
from letters.pdf.graft import elements
from letters.queries import letter_quality
from letters.translation_actions import Written
from letters.translation_queries import TranslationPage, translation_page
from letters.wording_format import parse
from tests.conftest import FIXTURES
from tests.letters.stages import PARTS, Stages, in_wales
from tests.matrices.world import Visitors
from tests.universe import Universe, all_rows, as_actor


@pytest.fixture
def stages(universe: Universe) -> Stages:
    """Letters about Alder, which lies in Wales here."""
    in_wales(universe)
    return Stages(universe)


def page_of(stages: Stages, letter: Letter) -> TranslationPage:
    with as_actor(stages.universe.adviser) as by:
        return translation_page(by, letter.pk)


def welsh_of(english: str) -> str:
    return f"Ŵyneb ŷd: {english}"


def translate(stages: Stages, letter: Letter, *keys: str) -> None:
    """Translate every text of the letter, or those of these keys."""
    page = page_of(stages, letter)
    written = [
        Written(key=one.key, text=welsh_of(one.english), version=one.version, english=one.digest)
        for one in page.lines
        if not keys or one.key in keys
    ]
    with as_actor(stages.universe.adviser) as by:
        translation_actions.save_translations(by=by, at=stages.universe.at, letter_id=letter.pk, written=written)


def codes(stages: Stages, letter: Letter) -> list[str]:
    with as_actor(stages.universe.adviser) as by:
        return sorted(one.finding.code for one in letter_quality(by, letter.pk).found.open)


def overrule(stages: Stages, letter: Letter) -> None:
    with as_actor(stages.universe.adviser) as by:
        page = letter_quality(by, letter.pk)
        quality.overrule(
            by=by,
            at=stages.universe.at,
            assessment_id=page.assessment.pk,
            overrulings=[
                quality.Overruling(
                    code=one.finding.code, subject=one.finding.subject, digest=one.finding.digest, reason="Agreed."
                )
                for one in page.found.open
            ],
            further=page.further,
        )


def content(stages: Stages, letter: Letter) -> Any:
    with all_rows():
        found = Letter.objects.select_related("authority", "assessment__cycle", "replaces").get(pk=letter.pk)
        return {edition.language: one for edition, one in contents_of(found, stages.universe.at.date())}["cy"]


def read(edition: Edition) -> tuple[bytes, str]:
    """The file of an edition, and what it says."""
    with default_storage.open(edition.file.name) as file:
        data = file.read()
    return data, " ".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(data)).pages)


def drafted(stages: Stages, **parts: Any) -> Letter:
    return stages.complete(stages.drafted(), **parts)


def test_a_letter_is_translated_approved_and_issued_in_two_files(stages: Stages) -> None:
    letter = drafted(stages)
    translate(stages, letter)
    assert codes(stages, letter) == ["unchecked_wording"]
    overrule(stages, letter)
    universe = stages.universe
    with as_actor(universe.adviser) as by:
        actions.send_for_approval(by=by, at=universe.at, letter_id=letter.pk)
    stages.approved_from(letter, lambda letter_id, authority_id: None)
    assert universe.make_file(letter.pk, universe.alder) is not None
    with all_rows():
        english, welsh = Edition.objects.filter(letter=letter)
    assert (english.language, welsh.language) == ("en", "cy")
    assert english.sha256 != welsh.sha256
    data, said = read(welsh)
    for text in ("Annwyl Jo", "Ŵyneb ŷd: A good year.", "Argymhellion", "Y Swyddfa Gartref", "Atodiad A"):
        assert text in " ".join(said.split())
    month = welsh.wording.content["dates"]["months"][universe.at.month - 1]
    assert f"{universe.at.day} {month} {universe.at.year}" in said
    with pikepdf.open(BytesIO(data)) as pdf:
        assert str(pdf.Root.Lang) == "cy"
        # All of it is Welsh, the criteria too.
        assert not [one for one in elements(pdf) if "/Lang" in one]
    assert "Annwyl" not in read(english)[1]
    visitors = Visitors(universe)
    for language, name in (("en", "-1.pdf"), ("cy", "-1-cy.pdf")):
        answer = visitors.get("lead", reverse("letter-pdf", args=[letter.pk]) + f"?language={language}")
        assert name in answer["Content-Disposition"]


def test_a_text_without_welsh_stands_in_english_and_says_so(stages: Stages) -> None:
    letter = drafted(stages)
    translate(stages, letter, "benchmark:1:summary", "recommendation:0:text")
    frozen = content(stages, letter)
    first, second = frozen.annex_a.rows[:2]
    assert (first.summary, first.langs) == (welsh_of("Summary for benchmark 1."), {"comments": "en"})
    assert second.langs == {"summary": "en", "comments": "en"}
    assert first.title == "Grŵp partneriaeth amlasiantaeth" and first.outcome == "Wedi’i gyflawni"
    summary = next(block for block in frozen.blocks if block.text == "A good year.")
    assert summary.langs == {"text": "en"}
    assert frozen.addressee.langs == {"title": "en", "organisation": "en"}
    assert frozen.langs["cc.0"] == "en"
    level = frozen.annex_b.benchmarks[0].levels[0]
    assert level.langs == {} and frozen.annex_b.benchmarks[0].langs == {}
    assert level.label == "Heb ei gyflawni" and level.criteria[0].text.startswith("Nid oes neb")
    page = Visitors(stages.universe).get("adviser", reverse("letter", args=[letter.pk]) + "?language=cy")
    said = page.content.decode()
    assert '<div class="govuk-body" lang="en"><p>A good year.</p></div>' in said
    assert f"<div><p>{welsh_of('Summary for benchmark 1.')}" not in said
    assert "untranslated" in codes(stages, letter)


def test_what_the_wording_gives_by_default_needs_no_translation(stages: Stages) -> None:
    letter = stages.drafted()
    letter = drafted_with(stages, letter, sender_title=letter.sender_title, sender_unit=letter.sender_unit)
    keys = {one.key for one in page_of(stages, letter).lines}
    assert not keys & {"sender_title", "sender_unit", "sender_organisation"}
    assert content(stages, letter).sender.title == "Pennaeth yr uned"
    letter = drafted_with(stages, letter, sender_title="Deputy head")
    assert "sender_title" in {one.key for one in page_of(stages, letter).lines}
    assert content(stages, letter).sender.langs == {"title": "en"}


def drafted_with(stages: Stages, letter: Letter, **parts: Any) -> Letter:
    return stages.complete(letter, **(PARTS | parts))


def test_english_that_changed_flags_its_welsh_until_somebody_looks(stages: Stages) -> None:
    letter = drafted(stages)
    translate(stages, letter)
    assert "outdated" not in codes(stages, letter)
    letter = drafted_with(stages, letter, summary="A better year.")
    assert "outdated" in codes(stages, letter)
    assert welsh_of("A good year.") in {block.text for block in content(stages, letter).blocks}
    (changed,) = [one for one in page_of(stages, letter).lines if one.outdated]
    visitors = Visitors(stages.universe)
    address = reverse("letter-translation", args=[letter.pk])
    fields = posted(page_of(stages, letter))
    assert visitors.post("adviser", address, fields)["Location"] == address
    assert "outdated" in codes(stages, letter)
    visitors.post("adviser", address, fields | {f"still_{changed.slug}": "on"})
    assert "outdated" not in codes(stages, letter)
    with all_rows():
        assert LetterTranslation.objects.get(key="summary").text == welsh_of("A good year.")


def posted(page: TranslationPage, **texts: str) -> dict[str, Any]:
    """The form as the page shows it, with some texts typed in."""
    fields: dict[str, Any] = {}
    for one in page.lines:
        fields[f"text_{one.slug}"] = texts.get(one.key, one.welsh)
        fields[f"version_{one.slug}"] = one.version
        fields[f"english_{one.slug}"] = one.digest
    return fields


def test_two_people_translate_and_neither_loses_a_word(stages: Stages) -> None:
    letter = drafted(stages)
    shown = page_of(stages, letter)
    visitors = Visitors(stages.universe)
    address = reverse("letter-translation", args=[letter.pk])
    visitors.post("adviser", address, posted(shown, summary="Testun un."))
    answer = visitors.post("adviser", address, posted(shown, summary="Testun dau.", authority="Cyngor Gwern"))
    said = answer.content.decode()
    assert answer.status_code == 409 and "Testun un." in said and "Testun dau." in said
    with all_rows():
        assert dict(LetterTranslation.objects.values_list("key", "text")) == {
            "summary": "Testun un.",
            "authority": "Cyngor Gwern",
        }
    visitors.post("adviser", address, posted(page_of(stages, letter), summary="Testun dau."))
    with all_rows():
        row = LetterTranslation.objects.get(key="summary")
        assert row.text == "Testun dau." and "Testun un." in {one.text for one in row.history.all()}


def test_a_box_that_nobody_touched_says_nothing_against_another_text(stages: Stages) -> None:
    letter = drafted(stages)
    translate(stages, letter, "summary", "authority")
    shown = page_of(stages, letter)
    visitors = Visitors(stages.universe)
    address = reverse("letter-translation", args=[letter.pk])
    visitors.post("adviser", address, posted(shown, summary="Newydd."))
    assert visitors.post("adviser", address, posted(shown, authority="Cyngor Gwern")).status_code == 302
    with all_rows():
        assert dict(LetterTranslation.objects.values_list("key", "text")) == {
            "summary": "Newydd.",
            "authority": "Cyngor Gwern",
        }


def test_a_text_that_cannot_be_printed_is_refused_at_its_box(stages: Stages) -> None:
    letter = drafted(stages)
    address = reverse("letter-translation", args=[letter.pk])
    fields = posted(page_of(stages, letter), summary="W" * 200, authority="Cyngor Gwern")
    answer = Visitors(stages.universe).post("adviser", address, fields)
    said = answer.content.decode()
    assert answer.status_code == 200 and 'href="#id_text_summary"' in said and "Cyngor Gwern" in said
    with all_rows():
        assert not LetterTranslation.objects.exists()


def test_what_was_typed_when_the_letter_moved_on_is_shown(stages: Stages) -> None:
    letter = drafted(stages)
    overrule(stages, letter)
    fields = posted(page_of(stages, letter), summary="Blwyddyn dda.")
    with as_actor(stages.universe.adviser) as by:
        actions.send_for_approval(by=by, at=stages.universe.at, letter_id=letter.pk)
    answer = Visitors(stages.universe).post("adviser", reverse("letter-translation", args=[letter.pk]), fields)
    assert answer.status_code == 409 and "Blwyddyn dda." in answer.content.decode()


def test_the_warnings_keep_the_letter_back(stages: Stages) -> None:
    letter = drafted(stages)
    assert codes(stages, letter) == ["unchecked_wording", "untranslated"]
    with pytest.raises(Blocked), as_actor(stages.universe.adviser) as by:
        actions.send_for_approval(by=by, at=stages.universe.at, letter_id=letter.pk)
    page = Visitors(stages.universe).get("adviser", reverse("letter-quality", args=[letter.pk])).content.decode()
    assert "texts have no Welsh" in page and reverse("letter-translation", args=[letter.pk]) in page
    overrule(stages, letter)
    assert codes(stages, letter) == []
    # Another text is missing now, so what was overruled does not hold for it.
    letter = drafted_with(stages, letter, summary="Another year.")
    assert codes(stages, letter) == ["untranslated"]


def test_a_translation_that_names_another_authority_is_warned_of(stages: Stages) -> None:
    letter = drafted(stages)
    page = page_of(stages, letter)
    one = next(line for line in page.lines if line.key == "summary")
    written = [Written(key=one.key, text="Blwyddyn dda, fel yn Birch.", version=0, english=one.digest)]
    with as_actor(stages.universe.adviser) as by:
        translation_actions.save_translations(by=by, at=stages.universe.at, letter_id=letter.pk, written=written)
    assert "other_authority" in codes(stages, letter)
    shown = Visitors(stages.universe).get("adviser", reverse("letter-quality", args=[letter.pk])).content.decode()
    assert "“Birch”" in shown
    overrule(stages, letter)
    assert codes(stages, letter) == []


def test_whoever_translated_a_letter_does_not_approve_it(stages: Stages) -> None:
    universe = stages.universe
    stages.give(universe.other_adviser, Role.ADVISER, universe.alder)
    stages.give(universe.other_adviser, Role.SIGNATORY)
    letter = drafted(stages)
    with as_actor(universe.other_adviser) as by:
        page = translation_page(by, letter.pk)
        one = next(line for line in page.lines if line.key == "summary")
        written = [Written(key=one.key, text="Blwyddyn dda.", version=0, english=one.digest)]
        translation_actions.save_translations(by=by, at=universe.at, letter_id=letter.pk, written=written)
    overrule(stages, letter)
    with as_actor(universe.adviser) as by:
        actions.send_for_approval(by=by, at=universe.at, letter_id=letter.pk)
    with pytest.raises(Blocked), as_actor(universe.other_adviser) as by:
        actions.approve(by=by, at=universe.at, letter_id=letter.pk, enqueue=lambda one, other: None)
    # The queue knows it before, and leaves the letter out of what they approve at once.
    for who, mine in ((universe.other_adviser, True), (universe.signatory, False)):
        with as_actor(who) as by:
            found = approval.chosen(by, None, approval.Filters())
            assert bool(found.mine) is mine and bool(found.letters) is not mine


def test_a_correction_begins_with_the_welsh_of_the_letter_before(stages: Stages) -> None:
    universe = stages.universe
    letter = drafted(stages)
    translate(stages, letter, "summary", "authority", "cc")
    overrule(stages, letter)
    with as_actor(universe.adviser) as by:
        actions.send_for_approval(by=by, at=universe.at, letter_id=letter.pk)
    stages.approved_from(letter, lambda letter_id, authority_id: None)
    universe.make_file(letter.pk, universe.alder)
    with as_actor(universe.adviser) as by:
        again = actions.draft_letter(
            by=by, at=universe.at, assessment_id=letter.assessment_id, correction_reason="A wrong name."
        )
    lines = {one.key: one for one in page_of(stages, again).lines}
    assert lines["summary"].welsh == welsh_of("A good year.") and not lines["summary"].outdated
    assert lines["benchmark:1:summary"].welsh == ""
    again = drafted_with(stages, again, summary="A worse year.")
    lines = {one.key: one for one in page_of(stages, again).lines}
    assert lines["summary"].outdated and lines["summary"].welsh == welsh_of("A good year.")


def test_a_letter_without_welsh_wording_says_so_and_takes_it_when_it_is_published(universe: Universe) -> None:
    in_wales(universe)
    stages = object.__new__(Stages)
    stages.universe = universe
    universe.wording()
    letter = drafted(stages)
    assert codes(stages, letter) == ["no_wording"]
    assert page_of(stages, letter).newer == ()
    Stages(universe)
    visitors = Visitors(universe)
    assert (
        "Use it in this draft"
        in visitors.get("adviser", reverse("letter-translation", args=[letter.pk])).content.decode()
    )
    visitors.post("adviser", reverse("letter-wordings", args=[letter.pk]), {})
    assert codes(stages, letter) == ["unchecked_wording", "untranslated"]
    assert page_of(stages, letter).newer == ()


def test_scheme_text_of_another_version_gives_only_titles_and_labels(stages: Stages) -> None:
    letter = drafted(stages)
    with all_rows():
        welsh = Wording.objects.get(code="outcomes-2024", language="cy")
        text = welsh.content["scheme_text"] | {"version": "another"}
        changed = Wording.objects.create(
            code="other", language="cy", version="1", name="Other", scheme_code="la-8",
            content=welsh.content | {"scheme_text": text}, digest="0" * 64,
        )  # fmt: skip
        Edition.objects.filter(letter=letter, language="cy").update(wording=changed)
    frozen = content(stages, letter)
    first = frozen.annex_b.benchmarks[0]
    assert first.title == "Grŵp partneriaeth amlasiantaeth" and first.langs == {"statement": "en"}
    assert first.levels[0].langs == {"criteria": "en"} and first.levels[0].label == "Heb ei gyflawni"
    assert "scheme_in_english" in codes(stages, letter)
    address = reverse("letter-translation", args=[letter.pk])
    assert "Partly in English" in Visitors(stages.universe).get("adviser", address).content.decode()
    with all_rows():
        text["benchmarks"].append({"number": 99, "title": "Dim"})
        Wording.objects.filter(pk=changed.pk).update(content=welsh.content | {"scheme_text": text})
    assert content(stages, letter).annex_b.benchmarks[0].langs == {"title": "en", "statement": "en"}


def test_the_authority_reads_both_languages_while_it_checks_the_draft(stages: Stages) -> None:
    letter = drafted(stages)
    translate(stages, letter, "summary")
    with as_actor(stages.universe.adviser) as by:
        actions.send_for_check(by=by, at=stages.universe.at, letter_id=letter.pk)
    visitors = Visitors(stages.universe)
    address = reverse("letter", args=[letter.pk])
    welsh = visitors.get("lead", f"{address}?language=cy").content.decode()
    assert welsh_of("A good year.") in welsh and "Annwyl Jo" in welsh and "Welsh of the letter" not in welsh
    assert welsh_of("A good year.") not in visitors.get("lead", address).content.decode()


def test_criteria_of_another_shape_stand_in_english(stages: Stages) -> None:
    letter = drafted(stages)
    with all_rows():
        welsh = Wording.objects.get(code="outcomes-2024", language="cy")
        text = json.loads(json.dumps(welsh.content["scheme_text"]))
        text["benchmarks"][0]["criteria"]["met"].pop()
        changed = Wording.objects.create(
            code="other", language="cy", version="1", name="Other", scheme_code="la-8",
            content=welsh.content | {"scheme_text": text}, digest="0" * 64,
        )  # fmt: skip
        Edition.objects.filter(letter=letter, language="cy").update(wording=changed)
    levels = content(stages, letter).annex_b.benchmarks[0].levels
    assert [one.langs for one in levels] == [{}, {"criteria": "en"}, {}]


def test_a_letter_in_english_alone_has_no_welsh_page(universe: Universe) -> None:
    stages = Stages(universe)
    letter = drafted(stages)
    visitors = Visitors(universe)
    assert visitors.get("adviser", reverse("letter-translation", args=[letter.pk])).status_code == 404
    assert "Welsh of the letter" not in visitors.get("adviser", reverse("letter", args=[letter.pk])).content.decode()


def test_the_authority_and_strangers_do_not_reach_the_page(stages: Stages) -> None:
    letter = drafted(stages)
    visitors = Visitors(stages.universe)
    address = reverse("letter-translation", args=[letter.pk])
    said = {who: visitors.get(who, address).status_code for who in ("lead", "stranger", "signatory", "adviser")}
    assert said == {"lead": 403, "stranger": 404, "signatory": 200, "adviser": 200}
    page = visitors.get("signatory", address).content.decode()
    assert "<textarea" not in page
    assert visitors.post("signatory", address, {}).status_code == 403


def test_pages_state(stages: Stages) -> None:
    """An assessment that is under review again has nothing to translate, and the page says so."""
    letter = drafted(stages)
    with all_rows():
        type(letter.assessment).objects.filter(pk=letter.assessment_id).update(state=State.IN_REVIEW)
    page = page_of(stages, letter)
    assert page.groups == () and "under review again" in page.problem
    assert letter.state == LetterState.DRAFT


@pytest.mark.parametrize("name", ["outcomes-2024", "scores-2022"])
def test_the_welsh_that_ships_is_the_english_letter_and_can_be_printed(name: str) -> None:
    english, welsh = (parse(FIXTURES / "wording" / f"{one}.yaml") for one in (name, f"{name}.cy"))
    assert (welsh.language, welsh.is_checked, english.is_checked) == ("cy", False, True)
    assert (welsh.code, welsh.version, welsh.scheme) == (english.code, english.version, english.scheme)
    shape = [[(one.id, one.kind, one.when, one.items) for one in file.blocks] for file in (english, welsh)]
    assert shape[0] == shape[1]
    assert [set(one.names()) for one in welsh.blocks] == [set(one.names()) for one in english.blocks]
    assert [one.fields for one in welsh.annex_a.columns] == [one.fields for one in english.annex_a.columns]
    assert unsettable(welsh.model_dump_json()) == []
    assert "ŵ" in welsh.model_dump_json()
    scheme = YAML(typ="safe").load((FIXTURES / "schemes" / f"{welsh.scheme}.yaml").read_text(encoding="utf-8"))
    words = welsh.scheme_text
    assert words is not None and words.version == scheme["version"]
    assert set(words.levels) == {level["code"] for level in scheme["scale"]}
    assert [one.number for one in words.benchmarks if one.title and one.statement] == [
        one["number"] for one in scheme["benchmarks"]
    ]
