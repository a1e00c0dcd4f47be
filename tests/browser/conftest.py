"""A real browser before a real server: the portal's own edge under uvicorn, in a thread, on a database of its own."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Response, expect, sync_playwright

from tests.conftest import Installation, Person
from tests.serving import served

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
AXE = (Path(__file__).parent.parent / "vendor" / "axe" / "axe.min.js").read_text(encoding="utf-8")
PATIENCE = 20_000  # milliseconds until a page shows what it shall: a machine with much to do takes its time
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# Each scheme of colours once and each layout once, not each with each: the colours of both layouts have the same few names
# (static/css/tokens.css), and looking at a page costs a second of the machine's.
LOOKS = [
    pytest.param({"color_scheme": scheme, "viewport": {"width": width, "height": height}}, id=f"{scheme}-{width}")
    for scheme, width, height in (("light", 1280, 900), ("dark", 390, 844))
]

# What everybody works with is looked at in the other two of the four as well.
OTHER_LOOKS = [
    pytest.param({"color_scheme": scheme, "viewport": {"width": width, "height": height}}, id=f"{scheme}-{width}")
    for scheme, width, height in (("dark", 1280, 900), ("light", 390, 844))
]

# Chromium tells the page of a violation; the page tells us through the console, where the watch below hears it.
TELL_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', event => {
  if (!window.axeRuns) console.error('CSP: ' + event.violatedDirective + ' ' + event.blockedURI);
})"""


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Ends with these tests: while Playwright runs, its loop is this thread's, where nobody else can then run one."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium."""
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip("Chromium is not installed here.")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *root])
    yield started
    started.close()


@dataclass
class Site:
    """The portal at an address, with its cast."""

    url: str
    installation: Installation
    browser: Browser
    trouble: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, person: Person | None = None, **look: Any) -> Page:
        """A page of a fresh browser, signed in as `person`. What a browser complains of fails the test."""
        context = self.browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **look})
        self.contexts.append(context)
        context.add_init_script(TELL_VIOLATIONS)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.trouble.append(f"script: {error}"))
        page.on("response", self._answered)
        if person is not None:
            page.goto(f"{self.url}/accounts/login/")
            page.get_by_label("Email").fill(person.email)
            page.get_by_label("Password", exact=True).fill(person.password)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/incidents/")
        return page

    def faults(self, page: Page, within: str = "") -> list[str]:
        """What axe finds (WCAG 2.2 AA), and whether the page scrolls sideways: nothing, of a good page.

        `within` is what it looks at, such as a menu that lies over the rest; the whole page where it is not given.
        """
        what = repr(within) if within else "document"
        size = page.viewport_size or {"width": 1280, "height": 900}
        height = int(page.evaluate("document.documentElement.scrollHeight"))
        page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})  # nothing lies below a sticky bar
        asked = json.dumps(
            {"runOnly": TAGS, "preload": False, "resultTypes": ["violations"]}
        )  # of what is right it need not tell
        found = page.evaluate(
            f"async () => {{ window.axeRuns = true; {AXE}; const told = await axe.run({what}, {asked}); "
            "await new Promise(requestAnimationFrame); await new Promise(done => setTimeout(done)); "  # its own violations are told by then
            "window.axeRuns = false; return told.violations }"
        )
        told = [f"{v['id']}: {n['html'][:160]} ({n['failureSummary'][:200]})" for v in found for n in v["nodes"]]
        if not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"):
            told.append("scrolls sideways")
        page.set_viewport_size(size)
        return [f"{page.url} at {size['width']} px: {fault}" for fault in told]

    def _heard(self, message: ConsoleMessage) -> None:
        # A browser writes each answer of 4xx to the console: a refusal is part of the portal's job. Its own words on the policy
        # are passed over for those of the event above, which says whether it was axe that tried an inline style.
        passed = ("the server responded with a status of 4", "the following Content Security Policy directive")
        if message.type in ("error", "warning") and not any(words in message.text for words in passed):
            self.trouble.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.trouble.append(f"{response.status}: {response.url}")


@pytest.fixture
def site(own_database: Installation, browser: Browser) -> Iterator[Site]:
    """The portal, served. Fails the test for any console error, script error, violation of the policy or 5xx."""
    with served() as url:
        site = Site(url, own_database, browser)
        yield site
        for context in site.contexts:
            context.close()
    assert site.trouble == []
