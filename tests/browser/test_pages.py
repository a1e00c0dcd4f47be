"""Every page, as a person meets it: light and dark, wide and on a phone, by keyboard, and without scripts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from compliance import custody_links
from compliance.actions import holds
from compliance.actions.packs import ask_for_engagement, ask_for_pack
from compliance.models import AuditEngagement, CustodianTask, RegulatorRule
from incidents import actions, quieting, ruling
from incidents.integrating import make_integration
from incidents.models import Incident, Integration, RoutingRule, Signal
from incidents.routing import Quiet
from incidents.states import Audience, FlagKey, KeyTime, Severity, State
from metrics.actions import measure_all
from oncall import actions as oncall
from oncall import links
from oncall.models import Page as OncallPage
from oncall.models import Service
from standard import actions as process
from tests.browser.conftest import LOOKS, OTHER_LOOKS, Site
from tests.browser.test_process import wrong_on_paper
from tests.compliance.access_lived import access_of_kubernetes, review_and_glass
from tests.compliance.duties_lived import RUNS, breach
from tests.ledger.sealed import seal_beside

pytestmark = [pytest.mark.browser]


@pytest.fixture
def furnished(site: Site) -> Site:
    """An organisation in which something happens: a SEV 1 with a commander and a note, a SEV 3, a report that waits, pages, a breach."""
    acme = site.installation.acme
    amira, jon = acme.amira.actor(), acme.jon.actor()
    with acme.scope(acme.amira):
        service = Service.objects.get(slug="checkout")
        incident = actions.declare(
            by=amira, title="Checkout fails for every customer", severity=Severity.SEV1, services=[service]
        )
        actions.claim(incident, by=amira)
        actions.advance(incident, by=amira, to=State.INVESTIGATION, reason="Two of us are awake.")
        actions.note(incident, by=jon, text="A lock on **orders**: `pg_stat_activity` shows it.\n\n1. one\n2. two")
        actions.update(incident, by=amira, known="A lock.", impact="Nobody pays.", doing="Rolling back.")
        actions.set_impact(incident, by=amira, start=datetime.now(UTC) - timedelta(minutes=7))
        when = datetime.now(UTC) - timedelta(minutes=2)
        actions.correct_time(incident, by=amira, which=KeyTime.DETECTED, occurred_at=when, reason="The graph shows it.")
        actions.declare(by=jon, title="Avatars do not load", severity=Severity.SEV3)
        report = actions.report(by=jon, title="Search is slow", text="It takes ten seconds.", service=service, ticket="CS-7")
        oncall.page_team(service.team, report, by=jon, service=service, reason="Is this an incident?")
        actions.dismiss(actions.report(by=jon, title="A typo"), by=amira, reason="Not an incident.")
    with acme.scope(acme.admin):
        admin = acme.admin.actor()
        make_integration(Integration.Kind.ALERTMANAGER, "Prometheus", by=admin)
        made, _ = make_integration(Integration.Kind.GENERIC, "Our own", by=admin)
        rule = {"name": "Quiet", "labels": {"env": ["test", "staging"]}, "outcome": "suppress", "service": service}
        ruling.set_rule(RoutingRule(), rule, by=admin)
        ruling.plan_maintenance("Disks", datetime.now(UTC), datetime.now(UTC) + timedelta(hours=1), [service], by=admin)
        quiet = Signal(kind=Signal.Kind.ALERTS, title="Disk is full", integration=made, group_key="g", service=service)
        quieting.suppress(quiet, Quiet("Maintenance: Disks."), by=admin)
        measure_all()
    with acme.scope(acme.exec):
        legal = acme.exec.actor()
        hold = holds.place_hold(by=legal, matter="Case 7", reason="We may be sued.", incident=incident)
        holds.ask_custodian(hold, by=legal, what="The proxy's logs of today.", name="Lou Logs", email="lou@host.example")
        holds.ask_release(hold, by=legal, reason="The case is over.")
        access_of_kubernetes(acme)
        ask_for_pack(Incident.objects.get(ref="INC-1"), by=admin)
    with acme.scope(acme.admin):
        ask_for_engagement(AuditEngagement.objects.get(), by=admin)
    breach(acme)
    seal_beside()
    return site


PAGES = {
    "incidents": "incidents/",
    "all incidents": "incidents/?view=all",
    "war room": "incidents/INC-1/",
    "backlog": "incidents/INC-2/",
    "declare": "incidents/declare/",
    "triage": "triage/",
    "report": "report/",
    "command": "commands/",
    "inbox": "inbox/",
    "metrics": "metrics/",
    "metrics by service": "metrics/?by=service",
    "metrics of clocks": "metrics/clocks/",
    "metrics of pages": "metrics/pages/",
    "metrics of action items": "metrics/items/",
    "metrics of availability": "metrics/availability/",
    "the incidents behind a figure": "metrics/incidents/?figure=mttd",
    "the clocks behind a number": "metrics/clocks-counted/",
    "the pages behind a number": "metrics/pages-counted/",
    "the items behind a number": "metrics/items-counted/",
    "the outages behind a number": "metrics/outages/",
    "conformance of an incident": "incidents/INC-1/conformance/",
    "conformance of a quarter": "conformance/",
    "behind a figure of conformance": "conformance/incidents/?clause=lifecycle.phases&verdict=overridden",
    "profile": "me/",
    "the standard": "standard/",
    "the standard, searched": "standard/?q=shadow",
    "versions": "standard/versions/",
    "feedback": "feedback/",
    "reviews": "reviews/",
    "duties of law": "incidents/INC-1/duties/",
    "rules of law": "duties/rules/",
    "register of breaches": "duties/breaches/",
    "access reviews": "access/",
    "production systems": "access/systems/",
    "a production system": "access/systems/kubernetes/",
    "accounts": "access/names/",
    "break glass": "break-glass/",
    "the status page's own": "status-page/",
}
OWNER_PAGES = {
    "versions": "standard/versions/",
    "an old version": "standard/versions/1/",
    "a version to come": "standard/versions/2/",
    "comparing": "standard/compare/?from=1&to=2",
    "withdrawing": "standard/versions/2/withdraw/",
    "the draft": "standard/draft/",
    "publishing": "standard/draft/publish/",
    "discarding": "standard/draft/discard/",
    "the whole as YAML": "standard/draft/whole/",
    "a severity": "standard/draft/part/sev1/",
    "the clocks": "standard/draft/part/clocks/",
    "a checklist": "standard/draft/part/checklist-ic/",
    "the sections": "standard/draft/part/postmortem/",
    "feedback to answer": "feedback/1/",
    "a review": "reviews/1/",
    "an access review": "access/reviews/1/",
    "broken glass": "break-glass/1/",
}
# What axe finds in the tables of rows that Django's admin lays out within a form: best practice, and no failure of WCAG's.
DJANGOS = ("empty-table-header", "label-title-only")

ADMIN_PAGES = {
    "evidence packs": "evidence-packs/",
    "evidence packs of an incident": "evidence-packs/of/INC-1/",
    "an evidence pack that waits": "evidence-packs/1/",
    "evidence packs of an engagement": "audit/engagements/1/packs/",
    "an engagement's pack that waits": "evidence-packs/2/",
    "sealed log": "evidence/log/",
    "integrations": "integrations/",
    "integration": "integrations/1/",
    "adding an integration": "integrations/add/",
    "a mapping": "integrations/4/mapping/",
    "routing": "routing/",
    "a rule": "routing/1/",
    "audits": "audit/",
    "a new engagement": "audit/engagements/new/",
    "ending one": "audit/engagements/1/end/",
    "legal holds": "holds/",
    "a legal hold": "holds/1/",
    "agreeing to its release": "holds/1/release/",
    "a custodian": "holds/custodians/1/",
    "retention": "retention/",
    "a period": "retention/alerts/",
    "erasures": "erasures/",
    "asking for an erasure": "erasures/ask/",
    "admin": "admin/",
    "teams": "admin/oncall/team/",
    "policies": "admin/oncall/escalationpolicy/",
    "a policy to write": "admin/oncall/escalationpolicy/add/",
    "taking in a list": "access/systems/kubernetes/import/",
    "the switch of the status page": "status-page/set/",
}


AUDITOR_PAGES = {
    "own engagements": "audit/",
    "the population": "audit/engagements/1/population/",
    "a sample": "audit/engagements/1/sample/?seed=words&size=5",
    "a sample that cannot be drawn": "audit/engagements/1/sample/?seed=words&size=none",
    "controls": "audit/engagements/1/controls/",
    "a control": "audit/engagements/1/controls/soc2-cc7-4/",
    "evidence packs": "audit/engagements/1/packs/",
    "an evidence pack that waits": "evidence-packs/2/",
    "what was read": "audit/log/",
}


LEGAL_PAGES = {
    "the room of a breach": "incidents/{breach}/",
    "its duties": "incidents/{breach}/duties/",
    "rules of law": "duties/rules/",
    "register of breaches": "duties/breaches/",
}


def of_breach(site: Site, path: str) -> str:
    """A path of Legal's: what names a restricted incident is no number that can be guessed."""
    with site.installation.acme.scope(site.installation.acme.exec):
        return path.format(
            breach=Incident.objects.get(restricted=True, flags__key=FlagKey.PERSONAL_DATA, duties__rule__key=RUNS).ref
        )


# What is taken to a meeting or filed on paper, by whoever reads it.
ON_PAPER = {
    "amira": [PAGES[name] for name in ("conformance of an incident", "conformance of a quarter", "access reviews")]
    + [PAGES["behind a figure of conformance"], PAGES["break glass"]],
    "exec": list(LEGAL_PAGES.values()),
    "owner": [OWNER_PAGES["an access review"], OWNER_PAGES["broken glass"]],
    "admin": [
        path
        for path in ADMIN_PAGES.values()
        if path.startswith(("evidence", "audit/engagements/1/packs", "holds/", "retention/"))
    ],
    "auditor": [path for name, path in AUDITOR_PAGES.items() if "cannot" not in name],
}


@pytest.mark.clause("breach.page-privacy-legal")
@pytest.mark.parametrize("look", LOOKS)
def test_the_duties_of_law_are_accessible(furnished: Site, look: dict[str, Any]) -> None:
    """As Legal meets them: rules off and in force, duties that wait, run, were filed and fall away, with every form open, and one refused."""
    acme = furnished.installation.acme
    with acme.scope(acme.exec):
        rules = [RegulatorRule.objects.get(key=key).pk for key in (RUNS, "hipaa.business-associate")]  # in force, and off
    page = furnished.page(acme.exec, **look)
    for path in (*LEGAL_PAGES.values(), *(f"duties/rules/{rule}/" for rule in rules)):
        answer = page.goto(f"{furnished.url}/o/acme/{of_breach(furnished, path)}")
        assert answer is not None
        assert answer.status == 200, path
        assert furnished.faults(page) == []
        for fold in page.locator("main details:not([open]) > summary").all():
            if fold.is_visible():
                fold.click()
        assert furnished.faults(page) == []
    page.goto(f"{furnished.url}/o/acme/{of_breach(furnished, LEGAL_PAGES['the room of a breach'])}")
    expect(page.locator("#duties li").first).to_be_visible()
    page.goto(f"{furnished.url}/o/acme/duties/breaches/")
    expect(page.get_by_text("HHS-2026-77")).to_be_visible()
    page.goto(f"{furnished.url}/o/acme/{of_breach(furnished, LEGAL_PAGES['its duties'])}")
    with page.expect_response(lambda answer: answer.status == 422):
        page.locator("form[action$='/file/']").first.evaluate("form => form.requestSubmit()")
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    assert furnished.faults(page) == []


@pytest.mark.clause("evidence.export")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_evidence_is_printed(furnished: Site, scheme: str) -> None:
    """What Legal, auditors and reviewers take with them on paper. Dark pages print as light ones do."""
    acme = furnished.installation.acme
    review_and_glass(acme)
    for who, paths in ON_PAPER.items():
        page = furnished.page(getattr(acme, who), color_scheme=scheme)
        assert [fault for path in paths for fault in wrong_on_paper(furnished, page, of_breach(furnished, path))] == []


@pytest.mark.clause("people.auditor")
@pytest.mark.parametrize("look", LOOKS)
def test_the_auditors_pages_are_accessible(furnished: Site, look: dict[str, Any]) -> None:
    """As the auditor's own role reads them, with a broken clock's exceptions or without."""
    page = furnished.page(furnished.installation.acme.auditor, **look)
    for name, path in AUDITOR_PAGES.items():
        answer = page.goto(f"{furnished.url}/o/acme/{path}")
        assert answer is not None
        assert answer.status == (422 if "cannot" in name else 200), name
        assert furnished.faults(page) == []


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible(furnished: Site, look: dict[str, Any]) -> None:
    page = furnished.page(**look)
    for path in ("/accounts/login/", "/styleguide/", "/accounts/password/reset/"):
        page.goto(furnished.url + path)
        assert furnished.faults(page) == []
    page = furnished.page(furnished.installation.acme.amira, **look)
    for path in PAGES.values():
        answer = page.goto(f"{furnished.url}/o/acme/{path}")
        assert answer is not None
        assert answer.status == 200, path
        assert furnished.faults(page) == []
    assert page.goto(f"{furnished.url}/o/acme/incidents/INC-99/").status == 404  # type: ignore[union-attr]
    assert furnished.faults(page) == []
    page = furnished.page(furnished.installation.acme.admin, **look)
    for path in ADMIN_PAGES.values():
        answer = page.goto(f"{furnished.url}/o/acme/{path}")
        assert answer is not None
        assert answer.status == 200, path
        assert [
            fault
            for fault in furnished.faults(page)
            if not (path.startswith("admin") and any(f": {one}: " in fault for one in DJANGOS))
        ] == []


@pytest.mark.parametrize("look", OTHER_LOOKS)
def test_what_everybody_works_with_is_accessible_in_each_look(furnished: Site, look: dict[str, Any]) -> None:
    page = furnished.page(furnished.installation.acme.amira, **look)
    for path in (
        "/styleguide/",
        *(f"/o/acme/{path}" for path in ("incidents/", "incidents/INC-1/", "incidents/declare/", "triage/", "inbox/")),
    ):
        answer = page.goto(furnished.url + path)
        assert answer is not None
        assert answer.status == 200, path
        assert furnished.faults(page) == []


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_tried_and_shown_once_is_accessible(furnished: Site, look: dict[str, Any]) -> None:
    """A mapping and a rule that are tried, with what came of it and with what is wrong; and a new key."""
    page = furnished.page(furnished.installation.acme.admin, **look)
    page.goto(f"{furnished.url}/o/acme/integrations/4/mapping/")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("This field is required.").first).to_be_visible()
    assert furnished.faults(page) == []
    page.get_by_label("A sample of what is sent").fill('{"id": 7, "name": "Disk is full", "tags": {"env": "test"}}')
    for field, place in (("What tells one alert", "/id"), ("What is wrong?", "/name"), ("Labels", "/tags")):
        page.get_by_label(field).first.fill(place)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="What the sample would become")).to_be_visible()
    assert furnished.faults(page) == []
    page.goto(f"{furnished.url}/o/acme/routing/1/")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_role("heading", name="It would have decided on")).to_be_visible()
    assert furnished.faults(page) == []
    page.goto(f"{furnished.url}/o/acme/integrations/3/")
    page.get_by_text("Make another key").click()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_label("Address", exact=True)).to_be_visible()
    assert furnished.faults(page) == []


@pytest.mark.clause("people.process-owner")
@pytest.mark.clause("improve.quarterly-review")
@pytest.mark.parametrize("look", LOOKS)
def test_the_process_owners_pages_are_accessible(furnished: Site, look: dict[str, Any]) -> None:
    """With a version to come, a draft that differs, feedback to answer; and with what is wrong beside the fields."""
    acme = furnished.installation.acme
    owner = acme.owner.actor()
    with acme.scope(acme.owner):
        draft = process.start_draft(by=owner)
        draft = process.change_draft(draft, {**draft.content, "contact": "us@acme.example"}, by=owner, revision=1)
        later = datetime.now(UTC) + timedelta(days=9)
        process.publish_draft(draft, by=owner, revision=2, summary="Ask us.", effective_at=later)
        draft = process.start_draft(by=owner)
        process.change_draft(draft, {**draft.content, "owner": "Olga"}, by=owner, revision=1)
        process.give_feedback(by=acme.jon.actor(), text_="Shorter updates.", clause="checklist.ic")
    review_and_glass(acme)
    page = furnished.page(acme.owner, **look)
    for name, path in OWNER_PAGES.items():
        answer = page.goto(f"{furnished.url}/o/acme/{path}")
        assert answer is not None
        assert answer.status == 200, name
        assert furnished.faults(page) == []
    page.goto(f"{furnished.url}/o/acme/standard/draft/part/sev1/")
    page.get_by_label("Update asked for after, minutes").fill("30")
    page.get_by_role("button", name="Save in the draft").click()
    expect(page.get_by_role("link", name="Update asked for after, minutes: must be less than break_minutes.")).to_be_visible()
    assert furnished.faults(page) == []
    page.goto(f"{furnished.url}/o/acme/reviews/1/")
    page.get_by_role("button", name="Sign off").click()
    expect(page.get_by_text("Write down first what was decided").first).to_be_visible()
    assert furnished.faults(page) == []


@pytest.mark.clause("warroom.exec-swoop")
@pytest.mark.clause("breach.need-to-know")
@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_of_those_outside_the_room_are_accessible(furnished: Site, look: dict[str, Any]) -> None:
    """Before anything is written for them, and with an update for each audience, which comes by itself; with every form open."""
    acme = furnished.installation.acme
    executive, support = (furnished.page(person, **look) for person in (acme.exec, acme.support))
    address = f"{furnished.url}/o/acme/incidents/INC-1/"
    for page in (executive, support):
        page.clock.install()
        page.goto(address)
        page.get_by_label("Your question").fill("Is it us?")
        assert furnished.faults(page) == []
    by = acme.amira.actor()
    with acme.scope(acme.amira):
        incident = Incident.objects.get(ref="INC-1")
        for audience in (Audience.EXECUTIVE, Audience.SUPPORT):
            actions.update(
                incident, by=by, audience=audience, known=f"For {audience}.", impact="Nobody pays.", doing="We roll back."
            )
        actions.update(
            incident,
            by=by,
            audience=Audience.PUBLIC,
            known="We know why.",
            impact="Payments fail.",
            doing="Soon.",
            status="identified",
            states_cause=False,
            components={"payments": "major_outage"},
        )
    for page, words in ((executive, "For executive."), (support, "For support.")):
        page.clock.fast_forward(21_000)
        expect(page.get_by_text(words)).to_be_visible()
        expect(page.get_by_text("We know why.")).to_be_visible()
        expect(page.get_by_text(re.compile("^Up to date at "))).to_be_visible()
        expect(page.get_by_label("Your question")).to_have_value("Is it us?")
        page.get_by_label("Your question").fill("")
        page.get_by_role("button", name="Ask").click()
        expect(page).to_have_url(re.compile("/ask/$"))  # refused: the browser stands at the verb's address, and the page goes on
        page.clock.fast_forward(21_000)
        expect(page.get_by_text(re.compile("^Up to date at "))).to_be_visible()
        assert furnished.faults(page) == []
        for fold in page.locator("main details:not([open]) > summary").all():
            if fold.is_visible():
                fold.click()
        assert furnished.faults(page) == []
    with acme.scope(acme.amira):
        actions.flag(incident, by=by, key=FlagKey.PERSONAL_DATA, reason="The export had addresses in it.")
    executive.goto(address)  # she is Legal Counsel too: named on it, she reads the room
    expect(executive.get_by_role("heading", name=re.compile("Restricted: only the [0-9]+ people named here"))).to_be_visible()
    assert "INC-1" not in executive.url
    assert furnished.faults(executive) == []
    assert support.goto(address).status == 404  # type: ignore[union-attr]


@pytest.mark.parametrize("look", LOOKS)
def test_the_command_line_answers_and_refuses_accessibly(furnished: Site, look: dict[str, Any]) -> None:
    page = furnished.page(furnished.installation.acme.amira, **look)
    page.goto(f"{furnished.url}/o/acme/commands/?incident=INC-1")
    for line, answer in (("help", "/incident declare SEV1"), ("sitrep", "SITREP INC-1"), ("clame", "There is no word")):
        page.get_by_label("What do you want to do?").fill(line)
        page.get_by_role("button", name="Do it").click()
        expect(page.get_by_text(answer).first).to_be_visible()
        expect(page.get_by_label("What do you want to do?")).to_have_value(line)
        assert furnished.faults(page) == []


def test_a_link_of_an_e_mail_acknowledges_by_its_button(furnished: Site) -> None:
    acme = furnished.installation.acme
    with acme.scope(acme.amira):
        link = links.make(OncallPage.objects.get(subject_type="incidents.signal"), acme.amira.user_id)
    page = furnished.page(viewport={"width": 390, "height": 844})
    page.goto(furnished.url + link[link.index("/ack/") :])
    assert furnished.faults(page) == []
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("heading", name="Acknowledged")).to_be_visible()
    assert furnished.faults(page) == []


@pytest.mark.parametrize("look", [*LOOKS, pytest.param({"java_script_enabled": False}, id="without scripts")])
def test_a_custodian_outside_answers_by_their_link(furnished: Site, look: dict[str, Any]) -> None:
    """The page of somebody without an account: wide, dark, on a phone and without scripts, of which it has none."""
    scripts = look.get("java_script_enabled", True)
    with furnished.installation.acme.scope():
        link = custody_links.make(CustodianTask.objects.get(person=None))
    page = furnished.page(**look)

    def sees(words: str) -> None:
        expect(page.get_by_text(words).first).to_be_visible()
        assert not scripts or furnished.faults(page) == []

    page.goto(furnished.url + link[link.index("/custody/") :])
    sees("The proxy's logs of today.")
    page.get_by_role("button", name="I keep it").click()
    sees("You said that you keep it")
    page.get_by_role("button", name="File the proof").click()
    sees("This cannot be empty.")
    page.get_by_label("Where does it lie?").fill("s3://kept/proxy")
    page.get_by_label("Or attach a file").set_input_files({"name": "list.txt", "mimeType": "text/plain", "buffer": b"proxy.log"})
    page.get_by_role("button", name="File the proof").click()
    sees("list.txt")
    page.goto(f"{furnished.url}/custody/forged/")
    sees("This link is broken")


@pytest.mark.parametrize("look", LOOKS)
def test_legal_sees_how_a_custodian_outside_stands(furnished: Site, look: dict[str, Any]) -> None:
    """What administrators are not offered: sending a new link, and taking back what was asked."""
    page = furnished.page(furnished.installation.acme.exec, **look)
    for path in ("holds/1/", "holds/custodians/1/", "holds/custodians/1/send-link/", "holds/custodians/1/withdraw/"):
        page.goto(f"{furnished.url}/o/acme/{path}")
        assert furnished.faults(page) == []
    page.get_by_label("Why?").fill("The wrong Lou.")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Taken back by Eve Executive")).to_be_visible()
    assert furnished.faults(page) == []


def test_a_refusal_keeps_what_was_typed(furnished: Site) -> None:
    page = furnished.page(furnished.installation.acme.amira)
    page.goto(f"{furnished.url}/o/acme/incidents/INC-1/")
    page.locator("summary", has_text="Set impact").click()
    page.get_by_label("Impact ended (UTC)").fill("2020-01-01T10:00:07")
    page.get_by_role("button", name="Set impact").click()
    expect(page.get_by_label("Impact ended (UTC)")).to_have_value("2020-01-01T10:00:07")
    expect(page.get_by_text(re.compile("which cannot be")).first).to_be_visible()
    assert furnished.faults(page) == []


def test_without_scripts_the_room_works(furnished: Site) -> None:
    page = furnished.page(furnished.installation.acme.jon, java_script_enabled=False)
    page.goto(f"{furnished.url}/o/acme/incidents/INC-1/")
    page.get_by_label("Note").fill("Written without scripts.")
    page.get_by_role("button", name="Note").click()
    expect(page.locator("#timeline")).to_contain_text("Written without scripts.")


def test_the_keyboard_alone_suffices_to_declare(site: Site) -> None:
    page = site.page(site.installation.acme.amira)
    page.goto(f"{site.url}/o/acme/incidents/declare/")
    page.get_by_label("What is wrong?").focus()
    page.keyboard.type("Typed by keyboard")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**/incidents/INC-1/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Typed by keyboard")
    expect(page.get_by_text("SEV 1").first).to_be_visible()


def test_the_theme_is_kept(site: Site) -> None:
    page = site.page(site.installation.acme.amira, color_scheme="light")
    page.locator("summary", has_text="Menu").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_dismissing_in_triage_asks_for_the_reason(furnished: Site) -> None:
    page = furnished.page(furnished.installation.acme.amira)
    page.goto(f"{furnished.url}/o/acme/triage/")
    page.locator("summary", has_text="Dismiss").first.click()
    page.get_by_role("button", name="Dismiss", exact=True).click()
    expect(page.get_by_text("This field is required").first).to_be_visible()
    page.get_by_label("Why is this no incident?").fill("A test by the search team.")
    page.get_by_role("button", name="Dismiss", exact=True).click()
    expect(page.get_by_text("Decided lately")).to_be_visible()
    acme = furnished.installation.acme
    with acme.scope(acme.amira):
        assert not Signal.objects.filter(state="waiting").exists()


@pytest.mark.clause("triage.declare-immediately")
def test_declaring_takes_a_line_a_level_and_enter(site: Site) -> None:
    page = site.page(site.installation.acme.support, viewport={"width": 390, "height": 844})
    page.goto(f"{site.url}/o/acme/incidents/declare/")
    page.keyboard.type("Nobody can pay")  # the title has the focus
    page.get_by_role("radio", name=re.compile("SEV 2")).check()
    expect(page.get_by_role("button", name="Declare")).to_be_in_viewport()
    page.get_by_label("What is wrong?").press("Enter")
    page.wait_for_url("**/incidents/INC-1/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nobody can pay")


@pytest.mark.clause("severity.sev2-definition")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_level_is_suggested_and_nothing_typed_is_lost(site: Site, scripts: bool) -> None:
    page = site.page(site.installation.acme.mei, java_script_enabled=scripts)
    page.goto(f"{site.url}/o/acme/incidents/declare/")
    page.get_by_label("What is wrong?").fill("Search is slow")
    page.get_by_text("Not sure how bad it is?").click()
    page.get_by_label("How many users feel it?").select_option("More than 10 %")
    if not scripts:
        page.get_by_role("button", name="Suggest a level").click()
    expect(page.get_by_role("status").filter(has_text="SEV 2 is suggested.")).to_be_visible()
    expect(page.get_by_role("radio", name=re.compile("SEV 2 Major Suggested"))).not_to_be_checked()
    expect(page.get_by_label("What is wrong?")).to_have_value("Search is slow")
    if scripts:
        assert site.faults(page) == []
        page.get_by_label("How many users feel it?").select_option("None")
        expect(page.get_by_role("status").filter(has_text="SEV 4 is suggested.")).to_be_visible()
    page.get_by_role("radio", name=re.compile("SEV 3")).check()
    page.get_by_role("button", name="Declare").click()
    page.wait_for_url("**/incidents/INC-1/")
