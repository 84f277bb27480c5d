"""What goes wrong for people at a browser, and that none of it costs them what they typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from pytest_django.live_server_helper import LiveServer

from assurance.actions import reference
from assurance.actions.messages import deliver
from assurance.models import Message, SelfAssessment
from assurance.vocabulary import MessageKind, Role, State
from tests.journeys.conftest import PASSWORD, Arrive
from tests.journeys.visitors import Visitor
from tests.universe import Universe, all_rows

TYPED = "First line,\n  a second one that is indented,\n\n<b>and</b> “a third” & more."
ADDRESS = re.compile(r"http://\S+(/password/\S+)")


def end_session(visitor: Visitor) -> None:
    """What the server does when twelve hours have passed: it no longer knows the session."""
    cookie = next(one for one in visitor.context.cookies() if one["name"] == settings.SESSION_COOKIE_NAME)
    import_module(settings.SESSION_ENGINE).SessionStore(cookie["value"]).delete()


def stands(number: int = 1) -> SelfAssessment:
    """The lead's answer as it is in the database."""
    with all_rows():
        return SelfAssessment.objects.get(assessment__authority__short_name="Alder", benchmark__number=number)


def answer_path(universe: Universe) -> str:
    """The page of Alder's first benchmark."""
    return f"/assessments/{universe.assessment().pk}/benchmarks/1/"


@pytest.mark.parametrize("scripts", [False, True], ids=["without-scripts", "with-scripts"])
def test_what_was_typed_survives_the_end_of_the_session(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    lead = arrive(universe.lead, scripts=scripts)
    lead.open(answer_path(universe))
    criterion = universe.scheme().benchmarks[1].criteria["met"][0].id
    lead.choose(f"mark_{criterion}", "met")
    lead.choose("outcome", "met")
    lead.fill(evidence=TYPED)
    end_session(lead)
    lead.press("Save and continue", status=401)
    assert lead.heading == "Your session has ended"
    assert stands().evidence == ""

    lead.fill(username=universe.lead.email, password="not the password")
    lead.press("Sign in")
    lead.sees("There is a problem")
    lead.fill(username=universe.lead.email, password=PASSWORD)
    lead.press("Sign in")
    assert lead.heading == "Send what you typed"
    assert stands().evidence == ""
    lead.press("Save what I typed")
    lead.sees("Benchmark 1 saved")
    found = stands()
    assert (found.evidence, found.met_criteria, found.level.code) == (TYPED, {criterion}, "met")


def test_what_was_kept_can_be_left(universe: Universe, arrive: Arrive) -> None:
    path = answer_path(universe)
    lead = arrive(universe.lead, scripts=False)
    lead.open(path)
    lead.fill(evidence=TYPED)
    end_session(lead)
    lead.press("Save and continue", status=401)
    lead.sign_in(universe.lead.email, PASSWORD)
    lead.follow("Leave it and open the page")
    assert (lead.path, lead.page.input_value("#id_evidence"), stands().evidence) == (path, "", "")


def test_nobody_is_handed_what_another_typed(universe: Universe, arrive: Arrive) -> None:
    lead = arrive(universe.lead, scripts=False)
    lead.open(answer_path(universe))
    lead.fill(evidence=TYPED)
    end_session(lead)
    lead.press("Save and continue", status=401)
    universe.other_lead.set_password(PASSWORD)
    with all_rows():
        universe.other_lead.save()
    lead.sign_in(universe.other_lead.email, PASSWORD)
    assert TYPED not in lead.page.content()
    assert lead.main.get_by_role("button", name="Save what I typed", exact=True).count() == 0
    assert stands().evidence == ""


def test_a_form_from_before_signing_in_again_is_sent_once_more(universe: Universe, arrive: Arrive) -> None:
    """The session ended, a second tab signed in again, and the first tab's form has an old token."""
    lead = arrive(universe.lead, scripts=False)
    lead.open(answer_path(universe))
    lead.fill(evidence=TYPED)
    lead.page.context.add_cookies([{"name": "csrftoken", "value": "x" * 32, "url": lead.origin}])
    lead.press("Save and continue", status=403)
    assert lead.heading == "Send what you typed"
    lead.press("Save what I typed")
    assert stands().evidence == TYPED


def test_whoever_only_looked_comes_back_to_the_page(universe: Universe, arrive: Arrive) -> None:
    path = answer_path(universe)
    visitor = arrive(scripts=False)
    arrive(universe.lead).close()
    visitor.open(path)
    assert visitor.path == "/sign-in/"
    visitor.sign_in(universe.lead.email, PASSWORD)
    assert visitor.path == path


@pytest.mark.parametrize("scripts", [False, True], ids=["without-scripts", "with-scripts"])
def test_two_people_on_one_benchmark(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    path = answer_path(universe)
    with all_rows():
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=universe.other_lead,
            role=Role.LEAD,
            authority=universe.alder,
            region="",
            starts=date(2020, 4, 1),
        )
    first, second = arrive(universe.lead, scripts=scripts), arrive(universe.other_lead, scripts=scripts)
    for person in (first, second):
        person.open(path)
    first.choose("outcome", "met")
    first.fill(evidence="What the first wrote.")
    first.press("Save and go back to the list")

    second.choose("outcome", "not_met")
    second.fill(evidence="What the second wrote.")
    second.press("Save and go back to the list", status=409)
    second.sees("Lena Lead saved this while you were writing", "Your outcome Met Not met")
    assert "first" in second.main.locator("del").inner_text()
    assert "second" in second.main.locator("ins").inner_text()
    assert second.page.input_value("#id_evidence") == "What the second wrote."
    assert second.page.is_checked("input[name=outcome][value=not_met]")
    assert (stands().evidence, stands().level.code) == ("What the first wrote.", "met")

    second.fill(evidence="What both wrote.")
    second.press("Save and go back to the list")
    second.sees("Benchmark 1 saved")
    found = stands()
    with all_rows():
        kept = list(found.history.values_list("evidence", "history_user__name"))
    assert kept[:2] == [("What both wrote.", "Otto Lead"), ("What the first wrote.", "Lena Lead")]


def test_one_person_in_two_tabs(universe: Universe, arrive: Arrive) -> None:
    path = answer_path(universe)
    lead = arrive(universe.lead)
    lead.open(path)
    other = lead.tab()
    with lead.in_tab(other):
        lead.open(path)
        lead.fill(evidence="From the second tab.")
        lead.press("Save and go back to the list")
    lead.fill(evidence="From the first tab.")
    lead.press("Save and go back to the list", status=409)
    lead.sees("You saved this in another window while you were writing here")
    assert "second" in lead.main.locator("del").inner_text()
    assert lead.page.input_value("#id_evidence") == "From the first tab."
    assert stands().evidence == "From the second tab."


def test_five_wrong_passwords_lock(universe: Universe, arrive: Arrive) -> None:
    """Even the right one is refused then; a colleague at the same address is not locked out."""
    arrive(universe.lead).close()
    visitor = arrive()
    visitor.open("/sign-in/")
    for _ in range(4):
        visitor.fill(username=universe.lead.email, password="a guess")
        visitor.press("Sign in")
        visitor.sees("Check your email address and password")
    visitor.fill(username=universe.lead.email, password="a guess")
    visitor.press("Sign in", status=429)
    assert visitor.heading == "Signing in is locked for now"
    visitor.open("/sign-in/")
    visitor.fill(username=universe.lead.email, password=PASSWORD)
    visitor.press("Sign in", status=429)
    assert visitor.heading == "Signing in is locked for now"

    arrive(universe.viewer).close()
    colleague = arrive()
    colleague.open("/sign-in/")
    colleague.fill(username=universe.viewer.email, password="a slip of the finger")
    colleague.press("Sign in")
    colleague.sign_in(universe.viewer.email, PASSWORD)
    assert colleague.path == "/"


def test_a_forgotten_password(universe: Universe, arrive: Arrive) -> None:
    arrive(universe.lead).close()
    visitor = arrive(scripts=False)
    visitor.open("/sign-in/")
    visitor.follow("I have forgotten my password")
    visitor.fill(email="nobody@example.test")
    visitor.press("Send the link")
    assert visitor.heading == "Look at your e-mail"
    visitor.follow("Send the link again")
    visitor.fill(email=universe.lead.email)
    visitor.press("Send the link")
    assert visitor.heading == "Look at your e-mail"
    with all_rows():
        (written,) = Message.objects.filter(kind=MessageKind.PASSWORD)
    deliver(message_id=written.pk, authority_id=0)
    (message,) = mail.outbox
    assert message.to == [universe.lead.email]
    (link,) = ADDRESS.findall(message.body)

    visitor.open(link)
    assert visitor.heading == "Choose a new password"
    visitor.fill(new_password1="short", new_password2="short")
    visitor.press("Save the new password")
    visitor.sees("There is a problem")
    visitor.fill(new_password1="a-new-one-of-their-own", new_password2="a-new-one-of-their-own")
    visitor.press("Save the new password")
    visitor.follow("Sign in")
    visitor.fill(username=universe.lead.email, password=PASSWORD)
    visitor.press("Sign in")
    visitor.sees("Check your email address and password")
    visitor.sign_in(universe.lead.email, "a-new-one-of-their-own")
    assert visitor.path == "/"
    visitor.press(visitor.page.get_by_role("button", name="Sign out"))
    visitor.open(link)
    assert visitor.heading == "This link does not work any more"


def test_pages_of_refusal(universe: Universe, arrive: Arrive) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    elsewhere = universe.assessment(authority=universe.birch)
    lead, viewer = arrive(universe.lead), arrive(universe.viewer)
    lead.open("/assessments/999999/", status=404)
    here = lead.main.inner_text()
    lead.open(f"/assessments/{elsewhere.pk}/", status=404)
    assert lead.main.inner_text() == here
    viewer.open(f"/assessments/{assessment.pk}/do/submit/", status=403)
    lead.open(f"/assessments/{assessment.pk}/do/recall/", status=409)
    assert lead.heading == "Someone else changed this first"
    lead.page.goto(f"{lead.origin}/password/")
    lead.page.evaluate(
        "document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((it) => { it.value = 'x'.repeat(64); })"
    )
    lead.fill(email="lena@example.test")
    lead.press("Send the link", status=403)
    assert lead.heading == "Send what you typed"


def test_the_page_for_a_fault(universe: Universe, arrive: Arrive, broken: Callable[[str], None]) -> None:
    assessment = universe.assessment()
    lead = arrive(universe.lead)
    broken("assurance.queries.assessments.overview")
    lead.open(f"/assessments/{assessment.pk}/", status=500)
    assert "broken on purpose" not in lead.page.content()


def test_maintenance(universe: Universe, arrive: Arrive, settings: Any) -> None:
    settings.MIDDLEWARE = ["assurance.middleware.MaintenanceMiddleware", *settings.MIDDLEWARE]
    closed = LiveServer("localhost")
    try:
        visitor = arrive(at=closed.url)
        visitor.open("/assessments/", status=503)
        visitor.page.set_default_timeout(5_000)
        with visitor.page.expect_response("**/healthz") as answered:
            visitor.page.evaluate("fetch('/healthz')")
        assert answered.value.status == 200
    finally:
        closed.stop()
