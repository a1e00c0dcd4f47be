"""A room that is live: what one person writes, another sees, and the page says how much it can be believed."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Locator, Page, expect

from incidents import actions
from incidents.models import Incident
from incidents.states import Severity, State
from portal import environment
from tests.browser.conftest import Site
from tests.conftest import Installation, Person, as_owner
from tests.everything import connected
from tests.serving import served

pytestmark = [pytest.mark.browser]

SECONDS_TO_STALE = 20


@pytest.fixture
def incident(site: Site) -> Site:
    """INC-1, mobilising."""
    acme = site.installation.acme
    with acme.scope(acme.amira):
        actions.declare(by=acme.amira.actor(), title="Checkout fails", severity=Severity.SEV2)
    return site


def note(site: Site, text: str, person: Person | None = None) -> None:
    acme = site.installation.acme
    who = person or acme.mei
    with acme.scope(who):
        actions.note(Incident.objects.get(ref="INC-1"), by=who.actor(), text=text)


def room(site: Site, person: Person, **look: Any) -> Page:
    page = site.page(person, **look)
    page.goto(f"{site.url}/o/acme/incidents/INC-1/")
    expect(state(page)).to_have_text("Live")
    return page


def state(page: Page) -> Locator:
    return page.locator("[data-live-state]")


def texts(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".entry .entry-text").all_inner_texts()]


def test_a_post_appears_in_another_browser(incident: Site) -> None:
    """Without a reload; the page's panels follow; no timer asks for the record; what is being typed stays, and where it is."""
    acme = incident.installation.acme
    one, other = room(incident, acme.amira), room(incident, acme.jon)
    asked: list[str] = []
    other.on("request", lambda request: asked.append(urlsplit(request.url).path))
    other.get_by_label("Note").fill("Half a sent")
    other.get_by_label("Note").focus()
    one.get_by_label("Note").fill("A lock on **orders**.")
    one.get_by_role("button", name="Note").click()
    expect(other.locator(".entry").first).to_contain_text("A lock on orders.")
    one.get_by_role("button", name=re.compile("command", re.IGNORECASE)).first.click()
    expect(other.locator(".roles")).to_contain_text(acme.amira.name)
    expect(other.get_by_label("Note")).to_have_value("Half a sent")
    expect(other.get_by_label("Note")).to_be_focused()
    time.sleep(3)
    assert set(asked) <= {"/o/acme/incidents/INC-1/panels/"}, asked
    assert 1 <= len(asked) <= 4
    assert other.locator(".entry-day").count() == 1


def test_no_timer_asks_for_the_record(incident: Site) -> None:
    """Minutes pass in which nothing happens: what the page asks for again is the stream alone, which it takes for dead."""
    page = incident.page(incident.installation.acme.jon)
    page.clock.install()
    page.goto(f"{incident.url}/o/acme/incidents/INC-1/")
    expect(state(page)).to_have_text("Live")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    for _ in range(10):
        page.clock.run_for(60_000)
        expect(state(page)).to_have_text("Live")
    assert set(asked) <= {"/o/acme/incidents/INC-1/stream"}, asked


def test_typed_text_outlives_every_swap(incident: Site) -> None:
    """In a verb's form too, whose panel is otherwise kept: its neighbours are swapped."""
    acme = incident.installation.acme
    with acme.scope(acme.amira):
        actions.claim(Incident.objects.get(ref="INC-1"), by=acme.amira.actor())
    page = room(incident, acme.amira)
    page.locator("summary", has_text="Set impact").click()
    field = page.get_by_label("Impact ended (UTC)")
    field.fill("2020-01-01T10:00:07")
    page.locator("h1").click()  # the focus is elsewhere
    with acme.scope(acme.amira):
        actions.advance(Incident.objects.get(ref="INC-1"), by=acme.amira.actor(), to=State.INVESTIGATION, reason="Two are awake.")
    expect(page.locator(".phases [aria-current]")).to_have_text("Investigation")
    expect(field).to_have_value("2020-01-01T10:00:07")
    expect(field).to_be_visible()


@contextmanager
def nobody_listens(site: Site) -> Iterator[Callable[[], None]]:
    """The connection that listens is ended and none is let in again, until the yielded function is called."""
    name = site.installation.name
    role = environment.database(settings.DATABASE_URL)["USER"]
    with connected(settings.DATABASE_URL, name) as db:
        as_owner(f'REVOKE CONNECT ON DATABASE "{name}" FROM "{role}", PUBLIC')
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'muster live' AND datname = current_database()"
        )
    grant = f'GRANT CONNECT ON DATABASE "{name}" TO "{role}"'

    def let_in() -> None:
        as_owner(grant)

    yield let_in
    as_owner(grant)


def test_without_anybody_who_listens_the_page_says_stale(incident: Site) -> None:
    """Reconnecting at once, Stale within 20 s, Live again by itself, with what was missed, once."""
    page = incident.page(incident.installation.acme.jon)
    page.clock.install()
    page.goto(f"{incident.url}/o/acme/incidents/INC-1/")
    expect(state(page)).to_have_text("Live")
    page.get_by_label("Note").fill("Half a sent")
    note(incident, "Before.")
    expect(page.locator(".entry").first).to_contain_text("Before.")
    with nobody_listens(incident) as let_in:
        expect(state(page)).to_have_text("Reconnecting")
        page.clock.fast_forward(SECONDS_TO_STALE * 1000)
        expect(state(page)).to_have_text(re.compile(r"Stale since \d\d:\d\d:\d\dZ"))
        assert incident.faults(page) == []
        let_in()
        note(incident, "Meanwhile.")
        expect(state(page)).to_have_text("Live", timeout=15_000)
    expect(page.locator(".entry").first).to_contain_text("Meanwhile.")
    assert texts(page)[:2] == ["Meanwhile.", "Before."]
    assert texts(page).count("Meanwhile.") == 1
    expect(page.get_by_label("Note")).to_have_value("Half a sent")


def test_a_stream_that_falls_silent_is_not_believed(incident: Site) -> None:
    """Half-open: nothing says that it ended. The page's own clock does."""
    page = incident.page(incident.installation.acme.jon)
    page.clock.install()
    page.goto(f"{incident.url}/o/acme/incidents/INC-1/")
    expect(state(page)).to_have_text("Live")
    page.evaluate(
        """() => {
          window.said = [];
          const state = document.querySelector("[data-live-state]");
          new MutationObserver(() => window.said.push(state.textContent)).observe(state, {childList: true, characterData: true, subtree: true});
        }"""
    )
    page.clock.fast_forward(SECONDS_TO_STALE * 1000)
    expect(state(page)).to_have_text("Live")  # it has opened the stream anew
    said = page.evaluate("window.said")
    assert re.fullmatch(r"Stale since \d\d:\d\d:\d\dZ", said[0]), said
    assert said[-1] == "Live"


def test_a_restarted_server_brings_what_was_missed_once(own_database: Installation, browser: Browser) -> None:
    acme = own_database.acme
    with acme.scope(acme.amira):
        actions.declare(by=acme.amira.actor(), title="Checkout fails", severity=Severity.SEV2)
    with served() as url:
        site = Site(url, own_database, browser)
        page = room(site, acme.jon)
        page.get_by_label("Note").fill("Half a sent")
        note(site, "Before.")
        expect(page.locator(".entry").first).to_contain_text("Before.")
    expect(state(page)).to_have_text("Reconnecting")
    note(site, "Meanwhile.")
    with served(urlsplit(url).port or 0):
        expect(state(page)).to_have_text("Live", timeout=30_000)
        expect(page.locator(".entry").first).to_contain_text("Meanwhile.")
        note(site, "After.")
        expect(page.locator(".entry").first).to_contain_text("After.")
        assert texts(page)[:3] == ["After.", "Meanwhile.", "Before."]
        assert len(set(texts(page))) == len(texts(page))
        expect(page.get_by_label("Note")).to_have_value("Half a sent")
        site.contexts[0].close()
    # A browser says in its console that an address does not answer; here that is what the test is about.
    assert [said for said in site.trouble if "net::ERR_" not in said and not said.startswith("503")] == []


def test_paused_it_counts_and_shows_later(incident: Site) -> None:
    """By the key `p`, which is a letter where somebody types; or by the button."""
    page = room(incident, incident.installation.acme.jon)
    page.get_by_label("Note").press("p")
    expect(page.get_by_label("Note")).to_have_value("p")
    page.locator("h1").click()
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    for number in range(3):
        note(incident, f"Number {number}")
    expect(page.get_by_role("button", name="3 new")).to_be_visible()
    assert not any("Number" in text for text in texts(page))
    assert incident.faults(page) == []
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".entry").first).to_contain_text("Number 2")
    assert texts(page)[:3] == ["Number 2", "Number 1", "Number 0"]
    expect(page.get_by_role("button", name="3 new")).to_be_hidden()


def test_what_is_being_read_does_not_move(incident: Site) -> None:
    for number in range(60):
        note(incident, f"Number {number}")
    page = room(incident, incident.installation.acme.jon)
    read = page.locator(".entry", has_text="Number 20").first
    read.scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 200)")
    page.wait_for_timeout(100)
    before = read.bounding_box()
    note(incident, "New, and\n\nof\n\nmany\n\nlines")
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    after = read.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(before["y"] - after["y"]) < 2
    page.get_by_role("button", name="1 new").click()
    expect(page.locator(".entry", has_text="of").first).to_be_in_viewport()
    expect(page.get_by_role("button", name="1 new")).to_be_hidden()


def test_an_entry_of_an_earlier_time_goes_to_its_place(incident: Site) -> None:
    """A note may say when it happened: it stands there, below its day's heading, and not on top."""
    from datetime import timedelta

    from tenants.time import now

    acme = incident.installation.acme
    page = room(incident, acme.jon)
    note(incident, "Now.")
    with acme.scope(acme.mei):
        actions.note(
            Incident.objects.get(ref="INC-1"), by=acme.mei.actor(), text="Two days before.", occurred_at=now() - timedelta(days=2)
        )
    expect(page.locator(".entry").last).to_contain_text("Two days before.")
    expect(page.locator(".entry").first).to_contain_text("Now.")
    live = page.locator(".timeline > li").evaluate_all("found => found.map(one => one.id || one.textContent)")
    page.reload()
    assert page.locator(".timeline > li").evaluate_all("found => found.map(one => one.id || one.textContent)") == live


def streams() -> int:
    from portal.live.endpoint import LIVE

    return int(LIVE.figures()["streams"])


def test_a_page_that_nobody_sees_gives_its_connection_back(incident: Site) -> None:
    page = incident.page(incident.installation.acme.jon)
    page.clock.install()
    page.goto(f"{incident.url}/o/acme/incidents/INC-1/")
    expect(state(page)).to_have_text("Live")
    assert streams() == 1
    hide = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
    hide += "document.dispatchEvent(new Event('visibilitychange')) }"
    page.evaluate(hide, True)
    page.clock.fast_forward(61_000)
    for _ in range(500):
        if streams() == 0:
            break
        time.sleep(0.02)
    assert streams() == 0
    note(incident, "Nobody looked.")
    page.evaluate(hide, False)
    expect(state(page)).to_have_text("Live")
    expect(page.locator(".entry").first).to_contain_text("Nobody looked.")


def test_who_is_signed_out_elsewhere_is_told_and_keeps_their_text(incident: Site) -> None:
    page = room(incident, incident.installation.acme.jon)
    page.get_by_label("Note").fill("Half a sent")
    tab = page.context.new_page()
    tab.goto(f"{incident.url}/accounts/logout/")
    tab.get_by_role("button", name="Sign out").last.click()
    expect(state(page)).to_contain_text("Signed out")
    expect(page.get_by_label("Note")).to_have_value("Half a sent")


def test_without_scripts_there_is_a_link_that_loads_it_again(incident: Site) -> None:
    page = incident.page(incident.installation.acme.jon, java_script_enabled=False)
    page.goto(f"{incident.url}/o/acme/incidents/INC-1/")
    note(incident, "Later.")
    expect(page.get_by_text("Later.")).to_have_count(0)
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator(".entry").first).to_contain_text("Later.")
    expect(page.get_by_role("button", name="Pause")).to_be_hidden()
