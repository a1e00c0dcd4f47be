"""The status page as a stranger meets it: wide, dark, on a phone, without scripts, of which it has none; and on paper."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from incidents import actions
from incidents.states import Audience, Severity
from status.actions import put_up, set_status_page, show_postmortem
from status.models import PublicIncident
from tenants.time import now
from tests.browser.conftest import LOOKS, Site

pytestmark = [pytest.mark.browser, pytest.mark.clause("tools.statuspage-public")]

TEXT = (
    "## What happened\n\nA lock was held.\n\n| when | what |\n|---|---|\n| 10:00 | it began |\n\n- One\n- Two\n\n    code that is rather long "
    + "x" * 120
)


def furnish(site: Site) -> str:
    """One that goes on, and one that is over with its post-mortem. Returns the id of the latter."""
    acme = site.installation.acme
    with acme.scope(acme.admin):
        set_status_page(by=acme.admin.actor(), public=True, reason="Customers ask.")
    amira = acme.amira.actor()
    with acme.scope(acme.amira):
        for name, status in (("payments", "identified"), ("api", "resolved")):
            incident = actions.declare(by=amira, title="Secret title", severity=Severity.SEV3)
            for step in ("investigating", status):
                worse = {} if step == "resolved" else {name: "partial_outage"}
                actions.update(
                    incident,
                    by=amira,
                    audience=Audience.PUBLIC,
                    status=step,
                    states_cause=False,
                    known=f"It is {step}. `{'y' * 90}`",
                    impact="1. One in five fails.\n2. Slowly.",
                    doing="> We roll back.",
                    next_update_at=now() + timedelta(minutes=20),
                    components=worse,
                )
            put_up(incident.pk)
        show_postmortem(incident, title="The API failed", text=TEXT, released_at=now())
        return PublicIncident.objects.get(incident=incident).public_id


@pytest.mark.parametrize("look", [*LOOKS, pytest.param({"java_script_enabled": False}, id="without scripts")])
def test_every_public_page_is_accessible(site: Site, look: dict[str, Any]) -> None:
    public_id = furnish(site)
    scripts = look.get("java_script_enabled", True)
    page = site.page(**look)
    home = f"{site.url}/status/acme/"
    page.goto(home)
    expect(page.get_by_role("heading", level=1)).to_have_text("Partial outage: Payments")
    page.get_by_role("link", name="Post-mortem: The API failed").click()
    expect(page.get_by_role("heading", name="What happened", level=3)).to_be_visible()
    paths = (
        "",
        f"incidents/{public_id}/",
        f"post-mortems/{public_id}/",
        f"history/{now():%Y-%m}/",
        "history/2020-01/",
        "incidents/none/",
    )
    for path in paths:
        answer = page.goto(home + path)
        assert answer is not None
        assert answer.status == (404 if "none" in path else 200), path
        assert page.locator("script").count() == 0
        assert not scripts or site.faults(page) == []
    assert len(page.request.get(home).body()) < 15_000


def test_on_paper_the_post_mortem_is_its_text(site: Site) -> None:
    public_id = furnish(site)
    page = site.page()
    page.goto(f"{site.url}/status/acme/post-mortems/{public_id}/")
    page.emulate_media(media="print")
    expect(page.get_by_text("A lock was held.")).to_be_visible()
    expect(page.get_by_role("navigation", name="This post-mortem")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.card')).borderTopWidth") == "0px"
