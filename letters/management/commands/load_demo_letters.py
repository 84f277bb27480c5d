"""Issue the letters of the demonstration's past year, through the actions, as the people who would do it."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assurance import access, scope
from assurance.actions.quality import Overruling, overrule
from assurance.demo_file import DemoFile, open_demo
from assurance.management.commands.load_demo import CYCLES
from assurance.models import Assessment, User
from assurance.vocabulary import CycleState, Role, State
from benchmarks.files import Refused
from letters import actions
from letters.models import Letter
from letters.quality import IN_WELSH, look_at, texts_of

LETTERS_AFTER = {"draft": 7, "approve": 14}
"""In days from the agreement."""
SUMMARY = (
    "This is an invented letter about an invented council. The partnership has had a year of steady work, and most "
    "of what was asked for is in place."
)

OVERRULED = "We went through it at the meeting, and the partnership's records bear the outcome out."
NO_WELSH = "An invented letter to an invented council: nobody waits for its Welsh."


class Command(BaseCommand):
    help = "Issue the letters of the demonstration's past year, if they are not there yet. Refused in production."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demonstration world is not for production.")
        try:
            _source, demo = open_demo()
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        with scope.everything():
            waiting = list(
                Assessment.objects.select_related("authority")
                .filter(
                    cycle__programme__code=demo.programme.code,
                    # Not those that somebody who tries the service closed: their letters are theirs to write.
                    cycle__name__in=[one.name for one in CYCLES if one.ago],
                    cycle__state=CycleState.CLOSED,
                    state=State.AGREED,
                    # Nor those of the years before this service, which had their letters then.
                    imported_digest="",
                )
                .exclude(pk__in=Letter.objects.values("assessment"))
                .order_by("pk")
            )
            people = {one.email: one for one in User.objects.filter(email__in=[one.email for one in demo.people])}
            for assessment in waiting:
                _issue(assessment, demo, people)
        self.stdout.write(f"Issued {len(waiting)} letters of the demonstration's past year.")


def _overrule(letter: Letter, by: access.Actor, at: datetime) -> None:
    """Say why the warnings of the quality check do not hold, as the adviser has to before the letter can go."""
    overrulings = [
        Overruling(
            code=one.code,
            subject=one.subject,
            digest=one.digest,
            reason=NO_WELSH if one.subject.startswith(IN_WELSH) else OVERRULED,
        )
        for one in (warned.finding for warned in look_at(letter).open)
    ]
    if overrulings:
        overrule(by=by, at=at, assessment_id=letter.assessment_id, overrulings=overrulings, further=texts_of(letter))


def _issue(assessment: Assessment, demo: DemoFile, people: dict[str, User]) -> None:
    code = assessment.authority.gss_code
    drafted, approved = (assessment.state_since + timedelta(days=days) for days in LETTERS_AFTER.values())
    signatory = people[demo.holder(Role.SIGNATORY).email]
    addressee = people[demo.holder(Role.VIEWER, code).email].name
    by = access.actor_for(people[demo.holder(Role.ADVISER, code).email])
    letter = actions.draft_letter(by=by, at=drafted, assessment_id=assessment.pk)
    values = {name: getattr(letter, name) for name in (*actions.SHORT, *actions.LINES)}
    values |= {
        "addressee_name": addressee,
        "addressee_title": "Chief Executive",
        "salutation": addressee.split()[0],
        "sender_name": signatory.name,
        "summary": SUMMARY,
        "letter_date": timezone.localdate(approved),
    }
    letter = actions.save_letter(by=by, at=drafted, letter_id=letter.pk, version=letter.version, values=values)
    _overrule(letter, by, drafted)
    actions.send_for_approval(by=by, at=drafted, letter_id=letter.pk)
    by = access.actor_for(signatory)
    actions.approve(by=by, at=approved, letter_id=letter.pk, enqueue=lambda letter_id, authority_id: None)
    with scope.authorities([assessment.authority_id]):
        actions.make_file(letter_id=letter.pk, at=approved)
