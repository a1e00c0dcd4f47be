"""Command goes from one browser to another: five steps, each seen by the other side as it is done, and one commander throughout."""

import pytest
from playwright.sync_api import Page, expect

from incidents import actions
from incidents.members import member_for
from incidents.models import Incident, RoleHolding
from incidents.states import RoomRole, Severity
from tests.browser.conftest import Site
from tests.clock import Clock

pytestmark = [pytest.mark.browser]


def room(site: Site, who: str) -> Page:
    page = site.page(getattr(site.installation.acme, who))
    page.goto(f"{site.url}/o/acme/incidents/INC-1/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    return page


class Watched:
    """A page that must not be loaded again while the other side acts."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def __enter__(self) -> Page:
        self.page.evaluate("window.unmoved = true")
        return self.page

    def __exit__(self, *failed: object) -> None:
        if failed[0] is None:
            assert self.page.evaluate("window.unmoved === true"), "it was loaded again"


@pytest.mark.clause("handover.shadow-15")
@pytest.mark.clause("handover.sitrep")
@pytest.mark.clause("handover.announce")
def test_each_side_of_a_handover_sees_the_others_step_live(site: Site, clock: Clock) -> None:
    acme = site.installation.acme
    with acme.scope(acme.amira):
        incident = actions.declare(by=acme.mei.actor(), title="Checkout fails", severity=Severity.SEV1)
        actions.claim(incident, by=acme.amira.actor())
    giving, taking = room(site, "amira"), room(site, "jon")
    outgoing, incoming = giving.locator("#handover"), taking.locator("#handover")
    expect(incoming).to_have_count(0)

    with Watched(taking):
        giving.locator("#verb-handover > summary").click()
        giving.locator("#do-handover [name=to]").select_option(acme.jon.email)
        giving.locator("#do-handover button[type=submit]").click()
        expect(incoming).to_contain_text("Command goes from Amira Ahmadi to Jon Jensen")
        expect(incoming).to_contain_text("Your turn: Shadowing")
    expect(outgoing).to_contain_text("Jon Jensen’s turn: Shadowing")

    with Watched(giving):
        taking.locator("#do-shadow button[type=submit]").click()
        expect(outgoing).to_contain_text("Your turn: Situation report")
        expect(outgoing).to_contain_text("Shadowing for another")

    with Watched(taking):
        giving.locator("#verb-sitrep > summary").click()
        report = giving.locator("#do-sitrep [name=text]")
        assert "SITREP INC-1" in report.input_value()  # drafted from the record
        report.fill("So it stands: a lock on orders.")
        giving.locator("#do-sitrep button[type=submit]").click()
        expect(incoming).to_contain_text("Amira Ahmadi’s turn: Announced")
        expect(taking.locator("#timeline")).to_contain_text("So it stands: a lock on orders.")

    with Watched(taking):
        giving.locator("#do-announce button[type=submit]").click()
        expect(incoming).to_contain_text("Your turn: “I have command”")
        expect(taking.locator("#verb-take-command")).to_contain_text("needs a reason")  # shadowing has not lasted its time
    for page in (giving, taking):
        expect(page.locator("#role-ic")).to_contain_text("Amira Ahmadi")  # until the very last step

    clock.advance(minutes=15)
    with Watched(giving):
        taking.locator("#verb-take-command > summary").click()
        taking.locator("#do-take-command button[type=submit]").click()
        expect(giving.locator("#role-ic")).to_contain_text("Jon Jensen")
        expect(outgoing).to_have_count(0)
        expect(giving.locator(".entry").first).to_contain_text("Jon Jensen")
    expect(taking.locator("#role-ic")).to_contain_text("Jon Jensen")
    expect(incoming).to_have_count(0)
    with acme.scope(acme.jon):
        held = RoleHolding.objects.filter(incident=Incident.objects.get(ref="INC-1"), role=RoomRole.IC).order_by("since")
        assert [holding.user_id for holding in held] == [acme.amira.user_id, acme.jon.user_id]
        assert held[0].until == held[1].since  # command never lapses


@pytest.mark.clause("handover.shadow-15")
def test_taking_command_early_asks_for_the_reason_and_the_other_side_reads_it(site: Site) -> None:
    acme = site.installation.acme
    amira, jon = acme.amira.actor(), acme.jon.actor()
    with acme.scope(acme.amira):
        incident = actions.declare(by=acme.mei.actor(), title="Checkout fails", severity=Severity.SEV1)
        actions.claim(incident, by=amira)
        actions.hand_over(incident, by=amira, to=member_for(amira, acme.jon.email))
        actions.shadow(incident, by=jon)
        actions.report_situation(incident, by=amira, text="So it stands")
        actions.announce(incident, by=amira)
    giving, taking = room(site, "amira"), room(site, "jon")
    with Watched(giving):
        taking.locator("#verb-take-command > summary").click()
        taking.locator("#do-take-command button[type=submit]").click()
        expect(taking.locator("#verb-take-command .field-error, #verb-take-command [role=alert]").first).to_be_visible()
        expect(giving.locator("#role-ic")).to_contain_text("Amira Ahmadi")
        taking.locator("#do-take-command [name=reason]").fill("Amira is ill.")
        taking.locator("#do-take-command button[type=submit]").click()
        expect(giving.locator("#role-ic")).to_contain_text("Jon Jensen")
        expect(giving.locator("#timeline")).to_contain_text("Amira is ill.")
