"""A lead brings colleagues in: invitation, password, a benchmark each, a word about it, and the lead role."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from assurance.actions.messages import deliver
from assurance.models import Message, SelfAssessment
from assurance.vocabulary import MessageState, State
from tests.journeys.conftest import PASSWORD, Arrive
from tests.journeys.visitors import Visitor
from tests.universe import Universe, all_rows

LINK = re.compile(r"https?://[^/\s]+(/password/\S+)")
NOTE = "The training figures, please."
ASKED = "@Lena, have we the minutes?"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_colleagues_work_on_it_together(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    assessment = universe.assessment(State.NOT_STARTED)
    scheme = universe.scheme()
    second, third = (f"{number}. {scheme.benchmarks[number].title}" for number in (2, 3))
    lead = arrive(universe.lead, scripts=scripts)

    _invite(lead, assessment.pk, "priya.shah@alder.example", "Priya Shah", benchmark=2)
    _invite(lead, assessment.pk, "sam.okoro@alder.example", "Sam Okoro")
    lead.open(f"/assessments/{assessment.pk}/give/")
    sam_gets = lead.main.locator("fieldset", has_text="sam.okoro@alder.example").last
    sam_gets.get_by_label(third, exact=True).check()
    lead.press("Save")
    lead.sees("Saved")

    priya = _arrives(arrive(scripts=scripts), "priya.shah@alder.example")
    _answers(priya, assessment.pk, second, "Priya’s evidence.")
    priya.sees(NOTE)
    assert priya.main.get_by_role("link", name=third, exact=True).count() == 0
    sam = _arrives(arrive(scripts=scripts), "sam.okoro@alder.example")
    _answers(sam, assessment.pk, third, "Sam’s evidence.")
    with all_rows():
        rows = SelfAssessment.objects.filter(assessment=assessment).order_by("benchmark__number")
        assert list(rows.exclude(evidence="").values_list("evidence", flat=True)) == [
            "Priya’s evidence.", "Sam’s evidence.",
        ]  # fmt: skip

    sam.open(f"/assessments/{assessment.pk}/benchmarks/3/comments/")
    sam.fill(text=ASKED)
    sam.press("Add the comment")
    sam.sees("Comment added", ASKED, "Told: Lena Lead")
    lead.open(f"/assessments/{assessment.pk}/benchmarks/3/")
    lead.follow("1 comment from colleagues")
    lead.sees(ASKED, "Sam Okoro")

    lead.open(f"/authorities/{universe.alder.pk}/people/")
    lead.sees("Priya Shah", "Sam Okoro")
    lead.follow("Hand over the lead role")
    lead.main.get_by_label("Priya Shah", exact=True).check()
    lead.choose("afterwards", "contributor")
    lead.press("Hand over the lead role")
    lead.sees("Priya Shah is Prevent Lead now.")
    lead.open(f"/authorities/{universe.alder.pk}/people/", status=403)
    priya.open(f"/assessments/{assessment.pk}/benchmarks/3/")
    assert priya.page.input_value("#id_evidence") == "Sam’s evidence."
    priya.open(f"/authorities/{universe.alder.pk}/people/")
    priya.follow(priya.main.get_by_role("link", name="End access of Sam Okoro"))
    priya.press("End their access")
    priya.sees("Access has ended.")
    sam.open(f"/assessments/{assessment.pk}/", status=404)


def _invite(lead: Visitor, assessment_id: int, email: str, name: str, benchmark: int | None = None) -> None:
    lead.open(f"/assessments/{assessment_id}/")
    lead.follow("People")
    lead.follow("Invite a colleague")
    lead.fill(email=email, name=name)
    lead.choose("role", "contributor")
    if benchmark is not None:
        lead.page.check(f"input[name=given][value='{assessment_id}-{benchmark}']")
        later = timezone.localdate() + timedelta(days=10)
        for part in ("day", "month", "year"):
            lead.page.fill(f"#id_due-{part}", str(getattr(later, part)))
        lead.fill(note=NOTE)
    lead.press("Send the invitation")
    lead.sees(f"{email} is invited.", "Not signed in yet")


def _arrives(visitor: Visitor, email: str) -> Visitor:
    """Somebody opens the link of their invitation, chooses a password and signs in."""
    with all_rows():
        waiting = Message.objects.filter(address=email, state=MessageState.WAITING)
        ids = list(waiting.order_by("pk").values_list("pk", "authority_id"))
    for message_id, authority_id in ids:
        deliver(message_id=message_id, authority_id=authority_id or 0)
    (link,) = (path for one in mail.outbox if one.to == [email] for path in LINK.findall(str(one.body))[:1])
    visitor.open(link)
    visitor.fill(new_password1=PASSWORD, new_password2=PASSWORD)
    visitor.press("Save the new password")
    visitor.sign_in(email, PASSWORD)
    return visitor


def _answers(visitor: Visitor, assessment_id: int, task: str, evidence: str) -> None:
    """The one benchmark that was given to them, from the list and back to it."""
    visitor.open(f"/assessments/{assessment_id}/")
    visitor.follow(task)
    visitor.fill(evidence=evidence)
    visitor.press("Save and go back to the list")
