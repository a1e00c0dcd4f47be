"""The same story as one person lives it: a mail, a link, and a browser; real Prometheus, Alertmanager, SMTP and Chromium."""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Locator, Page, Response, expect, sync_playwright

from tests.browser.hands import field_value
from tests.portal.embedded import until
from tests.system.installation import Installation, Tenant
from tests.system.monitoring import CHROMIUM, Monitoring, monitoring, program
from tests.system.test_story import FIRES_WITHIN, link_in, page_about

pytestmark = [pytest.mark.system, pytest.mark.browser]

SUMMARY = "Checkout answers with errors"
FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
TELL_VIOLATIONS = "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI))"
CAUSE = "A bad release; rolled back to v1.2.2."


@pytest.fixture
def page() -> Iterator[Page]:
    """A page of a fresh browser. What the browser complains of, and any 5xx, fails the test."""
    trouble: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # A browser writes every 4xx to its console; a refusal is part of the portal's job.
        if message.type == "error" and "the server responded with a status of 4" not in message.text:
            trouble.append(f"console: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 500:
            trouble.append(f"{response.status}: {response.url}")

    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program(CHROMIUM), args=[*FLAGS, *root]) as browser,
    ):
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.add_init_script(TELL_VIOLATIONS)
        opened.on("console", heard)
        opened.on("pageerror", lambda error: trouble.append(f"script: {error}"))
        opened.on("response", answered)
        yield opened
    assert trouble == []


def form(page: Page, verb: str) -> Locator:
    """A verb's form in the war room, unfolded; what is written in the room has a tab instead."""
    found = page.locator(f"#verb-{verb}, #kind-{verb}")
    if found.get_attribute("open") is None:
        found.locator("summary").first.click()
    return found


def in_timeline(page: Page, words: str) -> None:
    """See that the record says so."""
    expect(page.get_by_role("log", name="Timeline").get_by_text(words).first).to_be_visible()


def state(page: Page, label: str) -> None:
    """See where the incident stands, beside its title."""
    expect(page.locator(".room-title").get_by_text(label)).to_be_visible()


def test_the_story_by_browser(muster: Installation, acme: Tenant, page: Page, tmp_path: Path) -> None:
    """Woken by mail, she acknowledges, signs in, declares from triage, commands, and resolves once it has cleared."""
    with monitoring(tmp_path, acme.hook, name="CheckoutErrors", summary=SUMMARY) as monitor:
        monitor.checkout_fails()
        _acknowledged(muster, acme, page)
        _signed_in(muster, acme, page)
        _declared_from_triage(page)
        _commanded(page)
        _resolved(acme, page, monitor)
    in_timeline(page, f"CheckoutErrors fires: {SUMMARY}.")
    in_timeline(page, "CheckoutErrors cleared.")
    in_timeline(page, "The cause is known and gone.")
    expect(page.locator(".phases [aria-current]")).to_have_text("Resolved")


def _acknowledged(muster: Installation, acme: Tenant, page: Page) -> None:
    until(lambda: [mail for mail in muster.sink.to(acme.email("amira")) if SUMMARY in mail.subject], FIRES_WITHIN)
    page.goto(link_in(page_about(muster, acme.email("amira"), SUMMARY)))
    expect(page.get_by_role("heading", name=SUMMARY)).to_be_visible()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("heading", name="Acknowledged")).to_be_visible()


def _signed_in(muster: Installation, acme: Tenant, page: Page) -> None:
    page.goto(f"{muster.address}/accounts/login/")
    page.get_by_label("Email").fill(acme.email("amira"))
    page.get_by_label("Password", exact=True).fill(acme.password("amira"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/o/acme/incidents/")


def _declared_from_triage(page: Page) -> None:
    page.get_by_role("link", name=re.compile("Triage")).first.click()
    expect(page.get_by_role("heading", name="Triage", level=1)).to_be_visible()
    newest = page.get_by_role("link", name="the newest are on the last page")
    if newest.count():  # where other tests have left more than a page of what waits longer
        newest.click()
    signal = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=SUMMARY))
    expect(signal.get_by_text("1 firing")).to_be_visible()
    expect(signal.get_by_text("Page: acknowledged by Amira Ahmadi")).to_be_visible()
    signal.get_by_role("link", name=f"Declare an incident from {SUMMARY}").click()
    expect(page.get_by_label("What is wrong?")).to_have_value(SUMMARY)
    expect(page.get_by_role("checkbox", name="Checkout")).to_be_checked()
    page.get_by_role("radio", name=re.compile("SEV 1")).check()
    page.get_by_role("button", name="Declare").click()
    page.wait_for_url(re.compile(r"/o/acme/incidents/INC-\d+/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text(SUMMARY)
    state(page, "Mobilisation")


def _commanded(page: Page) -> None:
    page.get_by_role("button", name="Take command").click()
    in_timeline(page, "I have command.")

    advance = form(page, "advance")
    advance.get_by_role("button", name="Start the investigation").click()
    expect(page.get_by_text("OL and CL are not filled").first).to_be_visible()
    advance = form(page, "advance")
    advance.get_by_label("Reason").fill("I am alone and begin.")
    advance.get_by_role("button", name="Start the investigation").click()
    state(page, "Investigation")
    in_timeline(page, "I am alone and begin.")

    update = form(page, "update")
    update.get_by_label("What is known").fill("Payments time out.")
    update.get_by_label("Impact").fill("A fifth of checkouts fails.")
    update.get_by_label("What is being done").fill("Rolling back.")
    update.get_by_role("button", name="Post an update").click()
    in_timeline(page, "Payments time out.")

    note = form(page, "note")
    note.get_by_label("Note", exact=True).fill("Rolled back to v1.2.2.")
    note.get_by_role("button", name="Note").click()
    in_timeline(page, "Rolled back to v1.2.2.")

    for label in ("Mitigation", "Monitoring"):
        advance = form(page, "advance")
        advance.get_by_label("To", exact=True).select_option(label)
        advance.get_by_role("button", name="Advance").click()
        state(page, label)


def _resolved(acme: Tenant, page: Page, monitor: Monitoring) -> None:
    impact = form(page, "impact")
    impact.get_by_label("Impact ended (UTC)").fill(field_value(datetime.now(UTC)))
    impact.get_by_role("button", name="Set impact").click()
    in_timeline(page, "Impact ended at")

    # Refused while it fires: the page says so, and keeps what she wrote.
    resolve = form(page, "resolve")
    resolve.get_by_label("What was it, and what ended it?").fill(CAUSE)
    resolve.get_by_label("Why resolve before monitoring has lasted?").fill("The cause is known and gone.")
    resolve.get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("alert").filter(has_text="Still firing: CheckoutErrors (checkout).").first).to_be_visible()
    resolve = form(page, "resolve")
    expect(resolve.get_by_label("What was it, and what ended it?")).to_have_value(CAUSE)
    state(page, "Monitoring")

    monitor.checkout_works()
    amira = acme.api("amira")
    ref = page.url.rstrip("/").split("/incidents/")[1].split("/")[0]
    until(lambda: "alerts_firing" not in str(amira.get(f"incidents/{ref}/")["allowed_actions"]["resolve"]), FIRES_WITHIN)
    resolve.get_by_role("button", name="Resolve").click()
    state(page, "Resolved")
    in_timeline(page, CAUSE)
