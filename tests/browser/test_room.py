"""The war room in a browser: by keyboard alone, on a phone, in the dark, without scripts, and with nothing typed ever lost."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from incidents import actions
from incidents.members import member_for
from incidents.models import Incident
from incidents.states import FlagKey, RoomRole, Severity, State
from oncall.models import Service
from tests.browser.conftest import LOOKS, Site

pytestmark = [pytest.mark.browser]


@pytest.fixture
def at_work(site: Site) -> Site:
    """A SEV 1 at work: Amira commands, Jon leads operations, Mei is asked to communicate; orders, a change, a hypothesis, answers."""
    acme = site.installation.acme
    amira, jon, mei = acme.amira.actor(), acme.jon.actor(), acme.mei.actor()
    with acme.scope(acme.amira):
        service = Service.objects.get(slug="checkout")
        incident = actions.declare(by=mei, title="Checkout fails for every customer", severity=Severity.SEV1, services=[service])
        actions.claim(incident, by=amira)
        actions.assign(incident, by=amira, role=RoomRole.OL, person=member_for(amira, acme.jon.email))
        actions.accept(incident, by=jon, role=RoomRole.OL)
        actions.advance(incident, by=amira, to=State.INVESTIGATION, reason="Two of us are awake.")
        actions.assign(incident, by=amira, role=RoomRole.CL, person=member_for(amira, acme.mei.email))
        first = actions.note(incident, by=jon, text="A lock on **orders**.")
        actions.note(incident, by=mei, text="Which one?", thread=first.seq)
        actions.state_hypothesis(incident, by=jon, text="v1.2.3 locks a table")
        actions.propose(incident, by=jon, text="Roll back v1.2.3", eta_minutes=5, hypothesis=1)
        actions.order(incident, by=amira, to=acme.jon.email, text="Roll back once I approve", eta_minutes=10)
        actions.order(incident, by=amira, to=acme.mei.email, text="Draft the public update", eta_minutes=3)
        actions.update(incident, by=amira, known="A lock.", impact="Nobody pays.", doing="Rolling back.")
    return site


def room(site: Site, who: str, query: str = "", **look: Any) -> Page:
    page = site.page(getattr(site.installation.acme, who), **look)
    page.goto(f"{site.url}/o/acme/incidents/INC-1/{query}")
    return page


def live(page: Page) -> None:
    expect(page.locator("[data-live-state]")).to_have_text("Live")


@pytest.mark.parametrize("look", LOOKS)
def test_the_room_of_everybody_is_accessible(at_work: Site, look: dict[str, Any]) -> None:
    for who in ("amira", "jon", "mei"):
        page = room(at_work, who, **look)
        assert at_work.faults(page) == []
        for menu in page.locator("header details > summary").all():
            if menu.is_visible():  # "More" stands in the menu on a phone
                menu.click()
                assert at_work.faults(page, within="header.top") == []
                menu.click()  # it lies over the page
        for fold in page.locator("details:not(header details) > summary").all():
            if fold.is_visible() and not fold.evaluate("summary => summary.parentElement.open"):
                fold.click()
        assert at_work.faults(page) == []
    page.goto(f"{at_work.url}/o/acme/incidents/INC-1/?entry=9&show=orders")
    assert at_work.faults(page) == []


def test_nothing_scrolls_sideways_on_the_smallest_screen(at_work: Site) -> None:
    page = room(at_work, "amira", viewport={"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.clause("warroom.ack-everything")
def test_a_phone_has_acknowledging_under_the_thumb(at_work: Site) -> None:
    page = room(at_work, "jon", viewport={"width": 390, "height": 844}, has_touch=True)
    bar = page.get_by_role("navigation", name="Quick actions")
    expect(bar.get_by_role("link", name="Ack 1")).to_be_in_viewport()
    for link in bar.get_by_role("link").all():
        assert (link.bounding_box() or {"height": 0})["height"] >= 44
    acknowledge = page.locator("#orders-now").get_by_role("button", name="Acknowledge")
    expect(acknowledge).to_be_in_viewport()
    acknowledge.click()
    expect(page.locator("#orders-now")).to_have_count(0)
    expect(page.locator("#my-orders")).to_contain_text("acknowledged in")


def test_single_keys_never_fire_in_a_field_and_can_be_switched_off(at_work: Site) -> None:
    page = room(at_work, "amira")
    page.keyboard.press("c")
    note = page.locator("#do-note [name=text]")
    expect(note).to_be_focused()
    page.keyboard.type("or use a pause")
    expect(note).to_have_value("or use a pause")
    page.get_by_role("button", name="Keys and times").click()
    sheet = page.get_by_role("dialog", name="Keys in this room")
    expect(sheet).to_be_visible()
    assert at_work.faults(page) == []
    sheet.get_by_label("Single keys work in this browser").uncheck()
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("o")
    expect(page.locator("#kind-order")).not_to_have_attribute("open", "")
    page.reload()
    page.keyboard.press("o")
    expect(page.locator("#kind-order")).not_to_have_attribute("open", "")


def test_what_was_typed_survives_another_page_a_refusal_and_the_live_feed(at_work: Site) -> None:
    acme = at_work.installation.acme
    page = room(at_work, "amira")
    live(page)
    page.locator("#kind-order > summary").click()
    page.locator("#do-order [name=text]").fill("Half an ord")
    with acme.scope(acme.jon):
        incident = actions.note(_incident(), by=acme.jon.actor(), text="Something else happened")
    expect(page.locator("#timeline")).to_contain_text("Something else happened")
    assert incident.seq
    expect(page.locator("#do-order [name=text]")).to_have_value("Half an ord")
    page.goto(f"{at_work.url}/o/acme/incidents/")
    page.goto(f"{at_work.url}/o/acme/incidents/INC-1/")
    expect(page.locator("#do-order [name=text]")).to_have_value("Half an ord")
    page.locator("#kind-order > summary").click()
    page.locator("#do-order button[type=submit]").click()
    expect(page.get_by_text("“Give an order” was not done.")).to_be_visible()
    expect(page.locator("#do-order [name=text]")).to_have_value("Half an ord")
    assert at_work.faults(page) == []


def _incident() -> Any:
    return Incident.objects.get(ref="INC-1")


@pytest.mark.clause("warroom.no-crosstalk")
def test_answers_and_corrections_come_live_to_their_places(at_work: Site) -> None:
    acme = at_work.installation.acme
    page = room(at_work, "amira")
    live(page)
    with acme.scope(acme.jon):
        said = actions.note(_incident(), by=acme.jon.actor(), text="It is the cache")
        actions.note(_incident(), by=acme.mei.actor(), text="Are you sure?", thread=said.seq)
        actions.correct(_incident(), by=acme.jon.actor(), entry=said.seq or 0, text="It is the database")
    struck = page.locator(f"#ev-{said.seq}")
    expect(struck).to_have_class(re.compile("entry-restated"))
    expect(page.locator(f"#thread-{said.seq} > summary")).to_have_text("1 reply")
    expect(page.locator(".timeline[data-live-entries] > .entry").filter(has_text="Are you sure?")).to_have_count(1)
    page.reload()
    expect(page.locator(f"#thread-{said.seq} > summary")).to_have_text("1 reply")


def test_times_are_shown_in_utc_or_in_the_readers_own_zone(at_work: Site) -> None:
    page = room(at_work, "amira", timezone_id="Asia/Tokyo")
    first = page.locator(".entry-at time").first
    utc = first.inner_text()
    page.keyboard.press("u")
    expect(first).not_to_have_text(utc)
    assert (int(first.inner_text()[:2]) - int(utc[:2])) % 24 == 9
    expect(page.locator("[data-zone-name]")).to_have_text("Asia/Tokyo")
    page.reload()
    expect(first).not_to_have_text(utc)


@pytest.mark.clause("handover.sitrep")
def test_the_situation_report_is_copied_or_shown_to_be_copied(at_work: Site) -> None:
    page = room(at_work, "amira")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("y")
    expect(page.get_by_role("link", name="Copied")).to_be_visible()
    assert "SITREP INC-1" in page.evaluate("navigator.clipboard.readText()")


def test_without_scripts_every_kind_can_be_written_and_every_part_acted_on(at_work: Site) -> None:
    page = room(at_work, "amira", java_script_enabled=False)
    page.locator("#kind-decide > summary").click()
    expect(page.locator("#kind-note")).not_to_have_attribute("open", "")
    page.locator("#do-decide [name=text]").fill("We roll back")
    page.locator("#do-decide [name=reason]").fill("Known good")
    page.locator("#do-decide button[type=submit]").click()
    expect(page.locator("#timeline")).to_contain_text("We roll back")
    page.locator("#changes").get_by_role("button", name="Approve").click()
    expect(page.locator("#changes")).to_contain_text("Approved")
    page.locator(".jump a, .room-line a", has_text="Post an update").first.click()
    expect(page.locator("#do-update [name=known]")).to_be_visible()
    page.locator("#timeline").get_by_role("link", name="Orders").click()
    expect(page.locator("#timeline")).not_to_contain_text("We roll back")


@pytest.mark.clause("breach.need-to-know")
def test_a_room_that_becomes_restricted_changes_its_address_and_name_in_an_open_tab(at_work: Site) -> None:
    """Neither the address bar nor the tab's title keeps what everybody could know; the feed goes on; the old address leads there."""
    acme = at_work.installation.acme
    page = room(at_work, "jon", "?show=notes")
    live(page)
    with acme.scope(acme.amira):
        ref = actions.flag(_incident(), by=acme.amira.actor(), key=FlagKey.PERSONAL_DATA, reason="The export had addresses").ref
    expect(page.get_by_role("heading", name=re.compile("Restricted: only"))).to_be_visible()
    new = f"{at_work.url}/o/acme/incidents/{ref}/?show=notes"
    expect(page).to_have_url(new)
    expect(page).not_to_have_title(re.compile("Checkout fails"))
    assert ref in page.title()
    with acme.scope(acme.mei):
        actions.note(Incident.objects.get(ref=ref), by=acme.mei.actor(), text="Said after that")
    expect(page.locator("#timeline")).to_contain_text("Said after that")
    page.goto(f"{at_work.url}/o/acme/incidents/INC-1/?show=notes")
    assert page.url == new


def test_a_phone_folds_what_is_looked_up_and_shows_the_newest_of_the_timeline(at_work: Site) -> None:
    """By their headings the panels open, by a link to them, and all at once without scripts; what must be done is never folded."""
    with at_work.installation.acme.scope(at_work.installation.acme.jon):
        for number in range(6):
            actions.note(_incident(), by=at_work.installation.acme.jon.actor(), text=f"Number {number}")
    page = room(at_work, "jon", viewport={"width": 390, "height": 844})
    for panel in ("comms", "clocks", "facts", "people"):
        expect(page.locator(f"#{panel}-fold")).not_to_have_attribute("open", "")
    expect(page.locator("#orders-now").get_by_role("button", name="Acknowledge")).to_be_visible()
    first = page.locator(".timeline[data-live-entries] > .entry").last
    expect(first).to_be_hidden()
    page.get_by_role("button", name="Show the whole timeline").click()
    expect(first).to_be_visible()
    page.get_by_role("navigation", name="In this room").get_by_role("link", name="Comms").click()
    expect(page.locator("#comms-internal")).to_be_visible()
    assert at_work.faults(page) == []
    plain = room(at_work, "jon", viewport={"width": 390, "height": 844}, java_script_enabled=False)
    expect(plain.locator("#comms-internal")).to_be_visible()
    expect(plain.locator(".timeline[data-live-entries] > .entry").last).to_be_visible()
