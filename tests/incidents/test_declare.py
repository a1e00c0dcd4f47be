"""Declaring: one short form, a severity always, and the room is there (triage.declare-immediately, triage.initial-severity)."""

from datetime import timedelta

import pytest
from django.utils.html import escape

from standard.law import Law, shipped
from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers


@pytest.mark.clause("triage.declare-immediately")
@pytest.mark.parametrize("who", ["mei", "support", "exec", "owner", "admin"])
def test_any_member_declares_with_a_title_and_a_severity(scene: Scene, who: str) -> None:
    answer = scene.api(who).post("incidents/", {"title": "Checkout fails", "severity": "SEV2"})
    assert answer.status_code == 201
    assert answer.json()["ref"] == "INC-1"
    assert answer.headers["Location"].endswith("/incidents/INC-1/")
    assert answer.json()["detected_by"] == "user"


@pytest.mark.clause("triage.declare-immediately")
def test_the_time_from_detection_to_declaration_is_measured(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    scene.clock.advance(seconds=90)
    signal = scene.signals()[0]["id"]
    ref = scene.api("mei").post(f"triage/{signal}/declare/", {"severity": "SEV1"}).json()["ref"]
    declared = scene.told(ref, "incident.declared")[0]["data"]
    assert declared["detected_to_declared_seconds"] == 90
    assert declared["detected_by"] == "monitoring"


@pytest.mark.clause("triage.declare-immediately")
def test_the_auditor_declares_nothing(scene: Scene) -> None:
    answer = scene.api("auditor").post("incidents/", {"title": "Checkout fails", "severity": "SEV1"})
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only")


@pytest.mark.clause("triage.initial-severity")
@pytest.mark.parametrize("severity", [None, "", "SEV5", "critical", 1])
def test_there_is_no_incident_without_a_severity(scene: Scene, severity: object) -> None:
    body = {"title": "Checkout fails"} | ({} if severity is None else {"severity": severity})
    answer = scene.api("mei").post("incidents/", body)
    assert answer.status_code == 422
    assert "severity" in answer.json()["fields"]
    assert scene.api("mei").get("incidents/").json()["results"] == []


@pytest.mark.clause("triage.initial-severity")
def test_the_form_shows_what_each_level_means_and_asks_for_one(scene: Scene) -> None:
    page = scene.page("mei").get("/o/acme/incidents/declare/").content.decode()
    for said in ("Nobody can use the product", "No customer can pay", "People can work around it", "A spelling mistake"):
        assert said in page
    refused = scene.page("mei").post("/o/acme/incidents/declare/", {"title": "Checkout fails", "detected_by": "user"})
    assert refused.status_code == 422
    assert 'value="Checkout fails"' in refused.content.decode()


@pytest.mark.clause(
    "severity.sev1-definition", "severity.sev2-definition", "severity.sev3-definition", "severity.sev4-definition"
)
def test_each_level_is_defined_in_the_standards_own_words_on_the_card_that_chooses_it(scene: Scene) -> None:
    _, *cards = scene.page("mei").get("/o/acme/incidents/declare/").content.decode().split('<label class="severity-card">')
    severities = Law.from_data(shipped()).severities
    assert len(cards) == len(severities) == 4
    for card, severity in zip(cards, severities, strict=True):
        assert f'value="{severity.level}"' in card
        assert severity.definition
        assert [line for line in severity.definition if escape(line) not in card] == []


@pytest.mark.clause("lifecycle.phases")
@pytest.mark.parametrize(
    ("severity", "state"), [("SEV1", "mobilization"), ("SEV2", "mobilization"), ("SEV3", "backlog"), ("SEV4", "backlog")]
)
def test_the_severity_says_where_it_begins(scene: Scene, severity: str, state: str) -> None:
    assert scene.incident(scene.declare(severity=severity))["state"] == state


def test_numbers_have_no_gaps_even_after_a_refusal(scene: Scene) -> None:
    assert scene.declare() == "INC-1"
    assert scene.api("mei").post("incidents/", {"title": " ", "severity": "SEV1"}).status_code == 422
    assert scene.declare() == "INC-2"


def test_an_impact_may_have_begun_earlier_but_not_in_the_future(scene: Scene) -> None:
    began = scene.ago(hours=2)
    ref = scene.declare(impact_start=began.isoformat())
    assert scene.incident(ref)["impact_start"] == began.isoformat().replace("+00:00", "Z")
    later = (scene.clock.now + timedelta(hours=1)).isoformat()
    answer = scene.api("mei").post("incidents/", {"title": "Later", "severity": "SEV1", "impact_start": later})
    assert (answer.status_code, answer.json()["code"]) == (422, "future")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "Pay \u202eedoc"}, "title"),
        ({"services": ["checkout", "nowhere"]}, "services"),
        ({"alerts": [0]}, "alerts"),
        ({"colour": "red"}, "colour"),
        ({"impact_start": "yesterday"}, "impact_start"),
        ({"summary": "x" * 20_001}, "summary"),
    ],
)
def test_bad_input_is_named(scene: Scene, body: dict[str, object], field: str) -> None:
    answer = scene.api("mei").post("incidents/", {"title": "Checkout fails", "severity": "SEV1", **body})
    assert answer.status_code in (400, 422)
    assert field in str(answer.json()["fields"] if "fields" in answer.json() else answer.json()), answer.json()


def test_repeating_a_key_declares_nothing_twice(scene: Scene) -> None:
    key = {"Idempotency-Key": "declare-once"}
    body = {"title": "Checkout fails", "severity": "SEV1"}
    first = scene.api("mei").post("incidents/", body, **key)
    again = scene.api("mei").post("incidents/", body, **key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json()["ref"] == first.json()["ref"] == "INC-1"
    other = scene.api("mei").post("incidents/", {**body, "title": "Another"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


def test_an_outsiders_service_and_signal_are_not_there(scene: Scene) -> None:
    scene.fire(alert(started=scene.clock.now))
    signal = scene.signals()[0]["id"]
    answer = scene.door(scene.globex.amira).post("incidents/", {"title": "Mine", "severity": "SEV1", "alerts": [signal]})
    assert answer.status_code == 404
    assert len(scene.signals()) == 1
