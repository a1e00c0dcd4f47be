"""Contact methods in a real browser: the page, and a push that is acknowledged by its button."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Worker, expect

from incidents import actions
from incidents.states import Severity
from notifications import contacts, webpush
from notifications.transports import Message
from oncall import actions as oncall
from oncall import links
from oncall.models import Page as OncallPage
from oncall.models import Team
from tenants.actors import Via, system
from tests.browser.conftest import LOOKS, Site

pytestmark = [pytest.mark.browser]


@pytest.mark.parametrize("look", LOOKS)
def test_the_page_is_accessible(site: Site, look: dict[str, Any]) -> None:
    """Empty, with one that waits for its code, and with a refusal."""
    acme = site.installation.acme
    page = site.page(acme.amira, **look)
    page.goto(f"{site.url}/o/acme/me/contact-methods/")
    assert site.faults(page) == []
    with acme.scope(acme.amira):
        for name in ("home", "work"):
            contacts.add(by=acme.amira.actor(), kind="email", address=f"{name}@example.com", label=name)
    page.reload()
    for fold in page.locator("main details > summary").all():
        fold.click()
    assert site.faults(page) == []
    page.get_by_label("The code of 8 digits").first.fill("1234")
    page.get_by_role("button", name="Verify home").click()
    expect(page.get_by_text("This is not the code that was sent.").first).to_be_visible()
    expect(page.get_by_label("The code of 8 digits").first).to_have_value("1234")
    assert site.faults(page) == []


def test_without_scripts_everything_works_but_push(site: Site) -> None:
    page = site.page(site.installation.acme.amira, java_script_enabled=False)
    page.goto(f"{site.url}/o/acme/me/contact-methods/")
    expect(page.get_by_role("button", name="Add this browser")).to_be_disabled()
    page.get_by_label("Where?").fill("home@example.com")
    page.get_by_label("What do you call it?").first.fill("Home")
    page.get_by_role("button", name="Add it and send a code").click()
    expect(page.get_by_text("Not verified: it is not used yet")).to_be_visible()
    page.get_by_role("button", name="Remove Home").click()
    expect(page.get_by_text("Not verified")).to_have_count(0)


def subscribed(site: Site, page: Page) -> Worker:
    """The portal's service worker, as the page registers it; the browser may show notifications."""
    context: BrowserContext = page.context
    context.grant_permissions(["notifications"], origin=site.url)
    page.goto(f"{site.url}/o/acme/me/contact-methods/")
    with context.expect_event("serviceworker") as started:
        page.evaluate(
            "navigator.serviceWorker.register(document.querySelector('[data-push]').dataset.pushWorker)"
            ".then(registration => new Promise(done => {"
            "const worker = registration.installing ?? registration.active;"
            "if (worker.state === 'activated') done(); else worker.onstatechange = () => worker.state === 'activated' && done(); }))"
        )
    worker: Worker = started.value
    worker.evaluate(LISTEN)
    return worker


def push(title: str, text: str, link: str) -> bytes:
    """What the portal sends a browser for a page, before it is encrypted."""
    return webpush.payload(Message("", "Amira", title, text, link, "Acknowledge", urgent=True), "1")


def deliver(site: Site, page: Page, told: bytes) -> None:
    """Hand the browser a push message, as its push service would once it has decrypted it."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    for _ in range(100):
        if found:
            break
        page.wait_for_timeout(50)  # DevTools tells of it in its own time
    assert found, "no service worker is registered"
    session.send("ServiceWorker.deliverPushMessage", {"origin": site.url, "registrationId": found[-1], "data": told.decode()})


# What was shown is heard from the call that shows it: asking for the open notifications while one is being shown can lose it.
LISTEN = """() => {
  self.shown = [];
  const show = self.registration.showNotification.bind(self.registration);
  self.registration.showNotification = async (title, options) => {
    await show(title, options);
    self.shown.push([title, options.body, options.actions.map((one) => one.action).join()]);
  };
}"""
SHOWN = "() => self.shown"
CLICK = """async (action) => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent('notificationclick', {notification, action}));
}"""


def shown(page: Page, worker: Worker, title: str) -> list[Any]:
    """The notification of this title, waited for."""
    for _ in range(100):
        for one in worker.evaluate(SHOWN):
            if one[0] == title:
                return list(one)
        page.wait_for_timeout(100)
    raise AssertionError(f"{title} was not shown, but {worker.evaluate(SHOWN)}")


@pytest.mark.clause("oncall.escalate-15-30")
def test_a_push_is_acknowledged_by_its_button(site: Site) -> None:
    """Chromium is given the message by its DevTools; the button posts to the page's link, and the escalation stops."""
    acme = site.installation.acme
    with acme.scope(acme.amira):
        incident = actions.declare(by=acme.mei.actor(), title="Checkout fails", severity=Severity.SEV3)
        by = system(acme.id, Via.CLOCK)
        called = oncall.page_team(Team.objects.get(), incident, by=by, incident_id=incident.pk)
        link = links.make(called, acme.amira.user_id)
    page = site.page(acme.amira)
    worker = subscribed(site, page)
    title = "Page: SEV 1 INC-1: Оплата не работает \U0001f525"
    deliver(site, page, push(title, "You are paged. \u2019", link))
    assert shown(page, worker, title) == [title, "You are paged. \u2019", "acknowledge,open"]
    with acme.scope():
        assert OncallPage.objects.get(pk=called.pk).state == OncallPage.State.OPEN  # showing it acknowledges nothing
    worker.evaluate(CLICK, "acknowledge")
    assert shown(page, worker, "Acknowledged")[1] == title
    with acme.scope():
        found = OncallPage.objects.get(pk=called.pk)
        assert found.state == OncallPage.State.ACKNOWLEDGED
        assert found.acknowledged_by_id == acme.amira.user_id


def test_a_push_whose_link_has_ended_says_so(site: Site) -> None:
    """Expired or forged: nothing is acknowledged, the notification says so, and does not offer again what would be refused again."""
    page = site.page(site.installation.acme.amira)
    worker = subscribed(site, page)
    url = "https://elsewhere.example/ack/forged/"
    deliver(site, page, push("Page: x", "", url))
    shown(page, worker, "Page: x")
    worker.evaluate(CLICK, "acknowledge")
    assert shown(page, worker, "It was not acknowledged")[1:] == ["Open it to see why.", "open"]


def test_a_push_that_does_not_get_through_is_offered_again(site: Site) -> None:
    page = site.page(site.installation.acme.amira)
    worker = subscribed(site, page)
    worker.evaluate("() => { self.fetch = () => Promise.reject(new TypeError('no network')); }")
    deliver(site, page, push("Page: x", "", "https://elsewhere.example/ack/any/"))
    shown(page, worker, "Page: x")
    worker.evaluate(CLICK, "acknowledge")
    again = shown(page, worker, "It was not acknowledged")
    assert again[1:] == ["Muster did not answer. Try again, or open it.", "acknowledge,open"]
