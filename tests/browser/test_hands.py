"""What a person does with their hands: few actions to declare, and the whole of an incident by keys alone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from incidents import actions
from incidents.members import member_for
from incidents.states import RoomRole, Severity
from tenants.time import now
from tests.browser.conftest import Site
from tests.browser.hands import Hands, Keyboard, field_value

pytestmark = [pytest.mark.browser]

LIMIT = 15.0  # seconds of user actions in which an incident has to be declared, by the keystroke-level model of hands.py


@pytest.mark.clause("triage.declare-immediately")
@pytest.mark.parametrize("look", [{}, {"viewport": {"width": 390, "height": 844}, "has_touch": True}], ids=["desk", "phone"])
def test_declaring_is_four_actions_of_less_than_fifteen_seconds(site: Site, look: dict[str, Any]) -> None:
    """From the list of incidents: Declare, a line, a level, Enter. Pressing, typing, and the mind that each takes."""
    page = site.page(site.installation.acme.support, **look)
    hands = Hands(page)
    hands.press(page.get_by_role("link", name="Declare").locator("visible=true").first)
    expect(page.get_by_label("What is wrong?")).to_be_focused()
    hands.type("Nobody can pay")
    hands.press(page.get_by_text("Critical"))
    hands.press(page.get_by_role("button", name="Declare"))
    page.wait_for_url("**/incidents/INC-1/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nobody can pay")
    expect(page.get_by_text("SEV 1").first).to_be_visible()
    assert hands.actions == 4
    assert hands.seconds < LIMIT


@pytest.mark.clause("triage.declare-immediately")
def test_declaring_by_keys_alone_is_shorter_still(site: Site) -> None:
    page = site.page(site.installation.acme.amira)
    page.goto(f"{site.url}/o/acme/incidents/declare/")
    hands = Hands(page, at_keys=True)
    hands.type("Nobody can pay")
    for key in ("Tab", "ArrowDown", "Enter"):  # to the levels, to the second of them, declare
        hands.key(key)
    page.wait_for_url("**/incidents/INC-1/")
    expect(page.get_by_text("SEV 2").first).to_be_visible()
    assert hands.actions == 4
    assert hands.seconds < 10


def test_exposed_data_are_two_actions_more(site: Site) -> None:
    """Which data is asked once data are ticked, in the same form."""
    acme = site.installation.acme
    page = site.page(acme.amira)
    page.goto(f"{site.url}/o/acme/incidents/declare/")
    expect(page.get_by_text("Which data?")).to_be_hidden()
    page.get_by_label("What is wrong?").fill("An export went to the wrong customer")
    page.get_by_role("radio", name=re.compile("SEV 3")).check()
    page.get_by_label("Personal or health data exposed").check()
    page.get_by_label("Health data", exact=True).check()
    page.get_by_label("Personal or health data exposed").uncheck()
    expect(page.get_by_label("Health data", exact=True)).to_be_visible()  # what is ticked is never hidden
    assert site.faults(page) == []
    page.get_by_label("Personal or health data exposed").check()
    page.get_by_role("button", name="Declare").click()
    expect(page.get_by_role("heading", name=re.compile("Restricted: only"))).to_be_visible()
    expect(page.locator("#law")).to_contain_text("Health data")
    assert "INC-1" not in page.url


# How many stops a page has: what can have the focus and is shown; a group of radio buttons is one of them.
STOPS = """() => {
  const shown = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")].filter(
    one => one.checkVisibility() && !one.disabled && one.type !== "hidden" && one.tabIndex >= 0);
  const radios = shown.filter(one => one.type === "radio");
  return shown.length - radios.length + new Set(radios.map(one => one.form.id + one.name)).size;
}"""


def live(page: Page) -> None:
    expect(page.locator("[data-live-state]")).to_have_text("Live")


@pytest.mark.clause("warroom.ack-everything")
def test_keys_alone_run_an_incident_from_declaring_to_resolving(site: Site) -> None:
    """No mouse, no focus set by a script of ours: only keys. The focus is always seen, nothing lies over it, and it is never caught."""
    acme = site.installation.acme
    page = site.page(acme.amira, locale="en-US")
    keys = Keyboard(page)

    keys.to(page.get_by_role("link", name="Declare an incident").first)
    keys.press("Enter")
    expect(page.get_by_label("What is wrong?")).to_be_focused()
    keys.type("Checkout fails")
    keys.press("Tab", "ArrowDown", "Enter")
    page.wait_for_url("**/incidents/INC-1/")
    live(page)

    keys.press("r")  # the open seat
    expect(page.get_by_role("button", name="Take command")).to_be_focused()
    keys.send()
    expect(page.locator("#role-ic")).to_contain_text("Amira Ahmadi")

    keys.press("c")
    keys.type("A lock on orders")
    keys.do("do-note")
    expect(page.locator("#timeline")).to_contain_text("A lock on orders")

    jon = site.page(acme.jon)
    jon.goto(page.url)
    live(jon)
    keys.press("o")
    expect(page.locator("#do-order [name=to]")).to_be_focused()
    keys.type("Jon")
    keys.do("do-order", text="Roll back")
    expect(page.locator("#orders")).to_contain_text("Roll back")

    expect(jon.get_by_role("button", name="Acknowledge")).to_be_visible()  # it came by itself
    jon.keyboard.press("a")
    expect(jon.locator("#my-orders")).to_contain_text("acknowledged in")
    expect(page.locator("#orders")).to_contain_text("acknowledged in")

    keys.to(page.get_by_role("link", name="Post an update", exact=True))
    keys.press("Enter")
    expect(page.locator("#kind-update")).to_have_attribute("open", "")
    keys.do("do-update", known="A lock", impact="Nobody pays", doing="Rolling back")
    expect(page.locator("#timeline")).to_contain_text("Rolling back")
    expect(jon.locator("#timeline")).to_contain_text("Rolling back")

    for state, reason in (("Investigation", "Two are awake"), ("Monitoring", "It mended itself")):
        keys.press("s")
        expect(page.locator(".room-now summary")).to_be_focused()
        keys.press("Enter")
        keys.do("do-advance", to=state, reason=reason)
        expect(page.locator(".phases [aria-current]")).to_have_text(state)

    keys.to(page.locator("#verb-impact > summary"))
    keys.press("Enter")
    keys.to(page.get_by_label("Impact ended (UTC)"))
    moment = now()
    keys.type(f"{moment:%m%d%Y}")  # Chromium's own parts of a date follow its language, American here
    keys.press("Tab")
    keys.type(f"{moment:%I%M%S}{moment:%p}"[:7])
    expect(page.get_by_label("Impact ended (UTC)")).to_have_value(re.compile(f"^{field_value(moment)}"))
    keys.do("do-impact")
    expect(page.locator("#facts")).not_to_contain_text("not yet")

    keys.to(page.locator("#verb-resolve > summary"))  # not the big one: monitoring has not lasted
    keys.press("Enter")
    keys.do("do-resolve", summary="A lock; rolled back", monitoring_too_short="It is plain")
    expect(page.locator(".phases [aria-current]")).to_have_text("Resolved")


def test_tab_goes_through_a_room_from_end_to_end(site: Site) -> None:
    """Each stop is seen, none is a trap, and the way back has as many."""
    acme = site.installation.acme
    amira = acme.amira.actor()
    with acme.scope(acme.amira):
        incident = actions.declare(by=acme.mei.actor(), title="Checkout fails", severity=Severity.SEV1)
        actions.claim(incident, by=amira)
        actions.assign(incident, by=amira, role=RoomRole.OL, person=member_for(amira, acme.jon.email))
        actions.order(incident, by=amira, to=acme.jon.email, text="Write it down")
    for path in ("incidents/INC-1/", "incidents/declare/", "inbox/"):
        page = site.page(acme.amira)
        page.goto(f"{site.url}/o/acme/{path}")
        stops = Keyboard(page).round()
        assert len(stops) == page.evaluate(STOPS), path


def test_the_key_acknowledges_the_oldest_order_and_says_when_there_is_none(site: Site) -> None:
    """One key, no second one; in a field it is a letter."""
    acme = site.installation.acme
    with acme.scope(acme.amira):
        incident = actions.declare(by=acme.mei.actor(), title="Checkout fails", severity=Severity.SEV1)
        actions.claim(incident, by=acme.amira.actor())
        for text in ("Roll back", "Call the bank"):
            actions.order(incident, by=acme.amira.actor(), to=acme.jon.email, text=text)
    page = site.page(acme.jon)
    page.goto(f"{site.url}/o/acme/incidents/INC-1/")
    live(page)
    waiting = page.locator("#orders-now")
    page.keyboard.press("c")
    page.keyboard.press("a")
    expect(page.locator("#do-note [name=text]")).to_have_value("a")
    expect(waiting).to_contain_text("2 orders for you")
    page.locator("h1").click()
    Keyboard(page).send("a")
    expect(page.locator("#my-orders")).to_contain_text("Roll back")
    expect(waiting).to_contain_text("Call the bank")
    Keyboard(page).send("a")
    expect(page.locator("#my-orders")).to_contain_text("Call the bank")
    expect(waiting).to_have_count(0)
    page.keyboard.press("a")
    expect(page.locator("#room-says")).to_have_text("No order waits for your word")
