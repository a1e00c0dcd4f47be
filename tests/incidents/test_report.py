"""People notice too: any member reports, Support with its ticket's reference; it is asked about like an alert."""

from html import unescape

import pytest

from tests.incidents.scene import Scene

pytestmark = pytest.mark.servers

TICKET = "SUP-4711"


@pytest.mark.clause("detection.manual")
@pytest.mark.parametrize("who", ["support", "mei", "exec", "owner", "admin"])
def test_any_member_reports_by_page_and_by_api(scene: Scene, who: str) -> None:
    shown = scene.page(who).get("/o/acme/report/")
    assert shown.status_code == 200
    form = {"title": "Customers cannot pay", "text": "Three calls", "ticket": TICKET}
    assert scene.page(who).post("/o/acme/report/", form).status_code == 302
    answer = scene.api(who).post("reports/", {**form, "service": "checkout"})
    assert answer.status_code == 201
    waiting = scene.signals()
    assert [(s["kind"], s["title"], s["ticket"]) for s in waiting] == [("report", "Customers cannot pay", TICKET)] * 2
    assert {signal["service"] for signal in waiting} == {None, "checkout"}


@pytest.mark.clause("detection.manual")
def test_supports_ticket_goes_with_the_report_into_triage_and_the_record(scene: Scene) -> None:
    scene.api("support").post("reports/", {"title": "Customers cannot pay", "service": "checkout", "ticket": TICKET})
    scene.follow()
    assert scene.mails("amira", "Page:")
    assert TICKET in scene.page("amira").get("/o/acme/triage/").content.decode()
    scene.clock.advance(seconds=75)
    answer = scene.api("amira").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV2"})
    incident = answer.json()
    assert (incident["detected_by"], incident["services"]) == ("user", ["checkout"])
    declared = scene.told(incident["ref"], "incident.declared")[0]["data"]
    assert declared["detected_to_declared_seconds"] == 75
    room = unescape(scene.page("amira").get(f"/o/acme/incidents/{incident['ref']}/").content.decode())
    assert f"Reported: Customers cannot pay (ticket {TICKET})." in room


@pytest.mark.clause("detection.manual")
def test_who_is_sure_is_shown_the_way_to_declare(scene: Scene) -> None:
    assert 'href="/o/acme/incidents/declare/"' in scene.page("support").get("/o/acme/report/").content.decode().split("<main")[1]


@pytest.mark.clause("detection.manual")
@pytest.mark.parametrize(
    ("form", "field"),
    [({"title": " "}, "title"), ({"title": "x" * 201}, "title"), ({"title": "Odd", "ticket": "x" * 81}, "ticket")],
)
def test_a_report_that_cannot_be_taken_names_its_field(scene: Scene, form: dict[str, str], field: str) -> None:
    answer = scene.api("support").post("reports/", form)
    assert answer.status_code == 422
    assert field in answer.json()["fields"]
    assert scene.page("support").post("/o/acme/report/", form).status_code == 422
    assert scene.signals() == []


@pytest.mark.clause("detection.manual")
def test_an_auditor_reports_nothing(scene: Scene) -> None:
    answer = scene.api("auditor").post("reports/", {"title": "Customers cannot pay"})
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only")
