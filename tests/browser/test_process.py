"""The figures, the standard and the quarter's review as a person meets them: signed off, with an error budget, and on paper."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, ViewportSize, expect

from incidents import actions
from incidents.models import Component, ServiceComponent
from incidents.states import Severity
from ledger.actions import configure
from metrics.actions import measure_all
from oncall.models import Service
from standard import actions as process
from standard.models import ProcessReview
from tests.browser.conftest import LOOKS, Site
from tests.postmortems.lived import reviewed

pytestmark = [pytest.mark.browser]

PAPER: ViewportSize = {"width": 794, "height": 1123}  # A4 at 96 dots an inch
FIGURES = ("metrics/", "metrics/?by=severity", "metrics/clocks/", "metrics/pages/", "metrics/items/", "metrics/availability/")


@pytest.fixture
def signed(site: Site) -> Site:
    """An organisation with an outage, an SLO that it misses and an SLA, a published post-mortem, and a quarter's review that is signed off."""
    acme = site.installation.acme
    admin = acme.admin.actor()
    with acme.scope(acme.admin):
        service, payments = Service.objects.get(slug="checkout"), Component.objects.get(slug="payments")
        configure(payments, {"slo": "99.99", "sla": "99.5"}, by=admin)
        configure(ServiceComponent(), {"service": service, "component": payments}, by=admin)
    with acme.scope(acme.amira):
        by = acme.amira.actor()
        incident = actions.declare(by=by, title="Checkout fails", severity=Severity.SEV1, services=[service])
        actions.claim(incident, by=by)
        actions.set_impact(incident, by=by, start=datetime.now(UTC) - timedelta(hours=2))
    reviewed(acme, "somehow")
    with acme.scope(acme.admin):
        measure_all()
    with acme.scope(acme.owner):
        review, owner = ProcessReview.objects.get(), acme.owner.actor()
        process.write_review(review, by=owner, revision=review.revision, notes="A calm quarter.", decisions="Nothing changes.")
        process.sign_review(ProcessReview.objects.get(), by=owner)
    return site


@pytest.mark.clause("improve.quarterly-review")
@pytest.mark.parametrize("look", LOOKS)
def test_a_review_that_is_signed_off_is_read(signed: Site, look: dict[str, Any]) -> None:
    """What was signed, by whom; each figure leads on; where today's count is another it stands beside, and nothing is to be signed."""
    acme = signed.installation.acme
    page = signed.page(acme.jon, **look)
    page.goto(f"{signed.url}/o/acme/reviews/")
    expect(page.get_by_text("signed off").first).to_be_visible()
    page.goto(f"{signed.url}/o/acme/reviews/1/")
    expect(page.get_by_text(f"Signed off by {acme.owner.name}")).to_be_visible()
    expect(page.get_by_role("heading", name="Figures", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Post-mortems published")).to_be_visible()
    expect(page.get_by_text("Nothing changes.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign off")).to_have_count(0)
    assert signed.faults(page) == []
    with acme.scope(acme.amira):
        actions.declare(by=acme.amira.actor(), title="After it", severity=Severity.SEV2)
        measure_all()
    page.reload()
    expect(page.get_by_text("These are the figures as they were signed off")).to_be_visible()
    page.get_by_role("link", name="Incidents of SEV 1, n", exact=False).first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert signed.faults(page) == []


@pytest.mark.clause("metrics.slo")
@pytest.mark.parametrize("look", LOOKS)
def test_the_error_budget_is_drawn(signed: Site, look: dict[str, Any]) -> None:
    """As a chart with its table: what is left of the SLO and the SLA of a component that was down, by the outage behind it."""
    page = signed.page(signed.installation.acme.jon, **look)
    page.goto(f"{signed.url}/o/acme/metrics/availability/")
    expect(page.locator("main svg[role=img]").first).to_be_visible()
    row = page.locator("tr", has_text="Payments").first
    expect(row).to_contain_text("99.99 %, missed")
    expect(row).to_contain_text("99.5 %")
    assert signed.faults(page) == []
    row.get_by_role("link").first.click()
    expect(page.get_by_text("still down").first).to_be_visible()
    assert signed.faults(page) == []


def wrong_on_paper(site: Site, page: Page, path: str) -> list[str]:
    """What a page lacks as it is printed: no way about, a heading, dark words on white, nothing cut off at the side, and something on it."""
    page.emulate_media(media="print")
    page.set_viewport_size(PAPER)
    answer = page.goto(f"{site.url}/o/acme/{path}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    ways = [
        way
        for way in (".top", ".bottombar", ".skip", "button", ".btn", "input[type=file]")
        if any(one.is_visible() for one in page.locator(way).all())
    ]
    shades = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("L").histogram()
    found = {
        f"answers {answer and answer.status}": answer is None or answer.status != 200,
        f"shows {ways}": bool(ways),
        "is cut off at the side": not page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"),
        f"has words that nobody reads: {(dim := page.evaluate(_DIM))}": bool(dim),
        "is not white": shades[255] <= sum(shades) / 2,
        "is blank": sum(shades[:128]) <= 1_000,
    }
    return [f"{path} {what}" for what, so in found.items() if so]


# Words of less contrast with white than 3 to 1 (what a large heading needs), where nothing else lies behind them.
_DIM = """() => {
  const channel = value => { value /= 255; return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4 }
  const shade = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true})
  const rgba = color => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return [...canvas.getImageData(0, 0, 1, 1).data]
  }
  const behind = one => {
    for (; one; one = one.parentElement) {
      const found = rgba(getComputedStyle(one).backgroundColor)
      if (found[3] > 128) return found
    }
    return [255, 255, 255]
  }
  const words = [...document.querySelectorAll('main h1, main h2, main p, main td, main th, main li, main dd, main a')]
  return words.filter(one => one.checkVisibility() && one.innerText.trim()).filter(one => {
    const pair = [shade(rgba(getComputedStyle(one).color)), shade(behind(one))].sort((a, b) => b - a)
    return (pair[0] + 0.05) / (pair[1] + 0.05) < 3
  }).map(one => one.outerHTML.slice(0, 120)).slice(0, 5)
}"""


@pytest.mark.clause("metrics.slo")
@pytest.mark.clause("improve.quarterly-review")
@pytest.mark.clause("people.process-owner")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_standard_and_review_are_printed(signed: Site, scheme: str) -> None:
    """Dark pages print as light ones do."""
    page = signed.page(signed.installation.acme.owner, color_scheme=scheme)
    for path in (*FIGURES, "standard/", "reviews/", "reviews/1/"):
        assert wrong_on_paper(signed, page, path) == []
