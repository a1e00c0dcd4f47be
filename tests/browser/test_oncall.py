"""The pages of schedules in a browser: light and dark, wide and on a phone, and the week by keyboard."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from oncall.actions import calendars, overrides, schedules, swaps
from oncall.models import Team
from oncall.plans import Plan, Stretch
from oncall.rota import OnCallDuty
from tenants.models import User
from tests.browser.conftest import LOOKS, Site

pytestmark = [pytest.mark.browser]

SHOTS = os.environ.get("MUSTER_SHOTS", "")
PAGES = {
    "oncall": "oncall/",
    "readiness": "readiness/",
    "my-work": "inbox/",
    "schedule": "oncall/s/shop/",
    "grid": "oncall/s/shop/?view=grid",
    "shifts": "oncall/my-shifts/",
    "override": "oncall/s/shop/override/",
    "swap": "oncall/s/shop/swap/",
}
EDITORS_PAGES = {
    "new": "oncall/new/",
    "change": "oncall/s/shop/change/",
    "layer": "oncall/s/shop/layers/1/",
    "import": "oncall/s/shop/import/",
}


@pytest.fixture
def planned(site: Site) -> Site:
    """A schedule with all there can be of one: a gap, an override, a swap, a layer whose handover comes twice, a calendar link."""
    acme = site.installation.acme
    with acme.scope(acme.admin):
        admin, amira, jon, mei = (User.objects.get(pk=acme.people[who].user_id) for who in ("admin", "amira", "jon", "mei"))
        by, soon = acme.admin.actor(), datetime.now(UTC) + timedelta(hours=1)
        shop = schedules.make_schedule(
            by=by, name="Shop on call", slug="shop", team=Team.objects.get(slug="shop"), time_zone="Europe/Berlin"
        )
        starts = soon.date() - timedelta(days=2)
        laid: dict[str, Any] = {"starts_on": starts, "time_zone": "Europe/Berlin"}
        daily = {"unit": "day", **laid}
        handover = datetime(2026, 1, 1, 2, 30).time()
        schedules.add_layer(shop, Plan("primary", (amira, mei), handover_at=handover, **daily), by=by)
        weekdays = (1, 2, 3, 4, 5)
        schedules.add_layer(shop, Plan("secondary", (jon,), handover_at=handover, weekdays=weekdays, **laid), by=by)
        taken = Stretch(OnCallDuty.PRIMARY, soon, soon + timedelta(hours=3), admin)
        overrides.give_override(shop, taken, by=by, reason="Amira is on a train")
        calendars.share_calendar(by=acme.amira.actor(), schedule=shop)
    with acme.scope(acme.mei):
        later = soon.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
        mine = later if (later.date() - starts).days % 2 else later + timedelta(days=1)
        swaps.offer_swap(shop, swaps.Offer("primary", (mine, mine + timedelta(hours=3)), to=amira), by=acme.mei.actor())
    return site


def keep(page: Any, name: str, look: dict[str, Any]) -> None:
    """A picture for people, where the environment asks for some."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}-{look['color_scheme']}-{look['viewport']['width']}.png", full_page=True)


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_of_schedules_are_accessible(planned: Site, look: dict[str, Any]) -> None:
    acme = planned.installation.acme
    for person, pages in ((acme.amira, PAGES), (acme.admin, EDITORS_PAGES)):
        page = planned.page(person, **look)
        for name, path in pages.items():
            answer = page.goto(f"{planned.url}/o/acme/{path}")
            assert answer is not None
            assert answer.status == 200, path
            keep(page, name, look)
            assert planned.faults(page) == []


def test_the_week_is_walked_by_arrow_keys_and_enter_opens_the_form(planned: Site) -> None:
    page = planned.page(planned.installation.acme.amira)
    page.goto(f"{planned.url}/o/acme/oncall/s/shop/?view=grid")
    page.get_by_role("link", name="Week after").click()
    page.wait_for_url("**week=**")
    cells = page.locator("[data-week] tbody tr").nth(0).locator("td a")
    below = page.locator("[data-week] tbody tr").nth(1).locator("td a")
    cells.nth(0).focus()
    page.keyboard.press("ArrowRight")
    expect(cells.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(below.nth(1)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(below.nth(0)).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(below.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/override/**")
    expect(page.get_by_label("What")).to_have_value("secondary")
    page.get_by_label("What").select_option("shadow")
    page.get_by_role("button", name="Put it in").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/oncall/s/shop/")
    expect(page.get_by_text("Amira Ahmadi as shadow")).to_be_visible()


def test_an_override_is_taken_and_cancelled_without_scripts(planned: Site) -> None:
    page = planned.page(planned.installation.acme.jon, java_script_enabled=False)
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    page.goto(f"{planned.url}/o/acme/oncall/s/shop/override/?duty=shadow&day={day}")
    page.get_by_role("button", name="Put it in").click()
    page.wait_for_url("**/oncall/s/shop/")
    expect(page.get_by_text("Jon Jensen as shadow")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Cancel")).click()
    expect(page.get_by_text("Jon Jensen as shadow")).to_have_count(0)
