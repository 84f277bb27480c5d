"""A letter at each stage of its life, brought there by the people who do that."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

from django.core.management import call_command

from assurance.actions import reference
from assurance.models import Authority, User
from assurance.vocabulary import Role, State
from letters import actions
from letters.models import Edition, Letter
from letters.tasks import make_letter_file
from tests.conftest import FIXTURES
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

PARTS: dict[str, Any] = {
    "addressee_name": "Jo Chief",
    "addressee_title": "Chief Executive",
    "addressee_organisation": "Alder County Council",
    "addressee_address": ["County Hall", "Alder"],
    "salutation": "Jo",
    "sender_name": "Sam Sender",
    "sender_title": "Head of unit",
    "sender_unit": "Homeland Security Group",
    "sender_organisation": "Home Office",
    "sender_address": ["2 Marsham Street"],
    "sender_email": "unit@example.test",
    "summary": "A good year.",
    "thanks": ["Lena Lead"],
    "cc": ["Chair of the board"],
    "letter_date": None,
}
"""What an adviser fills in."""


def load_wordings() -> str:
    """Publish the wordings that ship with the product, and return what the command says."""
    said = StringIO()
    files = sorted(str(path) for path in (FIXTURES / "wording").glob("*.yaml"))
    call_command("load_wording", *files, publish=True, stdout=said)
    return said.getvalue()


def unsent(letter_id: int, authority_id: int) -> None:
    """Stands where the task is sent, for tests that make the file themselves or not at all."""


def in_wales(universe: Universe) -> None:
    """Alder is in Wales from now on. Its cycle was opened for England, so it is assessed first."""
    universe.assessment(State.AGREED)
    alder = universe.alder
    row = {name: getattr(alder, name) for name in ("gss_code", "name", "short_name", "type", "region")}
    with all_rows():
        reference.put_authorities(
            [(1, row | {"nation": "Wales"})],
            file="wales",
            by=universe.operator,
            at=universe.at,
            programme=universe.programme,
        )
        universe.alder = Authority.objects.get(pk=alder.pk)


class Stages:
    """Letters about Alder's assessment of la-8."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        load_wordings()

    def drafted(self) -> Letter:
        """A draft, by Alder's adviser; a correction where a letter is in force."""
        assessment = self.universe.assessment(State.AGREED)
        with as_actor(self.universe.adviser) as adviser:
            return actions.draft_letter(
                by=adviser,
                at=self.universe.at,
                assessment_id=assessment.pk,
                correction_reason="A name was spelt wrongly.",
            )

    def complete(self, letter: Letter, by: User | None = None, **parts: Any) -> Letter:
        """Fill in what a letter needs."""
        with as_actor(by or self.universe.adviser) as adviser:
            return actions.save_letter(
                by=adviser, at=self.universe.at, letter_id=letter.pk, version=letter.version, values=PARTS | parts
            )

    def awaiting(self, letter: Letter | None = None) -> Letter:
        """Complete, and sent for approval."""
        letter = self.complete(letter or self.drafted())
        with as_actor(self.universe.adviser) as adviser:
            return actions.send_for_approval(by=adviser, at=self.universe.at, letter_id=letter.pk)

    def approved(self, letter: Letter | None = None) -> Letter:
        """Approved by the signatory, and without its file."""
        return self.approved_from(self.awaiting(letter), unsent)

    def approved_from(self, letter: Letter, enqueue: Callable[[int, int], None]) -> Letter:
        """Approve one that awaits it."""
        with as_actor(self.universe.signatory) as signatory:
            return actions.approve(by=signatory, at=self.universe.at, letter_id=letter.pk, enqueue=enqueue)

    def issued(self, letter: Letter | None = None) -> Letter:
        """Issued, by the task that a worker runs."""
        letter = self.approved(letter)
        make_letter_file(letter.pk, letter.authority_id)
        return self.now(letter)

    def now(self, letter: Letter) -> Letter:
        """The letter as it is in the database."""
        with all_rows():
            return Letter.objects.select_related("assessment", "authority", "approved_by").get(pk=letter.pk)

    def edition(self, letter: Letter, language: str = "en") -> Edition:
        """The edition of the letter in a language, as it is in the database."""
        with all_rows():
            return Edition.objects.select_related("wording").get(letter=letter, language=language)

    def give(self, person: User, role: Role, authority: Authority | None = None) -> User:
        """Give somebody one more role."""
        with all_rows():
            reference.add_membership(
                by=self.universe.operator,
                at=self.universe.at,
                person=person,
                role=role,
                authority=authority,
                starts=MEMBERS_SINCE,
            )
        return person
