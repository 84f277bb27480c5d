"""What keeps a letter from going for approval, and the lengths from which on a text does not print well."""

from __future__ import annotations

from io import BytesIO

import pypdf
import pytest
from django.urls import reverse

from assurance.actions import quality
from assurance.insights import quality as checks
from assurance.models import Overrule
from assurance.vocabulary import LetterState, State
from assurance.workflow import Blocked
from letters import actions
from letters.models import Letter
from letters.pdf import Content, render_unchecked
from letters.queries import letter_quality
from tests.letters.stages import Stages
from tests.letters.test_wording import letter as composed
from tests.matrices.world import Visitors
from tests.universe import Universe, all_rows, as_actor

ENGLISH = (
    "The partnership group meets every quarter, reads the local assessment of risk and records who will do what by "
    "when. Schools, health services and the police take part, and the minutes show how members challenge one another. "
)


@pytest.fixture
def stages(universe: Universe) -> Stages:
    """Letters about Alder."""
    return Stages(universe)


def send(stages: Stages, letter: Letter) -> Letter:
    with as_actor(stages.universe.adviser) as by:
        return actions.send_for_approval(by=by, at=stages.universe.at, letter_id=letter.pk)


def overrule(stages: Stages, letter: Letter) -> None:
    """Overrule each warning that is open about a letter."""
    with as_actor(stages.universe.adviser) as by:
        page = letter_quality(by, letter.pk)
        quality.overrule(
            by=by,
            at=stages.universe.at,
            assessment_id=page.assessment.pk,
            overrulings=[
                quality.Overruling(
                    code=one.finding.code, subject=one.finding.subject, digest=one.finding.digest, reason="It is known."
                )
                for one in page.found.open
            ],
            further=page.further,
        )


def test_an_open_warning_keeps_a_letter_back_until_it_is_overruled(stages: Stages) -> None:
    letter = stages.complete(stages.drafted(), summary="A good year, as in Birch. It was Exceeded.")
    with pytest.raises(Blocked) as refusal:
        send(stages, letter)
    assert [one.message for one in refusal.value.obstacles] == [
        "The quality check has 2 open warnings: mend them, or overrule them with a reason"
    ]
    overrule(stages, letter)
    assert send(stages, letter).state == LetterState.AWAITING_APPROVAL
    with all_rows():
        assert set(Overrule.objects.values_list("subject", flat=True)) == {"letter:summary"}


def test_a_letter_that_changed_is_looked_at_again(stages: Stages) -> None:
    letter = stages.complete(stages.drafted(), summary="A good year, as in Birch.")
    overrule(stages, letter)
    letter = stages.complete(letter, summary="A better year, as in Birch.")
    with pytest.raises(Blocked):
        send(stages, letter)


def test_the_letter_shows_its_warnings_and_they_are_overruled_there(stages: Stages) -> None:
    letter = stages.complete(stages.drafted(), summary="A good year, as in Birch.")
    visitors = Visitors(stages.universe)
    address = reverse("letter-quality", args=[letter.pk])
    page = visitors.get("adviser", reverse("letter", args=[letter.pk])).content.decode()
    assert "1 open warning" in page and address in page
    assert "open warning" not in visitors.get("signatory", reverse("letter", args=[letter.pk])).content.decode()
    page = visitors.get("adviser", address).content.decode()
    assert "Covering summary of the letter" in page and reverse("letter-edit", args=[letter.pk]) in page
    with as_actor(stages.universe.adviser) as by:
        (one,) = letter_quality(by, letter.pk).found.open
    assert visitors.post("adviser", address, {f"reason_{one.key}": "A quotation."})["Location"] == address
    assert "A quotation." in visitors.get("adviser", address).content.decode()
    move = reverse("letter-move", args=[letter.pk, "send_for_approval"])
    assert visitors.post("adviser", move, {"version": letter.version}).status_code == 302


def test_the_page_of_the_assessment_leaves_the_words_of_the_letter_to_the_letter(stages: Stages) -> None:
    letter = stages.complete(stages.drafted(), summary="A good year, as in Birch.")
    overrule(stages, letter)
    page = Visitors(stages.universe).get("adviser", reverse("quality", args=[letter.assessment_id])).content.decode()
    assert "It is known." not in page and "No warnings are open" in page


def test_what_is_said_again_in_a_correction_needs_no_second_overruling(stages: Stages) -> None:
    letter = stages.complete(stages.drafted(), summary="A good year, as in Birch.")
    overrule(stages, letter)
    send(stages, letter)
    with as_actor(stages.universe.signatory) as by:
        actions.withdraw_letter(by=by, at=stages.universe.at, letter_id=letter.pk, reason="Drafted by mistake.")
    assessment = stages.universe.assessment(State.AGREED)
    with as_actor(stages.universe.adviser) as by:
        again = actions.draft_letter(by=by, at=stages.universe.at, assessment_id=assessment.pk)
        assert letter_quality(by, again.pk).found.open == ()


def pages_of(name: str, field: str, length: int) -> tuple[int, int]:
    """On which pages a row of Annex A begins and ends whose text has this many characters."""
    text = f"Beginning. {ENGLISH * (length // len(ENGLISH) + 1)}"[: length - 5].rsplit(" ", 1)[0] + " Ends"
    content = composed(name).frozen() | {"annex_b": None}
    # Not the first: on that page the table's title and its heading row stand as well.
    _first, row, *_others = (one for one in content["annex_a"]["rows"] if one["summary"])
    row[field] = text
    read = pypdf.PdfReader(BytesIO(render_unchecked(Content.model_validate(content)).pdf))
    found = [page.extract_text() for page in read.pages]
    (begins,) = (number for number, said in enumerate(found) if "Beginning." in said)
    (ends,) = (number for number, said in enumerate(found) if "Ends" in said.split())
    return begins, ends


@pytest.mark.parametrize("name", ["outcomes-2024", "scores-2022"])
@pytest.mark.parametrize("field", ["summary", "comments"])
def test_a_row_of_the_longest_text_stands_on_one_page(name: str, field: str) -> None:
    longest = {"summary": checks.LONGEST_SUMMARY, "comments": checks.LONGEST_COMMENTS}[field]
    begins, ends = pages_of(name, field, longest)
    assert begins == ends


@pytest.mark.parametrize("field", ["summary", "comments"])
def test_a_longer_row_runs_over_a_page_in_the_narrower_wording(field: str) -> None:
    longest = {"summary": checks.LONGEST_SUMMARY, "comments": checks.LONGEST_COMMENTS}[field]
    begins, ends = pages_of("outcomes-2024", field, longest + 300)
    assert begins < ends
