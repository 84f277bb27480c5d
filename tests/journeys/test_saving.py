"""Whatever happens while somebody types: nothing of it is lost, and the page says plainly how things are."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep

import pytest
from django.conf import settings
from playwright.sync_api import Locator, Page, expect

from assurance.actions import giving, reference
from assurance.models import Draft, Membership, User
from assurance.project.local.provision import DatabaseUrls
from assurance.vocabulary import Role, State
from tests.journeys.conftest import PASSWORD, Arrive
from tests.journeys.test_session import TYPED, answer_path, end_session, stands
from tests.journeys.visitors import Visitor
from tests.universe import MEMBERS_SINCE, Universe, all_rows, as_actor

SAVED = re.compile(r"^Saved at \d\d:\d\d\.")
WITHIN = 20_000
"""Milliseconds in which the page says what it has to, on a machine that is busy with other tests."""


def line(visitor: Visitor) -> Locator:
    """Where the page says how things are."""
    return visitor.page.locator("[data-autosave-line]")


def says(visitor: Visitor, text: str | re.Pattern[str]) -> None:
    """Wait until the line says this."""
    expect(line(visitor)).to_contain_text(text, timeout=WITHIN)


def look_away(visitor: Visitor) -> None:
    """Go to another window: what is typed is then kept at once."""
    visitor.page.evaluate("dispatchEvent(new Event('blur'))")


def come_back(visitor: Visitor) -> None:
    """Come back from another window."""
    visitor.page.evaluate("dispatchEvent(new Event('focus'))")


def keep(visitor: Visitor, **values: str) -> None:
    """Type, and wait until the page says that it is kept."""
    before = drafts()
    visitor.fill(**values)
    look_away(visitor)
    says(visitor, "at ")
    last = monotonic() + WITHIN / 1000
    while drafts() == before and monotonic() < last:
        sleep(0.05)


def drafts() -> list[tuple[str, str, str]]:
    """Whose unsaved text is kept, what it says, and since when."""
    with all_rows():
        rows = Draft.objects.order_by("person__name").values_list("person__name", "content", "saved_at")
        return [(name, content["evidence"][0], str(at)) for name, content, at in rows]


def texts() -> dict[str, str]:
    return {name: text for name, text, _at in drafts()}


def sees_both(visitor: Visitor, stands: str, typed: str) -> None:
    """Both texts are shown, side by side."""
    columns = visitor.page.locator(".app-compare__column")
    expect(columns).to_have_count(2)
    expect(columns.nth(0)).to_contain_text(stands)
    expect(columns.nth(1)).to_contain_text(typed)


def join_alder(universe: Universe, person: User, role: Role = Role.LEAD) -> None:
    with all_rows():
        reference.add_membership(
            by=universe.operator,
            at=universe.at,
            person=person,
            role=role,
            authority=universe.alder,
            starts=MEMBERS_SINCE,
        )


# Closing, reloading, going elsewhere


def test_what_is_typed_is_kept_by_itself_and_there_again(universe: Universe, arrive: Arrive) -> None:
    path = answer_path(universe)
    lead = arrive(universe.lead)
    lead.open(path)
    assert line(lead).inner_text() == ""
    lead.choose("outcome", "met")
    lead.page.locator("#id_evidence").press_sequentially("A panel meets", delay=20)
    says(lead, SAVED)
    assert texts() == {"Lena Lead": "A panel meets"}
    lead.look()
    assert stands().evidence == ""

    lead.open(path)
    lead.sees("that is not saved as your answer yet. It is in the form below.")
    assert lead.page.input_value("#id_evidence") == "A panel meets"
    assert lead.page.is_checked("input[name=outcome][value=met]")
    assert line(lead).inner_text() == "", "nothing is new, so nothing is said"
    lead.press("Save and go back to the list")
    assert stands().evidence == "A panel meets"
    assert texts() == {}
    lead.open(path)
    assert "not saved as your answer yet" not in lead.main.inner_text()


def test_a_browser_that_was_closed(universe: Universe, arrive: Arrive) -> None:
    path = answer_path(universe)
    before = arrive(universe.lead)
    before.open(path)
    keep(before, evidence=TYPED)
    before.close()
    after = arrive(universe.lead)
    after.open(path)
    assert after.page.input_value("#id_evidence") == TYPED
    keep(after, evidence=f"{TYPED} And more.")
    assert texts() == {"Lena Lead": f"{TYPED} And more."}


def test_leaving_by_a_link_takes_the_last_words_along(universe: Universe, arrive: Arrive) -> None:
    """Without a word of warning: they arrive while the next page is loaded."""
    path = answer_path(universe)
    lead = arrive(universe.lead)
    lead.open(path)
    lead.fill(evidence="Typed a moment ago.")
    lead.follow("Back to the list")
    lead.open(path)
    assert lead.page.input_value("#id_evidence") == "Typed a moment ago."


def test_discarding(universe: Universe, arrive: Arrive) -> None:
    path = answer_path(universe)
    lead = arrive(universe.lead)
    lead.open(path)
    keep(lead, evidence=TYPED)
    lead.open(path)
    lead.follow("Discard it")
    lead.sees("Discard your unsaved text?", TYPED.splitlines()[0])
    lead.follow("Keep it and go back")
    lead.follow("Discard it")
    lead.press("Discard it")
    lead.sees("The text that was not saved is discarded")
    assert lead.path == path
    assert (lead.page.input_value("#id_evidence"), texts()) == ("", {})


# No connection, no session, no service


def test_offline_and_back(universe: Universe, arrive: Arrive) -> None:
    lead = arrive(universe.lead)
    lead.open(answer_path(universe))
    with lead.trouble():
        lead.context.set_offline(True)
        lead.fill(evidence=TYPED)
        look_away(lead)
        says(lead, "Not saved yet: you are offline. Your text stays in this page")
        lead.look()
        lead.main.get_by_role("button", name="Save and continue", exact=True).click()
        says(lead, "Your answer was not sent")
        assert lead.page.input_value("#id_evidence") == TYPED
        assert leaving_is_asked(lead)
        lead.context.set_offline(False)
        says(lead, SAVED)
    assert texts() == {"Lena Lead": TYPED}
    assert not leaving_is_asked(lead)
    lead.press("Save and go back to the list")
    assert (stands().evidence, texts()) == (TYPED, {})


def leaving_is_asked(visitor: Visitor) -> bool:
    """Whether the browser would ask before the page is left."""
    found: bool = visitor.page.evaluate(
        "() => { const event = new Event('beforeunload', {cancelable: true}); return !dispatchEvent(event); }"
    )
    return found


def test_the_session_ends_while_somebody_types(universe: Universe, arrive: Arrive) -> None:
    """They sign in again in another tab, and this one goes on as if nothing had been."""
    lead = arrive(universe.lead)
    lead.open(answer_path(universe))
    with lead.trouble():
        end_session(lead)
        lead.fill(evidence=TYPED)
        look_away(lead)
        says(lead, "your session has ended. Your text stays in this page.")
        assert leaving_is_asked(lead)
        lead.look()
        with lead.context.expect_page() as opened:
            line(lead).get_by_role("link", name="Sign in in a new tab").click()
    other: Page = opened.value
    lead.listen(other)
    other.wait_for_load_state()
    with lead.in_tab(other):
        lead.sign_in(universe.lead.email, PASSWORD)
        assert lead.path == "/"
    come_back(lead)
    says(lead, SAVED)
    assert texts() == {"Lena Lead": TYPED}
    lead.press("Save and go back to the list")
    lead.sees("Benchmark 1 saved")
    assert stands().evidence == TYPED


def test_saving_after_the_session_has_ended_carries_the_text_through_signing_in(
    universe: Universe, arrive: Arrive
) -> None:
    lead = arrive(universe.lead)
    lead.open(answer_path(universe))
    with lead.trouble():
        end_session(lead)
        lead.fill(evidence=TYPED)
        lead.press("Save and go back to the list", status=401)
    lead.fill(username=universe.lead.email, password=PASSWORD)
    lead.press("Sign in")
    lead.press("Save what I typed")
    assert stands().evidence == TYPED


def test_somebody_else_signs_in_in_the_same_browser(universe: Universe, arrive: Arrive) -> None:
    """On a shared laptop: what one typed is not kept as another's, and not saved in another's name."""
    join_alder(universe, universe.other_lead)
    arrive(universe.other_lead).close()
    lead = arrive(universe.lead)
    lead.open(answer_path(universe))
    with lead.trouble():
        end_session(lead)
        lead.fill(evidence=TYPED)
        with lead.in_tab(lead.tab()):
            lead.sign_in(universe.other_lead.email, PASSWORD)
        look_away(lead)
        says(lead, "somebody else has signed in in this browser")
        lead.main.get_by_role("button", name="Save and continue", exact=True).click()
        says(lead, "Your answer was not sent")
    assert (stands().evidence, texts()) == ("", {})
    assert lead.page.input_value("#id_evidence") == TYPED


class Service:
    """The web application as a process of its own, on the tests' database, that can be stopped and started."""

    def __init__(self, urls: DatabaseUrls, log: Path) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._urls = urls
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and come back when it answers."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                # Not the production server: in tests nobody has collected the static files that it would give out.
                [sys.executable, "manage.py", "runserver", "--noreload", "--insecure", f"127.0.0.1:{self.port}"],
                cwd=settings.BASE_DIR,
                env={**os.environ, "DATABASE_URL": self._urls.application},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        last = monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or monotonic() > last:
                pytest.fail(f"The service did not start:\n{self._log.read_text(encoding='utf-8', errors='replace')}")
            sleep(0.1)

    def stop(self) -> None:
        """Stop at once, as a machine does that fails."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _answers(self) -> bool:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=1)) as connection:
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
            except OSError:
                return False


@pytest.fixture
def service(django_db_setup: DatabaseUrls, tmp_path: Path) -> Iterator[Service]:
    """The web application, running."""
    found = Service(django_db_setup, tmp_path / "log")
    found.start()
    yield found
    found.stop()


def test_the_service_stops_and_comes_back(universe: Universe, arrive: Arrive, service: Service) -> None:
    lead = arrive(universe.lead, at=service.url)
    lead.open(answer_path(universe))
    with lead.trouble():
        service.stop()
        lead.fill(evidence=TYPED)
        look_away(lead)
        says(lead, "Not saved yet: the service does not answer. Your text stays in this page")
        lead.look()
        lead.main.get_by_role("button", name="Save and continue", exact=True).click()
        says(lead, "Your answer was not sent")
        assert lead.page.input_value("#id_evidence") == TYPED
        service.start()
        # It tries again by itself.
        says(lead, SAVED)
    assert texts() == {"Lena Lead": TYPED}
    lead.press("Save and go back to the list")
    assert stands().evidence == TYPED


def test_what_is_taken_from_one_while_one_types_stays_in_the_page(universe: Universe, arrive: Arrive) -> None:
    assessment = universe.assessment(State.IN_PROGRESS)
    one: dict[str, object] = {"at": universe.at, "assessment_id": assessment.pk, "number": 2}
    with as_actor(universe.lead) as by:
        giving.give_benchmark(by=by, contributor_id=universe.contributor.pk, **one)  # type: ignore[arg-type]
    helper = arrive(universe.contributor)
    helper.open(f"/assessments/{assessment.pk}/benchmarks/2/")
    with as_actor(universe.lead) as by:
        giving.take_back_benchmark(by=by, contributor_id=universe.contributor.pk, **one)  # type: ignore[arg-type]
    with helper.trouble():
        helper.fill(evidence=TYPED)
        helper.main.get_by_role("button", name="Save and continue", exact=True).click()
        says(helper, "this benchmark is no longer yours to answer")
    assert helper.page.input_value("#id_evidence") == TYPED


# Two of a kind


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_two_people_on_one_benchmark(universe: Universe, arrive: Arrive, scripts: bool) -> None:
    path = answer_path(universe)
    join_alder(universe, universe.other_lead)
    first, second = arrive(universe.lead, scripts=scripts), arrive(universe.other_lead, scripts=scripts)
    first.open(path)
    assert "is editing this too" not in first.main.inner_text()
    second.open(path)
    second.sees("Lena Lead is editing this too")
    if scripts:
        keep(second, evidence="What the second wrote.")
        first.fill(evidence="What the first wrote.")
        look_away(first)
        says(first, SAVED)
        expect(first.page.locator("[data-autosave-present]")).to_contain_text("Otto Lead is editing this too")
    first.fill(evidence="What the first wrote.")
    first.choose("outcome", "met")
    first.press("Save and go back to the list")
    assert stands().evidence == "What the first wrote."
    second.fill(evidence="What the second wrote, and more.")
    if scripts:
        look_away(second)
        says(second, re.compile(r"Lena Lead saved this benchmark at .*both texts are shown"))
        second.look()
        second.open(path)
        sees_both(second, "first", "second")
        assert second.page.input_value("#id_evidence") == "What the second wrote, and more."
        second.press("Save and go back to the list")
    else:
        second.press("Save and go back to the list", status=409)
        sees_both(second, "first", "second")
        assert second.page.input_value("#id_evidence") == "What the second wrote, and more."
        assert stands().evidence == "What the first wrote."
        second.press("Save and go back to the list")
    found = stands()
    assert found.evidence == "What the second wrote, and more."
    with all_rows():
        kept = list(found.history.values_list("evidence", "history_user__name"))
    assert kept[:2] == [("What the second wrote, and more.", "Otto Lead"), ("What the first wrote.", "Lena Lead")]
    assert texts() == {}


def test_a_press_on_save_shows_both_texts(universe: Universe, arrive: Arrive) -> None:
    path = answer_path(universe)
    join_alder(universe, universe.other_lead)
    first, second = arrive(universe.lead), arrive(universe.other_lead)
    for person in (first, second):
        person.open(path)
    first.fill(evidence="What the first wrote.")
    first.press("Save and go back to the list")
    second.fill(evidence="What the second wrote.")
    second.press("Save and go back to the list", status=409)
    sees_both(second, "first", "second")
    assert second.page.input_value("#id_evidence") == "What the second wrote."
    assert stands().evidence == "What the first wrote."
    assert texts() == {"Otto Lead": "What the second wrote."}


def test_one_person_in_two_tabs(universe: Universe, arrive: Arrive) -> None:
    """What is kept of one tab is not written over by the other, and dropped only by who was asked."""
    path = answer_path(universe)
    lead = arrive(universe.lead)
    lead.open(path)
    other = lead.tab()
    with lead.in_tab(other):
        lead.open(path)
        keep(lead, evidence="From the second tab.")
    lead.fill(evidence="From the first tab.")
    look_away(lead)
    says(lead, "you have other text on this benchmark")
    lead.look()
    assert texts() == {"Lena Lead": "From the second tab."}
    button = lead.main.get_by_role("button", name="Save and go back to the list", exact=True)
    button.click()
    says(lead, "Your answer was not sent")
    assert stands().evidence == ""
    sleep(1.1)  # a second press within a second counts as the first
    lead.press(button)
    assert (stands().evidence, texts()) == ("From the first tab.", {})
    with lead.in_tab(other):
        lead.fill(evidence="From the second tab, and more.")
        look_away(lead)
        says(lead, "You saved this benchmark at")
    assert texts() == {"Lena Lead": "From the second tab, and more."}


def test_a_lead_who_has_left(universe: Universe, arrive: Arrive) -> None:
    path = answer_path(universe)
    before = arrive(universe.lead)
    before.open(path)
    keep(before, evidence=TYPED)
    join_alder(universe, universe.other_lead)
    after = arrive(universe.other_lead)
    after.open(path)
    after.sees("Lena Lead has text that is not saved")
    assert TYPED.splitlines()[0] not in after.main.inner_text()
    with all_rows():
        (held,) = Membership.objects.filter(person=universe.lead, authority=universe.alder)
        reference.end_membership(by=universe.operator, at=universe.at, membership=held, on=universe.at.date())
    after.open(path)
    after.follow("Read what Lena Lead typed, or take it over")
    after.sees(TYPED.splitlines()[0])
    after.press("Take it over")
    assert after.path == path
    assert after.page.input_value("#id_evidence") == TYPED
    after.press("Save and go back to the list")
    assert (stands().evidence, texts()) == (TYPED, {})


# A page that answers a post


def test_what_a_page_with_an_error_shows_is_kept_too(universe: Universe, arrive: Arrive) -> None:
    path = answer_path(universe)
    lead = arrive(universe.lead)
    lead.open(path)
    lead.fill(evidence="x" * 200)
    lead.press("Save and continue")
    lead.sees("There is a problem")
    lead.open(path)
    assert lead.page.input_value("#id_evidence") == "x" * 200


def test_it_is_said_once_and_not_with_every_key(universe: Universe, arrive: Arrive) -> None:
    """Whoever hears the page hears the line: it changes with the state, not with each word that is kept."""
    lead = arrive(universe.lead)
    lead.open(answer_path(universe))
    lead.page.evaluate(
        """() => {
            window.heard = [];
            const line = document.querySelector("[data-autosave-line]");
            new MutationObserver(() => heard.push(line.textContent)).observe(line, {childList: true, subtree: true});
        }"""
    )
    for count in range(5):
        lead.fill(evidence="word " * (count + 1))
        look_away(lead)
        lead.page.wait_for_timeout(300)
    said = lead.page.evaluate("heard")
    assert len(said) == len(set(said)) <= 2, said
    assert line(lead).get_attribute("role") == "status"


# Without scripts


def test_without_scripts_going_back_shows_what_was_typed(universe: Universe, arrive: Arrive, service: Service) -> None:
    """The service is away when Save is pressed: the browser shows a page of its own, and back leads to the text."""
    lead = arrive(universe.lead, scripts=False, at=service.url)
    lead.open(answer_path(universe))
    lead.fill(evidence=TYPED)
    lead.choose("outcome", "met")
    with lead.trouble():
        service.stop()
        lead.main.get_by_role("button", name="Save and continue", exact=True).click()
        lead.page.wait_for_url("chrome-error://**")
        service.start()
        lead.page.go_back()
    assert lead.page.input_value("#id_evidence") == TYPED
    assert lead.page.is_checked("input[name=outcome][value=met]")
    lead.press("Save and go back to the list")
    assert stands().evidence == TYPED


def test_without_scripts_nothing_is_promised(universe: Universe, arrive: Arrive) -> None:
    lead = arrive(universe.lead, scripts=False)
    lead.open(answer_path(universe))
    shown = lead.main.inner_text()
    assert "kept as you go" not in shown
    assert "Not saved" not in shown
    lead.fill(evidence=TYPED)
    lead.press("Save and go back to the list")
    assert (stands().evidence, texts()) == (TYPED, {})
