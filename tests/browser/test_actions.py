"""The pages of action items in a browser: light and dark, wide and on a phone, by keyboard, on paper, and without scripts."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from incidents import actions
from incidents.members import member_for
from incidents.models import Incident
from incidents.states import Severity
from ledger.models import Event
from oncall.models import Service
from postmortems.actions import items, similar
from tests.browser.conftest import LOOKS, Site

pytestmark = [pytest.mark.browser]

PAGES = {
    "board": "actions/",
    "filtered": "actions/?late=on&mine=on&q=lock",
    "list": "actions/?view=list",
    "item": "actions/INC-1-1/",
    "ended": "actions/INC-1-3/",
    "of": "actions/of/INC-1/",
    "similar": "similar/INC-1/",
    "resolved": "incidents/INC-2/",
    "my work": "inbox/",
}


@pytest.fixture
def following(site: Site) -> Site:
    """A SEV 1 with items of every kind and state, one of them late; and a past incident like it, with one still to be done."""
    acme = site.installation.acme
    amira, jon = acme.amira.actor(), acme.jon.actor()
    with acme.scope(acme.amira):
        service = Service.objects.get(slug="checkout")
        title = "Checkout fails: a lock on orders"
        incident = actions.declare(by=amira, title=title, severity=Severity.SEV1, services=[service])
        actions.claim(incident, by=amira)
        mine, his = (member_for(amira, email) for email in (acme.amira.email, acme.jon.email))
        late = items.file_item(
            incident, by=amira, title="Add a lock timeout", kind="prevention", owner=mine, details="To **all**."
        )
        started = items.file_item(incident, by=amira, title="Alert on lock waits", kind="detection", owner=his)
        items.start_item(started, by=jon)
        done = items.file_item(incident, by=amira, title="Mend the probe", kind="detection", owner=his)
        items.finish_item(done, by=jon, outcome="It probes orders now.")
        dropped = items.file_item(incident, by=amira, title="Rewrite it", kind="prevention", owner=his)
        items.drop_item(dropped, by=amira, reason="It is switched off in spring.")
        late.due_at = datetime(2026, 1, 1, tzinfo=UTC)
        late.save()
        past = actions.declare(by=amira, title=f"{title} again", severity=Severity.SEV3, services=[service])
        items.file_item(past, by=amira, title="Look at every lock", kind="prevention", owner=mine)
        actions.set_impact(past, by=amira, end=datetime.now(UTC))
        actions.resolve(past, by=amira, summary="It let go of the lock.")
        similar.learn(Event.objects.filter(kind="incident.resolved").latest("id"), amira)
        assert Incident.objects.count() == 2
    return site


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_of_action_items_are_accessible(following: Site, look: dict[str, Any]) -> None:
    page = following.page(following.installation.acme.amira, **look)
    for name, path in PAGES.items():
        answer = page.goto(f"{following.url}/o/acme/{path}")
        assert answer is not None
        assert answer.status == 200, name
        assert following.faults(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name


def test_an_item_is_filed_started_and_done_by_keyboard_without_scripts(following: Site) -> None:
    page = following.page(following.installation.acme.amira, java_script_enabled=False)
    page.goto(f"{following.url}/o/acme/incidents/INC-1/")
    page.get_by_role("link", name="File an action item").click()
    page.wait_for_url("**/actions/of/INC-1/**")
    page.get_by_role("button", name="File it").click()
    expect(page.get_by_text("Nothing was changed. Please look at this:")).to_be_visible()
    page.get_by_label("What is to be done?").fill("Write it down")
    page.get_by_label("Prevention: it cannot happen again").check()
    page.get_by_label("Who does it?").select_option("amira@acme.example")
    page.get_by_role("button", name="File it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="INC-1-5 Write it down")).to_be_visible()
    page.goto(f"{following.url}/o/acme/actions/")
    page.get_by_role("button", name=re.compile("^Start.*INC-1-5$")).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/actions/INC-1-5/")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("by Amira Ahmadi").first).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="Done").first).to_be_visible()


def test_owners_are_reminded_from_the_list_and_the_filter_stays(following: Site) -> None:
    page = following.page(following.installation.acme.amira)
    page.goto(f"{following.url}/o/acme/actions/?view=list&kind=detection")
    page.get_by_label("Choose INC-1-2").check()
    page.get_by_role("button", name="Remind the owners of the chosen ones").click()
    expect(page.get_by_text("1 person reminded.")).to_be_visible()
    assert "view=list" in page.url
    assert "kind=detection" in page.url
    expect(page.get_by_label("Choose INC-1-2")).to_have_count(0)


def test_the_board_is_one_column_on_a_phone_and_prints_without_buttons(following: Site) -> None:
    page = following.page(following.installation.acme.amira, viewport={"width": 390, "height": 844})
    page.goto(f"{following.url}/o/acme/actions/")
    tops = [page.locator(".board-column").nth(n).bounding_box() for n in range(4)]
    assert all(box is not None for box in tops)
    assert len({round(box["x"]) for box in tops if box}) == 1
    expect(page.get_by_text("Late by").first).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator(".item-press").first).to_be_hidden()
    expect(page.get_by_text("Add a lock timeout")).to_be_visible()
