"""A board pack from an issued letter: what goes in, who may have it, and what of the region is hidden."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pypdf
import pytest
from django.urls import reverse
from pptx import Presentation

from assurance import access, store
from assurance.actions import documents, points
from assurance.actions.refusals import NotEditable, Stale, Unfit
from assurance.insights.calibration import FEWEST
from assurance.models import (
    AgreedOutcome,
    Assessment,
    Authority,
    Document,
    Event,
    Membership,
    Strength,
    Succession,
)
from assurance.vocabulary import Answer, Audience, Basis, DocumentKind, LetterState, Making, State
from letters.board.actions import LONGEST, save_pack
from letters.board.content import BoardContent
from letters.board.queries import board_content, board_page, texts_of
from letters.models import BoardPack, Edition, Letter
from letters.pdf import Content
from letters.tasks import make_board_pack
from tests.matrices.world import Visitors, overrule_all
from tests.universe import Universe, all_rows, as_actor, forget_scope

STRENGTH = "They know their places."
NAMED = "They read the CTLP, and Cllr Ann Example thanked them."
RECOMMENDED = [
    points.NewRecommendation("Write the plan down.", heading="Plan", benchmarks=(2,), owners=("Head of safety",),
                             due_on=date(2026, 5, 1)),
    points.NewRecommendation("Train everybody.", owners=("Conrad Gray",)),
]  # fmt: skip
MAKERS_OF_PACKS = ("lead", "viewer", "adviser", "manager", "signatory")
ADDRESS = "letter-board"


@pytest.fixture
def letter(universe: Universe) -> Letter:
    """Alder's letter of la-8, in its first year."""
    return issued(universe)


def issued(universe: Universe) -> Letter:
    """An issued letter with two strengths and two recommendations."""
    assessment = universe.assessment(State.IN_REVIEW)
    with as_actor(universe.adviser) as by:
        common: dict[str, Any] = {"by": by, "at": universe.at, "assessment_id": assessment.pk}
        token = points.list_token(())
        points.save_strengths(token=token, texts=[STRENGTH, NAMED], **common)
        points.save_recommendations(token=token, recommendations=RECOMMENDED, **common)
    universe.assessment(State.AGREED)
    overrule_all(universe, assessment)
    return universe.letter(LetterState.ISSUED)


def packed(universe: Universe, letter: Letter, who: str = "lead") -> BoardContent:
    """What this person's pack says."""
    with as_actor(universe.cast[who]) as by:
        return board_content(by, letter.assessment_id)


def choose(universe: Universe, letter: Letter, who: str = "lead", version: int = 0, **chosen: Any) -> BoardPack:
    """Include everything but what is named, such as ``strength_2=("leave", "")``."""
    with all_rows():
        choices = {one.key: ("include", "") for one in texts_of(letter)}
    with as_actor(universe.cast[who]) as by:
        choices |= {key.replace("_", "-"): value for key, value in chosen.items()}
        return save_pack(by=by, at=universe.at, letter_id=letter.pk, version=version, choices=choices)


def texts(section: Any) -> list[str]:
    return [one.text for one in section.passages]


# Outcomes


def test_outcomes_are_those_of_the_letter_with_their_count(universe: Universe, letter: Letter) -> None:
    pack = packed(universe, letter)
    with all_rows():
        content = Content.model_validate(Edition.objects.get(letter=letter).content)
    assert [row.now for row in pack.outcomes.rows] == [row.outcome for row in content.annex_a.rows]
    assert pack.outcomes.lede[0] == "7 of 7 scored benchmarks met or exceeded"
    assert pack.outcomes.lede[1] == "Counted: every benchmark that has an outcome. Not counted: benchmark 5 (N/A)."
    assert (pack.date, pack.authority, pack.marking) == (content.date, universe.alder.name, content.marking)


def test_a_first_year_compares_nothing(universe: Universe, letter: Letter) -> None:
    outcomes = packed(universe, letter).outcomes
    assert not outcomes.compares
    assert "first year" in outcomes.lede[-1]


def test_last_year_stands_beside_this_one(universe: Universe) -> None:
    before = universe.last_year()
    letter = issued(universe)
    with all_rows():
        levels = {one.code: one for one in universe.scheme().levels}
        rows = {row.benchmark.number: row for row in AgreedOutcome.objects.filter(assessment=before)}
        for number, code in ((1, "not_met"), (2, "exceeding")):
            rows[number].level_id = levels[code].id
            rows[number].save()
        rows[3].answer, rows[3].level = Answer.UNKNOWN, None
        rows[4].answer, rows[4].level = Answer.NOT_APPLICABLE, None
        rows[3].save()
        rows[4].save()
    outcomes = packed(universe, letter).outcomes
    assert outcomes.columns == ["Benchmark", "2025/26", "2024/25", "Change"]
    found = [(row.before, row.change) for row in outcomes.rows]
    assert found[:5] == [
        ("Not met", "Higher"),
        ("Exceeding", "Lower"),
        ("Not known", "No comparison"),
        ("Not applicable", "No comparison"),
        ("Not applicable", "No comparison"),
    ]
    assert set(found[5:]) == {("Met", "Same")}
    assert outcomes.lede[-1] == "2024/25: 4 of 5 scored benchmarks met or exceeded"
    assert not outcomes.is_broken


def test_another_scheme_is_an_estimate_beyond_a_break(universe: Universe) -> None:
    before = universe.last_year("la-10")
    letter = issued(universe)
    with all_rows():
        scheme = universe.scheme("la-10")
        rows = {row.benchmark.number: row for row in AgreedOutcome.objects.filter(assessment=before)}
        points_of = {one.points: one.id for one in scheme.levels}
        rows[6].level_id, rows[8].level_id = points_of[5], points_of[2]
        rows[6].save()
        rows[8].save()
        rows[9].answer, rows[9].level = Answer.UNKNOWN, None
        rows[9].save()
    outcomes = packed(universe, letter).outcomes
    assert outcomes.is_broken
    assert outcomes.columns[2:] == ["2024/25 (estimate)", "Change (estimate)"]
    found = {row.title[0]: (row.before, row.change) for row in outcomes.rows}
    assert found["7"] == ("Does not meet the duty", "Higher"), "of 6 and 8 the lowest wins"
    assert found["8"] == ("Not known", "No comparison"), "one of 9 and 10 is a gap"
    assert found["1"] == ("Meets the duty", "Same")
    assert not any(character.isdigit() for row in outcomes.rows for character in row.before)


@pytest.mark.parametrize(("taken_over", "compares"), [(date(2025, 4, 1), False), (date(2024, 4, 1), True)])
def test_a_successor_has_no_comparison_with_the_time_before(
    universe: Universe, taken_over: date, compares: bool
) -> None:
    universe.last_year()
    letter = issued(universe)
    with all_rows():
        Succession.objects.create(predecessor=universe.cedar, successor=universe.alder, date=taken_over)
    outcomes = packed(universe, letter).outcomes
    assert outcomes.compares == compares
    assert outcomes.lede[-1].startswith("No comparison") != compares


def test_a_successor_in_its_first_year_says_so(universe: Universe, letter: Letter) -> None:
    with all_rows():
        Succession.objects.create(predecessor=universe.cedar, successor=universe.alder, date=date(2025, 4, 1))
    assert packed(universe, letter).outcomes.lede[-1].startswith("No comparison: this authority took over")


def test_a_record_that_differs_from_its_letter_is_not_put_on_slides(universe: Universe, letter: Letter) -> None:
    with all_rows():
        row = AgreedOutcome.objects.get(assessment=letter.assessment, benchmark__number=1)
        level, row.level_id = row.level_id, universe.scheme().levels[-1].id
        row.save()
    with pytest.raises(ValueError, match="differ on benchmark 1"):
        packed(universe, letter)
    with all_rows():
        row.level_id = level
        row.save()
        Strength.objects.filter(text=STRENGTH).update(text="Another.")
    with pytest.raises(ValueError, match="does not say"):
        packed(universe, letter)


# Texts and choices


def test_what_was_found_something_in_is_left_out_unless_somebody_decides(universe: Universe, letter: Letter) -> None:
    pack = packed(universe, letter)
    assert texts(pack.strengths) == [STRENGTH]
    assert pack.strengths.lede == ["1 of the 2 in the letter is not shown in this pack."]
    assert pack.summary is not None and texts(pack.summary) == ["A year of steady work."]
    first, second = pack.recommendations.passages
    assert (first.heading, first.text) == ("Recommendation 1: Plan", "Write the plan down.")
    assert first.facts == ["To be done by 1 May 2026"], "a name is among the owners, so none is shown"
    assert second.facts == []
    assert pack.follow_ups is None


def test_what_was_chosen_goes_in(universe: Universe, letter: Letter) -> None:
    words = ("edit", "  They read a\x07 profile. ")
    choose(universe, letter, summary=("leave", ""), strength_1=("leave", ""), strength_2=words)
    pack = packed(universe, letter)
    assert pack.summary is None
    assert texts(pack.strengths) == ["They read a profile."]
    assert len(pack.strengths.lede) == 2
    assert [one.facts for one in pack.recommendations.passages] == [
        ["Owner: Head of safety", "To be done by 1 May 2026"],
        ["Owner: Conrad Gray"],
    ]
    assert texts(packed(universe, letter, "viewer").strengths) == [STRENGTH], "what somebody else chose is theirs"
    with all_rows():
        content = Edition.objects.get(letter=letter).content
        assert NAMED in str(content)
        assert Strength.objects.filter(text=NAMED).exists()


def test_last_years_recommendations_say_what_became_of_them(universe: Universe) -> None:
    universe.last_year()
    pack = packed(universe, issued(universe))
    assert pack.follow_ups is not None
    (one,) = pack.follow_ups.passages
    assert (one.text, one.facts) == ("Write the risks down.", ["The authority says: not answered"])
    assert "0 of the 1 recommendations of 2024/25" in pack.follow_ups.lede[0]


def test_choices_are_checked_kept_and_never_overwritten(universe: Universe, letter: Letter) -> None:
    with pytest.raises(Unfit, match="Choose"):
        choose(universe, letter, strength_1=("", ""))
    with pytest.raises(Unfit, match="Choose"):
        choose(universe, letter, owners=("edit", "Nobody"))
    with pytest.raises(Unfit) as refusal:
        choose(universe, letter, strength_1=("edit", " \n"))
    assert refusal.value.field == "text_strength-1"
    with pytest.raises(Unfit):
        choose(universe, letter, strength_1=("edit", "a " * LONGEST))
    first = choose(universe, letter, strength_1=("edit", "Own words."), nothing_9=("edit", "Not a text"))
    assert "nothing-9" not in first.choices
    with pytest.raises(Stale):
        choose(universe, letter)
    assert choose(universe, letter, version=1, strength_1=("edit", "Own words.")).version == 1, "nothing changed"
    assert choose(universe, letter, version=1).version == 2
    with all_rows():
        pack = BoardPack.objects.get()
        assert [one.version for one in pack.history.order_by("history_id")] == [1, 2]
        noted = Event.objects.filter(name="board_pack")
        assert {one.audience for one in noted} == {Audience.AUTHORITY}
        assert len(noted) == 2
    choose(universe, letter, "adviser")
    with all_rows():
        assert Event.objects.filter(name="board_pack").latest("pk").audience == Audience.HOME_OFFICE


def test_words_of_ones_own_are_looked_at_too(universe: Universe, letter: Letter) -> None:
    choose(universe, letter, strength_1=("edit", "The STC is done."), strength_2=("edit", "They read a profile."))
    with as_actor(universe.lead) as by:
        found = {one.key: [hint.kind for hint in one.findings] for one in board_page(by, letter.pk).texts}
    assert found["strength-1"] == ["security"]
    assert found["strength-2"] == []


def test_names_of_the_letter_and_of_its_people_are_found(universe: Universe) -> None:
    with all_rows():
        Membership.objects.filter(person=universe.viewer).update(ends=universe.at.date())
    assessment = universe.assessment(State.IN_REVIEW)
    named = ["Cora Chief helped.", "Lena Lead helped.", "Vera Viewer helped.", "Otto Lead helped."]
    with as_actor(universe.adviser) as by:
        token = points.list_token(())
        points.save_strengths(by=by, at=universe.at, assessment_id=assessment.pk, token=token, texts=named)
    universe.assessment(State.AGREED)
    overrule_all(universe, assessment)
    letter = universe.letter(LetterState.ISSUED)
    with as_actor(universe.lead) as by:
        found = [len(one.findings) for one in board_page(by, letter.pk).texts if one.key.startswith("strength")]
    assert found == [1, 1, 1, 0], "the last one has nothing to do with Alder"


# The region


def region(universe: Universe, letter: Letter, levels: list[dict[int, str]], where: str = "North") -> None:
    """More authorities of a region, each agreed with these levels by benchmark ("met" where none is named)."""
    scheme, cycle = universe.scheme(), letter.assessment.cycle
    by_code = {one.code: one.id for one in scheme.levels}
    with all_rows():
        for number, named in enumerate(levels):
            authority = Authority.objects.create(
                programme=universe.programme, gss_code=f"E2{where[0]}{number:06}", name=f"{where} {number}",
                short_name=f"{where} {number}", type="County", nation="England", region=where,
            )  # fmt: skip
            assessment = Assessment.objects.create(
                authority=authority, cycle=cycle, state=State.AGREED, state_since=universe.at
            )
            AgreedOutcome.objects.bulk_create(
                AgreedOutcome(
                    authority=authority, assessment=assessment, benchmark_id=one.id, basis=Basis.AGREED,
                    answer=Answer.NOT_APPLICABLE if place == 5 else Answer.OUTCOME,
                    level_id=None if place == 5 else by_code[named.get(place, "met")],
                )
                for place, one in scheme.benchmarks.items()
            )  # fmt: skip


def agree_birch(universe: Universe) -> None:
    universe.assessment(State.AGREED, authority=universe.birch)


def test_a_region_is_not_shown_before_all_of_it_is_agreed(universe: Universe, letter: Letter) -> None:
    region(universe, letter, [{}] * 12)
    shown = packed(universe, letter).region
    assert shown.rows == []
    assert shown.lede[0] == "Not shown yet: 13 of the 14 authorities in the region have agreed outcomes."


def test_a_small_region_is_hidden_whole(universe: Universe, letter: Letter) -> None:
    agree_birch(universe)
    region(universe, letter, [{}] * (FEWEST - 3))
    shown = packed(universe, letter).region
    assert (shown.rows, shown.columns) == ([], [])
    assert "too few" in shown.lede[1]


def test_a_region_of_which_no_number_may_be_shown_has_no_chart(universe: Universe, letter: Letter) -> None:
    """Ten that all met everything: that none did anything else would be ten times known."""
    agree_birch(universe)
    region(universe, letter, [{}] * 8)
    shown = packed(universe, letter).region
    assert (shown.rows, shown.columns) == ([], [])
    assert "too few with each outcome" in shown.lede[1]


def test_a_region_is_counted_by_standing_and_names_nobody(universe: Universe, letter: Letter) -> None:
    agree_birch(universe)
    some = [dict.fromkeys(range(1, 9), "exceeding") for _one in range(6)]
    some += [dict.fromkeys(range(1, 9), "not_met") for _one in range(5)]
    region(universe, letter, [*some, *[{}] * 6])
    region(universe, letter, [{1: "not_met"}] * 9, where="South")
    with all_rows():
        withdrawn = Authority.objects.create(
            programme=universe.programme, gss_code="E29999999", name="Gone", short_name="Gone", type="County",
            nation="England", region="North",
        )  # fmt: skip
        Assessment.objects.create(
            authority=withdrawn, cycle=letter.assessment.cycle, state=State.WITHDRAWN, state_since=universe.at
        )
    pack = packed(universe, letter)
    assert pack.region.columns == ["Not met", "Met", "Exceeded"]
    assert [row.counts for row in pack.region.rows] == [[5, 8, 6]] * 7, "benchmark 5 is not scored"
    assert "19 authorities" in pack.region.lede[0]
    for name in ("Birch", "North 1", "Gone"):
        assert name not in pack.model_dump_json()
    assert pack == packed(universe, letter, "manager").model_copy(update={}), "nobody is shown more"


def test_what_would_give_a_small_number_away_is_hidden_with_it(universe: Universe, letter: Letter) -> None:
    """One authority in 14 does not meet benchmark 1: neither it nor what is left over may be read or worked out."""
    agree_birch(universe)
    exceeding = dict.fromkeys((1, 2), "exceeding")
    region(universe, letter, [{1: "not_met"}, *[exceeding] * 6, *[{}] * 5])
    shown = packed(universe, letter).region
    for row in shown.rows:
        assert all(count is None or count >= FEWEST for count in row.counts)
        hidden = [count for count in row.counts if count is None]
        visible = sum(count for count in row.counts if count is not None)
        assert len(hidden) != 1, "the one would be what is left of 14"
        if hidden:
            assert 14 - visible >= FEWEST
    assert shown.lede[-1].startswith("A number below five is hidden")
    assert any(count is not None for row in shown.rows for count in row.counts)


# Who may


def test_who_may_make_a_pack(universe: Universe, letter: Letter) -> None:
    visitors = Visitors(universe)
    address = reverse(ADDRESS, args=[letter.pk])
    found = {who: visitors.get(who, address).status_code for who in universe.cast}
    refused = dict.fromkeys(("contributor", "administrator", "auditor"), 403)
    nothing = dict.fromkeys(("other_lead", "other_adviser", "other_manager", "stranger"), 404)
    assert found == dict.fromkeys(MAKERS_OF_PACKS, 200) | refused | nothing


def test_whoever_may_not_gets_no_file_and_keeps_nothing(universe: Universe, letter: Letter) -> None:
    refusals = {"contributor": access.Forbidden, "auditor": access.Forbidden, "other_lead": access.NotFound}
    for who, refusal in refusals.items():
        for act in (lambda who=who: choose(universe, letter, who), lambda who=who: packed(universe, letter, who)):
            with pytest.raises((refusal, access.NotFound)):
                act()
        with as_actor(universe.cast[who]) as by, pytest.raises(refusal):
            documents.ask(by=by, at=universe.at, assessment_id=letter.assessment_id, kind=DocumentKind.BOARD_SLIDES)
    with all_rows():
        assert not BoardPack.objects.exists()
        assert not Document.objects.exists()


def test_another_persons_choices_are_not_to_be_read(universe: Universe, letter: Letter) -> None:
    choose(universe, letter, "viewer", strength_1=("edit", "Own words."))
    with as_actor(universe.lead) as by:
        assert board_page(by, letter.pk).pack is None
    with as_actor(universe.other_lead):
        assert not BoardPack.objects.exists()


def test_a_letter_that_is_not_in_force_has_no_pack(universe: Universe, letter: Letter) -> None:
    universe.correction()
    universe.letter(LetterState.ISSUED)
    with as_actor(universe.lead) as by, pytest.raises(NotEditable):
        board_page(by, letter.pk)
    visitors = Visitors(universe)
    assert visitors.get("lead", reverse(ADDRESS, args=[letter.pk]))["Location"] == reverse("letter", args=[letter.pk])
    assert b"Board pack" not in visitors.get("lead", reverse("letter", args=[letter.pk])).content
    assert packed(universe, letter).cover[1].endswith("-2"), "the one that took its place"


def test_a_draft_has_none_and_does_not_exist_for_the_authority(universe: Universe) -> None:
    draft = universe.letter(LetterState.DRAFT)
    visitors = Visitors(universe)
    address = reverse(ADDRESS, args=[draft.pk])
    found = {who: visitors.get(who, address).status_code for who in ("lead", "contributor", "adviser")}
    assert found == {"lead": 404, "contributor": 404, "adviser": 302}
    with as_actor(universe.lead) as by, pytest.raises(access.NotFound):
        board_content(by, draft.assessment_id)


# The page and the file


def test_the_letters_page_leads_to_it_and_the_page_shows_what_was_found(universe: Universe, letter: Letter) -> None:
    visitors = Visitors(universe)
    address = reverse(ADDRESS, args=[letter.pk])
    assert address in visitors.get("lead", reverse("letter", args=[letter.pk])).content.decode()
    assert address not in visitors.get("contributor", reverse("letter", args=[letter.pk])).content.decode()
    page = visitors.get("lead", address).content.decode()
    assert "“They read the <mark>CTLP</mark>, and Cllr Ann Example thanked them.”" in page
    assert "<mark>Cllr Ann Example</mark>" in page
    assert "<mark>Conrad Gray</mark>" in page


def fields(letter: Letter, **more: str) -> dict[str, str]:
    """What the form posts when everything goes in, and makes the slides."""
    with all_rows():
        keys = [one.key for one in texts_of(Letter.objects.select_related("authority", "assessment__cycle").get(
            pk=letter.pk))]  # fmt: skip
    return {f"choice_{key}": "include" for key in keys} | {"version": "0", "make": "slides"} | more


@pytest.mark.parametrize(("make", "kind"), [("slides", DocumentKind.BOARD_SLIDES), ("pdf", DocumentKind.BOARD_PDF)])
def test_one_click_makes_the_file(
    universe: Universe, letter: Letter, make: str, kind: str, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    sent: list[tuple[str, Any]] = []
    monkeypatch.setattr(documents.current_app, "send_task", lambda name, args: sent.append((name, args)))
    visitors = Visitors(universe)
    posted = fields(letter, make=make) | {"choice_strength-2": "edit", "text_strength-2": "They read a profile."}
    with django_capture_on_commit_callbacks(execute=True):
        response = visitors.post("viewer", reverse(ADDRESS, args=[letter.pk]), posted)
    with all_rows():
        document = Document.objects.get()
    assert response["Location"] == reverse("document", args=[letter.assessment_id, document.pk])
    assert sent == [(make_board_pack.name, (document.pk, document.authority_id))]
    make_board_pack(document.pk, document.authority_id)
    forget_scope()
    with all_rows():
        document.refresh_from_db()
    assert (document.state, document.kind) == (Making.READY, kind)
    assert document.name == f"board-pack-alder-county-council-2025-26.{'pptx' if make == 'slides' else 'pdf'}"
    with store.open(document.path) as file:
        data = file.read()
    text = _text_of(data, document.name)
    assert "They read a profile." in text
    assert "CTLP" not in text
    assert visitors.get("viewer", response["Location"]).status_code == 200
    assert visitors.get("lead", response["Location"]).status_code == 404, "theirs alone"


def _text_of(data: bytes, name: str) -> str:
    if name.endswith(".pdf"):
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(data)).pages)
    shapes = [shape for slide in Presentation(BytesIO(data)).slides for shape in slide.shapes]
    return "\n".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)


def test_whoever_lost_the_right_gets_no_file(universe: Universe, letter: Letter) -> None:
    with as_actor(universe.viewer) as by:
        asked = documents.ask(by=by, at=universe.at, assessment_id=letter.assessment_id, kind=DocumentKind.BOARD_SLIDES)
    with all_rows():
        Membership.objects.filter(person=universe.viewer).update(ends=universe.at.date())
    make_board_pack(asked.pk, letter.authority_id)
    forget_scope()
    with all_rows():
        asked.refresh_from_db()
    assert (asked.state, asked.path) == (Making.FAILED, "")


def test_nothing_is_made_before_each_finding_is_decided_on(universe: Universe, letter: Letter) -> None:
    visitors = Visitors(universe)
    address = reverse(ADDRESS, args=[letter.pk])
    posted = fields(letter)
    del posted["choice_strength-2"]
    response = visitors.post("lead", address, posted | {"choice_strength-1": "edit", "text_strength-1": ""})
    page = response.content.decode()
    assert response.status_code == 200
    assert "Choose whether “Strength 2” goes into the pack" in page
    assert 'href="#id_text_strength-1"' in page
    with all_rows():
        assert not BoardPack.objects.exists() and not Document.objects.exists()


def test_a_stale_page_overwrites_nothing_and_keeps_what_was_typed(universe: Universe, letter: Letter) -> None:
    choose(universe, letter, strength_1=("edit", "What stands."))
    visitors = Visitors(universe)
    address = reverse(ADDRESS, args=[letter.pk])
    typed = {"choice_strength-1": "edit", "text_strength-1": "What was typed.", "make": ""}
    response = visitors.post("lead", address, fields(letter) | typed)
    page = response.content.decode()
    assert response.status_code == 409
    assert "What stands." in page and "What was typed." in page
    assert 'name="version" value="1"' in page
    assert visitors.post("lead", address, fields(letter) | typed | {"version": "1"}).status_code == 302
    with all_rows():
        assert BoardPack.objects.get().choices["strength-1"] == {"choice": "edit", "text": "What was typed."}
        assert not Document.objects.exists()
